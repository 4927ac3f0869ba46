"""「如何計算」 beside a figure: formula, what counts, and the source; all of them on one page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.analytics import (
    audit,
    benchmark,
    bottleneck,
    breadth,
    chained,
    clusters,
    event_study,
    event_tests,
    hindsight,
    leadlag,
    rotation,
)
from dashboard.analytics.definitions import Definition
from dashboard.studies import chain, contradictions
from dashboard.ui.page import Page

DEFINITIONS: Final[tuple[Definition, ...]] = tuple(
    one
    for module in (
        benchmark, chained, breadth, hindsight, clusters, rotation, bottleneck, event_study,
        event_tests, leadlag, audit, contradictions, chain,
    )
    for one in module.DEFINITIONS
)  # fmt: skip
"""Of everything that is no metric of the registry."""


def how(page: Page, *definitions: Definition) -> None:
    """A small button that opens the definitions of the figures beside it."""
    with st.popover(page.t("how.title"), icon=":material/function:", type="tertiary"):
        for one in definitions:
            show_definition(page, one)


def show_definition(page: Page, one: Definition) -> None:
    """What it is called, its formula, what counts in it, and where it is published."""
    st.markdown(f"**{page.say(one.label)}**")
    if one.formula:
        st.latex(one.formula)
    st.markdown(page.say(one.note))
    st.caption(page.t("how.source", source=page.say(one.source)))
