"""Which companies are listed, on which board and since when: merged lists, moves, the universe.

Without a network the list is the one that the package `twstock` ships as data; its modules, which
would reach out, are never imported.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

import pandas as pd

from dashboard.errors import BadAnswer, InputError
from dashboard.markets import BOARDS
from dashboard.prices.bars import FETCHED_AT, SOURCE, SYMBOL
from dashboard.prices.providers.exchanges.cells import csv_records, roc_date, share_symbol
from dashboard.prices.records import (
    BOARD,
    CODE,
    INDUSTRY,
    LISTED_ON,
    LISTINGS,
    NAME,
    VALID_TO,
    validated_records,
)

OFFLINE_SOURCE: Final = "twstock"
_FILES: Final = {"TWSE": "twse_equities.csv", "TPEX": "tpex_equities.csv"}
_DAY: Final = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}")
_FIELDS: Final = ("type", "code", "name", "start", "group")
_COMMON: Final = ("股票,", "創新板,")
"""The Innovation Board is a section of TWSE."""
_MOST_GONE: Final = 0.05
"""More of a board than this never left it between two lists; a list without them is not whole."""
_BOARDS: Final = tuple(_FILES)


def _offline_file(board: str) -> str:
    try:
        path = Path(str(distribution(OFFLINE_SOURCE).locate_file("twstock/codes")))
        return (path / _FILES[board]).read_text(encoding="utf-8-sig")
    except (PackageNotFoundError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the list of companies of the package {OFFLINE_SOURCE} cannot be read ({error}); "
            "install it again with pip install -r requirements.txt"
        ) from error


def listed_offline() -> pd.DataFrame:
    """The common stocks of both boards as the installed list has them.

    Returns
    -------
    DataFrame, rows of `LISTINGS`, sorted by symbol
        `fetched_at` is the day of the newest entry of the list, warrants included.

    Raises
    ------
    InputError
        If the package or its list is missing.
    """
    return _offline().copy()


@cache
def _offline() -> pd.DataFrame:
    texts = {board: _offline_file(board) for board in _BOARDS}
    rows = [
        {**row, SYMBOL: symbol, BOARD: board}
        for board, text in texts.items()
        for row in csv_records(_common_lines(text), OFFLINE_SOURCE, _FIELDS)
        if (symbol := share_symbol(row["code"], board))
    ]
    newest = max(_DAY.findall("".join(texts.values())))
    frame = pd.DataFrame(rows).rename(columns={"code": CODE, "name": NAME, "group": INDUSTRY})
    frame[LISTED_ON] = pd.to_datetime([roc_date(row["start"]) for row in rows])
    frame[VALID_TO] = pd.NaT
    frame[SOURCE] = OFFLINE_SOURCE
    frame[FETCHED_AT] = pd.Timestamp(newest, tz="UTC")
    return validated_records(LISTINGS, frame.sort_values(SYMBOL))


def _common_lines(text: str) -> str:
    """The names and the common stocks; nine of ten lines are warrants, slow to take apart."""
    names, *lines = text.splitlines()
    return "\n".join([names, *(line for line in lines if line.startswith(_COMMON))])


def _current(listings: pd.DataFrame) -> pd.DataFrame:
    """Rows of the two boards that have not ended, the latest of each symbol."""
    boards = listings[BOARD].isin(_BOARDS)
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
    suffixes = tuple({BOARDS[board].suffix for board in _BOARDS})
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
