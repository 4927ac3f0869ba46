"""What an import makes of the four kinds of files, and what `bars` then tells."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pandas as pd
import pytest

from dashboard.cli.rows import bar_rows
from dashboard.prices.quality import Reason
from dashboard.prices.records import ACTIONS, LISTINGS, REVENUES, SHARES_KIND
from dashboard.prices.refresh import import_files
from dashboard.prices.store import PriceStore
from dashboard.settings import PROJECT_ROOT, Settings

NOW = dt.datetime(2026, 7, 2, tzinfo=dt.UTC)
BARS = """symbol,date,close
2330.TW,2026-06-24,400
2330.TW,2026-06-25,404
2330.TW,2026-06-26,101
2330.TW,2026-06-29,102
"""
ACTION = "symbol,date,factor_ratio\n2330.TW,2026-06-26,4\n"
REVENUE = """symbol,revenue_ym,revenue_twd
2330.TW,2026-04,5
2330.TW,2026-05,6
2330.TW,2026-05,7
"""
SHARES = "symbol,date,shares\n2330.TW,2026-06-26,25932\n"


def store_of(folder: Path, **files: str) -> PriceStore:
    store = PriceStore(str(folder / "store"))
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text)
        import_files(store, [path], now=NOW)
    return store


def told(folder: Path, start: dt.date | None = None, end: dt.date | None = None) -> pd.DataFrame:
    settings = Settings(
        data_dir=str(folder / "store"), map_path=PROJECT_ROOT / "tickers.yaml", demo=False
    )
    return bar_rows(settings, ["2330.TW"], start, end)


def test_a_folder_of_four_kinds(tmp_path: Path) -> None:
    for name, text in {"a": BARS, "b": ACTION, "c": REVENUE, "d": SHARES}.items():
        (tmp_path / f"{name}.csv").write_text(text)
    store = PriceStore(str(tmp_path / "store"))
    report = import_files(store, [tmp_path], now=NOW)
    assert report.new == 4
    assert {name: one.new for name, one in report.records.items()} == {
        "actions": 1, "revenue": 1, "shares": 1,
    }  # fmt: skip
    assert not report.passed_over
    assert store.read_records(ACTIONS)["factor"].tolist() == [0.25]
    assert store.read_records(REVENUES)["revenue"].tolist() == [5]
    assert len(store.read_records(SHARES_KIND)) == 1


def test_of_different_revenues_of_one_month_none_is_stored(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(REVENUE)
    report = import_files(PriceStore(str(tmp_path / "store")), [tmp_path / "r.csv"], now=NOW)
    (row,) = report.symbols
    assert [(one.session, one.reason) for one in row.refusals] == [
        (dt.date(2026, 5, 1), Reason.CONFLICTING)
    ]
    assert report.incomplete


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    files = {"a": BARS, "b": ACTION, "c": REVENUE.rpartition("2330")[0], "d": SHARES}
    store = store_of(tmp_path, **files)
    before = store.versions()
    paths = [tmp_path / f"{name}.csv" for name in files]
    report = import_files(store, paths, now=NOW + dt.timedelta(1))
    assert store.versions() == before
    assert report.unchanged == 4
    assert all(one.unchanged and not one.new for one in report.records.values())


def test_an_action_changes_what_is_told_of_stored_bars_and_nothing_stored(tmp_path: Path) -> None:
    store = store_of(tmp_path, bars=BARS)
    version = store.version()
    jump = told(tmp_path)
    assert jump["flags"].str.contains("jump").tolist() == [False, False, True, False]
    assert jump["adjusted_close"].tolist() == [400, 404, 101, 102]
    store_of(tmp_path, action=ACTION)
    assert store.version() == version
    found = told(tmp_path)
    assert found["adjusted_close"].tolist() == [100, 101, 101, 102]
    assert not found["flags"].str.contains("jump").any()
    assert found["flags"].str.contains("unadjusted").tolist() == [True, True, False, True]
    assert found["source_adjusted_close"].isna().all()
    assert [None if math.isnan(one) else one for one in found["reference"]] == [None, 400, 101, 101]


@pytest.mark.parametrize("order", [("bars", "action"), ("action", "bars")])
def test_the_order_of_import_does_not_matter(tmp_path: Path, order: tuple[str, str]) -> None:
    texts = {"bars": BARS, "action": ACTION}
    store_of(tmp_path, **{name: texts[name] for name in order})
    assert told(tmp_path)["adjusted_close"].tolist() == [100, 101, 101, 102]


def test_a_part_of_the_bars_is_told_as_it_is_in_the_whole(tmp_path: Path) -> None:
    store_of(tmp_path, bars=BARS, action=ACTION)
    whole = told(tmp_path)
    for place in range(4):
        day = whole["session"].iloc[place].date()
        part = told(tmp_path, day, day)
        pd.testing.assert_frame_equal(part, whole.iloc[[place]])


def test_what_bars_prints_is_read_as_the_source_told_it(tmp_path: Path) -> None:
    adjusted = BARS.replace("close\n", "close,adj_close\n", 1).replace("24,400", "24,400,90")
    adjusted = adjusted.replace(",404", ",404,90.9").replace(",101\n", ",101,90.9\n")
    adjusted = adjusted.replace(",102\n", ",102,\n")
    store_of(tmp_path, bars=adjusted, action=ACTION)
    printed = told(tmp_path)
    assert printed["adjusted_close"].tolist() == [100, 101, 101, 102]
    printed.to_csv(tmp_path / "printed.csv", index=False)
    (tmp_path / "again").mkdir()
    again = PriceStore(str(tmp_path / "again/store"))
    import_files(again, [tmp_path / "printed.csv"], now=NOW)
    assert told(tmp_path / "again")["source_adjusted_close"].tolist()[:3] == [90, 90.9, 90.9]


def test_listing_dates_come_with_the_first_import(tmp_path: Path) -> None:
    store = store_of(tmp_path, bars=BARS)
    listings = store.read_records(LISTINGS)
    row = listings[listings["symbol"] == "2330.TW"].iloc[0]
    assert f"{row['listed_on']:%Y-%m-%d}" == "1994-09-05"
    assert len(listings) > 1500


def test_a_lone_nonsense_close_does_not_replace_a_stored_one(tmp_path: Path) -> None:
    store = store_of(tmp_path, a=BARS.replace("101", "408").replace("102", "410"))
    path = tmp_path / "b.csv"
    path.write_text("symbol,date,close\n2330.TW,2026-06-25,4\n2330.TW,2026-06-24,401\n")
    report = import_files(store, [path], now=NOW)
    (row,) = report.symbols
    assert [one.reason for one in row.refusals] == [Reason.CONTRADICTING]
    assert (report.corrected, report.quarantined, report.incomplete) == (1, 1, True)
    assert told(tmp_path)["close"].tolist() == [401.0, 404.0, 408.0, 410.0]


def test_an_import_tells_the_jumps_it_brings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(BARS)
    store = PriceStore(str(tmp_path / "store"))
    report = import_files(store, [path], now=NOW)
    assert report.jumps == (("2330.TW", dt.date(2026, 6, 26)),)
    assert "1 unexplained jumps (2330.TW 2026-06-26)" in report.summary("en")
    path.write_text(ACTION)
    assert import_files(store, [path], now=NOW).jumps == ()
    path.write_text(BARS.replace("102", "103"))
    # The bar that changed lies after the split, which an action explains by now.
    assert import_files(store, [path], now=NOW).jumps == ()


def test_a_second_file_adds_to_an_action(tmp_path: Path) -> None:
    """Cash 5 and 100 shares a thousand of one day, told by two files."""
    store_of(
        tmp_path,
        a="symbol,date,close\n2330.TW,2026-06-24,115\n2330.TW,2026-06-25,100\n",
        b="symbol,date,dividend\n2330.TW,2026-06-25,5\n",
        c="symbol,date,stock_dividend\n2330.TW,2026-06-25,0.1\n",
    )
    assert told(tmp_path)["reference"].tolist()[1] == pytest.approx((115 - 5) / 1.1, abs=0.01)
