"""The way in: the database opened and brought up to date, and the people in it."""

from __future__ import annotations

import math
import time
from threading import Lock
from typing import ClassVar, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.database import Database, database_url
from dashboard.accounts.desk import Desk
from dashboard.accounts.migrating import migrate
from dashboard.accounts.models import Account, SharedCopy
from dashboard.accounts.shares import open_share
from dashboard.accounts.shelf import now
from dashboard.accounts.sign_ins import SignIns
from dashboard.accounts.tables import AccountRow
from dashboard.errors import AccountsError, NotFound

LOCAL_NAME: Final = "local"
FAILURE_SECONDS: Final = 3.0
"""For so long a database that could not be opened is not tried again."""


class Accounts:
    """All people of one database. Safe for several threads; one per process and address."""

    _opened: ClassVar[dict[str, Accounts]] = {}
    _lock: ClassVar[Lock] = Lock()

    def __init__(self, database: Database) -> None:
        self.database = database
        self.sign_ins = SignIns(database)

    @classmethod
    def open(cls, url: str) -> Accounts:
        """The accounts at an address, their tables brought up to date.

        Parameters
        ----------
        url : str
            `Settings.database`: `sqlite:///FILE` or `postgresql://user:password@host/database`.

        Raises
        ------
        AccountsError
            If the address is of another kind, the server cannot be reached or refuses, the file
            cannot be used, or a newer version of this program wrote it.
        """
        key = database_url(url).render_as_string(hide_password=False)
        with cls._lock:
            opened = cls._opened.get(key)
            if opened is None or not opened.database.is_there():
                opened = cls._opened[key] = cls(_up_to_date(key, url))
            return opened

    def close(self) -> None:
        """Close its connections; the next `open` begins anew."""
        with self._lock:
            for key in [key for key, one in self._opened.items() if one is self]:
                del self._opened[key]
        self.database.close()

    def local(self) -> Account:
        """The person in front of this machine, who needs no login."""
        return self._person("", "", LOCAL_NAME, None)

    def signed_in(self, issuer: str, subject: str, name: str, email: str | None) -> Account:
        """The person that an identity provider vouches for.

        Parameters
        ----------
        issuer, subject : str
            Who the person is. A name or a mail address that is the same says nothing: each
            provider gives them out as it likes.
        name, email : kept as the provider tells them now, to be shown

        Raises
        ------
        InputError
            If issuer or subject is empty or too long.
        """
        issuer = limits.line(issuer, "the issuer", 500)
        subject = limits.line(subject, "the subject", 500)
        shown = limits.line(name[:200], "the name", 200, may_be_empty=True)
        mail = limits.line((email or "")[:320], "the mail address", 320, may_be_empty=True)
        return self._person(issuer, subject, shown or mail.split("@")[0] or "?", mail or None)

    def _person(self, issuer: str, subject: str, name: str, email: str | None) -> Account:
        def known(session: Session) -> Account | None:
            row = session.scalar(_same(issuer, subject))
            return None if row is None else _account(row)

        def remember(session: Session) -> Account:
            account = person(session, issuer, subject, name, email)
            if (account.name, account.email) == (name, email):
                return account
            row = session.get_one(AccountRow, account.id)
            row.name, row.email = name, email
            return _account(row)

        account = self.database.read(known)
        if account is not None and (account.name, account.email) == (name, email):
            return account
        return self.database.change(remember)

    def speaking(self, account: Account, language: str) -> Account:
        """The account, its language remembered for what is sent to the person."""
        chosen = limits.line(language, "the language", 20)

        def work(session: Session) -> Account:
            row = session.get(AccountRow, account.id)
            if row is None:
                raise NotFound("this account is no longer there; sign in again")
            row.language = chosen
            return _account(row)

        return account if account.language == chosen else self.database.change(work)

    def everyone(self) -> tuple[Account, ...]:
        """All people, the first one first."""

        def work(session: Session) -> tuple[Account, ...]:
            return tuple(
                _account(row) for row in session.scalars(select(AccountRow).order_by(AccountRow.id))
            )

        return self.database.read(work)

    def find(self, text: str) -> Account:
        """The one person with this id, mail address or name, for an administrator.

        Raises
        ------
        NotFound
            If nobody is, or several are.
        """
        wanted = limits.line(text, "the account", 320)
        same = or_(func.lower(AccountRow.email) == wanted.lower(), AccountRow.name == wanted)
        if wanted.isascii() and wanted.isdigit() and limits.ids([int(wanted)]):
            same = or_(same, AccountRow.id == int(wanted))

        def work(session: Session) -> list[Account]:
            rows = session.scalars(select(AccountRow).where(same).order_by(AccountRow.id))
            return [_account(row) for row in rows]

        found = self.database.read(work)
        if not found:
            raise NotFound(f"there is no account {wanted!r}; `accounts list` names them")
        if len(found) > 1:
            numbers = ", ".join(str(one.id) for one in found)
            raise NotFound(f"several accounts are {wanted!r}; name one by its number: {numbers}")
        return found[0]

    def desk(self, account: Account) -> Desk:
        """The person's own things."""
        return Desk(self.database, account)

    def shared(self, token: str) -> SharedCopy:
        """What a share's token opens, whoever asks; `NotFound` for any other text."""
        return open_share(self.database, token)


_failed: dict[str, tuple[float, str]] = {}


def _up_to_date(key: str, url: str) -> Database:
    """A server that does not answer is asked by one, not by all who wait, one after the other."""
    when, failure = _failed.get(key, (-math.inf, ""))
    if time.monotonic() - when < FAILURE_SECONDS:
        raise AccountsError(failure)
    database = Database(url)
    try:
        migrate(database)
    except AccountsError as error:
        database.close()
        _failed[key] = time.monotonic(), str(error)
        raise
    _failed.pop(key, None)
    return database


def person(
    session: Session,
    issuer: str,
    subject: str,
    name: str,
    email: str | None,
    language: str | None = None,
) -> Account:
    """The account as it is, or a new one; two who make it at once end with one."""
    row = session.scalar(_same(issuer, subject))
    if row is None:
        row = AccountRow(
            issuer=issuer,
            subject=subject,
            name=name,
            email=email,
            language=language,
            created_at=now(),
        )
        session.add(row)
        session.flush()
    return _account(row)


def _same(issuer: str, subject: str) -> Select[AccountRow]:
    return select(AccountRow).where(AccountRow.issuer == issuer, AccountRow.subject == subject)


def _account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        email=row.email,
        issuer=row.issuer or None,
        subject=row.subject or None,
        language=row.language,
    )
