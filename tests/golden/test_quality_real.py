"""The rules over the whole market: counts taken from the raw file, not from the rules."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.prices.bars import BarFlag
from dashboard.prices.providers.files import ImportedBars, read_import
from dashboard.prices.quality import Checked, check
from dashboard.prices.shipped_listings import listed_offline

pytestmark = pytest.mark.real_data
NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
LAST = pd.Timestamp("2026-06-30")
DAMAGED = pd.to_datetime(["2026-06-11", "2026-06-17", "2026-06-26"])
"""Days on which the source answered about halted and delisted companies with other days' rows."""


@pytest.fixture(scope="module")
def raw(real_data: Path) -> pd.DataFrame:
    rows = pd.read_parquet(real_data / "prices" / "tw_market_daily.parquet")
    rows["date"] = pd.to_datetime(rows["date"]).astype("datetime64[s]")
    return rows.sort_values(["symbol", "date"], ignore_index=True)


@pytest.fixture(scope="module")
def imported(real_data: Path) -> pd.DataFrame:
    read = read_import(real_data / "prices" / "tw_market_daily.parquet", NOW)
    assert isinstance(read, ImportedBars)
    return read.bars


@pytest.fixture(scope="module")
def checked(imported: pd.DataFrame) -> Checked:
    return check(imported, now=NOW, listings=listed_offline())


def flagged(checked: Checked, flag: BarFlag) -> pd.DataFrame:
    return checked.bars[(checked.bars["flags"] & int(flag)) != 0]


def test_no_row_of_the_market_is_refused(checked: Checked, raw: pd.DataFrame) -> None:
    assert len(checked.bars) == len(raw) == 1_277_225
    assert checked.refusals == checked.holes == ()
    assert checked.quarantined.empty


def test_what_is_found_is_what_the_file_has(checked: Checked, raw: pd.DataFrame) -> None:
    outside = (raw[["open", "close"]].max(axis=1) > raw["high"]) | (
        raw[["open", "close"]].min(axis=1) < raw["low"]
    )
    assert (outside == ~raw["ohlc_ok"]).all()
    alike = ["symbol", "open", "high", "low", "close", "volume"]
    busy = raw[(raw["volume"] >= 10_000) & (raw["high"] > raw["low"])]
    expected = {
        "outside_range": int(outside.sum()),
        "unadjusted": int(raw["adj_close"].isna().sum()),
        "copied": int(busy.duplicated(alike).sum()),
        "stale": int((raw.groupby("symbol")["date"].max() < LAST).sum()),
    }
    assert expected == {"outside_range": 11304, "unadjusted": 694680, "copied": 41, "stale": 133}
    found = {key: n for key, n in checked.found.items() if n and key not in ("halt", "emerging")}
    assert found == expected


def test_a_bar_after_sessions_without_the_symbol_is_told_by_the_index_s_own_days(
    checked: Checked, raw: pd.DataFrame, real_data: Path
) -> None:
    index = pd.read_parquet(real_data / "prices" / "taiex_daily.parquet")
    days = np.sort(pd.to_datetime(index["date"]).to_numpy().astype("datetime64[s]"))
    place = pd.Series(np.searchsorted(days, raw["date"].to_numpy()))
    assert (days[place] == raw["date"].to_numpy()).all()
    late = place.groupby(raw["symbol"]).diff() > 1
    assert checked.found["halt"] == int(late.sum()) == 6364
    assert checked.found["hole"] == 0


def test_rows_of_other_days_are_found(raw: pd.DataFrame) -> None:
    alike = ["symbol", "open", "high", "low", "close", "volume"]
    busy = raw[(raw["volume"] >= 10_000) & (raw["high"] > raw["low"])]
    copies = busy[busy.duplicated(alike)]
    assert copies["date"].isin(DAMAGED).sum() == 39
    # Long gone from the exchange: 2311 in 2018, 2475 in 2019, 2448 in 2021.
    assert {"2311.TW", "2475.TW", "2448.TW"} <= set(copies["symbol"])


def test_the_emerging_board_is_known_by_listing_dates(checked: Checked) -> None:
    listings = listed_offline()
    since = listings.set_index("symbol")["listed_on"]
    outside = flagged(checked, BarFlag.OUTSIDE_RANGE)
    listed = outside["symbol"].map(since)
    # Of 11,304 bars that only the emerging board may have, none is later than a known listing.
    assert listed.notna().sum() == 8827
    assert (outside["session"] < listed)[listed.notna()].all()
    whole = checked.bars["session"] < checked.bars["symbol"].map(since)
    assert checked.found["emerging"] == whole.sum() > 30_000
    last = checked.bars[whole].groupby("symbol")["session"].max()
    assert f"{last['6831.TW']:%Y-%m-%d}" == "2025-11-24"
    assert f"{last['2646.TW']:%Y-%m-%d}" == "2024-10-24"


def test_an_invented_day_and_a_lost_one_are_found_in_the_whole_market(
    imported: pd.DataFrame,
) -> None:
    recent = imported[imported["session"] >= "2026-06-01"]
    before = recent["session"] == "2026-06-24"
    day = recent["session"] == "2026-06-25"
    invented = recent[before].assign(session=pd.Timestamp("2026-06-25").as_unit("s"))
    phantom = check(pd.concat([recent[~day], invented]), now=NOW)
    assert {one.session for one in phantom.refusals} == {dt.date(2026, 6, 25)}
    assert len(phantom.refusals) == len(phantom.quarantined) == before.sum() > 1800
    kept = recent["symbol"].rank(method="dense") % 10 < 3
    lost = check(recent[~day | kept], now=NOW)
    assert [one.session for one in lost.holes] == [dt.date(2026, 6, 25)]
