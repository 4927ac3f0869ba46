"""What the sections of the alerts page share: the person's things, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Alert, Channel, Watchlist
from dashboard.alerts.rules import KINDS, SCOPES, Parameter, ParameterType, Rule, check
from dashboard.analytics.metrics import Unit
from dashboard.errors import DashboardError, InputError
from dashboard.ui import loaders
from dashboard.ui.labels import company_name, layer_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.people import Reader

Tone = Literal["success", "error", "info"]
_TOLD: Final = "alerts:told"
_ICONS: Final[Mapping[Tone, str]] = {
    "success": ":material/check:", "error": ":material/error:", "info": ":material/info:",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class AlertsView:
    """One person's alerts on one rerun; each part is read at most once."""

    page: Page
    reader: Reader

    @property
    def desk(self) -> Desk:
        return self.reader.desk

    @cached_property
    def rules(self) -> tuple[Alert, ...]:
        return self.desk.alerts.all()

    @cached_property
    def channels(self) -> Mapping[int, Channel]:
        return {one.id: one for one in self.desk.channels.all()}

    @cached_property
    def lists(self) -> Mapping[str, Watchlist]:
        """By id, as a rule's scope names it."""
        return {str(one.id): one for one in self.desk.watchlists.all()}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The person's time zone."""
        return ZoneInfo(self.desk.preferences.get().timezone)

    def fault(self, rule: Rule) -> str | None:
        """Why a rule cannot be evaluated now, None where it can."""
        page = self.page
        if rule.scope == "list" and rule.scope_value not in self.lists:
            return page.t("alerts.list_gone")
        if rule.scope == "symbol" and not self._is_known(rule.scope_value):
            return page.t("alerts.symbol_gone", symbol=rule.scope_value)
        parameters = tuple(sorted(rule.parameters.items()))
        asked = (rule.kind, rule.scope, rule.scope_value, rule.expression, parameters)
        key = ("alert-fault", page.map.chain.digest, page.language, *asked)
        return loaders.shared(key, lambda: _fault(page, rule))

    def _is_known(self, symbol: str) -> bool:
        page = self.page
        if not symbol or page.snapshot.prices.simulated:
            return True
        known = page.map.chain.company_by_symbol
        return symbol in known or symbol in loaders.stored_symbols(page.settings.data_dir)


def _fault(page: Page, rule: Rule) -> str | None:
    try:
        check(rule, page.map.chain)
    except InputError as error:
        return error.told(page.language)
    return None


def tell(text: str, tone: Tone = "success") -> None:
    """Say something at the top of the page on its next run; `text` is Markdown."""
    st.session_state.setdefault(_TOLD, []).append((tone, text))


def show_told() -> None:
    """What the last click has to say."""
    for tone, text in st.session_state.pop(_TOLD, ()):
        getattr(st, tone)(text, icon=_ICONS[tone])


def kind_name(page: Page, kind: str) -> str:
    """`穿越價格`; the id of a kind that this version does not know."""
    return page.say(KINDS[kind].label) if kind in KINDS else kind


def value_text(page: Page, parameter: Parameter, value: float | str) -> str:
    """A parameter's value with its unit."""
    if parameter.type is ParameterType.CHOICE:
        known = parameter.choices.get(str(value))
        return page.say(known) if known else str(value)
    if isinstance(value, str):
        return value
    return f"{value:.4g}".rstrip(".") if parameter.unit is None else _measured(parameter, value)


def _measured(parameter: Parameter, value: float) -> str:
    if parameter.unit is Unit.FRACTION:
        return f"{value * 100:.6g}%"
    return f"{value:,.10g}"


def what_text(page: Page, rule: Rule) -> str:
    """What a rule waits for, in one line; not escaped."""
    kind = KINDS.get(rule.kind)
    if kind is None:
        return rule.kind
    said = [
        page.t(
            "alerts.parameter",
            label=page.say(one.label),
            value=value_text(page, one, rule.parameters[one.key]),
        )
        for one in kind.parameters
        if one.key in rule.parameters and rule.parameters[one.key] != one.default
    ]
    parts = [page.say(kind.label), *([rule.expression] if rule.expression else []), *said]
    return " · ".join(parts)


def where_text(view: AlertsView, rule: Rule) -> str:
    """Where a rule looks; not escaped."""
    page = view.page
    if rule.scope == "symbol":
        name = company_name(page, rule.scope_value)
        return name if name == rule.scope_value else f"{name} {rule.scope_value}"
    if rule.scope == "layer":
        known = rule.scope_value in page.map.chain.layer_by_id
        return layer_name(page, rule.scope_value) if known else rule.scope_value
    if rule.scope == "list":
        found = view.lists.get(rule.scope_value)
        return found.name if found else page.t("alerts.list_gone")
    return page.say(SCOPES[rule.scope])


def channel_text(view: AlertsView, channel_id: int) -> str:
    """The name of a channel; not escaped."""
    channel = view.channels.get(channel_id)
    if channel is None:
        return view.page.t("alerts.channel_gone")
    if not channel.enabled:
        return view.page.t("alerts.channel_off", name=channel.name)
    return channel.name


def told_by(view: AlertsView, rule: Alert) -> str:
    """By what a rule tells; not escaped."""
    names = [channel_text(view, one) for one in rule.channels]
    return view.page.t("alerts.and").join(names) or view.page.t("alerts.in_app")


def failed(page: Page, reason: object) -> str:
    """`沒有完成：…`."""
    told = reason.told(page.language) if isinstance(reason, DashboardError) else reason
    return page.t("alerts.not_done", reason=as_text(told))
