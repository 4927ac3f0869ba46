"""Finds as lines to accept or refuse: groups, claims, the document's entry, rows."""

from __future__ import annotations

import dataclasses
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.articles.models import Article
from dashboard.articles.reading import read_article
from dashboard.errors import ArticleError
from dashboard.i18n import Text
from dashboard.prices.records import LISTINGS, empty_records
from dashboard.proposals.documents import document_of, line_runs, link
from dashboard.proposals.models import Conflict, Finds, Group, Proposal
from dashboard.proposals.patching import patched
from dashboard.proposals.proposing import built, propose, regrouped
from dashboard.proposals.rows import LINE_COLUMNS, as_json, line_rows, line_text
from dashboard.snapshot import last_listings
from dashboard.supply_chain.loading import loaded_content
from dashboard.supply_chain.models import (
    DateBasis,
    Direction,
    Kind,
    Precision,
    RelationKind,
    Stance,
    SupplyChain,
)
from tests.unit.made_finds import (
    article,
    event,
    finds,
    found,
    identity,
    layer,
    relation,
    stance,
)
from tests.unit.map_input import map_text

TSMC = identity("2330.TW", "台積電", "TSMC", "tsmc", "TWSE")
KAORI = identity("8996.TW", "高力", "Kaori", "kaori", "TWSE")
AVC = identity("3017.TW", "奇鋐", board="TWSE")

MORE = """
relations:
  - source: tsmc
    target: kaori
    kind: partner
    evidence:
      - {document: report, lines: 3, claim: {zh: 合作, en: Partners}}
events:
  - id: talk
    title: {zh: 法說會, en: A conference}
    date: 2026-03-07
    precision: day
    companies: [tsmc, kaori]
    direction: positive
    evidence:
      - {document: report, lines: 4, claim: {zh: 法說會, en: A conference}}
  - id: spring
    title: {zh: 春季, en: Spring}
    date: 2026-Q2
    precision: quarter
    companies: [tsmc, kaori]
    direction: positive
    evidence:
      - {document: report, lines: 5, claim: {zh: 春季, en: Spring}}
"""


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    loaded = loaded_content(map_text(MORE).encode(), "tickers.yaml")
    assert loaded.faults == ()
    return loaded.chain


def groups(proposal: Proposal) -> dict[str, Group]:
    return {one.id: one.group for company in proposal.companies for one in company.memberships}


# --- groups ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "group"),
    [
        (Stance.BENEFICIARY, Group.CONFIRMS),
        (Stance.NEUTRAL, Group.CONFIRMS),
        (Stance.DISPUTED, Group.CONFIRMS),
        (Stance.AT_RISK, Group.CONTRADICTS),
    ],
)
def test_a_known_place_is_confirmed_or_contradicted(
    chain: SupplyChain, told: Stance, group: Group
) -> None:
    proposal = built(
        article(), chain, finds(found(TSMC, [2])), {"tsmc": [layer("foundry", 2)]},
        {"tsmc": stance(told, 2)},
    )  # fmt: skip
    assert groups(proposal) == {"tsmc:foundry": group}
    assert proposal.companies[0].group is group


def test_a_company_has_the_gravest_group_of_its_lines(chain: SupplyChain) -> None:
    layers = {
        "tsmc": [layer("foundry", 2), layer("cooling", 3)],
        "kaori": [layer("cooling", 4)],
        "3017.TW": [layer("cooling", 5), layer("foundry", 6)],
    }
    three = finds(found(TSMC, [2]), found(KAORI, [4]), found(AVC, [5]))
    proposal = built(article(), chain, three, layers, {"tsmc": stance(Stance.AT_RISK, 2)})
    assert groups(proposal) == {
        "tsmc:foundry": Group.CONTRADICTS,
        "tsmc:cooling": Group.NEW_MEMBERSHIP,
        "kaori:cooling": Group.NEW_MEMBERSHIP,
        "3017.TW:cooling": Group.NEW_COMPANY,
        "3017.TW:foundry": Group.NEW_COMPANY,
    }
    assert [one.group for one in proposal.companies] == [
        Group.CONTRADICTS,
        Group.NEW_MEMBERSHIP,
        Group.NEW_COMPANY,
    ]


def test_a_symbol_of_the_map_is_its_company_whoever_found_it(chain: SupplyChain) -> None:
    stray = identity("2330.TW", "台積電", board="TWSE")
    assert groups(built(article(), chain, finds(found(stray, [2])), {}, {})) == {
        "2330.TW:mention": Group.CONFIRMS
    }


def test_relations_and_events_of_the_map_are_confirmed(chain: SupplyChain) -> None:
    partner, supplier = RelationKind.PARTNER, RelationKind.SUPPLIER
    quarter = Precision.QUARTER
    proposal = built(
        article(),
        chain,
        finds(found(TSMC, [2]), found(KAORI, [3]), found(AVC, [4])),
        {},
        {},
        [
            relation("kaori", "tsmc", 5, kind=partner),
            relation("kaori", "tsmc", 5, kind=supplier),
            relation("3017.TW", "tsmc", 5, kind=partner),
        ],
        [
            event("2026-03-07", ["kaori"], 6),
            event("2026-03-07", ["kaori", "3017.TW"], 7),
            event("2026-03-07", ["kaori"], 8, direction=Direction.NEGATIVE),
            event("2026-Q2", ["kaori"], 9, precision=quarter),
            event("2026-Q2", ["kaori", "tsmc"], 10, precision=quarter),
        ],
    )
    known, new = Group.CONFIRMS, Group.NEW_MEMBERSHIP
    assert [one.group for one in proposal.relations] == [known, new, new]
    assert [one.group for one in proposal.events] == [known, new, new, new, known]


def test_regrouping_makes_lines_of_layers_in_their_new_order(chain: SupplyChain) -> None:
    first, second = layer("cooling", 5), layer("foundry", 6, confidence=0.5)
    proposal = built(article(), chain, finds(found(AVC, [5])), {"3017.TW": [first, second]}, {})
    assert regrouped(proposal, chain) == proposal
    assert list(groups(proposal)) == ["3017.TW:cooling"]
    (company,) = proposal.companies
    turned = dataclasses.replace(
        company,
        layers=(
            dataclasses.replace(second, confidence=0.9),
            dataclasses.replace(first, confidence=0.5),
        ),
    )
    assert list(groups(regrouped(dataclasses.replace(proposal, companies=(turned,)), chain))) == [
        "3017.TW:foundry"
    ]


# --- lines ----------------------------------------------------------------------------


def test_a_company_without_a_sure_layer_is_a_mention(chain: SupplyChain) -> None:
    proposal = built(
        article(), chain, finds(found(AVC, [9, 5], 0.8)),
        {"3017.TW": [layer("cooling", 5, confidence=0.2)]}, {},
    )  # fmt: skip
    (line,) = proposal.companies[0].memberships
    assert (line.id, line.layer, line.lines, line.confidence) == (
        "3017.TW:mention",
        None,
        (5, 9),
        0.4,
    )
    assert "half the confidence" in line.reason.en


def test_at_most_three_layers_near_the_best_and_none_that_the_map_lacks(
    chain: SupplyChain,
) -> None:
    layers = [layer("cooling", 5), layer("foundry", 6, confidence=0.5), layer("nowhere", 7)]
    proposal = built(article(), chain, finds(found(AVC, [5])), {"3017.TW": layers}, {})
    (company,) = proposal.companies
    assert [one.layer for one in company.memberships] == ["cooling"]
    assert [one.layer for one in company.layers] == ["cooling", "foundry"]


def test_evidence_cites_the_cue_the_stance_and_a_mention(chain: SupplyChain) -> None:
    proposal = built(
        article(), chain, finds(found(AVC, [3, 20], 0.9)), {"3017.TW": [layer("cooling", 18)]},
        {"3017.TW": stance(Stance.BENEFICIARY, 17)},
    )  # fmt: skip
    (line,) = proposal.companies[0].memberships
    assert line.lines == (17, 18, 20)
    assert line.confidence == 0.81


def test_kind_is_digest_only_if_every_cited_line_is(chain: SupplyChain) -> None:
    read = article(digest=((20, 30),))
    layers = {"3017.TW": [layer("cooling", 25)], "kaori": [layer("cooling", 25)]}
    proposal = built(
        read, chain, finds(found(AVC, [25]), found(KAORI, [3, 25])), layers,
        {"kaori": stance(Stance.BENEFICIARY, 3)},
    )  # fmt: skip
    kinds = [one.memberships[0].kind for one in proposal.companies]
    assert kinds == [Kind.DIGEST, Kind.CORE]


def test_an_id_names_one_line(chain: SupplyChain) -> None:
    twice = [event("2026-03-08", ["tsmc"], 4), event("2026-03-08", ["tsmc"], 4)]
    better = dataclasses.replace(twice[1], confidence=0.95)
    proposal = built(article(), chain, finds(found(TSMC, [2])), {}, {}, [], [twice[0], better])
    assert [one.confidence for one in proposal.events] == [0.95]


def test_claims_quote_little_and_are_of_one_line(chain: SupplyChain) -> None:
    sentence = "高階水冷板\x1b訂單看到明年底\u202e且供不應求"
    proposal = built(
        article(), chain, finds(found(AVC, [5])), {"3017.TW": [layer("cooling", 5, cue=sentence)]},
        {"3017.TW": stance(Stance.AT_RISK, 5, cue="")},
    )  # fmt: skip
    claim = proposal.companies[0].memberships[0].claim
    assert claim.zh == "列在「散熱」之下（「高階水冷板 訂單看到明…」），說它承受壓力。"
    assert (
        claim.en
        == "Names it under Cooling (“高階水冷板 訂單看到明…”) and tells it as under pressure."
    )


# --- the document ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "file", "date", "id_"),
    [
        ("NVIDIA, Foxconn: racks", "x.html", "2026-03-12", "nvidia-foxconn-racks-2026-03-12"),
        ("AI 伺服器", "ten-stocks.md", "2026-03", "ten-stocks-2026-03"),
        ("AI 伺服器", "新聞.md", None, "ai-abcdef12"),
        ("伺服器", "新聞.md", None, "article-abcdef12"),
        ("", "report.txt", None, "report-abcdef12"),
        ("", "2026-03-12.txt", "2026-03-12", "2026-03-12"),
        ("伺服器", "report.txt", "2025-08", "report-2025-08"),
    ],
)  # fmt: skip
def test_the_document_has_an_id_of_words(
    chain: SupplyChain, title: str, file: str, date: str | None, id_: str
) -> None:
    read = article(title=title, file=file, date=date, sha256="ABCDEF12".lower() + "0" * 56)
    assert document_of(read, chain).id == id_


def test_an_id_that_is_taken_gets_a_number(chain: SupplyChain) -> None:
    read = article(file="report.txt", title="", date=None, sha256="")
    taken = chain.documents[0].model_copy(update={"id": "report-2026"})
    known = SupplyChain(documents=(taken,))
    dated = dataclasses.replace(read, date="2026", date_basis=DateBasis.STATED)
    assert document_of(dated, known).id == "report-2026-2"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com/a(1)?q=[x] y", "https://example.com/a%281%29?q=%5Bx%5D%20y"),
        ("http://user:secret@example.com/a", "http://example.com/a"),
        ("https://user@example.com:8443/a@b", "https://example.com:8443/a@b"),
        ("https://user:at@sign@example.com", "https://example.com"),
        ("https://:secret@[2001:db8::1]/a", None),
        ("ftp://example.com/a", None),
        ("javascript:alert(1)", None),
        ("https://[::1", None),
        (None, None),
        ("", None),
    ],
)
def test_the_address_is_kept_as_the_map_may_hold_it(url: str | None, kept: str | None) -> None:
    assert link(url) == kept


def test_runs_of_lines_end_at_the_edge_of_a_digest(chain: SupplyChain) -> None:
    document = document_of(article(lines=30, digest=((5, 9), (10, 12), (20, 30))), chain)
    assert document.digest == ((5, 12), (20, 30))
    assert line_runs([0, 3, 4, 5, 6, 12, 13, 19, 20, 30, 31], document) == (
        (3, 4), (5, 6), (12, 12), (13, 13), (19, 19), (20, 20), (30, 30),
    )  # fmt: skip


# --- rows -----------------------------------------------------------------------------


@pytest.fixture
def proposal(chain: SupplyChain) -> Proposal:
    lab = identity(None, "某實驗室", "Some Lab", "some-lab")
    seen = Finds(
        (found(AVC, [5, 6]), found(lab, [7], kind=Kind.DIGEST)),
        (Conflict("3661", "世\x07芯", (8,), Text("名稱不符", "the name does not fit")),),
    )
    return built(
        article(),
        chain,
        seen,
        {"3017.TW": [layer("cooling", 5)]},
        {"3017.TW": stance(Stance.BENEFICIARY, 6)},
        [relation("3017.TW", "some-lab", 7)],
        [event("2026-03-07", ["3017.TW", "some-lab"], 9, layers=["cooling"])],
    )


def test_the_json_is_of_the_agreed_form(proposal: Proposal) -> None:
    assert json.loads(json.dumps(as_json(proposal))) == {
        "document": {
            "title": "液冷族群全面起飛",
            "publisher": "某財經日報",
            "date": "2026-03-12",
            "date_basis": "stated",
            "sha256": "f" * 64,
        },
        "companies": [
            {
                "symbol": "3017.TW",
                "name": "奇鋐",
                "written": ["奇鋐"],
                "lines": [5, 6],
                "kind": "core",
                "layers": [{"layer": "cooling", "confidence": 0.9, "cue": "水冷板"}],
                "stance": "beneficiary",
                "group": "new_company",
            },
            {
                "symbol": None,
                "name": "某實驗室",
                "written": ["某實驗室"],
                "lines": [7],
                "kind": "digest",
                "layers": [],
                "stance": "neutral",
                "group": "new_company",
            },
        ],
        "relations": [
            {
                "source": "3017.TW",
                "target": "some-lab",
                "kind": "supplier",
                "lines": [7],
                "confidence": 0.7,
                "cue": "供應",
                "group": "new_membership",
            }
        ],
        "events": [
            {
                "date": "2026-03-07",
                "precision": "day",
                "written": "上週五",
                "title": "召開法說會",
                "lines": [9],
                "companies": ["3017.TW", "some-lab"],
                "layers": ["cooling"],
                "direction": "positive",
                "confidence": 0.8,
                "cue": "法說會",
                "group": "new_membership",
            }
        ],
        "conflicts": [
            {"code": "3661", "name": "世 芯", "lines": [8], "why": "the name does not fit"}
        ],
    }


def test_the_table_has_one_row_for_each_line(proposal: Proposal) -> None:
    table = line_rows(proposal)
    assert tuple(table.columns) == LINE_COLUMNS
    assert table[["group", "id", "lines", "confidence"]].to_numpy().tolist() == [
        ["new_company", "3017.TW:cooling", "5-6", 0.9],
        ["new_membership", "event:2026-03-07:3017.TW+some-lab:9", "9", 0.8],
        ["new_membership", "relation:3017.TW:supplier:some-lab", "7", 0.7],
        ["new_company", "some-lab:mention", "7", 0.5],
    ]
    assert len(line_rows(proposal, least=0.75)) == 2
    assert table["claim"].iloc[2] == "奇鋐 is a supplier of Some Lab"
    assert line_rows(proposal, "zh")["claim"].iloc[2] == "奇鋐是某實驗室的供應商"


def test_an_article_with_nothing_has_an_empty_table(chain: SupplyChain) -> None:
    proposal = built(Article(("今天煮湯",)), chain, finds(), {}, {})
    assert tuple(line_rows(proposal).columns) == LINE_COLUMNS
    assert as_json(proposal)["companies"] == []


def test_line_numbers_are_told_short() -> None:
    assert line_text([7, 3, 5, 6, 3]) == "3, 5-7"


# --- any text -------------------------------------------------------------------------

PIECES = (
    "奇鋐（3017）", "台積電(2330-TW)", "高力", "2368 金像電", "3661世芯", "、", "。", "，", "\n",
    "---\n", "受惠", "衝擊", "供應", "客戶", "收購", "旗下", "水冷板", "晶圓代工", "法說會", "量產",
    "上週五", "2026年3月7日", "民國1年1月1日", "2025/11/31", "9999年12月31日", "2026年第二季",
    "$SMCI", "（AAPL-US）", "(BRK.B)", "(000660-KR)", "（7203.T）", "美國政府", "\x1b[31m",
    "\u202e", "title: x\n", "|格|",
)  # fmt: skip


@pytest.fixture(scope="module")
def listings() -> pd.DataFrame:
    return last_listings(empty_records(LISTINGS))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=40))
def test_any_text_gives_a_proposal_whose_lines_make_a_sound_map(
    chain: SupplyChain, listings: pd.DataFrame, pieces: list[str]
) -> None:
    try:
        read = read_article("".join(pieces).encode("utf-8", "replace"), file="any.txt")
    except ArticleError:
        return
    proposal = propose(read, chain, listings)
    assert propose(read, chain, listings) == proposal
    assert regrouped(proposal, chain) == proposal
    json.dumps(as_json(proposal))
    accepted = list(line_rows(proposal)["id"])
    assert len(accepted) == len(set(accepted))
    if accepted:
        made = patched(map_text(MORE), chain, proposal, accepted)
        assert loaded_content(made.encode(), "tickers.yaml").faults == ()
