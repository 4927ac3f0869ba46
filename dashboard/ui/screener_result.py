"""The screener's answer: rows, layers, and what changed since the session before."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st
from pandas.io.formats.style import Styler

from dashboard.accounts.limits import ENTRIES
from dashboard.charts.formats import MISSING
from dashboard.screening.asked import Request, is_sortable, ordered
from dashboard.screening.fields import Field
from dashboard.screening.run import Changes, Screened
from dashboard.ui import loaders, state
from dashboard.ui.columns import Change, choose_columns, styled
from dashboard.ui.export import table_buttons
from dashboard.ui.labels import company_title
from dashboard.ui.links import symbol_link
from dashboard.ui.page import Page
from dashboard.ui.screener import Universe, about, export_rows
from dashboard.ui.tables import picked
from dashboard.ui.watchlist_add import add_to_watchlist

ROWS_DRAWN: Final = 200
"""More rows than that, each cell styled, make a page slow; all of them are exported."""
_CHANGES_DRAWN: Final = 24
Told = tuple[dt.date, Changes]
_DIRECTIONS: Final = {"-": ":material/arrow_downward:", "": ":material/arrow_upward:"}


@dataclass(frozen=True, eq=False)
class Rows:
    """The drawn rows and the symbols they stand for."""

    symbols: tuple[str, ...]
    cells: Styler


def show_counts(universe: Universe, found: Screened) -> None:
    """How many of how many match, of how many it is unknown, as of when."""
    page = universe.page
    line = page.t(
        "screener.counts",
        n=f"{len(found.symbols):,}",
        total=f"{found.total:,}",
        date=f"{found.as_of:%Y-%m-%d}",
    )
    if found.unknown:
        line += page.t("screener.unknown", n=f"{found.unknown:,}")
    st.markdown(line, help=page.t("screener.unknown_help") if found.unknown else None)


def show_table(
    universe: Universe, found: Screened, request: Request, fields: Mapping[str, Field]
) -> None:
    """The result's rows; a click opens the company in this place."""
    page = universe.page
    _table_tools(universe, found, request, fields)
    rows = loaders.shared(
        ("screener rows", *universe.key, request.text, request.columns, request.sort),
        lambda: _rows(universe, found, request, fields),
    )
    drawn = len(rows.symbols)
    hint = page.t("screener.row_hint")
    if len(found.symbols) > drawn:
        hint += " " + page.t("screener.drawn", n=drawn, total=f"{len(found.symbols):,}")
    st.caption(hint)
    shown = (*rows.symbols, *request.columns, page.language, universe.id)
    name = f"screener:rows:{zlib.crc32(' '.join(shown).encode()):08x}"

    def open_company() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            state.go(**{state.CODE: rows.symbols[row]})

    st.dataframe(
        rows.cells,
        key=name,
        hide_index=True,
        on_select=open_company,
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        column_config={
            page.t("screener.company"): st.column_config.Column(pinned=True, width="medium")
        },
        height=min(36 * (len(rows.symbols) + 1) + 2, 620),
    )


def _rows(
    universe: Universe, found: Screened, request: Request, fields: Mapping[str, Field]
) -> Rows:
    page = universe.page
    rows = ordered(found, request).head(ROWS_DRAWN)
    cells = styled(
        page,
        rows,
        [fields[one] for one in request.columns],
        universe.snapshot.stale_symbols,
        {page.t("screener.company"): [company_title(page, str(one)) for one in rows.index]},
    )
    return Rows(tuple(map(str, rows.index)), cells)


def _table_tools(
    universe: Universe, found: Screened, request: Request, fields: Mapping[str, Field]
) -> None:
    page = universe.page
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _sort(page, request, fields)
        choose_columns(
            page,
            {key: page.say(one.label) for key, one in fields.items()},
            request.columns,
            request.default_columns,
            _columns_changed(request),
            name="screener:columns",
        )
        table_buttons(
            page,
            lambda: export_rows(universe, found, request),
            f"screen-{universe.id}",
            about(universe, request),
        )
        add_to_watchlist(page, found.symbols[:ENTRIES], "screener")


def _columns_changed(request: Request) -> Change:
    def change(columns: tuple[str, ...]) -> None:
        default = columns == request.default_columns
        state.go(**{state.COLUMNS: None if default else ",".join(columns)})

    return change


def _sort(page: Page, request: Request, fields: Mapping[str, Field]) -> None:
    options = [
        one
        for one in dict.fromkeys((request.sort_field, *request.columns))
        if is_sortable(fields.get(one))
    ]
    st.session_state["screener:sort"] = request.sort_field
    st.session_state["screener:direction"] = "-" if request.descending else ""

    def change() -> None:
        one = st.session_state["screener:sort"]
        state.go(**{state.SORT: st.session_state["screener:direction"] + one})

    st.selectbox(
        page.t("screener.sort"),
        options,
        key="screener:sort",
        format_func=lambda one: page.say(fields[one].label),
        on_change=change,
        width=240,
    )
    st.segmented_control(
        page.t("screener.direction"),
        list(_DIRECTIONS),
        key="screener:direction",
        format_func=lambda one: _DIRECTIONS[one],
        required=True,
        on_change=change,
        label_visibility="collapsed",
    )


def show_changes(universe: Universe, found: Screened, told: Told | None) -> None:
    """What entered and what left since the session before, each leading to its company."""
    page = universe.page
    if told is None:
        st.caption(page.t("screener.no_session_before"))
        return
    day, changed = told
    st.caption(page.t("screener.since", before=f"{day:%Y-%m-%d}", now=f"{found.as_of:%Y-%m-%d}"))
    columns = st.columns(2)
    for column, way, symbols in (
        (columns[0], "entered", changed.entered),
        (columns[1], "left", changed.left),
    ):
        with column:
            title = page.t(f"screener.changes_{way}", n=len(symbols))
            st.markdown(f"**{title}**")
            if not symbols:
                st.caption(page.t(f"screener.none_{way}"))
            for one in symbols[:_CHANGES_DRAWN]:
                symbol_link(page, one)
            if len(symbols) > _CHANGES_DRAWN:
                st.caption(page.t("screener.more", n=len(symbols) - _CHANGES_DRAWN))
