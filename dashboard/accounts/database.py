"""One database: its address, its connections, transactions that are retried, its errors.

A change runs in one transaction that has locked what it changes before it reads it: on SQLite
by `BEGIN IMMEDIATE`, on PostgreSQL by `SELECT … FOR UPDATE` (`shelf.py`). A deadlock, a
serialization failure or a busy file is nobody's decision: such a transaction is run again.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from dashboard.errors import AccountsError
from dashboard.settings import DATABASE_VARIABLE

Result = TypeVar("Result")

BUSY_SECONDS: Final = 10
CONNECT_SECONDS: Final = 10
TRIES: Final = 8
WRITES: Final = "writes"
"""Execution option of a connection whose transaction changes something."""

_SQLITE: Final = "sqlite://"
_POSTGRESQL: Final = ("postgresql+psycopg://", "postgresql://", "postgres://")
_AGAIN: Final = ("40001", "40P01", "55P03", "23505")
"""Serialization failure, deadlock, lock not available, and a race for the same unique value."""


class Database:
    """Connections to one database, shared by all threads of the process.

    Parameters
    ----------
    address : `sqlite:///path` or `postgresql://user:password@host/database`

    Raises
    ------
    AccountsError
        If the address is empty or of another kind, or an SQLite file cannot be made.
    """

    def __init__(self, address: str) -> None:
        self.url = database_url(address)
        self.place = _place(self.url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._make_file()
        self._opened = self._identity() if self.is_sqlite else None
        self.engine = _engine(self.url)
        self._writer = self.engine.execution_options(**{WRITES: True})

    def _make_file(self) -> None:
        """Readable by its owner only, from the first byte on; SQLite's side files follow it."""
        path = Path(self.url.database or "")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise AccountsError(
                f"{self.place}: the accounts' file cannot be opened for writing "
                f"({error.strerror}); name another with {DATABASE_VARIABLE}"
            ) from error

    def read(self, work: Callable[[Session], Result], *, at_one_moment: bool = False) -> Result:
        """What `work` returns; it changes nothing.

        Parameters
        ----------
        at_one_moment : all its queries see the database as it is at the first of them
            On SQLite they always do.
        """
        isolated = at_one_moment and not self.is_sqlite
        options = {"isolation_level": "REPEATABLE READ"} if isolated else {}
        return self._run(self.engine.execution_options(**options), work)

    def change(self, work: Callable[[Session], Result]) -> Result:
        """What `work` returns, after its one transaction is committed; run again after a race."""
        return self._run(self._writer, work)

    def _run(self, engine: Engine, work: Callable[[Session], Result]) -> Result:
        patience = time.monotonic() + BUSY_SECONDS
        for attempt in range(TRIES):
            try:
                with Session(engine, expire_on_commit=False) as session, session.begin():
                    return work(session)
            except DBAPIError as error:
                last = attempt == TRIES - 1 or time.monotonic() > patience
                if last or not _worth_repeating(error):
                    raise self.translated(error) from error
            except SQLAlchemyError as error:
                raise self.translated(error) from error
            time.sleep(random.uniform(0, 0.01 * 2**attempt))
        raise AssertionError("every attempt returns or raises")

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction for changing tables, on a connection of its own.

        SQLite makes a table anew to change it, and would delete all that refers to it.
        """
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        engine = _sqlite_engine(self.url, foreign_keys=False, poolclass=NullPool)
        with engine.execution_options(**{WRITES: True}).begin() as connection:
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise AccountsError(
                    f"{self.place}: the accounts' file refers to rows that are not there "
                    f"(table {broken[0][0]}); restore it from a back-up"
                )

    def is_there(self) -> bool:
        """Whether the SQLite file is still the one that was opened; a server always is."""
        return not self.is_sqlite or self._identity() == self._opened

    def _identity(self) -> tuple[int, int] | None:
        try:
            # pathlib takes an empty name, that of a database in memory, for this folder.
            found = os.stat(self.url.database or "")  # noqa: PTH116
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Errors of the database library become `AccountsError`."""
        try:
            yield
        except SQLAlchemyError as error:
            raise self.translated(error) from error

    def translated(self, error: SQLAlchemyError) -> AccountsError:
        """One sentence without a password in it."""
        if isinstance(error, PoolTimeout):
            return AccountsError(
                f"{self.place}: the accounts' database has no free connection; try again"
            )
        cause = getattr(error, "orig", None) or error
        told = " ".join(_without_secrets(str(cause), self.url).split())
        tell = _sqlite_reason if self.is_sqlite else _postgres_reason
        reason, remedy = tell(cause, told[:200])
        return AccountsError(f"{self.place}: {reason}; {remedy}")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def database_url(address: str) -> URL:
    """The address as SQLAlchemy's, with the driver this program has.

    An SQLite address is `sqlite:///` and a path: characters of a path mean nothing else.
    """
    if not address.strip():
        raise AccountsError(
            "the data directory is an object store, which holds no accounts; name their database "
            f"with {DATABASE_VARIABLE}=postgresql://user:password@host/database"
        )
    if "\0" in address:
        raise AccountsError(f"{DATABASE_VARIABLE} has a NUL in it: no database can be there")
    if address.startswith(_SQLITE):
        path = address.removeprefix(_SQLITE).removeprefix("/")
        if not path or path == ":memory:":
            raise AccountsError(
                f"{address}: name the accounts' file, as in sqlite:////var/lib/accounts.sqlite3"
            )
        return URL.create("sqlite", database=_absolute(path))
    for scheme in _POSTGRESQL:
        if address.startswith(scheme):
            return _postgres_url(address.removeprefix(scheme))
    scheme, there, _ = address.partition("://")
    raise AccountsError(
        f"{DATABASE_VARIABLE} {f'begins with {scheme[:20]!r}' if there else 'has no ://'}: the "
        "accounts' database is sqlite:///FILE or postgresql://user:password@host/database"
    )


def _absolute(path: str) -> str:
    try:
        return str(Path(path).expanduser().absolute())
    except RuntimeError as error:
        raise AccountsError(f"{path}: there is no such user; write the folder out") from error


def _postgres_url(rest: str) -> URL:
    try:
        url = make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError) as error:
        raise AccountsError(
            f"{DATABASE_VARIABLE} cannot be read as postgresql://user:password@host:port/database; "
            "write @, : and / in a password as %40, %3A and %2F"
        ) from error
    return url


def _place(url: URL) -> str:
    """Where the database is, for a person; never its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or str(url.query.get("host", "this machine"))
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{host}{port}/{url.database or ''}"


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, foreign_keys=True, pool_size=8)
    engine = create_engine(
        url,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "dashboard"},
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_size=8,
        max_overflow=12,
    )
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _sqlite_engine(url: URL, *, foreign_keys: bool, **pool: Any) -> Engine:
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # `_begin_sqlite` begins, not the driver
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
        connection.execute("PRAGMA synchronous = NORMAL")
        _become_wal(connection)

    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **pool)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _become_wal(connection: sqlite3.Connection) -> None:
    """It needs the file alone for a moment, and SQLite does not wait for that by itself."""
    for attempt in range(50):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if attempt == 49 or not _is_busy(error):
                raise
            time.sleep(0.05)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgres(connection: Any, _: ConnectionPoolEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _worth_repeating(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return _is_busy(error.orig) or isinstance(error, IntegrityError)
    if error.connection_invalidated:
        return True
    return getattr(error.orig, "sqlstate", None) in _AGAIN


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )


def _sqlite_reason(error: BaseException, told: str) -> tuple[str, str]:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if _is_busy(error):
        return "another program holds the accounts' file", "try again when it has ended"
    known = {
        sqlite3.SQLITE_NOTADB: "this is no accounts' file, it is not SQLite's",
        sqlite3.SQLITE_CORRUPT: "the accounts' file is damaged",
        sqlite3.SQLITE_READONLY: "the accounts' file may not be written",
        sqlite3.SQLITE_CANTOPEN: "the accounts' file cannot be opened",
        sqlite3.SQLITE_FULL: "the disk is full, nothing was changed",
    }
    remedies = {
        sqlite3.SQLITE_READONLY: "allow it, or name another",
        sqlite3.SQLITE_FULL: "make room",
        sqlite3.SQLITE_CORRUPT: "restore it from `accounts export`, or name another",
    }
    remedy = remedies.get(code, "name another")
    if remedy.endswith("name another"):
        remedy += f" with {DATABASE_VARIABLE}"
    return known.get(code, f"the accounts' file fails ({told})"), remedy


def _postgres_reason(error: BaseException, text: str) -> tuple[str, str]:
    state = getattr(error, "sqlstate", None)
    check = f"check {DATABASE_VARIABLE}"
    if state == "28P01" or "password authentication failed" in text or "no password" in text:
        return "the accounts' database refuses this user and password", check
    if state == "3D000" or ('database "' in text and "does not exist" in text):
        return "the server has no such database", f"create it, or {check}"
    if state in ("42501", "25006"):
        return "this user may not write the accounts' database", "grant it, or name another user"
    if state in _AGAIN or state == "57014":
        return "too many are changing the same rows", "try again"
    if state is None or state[:2] in ("08", "57", "53"):
        return f"the accounts' database cannot be reached ({text})", f"start it, or {check}"
    return f"the accounts' database fails ({text})", check


def _without_secrets(text: str, url: URL) -> str:
    secrets = {url.password, url.query.get("password"), url.query.get("sslpassword")}
    for secret in secrets:
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return text
