"""Layers or companies in columns, and what runs between them as curves.

No Sankey: relations run backwards and in circles, and most nodes have none. Each kind of link
has its own colour and dash; arrows show where there is a direction.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from dashboard.analytics.panel import Floats
from dashboard.charts.formats import MISSING, metric_text, signed_percent
from dashboard.charts.markup import as_label
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.charts.theme import Theme, contrast_text
from dashboard.charts.treemap import colours_of
from dashboard.i18n import Language

Point = tuple[float, float]
Trace = dict[str, Any]

NODE_SIZE: Final = 46
"""Pixels."""
_ROW: Final = 92
"""Pixels from one row to the next."""
_REACH: Final = 26
"""How far from a node's centre its links begin, in pixels of a picture `_WIDTH` wide."""
_WIDTH: Final = 980
_DOTS_APART: Final = 0.2
"""Between the dots of two links, in columns and rows."""
_APART: Final = 0.11
"""Between links of the same two nodes, in rows."""
_BELOW: Final = 0.29
"""From a node's centre to its name, in rows."""
_LINE: Final = 15
"""Latin characters in a line of a name; a Chinese one counts as two."""
_LINES: Final = 3
_STEPS: Final = 25
_WIDEST: Final = 9.0


@dataclass(frozen=True)
class FlowNode:
    """A layer or a company.

    Attributes
    ----------
    id : comes back when the node is clicked
    column, row : its place; columns from the left, rows from the top
    value : what it is coloured by, a fraction; NaN is grey
    hover : lines of the hover box below the title
    company : drawn as a diamond
    outside : stands below the columns, which are centred without it
    main : framed
    inside : lines of the hover box of links that begin and end here; drawn as a small badge
    """

    id: str
    column: int
    row: int
    title: str
    value: float
    hover: tuple[str, ...] = ()
    company: bool = False
    outside: bool = False
    main: bool = False
    inside: tuple[str, ...] = ()
    inside_count: int = 0


@dataclass(frozen=True)
class FlowLink:
    """A link between two other nodes; `count` is its width."""

    source: str
    target: str
    kind: str
    count: int
    hover: tuple[str, ...]


@dataclass(frozen=True)
class LinkStyle:
    """How a kind of link is drawn and what it is called."""

    label: str
    directed: bool
    colour: str
    dash: str


def link_styles(
    labels: Mapping[str, str], undirected: Sequence[str], theme: Theme
) -> dict[str, LinkStyle]:
    """A style for each kind, in the order of `labels` (kind → what it is called)."""
    blue, purple, brown, teal, yellow, grey = theme.series[:6]
    looks = (
        (theme.accent, "solid"), (brown, "solid"), (teal, "dot"), (purple, "dash"),
        (grey, "solid"), (yellow, "solid"), (grey, "dash"), (blue, "dashdot"),
    )  # fmt: skip
    return {
        kind: LinkStyle(label, kind not in undirected, *looks[place % len(looks)])
        for place, (kind, label) in enumerate(labels.items())
    }


def flow_chart(
    nodes: Sequence[FlowNode],
    links: Sequence[FlowLink],
    columns: Sequence[str],
    styles: Mapping[str, LinkStyle],
    *,
    colour_by: str,
    theme: Theme,
    language: Language,
) -> go.Figure:
    """Draw nodes in their columns and links as curves behind them.

    The last trace holds the nodes, in their order; `customdata` is each one's id.

    Parameters
    ----------
    columns : what stands above each column
    styles : kind of link → how it is drawn; only kinds that occur are in the legend
    colour_by : metric key of the nodes' values; must be in `COLOUR_RANGES`
    """
    places, shifts = _places(nodes), _shifts(links)
    traces: list[Trace] = []
    reach, dots = _REACH * len(columns) / _WIDTH, list[Point]()
    for kind, style in styles.items():
        own = [(one, shift) for one, shift in zip(links, shifts, strict=True) if one.kind == kind]
        if own:
            traces += _link_traces(own, places, style, theme, reach, dots)
    traces.append(_badges(nodes, places, theme))
    traces.append(_node_trace(nodes, places, colour_by, theme, language))
    deepest = max((y for _, y in places.values()), default=0.0)
    layout = {
        "template": theme.template(),
        "xaxis": {
            "range": [-0.6, len(columns) - 0.3],
            "tickvals": list(range(len(columns))),
            "ticktext": [f"<b>{_wrapped(one)}</b>" for one in columns],
            "side": "top", "tickfont": {"size": 12}, "ticks": "", "tickangle": 0,
            "showgrid": False, "zeroline": False, "fixedrange": True,
        },
        "yaxis": {"range": [deepest + 0.85, -0.45], "visible": False, "fixedrange": True},
        "height": round((deepest + 1.3) * _ROW) + 100,
        "margin": {"l": 0, "r": 0, "t": 64, "b": 0},
        "legend": {"orientation": "h", "y": -0.01, "yanchor": "top", "x": 0, "itemwidth": 34},
        "dragmode": False,
        "hoverdistance": 12,
        "annotations": _names(nodes, places, theme),
    }  # fmt: skip
    # Given whole: a figure that grows trace by trace checks and copies each of them twice.
    return go.Figure({"data": traces, "layout": layout})


def _places(nodes: Sequence[FlowNode]) -> dict[str, Point]:
    """Columns centred against the longest; what is outside stands below."""
    inside = [one for one in nodes if not one.outside]
    rows: dict[int, int] = {}
    for one in inside:
        rows[one.column] = max(rows.get(one.column, 0), one.row + 1)
    most = max(rows.values(), default=0)
    return {
        one.id: (
            float(one.column),
            one.row + (0.0 if one.outside else (most - rows[one.column]) / 2),
        )
        for one in nodes
    }


def _shifts(links: Sequence[FlowLink]) -> list[float]:
    """How far each link is moved so that those of the same two nodes lie side by side."""
    pairs = [tuple(sorted((one.source, one.target))) for one in links]
    seen: dict[tuple[str, ...], int] = {}
    found = []
    for pair in pairs:
        place = seen.get(pair, 0)
        seen[pair] = place + 1
        found.append((place - (pairs.count(pair) - 1) / 2) * _APART)
    return found


def curve(
    start: Point, end: Point, shift: float = 0.0, reach: float = 0.25
) -> tuple[Floats, Floats]:
    """A Bézier curve from one node's side to another's.

    To the right it leaves on the right, to the left on the left, and within a column it bows
    out to the right; so a link backwards is seen as one.

    Parameters
    ----------
    shift : rows by which it is moved down
    reach : columns from a node's centre to where it begins and ends
    """
    (x0, y0), (x1, y1) = start, end
    if x0 == x1:
        begin, finish, bow = x0 + reach, x1 + reach, 1.4 * reach
        handles = (begin + bow, finish + bow)
    else:
        way = 1.0 if x1 > x0 else -1.0
        begin, finish = x0 + way * reach, x1 - way * reach
        half = way * max(abs(finish - begin) / 2, 0.25)
        handles = (begin + half, finish - half)
    t = np.linspace(0.0, 1.0, _STEPS)
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    xs = (begin, *handles, finish)
    ys = (y0 + shift, y0 + shift, y1 + shift, y1 + shift)
    x = sum((w * one for w, one in zip(weights, xs, strict=True)), np.zeros(_STEPS))
    y = sum((w * one for w, one in zip(weights, ys, strict=True)), np.zeros(_STEPS))
    return x, y


def link_width(count: int) -> float:
    """Pixels of a link of so many relations."""
    return float(min(1.4 * count**0.75, _WIDEST))


def _link_traces(
    links: Sequence[tuple[FlowLink, float]],
    places: Mapping[str, Point],
    style: LinkStyle,
    theme: Theme,
    reach: float,
    dots: list[Point],
) -> list[Trace]:
    """The legend's line, a trace per width, and a dot amid each link for its hover box.

    `dots` are those of the links before; these are added.
    """
    group: Trace = {"type": "scatter", "legendgroup": style.label}
    line: Trace = {"color": style.colour, "dash": style.dash}
    legend = {
        **group, "x": [None], "y": [None], "mode": "lines", "name": as_label(style.label),
        "line": {**line, "width": 2.5},
    }  # fmt: skip
    middles: list[tuple[float, float, FlowLink]] = []
    heads: list[tuple[float, float, int]] = []
    lines = []
    for count in sorted({one.count for one, _ in links}):
        x: list[float | None] = []
        y: list[float | None] = []
        head = 9 + round(link_width(count)) if style.directed else 0
        for one, shift in links:
            if one.count != count:
                continue
            along = curve(places[one.source], places[one.target], shift, reach)
            dots.append(_seen(along, places, dots))
            middles.append((*dots[-1], one))
            x += [*along[0].tolist(), None]
            y += [*along[1].tolist(), None]
            heads += [
                (float(along[0][at]), float(along[1][at]), head if at == -1 else 0)
                for at in (-2, -1)
            ]
        lines.append(
            {
                **group, "x": x, "y": y, "mode": "lines", "hoverinfo": "skip",
                "showlegend": False, "opacity": 0.75,
                "line": {**line, "width": link_width(count)},
            }
        )  # fmt: skip
    # Markers of their own: on the lines they would be drawn at every step, unseen but not free.
    arrows = {
        **group, "x": [x for x, _, _ in heads], "y": [y for _, y, _ in heads],
        "mode": "markers", "hoverinfo": "skip", "showlegend": False,
        "marker": {"symbol": "arrow", "size": [size for _, _, size in heads],
                   "angleref": "previous", "opacity": 0.9, "color": style.colour,
                   "line": {"width": 0}},
    }  # fmt: skip
    text = contrast_text(style.colour)
    told = {
        **group,
        "x": [one[0] for one in middles], "y": [one[1] for one in middles],
        "mode": "markers+text", "showlegend": False,
        "text": [str(one[2].count) if one[2].count > 1 else "" for one in middles],
        "textfont": {"size": 10, "color": text},
        "marker": {"color": style.colour, "opacity": 1,
                   "size": [16 if one[2].count > 1 else 8 for one in middles],
                   "line": {"color": theme.background, "width": 1}},
        "hovertext": [_lines(one[2].hover) for one in middles],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "unselected": {"marker": {"opacity": 1}, "textfont": {"color": text}},
    }  # fmt: skip
    return [legend, *lines, *([arrows] if style.directed else []), told]


def _seen(
    along: tuple[Floats, Floats], places: Mapping[str, Point], dots: Sequence[Point]
) -> Point:
    """The point nearest the middle of a curve that no node, name or other dot covers."""
    x, y = along
    at = np.array(list(places.values()))
    aside, below = x[:, None] - at[:, 0], y[:, None] - at[:, 1]
    covered = ((np.abs(aside) < 0.36) & (below > -0.36) & (below < 0.75)).any(axis=1)
    others = np.array(dots, float).reshape(-1, 2)
    gaps = np.hypot(x[:, None] - others[:, 0], y[:, None] - others[:, 1])
    covered |= (gaps < _DOTS_APART).any(axis=1)
    from_middle = np.abs(np.arange(len(x)) - len(x) // 2)
    best = int(np.argmin(from_middle + np.where(covered, len(x), 0)))
    return float(x[best]), float(y[best])


def _badges(nodes: Sequence[FlowNode], places: Mapping[str, Point], theme: Theme) -> Trace:
    own = [one for one in nodes if one.inside]
    return {
        "type": "scatter", "mode": "markers+text", "showlegend": False,
        "x": [places[one.id][0] + 0.2 for one in own],
        "y": [places[one.id][1] - 0.27 for one in own],
        "text": [f"↻{one.inside_count}" for one in own],
        "textfont": {"size": 10, "color": theme.text},
        "marker": {"size": 20, "color": theme.surface, "opacity": 1,
                   "line": {"color": theme.muted, "width": 1}},
        "hovertext": [_lines(one.inside) for one in own],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "unselected": {"marker": {"opacity": 1}, "textfont": {"color": theme.text}},
    }  # fmt: skip


def _node_trace(
    nodes: Sequence[FlowNode],
    places: Mapping[str, Point],
    key: str,
    theme: Theme,
    language: Language,
) -> Trace:
    span = COLOUR_RANGES[key]
    values = [one.value for one in nodes]
    grey = [value != value for value in values]
    colours = colours_of(span.position(values), grey, theme, span.scale(theme))
    return {
        "type": "scatter", "mode": "markers+text", "showlegend": False,
        "x": [places[one.id][0] for one in nodes], "y": [places[one.id][1] for one in nodes],
        "text": [MISSING if value != value else signed_percent(value, 1) for value in values],
        "customdata": [[one.id] for one in nodes],
        "textfont": {"size": 10, "color": [contrast_text(colour) for colour in colours]},
        "marker": {
            "symbol": ["diamond" if one.company and one.outside else "circle" for one in nodes],
            "size": NODE_SIZE, "color": colours, "opacity": 1,
            "line": {"color": [theme.accent if one.main else theme.muted for one in nodes],
                     "width": [4 if one.main else 1 for one in nodes]},
        },
        "hovertext": [
            _lines((f"{one.title} {metric_text(key, one.value, language)}", *one.hover))
            for one in nodes
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip


def _names(nodes: Sequence[FlowNode], places: Mapping[str, Point], theme: Theme) -> list[Trace]:
    return [
        {
            "x": places[one.id][0], "y": places[one.id][1] + _BELOW, "yanchor": "top",
            "text": _wrapped(one.title), "showarrow": False, "captureevents": False,
            "font": {"size": 11, "color": theme.text}, "align": "center",
            "bgcolor": theme.background, "opacity": 0.86, "borderpad": 0,
        }
        for one in nodes
    ]  # fmt: skip


def _lines(lines: Sequence[str]) -> str:
    first, *rest = lines
    return "<br>".join([f"<b>{as_label(first)}</b>", *map(as_label, rest)])


def _wrapped(text: str) -> str:
    """A name in up to three short lines; the rest of a longer one is left to the hover box."""
    lines, line = [], ""
    for piece in _pieces(" ".join(text.split())):
        if line and _wide(line + piece.rstrip()) > _LINE:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], lines[_LINES - 1] + "…"]
    return "<br>".join(map(as_label, lines))


def _pieces(text: str) -> Iterator[str]:
    """What is not parted: words with the blank or hyphen behind them, and Chinese characters."""
    piece = ""
    for sign in text:
        if unicodedata.east_asian_width(sign) in "WF":
            # No line begins with a closing sign.
            if unicodedata.category(sign) in ("Pe", "Po") or sign == "／":
                piece += sign
                continue
            if piece:
                yield piece
            piece = sign
        elif piece and (piece[-1] in " -/" or unicodedata.east_asian_width(piece[-1]) in "WF"):
            yield piece
            piece = sign
        else:
            piece += sign
    if piece:
        yield piece


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
