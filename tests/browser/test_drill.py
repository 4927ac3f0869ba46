"""From the heatmap to a layer to a company, and back with the browser's own buttons."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.screen import (
    click_tile,
    companies,
    open_at,
    painted,
    pick_row,
    rows,
    tiles,
    title,
)

MAIN = '[data-testid="stMain"]'
COOLING = ("3653", "8996", "6831")


def test_a_fresh_install_paints_the_simulated_heatmap(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, simulated)
    shown = tiles(page)
    assert 40 <= len(shown) <= 150
    assert any(one.text.startswith("散熱") for one in shown)
    for code in COOLING:
        assert any(code in one.text for one in companies(page)), code
    expect(page.locator(".simulated")).to_contain_text("模擬價格")
    expect(page.locator(".js-plotly-plot .annotation-text").first).to_have_text("模擬價格")
    expect(page.get_by_role("button", name="抓取真實價格")).to_be_visible()


def test_a_tile_drills_and_the_browser_goes_back_and_forward(
    simulated: str, open_tab: OpenTab
) -> None:
    page = open_tab()
    open_at(page, simulated)
    before = [one.text for one in tiles(page)]
    click_tile(page, "散熱")
    title(page, "散熱")
    expect(page).to_have_url(f"{simulated}/?layer=cooling")
    members = rows(page.locator('[data-testid="stDataFrame"]').first)
    assert {row[1].split()[-1] for row in members[1:]} == set(COOLING)
    for code in COOLING:
        expect(page.get_by_role("link", name=re.compile(rf"{code}\.TW"))).to_be_visible()
    page.go_back()
    painted(page)
    expect(page).to_have_url(f"{simulated}/")
    assert [one.text for one in tiles(page)] == before
    page.go_forward()
    title(page, "散熱")
    expect(page).to_have_url(f"{simulated}/?layer=cooling")


def test_two_drills_are_two_steps_back(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, simulated)
    click_tile(page, "散熱")
    title(page, "散熱")
    frame = page.locator('[data-testid="stDataFrame"]').first
    second = rows(frame)[2][1]
    pick_row(page, frame, 1)
    title(page, second.split()[0])
    expect(page).to_have_url(f"{simulated}/?code={second.split()[-1]}.TW")
    page.wait_for_selector(".js-plotly-plot")
    page.go_back()
    title(page, "散熱")
    page.go_back()
    painted(page)


def test_a_company_tile_opens_the_company(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, simulated)
    click_tile(page, "台積電 2330")
    title(page, "台積電")
    expect(page).to_have_url(f"{simulated}/?code=2330.TW")
    page.go_back()
    painted(page)
    click_tile(page, "台積電 2330")
    title(page, "台積電")


def test_a_row_of_the_matrix_opens_its_layer_twice(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, simulated)
    painted(page)
    frame = page.locator('[data-testid="stDataFrame"]').first
    name = rows(frame)[3][0]
    pick_row(page, frame, 2)
    title(page, name)
    expect(page).to_have_url(re.compile(r"\?layer=\w+$"))
    page.go_back()
    painted(page)
    pick_row(page, frame, 2, across=120)
    title(page, name)
    # The page was scrolled down to the matrix; the layer begins at its top.
    expect(page.locator("h1")).to_be_in_viewport()


def test_the_link_back_keeps_the_filters(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/?layer=cooling&color=return_1m")
    title(page, "散熱")
    page.locator(MAIN).get_by_role("link", name="熱力圖").click()
    painted(page)
    expect(page).to_have_url(f"{simulated}/?color=return_1m")


def test_links_are_steps_of_the_history_too(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/?layer=cooling")
    page.get_by_role("link", name=re.compile("3653.TW")).click()
    title(page, "健策")
    expect(page).to_have_url(f"{simulated}/?code=3653.TW")
    page.locator(MAIN).get_by_role("link", name="散熱").first.click()
    title(page, "散熱")
    expect(page).to_have_url(f"{simulated}/?layer=cooling")
    page.go_back()
    title(page, "健策")
    page.go_back()
    title(page, "散熱")


def test_the_menu_keeps_language_and_filters(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/?lang=en&color=return_1m&layer=cooling")
    menu = page.get_by_test_id("stSidebar")
    menu.get_by_role("link", name="Data").click()
    title(page, "Data")
    expect(page).to_have_url(f"{simulated}/data?lang=en&color=return_1m")
    menu.get_by_role("link", name="Heatmap").click()
    painted(page)
    expect(page).to_have_url(f"{simulated}/?lang=en&color=return_1m")
    page.go_back()
    title(page, "Data")


def test_an_unknown_layer_or_company_is_one_sentence(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/?layer=nowhere")
    expect(page.get_by_text("地圖裡沒有「nowhere」這一層")).to_be_visible()
    open_at(page, f"{simulated}/?code=0000.TW")
    expect(page.get_by_role("alert")).to_contain_text("0000.TW")
