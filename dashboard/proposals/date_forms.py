"""The forms of date expressions that `articles.dates` does not know, and who reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from dashboard.proposals.date_places import MONTHS, ZH_DIGITS, Place, Read
from dashboard.proposals.date_readers import (
    ago,
    bare_day,
    bare_month,
    bracketed_day,
    compact_quarter,
    end_of_year,
    english_year,
    half_year,
    month_day,
    named_month,
    named_weekday,
    quarter,
    relative_day,
    slashed,
    this_month,
    weekday,
    whole_year,
    worded_quarter,
    year_month,
)
from dashboard.proposals.patterns import compiled, folded_han

Reader = Callable[[Place], Read | None]

_TENS: Final = "一二三四五六七八九十"
_N: Final = rf"(?:\d{{1,2}}|[{_TENS}]{{1,3}})"
_Y: Final = rf"(?:(?:19|20)\d\d|二[〇零○][{ZH_DIGITS}]{{2}})"
_YEAR: Final = (
    rf"(?:(?<![\d.,])(?P<y>{_Y}) ?年"
    r"|(?:(?P<era>(?:中華)?民[國国]) ?|(?<![\d.,/]))(?P<roc>\d{2,3}) ?年"
    rf"|(?:中華)?民[國国] ?(?P<roc_words>[{ZH_DIGITS}十百]{{1,6}}) ?年"
    r"|(?P<rel>今年|本年|去年|明年|前年|後年|后年))"
)
_MAYBE_YEAR: Final = rf"(?:{_YEAR}(?:的|度)? ?)?"
_MONTH_PART: Final = r"(?:份|[初底]|[上中下]旬)?"
_DAY_SIGN: Final = "[日號号]"
_WEEK: Final = r"(?:週|周|星期|禮拜|礼拜)"
_WHICH_WEEK: Final = r"(?P<week>上上|下下|上|下|本|這|这|此)?個?"
_IN_BRACKETS: Final = rf"\( ?(?:(?P<m>\d{{1,2}})(?:/|月) ?)?(?P<d>\d{{1,2}}) ?{_DAY_SIGN}? ?\)"
_MONTH_NAME: Final = (
    r"(?P<name>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY_NAME: Final = r"(?P<name>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
_TH: Final = "(?:st|nd|rd|th)?"
_ACTS: Final = (
    r"(?=宣[布佈]|公[布告佈]|表示|召開|舉[行辦]|開[盤出]|收[盤在]|[早晨盤股傳與漲跌]|大[漲跌]"
    r"|重挫|正式|發[布表])"
)
_BEFORE_YEAR: Final = (
    r"\b(?:[Ii]n|[Bb]y|[Ss]ince|[Dd]uring|[Uu]ntil|[Tt]hrough|[Ee]arly|[Ll]ate|mid-?|end(?: of)?)"
)


def _form(
    triggers: str, pattern: str, reader: Reader, flags: int = 0
) -> tuple[tuple[str, ...], re.Pattern[str], Reader]:
    """A form, looked for only in lines that hold one of the triggers."""
    return tuple(folded_han(triggers).split()), compiled(pattern, flags), reader


FORMS: Final = (
    _form(
        "季",
        rf"{_MAYBE_YEAR}(?:第 ?(?P<q>[1-4一二三四]) ?季|(?P<q2>[首本上下末])季)(?![線均報])",
        quarter,
    ),
    _form(
        "Q",
        rf"{_MAYBE_YEAR}(?<![A-Za-z0-9])(?:Q(?P<q>[1-4])|(?P<q2>[1-4])Q)(?![0-9A-Za-z'])",
        quarter,
    ),
    _form(
        "Q",
        r"(?<![A-Za-z0-9.])(?:(?P<y1>20\d\d|\d\d) ?(?:Q(?P<q1>[1-4])|(?P<q2>[1-4])Q)"
        r"|(?:Q(?P<q3>[1-4])|(?P<q4>[1-4])Q)(?P<y2> ?(?:of )?20\d\d|'?\d\d))(?![0-9A-Za-z.%])",
        compact_quarter,
    ),
    _form(
        "uarter",
        r"\b(?P<ordinal>first|second|third|fourth)[ -]quarter"
        r"(?: of (?:(?P<y>20\d\d)|(?P<of>this|last|next) year))?",
        worded_quarter,
        re.I,
    ),
    _form("半年", rf"{_MAYBE_YEAR}(?P<half>[上下])半年", half_year),
    _form(
        "H",
        r"(?<![A-Za-z0-9.])(?:[12]H|H[12])(?P<h> ?20\d\d|'?\d\d)(?![0-9A-Za-z.%])",
        half_year,
    ),
    _form(
        "月",
        rf"{_YEAR}的? ?(?P<m>{_N}) ?月{_MONTH_PART}(?: ?(?P<d>{_N}) ?{_DAY_SIGN})?",
        year_month,
    ),
    _form(
        "月",
        rf"(?<![\d年/{_TENS}])(?P<m>{_N}) ?月 ?(?P<d>{_N}) ?{_DAY_SIGN}",
        month_day,
    ),
    _form(
        "月",
        rf"(?<![\d年個个.{_TENS}])(?P<m>{_N}) ?月{_MONTH_PART}(?! ?{_N} ?{_DAY_SIGN}|[線期薪球台])",
        bare_month,
    ),
    _form(
        "月",
        r"(?<!日)(?P<month>[上本這这下])[個个]?月(?! ?[球薪線台產產營])"
        rf"(?: ?(?P<d>\d{{1,2}}) ?{_DAY_SIGN})?",
        this_month,
    ),
    _form(
        "/",
        r"(?<![\d/.$A-Za-z])(?P<m>\d{1,2})/(?P<d>\d{1,2})(?![\d/%]|\.\d)"
        r"(?P<weekday> ?\([一二三四五六日]\))?",
        slashed,
    ),
    _form(
        "今 昨 前 明 後",
        rf"(?P<word>[今昨前明後])(?:[天日晚早晨夜] ?)?{_IN_BRACKETS}(?: ?[日天晚早晨夜])?",
        bracketed_day,
    ),
    _form(
        "今 昨 前 明 後",
        r"(?:(?P<rel>去年|前年|明年|後年)的?|(?<!年前)(?<!年前的)(?<![個上]月)(?<![個上]月的))"
        r"(?P<word>大前|[今昨前明後])(?:天|(?<![前後])日|(?<=[今昨明])[晚早晨夜])(?! ?\(\d|新聞|之)"
        rf"|(?<![如迄至當現而從])(?P<word2>[今昨]){_ACTS}",
        relative_day,
    ),
    _form(
        "週 周 星期 禮拜 礼拜",
        rf"{_WHICH_WEEK}{_WEEK}(?P<w>[一二三四五六日天])(?![圍期年到至])(?: ?{_IN_BRACKETS})?",
        weekday,
    ),
    _form(
        "前 後",
        r"(?P<n>\d{1,2}|[一二兩三四五六七八九十]{1,3}) ?(?P<unit>天|個月|年)"
        r"(?P<way>前|後)(?![夕段])",
        ago,
    ),
    _form(
        "日",
        r"(?<![\d/年月])(?<!\d[.,])(?P<d>\d{1,2}) ?日(?![圓元均線本K內期間游遊漲來經幣報])",
        bare_day,
    ),
    _form(
        "年",
        rf"{_YEAR}(?:度|[初底末中]|終)?(?![代級前後間齡薪紀歷老]| ?[\d{_TENS}]{{1,2}} ?月)",
        whole_year,
    ),
    _form(
        "年底 年初 年中 年終",
        rf"(?<![\d今去明前後后本每當近歷逐多整隔次翌同{_TENS} ])年[底初中終](?![獎央])",
        end_of_year,
    ),
    _form("day", rf"\b(?:(?P<which>last|this|next) )?{_DAY_NAME}", named_weekday, re.I),
    _form("day tomorrow", r"\b(?P<word>today|yesterday|tomorrow)\b(?!'s)", relative_day, re.I),
    _form("month", r"\b(?P<month>last|this|next) month\b", this_month, re.I),
    _form("year", r"\b(?P<which>last|this|next) year\b(?!')", english_year, re.I),
    _form("19 20", rf"{_BEFORE_YEAR} ?(?P<y>(?:19|20)\d\d)(?![\d,.]\d|\d)", english_year),
    _form(
        " ".join(name.title() for name in MONTHS),
        rf"\b(?:(?P<d1>\d{{1,2}}){_TH} (?:of )?)?{_MONTH_NAME}\b\.?"
        rf"(?: (?P<d2>\d{{1,2}}){_TH}(?!\d|[.,:]\d))?(?!,? ?\d{{4}})",
        named_month,
    ),
)
