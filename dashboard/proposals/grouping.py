"""What each line of a proposal would do to the map as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dashboard.proposals.documents import line_runs
from dashboard.proposals.models import (
    EventProposal,
    Group,
    Identity,
    MembershipProposal,
    ProposedDocument,
    RelationProposal,
)
from dashboard.supply_chain.models import (
    Company,
    Event,
    Evidence,
    Kind,
    Membership,
    Precision,
    Relation,
    RelationKind,
    Stance,
    SupplyChain,
)
from dashboard.supply_chain.rules import relation_identity

_OPPOSITE = {Stance.BENEFICIARY: Stance.AT_RISK, Stance.AT_RISK: Stance.BENEFICIARY}
_GRAVITY = (Group.NEW_COMPANY, Group.CONTRADICTS, Group.NEW_MEMBERSHIP, Group.CONFIRMS)
"""Of a company's lines the first of these names the company's group."""


def company_of(identity: Identity, chain: SupplyChain) -> Company | None:
    """The company of the map that is found; None for a new one."""
    if identity.key is not None and identity.key in chain.company_by_key:
        return chain.company_by_key[identity.key]
    return chain.company_by_symbol.get(identity.symbol or "")


def place_of(company: Company, layer: str, kind: Kind) -> Membership | None:
    """The membership that evidence of a kind belongs to; None where it has none in the layer."""
    there = [one for one in company.memberships if one.layer == layer]
    return next((one for one in there if one.kind is kind), there[0] if there else None)


def cites(evidence: Iterable[Evidence], document: str) -> bool:
    """Whether any of it is of a document."""
    return any(one.document == document for one in evidence)


def has_membership(company: Company | None, layer: str | None, document: str) -> bool:
    """Whether a document is cited for a company in a layer, or for a mention of it."""
    if company is None:
        return False
    if layer is None:
        return cites(company.mentions, document)
    return any(cites(one.evidence, document) for one in company.memberships if one.layer == layer)


def opposed(there: Stance, told: Stance) -> bool:
    """Whether one says gain and the other loss."""
    return _OPPOSITE.get(there) is told


def membership_group(
    company: Company | None, layer: str | None, stance: Stance, kind: Kind
) -> Group:
    """Of one line; a mention of a company on the map confirms it."""
    if company is None:
        return Group.NEW_COMPANY
    if layer is None:
        return Group.CONFIRMS
    there = place_of(company, layer, kind)
    if there is None:
        return Group.NEW_MEMBERSHIP
    return Group.CONTRADICTS if opposed(there.stance, stance) else Group.CONFIRMS


def company_group(memberships: Iterable[MembershipProposal]) -> Group:
    """The gravest of a company's lines."""
    return min((one.group for one in memberships), key=_GRAVITY.index, default=Group.CONFIRMS)


def known_relation(
    kind: RelationKind, source: str, target: str, relations: Iterable[Relation]
) -> Relation | None:
    """The map's relation of this kind between two keys; partners and rivals either way."""
    asked = Relation.model_construct(source=source, target=target, kind=kind, evidence=())
    wanted = relation_identity(asked)
    return next((one for one in relations if relation_identity(one) == wanted), None)


def known_event(
    event: EventProposal, keys: frozenset[str], events: Iterable[Event]
) -> Event | None:
    """The map's event that this one tells again.

    The same date and direction, and all its companies among those of the map's event; where
    only a month, quarter or year is known, the same companies exactly.
    """
    for one in events:
        same = (one.date, one.precision, one.direction) == (
            event.date,
            event.precision,
            event.direction,
        )
        there = frozenset(one.companies)
        day = event.precision is Precision.DAY
        if same and keys and (keys <= there if day else keys == there):
            return one
    return None


def grouped_relation(
    relation: RelationProposal,
    identities: Mapping[str, Identity],
    chain: SupplyChain,
    document: str,
) -> RelationProposal:
    """The relation with what it would do to the map that has the document or has not."""
    keys = _keys((relation.source, relation.target), identities, chain)
    known = None
    if None not in keys:
        source, target = (str(key) for key in keys)
        known = known_relation(relation.kind, source, target, chain.relations)
    return replace(
        relation,
        group=Group.CONFIRMS if known else Group.NEW_MEMBERSHIP,
        accepted=known is not None and cites(known.evidence, document),
    )


def grouped_event(
    event: EventProposal,
    identities: Mapping[str, Identity],
    chain: SupplyChain,
    document: ProposedDocument,
) -> EventProposal:
    """The event with what it would do to the map that has the document or has not."""
    keys = _keys(event.companies, identities, chain)
    accepted = _has_event(event, chain, document)
    known = None
    if None not in keys:
        others = events_of_others(chain, document.id)
        known = known_event(event, frozenset(str(key) for key in keys), others)
    group = Group.CONFIRMS if known or accepted else Group.NEW_MEMBERSHIP
    return replace(event, group=group, accepted=accepted)


def events_of_others(chain: SupplyChain, document: str) -> Sequence[Event]:
    """Events that another document tells: an article does not repeat its own."""
    return [one for one in chain.events if any(each.document != document for each in one.evidence)]


def _has_event(event: EventProposal, chain: SupplyChain, document: ProposedDocument) -> bool:
    date = event.date if event.precision is not Precision.UNKNOWN else None
    lines = line_runs(event.lines, document)
    return any(
        (one.date, one.precision, one.direction) == (date, event.precision, event.direction)
        and any(each.document == document.id and each.lines == lines for each in one.evidence)
        for one in chain.events
    )


def _keys(
    ids: Iterable[str], identities: Mapping[str, Identity], chain: SupplyChain
) -> list[str | None]:
    found = (company_of(identities[one], chain) for one in ids)
    return [None if one is None else one.key for one in found]
