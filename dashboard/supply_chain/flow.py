"""The map as a flow: layers by stage, and what the documents say runs between them.

Relations are between companies; a company stands in the flow for its primary layer, or for
itself where no document places it. What one company supplies to another is drawn from the
supplier; partners and competitors have no direction, money runs from who gives it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd

from dashboard.errors import InputError
from dashboard.supply_chain.models import Company, Relation, RelationKind, SupplyChain
from dashboard.supply_chain.rows import COUNT, KIND, RELATIONS, supply_flow

NODE: Final = "node"
TYPE: Final = "type"
NAME: Final = "name"
COLUMN: Final = "column"
ROW: Final = "row"
SOURCE: Final = "source"
TARGET: Final = "target"
DOCUMENTS: Final = "documents"
LINES: Final = "lines"
COMPANY_KEY: Final = "company"
SIDE: Final = "side"
STEPS: Final = "steps"
NODE_COLUMNS: Final = (NODE, TYPE, NAME, COLUMN, ROW)
FLOW_COLUMNS: Final = (SOURCE, TARGET, KIND, COUNT, DOCUMENTS, LINES, RELATIONS)
PLACE_COLUMNS: Final = (COMPANY_KEY, SIDE, STEPS)
FLOW_KINDS: Final = (
    RelationKind.SUPPLIER,
    RelationKind.EQUIPMENT,
    RelationKind.PARTNER,
    RelationKind.COMPETITOR,
    RelationKind.INVESTOR,
    RelationKind.ACQUIRER,
    RelationKind.GOVERNMENT_SUPPORT,
)
"""Kinds of links; a customer is its supplier's link seen from the other end."""
SUPPLY_KINDS: Final = FLOW_KINDS[:2]
UNDIRECTED: Final = frozenset({RelationKind.PARTNER, RelationKind.COMPETITOR})
NEIGHBOUR_STEPS: Final = 2
_TYPES: Final = {COUNT: "int64", COLUMN: "int64", ROW: "int64", STEPS: "int64"}
_OBJECTS: Final = frozenset({DOCUMENTS, RELATIONS})


class NodeType(StrEnum):
    """What a node of the flow stands for."""

    LAYER = "layer"
    COMPANY = "company"


class Side(StrEnum):
    """Where a neighbour stands."""

    UP = "up"
    SELF = "self"
    DOWN = "down"


@dataclass(frozen=True, eq=False)
class Flow:
    """Nodes and links.

    Attributes
    ----------
    nodes : DataFrame, `NODE_COLUMNS`
        Every layer, in map order, `column` its stage's and `row` its place in it; then the
        companies without a layer that a link names, in rows below, each near what it is
        linked with.
    links : DataFrame, `FLOW_COLUMNS`
        One row per source node, target node and kind, in map order. `count` relations, whose
        evidence is cut to the chosen documents; `documents` their ids in map order; `lines`
        `"document:17; document:3-4"`. Source and target may be the same layer.
    """

    nodes: pd.DataFrame
    links: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """What hangs on a company.

    Attributes
    ----------
    places : DataFrame, `PLACE_COLUMNS`
        The company itself with 0 steps; then who supplies it (`up`) and whom it supplies
        (`down`), nearest first. One that is both stands on the nearer side, `up` where equal.
    links : DataFrame, `FLOW_COLUMNS`, of company keys; supply only
    beside : relations of the company itself that supply nothing
    """

    key: str
    places: pd.DataFrame
    links: pd.DataFrame
    beside: tuple[Relation, ...]


def node_id(kind: NodeType, name: str) -> str:
    """`layer:gpu`."""
    return f"{kind.value}:{name}"


def node_parts(node: str) -> tuple[NodeType, str] | None:
    """Type and name of what `node_id` gave; None for anything else."""
    kind, _, name = node.partition(":")
    return (NodeType(kind), name) if kind in set(NodeType) and name else None


def home_layer(company: Company) -> str | None:
    """The layer that a company stands for: its primary one, else its first."""
    layers = [one.layer for one in company.memberships if one.primary]
    layers += [one.layer for one in company.memberships]
    return layers[0] if layers else None


def chosen_relations(
    chain: SupplyChain, documents: Collection[str] = (), kinds: Collection[str] = ()
) -> tuple[Relation, ...]:
    """Relations of some kinds that some documents tell of, their evidence cut to these.

    Parameters
    ----------
    documents, kinds : ids; empty means all
    """
    found = []
    for one in chain.relations:
        if kinds and directed(one)[2].value not in kinds:
            continue
        if documents:
            kept = tuple(part for part in one.evidence if part.document in documents)
            if not kept:
                continue
            one = one.model_copy(update={"evidence": kept})
        found.append(one)
    return tuple(found)


def directed(relation: Relation) -> tuple[str, str, RelationKind]:
    """(from company, to company, kind): supply from the supplier, the others as they are told."""
    return supply_flow(relation) or (relation.source, relation.target, relation.kind)


def flow(
    chain: SupplyChain, *, documents: Collection[str] = (), kinds: Collection[str] = ()
) -> Flow:
    """The map's relations between layers; see `Flow`.

    Parameters
    ----------
    documents, kinds : ids of documents and of `FLOW_KINDS`; empty means all
    """
    relations = chosen_relations(chain, documents, kinds)
    node_of = {one.key: _node(one) for one in chain.companies}
    links = _linked(
        chain, relations, node_of, [node_id(NodeType.LAYER, x.id) for x in chain.layers]
    )
    return Flow(_nodes(chain, links), links)


def _node(company: Company) -> str:
    layer = home_layer(company)
    if layer is None:
        return node_id(NodeType.COMPANY, company.key)
    return node_id(NodeType.LAYER, layer)


def _linked(
    chain: SupplyChain,
    relations: Iterable[Relation],
    node_of: Mapping[str, str],
    first: Iterable[str],
) -> pd.DataFrame:
    order = {node: place for place, node in enumerate(dict.fromkeys([*first, *node_of.values()]))}
    grouped: dict[tuple[str, str, RelationKind], list[Relation]] = {}
    for one in relations:
        start, end, kind = directed(one)
        pair = [node_of[start], node_of[end]]
        if kind in UNDIRECTED:
            pair.sort(key=order.__getitem__)
        grouped.setdefault((pair[0], pair[1], kind), []).append(one)
    kinds = {kind: place for place, kind in enumerate(FLOW_KINDS)}
    rows: list[tuple[object, ...]] = [
        (source, target, kind.value, len(own), _documents(chain, own), _lines(own), tuple(own))
        for (source, target, kind), own in sorted(
            grouped.items(),
            key=lambda item: (order[item[0][0]], order[item[0][1]], kinds[item[0][2]]),
        )
    ]
    return _frame(rows, FLOW_COLUMNS)


def _documents(chain: SupplyChain, relations: Iterable[Relation]) -> tuple[str, ...]:
    cited = {part.document for one in relations for part in one.evidence}
    return tuple(one.id for one in chain.documents if one.id in cited)


def _lines(relations: Iterable[Relation]) -> str:
    told = [f"{part.document}:{part.line_text}" for one in relations for part in one.evidence]
    return "; ".join(dict.fromkeys(told))


def _nodes(chain: SupplyChain, links: pd.DataFrame) -> pd.DataFrame:
    columns = {stage.id: place for place, stage in enumerate(chain.stages)}
    filled = dict.fromkeys(columns.values(), 0)
    rows: list[tuple[object, ...]] = []
    column_of = {}
    for layer in chain.layers:
        node, column = node_id(NodeType.LAYER, layer.id), columns[layer.stage]
        column_of[node] = column
        rows.append((node, NodeType.LAYER.value, layer.id, column, filled[column]))
        filled[column] += 1
    lowest = max(filled.values(), default=0)
    ends = list(zip(links[SOURCE], links[TARGET], links[COUNT], strict=True))
    outside = dict.fromkeys(one for *pair, _ in ends for one in pair if one not in column_of)
    taken: set[tuple[int, int]] = set()
    for node in outside:
        beside = {
            other: count
            for *pair, count in ends
            if node in pair
            for other in pair
            if other in column_of
        }
        near = column_of[max(beside, key=beside.__getitem__)] if beside else 0
        place = _free(near, max(len(columns), 1), taken)
        taken.add(place)
        rows.append((node, *_parts(node), place[0], lowest + place[1]))
    return _frame(rows, NODE_COLUMNS)


def _parts(node: str) -> tuple[str, str]:
    kind, _, name = node.partition(":")
    return kind, name


def _free(near: int, columns: int, taken: Collection[tuple[int, int]]) -> tuple[int, int]:
    """The free (column, row) of the highest row that has one, nearest to a column."""
    row = 0
    while True:
        free = [column for column in range(columns) if (column, row) not in taken]
        if free:
            return min(free, key=lambda column: abs(column - near)), row
        row += 1


def neighbourhood(
    chain: SupplyChain, key: str, steps: int = NEIGHBOUR_STEPS, *, documents: Collection[str] = ()
) -> Neighbourhood:
    """Suppliers of suppliers and customers of customers, up to some steps; see `Neighbourhood`.

    Parameters
    ----------
    documents : only what these tell; empty means all

    Raises
    ------
    InputError
        If the map has no such company.
    """
    if key not in chain.company_by_key:
        raise InputError(f"the map has no company {key[:40]}; see: python -m dashboard companies")
    relations = chosen_relations(chain, documents)
    supply = [
        (start, end, one)
        for one in relations
        for start, end, kind in [directed(one)]
        if kind in SUPPLY_KINDS
    ]
    above = _distances(key, [(end, start) for start, end, _ in supply], steps)
    below = _distances(key, [(start, end) for start, end, _ in supply], steps)
    # Within one step less than asked for a relation leads to a company that is shown.
    shown = [
        one
        for start, end, one in supply
        if above.get(end, steps) < steps or below.get(start, steps) < steps
    ]
    itself = {one.key: one.key for one in chain.companies}
    beside = tuple(
        one
        for one in relations
        if key in (one.source, one.target) and directed(one)[2] not in SUPPLY_KINDS
    )
    return Neighbourhood(
        key, _places(chain, key, above, below), _linked(chain, shown, itself, ()), beside
    )


def _distances(key: str, edges: Iterable[tuple[str, str]], steps: int) -> dict[str, int]:
    """Steps to every company that is reached; a cycle ends at what is known already."""
    onward: dict[str, list[str]] = {}
    for start, end in edges:
        onward.setdefault(start, []).append(end)
    reached, waiting = {key: 0}, deque([key])
    while waiting:
        one = waiting.popleft()
        if reached[one] == steps:
            continue
        for other in onward.get(one, ()):
            if other not in reached:
                reached[other] = reached[one] + 1
                waiting.append(other)
    return reached


def _places(
    chain: SupplyChain, key: str, above: Mapping[str, int], below: Mapping[str, int]
) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = [(key, Side.SELF.value, 0)]
    for side, own, other in ((Side.UP, above, below), (Side.DOWN, below, above)):
        found = [one.key for one in chain.companies if own.get(one.key, 0) > 0]
        for one in sorted(found, key=own.__getitem__):
            nearer = other.get(one, own[one] + 1)
            if own[one] < nearer or (side is Side.UP and own[one] == nearer):
                rows.append((one, side.value, own[one]))
    return _frame(rows, PLACE_COLUMNS)


def _frame(rows: list[tuple[object, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    types = {name: "object" if name in _OBJECTS else _TYPES.get(name, "str") for name in columns}
    return pd.DataFrame(rows, columns=pd.Index(columns)).astype(types)
