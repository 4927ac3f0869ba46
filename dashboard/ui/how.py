"""「如何計算」 beside a figure: formula, what counts, and the source."""

from __future__ import annotations

import streamlit as st

from dashboard.analytics.definitions import Definition
from dashboard.ui.page import Page


def how(page: Page, *definitions: Definition) -> None:
    """A small button that opens the definitions of the figures beside it."""
    with st.popover(page.t("how.title"), icon=":material/function:", type="tertiary"):
        for one in definitions:
            st.markdown(f"**{page.say(one.label)}**")
            if one.formula:
                st.latex(one.formula)
            st.markdown(page.say(one.note))
            st.caption(page.t("how.source", source=page.say(one.source)))
