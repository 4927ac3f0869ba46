"""What is stored, month by month, and the bars behind a cell."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.charts.coverage import coverage_strip
from dashboard.charts.formats import MISSING
from dashboard.charts.treemap import Figure
from dashboard.markets import HOME, MARKETS, market_of
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    FLAGS,
    HIGH,
    LOW,
    OPEN,
    SESSION,
    SOURCE,
    SYMBOL,
    VOLUME,
)
from dashboard.prices.flagged import coverage_months
from dashboard.prices.records import REFERENCE
from dashboard.prices.sessions import last_final_session, sessions
from dashboard.prices.store import PriceStore
from dashboard.snapshot import stored_bars
from dashboard.ui import loaders, state
from dashboard.ui.export import csv_button
from dashboard.ui.flags import MARKED, flag_texts, flagged_rows
from dashboard.ui.labels import company_name, company_title
from dashboard.ui.page import Page

_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_COLUMNS: Final = {
    SESSION: "session", OPEN: "open", HIGH: "high", LOW: "low", CLOSE: "close",
    REFERENCE: "reference", ADJUSTED_CLOSE: "adjusted_close", VOLUME: "volume",
    SOURCE: "source",
}  # fmt: skip


def show_coverage(page: Page) -> None:
    """The strip of one market's companies, and the bars of the cell that was clicked."""
    st.caption(page.t("quality.coverage_hint"))
    markets = [one for one in MARKETS if page.map.chain.symbols(one)]
    market = state.choice(
        state.MARKET,
        markets,
        HOME,
        page.t("quality.market"),
        lambda one: MARKETS[one].en if page.language == "en" else MARKETS[one].zh,
        kind="select",
    )
    figure, by_label = _strip(page, market)
    if figure is None:
        st.info(page.t("quality.coverage_none"))
        return
    name = f"coverage:{market}:{page.language}"

    def open_cell() -> None:
        points = st.session_state[name]["selection"]["points"]
        if points and points[0].get("y") in by_label:
            chosen = by_label[points[0]["y"]]
            state.go(**{state.CODE: chosen, state.MONTH: points[0]["x"]})

    st.plotly_chart(figure, key=name, on_select=open_cell, selection_mode="points", theme=None)
    _cell(page)


def _strip(page: Page, market: str) -> tuple[Figure | None, dict[str, str]]:
    version = loaders.store_version(page.settings.data_dir)
    key = ("coverage", *page.figure_key, version, market, loaders.today().date())
    return loaders.shared(key, lambda: _build(page, market, version.bars))


def _build(page: Page, market: str, version: int) -> tuple[Figure | None, dict[str, str]]:
    symbols = page.map.chain.symbols(market)
    until = last_final_session(market, loaders.today())
    share = coverage_months(PriceStore(page.settings.data_dir), symbols, version, until)
    share = share.dropna(how="all").dropna(how="all", axis=1)
    if share.empty:
        return None, {}
    labels = [company_title(page, str(symbol)) for symbol in share.index]
    rows = flagged_rows(page)
    worth = rows[(rows[FLAGS] & int(MARKED)) != 0]
    marks: dict[tuple[str, str], str] = {}
    for symbol, session, flags in zip(worth[SYMBOL], worth[SESSION], worth[FLAGS], strict=True):
        place = (str(symbol), f"{session:%Y-%m}")
        told = f"{session:%m-%d} {flag_texts(page, int(flags) & int(MARKED))}"
        marks[place] = f"{marks[place]}; {told}" if place in marks else told
    figure = coverage_strip(
        share, labels, hover=page.t("quality.stored"), marks=marks, theme=page.theme
    )
    return figure, dict(zip(labels, share.index.astype(str), strict=True))


def _cell(page: Page) -> None:
    """The bars of the symbol and month that the address names."""
    symbol, month = state.read(state.CODE), state.read(state.MONTH)
    found = _MONTH.fullmatch(month or "")
    if symbol is None or found is None or symbol not in page.map.chain.company_by_symbol:
        return
    year, number = int(found[1]), int(found[2])
    if not dt.MINYEAR < year < dt.MAXYEAR:
        return
    first = dt.date(year, number, 1)
    last = dt.date(year, number, calendar.monthrange(year, number)[1])
    bars = _bars(page, symbol)
    rows = bars[bars[SESSION].between(pd.Timestamp(first), pd.Timestamp(last))]
    st.subheader(f"{company_name(page, symbol)} {symbol} · {month}")
    market = market_of(symbol)
    expected = sessions(market, first, min(last, last_final_session(market, loaders.today())))
    known = set(rows[SESSION].dt.date)
    missing = [day for day in expected.tolist() if day not in known]
    text = page.t("quality.cell", n=len(rows), expected=len(expected))
    if missing:
        days = page.t("data.and").join(f"{day:%m-%d}" for day in missing)
        text += page.t("quality.cell_missing", days=days)
    st.markdown(text)
    shown = rows.rename(columns={name: page.t(f"data.{key}") for name, key in _COLUMNS.items()})
    shown = shown[[page.t(f"data.{key}") for key in _COLUMNS.values()]]
    shown.insert(1, page.t("data.flags"), [flag_texts(page, int(one)) for one in rows[FLAGS]])
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=MISSING,
        key=f"data:cell:{page.language}",
        column_config={page.t("data.session"): st.column_config.DateColumn(format="YYYY-MM-DD")},
    )
    csv_button(page, shown, f"{symbol}-{month}")


def _bars(page: Page, symbol: str) -> pd.DataFrame:
    version = loaders.store_version(page.settings.data_dir)
    key = ("bars", page.settings.data_dir, version, page.map.chain.digest, symbol)
    chain, store = page.map.chain, PriceStore(page.settings.data_dir)
    return loaders.shared(key, lambda: stored_bars(chain, store, [symbol]))
