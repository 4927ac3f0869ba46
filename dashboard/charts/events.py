"""Events in time, and what a portfolio did around one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.analytics.event_study import (
    ABNORMAL,
    CAR,
    DAY,
    HIGH,
    LOW,
    MARKET_RETURN,
    RETURN,
    Window,
)
from dashboard.charts.formats import signed_percent
from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme
from dashboard.prices.bars import SESSION

SYMBOLS: Final = {
    "positive": "triangle-up",
    "negative": "triangle-down",
    "mixed": "diamond",
    "neutral": "circle",
}
_ROW: Final = 20
"""Pixels of one row of a lane."""
_APART: Final = dt.timedelta(days=6)
"""Marks of one row must be so far apart not to hide each other."""
_MARGIN: Final = dt.timedelta(days=25)


@dataclass(frozen=True)
class Happening:
    """A mark of the time line.

    Attributes
    ----------
    first, last : what its date can mean; one day where that is known
    lane : name of what it stands in
    text : what its box says, by lines
    """

    id: str
    first: dt.date
    last: dt.date
    lane: str
    direction: str
    text: tuple[str, ...]

    @property
    def is_day(self) -> bool:
        return self.first == self.last


def day_marks(happenings: Sequence[Happening]) -> tuple[Happening, ...]:
    """Those of the chart's first curve, in its order; the others are its second."""
    return tuple(one for one in happenings if one.is_day)


def timeline(
    happenings: Sequence[Happening],
    lanes: Sequence[str],
    *,
    selected: str | None,
    theme: Theme,
) -> go.Figure:
    """Days as points, shaped by direction; months, quarters and years as bars.

    Parameters
    ----------
    lanes : from the top
    selected : id of the mark that stands out
    """
    rows, ticks = _rows(happenings, lanes)
    days = day_marks(happenings)
    spans = [one for one in happenings if not one.is_day]
    figure = go.Figure()
    figure.add_scatter(
        x=[one.first for one in days],
        y=[rows[one.id] for one in days],
        mode="markers",
        marker={
            "symbol": [SYMBOLS[one.direction] for one in days],
            "size": [17 if one.id == selected else 12 for one in days],
            "color": theme.accent,
            "line": {
                "width": [2.5 if one.id == selected else 0 for one in days],
                "color": theme.text,
            },
        },
        text=[_box(one) for one in days],
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    figure.add_bar(
        orientation="h",
        base=[one.first for one in spans],
        x=[((one.last - one.first).days + 1) * 86_400_000 for one in spans],
        y=[rows[one.id] for one in spans],
        width=0.5,
        marker={
            "color": theme.muted,
            "opacity": 0.45,
            "line": {
                "width": [2.5 if one.id == selected else 0 for one in spans],
                "color": theme.text,
            },
        },
        text=[_box(one) for one in spans],
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0.45}},
        unselected={"marker": {"opacity": 0.45}},
    )
    count = max(rows.values(), default=0) + 1
    figure.update_yaxes(
        tickvals=[(first + last) / 2 for first, last in ticks.values()],
        ticktext=[as_label(lane) for lane in ticks],
        range=[count - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_xaxes(
        type="date", range=_range(days or happenings), tickformat="%Y-%m", hoverformat="%Y-%m-%d"
    )
    figure.update_layout(
        template=theme.template(),
        height=max(_ROW * count, 120) + 50,
        showlegend=False,
        dragmode="pan",
        shapes=[_rule(last + 0.5, theme) for _, last in ticks.values()],
        hovermode="closest",
        margin={"t": 8},
    )
    return figure


def _rule(y: float, theme: Theme) -> dict[str, object]:
    """The line below a lane; plotly's own way to add one takes longer than all the marks."""
    line = {"width": 1, "color": theme.grid}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}


def _box(one: Happening) -> str:
    return "<br>".join(as_label(line) for line in one.text)


def _range(happenings: Sequence[Happening]) -> list[dt.date] | None:
    if not happenings:
        return None
    first, last = min(one.first for one in happenings), max(one.last for one in happenings)
    return [first - _MARGIN, last + _MARGIN]


def _rows(
    happenings: Sequence[Happening], lanes: Sequence[str]
) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Row of each mark, and first and last row of each lane: marks that are near get their own."""
    rows: dict[str, int] = {}
    ticks: dict[str, tuple[int, int]] = {}
    top = 0
    for lane in lanes:
        own = sorted((x for x in happenings if x.lane == lane), key=lambda x: (x.first, x.last))
        if not own:
            continue
        ends: list[dt.date] = []
        for one in own:
            free = next((n for n, end in enumerate(ends) if end + _APART <= one.first), len(ends))
            ends[free : free + 1] = [one.last]
            rows[one.id] = top + free
        ticks[lane] = (top, top + len(ends) - 1)
        top += len(ends)
    return rows, ticks


def car_chart(
    path: pd.DataFrame, window: Window, *, words: Mapping[str, str], theme: Theme
) -> go.Figure:
    """Abnormal returns as bars, their sum with its band, and what the market did.

    Parameters
    ----------
    path : columns of `event_study.path`, and the session
    words : names of `ar`, `car`, `band`, `own`, `market` and `day`
    """
    days = path[DAY]
    sessions = path[SESSION].dt.strftime("%Y-%m-%d")
    figure = go.Figure()
    figure.add_vrect(
        x0=window.first - 0.5,
        x1=window.last + 0.5,
        fillcolor=theme.accent,
        opacity=0.09,
        line_width=0,
        layer="below",
    )
    figure.add_bar(
        x=days,
        y=path[ABNORMAL],
        name=as_label(words[ABNORMAL]),
        marker_color=[theme.signed(value) for value in path[ABNORMAL].fillna(0.0)],
        opacity=0.75,
        customdata=_customdata(sessions, path[ABNORMAL]),
        hovertemplate=_HOVER,
    )
    looks = (("own", RETURN, theme.text, "dot"), ("market", MARKET_RETURN, theme.muted, "dash"))
    for name, column, colour, dash in looks:
        line = _cumulated(path, column, window)
        figure.add_scatter(
            x=days,
            y=line,
            name=as_label(words[name]),
            mode="lines",
            connectgaps=True,
            line={"color": colour, "width": 1.3, "dash": dash},
            customdata=_customdata(sessions, line),
            hovertemplate=_HOVER,
        )
    inside = path[path[CAR].notna()]
    band_days = [*inside[DAY], *inside[DAY][::-1]]
    figure.add_scatter(
        x=band_days,
        y=[*inside[HIGH], *inside[LOW][::-1]],
        name=as_label(words["band"]),
        fill="toself",
        fillcolor=theme.accent,
        opacity=0.22,
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=inside[DAY],
        y=inside[CAR],
        name=as_label(words[CAR]),
        mode="lines+markers",
        line={"color": theme.accent, "width": 3},
        customdata=_customdata(sessions[inside.index], inside[CAR]),
        hovertemplate=_HOVER,
    )
    figure.add_vline(x=0, line={"width": 1.5, "dash": "dash", "color": theme.muted})
    figure.update_xaxes(title={"text": as_label(words[DAY])}, fixedrange=True, dtick=5)
    figure.update_yaxes(tickformat="+.0%", fixedrange=True, zeroline=True)
    figure.update_layout(
        template=theme.template(), height=360, hovermode="closest", legend={"font": {"size": 11}}
    )
    return figure


_HOVER: Final = "%{customdata}<extra>%{fullData.name}</extra>"


def _customdata(sessions: pd.Series[str], values: pd.Series[float]) -> list[str]:
    return [
        f"{session}　{signed_percent(value)}"
        for session, value in zip(sessions, values, strict=True)
    ]


def _cumulated(path: pd.DataFrame, column: str, window: Window) -> pd.Series[float]:
    """Sum of the returns so far, nothing on the day before the window."""
    total = path[column].fillna(0.0).cumsum().where(path[column].notna())
    before = path.loc[path[DAY] < window.first, column].sum()
    return total - (before if np.isfinite(before) else 0.0)
