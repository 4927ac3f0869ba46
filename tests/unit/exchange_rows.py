"""Rows of the exchanges' open feeds beside prices, in the fields and notations they are served in.

Field names and formats: the recorded rows, the exchanges' own lists of fields, and answers quoted
by public projects. What the exchanges misspell is misspelt here.
"""

from __future__ import annotations

import json
from typing import Final

from dashboard.prices.bars import SYMBOL
from dashboard.prices.shipped_listings import listed_offline

Rows = list[dict[str, str]]


def _twse_companies() -> Rows:
    """As many as there are; 2330 with its shares, a depositary receipt and a fund among them."""
    codes = [symbol[:4] for symbol in listed_offline()[SYMBOL] if symbol.endswith(".TW")]
    rows = [
        {
            "出表日期": "1151119", "公司代號": code, "公司名稱": f"公司{code}股份有限公司",
            "公司簡稱": f"公司{code}", "產業別": "28", "上市日期": "20000103",
            "實收資本額": "999", "已發行普通股數或TDR原股發行股數": "1000000",
        }
        for code in codes
    ]  # fmt: skip
    special = {
        "2330": {
            "公司簡稱": "台積電", "產業別": "24", "上市日期": "19940905",
            "實收資本額": "259303804580", "已發行普通股數或TDR原股發行股數": "25930380458",
        },
        "1101": {"產業別": "1", "已發行普通股數或TDR原股發行股數": ""},
        "1102": {"上市日期": ""},
    }  # fmt: skip
    rows = [row | special.get(row["公司代號"], {}) for row in rows]
    return [*rows, rows[0] | {"公司代號": "9105", "公司簡稱": "泰金寶-DR", "產業別": "91"}]


def _tpex_companies() -> Rows:
    codes = [symbol[:4] for symbol in listed_offline()[SYMBOL] if symbol.endswith(".TWO")]
    return [
        {
            "Date": "1151119", "SecuritiesCompanyCode": code, "CompanyName": f"公司{code}公司",
            "CompanyAbbreviation": f"公司{code}", "SecuritiesIndustryCode": "33",
            "DateOfListing": "20180808", "IssueShares": "44232373",
        }
        for code in codes
    ]  # fmt: skip


def _revenue() -> dict[str, str]:
    return {
        "出表日期": "1150817", "資料年月": "11507", "公司代號": "2330", "公司名稱": "台積電",
        "產業別": "半導體業", "營業收入-當月營收": "467580548",
        "營業收入-上月營收": "442679969", "營業收入-去年當月營收": "323165707",
        "累計營業收入-當月累計營收": "2872064238",
        "累計營業收入-去年累計營收": "2096211240", "備註": "-",
    }  # fmt: skip


def _coming(code: str, day: str, kind: str, *amounts: str) -> dict[str, str]:
    names = ("StockDividendRatio", "SubscriptionRatio", "SubscriptionPricePerShare", "CashDividend")
    return {"Date": day, "Code": code, "Name": "名", "Exdividend": kind} | dict(
        zip(names, amounts, strict=True)
    )


def _tpex_coming(code: str, day: str, kind: str, *amounts: str) -> dict[str, str]:
    names = (
        "StockDividendRatio", "SubscriptionRatioToNewSharesIssued", "SubscriptionPricePerShare",
        "CashDividend",
    )  # fmt: skip
    first = {"ExRrightsExDividendDate": day, "SecuritiesCompanyCode": code}
    return first | {"CompanyName": "名", "ExRrightsExDividend": kind} | dict(
        zip(names, amounts, strict=True)
    )  # fmt: skip


TEMPLATE: Final = {
    "Number": "0", "Code": "", "Name": "", "NumberOfAnnouncement": "0",
    "TradingInfoForAttention": "", "Date": "", "ClosingPrice": "0", "PE": "0",
}  # fmt: skip
"""What the exchange serves instead of an empty list."""

SAMPLES: Final[dict[str, Rows]] = {
    "twse_companies": _twse_companies(),
    "tpex_companies": _tpex_companies(),
    "twse_revenue": [
        _revenue(),
        _revenue() | {"公司代號": "1101", "營業收入-上月營收": "0", "營業收入-當月營收": "-12"},
    ],
    "tpex_revenue": [_revenue() | {"公司代號": "6488", "營業收入-當月營收": "4977758"}],
    "twse_valuation": [
        {
            "Date": "1150814", "Code": "2330", "Name": "台積電", "PEratio": "27.76",
            "DividendYield": "0.92", "PBratio": "9.66",
        },
        {
            "Date": "1150814", "Code": "1101", "Name": "台泥", "PEratio": "",
            "DividendYield": "0.00", "PBratio": "0.81",
        },
    ],
    "tpex_valuation": [
        {
            "Date": "1150814", "SecuritiesCompanyCode": "6488", "CompanyName": "環球晶",
            "PriceEarningRatio": "N/A", "DividendPerShare": "14.5", "YieldRatio": "1.53",
            "PriceBookRatio": "4.10",
        },
    ],
    "twse_ex_dates": [
        _coming("2412", "1150805", "息", "", "", "", "4.5"),
        _coming("7740", "1150724", "權息", "0.12781954", "", "", "2.05"),
        _coming("4764", "1150724", "權", "", "0.07014093", "230", "0"),
        _coming("2330", "1150917", "息", "", "", "", ""),
        _coming("00401A", "1151015", "息", "", "", "", "<p>待公告實際收益分配金額</p>"),
    ],
    "tpex_ex_dates": [
        _tpex_coming("3680", "1150617", "除息", "0.00000000", "0.00000000", "0.00", "4.99733964"),
        _tpex_coming("1234", "1150818", "除權", "0", "0.1", "註4", "0"),
        _tpex_coming("5483", "1150625", "除息", "0", "0", "0", "尚未公告"),
    ],
    "tpex_ex_results": [
        {
            "Date": "1150914", "SecuritiesCompanyCode": "5278", "CompanyName": "尚凡*",
            "ClosePriceBeforeExRightsDiviend": "23.90", "ExRightsDiviendQuote": "23.63",
            "StockDividend": "0.000000", "CashDividend": "0.266182",
            "StockDividendPlusCashDividend": "0.266182", "ExRightsDiviend": "除息",
            "LimitUp": "25.95", "LimitDown": "21.30", "OpeningReferencePrice": "23.65",
            "DividendDeductedQuote": "23.63", "CashDivdend": "0.26618165",
            "StockDivdendThousandShares": "0.00000000", "CashCapitalIncreaseShares": "0",
            "SubscriptionPricePerShare": "0.00", "SubscribedProRataThousandShares": "0.00000000",
        },
    ],
    "twse_attention": [
        TEMPLATE,
        TEMPLATE | {"Number": "1", "Code": "2330", "TradingInfoForAttention": "第一款",
                    "Date": "1150709"},
        TEMPLATE | {"Number": "2", "Code": "2330", "TradingInfoForAttention": "第三款",
                    "Date": "1150709"},
        TEMPLATE | {"Number": "3", "Code": "069954", "TradingInfoForAttention": "第一款",
                    "Date": "1150709"},
    ],
    "tpex_attention": [
        {
            "Date": "20260717", "SecuritiesCompanyCode": "2061", "CompanyName": "風青",
            "TradingInformation": "漲幅異常", "ClosePrice": "56.7", "PriceEarningRatio": "N/A",
        },
    ],
    "twse_dispositions": [
        {
            "Number": "1", "Date": "1150506", "Code": "1597", "Name": "直得",
            "NumberOfAnnouncement": "1", "ReasonsOfDisposition": "連續三次",
            "DispositionPeriod": "115/05/07～115/05/20", "DispositionMeasures": "第一次處置",
            "Detail": "處置內容",
        },
        {
            "Number": "2", "Date": "1150513", "Code": "1597", "Name": "直得",
            "NumberOfAnnouncement": "2", "ReasonsOfDisposition": "連續六次",
            "DispositionPeriod": "115/05/07至115/05/27", "DispositionMeasures": "第二次處置",
            "Detail": "處置內容",
        },
    ],
    "tpex_dispositions": [
        {
            "Date": "1150708", "SecuritiesCompanyCode": "4707", "CompanyName": "磐亞",
            "DispositionPeriod": "1150709~1150722", "DispositionReasons": "連續五次",
            "DisposalCondition": "第一次處置",
        },
    ],
    "twse_holidays": [
        {"Name": "中華民國開國紀念日", "Date": "1150101", "Weekday": "四",
         "Description": "依規定放假1日。"},
        {"Name": "國曆新年開始交易日", "Date": "1150102", "Weekday": "五",
         "Description": "國曆新年開始交易。"},
        {"Name": "農曆春節前最後交易日", "Date": "1150211", "Weekday": "三",
         "Description": "農曆春節前最後交易。"},
        {"Name": "市場無交易，僅辦理結算交割作業", "Date": "1150212", "Weekday": "四",
         "Description": ""},
    ],
    "twse_index": [
        {"Date": "1150504", "OpeningIndex": "39228.39", "HighestIndex": "40800.01",
         "LowestIndex": "39228.39", "ClosingIndex": "40,705.14"},
    ],
    "twse_index_closes": [
        {"Date": "1150504", "TradeVolume": "12395796663", "TradeValue": "1051315643566",
         "Transaction": "1", "TAIEX": "40705.14", "Change": "1.00"},
    ],
    "twse_total_return": [{"Date": "1150504", "TAIEXTotalReturnIndex": "92860.88"}],
    "tpex_index": [
        {"Date": "20260504", "Open": "251.20", "High": "253.00", "Low": "250.10",
         "Close": "252.34", "Change": "1.10"},
    ],
}  # fmt: skip

NUMBER_FIELDS: Final = {
    "twse_companies": "已發行普通股數或TDR原股發行股數",
    "tpex_companies": "IssueShares",
    "twse_revenue": "營業收入-當月營收",
    "tpex_revenue": "營業收入-去年當月營收",
    "twse_valuation": "PEratio",
    "tpex_valuation": "YieldRatio",
    "twse_ex_dates": "CashDividend",
    "tpex_ex_dates": "StockDividendRatio",
    "tpex_ex_results": "ExRightsDiviendQuote",
    "twse_attention": "Date",
    "tpex_attention": "Date",
    "twse_dispositions": "DispositionPeriod",
    "tpex_dispositions": "DispositionPeriod",
    "twse_holidays": "Date",
    "twse_index": "ClosingIndex",
    "twse_index_closes": "TAIEX",
    "twse_total_return": "TAIEXTotalReturnIndex",
    "tpex_index": "Low",
}
"""One field of each feed that may not hold any text."""


def payload(rows: object) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()
