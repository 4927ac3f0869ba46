"""Signed horizontal bars."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.charts.formats import signed_percent
from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme


def signed_bars(
    labels: Sequence[str], values: Sequence[float], *, theme: Theme, row_height: int = 30
) -> go.Figure:
    """One bar a label, largest first, the signed percentage beside each.

    Parameters
    ----------
    values : fractions, none missing
    """
    rows = sorted(zip(values, labels, strict=True))
    figure = go.Figure(
        go.Bar(
            orientation="h",
            x=[value for value, _ in rows],
            y=[as_label(label) for _, label in rows],
            marker_color=[theme.signed(value) for value, _ in rows],
            text=[signed_percent(value) for value, _ in rows],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y} %{text}<extra></extra>",
        )
    )
    spread = max((abs(value) for value, _ in rows), default=0.01) or 0.01
    figure.update_xaxes(
        tickformat="+.1%",
        range=[min(0.0, rows[0][0]) - spread * 0.35, max(0.0, rows[-1][0]) + spread * 0.35],
    )
    figure.update_yaxes(type="category")
    figure.update_layout(
        template=theme.template(), height=row_height * len(rows) + 60, margin={"t": 8}
    )
    return figure
