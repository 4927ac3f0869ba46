"""Daily limits against the published vectors and a plain Decimal reading of the rule."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analytics.limits import limit_states
from dashboard.analytics.panel import panel_from_table
from dashboard.prices.bars import BarFlag
from dashboard.prices.limits import limit_down, limit_rule, limit_up
from tests.unit.panels import panel_of

# reference, limit up, limit down: DOMAIN vectors of the exchange's rule
VECTORS = (
    ("9.05", "9.95", "8.15"), ("9.95", "10.90", "8.96"), ("11.65", "12.80", "10.50"),
    ("45.5", "50.0", "40.95"), ("52", "57.2", "46.8"), ("91.5", "100.5", "82.4"),
    ("111", "122", "99.9"), ("478.5", "526", "431"), ("900", "990", "810"),
    ("910", "1000", "819"), ("1015", "1115", "914"), ("1090", "1195", "981"),
    ("9855", "10840", "8870"),
)  # fmt: skip
TICKS = ((10, "0.01"), (50, "0.05"), (100, "0.1"), (500, "0.5"), (1000, "1"))


def cents(price: str) -> np.ndarray:
    return np.array([int(Decimal(price) * 100)])


@pytest.mark.parametrize(("reference", "up", "down"), VECTORS)
def test_vectors_of_the_exchange(reference: str, up: str, down: str) -> None:
    assert limit_up(cents(reference)) == cents(up)
    assert limit_down(cents(reference)) == cents(down)


def tick(price: Decimal) -> Decimal:
    return next((Decimal(size) for below, size in TICKS if price < below), Decimal(5))


def by_decimal(reference: Decimal, share: Decimal, rounding: str) -> Decimal:
    raw = reference * share
    return (raw / tick(raw)).to_integral_value(rounding) * tick(raw)


@given(st.integers(20, 20_000_00))
def test_limits_equal_the_decimal_rule(reference: int) -> None:
    price = Decimal(reference) / 100
    up = limit_up(np.array([reference]))[0]
    down = limit_down(np.array([reference]))[0]
    assert up == by_decimal(price, Decimal("1.1"), ROUND_FLOOR) * 100
    assert down == by_decimal(price, Decimal("0.9"), ROUND_CEILING) * 100


def test_less_than_one_tick_is_one_tick() -> None:
    assert limit_up(np.array([5])) == 6
    assert limit_down(np.array([5])) == 4
    assert limit_down(np.array([1])) == 1


def test_seven_per_cent_before_june_2015() -> None:
    old, new = limit_rule(dt.date(2015, 5, 29)), limit_rule(dt.date(2015, 6, 1))
    assert limit_up(cents("100"), old) == cents("107")
    assert limit_down(cents("100"), old) == cents("93")
    assert limit_up(cents("100"), new) == cents("110")


def states(closes: list[float], symbol: str = "2330.TW", **more: object) -> list[object]:
    frame = limit_states(panel_of({symbol: closes}, **more))
    return [None if value != value else value for value in frame[symbol]]


def test_states_are_counted_from_the_previous_close() -> None:
    # 100 → 110 is the limit; 121 its limit; 108.9 → limit down of 121 is 109.0
    assert states([100, 110, 121, 109, 109.5], range_width=1.0) == [
        None, "up", "up", "down", "none",
    ]  # fmt: skip


def test_four_equal_prices_at_the_limit_are_locked() -> None:
    assert states([100, 110, 99], range_width=0.0) == [None, "locked_up", "locked_down"]


def test_ex_dividend_lowers_the_reference() -> None:
    # 100 goes ex 5: reference 95, limit up 104.5, limit down 85.5
    assert states([100, 104.5], factors=[0.95, 1.0]) == [None, "up"]
    assert states([100, 85.5], factors=[0.95, 1.0]) == [None, "down"]
    assert states([100, 110], factors=[0.95, 1.0]) == [None, None]


def test_a_halt_keeps_the_reference_and_a_hole_is_missing() -> None:
    assert states([100, np.nan, 110]) == [None, None, "up"]


@pytest.mark.parametrize("symbol", ["^TWII", "0050.TW", "00631L.TW"])
def test_indices_and_funds_have_no_state(symbol: str) -> None:
    assert states([100, 110], symbol=symbol) == [None, None]


def test_other_markets_have_no_state() -> None:
    assert states([100, 110], symbol="NVDA", market="US") == [None, None]


def test_flagged_bars_are_unknown() -> None:
    flags = [0, BarFlag.OUTSIDE_RANGE, BarFlag.JUMP, 0]
    assert states([100, 110, 121, 133], flags=flags) == [None, None, None, "up"]


def test_four_equal_prices_are_locked_also_where_they_are_adjusted() -> None:
    found = states([100, 104.5, 104.5], factors=[0.95 * 0.7, 0.7, 0.7], range_width=0.0)
    assert found == [None, "locked_up", "none"]


LIMIT_ROWS = {"reference": [100.0], "limit_up": [108.0], "limit_down": [92.0]}


def through_the_table(closes: list[float], limits: dict[str, list[float]] | None) -> list[object]:
    """States of closes from 2024-03-04 on, with the exchange's limits of the last session."""
    days = pd.bdate_range("2024-03-04", periods=len(closes))
    table = pa.table(
        {
            "symbol": ["2330.TW"] * len(closes),
            "session": days.to_numpy().astype("datetime64[us]"),
            **dict.fromkeys(("open", "high", "low", "close", "adjusted_close"), closes),
            "volume": [1000.0] * len(closes),
            "flags": np.zeros(len(closes), np.int32),
        }
    )
    rows = None
    if limits is not None:
        rows = pd.DataFrame({"symbol": ["2330.TW"], "session": [days[-1]], **limits})
    frame = limit_states(panel_from_table(table, "TW", limits=rows))
    return [None if value != value else value for value in frame["2330.TW"]]


def test_the_exchange_s_own_limits_win() -> None:
    assert through_the_table([100, 110], None) == [None, "locked_up"]
    assert through_the_table([100, 108], None) == [None, "none"]
    assert through_the_table([100, 108], LIMIT_ROWS) == [None, "locked_up"]
    assert through_the_table([100, 92], LIMIT_ROWS) == [None, "locked_down"]
    assert through_the_table([100, 100], LIMIT_ROWS) == [None, "none"]
    assert through_the_table([100, 110], LIMIT_ROWS) == [None, None]


def test_limits_of_the_first_bar_are_known_from_the_exchange_alone() -> None:
    assert through_the_table([108], LIMIT_ROWS) == ["locked_up"]
    assert through_the_table([108], None) == [None]


@pytest.mark.parametrize(("up", "down"), [(9999.95, 0.01), (np.nan, np.nan)])
def test_a_session_that_the_exchange_says_has_no_limit(up: float, down: float) -> None:
    limits = {"reference": [100.0], "limit_up": [up], "limit_down": [down]}
    assert through_the_table([100, 110], limits) == [None, None]
    assert through_the_table([100, 100], limits) == [None, None]


def test_a_share_above_ten_thousand_has_limits() -> None:
    """9855 may rise to 10840: the exchange's mark for no limit is both limits together."""
    limits = {"reference": [9855.0], "limit_up": [10840.0], "limit_down": [8870.0]}
    assert through_the_table([9855, 10840], limits) == [None, "locked_up"]


def test_no_limit_before_and_just_after_a_listing() -> None:
    panel = panel_of({"2330.TW": [100.0 * 1.0 for _ in range(9)]})
    listed = {"2330.TW": panel.sessions[2].item()}
    known = limit_states(panel, listed_since=listed)["2330.TW"].notna()
    assert known.tolist() == [False] * 7 + [True] * 2


def test_a_fall_of_less_than_ten_per_cent_is_at_the_limit() -> None:
    # 6116 fell from 11.65 to 10.5 on 2026-01-09: -9.87 %, and at its limit.
    assert states([11.65, 10.5], symbol="6116.TW") == [None, "down"]
