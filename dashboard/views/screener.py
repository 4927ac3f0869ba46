"""Which companies are as I want them: an expression, its builder, and the answer."""

from __future__ import annotations

import streamlit as st

from dashboard.errors import AccountsError, ScreenError
from dashboard.screening.asked import Request
from dashboard.screening.run import Screened, check
from dashboard.snapshot import LISTED
from dashboard.ui import state
from dashboard.ui.alerts_links import screen_alerts
from dashboard.ui.markup import as_text
from dashboard.ui.page import SCREENER, Page, close_page, open_page, scroll_to_top
from dashboard.ui.people import reader
from dashboard.ui.refresh import first_run
from dashboard.ui.screener import (
    Universe,
    asked_of,
    change_since,
    screen_fields,
    screened,
    universe_of,
)
from dashboard.ui.screener_builder import show_builder
from dashboard.ui.screener_form import choose_universe, show_error, show_form
from dashboard.ui.screener_layers import show_layers
from dashboard.ui.screener_result import (
    Told,
    show_changes,
    show_counts,
    show_table,
)
from dashboard.ui.screener_saved import show_saved
from dashboard.views import company

ROWS, LAYERS, CHANGES = "rows", "layers", "changes"


def show(page: Page) -> None:
    """The form, and the answer where the expression can be run."""
    st.title(page.t("screener.title"))
    fields = screen_fields(page.map.chain)
    request = asked_of(page.map.chain, fields)
    choose_universe(page)
    show_form(page, request, fields)
    try:
        universe, found, told = _computed(page, request)
    except ScreenError as error:
        show_error(page, request.text, error)
        _saved(page, request)
        return
    if request.universe == LISTED and not universe.beyond_the_map:
        st.info(page.t("screener.only_the_map"), icon=":material/info:")
    show_builder(universe, request, fields)
    _saved(page, request)
    show_counts(universe, found)
    if request.text:
        screen_alerts(page, request.text, request.universe)
    view = _view(page, told)
    if view == CHANGES:
        show_changes(universe, found, told)
    elif not found.symbols:
        all_unknown = found.unknown == found.total
        text = "screener.nothing_known" if all_unknown else "screener.nothing"
        st.info(page.t(text), icon=":material/search_off:")
    elif view == LAYERS:
        show_layers(universe, found, request)
    else:
        show_table(universe, found, request, fields)


def _computed(page: Page, request: Request) -> tuple[Universe, Screened, Told | None]:
    if request.text:
        # A wrong expression is told before a universe is loaded for it.
        check(request.text, page.map.chain)
    with st.spinner(page.t("screener.loading")):
        universe = universe_of(page, request.universe)
        found = screened(universe, request.text)
        return universe, found, change_since(universe, found)


def _saved(page: Page, request: Request) -> None:
    try:
        show_saved(page, reader(page), request)
    except AccountsError as error:
        st.warning(page.t("screener.no_accounts", reason=as_text(error)))


def _view(page: Page, told: Told | None) -> str:
    changed = page.t("screener.view_changes_unknown")
    if told is not None:
        entered, left = len(told[1].entered), len(told[1].left)
        changed = page.t("screener.view_changes", entered=entered, left=left)
    titles = {
        ROWS: page.t("screener.view_rows"),
        LAYERS: page.t("screener.view_layers"),
        CHANGES: changed,
    }
    return state.choice(
        state.SECTION,
        list(titles),
        ROWS,
        page.t("screener.view"),
        titles.__getitem__,
        label_visibility="collapsed",
    )


state.publish()
page = open_page(SCREENER)
first_run(page)
code = state.read(state.CODE)
scroll_to_top(f"screener/{code}")
if code is not None:
    company.show(page, code)
else:
    show(page)
close_page(page)
