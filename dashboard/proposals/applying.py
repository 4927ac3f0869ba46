"""The map as it would be with lines of a proposal accepted: models in, models out.

Nothing here reads or writes a file; `patching` carries the change over to the map's text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, TypeVar

from dashboard.errors import ProposalError
from dashboard.i18n import Text
from dashboard.markets import HOME
from dashboard.prices.sessions import sessions
from dashboard.proposals.claims import (
    clean,
    event_claim,
    mention_claim,
    opposed_check,
    relation_claim,
)
from dashboard.proposals.documents import as_document, free, known_document, line_runs, slug
from dashboard.proposals.grouping import (
    company_of,
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
from dashboard.supply_chain.faults import shortened
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
Line = MembershipProposal | RelationProposal | EventProposal
MAP_CHANGED: Final = Text(
    "提案產生之後，地圖已經變動；請重新產生提案",
    "the map has changed since the proposal was made; make the proposal anew",
)
_NOTHING: Final = Text(
    "沒有接受任何一條；請至少選一條", "no line of the proposal is accepted; choose at least one"
)
_COMPARED: Final = 200
_CLOSED_AT_MOST: Final = dt.timedelta(days=30)
"""Longer than any time without a session."""


def lines_of(proposal: Proposal) -> dict[str, Line]:
    """Every line that can be accepted, by its id: memberships, relations, events."""
    lines: dict[str, Line] = {}
    for company in proposal.companies:
        lines.update((one.id, one) for one in company.memberships)
    lines.update((one.id, one) for one in proposal.relations)
    lines.update((one.id, one) for one in proposal.events)
    return lines


def applied(chain: SupplyChain, proposal: Proposal, accepted: Collection[str]) -> SupplyChain:
    """The map with the accepted lines in it; `digest` stays that of the map as it is.

    A new company's surest core layer is its primary one; further layers, and those of a
    company that has a primary one, are secondary. A relation or an event brings companies
    that are neither on the map nor accepted along as mentions. What contradicts the map makes
    the membership disputed, with a check beside the evidence. The session of an event is the
    first in Taiwan on or after its day: the hour at which it was known is not looked for.

    Raises
    ------
    ProposalError
        If nothing is accepted, an id is not of the proposal, the map is not the one the
        proposal was made against, or the article is on it already.
    """
    check_accepted(chain, proposal, accepted)
    return _Applying(chain, proposal).run(frozenset(accepted))


def check_accepted(chain: SupplyChain, proposal: Proposal, accepted: Collection[str]) -> None:
    """Raise where these lines cannot be accepted; see `applied`."""
    there = known_document(proposal.document.sha256, chain)
    if there is not None:
        raise ProposalError(already_known(there))
    if chain.digest != proposal.map_digest:
        raise ProposalError(MAP_CHANGED)
    check_known(sorted(accepted), lines_of(proposal))
    if not accepted:
        raise ProposalError(_NOTHING)


def check_known(names: Iterable[str], lines: Collection[str]) -> None:
    """Raise for the first name that is no line's, with those that look like it."""
    for one in names:
        if one not in lines:
            raise ProposalError(_unknown(one, sorted(lines)))


def already_known(document: Document) -> Text:
    """That an article is on the map, and as what."""
    title = Text(*(shortened(one) for one in document.title))
    return Text(
        f"這篇文章已在地圖上，文件代號是 {document.id}（{title.zh}）；請直接修改地圖裡引用它的條目",
        f"this article is on the map already as {document.id} ({title.en}); edit the entries "
        "that cite it in the map itself",
    )


def _unknown(name: str, lines: Sequence[str]) -> Text:
    """A sentence about an id that is none, with those that look like it."""
    of_company = [one for one in lines if one.startswith(f"{name}:")]
    near = (of_company or get_close_matches(name[:_COMPARED], lines, n=3))[:3]
    shown = shortened(clean(name))
    if near:
        return Text(
            f"提案裡沒有「{shown}」這一條；是不是 {' 或 '.join(near)}？",
            f"line {shown!r} is not in the proposal; did you mean {' or '.join(near)}?",
        )
    return Text(
        f"提案裡沒有「{shown}」這一條；代號見：python -m dashboard map propose SOURCE",
        f"line {shown!r} is not in the proposal; its ids are told by: "
        "python -m dashboard map propose SOURCE",
    )


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
        self.document = as_document(self.proposal.document)
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
        for one in sorted(lines, key=lambda one: (one.kind is Kind.DIGEST, -one.confidence)):
            company = self.companies[key]
            evidence = self._evidence(one.lines, one.claim)
            self.companies[key] = (
                self._with_mention(company, evidence)
                if one.layer is None
                else self._with_membership(company, one, evidence)
            )

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

    def _brought(self, name: str, lines: Iterable[int]) -> str:
        """The key of a company of a relation or event; a mention where it is new and bare."""
        found = self.proposal.by_id[name]
        key = self._key(found.found.identity)
        company = self.companies[key]
        if not company.memberships and not company.mentions:
            evidence = self._evidence(lines, mention_claim(found.stance))
            self.companies[key] = self._with_mention(company, evidence)
        return key

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
        source, target = (self._brought(one, line.lines) for one in (line.source, line.target))
        if source == target:
            return
        known = known_relation(line.kind, source, target, relations)
        if known is None:
            new = Relation(source=source, target=target, kind=line.kind, evidence=(evidence,))
            relations.append(new)
        else:
            _add_evidence(relations, known, evidence)

    def _happen(self, line: EventProposal, events: list[Event]) -> None:
        evidence = self._evidence(line.lines, event_claim(line))
        keys = tuple(dict.fromkeys(self._brought(one, line.lines) for one in line.companies))
        known = known_event(line, frozenset(keys), self.chain.events)
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
