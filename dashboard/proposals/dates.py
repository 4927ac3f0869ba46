"""Dates an article writes, resolved against its own: western and ROC, quarters, 上週五.

General date parsers take 11月25日 for a day of another month and do not know 114年 or 上週五;
the absolute forms are `articles.dates`', what hangs on the article's date is read here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dashboard.articles.dates import half_width, written_dates
from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.date_forms import FORMS
from dashboard.proposals.date_places import PRECISION_OF_LENGTH, Basis, Place, Read, shifted
from dashboard.supply_chain.models import DateBasis, Precision


@dataclass(frozen=True, order=True)
class FoundDate:
    """A date expression at `line[start:end]`.

    Attributes
    ----------
    line : counted from 1
    date, precision : as the map writes them: 2025, 2025-Q3, 2025-11, 2025-11-25
    relative : whether the article's date, or that of its item in a list, was needed
    confidence, reason : from 0 to 1, and in words
    stamp : the time of publication in a byline, which dates no event
    """

    line: int
    start: int
    end: int
    written: str
    date: str
    precision: Precision
    relative: bool
    confidence: float
    reason: Text
    stamp: bool = False


_DIGEST_TRUST: Final = 0.8
_INFERRED_TRUST: Final = 0.85
_ITEM_AGE: Final = re.compile(
    r"[・·•|｜‧] ?(\d{1,3}) ?(天|小時|分鐘|小时|分钟|days?|hours?|h|d)(?:前| ago)\s*$"
)
_CLOCK: Final = re.compile(r"[ T,，　]{0,2}(?:[上下]午 ?)?\d{1,2}:\d\d")
_DIGIT: Final = re.compile(r"\d")
_ANY: Final = re.compile(r"[\d年月季週周今昨明前後]|day|month|year|quarter|[A-Z][a-z]{2}")


def find_dates(article: Article) -> tuple[FoundDate, ...]:
    """Every date expression of at least a year's precision that can be resolved.

    What needs the article's day yields nothing where the day is unknown; dates of no calendar
    are left out. In order of line and position, without overlap.
    """
    basis = _basis_of(article)
    found: list[FoundDate] = []
    for number, raw in enumerate(article.lines, start=1):
        line = half_width(raw)
        if not _ANY.search(line):
            continue
        digest = article.is_digest(number)
        own = _item_basis(line, basis) if digest else basis
        trust = _DIGEST_TRUST if digest else 1.0
        found.extend(_of_line(number, raw, line, own, trust))
    return tuple(found)


def _of_line(number: int, raw: str, line: str, basis: Basis, trust: float) -> Iterator[FoundDate]:
    age = _ITEM_AGE.search(line)
    limit = age.start() if age else len(line)
    end_of_last = 0
    for start, end, read in sorted(_candidates(line, basis), key=lambda one: (one[0], -one[1])):
        if start < end_of_last or end > limit or read.date is None:
            continue
        end_of_last = end
        confidence = read.confidence * trust * (basis.trust if read.relative else 1.0)
        yield FoundDate(
            number, start, end, raw[start:end], read.date, read.precision, read.relative,
            round(confidence, 3), read.reason, bool(_CLOCK.match(line, end)),
        )  # fmt: skip


def _candidates(line: str, basis: Basis) -> Iterator[tuple[int, int, Read]]:
    if _DIGIT.search(line):
        for one in written_dates(line):
            if not one.bare or (len(one.date) == 7 and "/" in line[one.start : one.end]):
                precision = PRECISION_OF_LENGTH[len(one.date)]
                yield one.start, one.end, Read(one.date, precision)
    for triggers, pattern, reader in FORMS:
        if not any(trigger in line for trigger in triggers):
            continue
        for match in pattern.finditer(line):
            read = reader(Place(match, line, basis))
            if read is not None:
                yield match.start(), match.end(), read


# --- the day of writing ---------------------------------------------------------------


def _basis_of(article: Article) -> Basis:
    if article.date is None or article.date_basis is DateBasis.UNKNOWN:
        return Basis()
    year, *rest = (int(part) for part in article.date.split("-"))
    month = rest[0] if rest else 12
    day = rest[1] if len(rest) == 2 else 28
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return Basis()
    trust = 1.0 if article.date_basis is DateBasis.STATED else _INFERRED_TRUST
    return Basis(date, exact=len(rest) == 2, months=bool(rest), trust=trust)


def _item_basis(line: str, basis: Basis) -> Basis:
    """The day of one item in a list of headlines: its byline, or `・ 1 天前` at its end."""
    for one in written_dates(line):
        if len(one.date) == 10 and _CLOCK.match(line, one.end):
            return basis._replace(day=dt.date.fromisoformat(one.date), exact=True, months=True)
    age = _ITEM_AGE.search(line)
    if age is None or basis.day is None or not basis.exact or age[2][0] not in "天d":
        return basis
    return basis._replace(day=shifted(basis.day, -int(age[1])) or basis.day)
