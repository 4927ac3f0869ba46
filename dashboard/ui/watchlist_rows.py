"""Everything the page shows of a list: its rows and figures, what it follows, what is new."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from dashboard.accounts.models import Follows, NewEntry, Watchlist
from dashboard.errors import InputError
from dashboard.markets import is_index
from dashboard.prices.records import ACTIONS, NOTICES
from dashboard.screening.run import Changes
from dashboard.ui import loaders
from dashboard.ui.page import Page
from dashboard.ui.screener import change_since, screened, universe_of
from dashboard.watchlists.directory import Directory, directory_of
from dashboard.watchlists.following import (
    LAYER,
    ShownEntries,
    followed_symbols,
    shown_entries,
)
from dashboard.watchlists.rows import watch_rows, with_prices


@dataclass(frozen=True, eq=False)
class ListView:
    """What is drawn of a list.

    Attributes
    ----------
    page : its snapshot holds the list's symbols, also those off the map
    entered, gone : symbols that came into a followed screen with the last session, or left it
    fault : why what the list follows cannot be told; empty where it can
    """

    page: Page
    watchlist: Watchlist
    shown: ShownEntries
    entered: frozenset[str] = frozenset()
    gone: tuple[str, ...] = ()
    fault: str = ""

    @cached_property
    def rows(self) -> pd.DataFrame:
        """`watchlists.rows.watch_rows`; while a list is edited nobody asks for the figures."""
        today = loaders.today().date()
        records = _records(self.page)
        return loaders.shared(
            ("watchlist rows", *self.page.snapshot.key, self.shown, today),
            lambda: watch_rows(self.page.snapshot, self.shown, records=records, today=today),
        )


def list_view(page: Page, watchlist: Watchlist) -> ListView:
    """The list as it is shown."""
    followed, since, fault = _followed(page, watchlist.follows)
    shown = shown_entries(watchlist, followed, page.snapshot.as_of)
    return ListView(
        page=with_symbols(page, shown.symbols),
        watchlist=watchlist,
        shown=shown,
        entered=frozenset(since.entered if since else ()),
        gone=since.left if since else (),
        fault=fault,
    )


def _records(page: Page) -> dict[str, pd.DataFrame]:
    if page.snapshot.prices.simulated:
        return {}
    return dict(loaders.records(page.settings.data_dir, (ACTIONS, NOTICES)))


def _followed(
    page: Page, follows: Follows | None
) -> tuple[tuple[str, ...] | None, Changes | None, str]:
    """What a list follows, what changed in a session (None: unknown or never), and a fault."""
    if follows is None:
        return None, None, ""
    try:
        if follows.kind == LAYER:
            return followed_symbols(page.snapshot, follows), None, ""
        universe = universe_of(page, follows.universe)
        found = screened(universe, follows.value)
        since = change_since(universe, found)
        return found.symbols, since[1] if since else None, ""
    except InputError as error:
        # The rows made by hand stay to be seen, whatever has become of the screen.
        return None, None, error.told(page.language)


def with_symbols(page: Page, symbols: Iterable[str]) -> Page:
    """The page with the prices of some symbols that no document names."""
    taken = loaders.widened(page.settings, page.snapshot, symbols)
    return page if taken is page.snapshot else dataclasses.replace(page, snapshot=taken)


def known_shares(page: Page) -> Directory:
    """All shares that a list may hold: of the map, of the exchanges' lists and of the store."""
    prices = page.snapshot.prices
    key = ("directory", page.map.chain.digest, prices.version)
    stored = loaders.stored_symbols(page.settings.data_dir)
    own = {symbol for panel in prices.panels.values() for symbol in panel.symbols}
    return loaders.shared(
        key,
        lambda: directory_of(
            page.map.chain,
            prices.listings.reset_index(),
            sorted(one for one in own.union(stored) if not is_index(one)),
        ),
    )


def new_entries(page: Page, symbols: Sequence[str], section: str = "") -> tuple[NewEntry, ...]:
    """Rows for the symbols: added on the last session, at its traded close where one is known.

    Whatever earlier day the page is read as of.
    """
    wide = with_symbols(dataclasses.replace(page, snapshot=page.latest), symbols)
    return priced(wide, [_bare(wide, one, section) for one in symbols])


def _bare(page: Page, symbol: str, section: str) -> NewEntry:
    return NewEntry(symbol, section, added_on=page.snapshot.as_of)


def priced(page: Page, entries: Sequence[NewEntry]) -> tuple[NewEntry, ...]:
    """`with_prices`, also of shares off the map."""
    return with_prices(with_symbols(page, [one.symbol for one in entries]).snapshot, entries)
