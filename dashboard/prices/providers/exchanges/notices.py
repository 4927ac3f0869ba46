"""What the exchanges announce: ex-dates, attention and disposition, holidays, indices."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from dashboard.errors import BadAnswer
from dashboard.prices.bars import DATE, DIVIDEND, SESSION, SYMBOL
from dashboard.prices.providers.exchanges.cells import number, records, roc_date
from dashboard.prices.providers.exchanges.feed import BARS, TPEX, TWSE, Feed, Frames, Licence
from dashboard.prices.providers.exchanges.frames import (
    Rows,
    amounts,
    bar_frame,
    converted,
    days,
    numbers,
    of_shares,
    record_frame,
)
from dashboard.prices.records import (
    ACTIONS,
    HOLIDAYS,
    KIND,
    LIMIT_DOWN,
    LIMIT_UP,
    LIMITS,
    NAME,
    NOTICES,
    PREVIOUS_CLOSE,
    RECORD,
    REFERENCE,
    RIGHTS,
    STOCK_DIVIDEND,
    SUBSCRIPTION_PRICE,
    TEXT_COLUMN,
    UNTIL,
)

ATTENTION: Final = "attention"
DISPOSITION: Final = "disposition"
CLOSED_DAY: Final = "closed"
OPEN_DAY: Final = "open"

TAIEX: Final = "^TWII"
TAIEX_TOTAL_RETURN: Final = "^TWII-TR"
TPEX_INDEX: Final = "^TWOII"

_PENDING: Final = re.compile(r"註\s*[0-9]*|.*(?:待|尚未)公告.*", re.DOTALL)
"""An amount that is not announced yet; the exchanges write a footnote in its place."""
_SESSION_MARK: Final = re.compile("開始交易|最後交易|補行交易")
"""The list of holidays also names the sessions around the long ones."""
_UNTIL_MARK: Final = re.compile("[~～至]")
_BETWEEN: Final = "；"


def _amount(cell: str) -> float:
    return np.nan if _PENDING.fullmatch(cell) else number(cell) or np.nan


def _coming(
    payload: bytes, *, feed: str, board: str, code: str, day: str, kind: str, rights: str
) -> Frames:
    """Coming ex-dates whose amounts are all announced; the others come again when they are."""
    ratio, price, cash = "StockDividendRatio", "SubscriptionPricePerShare", "CashDividend"
    rows = records(payload, feed, (code, day, kind, ratio, rights, price, cash))
    symbols, stocks = of_shares(rows, code, board)
    frame = pd.DataFrame(
        {
            SYMBOL: symbols,
            SESSION: days(stocks, day, feed),
            DIVIDEND: converted(stocks, cash, _amount, feed),
            STOCK_DIVIDEND: converted(stocks, ratio, _amount, feed),
            RIGHTS: converted(stocks, rights, _amount, feed),
            SUBSCRIPTION_PRICE: converted(stocks, price, _amount, feed),
        }
    )
    kinds = pd.Series([row[kind] for row in stocks], dtype="str")
    shares = frame[STOCK_DIVIDEND].notna() | frame[RIGHTS].notna()
    whole = (
        (frame[DIVIDEND].notna() | ~kinds.str.contains("息"))
        & (shares | ~kinds.str.contains("權"))
        & (frame[RIGHTS].isna() | frame[SUBSCRIPTION_PRICE].notna())
        & kinds.str.contains("息|權")
    )
    return {ACTIONS.name: record_frame(ACTIONS, feed, dict(frame[whole]))}


def _tpex_results(payload: bytes) -> Frames:
    """References and limits of the stocks that go ex on the day of the rows."""
    names = {
        "day": "Date",
        "code": "SecuritiesCompanyCode",
        "previous": "ClosePriceBeforeExRightsDiviend",
        "reference": "ExRightsDiviendQuote",
        "cash": "CashDivdend",
        "stock": "StockDivdendThousandShares",
        "up": "LimitUp",
        "down": "LimitDown",
    }
    rows = records(payload, "tpex_ex_results", tuple(names.values()))
    return ex_results(rows, "tpex_ex_results", names)


def ex_results(rows: Rows, feed: str, names: Mapping[str, str]) -> Frames:
    """ACTIONS and LIMITS of the TPEx table of ex-dates, whatever its fields are called.

    Parameters
    ----------
    names : day, code, previous, reference, cash (per share), stock (shares per thousand), up,
        down → field

    A subscription is in the reference; its own columns are not read.
    """
    symbols, kept = of_shares(rows, names["code"], "TPEX")
    sessions = days(kept, names["day"], feed)
    reference = amounts(kept, names["reference"], feed)
    return {
        ACTIONS.name: record_frame(
            ACTIONS,
            feed,
            {
                SYMBOL: symbols,
                SESSION: sessions,
                DIVIDEND: amounts(kept, names["cash"], feed),
                STOCK_DIVIDEND: np.array(amounts(kept, names["stock"], feed)) / 1000,
                REFERENCE: reference,
                PREVIOUS_CLOSE: amounts(kept, names["previous"], feed),
            },
        ),
        LIMITS.name: record_frame(
            LIMITS,
            feed,
            {
                SYMBOL: symbols,
                SESSION: sessions,
                REFERENCE: reference,
                LIMIT_UP: amounts(kept, names["up"], feed),
                LIMIT_DOWN: amounts(kept, names["down"], feed),
            },
        ),
    }


def period(cell: str) -> tuple[dt.date, dt.date]:
    """First and last day of a disposition: `115/05/07～115/05/20`, `1150803~1150814`.

    Raises
    ------
    ValueError
        If it is none, or ends before it begins.
    """
    parts = _UNTIL_MARK.split(cell)
    if len(parts) != 2:
        raise ValueError(f"{cell!r} is no period")
    first, last = (roc_date(part) for part in parts)
    if last < first:
        raise ValueError(f"{cell!r} ends before it begins")
    return first, last


def _dispositions(
    payload: bytes, *, feed: str, board: str, code: str, texts: tuple[str, ...]
) -> Frames:
    rows = records(payload, feed, ("Date", code, "DispositionPeriod", *texts))
    symbols, stocks = of_shares(rows, code, board)
    periods = converted(stocks, "DispositionPeriod", period, feed)
    frame = pd.DataFrame(
        {
            SYMBOL: symbols,
            DATE: [first for first, _ in periods],
            UNTIL: pd.Series([last for _, last in periods], dtype=object),
            TEXT_COLUMN: [_BETWEEN.join(filter(None, map(row.get, texts))) for row in stocks],
        }
    )
    return _notices(frame, DISPOSITION, feed)


def _attention(payload: bytes, *, feed: str, board: str, code: str, text: str) -> Frames:
    rows = records(payload, feed, ("Date", code, text))
    symbols, stocks = of_shares(rows, code, board)
    frame = pd.DataFrame(
        {
            SYMBOL: symbols,
            DATE: days(stocks, "Date", feed),
            UNTIL: pd.Series([None] * len(stocks), dtype=object),
            TEXT_COLUMN: [row[text] for row in stocks],
        }
    )
    return _notices(frame, ATTENTION, feed)


def _joined(texts: pd.Series) -> str:
    return _BETWEEN.join(dict.fromkeys(texts))


def _notices(frame: pd.DataFrame, kind: str, feed: str) -> Frames:
    """Several notices of one symbol that begin on one day are one, to the last of their ends."""
    if frame.empty:
        return {NOTICES.name: record_frame(NOTICES, feed, {})}
    ordered = frame.assign(**{UNTIL: pd.to_datetime(frame[UNTIL])})
    one = ordered.groupby([SYMBOL, DATE], as_index=False, sort=False).agg(
        {UNTIL: "max", TEXT_COLUMN: _joined}
    )
    one[KIND] = kind
    one[RECORD] = one[SYMBOL] + f"/{kind}"
    return {NOTICES.name: record_frame(NOTICES, feed, dict(one))}


def _holidays(payload: bytes) -> Frames:
    feed = "twse_holidays"
    rows = records(payload, feed, ("Name", "Date", "Description"))
    frame = pd.DataFrame(
        {
            DATE: days(rows, "Date", feed),
            NAME: [row["Name"] for row in rows],
            KIND: [
                OPEN_DAY if _SESSION_MARK.search(row["Name"] + row["Description"]) else CLOSED_DAY
                for row in rows
            ],
        }
    )
    one = frame.groupby([KIND, DATE], as_index=False)[NAME].agg(_joined)
    return {HOLIDAYS.name: record_frame(HOLIDAYS, feed, dict(one))}


def _index(
    payload: bytes,
    *,
    feed: str,
    symbol: str,
    close: str,
    ohl: tuple[str, str, str] | None = None,
) -> Frames:
    """The last sessions of an index; every one has a close."""
    rows = records(payload, feed, ("Date", close, *(ohl or ())))
    closes = numbers(rows, close, feed)
    if np.isnan(closes).any():
        raise BadAnswer(feed, "a session of the index has no close")
    opened, high, low = (numbers(rows, name, feed) for name in ohl) if ohl else ((), (), ())
    bars = bar_frame(
        feed,
        [symbol] * len(rows),
        days(rows, "Date", feed),
        closes,
        ohl=(opened, high, low) if ohl else None,
    )
    return {BARS: bars}


_TWSE_API: Final = "https://openapi.twse.com.tw/v1/"
_TPEX_API: Final = "https://www.tpex.org.tw/openapi/v1/"


def _feed(
    key: str,
    path: str,
    parse: Callable[[bytes], Frames],
    *,
    every: dt.timedelta = dt.timedelta(days=1),
    fallbacks: tuple[str, ...] = (),
) -> Feed:
    source = TWSE if key.startswith(TWSE) else TPEX
    address = (_TWSE_API if source == TWSE else _TPEX_API) + path
    return Feed(key, source, address, Licence.OPEN, every, parse, fallbacks)


_TPEX_CODE: Final = "SecuritiesCompanyCode"

FEEDS: Final = (
    # What is coming before what has come: the later answer has the reference and stays.
    _feed(
        "twse_ex_dates",
        "exchangeReport/TWT48U_ALL",
        partial(
            _coming, feed="twse_ex_dates", board="TWSE", code="Code", day="Date",
            kind="Exdividend", rights="SubscriptionRatio",
        ),
    ),
    _feed(
        "tpex_ex_dates",
        "tpex_exright_prepost",
        partial(
            _coming, feed="tpex_ex_dates", board="TPEX", code=_TPEX_CODE,
            # The exchange's own spelling.
            day="ExRrightsExDividendDate", kind="ExRrightsExDividend",
            rights="SubscriptionRatioToNewSharesIssued",
        ),
    ),
    _feed("tpex_ex_results", "tpex_exright_daily", _tpex_results),
    _feed(
        "twse_attention",
        "announcement/notice",
        partial(
            _attention, feed="twse_attention", board="TWSE", code="Code",
            text="TradingInfoForAttention",
        ),
    ),
    _feed(
        "tpex_attention",
        "tpex_trading_warning_information",
        partial(
            _attention, feed="tpex_attention", board="TPEX", code=_TPEX_CODE,
            text="TradingInformation",
        ),
    ),
    _feed(
        "twse_dispositions",
        "announcement/punish",
        partial(
            _dispositions, feed="twse_dispositions", board="TWSE", code="Code",
            texts=("ReasonsOfDisposition", "DispositionMeasures"),
        ),
    ),
    _feed(
        "tpex_dispositions",
        "tpex_disposal_information",
        partial(
            _dispositions, feed="tpex_dispositions", board="TPEX", code=_TPEX_CODE,
            texts=("DispositionReasons", "DisposalCondition"),
        ),
    ),
    _feed(
        "twse_holidays",
        "holidaySchedule/holidaySchedule",
        _holidays,
        every=dt.timedelta(days=7),
    ),
    _feed(
        "twse_index",
        "indicesReport/MI_5MINS_HIST",
        partial(
            _index, feed="twse_index", symbol=TAIEX, close="ClosingIndex",
            ohl=("OpeningIndex", "HighestIndex", "LowestIndex"),
        ),
        fallbacks=("twse_index_closes",),
    ),
    _feed(
        "twse_index_closes",
        "exchangeReport/FMTQIK",
        partial(_index, feed="twse_index_closes", symbol=TAIEX, close="TAIEX"),
    ),
    _feed(
        "twse_total_return",
        "indicesReport/MFI94U",
        partial(
            _index, feed="twse_total_return", symbol=TAIEX_TOTAL_RETURN,
            close="TAIEXTotalReturnIndex",
        ),
    ),
    _feed(
        "tpex_index",
        "tpex_index",
        partial(
            _index, feed="tpex_index", symbol=TPEX_INDEX, close="Close",
            ohl=("Open", "High", "Low"),
        ),
    ),
)  # fmt: skip
