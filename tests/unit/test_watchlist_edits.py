"""Changes of a list by hand: what is typed, what is moved, and how two versions differ."""

from __future__ import annotations

import dataclasses
import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.models import Entry, Watchlist
from dashboard.ui.watchlist_edits import (
    differences,
    edited,
    into_section,
    moved,
    section_moved,
    section_removed,
    section_renamed,
    without,
)
from dashboard.watchlists.formats import in_order

DAY = dt.date(2026, 6, 30)
ROWS = (("2330.TW", "a"), ("3653.TW", "b"), ("2317.TW", "a"), ("2382.TW", ""), ("3661.TW", "b"))


def entry(number: int, symbol: str, section: str = "", **more: object) -> Entry:
    return dataclasses.replace(
        Entry(number, symbol, section, "", (), DAY, 10.0, None, None), **more
    )


def made(rows: tuple[tuple[str, str], ...] = ROWS, sections: tuple[str, ...] = ("a", "", "b")):
    entries = tuple(entry(number, *row) for number, row in enumerate(rows, 1))
    return Watchlist(
        1, "list", 3, sections, (), None, entries, dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
    )


def order(watchlist: Watchlist) -> list[str]:
    return [one.symbol for one in in_order(watchlist)]


def by_symbol(watchlist: Watchlist) -> dict[str, Entry]:
    return {one.symbol: one for one in watchlist.entries}


def test_what_is_typed_is_kept_by_row() -> None:
    before = made()
    rows = order(before)
    after, refused = edited(
        before,
        rows,
        {
            0: {"note": "  line\ttwo ", "tags": "x, y;x", "pick": True},
            1: {"added_on": "2026-05-04T00:00:00", "target": 900.5, "stop": None},
            4: {"section": "new"},
        },
    )
    assert refused == ()
    assert rows[:2] == ["2330.TW", "2317.TW"]
    kept = by_symbol(after)
    assert kept["2330.TW"] == entry(1, "2330.TW", "a", note="line\ttwo", tags=("x", "y"))
    assert kept["2317.TW"] == entry(3, "2317.TW", "a", added_on=dt.date(2026, 5, 4), target=900.5)
    assert kept["3661.TW"].section == "new"
    assert after.sections == ("a", "", "b", "new")
    assert [kept[one] for one in rows[2:4]] == [by_symbol(before)[one] for one in rows[2:4]]


def test_a_row_that_cannot_be_kept_stays_and_the_others_are_kept() -> None:
    before = made()
    after, refused = edited(
        before,
        order(before),
        {0: {"note": "n" * 2001, "target": 1.0}, 1: {"added_on": None}, 2: {"note": "kept"}},
    )
    assert [one.symbol for one in refused] == ["2330.TW", "2317.TW"]
    assert refused[0].reason == "2330.TW: the note has 2,001 characters; at most 2,000 are kept"
    assert refused[0].typed == {"note": "n" * 2001, "target": 1.0}
    assert "no day" in refused[1].reason
    assert by_symbol(after) == {
        **by_symbol(before), "2382.TW": entry(4, "2382.TW", note="kept"),
    }  # fmt: skip


def test_rows_move_within_their_section() -> None:
    before = made()
    assert order(before) == ["2330.TW", "2317.TW", "2382.TW", "3653.TW", "3661.TW"]
    up = moved(before, ["2317.TW", "3661.TW"], -1)
    assert order(up) == ["2317.TW", "2330.TW", "2382.TW", "3661.TW", "3653.TW"]
    assert order(moved(before, ["2330.TW"], 99)) == [
        "2317.TW", "2330.TW", "2382.TW", "3653.TW", "3661.TW",
    ]  # fmt: skip
    assert order(moved(before, ["2330.TW", "2317.TW"], -1)) == order(before)


@given(
    st.lists(st.sampled_from(["", "a", "b"]), min_size=1, max_size=8),
    st.sets(st.integers(0, 7)),
    st.integers(-9, 9),
)
def test_a_move_loses_no_row_and_leaves_no_section(
    sections: list[str], chosen: set[int], places: int
) -> None:
    before = made(tuple((f"{n}.TW", one) for n, one in enumerate(sections)))
    ticked = {f"{n}.TW" for n in chosen}
    after = moved(before, ticked, places)
    assert by_symbol(after) == by_symbol(before)
    kept = [one for one in order(before) if one not in ticked]
    assert [one for one in order(after) if one not in ticked] == kept
    assert [one.section for one in in_order(after)] == [one.section for one in in_order(before)]


def test_rows_go_to_the_end_of_a_section_that_may_be_new() -> None:
    before = made()
    assert order(into_section(before, ["2330.TW"], "b"))[-1] == "2330.TW"
    fresh = into_section(before, ["3661.TW", "2330.TW"], "  c\n")
    assert fresh.sections == ("a", "", "b", "c")
    assert order(fresh)[-2:] == ["2330.TW", "3661.TW"]
    assert order(without(before, ["2330.TW"])) == ["2317.TW", "2382.TW", "3653.TW", "3661.TW"]


def test_sections_move_take_other_names_and_go() -> None:
    before = made()
    assert section_moved(before, "b", -1).sections == ("a", "b", "")
    assert order(section_moved(before, "b", -2))[:2] == ["3653.TW", "3661.TW"]
    renamed = section_renamed(before, "a", "b")
    assert renamed.sections == ("b", "")
    assert {one.section for one in renamed.entries} == {"b", ""}
    gone = section_removed(before, "a")
    assert gone.sections == ("", "b")
    assert by_symbol(gone)["2330.TW"].section == ""


def test_two_versions_tell_all_that_differs_and_nothing_else() -> None:
    mine = made()
    assert differences(mine, dataclasses.replace(mine, version=9)) == ()
    theirs = dataclasses.replace(
        without(mine, ["2382.TW"]), name="other", sections=("", "a", "b"), columns=("close",)
    )
    theirs, _ = edited(theirs, ["3653.TW"], {0: {"note": "seen", "stop": 5.0}})
    found = {(one.symbol, one.field): (one.mine, one.theirs) for one in differences(mine, theirs)}
    assert found == {
        ("", "name"): ("list", "other"),
        ("", "section"): ("a, —, b", "—, a, b"),
        ("", "columns"): ("", "close"),
        ("3653.TW", "note"): ("", "seen"),
        ("3653.TW", "stop"): ("", "5.0"),
        ("2382.TW", "symbol"): ("2382.TW", ""),
    }
    turned = moved(mine, ["2330.TW"], 1)
    ((symbol, field),) = [(one.symbol, one.field) for one in differences(mine, turned)]
    assert (symbol, field) == ("", "order")
