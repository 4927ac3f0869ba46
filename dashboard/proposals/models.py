"""What an article proposes for the map: finds, and what each of them would change.

Nothing here holds the article's text but the words that name a find: a written name, a cue.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from dashboard.i18n import Text
from dashboard.supply_chain.models import (
    Bottleneck,
    DateBasis,
    Direction,
    Kind,
    Precision,
    RelationKind,
    Stance,
    Status,
)


class How(StrEnum):
    """By what a company was recognised."""

    CODE = "code"
    """Its code or ticker stands beside it, or alone where only a code can stand."""
    NAME = "name"
    """A name that is no everyday word."""
    CONTEXT = "context"
    """An everyday word in the company of what only a company has."""


class Group(StrEnum):
    """What accepting a line would do to the map."""

    NEW_COMPANY = "new_company"
    NEW_MEMBERSHIP = "new_membership"
    CONFIRMS = "confirms"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True)
class Identity:
    """A company that can be found: on the map, on the exchanges' list, or by its ticker alone.

    Attributes
    ----------
    id : the map's key where it is on the map, else the symbol; unique within a proposal
    symbol : as Yahoo writes it; None for what cannot be bought
    key : of the map; None where it is not on it
    name : short official or map name; the same in both languages where only one is known
    board : id of `markets.BOARDS`; None where unknown or not listed
    industry : the exchange's own name of it, or empty
    """

    id: str
    symbol: str | None
    key: str | None
    name: Text
    board: str | None = None
    industry: str = ""
    status: Status = Status.LISTED


@dataclass(frozen=True, order=True)
class Mention:
    """Where a company is named.

    Attributes
    ----------
    line : counted from 1
    start, end : positions in the line (`line[start:end]`), the code and its brackets included
    written : what stands there: the name as it is written, without the code
    code : the code or ticker beside it, as written without brackets; empty without one
    how, confidence, reason : by what it was recognised, from 0 to 1, and in words
    """

    line: int
    start: int
    end: int
    written: str
    code: str
    how: How
    confidence: float
    reason: Text


@dataclass(frozen=True)
class FoundCompany:
    """One company with all its mentions, by line and position."""

    identity: Identity
    mentions: tuple[Mention, ...]
    kind: Kind
    """Core if any mention stands in the article itself."""

    @property
    def lines(self) -> tuple[int, ...]:
        return tuple(sorted({one.line for one in self.mentions}))

    @property
    def written(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.written for one in self.mentions))

    @property
    def confidence(self) -> float:
        return max(one.confidence for one in self.mentions)


@dataclass(frozen=True)
class Conflict:
    """A code and a name that do not fit each other; neither is mapped by it."""

    code: str
    name: str
    lines: tuple[int, ...]
    why: Text


@dataclass(frozen=True)
class Finds:
    """What `finding.find_companies` sees; companies in the order of their first mention."""

    companies: tuple[FoundCompany, ...]
    conflicts: tuple[Conflict, ...]

    @cached_property
    def by_id(self) -> dict[str, FoundCompany]:
        return {one.identity.id: one for one in self.companies}


@dataclass(frozen=True)
class LayerProposal:
    """A layer a company seems to belong to, the best first where there are several."""

    layer: str
    confidence: float
    cue: str
    """The words that led to it, as written."""
    lines: tuple[int, ...]
    reason: Text


@dataclass(frozen=True)
class StanceProposal:
    """How the article speaks of a company; neutral with an empty cue where nothing tells."""

    stance: Stance
    confidence: float
    cue: str
    lines: tuple[int, ...]
    reason: Text


@dataclass(frozen=True)
class RelationProposal:
    """`source` is … of `target`, both `Identity.id`."""

    source: str
    target: str
    kind: RelationKind
    confidence: float
    cue: str
    lines: tuple[int, ...]
    reason: Text
    group: Group = Group.NEW_MEMBERSHIP
    """CONFIRMS where the map has it; NEW_MEMBERSHIP where it does not."""
    accepted: bool = False
    """Whether the map has it from this very article."""

    @property
    def id(self) -> str:
        return f"relation:{self.source}:{self.kind}:{self.target}"


@dataclass(frozen=True)
class EventProposal:
    """Something dated; `companies` are `Identity.id`, `date` is written as in the map.

    Attributes
    ----------
    written : the date expression as written, such as 上週五 or 114年11月24日
    accepted : whether the map has it from this very article
    cue : the words that tell what happened; empty where only the date is clear
    title : in our own words, made of the cue's kind and the companies
    """

    date: str
    precision: Precision
    written: str
    lines: tuple[int, ...]
    companies: tuple[str, ...]
    layers: tuple[str, ...]
    direction: Direction
    cue: str
    title: Text
    confidence: float
    reason: Text
    bottleneck: Bottleneck | None = None
    group: Group = Group.NEW_MEMBERSHIP
    accepted: bool = False

    @property
    def id(self) -> str:
        return f"event:{self.date}:{'+'.join(self.companies)}:{self.lines[0]}"


@dataclass(frozen=True)
class MembershipProposal:
    """One line to accept or refuse: a company in a layer, or a mere mention.

    Attributes
    ----------
    layer : None where the article names the company without a place in a layer
    lines : those that the evidence cites
    claim : in our own words, never the article's
    accepted : whether the map has it from this very article
    """

    company: str
    layer: str | None
    stance: Stance
    kind: Kind
    group: Group
    lines: tuple[int, ...]
    confidence: float
    claim: Text
    reason: Text
    accepted: bool = False

    @property
    def id(self) -> str:
        return f"{self.company}:{self.layer or 'mention'}"


@dataclass(frozen=True)
class CompanyProposal:
    """One company: what was found, where it seems to belong, how it is spoken of.

    `group` is that of the whole company: new to the map; else contradicting it anywhere; else
    new in a layer; else confirming.
    """

    found: FoundCompany
    layers: tuple[LayerProposal, ...]
    stance: StanceProposal
    group: Group
    memberships: tuple[MembershipProposal, ...]

    @property
    def id(self) -> str:
        return self.found.identity.id


@dataclass(frozen=True)
class ProposedDocument:
    """The article as the map would keep it: no text of it.

    `digest` are runs of lines, and `given` is what a person told, as in
    `articles.models.Article`.
    """

    id: str
    title: str
    publisher: str
    date: str | None
    date_basis: DateBasis
    url: str | None
    file: str
    sha256: str
    line_count: int
    digest: tuple[tuple[int, int], ...] = ()
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Proposal:
    """Everything one article proposes, against the map whose hash is `map_digest`."""

    document: ProposedDocument
    companies: tuple[CompanyProposal, ...]
    relations: tuple[RelationProposal, ...]
    events: tuple[EventProposal, ...]
    conflicts: tuple[Conflict, ...]
    map_digest: str

    @cached_property
    def by_id(self) -> dict[str, CompanyProposal]:
        return {one.id: one for one in self.companies}

    @cached_property
    def identities(self) -> dict[str, Identity]:
        return {one.id: one.found.identity for one in self.companies}
