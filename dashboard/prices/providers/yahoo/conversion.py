"""Yahoo's split-adjusted frame as bars as they were traded."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.markets import is_index, market_of
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    DATE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LARGEST_COUNT,
    LARGEST_PRICE,
    LOW,
    OPEN,
    SESSION,
    SHARES,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
    BarFlag,
    empty_bars,
    validated,
)

SOURCE_NAME: Final = "yahoo"
_PRICES: Final = {"Open": OPEN, "High": HIGH, "Low": LOW, "Close": CLOSE}
_DECIMALS: Final = {"TW": 2, "JP": 1, "KR": 0}
"""Places of the finest tick; elsewhere four, as US prints go below the cent."""
_FINE: Final = 4
_COARSE: Final = 2
_SINGLE_PRECISION_REACH: Final = 500.0
"""Yahoo's prices are single precision: above this the fourth place is noise."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Converted:
    """The bars of one answer, and the rows of it that are none."""

    bars: pd.DataFrame
    refused: dict[dt.date, str] = field(default_factory=dict)


def traded_bars(
    history: pd.DataFrame, symbol: str, start: dt.date, end: dt.date, fetched_at: dt.datetime
) -> Converted:
    """Bars of one symbol as traded, from `start` to `end`.

    Yahoo divides prices and dividends of the past by every later split, and multiplies the
    volumes; a Taiwanese stock dividend and a capital reduction arrive as splits too. Both are
    undone with the splits in `history`, so it must run to today. The quotient of single
    precision numbers is rounded to the market's finest tick (Taiwan and indices 0.01, Japan
    0.1, Korea 1, elsewhere 0.0001, above 500 0.01), volumes to whole shares. A dividend
    is taken per share of its own ex-date: a split of the same day does not touch it.

    Parameters
    ----------
    history : DataFrame
        As `Ticker.history(auto_adjust=False, actions=True)` gives it; sessions are the
        exchange's own dates.

    Returns
    -------
    Converted
        Adjusted closes are as of now. Rows without any price are left out, unless they have
        a volume or a price beside a missing close: those are `refused`. Where open, high or
        low is missing, all three are NaN and the bar is flagged `CLOSE_ONLY`.
    """
    frame = _by_session(history)
    later = _later_splits(frame, fetched_at.date())
    decimals = _decimals(symbol)
    columns: dict[str, object] = {
        name: _rounded(frame[theirs].to_numpy(np.float64) * later, decimals)
        for theirs, name in _PRICES.items()
    }
    columns[ADJUSTED_CLOSE] = frame["Adj Close"].to_numpy(np.float64)
    columns[VOLUME] = np.round(frame["Volume"].to_numpy(np.float64) / later)
    columns[DIVIDEND] = np.round(frame["Dividends"].to_numpy(np.float64) * later, 6)
    columns[SPLIT] = _ratios(frame)
    rows = pd.DataFrame({SYMBOL: symbol, SESSION: frame.index, **columns})
    rows = rows[(frame.index >= pd.Timestamp(start)) & (frame.index <= pd.Timestamp(end))]
    return _kept(rows, fetched_at)


def shares_outstanding(symbol: str, counts: pd.Series) -> pd.DataFrame:
    """Columns symbol, date, shares and source, one row a date, the last count of each."""
    dates = pd.DatetimeIndex(counts.index).tz_localize(None).normalize()
    frame = pd.DataFrame(
        {SYMBOL: symbol, DATE: dates, SHARES: counts.to_numpy(np.float64), SOURCE: SOURCE_NAME}
    )
    known = frame[np.isfinite(frame[SHARES]) & (frame[SHARES] > 0)]
    latest: pd.DataFrame = known.drop_duplicates(DATE, keep="last").reset_index(drop=True)
    return latest


def _by_session(history: pd.DataFrame) -> pd.DataFrame:
    frame = history.copy()
    frame.index = pd.DatetimeIndex(frame.index).tz_localize(None).normalize()
    frame = frame[~frame.index.duplicated(keep="last")]
    return frame.sort_index()


def _ratios(frame: pd.DataFrame) -> Floats:
    ratios = frame["Stock Splits"].to_numpy(np.float64)
    return np.where(np.isfinite(ratios) & (ratios > 0), ratios, 1.0)


def _later_splits(frame: pd.DataFrame, today: dt.date) -> Floats:
    """Product of the splits after each row; a split announced for after today is none yet."""
    # The exchange's day may be one ahead of the day of the clock.
    known = frame.index <= pd.Timestamp(today) + pd.Timedelta(days=1)
    ratios = np.where(known, _ratios(frame), 1.0)
    inclusive = np.cumprod(ratios[::-1])[::-1]
    return np.append(inclusive[1:], 1.0)[: len(frame)]


def _decimals(symbol: str) -> int:
    return _COARSE if is_index(symbol) else _DECIMALS.get(market_of(symbol), _FINE)


def _rounded(prices: Floats, decimals: int) -> Floats:
    places = np.round(prices, decimals)
    if decimals == _FINE:
        places = np.where(prices < _SINGLE_PRECISION_REACH, places, np.round(prices, _COARSE))
    # A price of nothing is Yahoo's way to say that there was none.
    rounded: Floats = np.where(places > 0, places, np.nan)
    return rounded


def _possible(rows: pd.DataFrame) -> pd.Series:
    """Rows without a value that no bar can have: infinite, negative, or beyond all measure."""
    known = rows.fillna(dict.fromkeys((*_PRICES.values(), VOLUME), 0.0))
    amounts = known[[*_PRICES.values(), ADJUSTED_CLOSE, DIVIDEND, SPLIT]]
    possible: pd.Series = (
        ((amounts >= 0) & (amounts <= LARGEST_PRICE)).all(axis=1)
        & (known[VOLUME] >= 0)
        & (known[VOLUME] <= LARGEST_COUNT)
    )
    return possible


def _kept(rows: pd.DataFrame, fetched_at: dt.datetime) -> Converted:
    whole = rows[CLOSE].notna() & (rows[ADJUSTED_CLOSE] > 0) & _possible(rows)
    some = rows[[OPEN, HIGH, LOW, CLOSE]].notna().any(axis=1) | (rows[VOLUME] > 0)
    refused = {
        session.date(): "lacks its close or adjusted close, or has a value that no bar can have"
        for session in rows.loc[~whole & some, SESSION]
    }
    bars = rows[whole].copy()
    if bars.empty:
        return Converted(empty_bars(), refused)
    lacking = bars[[OPEN, HIGH, LOW]].isna().any(axis=1)
    bars.loc[lacking, [OPEN, HIGH, LOW]] = np.nan
    bars[SOURCE] = SOURCE_NAME
    bars[FETCHED_AT] = pd.Timestamp(fetched_at).as_unit("us")
    bars[FLAGS] = np.where(lacking, int(BarFlag.CLOSE_ONLY), 0)
    return Converted(validated(bars), refused)
