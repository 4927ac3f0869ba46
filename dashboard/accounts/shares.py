"""Links given away: each opens a copy of a list or screen as it was when shared.

The token is told once, when the link is made. The database holds its SHA-256, so that who reads
the database opens nothing; a token has 256 bits from the system's source, so that none is
guessed and none needs salt.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import secrets
from collections.abc import Collection
from typing import Any, Final, cast

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.database import Database
from dashboard.accounts.documents import from_document, to_document
from dashboard.accounts.models import (
    Account,
    SavedScreen,
    Share,
    SharedCopy,
    ShareKind,
    Watchlist,
)
from dashboard.accounts.screens import Screens
from dashboard.accounts.shelf import lock_account, now
from dashboard.accounts.tables import AccountRow, ShareRow
from dashboard.accounts.watchlists import Watchlists
from dashboard.errors import InputError, NotFound

_LONGEST_TOKEN: Final = 200
_USE_COUNTS_AFTER: Final = dt.timedelta(minutes=1)
"""The last use is written at most so often: reading a page need not write."""


class Shares:
    """One person's links."""

    def __init__(self, database: Database, account: Account) -> None:
        self._database = database
        self._account = account

    def create(
        self, kind: ShareKind, identity: int, *, include_notes: bool = False
    ) -> tuple[str, Share]:
        """A link to a copy of the person's own list or screen.

        Parameters
        ----------
        include_notes : with what is the person's own business: notes, tags, targets, stops and
            the prices paid. Without them the day a row was added stays, and its return since
            then counts from that day's close.

        Returns
        -------
        The token, told here and never again, and the share.

        Raises
        ------
        NotFound
            If the person has no such list or screen.
        InputError
            If the person has as many links as are kept.
        """
        original = self._original(kind, identity)
        copy = _copy(original, include_notes=include_notes)
        token = secrets.token_urlsafe(32)

        def work(session: Session) -> Share:
            lock_account(session, self._account)
            own = select(func.count()).select_from(ShareRow)
            count = session.scalar(own.where(ShareRow.account_id == self._account.id)) or 0
            if count >= limits.SHARES:
                raise InputError(f"there are {count} links, and no more are kept; revoke one first")
            row = ShareRow(
                account_id=self._account.id,
                token_hash=_hash(token),
                kind=kind,
                target_id=original.id,
                name=original.name,
                payload=to_document(copy),
                created_at=now(),
            )
            session.add(row)
            session.flush()
            return _share(row)

        return token, self._database.change(work)

    def _original(self, kind: ShareKind, identity: int) -> Watchlist | SavedScreen:
        if kind == "watchlist":
            return Watchlists(self._database, self._account).get(identity)
        if kind == "screen":
            return Screens(self._database, self._account).get(identity)
        raise InputError(f"{str(kind)[:40]!r} cannot be shared; share a watchlist or a screen")

    def all(self) -> tuple[Share, ...]:
        """The person's links, the oldest first."""
        own = select(ShareRow).where(ShareRow.account_id == self._account.id)
        return self._database.read(
            lambda session: tuple(map(_share, session.scalars(own.order_by(ShareRow.id))))
        )

    def of(self, kind: ShareKind, identity: int) -> tuple[Share, ...]:
        """The person's links to one list or screen."""
        return tuple(one for one in self.all() if one.kind == kind and one.target_id == identity)

    def revoke(self, identity: int) -> None:
        """The link opens nothing from now on; `NotFound` if it is not the person's."""
        self._revoke([identity])

    def _revoke(self, identities: Collection[int]) -> None:
        own = delete(ShareRow).where(
            ShareRow.account_id == self._account.id, ShareRow.id.in_(limits.ids(identities))
        )

        def work(session: Session) -> None:
            if not session.scalars(own.returning(ShareRow.id)).all():
                raise NotFound("there is no such link among yours")

        self._database.change(work)


def open_share(database: Database, token: str) -> SharedCopy:
    """What a token opens. Any text that opens nothing costs the same and says the same."""
    known = isinstance(token, str) and len(token) <= _LONGEST_TOKEN
    same = (
        select(ShareRow, AccountRow.name)
        .join(AccountRow, AccountRow.id == ShareRow.account_id)
        .where(ShareRow.token_hash == _hash(token if known else ""))
    )

    def work(session: Session) -> tuple[SharedCopy, int, bool] | None:
        found = session.execute(same).one_or_none()
        if found is None:
            return None
        row, owner = found
        stale = row.last_used_at is None or now() - row.last_used_at > _USE_COUNTS_AFTER
        return _opened(row, owner), row.id, stale

    opened = database.read(work)
    if opened is None:
        raise NotFound("this link opens nothing: it is incomplete, or it was revoked")
    copy, identity, stale = opened
    if stale:
        database.change(lambda session: _used(session, identity))
    return copy


def _opened(row: ShareRow, owner: str) -> SharedCopy:
    model: Any = Watchlist if row.kind == "watchlist" else SavedScreen
    payload = from_document(model, row.payload)
    return SharedCopy(cast(ShareKind, row.kind), row.name, payload, owner, row.created_at)


def _used(session: Session, identity: int) -> None:
    row = session.get(ShareRow, identity)
    if row is not None:
        row.last_used_at = now()


def _copy(original: Watchlist | SavedScreen, *, include_notes: bool) -> Watchlist | SavedScreen:
    """Without ids of the database, and without what is the owner's business unless asked."""
    if isinstance(original, SavedScreen):
        return dataclasses.replace(original, id=0, version=0)
    private: dict[str, Any] = {
        "note": "", "tags": (), "added_price": None, "target": None, "stop": None,
    }  # fmt: skip
    entries = tuple(
        dataclasses.replace(one, id=number, **({} if include_notes else private))
        for number, one in enumerate(original.entries, 1)
    )
    return dataclasses.replace(original, id=0, version=0, entries=entries)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _share(row: ShareRow) -> Share:
    return Share(
        row.id,
        cast(ShareKind, row.kind),
        row.target_id,
        row.name,
        row.created_at,
        row.last_used_at,
    )
