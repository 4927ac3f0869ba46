"""The button that fetches real prices: without a network, and against a server on loopback."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NOWHERE, OpenTab, start
from tests.browser.screen import click_tile, companies, open_at, painted, title
from tests.contract.yahoo_series import invented
from tests.contract.yahoo_server import Scenario, YahooServer

KEPT = {"3653.TW", "8996.TW", "6831.TW", "2330.TW", "2317.TW", "2308.TW", "NVDA", "MU"}
"""Enough for several layers and markets, few enough for a paced run of half a minute."""
START = "抓取真實價格"


@pytest.fixture
def small_map(tmp_path: Path) -> Path:
    """The shipped map with few of its companies."""
    whole = yaml.safe_load(Path("tickers.yaml").read_text("utf-8"))
    whole["companies"] = [
        one
        for one in whole["companies"]
        if any(listing["symbol"] in KEPT for listing in one.get("listings", ()))
    ]
    whole["relations"], whole["events"] = [], []
    path = tmp_path / "tickers.yaml"
    path.write_text(yaml.safe_dump(whole, allow_unicode=True), "utf-8")
    return path


@pytest.fixture
def yahoo() -> Iterator[YahooServer]:
    today = dt.datetime.now(dt.UTC).date()
    with YahooServer(otherwise=lambda symbol: Scenario(invented(symbol, today))) as server:
        yield server


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()


def test_without_a_network_one_sentence_and_everything_goes_on(
    chromium: Browser, tmp_path: Path, open_tab: OpenTab
) -> None:
    with start(tmp_path, DASHBOARD_YAHOO_ORIGIN=NOWHERE) as url:
        page = open_tab()
        open_at(page, url)
        painted(page)
        page.get_by_role("button", name=START).click()
        told = page.get_by_test_id("stMain").get_by_role("alert")
        expect(told).to_have_count(1)
        expect(told).to_contain_text("連不上")
        assert len(told.inner_text().splitlines()) == 1
        expect(page.get_by_role("button", name=START)).to_be_enabled()
        expect(page.locator(".simulated")).to_be_visible()
        click_tile(page, "散熱")
        title(page, "散熱")
        go_to(page, "資料")
        title(page, "資料")
        expect(page.get_by_role("button", name=START)).to_be_enabled()


def test_fetched_prices_replace_the_simulated_ones(
    chromium: Browser, tmp_path: Path, small_map: Path, yahoo: YahooServer, open_tab: OpenTab
) -> None:
    settings = {"DASHBOARD_YAHOO_ORIGIN": yahoo.origin, "DASHBOARD_MAP": str(small_map)}
    with start(tmp_path, **settings) as url:
        page = open_tab()
        open_at(page, url)
        simulated = {tile.text for tile in companies(page)}
        page.get_by_role("button", name=START).click()
        bar = page.get_by_role("progressbar")
        expect(bar).to_be_visible()
        go_to(page, "資料")
        title(page, "資料")
        expect(bar).to_be_visible()
        expect(page.get_by_text(re.compile(r"抓取中 [1-9]\d*/\d+"))).to_be_visible()
        page.wait_for_function("() => /抓取中 1\\d/.test(document.body.innerText)")
        go_to(page, "熱力圖")
        painted(page)
        expect(bar).to_be_visible()
        # Some are stored already; the map stays simulated until all are.
        expect(page.locator(".simulated")).to_be_visible()
        assert {tile.text for tile in companies(page)} == simulated
        expect(bar).to_have_count(0, timeout=120_000)
        expect(page.locator(".simulated")).to_have_count(0)
        expect(page.get_by_text(re.compile("來源 yahoo")).first).to_be_visible()
        real = {tile.text for tile in companies(page)}
        assert len(real) == 6
        assert not real & simulated
        assert set(yahoo.asked()) >= KEPT
