"""First proposed layers of the five documents against the map, each removed from it first."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.articles.models import Article
from dashboard.prices.shipped_listings import listed_offline
from dashboard.proposals.finding import find_companies
from dashboard.proposals.layers import propose_layers
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Company, Document, Evidence, Kind, SupplyChain

BAR = 0.85
MAIN_SOURCE = "ai-supply-chain-map"


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    return load_map(PROJECT_ROOT / "tickers.yaml").chain


def _without(evidence: tuple[Evidence, ...], document: str) -> tuple[Evidence, ...]:
    return tuple(one for one in evidence if one.document != document)


def _before(chain: SupplyChain, document: str) -> SupplyChain:
    """The map as it would be if it had never seen a document."""
    companies = []
    for company in chain.companies:
        memberships = tuple(
            one.model_copy(update={"evidence": left})
            for one in company.memberships
            if (left := _without(one.evidence, document))
        )
        mentions = _without(company.mentions, document)
        if memberships or mentions:
            update = {"memberships": memberships, "mentions": mentions}
            companies.append(company.model_copy(update=update))
    return SupplyChain(
        documents=tuple(one for one in chain.documents if one.id != document),
        stages=chain.stages,
        layers=chain.layers,
        companies=tuple(companies),
    )


def _article(document: Document, documents: Path) -> Article:
    lines = (documents / document.file).read_text("utf-8").removesuffix("\n").split("\n")
    digest = ((document.digest_from, len(lines)),) if document.digest_from else ()
    return Article(tuple(lines), digest=digest)


def _layers(company: Company, document: str) -> set[str]:
    return {
        one.layer
        for one in company.memberships
        if one.kind is Kind.CORE and any(each.document == document for each in one.evidence)
    }


@pytest.fixture(scope="module")
def answers(chain: SupplyChain, documents: Path) -> dict[tuple[str, str], bool]:
    """(document, company found in it) → whether its first layer is one that the map cites."""
    listings = listed_offline()
    right: dict[tuple[str, str], bool] = {}
    for document in (one for one in chain.documents if (documents / one.file).is_file()):
        before = _before(chain, document.id)
        article = _article(document, documents)
        finds = find_companies(article, before, listings)
        proposed = propose_layers(article, finds, before)
        first = {
            name: proposed[one.identity.id][0].layer if proposed[one.identity.id] else None
            for one in finds.companies
            for name in (one.identity.key, one.identity.symbol)
            if name
        }
        for company in chain.companies:
            known = _layers(company, document.id)
            found = [name for name in (company.key, company.symbol) if name in first]
            if known and found:
                right[document.id, company.key] = first[found[0]] in known
    return right


def test_first_layers_are_right_in_the_core_memberships(
    answers: dict[tuple[str, str], bool],
) -> None:
    wrong = sorted(key for key, right in answers.items() if not right)
    assert len(answers) >= 60
    assert sum(answers.values()) >= BAR * len(answers), wrong


def test_the_main_source_of_taiwanese_companies_is_right_by_itself(
    answers: dict[tuple[str, str], bool],
) -> None:
    own = {key: right for key, right in answers.items() if key[0] == MAIN_SOURCE}
    assert len(own) >= 40
    assert sum(own.values()) >= BAR * len(own)
