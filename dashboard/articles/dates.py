"""Dates as Taiwanese pages print them: western and ROC years, full-width digits, English."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2050
ROC_OFFSET: Final = 1911

_MONTHS: Final = "janfebmaraprmayjunjulaugsepoctnovdec"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_ROC: Final = r"(?:中華)?民國"
_FORMS: Final = re.compile(
    rf"""
    (?<![\d.\-/])(?P<y1>\d{{4}})[ ]?(?P<sep>[-/.])[ ]?(?P<m1>\d{{1,2}})
      [ ]?(?P=sep)[ ]?(?P<d1>\d{{1,2}})(?![\d%/]|[.\-]\d)
  | (?<!\d)(?P<y2>\d{{4}})\s?年\s?(?P<m2>\d{{1,2}})\s?月(?:\s?(?P<d2>\d{{1,2}})\s?[日號])?
  | {_ROC}\s?(?P<y3>\d{{2,3}})\s?年(?:\s?(?P<m3>\d{{1,2}})\s?月(?:\s?(?P<d3>\d{{1,2}})\s?[日號])?)?
  | (?<![\d.])(?P<y4>\d{{2,3}})\s?年\s?(?P<m4>\d{{1,2}})\s?月(?:\s?(?P<d4>\d{{1,2}})\s?[日號])?
  | (?<![\d.\-/])(?P<y5>1\d{{2}})(?P<sep5>[/.-])(?P<m5>\d{{1,2}})
      (?P=sep5)(?P<d5>\d{{1,2}})(?![\d%/]|[.\-]\d)
  | (?<![a-z])(?P<month6>{_MONTH})\.?[ ]{{1,2}}(?P<d6>\d{{1,2}})(?:st|nd|rd|th)?
      (?:,[ ]?|[ ](?:\d\d:\d\d(?::\d\d)?[ ])?)(?P<y6>\d{{4}})(?!\d)
  | (?<!\d)(?P<d7>\d{{1,2}})(?:st|nd|rd|th)?[ -](?P<month7>{_MONTH})\.?,?[ -](?P<y7>\d{{4}})(?!\d)
  | (?<![\d./\-])(?P<m8>\d{{1,2}})/(?P<d8>\d{{1,2}})/(?P<y8>\d{{4}})(?![\d/])
  | (?<![a-z])(?P<month9>{_MONTH})\.?,?[ ](?P<y9>\d{{4}})(?!\d)
  | (?<!\d)(?P<y10>\d{{4}})[-/](?P<m10>\d{{1,2}})(?![\d/%.\-])
  | (?<!\d)(?P<y11>(?:19|20)\d\d)(?P<m11>\d\d)(?P<d11>\d\d)(?!\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PART_AND_FORM: Final = {
    name: (name.rstrip("0123456789"), name.lstrip("abcdefghijklmnopqrstuvwxyz"))
    for name in _FORMS.groupindex
}
"""Name of a group → what it is of a date, and the form: y10 → y, 10."""
_HINT: Final = re.compile(
    r"\d\s?年|\d\s?[-/.／．－]\s?\d|\d{8}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
    r"|[\uff21-\uff5a]",
    re.I,
)
"""What every form has at least: a line without it is not searched for each of them."""
_BARE_FORMS: Final = frozenset(("10", "11"))
"""Forms that are dates only where a date is expected: 2025-11 and 20251125."""

WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True)
class WrittenDate:
    """A date at `text[start:end]`: 2025, 2025-08 or 2025-11-25.

    `bare` where only the place makes it a date, such as 20251125.
    """

    start: int
    end: int
    date: str
    bare: bool = False


def half_width(text: str) -> str:
    """The text with full-width letters, digits and signs made half-width; positions stay."""
    return text.translate(WIDE)


def written_dates(text: str) -> Iterator[WrittenDate]:
    """Every possible date of a text, in order; those of no calendar are left out."""
    if not _HINT.search(text):
        return
    for match in _FORMS.finditer(half_width(text)):
        form, date = _read(match)
        if date:
            yield WrittenDate(match.start(), match.end(), date, bare=form in _BARE_FORMS)


def iso_date(year: int, month: int | None = None, day: int | None = None) -> str | None:
    """A date as the map writes it; None for one of no calendar or far from any article."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    if month is None:
        return f"{year}"
    if day is None:
        return f"{year}-{month:02}" if 1 <= month <= 12 else None
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


def _read(match: re.Match[str]) -> tuple[str, str | None]:
    # The last named group that took part tells the form: y10 → 10.
    found = [(*_PART_AND_FORM[name], value) for name, value in match.groupdict().items() if value]
    form = found[0][1]
    parts = {part: value for part, of_form, value in found if of_form == form}
    year = int(parts["y"])
    if form in ("3", "4", "5"):
        year += ROC_OFFSET
    name = parts.get("month")
    month = _MONTHS.index(name[:3].lower()) // 3 + 1 if name else _number(parts.get("m"))
    day = _number(parts.get("d"))
    if form == "4" and day is None and int(parts["y"]) < 100:
        return form, None  # 25年8月 may be 2025 or an age
    if form == "8" and month is not None and day is not None and month <= 12 and day <= 12:
        return form, None  # 3/4/2025 is March in New York and April in London
    return form, iso_date(year, month, day)


def _number(text: str | None) -> int | None:
    return int(text) if text else None
