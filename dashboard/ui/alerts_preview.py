"""What a rule would see now: tried on the prices that the page has, told to nobody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import streamlit as st

from dashboard.accounts.models import Alert
from dashboard.alerts.evaluation import evaluate, is_on_layers
from dashboard.alerts.rules import kind_of
from dashboard.alerts.scopes import Market, symbols_of
from dashboard.errors import DashboardError
from dashboard.snapshot import LISTED, MAP, Prices, Snapshot
from dashboard.ui import loaders
from dashboard.ui.alerts import AlertsView, failed
from dashboard.ui.labels import layer_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page

_NAMED: Final = 12
_MANY: Final = 50
"""Events at once that nobody reads."""


@dataclass(frozen=True)
class Preview:
    """What a rule sees in one session.

    Attributes
    ----------
    holds : symbols or layers it would fire for, were their state new
    total, unknown : what it looks at, and of how many the data do not tell
    """

    session: dt.date
    holds: tuple[str, ...]
    total: int
    unknown: int


class _PageMarket(Market):
    """The shared snapshots of the pages instead of another reading of the store."""

    def __init__(self, page: Page) -> None:
        super().__init__(page.settings, page.map.chain)
        self._page = page

    @cached_property
    def prices(self) -> Prices:
        return self._page.snapshot.prices

    @cached_property
    def all_prices(self) -> Prices:
        return self._listed.prices

    @cached_property
    def _listed(self) -> Snapshot:
        return loaders.snapshot_of(self._page.settings, self._page.snapshot, LISTED)

    def _take(self, universe: str, session: dt.date) -> Snapshot:
        if universe not in (MAP, LISTED):
            return super()._take(universe, session)
        taken = self._page.snapshot if universe == MAP else self._listed
        return taken if taken.as_of == session else loaders.same_map(taken, session)


def preview(view: AlertsView, rule: Alert) -> Preview | None:
    """What a sound rule sees in the last session; None where there are not two of them.

    Raises
    ------
    DashboardError
        If what it looks at is not there.
    """
    market = _PageMarket(view.page)
    if len(market.sessions) < 2:
        return None
    before, session = market.sessions[-2:]
    kind = kind_of(rule)
    scope = symbols_of(rule, market, session, view.lists) if not is_on_layers(kind) else {MAP: ()}
    states: dict[str, str] = {}
    for universe, symbols in scope.items():
        now, earlier = market.snapshot(universe, session), market.snapshot(universe, before)
        seen = evaluate(rule, now, earlier, {}, symbols=symbols, since=loaders.today())
        states |= {key: state for key, (state, _) in seen.states.items()}
    total = sum(map(len, scope.values()))
    if is_on_layers(kind):
        total = 1 if rule.scope == "layer" else len(market.chain.layers)
    holds = tuple(key for key, state in states.items() if kind.firing(state))
    return Preview(session, holds, total, total - len(states))


def show_preview(view: AlertsView, rule: Alert) -> None:
    """How many, and the first of them by name."""
    page = view.page
    try:
        found = preview(view, rule)
    except DashboardError as error:
        st.error(failed(page, error), icon=":material/error:")
        return
    if found is None:
        st.info(page.t("alerts.preview_short"))
        return
    told = {
        "date": f"{found.session:%Y-%m-%d}",
        "n": len(found.holds),
        "total": found.total,
        "unknown": found.unknown,
    }
    if not found.holds:
        st.info(page.t("alerts.preview_none", **told))
        return
    names = page.t("alerts.and").join(_name(page, key) for key in found.holds[:_NAMED])
    more = "…" if len(found.holds) > _NAMED else ""
    st.info(page.t("alerts.preview_some", **told, names=as_text(names + more)))
    if len(found.holds) > _MANY:
        st.warning(page.t("alerts.preview_many"))


def _name(page: Page, key: str) -> str:
    if key in page.map.chain.layer_by_id:
        return layer_name(page, key)
    name = page.say(page.snapshot.name_of(key))
    return key if name == key else f"{name} {key}"
