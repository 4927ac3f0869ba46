"""When the next refresh is due, and the sign by which a waiting process is known to be alive."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.errors import InputError
from dashboard.markets import HOME, MARKETS
from dashboard.prices.sessions import is_session

TAIPEI: Final = ZoneInfo(MARKETS[HOME].timezone)
AFTER_CLOSE: Final = dt.time(14, 35)
"""On sessions of Taiwan: an hour after the close both exchanges have told the day."""
MORNING: Final = dt.time(6, 0)
"""On the day after a session of Taiwan or New York: what came late, and the night's session."""
MORNING_MARKETS: Final = (HOME, "US")
BEAT: Final = dt.timedelta(seconds=60)
ALIVE_FOR: Final = 3 * BEAT
BEAT_FILE: Final = "schedule.json"
_LONGEST_CLOSURE: Final = 30
"""Days."""
_ONE_DAY: Final = dt.timedelta(days=1)


def next_due(now: dt.datetime) -> dt.datetime:
    """The first time after `now` at which a refresh is due.

    Parameters
    ----------
    now : with time zone

    Returns
    -------
    datetime, in Taipei's time

    Raises
    ------
    InputError
        If the calendars know no session in the month ahead.
    """
    local = now.astimezone(TAIPEI)
    for days in range(_LONGEST_CLOSURE):
        for due in _due_on(local.date() + days * _ONE_DAY):
            if due > local:
                return due
    raise InputError(
        f"no session is known in the {_LONGEST_CLOSURE} days after {local:%Y-%m-%d}; "
        "update the package exchange_calendars"
    )


def _due_on(day: dt.date) -> Iterator[dt.datetime]:
    if any(is_session(market, day - _ONE_DAY) for market in MORNING_MARKETS):
        yield dt.datetime.combine(day, MORNING, TAIPEI)
    if is_session(HOME, day):
        yield dt.datetime.combine(day, AFTER_CLOSE, TAIPEI)


@dataclass(frozen=True)
class ScheduleState:
    """Whether a process waits to refresh a store, and when it will.

    Attributes
    ----------
    due : with time zone; None where no living process is known
    """

    due: dt.datetime | None = None

    @property
    def alive(self) -> bool:
        return self.due is not None


def schedule_state(data_dir: str, now: dt.datetime) -> ScheduleState:
    """What the schedule of a store last said of itself; for object stores nothing is known."""
    path = beat_path(data_dir)
    if path is None:
        return ScheduleState()
    try:
        told = json.loads(path.read_text("utf-8"))
        beat = dt.datetime.fromisoformat(told["beat"])
        due = dt.datetime.fromisoformat(told["due"])
        alive = abs(now - beat) <= ALIVE_FOR
    except (OSError, ValueError, KeyError, TypeError):
        return ScheduleState()
    return ScheduleState(due if alive else None)


def beat_path(data_dir: str) -> Path | None:
    """Where the schedule says that it is alive; None for an object store."""
    return None if "://" in data_dir else Path(data_dir) / BEAT_FILE


class Heart:
    """Says every minute that the schedule is alive and when it is due; nothing on its end."""

    def __init__(self, data_dir: str) -> None:
        self._path = beat_path(data_dir)

    def beat(self, now: dt.datetime, due: dt.datetime) -> None:
        """Write the sign, whole; a folder that cannot be written shows no schedule."""
        if self._path is None:
            return
        draft = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps({"beat": now.isoformat(), "due": due.isoformat()}), "utf-8")
            draft.replace(self._path)
        except OSError:
            draft.unlink(missing_ok=True)

    def stop(self) -> None:
        """Take the sign away."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
