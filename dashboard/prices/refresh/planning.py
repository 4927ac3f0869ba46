"""What is stored of each symbol, what is missing, and which of it to ask for histories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from dashboard.errors import InputError
from dashboard.markets import HOME, MARKETS, market_of
from dashboard.prices.bars import FETCHED_AT, FLAGS, SESSION, SOURCE, SYMBOL
from dashboard.prices.providers.base import Request
from dashboard.prices.refresh.comparison import exchange_only, official
from dashboard.prices.sessions import FIRST_SESSION, last_final_session, sessions
from dashboard.prices.store import PriceStore

OVERLAP_SESSIONS: Final = 10
"""Stored sessions asked for again, to see an adjustment and to mend what was late."""
DEFAULT_HISTORY: Final = dt.timedelta(days=3653)
_LONGEST_CLOSURE: Final = dt.timedelta(days=30)


@dataclass(frozen=True)
class Held:
    """First and last sessions of what is stored, by symbol.

    Attributes
    ----------
    first : of all bars
    history_first, history_last
        Of the bars that a source of histories has told; without those of which only the
        exchange has told the traded prices.
    official_last : of the bars with the exchange's own prices
    latest_fetch : of any bar; None where nothing is stored
    """

    first: Mapping[str, dt.date]
    history_first: Mapping[str, dt.date]
    history_last: Mapping[str, dt.date]
    official_last: Mapping[str, dt.date]
    latest_fetch: dt.datetime | None


def held(store: PriceStore) -> Held:
    """What is stored, from one pass over five columns."""
    table = store.read(fields=[SYMBOL, SESSION, FLAGS, SOURCE, FETCHED_AT])
    grouped = table.group_by([SYMBOL, FLAGS, SOURCE]).aggregate(
        [(SESSION, "min"), (SESSION, "max"), (FETCHED_AT, "max")]
    )
    frame = grouped.to_pandas(date_as_object=False)
    told = frame[~exchange_only(frame)]
    latest = frame[f"{FETCHED_AT}_max"].max()
    return Held(
        _days(frame.groupby(SYMBOL)[f"{SESSION}_min"].min()),
        _days(told.groupby(SYMBOL)[f"{SESSION}_min"].min()),
        _days(told.groupby(SYMBOL)[f"{SESSION}_max"].max()),
        _days(frame[official(frame)].groupby(SYMBOL)[f"{SESSION}_max"].max()),
        None if pd.isna(latest) else latest.to_pydatetime(),
    )


def _days(by_symbol: pd.Series) -> dict[str, dt.date]:
    return {str(symbol): day.date() for symbol, day in by_symbol.items()}


def plan(
    store: PriceStore,
    symbols: Iterable[str],
    now: dt.datetime,
    since: dt.date | None = None,
    *,
    later: Collection[str] = (),
) -> list[Request]:
    """What a source of histories is to be asked, up to each market's last final session.

    Parameters
    ----------
    now : with time zone
    since : first session wanted of a symbol not yet stored; ten years ago if None
    later : symbols to be asked after all others

    Returns
    -------
    list of Request, by market
        Empty where nothing is missing. Of a stored symbol the last sessions are asked again.
        A session that only an exchange has told counts as missing: its adjustment is.

    Raises
    ------
    InputError
        If `since` lies in the future.
    """
    check_since(since, now)
    return missing(held(store), symbols, now, since, later=later)


def check_since(since: dt.date | None, now: dt.datetime) -> None:
    """Raises InputError if the day lies in the future."""
    today = now.astimezone(ZoneInfo(MARKETS[HOME].timezone)).date()
    if since is not None and since > today:
        raise InputError(f"--since {since}: it is after today ({today}); give an earlier day")


def missing(
    stored: Held,
    symbols: Iterable[str],
    now: dt.datetime,
    since: dt.date | None = None,
    *,
    later: Collection[str] = (),
) -> list[Request]:
    """As `plan`, of what is known to be stored."""
    requests = []
    for symbol in dict.fromkeys(symbols):
        market = market_of(symbol)
        end = last_final_session(market, now)
        last = stored.history_last.get(symbol)
        if last is None:
            start = max(since or end - DEFAULT_HISTORY, FIRST_SESSION)
            if start <= end:
                requests.append(Request(symbol, start, end))
        elif last < end and sessions(market, last + dt.timedelta(days=1), end).size:
            known = sessions(market, last - _LONGEST_CLOSURE, last)[-OVERLAP_SESSIONS:]
            requests.append(Request(symbol, known[0].item() if known.size else last, end))
    behind = frozenset(later)
    return sorted(requests, key=lambda one: (one.symbol in behind, market_of(one.symbol)))


def first_stored(store: PriceStore) -> Mapping[str, dt.date]:
    """First stored session of each symbol."""
    return held(store).first
