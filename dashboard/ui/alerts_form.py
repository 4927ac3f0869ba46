"""One rule as a form, drawn from the registry of kinds; and what it would see now."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.accounts.models import Alert, Scope
from dashboard.alerts.rules import KINDS, SCOPES, Kind, Parameter, ParameterType
from dashboard.analytics.metrics import Unit
from dashboard.charts.formats import metric_text
from dashboard.errors import ScreenError
from dashboard.markets import MARKETS, market_of
from dashboard.prices.records import NAME
from dashboard.screening.presets import PRESETS
from dashboard.screening.run import check as check_expression
from dashboard.ui import loaders
from dashboard.ui.alerts import AlertsView, channel_text, what_text, where_text
from dashboard.ui.labels import company_name, layer_name
from dashboard.ui.page import Page
from dashboard.ui.screener_form import show_error

_MOST_CHOICES: Final = 4
"""Of a choice that is drawn with all its values side by side."""
_PERCENT: Final = 100.0
_WIDTH: Final = 380
"""Pixels of a field; on a narrow screen as wide as that is."""


def is_drawn(rule: Alert, again: int) -> bool:
    """Whether the reader has the form of a rule on the screen, perhaps with changes in it."""
    return f"alert:{token(rule, again)}:kind" in st.session_state


def fields(view: AlertsView, rule: Alert, token: str) -> Alert:
    """Draw the fields; the rule as they are now.

    Parameters
    ----------
    rule : what the fields begin with
    token : names the widgets; another one begins anew
    """
    page = view.page
    key = f"alert:{token}"
    kind = _kind(page, rule, key)
    scope, scope_value = _scope(view, rule, kind, key)
    expression = _expression(view, rule, key) if kind.needs_expression else ""
    parameters = _parameters(page, rule, kind, scope_value if scope == "symbol" else None, key)
    channels = _channels(view, rule, key)
    changed = dataclasses.replace(
        rule,
        kind=kind.key,
        scope=scope,
        scope_value=scope_value,
        expression=expression,
        parameters=parameters,
        channels=channels,
    )
    suggested = free_name(view, changed)
    name = st.text_input(
        page.t("alerts.name"),
        rule.name,
        max_chars=100,
        key=f"{key}:name",
        placeholder=suggested,
        help=page.t("alerts.name_help"),
    )
    return dataclasses.replace(changed, name=(name or "").strip() or suggested)


def _kind(page: Page, rule: Alert, key: str) -> Kind:
    names = list(KINDS)
    chosen = st.selectbox(
        page.t("alerts.kind"),
        names,
        index=names.index(rule.kind) if rule.kind in KINDS else 0,
        format_func=lambda one: page.say(KINDS[one].label),
        key=f"{key}:kind",
    )
    st.caption(page.say(KINDS[chosen].note))
    return KINDS[chosen]


def _scope(view: AlertsView, rule: Alert, kind: Kind, key: str) -> tuple[Scope, str]:
    page = view.page
    scope: Scope = kind.scopes[0]
    if len(kind.scopes) > 1:
        scope = st.segmented_control(
            page.t("alerts.scope"),
            kind.scopes,
            default=rule.scope if rule.scope in kind.scopes else scope,
            format_func=lambda one: page.say(SCOPES[one]),
            key=f"{key}:{kind.key}:scope",
            required=True,
        )
    own = rule.scope_value if rule.scope == scope else ""
    return scope, _scope_value(view, scope, own, f"{key}:{scope}:value")


def _scope_value(view: AlertsView, scope: Scope, own: str, key: str) -> str:
    page = view.page
    if scope == "symbol":
        names = symbol_names(page)
        return _one_of(
            [*names, *([own] if own and own not in names else [])],
            own,
            page.t("alerts.scope_symbol"),
            lambda one: f"{one} {names.get(one, '')}".strip(),
            key,
            page.t("alerts.scope_symbol_hint"),
        )
    if scope == "layer":
        layers = [one.id for one in page.map.chain.layers]
        return _one_of(
            layers, own, page.t("alerts.scope_layer"), lambda one: layer_name(page, one), key
        )
    if scope == "list":
        if not view.lists:
            st.info(page.t("alerts.no_lists"))
            return ""
        lists = view.lists
        return _one_of(
            list(lists), own, page.t("alerts.scope_list"), lambda one: lists[one].name, key
        )
    return ""


def _one_of(
    options: Sequence[str],
    own: str,
    label: str,
    format_func: Callable[[str], str],
    key: str,
    placeholder: str | None = None,
) -> str:
    chosen = st.selectbox(
        label,
        options,
        index=options.index(own) if own in options else None,
        format_func=format_func,
        key=key,
        placeholder=placeholder,
        width=_WIDTH,
    )
    return chosen or ""


def symbol_names(page: Page) -> Mapping[str, str]:
    """Every symbol that can be watched, with its name: the map's first, then what is listed."""
    key = ("symbol-names", *page.snapshot.key, page.language)
    return loaders.shared(key, lambda: _symbol_names(page))


def _symbol_names(page: Page) -> dict[str, str]:
    names = page.snapshot.prices.listings[NAME]
    own = {symbol: company_name(page, symbol) for symbol in page.map.chain.symbols()}
    return {**own, **{str(symbol): name for symbol, name in names.items() if symbol not in own}}


def _expression(view: AlertsView, rule: Alert, key: str) -> str:
    page, name = view.page, f"{key}:expression"
    ready = {f"preset:{one.id}": one.expression for one in PRESETS.values()}
    saved = {f"saved:{one.id}": one for one in view.desk.screens.all()}
    ready |= {key: one.expression for key, one in saved.items()}
    titles = {f"preset:{one.id}": page.say(one.label) for one in PRESETS.values()}
    titles |= {key: one.name for key, one in saved.items()}

    def take() -> None:
        chosen = st.session_state[f"{key}:take"]
        if chosen:
            st.session_state[name] = ready[chosen]

    st.selectbox(
        page.t("alerts.take_from"),
        list(ready),
        index=None,
        format_func=titles.__getitem__,
        placeholder=page.t("alerts.take_from_hint"),
        key=f"{key}:take",
        on_change=take,
        width=_WIDTH,
    )
    st.session_state.setdefault(name, rule.expression)
    text: str = st.text_area(
        page.t("alerts.expression"),
        key=name,
        placeholder=page.t("alerts.expression_hint"),
        height=90,
        max_chars=4000,
    ).strip()
    if text:
        try:
            check_expression(text, page.map.chain)
        except ScreenError as error:
            show_error(page, text, error)
    return text


def _parameters(
    page: Page, rule: Alert, kind: Kind, symbol: str | None, key: str
) -> dict[str, float | str]:
    given = rule.parameters if rule.kind == kind.key else {}
    found: dict[str, float | str] = {}
    for one in kind.parameters:
        value = given.get(one.key, one.default)
        drawn = _parameter(page, one, value, f"{key}:{kind.key}:{one.key}")
        if drawn is not None:
            found[one.key] = drawn
        if one.unit is Unit.PRICE and symbol and (text := last_close_text(page, symbol)):
            st.caption(text)
    return found


def _parameter(
    page: Page, one: Parameter, value: float | str | None, key: str
) -> float | str | None:
    label = page.say(one.label)
    if one.type is ParameterType.CHOICE:
        return _choice(page, one, value, key)
    number = float(value) if isinstance(value, int | float) else None
    if one.type is ParameterType.INTEGER:
        low, high = int(one.least), int(one.most)
        whole = st.number_input(
            label, low, high, None if number is None else int(number), key=key, width=_WIDTH
        )
        return None if whole is None else float(whole)
    scale = _PERCENT if one.unit is Unit.FRACTION else 1.0
    shown = st.number_input(
        label if scale == 1 else page.t("alerts.in_percent", label=label),
        float(one.least * scale),
        float(one.most * scale),
        None if number is None else number * scale,
        step=0.5 if scale != 1 else None,
        format="%.6g",
        key=key,
        width=_WIDTH,
    )
    return None if shown is None else float(f"{shown / scale:.12g}")


def _choice(page: Page, one: Parameter, value: float | str | None, key: str) -> str:
    options = list(one.choices)
    own = str(value) if value in options else options[0]
    label = page.say(one.label)
    if len(options) <= _MOST_CHOICES:
        chosen: str = st.segmented_control(
            label,
            options,
            default=own,
            format_func=lambda name: page.say(one.choices[name]),
            key=key,
            required=True,
        )
        return chosen
    return str(
        st.selectbox(
            label,
            options,
            index=options.index(own),
            format_func=lambda name: page.say(one.choices[name]),
            key=key,
            width=_WIDTH,
        )
    )


def last_close(page: Page, symbol: str) -> float | None:
    """The last close as traded; None where no bar is stored, or it is simulated."""
    if page.snapshot.prices.simulated or market_of(symbol) not in MARKETS:
        return None
    snapshot = page.snapshot
    if symbol not in snapshot.metrics.index:
        taken = loaders.symbol_snapshot(page.settings, snapshot, symbol)
        if taken is None:
            return None
        snapshot = taken
    close = snapshot.figures(symbol)["unadjusted_close"]
    return None if pd.isna(close) else float(close)


def last_close_text(page: Page, symbol: str) -> str:
    """`最近收盤 1,000.00 TWD`; empty where it is not known."""
    close = last_close(page, symbol)
    if close is None:
        return ""
    return page.t(
        "alerts.last_close",
        close=metric_text("unadjusted_close", close, page.language),
        currency=MARKETS[market_of(symbol)].currency,
        date=f"{page.snapshot.as_of:%Y-%m-%d}",
    )


def _channels(view: AlertsView, rule: Alert, key: str) -> tuple[int, ...]:
    page = view.page
    if not view.channels:
        st.caption(page.t("alerts.channels_none"))
        return ()
    return tuple(
        st.multiselect(
            page.t("alerts.channels"),
            list(view.channels),
            default=[one for one in rule.channels if one in view.channels],
            format_func=lambda one: channel_text(view, one),
            key=f"{key}:channels",
            placeholder=page.t("alerts.channels_hint"),
        )
    )


def free_name(view: AlertsView, rule: Alert) -> str:
    """What the rule watches, as a name that no other rule has."""
    what = what_text(view.page, rule)
    where = where_text(view, rule)
    name = f"{where} {what}".strip()[:90]
    taken = {one.name for one in view.rules if one.id != rule.id}
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def token(rule: Alert, again: int) -> str:
    """Names the widgets of a form: others for each rule, and for each time that one is opened."""
    begun = 0 if rule.id else zlib.crc32(repr(dataclasses.astuple(rule)).encode())
    return f"{rule.id}:{begun:08x}:{again}"
