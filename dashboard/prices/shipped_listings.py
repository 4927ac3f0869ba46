"""The list of companies that ships with the program, for when the exchanges' own is not stored.

It is data of the package `twstock`, whose modules, which would reach out, are never imported.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

import pandas as pd

from dashboard.errors import InputError
from dashboard.markets import share_symbol
from dashboard.prices.bars import FETCHED_AT, SOURCE, SYMBOL
from dashboard.prices.listings import LISTED_BOARDS
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

PACKAGE: Final = "twstock"
_FILES: Final = dict(zip(LISTED_BOARDS, ("twse_equities.csv", "tpex_equities.csv"), strict=True))
_DAY: Final = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}")
_FIELDS: Final = {"code": CODE, "name": NAME, "group": INDUSTRY}
_COMMON: Final = ("股票,", "創新板,")
"""The Innovation Board is a section of TWSE."""


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
    texts = {board: _file(board) for board in LISTED_BOARDS}
    rows = [
        {**row, SYMBOL: symbol, BOARD: board}
        for board, text in texts.items()
        for row in csv.DictReader(_common_lines(text))
        if (symbol := share_symbol(row["code"], board))
    ]
    newest = max(_DAY.findall("".join(texts.values())))
    frame = pd.DataFrame(rows).rename(columns=_FIELDS)
    frame[LISTED_ON] = pd.to_datetime(frame["start"], format="%Y/%m/%d")
    frame[VALID_TO] = pd.NaT
    frame[SOURCE] = PACKAGE
    frame[FETCHED_AT] = pd.Timestamp(newest, tz="UTC")
    return validated_records(LISTINGS, frame.sort_values(SYMBOL))


def _file(board: str) -> str:
    try:
        path = Path(str(distribution(PACKAGE).locate_file("twstock/codes")))
        return (path / _FILES[board]).read_text(encoding="utf-8-sig")
    except (PackageNotFoundError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the list of companies of the package {PACKAGE} cannot be read ({error}); "
            "install it again with pip install -r requirements.txt"
        ) from error


def _common_lines(text: str) -> list[str]:
    """The names and the common stocks; nine of ten lines are warrants, slow to take apart."""
    names, *lines = text.splitlines()
    return [names, *(line for line in lines if line.startswith(_COMMON))]
