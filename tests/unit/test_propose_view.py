"""The page's pure parts: the article as inert HTML, lines and decisions, changes, the job."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import threading
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.articles.giving import other_date, out_of_range, with_given
from dashboard.articles.models import Article
from dashboard.errors import InputError, ProposalError
from dashboard.i18n import Text
from dashboard.proposals.models import FoundCompany, Group, How, Identity, Mention, Proposal
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import DateBasis, Kind, Stance, SupplyChain
from dashboard.ui.propose import digest_lines
from dashboard.ui.propose_article import article_html, identity_title, visible
from dashboard.ui.propose_changes import changed_line
from dashboard.ui.propose_input import is_date
from dashboard.ui.propose_job import ProposeJob, Stage
from dashboard.ui.propose_lines import Decisions, Line, Section, lines_of, table_of
from tests.app import proposal_by_hand as by_hand

HOSTILE = (
    "<script>window.hit=1</script><img src=x onerror=window.hit=1>",
    '"><mark id="found-0" onclick="x()">[go](javascript:alert(1)) **bold** https://evil.example',
    "abc\u202e\u2066dcba\u0000\ud800 &amp; &lt;b&gt;",
)
OWN_TAGS = {"div": {"class"}, "span": {"class", "dir"}, "mark": {"class", "id", "title"}}


class Seen(HTMLParser):
    """What a browser makes of it: tags with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.marked: list[str] = []
        self._open = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "mark":
            self._open += 1
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._open:
            self.marked[-1] += data


def found(line: int, start: int, end: int, written: str = "x") -> FoundCompany:
    mention = Mention(line, start, end, written, "", How.NAME, 0.9, Text("因", '"><b>'))
    who = Identity("a", "1101.TW", None, Text("<i>甲</i>", "<i>A</i>"))
    return FoundCompany(who, (mention,), Kind.CORE)


def inert(seen: Seen) -> None:
    for tag, attributes in seen.tags:
        assert tag in OWN_TAGS
        assert set(attributes) <= OWN_TAGS[tag]


def test_nothing_of_an_article_is_markup() -> None:
    seen = Seen(article_html(Article(HOSTILE), [found(2, 0, 7)], [], "en"))
    inert(seen)
    assert "<script>window.hit=1</script>" in seen.words
    assert "[go](javascript:alert(1)) **bold** https://evil.example" in seen.words
    assert "&amp; &lt;b&gt;" in seen.words
    assert seen.marked == [HOSTILE[1][:7]]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\0\ud800]", seen.words)
    (mark,) = [own for tag, own in seen.tags if tag == "mark"]
    assert mark["title"] == '<i>A</i> 1101 · by its name · 90% · "><b>'


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(max_size=40), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 8), st.integers(-2, 45), st.integers(-2, 45)), max_size=5),
)
def test_any_text_and_any_places_give_inert_lines(
    lines: list[str], places: list[tuple[int, int, int]]
) -> None:
    companies = [found(*place) for place in places]
    html = article_html(Article(tuple(lines)), companies, [], "zh")
    html.encode()
    seen = Seen(html)
    inert(seen)
    own = [words for words in lines if words.isprintable()]
    assert all(words in seen.words for words in own)
    assert len({own["id"] for tag, own in seen.tags if own.get("id")}) == sum(
        1 for tag, own in seen.tags if own.get("id")
    )


@pytest.mark.parametrize(
    ("name", "symbol", "shown"),
    [
        ("奇鋐", "3017.TW", "奇鋐 3017"),
        ("奇鋐 (3017)", "3017.TW", "奇鋐 (3017)"),
        ("3017", "3017.TW", "3017"),
        ("甲 13017", "3017.TW", "甲 13017 3017"),
        ("乙", None, "乙"),
    ],
)
def test_a_code_stands_once(name: str, symbol: str | None, shown: str) -> None:
    assert identity_title(Identity("a", symbol, None, Text(name, "x")), "zh") == shown


def test_finds_digest_and_conflicts_are_marked_apart() -> None:
    made = by_hand.proposal("x")
    html = article_html(
        by_hand.ARTICLE, [one.found for one in made.companies], made.conflicts, "zh"
    )
    seen = Seen(html)
    assert seen.marked == [
        "健策（3653）", "亞泥（1102）", "台積電", "NVIDIA", "大同", "2330", "雙鴻（3324）",
    ]  # fmt: skip
    styles = [str(own["class"]) for tag, own in seen.tags if tag == "mark"]
    assert styles == ["find code"] * 2 + ["find name"] * 2 + ["find conflict"] * 2 + ["find code"]
    rows = re.findall(r'<div class="(line[^"]*)"><span class="number">(\d+)<', html)
    assert [number for style, number in rows if "digest" in style] == ["5", "6"]
    assert [number for _, number in rows] == ["1", "2", "3", "4", "5", "6"]


def test_a_long_article_is_shown_around_its_finds() -> None:
    lines = ["nothing here"] * 50_000
    lines[30_000] = "台積電"
    html = article_html(Article(tuple(lines)), [found(30_001, 0, 3)], [], "en")
    numbers = re.findall(r'<span class="number">(\d+)<', html)
    assert numbers == [str(n) for n in range(29_999, 30_004)]
    assert re.findall(r"… ([\d,]+) lines", html) == ["29,998", "19,997"]
    assert "nothing here" not in article_html(Article(tuple(lines)), [], [], "en")


def test_a_line_of_twenty_megabytes_stays_small() -> None:
    text = "字" * 3_000_000 + "台積電" + "字" * 3_000_000
    html = article_html(Article((text,)), [found(1, 3_000_000, 3_000_003)], [], "zh")
    assert len(html) < 3_000
    assert Seen(html).marked == ["台積電"]
    many = article_html(
        Article(("甲乙" * 400_000,)), [found(1, 2 * n, 2 * n + 1) for n in range(2_000)], [], "zh"
    )
    assert len(many) < 100_000


def test_a_long_article_full_of_finds_has_an_end() -> None:
    lines = ["台積電" + "字" * 1_500] * 5_000
    finds = [found(n, 0, 3) for n in range(1, 5_001)]
    html = article_html(Article(tuple(lines)), finds, [], "en")
    assert len(html) < 3_000_000
    assert "lines are not shown" in html


def test_where_a_link_leads_is_shown_however_long_the_article() -> None:
    lines = ["台積電"] * 5_000 + ["鴻海"]
    who = found(1, 0, 3)
    mentions = tuple(dataclasses.replace(who.mentions[0], line=n) for n in range(1, 5_001))
    often = dataclasses.replace(who, mentions=mentions)
    html = article_html(Article(tuple(lines)), [often, found(5_001, 0, 2)], [], "en")
    assert 'id="found-0"' in html
    assert 'id="found-1"' in html
    assert re.findall(r"… ([\d,]+) more lines", html)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\u200bb\ufeffc\u00ad", "abc"),
        ("a\tb", "a b"),
        ("\u202eabc", "\ufffdabc"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_characters_that_hide_are_replaced(written: str, shown: str) -> None:
    assert visible(written) == shown


# --- lines and decisions --------------------------------------------------------------


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    return load_map(PROJECT_ROOT / "tickers.yaml").chain


@pytest.fixture
def proposal(chain: SupplyChain) -> Proposal:
    return by_hand.proposal(chain.digest)


def all_lines(made: Proposal) -> tuple[Line, ...]:
    return lines_of(made, digest_lines(by_hand.ARTICLE))


def test_every_line_has_its_table(proposal: Proposal) -> None:
    assert [(one.section, one.id) for one in all_lines(proposal)] == [
        (Section.NEW_COMPANY, "1102.TW:cooling"),
        (Section.NEW_COMPANY, "3324.TWO:cooling"),
        (Section.NEW_MEMBERSHIP, "tsmc:adv_pkg"),
        (Section.CONFIRMS, "jentech:cooling"),
        (Section.CONTRADICTS, "nvidia:gpu"),
        (Section.RELATIONS, "relation:tsmc:supplier:nvidia"),
        (Section.EVENTS, "event:2026:tsmc:3"),
    ]


@pytest.mark.parametrize(
    ("threshold", "digest", "accepted"),
    [
        (0.8, False, {"jentech:cooling", "tsmc:adv_pkg", "relation:tsmc:supplier:nvidia"}),
        (0.95, False, {"jentech:cooling"}),
        (0.95, True, {"jentech:cooling", "3324.TWO:cooling"}),
        (
            0.0,
            False,
            {
                "jentech:cooling",
                "tsmc:adv_pkg",
                "1102.TW:cooling",
                "relation:tsmc:supplier:nvidia",
                "event:2026:tsmc:3",
            },
        ),
        (1.0, True, set()),
    ],
)
def test_a_confidence_sets_the_boxes(
    proposal: Proposal, threshold: float, digest: bool, accepted: set[str]
) -> None:
    """What contradicts the map is never set, digest lines only when asked for."""
    made = Decisions().above(all_lines(proposal), threshold, digest=digest)
    assert made.accepted == made.base == accepted


def test_who_is_merely_named_stands_apart_and_last(proposal: Proposal) -> None:
    company = proposal.by_id["1102.TW"]
    named = dataclasses.replace(company.memberships[0], layer=None)
    bare = dataclasses.replace(company, memberships=(named,))
    companies = tuple(bare if one.id == bare.id else one for one in proposal.companies)
    made = all_lines(dataclasses.replace(proposal, companies=companies))
    assert (made[-1].section, made[-1].id) == (Section.MENTIONS, "1102.TW:mention")
    assert {one.section for one in made[:-1]}.isdisjoint({Section.MENTIONS})


def test_a_tick_changes_its_own_line_only(proposal: Proposal) -> None:
    start = Decisions().above(all_lines(proposal), 0.8, digest=False)
    ids = ["1102.TW:cooling", "3324.TWO:cooling"]
    ticked = start.edited(ids, {1: {"accept": True}})
    assert ticked.accepted == start.accepted | {"3324.TWO:cooling"}
    assert ticked.generation == start.generation, "the table goes on as it is"
    assert ticked.edited(ids, {}).accepted == start.accepted
    assert start.edited(["jentech:cooling"], {0: {"accept": False}}).accepted == (
        start.accepted - {"jentech:cooling"}
    )


def test_rows_say_what_their_line_is(proposal: Proposal) -> None:
    lines = all_lines(proposal)
    rows = table_of(lines, frozenset({"jentech:cooling"}), {"cooling": "散熱"}, "zh")
    assert rows["accept"].tolist() == [one.id == "jentech:cooling" for one in lines]
    assert rows["company"].tolist()[:3] == ["亞泥 1102", "雙鴻 3324 · 摘", "台積電 2330"]
    assert rows["layer"].tolist()[0] == "散熱"
    assert rows["company"].tolist()[5] == "台積電 供應 輝達"


# --- changes --------------------------------------------------------------------------


def test_a_line_moves_to_another_proposed_layer(proposal: Proposal, chain: SupplyChain) -> None:
    changed = changed_line(proposal, "tsmc:adv_pkg", "foundry", Stance.NEUTRAL, chain)
    assert changed is not None
    made, line = changed
    assert line == "tsmc:foundry"
    (own,) = made.by_id["tsmc"].memberships
    assert own.group is Group.CONFIRMS, "the map has it in foundry"
    assert made.by_id["tsmc"].group is Group.CONFIRMS
    assert own.confidence == 0.7
    assert "晶圓代工" in own.claim.zh
    others = [one for one in made.companies if one.id != "tsmc"]
    assert others == [one for one in proposal.companies if one.id != "tsmc"]


def test_a_stance_against_the_map_is_a_contradiction(
    proposal: Proposal, chain: SupplyChain
) -> None:
    changed = changed_line(proposal, "jentech:cooling", "cooling", Stance.AT_RISK, chain)
    assert changed is not None
    made, line = changed
    (own,) = made.by_id["jentech"].memberships
    assert (line, own.stance, own.group) == (
        "jentech:cooling",
        Stance.AT_RISK,
        Group.CONTRADICTS,
    )


def test_a_line_takes_any_layer_and_words_of_a_person(
    proposal: Proposal, chain: SupplyChain
) -> None:
    claim = Text(" 做水冷板。 ", "Makes cold plates.")
    changed = changed_line(proposal, "1102.TW:cooling", "pcb", Stance.NEUTRAL, chain, claim)
    assert changed is not None
    made, line = changed
    (own,) = made.by_id["1102.TW"].memberships
    assert line == "1102.TW:pcb"
    assert own.lines == (2,)
    assert own.claim == Text("做水冷板。", "Makes cold plates.")
    as_it_was = proposal.by_id["1102.TW"].memberships[0].claim
    moved = changed_line(proposal, "1102.TW:cooling", "pcb", Stance.NEUTRAL, chain, as_it_was)
    assert moved is not None
    assert moved[0].by_id["1102.TW"].memberships[0].claim != as_it_was, "written anew"


@pytest.mark.parametrize("zh", ["", "  \u200b", "兩\n行", "字" * 301])
def test_a_claim_is_one_line_that_says_something(
    proposal: Proposal, chain: SupplyChain, zh: str
) -> None:
    with pytest.raises(ProposalError):
        changed_line(
            proposal, "1102.TW:cooling", "psu", Stance.NEUTRAL, chain, Text(zh, "Something.")
        )


def test_a_company_has_one_line_a_layer(proposal: Proposal, chain: SupplyChain) -> None:
    company = proposal.by_id["1102.TW"]
    second = dataclasses.replace(company.memberships[0], layer="psu")
    both = dataclasses.replace(company, memberships=(*company.memberships, second))
    made = dataclasses.replace(proposal, companies=(both,))
    assert changed_line(made, "1102.TW:psu", "cooling", Stance.NEUTRAL, chain) is None


# --- what a person says of the article ------------------------------------------------


@pytest.mark.parametrize("text", ["", "2025", "2025-08", "2025-11-25"])
def test_dates_as_the_map_writes_them(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize("text", ["25", "2025-13", "2025-02-30", "2025/11/25", "x", "2025-1"])
def test_no_dates(text: str) -> None:
    assert not is_date(text)


def test_what_is_given_goes_before_what_was_found() -> None:
    given = {"title": " 新 標題 ", "publisher": "報", "date": "2025-08"}
    changed = with_given(by_hand.ARTICLE, given)
    assert (changed.title, changed.publisher, changed.date) == ("新 標題", "報", "2025-08")
    assert changed.date_basis is DateBasis.STATED
    nothing = with_given(by_hand.ARTICLE, {**given, "date": ""})
    assert (nothing.date, nothing.date_basis) == (None, DateBasis.UNKNOWN)
    inferred = dataclasses.replace(by_hand.ARTICLE, date_basis=DateBasis.INFERRED)
    same = with_given(inferred, {**given, "date": "2026-11-20"})
    assert same.date_basis is DateBasis.INFERRED


def test_what_is_given_is_known_as_given_until_it_is_what_was_found() -> None:
    found = dataclasses.replace(by_hand.ARTICLE, date_basis=DateBasis.INFERRED, publisher="")
    assert found.given == frozenset()
    once = with_given(found, {"publisher": "報", "date": "2026-11-19"})
    twice = with_given(once, {"title": found.title, "publisher": "", "date": "2026-11"})
    assert (once.given, twice.given) == ({"publisher", "date"}, {"date"})
    differs = other_date(twice)
    assert differs is not None
    assert "2026-11-20" in differs.zh
    assert "2026-11-20" in differs.en
    assert with_given(twice, {"date": "2026-11-20"}) == found
    unknown = with_given(found, {"date": ""})
    assert (unknown.date_basis, unknown.given) == (DateBasis.UNKNOWN, frozenset())
    assert other_date(unknown) is None


@pytest.mark.parametrize(
    ("date", "fits"),
    [
        ("2026-03-12", True), ("2026-03-13", False), ("2026-03", True), ("2026-04", False),
        ("2026", True), ("2027", False), ("1990-01-01", True), ("1989-12-31", False),
        ("0001", False),
    ],
)  # fmt: skip
def test_an_article_is_of_no_day_to_come_and_of_no_other_age(date: str, fits: bool) -> None:
    """17:00 UTC on the 11th is the 12th in Taiwan."""
    now = dt.datetime(2026, 3, 11, 17, tzinfo=dt.UTC)
    assert (out_of_range(date, now) is None) is fits


# --- the job --------------------------------------------------------------------------


def test_a_job_reads_and_proposes() -> None:
    job = ProposeJob()
    assert job.start(Stage.READING, lambda: by_hand.ARTICLE, lambda _: by_hand.proposal("x"))
    assert job.wait(20)
    outcome = job.take().outcome
    assert outcome is not None
    assert (outcome.article, outcome.proposal) == (by_hand.ARTICLE, by_hand.proposal("x"))
    assert job.take().outcome is None, "told once"


def test_what_cannot_be_read_is_an_error() -> None:
    def read() -> Article:
        raise InputError("no article")

    job = ProposeJob()
    job.start(Stage.FETCHING, read, lambda _: by_hand.proposal("x"))
    assert job.wait(20)
    assert str(job.take().error) == "no article"


def test_what_was_stopped_is_thrown_away() -> None:
    going = threading.Event()

    def read() -> Article:
        going.wait(20)
        return by_hand.ARTICLE

    job = ProposeJob()
    job.start(Stage.FETCHING, read, lambda _: by_hand.proposal("x"))
    assert job.state().running
    job.stop()
    assert not job.state().running
    going.set()
    job.wait(20)
    assert job.take().outcome is None


def test_too_many_at_once_are_turned_away() -> None:
    going = threading.Event()

    def read() -> Article:
        going.wait(20)
        return by_hand.ARTICLE

    jobs = [ProposeJob() for _ in range(4)]
    started = [one.start(Stage.READING, read, lambda _: by_hand.proposal("x")) for one in jobs]
    going.set()
    assert started == [True, True, True, False]
    assert jobs[3].take().busy
    assert all(one.wait(20) for one in jobs)
    again = jobs[3].start(Stage.READING, read, lambda _: by_hand.proposal("x"))
    assert again
    assert jobs[3].wait(20)
