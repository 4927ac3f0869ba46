"""The one way by which a table leaves the page; Streamlit's own would run names as formulas."""

from __future__ import annotations

import io

import pandas as pd
import streamlit as st

from dashboard.export import write_csv
from dashboard.ui.page import Page


def csv_button(page: Page, rows: pd.DataFrame, name: str) -> None:
    """A button that downloads the rows as CSV; none for simulated figures.

    Parameters
    ----------
    name : of the file, and of the button among those of the page
    """
    if page.snapshot.prices.simulated:
        return
    st.download_button(
        page.t("tables.download"),
        # Made at the click: most readers never ask for it.
        data=lambda: _content(rows),
        file_name=f"{name}-{page.snapshot.as_of:%Y-%m-%d}.csv",
        mime="text/csv",
        key=f"csv:{name}",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )


def _content(rows: pd.DataFrame) -> bytes:
    text = io.StringIO()
    write_csv(rows, text)
    # With the mark spreadsheets read Chinese as UTF-8.
    return text.getvalue().encode("utf-8-sig")
