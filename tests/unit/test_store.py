import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import deltalake
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError, StoreError
from dashboard.prices.bars import BarFlag, empty_bars
from dashboard.prices.records import SHARES_KIND
from dashboard.prices.store import PriceStore, bars_from_arrow, bars_to_arrow

from .price_bars import bars_of

NO_DEADLINE = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
DAYS = tuple(pd.date_range("2026-06-01", "2026-06-12", freq="B"))
PRICES = st.floats(0.01, 1e5, allow_nan=False).map(lambda price: round(price, 2))


@st.composite
def batches(draw: st.DrawFn) -> pd.DataFrame:
    keys = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["2330.TW", "3081.TWO", "NVDA", "^TWII"]), st.sampled_from(DAYS)
            ),
            min_size=1,
            max_size=12,
            unique=True,
        )
    )
    rows = [bars_of("2330.TW", "2026-06-01", "2026-06-01", close=draw(PRICES)) for _ in keys]
    volumes = [draw(st.one_of(st.just(np.nan), st.integers(0, 10**10).map(float))) for _ in keys]
    return pd.concat(rows, ignore_index=True).assign(
        symbol=[symbol for symbol, _ in keys],
        session=pd.Series([day for _, day in keys]).astype("datetime64[s]"),
        volume=volumes,
    )


def contents(store: PriceStore) -> pd.DataFrame:
    return bars_from_arrow(store.read())


def ordered(bars: pd.DataFrame) -> pd.DataFrame:
    return bars.sort_values(["symbol", "session"], ignore_index=True)


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(str(tmp_path / "store"))


def test_a_store_that_is_not_there_is_empty(store: PriceStore, tmp_path: Path) -> None:
    assert set(store.versions().values()) == {store.version()} == {-1}
    assert store.read().num_rows == 0
    assert store.read(fields=["symbol", "close"]).column_names == ["symbol", "close"]
    assert store.symbols() == []
    assert store.coverage().empty
    assert store.read_records(SHARES_KIND).empty
    assert store.vacuum() == 0
    store.optimize()
    assert not list(tmp_path.iterdir())


@NO_DEADLINE
@given(batch=batches())
def test_what_was_written_is_read_back_and_twice_is_once(
    batch: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = PriceStore(str(tmp_path_factory.mktemp("store")))
    assert store.upsert(batch).new == len(batch)
    version = store.version()
    pd.testing.assert_frame_equal(contents(store), ordered(batch))
    again = store.upsert(batch.sample(frac=1, random_state=1))
    assert (again.new, again.unchanged, again.corrected) == (0, len(batch), 0)
    assert store.version() == version


@NO_DEADLINE
@given(batch=batches(), data=st.data())
def test_the_order_of_batches_does_not_matter(
    batch: pd.DataFrame, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cut = data.draw(st.integers(0, len(batch)))
    parts = [batch.iloc[:cut], batch.iloc[cut:]]
    results = []
    for order in (parts, parts[::-1], [batch]):
        store = PriceStore(str(tmp_path_factory.mktemp("store")))
        for part in order:
            store.upsert(part)
        results.append(contents(store))
    pd.testing.assert_frame_equal(results[0], results[1])
    pd.testing.assert_frame_equal(results[0], results[2])


def test_a_correction_touches_one_bar_and_is_counted_by_symbol(store: PriceStore) -> None:
    tsmc = bars_of("2330.TW", "2026-06-01", "2026-06-30")
    nvidia = bars_of("NVDA", "2026-06-01", "2026-06-30")
    store.upsert(pd.concat([tsmc, nvidia]))
    changed = tsmc.copy()
    changed.loc[3, ["close", "high"]] = 222.5
    outcome = store.upsert(pd.concat([changed, nvidia]))
    assert (outcome.new, outcome.corrected) == (0, 1)
    assert outcome.by_symbol["2330.TW"].corrected == 1
    assert outcome.by_symbol["NVDA"].unchanged == len(nvidia)
    pd.testing.assert_frame_equal(contents(store), ordered(pd.concat([changed, nvidia])))


def test_rounding_in_the_seventh_digit_is_no_correction(store: PriceStore) -> None:
    bars = bars_of("2330.TW", "2026-06-01", "2026-06-30")
    store.upsert(bars)
    assert store.upsert(bars.assign(adjusted_close=bars["close"] * (1 + 1e-8))).corrected == 0
    assert store.upsert(bars.assign(volume=1001.0)).corrected == len(bars)


def test_a_bar_that_knows_less_does_not_replace_one_that_knows_more(store: PriceStore) -> None:
    bars = bars_of("2330.TW", "2026-06-01", "2026-06-05")
    store.upsert(bars)
    poorer = [
        bars.assign(open=np.nan, high=np.nan, low=np.nan, flags=int(BarFlag.CLOSE_ONLY)),
        bars.assign(volume=np.nan, flags=int(BarFlag.NO_VOLUME)),
        bars.assign(adjusted_close=1.0, flags=int(BarFlag.UNADJUSTED)),
    ]
    for batch in poorer:
        assert store.upsert(batch).kept == len(bars)
    pd.testing.assert_frame_equal(contents(store), bars)
    fresh = PriceStore(f"{store.address}-2")
    fresh.upsert(poorer[2])
    assert fresh.upsert(bars).corrected == len(bars)


def test_reading_is_cut_by_symbol_field_day_and_version(store: PriceStore) -> None:
    first = bars_of("2330.TW", "2026-06-01", "2026-06-05")
    store.upsert(first)
    version = store.version()
    store.upsert(bars_of("2330.TW", "2026-06-08", "2026-06-12"))
    store.upsert(first.assign(volume=7.0))  # leaves a file written by a merge
    store.upsert(bars_of("NVDA", "2026-06-01", "2026-06-12"))
    one = store.read(
        symbols=["2330.TW"],
        fields=["session", "close"],
        start=dt.date(2026, 6, 5),
        end=dt.date(2026, 6, 12),
        as_of=dt.date(2026, 6, 8),
    )
    assert sorted(one["session"].to_pylist()) == [dt.date(2026, 6, 5), dt.date(2026, 6, 8)]
    assert one.column_names == ["session", "close"]
    pd.testing.assert_frame_equal(bars_from_arrow(store.read(version=version)), first)
    assert store.read(symbols=[]).num_rows == store.read(symbols=["0000.TW"]).num_rows == 0
    assert store.read(version=-1).num_rows == 0
    assert store.symbols() == ["2330.TW", "NVDA"]
    with pytest.raises(InputError, match="turnover"):
        store.read(fields=["turnover"])
    with pytest.raises(StoreError, match="999 does not exist; the latest is 4"):
        store.read(version=999)


def test_coverage_counts_what_is_stored(store: PriceStore) -> None:
    bars = bars_of("2330.TW", "2026-06-01", "2026-06-05")
    bars.loc[0, "flags"] = int(BarFlag.JUMP)
    bars.loc[1, ["flags", "volume"]] = [int(BarFlag.NO_VOLUME), np.nan]
    bars.loc[4, "source"] = "later"
    store.upsert(bars)
    row = store.coverage().loc["2330.TW"]
    assert row["first"] == pd.Timestamp("2026-06-01")
    assert row["last"] == pd.Timestamp("2026-06-05")
    assert row["bars"] == 5
    assert row["flags"] == BarFlag.JUMP | BarFlag.NO_VOLUME
    assert row["source"] == "later, test"
    assert row["fetched_at"] == bars["fetched_at"].max()


def test_replacing_a_symbol_leaves_the_others_alone(store: PriceStore) -> None:
    old = bars_of("2330.TW", "2026-05-01", "2026-06-05")
    other = bars_of("2303.TW", "2026-05-01", "2026-06-05")
    store.upsert(pd.concat([old, other]))
    new = bars_of("2330.TW", "2026-06-01", "2026-06-12", close=50.0)
    outcome = store.replace_symbol("2330.TW", new)
    assert (outcome.new, outcome.corrected) == (5, 5)
    pd.testing.assert_frame_equal(contents(store), ordered(pd.concat([new, other])))
    version = store.version()
    store.replace_symbol("2330.TW", new)
    assert store.version() == version
    for wrong in (empty_bars(), other):
        with pytest.raises(InputError, match=r"2330\.TW"):
            store.replace_symbol("2330.TW", wrong)


def test_optimizing_changes_no_row(store: PriceStore) -> None:
    for month in range(1, 6):
        store.upsert(bars_of("2330.TW", f"2026-0{month}-01", f"2026-0{month}-28"))
    before = contents(store)
    store.optimize()
    assert store.files() == 1
    pd.testing.assert_frame_equal(contents(store), before)
    assert store.vacuum() == 0  # younger than the retention
    with pytest.raises(InputError, match="168"):
        store.vacuum(1)


def test_shares_are_upserted(store: PriceStore) -> None:
    shares = pd.DataFrame(
        {
            "symbol": ["2330.TW", "2330.TW"],
            "date": ["2026-08-14", "2026-08-21"],
            "shares": [25_930_000_000, 25_932_370_000],
            "source": "test",
        }
    )
    assert store.upsert_records(SHARES_KIND, shares).new == 2
    version = store.versions()["shares"]
    assert store.upsert_records(SHARES_KIND, shares).unchanged == 2
    assert store.versions()["shares"] == version
    later = shares.assign(shares=[25_930_000_000, 1])
    assert store.upsert_records(SHARES_KIND, later).corrected == 1
    assert store.read_records(SHARES_KIND, ["2330.TW"])["shares"].tolist() == [25_930_000_000, 1]
    for fault in (
        {"shares": 0},
        {"shares": 1e30},
        {"shares": np.nan},
        {"date": "2026-08-14"},
        {"date": "soon"},
    ):
        with pytest.raises(InputError):
            store.upsert_records(SHARES_KIND, shares.assign(**fault))
    with pytest.raises(InputError, match="source"):
        store.upsert_records(SHARES_KIND, shares.drop(columns="source"))


@pytest.mark.parametrize("garbage", [b"garbage", b'{"add": 5}\n', b"\xff\xfe\x00"])
def test_a_damaged_log_is_a_sentence(store: PriceStore, garbage: bytes) -> None:
    bars = bars_of("2330.TW", "2026-06-01", "2026-06-05")
    store.upsert(bars)
    logs = sorted(Path(store.address, "bars", "_delta_log").glob("*.json"))
    logs[-1].write_bytes(garbage)
    for use in (store.version, store.read, store.coverage, lambda: store.upsert(bars)):
        with pytest.raises(StoreError, match="python -m dashboard repair"):
            use()


def test_a_lost_or_damaged_file_is_a_sentence(store: PriceStore) -> None:
    store.upsert(bars_of("2330.TW", "2026-06-01", "2026-06-05"))
    for file in Path(store.address, "bars").glob("*.parquet"):
        file.write_bytes(b"no parquet")
    with pytest.raises(StoreError):
        store.read()
    for file in Path(store.address, "bars").glob("*.parquet"):
        file.unlink()
    with pytest.raises(StoreError):
        store.read()


def test_a_file_in_the_place_of_the_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    store = PriceStore(str(tmp_path / "taken"))
    bars = bars_of("NVDA", "2026-06-01", "2026-06-01")
    for use in (store.version, store.identity, store.read, lambda: store.upsert(bars)):
        with pytest.raises(StoreError, match="taken: the price store is a folder"):
            use()


def test_a_store_made_anew_or_restored_is_another_one(tmp_path: Path) -> None:
    folder, copy = tmp_path / "store", tmp_path / "copy"
    store = PriceStore(str(folder))
    assert store.identity() == PriceStore(str(copy)).identity()
    bars = bars_of("NVDA", "2026-06-01", "2026-06-05")
    store.upsert(bars)
    first, version = store.identity(), store.version()
    assert PriceStore(str(folder)).identity() == first
    shutil.copytree(folder, copy)
    store.upsert(bars.assign(volume=1.0))
    later, later_version = store.identity(), store.version()
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    assert store.identity() == first
    store.upsert(bars.assign(volume=2.0))
    assert store.version() == later_version
    assert store.identity() not in (first, later)
    shutil.rmtree(folder)
    store.upsert(bars)
    assert store.version() == version
    assert store.identity() != first


def test_another_programs_table_is_a_sentence(store: PriceStore) -> None:
    write_deltalake(f"{store.address}/bars", pa.table({"place": ["Tainan"], "rain": [1.5]}))
    bars = bars_of("NVDA", "2026-06-01", "2026-06-01")
    uses = (store.version, store.coverage, store.read, store.identity, lambda: store.upsert(bars))
    for use in uses:
        with pytest.raises(StoreError, match=r"another program's table .*place, rain"):
            use()


def test_rows_of_a_writer_without_statistics_are_read(store: PriceStore) -> None:
    bars = bars_of("NVDA", "2026-06-01", "2026-06-05")
    write_deltalake(
        f"{store.address}/bars",
        bars_to_arrow(bars),
        configuration={"delta.dataSkippingNumIndexedCols": "0"},
    )
    pd.testing.assert_frame_equal(bars_from_arrow(store.read(["NVDA"])), bars)


def test_a_store_of_a_newer_version_is_left_alone(store: PriceStore) -> None:
    bars = bars_of("NVDA", "2026-06-01", "2026-06-05")
    write_deltalake(f"{store.address}/bars", bars_to_arrow(bars))  # the first format had no number
    pd.testing.assert_frame_equal(contents(store), bars)
    assert store.upsert(bars.assign(volume=1.0)).corrected == len(bars)
    table = deltalake.DeltaTable(f"{store.address}/bars")
    table.alter.set_table_properties({"dashboard.format": "3"}, raise_if_not_exists=False)
    files = sorted(Path(store.address).rglob("*"))
    uses = (store.version, store.identity, store.read, lambda: store.upsert(bars))
    for use in uses:
        with pytest.raises(StoreError) as told:
            use()
        assert str(told.value) == (
            f"{store.address}/bars: the price store was written by a newer version of this "
            "program (format 3, this one knows 2); update it"
        )
    assert sorted(Path(store.address).rglob("*")) == files


def test_every_table_made_here_carries_its_format(store: PriceStore) -> None:
    store.upsert(bars_of("NVDA", "2026-06-01", "2026-06-05"))
    store.optimize()
    table = deltalake.DeltaTable(f"{store.address}/bars")
    assert table.metadata().configuration["dashboard.format"] == "2"


@pytest.mark.parametrize(
    ("protocol", "readable"),
    [
        ({"minReaderVersion": 9, "minWriterVersion": 9}, False),
        (
            {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["later"],
             "writerFeatures": ["later"]},
            False,
        ),
        ({"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["later"]}, True),
    ],
)  # fmt: skip
def test_features_that_the_library_lacks_are_those_of_a_newer_version(
    store: PriceStore, protocol: dict[str, object], *, readable: bool
) -> None:
    bars = bars_of("NVDA", "2026-06-01", "2026-06-05")
    store.upsert(bars)
    entry = Path(store.address, "bars", "_delta_log", f"{store.version() + 1:020d}.json")
    entry.write_text(json.dumps({"protocol": protocol}) + "\n")
    newer = pytest.raises(StoreError, match=r"newer version of this program .*; update it")
    if readable:
        assert store.read().num_rows == len(bars)
    else:
        with newer:
            store.read()
    for write in (bars.assign(volume=1.0), bars_of("NVDA", "2026-06-08", "2026-06-08")):
        with newer:
            store.upsert(write)
    with newer:
        store.replace_symbol("NVDA", bars[:2])


def test_an_identity_is_told_without_opening_until_a_log_changes(
    store: PriceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upsert(bars_of("NVDA", "2026-06-01", "2026-06-05"))
    first = store.identity()

    opened = deltalake.DeltaTable

    def fail(address: str, **options: object) -> object:
        if address.endswith("bars"):
            raise DeltaError("it was opened")
        return opened(address, **options)

    with monkeypatch.context() as patched:
        patched.setattr(deltalake, "DeltaTable", fail)
        again = PriceStore(store.address)
        assert again.identity() == first
        assert again.versions()["bars"] == again.version() == 1
    store.upsert(bars_of("NVDA", "2026-06-08", "2026-06-08"))
    assert store.identity() != first
    assert store.version() == 2


PLACES = """
mount -t tmpfs -o size=300k tmpfs "$1"
"$2" -W ignore -c "$3" "$1/full" 60
umount "$1"
mount -t tmpfs tmpfs "$1"
"$2" -W ignore -c "$3" "$1/store" 1
mount -o remount,ro "$1"
"$2" -W ignore -c "$3" "$1/store" 2
"$2" -W ignore -c "$3" "$1/other" 1
"""
STORING = """
import sys
import pandas as pd
from dashboard.errors import StoreError
from dashboard.prices.store import PriceStore
from tests.unit.price_bars import bars_of
bars = bars_of("2330.TW", "2010-01-04", "2026-06-30")
parts = [bars.assign(symbol=f"{2000 + n}.TW") for n in range(int(sys.argv[2]))]
store = PriceStore(sys.argv[1])
try:
    store.upsert(pd.concat(parts))
    print("stored")
except StoreError as error:
    print(error)
"""


def test_a_full_or_read_only_disk_is_not_blamed_on_the_store(tmp_path: Path) -> None:
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*own_mounts, "true"], check=False).returncode:
        pytest.skip("no mounts of one's own here")
    script = ["bash", "-c", PLACES, "-", str(tmp_path), sys.executable, STORING]
    done = subprocess.run([*own_mounts, *script], capture_output=True, text=True, check=False)
    full, stored, again, other = done.stdout.splitlines()
    assert full == (
        f"{tmp_path}/full/bars: the disk is full; free some space and run it again, "
        "what was stored before is sound"
    )
    assert stored == "stored"
    for line in (again, other):
        assert "the folder may not be read or written here" in line
        assert "restore" not in line
    assert "panicked" not in done.stderr


def test_a_message_is_the_first_line_of_the_librarys(
    store: PriceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upsert(bars_of("NVDA", "2026-06-01", "2026-06-05"))

    def fail(*_: object, **__: object) -> None:
        raise DeltaError("it broke\n\nstack backtrace:\n   0: <unknown>\n   1: <unknown>")

    monkeypatch.setattr(deltalake, "DeltaTable", fail)
    with pytest.raises(StoreError, match=r"\(it broke\); mend it with: python -m dashboard repair"):
        store.version()


def test_racing_writers_lose_and_double_nothing(store: PriceStore) -> None:
    """Three write at once, each its own symbol and one that all share."""
    shared = bars_of("^TWII", "2026-06-01", "2026-06-12")
    finished: list[int] = []

    def write(number: int) -> None:
        mine = PriceStore(store.address)
        own = bars_of(f"{2300 + number}.TW", "2026-06-01", "2026-06-12")
        for at in range(0, len(own), 3):
            mine.upsert(pd.concat([own.iloc[at : at + 3], shared.iloc[at : at + 3]]))
        finished.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(finished) == [0, 1, 2]
    expected = [bars_of(f"{2300 + n}.TW", "2026-06-01", "2026-06-12") for n in range(3)]
    pd.testing.assert_frame_equal(contents(store), ordered(pd.concat([*expected, shared])))


WRITER = """
import sys
import pandas as pd
from dashboard.prices.store import PriceStore
from tests.unit.price_bars import bars_of
store = PriceStore(sys.argv[1])
bars = bars_of("2330.TW", "2016-01-04", "2026-06-30")
print("ready", flush=True)
for n in range(1, 100000):
    parts = [bars.assign(symbol=f"{s}.TW", volume=float(n)) for s in range(2330, 2334)]
    store.upsert(pd.concat(parts))
    print(n, flush=True)
"""


def test_a_killed_writer_leaves_a_whole_commit(store: PriceStore) -> None:
    """Each commit sets every bar to one volume: a reader must never see two."""
    for delay in (0.0, 0.05, 0.13, 0.21):
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WRITER, store.address],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
        bars = store.read(fields=["volume", "symbol"])
        assert len(set(bars["volume"].to_pylist())) == 1
        assert store.symbols() == [f"{number}.TW" for number in range(2330, 2334)]
    size = store.read().num_rows
    store.upsert(bars_of("2330.TW", "2026-07-01", "2026-07-03"))
    assert store.read().num_rows == size + 3
