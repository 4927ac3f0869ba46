"""The screener's answer: rows, layers, and what changed since the session before."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from dashboard.accounts.limits import ENTRIES
from dashboard.analytics.layers import group_values
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
from dashboard.charts.formats import MISSING
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.charts.treemap import Figure, TileText, treemap
from dashboard.screening.fields import Field
from dashboard.screening.language import parse
from dashboard.screening.run import Changes, Screened
from dashboard.screening.syntax import And, Compare, Node, Word, to_text
from dashboard.screening.syntax import Name as FieldName
from dashboard.ui import loaders, state
from dashboard.ui.columns import Change, choose_columns, styled
from dashboard.ui.export import table_buttons
from dashboard.ui.filters import DEFAULT_COLOUR
from dashboard.ui.heatmap import tile_texts
from dashboard.ui.labels import company_title, figure_text, layer_name, metric_name, stage_name
from dashboard.ui.links import symbol_link
from dashboard.ui.page import Page
from dashboard.ui.screener import (
    WHOLE_MAP,
    Request,
    Universe,
    about,
    export_rows,
    is_sortable,
    layer_hits,
    ordered,
)
from dashboard.ui.tables import picked
from dashboard.ui.watchlist_add import add_to_watchlist

ROWS_DRAWN: Final = 200
"""More rows than that, each cell styled, make a page slow; all of them are exported."""
_CHANGES_DRAWN: Final = 24
Told = tuple[dt.date, Changes]
_DIRECTIONS: Final = {"-": ":material/arrow_downward:", "": ":material/arrow_upward:"}


@dataclass(frozen=True, eq=False)
class Rows:
    """The drawn rows and the symbols they stand for."""

    symbols: tuple[str, ...]
    cells: Styler


def show_counts(universe: Universe, found: Screened) -> None:
    """How many of how many match, of how many it is unknown, as of when."""
    page = universe.page
    line = page.t(
        "screener.counts",
        n=f"{len(found.symbols):,}",
        total=f"{found.total:,}",
        date=f"{found.as_of:%Y-%m-%d}",
    )
    if found.unknown:
        line += page.t("screener.unknown", n=f"{found.unknown:,}")
    st.markdown(line, help=page.t("screener.unknown_help") if found.unknown else None)


def show_table(
    universe: Universe, found: Screened, request: Request, fields: Mapping[str, Field]
) -> None:
    """The result's rows; a click opens the company in this place."""
    page = universe.page
    _table_tools(universe, found, request, fields)
    rows = loaders.shared(
        ("screener rows", *universe.key, request.text, request.columns, request.sort),
        lambda: _rows(universe, found, request, fields),
    )
    drawn = len(rows.symbols)
    hint = page.t("screener.row_hint")
    if len(found.symbols) > drawn:
        hint += " " + page.t("screener.drawn", n=drawn, total=f"{len(found.symbols):,}")
    st.caption(hint)
    shown = (*rows.symbols, *request.columns, page.language, universe.id)
    name = f"screener:rows:{zlib.crc32(' '.join(shown).encode()):08x}"

    def open_company() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            state.go(**{state.CODE: rows.symbols[row]})

    st.dataframe(
        rows.cells,
        key=name,
        hide_index=True,
        on_select=open_company,
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        column_config={
            page.t("screener.company"): st.column_config.Column(pinned=True, width="medium")
        },
        height=min(36 * (len(rows.symbols) + 1) + 2, 620),
    )


def _rows(
    universe: Universe, found: Screened, request: Request, fields: Mapping[str, Field]
) -> Rows:
    page = universe.page
    rows = ordered(found, request).head(ROWS_DRAWN)
    cells = styled(
        page,
        rows,
        [fields[one] for one in request.columns],
        universe.snapshot.stale_symbols,
        {page.t("screener.company"): [company_title(page, str(one)) for one in rows.index]},
    )
    return Rows(tuple(map(str, rows.index)), cells)


def _table_tools(
    universe: Universe, found: Screened, request: Request, fields: Mapping[str, Field]
) -> None:
    page = universe.page
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _sort(page, request, fields)
        choose_columns(
            page,
            {key: page.say(one.label) for key, one in fields.items()},
            request.columns,
            request.default_columns,
            _columns_changed(request),
            name="screener:columns",
        )
        table_buttons(
            page,
            lambda: export_rows(universe, found, request),
            f"screen-{universe.id}",
            about(universe, request),
        )
        add_to_watchlist(page, found.symbols[:ENTRIES], "screener")


def _columns_changed(request: Request) -> Change:
    def change(columns: tuple[str, ...]) -> None:
        default = columns == request.default_columns
        state.go(**{state.COLUMNS: None if default else ",".join(columns)})

    return change


def _sort(page: Page, request: Request, fields: Mapping[str, Field]) -> None:
    options = [
        one
        for one in dict.fromkeys((request.sort_field, *request.columns))
        if is_sortable(fields.get(one))
    ]
    st.session_state["screener:sort"] = request.sort_field
    st.session_state["screener:direction"] = "-" if request.descending else ""

    def change() -> None:
        one = st.session_state["screener:sort"]
        state.go(**{state.SORT: st.session_state["screener:direction"] + one})

    st.selectbox(
        page.t("screener.sort"),
        options,
        key="screener:sort",
        format_func=lambda one: page.say(fields[one].label),
        on_change=change,
        width=240,
    )
    st.segmented_control(
        page.t("screener.direction"),
        list(_DIRECTIONS),
        key="screener:direction",
        format_func=lambda one: _DIRECTIONS[one],
        required=True,
        on_change=change,
        label_visibility="collapsed",
    )


def show_layers(universe: Universe, found: Screened, request: Request) -> None:
    """The result as a treemap of layers, and how many of each layer's members it has."""
    page = universe.page
    symbols = found.symbols
    counts = layer_hits(universe, symbols)
    off_map = len(set(symbols) - set(page.map.chain.symbols()))
    if counts.empty:
        st.info(page.t("screener.no_layers", n=off_map))
        return
    colour_by = state.choice(
        state.COLOUR_BY,
        list(COLOUR_RANGES),
        DEFAULT_COLOUR,
        page.t("filters.colour_by"),
        lambda key: metric_name(page, key),
        kind="select",
    )
    figure = loaders.shared(
        ("screener treemap", *universe.key, request.text, colour_by),
        lambda: _treemap(universe, symbols, counts, colour_by),
    )
    key = f"screener:treemap:{zlib.crc32(' '.join((colour_by, *symbols)).encode()):08x}"
    st.plotly_chart(
        figure,
        key=key,
        theme=None,
        on_select=lambda: _open(st.session_state[key], request),
        selection_mode="points",
        config={"displayModeBar": False},
    )
    notes = [page.t("screener.treemap_note", metric=metric_name(page, colour_by))]
    if off_map:
        notes.append(page.t("screener.off_the_map", n=f"{off_map:,}"))
    st.caption("  \n".join(notes))
    _counts_table(page, counts, request)


def _treemap(
    universe: Universe, symbols: tuple[str, ...], counts: pd.DataFrame, colour_by: str
) -> Figure:
    page, metrics = universe.page, universe.snapshot.metrics
    members = universe.snapshot.members(WHOLE_MAP)
    within = members[members["symbol"].isin(list(universe.table.index))]
    hits = within[within["symbol"].isin(list(symbols))]
    groups = group_values(metrics, hits, colour_by)
    # A header says how many of the layer's members are in the result.
    groups[PRICED] = groups[MEMBERS]
    sizes = pd.concat([within.groupby("stage").size(), within.groupby("layer").size()])
    groups[MEMBERS] = sizes.reindex(groups.index)
    several = hits["market"].nunique() > 1
    tiles = build_tiles(
        metrics,
        hits,
        groups,
        colour_by=colour_by,
        size_by=SizeBy.EQUAL if several else SizeBy.SQRT_CAP,
    ).frame
    return treemap(
        tiles,
        _tile_texts(page, tiles, colour_by),
        colour_by=colour_by,
        theme=page.theme,
        language=page.language,
        height=200 + min(560, 26 * len(tiles)),
    )


def _tile_texts(page: Page, tiles: pd.DataFrame, key: str) -> dict[str, TileText]:
    texts = tile_texts(page, tiles, key)
    parents = tiles[tiles[LEVEL].isin([Level.STAGE.value, Level.LAYER.value])]
    for row in parents.to_dict("records"):
        named = layer_name if row[LEVEL] == Level.LAYER.value else stage_name
        texts[row[ID]] = TileText(
            named(page, row[NAME]),
            hover=(
                f"{metric_name(page, key)} {figure_text(page, key, row[VALUE])}",
                page.t("screener.hits", hits=row[PRICED], members=row[MEMBERS]),
            ),
        )
    return texts


def _counts_table(page: Page, counts: pd.DataFrame, request: Request) -> None:
    layers = tuple(map(str, counts.index))
    name = f"screener:layers:{zlib.crc32(' '.join(layers).encode()):08x}:{page.language}"
    share = page.t("screener.share")
    rows = pd.DataFrame(
        {
            page.t("tables.layer"): [layer_name(page, one) for one in layers],
            page.t("screener.hits_title"): counts["hits"].to_numpy(),
            page.t("screener.members_title"): counts["members"].to_numpy(),
            share: (counts["hits"] / counts["members"]).to_numpy(),
        }
    )

    def narrow() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            _narrow(request, layers[row])

    st.dataframe(
        rows,
        key=name,
        hide_index=True,
        on_select=narrow,
        selection_mode=("single-row", "single-cell"),
        column_config={
            share: st.column_config.ProgressColumn(
                format="percent", min_value=0, max_value=1, color=page.theme.accent
            )
        },
        height=min(36 * (len(rows) + 1) + 2, 420),
    )


def _open(event: dict[str, dict[str, list[dict[str, str]]]], request: Request) -> None:
    points = event["selection"]["points"]
    target = selected(points[0].get("id", "")) if points else None
    if target is None:
        return
    level, name = target
    if level is Level.COMPANY:
        state.go(**{state.CODE: name})
    elif level is Level.LAYER:
        _narrow(request, name)


def _narrow(request: Request, layer: str) -> None:
    """Ask for this layer besides."""
    own: Node = Compare("==", FieldName("layer"), Word(layer))
    if request.text:
        asked = parse(request.text)
        parts = asked.parts if isinstance(asked, And) else (asked,)
        own = And(parts if own in parts else (*parts, own))
    state.go(**{state.EXPRESSION: to_text(own), state.PRESET: None})


def show_changes(universe: Universe, found: Screened, told: Told | None) -> None:
    """What entered and what left since the session before, each leading to its company."""
    page = universe.page
    if told is None:
        st.caption(page.t("screener.no_session_before"))
        return
    day, changed = told
    st.caption(page.t("screener.since", before=f"{day:%Y-%m-%d}", now=f"{found.as_of:%Y-%m-%d}"))
    columns = st.columns(2)
    for column, way, symbols in (
        (columns[0], "entered", changed.entered),
        (columns[1], "left", changed.left),
    ):
        with column:
            title = page.t(f"screener.changes_{way}", n=len(symbols))
            st.markdown(f"**{title}**")
            if not symbols:
                st.caption(page.t(f"screener.none_{way}"))
            for one in symbols[:_CHANGES_DRAWN]:
                symbol_link(page, one)
            if len(symbols) > _CHANGES_DRAWN:
                st.caption(page.t("screener.more", n=len(symbols) - _CHANGES_DRAWN))
