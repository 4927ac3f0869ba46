"""Reading an article and proposing from it, beside the page: one at a time for each reader.

An address may take long to answer and a long article long to read; the page polls meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from dashboard.articles.models import Article
from dashboard.errors import DashboardError
from dashboard.proposals.models import Proposal

Read = Callable[[], Article]
Propose = Callable[[Article], Proposal]
_AT_ONCE: Final = threading.BoundedSemaphore(3)
"""In the whole process, those that were stopped and have not noticed included."""


class Stage(StrEnum):
    """What a job is doing."""

    FETCHING = "fetching"
    READING = "reading"
    PROPOSING = "proposing"


@dataclass(frozen=True)
class Outcome:
    """An article and what it proposes."""

    article: Article
    proposal: Proposal


@dataclass(frozen=True)
class JobState:
    """A snapshot of the job.

    Attributes
    ----------
    stage : None where nothing runs
    outcome, error : one of them once it has ended, neither where it was stopped
    """

    stage: Stage | None = None
    outcome: Outcome | None = None
    error: DashboardError | None = None
    broken: bool = False
    """Ended by a fault of ours; its traceback is among the server's messages."""
    busy: bool = False
    """Too many run already; nothing was started."""

    @property
    def running(self) -> bool:
        return self.stage is not None


class ProposeJob:
    """Runs one reading at a time in a daemon thread; safe to use from any thread.

    A thread cannot be ended from outside: one that is stopped goes on until its own limits of
    time end it, and what it finds is thrown away.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = JobState()
        self._run = 0
        self._thread: threading.Thread | None = None

    def start(self, first: Stage, read: Read, propose: Propose) -> bool:
        """Start a run, which takes the place of one that is running; whether it was started."""
        if not _AT_ONCE.acquire(blocking=False):
            with self._lock:
                self._run += 1
                self._state = JobState(busy=True)
            return False
        with self._lock:
            self._run += 1
            self._state = JobState(first)
            self._thread = threading.Thread(
                target=self._work, args=(self._run, read, propose), name="propose", daemon=True
            )
            self._thread.start()
        return True

    def stop(self) -> None:
        """Forget the run."""
        with self._lock:
            self._run += 1
            self._state = JobState()

    def state(self) -> JobState:
        """The job as it is now."""
        with self._lock:
            return self._state

    def take(self) -> JobState:
        """The job as it is now; what it has ended with is told only once."""
        with self._lock:
            now = self._state
            if not now.running:
                self._state = JobState()
            return now

    def wait(self, seconds: float) -> bool:
        """Wait for the end; whether it was reached."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return not self.state().running

    def _work(self, run: int, read: Read, propose: Propose) -> None:
        ended = JobState(broken=True)
        try:
            article = read()
            if self._note(run, JobState(Stage.PROPOSING)):
                ended = JobState(outcome=Outcome(article, propose(article)))
        except DashboardError as error:
            ended = JobState(error=error)
        finally:
            _AT_ONCE.release()
            self._note(run, replace(ended, stage=None))

    def _note(self, run: int, state: JobState) -> bool:
        """Tell how the run stands; False for one that was stopped."""
        with self._lock:
            if run != self._run:
                return False
            self._state = state
            return True
