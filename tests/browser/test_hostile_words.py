"""A map and prices full of markup: every page shows it as text, and nothing of it comes alive."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from dashboard.markets import market_of
from dashboard.prices.sessions import sessions
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from tests.browser.conftest import OpenTab, start
from tests.browser.screen import open_at, painted, rows

HIT: Final = "window.hit = 1"
HOSTILE: Final = (
    f'<img src="x" onerror="{HIT}">',
    f"<script>{HIT}</script>",
    f"[press](javascript:{HIT.replace(' ', '')})",
    "![seen](https://evil.example/pixel.png)",
    '<a href="https://evil.example/">here</a>',
    "https://evil.example/ www.evil.example someone@evil.example",
    "**bold** _slanted_ ~~gone~~ `code` # head",
    "<b>bold</b><br>new",
    ":red[alarm] :material/home: :smile: :blue-badge[new] -> <- >=",
    r"$\frac{1}{2}$ &lt;b&gt; \* %{value} | a | b |",
)
FORMULA: Final = "=cmd|'/c calc'!A1"
TEXTS: Final = frozenset(("name", "title", "publisher", "role", "claim", "check", "note",
                          "definition"))  # fmt: skip
ALIVE: Final = """() => ({
  hit: window.hit ?? null,
  elements: [...document.querySelectorAll('body *')].filter(one =>
    [...one.attributes].some(a => a.name.startsWith('on')
      || /javascript:|evil\\.example/i.test(['href', 'src', 'xlink:href'].includes(a.name)
        ? a.value : ''))
    || (one.matches('script') && one.textContent.includes('window.hit'))
    || (one.matches('[data-testid=stMarkdownContainer] *, .svg-container *')
        && one.matches('img, em, del, code, .katex, table')
        && !one.closest('[data-testid=stTable]')
        // Our own formulas stand alone; one within a text would not.
        && !one.closest('.katex-display'))
  ).map(one => one.outerHTML.slice(0, 300)),
})"""


def spoil(node: Any, words: Iterator[str]) -> None:
    """Hostile words behind every bilingual text of the map."""
    if isinstance(node, list):
        for item in node:
            spoil(item, words)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in TEXTS and isinstance(value, dict) and set(value) == {"zh", "en"}:
                hostile = next(words)
                node[key] = {tongue: f"{text} {hostile}" for tongue, text in value.items()}
            else:
                spoil(value, words)


class Plain(yaml.SafeDumper):
    """Writes what is there twice twice: a map has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@pytest.fixture(scope="module")
def hostile(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard whose map, sources and file names mean harm."""
    folder = tmp_path_factory.mktemp("hostile")
    text = (PROJECT_ROOT / "tickers.yaml").read_text("utf-8")
    content = yaml.load(text, Loader=yaml.BaseLoader)
    spoil(content, cycle(f"⟦{number}{text}⟧" for number, text in enumerate(HOSTILE)))
    first = next(one for one in content["companies"] if one["key"] == "tsmc")
    first["name"] = dict.fromkeys(first["name"], FORMULA)
    path = folder / "tickers.yaml"
    path.write_text(yaml.dump(content, Dumper=Plain, allow_unicode=True, width=10_000), "utf-8")
    loaded = load_map(path)
    assert not loaded.faults, loaded.faults[:3]
    prices = folder / "<img src=x onerror=window.hit=1>.csv"
    prices.write_text(bars_of(loaded.chain.symbols("TW")), "utf-8")
    subprocess.run(
        [sys.executable, "-m", "dashboard", "--data-dir", str(folder / "store"), "import",
         str(folder)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip
    with start(folder, DASHBOARD_MAP=str(path)) as url:
        yield url


def bars_of(symbols: tuple[str, ...]) -> str:
    """Thirty sessions; half of the symbols name a source that means harm, half only the file."""
    today = dt.datetime.now(dt.UTC).date()
    lines = ["symbol,date,close,volume,source"]
    for number, symbol in enumerate((*symbols, "^TWII")):
        days = sessions(market_of(symbol), today - dt.timedelta(days=50), today)[:-2]
        source = (
            "<script>window.hit=1</script>" if number % 2 else "**bold** [x](https://evil.example)"
        )
        lines += [f"{symbol},{day},{100 + k % 3},1000,{source}" for k, day in enumerate(days)]
    return "\n".join(lines) + "\n"


def seen(page: Page) -> str:
    """The words of the page without what keeps them from being links."""
    return page.locator("body").inner_text().replace("\u2060", "")


def nothing_alive(page: Page) -> None:
    found = page.evaluate(ALIVE)
    assert found == {"hit": None, "elements": []}


PAGES: Final = {
    "heatmap": "?lang=en",
    "drivers": "?market=all",
    "layer": "?layer=cooling&lang=en",
    "company": "?code=3653.TW",
    "formula": "?code=2330.TW&lang=en",
    "unknown": "?code=%3Cimg%20src%3Dx%20onerror%3Dwindow.hit%3D1%3E",
    "data": "data?lang=en",
    "method": "method",
}
EXPECTED: Final = {"layer": 9, "company": 5, "formula": 9, "method": 3}
"""How many of the hostile texts a page shows at least, in words and not in a canvas."""


@pytest.mark.parametrize("view", PAGES)
def test_markup_is_text_on_every_page(view: str, hostile: str, open_tab: OpenTab) -> None:
    page = open_tab()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    open_at(page, f"{hostile}/{PAGES[view]}")
    # The last line of every page.
    expect(page.get_by_text(re.compile("僅供研究|For research only"))).to_be_visible()
    if view in EXPECTED:
        expect(page.locator("body")).to_contain_text("⟦")  # tables come a little later
    for one in page.locator('[data-testid="stExpander"] summary').all():
        one.click()
    page.wait_for_timeout(300)
    nothing_alive(page)
    words = seen(page)
    shown = re.findall(r"⟦(\d)(.*?)⟧", words, re.DOTALL)
    for number, text in shown:
        assert text == HOSTILE[int(number)]
    assert len({number for number, _ in shown}) >= EXPECTED.get(view, 0)


def test_a_treemap_labels_and_hovers_in_text(hostile: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, f"{hostile}/?lang=en")
    painted(page)
    labels = page.evaluate(
        "() => [...document.querySelectorAll('.treemaplayer .slice')].map(s => s.textContent)"
    )
    assert any("<b>bold</b><br>new" in one for one in labels)
    assert any('<a href="https://evil.example/">' in one for one in labels)
    hovered = ""
    for slice_ in page.locator(".treemaplayer .slice").all()[1:40]:
        box = slice_.bounding_box()
        if box is None or box["width"] < 20:
            continue
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(60)
        hovered += page.evaluate(
            "() => [...document.querySelectorAll('.hoverlayer .hovertext')]"
            ".map(one => one.textContent).join(' ')"
        )
        assert page.evaluate("() => document.querySelectorAll('.hoverlayer a').length") == 0
    assert "<b>bold</b>" in hovered
    assert "evil.example" in hovered
    nothing_alive(page)


def test_a_download_runs_nothing(hostile: str, open_tab: OpenTab) -> None:
    page = open_tab()
    layer = next(
        membership.layer
        for company in load_map(PROJECT_ROOT / "tickers.yaml").chain.companies
        if company.key == "tsmc"
        for membership in company.memberships
        if membership.primary
    )
    open_at(page, f"{hostile}/?layer={layer}&lang=en")
    table = page.get_by_test_id("stDataFrame").first
    assert any(FORMULA in cell for row in rows(table) for cell in row)
    table.hover()
    toolbar = table.locator("xpath=ancestor::*[@data-testid='stElementContainer'][1]")
    own = toolbar.locator('[aria-label^="Download as CSV"]')
    assert own.count() == 1
    expect(own).to_be_hidden()
    with page.expect_download() as waiting:
        page.get_by_text("Download CSV").first.click()
    content = Path(waiting.value.path()).read_text("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
    assert any(cell.startswith(f"'{FORMULA}") for cell in cells)
    for cell in cells:
        if cell[:1] in "=+-@" and cell:
            float(cell.rstrip("%"))
