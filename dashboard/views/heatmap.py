"""Which layer moves: treemap, the day's line, and the layer × period matrix."""

from __future__ import annotations

import streamlit as st

from dashboard.analytics.tiles import Level, selected
from dashboard.studies.heatmap import Filters
from dashboard.ui import state
from dashboard.ui.heatmap import Heatmap, heatmap_of
from dashboard.ui.members import nobody_yet
from dashboard.ui.overnight import morning
from dashboard.ui.page import Page
from dashboard.ui.tables import layer_matrix, show_layer_matrix


def show(page: Page, filters: Filters) -> None:
    """Draw the page; a click on a tile or a row changes the URL and so the view."""
    if nobody_yet(page):
        return
    home = heatmap_of(page, filters, filters.members, foreign=False)
    notes = home.notes
    st.markdown(home.day_line)
    if home.notice:
        st.info(home.notice)
    if filters.drivers is None:
        _treemap(home, "home")
    else:
        drivers = heatmap_of(page, filters, filters.drivers, foreign=True)
        left, right = st.columns([3, 2])
        with left:
            _title(page.t("heatmap.home_title"))
            _treemap(home, "home")
        with right:
            _title(page.t("heatmap.drivers_title"))
            _treemap(drivers, "drivers")
            st.caption(drivers.day_line)
        notes = (*notes, *drivers.notes)
    st.caption("  \n".join(dict.fromkeys(notes)))
    night = st.container()
    st.subheader(page.t("heatmap.matrix_title"))
    st.caption(page.t("heatmap.matrix_hint"))
    show_layer_matrix(page, layer_matrix(page, filters.members, filters.weighting), key="matrix")
    if filters.drivers is not None:
        _title(page.t("heatmap.drivers_title"))
        foreign = layer_matrix(page, filters.drivers, filters.weighting)
        show_layer_matrix(page, foreign, key="matrix:drivers")
    # Last: where it is not made yet it takes a second, which must not keep the figures waiting.
    with night:
        morning(page)


def _title(text: str) -> None:
    st.markdown(f"**{text}**")


def _treemap(heatmap: Heatmap, name: str) -> None:
    if heatmap.figure is None:
        st.info(heatmap.empty)
        return
    key = f"treemap:{name}:{heatmap.key}"
    st.plotly_chart(
        heatmap.figure,
        key=key,
        theme=None,
        on_select=lambda: _open(st.session_state[key]),
        selection_mode="points",
        config={"displayModeBar": False},
    )


def _open(event: dict[str, dict[str, list[dict[str, str]]]]) -> None:
    points = event["selection"]["points"]
    target = selected(points[0].get("id", "")) if points else None
    if target is None:
        return
    level, name = target
    parameter = {Level.STAGE: state.STAGE, Level.LAYER: state.LAYER}.get(level, state.CODE)
    # A second click on a stage's header shows all stages again.
    state.go(**{parameter: None if state.read(parameter) == name else name})
