"""The exchanges' lists of companies: board, industry, day of listing, shares outstanding."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from dashboard.errors import BadAnswer
from dashboard.prices.bars import DATE, SHARES, SYMBOL
from dashboard.prices.providers.exchanges.acceptance import Whole, accept_size
from dashboard.prices.providers.exchanges.cells import records, roc_date
from dashboard.prices.providers.exchanges.feed import TPEX, TWSE, Feed, Frames, Licence
from dashboard.prices.providers.exchanges.frames import (
    Rows,
    amounts,
    converted,
    days,
    of_shares,
    record_frame,
)
from dashboard.prices.records import (
    BOARD,
    CODE,
    INDUSTRY,
    LISTED_ON,
    LISTINGS,
    NAME,
    SHARES_KIND,
)

INDUSTRIES: Final = {
    "01": "水泥工業", "02": "食品工業", "03": "塑膠工業", "04": "紡織纖維", "05": "電機機械",
    "06": "電器電纜", "08": "玻璃陶瓷", "09": "造紙工業", "10": "鋼鐵工業", "11": "橡膠工業",
    "12": "汽車工業", "14": "建材營造業", "15": "航運業", "16": "觀光餐旅", "17": "金融保險業",
    "18": "貿易百貨業", "19": "綜合", "20": "其他業", "21": "化學工業", "22": "生技醫療業",
    "23": "油電燃氣業", "24": "半導體業", "25": "電腦及週邊設備業", "26": "光電業",
    "27": "通信網路業", "28": "電子零組件業", "29": "電子通路業", "30": "資訊服務業",
    "31": "其他電子業", "32": "文化創意業", "33": "農業科技業", "35": "綠能環保",
    "36": "數位雲端", "37": "運動休閒", "38": "居家生活", "80": "管理股票",
}  # fmt: skip
"""The exchanges' industries as named since 2023-07-03, when 35 to 38 were added."""


@dataclass(frozen=True)
class _Form:
    """Where a board's list has what, and how few companies are no whole list."""

    board: str
    day: str
    code: str
    name: str
    industry: str
    listed_on: str
    shares: str
    fewest: int


_TWSE: Final = _Form(
    "TWSE", "出表日期", "公司代號", "公司簡稱", "產業別", "上市日期",
    "已發行普通股數或TDR原股發行股數", 900,
)  # fmt: skip
_TPEX: Final = _Form(
    "TPEX", "Date", "SecuritiesCompanyCode", "CompanyAbbreviation", "SecuritiesIndustryCode",
    "DateOfListing", "IssueShares", 800,
)  # fmt: skip


def _parsed(payload: bytes, feed: str, form: _Form) -> Frames:
    fields = (form.day, form.code, form.name, form.industry, form.listed_on, form.shares)
    rows = records(payload, feed, fields)
    day = _day(rows, form.day, feed)
    symbols, stocks = of_shares(rows, form.code, form.board)
    accept_size(feed, Whole(stocks=form.fewest), len(rows), symbols)
    listed = converted(stocks, form.listed_on, _day_or_none, feed)
    shares = np.array(amounts(stocks, form.shares, feed))
    known = shares > 0
    return {
        LISTINGS.name: _listings(symbols, stocks, listed, form, feed),
        SHARES_KIND.name: record_frame(
            SHARES_KIND,
            feed,
            {
                SYMBOL: np.array(symbols)[known],
                DATE: [day] * int(known.sum()),
                SHARES: shares[known].astype(np.int64),
            },
        ),
    }


def _day(rows: Rows, field: str, feed: str) -> dt.date:
    """The day that the list was made, the same in every row."""
    found = sorted(set(days(rows, field, feed)))
    if len(found) != 1:
        told = ", ".join(day.isoformat() for day in found[:3])
        raise BadAnswer(feed, f"the rows are of {len(found)} days ({told}); one is expected")
    return found[0]


def _listings(
    symbols: list[str], rows: Rows, listed: list[dt.date | None], form: _Form, feed: str
) -> pd.DataFrame:
    known = [place for place, day in enumerate(listed) if day]
    return record_frame(
        LISTINGS,
        feed,
        {
            SYMBOL: [symbols[place] for place in known],
            LISTED_ON: [listed[place] for place in known],
            CODE: [rows[place][form.code] for place in known],
            NAME: [rows[place][form.name] for place in known],
            BOARD: [form.board] * len(known),
            INDUSTRY: [industry_name(rows[place][form.industry]) for place in known],
        },
    )


def _day_or_none(cell: str) -> dt.date | None:
    return roc_date(cell) if cell else None


def industry_name(cell: str) -> str:
    """Name of an industry by the exchanges' code; what is no known code stays as it is."""
    return INDUSTRIES.get(cell.zfill(2), cell)


def _twse(payload: bytes) -> Frames:
    return _parsed(payload, "twse_companies", _TWSE)


def _tpex(payload: bytes) -> Frames:
    return _parsed(payload, "tpex_companies", _TPEX)


FEEDS: Final = (
    Feed(
        "twse_companies",
        TWSE,
        "https://openapi.twse.com.tw/v1/opendata/t187ap03_L",
        Licence.OPEN,
        dt.timedelta(days=1),
        _twse,
    ),
    Feed(
        "tpex_companies",
        TPEX,
        "https://www.tpex.org.tw/openapi/v1/mopsfin_t187ap03_O",
        Licence.OPEN,
        dt.timedelta(days=1),
        _tpex,
    ),
)
