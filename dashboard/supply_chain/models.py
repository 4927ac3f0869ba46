"""The map as frozen models: documents, stages, layers, companies, relations, events.

`loading.load_map` reads them from `tickers.yaml`; nothing here reads a file.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from dashboard.i18n import Text
from dashboard.markets import BOARDS, MARKETS


class DateBasis(StrEnum):
    STATED = "stated"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


class Bottleneck(StrEnum):
    POWER = "power"
    CHIPS = "chips"
    MEMORY = "memory"
    PACKAGING = "packaging"
    COOLING = "cooling"
    GEOGRAPHY = "geography"


class Status(StrEnum):
    LISTED = "listed"
    PRIVATE = "private"
    DELISTED = "delisted"
    STATE = "state"
    """A state body: it acts, it cannot be bought."""


class Stance(StrEnum):
    BENEFICIARY = "beneficiary"
    AT_RISK = "at_risk"
    NEUTRAL = "neutral"
    DISPUTED = "disputed"


class Kind(StrEnum):
    CORE = "core"
    DIGEST = "digest"


class RelationKind(StrEnum):
    """Read as: the source is … of the target."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    PARTNER = "partner"
    ACQUIRER = "acquirer"
    INVESTOR = "investor"
    COMPETITOR = "competitor"
    EQUIPMENT = "equipment"
    GOVERNMENT_SUPPORT = "government_support"


class CheckKind(StrEnum):
    """What a check does to the claim beside it."""

    DISAGREES = "disagrees"
    OPPOSED = "opposed"
    """Another passage of the documents says otherwise."""
    ADDS = "adds"
    """No contradiction: a later name, the exact figure, who is meant."""


class Precision(StrEnum):
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"
    MIXED = "mixed"
    NEUTRAL = "neutral"


_LINES = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _mapping(value: Any) -> Any:
    if isinstance(value, list | tuple) and not isinstance(value, Text):
        raise ValueError("is a list, not two texts")
    return value


def _both(text: Text) -> Text:
    if not (text.zh and text.en):
        raise ValueError("is blank in a language")
    return text


def _line_ranges(value: Any) -> Any:
    """`17`, `"17-19"` or `"6, 17-19"` as ((first, last), …)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return ((value, value),)
    if not isinstance(value, str):
        return value
    ranges = []
    for part in value.split(","):
        match = _LINES.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise ValueError("are no line numbers")
        ranges.append((first, last))
    return tuple(ranges)


def _iso_day(value: Any) -> Any:
    """Only YYYY-MM-DD: a bare number would be read as seconds since 1970."""
    if isinstance(value, str) and not _DAY.fullmatch(value.strip()):
        raise ValueError("is no date")
    return value


BilingualText = Annotated[Text, BeforeValidator(_mapping), AfterValidator(_both)]
LineRanges = Annotated[
    tuple[tuple[int, int], ...], BeforeValidator(_line_ranges), Field(min_length=1)
]
Day = Annotated[dt.date, BeforeValidator(_iso_day)]
Alias = Annotated[str, Field(min_length=1)]
SLUG_PATTERN: Final = r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$"
Slug = Annotated[str, Field(pattern=SLUG_PATTERN)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Document(_Model):
    id: Slug
    title: BilingualText
    publisher: BilingualText
    date: str | None = Field(default=None, pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")
    """As exactly as it is known: 2025, 2025-08 or 2025-11-25."""
    date_basis: DateBasis
    url: str | None = Field(default=None, pattern=r"^https?://[^\s<>()\[\]\\]+$")
    """Shown as a link, so only of the web and without what would end one."""
    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    line_count: int = Field(gt=0)
    digest_from: int | None = Field(default=None, gt=0)
    """First line of a scraped list of unrelated headlines; mentions from it on are digest."""
    digest_lines: LineRanges | None = None
    """Other lines that are no part of it: navigation, adverts."""
    note: BilingualText | None = None

    @property
    def known_on(self) -> dt.date | None:
        """First day on which what it says can be known: the day after its date.

        After the end of the month or year where only that is known; None without a date.
        """
        if self.date is None or self.date_basis is DateBasis.UNKNOWN:
            return None
        year, *rest = (int(part) for part in self.date.split("-"))
        if len(rest) == 2:
            return dt.date(year, *rest) + dt.timedelta(days=1)
        month = rest[0] if rest else 12
        return dt.date(year + month // 12, month % 12 + 1, 1)

    def is_digest(self, evidence: Evidence) -> bool:
        """Whether all the cited lines stand in the digest part."""
        return all(self._in_digest(first, last) for first, last in evidence.lines)

    def _in_digest(self, first: int, last: int) -> bool:
        if self.digest_from is not None and first >= self.digest_from:
            return True
        return any(start <= first and last <= end for start, end in self.digest_lines or ())


class Stage(_Model):
    id: Slug
    name: BilingualText


class Layer(_Model):
    id: Slug
    stage: Slug
    name: BilingualText
    bottleneck: Bottleneck
    definition: BilingualText


class Evidence(_Model):
    """Where a document says it, in our own words; `check` where a checked fact disagrees."""

    document: Slug
    lines: LineRanges
    claim: BilingualText
    check: BilingualText | None = None
    check_kind: CheckKind = CheckKind.DISAGREES

    @property
    def first_line(self) -> int:
        return min(first for first, _ in self.lines)

    @property
    def last_line(self) -> int:
        return max(last for _, last in self.lines)

    @property
    def line_text(self) -> str:
        """`"6, 17-19"`."""
        return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in self.lines)


class Listing(_Model):
    symbol: str = Field(pattern=r"^[0-9A-Z][0-9A-Z.\-]*$")
    board: str
    valid_from: Day | None = None
    """First session on this board, where it is known and recent."""
    valid_to: Day | None = None

    @property
    def market(self) -> str:
        return BOARDS[self.board].market

    @property
    def currency(self) -> str:
        return MARKETS[self.market].currency


class Membership(_Model):
    layer: Slug
    primary: bool
    role: BilingualText
    stance: Stance
    kind: Kind
    evidence: tuple[Evidence, ...] = Field(min_length=1)


class Company(_Model):
    key: Slug
    name: BilingualText
    aliases: tuple[Alias, ...] = ()
    status: Status
    listings: tuple[Listing, ...] = ()
    memberships: tuple[Membership, ...] = ()
    mentions: tuple[Evidence, ...] = ()
    """Where it is named without a place in a layer."""
    note: BilingualText | None = None

    @property
    def listing(self) -> Listing | None:
        """The listing that is valid now; None for what cannot be bought."""
        return next((one for one in self.listings if one.valid_to is None), None)

    @property
    def symbol(self) -> str | None:
        return self.listing.symbol if self.listing else None


class Relation(_Model):
    source: Slug
    target: Slug
    kind: RelationKind
    evidence: tuple[Evidence, ...] = Field(min_length=1)


class Event(_Model):
    id: Slug
    title: BilingualText
    date: str | None = Field(default=None, pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?|-Q[1-4])?$")
    precision: Precision
    session: Day | None = None
    """First Taiwan session able to react; only where the day is known."""
    layers: tuple[Slug, ...] = ()
    companies: tuple[Slug, ...] = ()
    direction: Direction
    bottleneck: Bottleneck | None = None
    """What the evidence calls scarce or limiting, where it calls anything so."""
    evidence: tuple[Evidence, ...] = Field(min_length=1)


class SupplyChain(_Model):
    """The whole map; `digest` is the hash of the file it was read from."""

    documents: tuple[Document, ...] = ()
    stages: tuple[Stage, ...] = ()
    layers: tuple[Layer, ...] = ()
    companies: tuple[Company, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()
    digest: str = ""

    @cached_property
    def document_by_id(self) -> dict[str, Document]:
        return {one.id: one for one in self.documents}

    @cached_property
    def stage_by_id(self) -> dict[str, Stage]:
        return {one.id: one for one in self.stages}

    @cached_property
    def layer_by_id(self) -> dict[str, Layer]:
        return {one.id: one for one in self.layers}

    @cached_property
    def company_by_key(self) -> dict[str, Company]:
        return {one.key: one for one in self.companies}

    @cached_property
    def company_by_symbol(self) -> dict[str, Company]:
        return {listing.symbol: one for one in self.companies for listing in one.listings}

    def symbols(self, market: str | None = None) -> tuple[str, ...]:
        """Symbols of the listings valid now, in the map's order; of one market if given."""
        listings = [one.listing for one in self.companies if one.listing]
        return tuple(x.symbol for x in listings if market is None or x.market == market)
