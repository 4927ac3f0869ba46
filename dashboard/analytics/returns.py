"""Period returns and distances to extremes: calendar anchors, never row counts."""

from __future__ import annotations

import math

import numpy as np

from dashboard.analytics.ownbars import MAX_BASE_AGE, WEEKS_52, YEAR, Columns, OwnBars
from dashboard.analytics.panel import Floats

PERIODS = ("1d", "1w", "1m", "3m", "6m", "ytd", "1y")
RISE_TOLERANCE = 1e-9
"""Relative; less is rounding of the adjustment, not a move."""


def base_columns(bars: OwnBars, period: str) -> Columns:
    """Panel column of the bar a period counts from.

    The last own bar on or before the anchor; -1 where there is none in the ten sessions
    before it, or the history (since a jump) starts later.
    """
    column = bars.anchors(period)
    if bars.places is None and (column >= bars.first).all():
        return column
    close, rows = bars.inputs.panel.close, bars.row_numbers
    base = np.full(len(rows), -1)
    for back in range(MAX_BASE_AGE + 1):
        open_rows = np.flatnonzero((base < 0) & (column >= back))
        if open_rows.size == 0:
            break
        candidates = column[open_rows] - back
        traded = ~np.isnan(close[rows[open_rows], candidates])
        traded &= candidates >= bars.first[open_rows]
        base[open_rows[traded]] = candidates[traded]
    return base


def period_return(bars: OwnBars, period: str) -> Floats:
    """Close / close of the period's base bar - 1."""
    column = base_columns(bars, period)
    base = bars.inputs.panel.close[bars.row_numbers, column]
    return np.where(column >= 0, bars.close[-1] / base - 1, np.nan)


def drawdown_1y(bars: OwnBars) -> Floats:
    """Close / highest close of the last year - 1, in [-1, 0]."""
    peak = np.maximum.reduce(bars.since("close", YEAR, -np.inf), axis=0)
    return _finite(bars.close[-1] / peak - 1, peak)


def max_drawdown_1y(bars: OwnBars) -> Floats:
    """Largest peak-to-trough loss of the closes of the last year, in [-1, 0]."""
    closes = bars.since("close", YEAR, -np.inf)
    peaks = _running_peak(closes)
    with np.errstate(invalid="ignore"):
        ratios = closes / peaks
    return _finite(np.fmin.reduce(ratios, axis=0) - 1, peaks[-1])


def _running_peak(values: Floats) -> Floats:
    """Highest so far down the first axis.

    Within runs of √length, then across the runs: `accumulate` steps number by number here.
    """
    run = max(math.isqrt(len(values)), 1)
    runs = -(-len(values) // run)
    out = np.full((runs, run, values.shape[1]), -np.inf)
    lined = out.reshape(runs * run, values.shape[1])
    lined[len(lined) - len(values) :] = values
    for place in range(1, run):
        np.maximum(out[:, place], out[:, place - 1], out=out[:, place])
    for place in range(1, runs):
        np.maximum(out[place], out[place - 1, -1], out=out[place])
    return lined[len(lined) - len(values) :]


def distance_high_52w(bars: OwnBars) -> Floats:
    """Close / highest high of 52 weeks - 1, at most 0."""
    high = np.maximum.reduce(bars.since("high", WEEKS_52, -np.inf), axis=0)
    return _finite(bars.close[-1] / high - 1, high)


def distance_low_52w(bars: OwnBars) -> Floats:
    """Close / lowest low of 52 weeks - 1, at least 0."""
    low = np.minimum.reduce(bars.since("low", WEEKS_52, np.inf), axis=0)
    return _finite(bars.close[-1] / low - 1, low)


def _finite(values: Floats, extreme: Floats) -> Floats:
    return np.where(np.isfinite(extreme), values, np.nan)


def consecutive_up(bars: OwnBars) -> Floats:
    """Bars in a row, up to the last, whose close rose; 0 if the last did not.

    Counts at most the bars of the window; NaN for a symbol with one bar.
    """
    close = bars.close
    if bars.width < 2:
        return np.full(len(bars.counts), np.nan)
    streak = np.zeros(len(bars.counts))
    rising = bars.counts > 1
    for back in range(1, bars.width):
        rising &= close[-back] > close[-back - 1] * (1 + RISE_TOLERANCE)
        rising &= bars.counts > back
        if not rising.any():
            break
        streak += rising
    unknown = np.isnan(close[-1]) | (bars.counts < 2)
    return np.where(unknown, np.nan, streak)
