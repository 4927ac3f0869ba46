"""One layer: what it is, who is in it and why, how it moved."""

from __future__ import annotations

import streamlit as st

from dashboard.studies.heatmap import Filters
from dashboard.ui import state
from dashboard.ui.evidence import show_evidence, show_membership
from dashboard.ui.index import layer_sentence
from dashboard.ui.labels import stage_name
from dashboard.ui.layer import LayerView, layer_view
from dashboard.ui.links import company_link, layer_link, view_link, way_back
from dashboard.ui.markup import as_text
from dashboard.ui.members import to_come
from dashboard.ui.page import INDEX, Page
from dashboard.ui.tables import show_members
from dashboard.ui.watchlist_add import add_to_watchlist


def show(page: Page, layer_id: str, filters: Filters) -> None:
    """Draw the layer's page, or one sentence where the map has no such layer."""
    way_back(page)
    if layer_id not in page.map.chain.layer_by_id:
        st.error(page.t("layer.unknown", id=state.plain(layer_id)))
        return
    view = layer_view(page, layer_id, filters)
    _head(page, view)
    if later := to_come(page, layer_id):
        st.info(later, icon=":material/event_upcoming:")
    if said := layer_sentence(page, layer_id, filters.members):
        st.caption(as_text(said))
        view_link(
            page.t("index.open"),
            INDEX,
            icon=":material/stacked_line_chart:",
            pick=layer_id,
            layer=None,
            group=None,
            view=None,
        )
    add_to_watchlist(page, tuple(view.members.shown["symbol"]), f"layer:{layer_id}")
    if view.members.shown.empty:
        st.info(page.t("layer.no_members"))
    else:
        show_members(page, view)
        _charts(page, view)
    _neighbours(page, view)
    _evidence(page, view)
    _events(page, view)


def _head(page: Page, view: LayerView) -> None:
    layer = view.layer
    st.title(as_text(page.say(layer.name)))
    with st.container(horizontal=True):
        st.badge(as_text(stage_name(page, layer.stage)), color="gray")
        st.badge(page.t(f"layer.bottleneck_{layer.bottleneck.value}"), color="violet")
    st.markdown(as_text(page.say(layer.definition)))
    with st.container(horizontal=True):
        for title, value, coverage in view.figures:
            st.metric(title, value, coverage, delta_color="off", delta_arrow="off", width=112)
    st.caption("  \n".join(line for line in (view.breadth, view.unadjusted) if line))


def _charts(page: Page, view: LayerView) -> None:
    st.subheader(page.t("layer.indexed"))
    st.plotly_chart(view.indexed, key="layer:indexed", theme=None)
    st.caption(view.indexed_note)
    left, right = st.columns(2)
    with left:
        st.subheader(page.t("layer.contribution"))
        if view.contribution is None:
            st.info(page.t("layer.no_contribution"))
        else:
            st.plotly_chart(view.contribution, key="layer:contribution", theme=None)
    with right:
        st.subheader(page.t("layer.correlation"))
        if view.correlation is None:
            st.info(page.t("layer.no_correlation"))
        else:
            st.plotly_chart(view.correlation, key="layer:correlation", theme=None)


def _neighbours(page: Page, view: LayerView) -> None:
    st.subheader(page.t("layer.neighbours"))
    columns = st.columns(2)
    for column, title, layers in (
        (columns[0], "layer.upstream", view.upstream),
        (columns[1], "layer.downstream", view.downstream),
    ):
        with column:
            st.caption(page.t(title))
            if not layers:
                st.markdown(page.t("layer.no_neighbours"))
            for layer, count in layers:
                with st.container(horizontal=True, vertical_alignment="center"):
                    layer_link(page, layer)
                    st.caption(page.t("layer.relations", n=count))


def _evidence(page: Page, view: LayerView) -> None:
    st.subheader(page.t("layer.evidence"))
    for company, membership in view.evidence:
        company_link(page, company)
        show_membership(page, membership, link_layer=False)


def _events(page: Page, view: LayerView) -> None:
    if not view.events:
        return
    st.subheader(page.t("layer.events"))
    for event in view.events:
        with st.expander(
            f"{event.date or page.t('evidence.undated')} · {as_text(page.say(event.title))}"
        ):
            show_evidence(page, event.evidence)
