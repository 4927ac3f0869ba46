"""Syntax → quantities: what is a number, of which unit, and what can be reckoned with what."""

from __future__ import annotations

import datetime as dt
from typing import Final

from dashboard.analytics.metrics import Unit
from dashboard.i18n import Text
from dashboard.screening import names
from dashboard.screening.fields import Field, FieldKind
from dashboard.screening.functions import FUNCTIONS
from dashboard.screening.plan import Absolute, Column, Combined, Constant, Negated, Placed
from dashboard.screening.syntax import (
    Arithmetic,
    Call,
    Day,
    Month,
    Name,
    Negative,
    Node,
    Number,
    Word,
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
from dashboard.screening.words import BRIEF, Vocabulary, brief, fault, or_nearest

SURELY_PERCENT: Final = 3.0
"""A bare number beyond it beside a fraction was meant as a percentage."""
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()


class Quantities:
    """Numbers of expressions over a vocabulary."""

    def __init__(self, words: Vocabulary) -> None:
        self._words = words

    def number(self, node: Node) -> Quantity:
        """What a part is as a number, a day or a month."""
        match node:
            case Name(key):
                return self._column(node, self._words.fields[key])
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
                check_call(node)
                return self._placed(node)
            case Call("abs"):
                check_call(node)
                own = self.plain(node, self.number(node.arguments[0]))
                value = None if own.literal is None else abs(own.literal)
                return Quantity(Absolute(own.plan), own.family, own.fraction, value, own.percent)
            case Call(function) if function not in FUNCTIONS:
                told = names.advice(brief(node))
                raise fault(node, *(told or _no_function(function)))
            case Word():
                raise self._words.unknown(node)
            case _:
                raise fault(
                    node,
                    f"{brief(node)} 是條件，這裡要的是數字",
                    f"{brief(node)} is a condition where a number is expected",
                )

    def plain(self, node: Node, one: Quantity) -> Quantity:
        """The quantity, which may not be a day or month."""
        if one.family in (Family.DATE, Family.MONTH):
            raise fault(
                node,
                f"{brief(node)} 拿日期來計算；日期只能互相比較",
                f"{brief(node)} reckons with dates; compare them instead",
            )
        return one

    def compare(self, node: Node, left: Quantity, right: Quantity) -> None:
        """Whether two quantities can be held against each other; the error if not."""
        if left.literal is not None and right.literal is not None:
            raise fault(node, *self._two_constants(node))
        for one, other in ((left, right), (right, left)):
            value = one.literal
            if value is None:
                continue
            if one.percent and other.family is not Family.SHARE:
                raise fault(node, *self._no_percentage(other.family))
            if other.fraction and not one.percent and abs(value) > SURELY_PERCENT:
                raise fault(
                    node,
                    f"這是百分比，{value:g} 等於 {value * 100:g}%；"
                    f"請寫 {value:g}% 或 {value * 100:g}%",
                    f"{value:g} beside a percentage is {value * 100:g}%; "
                    f"write {value:g}% or {value * 100:g}%",
                )
        if added(left, right) is None:
            raise fault(
                node,
                f"{left.family.zh}不能和{right.family.zh}比較；兩者單位不同",
                f"{left.family} cannot be compared with {right.family}; they have no unit "
                "in common",
            )

    def _column(self, node: Node, field: Field) -> Quantity:
        if field.kind is FieldKind.DATE:
            return Quantity(Column(field.key), Family.DATE)
        if field.kind is FieldKind.MONTH:
            return Quantity(Column(field.key), Family.MONTH)
        if field.kind is not FieldKind.NUMBER:
            yes = field.kind is FieldKind.BOOLEAN
            raise fault(
                node,
                f"{field.key} 是{'是非條件' if yes else '文字'}，這裡要的是數字",
                f"{field.key} is {'yes or no' if yes else 'a text'} where a number is expected",
            )
        fraction = field.unit is Unit.FRACTION
        return Quantity(Column(field.key), FAMILIES[field.unit], fraction)

    def _negated(self, node: Node, own: Quantity) -> Quantity:
        self.plain(node, own)
        value = None if own.literal is None else -own.literal
        return Quantity(Negated(own.plan), own.family, own.fraction, value, own.percent)

    def _combined(self, node: Node, operator: str, left: Quantity, right: Quantity) -> Quantity:
        self.plain(node, left)
        self.plain(node, right)
        find = {"*": multiplied, "/": divided}.get(operator, added)
        family = find(left, right)
        if family is None:
            raise fault(
                node,
                f"{brief(node)} 沒有意義：{left.family.zh} {operator} {right.family.zh}",
                f"{left.family} {operator} {right.family} makes no sense in {brief(node)}",
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
        own = self.plain(node, self.number(node.arguments[0]))
        if own.literal is not None:
            raise fault(
                node.arguments[0],
                f"{node.function} 要的是指標，不是數字",
                f"{node.function} needs a metric, not a number",
            )
        by, largest_first = None, True
        for option in node.options:
            value = option.value
            if option.name == "by":
                by = self._group(value)
            elif isinstance(value, Word) and value.text.lower() in ("asc", "desc"):
                largest_first = value.text.lower() == "desc"
            else:
                raise fault(
                    value,
                    "order 只能是 desc（1 是最大）或 asc（1 是最小）",
                    "order is desc (1 is the largest) or asc (1 is the smallest)",
                )
        share = node.function == "percentile"
        plan = Placed(own.plan, by, largest_first, own.family in MONEY, share)
        return Quantity(plan, Family.SHARE if share else Family.COUNT, fraction=share)

    def _group(self, node: Node) -> str:
        groups = [key for key, one in self._words.fields.items() if one.kind is FieldKind.STATE]
        if isinstance(node, Name) and node.key in groups:
            return node.key
        text = brief(node)
        labels = {key: self._words.fields[key].label.zh for key in groups}
        hint = or_nearest(text, groups, labels)
        raise fault(
            node,
            f"by 要的是能把公司分組的欄位，例如 layer、stage、market，不是 {text}{hint.zh}",
            f"by takes a field that parts the companies, such as layer, stage or market, "
            f"not {text}{hint.en}",
        )

    def _two_constants(self, node: Node) -> Text:
        for one in node.children:
            found = (
                names.shared_names().get(names.folded(one.text))
                if (isinstance(one, Number))
                else None
            )
            if found:
                return Text(
                    f"{brief(one)} 是數字；這個指標請寫 {' 或 '.join(found)}",
                    f"{brief(one)} is a number; the metric is written {' or '.join(found)}",
                )
        return Text(
            "這是兩個數字互相比較；其中一邊要是指標",
            "two numbers are compared with each other; one side has to be a metric",
        )

    @staticmethod
    def _no_percentage(family: Family) -> Text:
        if family is Family.INDEX:
            return Text(
                "這個指標是 0 到 100，不是百分比；請拿掉 %",
                "this index runs from 0 to 100 and is no percentage; leave the % out",
            )
        if family is Family.COUNT:
            return Text(
                "個數或名次不是百分比；請拿掉 %，或改用 percentile(…)",
                "a count or rank is no percentage; leave the % out, or use percentile(…)",
            )
        return Text(
            f"{family.zh}不能和百分比比較；請拿掉 %",
            f"{family} cannot be compared with a percentage; leave the % out",
        )


def check_call(node: Call) -> None:
    """Whether a call has the values and options of its function; the error if not."""
    name, told = node.function, FUNCTIONS[node.function]
    seen: set[str] = set()
    for option in node.options:
        if option.name not in told.options or option.name in seen:
            options = [f"{one}=" for one in told.options]
            raise fault(
                option,
                f"{name} 的選項：{' 和 '.join(options) or '沒有'}，各寫一次；例如 {told.example}",
                f"{name} takes {' and '.join(options) or 'no options'}, each once; "
                f"e.g. {told.example}",
            )
        seen.add(option.name)
    if len(node.arguments) != told.values:
        raise fault(
            node,
            f"{name} 要 {told.values} 個值，這裡有 {len(node.arguments)} 個；請寫 {told.example}",
            f"{name} takes {told.values} value{'s' if told.values > 1 else ''}, "
            f"here {'are' if len(node.arguments) != 1 else 'is'} {len(node.arguments)}; "
            f"write {told.example}",
        )


def _moment(day: dt.date, family: Family) -> Quantity:
    days = float(day.toordinal() - _EPOCH)
    return Quantity(Constant(days), family, literal=days)


def _no_function(name: str) -> Text:
    near = or_nearest(name, FUNCTIONS)
    return Text(
        f"沒有 {name[:BRIEF]} 這個函式{near.zh or '；名稱裡有括號時請加引號'}",
        f"there is no function {name[:BRIEF]}{near.en or '; put a name with ( in quotes'}",
    )
