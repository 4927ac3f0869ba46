"""What America's last sessions say of Taiwan's next opening, and how they are usually answered."""

from __future__ import annotations

import streamlit as st

from dashboard.ui.members import nobody_yet
from dashboard.ui.overnight import (
    draw_controls,
    known_until,
    members_line,
    show_mornings,
    show_pair,
    show_table,
    study_of,
)
from dashboard.ui.page import OVERNIGHT, close_page, open_page

page = open_page()
st.title(page.t("app.page_overnight"))
st.markdown(page.t("overnight.intro"))
if nobody_yet(page, OVERNIGHT):
    pass
elif study_of(page).drivers:
    show_mornings(page, known_until(page))
    st.subheader(page.t("overnight.table_title"))
    asked = draw_controls(page)
    members_line(page, asked)
    show_table(page, asked)
    show_pair(page, asked)
else:
    st.info(page.t("overnight.nobody"))
close_page(page)
