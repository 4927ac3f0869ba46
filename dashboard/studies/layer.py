"""The members of one layer with their figures, as its page lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from dashboard import parameters as names
from dashboard.errors import InputError
from dashboard.markets import MARKETS
from dashboard.prices.bars import SYMBOL
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.studies.heatmap import Filters
from dashboard.supply_chain.models import Membership
from dashboard.supply_chain.rows import LAYER

RANK: Final = "rank"
COUNTED: Final = "counted"
PRIMARY: Final = "primary"
KIND: Final = "kind"
STANCE: Final = "stance"
LAST_SESSION: Final = "last_session"
MEMBER_KEYS: Final = (
    "unadjusted_close", "return_1d", "return_1m", "return_ytd", "return_1y", "rsi_14",
    "volume_ratio_20", "limit_state", "market_cap",
)  # fmt: skip
"""Metrics that are listed of each member, after the one that the page is coloured by."""


@dataclass(frozen=True, eq=False)
class LayerMembers:
    """Who stands in a layer.

    Attributes
    ----------
    chosen : the filter that the layer's own figures count by; of all markets where nobody of
        home is in the layer
    counted : rows of `Snapshot.members` that it counts
    shown : those that are listed, secondary ones and headlines too
    """

    chosen: MemberFilter
    counted: pd.DataFrame
    shown: pd.DataFrame


def members_of(snapshot: Snapshot, layer: str, filters: Filters) -> LayerMembers:
    """The members of a layer under the filters of its page; its stage does not count."""
    chosen = replace(filters.members, stages=())
    if _of_layer(snapshot, layer, chosen).empty:
        chosen = replace(chosen, markets=tuple(MARKETS))
    markets = tuple(MARKETS) if filters.drivers else chosen.markets
    return LayerMembers(
        chosen,
        counted=_of_layer(snapshot, layer, chosen),
        shown=_of_layer(snapshot, layer, MemberFilter(markets, (), True, True)),
    )


def _of_layer(snapshot: Snapshot, layer: str, chosen: MemberFilter) -> pd.DataFrame:
    members = snapshot.members(chosen)
    return members[members[LAYER] == layer]


def memberships(snapshot: Snapshot, layer: str) -> dict[str, Membership]:
    """Symbol → its membership in a layer."""
    return {
        company.symbol: one
        for company in snapshot.chain.companies
        for one in company.memberships
        if company.symbol and one.layer == layer
    }


def ranked(snapshot: Snapshot, members: LayerMembers, colour_by: str) -> pd.DataFrame:
    """The listed members, best first by one metric.

    Returns
    -------
    DataFrame, symbols × (`rank`, `counted`, the metric, `MEMBER_KEYS`, `last_session`)
        Rank 1 is the highest figure; only members that are counted have one.
    """
    symbols = members.shown[SYMBOL].tolist()
    keys = list(dict.fromkeys((colour_by, *MEMBER_KEYS, LAST_SESSION)))
    figures = snapshot.metrics.loc[symbols, keys]
    counted = figures.index.isin(members.counted[SYMBOL].tolist())
    rank = figures[colour_by].where(counted).rank(ascending=False, method="min")
    order = rank.sort_values(na_position="last", kind="stable").index
    figures.insert(0, COUNTED, counted)
    figures.insert(0, RANK, rank)
    return figures.loc[order].rename_axis(SYMBOL)


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The members of the URL's `layer`: rank, figures, and how each stands in it.

    Raises
    ------
    InputError
        If the map has no such layer.
    """
    layer = parameters.get(names.LAYER, "")
    if layer not in snapshot.chain.layer_by_id:
        raise InputError(
            f"the map has no layer {layer[:40]!r}; see: python -m dashboard layers --map-only"
        )
    filters = Filters.of(snapshot.chain, parameters)
    rows = ranked(snapshot, members_of(snapshot, layer, filters), filters.colour_by)
    placed = memberships(snapshot, layer)
    own = [placed[str(symbol)] for symbol in rows.index]
    rows[PRIMARY] = [one.primary for one in own]
    rows[KIND] = [one.kind.value for one in own]
    rows[STANCE] = [one.stance.value for one in own]
    return rows.reset_index()
