"""Measure the controls of the study pages in a real browser: `python -m benchmarks.bench_studies`.

For each page one control is switched to and fro; timed is from the click until the script rests
and a figure has been drawn. The heatmap's period stands beside them: the ratio to it is what is to
be compared.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.bench_pages import MILLISECONDS, drawn
from dashboard.i18n import translate
from tests.browser.conftest import NOWHERE
from tests.browser.serving import CHROMIUM, FLAGS, dashboard_command, free_port, serving

WATCH = """() => {
  window.plotted = false;
  window.before = [...document.querySelectorAll('.js-plotly-plot')];
  window.before.forEach(one => one.on('plotly_afterplot', () => { window.plotted = true; }));
}"""
PLOTTED = """(window.plotted || [...document.querySelectorAll('.js-plotly-plot')].some(
  one => !window.before.includes(one) && one.querySelector('.main-svg')))"""
FIRST = "document.querySelectorAll('.js-plotly-plot .main-svg').length > 0"
PAUSE = 400
"""Milliseconds between two clicks, in which what comes after the figure settles."""


@dataclass(frozen=True)
class Control:
    """A control with two values, by the keys of their labels; the second is the one at first."""

    name: str
    path: str
    labels: tuple[str, str]
    parameters: dict[str, str] = field(default_factory=dict)
    sidebar: bool = False


CONTROLS = (
    Control("heatmap: period", "", ("1 月", "1 日")),
    Control("heatmap: members", "", ("as_of.members_today", "as_of.members_known"), sidebar=True),
    Control("index: span", "index", ("index.period_6m", "index.period_1y")),
    Control("index: groups", "index", ("index.by_stage", "index.by_layer")),
    Control("correlations: groups", "index", ("clusters.by_member", "clusters.by_layer"),
            {"view": "clusters"}),
    Control("rotation: groups", "rotation", ("rotation.by_layer", "rotation.by_stage")),
    Control("ribbon: span", "rotation", ("rotation.span_3y", "rotation.span_1y"),
            {"view": "ribbon", "members": "today"}),
    Control("overnight: span", "overnight", ("overnight.span_3y", "overnight.span_all")),
    Control("events: window", "events", ("0 … +5", "−1 … +1")),
    Control("flow: colour", "chain", ("1 月", "1 日")),
)  # fmt: skip


def label(key: str) -> str:
    """What the control says; a key of the catalogue or the words themselves."""
    return translate(key, "zh") if "." in key and key.isascii() else key


def measure(page: Page, url: str, control: Control, rounds: int) -> list[float]:
    """Seconds of each switch; the first four, which build the figures, are not counted."""
    page.goto(f"{url}/{control.path}?{urlencode(control.parameters)}")
    drawn(page, FIRST)
    page.wait_for_timeout(4 * PAUSE)
    area = page.get_by_test_id("stSidebar" if control.sidebar else "stMain")
    took = []
    for number in range(rounds + 4):
        target = area.get_by_text(label(control.labels[number % 2]), exact=True).first
        page.evaluate(WATCH)
        start = time.perf_counter()
        target.click()
        drawn(page, PLOTTED)
        took.append(time.perf_counter() - start)
        page.wait_for_timeout(PAUSE)
    return took[4:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--store", type=Path, help="a store of real prices (default: simulated)")
    parser.add_argument("--only", default="", help="controls whose name begins so")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=list(FLAGS)
        )
        stack.callback(browser.close)
        page, port = browser.new_page(viewport={"width": 1440, "height": 1000}), free_port()
        page.set_default_timeout(60_000)
        settings = {
            "DASHBOARD_DATA_DIR": str((options.store or folder / "store").resolve()),
            "DASHBOARD_DATABASE": f"sqlite:///{folder / 'accounts.sqlite3'}",
            "DASHBOARD_YAHOO_ORIGIN": NOWHERE,
        }
        command = dashboard_command(port)
        url = stack.enter_context(serving(command, port, folder / "log", settings))
        print(f"{'':>22} {'p50 ms':>8} {'p95 ms':>8} {'p50 / heatmap':>14}")
        floor = 0.0
        for control in CONTROLS:
            if not control.name.startswith(options.only):
                continue
            p50, p95 = np.percentile(measure(page, url, control, options.rounds), [50, 95])
            floor = floor or p50
            print(
                f"{control.name:>22} {p50 * MILLISECONDS:8.0f} {p95 * MILLISECONDS:8.0f}"
                f" {p50 / floor:14.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
