"""A link prints what its page showed, whatever was stored, tidied or edited since."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
import streamlit as st

from dashboard.cli.main import app
from dashboard.errors import DashboardError
from dashboard.prices.records import ACTIONS
from dashboard.prices.refresh import import_files
from dashboard.prices.store import BARS, PriceStore
from dashboard.provenance import Pinned, query_of, read_pin
from dashboard.settings import PROJECT_ROOT, Settings
from dashboard.snapshot import load_prices, settled_snapshot
from dashboard.studies.pages import pinned_of
from dashboard.supply_chain.loading import load_map
from tests.app.conftest import entered
from tests.app.screen import Screen
from tests.app.states import COOLING, State

SYMBOLS = (*COOLING, "2330.TW", "^TWII")
FROM, CUT = pd.Timestamp("2025-01-02"), pd.Timestamp("2026-06-15")
PAGES = {
    "heatmap": ("", {"secondary": "1", "market": "all"}),
    "layer": ("", {"layer": "cooling", "color": "return_1m"}),
    "company": ("", {"code": "3653"}),
    "screener": ("screener", {"q": "return_1m > -100% and layer == cooling", "sort": "return_1m"}),
    "earlier": ("", {"asof": "2026-02-20", "layer": "cooling"}),
    "rotation": ("rotation", {}),
}


@dataclass(frozen=True)
class World:
    """A store and a map, the links made of them, and what each printed then."""

    folder: Path
    links: dict[str, str]
    printed: dict[str, str]

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def map(self) -> Path:
        return self.folder / "tickers.yaml"

    def copied(self, folder: Path) -> World:
        """The same somewhere else: the tables keep who they are."""
        shutil.copytree(self.folder, folder)
        return World(folder, self.links, self.printed)

    def run(self, *arguments: str) -> str:
        return printed("--data-dir", str(self.store), "--map", str(self.map), *arguments)

    def reproduce(self, page: str) -> str:
        return self.run("reproduce", self.links[page], "--format", "csv")

    def fault(self, page: str = "heatmap") -> str:
        with pytest.raises(DashboardError) as told:
            self.reproduce(page)
        assert "\n" not in str(told.value)
        return str(told.value)


def printed(*arguments: str) -> str:
    """Stdout of a command in this process."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        app(list(arguments), prog_name="dashboard", standalone_mode=False)
    return out.getvalue()


def link_on(view: str, parameters: dict[str, str]) -> str:
    """The link that the page's own button makes."""
    screen = Screen(view, **parameters)
    assert not codes(screen), "no link is made before somebody asks"
    screen.app.session_state["pinned:link"] = True
    screen.run()
    assert not screen.failures
    link, command = codes(screen)
    assert command == f'python -m dashboard reproduce "{link}"'
    return link


def codes(screen: Screen) -> list[str]:
    return [one.value for one in screen.app.code if "pin=" in one.value]


def pin_of(link: str) -> str:
    return dict(parse_qsl(urlsplit(link).query))["pin"]


def real_rows(real_data: Path, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    parts = [
        pd.read_parquet(real_data / "prices" / f"{name}_daily.parquet").astype(
            {"date": "datetime64[ns]"}
        )
        for name in ("tw_core", "taiex")
    ]
    rows = pd.concat(parts)
    return rows[rows["symbol"].isin(SYMBOLS) & rows["date"].between(first, last)]


def stored(folder: Path, rows: pd.DataFrame) -> None:
    rows.to_parquet(folder / "rows.parquet")
    import_files(PriceStore(str(folder / "store")), [folder / "rows.parquet"])


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> World:
    """Bars up to a day in June 2026, and a link of each kind of page."""
    folder = tmp_path_factory.mktemp("then")
    shutil.copy(PROJECT_ROOT / "tickers.yaml", folder)
    stored(folder, real_rows(real_data, FROM, CUT))
    made = World(folder, {}, {})
    for state in entered(State("then", made.store, made.map)):
        assert not (state.data_dir / "maps").exists()
        made.links["screener"] = link_on(*PAGES["screener"])
        made.links["layer"] = link_on(*PAGES["layer"])
    pinned = read_pin(pin_of(made.links["layer"]))
    for name, (view, parameters) in PAGES.items():
        link = f"/{view}?{query_of(parameters, pinned)}"
        assert made.links.setdefault(name, link) == link
    for name in PAGES:
        made.printed[name] = made.reproduce(name)
    return made


@pytest.fixture(scope="module")
def now(then: World, tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> World:
    """The same store with two weeks more, a dividend it had not known, and another map."""
    later = then.copied(tmp_path_factory.mktemp("now") / "world")
    stored(later.folder, real_rows(real_data, CUT, pd.Timestamp("2026-06-30")))
    action = pd.DataFrame(
        [{"symbol": "3653.TW", "session": pd.Timestamp("2026-05-20"), "dividend": 300.0}]
    ).assign(source="made", fetched_at=pd.Timestamp("2026-06-30", tz="UTC"))
    columns = list(ACTIONS.columns)
    PriceStore(str(later.store)).upsert_records(ACTIONS, action.reindex(columns=columns))
    text = later.map.read_text("utf-8")
    assert text.count("layer: cooling\n") >= 3
    later.map.write_text(text.replace("layer: cooling\n", "layer: foundry\n", 1), "utf-8")
    return later


def test_a_link_prints_what_the_commands_printed_then(then: World) -> None:
    told = pd.read_csv(io.StringIO(then.printed["heatmap"]))
    home = told[told["market"] == "TW"].drop(columns="market").reset_index(drop=True)
    own = then.run("layers", "--include-secondary", "--market", "TW", "--format", "csv")
    asked = pd.read_csv(io.StringIO(own))
    asked = asked[asked["members"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(home, asked[home.columns], check_dtype=False)
    figures = pd.read_csv(io.StringIO(then.run("metrics", "--format", "csv"))).set_index("symbol")
    company = pd.read_csv(io.StringIO(then.printed["company"])).set_index("metric")["value"]
    for key in ("close", "return_1m", "beta_1y"):
        assert float(company[key]) == figures.at["3653.TW", key]
    members = pd.read_csv(io.StringIO(then.printed["layer"])).set_index("symbol")
    assert set(members.index) >= set(COOLING)
    assert members["rank"].dropna().tolist() == [1.0, 2.0, 3.0]
    assert members["return_1m"].tolist() == figures.loc[members.index, "return_1m"].tolist()
    screened = pd.read_csv(io.StringIO(then.printed["screener"]))
    assert screened["return_1m"].is_monotonic_increasing
    assert set(screened["symbol"]) == set(COOLING)


@pytest.mark.parametrize("page", PAGES)
def test_the_same_bytes_after_more_bars_another_action_and_another_map(
    now: World, page: str
) -> None:
    assert now.reproduce(page) == now.printed[page]
    if page != "layer":
        return
    # What a link of now prints is something else.
    mine = now.links[page].replace(pin_of(now.links[page]), str(present(now)))
    assert now.run("reproduce", mine, "--format", "csv") != now.printed[page]


def present(world: World) -> Pinned:
    """The pin of now."""
    settings = Settings(data_dir=str(world.store), map_path=world.map)
    chain = load_map(world.map).chain
    return pinned_of(settled_snapshot(chain, load_prices(settings, chain.symbols(), chain)))


def test_the_same_bytes_after_the_store_was_tidied(now: World, tmp_path: Path) -> None:
    tidied = now.copied(tmp_path / "world")
    store = PriceStore(str(tidied.store))
    store.optimize()
    assert store.vacuum() == 0  # what these versions need is younger than what goes
    assert tidied.reproduce("layer") == now.printed["layer"]
    told = json.loads(tidied.run("reproduce", now.links["company"], "--format", "json"))
    values = {one["metric"]: one["value"] for one in told}
    assert values["last_session"] == "2026-06-15"
    assert values["revenue_yoy"] is None


def test_what_is_gone_is_told_in_one_sentence(now: World, tmp_path: Path) -> None:
    from deltalake import DeltaTable

    tidied = now.copied(tmp_path / "world")
    PriceStore(str(tidied.store)).optimize()
    kept = {Path(one).name for one in DeltaTable(str(tidied.store / BARS)).file_uris()}
    for file in (tidied.store / BARS).glob("*.parquet"):
        if file.name not in kept:
            file.unlink()
    told = tidied.fault()
    assert "no longer kept" in told
    assert "DASHBOARD_KEEP_DAYS" in told


def test_another_store_at_the_same_place_is_told(
    now: World, tmp_path: Path, real_data: Path
) -> None:
    again = now.copied(tmp_path / "world")
    shutil.rmtree(again.store / BARS)
    stored(again.folder, real_rows(real_data, FROM, CUT))
    told = again.fault()
    assert "another store" in told
    assert "--data-dir" in told


def test_a_map_that_is_gone_is_told_and_can_be_named(
    then: World, now: World, tmp_path: Path
) -> None:
    lost = now.copied(tmp_path / "world")
    shutil.rmtree(lost.store / "maps")
    assert "--map FILE" in lost.fault("layer")
    shutil.copy(then.map, lost.map)
    assert lost.reproduce("layer") == now.printed["layer"]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("/watchlists", "the reader's own lists"),
        ("/nowhere", "no page 'nowhere'"),
        ("/?layer=nowhere", "no layer 'nowhere'"),
        ("/?code=0000", "'0000' is no company"),
    ],
)
def test_what_shows_no_figures_is_told(then: World, link: str, said: str) -> None:
    joined = f"{link}{'&' if '?' in link else '?'}pin={pin_of(then.links['heatmap'])}"
    with pytest.raises(DashboardError, match=said):
        then.run("reproduce", joined)


@pytest.fixture(scope="module")
def later(now: World) -> Iterator[World]:
    """Pages read the changed store."""
    for _ in entered(State("later", now.store, now.map)):
        yield now


class TestPage:
    """What a page says of a link that is opened in it."""

    def test_a_link_says_what_changed_and_shows_what_is(self, later: World) -> None:
        query = dict(parse_qsl(urlsplit(later.links["layer"]).query))
        screen = Screen(lang="en", **query)
        assert not screen.failures
        (told,) = [one.value for one in screen.app.warning if "Since the link" in one.value]
        map_then = query["pin"].partition("~")[0].removeprefix("map.")
        assert f"the map has changed ({map_then} → " in told
        assert "bars version 1 → 2" in told
        assert "actions version none → 1" in told
        assert "as of 2026-06-15 → 2026-06-30" in told
        without = [one for one in screen.app.button if one.label == "Stop comparing"]
        without[0].click()
        screen.run()
        assert "pin" not in screen.url
        assert "Since the link" not in screen.text

    def test_a_link_of_now_says_that_all_is_the_same(self, later: World) -> None:
        query = dict(parse_qsl(urlsplit(link_on("", {"layer": "cooling"})).query))
        screen = Screen(lang="en", **query)
        assert any("As when the link was made" in one.value for one in screen.app.caption)
        assert not [one for one in screen.app.warning if "Since the link" in one.value]

    @pytest.mark.parametrize("pin", ["map.../../etc~session.x", "**b** <b>" * 300])
    def test_a_pin_that_is_none_is_told(self, later: World, pin: str) -> None:
        screen = Screen("screener", lang="en", pin=pin)
        assert not screen.failures
        assert any("cannot be read" in one.value for one in screen.app.warning)

    def test_an_export_carries_the_link_that_prints_its_rows(
        self, later: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files: dict[str, Callable[[], bytes]] = {}

        def record(label: str, *, data: Callable[[], bytes], key: str, **rest: object) -> None:
            files[key] = data

        monkeypatch.setattr(st, "download_button", record)
        view, parameters = PAGES["screener"]
        assert not Screen(view, lang="en", colors="blue_up", **parameters).failures
        rows = pd.read_csv(io.BytesIO(files["csv:screen-map"]()))
        (link,) = rows["page_link"].unique()
        assert "lang" not in link
        assert rows["map_version"].unique() == [present(later).map]
        again = pd.read_csv(io.StringIO(later.run("reproduce", link, "--format", "csv")))
        pd.testing.assert_frame_equal(
            again.drop(columns="name"), rows[[one for one in again.columns if one != "name"]]
        )

    def test_own_pages_have_a_link_and_no_command(self, later: World) -> None:
        screen = Screen("method", lang="en")
        screen.app.session_state["pinned:link"] = True
        screen.run()
        (link,) = codes(screen)
        assert link.startswith("/method?pin=map.")
        assert "no figures to reproduce" in screen.text
        assert "dashboard reproduce" not in screen.text
