"""After a refresh: evaluate everybody's alerts, keep what they saw, tell it.

Nothing here raises: alerts never harm the refresh they follow.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

import pandas as pd

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Alert, NewEvent, Watchlist
from dashboard.accounts.store import Accounts
from dashboard.alerts.background import anybody
from dashboard.alerts.channels import DEADLINE
from dashboard.alerts.delivery import Sent, deliver
from dashboard.alerts.evaluation import evaluate, is_on_layers, over_at
from dashboard.alerts.rules import FIRE_AT_ONCE, check, kind_of
from dashboard.alerts.scopes import Market, symbols_of
from dashboard.errors import DashboardError, InputError
from dashboard.markets import HOME
from dashboard.settings import Settings
from dashboard.snapshot import MAP
from dashboard.supply_chain.loading import load_map

MOST_SESSIONS: Final = 10
"""Sessions missed (the machine was off) that are evaluated one by one; older ones are passed
over."""
MARK: Final = "@evaluated"
"""Key among an alert's states: up to which session, and with which rule, it was evaluated. No
symbol and no layer is named so."""
_OFF: Final = "off"
_EVER: Final = dt.datetime.min.replace(tzinfo=dt.UTC)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Summary:
    """What became of everybody's alerts.

    Attributes
    ----------
    alerts : evaluated
    events : new ones
    messages : sent, or tried
    faults : one sentence each, with the alert's name where it is one's
    simulated : prices were not real, so nothing was evaluated
    """

    alerts: int = 0
    events: int = 0
    messages: tuple[Sent, ...] = ()
    faults: tuple[str, ...] = ()
    simulated: bool = False

    @property
    def incomplete(self) -> bool:
        """Whether an alert could not be evaluated or a message was not taken."""
        return bool(self.faults) or any(not one.outcome.sent for one in self.messages)

    @property
    def told(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.alerts or self.messages or self.faults or self.simulated)

    def sentence(self) -> str:
        """One line for a terminal."""
        if self.simulated:
            return "alerts: prices are simulated, so none is evaluated"
        sent = sum(one.outcome.sent for one in self.messages)
        told = f"alerts: {self.alerts} evaluated, {self.events} new events, {sent} messages sent"
        failed = len(self.messages) - sent
        if failed:
            told += f", {failed} not taken (see: python -m dashboard alerts history)"
        if self.faults:
            told += f", {len(self.faults)} at fault (see: python -m dashboard alerts list)"
        return told


def after_refresh(
    settings: Settings, now: dt.datetime | None = None, *, deadline: float = DEADLINE
) -> Summary:
    """Evaluate all alerts on the sessions that are new or corrected, and send what is due.

    Parameters
    ----------
    now : with time zone; the present if None
    deadline : seconds that one message may take

    Returns
    -------
    Summary
        Faults in it, never an exception.
    """
    moment = now or dt.datetime.now(dt.UTC)
    if not anybody(settings):
        return Summary()
    faults: list[str] = []
    found = _safely(
        lambda: evaluate_all(Accounts.open(settings.database), settings, moment), faults, "alerts"
    )
    sent = deliver_due(settings, moment, deadline=deadline)
    return replace(
        found or Summary(),
        messages=sent.messages,
        faults=(*(found.faults if found else ()), *faults, *sent.faults),
    )


def deliver_due(
    settings: Settings, now: dt.datetime | None = None, *, deadline: float = DEADLINE
) -> Summary:
    """Send what is due, evaluate nothing: retries, and what waited for the end of quiet hours."""
    moment = now or dt.datetime.now(dt.UTC)
    if not anybody(settings):
        return Summary()
    faults: list[str] = []
    sent = _safely(
        lambda: deliver(Accounts.open(settings.database), moment, deadline=deadline),
        faults,
        "messages",
    )
    return Summary(messages=sent or (), faults=tuple(faults))


def _safely(work: Callable[[], Result], faults: list[str], what: str) -> Result | None:
    """The only place that takes any error: what is wrong with alerts stays with them."""
    try:
        return work()
    except DashboardError as error:
        faults.append(f"{what}: {error}")
    except Exception:
        logging.exception("%s failed", what)
        faults.append(f"{what}: a fault of the program; see its messages")
    return None


def evaluate_all(accounts: Accounts, settings: Settings, now: dt.datetime) -> Summary:
    """Evaluate everybody's alerts and record what they saw; sends nothing.

    Raises
    ------
    DashboardError
        If the map, the prices or the database cannot be read.
    """
    desks = [accounts.desk(account) for account in accounts.everyone()]
    busy = [desk for desk in desks if desk.alerts.all()]
    if not busy:
        return Summary()
    loaded = load_map(settings.map_path)
    if loaded.faults and not loaded.chain.companies:
        raise InputError(str(loaded.faults[0]))
    market = Market(settings, loaded.chain)
    if market.prices.simulated:
        return Summary(simulated=True)
    return evaluate_desks(busy, market, now)


def evaluate_desks(desks: Sequence[Desk], market: Market, now: dt.datetime) -> Summary:
    """Evaluate the alerts of some people on one market, and record what they saw."""
    evaluated, events = 0, 0
    faults: list[str] = []
    for desk in desks:
        person = _Person(desk, market, now)
        for alert in desk.alerts.all():
            found = _safely(partial(person.evaluate, alert), faults, alert.name)
            evaluated += alert.enabled and found is not None
            events += found or 0
    return Summary(evaluated, events, faults=tuple(faults))


def begin(desk: Desk, alert: Alert, session: dt.date, now: dt.datetime) -> None:
    """Let a new rule start from the last session that is stored: what comes later is news.

    Without it the rule starts from the sessions that were over when it was made, and is silent
    about older ones that are imported afterwards.
    """
    desk.alerts.record(alert, {MARK: (fingerprint(alert), session)}, (), now)


def fault(alert: Alert, market: Market, lists: Mapping[str, Watchlist]) -> str | None:
    """Why an alert cannot be evaluated now, in one sentence; None where it can."""
    try:
        check(alert, market.chain)
        if market.sessions:
            symbols_of(alert, market, market.sessions[-1], lists)
    except InputError as error:
        return str(error)
    return None


@dataclass
class _Person:
    """The alerts of one account in one run."""

    desk: Desk
    market: Market
    now: dt.datetime
    lists: Mapping[str, Watchlist] = field(init=False)

    def __post_init__(self) -> None:
        self.lists = {str(one.id): one for one in self.desk.watchlists.all()}

    def evaluate(self, alert: Alert) -> int:
        """Evaluate on every session that is new, and again on the last one; events found."""
        sessions = self.market.sessions
        if len(sessions) < 2:
            return 0
        known = self.desk.alerts.states(alert.id)
        mark = known.pop(MARK, None)
        if not alert.enabled:
            self._switched_off(alert, mark)
            return 0
        check(alert, self.market.chain)
        rule = fingerprint(alert)
        if mark is None or mark[0] != rule:
            known = {}
        return sum(
            self._session(alert, session, known, (rule, session), mark)
            for session in _planned(alert, mark, sessions)
        )

    def _switched_off(self, alert: Alert, mark: tuple[str, dt.date] | None) -> None:
        """Passed over, so that an alert switched on again does not tell of the time between."""
        passed = (_OFF, self.market.sessions[-1])
        if mark != passed:
            self.desk.alerts.record(alert, {MARK: passed}, (), self.now)

    def _session(
        self,
        alert: Alert,
        session: dt.date,
        known: dict[str, tuple[str, dt.date]],
        reached: tuple[str, dt.date],
        mark: tuple[str, dt.date] | None,
    ) -> int:
        """One session, recorded in one transaction; what is known grows by it."""
        new: dict[str, tuple[str, dt.date]] = {}
        fired: list[NewEvent] = []
        for universe, symbols in self._scope(alert, session):
            seen = evaluate(
                alert,
                self.market.snapshot(universe, session),
                self.market.snapshot(universe, _before(self.market.sessions, session)),
                known,
                symbols=symbols,
                since=alert.created_at if mark is None else _EVER,
                table=self._table(alert, universe, session),
            )
            new |= seen.states
            fired += seen.fired
        changed = {key: state for key, state in new.items() if known.get(key) != state}
        known |= new
        if not changed and not fired and reached == mark:
            return 0
        kept = self.desk.alerts.record(alert, {**changed, MARK: reached}, fired, self.now)
        return len(kept)

    def _table(self, alert: Alert, universe: str, session: dt.date) -> pd.DataFrame | None:
        asked = kind_of(alert).needs_expression
        return self.market.table(universe, session) if asked else None

    def _scope(self, alert: Alert, session: dt.date) -> Iterator[tuple[str, Sequence[str]]]:
        if is_on_layers(kind_of(alert)):
            yield MAP, ()
            return
        yield from symbols_of(alert, self.market, session, self.lists).items()


def fingerprint(alert: Alert) -> str:
    """Changes where the rule does: an edited rule starts anew."""
    told = [alert.kind, alert.scope, alert.scope_value, alert.expression, dict(alert.parameters)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _planned(
    alert: Alert, mark: tuple[str, dt.date] | None, sessions: Sequence[dt.date]
) -> Sequence[dt.date]:
    """The sessions to evaluate: the last one seen, for corrections, and all since.

    A new alert starts from what was over when it was made, one session earlier still: of other
    markets that session may not have been over.
    """
    if mark is not None:
        start = sum(day <= mark[1] for day in sessions) - 1
    else:
        at_once = alert.parameters.get(FIRE_AT_ONCE) == "yes"
        over = sum(over_at(HOME, day) <= alert.created_at for day in sessions)
        start = over - 1 if at_once else over - 2
    # The first session of all has none before it.
    return sessions[max(start, len(sessions) - 1 - MOST_SESSIONS, 1) :]


def _before(sessions: Sequence[dt.date], session: dt.date) -> dt.date:
    return sessions[sessions.index(session) - 1]
