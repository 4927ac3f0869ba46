"""What yfinance and curl_cffi raise, as errors of this package."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from curl_cffi.requests.exceptions import ConnectionError as Unconnected
from curl_cffi.requests.exceptions import IncompleteRead, ProxyError, RequestException, Timeout
from yfinance.exceptions import (
    YFDataException,
    YFException,
    YFRateLimitError,
    YFTickerMissingError,
)

from dashboard.errors import (
    BadAnswer,
    DeadlineExceeded,
    ProviderError,
    RateLimited,
    SourceUnavailable,
    UnknownSymbol,
)

FOREIGN: Final = (YFException, RequestException, LookupError, ValueError, TypeError, AttributeError)
"""What `history` raises; the last four when an answer has not the form yfinance expects."""

_CURL_TOLD: Final = re.compile(r"curl: \(\d+\) (.+?)(?:\. See https?:|$)")
_TOO_MANY: Final = 429
_REFUSED: Final = (401, 403)
_SERVER_ERROR: Final = 500


@dataclass(frozen=True)
class Failure:
    """One attempt that brought nothing."""

    error: ProviderError
    may_pass: bool
    """Worth another try in a few seconds."""


def rate_limited(symbol: str) -> RateLimited:
    """Yahoo asks to stop."""
    return RateLimited(
        symbol,
        "Yahoo limits our requests; the run ends here, try again in an hour, what is stored stays",
    )


def failure_of(symbol: str, error: BaseException, status: int | None) -> Failure:
    """Translate one exception of `FOREIGN`.

    Parameters
    ----------
    status : int, optional
        HTTP status of the answer it was raised over: yfinance reports a 500 whose body is
        JSON, a refused crumb and an unknown symbol with the same exception.
    """
    if isinstance(error, YFRateLimitError) or status == _TOO_MANY:
        return Failure(rate_limited(symbol), may_pass=False)
    if status is not None and status >= _SERVER_ERROR:
        reason = f"Yahoo failed with status {status}; try again later"
        return Failure(SourceUnavailable(symbol, reason), may_pass=True)
    if status in _REFUSED:
        reason = f"Yahoo refused the request with status {status}; try again later"
        return Failure(SourceUnavailable(symbol, reason), may_pass=True)
    if isinstance(error, RequestException):
        return _network(symbol, error)
    if isinstance(error, YFTickerMissingError):
        reason = f"Yahoo has no prices ({error.rationale}); check the symbol and its listing"
        return Failure(UnknownSymbol(symbol, reason), may_pass=False)
    if isinstance(error, YFDataException) and "DOWN" in str(error):
        return Failure(SourceUnavailable(symbol, "Yahoo is down; try again later"), may_pass=True)
    return _malformed(symbol, error)


def _network(symbol: str, error: RequestException) -> Failure:
    if isinstance(error, Timeout):
        reason = "Yahoo did not answer in time; try again later"
        return Failure(DeadlineExceeded(symbol, reason), may_pass=True)
    if isinstance(error, IncompleteRead):
        reason = "Yahoo's answer broke off before its end; try again later"
        return Failure(BadAnswer(symbol, reason), may_pass=True)
    what = "the connection failed" if isinstance(error, Unconnected | ProxyError) else "failed"
    reason = f"Yahoo is not reachable, {what} ({_first_line(error)}); check the network"
    return Failure(SourceUnavailable(symbol, reason), may_pass=True)


def _malformed(symbol: str, error: BaseException) -> Failure:
    # Text that is no JSON may be a passing page; JSON of another form is a change of Yahoo's.
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        reason = "Yahoo answered with something that is not JSON; try again later"
        return Failure(BadAnswer(symbol, reason), may_pass=True)
    reason = f"Yahoo's answer has not the known form ({type(error).__name__}: {_first_line(error)})"
    return Failure(BadAnswer(symbol, reason), may_pass=False)


def _first_line(error: BaseException) -> str:
    """What curl or Python says, without curl's preamble and its advice to read on."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    told = _CURL_TOLD.search(lines[0])
    return (told[1] if told else lines[0]).rstrip(".")
