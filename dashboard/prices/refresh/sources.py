"""Which sources a refresh asks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dashboard.prices.providers.base import Provider
from dashboard.prices.providers.exchanges.source import ExchangeSource, FeedAnswer, MarketDay


class Source(StrEnum):
    """Where `refresh` takes prices from."""

    AUTO = "auto"
    """Histories from Yahoo, the latest session from the exchanges, the two compared."""
    YAHOO = "yahoo"
    EXCHANGES = "exchanges"


class Exchanges(Protocol):
    """What `refresh` asks of the exchanges.

    Attributes
    ----------
    closed_hosts : host → Taipei day on which it turned us away
        Not asked again on that day; grows with what it learns.
    """

    closed_hosts: dict[str, dt.date]

    def market_day(self, now: dt.datetime | None = None) -> MarketDay: ...

    def ask(self, feed_key: str, **values: str) -> FeedAnswer: ...


@dataclass(frozen=True)
class Sources:
    """A source of histories, the exchanges, or both."""

    history: Provider | None = None
    exchanges: Exchanges | None = None


def open_sources(source: Source) -> Sources:
    """The sources by their name; nothing is asked yet.

    Raises
    ------
    InputError
        If the environment names a stand-in that is not on this machine.
    """
    history: Provider | None = None
    exchanges: Exchanges | None = None
    if source is not Source.EXCHANGES:
        # A second to import, which a refresh from the exchanges alone shall not pay.
        from dashboard.prices.providers.yahoo import YahooProvider

        history = YahooProvider()
    if source is not Source.YAHOO:
        exchanges = ExchangeSource()
    return Sources(history, exchanges)
