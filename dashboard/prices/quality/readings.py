"""Rules applied at every reading: what they say changes when an action becomes known."""

from __future__ import annotations

import numpy as np

from dashboard.prices.adjustment import adjustment, bar_rows
from dashboard.prices.bars import BarFlag
from dashboard.prices.quality.batch import Batch, Mask


def jumped(batch: Batch) -> Mask:
    """The close lies beyond the day's limit and no action explains it."""
    return _told(batch, BarFlag.JUMP)


def broken(batch: Batch) -> Mask:
    """Quite another price across a long gap or at a listing, and no action is known."""
    return _told(batch, BarFlag.BREAK)


def adjusted_otherwise(batch: Batch) -> Mask:
    """The source's adjusted close tells another factor than the actions."""
    return _told(batch, BarFlag.ADJUSTMENT_DIFFERS)


def _told(batch: Batch, flag: BarFlag) -> Mask:
    rows = np.zeros(len(batch), dtype=bool)
    for market, own in batch.markets.items():
        told = adjustment(
            bar_rows(batch.bars[own], market),
            actions=batch.actions,
            listed_since=batch.listed_since,
        )
        rows[own] = (told.flags & int(flag)) != 0
    return rows
