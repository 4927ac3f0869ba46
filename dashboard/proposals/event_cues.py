"""Where a sentence dates something and tells what happened, and which belongs to which."""

from __future__ import annotations

import re
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
_SEGMENT_END: Final = compiled(r";")
"""What stands behind it is said of others."""
_CAUSE_BEFORE: Final = compiled(r"(?:[因受]|由於|due to|because of|hit by)[^,;。]{0,10}$", re.I)
_CAUSE_AFTER: Final = compiled(r"[^,;。]{0,8}(?:影響|衝擊|拖累|所致|干擾|波及|之故)")
_CAUSE_WEIGHS: Final = -6
_STATIC_YEAR: Final = compiled(r"(?:[到至]|直到|until|by) ?$")


class Cue(NamedTuple):
    """Words at `text[start:end]` of a sentence that tell what happened."""

    start: int
    end: int
    kind: EventKind
    clause: tuple[int, int]
    market: bool
    """Whether its clause is of the whole market."""
    named: bool
    """Whether its clause names a company."""
    cause: bool
    """Whether it only tells why: 因關稅影響."""


class _Parts:
    """Where the parts of a sentence begin and end."""

    def __init__(self, text: str, end: re.Pattern[str]) -> None:
        self._ends = [*(match.end() for match in end.finditer(text)), len(text)]

    def at(self, position: int) -> tuple[int, int]:
        index = min(bisect_right(self._ends, position), len(self._ends) - 1)
        return (self._ends[index - 1] if index else 0), self._ends[index]


class Clauses(_Parts):
    """The clauses of a sentence; those of a headline end at spaces."""

    def __init__(self, text: str) -> None:
        super().__init__(
            text, CLAUSE_END if CLAUSE_END.search(text) or "。" in text else _HEADLINE_END
        )


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
    dated, segments = [], _Parts(sentence.text, _SEGMENT_END)
    for index, (found, start, end) in enumerate(places):
        clause = _clause(sentence.text, start, end, clauses)
        low = clause[0] if index else 0
        high = len(sentence.text)
        if index + 1 < len(places):
            following = clauses.at(places[index + 1][1])[0]
            high = following if following > start else clause[1]
        segment = segments.at(start)
        scope = max(low, segment[0]), min(max(high, clause[1]), segment[1])
        dated.append(Dated(found, start, end, clause, scope))
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
            found.append(
                Cue(
                    match.start(), match.end(), kind, (low, high), of_market,
                    any(low <= one.start < high for one in sentence.named),
                    _is_cause(sentence.text, match, low, high),
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.start, one.end, one.kind.id))


def _is_cause(text: str, match: re.Match[str], low: int, high: int) -> bool:
    before, after = text[max(low, match.start() - 20) : match.start()], text[match.end() : high]
    return bool(_CAUSE_BEFORE.search(before) and _CAUSE_AFTER.match(after))


def _is_of_market(sentence: Sentence, low: int, high: int) -> bool:
    """Whether a clause is of the market: by its own words, or those before with no company."""
    market = patterns().words["market"]
    if any(low <= one.start < high for one in sentence.named):
        return False
    if market.search(sentence.text, low, high):
        return True
    before = any(one.start < low for one in sentence.named)
    return not before and market.search(sentence.text, 0, low) is not None


def cue_of(text: str, dated: Dated, found: Sequence[Cue]) -> Cue | None:
    """The cue that tells most of what happened, of those in the date's part of the sentence.

    A move of the price only where nothing else happened.
    """
    near = [one for one in found if _belongs(dated, one)]
    near = [one for one in near if _says_more(text, dated, one)] or near
    return max(near, key=lambda one: (_weight(dated, one), -one.start), default=None)


def _says_more(text: str, dated: Dated, cue: Cue) -> bool:
    """Whether it is more than a move of the price, and of the same company and day."""
    if cue.kind.price:
        return False
    forecast = patterns().words["forecast"].search
    return in_clause(dated, cue) or not (cue.named or cue.cause or forecast(text, *cue.clause))


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

    The day on which something was foretold is not that of what was foretold, but that of an
    investment is the one on which it was announced.
    """
    after = bisect_right(dates, cue.start, key=_start_of)
    inside = [
        one
        for side in (reversed(dates[:after]), dates[after:])
        if (one := next((one for one in side if in_clause(one, cue)), None)) is not None
    ]
    return min(
        inside, key=lambda one: (_foretells(text, one, cue), _distance(one, cue)), default=None
    )


def _start_of(dated: Dated) -> int:
    return dated.start


def _foretells(text: str, dated: Dated, cue: Cue) -> bool:
    """Whether on that date only was told what is to come."""
    forecast = patterns().words["forecast"]
    return (
        dated.end <= cue.start
        and not cue.kind.announced
        and forecast.search(text, dated.end, cue.start) is not None
    )


def _weight(dated: Dated, cue: Cue) -> float:
    rank = cue.kind.rank + (_CAUSE_WEIGHS if cue.cause else 0)
    return 3 * in_clause(dated, cue) + rank - _distance(dated, cue) / _PER_RANK


def in_clause(dated: Dated, cue: Cue) -> bool:
    return dated.clause[0] <= cue.start < dated.clause[1]


def _distance(dated: Dated, cue: Cue) -> int:
    return max(cue.start - dated.end, dated.start - cue.end, 0)


def happened(text: str, dated: Dated, cue: Cue) -> bool:
    """Neither denied nor supposed, nor the year of a mere figure."""
    words = patterns().words
    low, high = min(dated.clause[0], cue.start), max(dated.clause[1], cue.end)
    first, last = min(dated.start, cue.start), max(dated.end, cue.end)
    if words["conditional"].search(text, max(low, first - _FAR), min(high, last + _FAR)):
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
    low = max(low, min(dated.start, cue.start) - _FAR)
    return patterns().words["forecast"].search(text[low:high]) is not None
