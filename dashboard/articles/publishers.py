"""Names of publishers as Taiwanese pages print them, and what a publisher's name looks like."""

from __future__ import annotations

import re
from typing import Final

from dashboard.articles.dates import half_width

_WRITTEN: Final = {
    "經濟日報": ("經濟日報", "聯合報系經濟日報"), "聯合報": ("聯合報",), "聯合新聞網": ("聯合新聞網", "udn"),
    "工商時報": ("工商時報", "ctee"), "中國時報": ("中國時報",), "中時新聞網": ("中時新聞網", "中時電子報"),
    "自由時報": ("自由時報", "自由財經", "自由電子報"), "中央社": ("中央社", "中央通訊社", "CNA"),
    "時報": ("時報資訊", "時報"), "鉅亨網": ("鉅亨網", "鉅亨", "Anue", "cnyes"), "財訊快報": ("財訊快報",), "財訊": ("財訊",),
    "MoneyDJ": ("MoneyDJ新聞", "MoneyDJ理財網", "MoneyDJ"), "商業周刊": ("商業周刊", "商周"),
    "今周刊": ("今周刊",), "天下雜誌": ("天下雜誌",), "遠見雜誌": ("遠見雜誌",), "先探投資週刊": ("先探投資週刊", "先探"), "理財周刊": ("理財周刊",), "Smart智富": ("Smart智富",),
    "數位時代": ("數位時代",), "科技新報": ("科技新報", "TechNews"), "DIGITIMES": ("DIGITIMES", "電子時報"),
    "ETtoday": ("ETtoday財經雲", "ETtoday新聞雲", "ETtoday"), "NOWnews今日新聞": ("NOWnews今日新聞", "今日新聞NOWNEWS", "NOWnews"),
    "Newtalk新聞": ("Newtalk新聞", "新頭殼", "Newtalk"), "三立新聞網": ("三立新聞網", "三立新聞"), "TVBS新聞網": ("TVBS新聞網", "TVBS"),
    "鏡週刊": ("鏡週刊", "鏡報"), "風傳媒": ("風傳媒",), "上報": ("上報",), "壹蘋新聞網": ("壹蘋新聞網",), "FTNN新聞網": ("FTNN新聞網",),
    "中廣新聞網": ("中廣新聞網",), "中天新聞網": ("中天新聞網",), "民視新聞網": ("民視新聞網", "民視新聞"), "東森新聞": ("東森新聞", "東森財經新聞"), "太報": ("太報",), "信傳媒": ("信傳媒",), "非凡新聞": ("非凡新聞", "非凡電視台"),
    "Yahoo奇摩股市": ("Yahoo奇摩股市", "Yahoo奇摩新聞", "Yahoo奇摩", "Yahoo Finance"), "LINE TODAY": ("LINE TODAY",), "CMoney": ("CMoney", "股市爆料同學會"), "方格子": ("方格子", "vocus"), "Substack": ("Substack",),
    "路透": ("路透社", "路透", "Reuters"), "彭博": ("彭博社", "彭博", "Bloomberg"), "日經": ("日經亞洲", "Nikkei Asia", "Nikkei", "日經"), "華爾街日報": ("華爾街日報", "The Wall Street Journal"), "金融時報": ("金融時報", "Financial Times"), "CNBC": ("CNBC",), "BBC": ("BBC中文", "BBC News", "BBC"), "法新社": ("法新社", "AFP"), "美聯社": ("美聯社", "Associated Press"), "Focus Taiwan": ("Focus Taiwan",), "Taipei Times": ("Taipei Times",), "台視新聞": ("台視新聞",), "公視新聞網": ("公視新聞網",), "關鍵評論網": ("關鍵評論網",), "INSIDE": ("INSIDE 硬塞的網路趨勢觀察",), "優分析": ("優分析",), "豐雲學堂": ("豐雲學堂",), "產經新聞": ("產經新聞",),
}  # fmt: skip
PUBLISHERS: Final = {way.lower(): name for name, ways in _WRITTEN.items() for way in ways}
_KNOWN: Final = re.compile(
    "|".join(
        (rf"(?<![a-z]){re.escape(way)}(?![a-z])" if way.isascii() else re.escape(way))
        for way in sorted(PUBLISHERS, key=lambda way: (-len(way), way))
    )
)
_ORGANISATION: Final = re.compile(
    r"(?:報|社|網|台|臺|新聞|媒體|傳媒|雜誌|週刊|周刊|月刊|投顧|證券|投信|銀行|金控|研究(?:所|院|部|中心)?|編輯部|學堂|頻道|財經|觀點|筆記|研究室|電子報|快報|資訊|平台|協會|公司)$"
    r"|\b(?:news|times|post|journal|daily|weekly|media|press|research|securities|capital|podcast|magazine|review|insights?|blog|newsletter|network|inc|ltd|group|wire|tech|finance|report)\b",
    re.I,
)
_DESK: Final = re.compile(
    r"(?:中心|頻道|組|部門?|快訊|專題|獨家|焦點|新聞稿|即時|綜合|編輯|財經|國際|產業|科技|新聞)$"
)
_SURNAMES: Final = frozenset(
    "王李張劉陳楊黃趙吳周徐孫馬朱胡郭何高林羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董袁潘于蔣蔡余杜葉程蘇魏呂丁任沈姚盧姜崔鍾譚陸汪范金石廖賈夏韋付方白鄒孟熊秦邱江尹薛閻段雷侯龍史陶黎賀顧毛郝龔邵萬錢嚴覃武戴莫孔向湯洪簡游詹卓施柯翁阮涂莊連溫康歐尤巫"
)
MAX_NAME: Final = 40


def known_publisher(text: str) -> str:
    """The publisher that a short text names; empty where it names none that is known."""
    match = _KNOWN.search(half_width(text).lower())
    return PUBLISHERS[match[0]] if match else ""


def is_person(name: str) -> bool:
    """Whether a name reads like a person's rather than a publisher's."""
    text = name.strip()
    if text.lower() in PUBLISHERS or _ORGANISATION.search(text):
        return False
    if re.fullmatch(r"[\u3400-\u9fff]{2,4}", text):
        return text[0] in _SURNAMES
    return bool(re.fullmatch(r"[A-Z][a-z'’-]+(?: [A-Z]\.?)?(?:[ -][A-Z][a-z'’-]+){1,2}", text))


def is_organisation(name: str) -> bool:
    """Whether a name is a known publisher's or says itself that it is one's."""
    text = half_width(name.strip())
    if not 2 <= len(text) <= MAX_NAME or _DESK.fullmatch(text):
        return False
    return text.lower() in PUBLISHERS or (bool(_ORGANISATION.search(text)) and not is_desk(text))


def is_desk(name: str) -> bool:
    """Whether a name is only a desk within some publisher, such as 財經中心."""
    text = name.strip()
    return bool(
        re.fullmatch(
            r"[\u3400-\u9fff]{0,4}(?:中心|頻道|組|快訊|綜合|專題|即時|編輯部|新聞稿)|(?:財經|國際|產業|科技|證券|生活|政治|地方|綜合)(?:新聞|組)?",
            text,
        )
    )


def publisher_name(text: str) -> str:
    """A name given as a source, as a publisher: known ones in their one form; never a person."""
    name = " ".join(re.sub(r"[*_`#]|\[([^\]]*)\]\([^)]*\)", r"\1", text).split()).strip(
        " 。，,;；:：|｜-–—/／()（）[]【】〔〕"
    )
    if not 2 <= len(name) <= MAX_NAME or "http" in name.lower() or not re.search(r"\w", name):
        return ""
    if known := PUBLISHERS.get(half_width(name).lower()):
        return known
    if is_person(name) or is_desk(name) or name.isdigit():
        return ""
    return name
