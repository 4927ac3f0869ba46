"""The bars under examination, sorted, with what the rules look at computed once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.markets import market_of
from dashboard.prices.bars import (
    BAR_COLUMNS,
    BAR_DTYPES,
    FETCHED_AT,
    FLAGS,
    SESSION,
    SOURCE,
    SYMBOL,
    BarFlag,
)
from dashboard.prices.sessions import Days, sessions

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

_DAY_SPAN: Final = 1 << 24
"""More days than any calendar has: a symbol's number and a day make one sortable key."""
_COPIED: Final = [name for name in BAR_COLUMNS if name not in (SOURCE, FETCHED_AT)]


@dataclass(frozen=True)
class Identity:
    """What an answer says it is about; None where it says nothing."""

    symbol: str | None
    currency: str | None


@dataclass(frozen=True, eq=False)
class Batch:
    """Bars sorted by symbol and session, and what is known beside them; made by `of`.

    Attributes
    ----------
    bars : DataFrame, columns and dtypes of a bar
    codes : number of each row's symbol in `symbols`
    symbols : in alphabetical order; some may have lost all their rows
    now : with time zone
    listed_since : symbol → first day on a board with a limit, as `listings.listed_since`
    references : DataFrame (symbol, session, close) of the exchange's own closes
    known : DataFrame (symbol, session, close) of what is stored already
    actions : DataFrame of `records.ACTIONS`
    answered : symbol asked → what its answer says it is about
    """

    bars: pd.DataFrame
    codes: Places
    symbols: pd.Index
    now: dt.datetime
    listed_since: Mapping[str, dt.date] = field(default_factory=dict)
    references: pd.DataFrame | None = None
    known: pd.DataFrame | None = None
    actions: pd.DataFrame | None = None
    answered: Mapping[str, Identity] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        bars: pd.DataFrame,
        *,
        now: dt.datetime,
        listed_since: Mapping[str, dt.date] | None = None,
        references: pd.DataFrame | None = None,
        known: pd.DataFrame | None = None,
        actions: pd.DataFrame | None = None,
        answered: Mapping[str, Identity] | None = None,
    ) -> Batch:
        """Of bars in any order; of equal copies, whoever sent them, the latest one stays."""
        typed = bars[list(BAR_COLUMNS)].astype(BAR_DTYPES).reset_index(drop=True)
        numbers, names = pd.factorize(typed[SYMBOL], sort=True)
        keys = _keys(numbers, typed[SESSION].to_numpy().astype("datetime64[D]"))
        if (np.diff(keys) < 0).any():
            order = np.argsort(keys, kind="stable")
            typed = typed.iloc[order].reset_index(drop=True)
            numbers, keys = numbers[order], keys[order]
        batch = cls(
            typed,
            numbers,
            pd.Index(names),
            now,
            listed_since or {},
            references,
            known,
            actions,
            answered or {},
        )
        return batch.without(_spare_copies(typed, _repeated(keys)))

    def __len__(self) -> int:
        return len(self.bars)

    def without(self, rows: Mask) -> Batch:
        """The batch with these rows taken out."""
        if not rows.any():
            return self
        kept = self.bars[~rows].reset_index(drop=True)
        return replace(self, bars=kept, codes=self.codes[~rows])

    @cached_property
    def days(self) -> Days:
        days: Days = self.bars[SESSION].to_numpy().astype("datetime64[D]")
        return days

    @cached_property
    def first(self) -> Mask:
        """A symbol's first row."""
        rows: Mask = np.diff(self.codes, prepend=-1) != 0
        return rows

    @cached_property
    def last(self) -> Mask:
        """A symbol's last row."""
        rows: Mask = np.diff(self.codes, append=-1) != 0
        return rows

    @cached_property
    def keys(self) -> npt.NDArray[np.int64]:
        """Symbol and day as one ascending number."""
        return _keys(self.codes, self.days)

    @cached_property
    def repeated(self) -> Mask:
        """Rows whose symbol has another one of the same session."""
        return _repeated(self.keys)

    def values(self, name: str) -> Floats:
        """A column of numbers."""
        values: Floats = self.bars[name].to_numpy(np.float64)
        return values

    def previous(self, name: str) -> Floats:
        """Value of the symbol's bar before; NaN for its first."""
        values = self.values(name)
        return np.where(self.first, np.nan, np.roll(values, 1))

    def flagged(self, flag: BarFlag) -> Mask:
        """Rows that carry the flag."""
        rows: Mask = (self.bars[FLAGS].to_numpy() & int(flag)) != 0
        return rows

    @cached_property
    def markets(self) -> dict[str, Mask]:
        """Rows of each market."""
        by_symbol = np.array([market_of(str(one)) for one in self.symbols], dtype="str")
        of_each = {str(one): (by_symbol == one)[self.codes] for one in np.unique(by_symbol)}
        return {market: rows for market, rows in of_each.items() if rows.any()}

    @cached_property
    def calendars(self) -> dict[str, Days]:
        """Sessions of each market from its first row to its last."""
        found = {}
        for market, rows in self.markets.items():
            days = self.days[rows]
            found[market] = sessions(market, days.min().item(), days.max().item())
        return found

    @cached_property
    def places(self) -> Places:
        """Place of each row's session in its market's calendar."""
        places = np.zeros(len(self), dtype=np.intp)
        for market, rows in self.markets.items():
            places[rows] = np.searchsorted(self.calendars[market], self.days[rows])
        return places

    @cached_property
    def attendance(self) -> dict[str, tuple[Places, Places]]:
        """Of each session of a market: symbols that lack it, and symbols that it lies between
        the first and last bar of.
        """
        found = {}
        for market, own in self.markets.items():
            length = len(self.calendars[market])
            starts = np.bincount(self.places[own & self.first], minlength=length + 1)
            ends = np.bincount(self.places[own & self.last] + 1, minlength=length + 1)
            spanning = np.cumsum(starts - ends)[:length]
            present = np.bincount(self.places[own], minlength=length)[:length]
            found[market] = spanning - present, spanning
        return found

    def rows_of(self, symbols: pd.Series, days: pd.Series) -> Places:
        """Row of each symbol and day, -1 where there is none."""
        at = np.full(len(symbols), -1, dtype=np.intp)
        if not len(self):
            return at
        codes = self.symbols.get_indexer(pd.Index(symbols))
        asked = _keys(codes, days.to_numpy().astype("datetime64[D]"))
        known = np.flatnonzero(codes >= 0)
        place = np.searchsorted(self.keys, asked[known])
        inside = place < len(self)
        found = inside & (self.keys[np.minimum(place, len(self) - 1)] == asked[known])
        at[known[found]] = place[found]
        return at


def _keys(codes: Places, days: Days) -> npt.NDArray[np.int64]:
    keys: npt.NDArray[np.int64] = codes.astype(np.int64) * _DAY_SPAN + days.astype(np.int64)
    return keys


def _repeated(keys: npt.NDArray[np.int64]) -> Mask:
    """Whether each of the ascending keys has an equal beside it."""
    same = np.diff(keys) == 0
    if not len(keys):
        return np.zeros(0, dtype=bool)
    rows: Mask = np.append(same, False) | np.append(False, same)
    return rows


def _spare_copies(bars: pd.DataFrame, repeated: Mask) -> Mask:
    """Equal copies but the latest one."""
    spare = np.zeros(len(bars), dtype=bool)
    copies = bars[repeated].sort_values([FETCHED_AT, SOURCE], ascending=False, kind="stable")
    spare[copies.index[copies.duplicated(_COPIED)]] = True
    return spare
