"""A list's rows: the return since added, target and stop, flags, ex-dates, what it follows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.accounts.models import Entry, Follows
from dashboard.analytics.metrics import METRICS
from dashboard.analytics.panel import Panel
from dashboard.errors import InputError
from dashboard.prices.bars import BarFlag
from dashboard.prices.records import ACTIONS, NOTICES
from dashboard.supply_chain.models import Kind
from dashboard.watchlists.following import (
    LAYER,
    SCREEN,
    ShownEntries,
    followed_symbols,
    layer_symbols,
    shown_entries,
)
from dashboard.watchlists.rows import OWN_COLUMNS, RowFlag, price_on, watch_rows
from tests.unit.panels import panel_of, random_panel
from tests.unit.watchlist_input import chain, entry, made, snapshot_of, watchlist

NAN = math.nan
SESSIONS = 12
"""Business days from Monday 2024-01-01 on: the last is Tuesday 2024-01-16."""
LAST = dt.date(2024, 1, 16)
SPLIT = [0.5] * 4 + [1.0] * 8
TRADED = [100.0, 102.0, 104.0, 110.0, 50.0, 51.0, 52.0, 53.0, 54.0, 55.0, 56.0, 66.0]
"""Two for one on the fifth session, Friday the 5th."""


def rows_of(
    *entries: Entry, panel: Panel | None = None, as_of: dt.date | None = None, **given: object
) -> pd.DataFrame:
    bars = panel or panel_of({"2330.TW": TRADED}, factors=SPLIT)
    return watch_rows(snapshot_of(bars, as_of), ShownEntries(entries), **given)  # type: ignore[arg-type]


def since(one: Entry, panel: Panel | None = None, as_of: dt.date | None = None) -> tuple:
    row = rows_of(one, panel=panel, as_of=as_of).iloc[0]
    reason = row["since_reason"]
    return row["return_since_added"], None if pd.isna(reason) else reason


@pytest.mark.parametrize(
    ("day", "price", "expected"),
    [
        # Bought at the close of 102 before the split, worth 66 × 2 now.
        (2, None, 132 / 102 - 1),
        (2, 110.0, 132 / 110 - 1),
        # On the day of the split itself: its close counts new shares.
        (5, None, 66 / 50 - 1),
        (5, 44.0, 66 / 44 - 1),
        # Saturday and Sunday: Friday's close.
        (6, None, 66 / 50 - 1),
        (7, 60.0, 66 / 60 - 1),
        (16, None, 0.0),
        (16, 60.0, 66 / 60 - 1),
    ],
)
def test_the_return_counts_what_went_ex(day: int, price: float | None, expected: float) -> None:
    told, reason = since(entry("2330.TW", added_on=dt.date(2024, 1, day), added_price=price))
    assert told == pytest.approx(expected, rel=1e-12)
    assert reason is None


def test_as_of_an_earlier_session() -> None:
    one = entry("2330.TW", added_on=dt.date(2024, 1, 2), added_price=51.0)
    assert since(one, as_of=dt.date(2024, 1, 4))[0] == pytest.approx(110 / 51 - 1)
    assert since(one, as_of=dt.date(2024, 1, 1)) == (pytest.approx(NAN, nan_ok=True), "not_yet")


@pytest.mark.parametrize(
    ("closes", "flags", "day", "reason"),
    [
        ([NAN] * 5 + TRADED[5:], None, 3, "short_history"),
        (TRADED[:3] + [NAN] * 9, None, 2, "stale"),
        ([NAN] * 12, None, 2, "no_bars"),
        (TRADED, [0] * 6 + [BarFlag.JUMP] + [0] * 5, 3, "jump"),
        (TRADED, [0] * 11 + [BarFlag.BREAK], 3, "jump"),
        (TRADED, None, 17, "not_yet"),
    ],
)
def test_a_missing_return_says_why(
    closes: list[float], flags: list[int] | None, day: int, reason: str
) -> None:
    panel = panel_of({"2330.TW": closes, "2317.TW": TRADED}, flags=flags)
    for price in (None, 100.0):
        one = entry("2330.TW", added_on=dt.date(2024, 1, day), added_price=price)
        told, why = since(one, panel, LAST)
        assert math.isnan(told)
        assert why == reason


def test_a_jump_on_or_before_the_day_it_was_added_does_no_harm() -> None:
    panel = panel_of({"2330.TW": TRADED}, flags=[0] * 6 + [BarFlag.JUMP] + [0] * 5)
    told, reason = since(entry("2330.TW", added_on=dt.date(2024, 1, 9)), panel)
    assert (told, reason) == (pytest.approx(66 / 52 - 1), None)


def test_a_close_long_before_is_no_base() -> None:
    closes = [100.0] + [NAN] * 12 + [120.0, 130.0]
    panel = panel_of({"2330.TW": closes, "2317.TW": [10.0] * 15})
    assert since(entry("2330.TW", added_on=dt.date(2024, 1, 17)), panel)[1] == "halted"
    assert since(entry("2330.TW", added_on=dt.date(2024, 1, 12)), panel)[0] == pytest.approx(0.3)


def test_a_symbol_that_nothing_is_stored_of() -> None:
    row = rows_of(entry("NVDA", target=5.0, added_on=LAST)).iloc[0]
    assert (row["since_reason"], row["flags"]) == ("no_bars", (RowFlag.NO_BARS,))
    assert row[["last_close", "to_target", "hit", "base_session", "close"]].isna().all()


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_returns_against_a_loop_over_the_bars(data: st.DataObject) -> None:
    panel = random_panel(4, 40, seed=data.draw(st.integers(0, 5)), holes=0.3)
    factor = np.cumprod(np.random.default_rng(1).uniform(0.9, 1.0, panel.close.shape)[:, ::-1], 1)
    panel = dataclasses.replace(panel, close=panel.unadjusted_close * factor[:, ::-1])
    days = [one.item() for one in panel.sessions]
    as_of = data.draw(st.sampled_from(days[5:]))
    added = data.draw(st.dates(days[0] - dt.timedelta(3), days[-1]))
    price = data.draw(st.none() | st.floats(1, 1000))
    entries = [
        entry(symbol, number, added_on=added, added_price=price)
        for number, symbol in enumerate(panel.symbols)
    ]
    table = rows_of(*entries, panel=panel, as_of=as_of)
    for row, symbol in enumerate(panel.symbols):
        own = [
            (day, panel.close[row, place], panel.unadjusted_close[row, place], place)
            for place, day in enumerate(days)
            if day <= as_of and not math.isnan(panel.close[row, place])
        ]
        base = [one for one in own if one[0] <= added]
        fresh = own and days.index(as_of) - own[-1][3] <= 5
        told = table["return_since_added"].iloc[row]
        if added > as_of or not fresh or not base:
            assert math.isnan(told), symbol
            assert isinstance(table["since_reason"].iloc[row], str)
            continue
        paid = base[-1][2] if price is None else price
        shares = 1 / paid * (base[-1][2] / base[-1][1])
        session = max(day for day in days if day <= added)
        if days.index(session) - base[-1][3] <= 10:
            assert told == pytest.approx(shares * own[-1][1] - 1, rel=1e-9), symbol
            assert table["base_session"].iloc[row].date() == base[-1][0]


def test_what_is_shown_of_a_session_never_changes_later() -> None:
    panel = random_panel(5, 300, holes=0.1)
    day = panel.sessions[200].item()
    entries = [
        entry(one, number, added_on=dt.date(2022, 3, 1 + number), target=120.0, stop=80.0)
        for number, one in enumerate(panel.symbols)
    ]
    cut = panel.as_of(day)
    pd.testing.assert_frame_equal(
        rows_of(*entries, panel=panel, as_of=day), rows_of(*entries, panel=cut)
    )


@pytest.mark.parametrize(
    ("target", "stop", "hit"),
    [
        (66.0, None, "target"),
        (66.01, None, "none"),
        (None, 66.0, "stop"),
        (None, 65.99, "none"),
        (80.0, 50.0, "none"),
        (None, None, None),
    ],
)
def test_target_and_stop(target: float | None, stop: float | None, hit: str | None) -> None:
    row = rows_of(entry("2330.TW", target=target, stop=stop)).iloc[0]
    assert (None if pd.isna(row["hit"]) else row["hit"]) == hit
    for level, name in ((target, "to_target"), (stop, "to_stop")):
        expected = NAN if level is None else level / 66 - 1
        assert row[name] == pytest.approx(expected, nan_ok=True)


def test_rows_stand_as_shown_and_carry_every_metric() -> None:
    panel = panel_of({"2330.TW": TRADED, "2317.TW": TRADED, "2454.TW": TRADED})
    entries = [
        entry("2454.TW", 7, note="n", tags=("a", "b"), section="x"),
        entry("9999.TW", 3),
        entry("2317.TW", 5),
        entry("2317.TW", 9),
    ]
    table = rows_of(*entries, panel=panel)
    assert list(table.index) == [7, 3, 5, 9]
    assert list(table.columns) == [*OWN_COLUMNS, *METRICS]
    assert list(table["symbol"]) == [one.symbol for one in entries]
    first = table.iloc[0]
    assert (first["note"], first["tags"], first["section"]) == ("n", ("a", "b"), "x")
    snapshot = snapshot_of(panel)
    for key in METRICS:
        one, other = first[key], snapshot.metrics.at["2454.TW", key]
        assert one == other or (pd.isna(one) and pd.isna(other)), key
    company = chain().company_by_symbol["2454.TW"]
    assert first["layers"] == tuple(one.layer for one in company.memberships if one.primary)
    assert first["layers"]
    assert table["layers"].iloc[1] == ()


def test_an_empty_list_has_every_column() -> None:
    table = rows_of()
    assert list(table.columns) == [*OWN_COLUMNS, *METRICS]
    assert table.empty


def test_flags_of_the_bars() -> None:
    marks = [0] * 11 + [BarFlag.DISPUTED | BarFlag.PROVISIONAL]
    panel = panel_of({"2330.TW": TRADED}, factors=SPLIT, flags=marks)
    early = entry("2330.TW", 1, added_on=dt.date(2024, 1, 2))
    late = entry("2330.TW", 2, added_on=dt.date(2024, 1, 9))
    flags = rows_of(early, late, panel=panel)["flags"]
    assert flags[1] == (RowFlag.SHARES_CHANGED, RowFlag.DISPUTED, RowFlag.PROVISIONAL)
    assert flags[2] == (RowFlag.DISPUTED, RowFlag.PROVISIONAL)
    jumped = panel_of({"2330.TW": TRADED}, flags=[0] * 4 + [BarFlag.JUMP] + [0] * 7)
    assert rows_of(late, panel=jumped)["flags"][2] == (RowFlag.JUMP,)
    unadjusted = panel_of({"2330.TW": TRADED}, flags=[BarFlag.UNADJUSTED] * 12)
    assert rows_of(late, panel=unadjusted)["flags"][2] == (RowFlag.UNADJUSTED,)
    # A cash dividend of seven per cent is no split.
    cash = panel_of({"2330.TW": TRADED}, factors=[0.93] * 6 + [1.0] * 6)
    assert rows_of(early, panel=cash)["flags"][1] == ()


def test_flags_are_told_in_both_languages() -> None:
    for flag in RowFlag:
        assert all(flag.label)


def test_notices_that_hold() -> None:
    notices = made(
        NOTICES,
        {"record": "2330.TW/disposition", "date": "2024-01-10", "symbol": "2330.TW",
         "kind": "disposition", "until": "2024-01-23"},
        {"record": "2330.TW/attention", "date": "2024-01-12", "symbol": "2330.TW",
         "kind": "attention"},
        {"record": "2317.TW/attention", "date": "2024-01-12", "symbol": "2317.TW",
         "kind": "attention"},
    )  # fmt: skip
    one = entry("2330.TW", added_on=LAST)
    for as_of, flags in (
        (LAST, (RowFlag.DISPOSITION, RowFlag.ATTENTION)),
        (dt.date(2024, 1, 11), (RowFlag.DISPOSITION,)),
        (dt.date(2024, 1, 9), ()),
    ):
        table = rows_of(one, as_of=as_of, records={"notices": notices})
        assert table["flags"][1] == flags


def test_the_next_ex_date_that_was_known() -> None:
    known = {"symbol": "2330.TW", "fetched_at": pd.Timestamp("2024-01-10", tz="UTC")}
    actions = made(
        ACTIONS,
        {**known, "session": "2024-01-11", "dividend": 1.0},
        {**known, "session": "2024-01-18", "dividend": 4.5, "stock_dividend": 0.05, "split": 1.0},
        {**known, "session": "2024-03-20", "dividend": 4.5},
        {**known, "symbol": "2317.TW", "session": "2024-01-17", "dividend": 4.5},
    )
    records = {"actions": actions}
    one = entry("2330.TW")

    def told(as_of: dt.date | None = None, today: dt.date | None = None) -> tuple:
        row = rows_of(one, as_of=as_of, today=today, records=records).iloc[0]
        day = row["next_ex_date"]
        return (None if pd.isna(day) else day.date(), row["next_ex_kinds"])

    assert told() == (dt.date(2024, 1, 18), ("dividend", "stock_dividend"))
    assert told(today=dt.date(2024, 1, 18))[0] == dt.date(2024, 1, 18)
    assert told(today=dt.date(2024, 1, 19)) == (dt.date(2024, 3, 20), ("dividend",))
    assert told(today=dt.date(2025, 1, 1)) == (None, ())
    assert told(as_of=dt.date(2024, 1, 10))[0] == dt.date(2024, 1, 11)
    # A day before it was fetched nobody here knew of it.
    assert told(as_of=dt.date(2024, 1, 9)) == (None, ())


def test_the_price_of_a_day() -> None:
    panel = panel_of({"2330.TW": TRADED}, factors=SPLIT)
    snapshot = snapshot_of(panel)
    assert price_on(snapshot, "2330.TW", dt.date(2024, 1, 2)) == (dt.date(2024, 1, 2), 102.0)
    assert price_on(snapshot, "2330.TW", dt.date(2024, 1, 7)) == (dt.date(2024, 1, 5), 50.0)
    assert price_on(snapshot, "2330.TW", dt.date(2030, 1, 1)) == (LAST, 66.0)
    assert price_on(snapshot, "2330.TW", dt.date(2023, 12, 31)) is None
    assert price_on(snapshot, "NVDA", LAST) is None
    # Nobody paid a simulated price: it is kept nowhere.
    assert price_on(snapshot_of(panel, simulated=True), "2330.TW", LAST) is None


def test_a_layer_s_members_in_map_order() -> None:
    snapshot = snapshot_of(panel_of({"2330.TW": TRADED}))
    for layer in chain().layer_by_id:
        expected = [
            company.symbol
            for company in chain().companies
            if company.symbol
            and any(
                one.layer == layer and one.primary and one.kind is Kind.CORE
                for one in company.memberships
            )
        ]
        assert list(followed_symbols(snapshot, Follows(LAYER, layer))) == expected
    with pytest.raises(InputError, match="no such layer"):
        layer_symbols(chain(), "gone")


def test_what_a_screen_holds_for_in_the_order_of_its_universe() -> None:
    closes = {"2454.TW": 500.0, "2330.TW": 900.0, "2317.TW": 90.0, "1101.TW": 600.0}
    panel = panel_of({symbol: [close] * SESSIONS for symbol, close in closes.items()})
    snapshot = snapshot_of(panel)
    follows = Follows(SCREEN, "unadjusted_close > 100 and on_map", "map")
    on_map = [one for one in snapshot.universe if one in chain().company_by_symbol]
    assert list(followed_symbols(snapshot, follows)) == [
        one for one in on_map if closes.get(one, 0) > 100
    ]
    with pytest.raises(InputError, match="at character"):
        followed_symbols(snapshot, Follows(SCREEN, "unadjusted_close >", "map"))


def test_hand_made_notes_stay_with_symbols_that_left() -> None:
    rows = [
        entry("2317.TW", 11, note="mine", section="b"),
        entry("1101.TW", 12, note="gone", section="a"),
    ]
    kept = watchlist(rows, follows=Follows(LAYER, "foundry"))
    shown = shown_entries(kept, ("2330.TW", "2317.TW", "2454.TW"), LAST)
    assert shown.symbols == ("2330.TW", "2317.TW", "2454.TW", "1101.TW")
    assert [one.id for one in shown.entries] == [-1, 11, -3, 12]
    assert shown.left == {12}
    panel = panel_of(dict.fromkeys(shown.symbols, TRADED))
    table = watch_rows(snapshot_of(panel), shown)
    assert list(table["left"]) == [False, False, False, True]
    assert list(table["note"]) == ["", "mine", "", "gone"]
    assert table["added_on"].isna().tolist() == [True, False, True, False]
    assert table["since_reason"][-1] == "not_added"
    assert table["return_since_added"].isna()[-1]


def test_rows_by_hand_stand_section_by_section() -> None:
    rows = [entry("A", 1, section="x"), entry("B", 2), entry("C", 3, section="x"), entry("D", 4)]
    shown = shown_entries(watchlist(rows, ("", "x")), None, LAST)
    assert shown.symbols == ("B", "D", "A", "C")
    assert shown.left == frozenset()
