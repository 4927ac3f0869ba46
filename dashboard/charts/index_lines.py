"""Chained indices through time, their breadth, and what today's list knew too early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme

PICKED: Final = "picked"
WHOLE: Final = "whole"
"""Kinds of lines that look otherwise than the groups among which they stand."""
_LOG_TICKS: Final = [first * 10**power for power in range(6) for first in (1, 2, 5)]
_DASHES: Final = ("solid", "dash", "dashdot")
_SHORT: Final = pd.Timedelta(days=200)
"""Half a year, from the last session before it."""
_DAYS: Final = "%m-%d\n%Y"
_MONTHS: Final = "%Y-%m"
_FORTNIGHT: Final = 14 * 86_400_000
"""Milliseconds; the widest step of plotly that is less than a month."""


@dataclass(frozen=True)
class Words:
    """Titles of the two parts of a chart."""

    upper: str
    lower: str


def index_chart(
    levels: pd.DataFrame,
    benchmark: pd.Series[float] | None,
    relative: pd.DataFrame,
    names: Mapping[str, str],
    words: Words,
    *,
    kinds: Mapping[str, str],
    logarithmic: bool = False,
    theme: Theme,
    height: int = 560,
) -> go.Figure:
    """Levels above, relative strength beneath; the picked group thick, the whole dashed, the
    benchmark dotted.

    Parameters
    ----------
    levels, relative : sessions × groups, index points; NaN draws a gap
    benchmark : by session, index points
    names : group, and the benchmark's own name → label
    kinds : group → `PICKED` or `WHOLE`, where it is one
    """
    both = bool(len(relative.columns))
    traces = []
    for place, group in enumerate(levels.columns):
        line = _look(place, kinds.get(str(group), ""), theme)
        for axis, frame in (("", levels), ("2", relative))[: 1 + both]:
            values = frame[group].dropna()
            trace = _line(values, names[str(group)], line) | _on(axis)
            traces.append(trace | {"legendgroup": str(group), "showlegend": not axis})
    if benchmark is not None:
        dotted = {"width": 2, "dash": "dot", "color": theme.text}
        traces.append(_line(benchmark, names[str(benchmark.name)], dotted) | _on(""))
    # All at once: of so many lines each one added by itself is checked anew.
    figure = go.Figure({"data": traces, "layout": _two_rows(words, theme) if both else {}})
    figure.update_xaxes(_dates(levels.index))
    if logarithmic:
        # Left to itself plotly prints bare digits between the powers of ten.
        figure.update_yaxes(type="log", tickvals=_LOG_TICKS, tickformat=",.0f")
    figure.update_layout(template=theme.template(), height=height, hovermode="x unified")
    return figure


def _dates(sessions: pd.Index[Any]) -> dict[str, object]:
    """Days on a short axis and wherever ticks are nearer than a month; else months.

    Named by its month alone, a month with several ticks would stand there several times.
    """
    axis: dict[str, object] = {"hoverformat": "%Y-%m-%d"}
    if len(sessions) and sessions[-1] - sessions[0] <= _SHORT:
        return axis | {"tickformat": _DAYS}
    near = {"dtickrange": [None, _FORTNIGHT], "value": _DAYS}
    return axis | {"tickformat": _MONTHS, "tickformatstops": [near]}


def _line(values: pd.Series[float], name: str, line: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "scatter",
        "x": values.index,
        "y": values,
        "name": as_label(name),
        "mode": "lines",
        "line": line,
        "hovertemplate": "%{y:.1f}",
    }


def _on(axis: str) -> dict[str, object]:
    return {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}


def _two_rows(words: Words, theme: Theme) -> dict[str, object]:
    """Two charts over one time axis, and the line on which a group does as its benchmark."""
    even = {"type": "line", "x0": 0, "x1": 1, "y0": 100, "y1": 100}
    even |= {"xref": "x2 domain", "yref": "y2", "line": {"width": 1, "color": theme.muted}}
    return {
        "xaxis": {"anchor": "y", "matches": "x2", "showticklabels": False},
        "xaxis2": {"anchor": "y2"},
        "yaxis": {"domain": [0.405, 1], "title": {"text": as_label(words.upper)}},
        "yaxis2": {
            "anchor": "x2",
            "domain": [0, 0.335],
            "title": {"text": as_label(words.lower)},
        },
        "shapes": [even],
    }


def breadth_chart(
    shares: pd.DataFrame,
    dispersion: pd.Series[float],
    names: Mapping[str, str],
    words: Words,
    *,
    theme: Theme,
    height: int = 360,
) -> go.Figure:
    """Shares of the members above, their dispersion beneath.

    Parameters
    ----------
    shares : sessions × marks, [0, 1]
    dispersion : by session, fraction
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.6, 0.4]
    )
    for place, mark in enumerate(shares.columns):
        values = shares[mark].dropna()
        figure.add_scatter(
            x=values.index,
            y=values,
            name=as_label(names[str(mark)]),
            mode="lines",
            line={"width": 1.8, "color": theme.series[place], "shape": "hv"},
            hovertemplate="%{y:.0%}",
            row=1,
            col=1,
        )
    known = dispersion.dropna()
    figure.add_scatter(
        x=known.index,
        y=known,
        name=as_label(words.lower),
        mode="lines",
        line={"width": 1.8, "color": theme.accent},
        showlegend=False,
        hovertemplate="%{y:.1%}",
        row=2,
        col=1,
    )
    figure.update_xaxes(_dates(shares.index))
    figure.update_yaxes(
        tickformat=".0%", range=[-0.03, 1.03], title_text=as_label(words.upper), row=1, col=1
    )
    figure.update_yaxes(tickformat=".0%", title_text=as_label(words.lower), row=2, col=1)
    figure.update_layout(template=theme.template(), height=height, hovermode="x unified")
    return figure


def hindsight_chart(
    today: pd.Series[float],
    known: pd.Series[float],
    marks: Sequence[tuple[pd.Timestamp, str]],
    names: tuple[str, str],
    *,
    theme: Theme,
    height: int = 320,
) -> go.Figure:
    """Two lists bought at the same close; what lies between them is filled.

    Parameters
    ----------
    today, known : by session, fractions since the start; all NaN is not drawn
    marks : days on which a document made members known, with their text
    names : of the two lists
    """
    figure = go.Figure()
    lines = ((known, names[1], theme.series[0]), (today, names[0], theme.series[1]))
    drawn = False
    for values, name, colour in lines:
        if values.isna().all():
            continue
        figure.add_scatter(
            x=values.index,
            y=values,
            name=as_label(name),
            mode="lines",
            line={"width": 2.4, "color": colour},
            fill="tonexty" if drawn else None,
            hovertemplate="%{y:+.1%}",
        )
        drawn = True
    for day, text in marks:
        figure.add_vline(x=day, line={"width": 1, "dash": "dash", "color": theme.muted})
        figure.add_annotation(
            x=day, y=1, yref="paper", yanchor="bottom", showarrow=False,
            text=as_label(text), font={"size": 11, "color": theme.muted},
        )  # fmt: skip
    figure.add_hline(y=0, line={"width": 1, "color": theme.grid})
    figure.update_xaxes(_dates(known.index))
    figure.update_yaxes(tickformat="+.0%")
    figure.update_layout(
        template=theme.template(),
        height=height,
        hovermode="x unified",
        legend={"y": -0.15, "yanchor": "top"},
        margin={"t": 30},
    )
    return figure


def _look(place: int, kind: str, theme: Theme) -> dict[str, object]:
    if kind == PICKED:
        return {"width": 3.4, "color": theme.accent}
    if kind == WHOLE:
        return {"width": 2, "color": theme.muted, "dash": "longdash"}
    # The first colour of the series is too near the accent.
    colours = theme.series[1:]
    dash = _DASHES[place // len(colours) % len(_DASHES)]
    return {"width": 1.6, "color": colours[place % len(colours)], "dash": dash}
