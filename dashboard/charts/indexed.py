"""Many indexed lines and their mean: told apart by colour and dash, named below the chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme

_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_LEGEND: Final = 132
"""Pixels; a longer legend scrolls."""
_ENTRY: Final = 150
"""Pixels; names stand in columns."""
_HEIGHT: Final = 560


def list_chart(
    lines: pd.DataFrame,
    together: pd.Series[float],
    *,
    names: Mapping[str, str],
    together_name: str,
    theme: Theme,
) -> go.Figure:
    """Each symbol thin, all of them together thick; a click on a name hides a line.

    Parameters
    ----------
    lines : DataFrame, sessions × symbols, index points; NaN draws no point
    together : Series by session, index points
    names : symbol → label
    """
    figure = go.Figure()
    for place, symbol in enumerate(lines.columns):
        line = lines[symbol].dropna()
        turn, colour = divmod(place, len(theme.series))
        name = as_label(names[symbol])
        figure.add_scatter(
            x=line.index,
            y=line,
            name=name,
            mode="lines",
            line={
                "width": 1.4,
                "color": theme.series[colour],
                "dash": _DASHES[turn % len(_DASHES)],
            },
            opacity=0.9,
            hovertemplate=_hover(name),
        )
    figure.add_scatter(
        x=together.index,
        y=together,
        name=as_label(together_name),
        mode="lines",
        line={"width": 3.4, "color": theme.accent},
        hovertemplate=_hover(as_label(together_name)),
        legendrank=1,
    )
    figure.add_hline(y=100, line={"width": 1, "color": theme.grid})
    figure.update_xaxes(tickformat="%Y-%m", hoverformat="%Y-%m-%d")
    figure.update_layout(
        template=theme.template(),
        height=_HEIGHT,
        hovermode="closest",
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.08,
            "yanchor": "top",
            "entrywidth": _ENTRY,
            "maxheight": _LEGEND,
            "font": {"size": 12},
        },
    )
    return figure


def _hover(name: str) -> str:
    """One line, named, at a time: of thirty at once no box could be read."""
    return f"<b>{name}</b> %{{y:.1f}}<br>%{{x|%Y-%m-%d}}<extra></extra>"
