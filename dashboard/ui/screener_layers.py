"""The screener's answer by layer: a treemap, and how many of each layer's members match."""

from __future__ import annotations

import zlib

import pandas as pd
import streamlit as st

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
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.charts.treemap import Figure, TileText, treemap
from dashboard.screening.asked import Request
from dashboard.screening.language import parse
from dashboard.screening.run import Screened
from dashboard.screening.syntax import And, Compare, Node, Word, to_text
from dashboard.screening.syntax import Name as FieldName
from dashboard.studies.heatmap import DEFAULT_COLOUR
from dashboard.ui import loaders, state
from dashboard.ui.heatmap import tile_texts
from dashboard.ui.labels import figure_text, layer_name, metric_name, stage_name
from dashboard.ui.page import Page
from dashboard.ui.screener import WHOLE_MAP, Universe, layer_hits
from dashboard.ui.tables import picked


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
