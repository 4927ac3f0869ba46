"""Tables of figures: formatted, coloured by sign, sortable by the number beneath."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from dashboard.analytics.metrics import METRICS, RETURN_KEYS
from dashboard.charts.formats import MISSING, metric_text
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.charts.theme import ColourScheme, contrast_text
from dashboard.charts.treemap import colours_of
from dashboard.snapshot import MemberFilter
from dashboard.studies.heatmap import layers_of
from dashboard.studies.layer import MEMBER_KEYS, RANK, memberships, ranked
from dashboard.supply_chain.models import Kind, Membership
from dashboard.ui import loaders, state
from dashboard.ui.company import CompanyView
from dashboard.ui.export import csv_button
from dashboard.ui.labels import company_title, layer_name, stage_name
from dashboard.ui.layer import LayerView
from dashboard.ui.page import Page

TREND_COLOURS: Final[dict[ColourScheme, Literal["auto", "auto-inverse"]]] = {
    ColourScheme.RED_UP: "auto-inverse",
    ColourScheme.GREEN_UP: "auto",
}
"""Streamlit knows red and green only; another scheme draws trends in a neutral colour."""
_PERIOD_WIDTH = 92
"""Pixels: `+1,234.56%`."""


@dataclass(frozen=True, eq=False)
class Table:
    """Styled rows, the ids they stand for, in order, and the figures beneath for a download."""

    ids: tuple[str, ...]
    rows: Styler
    figures: pd.DataFrame


def layer_matrix(page: Page, chosen: MemberFilter, weighting: str) -> Table:
    """Layers × periods of the chosen members, coloured like the treemap."""
    key = ("matrix", *page.figure_key, chosen, weighting)
    return loaders.shared(key, lambda: _layer_matrix(page, chosen, weighting))


def _layer_matrix(page: Page, chosen: MemberFilter, weighting: str) -> Table:
    table = layers_of(page.snapshot, chosen, weighting)
    frame = pd.DataFrame(
        {
            page.t("tables.layer"): [layer_name(page, one) for one in table.index],
            page.t("tables.coverage"): [
                f"{priced}/{members}"
                for priced, members in zip(table["members_priced"], table["members"], strict=True)
            ],
        },
        index=table.index,
    )
    periods = {page.say(METRICS[key].short): key for key in RETURN_KEYS}
    for title, key in periods.items():
        frame[title] = table[key]
    above = page.t("tables.above_sma_60")
    frame[above] = table["above_sma_60"]
    frame[page.t("tables.stage")] = [
        stage_name(page, page.map.chain.layer_by_id[one].stage) for one in table.index
    ]
    formats: dict[str, str | Callable[[Any], str] | None] = {
        title: partial(metric_text, key, language=page.language) for title, key in periods.items()
    }
    styled = frame.style.format({**formats, above: "{:.0%}"}, na_rep="—")
    # Every rerun applies a Styler's functions anew: one that looks up what was made here.
    cells = pd.DataFrame(
        {title: return_cells(frame[title], key, page) for title, key in periods.items()},
        index=frame.index,
    )
    styled = styled.apply(lambda _: cells, axis=None, subset=list(periods))
    return Table(tuple(table.index), styled, frame)


def return_cells(values: pd.Series, key: str, page: Page) -> list[str]:
    span = COLOUR_RANGES[key]
    missing = values.isna().tolist()
    colours = colours_of(span.position(values), missing, page.theme, span.scale(page.theme))
    return [
        "" if out else f"background-color: {colour}; color: {contrast_text(colour)}"
        for colour, out in zip(colours, missing, strict=True)
    ]


def picked(event: Mapping[str, Any]) -> int | None:
    """Position of the row that was ticked, or whose cell was clicked."""
    chosen = event["selection"]
    if chosen["rows"]:
        return int(chosen["rows"][0])
    return int(chosen["cells"][0][0]) if chosen.get("cells") else None


def show_layer_matrix(page: Page, matrix: Table, key: str) -> None:
    """The matrix; selecting a row opens the layer."""
    order = matrix.ids

    def open_layer() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            state.go(**{state.LAYER: order[row]})

    name = f"{key}:{page.language}"
    st.dataframe(
        matrix.rows,
        key=name,
        hide_index=True,
        on_select=open_layer,
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        column_config={
            page.t("tables.layer"): st.column_config.Column(pinned=True),
            # Left to itself a column of dashes is too narrow for the one figure in it.
            **{
                page.say(METRICS[key].short): st.column_config.Column(width=_PERIOD_WIDTH)
                for key in RETURN_KEYS
            },
        },
        height=min(36 * (len(order) + 1) + 2, 760),
    )
    csv_button(page, matrix.figures, f"layers-{key}")


def show_members(page: Page, view: LayerView) -> None:
    """The members of a layer with sparkline and rank; selecting a row opens the company."""
    table = loaders.shared(
        (
            "members",
            *page.figure_key,
            view.layer.id,
            view.colour_by,
            tuple(view.members.shown["symbol"]),
        ),
        lambda: _members_frame(page, view),
    )
    symbols = table.ids
    name = f"members:{view.layer.id}:{view.colour_by}:{page.language}"

    def open_company() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            state.go(**{state.CODE: symbols[row], state.LAYER: None})

    st.subheader(page.t("layer.members"))
    st.caption(page.t("layer.members_hint"))
    st.dataframe(
        table.rows,
        key=name,
        hide_index=True,
        on_select=open_company,
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        column_config={
            page.t("layer.trend"): st.column_config.LineChartColumn(
                color=TREND_COLOURS.get(page.theme.scheme, page.theme.accent)
            ),
        },
    )
    csv_button(page, table.figures, view.layer.id)


def _members_frame(page: Page, view: LayerView) -> Table:
    """One row a member, best rank first; text where it is read, numbers where it is sorted."""
    figures = ranked(page.snapshot, view.members, view.colour_by)
    rank, order = figures[RANK], figures.index
    own = memberships(page.snapshot, view.layer.id)
    frame = pd.DataFrame(
        {
            page.t("layer.rank"): [
                "—" if rank[symbol] != rank[symbol] else f"{rank[symbol]:.0f}" for symbol in order
            ],
            page.t("layer.company"): [company_title(page, symbol) for symbol in order],
        },
        index=order,
    )
    shown = list(dict.fromkeys((view.colour_by, *MEMBER_KEYS)))
    titles = {page.say(METRICS[key].short): key for key in shown}
    for title, key in titles.items():
        frame[title] = figures[key]
    # The chosen figure comes first, the trend second: a narrow screen shows no more.
    frame.insert(3, page.t("layer.trend"), page.snapshot.sparklines(tuple(order)))
    frame[page.t("layer.place")] = [_place(page, own[symbol]) for symbol in order]
    frame[page.t("layer.stance")] = [
        page.t(f"evidence.stance_{own[symbol].stance.value}") for symbol in order
    ]
    frame[page.t("layer.role")] = [page.say(own[symbol].role) for symbol in order]
    frame[page.t("layer.as_of")] = [
        metric_text("last_session", value, page.language) for value in figures["last_session"]
    ]
    formats: dict[str, str | Callable[[Any], str] | None] = {
        title: partial(metric_text, key, language=page.language) for title, key in titles.items()
    }
    stale = page.snapshot.stale_symbols
    grey = f"color: {page.theme.muted}; font-style: italic"
    styled = frame.style.format(formats, na_rep="—").apply(
        lambda row: [grey if row.name in stale else ""] * len(row), axis=1
    )
    return Table(tuple(order), styled, frame.drop(columns=page.t("layer.trend")))


def _place(page: Page, membership: Membership) -> str:
    place = page.t("evidence.primary" if membership.primary else "evidence.secondary")
    digest = membership.kind is Kind.DIGEST
    return f"{place} · {page.t('evidence.digest')}" if digest else place


def show_metrics(page: Page, view: CompanyView) -> None:
    """All figures of a company."""
    st.dataframe(view.table, hide_index=True, height=430, key=f"metrics:{view.symbol}")
    csv_button(page, view.table, view.symbol)
