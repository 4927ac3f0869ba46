"""The documents' events in time, and what prices did around them."""

from __future__ import annotations

import streamlit as st

from dashboard.analytics import event_study, event_tests
from dashboard.charts.formats import MISSING
from dashboard.studies import events as study
from dashboard.studies.events import Choice, EventStudies
from dashboard.supply_chain.models import Direction, Event, Precision
from dashboard.ui import state
from dashboard.ui.events import (
    about,
    choice_of,
    clicked,
    date_text,
    effect_view,
    event_table,
    group_id,
    group_name,
    neighbours_of,
    parts_of,
    studies_of,
    summary_table,
    time_view,
    undated_table,
    window_text,
    windows,
)
from dashboard.ui.evidence import show_evidence
from dashboard.ui.export import table_buttons
from dashboard.ui.how import how
from dashboard.ui.labels import index_name
from dashboard.ui.links import view_link
from dashboard.ui.markup import as_text
from dashboard.ui.members import nobody_yet
from dashboard.ui.page import EVENTS, Page, close_page, open_page
from dashboard.ui.tables import picked


def draw(page: Page) -> None:
    """The time line, the chosen event, all events as a table, and the events together."""
    st.title(page.t("events.title"))
    st.caption(page.t("events.intro"))
    if nobody_yet(page, EVENTS):
        return
    choice = _controls(page)
    selected = state.read(state.EVENT)
    studies = studies_of(page, choice.window)
    _whose(page, studies)
    _time(page, studies, choice, selected)
    if selected is not None:
        _event(page, studies, selected)
    if studies is None:
        st.info(page.t("events.no_index"))
    else:
        _table(page, studies, choice)
        _summary(page, studies, choice)
    undated = time_view(page, choice, selected).undated
    if undated:
        with st.expander(page.t("events.undated", n=len(undated))):
            st.table(undated_table(page, undated), hide_index=True)


def _controls(page: Page) -> Choice:
    chain = page.snapshot.chain
    asked = choice_of()
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    with row:
        state.choice(
            state.WINDOW,
            windows(asked.window),
            str(event_study.WINDOWS[0]),
            page.t("events.window"),
            window_text,
        )
    lists = (asked.layers, asked.companies, asked.documents, asked.directions)
    count = sum(bool(one) for one in lists)
    label = page.t("events.filter_on", n=count) if count else page.t("events.filter")
    named = {one for event in chain.events for one in event.companies}
    touched = {one for event in chain.events for one in event.layers}
    with row, st.popover(label, icon=":material/filter_alt:"):
        _any(page, state.LAYER, "layer", [x.id for x in chain.layers if x.id in touched])
        _any(page, state.COMPANY, "company", [x.key for x in chain.companies if x.key in named])
        _any(page, state.DOCUMENT, "document", [x.id for x in chain.documents])
        _any(page, state.DIRECTION, "direction", [one.value for one in Direction])
    return choice_of()


def _any(page: Page, parameter: str, name: str, options: list[str]) -> None:
    chain = page.snapshot.chain

    def shown(one: str) -> str:
        if name == "layer":
            return page.say(chain.layer_by_id[one].name)
        if name == "company":
            return page.say(chain.company_by_key[one].name)
        if name == "document":
            return page.say(chain.document_by_id[one].title)
        return page.t(f"events.direction_{one}")

    state.choices(
        parameter, options, page.t(f"events.{name}"), shown, placeholder=page.t("events.all")
    )


def _whose(page: Page, studies: EventStudies | None) -> None:
    as_of = f"{page.snapshot.as_of:%Y-%m-%d}"
    text = (
        page.t("events.members_today")
        if page.hindsight
        else page.t("events.members_known", date=as_of)
    )
    if studies is not None:
        text += " " + page.t(
            "events.basis",
            benchmark=index_name(page, studies.benchmark.symbol),
            basis=page.say(studies.benchmark.basis.label),
        )
    st.caption(text)


def _time(page: Page, studies: EventStudies | None, choice: Choice, selected: str | None) -> None:
    view = time_view(page, choice, selected)
    if not view.marks:
        st.info(page.t("events.none"))
        return
    name = f"events:time:{page.language}:{hash(choice)}"

    def pick() -> None:
        found = clicked(view, st.session_state[name])
        if found is not None:
            state.go(**{state.EVENT: found, state.GROUP: None})

    st.plotly_chart(
        view.figure,
        key=name,
        theme=None,
        on_select=pick,
        selection_mode="points",
        config={"displayModeBar": False},
    )
    studied = sum(choice.takes(one.event) for one in (studies.events if studies else ()))
    parts = study.chosen_parts(studies, choice) if studies else ()
    priced = len({one.dated.event.id for one in parts if one.rows})
    st.caption(
        page.t(
            "events.counts",
            studied=studied,
            priced=priced,
            spans=view.spans,
            undated=view.dateless,
        )
    )


# --- one event ------------------------------------------------------------------------


def _event(page: Page, studies: EventStudies | None, selected: str) -> None:
    event = next((one for one in page.snapshot.chain.events if one.id == selected), None)
    if event is None:
        st.error(page.t("events.unknown", id=state.plain(selected)))
        return
    with st.container(border=True):
        st.subheader(as_text(page.say(event.title)))
        dated = next((x for x in (studies.events if studies else ()) if x.event is event), None)
        with st.container(horizontal=True):
            st.badge(date_text(page, event), color="gray")
            st.badge(page.t(f"events.direction_{event.direction.value}"), color="violet")
            if dated is not None:
                session = f"{dated.session:%Y-%m-%d}"
                st.badge(page.t("events.day_zero", session=session), color="blue")
                if dated.basis == study.DAY_AFTER:
                    st.badge(page.t("events.day_after"), color="orange")
        evidence, effect = st.columns([2, 3], gap="large")
        with evidence:
            st.markdown(f"**{page.t('events.evidence')}**")
            show_evidence(page, event.evidence)
        with effect:
            if studies is None or dated is None:
                day = event.precision is Precision.DAY
                st.info(page.t("events.not_yet" if day else "events.not_studied"))
            else:
                _effect(page, studies, event)


def _effect(page: Page, studies: EventStudies, event: Event) -> None:
    parts = {group_id(one.kind, one.group): one for one in parts_of(studies, event.id)}
    if not parts:
        st.info(page.t("events.reason_no_member"))
        return
    chosen = state.choice(
        state.GROUP,
        list(parts),
        next(iter(parts)),
        page.t("events.group"),
        lambda one: group_name(page, parts[one].kind, parts[one].group),
        kind="select",
    )
    view = effect_view(page, studies, parts[chosen])
    st.markdown("  \n".join(view.lines))
    if view.chart is not None:
        st.plotly_chart(view.chart, key="events:car", theme=None, config={"displayModeBar": False})
    if view.placebos is not None:
        st.caption(page.t("events.placebo_title"))
        st.plotly_chart(
            view.placebos, key="events:placebos", theme=None, config={"displayModeBar": False}
        )
    near = neighbours_of(studies, event.id)
    if near:
        st.caption(page.t("events.neighbours"))
        for one in near:
            label = f"{one.session:%Y-%m-%d} {page.say(one.event.title)}"
            view_link(label, EVENTS, event=one.event.id, group=None)
    st.warning(page.t("events.anecdote_one"), icon=":material/info:")
    how(page, *event_study.DEFINITIONS)


# --- all of them ----------------------------------------------------------------------


def _table(page: Page, studies: EventStudies, choice: Choice) -> None:
    st.subheader(page.t("events.table"))
    shown = event_table(page, studies, choice)
    if shown.empty:
        st.info(page.t("events.none"))
        return
    rows = study.chosen_rows(studies, choice)
    name = f"events:rows:{page.language}"

    def pick() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            found = rows.loc[shown.index[row]]
            group = group_id(str(found[study.KIND]), str(found[study.GROUP]))
            state.go(**{state.EVENT: str(found[study.EVENT]), state.GROUP: group})

    number, column = st.column_config.NumberColumn, st.column_config.Column
    st.dataframe(
        shown,
        key=name,
        hide_index=True,
        on_select=pick,
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        height=min(36 * (len(shown) + 1) + 2, 560),
        column_config={
            page.t("events.col_session"): column(width=84),
            page.t("events.col_event"): column(width=190),
            page.t("events.col_direction"): column(width=72),
            page.t("events.col_group"): column(width=104),
            page.t("events.col_names"): column(width=48),
            page.t("events.col_car"): number(format="%+.2f%%", width=72),
            page.t("events.col_band"): column(width=122),
            page.t("events.col_t"): number(format="%.2f", width=50),
            page.t("events.col_placebo"): number(format="%.0f%%", width=64),
            page.t("events.col_note"): column(width="medium"),
        },
    )
    st.caption(page.t("events.table_hint"))
    told = about(page, choice, studies)
    table_buttons(page, lambda: study.chosen_rows(studies, choice), "events", told)
    how(page, *event_study.DEFINITIONS)


def _summary(page: Page, studies: EventStudies, choice: Choice) -> None:
    table, whole = summary_table(page, studies, choice)
    st.subheader(page.t("events.summary"))
    st.markdown(
        page.t(
            "events.summary_note",
            events=whole[study.EVENTS],
            dates=whole[study.DATES],
            independent=whole[study.INDEPENDENT],
        )
    )
    st.dataframe(table, hide_index=True)
    how(page, *event_tests.DEFINITIONS)


page = open_page()
draw(page)
close_page(page)
