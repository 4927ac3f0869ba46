"""The kinds of rules: what each asks for, what it accepts, and how it is computed.

The key of a kind stands in the database, in links and on the command line. A form is drawn
from the registry alone.

A kind tells for each symbol (or layer) of a session one of its *states*; a rule fires on those
in `Kind.firing`. There are two sorts:

- A *condition* (`each_session` False) holds until it ends: it fires when it begins to hold, not
  while it goes on, and again once it has been false in between.
- An *occurrence* (`each_session` True) happens in a session: it fires in every session in which
  it happens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

import pandas as pd

from dashboard.accounts.models import Scope
from dashboard.alerts import states
from dashboard.alerts.states import Case
from dashboard.analytics.metrics import METRICS, RETURN_KEYS, Unit
from dashboard.errors import InputError
from dashboard.i18n import Text
from dashboard.screening.run import check as check_expression
from dashboard.supply_chain.models import SupplyChain

FIRE_AT_ONCE: Final = "fire_at_once"
MATCHES: Final = "matches"


class Rule(Protocol):
    """What `check` and the evaluation need of an alert, stored or not yet."""

    @property
    def kind(self) -> str: ...
    @property
    def scope(self) -> Scope: ...
    @property
    def scope_value(self) -> str: ...
    @property
    def expression(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, float | str]: ...


@dataclass(frozen=True)
class NewRule:
    """A rule as a form or a command gives it."""

    kind: str
    scope: Scope
    scope_value: str = ""
    expression: str = ""
    parameters: Mapping[str, float | str] = field(default_factory=dict)


class ParameterType(StrEnum):
    """What a form draws."""

    NUMBER = "number"
    INTEGER = "integer"
    CHOICE = "choice"


@dataclass(frozen=True)
class Parameter:
    """One thing to be told of a rule.

    Attributes
    ----------
    unit : of a number; a fraction is stored as such (0.05) and shown in percent
    default : None where the person must say
    least, most : of a number, both included
    choices : id → label, of a choice
    """

    key: str
    label: Text
    type: ParameterType
    default: float | str | None = None
    unit: Unit | None = None
    least: float = -math.inf
    most: float = math.inf
    choices: Mapping[str, Text] = field(default_factory=dict)

    def fault(self, value: float | str | None) -> str | None:
        """What is wrong with a value, None where nothing is."""
        if value is None:
            return None if self.default is not None else "is missing"
        if self.type is ParameterType.CHOICE:
            known = value in self.choices
            return None if known else f"is {value!r}; choose from {', '.join(self.choices)}"
        if isinstance(value, str | bool) or not math.isfinite(value):
            return f"is {value!r}; give a number"
        if self.type is ParameterType.INTEGER and value != int(value):
            return f"is {value:g}; give a whole number"
        if not self.least <= value <= self.most:
            return f"is {value:g}; give {self.least:g} to {self.most:g}"
        return None


@dataclass(frozen=True)
class Kind:
    """A kind of rule.

    Attributes
    ----------
    scopes : where it may look, the first is the usual one
    needs_expression : whether it asks for a screen
    each_session : an occurrence, see the module
    firing : states it fires on
    compute : states of a session, one row per symbol or layer (`states`)
    """

    key: str
    label: Text
    note: Text
    scopes: tuple[Scope, ...]
    compute: Callable[[Case], pd.DataFrame]
    firing: Callable[[str], bool]
    parameters: tuple[Parameter, ...] = ()
    needs_expression: bool = False
    each_session: bool = False

    def value(self, rule: Rule, key: str) -> float | str:
        """A parameter of the rule, its default where the rule does not say."""
        own = next(one for one in self.parameters if one.key == key)
        value = rule.parameters.get(key, own.default)
        assert value is not None, "check() demands parameters without a default"
        return value


SCOPES: Final[Mapping[Scope, Text]] = MappingProxyType(
    {
        "symbol": Text("一檔股票", "one symbol"),
        "list": Text("自選清單", "a watchlist"),
        "layer": Text("一層供應鏈", "a layer"),
        "map": Text("整張地圖", "the whole map"),
        "listed": Text("全部上市櫃股票", "all listed stocks"),
    }
)
_EVERYWHERE: Final = tuple(SCOPES)
_UP, _DOWN, _BOTH = states.UP, states.DOWN, states.BOTH
_SIDES: Final = {_UP: Text("向上", "up"), _DOWN: Text("向下", "down")}
_EITHER: Final = {_BOTH: Text("任一方向", "either way"), **_SIDES}
_AT_ONCE: Final = Parameter(
    FIRE_AT_ONCE,
    Text("已經成立者", "What holds already"),
    ParameterType.CHOICE,
    "no",
    choices={
        "no": Text("不通知，等下一次", "is left alone; the next time counts"),
        "yes": Text("下次評估即通知", "is told at the next evaluation"),
    },
)


def _is(*firing: str) -> Callable[[str], bool]:
    return frozenset(firing).__contains__


def _is_not_none(state: str) -> bool:
    return state != states.NONE


_KINDS: Final = (
    Kind(
        MATCHES,
        Text("符合條件", "Condition holds"),
        Text(
            "選股條件對範圍內的一檔由不成立變為成立時通知；數字缺漏時維持原狀。",
            "Fires when a screen's expression becomes true of a symbol; a missing figure leaves "
            "it as it was.",
        ),
        _EVERYWHERE,
        states.matches,
        _is(states.TRUE),
        (_AT_ONCE,),
        needs_expression=True,
    ),
    Kind(
        "enters_screen",
        Text("進入選股結果", "Enters a screen"),
        Text(
            "進入選股結果時通知，與選股頁的「與前一交易日相比」一致；數字缺漏即不在結果內。",
            "Fires when a symbol enters the result, as the screener's changes since the last "
            "session; a missing figure is not in the result.",
        ),
        ("map", "listed", "layer", "list", "symbol"),
        states.screened,
        _is(states.IN),
        (_AT_ONCE,),
        needs_expression=True,
    ),
    Kind(
        "leaves_screen",
        Text("離開選股結果", "Leaves a screen"),
        Text(
            "離開選股結果時通知；數字缺漏也算離開。",
            "Fires when a symbol leaves the result; a figure gone missing counts as leaving.",
        ),
        ("map", "listed", "layer", "list", "symbol"),
        states.screened,
        _is(states.OUT),
        needs_expression=True,
    ),
    Kind(
        "crosses_price",
        Text("穿越價格", "Crosses a price"),
        Text(
            "前一收盤在價位一側、本日收盤到達或越過時通知；收盤為當日成交價，除權息日以參考價為前收。",
            "Fires when the close reaches or passes the level and the close before had not; "
            "closes as traded, on an ex-date the reference price is the close before.",
        ),
        ("symbol",),
        states.crosses_price,
        _is(states.CROSSED),
        (
            Parameter(
                "level", Text("價位", "Level"), ParameterType.NUMBER,
                unit=Unit.PRICE, least=0.0001, most=1e9,
            ),
            Parameter(
                "direction", Text("方向", "Direction"), ParameterType.CHOICE, _UP, choices=_SIDES
            ),
        ),
        each_session=True,
    ),
    Kind(
        "change_in_session",
        Text("單日漲跌幅", "Change in a session"),
        Text(
            "一個交易日的還原漲跌幅達到門檻時通知，每個達到的交易日各一次。",
            "Fires when the adjusted return of a session reaches the threshold, in each session "
            "that does.",
        ),
        _EVERYWHERE,
        states.change_in_session,
        _is(_UP, _DOWN),
        (
            Parameter(
                "change", Text("至少", "At least"), ParameterType.NUMBER, 0.05,
                unit=Unit.FRACTION, least=0.001, most=10.0,
            ),
            Parameter(
                "direction", Text("方向", "Direction"), ParameterType.CHOICE, _BOTH,
                choices=_EITHER,
            ),
        ),
        each_session=True,
    ),
    Kind(
        "layer_rank_change",
        Text("層的名次變動", "A layer's rank changes"),
        Text(
            "某層依報酬排名，比前一交易日變動達到名次數時通知（台股核心成員等權）。",
            "Fires when a layer's rank by its return moves by so many places against the session "
            "before (Taiwan's core members, equally weighted).",
        ),
        ("map", "layer"),
        states.layer_rank_change,
        _is(_UP, _DOWN),
        (
            Parameter(
                "places", Text("至少幾名", "Places, at least"), ParameterType.INTEGER, 3.0,
                least=1, most=100,
            ),
            Parameter(
                "by", Text("依", "Ranked by"), ParameterType.CHOICE, "return_1m",
                choices={key: METRICS[key].label for key in RETURN_KEYS},
            ),
            Parameter(
                "direction", Text("方向", "Direction"), ParameterType.CHOICE, _BOTH,
                choices=_EITHER,
            ),
        ),
        each_session=True,
    ),
    Kind(
        "at_limit",
        Text("漲跌停", "At the daily limit"),
        Text(
            "收盤由未停變為漲停或跌停時通知；連續停板只通知第一天。",
            "Fires when a close comes to the daily limit; of several in a row only the first.",
        ),
        _EVERYWHERE,
        states.at_limit,
        _is(_UP, _DOWN),
        (
            Parameter(
                "direction", Text("方向", "Direction"), ParameterType.CHOICE, _BOTH,
                choices=_EITHER,
            ),
            Parameter(
                "locked", Text("鎖死", "Locked"), ParameterType.CHOICE, "any",
                choices={
                    "any": Text("不論", "whether or not"),
                    "only": Text("只要整日鎖死", "only if locked all session"),
                },
            ),
            _AT_ONCE,
        ),
    ),
    Kind(
        "fresh_flag",
        Text("資料出現新標記", "A new flag in the data"),
        Text(
            "本交易日的日線出現前一根沒有的標記，或股價變為過期時通知。",
            "Fires when the session's bar carries a flag that the one before did not, or the "
            "prices have become out of date.",
        ),
        _EVERYWHERE,
        states.fresh_flag,
        _is_not_none,
        (
            Parameter(
                "flag", Text("標記", "Flag"), ParameterType.CHOICE, states.ANY,
                choices={states.ANY: Text("任何標記", "any"), **states.FLAG_LABELS},
            ),
        ),
        each_session=True,
    ),
)  # fmt: skip

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({kind.key: kind for kind in _KINDS})


def kind_of(rule: Rule) -> Kind:
    """The rule's kind.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if rule.kind not in KINDS:
        raise InputError(f"kind {rule.kind!r}: there is none; choose from {', '.join(KINDS)}")
    return KINDS[rule.kind]


def check(rule: Rule, chain: SupplyChain) -> None:
    """Whether a rule can be evaluated with this map; for forms, commands and before each run.

    A watchlist's id is checked where the lists are known (`scopes`).

    Raises
    ------
    InputError
        One sentence: an unknown kind, scope, symbol, layer or parameter; a value out of limits.
        A `ScreenError` where the expression is at fault.
    """
    kind = kind_of(rule)
    if rule.scope not in kind.scopes:
        raise InputError(
            f"scope {rule.scope!r}: {kind.key} looks at {', '.join(kind.scopes)}; choose one"
        )
    _check_scope_value(rule, chain)
    known = {one.key: one for one in kind.parameters}
    for key in rule.parameters:
        if key not in known:
            raise InputError(
                f"parameter {key!r}: {kind.key} has none of that name; "
                f"it takes {', '.join(known) or 'none'}"
            )
    for key, parameter in known.items():
        fault = parameter.fault(rule.parameters.get(key))
        if fault is not None:
            raise InputError(f"parameter {key}: {fault}")
    if kind.needs_expression:
        check_expression(rule.expression, chain)
    elif rule.expression:
        raise InputError(f"expression: {kind.key} takes none; leave it out")


def _check_scope_value(rule: Rule, chain: SupplyChain) -> None:
    if rule.scope in ("map", "listed"):
        if rule.scope_value:
            raise InputError(f"scope {rule.scope}: it takes no value; leave {rule.scope_value!r}")
    elif not rule.scope_value.strip():
        raise InputError(f"scope {rule.scope}: say which {rule.scope}")
    elif rule.scope == "layer" and rule.scope_value not in chain.layer_by_id:
        raise InputError(
            f"layer {rule.scope_value!r}: the map has none of that id; "
            f"choose from {', '.join(chain.layer_by_id)}"
        )
