"""What people keep, as plain frozen values: all that leaves this package.

Ids are numbers of the database, never reused. A `version` rises with every change of its row;
what is saved must carry the version it was read with. A tuple of texts holds ids (of metrics,
of layers) or the person's own words, in the person's order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

FollowKind = Literal["screen", "layer"]
ShareKind = Literal["watchlist", "screen"]
Scope = Literal["symbol", "list", "layer", "map", "listed"]
DeliveryStatus = Literal["waiting", "sent", "failed"]
DeletionKind = Literal["entries", "watchlist", "screen", "alert", "channel"]

TAIPEI: Final = "Asia/Taipei"


@dataclass(frozen=True)
class Account:
    """A person. `issuer` and `subject` are None for the local user, who needs no login."""

    id: int
    name: str
    email: str | None = None
    issuer: str | None = None
    subject: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class NewEntry:
    """A row to add to a watchlist."""

    symbol: str
    section: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    added_on: dt.date = field(kw_only=True)
    added_price: float | None = None
    target: float | None = None
    stop: float | None = None


@dataclass(frozen=True)
class Entry:
    """A row of a watchlist; prices in the symbol's own currency, as traded."""

    id: int
    symbol: str
    section: str
    note: str
    tags: tuple[str, ...]
    added_on: dt.date
    added_price: float | None
    target: float | None
    stop: float | None


@dataclass(frozen=True)
class Follows:
    """What a list follows by itself: a screen's expression, or a layer's id."""

    kind: FollowKind
    value: str
    universe: str = "map"


@dataclass(frozen=True)
class Watchlist:
    """A list; `sections` in order ("" is the one without a name), `entries` in hand order."""

    id: int
    name: str
    version: int
    sections: tuple[str, ...]
    columns: tuple[str, ...]
    follows: Follows | None
    entries: tuple[Entry, ...]
    updated_at: dt.datetime


@dataclass(frozen=True)
class SavedScreen:
    """A screen with what its page shows of it."""

    id: int
    name: str
    version: int
    expression: str
    universe: str
    columns: tuple[str, ...]
    sort: str
    updated_at: dt.datetime


@dataclass(frozen=True)
class SharedCopy:
    """What a share's token opens: the list or screen as it was when shared."""

    kind: ShareKind
    name: str
    payload: Watchlist | SavedScreen
    owner_name: str
    created_at: dt.datetime


@dataclass(frozen=True)
class Share:
    """A link given away; its token is shown once, when it is made."""

    id: int
    kind: ShareKind
    target_id: int
    name: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None


@dataclass(frozen=True)
class Channel:
    """A way to reach the person; the address holds passwords and is never printed."""

    id: int
    name: str
    address: str = field(repr=False)
    enabled: bool
    version: int


@dataclass(frozen=True)
class Alert:
    """A rule; what `kind` and `parameters` mean is told by `alerts.rules`."""

    id: int
    name: str
    version: int
    kind: str
    scope: Scope
    scope_value: str
    expression: str
    parameters: Mapping[str, float | str]
    channels: tuple[int, ...]
    enabled: bool
    created_at: dt.datetime


@dataclass(frozen=True)
class NewEvent:
    """Something a rule saw, to be recorded."""

    key: str
    session: dt.date
    state: str
    details: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class AlertEvent:
    """Something a rule saw; `key` is the symbol or layer. It outlives its rule."""

    id: int
    alert_id: int
    alert_name: str
    key: str
    session: dt.date
    state: str
    details: Mapping[str, object]
    created_at: dt.datetime
    read_at: dt.datetime | None


@dataclass(frozen=True)
class Delivery:
    """One event on its way through one channel."""

    id: int
    event_id: int
    channel_id: int
    status: DeliveryStatus
    attempts: int
    next_try_at: dt.datetime
    error: str | None


@dataclass(frozen=True)
class Preferences:
    """Quiet hours in the person's time zone; none where either end is None."""

    quiet_from: dt.time | None = None
    quiet_to: dt.time | None = None
    timezone: str = TAIPEI
    version: int = 0


@dataclass(frozen=True)
class Deletion:
    """What `undo` would bring back: the thing's name, and the symbols if rows were deleted."""

    kind: DeletionKind
    name: str
    symbols: tuple[str, ...]
    deleted_at: dt.datetime
