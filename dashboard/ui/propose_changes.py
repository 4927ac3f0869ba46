"""A line as a person would have it: in another layer, of another stance, in other words."""

from __future__ import annotations

import dataclasses

from dashboard.i18n import LANGUAGES, Text, translate
from dashboard.proposals.claims import membership_claim, mention_claim, own_claim
from dashboard.proposals.documents import all_digest
from dashboard.proposals.grouping import (
    company_group,
    company_of,
    has_membership,
    membership_group,
)
from dashboard.proposals.models import (
    CompanyProposal,
    Group,
    LayerProposal,
    MembershipProposal,
    Proposal,
    ProposedDocument,
    StanceProposal,
)
from dashboard.supply_chain.models import Kind, Stance, SupplyChain


def changed_line(
    proposal: Proposal,
    line: str,
    layer: str | None,
    stance: Stance,
    chain: SupplyChain,
    claim: Text | None = None,
) -> tuple[Proposal, str] | None:
    """The proposal with one line changed, and the line's id in it.

    What the line would do to the map is judged anew, and its claim is written anew where it
    is not given.

    Parameters
    ----------
    layer : any of the map; None for a mere mention

    Returns
    -------
    tuple or None
        None where the company has another line in that layer already.

    Raises
    ------
    ProposalError
        If the claim is none (`claims.own_claim`).
    """
    company, own = _found(proposal, line)
    if any(one.layer == layer and one.id != line for one in company.memberships):
        return None
    fresh = _changed(company, own, layer, stance, proposal.document, chain)
    if claim is not None and claim != own.claim:
        fresh = dataclasses.replace(fresh, claim=own_claim(claim))
    lines = tuple(fresh if one.id == line else one for one in company.memberships)
    changed = dataclasses.replace(company, memberships=lines, group=company_group(lines))
    companies = tuple(changed if one.id == company.id else one for one in proposal.companies)
    return dataclasses.replace(proposal, companies=companies), fresh.id


def _found(proposal: Proposal, line: str) -> tuple[CompanyProposal, MembershipProposal]:
    return next(
        (company, one)
        for company in proposal.companies
        for one in company.memberships
        if one.id == line
    )


def _changed(
    company: CompanyProposal,
    own: MembershipProposal,
    layer: str | None,
    stance: Stance,
    document: ProposedDocument,
    chain: SupplyChain,
) -> MembershipProposal:
    place = next((one for one in company.layers if one.layer == layer), None)
    moved = place is not None and layer != own.layer
    lines = tuple(sorted({*place.lines, *_named(company, place)})) if place and moved else own.lines
    kind = Kind.DIGEST if all_digest(lines, document) else Kind.CORE
    told = company.stance
    if stance is not told.stance:
        told = StanceProposal(stance, 1.0, "", lines, _by_hand())
    if layer is None:
        claim = mention_claim(told)
    else:
        cited = place or LayerProposal(layer, own.confidence, "", lines, own.reason)
        claim = membership_claim(chain.layer_by_id[layer], cited, told)
    there = company_of(company.found.identity, chain)
    accepted = has_membership(there, layer, document.id)
    return dataclasses.replace(
        own,
        layer=layer,
        stance=stance,
        kind=kind,
        group=Group.CONFIRMS if accepted else membership_group(there, layer, stance, kind),
        lines=lines,
        confidence=place.confidence if place and moved else own.confidence,
        claim=claim,
        reason=_by_hand(),
        accepted=accepted,
    )


def _named(company: CompanyProposal, place: LayerProposal) -> tuple[int, ...]:
    """The nearest line that names the company, where none of the layer's does."""
    lines = company.found.lines
    if set(lines) & set(place.lines):
        return ()
    near = min(place.lines, default=lines[0])
    return (min(lines, key=lambda one: (abs(one - near), one)),)


def _by_hand() -> Text:
    return Text(*(translate("propose.by_hand", language) for language in LANGUAGES))
