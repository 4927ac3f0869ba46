"""Codes that stand in a column of codes: their rows need no name that fits."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from dashboard.i18n import Text
from dashboard.markets import HOME
from dashboard.proposals.ambiguous import folded_pattern
from dashboard.proposals.blocks import Block
from dashboard.proposals.codes import Cited, Code
from dashboard.proposals.hits import Hit, Pairs, tell_conflict
from dashboard.proposals.lexicon import Lexicon, Tier
from dashboard.proposals.models import How, Identity
from dashboard.proposals.naming import Candidate

_CELL: Final = re.compile(r"[^|\t]+")
_SPACED: Final = re.compile(r"\S+(?: \S+)*")
_WORD: Final = re.compile(r"[^\s,;:、()]+")
_CODE: Final = re.compile(r"[^0-9a-z]*([1-9][0-9]{3})(?:\.two?)?[^0-9a-z]*", re.IGNORECASE)
_HEADER: Final = re.compile(
    rf"[^0-9a-z]*(?:{folded_pattern('(?:股票|證券|公司)?(?:代號|代碼|股號)')}"
    r"|(?:stock )?code|ticker|symbol)[^0-9a-z]*"
)
_LEAST: Final = 2
"""Rows whose codes fit their names that make a column without a header one of codes."""
_APART: Final = 8
_SEPARATORS: Final = re.compile(r"[ \t|:,*]*")
_FIRST_WORDS: Final = 3
"""Columns looked at in lines that are no table's rows."""


_Column = tuple[str, int]
_Place = tuple[str, int, int]
"""A code and where it starts and ends in the block's text."""


def read_columns(block: Block, found: list[Candidate], lexicon: Lexicon, pairs: Pairs) -> None:
    """Tell the codes of columns of codes whose rows have no name that fits, or a wrong one.

    A column is one of codes where its header says so, or where two rows' codes fit the names
    beside them; either way each of its four-digit numbers is a listed company's code.

    Parameters
    ----------
    found : names whose codes are paired already
    pairs : added to
    """
    paired = [one.code_span for one in found if one.code_span]
    taken = [block.place(*span) for span in paired]
    taken += [(hit.line, hit.start, hit.end) for hit in pairs.hits]
    places = {(line, at) for line, start, end in taken for at in range(start, end)}
    told = {line for conflict in pairs.conflicts for line in conflict.lines}
    for code, start, end in _codes_of_columns(block, [start for start, _ in paired], lexicon):
        line, first, last = block.place(start, end)
        if (line, first) in places or line in told:
            continue
        cited = Cited(start, end, (Code(code, HOME, code, None, True),), True, False)
        owner = lexicon.by_code[code]
        other = _beside(block, found, start, end)
        if other is not None and other.name.identity.id != owner.id:
            tell_conflict(block, cited, cited.codes[0], other, owner, pairs)
        elif other is None:
            pairs.hits.append(
                Hit(line, first, last, code, code, owner, How.CODE, 0.9, _reason(code, owner))
            )


def _reason(code: str, owner: Identity) -> Text:
    return Text(
        f"{code} 在一欄股票代號裡，是{owner.name.zh}",
        f"{code} stands in a column of codes and is {owner.name.en}'s",
    )


def _beside(block: Block, found: list[Candidate], start: int, end: int) -> Candidate | None:
    """The sure name in the cell before or after a code, with only separators between."""
    for one in found:
        if not one.bounded or one.code or one.refused or one.name.tier > Tier.SELDOM:
            continue
        between = block.flat[one.end : start] if one.end <= start else block.flat[end : one.start]
        if one.end <= start and len(between) <= _APART and _SEPARATORS.fullmatch(between):
            return one
        if one.start >= end and len(between) <= _APART and _SEPARATORS.fullmatch(between):
            return one
    return None


def _codes_of_columns(block: Block, fitting: list[int], lexicon: Lexicon) -> Iterator[_Place]:
    columns: defaultdict[_Column, list[_Place]] = defaultdict(list)
    headed: set[_Column] = set()
    for kind, index, start, cell in _cells(block):
        code = _CODE.fullmatch(cell)
        if code is not None:
            place = (code[1], start + code.start(1), start + code.end(1))
            columns[kind, index].append(place)
        elif kind != "words" and _HEADER.fullmatch(cell.lower()):
            headed.add((kind, index))
    spans = set(fitting)
    for column, places in columns.items():
        fits = sum(start in spans for _, start, _ in places)
        if (column in headed or fits >= _LEAST) and all(
            code in lexicon.by_code for code, _, _ in places
        ):
            yield from places


def _cells(block: Block) -> Iterator[tuple[str, int, int, str]]:
    """(kind of row, column, position, text) of the cells of all lines."""
    for number, base in enumerate(block.starts):
        end = block.starts[number + 1] - 1 if number + 1 < len(block.starts) else block.own_end
        line = block.flat[base:end]
        kind, pattern = _kind(line)
        for index, match in enumerate(pattern.finditer(line)):
            if kind == "words" and index >= _FIRST_WORDS:
                break
            yield kind, index, base + match.start(), match[0]


def _kind(line: str) -> tuple[str, re.Pattern[str]]:
    if "|" in line or "\t" in line:
        return "cells", _CELL
    if re.search(r"\S {2,}\S", line):
        return "spaced", _SPACED
    return "words", _WORD
