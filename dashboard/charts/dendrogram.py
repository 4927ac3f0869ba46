"""A square of correlations in the order of its tree, with the tree above it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.analytics.clusters import Clusters, distance_of
from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme

LIGHT_SCALE: Final = ("#12a594", "#6d28a8")
DARK_SCALE: Final = ("#12a594", "#a778e0")
"""Opposite and together. Not the colours of prices: a correlation is no rise. Told apart with
red-green and blue-yellow colour blindness (ΔE above 50 on a light page)."""
_TREE: Final = 110
"""Pixels."""
_CELL: Final = 26
_SMALL_CELL: Final = 20
_MANY: Final = 24
_NUMBERED: Final = 20
"""Up to so many columns each carries its number."""
_AROUND: Final = 130
"""Numbers of the columns, legend, margins."""
_PRINTED: Final = 14
"""Up to so many series the cells carry their figure."""
_ROOM: Final = 0.15
"""Distance shown below the lowest fork."""
_TREE_MARKS: Final = 6
"""At most so many marks beside the tree."""
_TREE_TICKS: Final = (0.9, 0.8, 0.6, 0.4, 0.2, 0.0, -0.2)
_LABEL: Final = 18
"""Columns of a label beside the square; a Chinese character takes two."""


@dataclass(frozen=True)
class SquareTexts:
    """Words of the hover boxes.

    Attributes
    ----------
    common : the word for "common sessions"
    interval : "95% interval"
    too_few : why a cell is empty
    shared : "members in common"
    fork : what is said of a fork of the tree, from its correlation
    threshold : of the line at which the tree is cut
    """

    common: str
    interval: str
    too_few: str
    shared: str
    fork: Callable[[str], str]
    threshold: str


def clustered_square(
    found: Clusters,
    shared: pd.DataFrame | None,
    labels: Mapping[str, str],
    names: Mapping[str, str],
    texts: SquareTexts,
    *,
    limit: float,
    chosen: tuple[str, str] | None = None,
    theme: Theme,
) -> go.Figure:
    """Cells coloured by correlation, clusters framed, the tree above.

    Parameters
    ----------
    shared : DataFrame, ids × ids, members in common; None where that has no meaning
    labels : id → its name, short enough to stand beside the square; `names` the whole one
    limit : correlation at which the colour is full; the printed figure is the true one
    chosen : a pair whose cells are framed
    """
    count = len(found.order)
    cell = _CELL if count <= _MANY else _SMALL_CELL
    figure = go.Figure()
    figure.add_trace(_cells(found, limit, theme))
    figure.add_traces(_crosses(found, cell, theme))
    figure.add_trace(_points(found, shared, names, texts, cell))
    if len(found.branches):
        figure.add_traces(_tree(found, texts, theme))
    _frame_clusters(figure, found.cluster, theme)
    if chosen is not None:
        _frame_pair(figure, found.order, chosen, theme)
    height = cell * count
    # Columns carry the number of their row: names of 35 columns stand on no telephone.
    rows = {
        "tickvals": list(range(1, count + 1)),
        "ticktext": [
            f"{as_label(labels[one])}  {place}" for place, one in enumerate(found.order, start=1)
        ],
        "showgrid": False,
    }
    ends = {"zeroline": False, "fixedrange": True}
    share = height / (height + _TREE)
    figure.update_xaxes(
        **ends,
        range=[0.5, count + 0.5],
        tick0=1 if count <= _NUMBERED else 5,
        dtick=1 if count <= _NUMBERED else 5,
        tickangle=0,
        tickfont={"size": 10},
        showgrid=False,
        anchor="y",
    )
    figure.update_layout(
        template=theme.template(),
        height=height + _TREE + _AROUND,
        margin={"t": 24, "b": 8, "l": 8, "r": 8},
        showlegend=False,
        hovermode="closest",
        hoverdistance=40,
        clickmode="event+select",
        dragmode=False,
        yaxis={**rows, **ends, "range": [count + 0.5, 0.5], "domain": [0, share]},
        yaxis2={
            **ends,
            "domain": [min(share + 0.02, 1), 1],
            "anchor": "x",
            "showgrid": False,
            **_tree_ticks(found),
        },
    )
    return figure


def _scale(theme: Theme) -> list[tuple[float, str]]:
    opposite, together = DARK_SCALE if theme.dark else LIGHT_SCALE
    return [(0.0, opposite), (0.5, theme.flat), (1.0, together)]


def _cells(found: Clusters, limit: float, theme: Theme) -> go.Heatmap:
    values = found.correlation.to_numpy(dtype=float).copy()
    np.fill_diagonal(values, np.nan)
    printed = len(values) <= _PRINTED
    marks = [-limit, -limit / 2, 0, limit / 2, limit]
    return go.Heatmap(
        z=values,
        x0=1,
        dx=1,
        y0=1,
        dy=1,
        text=[[f"{one:.2f}" if one == one else "" for one in row] for row in values],
        texttemplate="%{text}" if printed else "",
        textfont={"size": 11},
        hoverinfo="skip",
        zmin=-limit,
        zmax=limit,
        colorscale=_scale(theme),
        xgap=1,
        ygap=1,
        colorbar={
            "orientation": "h",
            "thickness": 10,
            "len": 0.8,
            "y": 0,
            "yanchor": "top",
            "ypad": 34,
            "tickvals": marks,
            "ticktext": [
                f"{sign}{one:+.1f}" if one else "0"
                for sign, one in zip(("≤", "", "", "", "≥"), marks, strict=True)
            ],
            "outlinewidth": 0,
        },
    )


def _crosses(found: Clusters, cell: int, theme: Theme) -> list[go.Scatter]:
    """Pairs without a figure, and the diagonal."""
    values = found.correlation.to_numpy(dtype=float)
    rows, columns = np.nonzero(np.isnan(values))
    diagonal = np.arange(len(values))
    shape = {"mode": "markers", "hoverinfo": "skip"}
    return [
        go.Scatter(
            x=columns + 1,
            y=rows + 1,
            marker={
                "symbol": "x-thin",
                "size": cell * 0.4,
                "line": {"width": 1.5, "color": theme.missing if not theme.dark else theme.muted},
            },
            **shape,
        ),
        go.Scatter(
            x=diagonal + 1,
            y=diagonal + 1,
            marker={"symbol": "square", "size": cell * 0.3, "color": theme.grid},
            **shape,
        ),
    ]


def _points(
    found: Clusters,
    shared: pd.DataFrame | None,
    names: Mapping[str, str],
    texts: SquareTexts,
    cell: int,
) -> go.Scatter:
    """Invisible, one in each cell: a heatmap's own cells cannot be selected."""
    values = found.correlation.to_numpy(dtype=float)
    rows, columns = np.nonzero(~np.eye(len(values), dtype=bool))
    parts = [found.low, found.high]
    low, high = (one.to_numpy(dtype=float)[rows, columns] for one in parts)
    common = found.common.to_numpy()[rows, columns]
    together = np.zeros(len(rows), int)
    if shared is not None:
        together = shared.loc[list(found.order), list(found.order)].to_numpy()[rows, columns]
    titles = [as_label(names[one]) for one in found.order]
    lines = [
        f"{titles[row]} × {titles[column]}<br>"
        + _hover(values[row, column], low[n], high[n], int(common[n]), texts)
        + (f"<br>{texts.shared} {together[n]}" if together[n] else "")
        for n, (row, column) in enumerate(zip(rows, columns, strict=True))
    ]
    hidden = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=columns + 1,
        y=rows + 1,
        text=lines,
        mode="markers",
        marker={"symbol": "square", "size": cell, "opacity": 0},
        selected=hidden,
        unselected=hidden,
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(value: float, low: float, high: float, common: int, texts: SquareTexts) -> str:
    counted = f"{texts.common} {common}"
    if value != value:
        return f"{texts.too_few}<br>{counted}"
    interval = f" ({texts.interval} {low:+.2f}…{high:+.2f})" if low == low else ""
    return f"ρ {value:+.2f}{interval}<br>{counted}"


def _tree(found: Clusters, texts: SquareTexts, theme: Theme) -> list[go.Scatter]:
    places, heights = found.branches[:, 0, :], found.branches[:, 1, :]
    gap = np.full((len(places), 1), np.nan)
    top = heights.max(axis=1)
    shape = {"yaxis": "y2", "mode": "lines"}
    return [
        go.Scatter(
            x=np.hstack([places + 1, gap]).ravel(),
            y=np.hstack([heights, gap]).ravel(),
            line={"width": 1.5, "color": theme.muted},
            hoverinfo="skip",
            **shape,
        ),
        go.Scatter(
            x=places[:, 1:3].mean(axis=1) + 1,
            y=top,
            yaxis="y2",
            mode="markers",
            marker={"size": 5, "color": theme.muted},
            text=[as_label(texts.fork(f"{_correlation(one):.2f}")) for one in top],
            hovertemplate="%{text}<extra></extra>",
            # Not to be chosen: they are no pairs.
            selectedpoints=[],
            unselected={"marker": {"opacity": 1}},
        ),
        go.Scatter(
            x=[0.5, len(places) + 1.5],
            y=[found.cut, found.cut],
            line={"width": 1, "dash": "dash", "color": theme.accent},
            name=as_label(texts.threshold),
            hovertemplate=f"{as_label(texts.threshold)}<extra></extra>",
            **shape,
        ),
    ]


def _correlation(distance: float) -> float:
    return 1 - distance**2 / 2


def _tree_ticks(found: Clusters) -> dict[str, object]:
    """Distances are labelled with the correlations they stand for, from the lowest fork up."""
    heights = found.branches[:, 1, :].max(axis=1) if len(found.branches) else np.ones(1)
    low = max(float(min(heights.min(), found.cut)) - _ROOM, 0.0)
    high = float(max(heights.max(), found.cut)) + _ROOM / 2
    at = {f"ρ {value:.1f}": distance_of(value) for value in _TREE_TICKS}
    shown: dict[str, float] = {}
    for name, height in at.items():
        far = all(abs(height - one) >= (high - low) / _TREE_MARKS for one in shown.values())
        if low <= height <= high and far:
            shown[name] = height
    return {
        "tickvals": list(shown.values()),
        "ticktext": list(shown),
        "range": [low, high],
    }


def _frame_clusters(figure: go.Figure, cluster: pd.Series, theme: Theme) -> None:
    numbers = cluster.to_numpy()
    starts = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    ends = np.r_[starts[1:], len(numbers)]
    for first, last in zip(starts, ends, strict=True):
        if last - first > 1:
            figure.add_shape(
                type="rect",
                x0=first + 0.5,
                x1=last + 0.5,
                y0=first + 0.5,
                y1=last + 0.5,
                line={"width": 2, "color": theme.text},
            )


def _frame_pair(
    figure: go.Figure, order: tuple[str, ...], chosen: tuple[str, str], theme: Theme
) -> None:
    if not set(chosen) <= set(order):
        return
    places = [order.index(one) + 1 for one in chosen]
    for row, column in (places, places[::-1]):
        figure.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"width": 3, "color": theme.accent},
        )


def pair_at(point: Mapping[str, object], order: tuple[str, ...]) -> tuple[str, str] | None:
    """The two ids of a clicked cell; None for anything else in the figure."""
    place = []
    for axis in ("y", "x"):
        value = point.get(axis)
        if not isinstance(value, int | float) or value != int(value):
            return None
        place.append(int(value) - 1)
    if place[0] == place[1] or not all(0 <= one < len(order) for one in place):
        return None
    return order[place[0]], order[place[1]]


def shortened(name: str) -> str:
    """Cut to the width beside the found."""
    name = " ".join(name.split())
    total = np.cumsum([1 + (unicodedata.east_asian_width(one) in "WF") for one in name])
    if not len(total) or total[-1] <= _LABEL:
        return name
    return name[: int(np.searchsorted(total, _LABEL - 1, "right"))] + "…"
