"""Dates as the press writes them, resolved by hand against the article's own."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.articles.models import Article
from dashboard.proposals.dates import find_dates, unresolved
from dashboard.supply_chain.models import DateBasis, Precision

from .proposal_input import article

TUESDAY = "2025-11-25"


def _read(text: str, date: str | None = TUESDAY) -> list[str]:
    return [one.date for one in find_dates(article(text, date=date))]


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2025-11-20", "2025-11-20"),
        ("2025/11/20", "2025-11-20"),
        ("2025.11.20", "2025-11-20"),
        ("2025年11月20日", "2025-11-20"),
        ("２０２５年１１月２０日", "2025-11-20"),
        ("二〇二六年", "2026"),
        ("十一月二十五日", "2025-11-25"),
        ("11月20日", "2025-11-20"),
        ("11/20 法說會", "2025-11-20"),
        ("受此影響，10月營收", "2025-10"),
        ("反觀台股，21日重挫", "2025-11-21"),
        ("展望遭下調，24日重挫", "2025-11-24"),
        ("星期日", "2025-11-23"),
        ("於11/20舉行法說會", "2025-11-20"),
        ("11/5（三）除息", "2025-11-05"),
        ("Nov. 20, 2025", "2025-11-20"),
        ("20 November", "2025-11-20"),
        ("114年11月24日", "2025-11-24"),
        ("民國114年11月", "2025-11"),
        ("114/11/24", "2025-11-24"),
        ("民國一百一十四年十一月二十日", "2025-11-20"),
        ("中華民國一一四年三月", "2025-03"),
        ("民國一百零五年第二季", "2016-Q2"),
        ("民國八十九年", "2000"),
        ("去年今日", "2024-11-25"),
        ("去年的今天", "2024-11-25"),
        ("114年第三季", "2025-Q3"),
        ("民國115年第二季", "2026-Q2"),
        ("116 年底", "2027"),
        ("2026年1月", "2026-01"),
        ("2026/03", "2026-03"),
        ("今年10月", "2025-10"),
        ("明年3月", "2026-03"),
        ("去年底", "2024"),
        ("年底前", "2025"),
        ("10月營收", "2025-10"),
        ("2025年第三季", "2025-Q3"),
        ("3Q25", "2025-Q3"),
        ("Q3 2025", "2025-Q3"),
        ("25Q3", "2025-Q3"),
        ("third quarter of 2026", "2026-Q3"),
        ("第四季", "2025-Q4"),
        ("明年第二季", "2026-Q2"),
        ("本季", "2025-Q4"),
        ("上半年", "2025"),
        ("1H26", "2026"),
        ("2027 年底", "2027"),
        ("by 2027", "2027"),
        ("今(25)日", "2025-11-25"),
        ("今（24）日", "2025-11-24"),
        ("昨日", "2025-11-24"),
        ("昨（24）日", "2025-11-24"),
        ("昨日（11/24）", "2025-11-24"),
        ("前天", "2025-11-23"),
        ("台積電昨宣布", "2025-11-24"),
        ("上週五", "2025-11-21"),
        ("上周五（21日）", "2025-11-21"),
        ("本週三", "2025-11-26"),
        ("週三(19日)", "2025-11-19"),
        ("周一 (24 日)", "2025-11-24"),
        ("下週一", "2025-12-01"),
        ("上上週五", "2025-11-14"),
        ("last Friday", "2025-11-21"),
        ("上個月", "2025-10"),
        ("本月", "2025-11"),
        ("下個月5日", "2025-12-05"),
        ("3天前", "2025-11-22"),
        ("2個月前", "2025-09"),
        ("后年", "2027"),
        ("上礼拜五", "2025-11-21"),
        ("21日遭遇重挫", "2025-11-21"),
        ("28日遭遇重挫", "2025-10-28"),
        ("將於28日登場", "2025-11-28"),
        ("將於四月訪問", "2026-04"),
        ("12月降息的機率", "2025-12"),
        ("3月的事", "2025-03"),
    ],
)
def test_a_date_as_it_is_written(written: str, date: str) -> None:
    assert _read(written) == [date]


@pytest.mark.parametrize(
    "text",
    [
        "日前", "近日", "收46,245點", "股價2025元", "2330 台積電", "台積電(2024)年增", "24/7 供電",
        "1/3的股東", "連續5日上漲", "20日均線", "較去年同期成長", "日本月產能", "今日新聞",
        "每週一", "一周五天", "May rise", "30年合約", "114年歷史的老店", "前三季", "2025年13月45日",
        "2025-02-30", "季線", "3個月", "3奈米", "第3代", "歷時2日", "1,10月", "1,021日",
        "多空比率為11/21", "11/21 的比例", "勝率約11/21", "11/21比例",
    ],
)  # fmt: skip
def test_no_date(text: str) -> None:
    assert _read(text) == []


def test_a_week_runs_from_monday_to_sunday() -> None:
    assert _read("上週日", "2025-11-23") == ["2025-11-16"]
    assert _read("本週日", "2025-11-24") == ["2025-11-30"]
    assert _read("上週一", "2025-11-30") == ["2025-11-17"]


def test_on_a_sunday_the_week_before_is_not_the_one_that_ends() -> None:
    assert _read("上週五", "2025-11-23") == ["2025-11-14"]
    assert _read("週五", "2025-11-23") == ["2025-11-21"]


def test_the_same_day_of_another_year_is_never_the_articles_own() -> None:
    assert _read("去年今日", "2024-02-29") == ["2023"]
    assert _read("去年今日", "2025-02-28") == ["2024-02-28"]
    assert _read("一年前的今天") == ["2024"]
    assert _read("上個月的今天") == ["2025-10"]


@pytest.mark.parametrize(
    ("written", "half"),
    [
        ("明年上半年", "上半年"),
        ("2026年下半年", "下半年"),
        ("1H26", "上半年"),
        ("H2 2026", "下半年"),
    ],
)
def test_of_half_a_year_the_reason_keeps_which(written: str, half: str) -> None:
    (found,) = find_dates(article(written))
    assert (found.date, found.precision) == ("2026", Precision.YEAR)
    assert half in found.reason.zh
    assert ("first" if half == "上半年" else "second") in found.reason.en


def test_what_needs_the_articles_day_is_counted_where_that_is_unknown() -> None:
    text = "昨天、上週五、2025-03-04、明年3月、10月營收"
    assert unresolved(article(text, date=None)) == 4
    assert unresolved(article(text, date="2025")) == 2
    assert unresolved(article(text, date="2025-11")) == 2
    assert unresolved(article(text)) == 0
    assert unresolved(article("2025-03-04，比率1/3", date=None)) == 0


def test_the_number_wins_over_the_weekday_and_is_less_sure() -> None:
    right, wrong = (find_dates(article(text))[0] for text in ("週三(19日)", "週三(18日)"))
    assert wrong.date == "2025-11-18"
    assert wrong.confidence < right.confidence
    assert "日數為準" in wrong.reason.zh
    assert "number" in wrong.reason.en


def test_around_the_turn_of_the_year() -> None:
    assert _read("12月營收", "2026-01-10") == ["2025-12"]
    assert _read("31日收盤", "2026-01-02") == ["2025-12-31"]
    assert _read("第四季財報", "2026-02-20") == ["2025-Q4"]
    assert _read("第三季送樣", "2026-03-12") == ["2026-Q3"]
    assert _read("上季", "2026-01-10") == ["2025-Q4"]
    assert _read("去年12月", "2026-01-10") == ["2025-12"]


@pytest.mark.parametrize("text", ["昨日", "上週五", "今(24)日", "21日", "3天前", "last Friday"])
@pytest.mark.parametrize("date", ["2025-11", "2025", None])
def test_no_day_without_the_articles_day(text: str, date: str | None) -> None:
    assert _read(text, date) == []


def test_coarser_words_need_only_the_month_or_year() -> None:
    assert _read("上個月", "2025-11") == ["2025-10"]
    assert _read("上個月", "2025") == []
    assert _read("明年", "2025") == ["2026"]
    assert _read("明年", None) == []
    assert _read("2025年11月20日", None) == ["2025-11-20"]


def test_an_inferred_date_makes_what_hangs_on_it_less_sure() -> None:
    stated = Article(("上個月",), date="2025-11", date_basis=DateBasis.STATED)
    inferred = Article(("上個月",), date="2025-11", date_basis=DateBasis.INFERRED)
    assert find_dates(inferred)[0].confidence < find_dates(stated)[0].confidence


def test_a_headline_in_a_list_is_older_than_the_page() -> None:
    lines = (
        "本文",
        "美股昨(23)日大漲 新聞網 ・ 1 天前",
        "MoneyDJ新聞 2025-11-21 06:26:08 昨天上漲",
    )
    read = article(*lines, digest=((2, 3),))
    first, stamp, second = find_dates(read)
    assert (first.date, second.date) == ("2025-11-23", "2025-11-20")
    assert stamp.stamp
    assert not second.stamp
    assert find_dates(article("昨天"))[0].confidence > second.confidence


@pytest.mark.parametrize(
    "line",
    ["發布日期：2025/11/25", "date 2025-11-25 標題", "【記者】2025-11-25 14:22", "2025-11-25"],
)
def test_the_byline_is_a_stamp(line: str) -> None:
    assert [one.stamp for one in find_dates(article(line))] == [True]


def test_a_date_in_the_text_is_no_stamp() -> None:
    assert not find_dates(article("2025年11月25日，台積電宣布"))[0].stamp
    assert not find_dates(article("公司2025-11-25宣布"))[0].stamp


def test_what_is_written_stands_there() -> None:
    read = article("前言", "鴻海於１１月２０日，上周五（21日）宣布")
    for one in find_dates(read):
        assert read.lines[one.line - 1][one.start : one.end] == one.written
    assert [one.written for one in find_dates(read)] == ["１１月２０日", "上周五（21日）"]


FORMS = {
    Precision.DAY: r"\d{4}-\d\d-\d\d",
    Precision.MONTH: r"\d{4}-\d\d",
    Precision.QUARTER: r"\d{4}-Q[1-4]",
    Precision.YEAR: r"\d{4}",
}
PIECES = (
    "2025", "114", "13", "31", "0", "2", "年", "月", "日", "(", "）", "第", "季", "上", "下", "週",
    "五", "十", "今", "昨", "去年", "Q", "/", "-", ".", " ", "將", "May", "Nov.", "・", "天前", "H",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=60),
    st.sampled_from(["0001-01-01", "2024-02-29", "2025-11", "9999-12-31", None]),
)
def test_any_text_gives_dates_that_exist(text: str, date: str | None) -> None:
    read = article(text, "第二行", date=date, digest=((1, 1),))
    last = (0, 0)
    for one in find_dates(read):
        assert re.fullmatch(FORMS[one.precision], one.date)
        if one.precision is Precision.DAY:
            dt.date.fromisoformat(one.date)
        assert 1 <= one.line <= 2
        assert (one.line, one.start) >= last
        last = (one.line, one.end)
        assert read.lines[one.line - 1][one.start : one.end] == one.written
        assert 0 < one.confidence <= 1
