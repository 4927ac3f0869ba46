"""An article's lines as passages: who is named in them, and which headings govern them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from dashboard.articles.models import Article
from dashboard.proposals.cues import squeezed
from dashboard.proposals.models import Finds
from dashboard.proposals.sentences import LOOK, SENTENCE_END, WEIGHTS, Group, How, Passage
from dashboard.proposals.wording import (
    GOES_ON,
    JOINED,
    PRONOUN,
    TITLED,
    WITH,
    WORKS,
    Part,
    part_of,
    pattern,
)
from dashboard.proposals.wrapping import runs_of_lines

_SHORT_HEADING: Final = 30
_SHORT_TITLE: Final = 60
_BREATH: Final = 40
"""Companies that are named in one breath at most; more of them begin a new group."""
_CARRIED_LINES: Final = 3
_NUMBERED: Final = re.compile(
    r"[①-⑳]|[(]?[一二三四五六七八九十]{1,3}[)、.]|[(]?\d{1,2}[)、.] ?(?!\d)|[■◆●▲◎★]"
)
_MARKDOWN: Final = re.compile(r"(#{1,6}) ?(?=\S)")
_RULE: Final = re.compile(r"[|:\- \t+=]+")
_DIGITS: Final = re.compile(r"\d")
_SIGNED: Final = pattern("(?:作者|看板|時間|記者)[: a-z]|(?:author|date|by)[: ]")
_HEAD_LINES: Final = 12
"""Lines in which the head of a post can stand."""
_LEADS: Final = 6
"""Characters before the name that begins an item of a list: its number, its code."""


def passages(article: Article, finds: Finds) -> tuple[Passage, ...]:
    """The lines of an article in order, each with its groups and what governs it."""
    spans: dict[int, list[tuple[int, int, str]]] = {}
    for company in finds.companies:
        for one in company.mentions:
            spans.setdefault(one.line, []).append((one.start, one.end, company.identity.id))
    led = {number for number, all_ in spans.items() if min(all_)[0] <= _LEADS}
    read = [
        _passage(first, article.lines[first - 1 : last], spans, article.is_digest(first))
        for first, last in runs_of_lines(article, led)
    ]
    return tuple(_governed(read))


def _passage(
    number: int,
    lines: Sequence[str],
    spans: Mapping[int, Iterable[tuple[int, int, str]]],
    digest: bool,
) -> Passage:
    raw, starts = _put_together(lines)
    small = squeezed(raw)
    places = sorted(
        (small.at(begin + start), small.at(begin + end), company)
        for line, begin in enumerate(starts, number)
        for start, end, company in spans.get(line, ())
    )
    text = small.text
    is_row = text.count("|") >= 2 or text.count("\t") >= 2
    bare = Passage(number, small, (), digest, raw, starts, is_row=is_row)
    return replace(bare, groups=tuple(_groups(bare, places))) if places else bare


def _put_together(lines: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """Lines that go on into each other as one, and where each begins in it."""
    if len(lines) == 1:
        return lines[0], (0,)
    raw, starts = "", []
    for line in lines:
        whole = raw.rstrip()
        raw = f"{whole} " if whole and whole[-1].isascii() and line[:1].isascii() else whole
        starts.append(len(raw))
        raw += line
    return raw, tuple(starts)


def _groups(passage: Passage, places: Sequence[tuple[int, int, str]]) -> list[Group]:
    groups: list[Group] = []
    for start, end, company in places:
        last = groups[-1] if groups else None
        if last and start < last.end:
            continue
        if last and company in last.companies and passage.text[last.end : start] in ("(", ""):
            groups[-1] = replace(last, end=end)
            continue
        near = (
            last is not None
            and start - last.end <= LOOK
            and len(last.companies) < _BREATH
            and not (last.part is Part.RIVAL and "," in passage.text[last.end : start])
        )
        between = passage.text[last.end : start] if last and near else ""
        with_ = WITH.search(between) and WORKS.match(passage.text, end)
        if last and near and not with_ and JOINED.fullmatch(between):
            joined = tuple(dict.fromkeys((*last.companies, company)))
            groups[-1] = replace(last, end=end, companies=joined)
            continue
        lead = passage.clause_before(start, last.end if last else 0)
        part = part_of(lead, passage.clause_after(end))
        groups.append(Group(start, end, (company,), passage.line_at(start), part))
    return groups


class _Governing:
    """What the lines read so far leave for the next one."""

    def __init__(self) -> None:
        self.headings: list[tuple[int, int]] = []
        self.topic: Group | None = None
        self.heading_topic = False
        self.since = 0
        self.header: tuple[str, ...] = ()

    def heading(self, passage: Passage, level: int) -> None:
        while self.headings and self.headings[-1][1] >= level:
            self.headings.pop()
        self.headings.append((passage.number, level))
        subjects = [one for one in passage.groups if one.part is Part.SUBJECT]
        self.topic = subjects[0] if len(subjects) == 1 else None
        self.heading_topic, self.since = True, 0

    def line(self, passage: Passage) -> None:
        subjects = [one for one in passage.groups if one.part is Part.SUBJECT]
        if subjects:
            self.topic, self.heading_topic, self.since = subjects[-1], False, 0
        elif passage.text:
            self.since += 1

    def apply(self, passage: Passage) -> Passage:
        if not passage.text:
            return passage
        carried = self.topic
        if carried and not self.heading_topic and self.since >= _CARRIED_LINES:
            carried = None
        weight = WEIGHTS[How.HEADING] if self.heading_topic else 0.16
        if not self.heading_topic and PRONOUN.match(passage.text):
            weight = 0.35
        elif not self.heading_topic and GOES_ON.match(passage.text):
            weight = 0.28
        numbers = tuple(number for number, _ in reversed(self.headings))
        header = self.header if passage.is_row else ()
        return replace(
            passage, headings=numbers, carried=carried, carried_weight=weight, header=header
        )


def _governed(read: Sequence[Passage]) -> list[Passage]:
    state, result = _Governing(), []
    levels = [_heading_level(read, index) for index in range(len(read))]
    title = next((index for index, level in enumerate(levels) if level), None)
    for index, (passage, level) in enumerate(zip(read, levels, strict=True)):
        if passage.digest:
            result.append(passage)
            continue
        if not passage.is_row:
            state.header = ()
        elif not state.header and not _RULE.fullmatch(passage.text):
            state.header = tuple(re.split(r"[|\t]", passage.text))
        if level:
            is_title = level == 1 and (index == title or bool(TITLED.match(passage.text)))
            governed = state.apply(passage)
            result.append(replace(governed, is_heading=True, is_title=is_title, carried=None))
            state.heading(passage, level)
        else:
            result.append(state.apply(passage))
            state.line(passage)
    return result


def _heading_level(read: Sequence[Passage], index: int) -> int:
    """1 to 6 as in Markdown, 7 for a numbered line, 8 for any other heading; 0 for none."""
    passage = read[index]
    text, line = passage.text, passage.raw
    if not text or passage.is_row or passage.digest or len(passage.starts) > 1:
        return 0
    if _RULE.fullmatch(text) or (index < _HEAD_LINES and _SIGNED.match(text)):
        return 0
    if index < _HEAD_LINES and TITLED.match(text):
        return 1
    mark = _MARKDOWN.match(line.lstrip())
    if mark:
        return len(mark[1])
    bold = line.strip().startswith("**") and line.strip().endswith("**")
    title = index < 3 and not any(one.text for one in read[:index])
    longest = _SHORT_TITLE if title else _SHORT_HEADING
    if len(text) > (2 * longest if text.isascii() else longest):
        return 0
    if title and not re.search(r"[。;,.]$", text) and any(one.text for one in read[index + 1 :]):
        return 1
    if bold or (text.startswith("(") and text.endswith(")") and "、" not in text):
        return 8
    if text.endswith(":"):
        return 8
    if re.search(r"[。!?;,.]$", text) or SENTENCE_END.search(text[:-1]):
        return 0
    if ":" in text and (passage.groups or _DIGITS.search(text)):
        return 0
    if text.startswith(("-", "*", ">", "・", "•")):
        return 0
    body = next((one for one in read[index + 1 : index + 4] if one.text), None)
    if body is None or body.digest or len(body.text) < 1.3 * len(text):
        return 0
    return 7 if _NUMBERED.match(text) else 8
