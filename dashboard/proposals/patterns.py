"""The tables of `data/patterns.toml`, compiled: how articles tell relations and events."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from dashboard.i18n import Text
from dashboard.proposals.chinese import flattened
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.models import Bottleneck, Direction, RelationKind

PATTERNS: Final = PROJECT_ROOT / "data" / "patterns.toml"
MARK: Final = "\ue000"
"""Stands for a company in the sentence that a pattern is matched with."""

_AND: Final = r"等?(?:、|,? and |, |和|與|及|以及|跟|或|/| or | & )(?:以及)?"
_LIST: Final = rf"{MARK}(?:{_AND}{MARK}){{0,7}}"
_PIECES: Final = {
    "{_}": rf"[^{MARK},、。;:|!?()]{{0,12}}?",
    "{~}": rf"[^{MARK},、。;:|!?()]{{0,4}}?",
    "{n}": rf"[^{MARK},、。;:|!?()與和跟]{{0,12}}?",
    "{,}": rf"[^{MARK}。|!?]{{0,45}}?",
    "{e}": rf"(?:[^{MARK},.;:|!?]|\.(?=\d)){{0,50}}?",
    "{w}": r"(?:[a-z-]+ ){0,2}?",
    "{A}": rf"(?P<A>{_LIST})(?:等[^{MARK},。]{{0,6}}|公司|集團)?",
    "{B}": rf"(?P<B>{_LIST})",
    "{C}": MARK,
}
_CUE: Final = re.compile(r"<([^<>]+)>")
_PIECE: Final = re.compile(r"\{[^\d{}]\}")


def compiled(expression: str, flags: int = 0) -> re.Pattern[str]:
    """An expression for flattened text: its Chinese characters as those are written there."""
    return re.compile(folded_han(expression), flags)


def folded_han(text: str) -> str:
    """Only Chinese characters folded, so that brackets of an expression stay."""
    return "".join(flattened(one) if one >= "\u2e80" else one for one in text)


@dataclass(frozen=True)
class RelationPattern:
    """One way to tell a relation.

    `words` are those that tell it, as they are matched → as they are written in the table; a
    sentence without any of them cannot fit.
    """

    kind: RelationKind
    words: dict[str, str]
    expression: re.Pattern[str]


@dataclass(frozen=True)
class EventKind:
    """One kind of event: the words that tell it and what they mean for those in it.

    `rank` is higher for what says more of what happened: 收購 rather than 宣布.
    `measured` kinds are figures or prices, which need at least a quarter as their date; `price`
    kinds are moves of the price, which the whole market may make. `announced` kinds count from the
    day they are announced, not from the one they are to be done by.
    """

    id: str
    name: Text
    direction: Direction
    rank: int
    measured: bool
    price: bool
    announced: bool
    expression: re.Pattern[str]


@dataclass(frozen=True)
class Patterns:
    """All tables of the file."""

    relations: tuple[RelationPattern, ...]
    events: tuple[EventKind, ...]
    words: dict[str, re.Pattern[str]]
    """Groups of words that change what is told: negation, hedging, forecasts, …"""
    bottlenecks: tuple[tuple[Bottleneck, re.Pattern[str]], ...]


@cache
def patterns() -> Patterns:
    """The shipped tables."""
    tables = tomllib.loads(PATTERNS.read_text("utf-8"))
    return Patterns(
        tuple(
            _relation(RelationKind(table["kind"]), written)
            for table in tables["relation"]
            for written in table["patterns"]
        ),
        tuple(_event(table) for table in tables["event"]),
        {name: compiled(written, re.I) for name, written in tables["words"].items()},
        tuple(
            (Bottleneck(name), compiled(written, re.I))
            for name, written in tables["bottleneck"].items()
        ),
    )


def _relation(kind: RelationKind, written: str) -> RelationPattern:
    cue = _CUE.search(written)
    if cue is None:
        raise ValueError(f"a pattern of {kind} has no <words>: {written}")
    expression = written[: cue.start()] + f"(?P<cue>{cue[1]})" + written[cue.end() :]
    expression = _PIECE.sub(lambda piece: _PIECES[piece[0]], expression)
    words = {folded_han(word): word for word in cue[1].split("|")}
    return RelationPattern(kind, words, compiled(expression))


def _event(table: dict[str, Any]) -> EventKind:
    return EventKind(
        table["id"],
        Text(table["zh"], table["en"]),
        Direction(table.get("direction", Direction.NEUTRAL)),
        table["rank"],
        table.get("measured", False),
        table.get("price", False),
        table.get("announced", False),
        compiled(table["words"], re.I),
    )
