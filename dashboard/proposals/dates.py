"""Dates an article writes, resolved against its own: western and ROC, quarters, 上週五.

General date parsers take 11月25日 for a day of another month and do not know 114年 or 上週五;
the absolute forms are `articles.dates`', what hangs on the article's date is read here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from dashboard.articles.dates import written_dates
from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.chinese import flattened
from dashboard.proposals.date_forms import FORMS
from dashboard.proposals.date_places import PRECISION_OF_LENGTH, Basis, Place, Read, shifted
from dashboard.proposals.patterns import compiled
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


_SOME_DAY: Final = dt.date(2024, 6, 12)
"""Stands for an unknown day of writing where only the number of relative dates is asked."""
_DIGEST_TRUST: Final = 0.8
_INFERRED_TRUST: Final = 0.85
_ITEM_AGE: Final = compiled(
    r"[・·•|‧] ?(\d{1,3}) ?(天|小時|分鐘|小时|分钟|days?|hours?|h|d)(?:前| ago)\s*$"
)
_CLOCK: Final = compiled(r"[ T,，　]{0,2}(?:[上下]午 ?)?\d{1,2}:\d\d")
_LABEL: Final = compiled(
    r"^[^,。]{0,20}(?:日期|時間|發[布佈稿表]於?|更新於?|出刊日?|上架"
    r"|date|published|updated|posted)[: ]*(?:on )?$",
    re.I,
)
_PLAIN: Final = re.compile(r"[\d/.\-]+")
_DIGIT: Final = re.compile(r"\d")
_ANY: Final = compiled(r"[\d年月季週星禮今昨明前後]|day|month|year|quarter|[A-Z][a-z]{2}")


class _Line(NamedTuple):
    number: int
    written: str
    text: str
    """Flattened, of the same length."""


def find_dates(article: Article) -> tuple[FoundDate, ...]:
    """Every date expression of at least a year's precision that can be resolved.

    What needs the article's day yields nothing where the day is unknown; dates of no calendar
    are left out. In order of line and position, without overlap. Weeks run from Monday to
    Sunday: on a Sunday 上週五 is the Friday nine days ago, 本週五 the one two days ago. Of half
    a year only the year is kept, and the reason says which half.
    """
    return _dates_on(article, _basis_of(article))


def unresolved(article: Article) -> int:
    """How many date expressions could not be resolved as the article's own day is unknown.

    0 where its date is known to the day, so that nothing is left open.
    """
    basis = _basis_of(article)
    if basis.exact:
        return 0
    known: dict[int, list[FoundDate]] = {}
    for one in _dates_on(article, basis):
        known.setdefault(one.line, []).append(one)
    supposed = basis._replace(day=basis.day or _SOME_DAY, exact=True, months=True)
    return sum(
        one.relative and not any(_overlap(one, other) for other in known.get(one.line, ()))
        for one in _dates_on(article, supposed)
    )


def _overlap(one: FoundDate, other: FoundDate) -> bool:
    return one.start < other.end and other.start < one.end


def _dates_on(article: Article, basis: Basis) -> tuple[FoundDate, ...]:
    found: list[FoundDate] = []
    for number, raw in enumerate(article.lines, start=1):
        line = _Line(number, raw, flattened(raw))
        if not _ANY.search(line.text):
            continue
        digest = article.is_digest(number)
        own = _item_basis(line, basis) if digest else basis
        found.extend(_of_line(line, own, _DIGEST_TRUST if digest else 1.0))
    return tuple(found)


def _of_line(line: _Line, basis: Basis, trust: float) -> Iterator[FoundDate]:
    age = _ITEM_AGE.search(line.text)
    limit = age.start() if age else len(line.text)
    own_date = basis.day.isoformat() if basis.day and basis.exact else None
    end_of_last = 0
    for start, end, read in sorted(_candidates(line, basis), key=lambda one: (one[0], -one[1])):
        if start < end_of_last or end > limit or read.date is None:
            continue
        end_of_last = end
        confidence = read.confidence * trust * (basis.trust if read.relative else 1.0)
        stamp = not read.relative and (
            _CLOCK.match(line.text, end) is not None
            or (read.date == own_date and _is_byline(line, start, end))
        )
        yield FoundDate(
            line.number, start, end, line.written[start:end], read.date, read.precision,
            read.relative, round(confidence, 3), read.reason, stamp,
        )  # fmt: skip


def _is_byline(line: _Line, start: int, end: int) -> bool:
    """Whether the article's date stands where it says when it was published, not when what."""
    lead = line.text[:start].strip()
    if _LABEL.search(lead):
        return True
    return not lead and _PLAIN.fullmatch(line.text[start:end]) is not None


def _candidates(line: _Line, basis: Basis) -> Iterator[tuple[int, int, Read]]:
    if _DIGIT.search(line.text):
        for one in written_dates(line.written):
            if not one.bare or (len(one.date) == 7 and "/" in line.text[one.start : one.end]):
                precision = PRECISION_OF_LENGTH[len(one.date)]
                yield one.start, one.end, Read(one.date, precision)
    for triggers, pattern, reader in FORMS:
        if not any(trigger in line.text for trigger in triggers):
            continue
        for match in pattern.finditer(line.text):
            read = reader(Place(match, line.text, basis))
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


def _item_basis(line: _Line, basis: Basis) -> Basis:
    """The day of one item in a list of headlines: its byline, or `・ 1 天前` at its end."""
    for one in written_dates(line.written):
        if len(one.date) == 10 and _CLOCK.match(line.text, one.end):
            return basis._replace(day=dt.date.fromisoformat(one.date), exact=True, months=True)
    age = _ITEM_AGE.search(line.text)
    if age is None or basis.day is None or not basis.exact or age[2][0] not in "天d":
        return basis
    return basis._replace(day=shifted(basis.day, -int(age[1])) or basis.day)
