"""The lock of a store, held by real processes."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.errors import RefreshRunning, StoreError
from dashboard.prices.lock import refresh_lock
from dashboard.settings import PROJECT_ROOT

HOLDING = """
import datetime as dt, sys
from dashboard.prices.lock import refresh_lock
with refresh_lock(sys.argv[1], now=dt.datetime.fromisoformat(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.readline()
"""
MORNING = dt.datetime(2026, 9, 24, 9, 12, tzinfo=dt.UTC)


@contextmanager
def another(folder: Path, since: dt.datetime = MORNING) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it is told to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(folder), since.isoformat()],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def take(folder: Path, now: dt.datetime = MORNING) -> None:
    with refresh_lock(str(folder), now=now):
        pass


def test_one_process_at_a_time_and_the_second_says_who(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with another(folder) as process:
        with pytest.raises(RefreshRunning) as told:
            take(folder)
        assert str(told.value) == (
            f"a refresh is already running (process {process.pid}, since 09:12 UTC); "
            "wait until it has ended"
        )
        with pytest.raises(RefreshRunning, match=r"since 2026-09-24 09:12 UTC"):
            take(folder, MORNING + dt.timedelta(days=1))
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait(timeout=30) == 0
    take(folder)


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with another(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        mine = pytest.raises(RefreshRunning, match=f"process {os.getpid()},")
        with refresh_lock(str(tmp_path), now=MORNING), mine:
            take(tmp_path)


def test_a_clock_set_back_changes_nothing(tmp_path: Path) -> None:
    with another(tmp_path), pytest.raises(RefreshRunning):
        take(tmp_path, MORNING - dt.timedelta(days=400))


def test_a_thread_of_the_same_process_is_refused_too(tmp_path: Path) -> None:
    refused: list[RefreshRunning] = []

    def second() -> None:
        try:
            take(tmp_path)
        except RefreshRunning as error:
            refused.append(error)

    with refresh_lock(str(tmp_path)):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert len(refused) == 1
    take(tmp_path)


def test_a_block_that_fails_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), refresh_lock(str(tmp_path)):
        _ = 1 / 0
    take(tmp_path)


@pytest.mark.parametrize("damage", ["", "{", '{"process": "?"}', "[]"])
def test_a_holder_that_has_not_named_itself(tmp_path: Path, damage: str) -> None:
    with another(tmp_path):
        (tmp_path / "refresh.holder").write_text(damage)
        with pytest.raises(RefreshRunning, match=r"^a refresh is already running; wait"):
            take(tmp_path)


def test_object_stores_have_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with refresh_lock("s3://bucket/prices"), refresh_lock("s3://bucket/prices"):
        assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(StoreError, match="taken: the price store is a folder"):
        take(tmp_path / "taken")
    with pytest.raises(StoreError, match="is a folder and this is a file"):
        take(tmp_path / "taken" / "below")


LOCKING = """
import sys
from dashboard.errors import StoreError
from dashboard.prices.lock import refresh_lock
try:
    with refresh_lock(sys.argv[1]):
        print("held")
except StoreError as error:
    print(error)
"""
READ_ONLY = """
mount -t tmpfs tmpfs "$1"
mount -o remount,ro "$1"
"$2" -W ignore -c "$3" "$1"
"$2" -W ignore -c "$3" "$1/new"
"""


def test_a_read_only_folder_is_a_sentence(tmp_path: Path) -> None:
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        subprocess.run([*own_mounts, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no mounts of one's own here")
    done = subprocess.run(
        [*own_mounts, "bash", "-c", READ_ONLY, "-", str(tmp_path), sys.executable, LOCKING],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    here, below = done.stdout.splitlines()
    for line in (here, below):
        assert "the folder may not be read or written here" in line
    assert here.startswith(f"{tmp_path}: ")
