"""From an article to a change of the map: found, looked at, accepted line by line."""

from __future__ import annotations

import streamlit as st

from dashboard.errors import DashboardError
from dashboard.ui import state
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page, close_page, open_page
from dashboard.ui.propose import STYLE, Work, collect, drawn_article, work
from dashboard.ui.propose_accept import show_accept, show_known, show_patch, show_receipt
from dashboard.ui.propose_change_form import change_popover
from dashboard.ui.propose_input import (
    forget_button,
    show_article_head,
    show_givens,
    show_input,
    show_progress,
)
from dashboard.ui.propose_preview import show_preview
from dashboard.ui.propose_tables import (
    found_list,
    show_conflicts,
    show_slider,
    show_tables,
)

LINES, MAP, PATCH = "lines", "heatmap", "patch"


def show(page: Page) -> None:
    """The way in, how far a reading is, and what it gave."""
    fault = collect(page)
    now = work()
    if now is None:
        st.markdown(page.t("propose.intro"))
    show_input(page, first=now is None)
    if fault:
        st.error(as_text(fault), icon=":material/error:")
    show_progress(page)
    if now is not None:
        show_work(page, now)


def show_work(page: Page, now: Work) -> None:
    """The article beside its proposal, or what the accepted lines would do."""
    if now.receipt is not None:
        show_receipt(page, now.receipt)
        forget_button(page)
        return
    show_known(page, now)
    show_givens(page, now)
    section = state.choice(
        state.SECTION,
        (LINES, MAP, PATCH),
        LINES,
        page.t("propose.section"),
        lambda one: page.t(f"propose.section_{one}"),
        label_visibility="collapsed",
    )
    if section == LINES:
        _beside(page, now)
    else:
        show_accept(page, now)
        try:
            (show_preview if section == MAP else show_patch)(page, now)
        except DashboardError as error:
            st.error(as_text(error.told(page.language)), icon=":material/error:")
    forget_button(page)


def _beside(page: Page, now: Work) -> None:
    left, right = st.columns([13, 9], gap="medium")
    with left:
        # A tick draws this part only.
        st.fragment(_proposal)(page)
    with right:
        show_article_head(page, now)
        with st.container(border=True, key="propose_article"):
            st.html(drawn_article(page, now))


def _proposal(page: Page) -> None:
    now = work()
    if now is None:
        return
    show_accept(page, now)
    with st.container(border=True, key="propose_lines", gap="xsmall"):
        show_conflicts(page, now)
        st.html(found_list(page, now))
        if not now.lines and not now.proposal.conflicts:
            st.info(page.t("propose.nothing_found"), icon=":material/search_off:")
            return
        show_slider(page, now)
        show_tables(page, now)
        change_popover(page, now)


page = open_page(latest_only="propose")
st.html(STYLE)
st.title(page.t("app.page_propose"))
show(page)
close_page(page)
