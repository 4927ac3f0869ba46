"""How a layer answers a driver: the answers one by one, and how the slope wandered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme


@dataclass(frozen=True, eq=False)
class Answer:
    """One part of a session against the driver's move.

    Attributes
    ----------
    title : of the part
    response : simple returns by session; NaN is not drawn
    line : response at two moves, (move, response) each; empty for none
    """

    title: str
    response: pd.Series
    line: Sequence[tuple[float, float]] = ()


def response_scatter(
    move: pd.Series,
    answers: Sequence[Answer],
    *,
    move_title: str,
    theme: Theme,
    height: int = 360,
) -> go.Figure:
    """Each part beside the other on one scale, a point a session, with the fitted line.

    Parameters
    ----------
    move : simple returns of the driver by session
    """
    titles = [as_label(one.title) for one in answers]
    figure = make_subplots(
        cols=len(answers),
        subplot_titles=titles,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        # One for both: on a narrow screen two would run into each other.
        x_title=as_label(move_title),
    )
    for place, one in enumerate(answers, start=1):
        both = move.notna() & one.response.notna()
        colour = theme.series[place - 1]
        figure.add_scatter(
            x=move[both],
            y=one.response[both],
            mode="markers",
            marker={"size": 5, "color": colour, "opacity": 0.45},
            text=[f"{one:%Y-%m-%d}" for one in move.index[both]],
            hovertemplate="%{text}<br>%{x:+.2%} → %{y:+.2%}<extra></extra>",
            row=1,
            col=place,
        )
        if one.line:
            figure.add_scatter(
                x=[x for x, _ in one.line],
                y=[y for _, y in one.line],
                mode="lines",
                line={"color": theme.text, "width": 2},
                hoverinfo="skip",
                row=1,
                col=place,
            )
    figure.update_xaxes(tickformat="+.0%", zeroline=True)
    figure.update_yaxes(tickformat="+.0%", zeroline=True)
    figure.update_layout(
        template=theme.template(), height=height, showlegend=False, margin={"t": 40, "b": 56}
    )
    return figure


def slope_lines(
    slopes: Sequence[tuple[str, pd.Series]], *, theme: Theme, height: int = 260
) -> go.Figure:
    """Rolling slopes by session, a line a part, and zero.

    Parameters
    ----------
    slopes : (title, slopes by session)
    """
    figure = go.Figure()
    for place, (title, values) in enumerate(slopes):
        line = {"width": 2, "color": theme.series[place], "dash": "solid" if place == 0 else "dot"}
        figure.add_scatter(
            x=values.index,
            y=np.round(values.to_numpy(float), 4),
            name=as_label(title),
            mode="lines",
            line=line,
            hovertemplate="%{y:+.2f}",
        )
    figure.add_hline(y=0, line={"width": 1, "color": theme.muted})
    figure.update_xaxes(tickformat="%Y-%m", hoverformat="%Y-%m-%d")
    figure.update_yaxes(tickformat="+.1f")
    figure.update_layout(template=theme.template(), height=height, hovermode="x unified")
    return figure
