"""Whom a word of an article is about: headings, sentences, clauses, lists, tables.

Positions are those of the squeezed lines (`cues.squeezed`). Each line is cut into clauses;
companies that are named in one breath (A、B 與 C) form a group; who is its subject, and who only
a customer, a supplier, a partner or a rival in it, is told by what stands before the name.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from dashboard.proposals.cues import Squeezed
from dashboard.proposals.wording import (
    AFTER,
    BEFORE,
    CUSTOMERS,
    MAKES,
    PLURAL,
    PRONOUN,
    SHARED,
    Part,
)


class How(StrEnum):
    """By what a word is a company's; in the order of how near it is."""

    APPOSITION = "apposition"
    ROW = "row"
    CLAUSE = "clause"
    SENTENCE = "sentence"
    HEADING = "heading"
    TITLE = "title"
    PARAGRAPH = "paragraph"
    NAME = "name"
    BESIDE = "beside"
    """Not its own: that of the company named before it, with which it goes on."""
    ASIDE = "aside"
    """It is named as somebody's customer or partner: only what is known of it can be meant."""


WEIGHTS: Final = {
    How.APPOSITION: 1.0,
    How.ROW: 0.85,
    How.CLAUSE: 0.7,
    How.SENTENCE: 0.55,
    How.HEADING: 0.5,
    How.TITLE: 0.45,
    How.PARAGRAPH: 0.4,
    How.NAME: 0.3,
    How.BESIDE: 0.5,
    How.ASIDE: 0.4,
}
LOOK: Final = 40
"""Characters between a name and a word beyond which they stand in no apposition."""
_LED: Final = 8
"""Subjects after the first one that words before them are still about."""
_CLAUSE_END: Final = re.compile(r"[;!?。…|\t]|,(?!\d)|(?<!\d),|:(?!\d)|\.(?= |$)")
SENTENCE_END: Final = re.compile(r"[!?。…]+|(?<!inc)(?<!corp)(?<!ltd)(?<!\bco)\.(?= |$)")


class Owner(NamedTuple):
    """A company that a word is about: how near, from 0 to 1, and the line that names it."""

    company: str
    weight: float
    how: How
    line: int
    part: Part


@dataclass(frozen=True)
class Group:
    """Companies named in one breath, and their part in the clause."""

    start: int
    end: int
    companies: tuple[str, ...]
    line: int
    part: Part = Part.SUBJECT


@dataclass(frozen=True)
class Passage:
    """One line, or the lines of a column that go on into each other, with what governs it.

    Attributes
    ----------
    number : of its first line
    raw, starts : the lines put together as they were written, and where each begins in it
    headings : the governing ones, the nearest first, as numbers of lines
    carried : of whom the lines before spoke, for a line that does not say; None if of nobody
    carried_weight : how surely they still do
    is_row, header : whether a row of a table, and the cells of its first row
    """

    number: int
    squeezed: Squeezed
    groups: tuple[Group, ...]
    digest: bool
    raw: str = ""
    starts: tuple[int, ...] = (0,)
    is_heading: bool = False
    is_title: bool = False
    headings: tuple[int, ...] = ()
    carried: Group | None = None
    carried_weight: float = 0.0
    is_row: bool = False
    header: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.squeezed.text

    def written(self, start: int, end: int) -> str:
        """What stands in the line as it was, between two positions of the squeezed one."""
        places = self.squeezed.positions
        return self.raw[places[start] : places[end - 1] + 1]

    def line_at(self, position: int) -> int:
        """The number of the line in which a position of the squeezed text lies."""
        if len(self.starts) == 1:
            return self.number
        return self.number + bisect_right(self.starts, self.squeezed.positions[position]) - 1

    def holds(self, group: Group) -> bool:
        return self.number <= group.line < self.number + len(self.starts)

    @cached_property
    def _starts(self) -> list[int]:
        return [one.start for one in self.groups]

    @cached_property
    def _clauses(self) -> list[int]:
        return [match.end() for match in _CLAUSE_END.finditer(self.text)]

    @cached_property
    def _sentences(self) -> list[int]:
        return [match.end() for match in SENTENCE_END.finditer(self.text)]

    @cached_property
    def _cells(self) -> list[int]:
        return [at for at, char in enumerate(self.text) if char in "|\t"]

    def clause(self, position: int) -> int:
        return bisect_right(self._clauses, position)

    def sentence(self, position: int) -> int:
        return bisect_right(self._sentences, position)

    def is_customer(self, group: Group) -> bool:
        """Whether a group stands in a table's column of customers."""
        return self.is_row and CUSTOMERS.search(self._column(group.start)) is not None

    def _column(self, position: int) -> str:
        column = bisect_right(self._cells, position)
        return self.header[column] if column < len(self.header) else ""

    def clause_before(self, position: int, since: int = 0) -> str:
        """From the clause's beginning, or `since`, to a position; at most `LOOK` characters."""
        at = self.clause(position)
        begin = max(self._clauses[at - 1] if at else 0, since, position - LOOK)
        return self.text[begin:position]

    def clause_after(self, position: int) -> str:
        """From a position to the clause's end, its mark included; at most `LOOK` characters."""
        at = self.clause(position)
        end = self._clauses[at] if at < len(self._clauses) else len(self.text)
        return self.text[position : min(end, position + LOOK)]

    def neighbours(self, start: int, end: int) -> tuple[int, int]:
        """Index of the last group that ends before, and of the first that begins after."""
        following = bisect_left(self._starts, start)
        before = following - 1
        while following < len(self.groups) and self.groups[following].start < end:
            following += 1
        return before, following

    def owners(self, start: int, end: int, *, names: bool = True) -> list[Owner]:
        """Whom the words at a place are about; empty if nobody, the surest first.

        `names` : whether the words can name what a company is, in apposition to its name.
        """
        before, following = self.neighbours(start, end)
        left = self.groups[before] if before >= 0 else None
        right = self.groups[following] if following < len(self.groups) else None
        for one in (left, self.groups[following - 1] if following else None):
            if one and one.start < end and start < one.end:
                return _all(one, WEIGHTS[How.NAME], How.NAME)
        if self.is_row:
            return self._in_row(start, left, right)
        return (
            (names and self._apposed(start, end, left, right))
            or self._in_sentence(start, end, before, left, right)
            or self._in_paragraph(start, before, right)
        )

    # --- beside the name ------------------------------------------------------------------

    def _apposed(
        self, start: int, end: int, left: Group | None, right: Group | None
    ) -> list[Owner]:
        if right and right.start - end <= LOOK and right.part not in _OTHERS:
            between = self.text[end : right.start]
            if BEFORE.fullmatch(between) and not CUSTOMERS.search(between):
                many = PLURAL.search(self.text[start : right.start]) or self.text.startswith(
                    "等", right.end
                )
                return _enumerated(right, 0.9 if many else 0.6)
        if left and start - left.end <= LOOK:
            between = self.text[left.end : start]
            if AFTER.fullmatch(between):
                if left.part not in _OTHERS:
                    return _all(left, 0.95 if between else 0.85, How.APPOSITION)
            elif MAKES.fullmatch(between) and left.part is Part.SUBJECT:
                return _all(left, 0.88, How.CLAUSE)
        return []

    # --- in the same row, sentence, paragraph ------------------------------------------------

    def _in_row(self, start: int, left: Group | None, right: Group | None) -> list[Owner]:
        if CUSTOMERS.search(self._column(start)):
            return []
        makers = [one for one in self.groups if not CUSTOMERS.search(self._column(one.start))]
        cells = {bisect_right(self._cells, one.start) for one in makers}
        if len(cells) <= 1:
            return [one for group in makers for one in _all(group, WEIGHTS[How.ROW], How.ROW)]
        near = left if left in makers else right if right in makers else None
        if bisect_right(self._cells, start) < min(cells):
            return [one for group in makers for one in _all(group, WEIGHTS[How.ROW], How.ROW)]
        return _all(near, WEIGHTS[How.CLAUSE], How.ROW) if near else []

    def _in_sentence(
        self, start: int, end: int, before: int, left: Group | None, right: Group | None
    ) -> list[Owner]:
        sentence = self.sentence(start)
        inside = left and self.sentence(left.start) == sentence
        ahead = right and self.sentence(right.start) == sentence
        if inside and ahead and left and right and self._leans_right(start, end, left, right):
            return self._about(right, before + 1, start, 0.85)
        if inside and left:
            return self._about(left, before, start, 1.0)
        if ahead and right:
            topic = self._topic(before)
            if PRONOUN.match(self._sentence_text(sentence)) and topic:
                return _all(topic, WEIGHTS[How.SENTENCE], How.SENTENCE)
            if right.part is Part.SUBJECT:
                same = self.clause(start) == self.clause(right.start)
                how = How.CLAUSE if same else How.SENTENCE
                if same or topic is None or not self.holds(topic):
                    return self._led(before + 1, 0.8 * WEIGHTS[how], how)
                still = _all(topic, 0.65 * WEIGHTS[how], how)
                return still + self._led(before + 1, 0.6 * WEIGHTS[how], how)
            if topic:
                return _all(topic, 0.9 * WEIGHTS[How.SENTENCE], How.SENTENCE)
            factor = 0.7 if right.part is Part.SOURCE else 0.4
            return _all(right, factor * WEIGHTS[How.SENTENCE], How.SENTENCE)
        return []

    def _led(self, index: int, weight: float, how: How) -> list[Owner]:
        """Of the first subjects of a line, the nearer the more, by words before them."""
        first = self.groups[index]
        owners = _all(first, weight, how)
        sentence = self.sentence(first.start)
        for one in self.groups[index + 1 : index + 1 + _LED]:
            if one.part is Part.SUBJECT:
                near = 0.85 if self.sentence(one.start) == sentence else 0.75
                owners += _all(one, near * weight, how)
        return owners

    def _sentence_text(self, sentence: int) -> str:
        return self.text[self._sentences[sentence - 1] if sentence else 0 :][:8]

    def _leans_right(self, start: int, end: int, left: Group, right: Group) -> bool:
        """A clause or an item of a list ends between the left group and the words, not after."""
        if right.part is not Part.SUBJECT or re.search(
            "[、,;:]", self.text[end : min(right.start, end + LOOK)]
        ):
            return False
        return re.search("[、,;]", self.text[max(left.end, start - LOOK) : start]) is not None

    def _about(self, group: Group, index: int, start: int, factor: float) -> list[Owner]:
        """Of a group in the sentence, or of whom the sentence really speaks."""
        same = self.clause(start) == self.clause(group.start)
        how = How.CLAUSE if same else How.SENTENCE
        weight = factor * WEIGHTS[how]
        if group.part is Part.SUBJECT or (group.part is Part.SOURCE and same):
            return _all(group, weight, how)
        topic = self._topic(index - 1)
        if topic is None:
            return _all(group, 0.5 * weight, how) if group.part is not Part.RIVAL else []
        owners = _all(topic, weight, how)
        if group.part in _TOGETHER and SHARED.search(self.text[group.end : start + 1][:LOOK]):
            owners += _all(group, 0.75 * weight, how)
        elif group.part in _TOGETHER and same:
            owners += _all(group, WEIGHTS[How.ASIDE], How.ASIDE)
        return owners

    def subject_before(self, index: int) -> Group | None:
        """The subject of the sentence before a group of it."""
        topic = self._topic(index - 1)
        if topic is None or not self.holds(topic):
            return None
        same = self.sentence(topic.start) == self.sentence(self.groups[index].start)
        return topic if same else None

    def _topic(self, index: int) -> Group | None:
        """The subject that the line last spoke of, or that the lines before did."""
        for one in reversed(self.groups[max(0, index - 8) : index + 1]):
            if one.part is Part.SUBJECT:
                return one
        return self.carried

    def _in_paragraph(self, start: int, before: int, right: Group | None) -> list[Owner]:
        topic = self._topic(before)
        if topic is not None and self.holds(topic):
            steps = self.sentence(start) - self.sentence(topic.start)
            weight = WEIGHTS[How.PARAGRAPH] * max(0.5, 0.85 ** (steps - 1))
            return _all(topic, weight, How.PARAGRAPH)
        if topic is not None and (right is None or PRONOUN.match(self.text)):
            return _all(topic, self.carried_weight, How.PARAGRAPH)
        if right and self.sentence(right.start) - self.sentence(start) <= 2:
            return self._led(before + 1, WEIGHTS[How.PARAGRAPH], How.PARAGRAPH)
        return []


_OTHERS: Final = (Part.CUSTOMER, Part.RIVAL)
_TOGETHER: Final = (Part.CUSTOMER, Part.PARTNER)


def _all(group: Group, weight: float, how: How) -> list[Owner]:
    return [Owner(company, weight, how, group.line, group.part) for company in group.companies]


def _enumerated(group: Group, others: float) -> list[Owner]:
    """The first of a list is surely meant, the others as surely as the list is one."""
    first, *rest = group.companies
    return [
        Owner(first, 1.0, How.APPOSITION, group.line, group.part),
        *(Owner(company, others, How.APPOSITION, group.line, group.part) for company in rest),
    ]
