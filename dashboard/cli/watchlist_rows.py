"""What the commands of watchlists read and compute."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import pandas as pd

from dashboard.accounts.models import Follows, NewEntry, Watchlist
from dashboard.analytics.metrics import METRICS
from dashboard.cli.rows import marked, sound_map, tell
from dashboard.errors import InputError
from dashboard.markets import is_index
from dashboard.prices.bars import SYMBOL
from dashboard.prices.records import ACTIONS, LISTINGS, NOTICES, empty_records
from dashboard.prices.store import PriceStore
from dashboard.screening.run import check
from dashboard.settings import Settings
from dashboard.snapshot import (
    Snapshot,
    last_listings,
    load_prices,
    session_for,
    take_snapshot,
    universe_snapshot,
)
from dashboard.supply_chain.models import SupplyChain
from dashboard.watchlists.directory import (
    Directory,
    directory_of,
    found_symbols,
    unknown_sentence,
)
from dashboard.watchlists.following import (
    LAYER,
    SCREEN,
    ShownEntries,
    followed_symbols,
    layer_symbols,
    shown_entries,
)
from dashboard.watchlists.formats import ListForm, Parsed, parse, tags_of, write
from dashboard.watchlists.rows import OWN_COLUMNS, watch_rows, with_prices

__all__ = [
    "Given", "follows", "new_entries", "parsed", "rows_of", "shown_rows",
    "unknown_sentence", "written",
]  # fmt: skip

_NAMES: Final = ("name_zh", "name_en")
_USUAL: Final = (
    SYMBOL, *_NAMES, "section", "last_close", "return_1d", "return_since_added", "since_reason",
    "to_target", "to_stop", "hit", "flags", "next_ex_date", "note",
)  # fmt: skip
_ALL: Final = "all"
_NO_DAY: Final = dt.date.min
"""Stands for the last session until the prices are read."""


@dataclass(frozen=True)
class Given:
    """What every row that is added gets."""

    section: str
    note: str
    tags: tuple[str, ...]
    day: dt.date | None
    price: float | None
    target: float | None
    stop: float | None


def shown_rows(
    settings: Settings, watchlist: Watchlist, day: dt.date | None, wanted: Sequence[str] | None
) -> pd.DataFrame:
    """A list's rows with the chosen columns; as of when and from where on stderr.

    Raises
    ------
    InputError
        If there is no such column, the list follows what is gone, or nothing is stored on or
        before `day`.
    """
    columns = _columns(watchlist.columns if wanted is None else wanted)
    chain = sound_map(settings)
    shown, snapshot = _shown(settings, chain, watchlist, day)
    rows = watch_rows(snapshot, shown, records=_records(settings, snapshot), today=_today())
    if shown.entries:
        tell(snapshot, day)
    names = [snapshot.name_of(one) for one in shown.symbols]
    rows = rows.assign(name_zh=[one.zh for one in names], name_en=[one.en for one in names])
    return marked(snapshot, rows[columns])


def _columns(wanted: Sequence[str]) -> list[str]:
    every = (*OWN_COLUMNS[:1], *_NAMES, *OWN_COLUMNS[1:], *METRICS)
    if list(wanted) == [_ALL]:
        return list(every)
    for one in wanted:
        if one not in every:
            near = ", ".join(get_close_matches(one, every)) or ", ".join(OWN_COLUMNS)
            raise InputError(f"column {one!r} is unknown; did you mean {near}?")
    chosen = [one for one in wanted if one != SYMBOL]
    return [SYMBOL, *dict.fromkeys(chosen)] if chosen else list(_USUAL)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _records(settings: Settings, snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    if snapshot.prices.simulated:
        return {}
    store = PriceStore(settings.data_dir)
    return {kind.name: store.read_records(kind) for kind in (ACTIONS, NOTICES)}


def _shown(
    settings: Settings, chain: SupplyChain, watchlist: Watchlist, day: dt.date | None
) -> tuple[ShownEntries, Snapshot]:
    """The rows that a list shows, and a snapshot of their symbols."""
    told = watchlist.follows
    followed = None
    if told is not None and told.kind == LAYER:
        followed = layer_symbols(chain, told.value)
    elif told is not None:
        followed = followed_symbols(universe_snapshot(settings, chain, told.universe, day), told)
    own = [one.symbol for one in watchlist.entries]
    snapshot = _snapshot(settings, chain, [*own, *(followed or ())], day)
    if told is not None and told.kind == LAYER:
        followed = layer_symbols(snapshot.chain, told.value)
    shown = shown_entries(watchlist, followed, snapshot.as_of)
    return shown, dataclasses.replace(snapshot, universe=shown.symbols)


def _snapshot(
    settings: Settings, chain: SupplyChain, symbols: Collection[str], day: dt.date | None = None
) -> Snapshot:
    prices = load_prices(settings, {*chain.symbols(), *symbols}, chain)
    return take_snapshot(chain, prices, session_for(prices, day), [*chain.symbols(), *symbols])


def follows(
    settings: Settings, layer: str | None, expression: str | None, universe: str
) -> Follows:
    """What a new list shall follow.

    Raises
    ------
    InputError
        If there is no such layer or universe, or the expression makes no sense.
    """
    chain = sound_map(settings)
    if layer is not None:
        layer_symbols(chain, layer)
        return Follows(LAYER, layer)
    assert expression is not None, "one of them is given"
    check(expression, chain)
    if universe not in ("map", "listed"):
        layer_symbols(chain, universe)
    return Follows(SCREEN, expression, universe)


def _directory(settings: Settings, chain: SupplyChain) -> Directory:
    """All shares that are known, without reading their prices."""
    store = PriceStore(settings.data_dir)
    listings, stored = empty_records(LISTINGS), list[str]()
    if not settings.demo and store.version() >= 0:
        listings, stored = store.read_records(LISTINGS), store.symbols()
    shares = (one for one in stored if not is_index(one))
    return directory_of(chain, last_listings(listings), shares)


def found_shares(settings: Settings, chain: SupplyChain, texts: Sequence[str]) -> tuple[str, ...]:
    """The symbols that texts mean, as everywhere on the command line.

    Raises
    ------
    InputError
        If a text means no share, or two.
    """
    return found_symbols(_directory(settings, chain), texts)


def new_entries(
    settings: Settings, texts: Sequence[str], layers: Sequence[str], given: Given
) -> tuple[NewEntry, ...]:
    """Rows for symbols and layers' members, at the traded close of their day.

    Raises
    ------
    InputError
        If a symbol or layer is not known.
    """
    chain = sound_map(settings)
    found = found_shares(settings, chain, texts)
    members = [symbol for layer in layers for symbol in layer_symbols(chain, layer)]
    symbols = tuple(dict.fromkeys([*found, *members]))
    snapshot = _snapshot(settings, chain, symbols)
    rows = [
        NewEntry(
            one,
            given.section,
            given.note,
            tags_of(";".join(given.tags)),
            added_on=given.day or snapshot.as_of,
            added_price=given.price,
            target=given.target,
            stop=given.stop,
        )
        for one in symbols
    ]
    return with_prices(snapshot, rows)


def rows_of(
    settings: Settings, watchlist: Watchlist, texts: Sequence[str]
) -> tuple[list[int], list[str]]:
    """Ids of the list's rows that are meant, and the texts that mean none of them."""
    ids = {one.symbol: one.id for one in watchlist.entries}
    going, unknown = [], []
    directory: Directory | None = None
    for text in texts:
        symbol: str | None = text
        if text not in ids:
            if directory is None:
                directory = _directory(settings, sound_map(settings))
            symbol = directory.find(text)
        if symbol in ids:
            going.append(ids[symbol])
        else:
            unknown.append(text)
    return going, unknown


def parsed(settings: Settings, data: bytes, form: str | None) -> Parsed:
    """What a file holds, its rows at the traded close of their day; errors as `formats.parse`."""
    chain = sound_map(settings)
    found = parse(data, _directory(settings, chain), _NO_DAY, ListForm(form) if form else None)
    snapshot = _snapshot(settings, chain, [one.symbol for one in found.entries])
    dated = [
        dataclasses.replace(one, added_on=snapshot.as_of) if one.added_on == _NO_DAY else one
        for one in found.entries
    ]
    return dataclasses.replace(found, entries=with_prices(snapshot, dated))


def written(settings: Settings, watchlist: Watchlist, form: str) -> str:
    """The list as a file; one that follows something with the rows it has now."""
    chain = sound_map(settings)
    rows = watchlist.entries
    if watchlist.follows is not None:
        shown, snapshot = _shown(settings, chain, watchlist, None)
        tell(snapshot, None)
        rows = shown.entries
    directory = _directory(settings, chain)
    return write(dataclasses.replace(watchlist, entries=rows), ListForm(form), directory.boards)
