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
    KNOWN,
    LISTED,
    Prices,
    Snapshot,
    before,
    like,
    load_prices,
    settled_snapshot,
    take_snapshot,
    universe_symbols,
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
    return settled_snapshot(_chain, _prices(settings, version, digest, _chain))


@st.cache_resource(max_entries=2, show_spinner=False)
def _prices(
    settings: Settings, version: StoreVersion | None, digest: str, _chain: SupplyChain
) -> Prices:
    return load_prices(settings, _chain.symbols(), _chain)


def snapshot_as_of(latest: Snapshot, as_of: dt.date, members: str = KNOWN) -> Snapshot:
    """The map's figures as of a session before, by the map known then or with hindsight."""
    return _snapshot_as_of(latest.key, as_of, members, latest)


@st.cache_resource(max_entries=24, show_spinner=False)
def _snapshot_as_of(key: Hashable, as_of: dt.date, members: str, _latest: Snapshot) -> Snapshot:
    return take_snapshot(_latest.whole_chain, _latest.prices, as_of, members=members)


def snapshot_of(settings: Settings, taken: Snapshot, universe: str) -> Snapshot:
    """The same of another universe (`listed`, or a layer's id); slow the first time."""
    return _snapshot_of(*_now(settings), taken.key, universe, taken)


@st.cache_resource(max_entries=4, show_spinner=False)
def _snapshot_of(
    settings: Settings,
    version: StoreVersion | None,
    key: Hashable,
    universe: str,
    _taken: Snapshot,
) -> Snapshot:
    prices = _taken.prices
    if universe == LISTED:
        prices = _all_prices(settings, version, _taken.whole_chain.digest, _taken.whole_chain)
    return like(_taken, prices, universe_symbols(_taken.chain, prices, universe))


@st.cache_resource(max_entries=1, show_spinner=False)
def _all_prices(
    settings: Settings, version: StoreVersion | None, digest: str, _chain: SupplyChain
) -> Prices:
    return load_prices(settings, None, _chain)


def earlier(taken: Snapshot, as_of: dt.date, universe: str) -> Snapshot:
    """A universe as of a session before, by what was known then."""
    return _earlier(_key_of(taken), as_of, universe, taken)


@st.cache_resource(max_entries=4, show_spinner=False)
def _earlier(key: Hashable, as_of: dt.date, universe: str, _taken: Snapshot) -> Snapshot:
    return before(_taken, as_of, universe)


def same_map(taken: Snapshot, as_of: dt.date) -> Snapshot:
    """A snapshot's symbols as of another session, by the same map."""
    return _same_map(_key_of(taken), as_of, taken)


@st.cache_resource(max_entries=4, show_spinner=False)
def _same_map(key: Hashable, as_of: dt.date, _taken: Snapshot) -> Snapshot:
    return like(_taken, as_of=as_of)


def _key_of(taken: Snapshot) -> Hashable:
    # Streamlit would hash the symbols one by one.
    return (*taken.key, hash(taken.universe))


def symbol_snapshot(settings: Settings, taken: Snapshot, symbol: str) -> Snapshot | None:
    """Every figure of one stored symbol, on the map or off it; None where no bar of it is."""
    version = store_version(settings.data_dir)
    return _symbol_snapshot(settings, version, taken.key, symbol, taken)


@st.cache_resource(max_entries=16, show_spinner=False)
def _symbol_snapshot(
    settings: Settings, version: StoreVersion, key: Hashable, symbol: str, _taken: Snapshot
) -> Snapshot | None:
    prices = load_prices(settings, [symbol], _taken.whole_chain)
    panel = prices.panels.get(market_of(symbol))
    if prices.simulated or panel is None or symbol not in panel.positions:
        return None
    # Beside its market's index a symbol that has stopped trading shows as such.
    return like(_taken, prices, [symbol, *INDICES])


def stored_symbols(data_dir: str) -> tuple[str, ...]:
    """Every symbol with a stored bar; none where nothing is stored."""
    version = store_version(data_dir)
    return _stored_symbols(data_dir, version) if version.bars >= 0 else ()


@st.cache_resource(max_entries=2, show_spinner=False)
def _stored_symbols(data_dir: str, version: StoreVersion) -> tuple[str, ...]:
    return tuple(PriceStore(data_dir).symbols())


def widened(settings: Settings, taken: Snapshot, symbols: Iterable[str]) -> Snapshot:
    """A snapshot that holds some symbols besides the map's; `taken` itself where it does."""
    missing = tuple(sorted(set(symbols) - set(taken.metrics.index)))
    if taken.prices.simulated:
        missing = tuple(one for one in missing if one in taken.prices.symbol_sources)
    if not missing:
        return taken
    return _widened(settings, store_version(settings.data_dir), taken.key, missing, taken)


@st.cache_resource(max_entries=8, show_spinner=False)
def _widened(
    settings: Settings,
    version: StoreVersion,
    key: Hashable,
    symbols: tuple[str, ...],
    _taken: Snapshot,
) -> Snapshot:
    whole, prices = _taken.whole_chain, _taken.prices
    if not prices.symbol_sources.keys() >= set(symbols):
        prices = load_prices(settings, (*whole.symbols(), *symbols), whole)
    return like(_taken, prices, (*_taken.chain.symbols(), *symbols))


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
