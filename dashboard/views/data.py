"""What is stored, how fresh it is, and the button that fetches what is missing."""

from __future__ import annotations

import streamlit as st

from dashboard.ui.freshness import status_rows, summary
from dashboard.ui.page import close_page, open_page
from dashboard.ui.refresh import refresh_panel, show_report

page = open_page()
st.title(page.t("data.title"))
st.markdown(summary(page))
refresh_panel(page)
show_report(page)
st.subheader(page.t("data.status"))
st.caption(page.t("data.status_hint"))
st.dataframe(status_rows(page), hide_index=True, height=620, key="data:status")
close_page(page)
