"""Volatility and co-movement with the benchmark."""

from __future__ import annotations

import numpy as np

from dashboard.analytics.ownbars import YEAR, OwnBars
from dashboard.analytics.panel import Floats

MIN_COMMON = 60
"""Common sessions below which a beta says nothing."""


def volatility(bars: OwnBars, length: int) -> Floats:
    """Sample deviation of the last daily log returns × √sessions a year."""
    if bars.width <= length:
        return np.full(len(bars.counts), np.nan)
    returns = np.diff(np.log(bars.close[:, -length - 1 :]), axis=1)
    deviation = returns.std(axis=1, ddof=1)
    return bars.full(deviation * np.sqrt(bars.inputs.sessions_per_year), length + 1)


def beta_1y(bars: OwnBars) -> Floats:
    """Covariance with the benchmark / its variance, daily simple returns of a year.

    Counted are sessions on which both have a bar and had one the session before; NaN with
    fewer than 60 of them or without a benchmark.
    """
    covariance, _, variance_b = _moments(bars)
    return np.where(variance_b > 0, covariance / np.where(variance_b > 0, variance_b, 1), np.nan)


def correlation_1y(bars: OwnBars) -> Floats:
    """Pearson correlation with the benchmark; sessions as for `beta_1y`."""
    covariance, variance, variance_b = _moments(bars)
    product = variance * variance_b
    moving = product > 0
    ratio = covariance / np.sqrt(np.where(moving, product, 1))
    return np.where(moving, np.clip(ratio, -1, 1), np.nan)


def _moments(bars: OwnBars) -> tuple[Floats, ...]:
    known = bars.memory.get(YEAR)
    if known is None:
        known = bars.memory[YEAR] = _common_moments(bars)
    return known


def _common_moments(bars: OwnBars) -> tuple[Floats, ...]:
    """Covariance, variance and the benchmark's variance over the common sessions."""
    inputs = bars.inputs
    if inputs.benchmark is None or not len(bars.counts):
        unknown = np.full(len(bars.counts), np.nan)
        return unknown, unknown, unknown
    anchors = np.maximum(bars.anchors(YEAR), 0)
    window = slice(int(anchors.min()), inputs.end + 1)
    closes = inputs.panel.close[bars.rows, window]
    index = inputs.panel.close[inputs.benchmark, window]
    own = closes[:, 1:] / closes[:, :-1] - 1
    other = index[1:] / index[:-1] - 1
    common = ~(np.isnan(own) | np.isnan(other))
    if bars.places is not None:
        common &= np.arange(window.start, inputs.end) >= anchors[:, None]
    weight = common.astype(float)
    count = weight.sum(axis=1)
    some = np.maximum(count, 1)
    own = np.where(common, own, 0.0)
    other = np.nan_to_num(other)
    mean_b = (weight @ other) / some
    centred = (own - (own.sum(axis=1) / some)[:, None]) * weight
    enough = np.where(count >= MIN_COMMON, 1.0, np.nan)
    variance = np.square(centred).sum(axis=1) * enough
    variance_b = (weight @ np.square(other) - count * mean_b**2) * enough
    flat = (own == own[:, :1]).all(axis=1)
    return (centred @ other) * enough, np.where(flat, 0.0, variance), variance_b
