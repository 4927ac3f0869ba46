"""What the screener was asked, from the URL, and its answer, built once for all sessions."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from dashboard.errors import ScreenError
from dashboard.markets import is_index
from dashboard.screening.fields import Field, FieldKind, fields_of
from dashboard.screening.language import parse
from dashboard.screening.presets import PRESETS
from dashboard.screening.run import Changes, Screened, changes, screen
from dashboard.screening.syntax import Name, walk
from dashboard.screening.table import screen_table
from dashboard.snapshot import LISTED, MAP, MemberFilter, Snapshot
from dashboard.supply_chain.models import SupplyChain
from dashboard.ui import loaders, state
from dashboard.ui.columns import known_columns
from dashboard.ui.labels import layer_name
from dashboard.ui.page import Page

DEFAULT_COLUMNS: Final = (
    "unadjusted_close", "return_1d", "return_1m", "return_3m", "volume_ratio_20", "rsi_14",
    "market_cap", "layer",
)  # fmt: skip
DEFAULT_SORT: Final = "-return_1d"
WHOLE_MAP: Final = MemberFilter((), (), include_digest=True, include_secondary=False)
"""Every company in its primary layer, and in no other."""
_SORTED_BY: Final = (FieldKind.NUMBER, FieldKind.DATE, FieldKind.MONTH)
_DESCENDING: Final = "-"


@dataclass(frozen=True)
class Request:
    """What a link to the screener says.

    Attributes
    ----------
    text : the expression; empty for every company
    preset : id, where the expression is that of a preset
    default_columns : shown where the URL names none
    sort : field, after `-` where the largest come first
    """

    universe: str
    text: str
    preset: str | None
    columns: tuple[str, ...]
    default_columns: tuple[str, ...]
    sort: str

    @property
    def sort_field(self) -> str:
        return self.sort.removeprefix(_DESCENDING)

    @property
    def descending(self) -> bool:
        return self.sort.startswith(_DESCENDING)


def universes(chain: SupplyChain) -> tuple[str, ...]:
    """What is offered: the map, the whole market, and the layer that a link names."""
    asked = state.read(state.UNIVERSE)
    return (MAP, LISTED, asked) if asked in chain.layer_by_id else (MAP, LISTED)


def universe_title(page: Page, name: str) -> str:
    """What the reader calls a universe."""
    if name in (MAP, LISTED):
        return page.t(f"screener.universe_{name}")
    return layer_name(page, name) if name in page.map.chain.layer_by_id else name


def request_of(chain: SupplyChain, fields: Mapping[str, Field]) -> Request:
    """The URL's request; what it does not know is read as the default."""
    preset = PRESETS.get(state.read(state.PRESET) or "")
    asked = state.read(state.EXPRESSION)
    if asked is not None:
        preset = None
    text = (asked or (preset.expression if preset else "")).strip()
    default = default_columns(text, fields) if preset is None else preset.columns
    sort = state.read(state.SORT) or (preset.sort if preset else DEFAULT_SORT)
    universe = state.read(state.UNIVERSE) or MAP
    return Request(
        universe=universe if universe in universes(chain) else MAP,
        text=text,
        preset=preset.id if preset else None,
        columns=known_columns(state.read(state.COLUMNS), fields, default),
        default_columns=tuple(default),
        sort=sort if is_sortable(fields.get(sort.removeprefix(_DESCENDING))) else DEFAULT_SORT,
    )


def default_columns(text: str, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """What the expression asks about, then what is always of use."""
    try:
        parts = [node for node, _ in walk(parse(text))] if text else []
    except ScreenError:
        parts = []
    own = [one.key for one in parts if isinstance(one, Name) and one.key in fields]
    return tuple(dict.fromkeys([*own, *DEFAULT_COLUMNS]))


def is_sortable(asked: Field | None) -> bool:
    """Whether rows can be put in the order of a field."""
    return asked is not None and asked.kind in _SORTED_BY


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
    if not text:
        names = tuple(str(one) for one in universe.table.index)
        return Screened("", universe.snapshot.as_of, names, universe.table, len(names), 0)
    key = ("screened", universe.id, *universe.snapshot.key, text)
    return loaders.shared(key, lambda: screen(universe.snapshot, text, table=universe.table))


def change_since(universe: Universe, after: Screened) -> tuple[dt.date, Changes] | None:
    """The session before, and what entered and left since; None where nothing is stored of it."""
    day = universe.snapshot.previous_session()
    if day is None or not after.text:
        return None
    taken = loaders.earlier(universe.snapshot, day, universe.id)
    return day, changes(after, screened(_universe(universe.page, universe.id, taken), after.text))


def ordered(found: Screened, request: Request) -> pd.DataFrame:
    """The result's rows in the order asked for, those without the figure last."""
    return found.rows.sort_values(
        request.sort_field, ascending=not request.descending, na_position="last", kind="stable"
    )


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
    }


def export_rows(universe: Universe, found: Screened, request: Request) -> pd.DataFrame:
    """Every row of the result: symbol, name and the chosen columns, values as they are."""
    rows = ordered(found, request)
    page = universe.page
    names = [page.say(universe.snapshot.name_of(str(one))) for one in rows.index]
    keys = [one for one in request.columns if one not in ("symbol", "name")]
    return pd.DataFrame({"symbol": list(rows.index), "name": names}).join(
        rows[keys].reset_index(drop=True)
    )
