"""Links that stay in this tab and make one entry in the browser's history."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.supply_chain.models import Company
from dashboard.ui import state
from dashboard.ui.labels import company_title
from dashboard.ui.markup import as_text
from dashboard.ui.page import CHAIN, HEATMAP, Page, Place


def page_menu(pages: Sequence[StreamlitPage]) -> None:
    """The pages in the sidebar; Streamlit's own menu would drop language and filters."""
    kept = state.merged(layer=None, code=None, share=None, alert=None, kind=None, symbol=None)
    with st.sidebar:
        for page in pages:
            st.page_link(page, query_params=kept)


def view_link(
    label: str, place: Place = HEATMAP, *, icon: str | None = None, **parameters: str | None
) -> None:
    """A link to a page with some of this screen's parameters changed."""
    st.page_link(
        place.view, label=as_text(label), icon=icon, query_params=state.merged(**parameters)
    )


def company_link(page: Page, company: Company) -> None:
    """Name and code of a company, leading to it in the same place."""
    shown = f"{page.say(company.name)} {company.symbol or ''}".strip()
    view_link(shown, page.place, code=company.symbol or company.key, layer=None)


def around_link(page: Page, company: Company) -> None:
    """To what hangs on a company, on the chain's page."""
    view_link(
        page.t("chain.hangs_on"),
        CHAIN,
        icon=":material/account_tree:",
        view="company",
        company=company.key,
        code=None,
        layer=None,
    )


def symbol_link(page: Page, symbol: str) -> None:
    """The same for a symbol that may be off the map."""
    view_link(company_title(page, symbol), page.place, code=symbol, layer=None)


def layer_link(page: Page, layer: str) -> None:
    """Name of a layer, leading to its page."""
    view_link(page.say(page.map.chain.layer_by_id[layer].name), layer=layer, code=None)


def way_back(page: Page, layer: str | None = None) -> None:
    """To what the company was opened from, and to the layer where one is given."""
    with st.container(horizontal=True, vertical_alignment="center"):
        title = page.t(page.place.title)
        view_link(title, page.place, icon=":material/arrow_back:", layer=None, code=None)
        if layer is not None:
            layer_link(page, layer)
