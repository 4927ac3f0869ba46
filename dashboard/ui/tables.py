"""Tables of figures: formatted, coloured by sign, sortable by the number beneath."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from dashboard.analytics.metrics import METRICS, RETURN_KEYS
from dashboard.charts.formats import metric_text, signed_percent
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.charts.theme import contrast_text
from dashboard.charts.treemap import colours_of
from dashboard.ui import loaders, state
from dashboard.ui.filters import Filters
from dashboard.ui.labels import layer_name, stage_name
from dashboard.ui.page import Page


def layer_matrix(page: Page, filters: Filters) -> Styler:
    """Layers × periods of the chosen members, coloured like the treemap."""
    key = ("matrix", *page.figure_key, filters.members, filters.weighting)
    return loaders.shared(key, lambda: _layer_matrix(page, filters))


def _layer_matrix(page: Page, filters: Filters) -> Styler:
    table = page.snapshot.layers(filters.members, filters.weighting)
    frame = pd.DataFrame(
        {
            page.t("tables.layer"): [layer_name(page, one) for one in table.index],
            page.t("tables.stage"): [
                stage_name(page, page.map.chain.layer_by_id[one].stage) for one in table.index
            ],
            page.t("tables.coverage"): [
                f"{priced}/{members}"
                for priced, members in zip(
                    table["members_priced"], table["members"], strict=True
                )
            ],
        },
        index=table.index,
    )
    periods = {page.say(METRICS[key].short): key for key in RETURN_KEYS}
    for title, key in periods.items():
        frame[title] = table[key]
    above = page.t("tables.above_sma_60")
    frame[above] = table["above_sma_60"]
    styled = frame.style.format({title: signed_percent for title in periods}, na_rep="—")
    styled = styled.format({above: "{:.0%}"}, na_rep="—")
    for title, key in periods.items():
        styled = styled.apply(_cells, key=key, page=page, subset=[title])
    return styled


def _cells(values: pd.Series, key: str, page: Page) -> list[str]:
    span = COLOUR_RANGES[key]
    missing = values.isna().tolist()
    colours = colours_of(span.position(values), missing, page.theme, span.scale(page.theme))
    return [
        "" if out else f"background-color: {colour}; color: {contrast_text(colour)}"
        for colour, out in zip(colours, missing, strict=True)
    ]


def show_layer_matrix(page: Page, matrix: Styler, key: str) -> None:
    """The matrix; selecting a row opens the layer."""
    order = list(matrix.data.index)

    def open_layer() -> None:
        rows = st.session_state[name]["selection"]["rows"]
        if rows:
            state.go(**{state.LAYER: order[rows[0]]})

    name = f"{key}:{page.language}"
    st.caption(page.t("heatmap.matrix_hint"))
    st.dataframe(
        matrix,
        key=name,
        hide_index=True,
        on_select=open_layer,
        selection_mode="single-row",
        height=min(36 * (len(order) + 1) + 2, 760),
    )


def metric_cells(page: Page, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of metric columns as text, for small tables that are read, not sorted."""
    return pd.DataFrame(
        {
            page.say(METRICS[key].label): [
                metric_text(key, value, page.language) for value in frame[key]
            ]
            for key in frame.columns
        },
        index=frame.index,
    )
