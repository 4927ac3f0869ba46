"""The shipped map against the documents it cites, the exchange's list and the checked facts."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import twstock

from dashboard.proposals.newcomers import NO_ENGLISH
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import LoadedMap, load_map
from dashboard.supply_chain.models import Company, Document, Evidence, Kind, SupplyChain

BOARDS_OF_THE_LIST = {"上市": "TWSE", "上櫃": "TPEX"}
MAIN_SOURCE = "ai-supply-chain-map"


@pytest.fixture(scope="module")
def loaded() -> LoadedMap:
    return load_map(PROJECT_ROOT / "tickers.yaml")


@pytest.fixture(scope="module")
def chain(loaded: LoadedMap) -> SupplyChain:
    return loaded.chain


@pytest.fixture(scope="module")
def lines(chain: SupplyChain, documents: Path) -> dict[str, list[str]]:
    """Document id → its physical lines, as an editor numbers them.

    Of the documents whose text is in the folder: a map may cite articles that were accepted
    since and are kept nowhere. `test_documents_are_the_files` holds that none of the folder
    lacks.
    """
    return {
        one.id: (documents / one.file).read_text("utf-8").removesuffix("\n").split("\n")
        for one in chain.documents
        if (documents / one.file).is_file()
    }


def test_no_faults(loaded: LoadedMap) -> None:
    assert not loaded.faults, "\n".join(str(fault) for fault in loaded.faults)


# --- against the exchange's list ------------------------------------------------------


def _taiwanese(chain: SupplyChain) -> Iterator[tuple[Company, str, str]]:
    for company in chain.companies:
        for listing in company.listings:
            if listing.market == "TW" and listing.valid_to is None:
                yield company, listing.symbol.partition(".")[0], listing.board


def test_taiwanese_names_and_boards_are_the_exchange_s(chain: SupplyChain) -> None:
    wrong = [
        f"{code} {company.name.zh} {board}: the list has {entry and (entry.name, entry.market)}"
        for company, code, board in _taiwanese(chain)
        if (entry := twstock.codes.get(code)) is None
        or (entry.name, BOARDS_OF_THE_LIST.get(entry.market)) != (company.name.zh, board)
    ]
    assert not wrong, "\n".join(wrong)
    assert len(list(_taiwanese(chain))) >= 34


def test_dates_of_listing_are_the_exchange_s(chain: SupplyChain) -> None:
    for company in chain.companies:
        for listing in company.listings:
            if listing.market == "TW" and listing.valid_from and listing.valid_to is None:
                entry = twstock.codes[listing.symbol.partition(".")[0]]
                assert f"{listing.valid_from:%Y/%m/%d}" == entry.start, listing.symbol


def test_every_company_is_named_in_both_languages(chain: SupplyChain) -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    for company in chain.companies:
        assert company.name.zh, company.key
        unknown = company.note is not None and NO_ENGLISH.en in company.note.en
        assert unknown or not han.search(company.name.en), company.name.en


# --- against the documents ------------------------------------------------------------


def test_documents_are_the_files(
    chain: SupplyChain, documents: Path, lines: dict[str, list[str]]
) -> None:
    for one in (chain.document_by_id[name] for name in lines):
        content = (documents / one.file).read_bytes()
        assert (one.sha256, one.line_count) == (
            hashlib.sha256(content).hexdigest(),
            len(lines[one.id]),
        ), one.id
    files = [chain.document_by_id[name].file for name in lines]
    assert sorted(files) == sorted(one.name for one in documents.glob("*.txt"))


def _evidence_of(company: Company) -> Iterator[Evidence]:
    yield from company.mentions
    for membership in company.memberships:
        yield from membership.evidence


def _cited(evidence: Evidence, lines: dict[str, list[str]]) -> str:
    text = lines[evidence.document]
    assert 1 <= evidence.first_line <= evidence.last_line <= len(text), evidence
    return "\n".join(line for first, last in evidence.lines for line in text[first - 1 : last])


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _named(company: Company, text: str) -> bool:
    """Whether a name, an alias or a ticker stands in the text; Latin words as whole words."""
    tickers = {part for one in company.listings for part in (one.symbol, one.symbol.split(".")[0])}
    names = {company.name.zh, company.name.en, *company.aliases, *tickers}
    names |= {re.sub(r"(\*|-KY)$", "", name) for name in names}
    return any(_stands(_normal(name), _normal(text)) for name in names)


def _stands(name: str, text: str) -> bool:
    before = r"(?<![a-z0-9])" if re.match("[a-z0-9]", name) else ""
    after = r"(?![a-z0-9])" if re.search("[a-z0-9]$", name) else ""
    return re.search(before + re.escape(name) + after, text) is not None


def test_cited_lines_name_the_company(chain: SupplyChain, lines: dict[str, list[str]]) -> None:
    silent = [
        f"{company.key}: {evidence.document}:{evidence.line_text}"
        for company in chain.companies
        for evidence in _evidence_of(company)
        if evidence.document in lines and not _named(company, _cited(evidence, lines))
    ]
    assert not silent, "\n".join(silent)


def test_cited_lines_name_a_party_of_the_relation(
    chain: SupplyChain, lines: dict[str, list[str]]
) -> None:
    silent = [
        f"{one.source} {one.kind} {one.target}: {evidence.document}:{evidence.line_text}"
        for one in chain.relations
        for evidence in one.evidence
        if evidence.document in lines
        and not any(
            _named(chain.company_by_key[key], _cited(evidence, lines))
            for key in (one.source, one.target)
        )
    ]
    assert not silent, "\n".join(silent)


def test_events_cite_lines_of_the_documents(
    chain: SupplyChain, lines: dict[str, list[str]]
) -> None:
    cited = [one for event in chain.events for one in event.evidence if one.document in lines]
    assert cited
    assert all(_cited(one, lines).strip() for one in cited)


def _printed_codes(text: str) -> set[str]:
    """Codes printed as 名稱( 1234 ), 名稱（1234） or `1234 名稱`."""
    bracketed = set(re.findall(r"[（(]\s*([1-9]\d{3})\s*[）)]", text))
    leading = {
        code
        for code, name in re.findall(r"(?<!\d)([1-9]\d{3})\s?([\u4e00-\u9fff]{2})", text)
        if code in twstock.codes and twstock.codes[code].name.startswith(name)
    }
    return bracketed | leading


def test_every_printed_code_is_a_core_member(
    chain: SupplyChain, lines: dict[str, list[str]]
) -> None:
    printed = _printed_codes("\n".join(lines[MAIN_SOURCE]))
    assert len(printed) == 32
    core = {
        company.symbol.partition(".")[0]
        for company in chain.companies
        if company.symbol and any(one.kind is Kind.CORE for one in company.memberships)
    }
    assert printed <= core, printed - core


def test_every_code_of_the_headlines_is_on_the_map(
    chain: SupplyChain, lines: dict[str, list[str]]
) -> None:
    (headlines,) = (one for one in chain.documents if one.digest_from and one.id in lines)
    text = lines[headlines.id]
    printed = _printed_codes("\n".join(text[(headlines.digest_from or 0) - 1 :]))
    known = {code for _, code, _ in _taiwanese(chain)}
    assert printed
    assert printed <= known, printed - known


# --- against the taxonomy and the checked facts ---------------------------------------


def _table_rows(text: str, first_column: str) -> Iterator[list[str]]:
    """Cells of the Markdown table whose header begins with `first_column`."""
    rows = iter(text.split("\n"))
    for row in rows:
        if row.startswith(f"| {first_column} |"):
            break
    next(rows)
    for row in rows:
        if not row.startswith("|"):
            return
        yield [cell.strip() for cell in row.strip("|").split("|")]


def test_stages_and_layers_are_the_taxonomy_s(chain: SupplyChain, reference: Path) -> None:
    text = (reference / "LAYERS.md").read_text("utf-8")
    stages = [(one.id, one.name.zh, one.name.en) for one in chain.stages]
    assert stages == [(stage.strip("`"), zh, en) for _, stage, zh, en in _table_rows(text, "order")]
    layers = [
        [one.id, one.stage, *one.name, one.bottleneck, " ".join(one.definition)]
        for one in chain.layers
    ]
    assert layers == [
        [row[0].rstrip("*").strip("`"), row[1].strip("`"), *row[2:]]
        for row in _table_rows(text, "layer")
    ]


def _document_of(prefix: str, chain: SupplyChain) -> Document:
    (document,) = (one for one in chain.documents if one.file.startswith(prefix))
    return document


def _cites(evidence: Iterable[Evidence], document: Document, wanted: set[int]) -> bool:
    return any(
        one.document == document.id
        and any(first <= line <= last for first, last in one.lines for line in wanted)
        for one in evidence
    )


def _line_numbers(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def test_documents_are_the_facts(chain: SupplyChain, reference: Path) -> None:
    text = (reference / "FACTS.md").read_text("utf-8")
    rows = {row[0].strip("`"): row for row in _table_rows(text, "id")}
    assert set(rows) <= set(chain.document_by_id)
    for one in (chain.document_by_id[name] for name in rows):
        assert one.file.startswith(rows[one.id][1])
        assert rows[one.id][4].startswith(one.date_basis)
    assert _document_of("004", chain).digest_from == 58


def test_dated_events_are_the_facts(chain: SupplyChain, reference: Path) -> None:
    text = (reference / "FACTS.md").read_text("utf-8")
    missing = []
    for title, place, date, session, layers in _table_rows(text, "event"):
        prefix, _, numbers = place.partition(":")
        document = _document_of(prefix, chain)
        wanted = {one.strip() for one in layers.split(",")} - {"-", "all"}
        if not any(
            event.date == date[:10]
            and str(event.session) == session
            and wanted <= set(event.layers)
            and _cites(event.evidence, document, _line_numbers(numbers))
            for event in chain.events
        ):
            missing.append(f"{title}: {place}, {date}, session {session}, {layers}")
    assert not missing, "\n".join(missing)


def _all_evidence(chain: SupplyChain) -> Iterator[Evidence]:
    for company in chain.companies:
        yield from _evidence_of(company)
    for entry in (*chain.relations, *chain.events):
        yield from entry.evidence


def test_disputed_claims_carry_their_check(chain: SupplyChain, reference: Path) -> None:
    text = (reference / "FACTS.md").read_text("utf-8")
    checked = [one for one in _all_evidence(chain) if one.check]
    missing = [
        f"{places}: {claim}"
        for places, claim, _ in _table_rows(text, "document, line")
        if not any(
            _cites(checked, _document_of(prefix, chain), {int(line)})
            for prefix, line in re.findall(r"(\d{3}):(\d+)", places)
        )
    ]
    assert not missing, "\n".join(missing)


def test_how_much_the_documents_state(chain: SupplyChain) -> None:
    assert len(chain.relations) >= 85
    assert len(chain.events) >= 55
