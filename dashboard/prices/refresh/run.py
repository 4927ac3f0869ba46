"""One refresh: what moved, the exchanges' day, histories, and what stands beside the prices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from dashboard.prices.lock import refresh_lock
from dashboard.prices.outcomes import Problem, Report
from dashboard.prices.providers.base import Provider, Request
from dashboard.prices.providers.exchanges.prices import PRICE_FEEDS
from dashboard.prices.refresh.feed_book import FeedBook
from dashboard.prices.refresh.history import Histories
from dashboard.prices.refresh.ledger import Ledger, Progress, Watch
from dashboard.prices.refresh.market_day import is_due, store_market_day
from dashboard.prices.refresh.planning import check_since, held, missing
from dashboard.prices.refresh.reference_data import due_feeds, store_reference_data
from dashboard.prices.refresh.sources import Exchanges
from dashboard.prices.refresh.universe import follow_moves, stored_listings
from dashboard.prices.store import PriceStore
from dashboard.settings import keep_days

TIDY_FILES: Final = 60
"""Above it the store is rewritten into few files; reading slows down from there."""


def refresh(
    store: PriceStore,
    provider: Provider | None,
    symbols: Iterable[str],
    *,
    now: dt.datetime,
    exchanges: Exchanges | None = None,
    since: dt.date | None = None,
    later: Collection[str] = (),
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    no_limit: Sequence[str] = (),
) -> Report:
    """Fetch what is missing, check it, store it, and say what became of each symbol.

    The exchanges are asked first, so that the latest session is there however the rest goes.
    Of a session that both tell, the exchange's traded prices are stored with the other's
    adjustment, and closes more than a tick apart are flagged and kept as disagreements. A
    symbol whose stored sessions come back with another adjustment (a dividend or split since)
    is fetched again whole. An empty or suspect answer changes nothing.

    Parameters
    ----------
    provider : source of histories; None to leave them as they are
    now : with time zone
    exchanges : source of the latest session and of records; None to ask only for histories
    since : first session wanted of a symbol not yet stored
    later : symbols beside `symbols` that are asked after them
    on_progress : called after each answer
    should_stop : asked after each answer; what has arrived by then is stored
    no_limit : symbols without a daily limit (emerging board)

    Raises
    ------
    InputError
        If `since` lies in the future.
    RefreshRunning
        If another refresh or import is writing the store.
    StoreError, StoreConflict
        If the store cannot be written.
    """
    check_since(since, now)
    watch = Watch(on_progress or (lambda progress: None), should_stop or (lambda: False))
    wanted = tuple(dict.fromkeys((*symbols, *later)))
    with refresh_lock(store.address):
        ledger = _opened(store, wanted, now, tuple(no_limit))
        requests = missing(ledger.held, wanted, now, since, later=later) if provider else []
        book = FeedBook(store, now)
        day = exchanges is not None and is_due(ledger, book, wanted)
        reference = due_feeds(book) if exchanges is not None else []
        watch.expect(len(requests) + len(reference) + (len(PRICE_FEEDS) if day else 0))
        try:
            if exchanges is not None:
                exchanges.closed_hosts.update(book.closed_hosts())
                if day:
                    store_market_day(ledger, book, exchanges, wanted, watch)
            unanswered = _histories(ledger, provider, requests, watch)
            if exchanges is not None:
                store_reference_data(ledger, book, exchanges, reference, wanted, watch)
        finally:
            book.save()
        _tidy(ledger)
    return ledger.report(requests, unanswered, book.reports)


def _opened(
    store: PriceStore, wanted: Sequence[str], now: dt.datetime, no_limit: tuple[str, ...]
) -> Ledger:
    stored, listings = held(store), stored_listings(store)
    moves = follow_moves(store, list(stored.first), listings, wanted)
    if any(move.done for move in moves):
        stored = held(store)
    return Ledger(store, now, no_limit, stored, listings, moves=moves)


def _histories(
    ledger: Ledger, provider: Provider | None, requests: Sequence[Request], watch: Watch
) -> Collection[str]:
    """Symbols that a source of histories was to tell and has not."""
    if provider is None or not requests:
        return ()
    if watch.stopped:
        ledger.open_problem = Problem.STOPPED
        return [request.symbol for request in requests]
    histories = Histories(ledger, provider, watch)
    histories.fetch(requests)
    return histories.unanswered


def _tidy(ledger: Ledger) -> None:
    if ledger.changed and ledger.store.files() > TIDY_FILES:
        ledger.store.optimize()
        ledger.store.vacuum(24 * keep_days())
