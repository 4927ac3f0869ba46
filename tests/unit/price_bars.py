"""Bars and sources made for the tests of the price store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.errors import ProviderError
from dashboard.markets import market_of
from dashboard.prices.bars import (
    BAR_COLUMNS,
    BAR_DTYPES,
)
from dashboard.prices.providers.base import Answer, Request
from dashboard.prices.sessions import sessions

FETCHED = pd.Timestamp("2026-06-30 08:00", tz="UTC")


def bars_of(
    symbol: str,
    start: str,
    end: str,
    close: float | Sequence[float] | None = None,
    **columns: object,
) -> pd.DataFrame:
    """Bars on every session of the symbol's market; closes climb by a tenth of a percent."""
    days = sessions(market_of(symbol), dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    closes = 100 * 1.001 ** np.arange(days.size) if close is None else close
    frame = pd.DataFrame({"session": days.astype("datetime64[s]"), "close": closes})
    frame = frame.assign(
        symbol=symbol,
        open=frame["close"],
        high=frame["close"] * 1.01,
        low=frame["close"] * 0.99,
        adjusted_close=frame["close"],
        volume=1000.0,
        dividend=0.0,
        split=1.0,
        source="test",
        fetched_at=FETCHED,
        flags=0,
    ).assign(**columns)
    return frame[list(BAR_COLUMNS)].astype(BAR_DTYPES)


class Source:
    """A source that answers from frames; whatever it lacks, or is told to fail on, fails."""

    name = "test"

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame],
        errors: Mapping[str, ProviderError] | None = None,
        before: Callable[[Request], None] | None = None,
    ) -> None:
        self.frames = dict(frames)
        self.errors = dict(errors or {})
        self.before = before
        self.asked: list[Request] = []

    def fetch(self, requests: Sequence[Request]) -> Iterator[Answer]:
        for request in requests:
            self.asked.append(request)
            if self.before:
                self.before(request)
            error = self.errors.get(request.symbol)
            frame = self.frames.get(request.symbol, pd.DataFrame())
            yield Answer(request, pd.DataFrame() if error else frame, error=error)
