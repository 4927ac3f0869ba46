"""One company through time: bars, moving averages, limit and ex-dividend sessions, ranks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.limits import LimitState, limit_states
from dashboard.analytics.metrics import LAST_SESSION, METRICS, Direction, Unit
from dashboard.analytics.panel import Floats, Panel
from dashboard.analytics.weights import sma
from dashboard.markets import market_of
from dashboard.prices.bars import UNEXPLAINED

SMA_LINES: Final = (5, 20, 60)
EX_THRESHOLD: Final = 1e-6
"""Relative change of the adjustment factor; less is rounding."""
_PRICES: Final = ("open", "high", "low", "close")


@dataclass(frozen=True, eq=False)
class CompanyHistory:
    """What the chart of one company shows.

    Attributes
    ----------
    bars : DataFrame by session (open, high, low, close, volume)
        Own bars only; volume in shares as traded.
    averages : number of bars → Series by session, NaN where the window is not full or holds
        an unexplained jump
    jumps : sessions with an unexplained jump
    limit_up, limit_down : sessions that closed at the limit
    ex_factors : session → reference price / previous close on sessions that went ex
    """

    bars: pd.DataFrame
    averages: dict[int, pd.Series[float]]
    jumps: pd.DatetimeIndex
    limit_up: pd.DatetimeIndex
    limit_down: pd.DatetimeIndex
    ex_factors: dict[pd.Timestamp, float]


def company_history(
    panel: Panel,
    symbol: str,
    start: dt.date,
    *,
    adjusted: bool = True,
    listed_since: dt.date | None = None,
) -> CompanyHistory:
    """Bars of one symbol since a day; averages reach back before it.

    Parameters
    ----------
    adjusted : prices adjusted for dividends and splits, or as traded
    listed_since : first day on the present board; no limit marks before it

    Raises
    ------
    PanelError
        If the symbol is not in the panel.
    """
    alone = panel.select([symbol])
    bars = pd.DataFrame({name: alone.frame(name)[symbol] for name in (*_PRICES, "volume")})
    factor = (alone.unadjusted_close / alone.close)[0]
    if adjusted:
        bars[list(_PRICES)] *= alone.levels()[0]
    else:
        bars[list(_PRICES)] = bars[list(_PRICES)].mul(factor, axis=0).round(4)
        bars["close"] = alone.unadjusted_close[0]
    traded = bars["close"].notna().to_numpy()
    bars = bars[traded]
    closes = bars["close"].to_numpy()
    jumped = alone.flags[0][traded] & UNEXPLAINED != 0
    shown = bars.index >= pd.Timestamp(start)
    averages = {
        length: pd.Series(_average(closes, jumped, length), index=bars.index)[shown]
        for length in SMA_LINES
    }
    known = {symbol: listed_since} if listed_since else None
    states = limit_states(alone, listed_since=known)[symbol].loc[bars.index[shown]]
    return CompanyHistory(
        bars=bars[shown],
        averages=averages,
        jumps=pd.DatetimeIndex(bars.index[shown & jumped]),
        limit_up=_sessions(states, LimitState.UP, LimitState.LOCKED_UP),
        limit_down=_sessions(states, LimitState.DOWN, LimitState.LOCKED_DOWN),
        ex_factors=_ex_factors(pd.Series(factor, index=alone.index).dropna(), start),
    )


def _average(closes: Floats, jumped: npt.NDArray[np.bool_], length: int) -> Floats:
    """Moving average of closes, missing where it would mix both sides of a jump."""
    out = sma(closes, length)
    for place in np.flatnonzero(jumped):
        out[place : place + length - 1] = np.nan
    return out


def _sessions(states: pd.Series[str], *wanted: LimitState) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(states.index[states.isin([str(state) for state in wanted])])


def _ex_factors(factor: pd.Series[float], start: dt.date) -> dict[pd.Timestamp, float]:
    """Change of traded / adjusted close from bar to bar: above 0, below 1 for a dividend."""
    change = (factor / factor.shift()).iloc[1:]
    # The traded close falls by what went ex; the adjusted one does not.
    gone = change[(change - 1).abs() > EX_THRESHOLD].loc[pd.Timestamp(start) :]
    return dict(zip(pd.DatetimeIndex(gone.index), gone.tolist(), strict=True))


def rank_in_layer(
    metrics: pd.DataFrame, members: Collection[str], symbol: str
) -> dict[str, tuple[int, int]]:
    """Place of a symbol among the members of its layer, by metric.

    Compared are members of the same market with a last bar of the same session. First is the
    highest number, or the lowest where less is better; equal numbers share the better place.

    Returns
    -------
    dict, metric key → (place, members with a value)
        Only metrics that are numbers and known for the symbol; prices are not compared.
    """
    home = market_of(symbol)
    names = [one for one in dict.fromkeys([*members, symbol]) if market_of(one) == home]
    rows = metrics.reindex(names)
    rows = rows[rows[LAST_SESSION] == rows.at[symbol, LAST_SESSION]]
    if symbol not in rows.index:
        return {}
    place = rows.index.get_loc(symbol)
    ranks: dict[str, tuple[int, int]] = {}
    for key, metric in METRICS.items():
        if metric.unit in (Unit.DATE, Unit.MONTH, Unit.STATE, Unit.PRICE):
            continue
        values = rows[key].to_numpy(float)
        own = values[place]
        if np.isnan(own):
            continue
        better = values < own if metric.direction is Direction.LOWER_BETTER else values > own
        ranks[key] = (int(better.sum()) + 1, int((~np.isnan(values)).sum()))
    return ranks
