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
    returns = np.diff(np.log(bars.close[-length - 1 :]), axis=0)
    deviation = returns.std(axis=0, ddof=1)
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
    anchors = np.maximum(bars.anchors(YEAR), bars.first)
    first = int(anchors.min())
    closes = bars.sessions_from(first)
    index = inputs.panel.close[inputs.benchmark, first : inputs.end + 1]
    own = closes[1:] / closes[:-1]
    own -= 1
    other = index[1:] / index[:-1] - 1
    if bars.places is None and first >= inputs.end + 1 - bars.width:
        known = ~np.isnan(other)
        return _whole_moments(own if known.all() else own[known], other[known])
    outside = np.isnan(own) | np.isnan(other)[:, None]
    outside |= np.arange(first, inputs.end)[:, None] < anchors
    np.copyto(own, 0.0, where=outside)
    return _weighted_moments(own, np.nan_to_num(other), (~outside).astype(float))


def _whole_moments(own: Floats, other: Floats) -> tuple[Floats, ...]:
    """Moments of returns (sessions × symbols) of which every session counts."""
    unknown = np.full(own.shape[1], np.nan)
    if len(other) < MIN_COMMON:
        return unknown, unknown, unknown
    flat = (own == own[:1]).all(axis=0)
    own = own - own.mean(axis=0)
    other = other - other.mean()
    variance = np.where(flat, 0.0, np.einsum("ij,ij->j", own, own))
    return np.einsum("i,ij->j", other, own), variance, np.full(len(flat), np.square(other).sum())


def _weighted_moments(own: Floats, other: Floats, weight: Floats) -> tuple[Floats, ...]:
    """The same where only sessions of weight 1 count; own returns are 0 on the others."""
    count = weight.sum(axis=0)
    some = np.maximum(count, 1)
    sum_b, squares_b = np.stack([other, np.square(other)]) @ weight
    flat = (own == own[:1]).all(axis=0)
    centred = (own - own.sum(axis=0) / some) * weight
    enough = np.where(count >= MIN_COMMON, 1.0, np.nan)
    covariance = np.einsum("i,ij->j", other, centred)
    variance = np.where(flat, 0.0, np.einsum("ij,ij->j", centred, centred) * enough)
    return covariance * enough, variance, (squares_b - sum_b**2 / some) * enough
