"""What an address asks for, in its one spelling, before anything is looked up."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlsplit

import idna

from dashboard.i18n import Text

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

    def __init__(self, trouble: Trouble, detail: Text | str = "") -> None:
        self.trouble = trouble
        self.detail = Text(detail, detail) if isinstance(detail, str) else detail
        super().__init__(f"{trouble}: {self.detail.en}")


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
        `ADDRESS`, with the reason as the rest of a sentence about the address, unless it is
        http or https with a host in its usual spelling and without a password.
    """
    if len(url) > LONGEST_URL:
        raise _bad(f"超過 {LONGEST_URL:,} 個字元", f"has more than {LONGEST_URL:,} characters")
    if _UNWRITTEN.search(url):
        raise _bad(
            "含有空格、反斜線或控制字元", "holds a space, a backslash or a control character"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad("不是網址", "is no address") from None
    if parts.scheme not in PORTS:
        raise _bad("不是以 http:// 或 https:// 開頭", "does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise _bad("含有使用者名稱或密碼", "holds a user name or password")
    if port == 0:
        raise _bad("的連接埠無法使用", "has no port that can be asked")
    query = f"?{quote(parts.query, _SAFE + '?')}" if parts.query else ""
    path = quote(parts.path, _SAFE) or "/"
    return Target(parts.scheme, _host(host), port or PORTS[parts.scheme], path + query)


def _bad(zh: str, en: str) -> Unanswered:
    return Unanswered(Trouble.ADDRESS, Text(zh, en))


def _no_host() -> Unanswered:
    return _bad("沒有可以連線的主機名稱", "has no host that can be asked")


def _host(written: str) -> str:
    """The host in its one spelling; other spellings of a number are not guessed at."""
    if ":" in written:
        try:
            return str(ipaddress.IPv6Address(written if "%" not in written else ""))
        except ValueError:
            raise _no_host() from None
    try:
        host = written if written.isascii() else idna.encode(written, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise _no_host() from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _no_host()
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise _bad(
                "的主機是數字，但寫法不是一般的 IP 位址",
                "spells its host as a number in a way of its own",
            ) from None
    return host
