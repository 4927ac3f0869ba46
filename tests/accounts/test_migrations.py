"""Every earlier form of the database becomes today's, with all that is in it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from dashboard.accounts.database import Database
from dashboard.accounts.migrating import SCRIPTS, migrate
from dashboard.accounts.store import Accounts
from dashboard.accounts.tables import HEAD, Base
from dashboard.errors import AccountsError
from tests.accounts.things import filled, symbols
from tests.postgres import FreshDatabase

STEPS = tuple(
    one.revision for one in reversed(list(ScriptDirectory(str(SCRIPTS)).walk_revisions()))
)
MOMENT = dt.datetime(2026, 3, 2, 5, 30, tzinfo=dt.UTC)
VALUES: dict[type, Any] = {
    sa.Integer: 1,
    sa.Boolean: True,
    sa.Float: 12.5,
    sa.Date: MOMENT.date(),
    sa.Time: dt.time(22, 30),
    sa.JSON: ["台積電", "b"],
    sa.String: "文",
}


def value_of(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.DateTime):
        return MOMENT if column.type.timezone else MOMENT.replace(tzinfo=None)
    return next(value for kind, value in VALUES.items() if isinstance(column.type, kind))


def rows_of(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, whatever tables there are."""
    tables = sa.MetaData()
    tables.reflect(connection)
    return {
        table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
        for table in tables.sorted_tables
        if table.name != "alembic_version"
    }


def fill(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    """One row in each table, with a value in each column."""
    tables = sa.MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if table.name != "alembic_version":
            row = {column.name: value_of(column) for column in table.columns}
            connection.execute(sa.insert(table).values(row))
    return rows_of(connection)


def test_the_newest_step_is_the_head() -> None:
    script = ScriptDirectory.from_config(_config())
    assert script.get_current_head() == HEAD == STEPS[-1]
    assert len(STEPS) >= 3


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


@pytest.mark.parametrize("step", STEPS[:-1])
def test_nothing_is_lost_on_the_way_up(fresh: FreshDatabase, step: str) -> None:
    database = Database(fresh())
    migrate(database, target=step)
    with database.engine.execution_options(writes=True).begin() as connection:
        before = fill(connection)
    assert all(len(rows) == 1 for rows in before.values())
    migrate(database)
    with database.engine.connect() as connection:
        after = rows_of(connection)
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert kept == rows
    database.close()


def test_a_list_of_the_first_form_is_read(fresh: FreshDatabase) -> None:
    address = fresh()
    database = Database(address)
    migrate(database, target=STEPS[0])
    with database.engine.execution_options(writes=True).begin() as connection:
        for statement in (
            "INSERT INTO accounts (id, issuer, subject, name, created_at) "
            "VALUES (1, '', '', 'local', '2026-01-05 01:00:00')",
            "INSERT INTO watchlists (id, account_id, name, version, sections, columns, updated_at) "
            "VALUES (1, 1, '伺服器', 3, '[\"\", \"散熱\"]', '[]', '2026-01-05 01:00:00')",
            "INSERT INTO watchlist_entries (id, watchlist_id, position, symbol, section, note, "
            "tags, added_on, target) "
            "VALUES (7, 1, 0, '3017.TW', '散熱', 'note', '[\"a\"]', '2026-01-05', 2000)",
        ):
            connection.exec_driver_sql(statement)
    database.close()
    accounts = Accounts.open(address)
    (watchlist,) = accounts.desk(accounts.local()).watchlists.all()
    assert (watchlist.name, watchlist.version, watchlist.follows) == ("伺服器", 3, None)
    (entry,) = watchlist.entries
    assert (entry.id, entry.symbol, entry.section, entry.tags) == (7, "3017.TW", "散熱", ("a",))
    assert (entry.added_on, entry.target, entry.stop) == (dt.date(2026, 1, 5), 2000.0, None)
    accounts.close()


def test_the_tables_are_those_of_the_models(fresh: FreshDatabase) -> None:
    database = Database(fresh())
    migrate(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_an_up_to_date_database_costs_one_query(fresh: FreshDatabase) -> None:
    database = Database(fresh())
    migrate(database)
    told: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *event: told.append(event[2]))
    migrate(database)
    assert [one for one in told if not one.startswith("BEGIN")] == [
        "SELECT version_num FROM alembic_version"
    ]
    database.close()


def test_a_table_that_is_made_anew_keeps_what_refers_to_it(fresh: FreshDatabase) -> None:
    """SQLite changes a table by making another, and would delete all that refers to the first."""
    address = fresh()
    accounts = Accounts.open(address)
    filled(accounts.desk(accounts.local()), "a", "1", "2")
    with accounts.database.alone() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("watchlists", recreate="auto") as table:
            table.alter_column("name", type_=sa.String(120), existing_type=sa.String(100))
    (kept,) = accounts.desk(accounts.local()).watchlists.all()
    assert symbols(kept) == ["1", "2"]
    accounts.close()


def test_a_newer_form_is_left_alone(fresh: FreshDatabase) -> None:
    address = fresh()
    database = Database(address)
    migrate(database)
    with database.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(AccountsError, match=r"a newer version of this program .*9999"):
        Accounts.open(address)
    database.close()


def test_a_step_that_fails_leaves_nothing(
    fresh: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps are one transaction, on SQLite too."""
    from alembic import op

    def fail(*arguments: Any, **options: Any) -> None:
        raise sa.exc.OperationalError("", {}, Exception("the cable is cut"))

    database = Database(fresh())
    migrate(database, target=STEPS[0])
    with database.engine.connect() as connection:
        before = rows_of(connection)
    with monkeypatch.context() as patched:
        patched.setattr(op, "create_index", fail)
        with pytest.raises(AccountsError, match="the cable is cut"):
            migrate(database)
    with database.engine.connect() as connection:
        assert rows_of(connection) == before
    migrate(database)
    database.close()


OPENING = """
import os, sys
from dashboard.accounts.store import Accounts
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        Accounts.open(sys.argv[1]).local()
        os._exit(0)
    children.append(child)
sys.exit(sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def test_several_processes_open_a_new_database_at_once(fresh: FreshDatabase) -> None:
    address = fresh()
    done = subprocess.run(
        [sys.executable, "-c", OPENING, address], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    accounts = Accounts.open(address)
    assert [one.name for one in accounts.everyone()] == ["local"]
    accounts.close()
