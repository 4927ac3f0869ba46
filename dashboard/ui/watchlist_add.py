"""Ways for shares to come onto a list: by name, as pasted text, from a file, a layer at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import streamlit as st

from dashboard.accounts import limits
from dashboard.accounts.models import NewEntry, Watchlist
from dashboard.errors import AccountsError, DashboardError, InputError
from dashboard.ui import loaders
from dashboard.ui.labels import company_title, layer_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.people import Reader, reader
from dashboard.ui.watchlist_rows import known_shares, new_entries, priced
from dashboard.watchlists.directory import Directory
from dashboard.watchlists.files import MOST_BYTES
from dashboard.watchlists.following import layer_symbols
from dashboard.watchlists.formats import Parsed, parse

NEW: Final = 0
"""Stands for a list that is yet to be made."""
_MOST_SHOWN: Final = 50
"""Lines of what could not be read; the rest is counted."""
WAYS: Final = ("search", "text", "layer")
T = TypeVar("T")


def add_to_watchlist(page: Page, symbols: Sequence[str], name: str) -> None:
    """A button that puts shares on one of the reader's lists.

    Parameters
    ----------
    name : of the control among those of the page
    """
    if not symbols:
        return
    opened = f"{name}:open"
    with st.popover(
        page.t(
            "watchlists.add_this" if len(symbols) == 1 else "watchlists.add_these", n=len(symbols)
        ),
        icon=":material/playlist_add:",
        type="tertiary",
        key=opened,
        on_change="rerun",
    ) as popover:
        if popover.open:
            try:
                _choose_list(page, reader(page), tuple(symbols), name)
            except AccountsError as error:
                st.error(as_text(error))


def _choose_list(page: Page, who: Reader, symbols: tuple[str, ...], name: str) -> None:
    lists = {one.id: one for one in who.desk.watchlists.all()}
    chosen, fresh = f"{name}:list", f"{name}:name"

    def add() -> None:
        identity = st.session_state[chosen]
        if identity == NEW:
            created = attempt(lambda: who.desk.watchlists.create(st.session_state[fresh]))
            if created is None:
                return
            identity = created.id
        if put(page, who, identity, new_entries(page, symbols)):
            st.session_state[f"{name}:open"] = False

    identity = st.selectbox(
        page.t("watchlists.list"),
        [*lists, NEW],
        key=chosen,
        format_func=lambda one: lists[one].name if one else page.t("watchlists.new"),
    )
    if identity == NEW:
        st.text_input(page.t("watchlists.name"), key=fresh, max_chars=limits.NAME)
    st.button(
        page.t("watchlists.add_n", n=len(symbols)),
        key=f"{name}:add",
        type="primary",
        on_click=add,
    )


def put(page: Page, who: Reader, identity: int, entries: Sequence[NewEntry]) -> Watchlist | None:
    """Put rows on a list and say how many are new; None, and why, where it cannot be."""
    there: set[str] = set()

    def work() -> Watchlist:
        there.update(one.symbol for one in who.desk.watchlists.get(identity).entries)
        return who.desk.watchlists.add(identity, entries)

    grown = attempt(work)
    if grown is not None:
        known = sum(one.symbol in there for one in entries)
        text = page.t(
            "watchlists.added", name=as_text(grown.name), n=len(entries) - known, known=known
        )
        st.toast(text, icon=":material/playlist_add_check:")
    return grown


def attempt(work: Callable[[], T]) -> T | None:
    """What `work` gives; None, and its sentence on the screen, where it fails."""
    try:
        return work()
    except DashboardError as error:
        st.toast(as_text(error), icon=":material/error:", duration="long")
        return None


# -- onto the list that is open


def add_popover(page: Page, who: Reader, watchlist: Watchlist) -> None:
    """The button of a list's own page: search, paste or upload, or take a whole layer."""
    opened = f"watchlist:add:{watchlist.id}"
    with st.popover(
        page.t("watchlists.add"), icon=":material/add:", key=opened, on_change="rerun"
    ) as popover:
        if not popover.open:
            return
        way = st.segmented_control(
            page.t("watchlists.way"),
            WAYS,
            default=WAYS[0],
            required=True,
            key=f"{opened}:way",
            format_func=lambda one: page.t(f"watchlists.way_{one}"),
            label_visibility="collapsed",
        )
        entries = _ENTRIES[way or WAYS[0]](page, opened, _section_input(page, watchlist, opened))

        def add() -> None:
            if put(page, who, watchlist.id, entries) is not None:
                st.session_state[opened] = False
                st.session_state.pop(f"{opened}:symbols", None)
                st.session_state.pop(f"{opened}:text", None)

        st.button(
            page.t("watchlists.add_n", n=len(entries)),
            key=f"{opened}:add",
            type="primary",
            disabled=not entries,
            on_click=add,
        )


def _section_input(page: Page, watchlist: Watchlist, key: str) -> str:
    named = [one for one in watchlist.sections if one]
    chosen: str | None = st.selectbox(
        page.t("watchlists.column_section"),
        named,
        index=None,
        key=f"{key}:section",
        placeholder=page.t("watchlists.section_none"),
        accept_new_options=True,
    )
    return (chosen or "").strip()[: limits.NAME]


def search_entries(page: Page, key: str, section: str = "") -> tuple[NewEntry, ...]:
    """Shares picked by code, name or alias, as rows."""
    names = loaders.shared(
        ("share names", page.map.chain.digest, page.snapshot.prices.version, page.language),
        lambda: _names(page, known_shares(page)),
    )
    symbols = st.multiselect(
        page.t("watchlists.search"),
        list(names),
        key=f"{key}:symbols",
        format_func=lambda one: names[one],
        placeholder=page.t("watchlists.search_placeholder"),
        select_all=False,
    )
    return new_entries(page, symbols, section) if symbols else ()


def _names(page: Page, directory: Directory) -> dict[str, str]:
    """Symbol → what it is found by: code, both names, aliases; the map's companies first."""
    told: dict[str, list[str]] = {}
    for name, symbol in directory.names:
        told.setdefault(directory.symbols.get(symbol, symbol), []).append(name)
    current = dict.fromkeys((*page.map.chain.symbols(), *directory.symbols.values()))
    names = {}
    for symbol in current:
        title = company_title(page, symbol)
        others = [one for one in dict.fromkeys(told.get(symbol, ())) if one not in title]
        names[symbol] = f"{title} · {symbol}" + "".join(f" · {one}" for one in others)
    return names


def text_entries(page: Page, key: str, section: str = "") -> tuple[NewEntry, ...]:
    """Shares of a pasted text or of a file, as rows; what cannot be read is listed."""
    pasted = st.text_area(
        page.t("watchlists.paste"),
        key=f"{key}:text",
        placeholder="TWSE:2330,TPEX:8358\n###散熱\n3653, 3017",
        height=120,
    )
    file = st.file_uploader(
        page.t("watchlists.file"),
        type=["csv", "txt", "tsv"],
        key=f"{key}:file",
        max_upload_size=MOST_BYTES // 1_000_000,
        help=page.t("watchlists.file_help"),
    )
    data: str | bytes = file.getvalue() if file is not None else pasted
    if not data.strip():
        return ()
    try:
        found = parse(data, known_shares(page), page.snapshot.as_of)
    except InputError as error:
        st.error(as_text(error))
        return ()
    _preview(page, found)
    entries = priced(page, found.entries)
    if not section:
        return entries
    return tuple(
        one if one.section else dataclasses.replace(one, section=section) for one in entries
    )


def _preview(page: Page, found: Parsed) -> None:
    """What a file holds: how many rows, which symbols nobody knows, what was left out."""
    st.caption(
        page.t(
            "watchlists.preview",
            form=page.t(f"watchlists.form_{found.form.value}"),
            n=len(found.entries),
            sections=len([one for one in found.sections if one]),
        )
    )
    if found.entries:
        titles = [company_title(page, one.symbol) for one in found.entries[:_MOST_SHOWN]]
        st.caption(as_text(page.t("data.and").join(titles)))
    if found.unknown:
        lines = [
            page.t("watchlists.unknown_line", line=one.line, text=one.text)
            + (
                page.t("watchlists.unknown_near", near=", ".join(one.nearest))
                if one.nearest
                else ""
            )
            for one in found.unknown[:_MOST_SHOWN]
        ]
        st.warning(page.t("watchlists.unknown", n=len(found.unknown)))
        _lines(page, lines, len(found.unknown))
    if found.faults:
        st.info(page.t("watchlists.left_out", n=len(found.faults)))
        _lines(page, [str(one) for one in found.faults[:_MOST_SHOWN]], len(found.faults))


def _lines(page: Page, lines: Sequence[str], total: int) -> None:
    """Lines as they are, and how many more there would be."""
    rest = [page.t("watchlists.more_lines", n=total - len(lines))] if total > len(lines) else []
    st.code("\n".join([*lines, *rest]), language=None, wrap_lines=True)


def layer_choice(page: Page, key: str) -> str:
    """One of the map's layers."""
    layer: str = st.selectbox(
        page.t("watchlists.layer"),
        [one.id for one in page.map.chain.layers],
        key=f"{key}:layer",
        format_func=lambda one: layer_name(page, one),
    )
    return layer


def layer_entries(page: Page, key: str, section: str = "") -> tuple[NewEntry, ...]:
    """All members of a layer, as rows."""
    symbols = layer_symbols(page.map.chain, layer_choice(page, key))
    if symbols:
        st.caption(as_text(page.t("data.and").join(company_title(page, one) for one in symbols)))
    return new_entries(page, symbols, section)


_ENTRIES: Final = {"search": search_entries, "text": text_entries, "layer": layer_entries}
