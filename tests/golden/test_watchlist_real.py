"""The return since added on real prices, against the raw closes and what went ex between."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pandas as pd
import pytest

from dashboard.snapshot import Snapshot
from dashboard.watchlists.following import ShownEntries
from dashboard.watchlists.rows import RowFlag, price_on, watch_rows
from tests.golden.real_panel import tw_core_panel
from tests.unit.watchlist_input import entry, snapshot_of

AS_OF = dt.date(2025, 12, 31)


@pytest.fixture(scope="module")
def snapshot(real_data: Path) -> Snapshot:
    return snapshot_of(tw_core_panel(real_data), AS_OF)


@pytest.fixture(scope="module")
def closes(real_data: Path) -> dict[str, dict[dt.date, float]]:
    """Closes as traded, up to the session."""
    rows = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
    return {
        str(symbol): {
            day.date(): close for day, close in zip(own["date"], own["close"], strict=True)
        }
        for symbol, own in rows[rows["date"] <= str(AS_OF)].groupby("symbol")
    }


@pytest.fixture(scope="module")
def gone_ex(real_data: Path) -> dict[str, list[tuple[dt.date, float]]]:
    """(day, close before / reference) by symbol."""
    table = pd.read_parquet(real_data / "prices/tw_adjustment_events.parquet")
    return {
        str(symbol): [
            (day.date(), ratio) for day, ratio in zip(own["date"], own["factor_ratio"], strict=True)
        ]
        for symbol, own in table.groupby("symbol")
    }


def told(snapshot: Snapshot, symbol: str, day: dt.date, price: float | None) -> pd.Series:
    shown = ShownEntries((entry(symbol, added_on=day, added_price=price),))
    return watch_rows(snapshot, shown).iloc[0]


@pytest.mark.parametrize(
    ("symbol", "day", "price"),
    [
        ("2330.TW", "2024-11-01", None),
        ("2330.TW", "2024-11-03", 1050.0),  # a Sunday; five dividends since
        ("2330.TW", "2025-09-16", 1250.0),  # the very day of one
        ("2330.TW", "2025-09-15", None),  # the day before
        ("2382.TW", "2023-04-13", None),
        ("2382.TW", "2025-06-30", 280.0),
        ("3481.TW", "2022-07-08", 10.0),  # a tenth, two reductions of capital since
        ("3481.TW", "2023-09-01", None),
    ],
)
def test_the_return_since_added_by_hand(
    snapshot: Snapshot,
    closes: dict[str, dict[dt.date, float]],
    gone_ex: dict[str, list[tuple[dt.date, float]]],
    symbol: str,
    day: str,
    price: float | None,
) -> None:
    """One share bought then is so many of today's, by each ratio that fell between."""
    own, added = closes[symbol], dt.date.fromisoformat(day)
    base = max(one for one in own if one <= added)
    shares = 1.0
    for ex_day, ratio in gone_ex[symbol]:
        if base < ex_day <= max(own):
            shares *= ratio
    paid = own[base] if price is None else price
    row = told(snapshot, symbol, added, price)
    assert row["return_since_added"] == pytest.approx(shares * own[max(own)] / paid - 1, rel=1e-9)
    assert (row["base_session"].date(), row["base_close"]) == (base, own[base])
    assert price_on(snapshot, symbol, added) == (base, own[base])


def test_a_split_that_only_the_source_s_adjusted_close_tells(
    snapshot: Snapshot, closes: dict[str, dict[dt.date, float]]
) -> None:
    """2327: four shares for one on 2025-08-25, after a halt; no event of it is known."""
    own = closes["2327.TW"]
    day = dt.date(2025, 8, 1)
    row = told(snapshot, "2327.TW", day, 540.0)
    # Nothing else went ex between.
    assert row["return_since_added"] == pytest.approx(4 * own[max(own)] / 540 - 1, rel=1e-4)
    assert RowFlag.SHARES_CHANGED in row["flags"]
    after = told(snapshot, "2327.TW", dt.date(2025, 8, 25), None)
    assert after["return_since_added"] == pytest.approx(
        own[max(own)] / own[dt.date(2025, 8, 25)] - 1, rel=1e-9
    )
    assert RowFlag.SHARES_CHANGED not in after["flags"]


@pytest.mark.parametrize("day", ["2023-06-30", "2024-07-06", "2025-03-14"])
def test_every_company_against_the_adjusted_closes_of_the_file(
    snapshot: Snapshot, real_data: Path, day: str
) -> None:
    """The file's own adjusted closes are another's work; jumps and young listings say so."""
    rows = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
    rows = rows[(rows["date"] <= str(AS_OF)) & rows["adj_close"].notna()]
    names = sorted(rows["symbol"].unique())
    added = dt.date.fromisoformat(day)
    shown = ShownEntries(
        tuple(entry(one, place, added_on=added) for place, one in enumerate(names))
    )
    table = watch_rows(snapshot, shown).set_index("symbol")
    compared = 0
    for symbol, own in rows.groupby("symbol"):
        found = table.loc[str(symbol)]
        before = own[own["date"] <= day]
        if math.isnan(found["return_since_added"]):
            assert found["since_reason"] in ("jump", "short_history", "stale", "halted")
            assert found["since_reason"] != "short_history" or before.empty
            continue
        expected = own["adj_close"].iloc[-1] / before["adj_close"].iloc[-1] - 1
        assert found["return_since_added"] == pytest.approx(expected, rel=5e-3, abs=5e-3), symbol
        compared += 1
    assert compared >= 25
