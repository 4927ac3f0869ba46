"""The reader's lists: choosing, making, naming and deleting them, and taking that back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import streamlit as st

from dashboard.accounts import limits
from dashboard.accounts.models import Deletion, Follows, NewEntry, Watchlist
from dashboard.errors import InputError
from dashboard.screening.run import check
from dashboard.snapshot import LISTED, MAP
from dashboard.ui import state
from dashboard.ui.labels import company_title, layer_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.people import Reader
from dashboard.ui.watchlist_add import (
    attempt,
    layer_choice,
    layer_entries,
    search_entries,
    text_entries,
)
from dashboard.ui.watchlist_edit import change, store
from dashboard.ui.watchlist_rows import ListView

EMPTY: Final = "empty"
WHOLE_LAYER: Final = "layer"
FOLLOW_LAYER: Final = "follow_layer"
FOLLOW_SCREEN: Final = "follow_screen"
FILE: Final = "file"
KINDS: Final = (EMPTY, WHOLE_LAYER, FILE, FOLLOW_LAYER, FOLLOW_SCREEN)
FORM: Final = "watchlists:new"
_TYPED: Final = "typed"
"""Stands for an expression that is typed, among the saved screens."""


def chosen_list(page: Page, lists: Sequence[Watchlist]) -> Watchlist:
    """The list that the URL names, else the first one; which of them is told on the screen."""
    by_id = {str(one.id): one for one in lists}
    asked = state.read(state.LIST)
    if asked is not None and asked not in by_id:
        st.warning(page.t("watchlists.no_such_list"))
    return by_id[
        state.choice(
            state.LIST,
            list(by_id),
            str(lists[0].id),
            page.t("watchlists.list"),
            lambda one: f"{by_id[one].name}{_follow_mark(by_id[one])}",
            kind="select",
            label_visibility="collapsed",
        )
    ]


def _follow_mark(watchlist: Watchlist) -> str:
    return " ↻" if watchlist.follows else ""


# -- making a list


def new_list_popover(page: Page, who: Reader) -> None:
    """The button that makes a list."""
    with st.popover(
        page.t("watchlists.new"), icon=":material/add_box:", key=f"{FORM}:open", on_change="rerun"
    ) as popover:
        if popover.open:
            new_list_form(page, who, EMPTY)


def show_welcome(page: Page, who: Reader) -> None:
    """What a reader without lists sees."""
    st.markdown(page.t("watchlists.welcome"))
    new_list_form(page, who, WHOLE_LAYER)


def new_list_form(page: Page, who: Reader, default: str) -> None:
    """Name, what the list begins with, and the button that makes it."""
    st.session_state.setdefault(f"{FORM}:kind", default)
    kind = st.radio(
        page.t("watchlists.kind"),
        KINDS,
        key=f"{FORM}:kind",
        format_func=lambda one: page.t(f"watchlists.kind_{one}"),
        captions=[page.t(f"watchlists.kind_{one}_hint") for one in KINDS],
    )
    entries: tuple[NewEntry, ...] = ()
    follows: Follows | None = None
    suggestion = page.t("watchlists.default_name")
    if kind == EMPTY:
        entries = search_entries(page, FORM)
    elif kind == WHOLE_LAYER:
        entries = layer_entries(page, FORM)
        suggestion = layer_name(page, st.session_state[f"{FORM}:layer"])
    elif kind == FILE:
        entries = text_entries(page, FORM)
    elif kind == FOLLOW_LAYER:
        layer = layer_choice(page, FORM)
        suggestion = layer_name(page, layer)
        follows = Follows("layer", layer)
    else:
        suggestion, follows = _followed_screen(page, who)
    # Another suggestion is another box: what was typed into one of them stays.
    name = st.text_input(
        page.t("watchlists.name"),
        suggestion,
        key=f"{FORM}:name:{suggestion}",
        max_chars=limits.NAME,
    )
    ready = kind not in (FOLLOW_SCREEN, FILE) or follows is not None or bool(entries)
    st.button(
        page.t("watchlists.create"),
        key=f"{FORM}:create",
        type="primary",
        disabled=not (ready and name.strip()),
        on_click=_creating(who, name, follows, entries),
    )


def _creating(
    who: Reader, name: str, follows: Follows | None, entries: Sequence[NewEntry]
) -> Callable[[], None]:
    def create() -> None:
        made = attempt(lambda: who.desk.watchlists.create(name, follows=follows))
        if made is None:
            return
        if entries:
            attempt(lambda: who.desk.watchlists.add(made.id, entries))
        for key in [one for one in st.session_state if str(one).startswith(f"{FORM}:")]:
            del st.session_state[key]
        state.go(**{state.LIST: str(made.id), state.EDIT: None})

    return create


def _followed_screen(page: Page, who: Reader) -> tuple[str, Follows | None]:
    """A saved screen, or an expression that is typed here; with a name for the list."""
    saved = {str(one.id): one for one in who.desk.screens.all()}
    chosen = _TYPED
    if saved:
        chosen = st.selectbox(
            page.t("watchlists.screen"),
            [*saved, _TYPED],
            key=f"{FORM}:screen",
            format_func=lambda one: (
                saved[one].name if one in saved else page.t("watchlists.screen_typed")
            ),
        )
    if chosen in saved:
        screen = saved[chosen]
        st.code(screen.expression, language=None, wrap_lines=True)
        return screen.name, Follows("screen", screen.expression, screen.universe)
    text = st.text_input(
        page.t("watchlists.expression"),
        key=f"{FORM}:expression",
        placeholder="layer in (cooling, psu) and return_1m > 5%",
        max_chars=limits.EXPRESSION,
    ).strip()
    universe = st.segmented_control(
        page.t("watchlists.universe"),
        (MAP, LISTED),
        default=MAP,
        required=True,
        key=f"{FORM}:universe",
        format_func=lambda one: page.t(f"watchlists.universe_{one}"),
    )
    name = page.t("watchlists.default_name")
    if not text:
        return name, None
    try:
        check(text, page.map.chain)
    except InputError as error:
        st.error(as_text(error.told(page.language)))
        return name, None
    return name, Follows("screen", text, universe or MAP)


# -- naming and deleting


def manage_popover(page: Page, who: Reader, watchlist: Watchlist) -> None:
    """Another name, or off with the list."""
    key = f"watchlist:manage:{watchlist.id}"
    with st.popover(
        page.t("watchlists.manage"),
        icon=":material/settings:",
        type="tertiary",
        key=f"{key}:open",
        on_change="rerun",
    ) as popover:
        if not popover.open:
            return
        box = f"{key}:name:{watchlist.version}"

        def rename() -> None:
            name = st.session_state[box]
            change(who, watchlist, lambda one: dataclasses.replace(one, name=name))

        def delete() -> None:
            attempt(lambda: who.desk.watchlists.delete(watchlist.id))
            state.go(**{state.LIST: None, state.EDIT: None})

        st.text_input(
            page.t("watchlists.name"),
            watchlist.name,
            key=box,
            max_chars=limits.NAME,
            on_change=rename,
        )
        st.button(
            page.t("watchlists.delete"),
            key=f"{key}:delete",
            icon=":material/delete:",
            on_click=delete,
        )
        st.caption(page.t("watchlists.delete_hint"))


def show_undo(page: Page, who: Reader) -> None:
    """What was deleted last, and the button that brings it back."""
    last = who.desk.watchlists.last_deletion()
    if last is None:
        return

    def undo() -> None:
        restored = attempt(who.desk.watchlists.undo)
        if restored is not None:
            state.go(**{state.LIST: str(restored.id)})

    with st.container(horizontal=True, vertical_alignment="center", key="watchlists-undo"):
        st.caption(f":material/delete: {_deleted(page, last)}")
        st.button(
            page.t("watchlists.undo"),
            key="watchlists:undo",
            icon=":material/undo:",
            type="tertiary",
            on_click=undo,
        )


def _deleted(page: Page, last: Deletion) -> str:
    when, name = f"{last.deleted_at:%Y-%m-%d %H:%M}", as_text(last.name)
    if not last.symbols:
        return page.t("watchlists.deleted_list", name=name, time=when)
    titles = [company_title(page, one) for one in last.symbols[:3]]
    more = page.t("watchlists.and_more", n=len(last.symbols) - 3) if len(last.symbols) > 3 else ""
    rows = as_text(page.t("data.and").join(titles)) + more
    return page.t("watchlists.deleted_rows", name=name, rows=rows, time=when)


# -- what is said above the rows


def show_facts(view: ListView) -> None:
    """How many rows, what the list follows, who is new and who has left."""
    page, watchlist = view.page, view.watchlist
    date = f"{page.snapshot.as_of:%Y-%m-%d}"
    told = [page.t("watchlists.facts", n=len(view.shown.entries), date=date)]
    if watchlist.follows is not None:
        told.append(follows_text(page, watchlist.follows))
    st.caption("  \n".join(told))
    if view.fault:
        st.error(page.t("watchlists.follow_fault", reason=as_text(view.fault)))
    if view.entered or view.gone:
        sides: Mapping[str, Sequence[str]] = {
            "entered": [one for one in view.shown.symbols if one in view.entered],
            "gone": view.gone,
        }
        lines = [
            page.t(f"watchlists.{side}", names=as_text(_names(page, symbols)))
            for side, symbols in sides.items()
            if symbols
        ]
        st.info("  \n".join(lines), icon=":material/swap_vert:")


def _names(page: Page, symbols: Sequence[str]) -> str:
    return page.t("data.and").join(company_title(page, one) for one in symbols)


def follows_text(page: Page, follows: Follows) -> str:
    """What a list follows, in a sentence; Markdown."""
    if follows.kind == "layer":
        known = follows.value in page.map.chain.layer_by_id
        name = layer_name(page, follows.value) if known else follows.value
        return page.t("watchlists.follows_layer", layer=as_text(name))
    universe = page.t(f"watchlists.universe_{LISTED if follows.universe == LISTED else MAP}")
    return page.t("watchlists.follows_screen", expression=as_text(follows.value), universe=universe)


def column_change(view: ListView, who: Reader) -> Callable[[tuple[str, ...]], None]:
    """What stores the columns of a list."""

    def keep(columns: tuple[str, ...]) -> None:
        store(who, dataclasses.replace(view.watchlist, columns=columns))

    return keep
