"""The ways a person is reached, and when not: made, tested, paused and deleted.

An address holds a password. It is typed into a field that shows none of it, goes to the
database, and never comes back to the page.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import zoneinfo
from functools import cache
from typing import Final

import streamlit as st

from dashboard.accounts.models import Channel, Preferences
from dashboard.alerts.channels import SERVICES, check_address, private_allowed, service_of
from dashboard.alerts.delivery import try_channels
from dashboard.errors import ChangedElsewhere, DashboardError, InputError, NotFound
from dashboard.ui import loaders
from dashboard.ui.alerts import AlertsView, failed, show_told, tell
from dashboard.ui.alerts_addresses import GUIDES, Guide, address_of
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page

_AGAIN: Final = "alerts:channels:again"
_QUIET: Final = "alerts:quiet"
_MOVING: Final = "alerts:channels:moving"
"""The channel whose address is being replaced."""
_WIDTH: Final = 480
"""Pixels of a field; on a narrow screen as wide as that is."""
_UNDO_SHOWN: Final = dt.timedelta(days=7)
_NIGHT: Final = (dt.time(22), dt.time(7, 30))


def show_channels(view: AlertsView) -> None:
    """Each channel with what can be done to it, a form for another one, the quiet hours."""
    page = view.page
    show_told()
    st.caption(page.t("alerts.channels_intro"))
    _undo(view)
    if not view.channels:
        st.info(page.t("alerts.channels_empty"), icon=":material/campaign:")
    for channel in view.channels.values():
        _show(view, channel)
    st.subheader(page.t("alerts.add_channel"))
    _show_adding(view)
    st.subheader(page.t("alerts.quiet_title"))
    _show_quiet_hours(view)


# -- one channel


def _show(view: AlertsView, channel: Channel) -> None:
    page = view.page
    uses = sum(channel.id in rule.channels for rule in view.rules)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_text(channel.name)}**", width="content")
            st.caption(
                " · ".join(
                    [
                        as_text(masked(page, channel.address)),
                        page.t("alerts.channel_on" if channel.enabled else "alerts.channel_paused"),
                        page.t("alerts.channel_used", n=uses),
                    ]
                ),
                width="content",
            )
        with st.container(horizontal=True):
            tested = st.button(
                page.t("alerts.test"), key=f"channel:{channel.id}:test", icon=":material/send:"
            )
            st.button(
                page.t("alerts.pause" if channel.enabled else "alerts.resume"),
                key=f"channel:{channel.id}:switch",
                icon=":material/pause:" if channel.enabled else ":material/play_arrow:",
                on_click=_store,
                args=(view, dataclasses.replace(channel, enabled=not channel.enabled)),
            )
            st.button(
                page.t("alerts.new_address"),
                key=f"channel:{channel.id}:move",
                icon=":material/edit:",
                on_click=_move,
                args=(channel.id,),
            )
            st.button(
                page.t("alerts.delete"),
                key=f"channel:{channel.id}:delete",
                icon=":material/delete:",
                on_click=_delete,
                args=(view, channel),
            )
        if tested:
            _test(view, channel)
        if st.session_state.get(_MOVING) == channel.id:
            _show_moving(view, channel)


def masked(page: Page, address: str) -> str:
    """The service of an address and nothing else of it: `電子郵件 ••••`."""
    try:
        schema = service_of(address)
    except InputError:
        return "••••"
    service = next(one for one in SERVICES if schema in one.schemas)
    return f"{page.say(service.label)} ••••"


def _private(view: AlertsView) -> bool:
    return private_allowed(local=not view.reader.signed_in)


def _test(view: AlertsView, channel: Channel) -> None:
    page = view.page
    with st.spinner(page.t("alerts.testing")):
        (tried,) = try_channels(view.desk, [channel])
    name = as_text(channel.name)
    if tried.outcome.sent:
        st.success(page.t("alerts.test_sent", name=name), icon=":material/check:")
    else:
        reason = as_text(tried.outcome.sentence)
        st.error(page.t("alerts.test_failed", name=name, reason=reason), icon=":material/error:")


def _move(channel_id: int) -> None:
    st.session_state[_MOVING] = channel_id


def _show_moving(view: AlertsView, channel: Channel) -> None:
    made = _address_fields(view, f"channel:{channel.id}:{channel.version}")
    with st.container(horizontal=True):
        saved = st.button(view.page.t("alerts.save"), key=f"channel:{channel.id}:save")
        st.button(
            view.page.t("alerts.cancel"),
            key=f"channel:{channel.id}:cancel",
            on_click=_move,
            args=(0,),
        )
    if saved and (address := _checked(view, *made)) is not None:
        _store(view, dataclasses.replace(channel, address=address))
        _move(0)
        st.rerun()


def _store(view: AlertsView, channel: Channel) -> None:
    page = view.page
    try:
        view.reader.desk.channels.save(channel)
    except ChangedElsewhere:
        # Its whole content is one switch and one secret: what is stored is shown instead.
        tell(page.t("alerts.channel_changed", name=as_text(channel.name)), "error")
    except DashboardError as error:
        tell(failed(page, error), "error")
    else:
        tell(page.t("alerts.channel_saved", name=as_text(channel.name)))


def _delete(view: AlertsView, channel: Channel) -> None:
    try:
        view.reader.desk.channels.delete(channel.id)
    except NotFound:
        pass  # It is gone, which is what was asked for.
    except DashboardError as error:
        tell(failed(view.page, error), "error")
        return
    tell(view.page.t("alerts.deleted", name=as_text(channel.name)), "info")


def _undo(view: AlertsView) -> None:
    page, last = view.page, view.desk.channels.last_deletion()
    if last is None or loaders.today() - last.deleted_at > _UNDO_SHOWN:
        return
    st.button(
        page.t("alerts.undo", name=as_text(last.name)),
        key="alerts:undo",
        icon=":material/undo:",
        type="tertiary",
        on_click=_bring_back,
        args=(view,),
    )


def _bring_back(view: AlertsView) -> None:
    try:
        restored = view.reader.desk.channels.undo()
    except DashboardError as error:
        tell(failed(view.page, error), "error")
        return
    if restored is not None:
        tell(view.page.t("alerts.undone", name=as_text(restored.name)))


# -- another one


def _show_adding(view: AlertsView) -> None:
    page = view.page
    again = int(st.session_state.get(_AGAIN, 0))
    with st.container(border=True):
        guide, values = _address_fields(view, f"channel:new:{again}")
        name = st.text_input(
            page.t("alerts.channel_name"),
            key=f"channel:new:{again}:name",
            max_chars=100,
            placeholder=_free_name(view, page.say(guide.label)),
            width=_WIDTH,
        )
        if not st.button(
            page.t("alerts.add"), key="channel:add", type="primary", icon=":material/add:"
        ):
            return
        address = _checked(view, guide, values)
        if address is None:
            return
        wanted = (name or "").strip() or _free_name(view, page.say(guide.label))
        try:
            view.desk.channels.create(wanted, address)
        except DashboardError as error:
            st.error(failed(page, error), icon=":material/error:")
            return
    tell(page.t("alerts.added", name=as_text(wanted)))
    st.session_state[_AGAIN] = again + 1
    st.rerun()


def _address_fields(view: AlertsView, key: str) -> tuple[Guide, dict[str, str]]:
    page = view.page
    chosen = st.segmented_control(
        page.t("alerts.service"),
        list(GUIDES),
        default=next(iter(GUIDES)),
        format_func=lambda one: page.say(GUIDES[one].label),
        key=f"{key}:service",
        required=True,
    )
    guide = GUIDES[chosen]
    st.caption(page.say(guide.note))
    values = {
        one.key: st.text_input(
            page.say(one.label),
            key=f"{key}:{guide.key}:{one.key}",
            type="password" if one.secret else "default",
            placeholder=one.example,
            autocomplete="off",
            max_chars=1500,
            width=_WIDTH,
        )
        or ""
        for one in guide.fields
    }
    return guide, values


def _checked(view: AlertsView, guide: Guide, values: dict[str, str]) -> str | None:
    """The address, or None after the sentence on what is wrong with it."""
    try:
        address = address_of(guide.key, values)
        check_address(address, private=_private(view))
    except InputError as error:
        st.error(failed(view.page, error), icon=":material/error:")
        return None
    return address


def _free_name(view: AlertsView, name: str) -> str:
    taken = {one.name for one in view.channels.values()}
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


# -- quiet hours


@cache
def time_zones() -> tuple[str, ...]:
    """Every zone that can be chosen, by name."""
    return tuple(sorted(zoneinfo.available_timezones() - {"localtime"}))


def _show_quiet_hours(view: AlertsView) -> None:
    page = view.page
    st.caption(page.t("alerts.quiet_hint"))
    stored = _opened(view)
    key = _quiet_key(stored)
    wanted = st.toggle(page.t("alerts.quiet"), stored.quiet_from is not None, key=f"{key}:on")
    changed = dataclasses.replace(stored, quiet_from=None, quiet_to=None)
    if wanted:
        changed = _quiet_fields(page, stored, key)
    if changed == stored:
        return
    if st.button(page.t("alerts.save"), key="quiet:save", type="primary", icon=":material/save:"):
        _keep_quiet(view, changed)


def _opened(view: AlertsView) -> Preferences:
    """As they were when the fields were drawn first: a change elsewhere must not undo typing."""
    opened: Preferences | None = st.session_state.get(_QUIET)
    if opened is None or f"{_quiet_key(opened)}:on" not in st.session_state:
        opened = st.session_state[_QUIET] = view.desk.preferences.get()
    return opened


def _quiet_key(opened: Preferences) -> str:
    return f"quiet:{opened.version}"


def _quiet_fields(page: Page, stored: Preferences, key: str) -> Preferences:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        begins = st.time_input(
            page.t("alerts.quiet_from"),
            stored.quiet_from or _NIGHT[0],
            key=f"{key}:from",
            width=140,
        )
        ends = st.time_input(
            page.t("alerts.quiet_to"),
            stored.quiet_to or _NIGHT[1],
            key=f"{key}:to",
            width=140,
        )
        zones = time_zones()
        zone = st.selectbox(
            page.t("alerts.timezone"),
            zones,
            index=zones.index(stored.timezone) if stored.timezone in zones else None,
            key=f"{key}:zone",
            width=260,
        )
    return dataclasses.replace(
        stored,
        quiet_from=begins or _NIGHT[0],
        quiet_to=ends or _NIGHT[1],
        timezone=zone or stored.timezone,
    )


def _keep_quiet(view: AlertsView, changed: Preferences) -> None:
    page = view.page
    try:
        view.desk.preferences.save(changed)
    except ChangedElsewhere:
        stored = view.desk.preferences.get()
        both = {"mine": hours_text(page, changed), "theirs": hours_text(page, stored)}
        tell(page.t("alerts.quiet_changed", **both), "error")
    except DashboardError as error:
        st.error(failed(page, error), icon=":material/error:")
        return
    else:
        tell(page.t("alerts.quiet_saved"))
    st.session_state.pop(_QUIET, None)
    st.rerun()


def hours_text(page: Page, preferences: Preferences) -> str:
    """`22:00–07:30 Asia/Taipei`."""
    begins, ends = preferences.quiet_from, preferences.quiet_to
    if begins is None or ends is None:
        return page.t("alerts.quiet_none")
    return f"{begins:%H:%M}–{ends:%H:%M} {preferences.timezone}"
