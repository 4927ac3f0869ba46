"""The chain's page: its sections in both languages, what a click opens, what the address asks."""

from __future__ import annotations

import pytest

from dashboard.i18n import LANGUAGES, Language
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from tests.app.screen import Screen, as_read
from tests.app.states import MAP, State
from tests.app.test_pages import sound

VIEWS = ("flow", "company", "audit")
"""The contradictions have tests of their own."""


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    return load_map(MAP).chain


def nodes(screen: Screen) -> dict[str, str]:
    """Id of each node → the figure printed in it."""
    trace = screen.charts[0]["data"][-1]
    return {ids[0]: text for ids, text in zip(trace["customdata"], trace["text"], strict=True)}


def click(screen: Screen, node: str) -> Screen:
    return screen.select(screen.app.get("plotly_chart")[0], points=[{"customdata": [node]}])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("state", ["simulated", "partial"], indirect=True)
def test_every_section(state: State, view: str, chain: SupplyChain) -> None:
    place = VIEWS.index(view) + (state.name == "partial")
    language: Language = LANGUAGES[place % 2]
    sound(opened(view=view, lang=language), state, language, chain)


def opened(**query: str) -> Screen:
    """The page; its section is chosen on it, since a screen's own `view` is the script."""
    section = query.pop("view", None)
    screen = Screen("chain", **query)
    return screen if section is None else screen.choose("view", section)


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestFlow:
    def test_every_layer_is_a_node_and_a_click_opens_it(
        self, state: State, chain: SupplyChain
    ) -> None:
        screen = opened(lang="en")
        shown = nodes(screen)
        assert {f"layer:{one.id}" for one in chain.layers} <= set(shown)
        assert shown["layer:ai_lab"] == "—"
        assert shown["layer:cooling"][-1] == "%"
        click(screen, "layer:cooling")
        assert screen.url["layer"] == "cooling"
        assert as_read(screen.app.title[0].value) == chain.layer_by_id["cooling"].name.en

    def test_a_company_without_a_layer_opens_too_and_a_link_nothing(self, state: State) -> None:
        screen = opened(lang="en")
        before = screen.url
        screen.select(screen.app.get("plotly_chart")[0], points=[{"customdata": ["layer:nix"]}, {}])
        assert screen.url == before
        assert click(screen, "company:japan-government").url["code"] == "japan-government"

    def test_documents_and_kinds_choose_the_relations(
        self, state: State, chain: SupplyChain
    ) -> None:
        screen = opened(lang="en", document="hokkaido-valley", kind="competitor,nonsense")
        expected = [
            one
            for one in chain.relations
            if one.kind == "competitor"
            and any(part.document == "hokkaido-valley" for part in one.evidence)
        ]
        assert screen.tables[0]["Relations"].sum() == len(expected)
        assert set(screen.tables[0]["Relation"]) == {"competitors"}
        assert "company:qualcomm" in nodes(screen)
        assert "company:innolux" not in nodes(screen)

    def test_it_says_what_colour_width_and_arrow_mean(self, state: State) -> None:
        assert "width is no amount of money" in opened(lang="en").text

    def test_a_row_shows_its_evidence(self, state: State, chain: SupplyChain) -> None:
        screen = opened(lang="en", document="factory-finance").click_row(0)
        (one,) = [x for x in chain.relations if x.evidence[0].document == "factory-finance"]
        assert one.evidence[0].claim.en in as_read(screen.text)


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestAroundACompany:
    def test_two_steps_of_the_company_in_the_address(self, state: State) -> None:
        screen = opened(view="company", company="pcl", lang="en")
        assert set(nodes(screen)) == {"company:pcl", "company:broadcom"}
        assert click(screen, "company:broadcom").url["company"] == "broadcom"

    def test_an_unknown_company_is_said_before_the_default(self, state: State) -> None:
        screen = opened(view="company", company="<b>nosuch", lang="en")
        (told,) = [one.value for one in screen.app.error]
        assert as_read(told) == (
            "As of this day the map has no company “<b>nosuch”; TSMC 2330 is shown instead."
        )
        assert "company:tsmc" in nodes(screen)
        assert not opened(view="company", company="pcl", lang="en").app.error

    def test_who_has_no_supplier_gets_its_layer(self, state: State) -> None:
        screen = opened(view="company", company="jentech", lang="en")
        assert not screen.charts
        assert "No document states a supplier or customer of Jentech" in screen.text
        assert any("layer=cooling" in query for query in screen.links().values())

    def test_the_companys_page_leads_here(self, state: State) -> None:
        query = Screen(code="2330.TW", lang="en").links()["What hangs on this company (two steps)"]
        assert "view=company" in query
        assert "company=tsmc" in query
        assert "code=" not in query


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestAudit:
    def test_filters_and_evidence(self, state: State, chain: SupplyChain) -> None:
        screen = opened(view="audit", lang="en")
        base, table = screen.tables
        assert len(base) == len(chain.documents)
        counted = base.iloc[:, 3:].sum().sum()
        assert counted == len(table) > 200
        screen.choose("group", ["cooling"]).choose("document", ["ai-supply-chain-map"])
        assert screen.url["group"] == "cooling"
        own = screen.tables[1]
        assert 3 <= len(own) < len(table)
        company = chain.company_by_key["jentech"]
        row = [str(one).startswith(company.name.en) for one in own["Claim"]].index(True)
        screen.click_row(row, table=1)
        claim = company.memberships[0].evidence[0].claim.en
        assert claim in as_read(screen.text)

    def test_the_rule_is_printed(self, state: State) -> None:
        assert "After 20 sessions it is confirmed so far" in opened(view="audit", lang="en").text

    def test_an_earlier_day_knows_fewer_claims(self, state: State) -> None:
        screen = opened(view="audit", lang="en", asof="2025-10-01")
        assert len(screen.tables[0]) == 1
        # New York was closed on the first Monday of September.
        days = set(screen.tables[1]["Known from"])
        assert days == {"2025-09-01 (inferred)", "2025-09-02 (inferred)"}
