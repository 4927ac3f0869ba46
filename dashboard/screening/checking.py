"""Syntax → plan: what names and words mean, and a sentence for what makes no sense."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final

from dashboard.analytics.metrics import METRICS, Unit
from dashboard.errors import ScreenError
from dashboard.screening import names
from dashboard.screening.fields import LIMIT_STATE, Field, FieldKind
from dashboard.screening.plan import (
    Absolute,
    Among,
    Column,
    Combined,
    Constant,
    Crossed,
    Every,
    Holding,
    Marked,
    Missing,
    Negated,
    Opposite,
    Ordered,
    Placed,
    Some,
    TruthPlan,
    Written,
)
from dashboard.screening.syntax import (
    And,
    Arithmetic,
    Call,
    Compare,
    Day,
    Member,
    Month,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Or,
    Word,
    to_text,
    walk,
)
from dashboard.screening.units import (
    FAMILIES,
    MONEY,
    Family,
    Quantity,
    added,
    divided,
    multiplied,
)
from dashboard.snapshot import MAX_BACK

MAX_CROSSINGS: Final = 5
MAX_PLACED: Final = 20
"""Ranks and percentiles."""
SURELY_PERCENT: Final = 3.0
"""A bare number beyond it beside a fraction was meant as a percentage."""
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()
_LOCKED: Final = {"up": ("up", "locked_up"), "down": ("down", "locked_down")}
_OPTIONS: Final = {
    "rank": ("by", "order"), "percentile": ("by",),
    "crossed_above": ("within",), "crossed_below": ("within",),
}  # fmt: skip
_ARGUMENTS: Final = {
    "rank": 1, "percentile": 1, "above": 1, "below": 1, "crossed_above": 2, "crossed_below": 2,
    "between": 3, "isna": 1, "contains": 2, "abs": 1,
}  # fmt: skip
_EXAMPLES: Final = {
    "rank": "rank(return_3m, by=layer)", "percentile": "percentile(return_3m)",
    "above": "above(sma_20)", "below": "below(sma_20)",
    "crossed_above": "crossed_above(sma_20, sma_60, within=5)",
    "crossed_below": "crossed_below(sma_20, sma_60, within=5)",
    "between": "between(rsi_14, 30, 70)", "isna": "isna(market_cap)",
    "contains": "contains(name, 電)", "abs": "abs(return_1d)",
}  # fmt: skip
_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_BRIEF: Final = 60


def planned(node: Node, fields: Mapping[str, Field]) -> TruthPlan:
    """What an expression means by the fields of a map.

    Raises
    ------
    ScreenError
        If a name or value is unknown, kinds or units do not go together, or the whole is no
        condition.
    """
    return _Checker(fields).checked(node)


def _fault(node: Node, reason: str) -> ScreenError:
    return ScreenError(reason, *node.span)


def _brief(node: Node) -> str:
    text = to_text(node)
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"


def _or_nearest(text: str, known: Iterable[str]) -> str:
    near = names.nearest(text, list(dict.fromkeys(known)))
    return f"; did you mean {' or '.join(near)}?" if near else ""


class _Checker:
    def __init__(self, fields: Mapping[str, Field]) -> None:
        self._fields = fields
        self._values: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def checked(self, node: Node) -> TruthPlan:
        calls = [one for one, _ in walk(node) if isinstance(one, Call)]
        for prefix, most in (("crossed_", MAX_CROSSINGS), (("rank", "percentile"), MAX_PLACED)):
            found = [one for one in calls if one.function.startswith(prefix)]
            if len(found) > most:
                raise _fault(
                    found[most], f"{found[most].function} stands here more than {most} times"
                )
        return self.truth(node)

    # Truths

    def truth(self, node: Node) -> TruthPlan:
        match node:
            case And(parts):
                return Every(tuple(self.truth(one) for one in parts))
            case Or(parts):
                return Some(tuple(self.truth(one) for one in parts))
            case Not(operand):
                return Opposite(self.truth(operand))
            case Compare():
                return self._compared(node)
            case Member(operand, values, negated):
                found = self._member(node, operand, values)
                return Opposite(found) if negated else found
            case Call(function) if function in self._conditions:
                self._check_call(node)
                return self._conditions[function](node)
            case Name(key) if self._fields[key].kind is FieldKind.BOOLEAN:
                return Marked(key)
            case _:
                raise self._no_condition(node)

    @cached_property
    def _conditions(self) -> dict[str, Callable[[Call], TruthPlan]]:
        return {
            "above": self._beyond_close, "below": self._beyond_close,
            "crossed_above": self._crossed, "crossed_below": self._crossed,
            "between": self._between, "isna": self._missing, "contains": self._holding,
        }  # fmt: skip

    def _no_condition(self, node: Node) -> ScreenError:
        field = self._fields[node.key] if isinstance(node, Name) else None
        if field is not None and field.kind in (FieldKind.STATE, FieldKind.TEXT):
            example = next(iter(field.values), "…")
            return _fault(node, f"{_brief(node)} is no condition; write {field.key} == {example}")
        if field is not None and field.kind is not FieldKind.NUMBER:
            return _fault(node, f"{_brief(node)} is no condition; compare it with a date")
        if isinstance(node, Day | Month):
            return _fault(node, f"{_brief(node)} is no condition; write last_session == a day")
        self.number(node)  # its own fault, if it has one, says more
        return _fault(node, f"{_brief(node)} is a number and no condition; compare it, e.g. > 5")

    def _compared(self, node: Compare) -> TruthPlan:
        left, right, operator = node.left, node.right, node.operator
        for one in (left, right):
            if isinstance(one, Compare | Member | And | Or | Not):
                raise _fault(one, "a condition cannot be compared; join conditions with and or or")
        if self._field_of_words(left) is None and self._field_of_words(right) is not None:
            left, right, operator = right, left, _FLIPPED.get(operator, operator)
        field = self._field_of_words(left)
        if field is None:
            return self._ordered(node)
        if operator not in ("==", "!=") and field.kind is not FieldKind.BOOLEAN:
            raise _fault(
                node, f"{field.key} has no order; use == or != or in with one of its values"
            )
        found = self._one_of(left, field, (right,))
        return found if operator == "==" else Opposite(found)

    def _field_of_words(self, node: Node) -> Field | None:
        """The field where the node is one of texts or states."""
        field = self._fields[node.key] if isinstance(node, Name) else None
        kinds = (FieldKind.STATE, FieldKind.TEXT, FieldKind.BOOLEAN)
        return field if field is not None and field.kind in kinds else None

    def _ordered(self, node: Compare) -> Ordered:
        left, right = self.number(node.left), self.number(node.right)
        self._comparable(node, left, right)
        return Ordered(node.operator, left.plan, right.plan)

    def _comparable(self, node: Node, left: Quantity, right: Quantity) -> None:
        if left.literal is not None and right.literal is not None:
            raise _fault(node, self._two_constants(node))
        for one, other in ((left, right), (right, left)):
            value = one.literal
            if value is None:
                continue
            if one.percent and other.family is not Family.SHARE:
                raise _fault(node, self._no_percentage(other.family))
            if other.fraction and not one.percent and abs(value) > SURELY_PERCENT:
                raise _fault(
                    node,
                    f"{value:g} beside a percentage is {value * 100:g}%; "
                    f"write {value:g}% or {value * 100:g}%",
                )
        if added(left, right) is None:
            raise _fault(
                node,
                f"{left.family} cannot be compared with {right.family}; they have no unit "
                "in common",
            )

    def _two_constants(self, node: Node) -> str:
        for one in node.children:
            found = (
                names.shared_names().get(names.folded(one.text))
                if (isinstance(one, Number))
                else None
            )
            if found:
                return f"{_brief(one)} is a number; the metric is written {' or '.join(found)}"
        return "two numbers are compared with each other; one side has to be a metric"

    @staticmethod
    def _no_percentage(family: Family) -> str:
        if family is Family.INDEX:
            return "this index runs from 0 to 100 and is no percentage; leave the % out"
        if family is Family.COUNT:
            return "a count or rank is no percentage; leave the % out, or use percentile(…)"
        return f"{family} cannot be compared with a percentage; leave the % out"

    def _member(self, node: Member, operand: Node, values: tuple[Node, ...]) -> TruthPlan:
        field = self._field_of_words(operand)
        if field is not None:
            return self._one_of(operand, field, values)
        number = self.number(operand)
        parts = []
        for one in values:
            value = self.number(one)
            self._comparable(Compare("==", operand, one, span=one.span), number, value)
            parts.append(Ordered("==", number.plan, value.plan))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _one_of(self, node: Node, field: Field, values: tuple[Node, ...]) -> TruthPlan:
        if field.kind is FieldKind.BOOLEAN:
            raise _fault(
                node, f"{field.key} is a condition by itself; write {field.key} or not {field.key}"
            )
        if field.kind is FieldKind.STATE:
            return Among(field.key, frozenset(i for one in values for i in self._ids(field, one)))
        return Written(field.key, frozenset(names.folded(self._text(field, v)) for v in values))

    def _ids(self, field: Field, node: Node) -> tuple[str, ...]:
        """The ids that a value of a field means."""
        if isinstance(node, Name) and node.key not in field.values:
            raise _fault(
                node, f"{field.key} is compared with one of its values, not with {node.key}"
            )
        text = self._text(field, node)
        ids = self._meant(field, text)
        if ids is None:
            raise _fault(node, self._no_value(field, text))
        if field.key == LIMIT_STATE:
            return tuple(state for one in ids for state in _LOCKED.get(one, (one,)))
        return ids

    def _meant(self, field: Field, text: str) -> tuple[str, ...] | None:
        """The ids of a field that a text names; None where it names none."""
        if field.key not in self._values:
            self._values[field.key] = names.value_names(field.values)
        return self._values[field.key].get(names.folded(text))

    def _no_value(self, field: Field, text: str) -> str:
        shared = [
            key for key, name in field.values.items()
            if any(names.folded(text) in names.folded(part) for part in name)
        ]  # fmt: skip
        if 1 < len(shared) <= len(field.values) // 2 or len(shared) == 1:
            hint = f"; did you mean {' or '.join(shared[:3])}?"
        else:
            spoken = [part for name in field.values.values() for part in name]
            hint = _or_nearest(text, [*field.values, *spoken])
        if not hint:
            some = list(field.values)
            more = " …" if len(some) > 8 else ""
            hint = f"; it is one of {', '.join(some[:8])}{more}"
        return f"no {field.key} is {text[:_BRIEF]}{hint}"

    def _text(self, field: Field, node: Node) -> str:
        match node:
            case Word(text):
                return text
            case Number(text) if field.kind is FieldKind.TEXT and not node.percent:
                return text
            case Name(key) if key in field.values:
                return key
            case Name(key):
                raise _fault(
                    node, f"{key} is a field; put it in quotes where its name is meant as a text"
                )
            case _:
                raise _fault(
                    node,
                    f"{field.key} is a text and {_brief(node)} is none; write one of its values",
                )

    def _between(self, node: Call) -> TruthPlan:
        value, low, high = node.arguments
        parts = []
        for operator, limit in ((">=", low), ("<=", high)):
            compared = Compare(operator, value, limit, span=limit.span)
            if self._field_of_words(value) or self._field_of_words(limit):
                raise _fault(limit, "between is for numbers and dates; use in for values")
            parts.append(self._ordered(compared))
        return Every(tuple(parts))

    def _beyond_close(self, node: Call) -> TruthPlan:
        level = self.number(node.arguments[0])
        if level.family not in (Family.PRICE, Family.PLAIN) or level.percent:
            raise _fault(
                node.arguments[0],
                f"{node.function} holds the close against a price such as sma_20, not against "
                f"{level.family}",
            )
        operator = ">" if node.function == "above" else "<"
        return Ordered(operator, Column("close"), level.plan, beyond_rounding=True)

    def _crossed(self, node: Call) -> TruthPlan:
        left, right = (self._numeric(one, self.number(one)) for one in node.arguments)
        self._comparable(node, left, right)
        for argument in node.arguments:
            for one, _ in walk(argument):
                if (isinstance(one, Call) and one.function in ("rank", "percentile")) or (
                    isinstance(one, Name) and one.key not in METRICS
                ):
                    raise _fault(
                        one,
                        f"{_brief(one)} has no earlier value; {node.function} takes metrics "
                        "and numbers",
                    )
        within = self._within(node)
        side = "above" if node.function == "crossed_above" else "below"
        return Crossed(side, left.plan, right.plan, within)  # type: ignore[arg-type]

    def _within(self, node: Call) -> int:
        for option in node.options:
            value = option.value
            if not (
                isinstance(value, Number)
                and value.text.isdecimal()
                and (1 <= int(value.text) <= MAX_BACK)
            ):
                raise _fault(
                    value, f"within counts sessions; write a whole number from 1 to {MAX_BACK}"
                )
            return int(value.text)
        return 1

    def _missing(self, node: Call) -> TruthPlan:
        (one,) = node.arguments
        if isinstance(one, Name):
            return Missing(one.key)
        return Missing(self.number(one).plan)

    def _holding(self, node: Call) -> TruthPlan:
        first, second = node.arguments
        field = self._field_of_words(first)
        if field is None or field.kind is FieldKind.BOOLEAN:
            if isinstance(first, Word):
                raise self._unknown_name(first)
            raise _fault(
                first, f"contains looks into a text such as name, not into {_brief(first)}"
            )
        text = second.text if isinstance(second, Number) else self._text(field, second)
        if not names.folded(text):
            raise _fault(second, "contains needs a text of at least one sign")
        if field.kind is FieldKind.STATE:
            ids = [
                key for key, name in field.values.items()
                if any(names.folded(text) in names.folded(part) for part in (key, *name))
            ]  # fmt: skip
            return Among(field.key, frozenset(ids))
        return Holding(field.key, names.folded(text))

    # Numbers

    def number(self, node: Node) -> Quantity:
        match node:
            case Name(key):
                return self._column(node, self._fields[key])
            case Number():
                family = Family.SHARE if node.percent else Family.PLAIN
                return Quantity(
                    Constant(node.value), family, literal=node.value, percent=node.percent
                )
            case Day(day):
                return _moment(day, Family.DATE)
            case Month(first):
                return _moment(first, Family.MONTH)
            case Negative(operand):
                return self._negated(node, self.number(operand))
            case Arithmetic(operator, left, right):
                return self._combined(node, operator, self.number(left), self.number(right))
            case Call(function) if function in ("rank", "percentile"):
                self._check_call(node)
                return self._placed(node)
            case Call("abs"):
                self._check_call(node)
                own = self._numeric(node, self.number(node.arguments[0]))
                value = None if own.literal is None else abs(own.literal)
                return Quantity(Absolute(own.plan), own.family, own.fraction, value, own.percent)
            case Call(function) if function not in names.FUNCTIONS:
                raise _fault(node, self._no_function(function))
            case Word():
                raise self._unknown_name(node)
            case _:
                raise _fault(node, f"{_brief(node)} is a condition where a number is expected")

    def _column(self, node: Node, field: Field) -> Quantity:
        if field.kind is FieldKind.DATE:
            return Quantity(Column(field.key), Family.DATE)
        if field.kind is FieldKind.MONTH:
            return Quantity(Column(field.key), Family.MONTH)
        if field.kind is not FieldKind.NUMBER:
            what = "yes or no" if field.kind is FieldKind.BOOLEAN else "a text"
            raise _fault(node, f"{field.key} is {what} where a number is expected")
        fraction = field.unit is Unit.FRACTION
        return Quantity(Column(field.key), FAMILIES[field.unit], fraction)

    def _numeric(self, node: Node, one: Quantity) -> Quantity:
        if one.family in (Family.DATE, Family.MONTH):
            raise _fault(node, f"{_brief(node)} reckons with dates; compare them instead")
        return one

    def _negated(self, node: Node, own: Quantity) -> Quantity:
        self._numeric(node, own)
        value = None if own.literal is None else -own.literal
        return Quantity(Negated(own.plan), own.family, own.fraction, value, own.percent)

    def _combined(self, node: Node, operator: str, left: Quantity, right: Quantity) -> Quantity:
        self._numeric(node, left)
        self._numeric(node, right)
        find = {"*": multiplied, "/": divided}.get(operator, added)
        family = find(left, right)
        if family is None:
            raise _fault(
                node, f"{left.family} {operator} {right.family} makes no sense in {_brief(node)}"
            )
        constant = left.literal is not None and right.literal is not None
        fraction = operator in "+-" and (left.fraction or right.fraction)
        return Quantity(
            Combined(operator, left.plan, right.plan),
            family,
            fraction,
            # Of a sum of numbers only that it is one matters.
            0.0 if constant else None,
            left.percent and right.percent,
        )

    def _placed(self, node: Call) -> Quantity:
        own = self._numeric(node, self.number(node.arguments[0]))
        if own.literal is not None:
            raise _fault(node.arguments[0], f"{node.function} needs a metric, not a number")
        by, largest_first = None, True
        for option in node.options:
            value = option.value
            if option.name == "by":
                by = self._group(value)
            elif isinstance(value, Word) and value.text.lower() in ("asc", "desc"):
                largest_first = value.text.lower() == "desc"
            else:
                raise _fault(value, "order is desc (1 is the largest) or asc (1 is the smallest)")
        share = node.function == "percentile"
        plan = Placed(own.plan, by, largest_first, own.family in MONEY, share)
        return Quantity(plan, Family.SHARE if share else Family.COUNT, fraction=share)

    def _group(self, node: Node) -> str:
        groups = [key for key, one in self._fields.items() if one.kind is FieldKind.STATE]
        if isinstance(node, Name) and node.key in groups:
            return node.key
        text = _brief(node)
        raise _fault(
            node,
            f"by takes a field that parts the companies, such as layer, stage or market, "
            f"not {text}{_or_nearest(text, groups)}",
        )

    # Calls and names

    def _check_call(self, node: Call) -> None:
        name = node.function
        seen: set[str] = set()
        for option in node.options:
            if option.name not in _OPTIONS.get(name, ()) or option.name in seen:
                allowed = " and ".join(f"{one}=" for one in _OPTIONS.get(name, ())) or "no options"
                raise _fault(option, f"{name} takes {allowed}, each once; e.g. {_EXAMPLES[name]}")
            seen.add(option.name)
        if len(node.arguments) != _ARGUMENTS[name]:
            raise _fault(
                node,
                f"{name} takes {_ARGUMENTS[name]} value{'s' if _ARGUMENTS[name] > 1 else ''}, "
                f"here {'are' if len(node.arguments) != 1 else 'is'} {len(node.arguments)}; "
                f"write {_EXAMPLES[name]}",
            )

    @staticmethod
    def _no_function(name: str) -> str:
        near = _or_nearest(name, names.FUNCTIONS)
        return f"there is no function {name[:_BRIEF]}{near or '; put a name with ( in quotes'}"

    def _unknown_name(self, node: Word) -> ScreenError:
        text = node.text[:_BRIEF]
        if shared := names.shared_names().get(names.folded(node.text)):
            return _fault(node, f"{text} is the name of {' and of '.join(shared)}; write one")
        parts = node.text.split("-")
        if len(parts) > 1 and names.folded(parts[0]) in names.names():
            return _fault(
                node,
                f"there is no metric {text}; a minus between two names needs a space on both sides",
            )
        for field in self._fields.values():
            if field.values and self._meant(field, node.text):
                return _fault(node, f"{text} is a value of {field.key} and no number or condition")
        spoken = [s for one in self._fields.values() for s in (one.key, *one.label, *one.short)]
        return _fault(
            node,
            f"{text} is neither a metric, a field nor a number{_or_nearest(node.text, spoken)}",
        )


def _moment(day: dt.date, family: Family) -> Quantity:
    days = float(day.toordinal() - _EPOCH)
    return Quantity(Constant(days), family, literal=days)
