"""CSV and Parquet files as frames of the columns we know, cells as they are.

What a file says of its size is believed before anything of it is unpacked, and what it does not
say is bounded: the first line, the length of a cell.
"""

from __future__ import annotations

import codecs
import csv
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from dashboard.errors import InputError
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    SESSION,
    SHARES,
)
from dashboard.prices.providers.files.faults import Faults
from dashboard.prices.records import ACTIONS, ANNOUNCED, MONTH, REVENUE

SUFFIXES: Final = (".csv", ".parquet", ".pq")
MAX_BYTES: Final = 2_000_000_000
"""Largest file, unpacked: ten years of every stock in the world's larger markets."""
MAX_CELL: Final = 10_000
"""Characters of the longest text; a Parquet file says it once and repeats it at no cost."""
OHLC_OK: Final = "ohlc_ok"
"""False where open or close may lie outside [low, high]."""
FACTOR_RATIO: Final = "factor_ratio"
"""Previous close / reference price: 4 where one share becomes four."""
SOURCE_ADJUSTED_CLOSE: Final = "source_adjusted_close"
"""In what `bars` prints, where `adjusted_close` is ours."""
KNOWN: Final = frozenset(
    (
        *BAR_COLUMNS, OHLC_OK, SHARES, SOURCE_ADJUSTED_CLOSE,
        *ACTIONS.columns, FACTOR_RATIO, MONTH, REVENUE, ANNOUNCED,
    )
)  # fmt: skip
UNREADABLE: Final = (OSError, ValueError, MemoryError, csv.Error, pa.ArrowException)
_ALIASES: Final = {
    "date": SESSION, "adj_close": ADJUSTED_CLOSE, "adj close": ADJUSTED_CLOSE,
    "revenue_ym": MONTH, "revenue_twd": REVENUE,
}  # fmt: skip
_CHUNK_BYTES: Final = 1 << 20


def columns_of(file: Path) -> list[str]:
    """Column names of a file, in our spelling.

    Raises
    ------
    InputError
        If the file cannot be read or is too large.
    """
    try:
        return [_column(name) for name in _header(file)]
    except UNREADABLE as error:
        raise InputError(_unreadable(file, error)) from error


def frame_of(file: Path, faults: Faults) -> pd.DataFrame:
    """All known columns in our spelling, cells as they are, rows by their place in the file.

    Raises
    ------
    InputError
        As `columns_of`, and if there are no rows.
    """
    try:
        frame = _csv(file, faults) if _is_csv(file) else _parquet(file)
    except UNREADABLE as error:
        raise InputError(_unreadable(file, error)) from error
    frame.columns = pd.Index([_column(name) for name in frame.columns])
    if frame.empty and not faults.found:
        raise InputError(f"{file.name}: the file has no rows")
    return frame


def _is_csv(file: Path) -> bool:
    return file.suffix.lower() == ".csv"


def _header(file: Path) -> list[str]:
    _limit(file, file.stat().st_size)
    if not _is_csv(file):
        return list(pq.read_schema(file).names)
    with file.open(encoding="utf-8-sig", newline="") as text:
        return next(csv.reader([text.readline(_CHUNK_BYTES)]), [])


def _column(name: str) -> str:
    plain = str(name).strip().lower()
    return _ALIASES.get(plain, plain)


def _unreadable(file: Path, error: Exception) -> str:
    reason = " ".join(str(error).split())[:200]
    if isinstance(error, UnicodeDecodeError) or "UTF8" in reason:
        return f"{file.name}: the text is not UTF-8; save it as UTF-8"
    return f"{file.name}: the file cannot be read ({reason}); give a whole CSV or Parquet file"


def _csv(file: Path, faults: Faults) -> pd.DataFrame:
    """Cells as text; the index is the line less the first one, lines of odd length are faults."""
    _check_encoding(file)
    odd: list[int] = []

    def note(row: pa_csv.InvalidRow) -> str:
        odd.append(row.number - faults.first)
        wanted = f"{row.expected_columns} cells, not {row.actual_columns}"
        faults.found.append((odd[-1], f"a line has {wanted} ({row.text[:40]!r})"))
        return "skip"

    names = _header(file)
    known = [name for name in names if _column(name) in KNOWN]
    table = pa_csv.read_csv(
        file,
        # One thread, or odd lines come without their number.
        pa_csv.ReadOptions(use_threads=False),
        pa_csv.ParseOptions(invalid_row_handler=note, ignore_empty_lines=False),
        pa_csv.ConvertOptions(
            include_columns=known,
            column_types=dict.fromkeys(known, pa.string()),
            strings_can_be_null=False,
        ),
    )
    lines = np.setdiff1d(np.arange(table.num_rows + len(odd)), odd)
    frame: pd.DataFrame = table.to_pandas().set_axis(lines, axis=0)
    return frame[(frame != "").any(axis=1)]


def _check_encoding(file: Path) -> None:
    """Before the reader meets it: of a line of odd length that is no text it cannot tell us."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            decoder.decode(chunk)
    decoder.decode(b"", final=True)


def _parquet(file: Path) -> pd.DataFrame:
    schema = pq.read_schema(file)
    known = [name for name in schema.names if _column(name) in KNOWN]
    worded = [name for name in known if _is_text(schema.field(name).type)]
    # A text is read once, however often it stands in the file, until we know how long it is.
    with pq.ParquetFile(file, read_dictionary=worded) as parquet:
        metadata = parquet.metadata
        groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
        # A few bytes can unpack to gigabytes: every cell of a bar takes eight at least.
        cells = metadata.num_rows * max(len(known), len(BAR_COLUMNS)) * 8
        _limit(file, max(cells, sum(group.total_byte_size for group in groups)))
        table = parquet.read(columns=known)
    _check_texts(file, table)
    frame: pd.DataFrame = table.to_pandas(
        # A column that pandas had as its index stays a column.
        date_as_object=False,
        ignore_metadata=True,
    )
    return frame


def _is_text(kind: pa.DataType) -> bool:
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    return any(one(kind) for one in texts)


def _check_texts(file: Path, table: pa.Table) -> None:
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not pa.types.is_dictionary(column.type):
            continue
        for chunk in column.chunks:
            words = chunk.dictionary
            longest = pc.max(pc.binary_length(words)).as_py() if _is_text(words.type) else 0
            if (longest or 0) > MAX_CELL:
                raise InputError(
                    f"{file.name}: a cell of {name[:40]} has {longest:,} bytes, at most "
                    f"{MAX_CELL:,} are read; take it out"
                )


def _limit(file: Path, size: int) -> None:
    if size > MAX_BYTES:
        raise InputError(
            f"{file.name}: {size / 1e9:,.1f} GB unpacked, at most {MAX_BYTES / 1e9:,.0f} are read; "
            "split the file"
        )
