"""The data page, the first run, and the switch to simulated prices."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dashboard.errors import SourceUnavailable
from dashboard.i18n import translate
from dashboard.prices import job
from dashboard.prices.bars import empty_bars
from dashboard.prices.providers.base import Answer, Request
from dashboard.prices.store import PriceStore
from dashboard.supply_chain.loading import load_map
from dashboard.ui import loaders
from tests.app.conftest import entered
from tests.app.screen import Screen
from tests.app.states import MAP, PARTIAL, STALE, State, made_bars

SYMBOLS = load_map(MAP).chain.symbols()


def offered(screen: Screen) -> list[str]:
    """Labels of the buttons, without the one of the as-of control."""
    return [one.label for one in screen.app.button if one.key != "as_of:latest"]


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
def test_the_first_run_offers_the_real_prices(state: State) -> None:
    for view in ("", "data"):
        screen = Screen(view, lang="en")
        assert offered(screen) == ["Fetch real prices"]
        assert f"{len(SYMBOLS)} symbols" in screen.text
    assert "No real price is stored yet" in screen.text


@pytest.mark.parametrize("state", ["partial"], indirect=True)
def test_what_is_stored_is_counted(state: State) -> None:
    screen = Screen("data", lang="en")
    assert f"**{len(PARTIAL)}/{len(SYMBOLS)}** symbols stored" in screen.text
    rows = screen.tables[-1].set_index("Symbol")
    assert set(SYMBOLS) <= set(rows.index)
    bars = made_bars()
    for symbol in PARTIAL:
        own = bars[bars["symbol"] == symbol]["session"]
        assert rows.loc[symbol, "Bars"] == len(own)
        assert f"{rows.loc[symbol, 'First']:%Y-%m-%d}" == f"{own.min():%Y-%m-%d}"
        assert f"{rows.loc[symbol, 'Last']:%Y-%m-%d}" == f"{own.max():%Y-%m-%d}"
        assert rows.loc[symbol, "Source"] == "made:here"
    # Nothing stored: how many sessions are missing is unknown, not zero.
    assert rows.loc["8996.TW", "Bars"] == 0
    assert rows["Missing"].isna().sum() == len(SYMBOLS) - len(PARTIAL)
    home = Screen(lang="en")
    assert re.search(r"Only \d+ of 50 Taiwanese companies have stored prices", home.text)
    assert offered(home) == ["Fetch real prices"]


@pytest.mark.parametrize("state", ["stale"], indirect=True)
def test_each_symbol_says_how_far_it_is_behind(state: State) -> None:
    rows = Screen("data", lang="en").tables[-1].set_index("Symbol")
    for symbol, sessions in STALE.items():
        assert rows.loc[symbol, "Behind"] == rows.loc["6831.TW", "Behind"] + sessions


@pytest.mark.parametrize("state", ["partial"], indirect=True)
def test_demo_shows_simulated_prices_whatever_is_stored(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert translate("app.simulated", "en") not in Screen(lang="en").text
    monkeypatch.setenv("DASHBOARD_DEMO", "1")
    screen = Screen(lang="en")
    assert translate("app.simulated", "en") in screen.text
    assert not offered(screen)
    assert translate("data.demo_switch", "en") in Screen("data", lang="en").text


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[State]:
    """A dashboard on its first run."""
    yield from entered(State("fresh", tmp_path / "store", simulated=True))


def test_prices_that_arrive_are_shown(fresh: State) -> None:
    screen = Screen(lang="en")
    assert translate("app.simulated", "en") in screen.text
    bars = made_bars()
    PriceStore(str(fresh.data_dir)).upsert(bars[bars["symbol"] == "2330.TW"])
    loaders.store_version.clear()  # as after its two seconds
    screen.run()
    assert translate("app.simulated", "en") not in screen.text
    assert "priced **1/" in screen.text


class Waiting:
    """A source that answers when it is let go."""

    name = "waiting"

    def __init__(self) -> None:
        self.go = threading.Event()

    def fetch(self, requests: Sequence[Request]) -> Iterator[Answer]:
        self.go.wait(30)
        for request in requests:
            error = SourceUnavailable(request.symbol, "closed")
            yield Answer(request, empty_bars(), error=error)


@pytest.mark.parametrize("state", ["partial"], indirect=True)
def test_a_run_that_was_told_to_stop_says_so(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A job of this test's own: the process's one would tell its end to every later page.
    monkeypatch.setattr(job, "_JOB", job.RefreshJob())
    source = Waiting()
    assert job.current_job().start(PriceStore(str(tmp_path)), source, ["2330.TW", "2317.TW"])
    try:
        screen = Screen("data", lang="en")
        (stop,) = [one for one in screen.app.button if one.key == "refresh:stop"]
        assert not stop.disabled
        stop.click()
        screen.run()
        (stop,) = [one for one in screen.app.button if one.key == "refresh:stop"]
        assert stop.disabled
        assert "Stopping; what has arrived is stored first" in screen.text
    finally:
        source.go.set()
        assert job.current_job().wait(30)
