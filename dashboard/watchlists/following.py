"""What a list shows: its own rows, or those of the layer or screen that it follows by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from dashboard.accounts.models import Entry, Follows, Watchlist
from dashboard.errors import InputError
from dashboard.screening.run import screen
from dashboard.snapshot import Snapshot
from dashboard.supply_chain.models import SupplyChain
from dashboard.supply_chain.rows import LAYER as LAYER_COLUMN
from dashboard.supply_chain.rows import SYMBOL, members
from dashboard.watchlists.formats import in_order

LAYER: Final = "layer"
SCREEN: Final = "screen"


@dataclass(frozen=True)
class ShownEntries:
    """The rows of a list as they are shown.

    Attributes
    ----------
    entries : each symbol once; a negative id is a row that nobody made by hand
    left : ids of hand-made rows whose symbol the followed layer or screen no longer has
    """

    entries: tuple[Entry, ...]
    left: frozenset[int] = frozenset()

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(one.symbol for one in self.entries)


def layer_symbols(chain: SupplyChain, layer: str) -> tuple[str, ...]:
    """The members that count in a layer's figures, of every market, in map order.

    Raises
    ------
    InputError
        If the map has no such layer.
    """
    if layer not in chain.layer_by_id:
        near = get_close_matches(layer, chain.layer_by_id) or chain.layer_by_id
        raise InputError(f"{layer}: the map has no such layer; did you mean {', '.join(near)}?")
    counted = members(chain)
    return tuple(counted.loc[counted[LAYER_COLUMN] == layer, SYMBOL])


def followed_symbols(snapshot: Snapshot, follows: Follows) -> tuple[str, ...]:
    """The symbols that a layer or a screen has as of the snapshot.

    Parameters
    ----------
    snapshot : of `follows.universe` where a screen is followed

    Raises
    ------
    InputError
        If the layer is gone from the map, or the expression no longer holds (`ScreenError`).
    """
    if follows.kind == LAYER:
        return layer_symbols(snapshot.chain, follows.value)
    return screen(snapshot, follows.value).symbols


def shown_entries(
    watchlist: Watchlist, followed: Sequence[str] | None, as_of: dt.date
) -> ShownEntries:
    """The rows of a list: by hand, or what it follows with the notes that were made by hand.

    Parameters
    ----------
    followed : `followed_symbols` of a list that follows something; else None
    as_of : stands for the day of a row that nobody made

    Returns
    -------
    ShownEntries
        Of a list that follows: the followed symbols in their order, then the hand-made rows
        that have left.
    """
    own = in_order(watchlist)
    if followed is None:
        return ShownEntries(own)
    by_symbol = {one.symbol: one for one in own}
    present = tuple(
        by_symbol.get(symbol) or Entry(-number, symbol, "", "", (), as_of, None, None, None)
        for number, symbol in enumerate(dict.fromkeys(followed), 1)
    )
    names = set(followed)
    gone = tuple(one for one in own if one.symbol not in names)
    return ShownEntries((*present, *gone), frozenset(one.id for one in gone))
