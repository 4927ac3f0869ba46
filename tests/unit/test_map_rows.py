"""The map as tables: rows, counted members and links of layers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dashboard.supply_chain.models import SupplyChain
from dashboard.supply_chain.rows import layer_links, members, membership_rows
from tests.unit.map_input import load_text, map_text


def _evidence(*lines: object) -> str:
    claims = [f"{{document: report, lines: {one}, claim: {{zh: 說, en: Says}}}}" for one in lines]
    return f"evidence: [{', '.join(claims)}]"


def _member(layer: str, primary: str, kind: str, *lines: object) -> str:
    return (
        f"      - layer: {layer}\n        primary: {primary}\n        role: {{zh: 一, en: A}}\n"
        f"        stance: neutral\n        kind: {kind}\n        {_evidence(*lines)}\n"
    )


def _company(key: str, listing: str, memberships: str) -> str:
    status = "listed" if listing else "private"
    listings = f"    listings: [{{{listing}}}]\n" if listing else ""
    return (
        f"  - key: {key}\n    name: {{zh: {key} 公司, en: {key} Corp}}\n    status: {status}\n"
        f"{listings}{memberships}"
    )


COMPANIES = "companies:\n" + (
    _company(
        "kaori",
        "symbol: 8996.TW, board: TWSE",
        "    memberships:\n"
        + _member("foundry", "false", "core", 4)
        + _member("cooling", "true", "core", 3, '"5, 7-9"'),
    )
    + _company(
        "amd",
        "symbol: AMD, board: NASDAQ",
        "    memberships:\n"
        + _member("foundry", "false", "digest", 15)
        + _member("foundry", "true", "core", 4)
        + _member("cooling", "false", "digest", 16),
    )
    + _company(
        "late",
        "symbol: 8227.TWO, board: TPEX",
        "    memberships:\n" + _member("cooling", "true", "digest", 17),
    )
    + _company("lab", "", "    memberships:\n" + _member("cooling", "true", "core", 2))
    + _company("named", "", "    " + _evidence(3, 18).replace("evidence", "mentions") + "\n")
)
RELATIONS = "relations:\n" + "".join(
    f"  - {{source: {source}, target: {target}, kind: {kind}, {_evidence(1)}}}\n"
    for source, target, kind in [
        ("kaori", "amd", "supplier"),
        ("amd", "lab", "customer"),
        ("amd", "kaori", "equipment"),
        ("kaori", "lab", "supplier"),
        ("kaori", "amd", "partner"),
        ("named", "amd", "supplier"),
    ]
)


@pytest.fixture
def chain(tmp_path: Path) -> SupplyChain:
    loaded = load_text(map_text(COMPANIES + RELATIONS), tmp_path)
    assert loaded.faults == ()
    return loaded.chain


def _tuples(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    filled = frame.astype(object).where(frame.notna(), None)
    return list(filled.itertuples(index=False, name=None))


def test_membership_rows(chain: SupplyChain) -> None:
    rows = membership_rows(chain)
    assert ",".join(rows.columns) == (
        "symbol,key,name_zh,name_en,market,currency,layer,stage,primary,kind,stance,document,lines"
    )
    kaori = ("8996.TW", "kaori", "kaori 公司", "kaori Corp", "TWSE", "TWD")
    named = (None, "named", "named 公司", "named Corp", None, None, None, None, None)
    told = _tuples(rows)
    assert told[:3] == [
        (*kaori, "foundry", "wafer_fab", False, "core", "neutral", "report", "4"),
        (*kaori, "cooling", "server", True, "core", "neutral", "report", "3"),
        (*kaori, "cooling", "server", True, "core", "neutral", "report", "5, 7-9"),
    ]
    assert told[-2:] == [
        (*named, "core", None, "report", "3"),
        (*named, "digest", None, "report", "18"),
    ]
    assert len(told) == 3 + 3 + 1 + 1 + 2
    assert rows.loc[
        rows["key"] == "amd", ["market", "currency"]
    ].drop_duplicates().to_numpy().tolist() == [["NASDAQ", "USD"]]


def test_members_by_default_are_core_and_primary(chain: SupplyChain) -> None:
    counted = members(chain)
    assert ",".join(counted.columns) == "symbol,key,layer,stage,primary,kind,stance,market"
    assert _tuples(counted) == [
        ("8996.TW", "kaori", "cooling", "server", True, "core", "neutral", "TW"),
        ("AMD", "amd", "foundry", "wafer_fab", True, "core", "neutral", "US"),
    ]


def test_members_asked_for_more(chain: SupplyChain) -> None:
    def places(**wanted: object) -> list[tuple[object, ...]]:
        frame = members(chain, **wanted)  # type: ignore[arg-type]
        return _tuples(frame[["key", "layer", "primary", "kind"]])

    assert places(include_digest=True) == [
        ("kaori", "cooling", True, "core"),
        ("amd", "foundry", True, "core"),
        ("late", "cooling", True, "digest"),
    ]
    assert places(include_secondary=True) == [
        ("kaori", "foundry", False, "core"),
        ("kaori", "cooling", True, "core"),
        ("amd", "foundry", True, "core"),
    ]
    # amd stands twice in foundry; core and primary wins although digest comes first.
    assert places(include_digest=True, include_secondary=True) == [
        ("kaori", "foundry", False, "core"),
        ("kaori", "cooling", True, "core"),
        ("amd", "foundry", True, "core"),
        ("amd", "cooling", False, "digest"),
        ("late", "cooling", True, "digest"),
    ]


def test_members_of_markets_and_stages(chain: SupplyChain) -> None:
    assert members(chain, markets=["US"])["key"].tolist() == ["amd"]
    assert members(chain, stages=["server"])["key"].tolist() == ["kaori"]
    nothing = members(chain, markets=[])
    assert len(nothing) == 0
    assert nothing.dtypes.equals(members(chain).dtypes)


def test_layer_links_run_from_upstream_to_downstream(chain: SupplyChain) -> None:
    links = layer_links(chain)
    assert ",".join(links.columns) == "source_layer,target_layer,kind,count,relations"
    # kaori and lab are in cooling, amd in foundry: kaori → amd; lab → amd, stated by its customer;
    # amd's tools → kaori. kaori → lab stays within a layer, a partner supplies nothing.
    assert _tuples(links[["source_layer", "target_layer", "kind", "count"]]) == [
        ("foundry", "cooling", "equipment", 1),
        ("cooling", "foundry", "supplier", 2),
    ]
    assert [(one.source, one.target) for one in links["relations"][1]] == [
        ("kaori", "amd"),
        ("amd", "lab"),
    ]


def test_an_empty_chain_has_empty_tables() -> None:
    for table in (membership_rows, members, layer_links):
        assert len(table(SupplyChain())) == 0
