"""The watchlists' page: rows, edits, conflicts, copies by link, and whose lists they are."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Follows, NewEntry, Watchlist
from dashboard.accounts.store import Accounts
from dashboard.i18n import translate
from dashboard.prices.store import PriceStore
from tests.app.screen import Screen
from tests.app.states import State

pytestmark = pytest.mark.parametrize("state", ["partial"], indirect=True)

HOSTILE = "<img src=x onerror=alert(1)> **b** =1+1 :red[x]"
CHIPS = "<img src=x> **chips** :red[x]"
"""A section's name."""
ADDED = dt.date(2026, 3, 2)


def say(key: str, **values: object) -> str:
    return translate(f"watchlists.{key}", "en", **values)


@pytest.fixture
def accounts(state: State, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Accounts]:
    address = f"sqlite:///{tmp_path / 'accounts.sqlite3'}"
    monkeypatch.setenv("DASHBOARD_DATABASE", address)
    opened = Accounts.open(address)
    yield opened
    opened.close()


@pytest.fixture
def desk(accounts: Accounts) -> Desk:
    return accounts.desk(accounts.local())


def row(symbol: str, section: str = "", **more: Any) -> NewEntry:
    return NewEntry(symbol, section, **{"added_on": ADDED, **more})


@pytest.fixture
def made(desk: Desk) -> Watchlist:
    """Three companies in two sections, one of them off the map and without prices."""
    fresh = desk.watchlists.create(HOSTILE)
    return desk.watchlists.add(
        fresh.id,
        [
            row("2330.TW", CHIPS, note=HOSTILE, tags=("core",), target=1.0, stop=0.5),
            row("3653.TW", "cooling"),
            row("1101.TW", CHIPS),
        ],
    )


def opened(**query: str) -> Screen:
    screen = Screen("watchlists", lang="en", **query)
    assert not screen.failures
    return screen


def edit(screen: Screen, **rows: dict[str, Any]) -> Screen:
    """What the browser sends after cells were typed into: all edits since the editor was drawn."""
    (editor,) = screen.app.data_editor
    sent = {
        "edited_rows": {one.removeprefix("row"): cells for one, cells in rows.items()},
        "added_rows": [],
        "deleted_rows": [],
    }
    states = screen.app._tree.get_widget_states()
    states.widgets.append(WidgetState(id=editor.proto.id, string_value=json.dumps(sent)))
    screen.app._run(states)
    assert not screen.failures
    return screen


def press(screen: Screen, words: str) -> Screen:
    (button,) = [one for one in screen.app.button if one.label == words]
    button.click()
    screen.run()
    assert not screen.failures
    return screen


def open_popover(screen: Screen, key: str) -> Screen:
    screen.app.session_state[key] = True
    screen.run()
    assert not screen.failures
    return screen


def closes_of(state: State, symbol: str, until: dt.date = dt.date(2100, 1, 1)) -> list[float]:
    """The traded closes up to a day, from the store itself."""
    rows = PriceStore(str(state.data_dir)).read(symbols=[symbol]).to_pandas()
    rows = rows[rows["session"].astype("datetime64[ns]") <= str(until)].sort_values("session")
    return [float(one) for one in rows["close"]]


# -- what is shown


def test_a_new_reader_makes_a_list_of_a_whole_layer(state: State, desk: Desk) -> None:
    screen = opened()
    assert say("welcome") in screen.text
    kind = screen.app.radio(key="watchlists:new:kind")
    assert kind.options == [say(f"kind_{one}") for one in (
        "empty", "layer", "file", "follow_layer", "follow_screen")]  # fmt: skip
    screen.app.selectbox(key="watchlists:new:layer").set_value("cooling")
    press(screen.run(), say("create"))
    (made,) = desk.watchlists.all()
    assert {one.symbol for one in made.entries} == {"3653.TW", "8996.TW", "6831.TW"}
    assert screen.url["list"] == str(made.id)
    priced = {one.symbol: one.added_price for one in made.entries}
    as_of = made.entries[0].added_on
    assert priced == {
        "3653.TW": closes_of(state, "3653.TW", as_of)[-1], "8996.TW": None, "6831.TW": None,
    }  # fmt: skip


def test_the_table_has_sections_figures_and_marks(state: State, made: Watchlist) -> None:
    screen = opened()
    assert len(screen.tables) == 2
    chips, cooling = screen.tables
    assert list(chips.index) == [made.entries[0].id, made.entries[2].id]
    close = closes_of(state, "2330.TW")[-1]
    assert chips["Close"].iloc[0] == close
    shown = screen.shown(0)
    assert shown["To target"].iloc[0] == say("hit_target", distance=f"−{(1 - 1 / close):.2%}")
    assert shown["To stop"].iloc[0].startswith("−")
    assert "no prices" in shown["Flags"].iloc[1]
    assert shown["1D"].iloc[0][0] in "+−"
    assert list(chips["Tags"].iloc[0]) == ["core"]
    assert list(cooling["Layer"]) == ["Cooling (liquid)"]


def test_a_row_opens_its_company_in_place(state: State, made: Watchlist) -> None:
    screen = opened().click_row(0, table=1)
    assert screen.url == {"lang": "en", "code": "3653.TW"}
    assert screen.app.title[0].value == "Jentech 3653.TW"


def test_words_of_a_person_are_shown_as_written(state: State, desk: Desk, made: Watchlist) -> None:
    desk.watchlists.delete(desk.watchlists.create(HOSTILE + "2").id)
    for edit_mode in ("1", ""):
        screen = opened(edit=edit_mode)
        open_popover(screen, f"watchlist:manage:{made.id}:open")
        assert HOSTILE in [one.value for one in screen.app.text_input]
        told = [one.value for one in (*screen.app.markdown, *screen.app.caption)]
        assert any("img" in one for one in told)
        for words in told:
            assert "<img" not in words.replace("\\<", "")
            assert ":red[" not in words.replace("\u2060", "").replace("\\[", "")
    screen = opened(edit="1")
    (editor,) = [one for one in screen.tables if "note" in one]
    assert editor["note"].iloc[0] == HOSTILE


@pytest.mark.parametrize("view", ["treemap", "lines"])
def test_a_list_is_drawn(state: State, made: Watchlist, view: str) -> None:
    screen = opened(span="added").choose("view", view)
    (chart,) = screen.charts
    if view == "treemap":
        (treemap,) = screen.treemaps
        assert {"S:2330.TW@foundry", "S:3653.TW@cooling", "S:1101.TW@off_the_map"} >= {
            one for one in treemap["ids"] if one.startswith("S:")
        }
        assert any("&lt;img" in one for one in treemap["labels"])
        screen.click_tile("S:3653.TW@cooling")
        assert screen.url["code"] == "3653.TW"
    else:
        names = [one["name"] for one in chart["data"]]
        assert names == ["TSMC 2330", "Jentech 3653", say("together")]
        assert all(round(one["y"][0], 9) == 100 for one in chart["data"][:2] if isinstance(
            one["y"], list))  # fmt: skip
        assert say("lines_absent", n=1) in screen.text


# -- editing


def test_an_edit_is_stored_at_once(state: State, desk: Desk, made: Watchlist) -> None:
    screen = edit(opened(edit="1"), row0={"note": "seen", "target": 1200.5}, row2={"tags": "a, b"})
    stored = {one.symbol: one for one in desk.watchlists.get(made.id).entries}
    assert (stored["2330.TW"].note, stored["2330.TW"].target) == ("seen", 1200.5)
    assert stored["3653.TW"].tags == ("a", "b")
    assert stored["2330.TW"].stop == 0.5
    version = desk.watchlists.get(made.id).version
    assert say("saved", version=version) in screen.text
    assert version == made.version + 1
    # Ticking a box is no change.
    edit(screen, row0={"note": "seen", "target": 1200.5, "pick": True}, row2={"tags": "a, b"})
    assert desk.watchlists.get(made.id).version == version


def test_ticked_rows_move_and_go_and_come_back(state: State, desk: Desk, made: Watchlist) -> None:
    screen = edit(opened(edit="1"), row1={"pick": True})
    press(screen, say("move_up"))
    assert [one.symbol for one in desk.watchlists.get(made.id).entries] == [
        "1101.TW", "2330.TW", "3653.TW",
    ]  # fmt: skip
    (editor,) = [one for one in screen.tables if "note" in one]
    assert list(editor["pick"]) == [True, False, False]
    press(edit(screen, row2={"pick": True}), say("remove", n=2))
    assert [one.symbol for one in desk.watchlists.get(made.id).entries] == ["2330.TW"]
    assert "1101" in screen.text
    press(screen, say("undo"))
    assert {one.symbol for one in desk.watchlists.get(made.id).entries} == {
        "1101.TW", "2330.TW", "3653.TW",
    }  # fmt: skip


def test_a_row_that_cannot_be_kept_is_told_and_the_others_are_kept(
    state: State, desk: Desk, made: Watchlist
) -> None:
    long = "n" * 2001
    screen = edit(opened(edit="1"), row0={"note": long}, row2={"note": "kept"})
    stored = {one.symbol: one for one in desk.watchlists.get(made.id).entries}
    assert (stored["2330.TW"].note, stored["3653.TW"].note) == (HOSTILE, "kept")
    (told,) = [one.value for one in screen.app.error]
    assert "TSMC" in told
    assert "2,001 characters" in told
    assert long in [one.value for one in screen.app.code]
    assert say("not_saved") in screen.text
    press(screen, say("discard"))
    assert not screen.app.error


@pytest.mark.parametrize("keep", ["mine", "theirs"])
def test_two_sessions_on_one_list_lose_nothing(
    state: State, desk: Desk, made: Watchlist, keep: str
) -> None:
    first, second = opened(edit="1"), opened(edit="1")
    edit(first, row0={"note": "from the first"})
    edit(second, row0={"stop": 3.5}, row2={"note": "from the second"})
    stored = desk.watchlists.get(made.id)
    assert stored.entries[0].note == "from the first"
    assert stored.entries[1].note == ""
    assert say("conflict", name="x").partition("”")[2] in second.text
    (both,) = second.tables
    told = {one["What"]: (one["Mine"], one["The other"]) for one in both.to_dict("records")}
    assert told["TSMC 2330 · Note"] == (HOSTILE, "from the first")
    assert told["TSMC 2330 · Stop"] == ("3.5", "0.5")
    assert told["Jentech 3653 · Note"] == ("from the second", "—")
    assert len(told) == 3
    press(second, say("keep_mine" if keep == "mine" else "take_theirs"))
    entries = {one.symbol: one for one in desk.watchlists.get(made.id).entries}
    if keep == "mine":
        assert (entries["2330.TW"].note, entries["2330.TW"].stop) == (HOSTILE, 3.5)
        assert entries["3653.TW"].note == "from the second"
    else:
        assert (entries["2330.TW"].note, entries["2330.TW"].stop) == ("from the first", 0.5)
    (editor,) = [one for one in second.tables if "note" in one]
    assert editor["note"].iloc[0] == entries["2330.TW"].note
    edit(second, row1={"note": "goes on"})
    assert {one.symbol: one.note for one in desk.watchlists.get(made.id).entries}[
        "1101.TW"
    ] == "goes on"


def test_an_edit_of_a_list_that_is_gone_waits_and_becomes_a_new_list(
    state: State, desk: Desk, made: Watchlist
) -> None:
    screen = opened(edit="1")
    desk.watchlists.delete(made.id)
    edit(screen, row0={"note": "not lost"})
    press(screen, say("keep_new"))
    (fresh,) = desk.watchlists.all()
    assert {one.symbol: one.note for one in fresh.entries}["2330.TW"] == "not lost"


def test_what_was_stored_is_there_again_after_another_view(
    state: State, desk: Desk, made: Watchlist
) -> None:
    screen = edit(opened(edit="1"), row0={"note": "first"})
    screen.choose("edit", False)
    screen.choose("edit", True)
    (editor,) = [one for one in screen.tables if "note" in one]
    assert editor["note"].iloc[0] == "first"
    edit(screen, row0={"target": 7.0})
    kept = desk.watchlists.get(made.id).entries[0]
    assert (kept.note, kept.target) == ("first", 7.0)


# -- lists that follow


def test_a_followed_layer_shows_its_members_and_keeps_notes(state: State, desk: Desk) -> None:
    made = desk.watchlists.create("follows", follows=Follows("layer", "cooling"))
    screen = opened(edit="1")
    assert say("follows_layer", layer="Cooling (liquid)") in screen.text
    (editor,) = [one for one in screen.tables if "note" in one]
    assert [one.split()[-1] for one in editor["company"]] == ["3653", "8996", "6831"]
    edit(screen, row1={"note": "mine"})
    (entry,) = desk.watchlists.get(made.id).entries
    assert (entry.symbol, entry.note) == ("8996.TW", "mine")


@pytest.mark.parametrize("operator", [">", "<"])
def test_a_followed_screen_marks_who_entered_and_who_left(
    state: State, desk: Desk, operator: str
) -> None:
    names = {"2330.TW": "TSMC 2330", "3653.TW": "Jentech 3653"}
    closes = {one: closes_of(state, one)[-3:] for one in names}
    before, after = (
        {one: own[place] / own[place - 1] - 1 for one, own in closes.items()} for place in (1, 2)
    )
    # Between the returns of two sessions: one way round the first company enters, the other it
    # leaves.
    middle = (before["2330.TW"] + after["2330.TW"]) / 2
    had, has = (
        {one for one, move in moves.items() if (move > middle) == (operator == ">")}
        for moves in (before, after)
    )
    assert ("2330.TW" in had) != ("2330.TW" in has)
    text = f"symbol in (2330.TW, 3653.TW) and return_1d {operator} {middle:.6f}"
    made = desk.watchlists.create("follows", follows=Follows("screen", text))
    desk.watchlists.add(made.id, [row("2317.TW", note="stays to be read")])
    screen = opened()
    new, gone = (f" · {say(f'mark_{one}')}" for one in ("new", "left"))
    assert set(screen.tables[0]["Company"]) == {
        *(names[one] + (new if one not in had else "") for one in has),
        f"Hon Hai 2317{gone}",
    }
    for changed, told in ((has - had, "entered"), (had - has, "gone")):
        titles = ", ".join(names[one] for one in sorted(changed))
        assert (say(told, names=titles) in screen.text) == bool(changed)


def test_a_followed_layer_that_is_gone_is_one_sentence(state: State, desk: Desk) -> None:
    made = desk.watchlists.create("follows", follows=Follows("layer", "no_such"))
    desk.watchlists.add(made.id, [row("2330.TW")])
    screen = opened()
    (told,) = [one.value for one in screen.app.error]
    assert "no such layer" in told
    assert len(screen.tables[0]) == 1


# -- in and out


def test_pasted_text_is_taken_and_what_nobody_knows_is_listed(
    state: State, desk: Desk, made: Watchlist
) -> None:
    screen = open_popover(opened(), f"watchlist:add:{made.id}")
    key = f"watchlist:add:{made.id}"
    screen.app.segmented_control(key=f"{key}:way").set_value("text")
    screen.run()
    screen.app.text_area(key=f"{key}:text").set_value("###New\nTWSE:2317,TWSE:9999X,2330")
    screen.run()
    assert say("unknown", n=1) in screen.text
    assert any("TWSE:9999X" in one.value for one in screen.app.code)
    press(screen, say("add_n", n=2))
    stored = desk.watchlists.get(made.id)
    assert [(one.symbol, one.section) for one in stored.entries][3:] == [("2317.TW", "New")]
    assert stored.entries[0].note == HOSTILE


@pytest.mark.parametrize("query", [{"code": "3653.TW"}, {"layer": "cooling"}])
def test_a_company_and_a_whole_layer_go_onto_a_list(
    state: State, desk: Desk, query: dict[str, str]
) -> None:
    screen = Screen(lang="en", **query)
    ((kind, name),) = query.items()
    key = f"{'company' if kind == 'code' else 'layer'}:{name}"
    open_popover(screen, f"{key}:open")
    screen.app.text_input(key=f"{key}:name").set_value("fresh")
    n = 1 if kind == "code" else 3
    press(screen.run(), say("add_n", n=n))
    (made,) = desk.watchlists.all()
    assert made.name == "fresh"
    assert len(made.entries) == n
    assert not screen.app.session_state[f"{key}:open"]


# -- copies by link


def test_a_link_opens_a_copy_without_the_notes_until_it_is_revoked(
    state: State, accounts: Accounts, desk: Desk, made: Watchlist
) -> None:
    screen = open_popover(opened(), f"share:{made.id}:open")
    press(screen, say("share_make"))
    (address,) = [one.value for one in screen.app.code]
    token = address.partition("share=")[2]
    desk.watchlists.delete(made.id)
    shared = opened(share=token)
    assert len(shared.tables) == 2
    assert HOSTILE not in list(shared.tables[0]["Note"])
    assert not [one for one in shared.app.toggle if one.key == "url:edit"]
    press(shared, say("share_take"))
    (copy,) = desk.watchlists.all()
    assert [one.symbol for one in copy.entries] == ["2330.TW", "3653.TW", "1101.TW"]
    assert shared.url == {"lang": "en", "list": str(copy.id)}
    (share,) = desk.shares.all()
    desk.shares.revoke(share.id)
    for wrong in (token, "x", "' or 1=1 --"):
        refused = opened(share=wrong)
        assert [one.value for one in refused.app.error] == [say("share_wrong")]
        assert not refused.tables


def test_another_persons_list_is_no_list(
    state: State, accounts: Accounts, desk: Desk, made: Watchlist
) -> None:
    other = accounts.desk(accounts.signed_in("https://idp.example", "1", "Other", None))
    secret = other.watchlists.create("secret")
    other.watchlists.add(secret.id, [row("8996.TW", note="hidden")])
    for asked in (str(secret.id), "999", "x"):
        screen = opened(list=asked)
        assert say("no_such_list") in screen.text
        assert "secret" not in screen.text
        assert "hidden" not in screen.text
        assert len(screen.tables) == 2
