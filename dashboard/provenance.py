"""What a link pins: the map, the version of each stored table, and the session of the figures.

One parameter of the URL, `pin`, carries all of it, so that it can be told from the page's own
parameters and taken off as a whole::

    pin=map.0f3a9c1be5d24a77~session.2026-06-30~bars.17.a1b2c3d4e5f6~check.0f5a21
    pin=map.0f3a9c1be5d24a77~session.2026-06-30~simulated.a1b2c3d4e5f6~check.9b31c0

A number alone does not name a version: a folder that is deleted and filled again counts to the
same one. So each table has a mark besides, a hash of its own id and of the commit's time. The
check is a hash of all before it: a link that lost a part on its way shall not show other numbers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from dashboard.errors import InputError

PIN: Final = "pin"
"""Parameter of the URL."""
MAP_SIGNS: Final = 16
"""Of the map's hash; more than anybody's maps need to be told apart."""
MARK_SIGNS: Final = 12
MAX_LINK: Final = 8_000
MAX_PARAMETERS: Final = 60
_MAP: Final = "map"
_SESSION: Final = "session"
_SIMULATED: Final = "simulated"
_BARS: Final = "bars"
_CHECK: Final = "check"
_CHECK_SIGNS: Final = 6
_BETWEEN: Final = "~"
_MARK: Final = re.compile(rf"[0-9a-f]{{{MARK_SIGNS}}}")
_HASH: Final = re.compile(rf"[0-9a-f]{{{MARK_SIGNS},64}}")
_NAME: Final = re.compile(r"[a-z]{1,20}")
_VERSION: Final = re.compile(r"\d{1,9}")
_COPY: Final = "copy the whole link again, from the page's own 「固定連結 / Link to exactly this」"


def mark_of(text: str | bytes) -> str:
    """A short name of some content."""
    content = text if isinstance(text, bytes) else text.encode()
    return hashlib.sha256(content).hexdigest()[:MARK_SIGNS]


class TablePin(NamedTuple):
    """One version of one table; `mark` tells it from that of another table."""

    version: int
    mark: str


@dataclass(frozen=True)
class DataPin:
    """Which prices: versions of the store's tables, or the simulated ones.

    Attributes
    ----------
    tables : name → version; a table that is not named held nothing
    simulated : mark of the shipped files; empty where the prices are stored ones
    """

    tables: Mapping[str, TablePin] = field(default_factory=lambda: MappingProxyType({}))
    simulated: str = ""

    def __str__(self) -> str:
        if self.simulated:
            return f"{_SIMULATED}.{self.simulated}"
        return _BETWEEN.join(
            f"{name}.{one.version}.{one.mark}" for name, one in sorted(self.tables.items())
        )

    @property
    def versions(self) -> dict[str, int]:
        """Table → version."""
        return {name: one.version for name, one in self.tables.items()}

    @property
    def words(self) -> str:
        """For a person: `bars 17, actions 3`."""
        if self.simulated:
            return f"simulated {self.simulated}"
        return ", ".join(f"{name} {one.version}" for name, one in sorted(self.tables.items()))


@dataclass(frozen=True)
class Pinned:
    """What figures are a function of, besides the page's own parameters.

    Attributes
    ----------
    map : hash of the map's file, the whole or its first signs
    session : as of when
    """

    map: str
    session: dt.date
    data: DataPin

    def __str__(self) -> str:
        told = str(self.data)
        parts = (f"{_MAP}.{self.map[:MAP_SIGNS]}", f"{_SESSION}.{self.session}", told)
        whole = _BETWEEN.join(part for part in parts if part)
        return f"{whole}{_BETWEEN}{_CHECK}.{mark_of(whole)[:_CHECK_SIGNS]}"

    def same_map(self, digest: str) -> bool:
        """Whether a map of this hash is meant."""
        return digest.startswith(self.map[:MAP_SIGNS])

    def about(self) -> dict[str, str]:
        """What leaves with an export, by key."""
        return {"map_version": self.map[:MAP_SIGNS], "store_version": str(self.data)}


def read_pin(text: str) -> Pinned:
    """The pin of a link.

    Raises
    ------
    InputError
        If it is not one: what is wrong, in one sentence.
    """
    parts: dict[str, str] = {}
    for part in text.split(_BETWEEN):
        name, _, value = part.partition(".")
        if name in parts:
            raise _bad(f"{name} stands twice")
        if not _NAME.fullmatch(name):
            raise _bad(f"{_shown(part)} is no part of one")
        parts[name] = value
    digest, session = parts.pop(_MAP, ""), parts.pop(_SESSION, "")
    if not _HASH.fullmatch(digest):
        raise _bad(f"map {_shown(digest)} is no hash of {MARK_SIGNS} signs or more")
    check = parts.pop(_CHECK, "")
    found = Pinned(digest, _session(session), _data(parts))
    if check != str(found).rpartition(".")[2]:
        raise _bad("a part of it is missing or another")
    return found


def _session(text: str) -> dt.date:
    try:
        # Only the usual form: Python reads weeks and days without dashes too.
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise _bad(f"session {_shown(text)} is no day")


def _data(parts: Mapping[str, str]) -> DataPin:
    if not parts:
        raise _bad("it names no prices")
    if _SIMULATED in parts:
        if len(parts) > 1:
            raise _bad("it names simulated prices and stored ones")
        if not _MARK.fullmatch(parts[_SIMULATED]):
            raise _bad(f"simulated {_shown(parts[_SIMULATED])} is no mark")
        return DataPin(simulated=parts[_SIMULATED])
    tables = {}
    for name, value in parts.items():
        version, _, mark = value.partition(".")
        if not _VERSION.fullmatch(version) or not version.isascii():
            raise _bad(f"{name} {_shown(version)} is no version of a table")
        if not _MARK.fullmatch(mark):
            raise _bad(f"{name} {version} has no mark of {MARK_SIGNS} signs")
        tables[name] = TablePin(int(version), mark)
    if _BARS not in tables:
        raise _bad("it names no bars")
    return DataPin(MappingProxyType(tables))


@dataclass(frozen=True)
class Link:
    """A link taken apart.

    Attributes
    ----------
    page : last part of the path; empty for the first page
    parameters : the page's own, without `pin`
    """

    page: str
    parameters: Mapping[str, str]
    pinned: Pinned


def read_link(text: str) -> Link:
    """Take apart a whole URL, a path with a query, or only the query; the host does not count.

    Raises
    ------
    InputError
        If it is no link of a page, or pins nothing: what is wrong, in one sentence.
    """
    told = text.strip()
    if len(told) > MAX_LINK:
        raise InputError(
            f"the link has {len(told):,} signs, none of a page more than {MAX_LINK:,}; {_COPY}"
        )
    if not told.isprintable():
        raise InputError(f"the link holds a sign that cannot be printed; {_COPY}")
    try:
        # Only the query, without its question mark.
        bare = "?" not in told and "=" in told and not re.match(r"/|[A-Za-z]+://", told)
        parts = urlsplit(f"?{told}" if bare else told)
        pairs = parse_qsl(
            parts.query,
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
        page = parts.path.rstrip("/").rpartition("/")[2]
    except ValueError as error:
        raise InputError(f"the link cannot be read ({_reason(error)}); {_COPY}") from error
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise InputError(f"the link says {_shown(name)} twice; {_COPY}")
        if not (name + value).isprintable():
            raise InputError(f"the link's {_shown(name)} holds a sign of no text; {_COPY}")
        parameters[name] = value
    pin = parameters.pop(PIN, "")
    if not pin:
        raise InputError(f"the link says a page and not of which prices and map; {_COPY}")
    return Link(page, {name: value for name, value in parameters.items() if value}, read_pin(pin))


def query_of(parameters: Mapping[str, str], pinned: Pinned | None = None) -> str:
    """The query of a link, in one order; nothing of it needs to be escaped in a shell's quotes."""
    pairs = sorted(parameters.items()) + ([(PIN, str(pinned))] if pinned else [])
    return urlencode(pairs, quote_via=quote)


def _reason(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "its text is not UTF-8"
    return " ".join(str(error).split())[:80]


def _shown(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return repr(plain if len(plain) <= 40 else plain[:40] + "…")


def _bad(why: str) -> InputError:
    return InputError(f"the link's pin cannot be read: {why}; {_COPY}")
