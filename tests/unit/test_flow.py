"""The map as a flow, held against loops over the file itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from dashboard.errors import InputError
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.flow import (
    FLOW_KINDS,
    Flow,
    NodeType,
    Side,
    flow,
    neighbourhood,
    node_id,
    node_parts,
)
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import RelationKind, SupplyChain

MAP = PROJECT_ROOT / "tickers.yaml"
RAW: dict[str, Any] = yaml.load(MAP.read_text("utf-8"), yaml.CSafeLoader)
WITHOUT_LAYER = {
    "innolux", "win-semi", "x-corp", "japan-government", "bao-jia", "jia-le", "qualcomm",
    "stellantis",
}  # fmt: skip


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    return load_map(MAP).chain


@pytest.fixture(scope="module")
def whole(chain: SupplyChain) -> Flow:
    return flow(chain)


def turned(one: dict[str, Any]) -> tuple[str, str, str]:
    """A customer buys from its supplier."""
    if one["kind"] == "customer":
        return one["target"], one["source"], "supplier"
    return one["source"], one["target"], one["kind"]


def counted(document: str | None = None) -> Counter[tuple[frozenset[str] | tuple[str, str], str]]:
    """Relations by pair of nodes and kind; the pair of an undirected kind has no order."""
    home = {}
    for company in RAW["companies"]:
        layers = [one["layer"] for one in company.get("memberships", ()) if one["primary"]]
        home[company["key"]] = f"layer:{layers[0]}" if layers else f"company:{company['key']}"
    found: Counter[tuple[frozenset[str] | tuple[str, str], str]] = Counter()
    for one in RAW["relations"]:
        if document and document not in [part["document"] for part in one["evidence"]]:
            continue
        source, target, kind = turned(one)
        ends = (home[source], home[target])
        pair = frozenset(ends) if kind in ("partner", "competitor") else ends
        found[pair, kind] += 1
    return found


def told(links: Any) -> Counter[tuple[frozenset[str] | tuple[str, str], str]]:
    found: Counter[tuple[frozenset[str] | tuple[str, str], str]] = Counter()
    for one in links.itertuples():
        ends = (one.source, one.target)
        pair = frozenset(ends) if one.kind in ("partner", "competitor") else ends
        assert (pair, one.kind) not in found, "each pair and kind once"
        found[pair, one.kind] = one.count
    return found


def test_links_are_the_relations_of_the_file(whole: Flow) -> None:
    assert told(whole.links) == counted()
    assert whole.links["count"].sum() == len(RAW["relations"]) == 92
    assert [len(one) for one in whole.links["relations"]] == whole.links["count"].tolist()


@pytest.mark.parametrize("document", [one["id"] for one in RAW["documents"]])
def test_a_document_keeps_its_own_evidence_only(chain: SupplyChain, document: str) -> None:
    found = flow(chain, documents=[document])
    assert told(found.links) == counted(document)
    cited = [x.document for own in found.links["relations"] for r in own for x in r.evidence]
    assert set(cited) <= {document}
    assert set(found.links["documents"]) <= {(document,)}


def test_kinds_together_are_all(chain: SupplyChain, whole: Flow) -> None:
    parts = [flow(chain, kinds=[kind.value]).links for kind in FLOW_KINDS]
    assert sum(part["count"].sum() for part in parts) == whole.links["count"].sum()
    assert [set(part["kind"]) for part in parts] == [{kind.value} for kind in FLOW_KINDS]


def test_every_layer_stands_in_the_column_of_its_stage(whole: Flow, chain: SupplyChain) -> None:
    stages = [one["id"] for one in RAW["stages"]]
    layers = whole.nodes[whole.nodes["type"] == "layer"]
    assert layers["name"].tolist() == [one["id"] for one in RAW["layers"]]
    assert layers["column"].tolist() == [stages.index(one["stage"]) for one in RAW["layers"]]
    outside = whole.nodes[whole.nodes["type"] == "company"]
    assert set(outside["name"]) == WITHOUT_LAYER
    assert outside["row"].min() > layers["row"].max()
    assert not whole.nodes.duplicated(["column", "row"]).any()
    # Most of what the Japanese government does is in Japan's layer.
    own = outside.set_index("name")["column"]
    assert own["japan-government"] == stages.index("geography")


def test_a_node_is_named_by_its_id() -> None:
    for kind in NodeType:
        assert node_parts(node_id(kind, "a:b")) == (kind, "a:b")
    assert node_parts("S:2330.TW") is None
    assert node_parts("layer:") is None


def reached(key: str, edges: set[tuple[str, str]], steps: int) -> dict[str, int]:
    """Sets of sets: each step all that the last one leads to."""
    found, edge = {key: 0}, {key}
    for step in range(1, steps + 1):
        edge = {b for a, b in edges if a in edge} - set(found)
        found |= dict.fromkeys(edge, step)
    return found


@pytest.mark.parametrize("steps", [1, 2])
def test_neighbours_are_those_of_a_search_step_by_step(chain: SupplyChain, steps: int) -> None:
    supply = {
        (source, target)
        for source, target, kind in map(turned, RAW["relations"])
        if kind in ("supplier", "equipment")
    }
    back = {(b, a) for a, b in supply}
    most = 0
    named = {one[end] for one in RAW["relations"] for end in ("source", "target")}
    for company in [one for one in chain.companies if one.key in {*named, "jentech"}]:
        up, down = reached(company.key, back, steps), reached(company.key, supply, steps)
        found = neighbourhood(chain, company.key, steps)
        places = {one.company: (one.side, one.steps) for one in found.places.itertuples()}
        assert places.pop(company.key) == ("self", 0)
        assert set(places) == (set(up) | set(down)) - {company.key}
        for key, (side, count) in places.items():
            assert count == (up if side == Side.UP else down)[key]
            assert count == min(one[key] for one in (up, down) if key in one)
        shown = set(zip(found.links["source"], found.links["target"], strict=True))
        assert shown == {
            (a, b) for a, b in supply if up.get(b, steps) < steps or down.get(a, steps) < steps
        }
        assert {one for pair in shown for one in pair} <= {company.key, *places}
        most = max(most, len(places))
    assert most == {1: 9, 2: 12}[steps]


def test_a_circle_ends(chain: SupplyChain) -> None:
    """a → b → c → a: each is both above and below the others."""
    keys = [one.key for one in chain.companies[:3]]
    evidence = chain.relations[0].evidence
    circle = [
        chain.relations[0].model_copy(
            update={"source": a, "target": b, "kind": RelationKind.SUPPLIER, "evidence": evidence}
        )
        for a, b in zip(keys, [*keys[1:], keys[0]], strict=True)
    ]
    found = neighbourhood(chain.model_copy(update={"relations": tuple(circle)}), keys[0])
    places = [tuple(one) for one in found.places.itertuples(index=False)]
    assert places == [(keys[0], "self", 0), (keys[2], "up", 1), (keys[1], "down", 1)]
    assert len(found.links) == 3


def test_what_is_not_supplied_stands_beside(chain: SupplyChain) -> None:
    found = neighbourhood(chain, "teco")
    assert found.links.empty
    own = sorted((one.kind.value, one.source) for one in found.beside)
    assert own == [("government_support", "taiwan-government"), ("partner", "hon-hai")]


def test_an_unknown_company_is_one_sentence(chain: SupplyChain) -> None:
    with pytest.raises(InputError, match="the map has no company nobody"):
        neighbourhood(chain, "nobody")
