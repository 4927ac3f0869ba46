"""Editing a list by hand: every change is stored at once, or kept here and told why not.

The editor is drawn from the list as it was when editing began and keeps what was typed since,
so that storing an edit never takes the cursor away. What could not be stored, because somebody
saved the list meanwhile or for any other reason, stays until the reader has decided.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.accounts import limits
from dashboard.accounts.models import Watchlist
from dashboard.charts.formats import MISSING
from dashboard.errors import ChangedElsewhere, DashboardError
from dashboard.ui.labels import company_title
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.people import Reader
from dashboard.ui.watchlist_edits import (
    FIELDS,
    Difference,
    Refused,
    differences,
    edited,
    field_text,
    into_section,
    moved,
    section_moved,
    section_removed,
    section_renamed,
    without,
)
from dashboard.ui.watchlist_rows import ListView
from dashboard.watchlists.formats import (
    ADDED_ON,
    ADDED_PRICE,
    NOTE,
    SECTION,
    STOP,
    TAGS,
    TARGET,
    in_order,
)

PICK: Final = "pick"
COMPANY: Final = "company"
_DRAFTS: Final = "watchlists:drafts"
_ROW: Final = 35
_TALLEST: Final = 900
"""Pixels."""
_ASK: Final = "event => { event.preventDefault(); return ''; }"
Change = Callable[[Watchlist], Watchlist]


@dataclass(frozen=True)
class Draft:
    """One list in one reader's hands.

    Attributes
    ----------
    base : the list as the editor was drawn with it; rows in the editor's order
    stored : the list as it was last read or stored; never older than `base`
    turn : another turn draws the editor anew
    ticked : symbols whose boxes are ticked when it is drawn
    refused : rows that cannot be kept as they were typed
    mine : what could not be stored; None where all is
    theirs : what is stored instead; None where that is unknown or nothing
    reason : why `mine` could not be stored, where it is no conflict
    """

    base: Watchlist
    stored: Watchlist
    turn: int = 0
    ticked: frozenset[str] = frozenset()
    refused: tuple[Refused, ...] = ()
    mine: Watchlist | None = None
    theirs: Watchlist | None = None
    reason: str = ""


def _drafts() -> dict[tuple[int, int], Draft]:
    drafts: dict[tuple[int, int], Draft] = st.session_state.setdefault(_DRAFTS, {})
    return drafts


def store(reader: Reader, changed: Watchlist) -> Watchlist | None:
    """Store a changed list; None where it cannot be, and then it is kept as unsaved."""
    key = (reader.account.id, changed.id)
    try:
        saved = reader.desk.watchlists.save(changed)
    except ChangedElsewhere as conflict:
        theirs = conflict.theirs
        assert isinstance(theirs, Watchlist), "a list was saved"
        _keep(key, changed, theirs, "")
    except DashboardError as error:
        _keep(key, changed, None, str(error))
    else:
        draft = _drafts().get(key)
        if draft is not None:
            _drafts()[key] = dataclasses.replace(
                draft, stored=saved, mine=None, theirs=None, reason=""
            )
        return saved
    return None


def _keep(key: tuple[int, int], mine: Watchlist, theirs: Watchlist | None, reason: str) -> None:
    draft = _drafts().get(key) or Draft(mine, mine)
    _drafts()[key] = dataclasses.replace(draft, mine=mine, theirs=theirs, reason=reason)


def change(
    reader: Reader, watchlist: Watchlist, work: Change, ticked: Collection[str] = ()
) -> None:
    """Store a list after a change; one that makes no sense is told and not stored.

    Parameters
    ----------
    ticked : symbols that stay ticked in the editor, so that a move can be repeated
    """
    try:
        changed = work(watchlist)
    except DashboardError as error:
        st.toast(as_text(error), icon=":material/error:")
        return
    if changed == watchlist or store(reader, changed) is not None:
        _forget(reader, watchlist.id, ticked)


def _forget(reader: Reader, identity: int, ticked: Collection[str] = ()) -> None:
    """The next editor of the list is drawn anew."""
    key = (reader.account.id, identity)
    draft = _drafts().get(key)
    if draft is not None and draft.mine is None:
        _drafts()[key] = dataclasses.replace(
            draft, turn=draft.turn + 1, refused=(), ticked=frozenset(ticked)
        )


# -- what is not stored


def has_unsaved(reader: Reader, identity: int) -> bool:
    """Whether something of this list waits for a decision."""
    draft = _drafts().get((reader.account.id, identity))
    return draft is not None and draft.mine is not None


def show_unsaved(page: Page, reader: Reader) -> None:
    """Everything of this reader that could not be stored, with what can be done about it."""
    own = {key: one for key, one in _drafts().items() if key[0] == reader.account.id}
    waiting = [(key[1], one) for key, one in own.items() if one.mine is not None]
    for identity, draft in waiting:
        _show_one(page, reader, identity, draft)
    refused = any(one.refused for one in own.values())
    _hold_window(hold=bool(waiting) or refused)


def _hold_window(*, hold: bool) -> None:
    """Ask before the tab is closed while something is not stored."""
    st.html(
        f"<script>window.onbeforeunload = {_ASK if hold else 'null'};</script>",
        unsafe_allow_javascript=True,
    )


def _show_one(page: Page, reader: Reader, identity: int, draft: Draft) -> None:
    mine, theirs = draft.mine, draft.theirs
    assert mine is not None, "only what waits is shown"
    name = as_text(mine.name)
    with st.container(border=True, key=f"unsaved-{identity}"):
        if theirs is None:
            st.error(page.t("watchlists.unsaved", name=name, reason=as_text(draft.reason)))
            _buttons(page, reader, identity, mine, "retry")
            return
        st.warning(page.t("watchlists.conflict", name=name), icon=":material/call_split:")
        st.dataframe(_conflict_table(page, mine, theirs), hide_index=True, key=f"both:{identity}")
        kept = dataclasses.replace(mine, version=theirs.version)
        _buttons(page, reader, identity, kept, "mine")


def _buttons(page: Page, reader: Reader, identity: int, mine: Watchlist, keep: str) -> None:
    def keep_mine() -> None:
        if store(reader, mine) is not None:
            _forget(reader, identity)

    def as_new() -> None:
        """A list of its own, where the one it was is gone."""
        try:
            reader.desk.watchlists.copy(mine)
        except DashboardError as error:
            st.toast(as_text(error), icon=":material/error:")
        else:
            drop()

    def drop() -> None:
        _drafts().pop((reader.account.id, identity), None)

    with st.container(horizontal=True):
        st.button(
            page.t(f"watchlists.keep_{keep}"),
            key=f"keep:{identity}",
            type="primary",
            on_click=keep_mine,
        )
        if keep == "retry":
            st.button(page.t("watchlists.keep_new"), key=f"new:{identity}", on_click=as_new)
        label = "watchlists.take_theirs" if keep == "mine" else "watchlists.discard"
        st.button(page.t(label), key=f"theirs:{identity}", on_click=drop)


def _conflict_table(page: Page, mine: Watchlist, theirs: Watchlist) -> pd.DataFrame:
    found = differences(mine, theirs)
    return pd.DataFrame(
        {
            page.t("watchlists.conflict_what"): [_what(page, one) for one in found],
            page.t("watchlists.conflict_mine"): [as_plain(one.mine) or MISSING for one in found],
            page.t("watchlists.conflict_theirs"): [
                as_plain(one.theirs) or MISSING for one in found
            ],
        }
    )


def _what(page: Page, one: Difference) -> str:
    field = page.t(f"watchlists.field_{one.field}")
    return f"{company_title(page, one.symbol)} · {field}" if one.symbol else field


def as_plain(text: str) -> str:
    """A person's text on one line of a table."""
    return " ".join(text.split())


# -- the editor


def show_editor(view: ListView, reader: Reader) -> None:
    """The rows as cells to type into, and what is done with those that are ticked."""
    page, watchlist = view.page, view.watchlist
    draft = _draft(view, reader)
    key = _editor_key(watchlist.id, draft.turn)
    symbols = tuple(one.symbol for one in draft.base.entries)

    def keep() -> None:
        _store_edits(reader, watchlist, st.session_state[key]["edited_rows"])

    st.caption(page.t("watchlists.edit_hint"))
    _show_refused(page, reader, draft)
    st.data_editor(
        _frame(page, draft),
        key=key,
        hide_index=True,
        height=min(_ROW * (len(symbols) + 1) + 3, _TALLEST),
        column_config=_config(page, following=watchlist.follows is not None),
        column_order=_order(following=watchlist.follows is not None),
        on_change=keep,
        placeholder="",
    )
    typed = st.session_state[key]["edited_rows"]
    ticked = tuple(
        symbol
        for row, symbol in enumerate(symbols)
        if typed.get(row, {}).get(PICK, symbol in draft.ticked)
    )
    _saved_line(page, draft)
    _row_buttons(page, reader, watchlist, ticked)
    if watchlist.follows is None:
        _sections(page, reader, watchlist)


def _editor_key(identity: int, turn: int) -> str:
    return f"watchlist:editor:{identity}:{turn}"


def _draft(view: ListView, reader: Reader) -> Draft:
    """The draft of the list; drawn anew where its editor is gone or another version is stored."""
    watchlist = view.watchlist
    key = (reader.account.id, watchlist.id)
    rows = view.shown.entries if watchlist.follows else in_order(watchlist)
    fresh = Draft(dataclasses.replace(watchlist, entries=rows), watchlist)
    draft = _drafts().get(key)
    if draft is None:
        draft = fresh
    elif draft.stored.version != watchlist.version:
        draft = dataclasses.replace(fresh, turn=draft.turn + 1, ticked=draft.ticked)
    elif _editor_key(watchlist.id, draft.turn) not in st.session_state:
        turn = draft.turn + 1
        draft = dataclasses.replace(fresh, turn=turn, refused=draft.refused, ticked=draft.ticked)
    _drafts()[key] = draft
    return draft


def _store_edits(reader: Reader, watchlist: Watchlist, edits: dict[int, dict[str, Any]]) -> None:
    """Store the list as it was drawn with all that was typed since, as one version."""
    key = (reader.account.id, watchlist.id)
    draft = _drafts()[key]
    symbols = [one.symbol for one in draft.base.entries]
    changed, refused = edited(draft.base, symbols, edits)
    if watchlist.follows is not None:
        untouched = set(draft.base.entries)
        kept = tuple(one for one in changed.entries if one.id >= 0 or one not in untouched)
        changed = dataclasses.replace(changed, entries=kept)
    _drafts()[key] = dataclasses.replace(draft, refused=refused)
    changed = dataclasses.replace(
        changed, version=draft.stored.version, updated_at=draft.stored.updated_at
    )
    if _content(changed) != _content(draft.mine or draft.stored):
        store(reader, changed)


def _content(watchlist: Watchlist) -> Watchlist:
    """The list without what the database gives it."""
    entries = tuple(dataclasses.replace(one, id=0) for one in in_order(watchlist))
    return dataclasses.replace(watchlist, entries=entries)


def _frame(page: Page, draft: Draft) -> pd.DataFrame:
    """One row per entry, columns by field; the row's number is its place."""
    entries = draft.base.entries
    return pd.DataFrame(
        {
            PICK: [one.symbol in draft.ticked for one in entries],
            COMPANY: [company_title(page, one.symbol) for one in entries],
            **{
                field: pd.Series([field_text(getattr(one, field)) for one in entries], dtype="str")
                for field in (SECTION, NOTE, TAGS)
            },
            ADDED_ON: pd.to_datetime([one.added_on for one in entries]),
            **{
                field: pd.Series([getattr(one, field) for one in entries], dtype="float64")
                for field in (ADDED_PRICE, TARGET, STOP)
            },
        }
    )


def _order(*, following: bool) -> list[str]:
    hidden = {SECTION} if following else set()
    return [one for one in (PICK, COMPANY, *FIELDS) if one not in hidden]


def _config(page: Page, *, following: bool) -> dict[str, Any]:
    def title(field: str) -> str:
        return page.t(f"watchlists.column_{field}")

    return {
        PICK: st.column_config.CheckboxColumn(
            title(PICK), pinned=True, width=44, disabled=following
        ),
        COMPANY: st.column_config.TextColumn(title(COMPANY), pinned=True, disabled=True, width=140),
        SECTION: st.column_config.TextColumn(title(SECTION), max_chars=limits.NAME, width=120),
        NOTE: st.column_config.TextColumn(title(NOTE), max_chars=limits.NOTE, width=280),
        TAGS: st.column_config.TextColumn(
            title(TAGS), help=page.t("watchlists.tags_help"), width=150
        ),
        ADDED_ON: st.column_config.DateColumn(title(ADDED_ON), format="YYYY-MM-DD", width=104),
        **{
            field: st.column_config.NumberColumn(
                title(field), min_value=0.0, format="%.2f", width=92
            )
            for field in (ADDED_PRICE, TARGET, STOP)
        },
    }


def _saved_line(page: Page, draft: Draft) -> None:
    if draft.mine is None and not draft.refused:
        text = page.t("watchlists.saved", version=draft.stored.version)
        st.caption(f":material/cloud_done: {text}")
    else:
        st.caption(f":material/cloud_off: {page.t('watchlists.not_saved')}")


def _show_refused(page: Page, reader: Reader, draft: Draft) -> None:
    """Rows that are not stored as they were typed: why, and what was typed."""
    for one in draft.refused:
        company = as_text(company_title(page, one.symbol))
        st.error(page.t("watchlists.refused", company=company, reason=as_text(one.reason)))
        for field, value in one.typed.items():
            if isinstance(value, str) and value:
                st.caption(page.t(f"watchlists.column_{field}"))
                st.code(value, language=None, wrap_lines=True)
    if draft.refused:
        st.button(
            page.t("watchlists.discard"),
            key=f"refused:{draft.base.id}",
            on_click=_forget,
            args=(reader, draft.base.id),
        )


def _row_buttons(page: Page, reader: Reader, watchlist: Watchlist, ticked: tuple[str, ...]) -> None:
    """Up, down, to a section, off the list: for the rows that are ticked."""
    if watchlist.follows is not None:
        return
    if not ticked:
        st.caption(page.t("watchlists.pick_hint"))
        return

    far = len(watchlist.entries)
    moves = (
        ("first", ":material/vertical_align_top:", -far),
        ("up", ":material/arrow_upward:", -1),
        ("down", ":material/arrow_downward:", 1),
        ("last", ":material/vertical_align_bottom:", far),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for what, icon, places in moves:
            st.button(
                page.t(f"watchlists.move_{what}"),
                key=f"row:{what}",
                icon=icon,
                on_click=change,
                args=(reader, watchlist, partial(moved, symbols=ticked, places=places), ticked),
            )
        _to_section(page, reader, watchlist, ticked)
        st.button(
            page.t("watchlists.remove", n=len(ticked)),
            key="row:remove",
            icon=":material/delete:",
            on_click=change,
            args=(reader, watchlist, partial(without, symbols=ticked)),
        )


def _to_section(page: Page, reader: Reader, watchlist: Watchlist, ticked: tuple[str, ...]) -> None:
    key = f"row:section:{watchlist.version}"

    def move() -> None:
        if (section := st.session_state[key]) is not None:
            change(reader, watchlist, lambda one: into_section(one, ticked, section), ticked)

    st.selectbox(
        page.t("watchlists.to_section"),
        watchlist.sections,
        index=None,
        key=key,
        format_func=lambda one: one or page.t("watchlists.section_none"),
        placeholder=page.t("watchlists.section_placeholder"),
        accept_new_options=True,
        on_change=move,
        width=240,
    )


def _sections(page: Page, reader: Reader, watchlist: Watchlist) -> None:
    """The order and the names of the sections."""
    if len(watchlist.sections) < 2:
        return

    with st.expander(page.t("watchlists.sections"), icon=":material/reorder:"):
        for place, section in enumerate(watchlist.sections):
            row = st.container(horizontal=True, vertical_alignment="center", gap="small")
            _rename(row, page, reader, watchlist, place)
            for what, icon, places in (
                ("up", ":material/arrow_upward:", -1),
                ("down", ":material/arrow_downward:", 1),
            ):
                row.button(
                    "",
                    key=f"section:{what}:{place}",
                    icon=icon,
                    type="tertiary",
                    help=page.t(f"watchlists.move_{what}"),
                    disabled=place + places not in range(len(watchlist.sections)),
                    on_click=change,
                    args=(
                        reader,
                        watchlist,
                        partial(section_moved, section=section, places=places),
                    ),
                )
            row.button(
                "",
                key=f"section:remove:{place}",
                icon=":material/close:",
                type="tertiary",
                help=page.t("watchlists.section_remove"),
                disabled=not section,
                on_click=change,
                args=(reader, watchlist, partial(section_removed, section=section)),
            )


def _rename(row: Any, page: Page, reader: Reader, watchlist: Watchlist, place: int) -> None:
    section = watchlist.sections[place]
    key = f"section:name:{watchlist.id}:{watchlist.version}:{place}"

    def rename() -> None:
        name = st.session_state[key].strip()
        if name != section:
            change(reader, watchlist, lambda one: section_renamed(one, section, name))

    row.text_input(
        page.t("watchlists.section_name", n=place + 1),
        section,
        key=key,
        placeholder=page.t("watchlists.section_none"),
        label_visibility="collapsed",
        max_chars=limits.NAME,
        on_change=rename,
        disabled=not section,
        width=260,
    )
