"""Both sources at once: the real clients against servers that speak for Yahoo and the exchanges."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yfinance
from yfinance.data import SingletonMeta, YfData

from dashboard.prices.bars import BarFlag
from dashboard.prices.outcomes import Problem, Report
from dashboard.prices.providers.exchanges.source import ExchangeSource
from dashboard.prices.providers.exchanges.transport import Transport
from dashboard.prices.providers.yahoo import YahooProvider
from dashboard.prices.providers.yahoo.transport import shared_session
from dashboard.prices.records import DISAGREEMENTS, LIMITS
from dashboard.prices.records import FEEDS as FEEDS_KIND
from dashboard.prices.refresh import refresh
from dashboard.prices.schedule import BEAT_FILE
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore, bars_from_arrow
from dashboard.settings import PROJECT_ROOT
from tests.contract.exchange_market import Market, invented, last_session, session_before
from tests.contract.exchange_server import BLOCK_PAGE, ExchangeServer, Page
from tests.contract.yahoo_series import Series
from tests.contract.yahoo_server import Fault, Scenario, YahooServer

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning:yfinance")

NOW = dt.datetime.now(dt.UTC)
DAY = last_session(NOW)
BEFORE = session_before(DAY)
TSMC, GWC = "2330.TW", "6488.TWO"
SYMBOLS = (TSMC, GWC)
PRICE = {TSMC: 23.30, GWC: 64.88}  # ticks: 0.05 and 0.1
BLOCKED = Page(BLOCK_PAGE, 307, "text/html")


@pytest.fixture(autouse=True)
def _cold() -> None:
    """yfinance as in a fresh process."""
    shared_session(None)
    SingletonMeta._instances.pop(YfData, None)
    yfinance.cache.get_cookie_cache().store("curlCffi", None)


@pytest.fixture
def yahoo() -> Iterator[YahooServer]:
    with YahooServer() as running:
        for symbol in SYMBOLS:
            running.scenarios[symbol] = Scenario(series(symbol))
        yield running


@pytest.fixture
def exchange() -> Iterator[ExchangeServer]:
    with ExchangeServer() as running:
        running.serve(market())
        yield running


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(str(tmp_path / "store"))


def series(symbol: str) -> Series:
    days = pd.DatetimeIndex(sessions("TW", DAY - dt.timedelta(days=60), DAY))
    flat = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), PRICE[symbol]), index=days)
    return Series(symbol, flat.assign(volume=1000.0 + pd.Series(range(len(days)), index=days)))


def market(day: dt.date = DAY) -> Market:
    return invented(day)


def run(store: PriceStore, yahoo: YahooServer, exchange: ExchangeServer) -> Report:
    quick = {"pause": 0.0, "retry_waits": (0.01, 0.02), "timeout": 5.0}
    histories = YahooProvider(origin=yahoo.origin, shares=False, **quick)  # type: ignore[arg-type]
    day = ExchangeSource(
        Transport(exchange.origin, **quick),  # type: ignore[arg-type]
        site_pages=False,
        clock=lambda: NOW,
    )
    since = DAY - dt.timedelta(days=40)
    return refresh(store, histories, SYMBOLS, now=NOW, exchanges=day, since=since)


def contents(store: PriceStore) -> pd.DataFrame:
    return bars_from_arrow(store.read()).set_index(["symbol", "session"])


def newest(store: PriceStore, symbol: str = TSMC) -> pd.Series:
    return contents(store).loc[symbol].iloc[-1]


def test_both_agree(store: PriceStore, yahoo: YahooServer, exchange: ExchangeServer) -> None:
    report = run(store, yahoo, exchange)
    assert [one.problem for one in report.symbols] == [None, None]
    assert report.disputed == 0
    for symbol, source in ((TSMC, "twse"), (GWC, "tpex")):
        bar = newest(store, symbol)
        assert (bar["close"], bar["source"], bar["flags"]) == (PRICE[symbol], source, 0)
        assert bar["volume"] == 1000 * int(symbol[:4])  # the exchange's
        assert contents(store).loc[symbol, "source"].iloc[:-1].unique().tolist() == ["yahoo"]
    assert store.read_records(LIMITS)["symbol"].tolist().count(GWC) >= 1
    states = store.read_records(FEEDS_KIND).set_index("feed")["state"]
    assert states[["twse_day", "tpex_day"]].tolist() == ["done", "done"]


def test_two_ticks_apart(store: PriceStore, yahoo: YahooServer, exchange: ExchangeServer) -> None:
    exchange.serve(market().with_close(TSMC, 23.40))
    report = run(store, yahoo, exchange)
    bar = newest(store)
    assert (bar["close"], bar["flags"]) == (23.40, int(BarFlag.DISPUTED))
    (row,) = store.read_records(DISAGREEMENTS).to_dict("records")
    assert (row["symbol"], row["close"], row["other_close"]) == (TSMC, 23.40, 23.30)
    assert row["ticks"] == pytest.approx(2)
    assert newest(store, GWC)["flags"] == 0
    assert report.rows()["disputed"].tolist() == [1, 0]


def test_the_exchanges_are_a_day_behind(
    store: PriceStore, yahoo: YahooServer, exchange: ExchangeServer
) -> None:
    exchange.serve(market(BEFORE))
    report = run(store, yahoo, exchange)
    of_tsmc = contents(store).loc[TSMC, "source"]
    assert of_tsmc.tolist()[-2:] == ["twse", "yahoo"]
    stale = [feed for feed in report.feeds if feed.stale]
    assert {feed.session for feed in stale} == {BEFORE}
    assert f"the source ends on {BEFORE}, {DAY} was expected" in report.summary("en")


def test_the_exchanges_turn_us_away(
    store: PriceStore, yahoo: YahooServer, exchange: ExchangeServer
) -> None:
    for path in list(exchange.pages):
        exchange.answer(path, BLOCKED)
    report = run(store, yahoo, exchange)
    assert newest(store)["source"] == "yahoo"
    assert newest(store).name == pd.Timestamp(DAY)
    assert [one.problem for one in report.symbols] == [None, None]
    assert report.incomplete
    told = {feed.key: feed.problem for feed in report.feeds}
    assert (told["twse_day"], told["tpex_day"]) == (Problem.CLOSED, Problem.CLOSED)
    exchange.seen.clear()
    again = run(store, yahoo, exchange)
    assert exchange.asked() == []  # not again today
    assert {feed.problem for feed in again.feeds} == {Problem.CLOSED}


def test_yahoo_asks_to_pause(
    store: PriceStore, yahoo: YahooServer, exchange: ExchangeServer
) -> None:
    for symbol in SYMBOLS:
        yahoo.scenarios[symbol] = Scenario(always=Fault.RATE_LIMITED)
    report = run(store, yahoo, exchange)
    assert [one.problem for one in report.symbols] == [Problem.RATE_LIMITED] * 2
    assert contents(store)["close"].tolist() == [PRICE[TSMC], PRICE[GWC]]
    assert (contents(store)["flags"] == int(BarFlag.UNADJUSTED)).all()
    for symbol in SYMBOLS:
        yahoo.scenarios[symbol] = Scenario(series(symbol))
    run(store, yahoo, exchange)  # the next run goes on
    assert (contents(store)["flags"] == 0).all()
    assert len(contents(store)) > 2 * 20


def test_both_are_down(store: PriceStore, yahoo: YahooServer, exchange: ExchangeServer) -> None:
    run(store, yahoo, exchange)
    before = contents(store)
    for symbol in SYMBOLS:
        yahoo.scenarios[symbol] = Scenario(always=Fault.SERVER_ERROR)
    for path in list(exchange.pages):
        exchange.answer(path, Page(b"<html>down</html>", 503, "text/html"))
    empty = PriceStore(f"{store.address}-2")
    report = run(empty, yahoo, exchange)
    assert {one.problem for one in report.symbols} == {Problem.UNAVAILABLE}
    told = {feed.key: feed.problem for feed in report.feeds}
    assert (told["twse_day"], told["tpex_day"]) == (Problem.UNAVAILABLE, Problem.UNAVAILABLE)
    assert empty.version() == -1
    pd.testing.assert_frame_equal(contents(store), before)


def test_a_schedule_lives_beside_the_store_until_it_is_told_to_end(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "dashboard", "--data-dir", str(tmp_path), "refresh"]
    nowhere = "http://127.0.0.1:9"
    process = subprocess.Popen(
        [*arguments, "--schedule"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DASHBOARD_YAHOO_ORIGIN": nowhere, "DASHBOARD_EXCHANGE_ORIGIN": nowhere},
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert "the next refresh is due at" in first
        while not (tmp_path / BEAT_FILE).exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, messages = process.communicate()
    finally:
        watchdog.cancel()
        process.kill()
    assert process.returncode == 0, messages
    assert "ending after the present answer" in messages
    assert "Traceback" not in messages
    assert not (tmp_path / BEAT_FILE).exists()
