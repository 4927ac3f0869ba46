"""The whole market's day: prices of both boards, and the limits of the coming session.

Only common stocks become rows. A stock without a trade has no bar. One damaged row condemns the
answer: what came with it cannot be believed either.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from dashboard.errors import BadAnswer, InputError
from dashboard.markets import HOME, share_symbol
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
from dashboard.prices.limits import limit_down, limit_rule, limit_up
from dashboard.prices.providers.exchanges.acceptance import WHOLE, Whole, accept_size, one_day
from dashboard.prices.providers.exchanges.cells import (
    csv_records,
    document,
    number,
    records,
    roc_date,
    table_records,
)
from dashboard.prices.providers.exchanges.feed import BARS, TPEX, TWSE, Feed, Frames, Licence
from dashboard.prices.records import LIMIT_DOWN, LIMIT_UP, LIMITS, REFERENCE
from dashboard.prices.sessions import next_session

_DAILY: Final = dt.timedelta(days=1)
_PRICES: Final = (OPEN, HIGH, LOW, CLOSE)
_TWSE_BOARD: Final = "TWSE"
_TPEX_BOARD: Final = "TPEX"
_UNLIMITED: Final = (0.01, 9000.0)
"""The exchanges write 0.01 and 9999.95 where there is no limit."""
_BEYOND_LIMITS: Final = 20
"""Rows that may lie beyond the limits of a day: stocks in their first five sessions."""
_NO_COMPARISON: Final = ("X", "除", "-", "")
"""How a change begins that tells no reference: ex-dates, no comparison, no trade."""

Rows = Sequence[dict[str, str]]


@dataclass(frozen=True)
class Form:
    """Names of the fields of one form of a board's day; `limits` are of the next session."""

    board: str
    code: str
    open: str
    high: str
    low: str
    close: str
    change: str
    volume: str
    date: str = ""
    reference: str = ""
    limit_up: str = ""
    limit_down: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that a row must have."""
        names = (self.date, self.code, *self.prices, self.change, self.volume, *self.limits)
        return tuple(name for name in names if name)

    @property
    def prices(self) -> tuple[str, str, str, str]:
        """Open, high, low and close."""
        return self.open, self.high, self.low, self.close

    @property
    def limits(self) -> tuple[str, str, str]:
        """Reference, upper and lower limit; empty where the form has none."""
        return self.reference, self.limit_up, self.limit_down


TWSE_FORM: Final = Form(
    _TWSE_BOARD, "Code", "OpeningPrice", "HighestPrice", "LowestPrice", "ClosingPrice", "Change",
    "TradeVolume", "Date",
)  # fmt: skip
TWSE_PAGE_FORM: Final = Form(
    _TWSE_BOARD, "證券代號", "開盤價", "最高價", "最低價", "收盤價", "漲跌價差", "成交股數",
)  # fmt: skip
TWSE_CSV_FORM: Final = Form(
    _TWSE_BOARD, "證券代號", "開盤價", "最高價", "最低價", "收盤價", "漲跌價差", "成交股數", "日期",
)  # fmt: skip
TPEX_FORM: Final = Form(
    _TPEX_BOARD, "SecuritiesCompanyCode", "Open", "High", "Low", "Close", "Change",
    "TradingShares", "Date", "NextReferencePrice", "NextLimitUp", "NextLimitDown",
)  # fmt: skip


def board_day(
    feed: str,
    form: Form,
    rows: Rows,
    day: dt.date | None = None,
    whole: Whole | None = None,
) -> Frames:
    """Bars of one board's day, and its limits of the next session where the form has them.

    Parameters
    ----------
    day : date, optional
        Of an answer that tells its day once; else each row tells it.
    whole : Whole, optional
        What a whole answer has; what it has today if not given.

    Raises
    ------
    BadAnswer
        If the day is not whole, or a row of a common stock cannot be right.
    """
    if day is None:
        day = one_day(feed, (row[form.date] for row in rows))
    stocks = _stocks(feed, form, rows)
    accept_size(feed, whole or WHOLE[form.board], len(rows), stocks)
    prices = _numbers(feed, stocks, dict(zip(_PRICES, form.prices, strict=True)))
    prices[VOLUME] = _numbers(feed, stocks, {VOLUME: form.volume})[VOLUME]
    _check_prices(feed, prices)
    traded = prices[prices[CLOSE].notna()]
    if traded.empty:
        raise BadAnswer(feed, f"no stock traded on {day:%Y-%m-%d}; the market was closed")
    _check_changes(feed, traded, {symbol: row[form.change] for symbol, row in stocks.items()}, day)
    frames = {BARS: _bars(traded, day)}
    if form.reference:
        limits = _limits(feed, stocks, form.limits, _following(feed, day))
        frames[LIMITS.name] = limits
    return frames


def _stocks(feed: str, form: Form, rows: Rows) -> dict[str, dict[str, str]]:
    """The rows of common stocks by symbol."""
    stocks: dict[str, dict[str, str]] = {}
    for row in rows:
        symbol = share_symbol(row[form.code], form.board)
        if symbol in stocks:
            raise BadAnswer(feed, f"{symbol} stands twice")
        if symbol:
            stocks[symbol] = row
    return stocks


def _numbers(feed: str, stocks: dict[str, dict[str, str]], columns: dict[str, str]) -> pd.DataFrame:
    """Symbols × columns; zero and the known blanks of a price are NaN."""
    values: dict[str, list[float]] = {column: [] for column in columns}
    for symbol, row in stocks.items():
        for column, field in columns.items():
            try:
                values[column].append(number(row[field]))
            except ValueError as error:
                raise BadAnswer(feed, f"{symbol}: {field}: {error}") from error
    frame = pd.DataFrame(values, index=pd.Index(stocks, dtype="str", name=SYMBOL))
    negative = (frame < 0).any(axis=1)
    if negative.any():
        lowest = frame[negative].iloc[0].idxmin()
        symbol, price = frame.index[negative][0], frame[negative].iloc[0].min()
        raise BadAnswer(feed, f"{symbol}: {lowest} is {price:g}, below zero")
    return frame


def _check_prices(feed: str, prices: pd.DataFrame) -> None:
    """Blank or zero prices become NaN, all four of a row or none."""
    four = list(_PRICES)
    prices[four] = prices[four].where(prices[four] > 0)
    known = prices[four].notna().sum(axis=1)
    torn = known.between(1, 3)
    if torn.any():
        raise BadAnswer(feed, f"{prices.index[torn][0]}: some of its four prices are missing")
    outside = (prices[LOW] > prices[[OPEN, CLOSE]].min(axis=1)) | (
        prices[HIGH] < prices[[OPEN, CLOSE]].max(axis=1)
    )
    if outside.any():
        raise BadAnswer(
            feed, f"{prices.index[outside][0]}: open or close lies outside of low and high"
        )
    untold = prices[CLOSE].notna() & ~(prices[VOLUME] > 0)
    if untold.any():
        raise BadAnswer(feed, f"{prices.index[untold][0]}: a price, but no volume")


def _check_changes(feed: str, traded: pd.DataFrame, changes: dict[str, str], day: dt.date) -> None:
    """Prices lie within the limits of the reference that close and change tell."""
    told = np.array([_change(feed, symbol, changes[symbol]) for symbol in traded.index])
    reference = np.rint((traded[CLOSE].to_numpy() - told) * 100)
    known = ~np.isnan(reference)
    if (reference[known] <= 0).any():
        symbol = traded.index[known][reference[known] <= 0][0]
        raise BadAnswer(feed, f"{symbol}: its change is not less than its close")
    cents, rule = reference[known].astype(np.int64), limit_rule(day)
    low, high = (np.rint(traded.loc[known, name].to_numpy() * 100) for name in (LOW, HIGH))
    beyond = (high > limit_up(cents, rule)) | (low < limit_down(cents, rule))
    if beyond.sum() > _BEYOND_LIMITS:
        raise BadAnswer(
            feed,
            f"{beyond.sum()} stocks lie beyond their limits, "
            f"{traded.index[known][beyond][0]} first; changes and prices do not fit",
        )


def _change(feed: str, symbol: str, text: str) -> float:
    cell = text.strip()
    if cell in _NO_COMPARISON or cell.startswith(("X", "除", "--")):
        return math.nan
    try:
        return number(cell)
    except ValueError as error:
        raise BadAnswer(feed, f"{symbol}: change: {error}") from error


def _bars(traded: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    bars = traded.reset_index()
    bars[SESSION] = pd.Timestamp(day)
    bars[ADJUSTED_CLOSE] = bars[CLOSE]
    bars[DIVIDEND] = 0.0
    bars[SPLIT] = 1.0
    bars[FLAGS] = int(BarFlag.UNADJUSTED)
    return bars


def _following(feed: str, day: dt.date) -> dt.date:
    try:
        return next_session(HOME, day)
    except InputError as error:
        raise BadAnswer(feed, str(error)) from error


def _limits(
    feed: str, stocks: dict[str, dict[str, str]], fields: tuple[str, str, str], session: dt.date
) -> pd.DataFrame:
    """The limits of a session; both missing where it has none, no row where they are unknown."""
    names = (REFERENCE, LIMIT_UP, LIMIT_DOWN)
    limits = _numbers(feed, stocks, dict(zip(names, fields, strict=True)))
    limits = limits.where(limits > 0)
    limits = limits[limits[REFERENCE].notna() & limits[[LIMIT_UP, LIMIT_DOWN]].notna().any(axis=1)]
    lowest, highest = _UNLIMITED
    unlimited = (limits[LIMIT_DOWN] <= lowest) & (limits[LIMIT_UP] >= highest)
    limits.loc[unlimited, [LIMIT_UP, LIMIT_DOWN]] = math.nan
    limited = limits[[LIMIT_UP, LIMIT_DOWN]].notna().any(axis=1)
    wrong = limited & ~limits[REFERENCE].between(limits[LIMIT_DOWN], limits[LIMIT_UP])
    if wrong.any():
        raise BadAnswer(feed, f"{limits.index[wrong][0]}: its limits do not enclose its reference")
    return limits.reset_index().assign(**{SESSION: pd.Timestamp(session)})


def _twse_day(payload: bytes) -> Frames:
    key = TWSE_DAY.key
    return board_day(key, TWSE_FORM, records(payload, key, TWSE_FORM.fields))


def _twse_day_csv(payload: bytes) -> Frames:
    key = TWSE_DAY_CSV.key
    return board_day(key, TWSE_CSV_FORM, csv_records(payload, key, TWSE_CSV_FORM.fields))


def _twse_day_page(payload: bytes) -> Frames:
    """The form whose rows carry no date: `stat`, `date`, `fields`, `data`."""
    key = TWSE_DAY_PAGE.key
    page = document(payload, key)
    if not isinstance(page, dict) or page.get("stat") != "OK":
        told = page.get("stat") if isinstance(page, dict) else type(page).__name__
        raise BadAnswer(key, f"the exchange gives no day: {told}")
    if not all(isinstance(page.get(name), list) for name in ("fields", "data")):
        raise BadAnswer(key, "fields or data are missing; the feed's form has changed")
    rows = table_records(page["fields"], page["data"], key, TWSE_PAGE_FORM.fields)
    return board_day(key, TWSE_PAGE_FORM, rows, one_day(key, [str(page.get("date", ""))]))


def _tpex_day(payload: bytes) -> Frames:
    key = TPEX_DAY.key
    return board_day(key, TPEX_FORM, records(payload, key, TPEX_FORM.fields))


_TODAY: Final = ("TodayOpeningRefPrice", "TodayLimitUp", "TodayLimitDown")
_LAST_TRADE: Final = "LastTradingDay"


def _twse_limits(payload: bytes) -> Frames:
    """Limits of the session after the last trades: the rows tell no other day."""
    key = TWSE_LIMITS.key
    form = Form(_TWSE_BOARD, "Code", "", "", "", "", "", "", _LAST_TRADE, *_TODAY)
    rows = records(payload, key, form.fields)
    stocks = _stocks(key, form, rows)
    accept_size(key, WHOLE[form.board], len(rows), stocks)
    try:
        trades = [roc_date(row[_LAST_TRADE]) for row in stocks.values() if row[_LAST_TRADE]]
    except ValueError as error:
        raise BadAnswer(key, f"{_LAST_TRADE}: {error}") from error
    last = max(trades, default=dt.date.min)
    if trades.count(last) < len(stocks) / 2:
        raise BadAnswer(key, f"most stocks last traded on another day than {last:%Y-%m-%d}")
    one_day(key, [f"{last:%Y%m%d}"])
    return {LIMITS.name: _limits(key, stocks, form.limits, _following(key, last))}


TWSE_DAY: Final = Feed(
    "twse_day",
    TWSE,
    "https://openapi.twse.com.tw/v1/exchangeReport/STOCK_DAY_ALL",
    Licence.OPEN,
    _DAILY,
    _twse_day,
    fallbacks=("twse_day_csv",),
)
TWSE_DAY_CSV: Final = Feed(
    "twse_day_csv",
    TWSE,
    "https://www.twse.com.tw/exchangeReport/STOCK_DAY_ALL?response=open_data",
    Licence.OPEN,
    _DAILY,
    _twse_day_csv,
)
TWSE_DAY_PAGE: Final = Feed(
    "twse_day_page",
    TWSE,
    "https://www.twse.com.tw/rwd/zh/afterTrading/STOCK_DAY_ALL?response=json",
    Licence.SITE,
    _DAILY,
    _twse_day_page,
)
TPEX_DAY: Final = Feed(
    "tpex_day",
    TPEX,
    "https://www.tpex.org.tw/openapi/v1/tpex_mainboard_daily_close_quotes",
    Licence.OPEN,
    _DAILY,
    _tpex_day,
)
TWSE_LIMITS: Final = Feed(
    "twse_limits",
    TWSE,
    "https://openapi.twse.com.tw/v1/exchangeReport/TWT84U",
    Licence.OPEN,
    _DAILY,
    _twse_limits,
)
FEEDS: Final = (TWSE_DAY, TWSE_DAY_CSV, TWSE_DAY_PAGE, TPEX_DAY, TWSE_LIMITS)
PRICE_FEEDS: Final = {_TWSE_BOARD: TWSE_DAY, _TPEX_BOARD: TPEX_DAY}
"""The feed of each board's day."""
