"""Candles with moving averages, volume, limit and ex-dividend marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.lines import Mark
from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme

MAX_BARS = 750


def day_names(sessions: pd.Index[Any]) -> list[str]:
    """Sessions as categories of the axis."""
    return pd.DatetimeIndex(sessions).strftime("%Y-%m-%d").tolist()


def candles(
    bars: pd.DataFrame,
    averages: Mapping[str, pd.Series],
    *,
    marks_up: pd.DatetimeIndex,
    marks_down: pd.DatetimeIndex,
    ex_sessions: Mapping[pd.Timestamp, str],
    jumps: pd.DatetimeIndex,
    events: Sequence[Mark] = (),
    words: Mapping[str, str],
    theme: Theme,
    height: int = 560,
) -> go.Figure:
    """At most `MAX_BARS` bars on a category axis, so that holidays leave no gap.

    Parameters
    ----------
    bars : DataFrame by session (open, high, low, close, volume); NaN rows are left out
    averages : label → Series by session
    marks_up, marks_down : sessions that closed at the limit
    ex_sessions : session → text of the dividend or split
    jumps : sessions whose move no action explains
    words : texts for limit_up, limit_down, ex, jump_mark, volume, events
    """
    shown = bars.dropna(subset=["close"]).iloc[-MAX_BARS:]
    days = day_names(shown.index)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.05
    )
    figure.add_trace(
        go.Candlestick(
            x=days,
            open=shown["open"],
            high=shown["high"],
            low=shown["low"],
            close=shown["close"],
            increasing={"line": {"color": theme.up, "width": 1}, "fillcolor": theme.up},
            decreasing={"line": {"color": theme.down, "width": 1}, "fillcolor": theme.down},
            showlegend=False,
            name="",
        ),
        row=1,
        col=1,
    )
    for (label, series), colour in zip(averages.items(), theme.series, strict=False):
        figure.add_trace(
            go.Scatter(
                x=days,
                y=series.reindex(shown.index),
                name=label,
                mode="lines",
                line={"width": 1.3, "color": colour},
                hovertemplate="%{y:.2f}",
            ),
            row=1,
            col=1,
        )
    high, low = shown["high"].fillna(shown["close"]), shown["low"].fillna(shown["close"])
    limit_up, limit_down = words["limit_up"], words["limit_down"]
    for texts, at, symbol, colour, name in (
        (dict.fromkeys(marks_up, limit_up), high, "triangle-up", theme.up, limit_up),
        (dict.fromkeys(marks_down, limit_down), low, "triangle-down", theme.down, limit_down),
        (ex_sessions, low * 0.985, "diamond-open", theme.accent, words["ex"]),
        (
            dict.fromkeys(jumps, words["jump_mark"]),
            high * 1.02,
            "x",
            theme.text,
            words["jump_mark"],
        ),
        (
            {one.session: one.text for one in events},
            high * 1.02,
            "star",
            theme.muted,
            words["events"],
        ),
    ):
        _mark(figure, at, texts, symbol=symbol, colour=colour, name=name)
    rising = shown["close"] >= shown["open"].fillna(shown["close"])
    figure.add_trace(
        go.Bar(
            x=days,
            y=shown["volume"],
            name=words["volume"],
            marker_color=[theme.up if up else theme.down for up in rising],
            opacity=0.55,
            showlegend=False,
        ),
        row=2,
        col=1,
    )
    figure.update_xaxes(type="category", nticks=8, rangeslider_visible=False)
    figure.update_layout(template=theme.template(), height=height, hovermode="x unified", bargap=0)
    return figure


def _mark(
    figure: go.Figure,
    at: pd.Series[float],
    texts: Mapping[pd.Timestamp, str],
    *,
    symbol: str,
    colour: str,
    name: str,
) -> None:
    """Markers at prices `at` on those sessions of the chart that have a text."""
    inside = at.loc[at.index.intersection(pd.DatetimeIndex(list(texts)))]
    if inside.empty:
        return
    figure.add_trace(
        go.Scatter(
            x=day_names(inside.index),
            y=inside,
            name=name,
            mode="markers",
            marker={"symbol": symbol, "size": 9, "color": colour},
            text=[as_label(texts[one]) for one in inside.index],
            hovertemplate="%{text}<extra></extra>",
        ),
        row=1,
        col=1,
    )
