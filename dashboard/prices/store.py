"""The price store: bars and shares outstanding as two Delta Lake tables.

Readers see one version, a commit is whole or not there. The tables are not partitioned:
rows are written sorted by symbol into small files, whose statistics lead a read of one
symbol to its one file, while a new session stays one small file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.errors import InputError
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
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
    validated,
)
from dashboard.prices.store_table import SAFE_RETENTION_HOURS, Cut, StoredTable

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
SHARES_ARROW_SCHEMA: Final = pa.schema(
    [(SYMBOL, pa.string()), (DATE, pa.date32()), (SHARES, pa.int64()), (SOURCE, pa.string())]
)
SAME: Final = 1e-6
"""Relative difference below which two prices are one: sources round in the seventh digit,
and no tick is that fine."""
_COMPARED: Final = (OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, DIVIDEND, SPLIT)
_DAY_SPAN: Final = 1 << 20

Mask = npt.NDArray[np.bool_]


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


class PriceStore:
    """Bars and shares under one address.

    Parameters
    ----------
    address : str
        A folder or any object-store address (`s3://bucket/prices`); made at the first write.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        base = address.rstrip("/")
        self._bars = StoredTable(f"{base}/bars", BAR_ARROW_SCHEMA, (SYMBOL, SESSION))
        self._shares = StoredTable(f"{base}/shares", SHARES_ARROW_SCHEMA, (SYMBOL, DATE))

    def version(self) -> int:
        """Version of the bars; -1 where nothing was ever stored."""
        return self._bars.version()

    def shares_version(self) -> int:
        """Version of the shares outstanding; -1 where none were ever stored."""
        return self._shares.version()

    def identity(self) -> str:
        """Changes with every commit and whenever the tables are others, whatever their version.

        A folder that was deleted, filled again or restored may count to the same version.
        Costs about as much as `version`.
        """
        return f"{self._bars.identity()}/{self._shares.identity()}"

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
            outcome, changed = _bar_changes(valid, stored)
            rows = bars_to_arrow(valid[changed])
            if outcome.corrected:
                self._bars.merge(table, rows)
            elif outcome.new:
                self._bars.append(table, rows)
            return outcome

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
            outcome, changed = _bar_changes(valid, stored, keep_richer=False)
            if changed.any() or len(valid) != stored.num_rows:
                self._bars.replace(table, bars_to_arrow(valid), symbol)
            return outcome

        return self._bars.change(write)

    def upsert_shares(self, shares: pd.DataFrame) -> Outcome:
        """Add or correct shares outstanding, columns symbol, date, shares and source.

        Raises
        ------
        InputError
            If a column is missing, a number is not positive, or a (symbol, date) repeats.
        """
        valid = _validated_shares(shares)
        if valid.empty:
            return Outcome()
        symbols = valid[SYMBOL].unique().tolist()
        cut = Cut(symbols, valid[DATE].min().date(), valid[DATE].max().date())

        def write(table: object) -> Outcome:
            stored = self._shares.rows(table, SHARES_COLUMNS, cut)
            at = _places(valid, stored, (SYMBOL, DATE))
            same = _taken(stored[SHARES], at) == valid[SHARES].to_numpy()
            outcome, changed = _outcome(valid[SYMBOL], at >= 0, same, np.zeros(len(at), bool))
            rows = _to_arrow(valid[changed], SHARES_ARROW_SCHEMA)
            if outcome.corrected:
                self._shares.merge(table, rows)
            elif outcome.new:
                self._shares.append(table, rows)
            return outcome

        return self._shares.change(write)

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

    def read_shares(self, symbols: Iterable[str] | None = None) -> pd.DataFrame:
        """Shares outstanding (symbol, date, shares, source), sorted by symbol and date."""
        names = None if symbols is None else list(symbols)
        table = self._shares.read(SHARES_COLUMNS, Cut(names))
        frame: pd.DataFrame = table.sort_by([(SYMBOL, "ascending"), (DATE, "ascending")]).to_pandas(
            date_as_object=False
        )
        return frame.astype({SYMBOL: "str", SOURCE: "str", DATE: "datetime64[s]"})

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
        """Number of files a full read opens."""
        return self._bars.files()

    def optimize(self) -> None:
        """Rewrite the bars sorted into few files; many small commits make reading slow."""
        if self._bars.files() > 1:
            self._bars.compact()

    def vacuum(self, retention_hours: int = SAFE_RETENTION_HOURS) -> int:
        """Delete files that no recent version uses; how many.

        Raises
        ------
        InputError
            If the retention is shorter than a slow reader needs.
        """
        return sum(table.vacuum(retention_hours) for table in (self._bars, self._shares))


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


def _bar_changes(
    bars: pd.DataFrame, stored: pa.Table, *, keep_richer: bool = True
) -> tuple[Outcome, Mask]:
    """Outcome, and which bars are to be written."""
    at = _places(bars, stored, (SYMBOL, SESSION))
    same = np.ones(len(bars), dtype=bool)
    for name in _COMPARED:
        same &= _close(_taken(stored[name], at), bars[name].to_numpy())
    old_volume, volume = _taken(stored[VOLUME], at), bars[VOLUME].to_numpy()
    same &= (old_volume == volume) | (np.isnan(old_volume) & np.isnan(volume))
    same &= _taken(stored[FLAGS], at) == bars[FLAGS].to_numpy()
    poorer = np.zeros(len(bars), dtype=bool)
    if keep_richer:
        for name in (OPEN, VOLUME):
            poorer |= np.isnan(bars[name].to_numpy()) & ~np.isnan(_taken(stored[name], at))
        unadjusted = (bars[FLAGS].to_numpy() & BarFlag.UNADJUSTED) != 0
        poorer |= unadjusted & ((_taken(stored[FLAGS], at).astype(int) & BarFlag.UNADJUSTED) == 0)
    return _outcome(bars[SYMBOL], at >= 0, same, poorer)


def _outcome(symbols: pd.Series, found: Mask, same: Mask, poorer: Mask) -> tuple[Outcome, Mask]:
    kinds = {
        "new": ~found,
        "unchanged": found & same,
        "corrected": found & ~same & ~poorer,
        "kept": found & ~same & poorer,
    }
    counts = pd.DataFrame(kinds).groupby(symbols.to_numpy()).sum()
    by_symbol = {
        str(symbol): Outcome(new, unchanged, corrected, kept)
        for symbol, new, unchanged, corrected, kept in counts.reset_index().to_numpy().tolist()
    }
    new, unchanged, corrected, kept = (int(mask.sum()) for mask in kinds.values())
    total = Outcome(new, unchanged, corrected, kept, by_symbol)
    return total, kinds["new"] | kinds["corrected"]


def _places(rows: pd.DataFrame, stored: pa.Table, keys: tuple[str, str]) -> npt.NDArray[np.intp]:
    """Row of `stored` with the same keys, -1 where none; integer keys, so millions are quick."""
    if not stored.num_rows:
        return np.full(len(rows), -1, dtype=np.intp)
    names = pd.Index(rows[keys[0]].unique())
    encoded = stored[keys[0]].combine_chunks().dictionary_encode()
    codes = names.get_indexer(pd.Index(encoded.dictionary.to_pylist()))
    days = stored[keys[1]].cast(pa.int32()).to_numpy().astype(np.int64)
    old = codes[encoded.indices.to_numpy()] * _DAY_SPAN + days
    session = rows[keys[1]].to_numpy().astype("datetime64[D]").astype(np.int64)
    new = names.get_indexer(rows[keys[0]]) * _DAY_SPAN + session
    order = np.argsort(old, kind="stable")
    place = np.minimum(np.searchsorted(old, new, sorter=order), len(old) - 1)
    found = order[place]
    at: npt.NDArray[np.intp] = np.where(old[found] == new, found, -1)
    return at


def _taken(column: pa.ChunkedArray, at: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Stored values beside the new ones; 0 where nothing is stored."""
    if not len(column):
        return np.zeros(len(at))
    values: npt.NDArray[np.float64] = column.to_numpy().astype(np.float64)
    taken: npt.NDArray[np.float64] = np.where(at >= 0, values[at], 0.0)
    return taken


def _close(old: npt.NDArray[np.float64], new: npt.NDArray[np.float64]) -> Mask:
    return np.isclose(new, old, rtol=SAME, atol=0, equal_nan=True)


def _validated_shares(shares: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in SHARES_COLUMNS if name not in shares.columns]
    if missing:
        raise InputError(f"shares: columns {', '.join(missing)} are missing; give every column")
    try:
        counted = shares[list(SHARES_COLUMNS)].astype(
            {SYMBOL: "str", DATE: "datetime64[s]", SHARES: "float64", SOURCE: "str"}
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"shares: a column has values of another type ({error})") from error
    bad = counted[~counted[SHARES].between(1, LARGEST_COUNT)]
    if len(bad):
        raise InputError(
            f"shares: {bad[SYMBOL].iat[0]} has {bad[SHARES].iat[0]:g} shares; give a number "
            f"from 1 to {LARGEST_COUNT:,.0f}"
        )
    valid = counted.astype({SHARES: "int64"})
    if valid.duplicated([SYMBOL, DATE]).any():
        again = valid.loc[valid.duplicated([SYMBOL, DATE]), SYMBOL].iat[0]
        raise InputError(f"shares: {again} has two numbers on one date; keep one")
    return valid.reset_index(drop=True)
