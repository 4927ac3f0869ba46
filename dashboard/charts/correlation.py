"""Correlation of a few series as a labelled square."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme


def correlation_square(
    correlations: pd.DataFrame,
    counts: pd.DataFrame,
    labels: Sequence[str],
    *,
    common: str,
    theme: Theme,
) -> go.Figure:
    """Coefficients printed in the cells; neutral colours, since they are no price moves.

    Parameters
    ----------
    correlations : DataFrame, symbols × symbols, [-1, 1]; NaN where too few common sessions
    counts : DataFrame, symbols × symbols, common sessions
    common : the word for "common sessions" in the hover
    """
    texts = [
        [f"{value:.2f}" if value == value else "—" for value in row]
        for row in correlations.to_numpy()
    ]
    figure = go.Figure(
        go.Heatmap(
            z=correlations.to_numpy(),
            x=[as_label(one) for one in labels],
            y=[as_label(one) for one in labels],
            text=texts,
            texttemplate="%{text}",
            customdata=counts.to_numpy(),
            hovertemplate=f"%{{y}} × %{{x}}: %{{text}}<br>{common}: %{{customdata}}<extra></extra>",
            zmin=-1,
            zmax=1,
            colorscale=[[0, "#3a8f86"], [0.5, theme.flat], [1, "#7b5aa6"]],
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(type="category", side="top")
    figure.update_layout(
        template=theme.template(), height=max(220, 38 * len(labels) + 90), margin={"t": 60}
    )
    return figure
