"""A database that cannot be used is one clear sentence, without a password in it."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from dashboard.accounts import database as databases
from dashboard.accounts.database import Database
from dashboard.accounts.store import Accounts
from dashboard.errors import AccountsError
from dashboard.settings import Settings
from tests.postgres import GUARDED, PASSWORD, Server


def told(address: str, password: str = "s3cret") -> str:
    with pytest.raises(AccountsError) as raised:
        Accounts.open(address).local()
    sentence = str(raised.value)
    assert password not in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "the data directory is an object store"),
        ("mysql://u:s3cret@h/d", "begins with 'mysql'"),
        ("s3cret", "sqlite:///FILE or postgresql://"),
        ("postgresql://u:s3cret@h:port/d", "cannot be read as postgresql://"),
        ("sqlite://", "name the accounts' file"),
        ("sqlite:///:memory:", "name the accounts' file"),
        ("sqlite:///a\0b", "a NUL"),
        ("postgresql://u:s3cret@127.0.0.1:9/d", "cannot be reached"),
        ("postgresql://u@127.0.0.1:9/d?password=s3cret", "cannot be reached"),
        ("postgresql://u:s3cret@127.0.0.1:9/d?sslmode=s3cret", "***"),
    ],
)
def test_an_address_that_leads_nowhere(address: str, sentence: str) -> None:
    assert sentence in told(address)


def test_a_store_of_objects_needs_a_database_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASHBOARD_DATABASE", raising=False)
    assert "DASHBOARD_DATABASE=postgresql://" in told(Settings("s3://bucket/store").database)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("symbol,close\n" * 100)
    assert "it is not SQLite's" in told(f"sqlite:///{file}")
    assert file.read_text() == "symbol,close\n" * 100
    assert "Is a directory" in told(f"sqlite:///{tmp_path}")
    assert "opened for writing" in told(f"sqlite:///{file}/accounts.sqlite3")


def test_a_file_that_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "accounts.sqlite3"
    Accounts.open(f"sqlite:///{file}").close()
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert "is damaged" in told(f"sqlite:///{file}")


def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    accounts = Accounts.open(f"sqlite:///{tmp_path}/a")

    def lock(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    databases.event.listen(accounts.database.engine, "checkout", lock)
    with pytest.raises(AccountsError, match="may not be written; allow it"):
        accounts.local()
    accounts.close()


def test_a_file_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0)
    monkeypatch.setattr(databases, "TRIES", 2)
    accounts = Accounts.open(f"sqlite:///{tmp_path}/a")
    holder = sqlite3.connect(tmp_path / "a", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(AccountsError, match="another program holds the accounts' file"):
        accounts.local()
    holder.execute("ROLLBACK")
    assert accounts.local().name == "local"
    holder.close()
    accounts.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "?a#b%20 c" / "accounts.sqlite3"
    accounts = Accounts.open(f"sqlite:///{file}")
    accounts.local()
    for one in file.parent.iterdir():
        assert stat.S_IMODE(one.stat().st_mode) == 0o600, one
    modes = ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
    with accounts.database.engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {one}").scalar() for one in modes]
    assert found == [1, "wal", 1, 10_000]
    accounts.close()


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "accounts.sqlite3"
    first = Accounts.open(f"sqlite:///{file}")
    first.local()
    assert Accounts.open(f"sqlite:///{file}") is first
    for one in tmp_path.iterdir():
        one.unlink()
    second = Accounts.open(f"sqlite:///{file}")
    assert second.everyone() == ()
    first.close()
    second.close()


def test_a_server_that_does_not_answer_is_not_asked_by_everyone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dashboard.accounts import store

    asked = []
    migrate = store.migrate
    monkeypatch.setattr(store, "migrate", lambda database: (asked.append(1), migrate(database)))
    assert told("postgresql://u@127.0.0.1:9/asked") == told("postgresql://u@127.0.0.1:9/asked")
    assert len(asked) == 1
    monkeypatch.setattr(store, "FAILURE_SECONDS", 0)
    told("postgresql://u@127.0.0.1:9/asked")
    assert len(asked) == 2


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_that_wants_a_password(postgres: Server, scheme: str) -> None:
    guarded = postgres.url(user=GUARDED, password=PASSWORD).replace("postgresql", scheme, 1)
    assert Database(guarded).read(lambda session: session.connection().dialect.driver) == "psycopg"
    wrong = postgres.url(user=GUARDED, password="s3cret").replace("postgresql", scheme, 1)
    assert "refuses this user and password; check DASHBOARD_DATABASE" in told(wrong)


def test_a_server_without_the_database_or_the_right(postgres: Server) -> None:
    assert "no such database; create it" in told(postgres.url("nothing"))
    guarded = postgres.url(user=GUARDED, password=PASSWORD)
    assert "may not write the accounts' database; grant it" in told(guarded, PASSWORD)


def test_a_connection_that_broke_is_replaced(postgres: Server) -> None:
    address = postgres.create()
    accounts = Accounts.open(address)
    local = accounts.local()
    with _cut_off(postgres, address), accounts.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    assert accounts.local() == local
    accounts.close()


@contextmanager
def _cut_off(postgres: Server, address: str) -> Iterator[None]:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'dashboard' AND datname = %s",
            [address.split("@/")[1].split("?")[0]],
        )
    yield


def test_the_accounts_lie_beside_the_prices_unless_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DASHBOARD_DATABASE", raising=False)
    assert Settings(str(tmp_path)).database == f"sqlite:///{tmp_path}/accounts.sqlite3"
    monkeypatch.setenv("DASHBOARD_DATABASE", " postgresql://u:s3cret@h/d ")
    settings = Settings(str(tmp_path))
    assert settings.database == "postgresql://u:s3cret@h/d"
    assert settings.to_environment()["DASHBOARD_DATABASE"] == settings.database
    assert "s3cret" not in repr(settings)
