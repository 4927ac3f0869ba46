"""Since when a share trades on an exchange, from the exchanges' lists of companies."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pandas as pd

from dashboard.markets import BOARDS, HOME
from dashboard.prices.bars import SYMBOL
from dashboard.prices.records import BOARD, CODE, LISTED_ON

EMERGING_BOARD: Final = "ESB"
NEVER: Final = dt.date.max
"""Listing date of what trades on the emerging board alone."""
_SUFFIXES: Final = tuple(
    dict.fromkeys(board.suffix for board in BOARDS.values() if board.market == HOME)
)


def listed_since(listings: pd.DataFrame) -> dict[str, dt.date]:
    """First day of each company on a board with a daily limit, for its symbols on every board.

    A company keeps its code when it moves between the boards, and its limit: the first of its
    listings counts. The emerging board has no limit and is no listing.

    Parameters
    ----------
    listings : DataFrame, columns of `records.LISTINGS`
    """
    told = listings[listings[BOARD] != EMERGING_BOARD]
    first = told.groupby(told[CODE].where(told[CODE] != "", told[SYMBOL].str.split(".").str[0]))[
        LISTED_ON
    ].min()
    return {
        f"{code}{suffix}": day.date()
        for code, day in zip(first.index, first, strict=True)
        for suffix in _SUFFIXES
    }
