"""The real prices as they were stored on a day, and as they are now, seen as of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dashboard.analytics.panel import panel_from_table
from dashboard.prices.listings import listed_since
from dashboard.prices.records import LISTINGS, empty_records
from dashboard.prices.shipped_listings import listed_offline
from dashboard.screening.table import screen_table
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import MemberFilter, Prices, Snapshot, take_snapshot
from dashboard.supply_chain.loading import load_map
from tests.golden.real_panel import events, tw_core_rows

pytestmark = pytest.mark.real_data
CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
DAYS = (dt.date(2026, 3, 31), dt.date(2025, 12, 1))
"""All documents are known, and two of five."""


def prices_on(real_data: Path, day: dt.date | None) -> Prices:
    """All that is stored, or of it what was there on a day."""
    moment = pd.Timestamp(day or dt.date(2100, 1, 1))
    rows, actions = tw_core_rows(real_data), events(real_data)
    revenue = pd.read_parquet(real_data / "fundamentals/monthly_revenue.parquet")
    revenue = revenue.rename(columns={"revenue_ym": "month", "revenue_twd": "revenue"})
    revenue["month"] = pd.to_datetime(revenue["month"].astype(str))
    revenue["announced"] = pd.to_datetime(revenue["announced"])
    over = revenue["month"] + pd.offsets.MonthEnd(1) <= moment
    since = listed_since(listed_offline())
    table = pa.Table.from_pandas(rows[rows["session"] <= moment], preserve_index=False)
    return Prices(
        version="real",
        simulated=False,
        panels={
            "TW": panel_from_table(
                table,
                "TW",
                actions=actions[actions["session"] <= moment],
                listed_since=since,
            )
        },
        shares=pd.DataFrame({"symbol": [], "date": pd.to_datetime([]), "shares": []}),
        listed_since=since,
        revenue=revenue[over & ~(revenue["announced"] > moment)],
        insurers=frozenset(),
        stored_listings=empty_records(LISTINGS),
        sources=(),
        symbol_sources={},
        fetched_at=None,
    )


@pytest.fixture(scope="module")
def whole(real_data: Path) -> Prices:
    return prices_on(real_data, None)


@pytest.mark.parametrize("day", DAYS)
def test_what_came_later_changes_no_bit(real_data: Path, whole: Prices, day: dt.date) -> None:
    then = take_snapshot(CHAIN, prices_on(real_data, day), day)
    now = take_snapshot(CHAIN, whole, day)
    later = whole.panels["TW"].levels() != now.panels["TW"].levels()
    assert later.any(), "something went ex after the day"
    for before, after in zip(tables(then), tables(now), strict=True):
        pd.testing.assert_frame_equal(after, before, check_exact=True)
    names = list(then.metrics.index)
    np.testing.assert_equal(now.sparklines(names), then.sparklines(names))
    assert now.day(MemberFilter()) == then.day(MemberFilter())


def tables(taken: Snapshot) -> list[pd.DataFrame]:
    chosen = MemberFilter(include_digest=True, include_secondary=True)
    return [
        taken.metrics,
        taken.notes,
        screen_table(taken).drop(columns="name"),
        taken.layers(chosen),
        taken.groups(chosen, "return_1m"),
        taken.windows(chosen),
    ]
