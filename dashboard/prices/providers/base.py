"""What every source of prices looks like to `refresh`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from dashboard.errors import ProviderError


@dataclass(frozen=True)
class Request:
    """One symbol and the sessions wanted of it, both ends included."""

    symbol: str
    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Answer:
    """What a source said about one request: bars, or the error that kept them away.

    Attributes
    ----------
    bars : DataFrame, rows of `Bar`, sorted by session
        Empty when `error` is set.
    shares : DataFrame (symbol, date, shares)
        Shares outstanding, where the source knows them.
    refused : mapping session → why
        Rows that the source gave and that are no bar, left out of `bars`.
    """

    request: Request
    bars: pd.DataFrame
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)
    error: ProviderError | None = None
    refused: Mapping[dt.date, str] = field(default_factory=dict)


class Provider(Protocol):
    """A source; it never raises for one symbol, it answers with the error.

    `fetch` yields one answer per request, in any order, and stops early only after an
    answer with `RateLimited`.
    """

    name: str

    def fetch(self, requests: Sequence[Request]) -> Iterator[Answer]: ...
