"""The chain itself: the map as a flow, what hangs on a company, and how its claims stand."""

from __future__ import annotations

import streamlit as st

from dashboard.studies.chain import AUDIT, CONTRADICTIONS, FLOW, NEIGHBOURS
from dashboard.ui import state
from dashboard.ui.audit import show_audit
from dashboard.ui.chain import show_flow, show_neighbourhood
from dashboard.ui.contradictions import show_contradictions
from dashboard.ui.filters import draw_filters
from dashboard.ui.members import nobody_yet
from dashboard.ui.page import CHAIN, Page, close_page, open_page, scroll_to_top
from dashboard.ui.refresh import first_run
from dashboard.views import company, layer

SHOWN = {
    FLOW: show_flow,
    NEIGHBOURS: show_neighbourhood,
    CONTRADICTIONS: show_contradictions,
    AUDIT: show_audit,
}


def show(page: Page) -> None:
    """One section at a time; the others are not computed."""
    st.title(page.t("chain.title"))
    if nobody_yet(page):
        return
    chosen = state.choice(
        state.VIEW,
        list(SHOWN),
        FLOW,
        page.t("chain.view"),
        lambda one: page.t(f"chain.view_{one}"),
        label_visibility="collapsed",
    )
    asked = state.read(state.VIEW)
    if asked is not None and asked not in SHOWN:
        section = page.t(f"chain.view_{FLOW}")
        st.error(page.t("chain.unknown_view", id=state.plain(asked), section=section))
    SHOWN[chosen](page)


state.publish()
page = open_page(CHAIN)
first_run(page)
code, layer_id = state.read(state.CODE), state.read(state.LAYER)
scroll_to_top(f"chain/{code}/{layer_id}")
if code is not None:
    company.show(page, code)
elif layer_id is not None:
    layer.show(page, layer_id, draw_filters(page, sized=False))
else:
    show(page)
close_page(page)
