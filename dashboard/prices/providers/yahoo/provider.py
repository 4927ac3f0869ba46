"""Daily bars and shares outstanding from Yahoo, one symbol at a time."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd
import yfinance

from dashboard.errors import ProviderError, RateLimited, WrongSymbol
from dashboard.markets import MARKETS, is_index, market_of
from dashboard.prices.providers.base import Answer, Request
from dashboard.prices.providers.pacing import Pacer, checked_origin
from dashboard.prices.providers.yahoo.conversion import (
    SOURCE_NAME,
    Converted,
    shares_outstanding,
    traded_bars,
)
from dashboard.prices.providers.yahoo.translation import FOREIGN, failure_of, rate_limited
from dashboard.prices.providers.yahoo.transport import (
    ORIGIN_VARIABLE,
    forget_past_answers,
    know_timezone,
    shared_session,
)
from dashboard.prices.providers.yahoo.workers import Limits, Run, failed
from dashboard.prices.quality import Identity, identity_fault

_PERIODS: Final = (
    ("1mo", 27), ("3mo", 88), ("6mo", 180), ("1y", 363), ("2y", 728), ("5y", 1824), ("10y", 3650),
)  # fmt: skip
"""Yahoo's ranges and the days that each surely covers."""
_EVERYTHING: Final = "max"
_SHORTEST: Final = _PERIODS[0][0]
_PATIENCE: Final = 5
_PATIENCE_UNREACHED: Final = 2


class YahooProvider:
    """Yahoo's chart service through the real yfinance.

    A symbol costs one request, two when its shares outstanding are asked as well; the first
    of a run may cost three more (cookie, consent, crumb). Yahoo answers failures twice,
    because yfinance tries its other cookie before it gives up.

    Parameters
    ----------
    origin : str, optional
        A server on this machine that stands in for Yahoo, such as `http://127.0.0.1:8765`;
        the environment's `DASHBOARD_YAHOO_ORIGIN` if not given.
    workers : int
        Requests under way at once; more than two get the address limited.
    pause : float, seconds
        Least time between the starts of two requests.
    timeout : float, seconds
        Longest wait for one request.
    retry_waits : sequence of float, seconds
        Waits before a time-out, a server's error or a broken answer is tried again.
    symbol_deadline, run_deadline : float, seconds
        Hard limits; an overdue symbol answers with `DeadlineExceeded`.
    shares : bool
        Ask for shares outstanding where more than a month of bars is asked. That they fail
        never fails the bars.

    Raises
    ------
    InputError
        If `origin` is not on this machine.
    """

    name = SOURCE_NAME

    def __init__(
        self,
        *,
        origin: str | None = None,
        workers: int = 1,
        pause: float = 0.4,
        timeout: float = 10.0,
        retry_waits: Sequence[float] = (2.0, 8.0),
        symbol_deadline: float = 60.0,
        run_deadline: float = 1800.0,
        shares: bool = True,
    ) -> None:
        given = origin or os.environ.get(ORIGIN_VARIABLE)
        self._origin = checked_origin(given, ORIGIN_VARIABLE) if given else None
        self._pause = pause
        self._timeout = timeout
        self._retry_waits = tuple(retry_waits)
        self._shares = shares
        self._limits = Limits(workers, symbol_deadline, run_deadline, self._patience)
        self._limited = threading.Event()

    def fetch(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """One answer a request, in any order; ends early only after one with `RateLimited`.

        After several symbols in a row without an answer, two while nothing at all was
        reachable, the others are answered with the same error and not asked.
        """
        self._limited.clear()
        self._session().start_run(Pacer(self._pause))
        forget_past_answers()
        yield from Run(self._answer, self._limits).answers(requests)

    def _session(self) -> Any:
        return shared_session(self._origin)

    def _patience(self) -> int:
        return _PATIENCE if self._session().reached else _PATIENCE_UNREACHED

    def _answer(self, request: Request, left_behind: threading.Event) -> Answer:
        market = MARKETS[market_of(request.symbol)]
        know_timezone(request.symbol, market.timezone)
        ticker = yfinance.Ticker(request.symbol, session=self._session())
        period = covering_period(request.start)
        answer = self._history(ticker, request, period, left_behind)
        wanted = self._shares and period != _SHORTEST and not is_index(request.symbol)
        if answer.error is None and wanted:
            return self._with_shares(answer, ticker)
        return answer

    def _history(
        self, ticker: yfinance.Ticker, request: Request, period: str, left_behind: threading.Event
    ) -> Answer:
        """The bars, tried again while that may help and somebody waits."""
        for wait in (*self._retry_waits, None):
            if self._limited.is_set():
                return failed(request, rate_limited(request.symbol))
            try:
                converted = self._converted(ticker, request, period)
            except ProviderError as error:
                return failed(request, error)
            except FOREIGN as error:
                failure = failure_of(request.symbol, error, self._session().last_status)
                if isinstance(failure.error, RateLimited):
                    self._limited.set()
                # Without any answer so far there is no network: the wait would be for nothing.
                hopeless = not failure.may_pass or not self._session().reached
                if hopeless or wait is None or left_behind.wait(wait):
                    return failed(request, failure.error)
            else:
                return Answer(request, converted.bars, refused=converted.refused)
        raise AssertionError("the last attempt has no wait and returns")

    def _converted(self, ticker: yfinance.Ticker, request: Request, period: str) -> Converted:
        # A `range` up to today never meets yfinance's cache of past answers, and has all the
        # splits that Yahoo has already taken into account.
        history = ticker.history(
            period=period, auto_adjust=False, actions=True, timeout=self._timeout
        )
        check_identity(request.symbol, ticker.history_metadata)
        fetched_at = dt.datetime.now(dt.UTC)
        return traded_bars(history, request.symbol, request.start, request.end, fetched_at)

    def _with_shares(self, answer: Answer, ticker: yfinance.Ticker) -> Answer:
        symbol = answer.request.symbol
        try:
            counts = ticker.get_shares_full()
        except FOREIGN as error:
            failure = failure_of(symbol, error, self._session().last_status)
            if isinstance(failure.error, RateLimited):
                self._limited.set()
            return answer
        if not isinstance(counts, pd.Series):
            return answer
        shares = shares_outstanding(symbol, counts)
        return Answer(answer.request, answer.bars, shares, refused=answer.refused)


def covering_period(start: dt.date) -> str:
    """The shortest of Yahoo's ranges up to today that has `start` in it."""
    days = (dt.datetime.now(dt.UTC).date() - start).days
    return next((period for period, covered in _PERIODS if days <= covered), _EVERYTHING)


def check_identity(symbol: str, metadata: Mapping[str, Any]) -> None:
    """Compare what was answered with what was asked.

    Raises
    ------
    WrongSymbol
        If symbol or currency differ: Yahoo sometimes serves a namesake of another exchange.
    """
    answered = Identity(metadata.get("symbol"), metadata.get("currency"))
    fault = identity_fault(symbol, answered)
    if fault == "wrong_symbol":
        raise WrongSymbol(
            symbol, f"Yahoo answered about {answered.symbol}; check the symbol in the map"
        )
    if fault is not None:
        expected = MARKETS[market_of(symbol)].currency
        raise WrongSymbol(
            symbol,
            f"Yahoo's prices are in {answered.currency} instead of {expected}; check the symbol",
        )
