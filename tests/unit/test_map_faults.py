"""Every rule of the map, each with the file that breaks it as the test's docstring."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.i18n import Text
from dashboard.supply_chain.loading import LoadedMap, load_map
from dashboard.supply_chain.models import DateBasis, Document, Evidence
from tests.unit.map_input import SOUND, load_docstring, load_text, map_text


@pytest.fixture
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> LoadedMap:
    return load_docstring(request.function, tmp_path)


@pytest.fixture
def messages(loaded: LoadedMap) -> list[str]:
    """The faults' sentences in the order of their lines."""
    return [f"{fault.what}, {fault.mend}" for fault in loaded.faults]


def test_the_sound_sections_are_sound(tmp_path: Path) -> None:
    loaded = load_text(map_text(""), tmp_path)
    assert loaded.faults == ()
    assert [one.key for one in loaded.chain.companies] == ["tsmc", "kaori"]


def test_fault_names_file_line_and_remedy(tmp_path: Path) -> None:
    text = "documents:\nstages:\nlayres:\ncompanies:\nrelations:\nevents:\n"
    (fault,) = load_text(text, tmp_path).faults
    assert str(fault) == "tickers.yaml:3: `layres` is an unknown section, did you mean layers?"


@pytest.mark.parametrize("section", SOUND)
def test_a_missing_section_is_a_fault(section: str, tmp_path: Path) -> None:
    text = "".join(text for name, text in SOUND.items() if name != section)
    first, *others = map(str, load_text(text, tmp_path).faults)
    assert first == (
        f"tickers.yaml:1: the section `{section}` is missing, "
        f"restore it, or write `{section}: []` where there is none"
    )
    assert not any("is missing" in one for one in others)


def test_a_file_cut_short_is_no_sound_map(tmp_path: Path) -> None:
    text = map_text("")
    for name in list(SOUND)[1:]:
        assert load_text(text[: text.index(f"{name}:")], tmp_path).faults


def test_unknown_keys(messages: list[str]) -> None:
    """
    companies:
      - key: tsmc
        nmae: {zh: 台積電, en: TSMC}  # !
        name: {zh: 台積電, en: TSMC, jp: 台積電}  # !
        status: private
        mentions:
          - document: report
            lines: 3
            lin: 4  # !
            claim: {zh: 說, en: Says}
    """
    assert messages == [
        "`nmae` is an unknown key, did you mean name?",
        "`name.jp` is an unknown key, write one of zh, en",
        "`lin` is an unknown key, did you mean lines?",
    ]


def test_missing_fields(messages: list[str]) -> None:
    """
    companies:
      - key: tsmc  # !
        name:
          zh: 台積電  # !
        mentions:
          - lines: 3  # !
            claim: {zh: 說, en: Says}
    """
    assert [one.split(" is ")[0] for one in messages] == ["`status`", "`name.en`", "`document`"]


def test_values_of_a_wrong_kind(messages: list[str]) -> None:
    """
    documents:
      - id: Report 1  # !
        title: 報告  # !
        publisher: {zh: , en: A paper}  # !
        date: August  # !
        date_basis: guessed  # !
        file: [a]  # !
        sha256: 0123  # !
        line_count: many  # !
        digest_from: 0  # !
    companies:
      - just a name  # !
    """
    assert messages[1] == "`title` is not in two languages, write {zh: 中文, en: English}"
    assert messages[4].startswith("`date_basis` 'guessed' is unknown, write one of stated, infer")
    assert messages[7] == "`line_count` 'many' is not a whole number, write digits only"


def test_sections_and_lists_of_a_wrong_kind(messages: list[str]) -> None:
    """
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: private
        aliases: Taiwan Semi  # !
        mentions: {document: report}  # !
    relations: none  # !
    events: {}  # !
    """
    assert messages[0].startswith("`aliases` is not a list")
    assert all("is no list, begin each entry with `- `" in one for one in messages[1:])


def test_blank_texts(messages: list[str]) -> None:
    """
    stages:
      - {id: server, name: {zh: " ", en: Servers}}  # !
      - {id: wafer_fab, name: [晶圓製造, Wafers]}  # !
    """
    assert messages[0] == "`name` is blank in a language, write {zh: 中文, en: English}"


def test_repeated_yaml_keys(loaded: LoadedMap, messages: list[str]) -> None:
    """
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: listed
        status: private  # !
        mentions:
          - {document: report, lines: 3, claim: {zh: 說, en: Says}}
      - key: kaori
        name:
          zh: 高力
          en: Kaori
          en: Kaori Heat  # !
        status: private
        mentions:
          - {document: report, lines: 3, claim: {zh: 說, en: Says}}
    companies:  # !
      - key: other
    """
    assert loaded.chain.companies == ()
    assert messages[0] == "`status` is written twice, delete one of the two"


def test_unknown_names_come_with_the_nearest(messages: list[str]) -> None:
    """
    layers:
      - id: foundry
        stage: wafer_fap  # !
        name: {zh: 晶圓代工, en: Foundry}
        bottleneck: cips  # !
        definition: {zh: 替他人製造, en: Makes wafers for others}
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: listd  # !
        listings:
          - {symbol: 2330.TW, board: TWSEE}  # !
        memberships:
          - layer: fondry  # !
            primary: true
            role: {zh: 代工, en: Foundry}
            stance: beneficary  # !
            kind: core
            evidence:
              - {document: reprot, lines: 12, claim: {zh: 領先, en: Leads}}  # !
    relations:
      - source: tsmcc  # !
        target: kaori  # !
        kind: suplier  # !
        evidence:
          - {document: report, lines: 12, claim: {zh: 領先, en: Leads}}
    """
    wanted = "wafer_fab chips listed TWSE foundry beneficiary report tsmc tsmc supplier"
    for message, name in zip(messages, wanted.split(), strict=True):
        assert name in message.split(", ", 1)[1]


def test_repeated_ids_and_symbols(loaded: LoadedMap, messages: list[str]) -> None:
    """
    stages:
      - {id: server, name: {zh: 伺服器, en: Servers}}
      - {id: wafer_fab, name: {zh: 晶圓製造, en: Wafers}}
      - {id: server, name: {zh: 伺服, en: Server}}  # !
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: listed
        listings: [{symbol: 2330.TW, board: TWSE}]
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: tsmc  # !
        name: {zh: 高力, en: Kaori}
        status: private
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: other
        name: {zh: 其他, en: Other}
        status: listed
        listings:
          - {symbol: 2330.TW, board: TWSE}  # !
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
    """
    assert [one.name.en for one in loaded.chain.companies] == ["TSMC"]
    assert messages[1].startswith("the key tsmc is used twice (first on line")
    assert messages[2].startswith("the symbol 2330.TW is used twice (first on line")


def test_membership_without_evidence(loaded: LoadedMap) -> None:
    """
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: private
        memberships:
          - {layer: foundry, primary: true, role: {zh: 一, en: A}, stance: neutral, kind: core}  # !
          - layer: cooling
            primary: false
            role: {zh: 一, en: A}
            stance: neutral
            kind: core
            evidence: []  # !
          - layer: cooling
            primary: false
            role: {zh: 二, en: B}
            stance: neutral
            kind: core
            evidence:
              - {document: report, lines: 4, claim: {zh: 說, en: Says}}
    """
    (company,) = loaded.chain.companies
    assert [one.role.en for one in company.memberships] == ["B"]


def test_evidence_lines(messages: list[str]) -> None:
    """
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: private
        mentions:
          - {document: report, lines: 20, claim: {zh: 說, en: Says}}
          - {document: report, lines: "1, 3-20", claim: {zh: 說, en: Says}}
          - {document: report, lines: 0, claim: {zh: 說, en: Says}}  # !
          - {document: report, lines: 21, claim: {zh: 說, en: Says}}  # !
          - {document: report, lines: "6, 19-22", claim: {zh: 說, en: Says}}  # !
          - {document: report, lines: 9-7, claim: {zh: 說, en: Says}}  # !
          - {document: report, lines: six, claim: {zh: 說, en: Says}}  # !
          - {document: report, lines: [], claim: {zh: 說, en: Says}}  # !
    """
    outside = "are outside the document report, cite lines from 1 to 20"
    assert [outside in one for one in messages] == [True, True, True, False, False, False]
    assert messages[2] == f"lines 6, 19-22 {outside}"


LISTING = (
    "companies:\n  - key: a\n    name: {{zh: 甲, en: A}}\n    status: listed\n    listings:\n{}"
)
MENTION = "    mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]\n"


@pytest.mark.parametrize(
    ("symbol", "board", "said"),
    [
        ("8227.TW", "TPEX", "must end in .TWO on the board TPEX, write 8227.TWO"),
        ("2330.TWO", "TWSE", "must end in .TW on the board TWSE, write 2330.TW"),
        ("2330", "TWSE", "must end in .TW on the board TWSE, write 2330.TW"),
        ("NVDA.US", "NASDAQ", "has no suffix on the board NASDAQ, write NVDA"),
        ("6758.JP", "TSE", "must end in .T on the board TSE, write 6758.T"),
        ("TSM.TW", "TWSE", "has no Taiwanese code, write four digits before .TW"),
        ("023300.TW", "TWSE", "has no Taiwanese code, write four digits before .TW"),
        ("nvda", "NASDAQ", "is not of the right form, write it as Yahoo does"),
    ],
)
def test_symbol_fits_its_board(symbol: str, board: str, said: str, tmp_path: Path) -> None:
    listing = f"      - {{symbol: {symbol}, board: {board}}}\n"
    text = map_text(LISTING.format(listing) + MENTION)
    (fault,) = load_text(text, tmp_path).faults
    assert fault.line == text.split("\n").index(listing.rstrip("\n")) + 1
    assert said in str(fault)


@pytest.mark.parametrize(
    ("symbol", "board"),
    [
        ("2330.TW", "TWSE"),
        ("8227.TWO", "TPEX"),
        ("NVDA", "NASDAQ"),
        ("BRK-B", "NYSE"),
        ("285A.T", "TSE"),
        ("005930.KS", "KRX"),
        ("601138.SS", "SSE"),
        ("SESG.PA", "EURONEXT_PARIS"),
    ],
)
def test_symbols_of_the_boards_are_taken(symbol: str, board: str, tmp_path: Path) -> None:
    listing = f"      - {{symbol: {symbol}, board: {board}}}\n"
    loaded = load_text(map_text(LISTING.format(listing) + MENTION), tmp_path)
    assert loaded.faults == ()
    assert loaded.chain.symbols() == (symbol,)


def test_status_and_listings(messages: list[str]) -> None:
    """
    companies:
      - key: a
        name: {zh: 甲, en: A}
        status: listed  # !
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: b
        name: {zh: 乙, en: B}
        status: private  # !
        listings: [{symbol: BBBB, board: NYSE}]
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: c
        name: {zh: 丙, en: C}
        status: delisted  # !
        listings: [{symbol: CCCC, board: NYSE}]
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: d
        name: {zh: 丁, en: D}
        status: delisted
        listings: [{symbol: DDDD, board: NYSE, valid_to: 2024-01-02}]
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: e
        name: {zh: 戊, en: E}
        status: state  # !
        listings: [{symbol: EEEE, board: NYSE}]
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
    """
    assert messages[0].startswith("the company a is listed but has no listing valid now")


def test_listings_in_time(messages: list[str]) -> None:
    """
    companies:
      - key: moved
        name: {zh: 邁科, en: Microloops}
        status: listed
        listings:
          - {symbol: 6831.TWO, board: ESB, valid_to: 2025-11-24}
          - {symbol: 6831.TW, board: TWSE, valid_from: "2025-11-25"}
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: abroad
        name: {zh: 阿里, en: Ali}
        status: listed
        listings:
          - {symbol: BABA, board: NYSE}
          - {symbol: 9988.HK, board: HKEX}
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: twice
        name: {zh: 二次, en: Twice}
        status: listed
        listings:
          - {symbol: 6832.TWO, board: ESB, valid_to: 2025-11-25}
          - {symbol: 6832.TW, board: TWSE, valid_from: 2025-11-25}  # !
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: backwards
        name: {zh: 倒退, en: Backwards}
        status: listed
        listings:
          - symbol: 6833.TW
            board: TWSE
            valid_from: 2025-11-25
            valid_to: 2025-11-24  # !
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: never
        name: {zh: 從未, en: Never}
        status: listed
        listings:
          - {symbol: 6834.TW, board: TWSE, valid_from: 2025-02-30}  # !
          - {symbol: 6835.TW, board: TWSE, valid_from: 20250230}  # !
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
    """
    assert "6832.TWO and 6832.TW are valid at the same time" in messages[0]
    assert messages[2] == "`valid_from` '2025-02-30' is no date of the calendar, write YYYY-MM-DD"
    assert messages[3] == "`valid_from` '20250230' is no date, write YYYY-MM-DD"


def test_exactly_one_primary_membership(messages: list[str]) -> None:
    """
    companies:
      - key: none
        name: {zh: 無, en: None at all}
        status: private
        memberships:  # the fault is told at the list's first line
          - layer: foundry  # !
            primary: false
            role: {zh: 一, en: A}
            stance: neutral
            kind: core
            evidence: [{document: report, lines: 4, claim: {zh: 說, en: Says}}]
      - key: two
        name: {zh: 二, en: Two}
        status: private
        memberships:
          - layer: foundry  # !
            primary: true
            role: {zh: 一, en: A}
            stance: neutral
            kind: core
            evidence: [{document: report, lines: 4, claim: {zh: 說, en: Says}}]
          - layer: cooling
            primary: true
            role: {zh: 一, en: A}
            stance: neutral
            kind: core
            evidence: [{document: report, lines: 4, claim: {zh: 說, en: Says}}]
      - key: nowhere  # !
        name: {zh: 無處, en: Nowhere}
        status: private
    """
    assert messages[0].startswith("the company none has no primary membership")
    assert messages[1].startswith("the company two has 2 primary memberships")
    assert messages[2].startswith("the company nowhere has neither a membership nor a mention")


def test_a_layer_once_per_kind(loaded: LoadedMap) -> None:
    """
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: private
        memberships:
          - layer: foundry
            primary: true
            role: {zh: 一, en: A}
            stance: neutral
            kind: core
            evidence: [{document: report, lines: 4, claim: {zh: 說, en: Says}}]
          - layer: foundry
            primary: false
            role: {zh: 二, en: B}
            stance: neutral
            kind: digest
            evidence: [{document: report, lines: 16, claim: {zh: 說, en: Says}}]
          - layer: foundry  # !
            primary: false
            role: {zh: 三, en: C}
            stance: neutral
            kind: core
            evidence: [{document: report, lines: 5, claim: {zh: 說, en: Says}}]
    """
    (company,) = loaded.chain.companies
    assert [one.role.en for one in company.memberships] == ["A", "B"]


def test_digest_kind_follows_the_lines(messages: list[str]) -> None:
    """
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: private
        memberships:
          - layer: foundry
            primary: true
            role: {zh: 一, en: A}
            stance: neutral
            kind: digest  # !
            evidence: [{document: report, lines: "14-15", claim: {zh: 說, en: Says}}]
          - layer: cooling
            primary: false
            role: {zh: 二, en: B}
            stance: neutral
            kind: core  # !
            evidence: [{document: report, lines: 15, claim: {zh: 說, en: Says}}]
          - layer: cooling
            primary: false
            role: {zh: 三, en: C}
            stance: neutral
            kind: core
            evidence:
              - {document: report, lines: 15, claim: {zh: 說, en: Says}}
              - {document: report, lines: 14, claim: {zh: 說, en: Says}}
    """
    assert messages[0].endswith("write kind: core")
    assert messages[1].endswith("write kind: digest")


def test_aliases_are_claimed_once(loaded: LoadedMap, messages: list[str]) -> None:
    """
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        aliases:
          - 護國神山
          - ＫＡＯＲＩ  # !
          - Taiwan Semi
          - tsmc  # !
        status: private
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: kaori
        name: {zh: 高力, en: Kaori}
        aliases:
          - TAIWAN  SEMI  # !
          - Kaori Heat Treatment
        status: private
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: kaori-two
        name: {zh: 高力, en: Kaori Two}  # !
        status: private
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
    """
    tsmc, kaori, _ = loaded.chain.companies
    assert (tsmc.aliases, kaori.aliases) == (
        ("護國神山", "Taiwan Semi"),
        ("Kaori Heat Treatment",),
    )
    assert messages[0].startswith("the alias KAORI") or "ＫＡＯＲＩ" in messages[0]


def test_relations(loaded: LoadedMap, messages: list[str]) -> None:
    """
    relations:
      - {source: tsmc, target: kaori, kind: partner, evidence: [{document: report, lines: 1, claim: {zh: 說, en: Says}}]}
      - {source: kaori, target: tsmc, kind: partner, evidence: [{document: report, lines: 2, claim: {zh: 說, en: Says}}]}  # !
      - {source: tsmc, target: kaori, kind: supplier, evidence: [{document: report, lines: 1, claim: {zh: 說, en: Says}}]}
      - {source: kaori, target: tsmc, kind: supplier, evidence: [{document: report, lines: 1, claim: {zh: 說, en: Says}}]}
      - {source: tsmc, target: kaori, kind: supplier, evidence: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]}  # !
      - {source: tsmc, target: tsmc, kind: customer, evidence: [{document: report, lines: 1, claim: {zh: 說, en: Says}}]}  # !
      - {source: tsmc, target: kaori, kind: investor, evidence: []}  # !
    """  # noqa: E501
    assert [one.kind for one in loaded.chain.relations] == ["partner", "supplier", "supplier"]
    assert "is stated twice (first on line" in messages[0]
    assert messages[2].startswith("the relation joins tsmc to itself")


EVENT = (
    "events:\n  - id: e\n    title: {{zh: 事, en: Event}}\n    direction: mixed\n{}"
    "    evidence: [{{document: report, lines: 3, claim: {{zh: 說, en: Says}}}}]\n"
)


@pytest.mark.parametrize(
    "fields",
    [
        "date: 2025-07-30\n    precision: day\n    session: 2025-07-31",
        'date: "2025-07-30"\n    precision: day\n    session: "2025-07-30"',
        "date: 2025-08\n    precision: month",
        "date: 2025-Q3\n    precision: quarter",
        "date: 2025\n    precision: year",
        "precision: unknown",
        "date:\n    precision: unknown",
    ],
)
def test_dates_quoted_or_not(fields: str, tmp_path: Path) -> None:
    loaded = load_text(map_text(EVENT.format(f"    {fields}\n")), tmp_path)
    assert loaded.faults == ()
    (event,) = loaded.chain.events
    assert event.date is None or f"date: {event.date}" in fields.replace('"', "")
    assert event.session is None or event.session.isoformat() in fields


@pytest.mark.parametrize(
    ("line", "other", "said"),
    [
        ("date: 2025-08", "precision: day", "does not fit precision: day, write YYYY-MM-DD"),
        ("date: 2025-08-01", "precision: month", "does not fit precision: month, write YYYY-MM"),
        ("date: 2025", "precision: quarter", "does not fit precision: quarter, write YYYY-Q1"),
        ("date: 2025-Q2", "precision: year", "does not fit precision: year, write YYYY"),
        ("date: 2025-02-30", "precision: day", "is no date of the calendar"),
        ("date: 2025-13", "precision: month", "is no date of the calendar"),
        ("date: 30.7.2025", "precision: day", "`date` '30.7.2025' is not of the right form"),
        ("precision: year", "", "has precision: year but no date"),
        ("precision: unknown", "date: 2025", "has the date 2025 but precision: unknown"),
        ("session: 2025-08-01", "precision: month\n    date: 2025-07", "its day is not known"),
        (
            "session: 2025-07-29",
            "precision: day\n    date: 2025-07-30",
            "the session 2025-07-29 is before the event's date 2025-07-30",
        ),
        ("layers: [foundry, foundri]", "precision: unknown", "the layer foundri is unknown"),
        ("companies: [tsmc, tsmc]", "precision: unknown", "the company tsmc is named twice"),
        ("direction: up", "precision: unknown", "`direction`"),
    ],
)
def test_faulty_events(line: str, other: str, said: str, tmp_path: Path) -> None:
    template = EVENT if "direction" not in line else EVENT.replace("    direction: mixed\n", "")
    text = map_text(template.format(f"    {other}\n    {line}\n"))
    loaded = load_text(text, tmp_path)
    (fault,) = loaded.faults
    assert fault.line == _last_line(text, f"    {line}")
    assert said in str(fault)
    assert loaded.chain.events == ()


def _last_line(text: str, line: str) -> int:
    return max(n for n, one in enumerate(text.split("\n"), 1) if one == line)


def test_document_rules(messages: list[str]) -> None:
    """
    documents:
      - id: report
        title: {zh: 報告, en: Report}
        publisher: {zh: 某報, en: A paper}
        date: 2025-02-29  # !
        date_basis: stated
        file: 003.txt
        sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        line_count: 20
        digest_from: 21  # !
        digest_lines: "1-2, 19-21"  # !
    """
    assert messages[1].startswith("`digest_from` 21 is beyond the document's 20 lines")
    assert messages[2].startswith("`digest_lines` 19-21 is outside the document's 20 lines")


def test_lines_beside_the_article_are_digest() -> None:
    document = Document(
        id="report", title=Text("報告", "Report"), publisher=Text("某報", "A paper"),
        date_basis=DateBasis.UNKNOWN, file="003.txt", sha256="0" * 64, line_count=20,
        digest_from=15, digest_lines=((1, 3), (7, 7)),
    )  # fmt: skip

    def digest(*lines: tuple[int, int]) -> bool:
        claim = Text("說", "Says")
        return document.is_digest(Evidence(document="report", lines=lines, claim=claim))

    assert digest((1, 2))
    assert digest((1, 3), (7, 7), (15, 20))
    assert not digest((3, 4))
    assert not digest((1, 2), (8, 8))
    assert not digest((14, 16))


def test_one_mistake_is_told_once(loaded: LoadedMap) -> None:
    """
    companies:
      - key: tsmc
        name: {zh: 台積電, en: TSMC}
        status: unlisted  # !
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
      - key: kaori
        name: {zh: 高力, en: Kaori}
        status: private
        mentions: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
    relations:
      - source: tsmc
        target: kaori
        kind: supplier
        evidence: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
    events:
      - id: e
        title: {zh: 事, en: Event}
        precision: unknown
        companies: [tsmc, kaori]
        direction: mixed
        evidence: [{document: report, lines: 3, claim: {zh: 說, en: Says}}]
    """
    assert loaded.chain.relations == ()
    assert [one.companies for one in loaded.chain.events] == [("kaori",)]


def test_texts_that_yaml_would_misread(loaded: LoadedMap) -> None:
    """
    companies:
      - key: on
        name: {zh: 2330, en: no}
        aliases: [1e3, 2025-07-30, yes, "null", 0x10, 1:30]
        status: private
        mentions: [{document: report, lines: 3, claim: {zh: 3.0, en: off}}]
    """
    (company,) = loaded.chain.companies
    assert (company.key, company.name) == ("on", ("2330", "no"))
    assert company.aliases == ("1e3", "2025-07-30", "yes", "null", "0x10", "1:30")
    assert company.mentions[0].claim == ("3.0", "off")


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_lines_are_those_of_the_editor(end: str, tmp_path: Path) -> None:
    rest = "".join(f"{name}: []{end}" for name in SOUND if name != "stages")
    text = f"# a\u2028# b\x85# c{end}stages:{end}  - 1{end}{rest}"
    path = tmp_path / "tickers.yaml"
    path.write_bytes(text.encode())
    (fault,) = load_map(path).faults
    assert fault.line == 3


def test_digest_is_the_hash_of_the_file(tmp_path: Path) -> None:
    # printf 'stages:\n' | sha256sum
    loaded = load_text("stages:\n", tmp_path)
    assert loaded.chain.digest == (
        "e4a5efdb36e003af75434d39fb6dbaf4dccf1de09a5f874e1fc44708676ed2fd"
    )
