"""Indexed lines: members and their layer against the market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme


@dataclass(frozen=True)
class Mark:
    """A dated happening drawn as a vertical line."""

    session: pd.Timestamp
    text: str


def indexed_chart(
    members: pd.DataFrame,
    layer: pd.Series,
    benchmark: pd.Series | None,
    *,
    names: Mapping[str, str],
    layer_name: str,
    benchmark_name: str,
    marks: Sequence[Mark] = (),
    theme: Theme,
    height: int = 420,
) -> go.Figure:
    """Members thin, the layer thick, the market dotted; all 100 at the first session.

    Parameters
    ----------
    members : DataFrame, sessions × symbols, index points; NaN draws a gap
    layer, benchmark : Series by session, index points
    names : symbol → label
    marks : events on the sessions of the chart
    """
    figure = go.Figure()
    for symbol in members.columns:
        line = members[symbol].dropna()
        figure.add_scatter(
            x=line.index,
            y=line,
            name=as_label(names[symbol]),
            mode="lines",
            line={"width": 1.3},
            opacity=0.85,
            hovertemplate="%{y:.1f}",
        )
    if benchmark is not None:
        figure.add_scatter(
            x=benchmark.index,
            y=benchmark,
            name=as_label(benchmark_name),
            mode="lines",
            line={"width": 1.8, "dash": "dot", "color": theme.muted},
            hovertemplate="%{y:.1f}",
        )
    figure.add_scatter(
        x=layer.index,
        y=layer,
        name=as_label(layer_name),
        mode="lines",
        line={"width": 3.2, "color": theme.accent},
        hovertemplate="%{y:.1f}",
    )
    figure.add_hline(y=100, line={"width": 1, "color": theme.grid})
    add_marks(figure, marks, theme)
    # Months as numbers read the same in both languages.
    figure.update_xaxes(tickformat="%Y-%m", hoverformat="%Y-%m-%d")
    figure.update_layout(template=theme.template(), height=height, hovermode="x unified")
    return figure


def add_marks(figure: go.Figure, marks: Sequence[Mark], theme: Theme) -> None:
    """Vertical lines with their text in the hover of a marker at the top."""
    for mark in marks:
        figure.add_vline(
            x=mark.session, line={"width": 1, "dash": "dash", "color": theme.muted}, opacity=0.6
        )
    if marks:
        figure.add_scatter(
            x=[mark.session for mark in marks],
            y=[1.0] * len(marks),
            yaxis="y2",
            mode="markers",
            marker={"symbol": "triangle-down", "size": 10, "color": theme.muted},
            text=[as_label(mark.text) for mark in marks],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
        figure.update_layout(
            yaxis2={"overlaying": "y", "range": [0, 1.02], "visible": False, "fixedrange": True}
        )
