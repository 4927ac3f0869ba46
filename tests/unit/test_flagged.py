"""Flags by session and coverage by month, counted by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.prices.bars import BarFlag
from dashboard.prices.flagged import (
    FLAG_ROW_COLUMNS,
    FLAG_RUN_COLUMNS,
    REPORT_RUN_COLUMNS,
    coverage_months,
    flag_rows,
    flag_runs,
    report_runs,
    symbol_flags,
)
from dashboard.prices.records import ACTIONS, validated_records
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore

from .price_bars import bars_of


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(str(tmp_path / "store"))


def jumps(rows: pd.DataFrame) -> int:
    return int(((rows["flags"] & int(BarFlag.JUMP)) != 0).sum())


def split_without_action() -> pd.DataFrame:
    closes = [100.0, 100.0, 100.0, 25.0, 25.0]
    return bars_of("2330.TW", "2026-06-22", "2026-06-26", close=closes, flags=[0, 1, 9, 0, 1])


def test_flagged_bars_are_listed_with_what_is_told_when_read(store: PriceStore) -> None:
    store.upsert(split_without_action())
    store.upsert(bars_of("NVDA", "2026-06-22", "2026-06-24", flags=[8, 0, 0]))
    rows = flag_rows(store)
    assert tuple(rows.columns) == FLAG_ROW_COLUMNS
    assert [
        (row.symbol, f"{row.session:%m-%d}", BarFlag(row.flags), row.close)
        for row in rows.itertuples()
    ] == [
        ("2330.TW", "06-23", BarFlag.UNADJUSTED, 100.0),
        ("2330.TW", "06-24", BarFlag.UNADJUSTED | BarFlag.NO_VOLUME, 100.0),
        ("2330.TW", "06-25", BarFlag.JUMP, 25.0),
        ("2330.TW", "06-26", BarFlag.UNADJUSTED, 25.0),
        ("NVDA", "06-22", BarFlag.NO_VOLUME, 100.0),
    ]
    assert rows["previous_close"].tolist()[:4] == [100.0, 100.0, 100.0, 25.0]
    assert np.isnan(rows["previous_close"].iat[4])  # never the other symbol's
    assert symbol_flags(store).to_dict() == {"2330.TW": 1 | 8 | 16, "NVDA": 8}
    assert flag_rows(store, ["NVDA"])["symbol"].unique().tolist() == ["NVDA"]
    assert flag_rows(store, ["none"]).empty


def test_a_run_is_one_row_a_flag(store: PriceStore) -> None:
    store.upsert(split_without_action())
    store.upsert(bars_of("2331.TW", "2026-06-22", "2026-06-24", flags=1))
    runs = flag_runs(store)
    assert tuple(runs.columns) == FLAG_RUN_COLUMNS
    assert [
        (one.symbol, BarFlag(one.flags), one.first_session.day, one.last_session.day, one.bars)
        for one in runs.itertuples()
    ] == [
        ("2330.TW", BarFlag.UNADJUSTED, 23, 24, 2),
        ("2330.TW", BarFlag.NO_VOLUME, 24, 24, 1),
        ("2330.TW", BarFlag.JUMP, 25, 25, 1),
        ("2330.TW", BarFlag.UNADJUSTED, 26, 26, 1),
        ("2331.TW", BarFlag.UNADJUSTED, 22, 24, 3),
    ]
    assert flag_runs(store, ["none"]).empty


def test_what_is_only_reported_is_listed_by_rule(store: PriceStore) -> None:
    bars = bars_of("2330.TW", "2026-06-22", "2026-06-29")
    store.upsert(bars[bars["session"] != "2026-06-24"])
    now = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
    runs = report_runs(store, now=now, listed_since={"2330.TW": dt.date(2026, 6, 25)})
    assert tuple(runs.columns) == REPORT_RUN_COLUMNS
    assert [
        (one.rule, one.first_session.day, one.last_session.day, one.bars)
        for one in runs.itertuples()
    ] == [("emerging", 22, 23, 2), ("halt", 25, 25, 1), ("stale", 29, 29, 1)]
    assert runs["previous_close"].tolist()[1:] == [bars["close"][1], bars["close"][4]]
    assert report_runs(store, ["none"], now=now).empty


def test_an_action_or_a_listing_date_takes_the_jump_away(store: PriceStore) -> None:
    store.upsert(split_without_action())
    listed = {"2330.TW": dt.date(2026, 6, 26)}
    assert jumps(flag_rows(store)) == 1
    assert jumps(flag_rows(store, listed_since=listed)) == 0
    row = dict.fromkeys(ACTIONS.columns, np.nan) | {
        "symbol": "2330.TW", "session": pd.Timestamp("2026-06-25"), "split": 4.0,
        "source": "test", "fetched_at": pd.Timestamp("2026-06-30", tz="UTC"),
    }  # fmt: skip
    store.upsert_records(ACTIONS, validated_records(ACTIONS, pd.DataFrame([row])))
    assert jumps(flag_rows(store)) == 0


def test_coverage_is_the_share_of_the_market_s_sessions(store: PriceStore) -> None:
    whole = bars_of("2330.TW", "2026-04-15", "2026-06-10")
    may = whole["session"].dt.month == 5
    lacking = whole.drop(index=whole[may].index[[3, 7]])
    america = bars_of("NVDA", "2026-05-11", "2026-05-29")
    store.upsert(pd.concat([lacking, bars_of("1101.TW", "2026-06-01", "2026-06-30"), america]))
    share = coverage_months(store)
    assert list(share.index) == ["1101.TW", "2330.TW", "NVDA"]
    assert list(share.columns) == ["2026-04", "2026-05", "2026-06"]
    days = len(sessions("TW", dt.date(2026, 5, 1), dt.date(2026, 5, 31)))
    assert share.loc["2330.TW"].tolist() == [1.0, (days - 2) / days, 1.0]
    assert share.loc["1101.TW"].isna().tolist() == [True, True, False]
    assert share.loc["NVDA", "2026-05"] == 1.0
    asked = coverage_months(store, ["NVDA", "2317.TW"])
    assert list(asked.index) == ["NVDA", "2317.TW"]
    assert asked.loc["2317.TW"].isna().all()


def test_a_month_without_any_bar_in_between_is_zero_and_nothing_stored_is_nothing(
    store: PriceStore,
) -> None:
    assert coverage_months(store).empty
    assert coverage_months(store, ["2330.TW"]).index.tolist() == ["2330.TW"]
    assert flag_rows(store).empty
    assert flag_runs(store).empty
    bars = bars_of("2330.TW", "2026-04-01", "2026-06-30")
    store.upsert(bars[bars["session"].dt.month != 5])
    assert coverage_months(store).loc["2330.TW"].tolist() == [1.0, 0.0, 1.0]
