"""When a day of a whole board is whole: enough rows, one day, a session, not in the future."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.errors import BadAnswer
from dashboard.markets import HOME, MARKETS
from dashboard.prices.providers.exchanges.cells import roc_date
from dashboard.prices.sessions import is_session

TAIPEI: Final = ZoneInfo(MARKETS[HOME].timezone)


@dataclass(frozen=True)
class Whole:
    """What a whole answer has.

    Attributes
    ----------
    rows : least number of rows
    stocks : least number of common stocks among them
    stock : a symbol that is never absent; none if empty
    """

    rows: int = 0
    stocks: int = 0
    stock: str = ""


WHOLE: Final = {
    "TWSE": Whole(rows=500, stock="2330.TW"),
    "TPEX": Whole(stocks=800),
}
"""Of a board's day. TWSE has about 1,377 rows, TPEx about 10,800 with about 890 stocks."""


def accept_size(feed: str, whole: Whole, rows: int, symbols: Collection[str]) -> None:
    """Nothing, if the answer is as large as a whole one.

    Raises
    ------
    BadAnswer
        If it is not.
    """
    if rows < whole.rows:
        raise BadAnswer(feed, f"only {rows} rows; at least {whole.rows} are expected")
    if len(symbols) < whole.stocks:
        raise BadAnswer(feed, f"only {len(symbols)} stocks; at least {whole.stocks} are expected")
    if whole.stock and whole.stock not in symbols:
        raise BadAnswer(feed, f"{whole.stock} is missing, so others may be")


def one_day(feed: str, texts: Iterable[str]) -> dt.date:
    """The one session that all rows are of.

    Raises
    ------
    BadAnswer
        If a cell is no day, the days differ, or the day is no session.
    """
    try:
        days = sorted({roc_date(text) for text in set(texts)})
    except ValueError as error:
        raise BadAnswer(feed, f"a row's date cannot be read: {error}") from error
    if len(days) != 1:
        told = ", ".join(f"{day:%Y-%m-%d}" for day in days[:3])
        raise BadAnswer(feed, f"the rows are of {len(days)} days ({told}); one is expected")
    if not is_session(HOME, days[0]):
        raise BadAnswer(feed, f"the rows are of {days[0]:%Y-%m-%d}, which is no session")
    return days[0]


def not_in_future(feed: str, day: dt.date, now: dt.datetime) -> None:
    """Nothing, if the day has begun in Taipei.

    Raises
    ------
    BadAnswer
        If it has not.
    """
    if day > now.astimezone(TAIPEI).date():
        raise BadAnswer(feed, f"the rows are of {day:%Y-%m-%d}, which is in the future")
