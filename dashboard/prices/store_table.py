"""One Delta Lake table, written by compare-and-swap.

Every write commits exactly on top of the version it read, or loses the race and starts over
from the newer one. So a plain append cannot double a row, whatever another writer does.
"""

from __future__ import annotations

import datetime as dt
import json
import operator
import os
import random
import shutil
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from dashboard.errors import InputError, StoreConflict, StoreDamaged, StoreError
from dashboard.prices.store_faults import cause, is_newer, newer, translated
from dashboard.prices.store_log import Stamp, fault, stamp
from dashboard.settings import KEEP_VARIABLE

T = TypeVar("T")

ATTEMPTS: Final = 12
SAFE_RETENTION_HOURS: Final = 168
"""A reader pinned to a version older than this may lose its files."""
TARGET_FILE_BYTES: Final = 8_000_000
"""In memory: about forty symbols of ten years, so one symbol is one small file away."""
_LEAST_PACKED: Final = 0.2
"""No batch of bars packs to less of its size in memory."""
FORMAT: Final = 2
"""Of the tables this program writes; one with a higher number is left alone. The first format
carried no number."""
FORMAT_PROPERTY: Final = "dashboard.format"
REPAIRING: Final = ".repairing"
"""Ends the name of a table that is to take the place of a damaged one (`repair`)."""
_BACK_OFF_SECONDS: Final = 0.05
_LONGEST_BACK_OFF_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Cut:
    """Which rows: of these symbols (all if None), from `start` to `end`, both included."""

    symbols: Sequence[str] | None = None
    start: dt.date | None = None
    end: dt.date | None = None

    def expression(self, keys: tuple[str, str]) -> pc.Expression | None:
        """The cut as a condition on rows; None where nothing is cut."""
        symbol, day = (pc.field(key) for key in keys)
        parts = []
        if self.symbols is not None:
            # A merge leaves files whose text is string_view, whose statistics pyarrow cannot
            # compare with a string; a cast keeps it from trying.
            names = pa.array(self.symbols, pa.large_string())
            parts.append(symbol.cast(pa.large_string()).isin(names))
        if self.start is not None:
            parts.append(day >= pa.scalar(self.start, pa.date32()))
        if self.end is not None:
            parts.append(day <= pa.scalar(self.end, pa.date32()))
        return reduce(operator.and_, parts) if parts else None

    def files(self, files: pa.Table, keys: tuple[str, str]) -> pa.Array:
        """Which files may hold such rows, by the smallest and largest key of each."""
        symbol, day = keys
        lows, highs = _bound(files, f"min.{symbol}"), _bound(files, f"max.{symbol}")
        firsts, lasts = _bound(files, f"min.{day}"), _bound(files, f"max.{day}")
        names = None if self.symbols is None else sorted(self.symbols)
        return pa.array(
            [
                (names is None or _any_within(names, low, high))
                and (self.start is None or last is None or last >= self.start)
                and (self.end is None or first is None or first <= self.end)
                for low, high, first, last in zip(lows, highs, firsts, lasts, strict=True)
            ],
            pa.bool_(),
        )


def _bound(files: pa.Table, name: str) -> list[Any]:
    """A statistic of each file; None where the writer left none."""
    if name not in files.column_names:
        return [None] * files.num_rows
    values: list[Any] = files[name].to_pylist()
    return values


def _any_within(names: list[str], low: str | None, high: str | None) -> bool:
    """Whether one of the sorted names lies within [low, high]; a file may lack statistics."""
    place = 0 if low is None else bisect_left(names, low)
    return place < len(names) and (high is None or names[place] <= high)


class Head(NamedTuple):
    """Where a table's history stands; version -1 and no identity where none exists."""

    version: int = -1
    identity: str = ""


def _head_of(table: Any, version: int, entry: Sequence[Mapping[str, Any]]) -> Head:
    moment = entry[0].get("timestamp", "") if entry else ""
    return Head(version, f"{table.metadata().id}.{version}@{moment}")


_HEADS: Final[dict[str, tuple[Stamp, Head]]] = {}
"""Of each local table, as of its log's files: pages ask every two seconds, opening takes 30 ms."""


class StoredTable:
    """A table whose rows are unique by `keys`, kept sorted by them within each file.

    Parameters
    ----------
    address : str
        Folder or object-store address; credentials come from the environment.
    keys : (symbol column, day column)
    """

    def __init__(self, address: str, schema: pa.Schema, keys: tuple[str, str]) -> None:
        folder = local_path(address)
        self.local = folder is not None
        self.address = address if folder is None else str(folder)
        self.schema = schema
        self.keys = keys

    def version(self) -> int:
        """Latest version; -1 where no table exists."""
        return self.head().version

    def identity(self) -> str:
        """Differs where the table, or its history, is another one; empty where none exists.

        A version number alone does not tell: a table made anew or restored counts on from it.
        """
        return self.head().identity

    def head(self) -> Head:
        """Version and identity; of a local table whose log has not changed, without opening it."""
        if not self.local:
            return self._head()
        now = self._translate(lambda: stamp(self.address))
        before, known = _HEADS.get(self.address, (None, Head()))
        if not now or now != before:
            known = self._head()
            _HEADS[self.address] = (now, known)
        return known

    def head_at(self, version: int) -> Head:
        """The head as it was when this version was the last.

        Raises
        ------
        StoreError
            If `version` is gone or was never written.
        """
        table = self._open()
        latest = -1 if table is None else int(table.version())
        if table is None or version > latest:
            raise self._without(version, latest)
        # Of an older table the library numbers the entries wrongly.
        told = self._translate(lambda: table.history(latest - version + 1))
        found = [one for one in told if one.get("version") == version]
        if not found:
            raise self._without(version, latest)
        return _head_of(table, version, found[:1])

    def _head(self) -> Head:
        table = self._open()
        if table is None:
            return Head()
        return _head_of(table, int(table.version()), self._translate(lambda: table.history(1)))

    def files(self) -> int:
        """Number of data files of the latest version."""
        table = self._open()
        return 0 if table is None else len(self._translate(table.file_uris))

    def read(
        self,
        columns: Sequence[str] | None = None,
        cut: Cut | None = None,
        version: int | None = None,
    ) -> pa.Table:
        """Rows within the cut, in no order; empty where no table exists.

        Raises
        ------
        StoreError
            If the log or a file is damaged, or `version` is gone or was never written.
        """
        names = list(columns) if columns is not None else self.schema.names
        table = None if version == -1 else self._open(version)
        if table is None:
            return pa.schema([self.schema.field(name) for name in names]).empty_table()
        try:
            return self.rows(table, names, cut)
        except StoreDamaged as error:
            # The log is kept longer than the files that only an old version used.
            if version is None or not isinstance(error.__cause__, FileNotFoundError):
                raise
            latest = self.version()
            if version >= latest:
                raise
            raise self._without(version, latest) from error

    def _without(self, version: int, latest: int) -> StoreError:
        """What is to be said of a version that is not there."""
        if version > latest:
            why = "does not exist"
        else:
            why = (
                "is no longer kept: tidying up takes away what only old versions used; more days "
                f"of them stay with {KEEP_VARIABLE}"
            )
        return StoreError(f"{self.address}: version {version} {why}; the latest is {latest}")

    def rows(self, table: Any, columns: Sequence[str], cut: Cut | None = None) -> pa.Table:
        """As `read`, of an open table."""
        wanted = cut or Cut()
        return self._translate(
            lambda: self._dataset(table, wanted).to_table(
                columns=list(columns), filter=wanted.expression(self.keys)
            )
        )

    def _dataset(self, table: Any, cut: Cut) -> ds.FileSystemDataset:
        """The files that may hold rows within the cut."""
        # Arrow's own file system reads a local file a good deal faster than the store's.
        local = SubTreeFileSystem(self.address, LocalFileSystem()) if self.local else None
        whole = table.to_pyarrow_dataset(filesystem=local)
        files = pa.table(table.get_add_actions(flatten=True))
        fragments = [
            whole.format.make_fragment(path, filesystem=whole.filesystem)
            for path in files["path"].filter(cut.files(files, self.keys)).to_pylist()
        ]
        return ds.FileSystemDataset(fragments, self.schema, whole.format, whole.filesystem)

    def change(self, write: Callable[[Any], T]) -> T:
        """Run `write(table)`, which reads `table` and commits at most once on top of it.

        Raises
        ------
        StoreConflict
            If other writers won every race.
        """
        from deltalake.exceptions import CommitFailedError

        for attempt in range(ATTEMPTS):
            try:
                self._check_writable()
                table = self._open() or self._create()
                base = int(table.version())
                result = self._translate(partial(write, table), CommitFailedError)
            except CommitFailedError as error:
                if is_newer(error):
                    raise self._error(error) from error
                longest = min(_BACK_OFF_SECONDS * 2**attempt, _LONGEST_BACK_OFF_SECONDS)
                time.sleep(random.uniform(0, longest))
                continue
            self._translate(partial(self._flush, base + 1))
            return result
        raise StoreConflict(
            f"{self.address}: other writers won {ATTEMPTS} times; wait until they have finished "
            "and run it again"
        )

    def append(self, table: Any, rows: pa.Table) -> None:
        """Add rows whose keys the table lacks; for use within `change`."""
        from deltalake import write_deltalake

        write_deltalake(
            table,
            self._sorted(rows),
            mode="append",
            target_file_size=TARGET_FILE_BYTES,
            commit_properties=_no_rebase(),
        )

    def merge(self, table: Any, rows: pa.Table) -> None:
        """Add rows or replace those of the same keys; for use within `change`."""
        merger = self._merger(table, self._sorted(rows))
        merger.when_matched_update_all().when_not_matched_insert_all().execute()

    def delete(self, table: Any, keys: pa.Table) -> None:
        """Delete the rows of these keys; for use within `change`."""
        self._merger(table, keys).when_matched_delete().execute()

    def replace(self, table: Any, rows: pa.Table, symbols: Sequence[str] | None = None) -> None:
        """Put `rows` in the place of all rows (of these symbols); for use within `change`."""
        from deltalake import write_deltalake

        write_deltalake(
            table,
            self._sorted(rows),
            mode="overwrite",
            predicate=None if symbols is None else _one_of(self.keys[0], symbols),
            target_file_size=TARGET_FILE_BYTES,
            commit_properties=_no_rebase(),
        )

    def compact(self) -> None:
        """Rewrite all rows sorted into few files."""
        self.change(lambda table: self.replace(table, self.rows(table, self.schema.names)))

    def vacuum(self, retention_hours: int) -> int:
        """Delete files that no version of the last `retention_hours` uses; how many.

        Raises
        ------
        InputError
            If the retention is shorter than `SAFE_RETENTION_HOURS`.
        """
        if retention_hours < SAFE_RETENTION_HOURS:
            raise InputError(
                f"vacuum: a retention of {retention_hours} h may take files from under a reader; "
                f"give at least {SAFE_RETENTION_HOURS}"
            )
        table = self._open()
        if table is None:
            return 0
        # Full: what a killed writer left was never in the log.
        gone = self._translate(
            lambda: table.vacuum(retention_hours=retention_hours, dry_run=False, full=True)
        )
        return len(gone)

    def _merger(self, table: Any, rows: pa.Table) -> Any:
        symbol, day = self.keys
        days = pc.min_max(rows[day])
        symbols = pc.min_max(rows[symbol])
        # The bounds let the files outside them be left alone without a look into them.
        predicate = (
            f"t.{symbol} = s.{symbol} AND t.{day} = s.{day}"
            f" AND t.{day} >= DATE '{days['min']}' AND t.{day} <= DATE '{days['max']}'"
            f" AND t.{symbol} >= {_quoted(symbols['min'].as_py())}"
            f" AND t.{symbol} <= {_quoted(symbols['max'].as_py())}"
        )
        return table.merge(
            rows,
            predicate,
            source_alias="s",
            target_alias="t",
            commit_properties=_no_rebase(),
        )

    def _sorted(self, rows: pa.Table) -> pa.Table:
        self._check_room(rows)
        return rows.cast(self.schema).sort_by([(key, "ascending") for key in self.keys])

    def _open(self, version: int | None = None) -> Any | None:
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        self._check_log()
        try:
            table = self._translate(
                lambda: DeltaTable(self.address, version=version), TableNotFoundError
            )
        except TableNotFoundError as error:
            self._check_place(error)
            return None
        except StoreError as error:
            if version is None:
                raise
            raise self._without(version, self.version()) from error
        self._check_format(table)
        self._check_ours(table)
        return table

    def _check_log(self) -> None:
        """What the library passes over: an entry that is empty or lacks lines."""
        reason = self._translate(lambda: fault(self.address)) if self.local else None
        if reason is not None:
            raise StoreDamaged(self.address, reason)

    def _check_format(self, table: Any) -> None:
        told = table.metadata().configuration.get(FORMAT_PROPERTY, "1")
        if not (told.isdecimal() and int(told) <= FORMAT):
            raise newer(self.address, f"format {told[:20]}, this one knows {FORMAT}")

    def _check_place(self, error: Exception) -> None:
        """A table that is not there is to be made, unless something else is in its place."""
        if not self.local:
            return
        place = Path(self.address)
        for path in self._translate(lambda: [p for p in (place, *place.parents) if p.is_file()]):
            raise StoreError(
                f"{path}: the price store is a folder and this is a file; name a folder"
            )
        if cause(str(error)) is not None:
            raise self._error(error) from error
        if Path(self.address + REPAIRING).is_dir():
            raise StoreDamaged(self.address, "a repair was interrupted")
        if self._translate(lambda: any(place.glob("*.parquet"))):
            raise StoreDamaged(self.address, "there are prices and no log")

    def _check_ours(self, table: Any) -> None:
        from deltalake import Schema

        found, ours = (
            {field.name: str(field.type) for field in schema.fields}
            for schema in (table.schema(), Schema.from_arrow(self.schema))
        )
        if found != ours:
            columns = ", ".join(found)
            raise StoreError(
                f"{self.address}: another program's table is here (columns {columns[:100]}); "
                "name another folder for the price store"
            )

    def _check_writable(self) -> None:
        """Ask before the library does, which tells the user its own story of a failed write."""
        place = Path(self.address)
        if self.local and place.is_dir() and not os.access(place, os.W_OK):
            raise self._error(PermissionError("Permission denied or read-only file system"))

    def _check_room(self, rows: pa.Table) -> None:
        if self.local and shutil.disk_usage(self.address).free < rows.nbytes * _LEAST_PACKED:
            raise OSError("No space left on device")

    def _create(self) -> Any:
        from deltalake import DeltaTable
        from deltalake.exceptions import CommitFailedError

        return self._translate(
            lambda: DeltaTable.create(
                self.address,
                schema=self.schema,
                mode="ignore",
                configuration={FORMAT_PROPERTY: str(FORMAT)},
                raise_if_key_not_exists=False,
            ),
            CommitFailedError,
        )

    def _translate(self, call: Callable[[], T], *let_through: type[Exception]) -> T:
        from deltalake.exceptions import DeltaError

        try:
            return call()
        except let_through:
            raise
        except (DeltaError, OSError, pa.ArrowException, ValueError) as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> StoreError:
        return translated(self.address, error, local=self.local)

    def _flush(self, version: int) -> None:
        """Bring a commit to the disk: its data files, the log entry, the folders' entries."""
        log = Path(self.address, "_delta_log", f"{version:020d}.json")
        if not self.local or not log.exists():
            return
        paths = [log]
        for line in log.read_text("utf-8").splitlines():
            if added := json.loads(line).get("add"):
                paths.append(Path(self.address, unquote(added["path"])))
        for path in (*paths, log.parent, Path(self.address)):
            # A concurrent compaction may have taken the file already.
            if path.exists():
                fsync(path)


def local_path(address: str) -> Path | None:
    """The folder at an address; None where it is an object store's."""
    if address.startswith("file://"):
        address = unquote(address.removeprefix("file://"))
    return None if "://" in address else Path(address).expanduser().absolute()


def fsync(path: Path) -> None:
    """Bring a file, or the entries of a folder, to the disk."""
    if os.name == "nt" and path.is_dir():  # Windows opens no folder
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _no_rebase() -> Any:
    """Commit on top of the version read, or fail: that is the compare-and-swap."""
    from deltalake import CommitProperties

    return CommitProperties(max_commit_retries=0)


def _one_of(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(_quoted(value) for value in values)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
