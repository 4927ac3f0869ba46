"""A server on this machine that speaks Yahoo's chart protocol, healthy or broken to order.

By hand::

    python -m tests.contract.yahoo_server --port 8765 [--data FOLDER]
    DASHBOARD_YAHOO_ORIGIN=http://127.0.0.1:8765 python -m dashboard refresh --source yahoo

Without a folder every symbol has an invented, deterministic series; with one, the prices of
its `*_daily.parquet` files, told the way Yahoo does, and other symbols are unknown.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import socket
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.contract.yahoo_series import RANGES, Series, chart, folder_series, invented

COOKIE_HOST = "fc.yahoo.com"
CHART = "/v8/finance/chart/"
SHARES = "/ws/fundamentals-timeseries/v1/finance/timeseries/"
DAY = 86_400


class Fault(Enum):
    """What may happen to one request: a status and a page, or worse."""

    UNKNOWN = (404, '{"chart":{"result":null,"error":{"code":"Not Found",'
               '"description":"No data found, symbol may be delisted"}}}')  # fmt: skip
    RATE_LIMITED = (429, "Too Many Requests")
    SERVER_ERROR = (500, "<html><body>Internal Server Error</body></html>")
    SERVER_ERROR_JSON = (500, '{"chart":{"result":null,"error":{"code":"Internal Server Error",'
                         '"description":"upstream failed"}}}')  # fmt: skip
    HTML = (200, "<!doctype html><html><body>Sign in</body></html>")
    RIGHT_BACK = (200, "<html><body>Will be right back...</body></html>")
    EMPTY = (200, '{"chart":{"result":[],"error":null}}')
    TRUNCATED = (200, None)
    SHORT_BODY = (200, "short")
    TIME_OUT = (0, "wait")
    DROPPED = (0, "close")


@dataclass
class Scenario:
    """What the server does when one symbol is asked.

    Attributes
    ----------
    series : Series, optional
        What a healthy answer tells; unknown symbol if there is neither this nor `recorded`.
    recorded : bytes, optional
        An answer to give as it is, whatever range is asked.
    faults : list of Fault
        What happens to the next chart requests, one each.
    always : Fault, optional
        What happens to every chart request after those.
    shares_fault : Fault, optional
        What happens to every request for shares.
    damage : callable, optional
        Changes the chart's result before it is sent.
    """

    series: Series | None = None
    recorded: bytes | None = None
    faults: list[Fault] = field(default_factory=list)
    always: Fault | None = None
    shares_fault: Fault | None = None
    damage: Callable[[dict[str, Any]], None] | None = None

    def next_fault(self) -> Fault | None:
        return self.faults.pop(0) if self.faults else self.always


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    host: str
    path: str
    query: dict[str, list[str]]
    cookie: str


class YahooServer:
    """The server; a context manager that listens on a free port unless one is given."""

    def __init__(self, port: int = 0, otherwise: Callable[[str], Scenario] | None = None) -> None:
        self.scenarios: dict[str, Scenario] = {}
        self.dead_hosts: set[str] = set()
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self.now: Callable[[], float] = time.time
        self._otherwise = otherwise or (lambda symbol: Scenario())
        self._http = _Http(("127.0.0.1", port), self)
        self.origin = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> YahooServer:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def scenario(self, symbol: str) -> Scenario:
        if symbol not in self.scenarios:
            self.scenarios[symbol] = self._otherwise(symbol)
        return self.scenarios[symbol]

    def asked(self, prefix: str = CHART) -> list[str]:
        """Symbols asked under a path, one entry a request."""
        return [s.path.removeprefix(prefix) for s in self.seen if s.path.startswith(prefix)]

    def counts(self) -> dict[str, int]:
        """Requests by path."""
        counts: dict[str, int] = defaultdict(int)
        for seen in self.seen:
            counts[f"{seen.host}{seen.path}"] += 1
        return dict(counts)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], yahoo: YahooServer) -> None:
        self.yahoo = yahoo
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is what some scenarios are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        host = self.headers.get("Host", "")
        yahoo = self.server.yahoo
        path, query = unquote(target.path), parse_qs(target.query)
        yahoo.seen.append(Seen(host, path, query, self.headers.get("Cookie", "")))
        if host in yahoo.dead_hosts:
            self._fail(Fault.DROPPED)
        elif path.startswith(CHART):
            self._chart(path.removeprefix(CHART), query)
        elif path.startswith(SHARES):
            self._shares(path.removeprefix(SHARES))
        elif path.endswith("/getcrumb"):
            self._send(200, b"loopback-crumb", "text/plain")
        elif host == COOKIE_HOST:
            expires = dt.datetime.now(dt.UTC) + dt.timedelta(days=365)
            cookie = f"A3=loopback; Expires={expires:%a, %d %b %Y %H:%M:%S} GMT; Path=/"
            self._send(404, b"", "text/html", {"Set-Cookie": f"{cookie}; Domain=.yahoo.com"})
        else:
            self._send(404, b"<html>no such page</html>", "text/html")

    def _chart(self, symbol: str, query: dict[str, list[str]]) -> None:
        scenario = self.server.yahoo.scenario(symbol)
        fault = scenario.next_fault()
        if fault is None and scenario.series is None and scenario.recorded is None:
            fault = Fault.UNKNOWN
        if fault is Fault.TRUNCATED:
            self._send(200, self._healthy(scenario, query)[:-40])
        elif fault is Fault.SHORT_BODY:
            body = self._healthy(scenario, query)
            self._send(200, body[: len(body) // 2], length=len(body))
        elif fault is not None:
            self._fail(fault)
        else:
            self._send(200, self._healthy(scenario, query))

    def _healthy(self, scenario: Scenario, query: dict[str, list[str]]) -> bytes:
        if scenario.recorded is not None or scenario.series is None:
            return scenario.recorded or b""
        now = self.server.yahoo.now()
        first, last = 0.0, now
        if "range" in query:
            first = now - RANGES.get(query["range"][0], 100_000) * DAY
        elif "period1" in query:
            first, last = float(query["period1"][0]), float(query["period2"][0])
        result = chart(scenario.series, first, last, now)
        if scenario.damage:
            scenario.damage(result)
        return json.dumps({"chart": {"result": [result], "error": None}}).encode()

    def _shares(self, symbol: str) -> None:
        scenario = self.server.yahoo.scenario(symbol)
        if scenario.shares_fault:
            self._fail(scenario.shares_fault)
            return
        result: dict[str, Any] = {"meta": {"symbol": [symbol], "type": ["shares_out"]}}
        series = scenario.series
        if series and series.shares:
            result["timestamp"] = [series.opening(day) for day in series.shares]
            result["shares_out"] = list(series.shares.values())
        self._send(200, json.dumps({"timeseries": {"result": [result], "error": None}}).encode())

    def _fail(self, fault: Fault) -> None:
        status, text = fault.value
        if fault is Fault.TIME_OUT:
            self.server.yahoo.closing.wait()
        if status == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        kind = "application/json" if (text or "").startswith("{") else "text/html"
        self._send(status, (text or "").encode(), kind)

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The counted requests are the log."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--data", type=Path, help="folder of *_daily.parquet files")
    options = parser.parse_args()
    if options.data:
        look_up = folder_series(options.data)

        def otherwise(symbol: str) -> Scenario:
            return Scenario(look_up(symbol))
    else:

        def otherwise(symbol: str) -> Scenario:
            return Scenario(invented(symbol, dt.datetime.now(dt.UTC).date()))

    with YahooServer(options.port, otherwise) as server:
        print(f"Yahoo's protocol on {server.origin}; end with Ctrl-C", flush=True)  # noqa: T201
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("ended")  # noqa: T201


if __name__ == "__main__":
    main()
