"""How good proposals are: documents against the map, articles against their answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import propose
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.known import only_documents
from dashboard.supply_chain.loading import load_map


@pytest.fixture(scope="module")
def of_documents(documents: Path) -> propose.Score:
    return propose.total(propose.document_scores(documents).values())


@pytest.fixture(scope="module")
def of_articles() -> dict[str, propose.Score]:
    return propose.fixture_scores()


def test_the_documents_are_proposed_as_the_map_has_them(of_documents: propose.Score) -> None:
    assert sum(of_documents.expected.values()) > 100
    assert of_documents.memberships > 60
    assert propose.missed(of_documents) == [], "\n".join(of_documents.wrong)


def test_the_articles_are_read_as_a_careful_reader_reads_them(
    of_articles: dict[str, propose.Score],
) -> None:
    whole = propose.total(of_articles.values())
    assert len(of_articles) >= 12
    assert propose.missed(whole) == [], "\n".join(whole.wrong)
    assert sum(whole.kinds) / len(whole.kinds) >= 0.98
    assert whole.beside == []


def test_what_has_nothing_to_do_with_stocks_proposes_nothing(
    of_articles: dict[str, propose.Score],
) -> None:
    assert not any(of_articles["cooking.txt"].found.values())


def test_a_map_without_a_document_knows_nothing_of_it() -> None:
    chain = load_map(PROJECT_ROOT / "tickers.yaml").chain
    rest = only_documents(chain, {one.id for one in chain.documents} - {"ai-supply-chain-map"})
    assert "alchip" not in rest.company_by_key
    cited = {e.document for c in rest.companies for m in c.memberships for e in m.evidence}
    assert "ai-supply-chain-map" not in cited
    tsmc = rest.company_by_key["tsmc"]
    assert "adv_pkg" not in {one.layer for one in tsmc.memberships}
