"""Pages that answer for any past day: quotes, ex-dates, reductions, par changes, revenue.

Their sites' terms forbid scripted download, so every one is `Licence.SITE`: off unless a setting
turns it on. An address has placeholders; `asked` gives what fills them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from html.parser import HTMLParser
from typing import Any, Final

import numpy as np

from dashboard.errors import BadAnswer, Garbled
from dashboard.prices.bars import DIVIDEND, SESSION, SPLIT, SYMBOL
from dashboard.prices.providers.exchanges.acceptance import Whole
from dashboard.prices.providers.exchanges.cells import (
    document,
    number,
    roc_date,
    table_records,
)
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
from dashboard.prices.providers.exchanges.fundamentals import THOUSAND
from dashboard.prices.providers.exchanges.notices import ex_results
from dashboard.prices.providers.exchanges.prices import TWSE_PAGE_FORM, Form, board_day
from dashboard.prices.records import (
    ACTIONS,
    LIMIT_DOWN,
    LIMIT_UP,
    LIMITS,
    MONTH,
    PREVIOUS_CLOSE,
    REDUCTION,
    REFERENCE,
    REFUND,
    REVENUE,
    REVENUES,
)

_NOTHING: Final = "沒有符合條件的資料"
_WHOLE: Final = Whole(stocks=500)
"""TPEx was smaller in the past; that all rows came is told by their announced number."""
_SIGN: Final = "漲跌(+/-)"
TPEX_PAGE_FORM: Final = Form(
    "TPEX", "代號", "開盤", "最高", "最低", "收盤", "漲跌", "成交股數", "",
    "次日 參考價", "次日 漲停價", "次日 跌停價",
)  # fmt: skip


def asked(start: dt.date, end: dt.date | None = None) -> dict[str, object]:
    """What fills the placeholders of an address: the days from `start` to `end`, both included.

    `start` alone if `end` is None; the pages of revenue are of the month that `start` is in.
    """
    return {"start": start, "end": end or start, "roc_year": start.year - 1911}


def _twse_table(payload: bytes, feed: str, fields: Sequence[str]) -> Rows:
    """Rows of a TWSE page; none where it says that there is nothing of those days."""
    answer = _answer(payload, feed)
    return [] if _says_nothing(answer, feed) else _rows(answer, feed, fields)


def _says_nothing(answer: Mapping[str, Any], feed: str) -> bool:
    """Whether a TWSE page says that there is nothing of the days asked for."""
    if _NOTHING in str(answer.get("stat")):
        return True
    if answer.get("stat") != "OK":
        raise BadAnswer(feed, f"the page says {answer.get('stat')!r:.80}")
    return False


def _tpex_table(payload: bytes, feed: str, fields: Sequence[str]) -> Rows:
    answer = _answer(payload, feed)
    if str(answer.get("stat")).lower() != "ok":
        raise BadAnswer(feed, f"the page says {answer.get('stat')!r:.80}")
    tables = answer.get("tables")
    if not isinstance(tables, list) or not tables or not isinstance(tables[0], dict):
        raise BadAnswer(feed, "the answer has no table")
    rows = _rows(tables[0], feed, fields)
    announced = tables[0].get("totalCount")
    if announced != len(rows):
        raise BadAnswer(feed, f"{len(rows)} of {announced} rows came; ask for fewer days")
    return rows


def _answer(payload: bytes, feed: str) -> dict[str, Any]:
    answer = document(payload, feed)
    if not isinstance(answer, dict):
        raise BadAnswer(feed, "the answer is no object")
    return answer


def _rows(table: Mapping[str, Any], feed: str, fields: Sequence[str]) -> Rows:
    names, cells = table.get("fields"), table.get("data")
    if not isinstance(names, list) or not isinstance(cells, list):
        raise BadAnswer(feed, "the table lacks its fields or its data")
    missing = [name for name in fields if name not in [str(given).strip() for given in names]]
    if missing:
        raise BadAnswer(feed, f"the table has no field {missing[0]!r}; the page's form has changed")
    return table_records(names, cells, feed, fields) if cells else []


def _twse_quotes(payload: bytes) -> Frames:
    feed = "twse_past_day"
    answer = _answer(payload, feed)
    if _says_nothing(answer, feed):
        return {BARS: bar_frame(feed, [], [], [])}
    code = TWSE_PAGE_FORM.code
    tables = [
        table
        for table in answer.get("tables") or []
        if isinstance(table, dict) and code in (table.get("fields") or [])
    ]
    if len(tables) != 1:
        raise BadAnswer(feed, f"{len(tables)} tables have the field {code!r}; one is expected")
    day = _cell_day(answer.get("date"), feed)
    if _cell_day(str(tables[0].get("title")).partition(" ")[0], feed) != day:
        raise BadAnswer(feed, "the table is of another day than the page")
    rows = [
        {**row, TWSE_PAGE_FORM.change: _sign(row[_SIGN]) + row[TWSE_PAGE_FORM.change]}
        for row in _rows(tables[0], feed, (*TWSE_PAGE_FORM.fields, _SIGN))
    ]
    return board_day(feed, TWSE_PAGE_FORM, rows, day)


def _sign(cell: str) -> str:
    """The sign of a change, which stands in markup for its colour."""
    return re.sub(r"<[^>]*>|\s", "", cell)


def _tpex_quotes(payload: bytes) -> Frames:
    """Bars of the day, and the limits of the session after it."""
    feed = "tpex_past_day"
    answer = _answer(payload, feed)
    rows = _tpex_table(payload, feed, TPEX_PAGE_FORM.fields)
    if not rows:
        return {BARS: bar_frame(feed, [], [], [])}
    table = answer["tables"][0]
    day = _cell_day(answer.get("date"), feed)
    if _cell_day(table.get("date"), feed) != day:
        raise BadAnswer(feed, "the table is of another day than the page")
    return board_day(feed, TPEX_PAGE_FORM, rows, day, _WHOLE)


def _cell_day(cell: object, feed: str) -> dt.date:
    try:
        return roc_date(str(cell))
    except ValueError as error:
        raise BadAnswer(feed, f"the page names no day ({error})") from error


def _twse_ex_dates(payload: bytes) -> Frames:
    """Cash is told apart from shares only where nothing but cash goes ex."""
    feed = "twse_ex_history"
    names = ("資料日期", "股票代號", "除權息前收盤價", "除權息參考價", "漲停價格", "跌停價格")
    rows = _twse_table(payload, feed, (*names, "權值+息值", "權/息"))
    day, code, previous, reference, up, down = names
    symbols, rows = of_shares(rows, code, "TWSE")
    cash = np.array([row["權/息"] == "息" for row in rows], dtype=bool)
    value = np.where(cash, amounts(rows, "權值+息值", feed), np.nan)
    given = (symbols, days(rows, day, feed), amounts(rows, reference, feed))
    return _actions_and_limits(
        feed,
        given,
        {DIVIDEND: value, PREVIOUS_CLOSE: amounts(rows, previous, feed)},
        amounts(rows, up, feed),
        amounts(rows, down, feed),
    )


def _tpex_ex_dates(payload: bytes) -> Frames:
    names = {
        "day": "除權息日期",
        "code": "代號",
        "previous": "除權息前收盤價",
        "reference": "除權息參考價",
        "cash": "現金股利",
        "stock": "每仟股無償配股",
        "up": "漲停價",
        "down": "跌停價",
    }
    feed = "tpex_ex_history"
    return ex_results(_tpex_table(payload, feed, tuple(names.values())), feed, names)


def _reductions(
    payload: bytes,
    *,
    feed: str,
    board: str,
    table: Callable[[bytes, str, Sequence[str]], Rows],
    previous: str,
    reference: str,
    details: bool,
) -> Frames:
    """The session after a capital reduction. Shares subscribed to on the same day are in the
    reference. Only TPEx tells the ratio and the refund.
    """
    day, code, up, down, ex_rights = (
        "恢復買賣日期", "股票代號", "漲停價格", "跌停價格", "除權參考價",
    )  # fmt: skip
    fields = (day, code, previous, reference, up, down, ex_rights, "詳細資料")
    rows = table(payload, feed, fields)
    symbols, rows = of_shares(rows, code, board)
    own, with_rights = (np.array(amounts(rows, name, feed)) for name in (reference, ex_rights))
    columns = {PREVIOUS_CLOSE: amounts(rows, previous, feed)}
    if details:
        columns[REDUCTION] = [value / 1000 for value in _details(rows, "每壹仟股換發新股票", feed)]
        columns[REFUND] = [value or np.nan for value in _details(rows, "每股退還股款", feed)]
    given = (symbols, days(rows, day, feed), np.where(np.isnan(with_rights), own, with_rights))
    return _actions_and_limits(
        feed, given, columns, amounts(rows, up, feed), amounts(rows, down, feed)
    )


def _par_changes(
    payload: bytes,
    *,
    feed: str,
    board: str,
    table: Callable[[bytes, str, Sequence[str]], Rows],
    code: str,
    previous: str,
    reference: str,
    details: bool,
) -> Frames:
    """The session after a change of par value; only TPEx tells the new shares per old share."""
    day, up, down = "恢復買賣日期", "漲停價格", "跌停價格"
    rows = table(payload, feed, (day, code, previous, reference, up, down, "詳細資料"))
    symbols, rows = of_shares(rows, code, board)
    columns = {PREVIOUS_CLOSE: amounts(rows, previous, feed)}
    if details:
        columns[SPLIT] = _details(rows, "變更股票面額換股率", feed)
    given = (symbols, days(rows, day, feed), amounts(rows, reference, feed))
    return _actions_and_limits(
        feed, given, columns, amounts(rows, up, feed), amounts(rows, down, feed)
    )


def _actions_and_limits(
    feed: str,
    given: tuple[list[str], list[dt.date], Any],
    columns: Mapping[str, Any],
    up: list[float],
    down: list[float],
) -> Frames:
    """ACTIONS with `columns` and LIMITS of the same symbols, sessions and references."""
    keys = dict(zip((SYMBOL, SESSION, REFERENCE), given, strict=True))
    return {
        ACTIONS.name: record_frame(ACTIONS, feed, {**keys, **columns}),
        LIMITS.name: record_frame(LIMITS, feed, {**keys, LIMIT_UP: up, LIMIT_DOWN: down}),
    }


def _details(rows: Rows, label: str, feed: str) -> list[float]:
    """The number behind a label in the column of details, which is a table in HTML."""

    def convert(cell: str) -> float:
        found = re.search(rf"{label}:</th><td>([0-9.,]+)(?:&nbsp[^<]*)?</td>", cell)
        if not found:
            raise ValueError(f"{label} is not among the details")
        return number(found[1])

    return converted(rows, "詳細資料", convert, feed)


_COMPANY_COLUMNS: Final = (
    "公司代號", "公司名稱", "當月營收", "上月營收", "去年當月營收", "上月比較增減(%)",
    "去年同月增減(%)", "當月累計營收", "去年累計營收", "前期比較增減(%)",
)  # fmt: skip
_HEADING: Final = re.compile(r"上[市櫃]公司([0-9]{2,3})年([0-9]{1,2})月份")
_INDUSTRY: Final = "產業別："
_UNIT: Final = "單位：千元"
_TOTAL: Final = "合計"


class _Lines(HTMLParser):
    """All rows of all tables as lists of cells; the text that stands outside."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.text = ""
        self.ended = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.ended = self.ended or tag == "html"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += "".join(data.split())


def _revenue_page(payload: bytes, *, feed: str, board: str) -> Frames:
    """The month of the page; each industry's sum is checked against its companies."""
    if not payload.strip():
        raise BadAnswer(feed, "the answer is empty")
    lines = _Lines()
    # Rare characters of names lie outside the encoding; codes and numbers never do.
    lines.feed(payload.decode("cp950", errors="replace"))
    lines.close()
    heading = _HEADING.search(lines.text)
    if not heading:
        raise BadAnswer(feed, "the page has no heading with a month; it is another page")
    if not lines.ended:
        raise Garbled(feed, "the page is truncated")
    month = dt.date(int(heading[1]) + 1911, int(heading[2]), 1)
    told = any(row and row[0].startswith(_INDUSTRY) for row in lines.rows)
    pairs = [] if "查無資料" in lines.text and not told else _companies(lines, feed)
    symbols, rows = of_shares([{"公司代號": code, "當月營收": cell} for code, cell in pairs],
                              "公司代號", board)  # fmt: skip
    revenue = np.array(numbers(rows, "當月營收", feed)) * THOUSAND
    known = np.isfinite(revenue)
    columns: dict[str, Iterable[object]] = {
        SYMBOL: np.array(symbols, dtype=object)[known],
        MONTH: [month] * int(known.sum()),
        REVENUE: revenue[known],
    }
    return {REVENUES.name: record_frame(REVENUES, feed, columns)}


def _companies(lines: _Lines, feed: str) -> list[tuple[str, str]]:
    """Code and revenue of every company; the sums of all industries and of the page hold."""
    pairs: list[tuple[str, str]] = []
    begun = 0
    whole = False
    industry = False
    for row in lines.rows:
        first = row[0] if row else ""
        if first.startswith(_INDUSTRY):
            if row[-1] != _UNIT:
                raise BadAnswer(feed, f"{first} is not in {_UNIT}")
            industry = True
        elif first == _COMPANY_COLUMNS[0]:
            if tuple(row) != _COMPANY_COLUMNS:
                raise BadAnswer(feed, "the columns are others than they were")
        elif first == _TOTAL and industry:
            _check_total(pairs[begun:], row, feed)
            begun, industry = len(pairs), False
        elif first.endswith(_TOTAL):
            _check_total(pairs, row, feed)
            whole = begun == len(pairs)
        elif len(row) == len(_COMPANY_COLUMNS) + 1:
            pairs.append((first, row[2]))
    if not whole:
        raise BadAnswer(feed, "the page ends without the sum of all companies; it is not whole")
    return pairs


def _check_total(pairs: list[tuple[str, str]], row: list[str], feed: str) -> None:
    cells = [{_TOTAL: cell} for cell in (row[1], *(cell for _, cell in pairs))]
    total, *parts = numbers(cells, _TOTAL, feed)
    if np.nansum(parts) != total:
        raise BadAnswer(
            feed, f"the companies up to {row[0]} earned {np.nansum(parts):,.0f}, not {total:,.0f}"
        )


_TWSE_PAGES: Final = "https://www.twse.com.tw/rwd/zh/"
_TPEX_PAGES: Final = "https://www.tpex.org.tw/www/zh-tw/"
_TWSE_RANGE: Final = "?startDate={start:%Y%m%d}&endDate={end:%Y%m%d}&response=json"
_TPEX_RANGE: Final = "?startDate={start:%Y/%m/%d}&endDate={end:%Y/%m/%d}&response=json"
_MOPS: Final = "https://mopsov.twse.com.tw/nas/t21/"


def _page(key: str, address: str, parse: Callable[[bytes], Frames]) -> Feed:
    source = TWSE if key.startswith(TWSE) else TPEX
    return Feed(key, source, address, Licence.SITE, dt.timedelta(days=1), parse)


def _revenue_pages() -> tuple[Feed, ...]:
    """Domestic and foreign companies stand on two pages a board."""
    boards = ((TWSE, "sii", "TWSE"), (TPEX, "otc", "TPEX"))
    origins = (("domestic", 0), ("foreign", 1))
    return tuple(
        _page(
            key,
            f"{_MOPS}{folder}/t21sc03_{{roc_year}}_{{start.month}}_{digit}.html",
            partial(_revenue_page, feed=key, board=board),
        )
        for source, folder, board in boards
        for origin, digit in origins
        for key in (f"{source}_revenue_{origin}",)
    )


FEEDS: Final = (
    _page(
        "twse_past_day",
        _TWSE_PAGES + "afterTrading/MI_INDEX?date={start:%Y%m%d}&type=ALLBUT0999&response=json",
        _twse_quotes,
    ),
    _page(
        "tpex_past_day",
        _TPEX_PAGES + "afterTrading/otc?date={start:%Y/%m/%d}&type=EW&response=json",
        _tpex_quotes,
    ),
    _page("twse_ex_history", _TWSE_PAGES + "exRight/TWT49U" + _TWSE_RANGE, _twse_ex_dates),
    _page("tpex_ex_history", _TPEX_PAGES + "bulletin/exDailyQ" + _TPEX_RANGE, _tpex_ex_dates),
    _page(
        "twse_reductions",
        # The site's own spelling.
        _TWSE_PAGES + "reducation/TWTAUU" + _TWSE_RANGE,
        partial(
            _reductions, feed="twse_reductions", board="TWSE", table=_twse_table,
            previous="停止買賣前收盤價格", reference="恢復買賣參考價", details=False,
        ),
    ),
    _page(
        "tpex_reductions",
        _TPEX_PAGES + "bulletin/revivt" + _TPEX_RANGE,
        partial(
            _reductions, feed="tpex_reductions", board="TPEX", table=_tpex_table,
            previous="最後交易日之收盤價格", reference="減資恢復買賣開始日參考價格", details=True,
        ),
    ),
    _page(
        "twse_par_changes",
        _TWSE_PAGES + "change/TWTB8U" + _TWSE_RANGE,
        partial(
            _par_changes, feed="twse_par_changes", board="TWSE", table=_twse_table,
            code="股票代號", previous="停止買賣前收盤價格", reference="恢復買賣參考價",
            details=False,
        ),
    ),
    _page(
        "tpex_par_changes",
        _TPEX_PAGES + "bulletin/pvChgRslt" + _TPEX_RANGE,
        partial(
            _par_changes, feed="tpex_par_changes", board="TPEX", table=_tpex_table,
            code="證券代號", previous="最後交易日之收盤價格",
            reference="恢復買賣開始參考價", details=True,
        ),
    ),
    *_revenue_pages(),
)  # fmt: skip
