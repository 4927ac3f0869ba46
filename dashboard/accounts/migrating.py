"""Bring a database up to date, by itself and once, whoever else tries at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from dashboard.accounts.database import Database
from dashboard.accounts.tables import HEAD
from dashboard.errors import AccountsError
from dashboard.settings import DATABASE_VARIABLE

SCRIPTS: Final = Path(__file__).with_name("migrations")
_LOCK: Final = 0x64617368
"""Our key among PostgreSQL's advisory locks."""


def migrate(database: Database, target: str = HEAD) -> None:
    """Run the steps that are missing, all in one transaction; one query where none is.

    Raises
    ------
    AccountsError
        If the database cannot be used, or a newer version of this program wrote it.
    """
    there = _version_at_once(database)
    if there == target:
        return
    _refuse_newer(database, there)
    with database.translating(), _alone(database) as connection:
        made = inspect(connection).has_table("alembic_version")
        there = _version(connection) if made else None
        _refuse_newer(database, there)
        if there != target:
            _upgrade(connection, target)


def _version_at_once(database: Database) -> str | None:
    """In one query; None where there are no tables, and where the next step tells what is wrong."""
    with database.translating(), database.engine.connect() as connection:
        try:
            return _version(connection)
        except (OperationalError, ProgrammingError):
            return None


def _version(connection: Connection) -> str | None:
    version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if version is None else str(version)


def _refuse_newer(database: Database, version: str | None) -> None:
    if version is not None and not any((SCRIPTS / "versions").glob(f"v{version}_*.py")):
        raise AccountsError(
            f"{database.place}: a newer version of this program wrote the accounts' database "
            f"(form {version[:40]}, here {HEAD} is known); update this program, or name another "
            f"database with {DATABASE_VARIABLE}"
        )


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction of which there is one at a time in all processes."""
    with database.alone() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield connection


def _upgrade(connection: Connection, target: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
