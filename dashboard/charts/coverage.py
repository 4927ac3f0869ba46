"""Which months of which symbols are stored: a strip of cells a symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.theme import Theme

ROW_HEIGHT: Final = 17
_HEAD: Final = 60


def coverage_strip(
    share: pd.DataFrame,
    labels: Sequence[str],
    *,
    hover: str,
    marks: Mapping[tuple[str, str], str],
    theme: Theme,
) -> go.Figure:
    """One row a symbol, one cell a month; a full month is blue, the more it lacks the yellower.

    Parameters
    ----------
    share : DataFrame, symbols × months (text such as 2026-06), [0, 1]
        Part of the market's sessions with a bar; NaN before the first and after the last.
    labels : of the rows
    hover : the words "sessions stored" for the hover text
    marks : (symbol, month) → what is flagged there; these cells get a dot

    Notes
    -----
    A heatmap sends no clicks; the invisible points above its cells do, with the month as `x`
    and the row's label as `y`.
    """
    months = [str(month) for month in share.columns]
    values = share.to_numpy(np.float64)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=months,
            y=list(labels),
            zmin=0,
            zmax=1,
            # Neutral hues: how much is stored is no move of a price.
            colorscale=[[0, theme.series[4]], [0.9, theme.series[3]], [1, theme.accent]],
            showscale=False,
            xgap=0.5,
            ygap=1,
            hoverinfo="skip",
        )
    )
    row, column = (one.tolist() for one in np.nonzero(~np.isnan(values)))
    texts = [
        f"{labels[r]} · {months[c]}: {values[r, c]:.0%} {hover}"
        for r, c in zip(row, column, strict=True)
    ]
    figure.add_trace(
        go.Scattergl(
            x=[months[c] for c in column],
            y=[labels[r] for r in row],
            mode="markers",
            marker={"size": 12, "opacity": 0, "symbol": "square"},
            unselected={"marker": {"opacity": 0}},
            selected={"marker": {"opacity": 0}},
            text=texts,
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    placed = [(at, what) for at, what in marks.items() if at[0] in share.index and at[1] in share]
    names = dict(zip(share.index, labels, strict=True))
    figure.add_trace(
        go.Scatter(
            x=[month for (_, month), _ in placed],
            y=[names[symbol] for (symbol, _), _ in placed],
            mode="markers",
            marker={
                "size": 7,
                "color": theme.background,
                "symbol": "circle",
                "line": {"width": 1.5, "color": theme.text},
            },
            text=[f"{names[symbol]} · {month}: {what}" for (symbol, month), what in placed],
            hovertemplate="%{text}<extra></extra>",
            unselected={"marker": {"opacity": 1}},
            cliponaxis=False,
            showlegend=False,
        )
    )
    figure.update_yaxes(
        type="category",
        range=[len(labels) - 0.5, -0.5],
        tickfont={"size": 11},
        dtick=1,
        showgrid=False,
    )
    figure.update_xaxes(
        type="category",
        range=[-0.5, len(months) - 0.5],
        showgrid=False,
        side="top",
        tickvals=[month for month in months if month.endswith("-01")],
        ticktext=[month[:4] for month in months if month.endswith("-01")],
    )
    figure.update_layout(
        template=theme.template(),
        height=ROW_HEIGHT * len(labels) + _HEAD,
        margin={"t": 34},
        clickmode="event+select",
        dragmode=False,
    )
    return figure
