"""How a figure is spread over a universe, and which part of it a condition keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme

BINS: Final = 32
_TAIL: Final = 1.0
"""Per cent of the values on either side that the outermost bars gather."""


def distribution(
    values: npt.NDArray[np.float64],
    kept: npt.NDArray[np.bool_],
    thresholds: Sequence[float],
    *,
    say: Callable[[float], str],
    words: tuple[str, str],
    theme: Theme,
    logarithmic: bool = False,
    height: int = 84,
) -> go.Figure | None:
    """A small histogram: what is kept stands on what is not, a line at each threshold.

    The outermost bars gather the tails, so that one giant does not flatten the rest.

    Parameters
    ----------
    values : one a row of the universe; NaN where unknown, not drawn
    kept : whether the condition keeps the row
    thresholds : values the condition compares with
    say : a value as text
    words : names of the two kinds of bars, kept and not kept
    logarithmic : bars of equal ratios, for amounts; what is not above zero is not drawn

    Returns
    -------
    Figure, or None where no value is known
    """
    if logarithmic:
        positive = [np.log10(one) for one in thresholds if one > 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            powers = np.where(values > 0, np.log10(values), np.nan)
        return distribution(
            powers,
            kept,
            positive,
            say=lambda power: say(10**power),
            words=words,
            theme=theme,
            height=height,
        )
    known = np.isfinite(values)
    if not known.any():
        return None
    shown, kept = values[known], kept[known]
    edges = _edges(shown, thresholds)
    inside = np.clip(shown, edges[0], edges[-1])
    figure = go.Figure()
    looks = ((theme.accent, 1.0), (theme.muted, 0.4))
    for name, part, (colour, opacity) in zip(words, (kept, ~kept), looks, strict=True):
        counts = np.histogram(inside[part], edges)[0]
        figure.add_bar(
            x=((edges[:-1] + edges[1:]) / 2).tolist(),
            y=counts.tolist(),
            width=float(edges[1] - edges[0]),
            name=as_label(name),
            marker={"color": colour, "opacity": opacity, "line": {"width": 0}},
            customdata=[f"{say(low)} … {say(high)}" for low, high in pairwise(edges)],
            hovertemplate="%{customdata}<br>%{y}<extra>%{fullData.name}</extra>",
        )
    for one in thresholds:
        figure.add_vline(
            x=float(np.clip(one, edges[0], edges[-1])),
            line={"color": theme.text, "width": 1.5, "dash": "dot"},
        )
    _axes(figure, edges, say)
    figure.update_layout(
        template=theme.template(),
        barmode="stack",
        bargap=0.06,
        showlegend=False,
        height=height,
        margin={"l": 24, "r": 24, "t": 4, "b": 0},
        # At its own size the word would hide the bars.
        annotations=[{"templateitemname": "watermark", "font": {"size": 16}}]
        if theme.watermark
        else [],
    )
    return figure


def _edges(values: npt.NDArray[np.float64], thresholds: Sequence[float]) -> npt.NDArray[np.float64]:
    low, high = np.percentile(values, [_TAIL, 100 - _TAIL])
    width = max(high - low, abs(high) * 1e-6, 1e-9)
    # A threshold far out is drawn at the edge.
    reach = 2 * width
    low = min(low, *(max(one, low - reach) for one in thresholds), low)
    high = max(high, *(min(one, high + reach) for one in thresholds), high)
    edges: npt.NDArray[np.float64] = np.linspace(low, max(high, low + width), BINS + 1)
    return edges


def _axes(figure: go.Figure, edges: npt.NDArray[np.float64], say: Callable[[float], str]) -> None:
    marks = [float(edges[0]), float((edges[0] + edges[-1]) / 2), float(edges[-1])]
    figure.update_xaxes(
        tickvals=marks,
        ticktext=[as_label(say(one)) for one in marks],
        showgrid=False,
        fixedrange=True,
        tickfont={"size": 11},
    )
    figure.update_yaxes(visible=False, fixedrange=True)
