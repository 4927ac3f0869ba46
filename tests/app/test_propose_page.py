"""The page that takes an article: its lines, what they would do, who may write, what is kept."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from dashboard.articles.giving import with_given
from dashboard.errors import ArticleError
from dashboard.i18n import LANGUAGES, Language, Text, translate
from dashboard.proposals.models import Proposal
from dashboard.proposals.proposing import regrouped
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from dashboard.ui.propose import Work, digest_lines
from dashboard.ui.propose_job import Outcome, ProposeJob, Stage
from tests.app import proposal_by_hand as by_hand
from tests.app.conftest import entered
from tests.app.screen import Screen, raw_keys
from tests.app.states import MAP, State
from tests.app.test_people import SECRETS, Visit, claims

WORK, JOB = "propose:work", "propose:job"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """Simulated prices, and a map that may be written; its caches are filled once."""
    folder = tmp_path_factory.mktemp("propose")
    path = folder / "tickers.yaml"
    shutil.copy2(MAP, path)
    yield from entered(State("writable", folder / "store", path, simulated=True))


@pytest.fixture
def here(place: State) -> State:
    """The same with the map as it ships, whatever a test before has written."""
    if place.map_path.read_bytes() != MAP.read_bytes():
        shutil.copy2(MAP, place.map_path)
    return place


def chain_of(state: State) -> SupplyChain:
    return load_map(state.map_path).chain


def work_on(state: State, made: Proposal | None = None) -> Work:
    made = made or by_hand.proposal(chain_of(state).digest)
    return Work.of(Outcome(by_hand.ARTICLE, made), None)


def opened(state: State, screen: Screen | None = None, **query: str) -> Screen:
    """The page with the article by hand in its session."""
    screen = screen or Screen("propose", **query)
    screen.app.session_state[WORK] = work_on(state)
    return screen.run()


def work(screen: Screen) -> Work:
    found: Work = screen.app.session_state[WORK]
    return found


def tick(screen: Screen, table: int, row: int, value: bool = True) -> Screen:
    """What the browser sends when a box is ticked."""
    states = screen.app._tree.get_widget_states()
    editor = screen.app.data_editor[table]
    edits = {"edited_rows": {row: {"accept": value}}, "added_rows": [], "deleted_rows": []}
    states.widgets.append(WidgetState(id=editor.proto.id, string_value=json.dumps(edits)))
    screen.app._run(states)
    return screen


def press(screen: Screen, key: str) -> Screen:
    (button,) = [one for one in screen.app.button if one.key == key]
    button.click()
    return screen.run()


def accept_button(screen: Screen) -> Any:
    (button,) = [one for one in screen.app.button if one.key == "propose:accept"]
    return button


def told(screen: Screen, key: str, language: Language = "zh", **values: object) -> bool:
    return translate(f"propose.{key}", language, **values) in screen.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_page_says_what_to_do_and_what_is_kept(here: State, language: Language) -> None:
    screen = Screen("propose", lang=language)
    assert screen.failures == []
    assert told(screen, "intro", language)
    assert len(translate("propose.intro", language).splitlines()) == 3
    assert not screen.app.data_editor
    assert raw_keys(screen.text) == []


@pytest.mark.parametrize(
    ("section", "language"),
    [("lines", "zh"), ("lines", "en"), ("heatmap", "en"), ("patch", "en")],
)
def test_each_view_is_whole_in_both_languages(
    here: State, language: Language, section: str
) -> None:
    screen = opened(here, lang=language, section=section)
    assert screen.failures == []
    assert not screen.app.error
    assert raw_keys(screen.text) == []
    assert told(screen, "accept", language, n=3)
    assert len(screen.app.data_editor) == (6 if section == "lines" else 0)
    assert len(screen.treemaps) == (1 if section == "heatmap" else 0)


def test_a_tick_is_kept_and_changes_nothing_else(here: State) -> None:
    screen = opened(here)
    tick(screen, 0, 0)
    assert "1102.TW:cooling" in work(screen).accepted
    assert told(screen, "accept", n=4)
    key = screen.app.data_editor[0].key
    tick(screen, 0, 0, value=False)
    assert "1102.TW:cooling" not in work(screen).accepted
    assert screen.app.data_editor[0].key == key, "the table is not begun anew"


def test_ticks_outlive_the_page_and_the_language(here: State) -> None:
    screen = opened(here)
    tick(screen, 0, 1)
    screen.app.switch_page("views/method.py")
    screen.run()
    screen.app.switch_page("views/propose.py")
    screen.run()
    assert screen.app.data_editor[0].value["accept"].tolist() == [False, True]
    screen.choose("lang", "en")
    assert "3324.TWO:cooling" in work(screen).accepted
    assert screen.app.data_editor[0].value["accept"].tolist() == [False, True]


def test_the_slider_sets_the_boxes(here: State) -> None:
    screen = opened(here)
    screen.app.slider[0].set_value(60)
    screen.run()
    assert set(work(screen).accepted) == {
        "1102.TW:cooling",
        "jentech:cooling",
        "tsmc:adv_pkg",
        "relation:tsmc:supplier:nvidia",
        "event:2026:tsmc:3",
    }
    assert told(screen, "count", n=5, total=7)
    assert screen.app.data_editor[0].value["accept"].tolist() == [False, True][::-1]
    press(screen, "propose:none")
    assert work(screen).accepted == ()
    assert accept_button(screen).disabled


def test_a_line_is_changed_by_hand(here: State) -> None:
    screen = opened(here)
    (line,) = [one for one in screen.app.selectbox if one.key == "propose:change:line"]
    line.set_value("tsmc:adv_pkg")
    screen.run()
    (layer,) = [
        one for one in screen.app.selectbox if (one.key or "").startswith("propose:change:layer")
    ]
    layer.set_value("foundry")
    press(screen, "propose:change:apply")
    assert screen.failures == []
    assert "tsmc:foundry" in work(screen).accepted
    assert "tsmc:adv_pkg" not in {one.id for one in work(screen).lines}


def test_the_heatmap_marks_what_is_new_and_says_what_has_no_price(here: State) -> None:
    screen = opened(here)
    tick(screen, 0, 0)
    screen.choose("section", "heatmap")
    assert screen.failures == []
    labels = " ".join(screen.treemaps[0]["labels"])
    assert "<b>＋ 亞泥 1102</b>" in labels
    assert labels.count("＋ ") == 1, "TSMC is in advanced packaging already"
    assert told(screen, "preview_unpriced", n=1, names="亞泥 1102")
    (table,) = screen.tables
    assert table.iloc[0].tolist() == ["散熱（液冷）", 3, 4, "亞泥", ""]
    assert (
        load_map(here.map_path).chain.digest == chain_of(here).digest == load_map(MAP).chain.digest
    ), "nothing is written"


def test_accepting_writes_the_file_and_keeps_the_one_before(here: State) -> None:
    before = here.map_path.read_text("utf-8")
    screen = opened(here)
    tick(screen, 0, 0)
    press(screen, "propose:accept")
    assert screen.failures == []
    assert not screen.app.error
    loaded = load_map(here.map_path)
    assert loaded.faults == ()
    (company,) = [one for one in loaded.chain.companies if one.symbol == "1102.TW"]
    assert [one.layer for one in company.memberships] == ["cooling"]
    assert loaded.chain.documents[-1].sha256 == by_hand.SHA
    receipt = work(screen).receipt
    assert receipt is not None
    assert receipt.kept.read_text("utf-8") == before
    assert str(receipt.kept) in screen.app.success[0].value.replace("\\", "")
    links = screen.links()
    assert links["亞泥 1102.TW"] == "code=1102.TW"
    assert links["散熱（液冷）"] == "layer=cooling"
    shown = Screen("", layer="cooling")
    assert "亞泥" in shown.text
    assert not any(line in here.map_path.read_text("utf-8") for line in by_hand.LINES[1:])


def test_before_the_click_it_says_what_would_be_written(here: State) -> None:
    screen = opened(here)
    assert told(screen, "accept_groups", groups="新成員資格 1、與地圖一致 1、關係 1")
    assert "新公司：" not in screen.text, "no ticked line brings one"
    assert told(screen, "conflicts", n=1)
    tick(screen, 0, 0)
    assert told(screen, "accept_groups", groups="新公司 1、新成員資格 1、與地圖一致 1、關係 1")
    assert told(screen, "accept_new", names="亞泥 1102")
    press(screen, "propose:none")
    assert told(screen, "accept_none")


def test_what_was_accepted_before_has_no_box_and_the_rest_has(here: State) -> None:
    screen = opened(here)
    press(screen, "propose:none")
    tick(screen, 2, 0)
    press(screen, "propose:accept")
    assert screen.failures == []
    made = by_hand.proposal(chain_of(here).digest)
    again = regrouped(made, chain_of(here))
    screen = Screen("propose")
    screen.app.session_state[WORK] = work_on(here, again)
    screen.run()
    assert screen.failures == []
    assert told(screen, "group_accepted")
    assert "cooling-2026-11-20" in screen.text
    before = screen.tables[-1]
    assert before["company"].tolist() == ["健策 3653"]
    assert "jentech:cooling" not in {one.id for one in work(screen).choosable}
    tick(screen, 0, 0)
    press(screen, "propose:accept")
    assert not screen.app.error
    chain = chain_of(here)
    assert "1102.TW" in chain.company_by_symbol
    assert [one.sha256 for one in chain.documents].count(by_hand.SHA) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_date_that_is_not_found_is_asked_for(here: State, language: Language) -> None:
    undated = dataclasses.replace(by_hand.ARTICLE, date=None, extracted=True)
    made = Work.of(Outcome(undated, by_hand.proposal(chain_of(here).digest)), None)
    screen = Screen("propose", lang=language)
    screen.app.session_state[WORK] = made
    screen.run()
    assert screen.failures == []
    assert told(screen, "missing_date", language)
    assert told(screen, "extracted", language), "nobody can count the lines of such a file"


def test_a_map_that_changed_meanwhile_is_not_written(here: State) -> None:
    screen = opened(here)
    here.map_path.write_text(here.map_path.read_text("utf-8") + "# one more line\n", "utf-8")
    changed = here.map_path.read_text("utf-8")
    accept_button(screen).click()
    screen.run()
    assert screen.failures == []
    assert told(screen, "map_changed")
    assert [one.key for one in screen.app.button if one.key == "propose:again"]
    assert not [one for one in screen.app.button if one.key == "propose:accept"]
    assert here.map_path.read_text("utf-8") == changed


def test_a_file_that_cannot_be_written_is_one_sentence(
    here: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = opened(here)

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refuse)
    press(screen, "propose:accept")
    assert screen.failures == []
    (error,) = screen.app.error
    assert "Traceback" not in error.value
    assert load_map(here.map_path).chain.digest == load_map(MAP).chain.digest


# --- who may write --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("editors", "who", "may"),
    [
        ("", "one", False),
        ("one@example.org", "one", True),
        ("one@example.org", "two", False),
        ("@example.org", "two", True),
    ],
)
def test_where_people_sign_in_only_editors_write(
    here: State,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    editors: str,
    who: str,
    may: bool,
) -> None:
    monkeypatch.setenv("DASHBOARD_DATABASE", f"sqlite:///{tmp_path / 'people.sqlite3'}")
    monkeypatch.setenv("DASHBOARD_MAP_EDITORS", editors)
    screen = opened(here, Visit("propose", user=claims(who), auth=SECRETS))
    assert screen.failures == []
    assert accept_button(screen).disabled is not may
    assert told(screen, "accept_hint" if may else "may_not", file="tickers.yaml")


def test_the_function_that_writes_asks_itself(
    here: State, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A button that was drawn for an editor writes nothing for somebody who is none any more."""
    monkeypatch.setenv("DASHBOARD_DATABASE", f"sqlite:///{tmp_path / 'people.sqlite3'}")
    monkeypatch.setenv("DASHBOARD_MAP_EDITORS", "one@example.org")
    before = here.map_path.read_bytes()
    screen = opened(here, Visit("propose", user=claims("one"), auth=SECRETS))
    monkeypatch.setattr("dashboard.ui.propose_accept.may_edit_map", _once_more())
    press(screen, "propose:accept")
    assert screen.failures == []
    assert here.map_path.read_bytes() == before
    (error,) = screen.app.error
    assert "DASHBOARD_MAP_EDITORS" in error.value.replace("\\", "")


def _once_more() -> Any:
    """Yes where the button is drawn, no where it writes."""
    answers = iter((True, False))
    return lambda settings: next(answers, False)


# --- reading --------------------------------------------------------------------------


def test_an_address_is_awaited_without_the_page(here: State) -> None:
    going = threading.Event()

    def read() -> Any:
        going.wait(30)
        return by_hand.ARTICLE

    job = ProposeJob()
    digest = chain_of(here).digest
    job.start(Stage.FETCHING, read, lambda _: by_hand.proposal(digest))
    screen = Screen("propose")
    screen.app.session_state[JOB] = job
    screen.run()
    assert told(screen, "stage_fetching")
    assert told(screen, "intro"), "the rest stays usable"
    going.set()
    assert job.wait(30)
    screen.run()
    assert len(screen.app.data_editor) == 6
    assert work(screen).article is by_hand.ARTICLE


def test_a_reading_is_stopped(here: State) -> None:
    going = threading.Event()

    def read() -> Any:
        going.wait(30)
        return by_hand.ARTICLE

    job = ProposeJob()
    job.start(Stage.FETCHING, read, lambda _: by_hand.proposal("x"))
    screen = Screen("propose")
    screen.app.session_state[JOB] = job
    screen.run()
    press(screen, "propose:stop")
    going.set()
    assert screen.failures == []
    assert not told(screen, "stage_fetching")
    job.wait(30)
    screen.run()
    assert WORK not in screen.app.session_state


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_read_is_one_sentence(here: State, language: Language) -> None:
    def read() -> Any:
        raise ArticleError("<b>x</b>.pdf", Text("裡面沒有文字", "it has no text"))

    job = ProposeJob()
    job.start(Stage.FETCHING, read, lambda _: by_hand.proposal("x"))
    assert job.wait(30)
    screen = Screen("propose", lang=language)
    screen.app.session_state[JOB] = job
    screen.run()
    (error,) = screen.app.error
    assert error.value.endswith({"zh": "裡面沒有文字", "en": "it has no text"}[language])
    assert "<b>" not in error.value.replace("\\<b", "")
    assert told(screen, "intro", language)


def test_a_pasted_text_is_proposed_from(here: State) -> None:
    screen = Screen("propose", lang="en")
    screen.app.text_area[0].set_value(
        "散熱族群再起\n\n2026-11-20 經濟測試報\n\n健策（3653）受惠均熱片訂單，液冷散熱出貨大增。\n"
    )
    press(screen, "propose:read")
    job: ProposeJob = screen.app.session_state[JOB]
    assert job.wait(60)
    screen.run()
    assert screen.failures == []
    assert not screen.app.error
    assert "jentech" in {one.id for one in work(screen).proposal.companies}
    assert work(screen).article.date == "2026-11-20"


@pytest.mark.parametrize(
    "address", ["", "/etc/hostname", "file:///etc/hostname", "http://127.0.0.1/a", "no address"]
)
def test_an_address_that_leads_nowhere_is_one_sentence(
    here: State, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASHBOARD_ARTICLE_PRIVATE_ADDRESSES", raising=False)
    screen = Screen("propose")
    (field,) = [one for one in screen.app.text_input if one.key == "propose:address"]
    field.set_value(address)
    press(screen, "propose:fetch")
    job: ProposeJob = screen.app.session_state[JOB]
    assert job.wait(60)
    screen.run()
    assert screen.failures == []
    (error,) = screen.app.error
    assert error.value
    assert WORK not in screen.app.session_state


def test_what_is_given_is_proposed_from_anew(here: State, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = chain_of(here).digest
    seen = []

    def propose(article: Any, *_: object) -> Proposal:
        seen.append((article.title, article.date))
        return by_hand.proposal(digest)

    monkeypatch.setattr("dashboard.proposals.proposing.propose", propose)
    screen = opened(here)
    field = {one.label: one for one in screen.app.text_input}
    field["日期"].set_value("2026/11")
    (apply,) = [one for one in screen.app.button if one.label == translate("propose.apply", "zh")]
    apply.click()
    screen.run()
    assert [one.value for one in screen.app.error] == [
        translate("propose.wrong_date", "zh", date="2026/11")
    ]
    field = {one.label: one for one in screen.app.text_input}
    field["日期"].set_value("2026-11")
    field["標題"].set_value("另一個標題")
    (apply,) = [one for one in screen.app.button if one.label == translate("propose.apply", "zh")]
    apply.click()
    screen.run()
    assert screen.failures == []
    assert seen == [("另一個標題", "2026-11")]
    assert work(screen).article.date == "2026-11"


def test_another_day_is_told_to_be_of_no_use_here(here: State) -> None:
    screen = opened(here, asof="2026-01-05")
    assert translate("as_of.not_here_propose", "zh") in screen.text
    assert screen.failures == []
    assert len(screen.app.data_editor) == 6


def test_an_article_without_a_company_says_so(here: State) -> None:
    empty = Work.of(
        Outcome(
            with_given(by_hand.ARTICLE, {"title": "無", "publisher": "", "date": ""}),
            _without_finds(by_hand.proposal(chain_of(here).digest)),
        ),
        None,
    )
    screen = Screen("propose")
    screen.app.session_state[WORK] = empty
    screen.run()
    assert screen.failures == []
    assert told(screen, "nothing_found")
    assert accept_button(screen).disabled
    assert digest_lines(empty.article) == {5, 6}


def _without_finds(made: Proposal) -> Proposal:
    return dataclasses.replace(made, companies=(), relations=(), events=(), conflicts=())
