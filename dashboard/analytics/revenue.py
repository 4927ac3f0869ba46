"""Monthly revenue as it was known on a session.

A month counts from the first session after it was announced. Where that day is unknown, from
the first session after the day it was due: Securities and Exchange Act art. 36 gives the 10th of
the following month, insurers and their parents the 15th from January 2026 on; on a day without a
session it is due on the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.prices.bars import SYMBOL
from dashboard.prices.records import ANNOUNCED, MONTH, REVENUE
from dashboard.prices.sessions import sessions

Days = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

DUE_DAY: Final = 10
DUE_DAY_OF_INSURERS: Final = 15
INSURERS_FROM: Final = np.datetime64("2026-01", "M")
"""First month that insurers and their parents report by the 15th."""
MAX_MONTHS_BEHIND: Final = 1
"""Months behind the newest one due after which the latest one no longer stands for its symbol."""
MONTHS: Final = 15
"""Needed for three months and the same three a year before."""
_ROLL: Final = dt.timedelta(days=31)
"""Longer than any closure after a due day."""
_NONE: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class KnownRevenue:
    """What each symbol had reported by its session.

    Attributes
    ----------
    month : datetime64[M], symbols
        Latest month known; NaT for none.
    recent : float64, symbols × 15, TWD
        That month and the fourteen before it, latest first; NaN where not known by then.
    behind : bool, symbols
        The latest month is older than the newest one due by more than one month.
    """

    month: npt.NDArray[np.datetime64]
    recent: Floats
    behind: npt.NDArray[np.bool_]

    @property
    def fresh(self) -> npt.NDArray[np.bool_]:
        """Symbols whose figures may be shown."""
        return ~np.isnat(self.month) & ~self.behind

    def month_days(self) -> Floats:
        """First day of the latest month, days since 1970; shown although it is behind."""
        days = self.month.astype("datetime64[D]").astype(float)
        return np.where(np.isnat(self.month), np.nan, days)

    def yoy(self) -> Floats:
        """Revenue of the month / the same month a year before - 1."""
        return self._change(self.recent[:, 0], self.recent[:, 12])

    def mom(self) -> Floats:
        """Revenue of the month / the month before - 1."""
        return self._change(self.recent[:, 0], self.recent[:, 1])

    def three_months_yoy(self) -> Floats:
        """Revenue of three months / the same three a year before - 1; all six known."""
        return self._change(self.recent[:, :3].sum(axis=1), self.recent[:, 12:15].sum(axis=1))

    def _change(self, value: Floats, base: Floats) -> Floats:
        """NaN where either is unknown, the base is not above zero or the month is behind."""
        known = self.fresh & (base > 0)
        return np.where(known, value / np.where(known, base, 1.0) - 1, np.nan)


def due_days(months: npt.NDArray[np.datetime64], market: str, insurer: bool = False) -> Days:
    """Last day on which the revenue of a month may be reported.

    Parameters
    ----------
    months : datetime64[M]
    insurer : an insurer or the parent of one

    Returns
    -------
    datetime64[D]
        The 10th (or 15th) of the month after, or the next session; the nominal day where the
        calendar does not reach it.
    """
    if not months.size:
        return months.astype("datetime64[D]")
    day = np.where(insurer & (months >= INSURERS_FROM), DUE_DAY_OF_INSURERS, DUE_DAY)
    nominal: Days = (months + 1).astype("datetime64[D]") + (day - 1)
    known = sessions(market, nominal.min().item(), nominal.max().item() + _ROLL)
    place = np.searchsorted(known, nominal)
    if not known.size:
        return nominal
    return np.where(place < known.size, known[np.minimum(place, known.size - 1)], nominal)


def known_revenue(
    positions: Mapping[str, int],
    revenue: pd.DataFrame | None,
    on: Days,
    market: str,
    insurers: Collection[str] = (),
) -> KnownRevenue:
    """The months that each symbol had reported by its own session.

    Parameters
    ----------
    positions : symbol → row
    revenue : DataFrame (symbol, month, revenue, announced), any order, each month once
        An announcement before the month is over is none.
    on : datetime64[D], the session of each row
    insurers : symbols that report by the 15th
    """
    size = len(positions)
    month = np.full(size, _NONE)
    recent = np.full((size, MONTHS), np.nan)
    behind = np.zeros(size, bool)
    if revenue is not None and not revenue.empty:
        rows, months, values = _usable(positions, revenue, on, market, insurers)
        np.maximum.at(month, rows, months)
        age = month[rows] - months
        near = age < MONTHS
        recent[rows[near], age[near]] = values[near]
        behind = (month > _NONE) & (_newest_due(on, market) - MAX_MONTHS_BEHIND > month)
    known = np.where(month > _NONE, month, 0).astype("datetime64[M]")
    known[month == _NONE] = np.datetime64("NaT")
    return KnownRevenue(known, recent, behind)


def known_months(
    revenue: pd.DataFrame, on: dt.date, market: str, insurers: Collection[str] = ()
) -> pd.DataFrame:
    """Every month's revenue that was known on a session.

    Parameters
    ----------
    revenue, insurers : as `known_revenue` takes them

    Returns
    -------
    DataFrame, months (first days) × symbols, TWD
        NaN where a month was not known by then; empty where nothing was.
    """
    symbols = sorted(set(revenue[SYMBOL]))
    positions = {symbol: place for place, symbol in enumerate(symbols)}
    days = np.full(len(symbols), np.datetime64(on, "D"))
    rows, months, values = _usable(positions, revenue, days, market, insurers)
    first, last = (months.min(), months.max() + 1) if months.size else (0, 0)
    table = np.full((last - first, len(symbols)), np.nan)
    table[months - first, rows] = values
    index = np.arange(first, last).astype("datetime64[M]").astype("datetime64[s]")
    return pd.DataFrame(table, index=pd.DatetimeIndex(index, name=MONTH), columns=symbols)


def _usable(
    positions: Mapping[str, int],
    revenue: pd.DataFrame,
    on: Days,
    market: str,
    insurers: Collection[str],
) -> tuple[npt.NDArray[np.intp], Whole, Floats]:
    """Row, month (since 1970) and revenue of what was known by each row's session."""
    row = revenue[SYMBOL].map(positions).to_numpy(float, na_value=np.nan)
    values = revenue[REVENUE].to_numpy(float, na_value=np.nan)
    kept = np.flatnonzero(~np.isnan(row) & ~np.isnan(values))
    rows, values = row[kept].astype(np.intp), values[kept]
    months = _days(revenue[MONTH])[kept].astype("datetime64[M]")
    announced = _days(revenue[ANNOUNCED])[kept]
    late = revenue[SYMBOL].isin(list(insurers)).to_numpy()[kept]
    each, which = np.unique(months, return_inverse=True)
    due = np.where(late, due_days(each, market, True)[which], due_days(each, market)[which])
    told = ~np.isnat(announced) & (announced >= (months + 1).astype("datetime64[D]"))
    known = np.where(told, announced, due) < on[rows]
    return rows[known], months[known].astype(np.int64), values[known]


def _newest_due(on: Days, market: str) -> Whole:
    """The newest month whose due day lies before each session, in months since 1970."""
    each, which = np.unique(on, return_inverse=True)
    last = each.astype("datetime64[M]") - 1
    overdue = due_days(last, market) < each
    newest: Whole = (last.astype(np.int64) - ~overdue)[which]
    return newest


def _days(column: pd.Series) -> Days:
    return pd.to_datetime(column).to_numpy().astype("datetime64[D]")
