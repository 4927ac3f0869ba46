"""Two kinds of database, and people in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.accounts.desk import Desk
from dashboard.accounts.store import Accounts
from dashboard.accounts.tables import Base
from tests.postgres import Server, fresh, postgres

__all__ = ["fresh", "postgres"]


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose tables are up to date, to be copied."""
    file = tmp_path_factory.mktemp("accounts") / "accounts.sqlite3"
    Accounts.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def on_postgres(postgres: Server) -> Iterator[Accounts]:
    """One database for all tests of a worker; `accounts` empties it."""
    opened = Accounts.open(postgres.create())
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Accounts]:
    """An empty database, of each kind."""
    if request.param == "postgresql":
        opened: Accounts = request.getfixturevalue("on_postgres")
        with opened.database.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())
        yield opened
        return
    file = shutil.copy(request.getfixturevalue("sqlite_file"), tmp_path)
    opened = Accounts.open(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture
def anna(accounts: Accounts) -> Desk:
    return accounts.desk(accounts.signed_in("https://id.example", "a", "Anna", "anna@mail.example"))


@pytest.fixture
def ben(accounts: Accounts) -> Desk:
    return accounts.desk(accounts.signed_in("https://id.example", "b", "Ben", "ben@mail.example"))
