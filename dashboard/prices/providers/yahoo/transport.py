"""The one session through which yfinance speaks, and yfinance's own settings."""

from __future__ import annotations

import atexit
import logging
import tempfile
import threading
import time
import warnings
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import yfinance
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import ConnectionError as Unconnected
from curl_cffi.requests.exceptions import RequestException, Timeout
from pandas.errors import Pandas4Warning

from dashboard.prices.providers.pacing import Pacer

ORIGIN_VARIABLE: Final = "DASHBOARD_YAHOO_ORIGIN"
CONNECT_TIMEOUT: Final = 4.0
"""Seconds; a host that accepts no connection in that time is as good as absent."""
_ESSENTIAL_PATHS: Final = ("/v8/", "/ws/")
"""Prices and shares; everything else (cookie, consent, crumb) only smooths the way."""
_COOKIE_LIFE: Final = 86_400


class YahooSession(Session):  # type: ignore[misc]
    """A curl_cffi session that paces itself and asks a dead auxiliary host only once a run.

    Parameters
    ----------
    origin : str, optional
        Where requests to Yahoo go instead, such as `http://127.0.0.1:8765`; the host that
        was meant stands in the `Host` header.
    """

    def __init__(self, origin: str | None = None) -> None:
        # A proxy of the environment has no way to a server on this machine.
        super().__init__(impersonate="chrome", trust_env=origin is None)
        self._origin = origin
        self._seen = threading.local()
        self.start_run(Pacer(0.0))

    def start_run(self, pacer: Pacer) -> None:
        """Forget which hosts were dead; pace by `pacer` from now on."""
        self._pacer = pacer
        self._dead: set[str] = set()
        self.reached = False

    @property
    def last_status(self) -> int | None:
        """Status of this thread's last request; None where it had no answer."""
        status: int | None = getattr(self._seen, "status", None)
        return status

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> Response:
        """Send the request; see `curl_cffi.requests.Session.request`."""
        target = urlsplit(url)
        auxiliary = not target.path.startswith(_ESSENTIAL_PATHS)
        place = f"{target.netloc}{target.path}"
        self._seen.status = None
        if auxiliary and place in self._dead:
            raise Unconnected(f"{place} did not answer earlier in this run")
        timeout = options.get("timeout")
        if isinstance(timeout, int | float):
            connect = min(CONNECT_TIMEOUT, timeout)
            options["timeout"] = (connect, (connect if auxiliary else timeout) - connect)
        if self._origin:
            url = f"{self._origin}{url.removeprefix(f'{target.scheme}://{target.netloc}')}"
            options["headers"] = {**(options.get("headers") or {}), "Host": target.netloc}
        self._pacer.wait()
        try:
            response = super().request(method, url, *args, **options)
        except (Unconnected, Timeout):
            if auxiliary:
                self._dead.add(place)
            raise
        except RequestException:
            self.reached = True
            raise
        self.reached = True
        self._seen.status = response.status_code
        if self._origin:
            self._keep_cookies(response)
        return response

    def _keep_cookies(self, response: Response) -> None:
        # curl drops a cookie for yahoo.com that another host sets; without one, yfinance
        # would ask for it before every request; it also wants to know when it expires.
        for cookie in response.cookies.jar:
            cookie.expires = cookie.expires or int(time.time()) + _COOKIE_LIFE
            self.cookies.jar.set_cookie(cookie)


@cache
def shared_session(origin: str | None) -> YahooSession:
    """The session of this process: yfinance keeps one cookie and one crumb a process."""
    _configure_yfinance()
    return YahooSession(origin)


@cache
def _configure_yfinance() -> None:
    yfinance.config.debug.hide_exceptions = False
    # Several processes on one cold cache directory lock each other out.
    folder = tempfile.TemporaryDirectory(prefix="yahoo-cache-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    yfinance.set_tz_cache_location(folder.name)
    # What goes wrong arrives as an exception; the log would say it a second time.
    logging.getLogger("yfinance").addHandler(logging.NullHandler())
    # yfinance shows its own deprecations to everybody, some three a symbol.
    warnings.filterwarnings("ignore", category=Pandas4Warning, module="yfinance")


def know_timezone(symbol: str, timezone: str) -> None:
    """Spare yfinance its extra request for the symbol's time zone."""
    yfinance.cache.get_tz_cache().store(symbol.upper(), timezone)


def forget_past_answers() -> None:
    """Empty yfinance's cache of answers, which keeps failures as well."""
    yfinance.data.YfData.cache_get.cache_clear()
