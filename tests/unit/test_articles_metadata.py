"""Title, publisher, date and address of articles, against answers made by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.articles.dates import half_width, written_dates
from dashboard.articles.digest import digest_runs
from dashboard.articles.front_matter import front_matter_of
from dashboard.articles.metadata import Metadata, metadata_of
from dashboard.articles.page_words import folded
from dashboard.articles.publisher_names import is_person, publisher_name
from dashboard.supply_chain.models import DateBasis

PROSE = "奇鋐（3017）表示，水冷板出貨量逐季放大，下半年產能將再擴充三成，需求仍看不到放緩。"


def read(text: str) -> Metadata:
    lines = text.strip("\n").split("\n")
    header = front_matter_of(lines)
    return metadata_of(lines, front_matter=header, digest=digest_runs(lines, header))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025-11-25", "2025-11-25"),
        ("2025/11/25 14:03", "2025-11-25"),
        ("2025.11.25", "2025-11-25"),
        ("2025 / 11 / 25", "2025-11-25"),
        ("2025年11月25日", "2025-11-25"),
        ("2025 年 11 月 5 日", "2025-11-05"),
        ("２０２５年１１月２５日", "2025-11-25"),
        ("２０２５／１１／２５", "2025-11-25"),
        ("114年11月25日", "2025-11-25"),
        ("民國114年11月25日", "2025-11-25"),
        ("中華民國 114 年 11 月 25 日", "2025-11-25"),
        ("114/11/25", "2025-11-25"),
        ("114.11.25", "2025-11-25"),
        ("98年12月1日", "2009-12-01"),
        ("民國114年", "2025"),
        ("民國114年11月", "2025-11"),
        ("114年8月", "2025-08"),
        ("2025年8月", "2025-08"),
        ("Nov 25, 2025", "2025-11-25"),
        ("Nov. 25, 2025", "2025-11-25"),
        ("November 25th, 2025", "2025-11-25"),
        ("25 November 2025", "2025-11-25"),
        ("Tue, 25 Nov 2025 09:00 GMT", "2025-11-25"),
        ("25-Nov-2025", "2025-11-25"),
        ("Mon Nov 24 09:12:33 2025", "2025-11-24"),
        ("Sept 5, 2025", "2025-09-05"),
        ("August 2025", "2025-08"),
        ("11/25/2025", "2025-11-25"),
        ("2025-11-25T10:00:00+08:00", "2025-11-25"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_a_date_is_read_in_every_form(text: str, date: str) -> None:
    assert [one.date for one in written_dates(text)] == [date]
    assert [one.date for one in written_dates(f"發布於 {text} 台北")] == [date]


@pytest.mark.parametrize(
    "text",
    [
        "2025-13-01",
        "2025/02/30",
        "1900-01-01",
        "2999/1/1",
        "115年2月29日",
        "3/4/2025",
        "2025/26",
        "1,234-12-12",
        "300年12月1日",
        "10年5月1日",
        "25年8月",
        "2330",
        "股價 2025.5 元",
        "12:30:45",
        "192.168.2025.11",
        "0050/11/25",
        "Mayor 25 2025",
        "999/12/31",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert [one.date for one in written_dates(text)] == []


HEADS = {
    "date 2026-02-10 二月初，馬斯克宣布合併案，市場議論紛紛，後續發展備受矚目。": "2026-02-10",
    "發布時間：2025-11-25 14:03": "2025-11-25",
    "發佈日期：民國114年11月25日": "2025-11-25",
    "【發布時間】2025/11/25": "2025-11-25",
    "发布时间：2025-11-25 来源：某某网": "2025-11-25",
    "更新於 2025/11/25 15:20": "2025-11-25",
    "最後更新：2025年11月25日": "2025-11-25",
    "報告日期：2025/11/25": "2025-11-25",
    "出刊日：20251125": "2025-11-25",
    "Published: November 25, 2025": "2025-11-25",
    "Last updated on Nov 25, 2025 9:30 AM": "2025-11-25",
    "*By the Asia desk. November 25, 2025*": "2025-11-25",
    "MoneyDJ新聞 2025-11-25 12:54:04 黃智勤 發佈": "2025-11-25",
    "MoneyDJ新聞 2025-11-25 12:54:04 黃智勤 專家分析，市場努力消化新債券，壓力加劇。": "2025-11-25",
    "2025/11/25 14:03 經濟日報 記者王小明／台北報導": "2025-11-25",
    "〔記者王小明／台北報導〕2025-11-25": "2025-11-25",
    "鉅亨網記者王小明 台北 2025-11-25 14:03": "2025-11-25",
    "王小明 ‧ 2025年11月25日 週二 下午2:03 ‧ 3 分鐘 (閱讀時間)": "2025-11-25",
    "2025-11-25 ・ 閱讀時間 6 分鐘": "2025-11-25",
    "時間 Tue Nov 25 09:12:33 2025": "2025-11-25",
    "發言日期：114年11月25日": "2025-11-25",
    "產業研究處　2025年11月25日": "2025-11-25",
    "TAIPEI, Nov. 25, 2025 -- TSMC said on Tuesday it would expand abroad.": "2025-11-25",
    "（2025年11月25日，新竹訊）台積公司今日宣布，董事會核准資本預算，用於擴產。": "2025-11-25",
    "【台北訊，2025年11月25日】台達今日宣布推出 800V 直流電源，客戶包含雲端業者。": "2025-11-25",
    "來源：芯片前线　2025年11月25日": "2025-11-25",
    "權值股一覽　資料日期：2025/11/25 收盤": "2025-11-25",
    "統計時間：2025/11/25": "2025-11-25",
    "2025年11月號": "2025-11",
}


@pytest.mark.parametrize("line", HEADS)
def test_the_article_s_date_stands_in_its_head(line: str) -> None:
    found = read(f"奇鋐液冷出貨放大 法人看好明年\n{line}\n{PROSE}\n{PROSE}")
    assert (found.date, found.date_basis) == (HEADS[line], DateBasis.STATED)


@pytest.mark.parametrize(
    "line",
    [
        "2025年11月25日，台積電宣布擴廠，董事會核准資本預算，用於擴充先進封裝產能。",
        "台積電將於2025年11月25日召開股東臨時會，討論海外子公司增資案。",
        "法說會日期：2025/11/25",
        "除息日：2025/11/25",
        "資料截至 2025/11/25",
        "預計 2026 年 1 月開航，2026 年 3 月增班。",
        "股東會 2025/11/25",
        "2025-13-45",
        "發布時間：1900/01/01",
        "發布時間：2999-12-31",
        "今（25）日股價上漲",
        "目標價 2025 元，本益比 11.25 倍",
    ],
)
def test_a_date_of_the_story_is_not_the_article_s(line: str) -> None:
    found = read(f"奇鋐液冷出貨放大 法人看好明年\n{PROSE}\n{line}\n{PROSE}")
    assert (found.date, found.date_basis) == (None, DateBasis.UNKNOWN)


def test_the_day_it_was_published_goes_before_the_update_and_the_post() -> None:
    updated = "標題很短的一則新聞\n更新時間：2025/11/26 08:00\n發布時間：2025/11/25 14:03\n" + PROSE
    post = (
        "作者 abc (某人) 看板 Stock\n標題 [新聞] 奇鋐出貨\n時間 Wed Nov 26 09:12:33 2025\n"
        f"發布時間：\n2025-11-25 08:30\n原文內容：\n{PROSE}"
    )
    assert read(updated).date == "2025-11-25"
    assert read(post).date == "2025-11-25"


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("十二檔速查表（2025 年 11 月版）\n更新日期：2025/11/25", "2025-11-25"),
        ("十二檔速查表（2025 年 11 月版）\n更新日期：2025/12/02", "2025-11"),
        ("十二檔速查表\n資料日期：2025/11/21\n發布日期：2025/11/25", "2025-11-25"),
    ],
)
def test_a_lesser_label_tells_the_day_of_a_month_and_no_more(head: str, date: str) -> None:
    assert read(f"{head}\n{PROSE}\n{PROSE}").date == date


def test_a_date_at_the_end_counts_beside_its_label() -> None:
    story = f"{PROSE}\n" * 30
    assert read(f"{story}發布日期：2025/11/25").date == "2025-11-25"
    assert (
        read(f"{story}公司將於 2025/11/25 除息，股東會於 6 月召開，董事會已經通過。").date is None
    )


def test_dates_of_other_headlines_are_not_the_article_s() -> None:
    others = "其他人也在看\n台積電概念股\nMoneyDJ新聞 2025-11-24 12:54:04 發佈新聞 ・ 1 天前\n"
    assert read(f"{PROSE}\n{PROSE}\n{others}").date is None


def test_a_month_is_inferred_only_from_a_story_that_knows_no_other() -> None:
    one = "公司 2025 年 8 月 11 日公告取得訂單。\n隨後在 2025 年 8 月 14 日再追加，創下新高。\n"
    assert read(one + PROSE) == Metadata(date="2025-08", date_basis=DateBasis.INFERRED)
    assert read(one + "公司預計 2026 年 1 月量產，客戶已經完成驗證。").date is None
    assert read("公司 2025 年 8 月 11 日公告取得訂單，創下新高。\n" + PROSE).date is None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("date 2025-11-25 日本的豪賭：打造晶片中心", "日本的豪賭：打造晶片中心"),
        ("# 一片布的故事\n\n2025-11-25", "一片布的故事"),
        ("2025-11-25\n\n# 一片布的故事 #", "一片布的故事"),
        ("一片布的故事\n=====", "一片布的故事"),
        ("奇鋐液冷出貨放大！法人看好明年？", "奇鋐液冷出貨放大！法人看好明年？"),
        ("《電子零件》奇鋐液冷出貨放大\n【時報記者王小明】", "《電子零件》奇鋐液冷出貨放大"),
        ("MoneyDJ新聞 2025-11-25 12:54:04 發佈\n奇鋐液冷出貨放大", "奇鋐液冷出貨放大"),
        ("作者 abc 看板 Stock\n標題 [新聞] 奇鋐出貨", "[新聞] 奇鋐出貨"),
        ("原文標題：\n奇鋐出貨放大\n原文內容：", "奇鋐出貨放大"),
        ("奇鋐液冷出貨放大 | 產業 | 經濟日報", "奇鋐液冷出貨放大 | 產業"),
        ("奇鋐液冷出貨放大｜鉅亨網", "奇鋐液冷出貨放大"),
        ("首頁 > 新聞 > 台股\n奇鋐液冷出貨放大", "奇鋐液冷出貨放大"),
        ("新聞稿\n台達發表直流電源", "台達發表直流電源"),
        ("Taiwan's power problem\nMarch 27, 2026", "Taiwan's power problem"),
        (PROSE + "", ""),
        ("date 2026-02-10 " + PROSE + PROSE, ""),
        ("① 地緣政治風險如何改寫格局", ""),
        ("- 台積電\n- 鴻海\n", ""),
    ],
)  # fmt: skip
def test_the_title(text: str, title: str) -> None:
    assert read(f"{text}\n{PROSE}").title == title


@pytest.mark.parametrize(
    ("line", "publisher"),
    [
        ("【時報記者王小明台北報導】" + PROSE, "時報資訊"),
        ("【時報-台北電】" + PROSE, "時報資訊"),
        ("（中央社記者王小明台北25日電）" + PROSE, "中央社"),
        ("〔自由時報記者王小明／台北報導〕" + PROSE, "自由時報"),
        ("[NOWnews今日新聞]" + PROSE, "NOWnews今日新聞"),
        ("【財訊快報／記者王小明報導】" + PROSE, "財訊快報"),
        ("MoneyDJ新聞 2025-11-25 12:54:04 黃智勤 發佈" + PROSE, "MoneyDJ新聞"),
        ("鉅亨網記者王小明 台北 2025-11-25 14:03", "鉅亨網"),
        ("2025/11/25 14:03 經濟日報 記者王小明／台北報導", "經濟日報"),
        ("經濟日報 記者王小明／台北報導", "經濟日報"),
        ("看板 Stock", "PTT Stock"),
        ("來源：經濟日報", "經濟日報"),
        ("來源：[某某研究](https://example.com) 2025-11-25", "某某研究"),
        ("文章出處： 山下筆記", "山下筆記"),
        ("来源：半导体观察 2026年3月5日", "半导体观察"),
        ("發布來源：\n工商時報", "工商時報"),
        ("產業研究處　2025年11月25日", "產業研究處"),
        ("機械產業週刊　第 412 期", "機械產業週刊"),
        ("發行：瑞峰投顧\n出刊日：2025/11/25", "瑞峰投顧"),
        ("發行：台積電", ""),
        ("發行人：王小明", ""),
        ("**Formosa Wattage** · Issue 41 · Nov 25, 2025", "Formosa Wattage"),
        ("By Jane Doe · Issue 41 · Nov 25, 2025", ""),
        ("機櫃筆記｜第 12 期｜2025/11/25", "機櫃筆記"),
        ("2025/11/25　能源週記", "能源週記"),
        ("2025/11/25　王小明", ""),
        ("2025/11/25　台積電", ""),
        ("公開資訊觀測站　當日重大訊息（節錄）\n發言日期：114/11/25", "公開資訊觀測站"),
        ("彭博：台積電將擴廠\n2025/11/25", ""),
        ("【日經中文網】2025年11月25日", "日經中文網"),
        ("（路透台北25日電）" + PROSE, "路透"),
        ("TAIPEI, Nov 25 (Reuters) - Chip maker TSMC said it would expand abroad.", "路透"),
        ("〔記者王小明／台北報導〕" + PROSE, ""),
        ("財經中心／綜合報導", ""),
        ("作者：王小明", ""),
        ("來源：王小明", ""),
        ("Source: John Smith", ""),
        ("文／王小明 2025-11-25", ""),
        ("工商時報指出，台積電將擴廠，供應鏈同步受惠，市場關注後續訂單。", ""),
        ("資料來源：彭博、元大投顧整理", ""),
    ],
)
def test_the_publisher_is_none_or_no_person(line: str, publisher: str) -> None:
    assert read(f"奇鋐液冷出貨放大 法人看好明年\n{line}\n{PROSE}").publisher == publisher


def test_the_publisher_of_a_rights_line_and_of_a_title() -> None:
    assert read(f"{PROSE}\n© 2025 鉅亨網 版權所有").publisher == "鉅亨網"
    assert read(f"{PROSE}\nCopyright © 2025 山下財經. All rights reserved.").publisher == "山下財經"
    assert read(f"奇鋐液冷出貨放大 | 經濟日報\n{PROSE}").publisher == "經濟日報"
    assert read(f"{PROSE}\n© 王小明 2025").publisher == ""


def test_persons_are_told_from_publishers() -> None:
    assert all(map(is_person, ("王小明", "陳怡君", "John Smith", "Mary J. Blige")))
    assert not any(map(is_person, ("經濟日報", "方格子", "山下筆記", "Dwarkesh Podcast", "IEEE")))
    assert publisher_name("王小明") == ""


def test_the_header_goes_before_what_the_text_says() -> None:
    text = (
        "---\ntitle: 標題在此\ndate: 2025-11-25\nsource_name: 山下筆記\nsource_url: https://example.com/a\n---\n"
        f"# 別的標題\n發布時間：2024-01-01\n來源：經濟日報\n{PROSE}"
    )
    assert read(text) == Metadata(
        "標題在此", "山下筆記", "2025-11-25", DateBasis.STATED, "https://example.com/a"
    )


def test_an_author_of_a_header_is_a_publisher_only_if_no_person() -> None:
    assert read(f"---\ntitle: 甲\nauthor: 王小明\n---\n{PROSE}").publisher == ""
    assert read(f"---\ntitle: 甲\nauthor: 山下研究\n---\n{PROSE}").publisher == "山下研究"


def test_the_address_is_a_labelled_one_of_the_web() -> None:
    assert (
        read(f"標題很短\n原文連結：https://example.com/a?b=1\n{PROSE}").url
        == "https://example.com/a?b=1"
    )
    assert (
        read(f"標題很短\n原文連結：\nhttps://example.com/a\n{PROSE}").url == "https://example.com/a"
    )
    assert read(f"標題很短\n詳見 https://example.com/a\n{PROSE}").url is None
    assert read(f"---\ntitle: 甲\nurl: javascript:alert(1)\n---\n{PROSE}").url is None


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_has_metadata_of_the_documented_form(text: str) -> None:
    found = read(text)
    assert (found.date is None) == (found.date_basis is DateBasis.UNKNOWN)
    assert len(found.title) <= 200
    assert len(folded(text)) == len(half_width(text)) == len(text)


@given(st.dates(min_value=dt.date(1995, 1, 1), max_value=dt.date(2045, 12, 31)))
@settings(max_examples=60, deadline=None)
def test_every_day_is_read_back(day: dt.date) -> None:
    ways = (
        f"{day:%Y-%m-%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"民國{day.year - 1911}年{day.month}月{day.day}日",
        f"{day:%B} {day.day}, {day.year}",
        f"{day:%a %b %d} 09:12:33 {day.year}",
    )
    assert {one.date for way in ways for one in written_dates(way)} == {day.isoformat()}


def test_a_copied_post_without_marks_is_read_by_its_labels() -> None:
    lines = (
        "作者: somebody (某人) 看板: Stock",
        "標題: [新聞] 液冷",
        "時間: Wed Nov 19 21:08:44 2025",
        "",
        "內文 奇鋐（3017）大漲。",
    )
    told = metadata_of(lines, front_matter=front_matter_of(lines))
    assert (told.publisher, told.date) == ("PTT Stock", "2025-11-19")


def test_a_byline_names_its_paper() -> None:
    lines = (
        "# Taiwan cooling",
        "",
        "By Jane Lin, Nikkei Asia",
        "",
        "November 20, 2025",
        "",
        "Said.",
    )
    assert metadata_of(lines).publisher == "日經亞洲"
