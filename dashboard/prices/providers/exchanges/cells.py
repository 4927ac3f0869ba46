"""What stands in an answer of the exchanges: rows by field name, numbers, dates, codes.

Strict about the names of fields and about what is a number; tolerant of the noise that the
exchanges are known for (stray spaces, commas, dashes, `+`, `X`).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from dashboard.errors import BadAnswer, Garbled

_BLANK: Final = re.compile(r"(|-+|N/?A)")
_NUMBER: Final = re.compile(r"X?\s*([+-]?)\s*((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)")
_ROC: Final = 1911
_DATES: Final = tuple(
    (re.compile(pattern), offset)
    for pattern, offset in (
        (r"([0-9]{2,3})([0-9]{2})([0-9]{2})", _ROC),
        (r"([0-9]{2,3})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})", _ROC),
        (r"(?:民國)?([0-9]{2,3})年([0-9]{1,2})月([0-9]{1,2})日", _ROC),
        (r"([0-9]{4})([0-9]{2})([0-9]{2})", 0),
        (r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})", 0),
    )
)


def text_of(payload: bytes | str, feed: str) -> str:
    """The answer as text, without a byte order mark.

    Raises
    ------
    Garbled
        If it is empty, not UTF-8 or a web page.
    """
    if isinstance(payload, bytes):
        try:
            payload = payload.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Garbled(feed, f"the answer is not UTF-8 text ({error.reason})") from error
    text = payload.removeprefix("\ufeff").strip()
    if not text:
        raise Garbled(feed, "the answer is empty")
    if text.startswith("<"):
        raise Garbled(feed, "the answer is a web page instead of data")
    return text


def document(payload: bytes | str, feed: str) -> Any:
    """The answer as JSON.

    Raises
    ------
    Garbled
        If it is none; one that ends too early is said to be truncated.
    """
    text = text_of(payload, feed)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        early = error.pos >= len(text) or error.msg.startswith("Unterminated")
        reason = "is truncated" if early else "is no JSON"
        raise Garbled(feed, f"the answer {reason} ({error})") from error
    except RecursionError as error:
        raise Garbled(feed, "the answer is no JSON (nested too deeply)") from error


def records(payload: bytes | str, feed: str, fields: Collection[str]) -> list[dict[str, str]]:
    """The rows of a JSON array of objects, every value as text, names and values stripped.

    Raises
    ------
    BadAnswer
        If it is no array of flat objects, has no row, or a row lacks one of `fields`.
    """
    rows = document(payload, feed)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadAnswer(feed, "the answer is no list of rows")
    return _checked(
        [{str(name).strip(): _text(value, feed) for name, value in row.items()} for row in rows],
        feed,
        fields,
    )


def table_records(
    names: Sequence[object], rows: Sequence[Sequence[object]], feed: str, fields: Collection[str]
) -> list[dict[str, str]]:
    """The rows of a table whose names stand apart, as `records` has them.

    Raises
    ------
    BadAnswer
        As `records`; also if a row has another number of cells than there are names.
    """
    columns = [str(name).strip() for name in names]
    twice = sorted({name for name in fields if columns.count(name) > 1})
    if twice:
        raise BadAnswer(feed, f"the field {twice[0]!r} stands twice")
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, list | tuple) or len(row) != len(columns):
            raise BadAnswer(feed, f"row {place} does not have the {len(columns)} cells it should")
    return _checked(
        [dict(zip(columns, (_text(cell, feed) for cell in row), strict=True)) for row in rows],
        feed,
        fields,
    )


def csv_records(payload: bytes | str, feed: str, fields: Collection[str]) -> list[dict[str, str]]:
    """The rows of a CSV file with a line of names, as `records` has them.

    Raises
    ------
    BadAnswer
        As `table_records`.
    """
    try:
        lines = [row for row in csv.reader(io.StringIO(text_of(payload, feed)), strict=True) if row]
    except csv.Error as error:
        raise Garbled(feed, f"the answer is no CSV file ({error})") from error
    return table_records(lines[0], lines[1:], feed, fields)


def _checked(
    rows: list[dict[str, str]], feed: str, fields: Collection[str]
) -> list[dict[str, str]]:
    if not rows:
        raise BadAnswer(feed, "the answer has no row")
    for place, row in enumerate(rows, start=1):
        for name in fields:
            if name not in row:
                raise BadAnswer(
                    feed, f"row {place} has no field {name!r}; the feed's form has changed"
                )
    return rows


def _text(value: object, feed: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise BadAnswer(feed, f"a cell is neither text nor number: {value!r:.40}")


def number(text: str) -> float:
    """The number in a cell; NaN where the exchanges write that there is none.

    Raises
    ------
    ValueError
        If the cell is neither a number nor one of the known blanks.
    """
    cell = text.strip()
    if _BLANK.fullmatch(cell):
        return math.nan
    found = _NUMBER.fullmatch(cell)
    if not found:
        raise ValueError(f"{text!r} is no number")
    sign, digits = found.groups()
    return float(sign + digits.replace(",", ""))


def roc_date(text: str) -> dt.date:
    """The day in a cell: 1150924, 115/09/24, 115年09月24日, 20260924 or 2026-09-24.

    Raises
    ------
    ValueError
        If it is no day.
    """
    cell = text.strip()
    for pattern, offset in _DATES:
        if found := pattern.fullmatch(cell):
            year, month, day = (int(part) for part in found.groups())
            try:
                return dt.date(year + offset, month, day)
            except ValueError as error:
                raise ValueError(f"{text!r} is no day ({error})") from error
    raise ValueError(f"{text!r} is no day")
