"""A whole market's day as the exchanges' feeds tell it: recorded, from real prices, or invented."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dashboard.prices.limits import limit_down, limit_up
from dashboard.prices.sessions import last_final_session, sessions

CSV_NAMES = (
    "日期", "證券代號", "證券名稱", "成交股數", "成交金額", "開盤價", "最高價", "最低價", "收盤價",
    "漲跌價差", "成交筆數",
)  # fmt: skip


@dataclass
class Quote:
    """One security's day, each value as the exchange writes it."""

    code: str
    name: str
    open: str
    high: str
    low: str
    close: str
    change: str
    volume: str
    reference: str = ""
    limit_up: str = ""
    limit_down: str = ""

    @classmethod
    def of(
        cls, code: str, close: float, change: float | None, volume: float, *, name: str = "",
        prices: tuple[float, float, float] | None = None,
    ) -> Quote:  # fmt: skip
        """From numbers; flat unless open, high and low are given; `change` None: not comparable."""
        opened, high, low = prices or (close, close, close)
        cents = np.array([round(close * 100)])
        return cls(
            code, name or f"公司{code}", *(f"{price:.2f}" for price in (opened, high, low, close)),
            "X0.00" if change is None else f"{change:+.2f}", f"{volume:.0f}", f"{close:.2f}",
            f"{limit_up(cents)[0] / 100:.2f}", f"{limit_down(cents)[0] / 100:.2f}",
        )  # fmt: skip

    @classmethod
    def untraded(cls, code: str, reference: str = "10.00") -> Quote:
        """A security without a trade, as TPEx writes it."""
        blank = ("---",) * 3
        return cls(code, f"公司{code}", *blank, " ---", "--- ", "0", reference, "11.00", "9.00")


@dataclass
class Market:
    """Both boards' day; `twse` and `tpex` by code, to be changed at will."""

    day: dt.date
    twse: dict[str, Quote] = field(default_factory=dict)
    tpex: dict[str, Quote] = field(default_factory=dict)
    tpex_day: dt.date | None = None

    def twse_rows(self) -> list[dict[str, str]]:
        """As the OpenAPI has them."""
        return [
            {
                "Date": roc(self.day), "Code": q.code, "Name": q.name, "TradeVolume": q.volume,
                "TradeValue": "1", "OpeningPrice": q.open, "HighestPrice": q.high,
                "LowestPrice": q.low, "ClosingPrice": q.close, "Change": q.change,
                "Transaction": "1",
            }
            for q in self.twse.values()
        ]  # fmt: skip

    def tpex_rows(self) -> list[dict[str, str]]:
        """As the OpenAPI has them."""
        return [
            {
                "Date": roc(self.tpex_day or self.day), "SecuritiesCompanyCode": q.code,
                "CompanyName": q.name, "Close": q.close, "Change": q.change, "Open": q.open,
                "High": q.high, "Low": q.low, "Average": q.close, "TradingShares": q.volume,
                "TransactionAmount": "1", "TransactionNumber": "1", "LatestBidPrice": q.close,
                "LatesAskPrice": q.close, "Capitals": "1", "NextReferencePrice": q.reference,
                "NextLimitUp": q.limit_up, "NextLimitDown": q.limit_down,
            }
            for q in self.tpex.values()
        ]  # fmt: skip

    def limit_rows(self) -> list[dict[str, str]]:
        """TWSE's limits of the session after this day."""
        return [
            {
                "Code": q.code, "Name": q.name, "TodayLimitUp": q.limit_up,
                "TodayOpeningRefPrice": q.reference, "TodayLimitDown": q.limit_down,
                "PreviousDayOpeningRefPrice": q.reference, "PreviousDayPrice": q.close,
                "PreviousDayLimitUp": q.limit_up, "PreviousDayLimitDown": q.limit_down,
                "LastTradingDay": roc(self.day), "AllowOddLotTrade": "可",
            }
            for q in self.twse.values()
        ]  # fmt: skip

    def on(self, day: dt.date) -> Market:
        """The same prices on another day."""
        return Market(day, dict(self.twse), dict(self.tpex))

    def with_close(self, symbol: str, close: float) -> Market:
        """Another close of one stock, its high and low with it, its change as told before."""
        code, suffix = symbol.split(".")
        board = "tpex" if suffix == "TWO" else "twse"
        quotes = dict(getattr(self, board))
        old = quotes[code]
        quotes[code] = replace(
            old,
            close=f"{close:.2f}",
            high=f"{max(close, number(old.high)):.2f}",
            low=f"{min(close, number(old.low)):.2f}",
            change=f"{number(old.change) + close - number(old.close):+.2f}",
        )
        return replace(self, **{board: quotes})


def number(text: str) -> float:
    return float(text.replace(",", "").replace("X", "").strip())


def roc(day: dt.date) -> str:
    return f"{day.year - 1911}{day:%m%d}"


def as_json(rows: object) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def as_csv(rows: list[dict[str, str]]) -> bytes:
    """TWSE's rows as its CSV file has them."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    text.write(",".join(CSV_NAMES) + "\r\n")
    order = (
        "Date", "Code", "Name", "TradeVolume", "TradeValue", "OpeningPrice", "HighestPrice",
        "LowestPrice", "ClosingPrice", "Change", "Transaction",
    )  # fmt: skip
    writer.writerows([[row[name] for name in order] for row in rows])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def recorded_twse(responses: Path) -> list[Quote]:
    """The recorded day 2026-02-11, all securities."""
    page = json.loads((responses / "twse" / "STOCK_DAY_ALL_20260211.json").read_text("utf-8"))
    return [
        replace(
            Quote.of(code, number(close), None, 0, name=name),
            open=opened,
            high=high,
            low=low,
            change=change,
            volume=volume,
        )
        for code, name, volume, _, opened, high, low, close, change, _ in page["data"]
    ]


def recorded_tpex(responses: Path) -> list[Quote]:
    """The recorded day 2023-01-30, all securities."""
    page = json.loads((responses / "tpex" / "tpex-stocks-historical.json").read_text("utf-8"))
    return [
        Quote(r[0], r[1], r[4], r[5], r[6], r[2], r[3], r[8], r[16], r[17], r[18])
        for r in page["tables"][0]["data"]
    ]


def recorded(responses: Path) -> Market:
    """Both recorded days told as one, 2026-02-11."""
    return market(dt.date(2026, 2, 11), recorded_twse(responses), recorded_tpex(responses))


def market(day: dt.date, twse: Iterable[Quote], tpex: Iterable[Quote]) -> Market:
    return Market(day, {q.code: q for q in twse}, {q.code: q for q in tpex})


def of_prices(folder: Path, day: dt.date | None = None) -> Market:
    """The last session of `tw_market_daily.parquet`, filled up with funds and warrants."""
    columns = ["symbol", "date", "open", "high", "low", "close", "volume"]
    bars = pd.read_parquet(folder / "prices" / "tw_market_daily.parquet", columns=columns)
    last, before = sorted(bars["date"].unique())[:-3:-1]
    earlier = bars[bars["date"] == before].set_index("symbol")["close"]
    quotes: dict[str, list[Quote]] = {"TW": others("0"), "TWO": others("7")}
    for bar in bars[bars["date"] == last].to_dict("records"):
        code, suffix = str(bar["symbol"]).split(".")
        quotes[suffix].append(_of_bar(code, bar, earlier.get(bar["symbol"])))
    return market(day or pd.Timestamp(last).date(), quotes["TW"], quotes["TWO"])


def _of_bar(code: str, bar: Any, before: float | None) -> Quote:
    # The emerging board is in the file too; its prices know no range and no limit.
    low = min(bar["low"], bar["open"], bar["close"])
    high = max(bar["high"], bar["open"], bar["close"])
    change = None if before is None or abs(bar["close"] / before - 1) > 0.095 else (
        bar["close"] - before
    )  # fmt: skip
    prices = (bar["open"], high, low)
    return Quote.of(code, bar["close"], change, max(bar["volume"], 1), prices=prices)


def invented(day: dt.date, always: Iterable[str] = ("2330.TW", "6488.TWO")) -> Market:
    """600 and 850 stocks that stand still at their code / 100, some funds and warrants."""
    twse = {symbol[:4] for symbol in always if symbol.endswith(".TW")}
    tpex = {symbol[:4] for symbol in always if symbol.endswith(".TWO")}
    twse |= {str(code) for code in range(1101, 1701)}
    tpex |= {str(code) for code in range(4101, 4951)}

    def stocks(codes: set[str]) -> list[Quote]:
        return [Quote.of(code, int(code) / 100, 0.0, 1000 * int(code)) for code in sorted(codes)]

    return market(day, [*others("0"), *stocks(twse)], [*others("7"), *stocks(tpex)])


def others(first: str) -> list[Quote]:
    """What is no common stock: funds, warrants, preferred shares."""
    traded = [Quote.of(f"{first}{number:05}", 12.34, 0.01, 5000) for number in range(100)]
    idle = [Quote.untraded(f"{first}{number:05}") for number in range(100, 300)]
    return [Quote.of("0050", 75.5, 0.5, 1e6), Quote.of("2881A", 60.0, 0.1, 1e4), *traded, *idle]


def last_session(now: dt.datetime | None = None) -> dt.date:
    return last_final_session("TW", now or dt.datetime.now(dt.UTC))


def session_before(day: dt.date) -> dt.date:
    earlier = sessions("TW", day - dt.timedelta(days=30), day - dt.timedelta(days=1))
    before: dt.date = earlier[-1].item()
    return before


def shares(quotes: Iterable[Quote]) -> list[Quote]:
    """Only common stocks."""
    return [q for q in quotes if re.fullmatch(r"(?!91)[1-9]\d{3}", q.code)]
