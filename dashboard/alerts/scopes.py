"""What a rule looks at: its symbols as of a session, and the snapshots they are in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property

import pandas as pd

from dashboard.accounts.models import Watchlist
from dashboard.alerts.rules import Rule
from dashboard.errors import InputError
from dashboard.markets import HOME
from dashboard.screening.table import screen_table
from dashboard.settings import Settings
from dashboard.snapshot import (
    LISTED,
    MAP,
    TODAY,
    Prices,
    Snapshot,
    load_prices,
    take_snapshot,
    universe_symbols,
)
from dashboard.supply_chain.models import SupplyChain
from dashboard.watchlists.following import followed_symbols, layer_symbols, shown_entries


class Market:
    """The prices that all rules of a run share: each universe read once, each session computed
    once.

    The whole market is read only where a rule looks beyond the map.
    """

    def __init__(self, settings: Settings, chain: SupplyChain) -> None:
        self.chain = chain
        self._settings = settings
        self._snapshots: dict[tuple[str, dt.date], Snapshot] = {}
        self._tables: dict[tuple[str, dt.date], pd.DataFrame] = {}

    @cached_property
    def prices(self) -> Prices:
        """Of the map's symbols.

        Raises
        ------
        StoreError
            If the store cannot be read.
        """
        return load_prices(self._settings, self.chain.symbols(), self.chain)

    @cached_property
    def all_prices(self) -> Prices:
        """Of all that is stored."""
        return load_prices(self._settings, chain=self.chain)

    @cached_property
    def sessions(self) -> tuple[dt.date, ...]:
        """Sessions of the home market that at least half of the map's shares have a bar of."""
        panel = self.prices.panels.get(HOME)
        if panel is None:
            return ()
        days: list[dt.date] = panel.sessions.tolist()
        return tuple(day for day in days if day <= self.prices.settled_session)

    @cached_property
    def on_the_map(self) -> frozenset[str]:
        return frozenset(self.chain.symbols())

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """All stored stocks of the home market."""
        return universe_symbols(self.chain, self.all_prices, LISTED)

    def snapshot(self, universe: str, session: dt.date) -> Snapshot:
        """Figures of `map`, `listed` or a layer's members as of a session."""
        key = (universe, session)
        if key not in self._snapshots:
            self._snapshots[key] = self._take(universe, session)
        return self._snapshots[key]

    def table(self, universe: str, session: dt.date) -> pd.DataFrame:
        """What screens look at, of the same."""
        key = (universe, session)
        if key not in self._tables:
            self._tables[key] = screen_table(self.snapshot(universe, session))
        return self._tables[key]

    def _take(self, universe: str, session: dt.date) -> Snapshot:
        prices = self.all_prices if universe == LISTED else self.prices
        names = universe_symbols(self.chain, prices, universe)
        # A document is no event of the market: both sessions are seen by today's map.
        return take_snapshot(self.chain, prices, session, names, TODAY)


def symbols_of(
    rule: Rule, market: Market, session: dt.date, lists: Mapping[str, Watchlist]
) -> dict[str, tuple[str, ...]]:
    """The symbols of a rule's scope as of a session, by the universe they are figured in.

    What is on the map is figured, and ranked, among the map's companies, the rest among all
    listed stocks.

    Parameters
    ----------
    lists : the person's watchlists by id, as text

    Returns
    -------
    dict, universe → symbols
        `map` alone where all are on it; of a scope that is empty now, nothing.

    Raises
    ------
    InputError
        If the list, the layer or the symbol is not there.
    """
    if rule.scope == LISTED:
        return {LISTED: market.listed}
    names = _names(rule, market, session, lists)
    mapped = tuple(one for one in names if one in market.on_the_map)
    beyond = tuple(one for one in names if one not in market.on_the_map)
    if beyond:
        known = set(market.listed)
        beyond = tuple(one for one in beyond if one in known)
    if rule.scope == "symbol" and not (mapped or beyond):
        raise InputError(
            f"{rule.scope_value}: it is not on the map and no price of it is stored; "
            "a symbol is written 2330.TW"
        )
    return {universe: own for universe, own in ((MAP, mapped), (LISTED, beyond)) if own}


def _names(
    rule: Rule, market: Market, session: dt.date, lists: Mapping[str, Watchlist]
) -> tuple[str, ...]:
    if rule.scope == "symbol":
        return (rule.scope_value,)
    if rule.scope == "layer":
        return layer_symbols(market.chain, rule.scope_value)
    if rule.scope == MAP:
        return market.chain.symbols()
    watchlist = lists.get(rule.scope_value)
    if watchlist is None:
        raise InputError(
            f"list {rule.scope_value}: it is no longer there; choose another for the alert"
        )
    followed = None
    if watchlist.follows is not None:
        followed = followed_symbols(
            market.snapshot(watchlist.follows.universe, session), watchlist.follows
        )
    entries = shown_entries(watchlist, followed, session)
    return tuple(one.symbol for one in entries.entries if one.id not in entries.left)
