"""Where a sentence dates something and tells what happened, and which belongs to which."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from dashboard.proposals.dates import FoundDate
from dashboard.proposals.named_sentences import Sentence
from dashboard.proposals.patterns import EventKind, compiled, patterns
from dashboard.supply_chain.models import Precision

_PER_RANK: Final = 8
"""Signs of distance that weigh as much as one rank."""
_FAR: Final = 60
"""Signs between a date and a cue beyond which they do not belong together."""
_DENIED: Final = 25
_UNDONE: Final = 12
"""Signs before and after a cue within which it is denied or undone."""
_ALONE: Final = 3
"""Signs that may stand beside a date in a clause of its own: 今年10月，"""
CLAUSE_END: Final = compiled(r"[,;:](?!\d)|-{2,}")
_HEADLINE_END: Final = compiled(r"(?<=[\u3400-\u9fff%)]) (?=[\u3400-\u9fff])")
_SINCE_BEFORE: Final = compiled(r"(?:自從?|從|截至|since|\d ?年?[至到~-]) ?$")
_SINCE_AFTER: Final = compiled(r" ?(?:底|初)?(?:以來|迄今|至今|[至到~-] ?\d|[^,。]{0,8}以來)")
_STATIC_YEAR: Final = compiled(r"(?:[到至]|直到|until|by) ?$")


class Cue(NamedTuple):
    """Words at `text[start:end]` of a sentence that tell what happened."""

    start: int
    end: int
    kind: EventKind
    clause: tuple[int, int]
    market: bool
    """Whether its clause is of the whole market."""


class Clauses:
    """Where the clauses of a sentence begin and end; those of a headline end at spaces."""

    def __init__(self, text: str) -> None:
        end = CLAUSE_END if CLAUSE_END.search(text) or "。" in text else _HEADLINE_END
        self._ends = [*(match.end() for match in end.finditer(text)), len(text)]

    def at(self, position: int) -> tuple[int, int]:
        index = min(bisect_right(self._ends, position), len(self._ends) - 1)
        return (self._ends[index - 1] if index else 0), self._ends[index]


@dataclass(frozen=True)
class Dated:
    """A date in its sentence, its clause, and the part of the sentence that is about it.

    The clause reaches over the next one where it holds nothing but the date.
    """

    found: FoundDate
    start: int
    end: int
    clause: tuple[int, int]
    scope: tuple[int, int]


def dates_in(
    sentence: Sentence, by_line: Mapping[int, list[FoundDate]], clauses: Clauses
) -> list[Dated]:
    """The dates of a sentence on which something can have happened, in order."""
    places = [
        (found, start, start + found.end - found.start)
        for found, start in _found_in(sentence, by_line)
    ]
    dated = []
    for index, (found, start, end) in enumerate(places):
        clause = _clause(sentence.text, start, end, clauses)
        low = clause[0] if index else 0
        high = len(sentence.text)
        if index + 1 < len(places):
            following = clauses.at(places[index + 1][1])[0]
            high = following if following > start else clause[1]
        dated.append(Dated(found, start, end, clause, (low, max(high, clause[1]))))
    return [one for one in dated if not _is_span(sentence.text, one)]


def _found_in(
    sentence: Sentence, by_line: Mapping[int, list[FoundDate]]
) -> Iterator[tuple[FoundDate, int]]:
    """Dates that stand wholly in the sentence, and where."""
    ends = [*(one.offset for one in sentence.pieces[1:]), len(sentence.text)]
    for piece, end in zip(sentence.pieces, ends, strict=True):
        here = by_line.get(piece.line, [])
        last = piece.start + end - piece.offset
        for found in here[bisect_left(here, piece.start, key=_start) :]:
            if found.end > last:
                break
            yield found, piece.offset + found.start - piece.start


def _start(found: FoundDate) -> int:
    return found.start


def _clause(text: str, start: int, end: int, clauses: Clauses) -> tuple[int, int]:
    low, high = clauses.at(start)
    if high - low - (end - start) <= _ALONE and high < len(text):
        high = clauses.at(high)[1]
    return low, high


def _is_span(text: str, dated: Dated) -> bool:
    """Since when, until when: no day on which something happened."""
    before, after = text[max(0, dated.start - 4) : dated.start], text[dated.end : dated.end + 10]
    return bool(_SINCE_BEFORE.search(before) or _SINCE_AFTER.match(after))


# --- cues -----------------------------------------------------------------------------


def cues_of(sentence: Sentence, clauses: Clauses) -> list[Cue]:
    found = []
    for kind in patterns().events:
        for match in kind.expression.finditer(sentence.text):
            low, high = clauses.at(match.start())
            of_market = kind.price and _is_of_market(sentence, low, high)
            found.append(Cue(match.start(), match.end(), kind, (low, high), of_market))
    return sorted(found, key=lambda one: (one.start, one.end, one.kind.id))


def _is_of_market(sentence: Sentence, low: int, high: int) -> bool:
    """Whether a clause is of the market: by its own words, or those before with no company."""
    market = patterns().words["market"]
    if any(low <= one.start < high for one in sentence.named):
        return False
    if market.search(sentence.text, low, high):
        return True
    before = any(one.start < low for one in sentence.named)
    return not before and market.search(sentence.text, 0, low) is not None


def cue_of(dated: Dated, found: Sequence[Cue]) -> Cue | None:
    """The cue that tells most of what happened, of those in the date's part of the sentence."""
    near = [one for one in found if _belongs(dated, one)]
    return max(near, key=lambda one: (_weight(dated, one), -one.start), default=None)


def _belongs(dated: Dated, cue: Cue) -> bool:
    precision = dated.found.precision
    if not dated.scope[0] <= cue.start < dated.scope[1] or _distance(dated, cue) > _FAR:
        return False
    if dated.start <= cue.start < dated.end or (cue.kind.measured and precision is Precision.YEAR):
        return False
    if precision is Precision.MONTH and not cue.kind.measured:
        return True
    return in_clause(dated, cue) or precision is Precision.DAY


def nearest_date(text: str, dates: Sequence[Dated], cue: Cue) -> Dated | None:
    """Of several dates in the cue's clause the one it stands by; None where there is none.

    The day on which something was foretold is not that of what was foretold.
    """
    forecast = patterns().words["forecast"]
    inside = [one for one in dates if in_clause(one, cue)]
    return min(
        inside,
        key=lambda one: (
            one.end <= cue.start and forecast.search(text, one.end, cue.start) is not None,
            _distance(one, cue),
        ),
        default=None,
    )


def _weight(dated: Dated, cue: Cue) -> float:
    return 3 * in_clause(dated, cue) + cue.kind.rank - _distance(dated, cue) / _PER_RANK


def in_clause(dated: Dated, cue: Cue) -> bool:
    return dated.clause[0] <= cue.start < dated.clause[1]


def _distance(dated: Dated, cue: Cue) -> int:
    return max(cue.start - dated.end, dated.start - cue.end, 0)


def happened(text: str, dated: Dated, cue: Cue) -> bool:
    """Neither denied nor supposed, nor the year of a mere figure."""
    words = patterns().words
    low, high = min(dated.clause[0], cue.start), max(dated.clause[1], cue.end)
    if words["conditional"].search(text, low, high):
        return False
    if words["negation"].search(text, max(cue.clause[0], cue.start - _DENIED), cue.start):
        return False
    if words["undone"].search(text, cue.end, cue.end + _UNDONE):
        return False
    if dated.found.precision is not Precision.YEAR:
        return True
    if words["statistic"].search(text, *dated.clause):
        return False
    static = _STATIC_YEAR.search(text[max(0, dated.start - 4) : dated.start])
    return not static or words["forecast"].search(text, *dated.clause) is not None


def is_forecast(text: str, dated: Dated, cue: Cue) -> bool:
    low, high = min(dated.clause[0], cue.start), max(dated.end, cue.start)
    return patterns().words["forecast"].search(text[low:high]) is not None
