"""From states to events: what a rule has to say of one session, given how it stood before.

Pure: no store, no database, no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dashboard.accounts.models import NewEvent
from dashboard.alerts import states
from dashboard.alerts.rules import FIRE_AT_ONCE, Kind, Rule, kind_of
from dashboard.alerts.states import STATE, Case, last_session, provisional
from dashboard.markets import HOME, MARKETS, market_of
from dashboard.snapshot import Snapshot

Known = Mapping[str, tuple[str, dt.date]]
"""How a rule stood: key → (state, session it was seen in)."""

NAME_ZH: Final = "name_zh"
NAME_EN: Final = "name_en"
"""In an event's details: the name of its symbol or layer."""
KIND: Final = "kind"
"""In an event's details: the rule's kind, for the sentence about it."""


@dataclass(frozen=True)
class Evaluated:
    """What one rule saw in one session.

    Attributes
    ----------
    states : new state of every key that is known, with its own market's session
    fired : what is to be told
    """

    states: Mapping[str, tuple[str, dt.date]]
    fired: tuple[NewEvent, ...]


def evaluate(
    rule: Rule,
    now: Snapshot,
    before: Snapshot,
    known: Known,
    *,
    symbols: Sequence[str],
    since: dt.datetime,
    table: pd.DataFrame | None = None,
) -> Evaluated:
    """A sound rule (`rules.check`) on the session `now.as_of`.

    Parameters
    ----------
    now, before : the session and the one before it, of one universe
    known : the rule's states up to here
        A key's first known state is where it starts from and tells nothing, unless the rule
        asks for that. A state seen in a later session than this one is left alone.
    symbols : the rule's scope, resolved
    since : a session that was over by then is never told of, unless the rule asks for that
    table : the `screen_table` of `now`, where it has been built already

    Returns
    -------
    Evaluated
        A symbol whose state is not known (a missing figure, no bar, one that is not final yet)
        is in neither part. Evaluating the same session again fires where the data were
        corrected and the state has become another.
    """
    kind = kind_of(rule)
    at_once = rule.parameters.get(FIRE_AT_ONCE) == "yes"
    frame = _states(kind, rule, now, before, symbols, table)
    sessions = _sessions(frame.index, now, on_layers=is_on_layers(kind))
    new: dict[str, tuple[str, dt.date]] = {}
    firing: list[str] = []
    for key, state in frame[STATE].dropna().items():
        name = str(key)
        session, last = sessions[name], known.get(name)
        if session is None or (last is not None and last[1] > session):
            continue
        new[name] = (state, session)
        over = over_at(_market(name, is_on_layers(kind)), session) <= since
        if kind.firing(state) and _is_news(kind, at_once, last, new[name], over=over):
            firing.append(name)
    return Evaluated(new, _events(rule, frame.loc[firing], new, now))


def over_at(market: str, session: dt.date) -> dt.datetime:
    """When a market's session was over and its bars final."""
    rules = MARKETS[market]
    return dt.datetime.combine(session, rules.final_after, ZoneInfo(rules.timezone))


def is_on_layers(kind: Kind) -> bool:
    """Whether the keys of a kind are layers, not symbols."""
    return kind.compute is states.layer_rank_change


def _states(
    kind: Kind,
    rule: Rule,
    now: Snapshot,
    before: Snapshot,
    symbols: Sequence[str],
    table: pd.DataFrame | None,
) -> pd.DataFrame:
    layers = tuple(now.chain.layer_by_id) if rule.scope != "layer" else (rule.scope_value,)
    parameters = {one.key: kind.value(rule, one.key) for one in kind.parameters}
    case = Case(now, before, tuple(symbols), layers, rule.expression, parameters, table)
    frame = kind.compute(case)
    waiting = [] if is_on_layers(kind) else sorted(provisional(now, case.symbols))
    frame.loc[frame.index.isin(waiting), STATE] = None
    return frame.astype({STATE: object}).where(frame.notna(), None)


def _market(key: str, on_layers: bool) -> str:
    return HOME if on_layers else market_of(key)


def _sessions(keys: pd.Index, now: Snapshot, *, on_layers: bool) -> dict[str, dt.date | None]:
    """Each symbol's own market's last session; of layers the home market's."""
    markets = {str(key): _market(str(key), on_layers) for key in keys}
    panels = now.prices.panels
    last = {one: last_session(panels.get(one), now.as_of) for one in set(markets.values())}
    return {key: last[market] for key, market in markets.items()}


def _is_news(
    kind: Kind,
    at_once: bool,
    last: tuple[str, dt.date] | None,
    seen: tuple[str, dt.date],
    *,
    over: bool,
) -> bool:
    """Whether a firing state is to be told; `over`: its session was before the rule."""
    if last is None:
        return at_once
    if over:
        return False
    return last != seen if kind.each_session else last[0] != seen[0]


def _events(
    rule: Rule, fired: pd.DataFrame, new: Mapping[str, tuple[str, dt.date]], now: Snapshot
) -> tuple[NewEvent, ...]:
    """With the figures and the names as they were, so that history needs no prices."""
    events = []
    for key, row in fired.iterrows():
        state, session = new[str(key)]
        figures = {str(name): _plain(value) for name, value in row.items() if name != STATE}
        events.append(
            NewEvent(
                str(key), session, state, {KIND: rule.kind, **_names(now, str(key)), **figures}
            )
        )
    return tuple(events)


def _plain(value: object) -> object:
    """A value as JSON has it; what is missing is None."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is None or value != value else value


def _names(now: Snapshot, key: str) -> dict[str, object]:
    layer = now.chain.layer_by_id.get(key)
    name = layer.name if layer is not None else now.name_of(key)
    return {NAME_ZH: name.zh, NAME_EN: name.en}
