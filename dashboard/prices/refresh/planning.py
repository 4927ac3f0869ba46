"""What is missing of each symbol, and which of it to ask a source of histories for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.errors import InputError
from dashboard.markets import HOME, MARKETS, market_of
from dashboard.prices.providers.base import Request
from dashboard.prices.sessions import FIRST_SESSION, last_final_session, sessions
from dashboard.prices.store import PriceStore

OVERLAP_SESSIONS: Final = 10
"""Stored sessions asked for again, to see an adjustment and to mend what was late."""
DEFAULT_HISTORY: Final = dt.timedelta(days=3653)
_LONGEST_CLOSURE: Final = dt.timedelta(days=30)


def plan(
    store: PriceStore,
    symbols: Iterable[str],
    now: dt.datetime,
    since: dt.date | None = None,
) -> list[Request]:
    """What is missing up to the last final session of each symbol's market.

    Parameters
    ----------
    now : with time zone
    since : first session wanted of a symbol not yet stored; ten years ago if None

    Returns
    -------
    list of Request, by market
        Empty where nothing is missing. Of a stored symbol the last sessions are asked again.

    Raises
    ------
    InputError
        If `since` lies in the future.
    """
    today = now.astimezone(ZoneInfo(MARKETS[HOME].timezone)).date()
    if since is not None and since > today:
        raise InputError(f"--since {since}: it is after today ({today}); give an earlier day")
    stored = store.coverage()
    last_stored = {str(symbol): day.date() for symbol, day in stored["last"].items()}
    requests = []
    for symbol in dict.fromkeys(symbols):
        market = market_of(symbol)
        end = last_final_session(market, now)
        last = last_stored.get(symbol)
        if last is None:
            start = max(since or end - DEFAULT_HISTORY, FIRST_SESSION)
            if start <= end:
                requests.append(Request(symbol, start, end))
        elif last < end and sessions(market, last + dt.timedelta(days=1), end).size:
            known = sessions(market, last - _LONGEST_CLOSURE, last)[-OVERLAP_SESSIONS:]
            requests.append(Request(symbol, known[0].item() if known.size else last, end))
    return sorted(requests, key=lambda request: market_of(request.symbol))


def first_stored(store: PriceStore) -> dict[str, dt.date]:
    """First stored session of each symbol."""
    return {str(symbol): day.date() for symbol, day in store.coverage()["first"].items()}
