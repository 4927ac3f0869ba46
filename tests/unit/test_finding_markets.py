"""Symbols of other markets, and numbers in brackets that are no codes."""

from __future__ import annotations

import pytest

from tests.unit.finding_world import finds, ids


def _named(text: str) -> set[tuple[str | None, str]]:
    return {(one.identity.symbol, one.identity.name.zh) for one in finds(text).companies}


@pytest.mark.parametrize(
    ("text", "symbol", "name"),
    [
        ("三星電機（009150.KS）調漲積層陶瓷電容", "009150.KS", "三星電機"),
        ("軟銀集團（9984.T）再投資", "9984.T", "軟銀集團"),
        ("上游的玻纖布由日東紡（3110 JP）包辦", "3110.T", "日東紡"),
        ("晶圓廠和中芯（688981.SH、0981.HK）都在擴產", "688981.SS", "中芯"),
        ("銅箔要靠三井金屬（5706 JP）", "5706.T", "三井金屬"),
        ("面板報價看京東方（000725.SZ）", "000725.SZ", "京東方"),
        ("以及滬電股份（002463.SZ）", "002463.SZ", "滬電股份"),
        ("深南电路（002916）今天涨停", "002916.SZ", "深南电路"),
        ("A 股的沪硅产业（688126）收高", "688126.SS", "沪硅产业"),
        ("記憶體廠SK海力士（000660）", "000660.KS", "SK海力士"),
        ("日本測試機大廠愛德萬測試（6857）", "6857.T", "愛德萬測試"),
        ("連接器與安費諾（APH）", "APH", "安費諾"),
        ("驅動晶片的奇景光電（HIMX）", "HIMX", "奇景光電"),
        ("氣渦輪機看奇異維諾瓦 GE Vernova（GEV）", "GEV", "GE Vernova"),
        ("核燃料的 Centrus（LEU）", "LEU", "Centrus"),
        ("Lumentum (LITE) rose after the bell", "LITE", "Lumentum"),
    ],
)
def test_a_new_company_of_another_market_has_its_written_name(
    text: str, symbol: str, name: str
) -> None:
    assert _named(text) == {(symbol, name)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("台積電(2330.HK)下跌", "!2330"),
        ("台積電（2330.TWO）下跌", "!2330"),
        ("三星電子（009150.KS）", "!009150"),
        ("東京威力科創（8035-TW）", "!8035"),
    ],
)
def test_a_known_company_with_a_symbol_of_the_wrong_market_is_a_conflict(
    text: str, code: str
) -> None:
    assert ids(text) == {code}


@pytest.mark.parametrize(
    "text",
    [
        "今年預算（2330）萬元", "去年（2317）萬元", "鉅亨網（3130）", "會員（2330）點",
        "截至日期（202511）", "小型模組化反應爐（SMR）帶動美股大漲", "合計（300000）人",
    ],
)  # fmt: skip
def test_numbers_and_terms_in_brackets_are_nothing(text: str) -> None:
    assert ids(text) == set()


def test_bracketed_prices_leave_the_names_that_stand_before_them() -> None:
    assert ids("信驊(7000)、奇鋐(1700)股價都破千") == {"5274.TWO", "3017.TW"}
    assert ids("信驊(7001)營收公布") == {"!7001"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("晶圓材料 5483 環球晶", "!5483"),
        ("機殼 2354 可成", "!2354"),
        ("仁寶2356 走弱", "!2356"),
        ("仁寶 2356", "!2356"),
    ],
)
def test_a_code_right_beside_a_name_that_is_another_company_s_is_a_conflict(
    text: str, code: str
) -> None:
    assert ids(text) == {code}


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("2356 英業達 2324 仁寶", {"2356.TW", "2324.TW"}),
        ("仁寶 2324 英業達 2356", {"2356.TW", "2324.TW"}),
        ("買超 仁寶 2356 英業達 1500", {"2356.TW", "2324.TW"}),
        ("仁寶 2330億元", {"2324.TW"}),
        ("投信賣超2356張仁寶", {"2324.TW"}),
        ("$2356 $2324 一起衝", {"2356.TW", "2324.TW"}),
        ("買進2356、賣出2324", {"2356.TW", "2324.TW"}),
        ("買進2356張", set()),
        ("售價 $1500 起", set()),
        ("2356:TW", {"2356.TW"}),
        ("英偉達與谷歌的新機房", {"NVDA"}),
        ("台積電與聯發攜手", {"2330.TW"}),
        ("聯發（1459）的紗線", {"1459.TW"}),
        ("中美晶片大戰", set()),
        ("鼎泰豐的小籠包", set()),
    ],
)
def test_numbers_and_names_that_stand_bare(text: str, symbols: set[str]) -> None:
    assert ids(text) == symbols
