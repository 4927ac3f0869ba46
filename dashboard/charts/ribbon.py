"""Rank ribbon: groups as bands, the strongest on top, wider where they are stronger."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.markup import as_label
from dashboard.charts.theme import Theme

HEIGHT: Final = 470
_THIN, _THICK = 0.07, 0.42
"""Half the width of a band, in ranks."""
_OUTER: Final = 10.0
"""Per cent of the values on either side that have the outermost widths."""
_COLOURS: Final = 6
MOST_DATED: Final = 14
"""Changes of the leader whose dates have room above the bands."""
_BELOW: Final = 0.8
"""Ranks below the last band, where pins of groups without a rank stand."""


@dataclass(frozen=True)
class Band:
    """One group.

    Attributes
    ----------
    name : told at its end
    hatched : of another market than the others
    """

    group: str
    name: str
    hatched: bool = False


@dataclass(frozen=True)
class Change:
    """Another group leads."""

    session: pd.Timestamp
    text: str


@dataclass(frozen=True)
class Flag:
    """What a document said, on the band of its group.

    Attributes
    ----------
    label : short, printed in it
    text : told by the mouse
    """

    session: pd.Timestamp
    group: str
    label: str
    text: str


def ribbon_chart(
    rank: pd.DataFrame,
    relative: pd.DataFrame,
    bands: Sequence[Band],
    *,
    changes: Sequence[Change] = (),
    flags: Sequence[Flag] = (),
    words: Mapping[str, str],
    theme: Theme,
) -> go.Figure:
    """Bands through time.

    Parameters
    ----------
    rank : DataFrame, sessions × groups, 1 on top; NaN draws a gap
    relative : the same, fraction; the width
    changes, flags : within the sessions
    words : texts by `rank` and `relative_return`
    """
    figure = go.Figure()
    half = _half_widths(relative)
    for place, band in enumerate(bands):
        colour = theme.series[place % _COLOURS]
        for part in _runs(rank[band.group]):
            figure.add_scatter(
                x=[*part.index, *part.index[::-1]],
                y=_outline(-part, half.loc[part.index, band.group]),
                mode="lines",
                line={"width": 0.6, "color": theme.background},
                fill="toself",
                fillcolor=colour,
                fillpattern=_hatching(colour) if band.hatched else None,
                opacity=0.85,
                hoverinfo="skip",
                showlegend=False,
            )
        _middle(figure, rank[band.group], relative[band.group], band, words, theme)
    _leaders(figure, changes, theme)
    _flags(figure, flags, rank, theme)
    count = len(bands)
    figure.update_yaxes(
        range=[-count - (1.25 if _unranked(flags, rank) else 0.55), -0.45],
        tickvals=[-one for one in range(1, count + 1)],
        ticktext=[str(one) for one in range(1, count + 1)],
        title=as_label(words["rank"]),
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_xaxes(tickformat="%Y-%m", hoverformat="%Y-%m-%d", fixedrange=True)
    figure.update_layout(
        template=theme.template(),
        height=HEIGHT,
        hovermode="closest",
        dragmode=False,
        margin={"l": 8, "r": 96, "t": 78 if 0 < len(changes) <= MOST_DATED else 12, "b": 8},
    )
    return figure


def _hatching(colour: str) -> dict[str, object]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return {
        "shape": "/",
        "size": 8,
        "solidity": 0.35,
        "fgcolor": colour,
        "bgcolor": f"rgba({red},{green},{blue},0.4)",
        "fillmode": "overlay",
    }


def _half_widths(relative: pd.DataFrame) -> pd.DataFrame:
    known = relative.to_numpy(float)
    known = known[np.isfinite(known)]
    low, high = np.percentile(known, [_OUTER, 100 - _OUTER]) if known.size else (0.0, 1.0)
    share = ((relative - low) / max(high - low, 1e-9)).clip(0, 1)
    return _THIN + (_THICK - _THIN) * share


def _runs(rank: pd.Series) -> list[pd.Series]:
    """Stretches without a gap; a lone week is none."""
    known = rank.notna()
    runs = (known != known.shift()).cumsum()[known]
    return [part for _, part in rank[known].groupby(runs) if len(part) > 1]


def _outline(middle: pd.Series, half: pd.Series) -> list[float]:
    above, below = middle + half, middle - half
    return [round(one, 3) for one in [*above, *below[::-1]]]


def _middle(
    figure: go.Figure,
    rank: pd.Series,
    relative: pd.Series,
    band: Band,
    words: Mapping[str, str],
    theme: Theme,
) -> None:
    """The mouse's figures, and the name at the end."""
    known = rank.dropna()
    if known.empty:
        return
    name = as_label(band.name)
    last = known.index[-1] == rank.index[-1]
    figure.add_scatter(
        x=known.index,
        y=-known,
        mode="lines+text",
        line={"width": 0},
        text=[*[""] * (len(known) - 1), name if last else ""],
        textposition="middle right",
        textfont={"size": 12, "color": theme.text},
        cliponaxis=False,
        customdata=np.round(relative.reindex(known.index), 4).tolist(),
        hovertemplate=(
            f"<b>{name}</b> %{{x|%Y-%m-%d}}<br>{as_label(words['relative_return'])} "
            f"%{{customdata:+.1%}}<extra></extra>"
        ),
        showlegend=False,
    )


def _leaders(figure: go.Figure, changes: Sequence[Change], theme: Theme) -> None:
    line = {"width": 1, "dash": "dot", "color": theme.text}
    # All at once: plotly reads the earlier ones again with every one that is added.
    figure.layout.shapes = [
        {"type": "line", "x0": one.session, "x1": one.session, "y0": -1.5, "y1": -0.45,
         "line": line}
        for one in changes
    ]  # fmt: skip
    if len(changes) > MOST_DATED:
        return
    for change in changes:
        figure.add_annotation(
            x=change.session,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=as_label(change.text),
            textangle=-90,
            font={"size": 11, "color": theme.muted},
            showarrow=False,
        )


def _place(flag: Flag, rank: pd.DataFrame) -> float:
    """The band's middle at the flag's session; below all where it has none."""
    place = int(rank.index.searchsorted(flag.session))
    if place < len(rank) and flag.group in rank:
        # Between two points a band runs straight.
        about = rank[flag.group].iloc[max(place - 1, 0) : place + 1]
        days = [float(one) for one in (about.index - rank.index[0]).total_seconds()]
        own = np.interp((flag.session - rank.index[0]).total_seconds(), days, about.to_numpy())
        if not math.isnan(own):
            return -float(own)
    return -(rank.shape[1] + _BELOW)


def _unranked(flags: Sequence[Flag], rank: pd.DataFrame) -> bool:
    return any(_place(flag, rank) < -rank.shape[1] for flag in flags)


def _flags(figure: go.Figure, flags: Sequence[Flag], rank: pd.DataFrame, theme: Theme) -> None:
    for flag in flags:
        figure.add_annotation(
            x=flag.session,
            y=_place(flag, rank),
            text=as_label(flag.label),
            hovertext=as_label(flag.text),
            font={"size": 11, "color": theme.text},
            bgcolor=theme.background,
            bordercolor=theme.text,
            borderwidth=1.5,
            borderpad=2,
            showarrow=False,
        )
