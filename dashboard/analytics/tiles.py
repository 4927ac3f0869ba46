"""The heatmap's rows: stage → layer → company, each with a size, a value and its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from dashboard.errors import PanelError

ID: Final = "id"
PARENT: Final = "parent"
LEVEL: Final = "level"
NAME: Final = "name"
"""Stage id, layer id or symbol; `OTHERS` for the tile that gathers the smallest."""
SIZE: Final = "size"
VALUE: Final = "value"
PRICED: Final = "priced"
MEMBERS: Final = "members"

OTHERS: Final = "others"
TILE_LIMIT: Final = 150


class SizeBy(StrEnum):
    """What the area of a tile stands for."""

    SQRT_CAP = "sqrt_cap"
    CAP = "cap"
    TURNOVER = "turnover"
    EQUAL = "equal"


class Level(StrEnum):
    """Depth of a tile."""

    STAGE = "stage"
    LAYER = "layer"
    COMPANY = "company"
    OTHERS = "others"


_HEADERS: Final = {"G": Level.STAGE, "L": Level.LAYER}


@dataclass(frozen=True)
class Tiles:
    """Rows of the treemap and how their areas came about.

    Attributes
    ----------
    frame : DataFrame (id, parent, level, name, size, value, priced, members)
        Parents before children; a parent's size is the sum of its children's.
    by_turnover : symbols sized by turnover because their market cap is unknown
    by_median : symbols sized by the median because turnover is unknown as well
    """

    frame: pd.DataFrame
    by_turnover: tuple[str, ...]
    by_median: tuple[str, ...]


def tile_sizes(metrics: pd.DataFrame, size_by: SizeBy) -> tuple[pd.Series, list[str], list[str]]:
    """Positive areas of the symbols, and which of them fell back to turnover or the median.

    A fallback is brought to the scale of the known sizes by the median ratio, so that one
    unknown share count does not blow up or hide a tile.

    Parameters
    ----------
    metrics : DataFrame, symbols × metric keys, of one currency
    """
    turnover = metrics["turnover_value_20"].where(metrics["turnover_value_20"] > 0)
    if size_by is SizeBy.EQUAL:
        return pd.Series(1.0, index=metrics.index), [], []
    cap = metrics["market_cap"].where(metrics["market_cap"] > 0)
    wanted = turnover if size_by is SizeBy.TURNOVER else cap
    ratio = (wanted / turnover).median()
    estimate = turnover * (ratio if np.isfinite(ratio) else 1.0)
    size = wanted.fillna(estimate)
    by_turnover = metrics.index[wanted.isna() & estimate.notna()]
    by_median = metrics.index[size.isna()]
    middle = size.median()
    size = size.fillna(middle if np.isfinite(middle) else 1.0)
    if size_by is SizeBy.SQRT_CAP:
        size = np.sqrt(size)
    return size, list(by_turnover), list(by_median)


def build_tiles(
    metrics: pd.DataFrame,
    members: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    colour_by: str,
    size_by: SizeBy,
    limit: int = TILE_LIMIT,
) -> Tiles:
    """Stage, layer and company rows of a treemap with at most about `limit` tiles.

    Parameters
    ----------
    metrics : DataFrame, symbols × metric keys
    members : DataFrame (symbol, layer, stage), one row per counted membership
    groups : DataFrame (value, priced, members), index stage and layer ids
        The parents' own figures: never derived from the tiles here.
    colour_by : metric key of `value`

    Raises
    ------
    PanelError
        If a member's symbol has no row in `metrics`.
    """
    missing = set(members["symbol"]) - set(metrics.index)
    if missing:
        raise PanelError(f"no metric row for {', '.join(sorted(missing))}: take a new snapshot")
    size, by_turnover, by_median = tile_sizes(
        metrics.loc[members["symbol"].drop_duplicates()], size_by
    )
    leaves = members[["symbol", "layer", "stage"]].copy()
    leaves[SIZE] = leaves["symbol"].map(size).to_numpy()
    leaves[VALUE] = leaves["symbol"].map(metrics[colour_by]).to_numpy()
    leaves = _gather_smallest(leaves, limit)
    frames = [
        _parents(leaves, "stage", None, groups),
        _parents(leaves, "layer", "stage", groups),
        _companies(leaves),
    ]
    return Tiles(pd.concat(frames, ignore_index=True), tuple(by_turnover), tuple(by_median))


def stage_tile(stage: str) -> str:
    return f"G:{stage}"


def layer_tile(layer: str) -> str:
    return f"L:{layer}"


def company_tile(symbol: str, layer: str) -> str:
    return f"S:{symbol}@{layer}"


def selected(tile: str) -> tuple[Level, str] | None:
    """What a clicked tile's id stands for; None for an unknown id."""
    head, _, rest = tile.partition(":")
    name, _, layer = rest.partition("@")
    if head in _HEADERS and name:
        return _HEADERS[head], name
    if head == "S" and name:
        return (Level.LAYER, layer) if name == OTHERS else (Level.COMPANY, name)
    return None


def _gather_smallest(leaves: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Keep the k largest of each layer, k as large as `limit` allows; the rest is one tile."""
    parents = leaves["layer"].nunique() + leaves["stage"].nunique()
    counts = leaves.groupby("layer").size()
    keep = int(counts.max()) if len(counts) else 0
    while keep > 1 and (np.minimum(counts, keep) + (counts > keep)).sum() + parents > limit:
        keep -= 1
    rank = leaves.groupby("layer")[SIZE].rank(method="first", ascending=False)
    small = leaves[rank > keep]
    if small.empty:
        return leaves.assign(**{MEMBERS: 1})
    rest = (
        small.groupby(["layer", "stage"], sort=False)
        .agg(**{SIZE: (SIZE, "sum"), VALUE: (VALUE, "mean"), MEMBERS: (SIZE, "size")})
        .reset_index()
        .assign(symbol=OTHERS)
    )
    return pd.concat([leaves[rank <= keep].assign(**{MEMBERS: 1}), rest], ignore_index=True)


def _parents(
    leaves: pd.DataFrame, column: str, above: str | None, groups: pd.DataFrame
) -> pd.DataFrame:
    firsts = leaves.drop_duplicates(column)
    names = firsts[column]
    own = groups.reindex(names)
    tile = stage_tile if column == "stage" else layer_tile
    return pd.DataFrame(
        {
            ID: [tile(name) for name in names],
            PARENT: [stage_tile(name) for name in firsts[above]] if above else "",
            LEVEL: Level.STAGE.value if column == "stage" else Level.LAYER.value,
            NAME: names.to_numpy(),
            SIZE: leaves.groupby(column)[SIZE].sum().reindex(names).to_numpy(),
            VALUE: own[VALUE].to_numpy(),
            PRICED: own[PRICED].to_numpy(),
            MEMBERS: own[MEMBERS].to_numpy(),
        }
    )


def _companies(leaves: pd.DataFrame) -> pd.DataFrame:
    pairs = list(zip(leaves["symbol"], leaves["layer"], strict=True))
    return pd.DataFrame(
        {
            ID: [company_tile(symbol, layer) for symbol, layer in pairs],
            PARENT: [layer_tile(layer) for _, layer in pairs],
            LEVEL: [
                (Level.OTHERS if symbol == OTHERS else Level.COMPANY).value for symbol, _ in pairs
            ],
            NAME: leaves["symbol"].to_numpy(),
            SIZE: leaves[SIZE].to_numpy(),
            VALUE: leaves[VALUE].to_numpy(),
            PRICED: leaves[VALUE].notna().astype(int).to_numpy(),
            MEMBERS: leaves[MEMBERS].to_numpy(),
        }
    )
