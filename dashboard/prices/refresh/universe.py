"""Which symbols a refresh keeps current, and what became of those that moved boards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

import pandas as pd

from dashboard.prices.listings import moved, universe
from dashboard.prices.outcomes import Move
from dashboard.prices.records import LISTINGS
from dashboard.prices.shipped_listings import listed_offline
from dashboard.prices.store import PriceStore


class Universe(StrEnum):
    """Whose prices a refresh fetches; the indices always belong to it."""

    MAP = "map"
    LISTED = "listed"
    """All common stocks of both Taiwan boards."""


def listings_of(store: PriceStore) -> pd.DataFrame:
    """The exchanges' own lists as stored, else the list that ships with the program."""
    stored = store.read_records(LISTINGS)
    return stored if len(stored) else listed_offline()


def stored_listings(store: PriceStore) -> pd.DataFrame:
    """The stored lists; where there are none, the one that ships with the program, now stored.

    Without them no reader could tell rows of the emerging board from jumps.
    """
    if store.read_records(LISTINGS).empty:
        store.upsert_records(LISTINGS, listed_offline())
    return store.read_records(LISTINGS)


def beyond_the_map(store: PriceStore, chosen: Universe, known: Collection[str]) -> tuple[str, ...]:
    """Symbols of the universe beside the map's and the indices, sorted."""
    if chosen is Universe.MAP:
        return ()
    return tuple(symbol for symbol in universe(listings_of(store)) if symbol not in set(known))


def follow_moves(
    store: PriceStore, stored: Sequence[str], listings: pd.DataFrame, wanted: Collection[str]
) -> tuple[Move, ...]:
    """Give the history of companies that moved boards their new symbol.

    Where the old symbol is still wanted, the map names it: its history stays, or the map's
    company would lose it.
    """
    names = set(wanted)
    moves = []
    for old, new in sorted(moved(stored, listings).items()):
        if old not in names:
            store.move_symbol(old, new)
        moves.append(Move(old, new, done=old not in names))
    return tuple(moves)
