"""A server on this machine that gives articles, well or badly."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CERTIFICATES = Path(__file__).parent / "certificates"
HTML = "text/html; charset=utf-8"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@dataclass(frozen=True)
class Page:
    """What a path answers; `raw` goes out instead, byte for byte, head included."""

    body: bytes = b""
    content_type: str | None = HTML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    drip: bytes = b""
    """Told again and again, ten times a second, after `raw`, until the server ends."""


def gzipped(body: bytes, **more: Any) -> Page:
    return Page(gzip.compress(body), headers=(("Content-Encoding", "gzip"),), **more)


def deflated(body: bytes, bits: int = zlib.MAX_WBITS) -> Page:
    packer = zlib.compressobj(wbits=bits)
    packed = packer.compress(body) + packer.flush()
    return Page(packed, headers=(("Content-Encoding", "deflate"),))


def redirect(location: str, status: int = 302) -> Page:
    """The location goes out as UTF-8, unquoted."""
    return Page(status=status, headers=(("Location", location.encode().decode("latin-1")),))


@dataclass
class ArticleServer:
    """Pages by path; `asked` are the requests that came: path, headers, body."""

    host: str
    scheme: str = "http"
    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    answer: Callable[[str, bytes], Page] | None = None
    """Asked instead of `pages` where it is given."""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when a client left in the middle of a drip."""

    def url(self, path: str = "/", host: str | None = None) -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


@contextmanager
def articles(host: str = "127.0.0.1", *, tls: bool = False) -> Iterator[ArticleServer]:
    """A running server; with TLS its certificate is for `localhost`."""
    told = ArticleServer(host, "https" if tls else "http")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.give(b"")

        def do_POST(self) -> None:
            self.give(self.rfile.read(int(self.headers["Content-Length"])))

        def give(self, body: bytes) -> None:
            told.asked.append((self.path, dict(self.headers.items()), body))
            found = told.answer(self.path, body) if told.answer else told.pages.get(self.path)
            page = found or Page(status=404)
            self.close_connection = True
            with suppress(OSError):
                if page.raw is None:
                    self.whole(page)
                else:
                    self.wfile.write(page.raw)
                if page.drip:
                    self.drip(page.drip)

        def whole(self, page: Page) -> None:
            self.send_response(page.status)
            if page.content_type is not None:
                self.send_header("Content-Type", page.content_type)
            for name, value in page.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        def drip(self, piece: bytes) -> None:
            try:
                while not told.ended.wait(0.1):
                    self.wfile.write(piece)
            except OSError:
                told.hung_up.set()

        def log_message(self, *told: object) -> None:
            pass

    server = _Quiet((host, 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "server.pem", CERTIFICATES / "server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    told.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield told
    finally:
        told.ended.set()
        server.shutdown()
        server.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses the certificate hangs up."""


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
