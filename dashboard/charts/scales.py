"""Which colours a metric's values get: fixed ends, so that two days look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dashboard.analytics.metrics import METRICS
from dashboard.charts.formats import metric_text
from dashboard.charts.theme import Theme
from dashboard.i18n import Language


@dataclass(frozen=True)
class ColourRange:
    """Values `low`…`high` spread over a colour scale; beyond them only the colour is clipped.

    Attributes
    ----------
    price_move : True: the price colours (up, down); False: a neutral pair of colours
    logarithmic : spread by log2, for ratios around 1
    """

    low: float
    high: float
    price_move: bool = True
    logarithmic: bool = False

    def position(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Where values lie on the scale, 0…1; NaN stays NaN."""
        x = np.asarray(values, dtype=np.float64)
        low, high = self.low, self.high
        if self.logarithmic:
            with np.errstate(divide="ignore", invalid="ignore"):
                x, low, high = np.log2(x), np.log2(low), np.log2(high)
        clipped: npt.NDArray[np.float64] = np.clip((x - low) / (high - low), 0.0, 1.0)
        return clipped

    def scale(self, theme: Theme) -> list[tuple[float, str]]:
        """Plotly colour scale."""
        if self.price_move:
            return theme.diverging()
        return [(0.0, "#3a8f86"), (0.5, theme.flat), (1.0, "#7b5aa6")]

    def ticks(self, key: str, language: Language) -> tuple[list[float], list[str]]:
        """Positions and labels of the legend's five marks."""
        positions = [0.0, 0.25, 0.5, 0.75, 1.0]
        if self.logarithmic:
            low, high = np.log2(self.low), np.log2(self.high)
            values = [float(2 ** (low + p * (high - low))) for p in positions]
        else:
            values = [self.low + p * (self.high - self.low) for p in positions]
        texts = [_short(key, value, language) for value in values]
        return positions, texts


def _short(key: str, value: float, language: Language) -> str:
    text = metric_text(key, value, language)
    return text.replace(".00%", "%").replace(".50%", ".5%")


COLOUR_RANGES: Final[dict[str, ColourRange]] = {
    "return_1d": ColourRange(-0.03, 0.03),
    "return_1w": ColourRange(-0.06, 0.06),
    "return_1m": ColourRange(-0.12, 0.12),
    "return_3m": ColourRange(-0.20, 0.20),
    "return_6m": ColourRange(-0.30, 0.30),
    "return_ytd": ColourRange(-0.30, 0.30),
    "return_1y": ColourRange(-0.50, 0.50),
    "volume_ratio_20": ColourRange(0.25, 4.0, price_move=False, logarithmic=True),
    "rsi_14": ColourRange(20.0, 80.0, price_move=False),
    "distance_high_52w": ColourRange(-0.50, 0.0, price_move=False),
}
"""What the heatmap can be coloured by, in the order it is offered."""

if unknown := set(COLOUR_RANGES) - set(METRICS):
    raise KeyError(f"colour ranges name unknown metrics: {sorted(unknown)}")
