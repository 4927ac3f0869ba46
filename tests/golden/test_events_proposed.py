"""Relations and events proposed from the documents, against the map that was made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from dashboard.articles.models import Article
from dashboard.prices.shipped_listings import listed_offline
from dashboard.proposals.events import propose_events
from dashboard.proposals.finding import find_companies
from dashboard.proposals.layers import propose_layers
from dashboard.proposals.models import EventProposal, RelationProposal
from dashboard.proposals.relations import propose_relations
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Document, Event, Relation, SupplyChain
from dashboard.supply_chain.rules import relation_identity

# Read one by one in the documents: right, though the map has no such event.
RIGHT_BESIDE_THE_MAP = {
    ("hokkaido-valley", 72, "2025-11-24", ()),
    ("hokkaido-valley", 89, "2025-12", ("stellantis",)),
    ("hokkaido-valley", 28, "2024", ("rapidus",)),  # the map has it as its last quarter
}
FEWEST_RELATIONS = 27
FEWEST_EVENTS = 21


class Proposed(NamedTuple):
    document: Document
    relations: tuple[RelationProposal, ...]
    events: tuple[EventProposal, ...]


@cache
def _chain() -> SupplyChain:
    return load_map(PROJECT_ROOT / "tickers.yaml").chain


@cache
def _proposed(documents: Path) -> tuple[Proposed, ...]:
    """Of each document against the map without what only that document told."""
    return tuple(
        _of(one, documents) for one in _chain().documents if (documents / one.file).is_file()
    )


def _of(document: Document, documents: Path) -> Proposed:
    lines = (documents / document.file).read_text("utf-8").removesuffix("\n").split("\n")
    digest = ((document.digest_from, len(lines)),) if document.digest_from else ()
    header = (1, lines.index("---", 1) + 1) if lines[0] == "---" else None
    article = Article(
        tuple(lines), digest, header, date=document.date, date_basis=document.date_basis
    )
    chain = _chain().model_copy(update={"relations": (), "events": ()})
    finds = find_companies(article, chain, listed_offline())
    layers = propose_layers(article, finds, chain)
    relations = propose_relations(article, finds, chain)
    return Proposed(document, relations, propose_events(article, finds, layers, chain))


def _told(relation: RelationProposal | Relation) -> tuple[str, str, str]:
    ends = Relation.model_construct(
        source=relation.source, target=relation.target, kind=relation.kind, evidence=()
    )
    kind, source, target = relation_identity(ends)
    # A supplier of B is a company whose customer is B.
    return ("supplier", target, source) if kind == "customer" else (kind, source, target)


def _same(event: Event, proposal: EventProposal) -> bool:
    if event.date is None:
        return False
    shorter, longer = sorted((event.date, proposal.date), key=len)
    when = shorter == longer or (
        len(shorter) == 7 and "Q" not in shorter and longer.startswith(shorter)
    )
    nobody = not event.companies and not proposal.companies
    return when and (nobody or bool(set(event.companies) & set(proposal.companies)))


def _dated(chain: SupplyChain, document: str) -> Iterator[Event]:
    for event in chain.events:
        if event.date and any(one.document == document for one in event.evidence):
            yield event


def test_every_relation_is_one_of_the_map_and_many_are_found(documents: Path) -> None:
    found = 0
    for document, relations, _ in _proposed(documents):
        told = {
            _told(one)
            for one in _chain().relations
            if any(evidence.document == document.id for evidence in one.evidence)
        }
        wrong = [one.id for one in relations if _told(one) not in told]
        assert not wrong, document.id
        found += len(relations)
    assert found >= FEWEST_RELATIONS


def test_every_event_is_one_of_the_map_or_right_beside_it(documents: Path) -> None:
    found: set[str] = set()
    for document, _, events in _proposed(documents):
        known = list(_dated(_chain(), document.id))
        for one in events:
            same = {event.id for event in known if _same(event, one)}
            found |= same
            place = (document.id, one.lines[0], one.date, one.companies)
            assert same or place in RIGHT_BESIDE_THE_MAP, place
    assert len(found) >= FEWEST_EVENTS


@pytest.mark.parametrize(
    ("event", "written", "direction"),
    [
        ("tesla-ai5-volume-production", "明年第二季", "positive"),
        ("tsmc-kumamoto-fab2-start", "今年10月", "positive"),
        ("tsmc-supply-chain-forum", "25日", "neutral"),
        ("e-ink-results", "19日", "positive"),
        ("us-approves-blackwell-gulf", "週三(19日)", "positive"),
        ("taiex-near-1000-point-fall", "21日", "negative"),
        ("umc-rises-against-market", "21日", "mixed"),
        ("eva-air-opens-dallas", "今年10月", "positive"),
    ],
)
def test_an_event_as_it_is_told(documents: Path, event: str, written: str, direction: str) -> None:
    wanted = next(one for one in _chain().events if one.id == event)
    told = [
        (one.written, str(one.direction))
        for proposed in _proposed(documents)
        for one in proposed.events
        if _same(wanted, one)
    ]
    assert (written, direction) in told
