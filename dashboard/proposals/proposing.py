"""From an article to a proposal: everything found in it, as lines to accept or refuse."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

import pandas as pd

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.claims import joined, membership_claim, mention_claim
from dashboard.proposals.documents import all_digest, as_known, document_of
from dashboard.proposals.grouping import (
    company_group,
    company_of,
    grouped_event,
    grouped_relation,
    has_membership,
    membership_group,
)
from dashboard.proposals.models import (
    CompanyProposal,
    EventProposal,
    Finds,
    FoundCompany,
    Group,
    LayerProposal,
    MembershipProposal,
    Proposal,
    ProposedDocument,
    RelationProposal,
    StanceProposal,
)
from dashboard.supply_chain.models import Kind, Stance, SupplyChain

LEAST_CONFIDENCE: Final = 0.3
"""Below it a layer is a guess: the company is proposed as a mention."""
NEAR_BEST: Final = 0.7
"""Share of the best layer's confidence that a further layer needs."""
MOST_LAYERS: Final = 3
_NO_STANCE: Final = StanceProposal(Stance.NEUTRAL, 0.0, "", (), Text("", ""))
MENTION_SHARE: Final = 0.5
"""Of a find's confidence: that a name is certain makes its line no more worth having."""
_NAMED_ONLY: Final = Text(
    "沒有指向任何一層的用語，只是提到，信心減半",
    "no words point to a layer: merely named, at half the confidence",
)

Line = TypeVar("Line", RelationProposal, EventProposal)


def propose(article: Article, chain: SupplyChain, listings: pd.DataFrame) -> Proposal:
    """Everything an article proposes for the map.

    Of an article that is on the map already, what the map says of it goes before what was
    read, and lines that were accepted from it are marked.

    Parameters
    ----------
    listings : DataFrame
        Taiwan's companies as `snapshot.last_listings` has them. One object for many articles:
        the names to look for are made of it once.
    """
    from dashboard.proposals.events import propose_events
    from dashboard.proposals.finding import find_companies
    from dashboard.proposals.layers import propose_layers
    from dashboard.proposals.passages import passages
    from dashboard.proposals.relations import propose_relations
    from dashboard.proposals.stance import propose_stances

    article = as_known(article, chain)
    finds = find_companies(article, chain, listings)
    read = passages(article, finds)
    layers = propose_layers(article, finds, chain, read)
    return built(
        article,
        chain,
        finds,
        layers,
        propose_stances(article, finds, chain, read),
        propose_relations(article, finds, chain),
        propose_events(article, finds, layers, chain),
    )


def built(
    article: Article,
    chain: SupplyChain,
    finds: Finds,
    layers: Mapping[str, Sequence[LayerProposal]],
    stances: Mapping[str, StanceProposal],
    relations: Iterable[RelationProposal] = (),
    events: Iterable[EventProposal] = (),
) -> Proposal:
    """The proposal that finds make, held against the map."""
    document = document_of(article, chain)
    companies = tuple(
        _company(
            one,
            tuple(layers.get(one.identity.id, ())),
            stances.get(one.identity.id, _NO_STANCE),
            document,
            chain,
        )
        for one in finds.companies
    )
    made = Proposal(
        document=document,
        companies=companies,
        relations=_once(relations),
        events=_once(events),
        conflicts=finds.conflicts,
        map_digest=chain.digest,
    )
    return _grouped(made, chain)


def regrouped(proposal: Proposal, chain: SupplyChain) -> Proposal:
    """The proposal with its lines made anew of its layers and stances, held against a map."""
    companies = tuple(
        _company(one.found, one.layers, one.stance, proposal.document, chain)
        for one in proposal.companies
    )
    made = dataclasses.replace(proposal, companies=companies, map_digest=chain.digest)
    return _grouped(made, chain)


def _grouped(proposal: Proposal, chain: SupplyChain) -> Proposal:
    known = proposal.identities
    return dataclasses.replace(
        proposal,
        relations=tuple(
            grouped_relation(one, known, chain, proposal.document.id) for one in proposal.relations
        ),
        events=tuple(
            grouped_event(one, known, chain, proposal.document) for one in proposal.events
        ),
    )


def _once(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Of lines with one id the surest; an id names one line."""
    best: dict[str, Line] = {}
    for one in lines:
        if one.id not in best or one.confidence > best[one.id].confidence:
            best[one.id] = one
    return tuple(best.values())


def _company(
    found: FoundCompany,
    layers: tuple[LayerProposal, ...],
    stance: StanceProposal,
    document: ProposedDocument,
    chain: SupplyChain,
) -> CompanyProposal:
    """One company: its surest layers as lines, or a mention where there is none."""
    layers = tuple(one for one in layers if one.layer in chain.layer_by_id)
    chosen = _chosen(layers)
    lines = [_membership(found, one, stance, document, chain) for one in chosen]
    if not lines:
        lines = [_membership(found, None, stance, document, chain)]
    return CompanyProposal(found, layers, stance, company_group(lines), tuple(lines))


def _chosen(layers: Sequence[LayerProposal]) -> list[LayerProposal]:
    if not layers:
        return []
    least = max(LEAST_CONFIDENCE, NEAR_BEST * layers[0].confidence)
    places: dict[str, LayerProposal] = {}
    for one in layers:
        if one.confidence >= least:
            places.setdefault(one.layer, one)
    return list(places.values())[:MOST_LAYERS]


def _membership(
    found: FoundCompany,
    place: LayerProposal | None,
    stance: StanceProposal,
    document: ProposedDocument,
    chain: SupplyChain,
) -> MembershipProposal:
    company, layer = company_of(found.identity, chain), place.layer if place else None
    lines = _cited(found, place, stance)
    kind = Kind.DIGEST if all_digest(lines, document) else Kind.CORE
    confidence = found.confidence * (place.confidence if place else MENTION_SHARE)
    surest = max(found.mentions, key=lambda one: one.confidence)
    why = place.reason if place else _NAMED_ONLY
    accepted = has_membership(company, layer, document.id)
    group = membership_group(company, layer, stance.stance, kind)
    return MembershipProposal(
        company=found.identity.id,
        layer=layer,
        stance=stance.stance,
        kind=kind,
        group=Group.CONFIRMS if accepted else group,
        lines=lines,
        confidence=round(confidence, 2),
        claim=(
            membership_claim(chain.layer_by_id[place.layer], place, stance)
            if place
            else mention_claim(stance)
        ),
        reason=joined(surest.reason, why, stance.reason if stance.cue else Text("", "")),
        accepted=accepted,
    )


def _cited(
    found: FoundCompany, place: LayerProposal | None, stance: StanceProposal
) -> tuple[int, ...]:
    """What the evidence cites: where it is placed, how it is told, and at least one mention."""
    if place is None:
        return found.lines
    told = stance.lines if stance.cue else ()
    lines = {*place.lines, *told}
    if not lines & set(found.lines):
        near = min(lines, default=0)
        lines.add(min(found.lines, key=lambda one: (abs(one - near), one)))
    return tuple(sorted(lines))
