"""Pages as of an earlier day: what they say of it, and that nothing later is on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from dashboard.i18n import LANGUAGES
from dashboard.supply_chain.loading import load_map
from tests.app.conftest import Make, entered
from tests.app.screen import HAN, Screen, raw_keys
from tests.app.states import MAP, State

VIEWS = ("", "screener", "watchlists", "alerts", "data", "method")
LATEST_ONLY = {
    "alerts": {"zh": "警示頁一律是最新", "en": "Alerts are always the latest"},
    "data": {"zh": "資料頁一律是最新", "en": "The data page is always the latest"},
}
DAY = "2025-12-01"
"""Two of the five documents are known; the demo's prices reach from before it to after it."""
TOLD = {"zh": "5 份文件中當時已知 2 份；19 家公司尚未列入地圖",
        "en": "2 of 5 documents known; 19 companies not on the map yet"}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def simulated(make: Make) -> Iterator[State]:
    yield from entered(make("simulated"))


def said(screen: Screen) -> str:
    """What stands in the pages' own HTML, the banner among it."""
    return "\n".join(one.proto.body for one in screen.app.get("html"))


def tiles(screen: Screen) -> set[str]:
    return {str(one) for trace in screen.treemaps for one in trace["ids"]}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_page_says_as_of_when_it_is(view: str, language: str) -> None:
    screen = Screen(view, lang=language, asof=DAY)
    assert not screen.failures
    assert not raw_keys(screen.text)
    expected = LATEST_ONLY.get(view, TOLD)[language]
    assert expected in said(screen)
    if language == "en":
        assert not HAN.search(said(screen))
    assert all("asof=2025-12-01" in query for query in screen.links().values())


@pytest.mark.parametrize(
    "text", ["yesterday", "2025-13-45", "20251201", "1999-01-04", "2999-01-04", "<b>2025-12-01"]
)
def test_a_day_that_cannot_be_read_is_one_sentence_and_the_latest(text: str) -> None:
    screen = Screen(lang="en", asof=text)
    assert not screen.failures
    (warning,) = [one.value for one in screen.app.warning if "as-of date" in one.value]
    assert "the latest is shown" in warning
    assert "<b>" not in warning
    assert "documents known" not in said(screen)
    assert screen.treemaps


def test_a_day_without_a_session_is_the_session_before() -> None:
    screen = Screen(lang="en", asof="2025-11-30")
    assert "As of 2025-11-28" in said(screen)
    assert [one.value for one in screen.app.date_input] == [dt.date(2025, 11, 28)]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "2025-11-30 is no session; 2025-11-28, the last one"), ("zh", "2025-11-30 不是交易日")],
)
def test_a_moved_day_is_said_to_be(language: str, told: str) -> None:
    assert told in said(Screen("screener", lang=language, asof="2025-11-30"))
    assert told[10:] not in said(Screen("screener", lang=language, asof="2025-11-28"))


@pytest.mark.parametrize("day", [dt.date(1999, 1, 4), dt.date(2099, 1, 5)])
def test_a_typed_day_beyond_the_prices_gets_our_own_sentence(day: dt.date) -> None:
    screen = Screen("screener", lang="zh")
    (control,) = screen.app.date_input
    latest = control.value
    assert control.proto.min <= f"{day:%Y/%m/%d}" <= control.proto.max
    control.set_value(day)
    screen.run()
    (warning,) = [one.value for one in screen.app.warning if "截至日期" in one.value]
    assert f"「{day}」不在已存的" in warning
    assert [one.value for one in screen.app.date_input] == [latest]


def test_the_control_moves_all_and_leads_back() -> None:
    screen = Screen(lang="en", market="all", secondary="1")
    now = tiles(screen)
    (control,) = screen.app.date_input
    control.set_value(dt.date(2025, 12, 1))
    screen.run()
    assert screen.url["asof"] == DAY
    then = tiles(screen)
    assert any("MSFT" in one for one in now)
    assert not any("MSFT" in one for one in then)
    assert TOLD["en"] in said(screen)
    (latest,) = [one for one in screen.app.button if one.key == "as_of:latest"]
    latest.click()
    screen.run()
    assert "asof" not in screen.url
    assert tiles(screen) == now


def test_today_s_members_are_hindsight_and_said_to_be() -> None:
    screen = Screen(lang="en", asof=DAY, market="all", secondary="1", members="today")
    assert any("MSFT" in one for one in tiles(screen))
    assert "with today's members (hindsight)" in said(screen)
    latest = Screen(lang="en", members="today")
    assert "histories are those of the members of today" in said(latest)


@pytest.mark.parametrize("view", ["", "index", "rotation", "events", "overnight", "chain"])
def test_before_the_first_document_two_ways_lead_on(view: str) -> None:
    screen = Screen(view, lang="en", asof="2025-08-01")
    assert not screen.failures
    assert not screen.treemaps
    assert not screen.tables
    (sentence,) = [one.value for one in screen.app.info]
    assert "nobody is on the map; the first one counts from 2025-09-01" in sentence
    links = screen.links()
    assert "asof=2025-09-01" in links["Go to 2025-09-01"]
    assert "members=today" in links["Take today's members (hindsight)"]
    assert "asof=2025-08-01" in links["Take today's members (hindsight)"]


@pytest.mark.parametrize("view", ["screener", "watchlists", "method"])
def test_pages_stand_where_nobody_is_known(view: str) -> None:
    screen = Screen(view, lang="en", asof="2025-08-01")
    assert not screen.failures
    assert not screen.app.error
    assert "0 of 5 documents known" in said(screen)


@pytest.mark.parametrize("code", ["MSFT", "xai"])
def test_a_company_says_when_it_joins_and_by_what(code: str) -> None:
    screen = Screen(lang="en", asof=DAY, code=code)
    assert not screen.failures
    (sentence,) = [one.value for one in screen.app.info if "it joins on" in one.value]
    assert "Not on the map on 2025-12-01; it joins on 2026-01-05 by" in sentence
    assert len(screen.charts) == (code == "MSFT")
    later = Screen(lang="en", asof="2026-01-05", code=code)
    assert not [one for one in later.app.info if "joins on" in one.value]


def test_a_layer_counts_who_is_to_come() -> None:
    screen = Screen(lang="en", asof=DAY, layer="semicap")
    assert not screen.failures
    known = {"ai-supply-chain-map", "hokkaido-valley"}
    coming = [
        company.key
        for company in load_map(MAP).chain.companies
        for one in company.memberships
        if one.layer == "semicap" and known.isdisjoint(said.document for said in one.evidence)
    ]
    text = f"Later documents add {len(coming)} more companies."
    assert len(coming) == len(set(coming)) > 0
    assert text in [one.value for one in screen.app.info]
    latest = Screen(lang="en", layer="semicap")
    assert not [one for one in latest.app.info if "Later documents" in one.value]
