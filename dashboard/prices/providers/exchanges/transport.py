"""The only way to the exchanges' hosts: paced, bounded in time and size, never redirected."""

from __future__ import annotations

import os
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.util.ssl_ import create_urllib3_context

from dashboard.errors import (
    BadAnswer,
    DeadlineExceeded,
    Garbled,
    ProviderError,
    SourceClosed,
    SourceUnavailable,
)
from dashboard.prices.providers.pacing import Pacer, checked_origin

ORIGIN_VARIABLE: Final = "DASHBOARD_EXCHANGE_ORIGIN"
CONNECT_TIMEOUT: Final = 5.0
SIZE_LIMIT: Final = 64 * 2**20
"""Bytes, sent as well as unpacked; the largest answer, of TPEx, has about five million."""

_CHUNK: Final = 2**16
_GZIP: Final = 16 + zlib.MAX_WBITS
_TURNED_AWAY: Final = frozenset((302, 303, 307, 403, 428, 429))
_BLOCK_MARKS: Final = tuple(
    mark.encode(encoding)
    for mark in ("安全性考量", "FOR SECURITY REASONS")
    for encoding in ("utf-8", "cp950")
)
_MAY_PASS: Final = (DeadlineExceeded, Garbled)
_HEADERS: Final = {
    "User-Agent": "taiwan-ai-supply-chain (daily refresh of open data)",
    "Accept": "application/json, text/csv;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip",
}
T = TypeVar("T")


def tls_context() -> ssl.SSLContext:
    """Certificates and host names are verified, but for one point of form.

    The hosts' certificates lack a Subject Key Identifier, which Python 3.13 and later demand.
    """
    context: ssl.SSLContext = create_urllib3_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=tls_context())

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return super().proxy_manager_for(*args, **options, ssl_context=tls_context())


@dataclass
class _Attempt:
    """One request, run in a thread of its own so that nothing can outlast its deadline."""

    body: bytes = b""
    status: int = 0
    error: Exception | None = None
    abandoned: bool = False


class Transport:
    """Gets one address at a time.

    Parameters
    ----------
    origin : str, optional
        A server on this machine that stands in for every host, such as
        `http://127.0.0.1:8766`; the host that was meant stands in the `Host` header. The
        environment's `DASHBOARD_EXCHANGE_ORIGIN` if not given.
    pause : float, seconds
        Least time between the starts of two requests to one host.
    timeout : float, seconds
        Longest silence within an answer.
    deadline : float, seconds
        Longest time for one request, however much the answer drips.
    retry_waits : sequence of float, seconds
        Waits before a time-out, a server's error or a garbled answer is tried again.

    Raises
    ------
    InputError
        If `origin` is not on this machine.
    """

    def __init__(
        self,
        origin: str | None = None,
        pause: float = 3.0,
        timeout: float = 20.0,
        deadline: float = 90.0,
        retry_waits: Sequence[float] = (2.0, 8.0),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        given = origin or os.environ.get(ORIGIN_VARIABLE)
        self._origin = checked_origin(given, ORIGIN_VARIABLE) if given else None
        self._pause = pause
        self._timeout = timeout
        self._deadline = deadline
        self._retry_waits = tuple(retry_waits)
        self._clock = clock
        self._sleep = sleep
        self._pacers: dict[str, Pacer] = {}

    def get(self, url: str) -> bytes:
        """The answer's bytes; as `fetch`."""
        return self.fetch(url, bytes)

    def fetch(self, url: str, read: Callable[[bytes], T], label: str = "") -> T:
        """What `read` makes of the answer.

        Parameters
        ----------
        read : callable
            May raise `Garbled` to have the address asked again.
        label : str
            What errors name; the host if not given.

        Raises
        ------
        SourceClosed
            If the site turns us away: a redirect, 403, 428, 429 or its block page.
        SourceUnavailable
            If it cannot be reached, is not who it says, or fails.
        DeadlineExceeded
            If there is no answer in time.
        BadAnswer
            If there is no such page, it is too large, or `read` says so.
        """
        label = label or str(urlsplit(url).hostname)
        for wait in (*self._retry_waits, None):
            try:
                return read(self._once(url, label))
            except _MAY_PASS as error:
                last: ProviderError = error
            except _ServerError as error:
                last = SourceUnavailable(label, error.reason)
            if wait is None:
                raise last
            self._sleep(wait)
        raise AssertionError("the last attempt has no wait and returns or raises")

    def _once(self, url: str, label: str) -> bytes:
        host = urlsplit(url).netloc
        if host not in self._pacers:
            self._pacers[host] = Pacer(self._pause, self._clock, self._sleep)
        self._pacers[host].wait()
        attempt = _Attempt()
        thread = threading.Thread(
            target=self._run, args=(url, attempt), name=f"ask {label}", daemon=True
        )
        thread.start()
        thread.join(self._deadline)
        if thread.is_alive():
            attempt.abandoned = True
            raise DeadlineExceeded(label, f"no whole answer within {self._deadline:g} s")
        if attempt.error is not None:
            raise _translated(attempt.error, label) from attempt.error
        _check_status(attempt, label)
        return attempt.body

    def _run(self, url: str, attempt: _Attempt) -> None:
        try:
            with requests.Session() as session:
                self._ask(session, url, attempt)
        except (requests.RequestException, HTTPError, OSError, zlib.error, _Oversized) as error:
            attempt.error = error

    def _ask(self, session: requests.Session, url: str, attempt: _Attempt) -> None:
        headers = dict(_HEADERS)
        session.mount("https://", _Adapter())
        if self._origin:
            target = urlsplit(url)
            headers["Host"] = target.netloc
            url = f"{self._origin}{url.removeprefix(f'{target.scheme}://{target.netloc}')}"
            # A proxy of the environment has no way to a server on this machine.
            session.trust_env = False
        with session.get(
            url,
            headers=headers,
            timeout=(min(CONNECT_TIMEOUT, self._timeout), self._timeout),
            stream=True,
            allow_redirects=False,
        ) as response:
            attempt.status = response.status_code
            attempt.body = _body(response, attempt)


class _Oversized(Exception):
    """More than `SIZE_LIMIT` bytes."""


class _ServerError(Exception):
    """A 5xx: may pass."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def _body(response: requests.Response, attempt: _Attempt) -> bytes:
    """The unpacked body; bounded while it arrives, whatever its headers promise."""
    packed = response.headers.get("Content-Encoding", "").strip().lower() == "gzip"
    unpacker = zlib.decompressobj(_GZIP) if packed else None
    body, sent = bytearray(), 0
    # `read1` gives what has arrived, so that an abandoned attempt notices.
    while not attempt.abandoned:
        chunk = response.raw.read1(_CHUNK, decode_content=False)
        if not chunk:
            break
        sent += len(chunk)
        body += unpacker.decompress(chunk, SIZE_LIMIT + 1 - len(body)) if unpacker else chunk
        if max(sent, len(body)) > SIZE_LIMIT:
            raise _Oversized
    if unpacker and not unpacker.eof and sent:
        raise zlib.error("the packed answer ends too early")
    return bytes(body)


def _check_status(attempt: _Attempt, label: str) -> None:
    status = attempt.status
    start = attempt.body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    # Only a page may carry the mark: notices of companies may speak of security, too.
    blocked = start.startswith(b"<") and any(mark in attempt.body for mark in _BLOCK_MARKS)
    if blocked or status in _TURNED_AWAY:
        how = "its block page" if blocked else f"status {status}"
        raise SourceClosed(label, f"the site turned us away ({how}); it is not asked again today")
    if status >= 500:
        raise _ServerError(f"the server fails (status {status})")
    if status != 200:
        raise BadAnswer(label, f"status {status}; the address may have changed")


def _translated(error: Exception, label: str) -> ProviderError:
    if isinstance(error, _Oversized):
        return BadAnswer(label, f"the answer is larger than {SIZE_LIMIT // 2**20} MB")
    if isinstance(error, requests.Timeout | ReadTimeoutError | TimeoutError):
        return DeadlineExceeded(label, f"no answer in time ({_brief(error)})")
    if isinstance(error, requests.exceptions.SSLError):
        return SourceUnavailable(label, f"the host's certificate is refused ({_brief(error)})")
    if isinstance(error, requests.ConnectionError):
        return SourceUnavailable(label, f"the host cannot be reached ({_brief(error)})")
    if isinstance(error, HTTPError | zlib.error | requests.exceptions.ChunkedEncodingError):
        return Garbled(label, f"the answer is cut short or damaged ({_brief(error)})")
    return SourceUnavailable(label, f"the request failed ({_brief(error)})")


def _brief(error: Exception) -> str:
    """The kind of the innermost error; its text names addresses and objects, not the cause."""
    inner: BaseException = error
    while (below := inner.__cause__ or inner.__context__) is not None:
        inner = below
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    return type(inner).__name__
