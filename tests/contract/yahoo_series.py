"""Series as they were traded, and the form in which Yahoo's chart service tells them."""

from __future__ import annotations

import datetime as dt
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.markets import MARKETS, market_of
from dashboard.prices.sessions import sessions

RANGES = {"1d": 1, "5d": 5, "1mo": 30, "3mo": 91, "6mo": 182, "1y": 365, "2y": 730, "5y": 1826,
          "10y": 3652}  # fmt: skip
Floats = npt.NDArray[np.float64]
PRICES = ("open", "high", "low", "close")
_SPLIT_FROM = 1.5
"""A factor of prices this large, or below one, is a split; the others are dividends."""


@dataclass
class Series:
    """One symbol as traded.

    Attributes
    ----------
    bars : DataFrame, columns open high low close volume, index of dates
    dividends : cash per share as paid, by ex-date
    splits : (new, old) by ex-date
    shares : shares outstanding by date
    """

    symbol: str
    bars: pd.DataFrame
    dividends: dict[dt.date, float] = field(default_factory=dict)
    splits: dict[dt.date, tuple[float, float]] = field(default_factory=dict)
    shares: dict[dt.date, int] = field(default_factory=dict)

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(MARKETS[market_of(self.symbol)].timezone)

    def opening(self, day: dt.date) -> int:
        """Yahoo stamps a daily bar with the session's opening."""
        local = dt.datetime.combine(day, dt.time(9, 30), self.timezone)
        return int(local.timestamp())


def split_after(series: Series, day: dt.date) -> float:
    """Product of the splits after `day`."""
    return math.prod(new / old for when, (new, old) in series.splits.items() if when > day)


def dividend_factors(series: Series) -> Floats:
    """What the dividends after each bar take off its price."""
    close = series.bars["close"].to_numpy(float)
    factors = np.ones(len(close))
    for when, amount in series.dividends.items():
        place = int(series.bars.index.searchsorted(pd.Timestamp(when)))
        if 0 < place < len(close):
            factors[:place] *= 1 - amount / close[place - 1]
    return factors


def chart(series: Series, first: float, last: float, now: float) -> dict[str, Any]:
    """The `result` of a chart request: split-adjusted single precision, as Yahoo tells it."""
    days = [day.date() for day in series.bars.index]
    shown = [k for k, day in enumerate(days) if first <= series.opening(day) <= last]
    splits = np.array([split_after(series, days[k]) for k in shown])
    bars = series.bars.iloc[shown]
    adjusted = {
        name: (bars[name].to_numpy(float) / splits).astype("float32").astype(float).tolist()
        for name in PRICES
    }
    factors = dividend_factors(series)[shown]
    events: dict[str, Any] = {}
    for when, amount in series.dividends.items():
        if first <= (stamp := series.opening(when)) <= last:
            paid = amount / split_after(series, when)
            events.setdefault("dividends", {})[str(stamp)] = {"amount": paid, "date": stamp}
    for when, (new, old) in series.splits.items():
        if first <= (stamp := series.opening(when)) <= last:
            events.setdefault("splits", {})[str(stamp)] = {
                "date": stamp, "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}",
            }  # fmt: skip
    quote: dict[str, Any] = adjusted | {
        "volume": np.round(bars["volume"].to_numpy(float) * splits).astype(int).tolist()
    }
    return {
        "meta": _meta(series, now),
        "timestamp": [series.opening(days[k]) for k in shown],
        **({"events": events} if events else {}),
        "indicators": {
            "quote": [quote if shown else {}],
            "adjclose": [{"adjclose": (np.array(adjusted["close"]) * factors).tolist()}],
        },
    }


def _meta(series: Series, now: float) -> dict[str, Any]:
    return {
        "currency": MARKETS[market_of(series.symbol)].currency,
        "symbol": series.symbol,
        "instrumentType": "INDEX" if series.symbol.startswith("^") else "EQUITY",
        "regularMarketTime": int(now),
        "exchangeTimezoneName": series.timezone.key,
        "priceHint": 2,
        "dataGranularity": "1d",
        "validRanges": [*RANGES, "ytd", "max"],
    }


def invented(symbol: str, today: dt.date, years: int = 3) -> Series:
    """A calm series of any symbol on its market's own sessions; the same on every call."""
    market = MARKETS[market_of(symbol)]
    days = sessions(market.id, today - dt.timedelta(days=365 * years), today - dt.timedelta(days=1))
    phase = zlib.crc32(symbol.encode()) % 997
    number = days.astype("datetime64[D]").astype(int)
    level = 40.0 + phase
    close = level * np.exp(0.25 * np.sin((number + phase) / 97) + 0.01 * np.sin(number * 1.7))
    tick = 1.0 if level > 500 else 0.5
    close = np.round(close / tick) * tick
    opened = close + tick * ((number + phase) % 3 - 1)
    frame = pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) + tick,
            "low": np.minimum(opened, close) - tick,
            "close": close,
            "volume": 1_000_000 + 10_000 * ((number * 7 + phase) % 90),
        },
        index=pd.DatetimeIndex(days),
    )
    shares = {} if symbol.startswith("^") else {days[0].item(): 100_000_000 + 1_000_000 * phase}
    return Series(symbol, frame, shares=shares)


def folder_series(folder: Path) -> Callable[[str], Series | None]:
    """Look-up of the series in a folder of Parquet files of daily bars as traded.

    The factors that `adj_close / close` steps by are its actions: large ones and those below
    one are told as splits, the rest as dividends.
    """
    frames = [pd.read_parquet(path) for path in sorted(folder.glob("*_daily.parquet"))]
    whole = pd.concat([frame for frame in frames if "close" in frame.columns])
    whole = whole.drop_duplicates(["symbol", "date"])
    by_symbol = {str(symbol): rows for symbol, rows in whole.groupby("symbol")}

    def look_up(symbol: str) -> Series | None:
        rows = by_symbol.get(symbol)
        return None if rows is None else _real(symbol, rows)

    return look_up


def _real(symbol: str, rows: pd.DataFrame) -> Series:
    rows = rows.sort_values("date").set_index("date")
    bars = rows[list(PRICES)].astype(float)
    bars["volume"] = rows["volume"].fillna(0).astype(float)
    series = Series(symbol, bars.dropna(subset=["close"]))
    if "adj_close" not in rows.columns:
        return series
    ratio = (rows["adj_close"].astype(float) / rows["close"].astype(float)).dropna()
    step = (ratio / ratio.shift(1)).dropna()
    actions = pd.DataFrame({"factor": step, "before": rows["close"].shift(1)}).dropna()
    for action in actions[(actions["factor"] - 1).abs() > 1e-4].itertuples():
        day, factor = pd.Timestamp(str(action.Index)).date(), float(str(action.factor))
        if factor >= _SPLIT_FROM or factor < 1:
            series.splits[day] = (round(factor, 6), 1)
        else:
            series.dividends[day] = round(float(str(action.before)) * (1 - 1 / factor), 6)
    return series
