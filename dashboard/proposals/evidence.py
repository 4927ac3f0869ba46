"""Words of layers in an article, each weighed for the companies it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dashboard.proposals.cues import NO_LAYER, CueTable, Occurrence, Role
from dashboard.proposals.sentences import LOOK, WEIGHTS, How, Owner, Passage
from dashboard.proposals.wording import (
    AWAY,
    DEMAND,
    DOWNSTREAM,
    DRIVEN,
    HEAD,
    INSTEAD,
    LIST,
    SERVED,
    TITLED,
    UNRELATED,
    USES,
    Part,
)

STRENGTH: Final = {Role.MAKER: 0.95, Role.STRONG: 0.85, Role.WEAK: 0.4, Role.USER: 0.0}


@dataclass(frozen=True)
class Evidence:
    """One word for a company in a layer; `weight` from 0 to 1."""

    layer: str
    weight: float
    how: How
    role: Role
    word: str
    written: str
    lines: tuple[int, ...]
    listed: bool = False
    """Of the title of a list, for one of its items."""


Meant = tuple[Occurrence, float, float]


def meant_words(text: str, table: CueTable) -> Iterator[Meant]:
    """Words of layers in a squeezed text, with two factors from 0 to 1.

    How far the word is what is spoken of (not denied, not what the thing is for), and how far it
    is more than what drives a business (`DRIVEN`, `DEMAND`); said of a name itself the latter
    does not count.
    """
    occurrences = list(table.layer_matcher.find(text))
    for index, one in enumerate(occurrences):
        following = occurrences[index + 1 : index + 8]
        yield one, _spoken_of(text, one, following), _more_than_driving(text, one)


def _spoken_of(text: str, one: Occurrence, following: list[Occurrence]) -> float:
    before, after = text[max(0, one.start - 6) : one.start], text[one.end : one.end + 20]
    if INSTEAD.search(before) or UNRELATED.match(after):
        return 0.2
    things = (
        other
        for other in following
        if other.start >= one.end
        and (other.role in _OWN or (other.role is Role.WEAK and other.start == one.end))
    )
    head = next(things, None)
    if head and head.owner != one.owner and HEAD.fullmatch(text[one.end : head.start]):
        return 0.6 if head.role is Role.WEAK else 0.35
    return 1.0


def _more_than_driving(text: str, one: Occurrence) -> float:
    before, after = text[max(0, one.start - 6) : one.start], text[one.end : one.end + 20]
    if one.role is Role.MAKER:
        return 0.2 if SERVED.search(text[max(0, one.start - 20) : one.start]) else 1.0
    return (0.5 if DRIVEN.search(before) else 1.0) * (0.6 if DEMAND.match(after) else 1.0)


def collected_evidence(
    read: tuple[Passage, ...], table: CueTable, layers: frozenset[str]
) -> dict[str, list[Evidence]]:
    """Evidence of every company, in the order of the lines."""
    told_of = layers | {NO_LAYER}
    words = {
        one.number: [x for x in meant_words(one.text, table) if x[0].owner in told_of]
        for one in read
        if one.groups or one.carried or one.is_heading
    }
    collected: dict[str, list[Evidence]] = {}
    by_number = {one.number: one for one in read if one.is_heading}
    for passage in read:
        away = turned_away(passage)
        for one, told, driven in words.get(passage.number, ()):
            written, at = passage.written(one.start, one.end), passage.line_at(one.start)
            one = _of_the_subject(one, passage, words, table)
            for owner in _downstream(passage, one, table) or passage.owners(one.start, one.end):
                if passage.clause(one.start) == away.get(owner.company):
                    continue
                weight = told * owner.weight * STRENGTH[one.role]
                if owner.how is not How.APPOSITION:
                    weight *= driven * _use(passage, one, owner)
                collected.setdefault(owner.company, []).append(
                    _evidence(one, weight, owner.how, written, owner.line, at)
                )
        _from_headings(passage, words, by_number, collected, away)
    return collected


def _downstream(passage: Passage, one: Occurrence, table: CueTable) -> list[Owner]:
    """Customers named by their trade, where that is one that buys from others of the chain."""
    _, following = passage.neighbours(one.start, one.end)
    if following == len(passage.groups) or one.owner not in table.buyers:
        return []
    group = passage.groups[following]
    if not DOWNSTREAM.fullmatch(passage.text[one.end : group.start][:LOOK]):
        return []
    weight = WEIGHTS[How.APPOSITION] * 0.8
    return [Owner(each, weight, How.APPOSITION, group.line, group.part) for each in group.companies]


def _of_the_subject(
    one: Occurrence, passage: Passage, words: Mapping[int, list[Meant]], table: CueTable
) -> Occurrence:
    """Under a heading 光通訊, 被動元件 are 光被動元件 and no capacitors."""
    layers = table.endings.get(one.word)
    if not layers or layers == {one.owner} or one.owner == NO_LAYER:
        return one
    for number in passage.headings[:3]:
        for head, told, _ in words[number]:
            if told == 1.0 and head.role in _OWN and head.owner in layers - {one.owner}:
                return replace(one, owner=head.owner)
    return one


_OWN: Final = (Role.MAKER, Role.STRONG)


def _use(passage: Passage, one: Occurrence, owner: Owner) -> float:
    """Less where the clause says between name and word that the company only uses the thing."""
    if owner.part is Part.SOURCE or owner.how not in (How.CLAUSE, How.SENTENCE):
        return 1.0
    return 0.3 if USES.search(passage.clause_before(one.start)[-14:]) else 1.0


def _evidence(one: Occurrence, weight: float, how: How, written: str, *lines: int) -> Evidence:
    numbers = tuple(sorted(set(lines)))
    return Evidence(one.owner, weight, how, one.role, one.word, written, numbers)


def _from_headings(
    passage: Passage,
    words: Mapping[int, list[Meant]],
    by_number: Mapping[int, Passage],
    collected: dict[str, list[Evidence]],
    away: Mapping[str, int],
) -> None:
    """A heading governs the companies of the lines below it; one above it only half as much."""
    companies = [one for one in _subjects(passage) if one not in away]
    for nearness, number in enumerate(passage.headings[:3] if companies else ()):
        heading = by_number[number]
        how = How.TITLE if heading.is_title else How.HEADING
        own = _subjects(heading)
        for one, told, driven in words[number]:
            weight = told * driven * WEIGHTS[how] * STRENGTH[one.role]
            if one.owner == NO_LAYER:
                continue
            weight *= 1.0 if heading.is_title else 0.5**nearness
            listed = heading.is_title and _is_listed(heading, passage)
            written = heading.written(one.start, one.end)
            for company in companies:
                others = own and company not in own and not passage.is_row
                factor = 0.4 if others else 1.0
                found = _evidence(one, factor * weight, how, written, passage.number)
                collected.setdefault(company, []).append(replace(found, listed=listed))


_LED: Final = re.compile("(?:[一二三四五六七八九十]{1,3}[、.)]|[^\\u3400-\\u9fff]){0,12}")
"""Before the name that begins an item of a list: its number, its mark, its code."""


def _is_listed(title: Passage, passage: Passage) -> bool:
    """An item of the list that the title announces: 光通訊五檔."""
    if passage.is_row:
        return True
    if not (LIST.search(title.text) or TITLED.match(title.text)):
        return False
    return (
        passage.is_heading or _LED.fullmatch(passage.text, 0, passage.groups[0].start) is not None
    )


def turned_away(passage: Passage) -> dict[str, int]:
    """Companies of which a clause says they have nothing to do with it → the clause."""
    found: dict[str, int] = {}
    for match in AWAY.finditer(passage.text):
        before, _ = passage.neighbours(match.start(), match.end())
        inside = [
            one
            for one in passage.groups[: before + 1]
            if passage.sentence(one.start) == passage.sentence(match.start())
            and one.part is Part.SUBJECT
        ]
        for company in inside[-1].companies if inside else ():
            found[company] = passage.clause(match.start())
    return found


def _subjects(passage: Passage) -> dict[str, None]:
    """Companies of whom a line speaks, in order."""
    return dict.fromkeys(
        company
        for group in passage.groups
        if group.part in (Part.SUBJECT, Part.SOURCE)
        for company in group.companies
    )
