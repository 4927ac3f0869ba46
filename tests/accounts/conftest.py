"""Two kinds of database, and people in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.accounts.desk import Desk
from dashboard.accounts.store import Accounts
from tests.postgres import Server, fresh, migrated, postgres

__all__ = ["fresh", "migrated", "postgres"]


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose tables are up to date, to be copied."""
    file = tmp_path_factory.mktemp("accounts") / "accounts.sqlite3"
    Accounts.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Accounts]:
    """A database of its own for each test, on each kind."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        address = server.create(request.getfixturevalue("migrated"))
    else:
        file = shutil.copy(request.getfixturevalue("sqlite_file"), tmp_path)
        address = f"sqlite:///{file}"
    opened = Accounts.open(address)
    yield opened
    opened.close()


@pytest.fixture
def anna(accounts: Accounts) -> Desk:
    return accounts.desk(accounts.signed_in("https://id.example", "a", "Anna", "anna@mail.example"))


@pytest.fixture
def ben(accounts: Accounts) -> Desk:
    return accounts.desk(accounts.signed_in("https://id.example", "b", "Ben", "ben@mail.example"))
