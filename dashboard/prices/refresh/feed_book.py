"""What the feeds of the exchanges answered, today and before."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Final

import pandas as pd

from dashboard.errors import DeadlineExceeded, ProviderError, SourceClosed, SourceUnavailable
from dashboard.prices.bars import DATE, FETCHED_AT
from dashboard.prices.outcomes import FeedReport, problem_of
from dashboard.prices.providers.exchanges.acceptance import TAIPEI
from dashboard.prices.providers.exchanges.feed import BARS, Feed
from dashboard.prices.providers.exchanges.feeds import FEEDS
from dashboard.prices.providers.exchanges.source import FeedAnswer, host_of
from dashboard.prices.records import CLOSED, DONE, FAILED, FEED, REASON, ROWS, STATE
from dashboard.prices.records import FEEDS as FEEDS_KIND
from dashboard.prices.store import PriceStore

PATIENCE: Final = 2
"""So many answers in a row that do not come mean that a host is down."""


class FeedBook:
    """The records of the feeds, read once and written once.

    Attributes
    ----------
    known : DataFrame of `records.FEEDS`
    reports : what became of each feed in this run, in the order asked
    """

    def __init__(self, store: PriceStore, now: dt.datetime) -> None:
        self._store = store
        self._now = now
        self._today = now.astimezone(TAIPEI).date()
        self._new: dict[str, tuple[object, ...]] = {}
        self._failures: dict[str, list[ProviderError]] = defaultdict(list)
        self.known = store.read_records(FEEDS_KIND)
        self.reports: list[FeedReport] = []

    def closed_hosts(self) -> dict[str, dt.date]:
        """Hosts that turned us away today."""
        today = self.known[self.known[DATE] == pd.Timestamp(self._today)]
        keys = today.loc[today[STATE] == CLOSED, FEED]
        return {host_of(FEEDS[key]): self._today for key in keys if key in FEEDS}

    def is_due(self, feed: Feed) -> bool:
        """Whether its last good answer is as old as its answers stay good.

        One from the future was written by a clock that was wrong: it says nothing.
        """
        own = self.known[(self.known[FEED] == feed.key) & (self.known[STATE] == DONE)]
        age = pd.Timestamp(self._now) - own[FETCHED_AT]
        fresh = (age >= pd.Timedelta(0)) & (age < pd.Timedelta(feed.every))
        return not bool(fresh.any())

    def down(self, feed: Feed) -> ProviderError | None:
        """Why a feed need not be asked: its host did not answer twice in a row."""
        failures = self._failures[host_of(feed)]
        if len(failures) < PATIENCE:
            return None
        last = failures[-1]
        return type(last)(feed.key, f"not asked, as before: {last.reason}")

    def note(
        self, answer: FeedAnswer, expected: dt.date | None = None, *, passed_over: bool = False
    ) -> None:
        """Remember an answer.

        Parameters
        ----------
        expected : the last session that has ended, for a day of prices
        passed_over : another form of the same was better
        """
        key, error = answer.feed.key, answer.error
        failures = self._failures[host_of(answer.feed)]
        if isinstance(error, SourceUnavailable | DeadlineExceeded):
            failures.append(error)
        else:
            failures.clear()
        state = DONE if error is None else CLOSED if isinstance(error, SourceClosed) else FAILED
        told = "" if expected is None or answer.session is None else f"{answer.session}"
        reason = error.reason if error else told
        self._new[key] = (key, self._today, state, reason, answer.rows, self._now)
        self.reports.append(
            FeedReport(
                key,
                answer.rows if expected is None else len(answer.frames.get(BARS, ())),
                problem_of(error) if error else None,
                error.reason if error else "",
                answer.session if expected else None,
                expected,
                passed_over,
            )
        )

    def save(self) -> None:
        """Write what was learnt; one commit, none where nothing was asked."""
        if self._new:
            columns = [FEED, DATE, STATE, REASON, ROWS, FETCHED_AT]
            rows = pd.DataFrame(list(self._new.values()), columns=columns)
            self._store.upsert_records(FEEDS_KIND, rows)
            self._new.clear()
