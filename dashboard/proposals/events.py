"""Dated events: sentences with a date and something that happened or is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.cues import cues
from dashboard.proposals.dates import FoundDate, find_dates
from dashboard.proposals.event_cues import (
    CLAUSE_END,
    Clauses,
    Cue,
    Dated,
    cue_of,
    cues_of,
    dates_in,
    happened,
    in_clause,
    is_forecast,
    nearest_date,
)
from dashboard.proposals.layers import recognised
from dashboard.proposals.models import EventProposal, Finds, Group, LayerProposal
from dashboard.proposals.named_sentences import Named, Sentence, sentences
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
_MONTH_LENGTH: Final = len("2025-11")
_DAY_LENGTH: Final = len("2025-11-25")
_MOST_COMPANIES: Final = 6
_MOST_OF_A_PRICE: Final = 0.45
_LAYER_SURE: Final = 0.5
_MOST_LAYERS: Final = 3
_TITLE_COMPANIES: Final = 3
_TELLING_RANK: Final = 6
_OBJECT: Final = compiled("[給與和向對為替由獲被] ?$")
_ALL_OF_THEM: Final = compiled("雙方|兩家|兩公司|三方|三家|共同|\\b(?:both|the two)\\b")
_CIRCULAR: Final = Text(
    "只是股價漲跌，再研究其後股價會成循環論證",
    "a mere move of the price; studying the price after it would be circular",
)
_MARKET: Final = Text("大盤", "the market")


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
        self._known, self._known_months = _known_by_time(chain.events)
        self._topic: Named | None = None
        self._paragraph = -1

    def events(
        self, sentence: Sentence, by_line: Mapping[int, list[FoundDate]]
    ) -> Iterator[EventProposal]:
        if sentence.paragraph != self._paragraph:
            self._paragraph, self._topic = sentence.paragraph, None
        if any(piece.line in by_line for piece in sentence.pieces):
            clauses = Clauses(sentence.text)
            dates = dates_in(sentence, by_line, clauses)
            cues_here = cues_of(sentence, clauses) if dates else []
            own: dict[int | None, list[Cue]] = {}
            for cue in cues_here:
                near = nearest_date(sentence.text, dates, cue)
                own.setdefault(near.start if near else None, []).append(cue)
            for dated in dates:
                mine = [*own.get(dated.start, ()), *own.get(None, ())]
                yield from self._of_date(sentence, dated, mine)
        self._topic = sentence.subject or self._topic or next(iter(sentence.named), None)

    def _of_date(
        self, sentence: Sentence, dated: Dated, cues_here: Sequence[Cue]
    ) -> Iterator[EventProposal]:
        """What happened to companies, and what to the market, where both are told."""
        for market in (False, True):
            cue = cue_of(sentence.text, dated, [one for one in cues_here if one.market is market])
            if cue is not None and happened(sentence.text, dated, cue):
                event = self._event(sentence, dated, cue)
                if event is not None:
                    yield event

    def _event(self, sentence: Sentence, dated: Dated, cue: Cue) -> EventProposal | None:
        companies = () if cue.market else self._companies(sentence, dated, cue)
        told = sentence.text[dated.scope[0] : dated.scope[1]]
        layers = self._layers_of(companies) if companies else _named_layers(told, self._chain)
        exact = dated.found.precision is Precision.DAY
        if not companies and not (cue.market and exact) and not (layers and not cue.kind.measured):
            return None
        if cue.market:
            layers, told = (), sentence.text[cue.clause[0] : cue.clause[1]]
        found = dated.found
        forecast = is_forecast(sentence.text, dated, cue)
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
            reason=_reason(found, cue, forecast, bool(companies), digest),
            bottleneck=_bottleneck(sentence.text),
            group=self._group(found, companies),
        )

    def _companies(self, sentence: Sentence, dated: Dated, cue: Cue) -> tuple[str, ...]:
        """Of the clauses of date and cue, else the one before, else the paragraph's."""
        low, high = min(dated.clause[0], cue.clause[0]), max(dated.clause[1], cue.clause[1])
        if cue.cause and cue.named:
            low, high = cue.clause
        inside = self._can_be([one for one in sentence.meant if low <= one.start < high], cue)
        if not inside or _OBJECT.search(
            sentence.text[max(low, inside[0].start - 2) : inside[0].start]
        ):
            inside = self._can_be(self._subjects(sentence, low, high), cue) + inside
        if not inside:
            after = [one for one in sentence.named if high <= one.start < dated.scope[1]]
            inside = self._can_be(after, cue)[:_TITLE_COMPANIES]
        return tuple(dict.fromkeys(one.company for one in inside))[:_MOST_COMPANIES]

    def _subjects(self, sentence: Sentence, low: int, high: int) -> list[Named]:
        """Who acts where the clause itself does not say: 雙方 are all that were named before."""
        before = [one for one in sentence.meant if one.start < low]
        if _ALL_OF_THEM.search(sentence.text, low, high):
            return before
        subject = sentence.subject
        if subject is not None:
            return [subject] if subject.start < low else []
        return [self._topic] if self._topic is not None else before[:1]

    def _can_be(self, named: Sequence[Named], cue: Cue) -> list[Named]:
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
        """The same day or time; or the same month, where one of both is no more exact."""
        same = list(self._known.get(found.date, ()))
        if len(found.date) == _DAY_LENGTH:
            same += self._known_months.get(found.date[:_MONTH_LENGTH], ())
        confirms = any(not one.isdisjoint(companies) or not (one or companies) for one in same)
        return Group.CONFIRMS if confirms else Group.NEW_MEMBERSHIP


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


@lru_cache(maxsize=64)
def _tells(told: str, words: str) -> bool:
    """Whether any of the words stands there without a denial just before it."""
    table = patterns().words
    return any(
        not table["negation"].search(told, max(0, match.start() - 5), match.start())
        for match in table[words].finditer(told)
    )


@lru_cache(maxsize=64)
def _bottleneck(told: str) -> Bottleneck | None:
    """What a clause calls scarce or limiting."""
    scarce = patterns().words["scarce"]
    for clause in CLAUSE_END.split(told):
        if scarce.search(clause):
            for bottleneck, expression in patterns().bottlenecks:
                if expression.search(clause):
                    return bottleneck
    return None


_Known = dict[str, list[frozenset[str]]]


def _known_by_time(events: Sequence[Event]) -> tuple[_Known, _Known]:
    """The companies of the map's events: by date and the month of a day; by month alone."""
    known: _Known = {}
    months: _Known = {}
    for one in events:
        if one.date is None:
            continue
        companies = frozenset(one.companies)
        known.setdefault(one.date, []).append(companies)
        if len(one.date) == _DAY_LENGTH:
            known.setdefault(one.date[:_MONTH_LENGTH], []).append(companies)
        elif len(one.date) == _MONTH_LENGTH:
            months.setdefault(one.date, []).append(companies)
    return known, months


def _confidence(
    dated: Dated, cue: Cue, companies: Sequence[str], forecast: bool, digest: bool
) -> float:
    value = _BASE + _EXACT[dated.found.precision]
    value += _SAME_CLAUSE if in_clause(dated, cue) else 0
    value += _TELLING if cue.kind.rank >= _TELLING_RANK else 0
    value += _FORECAST if forecast else 0
    value += _NO_COMPANY if not companies else 0
    value += _MANY_COMPANIES if len(companies) > _TITLE_COMPANIES else 0
    value += _DIGEST if digest else 0
    most = _MOST_OF_A_PRICE if cue.kind.price else 0.95
    return round(max(0.05, min(most, value)) * dated.found.confidence, 3)


def _reason(found: FoundDate, cue: Cue, forecast: bool, named: bool, digest: bool) -> Text:
    zh, en = [found.reason.zh], [found.reason.en]
    for holds, one in (
        (cue.kind.price, _CIRCULAR),
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
