"""The link to exactly these figures, and what a page says when one is opened later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard.errors import DashboardError, InputError
from dashboard.provenance import MAP_SIGNS, DataPin, Pinned, query_of, read_pin
from dashboard.settings import KEEP_VARIABLE, keep_days
from dashboard.snapshot import PRICED_BY
from dashboard.studies.pages import is_figures, pinned_of
from dashboard.supply_chain.keeping import keep_map
from dashboard.ui import state
from dashboard.ui.markup import as_text

if TYPE_CHECKING:
    from dashboard.ui.page import Page

LINK: Final = "page_link"
"""Of an export: the page that it is from, for `reproduce`."""
_NOT_PINNED: Final = (state.LANGUAGE, state.COLOURS, state.PIN, state.SHARE, state.EDIT)
"""How a page looks, and what is of one reader or one moment."""


def link_of(page: Page) -> str:
    """The page's address, from its own path on, with what it pins."""
    own = {name: text for name, text in state.merged().items() if name not in _NOT_PINNED}
    return f"/{state.page_path()}?{query_of(own, pinned_of(page.snapshot))}"


def about_page(page: Page) -> dict[str, str]:
    """What leaves with every export, besides what the table itself is about."""
    own = pinned_of(page.snapshot).about()
    return {**own, LINK: link_of(page)} if _has_figures() else own


def _has_figures() -> bool:
    return is_figures(state.page_path(), state.merged())


def pin_note(page: Page) -> None:
    """Whether the page is still what its link pinned; nothing where the link pins nothing."""
    text = state.read(state.PIN)
    if text is None:
        return
    try:
        changes = list(_changes(page, read_pin(text), pinned_of(page.snapshot)))
    except InputError as error:
        st.warning(page.t("pinned.unreadable", reason=as_text(str(error)[:300])))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if changes:
            told = page.t("pinned.between").join(changes)
            st.warning(page.t("pinned.changed", changes=told), icon=":material/difference:")
        else:
            same = page.t("pinned.same")
            st.caption(f":material/verified: {same}", width="content")
        st.button(
            page.t("pinned.take_off"),
            key="pinned:off",
            type="tertiary",
            on_click=state.go,
            kwargs={state.PIN: None},
        )


def _changes(page: Page, then: Pinned, now: Pinned) -> Iterator[str]:
    """Each difference in words."""
    if not then.same_map(now.map):
        yield page.t("pinned.map_changed", before=then.map[:MAP_SIGNS], now=now.map)
    yield from _data_changes(page, then.data, now.data)
    if then.session != now.session:
        yield page.t("pinned.session_changed", before=then.session, now=now.session)


def _data_changes(page: Page, then: DataPin, now: DataPin) -> Iterator[str]:
    if then.simulated or now.simulated:
        if then != now:
            before, after = (_prices_words(page, one) for one in (then, now))
            yield page.t("pinned.prices_other", before=before, now=after)
        return
    none = page.t("pinned.none")
    for name in sorted({*then.tables, *now.tables}):
        old, new = then.tables.get(name), now.tables.get(name)
        if old == new:
            continue
        versions = [str(one.version) if one else none for one in (old, new)]
        key = "pinned.data_other" if versions[0] == versions[1] else "pinned.data_changed"
        yield page.t(key, name=_name(page, name), before=versions[0], now=versions[1])


def _name(page: Page, table: str) -> str:
    """What the reader calls a table; a link may name any."""
    return page.t(f"pinned.name_{table}") if table in PRICED_BY else table


def _prices_words(page: Page, data: DataPin) -> str:
    if data.simulated:
        return page.t("pinned.simulated", mark=data.simulated)
    return page.t("pinned.real")


def link_popover(page: Page) -> None:
    """A small button that makes the link; its press runs nothing else of the page."""
    st.fragment(_popover)(page)


def _popover(page: Page) -> None:
    title = page.t("pinned.title")
    opened = st.popover(
        title, icon=":material/link:", type="tertiary", key="pinned:link", on_change="rerun"
    )
    # Nothing is made, and no copy of the map written, before somebody asks.
    if opened.open:
        with opened:
            _show_link(page)


def _show_link(page: Page) -> None:
    pinned, link = pinned_of(page.snapshot), f"{_origin()}{link_of(page)}"
    st.code(link, language=None, wrap_lines=True)
    if not _has_figures():
        st.caption(page.t("pinned.own"))
        return
    members = page.t("pinned.today_hindsight" if page.hindsight else "pinned.known")
    st.caption(
        page.t(
            "pinned.what",
            map=pinned.map,
            data=_data_words(page, pinned.data),
            session=pinned.session,
            members=members,
        )
    )
    st.caption(page.t("pinned.command"))
    st.code(f'python -m dashboard reproduce "{link}"', language="bash", wrap_lines=True)
    st.caption(" ".join((_keep(page, pinned), page.t("pinned.opened"))))


def _data_words(page: Page, data: DataPin) -> str:
    if data.simulated:
        return page.t("pinned.simulated", mark=data.simulated)
    return page.t("pinned.and").join(
        page.t("pinned.table", name=_name(page, name), version=one.version)
        for name, one in sorted(data.tables.items())
    )


def _keep(page: Page, pinned: Pinned) -> str:
    """Keep the map for `reproduce`; what is to be said of that."""
    try:
        if not pinned.same_map(keep_map(page.settings)):
            return page.t("pinned.map_edited")
    except DashboardError as error:
        return page.t("pinned.not_kept", reason=as_text(error))
    if pinned.data.simulated:
        return page.t("pinned.kept_simulated")
    return page.t("pinned.kept", days=keep_days(), variable=as_text(KEEP_VARIABLE))


def _origin() -> str:
    """Scheme, host and what stands before the pages' own paths, as the browser has it."""
    url = (st.context.url or "").rstrip("/")
    path = state.page_path()
    return url.removesuffix(f"/{path}") if path else url
