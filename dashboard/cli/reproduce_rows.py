"""The rows of the page that a link names, of the map and the prices that it pins."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dashboard import parameters as names
from dashboard.cli.output import say
from dashboard.cli.rows import fault_count, marked, tell
from dashboard.errors import InputError
from dashboard.provenance import Link, read_link
from dashboard.screening.asked import answer, request_of, result_rows
from dashboard.screening.fields import fields_of
from dashboard.settings import Settings
from dashboard.snapshot import (
    INDICES,
    LISTED,
    MAP,
    Prices,
    Snapshot,
    like,
    load_prices,
    settled_snapshot,
    universe_symbols,
)
from dashboard.studies.as_of import asked_of, snapshot_asked
from dashboard.studies.company import candidates, find_company
from dashboard.studies.pages import SCREENER, table_of, view_of
from dashboard.supply_chain.keeping import map_then
from dashboard.supply_chain.models import SupplyChain


def reproduced_rows(settings: Settings, text: str) -> pd.DataFrame:
    """The table of a link's page; as of when, by which map and store on stderr.

    Raises
    ------
    InputError
        If the link cannot be read, its page shows nothing to reproduce, or its map is not kept.
    StoreError
        If the store is another one, or no longer keeps these versions.
    """
    link = read_link(text)
    view = view_of(link.page, link.parameters)
    chain = _map(settings, link)
    then = _Then(settings, link, chain)
    taken = then.snapshot()
    if view == SCREENER:
        return _screened(then, taken)
    if names.CODE in link.parameters:
        taken = then.of_company(taken, link.parameters[names.CODE])
    then.tell(taken, view)
    return marked(taken, table_of(view)(taken, link.parameters))


def _map(settings: Settings, link: Link) -> SupplyChain:
    loaded = map_then(settings, link.pinned.map)
    if loaded.faults and not loaded.chain.companies:
        raise InputError(str(loaded.faults[0]))
    if loaded.faults:
        say(f"{fault_count(len(loaded.faults))}, as it had then")
    return loaded.chain


class _Then:
    """The state of things that a link pins."""

    def __init__(self, settings: Settings, link: Link, chain: SupplyChain) -> None:
        self.settings, self.link, self.chain = settings, link, chain

    @property
    def parameters(self) -> Mapping[str, str]:
        return self.link.parameters

    def prices(self, symbols: tuple[str, ...] | None) -> Prices:
        """Read anew: a universe beyond the map is rarely asked for."""
        return load_prices(self.settings, symbols, self.chain, self.link.pinned.data)

    def snapshot(self) -> Snapshot:
        """As the page's: of the map's symbols, as of the day that the URL names."""
        latest = settled_snapshot(self.chain, self.prices(self.chain.symbols()))
        self.asked = asked_of(latest, self.parameters)
        if self.asked.fault:
            day = self.parameters[names.AS_OF][:40]
            say(f"{names.AS_OF} {day!r} is no day of these prices: the page showed the last one")
        return snapshot_asked(latest, self.asked)

    def universe(self, taken: Snapshot, universe: str) -> Snapshot:
        """The same of another universe."""
        if universe == MAP:
            return taken
        prices = self.prices(None) if universe == LISTED else taken.prices
        return like(taken, prices, universe_symbols(taken.chain, prices, universe))

    def of_company(self, taken: Snapshot, code: str) -> Snapshot:
        """With the prices of a symbol off the map, where the code is one."""
        if taken.prices.simulated or find_company(taken.chain, code) is not None:
            return taken
        for symbol in candidates(code):
            prices = self.prices((symbol,))
            if any(symbol in panel.positions for panel in prices.panels.values()):
                return like(taken, prices, [symbol, *INDICES])
        return taken

    def tell(self, taken: Snapshot, view: str) -> None:
        """Which page, as of when, by which map and store, on stderr."""
        pinned = self.link.pinned
        said = " ".join(f"{name}={value}" for name, value in sorted(self.parameters.items()))
        say(f"page: {view}{f', {said}' if said else ''}")
        say(f"map {pinned.map}, store: {pinned.data.words}")
        tell(taken, self.asked.session)
        if taken.as_of != pinned.session:
            say(f"the link says {pinned.session}, and its prices and parameters {taken.as_of}")


def _screened(then: _Then, taken: Snapshot) -> pd.DataFrame:
    fields = fields_of(taken.chain)
    request = request_of(taken.chain, fields, then.parameters)
    taken = then.universe(taken, request.universe)
    found = answer(taken, request.text)
    then.tell(taken, SCREENER)
    unknown = f", not known for {found.unknown}" if found.unknown else ""
    say(f"{len(found.symbols)} of {found.total} symbols{unknown}")
    return marked(taken, result_rows(taken, found, request, "zh"))
