"""The map as frozen models: documents, stages, layers, companies, relations, events.

`loading.load_map` reads them from `tickers.yaml`; nothing here reads a file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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


def _text(value: Any) -> Any:
    if isinstance(value, Mapping) and set(value) == {"zh", "en"}:
        return Text(zh=value["zh"], en=value["en"])
    return value


def _line_ranges(value: Any) -> Any:
    """`17`, `"17-19"` or `"6, 17-19"` as ((first, last), …)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return ((value, value),)
    if isinstance(value, str):
        ranges = []
        for part in value.split(","):
            first, _, last = part.strip().partition("-")
            if not (first.isdigit() and (not last or last.isdigit())):
                raise ValueError("lines are written 17, 17-19 or 6, 17-19")
            ranges.append((int(first), int(last or first)))
        return tuple(ranges)
    return value


BilingualText = Annotated[Text, BeforeValidator(_text)]
LineRanges = Annotated[tuple[tuple[int, int], ...], BeforeValidator(_line_ranges)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Document(_Model):
    id: Slug
    title: BilingualText
    publisher: BilingualText
    date: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    """As exactly as it is known: 2025, 2025-08 or 2025-11-25."""
    date_basis: DateBasis
    url: str | None = None
    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    line_count: int = Field(gt=0)
    digest_from: int | None = None
    """First line of a scraped list of unrelated headlines; mentions from it on are digest."""
    note: BilingualText | None = None


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

    @property
    def line_text(self) -> str:
        """`"6, 17-19"`."""
        return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in self.lines)


class Listing(_Model):
    symbol: str = Field(pattern=r"^[0-9A-Z][0-9A-Z.\-]*$")
    board: str
    valid_from: dt.date | None = None
    """First session on this board, where it is known and recent."""
    valid_to: dt.date | None = None

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
    aliases: tuple[str, ...] = ()
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
    date: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2}(-\d{2})?|-Q[1-4])?$")
    precision: Precision
    session: dt.date | None = None
    """First Taiwan session able to react; only where the day is known."""
    layers: tuple[Slug, ...] = ()
    companies: tuple[Slug, ...] = ()
    direction: Direction
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
