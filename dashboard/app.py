"""Streamlit's entry: page settings, language, theme and the explicit list of pages."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.errors import DashboardError
from dashboard.i18n import Language, translate
from dashboard.settings import Settings
from dashboard.ui import state
from dashboard.ui.as_of import as_of_control
from dashboard.ui.bell import bell
from dashboard.ui.links import page_menu
from dashboard.ui.markup import as_text
from dashboard.ui.page import language, preferences
from dashboard.ui.people import enter, who_is_here

VIEWS = (
    ("views/home.py", "app.page_home", ":material/grid_view:"),
    ("views/screener.py", "app.page_screener", ":material/filter_alt:"),
    ("views/watchlists.py", "app.page_watchlists", ":material/star:"),
    ("views/alerts.py", "app.page_alerts", ":material/notifications:"),
    ("views/index.py", "app.page_index", ":material/stacked_line_chart:"),
    ("views/rotation.py", "app.page_rotation", ":material/cycle:"),
    ("views/events.py", "app.page_events", ":material/event:"),
    ("views/overnight.py", "app.page_overnight", ":material/bedtime:"),
    ("views/chain.py", "app.page_chain", ":material/account_tree:"),
    ("views/propose.py", "app.page_propose", ":material/post_add:"),
    ("views/data.py", "app.page_data", ":material/database:"),
    ("views/method.py", "app.page_method", ":material/menu_book:"),
)


def main() -> None:
    """Draw the chosen page."""
    now = language()
    st.set_page_config(page_title=translate("app.title", now), page_icon="📊", layout="wide")
    pages = [
        st.Page(path, title=translate(key, now), icon=icon, default=position == 0)
        for position, (path, key, icon) in enumerate(VIEWS)
    ]
    chosen = st.navigation(pages, position="hidden")
    try:
        settings = Settings()
        if not enter(settings, now):
            preferences()
            return
        page_menu(pages)
        with st.sidebar:
            as_of_control(settings, now)
        place = st.sidebar.container()
        preferences()
        who_is_here(settings, now)
        _show(chosen, now)
        # Last: a database that is slow to answer must not keep the page waiting.
        with place:
            bell(settings, now)
    except DashboardError as error:
        _show_failed(error, now)


def _show(chosen: StreamlitPage, now: Language) -> None:
    state.enter_page(chosen.url_path)
    try:
        chosen.run()
    except DashboardError as error:
        _show_failed(error, now)


def _show_failed(error: DashboardError, now: Language) -> None:
    st.error(translate("app.failed", now, reason=as_text(error)), icon=":material/error:")


main()
