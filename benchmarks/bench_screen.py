"""Measure screens over a whole market: `python -m benchmarks.bench_screen`.

Bars are made up: 2,000 symbols, five years. Seconds depend on the machine; the ratios, taken
within a round, are what is to be compared. Warm is a screen whose snapshot and table are there,
as on the page; the first crossing reckons up to 60 sessions, the later ones read them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

import pandas as pd

from benchmarks.bench_metrics import machine, ratio, synthetic_bars, timed
from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.prices.records import LISTINGS, REVENUES, empty_records
from dashboard.screening.checking import planned
from dashboard.screening.fields import fields_of
from dashboard.screening.language import parse
from dashboard.screening.run import screen
from dashboard.screening.table import screen_table
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import Prices, Snapshot, take_snapshot
from dashboard.supply_chain.loading import load_map

ONE = "return_1m > 5%"
MANY = "return_1m > 5% and rsi_14 < 70 and above(sma_20) and rank(return_3m, by=industry) <= 5"
CROSSED = "crossed_above(sma_20, sma_60, within=60)"
LONG = " or ".join(f"rsi_14 < {number}" for number in range(120))


def snapshot_of(panel: Panel) -> Snapshot:
    """The figures of all symbols, without shares, revenue or stored lists."""
    shares = pd.DataFrame({"symbol": [], "date": pd.to_datetime([]), "shares": []})
    prices = Prices(
        version="benchmark",
        simulated=False,
        panels={panel.market: panel},
        shares=shares,
        listed_since={},
        revenue=empty_records(REVENUES),
        insurers=frozenset(),
        stored_listings=empty_records(LISTINGS),
        sources=(),
        symbol_sources={},
        fetched_at=None,
    )
    chain = load_map(PROJECT_ROOT / "tickers.yaml").chain
    return take_snapshot(chain, prices, universe=panel.symbols)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=1250)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(f"{machine()} before")
    snapshot = snapshot_of(
        panel_from_table(synthetic_bars(options.symbols, options.sessions), "TW")
    )
    table, fields = screen_table(snapshot), fields_of(snapshot.chain)
    start = time.perf_counter()
    parse(ONE)
    print(f"first parse: {time.perf_counter() - start:.3f} s (the grammar is built once)")
    start = time.perf_counter()
    found = screen(snapshot, CROSSED, table=table)
    print(
        f"first crossing within 60: {time.perf_counter() - start:.3f} s, {len(found.symbols)} rows"
    )
    seconds = timed(
        {
            "snapshot": lambda: take_snapshot(
                snapshot.chain, snapshot.prices, universe=snapshot.universe
            ),
            "table": lambda: screen_table(snapshot),
            "parse": lambda: parse(MANY),
            "check": lambda: planned(parse(MANY), fields),
            "one": lambda: screen(snapshot, ONE, table=table),
            "many": lambda: screen(snapshot, MANY, table=table),
            "long": lambda: screen(snapshot, LONG, table=table),
            "crossed": lambda: screen(snapshot, CROSSED, table=table),
            "cold": lambda: screen(replace(snapshot), CROSSED, table=table),
            "pandas": lambda: table[
                (table["return_1m"] > 0.05)
                & (table["rsi_14"] < 70)
                & (table["close"] > table["sma_20"])
                & (table.groupby("industry")["return_3m"].rank(ascending=False, method="min") <= 5)
            ],
        },
        options.rounds,
    )
    print(f"{machine()} after")
    for name, values in seconds.items():
        print(
            f"{name:>8}: median {statistics.median(values) * 1000:9.2f} ms, "
            f"least {min(values) * 1000:9.2f} ms"
        )
    for label, slow, fast in (
        ("four conditions / the same in pandas", "many", "pandas"),
        ("parse and check / the whole screen", "check", "many"),
        ("a crossing of 60 sessions / one condition", "crossed", "one"),
        ("the same for the first time / all metrics once", "cold", "snapshot"),
        ("all metrics once / the whole screen", "snapshot", "many"),
    ):
        print(f"{label + ':':<50}{ratio(seconds, slow, fast)}")


if __name__ == "__main__":
    main()
