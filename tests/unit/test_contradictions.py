"""Where the documents disagree: the shipped map against the checked facts, and small maps."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.prices.records import LISTINGS, REVENUES, empty_records
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import Prices, Snapshot
from dashboard.studies import contradictions as study
from dashboard.supply_chain.contradictions import (
    Contradiction,
    Kind,
    Side,
    cited,
    contradictions,
    known_from,
)
from dashboard.supply_chain.known import known_map
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from tests.unit.map_input import load_text, map_text
from tests.unit.panels import panel_of

FACTS = {
    ("ai-supply-chain-map", 6), ("ai-supply-chain-map", 12), ("ai-supply-chain-map", 17),
    ("ai-supply-chain-map", 19), ("ai-supply-chain-map", 27), ("ai-supply-chain-map", 51),
    ("ai-supply-chain-map", 54), ("ai-supply-chain-map", 57), ("ai-supply-chain-map", 85),
    ("spacex-xai", 11), ("spacex-xai", 61), ("hokkaido-valley", 9), ("hokkaido-valley", 44),
}  # fmt: skip
"""Document and line of every claim that the checked facts call disputed or out of date."""
DISPUTED = {
    ("alchip", "asic"), ("progate", "asic"), ("spacex", "space_compute"),
    ("rapidus", "japan_fab"), ("rapidus", "foundry"),
    ("foxconn-industrial-internet", "server_odm"),
}  # fmt: skip


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    return load_map(PROJECT_ROOT / "tickers.yaml").chain


def of_kind(chain: SupplyChain, *kinds: Kind) -> list[Contradiction]:
    return [one for one in contradictions(chain) if one.kind in kinds]


def says(one: Contradiction, document: str, line: int) -> bool:
    return any(
        passage.evidence.document == document
        and any(first <= line <= last for first, last in passage.evidence.lines)
        for passage in one.passages
    )


class TestShippedMap:
    def test_every_checked_fact_is_one_entry_and_nothing_else_is(self, chain: SupplyChain) -> None:
        found = of_kind(chain, Kind.CHECKED, Kind.OPPOSED)
        for document, line in FACTS:
            assert sum(says(one, document, line) for one in found) == 1, (document, line)
        assert len(found) == len(FACTS)

    def test_the_table_of_facts_has_these_rows(self, reference: Path) -> None:
        facts = (reference / "FACTS.md").read_text("utf-8")
        section = facts.split("## Claims to mark")[1].split("\n## ")[0]
        rows = re.findall(r"^\| (00\d):(\d+)", section, re.MULTILINE)
        names = {"001": "spacex-xai", "003": "ai-supply-chain-map", "004": "hokkaido-valley"}
        assert {(names[document], int(line)) for document, line in rows} == FACTS

    def test_cooling_in_space_stands_against_itself(self, chain: SupplyChain) -> None:
        (one,) = of_kind(chain, Kind.OPPOSED)
        assert {x.first_line for x in one.on(Side.CLAIM)} == {5, 11}
        assert {x.first_line for x in one.on(Side.AGAINST)} == {43, 49}
        assert "space-compute-cheapest-forecast" in one.events

    def test_export_control_names_whom_it_is_about(self, chain: SupplyChain) -> None:
        (one,) = [x for x in of_kind(chain, Kind.CHECKED) if says(x, "ai-supply-chain-map", 12)]
        assert {"alchip", "progate"} <= set(one.companies)
        assert "asic" in one.layers
        assert cited(one.on(*Side)) == {"ai-supply-chain-map": "12-15"}

    def test_disputed_places_with_what_speaks_for_and_against(self, chain: SupplyChain) -> None:
        found = {(x.companies[0], x.layers[0]): x for x in of_kind(chain, Kind.DISPUTED)}
        assert set(found) == DISPUTED
        rapidus = found["rapidus", "japan_fab"]
        against = {one.about for one in rapidus.passages if one.side is Side.AGAINST}
        assert "event:amro-doubts-rapidus-funding" in against
        assert "event:rapidus-founded" not in against

    def test_partners_that_compete_are_told_as_both(self, chain: SupplyChain) -> None:
        pairs = {frozenset(one.companies) for one in of_kind(chain, Kind.BOTH)}
        assert pairs == {frozenset({"microsoft", "spacex"}), frozenset({"microsoft", "amazon"})}
        assert not of_kind(chain, Kind.STANCES)

    def test_later_documents_leave_the_earlier_ones_alone(self, chain: SupplyChain) -> None:
        early = contradictions(known_map(chain, dt.date(2025, 10, 1)))
        known = {one.id: one for one in contradictions(chain)}
        assert early
        for one in early:
            documents = {passage.evidence.document for passage in one.passages}
            assert documents == {"ai-supply-chain-map"}
            assert one == known[one.id]
            assert known_from(chain, one) == dt.date(2025, 9, 1)
        assert not contradictions(known_map(chain, dt.date(2025, 8, 31)))


DOCUMENT = """\
  - id: {id}
    title: {{zh: 報告, en: Report}}
    publisher: {{zh: 某報, en: A paper}}
    {date}
    date_basis: {basis}
    file: 1.txt
    sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    line_count: 50
"""
DOCUMENTS = "documents:\n" + "".join(
    DOCUMENT.format(id=name, date=f'date: "{day}"' if day else "", basis=basis)
    for name, day, basis in (
        ("first", "2024-01-02", "stated"),
        ("second", "2024-01-04", "stated"),
        ("undated", "", "unknown"),
    )
)
MEMBER = """\
      - layer: {layer}
        primary: {primary}
        role: {{zh: 角色, en: Role}}
        stance: {stance}
        kind: core
        evidence:
          - {{document: {document}, lines: {lines}, claim: {{zh: 說, en: Says}}{check}}}
"""
CHECK = ", check: {zh: 查核, en: Check}"


def member(
    stance: str, document: str, *, layer: str = "foundry", lines: int = 5, check: str = ""
) -> str:
    primary = "true" if layer == "foundry" else "false"
    return MEMBER.format(
        layer=layer, primary=primary, stance=stance, document=document, lines=lines, check=check
    )


def company(key: str, *members: str, symbol: str = "") -> str:
    listing = f"    listings:\n      - {{symbol: {symbol}, board: TWSE}}\n" if symbol else ""
    status = "listed" if symbol else "private"
    name = f"  - key: {key}\n    name: {{zh: 公司{key}, en: {key}}}\n    status: {status}\n"
    return name + listing + "    memberships:\n" + "".join(members)


def small(folder: Path, *companies: str, relations: str = "relations: []\n") -> SupplyChain:
    text = map_text(f"{DOCUMENTS}companies:\n{''.join(companies)}{relations}")
    loaded = load_text(text, folder)
    assert not loaded.faults, loaded.faults
    return loaded.chain


def relation(kind: str, document: str) -> str:
    return (
        f"  - {{source: one, target: two, kind: {kind}, evidence: "
        f"[{{document: {document}, lines: 3, claim: {{zh: 說, en: Says}}}}]}}\n"
    )


class TestSmallMaps:
    def test_stances_of_different_documents(self, tmp_path: Path) -> None:
        chain = small(
            tmp_path,
            company("one", member("beneficiary", "first"),
                    member("at_risk", "second", layer="cooling")),
            company("two", member("beneficiary", "first"),
                    member("at_risk", "first", layer="cooling")),
            company("three", member("beneficiary", "first"),
                    member("neutral", "second", layer="cooling")),
        )  # fmt: skip
        (one,) = contradictions(chain)
        assert (one.kind, one.companies) == (Kind.STANCES, ("one",))
        assert set(one.layers) == {"foundry", "cooling"}
        # It takes both documents to see it.
        assert known_from(chain, one) == dt.date(2024, 1, 5)
        assert not contradictions(known_map(chain, dt.date(2024, 1, 4)))

    def test_rivals_that_work_together(self, tmp_path: Path) -> None:
        companies = [company(key, member("neutral", "first")) for key in ("one", "two")]
        both = "relations:\n" + relation("partner", "first") + relation("competitor", "undated")
        (one,) = contradictions(small(tmp_path, *companies, relations=both))
        assert one.kind is Kind.BOTH
        assert known_from(small(tmp_path, *companies, relations=both), one) is None
        alone = "relations:\n" + relation("partner", "first") + relation("investor", "second")
        assert not contradictions(small(tmp_path, *companies, relations=alone))

    def test_checks_of_the_same_lines_are_one_and_what_adds_is_none(self, tmp_path: Path) -> None:
        adds = CHECK + ", check_kind: adds"
        chain = small(
            tmp_path,
            company("one", member("neutral", "first", check=CHECK)),
            company("two", member("neutral", "first", check=CHECK),
                    member("neutral", "second", layer="cooling", check=CHECK)),
            company("three", member("neutral", "first", lines=9, check=adds)),
        )  # fmt: skip
        found = contradictions(chain)
        assert [one.companies for one in found] == [("one", "two"), ("two",)]
        assert [one.id for one in found] == ["checked:first:5", "checked:second:5"]

    def test_a_kind_without_a_check_is_a_fault(self, tmp_path: Path) -> None:
        text = company("one", member("neutral", "first", check=", check_kind: adds"))
        loaded = load_text(map_text(f"{DOCUMENTS}companies:\n{text}"), tmp_path)
        (fault,) = loaded.faults
        assert "check_kind is adds and there is no check" in str(fault)

    def test_prices_by_hand(self, tmp_path: Path) -> None:
        chain = small(
            tmp_path,
            company("one", member("disputed", "first", check=CHECK), symbol="1000.TW"),
            company("two", member("neutral", "first"), symbol="2000.TW"),
            company("three", member("neutral", "first", lines=30), symbol="3000.TW"),
            company("four", member("disputed", "undated", lines=7)),
        )
        # Known from 2024-01-03: bought at that close.
        panel = panel_of(
            {
                "1000.TW": [1, 9, 10, 11, 12],
                "2000.TW": [1, 9, 20, 20, 30],
                "^TWII": [100, 100, 200, 210, 220],
            }
        )
        none = pd.DataFrame()
        prices = Prices(
            version="hand", simulated=False, panels={"TW": panel}, shares=none, listed_since={},
            revenue=empty_records(REVENUES), insurers=frozenset(),
            stored_listings=empty_records(LISTINGS), sources=(), symbol_sources={},
            fetched_at=None,
        )  # fmt: skip
        taken = Snapshot(
            chain=chain, whole_chain=chain, hindsight=False, prices=prices,
            as_of=panel.sessions[-1].item(), universe=(), metrics=none, notes=none,
            start_caps=none,
        )  # fmt: skip
        table = study.table_of(taken, {"kind": "checked"})
        assert tuple(table.columns) == study.COLUMNS
        (row,) = table.to_dict("records")
        assert row["known_from"] == pd.Timestamp("2024-01-03")
        assert row["company_return"] == pytest.approx(0.2)
        assert (row["companies_priced"], row["symbols"]) == (1, ("1000.TW",))
        assert row["companies_listed"] == 1
        assert row["layer_return"] == pytest.approx((0.2 + 0.5) / 2)
        assert (row["layer_priced"], row["layer_members"]) == (2, 3)
        assert row["market_return"] == pytest.approx(0.1)
        assert row["relative"] == pytest.approx(1.2 / 1.1 - 1)
        assert (row["side"], row["check_en"], row["trouble"]) == ("claim", "Check", "")
        whole = study.table_of(taken, {"kind": "nothing"})
        undated = whole[whole["document"] == "undated"].iloc[0]
        assert undated["trouble"] == study.NO_DATE
        assert pd.isna(undated["company_return"])
        assert set(study.table_of(taken, {"document": "undated"})["contradiction"]) == {
            "disputed:four:foundry"
        }
        later = study.found(taken).summary
        assert np.isnan(float(later.at["disputed:four:foundry", "relative"]))
        assert later.at["checked:first:5", "lines"] == ("5",)
