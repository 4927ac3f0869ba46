"""An article's lines read as stretches of text, and where a place of one stands in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

from dashboard.proposals.chinese import flattened, folded

_BLOCK: Final = 50_000
"""Characters read at a time; longer stretches without an empty line are read in parts."""
_AHEAD: Final = 200
"""Characters that are read beyond the end of a part."""


@dataclass(frozen=True)
class Block:
    """Consecutive lines read as one text.

    Attributes
    ----------
    first : number of the first line
    starts : position of each line in the text
    own_end : what begins from there on belongs to the next block
    column : position in the first line where the text begins
    """

    first: int
    text: str
    starts: tuple[int, ...]
    own_end: int
    column: int = 0

    @cached_property
    def flat(self) -> str:
        return flattened(self.text)

    @cached_property
    def low(self) -> str:
        return folded(self.text)

    def place(self, start: int, end: int) -> tuple[int, int, int]:
        """(line, start, end) in that line, cut at its end."""
        index = bisect_right(self.starts, start) - 1
        base = self.starts[index]
        following = self.starts[index + 1] - 1 if index + 1 < len(self.starts) else len(self.text)
        shift = self.column if index == 0 else 0
        return self.first + index, start - base + shift, min(end, following) - base + shift


def blocks_of(lines: tuple[str, ...]) -> Iterator[Block]:
    """Runs of lines between empty ones, with the next line where a run is cut."""
    first, size = 0, 0
    kept: list[str] = []
    for index, line in enumerate(lines):
        alone = len(line) > _BLOCK or not line.strip()
        if kept and (alone or size + len(line) > _BLOCK):
            yield _block(first, kept, "" if alone else line)
            kept, size = [], 0
        if len(line) > _BLOCK:
            yield from _pieces(index, line)
        elif line.strip():
            if not kept:
                first = index
            kept.append(line)
            size += len(line)
    if kept:
        yield _block(first, kept, "")


def _block(first: int, lines: list[str], following: str) -> Block:
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    text = "\n".join([*lines, following]) if following else "\n".join(lines)
    return Block(first + 1, text, tuple(starts if following else starts[:-1]), starts[-1])


def _pieces(index: int, line: str) -> Iterator[Block]:
    """A very long line in parts, cut where a sentence ends if one does."""
    start = 0
    while start < len(line):
        end = start + _BLOCK
        cut = max(line.rfind(mark, end - _AHEAD, end) for mark in "。；，, ") + 1
        end = cut or end
        yield Block(index + 1, line[start : end + _AHEAD], (0,), end - start, start)
        start = end
