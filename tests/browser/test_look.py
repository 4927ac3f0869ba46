"""Language, colours, dark and light, widths, and links that reproduce all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from statistics import median
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.screen import Tile, channels, companies, open_at, painted, tiles, title

MOVED = 1.0
"""Percent; from here on a tile's colour is plainly that of its direction."""
PUBLISHER = "邏輯與洞察"
"""A name that has no other form."""
PATHS = ("/", "/?layer=cooling", "/?code=3653.TW", "/data", "/method")
Colour = tuple[int, int, int]


OVER_THE_EDGE = """() => [...document.querySelectorAll('[data-testid="stMain"] *')].filter(node => {
  const box = node.getBoundingClientRect();
  // What scrolls within itself, or is not drawn, is no overflow of the page.
  return box.width > 1 && box.right > innerWidth + 1
    && !node.closest('[data-testid="stDataFrame"], canvas, [class*="hover"], svg, .katex')
    && getComputedStyle(node).position !== 'fixed';
}).map(node => node.dataset.testid || node.className || node.tagName)"""


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in _unit(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _unit(colour: Colour) -> list[float]:
    return [channel / 255 for channel in colour]


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def moved(page: Page) -> tuple[list[Tile], list[Tile]]:
    """Companies that rose and that fell by more than the colour's doubt."""
    shown = [(tile, tile.change) for tile in companies(page)]
    rising = [tile for tile, change in shown if change is not None and change > MOVED]
    falling = [tile for tile, change in shown if change is not None and change < -MOVED]
    assert rising
    assert falling
    return rising, falling


def is_reddish(tile: Tile) -> bool:
    red, green, blue = tile.rgb
    return red > green + 40 and red > blue + 40


def is_greenish(tile: Tile) -> bool:
    red, green, blue = tile.rgb
    return green > red + 40 and green > blue + 15


def is_bluish(tile: Tile) -> bool:
    red, green, blue = tile.rgb
    return blue > red + 40 and blue > green + 15


def is_orange(tile: Tile) -> bool:
    red, green, blue = tile.rgb
    return red > green + 20 and green > blue + 20


@pytest.mark.parametrize(
    ("scheme", "up", "down"),
    [
        ("", is_reddish, is_greenish),
        ("green_up", is_greenish, is_reddish),
        ("colour_blind", is_orange, is_bluish),
    ],
)
def test_tiles_have_the_colours_of_the_scheme(
    simulated: str,
    open_tab: OpenTab,
    scheme: str,
    up: Callable[[Tile], bool],
    down: Callable[[Tile], bool],
) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/?colors={scheme}")
    rising, falling = moved(page)
    assert [tile for tile in rising if not up(tile)] == []
    assert [tile for tile in falling if not down(tile)] == []


def test_the_scheme_is_chosen_by_hand(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, simulated)
    before = tiles(page)[0].fill
    page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").get_by_role("combobox").click()
    page.get_by_role("option", name="綠漲紅跌").click()
    expect(page).to_have_url(f"{simulated}/?colors=green_up")
    first = "getComputedStyle(document.querySelectorAll('.treemaplayer path.surface')[1]).fill"
    page.wait_for_function(f"before => {first} !== before", arg=before)
    rising, falling = moved(page)
    assert all(is_greenish(tile) for tile in rising)
    assert all(is_reddish(tile) for tile in falling)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_page_and_figure_follow_the_browser(
    simulated: str, open_tab: OpenTab, mode: Literal["light", "dark"]
) -> None:
    page = open_tab(mode=mode)
    open_at(page, simulated)
    shown = tiles(page)
    ground = channels(
        page.get_by_test_id("stApp").evaluate("node => getComputedStyle(node).backgroundColor")
    )
    assert (luminance(ground) < 0.1) == (mode == "dark")
    legend = page.locator(".js-plotly-plot .colorbar .cbaxis text").first
    ink = channels(legend.evaluate("node => getComputedStyle(node).fill"))
    assert contrast(ink, ground) >= 4.5
    still = [tile for tile in shown if tile.change is not None and abs(tile.change) < 0.25]
    assert (median(luminance(tile.rgb) for tile in still) < 0.2) == (mode == "dark")
    assert [tile for tile in shown if contrast(channels(tile.ink), tile.rgb) < 4.5] == []


def test_language_by_hand(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/?layer=cooling")
    title(page, "散熱")
    page.get_by_test_id("stSidebar").get_by_text("English").click()
    title(page, "Cooling")
    expect(page).to_have_url(f"{simulated}/?layer=cooling&lang=en")
    # The page is replaced from the top; this is its last line.
    expect(page.get_by_text("For research only")).to_be_visible()
    shown = page.locator("body").inner_text().replace(PUBLISHER, "")
    left = [line for line in shown.splitlines() if re.search("[\u4e00-\u9fff]", line)]
    assert [line for line in left if line != "中文"] == []
    page.go_back()
    title(page, "散熱")


def test_a_link_reproduces_the_screen(simulated: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/?colors=colour_blind")
    painted(page)
    main = page.get_by_test_id("stMain")
    main.get_by_text("1 月", exact=True).first.click()
    expect(page).to_have_url(re.compile("color=return_1m"))
    main.get_by_text("等大", exact=True).click()
    expect(page).to_have_url(re.compile("size=equal"))
    page.get_by_test_id("stSidebar").get_by_text("English").click()
    expect(page).to_have_url(re.compile("lang=en"))
    main.get_by_role("button", name="Filters").click()
    page.get_by_text("Count secondary members").click()
    expect(page).to_have_url(re.compile("secondary=1"))
    page.keyboard.press("Escape")
    expect(main.get_by_text("Layer × period")).to_be_visible()
    page.wait_for_timeout(1500)
    here = tiles(page)
    other = open_tab(stranger=True)
    open_at(other, page.evaluate("location.href"))
    there = tiles(other)
    assert [(one.text, one.fill) for one in there] == [(one.text, one.fill) for one in here]
    for tab in (page, other):
        chosen = tab.get_by_test_id("stMain").get_by_role("radio", checked=True)
        assert chosen.all_inner_texts()[:2] == ["1M", "Equal"]


@pytest.mark.parametrize("width", [1600, 1024, 390])
def test_nothing_hangs_over_the_edge(simulated: str, open_tab: OpenTab, width: int) -> None:
    page = open_tab(width=width, height=900)
    for path in PATHS:
        open_at(page, f"{simulated}{path}")
        if path == "/":
            painted(page)
            assert_big_tiles_can_be_read(page, width)
        else:
            page.get_by_role("heading", level=1).first.wait_for()
        page.wait_for_timeout(500)
        assert page.evaluate(OVER_THE_EDGE) == [], path
        main = page.get_by_test_id("stMain")
        assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 1, path


def assert_big_tiles_can_be_read(page: Page, width: int) -> None:
    figure = page.locator(".js-plotly-plot").first.bounding_box()
    assert figure is not None
    assert figure["x"] >= 0
    assert figure["x"] + figure["width"] <= width
    assert figure["width"] >= width / 2
    for tile in sorted(companies(page), key=lambda one: one.width * one.height)[-8:]:
        # Name and figure on two lines; below nine pixels a line no one can read them.
        assert tile.text_height >= 18, tile
        assert tile.text_width <= tile.width + 1, tile
