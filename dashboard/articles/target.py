"""What an address asks for, in its one spelling, before anything is looked up."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlsplit

import idna

LONGEST_URL: Final = 2_000
"""Characters."""
PORTS: Final = {"http": 80, "https": 443}
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNWRITTEN: Final = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]|\s")
_SAFE: Final = "%/:@!$&'*+,;=-._~"
"""Of a path. Brackets are written as %28…: a link in Markdown would end at one."""


class Trouble(StrEnum):
    """Why there is no answer."""

    ADDRESS = "address"
    NO_HOST = "no_host"
    PRIVATE = "private"
    PORT = "port"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    DEADLINE = "deadline"
    TOO_LARGE = "too_large"
    CUT = "cut"
    PACKING = "packing"


class Unanswered(Exception):
    """No usable answer; `detail` names what is known beyond the kind, or is empty."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        self.trouble = trouble
        self.detail = detail
        super().__init__(f"{trouble}: {detail}")


@dataclass(frozen=True)
class Target:
    """A checked address: `host` in lower-case ASCII without a last dot, `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host, and the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def target_of(url: str) -> Target:
    """What an address asks for; nothing is looked up.

    Raises
    ------
    Unanswered
        `ADDRESS`, with the reason, unless it is http or https with a host in its usual
        spelling and without a password.
    """
    if len(url) > LONGEST_URL:
        raise _bad(f"has more than {LONGEST_URL:,} characters")
    if _UNWRITTEN.search(url):
        raise _bad("holds a space, a backslash or a control character")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad("is no address") from None
    if parts.scheme not in PORTS:
        raise _bad("does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise _bad("holds a user name or password")
    if port == 0:
        raise _bad("has no port that can be asked")
    query = f"?{quote(parts.query, _SAFE + '?')}" if parts.query else ""
    path = quote(parts.path, _SAFE) or "/"
    return Target(parts.scheme, _host(host), port or PORTS[parts.scheme], path + query)


def _bad(reason: str) -> Unanswered:
    return Unanswered(Trouble.ADDRESS, reason)


def _host(written: str) -> str:
    """The host in its one spelling; other spellings of a number are not guessed at."""
    if ":" in written:
        try:
            return str(ipaddress.IPv6Address(written if "%" not in written else ""))
        except ValueError:
            raise _bad("has no host that can be asked") from None
    try:
        host = written if written.isascii() else idna.encode(written, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise _bad("has no host that can be asked") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _bad("has no host that can be asked")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise _bad("spells its host as a number in a way of its own") from None
    return host
