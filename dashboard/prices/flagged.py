"""What is to be known about the stored bars: flags by session, and how many sessions there are.

Flags are those that are stored and those that are told when bars are read (`adjustment`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dashboard.markets import market_of
from dashboard.prices.adjustment import adjustment, bar_rows
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    DIVIDEND,
    FLAGS,
    SESSION,
    SOURCE,
    SPLIT,
    SYMBOL,
    BarFlag,
    empty_bars,
)
from dashboard.prices.quality import Batch, Severity, rules
from dashboard.prices.records import ACTIONS, LIMITS, PREVIOUS_CLOSE
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore

FIRST: Final = "first_session"
LAST: Final = "last_session"
BARS: Final = "bars"
FLAG_ROW_COLUMNS: Final = (SYMBOL, SESSION, FLAGS, CLOSE, PREVIOUS_CLOSE, SOURCE)
FLAG_RUN_COLUMNS: Final = (SYMBOL, FLAGS, FIRST, LAST, BARS, CLOSE, PREVIOUS_CLOSE, SOURCE)
RULE: Final = "rule"
REPORT_RUN_COLUMNS: Final = (SYMBOL, RULE, FIRST, LAST, BARS, CLOSE, PREVIOUS_CLOSE, SOURCE)
_READ: Final = (SYMBOL, SESSION, CLOSE, ADJUSTED_CLOSE, DIVIDEND, SPLIT, FLAGS, SOURCE)


def flag_rows(
    store: PriceStore,
    symbols: Iterable[str] | None = None,
    *,
    listed_since: Mapping[str, dt.date] | None = None,
) -> pd.DataFrame:
    """Bars with any flag, one row each.

    Parameters
    ----------
    symbols : all that are stored if None
    listed_since : symbol → first day on an exchange, as `adjustment.adjustment` takes it

    Returns
    -------
    DataFrame, `FLAG_ROW_COLUMNS`
        Sorted by symbol and session; `flags` is a `BarFlag` value, both closes are as traded,
        the previous one NaN for a symbol's first bar.
    """
    bars = _flagged_bars(store, symbols, listed_since)
    rows = bars.loc[bars[FLAGS] != 0, list(FLAG_ROW_COLUMNS)]
    return rows.reset_index(drop=True)


def flag_runs(
    store: PriceStore,
    symbols: Iterable[str] | None = None,
    *,
    listed_since: Mapping[str, dt.date] | None = None,
) -> pd.DataFrame:
    """Each flag by itself, consecutive bars of one symbol that carry it in one row.

    Returns
    -------
    DataFrame, `FLAG_RUN_COLUMNS`
        Sorted by symbol and first session; `flags` is one flag, the closes and the source are
        those of the first bar.
    """
    bars = _flagged_bars(store, symbols, listed_since)
    flags = bars[FLAGS].to_numpy()
    parts = [_runs(bars, (flags & int(flag)) != 0).assign(**{FLAGS: int(flag)}) for flag in BarFlag]
    runs = pd.concat(parts, ignore_index=True)[list(FLAG_RUN_COLUMNS)]
    return runs.sort_values([SYMBOL, FIRST, FLAGS], ignore_index=True)


def _runs(bars: pd.DataFrame, on: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """The first bar of each run, with the run's first and last session and its length."""
    new_symbol = (bars[SYMBOL] != bars[SYMBOL].shift()).to_numpy()
    starts = np.flatnonzero(on & (new_symbol | ~np.append(False, on[:-1])))
    ends = np.flatnonzero(on & np.append(new_symbol[1:] | ~on[1:], True)[: len(on)])
    runs = bars.iloc[starts].rename(columns={SESSION: FIRST})
    runs[LAST] = bars[SESSION].to_numpy()[ends]
    runs[BARS] = ends - starts + 1
    return runs


def report_runs(
    store: PriceStore,
    symbols: Iterable[str] | None = None,
    *,
    now: dt.datetime,
    listed_since: Mapping[str, dt.date] | None = None,
) -> pd.DataFrame:
    """What the rules that only report have to say of the stored bars.

    Parameters
    ----------
    symbols : all that are stored if None; of fewer than ten nothing is known of the market's day
    now : with time zone

    Returns
    -------
    DataFrame, `REPORT_RUN_COLUMNS`
        As `flag_runs`, with the rule's key.
    """
    table = store.read(symbols=None if symbols is None else list(symbols))
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    batch = Batch.of(frame, now=now, listed_since=listed_since)
    bars = batch.bars.assign(**{PREVIOUS_CLOSE: batch.previous(CLOSE)})
    parts = [
        _runs(bars, rule.test(batch)).assign(**{RULE: rule.key}) for rule in rules(Severity.REPORT)
    ]
    found = pd.concat(parts, ignore_index=True)[list(REPORT_RUN_COLUMNS)]
    return found.sort_values([SYMBOL, FIRST, RULE], ignore_index=True)


def symbol_flags(
    store: PriceStore,
    symbols: Iterable[str] | None = None,
    *,
    listed_since: Mapping[str, dt.date] | None = None,
) -> pd.Series:
    """All flags of each stored symbol's bars, or-ed; symbol → `BarFlag` value."""
    bars = _flagged_bars(store, symbols, listed_since)
    pairs = bars[[SYMBOL, FLAGS]].drop_duplicates()
    return pairs.groupby(SYMBOL)[FLAGS].agg(lambda own: int(np.bitwise_or.reduce(own.to_numpy())))


def coverage_months(
    store: PriceStore,
    symbols: Iterable[str] | None = None,
    version: int | None = None,
    until: dt.date | None = None,
) -> pd.DataFrame:
    """How much of each month is stored of each symbol.

    Parameters
    ----------
    symbols : rows and their order; all that are stored, sorted, if None
    version : of the bars; the latest if None
    until : sessions up to this day count as missing too; to each symbol's last bar if None

    Returns
    -------
    DataFrame, symbols × months (text such as 2026-06), [0, 1]
        Part of the market's sessions that have a bar, counted from the symbol's first bar to
        its last; NaN before and after, and where none is stored.
    """
    names = None if symbols is None else list(dict.fromkeys(symbols))
    table = store.read(symbols=names, fields=[SYMBOL, SESSION], version=version)
    if not table.num_rows:
        return pd.DataFrame(index=pd.Index(names or [], dtype="str", name=SYMBOL))
    codes, stored = _by_symbol(table)
    days = table[SESSION].to_numpy().astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    start = months.min()
    end = np.datetime64(until or dt.date.min, "M")
    labels = np.arange(start, max(months.max(), end) + 1)
    place = codes * np.int64(len(labels)) + (months - start).astype(np.int64)
    counts = np.bincount(place, minlength=len(stored) * len(labels)).reshape(len(stored), -1)
    first = np.full(len(stored), days.max())
    last = np.full(len(stored), days.min())
    np.minimum.at(first, codes, days)
    np.maximum.at(last, codes, days)
    if until is not None:
        last = np.maximum(last, np.datetime64(until, "D"))
    expected = _expected(stored, first, last, labels)
    share = np.divide(counts, expected, out=np.full(counts.shape, np.nan), where=expected > 0)
    index = pd.Index(stored, dtype="str", name=SYMBOL)
    frame = pd.DataFrame(share, index=index, columns=np.datetime_as_string(labels))
    return frame if names is None else frame.reindex(names)


def _expected(
    symbols: Sequence[str],
    first: npt.NDArray[np.datetime64],
    last: npt.NDArray[np.datetime64],
    months: npt.NDArray[np.datetime64],
) -> npt.NDArray[np.int64]:
    """Sessions of each symbol's market in each month, from its first bar to its last."""
    expected = np.zeros((len(symbols), len(months)), dtype=np.int64)
    starts = np.append(months, months[-1] + 1).astype("datetime64[D]")
    markets = np.array([market_of(symbol) for symbol in symbols], dtype="str")
    for market in np.unique(markets):
        own = np.flatnonzero(markets == market)
        known = sessions(str(market), first[own].min().item(), last[own].max().item())
        bounds = np.searchsorted(known, starts)
        since = np.searchsorted(known, first[own])[:, np.newaxis]
        until = np.searchsorted(known, last[own], "right")[:, np.newaxis]
        within = np.minimum(bounds[1:], until) - np.maximum(bounds[:-1], since)
        expected[own] = np.maximum(within, 0)
    return expected


def _flagged_bars(
    store: PriceStore, symbols: Iterable[str] | None, listed_since: Mapping[str, dt.date] | None
) -> pd.DataFrame:
    """Stored bars sorted, with the flags that are told when read, and the close before."""
    names = None if symbols is None else list(symbols)
    table = store.read(symbols=names, fields=list(_READ))
    if not table.num_rows:
        return _no_bars()
    codes, stored = _by_symbol(table)
    days = table[SESSION].to_numpy().astype("datetime64[D]")
    order = np.lexsort((days, codes))
    codes = codes[order]
    bars: pd.DataFrame = table.take(pa.array(order)).to_pandas(date_as_object=False)
    first = np.diff(codes, prepend=-1) != 0
    bars[PREVIOUS_CLOSE] = bars[CLOSE].shift().where(~first)
    actions = store.read_records(ACTIONS, keys=names)
    limits = store.read_records(LIMITS, keys=names)
    markets = np.array([market_of(symbol) for symbol in stored], dtype="str")[codes]
    flags = bars[FLAGS].to_numpy(np.int32, copy=True)
    for market in np.unique(markets):
        own = markets == market
        rows = bar_rows(bars[own], str(market))
        told = adjustment(rows, actions=actions, limits=limits, listed_since=listed_since)
        flags[own] = told.flags
    return bars.assign(**{FLAGS: flags}).astype({SYMBOL: "str", SOURCE: "str"})


def _no_bars() -> pd.DataFrame:
    none = empty_bars()[list(_READ)]
    return none.assign(**{PREVIOUS_CLOSE: pd.Series(dtype="float64")})


def _by_symbol(table: pa.Table) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Number of each row's symbol in the sorted symbols, and these."""
    encoded = table[SYMBOL].combine_chunks().dictionary_encode()
    names = np.array(encoded.dictionary.to_pylist(), dtype="str")
    order = np.argsort(names)
    rank = np.empty(len(names), dtype=np.intp)
    rank[order] = np.arange(len(names))
    return rank[encoded.indices.to_numpy()], names[order].tolist()
