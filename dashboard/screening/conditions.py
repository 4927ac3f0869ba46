"""Simple conditions, joined by and: what can be edited without writing an expression."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from dashboard.analytics.metrics import Unit
from dashboard.screening import names
from dashboard.screening.fields import Field, FieldKind, fields_of
from dashboard.screening.syntax import (
    And,
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
    Word,
    to_text,
)
from dashboard.supply_chain.models import SupplyChain


class Operator(StrEnum):
    """How a condition holds a field against its values."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    BETWEEN = "between"
    IN = "in"
    NOT_IN = "not in"
    CONTAINS = "contains"
    ABOVE = "above"
    """The close is above the field, a price."""
    BELOW = "below"
    TOP = "top"
    """Among the largest so many."""
    BOTTOM = "bottom"
    HOLDS = "holds"
    FAILS = "fails"
    MISSING = "missing"
    PRESENT = "present"


@dataclass(frozen=True)
class Condition:
    """One field held against values.

    Attributes
    ----------
    field : its key
    values : as they are written, without quotes: `5%`, `2026-06-30`, `cooling`, or another
        field's key; two for BETWEEN, any number for IN, none for HOLDS, MISSING and their
        opposites
    """

    field: str
    operator: Operator
    values: tuple[str, ...] = ()


_ORDERS: Final = (Operator.MORE, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST)
_COMPARISONS: Final = (*_ORDERS, Operator.EQUAL, Operator.NOT_EQUAL)
_FLIPPED: Final = {
    Operator.LESS: Operator.MORE, Operator.MORE: Operator.LESS,
    Operator.AT_MOST: Operator.AT_LEAST, Operator.AT_LEAST: Operator.AT_MOST,
}  # fmt: skip
_KNOWN: Final = (Operator.PRESENT, Operator.MISSING)


def operators(field: Field) -> tuple[Operator, ...]:
    """What a field can be asked, the most usual first."""
    if field.kind is FieldKind.BOOLEAN:
        return (Operator.HOLDS, Operator.FAILS)
    if field.kind is FieldKind.STATE:
        return (Operator.IN, Operator.NOT_IN, *_KNOWN)
    if field.kind is FieldKind.TEXT:
        return (Operator.CONTAINS, Operator.IN, Operator.NOT_IN, *_KNOWN)
    if field.kind is not FieldKind.NUMBER:
        return (Operator.AT_LEAST, Operator.AT_MOST, Operator.EQUAL, Operator.BETWEEN, *_KNOWN)
    usual = (*_ORDERS, Operator.BETWEEN, Operator.TOP, Operator.BOTTOM)
    if field.unit is Unit.PRICE:
        return (Operator.ABOVE, Operator.BELOW, *usual, *_KNOWN)
    if field.unit in (None, Unit.SESSIONS):
        return (*usual, Operator.EQUAL, *_KNOWN)
    return (*usual, *_KNOWN)


def conditions_of(node: Node) -> tuple[Condition, ...] | None:
    """An expression as conditions; None where it is more than simple ones joined by and."""
    parts = node.parts if isinstance(node, And) else (node,)
    found = [_condition(one) for one in parts]
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else None


def _condition(node: Node) -> Condition | None:
    match node:
        case Name(key):
            return Condition(key, Operator.HOLDS)
        case Not(Name(key)):
            return Condition(key, Operator.FAILS)
        case Compare(sign, Call("rank", (Name(key),), options), Number(text)) if sign == "<=":
            smallest = [to_text(one) for one in options] == ["order=asc"]
            if options and not smallest:
                return None
            return Condition(key, Operator.BOTTOM if smallest else Operator.TOP, (text,))
        case Compare(sign, Name(key), value):
            return _with_values(key, Operator(sign), (value,))
        case Compare(sign, value, Name(key)):
            operator = Operator(sign)
            return _with_values(key, _FLIPPED.get(operator, operator), (value,))
        case Member(Name(key), values, negated):
            return _with_values(key, Operator.NOT_IN if negated else Operator.IN, values)
        case Call(("above" | "below" | "contains" | "between") as name, (Name(key), *values)):
            return _with_values(key, Operator(name), tuple(values))
        case Call("isna", (Name(key),)):
            return Condition(key, Operator.MISSING)
        case Not(Call("isna", (Name(key),))):
            return Condition(key, Operator.PRESENT)
    return None


def _with_values(key: str, operator: Operator, values: tuple[Node, ...]) -> Condition | None:
    texts = [_written(one) for one in values]
    known = tuple(one for one in texts if one is not None)
    return Condition(key, operator, known) if len(known) == len(texts) else None


def _written(node: Node) -> str | None:
    match node:
        case Word(text):
            return text
        case Number() | Negative(Number()) | Day() | Month() | Name():
            return to_text(node)
    return None


def text_of(conditions: Iterable[Condition]) -> str:
    """The canonical expression of conditions, joined by and; empty for none.

    A value of a text or a state is put in quotes where it needs them; any other stands as it is
    written, for `parse` to judge.
    """
    return " and ".join(_text(one) for one in conditions)


def _text(condition: Condition) -> str:
    key, values = condition.field, [_value(condition.field, one) for one in condition.values]
    match condition.operator:
        case Operator.HOLDS:
            return key
        case Operator.FAILS:
            return f"not {key}"
        case Operator.MISSING:
            return f"isna({key})"
        case Operator.PRESENT:
            return f"not isna({key})"
        case Operator.TOP:
            return f"rank({key}) <= {values[0]}"
        case Operator.BOTTOM:
            return f"rank({key}, order=asc) <= {values[0]}"
        case Operator.ABOVE | Operator.BELOW | Operator.CONTAINS | Operator.BETWEEN as name:
            return f"{name}({', '.join((key, *values))})"
        case Operator.IN | Operator.NOT_IN as name:
            return f"{key} {name} ({', '.join(values)})"
    return f"{key} {condition.operator} {values[0]}"


@cache
def _texts() -> frozenset[str]:
    """Keys of the fields whose values are words."""
    kinds = (FieldKind.TEXT, FieldKind.STATE)
    fields = fields_of(SupplyChain()).values()
    return frozenset(one.key for one in fields if one.kind in kinds)


def _value(key: str, text: str) -> str:
    if key not in _texts() or re.fullmatch(names.NUMBER, text):
        return text.strip()
    return to_text(Word(text))
