"""What the five documents are, and which of their lines are none of the article.

The answers were read off the documents by hand; `tickers.yaml` states the same dates.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.articles.digest import digest_runs
from dashboard.articles.front_matter import front_matter_of
from dashboard.articles.metadata import Metadata, metadata_of
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import DateBasis

DIGEST = {
    "musk-terrafab": (),
    "spacex-xai": (),
    "factory-finance": (),
    "ai-supply-chain-map": ((8, 8), (31, 31), (53, 53), (56, 56), (64, 64), (70, 70), (89, 102)),
    "hokkaido-valley": ((58, 98),),
}
HEADERS = {"musk-terrafab": (1, 13), "factory-finance": (1, 10)}
TITLES = {
    "musk-terrafab": "馬斯克的 TerraFab 構想：當 TSMC 也不夠用的時候",
    "factory-finance": "矽谷最會做軟體，為什麼做不出工廠？",
    "hokkaido-valley": "日本的高風險豪賭：將「花之島」北海道打造成全球晶片中心",
}
PUBLISHERS = {"musk-terrafab": "Dwarkesh Podcast", "factory-finance": "a16z Podcast"}
CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain


def lines_of(documents: Path, document: str) -> list[str]:
    path = documents / CHAIN.document_by_id[document].file
    return path.read_text("utf-8").removesuffix("\n").split("\n")


def metadata(lines: list[str]) -> Metadata:
    header = front_matter_of(lines)
    return metadata_of(lines, front_matter=header, digest=digest_runs(lines, header))


@pytest.mark.parametrize("document", DIGEST)
def test_digest_lines(documents: Path, document: str) -> None:
    lines = lines_of(documents, document)
    header = front_matter_of(lines)
    assert (header.lines if header else None) == HEADERS.get(document)
    assert digest_runs(lines, header) == DIGEST[document]


@pytest.mark.parametrize("document", DIGEST)
def test_what_a_document_says_of_itself(documents: Path, document: str) -> None:
    found, entry = metadata(lines_of(documents, document)), CHAIN.document_by_id[document]
    if entry.date_basis is DateBasis.STATED:
        assert (found.date, found.date_basis) == (entry.date, DateBasis.STATED)
    else:
        assert (found.date, found.date_basis) in (
            (None, DateBasis.UNKNOWN),
            (entry.date, DateBasis.INFERRED),
        )
    assert found.title == TITLES.get(document, "")
    assert found.publisher == PUBLISHERS.get(document, "")
    assert found.url == entry.url
