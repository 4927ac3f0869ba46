"""Records beside the bars: a table of each kind behaves as a dict by its two keys."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.prices.records import (
    KINDS,
    LISTINGS,
    QUARANTINE,
    REVENUES,
    SHARES_KIND,
    RecordKind,
    empty_records,
    validated_records,
)
from dashboard.prices.store import PriceStore, bars_from_arrow
from dashboard.prices.store_table import StoredTable

from .price_bars import FETCHED, bars_of

NAMES = ("2330.TW", "3081.TWO", "O'Hara", "台積電")
DAYS = tuple(pd.Timestamp(day) for day in ("1962-02-09", "2026-06-01", "2026-06-02"))
FIRST, LATER = FETCHED, FETCHED + pd.Timedelta(days=1)


def values(kind: RecordKind, name: str) -> st.SearchStrategy[object]:
    """Of one column; missing where the kind allows it."""
    match kind.columns[name]:
        case "str":
            known: st.SearchStrategy[object] = st.sampled_from(["a", "'b'", "半導體"])
        case "int64":
            return st.integers(1, 10**12)
        case "float64":
            known = st.integers(1, 10**11).map(lambda cents: cents / 100)
        case "datetime64[s]":
            known = st.sampled_from(DAYS)
        case _:
            return st.sampled_from([FIRST, LATER])
    return known if name in kind.filled else st.one_of(st.none(), known)


@st.composite
def batches(draw: st.DrawFn, kind: RecordKind) -> pd.DataFrame:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(NAMES), st.sampled_from(DAYS)),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    rows = [
        {
            **{name: draw(values(kind, name)) for name in kind.columns},
            **dict(zip(kind.keys, key, strict=True)),
        }
        for key in keys
    ]
    return validated_records(kind, typed(kind, rows))


def typed(kind: RecordKind, rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(kind.columns))
    texts = [name for name, dtype in kind.columns.items() if dtype == "str"]
    frame[texts] = frame[texts].fillna("")
    return frame.astype(kind.columns)


def by_key(kind: RecordKind, frame: pd.DataFrame) -> dict[tuple[str, pd.Timestamp], tuple]:
    """Rows as comparable tuples: a missing value is None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return {
        (row[kind.keys[0]], row[kind.keys[1]]): tuple(row[name] for name in kind.columns)
        for row in plain.to_dict("records")
    }


def told(kind: RecordKind, row: tuple) -> tuple:
    """A row without what is no difference."""
    return tuple(
        value
        for name, value in zip(kind.columns, row, strict=True)
        if name not in ("source", "fetched_at")
    )


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(list(KINDS.values())), data=st.data())
def test_a_table_of_records_is_a_dict_by_its_keys(
    kind: RecordKind, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = PriceStore(str(tmp_path_factory.mktemp("store")))
    model: dict[tuple[str, pd.Timestamp], tuple] = {}
    for _ in range(data.draw(st.integers(1, 4))):
        batch = data.draw(batches(kind))
        before = store.identity(), store.versions()[kind.name]
        if data.draw(st.booleans()):
            given_rows = by_key(kind, batch)
            new = given_rows.keys() - model.keys()
            corrected = {
                key
                for key in given_rows.keys() & model.keys()
                if told(kind, given_rows[key]) != told(kind, model[key])
            }
            outcome = store.upsert_records(kind, batch)
            assert (outcome.new, outcome.corrected) == (len(new), len(corrected))
            assert outcome.unchanged == len(batch) - len(new) - len(corrected)
            model |= {key: given_rows[key] for key in new | corrected}
            changed = bool(new or corrected)
        else:
            gone = by_key(kind, batch).keys() & model.keys()
            assert store.delete_records(kind, batch[list(kind.keys)]) == len(gone)
            for key in gone:
                del model[key]
            changed = bool(gone)
        told_elsewhere = store.read_records(kind)
        if "source" in kind.columns:
            told_elsewhere["source"] = "elsewhere"
        if "fetched_at" in kind.columns:
            told_elsewhere["fetched_at"] = LATER + pd.Timedelta(days=1)
        assert store.upsert_records(kind, told_elsewhere).unchanged == len(model)
        identity, version = before
        assert changed == (identity != store.identity())
        assert changed == (version != store.versions()[kind.name])
        stored = store.read_records(kind)
        assert by_key(kind, stored) == model
        assert stored.dtypes.astype(str).to_dict() == kind.columns
        keys = list(stored[list(kind.keys)].itertuples(index=False, name=None))
        assert keys == sorted(keys)
    some = data.draw(st.lists(st.sampled_from(NAMES), unique=True))
    assert by_key(kind, store.read_records(kind, some)) == {
        key: row for key, row in model.items() if key[0] in some
    }


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_never_stored_is_empty_and_makes_no_folder(kind: RecordKind, tmp_path: Path) -> None:
    store = PriceStore(str(tmp_path / "store"))
    pd.testing.assert_frame_equal(store.read_records(kind), empty_records(kind))
    assert store.upsert_records(kind, empty_records(kind)).new == 0
    keys = pd.DataFrame({kind.keys[0]: ["2330.TW"], kind.keys[1]: [DAYS[1]]})
    assert store.delete_records(kind, keys) == 0
    assert not list(tmp_path.iterdir())


@pytest.fixture
def moved_from(tmp_path: Path) -> PriceStore:
    """A company's past on one board, and its first sessions on the other."""
    store = PriceStore(str(tmp_path / "store"))
    store.upsert(
        pd.concat(
            [
                bars_of("6488.TWO", "2026-06-01", "2026-06-10"),
                bars_of("6488.TW", "2026-06-09", "2026-06-12", close=50.0),
                bars_of("2330.TW", "2026-06-01", "2026-06-12"),
            ]
        )
    )
    blank = dict.fromkeys(QUARANTINE.columns)
    told = {"source": "twse", "fetched_at": FIRST}
    for symbol, day in (("6488.TWO", DAYS[1]), ("6488.TWO", DAYS[2]), ("6488.TW", DAYS[2])):
        shares = {"symbol": symbol, "date": day, "shares": len(symbol), **told}
        store.upsert_records(SHARES_KIND, typed(SHARES_KIND, [shares]))
    refused = blank | told | {
        "record": "6488.TWO 2026-06-01 abc", "session": DAYS[1], "symbol": "6488.TWO",
        "reason": "volume", "state": "waiting", "flags": 0, "close": -5.0,
    }  # fmt: skip
    store.upsert_records(QUARANTINE, typed(QUARANTINE, [refused]))
    listed = told | {
        "symbol": "6488.TWO", "listed_on": DAYS[0], "code": "6488", "name": "環球晶",
        "board": "tpex", "industry": "24", "valid_to": DAYS[1],
    }  # fmt: skip
    store.upsert_records(LISTINGS, typed(LISTINGS, [listed]))
    return store


def test_a_company_that_moved_boards_keeps_its_history(moved_from: PriceStore) -> None:
    store = moved_from
    listings = store.read_records(LISTINGS)
    outcome = store.move_symbol("6488.TWO", "6488.TW")
    assert (outcome.new, outcome.kept) == (6, 2)
    closes = bars_from_arrow(store.read(["6488.TW"])).set_index("session")["close"]
    assert closes.index.strftime("%d").tolist() == [
        "01", "02", "03", "04", "05", "08", "09", "10", "11", "12"
    ]  # fmt: skip
    assert closes.iloc[:6].tolist() == pytest.approx([100 * 1.001**n for n in range(6)])
    assert closes.iloc[6:].tolist() == [50.0] * 4
    assert store.symbols() == ["2330.TW", "6488.TW"]
    shares = store.read_records(SHARES_KIND)
    assert shares["symbol"].tolist() == ["6488.TW"] * 2
    assert shares["shares"].tolist() == [len("6488.TWO"), len("6488.TW")]
    refused = store.read_records(QUARANTINE)
    assert refused["symbol"].tolist() == ["6488.TW"]
    assert refused["close"].tolist() == [-5.0]
    pd.testing.assert_frame_equal(store.read_records(LISTINGS), listings)


def test_moving_again_changes_nothing(moved_from: PriceStore) -> None:
    moved_from.move_symbol("6488.TWO", "6488.TW")
    before = moved_from.identity()
    assert moved_from.move_symbol("6488.TWO", "6488.TW").new == 0
    assert moved_from.move_symbol("6488.TW", "6488.TW").new == 0
    assert moved_from.identity() == before


@pytest.mark.parametrize("commits", range(4))
def test_a_move_that_was_cut_short_is_finished_by_the_next(
    moved_from: PriceStore, commits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, done = StoredTable.change, []

    def cut_short(table: StoredTable, write: Callable[[Any], Any]) -> Any:
        if len(done) == commits:
            raise KeyboardInterrupt
        done.append(table.address)
        return change(table, write)

    whole = PriceStore(f"{moved_from.address}-whole")
    shutil.copytree(moved_from.address, whole.address)
    whole.move_symbol("6488.TWO", "6488.TW")
    with monkeypatch.context() as patched:
        patched.setattr(StoredTable, "change", cut_short)
        if commits < 3:
            with pytest.raises(KeyboardInterrupt):
                moved_from.move_symbol("6488.TWO", "6488.TW")
            assert "6488.TWO" in moved_from.symbols()  # so that the next run knows
        else:
            moved_from.move_symbol("6488.TWO", "6488.TW")
            assert len(done) == 3
    moved_from.move_symbol("6488.TWO", "6488.TW")
    pd.testing.assert_frame_equal(bars_from_arrow(moved_from.read()), bars_from_arrow(whole.read()))
    for kind in (SHARES_KIND, QUARANTINE, LISTINGS):
        pd.testing.assert_frame_equal(moved_from.read_records(kind), whole.read_records(kind))


def test_a_last_digit_of_revenue_is_a_correction(tmp_path: Path) -> None:
    store = PriceStore(str(tmp_path))
    row = {
        "symbol": "2330.TW", "month": DAYS[1], "revenue": 2.6e11, "announced": None,
        "source": "twse", "fetched_at": FIRST,
    }  # fmt: skip
    store.upsert_records(REVENUES, typed(REVENUES, [row]))
    assert store.upsert_records(REVENUES, typed(REVENUES, [row | {"source": "x"}])).unchanged == 1
    later = typed(REVENUES, [row | {"revenue": 2.6e11 + 1000.0}])
    assert store.upsert_records(REVENUES, later).corrected == 1


def test_records_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    store = PriceStore(str(tmp_path))
    good = typed(SHARES_KIND, [dict(zip(SHARES_KIND.columns, ("A", DAYS[0], 5, "x"), strict=True))])
    store.upsert_records(SHARES_KIND, good)
    for wrong in (good.assign(shares=0), good.assign(symbol=""), pd.concat([good, good])):
        with pytest.raises(InputError, match="shares"):
            store.upsert_records(SHARES_KIND, wrong)
    with pytest.raises(InputError, match="date are missing"):
        store.delete_records(SHARES_KIND, good[["symbol"]])
    with pytest.raises(InputError, match="a key is of another type"):
        store.delete_records(SHARES_KIND, good[["symbol"]].assign(date="soon"))
    pd.testing.assert_frame_equal(store.read_records(SHARES_KIND), good)
