"""The rules: a table, and one of them as a form to make, change, pause or delete."""

from __future__ import annotations

import dataclasses
import datetime as dt
import zlib
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.accounts.models import Alert
from dashboard.alerts.rules import KINDS, kind_of
from dashboard.alerts.run import begin
from dashboard.charts.formats import MISSING
from dashboard.errors import ChangedElsewhere, DashboardError, NotFound
from dashboard.ui import alerts_form, loaders, state
from dashboard.ui.alerts import (
    AlertsView,
    failed,
    kind_name,
    show_told,
    tell,
    told_by,
    what_text,
    where_text,
)
from dashboard.ui.alerts_preview import show_preview
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.tables import picked

NEW: Final = "new"
_AGAIN: Final = "alerts:again"
"""Counts what was saved or left: each time the widgets begin anew."""
_OPENED: Final = "alerts:opened"
"""The rule in the form as it was when it was opened: what another window saves meanwhile must
not change what is being typed here."""
_CONFLICT: Final = "alerts:conflict"
_CLOSED: Final = {state.ALERT: None, state.KIND: None, state.SYMBOL: None}
"""The screener's own part of the address stays, for the way back to it."""


def show_rules(view: AlertsView) -> None:
    """The table, and the rule that the address names."""
    page = view.page
    show_told()
    _undo(view)
    if view.rules:
        st.caption(page.t("alerts.choose"))
        _table(view)
    elif not _asked_for_new():
        st.info(page.t("alerts.none"), icon=":material/notifications:")
    if _CONFLICT in st.session_state:
        _show_conflict(view, *st.session_state[_CONFLICT])
        return
    chosen = _chosen(view)
    if chosen is None:
        st.button(
            page.t("alerts.new"),
            key="alerts:new",
            icon=":material/add_alert:",
            type="primary",
            on_click=state.go,
            kwargs={**_CLOSED, state.ALERT: NEW},
        )
    else:
        _show_form(view, chosen)


def _again() -> int:
    return int(st.session_state.get(_AGAIN, 0))


def _close() -> None:
    """Leave the form; its widgets and the ticked row are forgotten."""
    st.session_state[_AGAIN] = _again() + 1
    st.session_state.pop(_OPENED, None)
    state.go(**_CLOSED)


# -- the table


def _table(view: AlertsView) -> None:
    page, rules = view.page, view.rules
    fired = view.desk.alerts.last_sessions()
    rows = pd.DataFrame(
        {
            page.t("alerts.name"): [one.name for one in rules],
            page.t("alerts.state"): [_state(view, one) for one in rules],
            page.t("alerts.what"): [what_text(page, one) for one in rules],
            page.t("alerts.where"): [where_text(view, one) for one in rules],
            page.t("alerts.last_fired"): [_day(page, fired.get(one.id)) for one in rules],
            page.t("alerts.sent_to"): [told_by(view, one) for one in rules],
        }
    )
    ids = [one.id for one in rules]
    name = f"alerts:rules:{zlib.crc32(str(ids).encode()):08x}:{_again()}:{page.language}"

    def choose() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            st.session_state.pop(_CONFLICT, None)
            st.session_state.pop(_OPENED, None)
            state.go(**{**_CLOSED, state.ALERT: str(ids[row])})

    st.dataframe(
        rows,
        key=name,
        hide_index=True,
        on_select=choose,
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        column_config={
            page.t("alerts.name"): st.column_config.TextColumn(width="medium"),
            page.t("alerts.what"): st.column_config.TextColumn(width="large"),
        },
    )


def _state(view: AlertsView, rule: Alert) -> str:
    if not rule.enabled:
        return view.page.t("alerts.state_off")
    broken = view.fault(rule) is not None
    return view.page.t("alerts.state_broken" if broken else "alerts.state_on")


def _day(page: Page, session: dt.date | None) -> str:
    return f"{session:%Y-%m-%d}" if session else page.t("alerts.never")


# -- one rule


def _asked_for_new() -> bool:
    return state.read(state.ALERT) == NEW or state.read(state.KIND) in KINDS


def _chosen(view: AlertsView) -> Alert | None:
    """The rule that the address names, or a new one as it describes it."""
    asked = state.read(state.ALERT)
    if asked is None or asked == NEW:
        return described(view.page) if _asked_for_new() else None
    opened: Alert | None = st.session_state.get(_OPENED)
    if opened is None or str(opened.id) != asked or not alerts_form.is_drawn(opened, _again()):
        opened = next((one for one in view.rules if str(one.id) == asked), None)
        st.session_state[_OPENED] = opened
    if opened is None:
        st.warning(view.page.t("alerts.gone"))
    return opened


def described(page: Page) -> Alert:
    """A new rule as the address describes it: kind, symbol, expression, universe."""
    kind = KINDS.get(state.read(state.KIND) or "") or next(iter(KINDS.values()))
    symbol = (state.read(state.SYMBOL) or "").upper()[:50]
    # What a screen left in the address is meant only where the link names a kind.
    linked = state.read(state.KIND) is not None
    universe = (state.read(state.UNIVERSE) if linked else None) or "map"
    expression = (state.read(state.EXPRESSION) if linked else None) or ""
    scope, value = next((one for one in kind.scopes if one == universe), kind.scopes[0]), ""
    if symbol and "symbol" in kind.scopes:
        scope, value = "symbol", symbol
    elif universe in page.map.chain.layer_by_id and "layer" in kind.scopes:
        scope, value = "layer", universe
    return Alert(
        id=0,
        name="",
        version=0,
        kind=kind.key,
        scope=scope,
        scope_value=value,
        expression=expression[:4000] if kind.needs_expression else "",
        parameters={},
        channels=(),
        enabled=True,
        # Any moment: it is set when the rule is stored.
        created_at=dt.datetime.fromtimestamp(0, dt.UTC),
    )


def _show_form(view: AlertsView, rule: Alert) -> None:
    page = view.page
    rule = _with_last_close(page, rule) if not rule.id else rule
    with st.container(border=True):
        title = page.t("alerts.edit_title", name=as_text(rule.name)) if rule.id else ""
        st.subheader(title or page.t("alerts.new_title"))
        if rule.id:
            _actions(view, rule)
        changed = alerts_form.fields(view, rule, alerts_form.token(rule, _again()))
        with st.container(horizontal=True):
            save = st.button(
                page.t("alerts.save"), key="alerts:save", type="primary", icon=":material/save:"
            )
            preview = st.button(
                page.t("alerts.preview"),
                key="alerts:preview",
                icon=":material/query_stats:",
                help=page.t("alerts.preview_help", date=f"{page.snapshot.as_of:%Y-%m-%d}"),
                disabled=page.snapshot.prices.simulated,
            )
            st.button(page.t("alerts.cancel"), key="alerts:cancel", on_click=_close)
        if save or preview:
            fault = view.fault(changed)
            if fault is not None:
                st.error(failed(page, fault), icon=":material/error:")
            elif save:
                _save(view, changed)
            else:
                show_preview(view, changed)


def _with_last_close(page: Page, rule: Alert) -> Alert:
    """A level to begin with: where the price is now."""
    wants = any(one.key == "level" for one in kind_of(rule).parameters)
    close = alerts_form.last_close(page, rule.scope_value) if wants and rule.scope_value else None
    return dataclasses.replace(rule, parameters={"level": close}) if close else rule


def _actions(view: AlertsView, rule: Alert) -> None:
    page = view.page
    if rule.enabled and (fault := view.fault(rule)) is not None:
        st.warning(page.t("alerts.broken", reason=as_text(fault)), icon=":material/warning:")
    with st.container(horizontal=True):
        st.button(
            page.t("alerts.pause" if rule.enabled else "alerts.resume"),
            key="alerts:switch",
            icon=":material/pause:" if rule.enabled else ":material/play_arrow:",
            on_click=_switch,
            args=(view, rule),
        )
        st.button(
            page.t("alerts.delete"),
            key="alerts:delete",
            icon=":material/delete:",
            on_click=_delete,
            args=(view, rule),
        )
        st.button(
            page.t("alerts.show_history"),
            key="alerts:to-history",
            icon=":material/history:",
            on_click=state.go,
            kwargs={**_CLOSED, state.SECTION: "history", state.RULE: str(rule.id)},
        )


def _save(view: AlertsView, rule: Alert) -> None:
    if _store(view, rule):
        tell(view.page.t("alerts.saved", name=as_text(rule.name)))
        _close()
        st.rerun()
    if _CONFLICT in st.session_state:
        st.rerun()
    # What cannot be stored is said where the reader looks: beneath the button.
    show_told()


def _store(view: AlertsView, rule: Alert) -> Alert | None:
    """The rule as it is stored; None after saying why it is not."""
    shelf = view.reader.desk.alerts
    try:
        if rule.id:
            return shelf.save(rule)
        made = shelf.create(
            rule.name,
            kind=rule.kind,
            scope=rule.scope,
            scope_value=rule.scope_value,
            expression=rule.expression,
            parameters=rule.parameters,
            channels=rule.channels,
            enabled=rule.enabled,
        )
        if not view.page.snapshot.prices.simulated:
            begin(view.reader.desk, made, view.page.snapshot.as_of, loaders.today())
        return made
    except ChangedElsewhere as conflict:
        st.session_state[_CONFLICT] = (conflict.mine, conflict.theirs)
    except NotFound:
        st.session_state[_CONFLICT] = (rule, None)
    except DashboardError as error:
        tell(failed(view.page, error), "error")
    return None


def _switch(view: AlertsView, rule: Alert) -> None:
    stored = _store(view, dataclasses.replace(rule, enabled=not rule.enabled))
    if stored is not None:
        st.session_state[_OPENED] = stored


def _delete(view: AlertsView, rule: Alert) -> None:
    try:
        view.reader.desk.alerts.delete(rule.id)
    except NotFound:
        pass  # It is gone, which is what was asked for.
    except DashboardError as error:
        tell(failed(view.page, error), "error")
        return
    tell(view.page.t("alerts.deleted", name=as_text(rule.name)), "info")
    _close()


def _undo(view: AlertsView) -> None:
    page, last = view.page, view.desk.alerts.last_deletion()
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


_UNDO_SHOWN: Final = dt.timedelta(days=7)


def _bring_back(view: AlertsView) -> None:
    try:
        restored = view.reader.desk.alerts.undo()
    except DashboardError as error:
        tell(failed(view.page, error), "error")
        return
    if restored is not None:
        tell(view.page.t("alerts.undone", name=as_text(restored.name)))


# -- changed elsewhere


def _show_conflict(view: AlertsView, mine: Alert, theirs: Alert | None) -> None:
    page = view.page
    told = "alerts.conflict" if theirs is not None else "alerts.conflict_gone"
    st.warning(page.t(told, name=as_text(mine.name)), icon=":material/call_split:")
    ours, others = st.columns(2)
    with ours, st.container(border=True):
        st.markdown(f"**{page.t('alerts.mine')}**")
        _described(view, mine)
        st.button(
            page.t("alerts.keep_mine"),
            key="alerts:mine",
            type="primary",
            on_click=_keep_mine,
            args=(view, mine, theirs),
        )
    with others, st.container(border=True):
        st.markdown(f"**{page.t('alerts.theirs')}**")
        if theirs is None:
            st.caption(page.t("alerts.gone"))
        else:
            _described(view, theirs)
        st.button(page.t("alerts.take_theirs"), key="alerts:theirs", on_click=_take_theirs)


def _described(view: AlertsView, rule: Alert) -> None:
    page = view.page
    lines = {
        "name": rule.name,
        "kind": kind_name(page, rule.kind),
        "where": where_text(view, rule),
        "what": what_text(page, rule),
        "sent_to": told_by(view, rule),
        "state": page.t("alerts.state_on" if rule.enabled else "alerts.state_off"),
    }
    for key, text in lines.items():
        st.markdown(f"{page.t(f'alerts.{key}')}: {as_text(text)}")


def _keep_mine(view: AlertsView, mine: Alert, theirs: Alert | None) -> None:
    st.session_state.pop(_CONFLICT, None)
    kept = dataclasses.replace(
        mine,
        id=theirs.id if theirs else 0,
        version=theirs.version if theirs else 0,
    )
    if _store(view, kept):
        tell(view.page.t("alerts.saved", name=as_text(mine.name)))
        _close()


def _take_theirs() -> None:
    st.session_state.pop(_CONFLICT, None)
    _close()
