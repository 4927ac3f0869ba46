"""The real client against a server that answers like both exchanges, healthy and broken."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.errors import (
    BadAnswer,
    DeadlineExceeded,
    Garbled,
    InputError,
    ProviderError,
    SourceClosed,
    SourceUnavailable,
)
from dashboard.prices.bars import BarFlag, bar_schema
from dashboard.prices.providers.exchanges import prices, transport
from dashboard.prices.providers.exchanges.feed import Licence
from dashboard.prices.providers.exchanges.feeds import FEEDS
from dashboard.prices.providers.exchanges.source import (
    SITE_PAGES_VARIABLE,
    ExchangeSource,
    FeedAnswer,
    MarketDay,
)
from dashboard.prices.providers.exchanges.transport import ORIGIN_VARIABLE, Transport
from dashboard.prices.records import LIMITS, validated_records
from tests.contract.exchange_market import (
    Market,
    Quote,
    as_csv,
    as_json,
    invented,
    market,
    number,
    of_prices,
    recorded,
    recorded_tpex,
    recorded_twse,
    roc,
    shares,
)
from tests.contract.exchange_server import (
    BLOCK_PAGE,
    TPEX_DAY,
    TWSE_DAY,
    TWSE_DAY_CSV,
    TWSE_DAY_PAGE,
    TWSE_LIMITS,
    ExchangeServer,
    Fault,
    Page,
)

DAY = dt.date(2026, 11, 20)
BEFORE = dt.date(2026, 11, 19)
NEXT = dt.date(2026, 11, 23)
EVENING = dt.datetime(2026, 11, 20, 7, 0, tzinfo=dt.UTC)
"""15:00 in Taipei, the session's bars are final."""
CERTIFICATES = Path(__file__).parent / "certificates"
MARKET = invented(DAY)
Rows = list[dict[str, str]]


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer() as running:
        running.serve(MARKET)
        yield running


def client(server: ExchangeServer, **options: Any) -> Transport:
    quick: dict[str, Any] = {"pause": 0.0, "retry_waits": (), "timeout": 5.0, "deadline": 20.0}
    return Transport(server.origin, **(quick | options))


def source(
    server: ExchangeServer, now: dt.datetime = EVENING, site_pages: bool = False, **options: Any
) -> ExchangeSource:
    return ExchangeSource(client(server, **options), site_pages, clock=lambda: now)


def day_of(server: ExchangeServer, **options: Any) -> MarketDay:
    """The market's day, and what always holds of one."""
    day = source(server, **options).market_day()
    bar_schema().validate(day.bars)
    validated_records(LIMITS, day.limits)
    assert set(day.sessions) | set(day.problems) == {"TWSE", "TPEX"}
    assert not set(day.sessions) & set(day.problems)
    return day


def closes(day: MarketDay) -> dict[str, float]:
    return dict(zip(day.bars["symbol"], day.bars["close"], strict=True))


# What a healthy day becomes


def test_two_requests_give_both_boards(server: ExchangeServer) -> None:
    day = day_of(server)
    assert server.asked() == [TWSE_DAY, TPEX_DAY]
    assert [seen.host for seen in server.seen] == ["openapi.twse.com.tw", "www.tpex.org.tw"]
    assert day.sessions == {"TWSE": DAY, "TPEX": DAY}
    assert set(day.bars["symbol"]) == {
        *(f"{q.code}.TW" for q in shares(MARKET.twse.values())),
        *(f"{q.code}.TWO" for q in shares(MARKET.tpex.values())),
    }


def test_every_value_lands_in_its_column(server: ExchangeServer) -> None:
    quote = Quote(
        "2330", "台積電", "2,480.00", "2490.00", "2470.00", "2475.00", "-25.0000", "14,557,662"
    )
    server.serve(replace(MARKET, twse=MARKET.twse | {"2330": quote}))
    bar = day_of(server).bars.set_index("symbol").loc["2330.TW"]
    assert bar[["open", "high", "low", "close"]].tolist() == [2480, 2490, 2470, 2475]
    assert (bar["volume"], bar["adjusted_close"]) == (14_557_662, 2475)
    assert (bar["dividend"], bar["split"], bar["source"]) == (0, 1, "twse")
    assert bar["flags"] == BarFlag.UNADJUSTED
    assert bar["session"] == pd.Timestamp(DAY)
    assert bar["fetched_at"] == pd.Timestamp(EVENING)


def test_a_stock_without_a_trade_has_no_bar(server: ExchangeServer) -> None:
    blank = replace(
        Quote.untraded("1101"), open="", high="", low="", close="", change="", volume="0"
    )
    server.serve(
        replace(
            MARKET,
            twse=MARKET.twse | {"1101": blank, "1102": Quote.untraded("1102")},
            # Odd lots only: a volume, no price.
            tpex=MARKET.tpex | {"4101": replace(Quote.untraded("4101"), volume="12")},
        )
    )
    day = day_of(server)
    assert not {"1101.TW", "1102.TW", "4101.TWO"} & set(day.bars["symbol"])
    assert {"1103.TW", "4102.TWO"} <= set(day.bars["symbol"])
    assert "4101.TWO" in set(day.limits["symbol"])


def test_limits_are_of_the_next_session(server: ExchangeServer) -> None:
    quote = replace(
        MARKET.tpex["6488"], reference="948.00", limit_up="1040.00", limit_down="854.00"
    )
    free = replace(MARKET.tpex["4101"], limit_up="9999.95", limit_down="0.01")
    unknown = replace(MARKET.tpex["4102"], reference="0.00", limit_up="0.00", limit_down="0.00")
    server.serve(replace(MARKET, tpex=MARKET.tpex | {"6488": quote, "4101": free, "4102": unknown}))
    limits = day_of(server).limits.set_index("symbol")
    assert set(limits["session"]) == {pd.Timestamp(NEXT)}
    told = limits.loc["6488.TWO", ["reference", "limit_up", "limit_down"]]
    assert told.tolist() == [948, 1040, 854]
    assert limits.loc["4101.TWO", ["limit_up", "limit_down"]].isna().all()
    assert "4102.TWO" not in limits.index
    assert set(limits["source"]) == {"tpex"}


def test_twse_limits_are_of_the_session_after_the_last_trades(server: ExchangeServer) -> None:
    rows = MARKET.limit_rows()
    rows[-1]["LastTradingDay"] = roc(BEFORE)
    server.answer(TWSE_LIMITS, Page(as_json(rows)))
    answer = source(server).ask("twse_limits")
    assert answer.error is None
    limits = answer.frames["limits"]
    assert set(limits["session"]) == {pd.Timestamp(NEXT)}
    # 23.30 × 1.1 = 25.63 and × 0.9 = 20.97; ticks of 0.05.
    tsmc = limits.set_index("symbol").loc["2330.TW", ["reference", "limit_up", "limit_down"]]
    assert tsmc.tolist() == [23.3, 25.6, 21.0]


def test_limits_whose_day_is_unclear_are_refused(server: ExchangeServer) -> None:
    rows = MARKET.limit_rows()
    for place, row in enumerate(rows):
        row["LastTradingDay"] = roc(DAY if place % 3 == 0 else BEFORE)
    server.answer(TWSE_LIMITS, Page(as_json(rows)))
    answer = source(server).ask("twse_limits")
    assert "another day than 2026-11-20" in str(answer.error)
    assert not answer.frames


def test_before_the_close_a_bar_is_provisional(server: ExchangeServer) -> None:
    early = dt.datetime(2026, 11, 20, 5, 0, tzinfo=dt.UTC)
    assert set(day_of(server, now=early).bars["flags"]) == {
        BarFlag.UNADJUSTED | BarFlag.PROVISIONAL
    }


def test_real_prices_pass_whole(server: ExchangeServer, real_data: Path) -> None:
    told = of_prices(real_data, DAY)
    server.serve(told)
    day = day_of(server)
    assert day.sessions == {"TWSE": DAY, "TPEX": DAY}
    assert len(day.bars) == len(shares(told.twse.values())) + len(shares(told.tpex.values()))


# Old, second forms


def test_the_csv_form_stands_in_for_a_feed_that_is_a_day_behind(server: ExchangeServer) -> None:
    server.serve(MARKET.on(BEFORE).with_close("2330.TW", 24.0), csv=MARKET)
    server.answer(TPEX_DAY, Page(as_json(MARKET.tpex_rows())))
    day = day_of(server)
    assert server.asked() == [TWSE_DAY, TWSE_DAY_CSV, TPEX_DAY]
    assert day.sessions == {"TWSE": DAY, "TPEX": DAY}
    assert closes(day)["2330.TW"] == 23.3
    assert [answer.feed.key for answer in day.answers] == ["twse_day", "twse_day_csv", "tpex_day"]


def test_an_old_day_everywhere_is_given_as_the_old_day(server: ExchangeServer) -> None:
    server.serve(MARKET.on(BEFORE))
    day = day_of(server)
    assert day.sessions == {"TWSE": BEFORE, "TPEX": BEFORE}
    assert set(day.bars["session"]) == {pd.Timestamp(BEFORE)}
    assert set(day.limits["session"]) == {pd.Timestamp(DAY)}


def test_boards_may_be_a_day_apart(server: ExchangeServer) -> None:
    server.serve(replace(MARKET, tpex_day=BEFORE))
    day = day_of(server)
    assert day.sessions == {"TWSE": DAY, "TPEX": BEFORE}
    by_board = day.bars.groupby(day.bars["symbol"].str.endswith(".TWO"))["session"].unique()
    assert [list(days) for days in by_board] == [[pd.Timestamp(DAY)], [pd.Timestamp(BEFORE)]]


def test_the_csv_form_stands_in_for_a_damaged_one(server: ExchangeServer) -> None:
    server.answer(TWSE_DAY, Page(b"[]"))
    day = day_of(server)
    assert day.sessions["TWSE"] == DAY
    assert not day.problems
    assert [answer.error is None for answer in day.answers] == [False, True, True]


# Damage: nothing comes out of it, and the reason is told


def rows_page(change: Callable[[Rows], object]) -> Callable[[Rows], Page]:
    """The answer with its rows changed; in place, or by what `change` returns."""

    def page(rows: Rows) -> Page:
        changed = change(rows)
        return Page(as_json(rows if changed is None else changed))

    return page


def share_of(rows: Rows) -> dict[str, str]:
    """The row of a common stock."""
    return next(row for row in reversed(rows) if re.fullmatch(r"[1-9]\d{3}", code_of(row)))


def code_of(row: dict[str, str]) -> str:
    return row.get("Code") or row["SecuritiesCompanyCode"]


def field_of(row: dict[str, str], *names: str) -> str:
    return next(name for name in names if name in row)


def low_of(row: dict[str, str]) -> str:
    return field_of(row, "LowestPrice", "Low")


def close_of(row: dict[str, str]) -> str:
    return field_of(row, "ClosingPrice", "Close")


def put(name: Callable[[dict[str, str]], str], value: str) -> Callable[[Rows], None]:
    """Another value in one cell of one common stock."""

    def change(rows: Rows) -> None:
        row = share_of(rows)
        row[name(row)] = value

    return change


def renamed(rows: Rows) -> Rows:
    return [{("Closing" if n == close_of(r) else n): v for n, v in r.items()} for r in rows]


def all_on(day: dt.date) -> Callable[[Rows], Rows]:
    return lambda rows: [row | {"Date": roc(day)} for row in rows]


def reshuffled(rows: Rows) -> None:
    """Every close with another stock's prices: changes fit no longer."""
    stocks = [row for row in rows if re.fullmatch(r"[1-9]\d{3}", code_of(row))]
    for row in stocks:
        row["Change"] = f"{number(row[close_of(row)]) * 0.5:+.2f}"


DAMAGE: dict[str, tuple[Callable[[Rows], Page], str]] = {
    "truncated": (lambda rows: Page(as_json(rows)[:-4000]), "truncated"),
    "cut short": (lambda rows: Page(as_json(rows), fault=Fault.SHORT), "cut short"),
    "mixed dates": (rows_page(put(lambda row: "Date", roc(BEFORE))), "of 2 days (2026-11-19, "),
    "a Sunday": (rows_page(all_on(dt.date(2026, 11, 15))), "which is no session"),
    "a typhoon day": (rows_page(all_on(dt.date(2026, 7, 10))), "which is no session"),
    "in the future": (rows_page(all_on(NEXT)), "in the future"),
    "no date": (rows_page(put(lambda row: "Date", "")), "date cannot be read"),
    "307": (lambda rows: Page(BLOCK_PAGE, 307, "text/html"), "turned us away"),
    "307, elsewhere": (
        lambda rows: Page(b"", 307, headers={"Location": TWSE_DAY_CSV}),
        "turned us away (status 307)",
    ),
    "302": (lambda rows: Page(b"", 302, headers={"Location": "/"}), "turned us away"),
    "428": (lambda rows: Page(b"Precondition Required", 428), "turned us away (status 428)"),
    "block page": (lambda rows: Page(BLOCK_PAGE, kind="text/html"), "its block page"),
    "block page, 502": (lambda rows: Page(BLOCK_PAGE, 502, "text/html"), "its block page"),
    "block page, Big5": (
        lambda rows: Page(BLOCK_PAGE[:-90].decode("utf-8", "ignore").encode("cp950")),
        "its block page",
    ),
    "HTML": (lambda rows: Page(b"<!doctype html><html>", kind="text/html"), "web page"),
    "404": (lambda rows: Page(b"nothing here", 404), "status 404"),
    "500": (lambda rows: Page(b"oops", 500), "status 500"),
    "empty": (lambda rows: Page(b""), "answer is empty"),
    "no rows": (lambda rows: Page(b"[]"), "no row"),
    "an object": (lambda rows: Page(as_json({"data": rows})), "no list of rows"),
    "renamed field": (rows_page(renamed), "'Clos"),
    "300 rows": (rows_page(lambda rows: rows[-300:]), "only 300 "),
    "text as number": (rows_page(put(close_of, "abc")), "'abc' is no number"),
    "text as volume": (
        rows_page(put(lambda row: field_of(row, "TradeVolume", "TradingShares"), "many")),
        "'many' is no number",
    ),
    "text as change": (rows_page(put(lambda row: "Change", "up")), "change: 'up' is no number"),
    "negative price": (rows_page(put(low_of, "-5.00")), "low is -5, below zero"),
    "a price missing": (rows_page(put(low_of, "--")), "four prices are missing"),
    "low above close": (rows_page(put(low_of, "9999.00")), "outside of low and high"),
    "no volume": (
        rows_page(put(lambda row: field_of(row, "TradeVolume", "TradingShares"), "0")),
        "no volume",
    ),
    "changes that do not fit": (rows_page(reshuffled), "beyond their limits"),
    "duplicate rows": (rows_page(lambda rows: [*rows, share_of(rows)]), "stands twice"),
    "wrong encoding": (lambda rows: Page(as_json(rows).decode().encode("cp950")), "not UTF-8"),
    "gzip bomb": (lambda rows: Page(fault=Fault.BOMB), "larger than 64 MB"),
    "endless": (lambda rows: Page(fault=Fault.ENDLESS), "larger than 64 MB"),
    "not gzip": (
        lambda rows: Page(as_json(rows), headers={"Content-Encoding": "gzip"}),
        "cut short or damaged",
    ),
    "hangs up": (lambda rows: Page(fault=Fault.DROPPED), "cannot be reached"),
    "two thousand billion": (
        rows_page(lambda rows: [row | prices_of(row, "2e15") for row in rows]),
        "is no number",
    ),
    "huge": (
        rows_page(lambda rows: [row | prices_of(row, "2" + "0" * 15) for row in rows]),
        "cannot be right",
    ),
}


def prices_of(row: dict[str, str], value: str) -> dict[str, str]:
    names = ("OpeningPrice", "HighestPrice", "LowestPrice", "ClosingPrice", "Open", "High", "Low",
             "Close")  # fmt: skip
    return {name: value for name in names if name in row} | {"Change": ""}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_twse_yields_no_row_of_it(server: ExchangeServer, damage: str) -> None:
    page, reason = DAMAGE[damage]
    server.answer(TWSE_DAY, page(MARKET.twse_rows()))
    server.answer(TWSE_DAY_CSV, Page(b"nothing here", 404))
    day = day_of(server)
    assert reason in str(day.problems["TWSE"])
    assert day.problems["TWSE"].symbol == "twse_day"
    assert day.sessions == {"TPEX": DAY}
    assert set(day.bars["source"]) == {"tpex"}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_tpex_yields_no_row_of_it(server: ExchangeServer, damage: str) -> None:
    page, reason = DAMAGE[damage]
    server.answer(TPEX_DAY, page(MARKET.tpex_rows()))
    day = day_of(server)
    assert reason in str(day.problems["TPEX"])
    assert day.sessions == {"TWSE": DAY}
    assert set(day.bars["source"]) == {"twse"}
    assert day.limits.empty


def test_a_twse_day_without_2330_is_refused(server: ExchangeServer) -> None:
    server.serve(replace(MARKET, twse={c: q for c, q in MARKET.twse.items() if c != "2330"}))
    assert "2330.TW is missing" in str(day_of(server).problems["TWSE"])


def test_a_tpex_day_of_many_warrants_and_few_stocks_is_refused(server: ExchangeServer) -> None:
    codes = [quote.code for quote in shares(MARKET.tpex.values())]
    server.serve(
        replace(MARKET, tpex={c: q for c, q in MARKET.tpex.items() if c not in codes[:60]})
    )
    assert "only 791 stocks; at least 800" in str(day_of(server).problems["TPEX"])


def test_a_day_on_which_nothing_traded_is_a_closed_market(server: ExchangeServer) -> None:
    server.serve(replace(MARKET, tpex={c: Quote.untraded(c) for c in MARKET.tpex}))
    assert "no stock traded on 2026-11-20" in str(day_of(server).problems["TPEX"])


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"limit_up": "5.00"}, "do not enclose"),
        ({"limit_up": "--"}, "do not enclose"),
        ({"limit_down": "x"}, "'x' is no number"),
        ({"reference": "-1"}, "below zero"),
    ],
)
def test_damaged_limits_condemn_the_answer(
    server: ExchangeServer, limits: dict[str, str], reason: str
) -> None:
    quote = replace(MARKET.tpex["6488"], **limits)  # type: ignore[arg-type]
    server.serve(replace(MARKET, tpex=MARKET.tpex | {"6488": quote}))
    assert reason in str(day_of(server).problems["TPEX"])


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        (Fault.HANG, {"timeout": 0.3}),
        (Fault.SILENT, {"timeout": 0.3}),
        (Fault.DRIP, {"deadline": 0.6}),
    ],
)
def test_nothing_outlasts_its_deadline(
    server: ExchangeServer, fault: Fault, options: dict[str, float]
) -> None:
    server.answer(TPEX_DAY, Page(as_json(MARKET.tpex_rows()), fault=fault))
    with pytest.raises(DeadlineExceeded):
        client(server, **options).get("https://www.tpex.org.tw" + TPEX_DAY)


def test_an_answer_that_drips_is_not_read_to_its_end(server: ExchangeServer) -> None:
    server.answer(TPEX_DAY, Page(as_json(MARKET.tpex_rows()), fault=Fault.DRIP))
    with pytest.raises(DeadlineExceeded):
        client(server, deadline=0.3).fetch("https://www.tpex.org.tw" + TPEX_DAY, bytes, "dripping")
    (left_behind,) = (t for t in threading.enumerate() if t.name == "ask dripping")
    left_behind.join(10.0)
    assert not left_behind.is_alive()


def test_both_boards_broken_is_an_empty_day_with_both_reasons(server: ExchangeServer) -> None:
    server.pages.clear()
    day = day_of(server)
    assert day.bars.empty
    assert day.limits.empty
    assert not day.sessions
    assert set(day.problems) == {"TWSE", "TPEX"}


def test_a_notice_that_speaks_of_security_is_no_block_page(server: ExchangeServer) -> None:
    body = as_json([{"text": "因為安全性考量，本公司更換系統"}])
    server.answer("/notice", Page(body))
    assert client(server).get("https://openapi.twse.com.tw/notice") == body


# Asked again, or never again


def waits(server: ExchangeServer, **options: Any) -> tuple[Transport, list[float]]:
    slept: list[float] = []
    return client(server, retry_waits=(2.0, 8.0), sleep=slept.append, **options), slept


@pytest.mark.parametrize(
    "broken",
    [
        Page(b"oops", 503),
        Page(as_json(MARKET.twse_rows())[:-9]),
        Page(b""),
        Page(as_json(MARKET.twse_rows()), fault=Fault.SHORT),
    ],
)
def test_what_may_pass_is_asked_again(server: ExchangeServer, broken: Page) -> None:
    server.answer(TWSE_DAY, broken, broken, Page(as_json(MARKET.twse_rows())))
    patient, slept = waits(server)
    answer = ExchangeSource(patient, False, clock=lambda: EVENING).ask("twse_day")
    assert answer.session == DAY
    assert slept == [2.0, 8.0]


def test_it_is_asked_three_times_at_most(server: ExchangeServer) -> None:
    server.answer(TWSE_DAY, Page(b"oops", 503))
    patient, slept = waits(server)
    with pytest.raises(SourceUnavailable, match="status 503"):
        patient.get("https://openapi.twse.com.tw" + TWSE_DAY)
    assert (len(server.seen), slept) == (3, [2.0, 8.0])


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (Page(BLOCK_PAGE, 307), SourceClosed),
        (Page(b"", 428), SourceClosed),
        (Page(b"", 429), SourceClosed),
        (Page(b"", 403), SourceClosed),
        (Page(b"", 404), BadAnswer),
        (Page(as_json(MARKET.twse_rows()[-300:])), BadAnswer),
        (Page(b'[{"Code": "1"}]'), BadAnswer),
        (Page(fault=Fault.DROPPED), SourceUnavailable),
    ],
)
def test_what_will_not_pass_is_asked_once(
    server: ExchangeServer, page: Page, kind: type[ProviderError]
) -> None:
    server.answer(TWSE_DAY, page)
    patient, slept = waits(server)
    answer = ExchangeSource(patient, False, clock=lambda: EVENING).ask("twse_day")
    assert isinstance(answer.error, kind)
    assert not isinstance(answer.error, Garbled)
    assert (len(server.seen), slept) == (1, [])


def test_a_redirect_is_not_followed(server: ExchangeServer) -> None:
    server.answer(TWSE_DAY, Page(b"", 307, headers={"Location": "/elsewhere"}))
    server.answer("/elsewhere", Page(as_json(MARKET.twse_rows())))
    source(server).ask("twse_day")
    assert server.asked() == [TWSE_DAY]


def test_a_host_that_turned_us_away_is_left_alone_until_tomorrow(server: ExchangeServer) -> None:
    server.answer(TWSE_DAY, Page(BLOCK_PAGE))
    now = [EVENING]
    exchanges = ExchangeSource(client(server), False, clock=lambda: now[0])
    first = exchanges.market_day(EVENING)
    assert exchanges.closed_hosts == {"openapi.twse.com.tw": DAY}
    # The other form lives on another host, which is open.
    assert first.sessions == {"TWSE": DAY, "TPEX": DAY}

    server.seen.clear()
    answer = exchanges.ask("twse_limits")
    assert isinstance(answer.error, SourceClosed)
    assert "turned us away today" in str(answer.error)
    assert exchanges.ask("tpex_day").error is None
    assert server.asked() == [TPEX_DAY]

    # Midnight in Taipei is 16:00 UTC.
    now[0] = dt.datetime(2026, 11, 20, 16, 0, tzinfo=dt.UTC)
    assert exchanges.ask("twse_limits").error is None


def test_what_was_learnt_in_an_earlier_run_is_heeded(server: ExchangeServer) -> None:
    closed = {"www.tpex.org.tw": DAY, "openapi.twse.com.tw": BEFORE}
    exchanges = ExchangeSource(client(server), False, closed, clock=lambda: EVENING)
    day = exchanges.market_day()
    assert isinstance(day.problems["TPEX"], SourceClosed)
    assert day.sessions == {"TWSE": DAY}
    assert server.asked() == [TWSE_DAY]


def test_requests_to_one_host_start_three_seconds_apart(server: ExchangeServer) -> None:
    now, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    patient = Transport(server.origin, clock=lambda: now[0], sleep=sleep)
    for feed in ("twse_day", "tpex_day", "twse_limits"):
        patient.get(FEEDS[feed].address)
    now[0] += 2.0
    patient.get(FEEDS["twse_day"].address)
    # The two hosts do not wait for each other; the second wait is what is left of three seconds.
    assert slept == [3.0, 1.0]


def test_we_say_who_we_are(server: ExchangeServer) -> None:
    source(server).ask("twse_day")
    agent = server.seen[0].headers["user-agent"]
    assert agent.startswith("taiwan-ai-supply-chain")
    assert "Mozilla" not in agent


# Settings


def test_pages_under_site_terms_are_off_unless_turned_on(
    server: ExchangeServer, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (real_data / "responses" / "twse" / "STOCK_DAY_ALL_20260211.json").read_bytes()
    server.answer(TWSE_DAY_PAGE, Page(page))
    monkeypatch.delenv(SITE_PAGES_VARIABLE, raising=False)
    exchanges = ExchangeSource(client(server), clock=lambda: EVENING)
    with pytest.raises(InputError, match=r"www\.twse\.com\.tw forbid .*DASHBOARD_SITE_PAGES=1"):
        exchanges.ask("twse_day_page")
    assert not server.seen
    monkeypatch.setenv(SITE_PAGES_VARIABLE, "1")
    allowed = ExchangeSource(client(server), clock=lambda: EVENING)
    assert allowed.ask("twse_day_page").session == dt.date(2026, 2, 11)


def test_an_unknown_feed_is_named(server: ExchangeServer) -> None:
    with pytest.raises(InputError, match=r"twse_dya: no such feed; one of .*twse_day"):
        source(server).ask("twse_dya")


def test_a_dated_page_needs_its_date(server: ExchangeServer) -> None:
    dated = next(key for key, feed in FEEDS.items() if "{" in feed.address)
    with pytest.raises(InputError, match=f"{dated}: .* is not given"):
        source(server, site_pages=True).ask(dated)
    assert not server.seen


def test_only_open_data_is_asked_by_itself() -> None:
    for feed in prices.PRICE_FEEDS.values():
        chain = [feed, *(FEEDS[key] for key in feed.fallbacks)]
        assert {each.licence for each in chain} == {Licence.OPEN}
    for feed in FEEDS.values():
        told = feed.attribution
        assert told.zh.startswith("資料來源：")
        assert ("政府資料開放授權條款第 1 版" in told.zh) is (feed.licence is Licence.OPEN)
        assert ("Open Government Data License" in told.en) is (feed.licence is Licence.OPEN)


def test_the_origin_is_on_this_machine_only(
    server: ExchangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=f"{ORIGIN_VARIABLE}: 'http://example.com' is no address"):
        Transport("http://example.com")
    monkeypatch.setenv(ORIGIN_VARIABLE, server.origin)
    assert Transport(pause=0).get("https://openapi.twse.com.tw" + TWSE_DAY)
    assert server.seen[0].host == "openapi.twse.com.tw"


# TLS: one point of form less, verification as ever


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses the certificate hangs up."""


@pytest.fixture
def tls_port() -> Iterator[int]:
    """A server for `localhost` whose certificates lack their key identifiers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem", CERTIFICATES / "server.key")
    running = _QuietServer(("127.0.0.1", 0), _Hello)
    running.socket = context.wrap_socket(running.socket, server_side=True)
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running.server_address[1]
    running.shutdown()
    running.server_close()


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Callable[[], ssl.SSLContext]:
    """Contexts as Python 3.13 makes them, on every Python."""

    def context() -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.verify_flags |= ssl.VERIFY_X509_STRICT
        return made

    monkeypatch.setattr(transport, "create_urllib3_context", context)
    return context


def test_certificates_without_key_identifiers_pass(
    tls_port: int, strict: Callable[[], ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATES / "authority.pem"))
    assert Transport(pause=0).get(f"https://localhost:{tls_port}/") == b"hello"
    # The certificates are indeed what Python 3.13 refuses.
    untouched = strict()
    untouched.load_verify_locations(CERTIFICATES / "authority.pem")
    with (
        socket.create_connection(("127.0.0.1", tls_port)) as connection,
        pytest.raises(ssl.SSLCertVerificationError, match=r"Missing .* Key Identifier"),
    ):
        untouched.wrap_socket(connection, server_hostname="localhost")


@pytest.mark.usefixtures("strict")
def test_an_unknown_authority_is_refused(tls_port: int) -> None:
    with pytest.raises(SourceUnavailable, match="certificate is refused"):
        Transport(pause=0).get(f"https://localhost:{tls_port}/")


@pytest.mark.usefixtures("strict")
def test_another_host_name_is_refused(tls_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATES / "authority.pem"))
    with pytest.raises(SourceUnavailable, match="certificate is refused"):
        Transport(pause=0).get(f"https://127.0.0.1:{tls_port}/")


def test_the_default_context_verifies() -> None:
    context = transport.tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


# The recorded answers, against sources of their own


def frames_of(server: ExchangeServer, key: str, path: str, page: Page) -> pd.DataFrame:
    server.answer(path, page)
    answer: FeedAnswer = source(server, site_pages=True).ask(key)
    assert answer.error is None, answer.error
    return answer.frames["bars"].set_index("symbol")


def market_bars(real_data: Path, day: str, suffix: str) -> pd.DataFrame:
    bars = pd.read_parquet(real_data / "prices" / "tw_market_daily.parquet")
    bars = bars[(bars["date"] == day) & bars["symbol"].str.endswith(suffix)]
    return bars.set_index("symbol")


PRICES = ["open", "high", "low", "close"]


@pytest.mark.real_data
def test_the_recorded_day_agrees_with_the_market_file(
    server: ExchangeServer, real_data: Path
) -> None:
    page = (real_data / "responses" / "twse" / "STOCK_DAY_ALL_20260211.json").read_bytes()
    bars = frames_of(server, "twse_day_page", TWSE_DAY_PAGE, Page(page))
    assert len(bars) == 1068
    known = market_bars(real_data, "2026-02-11", ".TW")
    both = bars.index.intersection(known.index)
    # The other 19 of the file traded on the emerging board that day.
    assert (len(both), len(known)) == (985, 1004)
    np.testing.assert_allclose(bars.loc[both, PRICES], known.loc[both, PRICES], atol=0.005)
    assert (bars.loc[both, "volume"] == known.loc[both, "volume"].astype(float)).all()


@pytest.mark.real_data
def test_the_recorded_day_agrees_with_the_exchanges_own_table(
    server: ExchangeServer, real_data: Path
) -> None:
    page = (real_data / "responses" / "twse" / "STOCK_DAY_ALL_20260211.json").read_bytes()
    bars = frames_of(server, "twse_day_page", TWSE_DAY_PAGE, Page(page))
    tables = json.loads((real_data / "responses" / "twse" / "MI_INDEX_20260211.json").read_text())
    quotes = next(t for t in tables["tables"] if "收盤價" in t.get("fields", ()))
    names = [quotes["fields"].index(name) for name in ("開盤價", "最高價", "最低價", "收盤價")]
    told = {
        f"{row[0]}.TW": [float(row[place].replace(",", "")) for place in names]
        for row in quotes["data"]
        if re.fullmatch(r"(?!91)[1-9]\d{3}", row[0]) and row[names[-1]] != "--"
    }
    assert set(bars.index) == set(told)
    np.testing.assert_array_equal(bars[PRICES], [told[symbol] for symbol in bars.index])


@pytest.mark.real_data
def test_three_forms_of_one_day_give_the_same_bars(server: ExchangeServer, real_data: Path) -> None:
    responses = real_data / "responses"
    page = (responses / "twse" / "STOCK_DAY_ALL_20260211.json").read_bytes()
    rows = recorded(responses).twse_rows()
    forms = [
        frames_of(server, "twse_day_page", TWSE_DAY_PAGE, Page(page)),
        frames_of(server, "twse_day", TWSE_DAY, Page(as_json(rows), packed=True)),
        frames_of(server, "twse_day_csv", TWSE_DAY_CSV, Page(as_csv(rows))),
    ]
    for other in forms[1:]:
        pd.testing.assert_frame_equal(forms[0], other)


@pytest.mark.real_data
def test_the_recorded_tpex_day_agrees_with_the_market_file(
    server: ExchangeServer, real_data: Path
) -> None:
    quotes = recorded_tpex(real_data / "responses")
    day = market(dt.date(2023, 1, 30), [], quotes)
    bars = frames_of(server, "tpex_day", TPEX_DAY, Page(as_json(day.tpex_rows())))
    known = market_bars(real_data, "2023-01-30", ".TWO")
    assert set(known.index) <= set(bars.index)
    assert len(known) == 7
    np.testing.assert_allclose(bars.loc[known.index, PRICES], known[PRICES], atol=0.005)
    # All 808 stocks of the board, less the 13 without a trade.
    untraded = [q for q in shares(quotes) if q.close.strip() == "---"]
    assert len(bars) == 808 - len(untraded) == 795


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("feed", "path", "file"),
    [
        ("twse_day", TWSE_DAY, "twse_openapi_STOCK_DAY_ALL_20260924_trimmed.json"),
        ("tpex_day", TPEX_DAY, "tpex_openapi_mainboard_daily_close_quotes_20260924_trimmed.json"),
    ],
)
def test_the_recorded_form_is_read_but_a_few_rows_are_no_day(
    server: ExchangeServer, real_data: Path, feed: str, path: str, file: str
) -> None:
    body = (real_data / "responses" / "openapi" / file).read_bytes()
    server.answer(path, Page(body))
    assert "only " in str(source(server).ask(feed).error)


@pytest.mark.real_data
def test_recorded_rows_within_a_whole_market_are_read(
    server: ExchangeServer, real_data: Path
) -> None:
    folder = real_data / "responses" / "openapi"
    twse = json.loads((folder / "twse_openapi_STOCK_DAY_ALL_20260924_trimmed.json").read_text())
    tpex = json.loads(
        (folder / "tpex_openapi_mainboard_daily_close_quotes_20260924_trimmed.json").read_text()
    )
    told: Market = invented(dt.date(2026, 9, 24), always=())
    server.answer(TWSE_DAY, Page(as_json(told.twse_rows() + twse)))
    server.answer(TPEX_DAY, Page(as_json(told.tpex_rows() + tpex)))
    day = day_of(server, now=dt.datetime(2026, 9, 24, 8, 0, tzinfo=dt.UTC))
    known = closes(day)
    assert (known["2330.TW"], known["6488.TWO"]) == (2475.0, 948.0)
    limits = day.limits.set_index("symbol").loc["6488.TWO"]
    assert (limits["reference"], limits["limit_up"], limits["limit_down"]) == (948, 1040, 854)
    # The session after 2026-09-24 that is neither the Mid-Autumn day nor Teachers' day.
    assert limits["session"] == pd.Timestamp("2026-09-29")


@pytest.mark.real_data
@pytest.mark.parametrize(
    "page",
    [
        b'{"stat": "\xe5\xbe\x88\xe6\x8a\xb1\xe6\xad\x89"}',
        b"{}",
        b'{"stat": "OK", "date": "20260211"}',
        b"[]",
    ],
)
def test_a_page_without_a_day_is_refused(server: ExchangeServer, page: bytes) -> None:
    server.answer(TWSE_DAY_PAGE, Page(page))
    assert isinstance(source(server, site_pages=True).ask("twse_day_page").error, BadAnswer)


def test_recorded_rows_are_the_exchanges(real_data: Path) -> None:
    """The stand-in's rows are the recorded ones."""
    quotes = {q.code: q for q in recorded_twse(real_data / "responses")}
    assert (quotes["0050"].close, quotes["0050"].volume) == ("77.20", "120,639,150")
