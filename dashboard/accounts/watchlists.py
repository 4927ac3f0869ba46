"""A person's watchlists.

A symbol stands once in a list, so it tells a row from the others, whatever its id.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import Select
from sqlalchemy.orm import Session, joinedload

from dashboard.accounts import limits
from dashboard.accounts.documents import from_document, to_document
from dashboard.accounts.models import Deletion, Entry, Follows, NewEntry, Watchlist
from dashboard.accounts.shelf import Shelf, lock_account, now
from dashboard.accounts.tables import DeletionRow, EntryRow, WatchlistRow
from dashboard.errors import InputError

_FIELDS: Final = tuple(
    field.name for field in dataclasses.fields(Entry) if field.name not in ("id", "symbol")
)


class Watchlists(Shelf[WatchlistRow, Watchlist]):
    """One person's lists."""

    noun: ClassVar[str] = "watchlist"
    most: ClassVar[int] = limits.WATCHLISTS
    row: ClassVar[type[Any]] = WatchlistRow
    model: ClassVar[type[Any]] = Watchlist

    def create(
        self, name: str, *, follows: Follows | None = None, columns: Sequence[str] = ()
    ) -> Watchlist:
        """A new list without rows.

        Raises
        ------
        NameTaken
            If the person has a list of this name.
        InputError
            If the person has as many lists as are kept.
        """
        return self._create(Watchlist(0, name, 1, ("",), tuple(columns), follows, (), now()))

    def copy(self, original: Watchlist) -> Watchlist:
        """A new list with all that `original` holds; a taken name gets a number.

        Raises
        ------
        InputError
            If it cannot be kept, or the person has as many lists as are kept.
        """
        checked = self._checked(dataclasses.replace(original, version=1, updated_at=now()))

        def work(session: Session) -> Watchlist:
            lock_account(session, self._account)
            return self._put_in(session, checked, new_id=True)

        return self._database.change(work)

    def add(self, identity: int, entries: Sequence[NewEntry]) -> Watchlist:
        """Put rows at the end of the list; a symbol that is there already is left alone.

        It goes together with any change made elsewhere, so no version is asked for.
        """
        checked = {one.symbol: one for one in map(limits.new_entry, entries)}

        def work(session: Session) -> Watchlist:
            row = self._locked(session, identity)
            there = {entry.symbol for entry in row.entries}
            fresh = [entry for symbol, entry in checked.items() if symbol not in there]
            if not fresh:
                return self._item(row)
            limits.few([*there, *fresh], "rows", limits.ENTRIES)
            last = max((entry.position for entry in row.entries), default=-1)
            row.sections = limits.sections((*row.sections, *(one.section for one in fresh)))
            row.entries.extend(
                EntryRow(position=last + number, symbol=one.symbol, **_fields(one))
                for number, one in enumerate(fresh, 1)
            )
            return self._bumped(session, row)

        return self._database.change(work)

    def remove(self, identity: int, entry_ids: Collection[int]) -> Watchlist:
        """Take rows off the list; ids that are not (or no longer) in it are passed over.

        It goes together with any change made elsewhere, so no version is asked for.
        """
        chosen = set(entry_ids)

        def work(session: Session) -> Watchlist:
            row = self._locked(session, identity)
            going = [entry for entry in row.entries if entry.id in chosen]
            if not going:
                return self._item(row)
            self._take_off(session, row, going)
            return self._bumped(session, row)

        return self._database.change(work)

    def _whole(self, query: Select[Any]) -> Select[Any]:
        return query.options(joinedload(WatchlistRow.entries))

    def _item(self, row: WatchlistRow) -> Watchlist:
        follows = None
        if row.follows_kind:
            follows = Follows(
                row.follows_kind,  # type: ignore[arg-type]
                row.follows_value or "",
                row.follows_universe or "",
            )
        entries = sorted(row.entries, key=lambda entry: (entry.position, entry.id))
        return Watchlist(
            id=row.id,
            name=row.name,
            version=row.version,
            sections=row.sections,
            columns=row.columns,
            follows=follows,
            entries=tuple(_entry(one) for one in entries),
            updated_at=row.updated_at,
        )

    def _checked(self, item: Watchlist) -> Watchlist:
        return limits.watchlist(item)

    def _fill(self, session: Session, row: WatchlistRow, item: Watchlist) -> None:
        row.name = item.name
        row.sections = item.sections
        row.columns = item.columns
        row.follows_kind = item.follows.kind if item.follows else None
        row.follows_value = item.follows.value if item.follows else None
        row.follows_universe = item.follows.universe if item.follows else None
        there = {entry.symbol: entry for entry in row.entries}
        kept = {entry.symbol for entry in item.entries}
        going = [entry for symbol, entry in there.items() if symbol not in kept]
        if going:
            self._take_off(session, row, going)
        for position, one in enumerate(item.entries):
            entry = there.get(one.symbol)
            if entry is None:
                entry = EntryRow(symbol=one.symbol)
                row.entries.append(entry)
            _set(entry, position=position, **_fields(one))

    def _take_off(self, session: Session, row: WatchlistRow, going: Iterable[EntryRow]) -> None:
        rows = [to_document(_entry(one)) | {"position": one.position} for one in going]
        self._remember(session, "entries", {"id": row.id, "name": row.name, "entries": rows})
        for one in going:
            row.entries.remove(one)

    def _told(self, deletion: DeletionRow) -> Deletion:
        told = super()._told(deletion)
        if deletion.kind != "entries":
            return told
        symbols = tuple(one["symbol"] for one in deletion.payload["entries"])
        return dataclasses.replace(told, symbols=symbols)

    def _restored(self, session: Session, deletion: DeletionRow) -> Watchlist:
        if deletion.kind == "entries":
            return self._put_back(session, deletion.payload)
        return super()._restored(session, deletion)

    def _put_back(self, session: Session, payload: dict[str, Any]) -> Watchlist:
        """Rows to where they stood; what stands there now moves down."""
        row = self._locked(session, payload["id"])
        order = sorted(row.entries, key=lambda entry: (entry.position, entry.id))
        there = {entry.symbol for entry in order}
        for document in payload["entries"]:
            one = from_document(Entry, {k: v for k, v in document.items() if k != "position"})
            if one.symbol not in there:
                entry = EntryRow(id=one.id, symbol=one.symbol, **_fields(one))
                order.insert(document["position"], entry)
                row.entries.append(entry)
        if len(order) > limits.ENTRIES:
            raise InputError(f"the list has too many rows to bring {len(order)} together")
        for position, entry in enumerate(order):
            _set(entry, position=position)
        row.sections = limits.sections((*row.sections, *(entry.section for entry in order)))
        return self._bumped(session, row)


def _fields(one: Entry | NewEntry) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _FIELDS}


def _entry(row: EntryRow) -> Entry:
    return Entry(id=row.id, symbol=row.symbol, **{name: getattr(row, name) for name in _FIELDS})


def _set(row: EntryRow, **values: Any) -> None:
    """Only what differs, so that an edit of one row writes one row."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
