"""What an upsert would change: the rows to be written beside those stored, as masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
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
    BarFlag,
)
from dashboard.prices.records import NUMBER, RecordKind

SAME: Final = 1e-6
"""Relative difference below which two prices are one: sources round in the seventh digit,
and no tick is that fine."""
_EXACT: Final = 1e-12
"""The same of the numbers in records, which are told to the last digit (revenue)."""
_COMPARED: Final = (OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, DIVIDEND, SPLIT)
_NO_DIFFERENCE: Final = (SOURCE, FETCHED_AT)
_DAY_SPAN: Final = 1 << 24

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Changes:
    """Masks over the rows that were given; each row is in exactly one."""

    new: Mask
    unchanged: Mask
    corrected: Mask
    kept: Mask

    @property
    def written(self) -> Mask:
        """Rows to be written."""
        return self.new | self.corrected


def bar_changes(bars: pd.DataFrame, stored: pa.Table, *, keep_richer: bool = True) -> Changes:
    """Valid bars beside the stored ones.

    A bar that knows less does not replace one that knows more, unless `keep_richer` is off.
    """
    at = places(bars, stored, (SYMBOL, SESSION))
    same = np.ones(len(bars), dtype=bool)
    for name in _COMPARED:
        same &= _close(_taken(stored[name], at), bars[name].to_numpy(), SAME)
    old_volume, volume = _taken(stored[VOLUME], at), bars[VOLUME].to_numpy()
    same &= (old_volume == volume) | (np.isnan(old_volume) & np.isnan(volume))
    same &= _taken(stored[FLAGS], at) == bars[FLAGS].to_numpy()
    poorer = np.zeros(len(bars), dtype=bool)
    if keep_richer:
        for name in (OPEN, VOLUME):
            poorer |= np.isnan(bars[name].to_numpy()) & ~np.isnan(_taken(stored[name], at))
        unadjusted = (bars[FLAGS].to_numpy() & BarFlag.UNADJUSTED) != 0
        poorer |= unadjusted & ((_taken(stored[FLAGS], at).astype(int) & BarFlag.UNADJUSTED) == 0)
    return _changes(at >= 0, same, poorer)


def record_changes(kind: RecordKind, records: pd.DataFrame, stored: pa.Table) -> Changes:
    """Valid records beside the stored ones."""
    at = places(records, stored, kind.keys)
    found = at >= 0
    same = np.ones(len(records), dtype=bool)
    old = stored.take(pa.array(at[found])).to_pandas(date_as_object=False).astype(kind.columns)
    given = records[found]
    for name in kind.columns:
        if name not in (*kind.keys, *_NO_DIFFERENCE):
            same[found] &= _equal(old[name], given[name], kind.columns[name])
    return _changes(found, same, np.zeros(len(records), dtype=bool))


def places(rows: pd.DataFrame, stored: pa.Table, keys: tuple[str, str]) -> Places:
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
    at: Places = np.where(old[found] == new, found, -1)
    return at


def _changes(found: Mask, same: Mask, poorer: Mask) -> Changes:
    return Changes(
        new=~found,
        unchanged=found & same,
        corrected=found & ~same & ~poorer,
        kept=found & ~same & poorer,
    )


def _taken(column: pa.ChunkedArray, at: Places) -> npt.NDArray[np.float64]:
    """Stored values beside the new ones; 0 where nothing is stored."""
    if not len(column):
        return np.zeros(len(at))
    values: npt.NDArray[np.float64] = column.to_numpy().astype(np.float64)
    taken: npt.NDArray[np.float64] = np.where(at >= 0, values[at], 0.0)
    return taken


def _close(old: npt.NDArray[np.float64], new: npt.NDArray[np.float64], rtol: float) -> Mask:
    return np.isclose(new, old, rtol=rtol, atol=0, equal_nan=True)


def _equal(old: pd.Series, new: pd.Series, dtype: str) -> Mask:
    if dtype == NUMBER:
        return _close(old.to_numpy(), new.to_numpy(), _EXACT)
    before, after = old.to_numpy(), new.to_numpy()
    equal: Mask = (before == after) | (pd.isna(before) & pd.isna(after))
    return equal
