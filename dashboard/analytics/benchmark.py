"""Returns on two bases, and the index that each may be compared with.

Total return is compared with a total-return index, price return with a price index: a layer
whose dividends are put back beats a price index by the dividends alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.definitions import Definition
from dashboard.analytics.panel import Floats, Panel
from dashboard.i18n import Text
from dashboard.markets import MARKETS
from dashboard.prices.bars import UNEXPLAINED

SMALLEST_CASH_FACTOR: Final = 0.85
"""A factor from here up to 1 is taken for a cash dividend where nothing tells what it was."""
_NO_FACTOR: Final = 1e-6
"""Relative; less is rounding of the adjustment."""
_COVERED: Final = 0.95
"""Share of a window's sessions that an index must have a close of."""
_TOTAL_RETURN: Final = {"TW": "^TWII-TR"}


class Basis(StrEnum):
    """Whether cash dividends are put back."""

    TOTAL = "total"
    PRICE = "price"

    @property
    def label(self) -> Text:
        return _LABELS[self]


_LABELS: Final = {
    Basis.TOTAL: Text("含息報酬", "total return"),
    Basis.PRICE: Text("價格報酬（不含現金股利）", "price return (no cash dividends)"),
}


@dataclass(frozen=True, eq=False)
class Benchmark:
    """An index to compare with.

    Attributes
    ----------
    symbol : of the index, or the name of a group that stands for one
    basis : what its level counts
    level : by session, as stored; NaN where it has none
    """

    symbol: str
    basis: Basis
    level: pd.Series[float]


def period_returns(panel: Panel, basis: Basis) -> pd.DataFrame:
    """Simple return of each bar from its symbol's previous own bar.

    Parameters
    ----------
    basis : `TOTAL` from adjusted closes; `PRICE` leaves cash dividends out (they lower the
        price), while splits, reductions, par changes and stock dividends are put back

    Returns
    -------
    DataFrame, sessions × symbols, fraction
        NaN where a symbol did not trade, at its first bar, and at an unexplained jump. After a
        halt the first bar has the return of the whole halt.
    """
    returns = _own_returns(panel, basis)
    return pd.DataFrame(returns.T, index=panel.index, columns=panel.symbol_index, copy=False)


def is_cash(factor: Floats) -> npt.NDArray[np.bool_]:
    """Whether factors (reference / previous close) of unknown kind count as cash dividends."""
    return (factor >= SMALLEST_CASH_FACTOR) & (factor < 1 - _NO_FACTOR)


def ex_factors(panel: Panel) -> Floats:
    """Reference price / previous close of what went ex before each bar.

    Returns
    -------
    array, symbols × sessions
        1 where nothing did; NaN where a symbol did not trade and at its first bar.
    """
    scale = panel.close / panel.unadjusted_close
    factors: Floats = _before(scale) / scale
    factors[np.abs(factors - 1) < _NO_FACTOR] = 1.0
    return factors


def market_benchmark(panel: Panel, start: dt.date | None = None) -> Benchmark | None:
    """The market's total-return index where it covers the window, else its price index.

    Parameters
    ----------
    start : first day of the window, which ends with the panel; the price index's first close
        if None

    Returns
    -------
    Benchmark
        None where neither is stored.
    """
    price = _stored(panel, MARKETS[panel.market].benchmark)
    total = _stored(panel, _TOTAL_RETURN.get(panel.market))
    first = 0 if start is None else max(panel.column(start), 0)
    if start is None and price is not None:
        first = int(np.argmax(price.notna().to_numpy()))
    if total is not None and (price is None or _covers(total, first)):
        return Benchmark(str(total.name), Basis.TOTAL, total)
    return None if price is None else Benchmark(str(price.name), Basis.PRICE, price)


def _stored(panel: Panel, symbol: str | None) -> pd.Series[float] | None:
    if symbol is None or symbol not in panel.positions:
        return None
    level = panel.series(symbol, "close")
    return level if level.notna().any() else None


def _covers(level: pd.Series[float], first: int) -> bool:
    known = level.notna().to_numpy()[first:]
    return bool(known.size and known[0] and known[-1] and known.mean() >= _COVERED)


def _own_returns(panel: Panel, basis: Basis) -> Floats:
    """Symbols × sessions."""
    returns = panel.close / _before(panel.close) - 1
    if basis is Basis.PRICE:
        cash = _cash_factors(panel)
        paid = cash != 1
        returns[paid] = (1 + returns[paid]) * cash[paid] - 1
    returns[(panel.flags & UNEXPLAINED) != 0] = np.nan
    return returns


def _cash_factors(panel: Panel) -> Floats:
    """(Close - cash dividend) / close before each bar; 1 where none was paid."""
    factors = ex_factors(panel)
    cash = np.where(is_cash(factors), factors, 1.0)
    if panel.cash is None:
        return cash
    return np.where(np.isnan(panel.cash) | (factors == 1), cash, panel.cash)


def _before(values: Floats) -> Floats:
    """The last known value before each column; NaN where there is none."""
    columns = np.arange(values.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, columns), axis=1)
    before = np.full(last.shape, -1)
    before[:, 1:] = last[:, :-1]
    found = np.take_along_axis(values, np.maximum(before, 0), axis=1)
    return np.where(before < 0, np.nan, found)


DEFINITIONS: Final = (
    Definition(
        id="return_basis",
        label=Text("含息報酬與價格報酬", "Total return and price return"),
        formula=r"r_t=\frac{P_t}{P_{t-1}\,f_t}-1,\qquad f_t=\frac{\text{reference}_t}{P_{t-1}}",
        note=Text(
            "P 為成交價。含息報酬把除權息的係數 f 全部還原；價格報酬不還原現金股利（該日取 f＝1），"
            "但還原分割、減資、面額變更與股票股利。資料講明現金股利多少時照資料；"
            "只知道係數、種類不明時的規則：0.85 ≤ f＜1 視為現金股利，其餘不是；"
            "因此配股率低於 17.6％ 而種類不明的股票股利會被當成現金股利。"
            "停牌後的第一根 K 線含整段停牌的報酬；不明跳動的那一天沒有報酬。",
            "P is the traded close. Total return puts every factor f of what went ex back; price "
            "return does not put cash dividends back (f=1 on that day) but does splits, capital "
            "reductions, changes of par value and stock dividends. What the data tell of a cash "
            "dividend is taken; where only the factor is known, 0.85 ≤ f < 1 counts as a cash "
            "dividend and any other f does not; so a stock dividend below 17.6% of unknown kind "
            "is taken for cash. The first bar after a halt has the return of the whole halt; the "
            "day of an unexplained jump has none.",
        ),
        source=Text(
            "臺灣證券交易所 營業細則 第 67 條；種類不明時的門檻為本站自訂。",
            "TWSE operating rules art. 67; the threshold for unknown kinds is our own.",
        ),
    ),
    Definition(
        id="benchmark",
        label=Text("比較基準", "Benchmark"),
        formula="",
        note=Text(
            "含息報酬只與含息指數比較，價格報酬只與價格指數比較。加權報酬指數涵蓋整個期間"
            "（首尾都有、至少 95％ 的交易日）時用它，否則用價格指數，並改用價格報酬，旁邊註明。",
            "Total return is compared with a total-return index only, price return with a price "
            "index. The TAIEX total-return index is used where it covers the whole window (both "
            "ends and at least 95% of the sessions); else the price index with price returns, and "
            "that is said beside it.",
        ),
        source=Text("本站規則。", "Own rule."),
    ),
)
