"""What may be kept, and how much, so that nobody fills the database.

Every check returns the value as it is stored, or raises `InputError` with one sentence. A
control character in a line becomes a space; PostgreSQL takes no NUL, and nothing no half of a
surrogate pair.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import re
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from numbers import Integral
from typing import Any, Final, cast, get_args

from dashboard.accounts.models import (
    Alert,
    Channel,
    Entry,
    FollowKind,
    Follows,
    NewEntry,
    NewEvent,
    Preferences,
    SavedScreen,
    Scope,
    Watchlist,
)
from dashboard.errors import InputError

LARGEST_ID: Final = 2**31 - 1
NAME: Final = 100
NOTE: Final = 2_000
EXPRESSION: Final = 4_000
SYMBOL: Final = 50
IDENTIFIER: Final = 200
TAGS: Final = 20
COLUMNS: Final = 200
SECTIONS: Final = 100
WATCHLISTS: Final = 100
ENTRIES: Final = 1_000
SCREENS: Final = 200
ALERTS: Final = 200
CHANNELS: Final = 20
SHARES: Final = 200
EVENTS: Final = 5_000
"""The newest events of a person that are kept."""
STATES: Final = 10_000
PARAMETERS: Final = 20
DETAILS: Final = 10_000

_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_CONTROL_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_KIND: Final = re.compile(r"[a-z_]{1,40}")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def line(value: str, what: str, most: int, *, may_be_empty: bool = False) -> str:
    """A text in one line, without spaces at its ends."""
    cleaned = _CONTROL.sub(" ", _text(value, what)).strip()
    if not cleaned and not may_be_empty:
        raise InputError(f"{what} is empty")
    return _short(cleaned, what, most)


def text(value: str, what: str, most: int) -> str:
    """A text that may have line breaks and tabs."""
    return _short(_CONTROL_IN_TEXT.sub("", _text(value, what)).strip(), what, most)


def _text(value: str, what: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{what} is no text but {type(value).__name__}")
    return _SURROGATE.sub("", value.replace("\r\n", "\n"))


def _short(value: str, what: str, most: int) -> str:
    if len(value) > most:
        raise InputError(f"{what} has {len(value):,} characters; at most {most:,} are kept")
    return value


def ids(values: Collection[object]) -> list[int]:
    """Those that can be ids of the database at all."""
    whole = [int(one) for one in values if isinstance(one, Integral) and not isinstance(one, bool)]
    return [one for one in whole if 0 < one <= LARGEST_ID]


def few(values: Sequence[Any], what: str, most: int) -> None:
    """Refuse more than `most`."""
    if len(values) > most:
        raise InputError(f"{len(values):,} {what}; at most {most:,} are kept")


def _lines(
    values: Sequence[str], what: str, plural: str, length: int, most: int
) -> tuple[str, ...]:
    if isinstance(values, str):
        raise InputError(f"{plural} are a text, not several")
    few(values, plural, most)
    return tuple(dict.fromkeys(line(one, what, length) for one in values))


def _price(value: float | None, what: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{what} is no number: {str(value)[:40]}")
    if value <= 0:
        raise InputError(f"{what} is {value:g}; a price is above zero")
    return float(value)


def _day(value: dt.date, what: str) -> dt.date:
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise InputError(f"{what} is no date: {str(value)[:40]}")
    return value


def _one_of(value: str, choices: tuple[str, ...], what: str) -> str:
    if value not in choices:
        raise InputError(f"{what} {str(value)[:40]!r} is none of {', '.join(choices)}")
    return value


def new_entry(entry: NewEntry) -> NewEntry:
    """A row to add."""
    return dataclasses.replace(entry, **_entry_fields(entry))


def _entry(one: Entry) -> Entry:
    return dataclasses.replace(one, **_entry_fields(one))


def _entry_fields(entry: Entry | NewEntry) -> dict[str, Any]:
    symbol = line(entry.symbol, "a symbol", SYMBOL)
    return {
        "symbol": symbol,
        "section": line(entry.section, f"{symbol}: the section", NAME, may_be_empty=True),
        "note": text(entry.note, f"{symbol}: the note", NOTE),
        "tags": _lines(entry.tags, f"{symbol}: a tag", f"{symbol}: tags", NAME, TAGS),
        "added_on": _day(entry.added_on, f"{symbol}: the day it was added"),
        "added_price": _price(entry.added_price, f"{symbol}: the price when added"),
        "target": _price(entry.target, f"{symbol}: the target"),
        "stop": _price(entry.stop, f"{symbol}: the stop"),
    }


def columns(values: Sequence[str]) -> tuple[str, ...]:
    """Ids of columns."""
    return _lines(values, "a column", "columns", IDENTIFIER, COLUMNS)


def follows(value: Follows | None) -> Follows | None:
    """What a list follows."""
    if value is None:
        return None
    _one_of(value.kind, get_args(FollowKind), "what a list follows")
    return Follows(
        value.kind,
        _filled(text(value.value, "what the list follows", EXPRESSION), "what the list follows"),
        line(value.universe, "the universe", IDENTIFIER),
    )


def _filled(value: str, what: str) -> str:
    if not value:
        raise InputError(f"{what} is empty")
    return value


def watchlist(value: Watchlist) -> Watchlist:
    """A list; a section that only its rows name is put at the end of its sections."""
    few(value.entries, "rows", ENTRIES)
    entries = tuple(_entry(one) for one in value.entries)
    seen: set[str] = set()
    for entry in entries:
        if entry.symbol in seen:
            raise InputError(f"{entry.symbol} stands twice in the list; keep one of its rows")
        seen.add(entry.symbol)
    return dataclasses.replace(
        value,
        name=line(value.name, "the list's name", NAME),
        sections=sections((*value.sections, *(entry.section for entry in entries))),
        columns=columns(value.columns),
        follows=follows(value.follows),
        entries=entries,
    )


def sections(values: Sequence[str]) -> tuple[str, ...]:
    """Names of sections in order, each once."""
    names = (line(one, "a section's name", NAME, may_be_empty=True) for one in values)
    distinct = tuple(dict.fromkeys(names))
    few(distinct, "sections", SECTIONS)
    return distinct


def screen(value: SavedScreen) -> SavedScreen:
    """A saved screen; whether its expression can be read is the language's to say."""
    expression = text(value.expression, "the expression", EXPRESSION)
    return dataclasses.replace(
        value,
        name=line(value.name, "the screen's name", NAME),
        expression=_filled(expression, "the expression"),
        universe=line(value.universe, "the universe", IDENTIFIER),
        columns=columns(value.columns),
        sort=line(value.sort, "the order", IDENTIFIER, may_be_empty=True),
    )


def channel(value: Channel) -> Channel:
    """A channel; its address is not told in any sentence. It may be missing while it is off."""
    name = line(value.name, "the channel's name", NAME)
    address = line(value.address, "the channel's address", NOTE, may_be_empty=True)
    if value.enabled and not address:
        raise InputError(f"{name}: the channel has no address; give one, or switch it off")
    return dataclasses.replace(value, name=name, address=address, enabled=bool(value.enabled))


def alert(value: Alert) -> Alert:
    """A rule; what it means is checked by `alerts.rules`."""
    few(tuple(value.parameters), "parameters of a rule", PARAMETERS)
    return dataclasses.replace(
        value,
        name=line(value.name, "the alert's name", NAME),
        kind=_kind(value.kind),
        scope=cast(Scope, _one_of(value.scope, get_args(Scope), "the alert's scope")),
        scope_value=line(value.scope_value, "what the alert watches", NAME, may_be_empty=True),
        expression=text(value.expression, "the expression", EXPRESSION),
        parameters=dict(_parameter(*pair) for pair in value.parameters.items()),
        channels=tuple(dict.fromkeys(value.channels)),
        enabled=bool(value.enabled),
    )


def _kind(value: str) -> str:
    if not isinstance(value, str) or not _KIND.fullmatch(value):
        raise InputError(f"{str(value)[:40]!r} is no kind of alert")
    return value


def _parameter(key: str, value: float | str) -> tuple[str, float | str]:
    name = line(key, "a parameter's name", NAME)
    if isinstance(value, str):
        return name, line(value, name, IDENTIFIER, may_be_empty=True)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{name} is neither a number nor a text")
    return name, float(value)


def new_event(event: NewEvent) -> NewEvent:
    """An event; a number that is none becomes a missing value in its details."""
    told, session = state(event.key, event.state, event.session)
    return NewEvent(event.key, session, told, details(event.key, event.details))


def details(key: str, values: Mapping[str, object]) -> dict[str, Any]:
    """The details of an event as JSON holds them."""
    plain: dict[str, Any] = _plain(values)
    if len(json.dumps(plain)) > DETAILS:
        raise InputError(f"{key}: the details of an event are longer than {DETAILS:,} characters")
    return plain


def state(key: str, value: str, session: dt.date) -> tuple[str, dt.date]:
    """How a rule stands for a key; the key is an id, which is kept as it is or refused."""
    if line(key, "what an alert is about", NAME) != key:
        raise InputError(f"{key[:40]!r}: no symbol and no layer is written so")
    return line(value, f"{key}: the state", IDENTIFIER), _day(session, f"{key}: the session")


def _plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, Mapping):
        return {_text(str(key), "a key"): _plain(one) for key, one in value.items()}
    if isinstance(value, str):
        return _CONTROL_IN_TEXT.sub("", _text(value, "a detail"))
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()  # a numpy scalar
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    raise InputError(f"the details of an event hold a {type(value).__name__}")


def preferences(value: Preferences) -> Preferences:
    """Quiet hours with both ends or none, in a time zone that exists."""
    if (value.quiet_from is None) != (value.quiet_to is None):
        raise InputError("quiet hours have one end only; give both or none")
    for end in (value.quiet_from, value.quiet_to):
        if end is not None and (not isinstance(end, dt.time) or end.tzinfo is not None):
            raise InputError(f"{str(end)[:40]} is no time of day")
    try:
        zoneinfo.ZoneInfo(value.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise InputError(
            f"{str(value.timezone)[:40]!r} is no time zone; write it as Asia/Taipei"
        ) from error
    return value
