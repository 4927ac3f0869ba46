"""Links that stay in this tab and make one entry in the browser's history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.supply_chain.models import Company
from dashboard.ui import state
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page

HOME_VIEW: Final = "views/home.py"


def page_menu(pages: Sequence[StreamlitPage]) -> None:
    """The pages in the sidebar; Streamlit's own menu would drop language and filters."""
    kept = state.merged(layer=None, code=None)
    with st.sidebar:
        for page in pages:
            st.page_link(page, query_params=kept)


def view_link(label: str, *, icon: str | None = None, **parameters: str | None) -> None:
    """A link to the first page with some of this screen's parameters changed."""
    st.page_link(
        HOME_VIEW, label=as_text(label), icon=icon, query_params=state.merged(**parameters)
    )


def company_link(page: Page, company: Company) -> None:
    """Name and code of a company, leading to its page."""
    shown = f"{page.say(company.name)} {company.symbol or ''}".strip()
    view_link(shown, code=company.symbol or company.key, layer=None)


def layer_link(page: Page, layer: str) -> None:
    """Name of a layer, leading to its page."""
    view_link(page.say(page.map.chain.layer_by_id[layer].name), layer=layer, code=None)


def way_back(page: Page, layer: str | None = None) -> None:
    """To the heatmap, and to the layer where one is given."""
    with st.container(horizontal=True, vertical_alignment="center"):
        view_link(page.t("links.heatmap"), icon=":material/arrow_back:", layer=None, code=None)
        if layer is not None:
            layer_link(page, layer)
