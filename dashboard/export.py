"""Rows for a spreadsheet: a text that it would run as a formula is told as text."""

from __future__ import annotations

import re
from typing import IO, Final

import pandas as pd

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
"""Line breaks among them: not every writer quotes a lone carriage return."""
_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]")
_NUMBER: Final = re.compile(r"[+-]?(\d[\d,]*)?\.?\d+(e[+-]?\d+)?%?", re.IGNORECASE)


def neutralised(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with an apostrophe before each text that begins like a formula.

    Numbers, and texts that are numbers, stay as they are; so do dates. Column names are
    texts too. A tab, a line break or another control character becomes a space.
    """
    safe = rows.copy()
    safe.columns = pd.Index([_safe(str(name)) for name in rows.columns])
    for place, kind in enumerate(rows.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) and not hasattr(kind, "unit"):
            values = rows.iloc[:, place].tolist()
            safe.isetitem(place, [_safe(one) if isinstance(one, str) else one for one in values])
    return safe


def write_csv(rows: pd.DataFrame, target: IO[str]) -> None:
    """Columns (never the index) as CSV; a missing value is an empty field."""
    neutralised(rows).to_csv(target, index=False, lineterminator="\n")


def _safe(text: str) -> str:
    line = _CONTROL.sub(" ", text)
    dangerous = _FORMULA.match(line) and not _NUMBER.fullmatch(line.strip())
    return f"'{line}" if dangerous else line
