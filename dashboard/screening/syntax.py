"""What an expression is made of, and its canonical text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Final, NamedTuple

from dashboard.screening.names import is_plain_word


class Span(NamedTuple):
    """Where something stands in the text: characters `start` to `end`, the end left out."""

    start: int
    end: int


NOWHERE: Final = Span(0, 0)


@dataclass(frozen=True)
class Node:
    """A part of an expression; two that mean the same are equal wherever they stand."""

    span: Span = field(default=NOWHERE, compare=False, kw_only=True)

    @property
    def children(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True)
class Name(Node):
    """A metric or a field of the map, by its key."""

    key: str


@dataclass(frozen=True)
class Word(Node):
    """A value, or a name that is not known; in quotes where `quoted`."""

    text: str
    quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Number(Node):
    """A number as it is written: `5%`, `1.5e3`, `100億`, `2330`."""

    text: str

    @property
    def percent(self) -> bool:
        return self.text.endswith("%")

    @property
    def value(self) -> float:
        """`5%` is 0.05."""
        digits = self.text.rstrip("%kmb萬億兆")
        suffix = self.text[len(digits) :]
        return float(digits) / 100 if suffix == "%" else float(digits) * SUFFIXES.get(suffix, 1.0)


SUFFIXES: Final = {"k": 1e3, "m": 1e6, "b": 1e9, "萬": 1e4, "億": 1e8, "兆": 1e12}


@dataclass(frozen=True)
class Day(Node):
    """`2026-06-30`."""

    day: dt.date


@dataclass(frozen=True)
class Month(Node):
    """`2026-05`, by its first day."""

    first: dt.date


@dataclass(frozen=True)
class Negative(Node):
    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Arithmetic(Node):
    operator: str
    """One of `+ - * /`."""
    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Option(Node):
    """`by=layer` in a call."""

    name: str
    value: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.value,)


@dataclass(frozen=True)
class Call(Node):
    function: str
    arguments: tuple[Node, ...]
    options: tuple[Option, ...] = ()

    @property
    def children(self) -> tuple[Node, ...]:
        return (*self.arguments, *self.options)


@dataclass(frozen=True)
class Compare(Node):
    operator: str
    """One of `== != < <= > >=`."""
    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Member(Node):
    """`layer in (cooling, psu)`, or `not in` where negated."""

    operand: Node
    values: tuple[Node, ...]
    negated: bool = False

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand, *self.values)


@dataclass(frozen=True)
class Not(Node):
    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class And(Node):
    parts: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts


@dataclass(frozen=True)
class Or(Node):
    parts: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """Every part with its depth, 1 for the whole; does not recurse."""
    waiting = [(node, 1)]
    while waiting:
        one, depth = waiting.pop()
        yield one, depth
        waiting.extend((child, depth + 1) for child in reversed(one.children))


_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY, _ATOM = range(8)


def to_text(node: Node) -> str:
    """The canonical text: keys, one space round each operator, parentheses where needed.

    `parse(to_text(node)) == node`.
    """
    return _text(node)[0]


def _within(node: Node, least: int) -> str:
    text, binding = _text(node)
    return text if binding >= least else f"({text})"


@singledispatch
def _text(node: Node) -> tuple[str, int]:
    """The text, and how tightly it binds."""
    raise TypeError(f"{type(node).__name__} has no text")


@_text.register
def _(node: Name) -> tuple[str, int]:
    return node.key, _ATOM


@_text.register
def _(node: Word) -> tuple[str, int]:
    if is_plain_word(node.text):
        return node.text, _ATOM
    return '"' + node.text.replace('"', '""') + '"', _ATOM


@_text.register
def _(node: Number) -> tuple[str, int]:
    return node.text, _ATOM


@_text.register
def _(node: Day) -> tuple[str, int]:
    return node.day.isoformat(), _ATOM


@_text.register
def _(node: Month) -> tuple[str, int]:
    return node.first.isoformat()[:7], _ATOM


@_text.register
def _(node: Negative) -> tuple[str, int]:
    return "-" + _within(node.operand, _UNARY), _UNARY


@_text.register
def _(node: Arithmetic) -> tuple[str, int]:
    own = _PRODUCT if node.operator in "*/" else _SUM
    return f"{_within(node.left, own)} {node.operator} {_within(node.right, own + 1)}", own


@_text.register
def _(node: Option) -> tuple[str, int]:
    return f"{node.name}={_within(node.value, _UNARY)}", _ATOM


@_text.register
def _(node: Call) -> tuple[str, int]:
    return f"{node.function}({', '.join(_text(one)[0] for one in node.children)})", _ATOM


@_text.register
def _(node: Compare) -> tuple[str, int]:
    return f"{_within(node.left, _SUM)} {node.operator} {_within(node.right, _SUM)}", _COMPARE


@_text.register
def _(node: Member) -> tuple[str, int]:
    values = ", ".join(_within(one, _SUM) for one in node.values)
    word = "not in" if node.negated else "in"
    return f"{_within(node.operand, _SUM)} {word} ({values})", _COMPARE


@_text.register
def _(node: Not) -> tuple[str, int]:
    return "not " + _within(node.operand, _NOT), _NOT


@_text.register
def _(node: And) -> tuple[str, int]:
    return " and ".join(_within(one, _NOT) for one in node.parts), _AND


@_text.register
def _(node: Or) -> tuple[str, int]:
    return " or ".join(_within(one, _AND) for one in node.parts), _OR
