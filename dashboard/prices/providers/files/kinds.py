"""The rows of a file as bars, shares, actions or monthly revenue; told by its columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from dashboard.markets import is_index
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    BAR_DTYPES,
    CLOSE,
    DATE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LARGEST_COUNT,
    LARGEST_PRICE,
    LOW,
    OPEN,
    SESSION,
    SHARES,
    SHARES_COLUMNS,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
    BarFlag,
)
from dashboard.prices.listings import universe
from dashboard.prices.providers.files import cells
from dashboard.prices.providers.files.faults import Faults
from dashboard.prices.providers.files.tables import (
    FACTOR_RATIO,
    OHLC_OK,
    SOURCE_ADJUSTED_CLOSE,
)
from dashboard.prices.records import (
    ACTIONS,
    ANNOUNCED,
    FACTOR,
    MONTH,
    PREVIOUS_CLOSE,
    REDUCTION,
    REFERENCE,
    REFUND,
    REVENUE,
    REVENUES,
    RIGHTS,
    SHARES_KIND,
    STOCK_DIVIDEND,
    SUBSCRIPTION_PRICE,
    RecordKind,
)
from dashboard.prices.shipped_listings import listed_offline

BARS: Final = "bars"
_PRICES: Final = (OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, VOLUME, DIVIDEND, SPLIT)
_AMOUNTS: Final = (DIVIDEND, STOCK_DIVIDEND, RIGHTS, REFUND)
"""Nothing happened where they are 0."""
_RATIOS: Final = (SPLIT, REDUCTION, FACTOR, FACTOR_RATIO, REFERENCE, PREVIOUS_CLOSE)
_TELLING: Final = (*_AMOUNTS, SPLIT, REDUCTION, FACTOR, FACTOR_RATIO, REFERENCE)
"""Columns that make a file one of actions."""
_TRUE: Final = frozenset(("true", "1", "yes", "t"))
_SAME: Final = 1e-6
_LARGEST_REVENUE: Final = 1e15


def kind_of(columns: Collection[str]) -> str | None:
    """What a file with these columns holds: `bars`, or the name of a kind of records.

    The first of: `close` makes it bars, `shares` shares outstanding, `revenue` monthly revenue,
    any amount or ratio of an action actions. None where it is none of them.
    """
    if CLOSE in columns:
        return BARS
    for kind, telling in (
        (SHARES_KIND, (SHARES,)),
        (REVENUES, (REVENUE,)),
        (ACTIONS, _TELLING),
    ):
        if set(telling) & set(columns):
            return kind.name
    return None


def bars_of(frame: pd.DataFrame, file: Path, faults: Faults, now: dt.datetime) -> pd.DataFrame:
    """Columns and dtypes of a bar, values not yet checked; what is missing is flagged."""
    if SOURCE_ADJUSTED_CLOSE in frame:
        frame = frame.assign(**{ADJUSTED_CLOSE: frame[SOURCE_ADJUSTED_CLOSE]})
    bars = pd.DataFrame(index=frame.index)
    bars[SYMBOL] = cells.symbols(frame[SYMBOL], faults)
    bars[SESSION] = cells.days(frame[SESSION], faults)
    for name in _PRICES:
        bars[name] = cells.numbers(frame[name], name, faults) if name in frame else np.nan
    bars[SOURCE] = cells.sources(frame, file)
    bars[FETCHED_AT] = cells.fetched_at(frame, now, faults)
    bars[FLAGS] = cells.stated_flags(frame, faults)
    if OHLC_OK in frame:
        doubtful = ~cells.texts(frame[OHLC_OK]).str.lower().isin(_TRUE)
        bars.loc[doubtful, FLAGS] |= int(BarFlag.OUTSIDE_RANGE)
    if not faults.found:
        _stand_in(bars)
        bars = bars[list(BAR_COLUMNS)].astype(BAR_DTYPES).reset_index(drop=True)
    return bars


def _stand_in(bars: pd.DataFrame) -> None:
    """Fill what the file does not say, and flag it."""
    no_range = bars[[OPEN, HIGH, LOW]].isna().any(axis=1)
    bars.loc[no_range, [OPEN, HIGH, LOW]] = np.nan
    bars.loc[no_range, FLAGS] |= int(BarFlag.CLOSE_ONLY)
    bars.loc[bars[VOLUME].isna(), FLAGS] |= int(BarFlag.NO_VOLUME)
    no_adjustment = bars[ADJUSTED_CLOSE].isna()
    index = bars[SYMBOL].map(is_index).astype(bool)
    bars.loc[no_adjustment & ~index, FLAGS] |= int(BarFlag.UNADJUSTED)
    bars.loc[no_adjustment, ADJUSTED_CLOSE] = bars.loc[no_adjustment, CLOSE]
    bars[DIVIDEND] = bars[DIVIDEND].fillna(0.0)
    # Yahoo's own tables write 0 for "no split".
    bars[SPLIT] = bars[SPLIT].replace(0.0, 1.0).fillna(1.0)


def with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a file of bars that say a number of shares, one a day."""
    return frame[~cells.blank(frame[SHARES])].drop_duplicates([SYMBOL, SESSION, SHARES])


def shares_of(frame: pd.DataFrame, file: Path, faults: Faults) -> pd.DataFrame:
    """Columns of shares outstanding."""
    shares = _keyed(frame, SESSION, faults).rename(columns={SESSION: DATE})
    counts = cells.numbers(frame[SHARES], SHARES, faults)
    out_of_range = ~counts.between(1, LARGEST_COUNT)
    faults.add(
        out_of_range | (counts % 1 != 0),
        frame[SHARES],
        f"no share count (a whole number from 1 to {LARGEST_COUNT:,.0f})",
    )
    again = shares.duplicated([SYMBOL, DATE])
    faults.add(again & shares[DATE].notna(), shares[SYMBOL], "a second number on one date")
    if not faults.found:
        shares[SHARES] = counts.astype("int64")
        shares[SOURCE] = cells.sources(frame, file)
        shares = shares[list(SHARES_COLUMNS)].reset_index(drop=True)
    return shares


def actions_of(frame: pd.DataFrame, file: Path, faults: Faults, now: dt.datetime) -> pd.DataFrame:
    """Columns of `records.ACTIONS`; a factor_ratio is turned into a factor."""
    actions = _keyed(frame, SESSION, faults)
    for name in (*_AMOUNTS, SUBSCRIPTION_PRICE, *_RATIOS):
        told = cells.numbers(frame[name], name, faults) if name in frame else np.nan
        actions[name] = pd.Series(told, index=frame.index, dtype="float64")
        if name not in frame:
            continue
        if name == SPLIT:
            actions[name] = actions[name].replace(0.0, np.nan)
        least = "above 0" if name in _RATIOS else "0 or more"
        wrong = (actions[name] <= 0) if name in _RATIOS else (actions[name] < 0)
        faults.add(
            np.isfinite(actions[name]) & (wrong | (actions[name] > LARGEST_PRICE)),
            frame[name],
            f"{name} is out of range ({least})",
        )
    amounts = actions[[*_AMOUNTS, SPLIT]].replace(0.0, np.nan)
    ratios = actions[[REDUCTION, FACTOR, FACTOR_RATIO, REFERENCE]]
    tells = amounts.notna().any(axis=1) | ratios.notna().any(axis=1)
    faults.add(~tells, frame[SYMBOL], "no amount and no ratio of an action")
    known = actions[[FACTOR, FACTOR_RATIO, REFERENCE]].notna().any(axis=1)
    unpriced = (actions[RIGHTS] > 0) & actions[SUBSCRIPTION_PRICE].isna() & ~known
    faults.add(unpriced, frame[SYMBOL], f"{RIGHTS} without a {SUBSCRIPTION_PRICE}")
    twice = actions[FACTOR].notna() & actions[FACTOR_RATIO].notna()
    faults.add(twice, frame[SYMBOL], f"both {FACTOR} and {FACTOR_RATIO}, keep one")
    again = actions.duplicated([SYMBOL, SESSION]) & actions[SESSION].notna()
    faults.add(again, frame[SYMBOL], "a second action on one day, put both into one row")
    actions[FACTOR] = actions[FACTOR].fillna(1 / actions[FACTOR_RATIO])
    return _records(ACTIONS, actions, frame, file, faults, now)


def revenue_of(frame: pd.DataFrame, file: Path, faults: Faults, now: dt.datetime) -> pd.DataFrame:
    """Columns of `records.REVENUES`, of equal rows of one month the one that tells most.

    Different revenues of one month stay: it is for the import to refuse them.
    """
    revenue = _keyed(frame, MONTH, faults)
    revenue[REVENUE] = cells.numbers(frame[REVENUE], REVENUE, faults)
    wrong = ~revenue[REVENUE].between(-_LARGEST_REVENUE, _LARGEST_REVENUE)
    faults.add(wrong, frame[REVENUE], "no revenue in TWD")
    revenue[ANNOUNCED] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s]")
    if ANNOUNCED in frame:
        revenue[ANNOUNCED] = cells.days_or_none(frame[ANNOUNCED], faults)
        early = revenue[ANNOUNCED] < revenue[MONTH] + pd.offsets.MonthBegin(1)
        faults.add(early, frame[ANNOUNCED], "announced before the month was over")
    told = _records(REVENUES, revenue, frame, file, faults, now)
    if faults.found:
        return told
    # pandas sorts missing days last: of equal rows the one with a day of announcement stays.
    told = told.sort_values([SYMBOL, MONTH, ANNOUNCED], kind="stable", ignore_index=True)
    first = told.groupby([SYMBOL, MONTH])[REVENUE].transform("first")
    spare = told.duplicated([SYMBOL, MONTH]) & np.isclose(told[REVENUE], first, rtol=_SAME, atol=0)
    return told[~spare].reset_index(drop=True)


@cache
def _listed() -> dict[str, str]:
    """Symbol of every listed company by its code."""
    return {symbol.partition(".")[0]: symbol for symbol in universe(listed_offline())}


def _keyed(frame: pd.DataFrame, day: str, faults: Faults) -> pd.DataFrame:
    """What is told of a company, whose code says enough; a price needs its board."""
    keyed = pd.DataFrame(index=frame.index)
    keyed[SYMBOL] = cells.symbols(frame[SYMBOL], faults, _listed)
    parse = cells.months if day == MONTH else cells.days
    keyed[day] = parse(frame[day], faults)
    return keyed


def _records(
    kind: RecordKind,
    records: pd.DataFrame,
    frame: pd.DataFrame,
    file: Path,
    faults: Faults,
    now: dt.datetime,
) -> pd.DataFrame:
    records[SOURCE] = cells.sources(frame, file)
    records[FETCHED_AT] = cells.fetched_at(frame, now, faults)
    if faults.found:
        return records
    typed: pd.DataFrame = records[list(kind.columns)].astype(kind.columns)
    return typed.reset_index(drop=True)
