"""The list of companies: what ships, what the exchanges' newest lists change, who moved."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import BadAnswer, InputError
from dashboard.prices import shipped_listings
from dashboard.prices.listings import merged, moved, universe
from dashboard.prices.records import LISTINGS, validated_records
from dashboard.prices.shipped_listings import listed_offline
from dashboard.supply_chain.loading import load_map

TODAY = dt.date(2026, 11, 20)
MAP = Path(__file__).resolve().parents[2] / "tickers.yaml"


def listings(*rows: tuple[str, str] | tuple[str, str, str]) -> pd.DataFrame:
    """Rows of symbol, day of listing and, if it ended, the last day."""
    table = [
        {
            "symbol": row[0], "listed_on": row[1], "code": row[0][:4], "name": row[0],
            "board": "TPEX" if row[0].endswith(".TWO") else "TWSE", "industry": "半導體業",
            "valid_to": row[2] if len(row) > 2 else None, "source": "test",
            "fetched_at": "2026-11-20T00:00:00+00:00",
        }
        for row in rows
    ]  # fmt: skip
    frame = pd.DataFrame(table, columns=list(LISTINGS.columns))
    for name in ("listed_on", "valid_to"):
        frame[name] = pd.to_datetime(frame[name])
    frame["fetched_at"] = pd.to_datetime(frame["fetched_at"], utc=True)
    return validated_records(LISTINGS, frame)


def crowd(board: str, number: int) -> list[tuple[str, str]]:
    return [(f"{code}{board}", "2000-01-03") for code in range(2000, 2000 + number)]


def test_the_shipped_list_has_both_boards_and_only_common_stocks() -> None:
    frame = listed_offline()
    boards = frame["board"].value_counts()
    assert boards["TWSE"] > 1000
    assert boards["TPEX"] > 800
    assert frame["code"].str.fullmatch(r"[1-8][0-9]{3}|9[02-9][0-9]{2}").all()
    tsmc = frame.set_index("symbol").loc["2330.TW"]
    assert (tsmc["name"], tsmc["industry"]) == ("台積電", "半導體業")
    assert tsmc["listed_on"] == pd.Timestamp("1994-09-05")
    assert set(frame["source"]) == {"twstock"}
    # 6854 is on the Innovation Board, 2881A a preferred share, 0050 a fund.
    assert {"2881A.TW", "0050.TW", "9105.TW"}.isdisjoint(frame["symbol"])


def test_the_package_itself_is_never_imported() -> None:
    # In a process of its own: other tests do import the package.
    script = (
        "import sys; from dashboard.prices.shipped_listings import listed_offline; "
        "listed_offline(); sys.exit('twstock' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_caller_cannot_spoil_the_list_for_the_next() -> None:
    mine = listed_offline()
    mine.loc[0, "name"] = "spoilt"
    assert "spoilt" not in set(listed_offline()["name"])


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> importlib.metadata.Distribution:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(shipped_listings, "distribution", absent)
    shipped_listings._offline.cache_clear()
    with pytest.raises(InputError, match=r"twstock.*pip install"):
        listed_offline()


def test_the_map_agrees_with_the_shipped_list() -> None:
    """Boards and days of listing were taken from other sources when the map was made."""
    frame = listed_offline().set_index("symbol")
    checked = 0
    for company in load_map(MAP).chain.companies:
        for listing in company.listings:
            if listing.symbol in frame.index and listing.valid_to is None:
                assert frame.loc[listing.symbol, "board"] == listing.board
                if listing.valid_from:
                    assert frame.loc[listing.symbol, "listed_on"].date() == listing.valid_from
                    checked += 1
    assert checked > 3


def test_universe_is_what_is_listed_now() -> None:
    frame = listings(
        ("2330.TW", "1994-09-05"),
        ("6415.TWO", "2010-01-04", "2013-12-11"),
        ("6415.TW", "2013-12-12"),
        ("1107.TW", "1969-01-06", "2010-05-03"),
        ("6488.TWO", "2015-09-25"),
    )
    assert universe(frame) == ("2330.TW", "6415.TW", "6488.TWO")


def test_a_code_that_both_boards_list_is_where_it_was_listed_last() -> None:
    frame = listings(("6415.TWO", "2010-01-04"), ("6415.TW", "2013-12-12"))
    assert universe(frame) == ("6415.TW",)
    assert moved(["6415.TWO"], frame) == {"6415.TWO": "6415.TW"}


def test_moved_names_only_companies_that_the_other_board_lists() -> None:
    frame = listings(("6415.TW", "2013-12-12"), ("3426.TWO", "2020-01-06"))
    stored = ["6415.TWO", "6415.TW", "3426.TW", "9999.TW", "^TWII", "AAPL", "6415.T"]
    assert moved(stored, frame) == {"6415.TWO": "6415.TW", "3426.TW": "3426.TWO"}


def test_a_company_that_changes_boards_keeps_its_row_up_to_the_day_before() -> None:
    before = listings(("6415.TWO", "2010-01-04"), *crowd(".TWO", 30), ("2330.TW", "1994-09-05"))
    fresh = listings(("6415.TW", "2026-11-16"), ("2330.TW", "1994-09-05"), *crowd(".TWO", 30))
    after = merged(before, fresh, TODAY).set_index("symbol")
    assert after.loc["6415.TWO", "valid_to"] == pd.Timestamp("2026-11-15")
    assert pd.isna(after.loc["6415.TW", "valid_to"])
    assert moved(before["symbol"], after.reset_index()) == {"6415.TWO": "6415.TW"}


def test_a_company_that_left_ends_on_the_day_of_the_list_once() -> None:
    before = listings(("8420.TW", "2005-03-01"), *crowd(".TW", 30))
    after = merged(before, listings(*crowd(".TW", 30)), TODAY)
    assert after.set_index("symbol").loc["8420.TW", "valid_to"] == pd.Timestamp(TODAY)
    later = merged(after, listings(*crowd(".TW", 30)), TODAY + dt.timedelta(days=9))
    assert later.set_index("symbol").loc["8420.TW", "valid_to"] == pd.Timestamp(TODAY)


def test_a_list_of_one_board_says_nothing_about_the_other() -> None:
    before = listings(("6488.TWO", "2015-09-25"), *crowd(".TW", 30))
    after = merged(before, listings(*crowd(".TW", 30)), TODAY)
    assert "6488.TWO" in universe(after)


def test_the_newer_row_replaces_an_open_one_of_another_day() -> None:
    before = listings(("2330.TW", "1994-09-06"), *crowd(".TW", 3))
    after = merged(before, listings(("2330.TW", "1994-09-05"), *crowd(".TW", 3)), TODAY)
    assert after.loc[after["symbol"] == "2330.TW", "listed_on"].tolist() == [
        pd.Timestamp("1994-09-05")
    ]


def test_a_company_that_comes_back_has_two_rows() -> None:
    before = listings(("2499.TW", "2000-05-02", "2018-10-11"))
    after = merged(before, listings(("2499.TW", "2026-06-15")), TODAY)
    assert len(after) == 2
    assert universe(after) == ("2499.TW",)


def test_a_list_that_lacks_many_is_refused() -> None:
    before = listings(*crowd(".TW", 100))
    with pytest.raises(BadAnswer, match="6 of 100 companies would no longer be listed on TWSE"):
        merged(before, listings(*crowd(".TW", 94)), TODAY)
    assert len(universe(merged(before, listings(*crowd(".TW", 95)), TODAY))) == 95


def test_nothing_fresh_changes_nothing() -> None:
    before = listings(*crowd(".TW", 2))
    pd.testing.assert_frame_equal(merged(before, before.iloc[:0], TODAY), before)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(2000, 2040), st.sampled_from([".TW", ".TWO"])), unique=True),
    st.lists(st.tuples(st.integers(2000, 2040), st.sampled_from([".TW", ".TWO"])), unique=True),
)
def test_whatever_is_merged_the_fresh_companies_are_the_universe(
    known: list[tuple[int, str]], fresh: list[tuple[int, str]]
) -> None:
    old = listings(*((f"{code}{suffix}", "2000-01-03") for code, suffix in known))
    new = listings(*((f"{code}{suffix}", "2010-01-04") for code, suffix in fresh))
    try:
        after = merged(old, new, TODAY)
    except BadAnswer:
        return
    spoken_of = set(new["board"])
    expected = set(new["symbol"]) | set(old.loc[~old["board"].isin(spoken_of), "symbol"])
    current = after[after["valid_to"].isna()]
    assert set(current["symbol"]) == expected
    assert set(old["symbol"]) <= set(after["symbol"])
    assert set(moved(old["symbol"], after).values()) <= set(universe(after))
