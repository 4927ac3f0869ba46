"""The one way by which a table leaves the page; Streamlit's own would run names as formulas."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.export import Form, write_csv, write_table
from dashboard.i18n import LANGUAGES, translate
from dashboard.ui.page import Page
from dashboard.ui.pinned import about_page

SIMULATED: Final = "simulated"


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


def table_buttons(
    page: Page, rows: Callable[[], pd.DataFrame], name: str, about: Mapping[str, str]
) -> None:
    """Buttons that download the rows as CSV, Parquet and Excel, with what they are about.

    Simulated figures say so in the file's name and in every row.

    Parameters
    ----------
    rows : makes the table, at the click
    name : of the file, and of the buttons among those of the page
    about : as `export.write_table` takes it; what the page pins is told besides
    """
    simulated = page.snapshot.prices.simulated
    told = f"{SIMULATED}-{name}" if simulated else name
    pinned = {**about, **about_page(page)}
    with st.popover(page.t("tables.export"), icon=":material/download:", type="tertiary"):
        for form in Form:
            st.download_button(
                page.t(f"tables.export_{form.value}"),
                data=partial(table_content, rows, form, pinned, simulated=simulated),
                file_name=f"{told}-{page.snapshot.as_of:%Y-%m-%d}.{form.value}",
                mime=form.mime,
                key=f"{form.value}:{name}",
                on_click="ignore",
                width="stretch",
            )


def _content(rows: pd.DataFrame) -> bytes:
    text = io.StringIO()
    write_csv(rows, text)
    # With the mark spreadsheets read Chinese as UTF-8.
    return text.getvalue().encode("utf-8-sig")


def table_content(
    rows: Callable[[], pd.DataFrame], form: Form, about: Mapping[str, str], *, simulated: bool
) -> bytes:
    """The file's bytes; simulated figures get a column that says so."""
    table, out = rows(), io.BytesIO()
    if simulated:
        warning = " / ".join(translate("app.simulated", one) for one in LANGUAGES)
        table = table.assign(**{SIMULATED: warning})
    write_table(table, out, form, about)
    return out.getvalue()
