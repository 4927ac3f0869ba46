"""One market's bars as arrays: symbols × sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Panel:
    """Frozen; one market, never mixed.

    Arrays are C-ordered float64, symbols × sessions; NaN where a symbol did not trade.

    Attributes
    ----------
    market : str
    symbols : tuple of str, sorted
    sessions : datetime64[D], strictly increasing
    open, high, low, close : adjusted for dividends and splits, in the market's currency
    unadjusted_close : as traded
    volume : shares, as traded
    flags : int32, BarFlag; 0 where a symbol did not trade
    """

    market: str
    symbols: tuple[str, ...]
    sessions: npt.NDArray[np.datetime64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    unadjusted_close: Floats
    volume: Floats
    flags: npt.NDArray[np.int32]
