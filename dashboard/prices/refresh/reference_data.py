"""What the exchanges publish beside the prices: companies, actions, revenue, notices, indices."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandas as pd

from dashboard.errors import BadAnswer
from dashboard.markets import is_index
from dashboard.prices.actions import completed
from dashboard.prices.bars import SESSION, SYMBOL
from dashboard.prices.listings import merged
from dashboard.prices.providers.exchanges.acceptance import TAIPEI
from dashboard.prices.providers.exchanges.feed import BARS, Licence
from dashboard.prices.providers.exchanges.feeds import FEEDS
from dashboard.prices.providers.exchanges.fundamentals import without_restatements
from dashboard.prices.providers.exchanges.source import FeedAnswer
from dashboard.prices.records import ACTIONS, KINDS, LISTINGS, REVENUES, RecordKind
from dashboard.prices.refresh.feed_book import FeedBook
from dashboard.prices.refresh.ledger import Ledger, Watch
from dashboard.prices.refresh.market_day import PRICE_KEYS
from dashboard.prices.refresh.sources import Exchanges

_STAND_INS: Final = frozenset(key for feed in FEEDS.values() for key in feed.fallbacks)


def due_feeds(book: FeedBook) -> list[str]:
    """Feeds of open data, the days of prices left out, whose last answer is not good any more."""
    return [
        key
        for key, feed in FEEDS.items()
        if feed.licence is Licence.OPEN
        and key not in PRICE_KEYS
        and key not in _STAND_INS
        and book.is_due(feed)
    ]


def store_reference_data(
    ledger: Ledger,
    book: FeedBook,
    exchanges: Exchanges,
    due: Collection[str],
    wanted: Collection[str],
    watch: Watch,
) -> None:
    """Ask the feeds that are due, one commit a kind and feed.

    Parameters
    ----------
    wanted : symbols to keep records of, beside those that are stored; listings and holidays
        are kept whole
    """
    kept = {*wanted, *ledger.held.first}
    for key in due:
        if watch.stopped:
            return
        for each in (key, *FEEDS[key].fallbacks):
            answer = _stored(ledger, _asked(book, exchanges, each), kept)
            book.note(answer, passed_over=answer.error is not None and each != _last(key))
            if answer.error is None:
                break
        watch.step(key)


def _last(key: str) -> str:
    return (key, *FEEDS[key].fallbacks)[-1]


def _asked(book: FeedBook, exchanges: Exchanges, key: str) -> FeedAnswer:
    down = book.down(FEEDS[key])
    return exchanges.ask(key) if down is None else FeedAnswer(FEEDS[key], error=down)


def _stored(ledger: Ledger, answer: FeedAnswer, kept: Collection[str]) -> FeedAnswer:
    """The answer, its frames stored; as a failure where they contradict what is known."""
    try:
        for name, frame in answer.frames.items():
            if name == BARS:
                _store_indices(ledger, frame)
            elif name == LISTINGS.name:
                _store_listings(ledger, frame)
            else:
                _store_records(ledger, KINDS[name], frame, kept)
    except BadAnswer as error:
        return FeedAnswer(answer.feed, error=error)
    return answer


def _store_records(
    ledger: Ledger, kind: RecordKind, records: pd.DataFrame, kept: Collection[str]
) -> None:
    own = records[records[SYMBOL].isin(kept)] if SYMBOL in kind.columns else records
    if kind is ACTIONS:
        own = completed(own, ledger.store.read_records(ACTIONS, own[SYMBOL].unique()))
    if kind is REVENUES:
        own = without_restatements(own, ledger.store.read_records(REVENUES, own[SYMBOL].unique()))
    ledger.upsert_records(kind, own)


def _store_listings(ledger: Ledger, fresh: pd.DataFrame) -> None:
    """Lay a board's newest list over the known one; a row that it replaces goes.

    Raises
    ------
    BadAnswer
        If much of the board would be gone.
    """
    listings = merged(ledger.listings, fresh, ledger.now.astimezone(TAIPEI).date())
    ledger.upsert_records(LISTINGS, listings)
    keys = list(LISTINGS.keys)
    both = ledger.listings[keys].merge(listings[keys], how="left", indicator=True)
    ledger.store.delete_records(LISTINGS, both.loc[both["_merge"] == "left_only", keys])
    ledger.listings = listings


def _store_indices(ledger: Ledger, bars: pd.DataFrame) -> None:
    """Closes of the exchanges' indices; they never take the place of a bar with its range."""
    own = bars[bars[SYMBOL].map(is_index).astype(bool)]
    if own.empty:
        return
    start, end = own[SESSION].min().date(), own[SESSION].max().date()
    stored = ledger.stored_bars(own[SYMBOL].unique().tolist(), start, end)
    ledger.upsert(ledger.checked(own).bars, stored)
