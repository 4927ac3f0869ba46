"""Each symbol's last bars on its own sessions: what every metric is computed from.

A halted session is no bar, and what lies before an unexplained jump is none either: no figure
reaches across one. Symbols without a hole or jump in their last `WINDOW` sessions are taken as
they lie; only the others are compacted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.panel import Field, Floats, Panel
from dashboard.analytics.revenue import KnownRevenue, known_revenue
from dashboard.analytics.weights import WINDOW, close_weights, weighted
from dashboard.markets import MARKETS
from dashboard.prices.bars import DATE, SHARES, SYMBOL, UNEXPLAINED
from dashboard.prices.limits import free_until, has_limit

Columns = npt.NDArray[np.intp]

MAX_STALE: Final = 5
"""Sessions after which a last bar no longer stands for its symbol."""
MAX_BASE_AGE: Final = 10
"""Sessions before the anchor after which a close is no base of a period."""
YEAR: Final = "1y"
WEEKS_52: Final = "52w"
_PAD: Final = 1.0
"""Stands left of a short history; every weight on it is zero."""
_CHUNK: Final = 160
"""Symbols at a time: arrays stay in the processor's cache and below the size at which BLAS
wakes its other threads, which costs more than it saves."""


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
    revenue: pd.DataFrame | None = None
    insurers: Collection[str] = ()
    """Symbols whose revenue is due later."""

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
    def jumped(self) -> Columns:
        """Column of each symbol's last unexplained jump, -1 for none."""
        return last_jumps(self.panel, self.end)

    @cached_property
    def last_sessions(self) -> npt.NDArray[np.datetime64]:
        """Each symbol's last session; the panel's first where it has none."""
        return self.panel.sessions[np.maximum(self.last, 0)]

    @cached_property
    def share_counts(self) -> tuple[Floats, Floats]:
        """Shares outstanding known on each symbol's last session, and their dates."""
        return share_counts(self.panel, self.shares, self.last_sessions)

    @cached_property
    def known_revenue(self) -> KnownRevenue:
        """Monthly revenue known on each symbol's last session."""
        return known_revenue(
            self.panel.positions,
            self.revenue,
            self.last_sessions,
            self.panel.market,
            self.insurers,
        )

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
    """The last bars of some symbols of a panel: sessions down, symbols across.

    Neighbouring bars are then neighbouring rows, so that every step of a metric runs over
    contiguous memory. The last row holds each symbol's last bar.

    Attributes
    ----------
    rows : rows of the panel
    last : column of each symbol's last bar
    counts : bars of each symbol in the block, at most its width
    width : int
    places : width × symbols, panel column of every bar, -1 in the pad; None where the
        sessions are those of the panel up to its end
    """

    inputs: Inputs
    rows: slice | Columns
    last: Columns
    counts: Columns
    width: int
    places: Columns | None = None

    def field(self, name: Field, length: int | None = None) -> Floats:
        """The last `length` bars of a field, by default all.

        Returns
        -------
        array, length × symbols
            A finite pad before a short history, NaN where a bar lacks the value.
        """
        length = self.width if length is None else min(length, self.width)
        known = self._fields.get(name)
        if known is None or len(known) < length:
            known = self._fields[name] = self._taken(name, length)
        return known[len(known) - length :]

    def _taken(self, name: Field, length: int) -> Floats:
        if self.places is None:
            return self._sessions(name, self.inputs.end + 1 - length)
        values: Floats = getattr(self.inputs.panel, name)
        places = self.places[-length:]
        if length < self.width:
            out: Floats = values[self.rows, places]
        else:
            start, positions = self._positions
            out = values[self.rows, start : self.inputs.end + 1].take(positions)
        if self.counts.min() < length:
            out[places < 0] = _PAD
        return out

    def _sessions(self, name: Field, start: int) -> Floats:
        values: Floats = getattr(self.inputs.panel, name)
        # A few columns more: rows a multiple of 1 KiB apart get in each other's way in the cache.
        more = 0 if isinstance(self.rows, slice) else min(start, 4)
        rows = values[self.rows, start - more : self.inputs.end + 1]
        return np.ascontiguousarray(rows[:, more:].T)

    def sessions_from(self, start: int) -> Floats:
        """Closes of the panel's own sessions from a column to the end, NaN where none."""
        if self.places is None and start >= self.inputs.end + 1 - self.width:
            return self.close[start - self.inputs.end - 1 :]
        return self._sessions("close", start)

    @cached_property
    def _positions(self) -> tuple[int, Columns]:
        """The first panel column of any bar, and each bar's position counted from there."""
        assert self.places is not None
        end = self.inputs.end + 1
        start = int(np.where(self.places < 0, end, self.places).min())
        offsets = np.arange(len(self.last)) * (end - start)
        return start, np.maximum(self.places - start, 0) + offsets

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
        """All linear filters of the close at once: SMA_LENGTHS, MACD, its signal; × symbols."""
        return weighted(self.close, self.counts, close_weights(self.width))

    @cached_property
    def row_numbers(self) -> Columns:
        if isinstance(self.rows, slice):
            return np.arange(self.rows.start, self.rows.stop)
        return self.rows

    @property
    def columns(self) -> Columns:
        """Panel column of every bar, -1 in the pad; width × symbols, or × 1 if all the same."""
        end = self.inputs.end + 1
        return np.arange(end - self.width, end)[:, None] if self.places is None else self.places

    @cached_property
    def first(self) -> Columns:
        """Panel column of the first bar in the block."""
        if self.places is None:
            return np.full(len(self.last), self.inputs.end + 1 - self.width)
        out: Columns = self.places[self.width - self.counts, np.arange(len(self.last))]
        return out

    def anchors(self, period: str, side: str = "right") -> Columns:
        """`Inputs.column` of every row."""
        found = np.full(len(self.last), self.inputs.column(period, self.inputs.end, side))
        for one in self._earlier_lasts:
            found[self.last == one] = self.inputs.column(period, int(one), side)
        return found

    @cached_property
    def _earlier_lasts(self) -> Columns:
        return np.unique(self.last[self.last < self.inputs.end])

    def since(self, name: Field, period: str, outside: float) -> Floats:
        """A field from the anchor on (inclusive), `outside` left of it.

        Returns
        -------
        array, (at most width) × symbols
            All `outside` for a symbol whose history starts after the anchor.
        """
        before = self.anchors(period, "left")
        reaches = self.first <= self.anchors(period)
        values = self.field(name)
        if self.places is None:
            start = max(int(before[0]) + 1 - int(self.columns[0, 0]), 0) if before.size else 0
            return values[start:] if reaches.all() else np.full(values.shape, outside)
        inside = (self.places > before) & reaches
        return np.where(inside, values, outside)

    def full(self, values: Floats, needed: int) -> Floats:
        """`values`, NaN for rows with fewer bars than needed."""
        return np.where(self.counts >= needed, values, np.nan)


def blocks(inputs: Inputs) -> Iterator[OwnBars]:
    """The live symbols in blocks, each in exactly one of them."""
    last = inputs.last
    width = min(WINDOW, inputs.end + 1)
    window = slice(inputs.end + 1 - width, inputs.end + 1)
    holed = np.empty(len(last), bool)
    for start in range(0, len(last), _CHUNK):
        rows = slice(start, start + _CHUNK)
        np.isnan(inputs.panel.close[rows, window].sum(axis=1), out=holed[rows])
    holed |= inputs.jumped > window.start
    for some in _chunks(np.flatnonzero(~holed)):
        every = np.full(len(some), inputs.end), np.full(len(some), width)
        together = some[-1] - some[0] == len(some) - 1
        yield OwnBars(inputs, slice(some[0], some[-1] + 1) if together else some, *every, width)
    uneven = np.flatnonzero(holed & (last >= 0) & (inputs.end - last <= MAX_STALE))
    if uneven.size:
        yield from _compacted(inputs, uneven, width)


def last_columns(close: Floats) -> Columns:
    """Column of the last bar of each row, -1 for none."""
    traded = ~np.isnan(close[:, -1])
    out = np.where(traded, close.shape[1] - 1, -1)
    for row in np.flatnonzero(~traded):
        own = np.flatnonzero(~np.isnan(close[row]))
        out[row] = own[-1] if own.size else -1
    return out


def last_jumps(panel: Panel, end: int) -> Columns:
    """Column of each symbol's last unexplained jump up to a column, -1 for none."""
    flags = panel.flags[:, : end + 1]
    out = np.full(len(flags), -1)
    for row in np.flatnonzero(np.bitwise_or.reduce(flags, axis=1) & UNEXPLAINED):
        out[row] = np.flatnonzero(flags[row] & UNEXPLAINED)[-1]
    return out


def share_counts(
    panel: Panel, shares: pd.DataFrame | None, sessions: npt.NDArray[np.datetime64]
) -> tuple[Floats, Floats]:
    """Latest shares outstanding of each symbol dated on or before its session.

    Parameters
    ----------
    shares : DataFrame
        Columns symbol, date, shares, in any order.

    Returns
    -------
    array : shares; NaN where none is known
    array : days since 1970 of the count
    """
    counts, days = np.full(len(panel.symbols), np.nan), np.full(len(panel.symbols), np.nan)
    if shares is None or shares.empty:
        return counts, days
    row = shares[SYMBOL].map(panel.positions).to_numpy(float, na_value=np.nan)
    date = pd.to_datetime(shares[DATE]).to_numpy().astype("datetime64[D]")
    count = shares[SHARES].to_numpy(float, na_value=np.nan)
    known = np.flatnonzero(~np.isnan(row) & ~np.isnan(count))
    known = known[date[known] <= sessions[row[known].astype(np.intp)]]
    known = known[np.argsort(date[known], kind="stable")]
    # Of several assignments to one place the last, here the latest, stays.
    place = row[known].astype(np.intp)
    counts[place] = count[known]
    days[place] = date[known].astype(float)
    return counts, days


def _compacted(inputs: Inputs, rows: Columns, width: int) -> Iterator[OwnBars]:
    """Blocks of symbols with holes; those whose bars do not all lie near the end come last."""
    end = inputs.end + 1
    start = max(end - width - width // 4, 0)
    close = inputs.panel.close[:, :end]
    traded = ~np.isnan(close[rows, start:])
    jumped = inputs.jumped[rows]
    if jumped.max() > start:
        traded &= np.arange(start, end) >= jumped[:, None]
    near = traded.sum(axis=1) >= width
    for some in _chunks(np.flatnonzero(near)):
        yield _placed(inputs, rows[some], _near_places(traded[some], width) + start)
    for some in _chunks(rows[~near]):
        yield _placed(inputs, some, _far_places(close[some], inputs.jumped[some], width))


def _chunks(rows: Columns) -> list[Columns]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]


def _placed(inputs: Inputs, rows: Columns, places: Columns) -> OwnBars:
    return OwnBars(inputs, rows, places[-1], (places >= 0).sum(axis=0), len(places), places)


def _near_places(traded: npt.NDArray[np.bool_], width: int) -> Columns:
    """Columns of the last `width` bars of each row, width × rows; every row has as many."""
    own = traded.ravel().nonzero()[0]
    ends = traded.sum(axis=1).cumsum()
    places: Columns = own.take(ends - np.arange(width, 0, -1)[:, None])
    places -= np.arange(len(traded)) * traded.shape[1]
    return places


def _far_places(close: Floats, since: Columns, width: int) -> Columns:
    """The same of closes of any length from a column on, -1 before a short history."""
    places = np.full((width, len(close)), -1)
    for number, row in enumerate(close):
        start = max(int(since[number]), 0)
        own = start + (~np.isnan(row[start:])).nonzero()[0][-width:]
        places[width - len(own) :, number] = own
    return places
