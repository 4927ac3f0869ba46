"""How an article speaks of its companies: who gains, who loses, by the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Final

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.cues import CueTable, Occurrence, Role, cues, squeezed
from dashboard.proposals.models import Finds, StanceProposal
from dashboard.proposals.passages import passages
from dashboard.proposals.sentences import Group, How, Owner, Passage
from dashboard.proposals.turning import turned
from dashboard.proposals.weighing import MOST, REPEATED
from dashboard.proposals.wording import PASSIVE, TOGETHER, Part
from dashboard.supply_chain.models import Stance, SupplyChain

_STRENGTH: Final = {Role.STRONG: 0.7, Role.WEAK: 0.35}
_CONTEST: Final = 0.85
_LEAST: Final = 0.24
"""Below this a stance is not told: neutral."""
_CLEAR: Final = 0.45
_EVEN: Final = 0.65
"""Both stances clear, and the lesser at least this part of the greater: disputed."""


@dataclass(frozen=True)
class _Word:
    stance: Stance
    weight: float
    word: str
    written: str
    lines: tuple[int, ...]


def propose_stances(
    article: Article,
    finds: Finds,
    chain: SupplyChain,
    read: tuple[Passage, ...] | None = None,
) -> dict[str, StanceProposal]:
    """How the article speaks of each found company.

    Parameters
    ----------
    article, finds : as `find_companies` saw it
    chain : the present map; how it speaks of a company is no evidence of how the article does
    read : `passages(article, finds)`, where they are known already

    Returns
    -------
    dict, Identity.id → proposal
        Every found company; neutral with an empty cue where nothing tells, disputed where
        gain and loss are both clear. Of a company that the article itself names, digest lines
        do not count.
    """
    table = cues()
    words: dict[str, list[_Word]] = {}
    rivalry = _Rivalry(finds, chain, table)
    for passage in passages(article, finds) if read is None else read:
        for one, owner in _told(passage, table, rivalry):
            stance, weight, start, end = one
            written = passage.written(start, end)
            numbers = tuple(sorted({owner.line, passage.line_at(start)}))
            found = _Word(stance, weight, passage.text[start:end], written, numbers)
            words.setdefault(owner.company, []).append(found)
    return {
        one.identity.id: _proposal(
            [
                word
                for word in words.get(one.identity.id, ())
                if article.is_digest(word.lines[0]) == (one.kind.value == "digest")
            ],
            one.lines,
        )
        for one in finds.companies
    }


_Said = tuple[Stance, float, int, int]


def _told(passage: Passage, table: CueTable, rivalry: _Rivalry) -> Iterator[tuple[_Said, Owner]]:
    if not passage.groups and passage.carried is None:
        return
    taken: list[tuple[int, int]] = []
    if passage.groups:
        for said, owner, until in _contests(passage, table, rivalry):
            taken.append((said[2], until))
            yield said, owner
    for one in table.stance_matcher.find(passage.text):
        if any(start <= one.start < end for start, end in taken):
            continue
        told = turned(passage.text, one, table)
        if told is None:
            continue
        stance, begin, end = told
        owners = _owners(passage, one, table)
        subjects = any(owner.part is Part.SUBJECT for owner in owners)
        for owner in owners:
            if owner.how is How.ASIDE or (subjects and _is_other(owner)):
                continue
            weight = _STRENGTH[one.role] * owner.weight
            yield (stance, weight, begin, end), owner


def _is_other(owner: Owner) -> bool:
    """With whom somebody works or who buys: what a clause tells is not of it."""
    beside = owner.how in (How.CLAUSE, How.SENTENCE)
    return beside and owner.part in (Part.PARTNER, Part.CUSTOMER)


def _owners(passage: Passage, one: Occurrence, table: CueTable) -> list[Owner]:
    """Of its object where the word judges one (看好奇鋐), else of its subject."""
    together = _together(passage, one)
    if together:
        return together
    before, _ = passage.neighbours(one.start, one.end)
    judges = one.word in table.judging
    alone = before < 0 or passage.clause(passage.groups[before].start) != passage.clause(one.start)
    return passage.owners(one.start, one.end, names=judges or alone)


def _together(passage: Passage, one: Occurrence) -> list[Owner]:
    """All that the sentence, or the one before it, named: 這三家誰也不缺單."""
    clause = passage.clause_before(one.start)
    if not TOGETHER.match(clause.lstrip()):
        return []
    sentence = passage.sentence(one.start)
    named = [
        group
        for group in passage.groups
        if group.end <= one.start
        and group.part is Part.SUBJECT
        and sentence - passage.sentence(group.start) <= 1
    ]
    return [
        _named(company, group) for group in named[-_MOST_TOGETHER:] for company in group.companies
    ]


_MOST_TOGETHER: Final = 10


# --- who wins and who loses ---------------------------------------------------------------------


@cache
def _contest_patterns(*tables: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    def either(words: Iterable[str]) -> str:
        ordered = sorted((squeezed(word).text for word in words), key=lambda x: (-len(x), x))
        return "(?:" + "|".join(re.escape(one) for one in ordered) + ")"

    return tuple(re.compile(either(words)) for words in tables)


@dataclass(frozen=True)
class _Rivalry:
    """Whether two companies sell to the same, or one of them to the other."""

    finds: Finds
    chain: SupplyChain
    table: CueTable

    def compete(self, winner: str, loser: str) -> bool:
        """Not with who is listed abroad, nor with who buys from the winner's layer."""
        other = self.finds.by_id[loser].identity
        if not other.industry:
            return False
        buyers = {layer for own in self._layers(winner) for layer in self.table.layers[own].users}
        return not buyers & self._layers(loser)

    def _layers(self, company: str) -> set[str]:
        known = self.chain.company_by_key.get(self.finds.by_id[company].identity.key or "")
        layers = {one.layer for one in known.memberships} if known else set()
        return layers & set(self.table.layers)


def _contests(
    passage: Passage, table: CueTable, rivalry: _Rivalry
) -> Iterator[tuple[_Said, Owner, int]]:
    """A 搶走 B 訂單, A 輸給 B: told of two neighbouring groups of one sentence."""
    contest = table.stance.contest
    takes, wins, loses, things = _contest_patterns(
        contest.takes, contest.wins, contest.loses, contest.things
    )
    for index, right in enumerate(passage.groups):
        yield from _taken_away(passage, index, takes, wins)
        yield from _gained(passage, index, loses)
        if not index:
            continue
        left = passage.groups[index - 1]
        if passage.sentence(left.start) != passage.sentence(right.start):
            continue
        if right.start - left.end > _BETWEEN:
            continue
        between = passage.text[left.end : right.start]
        rest = passage.clause_after(right.end)[:16]
        for verbs, first, second in (
            (loses, Stance.AT_RISK, Stance.BENEFICIARY),
            (takes, Stance.BENEFICIARY, Stance.AT_RISK),
            (wins, Stance.BENEFICIARY, Stance.AT_RISK),
        ):
            match = verbs.search(between)
            if match is None or not (verbs is loses or _stake(match[0], rest, things)):
                continue
            said = left.end + match.start(), left.end + match.end()
            for company in left.companies:
                yield (first, _CONTEST, *said), _named(company, left), right.end + len(rest)
            for company in right.companies:
                if verbs is not wins or rivalry.compete(left.companies[0], company):
                    yield (second, _CONTEST, *said), _named(company, right), right.end + len(rest)
            break


def _gained(
    passage: Passage, index: int, loses: re.Pattern[str]
) -> Iterator[tuple[_Said, Owner, int]]:
    """Lost orders to B, of one who is no company of the article: B gains."""
    winner = passage.groups[index]
    if index and passage.sentence(passage.groups[index - 1].start) == passage.sentence(
        winner.start
    ):
        return
    begin = max(0, winner.start - _BETWEEN)
    told = list(loses.finditer(passage.text, begin, winner.start))
    if told and winner.start - told[-1].end() <= 1:
        for company in winner.companies:
            said = (Stance.BENEFICIARY, _CONTEST, told[-1].start(), told[-1].end())
            yield said, _named(company, winner), winner.end


def _taken_away(
    passage: Passage, index: int, takes: re.Pattern[str], wins: re.Pattern[str]
) -> Iterator[tuple[_Said, Owner, int]]:
    """A 的訂單遭 B 搶走."""
    taker = passage.groups[index]
    loser = passage.subject_before(index)
    if loser is None or not PASSIVE.search(passage.text[max(0, taker.start - 2) : taker.start]):
        return
    after = passage.clause_after(taker.end)[:8]
    match = takes.search(after) or wins.search(after)
    if match is None:
        return
    said = taker.end + match.start(), taker.end + match.end()
    for group, stance in ((loser, Stance.AT_RISK), (taker, Stance.BENEFICIARY)):
        for company in group.companies:
            yield (stance, _CONTEST, *said), _named(company, group), said[1]


_BETWEEN: Final = 24


def _named(company: str, group: Group) -> Owner:
    return Owner(company, 1.0, How.CLAUSE, group.line, group.part)


def _stake(verb: str, rest: str, things: re.Pattern[str]) -> bool:
    """What is taken is named after the loser, or the verb itself needs nothing more."""
    return bool(things.search(rest) or things.search(verb)) or verb in _BEATS


_BEATS: Final = frozenset(
    squeezed(word).text
    for word in (
        *("取代", "超車", "擊敗", "打敗", "超越", "擠下", "overtakes", "overtook"),
        *("displaces", "displaced", "beats", "beat", "replaces", "replaced"),
    )
)


# --- weighing -------------------------------------------------------------------------------


def _summed(words: Iterable[_Word]) -> float:
    weights: dict[str, list[float]] = {}
    for one in words:
        weights.setdefault(one.word, []).append(one.weight)
    return 1 - prod(
        1 - weight * factor
        for all_ in weights.values()
        for weight, factor in zip(sorted(all_, reverse=True), REPEATED, strict=False)
    )


_REASONS: Final = {
    Stance.BENEFICIARY: Text("文中以「{word}」說它", "the article says “{word}” of it"),
    Stance.AT_RISK: Text("文中以「{word}」說它", "the article says “{word}” of it"),
    Stance.DISPUTED: Text(
        "好壞都說：「{word}」與「{other}」", "it says both “{word}” and “{other}”"
    ),
}
_NOTHING: Final = Text("沒有說好壞的字眼", "no word tells gain or loss")


def _proposal(words: list[_Word], lines: tuple[int, ...]) -> StanceProposal:
    sides = {
        side: [one for one in words if one.stance is side]
        for side in (Stance.BENEFICIARY, Stance.AT_RISK)
    }
    sums = {side: _summed(told) for side, told in sides.items()}
    ahead = max(sums, key=lambda side: (sums[side], side is Stance.BENEFICIARY))
    behind = Stance.AT_RISK if ahead is Stance.BENEFICIARY else Stance.BENEFICIARY
    if sums[ahead] < _LEAST:
        return _neutral([one for one in words if one.stance is Stance.NEUTRAL], lines)
    disputed = sums[behind] >= _CLEAR and sums[behind] >= _EVEN * sums[ahead]
    stance = Stance.DISPUTED if disputed else ahead
    confidence = sums[behind] if disputed else sums[ahead] * (1 - 0.5 * sums[behind])
    best, other = _best(sides[ahead]), _best(sides[behind])
    told = sides[ahead] + (sides[behind] if disputed else [])
    least = min(0.1, *(one.weight for one in told))
    numbers = {line for one in told if one.weight >= least for line in one.lines}
    reason = _filled(_REASONS[stance], best, other)
    return StanceProposal(
        stance, round(min(MOST, confidence), 3), best, tuple(sorted(numbers)), reason
    )


def _neutral(denied: list[_Word], lines: tuple[int, ...]) -> StanceProposal:
    if not denied:
        return StanceProposal(Stance.NEUTRAL, 0.5, "", lines, _NOTHING)
    word = _best(denied)
    numbers = tuple(sorted({line for one in denied for line in one.lines}))
    reason = _filled(_REASONS[Stance.BENEFICIARY], word, "")
    return StanceProposal(Stance.NEUTRAL, 0.6, word, numbers, reason)


def _best(words: list[_Word]) -> str:
    if not words:
        return ""
    return max(words, key=lambda one: (one.weight, -one.lines[0], one.word)).written


def _filled(form: Text, word: str, other: str) -> Text:
    zh, en = (text.replace("{word}", word).replace("{other}", other) for text in form)
    return Text(zh, en)
