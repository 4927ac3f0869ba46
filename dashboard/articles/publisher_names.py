"""Names of publishers as Taiwanese pages print them, and what a publisher's name looks like."""

from __future__ import annotations

import re
from typing import Final

from dashboard.articles.dates import half_width

MAX_NAME: Final = 40
_WRITTEN: Final = """
經濟日報 | 聯合報系經濟日報
聯合報
聯合新聞網 | udn
工商時報 | ctee
中國時報
中時新聞網 | 中時電子報
自由時報 | 自由財經 | 自由電子報
中央社 | 中央通訊社 | CNA
時報資訊 | 時報
鉅亨網 | 鉅亨 | Anue | cnyes | Anue鉅亨
財訊快報
財訊
MoneyDJ
MoneyDJ新聞
MoneyDJ理財網
商業周刊 | 商周
今周刊
天下雜誌
遠見雜誌 | 遠見
先探投資週刊 | 先探
理財周刊
萬寶週刊
非凡新聞 | 非凡電視台 | 非凡商業周刊
Smart智富 | Smart智富月刊
數位時代
科技新報 | TechNews
DIGITIMES | 電子時報
ETtoday | ETtoday財經雲 | ETtoday新聞雲
NOWnews今日新聞 | 今日新聞NOWNEWS | NOWnews | 今日新聞
Newtalk新聞 | 新頭殼 | Newtalk
三立新聞網 | 三立新聞 | SETN三立新聞網
TVBS新聞網 | TVBS
東森新聞 | 東森財經新聞
民視新聞網 | 民視新聞
台視新聞 | 台視新聞網
公視新聞網
中天新聞網
中廣新聞網
鏡週刊 | 鏡週刊Mirror Media
鏡報
風傳媒
上報
太報
信傳媒
壹蘋新聞網
FTNN新聞網
關鍵評論網
優分析
Yahoo奇摩股市 | Yahoo奇摩新聞 | Yahoo奇摩 | Yahoo奇摩財經
LINE TODAY
CMoney | 股市爆料同學會
方格子 | vocus
Substack
公開資訊觀測站
路透 | 路透社 | Reuters
彭博 | 彭博社 | Bloomberg | Bloomberg News
日經 | Nikkei
日經亞洲 | Nikkei Asia
日經中文網 | 日经中文网
日刊工業新聞
韓聯社 | Yonhap
共同社
財聯社 | 财联社
證券時報 | 证券时报
第一財經 | 第一财经
華爾街見聞 | 华尔街见闻
澎湃新聞 | 澎湃新闻
界面新聞 | 界面新闻
新浪財經 | 新浪财经
德國之聲 | DW
美國之音
美通社 | PR Newswire
Business Wire
GlobeNewswire
Barron's | 巴隆周刊 | 巴倫周刊
富比士 | Forbes
MarketWatch
Seeking Alpha
TechCrunch
The Information
SemiAnalysis
Tom's Hardware
TrendForce | 集邦科技 | TrendForce集邦科技
華爾街日報 | The Wall Street Journal
金融時報 | Financial Times
法新社 | AFP
美聯社 | Associated Press
CNBC
BBC | BBC中文 | BBC News
Focus Taiwan
Taipei Times
Yahoo Finance
"""
PUBLISHERS: Final = {
    way.lower(): names[0]
    for line in _WRITTEN.strip().splitlines()
    for names in [[name.strip() for name in line.split("|")]]
    for way in names
}
"""As written, in lower case → the one form."""
_LONGEST: Final = max(map(len, PUBLISHERS))
_KNOWN: Final = re.compile(
    "|".join(
        rf"(?<![a-z]){re.escape(way)}(?![a-z])" if way.isascii() else re.escape(way)
        for way in sorted(PUBLISHERS, key=lambda way: (-len(way), way))
    )
)
_ORGANISATION: Final = re.compile(
    r"(?:報|社|網|台|臺|新聞|媒體|傳媒|雜誌|週刊|周刊|月刊|投顧|證券|投信|銀行|金控|研究(?:所|院|部|處|室|中心)?"
    r"|編輯部|學堂|頻道|財經|觀點|观点|观察|觀察|筆記|笔记|電子報|快報|資訊|平台|協會|公司|觀測站"
    r"|[週周日手札雜]記|札記|隨筆|随笔|雜誌社|學院|學會|基金會|智庫|商會|電視台?|廣播|出版|週訊|通訊社"
    r"|部落格|實驗室|工作室|俱樂部|講堂|情報|評論|评论|前線|前线)$"
    r"|\b(?:news|times|post|journal|daily|weekly|media|press|research|securities|capital|podcast"
    r"|magazine|review|insights?|weekly|bulletin|digest|blog|newsletter|network|inc|ltd|group|wire|report)\b",
    re.I,
)
_DESK: Final = re.compile(
    r"[\u3400-\u9fff]{0,4}(?:中心|頻道|組|快訊|綜合|專題|即時|編輯部|新聞稿|報導)"
    r"|(?:財經|國際|產業|科技|證券|生活|政治|地方|綜合|即時|台股|美股|焦點)(?:新聞|組|線)?"
    r"|the .{2,20} (?:desk|team|staff)"
)
_SURNAMES: Final = frozenset(
    "王李張劉陳楊黃趙吳周徐孫馬朱胡郭何高林羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董袁潘于蔣蔡余杜葉程蘇"
    "魏呂丁任沈姚盧姜崔鍾譚陸汪范石廖賈夏韋付方白鄒孟熊秦邱江尹薛閻段雷侯龍史陶黎賀顧毛郝龔邵萬錢"
    "嚴覃武戴莫孔向湯洪簡游詹卓施柯翁阮涂莊連溫康歐尤巫张刘陈杨黄赵吴马罗郑谢许韩冯邓萧苏吕卢钟谭陆"
)
_ENGLISH_PERSON: Final = re.compile(
    r"[A-Z][a-z'’-]+(?: [A-Z]\.?)?(?:[ -][A-Z][a-z'’-]+){1,2}|[A-Z]\. ?[A-Z][a-z]+"
)
_MARKUP: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*_`#]")


def known_publisher(text: str) -> str:
    """The publisher that a short text names anywhere; empty where it names none that is known."""
    match = _KNOWN.search(half_width(text).lower())
    return PUBLISHERS[match[0]] if match else ""


def leading_publisher(text: str) -> str:
    """The known publisher a text begins with; empty without one."""
    lead = half_width(text[: 4 * _LONGEST]).strip(" [【〔(「《*_|").lower()
    for size in range(min(len(lead), _LONGEST), 1, -1):
        after = lead[size : size + 1]
        if lead[:size] in PUBLISHERS and not (after.isascii() and after.isalpha()):
            return PUBLISHERS[lead[:size]]
    return ""


def exact_publisher(text: str) -> str:
    """The known publisher a text is, whole; empty otherwise."""
    return PUBLISHERS.get(half_width(text).strip(" 【】[]〔〕()《》*_").lower(), "")


def is_person(name: str) -> bool:
    """Whether a name reads like a person's rather than a publisher's."""
    text = name.strip()
    if text.lower() in PUBLISHERS or _ORGANISATION.search(text):
        return False
    if re.fullmatch(r"[\u3400-\u9fff]{2,4}", text):
        return text[0] in _SURNAMES
    return bool(_ENGLISH_PERSON.fullmatch(text))


def is_organisation(name: str) -> bool:
    """Whether a name is a known publisher's, or says itself that it is one's."""
    text = half_width(name.strip())
    if not 2 <= len(text) <= MAX_NAME or _DESK.fullmatch(text.lower()):
        return False
    return text.lower() in PUBLISHERS or (len(text) > 2 and bool(_ORGANISATION.search(text)))


def publisher_name(text: str) -> str:
    """A text given as a source, as a publisher's name; never a person's; empty for no name."""
    name = " ".join(_MARKUP.sub(r"\1", text).split())
    name = name.strip(" 。，,;；:：|｜-–—/／()（）[]【】〔〕「」\"'")
    if not 2 <= len(name) <= MAX_NAME or not re.search(r"[^\W\d]", name) or "://" in name:
        return ""
    if known := exact_publisher(name):
        return known
    return "" if is_person(name) or _DESK.fullmatch(name.lower()) else name
