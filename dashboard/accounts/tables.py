"""The tables. A change here needs a new file in `migrations/versions` and a new `HEAD`."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Final

from sqlalchemy import (
    JSON,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    Time,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

HEAD: Final = "0004"
"""The newest migration: what a database must be at."""

NAMING: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[dt.datetime]):
    """A moment with a time zone, kept as UTC; SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        aware: dt.datetime = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return aware.astimezone(dt.UTC)


class Texts(TypeDecorator[tuple[str, ...]]):
    """Several texts in order, kept as a JSON array."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> Any:
        return None if value is None else list(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)


class Base(DeclarativeBase):
    """Ids are never given twice, not even after a deletion: they stand in links."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dt.datetime: Moment,
        dt.date: Date,
        dt.time: Time,
        tuple[str, ...]: Texts,
        dict[str, Any]: JSON,
    }


def _owner() -> Mapped[int]:
    return mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))


class AccountRow(Base):
    """A person; `issuer` and `subject` are empty for the local user, of whom there is one."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("issuer", "subject"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(500))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    language: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[dt.datetime]


class WatchlistRow(Base):
    """A list; its row is locked while its entries change."""

    __tablename__ = "watchlists"
    __table_args__ = (UniqueConstraint("account_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _owner()
    name: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=1)
    sections: Mapped[tuple[str, ...]]
    columns: Mapped[tuple[str, ...]]
    follows_kind: Mapped[str | None] = mapped_column(String(20))
    follows_value: Mapped[str | None] = mapped_column(Text)
    follows_universe: Mapped[str | None] = mapped_column(String(200))
    updated_at: Mapped[dt.datetime]
    entries: Mapped[list[EntryRow]] = relationship(
        order_by="EntryRow.position", cascade="all, delete-orphan", passive_deletes=True
    )


class EntryRow(Base):
    """A row of a list."""

    __tablename__ = "watchlist_entries"
    __table_args__ = (UniqueConstraint("watchlist_id", "symbol"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    watchlist_id: Mapped[int] = mapped_column(ForeignKey("watchlists.id", ondelete="CASCADE"))
    position: Mapped[int]
    symbol: Mapped[str] = mapped_column(String(50))
    section: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(Text)
    tags: Mapped[tuple[str, ...]]
    added_on: Mapped[dt.date]
    added_price: Mapped[float | None]
    target: Mapped[float | None]
    stop: Mapped[float | None]


class DeletionRow(Base):
    """The last deletion of each shelf (watchlists, screens …) of a person."""

    __tablename__ = "deletions"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    shelf: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    payload: Mapped[dict[str, Any]]
    deleted_at: Mapped[dt.datetime]


class ScreenRow(Base):
    """A saved screen."""

    __tablename__ = "screens"
    __table_args__ = (UniqueConstraint("account_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _owner()
    name: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=1)
    expression: Mapped[str] = mapped_column(Text)
    universe: Mapped[str] = mapped_column(String(200))
    columns: Mapped[tuple[str, ...]]
    sort: Mapped[str] = mapped_column(String(200))
    updated_at: Mapped[dt.datetime]


class ShareRow(Base):
    """A link given away: the SHA-256 of its token, and the copy it opens."""

    __tablename__ = "shares"
    __table_args__ = (Index("ix_shares_account_id", "account_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _owner()
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]


class ChannelRow(Base):
    """A way to reach the person."""

    __tablename__ = "channels"
    __table_args__ = (UniqueConstraint("account_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _owner()
    name: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=1)
    address: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool]


class AlertRow(Base):
    """A rule."""

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("account_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _owner()
    name: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(50))
    scope: Mapped[str] = mapped_column(String(20))
    scope_value: Mapped[str] = mapped_column(String(200))
    expression: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]]
    enabled: Mapped[bool]
    created_at: Mapped[dt.datetime]
    channels: Mapped[list[AlertChannelRow]] = relationship(
        order_by="AlertChannelRow.position", cascade="all, delete-orphan", passive_deletes=True
    )


class AlertChannelRow(Base):
    """Which channels a rule uses."""

    __tablename__ = "alert_channels"

    alert_id: Mapped[int] = mapped_column(
        ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True
    )
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class AlertStateRow(Base):
    """How a rule stood for a symbol or layer when it was last evaluated."""

    __tablename__ = "alert_states"

    alert_id: Mapped[int] = mapped_column(
        ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    state: Mapped[str] = mapped_column(String(200))
    session: Mapped[dt.date]


class AlertEventRow(Base):
    """Something a rule saw. `alert_id` refers to no row: the history outlives the rule."""

    __tablename__ = "alert_events"
    __table_args__ = (
        UniqueConstraint("alert_id", "key", "session", "state"),
        Index("ix_alert_events_account_id", "account_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    alert_id: Mapped[int]
    alert_name: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(100))
    session: Mapped[dt.date]
    state: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime]
    read_at: Mapped[dt.datetime | None]


class DeliveryRow(Base):
    """One event on its way through one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "channel_id"),
        Index("ix_deliveries_due", "status", "next_try_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("alert_events.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channels.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int]
    next_try_at: Mapped[dt.datetime]
    error: Mapped[str | None] = mapped_column(Text)


class PreferencesRow(Base):
    """What a person has set."""

    __tablename__ = "preferences"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(default=1)
    quiet_from: Mapped[dt.time | None]
    quiet_to: Mapped[dt.time | None]
    timezone: Mapped[str] = mapped_column(String(100))


class EndedSignInRow(Base):
    """A sign-in that was ended before its time; nothing here tells whose."""

    __tablename__ = "ended_sign_ins"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    ended_at: Mapped[dt.datetime]
