"""The price store: the bars and what stands beside them, one Delta Lake table each.

Readers see one version of a table, a commit is whole or not there. The tables are not
partitioned: rows are written sorted by symbol into small files, whose statistics lead a read
of one symbol to its one file, while a new session stays one small file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.errors import InputError, StoreError
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    CLOSE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LOW,
    OPEN,
    SESSION,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
    validated,
)
from dashboard.prices.differences import Changes, bar_changes, places, record_changes
from dashboard.prices.lock import refresh_lock
from dashboard.prices.records import (
    DAY,
    KINDS,
    LISTINGS,
    MOMENT,
    NUMBER,
    TEXT,
    WHOLE,
    RecordKind,
    validated_records,
)
from dashboard.prices.repair import Repaired, repaired
from dashboard.prices.store_table import (
    SAFE_RETENTION_HOURS,
    Cut,
    Head,
    StoredTable,
    local_path,
)
from dashboard.provenance import DataPin, TablePin, mark_of

BARS: Final = "bars"
BAR_ARROW_SCHEMA: Final = pa.schema(
    [
        (SYMBOL, pa.string()),
        (SESSION, pa.date32()),
        *((name, pa.float64()) for name in (OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE)),
        *((name, pa.float64()) for name in (VOLUME, DIVIDEND, SPLIT)),
        (SOURCE, pa.string()),
        (FETCHED_AT, pa.timestamp("us", tz="UTC")),
        (FLAGS, pa.int32()),
    ]
)
_ARROW_TYPES: Final = {
    TEXT: pa.string(),
    DAY: pa.date32(),
    MOMENT: pa.timestamp("us", tz="UTC"),
    NUMBER: pa.float64(),
    WHOLE: pa.int64(),
}


@dataclass(frozen=True)
class Outcome:
    """What an upsert did, in rows.

    Attributes
    ----------
    kept : int
        Rows refused because the stored one knows more (an adjusted close, a volume, a range).
    """

    new: int = 0
    unchanged: int = 0
    corrected: int = 0
    kept: int = 0
    by_symbol: Mapping[str, Outcome] = field(default_factory=dict)

    @classmethod
    def total(cls, outcomes: Iterable[Outcome]) -> Outcome:
        """The sums, without the symbols."""
        parts = list(outcomes)
        return cls(
            sum(one.new for one in parts),
            sum(one.unchanged for one in parts),
            sum(one.corrected for one in parts),
            sum(one.kept for one in parts),
        )

    @classmethod
    def of(cls, names: pd.Series, changes: Changes) -> Outcome:
        """The changes counted; `names` are the texts that `by_symbol` counts by."""
        masks = (changes.new, changes.unchanged, changes.corrected, changes.kept)
        counts = pd.DataFrame(dict(enumerate(masks))).groupby(names.to_numpy()).sum()
        by_symbol = {
            str(name): cls(*own) for name, *own in counts.reset_index().to_numpy().tolist()
        }
        new, unchanged, corrected, kept = (int(mask.sum()) for mask in masks)
        return cls(new, unchanged, corrected, kept, by_symbol)


class PriceStore:
    """Bars and records under one address.

    Parameters
    ----------
    address : str
        A folder or any object-store address (`s3://bucket/prices`); made at the first write.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        base = address.rstrip("/")
        self._bars = StoredTable(f"{base}/{BARS}", BAR_ARROW_SCHEMA, (SYMBOL, SESSION))
        self._records = {
            name: StoredTable(f"{base}/{name}", arrow_schema(kind), kind.keys)
            for name, kind in KINDS.items()
        }
        self._tables = {BARS: self._bars, **self._records}

    def version(self) -> int:
        """Version of the bars; -1 where nothing was ever stored."""
        return self._bars.version()

    def versions(self) -> dict[str, int]:
        """Version of the bars and of each kind of records; -1 where none were ever stored."""
        return {name: table.version() for name, table in self._tables.items()}

    def pins(self, names: Iterable[str]) -> DataPin:
        """The last versions of some tables, those left out of which nothing was ever stored."""
        heads = {name: self._tables[name].head() for name in names}
        return DataPin(
            MappingProxyType({n: _pin(one) for n, one in heads.items() if one.version >= 0})
        )

    def check(self, pins: DataPin) -> None:
        """Whether these versions are here and no other store's.

        Raises
        ------
        StoreError
            If one of them is gone, was never written, or was made in another folder.
        """
        for name, pin in pins.tables.items():
            table = self._tables.get(name)
            if table is None:
                raise StoreError(f"{self.address}: a price store has no table {name}")
            if table.version() < 0 or _pin(table.head_at(pin.version)) != pin:
                raise StoreError(
                    f"{self.address}: this is another store than the one meant (its {name} "
                    f"{pin.version} is not {pin.mark}); name that one with --data-dir"
                )

    def identity(self) -> str:
        """Changes with every commit and whenever the tables are others, whatever their version.

        A folder that was deleted, filled again or restored may count to the same version.
        """
        return "/".join(table.identity() for table in self._tables.values())

    def upsert(self, bars: pd.DataFrame) -> Outcome:
        """Add bars, correct those that differ, leave the rest alone; one commit or none.

        A stored bar is not replaced by one that knows less. Time of fetch and source alone
        are no difference.

        Raises
        ------
        InputError
            If the bars are not valid (`bars.validated`).
        StoreConflict, StoreError
        """
        valid = validated(bars)
        if valid.empty:
            return Outcome()
        symbols = valid[SYMBOL].unique().tolist()
        cut = Cut(symbols, valid[SESSION].min().date(), valid[SESSION].max().date())

        def write(table: object) -> Outcome:
            stored = self._bars.rows(table, BAR_COLUMNS, cut)
            changes = bar_changes(valid, stored)
            _write(self._bars, table, bars_to_arrow(valid[changes.written]), changes)
            return Outcome.of(valid[SYMBOL], changes)

        return self._bars.change(write)

    def replace_symbol(self, symbol: str, bars: pd.DataFrame) -> Outcome:
        """Put a refetched history in the place of all stored bars of one symbol.

        Raises
        ------
        InputError
            If the bars are empty, not valid, or of another symbol.
        """
        valid = validated(bars)
        if valid.empty or set(valid[SYMBOL]) != {symbol}:
            raise InputError(
                f"{symbol}: a history can be replaced only by bars of the same symbol; "
                "fetch it again"
            )
        cut = Cut([symbol])

        def write(table: object) -> Outcome:
            stored = self._bars.rows(table, BAR_COLUMNS, cut)
            changes = bar_changes(valid, stored, keep_richer=False)
            if changes.written.any() or len(valid) != stored.num_rows:
                self._bars.replace(table, bars_to_arrow(valid), [symbol])
            return Outcome.of(valid[SYMBOL], changes)

        return self._bars.change(write)

    def upsert_records(self, kind: RecordKind, records: pd.DataFrame) -> Outcome:
        """Add records, correct those that differ, leave the rest alone; one commit or none.

        Source and time of fetch alone are no difference. `by_symbol` counts by the kind's text
        key.

        Raises
        ------
        InputError
            If the records are not valid (`records.validated_records`).
        StoreConflict, StoreError
        """
        valid = validated_records(kind, records)
        if valid.empty:
            return Outcome()
        stored_as = self._records[kind.name]

        def write(table: object) -> Outcome:
            stored = stored_as.rows(table, list(kind.columns), _cut(kind, valid))
            changes = record_changes(kind, valid, stored)
            rows = _to_arrow(valid[changes.written], stored_as.schema)
            _write(stored_as, table, rows, changes)
            return Outcome.of(valid[kind.keys[0]], changes)

        return stored_as.change(write)

    def read_records(
        self, kind: RecordKind, keys: Iterable[str] | None = None, version: int | None = None
    ) -> pd.DataFrame:
        """Records in the columns and dtypes of their kind, sorted by its keys.

        Parameters
        ----------
        keys : values of the kind's text key (symbols); all if None
        version : of this kind's table; the latest if None, none of them if -1

        Raises
        ------
        StoreError
            If the table is damaged or has no such version.
        """
        names = None if keys is None else list(keys)
        return _records(kind, self._records[kind.name].read(cut=Cut(names), version=version))

    def delete_records(self, kind: RecordKind, keys: pd.DataFrame) -> int:
        """Delete the records of these keys (the kind's two key columns); how many there were.

        Raises
        ------
        InputError
            If a key column is missing or not of its type.
        StoreConflict, StoreError
        """
        wanted = _keys(kind, keys)
        stored_as = self._records[kind.name]
        if wanted.empty or stored_as.version() < 0:
            return 0

        def write(table: object) -> int:
            stored = stored_as.rows(table, list(kind.keys), _cut(kind, wanted))
            found = wanted[places(wanted, stored, kind.keys) >= 0]
            if len(found):
                schema = pa.schema([stored_as.schema.field(name) for name in kind.keys])
                stored_as.delete(table, _to_arrow(found, schema))
            return len(found)

        return stored_as.change(write)

    def move_symbol(self, old: str, new: str) -> Outcome:
        """Give what is stored of a company under its old symbol to its new one.

        Each table is one commit, the bars last: what a kill leaves undone is done by the next
        call. Listings stay, they tell of the move.

        Returns
        -------
        Outcome
            Of the bars: `kept` counts sessions of which the new symbol has a bar itself.
        """
        if old == new:
            return Outcome()
        for name, kind in KINDS.items():
            if SYMBOL in kind.columns and kind is not LISTINGS:
                _move(self._records[name], old, new)
        return _move(self._bars, old, new)

    def read(
        self,
        symbols: Iterable[str] | None = None,
        fields: Sequence[str] | None = None,
        start: dt.date | None = None,
        end: dt.date | None = None,
        version: int | None = None,
        as_of: dt.date | None = None,
    ) -> pa.Table:
        """Bars as an Arrow table, in no order; `session` is date32, NaN where unknown.

        Parameters
        ----------
        symbols : all if None
        fields : columns of `BAR_COLUMNS`; all if None
        start, end : sessions, both included
        version : of the store; the latest if None
        as_of : no session after it, whatever `end` says

        Raises
        ------
        InputError
            If a field is none of a bar.
        StoreError
            If the store is damaged or has no such version.
        """
        unknown = [name for name in fields or () if name not in BAR_COLUMNS]
        if unknown:
            raise InputError(
                f"bars have no field {', '.join(unknown)}; they have {', '.join(BAR_COLUMNS)}"
            )
        last = min((day for day in (end, as_of) if day is not None), default=None)
        names = None if symbols is None else list(symbols)
        return self._bars.read(fields, Cut(names, start, last), version)

    def symbols(self) -> list[str]:
        """Symbols with at least one bar, sorted."""
        names: list[str] = pc.unique(self._bars.read([SYMBOL])[SYMBOL]).to_pylist()
        return sorted(names)

    def coverage(self, version: int | None = None) -> pd.DataFrame:
        """What is stored of each symbol, from one pass over five columns.

        Returns
        -------
        DataFrame, symbols ×
            first, last (datetime64), bars (count), flags (all of them or-ed), source (of the
            last bar first, joined by a comma), fetched_at (latest, UTC)
        """
        table = self._bars.read([SYMBOL, SESSION, FLAGS, SOURCE, FETCHED_AT], version=version)
        grouped = table.group_by([SYMBOL, FLAGS, SOURCE]).aggregate(
            [(SESSION, "min"), (SESSION, "max"), (SESSION, "count"), (FETCHED_AT, "max")]
        )
        frame = grouped.to_pandas(date_as_object=False).sort_values(
            [SYMBOL, f"{SESSION}_max"], ascending=[True, False]
        )
        by_symbol = frame.groupby(SYMBOL, sort=True)
        return pd.DataFrame(
            {
                "first": by_symbol[f"{SESSION}_min"].min(),
                "last": by_symbol[f"{SESSION}_max"].max(),
                "bars": by_symbol[f"{SESSION}_count"].sum(),
                FLAGS: by_symbol[FLAGS].agg(lambda f: int(np.bitwise_or.reduce(f.to_numpy()))),
                SOURCE: by_symbol[SOURCE].agg(lambda s: ", ".join(dict.fromkeys(s))),
                FETCHED_AT: by_symbol[f"{FETCHED_AT}_max"].max(),
            }
        )

    def files(self) -> int:
        """Number of files a full read of the bars opens."""
        return self._bars.files()

    def repair(
        self, *, dry_run: bool = False, now: dt.datetime | None = None
    ) -> tuple[Repaired, ...]:
        """Make each damaged table anew from what is intact; empty where all are sound.

        The damaged folder is kept beside the new one, as `bars.damaged-YYYYmmddTHHMMSS`.

        Raises
        ------
        InputError
            If the store is no local folder.
        RefreshRunning
            If something writes the store.
        StoreError
            If a table is a newer version's or another program's, or cannot be written.
        """
        folder = local_path(self.address)
        if folder is None:
            raise InputError(
                f"{self.address}: a store in object storage is not repaired from here; bring back "
                "an earlier version of its objects there, or fill another address"
            )
        if not folder.exists():
            return ()
        moment = now or dt.datetime.now(dt.UTC)
        with nullcontext() if dry_run else refresh_lock(self.address, now=moment):
            each = [
                repaired(name, table, moment=moment, dry_run=dry_run)
                for name, table in self._tables.items()
            ]
        return tuple(one for one in each if one is not None)

    def optimize(self) -> None:
        """Rewrite each table sorted into few files; many small commits make reading slow."""
        for table in self._tables.values():
            if table.files() > 1:
                table.compact()

    def vacuum(self, retention_hours: int = SAFE_RETENTION_HOURS) -> int:
        """Delete files that no recent version uses; how many.

        Raises
        ------
        InputError
            If the retention is shorter than a slow reader needs.
        """
        return sum(table.vacuum(retention_hours) for table in self._tables.values())


def _pin(head: Head) -> TablePin:
    return TablePin(head.version, mark_of(head.identity))


def arrow_schema(kind: RecordKind) -> pa.Schema:
    """How records of a kind are stored; days and moments are null where missing, numbers NaN."""
    return pa.schema([(name, _ARROW_TYPES[dtype]) for name, dtype in kind.columns.items()])


def bars_to_arrow(bars: pd.DataFrame) -> pa.Table:
    """Valid bars as an Arrow table of `BAR_ARROW_SCHEMA`; NaN stays NaN."""
    return _to_arrow(bars, BAR_ARROW_SCHEMA)


def bars_from_arrow(table: pa.Table) -> pd.DataFrame:
    """All fields of the store's bars as `validated` would give them, sorted."""
    return validated(
        table.sort_by([(SYMBOL, "ascending"), (SESSION, "ascending")]).to_pandas(
            date_as_object=False
        )
    )


def _to_arrow(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    # from_pandas=False: a float NaN is a value here, not a null.
    columns = [
        pa.array(frame[name], from_pandas=False, type=kind)
        if not pa.types.is_floating(kind)
        else pa.array(frame[name].to_numpy(), from_pandas=False)
        for name, kind in zip(schema.names, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _write(stored_as: StoredTable, table: object, rows: pa.Table, changes: Changes) -> None:
    if changes.corrected.any():
        stored_as.merge(table, rows)
    elif rows.num_rows:
        stored_as.append(table, rows)


def _move(stored_as: StoredTable, old: str, new: str) -> Outcome:
    if stored_as.version() < 0:
        return Outcome()

    def write(table: object) -> Outcome:
        # Read whole where a record is named by another key than its symbol.
        cut = Cut([old, new]) if stored_as.keys[0] == SYMBOL else None
        rows = stored_as.rows(table, stored_as.schema.names, cut).cast(stored_as.schema)
        is_old = pc.equal(rows[SYMBOL], old)
        moved = _renamed(rows.filter(is_old), new)
        if not moved.num_rows:
            return Outcome()
        if stored_as.keys[0] != SYMBOL:
            stored_as.merge(table, moved)
            return Outcome(corrected=moved.num_rows)
        own = rows.filter(pc.invert(is_old))
        day = stored_as.keys[1]
        added = moved.filter(pc.invert(pc.is_in(moved[day], own[day].combine_chunks())))
        stored_as.replace(table, pa.concat_tables([own, added]), [old, new])
        return Outcome(new=added.num_rows, kept=moved.num_rows - added.num_rows)

    return stored_as.change(write)


def _renamed(rows: pa.Table, symbol: str) -> pa.Table:
    column = rows.schema.get_field_index(SYMBOL)
    return rows.set_column(column, SYMBOL, pa.array([symbol] * rows.num_rows, pa.string()))


def _records(kind: RecordKind, table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.sort_by([(name, "ascending") for name in kind.keys]).to_pandas(
        date_as_object=False
    )
    return frame.astype(kind.columns)


def _keys(kind: RecordKind, keys: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in kind.keys if name not in keys.columns]
    if missing:
        raise InputError(f"{kind.name}: columns {', '.join(missing)} are missing; give both keys")
    dtypes = {name: kind.columns[name] for name in kind.keys}
    try:
        typed = keys[list(kind.keys)].astype(dtypes)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{kind.name}: a key is of another type ({error})") from error
    return typed.dropna().drop_duplicates(ignore_index=True)


def _cut(kind: RecordKind, rows: pd.DataFrame) -> Cut:
    name, day = kind.keys
    return Cut(rows[name].unique().tolist(), rows[day].min().date(), rows[day].max().date())
