"""The article of a page comes first, and what a reader sees around it below, as digest."""

from __future__ import annotations

import re

import pytest

from dashboard.articles import html
from dashboard.articles.html import read_page
from dashboard.articles.isolated import MAX_LINE, Refused
from dashboard.articles.page_about import PageData, about, day_of

PARAGRAPHS = (
    "伺服器對高頻寬記憶體的需求持續排擠標準型產能，研調機構指出合約價將再上漲兩成，南亞科（2408）與華邦電（2344）的產線都已滿載。",
    "南亞科總經理日前在法說會表示，供給吃緊的情況至少延續到明年上半年，公司將把資本支出提高到五百億元，以因應客戶搶料。",
    "模組廠也跟著受惠，威剛（3260）手上低價庫存超過兩百億元，首季獲利可望改寫同期新高，股價應聲走揚。",
)


def page(body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"
    )


def article(extra: str = "") -> str:
    text = "".join(f"<p>{one}</p>" for one in PARAGRAPHS)
    return f"<main><article><h1>記憶體合約價再漲兩成</h1>{text}{extra}</article></main>"


def parts(markup: str) -> tuple[list[str], list[str]]:
    made = read_page(markup)
    return list(made.lines[: made.article]), list(made.lines[made.article :])


def test_the_article_comes_first_and_the_list_of_other_news_is_apart() -> None:
    around = (
        "<nav><ul><li><a href='/2330'>台積電 2330</a></li></ul></nav>",
        "<aside class='related'><h3>其他人也在看</h3><ul>"
        "<li><a href='/1'>鴻海（2317）機櫃出貨倍增</a></li>"
        "<li><a href='/2'>聯發科新晶片銷量優於預期</a></li></ul></aside><footer>版權所有</footer>",
    )
    own, rest = parts(page(around[0] + article() + around[1]))
    assert own == ["記憶體合約價再漲兩成", *PARAGRAPHS]
    assert rest == [
        "台積電 2330",
        "其他人也在看",
        "鴻海（2317）機櫃出貨倍增",
        "聯發科新晶片銷量優於預期",
        "版權所有",
    ]


def test_what_nobody_sees_is_nowhere() -> None:
    unseen = (
        "<script>var a = '宏碁 2353';</script><style>.a{content:'緯創 3231'}</style>"
        "<!-- 廣達 2382 -->"
        "<div style='display: none'>和碩 4938</div><p hidden>英業達 2356</p>"
        "<template>仁寶 2324</template>"
        "<noscript>神達 3706</noscript><select><option>技嘉 2376</option></select>"
    )
    own, rest = parts(page(unseen + article(unseen) + unseen))
    assert not re.search("2353|3231|2382|4938|2356|2324|3706|2376", " ".join(own + rest))


def test_rows_of_a_table_are_lines_with_their_cells_apart() -> None:
    table = (
        "<table><thead><tr><th>代號</th><th>名稱</th><th>每股盈餘</th></tr></thead><tbody>"
        "<tr><td><a href='#'>2408</a></td><td>南亞科</td><td>4.12</td></tr>"
        "<tr><td>2337</td><td>旺<b>宏</b></td><td></td></tr></tbody></table>"
    )
    own, _ = parts(page(article(table)))
    assert own[-3:] == ["代號 | 名稱 | 每股盈餘", "2408 | 南亞科 | 4.12", "2337 | 旺宏 |"]


def test_a_table_that_lays_out_the_page_is_no_row() -> None:
    cells = f"<td><ul><li><a href='/'>首頁</a></li></ul></td><td>{article()}</td>"
    own, rest = parts(page(f"<table><tr>{cells}</tr></table>"))
    assert own == ["記憶體合約價再漲兩成", *PARAGRAPHS]
    assert rest == ["首頁"]


def test_lists_headings_and_breaks_are_lines_of_their_own() -> None:
    more = (
        "<h2>三家模組廠</h2><ul><li>威剛（3260）</li><li>十銓（4967）</li></ul>"
        "<p>群聯遞延。<br>毛利率下滑，短線仍有壓力。</p>"
    )
    own, _ = parts(page(article(more + f"<p>{PARAGRAPHS[0][::-1]}</p>")))
    lines = [
        "三家模組廠",
        "威剛（3260）",
        "十銓（4967）",
        "群聯遞延。",
        "毛利率下滑，短線仍有壓力。",
    ]
    assert own[4:9] == lines


def test_a_paragraph_full_of_links_to_companies_is_the_article_s() -> None:
    linked = "<p><a href='/1'>台積電</a>、<a href='/2'>聯發科</a>、<a href='/3'>日月光投控</a></p>"
    text = "".join(f"<p>{one}</p>" for one in PARAGRAPHS)
    markup = page(f"<article><p>{PARAGRAPHS[1][::-1]}</p>{linked}{text}</article>")
    own, _ = parts(markup)
    assert "台積電、聯發科、日月光投控" in own


def test_links_side_by_side_are_words_apart() -> None:
    _, rest = parts(page(article() + "<nav><a>台積電</a><a>鴻海</a></nav>"))
    assert rest == ["台積電 鴻海"]


def test_a_text_that_only_a_script_would_show_is_still_the_article() -> None:
    body = "".join(PARAGRAPHS)
    data = f'{{"@type": "NewsArticle", "headline": "記憶體再漲", "articleBody": "{body}"}}'
    script = f"<script type='application/ld+json'>{data}</script>"
    own, _ = parts(page("<div id='app'>載入中</div>", head=script))
    assert any("南亞科（2408）" in line for line in own)


def test_the_title_leads_where_the_text_does_not_have_it() -> None:
    head = "<meta property='og:title' content='穩懋（3105）接單回溫'>"
    own, _ = parts(page("".join(f"<p>{one}</p>" for one in PARAGRAPHS), head))
    assert own[0] == "穩懋（3105）接單回溫"


def test_nested_without_end_nothing_is_lost() -> None:
    markup = page(f"<p>前言</p>{'<div>' * 50_000}台積電（2330）{'</div>' * 50_000}<p>後記</p>")
    own, rest = parts(markup)
    assert (own + rest)[-3:] == ["前言", "台積電（2330）", "後記"]


def test_attributes_without_end_cost_nothing() -> None:
    many = " ".join(f"a{number}=1" for number in range(300_000))
    own, _ = parts(page(f"<p {many}>{PARAGRAPHS[0]}</p>"))
    assert own == [PARAGRAPHS[0]]


def test_a_page_of_nothing_is_empty() -> None:
    assert read_page("<html><script>alert(1)</script></html>").lines == ()
    assert read_page("<html></html>").lines == ()


META = {"article:published_time": "2026-04-15T08:30:00+08:00"}
LINKED = (
    '{"@graph": [{"@type": "NewsArticle", "datePublished": "2026-04-16", "headline": "甲", '
    '"publisher": {"name": "乙報"}}]}'
)


@pytest.mark.parametrize(
    ("data", "date"),
    [
        (PageData(metas=META, scripts=[LINKED], times=["2026-04-17"]), "2026-04-15"),
        (PageData(scripts=[LINKED], times=["2026-04-17"]), "2026-04-16"),
        (PageData(times=["2026-04-17T10:00"]), "2026-04-17"),
        (PageData(times=["2026-04-17", "2026-04-18"]), ""),
        (PageData(times=["18:30"], metas={"copyright": "2019"}), ""),
        (PageData(scripts=["{broken", "[[[[", "null", '"text"', "1"]), ""),
    ],
)
def test_only_a_stated_day_is_the_page_s(data: PageData, date: str) -> None:
    assert about(data).date == date


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-04-15", "2026-04-15"),
        ("2026/4/5 08:30", "2026-04-05"),
        ("20260415", "2026-04-15"),
        ("2026-04-15T23:30:00-05:00", "2026-04-15"),
        ("2026-04-14T22:30:00Z", "2026-04-15"),
        ("2026-04-14T22:30:00.000+00:00", "2026-04-15"),
        ("2026-13-45", ""),
        ("9999-99-99T99:99Z", ""),
        ("yesterday", ""),
    ],
)
def test_a_timestamp_is_a_day_of_taiwan(written: str, day: str) -> None:
    assert day_of(written) == day


def test_title_and_publisher_are_as_the_page_states_them() -> None:
    page = PageData(
        metas={"og:title": "記憶體再漲 | 產業日報", "og:site_name": "產業日報"},
        title="首頁",
        canonical="https://example.com/a",
    )
    made = about(page)
    assert (made.title, made.publisher, made.url) == (
        "記憶體再漲",
        "產業日報",
        "https://example.com/a",
    )
    assert about(PageData(scripts=[LINKED])).publisher == "乙報"
    assert about(PageData(canonical="javascript:alert(1)")).url == ""


# --- where what finds the main text errs -------------------------------------------------


def test_what_frames_an_article_is_none_of_it_though_it_is_taken_for_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = "鴻海（2317）董座：今年機櫃出貨倍增"
    aside = f"<div class='hot-news'><ul><li>{others}</li></ul></div>"
    monkeypatch.setattr(html, "_main_text", lambda _: "\n".join((*PARAGRAPHS, others)))
    own, rest = parts(page(article() + aside))
    assert own == ["記憶體合約價再漲兩成", *PARAGRAPHS]
    assert others in rest


def test_what_stands_between_two_paragraphs_is_the_article_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    linked = "<p><a>台積電</a>、<a>聯發科</a></p><div class='ads'>長榮航運熱賣中</div>"
    text = f"<p>{PARAGRAPHS[0]}</p>{linked}<p>{PARAGRAPHS[1]}</p>"
    monkeypatch.setattr(html, "_main_text", lambda _: "\n".join(PARAGRAPHS[:2]))
    own, rest = parts(page(text))
    assert own == [PARAGRAPHS[0], "台積電、聯發科", PARAGRAPHS[1]]
    assert rest == ["長榮航運熱賣中"]


def test_what_finds_the_main_text_never_sees_what_is_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(html, "_main_text", lambda markup: seen.append(markup) or "")
    read_page(page("<p style='display:none'>和碩 4938</p><noscript>神達</noscript><p>甲</p>乙"))
    assert "甲</p>乙" in seen[0]
    assert "和碩" not in seen[0]
    assert "神達" not in seen[0]


@pytest.mark.parametrize("unit", ["<", "< ", "甲"])
def test_a_line_without_end_is_refused_before_its_text_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(html, "_main_text", lambda markup: seen.append(markup) or "")
    for markup in (f"<html><body>{unit * 400_000}", f"{article()}<p>{unit * 400_000}</p>"):
        with pytest.raises(Refused, match="line"):
            read_page(markup)
    assert seen == []
    read_page(page("甲" * MAX_LINE))
