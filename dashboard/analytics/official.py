"""What the exchanges say of one company beside its prices, as of a session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.prices.bars import CLOSE, DATE, DIVIDEND, SESSION, SOURCE, SYMBOL
from dashboard.prices.records import (
    ACTIONS,
    BOARD,
    DISAGREEMENTS,
    DIVIDEND_YIELD,
    INDUSTRY,
    KIND,
    LISTED_ON,
    LISTINGS,
    NOTICES,
    OTHER_CLOSE,
    OTHER_SOURCE,
    PB,
    PE,
    RIGHTS,
    STOCK_DIVIDEND,
    TEXT_COLUMN,
    TICKS,
    UNTIL,
    VALID_TO,
    VALUATION,
    empty_records,
)

DISPOSITION: Final = "disposition"
ATTENTION: Final = "attention"
_ATTENTION_DAYS: Final = 7
_VALUATION_DAYS: Final = 14
"""An older valuation stands beside a price that it does not belong to."""
_DISAGREEMENT_DAYS: Final = 366


@dataclass(frozen=True)
class Listing:
    """The board a company trades on."""

    board: str
    industry: str
    listed_on: dt.date
    source: str


@dataclass(frozen=True)
class Valuation:
    """The exchange's own ratios of a session; NaN where it gives none (a loss, no dividend)."""

    session: dt.date
    pe: float
    dividend_yield: float
    pb: float
    source: str


@dataclass(frozen=True)
class Notice:
    """An attention or disposition notice; `until` is None where it names no end."""

    kind: str
    date: dt.date
    until: dt.date | None
    text: str
    source: str


@dataclass(frozen=True)
class ComingExDate:
    """What goes ex on a session that is still to come; NaN for what does not."""

    session: dt.date
    dividend: float
    stock_dividend: float
    rights: float
    source: str


@dataclass(frozen=True)
class Disagreement:
    """One close of which two sources say different things; the exchange's is used."""

    session: dt.date
    close: float
    other_close: float
    ticks: float
    source: str
    other_source: str


@dataclass(frozen=True)
class Official:
    """All of it for one company."""

    listing: Listing | None = None
    valuation: Valuation | None = None
    notices: tuple[Notice, ...] = ()
    coming: tuple[ComingExDate, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the facts are from, each once."""
        facts = (self.listing, self.valuation, *self.notices, *self.coming, *self.disagreements)
        return tuple(dict.fromkeys(fact.source for fact in facts if fact is not None))


def official_facts(
    records: Mapping[str, pd.DataFrame], symbol: str, as_of: dt.date, today: dt.date
) -> Official:
    """The facts of one symbol that are valid on a session.

    Parameters
    ----------
    records : kind's name → its records (`prices.records`); an absent kind has none
    as_of : nothing dated later is used, but for ex-dates, which are announced ahead
    today : ex-dates before it have happened
    """

    def own(name: str, day: str, first: dt.date | None, last: dt.date | None) -> pd.DataFrame:
        frame = records.get(name)
        if frame is None or frame.empty:
            return pd.DataFrame(columns=[SYMBOL, day])
        mine = frame[frame[SYMBOL] == symbol]
        if first is not None:
            mine = mine[mine[day] >= pd.Timestamp(first)]
        if last is not None:
            mine = mine[mine[day] <= pd.Timestamp(last)]
        return mine.sort_values(day)

    actions = records.get(ACTIONS.name, empty_records(ACTIONS))
    notices = records.get(NOTICES.name, empty_records(NOTICES))
    ago = {days: as_of - dt.timedelta(days=days) for days in (_VALUATION_DAYS, _DISAGREEMENT_DAYS)}
    valuations = own(VALUATION.name, SESSION, ago[_VALUATION_DAYS], as_of)
    listings = own(LISTINGS.name, LISTED_ON, None, as_of)
    return Official(
        listing=_listing(listings, as_of),
        valuation=_valuation(valuations),
        notices=tuple(
            map(_notice, _rows(valid_notices(notices[notices[SYMBOL] == symbol], as_of)))
        ),
        coming=tuple(
            ComingExDate(
                row[SESSION].date(), row[DIVIDEND], row[STOCK_DIVIDEND], row[RIGHTS], row[SOURCE]
            )
            for row in _rows(coming_actions(actions[actions[SYMBOL] == symbol], as_of, today))
        ),
        disagreements=tuple(
            Disagreement(
                row[SESSION].date(),
                row[CLOSE],
                row[OTHER_CLOSE],
                row[TICKS],
                row[SOURCE],
                row[OTHER_SOURCE],
            )
            for row in _rows(own(DISAGREEMENTS.name, SESSION, ago[_DISAGREEMENT_DAYS], as_of))
        ),
    )


def coming_actions(actions: pd.DataFrame, as_of: dt.date, today: dt.date) -> pd.DataFrame:
    """What goes ex after a session and has not happened by `today`, sorted by session.

    Parameters
    ----------
    actions : DataFrame, columns of `records.ACTIONS`
    """
    first = max(as_of + dt.timedelta(days=1), today)
    coming = actions[actions[SESSION] >= pd.Timestamp(first)]
    return coming.sort_values(SESSION, kind="stable")


def valid_notices(notices: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """The notices that hold on a session, sorted by date: until their end, or for a week.

    Parameters
    ----------
    notices : DataFrame, columns of `records.NOTICES`
    """
    day = pd.Timestamp(as_of)
    # An attention notice is of one day; it is worth a badge for a week.
    until = notices[UNTIL].fillna(notices[DATE] + pd.Timedelta(days=_ATTENTION_DAYS))
    valid = notices[(notices[DATE] <= day) & (until >= day)]
    return valid.sort_values(DATE, kind="stable")


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _listing(listings: pd.DataFrame, as_of: dt.date) -> Listing | None:
    for row in reversed(_rows(listings)):
        if pd.isna(row[VALID_TO]) or row[VALID_TO].date() >= as_of:
            return Listing(row[BOARD], row[INDUSTRY], row[LISTED_ON].date(), row[SOURCE])
    return None


def _valuation(valuations: pd.DataFrame) -> Valuation | None:
    if valuations.empty:
        return None
    row = _rows(valuations)[-1]
    return Valuation(row[SESSION].date(), row[PE], row[DIVIDEND_YIELD], row[PB], row[SOURCE])


def _notice(row: Mapping[Any, Any]) -> Notice:
    until = None if pd.isna(row[UNTIL]) else row[UNTIL].date()
    return Notice(row[KIND], row[DATE].date(), until, row[TEXT_COLUMN], row[SOURCE])
