"""Headers of articles: what they say, and that a hostile or broken one is only text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.articles.front_matter import DATE_KEYS, TITLE_KEYS, front_matter_of


def lines_of(text: str) -> list[str]:
    return text.split("\n")


def test_yaml_between_marks() -> None:
    header = front_matter_of(
        lines_of(
            '---\ntitle: "一片布"\nDate: 2025-11-25T10:00:00+08:00\ntags: [a, "b"]\nempty:\n'
            "author:\n  name: 山下筆記\n---\n內文\n"
        )
    )
    assert header is not None
    assert header.lines == (1, 8)
    assert header.values == {
        "title": "一片布",
        "date": "2025-11-25T10:00:00+08:00",
        "tags": ["a", "b"],
        "author": "山下筆記",
    }
    assert header.first_of(TITLE_KEYS) == "一片布"
    assert header.first_of(("tags",)) == "a"
    assert header.first_of(("nothing",)) == ""


def test_blank_lines_and_a_mark_of_order_may_stand_before_it() -> None:
    header = front_matter_of(["\ufeff", "", "---\r", "title: 甲\r", "---\r", "內文"])
    assert header is not None
    assert (header.lines, header.values) == ((3, 5), {"title": "甲"})


def test_toml_between_pluses() -> None:
    header = front_matter_of(lines_of('+++\ntitle = "甲"\ndate = 2025-11-25\n+++\n內文'))
    assert header is not None
    assert header.values == {"title": "甲", "date": "2025-11-25"}
    assert header.lines == (1, 4)


def test_a_title_with_a_colon_is_read_though_it_is_no_yaml() -> None:
    header = front_matter_of(
        lines_of("---\ntitle: 台積電: 擴產與封裝\ndate: 2025-11-25\n---\n內文")
    )
    assert header is not None
    assert header.values == {"title": "台積電: 擴產與封裝", "date": "2025-11-25"}


def test_plain_pairs_without_marks() -> None:
    header = front_matter_of(lines_of("Title: 一片布\nDate: 2025-11-25\nSource: 山下筆記\n\n內文"))
    assert header is not None
    assert header.lines == (1, 3)
    assert header.values["title"] == "一片布"
    assert header.first_of(DATE_KEYS) == "2025-11-25"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "內文",
        "---\n內文之間的線\n---\n內文",
        "---\ntitle: 甲\n",  # never closed
        "+++\ntitle = \n+++",
        "---\n---\n內文",
        "Note: 這只是一行\n\n內文",
        "標題：一片布\n這一行不是欄位\n\n內文",
        "時間：上午\n地點：台北\n主持人：甲\n\n內文",  # pairs, but of an invitation
        "---\na: &x 1\nb: *x\n---\n",
        "---\na: !!python/object/apply:os.system ['true']\n---\n",
        "---\n- a list\n---\n",
        "---\n" + "[" * 500 + "\n---\n",
        "---\ntitle: " + "甲" * 1_000_000 + "\n---\n",
        "---\n" + "\n".join(f"k{i}: v" for i in range(1_000)) + "\n---\n",
        "+++\na = " + "[" * 5_000 + "\n+++",
        "---\ntitle: \x00\x01\n---\n",
    ],
)
def test_what_is_no_header_is_text(text: str) -> None:
    assert front_matter_of(lines_of(text)) is None


def test_a_bomb_of_aliases_is_text() -> None:
    bomb = ["---", 'a: &a ["lol","lol","lol"]']
    for number in range(1, 30):
        before, name = chr(96 + number) if number < 26 else "a", f"b{number}"
        bomb.append(f"{name}: &{name} [*{before},*{before},*{before},*{before}]")
    assert front_matter_of([*bomb, "---"]) is None


@given(st.lists(st.text(alphabet="ab:-+ '\"[]{}&*!#|>\t甲", max_size=20), max_size=10))
@settings(max_examples=150, deadline=None)
def test_any_header_is_read_or_text(body: list[str]) -> None:
    for mark in ("---", "+++"):
        header = front_matter_of([mark, *body, mark, "內文"])
        if header is not None:
            assert 1 <= header.lines[0] < header.lines[1] <= len(body) + 2
            assert all(isinstance(value, str | list) for value in header.values.values())
