"""The states of the data that a page must stand: each builds a store and a map in a folder."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from dashboard.prices.bars import FLAGS, SESSION, SOURCE, SYMBOL, BarFlag
from dashboard.prices.records import SHARES_KIND
from dashboard.prices.refresh import import_files
from dashboard.prices.simulated import read_simulated_bars, read_simulated_shares
from dashboard.prices.store import PriceStore, bars_from_arrow
from dashboard.settings import PROJECT_ROOT

MAP = PROJECT_ROOT / "tickers.yaml"
COOLING = ("3653.TW", "8996.TW", "6831.TW")
PARTIAL = ("2330.TW", "3653.TW", "NVDA")
OFF_MAP = {"1101.TW": "2330.TW", "1216.TW": "3653.TW"}
"""Symbol that no document names → whose bars it is given."""
STALE = {"3653.TW": 3, "8996.TW": 30}
"""Symbol → sessions by which its last bar is older than the others'."""
REAL_FILES = ("tw_core_daily.parquet", "us_daily.parquet", "taiex_daily.parquet")
REAL_SYMBOLS = (
    *COOLING, "2330.TW", "2317.TW", "2382.TW", "3661.TW", "3711.TW", "2327.TW", "^TWII",
    "NVDA", "AMD", "TSLA",
)  # fmt: skip
REAL_FROM = dt.date(2024, 1, 2)


@dataclass(frozen=True)
class State:
    """Where a dashboard in this state reads; `simulated` is what it shows."""

    name: str
    data_dir: Path
    map_path: Path = MAP
    simulated: bool = False
    damaged: bool = False

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DASHBOARD_DATA_DIR": str(self.data_dir),
            "DASHBOARD_MAP": str(self.map_path),
            "DASHBOARD_DEMO": "0",
        }


def made_bars(symbols: Sequence[str] | None = None) -> pd.DataFrame:
    """The shipped bars, no longer marked as simulated."""
    table = read_simulated_bars()
    if symbols is not None:
        table = table.filter(pc.is_in(table[SYMBOL], value_set=pc.cast(list(symbols), "string")))
    bars = bars_from_arrow(table)
    bars[FLAGS] = (bars[FLAGS] & ~int(BarFlag.SIMULATED)).astype("int32")
    return bars.assign(**{SOURCE: "made:here"})


def simulated(folder: Path) -> State:
    return State("simulated", folder / "none", simulated=True)


def partial(folder: Path) -> State:
    bars = made_bars()
    PriceStore(str(folder)).upsert(bars[bars[SYMBOL].isin(PARTIAL)])
    return State("partial", folder)


def market(folder: Path) -> State:
    """Some of the map's companies, and two that no document names, with the bars of two of them."""
    bars = made_bars(REAL_SYMBOLS)
    others = [bars[bars[SYMBOL] == own].assign(**{SYMBOL: new}) for new, own in OFF_MAP.items()]
    PriceStore(str(folder)).upsert(pd.concat([bars, *others], ignore_index=True))
    return State("market", folder)


def stale(folder: Path) -> State:
    """All symbols, two of them cut short by `STALE` sessions; shares known."""
    bars = made_bars()
    keep = pd.Series(True, index=bars.index)
    for symbol, sessions in STALE.items():
        own = bars[bars[SYMBOL] == symbol].sort_values(SESSION)
        keep[own.index[-sessions:]] = False
    store = PriceStore(str(folder))
    store.upsert(bars[keep])
    store.upsert_records(SHARES_KIND, read_simulated_shares().assign(source="made:here"))
    return State("stale", folder)


def damaged(folder: Path) -> State:
    """The data files of the bars hold something else."""
    partial(folder)
    for file in (folder / "bars").rglob("*.parquet"):
        file.write_bytes(b"no parquet")
    return State("damaged", folder, damaged=True)


def faulty(folder: Path) -> State:
    """No store, and a map of which nothing can be read."""
    path = folder / "tickers.yaml"
    path.write_text("documents:\n\t- id: x\n", "utf-8")
    return State("faulty", folder / "none", path, simulated=True)


def half_faulty(folder: Path) -> State:
    """The shipped map, in which one membership names an unknown layer."""
    path = folder / "tickers.yaml"
    shutil.copy(MAP, path)
    text = path.read_text("utf-8").replace("layer: cooling\n", "layer: coolnig\n", 1)
    path.write_text(text, "utf-8")
    return State("half_faulty", folder / "none", path, simulated=True)


def real(folder: Path, data: Path) -> State:
    """A few symbols cut from the real prices, imported as a user would."""
    cut = folder / "cut"
    cut.mkdir()
    for name in REAL_FILES:
        rows = pd.read_parquet(data / "prices" / name)
        kept = rows["symbol"].isin(REAL_SYMBOLS) & (
            pd.to_datetime(rows["date"]) >= pd.Timestamp(REAL_FROM)
        )
        rows[kept].to_parquet(cut / name)
    store = folder / "store"
    report = import_files(PriceStore(str(store)), [cut])
    assert not report.incomplete, report.summary()
    return State("real", store)


MADE: dict[str, Callable[[Path], State]] = {
    one.__name__: one for one in (simulated, partial, market, stale, damaged, faulty, half_faulty)
}
