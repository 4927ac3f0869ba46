"""Bars, shares outstanding, corporate actions and monthly revenue from the user's own files.

A CSV or Parquet file is read whole or refused with all its faults; what is wrong with single
prices (no close, not positive, no session) is for `quality` to say, row by row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dashboard.errors import InputError
from dashboard.prices.bars import CLOSE, DATE, SESSION, SHARES, SYMBOL
from dashboard.prices.providers.files.faults import Faults
from dashboard.prices.providers.files.kinds import (
    BARS,
    actions_of,
    bars_of,
    kind_of,
    revenue_of,
    shares_of,
    with_shares,
)
from dashboard.prices.providers.files.tables import KNOWN, SUFFIXES, columns_of, frame_of
from dashboard.prices.records import ACTIONS, MONTH, REVENUE, REVENUES, SHARES_KIND, RecordKind

__all__ = ["ImportedBars", "ImportedRecords", "import_paths", "read_bars_file", "read_import"]


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
class ImportedRecords:
    """A file of records: columns and dtypes of their kind.

    Of monthly revenue, rows of one month that differ are all there.
    """

    path: Path
    kind: RecordKind
    records: pd.DataFrame


def import_paths(paths: Iterable[Path | str]) -> tuple[list[Path], list[Path]]:
    """The files to read, and those of folders that hold nothing we know.

    A file named by the user is always to be read; of a folder, the CSV and Parquet files whose
    columns tell what they are (`kinds.kind_of`), in the order of their names.

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
        fitting = [p for p in files if kind_of(columns_of(p))]
        if not fitting:
            raise InputError(
                f"{path}: the folder holds no CSV or Parquet file with a column {CLOSE}, {SHARES}, "
                f"{REVENUE} or an amount of an action"
            )
        chosen += fitting
        passed_over += [p for p in files if p not in fitting]
    return chosen, passed_over


def read_import(path: Path | str, now: dt.datetime | None = None) -> ImportedBars | ImportedRecords:
    """One CSV or Parquet file: bars, shares, actions or monthly revenue, told by its columns.

    Columns as in a bar or a record (`date` and `adj_close` are accepted, and the spellings of
    `tables`), in any order and case; others are ignored. Of bars, missing open, high and low,
    volume or adjusted close are flagged; where there is no adjusted close the traded one stands
    in. An index has nothing to adjust.

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
    kind = _kind(file)
    of_lines = file.suffix.lower() == ".csv"
    faults = Faults(file.name, "line" if of_lines else "row", 2 if of_lines else 1)
    frame = frame_of(file, faults)
    imported = _imported(kind, frame, file, faults, now or dt.datetime.now(dt.UTC))
    faults.settle()
    return imported


def _imported(
    kind: str, frame: pd.DataFrame, file: Path, faults: Faults, now: dt.datetime
) -> ImportedBars | ImportedRecords:
    if kind == SHARES_KIND.name:
        return ImportedRecords(file, SHARES_KIND, shares_of(frame, file, faults))
    if kind == ACTIONS.name:
        return ImportedRecords(file, ACTIONS, actions_of(frame, file, faults, now))
    if kind == REVENUES.name:
        return ImportedRecords(file, REVENUES, revenue_of(frame, file, faults, now))
    bars = bars_of(frame, file, faults, now)
    both = shares_of(with_shares(frame), file, faults) if SHARES in frame else None
    return ImportedBars(file, bars, both)


def read_bars_file(path: Path | str, now: dt.datetime | None = None) -> pd.DataFrame:
    """The bars of one file, or of all files of a folder; see `read_import`.

    Raises
    ------
    InputError
        As `read_import`, and if a named file holds something else.
    """
    files, _ = import_paths([path])
    frames = []
    for file in files:
        imported = read_import(file, now)
        if isinstance(imported, ImportedBars):
            frames.append(imported.bars)
        elif not Path(path).is_dir():
            raise InputError(f"{file.name}: it holds {imported.kind.name}, no bars")
    if not frames:
        raise InputError(f"{path}: the folder holds no bars")
    return pd.concat(frames, ignore_index=True)


def _kind(file: Path) -> str:
    """What a file holds, once it is sure that it has what that needs."""
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(f"{file.name}: prices are read from {', '.join(SUFFIXES)} files")
    if not file.is_file():
        raise InputError(f"{file}: there is no such file")
    names = columns_of(file)
    if not names:
        raise InputError(f"{file.name}: the file is empty")
    twice = sorted({name for name in names if name in KNOWN and names.count(name) > 1})
    if twice:
        raise InputError(f"{file.name}: column {', '.join(twice)} is there twice; keep one")
    kind = kind_of(names)
    missing = _missing(names, kind)
    if missing:
        raise InputError(f"{file.name}: column {', '.join(missing)} is missing; nothing was stored")
    return kind or BARS


def _missing(names: Collection[str], kind: str | None) -> Sequence[str]:
    day = MONTH if kind == REVENUES.name else SESSION
    spelled = {SESSION: f"{SESSION} (or {DATE})", MONTH: f"{MONTH} (or revenue_ym)"}
    missing = [spelled.get(name, name) for name in (SYMBOL, day) if name not in names]
    if kind is None:
        missing.append(f"{CLOSE} (or {SHARES}, {REVENUE}, an amount of an action)")
    return missing
