"""Rotation graph: tails of groups over four quadrants, played week by week in the browser."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme

MAX_FRAMES: Final = 53
"""Weeks that can be played; a year and the week it began with."""
HEIGHT: Final = 640
_CENTRE: Final = 100.0
_COLOURS: Final = 6
"""Of the theme's series: those after them are near the colours of rising and falling."""
_SYMBOLS: Final = ("circle", "square", "diamond", "star", "hexagon", "cross", "x")
_STEP: Final = 350
"""Milliseconds a week."""
_PLOT: Final = (400.0, 430.0)
"""Pixels that labels are placed for: a narrow window's, so that wider ones have room."""
_SIGN: Final = 6.5
"""Pixels of a Latin letter; a Chinese sign takes two."""
_LONGEST: Final = 20
"""Latin letters of a name at its point."""
_LINE: Final = 15.0
_HEAD: Final = 9.0
_PLACES: Final[tuple[tuple[str, float, float], ...]] = (
    ("middle right", 0.5, 0.0),
    ("middle left", -0.5, 0.0),
    ("top center", 0.0, 0.5),
    ("bottom center", 0.0, -0.5),
    ("top right", 0.5, 0.5),
    ("bottom right", 0.5, -0.5),
    ("top left", -0.5, 0.5),
    ("bottom left", -0.5, -0.5),
)
"""Where a label may stand, and which half of its box lies right of and above its point."""

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Trail:
    """One group.

    Attributes
    ----------
    dashed : of another market than the others
    drawn : with colour, tail and name; else a grey point whose name the mouse tells
    """

    group: str
    name: str
    dashed: bool = False
    drawn: bool = True


@dataclass(frozen=True)
class Words:
    """Texts of the graph.

    Attributes
    ----------
    quadrants : id → name
    week : stands before the slider's week
    """

    quadrants: Mapping[str, str]
    ratio: str
    momentum: str
    week: str


class Played(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure with frames that are sent as they are: plotly takes a second to check them all."""

    _played: tuple[dict[str, Any], ...] = ()

    def play(self, frames: Sequence[dict[str, Any]]) -> None:
        """Frames (name, data) of the figure's own traces, in their order."""
        self._played = tuple(frames)

    def to_dict(self) -> dict[str, Any]:
        """The figure as plotly has it, with its frames."""
        whole: dict[str, Any] = super().to_dict()
        return {**whole, "frames": list(self._played)} if self._played else whole


def rotation_chart(
    ratio: pd.DataFrame,
    momentum: pd.DataFrame,
    weeks: Sequence[str],
    trails: Sequence[Trail],
    words: Words,
    *,
    theme: Theme,
    tail: int,
    finished: bool = True,
) -> go.Figure:
    """The last week, with a slider and a button that play the weeks before it.

    Parameters
    ----------
    ratio, momentum : DataFrame, weeks × groups, 100 in the centre; NaN: no point
        The last `MAX_FRAMES` weeks can be played, those before them are tails.
    weeks : label of each week
    tail : weeks behind a point
    finished : an unfinished last week has hollow points
    """
    points = _points(ratio, momentum, [one.group for one in trails])
    shown = range(max(0, len(weeks) - MAX_FRAMES), len(weeks))
    some = [week for week in shown if np.isfinite(points[0, week]).any()]
    frames = list(range(some[0], len(weeks))) if some else list(shown)[-1:]
    limits = _limits(points[:, frames[0] :] if frames else points)
    placed = _placed(points, trails, frames, limits)
    figure = Played()
    if not frames:
        return _dressed(figure, limits, words, theme)
    hollow = {week: not finished and week == len(weeks) - 1 for week in frames}
    steps = [
        _traces(points, trails, week, tail, places, hollow=hollow[week])
        for week, places in zip(frames, placed, strict=True)
    ]
    for trace, looks in zip(steps[-1], _looks(trails, theme), strict=True):
        figure.add_scatter(**_merged(looks, trace))
    figure.play(
        [{"name": weeks[week], "data": step} for week, step in zip(frames, steps, strict=True)]
    )
    _dressed(figure, limits, words, theme)
    if len(frames) > 1:
        _player(figure, [weeks[week] for week in frames], words, theme)
    return figure


def drawn_by_distance(ratio: pd.Series, momentum: pd.Series, most: int) -> list[str]:
    """The groups farthest from the centre, in their own order; all where they are few."""
    distance = pd.Series(np.hypot(ratio - _CENTRE, momentum - _CENTRE), ratio.index).dropna()
    far = set(distance.nlargest(most).index)
    return [str(group) for group in ratio.index if group in far]


def _points(ratio: pd.DataFrame, momentum: pd.DataFrame, groups: list[str]) -> Floats:
    """(ratio, momentum) × weeks × groups, to the hundredth that is drawn."""
    frames = (frame.reindex(columns=groups).to_numpy(float) for frame in (ratio, momentum))
    points: Floats = np.round(np.stack(list(frames)), 2)
    return points


def _limits(points: Floats) -> tuple[float, float]:
    """How far the axes reach from the centre, the same for all weeks."""
    away = np.abs(points - _CENTRE)
    across, up = (
        max(1.0, float(np.nanmax(one, initial=0.0)) * 1.18) if np.isfinite(one).any() else 1.0
        for one in away
    )
    return across, up


def _traces(
    points: Floats,
    trails: Sequence[Trail],
    week: int,
    tail: int,
    places: Mapping[int, str],
    *,
    hollow: bool,
) -> list[dict[str, Any]]:
    """What changes from week to week: grey points, then tail and head of each drawn group."""
    muted = [place for place, one in enumerate(trails) if not one.drawn]
    x, y = points[0, week], points[1, week]
    suffix = "-open" if hollow else ""
    out: list[dict[str, Any]] = [
        {"type": "scatter", "x": _known(x[muted]), "y": _known(y[muted]),
         "marker": {"symbol": f"circle{suffix}"}}
    ]  # fmt: skip
    for number, place in enumerate(_drawn(trails)):
        past = slice(max(0, week - tail), week + 1)
        out.append(
            {"type": "scatter", "x": _known(points[0, past, place]),
             "y": _known(points[1, past, place])}
        )  # fmt: skip
        out.append(
            {"type": "scatter", "x": _known(x[[place]]), "y": _known(y[[place]]),
             "textposition": places.get(place, _PLACES[0][0]),
             "marker": {"symbol": f"{_symbol(number)}{suffix}"}}
        )  # fmt: skip
    return out


def _known(values: Floats) -> list[float | None]:
    """Plotly's own form of numbers, a hole as null."""
    return [None if one != one else one for one in values.tolist()]


def _drawn(trails: Sequence[Trail]) -> list[int]:
    return [place for place, one in enumerate(trails) if one.drawn]


def _symbol(number: int) -> str:
    return _SYMBOLS[number % len(_SYMBOLS)]


def _looks(trails: Sequence[Trail], theme: Theme) -> list[dict[str, Any]]:
    """What does not change, in the order of `_traces`."""
    names = [as_label(one.name) for one in trails if not one.drawn]
    hover = "<b>%{hovertext}</b><br>%{x:.2f} · %{y:.2f}<extra></extra>"
    out: list[dict[str, Any]] = [
        {
            "mode": "markers",
            "hovertext": names,
            "marker": {"size": 7, "color": theme.muted, "opacity": 0.55},
            "hovertemplate": hover,
            "showlegend": False,
        }
    ]
    for number, place in enumerate(_drawn(trails)):
        one, colour = trails[place], theme.series[number % _COLOURS]
        out.append(
            {
                "mode": "lines+markers",
                "line": {"width": 1.8, "color": colour, "dash": "dot" if one.dashed else "solid"},
                "marker": {"size": 3.5, "color": colour},
                "opacity": 0.7,
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
        out.append(
            {
                "mode": "markers+text",
                "name": as_label(one.name),
                "text": [as_label(_short(one.name))],
                "hovertext": [as_label(one.name)],
                "textfont": {"size": 12, "color": theme.text},
                "marker": {
                    "size": 12,
                    "color": colour,
                    "line": {"width": 1.5, "color": theme.text},
                },
                "hovertemplate": hover,
                "showlegend": False,
            }
        )
    for trace in out:
        # A click picks a group; it shall not pale the others.
        trace["selected"] = {"marker": {"opacity": 1}}
        trace["unselected"] = {"marker": {"opacity": 1}}
        trace["cliponaxis"] = False
    return out


def _merged(looks: dict[str, Any], trace: dict[str, Any]) -> dict[str, Any]:
    marker = {**looks["marker"], **trace.get("marker", {})}
    both = {**looks, **trace, "marker": marker}
    both.pop("type")
    return both


# --- labels ---------------------------------------------------------------------------


def _placed(
    points: Floats,
    trails: Sequence[Trail],
    frames: Sequence[int],
    limits: tuple[float, float],
) -> list[dict[int, str]]:
    """Where each drawn group's name stands in each frame, so that few names overlap.

    A name keeps its place from week to week as long as it is free.
    """
    scale = np.array([_PLOT[0] / (2 * limits[0]), _PLOT[1] / (2 * limits[1])])
    drawn = _drawn(trails)
    widths = {place: _columns(_short(trails[place].name)) * _SIGN for place in drawn}
    kept: dict[int, str] = {}
    out: list[dict[int, str]] = []
    for week in frames:
        heads = {
            place: tuple(((points[:, week, place] - _CENTRE) * scale).tolist())
            for place in drawn
            if np.isfinite(points[0, week, place])
        }
        taken: list[Box] = [_around(x, y) for x, y in heads.values()]
        kept = dict(kept)
        for place, (x, y) in heads.items():
            kept[place], box = _free(x, y, widths[place], taken, kept.get(place))
            taken.append(box)
        out.append({place: kept[place] for place in heads})
    return out


def _free(
    x: float, y: float, width: float, taken: Sequence[Box], before: str | None
) -> tuple[str, Box]:
    """The first place where the name meets nothing, else where it covers least."""
    order = sorted(_PLACES, key=lambda one: one[0] != before)
    tried: list[tuple[float, str, Box]] = []
    for name, right, above in order:
        centre_x = x + 2 * right * (width / 2 + _HEAD)
        centre_y = y + 2 * above * (_LINE / 2 + _HEAD)
        box = (
            centre_x - width / 2,
            centre_y - _LINE / 2,
            centre_x + width / 2,
            centre_y + _LINE / 2,
        )
        covered = sum(_overlap(box, other) for other in taken) + _outside(box)
        tried.append((covered, name, box))
        if not covered:
            break
    _, name, box = min(tried, key=lambda one: one[0])
    return name, box


def _around(x: float, y: float) -> Box:
    half = _HEAD - 2
    return (x - half, y - half, x + half, y + half)


def _overlap(one: Box, other: Box) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return across * up if across > 0 and up > 0 else 0.0


def _outside(box: Box) -> float:
    """How much of a box lies beyond the sides of the plot."""
    half = _PLOT[0] / 2
    return max(0.0, box[2] - half) * _LINE + max(0.0, -half - box[0]) * _LINE


def _columns(name: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in name)


def _short(name: str) -> str:
    """The name as it stands at its point; the mouse tells the whole of it."""
    if _columns(name) <= _LONGEST:
        return name
    while _columns(name) >= _LONGEST:
        name = name[:-1]
    return f"{name.rstrip()}…"


# --- around the points ----------------------------------------------------------------


def _dressed(
    figure: go.Figure, limits: tuple[float, float], words: Words, theme: Theme
) -> go.Figure:
    """Quadrants, axes and their names."""
    across, up = limits
    corners = {
        "leading": (1, 1, theme.series[3]),
        "weakening": (1, -1, theme.series[4]),
        "lagging": (-1, -1, theme.series[5]),
        "improving": (-1, 1, theme.series[1]),
    }
    for quadrant, (right, top, colour) in corners.items():
        figure.add_shape(
            type="rect",
            x0=_CENTRE,
            x1=_CENTRE + right * across,
            y0=_CENTRE,
            y1=_CENTRE + top * up,
            fillcolor=colour,
            opacity=0.13,
            line={"width": 0},
            layer="below",
        )
        figure.add_annotation(
            x=1 if right > 0 else 0,
            y=1 if top > 0 else 0,
            xref="paper",
            yref="paper",
            xanchor="right" if right > 0 else "left",
            yanchor="top" if top > 0 else "bottom",
            text=f"<b>{as_label(words.quadrants[quadrant])}</b>",
            font={"size": 15, "color": theme.muted},
            showarrow=False,
            borderpad=6,
        )
    line = {"width": 1, "color": theme.muted}
    figure.add_shape(
        type="line", x0=_CENTRE, x1=_CENTRE, y0=0, y1=1, yref="paper", line=line, layer="below"
    )
    figure.add_shape(
        type="line", y0=_CENTRE, y1=_CENTRE, x0=0, x1=1, xref="paper", line=line, layer="below"
    )
    figure.update_xaxes(
        title=as_label(words.ratio),
        range=[_CENTRE - across, _CENTRE + across],
        showgrid=False,
        fixedrange=True,
    )
    figure.update_yaxes(
        title=as_label(words.momentum),
        range=[_CENTRE - up, _CENTRE + up],
        showgrid=False,
        fixedrange=True,
    )
    figure.update_layout(
        template=theme.template(),
        height=HEIGHT,
        hovermode="closest",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )
    return figure


def _player(figure: go.Figure, names: Sequence[str], words: Words, theme: Theme) -> None:
    still = {"mode": "immediate", "frame": {"duration": 0}, "transition": {"duration": 0}}
    moving = {
        "fromcurrent": True,
        "frame": {"duration": _STEP},
        "transition": {"duration": 0},
        "mode": "immediate",
    }
    look = {"bgcolor": theme.surface, "bordercolor": theme.grid, "borderwidth": 1}
    figure.update_layout(
        margin={"b": 112},
        updatemenus=[
            {
                **look,
                "type": "buttons",
                "direction": "left",
                "showactive": False,
                "x": 0,
                "xanchor": "left",
                "y": 0,
                "yanchor": "top",
                "pad": {"t": 74, "r": 8},
                "font": {"color": theme.text},
                "buttons": [
                    {"label": "▶", "method": "animate", "args": [None, moving]},
                    {"label": "❚❚", "method": "animate", "args": [[None], still]},
                ],
            }
        ],
        sliders=[
            {
                **look,
                "active": len(names) - 1,
                "activebgcolor": theme.accent,
                "x": 0.36,
                "len": 0.64,
                "y": 0,
                "yanchor": "top",
                "pad": {"t": 66, "b": 0},
                "ticklen": 3,
                "tickcolor": theme.grid,
                # Fifty dates would overlap; the chosen one is told above the slider.
                "font": {"size": 1, "color": "rgba(0,0,0,0)"},
                "currentvalue": {
                    "prefix": f"{as_label(words.week)} ",
                    "font": {"size": 13, "color": theme.text},
                    "xanchor": "left",
                },
                "steps": [
                    {"label": name, "method": "animate", "args": [[name], still]} for name in names
                ],
            }
        ],
    )
