"""A list as a table: section by section, in hand order; a click on a row opens the company."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from dashboard.analytics.metrics import METRICS, RETURN_KEYS
from dashboard.analytics.notes import MissingReason
from dashboard.charts.formats import MISSING, metric_text, signed_percent
from dashboard.prices.bars import DIVIDEND, SPLIT, SYMBOL
from dashboard.prices.records import REDUCTION, RIGHTS, STOCK_DIVIDEND
from dashboard.ui import loaders, state
from dashboard.ui.labels import company_title, layer_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.tables import TREND_COLOURS, picked, return_cells
from dashboard.ui.watchlist_rows import ListView
from dashboard.watchlists.formats import (
    ADDED_ON,
    ADDED_PRICE,
    NOTE,
    SECTION,
    STOP,
    TAGS,
    TARGET,
)
from dashboard.watchlists.rows import (
    FLAGS,
    HIT,
    LAST_CLOSE,
    LAYERS,
    LEFT,
    NEXT_EX_DATE,
    NEXT_EX_KINDS,
    RETURN_SINCE_ADDED,
    SINCE_REASON,
    TO_STOP,
    TO_TARGET,
    Hit,
    RowFlag,
)

COMPANY: Final = "company"
TREND: Final = "trend"
DEFAULT_COLUMNS: Final = (
    LAST_CLOSE, "return_1d", RETURN_SINCE_ADDED, TREND, LAYERS, FLAGS, NEXT_EX_DATE, NOTE, TAGS,
    TARGET, TO_TARGET, STOP, TO_STOP,
)  # fmt: skip
_OWN: Final = (*DEFAULT_COLUMNS, ADDED_ON, ADDED_PRICE)
_PRICES: Final = (LAST_CLOSE, ADDED_PRICE, TARGET, STOP)
_TEXTS: Final = (LAYERS, FLAGS, NEXT_EX_DATE, NOTE)
_EX_KINDS: Final = (DIVIDEND, STOCK_DIVIDEND, RIGHTS, SPLIT, REDUCTION)
_SINCE_COLOURS: Final = "return_3m"
"""Metric whose fixed ends of colour the return since added takes."""
_ROW: Final = 35
_TALLEST: Final = 900
"""Pixels."""
_WIDTHS: Final[Mapping[str, int]] = {
    LAST_CLOSE: 96, RETURN_SINCE_ADDED: 104, TREND: 120, LAYERS: 130, FLAGS: 150,
    NEXT_EX_DATE: 150, NOTE: 240, TAGS: 150, ADDED_ON: 104,
}  # fmt: skip
"""The same in every section, so that they stand below each other."""
_METRIC_WIDTH: Final = 96


def column_labels(page: Page) -> dict[str, str]:
    """Column → what the reader calls it, in the order they are offered."""
    own = {one: column_title(page, one) for one in _OWN if one not in METRICS}
    return {**own, **{key: page.say(metric.label) for key, metric in METRICS.items()}}


def column_title(page: Page, column: str) -> str:
    """The head of a column."""
    if column in METRICS:
        return page.say(METRICS[column].short)
    return page.t(f"watchlists.column_{column}")


def shown_columns(view: ListView) -> tuple[str, ...]:
    """The columns of the list that there are, else the usual ones."""
    known = {*_OWN, *METRICS}
    kept = tuple(one for one in view.watchlist.columns if one in known)
    return kept or DEFAULT_COLUMNS


def show_table(view: ListView) -> None:
    """The rows; those of each section below its name."""
    page, rows = view.page, view.rows
    sections = list(dict.fromkeys(rows[SECTION]))
    for section in sections:
        own = rows[rows[SECTION] == section]
        if section or len(sections) > 1:
            name = as_text(section) if section else page.t("watchlists.section_none")
            st.markdown(f"**{name}** · {page.t('watchlists.rows', n=len(own))}")
        _show_section(view, own, sections.index(section))


def _show_section(view: ListView, rows: pd.DataFrame, place: int) -> None:
    page, columns = view.page, shown_columns(view)
    symbols = tuple(rows[SYMBOL])
    name = f"watchlist:{view.watchlist.id}:{place}:{page.language}"
    # An object's identity is enough: the rows themselves are shared and never changed.
    styled = loaders.shared(
        ("watchlist table", *page.figure_key, view.shown, view.entered, section_key(rows), columns),
        lambda: table_of(view, rows, columns),
    )

    def open_company() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            state.go(**{state.CODE: symbols[row]})

    st.dataframe(
        styled,
        key=name,
        hide_index=True,
        on_select=open_company,
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        column_config=_config(page, columns),
        height=min(_ROW * (len(rows) + 1) + 3, _TALLEST),
    )


def section_key(rows: pd.DataFrame) -> tuple[int, ...]:
    """The ids of the rows."""
    return tuple(int(one) for one in rows.index)


def _config(page: Page, columns: Sequence[str]) -> dict[str, Any]:
    titles = _titles(page, columns)
    config: dict[str, Any] = {
        page.t("watchlists.column_company"): st.column_config.TextColumn(pinned=True, width=150)
    }
    for column, title in titles.items():
        width = _WIDTHS.get(column, _METRIC_WIDTH)
        if column == TREND:
            config[title] = st.column_config.LineChartColumn(
                width=width, color=TREND_COLOURS.get(page.theme.scheme, page.theme.accent)
            )
        elif column == TAGS:
            config[title] = st.column_config.ListColumn(width=width)
        elif column == ADDED_ON:
            config[title] = st.column_config.DateColumn(width=width, format="YYYY-MM-DD")
        else:
            config[title] = st.column_config.Column(width=width)
    return config


def _titles(page: Page, columns: Sequence[str]) -> dict[str, str]:
    """Column → its head; the long name where two short ones are alike."""
    short = {one: column_title(page, one) for one in columns}
    alike = [title for title in short.values() if list(short.values()).count(title) > 1]
    labels = column_labels(page)
    return {one: labels[one] if title in alike else title for one, title in short.items()}


def table_of(view: ListView, rows: pd.DataFrame, columns: Sequence[str]) -> Styler:
    """Rows as a reader sees them; numbers stay numbers and sort as such."""
    page, titles = view.page, _titles(view.page, columns)
    cells = {page.t("watchlists.column_company"): _companies(view, rows)}
    cells |= {title: _cells(page, rows, column) for column, title in titles.items()}
    frame = pd.DataFrame(cells, index=rows.index)
    formats = {title: form for column, title in titles.items() if (form := _format(page, column))}
    styled = frame.style.format(formats, na_rep=MISSING)  # type: ignore[arg-type]
    for column, hit in ((TO_TARGET, Hit.TARGET), (TO_STOP, Hit.STOP)):
        reached = rows.index[rows[HIT] == hit]
        if column in titles and len(reached):
            styled = styled.format(
                partial(_hit_text, page, hit), subset=(reached, [titles[column]]), na_rep=MISSING
            )
    return _coloured(page, rows, styled, frame, titles)


def _hit_text(page: Page, hit: Hit, distance: float) -> str:
    return page.t(f"watchlists.hit_{hit.value}", distance=signed_percent(distance))


def _coloured(
    page: Page, rows: pd.DataFrame, styled: Styler, frame: pd.DataFrame, titles: Mapping[str, str]
) -> Styler:
    colours = pd.DataFrame("", index=frame.index, columns=frame.columns)
    stale = rows[SYMBOL].isin(page.snapshot.stale_symbols) | rows[LEFT]
    colours.loc[stale] = f"color: {page.theme.muted}; font-style: italic"
    for column, title in titles.items():
        key = _SINCE_COLOURS if column == RETURN_SINCE_ADDED else column
        if key in RETURN_KEYS:
            colours[title] = return_cells(frame[title], key, page)
    # Every rerun applies a Styler's functions anew: one that looks up what was made here.
    return styled.apply(lambda _: colours, axis=None)


def _format(page: Page, column: str) -> Callable[[Any], str] | None:
    if column in METRICS:
        return partial(metric_text, column, language=page.language)
    if column in _PRICES:
        return "{:,.2f}".format
    if column in (RETURN_SINCE_ADDED, TO_TARGET, TO_STOP):
        return signed_percent
    return None


def _companies(view: ListView, rows: pd.DataFrame) -> list[str]:
    return [
        company_title(view.page, symbol) + _mark(view, symbol, left=left)
        for symbol, left in zip(rows[SYMBOL], rows[LEFT], strict=True)
    ]


def _mark(view: ListView, symbol: str, *, left: bool) -> str:
    if left:
        return f" · {view.page.t('watchlists.mark_left')}"
    return f" · {view.page.t('watchlists.mark_new')}" if symbol in view.entered else ""


def _cells(page: Page, rows: pd.DataFrame, column: str) -> Any:
    if column == TREND:
        return page.snapshot.sparklines(list(rows[SYMBOL]))
    if column == TAGS:
        return [list(one) for one in rows[TAGS]]
    if column == LAYERS:
        return [_layers(page, one) for one in rows[LAYERS]]
    if column == FLAGS:
        return [flags_text(page, one, reason) for one, reason in _flags(rows)]
    if column == NEXT_EX_DATE:
        return [
            ex_text(page, day, kinds)
            for day, kinds in zip(rows[NEXT_EX_DATE], rows[NEXT_EX_KINDS], strict=True)
        ]
    if column == NOTE:
        return [" ".join(one.split()) for one in rows[NOTE]]
    return rows[column]


def _flags(rows: pd.DataFrame) -> zip[tuple[Any, Any]]:
    return zip(rows[FLAGS], rows[SINCE_REASON], strict=True)


def _layers(page: Page, layers: Sequence[str]) -> str:
    return page.t("data.and").join(layer_name(page, one) for one in layers) or MISSING


def flags_text(page: Page, flags: Sequence[RowFlag], reason: Any) -> str:
    """What is to be known of a row; why a return is missing where no flag says so."""
    told = [page.say(one.label) for one in flags]
    if not pd.isna(reason) and reason not in (*flags, MissingReason.NOT_ADDED):
        why = page.say(MissingReason(reason).label)
        told.append(page.t("watchlists.since_missing", reason=why))
    return page.t("data.and").join(dict.fromkeys(told)) or MISSING


def ex_text(page: Page, day: Any, kinds: Sequence[str]) -> str:
    """`2026-07-15 息`; a dash where nothing is announced."""
    if pd.isna(day):
        return MISSING
    what = [page.t(f"watchlists.ex_{one}") for one in _EX_KINDS if one in kinds]
    return f"{day:%Y-%m-%d} {page.t('data.and').join(what)}".rstrip()
