"""Links that begin a rule from what is on the screen: a company, a screen."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.ui import state
from dashboard.ui.links import view_link
from dashboard.ui.page import ALERTS, Page

_PLACE: Final = {
    state.SECTION: "rules", state.CODE: None, state.LAYER: None, state.ALERT: None,
}  # fmt: skip
_ICON: Final = ":material/add_alert:"


def symbol_alerts(page: Page, symbol: str) -> None:
    """Begin a rule on a symbol: a price, the daily limit."""
    with st.container(horizontal=True):
        for text, kind in (("make_price", "crosses_price"), ("make_limit", "at_limit")):
            asked = {state.KIND: kind, state.SYMBOL: symbol, state.EXPRESSION: None}
            view_link(page.t(f"alerts.{text}"), ALERTS, icon=_ICON, **_PLACE, **asked)


def screen_alerts(page: Page, expression: str, universe: str) -> None:
    """Begin a rule on what enters or leaves a screen."""
    with st.container(horizontal=True):
        for text, kind in (("make_enters", "enters_screen"), ("make_leaves", "leaves_screen")):
            asked = {state.KIND: kind, state.EXPRESSION: expression, state.UNIVERSE: universe}
            view_link(page.t(f"alerts.{text}"), ALERTS, icon=_ICON, **_PLACE, **asked, symbol=None)
