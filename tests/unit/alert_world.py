"""Prices, a market and a person for the tests of alerts."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from dashboard.accounts.store import Accounts
from dashboard.alerts.rules import NewRule
from dashboard.alerts.scopes import Market
from dashboard.prices.records import LISTINGS, REVENUES, empty_records
from dashboard.settings import PROJECT_ROOT, Settings
from dashboard.snapshot import TODAY, Prices, Snapshot, take_snapshot
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from tests.unit.map_input import SOUND
from tests.unit.panels import panel_of

CHAIN: SupplyChain = load_map(PROJECT_ROOT / "tickers.yaml").chain
START = "2024-03-04"
"""A Monday; sessions of these tests are its weekdays on."""
NAN = float("nan")


def prices_of(closes: Mapping[str, Sequence[float]], market: str = "TW", **panel: Any) -> Prices:
    """Prices of a store that holds these traded closes; see `panel_of`."""
    made = panel_of(closes, market=market, start=START, **panel)
    return Prices(
        version="store:test:1",
        simulated=False,
        panels={market: made},
        shares=pd.DataFrame({"symbol": [], "date": pd.to_datetime([]), "shares": []}),
        listed_since={},
        revenue=empty_records(REVENUES),
        insurers=frozenset(),
        stored_listings=empty_records(LISTINGS),
        sources=("test",),
        symbol_sources={},
        fetched_at=None,
    )


def until(prices: Prices, session: dt.date) -> Prices:
    """The prices as the store had them on that day."""
    panels = {name: panel.as_of(session) for name, panel in prices.panels.items()}
    return replace(prices, panels=panels)


def both(first: Prices, second: Prices) -> Prices:
    """Prices of two markets."""
    return replace(first, panels={**first.panels, **second.panels})


def days(prices: Prices, market: str = "TW") -> list[dt.date]:
    return prices.panels[market].sessions.tolist()


def market_of(prices: Prices, chain: SupplyChain = CHAIN) -> Market:
    """The market of a run, without a store."""
    market = Market(Settings(data_dir="nowhere", database="sqlite:///nowhere"), chain)
    market.__dict__["prices"] = market.__dict__["all_prices"] = prices
    return market


def snapshots(prices: Prices, chain: SupplyChain = CHAIN) -> tuple[Snapshot, Snapshot]:
    """The last session's and the one's before."""
    before, now = days(prices)[-2:]
    return (
        take_snapshot(chain, prices, now, members=TODAY),
        take_snapshot(chain, prices, before, members=TODAY),
    )


def rule_on(kind: str, **parameters: float | str) -> NewRule:
    return NewRule(kind, "map", "", "", parameters)


def made_at(file: Path, moment: dt.datetime) -> None:
    """As if all alerts of the database had been made then, before anything was stored."""
    with closing(sqlite3.connect(file)) as database, database:
        told = moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        database.execute("UPDATE alerts SET created_at = ?", (told,))
        database.execute("DELETE FROM alert_states")


@lru_cache(maxsize=1)
def _empty_database() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "accounts.sqlite3"
        Accounts.open(f"sqlite:///{file}").close()
        return file.read_bytes()


def opened(file: Path) -> Accounts:
    """A new database without anybody; its tables are made once for all tests."""
    file.write_bytes(_empty_database())
    return Accounts.open(f"sqlite:///{file}")


def small_map(folder: Path) -> Path:
    """A map of two companies, 2330.TW and one without prices: quick to read."""
    path = folder / "tickers.yaml"
    path.write_text("".join(SOUND.values()), "utf-8")
    return path
