"""Takes the pictures of the README, on real prices.

    DASHBOARD_REAL_DATA=FOLDER .venv/bin/python docs/screenshots.py [NAME…]

FOLDER holds `prices/*.parquet` and `fundamentals/shares_outstanding.parquet`. A server on a
free port shows them from a store of its own, which is thrown away.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pandas as pd  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.browser.serving import (  # noqa: E402
    CHROMIUM,
    FLAGS,
    dashboard_command,
    free_port,
    serving,
)

PICTURES = Path(__file__).resolve().parent / "img"
ARTICLE = ROOT / "tests" / "fixtures" / "articles" / "broker-note.md"
LARGEST = 300_000
FILES = (
    "prices/tw_core_daily.parquet",
    "prices/us_daily.parquet",
    "prices/taiex_daily.parquet",
    "prices/tw_adjustment_events.parquet",
    "fundamentals/shares_outstanding.parquet",
)
KEPT = (
    ("watchlist", "create", "每日看"),
    ("watchlist", "add", "每日看", "--layer", "cooling", "--section", "散熱"),
    ("watchlist", "add", "每日看", "2330", "2454", "--section", "半導體", "--date", "2025-06-30",
     "--note", "季線之上續抱", "--tag", "核心"),
    ("watchlist", "add", "每日看", "1519", "--section", "電力", "--date", "2024-06-28",
     "--target", "900", "--stop", "500"),
    ("alerts", "add", "地圖漲停", "--kind", "at_limit"),
    ("alerts", "add", "散熱站上月線", "--layer", "cooling",
     "--screen", "crossed_above(close, sma_20)"),
    ("alerts", "add", "台積電過兩千五", "--kind", "crosses_price", "--symbol", "2330.TW",
     "--set", "level=2500"),
)  # fmt: skip
"""Commands that make what the pictures of lists and alerts show."""
NOWHERE = "http://127.0.0.1:9"
"""No one listens there: the pictures fetch nothing."""
WAIT = 60_000
SETTLE = 1_500
"""Milliseconds in which charts finish drawing."""


@dataclass(frozen=True)
class Shot:
    """One picture: where, and how much of it."""

    name: str
    path: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    height: int = 1000
    dark: bool = False
    ready: str = ".js-plotly-plot"
    article: Path | None = None
    """Given to the page as a file, before what is waited for."""


SHOTS = (
    Shot("heatmap", parameters={"color": "return_1m"}, height=1040, ready=".treemaplayer .slice"),
    Shot(
        "heatmap-dark",
        parameters={"color": "return_1w", "market": "all", "lang": "en"},
        height=1040,
        dark=True,
        ready=".treemaplayer .slice",
    ),
    Shot("layer", parameters={"layer": "cooling", "color": "return_3m"}, height=2700),
    Shot("company", parameters={"code": "2330.TW"}, height=2200),
    Shot(
        "screener",
        path="screener",
        parameters={"q": "return_1m > 5% and rsi_14 < 70 and volume_ratio_20 > 0.8"},
        height=1200,
        ready="[data-testid=stDataFrame] canvas",
    ),
    Shot("watchlists", path="watchlists", height=1250, ready="[data-testid=stDataFrame] canvas"),
    Shot("alerts", path="alerts", height=900, ready="[data-testid=stDataFrame] canvas"),
    Shot("index", path="index", parameters={"members": "today", "pick": "cooling"}, height=2300),
    Shot("rotation", path="rotation", parameters={"members": "today"}, height=1500),
    Shot("ribbon", path="rotation", parameters={"members": "today", "view": "ribbon"}, height=1500),
    Shot("events", path="events", parameters={"event": "foxconn-teco-alliance"}, height=2200),
    Shot("overnight", path="overnight", parameters={"members": "today"}, height=1700),
    Shot("chain", path="chain", parameters={"color": "return_3m"}, height=1500),
    Shot("propose", path="propose", height=1300, ready=".article mark", article=ARTICLE),
    Shot("data", path="data", parameters={"section": "coverage"}, height=1800),
    Shot("method", path="method", height=1500, ready="[data-testid=stDataFrame] canvas"),
)


def take(browser: Browser, url: str, shot: Shot) -> Path:
    """Write one picture; its path."""
    context = browser.new_context(
        viewport={"width": 1440, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
    )
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(f"{url}/{shot.path}?{urlencode(shot.parameters)}")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    if shot.article:
        page.locator("input[type=file]").set_input_files(shot.article)
    page.wait_for_selector(shot.ready)
    page.wait_for_timeout(SETTLE)
    target = PICTURES / f"{shot.name}.png"
    # 256 colours are enough for a screen, at a third of the size.
    whole = Image.open(BytesIO(page.screenshot())).convert("RGB")
    whole.quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)
    context.close()
    return target


def copies(data: Path, folder: Path) -> list[str]:
    """The files without the names of whoever collected them, so that each says `file:NAME`."""
    written = []
    for name in FILES:
        copy = folder / Path(name).name
        pd.read_parquet(data / name).drop(columns="source", errors="ignore").to_parquet(copy)
        written.append(str(copy))
    return written


def main() -> None:
    """Take the pictures named on the command line, or all."""
    data = Path(os.environ["DASHBOARD_REAL_DATA"])
    chosen = [one for one in SHOTS if not sys.argv[1:] or one.name in sys.argv[1:]]
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "DASHBOARD_DATA_DIR": f"{folder}/store",
            "DASHBOARD_DEMO": "0",
            "DASHBOARD_YAHOO_ORIGIN": NOWHERE,
            "DASHBOARD_EXCHANGE_ORIGIN": NOWHERE,
        }
        for command in (("import", *copies(data, Path(folder))), *KEPT):
            subprocess.run(
                [sys.executable, "-m", "dashboard", *command],
                cwd=ROOT,
                env={**os.environ, **settings},
                stdout=subprocess.DEVNULL,
                check=True,
            )
        port = free_port()
        log = Path(folder) / "server.log"
        with (
            serving(dashboard_command(port), port, log, settings) as url,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            for shot in chosen:
                picture = take(browser, url, shot)
                size = picture.stat().st_size
                if size >= LARGEST:
                    raise SystemExit(f"{picture.name}: {size:,} bytes; show less of the page")
                print(f"{picture.name}: {size:,} bytes")  # noqa: T201
            browser.close()


if __name__ == "__main__":
    main()
