"""Events on their way through a person's channels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Final, cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.database import Database
from dashboard.accounts.models import Account, Delivery, DeliveryStatus
from dashboard.accounts.tables import AlertEventRow, ChannelRow, DeliveryRow
from dashboard.errors import NotFound

LEASE: Final = dt.timedelta(minutes=10)
"""How long a delivery that was handed out belongs to who took it."""


class Deliveries:
    """The part of a person's alerts that is about sending; an event's owner owns them."""

    _database: Database
    _account: Account

    def deliveries(
        self,
        event_ids: Collection[int] | None = None,
        *,
        status: DeliveryStatus | None = None,
        limit: int = 1_000,
    ) -> tuple[Delivery, ...]:
        """Deliveries of these events, or of all, the newest first."""
        chosen = self._deliveries()
        if event_ids is not None:
            chosen = chosen.where(DeliveryRow.event_id.in_(limits.ids(event_ids)))
        if status is not None:
            chosen = chosen.where(DeliveryRow.status == status)
        newest = chosen.order_by(DeliveryRow.id.desc()).limit(max(0, limit))
        return self._database.read(
            lambda session: tuple(_delivery(row) for row in session.scalars(newest))
        )

    def due_deliveries(
        self, now: dt.datetime, *, limit: int = 100, lease: dt.timedelta = LEASE
    ) -> tuple[Delivery, ...]:
        """Deliveries whose time has come, taken: nobody else gets them until the lease is over.

        What was taken by a process that ended without a word is due again after that. A
        channel that is switched off has none that are due; they wait.
        """
        due = (
            self._deliveries()
            .join(ChannelRow, ChannelRow.id == DeliveryRow.channel_id)
            .where(
                DeliveryRow.status == "waiting",
                DeliveryRow.next_try_at <= now,
                ChannelRow.enabled.is_(True),
            )
            .order_by(DeliveryRow.next_try_at, DeliveryRow.id)
            .limit(max(0, limit))
            .with_for_update(of=DeliveryRow, skip_locked=True)
        )

        def work(session: Session) -> tuple[Delivery, ...]:
            rows = session.scalars(due).all()
            for row in rows:
                row.next_try_at = now + lease
            session.flush()
            return tuple(_delivery(row) for row in rows)

        return self._database.change(work)

    def delivered(self, identity: int) -> None:
        """The delivery has arrived; `NotFound` if it is not the person's."""

        def arrived(row: DeliveryRow) -> None:
            row.status, row.error = "sent", None

        self._settle(identity, arrived)

    def delivery_failed(self, identity: int, error: str, next_try_at: dt.datetime | None) -> None:
        """The delivery failed; tried again at that moment, or never where there is none."""
        told = limits.text(error[: limits.NOTE], "the error", limits.NOTE)

        def failed(row: DeliveryRow) -> None:
            row.error = told
            if next_try_at is None:
                row.status = "failed"
            else:
                row.status, row.next_try_at = "waiting", next_try_at

        self._settle(identity, failed)

    def put_off(self, identity: int, next_try_at: dt.datetime) -> None:
        """Leave the delivery until that moment (quiet hours); it counts as no attempt."""

        def later(row: DeliveryRow) -> None:
            row.next_try_at = next_try_at

        self._settle(identity, later, attempts=0)

    def try_again(self, identity: int, now: dt.datetime) -> None:
        """Make a delivery due that waits or was given up; its attempts count anew.

        `NotFound` if it is not the person's; one that has arrived is left alone.
        """

        def anew(row: DeliveryRow) -> None:
            if row.status != "sent":
                row.status, row.next_try_at, row.attempts = "waiting", now, 0

        self._settle(identity, anew, attempts=0)

    def _settle(
        self, identity: int, change: Callable[[DeliveryRow], None], *, attempts: int = 1
    ) -> None:
        own = self._deliveries().where(DeliveryRow.id.in_(limits.ids([identity])))

        def work(session: Session) -> None:
            row = session.scalar(own.with_for_update(of=DeliveryRow))
            if row is None:
                raise NotFound("there is no such delivery among yours")
            row.attempts += attempts
            change(row)

        self._database.change(work)

    def _deliveries(self) -> Select[DeliveryRow]:
        return (
            select(DeliveryRow)
            .join(AlertEventRow, AlertEventRow.id == DeliveryRow.event_id)
            .where(AlertEventRow.account_id == self._account.id)
        )


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        event_id=row.event_id,
        channel_id=row.channel_id,
        status=cast(DeliveryStatus, row.status),
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        error=row.error,
    )
