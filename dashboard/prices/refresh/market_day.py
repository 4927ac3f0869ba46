"""The latest session of both boards, from two requests to the exchanges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

import pandas as pd

from dashboard.markets import HOME, market_of
from dashboard.prices.bars import FETCHED_AT, SESSION, SYMBOL
from dashboard.prices.limits import has_limit
from dashboard.prices.providers.exchanges.feeds import FEEDS
from dashboard.prices.providers.exchanges.prices import PRICE_FEEDS
from dashboard.prices.providers.exchanges.source import FeedAnswer, MarketDay
from dashboard.prices.records import DONE, FEED, LIMITS, REASON, STATE
from dashboard.prices.refresh.comparison import settle
from dashboard.prices.refresh.feed_book import FeedBook
from dashboard.prices.refresh.ledger import Ledger, Watch
from dashboard.prices.refresh.sources import Exchanges
from dashboard.prices.sessions import last_final_session

PRICE_KEYS: Final = frozenset(
    key for feed in PRICE_FEEDS.values() for key in (feed.key, *feed.fallbacks)
)
"""Feeds of a board's day, second forms included."""
ASKED_AGAIN_AFTER: Final = dt.timedelta(minutes=30)
"""A day that was told without a few symbols (halted ones) is asked again no sooner."""
_FEW: Final = 0.1
_LOOK_BACK: Final = dt.timedelta(days=30)


def is_due(ledger: Ledger, book: FeedBook, wanted: Collection[str]) -> bool:
    """Whether wanted shares lack the exchange's bar of the last session that has ended."""
    expected = last_final_session(HOME, ledger.now)
    own = [symbol for symbol in wanted if market_of(symbol) == HOME]
    limited = zip(own, has_limit(own, HOME), strict=True)
    shares = [symbol for symbol, has in limited if has and symbol not in ledger.no_limit]
    told = ledger.held.official_last
    lacking = sum(told.get(symbol, dt.date.min) < expected for symbol in shares)
    if not lacking:
        return False
    done = book.known[(book.known[STATE] == DONE) & (book.known[REASON] == f"{expected}")]
    age = pd.Timestamp(ledger.now) - done[FETCHED_AT]
    recent = done.loc[(age >= pd.Timedelta(0)) & (age < ASKED_AGAIN_AFTER), FEED]
    boards = {FEEDS[key].source for key in recent if key in PRICE_KEYS}
    both = {feed.source for feed in PRICE_FEEDS.values()} <= boards
    return not both or lacking > _FEW * len(shares)


def store_market_day(
    ledger: Ledger, book: FeedBook, exchanges: Exchanges, wanted: Collection[str], watch: Watch
) -> None:
    """Ask both boards, and store the wanted symbols beside what other sources told of them.

    A session of the past is stored too where it is new, and told as stale.
    """
    day = exchanges.market_day(ledger.now)
    _note_answers(ledger, book, day)
    names = frozenset(wanted)
    bars = day.bars[day.bars[SYMBOL].isin(names)]
    for _, session in bars.groupby(SESSION):
        _store_session(ledger, session)
    ledger.upsert_records(LIMITS, day.limits[day.limits[SYMBOL].isin(names)])
    for board in PRICE_FEEDS:
        watch.step(board)


def _store_session(ledger: Ledger, bars: pd.DataFrame) -> None:
    session = bars[SESSION].iloc[0].date()
    stored = ledger.stored_bars(bars[SYMBOL].tolist(), session - _LOOK_BACK, session)
    of_the_day = stored[SESSION] == pd.Timestamp(session)
    before = stored[~of_the_day].groupby(SYMBOL).tail(1)
    settled = settle(ledger.checked(bars, before).bars, stored[of_the_day])
    ledger.upsert(settled.bars, stored)
    ledger.settle_disputes(settled)


def _note_answers(ledger: Ledger, book: FeedBook, day: MarketDay) -> None:
    """Every answer is remembered; of the forms of one board, the one that counts is told."""
    expected = last_final_session(HOME, ledger.now)
    by_source: dict[str, list[FeedAnswer]] = {}
    for answer in day.answers:
        by_source.setdefault(answer.feed.source, []).append(answer)
    for answers in by_source.values():
        best = max(answers, key=lambda one: one.session or dt.date.min)
        for answer in answers:
            book.note(answer, expected, passed_over=answer is not best)
