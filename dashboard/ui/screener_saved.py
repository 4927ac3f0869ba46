"""A person's saved screens: opened, saved, renamed, overwritten, deleted and brought back."""

from __future__ import annotations

import dataclasses
from typing import Final

import streamlit as st

from dashboard.accounts.models import SavedScreen
from dashboard.errors import ChangedElsewhere, DashboardError
from dashboard.screening.asked import Request
from dashboard.snapshot import MAP
from dashboard.ui import state
from dashboard.ui.links import view_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import SCREENER, Page
from dashboard.ui.people import Reader
from dashboard.ui.screener import universe_title

_TOLD: Final = "screener:told"
_CONFLICT: Final = "screener:conflict"


def show_saved(page: Page, reader: Reader, request: Request) -> None:
    """The list behind its own line; a conflict and an error stand above it."""
    _conflict(page, reader)
    if told := st.session_state.pop(_TOLD, None):
        st.warning(told)
    screens = reader.desk.screens.all()
    with st.expander(page.t("screener.saved", n=len(screens)), icon=":material/bookmarks:"):
        _save_new(page, reader, request)
        if not screens:
            st.caption(page.t("screener.saved_none"))
        for one in screens:
            _row(page, reader, request, one)
        _undo(page, reader)


def parameters_of(saved: SavedScreen) -> dict[str, str | None]:
    """The URL's parameters that show a saved screen."""
    return {
        state.EXPRESSION: saved.expression,
        state.UNIVERSE: None if saved.universe == MAP else saved.universe,
        state.COLUMNS: ",".join(saved.columns) or None,
        state.SORT: saved.sort or None,
        state.PRESET: None,
        state.CODE: None,
    }


def _save_new(page: Page, reader: Reader, request: Request) -> None:
    with st.form("screener:save", border=False, clear_on_submit=True):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        row.text_input(
            page.t("screener.save_name"),
            key="screener:save:name",
            max_chars=100,
            placeholder=page.t("screener.save_hint"),
            width=280,
        )
        row.form_submit_button(
            page.t("screener.save"),
            icon=":material/bookmark_add:",
            disabled=not request.text,
            on_click=_saved_new,
            args=(page, reader, request),
        )


def _saved_new(page: Page, reader: Reader, request: Request) -> None:
    try:
        reader.desk.screens.create(
            st.session_state["screener:save:name"],
            request.text,
            universe=request.universe,
            columns=request.columns,
            sort=request.sort,
        )
    except DashboardError as error:
        _tell(page, error)


def _row(page: Page, reader: Reader, request: Request, one: SavedScreen) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        view_link(one.name, SCREENER, icon=":material/bookmark:", **parameters_of(one))
        said = f"{universe_title(page, one.universe)} · {one.expression}"
        st.caption(as_text(said), width="stretch")
        with st.popover(page.t("screener.change"), type="tertiary"):
            key = f"screener:rename:{one.id}:{one.version}"
            st.text_input(
                page.t("screener.rename"),
                one.name,
                key=key,
                max_chars=100,
                on_change=_renamed,
                args=(page, reader, one, key),
            )
            st.button(
                page.t("screener.overwrite"),
                key=f"screener:overwrite:{one.id}",
                icon=":material/save:",
                disabled=not request.text,
                help=page.t("screener.overwrite_help"),
                on_click=_overwritten,
                args=(page, reader, one, request),
                width="stretch",
            )
            st.button(
                page.t("screener.delete"),
                key=f"screener:delete:{one.id}",
                icon=":material/delete:",
                on_click=_deleted,
                args=(page, reader, one),
                width="stretch",
            )


def _renamed(page: Page, reader: Reader, one: SavedScreen, key: str) -> None:
    _keep(page, reader, dataclasses.replace(one, name=st.session_state[key]))


def _overwritten(page: Page, reader: Reader, one: SavedScreen, request: Request) -> None:
    changed = dataclasses.replace(
        one,
        expression=request.text,
        universe=request.universe,
        columns=request.columns,
        sort=request.sort,
    )
    _keep(page, reader, changed)


def _deleted(page: Page, reader: Reader, one: SavedScreen) -> None:
    try:
        reader.desk.screens.delete(one.id)
    except DashboardError as error:
        _tell(page, error)


def _keep(page: Page, reader: Reader, changed: SavedScreen) -> None:
    """Save; where it was saved elsewhere meanwhile, ask which is to stay."""
    try:
        reader.desk.screens.save(changed)
        st.session_state.pop(_CONFLICT, None)
    except ChangedElsewhere as error:
        st.session_state[_CONFLICT] = (error.mine, error.theirs)
    except DashboardError as error:
        st.session_state.pop(_CONFLICT, None)
        _tell(page, error)


def _tell(page: Page, error: DashboardError) -> None:
    st.session_state[_TOLD] = page.t(
        "screener.not_saved", reason=as_text(error.told(page.language))
    )


def _undo(page: Page, reader: Reader) -> None:
    last = reader.desk.screens.last_deletion()
    if last is not None:
        st.button(
            page.t("screener.undo", name=as_text(last.name)),
            key="screener:undo",
            icon=":material/undo:",
            type="tertiary",
            on_click=_undone,
            args=(page, reader),
        )


def _undone(page: Page, reader: Reader) -> None:
    try:
        reader.desk.screens.undo()
    except DashboardError as error:
        _tell(page, error)


def _conflict(page: Page, reader: Reader) -> None:
    """Both versions side by side; nothing is lost until one is chosen."""
    pair: tuple[SavedScreen, SavedScreen] | None = st.session_state.get(_CONFLICT)
    if pair is None:
        return
    mine, theirs = pair
    with st.container(border=True):
        st.warning(page.t("screener.changed_elsewhere", name=as_text(theirs.name)))
        columns = st.columns(2)
        for column, one, title, action in (
            (columns[0], mine, "screener.mine", "screener.keep_mine"),
            (columns[1], theirs, "screener.theirs", "screener.take_theirs"),
        ):
            with column:
                st.markdown(f"**{page.t(title)}** · {as_text(one.name)}")
                st.code(one.expression, language=None, wrap_lines=True)
                st.caption(
                    f"{as_text(universe_title(page, one.universe))} · "
                    f"{as_text(', '.join(one.columns))} · {as_text(one.sort)}"
                )
                st.button(
                    page.t(action),
                    key=f"{action}:{one.id}",
                    on_click=_settled,
                    args=(page, reader, mine, theirs, one is mine),
                )


def _settled(
    page: Page, reader: Reader, mine: SavedScreen, theirs: SavedScreen, keep_mine: bool
) -> None:
    st.session_state.pop(_CONFLICT, None)
    if keep_mine:
        _keep(page, reader, dataclasses.replace(mine, version=theirs.version))
