"""Colours and formatted numbers: signs, fixed ranges, contrast."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analytics.metrics import METRICS
from dashboard.charts.formats import MISSING, amount, metric_text, signed_percent
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.charts.theme import ColourScheme, contrast_text, theme
from dashboard.charts.treemap import colours_of

FLOATS = st.floats(allow_nan=True, allow_infinity=True)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0321, "+3.21%"),
        (-0.0321, "−3.21%"),
        (0.0, "0.00%"),
        (-0.00001, "0.00%"),
        (math.nan, MISSING),
        (math.inf, MISSING),
        (1.5, "+150.00%"),
    ],
)
def test_signed_percent(value: float, text: str) -> None:
    assert signed_percent(value) == text


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [(1.234e12, "1.2兆", "1.2T"), (5.6e8, "5.6億", "560M"), (12_345.0, "1.2萬", "12.3k")],
)
def test_large_amounts(value: float, zh: str, en: str) -> None:
    assert amount(value, "zh") == zh
    assert amount(value, "en") == en


@given(value=FLOATS)
def test_every_metric_has_a_text_for_every_number(value: float) -> None:
    for key in METRICS:
        for language in ("zh", "en"):
            assert metric_text(key, value, language)


def test_missing_is_a_dash_never_zero() -> None:
    for key in METRICS:
        assert metric_text(key, math.nan, "zh") == MISSING


@pytest.mark.parametrize(
    ("key", "end"),
    [
        ("return_1d", 0.03),
        ("return_1w", 0.06),
        ("return_1m", 0.12),
        ("return_3m", 0.20),
        ("return_6m", 0.30),
        ("return_1y", 0.50),
    ],
)
def test_ranges_are_fixed_and_symmetric(key: str, end: float) -> None:
    span = COLOUR_RANGES[key]
    assert (span.low, span.high) == (-end, end)
    assert span.position([-9.0, -end, 0.0, end, 9.0]).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert np.isnan(span.position([math.nan])).all()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("scheme", list(ColourScheme))
def test_up_and_down_follow_the_scheme(scheme: ColourScheme, dark: bool) -> None:
    chosen = theme(scheme, dark=dark)
    up = {
        ColourScheme.RED_UP: "#d73027",
        ColourScheme.GREEN_UP: "#1a9850",
        ColourScheme.COLOUR_BLIND: "#e08214",
    }[scheme]
    assert chosen.up == up
    assert chosen.signed(0.01) == chosen.up
    assert chosen.signed(-0.01) == chosen.down
    assert chosen.signed(0.0) not in (chosen.up, chosen.down)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("scheme", list(ColourScheme))
@given(position=st.floats(0, 1))
def test_text_on_every_tile_can_be_read(scheme: ColourScheme, dark: bool, position: float) -> None:
    chosen = theme(scheme, dark=dark)
    (colour,) = colours_of(np.array([position]), [False], chosen, chosen.diverging())
    # 4.5 is WCAG's bound for text of this size.
    assert contrast(colour, contrast_text(colour)) >= 4.5
