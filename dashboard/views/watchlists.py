"""The reader's lists: table, treemap, lines; editing; and copies that were shared by link."""

from __future__ import annotations

import streamlit as st

from dashboard.accounts.models import SharedCopy, Watchlist
from dashboard.ui import state
from dashboard.ui.columns import choose_columns
from dashboard.ui.page import WATCHLISTS, Page, close_page, open_page, scroll_to_top
from dashboard.ui.people import Reader, reader
from dashboard.ui.watchlist_add import add_popover
from dashboard.ui.watchlist_edit import has_unsaved, show_editor, show_unsaved
from dashboard.ui.watchlist_pictures import show_lines, show_treemap
from dashboard.ui.watchlist_rows import ListView, list_view
from dashboard.ui.watchlist_share import (
    export_popover,
    opened_share,
    share_popover,
    show_share_head,
)
from dashboard.ui.watchlist_table import (
    DEFAULT_COLUMNS,
    column_labels,
    show_table,
    shown_columns,
)
from dashboard.ui.watchlists import (
    chosen_list,
    column_change,
    manage_popover,
    new_list_popover,
    show_facts,
    show_undo,
    show_welcome,
)
from dashboard.views import company

SHOWN = {"table": show_table, "treemap": show_treemap, "lines": show_lines}


def show_lists(page: Page, who: Reader) -> None:
    """The reader's own lists, one of them open."""
    st.title(page.t("watchlists.title"))
    show_unsaved(page, who)
    lists = who.desk.watchlists.all()
    if not lists:
        show_undo(page, who)
        show_welcome(page, who)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        watchlist = chosen_list(page, lists)
        new_list_popover(page, who)
        manage_popover(page, who, watchlist)
    show_undo(page, who)
    show_list(page, who, watchlist)


def show_list(page: Page, who: Reader, watchlist: Watchlist) -> None:
    """One list: what is done with it, then its rows or a picture of them."""
    view = list_view(page, watchlist)
    show_facts(view)
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = _view_choice(page)
        editing = state.switch(state.EDIT, page.t("watchlists.edit"))
    with st.container(horizontal=True, vertical_alignment="center"):
        if watchlist.follows is None:
            add_popover(page, who, watchlist)
        if not editing:
            _columns(view, who)
        export_popover(view)
        share_popover(page, who, watchlist)
    if has_unsaved(who, watchlist.id):
        return
    if not view.shown.entries:
        st.info(page.t("watchlists.no_rows"))
    elif editing:
        show_editor(view, who)
    else:
        SHOWN[shown](view)


def show_shared(page: Page, who: Reader, copy: SharedCopy) -> None:
    """A list of someone's, to be read and to be copied."""
    show_share_head(page, who, copy)
    assert isinstance(copy.payload, Watchlist), "only lists are opened here"
    view = list_view(page, copy.payload)
    show_facts(view)
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = _view_choice(page)
        export_popover(view)
    if not view.shown.entries:
        st.info(page.t("watchlists.no_rows"))
    else:
        SHOWN[shown](view)


def _view_choice(page: Page) -> str:
    return state.choice(
        state.VIEW,
        list(SHOWN),
        "table",
        page.t("watchlists.view"),
        lambda one: page.t(f"watchlists.view_{one}"),
        label_visibility="collapsed",
    )


def _columns(view: ListView, who: Reader) -> None:
    choose_columns(
        view.page,
        column_labels(view.page),
        shown_columns(view),
        DEFAULT_COLUMNS,
        column_change(view, who),
        name=f"watchlist:columns:{view.watchlist.id}",
    )


state.publish()
page = open_page(WATCHLISTS)
code, token = state.read(state.CODE), state.read(state.SHARE)
scroll_to_top(f"{code}/{state.read(state.LIST)}/{token}")
who = reader(page)
if code is not None:
    company.show(page, code)
elif token is not None:
    copy = opened_share(page, who, token)
    if copy is not None:
        show_shared(page, who, copy)
else:
    show_lists(page, who)
close_page(page)
