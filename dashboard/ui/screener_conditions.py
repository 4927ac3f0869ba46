"""What the builder does to conditions: a fresh one, another operator, values from widgets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from dashboard.analytics.metrics import Unit
from dashboard.errors import ScreenError
from dashboard.i18n import Text
from dashboard.screening.conditions import Condition, Operator, operators
from dashboard.screening.fields import Field, FieldKind
from dashboard.screening.language import parse
from dashboard.screening.names import folded, value_names
from dashboard.screening.syntax import Negative, Node, Number

WITHOUT_VALUE: Final = (
    Operator.HOLDS, Operator.FAILS, Operator.MISSING, Operator.PRESENT, Operator.ABOVE,
    Operator.BELOW,
)  # fmt: skip
SEVERAL: Final = (Operator.IN, Operator.NOT_IN)
COUNTS: Final = (Operator.TOP, Operator.BOTTOM)
_DEFAULT_COUNT: Final = "20"
_SCALES: Final = {Unit.FRACTION: (0.01, "%"), Unit.CURRENCY: (1e6, "m")}
"""What a number is typed in: per cent, millions; and how that is written."""
_ONE_OF: Final = {Operator.EQUAL: Operator.IN, Operator.NOT_EQUAL: Operator.NOT_IN}


def normal(condition: Condition, field: Field) -> Condition:
    """`layer == cooling` as the list of one that the builder edits, its values as ids."""
    if field.kind not in (FieldKind.STATE, FieldKind.TEXT):
        return condition
    operator = _ONE_OF.get(condition.operator, condition.operator)
    known = value_names(field.values) if field.values else {}
    ids = [one for text in condition.values for one in known.get(folded(text), (text,))]
    return replace(condition, operator=operator, values=tuple(dict.fromkeys(ids)))


def fresh(field: Field, values: pd.Series) -> Condition:
    """A condition of a field to begin with, which can be run.

    Parameters
    ----------
    values : the field's column of the universe
    """
    if field.kind is FieldKind.TEXT:
        return Condition(field.key, Operator.PRESENT)
    operator = operators(field)[0]
    return Condition(field.key, operator, defaults(field, operator, values))


def with_operator(
    condition: Condition, operator: Operator, field: Field, values: pd.Series
) -> Condition:
    """The condition asked otherwise; its values stay where they still mean something."""
    own, fitting = condition.operator, condition.values
    alike = _shape(own) == _shape(operator)
    if _shape(own) == 1 and operator is Operator.BETWEEN:
        other = defaults(field, Operator.BETWEEN, values)[1]
        return Condition(field.key, operator, (fitting[0], other))
    if own is Operator.BETWEEN and _shape(operator) == 1:
        return Condition(field.key, operator, fitting[:1])
    return Condition(field.key, operator, fitting if alike else defaults(field, operator, values))


def _shape(operator: Operator) -> int | str:
    """How many values an operator takes, and of which sort."""
    if operator in WITHOUT_VALUE:
        return 0
    if operator in COUNTS:
        return "count"
    if operator in SEVERAL:
        return "several"
    if operator is Operator.CONTAINS:
        return "part"
    return 2 if operator is Operator.BETWEEN else 1


def defaults(field: Field, operator: Operator, values: pd.Series) -> tuple[str, ...]:
    """Values to begin with: the middle of what is known, the first of a list."""
    if operator in WITHOUT_VALUE:
        return ()
    if operator in COUNTS:
        return (_DEFAULT_COUNT,)
    known = values.dropna()
    if field.kind is FieldKind.STATE:
        return (next(iter(field.values)),)
    if field.kind is FieldKind.TEXT:
        return (_first_text(known),)
    if field.kind in (FieldKind.DATE, FieldKind.MONTH):
        last = known.max() if len(known) else pd.Timestamp(dt.date.today())
        first = known.min() if len(known) else last
        days = (first, last) if operator is Operator.BETWEEN else (last,)
        return tuple(date_text(one, field) for one in days)
    shares = (0.25, 0.75) if operator is Operator.BETWEEN else (0.5,)
    return tuple(
        number_text(_rounded(float(known.quantile(one))) if len(known) else 0.0, field)
        for one in shares
    )


def _first_text(known: pd.Series) -> str:
    first = known.iloc[0] if len(known) else "2330"
    return first.zh if isinstance(first, Text) else str(first)


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def scale_of(field: Field) -> float:
    """One of what a number of the field is typed in: 0.01 where that is per cent."""
    return _SCALES.get(field.unit, (1.0, ""))[0] if field.unit else 1.0


def number_text(value: float, field: Field) -> str:
    """A number as an expression has it: `5%`, `1200m`, `70`."""
    scale, sign = _SCALES.get(field.unit, (1.0, "")) if field.unit else (1.0, "")
    return f"{value / scale:.10g}{sign}"


def date_text(value: Any, field: Field) -> str:
    """A day, or the month it lies in."""
    return f"{value:%Y-%m}" if field.kind is FieldKind.MONTH else f"{value:%Y-%m-%d}"


def literal(text: str) -> float | None:
    """The number that is written; None for the name of another field."""
    try:
        node: Node = parse(text)
    except ScreenError:
        return None
    sign = 1.0
    while isinstance(node, Negative):
        node, sign = node.operand, -sign
    return sign * node.value if isinstance(node, Number) else None


def replaced(values: Sequence[str], place: int, text: str) -> tuple[str, ...]:
    """The values with one of them changed."""
    return tuple(text if number == place else one for number, one in enumerate(values))
