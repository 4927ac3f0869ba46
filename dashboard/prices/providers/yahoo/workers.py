"""Threads with a deadline: one that hangs is left behind, and the run goes on."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dashboard.errors import (
    BadAnswer,
    DeadlineExceeded,
    ProviderError,
    RateLimited,
    SourceUnavailable,
)
from dashboard.prices.bars import empty_bars
from dashboard.prices.providers.base import Answer, Request

Task = Callable[[Request, threading.Event], Answer]
"""Fetches one request; the event is set when nobody waits for the answer any more."""


@dataclass(frozen=True)
class Limits:
    """How long a run may take, in seconds, and how much failure it bears.

    Attributes
    ----------
    symbol : float
        Longest wait for one symbol, its retries included.
    run : float
        Longest wait for all of them.
    failures : Callable[[], int]
        So many symbols in a row without an answer mean that the source is down.
    """

    workers: int
    symbol: float
    run: float
    failures: Callable[[], int]


def failed(request: Request, error: ProviderError) -> Answer:
    """An answer without bars."""
    return Answer(request, empty_bars(), error=error)


class _Worker:
    """One daemon thread: it never keeps the process from ending."""

    def __init__(self, task: Task, results: queue.SimpleQueue[tuple[_Worker, Answer | None]]):
        self.request: Request | None = None
        self.deadline = math.inf
        self.left_behind = threading.Event()
        self._inbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._task = task
        self._results = results
        threading.Thread(target=self._work, name="yahoo", daemon=True).start()

    def give(self, request: Request, deadline: float) -> None:
        self.request, self.deadline = request, deadline
        self._inbox.put(request)

    def leave(self) -> None:
        self.left_behind.set()
        self._inbox.put(None)

    def _work(self) -> None:
        while (request := self._inbox.get()) is not None:
            answer = None
            try:
                answer = self._task(request, self.left_behind)
            finally:
                # An error nobody foresaw ends this thread, and must not leave the run waiting.
                self._results.put((self, answer))


class Run:
    """One pass over the requests.

    `answers` yields one answer a request, in the order they come, and ends early only after
    one with `RateLimited`. When several symbols in a row bring no answer at all, or the run's
    time is over, the rest is answered with that error without being asked.
    """

    def __init__(self, task: Task, limits: Limits) -> None:
        self._task = task
        self._limits = limits
        self._results: queue.SimpleQueue[tuple[_Worker, Answer | None]] = queue.SimpleQueue()
        self._workers: list[_Worker] = []
        self._ends = time.monotonic() + limits.run
        self._failures: list[ProviderError] = []

    def answers(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Fetch all of them."""
        waiting = deque(requests)
        try:
            while waiting or self._busy():
                if error := self._over():
                    yield from self._abandoned(waiting, error)
                    return
                self._hand_out(waiting)
                for answer in self._collected():
                    yield answer
                    if isinstance(answer.error, RateLimited):
                        return
        finally:
            for worker in self._workers:
                worker.leave()

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.request is not None]

    def _hand_out(self, waiting: deque[Request]) -> None:
        idle = [worker for worker in self._workers if worker.request is None]
        while waiting and (idle or len(self._workers) < self._limits.workers):
            if not idle:
                idle.append(_Worker(self._task, self._results))
                self._workers.extend(idle)
            idle.pop().give(waiting.popleft(), time.monotonic() + self._limits.symbol)

    def _collected(self) -> list[Answer]:
        """The next answer, or those of the workers whose time is over."""
        ends = min([self._ends, *(worker.deadline for worker in self._busy())])
        try:
            worker, answer = self._results.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            return [self._noted(answer) for answer in self._overdue()]
        request = worker.request
        if worker not in self._workers or request is None:
            return []
        worker.request, worker.deadline = None, math.inf
        if answer is None:
            self._workers.remove(worker)
            reason = "Yahoo's answer could not be worked on; the log has the details"
            answer = failed(request, BadAnswer(request.symbol, reason))
        return [self._noted(answer)]

    def _overdue(self) -> Iterator[Answer]:
        now = time.monotonic()
        for worker in self._busy():
            if worker.deadline <= now and worker.request is not None:
                self._workers.remove(worker)
                worker.leave()
                reason = f"no answer within {self._limits.symbol:g} seconds; try again later"
                yield failed(worker.request, DeadlineExceeded(worker.request.symbol, reason))

    def _noted(self, answer: Answer) -> Answer:
        if isinstance(answer.error, SourceUnavailable | DeadlineExceeded):
            self._failures.append(answer.error)
        else:
            self._failures.clear()
        return answer

    def _over(self) -> Callable[[str], ProviderError] | None:
        if time.monotonic() >= self._ends:
            reason = f"the run was over after {self._limits.run:g} seconds; refresh again"
            return lambda symbol: DeadlineExceeded(symbol, reason)
        if self._failures and len(self._failures) >= self._limits.failures():
            last = self._failures[-1]
            return lambda symbol: type(last)(symbol, f"not asked, as before: {last.reason}")
        return None

    def _abandoned(
        self, waiting: deque[Request], error: Callable[[str], ProviderError]
    ) -> Iterator[Answer]:
        asked = [worker.request for worker in self._busy() if worker.request is not None]
        for request in [*asked, *waiting]:
            yield failed(request, error(request.symbol))
