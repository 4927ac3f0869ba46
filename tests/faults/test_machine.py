"""What machines do to a store: full, read-only, clocks set back, two at once, damage."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable

from dashboard.prices.providers.yahoo import YahooProvider
from dashboard.prices.refresh import import_files, refresh
from dashboard.prices.store import PriceStore
from dashboard.settings import PROJECT_ROOT
from tests.contract.yahoo_server import Fault, Scenario, YahooServer
from tests.faults.commands import command, sentence, sound_file
from tests.faults.generations import FETCHED, SINCE, content, moment, series

FULL = "the disk is full; free some space and run it again, what was stored before is sound"
READ_ONLY = "the folder may not be read or written here"
OWN_MOUNTS = (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"])
"""As root, and as anybody where the kernel lets users have name spaces."""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    import_files(PriceStore(str(folder)), [sound_file(tmp_path)])
    return folder


# --- full -----------------------------------------------------------------------------


def filled(*before: str, how: str, folder: Path) -> dict[str, str]:
    """What `full_disk` saw: room left → what was said, empty where the import succeeded."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "tests.faults.full_disk", how, str(folder)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, str] = json.loads(done.stdout)
    return told


def test_a_full_disk(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["sh", "-c", f'mount -t tmpfs -o size=1m none "{place}" && exec "$@"', "-"]
    for way in OWN_MOUNTS:
        tried = subprocess.run([*way, *mount, "true"], capture_output=True, text=True)
        if tried.returncode == 0:
            break
    else:
        pytest.skip(f"no file system can be mounted here: {tried.stderr.strip()}")
    told = filled(*way, *mount, how="tmpfs", folder=place)
    said = set(told.values())
    assert said == {"", FULL}
    assert told["0"] == FULL


def test_no_room_for_a_file(tmp_path: Path) -> None:
    """The same by a limit on the size of files, which needs no right to mount."""
    told = filled(how="limit", folder=tmp_path)
    assert set(told.values()) == {"", FULL}
    assert told["0"] == FULL


def test_what_a_killed_writer_left_goes_after_a_week(store: Path) -> None:
    held = content(PriceStore(str(store)))
    (used,) = (store / "bars").glob("*.parquet")
    week = time.time() - 8 * 86_400
    left = [used.with_name(f"part-0000{n}-left.snappy.parquet") for n in range(2)]
    for path in left:
        shutil.copy(used, path)
    os.utime(used, (week, week))
    os.utime(left[0], (week, week))
    assert PriceStore(str(store)).vacuum() == 1
    assert set((store / "bars").glob("*.parquet")) == {used, left[1]}
    assert content(PriceStore(str(store))).equals(held)


# --- read-only ------------------------------------------------------------------------


@pytest.fixture
def without_rights(store: Path, rootless: list[str]) -> Iterator[list[str]]:
    """A command's prefix under which the store may be read and not written."""
    folders = [store, *(path for path in store.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield rootless
    for folder in folders:
        folder.chmod(0o755)


def test_a_read_only_store(store: Path, tmp_path: Path, without_rights: list[str]) -> None:
    new = tmp_path / "new.csv"
    new.write_text("symbol,date,close\nMSFT,2024-01-02,1\n", "utf-8")
    held = content(PriceStore(str(store)))
    assert READ_ONLY in sentence(command(store, "import", new, before=without_rights))
    refreshed = command(
        store, "refresh", "--source", "yahoo", before=without_rights,
        DASHBOARD_YAHOO_ORIGIN="http://127.0.0.1:9",
    )  # fmt: skip
    assert READ_ONLY in sentence(refreshed)
    assert content(PriceStore(str(store))).equals(held)
    read = command(store, "bars", "AAPL", "--format", "csv", before=without_rights)
    assert read.returncode == 0, read.stderr
    assert len(read.stdout.splitlines()) == 1 + len(held)


# --- clocks ---------------------------------------------------------------------------


def told_by(generation: int) -> YahooServer:
    server = YahooServer()
    server.now = lambda: moment(generation).timestamp()
    server.scenarios = {symbol: Scenario(series(symbol, generation)) for symbol in FETCHED}
    return server


def refreshed(store: PriceStore, server: YahooServer, now: dt.datetime) -> str:
    provider = YahooProvider(origin=server.origin, pause=0.0, retry_waits=(), shares=False)
    return refresh(store, provider, FETCHED, now=now, since=SINCE).summary()


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning:yfinance")
def test_a_clock_set_back_harms_nothing(tmp_path: Path) -> None:
    store = PriceStore(str(tmp_path / "store"))
    with told_by(4) as server:
        refreshed(store, server, moment(4))
        held = content(store)
        said = refreshed(store, server, moment(2))
        assert content(store).equals(held)
        assert "clock" in said
        refreshed(store, server, moment(4))
        assert content(store).equals(held)
    # Once the clock is right again, the next session comes as ever.
    with told_by(5) as server:
        refreshed(store, server, moment(5))
    assert len(content(store)) == len(held) + len(FETCHED)


def test_an_import_under_a_clock_set_back_refuses_the_future(store: Path, tmp_path: Path) -> None:
    held = content(PriceStore(str(store)))
    import_files(
        PriceStore(str(store)),
        [tmp_path / "sound.csv"],
        now=dt.datetime(2023, 6, 1, tzinfo=dt.UTC),
    )
    assert content(PriceStore(str(store))).equals(held)


# --- two at once ----------------------------------------------------------------------


def test_two_refreshes_at_once(store: Path, tmp_path: Path) -> None:
    """One runs, the other says so; killed, it leaves nothing in the way of the next."""
    held = content(PriceStore(str(store)))
    with YahooServer(otherwise=lambda symbol: Scenario(always=Fault.TIME_OUT)) as server:
        origin = {"DASHBOARD_YAHOO_ORIGIN": server.origin}
        arguments = ["--data-dir", str(store), "refresh", "--source", "yahoo"]
        first = subprocess.Popen(
            [sys.executable, "-m", "dashboard", *arguments],
            cwd=PROJECT_ROOT,
            env={**os.environ, **origin},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(600):
                if server.seen:
                    break
                assert first.poll() is None
                time.sleep(0.05)
            said = sentence(command(store, "refresh", "--source", "yahoo", **origin))
            assert f"process {first.pid}" in said
            assert "already running" in said
            imported = sentence(command(store, "import", tmp_path / "sound.csv"))
            assert f"process {first.pid}" in imported
        finally:
            first.send_signal(signal.SIGKILL)
            first.wait()
    done = command(store, "import", tmp_path / "sound.csv")
    assert done.returncode == 0, done.stderr
    assert "running" not in done.stderr
    assert content(PriceStore(str(store))).equals(held)


# --- versions and damage --------------------------------------------------------------


def test_a_store_of_a_newer_version(store: Path, tmp_path: Path) -> None:
    table = DeltaTable(str(store / "bars"))
    table.alter.set_table_properties({"dashboard.format": "99"}, raise_if_not_exists=False)
    for arguments in (["status"], ["bars", "AAPL"], ["import", tmp_path / "sound.csv"]):
        said = sentence(command(store, *arguments))
        assert "newer version of this program" in said
        assert said.endswith("update it")
    assert DeltaTable(str(store / "bars")).version() == table.version()


def test_a_damaged_log_is_told_and_repaired(store: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("symbol,date,close\nMSFT,2024-01-02,1\n", "utf-8")
    assert command(store, "import", new).returncode == 0
    held = content(PriceStore(str(store)))
    entry = max((store / "bars" / "_delta_log").glob("*.json"))
    entry.write_bytes(entry.read_bytes()[:40])
    said = sentence(command(store, "bars", "AAPL"))
    assert "python -m dashboard repair" in said
    done = command(store, "repair")
    assert done.returncode in (0, 3), done.stderr
    assert content(PriceStore(str(store))).equals(held)
    (aside,) = store.glob("bars.damaged-*")
    assert (aside / "_delta_log" / entry.name).read_bytes()[40:] == b""
    assert command(store, "bars", "AAPL").returncode == 0
