"""The store as it was: versions that a link names, and those that are gone or another's."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from dashboard.errors import InputError, StoreError
from dashboard.prices.records import ACTIONS, SHARES_KIND, empty_records
from dashboard.prices.store import BARS, PriceStore, bars_from_arrow
from dashboard.provenance import DataPin, TablePin
from dashboard.settings import KEEP_VARIABLE, Settings, keep_days

from .price_bars import FETCHED, bars_of

NAMES = (BARS, ACTIONS.name, SHARES_KIND.name)


def action(dividend: float) -> pd.DataFrame:
    """One cash dividend."""
    row = {"symbol": "2330.TW", "session": pd.Timestamp("2026-06-11"), "dividend": dividend}
    frame = pd.DataFrame([{**row, "source": "made", "fetched_at": FETCHED}])
    return frame.reindex(columns=list(ACTIONS.columns)).astype(ACTIONS.columns)


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    made = PriceStore(str(tmp_path / "store"))
    made.upsert(bars_of("2330.TW", "2026-06-01", "2026-06-12"))
    made.upsert_records(ACTIONS, action(1.0))
    return made


def test_a_version_is_read_with_its_records_after_a_change(store: PriceStore) -> None:
    then, pins = bars_from_arrow(store.read()), store.pins(NAMES)
    store.upsert(bars_of("2330.TW", "2026-06-01", "2026-06-19", close=7.0))
    store.upsert_records(ACTIONS, action(2.0))
    store.optimize()
    store.check(pins)
    assert set(pins.tables) == {BARS, ACTIONS.name}  # of shares nothing was ever stored
    pd.testing.assert_frame_equal(bars_from_arrow(store.read(version=pins.versions[BARS])), then)
    old = store.read_records(ACTIONS, version=pins.versions[ACTIONS.name])
    assert old["dividend"].tolist() == [1.0]
    assert store.read_records(ACTIONS)["dividend"].tolist() == [2.0]
    pd.testing.assert_frame_equal(
        store.read_records(ACTIONS, version=-1), empty_records(ACTIONS), check_index_type=False
    )
    assert store.pins(NAMES) != pins


def test_a_version_that_was_tidied_away_says_how_to_keep_more(store: PriceStore) -> None:
    version = store.version()
    store.upsert(bars_of("2330.TW", "2026-06-15", "2026-06-19"))
    store.optimize()
    for file in Path(store.address, BARS).glob("*.parquet"):
        if file.name not in {Path(uri).name for uri in _live(store)}:
            file.unlink()
    with pytest.raises(StoreError, match=rf"{version} is no longer kept.*{KEEP_VARIABLE}") as told:
        store.read(version=version)
    assert "repair" not in str(told.value)
    assert bars_from_arrow(store.read())["session"].max() == pd.Timestamp("2026-06-18")


def _live(store: PriceStore) -> list[str]:
    from deltalake import DeltaTable

    return DeltaTable(f"{store.address}/{BARS}").file_uris()


def test_a_file_that_the_last_version_lacks_is_damage(store: PriceStore) -> None:
    for file in Path(store.address, BARS).glob("*.parquet"):
        file.unlink()
    for version in (None, store.version()):
        with pytest.raises(StoreError, match="repair"):
            store.read(version=version)


def test_another_store_of_the_same_version_is_not_taken_for_it(
    store: PriceStore, tmp_path: Path
) -> None:
    pins = store.pins(NAMES)
    shutil.copytree(store.address, tmp_path / "copy")
    PriceStore(str(tmp_path / "copy")).check(pins)
    shutil.rmtree(store.address)
    with pytest.raises(StoreError, match="another store"):
        store.check(pins)  # an empty folder
    store.upsert(bars_of("2330.TW", "2026-06-01", "2026-06-12"))
    store.upsert_records(ACTIONS, action(1.0))
    assert store.pins(NAMES).versions == pins.versions
    with pytest.raises(StoreError, match=r"another store.*--data-dir"):
        store.check(pins)


def test_a_restored_store_that_counted_on_is_not_taken_for_it(
    store: PriceStore, tmp_path: Path
) -> None:
    """The same table's id and number, another commit."""
    shutil.copytree(store.address, tmp_path / "copy")
    store.upsert(bars_of("2330.TW", "2026-06-15", "2026-06-19"))
    pins = store.pins(NAMES)
    other = PriceStore(str(tmp_path / "copy"))
    time.sleep(0.002)
    other.upsert(bars_of("2330.TW", "2026-06-15", "2026-06-18"))
    assert other.pins(NAMES).versions == pins.versions
    with pytest.raises(StoreError, match="another store"):
        other.check(pins)


@pytest.mark.parametrize("version", [2, 999, 10**9 - 1])
def test_a_version_that_was_never_written(store: PriceStore, version: int) -> None:
    with pytest.raises(StoreError, match=f"{version} does not exist; the latest is 1"):
        store.check(DataPin({BARS: TablePin(version, "0" * 12)}))
    with pytest.raises(StoreError, match="no table elephants"):
        store.check(DataPin({"elephants": TablePin(1, "0" * 12)}))


def test_days_that_are_none_are_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert keep_days() == 90
    monkeypatch.setenv(KEEP_VARIABLE, "3650")
    assert keep_days() == 3650
    for wrong in ("6", "soon", "-1", "9" * 5000, "²"):
        monkeypatch.setenv(KEEP_VARIABLE, wrong)
        with pytest.raises(InputError, match=KEEP_VARIABLE):
            Settings()


def test_the_number_of_days_reaches_the_tidying(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from dashboard.prices.refresh import run as refreshing

    from .price_bars import Source

    asked: list[int] = []
    monkeypatch.setattr(PriceStore, "vacuum", lambda self, hours: asked.append(hours))
    monkeypatch.setattr(refreshing, "TIDY_FILES", 0)
    monkeypatch.setenv(KEEP_VARIABLE, "400")
    bars = bars_of("2330.TW", "2026-06-01", "2026-06-12")
    refreshing.refresh(
        PriceStore(str(tmp_path)),
        Source({"2330.TW": bars}),
        ["2330.TW"],
        now=dt.datetime(2026, 6, 13, tzinfo=dt.UTC),
    )
    assert asked == [400 * 24]
