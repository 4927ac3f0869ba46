"""What the whole article tells of a name or code: short forms, columns, groups, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.proposals import keeping, naming
from dashboard.proposals.keeping import MOST
from tests.unit.finding_world import finds, ids


def _lines(symbol: str, *lines: str) -> tuple[int, ...]:
    return next(one.lines for one in finds(*lines).companies if one.identity.symbol == symbol)


@pytest.mark.parametrize(
    "text",
    [
        "台化學者發表論文", "高林地開發案", "新產線也將獲得補助", "大台北地區停電", "力成功臣",
        "長榮集團總裁將出席論壇", "長榮桂冠酒店", "味全龍在天母出賽", "納智捷的新車",
        "美律音樂節", "力山公園", "光罩出貨", "全台訂單",
    ],
)  # fmt: skip
def test_words_that_read_as_well_without_the_name_are_no_company(text: str) -> None:
    assert ids(text) == set()


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("台化學術合作獲利成長", "1326.TW"),
        ("國巨大漲", "2327.TW"),
        ("群創新高", "3481.TW"),
        ("友達成長動能強", "2409.TW"),
        ("義隆電子公司", "2458.TW"),
        ("鴻海集團擴廠", "2317.TW"),
        ("中鋼平盤", "2002.TW"),
        ("直得線性滑軌接單回升", "1597.TW"),
        ("創見股利大方", "2451.TW"),
    ],
)
def test_what_speaks_for_a_name_decides_where_words_do_not(text: str, symbol: str) -> None:
    assert symbol in ids(text)


def test_a_doubtful_name_is_sure_where_the_article_has_it_elsewhere() -> None:
    assert _lines("1326.TW", "台化（1326）停工", "台化學者專家齊聚") == (1, 2)


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Meta-analysis of 30 trials", set()),
        ("an intel officer says that", set()),
        ("Intel-based servers", {"INTC"}),
        ("intel 財報", {"INTC"}),
        ("nvidia says that demand rose", {"NVDA"}),
        ("lost to NVIDIA. Faraday (3035 TT) gained", {"NVDA", "3035.TW"}),
    ],
)
def test_english_words_need_a_capital_and_no_compound(text: str, symbols: set[str]) -> None:
    assert ids(text) == symbols


def test_a_link_s_address_tells_which_company_a_word_is() -> None:
    assert ids("- [創意的下一站](https://example.org/posts/guc)") == {"3443.TW"}
    assert ids("- [創意的下一站](https://example.org/posts/guchen)") == set()


def test_a_short_form_is_found_where_the_full_name_stands() -> None:
    assert _lines("2449.TW", "京元電子獲利", "京元明年更好", "北京元宵節") == (1, 2)
    assert ids("京元明年更好") == set()
    assert _lines("2308.TW", "台達電獲利", "台達明年更好") == (1,)


def test_a_bare_code_is_found_where_its_company_stands() -> None:
    lines = (
        "光聖（6442）獲利", "全部都比不上 6442", "6442 成交量大", "目標價 6442 元", "收 6442",
        "1,080 到 6442", "6442 億", "編號 A6442", "2,6442", "6442 名員工", "6442 engineers",
    )  # fmt: skip
    assert _lines("6442.TW", *lines) == (1, 2, 3)
    assert ids("全部都比不上 6442") == set()


@pytest.mark.parametrize(
    "rows",
    [
        ("| 名稱 | 代號 |", "|---|---|", "| 台光電 | 2383 |", "| Gold Circuit | 2368 |"),
        ("代號\t題材", "2383\t板材", "2368\t電路板"),
        ("光聖 6442 跳線", "上詮 3363 陣列", "某廠 2383 板材", "另家 2368 電路板"),
        ("公司    代號    題材", "台光電  2383    板材", "(缺)    2368    電路板"),
    ],
)
def test_a_code_in_a_column_of_codes_needs_no_name(rows: tuple[str, ...]) -> None:
    assert {"2383.TW", "2368.TW"} <= ids(*rows)


def test_numbers_in_a_column_that_is_none_of_codes_are_none() -> None:
    assert ids("| 年度 | 營收 |", "| 甲 | 2383 |", "| 乙 | 2368 |") == set()
    assert ids("| 名稱 | 代號 |", "| 甲 | 2383 |", "| 乙 | 1000 |") == set()


def test_a_wrong_code_in_a_column_is_a_conflict() -> None:
    rows = ("| 名稱 | 代號 |", "| 台光電 | 2383 |", "| 緯穎 | 2382 |")
    assert ids(*rows) == {"2383.TW", "!2382"}


def test_a_code_said_to_be_another_s_is_a_conflict_unless_it_is_set_right() -> None:
    assert ids("有媒體把鴻海寫成 2330，引起討論") == {"!2330"}
    assert ids("有媒體把鴻海寫成 2330，是錯的") == set()
    assert ids("鴻海擬發行 2330 張權證") == {"2317.TW"}


def test_mentions_of_one_company_are_kept_up_to_a_number() -> None:
    (found,) = finds(*["台積電（2330）"] * (MOST + 50)).companies
    assert len(found.mentions) == MOST
    assert [one.line for one in found.mentions] == list(range(1, MOST + 1))


def test_a_conflict_is_told_though_enough_mentions_are_kept() -> None:
    told = finds(*["台積電（2330）"] * (MOST + 5), *["休息"] * 9000, "", "緯穎（2330）")
    assert [one.code for one in told.conflicts] == ["2330"]


def test_tickers_without_end_are_kept_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MANY", 50)
    letters = "ABCDEFGHIJ"
    tickers = " ".join(f"$ZZ{a}{b}" for a in letters for b in letters)
    told = finds(tickers, "", "台積電接單", "台積電出貨")
    assert len(told.companies) == 51
    assert told.companies[-1].identity.symbol == "2330.TW"


def test_names_of_a_company_that_is_full_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    variants = naming._variants

    def counting(*arguments: Any) -> Iterator[naming.Candidate]:
        read.append(1)
        return variants(*arguments)

    monkeypatch.setattr(naming, "_variants", counting)
    monkeypatch.setattr(keeping, "MOST", 100)
    finds(*["台積電，" * 1000, ""] * 9)
    assert len(read) == 2 * 1000


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("外資連三買 台積電站回季線", {"2330.TW"}),
        ("台積電站上千元，聯發科站穩半年線。", {"2330.TW", "2454.TW"}),
        ("台達電節能方案獲獎，台積電警告缺電。", {"2308.TW", "2330.TW"}),
        ("聯發科路由器晶片出貨，台積電路線圖更新。", {"2454.TW", "2330.TW"}),
        ("鴻海隊伍進駐，廣達獎金加碼，鴻海新聞稿、廣達記者會。", {"2317.TW", "2382.TW"}),
        ("三星電視銷量第一。", {"005930.KS"}),
        ("鴻海報價持平，廣達投信買超，緯創路跑開跑。", {"2317.TW", "2382.TW", "3231.TW"}),
        ("大同路二段、長榮路那家老店、大同節目、統一報、元大投信。", set()),
        ("因為上市的熱水器廠櫻花上週才公布，營收年增。", {"9911.TW"}),
        ("大同路、南港站、統一獅、台南站、三星蔥。", set()),
        ("對手改採熱壓鍵合機。", set()),
        ("中庭的老櫻花樹明年還會開花。", set()),
    ],
)
def test_only_what_makes_it_something_else_turns_a_name_away(text: str, symbols: set[str]) -> None:
    assert ids(text) == symbols
