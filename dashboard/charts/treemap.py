"""The heatmap: stage → layer → company."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.analytics.tiles import ID, LEVEL, MEMBERS, PARENT, PRICED, SIZE, VALUE, Level
from dashboard.charts.formats import metric_text
from dashboard.charts.markup import as_label
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.charts.theme import Theme, contrast_text
from dashboard.i18n import Language

Figure = go.Figure


@dataclass(frozen=True)
class TileText:
    """What a tile says besides its figure.

    Attributes
    ----------
    title : name of the stage, layer or company
    mark : shown behind the figure (a limit, a date of a stale price); empty for none
    hover : lines of the hover box below the title
    missing : why there is no figure; empty where there is one
    stale : drawn grey although it has a figure
    """

    title: str
    mark: str = ""
    hover: tuple[str, ...] = ()
    missing: str = ""
    stale: bool = False
    at_limit: bool = False


def treemap(
    tiles: pd.DataFrame,
    texts: Mapping[str, TileText],
    *,
    colour_by: str,
    theme: Theme,
    language: Language,
    height: int = 720,
) -> go.Figure:
    """Draw the tiles of `analytics.tiles`.

    The colour is clipped at the ends of the metric's fixed range, the printed number is
    the true one. A tile without a figure is hatched grey and says why.

    Parameters
    ----------
    tiles : DataFrame (id, parent, level, name, size, value, priced, members)
    texts : id → what the tile says
    colour_by : metric key of the values; must be in `COLOUR_RANGES`
    """
    span = COLOUR_RANGES[colour_by]
    said = [texts[one] for one in tiles[ID]]
    grey = [text.stale or value != value for text, value in zip(said, tiles[VALUE], strict=True)]
    colours = colours_of(span.position(tiles[VALUE]), grey, theme, span.scale(theme))
    figure = go.Figure(
        go.Treemap(
            ids=tiles[ID],
            parents=tiles[PARENT],
            # A parent's header draws its label and never its text.
            labels=[
                _caption(row, text, colour_by, language)
                for row, text in zip(tiles.to_dict("records"), said, strict=True)
            ],
            values=tiles[SIZE],
            branchvalues="total",
            texttemplate="%{label}",
            hovertext=[_hover(text) for text in said],
            hovertemplate="%{hovertext}<extra></extra>",
            textfont={"color": [contrast_text(colour) for colour in colours], "size": 13},
            marker={
                "colors": colours,
                "line": {
                    "width": [3.0 if text.at_limit else 0.8 for text in said],
                    "color": [theme.text if text.at_limit else theme.background for text in said],
                },
                "pattern": {
                    "shape": ["/" if value != value else "" for value in tiles[VALUE]],
                    "fgcolor": theme.muted,
                    "fillmode": "overlay",
                    "size": 6,
                    "solidity": 0.12,
                },
                "pad": {"t": 24, "l": 3, "r": 3, "b": 3},
                "cornerradius": 3,
            },
            tiling={"packing": "squarify", "squarifyratio": 1, "pad": 1.5},
            pathbar={"visible": False},
            root={"color": "rgba(0,0,0,0)"},
            sort=True,
        )
    )
    _legend(figure, colour_by, theme, language)
    figure.update_layout(
        template=theme.template(),
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 44},
    )
    return figure


def colours_of(
    positions: npt.NDArray[np.float64],
    grey: Sequence[bool],
    theme: Theme,
    scale: Sequence[tuple[float, str]],
) -> list[str]:
    """`#rrggbb` of each position 0…1 on a colour scale; the theme's grey where `grey`."""
    stops = [stop for stop, _ in scale]
    channels = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for _, c in scale], float)
    at = np.nan_to_num(positions)
    mixed = np.stack([np.interp(at, stops, channel) for channel in channels.T], axis=-1)
    return [
        theme.missing if out else "#" + "".join(f"{round(c):02x}" for c in colour)
        for out, colour in zip(grey, mixed, strict=True)
    ]


def _caption(row: Mapping[Hashable, Any], text: TileText, key: str, language: Language) -> str:
    figure = text.missing or metric_text(key, row[VALUE], language)
    figure = f"{figure} {text.mark}".rstrip()
    if row[LEVEL] in (Level.STAGE.value, Level.LAYER.value):
        return f"<b>{as_label(text.title)}</b>  {figure}  ({row[PRICED]}/{row[MEMBERS]})"
    return f"<b>{as_label(text.title)}</b><br>{figure}"


def _hover(text: TileText) -> str:
    return "<br>".join([f"<b>{as_label(text.title)}</b>", *map(as_label, text.hover)])


def _legend(figure: go.Figure, key: str, theme: Theme, language: Language) -> None:
    """A labelled colour bar: an empty scatter carries it, since treemaps draw none per value."""
    span = COLOUR_RANGES[key]
    positions, labels = span.ticks(key, language)
    figure.add_trace(
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            hoverinfo="skip",
            showlegend=False,
            marker={
                "color": [0.5],
                "cmin": 0,
                "cmax": 1,
                "colorscale": span.scale(theme),
                "showscale": True,
                "colorbar": {
                    "orientation": "h",
                    "thickness": 10,
                    "len": 0.5,
                    "x": 0.5,
                    "y": 0,
                    "yanchor": "top",
                    "ypad": 6,
                    "tickvals": positions,
                    "ticktext": labels,
                    "outlinewidth": 0,
                },
            },
        )
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
