"""What all shelves of a desk have in common: the owner in every query, the lock, the undo.

A shelf holds one person's things of one kind. The only ways to a row are `_own` and `_all`,
both of which name the owner; another's id and an id that never was give the same error.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from sqlalchemy import ScalarResult, Select, func, select
from sqlalchemy.orm import Session

from dashboard.accounts.database import Database
from dashboard.accounts.documents import from_document, to_document
from dashboard.accounts.limits import NAME, ids, line
from dashboard.accounts.models import Account, Deletion, DeletionKind
from dashboard.accounts.tables import AccountRow, DeletionRow
from dashboard.errors import ChangedElsewhere, InputError, NameTaken, NotFound


class Kept(Protocol):
    """A thing with a name and a version, as `models` has it."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...


Row = TypeVar("Row", bound=Any)
Item = TypeVar("Item", bound=Kept)


def now() -> dt.datetime:
    """The present."""
    return dt.datetime.now(dt.UTC)


def lock_account(session: Session, account: Account) -> None:
    """Until the transaction ends nobody else adds to this person's things."""
    own = select(AccountRow.id).where(AccountRow.id == account.id)
    if session.scalar(own.with_for_update(key_share=True)) is None:
        raise NotFound("this account is no longer there; sign in again")


def numbered(name: str) -> Iterator[str]:
    """The name, then the name with a number, for one that nothing has."""
    yield name
    for number in itertools.count(2):
        suffix = f" ({number})"
        yield name[: NAME - len(suffix)] + suffix


class Shelf(ABC, Generic[Row, Item]):
    """One person's things of one kind, each with a name of its own and a version."""

    noun: ClassVar[str]
    most: ClassVar[int]
    row: ClassVar[type[Any]]
    model: ClassVar[type[Any]]

    def __init__(self, database: Database, account: Account) -> None:
        self._database = database
        self._account = account

    # -- what each kind says of itself

    @abstractmethod
    def _item(self, row: Row) -> Item:
        """The row as it leaves this package."""

    @abstractmethod
    def _checked(self, item: Item) -> Item:
        """The item as it may be stored."""

    @abstractmethod
    def _fill(self, session: Session, row: Row, item: Item) -> None:
        """Put a checked item into its locked, or new, row."""

    # -- reading

    def all(self) -> tuple[Item, ...]:
        """All of them, the oldest first."""
        return self._database.read(self._items)

    def get(self, identity: int) -> Item:
        """The one with this id.

        Raises
        ------
        NotFound
            If the person has none with this id, whoever else may.
        """
        return self._database.read(lambda session: self._item(self._own(session, identity)))

    def named(self, name: str) -> Item:
        """The one with this name; `NotFound` where there is none."""
        wanted = line(name, "a name", len(name), may_be_empty=True)

        def work(session: Session) -> Item:
            rows = self._rows(session, self._mine().where(self.row.name == wanted))
            found = rows.one_or_none()
            if found is None:
                raise NotFound(f"there is no {self.noun} named {wanted[:NAME]!r}")
            return self._item(found)

        return self._database.read(work)

    # -- changing

    def save(self, changed: Item) -> Item:
        """Replace what is stored by `changed`, if it is still as `changed` was read.

        Raises
        ------
        ChangedElsewhere
            If it was saved meanwhile; nothing is changed.
        NameTaken, InputError, NotFound
        """
        checked = self._checked(changed)

        def work(session: Session) -> Item | None:
            row = self._locked(session, checked.id)
            if row.version != checked.version:
                return None
            if row.name != checked.name:
                self._refuse_taken(session, checked.name)
            self._fill(session, row, checked)
            return self._bumped(session, row)

        saved = self._database.change(work)
        if saved is None:  # who has lost need not keep the others waiting while reading
            raise ChangedElsewhere(mine=changed, theirs=self.get(checked.id))
        return saved

    def delete(self, identity: int) -> None:
        """Take it off the shelf; `undo` brings it back until the next deletion."""

        def work(session: Session) -> None:
            row = self._locked(session, identity)
            self._remember(session, self.noun, self._parting(session, row))
            session.delete(row)

        self._database.change(work)

    def last_deletion(self) -> Deletion | None:
        """What `undo` would bring back."""

        def work(session: Session) -> Deletion | None:
            row = session.get(DeletionRow, (self._account.id, self._place))
            return None if row is None else self._told(row)

        return self._database.read(work)

    def undo(self) -> Item | None:
        """Bring the last deletion back and return it; None where there is none.

        A name taken meanwhile gets a number.
        """

        def work(session: Session) -> Item | None:
            lock_account(session, self._account)
            row = session.get(DeletionRow, (self._account.id, self._place), with_for_update=True)
            if row is None:
                return None
            restored = self._restored(session, row)
            session.delete(row)
            return restored

        return self._database.change(work)

    # -- inside a transaction

    def _create(self, fresh: Item) -> Item:
        checked = self._checked(fresh)
        return self._database.change(lambda session: self._item(self._added(session, checked)))

    @property
    def _place(self) -> str:
        return str(self.row.__tablename__)

    def _mine(self) -> Select[Any]:
        return select(self.row).where(self.row.account_id == self._account.id)

    def _whole(self, query: Select[Any]) -> Select[Any]:
        """The query with what belongs to each row, in one statement: one moment's truth."""
        return query

    def _rows(self, session: Session, query: Select[Any]) -> ScalarResult[Any]:
        return session.scalars(self._whole(query)).unique()

    def _items(self, session: Session) -> tuple[Item, ...]:
        rows = self._rows(session, self._mine().order_by(self.row.id))
        return tuple(self._item(row) for row in rows)

    def _own(self, session: Session, identity: int) -> Row:
        own = self._mine().where(self.row.id.in_(ids([identity])))
        row: Row | None = self._rows(session, own).one_or_none()
        if row is None:
            raise self._not_found()
        return row

    def _not_found(self) -> NotFound:
        return NotFound(f"there is no such {self.noun} among yours")

    def _locked(self, session: Session, identity: int) -> Row:
        """The row, nobody else's to change until the transaction ends.

        What belongs to it is read after the lock is held: PostgreSQL would otherwise tell it as
        it was before.
        """
        own = self._mine().where(self.row.id.in_(ids([identity])))
        row: Row | None = session.scalar(own.with_for_update(key_share=True))
        if row is None:
            raise self._not_found()
        return row

    def _bumped(self, session: Session, row: Row) -> Item:
        row.version += 1
        if hasattr(row, "updated_at"):
            row.updated_at = now()
        session.flush()
        return self._item(row)

    def _added(self, session: Session, item: Item, identity: int | None = None) -> Row:
        """A checked item as a new row of its own."""
        lock_account(session, self._account)
        mine = select(func.count()).select_from(self.row)
        count = session.scalar(mine.where(self.row.account_id == self._account.id)) or 0
        if count >= self.most:
            raise InputError(
                f"there are {count} {self.noun}s, and no more are kept; delete one first"
            )
        self._refuse_taken(session, item.name)
        row: Row = self.row(id=identity, account_id=self._account.id, version=max(item.version, 1))
        self._fill(session, row, item)
        if hasattr(row, "updated_at"):
            row.updated_at = cast(Any, item).updated_at.astimezone(dt.UTC)
        session.add(row)
        session.flush()
        return row

    def _taken(self, session: Session, name: str) -> bool:
        mine = select(self.row.id).where(self.row.account_id == self._account.id)
        return session.scalar(mine.where(self.row.name == name)) is not None

    def _refuse_taken(self, session: Session, name: str) -> None:
        if self._taken(session, name):
            raise NameTaken(f"there is a {self.noun} named {name!r} already; choose another name")

    def _free_name(self, session: Session, name: str) -> str:
        return next(one for one in numbered(name) if not self._taken(session, one))

    # -- the last deletion

    def _parting(self, session: Session, row: Row) -> dict[str, Any]:
        """All of the row that `_restored` needs, as JSON."""
        return to_document(self._item(row))

    def _restored(self, session: Session, deletion: DeletionRow) -> Item:
        """Put back what was deleted, under the id it had: links to it hold again."""
        item: Item = from_document(self.model, deletion.payload)
        return self._put_in(session, item)

    def _put_in(self, session: Session, item: Item, *, new_id: bool = False) -> Item:
        """The item as a row, under a name that nothing has."""
        changed: Any = item
        named: Item = dataclasses.replace(changed, name=self._free_name(session, item.name))
        return self._item(self._added(session, named, identity=None if new_id else item.id))

    def _told(self, deletion: DeletionRow) -> Deletion:
        kind = cast(DeletionKind, deletion.kind)
        return Deletion(kind, deletion.payload["name"], (), deletion.deleted_at)

    def _remember(self, session: Session, kind: str, payload: dict[str, Any]) -> None:
        session.merge(
            DeletionRow(
                account_id=self._account.id,
                shelf=self._place,
                kind=kind,
                payload=payload,
                deleted_at=now(),
            )
        )
