"""The form of a back-up: what stands for a person and for each thing the person keeps.

Ids of the database mean nothing elsewhere, so things name each other. A field that is not known
is a fault, and so is a number where a text should be: nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import PydanticCustomError

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
from dashboard.i18n import LANGUAGES

_HASH: Final = re.compile(r"[0-9a-f]{64}")

_YEARS: Final = range(1970, 9999)
"""Of moments: in no time zone do they leave the calendar, and databases take them."""
_LONGEST_STEP: Final = 60
_IDENTITY: Final = 500
_MAIL: Final = 320

Parameter = Annotated[float | str, Field(union_mode="smart")]


def _moment(value: dt.datetime) -> dt.datetime:
    if value.year not in _YEARS:
        told = f"the year should be from {_YEARS[0]} to {_YEARS[-1]}"
        raise PydanticCustomError("year", "{told}", {"told": told})
    return value.astimezone(dt.UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_moment)]


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
    updated_at: Moment

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
    updated_at: Moment

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
    """A rule, with how it stood; its channels by name.

    So is a list that it watches, in `scope_value`; None where that list is gone.
    """

    name: str
    kind: str
    scope: Scope
    scope_value: str | None = ""
    expression: str = ""
    parameters: dict[str, Parameter] = {}
    channels: tuple[str, ...] = ()
    enabled: bool = True
    created_at: Moment
    states: tuple[StateRecord, ...] = ()

    def item(self) -> Alert:
        """As the shelf keeps it, without channels and with a list's name for its id."""
        for one in self.states:
            limits.state(one.key, one.state, one.session)
        if self.scope_value is None and self.scope != "list":
            raise InputError("scope_value is null; only a list that an alert watches can be gone")
        fields = self.model_dump(exclude={"channels", "states", "scope_value"})
        watched = self.scope_value or ""
        return limits.alert(Alert(id=0, version=1, channels=(), scope_value=watched, **fields))


class EventRecord(Record):
    """Something an alert saw; `alert` is its name now, None where it is gone."""

    alert: str | None
    alert_name: str
    key: str
    session: dt.date
    state: str
    details: dict[str, Any] = {}
    created_at: Moment
    read_at: Moment | None = None

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
    created_at: Moment
    last_used_at: Moment | None = None

    def item(self) -> Watchlist | SavedScreen:
        """What the link opens."""
        limits.line(self.name, "the link's name", limits.NAME)
        if not _HASH.fullmatch(self.token_hash):
            raise InputError("token_hash is no SHA-256 in hexadecimal")
        try:
            if self.kind == "watchlist":
                watchlist = from_document(Watchlist, self.payload)
                return limits.watchlist(replace(watchlist, updated_at=_told_at(watchlist)))
            screen = from_document(SavedScreen, self.payload)
            return limits.screen(replace(screen, updated_at=_told_at(screen)))
        except ValidationError as error:
            raise InputError(f"payload{_faults_of(error)[0]}") from error


class _Payload(Record):
    updated_at: Moment


def _told_at(payload: Watchlist | SavedScreen) -> dt.datetime:
    return _Payload(updated_at=payload.updated_at).updated_at


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

    def shown_name(self) -> str:
        """The name as `Accounts.signed_in` keeps it."""
        return limits.line(self.name, "the name", limits.IDENTIFIER)

    def mail_address(self) -> str | None:
        """The mail address as `Accounts.signed_in` keeps it."""
        mail = limits.line(self.email or "", "the mail address", _MAIL, may_be_empty=True)
        return mail or None

    def faults(self) -> Iterator[str]:
        """What cannot be kept, each with its place."""
        yield from self._faults_of_the_person()
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
            watched = alert.scope_value if alert.scope == "list" else None
            if watched is not None and watched not in {one.name for one in self.watchlists}:
                yield (
                    f"alerts[{number}].scope_value: no watchlist is named {watched[:40]!r}; name "
                    "one of watchlists, or give null for one that is gone"
                )
        yield from self._names_that_stand_twice()

    def _faults_of_the_person(self) -> Iterator[str]:
        if (self.issuer is None) != (self.subject is None):
            yield "issuer: it goes with subject; give both, or null for the local user"
        for field in ("issuer", "subject"):
            if getattr(self, field) is not None:
                yield from _told(field, partial(_as_it_is, getattr(self, field), f"the {field}"))
        yield from _told("name", self.shown_name)
        yield from _told("email", self.mail_address)
        if self.language is not None and self.language not in LANGUAGES:
            yield f"language: {self.language[:40]!r} is none of {', '.join(LANGUAGES)}"

    def _names_that_stand_twice(self) -> Iterator[str]:
        """Things name each other, so a name has to stand for one of them."""
        for kind in ("channels", "alerts", "watchlists", "screens"):
            seen: set[str] = set()
            for number, one in enumerate(getattr(self, kind)):
                if one.name in seen:
                    yield f"{kind}[{number}].name: {one.name[:40]!r} stands twice"
                seen.add(one.name)


class Document(Record):
    """The whole of a back-up."""

    format: str
    version: int
    exported_at: Moment
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
        place = "".join(
            f"[{step}]" if isinstance(step, int) else f".{step[:_LONGEST_STEP]}"
            for step in one["loc"]
        )
        faults.append(f"{place}: {one['msg'][0].lower()}{one['msg'][1:]}")
    return faults


def _as_it_is(value: str, what: str) -> None:
    """Refuse what `Accounts.signed_in` would keep otherwise: it would be somebody else."""
    if limits.line(value, what, _IDENTITY) != value:
        raise InputError(f"{what} has control characters, or spaces at its ends")


def _told(place: str, check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except InputError as error:
        yield f"{place}: {error}"
