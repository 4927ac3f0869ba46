"""The map as it would be with lines of a proposal accepted: models in, models out.

Nothing here reads or writes a file; `patching` carries the change over to the map's text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from dashboard.errors import ProposalError
from dashboard.i18n import Text
from dashboard.markets import HOME
from dashboard.prices.sessions import sessions
from dashboard.proposals.choosing import check_accepted, lines_of
from dashboard.proposals.claims import (
    clean,
    event_claim,
    mention_claim,
    opposed_check,
    relation_claim,
)
from dashboard.proposals.documents import as_document, free, known_document, line_runs, slug
from dashboard.proposals.grouping import (
    cites,
    company_of,
    events_of_others,
    known_event,
    known_relation,
    opposed,
    place_of,
)
from dashboard.proposals.models import (
    CompanyProposal,
    EventProposal,
    Identity,
    MembershipProposal,
    Proposal,
    RelationProposal,
)
from dashboard.proposals.newcomers import new_company, taken_names
from dashboard.supply_chain.models import (
    CheckKind,
    Company,
    Document,
    Event,
    Evidence,
    Kind,
    Membership,
    Precision,
    Relation,
    Stance,
    SupplyChain,
)

Entry = TypeVar("Entry", Relation, Event)
_CLOSED_AT_MOST: Final = dt.timedelta(days=30)
"""Longer than any time without a session."""


def applied(chain: SupplyChain, proposal: Proposal, accepted: Collection[str]) -> SupplyChain:
    """The map with the accepted lines in it; `digest` stays that of the map as it is.

    A new company's surest core layer is its primary one; further layers, and those of a
    company that has a primary one, are secondary. A relation or an event brings companies
    that are neither on the map nor accepted along as mentions. What contradicts the map makes
    the membership disputed, with a check beside the evidence. The session of an event is the
    first in Taiwan on or after its day: the hour at which it was known is not looked for.

    Of an article that is on the map already, lines that were accepted before are left as they
    are: lines accepted in two goes make the map that they make in one, but for the order of
    entries.

    Raises
    ------
    ProposalError
        If nothing new is accepted, an id is not of the proposal, or the map is not the one the
        proposal was made against.
    """
    check_accepted(chain, proposal, accepted)
    lines = lines_of(proposal)
    fresh = frozenset(one for one in accepted if not lines[one].accepted)
    return _Applying(chain, proposal).run(fresh)


@dataclass
class _Applying:
    """One application; `companies` are by key, in the map's order and then as accepted."""

    chain: SupplyChain
    proposal: Proposal
    companies: dict[str, Company] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def run(self, accepted: frozenset[str]) -> SupplyChain:
        self.companies = dict(self.chain.company_by_key)
        self.names = taken_names(self.chain.companies)
        told = self.proposal.document
        there = known_document(told.sha256, self.chain)
        self.document = as_document(told) if there is None else there
        self.documents = {**self.chain.document_by_id, self.document.id: self.document}
        for company in self.proposal.companies:
            self._place(company, [one for one in company.memberships if one.id in accepted])
        relations = list(self.chain.relations)
        for relation in self.proposal.relations:
            if relation.id in accepted:
                self._relate(relation, relations)
        events = list(self.chain.events)
        for event in self.proposal.events:
            if event.id in accepted:
                self._happen(event, events)
        # Made anew: a copy would carry along what the map has looked up by key so far.
        return SupplyChain(
            documents=tuple(self.documents.values()),
            stages=self.chain.stages,
            layers=self.chain.layers,
            companies=tuple(self.companies.values()),
            relations=tuple(relations),
            events=tuple(events),
            digest=self.chain.digest,
        )

    # --- companies --------------------------------------------------------------------

    def _place(self, proposed: CompanyProposal, lines: list[MembershipProposal]) -> None:
        if not lines:
            return
        key = self._key(proposed.found.identity)
        company = self.companies[key]
        if not company.memberships and company.mentions == (self._brought_mention(proposed),):
            # Brought along before without a place; now it has one.
            company = company.model_copy(update={"mentions": ()})
        for one in sorted(lines, key=_surest_first):
            evidence = self._evidence(one.lines, one.claim)
            company = (
                self._with_mention(company, evidence)
                if one.layer is None
                else self._with_membership(company, one, evidence)
            )
        self.companies[key] = self._with_primary(company, proposed)

    def _with_primary(self, company: Company, proposed: CompanyProposal) -> Company:
        """Where all its places are of this article, the surest of them is the primary one."""
        places = company.memberships
        cited = [evidence for one in places for evidence in one.evidence]
        if not places or any(one.document != self.document.id for one in cited):
            return company
        order = [one.layer for one in sorted(proposed.memberships, key=_surest_first)]
        surest = min(
            places,
            key=lambda one: order.index(one.layer) if one.layer in order else len(order),
        )
        ranked = (one.model_copy(update={"primary": one is surest}) for one in places)
        return company.model_copy(update={"memberships": tuple(ranked)})

    def _key(self, identity: Identity) -> str:
        """The key of a company, which is new where the map has none."""
        there = company_of(identity, self.chain)
        if there is not None:
            return there.key
        if identity.id not in self.keys:
            company = new_company(identity, self.companies, self.names)
            self.companies[company.key] = company
            self.keys[identity.id] = company.key
            self.names |= taken_names([company])
        return self.keys[identity.id]

    def _brought(self, name: str) -> str:
        """The key of a company of a relation or event; a mention where it is new and bare."""
        proposed = self.proposal.by_id[name]
        key = self._key(proposed.found.identity)
        company = self.companies[key]
        if not company.memberships and not company.mentions:
            self.companies[key] = self._with_mention(company, self._brought_mention(proposed))
        return key

    def _brought_mention(self, proposed: CompanyProposal) -> Evidence:
        return self._evidence(proposed.found.lines, mention_claim(proposed.stance))

    def _with_mention(self, company: Company, evidence: Evidence) -> Company:
        return company.model_copy(update={"mentions": (*company.mentions, evidence)})

    def _with_membership(
        self, company: Company, line: MembershipProposal, evidence: Evidence
    ) -> Company:
        assert line.layer is not None, "a mention is no membership"
        kind = self._kind([evidence])
        there = place_of(company, line.layer, kind)
        if there is None:
            new = Membership(
                layer=line.layer,
                primary=not company.memberships,
                role=self.chain.layer_by_id[line.layer].definition,
                stance=line.stance,
                kind=kind,
                evidence=(evidence,),
            )
            return company.model_copy(update={"memberships": (*company.memberships, new)})
        changed = self._with_evidence(there, line.stance, evidence)
        places = tuple(changed if one is there else one for one in company.memberships)
        return company.model_copy(update={"memberships": places})

    def _with_evidence(self, there: Membership, told: Stance, evidence: Evidence) -> Membership:
        stance = there.stance
        if opposed(stance, told):
            check = {"check": opposed_check(stance), "check_kind": CheckKind.OPPOSED}
            evidence, stance = evidence.model_copy(update=check), Stance.DISPUTED
        cited = (*there.evidence, evidence)
        return there.model_copy(
            update={"evidence": cited, "stance": stance, "kind": self._kind(cited)}
        )

    def _kind(self, evidence: Iterable[Evidence]) -> Kind:
        digest = all(self.documents[one.document].is_digest(one) for one in evidence)
        return Kind.DIGEST if digest else Kind.CORE

    def _evidence(self, lines: Iterable[int], claim: Text) -> Evidence:
        return Evidence(document=self.document.id, lines=_runs(lines, self.document), claim=claim)

    # --- relations and events ---------------------------------------------------------

    def _relate(self, line: RelationProposal, relations: list[Relation]) -> None:
        ends = [self.proposal.identities[one] for one in (line.source, line.target)]
        evidence = self._evidence(line.lines, relation_claim(line, *ends))
        source, target = (self._brought(one) for one in (line.source, line.target))
        if source == target:
            return
        known = known_relation(line.kind, source, target, relations)
        if known is None:
            new = Relation(source=source, target=target, kind=line.kind, evidence=(evidence,))
            relations.append(new)
        elif not cites(known.evidence, self.document.id):
            _add_evidence(relations, known, evidence)

    def _happen(self, line: EventProposal, events: list[Event]) -> None:
        evidence = self._evidence(line.lines, event_claim(line))
        keys = tuple(dict.fromkeys(self._brought(one) for one in line.companies))
        others = events_of_others(self.chain, self.document.id)
        known = known_event(line, frozenset(keys), others)
        if known is not None:
            _add_evidence(events, next(one for one in events if one.id == known.id), evidence)
            return
        dated = line.precision is not Precision.UNKNOWN
        name = "-".join((*keys[:1], *((line.date.casefold(),) if dated else ())))
        events.append(
            Event(
                id=free(slug(name) or self.document.id, {one.id for one in events}),
                title=Text(*(clean(one) for one in line.title)),
                date=line.date if dated else None,
                precision=line.precision,
                session=_session(line),
                layers=tuple(one for one in dict.fromkeys(line.layers) if one in self._layers),
                companies=keys,
                direction=line.direction,
                bottleneck=line.bottleneck,
                evidence=(evidence,),
            )
        )

    @property
    def _layers(self) -> Collection[str]:
        return self.chain.layer_by_id


def _surest_first(line: MembershipProposal) -> tuple[bool, float]:
    return line.kind is Kind.DIGEST, -line.confidence


def _add_evidence(entries: list[Entry], known: Entry, evidence: Evidence) -> None:
    place = next(n for n, one in enumerate(entries) if one is known)
    cited = (*known.evidence, evidence)
    entries[place] = known.model_copy(update={"evidence": cited})


def _runs(lines: Iterable[int], document: Document) -> tuple[tuple[int, int], ...]:
    runs = line_runs(lines, document)
    if not runs:
        raise ProposalError(
            Text(
                "有一條沒有地圖能引用的行號；請不要接受它",
                "one of the lines cites no line of the article that the map could; leave it out",
            )
        )
    return runs


def _session(event: EventProposal) -> dt.date | None:
    """First session in Taiwan on or after the day; None without a day or beyond the calendar."""
    if event.precision is not Precision.DAY:
        return None
    day = dt.date.fromisoformat(event.date)
    found = sessions(HOME, day, min(day, dt.date.max - _CLOSED_AT_MOST) + _CLOSED_AT_MOST)
    return dt.date.fromisoformat(str(found[0])) if found.size else None
