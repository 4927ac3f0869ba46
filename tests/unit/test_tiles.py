"""The heatmap's rows: areas, parents, the cap on tiles, and what a click means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.tiles import (
    ID,
    LEVEL,
    MEMBERS,
    NAME,
    OTHERS,
    PARENT,
    PRICED,
    SIZE,
    VALUE,
    Level,
    SizeBy,
    build_tiles,
    company_tile,
    layer_tile,
    selected,
    stage_tile,
    tile_sizes,
)
from dashboard.errors import PanelError


def metrics_of(cap: list[float], turnover: list[float]) -> pd.DataFrame:
    symbols = [f"{1000 + i}.TW" for i in range(len(cap))]
    return pd.DataFrame(
        {
            "market_cap": cap,
            "turnover_value_20": turnover,
            "return_1d": np.linspace(-0.05, 0.05, len(cap)),
        },
        index=symbols,
    )


def members_of(metrics: pd.DataFrame, layers: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "symbol": metrics.index,
            "layer": [layers[i % len(layers)] for i in range(len(metrics))],
            "stage": "server",
        }
    )


def groups_of(members: pd.DataFrame) -> pd.DataFrame:
    names = [*members["layer"].unique(), *members["stage"].unique()]
    return pd.DataFrame({VALUE: 0.5, PRICED: 1, MEMBERS: 2}, index=names)


def test_square_root_of_the_cap() -> None:
    size, by_turnover, by_median = tile_sizes(metrics_of([100.0, 400.0], [1, 1]), SizeBy.SQRT_CAP)
    assert size.tolist() == [10.0, 20.0]
    assert (by_turnover, by_median) == ([], [])


def test_an_unknown_cap_is_estimated_from_turnover_at_the_known_ratio() -> None:
    # Known ratios of cap to turnover: 100/10 and 300/10 → median 20; 20 × 7 = 140.
    metrics = metrics_of([100.0, 300.0, np.nan], [10.0, 10.0, 7.0])
    size, by_turnover, _ = tile_sizes(metrics, SizeBy.CAP)
    assert size.iloc[2] == pytest.approx(140.0)
    assert by_turnover == ["1002.TW"]


def test_without_any_cap_the_area_is_turnover() -> None:
    metrics = metrics_of([np.nan, np.nan], [3.0, 4.0])
    size, by_turnover, by_median = tile_sizes(metrics, SizeBy.CAP)
    assert size.tolist() == [3.0, 4.0]
    assert len(by_turnover) == 2
    assert by_median == []


def test_nothing_known_takes_the_median() -> None:
    metrics = metrics_of([100.0, 300.0, np.nan], [10.0, 10.0, np.nan])
    size, _, by_median = tile_sizes(metrics, SizeBy.CAP)
    assert size.iloc[2] == 200.0
    assert by_median == ["1002.TW"]


def test_parents_carry_their_own_figure_and_the_sum_of_the_areas() -> None:
    metrics = metrics_of([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    members = members_of(metrics, ["cooling", "psu"])
    tiles = build_tiles(
        metrics, members, groups_of(members), colour_by="return_1d", size_by=SizeBy.CAP
    ).frame.set_index(ID)
    assert tiles.loc[layer_tile("cooling"), SIZE] == 4.0
    assert tiles.loc[stage_tile("server"), SIZE] == 6.0
    assert tiles.loc[layer_tile("cooling"), VALUE] == 0.5
    assert tiles.loc[company_tile("1001.TW", "psu"), PARENT] == layer_tile("psu")
    assert tiles.loc[layer_tile("psu"), PARENT] == stage_tile("server")


@settings(deadline=None)
@given(count=st.integers(1, 400), layers=st.integers(1, 30), limit=st.integers(60, 150))
def test_tiles_stay_below_the_limit_and_no_area_is_lost(
    count: int, layers: int, limit: int
) -> None:
    metrics = metrics_of(list(np.arange(1.0, count + 1)), [1.0] * count)
    members = members_of(metrics, [f"layer{i}" for i in range(layers)])
    tiles = build_tiles(
        metrics,
        members,
        groups_of(members),
        colour_by="return_1d",
        size_by=SizeBy.CAP,
        limit=limit,
    ).frame
    # Each layer keeps at least its largest member and one tile for the rest.
    assert len(tiles) <= max(limit, 3 * min(layers, count) + 1)
    companies = tiles[tiles[LEVEL].isin([Level.COMPANY.value, Level.OTHERS.value])]
    assert companies[SIZE].sum() == pytest.approx(count * (count + 1) / 2)
    assert companies[MEMBERS].sum() == count
    assert tiles[ID].is_unique
    assert set(tiles[PARENT]) - {""} <= set(tiles[ID])


def test_the_rest_is_one_tile_that_opens_the_layer() -> None:
    metrics = metrics_of(list(np.arange(1.0, 201.0)), [1.0] * 200)
    members = members_of(metrics, ["cooling"])
    tiles = build_tiles(
        metrics, members, groups_of(members), colour_by="return_1d", size_by=SizeBy.CAP
    ).frame
    rest = tiles[tiles[NAME] == OTHERS]
    assert len(rest) == 1
    assert selected(rest[ID].item()) == (Level.LAYER, "cooling")


@pytest.mark.parametrize(
    ("tile", "meaning"),
    [
        ("L:cooling", (Level.LAYER, "cooling")),
        ("S:3653.TW@cooling", (Level.COMPANY, "3653.TW")),
        ("G:server", (Level.STAGE, "server")),
        ("G:", None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_what_a_click_means(tile: str, meaning: tuple[Level, str] | None) -> None:
    assert selected(tile) == meaning


def test_a_member_without_a_metric_row_is_an_error() -> None:
    metrics = metrics_of([1.0], [1.0])
    members = members_of(metrics_of([1.0, 1.0], [1.0, 1.0]), ["cooling"])
    with pytest.raises(PanelError, match=r"1001\.TW"):
        build_tiles(metrics, members, groups_of(members), colour_by="return_1d", size_by=SizeBy.CAP)
