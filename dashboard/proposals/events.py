"""Dated events: sentences with a date and something that happened or is due."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.cues import cues
from dashboard.proposals.dates import FoundDate, find_dates
from dashboard.proposals.layers import recognised
from dashboard.proposals.models import EventProposal, Finds, Group, LayerProposal
from dashboard.proposals.named_sentences import ATTRIBUTE, Named, Sentence, sentences
from dashboard.proposals.patterns import EventKind, compiled, patterns
from dashboard.supply_chain.models import (
    Bottleneck,
    Direction,
    Event,
    Precision,
    Status,
    SupplyChain,
)

_BASE: Final = 0.6
_EXACT: Final = {
    Precision.DAY: 0.15,
    Precision.MONTH: 0.1,
    Precision.QUARTER: 0.05,
    Precision.YEAR: 0.0,
}
_SAME_CLAUSE: Final = 0.1
_TELLING: Final = 0.1
_FORECAST: Final = -0.15
_NO_COMPANY: Final = -0.2
_MANY_COMPANIES: Final = -0.1
_DIGEST: Final = -0.1
_PER_RANK: Final = 8
"""Signs of distance that weigh as much as one rank."""
_FAR: Final = 60
"""Signs between a date and a cue beyond which they do not belong together."""
_MOST_COMPANIES: Final = 6
_DENIED: Final = 25
_UNDONE: Final = 12
"""Signs before and after a cue within which it is denied or undone."""
_LAYER_SURE: Final = 0.5
_MOST_LAYERS: Final = 3
_TITLE_COMPANIES: Final = 3
_TELLING_RANK: Final = 6
_OBJECT: Final = compiled("[給與和向對為替由獲被] ?$")
_ALL_OF_THEM: Final = compiled("雙方|兩家|兩公司|三方|三家|共同|\\b(?:both|the two)\\b")
_ALONE: Final = 3
"""Signs that may stand beside a date in a clause of its own: 今年10月，"""
_CLAUSE_END: Final = compiled(r"[,;:](?!\d)|-{2,}")
_HEADLINE_END: Final = compiled(r"(?<=[\u3400-\u9fff%)]) (?=[\u3400-\u9fff])")
_SINCE_BEFORE: Final = compiled(r"(?:自從?|從|截至|since|\d ?年?[至到~-]) ?$")
_SINCE_AFTER: Final = compiled(r" ?(?:底|初)?(?:以來|迄今|至今|[至到~-] ?\d|[^,。]{0,8}以來)")
_STATIC_YEAR: Final = compiled(r"(?:[到至]|直到|until|by) ?$")
_MARKET: Final = Text("大盤", "the market")


class _Cue(NamedTuple):
    start: int
    end: int
    kind: EventKind
    clause: tuple[int, int]
    market: bool
    """Whether its clause is of the whole market."""


class _Clauses:
    """Where the clauses of a sentence begin and end; those of a headline end at spaces."""

    def __init__(self, text: str) -> None:
        end = _CLAUSE_END if _CLAUSE_END.search(text) or "。" in text else _HEADLINE_END
        self._ends = [*(match.end() for match in end.finditer(text)), len(text)]

    def at(self, position: int) -> tuple[int, int]:
        index = min(bisect_right(self._ends, position), len(self._ends) - 1)
        return (self._ends[index - 1] if index else 0), self._ends[index]


@dataclass(frozen=True)
class _Dated:
    """A date in its sentence, its clause, and the part of the sentence that is about it.

    The clause reaches over the next one where it holds nothing but the date.
    """

    found: FoundDate
    start: int
    end: int
    clause: tuple[int, int]
    scope: tuple[int, int]


def propose_events(
    article: Article,
    finds: Finds,
    layers: Mapping[str, tuple[LayerProposal, ...]],
    chain: SupplyChain,
) -> tuple[EventProposal, ...]:
    """What the article dates: each date, its companies and kind of event once, by line.

    An event needs a company, a layer or the whole market beside a date and a cue. It confirms
    if the map has one of that day or month with a company in common. Dates of the article's
    own publication are none.
    """
    writer = _Writer(article, finds, layers, chain)
    by_line: dict[int, list[FoundDate]] = {}
    for one in find_dates(article):
        if not one.stamp:
            by_line.setdefault(one.line, []).append(one)
    told = [
        event
        for sentence in sentences(article, finds)
        for event in writer.events(sentence, by_line)
    ]
    return tuple(_merged(told))


def _dates_in(
    sentence: Sentence, by_line: Mapping[int, list[FoundDate]], clauses: _Clauses
) -> list[_Dated]:
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
        dated.append(_Dated(found, start, end, clause, (low, max(high, clause[1]))))
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


def _clause(text: str, start: int, end: int, clauses: _Clauses) -> tuple[int, int]:
    low, high = clauses.at(start)
    if high - low - (end - start) <= _ALONE and high < len(text):
        high = clauses.at(high)[1]
    return low, high


def _is_span(text: str, dated: _Dated) -> bool:
    """Since when, until when: no day on which something happened."""
    before, after = text[max(0, dated.start - 4) : dated.start], text[dated.end : dated.end + 10]
    return bool(_SINCE_BEFORE.search(before) or _SINCE_AFTER.match(after))


class _Writer:
    """Makes events of sentences; holds what is the same for all of an article."""

    def __init__(
        self,
        article: Article,
        finds: Finds,
        layers: Mapping[str, tuple[LayerProposal, ...]],
        chain: SupplyChain,
    ) -> None:
        self._article = article
        self._by_id = finds.by_id
        self._layers = layers
        self._chain = chain
        self._topic: Named | None = None
        self._paragraph = -1

    def events(
        self, sentence: Sentence, by_line: Mapping[int, list[FoundDate]]
    ) -> Iterator[EventProposal]:
        if sentence.paragraph != self._paragraph:
            self._paragraph, self._topic = sentence.paragraph, None
        if any(piece.line in by_line for piece in sentence.pieces):
            clauses = _Clauses(sentence.text)
            dates = _dates_in(sentence, by_line, clauses)
            cues_here = _cues(sentence, clauses) if dates else []
            nearest = [_nearest(sentence.text, dates, one) for one in cues_here]
            for dated in dates:
                own = [
                    cue
                    for cue, date in zip(cues_here, nearest, strict=True)
                    if date is None or date is dated
                ]
                yield from self._of_date(sentence, dated, own)
        self._topic = sentence.subject or self._topic or next(iter(sentence.named), None)

    def _of_date(
        self, sentence: Sentence, dated: _Dated, cues_here: Sequence[_Cue]
    ) -> Iterator[EventProposal]:
        """What happened to companies, and what to the market, where both are told."""
        for market in (False, True):
            cue = _cue_of(dated, [one for one in cues_here if one.market is market])
            if cue is not None and _happened(sentence.text, dated, cue):
                event = self._event(sentence, dated, cue)
                if event is not None:
                    yield event

    def _event(self, sentence: Sentence, dated: _Dated, cue: _Cue) -> EventProposal | None:
        companies = () if cue.market else self._companies(sentence, dated, cue)
        told = sentence.text[dated.scope[0] : dated.scope[1]]
        layers = self._layers_of(companies) if companies else _named_layers(told, self._chain)
        exact = dated.found.precision is Precision.DAY
        if not companies and not (cue.market and exact) and not (layers and not cue.kind.measured):
            return None
        if cue.market:
            layers, told = (), sentence.text[cue.clause[0] : cue.clause[1]]
        found = dated.found
        forecast = _is_forecast(sentence.text, dated, cue)
        digest = self._article.is_digest(found.line)
        lines = {found.line, sentence.line_at(cue.start)}
        lines.update(one.line for one in sentence.named if one.company in companies)
        return EventProposal(
            date=found.date,
            precision=found.precision,
            written=found.written,
            lines=tuple(sorted(lines)),
            companies=companies,
            layers=layers,
            direction=_direction(told, cue.kind),
            cue=sentence.written[cue.start : cue.end],
            title=self._title(companies, layers, cue.kind, found.date),
            confidence=_confidence(dated, cue, companies, forecast, digest),
            reason=_reason(found, forecast, bool(companies), digest),
            bottleneck=_bottleneck(sentence.text),
            group=self._group(found, companies),
        )

    def _companies(self, sentence: Sentence, dated: _Dated, cue: _Cue) -> tuple[str, ...]:
        """Of the clauses of date and cue, else the one before, else the paragraph's."""
        low, high = min(dated.clause[0], cue.clause[0]), max(dated.clause[1], cue.clause[1])
        here = [one for one in sentence.named if low <= one.start < high]
        inside = self._can_be(_meant(sentence, here), cue)
        if not inside or _OBJECT.search(sentence.text[low : inside[0].start]):
            inside = self._can_be(self._subjects(sentence, low, high), cue) + inside
        if not inside:
            after = [one for one in sentence.named if high <= one.start < dated.scope[1]]
            inside = self._can_be(after, cue)[:_TITLE_COMPANIES]
        return tuple(dict.fromkeys(one.company for one in inside))[:_MOST_COMPANIES]

    def _subjects(self, sentence: Sentence, low: int, high: int) -> list[Named]:
        """Who acts where the clause itself does not say: 雙方 are all that were named before."""
        before = _meant(sentence, [one for one in sentence.named if one.start < low])
        if _ALL_OF_THEM.search(sentence.text, low, high):
            return before
        subject = sentence.subject
        if subject is not None:
            return [subject] if subject.start < low else []
        return [self._topic] if self._topic is not None else before[:1]

    def _can_be(self, named: Sequence[Named], cue: _Cue) -> list[Named]:
        """Only what is listed has a price that moves."""
        return [
            one
            for one in named
            if not cue.kind.price or self._by_id[one.company].identity.status is Status.LISTED
        ]

    def _layers_of(self, companies: Sequence[str]) -> tuple[str, ...]:
        firsts = [self._layers[one][0].layer for one in companies if self._layers.get(one)]
        return tuple(dict.fromkeys(firsts))

    def _title(
        self, companies: Sequence[str], layers: Sequence[str], kind: EventKind, date: str
    ) -> Text:
        names = [self._by_id[one].identity.name for one in companies]
        if not names:
            known = self._chain.layer_by_id
            names = [known[one].name for one in layers if one in known] or [_MARKET]
        shown = names[:_TITLE_COMPANIES]
        more = len(names) > len(shown)
        zh = "、".join(one.zh for one in shown) + ("等" if more else "")
        en = ", ".join(one.en for one in shown) + (" and others" if more else "")
        return Text(f"{zh}：{kind.name.zh}（{date}）", f"{en}: {kind.name.en} ({date})")

    def _group(self, found: FoundDate, companies: Sequence[str]) -> Group:
        same = any(
            _same_time(one, found)
            and (set(one.companies) & set(companies) or not (one.companies or companies))
            for one in self._chain.events
        )
        return Group.CONFIRMS if same else Group.NEW_MEMBERSHIP


def _meant(sentence: Sentence, named: Sequence[Named]) -> list[Named]:
    """Without those that only tell which other company is meant: 台積電供應鏈弘塑."""
    last = sentence.named[-1].start if sentence.named else 0
    return [
        one for one in named if one.start == last or not ATTRIBUTE.match(sentence.text, one.end)
    ]


# --- cues -----------------------------------------------------------------------------


def _cues(sentence: Sentence, clauses: _Clauses) -> list[_Cue]:
    found = []
    for kind in patterns().events:
        for match in kind.expression.finditer(sentence.text):
            low, high = clauses.at(match.start())
            of_market = kind.price and _is_of_market(sentence, low, high)
            found.append(_Cue(match.start(), match.end(), kind, (low, high), of_market))
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


def _cue_of(dated: _Dated, found: Sequence[_Cue]) -> _Cue | None:
    """The cue that tells most of what happened, of those in the date's part of the sentence."""
    near = [one for one in found if _belongs(dated, one)]
    return max(near, key=lambda one: (_weight(dated, one), -one.start), default=None)


def _belongs(dated: _Dated, cue: _Cue) -> bool:
    precision = dated.found.precision
    if not dated.scope[0] <= cue.start < dated.scope[1] or _distance(dated, cue) > _FAR:
        return False
    if dated.start <= cue.start < dated.end or (cue.kind.measured and precision is Precision.YEAR):
        return False
    if precision is Precision.MONTH and not cue.kind.measured:
        return True
    return _in_clause(dated, cue) or precision is Precision.DAY


def _nearest(text: str, dates: Sequence[_Dated], cue: _Cue) -> _Dated | None:
    """Of several dates in the cue's clause the one it stands by; None where there is none.

    The day on which something was foretold is not that of what was foretold.
    """
    forecast = patterns().words["forecast"]
    inside = [one for one in dates if _in_clause(one, cue)]
    return min(
        inside,
        key=lambda one: (
            one.end <= cue.start and forecast.search(text, one.end, cue.start) is not None,
            _distance(one, cue),
        ),
        default=None,
    )


def _weight(dated: _Dated, cue: _Cue) -> float:
    return 3 * _in_clause(dated, cue) + cue.kind.rank - _distance(dated, cue) / _PER_RANK


def _in_clause(dated: _Dated, cue: _Cue) -> bool:
    return dated.clause[0] <= cue.start < dated.clause[1]


def _distance(dated: _Dated, cue: _Cue) -> int:
    return max(cue.start - dated.end, dated.start - cue.end, 0)


def _happened(text: str, dated: _Dated, cue: _Cue) -> bool:
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


def _is_forecast(text: str, dated: _Dated, cue: _Cue) -> bool:
    low, high = min(dated.clause[0], cue.start), max(dated.end, cue.start)
    return patterns().words["forecast"].search(text[low:high]) is not None


# --- what is said of it ---------------------------------------------------------------


def _named_layers(told: str, chain: SupplyChain) -> tuple[str, ...]:
    found = recognised(told, cues())
    sure = (layer for layer, weight in found.items() if weight >= _LAYER_SURE)
    return tuple(one for one in sure if one in chain.layer_by_id)[:_MOST_LAYERS]


def _direction(told: str, kind: EventKind) -> Direction:
    good = kind.direction is Direction.POSITIVE or _tells(told, "positive")
    bad = kind.direction is Direction.NEGATIVE or _tells(told, "negative")
    if good and bad:
        return Direction.MIXED
    return Direction.POSITIVE if good else Direction.NEGATIVE if bad else Direction.NEUTRAL


def _tells(told: str, words: str) -> bool:
    """Whether any of the words stands there without a denial just before it."""
    table = patterns().words
    return any(
        not table["negation"].search(told, max(0, match.start() - 5), match.start())
        for match in table[words].finditer(told)
    )


def _bottleneck(told: str) -> Bottleneck | None:
    """What a clause calls scarce or limiting."""
    scarce = patterns().words["scarce"]
    for clause in _CLAUSE_END.split(told):
        if scarce.search(clause):
            for bottleneck, expression in patterns().bottlenecks:
                if expression.search(clause):
                    return bottleneck
    return None


def _same_time(event: Event, found: FoundDate) -> bool:
    """The same day; or the same month or coarser, where one of both is no more exact."""
    if event.date is None:
        return False
    shorter, longer = sorted((event.date, found.date), key=len)
    if len(shorter) == len(longer):
        return shorter == longer
    return len(shorter) == 7 and "Q" not in shorter and longer.startswith(shorter)


def _confidence(
    dated: _Dated, cue: _Cue, companies: Sequence[str], forecast: bool, digest: bool
) -> float:
    value = _BASE + _EXACT[dated.found.precision]
    value += _SAME_CLAUSE if _in_clause(dated, cue) else 0
    value += _TELLING if cue.kind.rank >= _TELLING_RANK else 0
    value += _FORECAST if forecast else 0
    value += _NO_COMPANY if not companies else 0
    value += _MANY_COMPANIES if len(companies) > _TITLE_COMPANIES else 0
    value += _DIGEST if digest else 0
    return round(max(0.05, min(0.95, value)) * dated.found.confidence, 3)


def _reason(found: FoundDate, forecast: bool, named: bool, digest: bool) -> Text:
    zh, en = [found.reason.zh], [found.reason.en]
    for holds, one in (
        (forecast, Text("為預期而非已發生", "expected, not yet happened")),
        (not named, Text("未點名公司", "no company is named")),
        (digest, Text("出自標題清單", "from a list of headlines")),
    ):
        if holds:
            zh.append(one.zh)
            en.append(one.en)
    return Text("；".join(zh), "; ".join(en))


# --- each once ------------------------------------------------------------------------


def _merged(told: Sequence[EventProposal]) -> list[EventProposal]:
    """One event of a line, a date and companies; the same one of several lines once."""
    of_line: dict[tuple[int, str, tuple[str, ...]], EventProposal] = {}
    for one in told:
        key = (one.lines[0], one.date, one.companies)
        if key not in of_line or one.confidence > of_line[key].confidence:
            of_line[key] = one
    merged: dict[tuple[str, tuple[str, ...], str], EventProposal] = {}
    for one in of_line.values():
        kind = (one.date, tuple(sorted(one.companies)), one.title.en.rpartition(": ")[2])
        before = merged.get(kind)
        merged[kind] = one if before is None else _both(before, one)
    return sorted(merged.values(), key=lambda one: (one.lines, one.date, one.companies))


def _both(first: EventProposal, second: EventProposal) -> EventProposal:
    best = second if second.confidence > first.confidence else first
    direction = best.direction if first.direction == second.direction else Direction.MIXED
    return replace(
        best,
        lines=tuple(sorted({*first.lines, *second.lines})),
        direction=direction,
        bottleneck=best.bottleneck or first.bottleneck or second.bottleneck,
    )
