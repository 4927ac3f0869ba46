"""A damaged table is made anew from what is intact, and nothing is deleted."""

import csv
import datetime as dt
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import deltalake
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError, RefreshRunning, StoreDamaged, StoreError
from dashboard.prices import repair
from dashboard.prices.lock import refresh_lock
from dashboard.prices.records import SHARES_KIND
from dashboard.prices.store import PriceStore, bars_from_arrow, bars_to_arrow
from dashboard.settings import PROJECT_ROOT

from .price_bars import bars_of

NOW = dt.datetime(2026, 9, 24, 9, 12, 30, tzinfo=dt.UTC)
ASIDE = "bars.damaged-20260924T091230"
MERGE = 4
"""The log entry that corrects January of 2330.TW."""


def contents(store: PriceStore) -> pd.DataFrame:
    return bars_from_arrow(store.read())


def filled(folder: Path) -> PriceStore:
    """A table of five entries: made, three appended, one merged."""
    store = PriceStore(str(folder))
    january = bars_of("2330.TW", "2026-01-05", "2026-01-16")
    store.upsert(january)
    store.upsert(bars_of("2454.TW", "2026-02-02", "2026-02-06"))
    store.upsert(bars_of("NVDA", "2026-02-02", "2026-02-06"))
    later = january["fetched_at"] + pd.Timedelta(days=1)
    store.upsert(january.assign(volume=7.0, fetched_at=later))
    store.upsert_records(
        SHARES_KIND, pd.DataFrame({"symbol": ["A"], "date": NOW.date(), "shares": 5, "source": "x"})
    )
    return store


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> PriceStore:
    """To be copied, not changed."""
    return filled(tmp_path_factory.mktemp("sound") / "store")


@pytest.fixture
def store(sound: PriceStore, tmp_path: Path) -> PriceStore:
    shutil.copytree(sound.address, tmp_path / "store")
    return PriceStore(str(tmp_path / "store"))


def log_of(store: PriceStore) -> Path:
    return Path(store.address, "bars", "_delta_log")


def entry(store: PriceStore, version: int) -> Path:
    return log_of(store) / f"{version:020d}.json"


def data_of(store: PriceStore, version: int) -> Path:
    """The data file that an entry added."""
    before = set(PriceStore(store.address)._bars._open(version - 1).file_uris())
    (path,) = set(PriceStore(store.address)._bars._open(version).file_uris()) - before
    return Path(path)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def emptied(version: int) -> Callable[[PriceStore], object]:
    return lambda store: entry(store, version).write_bytes(b"")


def cut(version: int, kept: slice) -> Callable[[PriceStore], object]:
    def damage(store: PriceStore) -> None:
        path = entry(store, version)
        path.write_bytes(path.read_bytes()[kept])

    return damage


def first_line(version: int) -> Callable[[PriceStore], object]:
    def damage(store: PriceStore) -> None:
        path = entry(store, version)
        path.write_bytes(path.read_bytes().splitlines()[0])

    return damage


def garbage(version: int) -> Callable[[PriceStore], object]:
    return lambda store: entry(store, version).write_bytes(b'\xff\xfe\x00[1, "')


def gone(version: int) -> Callable[[PriceStore], object]:
    return lambda store: entry(store, version).unlink()


def without_log(store: PriceStore) -> None:
    shutil.rmtree(log_of(store))


def checkpoint_of(store: PriceStore) -> Path:
    deltalake.DeltaTable(f"{store.address}/bars").create_checkpoint()
    (path,) = log_of(store).glob("*.checkpoint.parquet")
    return path


def checkpoint_garbage(store: PriceStore) -> None:
    checkpoint_of(store).write_bytes(b"garbage")


def checkpoint_cut(store: PriceStore) -> None:
    path = checkpoint_of(store)
    path.write_bytes(path.read_bytes()[:-100])


def checkpoint_gone(store: PriceStore) -> None:
    checkpoint_of(store).unlink()


def entry_after_a_checkpoint(store: PriceStore) -> None:
    """With the entries before it cleaned up, as they are after a month."""
    checkpoint_of(store)
    store.upsert(bars_of("2454.TW", "2026-02-09", "2026-02-13"))
    for version in range(MERGE + 1):
        entry(store, version).unlink()
    entry(store, MERGE + 1).write_bytes(b"{")


LOG_DAMAGE = [
    *(damage(version) for damage in (emptied, garbage, gone) for version in range(MERGE)),
    emptied(MERGE), garbage(MERGE), first_line(2), first_line(MERGE),
    *(cut(version, kept) for version in (0, 2, MERGE) for kept in (slice(150), slice(-30))),
    without_log, checkpoint_garbage, checkpoint_cut, checkpoint_gone, entry_after_a_checkpoint,
]  # fmt: skip


@pytest.mark.parametrize("damage", LOG_DAMAGE)
def test_of_a_damaged_log_nothing_is_lost(
    store: PriceStore, damage: Callable[[PriceStore], object]
) -> None:
    before = contents(store)
    damage(store)
    if damage is entry_after_a_checkpoint:
        more = bars_of("2454.TW", "2026-02-09", "2026-02-13")
        before = pd.concat([before, more]).sort_values(["symbol", "session"], ignore_index=True)
    broken = files_of(Path(store.address, "bars"))
    bars = bars_of("2330.TW", "2026-01-05", "2026-01-16")
    for use in (store.version, store.identity, store.read, lambda: store.upsert(bars)):
        with pytest.raises(StoreDamaged) as told:
            use()
        assert f"{store.address}/bars: the price store is damaged (" in str(told.value)
        assert str(told.value).endswith("mend it with: python -m dashboard repair")
    (planned,) = store.repair(dry_run=True)
    assert (planned.rows, planned.lost, planned.aside) == (len(before), (), "")
    assert files_of(Path(store.address, "bars")) == broken
    (done,) = store.repair(now=NOW)
    assert (done.table, done.rows, done.lost, done.aside) == ("bars", len(before), (), ASIDE)
    pd.testing.assert_frame_equal(contents(store), before)
    assert files_of(Path(store.address, ASIDE)) == broken
    assert store.repair() == ()
    assert store.upsert(before).unchanged == len(before)
    assert len(store.read_records(SHARES_KIND)) == 1


def test_a_sound_store_is_left_alone(store: PriceStore, tmp_path: Path) -> None:
    tables = [Path(store.address, name) for name in ("bars", "shares")]
    before = [files_of(table) for table in tables]
    checkpointed = PriceStore(str(tmp_path / "other"))
    shutil.copytree(store.address, checkpointed.address)
    checkpoint_of(checkpointed)
    garbage(1)(checkpointed)  # behind the checkpoint: nobody reads it
    assert store.repair() == checkpointed.repair() == ()
    assert [files_of(table) for table in tables] == before
    assert PriceStore(str(tmp_path / "none")).repair() == ()
    assert not (tmp_path / "none").exists()


def test_files_that_were_never_committed_are_not_taken_in(store: PriceStore) -> None:
    before = contents(store)
    stray = data_of(store, 2)
    shutil.copy(stray, stray.with_name("part-00000-uncommitted.snappy.parquet"))
    assert store.repair() == ()
    data_of(store, 3).unlink()
    (done,) = store.repair(now=NOW)
    assert done.rows == len(before) - 5
    pd.testing.assert_frame_equal(
        contents(store), before[before["symbol"] != "NVDA"].reset_index(drop=True)
    )


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "garbage"])
def test_of_a_damaged_file_only_its_rows_are_lost_and_named(store: PriceStore, damage: str) -> None:
    before = contents(store)
    path = data_of(store, 2)
    whole = path.read_bytes()
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(whole[: len(whole) // 2])
        case "garbage":
            path.write_bytes(whole[:4] + b"\x55" * (len(whole) - 4))
    with pytest.raises(StoreDamaged, match="python -m dashboard repair"):
        store.read()
    (done,) = store.repair(now=NOW)
    (lost,) = done.lost
    assert (lost.rows, lost.file) == (5, path.name)
    assert (lost.first, lost.last) == (("2454.TW", "2026-02-02"), ("2454.TW", "2026-02-06"))
    pd.testing.assert_frame_equal(
        contents(store), before[before["symbol"] != "2454.TW"].reset_index(drop=True)
    )


def test_the_row_fetched_later_wins_where_an_entry_is_lost(store: PriceStore) -> None:
    """The merge is lost: its file and the one it replaced hold the same sessions."""
    os.utime(data_of(store, MERGE), (0, 0))  # as a copy may tell it
    garbage(MERGE)(store)
    store.repair(now=NOW)
    january = contents(store).query("symbol == '2330.TW'")
    assert january["volume"].tolist() == [7.0] * 10


def test_rows_that_a_checkpoint_knows_nothing_of_do_not_come_back(store: PriceStore) -> None:
    """A file taken out so long ago that the log has forgotten it, and nobody vacuumed."""
    forgotten = data_of(store, 2).with_name("part-00000-forgotten.snappy.parquet")
    pq.write_table(bars_to_arrow(bars_of("2308.TW", "2026-01-05", "2026-01-16")), forgotten)
    os.utime(forgotten, (1e9, 1e9))
    entry_after_a_checkpoint(store)
    store.repair(now=NOW)
    assert store.symbols() == ["2330.TW", "2454.TW", "NVDA"]


def test_what_was_taken_out_does_not_come_back(store: PriceStore) -> None:
    store.replace_symbol("2330.TW", bars_of("2330.TW", "2026-01-12", "2026-01-16"))
    before = contents(store)
    assert len(before) == 15
    garbage(2)(store)
    store.repair(now=NOW)
    pd.testing.assert_frame_equal(contents(store), before)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (emptied(2), "00000000000000000002.json is empty"),
        (gone(2), "00000000000000000002.json is missing"),
        (first_line(MERGE), "00000000000000000004.json lacks lines"),
        (without_log, "there are prices and no log"),
    ],
)
def test_the_damage_is_named(
    store: PriceStore, damage: Callable[[PriceStore], object], named: str
) -> None:
    damage(store)
    with pytest.raises(StoreDamaged, match=named):
        store.read()


def test_all_that_is_lost_leaves_an_empty_table(store: PriceStore) -> None:
    for path in Path(store.address, "bars").glob("*.parquet"):
        path.write_bytes(b"")
    (done,) = store.repair(now=NOW)
    assert done.rows == 0
    assert sum(lost.rows or 0 for lost in done.lost) == 20
    assert store.read().num_rows == 0
    assert store.upsert(bars_of("NVDA", "2026-02-02", "2026-02-06")).new == 5


@pytest.mark.parametrize("renames", range(3))
@pytest.mark.parametrize("also", [False, True])
def test_an_interrupted_repair_is_finished_by_the_next(
    store: PriceStore, renames: int, also: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(store)
    garbage(2)(store)
    broken = files_of(Path(store.address, "bars"))
    rename, done = repair._rename, []

    def cut_short(source: Path, target: Path) -> None:
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(target)
        rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(repair, "_rename", cut_short)
        with pytest.raises(KeyboardInterrupt):
            store.repair(now=NOW)
    bars = bars_of("2330.TW", "2026-01-05", "2026-01-16")
    for use in (store.read, store.version, lambda: store.upsert(bars)):
        with pytest.raises(StoreDamaged, match="python -m dashboard repair"):
            use()
    if also:  # once more before the end
        store.repair(dry_run=True)
    (report,) = store.repair(now=NOW + dt.timedelta(days=1))
    assert report.rows == len(before)
    pd.testing.assert_frame_equal(contents(store), before)
    (aside,) = Path(store.address).glob("bars.damaged-*")
    assert files_of(aside) == broken
    assert store.repair() == ()
    assert sorted(path.name for path in Path(store.address).iterdir() if path.is_dir()) == sorted(
        ["bars", "shares", aside.name]
    )


def test_what_was_put_aside_is_never_taken_away(store: PriceStore) -> None:
    for _ in range(2):
        garbage(0)(store)
        store.repair(now=NOW)
    store.optimize()
    store.vacuum()
    assert {path.name for path in Path(store.address).glob("bars.*")} == {ASIDE, f"{ASIDE}-2"}


def test_a_newer_or_another_programs_table_is_not_repaired(store: PriceStore) -> None:
    table = deltalake.DeltaTable(f"{store.address}/bars")
    table.alter.set_table_properties({"dashboard.format": "3"}, raise_if_not_exists=False)
    for damage in (lambda _: None, garbage(2)):
        damage(store)
        files = files_of(Path(store.address, "bars"))
        with pytest.raises(StoreError, match="newer version of this program"):
            store.repair()
        assert files_of(Path(store.address, "bars")) == files


def test_a_repair_waits_for_no_refresh_and_needs_a_folder(store: PriceStore) -> None:
    garbage(2)(store)
    with refresh_lock(store.address), pytest.raises(RefreshRunning):
        store.repair()
    with pytest.raises(InputError, match="object storage"):
        PriceStore("s3://bucket/prices").repair()


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_damaged_a_repair_gives_what_was_written_and_no_more(
    data: st.DataObject, sound: PriceStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = PriceStore(str(tmp_path_factory.mktemp("damaged") / "store"))
    shutil.copytree(sound.address, store.address)
    whole = contents(store)
    if data.draw(st.booleans(), "checkpoint"):
        checkpoint_of(store)
    files = sorted(path for path in Path(store.address, "bars").rglob("*") if path.is_file())
    for path in data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=3, unique=True)):
        size = path.stat().st_size
        kept = path.read_bytes()[: data.draw(st.integers(0, size), f"kept of {path.name}")]
        match data.draw(st.sampled_from(["cut", "garbage", "gone"])):
            case "cut":
                path.write_bytes(kept)
            case "garbage":
                path.write_bytes(kept + b"\xff" * (size - len(kept)))
            case "gone":
                path.unlink()
    store.repair(now=NOW)
    assert store.repair() == ()
    left = contents(store)
    was = whole.set_index(["symbol", "session"])
    is_now = left.set_index(["symbol", "session"])
    assert is_now.index.isin(was.index).all()
    # A correction may be lost with its file, and then the bar is the one before it.
    older = is_now["volume"] == 1000.0
    expected = was.loc[is_now.index]
    pd.testing.assert_frame_equal(is_now[~older], expected[~older])
    columns = ["open", "high", "low", "close", "adjusted_close", "source", "flags"]
    pd.testing.assert_frame_equal(is_now[columns], expected[columns])


def dashboard(store: PriceStore, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard", "--data-dir", store.address, *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_tells_what_was_kept_and_what_was_lost(store: PriceStore) -> None:
    garbage(3)(store)
    broken = data_of_file(store, "2454.TW")
    broken.write_bytes(b"no parquet")
    status = dashboard(store, "status")
    assert (status.returncode, status.stdout) == (1, "")
    assert "mend it with: python -m dashboard repair" in status.stderr
    planned = dashboard(store, "repair", "--dry-run")
    assert planned.returncode == 3
    assert "15 rows kept, 5 lost, log entries lost: 1; nothing was changed" in planned.stderr
    done = dashboard(store, "repair", "--format", "csv")
    assert done.returncode == 3
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    (aside,) = Path(store.address).glob("bars.damaged-*")
    assert row == {
        "table": "bars", "kept": "15", "lost": "5", "first": "2454.TW", "last": "2454.TW",
        "from": "2026-02-02", "to": "2026-02-06", "file": broken.name, "why": "it is damaged",
        "aside": aside.name,
    }  # fmt: skip
    assert f"the damaged folder is {aside.name}" in done.stderr
    assert "python -m dashboard refresh" in done.stderr
    again = dashboard(store, "repair")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == "the price store is sound; there is nothing to repair\n"
    assert dashboard(store, "status").returncode == 0


def data_of_file(store: PriceStore, symbol: str) -> Path:
    """The only data file of a symbol, with the log not asked."""
    (path,) = (
        path
        for path in Path(store.address, "bars").glob("*.parquet")
        if pq.read_table(path)["symbol"].to_pylist()[0] == symbol
    )
    return path
