"""Syntax → plan: whether an expression is a condition, and which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from dashboard.analytics.metrics import METRICS
from dashboard.errors import ScreenError
from dashboard.screening import names
from dashboard.screening.fields import Field, FieldKind
from dashboard.screening.plan import (
    Among,
    Column,
    Crossed,
    Every,
    Holding,
    Marked,
    Missing,
    Opposite,
    Ordered,
    Some,
    TruthPlan,
    Written,
)
from dashboard.screening.quantities import Quantities, check_call
from dashboard.screening.syntax import (
    And,
    Call,
    Compare,
    Day,
    Member,
    Month,
    Name,
    Node,
    Not,
    Number,
    Or,
    Word,
    walk,
)
from dashboard.screening.units import Family
from dashboard.screening.words import Vocabulary, brief, fault
from dashboard.snapshot import MAX_BACK

MAX_CROSSINGS: Final = 5
MAX_PLACED: Final = 20
"""Ranks and percentiles."""
_BOUNDS: Final = ((("crossed_",), MAX_CROSSINGS), (("rank", "percentile"), MAX_PLACED))
_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def planned(node: Node, fields: Mapping[str, Field]) -> TruthPlan:
    """What an expression means by the fields of a map.

    Raises
    ------
    ScreenError
        If a name or value is unknown, kinds or units do not go together, the whole is no
        condition, or it has too many ranks or crossings.
    """
    calls = [one for one, _ in walk(node) if isinstance(one, Call)]
    for prefixes, most in _BOUNDS:
        found = [one for one in calls if one.function.startswith(prefixes)]
        if len(found) > most:
            name = found[most].function
            raise fault(
                found[most],
                f"{name} 出現超過 {most} 次；請減少",
                f"{name} stands here more than {most} times",
            )
    return _Conditions(Vocabulary(fields)).truth(node)


class _Conditions:
    """Conditions of expressions over a vocabulary."""

    def __init__(self, words: Vocabulary) -> None:
        self._words = words
        self._numbers = Quantities(words)

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
                check_call(node)
                return self._conditions[function](node)
            case Name(key) if self._words.fields[key].kind is FieldKind.BOOLEAN:
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
        field = self._words.fields[node.key] if isinstance(node, Name) else None
        if field is not None and field.kind in (FieldKind.STATE, FieldKind.TEXT):
            example = next(iter(field.values), "…")
            return fault(
                node,
                f"{brief(node)} 還不是條件；請寫 {field.key} == {example}",
                f"{brief(node)} is no condition; write {field.key} == {example}",
            )
        if field is not None and field.kind is not FieldKind.NUMBER:
            return fault(
                node,
                f"{brief(node)} 還不是條件；請和日期比較",
                f"{brief(node)} is no condition; compare it with a date",
            )
        if isinstance(node, Day | Month):
            return fault(
                node,
                f"{brief(node)} 還不是條件；請寫 last_session == 日期",
                f"{brief(node)} is no condition; write last_session == a day",
            )
        self._numbers.number(node)  # its own fault, if it has one, says more
        return fault(
            node,
            f"{brief(node)} 是數字，還不是條件；請拿它比較，例如 > 5",
            f"{brief(node)} is a number and no condition; compare it, e.g. > 5",
        )

    def _compared(self, node: Compare) -> TruthPlan:
        left, right, operator = node.left, node.right, node.operator
        for one in (left, right):
            if isinstance(one, Compare | Member | And | Or | Not):
                raise fault(
                    one,
                    "條件不能再拿來比較；條件之間請用 and 或 or 連接",
                    "a condition cannot be compared; join conditions with and or or",
                )
        if self._words.of_words(left) is None and self._words.of_words(right) is not None:
            left, right, operator = right, left, _FLIPPED.get(operator, operator)
        field = self._words.of_words(left)
        if field is None:
            return self._ordered(node)
        if operator not in ("==", "!=") and field.kind is not FieldKind.BOOLEAN:
            raise fault(
                node,
                f"{field.key} 沒有大小之分；請用 ==、!= 或 in 配它的值",
                f"{field.key} has no order; use == or != or in with one of its values",
            )
        found = self._one_of(left, field, (right,))
        return found if operator == "==" else Opposite(found)

    def _ordered(self, node: Compare) -> Ordered:
        left, right = self._numbers.number(node.left), self._numbers.number(node.right)
        self._numbers.compare(node, left, right)
        return Ordered(node.operator, left.plan, right.plan)

    def _member(self, node: Member, operand: Node, values: tuple[Node, ...]) -> TruthPlan:
        field = self._words.of_words(operand)
        if field is not None:
            return self._one_of(operand, field, values)
        number = self._numbers.number(operand)
        parts = []
        for one in values:
            value = self._numbers.number(one)
            self._numbers.compare(Compare("==", operand, one, span=one.span), number, value)
            parts.append(Ordered("==", number.plan, value.plan))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _one_of(self, node: Node, field: Field, values: tuple[Node, ...]) -> TruthPlan:
        if field.kind is FieldKind.BOOLEAN:
            raise fault(
                node,
                f"{field.key} 本身就是條件；請寫 {field.key} 或 not {field.key}",
                f"{field.key} is a condition by itself; write {field.key} or not {field.key}",
            )
        if field.kind is FieldKind.STATE:
            return Among(
                field.key, frozenset(i for one in values for i in self._words.ids(field, one))
            )
        return Written(
            field.key, frozenset(names.folded(self._words.text(field, v)) for v in values)
        )

    def _between(self, node: Call) -> TruthPlan:
        value, low, high = node.arguments
        parts = []
        for operator, limit in ((">=", low), ("<=", high)):
            compared = Compare(operator, value, limit, span=limit.span)
            if self._words.of_words(value) or self._words.of_words(limit):
                raise fault(
                    limit,
                    "between 用於數字和日期；其他的值請用 in",
                    "between is for numbers and dates; use in for values",
                )
            parts.append(self._ordered(compared))
        return Every(tuple(parts))

    def _beyond_close(self, node: Call) -> TruthPlan:
        level = self._numbers.number(node.arguments[0])
        if level.family not in (Family.PRICE, Family.PLAIN) or level.percent:
            raise fault(
                node.arguments[0],
                f"{node.function} 是拿收盤價和 sma_20 之類的價格比較，不能和{level.family.zh}比較",
                f"{node.function} holds the close against a price such as sma_20, not against "
                f"{level.family}",
            )
        operator = ">" if node.function == "above" else "<"
        return Ordered(operator, Column("close"), level.plan, beyond_rounding=True)

    def _crossed(self, node: Call) -> TruthPlan:
        left, right = (
            self._numbers.plain(one, self._numbers.number(one)) for one in node.arguments
        )
        self._numbers.compare(node, left, right)
        for argument in node.arguments:
            for one, _ in walk(argument):
                if (isinstance(one, Call) and one.function in ("rank", "percentile")) or (
                    isinstance(one, Name) and one.key not in METRICS
                ):
                    raise fault(
                        one,
                        f"{brief(one)} 沒有過去的值；{node.function} 只收指標和數字",
                        f"{brief(one)} has no earlier value; {node.function} takes metrics "
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
                raise fault(
                    value,
                    f"within 是交易日數；請寫 1 到 {MAX_BACK} 的整數",
                    f"within counts sessions; write a whole number from 1 to {MAX_BACK}",
                )
            return int(value.text)
        return 1

    def _missing(self, node: Call) -> TruthPlan:
        (one,) = node.arguments
        if isinstance(one, Name):
            return Missing(one.key)
        return Missing(self._numbers.number(one).plan)

    def _holding(self, node: Call) -> TruthPlan:
        first, second = node.arguments
        field = self._words.of_words(first)
        if field is None or field.kind is FieldKind.BOOLEAN:
            if isinstance(first, Word):
                raise self._words.unknown(first)
            raise fault(
                first,
                f"contains 要找的是 name 之類的文字，不是 {brief(first)}",
                f"contains looks into a text such as name, not into {brief(first)}",
            )
        text = second.text if isinstance(second, Number) else self._words.text(field, second)
        folded = names.folded(text)
        if not folded:
            raise fault(
                second,
                "contains 要找的文字至少要有一個字",
                "contains needs a text of at least one sign",
            )
        if field.kind is FieldKind.STATE:
            return Among(field.key, self._words.holding(field, folded))
        return Holding(field.key, folded)
