"""The exchanges as a source of the latest session and of what stands beside the prices."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import pandas as pd

from dashboard.errors import BadAnswer, InputError, ProviderError, SourceClosed
from dashboard.markets import HOME
from dashboard.prices.bars import FETCHED_AT, FLAGS, SESSION, SOURCE, BarFlag, empty_bars, validated
from dashboard.prices.providers.exchanges.acceptance import TAIPEI, not_in_future
from dashboard.prices.providers.exchanges.feed import BARS, Feed, Frames, Licence
from dashboard.prices.providers.exchanges.feeds import FEEDS
from dashboard.prices.providers.exchanges.prices import PRICE_FEEDS
from dashboard.prices.providers.exchanges.transport import Transport
from dashboard.prices.records import KINDS, LIMITS, empty_records, validated_records
from dashboard.prices.sessions import last_final_session

SITE_PAGES_VARIABLE: Final = "DASHBOARD_SITE_PAGES"


@dataclass(frozen=True)
class FeedAnswer:
    """What one feed said: frames, or the error that kept them away.

    Attributes
    ----------
    frames : mapping "bars" or name of a `RecordKind` → DataFrame, validated
        Empty when `error` is set.
    """

    feed: Feed
    frames: Frames = field(default_factory=dict)
    error: ProviderError | None = None

    @property
    def rows(self) -> int:
        """How many rows came, over all frames."""
        return sum(len(frame) for frame in self.frames.values())

    @property
    def session(self) -> dt.date | None:
        """The latest session of its bars."""
        bars = self.frames.get(BARS)
        if bars is None or bars.empty:
            return None
        latest: dt.date = bars[SESSION].max().date()
        return latest


@dataclass(frozen=True)
class MarketDay:
    """The latest session that the exchanges tell of.

    Attributes
    ----------
    bars : DataFrame, rows of `Bar`, every common stock of both boards that traded
        The adjusted close is the traded one, flagged so.
    limits : DataFrame of `LIMITS`
        Of the next session, as far as the day's own answer has them.
    sessions : mapping board → its session
        Boards may be a day apart; one without an answer is absent.
    problems : mapping board → why it has no bars
    answers : every answer in the order asked, those of forms that were passed over included
    """

    bars: pd.DataFrame
    limits: pd.DataFrame
    sessions: Mapping[str, dt.date]
    problems: Mapping[str, ProviderError]
    answers: tuple[FeedAnswer, ...]


def site_pages_allowed() -> bool:
    """Whether the environment turns the pages under site terms on."""
    return os.environ.get(SITE_PAGES_VARIABLE) == "1"


class ExchangeSource:
    """Asks the feeds, one after the other; a damaged answer never yields rows.

    Parameters
    ----------
    transport : Transport, optional
    site_pages : bool, optional
        Fetch pages whose site forbids scripted download; the environment's
        `DASHBOARD_SITE_PAGES=1` if not given.
    closed : mapping host → the Taipei day on which it turned us away, optional
        Not asked again on that day.
    clock : callable, optional
        The time now, with its zone.
    """

    def __init__(
        self,
        transport: Transport | None = None,
        site_pages: bool | None = None,
        closed: Mapping[str, dt.date] | None = None,
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        self._transport = transport or Transport()
        self._site_pages = site_pages_allowed() if site_pages is None else site_pages
        self._clock = clock or (lambda: dt.datetime.now(dt.UTC))
        self.closed_hosts: dict[str, dt.date] = dict(closed or {})
        """Hosts that turned us away, and on which Taipei day; those given included."""

    def ask(self, feed_key: str, **values: object) -> FeedAnswer:
        """What one feed says; `values` fill the placeholders of its address.

        Raises
        ------
        InputError
            If there is no such feed, it is a page under site terms and those are off, or its
            address lacks a value.
        """
        if feed_key not in FEEDS:
            raise InputError(f"{feed_key}: no such feed; one of {', '.join(sorted(FEEDS))}")
        feed = FEEDS[feed_key]
        if feed.licence is Licence.SITE and not self._site_pages:
            raise InputError(
                f"{feed.key}: the terms of {host_of(feed)} forbid scripted download; it is off "
                f"unless {SITE_PAGES_VARIABLE}=1 says that you may"
            )
        try:
            return FeedAnswer(feed, self._frames(feed, values))
        except SourceClosed as error:
            self.closed_hosts[host_of(feed)] = self._today()
            return FeedAnswer(feed, error=error)
        except ProviderError as error:
            return FeedAnswer(feed, error=error)

    def _frames(self, feed: Feed, values: Mapping[str, object]) -> Frames:
        host = host_of(feed)
        if self.closed_hosts.get(host) == self._today():
            raise SourceClosed(feed.key, f"{host} turned us away today; asked again tomorrow")
        try:
            address = feed.address.format(**values)
        except KeyError as error:
            raise InputError(f"{feed.key}: {error.args[0]} is not given; name the page") from error
        frames = self._transport.fetch(address, feed.parse, feed.key)
        return {name: self._completed(feed, name, frame) for name, frame in frames.items()}

    def _completed(self, feed: Feed, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        now = self._clock()
        filled = frame.assign(**{FETCHED_AT: pd.Timestamp(now).tz_convert("UTC")})
        if SOURCE not in filled:
            filled[SOURCE] = feed.source
        try:
            if name != BARS:
                return validated_records(KINDS[name], filled)
            bars = validated(filled)
        except InputError as error:
            raise BadAnswer(feed.key, f"a value cannot be right: {error}") from error
        for session in bars[SESSION].dt.date.unique():
            not_in_future(feed.key, session, now)
        return bars

    def _today(self) -> dt.date:
        return self._clock().astimezone(TAIPEI).date()

    def market_day(self, now: dt.datetime | None = None) -> MarketDay:
        """The latest session of both boards, from two requests where all is well.

        A board whose answer fails, or is older than the last final session, is asked in its
        second form; the newer of the two counts.
        """
        now = now or self._clock()
        expected = last_final_session(HOME, now)
        asked = {board: self._board(feed, expected) for board, feed in PRICE_FEEDS.items()}
        best = {board: _newest(answers) for board, answers in asked.items()}
        good = {board: answer for board, answer in best.items() if answer.error is None}
        bars = [_provisional(answer.frames[BARS], expected) for answer in good.values()]
        limits = [
            answer.frames[LIMITS.name] for answer in good.values() if LIMITS.name in answer.frames
        ]
        return MarketDay(
            bars=pd.concat(bars, ignore_index=True) if bars else empty_bars(),
            limits=pd.concat(limits, ignore_index=True) if limits else empty_records(LIMITS),
            sessions={b: answer.session for b, answer in good.items() if answer.session},
            problems={b: answer.error for b, answer in best.items() if answer.error},
            answers=tuple(answer for answers in asked.values() for answer in answers),
        )

    def _board(self, feed: Feed, expected: dt.date) -> list[FeedAnswer]:
        answers = [self.ask(feed.key)]
        for key in feed.fallbacks:
            if any(answer.session and answer.session >= expected for answer in answers):
                break
            answers.append(self.ask(key))
        return answers


def host_of(feed: Feed) -> str:
    """The host a feed is asked from."""
    return urlsplit(feed.address).netloc


def _newest(answers: list[FeedAnswer]) -> FeedAnswer:
    """The answer with the latest session, the first one of equals; else the first failure."""
    return max(answers, key=lambda answer: answer.session or dt.date.min)


def _provisional(bars: pd.DataFrame, expected: dt.date) -> pd.DataFrame:
    early = bars[SESSION] > pd.Timestamp(expected)
    provisional = bars[FLAGS] | int(BarFlag.PROVISIONAL)
    return bars.assign(**{FLAGS: bars[FLAGS].where(~early, provisional)})
