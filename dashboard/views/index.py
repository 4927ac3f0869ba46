"""Indices of layers and stages, their company, their clusters, and what is hindsight in them."""

from __future__ import annotations

import streamlit as st

from dashboard.analytics.breadth import FEWEST
from dashboard.analytics.hindsight import PERIODS
from dashboard.snapshot import TODAY
from dashboard.studies import index as study
from dashboard.studies.index import Choice, IndexStudy
from dashboard.supply_chain.rows import LAYER
from dashboard.ui import state
from dashboard.ui.clusters import show_clusters
from dashboard.ui.export import table_buttons
from dashboard.ui.how import how
from dashboard.ui.index import (
    DETAIL_DEFINITIONS,
    HINDSIGHT_DEFINITIONS,
    INDEX_DEFINITIONS,
    TABLE_DEFINITIONS,
    Detail,
    detail,
    found_study,
    group_name,
    lines,
    markets,
    member_notes,
    overall_sentence,
    table,
)
from dashboard.ui.links import company_link, layer_link, view_link
from dashboard.ui.markup import as_text
from dashboard.ui.members import nobody_yet
from dashboard.ui.page import INDEX, Page, close_page, open_page
from dashboard.ui.refresh import first_run
from dashboard.ui.tables import picked


def draw(page: Page) -> None:
    """The chosen part."""
    st.title(page.t("index.title"))
    st.caption(page.t("index.intro"))
    if nobody_yet(page, INDEX):
        return
    if _option(page, state.VIEW, study.VIEWS, "view", study.LINES) == study.CLUSTERS:
        show_clusters(page)
        return
    choice, span, logarithmic = _controls(page)
    found = found_study(page, choice)
    _whose(page, found)
    if found is None:
        st.info(page.t("index.unpriced"))
        return
    _lines(page, found, span, logarithmic=logarithmic)
    _rows(page, found)
    group = state.read(state.PICKED)
    if group is not None and group in found.groups:
        _detail(page, found, group, span)


def _option(page: Page, parameter: str, options: tuple[str, ...], name: str, default: str) -> str:
    return state.choice(
        parameter,
        options,
        default,
        page.t(f"index.{name}"),
        lambda one: page.t(f"index.{name}_{one}"),
    )


def _controls(page: Page) -> tuple[Choice, str, bool]:
    """What is chosen often in one row, the rest behind a button."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _option(page, state.GROUP, study.BY, "by", LAYER)
        span = state.choice(
            state.SPAN,
            study.SPANS,
            study.DEFAULT_SPAN,
            page.t("index.span"),
            lambda one: page.t(f"index.period_{one}"),
        )
        _option(page, state.BENCHMARK, study.BENCHMARKS, "benchmark", study.INDEX)
        state.switch(
            state.WITHOUT_GIANT, page.t("index.ex_tsmc"), help=page.t("index.ex_tsmc_help")
        )
        with st.popover(page.t("index.more"), icon=":material/tune:"):
            _option(page, state.WEIGHTING, study.WEIGHTINGS, "weighting", study.WEIGHTINGS[0])
            _option(page, state.BASIS, study.BASES, "basis", study.BASES[0])
            state.choice(state.MARKET, markets(page), markets(page)[0], page.t("index.market"), str)
            state.switch(state.DIGEST, page.t("index.digest"))
            state.switch(state.SECONDARY, page.t("index.secondary"))
            logarithmic = state.switch(state.LOGARITHMIC, page.t("index.log"))
    choice = Choice.of(st.query_params.to_dict(), markets(page))
    return choice, span, logarithmic


def _whose(page: Page, found: IndexStudy | None) -> None:
    """Whose members count, and the switch to the other ones."""
    if found is not None:
        st.caption(" ".join(member_notes(page, found)))
    if page.hindsight:
        view_link(page.t("index.to_known"), INDEX, icon=":material/history:", members=None)
    else:
        view_link(page.t("index.to_today"), INDEX, icon=":material/history:", members=TODAY)


def _lines(page: Page, found: IndexStudy, span: str, *, logarithmic: bool) -> None:
    by = found.choice.by
    asked: tuple[str, ...] = ()
    if by == LAYER:
        asked = state.choices(
            state.SHOWN,
            found.groups,
            page.t("index.show"),
            lambda one: group_name(page, by, one),
            placeholder=page.t("index.show_hint"),
        )
    drawn = lines(page, found, span, asked, state.read(state.PICKED), logarithmic=logarithmic)
    if drawn is None:
        st.info(page.t("index.nothing"))
    else:
        figure, _, notes = drawn
        st.plotly_chart(figure, key="index:lines", theme=None, config={"displayModeBar": False})
        st.caption(" ".join(notes))
    if said := overall_sentence(page, found, span):
        st.markdown(f"**{page.t('index.hindsight')}** · {as_text(said)}")
    how(page, *INDEX_DEFINITIONS, *HINDSIGHT_DEFINITIONS)


def _rows(page: Page, found: IndexStudy) -> None:
    shown, rows = table(page, found)
    groups = rows[study.GROUP].tolist()
    name = f"index:rows:{page.language}:{found.choice.by}"

    def pick() -> None:
        row = picked(st.session_state[name])
        if row is not None and row < len(groups):
            state.go(**{state.PICKED: groups[row]})

    percent = st.column_config.NumberColumn(format="%+.1f%%", width=78)
    share = st.column_config.NumberColumn(format="%.0f%%", width=74)
    number = st.column_config.NumberColumn(format="%.1f", width=70)
    named = {page.t("index.group"): st.column_config.Column(pinned=True)}
    plain = {page.t(f"index.above_{one}"): share for one in (20, 60, 240)}
    plain |= {page.t("index.level"): number, page.t("index.effective"): number}
    plain |= {page.t("index.dispersion"): st.column_config.NumberColumn(format="%.1f%%", width=74)}
    signed = {
        str(one): percent
        for one, kind in shown.dtypes.items()
        if kind.kind == "f" and one not in plain
    }
    st.dataframe(
        shown,
        key=name,
        hide_index=True,
        on_select=pick,
        selection_mode=("single-row", "single-cell"),
        placeholder="—",
        height=min(36 * (len(shown) + 1) + 2, 760),
        column_config={**signed, **plain, **named},
    )
    notes = [page.t("index.table_hint")]
    if found.choice.by == LAYER:
        missing = len(page.snapshot.chain.layers) - len(groups) + 1
        notes += [page.t("index.foreign", n=missing)] if missing else []
    st.caption(" ".join(notes))
    with st.container(horizontal=True):
        table_buttons(
            page, lambda: study.index_rows(found), f"index-{found.choice.by}", _about(page, found)
        )
        how(page, *TABLE_DEFINITIONS)


def _about(page: Page, found: IndexStudy) -> dict[str, str]:
    return {
        "as_of": f"{page.snapshot.as_of:%Y-%m-%d}",
        "source": ", ".join(page.snapshot.prices.sources),
        "about_members": " ".join(member_notes(page, found)),
    }


def _detail(page: Page, found: IndexStudy, group: str, span: str) -> None:
    """One group: figures, hindsight, breadth, contributions, members."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(as_text(group_name(page, found.choice.by, group)))
            if group in page.snapshot.chain.layer_by_id:
                layer_link(page, group)
            st.button(
                page.t("index.back"),
                key="index:back",
                icon=":material/close:",
                type="tertiary",
                on_click=state.go,
                kwargs={state.PICKED: None},
            )
        period = state.choice(
            state.PERIOD,
            PERIODS,
            PERIODS[-1],
            page.t("index.gap_period"),
            lambda one: page.t(f"index.period_{one}"),
        )
        view = detail(page, found, group, span, period)
        _figures(view)
        _hindsight(page, view)
        left, right = st.columns(2)
        with left:
            _breadth(page, found, view, group)
        with right:
            _contribution(page, view)
        _members(page, view)
        how(page, *DETAIL_DEFINITIONS)


def _figures(view: Detail) -> None:
    with st.container(horizontal=True):
        for title, value, beside in view.figures:
            st.metric(title, value, beside, delta_color="off", delta_arrow="off", width=150)


def _hindsight(page: Page, view: Detail) -> None:
    st.markdown(f"##### {page.t('index.hindsight')}")
    st.markdown(as_text(view.sentence))
    if view.hindsight is not None:
        st.plotly_chart(
            view.hindsight, key="index:hindsight", theme=None, config={"displayModeBar": False}
        )
    how(page, *HINDSIGHT_DEFINITIONS)


def _breadth(page: Page, found: IndexStudy, view: Detail, group: str) -> None:
    st.markdown(f"##### {page.t('index.breadth')}")
    if view.breadth is not None:
        st.plotly_chart(
            view.breadth, key="index:breadth", theme=None, config={"displayModeBar": False}
        )
        return
    members = int(found.index.members[group].iloc[-1])
    st.info(page.t("index.few" if members < FEWEST else "index.nothing", n=members))


def _contribution(page: Page, view: Detail) -> None:
    st.markdown(f"##### {page.t('index.contribution')}")
    if view.contribution is None:
        st.info(page.t("index.no_contribution"))
        return
    st.plotly_chart(
        view.contribution, key="index:contribution", theme=None, config={"displayModeBar": False}
    )
    st.caption(page.t("index.contribution_note"))


def _members(page: Page, view: Detail) -> None:
    st.markdown(f"##### {page.t('index.members')}")
    st.dataframe(
        view.members,
        key=f"index:members:{page.language}",
        hide_index=True,
        placeholder="—",
        column_config={
            page.t("index.weight"): st.column_config.NumberColumn(format="%.1f%%"),
            page.t("index.contribution_points"): st.column_config.NumberColumn(format="%+.1f"),
        },
    )
    with st.container(horizontal=True):
        for symbol in view.symbols:
            company_link(page, page.map.chain.company_by_symbol[symbol])


state.publish()
page = open_page()
first_run(page)
draw(page)
close_page(page)
