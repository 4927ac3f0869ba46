"""A refresh in the background: one at a time per process, watched by polling."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dashboard.errors import DashboardError, StoreError
from dashboard.prices.outcomes import Report
from dashboard.prices.providers.base import Provider
from dashboard.prices.refresh import Exchanges, Progress, refresh
from dashboard.prices.store import PriceStore


@dataclass(frozen=True)
class JobState:
    """A snapshot of the job.

    Attributes
    ----------
    first : the store was empty when it started
    done, total : answers so far and expected; total is 0 until the plan is made
    symbol : answered last
    report : once finished without an error
    error : one sentence, once finished with one
    """

    first: bool = False
    done: int = 0
    total: int = 0
    symbol: str = ""
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    stopping: bool = False
    report: Report | None = None
    error: str | None = None

    @property
    def running(self) -> bool:
        return self.started_at is not None and self.finished_at is None

    @property
    def filling(self) -> bool:
        """Whether the very first prices are on their way: what is stored is a part."""
        return self.first and self.running

    @property
    def finished(self) -> bool:
        return self.finished_at is not None


class RefreshJob:
    """Runs `refresh` in a daemon thread; safe to use from any thread.

    `current_job()` is the one of this process; others are for tests.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = JobState()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(
        self,
        store: PriceStore,
        provider: Provider | None,
        symbols: Sequence[str],
        *,
        exchanges: Exchanges | None = None,
        since: dt.date | None = None,
        no_limit: Sequence[str] = (),
        afterwards: Callable[[], object] | None = None,
    ) -> bool:
        """Start a run; False where one is running already, which goes on undisturbed.

        One that runs in another process becomes this job's error.

        Parameters
        ----------
        afterwards : called in the job's thread once a run has ended with a report
            The job has ended by then: nothing waits for it.
        """
        with self._lock:
            if self._state.running:
                return False
            now = dt.datetime.now(dt.UTC)
            self._stop.clear()
            self._state = JobState(first=_is_empty(store), started_at=now)
            self._thread = threading.Thread(
                target=self._run,
                args=(store, provider, exchanges, tuple(symbols), now, since, tuple(no_limit)),
                kwargs={"afterwards": afterwards},
                name="refresh",
                daemon=True,
            )
            self._thread.start()
            return True

    def stop(self) -> None:
        """Ask the run to end after the next answer; what has arrived is stored."""
        with self._lock:
            if self._state.running:
                self._stop.set()
                self._state = replace(self._state, stopping=True)

    def state(self) -> JobState:
        """The job as it is now."""
        with self._lock:
            return self._state

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; whether it was reached."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return not self.state().running

    def _run(
        self,
        store: PriceStore,
        provider: Provider | None,
        exchanges: Exchanges | None,
        symbols: Sequence[str],
        now: dt.datetime,
        since: dt.date | None,
        no_limit: Sequence[str],
        *,
        afterwards: Callable[[], object] | None,
    ) -> None:
        report: Report | None = None
        error: str | None = "the refresh ended unexpectedly; see the server's messages"
        try:
            report = refresh(
                store,
                provider,
                symbols,
                now=now,
                exchanges=exchanges,
                since=since,
                on_progress=self._note,
                should_stop=self._stop.is_set,
                no_limit=no_limit,
            )
            error = None
        except DashboardError as failure:
            error = str(failure)
        finally:
            # Anything else is a fault of ours: its traceback goes to the server's messages,
            # and the page says that the run has ended.
            with self._lock:
                self._state = replace(
                    self._state, finished_at=dt.datetime.now(dt.UTC), report=report, error=error
                )
        if report is not None and afterwards is not None:
            afterwards()

    def _note(self, progress: Progress) -> None:
        with self._lock:
            self._state = replace(
                self._state, done=progress.done, total=progress.total, symbol=progress.symbol
            )


def _is_empty(store: PriceStore) -> bool:
    try:
        return store.version() < 0
    except StoreError:  # the run meets it too, and reports it
        return False


_JOB = RefreshJob()


def current_job() -> RefreshJob:
    """The one job of this process."""
    return _JOB
