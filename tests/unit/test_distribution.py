"""The small histogram beside a condition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.charts.distribution import distribution
from dashboard.charts.theme import theme

LIGHT = theme()


def drawn(values: Sequence[float], limit: float, *thresholds: float) -> go.Figure | None:
    numbers = np.asarray(values, dtype=np.float64)
    return distribution(
        numbers,
        numbers > limit,
        thresholds or (limit,),
        say=lambda value: f"{value:.2f}",
        words=("kept", "left out"),
        theme=LIGHT,
    )


def heights(figure: go.Figure) -> dict[str, int]:
    return {bar.name: sum(bar.y) for bar in figure.data}


def test_every_known_value_is_in_one_bar_kept_or_not() -> None:
    figure = drawn([-1.0, 0.0, 0.5, 2.0, float("nan"), 3.0], 0.0)
    assert figure is not None
    assert heights(figure) == {"kept": 3, "left out": 2}
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (0.0, 0.0)


def test_kept_bars_stand_beyond_the_threshold() -> None:
    figure = drawn(np.linspace(-1, 1, 400).tolist(), 0.25)
    assert figure is not None
    kept, left = figure.data
    half = kept.width / 2
    assert min(x for x, y in zip(kept.x, kept.y, strict=True) if y) + half > 0.25
    assert max(x for x, y in zip(left.x, left.y, strict=True) if y) - half <= 0.25


def test_one_giant_does_not_flatten_the_rest() -> None:
    figure = drawn([*np.linspace(0, 1, 500), 1e9], 0.5)
    assert figure is not None
    assert figure.data[0].x[-1] < 2
    assert sum(heights(figure).values()) == 501


@pytest.mark.parametrize("far", [50.0, -50.0])
def test_a_threshold_far_out_is_drawn_at_the_edge(far: float) -> None:
    figure = drawn(np.linspace(0, 1, 100).tolist(), far)
    assert figure is not None
    (line,) = figure.layout.shapes
    edge = figure.data[0].x[-1 if far > 0 else 0]
    assert line.x0 == pytest.approx(edge, abs=figure.data[0].width)
    assert abs(line.x0) < 3


def test_two_thresholds_are_two_lines() -> None:
    figure = drawn([1.0, 2.0, 3.0], 0.0, 1.5, 2.5)
    assert figure is not None
    assert [line.x0 for line in figure.layout.shapes] == [1.5, 2.5]


def test_amounts_are_spread_by_ratio() -> None:
    figure = distribution(
        np.array([1e3, 1e6, 1e9, 0.0]),
        np.array([False, False, True, False]),
        (1e8, 0.0),
        say=lambda value: f"{value:.0f}",
        words=("kept", "left out"),
        theme=LIGHT,
        logarithmic=True,
    )
    assert figure is not None
    assert heights(figure) == {"kept": 1, "left out": 2}
    assert [line.x0 for line in figure.layout.shapes] == [8.0]
    assert figure.layout.xaxis.ticktext[1] == f"{10**6:.0f}"


def test_no_known_value_is_no_figure() -> None:
    assert drawn([float("nan")], 0.0) is None
    assert drawn([], 0.0) is None


def test_simulated_prices_are_marked_and_others_are_not() -> None:
    values = np.array([1.0, 2.0])
    for watermark, expected in (("SIMULATED", 1), ("", 0)):
        figure = distribution(
            values, values > 1, (1.0,), say=str, words=("a", "b"), theme=theme(watermark=watermark)
        )
        assert figure is not None
        assert len(figure.layout.annotations) == expected


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e12, 1e12)),
    st.floats(-1e12, 1e12),
)
def test_any_values_are_all_counted(values: np.ndarray, limit: float) -> None:
    figure = drawn(values.tolist(), limit)
    assert figure is not None
    assert heights(figure) == {
        "kept": int((values > limit).sum()),
        "left out": int((values <= limit).sum()),
    }
