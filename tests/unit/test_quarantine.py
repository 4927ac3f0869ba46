"""Refused rows are kept once, and only a hand lets them into the store."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError, RefreshRunning
from dashboard.i18n import LANGUAGES
from dashboard.prices.bars import BarFlag
from dashboard.prices.lock import refresh_lock
from dashboard.prices.quality import Batch, check, flags_of
from dashboard.prices.quarantine import (
    REPLACED,
    accept,
    beside_stored,
    drop,
    keep_aside,
    records,
    waiting,
    why,
)
from dashboard.prices.refresh import import_files
from dashboard.prices.store import PriceStore, bars_from_arrow

from .price_bars import bars_of

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
DAY = "2026-06-24"


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(str(tmp_path / "store"))


def bars_with(**values: object) -> pd.DataFrame:
    """Five sessions of 2330.TW, one of them with these values."""
    bars = bars_of("2330.TW", "2026-06-22", "2026-06-26")
    for column, value in values.items():
        bars.loc[2, column] = value
    return bars


def refused(store: PriceStore, **values: object) -> str:
    """Store what passes, keep the bad row aside; the name of its record."""
    checked = check(bars_with(**values), now=NOW)
    assert keep_aside(store, checked) == 1
    store.upsert(checked.bars)
    (record,) = checked.quarantined["record"]
    return str(record)


def stored(store: PriceStore, day: str = DAY) -> pd.DataFrame:
    bars = bars_from_arrow(store.read(symbols=["2330.TW"]))
    return bars[bars["session"] == day].reset_index(drop=True)


def state(store: PriceStore, record: str) -> str:
    rows = records(store)
    return str(rows.loc[rows["record"] == record, "state"].item())


def test_a_row_refused_twice_is_kept_once_and_a_dropped_one_stays_dropped(
    store: PriceStore,
) -> None:
    record = refused(store, low=200.0)
    again = check(bars_with(low=200.0).assign(source="later"), now=NOW + dt.timedelta(days=1))
    assert keep_aside(store, again) == 0
    assert waiting(store)["record"].tolist() == [record]
    drop(store, record)
    assert keep_aside(store, again) == 0
    assert waiting(store).empty
    assert state(store, record) == "dropped"
    assert stored(store).empty
    other = check(bars_with(low=201.0), now=NOW)
    assert keep_aside(store, other) == 1


def test_nothing_refused_writes_nothing(store: PriceStore) -> None:
    assert keep_aside(store, check(bars_with(), now=NOW)) == 0
    assert store.versions()["quarantine"] == -1
    assert waiting(store).empty
    assert beside_stored(store, waiting(store)).empty


def test_an_accepted_row_is_stored_as_it_came_but_for_what_cannot_be(store: PriceStore) -> None:
    record = refused(store, low=200.0, volume=-1.0, split=0.0, adjusted_close=np.nan)
    done = accept(store, record, now=NOW)
    assert done.replaced is None
    assert set(done.left_out) == {"open", "high", "low", "volume", "split"}
    (bar,) = stored(store).to_dict("records")
    assert bar["close"] == bar["adjusted_close"] == bars_with()["close"][2]
    assert np.isnan([bar[name] for name in ("open", "high", "low", "volume")]).all()
    assert (bar["dividend"], bar["split"], bar["source"]) == (0.0, 1.0, "test")
    expected = BarFlag.ACCEPTED | BarFlag.CLOSE_ONLY | BarFlag.NO_VOLUME | BarFlag.UNADJUSTED
    assert bar["flags"] == int(expected)
    assert state(store, record) == "accepted"
    assert waiting(store).empty
    assert len(bars_from_arrow(store.read())) == 5


def test_the_bar_that_an_accepted_row_replaces_is_kept_and_can_come_back(
    store: PriceStore,
) -> None:
    good = bars_with()
    store.upsert(good)
    two = pd.concat([good, good.iloc[[2]].assign(close=101.0)])
    checked = check(two, now=NOW)
    assert keep_aside(store, checked) == 2
    rows = beside_stored(store, waiting(store))
    assert rows["stored_close"].tolist() == [good["close"][2]] * 2
    record = rows.loc[rows["close"] == 101.0, "record"].item()
    done = accept(store, record, now=NOW)
    assert stored(store)["close"].tolist() == [101.0]
    # The old bar has the values of the other row of the conflict: it is that record.
    assert done.replaced == rows.loc[rows["close"] != 101.0, "record"].item()
    kept = waiting(store)
    assert kept["reason"].tolist() == [REPLACED]
    accept(store, kept["record"].item(), now=NOW)
    pd.testing.assert_frame_equal(
        stored(store).drop(columns="flags"),
        good.iloc[[2]].reset_index(drop=True).drop(columns="flags"),
    )
    assert waiting(store)["record"].tolist() == [record]


def test_a_bar_that_knows_more_gives_way_to_the_hand_and_is_kept(store: PriceStore) -> None:
    store.upsert(bars_with())
    checked = check(bars_with(close=90.0, low=95.0, high=92.0, volume=np.nan), now=NOW)
    keep_aside(store, checked)
    record = checked.quarantined["record"].item()
    replaced = accept(store, record, now=NOW).replaced
    assert stored(store)["close"].tolist() == [90.0]
    kept = waiting(store)
    assert kept["record"].tolist() == [replaced]
    assert kept["close"].tolist() == [bars_with()["close"][2]]


def test_accepting_twice_changes_nothing_more(store: PriceStore) -> None:
    record = refused(store, low=200.0)
    accept(store, record, now=NOW)
    before = store.version()
    assert accept(store, record, now=NOW).replaced is None
    assert store.version() == before
    assert waiting(store).empty


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"close": np.nan}, "no close above zero"),
        ({"close": -1.0}, "no close above zero"),
        ({"close": np.inf}, "no close above zero"),
        ({"session": pd.Timestamp("2026-06-20")}, "no session"),
        ({"flags": int(BarFlag.SIMULATED)}, "simulated"),
    ],
)
def test_what_can_be_no_bar_is_not_accepted(
    store: PriceStore, values: dict[str, object], words: str
) -> None:
    record = refused(store, **values)
    before = store.identity()
    with pytest.raises(InputError, match=words):
        accept(store, record, now=NOW)
    assert store.identity() == before
    drop(store, record)
    assert waiting(store).empty


def test_a_session_that_has_not_ended_is_accepted_later(store: PriceStore) -> None:
    record = refused(store, low=200.0)
    early = dt.datetime(2026, 6, 24, 5, 34, tzinfo=dt.UTC)
    with pytest.raises(InputError, match="has not ended"):
        accept(store, record, now=early)
    accept(store, record, now=early + dt.timedelta(minutes=1))


def test_a_stored_row_cannot_be_dropped_and_an_unknown_one_is_told(store: PriceStore) -> None:
    record = refused(store, low=200.0)
    accept(store, record, now=NOW)
    with pytest.raises(InputError, match="is stored"):
        drop(store, record)
    for decide in (accept, drop):
        with pytest.raises(InputError, match="no such row"):
            decide(store, "2330.TW/2026-06-24/00000000")


def test_nothing_is_decided_while_a_refresh_runs(store: PriceStore) -> None:
    record = refused(store, low=200.0)
    with refresh_lock(store.address):
        for decide in (accept, drop):
            with pytest.raises(RefreshRunning):
                decide(store, record)
    assert state(store, record) == "waiting"


def test_a_refused_row_of_a_file_is_kept_aside(store: PriceStore, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    bars_with(low=200.0).drop(columns=["fetched_at"]).to_csv(path, index=False)
    for kept in (1, 0):
        report = import_files(store, [path], now=NOW)
        assert (report.refused, report.quarantined) == (1, kept)
    assert waiting(store)["low"].tolist() == [200.0]


def test_every_reason_of_a_record_has_its_words() -> None:
    for reason in (REPLACED, "no_close", "phantom"):
        assert len({why(reason, language) for language in LANGUAGES}) == 2


COLUMNS = ["open", "high", "low", "close", "adjusted_close", "volume", "dividend", "split"]


@settings(deadline=None, max_examples=15)
@given(values=st.dictionaries(st.sampled_from(COLUMNS), st.floats(), min_size=1))
def test_an_accepted_row_is_a_bar_that_passes_the_rules_or_is_not_stored(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, float]
) -> None:
    store = PriceStore(str(tmp_path_factory.mktemp("any")))
    checked = check(bars_with(**values), now=NOW)
    keep_aside(store, checked)
    for record in checked.quarantined["record"]:
        try:
            accept(store, record, now=NOW)
        except InputError:
            assert stored(store).empty
            continue
        bar = stored(store)
        assert bar["close"].item() == values.get("close", bars_with()["close"][2])
        again = check(bar, now=NOW)
        assert not again.refusals or again.refusals[0].reason == "placeholder"
        assert (flags_of(Batch.of(bar, now=NOW)) == bar["flags"]).all()
