"""RSI, ATR and KD at the last bar."""

from __future__ import annotations

import numpy as np

from dashboard.analytics.ownbars import Columns, OwnBars
from dashboard.analytics.panel import Floats
from dashboard.analytics.weights import (
    ATR_LENGTH,
    KD_LENGTH,
    KD_SEED,
    RSI_LENGTH,
    kd,
    kd_weights,
    weighted,
    wilder_weights,
)

KD_WINDOW = 88
"""Raw stochastics after which nothing is left of the seed: (2/3)**88 < 1e-15."""


def rsi_14(bars: OwnBars) -> Floats:
    """Wilder's relative strength index, 0-100; 100 where nothing fell.

    NaN where the close never moved: neither strong nor weak.
    """
    change = bars.close[1:] - bars.close[:-1]
    moves = bars.counts - 1
    weights = wilder_weights(bars.width - 1, RSI_LENGTH)
    # Gains less losses, over their sum: both add up alike, so one-sided moves give ±1 exactly.
    balance = weighted(change, moves, weights)
    total = weighted(np.abs(change, out=change), moves, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 50 + 50 * np.clip(balance / total, -1, 1), np.nan)


def atr_14(bars: OwnBars) -> Floats:
    """Wilder's average true range, in the price's unit.

    The average starts after the last bar without high and low.
    """
    before = bars.close[:-1]
    high, low = bars.field("high")[1:], bars.field("low")[1:]
    ranges = np.maximum(high, before)
    ranges -= np.minimum(low, before)
    weights = wilder_weights(bars.width - 1, ATR_LENGTH)
    out = weighted(ranges, bars.counts - 1, weights)
    broken = np.flatnonzero(np.isnan(out))
    if broken.size:
        ranges = ranges[:, broken]
        counts = np.minimum(_unbroken(ranges), bars.counts[broken] - 1)
        out[broken] = weighted(np.nan_to_num(ranges), counts, weights)
    return out


def _unbroken(values: Floats) -> Columns:
    """Values after the last NaN of each symbol."""
    missing = np.isnan(values)[::-1]
    out: Columns = np.where(missing.any(axis=0), missing.argmax(axis=0), len(values))
    return out


def kd_k(bars: OwnBars) -> Floats:
    """K of KD(9, 3, 3), 0-100."""
    return _kd(bars)[0]


def kd_d(bars: OwnBars) -> Floats:
    """D of KD(9, 3, 3), 0-100."""
    return _kd(bars)[1]


def _kd(bars: OwnBars) -> tuple[Floats, Floats]:
    """K and D, both seeded with 50; highest = lowest carries K on; NaN without nine bars."""
    known = bars.memory.get("kd")
    if known is not None:
        return known[0], known[1]
    width = min(KD_WINDOW, bars.width - KD_LENGTH + 1)
    if width < 1:
        unknown = np.full(len(bars.counts), np.nan)
        return unknown, unknown
    rsv = _stochastics(bars, width)
    weights, left_k, left_d = kd_weights(width)
    k, d = weights.T @ rsv + KD_SEED * np.array([[left_k], [left_d]])
    broken = np.flatnonzero(np.isnan(k))
    if broken.size:
        k[broken], d[broken] = _kd_with_breaks(bars, broken)
    lines = bars.full(k, KD_LENGTH), bars.full(d, KD_LENGTH)
    bars.memory["kd"] = lines
    return lines


def _stochastics(bars: OwnBars, width: int) -> Floats:
    """The last raw stochastics, width × symbols.

    NaN where highest = lowest, the seed left of the history.
    """
    needed = width + KD_LENGTH - 1
    highest = _over_nine(bars.field("high")[-needed:], np.maximum)
    lowest = _over_nine(bars.field("low")[-needed:], np.minimum)
    rsv = bars.close[-width:] - lowest
    highest -= lowest
    flat = highest <= 0
    with np.errstate(invalid="ignore", divide="ignore"):
        rsv /= highest
    rsv *= 100
    if flat.any():
        rsv[flat] = np.nan
    known = bars.counts - KD_LENGTH + 1
    if known.min() < width:
        age = np.arange(width)[::-1, None]
        rsv[age >= known] = KD_SEED
    return rsv


def _over_nine(values: Floats, extreme: np.ufunc) -> Floats:
    """Rolling extreme of nine down the first axis, by doubling: 2, 4, 8, 9."""
    two = extreme(values[1:], values[:-1])
    four = extreme(two[2:], two[:-2])
    eight = extreme(four[4:], four[:-4])
    out: Floats = extreme(eight[1:], values[:-8])
    return out


def _kd_with_breaks(bars: OwnBars, broken: Columns) -> tuple[Floats, Floats]:
    """The recursion itself: bars without a range start it anew, highest = lowest carries K."""
    width = bars.width - KD_LENGTH + 1
    rsv = _stochastics(bars, width)[:, broken]
    lacking = np.isnan(bars.field("high")[:, broken] + bars.field("low")[:, broken])
    windows = np.lib.stride_tricks.sliding_window_view(lacking, KD_LENGTH, axis=0)
    unknown = np.asarray(windows.any(axis=-1))
    restart = width - _unbroken(np.where(unknown, np.nan, 0.0))
    rsv[np.arange(width)[:, None] < restart] = KD_SEED
    lines_k, lines_d = kd(rsv)
    known = ~unknown[-1]
    return np.where(known, lines_k[-1], np.nan), np.where(known, lines_d[-1], np.nan)
