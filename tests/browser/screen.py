"""What a person sees and touches: tiles, rows, words; the waits that belong to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
TILE = ".treemaplayer .slice"
ROW_HEIGHT = 35
"""Pixels of a row and of the header of a data frame."""
_TILES = """() => [...document.querySelectorAll('.treemaplayer .slice')].map(slice => {
  const box = slice.getBoundingClientRect(), text = slice.querySelector('text');
  const own = text ? text.getBoundingClientRect() : {width: 0, height: 0};
  const style = text ? getComputedStyle(text) : {};
  return {
    text: slice.textContent, fill: getComputedStyle(slice.querySelector('path.surface')).fill,
    ink: style.fill || '', width: box.width, height: box.height,
    text_width: own.width, text_height: own.height,
  };
})"""


@dataclass(frozen=True)
class Tile:
    """A tile as painted: its words, colours and sizes on the screen in pixels."""

    text: str
    fill: str
    ink: str
    width: float
    height: float
    text_width: float
    text_height: float

    @property
    def rgb(self) -> tuple[int, int, int]:
        return channels(self.fill)

    @property
    def change(self) -> float | None:
        """The printed percentage; None where the tile prints none."""
        found = re.search(r"([+−])(\d+\.\d+)%", self.text)
        return float(found[2]) * (1 if found[1] == "+" else -1) if found else None


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of `rgb(1, 2, 3)`."""
    red, green, blue = (int(float(one)) for one in re.findall(r"[\d.]+", colour)[:3])
    return red, green, blue


def open_at(page: Page, url: str) -> None:
    """Go to an address and wait until the script has run."""
    page.goto(url)
    page.wait_for_selector(IDLE)


def painted(page: Page) -> None:
    """Wait for a treemap; that the script has ended does not mean that one is drawn."""
    page.wait_for_selector(IDLE)
    page.wait_for_selector(f"{TILE} path.surface")


def tiles(page: Page) -> list[Tile]:
    """Every tile of the page, the root left out."""
    painted(page)
    return [Tile(**one) for one in page.evaluate(_TILES) if one["text"].strip()]


def companies(page: Page) -> list[Tile]:
    """The tiles of companies: they carry a code."""
    return [one for one in tiles(page) if re.match(r".* [0-9A-Z.]{4,6}[+−]", one.text)]


def click_tile(page: Page, words: str) -> None:
    """Click near the corner of the first tile with these words; stages and layers have a
    header there, and no company covers it."""
    painted(page)
    box = page.locator(TILE, has=page.get_by_text(words)).first.bounding_box()
    assert box is not None, words
    page.mouse.click(box["x"] + 12, box["y"] + 10)


def rows(table: Locator) -> list[list[str]]:
    """The cells of a data frame, header first; canvas cells have a table for screen readers."""
    inner = table.locator("canvas table")
    inner.wait_for(state="attached")
    found: list[list[str]] = inner.evaluate(
        "t => [...t.querySelectorAll('tr')].map(r => [...r.children].map(c => c.textContent))"
    )
    return found


def pick_row(page: Page, table: Locator, position: int, across: int = 17) -> None:
    """Tick the box of a row, or click a cell further across: a canvas is hit by place."""
    table.scroll_into_view_if_needed()
    rows(table)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + across, box["y"] + ROW_HEIGHT * (position + 1) + ROW_HEIGHT / 2)


def title(page: Page, words: str) -> None:
    """Wait for a page with this title, and for the page before it to be gone."""
    expect(page.get_by_role("heading", level=1)).to_contain_text([words])
