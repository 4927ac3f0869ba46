"""Bars and shares outstanding from the user's own CSV and Parquet files.

A file is read whole or refused with all its faults; what is wrong with single prices
(no close, not positive, no session) is for `quality` to say, row by row.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from dashboard.errors import InputError
from dashboard.markets import is_index
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    BAR_DTYPES,
    CLOSE,
    DATE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LARGEST_COUNT,
    LOW,
    OPEN,
    SESSION,
    SHARES,
    SHARES_COLUMNS,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
    BarFlag,
)

OHLC_OK: Final = "ohlc_ok"
"""False where open or close may lie outside [low, high]."""
SUFFIXES: Final = (".csv", ".parquet", ".pq")
MAX_BYTES: Final = 2_000_000_000
"""Largest file, unpacked: ten years of every stock in the world's larger markets."""
_ALIASES: Final = {"date": SESSION, "adj_close": ADJUSTED_CLOSE, "adj close": ADJUSTED_CLOSE}
_NUMBERS: Final = (OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, VOLUME, DIVIDEND, SPLIT)
_KNOWN: Final = frozenset((*BAR_COLUMNS, OHLC_OK, SHARES))
_BLANK: Final = frozenset(("", "-", "--", "---", "nan", "none", "null", "n/a", "na", "<na>"))
_TRUE: Final = frozenset(("true", "1", "yes", "t"))
_SYMBOL: Final = re.compile(r"(?=.{1,21}$)\^?[A-Z0-9]+(?:[.=\-][A-Z0-9]+)*")
_DAY: Final = r"^(\d{4})[-/]?(\d{1,2})[-/]?(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?$"
_FAULTS_NAMED: Final = 20
_CLOCKS_APART: Final = pd.Timedelta(days=1)
"""A time without zone may be local: it is then ahead of UTC by hours."""
_CHUNK_BYTES: Final = 1 << 20
_UNREADABLE: Final = (OSError, ValueError, MemoryError, csv.Error, pa.ArrowException)


@dataclass(frozen=True, eq=False)
class ImportedBars:
    """A file of bars: columns and dtypes of a bar, values not yet checked.

    Attributes
    ----------
    shares : None where the file has no such column beside its prices
    """

    path: Path
    bars: pd.DataFrame
    shares: pd.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class ImportedShares:
    """A file of shares outstanding: symbol, date, shares, source."""

    path: Path
    shares: pd.DataFrame


@dataclass
class _Faults:
    """What is wrong with one file, row by row."""

    name: str
    unit: str
    first: int
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, rows: pd.Series, values: pd.Series, what: str) -> None:
        """One fault for each row where `rows` is true."""
        for row, value in values[rows].items():
            self.found.append((int(str(row)), f"{what} ({str(value)[:40]!r})"))

    def settle(self) -> None:
        """Raise if there are any."""
        if not self.found:
            return
        named = [
            f"{self.unit} {row + self.first}: {what}"
            for row, what in sorted(self.found)[:_FAULTS_NAMED]
        ]
        more = len(self.found) - len(named)
        tail = f"; and {more} more" if more else ""
        raise InputError(f"{self.name}: {'; '.join(named)}{tail}; nothing was stored")


def import_paths(paths: Iterable[Path | str]) -> tuple[list[Path], list[Path]]:
    """The files to read, and those of folders that hold neither bars nor shares.

    A file named by the user is always to be read; of a folder, the CSV and Parquet files
    with a column `close` or `shares`, in the order of their names.

    Raises
    ------
    InputError
        If a path does not exist or a folder has nothing to read.
    """
    chosen: list[Path] = []
    passed_over: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            chosen.append(path)
            continue
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
        fitting = [p for p in files if {CLOSE, SHARES} & set(_columns(p))]
        if not fitting:
            raise InputError(
                f"{path}: the folder holds no CSV or Parquet file with a column {CLOSE} or {SHARES}"
            )
        chosen += fitting
        passed_over += [p for p in files if p not in fitting]
    return chosen, passed_over


def read_import(path: Path | str, now: dt.datetime | None = None) -> ImportedBars | ImportedShares:
    """One CSV or Parquet file: bars where it has `close`, shares where it has `shares`.

    Columns as in `Bar` (`date` and `adj_close` are accepted), in any order and case; others
    are ignored. Missing open, high and low, volume or adjusted close are flagged; where there
    is no adjusted close the traded one stands in. An index has nothing to adjust.

    Parameters
    ----------
    now : Time of fetch where the file names none; the present if None.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or has cells that are no symbol, date or
        number: all of them, with line (CSV) or row (Parquet).
    """
    file = Path(path)
    of_lines = file.suffix.lower() == ".csv"
    faults = _Faults(file.name, "line" if of_lines else "row", 2 if of_lines else 1)
    frame = _frame(file, faults)
    if _of_shares(frame.columns):
        shares = _shares(frame, file, faults)
        faults.settle()
        return ImportedShares(file, shares)
    bars = _bars(frame, file, faults, now or dt.datetime.now(dt.UTC))
    both = _shares(_with_shares(frame), file, faults) if SHARES in frame else None
    faults.settle()
    return ImportedBars(file, bars, both)


def read_bars_file(path: Path | str, now: dt.datetime | None = None) -> pd.DataFrame:
    """The bars of one file, or of all files of a folder; see `read_import`.

    Raises
    ------
    InputError
        As `read_import`, and if a named file holds shares.
    """
    files, _ = import_paths([path])
    frames = []
    for file in files:
        imported = read_import(file, now)
        if isinstance(imported, ImportedBars):
            frames.append(imported.bars)
        elif not Path(path).is_dir():
            raise InputError(f"{file.name}: it holds shares outstanding, no bars")
    if not frames:
        raise InputError(f"{path}: the folder holds no bars")
    return pd.concat(frames, ignore_index=True)


def _columns(file: Path) -> list[str]:
    """Column names of a file, in our spelling."""
    try:
        return [_column(name) for name in _header(file)]
    except _UNREADABLE as error:
        raise InputError(_unreadable(file, error)) from error


def _header(file: Path) -> list[str]:
    if file.suffix.lower() != ".csv":
        return list(pq.read_schema(file).names)
    with file.open(encoding="utf-8-sig", newline="") as text:
        return next(csv.reader(text), [])


def _column(name: str) -> str:
    plain = str(name).strip().lower()
    return _ALIASES.get(plain, plain)


def _frame(file: Path, faults: _Faults) -> pd.DataFrame:
    """All known columns in our spelling, cells as they are, rows by their place in the file."""
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(f"{file.name}: prices are read from {', '.join(SUFFIXES)} files")
    if not file.is_file():
        raise InputError(f"{file}: there is no such file")
    names = _columns(file)
    if not names:
        raise InputError(f"{file.name}: the file is empty")
    twice = sorted({name for name in names if names.count(name) > 1 and name in _KNOWN})
    if twice:
        raise InputError(f"{file.name}: column {', '.join(twice)} is there twice; keep one")
    _require(names, file)
    try:
        frame = _csv(file, faults) if file.suffix.lower() == ".csv" else _parquet(file)
    except _UNREADABLE as error:
        raise InputError(_unreadable(file, error)) from error
    frame.columns = pd.Index([_column(name) for name in frame.columns])
    if frame.empty and not faults.found:
        raise InputError(f"{file.name}: the file has no rows")
    return frame


def _unreadable(file: Path, error: Exception) -> str:
    reason = " ".join(str(error).split())[:200]
    if isinstance(error, UnicodeDecodeError) or "UTF8" in reason:
        return f"{file.name}: the text is not UTF-8; save it as UTF-8"
    return f"{file.name}: the file cannot be read ({reason}); give a whole CSV or Parquet file"


def _csv(file: Path, faults: _Faults) -> pd.DataFrame:
    """Cells as text; the index is the line less the first one, lines of odd length are faults."""
    _limit(file, file.stat().st_size)
    _check_encoding(file)
    odd: list[int] = []

    def note(row: pa_csv.InvalidRow) -> str:
        odd.append(row.number - faults.first)
        wanted = f"{row.expected_columns} cells, not {row.actual_columns}"
        faults.found.append((odd[-1], f"a line has {wanted} ({row.text[:40]!r})"))
        return "skip"

    names = _header(file)
    known = [name for name in names if _column(name) in _KNOWN]
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
    with pq.ParquetFile(file) as parquet:
        metadata = parquet.metadata
        groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
        # A few bytes can unpack to gigabytes: every cell of ours takes eight at least.
        cells = metadata.num_rows * len(_KNOWN) * 8
        _limit(file, max(cells, sum(group.total_byte_size for group in groups)))
        known = [name for name in parquet.schema_arrow.names if _column(name) in _KNOWN]
        table: pd.DataFrame = parquet.read(columns=known).to_pandas(
            # A column that pandas had as its index stays a column.
            date_as_object=False,
            ignore_metadata=True,
        )
    return table


def _limit(file: Path, size: int) -> None:
    if size > MAX_BYTES:
        raise InputError(
            f"{file.name}: {size / 1e9:,.1f} GB unpacked, at most {MAX_BYTES / 1e9:,.0f} are read; "
            "split the file"
        )


def _require(names: Sequence[str], file: Path) -> None:
    spelled = {SESSION: f"{SESSION} (or {DATE})", CLOSE: f"{CLOSE} (or {SHARES})"}
    price = SHARES if _of_shares(names) else CLOSE
    missing = [spelled.get(n, n) for n in (SYMBOL, SESSION, price) if n not in names]
    if missing:
        raise InputError(f"{file.name}: column {', '.join(missing)} is missing; nothing was stored")


def _of_shares(names: Iterable[str]) -> bool:
    return SHARES in names and CLOSE not in names


def _bars(frame: pd.DataFrame, file: Path, faults: _Faults, now: dt.datetime) -> pd.DataFrame:
    bars = pd.DataFrame(index=frame.index)
    bars[SYMBOL] = _symbols(frame[SYMBOL], faults)
    bars[SESSION] = _days(frame[SESSION], faults)
    for name in _NUMBERS:
        bars[name] = _numbers(frame[name], name, faults) if name in frame else np.nan
    bars[SOURCE] = _sources(frame, file)
    bars[FETCHED_AT] = _fetched_at(frame, now, faults)
    bars[FLAGS] = _stated_flags(frame, faults)
    if OHLC_OK in frame:
        doubtful = ~_texts(frame[OHLC_OK]).str.lower().isin(_TRUE)
        bars.loc[doubtful, FLAGS] |= int(BarFlag.OUTSIDE_RANGE)
    if not faults.found:
        _stand_in(bars)
        bars = bars[list(BAR_COLUMNS)].astype(BAR_DTYPES).reset_index(drop=True)
    return bars


def _stand_in(bars: pd.DataFrame) -> None:
    """Fill what the file does not say, and flag it."""
    no_range = bars[[OPEN, HIGH, LOW]].isna().any(axis=1)
    bars.loc[no_range, [OPEN, HIGH, LOW]] = np.nan
    bars.loc[no_range, FLAGS] |= int(BarFlag.CLOSE_ONLY)
    bars.loc[bars[VOLUME].isna(), FLAGS] |= int(BarFlag.NO_VOLUME)
    no_adjustment = bars[ADJUSTED_CLOSE].isna()
    index = bars[SYMBOL].map(is_index).astype(bool)
    bars.loc[no_adjustment & ~index, FLAGS] |= int(BarFlag.UNADJUSTED)
    bars.loc[no_adjustment, ADJUSTED_CLOSE] = bars.loc[no_adjustment, CLOSE]
    bars[DIVIDEND] = bars[DIVIDEND].fillna(0.0)
    # Yahoo's own tables write 0 for "no split".
    bars[SPLIT] = bars[SPLIT].replace(0.0, 1.0).fillna(1.0)


def _with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a file of bars that say a number of shares, one a day."""
    blank = _texts(frame[SHARES]).str.lower().isin(_BLANK)
    return frame[~blank].drop_duplicates([SYMBOL, SESSION, SHARES])


def _shares(frame: pd.DataFrame, file: Path, faults: _Faults) -> pd.DataFrame:
    shares = pd.DataFrame(index=frame.index)
    shares[SYMBOL] = _symbols(frame[SYMBOL], faults)
    shares[DATE] = _days(frame[SESSION], faults)
    counts = _numbers(frame[SHARES], SHARES, faults)
    out_of_range = ~counts.between(1, LARGEST_COUNT)
    faults.add(
        out_of_range | (counts % 1 != 0),
        frame[SHARES],
        f"no share count (a whole number from 1 to {LARGEST_COUNT:,.0f})",
    )
    again = shares.duplicated([SYMBOL, DATE])
    faults.add(again & shares[DATE].notna(), shares[SYMBOL], "a second number on one date")
    if not faults.found:
        shares[SHARES] = counts.astype("int64")
        shares[SOURCE] = _sources(frame, file)
        shares = shares[list(SHARES_COLUMNS)].reset_index(drop=True)
    return shares


def _texts(column: pd.Series) -> pd.Series:
    return column.astype("str").fillna("").str.strip()


def _symbols(column: pd.Series, faults: _Faults) -> pd.Series:
    symbols = _texts(column).str.upper()
    names = pd.Series(symbols.unique())
    bare = names[names.str.fullmatch(r"\d+\.?")]
    bad = names[~names.str.fullmatch(_SYMBOL) & ~names.isin(bare)]
    faults.add(symbols.isin(bare), column, "symbol without its board, write 2330.TW or 3081.TWO")
    faults.add(symbols.isin(bad), column, "no symbol")
    return symbols


def _days(column: pd.Series, faults: _Faults) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        moments = column.dt.tz_localize(None)
        faults.add(moments != moments.dt.normalize(), column, "no session's date, or with a time")
        stamped: pd.Series = moments.astype("datetime64[s]")
        return stamped
    texts = _texts(column)
    iso = texts.str.replace(_DAY, lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", regex=True)
    days = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
    faults.add(days.isna(), column, "no date as 2026-06-30")
    sessions: pd.Series = days.astype("datetime64[s]")
    return sessions


def _numbers(column: pd.Series, name: str, faults: _Faults) -> pd.Series:
    """NaN for blanks and the exchanges' dashes; anything else must be a finite number."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        numbers = column.astype("float64")
        blank = numbers.isna()
    else:
        texts = _texts(column).str.replace(",", "", regex=False)
        blank = texts.str.lower().isin(_BLANK)
        numbers = pd.to_numeric(texts.where(~blank), errors="coerce").astype("float64")
    faults.add(~blank & ~np.isfinite(numbers), column, f"{name} is no number")
    return numbers


def _sources(frame: pd.DataFrame, file: Path) -> pd.Series:
    unnamed = f"file:{file.name}"
    if SOURCE not in frame:
        return pd.Series(unnamed, index=frame.index)
    named = _texts(frame[SOURCE])
    return named.where(named != "", unnamed)


def _fetched_at(frame: pd.DataFrame, now: dt.datetime, faults: _Faults) -> pd.Series:
    present = pd.Series(pd.Timestamp(now).tz_convert("UTC"), index=frame.index)
    if FETCHED_AT not in frame:
        return present
    texts = _texts(frame[FETCHED_AT])
    blank = texts.str.lower().isin({*_BLANK, "nat"})
    moments = pd.to_datetime(texts.where(~blank), errors="coerce", utc=True, format="ISO8601")
    faults.add(~blank & moments.isna(), frame[FETCHED_AT], "fetched_at is no time")
    faults.add(moments > present + _CLOCKS_APART, frame[FETCHED_AT], "fetched_at is in the future")
    known: pd.Series = moments.where(~blank & ~(moments > present), present)
    return known


def _stated_flags(frame: pd.DataFrame, faults: _Faults) -> pd.Series:
    """Flags as a number or as the names that `bars` prints."""
    if FLAGS not in frame:
        return pd.Series(0, index=frame.index)
    texts = _texts(frame[FLAGS])
    values = {text: _flag_value(text) for text in texts.unique()}
    flags = texts.map(values)
    faults.add(flags < 0, frame[FLAGS], "unknown flag")
    return flags.astype("int64")


def _flag_value(text: str) -> int:
    """-1 where the text is none."""
    if text.lower() in _BLANK:
        return 0
    if re.fullmatch(r"\d{1,6}(\.0)?", text):
        value = int(float(text))
        return value if value < 2 * max(BarFlag) else -1
    names = {flag.name: int(flag) for flag in BarFlag}
    parts = [names.get(part.strip().upper(), -1) for part in text.split(",")]
    return -1 if -1 in parts else sum(set(parts))
