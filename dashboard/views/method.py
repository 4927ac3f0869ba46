"""How every figure is defined, and which documents the map is taken from."""

from __future__ import annotations

import streamlit as st

from dashboard.ui.how import DEFINITIONS, show_definition
from dashboard.ui.method import document_rows, metric_rows
from dashboard.ui.page import close_page, open_page

page = open_page()
st.title(page.t("method.title"))
st.markdown(page.t("method.intro"))
st.subheader(page.t("method.metrics"))
# Static tables: formulas and notes wrap there, a data frame would cut them off.
st.table(metric_rows(page), hide_index=True)
st.subheader(page.t("method.studies"))
for definition in DEFINITIONS:
    with st.container(border=True):
        show_definition(page, definition)
st.subheader(page.t("method.documents"))
st.table(document_rows(page), hide_index=True)
st.subheader(page.t("method.limits_title"))
st.markdown(page.t("method.limits"))
close_page(page)
