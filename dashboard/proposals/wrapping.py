"""Which lines of an article go on into each other: columns of a printed page, wrapped posts.

A column's lines are equally wide, and their sentences end anywhere in them; items of a list
begin with what they are about.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from dashboard.articles.models import Article

_LEAST_LINES: Final = 3
_NARROWEST: Final = 14
_WIDEST: Final = 100
"""Columns; a wide character takes two."""
_UNEVEN: Final = 3
_UNEVEN_LATIN: Final = 14
"""Columns by which lines of a column differ; where words are not cut, by a long word."""
_ITEMS: Final = 0.8
"""From this share on, lines that begin with a name are items of a list."""
_WIDE: Final = frozenset("WFA")
_BEGINS: Final = re.compile(
    r"[-*>#・•■◆●▲◎★※→\[【〈《|]|\d{1,2}[.、)）]\s?(?!\d)|[(（]?[一二三四五六七八九十]{1,3}[)）、.]"
    r"|[推噓] |https?:"
)
_ENDS: Final = re.compile(r"[。！？!?：:；;…】》〉|]\s*$")
_STOPS: Final = re.compile(r"[。，,；;！？]|[.!?] ")


def runs_of_lines(article: Article, led: Collection[int]) -> Iterator[tuple[int, int]]:
    """First and last line, from 1, of everything that is to be read as one line.

    `led` : lines that begin with a company's name
    """
    lines = article.lines
    widths = [_width(line) for line in lines]
    at = 0
    while at < len(lines):
        end = _column_end(article, widths, at)
        flows = end - at >= _LEAST_LINES and _flows(lines[at:end], led, at)
        first = at
        for last in range(at, end):
            if last + 1 == end or not flows or _ENDS.search(lines[last]):
                yield first + 1, last + 1
                first = last + 1
        at = end


def _column_end(article: Article, widths: Sequence[int], at: int) -> int:
    """The line after the last one that may stand in a column with the one at a place."""
    lines, widest = article.lines, widths[at]
    if not _NARROWEST <= widest <= _WIDEST or article.is_digest(at + 1):
        return at + 1
    if _BEGINS.match(lines[at].lstrip()) or lines[at].count("|") > 1 or "\t" in lines[at]:
        return at + 1
    uneven = _UNEVEN_LATIN if lines[at].isascii() else _UNEVEN
    for end in range(at + 1, len(lines)):
        fits = widest - uneven <= widths[end - 1] and 0 < widths[end] <= widest + uneven
        ended = _BEGINS.match(lines[end].lstrip()) or lines[end].count("|") > 1
        if not fits or ended or article.is_digest(end + 1) or "\t" in lines[end]:
            return end
        widest = max(widest, widths[end])
    return len(lines)


def _flows(lines: Sequence[str], led: Collection[int], at: int) -> bool:
    """Whether sentences run over the ends of the lines."""
    items = sum(number in led for number in range(at + 1, at + 1 + len(lines)))
    if items > _ITEMS * len(lines):
        return False
    open_ends = sum(not _ENDS.search(line) for line in lines[:-1])
    return 2 * open_ends > len(lines) - 1 and any(_STOPS.search(line) for line in lines)


def _width(line: str) -> int:
    text = line.rstrip()
    if len(text) > _WIDEST:
        return len(text)
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(one) in _WIDE else 1 for one in text)
