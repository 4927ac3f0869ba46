"""An expression is typed, the builder edits it, a row opens the company, Back returns."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.screen import IDLE, open_at, pick_row, rows, title

RESULT = '[data-testid="stDataFrame"]:visible'


def count(page: Page) -> int:
    """How many match, as the page says."""
    told = page.get_by_text(re.compile(r"^\d+ of \d+ match"))
    expect(told).to_be_visible()
    return int(told.inner_text().split()[0])


def asked(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query).get("q", [""])[0]


def test_what_is_typed_is_answered_and_the_builder_edits_it(
    simulated: str, open_tab: OpenTab
) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/screener?lang=en")
    everything = count(page)
    box = page.get_by_label("Expression (Enter applies it)")
    box.fill("return_1m > 0%")
    box.press("Enter")
    expect(page).to_have_url(re.compile("q=return_1m"))
    page.get_by_text("Build it").click()
    value = page.get_by_label("Value (%)")
    expect(value).to_have_value("0")
    page.wait_for_selector(IDLE)
    some = count(page)
    assert 0 < some < everything
    shown = rows(page.locator(RESULT).first)
    assert all(float(row[1]) > 0 for row in shown[1:])
    expect(page.locator(".js-plotly-plot .barlayer").first).to_be_visible()
    value.fill("8")
    value.press("Enter")
    expect(box).to_have_value("return_1m > 8%")
    page.wait_for_selector(IDLE)
    assert asked(page) == "return_1m > 8%"
    assert count(page) < some
    expect(value).to_be_visible()
    page.go_back()
    expect(box).to_have_value("return_1m > 0%")
    page.wait_for_selector(IDLE)
    assert count(page) == some


def test_a_row_opens_the_company_in_place_and_back_returns(
    simulated: str, open_tab: OpenTab
) -> None:
    page = open_tab()
    address = f"{simulated}/screener?q=rsi_14+%3E+0&sort=rsi_14&columns=rsi_14"
    open_at(page, address)
    frame = page.locator(RESULT).first
    second = rows(frame)[2][0]
    pick_row(page, frame, 1)
    title(page, second.rpartition(" ")[0])
    assert urlsplit(page.url).path == "/screener"
    assert second.rpartition(" ")[2] in parse_qs(urlsplit(page.url).query)["code"][0]
    page.wait_for_selector(".js-plotly-plot")
    page.go_back()
    title(page, "選股")
    expect(page).to_have_url(address)
    assert rows(page.locator(RESULT).first)[2][0] == second


def test_a_narrow_screen_has_nothing_beside_it(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab(390, 844)
    open_at(page, f"{simulated}/screener?q=return_1m+%3E+0&section=layers&lang=en")
    page.wait_for_selector(".treemaplayer .slice path.surface")
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide
