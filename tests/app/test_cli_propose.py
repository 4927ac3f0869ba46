"""`map propose` and `map accept`: what comes out, what is written, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashboard.cli.main import app
from dashboard.errors import DashboardError
from dashboard.prices.records import LISTINGS, empty_records
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import last_listings
from dashboard.supply_chain.loading import load_map, loaded_content
from tests.unit.map_input import map_text

ARTICLE = """\
液冷散熱專題：水冷板缺貨

發布時間：2026-03-12

奇鋐（3017）的水冷板供不應求，直接受惠 AI 伺服器的大量訂單，法人看好。

晶圓代工龍頭台積電（2330）產能滿載，受惠先進製程需求，訂單看到明年底。

高力（8996）同樣供應液冷所需的散熱零件。
"""
COOLING, FOUNDRY = "3017.TW:cooling", "tsmc:foundry"


class Place:
    """A map, an article and a data directory of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.map, self.article = folder / "tickers.yaml", folder / "liquid.txt"
        self.map.write_text(map_text(""), "utf-8")
        self.article.write_text(ARTICLE, "utf-8")

    def __call__(self, *words: str, told: str | None = None) -> Result:
        store = str(self.folder / "store")
        return CliRunner().invoke(
            app,
            ["--data-dir", store, "--map", str(self.map), *words],
            env={"DASHBOARD_DEMO": "0", "DASHBOARD_ASSISTANT_URL": ""},
            input=told,
        )

    def done(self, *words: str, told: str | None = None) -> Result:
        result = self("map", *words, told=told)
        assert result.exit_code == 0, result.output
        return result

    def refused(self, *words: str) -> str:
        before = self.map.read_bytes()
        result = self("map", *words)
        assert isinstance(result.exception, DashboardError), result.output
        assert "\n" not in str(result.exception)
        assert self.map.read_bytes() == before
        return str(result.exception)


@pytest.fixture(autouse=True, scope="module")
def read_once() -> Iterator[None]:
    """Most of a command's time is the map's and the exchange's names; here they stay the same."""
    listings = last_listings(empty_records(LISTINGS))
    content = cache(loaded_content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dashboard.cli.proposal_listings.stored_listings", lambda _: listings)
        patch.setattr(
            "dashboard.cli.rows.load_map", lambda path: content(path.read_bytes(), path.name)
        )
        yield


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_proposing_shows_lines_and_writes_nothing(place: Place) -> None:
    before = place.map.read_bytes()
    result = place.done("propose", str(place.article))
    assert COOLING in result.stdout
    assert "liquid.txt: 9 lines" in result.stderr
    assert "date: 2026-03-12 (stated)" in result.stderr
    assert "not known: publisher; give what you know with --publisher" in result.stderr
    assert "3 companies; lines: 1 new_company, 1 new_membership, 1 confirms, 0 contra" in (
        result.stderr
    )
    assert place.map.read_bytes() == before
    assert {one.name for one in place.folder.iterdir()} == {"tickers.yaml", "liquid.txt"}


def test_the_json_is_whole_and_csv_is_by_line(place: Place) -> None:
    told = json.loads(place.done("propose", "-", "--format", "json", told=ARTICLE).stdout)
    assert list(told) == ["document", "companies", "relations", "events", "conflicts"]
    assert list(told["document"]) == ["title", "publisher", "date", "date_basis", "sha256"]
    named = {one["symbol"]: one for one in told["companies"]}
    assert set(named) == {"3017.TW", "2330.TW", "8996.TW"}
    assert named["3017.TW"]["lines"] == [5]
    assert named["3017.TW"]["group"] == "new_company"
    rows = place.done("propose", str(place.article), "--format", "csv", "--above", "0.5").stdout
    assert rows.splitlines()[0].startswith("group,id,symbol,name,layer,stance,kind,lines,confid")


def test_the_patch_is_what_accepting_writes(place: Place) -> None:
    source = str(place.article)
    patch = place.done("propose", source, "--format", "patch").stdout
    dry = place.done("accept", source, "--all", "--dry-run")
    assert dry.stdout == patch
    assert "nothing was written" in dry.stderr
    before = place.map.read_text("utf-8")
    assert before == map_text("")
    place.done("accept", source, "--all")
    written = place.map.read_text("utf-8")
    place.map.write_text(before, "utf-8")
    subprocess.run(
        ["git", "apply", "--unsafe-paths", "-"],
        input=patch.encode(), cwd=place.folder, check=True,
    )  # fmt: skip
    assert place.map.read_text("utf-8") == written


def test_accepting_one_line_writes_it_keeps_the_map_and_check_passes(place: Place) -> None:
    before = place.map.read_bytes()
    result = place.done("accept", str(place.article), "--line", COOLING, "--publisher", "某報")
    assert "1 line accepted from liquid-2026-03-12" in result.stderr
    (kept,) = (place.folder / "store" / "maps").iterdir()
    assert str(kept) in result.stderr
    assert kept.read_bytes() == before
    assert place("check").exit_code == 0
    chain = load_map(place.map).chain
    assert chain.company_by_symbol["3017.TW"].memberships[0].layer == "cooling"
    assert len(chain.company_by_key["tsmc"].memberships[0].evidence) == 1
    assert chain.documents[-1].publisher.zh == "某報"


def test_further_lines_of_an_article_of_the_map_are_accepted_later(place: Place) -> None:
    source = str(place.article)
    place.done("accept", source, "--line", FOUNDRY, "--publisher", "某報")
    halfway = place.map.read_bytes()
    again = place.done("propose", source)
    assert "on the map already as liquid-2026-03-12" in again.stderr
    assert "1 of its lines was accepted before" in again.stderr
    assert "publisher: 某報" in again.stderr
    (row,) = [one for one in again.stdout.splitlines() if FOUNDRY in one]
    assert "confirms" in row
    assert "accepted already" in row
    told = json.loads(place.done("propose", source, "--format", "json").stdout)
    assert "accepted" not in told["companies"][0]
    assert "accepted before" in place.refused("accept", source, "--line", FOUNDRY)
    wrong = place.refused("accept", source, "--line", COOLING, "--date", "2026-03-13")
    assert "where its date is '2026-03-12'" in wrong
    done = place.done("accept", source, "--all", "--date", "2026-03-12")
    assert "skipped: 1 line accepted already" in done.stderr
    place.map.write_bytes(halfway)
    place.done("accept", source, "--line", COOLING)
    chain = load_map(place.map).chain
    assert [one.sha256 for one in chain.documents].count(chain.documents[-1].sha256) == 1
    assert chain.company_by_symbol["3017.TW"].memberships[0].layer == "cooling"
    assert len(chain.company_by_key["tsmc"].memberships[0].evidence) == 2


def test_lines_are_told_by_number_and_shown_with_them(place: Place) -> None:
    page = place.folder / "page.html"
    page.write_text(f"<html><body><article><p>{ARTICLE}</p></article></body></html>", "utf-8")
    assert "lines are those of the extracted text" in place.done("propose", str(page)).stderr
    more = "\n延伸閱讀\n- 鴻海法說會釋樂觀展望\n- 緯創股價創新高\n- 廣達拉貨升溫\n"
    place.article.write_text(ARTICLE + more, "utf-8")
    text = place.done("propose", str(place.article), "--text")
    lines = text.stdout.splitlines()
    assert lines[0] == " 1         液冷散熱專題：水冷板缺貨"
    assert "extracted" not in text.stderr
    assert lines[11] == "12  digest - 鴻海法說會釋樂觀展望"
    assert "14 lines, of which lines 11-14 are no part of the article" in text.stderr


def test_reasons_are_short_in_a_table(place: Place) -> None:
    source = str(place.article)
    table, whole = (
        place.done("propose", source, "--format", one).stdout for one in ("table", "csv")
    )
    longest = max(len(one["reason"]) for one in csv.DictReader(io.StringIO(whole)))
    assert longest > 100
    assert "…" in table


def test_lines_are_chosen_by_confidence_and_refused_by_name(place: Place) -> None:
    place.done("accept", str(place.article), "--all", "--except", COOLING)
    chain = load_map(place.map).chain
    assert "3017.TW" not in chain.company_by_symbol
    assert len(chain.company_by_key["tsmc"].memberships[0].evidence) == 2


def test_what_makes_no_sense_is_refused(place: Place) -> None:
    source = str(place.article)
    assert f"did you mean {COOLING}?" in place.refused("accept", source, "--line", "3017.TW:coling")
    assert "no line is left" in place.refused("accept", source, "--above", "1")
    only = place.refused("accept", source, "--line", COOLING, "--except", COOLING)
    assert "no line is left" in only
    assert "DASHBOARD_ASSISTANT_URL" in place.refused("propose", source, "--assistant")
    assert "no such file" in place.refused("propose", str(place.folder / "nothing.txt"))
    for words in (["accept", source], ["propose", source, "--date", "2026-02-30"]):
        result = place("map", *words)
        assert (result.exit_code, type(result.exception)) == (2, SystemExit)


def test_a_map_with_faults_is_not_added_to(place: Place) -> None:
    place.map.write_text(map_text("").replace("lines: 13", "lines: 99"), "utf-8")
    assert "1 fault" in place.done("propose", str(place.article)).stderr
    assert "1 fault" in place.refused("accept", str(place.article), "--line", COOLING)


def test_an_article_about_nothing_has_no_lines(place: Place) -> None:
    place.article.write_text("今天煮湯，先把紅蘿蔔切塊，再放進鍋裡慢慢熬。\n", "utf-8")
    assert place.done("propose", str(place.article)).stdout.strip() == "(no rows)"
    assert place.done("propose", str(place.article), "--format", "patch").stdout == ""


def test_what_is_not_known_is_asked_at_a_terminal(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.article.write_text(ARTICLE.replace("發布時間：2026-03-12\n\n", ""), "utf-8")
    monkeypatch.setattr("dashboard.cli.proposals._at_terminal", lambda: True)
    asked = place.done(
        "propose", str(place.article), "--format", "json", told="某報\n三月\n2026-03\n"
    )
    document = json.loads(asked.stdout[asked.stdout.index("{") :])["document"]
    assert (document["publisher"], document["date"], document["date_basis"]) == (
        "某報", "2026-03", "stated",
    )  # fmt: skip
    assert "is no date" in asked.stderr


def test_what_is_given_is_told_as_given_and_noted_on_the_map(place: Place) -> None:
    source = str(place.article)
    told = ("--publisher", "某報", "--date", "2026-03-11")
    done = place.done("accept", source, "--line", COOLING, *told)
    assert "publisher: 某報 (given)" in done.stderr
    assert "date: 2026-03-11 (given)" in done.stderr
    assert "2026-03-12" in done.stderr, "the date that was read"
    (document,) = [one for one in load_map(place.map).chain.documents if one.date == "2026-03-11"]
    assert document.date_basis.value == "stated"
    assert document.note is not None
    assert "by hand" in document.note.en


def test_a_date_to_come_is_refused(place: Place) -> None:
    result = place("map", "propose", str(place.article), "--date", "2999-01-01")
    assert result.exit_code == 2
    assert "yet to come" in result.stderr


def test_dates_that_hang_on_an_unknown_day_are_counted(place: Place) -> None:
    place.article.write_text("台積電（2330）上週五宣布擴產。\n", "utf-8")
    assert "1 relative date is left out" in place.done("propose", str(place.article)).stderr


def test_the_article_s_text_is_stored_nowhere(place: Place) -> None:
    place.done("accept", str(place.article), "--all")
    title, *lines = [one for one in ARTICLE.splitlines() if len(one) >= 15]
    assert len(lines) >= 2
    kept = [one for one in place.folder.rglob("*") if one.is_file() and one != place.article]
    assert len(kept) >= 2
    for file in kept:
        text = file.read_bytes().decode("utf-8", "replace")
        assert not [one for one in lines if one in text], (file, title)


def test_the_command_line_starts_without_what_only_articles_need() -> None:
    code = "import sys, dashboard.cli.main; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    slow = {"pandas", "ruamel.yaml", "trafilatura", "pypdf", "opencc", "rjieba", "ahocorasick_rs"}
    assert not slow & set(done.stdout.split())


BESIDE = """
延伸閱讀
奇鋐（3017）液冷水冷板受惠訂單滿載
雙鴻（3324）水冷板供不應求，受惠 AI 伺服器訂單
"""


def test_adverts_and_contradictions_are_not_taken_in_passing(place: Place) -> None:
    """台積電 is a beneficiary on the map; here it is under pressure."""
    told = ARTICLE.replace(
        "台積電（2330）產能滿載，受惠先進製程需求，訂單看到明年底",
        "台積電（2330）晶圓代工訂單遭砍，營收下滑，股價重挫",
    )
    place.article.write_text(told + BESIDE, "utf-8")
    source = str(place.article)
    made = place.done("propose", source, "--format", "csv")
    rows = {one["id"]: one for one in csv.DictReader(io.StringIO(made.stdout))}
    assert rows[FOUNDRY]["group"] == "contradicts"
    beside = "3324.TWO:cooling"
    assert rows[beside]["kind"] == "digest"

    def taken(*words: str) -> tuple[set[str], str]:
        done = place.done("accept", source, "--dry-run", *words)
        return {one for one in ("8996.TW", "3017.TW", "3324.TWO") if one in done.stdout} | (
            {"disputed"} if "disputed" in done.stdout else set()
        ), done.stderr

    core, both = {"3017.TW"}, {"3017.TW", "3324.TWO"}
    above, said = taken("--above", "0")
    assert above & both == core
    assert "disputed" not in above
    assert "--include-digest" in said
    assert "1 contradiction" in said
    everything, said = taken("--all")
    assert everything & both == core
    assert "disputed" in everything
    assert "contradiction" not in said
    assert taken("--above", "0", "--include-digest")[0] & both == both
    assert taken("--all", "--include-digest")[0] >= both | {"disputed"}
    assert taken("--line", beside)[0] & both == {"3324.TWO"}
    assert "disputed" in taken("--line", FOUNDRY)[0]
