"""Alerts: the rules, what they have seen, and how the person is told."""

from __future__ import annotations

import streamlit as st

from dashboard.ui import state
from dashboard.ui.alerts import AlertsView
from dashboard.ui.alerts_channels import show_channels
from dashboard.ui.alerts_history import show_history
from dashboard.ui.alerts_rules import show_rules
from dashboard.ui.page import ALERTS, close_page, open_page, scroll_to_top
from dashboard.ui.people import reader
from dashboard.views import company

SECTIONS = {"rules": show_rules, "history": show_history, "channels": show_channels}

state.publish()
page = open_page(ALERTS, latest_only="alerts")
code = state.read(state.CODE)
scroll_to_top(f"alerts/{code}")
if code is not None:
    company.show(page, code)
else:
    st.title(page.t("alerts.title"))
    st.caption(page.t("alerts.intro"))
    if page.snapshot.prices.simulated:
        st.warning(page.t("alerts.simulated"), icon=":material/notifications_off:")
    section = state.choice(
        state.SECTION,
        list(SECTIONS),
        "rules",
        page.t("alerts.section"),
        lambda one: page.t(f"alerts.section_{one}"),
        label_visibility="collapsed",
    )
    SECTIONS[section](AlertsView(page, reader(page)))
close_page(page)
