"""The real yfinance against a server that speaks Yahoo's protocol, healthy and broken."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yfinance
from yfinance.data import SingletonMeta, YfData

from dashboard.errors import (
    BadAnswer,
    DeadlineExceeded,
    InputError,
    ProviderError,
    RateLimited,
    SourceUnavailable,
    UnknownSymbol,
    WrongSymbol,
)
from dashboard.prices.bars import BarFlag, bar_schema
from dashboard.prices.providers.base import Answer, Request
from dashboard.prices.providers.pacing import Pacer
from dashboard.prices.providers.yahoo import YahooProvider
from dashboard.prices.providers.yahoo.provider import covering_period
from dashboard.prices.providers.yahoo.transport import shared_session
from dashboard.prices.providers.yahoo.workers import Limits, Run
from tests.contract.yahoo_series import Series, folder_series
from tests.contract.yahoo_server import COOKIE_HOST, SHARES, Fault, Scenario, YahooServer

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning:yfinance")

TODAY = dt.datetime.now(dt.UTC).date()
LONG_AGO = TODAY - dt.timedelta(days=150)
A_WEEK_AGO = TODAY - dt.timedelta(days=9)
TSMC = "2330.TW"
Damage = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def _cold() -> None:
    """yfinance as in a fresh process: no crumb, no cookie, no kept answer."""
    shared_session(None)
    SingletonMeta._instances.pop(YfData, None)
    yfinance.cache.get_cookie_cache().store("curlCffi", None)


@pytest.fixture
def server() -> Iterator[YahooServer]:
    with YahooServer() as running:
        yield running


def provider(server: YahooServer, **options: Any) -> YahooProvider:
    quick: dict[str, Any] = {
        "pause": 0.0,
        "retry_waits": (0.01, 0.02),
        "timeout": 5.0,
        "shares": False,
    }
    return YahooProvider(origin=server.origin, **(quick | options))


def fetch(
    server: YahooServer, *symbols: str, start: dt.date = LONG_AGO, **options: Any
) -> list[Answer]:
    requests = [Request(symbol, start, TODAY) for symbol in symbols]
    return list(provider(server, **options).fetch(requests))


def ask(server: YahooServer, scenario: Scenario, symbol: str = TSMC, **options: Any) -> Answer:
    """The one answer to one request."""
    server.scenarios[symbol] = scenario
    (answer,) = fetch(server, symbol, **options)
    assert answer.error is None or answer.bars.empty
    bar_schema().validate(answer.bars)
    return answer


def weekdays(count: int) -> pd.DatetimeIndex:
    return pd.bdate_range(end=TODAY - dt.timedelta(days=1), periods=count)


def traded(symbol: str = TSMC, count: int = 15) -> Series:
    """Closes 500, 505, 510, …; volumes 1,000,000, 2,000,000, …"""
    number = np.arange(count)
    close = 500.0 + 5 * number
    bars = {"open": close - 2.5, "high": close + 5, "low": close - 5, "close": close}
    volume = 1_000_000.0 * (number + 1)
    return Series(symbol, pd.DataFrame(bars | {"volume": volume}, index=weekdays(count)))


def day_of(series: Series, place: int) -> dt.date:
    return pd.Timestamp(series.bars.index[place]).date()


def closes(answer: Answer) -> list[float]:
    assert answer.error is None
    return [float(close) for close in answer.bars["close"]]


# What a healthy answer becomes


def test_plain_answer_keeps_prices_volumes_and_exchange_dates(server: YahooServer) -> None:
    series = traded()
    bars = ask(server, Scenario(series)).bars
    for name in ("open", "high", "low", "close", "volume"):
        assert bars[name].tolist() == series.bars[name].tolist()
    assert bars["session"].tolist() == list(series.bars.index)
    assert set(bars["symbol"]) == {TSMC}
    assert set(bars["source"]) == {"yahoo"}
    assert (bars["flags"] == 0).all()


@pytest.mark.parametrize(
    ("new", "old"), [(4, 1), (1050, 1000), (1, 10), (800, 1000), (1193.91, 1000)]
)
def test_prices_and_volumes_before_a_split_are_as_traded(
    server: YahooServer, new: float, old: float
) -> None:
    series = traded(count=40)
    series.splits = {day_of(series, 20): (new, old)}
    bars = ask(server, Scenario(series)).bars
    assert bars["close"].tolist() == series.bars["close"].tolist()
    assert bars["high"].tolist() == series.bars["high"].tolist()
    assert bars["volume"].tolist() == series.bars["volume"].tolist()
    assert bars["split"].tolist() == [*[1.0] * 20, pytest.approx(new / old), *[1.0] * 19]
    # Nothing was paid, so a split is all that the adjusted close knows.
    assert bars["adjusted_close"].iloc[0] == pytest.approx(500 / (new / old), rel=1e-6)
    assert bars["adjusted_close"].iloc[20] == 600


def test_two_splits_multiply(server: YahooServer) -> None:
    series = traded(count=40)
    series.splits = {day_of(series, 10): (2, 1), day_of(series, 30): (5, 1)}
    bars = ask(server, Scenario(series)).bars
    assert bars["close"].tolist() == series.bars["close"].tolist()
    assert bars["volume"].tolist() == series.bars["volume"].tolist()


def test_dividends_are_as_paid_and_lower_the_adjusted_close(server: YahooServer) -> None:
    series = traded(count=40)
    series.dividends = {day_of(series, 10): 4.5, day_of(series, 30): 3.0}
    series.splits = {day_of(series, 20): (4, 1)}
    bars = ask(server, Scenario(series)).bars
    paid = bars[bars["dividend"] > 0]
    assert dict(zip(paid["session"].dt.date, paid["dividend"], strict=True)) == series.dividends
    # The closes before the ex-dates are 545 and 645 (500 + 5 × place).
    both = (1 - 4.5 / 545) * (1 - 3.0 / 645)
    assert bars["adjusted_close"].iloc[0] == pytest.approx(500 / 4 * both, rel=1e-6)
    assert bars["adjusted_close"].iloc[25] == pytest.approx(625 * (1 - 3.0 / 645), rel=1e-6)
    assert bars["adjusted_close"].iloc[-1] == 695


def test_split_that_the_wanted_days_do_not_reach_still_counts(server: YahooServer) -> None:
    series = traded(count=60)
    series.splits = {day_of(series, 50): (4, 1)}
    server.scenarios[TSMC] = Scenario(series)
    wanted = Request(TSMC, day_of(series, 5), day_of(series, 8))
    (answer,) = provider(server).fetch([wanted])
    assert closes(answer) == [525, 530, 535, 540]


def test_split_without_a_bar_since_still_counts(server: YahooServer) -> None:
    """Halted for a split: Yahoo lists it before the first bar after it."""
    series = traded()
    after = TODAY if TODAY.weekday() < 5 else day_of(series, -1) + dt.timedelta(days=1)
    series.splits = {after: (4, 1)}
    server.now = lambda: series.opening(after) + 60.0
    answer = ask(server, Scenario(series))
    assert closes(answer) == series.bars["close"].tolist()


@pytest.mark.parametrize(
    ("days", "period"),
    [(0, "1mo"), (27, "1mo"), (28, "3mo"), (100, "6mo"), (363, "1y"), (364, "2y"), (1000, "5y"),
     (3650, "10y"), (3651, "max")],
)  # fmt: skip
def test_period_covers_the_start(days: int, period: str) -> None:
    assert covering_period(dt.datetime.now(dt.UTC).date() - dt.timedelta(days=days)) == period


def test_long_history_ends_today_and_is_never_a_past_range(server: YahooServer) -> None:
    answer = ask(server, Scenario(traded()), start=dt.date(2000, 1, 3))
    assert len(answer.bars) == 15
    assert YfData.cache_get.cache_info().currsize == 0


# What goes wrong

FAULTS: list[tuple[Fault, type[ProviderError], int]] = [
    # yfinance itself asks a second time after a status of 400 and more.
    (Fault.UNKNOWN, UnknownSymbol, 2),
    (Fault.EMPTY, UnknownSymbol, 1),
    (Fault.RATE_LIMITED, RateLimited, 2),
    (Fault.SERVER_ERROR, SourceUnavailable, 6),
    (Fault.SERVER_ERROR_JSON, SourceUnavailable, 6),
    (Fault.RIGHT_BACK, SourceUnavailable, 3),
    (Fault.HTML, BadAnswer, 3),
    (Fault.TRUNCATED, BadAnswer, 3),
    (Fault.SHORT_BODY, BadAnswer, 3),
]


@pytest.mark.parametrize(("fault", "error", "requests"), FAULTS)
def test_lasting_fault(
    server: YahooServer, fault: Fault, error: type[ProviderError], requests: int
) -> None:
    answer = ask(server, Scenario(traded(), always=fault))
    assert type(answer.error) is error
    assert str(answer.error).startswith(f"{TSMC}: ")
    assert len(str(answer.error)) < 200
    assert len(server.asked()) == requests


@pytest.mark.parametrize(
    ("faults", "requests"),
    [
        ([Fault.RATE_LIMITED], 2),
        ([Fault.SERVER_ERROR], 2),
        ([Fault.SERVER_ERROR] * 2, 3),
        ([Fault.SERVER_ERROR] * 4, 5),
        ([Fault.HTML], 2),
        ([Fault.HTML, Fault.TRUNCATED], 3),
        ([Fault.RIGHT_BACK], 2),
        ([Fault.SHORT_BODY], 2),
        ([Fault.DROPPED], 2),
    ],
)
def test_passing_fault(server: YahooServer, faults: list[Fault], requests: int) -> None:
    answer = ask(server, Scenario(traded(), faults=list(faults)))
    assert len(closes(answer)) == 15
    assert len(server.asked()) == requests


def test_dropped_connections(server: YahooServer) -> None:
    answer = ask(server, Scenario(traded(), always=Fault.DROPPED))
    assert type(answer.error) is SourceUnavailable
    # curl itself tries once more where a connection that it kept is found closed.
    assert len(server.asked()) in (3, 4)


def test_time_out(server: YahooServer) -> None:
    answer = ask(server, Scenario(traded(), always=Fault.TIME_OUT), timeout=0.2)
    assert type(answer.error) is DeadlineExceeded
    assert len(server.asked()) == 3


def test_failure_is_not_remembered_in_the_next_run(server: YahooServer) -> None:
    series = traded()
    series.shares = {day_of(series, 0): 25_930_000_000}
    broken = Scenario(series, always=Fault.SERVER_ERROR, shares_fault=Fault.SERVER_ERROR)
    asker = provider(server, shares=True)
    server.scenarios[TSMC] = broken
    wanted = [Request(TSMC, LONG_AGO, TODAY)]
    assert isinstance(next(asker.fetch(wanted)).error, SourceUnavailable)
    server.scenarios[TSMC] = Scenario(series, shares_fault=Fault.SERVER_ERROR)
    without_shares = next(asker.fetch(wanted))
    assert len(closes(without_shares)) == 15
    assert without_shares.shares.empty
    server.scenarios[TSMC] = Scenario(series)
    assert next(asker.fetch(wanted)).shares["shares"].tolist() == [25_930_000_000]


# Answers that are well formed and wrong


def last_quote(result: dict[str, Any], **values: Any) -> None:
    for name, value in values.items():
        result["indicators"]["quote"][0][name][-1] = value


def no_prices(result: dict[str, Any]) -> None:
    last_quote(result, open=None, high=None, low=None, close=None)
    result["indicators"]["adjclose"][0]["adjclose"][-1] = None


def null_row(result: dict[str, Any]) -> None:
    no_prices(result)
    last_quote(result, volume=None)


def test_null_row_is_no_bar(server: YahooServer) -> None:
    answer = ask(server, Scenario(traded(), damage=null_row))
    assert len(closes(answer)) == 14
    assert answer.refused == {}


def test_volume_without_price_is_refused_by_name(server: YahooServer) -> None:
    series = traded()
    answer = ask(server, Scenario(series, damage=no_prices))
    assert len(closes(answer)) == 14
    assert list(answer.refused) == [day_of(series, -1)]


@pytest.mark.parametrize("nothing", [None, 0.0])
def test_close_without_the_other_prices_is_flagged(server: YahooServer, nothing: object) -> None:
    damage: Damage = lambda result: last_quote(result, open=nothing)  # noqa: E731
    bars = ask(server, Scenario(traded(), damage=damage)).bars
    assert bars[["open", "high", "low"]].iloc[-1].isna().all()
    assert bars["close"].iloc[-1] == 570
    assert bars["flags"].tolist() == [0] * 14 + [BarFlag.CLOSE_ONLY]


def another_symbol(result: dict[str, Any]) -> None:
    result["meta"]["symbol"] = "2330.TWO"


def another_currency(result: dict[str, Any]) -> None:
    result["meta"]["currency"] = "USD"


@pytest.mark.parametrize(
    ("damage", "told"), [(another_symbol, "2330.TWO"), (another_currency, "USD instead of TWD")]
)
def test_answer_about_something_else(server: YahooServer, damage: Damage, told: str) -> None:
    answer = ask(server, Scenario(traded(), damage=damage))
    assert type(answer.error) is WrongSymbol
    assert told in str(answer.error)
    assert len(server.asked()) == 1


def no_timestamps(result: dict[str, Any]) -> None:
    del result["timestamp"]


def test_quotes_without_timestamps(server: YahooServer) -> None:
    answer = ask(server, Scenario(traded(), damage=no_timestamps))
    assert type(answer.error) is BadAnswer
    assert len(server.asked()) == 1


def last_day_twice(result: dict[str, Any]) -> None:
    result["timestamp"].append(result["timestamp"][-1] + 4 * 3600)
    for values in (*result["indicators"]["quote"][0].values(),
                   result["indicators"]["adjclose"][0]["adjclose"]):  # fmt: skip
        values.append(values[-1])
    last_quote(result, close=572.5)


def test_of_a_duplicated_last_day_the_last_row_stays(server: YahooServer) -> None:
    answer = ask(server, Scenario(traded(), damage=last_day_twice))
    assert closes(answer) == [*traded().bars["close"].tolist()[:-1], 572.5]


def test_stale_series_gives_what_it_has(server: YahooServer) -> None:
    series = traded(count=60)
    series.bars = series.bars.iloc[:-15]
    assert len(closes(ask(server, Scenario(series)))) == 45
    assert closes(ask(server, Scenario(series), start=A_WEEK_AGO)) == []


def test_dividend_after_the_last_bar_is_no_bar(server: YahooServer) -> None:
    series = traded()
    series.bars = series.bars.iloc[:-1]
    series.dividends = {day_of(traded(), -1): 5.0}
    answer = ask(server, Scenario(series))
    assert closes(answer) == series.bars["close"].tolist()
    assert (answer.bars["dividend"] == 0).all()
    assert answer.refused == {}


# How a run behaves


def test_one_request_a_symbol_after_cookie_and_crumb(server: YahooServer) -> None:
    for symbol in (TSMC, "NVDA", "^TWII"):
        server.scenarios[symbol] = Scenario(traded(symbol))
    fetch(server, TSMC, "NVDA", "^TWII")
    chart = "query2.finance.yahoo.com/v8/finance/chart/"
    assert server.counts() == {
        f"{COOKIE_HOST}/": 1,
        "query1.finance.yahoo.com/v1/test/getcrumb": 1,
        f"{chart}{TSMC}": 1,
        f"{chart}NVDA": 1,
        f"{chart}^TWII": 1,
    }


def test_shares_are_one_more_request_and_only_for_long_windows(server: YahooServer) -> None:
    series = traded()
    series.shares = {day_of(series, 0): 25_930_000_000, day_of(series, 9): 25_940_000_000}
    answer = ask(server, Scenario(series), shares=True)
    assert answer.shares[["symbol", "shares"]].to_numpy().tolist() == [
        [TSMC, 25_930_000_000],
        [TSMC, 25_940_000_000],
    ]
    assert answer.shares["date"].dt.date.tolist() == list(series.shares)
    assert len(server.asked(SHARES)) == 1
    assert ask(server, Scenario(series), shares=True, start=A_WEEK_AGO).shares.empty
    server.scenarios["^TWII"] = Scenario(traded("^TWII"))
    fetch(server, "^TWII", shares=True)
    assert len(server.asked(SHARES)) == 1


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.HTML, Fault.DROPPED, Fault.EMPTY])
def test_failing_shares_do_not_fail_the_prices(server: YahooServer, fault: Fault) -> None:
    answer = ask(server, Scenario(traded(), shares_fault=fault), shares=True)
    assert len(closes(answer)) == 15
    assert answer.shares.empty


def test_rate_limit_ends_the_run(server: YahooServer) -> None:
    symbols = [f"23{number}.TW" for number in range(30, 40)]
    server.scenarios = {symbol: Scenario(traded(symbol)) for symbol in symbols}
    server.scenarios[symbols[1]].always = Fault.RATE_LIMITED
    answers = fetch(server, *symbols)
    assert [type(answer.error) for answer in answers] == [type(None), RateLimited]
    assert set(server.asked()) == set(symbols[:2])


def test_rate_limit_on_shares_keeps_the_prices_and_ends_the_run(server: YahooServer) -> None:
    server.scenarios[TSMC] = Scenario(traded(), shares_fault=Fault.RATE_LIMITED)
    server.scenarios["NVDA"] = Scenario(traded("NVDA"))
    first, second = fetch(server, TSMC, "NVDA", shares=True)
    assert len(closes(first)) == 15
    assert type(second.error) is RateLimited
    assert set(server.asked()) == {TSMC}


def test_dead_cookie_host_is_asked_once_a_run(server: YahooServer) -> None:
    server.dead_hosts = {COOKIE_HOST, "guce.yahoo.com"}
    symbols = [TSMC, "NVDA", "2317.TW"]
    server.scenarios = {symbol: Scenario(traded(symbol)) for symbol in symbols}
    assert [len(closes(answer)) for answer in fetch(server, *symbols)] == [15, 15, 15]
    assert server.counts()[f"{COOKIE_HOST}/"] == 1
    assert server.asked() == symbols


def test_hanging_symbol_is_left_behind(server: YahooServer) -> None:
    """A thread that no time-out reaches: another one holds yfinance's lock."""
    server.scenarios = {symbol: Scenario(traded(symbol)) for symbol in (TSMC, "NVDA")}
    wanted = [Request(symbol, LONG_AGO, TODAY) for symbol in (TSMC, "NVDA")]
    lock = YfData(session=shared_session(server.origin))._cookie_lock
    run = provider(server, symbol_deadline=2.0).fetch(wanted)
    with lock:
        first = next(run)
    assert type(first.error) is DeadlineExceeded
    assert first.request.symbol == TSMC
    assert len(closes(next(run))) == 15


def test_run_ends_at_its_deadline(server: YahooServer) -> None:
    symbols = [TSMC, "NVDA", "2317.TW"]
    server.scenarios = {
        symbol: Scenario(traded(symbol), always=Fault.TIME_OUT) for symbol in symbols
    }
    answers = fetch(server, *symbols, timeout=30.0, run_deadline=0.5)
    assert {answer.request.symbol: type(answer.error) for answer in answers} == dict.fromkeys(
        symbols, DeadlineExceeded
    )
    assert set(server.asked()) <= {TSMC}


def test_source_that_is_down_is_not_asked_for_every_symbol(server: YahooServer) -> None:
    symbols = [f"23{number}.TW" for number in range(30, 50)]
    server.scenarios = {s: Scenario(always=Fault.SERVER_ERROR) for s in symbols}
    answers = fetch(server, *symbols, retry_waits=())
    assert [answer.request.symbol for answer in answers] == symbols
    assert {type(answer.error) for answer in answers} == {SourceUnavailable}
    assert set(server.asked()) == set(symbols[:5])


def test_without_a_network_every_symbol_is_told_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{unused.getsockname()[1]}"
        asker = YahooProvider(origin=origin, pause=0.0, retry_waits=(3600.0,))
        wanted = [Request(f"{code}.TW", LONG_AGO, TODAY) for code in range(2301, 2361)]
        answers = list(asker.fetch(wanted))
    assert len(answers) == 60
    assert {type(answer.error) for answer in answers} == {SourceUnavailable}
    assert "check the network" in str(answers[0].error)
    assert "not asked" in str(answers[-1].error)


def test_two_workers_answer_everything_once(server: YahooServer) -> None:
    symbols = [f"23{number}.TW" for number in range(30, 50)]
    server.scenarios = {symbol: Scenario(traded(symbol)) for symbol in symbols}
    answers = fetch(server, *symbols, workers=2)
    assert sorted(answer.request.symbol for answer in answers) == symbols
    assert all(len(closes(answer)) == 15 for answer in answers)
    assert sorted(server.asked()) == symbols


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_unforeseen_error_fails_its_symbol_only() -> None:
    def task(request: Request, left_behind: threading.Event) -> Answer:
        if request.symbol == TSMC:
            failing.append(threading.current_thread())
            raise ZeroDivisionError
        return Answer(request, pd.DataFrame())

    failing = list[threading.Thread]()

    limits = Limits(workers=1, symbol=30, run=60, failures=lambda: 5)
    wanted = [Request(symbol, LONG_AGO, TODAY) for symbol in (TSMC, "NVDA")]
    first, second = Run(task, limits).answers(wanted)
    assert type(first.error) is BadAnswer
    assert second.error is None
    failing[0].join(timeout=30)  # or its last words are counted against the next test


QUIET = """
import datetime as dt, sys
from dashboard.prices.providers.base import Request
from dashboard.prices.providers.yahoo import YahooProvider
day = dt.date.fromisoformat(sys.argv[2])
wanted = [Request(symbol, day, dt.date.max) for symbol in ("2330.TW", "UNKNOWN")]
for answer in YahooProvider(origin=sys.argv[1], pause=0).fetch(wanted):
    print(answer.request.symbol, len(answer.bars))
"""


def test_fetching_says_nothing_of_its_own(server: YahooServer) -> None:
    """Neither yfinance's log nor its deprecations mix with the command's output."""
    series = traded()
    series.dividends = {day_of(series, 5): 4.5}
    server.scenarios[TSMC] = Scenario(series)
    run = subprocess.run(
        [sys.executable, "-c", QUIET, server.origin, LONG_AGO.isoformat()],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert run.stderr == ""
    assert run.stdout == "2330.TW 15\nUNKNOWN 0\n"
    assert run.returncode == 0


def test_requests_are_kept_apart() -> None:
    now, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pacer = Pacer(0.5, clock=lambda: now[0], sleep=sleep)
    pacer.wait()
    now[0] += 0.2
    pacer.wait()
    now[0] += 7
    pacer.wait()
    pacer.wait()
    assert slept == [pytest.approx(0.3), pytest.approx(0.5)]


def test_every_request_is_paced(server: YahooServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.scenarios[TSMC] = Scenario(traded(), faults=[Fault.HTML])
    starts = list[float]()
    wait = Pacer.wait

    def noted(pacer: Pacer) -> None:
        starts.append(0.0)
        wait(pacer)

    monkeypatch.setattr(Pacer, "wait", noted)
    (answer,) = fetch(server, TSMC)
    assert answer.error is None
    assert len(starts) == len(server.seen) == 4


@pytest.mark.parametrize(
    "origin", ["https://query2.finance.yahoo.com", "http://10.0.0.1:80", "127.0.0.1:80", "http://"]
)
def test_origin_elsewhere_is_refused(origin: str) -> None:
    with pytest.raises(InputError, match="DASHBOARD_YAHOO_ORIGIN"):
        YahooProvider(origin=origin)


def test_origin_from_the_environment(server: YahooServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_YAHOO_ORIGIN", f"{server.origin}/")
    server.scenarios[TSMC] = Scenario(traded())
    (answer,) = YahooProvider(pause=0).fetch([Request(TSMC, LONG_AGO, TODAY)])
    assert len(closes(answer)) == 15


# Recorded answers and real prices


def recorded(real_data: Path, name: str) -> dict[str, Any]:
    whole = json.loads((real_data / "responses" / "yahoo" / name).read_text())
    body = whole.get("body", whole)
    answer: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return answer


def bars_of(server: YahooServer, symbol: str, answer: dict[str, Any]) -> pd.DataFrame:
    scenario = Scenario(recorded=json.dumps(answer).encode())
    bars = ask(server, scenario, symbol, start=dt.date(2020, 1, 1)).bars
    return bars.set_index(bars["session"].dt.strftime("%Y-%m-%d"))


def test_recorded_2330(server: YahooServer, real_data: Path) -> None:
    answer = recorded(real_data, "yahoo_chart_2330.TW_20221101_20221102_fetched20230426.json")
    bars = bars_of(server, TSMC, answer)
    assert bars["close"].to_dict() == {"2022-11-01": 391.5, "2022-11-02": 395.0}
    exchange = pd.read_parquet(real_data / "prices" / "tw_core_daily.parquet")
    exchange = exchange[(exchange["symbol"] == TSMC) & exchange["date"].between(
        pd.Timestamp("2022-11-01"), pd.Timestamp("2022-11-02"))]  # fmt: skip
    for name in ("open", "high", "low", "close"):
        assert bars[name].tolist() == exchange[name].tolist()
    # Yahoo counts other trades than the exchange does.
    np.testing.assert_allclose(bars["volume"], exchange["volume"].astype(float), rtol=0.03)


def test_recorded_aapl_split_and_dividend(server: YahooServer, real_data: Path) -> None:
    """Apple closed at 499.23 on 2020-08-28 and split four to one on the 31st."""
    answer = recorded(real_data, "chart-AAPL-2020-08-31-to-2020-11-07.json")
    result = answer["chart"]["result"][0]
    before = result["meta"]["chartPreviousClose"]
    # The recorded window opens with the split; its own previous close is the day before.
    result["timestamp"].insert(0, result["timestamp"][0] - 3 * 86_400)
    for values in result["indicators"]["quote"][0].values():
        values.insert(0, before)
    result["indicators"]["adjclose"][0]["adjclose"].insert(0, before)
    bars = bars_of(server, "AAPL", answer)
    assert bars.at["2020-08-28", "close"] == pytest.approx(499.23, abs=0.005)
    assert bars.at["2020-08-31", "close"] == 129.04
    assert bars.at["2020-08-31", "split"] == 4
    assert bars.at["2020-11-06", "dividend"] == 0.205
    assert (bars["dividend"] > 0).sum() == 1


def test_recorded_nvda_splits(server: YahooServer, real_data: Path) -> None:
    """Nvidia closed at 751.19 before the split of 2021-07-20, and at 186.12 after it."""
    answer = recorded(
        real_data, "historical-via-chart-NVDA-split-2021-02-01-to-2022-01-31.csv.json"
    )
    result = answer["chart"]["result"][0]
    # Recorded in 2025: the prices know of 2024-06-10, which an answer up to today also lists.
    stamp = int(dt.datetime(2024, 6, 10, 13, 30, tzinfo=dt.UTC).timestamp())
    result["events"]["splits"][str(stamp)] = {
        "date": stamp, "numerator": 10, "denominator": 1, "splitRatio": "10:1",
    }  # fmt: skip
    bars = bars_of(server, "NVDA", answer)
    assert bars.at["2021-07-19", "close"] == pytest.approx(751.19, abs=0.005)
    assert bars.at["2021-07-20", "close"] == pytest.approx(186.12, abs=0.005)
    assert bars.at["2021-07-20", "split"] == 4
    assert len(bars) == 252


def test_recorded_msft_dividends(server: YahooServer, real_data: Path) -> None:
    answer = recorded(
        real_data, "historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json"
    )
    bars = bars_of(server, "MSFT", answer)
    assert bars.loc[bars["dividend"] > 0, "dividend"].to_dict() == {
        "2021-02-17": 0.56, "2021-05-19": 0.56, "2021-08-18": 0.56, "2021-11-17": 0.62,
    }  # fmt: skip
    assert bars.at["2021-02-01", "close"] == 239.65
    assert bars.at["2022-01-28", "close"] == 308.26


@pytest.mark.parametrize("symbol", ["2327.TW", "3481.TW", "2330.TW"])
def test_real_prices_survive_yahoos_adjustment(
    server: YahooServer, real_data: Path, symbol: str
) -> None:
    """Stock dividends, reductions and the four to one of 2327: the tape comes back exactly."""
    series = folder_series(real_data / "prices")(symbol)
    assert series is not None
    bars = ask(server, Scenario(series), symbol, start=dt.date(2018, 1, 1)).bars
    for name in ("open", "high", "low", "close"):
        assert bars[name].tolist() == series.bars[name].tolist()
    np.testing.assert_allclose(bars["volume"], series.bars["volume"], atol=1)
    split = bars.loc[bars["split"] != 1, "session"].dt.strftime("%Y-%m-%d").tolist()
    assert (
        split
        == {
            "2327.TW": ["2022-10-31", "2025-08-25"],
            "3481.TW": ["2022-10-11", "2023-08-28", "2024-08-26"],
            "2330.TW": [],
        }[symbol]
    )


def test_server_starts_by_hand() -> None:
    command = [sys.executable, "-m", "tests.contract.yahoo_server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert told is not None
            asker = YahooProvider(origin=told[0], pause=0)
            (answer,) = asker.fetch([Request("3017.TW", LONG_AGO, TODAY)])
        finally:
            process.terminate()
    assert len(closes(answer)) > 80
    assert answer.shares["shares"].iloc[0] > 0
