"""An article in a real browser: inert, linked to its proposal, and on the map once accepted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from tests.browser.conftest import OpenTab, start
from tests.browser.screen import IDLE, open_at, pick_row
from tests.browser.test_hostile_words import nothing_alive
from tests.browser.test_look import OVER_THE_EDGE

ARTICLE = """---
title: 液冷散熱拉貨潮
publisher: 測試週報
date: 2026-11-18
---

液冷散熱需求升溫，雙鴻（3324）受惠水冷板訂單，出貨給廣達（2382）；健策（3653）的均熱片也吃緊。

<script>window.hit = 1</script><img src=x onerror="window.hit=1"> [點我](javascript:window.hit=1)

https://evil.example/ www.evil.example **粗體** \u202e反轉
"""
TABLES = 'div[data-testid="stDataFrame"]'


@pytest.fixture(scope="module")
def map_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("propose") / "tickers.yaml"
    shutil.copy(PROJECT_ROOT / "tickers.yaml", path)
    return path


@pytest.fixture(scope="module")
def writable(chromium: Browser, map_path: Path) -> Iterator[str]:
    """A dashboard whose map may be written."""
    with start(map_path.parent, DASHBOARD_MAP=str(map_path)) as url:
        yield url


def give(page: Page, url: str, **query: str) -> None:
    """Open the page and upload the article."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    open_at(page, f"{url}/propose?{asked}")
    content = {"name": "<b>a</b>.md", "mimeType": "text/markdown", "buffer": ARTICLE.encode()}
    page.locator("input[type=file]").set_input_files([content])
    page.wait_for_selector(".article .line")
    page.wait_for_selector(IDLE)


def test_an_article_is_text_and_a_company_leads_to_it(writable: str, open_tab: OpenTab) -> None:
    page = open_tab(width=390, height=844, mode="dark")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    give(page, writable, lang="en")
    article = page.locator(".article")
    expect(article).to_contain_text("[點我](javascript:window.hit=1)")
    expect(article).to_contain_text('<img src=x onerror="window.hit=1">')
    expect(article).to_contain_text("**粗體** \ufffd反轉")
    assert article.locator("a, img, script, strong, em").count() == 0
    nothing_alive(page)
    page.locator(".found-list a", has_text="雙鴻").click()
    # The link stays on the page, and the mark it leads to is the one that stands out.
    target = page.locator(".article mark:target")
    expect(target).to_have_text("雙鴻（3324）")
    expect(target).to_be_in_viewport()
    # A slider has an input that is not seen.
    assert {*page.evaluate(OVER_THE_EDGE)} <= {"INPUT"}


def test_what_is_ticked_and_accepted_is_on_the_map_at_once(
    writable: str, open_tab: OpenTab, map_path: Path
) -> None:
    before = map_path.read_bytes()
    other = open_tab()
    open_at(other, f"{writable}/?layer=cooling")
    expect(other.get_by_test_id("stApp")).not_to_contain_text("雙鴻")
    page = open_tab()
    give(page, writable)
    # A slider has an input that is not seen.
    assert {*page.evaluate(OVER_THE_EDGE)} <= {"INPUT"}
    page.get_by_role("button", name="全部不接受").click()
    expect(page.get_by_role("button", name="把 0 行寫進地圖")).to_be_disabled()
    page.wait_for_selector(IDLE)
    pick_row(page, page.locator(TABLES).first, 0)
    page.get_by_role("button", name="把 1 行寫進地圖").click()
    expect(page.get_by_text("已把 1 行寫進 tickers.yaml")).to_be_visible()
    kept = map_path.parent / "store" / "maps"
    assert [one.read_bytes() for one in kept.iterdir()] == [before]
    loaded = load_map(map_path)
    assert loaded.faults == ()
    assert "3324.TWO" in loaded.chain.symbols()
    page.get_by_role("link", name="雙鴻 3324.TWO").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("雙鴻")
    open_at(other, f"{writable}/?layer=cooling&digest=1")
    expect(other.get_by_test_id("stApp")).to_contain_text("雙鴻")
