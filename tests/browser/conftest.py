"""Chromium, and servers on simulated and on real prices; nothing may leave this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.serving import (
    CHROMIUM,
    FLAGS,
    ROOT,
    dashboard_command,
    free_port,
    serving,
)

WAIT = 40_000
"""Milliseconds; generous, for slow machines."""
NOWHERE = "http://127.0.0.1:9"
"""No one listens there: what a machine without a network sees."""
OpenTab = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is absent: apt-get install chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """One reader's browser: scripts of the server are kept, so pages open quickly."""
    context = chromium.new_context()
    yield context
    context.close()


@pytest.fixture
def open_tab(chromium: Browser, profile: BrowserContext) -> Iterator[OpenTab]:
    """Opens tabs; the test fails on whatever went wrong in one."""
    wrong: list[str] = []
    pages: list[Page] = []
    strangers: list[BrowserContext] = []

    def check(url: str) -> None:
        parts = urlsplit(url)
        if parts.hostname != "127.0.0.1" and parts.scheme not in ("data", "blob"):
            wrong.append(f"asked an outside host: {url}")

    def open_one(
        width: int = 1440,
        height: int = 1000,
        mode: Literal["light", "dark"] = "light",
        *,
        stranger: bool = False,
    ) -> Page:
        if stranger:
            strangers.append(chromium.new_context())
        page = (strangers[-1] if stranger else profile).new_page()
        pages.append(page)
        page.set_default_timeout(WAIT)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=mode)
        page.on("request", lambda request: check(request.url))
        page.on("websocket", lambda socket: check(socket.url))
        page.on("pageerror", lambda error: wrong.append(f"error in the page: {error}"))
        return page

    yield open_one
    for page in pages:
        wrong += [
            f"exception on the page: {text}"
            for text in page.locator('[data-testid="stException"]').all_inner_texts()
        ]
        page.close()
    for context in strangers:
        context.close()
    assert not wrong, wrong


def start(folder: Path, **environment: str) -> Any:
    """A dashboard of its own on a store in `folder`; a context manager of its address."""
    port = free_port()
    settings = {
        "DASHBOARD_DATA_DIR": str(folder / "store"),
        "DASHBOARD_DEMO": "0",
        "DASHBOARD_YAHOO_ORIGIN": NOWHERE,
        "DASHBOARD_EXCHANGE_ORIGIN": NOWHERE,
        **environment,
    }
    return serving(dashboard_command(port), port, folder / "server.log", settings)


@pytest.fixture(scope="session")
def simulated(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fresh install: no prices but the simulated ones."""
    with start(tmp_path_factory.mktemp("simulated")) as url:
        yield url


@pytest.fixture(scope="session")
def imported(
    chromium: Browser, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """After the command that imports the real prices."""
    folder = tmp_path_factory.mktemp("imported")
    names = ("tw_core", "us", "taiex")
    files = [str(real_data / "prices" / f"{name}_daily.parquet") for name in names]
    subprocess.run(
        [sys.executable, "-m", "dashboard", "import", *files],
        cwd=ROOT,
        env={**os.environ, "DASHBOARD_DATA_DIR": str(folder / "store")},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    with start(folder) as url:
        yield url
