"""What is stored, how fresh and how sound it is, and the button that fetches what is missing."""

from __future__ import annotations

import streamlit as st

from dashboard.ui import state
from dashboard.ui.coverage import show_coverage
from dashboard.ui.flags import show_flags
from dashboard.ui.freshness import show_status, summary
from dashboard.ui.page import close_page, open_page
from dashboard.ui.quarantine import show_quarantine, waiting_count
from dashboard.ui.refresh import refresh_panel, schedule_line, show_report
from dashboard.ui.sources import show_sources

SECTIONS = {
    "status": show_status,
    "coverage": show_coverage,
    "flags": show_flags,
    "quarantine": show_quarantine,
    "sources": show_sources,
}

page = open_page(latest_only="data")
st.title(page.t("data.title"))
st.markdown(summary(page))
refresh_panel(page)
st.caption(schedule_line(page))
show_report(page)
st.divider()
count = waiting_count(page)
section = state.choice(
    state.SECTION,
    list(SECTIONS),
    "status",
    page.t("quality.section"),
    lambda one: page.t(f"quality.section_{one}", n=count),
    label_visibility="collapsed",
)
SECTIONS[section](page)
close_page(page)
