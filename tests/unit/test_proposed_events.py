"""Dated events of one sentence; what happened, when and to whom is judged by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.i18n import Text
from dashboard.proposals.events import propose_events
from dashboard.proposals.models import EventProposal, Group, LayerProposal
from dashboard.proposals.patterns import patterns
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import (
    Bottleneck,
    Direction,
    Event,
    Layer,
    Precision,
    SupplyChain,
)

from .proposal_input import article, finds

NAMES = {
    "a": ("甲電", "Alpha", "甲电"),
    "b": ("乙科", "Beta"),
    "c": ("丙光",),
    "gov": ("某國政府",),
}
WHY = Text("原因", "reason")
LAYERS = {
    "a": (
        LayerProposal("psu", 0.9, "電源", (1,), WHY),
        LayerProposal("dc_power", 0.4, "", (1,), WHY),
    ),
    "b": (LayerProposal("cooling", 0.9, "散熱", (1,), WHY),),
    "c": (),
}


def _layer(key: str) -> Layer:
    name = Text(key, key)
    return Layer(id=key, stage="server", name=name, bottleneck=Bottleneck.MEMORY, definition=name)


EMPTY = SupplyChain(layers=tuple(_layer(key) for key in ("memory", "psu", "cooling")))


def _propose(
    *lines: str, date: str | None = "2025-11-25", chain: SupplyChain = EMPTY
) -> tuple[EventProposal, ...]:
    read = article(*lines, date=date)
    return propose_events(read, finds(read, NAMES, states=["gov"]), LAYERS, chain)


def _told(*lines: str) -> list[tuple[str, str, str]]:
    """Date, companies and cue."""
    return [(one.date, "+".join(one.companies), one.cue) for one in _propose(*lines)]


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("甲電昨（24）日宣布與乙科合資設廠。", ("2025-11-24", "a+b", "合資")),
        ("甲電（1234）上週五公告，董事會通過斥資 12 億元在台中建廠。", ("2025-11-21", "a", "建廠")),
        ("甲電預計 2027 年底量產。", ("2027", "a", "量產")),
        ("今年10月，甲電開始在南部興建第二座工廠。", ("2025-10", "a", "興建")),
        ("甲電宣布將於 2026 年 1 月開啟直飛航線。", ("2026-01", "a", "開啟")),
        ("甲電 10 月營收創新高。", ("2025-10", "a", "營收")),
        ("甲電19日法說會公布財報。", ("2025-11-19", "a", "法說會")),
        ("甲電第三季稅後淨利年減 8%。", ("2025-Q3", "a", "稅後淨利")),
        ("甲電今日攻上漲停。", ("2025-11-25", "a", "漲停")),
        ("某國政府週三(19日)核准甲電出口晶片。", ("2025-11-19", "gov+a", "核准")),
        ("甲電廠房於11月19日失火，產線停工三天。", ("2025-11-19", "a", "失火")),
        ("甲電114年11月24日與夥伴簽約。", ("2025-11-24", "a", "簽約")),
        ("Alpha acquired Beta in March 2025.", ("2025-03", "a+b", "acquired")),
        ("Alpha will start mass production in the third quarter of 2027.",
         ("2027-Q3", "a", "mass production")),
        ("Alpha said on Monday it will begin mass production in 2027.",
         ("2027", "a", "mass production")),
        ("Alpha said Thursday it will spend NT$5 billion on a plant that opens by Q2 2026.",
         ("2025-11-20", "a", "spend")),
        ("甲電因關稅影響，10月營收月減 5%。", ("2025-10", "a", "營收")),
        ("甲電昨日大漲 4%，董事會通過擴產。", ("2025-11-24", "a", "擴產")),
        ("甲電昨日股價大漲，宣布收購乙科。", ("2025-11-24", "a+b", "收購")),
        ("甲電昨日大漲，法人看好水冷板將量產。", ("2025-11-24", "a", "大漲")),
        ("甲电昨（24）日宣布与乙科合资。", ("2025-11-24", "a+b", "合资")),
    ],
)  # fmt: skip
def test_one_sentence_dates(sentence: str, told: tuple[str, str, str]) -> None:
    assert _told(sentence) == [told]


@pytest.mark.parametrize(
    "sentence",
    [
        "甲電近日宣布與乙科合資。",
        "2024 年中國市場分別佔甲電和乙科總營收的 24% 和 13%。",
        "到 2030 年，甲電的市場規模將達 1 兆美元。",
        "甲電昨日並未收購乙科。",
        "甲電去年與乙科的合作破局。",
        "即使甲電明天倒閉，也有人接手。",
        "甲電自 9 月以來大漲三成。",
        "今天天氣很好，甲電員工出遊。",
        "甲電今年股價上漲。",
        "發布日期：2025-11-25 甲電宣布",
        "甲電收購乙科。",
        "他今天宣布要結婚。",
    ],
)
def test_dates_nothing(sentence: str) -> None:
    assert _told(sentence) == []


def test_each_date_has_its_own_event() -> None:
    told = _told("甲電於今年10月開始興建第二座工廠，預計2027年底投產。")
    assert told == [("2025-10", "a", "興建"), ("2027", "a", "投產")]


def test_a_semicolon_ends_what_a_date_and_its_cue_are_about() -> None:
    assert _told("甲電、乙科10月營收均創同期新高；丙光則因關稅影響而下滑。") == [
        ("2025-10", "a+b", "營收")
    ]
    assert _told("甲電昨日宣布擴產；乙科遭禁令波及。") == [("2025-11-24", "a", "擴產")]


def test_a_cause_told_of_one_company_is_that_companys() -> None:
    told = _told("甲電、乙科10月出貨順利，丙光則因關稅影響而下滑。")
    assert told == [("2025-10", "a+b", "出貨")]
    assert _told("甲電與乙科 10 月表現亮眼，丙光則受關稅衝擊。") == [("2025-10", "c", "關稅")]


@pytest.mark.parametrize("sentence", ["甲電昨日上漲 4%。", "甲電11月24日跌停。", "台股昨日重挫。"])
def test_a_mere_move_of_the_price_is_doubtful_and_says_why(sentence: str) -> None:
    (one,) = _propose(sentence)
    assert one.confidence < 0.5
    assert "循環" in one.reason.zh
    assert "circular" in one.reason.en


def test_both_sides_sign() -> None:
    told = _told("甲電昨日宣布與乙科合資，雙方將於12月1日簽約。")
    assert told == [("2025-11-24", "a+b", "合資"), ("2025-12-01", "a+b", "簽約")]


def test_the_market_and_one_that_goes_against_it() -> None:
    told = _propose("台股21日重挫近千點，不過甲電卻逆勢收紅。")
    assert [(one.companies, one.direction) for one in told] == [
        ((), Direction.NEGATIVE),
        (("a",), Direction.MIXED),
    ]
    assert told[0].title == Text(
        "大盤：股價下跌（2025-11-21）", "the market: price fall (2025-11-21)"
    )


def test_a_layer_without_a_company() -> None:
    chain = load_map(PROJECT_ROOT / "tickers.yaml").chain
    told = _propose("某國昨日對 DRAM 記憶體課徵關稅。", chain=chain)
    assert [(one.companies, one.layers) for one in told] == [((), ("memory",))]
    assert _propose("某國昨日對香蕉課徵關稅。", chain=chain) == ()


def test_an_attribute_is_no_company_of_the_event() -> None:
    assert _told("甲電供應鏈乙科昨日宣布在台中建廠。") == [("2025-11-24", "b", "建廠")]
    assert _told("甲電供應鏈論壇將於25日登場。") == [("2025-11-25", "a", "登場")]


def test_the_paragraph_s_company_acts_where_none_is_named() -> None:
    assert _told("甲電受惠。上週五董事會通過在海外設廠。") == [("2025-11-21", "a", "設廠")]


def test_layers_are_the_companies_first_ones() -> None:
    assert _propose("甲電昨日與乙科、丙光結盟。")[0].layers == ("psu", "cooling")


def test_title_in_our_own_words() -> None:
    one = _propose("甲電昨日與乙科結盟。")[0]
    assert one.title == Text("a、b：合作或結盟（2025-11-24）", "a, b: alliance (2025-11-24)")
    assert one.written == "昨日"


@pytest.mark.parametrize(
    ("sentence", "direction"),
    [
        ("甲電昨日宣布停產。", Direction.NEGATIVE),
        ("甲電昨日落成新廠。", Direction.POSITIVE),
        ("甲電昨日收購乙科。", Direction.NEUTRAL),
        ("甲電第三季財報創新高，股價卻重挫。", Direction.MIXED),
        ("甲電昨日收黑，未見反彈。", Direction.NEGATIVE),
    ],
)
def test_direction(sentence: str, direction: Direction) -> None:
    assert _propose(sentence)[0].direction is direction


@pytest.mark.parametrize(
    ("sentence", "bottleneck"),
    [
        ("電力不足，甲電昨日宣布停產。", Bottleneck.POWER),
        ("CoWoS 產能吃緊，甲電昨日宣布擴產。", Bottleneck.PACKAGING),
        ("HBM 供不應求，甲電昨日宣布擴產。", Bottleneck.MEMORY),
        ("液冷板缺貨，甲電昨日宣布擴產。", Bottleneck.COOLING),
        ("甲電昨日宣布擴產。", None),
        ("甲電昨日宣布擴產，人手不足。", None),
    ],
)
def test_bottleneck(sentence: str, bottleneck: Bottleneck | None) -> None:
    assert _propose(sentence)[0].bottleneck is bottleneck


def test_the_same_event_of_two_lines_stands_once() -> None:
    told = _propose("甲電昨日宣布收購乙科。", "乙科昨日獲甲電收購。", "甲電昨日停工。")
    assert [(one.date, one.lines, one.cue) for one in told] == [
        ("2025-11-24", (1, 2), "收購"),
        ("2025-11-24", (3,), "停工"),
    ]


def test_ids_are_unique() -> None:
    told = _propose("甲電昨日宣布收購乙科。甲電、乙科昨日停工。", "甲電昨日停工。")
    assert len({one.id for one in told}) == len(told)


def test_surer_when_it_happened_on_a_day_and_in_the_article() -> None:
    day, year = _propose("甲電2025年11月24日量產。")[0], _propose("甲電2025年量產。")[0]
    forecast = _propose("甲電預計2026年11月24日量產。")[0]
    assert day.confidence > year.confidence
    assert day.confidence > forecast.confidence
    assert "expected" in forecast.reason.en
    read = article("本文。", "甲電2025年11月24日量產。", digest=((2, 2),))
    digest = propose_events(read, finds(read, NAMES), LAYERS, EMPTY)[0]
    assert digest.confidence < day.confidence


def _chain(date: str, *companies: str) -> SupplyChain:
    event = Event.model_construct(id="e", date=date, companies=companies)
    return SupplyChain.model_construct(
        events=(event,), layers=(), companies=(), relations=(), documents=()
    )


@pytest.mark.parametrize(
    ("date", "companies", "group"),
    [
        ("2025-11-24", ("b",), Group.CONFIRMS),
        ("2025-11", ("a", "c"), Group.CONFIRMS),
        ("2025-11-23", ("a",), Group.NEW_MEMBERSHIP),
        ("2025-11-24", ("c",), Group.NEW_MEMBERSHIP),
        ("2025-11-24", (), Group.NEW_MEMBERSHIP),
        ("2025", ("a",), Group.NEW_MEMBERSHIP),
    ],
)
def test_group(date: str, companies: tuple[str, ...], group: Group) -> None:
    assert _propose("甲電昨日收購乙科。", chain=_chain(date, *companies))[0].group is group


def test_kinds_are_bilingual_and_unique() -> None:
    kinds = patterns().events
    assert len({one.id for one in kinds}) == len(kinds)
    assert len({one.name.en for one in kinds}) == len({one.name.zh for one in kinds}) == len(kinds)
    assert all(all(one.name) for one in kinds)


PIECES = (
    "甲電", "乙科", "昨日", "2025年", "11月24日", "第三季", "上週五", "宣布", "收購", "重挫",
    "台股", "量產", "預計", "，", "。", "：", "、", " ", "未", "雙方", "1、", "缺貨", "記憶體",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=15).map("".join),
    st.sampled_from(["2025-11-25", "0001-01-01", "2025", None]),
)
def test_any_text_gives_valid_events(text: str, other: str, date: str | None) -> None:
    read = article(text, other, date=date)
    found = finds(read, NAMES)
    told = propose_events(read, found, LAYERS, EMPTY)
    assert len({one.id for one in told}) == len(told)
    for one in told:
        assert set(one.companies) <= set(found.by_id)
        assert set(one.layers) <= {"psu", "cooling", "memory"}
        assert one.lines
        assert set(one.lines) <= {1, 2}
        assert 0 < one.confidence <= 1
        assert all(one.title)
        assert all(one.reason)
        if one.precision is Precision.DAY:
            dt.date.fromisoformat(one.date)
