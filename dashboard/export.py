"""Rows for a spreadsheet or another program, and what is to be known of them.

A spreadsheet runs a text that begins like a formula; here it is told as text. What the rows
are about (as of when, from where, which expression) leaves with them in every form:

- CSV: constant columns behind the figures, so none without a row. Lines of comment would be
  read as the header by spreadsheets, and files with such columns can be put under each other;
- Parquet: metadata of the schema, texts by key;
- Excel: a second sheet, `about`.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import pandas as pd

from dashboard.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet


class Form(StrEnum):
    """How a table leaves; the value is the end of the file's name."""

    CSV = "csv"
    PARQUET = "parquet"
    EXCEL = "xlsx"

    @property
    def mime(self) -> str:
        return _MIMES[self]


_MIMES: Final = {
    Form.CSV: "text/csv",
    Form.PARQUET: "application/vnd.apache.parquet",
    Form.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
"""Line breaks among them: not every writer quotes a lone carriage return."""
_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]")
_NUMBER: Final = re.compile(r"[+-]?(\d[\d,]*)?\.?\d+(e[+-]?\d+)?%?", re.IGNORECASE)
_SEVERAL: Final = ";"
"""Between the values of one field where the form has no lists."""
_SHEET_ROWS: Final = 1_048_575
_CELL_LETTERS: Final = 32_767


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


def write_table(
    rows: pd.DataFrame, target: str | Path | IO[bytes], form: Form, about: Mapping[str, str]
) -> None:
    """Columns (never the index) in one of the forms, with what is to be known of them.

    Parameters
    ----------
    rows : DataFrame
        A field may be a tuple of texts: a list in Parquet, joined by `;` elsewhere.
    target : a path, or a file open for bytes
    about : key → text, such as `as_of`, `source`, `universe`, `expression`

    Raises
    ------
    InputError
        If a key of `about` is a column too, a sheet cannot hold so many rows, or the file
        cannot be written.
    """
    if taken := [key for key in about if key in rows.columns]:
        raise InputError(f"{', '.join(taken)}: the table has columns of these names already")
    content = _WRITERS[form](rows, about)
    if not isinstance(target, str | Path):
        target.write(content)
        return
    try:
        Path(target).write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{target}: cannot be written ({error.strerror}); name another file"
        ) from error


def _safe(text: str) -> str:
    line = _CONTROL.sub(" ", text)
    dangerous = _FORMULA.match(line) and not _NUMBER.fullmatch(line.strip())
    return f"'{line}" if dangerous else line


def flat(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with several values of one field as one text."""
    return rows.assign(
        **{
            str(name): [
                _SEVERAL.join(one) if isinstance(one, tuple | list) else one for one in rows[name]
            ]
            for name in _many_valued(rows)
        }
    )


def _many_valued(rows: pd.DataFrame) -> list[str]:
    return [
        str(name)
        for name, values in rows.items()
        if pd.api.types.is_object_dtype(values.dtype)
        and any(isinstance(one, tuple | list) for one in values)
    ]


def _csv(rows: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    text = io.StringIO()
    write_csv(flat(rows).assign(**about), text)
    # With the mark spreadsheets read Chinese as UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _parquet(rows: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {str(name): _arrow(rows[name], str(name) in _many_valued(rows)) for name in rows}
    table = pa.table(columns).replace_schema_metadata(dict(about))
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _arrow(values: pd.Series, several: bool) -> pa.Array:
    import pyarrow as pa

    if several:
        return pa.array(
            [None if one is None else list(one) for one in values], type=pa.list_(pa.string())
        )
    array = pa.Array.from_pandas(values)
    # A column without any value: readers know texts better than nulls.
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array


def _excel(rows: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    import xlsxwriter

    if len(rows) > _SHEET_ROWS:
        raise InputError(
            f"{len(rows):,} rows do not fit into a sheet of {_SHEET_ROWS:,}; export CSV or Parquet"
        )
    out = io.BytesIO()
    # Texts stay texts: no formula, no number, no link is made of one.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(out, options) as book:
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("rows")
        for column, name in enumerate(rows.columns):
            _cell(sheet, 0, column, str(name), bold)
        for column, (_, values) in enumerate(flat(rows).items()):
            for row, value in enumerate(values.tolist(), start=1):
                _cell(sheet, row, column, value, day)
        sheet.freeze_panes(1, 1)
        told = book.add_worksheet("about")
        for row, (key, text) in enumerate(about.items()):
            _cell(told, row, 0, key, bold)
            _cell(told, row, 1, text, day)
        told.set_column(0, 1, 24)
    return out.getvalue()


def _cell(sheet: Worksheet, row: int, column: int, value: Any, form: Format) -> None:
    """One value as what it is; `form` is for texts of heads and for dates."""
    if isinstance(value, str):
        sheet.write_string(row, column, value[:_CELL_LETTERS], form)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif pd.isna(value):
        return
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, column, value, form)
    elif math.isfinite(value):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))


_WRITERS: Final = {Form.CSV: _csv, Form.PARQUET: _parquet, Form.EXCEL: _excel}
