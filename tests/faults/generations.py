"""Prices that tell which run wrote them, and what a reader may see of them.

Generation g writes its number into the volume of every bar it stores. An import writes one of
two files in turn, in one commit; a refresh adds one session and corrects the ten before it in one
commit, or every `READJUSTED`-th time, as after a dividend, replaces each symbol whole.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore
from tests.contract.yahoo_series import Series

FILES: Final = {"one.csv": ("AA", "AB", "AC"), "two.csv": ("BA", "BB", "BC")}
FETCHED: Final = ("2330.TW", "2317.TW", "6488.TWO", "3081.TWO")
SINCE: Final = dt.date(2024, 1, 2)
BEGUN: Final = 16
"""Sessions that the first refresh finds."""
OVERLAP: Final = 10
"""Sessions that a refresh asks again."""
READJUSTED: Final = 5
_UNIT: Final = 1_000
TW: Final = sessions("TW", SINCE, dt.date(2025, 12, 31))
US: Final = sessions("US", SINCE, dt.date(2024, 1, 12))


def write_file(folder: Path, generation: int) -> Path:
    """The file of one import."""
    name, symbols = list(FILES.items())[generation % len(FILES)]
    rows = [
        f"{symbol},{day},{10 + k % 3},{14},{9},{11 + k % 2},{_UNIT + generation}"
        for symbol in symbols
        for k, day in enumerate(US.astype(str))
    ]
    text = "\n".join(["symbol,date,open,high,low,close,volume", *rows])
    (folder / name).write_text(text + "\n", "utf-8")
    return folder / name


def moment(generation: int) -> dt.datetime:
    """The evening of the session that this refresh adds."""
    day: dt.date = TW[BEGUN - 1 + generation].item()
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


def series(symbol: str, generation: int) -> Series:
    """What the source tells this generation."""
    count = BEGUN + generation
    close = 100.0 + np.arange(count) % 3
    frame = pd.DataFrame(
        {"open": close, "high": close + 1, "low": close - 1, "close": close,
         "volume": float(_UNIT + generation)},
        index=pd.DatetimeIndex(TW[:count]),
    )  # fmt: skip
    told = Series(symbol, frame)
    for paid in range(READJUSTED, generation + 1, READJUSTED):
        told.dividends[TW[BEGUN - 1 + paid].item()] = 1.0
    return told


def generation_of(rows: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Which run wrote each row."""
    return rows["volume"].to_numpy().astype(np.int64) - _UNIT


def content(store: PriceStore, version: int | None = None) -> pd.DataFrame:
    """All bars but who fetched them when."""
    rows: pd.DataFrame = store.read(version=version).to_pandas()
    return (
        rows.drop(columns=["fetched_at", "source"])
        .sort_values(["symbol", "session"])
        .reset_index(drop=True)
    )


def faults(rows: pd.DataFrame) -> list[str]:
    """What of these bars no commit can have written."""
    found = []
    if rows.duplicated(["symbol", "session"]).any():
        found.append("a bar is there twice")
    if rows[["close", "adjusted_close", "volume", "flags"]].isna().to_numpy().any():
        found.append("a value is missing")
    by_symbol = {str(symbol): one for symbol, one in rows.groupby("symbol", sort=False)}
    for symbols in FILES.values():
        found += _of_file({s: by_symbol[s] for s in symbols if s in by_symbol}, symbols)
    return found + _of_refresh({s: by_symbol[s] for s in FETCHED if s in by_symbol})


def _of_file(held: dict[str, pd.DataFrame], symbols: tuple[str, ...]) -> list[str]:
    if not held:
        return []
    written = {int(g) for rows in held.values() for g in generation_of(rows)}
    if len(written) != 1 or any(len(rows) != len(US) for rows in held.values()):
        return [f"{symbols}: mixed of imports {sorted(written)}"]
    return [] if len(held) == len(symbols) else [f"{symbols}: only {list(held)}"]


def _of_refresh(held: dict[str, pd.DataFrame]) -> list[str]:
    if not held:
        return []
    if len(held) != len(FETCHED):
        return [f"of one batch only {list(held)}"]
    found, newest = [], set()
    for symbol, rows in held.items():
        written = generation_of(rows)
        latest = int(written.max())
        newest.add(latest)
        if len(rows) != BEGUN + latest:
            found.append(f"{symbol}: {len(rows)} bars after run {latest}")
        elif (written[-OVERLAP:] != latest).any() or (np.diff(written) < 0).any():
            found.append(f"{symbol}: mixed of runs {written.tolist()}")
    whole = len(newest) == 1 or (len(newest) == 2 and max(newest) % READJUSTED == 0)
    return found if whole else [*found, f"one batch is of runs {sorted(newest)}"]
