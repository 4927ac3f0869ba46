"""Adjustment of the real prices: jumps by a plain loop in decimals, returns against the withheld.

The expected jumps are found over the raw rows of the file, one by one, by the exchanges' rule as
it is written, with nothing of the product in it but the calendar's list of sessions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.prices.adjustment import adjusted_bars
from dashboard.prices.bars import BarFlag
from dashboard.prices.records import ACTIONS, LISTINGS
from dashboard.prices.refresh import import_files
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore, bars_from_arrow
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import listed_since
from dashboard.supply_chain.loading import load_map

pytestmark = pytest.mark.real_data

Jump = tuple[str, str]
EVENTS = "prices/tw_adjustment_events.parquet"
UNEXPLAINED = {
    ("1802.TW", "2022-06-28"),
    ("3167.TW", "2019-06-14"),
    ("3167.TW", "2022-08-02"),
    ("4526.TW", "2024-07-16"),
    ("5274.TWO", "2026-06-26"),
    ("6840.TWO", "2024-07-22"),
}
"""Ex-dates (June to August all) that no event of the file tells."""
BY_SPLITS = {("2327.TW", "2025-08-25"), ("3481.TW", "2024-08-26"), ("1519.TW", "2024-07-26")}
LISTED = {"2646.TW": "2024-10-25", "6831.TW": "2025-11-25", "6840.TWO": "2023-03-24"}
"""Listings within the file's years, from the exchanges' lists."""
TICKS = (
    (10, "0.01"), (50, "0.05"), (100, "0.1"), (500, "0.5"), (1000, "1"), (10**9, "5"),
)  # fmt: skip


def _tick(price: Decimal) -> Decimal:
    return next(Decimal(tick) for below, tick in TICKS if price < below)


def _limits(reference: Decimal) -> tuple[Decimal, Decimal]:
    up, down = reference * Decimal("1.1"), reference * Decimal("0.9")
    highest = (up / _tick(up)).to_integral_value(ROUND_FLOOR) * _tick(up)
    lowest = (down / _tick(down)).to_integral_value(ROUND_CEILING) * _tick(down)
    return lowest, highest


def _jumps(rows: pd.DataFrame, factors: dict[Jump, Decimal]) -> Iterator[Jump]:
    """Closes beyond the limits of (close before × factors since)."""
    place = {
        day: number
        for number, day in enumerate(sessions("TW", dt.date(2018, 1, 1), dt.date(2026, 7, 1)))
    }
    events = {symbol: [] for symbol, _ in factors}
    for (symbol, day), factor in factors.items():
        events[symbol].append((day, factor))
    for symbol, own in rows.groupby("symbol"):
        listed = place[np.datetime64(LISTED.get(str(symbol), "2019-01-02"))]
        before = None
        for row in own.sort_values("date").itertuples():
            at = place[np.datetime64(row.date, "D")]
            close, day = Decimal(str(row.close)), f"{row.date:%Y-%m-%d}"
            if (
                before is not None
                and at - before[0] <= 10
                and at >= listed + 5 * (str(symbol) in LISTED)
            ):
                reference = before[1]
                for when, factor in events.get(str(symbol), ()):
                    if before[2] < when <= day:
                        reference *= factor
                reference = reference.quantize(Decimal("0.01"), ROUND_HALF_UP)
                lowest, highest = _limits(reference)
                if not lowest <= close <= highest:
                    yield str(symbol), day
            before = at, close, day


@pytest.fixture(scope="module")
def rows(real_data: Path) -> pd.DataFrame:
    return pd.read_parquet(real_data / "prices/tw_core_daily.parquet")


@pytest.fixture(scope="module")
def factors(real_data: Path) -> dict[Jump, Decimal]:
    told = pd.read_parquet(real_data / EVENTS)
    return {
        (one.symbol, f"{one.date:%Y-%m-%d}"): 1 / Decimal(repr(one.factor_ratio))
        for one in told.itertuples()
    }


def _stored(folder: Path, *files: Path) -> PriceStore:
    store = PriceStore(str(folder))
    import_files(store, files)
    return store


@pytest.fixture(scope="module")
def with_adjusted(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> PriceStore:
    """The file as it is, with its own adjusted closes."""
    return _stored(tmp_path_factory.mktemp("adjusted"), real_data / "prices/tw_core_daily.parquet")


@pytest.fixture(scope="module")
def withheld(
    real_data: Path, rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> PriceStore:
    """The traded prices alone."""
    folder = tmp_path_factory.mktemp("withheld")
    rows.drop(columns="adj_close").to_parquet(folder / "raw.parquet")
    return _stored(folder / "store", folder / "raw.parquet")


@pytest.fixture(scope="module")
def explained(
    real_data: Path, rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> PriceStore:
    """The traded prices, and the actions imported after them."""
    folder = tmp_path_factory.mktemp("explained")
    rows.drop(columns="adj_close").to_parquet(folder / "raw.parquet")
    store = _stored(folder / "store", folder / "raw.parquet")
    report = import_files(store, [real_data / EVENTS])
    assert report.records["actions"].new == 2445
    assert not report.incomplete
    return store


def _adjusted(store: PriceStore) -> pd.DataFrame:
    chain = load_map(PROJECT_ROOT / "tickers.yaml").chain
    return adjusted_bars(
        bars_from_arrow(store.read()),
        actions=store.read_records(ACTIONS),
        listed_since=listed_since(chain, store.read_records(LISTINGS)),
    )


def _flagged(store: PriceStore) -> set[Jump]:
    found = _adjusted(store)
    some = found[(found["flags"] & int(BarFlag.JUMP)) != 0]
    return {(one.symbol, f"{one.session:%Y-%m-%d}") for one in some.itertuples()}


def test_without_actions_every_move_beyond_the_limit_is_a_jump(
    with_adjusted: PriceStore, rows: pd.DataFrame
) -> None:
    expected = set(_jumps(rows, {}))
    assert expected >= UNEXPLAINED | BY_SPLITS
    assert len(expected) == 32
    assert _flagged(with_adjusted) == expected


def test_what_is_no_jump_is_never_flagged(with_adjusted: PriceStore) -> None:
    flagged = _flagged(with_adjusted)
    emerging = {jump for jump in flagged if jump[0] in ("6831.TW", "2646.TW")}
    holes = {("2023-03-01", "3167 4526 4576 1802"), ("2024-03-27", "8227 8996 1815")}
    after_holes = {
        jump for jump in flagged for day, codes in holes
        if jump[1] == day and jump[0].split(".")[0] in codes.split()
    }  # fmt: skip
    assert not emerging
    assert not after_holes


def test_an_adjusted_close_makes_no_difference_to_the_jumps(
    with_adjusted: PriceStore, withheld: PriceStore
) -> None:
    assert _flagged(withheld) == _flagged(with_adjusted)


def test_with_the_actions_no_jump_is_left_that_one_of_them_explains(
    explained: PriceStore, rows: pd.DataFrame, factors: dict[Jump, Decimal]
) -> None:
    left = set(_jumps(rows, factors))
    assert left == UNEXPLAINED
    assert _flagged(explained) == left
    assert not left & set(factors)


def test_adjusted_returns_are_those_of_the_withheld_adjusted_close(
    explained: PriceStore, rows: pd.DataFrame
) -> None:
    ours = _adjusted(explained)
    known = rows.rename(columns={"date": "session", "adj_close": "told"})
    both = ours.merge(
        known[["symbol", "session", "told"]].astype({"session": "datetime64[s]"}),
        on=["symbol", "session"],
    ).dropna(subset="told")
    assert both["adjusted_close"].isna().sum() == 0
    by_symbol = both.groupby("symbol")
    own, told = (both[name] / by_symbol[name].shift() - 1 for name in ("adjusted_close", "told"))
    compared = told.notna()
    agree = (own - told).abs()[compared] <= 5e-4
    # The issue asks for 99.5 %; with these events no return is apart.
    assert len(agree) == 59789
    assert agree.all(), both[compared][~agree].head(20).to_string()


def test_actions_may_come_before_the_bars(
    explained: PriceStore, real_data: Path, tmp_path: Path, rows: pd.DataFrame
) -> None:
    rows.drop(columns="adj_close").to_parquet(tmp_path / "raw.parquet")
    first = _stored(tmp_path / "store", real_data / EVENTS)
    import_files(first, [tmp_path / "raw.parquet"])
    columns = ["symbol", "session", "adjusted_close", "reference", "flags"]
    pd.testing.assert_frame_equal(_adjusted(first)[columns], _adjusted(explained)[columns])
