"""Which lines of a page are no part of its article: small pages in the manners of many sites.

In the pages below a line that begins with `~` is no part of the article; the mark is taken off
before the page is read.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.articles.digest import digest_parts, digest_runs
from dashboard.articles.front_matter import front_matter_of
from dashboard.articles.page_parts import Part

MARK = "~"
PROSE = "散熱廠奇鋐（3017）表示，水冷板出貨量逐季放大，下半年產能將再擴充三成，需求仍看不到放緩。"
MORE_PROSE = "法人認為，雙鴻（3324）同樣受惠於液冷滲透率提升，全年營收可望再創新高，優於同業平均。"

PAGES = {
    "one recommendation within the text": f"""
{PROSE}
~推薦閱讀:US will get a 15% cut of Nvidia and AMD chip sales
中國的反制與供應鏈崛起
{MORE_PROSE}
""",
    "many ways to recommend": f"""
{PROSE}
~延伸閱讀：台積電法說會前瞻 外資怎麼看
{MORE_PROSE}
~👉 延伸閱讀：台積電法說會前瞻 外資怎麼看
{PROSE}
~▲延伸閱讀／鴻海擴產 墨西哥廠年底完工
{MORE_PROSE}
~【延伸閱讀】鴻海擴產 墨西哥廠年底完工
{PROSE}
~**推薦閱讀**：[鴻海擴產](https://example.com/a)
{MORE_PROSE}
~看更多：鴻海擴產 墨西哥廠年底完工
{PROSE}
~相關新聞》鴻海擴產 墨西哥廠年底完工
{MORE_PROSE}
~Read more: Foxconn expands in Mexico
{PROSE}
~ALSO READ | Foxconn expands in Mexico
{MORE_PROSE}
~延伸阅读：鸿海扩产 墨西哥厂年底完工
{PROSE}
""",
    "words of recommendations in sentences": f"""
相關新聞指出，台積電（2330）將在高雄擴建先進封裝產線，供應鏈廠商訂單能見度看到明年底。
更多內容將於法說會公布。
法人推薦買進台積電與鴻海，理由是先進製程與伺服器出貨同步成長。
延伸閱讀器市場的競爭，振曜（6143）推出新機。
Related parties bought shares of Foxconn in the third quarter, the company said.
{PROSE}
""",
    "a portal's list with sources and times": f"""
鴻海利多連發 外資調高目標價
{PROSE}
{MORE_PROSE}
~其他人也在看
~台積電概念股繼續燒？億元教授口袋名單曝光：明年2檔有潛力
~隨著年底腳步逼近，投資市場的目光轉向明年。包括亞電（4939）以及中華化（1727）。中天新聞網 ・ 1 天前
~台積供應鏈論壇來了 台廠備戰
~台積電年度供應鏈論壇將於25日登場，相關供應鏈成為全場焦點。工商時報 ・ 1 天前
~聯電成熟製程利用率回溫
~成熟製程大廠聯電（2303）逆勢收紅，意外成為盤面亮點。隨著法人...FTNN新聞網 ・ 9 小時前
""",
    "a list that ends, and the article after it": f"""
{PROSE}

~延伸閱讀
~外資調高台積電目標價 上看兩千元
~聯發科手機晶片毛利縮 外資降評
~鴻海墨西哥廠年底完工 產能翻倍

三、後市展望
{MORE_PROSE}
電源供應器族群也同步轉強，台達電（2308）與光寶科（2301）的出貨動能可望延續到明年上半年。
""",
    "a list before the article, its title and byline after": f"""
~首頁 > 新聞 > 台股
~熱門新聞
~外資調高台積電目標價 上看兩千元
~聯發科手機晶片毛利縮 外資降評

奇鋐液冷出貨放大 法人看好明年
2025/11/25 14:03 經濟日報 記者王小明／台北報導
{PROSE}
{MORE_PROSE}
""",
    "links in Markdown": f"""
# 液冷的下一步

{PROSE}

~## 相關文章

~- [台積電的下一座廠](https://example.com/a)
~- [鴻海的下一步](https://example.com/b)

## 結論

{MORE_PROSE}
""",
    "headlines at the end without a heading": f"""
{PROSE}
{MORE_PROSE}
~台積電ADR收高 台股夜盤勁揚 經濟日報 ・ 3 小時前
~聯發科遭外資降評 股價跌破千元 工商時報 ・ 5 小時前
~鴻海獲AI伺服器大單 中央社 ・ 1 天前
""",
    "a site's head": f"""
~跳至主要內容
~首頁 | 台股 | 美股 | 國際 | 基金 | 登入
~本網站使用 cookie 以提升您的使用者體驗，繼續瀏覽即表示同意我們的隱私權政策。
奇鋐液冷出貨放大 法人看好明年
2025-11-25 14:03
~分享 Facebook LINE 複製連結
~字級 小 中 大
{PROSE}
~廣告 請繼續往下閱讀...
{MORE_PROSE}
~Advertisement
{PROSE}
""",
    "names of companies between bars are no menu": f"""
台積電 | 鴻海 | 廣達 | 緯創
{PROSE}
| 公司 | 代號 | 題材 |
| 台積電 | 2330 | 先進封裝 |
Google
{MORE_PROSE}
""",
    "a board's post": f"""
作者 stockfan (小散戶)
看板 Stock
標題 [新聞] 奇鋐液冷出貨放大
時間 Tue Nov 25 09:12:33 2025
{PROSE}
~--
~※ 發信站: 批踢踢實業坊(ptt.cc), 來自: 203.0.113.9 (臺灣)
~※ 文章網址: https://www.ptt.cc/bbs/Stock/M.1764033153.A.B12.html
~推 aaa111: 2330 才是王道                       11/25 09:15
~→ bbb222: 鴻海(2317)比較好                   11/25 09:16
~噓 ccc333: 出貨文
""",
    "tags, notices, rights": f"""
{PROSE}
~標籤：台積電、鴻海、AI伺服器
~#台積電 #鴻海 #AI伺服器
~責任編輯：王小明
~※ 免責聲明：本文僅供參考，不構成任何投資建議，投資人應審慎評估風險。
~警語：投資一定有風險，基金投資有賺有賠，申購前應詳閱公開說明書。
~© 2025 鉅亨網 版權所有，未經授權請勿轉載
~Copyright 2025 Example Media. All rights reserved.
""",
    "news about notices, subscriptions and cookies": f"""
投資人應審慎評估關稅衝擊，台達電（2308）表示第四季訂單仍然穩健，毛利率維持高檔。
Netflix 調漲訂閱方案價格，法人認為有線電視業者受惠有限，股價反應平淡。
立法院三讀著作權法修正案，經濟部表示未經授權轉載新聞的平台最高可罰五百萬元，立即上路。
Google 宣布不再淘汰第三方 Cookie，廣告科技公司股價應聲大漲，分析師指出影響有限。
台積電創辦人的課程開放免費報名，清華大學表示名額已滿。
{PROSE}
""",
    "a blog that sells subscriptions": f"""
{PROSE}
{MORE_PROSE}
~文章訂閱 ( 月 )
~🥇決策者方案 👉 點我訂閱
~每月文章 6-8 篇
~如果你擁有自己的投資邏輯，卻缺乏時間過濾每日的海量資訊，此方案就是為你量身打造。
~🥈分析者方案 👉 點我訂閱
~感謝您的閱讀，歡迎加入我們的 LINE 社群。
~在這裡，您不只是讀者，更是我們一起探索的夥伴。
""",
    "an invitation in the middle": f"""
{PROSE}
~一手掌握經濟脈動　點我訂閱自由財經Youtube頻道
{MORE_PROSE}
~不用抽 不用搶 現在用APP看新聞 保證天天中獎　點我下載APP　按我看活動辦法
{PROSE}
""",
    "a broker's disclaimer": f"""
{PROSE}

~免責聲明
~本報告所載資料僅供客戶參考，不構成任何投資建議，本公司不負任何責任。
~投資人應自行判斷並承擔風險，本公司及其關係企業可能持有報告所述公司之部位。
""",
    "comments": f"""
{PROSE}
{MORE_PROSE}
~網友留言 (3)
~股海老王 ・ 2 小時前
~2330 還是最穩
~回覆
~小李 ・ 3 小時前
~鴻海要噴了
""",
    "a button for comments is no section": f"""
奇鋐液冷出貨放大 法人看好明年
~留言(0)
{PROSE}
{MORE_PROSE}
""",
    "about the author": f"""
{PROSE}
~關於作者
~小明，前券商研究員，現專職寫作，著有兩本書。
""",
    "a translated wire's page": """
Taiwan's Fortune Electric sees transformer backlog through 2028, the company said on Tuesday.
Shihlin Electric is adding a switchgear plant in Hsinchu to meet demand from data centres.
~Read next
~Chip tool makers rally after export rules ease
~Oil slips as supply worries fade
""",
    "simplified characters": """
台湾的奇𬭚电子表示，水冷板出货量逐季放大，下半年产能将再扩充三成，客户端的需求仍看不到放缓的迹象。
~相关阅读
~台积电法说会前瞻 外资怎么看后市
~鸿海墨西哥厂年底完工 产能翻倍
~免责声明：本文仅供参考，不构成投资建议。
""",
    "a ranking and the posts before and after": f"""
{PROSE}
{MORE_PROSE}
~查看原始文章
~更多 Yahoo奇摩股市 報導
~01
~台積電法說會前瞻 外資怎麼看
~經濟日報
~02
~鴻海墨西哥廠年底完工
~鉅亨網
~上一篇
~廣達德州廠動工 明年投產
~下一篇
~緯創加碼墨西哥 擴建廠房
""",
    "a numbered list of others, then a numbered part": f"""
{PROSE}
~延伸閱讀：
~1. 台積電法說會前瞻 外資怎麼看
~2. 鴻海墨西哥廠年底完工
一、展望
{MORE_PROSE}
1. 奇鋐的新產能
{PROSE}
""",
    "buttons before the title": f"""
~上一篇
~下一篇
奇鋐液冷出貨放大 法人看好明年
{PROSE}
{MORE_PROSE}
""",
    "a flash of short lines under a site's heading": """
~熱門新聞
台積電法說會登場 外資看好後市
奇鋐3017 今天漲停鎖住
雙鴻也跟上 買盤積極
""",
    "a count of comments within the text": f"""
{PROSE}
~留言 (5)
{MORE_PROSE}
{PROSE}
""",
    "a notice that names stocks is read": """
本文僅供參考，不構成投資建議；今天談到的個股是奇鋐（3017）與雙鴻（3324）。
歡迎加入我們的 LINE 社群討論台達電（2308）。
""",
    "a disclaimer prints codes of what its writer holds": f"""
{PROSE}
~免責聲明：本公司可能持有台積電（2330）、聯發科（2454）之有價證券。
{MORE_PROSE}
~*Full disclosure: long 6781.TW and shares of TSMC (2330 TT).*
{PROSE}
~※ 本文提及之台積電（2330）僅供參考，筆者目前持有該股票。
{MORE_PROSE}
~**免責聲明**
~本公司及關係人可能持有台積電（2330）之股票，投資人應獨立判斷。
""",
    "risks, statements and holdings of the story": f"""
{PROSE}
風險提示：台積電（2330）若資本支出下修，供應鏈將受衝擊。
風險提示：銅價若大漲，台光電難以轉嫁成本。
聲明：鴻海（2317）表示，本公司未持有夏普股票。
聲明：鴻海與夏普將合資設廠，細節另行公告
鴻海（2317）發布聲明：本公司並未持有該公司股票，亦不構成投資關係。
台積電（2330）目標價上看3000，惟投資有風險，投資人應審慎評估。
筆者持有台積電股票多年，認為這次的回檔是買點，建議分批布局。
{MORE_PROSE}
""",
    "who wrote it, after the last line": f"""
{PROSE}
{MORE_PROSE}
~**關於作者**　老賈，曾任職台達電與友達，現居新竹。
~**你可能也喜歡**
~- 《為什麼我賣掉了穩懋》
~- 《聯發科的 ASIC 夢》
""",
    "a sentence about the writer ends the article": f"""
{MORE_PROSE}
~（作者為財經專欄作家，著有《鴻海帝國》）
""",
    "a sentence about a writer within the article": f"""
作者為聯電前董事，在書中說明了併購的經過。
{PROSE}
{MORE_PROSE}
{PROSE}
""",
    "earlier issues of a letter": f"""
{PROSE}
~### Recent issues
~- Issue 40: TSMC's water bill
~- Issue 39: What Quanta told us about Tennessee
""",
    "issues of the story": f"""
{PROSE}
### Recent issues
- Foxconn yields fell sharply
- Quanta racks leaked again
{MORE_PROSE}
""",
    "what others search": f"""
{PROSE}
~熱門討論：鴻海　長榮　0056　台積電
{MORE_PROSE}
~即時熱門｜台積電、鴻海、00940
{PROSE}
熱門股：台積電（2330）、鴻海（2317）、廣達（2382）
熱門討論：台積電（2330）今天大漲 3%，鴻海跟進
{MORE_PROSE}
~熱門搜尋
~台積電
~鴻海
~長榮
""",
    "the next part of a column": f"""
{PROSE}
────
~下週預告：谷歌與聯發科的晶片，誰比較省電？
""",
    "next week's events": f"""
{PROSE}
下週預告：台積電（2330）週四法說會
下週重點：台積電法說會、聯發科營收
""",
    "the example of a board's form": f"""
1. 標的：8996 高力
~   (例 2330.TW 台積電)
2. 分類：多
{PROSE}
（例如台積電（2330）、鴻海（2317））
→ 先說結論，高力是受惠最大的公司
~→ coldplate77 : 樓上 0050 一半是GG 你也是在買 2330      03/27 00:02
""",
    "nothing but headlines is an article too": """
外資調高台積電目標價 上看兩千元
聯發科手機晶片毛利縮 外資降評
鴻海墨西哥廠年底完工 產能翻倍
""",
}


def page_of(text: str) -> tuple[list[str], set[int]]:
    """The lines of a page, and the numbers of those that are marked."""
    marked = text.strip("\n").split("\n")
    lines = [line.removeprefix(MARK) for line in marked]
    return lines, {n for n, line in enumerate(marked, 1) if line.startswith(MARK)}


def written(lines: list[str]) -> set[int]:
    """Lines that are digest and hold anything."""
    runs = digest_runs(lines, front_matter_of(lines))
    return {n for first, last in runs for n in range(first, last + 1) if lines[n - 1].strip()}


@pytest.mark.parametrize("name", PAGES)
def test_the_article_is_told_from_its_page(name: str) -> None:
    lines, marked = page_of(PAGES[name])
    found = written(lines)
    assert found == marked, {
        "not seen": [lines[n - 1] for n in sorted(marked - found)],
        "lost": [lines[n - 1] for n in sorted(found - marked)],
    }


def test_blank_lines_join_runs_and_reach_the_end() -> None:
    lines = [PROSE, "", "Advertisement", "", "廣告", "", PROSE, "© 2025 某某報", "", ""]
    assert digest_runs(lines, None) == ((3, 5), (8, 10))


def test_every_run_has_its_reason() -> None:
    lines = [PROSE, "推薦閱讀：鴻海擴產 墨西哥廠", PROSE, "© 2025 某某報 版權所有", "#台積電 #鴻海"]
    assert [(one.first, one.part) for one in digest_parts(lines, None)] == [
        (2, Part.RELATED),
        (4, Part.COPYRIGHT),
        (5, Part.TAGS),
    ]


def test_a_header_is_never_digest() -> None:
    lines = ["---", "title: 相關新聞", "date: 2025-11-25", "source: © 2025 某某報", "---", PROSE]
    assert digest_runs(lines, front_matter_of(lines)) == ()


FRAGMENTS = st.sampled_from(
    [
        PROSE,
        MORE_PROSE,
        "",
        "延伸閱讀",
        "看更多",
        "其他人也在看",
        "免責聲明",
        "留言 (3)",
        "回覆",
        "標籤",
        "鴻海擴產 墨西哥廠年底完工",
        "中央社 ・ 3 小時前",
        "台積電大漲 工商時報 ・ 1 天前",
        "點我訂閱",
        "推 abc: 讚",
        "## 結論",
        "一、展望",
        "關於作者",
        "- [鴻海](https://example.com)",
        "2025-11-25",
        "歡迎加入我們的 LINE 社群",
        "| 台積電 | 2330 | 先進封裝 |",
        "推薦閱讀：鴻海擴產",
        "你好",
    ]
)
PAGE = st.lists(st.one_of(FRAGMENTS, st.text(max_size=80)), max_size=24).map(
    lambda lines: [line.replace("\n", " ").replace("\r", " ") for line in lines]
)


@given(PAGE)
@settings(max_examples=150, deadline=None)
def test_runs_are_in_order_apart_and_within_the_text(lines: list[str]) -> None:
    runs = digest_runs(lines, front_matter_of(lines))
    ends = [end for run in runs for end in run]
    assert ends == sorted(ends)
    assert all(1 <= first <= last <= len(lines) for first, last in runs)
    assert all(b[0] - a[1] > 1 for a, b in pairwise(runs))
    assert all(lines[first - 1].strip() for first, _ in runs)


@given(PAGE)
@settings(max_examples=150, deadline=None)
def test_more_article_at_the_end_loses_no_article_before(lines: list[str]) -> None:
    before = written(lines)
    after = written([*lines, "", PROSE, MORE_PROSE])
    prose = {n for n, line in enumerate(lines, 1) if line in (PROSE, MORE_PROSE)}
    assert after & prose <= before
    if "留言 (3)" not in lines:  # what follows comments may be one
        assert not {len(lines) + 2, len(lines) + 3} & after


def test_a_text_of_one_endless_line_is_an_article() -> None:
    assert digest_runs(["台積電" * 1_000_000], None) == ()
    assert digest_runs(["推薦閱讀：" * 200_000, "。" * 1_000_000, " ・" * 500_000], None) == ()
