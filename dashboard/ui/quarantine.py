"""The rows that were refused and kept aside: looked at, accepted or dropped by hand."""

from __future__ import annotations

import zlib
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.charts.formats import MISSING
from dashboard.errors import DashboardError
from dashboard.prices import quarantine
from dashboard.prices.bars import (
    CLOSE,
    FETCHED_AT,
    HIGH,
    LOW,
    OPEN,
    SESSION,
    SOURCE,
    SYMBOL,
    VOLUME,
)
from dashboard.prices.quarantine import STORED_CLOSE
from dashboard.prices.records import REASON, RECORD
from dashboard.prices.store import PriceStore
from dashboard.ui import loaders
from dashboard.ui.labels import company_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page

_TITLES: Final = {
    SYMBOL: "symbol", SESSION: "session", REASON: "reason", OPEN: "open", HIGH: "high",
    LOW: "low", CLOSE: "close", STORED_CLOSE: "stored_close", VOLUME: "volume",
    SOURCE: "source", FETCHED_AT: "fetched",
}  # fmt: skip
_TABLE: Final = "data:quarantine"
_TOLD: Final = "data:quarantine:told"


def waiting_count(page: Page) -> int:
    """How many refused rows wait for a decision."""
    return len(waiting_rows(page))


def waiting_rows(page: Page) -> pd.DataFrame:
    """The refused rows beside the close that is stored of their session."""
    version = loaders.store_version(page.settings.data_dir)
    key = ("quarantine", page.settings.data_dir, version)
    return loaders.shared(key, lambda: _read(page.settings.data_dir))


def _read(data_dir: str) -> pd.DataFrame:
    store = PriceStore(data_dir)
    return quarantine.beside_stored(store, quarantine.waiting(store))


def show_quarantine(page: Page) -> None:
    """The rows with why, and the two buttons for the chosen ones."""
    st.caption(page.t("quality.quarantine_hint"))
    for told in st.session_state.pop(_TOLD, ()):
        st.info(told)
    rows = waiting_rows(page)
    if rows.empty:
        st.success(page.t("quality.quarantine_none"))
        return
    shown = rows[list(_TITLES)].assign(
        **{REASON: [quarantine.why(one, page.language) for one in rows[REASON]]}
    )
    shown = shown.rename(columns={name: page.t(f"data.{key}") for name, key in _TITLES.items()})
    shown.insert(1, page.t("data.name"), [company_name(page, one) for one in rows[SYMBOL]])
    event = st.dataframe(
        shown,
        hide_index=True,
        placeholder=MISSING,
        # Another key once the rows are others: the browser ticks places, not rows.
        key=f"{_TABLE}:{zlib.crc32(' '.join(rows[RECORD]).encode()):08x}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            page.t("data.session"): st.column_config.DateColumn(format="YYYY-MM-DD"),
            page.t("data.fetched"): st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )
    chosen = rows[RECORD].iloc[event["selection"]["rows"]].tolist()
    with st.container(horizontal=True):
        for action, icon in (("accept", ":material/check:"), ("drop", ":material/delete:")):
            st.button(
                page.t(f"quality.{action}", n=len(chosen)),
                key=f"data:{action}",
                icon=icon,
                disabled=not chosen,
                on_click=_decide,
                args=(page, action, chosen),
                help=page.t(f"quality.{action}_help"),
            )


def _decide(page: Page, action: str, chosen: list[str]) -> None:
    store = PriceStore(page.settings.data_dir)
    told = []
    for record in chosen:
        try:
            if action == "accept":
                quarantine.accept(store, record)
            else:
                quarantine.drop(store, record)
        except DashboardError as error:
            told.append(page.t("quality.not_done", reason=as_text(error)))
    done = len(chosen) - len(told)
    if done:
        told.insert(0, page.t(f"quality.{action}_done", n=done))
    st.session_state[_TOLD] = told
    loaders.store_version.clear()
