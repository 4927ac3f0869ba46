"""Which group leads and which weakens, and whether prices followed the bottleneck."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.analytics.bottleneck import LOOKBACK
from dashboard.analytics.rotation import MOMENTUM, NEEDED, QUADRANT, RATIO, rotation_table
from dashboard.snapshot import TODAY
from dashboard.studies import rotation as study
from dashboard.studies.rotation import Choice
from dashboard.supply_chain.rows import LAYER
from dashboard.ui import state
from dashboard.ui.export import table_buttons
from dashboard.ui.how import how
from dashboard.ui.links import company_link, layer_link, view_link
from dashboard.ui.markup import as_text
from dashboard.ui.members import nobody_yet
from dashboard.ui.page import ROTATION, Page, close_page, open_page
from dashboard.ui.rotation import (
    DRAWN_OF_MANY,
    GRAPH_DEFINITIONS,
    RIBBON_DEFINITIONS,
    SPANS,
    GraphView,
    about,
    clicked,
    graph_lines,
    graph_view,
    group_name,
    layers_of,
    ribbon_view,
)
from dashboard.ui.tables import picked


def draw(page: Page) -> None:
    """The chosen view under its controls."""
    st.title(page.t("rotation.title"))
    st.caption(page.t("rotation.intro"))
    if nobody_yet(page, ROTATION):
        return
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    with row:
        view = _option(page, state.VIEW, study.VIEWS, "view", study.GRAPH)
        if view == study.GRAPH:
            by = _option(page, state.GROUP, study.BY, "by", study.BY[0])
        against = _option(page, state.BENCHMARK, study.BENCHMARKS, "benchmark", study.INDEX)
    if view == study.GRAPH:
        _graph(page, Choice(by=by, benchmark=against), row)
    else:
        _ribbon(page, against, row)


def _option(page: Page, parameter: str, options: tuple[str, ...], name: str, default: str) -> str:
    return state.choice(
        parameter,
        options,
        default,
        page.t(f"rotation.{name}"),
        lambda one: page.t(f"rotation.{name}_{one}"),
    )


def _weeks(page: Page, parameter: str, options: tuple[int, ...], name: str, default: int) -> int:
    return int(
        state.choice(
            parameter, [str(one) for one in options], str(default), page.t(f"rotation.{name}"), str
        )
    )


# --- the graph ------------------------------------------------------------------------


def _graph(page: Page, choice: Choice, row: st.delta_generator.DeltaGenerator) -> None:
    with row:
        tail = _weeks(page, state.TAIL, study.TAILS, "tail", study.DEFAULT_TAIL)
    offered = graph_lines(page, choice).strength.columns.tolist()
    asked: tuple[str, ...] = ()
    if choice.by == LAYER:
        asked = state.choices(
            state.SHOWN,
            offered,
            page.t("rotation.show"),
            lambda one: group_name(page, choice.by, one),
            placeholder=page.t("rotation.show_hint", n=DRAWN_OF_MANY),
        )
    view = graph_view(page, choice, tail, asked)
    _whose(page, view.notes)
    chart, table = st.columns(2)
    with chart:
        _play(page, view, choice)
    with table:
        _rows(page, view, choice)
    _picked(page, view, choice)
    how(page, *GRAPH_DEFINITIONS)


def _play(page: Page, view: GraphView, choice: Choice) -> None:
    if view.figure is None:
        if len(view.lines.last):
            st.info(page.t("rotation.no_points", needed=NEEDED))
        return
    name = f"rotation:graph:{page.language}:{choice.by}"

    def pick() -> None:
        group = clicked(view, st.session_state[name])
        if group is not None:
            state.go(**{state.PICKED: group})

    st.plotly_chart(
        view.figure,
        key=name,
        theme=None,
        on_select=pick,
        selection_mode="points",
        config={"displayModeBar": False},
    )
    muted = len(view.trails) - len(view.shown)
    notes = [page.t("rotation.play")]
    notes += [page.t("rotation.play_muted", n=muted)] if muted else []
    st.caption(" ".join(notes))


def _rows(page: Page, view: GraphView, choice: Choice) -> None:
    name = f"rotation:rows:{page.language}:{choice.by}"

    def pick() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            state.go(**{state.PICKED: str(view.table.index[row])})

    column, number = st.column_config.Column, st.column_config.NumberColumn
    st.dataframe(
        view.table,
        key=name,
        hide_index=True,
        on_select=pick,
        selection_mode="single-cell",
        placeholder="—",
        height=min(36 * (len(view.table) + 1) + 2, 620),
        column_config={
            page.t("rotation.group"): column(width=120),
            page.t("rotation.quadrant"): column(width=88),
            page.t("rotation.ratio_short"): number(
                format="%.2f", width=58, help=page.t("rotation.ratio_help")
            ),
            page.t("rotation.momentum_short"): number(
                format="%.2f", width=58, help=page.t("rotation.momentum_help")
            ),
            page.t("rotation.weeks_in"): number(help=page.t("rotation.weeks_in_help"), width=50),
            page.t("rotation.move"): column(help=page.t("rotation.move_help"), width=64),
            page.t("rotation.coverage"): column(help=page.t("rotation.coverage_help"), width=50),
        },
    )
    st.caption(page.t("rotation.pick"))
    table_buttons(
        page,
        lambda: study.rotation_rows(view.lines, view.found),
        f"rotation-{choice.by}",
        about(page, choice),
    )


def _picked(page: Page, view: GraphView, choice: Choice) -> None:
    """The chosen group's figures, its layers and its members."""
    group = state.read(state.PICKED)
    if group is None or group not in view.lines.about.index:
        return
    now = rotation_table(view.found).loc[group]
    quadrant, name = now[QUADRANT], group_name(page, choice.by, group)
    with st.container(border=True):
        if isinstance(quadrant, str):
            text = page.t(
                "rotation.picked",
                name=name,
                quadrant=page.t(f"rotation.{quadrant}"),
                ratio=f"{now[RATIO]:.2f}",
                momentum=f"{now[MOMENTUM]:.2f}",
            )
            st.markdown(f"**{as_text(text)}**")
        else:
            st.markdown(f"**{as_text(name)}**")
        with st.container(horizontal=True):
            for layer in layers_of(page, choice.by, group):
                layer_link(page, layer)
        with st.container(horizontal=True):
            for symbol in view.lines.symbols(group):
                company_link(page, page.map.chain.company_by_symbol[symbol])


# --- the ribbon -----------------------------------------------------------------------


def _ribbon(page: Page, against: str, row: st.delta_generator.DeltaGenerator) -> None:
    with row:
        lookback = _weeks(page, state.LOOKBACK, study.LOOKBACKS, "lookback", LOOKBACK)
        span = _option(page, state.SPAN, SPANS, "span", SPANS[0])
    choice = Choice(benchmark=against, view=study.RIBBON, lookback=lookback)
    view = ribbon_view(page, choice, span)
    _whose(page, view.notes)
    if view.leader:
        st.markdown(view.leader)
    if view.figure is None:
        if len(view.ribbon.lines.last):
            st.info(page.t("rotation.no_ribbon", weeks=lookback))
    else:
        st.plotly_chart(
            view.figure, key="rotation:ribbon", theme=None, config={"displayModeBar": False}
        )
        st.caption(view.caption)
        _plain(page, "rotation.changes", view.changes, "rotation.no_changes")
    st.dataframe(view.table, hide_index=True, placeholder="—")
    st.caption(page.t("rotation.groups_note"))
    with st.expander(page.t("rotation.groups_of")):
        st.markdown(view.groups)
    table_buttons(page, lambda: study.ribbon_rows(view.ribbon), "bottleneck", about(page, choice))
    how(page, *RIBBON_DEFINITIONS)
    st.subheader(page.t("rotation.claims"))
    if view.claims.empty:
        st.info(page.t("rotation.no_claims"))
        return
    st.markdown(view.summary)
    _claim_table(page, view.claims, lambda: study.claim_rows(view.ribbon), about(page, choice))


def _plain(page: Page, title: str, text: str, none: str) -> None:
    st.caption(f"**{page.t(title)}**　{text or page.t(none)}")


def _claim_table(
    page: Page,
    claims: pd.DataFrame,
    rows: Callable[[], pd.DataFrame],
    told: dict[str, str],
) -> None:
    # A static table wraps; a data frame would cut the claims off.
    st.table(claims, hide_index=True)
    table_buttons(page, rows, "bottleneck-claims", told)


def _whose(page: Page, notes: tuple[str, ...]) -> None:
    """Whose members count, and the switch to the other ones."""
    st.caption(" ".join(notes))
    if page.hindsight:
        view_link(page.t("rotation.to_known"), ROTATION, icon=":material/history:", members=None)
    else:
        view_link(page.t("rotation.to_today"), ROTATION, icon=":material/history:", members=TODAY)


page = open_page()
draw(page)
close_page(page)
