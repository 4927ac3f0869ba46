"""One market's bars as arrays: symbols × sessions."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.errors import PanelError
from dashboard.prices.adjustment import BarRows, adjustment
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    DIVIDEND,
    FLAGS,
    HIGH,
    LOW,
    OPEN,
    SESSION,
    SPLIT,
    SYMBOL,
    VOLUME,
    BarFlag,
)
from dashboard.prices.sessions import sessions as calendar_sessions

Floats = npt.NDArray[np.float64]
AnyArray = npt.NDArray[Any]
Marks = npt.NDArray[np.bool_]
Field = Literal[
    "open", "high", "low", "close", "unadjusted_close", "volume",
    "reference", "limit_up", "limit_down",
]  # fmt: skip
FIELDS: Final[tuple[Field, ...]] = (
    "open", "high", "low", "close", "unadjusted_close", "volume",
    "reference", "limit_up", "limit_down",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Panel:
    """Frozen; one market, never mixed.

    Arrays are float64, symbols × sessions, read-only; NaN where a symbol did not trade.

    Attributes
    ----------
    market : str
    symbols : tuple of str, sorted
    sessions : datetime64[D], strictly increasing
        Of the market, also where none of the symbols traded.
    open, high, low, close : adjusted for dividends and splits, in the market's currency
        Counted forward: a symbol's first bar is as traded, and nothing that goes ex later
        changes a bit of an earlier price. `levels` are those of the last bar.
    unadjusted_close : as traded
    volume : shares, as traded
    reference : as traded, what the day's limits are counted from; NaN where not known
    limit_up, limit_down : the exchange's own, as traded; NaN where not stored
    flags : int32, BarFlag; 0 where a symbol did not trade
    cash : the part of what went ex before a bar that cash dividends make, (close - dividend) /
        close; NaN where nothing did or it is not told what; None where it is told of none
    covered, told_until : bool; bars that are not flagged UNADJUSTED because an action is stored
        before and after them, and the last bar up to each stored action; None where none is

    Raises
    ------
    PanelError
        If symbols or sessions are not sorted and unique, or an array has another shape.
    """

    market: str
    symbols: tuple[str, ...]
    sessions: npt.NDArray[np.datetime64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    unadjusted_close: Floats
    volume: Floats
    reference: Floats
    limit_up: Floats
    limit_down: Floats
    flags: npt.NDArray[np.int32]
    cash: Floats | None = None
    covered: Marks | None = None
    told_until: Marks | None = None

    def __post_init__(self) -> None:
        for before, after in zip(self.symbols, self.symbols[1:], strict=False):
            if before >= after:
                raise PanelError(
                    f"panel {self.market}: symbol {after} follows {before}; sort them, each once"
                )
        if self.sessions.dtype != np.dtype("datetime64[D]"):
            raise PanelError(
                f"panel {self.market}: sessions are {self.sessions.dtype}; give datetime64[D]"
            )
        late = np.flatnonzero(self.sessions[1:] <= self.sessions[:-1])
        if late.size:
            raise PanelError(
                f"panel {self.market}: session {self.sessions[late[0] + 1]} follows "
                f"{self.sessions[late[0]]}; sort them, each once"
            )
        shape = (len(self.symbols), len(self.sessions))
        for name in (*FIELDS, FLAGS):
            values = getattr(self, name)
            if values.shape != shape:
                raise PanelError(
                    f"panel {self.market}: {name} has shape {values.shape}; "
                    f"{shape[0]} symbols × {shape[1]} sessions need {shape}"
                )

    @cached_property
    def positions(self) -> dict[str, int]:
        """Row of each symbol."""
        return {symbol: row for row, symbol in enumerate(self.symbols)}

    @cached_property
    def symbol_index(self) -> pd.Index[str]:
        """The symbols for pandas."""
        return pd.Index(self.symbols, name=SYMBOL)

    @cached_property
    def index(self) -> pd.DatetimeIndex:
        """The sessions for pandas."""
        return pd.DatetimeIndex(self.sessions.astype("datetime64[s]"), name=SESSION)

    def column(self, session: dt.date) -> int:
        """Column of the last session on or before a day; -1 if there is none."""
        return int(np.searchsorted(self.sessions, np.datetime64(session, "D"), "right")) - 1

    def as_of(self, session: dt.date) -> Panel:
        """The panel as it was after a session; views, hardly anything copied.

        Raises
        ------
        PanelError
            If there is no session on or before it.
        """
        end = self.column(session) + 1
        if end == 0:
            raise PanelError(
                f"panel {self.market}: no session on or before {session}; "
                f"the first is {self.sessions[0]}"
            )
        return self if end == len(self.sessions) else self._cut(slice(None), slice(end))._told()

    def select(self, symbols: Sequence[str]) -> Panel:
        """The panel of some symbols, all sessions kept; copies their rows.

        Raises
        ------
        PanelError
            If a symbol is not in the panel.
        """
        return self._cut([self._row(symbol) for symbol in sorted(set(symbols))], slice(None))

    def since(self, column: int) -> Panel:
        """The panel from a column on; views, nothing copied."""
        return self._cut(slice(None), slice(max(column, 0), None))

    def _cut(self, rows: slice | list[int], columns: slice) -> Panel:
        if isinstance(rows, slice):
            symbols = self.symbols[rows]
        else:
            symbols = tuple(self.symbols[row] for row in rows)
        arrays = {name: getattr(self, name)[rows, columns] for name in (*FIELDS, FLAGS)}
        for name in ("cash", "covered", "told_until"):
            marks = getattr(self, name)
            arrays[name] = None if marks is None else marks[rows, columns]
        return Panel(self.market, symbols, self.sessions[columns], **arrays)

    def _told(self) -> Panel:
        """Bars after the last action that is known by now are not covered yet."""
        if self.covered is None or self.told_until is None:
            return self
        columns = np.arange(len(self.sessions))
        last = np.where(self.told_until, columns, -1).max(axis=1, initial=-1)
        early = self.covered & (columns > last[:, None])
        if not early.any():
            return self
        flags = np.where(early, self.flags | np.int32(BarFlag.UNADJUSTED), self.flags)
        return dataclasses.replace(self, flags=flags, covered=self.covered & ~early)

    def _row(self, symbol: str) -> int:
        row = self.positions.get(symbol)
        if row is None:
            raise PanelError(
                f"panel {self.market}: {symbol} is not in it; import or refresh its prices"
            )
        return row

    def levels(self) -> Floats:
        """Factor of each symbol from its adjusted prices to those of its last bar, as traded.

        NaN where a symbol has no bar.
        """
        traded = ~np.isnan(self.close)
        last = len(self.sessions) - 1 - traded[:, ::-1].argmax(axis=1)
        rows = np.arange(len(self.symbols))
        out: Floats = self.unadjusted_close[rows, last] / self.close[rows, last]
        return out

    def frame(self, field: Field) -> pd.DataFrame:
        """One field as a sessions × symbols frame; shares memory with the panel."""
        values: Floats = getattr(self, field)
        columns = pd.Index(self.symbols, name=SYMBOL)
        return pd.DataFrame(values.T, index=self.index, columns=columns, copy=False)

    def series(self, symbol: str, field: Field) -> pd.Series[float]:
        """One field of one symbol by session, NaN where it did not trade."""
        values: Floats = getattr(self, field)[self._row(symbol)]
        return pd.Series(values, index=self.index, name=symbol, copy=False)


def panel_from_table(
    table: pa.Table,
    market: str,
    *,
    actions: pd.DataFrame | None = None,
    limits: pd.DataFrame | None = None,
    listed_since: Mapping[str, dt.date] | None = None,
) -> Panel:
    """Arrow rows of one market, in any order → the panel.

    Prices are adjusted by our own factors (`prices.adjustment`), open, high and low by that of
    their close. Where no source has an adjusted close the bar is flagged UNADJUSTED. A row
    without a close is no bar. Sessions are those of the market's calendar from the first to
    the last bar, and any other day that has a bar.

    Parameters
    ----------
    table : Table
        Columns symbol, session (date or timestamp), open, high, low, close (as traded),
        adjusted_close (the source's), volume, flags (see `prices.bars`); dividend and split
        where there are any.
    actions, limits : DataFrame, columns of `records.ACTIONS` and `records.LIMITS`
    listed_since : symbol → first day on the exchange, see `adjustment`

    Raises
    ------
    PanelError
        If there are no rows, or a symbol has a session twice.
    """
    rows = _with_close(table)
    if rows.num_rows == 0:
        raise PanelError(f"panel {market}: no bars; import or refresh prices of this market")
    row, symbols = _factorised_symbols(rows[SYMBOL])
    column, sessions = _factorised_sessions(rows[SESSION], market)
    shape = (len(symbols), len(sessions))
    target = row * shape[1] + column
    _check_unique(target, shape, market, symbols, sessions)
    order = None if (target[1:] > target[:-1]).all() else np.argsort(target, kind="stable")

    def taken(values: AnyArray) -> AnyArray:
        return values if order is None else values[order]

    def field(name: str, absent: float = np.nan) -> Floats:
        if name not in rows.column_names:
            return np.full(rows.num_rows, absent)
        return taken(_floats(rows[name]))

    bars = BarRows(
        market=market,
        symbols=symbols,
        sessions=sessions,
        symbol=taken(row),
        session=taken(column),
        close=field(CLOSE),
        adjusted_close=field(ADJUSTED_CLOSE),
        dividend=field(DIVIDEND, 0.0),
        split=field(SPLIT, 1.0),
        flags=taken(_flags(rows[FLAGS])),
    )
    bars.flags[np.isnan(bars.adjusted_close)] |= BarFlag.UNADJUSTED
    found = adjustment(bars, actions=actions, limits=limits, listed_since=listed_since)
    target = taken(target)

    def scattered(values: AnyArray, empty: float | bool = np.nan) -> AnyArray:
        if not values.strides[0]:  # one value for all: none is known
            return np.broadcast_to(values[:1], shape)
        out = np.full(shape, empty, values.dtype)
        out.reshape(-1)[target] = values
        out.flags.writeable = False
        return out

    return Panel(
        market=market,
        symbols=symbols,
        sessions=sessions,
        open=scattered(field(OPEN) / found.so_far),
        high=scattered(field(HIGH) / found.so_far),
        low=scattered(field(LOW) / found.so_far),
        close=scattered(bars.close / found.so_far),
        unadjusted_close=scattered(bars.close),
        volume=scattered(field(VOLUME)),
        reference=scattered(found.reference),
        limit_up=scattered(found.limit_up),
        limit_down=scattered(found.limit_down),
        flags=scattered(found.flags, 0),
        cash=None if np.isnan(found.cash).all() else scattered(found.cash),
        covered=scattered(found.covered, False) if found.covered.any() else None,
        told_until=scattered(found.told_until, False) if found.covered.any() else None,
    )


def _with_close(table: pa.Table) -> pa.Table:
    known = pc.is_finite(table[CLOSE].cast(pa.float64()))
    whole = known.null_count == 0 and pc.all(known).as_py() is not False
    return table if whole else table.filter(known)


def _flags(column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    known = column.fill_null(0) if column.null_count else column
    flags: npt.NDArray[np.int32] = known.to_numpy().astype(np.int32)
    return flags


def _floats(column: pa.ChunkedArray) -> Floats:
    values: Floats = column.cast(pa.float64()).to_numpy()
    return values


def _factorised_symbols(
    column: pa.ChunkedArray,
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    encoded = encoded.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    names = encoded.dictionary.to_pylist()
    # A filtered dictionary keeps names that no row uses any more.
    used = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    order = sorted(used.tolist(), key=names.__getitem__)
    rank = np.zeros(len(names), np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], tuple(names[code] for code in order)


def _factorised_sessions(
    column: pa.ChunkedArray, market: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.datetime64]]:
    days = column.cast(pa.date32()).cast(pa.int32()).to_numpy().astype(np.int64)
    ends = np.array([days.min(), days.max()])
    first = int(ends[0])
    known = calendar_sessions(market, *ends.astype("datetime64[D]").tolist()).astype(np.int64)
    seen = np.zeros(int(ends[1]) - first + 1, bool)
    seen[days - first] = True
    seen[known - first] = True
    sessions = (np.flatnonzero(seen) + first).astype("datetime64[D]")
    return (np.cumsum(seen) - 1)[days - first], sessions


def _check_unique(
    target: npt.NDArray[np.int64],
    shape: tuple[int, int],
    market: str,
    symbols: tuple[str, ...],
    sessions: npt.NDArray[np.datetime64],
) -> None:
    seen = np.zeros(shape[0] * shape[1], bool)
    seen[target] = True
    if np.count_nonzero(seen) == target.size:
        return
    ordered = np.sort(target)
    twice = int(ordered[np.flatnonzero(ordered[1:] == ordered[:-1])[0]])
    row, column = divmod(twice, shape[1])
    raise PanelError(
        f"panel {market}: {symbols[row]} has session {sessions[column]} twice; give each bar once"
    )
