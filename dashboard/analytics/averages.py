"""Moving averages and what is built on them, at the last bar."""

from __future__ import annotations

import numpy as np

from dashboard.analytics.ownbars import OwnBars
from dashboard.analytics.panel import Floats
from dashboard.analytics.weights import SMA_LENGTHS

BOLLINGER_LENGTH = 20
BOLLINGER_WIDTH = 2.0


def sma(bars: OwnBars, length: int) -> Floats:
    """Mean of the last closes."""
    out: Floats = bars.filtered[SMA_LENGTHS.index(length)]
    return out


def bias_20(bars: OwnBars) -> Floats:
    """Close / SMA(20) - 1."""
    out: Floats = bars.close[-1] / sma(bars, 20) - 1
    return out


def macd(bars: OwnBars) -> Floats:
    """DIF: EMA(12) - EMA(26) of the close."""
    out: Floats = bars.filtered[-2]
    return out


def macd_signal(bars: OwnBars) -> Floats:
    """EMA(9) of DIF."""
    out: Floats = bars.filtered[-1]
    return out


def macd_histogram(bars: OwnBars) -> Floats:
    """DIF - signal."""
    return macd(bars) - macd_signal(bars)


def bollinger_b_20(bars: OwnBars) -> Floats:
    """Place of the close between the bands: 0 at the lower one, 1 at the upper.

    Mean ± 2 population deviations of 20 closes; NaN where they are all the same.
    """
    closes = bars.close[-BOLLINGER_LENGTH:]
    mean = closes.mean(axis=0)
    deviation = np.sqrt(np.square(closes - mean).mean(axis=0))
    flat = closes.max(axis=0) == closes.min(axis=0)
    half = np.where(flat, np.nan, BOLLINGER_WIDTH * deviation)
    return bars.full((closes[-1] - mean + half) / (2 * half), BOLLINGER_LENGTH)
