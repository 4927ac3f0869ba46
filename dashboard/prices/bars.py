"""The bar: one row of the store, one session of one symbol.

Column names are defined here and nowhere else.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final

SYMBOL: Final = "symbol"
SESSION: Final = "session"
OPEN: Final = "open"
HIGH: Final = "high"
LOW: Final = "low"
CLOSE: Final = "close"
"""As traded (unadjusted)."""
ADJUSTED_CLOSE: Final = "adjusted_close"
VOLUME: Final = "volume"
"""Shares, as traded (not split-adjusted)."""
DIVIDEND: Final = "dividend"
"""Cash per share going ex on this session, 0 where none."""
SPLIT: Final = "split"
"""New shares per old share taking effect on this session, 1 where none."""
SOURCE: Final = "source"
FETCHED_AT: Final = "fetched_at"
FLAGS: Final = "flags"

BAR_COLUMNS: Final = (
    SYMBOL, SESSION, OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, VOLUME,
    DIVIDEND, SPLIT, SOURCE, FETCHED_AT, FLAGS,
)  # fmt: skip


class BarFlag(IntFlag):
    """What is to be known about a bar before it is believed; stored as an integer."""

    UNADJUSTED = 1
    """No adjusted close is known: the traded close stands in."""
    CLOSE_ONLY = 2
    """Open, high and low are unknown (NaN)."""
    OUTSIDE_RANGE = 4
    """Open or close lies outside [low, high] (legal on the emerging board)."""
    NO_VOLUME = 8
    """Volume is unknown (NaN)."""
    JUMP = 16
    """The close moved further than the limit allows and no action explains it."""
    PROVISIONAL = 32
    """Fetched before the session's bar was final."""
    PLACEHOLDER = 64
    """Flat at the previous close without volume: perhaps no trade at all."""
    SIMULATED = 128
    """Not a price: made by the demo provider."""


def flag_names(flags: int) -> str:
    """`"unadjusted,no_volume"`; empty for none."""
    return ",".join(flag.name.lower() for flag in BarFlag if flag & flags and flag.name)
