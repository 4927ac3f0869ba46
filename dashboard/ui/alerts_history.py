"""What the rules have seen, and what became of telling it."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboard.accounts.models import AlertEvent, Delivery
from dashboard.alerts.delivery import deliver
from dashboard.alerts.texts import sentence
from dashboard.charts.formats import MISSING
from dashboard.errors import DashboardError
from dashboard.ui import loaders, state
from dashboard.ui.alerts import AlertsView, channel_text, failed, show_told, tell
from dashboard.ui.export import csv_button
from dashboard.ui.links import layer_link, symbol_link
from dashboard.ui.markup import as_text
from dashboard.ui.tables import picked

_ALL: Final = "all"
_MOST: Final = 500
"""Events that are listed; the database keeps more."""
_MARK: Final = "●"


def show_history(view: AlertsView) -> None:
    """The events, and one of them with its deliveries."""
    page, shelf = view.page, view.desk.alerts
    show_told()
    events = shelf.history(_MOST)
    if not events:
        st.info(page.t("alerts.history_none"), icon=":material/history:")
        return
    kept = _filtered(view, events)
    if not kept:
        st.info(page.t("alerts.history_none_here"))
        return
    st.caption(page.t("alerts.history_hint"))
    deliveries = _deliveries(view, kept)
    chosen = _table(view, kept, deliveries)
    if len(events) == _MOST:
        st.caption(page.t("alerts.history_most", n=_MOST))
    if chosen is not None:
        _show_event(view, chosen, deliveries.get(chosen.id, ()))


def _filtered(view: AlertsView, events: Sequence[AlertEvent]) -> list[AlertEvent]:
    page = view.page
    names = {str(one.alert_id): one.alert_name for one in reversed(events)}
    names |= {str(one.id): one.name for one in view.rules if str(one.id) in names}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rule = state.choice(
            state.RULE,
            [_ALL, *sorted(names, key=names.__getitem__)],
            _ALL,
            page.t("alerts.rule"),
            lambda one: page.t("alerts.all_rules") if one == _ALL else names[one],
            kind="select",
        )
        unread = state.switch(state.UNREAD, page.t("alerts.unread_only"))
        st.button(
            page.t("alerts.mark_read"),
            key="alerts:read",
            icon=":material/done_all:",
            disabled=all(one.read_at for one in events),
            on_click=_mark_read,
            args=(view,),
        )
    return [
        one for one in events if rule in (_ALL, str(one.alert_id)) and not (unread and one.read_at)
    ]


def _mark_read(view: AlertsView) -> None:
    try:
        view.reader.desk.alerts.mark_read(None)
    except DashboardError as error:
        tell(failed(view.page, error), "error")


def _deliveries(
    view: AlertsView, events: Sequence[AlertEvent]
) -> Mapping[int, tuple[Delivery, ...]]:
    """By event, in the order they were made."""
    own = view.desk.alerts.deliveries([one.id for one in events], limit=20 * _MOST)
    grouped: dict[int, tuple[Delivery, ...]] = {}
    for one in reversed(own):
        grouped[one.event_id] = (*grouped.get(one.event_id, ()), one)
    return grouped


def _table(
    view: AlertsView,
    events: Sequence[AlertEvent],
    deliveries: Mapping[int, tuple[Delivery, ...]],
) -> AlertEvent | None:
    page, zone = view.page, view.zone
    seen = page.t("alerts.seen_at", zone=zone.key)
    rows = pd.DataFrame(
        {
            page.t("alerts.unread"): ["" if one.read_at else _MARK for one in events],
            page.t("alerts.session"): [f"{one.session:%Y-%m-%d}" for one in events],
            page.t("alerts.happened"): [sentence(one, page.language) for one in events],
            page.t("alerts.rule"): [one.alert_name for one in events],
            page.t("alerts.delivery"): [
                _delivery_texts(view, deliveries.get(one.id, ())) for one in events
            ],
            seen: [_moment(one.created_at, zone) for one in events],
        }
    )
    ids = ",".join(str(one.id) for one in events)
    event = st.dataframe(
        rows,
        key=f"alerts:history:{zlib.crc32(ids.encode()):08x}:{page.language}",
        hide_index=True,
        on_select="rerun",
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        column_config={
            page.t("alerts.unread"): st.column_config.TextColumn(width=50),
            page.t("alerts.happened"): st.column_config.TextColumn(width="large"),
        },
    )
    csv_button(page, rows, "alerts")
    row = picked(event)
    return None if row is None else events[row]


def _moment(moment: dt.datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _delivery_texts(view: AlertsView, deliveries: Sequence[Delivery]) -> str:
    page = view.page
    texts = [_delivery_text(view, one) for one in deliveries]
    return page.t("alerts.and").join(texts) or page.t("alerts.delivery_none")


def _delivery_text(view: AlertsView, delivery: Delivery) -> str:
    """How one delivery stands; not escaped."""
    page, zone = view.page, view.zone
    channel = channel_text(view, delivery.channel_id)
    told = {
        "channel": channel,
        "n": delivery.attempts,
        "time": _moment(delivery.next_try_at, zone),
    }
    if delivery.status == "waiting" and delivery.attempts:
        return page.t("alerts.delivery_retrying", **told)
    return page.t(f"alerts.delivery_{delivery.status}", **told)


def _show_event(view: AlertsView, event: AlertEvent, deliveries: Sequence[Delivery]) -> None:
    page = view.page
    with st.container(border=True):
        st.markdown(f"**{as_text(sentence(event, page.language))}**")
        st.caption(f"{event.session:%Y-%m-%d} · {as_text(event.alert_name)}")
        if event.key in page.map.chain.layer_by_id:
            layer_link(page, event.key)
        else:
            symbol_link(page, event.key)
        for one in deliveries:
            _show_delivery(view, one)


def _show_delivery(view: AlertsView, delivery: Delivery) -> None:
    page = view.page
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(as_text(_delivery_text(view, delivery)), width="content")
        if delivery.status != "sent" and delivery.channel_id in view.channels:
            st.button(
                page.t("alerts.retry"),
                key=f"alerts:retry:{delivery.id}",
                icon=":material/refresh:",
                on_click=_retry,
                args=(view, delivery),
            )
    if delivery.error:
        st.caption(as_text(delivery.error))


def _retry(view: AlertsView, delivery: Delivery) -> None:
    page, shelf = view.page, view.reader.desk.alerts
    channel = as_text(channel_text(view, delivery.channel_id))
    try:
        shelf.try_again(delivery.id, loaders.today())
        deliver(view.reader.accounts, loaders.today())
        own = shelf.deliveries([delivery.event_id])
    except DashboardError as error:
        tell(failed(page, error), "error")
        return
    now = next((one for one in own if one.id == delivery.id), delivery)
    if now.status == "sent":
        tell(page.t("alerts.retried", channel=channel))
    elif now.error and now.attempts:
        tell(page.t("alerts.retry_failed", channel=channel, reason=as_text(now.error)), "error")
    else:
        tell(as_text(_delivery_text(view, now)), "info")
