"""Measure start and clicks in a real browser: `python -m benchmarks.bench_pages`.

Beside the dashboard runs Streamlit's own floor: a bare page that shows the same treemap
figure and draws it again on a button. Both are clicked in turn within each round.
Milliseconds depend on the machine; the ratios are what is to be compared.

`--watchlist` measures instead the edit of a cell in a list of thirty rows, from Enter until the
page says that it is stored.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent

import numpy as np
from playwright.sync_api import Page, sync_playwright

from dashboard.accounts.models import NewEntry
from dashboard.accounts.store import Accounts
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from tests.browser.conftest import NOWHERE
from tests.browser.screen import ROW_HEIGHT, TILE, click_tile, open_at, painted, rows
from tests.browser.serving import CHROMIUM, FLAGS, dashboard_command, free_port, serving

MILLISECONDS = 1000.0
LAYER = "散熱"
FIGURE = "figure.json"
BARE = """
    import streamlit as st
    import plotly.io

    @st.cache_resource
    def figures():
        return [plotly.io.read_json({path!r}) for _ in range(2)]

    st.set_page_config(layout="wide")
    turn = st.session_state.setdefault("turn", 0)
    if st.button("again"):
        st.session_state.turn = turn = turn + 1
    st.html(f'<i id="turn-{{turn}}"></i>')
    st.plotly_chart(figures()[turn % 2], key=f"figure-{{turn}}", theme=None)
"""
FIGURES = "document.querySelectorAll('.js-plotly-plot .plot-container').length >= 3"
"""A layer page has three."""
SAID = "document.querySelector('.treemaplayer')?.textContent"
DRAWN = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  return app.dataset.testScriptState === 'notRunning' && %s;
}"""


LIST_ROWS = 30
NOTE_ACROSS = 400
"""Pixels from the left edge of the editor into the column of notes."""
LINES = 8
"""Rows that are typed into in turn; all of them are on the screen."""
LAYOUT = 3_000
"""Milliseconds until the line above the page that says how old the data are is there."""
FRAME = 100
VERSION = re.compile(r"第 (\d+) 版")


def drawn(page: Page, condition: str) -> None:
    """Wait until a condition holds and the script rests; looked at in every frame painted."""
    page.wait_for_function(DRAWN % condition, polling="raf")


def bare_page(folder: Path, heatmap: Page) -> Path:
    """A script that shows the figure the heatmap shows."""
    figure = heatmap.evaluate(
        """() => { const plot = document.querySelector('.js-plotly-plot');
        return JSON.stringify({data: plot.data, layout: plot.layout},
            (key, value) => ArrayBuffer.isView(value) ? Array.from(value) : value); }"""
    )
    (folder / FIGURE).write_text(figure, "utf-8")
    script = folder / "bare.py"
    script.write_text(dedent(BARE).format(path=str(folder / FIGURE)), "utf-8")
    return script


def has_tiles() -> str:
    return f"document.querySelector('{TILE} path.surface')"


def clicks(heatmap: Page, bare: Page) -> dict[str, Callable[[], None]]:
    """What is timed, by name; each leaves its page as the next one expects it."""
    turn = 0

    def floor() -> None:
        nonlocal turn
        turn += 1
        bare.get_by_role("button", name="again").click()
        drawn(bare, f"document.querySelector('#turn-{turn}') && {has_tiles()}")

    def drill() -> None:
        click_tile(heatmap, LAYER)
        drawn(
            heatmap, f"document.querySelector('h1')?.textContent.includes('{LAYER}') && {FIGURES}"
        )

    def back() -> None:
        heatmap.evaluate("history.back()")
        drawn(heatmap, f"!document.querySelector('h1') && {has_tiles()}")

    def period() -> None:
        heatmap.evaluate(f"before = {SAID}")
        heatmap.get_by_test_id("stMain").get_by_text(names[0], exact=True).first.click()
        drawn(heatmap, f"{has_tiles()} && {SAID} !== before")
        names.reverse()

    names = ["1 月", "1 日"]
    return {"bare page": floor, "tile → layer": drill, "Back → heatmap": back, "period": period}


def measure(contestants: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each, all in turn within a round; the first two rounds warm up."""
    took: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 2):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            if number >= 2:
                took[name].append(time.perf_counter() - start)
    return took


def report(took: dict[str, list[float]]) -> None:
    floor50, floor95 = np.percentile(took["bare page"], [50, 95])
    print(f"{'':>16} {'p50 ms':>8} {'p95 ms':>8} {'p50 / bare':>11} {'p95 / bare':>11}")
    for name, seconds in took.items():
        p50, p95 = np.percentile(seconds, [50, 95])
        print(
            f"{name:>16} {p50 * MILLISECONDS:8.0f} {p95 * MILLISECONDS:8.0f}"
            f" {p50 / floor50:11.2f} {p95 / floor95:11.2f}"
        )


def watched_list(database: str) -> None:
    """A list of thirty companies of the map, as the local reader's own."""
    accounts = Accounts.open(database)
    shelf = accounts.desk(accounts.local()).watchlists
    symbols = load_map(PROJECT_ROOT / "tickers.yaml").chain.symbols()[:LIST_ROWS]
    day = dt.date(2026, 3, 2)
    shelf.add(shelf.create("bench").id, [NewEntry(one, added_on=day) for one in symbols])
    accounts.close()


def edits(page: Page, rounds: int) -> list[float]:
    """Seconds from Enter in a cell until its row is told to be stored; two rounds warm up."""
    frame = page.locator('[data-testid="stDataFrame"]').first
    rows(frame)
    page.wait_for_timeout(LAYOUT)
    took = []
    for number in range(rounds + 2):
        version = int(VERSION.findall(page.inner_text("body"))[0])
        box = frame.bounding_box()
        assert box is not None
        down = ROW_HEIGHT * (1.5 + number % LINES)
        page.mouse.click(box["x"] + NOTE_ACROSS, box["y"] + down)
        page.keyboard.press("n")
        cell = page.locator("#portal textarea")
        cell.wait_for()
        cell.fill(f"note {number}")
        # Nobody's Enter follows within a frame; the editor would take it for one without a change.
        page.wait_for_timeout(FRAME)
        start = time.perf_counter()
        page.keyboard.press("Enter")
        drawn(page, f"document.body.innerText.includes('第 {version + 1} 版')")
        took.append(time.perf_counter() - start)
    return took[2:]


def report_edits(took: list[float]) -> None:
    p50, p95 = np.percentile(took, [50, 95]) * MILLISECONDS
    print(f"edit of a row of {LIST_ROWS}, Enter → stored: p50 {p50:.0f} ms, p95 {p95:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--store", type=Path, help="a store of real prices (default: simulated)")
    parser.add_argument("--watchlist", action="store_true", help="edits of a list's rows only")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=list(FLAGS)
        )
        stack.callback(browser.close)

        database = f"sqlite:///{folder / 'accounts.sqlite3'}"

        def tab() -> Page:
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.set_default_timeout(60_000)
            return page

        def serve(command: list[str], port: int) -> str:
            store = str((options.store or folder / "store").resolve())
            settings = {
                "DASHBOARD_DATA_DIR": store,
                "DASHBOARD_DATABASE": database,
                "DASHBOARD_YAHOO_ORIGIN": NOWHERE,
            }
            log = folder / f"{port}.log"
            return stack.enter_context(serving(command, port, log, settings))

        def first_paint(command: list[str], port: int, page: Page) -> tuple[float, float]:
            start = time.perf_counter()
            url = serve(command, port)
            up = time.perf_counter() - start
            page.goto(url)
            painted(page)
            return up, time.perf_counter() - start

        if options.watchlist:
            watched_list(database)
            editor, port = tab(), free_port()
            url = serve(dashboard_command(port), port)
            open_at(editor, f"{url}/watchlists?edit=1")
            report_edits(edits(editor, max(options.rounds, LIST_ROWS)))
            return
        heatmap, bare = tab(), tab()
        port = free_port()
        up, first = first_paint(dashboard_command(port), port, heatmap)
        script, port = bare_page(folder, heatmap), free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port"]
        bare_up, bare_first = first_paint([*command, str(port)], port, bare)
        tiles = heatmap.locator(TILE).count()
        print(f"start of the process → server up:      {up:.2f} s; bare page {bare_up:.2f} s")
        print(
            f"start of the process → treemap painted: {first:.2f} s; bare page {bare_first:.2f} s"
            f" ({first / bare_first:.2f} ×); {tiles} tiles"
        )
        report(measure(clicks(heatmap, bare), options.rounds))


if __name__ == "__main__":
    main()
