"""A list as a treemap and as lines from 100."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analytics.layers import LAYER, STAGE, group_values
from dashboard.analytics.list_series import list_series
from dashboard.analytics.metrics import METRICS
from dashboard.analytics.tiles import (
    ID,
    LEVEL,
    MEMBERS,
    NAME,
    PRICED,
    VALUE,
    Level,
    SizeBy,
    build_tiles,
    selected,
)
from dashboard.charts.indexed import list_chart
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.charts.treemap import Figure, TileText, treemap
from dashboard.markets import market_of
from dashboard.prices.bars import SYMBOL
from dashboard.studies.heatmap import DEFAULT_COLOUR
from dashboard.ui import loaders, state
from dashboard.ui.company import SPANS
from dashboard.ui.heatmap import tile_texts
from dashboard.ui.labels import (
    company_title,
    figure_text,
    layer_name,
    metric_name,
    unadjusted_note,
)
from dashboard.ui.watchlist_rows import ListView
from dashboard.watchlists.formats import SECTION
from dashboard.watchlists.rows import LAYERS

BY_LAYER: Final = "layer"
BY_SECTION: Final = "section"
ADDED: Final = "added"
YEAR_TO_DATE: Final = "ytd"
_SPANS: Final[Mapping[str, pd.DateOffset]] = {"1m": pd.DateOffset(months=1), **SPANS}
_STARTS: Final = ("1m", "3m", "6m", YEAR_TO_DATE, "1y", "3y")
_DEFAULT_START: Final = "6m"
_MOST_LINES: Final = 60
_WHOLE: Final = "list"
_NOWHERE: Final = "off_the_map"


@dataclass(frozen=True, eq=False)
class Lines:
    """The chart of a list, and what is to be said below it."""

    figure: Figure | None
    note: str


# -- treemap


def show_treemap(view: ListView) -> None:
    """Every share as a tile, by layer or by section; a click opens the company."""
    page = view.page
    with st.container(horizontal=True, vertical_alignment="bottom"):
        colour_by = state.choice(
            state.COLOUR_BY,
            list(COLOUR_RANGES),
            DEFAULT_COLOUR,
            page.t("filters.colour_by"),
            lambda key: page.say(METRICS[key].short),
        )
        named = view.rows[SECTION].nunique() > 1
        by = (
            state.choice(
                state.GROUP,
                (BY_LAYER, BY_SECTION),
                BY_LAYER,
                page.t("watchlists.group"),
                lambda one: page.t(f"watchlists.group_{one}"),
            )
            if named
            else BY_LAYER
        )
    key = ("watchlist tiles", *page.figure_key, view.shown, colour_by, by, view.watchlist.name)
    figure, note = loaders.shared(key, lambda: _treemap(view, colour_by, by))
    if figure is None:
        st.info(note)
        return
    name = f"watchlist:treemap:{hash(key) & 0xFFFFFFFF:08x}"

    def open_company() -> None:
        points = st.session_state[name]["selection"]["points"]
        target = selected(points[0].get("id", "")) if points else None
        if target is not None and target[0] is Level.COMPANY:
            state.go(**{state.CODE: target[1]})

    st.plotly_chart(
        figure,
        key=name,
        theme=None,
        on_select=open_company,
        selection_mode="points",
        config={"displayModeBar": False},
    )
    st.caption(note)


def _treemap(view: ListView, colour_by: str, by: str) -> tuple[Figure | None, str]:
    page = view.page
    members = _members(view, by)
    if members.empty:
        return None, page.t("watchlists.no_tiles")
    metrics = page.snapshot.metrics
    # Amounts of two currencies are no areas of one picture.
    one_currency = len({market_of(one) for one in members[SYMBOL]}) == 1
    tiles = build_tiles(
        metrics,
        members,
        group_values(metrics, members, colour_by),
        colour_by=colour_by,
        size_by=SizeBy.SQRT_CAP if one_currency else SizeBy.EQUAL,
    )
    frame = tiles.frame
    alone = frame[LEVEL].isin([Level.COMPANY.value, Level.OTHERS.value])
    texts = tile_texts(page, frame[alone], colour_by) | _group_texts(
        view, frame[~alone], colour_by, by
    )
    figure = treemap(
        frame, texts, colour_by=colour_by, theme=page.theme, language=page.language, height=620
    )
    notes = [page.t(f"watchlists.tiles_{'note' if one_currency else 'equal'}")]
    if absent := len(view.rows) - len(members):
        notes.append(page.t("watchlists.tiles_absent", n=absent))
    notes.append(unadjusted_note(page, members[SYMBOL]))
    return figure, "  \n".join(filter(None, notes))


def _members(view: ListView, by: str) -> pd.DataFrame:
    """Each share of the list once, in the group that is drawn around it."""
    rows = view.rows[view.rows[SYMBOL].isin(view.page.snapshot.metrics.index)]
    groups = (
        [layers[0] if layers else _NOWHERE for layers in rows[LAYERS]]
        if by == BY_LAYER
        else [str(_sections(view).index(one)) for one in rows[SECTION]]
    )
    return pd.DataFrame({SYMBOL: rows[SYMBOL].to_numpy(), LAYER: groups, STAGE: _WHOLE})


def _sections(view: ListView) -> list[str]:
    return list(dict.fromkeys(view.rows[SECTION]))


def _group_texts(view: ListView, rows: pd.DataFrame, key: str, by: str) -> dict[str, TileText]:
    page = view.page
    return {
        row[ID]: TileText(
            _group_title(view, row[LEVEL], row[NAME], by),
            hover=(
                f"{metric_name(page, key)} {figure_text(page, key, row[VALUE])}",
                page.t("heatmap.coverage", priced=row[PRICED], members=row[MEMBERS]),
            ),
        )
        for row in rows.to_dict("records")
    }


def _group_title(view: ListView, level: str, name: str, by: str) -> str:
    if level == Level.STAGE.value:
        return view.watchlist.name
    if by == BY_SECTION:
        return _sections(view)[int(name)] or view.page.t("watchlists.section_none")
    return (
        view.page.t("watchlists.off_the_map") if name == _NOWHERE else layer_name(view.page, name)
    )


# -- lines


def show_lines(view: ListView) -> None:
    """Each share and the whole list from 100, since a day or since each was added."""
    page = view.page
    added = any(one.id >= 0 and one.added_on < page.snapshot.as_of for one in view.shown.entries)
    start = state.choice(
        state.SPAN,
        [*_STARTS, *([ADDED] if added else [])],
        _DEFAULT_START,
        page.t("watchlists.start"),
        lambda one: page.t(f"watchlists.start_{one}"),
    )
    key = ("watchlist lines", *page.figure_key, view.shown, start)
    lines = loaders.shared(key, lambda: _lines(view, start))
    if lines.figure is None:
        st.info(lines.note)
        return
    st.plotly_chart(lines.figure, key=f"watchlist:lines:{start}", theme=None)
    st.caption(lines.note)


def _lines(view: ListView, start: str) -> Lines:
    page = view.page
    since = _since(view, start)
    series = list_series(page.snapshot.prices.panels.values(), since, page.snapshot.as_of)
    if series.lines.empty:
        return Lines(None, page.t("watchlists.no_lines"))
    shown = series.lines[list(series.lines.columns)[:_MOST_LINES]]
    figure = list_chart(
        shown,
        series.together,
        names={symbol: company_title(page, symbol) for symbol in shown.columns},
        together_name=page.t("watchlists.together"),
        theme=page.theme,
    )
    first = f"{series.together.index[0]:%Y-%m-%d}"
    notes = [page.t(f"watchlists.lines_note_{'added' if start == ADDED else 'span'}", date=first)]
    if len(shown.columns) < series.lines.shape[1]:
        notes.append(page.t("watchlists.lines_most", n=_MOST_LINES, total=series.lines.shape[1]))
    if absent := len(since) - series.lines.shape[1]:
        notes.append(page.t("watchlists.lines_absent", n=absent))
    notes.append(unadjusted_note(page, series.lines.columns))
    return Lines(figure, "  \n".join(filter(None, notes)))


def _since(view: ListView, start: str) -> dict[str, dt.date]:
    as_of = view.page.snapshot.as_of
    if start == ADDED:
        return {one.symbol: min(one.added_on, as_of) for one in view.shown.entries if one.id >= 0}
    first = dt.date(as_of.year - 1, 12, 31)
    if start != YEAR_TO_DATE:
        first = (pd.Timestamp(as_of) - _SPANS[start]).date()
    return dict.fromkeys(view.shown.symbols, first)
