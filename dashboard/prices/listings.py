"""The exchanges' lists of companies: since when each is listed, moves, the universe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import pandas as pd

from dashboard.errors import BadAnswer
from dashboard.markets import BOARDS, HOME
from dashboard.prices.bars import SYMBOL
from dashboard.prices.records import (
    BOARD,
    CODE,
    LISTED_ON,
    LISTINGS,
    VALID_TO,
    validated_records,
)

EMERGING_BOARD: Final = "ESB"
NEVER: Final = dt.date.max
"""Listing date of what trades on the emerging board alone."""
LISTED_BOARDS: Final = ("TWSE", "TPEX")
_MOST_GONE: Final = 0.05
"""More of a board than this never left it between two lists; a list without them is not whole."""
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


def _current(listings: pd.DataFrame) -> pd.DataFrame:
    """Rows of the two boards that have not ended, the latest of each symbol."""
    boards = listings[BOARD].isin(LISTED_BOARDS)
    rows = listings[boards & listings[VALID_TO].isna()].sort_values([SYMBOL, LISTED_ON])
    return rows.drop_duplicates(SYMBOL, keep="last")


def universe(listings: pd.DataFrame) -> tuple[str, ...]:
    """Symbols of all common stocks that are listed now on either board, sorted.

    A code that both boards list is where it was listed last.
    """
    last = _current(listings).sort_values([CODE, LISTED_ON]).drop_duplicates(CODE, keep="last")
    return tuple(sorted(last[SYMBOL]))


def moved(stored_symbols: Iterable[str], listings: pd.DataFrame) -> dict[str, str]:
    """Old symbol → new symbol of the companies that are now on the other board.

    Parameters
    ----------
    stored_symbols : symbols under which something is stored
    listings : DataFrame, rows of `LISTINGS`
    """
    listed = set(universe(listings))
    now = {symbol.partition(".")[0]: symbol for symbol in listed}
    suffixes = tuple({BOARDS[board].suffix for board in LISTED_BOARDS})
    return {
        symbol: now[code]
        for symbol in sorted(set(stored_symbols) - listed)
        if symbol.endswith(suffixes) and (code := symbol.partition(".")[0]) in now
    }


def merged(known: pd.DataFrame, fresh: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """The known listings with the exchanges' newest lists laid over them.

    Parameters
    ----------
    known : DataFrame, rows of `LISTINGS`
    fresh : DataFrame, rows of `LISTINGS`
        Everything that is listed now on the boards it speaks of.
    day : date
        Of the fresh lists.

    Returns
    -------
    DataFrame, rows of `LISTINGS`, sorted by symbol and listing date
        A company that its board no longer lists keeps its row, with the last day: the one before
        its listing on the other board, else `day`. A fresh row replaces one of the same symbol
        that had not ended.

    Raises
    ------
    BadAnswer
        If more than a twentieth of a board would be gone.
    """
    if fresh.empty:
        return known.copy()
    spoken_of = known[BOARD].isin(set(fresh[BOARD]))
    open_rows = known[VALID_TO].isna()
    listed = known[SYMBOL].isin(set(fresh[SYMBOL]))
    gone = spoken_of & open_rows & ~listed
    _check_gone(known, gone, spoken_of & open_rows)
    kept = known[~(open_rows & listed)].copy()
    kept.loc[gone, VALID_TO] = _last_days(known[gone], fresh, day)
    frames = [frame for frame in (kept, fresh) if not frame.empty]
    rows = pd.concat(frames, ignore_index=True).drop_duplicates([SYMBOL, LISTED_ON], keep="last")
    return validated_records(LISTINGS, rows.sort_values([SYMBOL, LISTED_ON]))


def _check_gone(known: pd.DataFrame, gone: pd.Series, before: pd.Series) -> None:
    """Companies that moved to the other board are few as well; they need no exception."""
    counts = known.loc[before, BOARD].value_counts()
    for board, number in known.loc[gone, BOARD].value_counts().items():
        if number > max(_MOST_GONE * counts[board], 1):
            raise BadAnswer(
                "listings",
                f"{number} of {counts[board]} companies would no longer be listed on "
                f"{BOARDS[str(board)].en}; the newest list is not whole",
            )


def _last_days(gone: pd.DataFrame, fresh: pd.DataFrame, day: dt.date) -> pd.Series:
    """Last day of each company on the board it left."""
    since = fresh.drop_duplicates(CODE, keep="last").set_index(CODE)[LISTED_ON]
    moved_on = gone[CODE].map(since)
    before = moved_on - pd.Timedelta(days=1)
    return before.where(moved_on > gone[LISTED_ON]).fillna(pd.Timestamp(day))
