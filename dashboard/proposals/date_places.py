"""Where a date expression stands, and what it can be of: numbers, years, days of a calendar."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from dashboard.articles.dates import ROC_OFFSET, iso_date
from dashboard.i18n import Text
from dashboard.proposals.patterns import compiled
from dashboard.supply_chain.models import Precision


class Basis(NamedTuple):
    """What is known of the day of writing; `day` is only a guess where `exact` is not."""

    day: dt.date | None = None
    exact: bool = False
    months: bool = False
    """Whether at least the month is known."""
    trust: float = 1.0


class Read(NamedTuple):
    date: str | None
    precision: Precision
    relative: bool = False
    confidence: float = 1.0
    reason: Text = Text("日期寫明", "the date is written in full")


FROM_BASIS: Final = Text("由文章的日期推得", "counted from the article's date")
NEAREST: Final = Text(
    "未寫全，取文章日期附近最合理的一個",
    "not written in full; the most likely one around the article's date",
)
NUMBER_WINS: Final = Text(
    "星期或今昨與日數不符，以日數為準",
    "the weekday or today/yesterday contradicts the number; the number is taken",
)
PRECISION_OF_LENGTH: Final = {4: Precision.YEAR, 7: Precision.MONTH, 10: Precision.DAY}

_NEAR_FUTURE: Final = dt.timedelta(days=45)
"""A month or day without a year this far ahead is still to come, not last year's."""

_FUTURE_BEFORE: Final = compiled(
    r"將|預[計定估期測告]|可望|有望|計[畫劃]|擬|即將|[訂定]於|展望(?!遭?被?[上下調])|目標(?!價)|力拚"
    r"|\b(?:will|expect|plan|schedul|upcoming|due|to be|next)",
    re.I,
)
_FUTURE_AFTER: Final = compiled(r"^[^,、]{0,4}將|登場|生效|開跑")
SENTENCE_END: Final = compiled(r"[。！？!?；;]")
ZH_DIGITS: Final = "〇零○一二三四五六七八九"
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
YEAR_OFFSETS: Final = {
    "今年": 0, "本年": 0, "去年": -1, "明年": 1, "前年": -2, "后年": 2,
    "this": 0, "last": -1, "next": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A match of a form, in its half-width line."""

    match: re.Match[str]
    line: str
    basis: Basis

    def __getitem__(self, name: str) -> str | None:
        try:
            return self.match[name]
        except IndexError:
            return None

    @property
    def before(self) -> str:
        """The sentence so far, its last words."""
        start = self.match.start()
        return SENTENCE_END.split(self.line[max(0, start - 14) : start])[-1]

    @property
    def after(self) -> str:
        end = self.match.end()
        return SENTENCE_END.split(self.line[end : end + 10])[0]

    @property
    def future(self) -> bool:
        return bool(_FUTURE_BEFORE.search(self.before) or _FUTURE_AFTER.search(self.after))


def shifted(day: dt.date, days: int) -> dt.date | None:
    try:
        return day + dt.timedelta(days=days)
    except OverflowError:
        return None


def number(text: str | None) -> int | None:
    """25, 二十五, 一百零五 and 兩; None for what is no number."""
    if not text:
        return None
    if text.isdecimal():
        return int(text)
    text = text.replace("两", "二")
    hundreds, hundred, text_below = text.partition("百")
    if hundred:
        high, low = _digit(hundreds), number(text_below.lstrip("零〇○")) if text_below else 0
        return None if high is None or low is None else 100 * high + low
    tens, ten, units = text.partition("十")
    if not ten:
        return _digit(text) if len(text) == 1 else None
    high = _digit(tens) if tens else 1
    low = _digit(units) if units else 0
    return None if high is None or low is None else 10 * high + low


def _digit(text: str) -> int | None:
    return max(0, ZH_DIGITS.index(text) - 2) if len(text) == 1 and text in ZH_DIGITS else None


def _years_in_words(text: str) -> int | None:
    """一百一十四 and, digit by digit, 一一四."""
    digits = [_digit(one) for one in text]
    if len(digits) == 1 or None in digits:
        return number(text)
    return int("".join(str(one) for one in digits))


def full_year(text: str) -> int:
    if text.isdecimal():
        return int(text) if len(text) == 4 else 2000 + int(text)
    return int("".join(str(_digit(one)) for one in text))


def year_of(place: Place) -> tuple[int, bool] | None:
    """The year of a form that begins with `_YEAR`, and whether the basis was needed."""
    written, roc, word = place["y"], place["roc"], place["rel"]
    if written:
        return full_year(written), False
    basis = place.basis.day
    if roc:
        year = int(roc) + ROC_OFFSET
        # Without its era a number of years may be an age; near the article's year it is none.
        near = basis is not None and abs(year - basis.year) <= 6 and len(roc) == 3
        return (year, False) if place["era"] or near else None
    if place["roc_words"]:
        years = _years_in_words(place["roc_words"])
        return None if years is None else (years + ROC_OFFSET, False)
    if word and basis is not None:
        return basis.year + YEAR_OFFSETS[word], True
    return None


def bare_year(place: Place, month: int, day: int | None = None) -> int | None:
    """The year of a month or day that is written without one."""
    basis = place.basis.day
    if basis is None:
        return None
    if not place.basis.months:
        return basis.year
    ahead = (month, day or 1) > (basis.month, basis.day if day else 1)
    if not ahead:
        passed = month != basis.month and place.future and basis.month - month >= 5
        return basis.year + 1 if passed else basis.year
    try:
        first = dt.date(basis.year, month, day or 1)
    except ValueError:
        return None
    return basis.year if place.future or first - basis <= _NEAR_FUTURE else basis.year - 1


def dated(
    year: int, month: int | None = None, day: int | None = None, *,
    relative: bool = False, confidence: float = 1.0, reason: Text | None = None,
) -> Read | None:  # fmt: skip
    date = iso_date(year, month, day)
    if date is None:
        return None
    reason = reason or (FROM_BASIS if relative else Read._field_defaults["reason"])
    return Read(date, PRECISION_OF_LENGTH[len(date)], relative, confidence, reason)


def on_day(day: dt.date | None, confidence: float, reason: Text = FROM_BASIS) -> Read | None:
    if day is None:
        return None
    return dated(day.year, day.month, day.day, relative=True, confidence=confidence, reason=reason)


def of_quarter(
    year: int, quarter: int, relative: bool, confidence: float = 1.0, reason: Text | None = None
) -> Read | None:
    if iso_date(year) is None:
        return None
    reason = reason or (FROM_BASIS if relative else Read._field_defaults["reason"])
    return Read(f"{year}-Q{quarter}", Precision.QUARTER, relative, confidence, reason)
