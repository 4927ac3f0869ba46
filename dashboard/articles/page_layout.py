"""From pieces of text with their places on a page to lines in the order a reader takes them.

Columns are read one after the other, lines of one paragraph are joined, rows of a table stay one
line. Lengths are those of the page, usually points; y grows upwards.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

CELL: Final = " | "
_SAME_LINE: Final = 0.4
"""Baselines closer than this part of the size are one line."""
_WORD_GAP: Final = 0.15
_FINE_GAP: Final = 0.6
"""The narrowest gap that may part two columns."""
_CELL_GAP: Final = 1.3
_BLANK: Final = 0.7
"""Chinese characters stand this far apart where a blank is meant, less in a justified line."""
_COLUMN_LINES: Final = 3
_FULL: Final = 0.55
"""Lines of a column of prose fill this part of its width, cells of a table less."""
_DEPTH: Final = 4
_STARTS: Final = 40

_BULLET: Final = re.compile(
    r"[•●○■□◆◇▲▼►▶※★☆✓➤◎·]|\d{1,2}[.、](?!\d)|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]"
)
_SENTENCE_END: Final = re.compile(r"[。！？!?；;：:][」』）)”\"]*$")
_NARROW: Final = frozenset("iljft.,:;'|!()[]{}-` I")
_BROAD: Final = frozenset("mwMW@%")


@dataclass(frozen=True)
class Piece:
    """Text that begins at x on the baseline y, of a size."""

    x: float
    y: float
    size: float
    text: str


@dataclass(frozen=True)
class Segment:
    """Text of one line without a wide gap."""

    x: float
    end: float
    size: float
    text: str


@dataclass(frozen=True)
class Row:
    """What stands at one height of a page or of a column, from left to right."""

    y: float
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        return CELL.join(one.text for one in self.segments)

    @property
    def size(self) -> float:
        return max(one.size for one in self.segments)


def width_of(text: str) -> float:
    """Estimated width in ems: exact for Chinese, within a tenth for most Latin faces."""
    return sum(_em(one) for one in text)


def _em(one: str) -> float:
    if unicodedata.east_asian_width(one) in "WF":
        return 1.0
    if one in _NARROW:
        return 0.3
    if one in _BROAD:
        return 0.85
    return 0.67 if one.isupper() else 0.53


def rows_of(pieces: Sequence[Piece]) -> list[Row]:
    """The rows of a page from top to bottom."""
    rows: list[list[Piece]] = []
    for piece in sorted(set(pieces), key=lambda one: (-one.y, one.x, one.text)):
        if rows and rows[-1][0].y - piece.y <= _SAME_LINE * min(rows[-1][0].size, piece.size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    made = (Row(row[0].y, tuple(_segments(row))) for row in rows)
    return [row for row in made if row.segments]


def _segments(row: Sequence[Piece]) -> list[Segment]:
    segments: list[Segment] = []
    blank = False
    for piece in sorted(row, key=lambda one: (one.x, one.text)):
        text = " ".join(piece.text.split())
        if not text:
            blank = True
            continue
        one = Segment(piece.x, piece.x + width_of(text) * piece.size, piece.size, text)
        last = segments[-1] if segments else None
        if last and last.text.endswith(text) and abs(piece.x - last.x) < 0.2 * piece.size:
            continue  # drawn twice, to look bold
        if last and piece.x - last.end <= _FINE_GAP * min(last.size, piece.size):
            segments[-1] = _one_of(last, one, blank=blank or piece.text[:1].isspace())
        else:
            segments.append(one)
        blank = piece.text[-1:].isspace()
    return [Segment(one.x, one.end, one.size, _closed_up(one.text)) for one in segments]


def _one_of(last: Segment, one: Segment, *, blank: bool) -> Segment:
    size = min(last.size, one.size)
    both_wide = _wide(last.text[-1]) and _wide(one.text[0])
    apart = one.x - last.end > (_BLANK if both_wide else _WORD_GAP) * size
    text = f"{last.text}{' ' if blank or apart else ''}{one.text}"
    return Segment(last.x, max(last.end, one.end), max(last.size, one.size), text)


def _closed_up(text: str) -> str:
    """Without the blanks that a justified line seems to have between all its characters."""
    close = sum(_wide(a) and _wide(b) for a, b in pairwise(text))
    spaced = sum(
        _wide(a) and b == " " and _wide(c)
        for a, b, c in zip(text, text[1:], text[2:], strict=False)
    )
    if spaced < 3 or spaced < close:
        return text
    kept = [
        one
        for number, one in enumerate(text)
        if not (one == " " and _wide(text[number - 1]) and _wide(text[number + 1]))
    ]
    return "".join(kept)


def _merged(row: Row) -> Row:
    """The row with only those gaps that part cells."""
    segments = [row.segments[0]]
    for one in row.segments[1:]:
        last = segments[-1]
        if one.x - last.end <= _CELL_GAP * min(last.size, one.size):
            segments[-1] = _one_of(last, one, blank=False)
        else:
            segments.append(one)
    return Row(row.y, tuple(segments))


def _wide(one: str) -> bool:
    return unicodedata.east_asian_width(one) in "WF"


# --- columns ---------------------------------------------------------------------------


def columns_of(rows: Sequence[Row], depth: int = 0) -> list[list[Row]]:
    """Runs of rows in reading order, each within one column."""
    split = _split(rows, depth)
    if split is None:
        return [[_merged(row) for row in rows]] if rows else []
    first, last, left, right = split
    return [
        *columns_of(rows[:first], depth),
        *columns_of(left, depth + 1),
        *columns_of(right, depth + 1),
        *columns_of(rows[last:], depth),
    ]


def _split(rows: Sequence[Row], depth: int) -> tuple[int, int, list[Row], list[Row]] | None:
    """The longest run of rows that are two columns, and both; None where there is none."""
    if depth >= _DEPTH or len(rows) < _COLUMN_LINES:
        return None
    best: tuple[int, int, list[Row], list[Row]] | None = None
    for start in _starts(rows):
        for first, last in _bands(rows, start):
            if best is not None and last - first <= best[1] - best[0]:
                continue
            left, right = _sides(rows[first:last], start)
            if _are_columns(left, right, depth):
                best = first, last, left, right
    return best


def _starts(rows: Sequence[Row]) -> list[float]:
    """Where the lines of a second column may begin: places where several segments do."""
    segments = [one for row in rows for one in row.segments]
    left = min(one.x for one in segments)
    right = max(one.end for one in segments)
    size = median(one.size for one in segments)
    counts: Counter[int] = Counter()
    places: dict[int, float] = {}
    for one in segments:
        if left + 0.15 * (right - left) < one.x:
            key = round(one.x / max(size / 2, 0.01))
            counts[key] += 1
            places[key] = min(places.get(key, one.x), one.x)
    usual = [key for key, count in counts.most_common(_STARTS) if count >= _COLUMN_LINES]
    return sorted(places[key] for key in usual)


def _crosses(row: Row, start: float) -> bool:
    for number, one in enumerate(row.segments):
        # What begins right of it proves that the estimated width is too large.
        ends = row.segments[number + 1].x if number + 1 < len(row.segments) else one.end
        if one.x < start - 0.5 * one.size and min(one.end, ends) > start + one.size:
            return True
    return False


def _bands(rows: Sequence[Row], start: float) -> list[tuple[int, int]]:
    bands, first = [], 0
    for number in range(len(rows) + 1):
        if number == len(rows) or _crosses(rows[number], start):
            if number - first >= _COLUMN_LINES:
                bands.append((first, number))
            first = number + 1
    return bands


def _sides(rows: Sequence[Row], start: float) -> tuple[list[Row], list[Row]]:
    sides: tuple[list[Row], list[Row]] = ([], [])
    for row in rows:
        for side, right in zip(sides, (False, True), strict=True):
            own = tuple(one for one in row.segments if (one.x >= start - 0.5 * one.size) is right)
            if own:
                side.append(Row(row.y, own))
    return sides


def _are_columns(left: Sequence[Row], right: Sequence[Row], depth: int) -> bool:
    if min(len(left), len(right)) < _COLUMN_LINES:
        return False
    prose = [_is_prose(side) or _split(side, depth + 1) is not None for side in (left, right)]
    if all(prose):
        return True
    # A box of figures beside the text: its lines stand at heights of their own.
    heights = {round(row.y, 1) for row in left}
    apart = sum(round(row.y, 1) not in heights for row in right)
    return any(prose) and 2 * apart > len(right)


def _is_prose(rows: Sequence[Row]) -> bool:
    rows = [_merged(row) for row in rows]
    single = [row.segments[0] for row in rows if len(row.segments) == 1]
    if len(single) < 0.7 * len(rows):
        return False
    left, right = min(one.x for one in single), max(one.end for one in single)
    widths = [(one.end - one.x) / max(right - left, 0.01) for one in single]
    ems = [(one.end - one.x) / one.size for one in single]
    return median(widths) >= _FULL and median(ems) >= 8


# --- paragraphs ------------------------------------------------------------------------


def paragraphs_of(columns: Sequence[Sequence[Row]]) -> list[str]:
    """The lines of a text: paragraphs, rows of tables, headings; over columns and pages too."""
    lines: list[str] = []
    before: tuple[Row, float] | None = None
    for rows in columns:
        if not rows:
            continue
        right = _right_edge(rows)
        leading = _leading(rows)
        for number, row in enumerate(rows):
            drop = rows[number - 1].y - row.y if number else None
            near = drop is None or drop <= 1.35 * leading
            if before and near and _continues(*before, row, rows, lines[-1], new=number == 0):
                lines[-1] = _joined(lines[-1], row.text)
            else:
                lines.append(row.text)
            before = row, right
    return lines


def _right_edge(rows: Sequence[Row]) -> float:
    """Where full lines end; the few that reach further, such as headings, do not count."""
    ends = sorted(row.segments[-1].end for row in rows)
    return ends[max(0, math.ceil(0.9 * len(ends)) - 1)]


def _leading(rows: Sequence[Row]) -> float:
    drops = [above.y - below.y for above, below in pairwise(rows)]
    return median(drops) if drops else 0.0


def _continues(
    above: Row, right: float, row: Row, rows: Sequence[Row], paragraph: str, *, new: bool
) -> bool:
    """Whether a line goes on with the sentence of the one before it."""
    if len(above.segments) != 1 or len(row.segments) != 1:
        return False
    last, one = above.segments[0], row.segments[0]
    if abs(last.size - one.size) > 0.08 * last.size or _BULLET.match(one.text):
        return False
    ended = _SENTENCE_END.search(paragraph) is not None
    if ended and (new or one.text.startswith("【")):
        return False
    indent = one.x - min(other.segments[0].x for other in rows)
    if indent > 0.8 * one.size and (new or one.x - last.x > 0.3 * one.size):
        return bool(_BULLET.match(paragraph)) and not new
    # Full is a line that the next word did not fit into; a mark that may not begin a line, and
    # the estimate of widths, take a little more.
    word = 1.0 if _wide(one.text[0]) else width_of(one.text.split(maxsplit=1)[0])
    return last.end + (word + 1.5) * one.size > right


def _joined(text: str, more: str) -> str:
    if _wide(text[-1]) or _wide(more[0]):
        return text + more
    if text.endswith("-") and text[-2:-1].isalpha() and more[0].islower():
        return text[:-1] + more
    return f"{text} {more}"
