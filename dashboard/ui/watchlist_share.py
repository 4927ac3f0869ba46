"""Lists that leave: as files, and as links to a copy that can only be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from dashboard.accounts.models import Share, SharedCopy, Watchlist
from dashboard.errors import NotFound
from dashboard.prices.bars import SYMBOL
from dashboard.ui import state
from dashboard.ui.export import table_buttons
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.people import Reader
from dashboard.ui.watchlist_add import attempt
from dashboard.ui.watchlist_rows import ListView, known_shares
from dashboard.watchlists.formats import ListForm, write
from dashboard.watchlists.rows import SINCE_REASON

PATH: Final = "/watchlists"
_LINK: Final = "watchlists:link"
_ENDS: Final[Mapping[ListForm, tuple[str, str]]] = {
    ListForm.CSV: ("csv", "text/csv"),
    ListForm.TRADINGVIEW: ("txt", "text/plain"),
    ListForm.YAHOO: ("yahoo.csv", "text/csv"),
}


# -- files


def export_popover(view: ListView) -> None:
    """The list in the forms that lists are read back from, and its figures as a table."""
    page, watchlist = view.page, _as_shown(view)
    with st.popover(page.t("watchlists.export"), icon=":material/download:", type="tertiary"):
        st.caption(page.t("watchlists.export_hint"))
        for form, (end, mime) in _ENDS.items():
            st.download_button(
                page.t(f"watchlists.form_{form.value}"),
                data=partial(_content, page, watchlist, form),
                file_name=f"{file_name(watchlist.name)}.{end}",
                mime=mime,
                key=f"export:{form.value}",
                on_click="ignore",
                width="stretch",
            )
    table_buttons(page, partial(figures, view), file_name(watchlist.name), about(view))


def _as_shown(view: ListView) -> Watchlist:
    """The list with the rows it shows; those that nobody made have no day of their own."""
    return dataclasses.replace(view.watchlist, entries=view.shown.entries)


def _content(page: Page, watchlist: Watchlist, form: ListForm) -> bytes:
    text = write(watchlist, form, known_shares(page).boards)
    # With the mark spreadsheets read Chinese as UTF-8; TradingView takes the plain text.
    return text.encode("utf-8" if form is ListForm.TRADINGVIEW else "utf-8-sig")


def file_name(name: str) -> str:
    """A list's name as part of a file's name."""
    kept = "".join(one if one.isalnum() or one in "-_ " else "_" for one in name).strip()
    return kept[:60] or "watchlist"


def figures(view: ListView) -> pd.DataFrame:
    """Every row with every figure, values as they are."""
    rows = view.rows.drop(columns=SINCE_REASON)
    page = view.page
    names = [page.say(page.snapshot.name_of(one)) for one in rows[SYMBOL]]
    out = rows.reset_index(drop=True)
    out.insert(1, "name", names)
    for column in out.select_dtypes("object"):
        out[column] = [
            tuple(map(str, one)) if isinstance(one, tuple) else one for one in out[column]
        ]
    return out


def about(view: ListView) -> dict[str, str]:
    """What leaves with the figures."""
    follows = view.watchlist.follows
    told = {
        "watchlist": view.watchlist.name,
        "as_of": f"{view.page.snapshot.as_of:%Y-%m-%d}",
        "prices_from": ", ".join(view.page.snapshot.prices.sources),
    }
    return told | ({"follows": follows.value, "universe": follows.universe} if follows else {})


# -- links


def share_popover(page: Page, who: Reader, watchlist: Watchlist) -> None:
    """Make a link, see those that were made, and end them."""
    key = f"share:{watchlist.id}"
    with st.popover(
        page.t("watchlists.share"),
        icon=":material/link:",
        type="tertiary",
        key=f"{key}:open",
        on_change="rerun",
    ) as popover:
        if not popover.open:
            st.session_state.pop(_LINK, None)
            return
        st.caption(page.t("watchlists.share_hint"))
        notes = st.toggle(page.t("watchlists.share_notes"), key=f"{key}:notes")

        def make() -> None:
            made = attempt(
                lambda: who.desk.shares.create("watchlist", watchlist.id, include_notes=notes)
            )
            if made is not None:
                st.session_state[_LINK] = (watchlist.id, made[0])

        st.button(page.t("watchlists.share_make"), key=f"{key}:make", type="primary", on_click=make)
        made = st.session_state.get(_LINK)
        if made is not None and made[0] == watchlist.id:
            st.success(page.t("watchlists.share_once"))
            st.code(share_address(made[1]), language=None, wrap_lines=True)
        shares = who.desk.shares.of("watchlist", watchlist.id)
        if shares:
            st.divider()
        for share in shares:
            _share_row(page, who, share)


def share_address(token: str) -> str:
    """The link: on the host this page was asked of, else the path alone."""
    here = urlsplit(st.context.url or "")
    root = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    base = here.path.rstrip("/").rpartition("/")[0] if here.netloc else ""
    return f"{root}{base}{PATH}?{state.SHARE}={token}"


def _share_row(page: Page, who: Reader, share: Share) -> None:
    def revoke() -> None:
        attempt(lambda: who.desk.shares.revoke(share.id))
        st.session_state.pop(_LINK, None)

    used = share.last_used_at
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            page.t(
                "watchlists.share_used" if used else "watchlists.share_unused",
                made=f"{share.created_at:%Y-%m-%d %H:%M}",
                used=f"{used:%Y-%m-%d %H:%M}" if used else "",
            )
        )
        st.button(
            page.t("watchlists.share_revoke"),
            key=f"revoke:{share.id}",
            type="tertiary",
            icon=":material/link_off:",
            on_click=revoke,
        )


def opened_share(page: Page, who: Reader, token: str) -> SharedCopy | None:
    """What the link opens; one sentence and None where it opens nothing, or no list."""
    try:
        copy = who.accounts.shared(token)
    except NotFound:
        copy = None
    if copy is None or not isinstance(copy.payload, Watchlist):
        st.error(page.t("watchlists.share_wrong"))
        return None
    return copy


def show_share_head(page: Page, who: Reader, copy: SharedCopy) -> None:
    """Whose list this is, of when, and the button that takes a copy of it."""
    watchlist = copy.payload
    assert isinstance(watchlist, Watchlist), "only lists are opened here"
    owner = page.t("watchlists.share_by", name=as_text(copy.owner_name)) if who.signed_in else ""
    st.title(as_text(copy.name))
    st.info(
        page.t("watchlists.share_copy", date=f"{copy.created_at:%Y-%m-%d %H:%M}", owner=owner),
        icon=":material/visibility:",
    )

    def take() -> None:
        taken = attempt(lambda: who.desk.watchlists.copy(watchlist))
        if taken is not None:
            state.go(**{state.SHARE: None, state.LIST: str(taken.id)})

    st.button(
        page.t("watchlists.share_take"),
        key="share:take",
        type="primary",
        icon=":material/content_copy:",
        on_click=take,
    )
