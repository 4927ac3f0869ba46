"""A click on a tile or a row changes the address and with it the view; links keep the rest."""

from __future__ import annotations

import pytest

from dashboard.i18n import translate
from tests.app.screen import Screen
from tests.app.states import State

pytestmark = pytest.mark.parametrize("state", ["simulated"], indirect=True)


def test_a_layer_tile_opens_the_layer(state: State) -> None:
    screen = Screen(lang="en", digest="1").click_tile("L:cooling")
    assert screen.url == {"lang": "en", "digest": "1", "layer": "cooling"}
    assert screen.app.title[0].value == "Cooling (liquid)"


def test_a_company_tile_opens_the_company(state: State) -> None:
    screen = Screen().click_tile("S:3653.TW@cooling")
    assert screen.url == {"code": "3653.TW"}
    assert screen.app.title[0].value == "健策 3653.TW"


def test_a_driver_tile_opens_the_company(state: State) -> None:
    screen = Screen(market="all").click_tile("S:NVDA@gpu", chart=1)
    assert screen.url == {"market": "all", "code": "NVDA"}


def test_the_tile_of_the_others_opens_their_layer(state: State) -> None:
    screen = Screen().click_tile("S:others@server_odm")
    assert screen.url == {"layer": "server_odm"}


def test_a_stage_tile_shows_its_stage_alone_and_again_all(state: State) -> None:
    screen = Screen().click_tile("G:server")
    assert screen.url == {"stage": "server"}
    (treemap,) = screen.treemaps
    assert [one for one in treemap["ids"] if one.startswith("G:")] == ["G:server"]
    assert screen.click_tile("G:server").url == {}


@pytest.mark.parametrize("tile", ["", "X:cooling", "G:", "L:"])
def test_a_tile_that_means_nothing_stays(state: State, tile: str) -> None:
    screen = Screen().click_tile(tile)
    assert screen.url == {}
    assert len(screen.treemaps) == 1


def test_a_row_of_the_matrix_opens_its_layer(state: State) -> None:
    screen = Screen()
    ids = list(screen.tables[0].index)
    row = ids.index("cooling")
    assert row > 0
    assert screen.click_row(row).url == {"layer": "cooling"}
    assert screen.app.title[0].value == "散熱（液冷）"


def test_a_row_of_the_members_opens_the_company(state: State) -> None:
    screen = Screen(layer="cooling", color="return_1m")
    members = list(screen.tables[0].index)
    assert sorted(members) == ["3653.TW", "6831.TW", "8996.TW"]
    screen.click_row(2)
    assert screen.url == {"code": members[2], "color": "return_1m"}
    assert members[2] in screen.app.title[0].value


@pytest.mark.parametrize("query", [{}, {"layer": "cooling"}, {"code": "3653.TW"}])
def test_the_language_changes_in_place(state: State, query: dict[str, str]) -> None:
    screen = Screen(**query).choose("lang", "en")
    assert screen.url == {**query, "lang": "en"}
    assert translate("app.no_advice", "en") in screen.text
    screen.choose("lang", "zh")
    assert screen.url == query


def test_links_keep_language_and_filters(state: State) -> None:
    screen = Screen(lang="en", layer="cooling", digest="1")
    links = screen.links()
    assert links[translate("links.heatmap", "en")] == "lang=en&digest=1"
    assert links["Jentech 3653.TW"] == "lang=en&digest=1&code=3653.TW"


@pytest.mark.parametrize("code", ["3653.TW", "3653.tw", "3653", "jentech"])
def test_a_company_is_found_by_symbol_code_and_key(state: State, code: str) -> None:
    assert Screen(code=code).app.title[0].value == "健策 3653.TW"
