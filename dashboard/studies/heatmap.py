"""The layers of the first page: which members the filters of its URL count, and their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from dashboard import parameters as names
from dashboard.analytics.tiles import SizeBy
from dashboard.markets import HOME, MARKETS
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.supply_chain.models import SupplyChain
from dashboard.supply_chain.rows import LAYER, MARKET

HOME_ONLY: Final = "tw"
WITH_DRIVERS: Final = "all"
FOREIGN: Final = "foreign"
"""Market of a row that is about the members of all other markets together."""
CURRENCY: Final = "currency"
COLOUR_KEYS: Final = (
    "return_1d", "return_1w", "return_1m", "return_3m", "return_6m", "return_ytd", "return_1y",
    "volume_ratio_20", "rsi_14", "distance_high_52w",
)  # fmt: skip
"""Metrics that the heatmap can be coloured by, in the order they are offered."""
DEFAULT_COLOUR: Final = COLOUR_KEYS[0]
WEIGHTINGS: Final = ("equal", "cap")


@dataclass(frozen=True)
class Filters:
    """What the reader chose.

    Attributes
    ----------
    members : of the home market
    drivers : of all other markets; None unless asked for
    """

    colour_by: str = DEFAULT_COLOUR
    size_by: SizeBy = SizeBy.SQRT_CAP
    weighting: str = WEIGHTINGS[0]
    members: MemberFilter = field(default_factory=MemberFilter)
    drivers: MemberFilter | None = None

    @classmethod
    def of(cls, chain: SupplyChain, parameters: Mapping[str, str]) -> Filters:
        """From the parameters of a URL; what is unknown is read as the default."""
        asked = parameters.get(names.STAGE, "").split(names.SEPARATOR)
        stages = tuple(stage.id for stage in chain.stages if stage.id in asked)
        digest, secondary = (
            parameters.get(one) == names.YES for one in (names.DIGEST, names.SECONDARY)
        )
        foreign = tuple(one for one in MARKETS if one != HOME)
        drivers = parameters.get(names.MARKET) == WITH_DRIVERS
        sizes = [one.value for one in SizeBy]
        return cls(
            colour_by=_known(parameters.get(names.COLOUR_BY), COLOUR_KEYS, DEFAULT_COLOUR),
            size_by=SizeBy(_known(parameters.get(names.SIZE_BY), sizes, SizeBy.SQRT_CAP.value)),
            weighting=_known(parameters.get(names.WEIGHTING), WEIGHTINGS, WEIGHTINGS[0]),
            members=MemberFilter((HOME,), stages, digest, secondary),
            drivers=MemberFilter(foreign, stages, digest, secondary) if drivers else None,
        )


def _known(asked: str | None, options: Sequence[str], default: str) -> str:
    return asked if asked is not None and asked in options else default


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The page's layer tables for a URL's parameters, those of home first.

    Returns
    -------
    DataFrame
        `layer`, `market` (the home market's id, or `foreign`), the columns of
        `Snapshot.layers`, `currency`; layers without a chosen member are left out.
    """
    filters = Filters.of(snapshot.chain, parameters)
    tables = [_rows(snapshot, filters.members, filters.weighting, HOME)]
    if filters.drivers is not None:
        tables.append(_rows(snapshot, filters.drivers, filters.weighting, FOREIGN))
    return pd.concat(tables, ignore_index=True)


def layers_of(snapshot: Snapshot, chosen: MemberFilter, weighting: str) -> pd.DataFrame:
    """The layer table without the layers in which nobody is chosen."""
    table = snapshot.layers(chosen, weighting)
    return table[table["members"] > 0]


def currencies_of(members: pd.DataFrame) -> pd.Series:
    """Layer → the currencies of its members, joined by a slash."""
    own = members[MARKET].map(lambda one: MARKETS[one].currency)
    return own.groupby(members[LAYER]).agg(lambda each: "/".join(dict.fromkeys(each)))


def _rows(snapshot: Snapshot, chosen: MemberFilter, weighting: str, market: str) -> pd.DataFrame:
    table = layers_of(snapshot, chosen, weighting)
    told = table.assign(**{CURRENCY: currencies_of(snapshot.members(chosen)).astype("str")})
    rows = told.rename_axis(LAYER).reset_index()
    rows.insert(1, MARKET, market)
    return rows
