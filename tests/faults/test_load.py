"""Ten readers, refreshes and imports at once: nobody fails, and nobody sees a half."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboard.errors import RefreshRunning
from dashboard.prices.providers.yahoo import YahooProvider
from dashboard.prices.refresh import refresh
from dashboard.prices.store import PriceStore
from dashboard.settings import PROJECT_ROOT
from tests.contract.yahoo_server import Scenario, YahooServer
from tests.faults.generations import FETCHED, SINCE, content, faults, moment, series

READERS = 10
SECONDS = 4.0
"""From the moment on at which all of them are at work."""


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning:yfinance")
def test_ten_readers_a_refresh_and_an_import(tmp_path: Path) -> None:
    stop, store = tmp_path / "stop", tmp_path / "store"

    def start(module: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", f"tests.faults.{module}", str(store), str(stop)],
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    others = [*(start("reader") for _ in range(READERS)), start("importer")]
    prices, generation, turned_away = PriceStore(str(store)), 0, 0
    try:
        with YahooServer() as server:
            server.now = lambda: moment(generation).timestamp()
            provider = YahooProvider(origin=server.origin, pause=0.0, retry_waits=(), shares=False)
            begun = time.monotonic()
            while time.monotonic() - begun < SECONDS or generation < 2:
                assert all(one.poll() is None for one in others), "a process has ended"
                if len(list(tmp_path.glob("*.at-work"))) < len(others):
                    begun = time.monotonic()
                server.scenarios = {
                    symbol: Scenario(series(symbol, generation)) for symbol in FETCHED
                }
                try:
                    report = refresh(prices, provider, FETCHED, now=moment(generation), since=SINCE)
                except RefreshRunning:
                    turned_away += 1
                    assert turned_away < 10_000
                    time.sleep(0.02)
                    continue
                assert not report.incomplete, report.summary()
                generation += 1
                time.sleep(0.1)  # the import's turn
    finally:
        stop.touch()
        said = [one.communicate(timeout=60)[0].strip() for one in others]
    assert [one.returncode for one in others] == [0] * len(others), said
    assert all(int(one.split()[0]) > 0 for one in said), said
    assert faults(content(prices)) == []
