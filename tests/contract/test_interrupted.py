"""Ctrl-C in the middle of a refresh: a sentence, the exit code, and what was committed."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboard.prices.store import PriceStore
from dashboard.settings import PROJECT_ROOT
from tests.contract.yahoo_series import invented
from tests.contract.yahoo_server import Scenario, YahooServer


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    return [sys.executable, "-m", "dashboard", "--data-dir", str(tmp_path), "refresh"]


def test_ctrl_c_keeps_what_was_committed(arguments: list[str], tmp_path: Path) -> None:
    today = dt.datetime.now(dt.UTC).date()
    since = (today - dt.timedelta(days=30)).isoformat()
    with YahooServer(otherwise=lambda symbol: Scenario(invented(symbol, today))) as server:
        running = subprocess.Popen(
            [*arguments, "--source", "yahoo", "--since", since],
            cwd=PROJECT_ROOT,
            env={**os.environ, "DASHBOARD_YAHOO_ORIGIN": server.origin},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        store = PriceStore(str(tmp_path))
        for _ in range(600):
            if store.version() > 0:  # version 0 is the empty table
                break
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        _, messages = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "what was committed before stays" in messages
    assert "Traceback" not in messages
    assert store.read().num_rows > 0
