"""A checked expression: every name and value resolved, ready to be computed.

Numbers (dates are days since 1970) and truths; equal plans compute the same, so that what
stands in an expression twice is computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Column:
    """A number, date or month of the table."""

    key: str


@dataclass(frozen=True)
class Constant:
    value: float


@dataclass(frozen=True)
class Negated:
    operand: NumberPlan


@dataclass(frozen=True)
class Absolute:
    operand: NumberPlan


@dataclass(frozen=True)
class Combined:
    operator: str
    left: NumberPlan
    right: NumberPlan


@dataclass(frozen=True)
class Placed:
    """A rank, or where `share` a percentile.

    Attributes
    ----------
    by : the field whose values part the companies; None for all together
    largest_first : whether the largest is the first
    of_money : a price or an amount, which are ranked within one currency only
    """

    operand: NumberPlan
    by: str | None
    largest_first: bool
    of_money: bool
    share: bool


NumberPlan = Column | Constant | Negated | Absolute | Combined | Placed


@dataclass(frozen=True)
class Ordered:
    """A comparison of two numbers.

    Attributes
    ----------
    beyond_rounding : `<` and `>` only: less than rounding of the adjustment is no difference
    """

    operator: str
    left: NumberPlan
    right: NumberPlan
    beyond_rounding: bool = False


@dataclass(frozen=True)
class Among:
    """Whether a STATE, or one of many, is among some ids."""

    key: str
    ids: frozenset[str]


@dataclass(frozen=True)
class Written:
    """Whether a text is one of some others; folded."""

    key: str
    texts: frozenset[str]


@dataclass(frozen=True)
class Holding:
    """Whether a text, or the name of a value, holds another; folded."""

    key: str
    text: str


@dataclass(frozen=True)
class Marked:
    """A BOOLEAN field."""

    key: str


@dataclass(frozen=True)
class Missing:
    """Whether a number, or the field `key`, is not known or empty."""

    operand: NumberPlan | str


@dataclass(frozen=True)
class Crossed:
    """Whether one number went from not above to above another within the last sessions."""

    side: Literal["above", "below"]
    left: NumberPlan
    right: NumberPlan
    within: int


@dataclass(frozen=True)
class Opposite:
    operand: TruthPlan


@dataclass(frozen=True)
class Every:
    parts: tuple[TruthPlan, ...]


@dataclass(frozen=True)
class Some:
    parts: tuple[TruthPlan, ...]


TruthPlan = (
    Ordered | Among | Written | Holding | Marked | Missing | Crossed | Opposite | Every | Some
)
