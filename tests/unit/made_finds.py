"""Finds as other modules would make them, for what is built of them."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.models import (
    EventProposal,
    Finds,
    FoundCompany,
    How,
    Identity,
    LayerProposal,
    Mention,
    RelationProposal,
    StanceProposal,
)
from dashboard.supply_chain.models import (
    DateBasis,
    Direction,
    Kind,
    Precision,
    RelationKind,
    Stance,
    Status,
)

WHY = Text("理由", "because")
HASH = "f" * 64


def article(
    lines: int = 30,
    digest: tuple[tuple[int, int], ...] = (),
    title: str = "液冷族群全面起飛",
    publisher: str = "某財經日報",
    date: str | None = "2026-03-12",
    file: str = "liquid-cooling.txt",
    url: str | None = "https://example.com/a?b=1",
    sha256: str = HASH,
) -> Article:
    basis = DateBasis.STATED if date else DateBasis.UNKNOWN
    texts = tuple(f"第 {n} 行的文字不屬於任何人的地圖條目" for n in range(1, lines + 1))
    return Article(texts, digest, None, title, publisher, date, basis, url, file, sha256)


def identity(
    symbol: str | None,
    zh: str,
    en: str | None = None,
    key: str | None = None,
    board: str | None = None,
    status: Status = Status.LISTED,
) -> Identity:
    return Identity(key or symbol or zh, symbol, key, Text(zh, en or zh), board, "", status)


def found(
    who: Identity, lines: Sequence[int], confidence: float = 1.0, kind: Kind = Kind.CORE
) -> FoundCompany:
    mentions = tuple(
        Mention(n, 0, len(who.name.zh), who.name.zh, "", How.NAME, confidence, WHY) for n in lines
    )
    return FoundCompany(who, mentions, kind)


def finds(*companies: FoundCompany) -> Finds:
    return Finds(companies, ())


def layer(name: str, *lines: int, confidence: float = 0.9, cue: str = "水冷板") -> LayerProposal:
    return LayerProposal(name, confidence, cue, lines, WHY)


def stance(told: Stance, *lines: int, cue: str = "受惠") -> StanceProposal:
    return StanceProposal(told, 0.8, cue, lines, WHY)


def relation(
    source: str, target: str, *lines: int, kind: RelationKind = RelationKind.SUPPLIER
) -> RelationProposal:
    return RelationProposal(source, target, kind, 0.7, "供應", lines, WHY)


def event(
    date: str,
    companies: Sequence[str],
    *lines: int,
    precision: Precision = Precision.DAY,
    layers: Sequence[str] = (),
    direction: Direction = Direction.POSITIVE,
) -> EventProposal:
    return EventProposal(
        date, precision, "上週五", lines, tuple(companies), tuple(layers), direction, "法說會",
        Text("召開法說會", "Holds its investor conference"), 0.8, WHY,
    )  # fmt: skip
