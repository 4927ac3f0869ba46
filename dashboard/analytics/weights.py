"""Recursive averages as fixed weights over the last bars.

At one session an exponential or Wilder average is a linear function of the bars before it.
Its weights are found by running the recursion once over the unit vectors; then a whole market
is one matrix product. After `WINDOW` bars what is left of the seed is below 1e-12.

Seeds are those of TA-Lib: the simple mean of the first full window.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from dashboard.analytics.panel import Floats

WINDOW: Final = 384
"""Own bars that decide every figure: a year's sessions, and (13/14)**384 < 1e-12."""
SMA_LENGTHS: Final = (5, 10, 20, 60, 120, 240)
MACD_LENGTHS: Final = (12, 26, 9)
RSI_LENGTH: Final = 14
ATR_LENGTH: Final = 14
KD_LENGTH: Final = 9
KD_ALPHA: Final = 1 / 3
KD_SEED: Final = 50.0


def smoothed(values: Floats, length: int, alpha: float) -> Floats:
    """Recursive average down the first axis, seeded with the mean of the first `length`.

    Returns
    -------
    array of the same shape
        NaN before the window is full.
    """
    out = np.full(values.shape, np.nan)
    if len(values) < length:
        return out
    out[length - 1] = values[:length].mean(axis=0)
    for place in range(length, len(values)):
        out[place] = out[place - 1] + alpha * (values[place] - out[place - 1])
    return out


def ema(values: Floats, length: int) -> Floats:
    """Exponential average, α = 2 / (length + 1)."""
    return smoothed(values, length, 2 / (length + 1))


def wilder(values: Floats, length: int) -> Floats:
    """Wilder's average, α = 1 / length."""
    return smoothed(values, length, 1 / length)


def sma(values: Floats, length: int) -> Floats:
    """Simple moving average down the first axis, NaN before the window is full."""
    out = np.full(values.shape, np.nan)
    if len(values) >= length:
        windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
        out[length - 1 :] = windows.mean(axis=-1)
    return out


def macd(values: Floats) -> tuple[Floats, Floats]:
    """DIF and its signal; both averages start at the slow one's first full window."""
    fast, slow, length = MACD_LENGTHS
    line = ema(values[slow - fast :], fast) - ema(values, slow)[slow - fast :]
    signal = np.full(values.shape, np.nan)
    signal[slow - 1 :] = ema(line[fast - 1 :], length)
    out = np.full(values.shape, np.nan)
    out[slow - fast :] = line
    # TA-Lib shows the line only from where the signal exists.
    out[: slow + length - 2] = np.nan
    return out, signal


def kd(rsv: Floats) -> tuple[Floats, Floats]:
    """K and D of raw stochastics down the first axis, both seeded with 50.

    A missing RSV (highest = lowest) carries K on.
    """
    k = np.full(rsv.shape[1:], KD_SEED)
    d = k
    out_k, out_d = np.empty(rsv.shape), np.empty(rsv.shape)
    for place, value in enumerate(rsv):
        k = np.where(np.isnan(value), k, k + KD_ALPHA * (value - k))
        d = d + KD_ALPHA * (k - d)
        out_k[place], out_d[place] = k, d
    return out_k, out_d


@cache
def close_weights(width: int) -> Floats:
    """Weights on the last closes: one column for each of SMA_LENGTHS, then MACD and signal.

    Returns
    -------
    array, (width + 1) counts of bars × width × filters
        Row n: right-aligned weights of a history of n bars, NaN where the window is not full.
    """
    table = np.zeros((width + 1, width, len(SMA_LENGTHS) + 2))
    for place, length in enumerate(SMA_LENGTHS):
        table[:length, :, place] = np.nan
        table[length:, width - length :, place] = 1 / length
    for place, line in enumerate(macd(np.eye(width)), start=len(SMA_LENGTHS)):
        table[:, :, place] = _right_aligned(line)
    return _read_only(table)


@cache
def wilder_weights(width: int, length: int) -> Floats:
    """Weights of Wilder's average, right-aligned: (width + 1) counts of values × width."""
    return _read_only(_right_aligned(wilder(np.eye(width), length)))


def _right_aligned(line: Floats) -> Floats:
    width = len(line)
    table = np.zeros((width + 1, width))
    table[0] = np.nan
    for count in range(1, width + 1):
        table[count, width - count :] = line[count - 1, :count]
        if np.isnan(line[count - 1, 0]):
            table[count] = np.nan
    return table


@cache
def kd_weights(width: int) -> tuple[Floats, float, float]:
    """Weights of K and D on the last raw stochastics, and what is left of their seeds.

    Returns
    -------
    array, width × 2; the part of the seed still in K; the part still in D
    """
    age = np.arange(width)[::-1]
    decay = (1 - KD_ALPHA) ** age
    weights = np.column_stack([KD_ALPHA * decay, (age + 1) * KD_ALPHA**2 * decay])
    left = (1 - KD_ALPHA) ** width
    return _read_only(weights), left, left * (1 + width * KD_ALPHA)


def _read_only(values: Floats) -> Floats:
    values.flags.writeable = False
    return values


def weighted(values: Floats, counts: npt.NDArray[np.intp], weights: Floats) -> Floats:
    """Filters of each symbol's last `counts` values, at the last session.

    Parameters
    ----------
    values : sessions × symbols; what lies before the counted ones must be finite
    weights : counts × sessions (× filters)

    Returns
    -------
    array, (filters ×) symbols
    """
    width = len(values)
    if counts.size and counts.min() < width:
        short: Floats = np.einsum("ij,ji...->...j", values, weights[counts])
        return short
    if weights.ndim == 3:
        filtered: Floats = weights[width].T @ values
        return filtered
    # Not `@`: BLAS would wake a second thread for so little, and on a busy machine wait for it.
    out: Floats = np.einsum("i,ij->j", weights[width], values)
    return out
