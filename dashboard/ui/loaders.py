"""The only caches: the map, the prices and the snapshot, each keyed by its version.

What they return is shared by all sessions and must not be changed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import pandas as pd
import streamlit as st

from dashboard.markets import market_of
from dashboard.prices.job import current_job
from dashboard.prices.records import KINDS, RecordKind
from dashboard.prices.store import PriceStore
from dashboard.settings import Settings
from dashboard.snapshot import (
    INDICES,
    Prices,
    Snapshot,
    load_prices,
    take_snapshot,
    universe_snapshot,
)
from dashboard.supply_chain.loading import LoadedMap, load_map
from dashboard.supply_chain.models import SupplyChain

T = TypeVar("T")


class StoreVersion(NamedTuple):
    """Version of the bars, -1 where there are none, and a name for all tables as they are."""

    bars: int
    identity: str


def loaded_map(path: Path) -> LoadedMap:
    """The map and its faults; read again when the file changes."""
    try:
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
    except OSError:
        stamp = (0, 0)
    return _loaded_map(path, stamp)


@st.cache_resource(max_entries=2, show_spinner=False)
def _loaded_map(path: Path, stamp: tuple[int, int]) -> LoadedMap:
    return load_map(path)


@st.cache_resource(ttl=2, show_spinner=False)
def store_version(data_dir: str) -> StoreVersion:
    """What the store is now; asked at most every two seconds."""
    store = PriceStore(data_dir)
    return StoreVersion(store.version(), store.identity())


def snapshot(settings: Settings, chain: SupplyChain) -> Snapshot:
    """Every figure of the map's companies as of the last stored session."""
    return _snapshot(*_now(settings), chain.digest, chain)


def _now(settings: Settings) -> tuple[Settings, StoreVersion | None]:
    """What is read, and its version; the simulated prices while the first real ones come in."""
    # The first prices are shown when all are there: some of them make a map of holes.
    if current_job().state().filling:
        settings = dataclasses.replace(settings, demo=True)
    return settings, None if settings.demo else store_version(settings.data_dir)


@st.cache_resource(max_entries=4, show_spinner=False)
def _snapshot(
    settings: Settings, version: StoreVersion | None, digest: str, _chain: SupplyChain
) -> Snapshot:
    prices = _prices(settings, version, digest, _chain)
    # One company's early bar shall not make a day of which nothing else is known.
    return take_snapshot(_chain, prices, prices.settled_session)


@st.cache_resource(max_entries=2, show_spinner=False)
def _prices(
    settings: Settings, version: StoreVersion | None, digest: str, _chain: SupplyChain
) -> Prices:
    return load_prices(settings, _chain.symbols(), _chain)


def snapshot_of(settings: Settings, chain: SupplyChain, universe: str) -> Snapshot:
    """The same of another universe (`listed`, or a layer's id); slow the first time."""
    as_of = snapshot(settings, chain).as_of
    return _snapshot_of(*_now(settings), chain.digest, universe, as_of, chain)


@st.cache_resource(max_entries=4, show_spinner=False)
def _snapshot_of(
    settings: Settings,
    version: StoreVersion | None,
    digest: str,
    universe: str,
    as_of: dt.date,
    _chain: SupplyChain,
) -> Snapshot:
    return universe_snapshot(settings, _chain, universe, as_of)


def earlier(taken: Snapshot, as_of: dt.date) -> Snapshot:
    """A snapshot's symbols as of a session before."""
    # Streamlit would hash the symbols one by one.
    return _earlier((*taken.key, hash(taken.universe)), as_of, taken)


@st.cache_resource(max_entries=4, show_spinner=False)
def _earlier(key: Hashable, as_of: dt.date, _taken: Snapshot) -> Snapshot:
    return take_snapshot(_taken.chain, _taken.prices, as_of, _taken.universe)


def symbol_snapshot(
    settings: Settings, chain: SupplyChain, symbol: str, as_of: dt.date
) -> Snapshot | None:
    """Every figure of one stored symbol, on the map or off it; None where no bar of it is."""
    version = store_version(settings.data_dir)
    return _symbol_snapshot(settings, version, chain.digest, symbol, as_of, chain)


@st.cache_resource(max_entries=16, show_spinner=False)
def _symbol_snapshot(
    settings: Settings,
    version: StoreVersion,
    digest: str,
    symbol: str,
    as_of: dt.date,
    _chain: SupplyChain,
) -> Snapshot | None:
    prices = load_prices(settings, [symbol], _chain)
    panel = prices.panels.get(market_of(symbol))
    if prices.simulated or panel is None or symbol not in panel.positions:
        return None
    # Beside its market's index a symbol that has stopped trading shows as such.
    return take_snapshot(_chain, prices, as_of, dict.fromkeys([symbol, *INDICES]))


def stored_symbols(data_dir: str) -> tuple[str, ...]:
    """Every symbol with a stored bar; none where nothing is stored."""
    version = store_version(data_dir)
    return _stored_symbols(data_dir, version) if version.bars >= 0 else ()


@st.cache_resource(max_entries=2, show_spinner=False)
def _stored_symbols(data_dir: str, version: StoreVersion) -> tuple[str, ...]:
    return tuple(PriceStore(data_dir).symbols())


def widened(
    settings: Settings, chain: SupplyChain, taken: Snapshot, symbols: Iterable[str]
) -> Snapshot:
    """A snapshot that holds some symbols besides the map's; `taken` itself where it does."""
    missing = tuple(sorted(set(symbols) - set(taken.metrics.index)))
    if not missing or taken.prices.simulated:
        return taken
    version = store_version(settings.data_dir)
    return _widened(settings, version, chain.digest, missing, taken.as_of, chain)


@st.cache_resource(max_entries=8, show_spinner=False)
def _widened(
    settings: Settings,
    version: StoreVersion,
    digest: str,
    symbols: tuple[str, ...],
    as_of: dt.date,
    _chain: SupplyChain,
) -> Snapshot:
    together = (*_chain.symbols(), *symbols)
    prices = load_prices(settings, together, _chain)
    return take_snapshot(_chain, prices, as_of, together)


def records(data_dir: str, kinds: Sequence[RecordKind]) -> Mapping[str, pd.DataFrame]:
    """What is stored beside the bars, kind's name → records."""
    version = store_version(data_dir).identity
    return {kind.name: _records(data_dir, kind.name, version) for kind in kinds}


@st.cache_resource(max_entries=32, show_spinner=False)
def _records(data_dir: str, name: str, version: str) -> pd.DataFrame:
    return PriceStore(data_dir).read_records(KINDS[name])


@st.cache_resource(max_entries=256, show_spinner=False)
def _shared(key: Hashable, _build: Callable[[], object]) -> object:
    return _build()


def shared(key: Hashable, build: Callable[[], T]) -> T:
    """Build a figure or table once for all sessions; `key` names all it depends on."""
    return _shared(key, build)  # type: ignore[return-value]


def today() -> dt.datetime:
    """Now, in UTC; the one clock of the pages."""
    return dt.datetime.now(dt.UTC)
