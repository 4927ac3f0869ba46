"""Layers: hand-calculated returns, breadth, coverage, index."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.history import company_history, rank_in_layer
from dashboard.analytics.layers import (
    contributions,
    correlations,
    group_values,
    indexed,
    layer_index,
    layer_table,
    market_day,
    start_caps,
)
from dashboard.analytics.metrics import METRICS, RETURN_KEYS, metric_table
from dashboard.analytics.panel import Panel
from dashboard.errors import InputError, PanelError
from dashboard.prices.bars import BarFlag
from tests.unit.panels import panel_of, random_panel

UP, DOWN, FLAT, STALE, LATE, ABSENT = [
    "1101.TW",
    "1102.TW",
    "1103.TW",
    "1104.TW",
    "1105.TW",
    "1106.TW",
]
NAN = np.nan
CLOSES = {
    UP: [100.0] * 9 + [110.0],
    DOWN: [100.0] * 9 + [95.0],
    FLAT: [100.0] * 10,
    STALE: [100.0] * 8 + [120.0, NAN],
    LATE: [NAN] * 9 + [50.0],
}
MEMBERS = pd.DataFrame(
    [
        (UP, "a", "s"), (DOWN, "a", "s"), (STALE, "a", "s"), (ABSENT, "a", "s"),
        (UP, "b", "s"), (FLAT, "b", "s"), (LATE, "b", "s"), (ABSENT, "c", "t"),
    ],
    columns=["symbol", "layer", "stage"],
)  # fmt: skip
PANEL = panel_of(CLOSES)
METRIC_ROWS = metric_table(PANEL).reindex([*CLOSES, ABSENT])
SHARES = pd.DataFrame({"symbol": [UP, DOWN], "date": "2023-01-01", "shares": [3.0, 1.0]})
CAPS = start_caps(PANEL, SHARES, PANEL.sessions[-1].item())


def test_equal_weighting_is_the_mean_of_the_priced_members() -> None:
    table = layer_table(METRIC_ROWS, MEMBERS)
    assert list(table.index) == ["a", "b", "c"]
    assert table.at["a", "return_1d"] == pytest.approx((0.10 - 0.05) / 2)
    assert table.at["a", "return_1d_members"] == 2
    assert table.at["b", "return_1d"] == pytest.approx(0.05)
    assert table.at["b", "return_1d_members"] == 2  # the late one has no base
    assert np.isnan(table.at["c", "return_1d"])
    assert table.at["c", "return_1d_members"] == 0


def test_coverage_counts_what_is_priced() -> None:
    table = layer_table(METRIC_ROWS, MEMBERS)
    assert table["members"].tolist() == [4, 3, 1]
    assert table["members_priced"].tolist() == [2, 3, 0]


def test_breadth() -> None:
    table = layer_table(METRIC_ROWS, MEMBERS)
    assert table[["advancing", "declining", "unchanged"]].values.tolist() == [
        [1, 1, 0], [1, 0, 1], [0, 0, 0],
    ]  # fmt: skip
    assert table["at_limit_up"].tolist() == [1, 1, 0]


def test_above_average_tolerates_rounding() -> None:
    flat = [0.1 + 0.2] * 70
    rising = [*flat[:-1], 0.4]
    metrics = metric_table(panel_of({UP: rising, FLAT: flat}, range_width=0.0))
    members = MEMBERS[MEMBERS["symbol"].isin([UP, FLAT]) & (MEMBERS["layer"] == "b")]
    table = layer_table(metrics, members)
    assert table.at["b", "above_sma_20"] == 0.5
    assert table.at["b", "above_sma_60"] == 0.5
    assert np.isnan(layer_table(METRIC_ROWS, MEMBERS).at["a", "above_sma_60"])


def test_cap_weighting_takes_the_caps_at_the_start() -> None:
    assert CAPS.at[UP, "return_1d"] == 300  # 3 shares at 100, not at 110
    table = layer_table(METRIC_ROWS, MEMBERS, weighting="cap", start_caps=CAPS)
    assert table.at["a", "return_1d"] == pytest.approx((300 * 0.10 - 100 * 0.05) / 400)
    assert table.at["a", "top_weight"] == pytest.approx(0.75)
    assert table.at["a", "effective_members"] == pytest.approx(1 / (0.75**2 + 0.25**2))
    assert table.at["b", "return_1d_members"] == 1


def test_caps_of_two_currencies_are_never_added() -> None:
    metrics = METRIC_ROWS.rename(index={DOWN: "NVDA"})
    members = MEMBERS.replace({DOWN: "NVDA"})
    table = layer_table(metrics, members, weighting="cap", start_caps=CAPS.rename({DOWN: "NVDA"}))
    assert np.isnan(table.at["a", "return_1d"])
    assert np.isnan(table.at["a", "turnover_value"])
    equal = layer_table(metrics, members)
    assert equal.at["a", "return_1d"] == pytest.approx(0.025)


def test_wrong_weighting_is_told() -> None:
    with pytest.raises(InputError, match="weighting median"):
        layer_table(METRIC_ROWS, MEMBERS, weighting="median")
    with pytest.raises(InputError, match="start_caps"):
        layer_table(METRIC_ROWS, MEMBERS, weighting="cap")


def test_a_stage_counts_each_company_once() -> None:
    table = layer_table(METRIC_ROWS, MEMBERS, by="stage")
    assert table.at["s", "members"] == 6
    assert table.at["s", "return_1d"] == pytest.approx((0.10 - 0.05 + 0) / 3)
    assert table.at["t", "members_priced"] == 0


def test_the_day_counts_each_company_once() -> None:
    day = market_day(METRIC_ROWS, MEMBERS)
    assert (day.advancing, day.declining, day.unchanged) == (1, 1, 1)
    assert (day.limit_up, day.limit_down) == (1, 0)
    assert (day.members_priced, day.members) == (4, 6)


def test_contributions_sum_to_the_layer() -> None:
    members = MEMBERS[MEMBERS["layer"] == "a"]
    parts = contributions(METRIC_ROWS, members, "return_1d")
    assert parts.to_dict() == pytest.approx({UP: 0.05, DOWN: -0.025})
    weighted = contributions(METRIC_ROWS, members, "return_1d", weighting="cap", start_caps=CAPS)
    table = layer_table(METRIC_ROWS, members, weighting="cap", start_caps=CAPS)
    assert weighted.sum() == pytest.approx(table.at["a", "return_1d"])


def test_group_values_of_a_return_are_the_layer_table_s() -> None:
    groups = group_values(METRIC_ROWS, MEMBERS, "return_1d")
    table = layer_table(METRIC_ROWS, MEMBERS)
    assert groups.loc[["a", "b"], "value"].tolist() == table.loc[["a", "b"], "return_1d"].tolist()
    assert groups.loc["s"].tolist() == pytest.approx([0.05 / 3, 3, 6])
    closes = group_values(METRIC_ROWS, MEMBERS, "close")
    assert closes.at["b", "value"] == pytest.approx((110 + 100 + 50) / 3)


def test_no_members_give_an_empty_table() -> None:
    table = layer_table(METRIC_ROWS, MEMBERS.iloc[:0])
    assert table.empty
    assert set(RETURN_KEYS) < set(table.columns)
    assert market_day(METRIC_ROWS, MEMBERS.iloc[:0]).members == 0


def test_the_index_of_a_year_is_the_layer_s_return() -> None:
    """Two independent ways: compounding a portfolio day by day, and period returns."""
    panel = random_panel(6, 420, holes=0.03)
    symbols = list(panel.symbols[:5])
    metrics = metric_table(panel)
    end = panel.sessions[-1].item()
    start = (pd.Timestamp(end) - pd.DateOffset(months=3)).date()
    whole = [
        s for s in symbols if not np.isnan(panel.close[panel.positions[s], panel.column(start)])
    ]
    assert len(whole) > 2
    series = layer_index(panel, whole, start, end)
    assert series.iloc[0] == 100
    assert series.iloc[-1] / 100 - 1 == pytest.approx(metrics.loc[whole, "return_3m"].mean())


def test_a_late_member_enters_after_its_first_close() -> None:
    panel = panel_of({UP: [100.0, 110.0, 110.0, 110.0], LATE: [NAN, 50.0, 60.0, 60.0]})
    days = [day.item() for day in panel.sessions]
    series = layer_index(panel, [UP, LATE], days[0], days[-1])
    # 100 → 110 alone; then half in each: 0 % and 20 %
    assert series.tolist() == pytest.approx([100, 110, 121, 121])


def test_an_index_without_prices_is_empty() -> None:
    panel = panel_of({UP: [1.0, 2.0], LATE: [NAN, NAN]})
    assert layer_index(panel, [LATE], panel.sessions[0].item(), panel.sessions[1].item()).empty


def test_indexed_members_start_at_100() -> None:
    panel = panel_of({UP: [50.0, 60.0, 75.0], LATE: [NAN, 20.0, 30.0]}, start="2024-01-01")
    table = indexed(panel, [LATE, UP], dt.date(2024, 1, 1))
    assert list(table.columns) == [LATE, UP]
    assert table[UP].tolist() == pytest.approx([100, 120, 150])
    assert table[LATE].tolist()[1:] == pytest.approx([100, 150])
    with pytest.raises(PanelError):
        indexed(panel, ["9999.TW"], dt.date(2024, 1, 1))


def test_correlations_need_common_sessions() -> None:
    panel = random_panel(3, 80, holes=0.0)
    square, counts = correlations(panel, panel.symbols[:2], sessions=60, minimum=40)
    own = np.diff(panel.close[:2, -61:]) / panel.close[:2, -61:-1]
    assert square.iloc[0, 1] == pytest.approx(np.corrcoef(own)[0, 1])
    assert counts.iloc[0, 1] == 60
    thin, few = correlations(panel, [panel.symbols[0], panel.symbols[2]], sessions=60, minimum=61)
    assert thin.isna().all().all()
    assert few.iloc[0, 1] < 61


JUMPED = dataclasses.replace(
    PANEL, flags=np.where(PANEL.close == 95.0, int(BarFlag.JUMP), 0).astype(np.int32)
)
"""The one that fell by 5 did so in an unexplained jump."""


def test_a_member_that_jumped_is_left_out_of_the_returns() -> None:
    metrics = metric_table(JUMPED).reindex([*CLOSES, ABSENT])
    table = layer_table(metrics, MEMBERS)
    assert table.at["a", "return_1d"] == pytest.approx(0.10)
    assert table.at["a", "return_1d_members"] == 1
    assert table.at["a", "members"] == 4
    assert table.loc["a", ["advancing", "declining"]].tolist() == [1, 0]
    groups = group_values(metrics, MEMBERS, "return_1d")
    assert groups.loc["a", ["value", "priced", "members"]].tolist() == pytest.approx([0.1, 1, 4])
    members = MEMBERS[MEMBERS["layer"] == "a"]
    assert contributions(metrics, members, "return_1d").index.tolist() == [UP]
    caps = start_caps(JUMPED, SHARES, JUMPED.sessions[-1].item())
    assert caps.at[UP, "return_1d"] == 300
    assert np.isnan(caps.at[DOWN, "return_1d"])
    weighted = layer_table(metrics, MEMBERS, weighting="cap", start_caps=caps)
    assert weighted.at["a", "return_1d"] == pytest.approx(0.10)
    assert "return_1d" not in rank_in_layer(metrics, list(CLOSES), DOWN)


def jumped_panel(closes: dict[str, list[float]], symbol: str, *columns: int) -> Panel:
    panel = panel_of(closes)
    flags = panel.flags.copy()
    flags[panel.positions[symbol], list(columns)] = int(BarFlag.JUMP)
    return dataclasses.replace(panel, flags=flags)


def test_the_index_leaves_a_name_out_on_the_session_of_its_jump() -> None:
    """Half each; on the second day the jumper moves with the other, on the third both count."""
    closes = {UP: [100.0, 110.0, 121.0, 121.0], DOWN: [100.0, 100.0, 25.0, 30.0]}
    panel = jumped_panel(closes, DOWN, 2)
    days = [day.item() for day in panel.sessions]
    series = layer_index(panel, [DOWN, UP], days[0], days[-1])
    # Amounts 50, 50 → 50, 55 → both by 10 %: 55, 60.5 → the jumper by 20 %: 66, 60.5
    assert series.tolist() == pytest.approx([100, 105, 115.5, 126.5])
    alone = layer_index(panel, [DOWN], days[0], days[-1])
    assert alone.tolist() == pytest.approx([100, 100, 100, 120])


def test_a_jump_after_a_halt_is_left_out_of_the_index() -> None:
    closes = {UP: [100.0, 110.0, 110.0, 121.0], DOWN: [100.0, NAN, NAN, 25.0]}
    panel = jumped_panel(closes, DOWN, 3)
    days = [day.item() for day in panel.sessions]
    series = layer_index(panel, [DOWN, UP], days[0], days[-1])
    assert series.tolist() == pytest.approx([100, 105, 105, 115.5])


def test_rebased_closes_start_at_the_last_jump() -> None:
    panel = jumped_panel({UP: [100.0, 110.0, 20.0, 22.0]}, UP, 2)
    table = indexed(panel, [UP], panel.sessions[0].item())
    assert table[UP].isna().tolist() == [True, True, False, False]
    assert table[UP].tolist()[2:] == pytest.approx([100, 110])


def test_correlations_count_returns_after_a_jump() -> None:
    panel = random_panel(2, 80, holes=0.0)
    close = np.where(np.isnan(panel.close), 100 + np.arange(80) % 7, panel.close)
    flags = panel.flags.copy()
    flags[1, 50] = int(BarFlag.JUMP)
    panel = dataclasses.replace(panel, close=close, flags=flags)
    square, counts = correlations(panel, panel.symbols, sessions=60, minimum=20)
    assert counts.iloc[0, 1] == 29  # of the bars 50 to 79
    own = np.diff(close[:, 50:]) / close[:, 50:-1]
    assert square.iloc[0, 1] == pytest.approx(np.corrcoef(own)[0, 1])
    thin, _ = correlations(panel, panel.symbols, sessions=60, minimum=30)
    assert np.isnan(thin.iloc[0, 1])


def test_a_company_s_chart_keeps_all_bars_but_no_average_across_a_jump() -> None:
    closes = [100.0] * 20 + [25.0] * 20
    panel = jumped_panel({UP: closes}, UP, 20)
    history = company_history(panel, UP, panel.sessions[0].item())
    assert history.bars["close"].tolist() == closes
    assert history.jumps.tolist() == [panel.index[20]]
    line = history.averages[5]
    assert line.iloc[4:20].tolist() == [100.0] * 16
    assert line.iloc[20:24].isna().all()
    assert line.iloc[24:].tolist() == [25.0] * 16
    assert history.averages[20].dropna().tolist() == [100.0, 25.0]


def test_rank_shares_the_better_place_and_skips_the_unknown() -> None:
    ranks = rank_in_layer(METRIC_ROWS, list(CLOSES), DOWN)
    assert ranks["return_1d"] == (3, 3)  # the stale one's day is another
    assert rank_in_layer(METRIC_ROWS, [UP, FLAT], FLAT)["return_1d"] == (2, 2)
    assert "return_1y" not in ranks
    assert "close" not in ranks
    assert set(ranks) <= set(METRICS)
