"""Measure panel and metrics side by side: `python -m benchmarks.bench_metrics`.

Seconds depend on the machine; the ratios are what is to be compared. All contestants run in
turn within each round, each round begins with another one, a ratio is taken within its round,
and the median over the rounds counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import talib

from dashboard.analytics.metrics import METRICS, metric_table
from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.analytics.weights import WINDOW
from dashboard.prices.bars import BarFlag
from dashboard.prices.store import PriceStore

TALIB_KEYS = (
    "sma_5", "sma_10", "sma_20", "sma_60", "sma_120", "sma_240", "rsi_14", "macd",
    "macd_signal", "macd_histogram", "kd_k", "kd_d", "atr_14", "bollinger_b_20",
)  # fmt: skip
READ = ("open", "high", "low", "close", "unadjusted_close", "volume")
PIVOTED = ("open", "high", "low", "close", "adjusted_close", "volume")
SIX = ("open", "high", "low", "close", "unadjusted_close", "volume")


def synthetic_bars(symbols: int, sessions: int, seed: int = 1) -> pa.Table:
    """Rows of a market: every tenth symbol listed late, every fifth with single gaps, every
    tenth halted for two weeks at some time."""
    noise = np.random.default_rng(seed)
    days = pd.bdate_range("2016-01-04", periods=sessions).to_numpy().astype("datetime64[us]")
    moves = noise.normal(0.0003, 0.02, (symbols, sessions))
    close = 100 * np.exp(np.cumsum(moves, axis=1))
    opening = close * np.exp(noise.normal(0, 0.006, close.shape))
    high = np.maximum(opening, close) * np.exp(np.abs(noise.normal(0, 0.006, close.shape)))
    low = np.minimum(opening, close) * np.exp(-np.abs(noise.normal(0, 0.006, close.shape)))
    volume = np.round(np.exp(noise.normal(14, 1, close.shape)))
    traded = np.ones(close.shape, bool)
    for row in range(symbols):
        if row % 10 == 3:
            traded[row, : noise.integers(1, sessions - 5)] = False
        if row % 5 == 1:
            traded[row, noise.integers(0, sessions - 1, sessions // 250)] = False
        if row % 10 == 7:
            start = noise.integers(0, sessions - 20)
            traded[row, start : start + 10] = False
    row, column = np.nonzero(traded)
    names = np.array([f"{1000 + number}.TW" for number in range(symbols)])
    return pa.table(
        {
            "symbol": names[row],
            "session": days[column],
            "open": opening[row, column],
            "high": high[row, column],
            "low": low[row, column],
            "close": close[row, column],
            "adjusted_close": close[row, column] * 0.97,
            "volume": volume[row, column],
            "dividend": np.zeros(len(row)),
            "split": np.ones(len(row)),
            "flags": np.zeros(len(row), np.int32),
        }
    )


def read_once(panel: Panel) -> float:
    """Touch every number of the six arrays that the metrics hang on once."""
    return float(sum(np.add.reduce(getattr(panel, name), axis=None) for name in READ))


def touch_window(panel: Panel) -> float:
    """Touch once what the metrics of TA-Lib hang on: no way of computing them is faster."""
    window = (panel.close[:, -WINDOW:], panel.high[:, -WINDOW:], panel.low[:, -WINDOW:])
    return float(sum(np.add.reduce(values, axis=None) for values in window))


def talib_per_symbol(panel: Panel) -> pd.DataFrame:
    """The last value of each of `TALIB_KEYS`, symbol by symbol on its own bars."""
    rows = []
    for row in range(len(panel.symbols)):
        own = ~np.isnan(panel.close[row])
        close, high, low = (a[row][own] for a in (panel.close, panel.high, panel.low))
        upper, _, lower = talib.BBANDS(close, 20, 2, 2)
        macd, signal, histogram = talib.MACD(close)
        k, d = talib.STOCH(high, low, close, 9, 5, 1, 5, 1)
        rows.append(
            [talib.SMA(close, n)[-1] for n in (5, 10, 20, 60, 120, 240)]
            + [talib.RSI(close)[-1], macd[-1], signal[-1], histogram[-1], k[-1], d[-1]]
            + [talib.ATR(high, low, close)[-1]]
            + [(close[-1] - lower[-1]) / (upper[-1] - lower[-1])]
        )
    return pd.DataFrame(rows, columns=list(TALIB_KEYS), index=list(panel.symbols))


def talib_on_series(panel: Panel) -> pd.DataFrame:
    """The same from pandas: each symbol's Series without its holes, as most programs call it."""
    close, high, low = (panel.frame(name) for name in ("close", "high", "low"))
    rows = {}
    for symbol in panel.symbols:
        c, h, lo = close[symbol].dropna(), high[symbol].dropna(), low[symbol].dropna()
        upper, _, lower = talib.BBANDS(c, 20, 2, 2)
        macd, signal, histogram = talib.MACD(c)
        k, d = talib.STOCH(h, lo, c, 9, 5, 1, 5, 1)
        lines = [talib.SMA(c, n) for n in (5, 10, 20, 60, 120, 240)]
        lines += [talib.RSI(c), macd, signal, histogram, k, d, talib.ATR(h, lo, c)]
        lines += [(c - lower) / (upper - lower)]
        rows[symbol] = [line.iloc[-1] for line in lines]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(TALIB_KEYS))


def pivots(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """What the scatter replaces: one pivot a field."""
    return [frame.pivot(index="session", columns="symbol", values=name) for name in PIVOTED]


def stored(frame: pd.DataFrame, folder: str) -> PriceStore:
    """A store that holds the bars, written symbol group by symbol group and compacted."""
    store = PriceStore(folder)
    names = frame["symbol"].unique()
    for part in np.array_split(names, max(len(names) // 250, 1)):
        bars = frame[frame["symbol"].isin(part)].assign(
            dividend=0.0, split=1.0, source="benchmark", fetched_at=pd.Timestamp(0, tz="UTC")
        )
        store.upsert(bars)
    store.optimize()
    return store


Seconds = dict[str, list[float]]


def timed(contestants: dict[str, Callable[[], object]], rounds: int) -> Seconds:
    """Seconds of each in each round, all run in turn within a round."""
    names = list(contestants)
    seconds: Seconds = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            start = time.perf_counter()
            contestants[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(seconds: Seconds, slow: str, fast: str) -> str:
    """Median of the rounds' own ratios, and their quartiles."""
    ratios = [a / b for a, b in zip(seconds[slow], seconds[fast], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return f"{middle:6.1f} × ({low:.1f} to {high:.1f})"


def machine() -> str:
    """Cores and load, so that a noisy run is seen as one."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"{os.cpu_count()} cores, load {load}"


def difference(panel: Panel) -> float:
    """Largest relative difference from TA-Lib, of symbols whose history has forgotten its seed.

    TA-Lib knows nothing of jumps, which begin a history anew here.
    """
    whole = np.isfinite(panel.close[:, -2 * WINDOW :]).sum(axis=1) > WINDOW
    whole &= ~(panel.flags & BarFlag.JUMP).any(axis=1)
    ours = metric_table(panel, keys=TALIB_KEYS).to_numpy(float)[whole]
    theirs = talib_per_symbol(panel).to_numpy(float)[whole]
    off = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1)
    return float(np.nanmax(off))


def measured(options: argparse.Namespace, table: pa.Table, panel: Panel) -> Seconds:
    """Every contestant; those that only load run in fewer rounds of their own."""
    benchmark = panel.symbols[0]
    frame = table.to_pandas()
    seconds = timed(
        {
            "read": lambda: read_once(panel),
            "all": lambda: metric_table(panel, benchmark=benchmark),
            "touch": lambda: touch_window(panel),
            "some": lambda: metric_table(panel, keys=TALIB_KEYS),
            "talib": lambda: talib_per_symbol(panel),
            "series": lambda: talib_on_series(panel),
        },
        options.rounds,
    )
    loading: dict[str, Callable[[], object]] = {
        "scatter": lambda: panel_from_table(table, "TW"),
        "pivot": lambda: pivots(frame),
    }
    if not options.store:
        return seconds | timed(loading, 3)
    with tempfile.TemporaryDirectory() as folder:
        store = stored(frame, folder)
        loading["store"] = lambda: store.read(fields=table.column_names)
        loading["loaded"] = lambda: panel_from_table(store.read(fields=table.column_names), "TW")
        return seconds | timed(loading, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=2500)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--store", action="store_true", help="measure loading from a store too")
    options = parser.parse_args()
    print(f"{machine()} before")
    table = synthetic_bars(options.symbols, options.sessions)
    panel = panel_from_table(table, "TW")
    print(f"{table.num_rows:,} bars, {options.symbols} symbols × {options.sessions} sessions")
    start = time.perf_counter()
    metric_table(panel, benchmark=panel.symbols[0])
    print(f"first call: {time.perf_counter() - start:.3f} s (weights are built once)")
    print(f"largest relative difference from TA-Lib: {difference(panel):.0e}")
    seconds = measured(options, table, panel)
    print(f"{machine()} after")
    for name, values in seconds.items():
        print(
            f"{name:>8}: median {statistics.median(values) * 1000:9.1f} ms, "
            f"least {min(values) * 1000:9.1f} ms"
        )
    rows = [
        (f"all {len(METRICS)} metrics / reading the six arrays once", "all", "read"),
        ("TA-Lib on arrays / the same metrics here", "talib", "some"),
        ("TA-Lib on pandas Series / the same metrics here", "series", "some"),
        ("TA-Lib on arrays / touching their inputs once", "talib", "touch"),
        ("pivot per field / panel from table", "pivot", "scatter"),
    ]
    if options.store:
        rows.append(("pivot per field / read from the store + panel", "pivot", "loaded"))
    for label, slow, fast in rows:
        print(f"{label + ':':<50}{ratio(seconds, slow, fast)}")


if __name__ == "__main__":
    main()
