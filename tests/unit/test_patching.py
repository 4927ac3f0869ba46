"""Accepted lines in the map's text: exactly those, and every other character as it was."""

from __future__ import annotations

import difflib
import subprocess
import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.articles.models import Article
from dashboard.errors import ProposalError
from dashboard.i18n import Text
from dashboard.proposals import accepting
from dashboard.proposals.accepting import accept
from dashboard.proposals.applying import applied
from dashboard.proposals.choosing import lines_of
from dashboard.proposals.documents import as_known, check_given, document_of
from dashboard.proposals.models import Group, Proposal
from dashboard.proposals.patching import patch_text, patched
from dashboard.proposals.proposing import built
from dashboard.settings import PROJECT_ROOT, Settings
from dashboard.supply_chain.loading import load_map, loaded_content
from dashboard.supply_chain.models import (
    CheckKind,
    Kind,
    Precision,
    RelationKind,
    Stance,
    Status,
    SupplyChain,
)
from tests.faults.commands import command
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

OUR_MAP = (PROJECT_ROOT / "tickers.yaml").read_text("utf-8")
TSMC = identity("2330.TW", "台積電", "TSMC", "tsmc", "TWSE")
KAORI = identity("8996.TW", "高力", "Kaori", "kaori", "TWSE")
AVC = identity("3017.TW", "奇鋐", board="TWSE")
WIWYNN = identity("6669.TW", "緯穎", board="TWSE")
DELL = identity("DELL", "Dell", board=None)
BENEFICIARY, AT_RISK = stance(Stance.BENEFICIARY, 5), stance(Stance.AT_RISK, 5)


@cache
def chain_of(text: str) -> SupplyChain:
    loaded = loaded_content(text.encode(), "tickers.yaml")
    assert loaded.faults == (), loaded.faults[0]
    return loaded.chain


def whole(chain: SupplyChain, read: Article | None = None) -> Proposal:
    """Every group, relations, events, companies known and new, an article with a digest."""
    return built(
        read or article(digest=((3, 3), (25, 30))),
        chain,
        finds(
            found(TSMC, [4, 5]),
            found(KAORI, [7, 8, 26]),
            found(AVC, [9, 10, 11]),
            found(WIWYNN, [27]),
            found(DELL, [12]),
        ),
        {
            "tsmc": [layer("foundry", 4)],
            "kaori": [layer("cooling", 7)],
            "3017.TW": [layer("cooling", 10), layer("foundry", 11, confidence=0.8)],
            "6669.TW": [layer("cooling", 27, confidence=0.5)],
        },
        {"tsmc": AT_RISK, "kaori": BENEFICIARY, "3017.TW": stance(Stance.BENEFICIARY, 9)},
        [
            relation("3017.TW", "DELL", 12),
            relation("kaori", "tsmc", 13, kind=RelationKind.PARTNER),
        ],
        [
            event("2026-03-07", ["3017.TW", "DELL"], 14, layers=["cooling"]),
            event("2026-Q2", ["tsmc"], 15, precision=Precision.QUARTER),
        ],
    )


def lines_changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came."""
    diff = list(difflib.unified_diff(before.split("\n"), after.split("\n"), n=0))[2:]
    gone, came = ([one[1:] for one in diff if one[0] == sign] for sign in "-+")
    return gone, came


def accepted_in(
    text: str, proposal: Proposal, accepted: Collection[str]
) -> tuple[str, SupplyChain]:
    made = patched(text, chain_of(text), proposal, accepted)
    return made, chain_of(made)


# --- the map that ships ---------------------------------------------------------------


def test_all_lines_of_a_proposal_go_into_the_map_that_ships_and_git_takes_the_diff(
    tmp_path: Path,
) -> None:
    chain = chain_of(OUR_MAP)
    proposal = whole(chain)
    made, after = accepted_in(OUR_MAP, proposal, lines_of(proposal))
    gone, _ = lines_changed(OUR_MAP, made)
    assert gone == ["        stance: beneficiary"]
    assert len(after.companies) == len(chain.companies) + 3
    assert [one.key for one in after.companies[-3:]] == ["tw-3017", "tw-6669", "dell"]
    assert after.documents[-1].sha256 == proposal.document.sha256
    path = tmp_path / "tickers.yaml"
    path.write_text(OUR_MAP, "utf-8")
    diff = patch_text(OUR_MAP, chain, proposal, lines_of(proposal))
    subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=tmp_path, check=True)
    assert path.read_text("utf-8") == made


def test_one_mention_adds_a_document_and_its_own_lines_and_nothing_else() -> None:
    chain = chain_of(OUR_MAP)
    innolux = identity("3481.TW", "群創", "Innolux", "innolux")
    proposal = built(article(), chain, finds(found(innolux, [2])), {}, {})
    made, _ = accepted_in(OUR_MAP, proposal, ["innolux:mention"])
    gone, came = lines_changed(OUR_MAP, made)
    assert gone == []
    assert came == [
        "  - id: liquid-cooling-2026-03-12",
        "    title:",
        "      zh: 液冷族群全面起飛",
        "      en: 液冷族群全面起飛",
        "    publisher:",
        "      zh: 某財經日報",
        "      en: 某財經日報",
        "    date: '2026-03-12'",
        "    date_basis: stated",
        "    url: https://example.com/a?b=1",
        "    file: liquid-cooling.txt",
        "    sha256: " + "f" * 64,
        "    line_count: 30",
        "      - document: liquid-cooling-2026-03-12",
        "        lines: 2",
        "        claim:",
        "          zh: 提到它，未說它屬於哪一層，未說利弊。",
        "          en: Names it without a place in a layer and tells neither gain nor loss.",
    ]
    assert made.index("lines: 2\n        claim:\n          zh: 提到它") < made.index(
        "面板廠；文件只提到"
    )


def test_every_company_and_relation_and_event_that_ships_can_be_added_to() -> None:
    """Every entry of the file is a place to write to: also the last before a comment or gap."""
    chain = chain_of(OUR_MAP)
    companies = [
        identity(one.symbol, *one.name, one.key, status=one.status) for one in chain.companies
    ]
    layers = {
        one.key: [layer(one.memberships[0].layer, 1)] for one in chain.companies if one.memberships
    }
    proposal = built(
        article(),
        chain,
        finds(*(found(one, [1, 2]) for one in companies)),
        layers,
        {},
        [relation(one.source, one.target, 3, kind=one.kind) for one in chain.relations],
        [
            event(one.date, one.companies, n, precision=one.precision, direction=one.direction)
            for n, one in enumerate(chain.events, 1)
            if one.date and n <= 30
        ],
    )
    made, after = accepted_in(OUR_MAP, proposal, lines_of(proposal))
    gone, _ = lines_changed(OUR_MAP, made)
    assert {one.strip() for one in gone} <= {"kind: digest"}
    assert len(after.relations) == len(chain.relations)
    for old, new in zip(chain.companies, after.companies, strict=True):
        cited = [e for m in new.memberships for e in m.evidence] + list(new.mentions)
        before = [e for m in old.memberships for e in m.evidence] + list(old.mentions)
        assert len(cited) == len(before) + 1, old.key


# --- what is written ------------------------------------------------------------------


def test_a_new_company_is_whole() -> None:
    text = map_text("")
    proposal = whole(chain_of(text))
    _, after = accepted_in(text, proposal, ["3017.TW:foundry", "3017.TW:cooling"])
    company = after.company_by_symbol["3017.TW"]
    assert company.key == "tw-3017"
    assert company.name == Text("奇鋐", "奇鋐 (3017)")
    assert company.note is not None
    assert "code stands for it" in company.note.en
    assert (company.status, company.symbol) == (Status.LISTED, "3017.TW")
    assert [(one.layer, one.primary, one.stance, one.kind) for one in company.memberships] == [
        ("cooling", True, Stance.BENEFICIARY, Kind.CORE),
        ("foundry", False, Stance.BENEFICIARY, Kind.CORE),
    ]
    assert company.memberships[0].role == Text("液冷", "Liquid cooling")
    assert company.memberships[0].evidence[0].line_text == "9-10"


def test_a_headline_is_digest_and_no_line_crosses_its_edge() -> None:
    text = map_text("")
    read = article(digest=((5, 9), (10, 12), (20, 30)))
    named = finds(found(AVC, [9, 10]), found(KAORI, [4, 5, 19, 20]))
    proposal = built(read, chain_of(text), named, {"3017.TW": [layer("cooling", 9, 10)]}, {})
    _, after = accepted_in(text, proposal, lines_of(proposal))
    document = after.documents[-1]
    assert (document.digest_from, document.digest_lines) == (20, ((5, 12),))
    assert after.company_by_symbol["3017.TW"].memberships[0].kind is Kind.DIGEST
    assert after.company_by_key["kaori"].mentions[-1].line_text == "4, 5, 19, 20"


def test_what_contradicts_makes_the_membership_disputed_with_a_check() -> None:
    text = map_text("")
    made, after = accepted_in(text, whole(chain_of(text)), ["tsmc:foundry"])
    place = after.company_by_key["tsmc"].memberships[0]
    assert place.stance is Stance.DISPUTED
    assert place.evidence[-1].check_kind is CheckKind.OPPOSED
    assert place.evidence[-1].check is not None
    assert place.evidence[0].check is None
    assert lines_changed(text, made)[0] == ["        stance: beneficiary"]


def test_a_core_passage_makes_a_headline_s_membership_core() -> None:
    text = map_text("").replace("kind: core", "kind: digest").replace("lines: 12,", "lines: 16,")
    proposal = whole(chain_of(text))
    _, after = accepted_in(text, proposal, ["tsmc:foundry"])
    assert [one.kind for one in after.company_by_key["tsmc"].memberships] == [Kind.CORE]


def test_companies_of_a_relation_or_an_event_come_along_as_mentions() -> None:
    text = map_text("")
    proposal = whole(chain_of(text))
    _, after = accepted_in(text, proposal, ["relation:3017.TW:supplier:DELL"])
    assert (
        "3017.TW" in applied(chain_of(text), proposal, list(lines_of(proposal))).company_by_symbol
    )
    for symbol in ("3017.TW", "DELL"):
        company = after.company_by_symbol[symbol]
        assert company.memberships == ()
    mentions = [after.company_by_symbol[one].mentions for one in ("3017.TW", "DELL")]
    assert [[one.line_text for one in own] for own in mentions] == [["9-11"], ["12"]]
    assert [(one.source, one.target) for one in after.relations] == [("tw-3017", "dell")]


def test_an_event_has_the_first_session_on_or_after_its_day() -> None:
    text = map_text("")
    proposal = whole(chain_of(text))
    _, after = accepted_in(text, proposal, [one.id for one in proposal.events])
    saturday, quarter = after.events
    assert (saturday.date, str(saturday.session)) == ("2026-03-07", "2026-03-09")
    assert (quarter.date, quarter.session) == ("2026-Q2", None)
    assert saturday.layers == ("cooling",)


def test_an_exchange_that_is_not_told_is_not_guessed() -> None:
    text = map_text("")
    _, after = accepted_in(text, whole(chain_of(text)), ["DELL:mention"])
    company = after.company_by_key["dell"]
    assert company.name == Text("Dell", "Dell")
    assert (company.listings[0].board, company.listings[0].market) == ("US", "US")
    assert company.note is None


def test_a_name_that_another_company_has_gets_the_code() -> None:
    text = map_text("").replace("en: TSMC}\n", "en: TSMC}\n    aliases: [超微]\n")
    who = identity("SMCI", "超微", "Super Micro", board="NASDAQ")
    proposal = built(article(), chain_of(text), finds(found(who, [3])), {}, {})
    _, after = accepted_in(text, proposal, ["SMCI:mention"])
    assert after.company_by_symbol["SMCI"].name == Text("超微 (SMCI)", "Super Micro")


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_stay(mark: str, newline: str, end: str) -> None:
    plain = map_text("").rstrip("\n") + end
    text = mark + plain.replace("\n", newline)
    made, _ = accepted_in(text, whole(chain_of(text)), lines_of(whole(chain_of(text))))
    assert made.startswith(mark + plain[:20].replace("\n", newline))
    assert made.count("\n") - made.count("\r\n") == (0 if newline == "\r\n" else made.count("\n"))


def test_lists_in_braces_and_empty_ones_are_added_to() -> None:
    text = map_text(
        """
        companies:
          - {key: tsmc, name: {zh: 台積電, en: TSMC}, status: listed, listings: [{symbol: 2330.TW, board: TWSE}], memberships: [{layer: foundry, primary: true, role: {zh: 代工, en: Foundry}, stance: beneficiary, kind: core, evidence: [{document: report, lines: 12, claim: {zh: 領先, en: Leads}}]}]}
          - key: kaori  # by hand
            name: {zh: 高力, en: Kaori}
            status: listed
            listings: [{symbol: 8996.TW, board: TWSE}]
            memberships: []  # none yet
            mentions: [{document: report, lines: 13, claim: {zh: 液冷, en: Liquid cooling}},]
            note: {zh: 註, en: Note}
        # the end
        relations:
        events: []  # none
        """  # noqa: E501
    )
    proposal = whole(chain_of(text))
    made, after = accepted_in(text, proposal, lines_of(proposal))
    assert len(after.company_by_key["tsmc"].memberships[0].evidence) == 2
    assert after.company_by_key["kaori"].memberships[0].layer == "cooling"
    assert (len(after.relations), len(after.events)) == (2, 2)
    for comment in ("# by hand", "# none yet", "\n# the end\n", "# none\n"):
        assert comment in made


def test_sections_on_one_line_are_added_to() -> None:
    def company(key: str, name: str, symbol: str) -> str:
        said = "{document: report, lines: 12, claim: {zh: 說, en: Says}}"
        return (
            f"{{key: {key}, name: {{zh: {name}, en: {key}}}, status: listed, mentions: [{said}], "
            f"listings: [{{symbol: {symbol}, board: TWSE}}]}}"
        )

    both = f"{company('tsmc', '台積電', '2330.TW')}, {company('kaori', '高力', '8996.TW')}"
    text = map_text(f"companies: [{both}]")
    proposal = whole(chain_of(text))
    made, after = accepted_in(text, proposal, lines_of(proposal))
    assert [one.key for one in after.companies] == ["tsmc", "kaori", "tw-3017", "tw-6669", "dell"]
    assert made.count("\n") > text.count("\n")


def test_a_map_in_another_hand_keeps_it() -> None:
    text = map_text(
        """
        companies:

        -   key: "tsmc"
            name:
                zh: '台積電'
                en: "TSMC"

            # before the status
            status: listed
            listings:
            -   {symbol: "2330.TW", board: TWSE}
            memberships:
            -   layer: foundry
                primary: true
                role: {zh: 代工, en: Foundry}
                stance: 'beneficiary'  # as told
                kind: core
                evidence:
                -   document: report
                    lines: 12
                    claim:
                        zh: >-
                            領先，
                            仍然領先
                        en: |
                            Leads

            # after the evidence

        -   key: kaori
            name: {zh: 高力, en: Kaori}
            status: listed
            listings:
            -   {symbol: 8996.TW, board: TWSE}
            mentions:
            -   {document: report, lines: 13, claim: {zh: 液冷, en: Liquid cooling}}

        """
    )
    proposal = whole(chain_of(text))
    made, after = accepted_in(text, proposal, lines_of(proposal))
    gone, _ = lines_changed(text, made)
    assert text.count("\n\n") == made.count("\n\n")
    assert [one.strip() for one in gone if one] == [
        "relations: []",
        "events: []",
        "stance: 'beneficiary'  # as told",
    ]
    assert "stance: disputed  # as told" in made
    assert after.company_by_key["tsmc"].memberships[0].evidence[0].claim.zh == "領先， 仍然領先"


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_subset_of_lines_gives_a_sound_map(data: st.DataObject) -> None:
    text = map_text("")
    chain = chain_of(text)
    read = article(
        digest=data.draw(st.sampled_from([(), ((1, 30),), ((3, 3), (25, 30)), ((4, 6), (7, 9))])),
        title=data.draw(st.text(max_size=20)),
        publisher=data.draw(st.sampled_from(["", "null", "~", "[x", "- y: #z", "a: b", "'", "\t"])),
        date=data.draw(st.sampled_from([None, "2026", "2026-02", "2026-02-28"])),
        file=data.draw(st.sampled_from(["", "a.txt", "新聞.md", "../x.pdf", "1.txt"])),
        url=data.draw(st.sampled_from([None, "https://a/(b)[c] d", "ftp://x", "http://u:p@h/"])),
    )
    proposal = whole(chain, read)
    ids = sorted(lines_of(proposal))
    chosen = data.draw(st.sets(st.sampled_from(ids), min_size=1))
    made, after = accepted_in(text, proposal, chosen)
    # Not by a diff, which need not be the shortest one.
    changed = {"        stance: beneficiary", "relations: []", "events: []"}
    left = iter(made.split("\n"))
    assert all(one in left for one in text.split("\n") if one not in changed)
    assert after.model_copy(update={"digest": chain.digest}) == applied(chain, proposal, chosen)
    assert "u:p@" not in made


def alike(chain: SupplyChain) -> dict[str, object]:
    """A map without what tells in which order its entries were added."""
    return {
        "documents": chain.documents,
        "companies": sorted(
            (
                one.model_copy(
                    update={"memberships": tuple(sorted(one.memberships, key=lambda m: m.layer))}
                )
                for one in chain.companies
            ),
            key=lambda one: one.key,
        ),
        "relations": sorted(chain.relations, key=str),
        "events": sorted((one.model_copy(update={"id": "x"}) for one in chain.events), key=str),
    }


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_lines_accepted_in_two_goes_make_the_map_of_one(data: st.DataObject) -> None:
    text = map_text("")
    chain = chain_of(text)
    ids = sorted(lines_of(whole(chain)))
    first = data.draw(st.sets(st.sampled_from(ids), min_size=1))
    second = data.draw(st.sets(st.sampled_from(ids), min_size=1))
    made, halfway = accepted_in(text, whole(chain), first)
    again = lines_of(whole(halfway))
    assert {one for one in ids if again[one].accepted} >= first
    assert all(again[one].group is Group.CONFIRMS for one in first)
    after = halfway
    if not all(again[one].accepted for one in second):
        after = chain_of(patched(made, halfway, whole(halfway), second))
    assert alike(after) == alike(applied(chain, whole(chain), first | second))


def test_a_mention_that_was_brought_along_goes_when_its_company_has_a_place() -> None:
    braces = (
        "companies: [{key: tsmc, name: {zh: 台積電, en: TSMC}, status: listed, listings: "
        "[{symbol: 2330.TW, board: TWSE}], mentions: [{document: report, lines: 12, "
        "claim: {zh: 說, en: Says}}]}]"
    )
    layers = {"3017.TW": [layer("cooling", 9)]}
    both = finds(found(AVC, [9]), found(TSMC, [4]))
    for own in (map_text(""), map_text(braces)):
        told = built(article(), chain_of(own), both, layers, {}, [relation("3017.TW", "tsmc", 12)])
        made, halfway = accepted_in(own, told, ["relation:3017.TW:supplier:tsmc"])
        assert len(halfway.company_by_symbol["3017.TW"].mentions) == 1
        again = built(article(), halfway, both, layers, {})
        _, after = accepted_in(made, again, ["3017.TW:cooling"])
        company = after.company_by_symbol["3017.TW"]
        assert company.mentions == ()
        assert [one.layer for one in company.memberships] == ["cooling"]


def test_an_article_of_the_map_is_what_the_map_says_it_is() -> None:
    text = map_text("")
    chain = chain_of(text)
    made, _ = accepted_in(text, whole(chain), ["tsmc:foundry"])
    after = chain_of(
        made.replace("    title:\n      zh: 液冷族群全面起飛", "    title:\n      zh: 改過的標題")
    )
    (entry,) = (one for one in after.documents if one.sha256 == "f" * 64)
    other = article(title="別的標題", date="2026-01-01", digest=((9, 9),))
    known = as_known(other, after)
    assert (known.title, known.date, known.digest) == (
        "改過的標題",
        "2026-03-12",
        ((3, 3), (25, 30)),
    )
    assert document_of(other, after).id == entry.id == "liquid-cooling-2026-03-12"
    check_given(entry, "改過的標題", "某財經日報", "2026-03-12")
    check_given(entry, "", "", None)
    for given_, name in (
        (("別的", "", None), "title"),
        (("", "別報", None), "publisher"),
        (("", "", "2026"), "date"),
    ):
        with pytest.raises(ProposalError, match=f"where its {name} is"):
            check_given(entry, *given_)


def test_what_cannot_be_accepted_is_one_sentence() -> None:
    text = map_text("")
    chain = chain_of(text)
    proposal = whole(chain)

    def refused(lines: Collection[str], of: SupplyChain = chain, given: str = text) -> str:
        with pytest.raises(ProposalError) as caught:
            patched(given, of, proposal, lines)
        assert caught.value.told("zh") != str(caught.value)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "at least one" in refused([])
    assert "did you mean tsmc:foundry?" in refused(["tsmc:foundy"])
    assert "3017.TW:cooling or 3017.TW:foundry" in refused(["3017.TW"])
    assert "map propose" in refused(["台灣"])
    assert "has changed" in refused(["tsmc:foundry"], given=text + "# a comment\n")
    broken = text.replace("board: TWSE", "board: NONE", 1)
    assert "1 fault" in refused(["tsmc:foundry"], given=broken)
    _, after = accepted_in(text, proposal, ["tsmc:foundry"])
    with pytest.raises(ProposalError, match="accepted before"):
        applied(after, whole(after), ["tsmc:foundry"])


def test_nothing_of_the_article_is_kept_but_what_names_it() -> None:
    text = map_text("")
    lines = ("高力的水冷板訂單滿到後年，法人看好", "台積電表示產能仍舊吃緊，而且還會再漲價")
    read = Article(lines, title="液冷", sha256="e" * 64)
    told = stance(Stance.BENEFICIARY, 1, cue=lines[0])
    proposal = built(
        read,
        chain_of(text),
        finds(found(KAORI, [1]), found(TSMC, [2])),
        {"kaori": [layer("cooling", 1, cue=lines[0])]},
        {"kaori": told, "tsmc": told},
        [relation("kaori", "tsmc", 1)],
    )
    made, _ = accepted_in(text, proposal, lines_of(proposal))
    longest = max(
        (lines[0][a:b] for a in range(len(lines[0])) for b in range(a, len(lines[0]) + 1)),
        key=lambda one: len(one) if one in made else 0,
    )
    assert len(longest) < 15


# --- the file -------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    path = tmp_path / "map" / "tickers.yaml"
    path.parent.mkdir()
    path.write_text(map_text(""), "utf-8")
    return Settings(str(tmp_path / "store"), path)


def proposed(place: Settings) -> Proposal:
    return whole(load_map(place.map_path).chain)


def test_accepting_writes_keeps_and_leaves_no_scraps(place: Settings) -> None:
    before = place.map_path.read_bytes()
    place.map_path.chmod(0o640)
    done = accept(place, proposed(place), ["3017.TW:cooling"])
    assert done.kept.read_bytes() == before
    assert done.kept.parent == Path(place.data_dir) / "maps"
    loaded = load_map(place.map_path)
    assert loaded.faults == ()
    assert loaded.chain == done.chain
    assert "3017.TW" in loaded.chain.company_by_symbol
    assert place.map_path.stat().st_mode & 0o777 == 0o640
    names = {one.name for one in place.map_path.parent.iterdir()}
    assert names == {"tickers.yaml", ".tickers.yaml.lock"}
    with pytest.raises(ProposalError, match="accepted before"):
        accept(place, proposed(place), ["3017.TW:cooling"])


def test_a_link_to_the_map_stays_one(place: Settings, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(place.map_path)
    linked = Settings(place.data_dir, link)
    accept(linked, proposed(linked), ["kaori:cooling"])
    assert link.is_symlink()
    assert load_map(place.map_path).chain.company_by_key["kaori"].memberships


def test_a_map_that_changed_meanwhile_is_left_alone(place: Settings) -> None:
    proposal = proposed(place)
    changed = place.map_path.read_text("utf-8") + "# by hand\n"
    place.map_path.write_text(changed, "utf-8")
    with pytest.raises(ProposalError, match="has changed"):
        accept(place, proposal, ["kaori:cooling"])
    assert place.map_path.read_text("utf-8") == changed


def test_a_map_that_changes_while_lines_are_made_is_left_alone(
    place: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor knows no lock: what it saves last, right before the file is replaced, stays."""
    keep, changed = accepting._keep, map_text("") + "# by hand\n"

    def kept_and_edited(*given: Any) -> Path:
        path = keep(*given)
        place.map_path.write_text(changed, "utf-8")
        return path

    monkeypatch.setattr(accepting, "_keep", kept_and_edited)
    with pytest.raises(ProposalError, match="has changed"):
        accept(place, proposed(place), ["kaori:cooling"])
    assert place.map_path.read_text("utf-8") == changed


def test_the_new_file_is_on_the_disk_before_it_has_the_name_and_the_name_after(
    place: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that loses power finds the old map or the whole new one."""
    done: list[tuple[str, bytes]] = []
    brought, replaced = accepting.fsync, Path.replace

    def bring(path: Path) -> None:
        done.append((f"fsync {path.suffix or path.name}", _held(path)))
        brought(path)

    def replace(self: Path, target: Path) -> Path:
        if target == place.map_path:
            done.append(("replace", self.read_bytes()))
        return replaced(self, target)

    monkeypatch.setattr(accepting, "fsync", bring)
    monkeypatch.setattr(Path, "replace", replace)
    accept(place, proposed(place), ["kaori:cooling"])
    at = [step for step, _ in done].index("replace")
    made = place.map_path.read_bytes()
    assert done[at - 1 : at + 2] == [("fsync .part", made), ("replace", made), ("fsync map", b"")]


def _held(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_without_a_data_directory_the_map_is_kept_beside_itself(place: Settings) -> None:
    before = place.map_path.read_bytes()
    away = Settings("s3://nowhere/store", place.map_path)
    done = accept(away, proposed(away), ["kaori:cooling"])
    assert done.kept.parent == place.map_path.parent
    assert done.kept.read_bytes() == before


def test_a_read_only_map_is_one_sentence(
    place: Settings, rootless: list[str], tmp_path: Path
) -> None:
    before = place.map_path.read_bytes()
    place.map_path.chmod(0o440)
    path = tmp_path / "article.txt"
    path.write_text("2026-03-05\n\n台積電（2330）擴充晶圓代工產能，訂單湧入。\n", "utf-8")
    told = command(
        place.data_dir, "--map", place.map_path, "map", "accept", path, "--all", before=rootless
    )
    assert told.returncode == 1
    assert "read-only" in told.stderr.splitlines()[-1]
    assert place.map_path.read_bytes() == before


_KILLED = """
import os, signal, sys
from pathlib import Path
from dashboard.proposals import accepting
from dashboard.settings import Settings
from dashboard.supply_chain.loading import load_map
from tests.unit.test_patching import proposed

FILES = ("accepting.py", "pathlib.py", "store_table.py")
settings = Settings(sys.argv[1], Path(sys.argv[2]))
before, write = settings.map_path.read_bytes(), accepting._write


def killed(moment, *told):
    left = moment
    def step(frame, event, _):
        nonlocal left
        if event == "c_call" and os.path.basename(frame.f_code.co_filename) in FILES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(step)
    write(*told)
    os._exit(0)


def every_moment(*told):
    seen, moment, code = set(), 0, -signal.SIGKILL
    while code:
        settings.map_path.write_bytes(before)
        moment += 1
        child = os.fork() or killed(moment, *told)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        loaded = load_map(settings.map_path)
        assert not loaded.faults, (moment, loaded.faults)
        new = "3017.TW" in loaded.chain.company_by_symbol
        assert new or settings.map_path.read_bytes() == before, moment
        seen.add(new)
    assert seen == {False, True}
    print(moment)


accepting._write = every_moment
accepting.accept(settings, proposed(settings), ["3017.TW:cooling"])
"""


def test_killed_at_any_step_the_map_is_the_old_or_the_new(place: Settings) -> None:
    """A process is killed before its first step of writing, then its second, until it is done."""
    command = [sys.executable, "-c", _KILLED, place.data_dir, str(place.map_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT_ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 8
