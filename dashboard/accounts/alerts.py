"""A person's alerts: the rules, how they stood, and what they saw.

An event is one for each alert, key, session and state, whoever evaluates how often: the
database refuses a second.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, cast

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from dashboard.accounts import limits
from dashboard.accounts.deliveries import Deliveries
from dashboard.accounts.documents import from_document
from dashboard.accounts.models import (
    Alert,
    AlertEvent,
    NewEvent,
    Scope,
)
from dashboard.accounts.shelf import Shelf, now
from dashboard.accounts.tables import (
    AlertChannelRow,
    AlertEventRow,
    AlertRow,
    AlertStateRow,
    ChannelRow,
    DeletionRow,
    DeliveryRow,
)
from dashboard.errors import NotFound

State = tuple[str, dt.date]


class Alerts(Deliveries, Shelf[AlertRow, Alert]):
    """One person's alerts and their history."""

    noun: ClassVar[str] = "alert"
    most: ClassVar[int] = limits.ALERTS
    row: ClassVar[type[Any]] = AlertRow
    model: ClassVar[type[Any]] = Alert

    # -- rules

    def create(
        self,
        name: str,
        *,
        kind: str,
        scope: Scope,
        scope_value: str = "",
        expression: str = "",
        parameters: Mapping[str, float | str] = MappingProxyType({}),
        channels: Sequence[int] = (),
        enabled: bool = True,
    ) -> Alert:
        """A new alert.

        Raises
        ------
        NameTaken
            If the person has an alert of this name.
        NotFound
            If a channel is not the person's.
        InputError
            If a value cannot be kept, or the person has as many alerts as are kept.
        """
        return self._create(
            Alert(
                id=0,
                name=name,
                version=1,
                kind=kind,
                scope=scope,
                scope_value=scope_value,
                expression=expression,
                parameters=parameters,
                channels=tuple(channels),
                enabled=enabled,
                created_at=now(),
            )
        )

    def _whole(self, query: Select[Any]) -> Select[Any]:
        return query.options(joinedload(AlertRow.channels))

    def _item(self, row: AlertRow) -> Alert:
        channels = sorted(row.channels, key=lambda one: one.position)
        return Alert(
            id=row.id,
            name=row.name,
            version=row.version,
            kind=row.kind,
            scope=cast(Scope, row.scope),
            scope_value=row.scope_value,
            expression=row.expression,
            parameters=dict(row.parameters),
            channels=tuple(one.channel_id for one in channels),
            enabled=row.enabled,
            created_at=row.created_at,
        )

    def _checked(self, item: Alert) -> Alert:
        return limits.alert(item)

    def _fill(self, session: Session, row: AlertRow, item: Alert) -> None:
        row.name = item.name
        row.kind = item.kind
        row.scope = item.scope
        row.scope_value = item.scope_value
        row.expression = item.expression
        row.parameters = dict(item.parameters)
        row.enabled = item.enabled
        row.created_at = row.created_at or item.created_at.astimezone(dt.UTC)
        if set(item.channels) - self._own_channels(session, item.channels):
            raise NotFound("there is no such channel among yours")
        there = {one.channel_id: one for one in row.channels}
        row.channels = [
            there.get(identity) or AlertChannelRow(channel_id=identity)
            for identity in item.channels
        ]
        for position, one in enumerate(row.channels):
            one.position = position

    def _own_channels(self, session: Session, identities: Collection[int]) -> set[int]:
        own = select(ChannelRow.id).where(
            ChannelRow.account_id == self._account.id, ChannelRow.id.in_(limits.ids(identities))
        )
        return set(session.scalars(own))

    def _parting(self, session: Session, row: AlertRow) -> dict[str, Any]:
        states = [
            [key, state, session.isoformat()]
            for key, (state, session) in self._states(session, row.id).items()
        ]
        return super()._parting(session, row) | {"states": states}

    def _restored(self, session: Session, deletion: DeletionRow) -> Alert:
        """With its states, so that what was told before the deletion is not told again."""
        document = dict(deletion.payload)
        states = document.pop("states")
        there = self._own_channels(session, document["channels"])
        document["channels"] = [one for one in document["channels"] if one in there]
        restored = self._put_in(session, from_document(Alert, document))
        session.add_all(
            AlertStateRow(
                alert_id=restored.id, key=key, state=state, session=dt.date.fromisoformat(day)
            )
            for key, state, day in states
        )
        return restored

    # -- how rules stand, and what they saw

    def states(self, identity: int) -> dict[str, State]:
        """How the alert stood for each key when it was last recorded: state and session."""

        def work(session: Session) -> dict[str, State]:
            return self._states(session, self._own(session, identity).id)

        return self._database.read(work)

    def _states(self, session: Session, identity: int) -> dict[str, State]:
        rows = session.scalars(select(AlertStateRow).where(AlertStateRow.alert_id == identity))
        return {row.key: (row.state, row.session) for row in rows}

    def record(
        self,
        alert: Alert,
        new_states: Mapping[str, State],
        events: Sequence[NewEvent],
        now: dt.datetime,
    ) -> tuple[AlertEvent, ...]:
        """Keep how the alert stands now and what it saw, in one transaction.

        Parameters
        ----------
        alert : the person's own; its channels get a delivery of each event that is new
        new_states : state and session by key; keys that are not named stay as they are, and a
            session earlier than the one kept changes nothing
        events : what to keep; one that is there already (alert, key, session, state) is left out
        now : with time zone

        Returns
        -------
        The events that were not there before.

        Raises
        ------
        NotFound
            If the alert is gone, or another's.
        """
        fresh = [limits.new_event(one) for one in events]
        limits.few(list(new_states), "states of an alert", limits.STATES)
        states = {key: limits.state(key, *one) for key, one in new_states.items()}

        def work(session: Session) -> tuple[AlertEvent, ...]:
            row = self._locked(session, alert.id)
            _keep_states(session, row.id, states)
            rows = [_event_row(row, one, now) for one in _unknown(session, row.id, fresh)]
            session.add_all(rows)
            session.flush()
            self._send_on(session, row, rows, now)
            self._forget_oldest(session)
            return tuple(_event(one) for one in rows)

        return self._database.change(work)

    def _send_on(
        self, session: Session, row: AlertRow, events: Sequence[AlertEventRow], now: dt.datetime
    ) -> None:
        session.add_all(
            DeliveryRow(
                event_id=event.id,
                channel_id=channel.channel_id,
                status="waiting",
                attempts=0,
                next_try_at=now,
            )
            for event in events
            for channel in row.channels
        )
        session.flush()

    def _forget_oldest(self, session: Session) -> None:
        newest = (
            select(AlertEventRow.id)
            .where(AlertEventRow.account_id == self._account.id)
            .order_by(AlertEventRow.id.desc())
        )
        last_kept = session.scalar(newest.offset(limits.EVENTS - 1).limit(1))
        if last_kept is not None:
            session.execute(
                delete(AlertEventRow).where(
                    AlertEventRow.account_id == self._account.id, AlertEventRow.id < last_kept
                )
            )

    def history(self, limit: int = 100, unread_only: bool = False) -> tuple[AlertEvent, ...]:
        """What the person's alerts saw, the newest first, also of alerts that are gone."""
        own = select(AlertEventRow).where(AlertEventRow.account_id == self._account.id)
        if unread_only:
            own = own.where(AlertEventRow.read_at.is_(None))
        newest = own.order_by(AlertEventRow.id.desc()).limit(max(0, min(limit, limits.EVENTS)))
        return self._database.read(
            lambda session: tuple(_event(row) for row in session.scalars(newest))
        )

    def last_sessions(self) -> dict[int, dt.date]:
        """The last session that each alert fired for, by its id; also of alerts that are gone."""
        last = (
            select(AlertEventRow.alert_id, func.max(AlertEventRow.session))
            .where(AlertEventRow.account_id == self._account.id)
            .group_by(AlertEventRow.alert_id)
        )
        return self._database.read(
            lambda session: {row[0]: row[1] for row in session.execute(last)}
        )

    def unread_count(self) -> int:
        """How many events the person has not read."""
        unread = (
            select(func.count())
            .select_from(AlertEventRow)
            .where(AlertEventRow.account_id == self._account.id, AlertEventRow.read_at.is_(None))
        )
        return self._database.read(lambda session: session.scalar(unread) or 0)

    def mark_read(self, ids: Collection[int] | None = None) -> int:
        """Mark these events as read, or all; returns how many were unread.

        Ids that are not the person's are passed over.
        """
        unread = update(AlertEventRow).where(
            AlertEventRow.account_id == self._account.id, AlertEventRow.read_at.is_(None)
        )
        if ids is not None:
            unread = unread.where(AlertEventRow.id.in_(limits.ids(ids)))

        marked = unread.values(read_at=now()).returning(AlertEventRow.id)

        def work(session: Session) -> int:
            return len(session.scalars(marked).all())

        return self._database.change(work)


def _keep_states(session: Session, alert_id: int, states: Mapping[str, State]) -> None:
    there = {
        row.key: row
        for row in session.scalars(select(AlertStateRow).where(AlertStateRow.alert_id == alert_id))
    }
    for key, (state, day) in states.items():
        row = there.get(key)
        if row is None:
            session.add(AlertStateRow(alert_id=alert_id, key=key, state=state, session=day))
        elif day >= row.session:
            row.state, row.session = state, day


def _unknown(session: Session, alert_id: int, events: Sequence[NewEvent]) -> list[NewEvent]:
    """Those that are not kept yet; the alert's row is locked, so nobody adds them meanwhile."""
    if not events:
        return []
    kept = AlertEventRow
    same = select(kept.key, kept.session, kept.state).where(
        kept.alert_id == alert_id, kept.session.in_({one.session for one in events})
    )
    there = {tuple(row) for row in session.execute(same)}
    fresh = {(one.key, one.session, one.state): one for one in events}
    return [one for key, one in fresh.items() if key not in there]


def _event_row(alert: AlertRow, event: NewEvent, created_at: dt.datetime) -> AlertEventRow:
    return AlertEventRow(
        account_id=alert.account_id,
        alert_id=alert.id,
        alert_name=alert.name,
        key=event.key,
        session=event.session,
        state=event.state,
        details=dict(event.details),
        created_at=created_at,
    )


def _event(row: AlertEventRow) -> AlertEvent:
    return AlertEvent(
        id=row.id,
        alert_id=row.alert_id,
        alert_name=row.alert_name,
        key=row.key,
        session=row.session,
        state=row.state,
        details=dict(row.details),
        created_at=row.created_at,
        read_at=row.read_at,
    )
