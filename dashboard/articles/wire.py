"""One HTTP request to the very address that was checked, bounded in time and size.

A name is looked up once; every address it leads to is looked at, and the connection is made
to one of those, so that no second look-up can lead elsewhere. Proxies, cookies and passwords
of the environment are never used, redirects never followed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import certifi

from dashboard.addresses import is_public
from dashboard.articles.target import PORTS, Target, Trouble, Unanswered
from dashboard.errors import DashboardError

USER_AGENT: Final = "taiwan-ai-supply-chain (asked by a person, one address at a time)"

_PUBLIC_PORTS: Final = frozenset(PORTS.values())
_MOST_ADDRESSES: Final = 4
"""Of one name, tried one after the other."""
_CHUNK: Final = 2**16
_MOST_MEMBERS: Final = 8
"""Of a gzip body, which is one as servers make it; each beyond costs time and may hold nothing."""
_ENCODINGS: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS}
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Seconds for one connection, for one silence, and for everything; bytes of a body.

    The bytes count as sent and as unpacked.
    """

    connect: float
    silence: float
    total: float
    size: int


class Answer:
    """An answer whose body has not been read yet."""

    def __init__(self, response: http.client.HTTPResponse, limit: int) -> None:
        self.status = response.status
        self._response = response
        self._limit = limit

    def header(self, name: str) -> str:
        """Its value without what cannot be printed; empty where it is absent."""
        told = self._response.headers.get(name) or ""
        return "".join(one if one.isprintable() else " " for one in str(told)).strip()

    def location(self) -> str:
        """Where a redirect leads, as written; servers send it as UTF-8 as well as quoted."""
        told = str(self._response.headers.get("Location") or "")
        with suppress(UnicodeError):
            told = told.encode("latin-1").decode("utf-8")
        return told.strip().replace(" ", "%20")

    def body(self) -> bytes:
        """The whole body, unpacked.

        Raises
        ------
        Unanswered
            If it is too large, cut short, or packed in a way that was not asked for.
        """
        packing = self.header("Content-Encoding").lower()
        if packing not in ("", "identity", "deflate", *_ENCODINGS):
            raise Unanswered(Trouble.PACKING)
        with _translated():
            sent = self._sent()
            return sent if packing in ("", "identity") else _unpacked(sent, packing, self._limit)

    def _sent(self) -> bytes:
        response, promised = self._response, self._response.length
        if (promised or 0) > self._limit:
            raise Unanswered(Trouble.TOO_LARGE)
        body = bytearray()
        while promised is None or len(body) < promised:
            chunk = response.read1(_CHUNK if promised is None else promised - len(body))
            if not chunk:
                break
            body += chunk
            if len(body) > self._limit:
                raise Unanswered(Trouble.TOO_LARGE)
        if len(body) < (promised or 0):
            raise Unanswered(Trouble.CUT)
        return bytes(body)


def _unpacked(sent: bytes, packing: str, limit: int) -> bytes:
    """Never more than `limit` bytes are unpacked; what follows the packed part is left.

    Raises
    ------
    Unanswered
        Also where it is packed in more parts than `_MOST_MEMBERS`.
    """
    bits = _ENCODINGS.get(packing, zlib.MAX_WBITS)
    if packing == "deflate" and (sent[:1] or b"x")[0] & 0x0F != 8:
        bits = -zlib.MAX_WBITS
    body, members = b"", 0
    while sent:
        members += 1
        if members > _MOST_MEMBERS:
            raise Unanswered(Trouble.PACKING)
        unpacker = zlib.decompressobj(bits)
        body += unpacker.decompress(sent, limit + 1 - len(body))
        if len(body) > limit:
            raise Unanswered(Trouble.TOO_LARGE)
        if not unpacker.eof:
            raise Unanswered(Trouble.CUT)
        sent = unpacker.unused_data if unpacker.unused_data[:2] == b"\x1f\x8b" else b""
    return body


class Line:
    """The one connection of a task; cut from outside at the task's deadline."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._is_cut = False
        self._socket: socket.socket | None = None
        self._response: http.client.HTTPResponse | None = None

    def ask(
        self,
        target: Target,
        *,
        allow_private: bool,
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> Answer:
        """Send a GET, or a POST where there is content; the answer before ends.

        Raises
        ------
        Unanswered
            If there is no whole answer; `PRIVATE` if any address of the host's is not of
            the open internet, before anything is sent.
        """
        if not (allow_private or target.port in _PUBLIC_PORTS):
            raise Unanswered(Trouble.PORT, str(target.port))
        with _translated():
            self.close()
            self._hold(self._connected(_addresses(target, allow_private=allow_private)))
            if target.scheme == "https":
                self._encrypt(target.host)
            return Answer(self._sent(target, headers, content), self._limits.size)

    def cut(self) -> None:
        """End whatever the line is doing; it cannot be used again."""
        with self._lock:
            self._is_cut = True
            if self._socket is not None:
                with suppress(OSError):
                    # Of the plain socket: that of TLS would forget its state while it reads.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            for one in (self._response, self._socket):
                if one is not None:
                    with suppress(OSError):
                        one.close()
            self._response = self._socket = None

    def _hold(self, made: socket.socket) -> None:
        with self._lock:
            if self._is_cut:
                made.close()
                raise Unanswered(Trouble.DEADLINE)
            self._socket = made

    def _connected(self, addresses: list[_Address]) -> socket.socket:
        last: OSError = ConnectionError()
        for family, address in addresses:
            made = socket.socket(family, socket.SOCK_STREAM)
            made.settimeout(self._limits.connect)
            try:
                made.connect(address)
            except OSError as error:
                made.close()
                last = error
            else:
                made.settimeout(self._limits.silence)
                return made
        raise Unanswered(Trouble.UNREACHABLE) from last

    def _encrypt(self, host: str) -> None:
        assert self._socket is not None, "only what is connected is encrypted"
        shielded = _tls_context().wrap_socket(
            self._socket, server_hostname=host, do_handshake_on_connect=False
        )
        self._hold(shielded)
        shielded.do_handshake()

    def _sent(
        self, target: Target, headers: Mapping[str, str], content: bytes | None
    ) -> http.client.HTTPResponse:
        asking = http.client.HTTPConnection(target.host, target.port)
        asking.sock = self._socket
        method = "GET" if content is None else "POST"
        asking.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
        length = {} if content is None else {"Content-Length": str(len(content))}
        always = {
            "Host": target.authority,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
        }
        for name, value in (always | length | dict(headers)).items():
            asking.putheader(name, value)
        asking.endheaders(content)
        self._response = asking.getresponse()
        return self._response


_Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


def _addresses(target: Target, *, allow_private: bool) -> list[_Address]:
    """All that the host leads to; one private address among them refuses the host."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unanswered(Trouble.NO_HOST) from None
    addresses = [
        (family, address)
        for family, _, _, _, address in found
        if family in (socket.AF_INET, socket.AF_INET6)
    ]
    if not allow_private and not all(is_public(str(one[0])) for _, one in addresses):
        raise Unanswered(Trouble.PRIVATE)
    if not addresses:
        raise Unanswered(Trouble.NO_HOST)
    return addresses[:_MOST_ADDRESSES]  # type: ignore[return-value]


def _tls_context() -> ssl.SSLContext:
    """Certificates and host names are verified, by the usual authorities and the system's.

    The strict form that Python 3.13 demands is not: sites of Taiwan's authorities lack a
    Subject Key Identifier.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    context.load_default_certs()
    return context


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Unanswered(Trouble.CERTIFICATE, error.verify_message) from None
    except TimeoutError:
        raise Unanswered(Trouble.DEADLINE) from None
    except (OSError, http.client.HTTPException, zlib.error, ValueError) as error:
        raise Unanswered(Trouble.CUT, type(error).__name__) from None


def within(limits: Limits, work: Callable[[Line], T]) -> T:
    """What `work` makes of a line, in a thread of its own so that nothing outlasts its time.

    Raises
    ------
    Unanswered
        `DEADLINE` after `limits.total`; else what `work` raises of this and `DashboardError`.
    """
    line = Line(limits)
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work(line))
        except (DashboardError, Unanswered) as error:
            outcome.set_exception(error)
        finally:
            line.close()
            if not outcome.done():
                outcome.set_exception(Unanswered(Trouble.CUT))

    threading.Thread(target=run, name="ask the web", daemon=True).start()
    try:
        return outcome.result(limits.total)
    except TimeoutError:
        raise Unanswered(Trouble.DEADLINE) from None
    finally:
        line.cut()
