"""The form of a back-up: what stands for a person and for each thing the person keeps.

Ids of the database mean nothing elsewhere, so things name each other. A field that is not known
is a fault, and so is a number where a text should be: nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.accounts import limits
from dashboard.accounts.documents import from_document
from dashboard.accounts.models import (
    Alert,
    Channel,
    Entry,
    Follows,
    Preferences,
    SavedScreen,
    Scope,
    ShareKind,
    Watchlist,
)
from dashboard.errors import InputError

_HASH: Final = re.compile(r"[0-9a-f]{64}")

Parameter = Annotated[float | str, Field(union_mode="smart")]


class Record(BaseModel):
    """Any part of a back-up."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class EntryRecord(Record):
    """A row of a watchlist."""

    symbol: str
    section: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    added_on: dt.date
    added_price: float | None = None
    target: float | None = None
    stop: float | None = None


class FollowsRecord(Record):
    """What a list follows."""

    kind: Literal["screen", "layer"]
    value: str
    universe: str = "map"


class WatchlistRecord(Record):
    """A list."""

    name: str
    sections: tuple[str, ...] = ("",)
    columns: tuple[str, ...] = ()
    follows: FollowsRecord | None = None
    entries: tuple[EntryRecord, ...] = ()
    updated_at: dt.datetime

    def item(self) -> Watchlist:
        """As the shelf keeps it."""
        follows = Follows(**self.follows.model_dump()) if self.follows else None
        entries = tuple(Entry(id=0, **one.model_dump()) for one in self.entries)
        return limits.watchlist(
            Watchlist(
                0, self.name, 1, self.sections, self.columns, follows, entries, self.updated_at
            )
        )


class ScreenRecord(Record):
    """A saved screen."""

    name: str
    expression: str
    universe: str = "map"
    columns: tuple[str, ...] = ()
    sort: str = ""
    updated_at: dt.datetime

    def item(self) -> SavedScreen:
        """As the shelf keeps it."""
        return limits.screen(SavedScreen(id=0, version=1, **self.model_dump()))


class ChannelRecord(Record):
    """A channel; without its address where secrets were left out."""

    name: str
    address: str | None = None
    enabled: bool = True

    def item(self) -> Channel:
        """As the shelf keeps it: switched off where the address is missing."""
        enabled = self.enabled and bool(self.address)
        return limits.channel(Channel(0, self.name, self.address or "", enabled, 1))


class StateRecord(Record):
    """How an alert stood for a symbol or layer."""

    key: str
    state: str
    session: dt.date


class AlertRecord(Record):
    """A rule, with how it stood; its channels by name."""

    name: str
    kind: str
    scope: Scope
    scope_value: str = ""
    expression: str = ""
    parameters: dict[str, Parameter] = {}
    channels: tuple[str, ...] = ()
    enabled: bool = True
    created_at: dt.datetime
    states: tuple[StateRecord, ...] = ()

    def item(self) -> Alert:
        """As the shelf keeps it, without channels."""
        for one in self.states:
            limits.state(one.key, one.state, one.session)
        fields = self.model_dump(exclude={"channels", "states"})
        return limits.alert(Alert(id=0, version=1, channels=(), **fields))


class EventRecord(Record):
    """Something an alert saw; `alert` is its name now, None where it is gone."""

    alert: str | None
    alert_name: str
    key: str
    session: dt.date
    state: str
    details: dict[str, Any] = {}
    created_at: dt.datetime
    read_at: dt.datetime | None = None

    def item(self) -> None:
        """Whether it can be kept."""
        limits.line(self.alert_name, "the alert's name", limits.NAME)
        limits.state(self.key, self.state, self.session)
        limits.details(self.key, self.details)


class ShareRecord(Record):
    """A link: what it opens, and the SHA-256 of its token."""

    token_hash: str
    kind: ShareKind
    target: str | None
    name: str
    payload: dict[str, Any]
    created_at: dt.datetime
    last_used_at: dt.datetime | None = None

    def item(self) -> Watchlist | SavedScreen:
        """What the link opens."""
        limits.line(self.name, "the link's name", limits.NAME)
        if not _HASH.fullmatch(self.token_hash):
            raise InputError("token_hash is no SHA-256 in hexadecimal")
        try:
            if self.kind == "watchlist":
                return limits.watchlist(from_document(Watchlist, self.payload))
            return limits.screen(from_document(SavedScreen, self.payload))
        except ValidationError as error:
            raise InputError(f"payload{_faults_of(error)[0]}") from error


class PreferencesRecord(Record):
    """What a person has set."""

    quiet_from: dt.time | None = None
    quiet_to: dt.time | None = None
    timezone: str

    def item(self) -> Preferences:
        """As the shelf keeps it."""
        return limits.preferences(Preferences(**self.model_dump()))


class AccountRecord(Record):
    """A person with everything kept; `issuer` and `subject` are None for the local user."""

    issuer: str | None
    subject: str | None
    name: str
    email: str | None = None
    language: str | None = None
    preferences: PreferencesRecord | None = None
    channels: tuple[ChannelRecord, ...] = ()
    alerts: tuple[AlertRecord, ...] = ()
    watchlists: tuple[WatchlistRecord, ...] = ()
    screens: tuple[ScreenRecord, ...] = ()
    shares: tuple[ShareRecord, ...] = ()
    events: tuple[EventRecord, ...] = ()

    def faults(self) -> Iterator[str]:
        """What cannot be kept, each with its place."""
        if (self.issuer is None) != (self.subject is None):
            yield "issuer: it goes with subject; give both, or none for the local user"
        yield from _told("name", lambda: limits.line(self.name, "the name", limits.IDENTIFIER))
        if self.preferences is not None:
            yield from _told("preferences", self.preferences.item)
        for kind in ("channels", "alerts", "watchlists", "screens", "shares", "events"):
            for number, one in enumerate(getattr(self, kind)):
                yield from _told(f"{kind}[{number}]", one.item)
        channels = {one.name for one in self.channels}
        for number, alert in enumerate(self.alerts):
            for name in alert.channels:
                if name not in channels:
                    yield f"alerts[{number}].channels: no channel is named {name[:40]!r}"


class Document(Record):
    """The whole of a back-up."""

    format: str
    version: int
    exported_at: dt.datetime
    accounts: tuple[AccountRecord, ...]

    def faults(self) -> list[str]:
        """What cannot be kept, each with its place."""
        return [
            f"accounts[{number}].{fault}"
            for number, one in enumerate(self.accounts)
            for fault in one.faults()
        ]


def read_document(text: str) -> Document | list[str]:
    """The document, or what is wrong with its form."""
    try:
        return Document.model_validate_json(text)
    except ValidationError as error:
        return [fault.removeprefix(".") for fault in _faults_of(error)]


def _faults_of(error: ValidationError) -> list[str]:
    faults = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in one["loc"])
        faults.append(f"{place}: {one['msg'][0].lower()}{one['msg'][1:]}")
    return faults


def _told(place: str, check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except InputError as error:
        yield f"{place}: {error}"
