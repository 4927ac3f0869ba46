"""Every damage of a source, up to the store: it stays as it is, and the report says why."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yfinance
from yfinance.data import SingletonMeta, YfData

from dashboard.prices.outcomes import Problem, Report
from dashboard.prices.providers.exchanges.source import ExchangeSource
from dashboard.prices.providers.exchanges.transport import Transport
from dashboard.prices.providers.yahoo import YahooProvider
from dashboard.prices.providers.yahoo.transport import shared_session
from dashboard.prices.refresh import refresh
from dashboard.prices.store import PriceStore
from tests.contract.exchange_market import as_json, invented
from tests.contract.exchange_server import (
    BLOCK_PAGE,
    TPEX_DAY,
    TWSE_DAY,
    TWSE_DAY_CSV,
    ExchangeServer,
    Page,
)
from tests.contract.exchange_server import Fault as Broken
from tests.contract.yahoo_server import Fault, Scenario, YahooServer
from tests.faults.commands import command
from tests.faults.generations import FETCHED, SINCE, content, moment, series

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning:yfinance")
Result = dict[str, Any]


def everything(store: PriceStore) -> dict[str, object]:
    """All that a source could have spoilt: every bar, who said it, and the versions."""
    rows = store.read().to_pandas().sort_values(["symbol", "session"], ignore_index=True)
    return {"bars": rows.to_dict("list"), "version": store.version()}


# --- Yahoo ----------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _cold() -> None:
    """yfinance as in a fresh process: no crumb, no cookie, no kept answer."""
    shared_session(None)
    SingletonMeta._instances.pop(YfData, None)
    yfinance.cache.get_cookie_cache().store("curlCffi", None)


@pytest.fixture
def yahoo() -> Iterator[YahooServer]:
    """One session more than is stored; healthy until a test breaks it."""
    with YahooServer() as server:
        tell(server, 0)
        yield server


def tell(server: YahooServer, generation: int) -> None:
    server.now = lambda: moment(generation).timestamp()
    server.scenarios = {symbol: Scenario(series(symbol, generation)) for symbol in FETCHED}


def asked(store: PriceStore, server: YahooServer, generation: int) -> Report:
    provider = YahooProvider(
        origin=server.origin, pause=0.0, retry_waits=(), timeout=0.5, shares=False
    )
    return refresh(store, provider, FETCHED, now=moment(generation), since=SINCE)


@pytest.fixture
def stored(tmp_path: Path, yahoo: YahooServer) -> PriceStore:
    store = PriceStore(str(tmp_path / "store"))
    assert not asked(store, yahoo, 0).incomplete
    tell(yahoo, 1)
    return store


def same_everywhere(problem: Problem, report: Report) -> None:
    assert {one.problem for one in report.symbols} == {problem}
    assert report.incomplete
    for language in ("zh", "en"):
        rows = report.rows(language)  # type: ignore[arg-type]
        assert (rows["why"].str.len() > 5).all()


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault.UNKNOWN, Problem.UNKNOWN_SYMBOL),
        (Fault.RATE_LIMITED, Problem.RATE_LIMITED),
        (Fault.SERVER_ERROR, Problem.UNAVAILABLE),
        (Fault.SERVER_ERROR_JSON, Problem.UNAVAILABLE),
        (Fault.HTML, Problem.BAD_ANSWER),
        (Fault.RIGHT_BACK, Problem.UNAVAILABLE),
        (Fault.EMPTY, Problem.UNKNOWN_SYMBOL),
        (Fault.TRUNCATED, Problem.BAD_ANSWER),
        (Fault.SHORT_BODY, Problem.BAD_ANSWER),
        (Fault.TIME_OUT, Problem.DEADLINE),
        (Fault.DROPPED, Problem.UNAVAILABLE),
    ],
)
def test_yahoo_fails_and_the_store_stays(
    fault: Fault, problem: Problem, yahoo: YahooServer, stored: PriceStore
) -> None:
    for scenario in yahoo.scenarios.values():
        scenario.always = fault
    before = everything(stored)
    same_everywhere(problem, asked(stored, yahoo, 1))
    assert everything(stored) == before


def other_symbol(result: Result) -> None:
    result["meta"]["symbol"] = "AAPL"


def other_currency(result: Result) -> None:
    result["meta"]["currency"] = "USD"


def nothing_but_nulls(result: Result) -> None:
    for values in result["indicators"]["quote"][0].values():
        values[:] = [None] * len(values)


def negative(result: Result) -> None:
    for name in ("open", "high", "low", "close"):
        values = result["indicators"]["quote"][0][name]
        values[:] = [-value for value in values]


def upside_down(result: Result) -> None:
    quote = result["indicators"]["quote"][0]
    quote["low"], quote["high"] = quote["high"], quote["low"]


def absurd(result: Result) -> None:
    result["indicators"]["quote"][0]["close"][:] = [1e30] * len(result["timestamp"])


def weekends(result: Result) -> None:
    """All on the Saturdays before."""
    zone = dt.timedelta(hours=8)
    for place, stamp in enumerate(result["timestamp"]):
        day = dt.datetime.fromtimestamp(stamp, dt.UTC) + zone
        result["timestamp"][place] = stamp - ((day.weekday() + 2) % 7) * 86_400


@pytest.mark.parametrize(
    "damage",
    [other_symbol, other_currency, nothing_but_nulls, negative, upside_down, absurd, weekends],
)
def test_yahoo_tells_wrong_and_the_store_stays(
    damage: Callable[[Result], None], yahoo: YahooServer, stored: PriceStore
) -> None:
    for scenario in yahoo.scenarios.values():
        scenario.damage = damage
    before = everything(stored)
    report = asked(stored, yahoo, 1)
    assert report.incomplete
    assert (report.rows("en")["why"].str.len() > 5).all()
    assert everything(stored) == before


def test_the_next_healthy_answer_mends_all(yahoo: YahooServer, stored: PriceStore) -> None:
    for scenario in yahoo.scenarios.values():
        scenario.faults = [Fault.HTML, Fault.HTML, Fault.HTML]
    asked(stored, yahoo, 1)
    tell(yahoo, 1)
    assert not asked(stored, yahoo, 1).incomplete
    assert len(content(stored)) == len(FETCHED) * 17


# --- the exchanges --------------------------------------------------------------------

DAY = dt.date(2026, 11, 20)
BEFORE = dt.date(2026, 11, 19)
EVENING = dt.datetime(2026, 11, 20, 7, 0, tzinfo=dt.UTC)
THE_DAY_BEFORE = EVENING - dt.timedelta(days=1)
MARKET = invented(DAY)
TWSE_ROWS, TPEX_ROWS = MARKET.twse_rows(), MARKET.tpex_rows()
LISTED = ("2330.TW", "6488.TWO")


@pytest.fixture
def exchanges() -> Iterator[ExchangeServer]:
    with ExchangeServer() as server:
        server.serve(MARKET)
        yield server


def told(store: PriceStore, server: ExchangeServer, now: dt.datetime) -> Report:
    transport = Transport(server.origin, pause=0.0, retry_waits=(), timeout=1.0, deadline=3.0)
    source = ExchangeSource(transport, clock=lambda: now)
    return refresh(store, None, LISTED, now=now, exchanges=source)


@pytest.fixture(scope="module")
def day_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the session before."""
    folder = tmp_path_factory.mktemp("day_before") / "store"
    with ExchangeServer() as server:
        server.serve(invented(BEFORE))
        told(PriceStore(str(folder)), server, THE_DAY_BEFORE)
    assert set(content(PriceStore(str(folder)))["symbol"]) == set(LISTED)
    return folder


@pytest.fixture
def store(day_before: Path, tmp_path: Path) -> PriceStore:
    shutil.copytree(day_before, tmp_path / "store")
    return PriceStore(str(tmp_path / "store"))


def with_value(rows: list[dict[str, str]], name: str, value: str) -> bytes:
    """Told of 2330 and 6488 both."""
    codes = ("2330", "6488")
    return as_json([row | {name: value} if set(codes) & set(row.values()) else row for row in rows])


def renamed(rows: list[dict[str, str]], name: str) -> bytes:
    return as_json([{("X" if key == name else key): v for key, v in row.items()} for row in rows])


DAMAGED: dict[str, tuple[Page, Page]] = {
    "truncated": (Page(as_json(TWSE_ROWS)[:-500]), Page(as_json(TPEX_ROWS)[:-500])),
    "mixed dates": (
        Page(with_value(TWSE_ROWS, "Date", "1151119")),
        Page(with_value(TPEX_ROWS, "Date", "1151119")),
    ),
    "moved": (Page(status=307, headers={"Location": "/block"}),) * 2,
    "refused": (Page(status=428),) * 2,
    "block page": (Page(BLOCK_PAGE, kind="text/html"),) * 2,
    "html": (Page(b"<html>sign in</html>", kind="text/html"),) * 2,
    "nothing": (Page(b""),) * 2,
    "an empty list": (Page(b"[]"),) * 2,
    "renamed": (Page(renamed(TWSE_ROWS, "ClosingPrice")), Page(renamed(TPEX_ROWS, "Close"))),
    "few rows": (Page(as_json(TWSE_ROWS[:300])), Page(as_json(TPEX_ROWS[:300]))),
    "a word": (
        Page(with_value(TWSE_ROWS, "ClosingPrice", "abc")),
        Page(with_value(TPEX_ROWS, "Close", "abc")),
    ),
    "negative": (
        Page(with_value(TWSE_ROWS, "ClosingPrice", "-5")),
        Page(with_value(TPEX_ROWS, "Close", "-5")),
    ),
    "other encoding": (
        Page(json.dumps([*TWSE_ROWS], ensure_ascii=False).encode("utf-16")),
        Page(json.dumps([*TPEX_ROWS], ensure_ascii=False).encode("utf-16")),
    ),
    "server error": (Page(b"down", 503),) * 2,
    "endless": (Page(fault=Broken.ENDLESS),) * 2,
    "bomb": (Page(fault=Broken.BOMB),) * 2,
    "hanging": (Page(b"[", fault=Broken.HANG),) * 2,
    "dropped": (Page(fault=Broken.DROPPED),) * 2,
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_the_exchanges_fail_and_the_store_stays(
    damage: str, exchanges: ExchangeServer, store: PriceStore
) -> None:
    before = content(store)
    twse, tpex = DAMAGED[damage]
    exchanges.answer(TWSE_DAY, twse)
    exchanges.answer(TWSE_DAY_CSV, twse)
    exchanges.answer(TPEX_DAY, tpex)
    report = told(store, exchanges, EVENING)
    pd.testing.assert_frame_equal(content(store), before)
    assert report.incomplete
    for language in ("zh", "en"):
        said = report.summary(language)  # type: ignore[arg-type]
        assert "TWSE" in said or "twse" in said, said


def test_yesterdays_day_changes_nothing(exchanges: ExchangeServer, store: PriceStore) -> None:
    before = content(store)
    exchanges.serve(invented(BEFORE))
    report = told(store, exchanges, EVENING)
    pd.testing.assert_frame_equal(content(store), before)
    assert "2026-11-19" in report.summary("en")


def test_a_whole_day_is_stored(exchanges: ExchangeServer, store: PriceStore) -> None:
    told(store, exchanges, EVENING)
    assert len(content(store)) == 2 * len(LISTED)


# --- by the command -------------------------------------------------------------------


def test_a_rate_limit_by_the_command(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with YahooServer(otherwise=lambda symbol: Scenario(always=Fault.RATE_LIMITED)) as server:
        done = command(store, "refresh", "--source", "yahoo", DASHBOARD_YAHOO_ORIGIN=server.origin)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "15" in done.stdout + done.stderr
    assert PriceStore(str(store)).read().num_rows == 0
