"""What one bar says of itself, whatever stands before and after it."""

from __future__ import annotations

from typing import Final

import numpy as np

from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    DIVIDEND,
    HIGH,
    LARGEST_COUNT,
    LARGEST_PRICE,
    LOW,
    OPEN,
    SPLIT,
    VOLUME,
)
from dashboard.prices.quality.batch import Batch, Mask

ROUNDING: Final = 1e-6
"""Relative; sources round in the seventh digit."""
_RANGE: Final = (OPEN, HIGH, LOW)
_PRICES: Final = (*_RANGE, CLOSE, ADJUSTED_CLOSE)


def no_close(batch: Batch) -> Mask:
    """There is no close."""
    return np.isnan(batch.values(CLOSE))


def incomplete(batch: Batch) -> Mask:
    """A volume or some prices, but no close or no adjusted close."""
    adjusted = batch.values(ADJUSTED_CLOSE)
    with np.errstate(invalid="ignore"):
        whole = ~no_close(batch) & np.isfinite(adjusted) & (adjusted > 0)
        some = batch.values(VOLUME) > 0
    for name in (*_RANGE, CLOSE):
        some |= ~np.isnan(batch.values(name))
    return some & ~whole


def not_positive(batch: Batch) -> Mask:
    """A price is zero or less."""
    rows = np.zeros(len(batch), dtype=bool)
    for name in _PRICES:
        rows |= batch.values(name) <= 0
    return rows


def low_above_high(batch: Batch) -> Mask:
    """Low is above high."""
    rows: Mask = batch.values(LOW) > batch.values(HIGH)
    return rows


def out_of_reach(batch: Batch) -> Mask:
    """Infinite, absurdly large, a negative volume or dividend, a split not above zero."""
    volume, dividend, split = (batch.values(name) for name in (VOLUME, DIVIDEND, SPLIT))
    rows = (volume < 0) | (volume > LARGEST_COUNT)
    rows |= ~((dividend >= 0) & (dividend <= LARGEST_PRICE))
    rows |= ~((split > 0) & (split <= LARGEST_PRICE))
    rows |= ~np.isfinite(batch.values(ADJUSTED_CLOSE))
    for name in _PRICES:
        rows |= batch.values(name) > LARGEST_PRICE
    return rows


def close_only(batch: Batch) -> Mask:
    """Open, high or low is unknown."""
    rows = np.zeros(len(batch), dtype=bool)
    for name in _RANGE:
        rows |= np.isnan(batch.values(name))
    return rows


def outside_range(batch: Batch) -> Mask:
    """Open or close lies outside [low, high]."""
    low, high = batch.values(LOW) * (1 - ROUNDING), batch.values(HIGH) * (1 + ROUNDING)
    rows = np.zeros(len(batch), dtype=bool)
    for name in (OPEN, CLOSE):
        price = batch.values(name)
        rows |= (price < low) | (price > high)
    return rows


def no_volume(batch: Batch) -> Mask:
    """The volume is unknown."""
    return np.isnan(batch.values(VOLUME))
