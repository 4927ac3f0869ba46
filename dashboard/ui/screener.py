"""What the screener was asked, from the URL, and its answer, built once for all sessions."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from dashboard.markets import is_index
from dashboard.screening.asked import Request, answer, request_of, result_rows, universes
from dashboard.screening.fields import Field, fields_of
from dashboard.screening.run import Changes, Screened, changes
from dashboard.screening.table import screen_table
from dashboard.snapshot import KNOWN, LISTED, MAP, TODAY, MemberFilter, Snapshot
from dashboard.supply_chain.models import SupplyChain
from dashboard.ui import loaders, state
from dashboard.ui.labels import layer_name
from dashboard.ui.page import Page

WHOLE_MAP: Final = MemberFilter((), (), include_digest=True, include_secondary=False)
"""Every company in its primary layer, and in no other."""


def universe_title(page: Page, name: str) -> str:
    """What the reader calls a universe."""
    if name in (MAP, LISTED):
        return page.t(f"screener.universe_{name}")
    return layer_name(page, name) if name in page.map.chain.layer_by_id else name


def offered_universes(chain: SupplyChain) -> tuple[str, ...]:
    """The map, the whole market, and the layer that the URL names."""
    return universes(chain, state.read(state.UNIVERSE))


def asked_of(chain: SupplyChain, fields: Mapping[str, Field]) -> Request:
    """The URL's request."""
    return request_of(chain, fields, state.merged())


def screen_fields(chain: SupplyChain) -> Mapping[str, Field]:
    """Every field, made once for a map."""
    return loaders.shared(("screen fields", chain.digest), lambda: fields_of(chain))


@dataclass(frozen=True, eq=False)
class Universe:
    """A universe as of a session, with the table that expressions are computed on.

    Attributes
    ----------
    page : as for the map, with this universe's figures
    """

    id: str
    page: Page = field(repr=False)
    table: pd.DataFrame = field(repr=False)

    @property
    def snapshot(self) -> Snapshot:
        return self.page.snapshot

    @property
    def key(self) -> tuple[object, ...]:
        """What its figures and tables depend on besides their own choices."""
        return (self.id, *self.page.figure_key)

    @property
    def beyond_the_map(self) -> int:
        """Stored companies of it that no document names."""
        stored = self.snapshot.metrics["last_session"].dropna().index
        own = set(self.page.map.chain.symbols())
        return sum(1 for one in stored if one not in own and not is_index(str(one)))


def universe_of(page: Page, name: str) -> Universe:
    """The universe as of its last session; the page's own where it is the map."""
    if name == MAP:
        return _universe(page, name, page.snapshot)
    return _universe(page, name, loaders.snapshot_of(page.settings, page.snapshot, name))


def _universe(page: Page, name: str, taken: Snapshot) -> Universe:
    key = ("screen table", name, *taken.key)
    table = loaders.shared(key, lambda: screen_table(taken))
    return Universe(name, dataclasses.replace(page, snapshot=taken), table)


def screened(universe: Universe, text: str) -> Screened:
    """The companies an expression holds for; all of them where nothing is asked.

    Raises
    ------
    ScreenError
        If the expression cannot be read or makes no sense.
    """
    key = ("screened", universe.id, *universe.snapshot.key, text)
    return loaders.shared(key, lambda: answer(universe.snapshot, text, universe.table))


def change_since(universe: Universe, after: Screened) -> tuple[dt.date, Changes] | None:
    """The session before, and what entered and left since; None where nothing is stored of it."""
    day = universe.snapshot.previous_session()
    if day is None or not after.text:
        return None
    taken = loaders.earlier(universe.snapshot, day, universe.id)
    return day, changes(after, screened(_universe(universe.page, universe.id, taken), after.text))


def layer_hits(universe: Universe, symbols: Sequence[str]) -> pd.DataFrame:
    """How many of a layer's members the result has; layers without one are left out.

    Returns
    -------
    DataFrame (hits, members), index layer ids, most hits first
    """
    members = universe.snapshot.members(WHOLE_MAP)
    members = members[members["symbol"].isin(list(universe.table.index))]
    counts = pd.DataFrame(
        {
            "hits": members[members["symbol"].isin(list(symbols))].groupby("layer").size(),
            "members": members.groupby("layer").size(),
        }
    ).fillna(0)
    counts = counts[counts["hits"] > 0].astype(int)
    return counts.sort_values(["hits", "members"], ascending=[False, True], kind="stable")


def about(universe: Universe, request: Request) -> dict[str, str]:
    """What leaves with an export of the result."""
    return {
        "as_of": f"{universe.snapshot.as_of:%Y-%m-%d}",
        "source": ", ".join(universe.snapshot.prices.sources),
        "universe": universe.id,
        "expression": request.text,
        "members": TODAY if universe.snapshot.hindsight else KNOWN,
    }


def export_rows(universe: Universe, found: Screened, request: Request) -> pd.DataFrame:
    """Every row of the result: symbol, name and the chosen columns, values as they are."""
    return result_rows(universe.snapshot, found, request, universe.page.language)
