"""One person's part of a back-up beside what the person has."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.desk import Desk
from dashboard.accounts.documents import to_document
from dashboard.accounts.models import Alert, Channel, SavedScreen, Watchlist
from dashboard.accounts.records import (
    AccountRecord,
    AlertRecord,
    EventRecord,
    ShareRecord,
)
from dashboard.accounts.shelf import Shelf, numbered
from dashboard.accounts.tables import (
    AlertEventRow,
    AlertStateRow,
    PreferencesRow,
    ShareRow,
)
from dashboard.errors import InputError

ALREADY_THERE = "already_there"
_NO_LIST: Final = "0"
"""Of an alert whose list is gone: no list ever has this id."""


class Merge:
    """What is taken in within one transaction; `faults` and `counts` tell of it.

    A thing is the same if all but its id, version and moments is; under a name that stands for
    something else it gets a number.
    """

    def __init__(self, session: Session, desk: Desk, counts: Counter[str]) -> None:
        self._session = session
        self._desk = desk
        self._counts = counts
        self.faults: list[str] = []
        self._names: dict[str, dict[str, Any]] = {}

    def take(self, record: AccountRecord) -> None:
        """Take in all of it."""
        channels = self._channels(record)
        targets: dict[tuple[str, str], int] = {}
        for number, watchlist in enumerate(record.watchlists):
            kept = self._kept(self._desk.watchlists, watchlist.item(), f"watchlists[{number}]")
            targets["watchlist", watchlist.name] = kept.id if kept else 0
        for number, screen in enumerate(record.screens):
            found = self._kept(self._desk.screens, screen.item(), f"screens[{number}]")
            targets["screen", screen.name] = found.id if found else 0
        self._shares(record, targets)
        self._events(record, self._alerts(record, channels, targets))
        self._preferences(record)

    def _kept(self, shelf: Shelf[Any, Any], item: Any, place: str) -> Any:
        """The item as it is on the shelf now; None, and a fault, where it finds no room."""
        there = self._names.setdefault(
            shelf.noun, {one.name: one for one in shelf._items(self._session)}
        )
        for name in numbered(item.name):
            if name not in there:
                break
            if _essence(there[name], item) == _essence(item, item):
                self._counts[ALREADY_THERE] += 1
                return there[name]
        try:
            kept = shelf._put_in(self._session, item, new_id=True)
        except InputError as error:
            self.faults.append(f"{place}: {error}")
            return None
        there[kept.name] = kept
        self._counts[f"{shelf.noun}s"] += 1
        return kept

    def _channels(self, record: AccountRecord) -> dict[str, int]:
        kept = {
            one.name: self._kept(self._desk.channels, one.item(), f"channels[{number}]")
            for number, one in enumerate(record.channels)
        }
        return {name: channel.id for name, channel in kept.items() if channel is not None}

    def _alerts(
        self, record: AccountRecord, channels: dict[str, int], targets: dict[tuple[str, str], int]
    ) -> dict[str, int]:
        """Ids by name; the lists are there already."""
        shelf = self._desk.alerts
        lists = {str(one.id) for one in self._desk.watchlists._items(self._session)}
        self._names[shelf.noun] = {
            one.name: _watching(one, one.scope_value if one.scope_value in lists else _NO_LIST)
            for one in shelf._items(self._session)
        }
        kept = {}
        for number, one in enumerate(record.alerts):
            watched = targets.get(("watchlist", one.scope_value or ""))
            item = _watching(one.item(), str(watched) if watched else _NO_LIST)
            kept[one.name] = self._alert(number, one, item, channels)
        return kept

    def _alert(
        self, number: int, record: AlertRecord, watching: Alert, channels: dict[str, int]
    ) -> int:
        ids = tuple(channels[name] for name in record.channels if name in channels)
        item = dataclasses.replace(watching, channels=ids)
        before = self._counts["alerts"]
        kept = self._kept(self._desk.alerts, item, f"alerts[{number}]")
        if kept is None:
            return 0
        if self._counts["alerts"] > before:
            self._session.add_all(
                AlertStateRow(alert_id=kept.id, key=one.key, state=one.state, session=one.session)
                for one in {one.key: one for one in record.states}.values()
            )
        return int(kept.id)

    def _shares(self, record: AccountRecord, targets: dict[tuple[str, str], int]) -> None:
        rows = {
            row.token_hash: row.account_id
            for row in self._session.execute(select(ShareRow.token_hash, ShareRow.account_id))
        }
        own = self._desk.account.id
        room = limits.SHARES - sum(one == own for one in rows.values())
        for number, one in enumerate(record.shares):
            owner = rows.get(one.token_hash)
            if owner is not None:
                if owner == own:
                    self._counts[ALREADY_THERE] += 1
                else:
                    self.faults.append(f"shares[{number}]: this link is another account's")
                continue
            if room <= 0:
                self.faults.append(f"shares[{number}]: at most {limits.SHARES} links are kept")
                continue
            room -= 1
            rows[one.token_hash] = own
            self._session.add(_share_row(one, own, targets.get((one.kind, one.target or ""), 0)))
            self._counts["shares"] += 1
        self._session.flush()

    def _events(self, record: AccountRecord, alerts: dict[str, int]) -> None:
        kept = AlertEventRow
        own = self._desk.account.id
        rows = self._session.execute(
            select(kept.alert_id, kept.key, kept.session, kept.state, kept.alert_name)
            .where(kept.account_id == own)
            .order_by(kept.id)
        ).all()
        there = {tuple(row[:4]) for row in rows}
        living = {one.id for one in self._desk.alerts._items(self._session)}
        gone = {row.alert_name: row.alert_id for row in rows if row.alert_id not in living}
        told = {(row.alert_name, *row[1:4]) for row in rows if row.alert_id not in living}
        free = min(self._session.scalar(select(func.min(kept.alert_id))) or 0, 0) - 1
        for one in record.events:
            alert = alerts.get(one.alert or "", 0)
            what = (one.key, one.session, one.state)
            same = not alert and (one.alert_name, *what) in told
            if not alert and one.alert_name not in gone:  # an id that no alert ever has
                gone[one.alert_name], free = free, free - 1
            identity = (alert or gone[one.alert_name], *what)
            if same or identity in there:
                self._counts[ALREADY_THERE] += 1
                continue
            there.add(identity)
            self._session.add(_event_row(one, own, identity[0]))
            self._counts["events"] += 1
        self._session.flush()

    def _preferences(self, record: AccountRecord) -> None:
        if record.preferences is None:
            return
        if self._session.get(PreferencesRow, self._desk.account.id) is not None:
            self._counts[ALREADY_THERE] += 1
            return
        item = record.preferences.item()
        self._session.add(
            PreferencesRow(
                account_id=self._desk.account.id,
                version=1,
                quiet_from=item.quiet_from,
                quiet_to=item.quiet_to,
                timezone=item.timezone,
            )
        )
        self._counts["preferences"] += 1


def _watching(alert: Alert, watchlist: str) -> Alert:
    """The alert with the id of the list it watches, if it watches one."""
    return dataclasses.replace(alert, scope_value=watchlist) if alert.scope == "list" else alert


def _essence(item: Any, like: Any) -> Any:
    """What makes it this thing; `like` is what it is compared with."""
    if isinstance(item, Watchlist):
        entries = tuple(dataclasses.replace(one, id=0) for one in item.entries)
        return item.sections, item.columns, item.follows, entries
    if isinstance(item, SavedScreen):
        return item.expression, item.universe, item.columns, item.sort
    if isinstance(item, Channel):
        return (item.address, item.enabled) if like.address else None
    if isinstance(item, Alert):
        nothing = dt.datetime.min.replace(tzinfo=dt.UTC)
        return dataclasses.replace(item, id=0, version=0, name="", created_at=nothing)
    raise TypeError(type(item).__name__)


def _share_row(record: ShareRecord, account_id: int, target_id: int) -> ShareRow:
    return ShareRow(
        account_id=account_id,
        token_hash=record.token_hash,
        kind=record.kind,
        target_id=target_id,
        name=record.name,
        payload=to_document(record.item()),
        created_at=record.created_at,
        last_used_at=record.last_used_at,
    )


def _event_row(record: EventRecord, account_id: int, alert_id: int) -> AlertEventRow:
    return AlertEventRow(
        account_id=account_id,
        alert_id=alert_id,
        alert_name=record.alert_name,
        key=record.key,
        session=record.session,
        state=record.state,
        details=record.details,
        created_at=record.created_at,
        read_at=record.read_at,
    )
