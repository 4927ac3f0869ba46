"""A damaged table made anew from what is intact of it; the damaged folder is kept aside.

The log is replayed as far as it can be read. Where entries of it are lost, data files that no
entry knows are taken for theirs, and of two rows of the same keys the one fetched later wins. So
rows that a lost entry deleted may come back; the next refresh settles them.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dashboard.errors import StoreDamaged
from dashboard.prices.bars import FETCHED_AT
from dashboard.prices.store_faults import newer, translated
from dashboard.prices.store_log import Log, read_log
from dashboard.prices.store_table import FORMAT, FORMAT_PROPERTY, REPAIRING, StoredTable, fsync

ASIDE: Final = ".damaged-"
_DRAFT: Final = ".draft"
_RANK: Final = "rank"
_OF_THE_FILE: Final = (None, errno.ENOENT, errno.EIO, errno.EINVAL)
"""What an error says that lies in one file, not in the rights or limits of this process."""


@dataclass(frozen=True)
class Lost:
    """Rows of one data file that cannot be read.

    Attributes
    ----------
    rows : int or None where the log does not tell
    first, last : (text key, day) of the smallest and largest keys; None likewise
    """

    file: str
    reason: str
    rows: int | None = None
    first: tuple[str, str] | None = None
    last: tuple[str, str] | None = None


@dataclass(frozen=True)
class Repaired:
    """What was, or on a dry run would be, kept of one damaged table.

    Attributes
    ----------
    entries : log entries that were lost
    aside : name of the damaged folder; empty on a dry run
    """

    table: str
    reason: str
    rows: int
    entries: tuple[str, ...]
    lost: tuple[Lost, ...]
    aside: str


def repaired(
    name: str, table: StoredTable, *, moment: dt.datetime, dry_run: bool = False
) -> Repaired | None:
    """Make a damaged local table anew; None where it is sound, and then nothing changes.

    A kill leaves the damaged table, or the new one beside it, and the next call goes on from
    there.

    Raises
    ------
    StoreError
        If the table is another program's or a newer version's, or the folder cannot be written.
    """
    try:
        table.read()
    except StoreDamaged as error:
        reason = error.reason
    else:
        return None
    folder, ready = Path(table.address), Path(table.address + REPAIRING)
    aside = _free_name(folder, moment)
    interrupted = ready.is_dir() and not folder.exists()
    if interrupted:
        aside = max(folder.parent.glob(f"{folder.name}{ASIDE}*"), default=aside)
    rows, log, lost = _salvaged(aside if interrupted else folder, table)
    if not dry_run:
        try:
            if not interrupted:
                _write(table, rows, ready)
                _rename(folder, aside)
            _rename(ready, folder)
        except OSError as error:
            raise translated(table.address, error) from error
    kept = "" if dry_run else aside.name
    return Repaired(name, reason, rows.num_rows, log.broken, tuple(lost), kept)


def _free_name(folder: Path, moment: dt.datetime) -> Path:
    name = f"{folder.name}{ASIDE}{moment:%Y%m%dT%H%M%S}"
    number = 1
    while (path := folder.with_name(name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return path


def _write(table: StoredTable, rows: pa.Table, ready: Path) -> None:
    """The new table, whole and on the disk before it gets the name that says so."""
    draft = Path(f"{ready}{_DRAFT}")
    for unfinished in (draft, ready):
        if unfinished.exists():
            shutil.rmtree(unfinished)
    fresh = StoredTable(str(draft), table.schema, table.keys)
    fresh.change(lambda opened: fresh.append(opened, rows) if rows.num_rows else None)
    for path in (*draft.rglob("*"), draft):
        fsync(path)
    _rename(draft, ready)


def _rename(source: Path, target: Path) -> None:
    source.rename(target)
    fsync(target.parent)


def _salvaged(folder: Path, table: StoredTable) -> tuple[pa.Table, Log, list[Lost]]:
    """Rows that can be read, sorted and unique by the table's keys."""
    log = read_log(str(folder))
    told = log.configuration.get(FORMAT_PROPERTY, "1")
    if not (told.isdecimal() and int(told) <= FORMAT):
        raise newer(table.address, f"format {told[:20]}, this one knows {FORMAT}")
    parts, lost = [table.schema.append(pa.field(_RANK, pa.int64())).empty_table()], []
    for rank, name in enumerate(log.files):
        add = log.live.get(name, {})
        for part in _parts(folder / name, add, table):
            if isinstance(part, Lost):
                lost.append(part)
            else:
                parts.append(
                    part.append_column(_RANK, pa.array([rank] * part.num_rows, pa.int64()))
                )
    return _latest(pa.concat_tables(parts), table), log, lost


def _parts(path: Path, add: Mapping[str, Any], table: StoredTable) -> Iterator[pa.Table | Lost]:
    """Each row group of a data file, or what is lost with it."""
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException, ValueError) as error:
        yield _lost(path, error, add, table)
        return
    with file:
        for group in range(file.num_row_groups):
            try:
                rows = file.read_row_group(group, columns=table.schema.names)
                rows = rows.select(table.schema.names).cast(table.schema)
            except (OSError, pa.ArrowException, ValueError, KeyError) as error:
                yield _lost(path, error, add, table, file.metadata.row_group(group).num_rows)
                continue
            whole = [pc.is_valid(rows[key]) for key in table.keys]
            yield rows.filter(pc.and_(*whole))


def _lost(
    path: Path,
    error: Exception,
    add: Mapping[str, Any],
    table: StoredTable,
    rows: int | None = None,
) -> Lost:
    if isinstance(error, OSError) and error.errno not in _OF_THE_FILE:
        raise translated(str(path), error) from error
    reason = "the file is missing" if isinstance(error, FileNotFoundError) else "it is damaged"
    try:
        told = json.loads(add.get("stats") or "{}")
        first, last = (
            (str(bounds[table.keys[0]]), str(bounds[table.keys[1]]))
            for bounds in (told["minValues"], told["maxValues"])
        )
        return Lost(path.name, reason, told["numRecords"] if rows is None else rows, first, last)
    except (ValueError, KeyError, TypeError):
        return Lost(path.name, reason, rows)


def _latest(rows: pa.Table, table: StoredTable) -> pa.Table:
    """Of the rows of the same keys the one fetched last, of those the last written."""
    fetched = [FETCHED_AT] if FETCHED_AT in table.schema.names else []
    ordered = rows.sort_by([(name, "ascending") for name in (*table.keys, *fetched, _RANK)])
    if ordered.num_rows > 1:
        differs = [
            pc.not_equal(ordered[key][1:].combine_chunks(), ordered[key][:-1].combine_chunks())
            for key in table.keys
        ]
        last = pa.concat_arrays([pc.or_(*differs), pa.array([True])])
        ordered = ordered.filter(last)
    return ordered.select(table.schema.names)
