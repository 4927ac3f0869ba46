"""The data page's rows: what is stored of each symbol."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts.formats import MISSING as DASH
from dashboard.prices.bars import FETCHED_AT, FLAGS, SOURCE, SYMBOL, BarFlag
from dashboard.prices.freshness import BARS, BEHIND, FIRST, LAST, MISSING, freshness
from dashboard.prices.store import PriceStore
from dashboard.ui import loaders
from dashboard.ui.export import csv_button
from dashboard.ui.flags import flag_texts
from dashboard.ui.labels import company_name
from dashboard.ui.page import Page


def _status(page: Page) -> pd.DataFrame:
    version = loaders.store_version(page.settings.data_dir).bars
    now = loaders.today()
    key = ("status", page.settings.data_dir, version, page.map.chain.digest, now.date())
    return loaders.shared(
        key,
        lambda: freshness(
            PriceStore(page.settings.data_dir).coverage(version) if version >= 0 else _NOTHING,
            page.map.chain.symbols(),
            now,
        ),
    )


_NOTHING = pd.DataFrame(index=pd.Index([], name=SYMBOL))


def summary(page: Page) -> str:
    """How many of the map's symbols are stored, and up to when."""
    rows = _status(page)
    own = rows[rows[SYMBOL].isin(page.map.chain.symbols())]
    stored = own[own[BARS] > 0]
    if stored.empty:
        return page.t("data.nothing", members=len(own))
    return page.t(
        "data.summary",
        stored=len(stored),
        members=len(own),
        last=max(stored[LAST]),
        current=int((stored[BEHIND] == 0).sum()),
        gaps=int((stored[MISSING] > 0).sum()),
    )


def show_status(page: Page) -> None:
    """Per symbol what is stored."""
    st.caption(page.t("data.status_hint"))
    rows = status_rows(page)
    st.dataframe(rows, hide_index=True, height=620, key="data:status", placeholder=DASH)
    csv_button(page, rows, "status")


def status_rows(page: Page) -> pd.DataFrame:
    """Per symbol: name, first and last session, gaps, flags, source, time of fetch."""
    rows = _status(page)
    titles = {
        SYMBOL: "symbol", FIRST: "first", LAST: "last", BARS: "bars", MISSING: "missing",
        BEHIND: "behind", FLAGS: "flags", SOURCE: "source", FETCHED_AT: "fetched",
    }  # fmt: skip
    named = rows.assign(**{FLAGS: [_flag_texts(page, one) for one in rows[FLAGS]]})
    shown = named.rename(
        columns={column: page.t(f"data.{name}") for column, name in titles.items()}
    )
    shown.insert(1, page.t("data.name"), [company_name(page, one) for one in rows[SYMBOL]])
    return shown


def _flag_texts(page: Page, names: str) -> str:
    return flag_texts(page, sum(BarFlag[one.upper()] for one in names.split(",") if one))
