"""Each symbol's last bars on its own sessions: what every metric is computed from.

A halted session is no bar. Rows of the panel without a hole in their last `WINDOW` sessions
are used as they lie (views); only the others are compacted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.limits import free_until, has_limit
from dashboard.analytics.panel import Field, Floats, Panel
from dashboard.analytics.weights import WINDOW, close_weights, weighted
from dashboard.markets import MARKETS
from dashboard.prices.bars import SYMBOL

Columns = npt.NDArray[np.intp]

MAX_STALE: Final = 5
"""Sessions after which a last bar no longer stands for its symbol."""
MAX_BASE_AGE: Final = 10
"""Sessions before the anchor after which a close is no base of a period."""
YEAR: Final = "1y"
WEEKS_52: Final = "52w"
_PAD: Final = 1.0
"""Stands left of a short history; every weight on it is zero."""
_CHUNK: Final = 512
"""Rows at a time, so that intermediate arrays stay in the processor's cache."""


def anchor(session: pd.Timestamp, period: str) -> pd.Timestamp:
    """The calendar day a period ending on a session is counted from.

    Parameters
    ----------
    period : 1w, 52w, 1m, 3m, 6m, 1y or ytd
        Months end on the same day of the earlier month, or its last one; ytd counts from the
        last day of the previous year.
    """
    if period == "ytd":
        return pd.Timestamp(session.year - 1, 12, 31)
    number, unit = int(period[:-1]), period[-1]
    if unit == "w":
        return session - pd.Timedelta(days=7 * number)
    return session - pd.DateOffset(months=number if unit == "m" else 12 * number)


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a metric may know besides the bars; everything as of `end`, the last column."""

    panel: Panel
    end: int
    last: Columns
    """Column of each symbol's last bar, -1 for none."""
    benchmark: int | None = None
    """Row of the benchmark in the panel."""
    shares: pd.DataFrame | None = None
    listed_since: Mapping[str, dt.date] | None = None

    def column(self, period: str, last: int, side: str) -> int:
        """Column of a period's anchor for bars ending in `last`; -1 if before the panel.

        `side` "right" is the last session on or before the anchor, "left" the column before
        the first session on or after it.
        """
        known = self._columns.get((period, last, side))
        if known is None:
            known = self._columns[period, last, side] = self._column(period, last, side)
        return known

    @cached_property
    def _columns(self) -> dict[tuple[str, int, str], int]:
        return {}

    def _column(self, period: str, last: int, side: str) -> int:
        if period == "1d":
            return last - 1
        day = anchor(pd.Timestamp(self.panel.sessions[last]), period).to_datetime64()
        found = np.searchsorted(self.panel.sessions, day.astype("datetime64[D]"), side)  # type: ignore[call-overload]
        return int(found) - 1

    @cached_property
    def known_shares(self) -> Floats:
        """Shares outstanding of each symbol as known on its last session; NaN if unknown."""
        sessions = self.panel.sessions[np.maximum(self.last, 0)]
        return known_shares(self.panel, self.shares, sessions)

    @cached_property
    def limited(self) -> npt.NDArray[np.bool_]:
        """Symbols with a daily price limit."""
        return has_limit(self.panel.symbols, self.panel.market)

    @cached_property
    def limited_from(self) -> Columns:
        """First column with a limit of each symbol."""
        return free_until(self.panel.symbols, self.panel.sessions, self.listed_since)

    @property
    def sessions_per_year(self) -> int:
        return MARKETS[self.panel.market].sessions_per_year


@dataclass(frozen=True, eq=False)
class OwnBars:
    """The last bars of some rows of a panel, right-aligned: rows × width.

    Attributes
    ----------
    rows : rows of the panel
    last : column of each row's last bar
    counts : bars of each row in the block, at most its width
    width : int
    whole : rows whose bars are all here; the others are to be taken from another block
    places : panel column of every bar, -1 in the pad; None where the block is a view
    """

    inputs: Inputs
    rows: slice | Columns
    last: Columns
    counts: Columns
    width: int
    whole: npt.NDArray[np.bool_]
    places: Columns | None = None

    def field(self, name: Field) -> Floats:
        """One field; a finite pad left of a short history, NaN where a bar lacks the value."""
        values: Floats = getattr(self.inputs.panel, name)
        if self.places is None:
            end = self.inputs.end + 1
            return values[self.rows, end - self.width : end]
        if name not in self._fields:
            out = values[self.row_numbers[:, None], self.places]
            out[self.places < 0] = _PAD
            self._fields[name] = out
        return self._fields[name]

    @cached_property
    def _fields(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def memory(self) -> dict[str, tuple[Floats, ...]]:
        """Figures that several metrics share, by name."""
        return {}

    @cached_property
    def close(self) -> Floats:
        return self.field("close")

    @cached_property
    def filtered(self) -> Floats:
        """All linear filters of the close at once: SMA_LENGTHS, MACD, its signal."""
        return weighted(self.close, self.counts, close_weights(self.width))

    @cached_property
    def row_numbers(self) -> Columns:
        if isinstance(self.rows, slice):
            return np.arange(self.rows.start, self.rows.stop)
        return self.rows

    @property
    def columns(self) -> Columns:
        """Panel column of every bar; -1 in the pad. One row for all where it is a view."""
        end = self.inputs.end + 1
        return np.arange(end - self.width, end)[None, :] if self.places is None else self.places

    @cached_property
    def first(self) -> Columns:
        """Panel column of the first bar in the block."""
        if self.places is None:
            return np.full(len(self.last), self.inputs.end + 1 - self.width)
        out: Columns = self.columns[np.arange(len(self.last)), self.width - self.counts]
        return out

    def anchors(self, period: str, side: str = "right") -> Columns:
        """`Inputs.column` of every row."""
        if self.places is None:
            return np.full(len(self.last), self.inputs.column(period, self.inputs.end, side))
        found = {int(one): self.inputs.column(period, int(one), side) for one in set(self.last)}
        return np.array([found[int(one)] for one in self.last], np.intp)

    def since(self, name: Field, period: str, outside: float) -> Floats:
        """A field from the anchor on (inclusive), `outside` left of it.

        Returns
        -------
        array, rows × (at most width)
            All `outside` for a row whose history starts after the anchor.
        """
        before = self.anchors(period, "left")
        reaches = self.first <= self.anchors(period)
        values = self.field(name)
        if self.places is None:
            start = max(int(before[0]) + 1 - int(self.columns[0, 0]), 0) if before.size else 0
            return values[:, start:] if reaches.all() else np.full(values.shape, outside)
        inside = (self.columns > before[:, None]) & reaches[:, None]
        return np.where(inside, values, outside)

    def full(self, values: Floats, needed: int) -> Floats:
        """`values`, NaN for rows with fewer bars than needed."""
        return np.where(self.counts >= needed, values, np.nan)


def blocks(inputs: Inputs) -> Iterator[OwnBars]:
    """The live symbols in blocks; each is `whole` in exactly one of them."""
    last = inputs.last
    width = min(WINDOW, inputs.end + 1)
    window = slice(inputs.end + 1 - width, inputs.end + 1)
    holed = np.empty(len(last), bool)
    for start in range(0, len(last), _CHUNK):
        rows = slice(start, min(start + _CHUNK, len(last)))
        size = rows.stop - rows.start
        np.isnan(inputs.panel.close[rows, window].sum(axis=1), out=holed[rows])
        if not holed[rows].all():
            every = np.full(size, inputs.end), np.full(size, width)
            yield OwnBars(inputs, rows, *every, width, ~holed[rows])
    uneven = np.flatnonzero(holed & (last >= 0) & (inputs.end - last <= MAX_STALE))
    for start in range(0, len(uneven), _CHUNK):
        yield _compacted(inputs, uneven[start : start + _CHUNK], width)


def last_columns(close: Floats) -> Columns:
    """Column of the last bar of each row, -1 for none."""
    traded = ~np.isnan(close[:, -1])
    out = np.where(traded, close.shape[1] - 1, -1)
    for row in np.flatnonzero(~traded):
        own = np.flatnonzero(~np.isnan(close[row]))
        out[row] = own[-1] if own.size else -1
    return out


def known_shares(
    panel: Panel, shares: pd.DataFrame | None, sessions: npt.NDArray[np.datetime64]
) -> Floats:
    """Latest shares outstanding of each symbol dated on or before its session; else NaN.

    Parameters
    ----------
    shares : DataFrame
        Columns symbol, date, shares, in any order.
    """
    out = np.full(len(panel.symbols), np.nan)
    if shares is None or shares.empty:
        return out
    row = shares[SYMBOL].map(panel.positions).to_numpy(float, na_value=np.nan)
    date = pd.to_datetime(shares["date"]).to_numpy().astype("datetime64[D]")
    count = shares["shares"].to_numpy(float, na_value=np.nan)
    known = np.flatnonzero(~np.isnan(row) & ~np.isnan(count))
    known = known[date[known] <= sessions[row[known].astype(np.intp)]]
    known = known[np.argsort(date[known], kind="stable")]
    # Of several assignments to one place the last, here the latest, stays.
    out[row[known].astype(np.intp)] = count[known]
    return out


def _compacted(inputs: Inputs, rows: Columns, width: int) -> OwnBars:
    end = inputs.end + 1
    close = inputs.panel.close
    reach = min(width + width // 4, end)
    recent = ~np.isnan(close[rows, end - reach : end])
    counts = np.empty(len(rows), np.intp)
    places = np.full((len(rows), width), -1)
    for place, row in enumerate(rows):
        own = recent[place].nonzero()[0][-width:] + (end - reach)
        if len(own) < width and reach < end:
            own = (~np.isnan(close[row, :end])).nonzero()[0][-width:]
        counts[place] = len(own)
        places[place, width - len(own) :] = own
    whole = np.ones(len(rows), bool)
    return OwnBars(inputs, rows, places[:, -1], counts, width, whole, places)
