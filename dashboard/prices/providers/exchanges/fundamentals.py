"""Monthly revenue and the exchanges' own valuation ratios."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from dashboard.errors import BadAnswer
from dashboard.prices.bars import SESSION, SYMBOL
from dashboard.prices.providers.exchanges.acceptance import one_day
from dashboard.prices.providers.exchanges.cells import records
from dashboard.prices.providers.exchanges.feed import TPEX, TWSE, Feed, Frames, Licence
from dashboard.prices.providers.exchanges.frames import (
    amounts,
    converted,
    numbers,
    of_shares,
    record_frame,
)
from dashboard.prices.records import (
    DIVIDEND_YIELD,
    MONTH,
    PB,
    PE,
    REVENUE,
    REVENUES,
    VALUATION,
)

THOUSAND: Final = 1000.0
"""Revenue is published in thousands of TWD."""
_MONTH_CELL: Final = re.compile(r"([0-9]{2,3})(0[1-9]|1[0-2])")
_REVENUE_FIELDS: Final = {
    "營業收入-當月營收": 0,
    "營業收入-上月營收": 1,
    "營業收入-去年當月營收": 12,
}
"""Field → months before the month of the row."""


def revenue_month(cell: str) -> dt.date:
    """First day of a month of the ROC calendar: 11507 is 2026-07-01.

    Raises
    ------
    ValueError
        If it is no month.
    """
    found = _MONTH_CELL.fullmatch(cell)
    if not found:
        raise ValueError(f"{cell!r} is no month")
    return dt.date(int(found[1]) + 1911, int(found[2]), 1)


def _revenues(payload: bytes, *, feed: str, board: str) -> Frames:
    """The month of each row, the month before and the same month of the year before.

    When a company announced its revenue is not told: the day in the rows is the list's own.
    """
    rows = records(payload, feed, ("資料年月", "公司代號", *_REVENUE_FIELDS))
    symbols, stocks = of_shares(rows, "公司代號", board)
    months = pd.PeriodIndex(converted(stocks, "資料年月", revenue_month, feed), freq="M")
    if months.empty:
        raise BadAnswer(feed, "no row is of a common stock")
    parts = [
        pd.DataFrame(
            {
                SYMBOL: symbols,
                MONTH: (months - back).to_timestamp(),
                REVENUE: np.array(numbers(stocks, field, feed)) * THOUSAND,
            }
        )
        for field, back in _REVENUE_FIELDS.items()
    ]
    # Nought of an earlier month is what the form has for a company that did not report then.
    known = [parts[0].dropna(), *(part[part[REVENUE].abs() > 0] for part in parts[1:])]
    return {REVENUES.name: record_frame(REVENUES, feed, dict(pd.concat(known)))}


def without_restatements(revenues: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """Revenues without those earlier months of a symbol of which one is stored already.

    A list repeats the revenue of the year before as it is seen now; what was known then stays.
    """
    newest = revenues.groupby(SYMBOL)[MONTH].transform("max")
    keys = pd.MultiIndex.from_frame(revenues[[SYMBOL, MONTH]])
    known = keys.isin(pd.MultiIndex.from_frame(stored[[SYMBOL, MONTH]]))
    return revenues[(revenues[MONTH] == newest) | ~known].reset_index(drop=True)


def _valuation(
    payload: bytes, *, feed: str, board: str, code: str, pe: str, dividend: str, pb: str
) -> Frames:
    """A ratio that the exchange does not give (a loss, no dividend known) is missing."""
    rows = records(payload, feed, ("Date", code, pe, dividend, pb))
    session = one_day(feed, (row["Date"] for row in rows))
    symbols, stocks = of_shares(rows, code, board)
    columns: dict[str, Iterable[object]] = {
        SYMBOL: symbols,
        SESSION: [session] * len(stocks),
        PE: amounts(stocks, pe, feed),
        DIVIDEND_YIELD: np.array(numbers(stocks, dividend, feed)) / 100,
        PB: amounts(stocks, pb, feed),
    }
    return {VALUATION.name: record_frame(VALUATION, feed, columns)}


def _monthly(key: str, source: str, board: str, address: str) -> Feed:
    return Feed(
        key, source, address, Licence.OPEN, dt.timedelta(days=1),
        partial(_revenues, feed=key, board=board),
    )  # fmt: skip


FEEDS: Final = (
    _monthly(
        "twse_revenue", TWSE, "TWSE", "https://openapi.twse.com.tw/v1/opendata/t187ap05_L"
    ),
    _monthly(
        "tpex_revenue", TPEX, "TPEX", "https://www.tpex.org.tw/openapi/v1/mopsfin_t187ap05_O"
    ),
    Feed(
        "twse_valuation",
        TWSE,
        "https://openapi.twse.com.tw/v1/exchangeReport/BWIBBU_ALL",
        Licence.OPEN,
        dt.timedelta(days=1),
        partial(
            _valuation, feed="twse_valuation", board="TWSE", code="Code", pe="PEratio",
            dividend="DividendYield", pb="PBratio",
        ),
    ),
    Feed(
        "tpex_valuation",
        TPEX,
        "https://www.tpex.org.tw/openapi/v1/tpex_mainboard_peratio_analysis",
        Licence.OPEN,
        dt.timedelta(days=1),
        partial(
            _valuation, feed="tpex_valuation", board="TPEX", code="SecuritiesCompanyCode",
            pe="PriceEarningRatio", dividend="YieldRatio", pb="PriceBookRatio",
        ),
    ),
)  # fmt: skip
