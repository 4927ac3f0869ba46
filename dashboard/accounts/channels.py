"""The ways a person is reached. An address holds a password: no sentence and no log tells it."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.documents import from_document
from dashboard.accounts.models import Channel
from dashboard.accounts.shelf import Shelf
from dashboard.accounts.tables import AlertChannelRow, AlertRow, ChannelRow, DeletionRow


class Channels(Shelf[ChannelRow, Channel]):
    """One person's channels."""

    noun: ClassVar[str] = "channel"
    most: ClassVar[int] = limits.CHANNELS
    row: ClassVar[type[Any]] = ChannelRow
    model: ClassVar[type[Any]] = Channel

    def create(self, name: str, address: str, *, enabled: bool = True) -> Channel:
        """A new channel; `NameTaken` if the person has one of this name.

        Whether the address can be used is checked by `alerts.channels`.
        """
        return self._create(Channel(0, name, address, enabled, 1))

    def _item(self, row: ChannelRow) -> Channel:
        return Channel(row.id, row.name, row.address, row.enabled, row.version)

    def _checked(self, item: Channel) -> Channel:
        return limits.channel(item)

    def _fill(self, session: Session, row: ChannelRow, item: Channel) -> None:
        row.name = item.name
        row.address = item.address
        row.enabled = item.enabled

    def _parting(self, session: Session, row: ChannelRow) -> dict[str, Any]:
        users = select(AlertChannelRow.alert_id).where(AlertChannelRow.channel_id == row.id)
        return super()._parting(session, row) | {"alerts": list(session.scalars(users))}

    def _restored(self, session: Session, deletion: DeletionRow) -> Channel:
        """With the alerts that used it, where they are still there."""
        document = dict(deletion.payload)
        users = document.pop("alerts")
        restored = self._put_in(session, from_document(Channel, document))
        own = select(AlertRow.id).where(
            AlertRow.account_id == self._account.id, AlertRow.id.in_(users)
        )
        session.add_all(
            AlertChannelRow(alert_id=alert, channel_id=restored.id, position=limits.CHANNELS)
            for alert in session.scalars(own).all()
        )
        return restored
