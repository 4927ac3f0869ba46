"""A rule made in the browser, seen by the bell after a refresh; a channel that is tried."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.alerts.run import after_refresh
from dashboard.markets import HOME
from dashboard.prices.bars import ADJUSTED_CLOSE, CLOSE, HIGH, LOW, OPEN, SESSION, SYMBOL
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore
from dashboard.settings import Settings
from tests.app.states import PARTIAL, made_bars
from tests.browser.conftest import OpenTab, start
from tests.browser.screen import IDLE, open_at, pick_row, rows, title

SYMBOL_ASKED = "2330.TW"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three symbols with prices that pass for real."""
    made = tmp_path_factory.mktemp("alerts")
    PriceStore(str(made / "store")).upsert(made_bars(PARTIAL))
    return made


@pytest.fixture(scope="module")
def server(chromium: Browser, folder: Path) -> Iterator[str]:
    with start(folder) as url:
        yield url


def next_session(folder: Path, factor: float) -> dt.date:
    """One more bar of each symbol, its prices those of the last one times a factor."""
    bars = made_bars(PARTIAL).sort_values(SESSION)
    last = bars.groupby(SYMBOL).tail(1).copy()
    end: dt.date = bars[SESSION].max().date()
    session: dt.date = sessions(HOME, end, end + dt.timedelta(days=30))[1].item()
    last[SESSION] = pd.Timestamp(session)
    for price in (OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE):
        last[price] = last[price] * factor
    PriceStore(str(folder / "store")).upsert(last)
    return session


def settled(page: Page) -> None:
    page.wait_for_timeout(100)
    page.wait_for_selector(IDLE)


def test_a_rule_fires_after_a_refresh_and_the_bell_tells_by_itself(
    server: str, folder: Path, open_tab: OpenTab
) -> None:
    page = open_tab()
    open_at(page, f"{server}/?code={SYMBOL_ASKED}&lang=en")
    page.get_by_role("link", name="Alert at a price").click()
    title(page, "Alerts")
    level = page.get_by_role("spinbutton", name="Level")
    close = float(level.input_value())
    level.fill(f"{close * 1.02:.2f}")
    level.press("Enter")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile("is saved"))).to_be_visible()
    bell = page.get_by_test_id("stSidebar").get_by_role("button", name=re.compile("unread"))
    expect(bell).to_have_text(re.compile("Nothing unread"))
    session = next_session(folder, 1.05)
    seen = after_refresh(Settings(data_dir=str(folder / "store"), database="", demo=False))
    assert (seen.events, seen.faults) == (1, ())
    expect(bell).to_have_text(re.compile("1 unread"))
    bell.click()
    page.get_by_role("link", name="Whole history").click()
    table = page.get_by_test_id("stDataFrame")
    settled(page)
    told = rows(table)[1]
    assert f"{session:%Y-%m-%d}" in told
    assert any("up to or through" in cell for cell in told)
    pick_row(page, table, 0)
    page.get_by_test_id("stMain").get_by_role("link", name=re.compile("2330")).click()
    title(page, "2330")
    page.go_back()
    title(page, "Alerts")


class _Inbox(http.server.BaseHTTPRequestHandler):
    received: list[dict[str, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A webhook on this machine: its address, and what it has received."""
    received: list[dict[str, str]] = []
    handler = type("Inbox", (_Inbox,), {"received": received})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/secret-path", received
        listening.shutdown()
        thread.join()


def test_a_channel_gets_the_test_and_its_address_is_not_shown_again(
    server: str, inbox: tuple[str, list[dict[str, str]]], open_tab: OpenTab
) -> None:
    address, received = inbox
    page = open_tab()
    open_at(page, f"{server}/alerts?section=channels&lang=en")
    page.get_by_role("radio", name="Webhook").click()
    field = page.get_by_label("Address", exact=True)
    expect(field).to_have_attribute("type", "password")
    field.fill(address)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(re.compile("is added"))).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text(re.compile("the test was sent"))).to_be_visible()
    assert [one["type"] for one in received] == ["info"]
    assert "secret-path" not in page.content()
