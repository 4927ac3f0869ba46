"""A person's file as text, rows and values: encodings, line ends, quotes, dates, prices."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterator
from typing import Final

from dashboard.errors import InputError
from dashboard.prices.bars import LARGEST_PRICE

MOST_BYTES: Final = 4_000_000
MOST_LINES: Final = 20_000
"""No list is so long: all of Taiwan's market has some 2,000 shares."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_TAG_ENDS: Final = re.compile(r"[,;，；、]")
_QUOTED_FORMULA: Final = re.compile(r"'+\s*[=+\-@＝＋－＠]")
_DAY: Final = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})", re.ASCII)
_PRICE: Final = re.compile(r"\d[\d,]*(\.\d*)?(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?", re.ASCII | re.I)


def one_line(text: str) -> str:
    """The text with its control characters as spaces, and none around it."""
    return _CONTROL.sub(" ", text).strip()


def tags_of(text: str) -> tuple[str, ...]:
    """The tags of `"a, b; c"`, each once."""
    parts = (one_line(part) for part in _TAG_ENDS.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def guarded(text: str) -> str:
    """The text for `export.write_csv` such that `unguarded` gives it back.

    It puts an apostrophe before a formula; a text that has one of its own gets another.
    """
    return f"'{text}" if _QUOTED_FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell, without the apostrophe that keeps a spreadsheet from running it."""
    text = one_line(cell)
    return text[1:] if _QUOTED_FORMULA.match(text) else text


def day_of(text: str) -> dt.date | None:
    """`2026-06-30`, `2026/6/30` or `20260630`; None for anything else."""
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    try:
        return dt.date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def price_of(text: str) -> float | None:
    """`1,234.5`; None for what is no price above 0."""
    if not _PRICE.fullmatch(text):
        return None
    value = float(text.replace(",", ""))
    return value if math.isfinite(value) and 0 < value <= LARGEST_PRICE else None


def text_of(data: str | bytes) -> str:
    r"""The text of a file, each line ended by \n.

    Parameters
    ----------
    data : bytes are UTF-8, UTF-16 or Big5

    Raises
    ------
    InputError
        If it is no text, or too large.
    """
    if len(data) > MOST_BYTES:
        size = MOST_BYTES // 1_000_000
        raise InputError(f"the file is larger than {size} MB; no list is so long")
    text = data if isinstance(data, str) else _decoded(data)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise InputError("the file holds a NUL character, so it is no text; export the list again")
    if text.count("\n") >= MOST_LINES:
        raise InputError(f"the file has more than {MOST_LINES:,} lines; no list is so long")
    return text


def _decoded(data: bytes) -> str:
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("the file is no text in UTF-8, UTF-16 or Big5; save it as UTF-8")


def _encodings(data: bytes) -> tuple[str, ...]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if data[1:2] == b"\0":
        return ("utf-16-le",)
    if data[:1] == b"\0":
        return ("utf-16-be",)
    return ("utf-8", "cp950")


def csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is not empty; separated by , ; or tab.

    Raises
    ------
    InputError
        If a row cannot be read.
    """
    first = text.lstrip("\n").partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True
    )
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(
                f"line {line}: the row cannot be read ({error}); check its quotes"
            ) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
