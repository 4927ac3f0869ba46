"""The bell in the sidebar of every page: how many alerts are unread, and the newest of them.

It runs on every page and by itself, so all it costs is one count; the rest is read while the
popover is open. It never keeps a page from being shown.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import streamlit as st

from dashboard.alerts.texts import sentence
from dashboard.errors import DashboardError
from dashboard.i18n import Language, translate
from dashboard.settings import Settings
from dashboard.ui import loaders, state
from dashboard.ui.links import view_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import ALERTS
from dashboard.ui.people import Reader, reader_of

EVERY: Final = 10.0
"""Seconds between two looks; a browser slows the timers of a page that nobody sees."""
_SILENT: Final = dt.timedelta(seconds=60)
"""How long a database that failed is left alone: every page would wait for it."""
_FAILED: Final = "bell:failed"
_OPEN: Final = "bell"
_PLACE: Final = "bell:place"
_COUNT: Final = "bell:count"
_SHOWN: Final = 8


def bell(settings: Settings, language: Language) -> None:
    """Draw the bell where the page draws now."""
    if (reason := _recent_failure()) is not None:
        _draw_failed(reason, language)
        return
    try:
        reader = reader_of(settings)
    except DashboardError as error:
        _draw_failed(_remember(error), language)
        return
    _close_elsewhere()
    st.fragment(_ring, run_every=EVERY)(reader, language)


def _close_elsewhere() -> None:
    """Shut the popover when the reader has followed a link; it would lie over what was opened."""
    here = (st.context.url, st.query_params.to_dict())
    if st.session_state.get(_PLACE, here) != here:
        st.session_state[_OPEN] = False
    st.session_state[_PLACE] = here


def _recent_failure() -> str | None:
    failed: tuple[dt.datetime, str] | None = st.session_state.get(_FAILED)
    if failed is None or loaders.today() - failed[0] > _SILENT:
        return None
    return failed[1]


def _remember(error: DashboardError) -> str:
    st.session_state[_FAILED] = (loaders.today(), str(error))
    return str(error)


def _draw_failed(reason: str, language: Language) -> None:
    st.popover(
        translate("app.page_alerts", language),
        icon=":material/notifications_off:",
        disabled=True,
        help=translate("bell.failed", language, reason=as_text(reason)),
        width="stretch",
        key="bell:failed-popover",
    )


def _ring(reader: Reader, language: Language) -> None:
    try:
        unread = reader.desk.alerts.unread_count()
        _draw(reader, unread, language)
    except DashboardError as error:
        _draw_failed(_remember(error), language)


def _draw(reader: Reader, unread: int, language: Language) -> None:
    before = st.session_state.get(_COUNT, unread)
    st.session_state[_COUNT] = unread
    if unread > before:
        # On a narrow screen the sidebar is closed.
        text = translate("bell.fresh", language, n=unread - before)
        st.toast(text, icon=":material/notifications_unread:")
    told = translate("bell.unread", language, n=unread) if unread else ""
    popover = st.popover(
        told or translate("bell.label", language),
        icon=":material/notifications_unread:" if unread else ":material/notifications:",
        type="primary" if unread else "secondary",
        width="stretch",
        key=_OPEN,
        on_change="rerun",
    )
    if not popover.open:
        return
    with popover:
        _newest(reader, unread, language)


def _newest(reader: Reader, unread: int, language: Language) -> None:
    events = reader.desk.alerts.history(_SHOWN, unread_only=True) if unread else ()
    if not events:
        st.caption(translate("bell.none", language))
    for event in events:
        with st.container(gap=None):
            st.markdown(as_text(sentence(event, language)))
            st.caption(f"{event.session:%Y-%m-%d} · {as_text(event.alert_name)}")
    if unread > len(events):
        st.caption(translate("bell.more", language, n=unread - len(events)))
    history = {state.SECTION: "history", state.CODE: None, state.LAYER: None, state.RULE: None}
    view_link(translate("bell.all", language), ALERTS, icon=":material/history:", **history)
    if unread:
        st.button(
            translate("alerts.mark_read", language),
            key="bell:read",
            icon=":material/done_all:",
            on_click=_mark_read,
            args=(reader,),
        )


def _mark_read(reader: Reader) -> None:
    try:
        reader.desk.alerts.mark_read(None)
    except DashboardError as error:
        _remember(error)
