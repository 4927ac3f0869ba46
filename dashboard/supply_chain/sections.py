"""From the tree of the file to the chain: every section, entry by entry.

An entry with a fault is left out. So is, without a fault of its own, what names an entry
that was left out: one mistake is told once.
"""

from __future__ import annotations

from collections.abc import Callable

from dashboard.markets import BOARDS
from dashboard.supply_chain.entries import EntryReader
from dashboard.supply_chain.faults import FaultList, shortened
from dashboard.supply_chain.models import (
    Company,
    Document,
    Event,
    Evidence,
    Kind,
    Layer,
    Listing,
    Membership,
    Relation,
    Stage,
    SupplyChain,
)
from dashboard.supply_chain.records import FAULTY, line_of, read_record, text_at
from dashboard.supply_chain.rules import (
    company_objections,
    document_objections,
    event_objections,
    evidence_objections,
    folded,
    listing_objections,
    membership_objections,
    relation_identity,
)
from dashboard.supply_chain.yaml_nodes import Mapping as MappingNode
from dashboard.supply_chain.yaml_nodes import Node
from dashboard.supply_chain.yaml_nodes import Sequence as SequenceNode


def read_chain(root: MappingNode, faults: FaultList) -> SupplyChain:
    """Every sound entry of the file; its faults are added to `faults`."""
    return _ChainReader(root, faults).read()


class _ChainReader(EntryReader):
    def __init__(self, root: MappingNode, faults: FaultList) -> None:
        super().__init__(root, faults)
        self.documents: dict[str, Document] = {}
        self.stages: dict[str, Stage] = {}
        self.layers: dict[str, Layer] = {}
        self.companies: dict[str, Company] = {}
        self.symbol_lines: dict[str, int] = {}
        self.name_lines: dict[str, int] = {}

    def read(self) -> SupplyChain:
        self.documents = self._unique("documents", "id", self._document)
        self.stages = self._unique("stages", "id", self._stage)
        self.layers = self._unique("layers", "id", self._layer)
        self._claim_names()
        self.companies = self._unique("companies", "key", self._company)
        return SupplyChain(
            documents=tuple(self.documents.values()),
            stages=tuple(self.stages.values()),
            layers=tuple(self.layers.values()),
            companies=tuple(self.companies.values()),
            relations=self._relations(),
            events=tuple(self._unique("events", "id", self._event).values()),
        )

    # --- entries ----------------------------------------------------------------------

    def _document(self, node: Node) -> Document | None:
        document = read_record(Document, node, self.faults)
        if document is None or self._object(node, document_objections(document)):
            return None
        return document

    def _stage(self, node: Node) -> Stage | None:
        return read_record(Stage, node, self.faults)

    def _layer(self, node: Node) -> Layer | None:
        self._check_reference(node, "stage", "stage")
        layer = read_record(Layer, node, self.faults)
        return layer if layer and layer.stage in self.stages else None

    def _evidence(self, node: Node) -> Evidence | None:
        self._check_reference(node, "document", "document")
        evidence = read_record(Evidence, node, self.faults)
        if evidence is None or evidence.document not in self.documents:
            return None
        document = self.documents[evidence.document]
        return None if self._object(node, evidence_objections(evidence, document)) else evidence

    def _with_evidence(self, node: Node) -> dict[str, object]:
        if not isinstance(node, MappingNode) or "evidence" not in node.items:
            return {}
        evidence, whole = self._nested(node, "evidence", self._evidence)
        return {"evidence": evidence if whole else FAULTY}

    def _membership(self, node: Node) -> Membership | None:
        self._check_reference(node, "layer", "layer")
        nested = self._with_evidence(node)
        membership = read_record(Membership, node, self.faults, nested)
        if membership is None:
            return None
        faulty = self._object(node, membership_objections(membership, self.documents))
        return None if faulty or membership.layer not in self.layers else membership

    def _listing(self, node: Node) -> Listing | None:
        listing = read_record(Listing, node, self.faults)
        if listing is None:
            return None
        first = self.symbol_lines.get(listing.symbol)
        if first is not None:
            what = f"the symbol {listing.symbol} is used twice (first on line {first})"
            mend = "give each symbol to one company, once"
            self.faults.add(line_of(node, "symbol"), what, mend)
            return None
        self.symbol_lines[listing.symbol] = line_of(node, "symbol")
        if listing.board not in BOARDS:
            mend = self.faults.nearest(listing.board, BOARDS, "a board of the markets")
            what = f"the board {shortened(listing.board)} is unknown"
            self.faults.add(line_of(node, "board"), what, mend)
            return None
        return None if self._object(node, listing_objections(listing)) else listing

    # --- companies --------------------------------------------------------------------

    def _company(self, node: Node) -> Company | None:
        listings, listings_whole = self._nested(node, "listings", self._listing)
        memberships, all_members = self._nested(node, "memberships", self._placed_once(node))
        mentions, all_mentions = self._nested(node, "mentions", self._evidence)
        nested: dict[str, object] = {
            "listings": listings if listings_whole else FAULTY,
            "memberships": memberships,
            "mentions": mentions,
        }
        company = read_record(Company, node, self.faults, nested)
        if company is None:
            return None
        if self._object(node, company_objections(company, all_members and all_mentions)):
            return None
        return company.model_copy(update={"aliases": self._own_aliases(node, company)})

    def _placed_once(self, company: Node) -> Callable[[Node], Membership | None]:
        """A reader of one company's memberships that refuses a layer twice with one kind."""
        places: dict[tuple[str, Kind], int] = {}

        def read(node: Node) -> Membership | None:
            membership = self._membership(node)
            if membership is None:
                return None
            place = (membership.layer, membership.kind)
            line = line_of(node, "layer")
            if place in places:
                key = shortened(text_at(company, "key"))
                what = f"{key} is in {place[0]} twice as {place[1]} (first on line {places[place]})"
                self.faults.add(line, what, "put the evidence of both under one membership")
                return None
            places[place] = line
            return membership

        return read

    def _claim_names(self) -> None:
        """Note whose the names are; every company's, before any alias is looked at."""
        for node in self.nodes["companies"]:
            own: set[str] = set()
            for language in ("zh", "en"):
                name = text_at(node, "name", language)
                if name is None or folded(name) in own:
                    continue
                own.add(folded(name))
                line = line_of(node, "name", language)
                first = self.name_lines.get(folded(name))
                if first is None:
                    self.name_lines[folded(name)] = line
                    continue
                what = f"the name {shortened(name)} is another company's (line {first})"
                self.faults.add(line, what, "make the two names differ or merge the companies")

    def _own_aliases(self, node: Node, company: Company) -> tuple[str, ...]:
        """The aliases no one has claimed; the others are faults."""
        own: list[str] = []
        for number, alias in enumerate(company.aliases):
            line = line_of(node, "aliases", number)
            first = self.name_lines.get(folded(alias))
            if first is None:
                self.name_lines[folded(alias)] = line
                own.append(alias)
                continue
            what = f"the alias {shortened(alias)} is already a name or alias (line {first})"
            self.faults.add(line, what, "delete it here or there")
        return tuple(own)

    # --- relations and events ---------------------------------------------------------

    def _relations(self) -> tuple[Relation, ...]:
        relations: list[Relation] = []
        lines: dict[tuple[str, str, str], int] = {}
        for node in self.nodes["relations"]:
            relation = self._relation(node)
            if relation is None:
                continue
            identity = relation_identity(relation)
            if identity in lines:
                what = (
                    f"the relation {relation.source} {relation.kind} {relation.target} is "
                    f"stated twice (first on line {lines[identity]})"
                )
                self.faults.add(node.line, what, "put the evidence of both under one")
                continue
            lines[identity] = node.line
            relations.append(relation)
        return tuple(relations)

    def _relation(self, node: Node) -> Relation | None:
        self._check_reference(node, "company", "source")
        self._check_reference(node, "company", "target")
        relation = read_record(Relation, node, self.faults, self._with_evidence(node))
        if relation is None:
            return None
        if relation.source == relation.target:
            what = f"the relation joins {relation.source} to itself"
            self.faults.add(line_of(node, "target"), what, "name the other company")
            return None
        both = relation.source in self.companies and relation.target in self.companies
        return relation if both else None

    def _event(self, node: Node) -> Event | None:
        before = len(self.faults)
        self._check_references(node, "layer", "layers")
        self._check_references(node, "company", "companies")
        event = read_record(Event, node, self.faults, self._with_evidence(node))
        if event is None or self._object(node, event_objections(event)):
            return None
        if len(self.faults) > before:
            return None
        layers = tuple(name for name in event.layers if name in self.layers)
        companies = tuple(name for name in event.companies if name in self.companies)
        return event.model_copy(update={"layers": layers, "companies": companies})

    def _check_references(self, node: Node, what: str, field: str) -> None:
        """Faults for the unknown and the repeated names of a list."""
        seen: set[str] = set()
        names = node.items.get(field) if isinstance(node, MappingNode) else None
        for number in range(len(names.items) if isinstance(names, SequenceNode) else 0):
            self._check_reference(node, what, field, number)
            name = text_at(node, field, number)
            if name in seen:
                line = line_of(node, field, number)
                self.faults.add(line, f"the {what} {name} is named twice", "delete one of the two")
            elif name is not None:
                seen.add(name)
