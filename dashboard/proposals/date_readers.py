"""What each form of a date expression means, once it is found at its place."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from dashboard.articles.dates import iso_date
from dashboard.i18n import Text
from dashboard.proposals.date_places import (
    MONTHS,
    NEAREST,
    NUMBER_WINS,
    YEAR_OFFSETS,
    Place,
    Read,
    bare_year,
    dated,
    full_year,
    number,
    of_quarter,
    on_day,
    shifted,
    year_of,
)
from dashboard.proposals.patterns import compiled

_FIRST_HALF: Final = Text(
    "原文為上半年，地圖以年記", "the first half of the year is meant; the map keeps the year"
)
_SECOND_HALF: Final = Text(
    "原文為下半年，地圖以年記", "the second half of the year is meant; the map keeps the year"
)
_QUARTERS: Final = 4
_MAX_AGE: Final = {"天": 60, "日": 60, "月": 24, "年": 10}

_COMPARED_BEFORE: Final = compiled(r"(?:較|比|優於|高於|低於|超越|超過|勝過|不如|相較|相對於?)$")
_COMPARED_AFTER: Final = compiled(r" ?(?:的)?(?:同期|同月|同季|同一|全年)")
_DURATION_BEFORE: Final = compiled(
    r"(?:連續?|近|未來|過去|前|後|第|每隔?|隔|達|逾|共|約|為期|歷時|僅|短短|最近|長達|超過|至少"
    r"|[滿破的~\-+]|\d[.,:])$"
)

_PLACED: Final = compiled(r"(?:[於在自至到從(~]|訂|將|截至)\s?$")
_DUE: Final = compiled(r" ?(?:除[息權]|法說|股東會|掛牌|公[布佈告]|召開|舉行|開盤|收盤|起)")
_FRACTION: Final = compiled(r" ?(?:的|倍|股|強|[%/])")
_RATIO_BEFORE: Final = compiled(
    r"(?:比[率例重值數]|[機勝賠佔占良]率|比分|分數|\b(?:ratio|score|odds|rate))[^,。]{0,5}$", re.I
)
_RATIO_AFTER: Final = compiled(r" ?(?:比[率例重值]|[機勝賠佔占良]率|的)")
_BEFORE_MONTH: Final = compiled(r"\b(?:in|since|until|by|from|last|next|late|early|mid-?) ?$", re.I)
_TIME_OF_DAY: Final = compiled(r"[日天晚早晨夜號/]")
_EVERY: Final = compiled(r"[每逢隔一兩二三四五六七八九十\d至到、~]\s?$")
_LASTING: Final = compiled(r"[近過去未來第每\d.]\s?$")
_DAY_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS: Final = ("first", "second", "third", "fourth")
_DAY_OFFSETS: Final = {
    "今": 0, "昨": -1, "前": -2, "明": 1, "后": 2, "大前": -3,
    "today": 0, "yesterday": -1, "tomorrow": 1,
}  # fmt: skip
_WEEK_OFFSETS: Final = {
    "上上": -2, "上": -1, "本": 0, "這": 0, "这": 0, "此": 0, "下": 1, "下下": 2,
}  # fmt: skip
_MONTH_OFFSETS: Final = {
    "上": -1, "本": 0, "這": 0, "这": 0, "下": 1, "last": -1, "this": 0, "next": 1,
}  # fmt: skip


def year_month(place: Place) -> Read | None:
    found = year_of(place)
    month = number(place["m"])
    if found is None or month is None:
        return None
    return dated(found[0], month, number(place["d"]), relative=found[1])


def whole_year(place: Place) -> Read | None:
    found = year_of(place)
    if found is None or _COMPARED_AFTER.match(place.after) or _COMPARED_BEFORE.search(place.before):
        return None
    return dated(found[0], relative=found[1], confidence=0.9)


def half_year(place: Place) -> Read | None:
    """Its year, as the map knows no halves; the reason says which half is meant."""
    first = place["half"] == "上" if place["half"] else "1" in place.match[0][:2]
    reason = _FIRST_HALF if first else _SECOND_HALF
    if place["h"]:
        return dated(full_year(place["h"].strip(" '")), reason=reason)
    found = year_of(place)
    if found is not None:
        return dated(found[0], relative=found[1], reason=reason)
    basis = place.basis.day
    if place["rel"] or place["roc"] or place["y"] or basis is None:
        return None
    return dated(basis.year, relative=True, confidence=0.7, reason=reason)


def end_of_year(place: Place) -> Read | None:
    basis = place.basis.day
    if basis is None:
        return None
    return dated(basis.year, relative=True, confidence=0.6, reason=NEAREST)


def quarter(place: Place) -> Read | None:
    text = place["q"] or place["q2"] or ""
    quarter = {"首": 1, "末": 4}.get(text) or number(text)
    found = year_of(place)
    if found is not None and quarter is not None:
        return of_quarter(found[0], quarter, found[1])
    if place["y"] or place["roc"] or place["rel"]:
        return None
    return _bare_quarter(place, quarter, text)


def _bare_quarter(place: Place, quarter: int | None, text: str) -> Read | None:
    basis = place.basis.day
    if basis is None or not place.basis.months:
        return None
    now = (basis.month + 2) // 3
    if quarter is None:
        shift = {"本": 0, "上": -1, "下": 1}[text]
        year, index = divmod(basis.year * 4 + now - 1 + shift, 4)
        return of_quarter(year, index + 1, True, 0.85)
    year = basis.year
    if quarter > now and not place.future:
        # 第四季 told in February is last year's; 第三季 told in March is the one to come.
        year -= quarter - now == _QUARTERS - 1
    elif quarter < now and place.future and now - quarter >= 2:
        year += 1
    return of_quarter(year, quarter, True, 0.75, NEAREST)


def compact_quarter(place: Place) -> Read | None:
    quarter = place["q1"] or place["q2"] or place["q3"] or place["q4"] or ""
    year = full_year((place["y1"] or place["y2"] or "")[-4:].strip(" '"))
    return of_quarter(year, int(quarter), False) if 2000 <= year <= 2049 else None


def worded_quarter(place: Place) -> Read | None:
    quarter = _ORDINALS.index((place["ordinal"] or "").lower()) + 1
    basis = place.basis.day
    if place["y"]:
        return of_quarter(int(place["y"]), quarter, False)
    if place["of"] and basis is not None:
        return of_quarter(basis.year + YEAR_OFFSETS[place["of"].lower()], quarter, True)
    return _bare_quarter(place, quarter, "")


def month_day(place: Place) -> Read | None:
    month, day = number(place["m"]), number(place["d"])
    if month is None or day is None:
        return None
    year = bare_year(place, month, day)
    if year is None:
        return None
    return dated(year, month, day, relative=True, confidence=0.9, reason=NEAREST)


def slashed(place: Place) -> Read | None:
    """11/25 and no fraction: where only a date can stand, or a number that is none of one."""
    month, day = int(place["m"] or 0), int(place["d"] or 0)
    sure = place["weekday"] or (place["m"] or "").startswith("0") or (place["d"] or "")[0] == "0"
    placed = _PLACED.search(place.before) or day > 12 or _DUE.match(place.after)
    if not (sure or placed) or _FRACTION.match(place.after):
        return None
    if _RATIO_BEFORE.search(place.before) or _RATIO_AFTER.match(place.after):
        return None
    year = bare_year(place, month, day) if 1 <= month <= 12 else None
    if year is None:
        return None
    return dated(year, month, day, relative=True, confidence=0.75, reason=NEAREST)


def bare_month(place: Place) -> Read | None:
    month = number(place["m"])
    if month is None or _DURATION_BEFORE.search(place.before):
        return None
    year = bare_year(place, month)
    if year is None:
        return None
    return dated(year, month, relative=True, confidence=0.75, reason=NEAREST)


def _is_month(place: Place) -> bool:
    """May and March are verbs too: without a day they need a preposition before them."""
    if place["d1"] or place["d2"]:
        return True
    return bool(_BEFORE_MONTH.search(place.before))


def named_month(place: Place) -> Read | None:
    if not _is_month(place):
        return None
    month = MONTHS.index((place["name"] or "")[:3].lower()) + 1
    day = number(place["d1"] or place["d2"])
    year = bare_year(place, month, day)
    if year is None:
        return None
    return dated(year, month, day, relative=True, confidence=0.85, reason=NEAREST)


def this_month(place: Place) -> Read | None:
    basis = place.basis.day
    if basis is None or not place.basis.months:
        return None
    shift = _MONTH_OFFSETS[(place["month"] or "").lower()]
    year, index = divmod(basis.year * 12 + basis.month - 1 + shift, 12)
    return dated(year, index + 1, number(place["d"]), relative=True)


def _near_day(basis: dt.date, month: str | None, number: str, around: dt.date) -> dt.date | None:
    """The day of that number nearest to another day."""
    days = []
    for shift in (-1, 0, 1):
        year, index = divmod(around.year * 12 + around.month - 1 + shift, 12)
        if month is None or int(month) == index + 1:
            date = iso_date(year, index + 1, int(number))
            if date:
                days.append(dt.date.fromisoformat(date))
    return min(days, key=lambda day: (abs(day - around), day > basis), default=None)


def _numbered(place: Place, meant: dt.date | None) -> Read | None:
    """A day told twice: by a word and by its number."""
    basis, number = place.basis.day, place["d"]
    if meant is None or basis is None:
        return None
    if number is None:
        return on_day(meant, 0.95)
    day = _near_day(basis, place["m"], number, meant)
    if day is None:
        return None
    return on_day(day, 1.0) if day == meant else on_day(day, 0.7, NUMBER_WINS)


def relative_day(place: Place) -> Read | None:
    if place.basis.day is None or not place.basis.exact:
        return None
    word = place["word"] or place["word2"] or ""
    if place["rel"]:
        return _same_day_of(place, word)
    meant = shifted(place.basis.day, _DAY_OFFSETS[word.lower()])
    return _numbered(place, meant)


def _same_day_of(place: Place, word: str) -> Read | None:
    """去年今日: the same day of another year, none where that year has none."""
    basis = place.basis.day
    if basis is None or word != "今":
        return None
    year = basis.year + YEAR_OFFSETS[place["rel"] or ""]
    return dated(year, basis.month, basis.day, relative=True, confidence=0.85)


def bracketed_day(place: Place) -> Read | None:
    """今(24)日 and 昨日（11/23）; without a word for the day a number in brackets is none."""
    return relative_day(place) if _TIME_OF_DAY.search(place.match[0]) else None


def weekday(place: Place) -> Read | None:
    if place.basis.day is None or not place.basis.exact:
        return None
    if _EVERY.search(place.before) and not place["week"]:
        return None
    index = "一二三四五六日".index((place["w"] or "").replace("天", "日"))
    return _numbered(place, _of_week(place, index, place["week"]))


def named_weekday(place: Place) -> Read | None:
    if place.basis.day is None or not place.basis.exact:
        return None
    index = _DAY_NAMES.index((place["name"] or "").lower())
    word = (place["which"] or "").lower()
    return on_day(_of_week(place, index, {"last": "上", "next": "下", "this": "本"}.get(word)), 0.9)


def _of_week(place: Place, index: int, week: str | None) -> dt.date | None:
    """Weeks run from Monday to Sunday; without a word it is the nearest past one.

    Written on a Sunday, 上週五 is the Friday of the week before, nine days ago, and 本週五 or
    週五 the one two days ago.
    """
    basis = place.basis.day
    if basis is None:
        return None
    day = shifted(basis, index - basis.weekday())
    if day is None or week is not None:
        return day and shifted(day, 7 * _WEEK_OFFSETS[week or "本"])
    if day > basis and not place.future:
        return shifted(day, -7)
    return shifted(day, 7) if day < basis and place.future else day


def ago(place: Place) -> Read | None:
    basis, count = place.basis.day, number(place["n"])
    unit = (place["unit"] or "")[-1]
    if basis is None or count is None or count > _MAX_AGE[unit]:
        return None
    if _LASTING.search(place.before):
        return None
    count = -count if place["way"] == "前" else count
    if unit == "天":
        return on_day(shifted(basis, count), 0.85) if place.basis.exact else None
    if unit == "年":
        return dated(basis.year + count, relative=True, confidence=0.5)
    if not place.basis.months:
        return None
    year, index = divmod(basis.year * 12 + basis.month - 1 + count, 12)
    return dated(year, index + 1, relative=True, confidence=0.6)


def bare_day(place: Place) -> Read | None:
    basis, number = place.basis.day, place["d"]
    if basis is None or not place.basis.exact or number is None:
        return None
    if _DURATION_BEFORE.search(place.before):
        return None
    steps = range(3) if place.future else range(0, -3, -1)
    for shift in steps:
        year, index = divmod(basis.year * 12 + basis.month - 1 + shift, 12)
        date = iso_date(year, index + 1, int(number))
        day = dt.date.fromisoformat(date) if date else None
        if day and (day >= basis if place.future else day <= basis):
            return on_day(day, 0.85, NEAREST)
    return None


def english_year(place: Place) -> Read | None:
    if place["y"]:
        return dated(int(place["y"]), confidence=0.9)
    basis = place.basis.day
    word = (place["which"] or "").lower()
    return dated(basis.year + YEAR_OFFSETS[word], relative=True, confidence=0.9) if basis else None
