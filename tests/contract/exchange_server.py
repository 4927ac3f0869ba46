"""A server on this machine that answers like both exchanges, healthy or broken to order.

By hand::

    python -m tests.contract.exchange_server --port 8766 [--data FOLDER] [--day 2026-11-20]
    DASHBOARD_EXCHANGE_ORIGIN=http://127.0.0.1:8766 python -m dashboard refresh --source exchanges

With a folder of real prices the market is the last session of its `tw_market_daily.parquet`, told
as if of the given day; without, an invented one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import socket
import sys
import threading
import time
import zlib
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.exchange_market import (
    Market,
    as_csv,
    as_json,
    invented,
    last_session,
    of_prices,
)

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
TWSE_DAY = "/v1/exchangeReport/STOCK_DAY_ALL"
TWSE_DAY_CSV = "/exchangeReport/STOCK_DAY_ALL"
TWSE_DAY_PAGE = "/rwd/zh/afterTrading/STOCK_DAY_ALL"
TWSE_LIMITS = "/v1/exchangeReport/TWT84U"
TPEX_DAY = "/openapi/v1/tpex_mainboard_daily_close_quotes"
BLOCK_PAGE = (
    "<html><head><meta charset='utf-8'></head><body>因為安全性考量，您所執行的頁面無法呈現。<BR>"
    "FOR SECURITY REASONS, THIS PAGE CAN NOT BE ACCESSED.<BR></body></html>"
).encode()


class Fault(Enum):
    """What may happen to an answer beyond its bytes."""

    HANG = "headers, then silence"
    SILENT = "not even headers"
    DRIP = "a byte now and then"
    ENDLESS = "more and more"
    SHORT = "ends before its announced length"
    DROPPED = "hangs up at once"
    BOMB = "gigabytes of zeros, packed"


@dataclass
class Page:
    """One answer."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    packed: bool = False


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    host: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    at: float


class ExchangeServer:
    """The server; a context manager that listens on a free port unless one is given.

    Attributes
    ----------
    pages : mapping path → answers
        The next request gets the first one; the last one stays.
    """

    def __init__(self, port: int = 0) -> None:
        self.pages: dict[str, list[Page]] = {}
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._http = _Http(("127.0.0.1", port), self)
        self.origin = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> ExchangeServer:
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

    def serve(self, market: Market, *, csv: Market | None = None) -> None:
        """Answer every price feed with this market; the CSV form with another if given."""
        self.pages[TWSE_DAY] = [Page(as_json(market.twse_rows()))]
        self.pages[TWSE_DAY_CSV] = [Page(as_csv((csv or market).twse_rows()), kind="text/csv")]
        self.pages[TWSE_LIMITS] = [Page(as_json(market.limit_rows()))]
        self.pages[TPEX_DAY] = [Page(as_json(market.tpex_rows()), packed=True)]

    def answer(self, path: str, *pages: Page) -> None:
        """Answer this path so, one page a request, the last one for good."""
        self.pages[path] = list(pages)

    def asked(self) -> list[str]:
        """Paths asked, in order."""
        return [seen.path for seen in self.seen]

    def page(self, path: str) -> Page:
        """The next answer of a path."""
        waiting = self.pages.get(path) or [Page(b"<html>no such page</html>", 404, "text/html")]
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], exchange: ExchangeServer) -> None:
        self.exchange = exchange
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
        exchange = self.server.exchange
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(target.query)
        exchange.seen.append(
            Seen(headers.get("host", ""), target.path, query, headers, time.monotonic())
        )
        page = exchange.page(target.path)
        if page.fault in (Fault.DROPPED, Fault.SILENT):
            if page.fault is Fault.SILENT:
                exchange.closing.wait()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(page)

    def _send(self, page: Page) -> None:
        body = gzip.compress(page.body) if page.packed else page.body
        self.send_response(page.status)
        self.send_header("Content-Type", page.kind)
        for name, value in page.headers.items():
            self.send_header(name, value)
        if page.packed or page.fault is Fault.BOMB:
            self.send_header("Content-Encoding", "gzip")
        if page.fault in (Fault.ENDLESS, Fault.BOMB):
            self.send_header("Connection", "close")
        else:
            more = 1000 if page.fault else 0
            self.send_header("Content-Length", str(len(body) + more))
        self.end_headers()
        self._write(page, body)
        self.close_connection = self.close_connection or page.fault is not None

    def _write(self, page: Page, body: bytes) -> None:
        closing = self.server.exchange.closing
        if page.fault is Fault.ENDLESS:
            while not closing.is_set():
                self.wfile.write(b"[" * 2**20)
        elif page.fault is Fault.BOMB:
            self._bomb()
        elif page.fault is Fault.DRIP:
            for byte in body:
                self.wfile.write(bytes([byte]))
                if closing.wait(0.05):
                    return
        else:
            self.wfile.write(body)
            if page.fault is Fault.HANG:
                closing.wait()

    def _bomb(self) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        zeros = bytes(2**20)
        for _ in range(4096):
            self.wfile.write(packer.compress(zeros))
            if self.server.exchange.closing.is_set():
                return
        self.wfile.write(packer.flush())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The counted requests are the log."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=8766)
    parser.add_argument("--data", type=Path, default=SHARED, help="folder of real prices")
    parser.add_argument("--day", type=dt.date.fromisoformat, default=None, help="session told of")
    options = parser.parse_args()
    day = options.day or last_session()
    real = options.data.is_dir()
    market = of_prices(options.data, day) if real else invented(day)
    with ExchangeServer(options.port) as server:
        server.serve(market)
        kind = "real prices" if real else "invented prices"
        print(f"Both exchanges on {server.origin}: {day}, {kind}; end with Ctrl-C", flush=True)  # noqa: T201
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("ended")  # noqa: T201


if __name__ == "__main__":
    main()
