"""A process in the foreground that refreshes whenever it is due, until it is told to end."""

from __future__ import annotations

import datetime as dt
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from dashboard.errors import DashboardError
from dashboard.prices.schedule import BEAT, TAIPEI, Heart, next_due

JITTER: Final = dt.timedelta(minutes=3)
"""Later at most, so that not everybody asks at the same second."""
GRACE: Final = dt.timedelta(hours=6)
"""A run that was missed (the machine slept) is made up for within it, once."""

Task = Callable[[Callable[[], bool]], str]
"""One refresh: is given what to ask whether to stop, gives back what to say of it."""

_GLANCE_SECONDS: Final = 0.2
"""How soon a signal is noticed."""


class DueTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires when a refresh is due, a little later at random.

    It looks at the clock alone, never at the run before: a clock set back or forward moves
    the next run and loses none.
    """

    def get_next_fire_time(
        self, previous_fire_time: dt.datetime | None, now: dt.datetime
    ) -> dt.datetime:
        return next_due(now) + random.random() * JITTER


class Scheduler:
    """Runs a task whenever it is due; one at a time, a failed one does not end it.

    Parameters
    ----------
    task : run in a thread of its own
    said : is given one line a run
    data_dir : store beside which it says that it is alive
    clock : the time now, with its zone
    trigger : when; `DueTrigger` if not given
    each_minute : small work between two runs

    Attributes
    ----------
    ending : set once it was told to end
    """

    def __init__(
        self,
        task: Task,
        said: Callable[[str], None],
        data_dir: str,
        *,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(TAIPEI),
        trigger: BaseTrigger | None = None,
        each_minute: Callable[[], None] | None = None,
    ) -> None:
        self._task = task
        self._said = said
        self._clock = clock
        self._heart = Heart(data_dir)
        self.ending = threading.Event()
        self._scheduler = BackgroundScheduler(timezone=TAIPEI)
        self._scheduler.add_job(
            self.run,
            trigger or DueTrigger(),
            id="refresh",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=int(GRACE.total_seconds()),
        )
        # Beside its sign it wakes the process every minute: a wait through a sleep of the
        # machine, or across a change of its clock, would end too late.
        self._scheduler.add_job(
            self.beat,
            IntervalTrigger(seconds=int(BEAT.total_seconds()), timezone=TAIPEI),
            id="heart",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        if each_minute is not None:
            self._scheduler.add_job(
                each_minute,
                IntervalTrigger(minutes=1, timezone=TAIPEI),
                id="each_minute",
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )

    def serve(self) -> None:
        """Wait and refresh until `end` is called or the process is told to end.

        SIGTERM and Ctrl-C let a refresh under way finish its present answer; a second one
        ends at once.
        """
        with _told_to_end() as told:
            try:
                self.beat()
                self._scheduler.start()
                while not (told() or self.ending.is_set()):
                    time.sleep(_GLANCE_SECONDS)
                if told():
                    self._said("ending after the present answer")
                self.end()
            finally:
                self._heart.stop()

    def end(self) -> None:
        """Let a run under way stop after its present answer, and wait for it."""
        self.ending.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def jobs(self) -> list[Job]:
        """What waits: the refresh and the sign of life."""
        waiting: list[Job] = self._scheduler.get_jobs()
        return waiting

    def beat(self) -> None:
        """Say that it is alive and when it is due."""
        now = self._clock()
        self._heart.beat(now, next_due(now))

    def run(self) -> None:
        """One refresh, told in one line."""
        began = self._clock()
        try:
            told = self._task(self.ending.is_set)
        except DashboardError as error:
            told = f"failed: {error}"
        took = (self._clock() - began).total_seconds()
        line = "; ".join(told.splitlines())
        due = next_due(self._clock())
        self._said(f"{_stamp(began)} {line}; took {took:,.0f} s, next at {_stamp(due)}")


def _stamp(moment: dt.datetime) -> str:
    return f"{moment.astimezone(TAIPEI):%Y-%m-%d %H:%M} Taipei"


@contextmanager
def _told_to_end() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or Ctrl-C has come; the second one ends the process.

    The first only leaves a mark: an exception in the midst of the scheduler's work could leave
    a lock behind. Only the main thread may take signals.
    """
    marks: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return

    def take(number: int, frame: FrameType | None) -> None:
        if marks:
            raise KeyboardInterrupt
        marks.append(number)

    before = {one: signal.signal(one, take) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(marks)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
