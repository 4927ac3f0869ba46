"""How every figure is defined, and which documents the map is taken from."""

from __future__ import annotations

import streamlit as st

from dashboard.ui.method import document_rows, metric_rows
from dashboard.ui.page import close_page, open_page

page = open_page()
st.title(page.t("method.title"))
st.markdown(page.t("method.intro"))
st.subheader(page.t("method.metrics"))
st.dataframe(
    metric_rows(page),
    hide_index=True,
    height=600,
    row_height=40,
    column_config={page.t("method.metric"): st.column_config.Column(width=190, pinned=True)},
)
st.subheader(page.t("method.documents"))
st.dataframe(document_rows(page), hide_index=True)
st.subheader(page.t("method.limits_title"))
st.markdown(page.t("method.limits"))
close_page(page)
