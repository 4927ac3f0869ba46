"""An article's sentences with the companies in them, over the line ends of hard-wrapped text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from dashboard.articles.models import Article
from dashboard.proposals.chinese import flattened
from dashboard.proposals.models import Finds
from dashboard.proposals.patterns import compiled

_WRAPPED_AT_LEAST: Final = 0.8
_WIDEST_WRAP: Final = 60
"""A line longer than this is a paragraph of its own, not one line of a wrapped one."""
_SHORTEST_WRAP: Final = 12
_LONGEST: Final = 600
"""Signs of a sentence; what goes on without an end is cut, so that work stays linear."""
CLOSE_TO_START: Final = 6
"""Signs before a company within which a sentence still begins with it."""
_BEFORE_OTHERS: Final = compiled("(?:[與和跟向由被獲]|客戶|供應商|對手|夥伴)$")
ATTRIBUTE: Final = compiled(
    "的?(?:主要|重要|最大|長期)?(?:供應鏈|供應商|概念股|設備商|協力廠|合作夥伴|客戶|對手|子公司|孫公司|母公司|旗下"
    "|關係企業|轉投資)(?!論壇|大會|會議|管理)"
)
"""After a company that only tells which other one is meant: 台積電供應鏈弘塑."""
_OWN_LINE: Final = re.compile(
    r"\s*(?:$|[|#>*\-=+•●■◆▲※→①-⑳]|\d{1,2}[.、)]|[一二三四五六七八九十]、|[^\s，,。:：]{1,6}[:：])"
)
_BYLINE: Final = re.compile(r"記者|记者|報導|报道|編譯|编译|\d{1,2}:\d\d\s*$")
_ENDED: Final = re.compile(r"[。！？!?；;：:.」』)）|]\s*$")
_END: Final = re.compile(
    r"[。!?]+[」』”\")]*|[ :](?=\d{1,2}、)"
    r"|(?<!\b[A-Z])(?<!\bInc)(?<!\bCorp)(?<!\bCo)(?<!\bLtd)(?<!\bvs)(?<!\bNo)(?<!\bSept)"
    r"(?<!\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mrs))\.(?=\s+[A-Z\"“*]|\s*$)"
)


class Named(NamedTuple):
    """A company at `text[start:end]` of a sentence."""

    start: int
    end: int
    company: str
    line: int
    confidence: float


class Piece(NamedTuple):
    """From `offset` on the text is that of a line, from its position `start` on."""

    offset: int
    line: int
    start: int


@dataclass(frozen=True)
class Sentence:
    """One sentence, flattened; positions of it know their line.

    `paragraph` counts paragraphs: a line, or several where text is wrapped by width.
    """

    text: str
    written: str
    """As it stands in the article; of the same length."""
    paragraph: int
    pieces: tuple[Piece, ...]
    named: tuple[Named, ...] = ()

    def line_at(self, offset: int) -> int:
        """The line of a position, counted from 1."""
        return self.pieces[max(0, bisect_right(self.pieces, offset, key=_offset) - 1)].line

    @cached_property
    def meant(self) -> tuple[Named, ...]:
        """Without those that only tell which other company is meant: 台積電供應鏈弘塑."""
        return tuple(
            one
            for index, one in enumerate(self.named, start=1)
            if index == len(self.named) or not ATTRIBUTE.match(self.text, one.end)
        )

    @property
    def subject(self) -> Named | None:
        """The company it begins with, unless that is only one to which something is done."""
        if not self.named:
            return None
        lead = self.text[: self.named[0].start].strip()
        if len(lead) > CLOSE_TO_START or _BEFORE_OTHERS.search(lead):
            return None
        return self.named[0]


def sentences(article: Article, finds: Finds) -> Iterator[Sentence]:
    """All sentences outside the header, in order, with the companies named in them."""
    mentions = _mentions_by_line(finds)
    for number, block in enumerate(_paragraphs(article)):
        yield from _split(article, number, block, mentions)


def _mentions_by_line(finds: Finds) -> dict[int, list[Named]]:
    by_line: dict[int, list[Named]] = {}
    for company in finds.companies:
        for one in company.mentions:
            named = Named(one.start, one.end, company.identity.id, one.line, one.confidence)
            by_line.setdefault(one.line, []).append(named)
    for here in by_line.values():
        here.sort()
    return by_line


# --- paragraphs -----------------------------------------------------------------------


def _paragraphs(article: Article) -> Iterator[tuple[int, ...]]:
    """Line numbers that belong together: mostly one, more where text is wrapped by width."""
    header = article.front_matter or (0, 0)
    block: list[int] = []
    width = 0
    for number, line in enumerate(article.lines, start=1):
        if header[0] <= number <= header[1]:
            continue
        if block and not _continues(article, block[-1], number, width):
            yield tuple(block)
            block, width = [], 0
        block.append(number)
        width = max(width, len(line.rstrip()))
    if block:
        yield tuple(block)


def _continues(article: Article, before: int, number: int, width: int) -> bool:
    last, line = article.lines[before - 1].rstrip(), article.lines[number - 1]
    if number != before + 1 or article.is_digest(before) or article.is_digest(number):
        return False
    if len(last) > 2 * _WIDEST_WRAP or _OWN_LINE.match(line) or _OWN_LINE.match(last):
        return False
    if _BYLINE.search(last) or _BYLINE.search(line) or _is_first(article, before):
        return False
    if _ENDED.search(last) or len(last) > _WIDEST_WRAP * (1 if _is_wide(last) else 2):
        return False
    if last.endswith(("，", ",", "、")):
        return True
    return len(last) >= max(_SHORTEST_WRAP, _WRAPPED_AT_LEAST * max(width, len(line.rstrip())))


def _is_first(article: Article, number: int) -> bool:
    """A headline goes on in no other line."""
    start = article.front_matter[1] if article.front_matter else 0
    return not any(line.strip() for line in article.lines[start : number - 1])


def _is_wide(line: str) -> bool:
    return sum(one > "\u2e80" for one in line) * 2 > len(line)


# --- sentences ------------------------------------------------------------------------


def _split(
    article: Article, number: int, block: Sequence[int], mentions: dict[int, list[Named]]
) -> Iterator[Sentence]:
    parts: list[str] = []
    pieces: list[Piece] = []
    named: list[Named] = []
    length = 0
    for line in block:
        if parts and parts[-1][-1:].isascii() and parts[-1][-1:].isalnum():
            parts.append(" ")
            length += 1
        pieces.append(Piece(length, line, 0))
        named.extend(
            one._replace(start=one.start + length, end=one.end + length)
            for one in mentions.get(line, ())
        )
        parts.append(article.lines[line - 1])
        length += len(parts[-1])
    written = "".join(parts)
    text = flattened(written)
    start = 0
    for end in _ends(text, named):
        if text[start:end].strip():
            own, inside = _pieces(start, end, pieces), _inside(start, end, named)
            yield Sentence(text[start:end], written[start:end], number, own, inside)
        start = end


def _ends(text: str, named: Sequence[Named]) -> Iterator[int]:
    """Ends of sentences, and cuts in what never ends."""
    start = 0
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        if _name_at(end - 1, named) is not None and end < len(text):
            continue
        while end - start > _LONGEST:
            start = _cut(text, start + _LONGEST, named)
            yield start
        start = end
        yield end


def _cut(text: str, before: int, named: Sequence[Named]) -> int:
    """After a comma, if there is one in the second half; never inside a name."""
    comma = text.rfind(",", before - _LONGEST // 2, before)
    cut = comma + 1 if comma >= 0 else before
    name = _name_at(cut, named)
    return cut if name is None or name.start == cut else name.end


def _name_at(position: int, named: Sequence[Named]) -> Named | None:
    """The company in whose name a position stands, such as the point of Yahoo! or Inc."""
    index = bisect_right(named, position, key=_start) - 1
    return named[index] if index >= 0 and position < named[index].end else None


def _pieces(start: int, end: int, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    first = bisect_right(pieces, start, key=_offset) - 1
    return tuple(
        Piece(max(0, one.offset - start), one.line, max(0, start - one.offset))
        for one in pieces[first : bisect_right(pieces, end - 1, key=_offset)]
    )


def _inside(start: int, end: int, named: Sequence[Named]) -> tuple[Named, ...]:
    """The companies named in a part of the text; of overlapping ones the first."""
    low = bisect_right(named, start - 1, key=_start)
    high = bisect_right(named, end - 1, key=_start)
    inside: list[Named] = []
    for one in named[low:high]:
        if one.end <= end and (not inside or one.start - start >= inside[-1].end):
            inside.append(one._replace(start=one.start - start, end=one.end - start))
    return tuple(inside)


def _offset(piece: Piece) -> int:
    return piece.offset


def _start(named: Named) -> int:
    return named.start
