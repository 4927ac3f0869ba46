"""Where the documents disagree, with each other or with a checked fact: read from the map alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from dashboard.supply_chain.known import first_known
from dashboard.supply_chain.models import (
    CheckKind,
    Company,
    Direction,
    Event,
    Evidence,
    Relation,
    RelationKind,
    Stance,
    SupplyChain,
)


class Kind(StrEnum):
    """Why something is listed, the plainest first."""

    OPPOSED = "opposed"
    """Two passages of the documents say opposite things."""
    CHECKED = "checked"
    """A checked fact disagrees with the claim, or has overtaken it."""
    DISPUTED = "disputed"
    """The map calls a company's place in a layer disputed."""
    STANCES = "stances"
    """One document sees a company gain, another sees it at risk."""
    BOTH = "both"
    """Two companies compete and work together: no error."""


class Side(StrEnum):
    """Where a passage stands."""

    CLAIM = "claim"
    FOR = "for"
    AGAINST = "against"


@dataclass(frozen=True)
class Passage:
    """A piece of evidence on one side; `about` is the id of what carries it on the map."""

    side: Side
    about: str
    evidence: Evidence


@dataclass(frozen=True)
class Contradiction:
    """One disagreement.

    Attributes
    ----------
    id : of the URL; made of the kind and what it is about
    passages : at least one, in the order of sides and then of the documents' lines
    companies, layers, events : ids of what it is about, each once
    """

    id: str
    kind: Kind
    passages: tuple[Passage, ...]
    companies: tuple[str, ...]
    layers: tuple[str, ...]
    events: tuple[str, ...] = ()

    def on(self, *sides: Side) -> tuple[Evidence, ...]:
        """The evidence of some sides."""
        return tuple(one.evidence for one in self.passages if one.side in sides)


class _Carried(NamedTuple):
    """A piece of evidence and what it is about."""

    about: str
    evidence: Evidence
    companies: tuple[str, ...]
    layers: tuple[str, ...]
    events: tuple[str, ...] = ()


_TOGETHER: Final = frozenset(
    {
        RelationKind.PARTNER,
        RelationKind.CUSTOMER,
        RelationKind.SUPPLIER,
        RelationKind.EQUIPMENT,
        RelationKind.INVESTOR,
    }
)
_SIDES: Final = {Direction.POSITIVE: Side.FOR, Direction.NEGATIVE: Side.AGAINST}
_ORDER: Final = {kind: place for place, kind in enumerate(Kind)}


def contradictions(chain: SupplyChain) -> tuple[Contradiction, ...]:
    """Every contradiction of the map, by kind, then in the order of documents or companies.

    Of a map as it was known on a day only what was known by then.
    """
    found = (*_checked(chain), *_disputed(chain), *_stances(chain), *_both(chain))
    return tuple(sorted(found, key=lambda one: _ORDER[one.kind]))


def known_from(chain: SupplyChain, one: Contradiction) -> dt.date | None:
    """First day on which the contradiction can be seen; None where a document has no date.

    Where two sides must meet, the day on which the second is known.
    """
    if one.kind not in (Kind.OPPOSED, Kind.STANCES, Kind.BOTH):
        return first_known(chain, one.on(*Side))
    sides = {passage.side for passage in one.passages}
    days = [first_known(chain, one.on(side)) for side in sides]
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(days) else None


def cited(evidence: Iterable[Evidence]) -> dict[str, str]:
    """Document → all its cited lines, `"5-11, 41"`; ranges that overlap are one."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    for one in evidence:
        ranges.setdefault(one.document, []).extend(one.lines)
    merged: dict[str, str] = {}
    for document, own in ranges.items():
        kept: list[tuple[int, int]] = []
        for first, last in sorted(own):
            if kept and first <= kept[-1][1]:
                kept[-1] = (kept[-1][0], max(last, kept[-1][1]))
            else:
                kept.append((first, last))
        merged[document] = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in kept)
    return merged


# --- a check disagrees ----------------------------------------------------------------


def _checked(chain: SupplyChain) -> Iterator[Contradiction]:
    """Pieces with a check that contradicts, one entry for what stands in the same lines.

    The pieces of one event belong together too: it is one thing.
    """
    carried = [
        one
        for one in _carried(chain)
        if one.evidence.check is not None and one.evidence.check_kind is not CheckKind.ADDS
    ]
    groups = [
        sorted(group, key=lambda one: _place(chain, one.evidence)) for group in _joined(carried)
    ]
    for ordered in sorted(groups, key=lambda group: _place(chain, group[0].evidence)):
        opposed = [one for one in ordered if one.evidence.check_kind is CheckKind.OPPOSED]
        kind = Kind.OPPOSED if opposed else Kind.CHECKED
        first = ordered[0].evidence
        yield Contradiction(
            f"{kind}:{first.document}:{first.first_line}",
            kind,
            tuple(_sided(ordered)) if opposed else _passages(ordered, Side.CLAIM),
            *_each(ordered),
        )


def _carried(chain: SupplyChain) -> Iterator[_Carried]:
    for company in chain.companies:
        for member in company.memberships:
            about = f"membership:{company.key}:{member.layer}"
            for one in member.evidence:
                yield _Carried(about, one, (company.key,), (member.layer,))
        for one in company.mentions:
            yield _Carried(f"mention:{company.key}", one, (company.key,), ())
    for relation in chain.relations:
        for one in relation.evidence:
            yield _Carried(_relation_id(relation), one, (relation.source, relation.target), ())
    for event in chain.events:
        for one in event.evidence:
            yield _event_piece(event, one)


def _relation_id(relation: Relation) -> str:
    return f"relation:{relation.source}:{relation.kind}:{relation.target}"


def _event_piece(event: Event, evidence: Evidence) -> _Carried:
    return _Carried(f"event:{event.id}", evidence, event.companies, event.layers, (event.id,))


def _joined(pieces: Sequence[_Carried]) -> list[list[_Carried]]:
    """Pieces in groups: those of the same lines, and those of one event."""
    groups: list[list[_Carried]] = []
    for piece in pieces:
        near = [group for group in groups if any(_same(piece, other) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([other for group in near for other in group] + [piece])
    return groups


def _same(one: _Carried, other: _Carried) -> bool:
    return bool(set(one.events) & set(other.events)) or overlap(one.evidence, other.evidence)


def overlap(one: Evidence, other: Evidence) -> bool:
    """Whether two pieces cite a line in common."""
    return one.document == other.document and any(
        first <= end and start <= last for first, last in one.lines for start, end in other.lines
    )


def _sided(ordered: Sequence[_Carried]) -> Iterator[Passage]:
    """The first passage and what stands in its lines claim it, the rest is against it."""
    first = [ordered[0]]
    for piece in ordered[1:]:
        if any(overlap(piece.evidence, one.evidence) for one in first):
            first.append(piece)
    yield from _passages(first, Side.CLAIM)
    yield from _passages([one for one in ordered if one not in first], Side.AGAINST)


# --- stances --------------------------------------------------------------------------


def _disputed(chain: SupplyChain) -> Iterator[Contradiction]:
    """Disputed memberships, with the events that speak for and against them."""
    for company in chain.companies:
        for member in company.memberships:
            if member.stance is not Stance.DISPUTED:
                continue
            about = f"membership:{company.key}:{member.layer}"
            own = [_Carried(about, one, (company.key,), (member.layer,)) for one in member.evidence]
            told = list(_events_of(chain, company, member.layer))
            passages = (
                *_passages(own, Side.CLAIM),
                *(
                    passage
                    for side in (Side.FOR, Side.AGAINST)
                    for passage in _passages([one for way, one in told if way is side], side)
                ),
            )
            yield Contradiction(
                f"{Kind.DISPUTED}:{company.key}:{member.layer}",
                Kind.DISPUTED,
                passages,
                (company.key,),
                (member.layer,),
                tuple(dict.fromkeys(name for _, one in told for name in one.events)),
            )


def _events_of(chain: SupplyChain, company: Company, layer: str) -> Iterator[tuple[Side, _Carried]]:
    for event in chain.events:
        side = _SIDES.get(event.direction)
        if side is not None and company.key in event.companies and layer in event.layers:
            for one in event.evidence:
                yield side, _event_piece(event, one)


def _stances(chain: SupplyChain) -> Iterator[Contradiction]:
    """Companies that different documents see gain and see at risk."""
    for company in chain.companies:
        told = {
            side: [
                _Carried(f"membership:{company.key}:{member.layer}", one, (), (member.layer,))
                for member in company.memberships
                if member.stance is stance
                for one in member.evidence
            ]
            for side, stance in ((Side.FOR, Stance.BENEFICIARY), (Side.AGAINST, Stance.AT_RISK))
        }
        gains, risks = ({one.evidence.document for one in told[side]} for side in told)
        if gains and risks and gains != risks:
            yield Contradiction(
                f"{Kind.STANCES}:{company.key}",
                Kind.STANCES,
                tuple(one for side in told for one in _passages(told[side], side)),
                (company.key,),
                _each(told[Side.FOR] + told[Side.AGAINST])[1],
            )


def _both(chain: SupplyChain) -> Iterator[Contradiction]:
    """Pairs of companies that compete and work together."""
    pairs: dict[tuple[str, ...], list[Relation]] = {}
    for relation in chain.relations:
        pairs.setdefault(tuple(sorted((relation.source, relation.target))), []).append(relation)
    for pair, relations in pairs.items():
        sides = {
            Side.FOR: [one for one in relations if one.kind in _TOGETHER],
            Side.AGAINST: [one for one in relations if one.kind is RelationKind.COMPETITOR],
        }
        if all(sides.values()):
            passages = tuple(
                Passage(side, _relation_id(relation), one)
                for side, own in sides.items()
                for relation in own
                for one in relation.evidence
            )
            yield Contradiction(f"{Kind.BOTH}:{':'.join(pair)}", Kind.BOTH, passages, pair, ())


# --- parts ----------------------------------------------------------------------------


def _passages(carried: Iterable[_Carried], side: Side) -> tuple[Passage, ...]:
    return tuple(Passage(side, one.about, one.evidence) for one in carried)


def _each(
    carried: Sequence[_Carried],
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Companies, layers and events of some pieces, each once."""
    return (
        tuple(dict.fromkeys(name for one in carried for name in one.companies)),
        tuple(dict.fromkeys(name for one in carried for name in one.layers)),
        tuple(dict.fromkeys(name for one in carried for name in one.events)),
    )


def _place(chain: SupplyChain, evidence: Evidence) -> tuple[int, int]:
    order = list(chain.document_by_id)
    return order.index(evidence.document), evidence.first_line
