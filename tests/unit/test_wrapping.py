"""Lines that go on into each other; the answers are those of a reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.proposals.wrapping import runs_of_lines
from tests.unit.found import article

COLUMN = (
    "上銀自製諧波減速機已送樣，\n本季出貨給北美兩家整機大廠\n"
    "，和大則走行星齒輪的路線。\n明年再看訂單，還沒有定案。"
)
LIST = (
    "光聖高芯數跳線，毛利率高啊\n上詮光纖陣列，量產還要再等\n"
    "聯亞做磊晶，缺料漲價都有份\n華星光做模組，大單已經在手"
)
ITEMS = "- 第一項，很長很長的文字\n- 第二項，很長很長的文字\n- 第三項，很長很長的文字"
ROWS = "| 奇鋐 | 水冷板，分歧管 |\n| 華城 | 變壓器，開關的 |\n| 上銀 | 減速機，螺桿的 |"
ALONE = [(1, 1), (2, 2), (3, 3)]
ENGLISH = (
    "The company said that its new plant in Texas would open\n"
    "in the second half, and that orders for servers, which\n"
    "had slowed in the spring, were growing once more as the\n"
    "largest customers returned. It gave no figures for it."
)


@pytest.mark.parametrize(
    ("text", "led", "expected"),
    [
        (COLUMN, {1}, [(1, 3), (4, 4)]),
        (LIST, {1, 2, 3, 4}, [(1, 1), (2, 2), (3, 3), (4, 4)]),
        (ENGLISH, {1}, [(1, 4)]),
        ("標題\n\n一行很長很長的文字，說到這裡就停了。\n短", set(), [(n, n) for n in (1, 2, 3, 4)]),
        (ITEMS, set(), ALONE),
        (ROWS, set(), ALONE),
    ],
)
def test_columns_flow_and_lists_do_not(
    text: str, led: set[int], expected: list[tuple[int, int]]
) -> None:
    assert list(runs_of_lines(article(text), led)) == expected


def test_lines_that_are_no_part_of_the_article_stay_by_themselves() -> None:
    runs = list(runs_of_lines(article(COLUMN, digest_from=3), set()))
    assert runs == [(1, 1), (2, 2), (3, 3), (4, 4)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("上下，。 ab|\t1", max_size=40), max_size=30), st.sets(st.integers(1, 30)))
def test_every_line_is_in_one_run_in_order(lines: list[str], led: set[int]) -> None:
    one = article("\n".join(lines))
    runs = list(runs_of_lines(one, led))
    covered = [number for first, last in runs for number in range(first, last + 1)]
    assert covered == list(range(1, len(one.lines) + 1))
