"""The five documents, each found with the map without it, against what the map says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.articles.models import Article
from dashboard.prices.shipped_listings import listed_offline
from dashboard.proposals.finding import find_companies
from dashboard.proposals.models import FoundCompany
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.known import only_documents
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Company, Document, SupplyChain

ORIGINAL = (
    "musk-terrafab",
    "spacex-xai",
    "factory-finance",
    "ai-supply-chain-map",
    "hokkaido-valley",
)
CODED, NAMED = 0.98, 0.95


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    return load_map(PROJECT_ROOT / "tickers.yaml").chain


def _cites(company: Company, document: str) -> bool:
    evidence = [e for one in company.memberships for e in one.evidence] + list(company.mentions)
    return any(one.document == document for one in evidence)


def _is_coded(company: Company, text: str) -> bool:
    roots = [one.symbol.partition(".")[0] for one in company.listings]
    return any(
        re.search(rf"[(（]\s*{root}\s*[)）]|\b{root}\s+{company.name.zh.rstrip('*')}", text)
        for root in roots
        if root not in {company.name.en, "CME"}
    )


def _id(found: FoundCompany) -> str:
    return found.identity.symbol or found.identity.id


def _measured(
    chain: SupplyChain, document: Document, folder: Path
) -> tuple[dict[str, bool], dict[str, bool]]:
    """(expected, found): symbol or key → whether a code of it is printed."""
    text = (folder / document.file).read_text("utf-8").removesuffix("\n")
    rest = only_documents(chain, {one.id for one in chain.documents} - {document.id})
    expected = {}
    for company in chain.companies:
        home = company.listing is not None and company.listing.market == "TW"
        coded = _is_coded(company, text)
        known = home or coded or company.key in rest.company_by_key
        if _cites(company, document.id) and known:
            expected[company.symbol or company.key] = coded
    told = find_companies(Article(tuple(text.split("\n"))), rest, listed_offline())
    return expected, {_id(one): any(m.code for m in one.mentions) for one in told.companies}


def test_companies_are_found_without_the_document_s_own_evidence(
    chain: SupplyChain, documents: Path
) -> None:
    wrong: list[str] = []
    counts = {True: [0, 0, 0], False: [0, 0, 0]}
    for document in (one for one in chain.documents if one.id in ORIGINAL):
        expected, found = _measured(chain, document, documents)
        wrong += [f"{document.id}: {one}" for one in sorted(expected.keys() ^ found.keys())]
        for one, coded in expected.items():
            counts[coded][0] += 1
            counts[coded][1] += one in found
        for one, coded in found.items():
            if one not in expected:
                counts[coded][2] += 1
    for coded, bar in ((True, CODED), (False, NAMED)):
        expected_count, right, extra = counts[coded]
        assert right >= bar * expected_count, wrong
        assert right >= bar * (right + extra), wrong
    assert sum(count for count, _, _ in counts.values()) >= 100
