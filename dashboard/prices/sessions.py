"""Which days are sessions: the exchanges' calendars, corrected by dated overrides.

From 2000 on. Before it the calendars are thin: every weekday passes, back to the first one.
The calendars end about a year ahead of today, because holidays further out are not yet
announced.

The sessions of all markets ship as one small file, made by `python -m dashboard.prices.sessions`:
the package that knows them takes seconds to load, and every page needs them. It is asked only
when the file's end is near, or has passed.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from dashboard.errors import InputError
from dashboard.markets import MARKETS
from dashboard.settings import PROJECT_ROOT

Days = npt.NDArray[np.datetime64]

CALENDAR_START: Final = dt.date(2000, 1, 1)
FIRST_SESSION: Final = dt.date(1962, 2, 9)
"""Of the Taiwan exchange; what claims to be older, of any market, is no price of ours."""
SHIPPED: Final = PROJECT_ROOT / "data" / "calendars.npz"
"""Days from one session to the next, by market."""
_RESERVE: Final = np.timedelta64(14, "D")
"""So long before its end the shipped file is no longer enough."""
_ONE_DAY: Final = np.timedelta64(1, "D")
_LOOK_BACK: Final = dt.timedelta(days=30)
"""Longer than any closure: eleven days around the Lunar New Year."""

CLOSED: Final[dict[str, tuple[str, ...]]] = {
    "TW": (
        "2000-02-02", "2000-04-03", "2000-08-23", "2000-12-25", "2001-01-19", "2001-07-30",
        "2001-09-12", "2001-09-17", "2001-09-18", "2005-05-02", "2011-05-02",
        "2022-02-04",  # Lunar New Year
        "2023-01-18",  # settlement only, before the Lunar New Year
        "2024-10-31",  # typhoon
        "2026-07-10",  # typhoon
    ),
}  # fmt: skip
"""Days without a session that the exchange's calendar has as one."""

EXTRA: Final[dict[str, tuple[str, ...]]] = {
    "TW": (
        # Every second Saturday traded in 2000.
        "2000-01-15", "2000-01-29", "2000-02-19", "2000-03-04", "2000-04-01", "2000-04-08",
        "2000-04-15", "2000-04-29", "2000-05-06", "2000-05-20", "2000-06-03", "2000-06-17",
        "2000-07-15", "2000-07-29", "2000-08-05", "2000-08-19", "2000-09-02", "2000-09-16",
        "2000-09-30", "2000-10-07", "2000-10-21", "2000-11-04", "2000-11-18", "2000-12-02",
        "2000-12-16", "2000-12-30",
        "2000-02-09",  # first session after the Lunar New Year
        # Make-up working Saturdays; since 2019 they neither trade nor settle.
        "2006-10-14", "2007-03-03", "2007-04-14", "2007-06-23", "2007-09-29", "2009-01-10",
        "2009-01-17", "2009-06-06", "2010-02-06", "2012-02-04", "2012-03-03", "2012-12-22",
        "2013-02-23", "2013-09-14", "2014-12-27", "2016-01-30", "2016-06-04", "2016-09-10",
        "2017-02-18", "2017-06-03", "2017-09-30", "2018-03-31", "2018-12-22",
    ),
}  # fmt: skip
"""Sessions that the exchange's calendar lacks, as the index of that day shows."""


@cache
def _calendar(market_id: str) -> Days:
    """All sessions of a market from 2000 to the calendar's end, overrides applied."""
    known = _shipped().get(market_id)
    if known is None or known[-1] < np.datetime64(dt.datetime.now(dt.UTC).date()) + _RESERVE:
        known = made_calendar(market_id)
    closed = np.array(CLOSED.get(market_id, ()), dtype="datetime64[D]")
    extra = np.array(EXTRA.get(market_id, ()), dtype="datetime64[D]")
    corrected: Days = np.union1d(np.setdiff1d(known, closed), extra)
    corrected.setflags(write=False)
    return corrected


def made_calendar(market_id: str) -> Days:
    """The sessions from 2000 on as the package has them, without our overrides."""
    import exchange_calendars

    calendar = exchange_calendars.get_calendar(MARKETS[market_id].calendar, start=CALENDAR_START)
    days: Days = calendar.sessions.to_numpy().astype("datetime64[D]")
    return days


@cache
def _shipped() -> dict[str, Days]:
    """Market → sessions of the shipped file; empty where it cannot be read."""
    try:
        with np.load(SHIPPED, allow_pickle=False) as file:
            return {market: np.cumsum(file[market]).astype("datetime64[D]") for market in file}
    except (OSError, ValueError, zipfile.BadZipFile):
        return {}


def ship(path: Path = SHIPPED) -> None:
    """Write the file anew from the installed package."""
    steps = {
        market: np.diff(made_calendar(market).astype(np.int32), prepend=np.int32(0))
        for market in MARKETS
    }
    np.savez_compressed(path, **steps)  # type: ignore[arg-type]


def sessions(market_id: str, start: dt.date, end: dt.date) -> Days:
    """Sessions from `start` to `end`, both included, as far as the calendar reaches.

    Returns
    -------
    datetime64[D], strictly increasing; empty if `end` is before `start`
    """
    first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
    known = _calendar(market_id)
    left, right = np.searchsorted(known, first, "left"), np.searchsorted(known, last, "right")
    days: Days = known[left : max(left, right)]
    if start < CALENDAR_START:
        first = max(first, np.datetime64(FIRST_SESSION, "D"))
        early = np.arange(first, min(last + _ONE_DAY, np.datetime64(CALENDAR_START, "D")))
        days = np.concatenate([early[np.is_busday(early)], days])
    return days


def are_sessions(market_id: str, days: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether each day is a session; days beyond the calendar's end are none."""
    asked = np.asarray(days, dtype="datetime64[D]")
    early = (asked < np.datetime64(CALENDAR_START, "D")) & np.is_busday(asked)
    early &= asked >= np.datetime64(FIRST_SESSION, "D")
    known: npt.NDArray[np.bool_] = np.isin(asked, _calendar(market_id)) | early
    return known


def is_session(market_id: str, day: dt.date) -> bool:
    """Whether the market trades on `day`."""
    return bool(are_sessions(market_id, np.array([day], dtype="datetime64[D]"))[0])


def next_session(market_id: str, day: dt.date) -> dt.date:
    """First session after `day`.

    Raises
    ------
    InputError
        If the calendar ends before it.
    """
    known = _calendar(market_id)
    place = int(np.searchsorted(known, np.datetime64(day, "D"), "right"))
    if place >= known.size:
        raise InputError(
            f"{market_id}: the calendar ends on {known[-1]}, no session after {day} is known; "
            "update the package exchange_calendars"
        )
    if day < CALENDAR_START:
        after = max(day + dt.timedelta(days=1), FIRST_SESSION)
        return _day(sessions(market_id, after, after + _LOOK_BACK)[0])
    return _day(known[place])


def last_final_session(market_id: str, now: dt.datetime) -> dt.date:
    """Latest session whose bar is final at `now`.

    Raises
    ------
    InputError
        If `now` has no time zone, or lies outside the calendar.
    """
    if now.tzinfo is None:
        raise InputError(f"now = {now} has no time zone; give one")
    market = MARKETS[market_id]
    local = now.astimezone(ZoneInfo(market.timezone))
    final_today = local.time() >= market.final_after
    last = local.date() if final_today else local.date() - dt.timedelta(days=1)
    before = sessions(market_id, last - _LOOK_BACK, last)
    if not before.size:
        raise InputError(f"{market_id}: no session is known on or before {last}")
    return _day(before[-1])


def _day(session: np.datetime64) -> dt.date:
    day: dt.date = session.astype("datetime64[D]").item()
    return day


if __name__ == "__main__":
    ship()
