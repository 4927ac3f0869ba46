"""The lines of a proposal that are accepted or refused one by one, and which are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import pandas as pd

from dashboard.i18n import LANGUAGES, Language, Text, translate
from dashboard.proposals.models import (
    CompanyProposal,
    EventProposal,
    Group,
    Identity,
    MembershipProposal,
    Proposal,
    RelationProposal,
)
from dashboard.proposals.rows import line_text
from dashboard.supply_chain.models import Kind, Stance
from dashboard.ui.propose_article import identity_title, visible

ACCEPT: Final = "accept"
COMPANY: Final = "company"
LAYER: Final = "layer"
STANCE: Final = "stance"
CONFIDENCE: Final = "confidence"
LINES: Final = "lines"
CUE: Final = "cue"
REASON: Final = "reason"
COLUMNS: Final = (ACCEPT, COMPANY, LAYER, CONFIDENCE, LINES, STANCE, CUE, REASON)
DEFAULT_THRESHOLD: Final = 0.8


class Section(StrEnum):
    """A table of lines: memberships by group, what is told of them, and who is merely named."""

    NEW_COMPANY = "new_company"
    NEW_MEMBERSHIP = "new_membership"
    CONFIRMS = "confirms"
    CONTRADICTS = "contradicts"
    RELATIONS = "relations"
    EVENTS = "events"
    MENTIONS = "mentions"
    """Companies that are merely named: no layer, whatever the group."""
    ACCEPTED = "accepted"
    """On the map already from this very article: nothing to choose."""


@dataclass(frozen=True)
class Line:
    """What one box stands for.

    Attributes
    ----------
    layer : its id; None for a mere mention, a relation or an event
    digest : all its evidence stands beside the article, or it is of that kind
    lines : of the article, counted from 1
    """

    id: str
    section: Section
    group: Group
    title: Text
    layer: str | None
    stance: Stance | None
    digest: bool
    confidence: float
    lines: tuple[int, ...]
    cue: str
    reason: Text


@dataclass(frozen=True)
class Decisions:
    """Which lines are accepted, and how the boxes came to be so.

    Attributes
    ----------
    threshold : confidence from which on the boxes were set
    digest : whether lines beside the article were set as well
    base : what the drawn tables began with
    generation : grows whenever they are to begin anew
    """

    accepted: frozenset[str] = frozenset()
    threshold: float = DEFAULT_THRESHOLD
    digest: bool = False
    base: frozenset[str] = frozenset()
    generation: int = 0

    def anew(self, accepted: Iterable[str]) -> Decisions:
        """With these lines accepted, and tables that begin with them."""
        chosen = frozenset(accepted)
        return replace(self, accepted=chosen, base=chosen, generation=self.generation + 1)

    def above(self, lines: Sequence[Line], threshold: float, *, digest: bool) -> Decisions:
        """With every line from a confidence on accepted, and no other.

        What contradicts the map is for a person to decide, line by line.
        """
        chosen = (
            one.id
            for one in lines
            if one.confidence >= threshold
            and one.section is not Section.ACCEPTED
            and one.group is not Group.CONTRADICTS
            and (digest or not one.digest)
        )
        return replace(self, threshold=threshold, digest=digest).anew(chosen)

    def edited(self, ids: Sequence[str], edits: Mapping[int, Mapping[str, Any]]) -> Decisions:
        """After boxes of one table were ticked.

        Parameters
        ----------
        ids : of the table's rows
        edits : row → changed column → value, as Streamlit tells them against `base`
        """
        ticked = {
            one for row, one in enumerate(ids) if edits.get(row, {}).get(ACCEPT, one in self.base)
        }
        return replace(self, accepted=(self.accepted - set(ids)) | ticked)


def lines_of(proposal: Proposal, digest: Iterable[int]) -> tuple[Line, ...]:
    """Every line of a proposal that can be accepted, the surest first within its table.

    Parameters
    ----------
    digest : the article's lines that are no part of it
    """
    beside = frozenset(digest)
    lines = [
        _membership(company, one) for company in proposal.companies for one in company.memberships
    ]
    lines += [_relation(one, proposal.identities, beside) for one in proposal.relations]
    lines += [_event(one, beside) for one in proposal.events]
    place = {section: number for number, section in enumerate(Section)}
    return tuple(sorted(lines, key=lambda one: (place[one.section], one.digest, -one.confidence)))


def _membership(company: CompanyProposal, one: MembershipProposal) -> Line:
    layer = next((each for each in company.layers if each.layer == one.layer), None)
    cues = [layer.cue if layer else "", company.stance.cue]
    return Line(
        id=one.id,
        section=_section(one),
        group=one.group,
        title=_named(company.found.identity),
        layer=one.layer,
        stance=one.stance,
        digest=one.kind is Kind.DIGEST,
        confidence=one.confidence,
        lines=one.lines,
        cue="、".join(dict.fromkeys(filter(None, cues))),
        reason=one.reason,
    )


def _section(one: MembershipProposal) -> Section:
    if one.accepted:
        return Section.ACCEPTED
    return Section.MENTIONS if one.layer is None else Section(one.group.value)


def _relation(
    one: RelationProposal, identities: Mapping[str, Identity], beside: frozenset[int]
) -> Line:
    names = [
        Text(*(_name(identities.get(end), end, language) for language in LANGUAGES))
        for end in (one.source, one.target)
    ]
    said = (
        translate(
            f"evidence.relation_{one.kind.value}",
            language,
            source=names[0].get(language),
            target=names[1].get(language),
        )
        for language in LANGUAGES
    )
    return Line(
        id=one.id,
        section=Section.ACCEPTED if one.accepted else Section.RELATIONS,
        group=one.group,
        title=Text(*said),
        layer=None,
        stance=None,
        digest=beside.issuperset(one.lines),
        confidence=one.confidence,
        lines=one.lines,
        cue=one.cue,
        reason=one.reason,
    )


def _event(one: EventProposal, beside: frozenset[int]) -> Line:
    return Line(
        id=one.id,
        section=Section.ACCEPTED if one.accepted else Section.EVENTS,
        group=one.group,
        title=Text(*(f"{one.date} {one.title.get(language)}" for language in LANGUAGES)),
        layer=None,
        stance=None,
        digest=beside.issuperset(one.lines),
        confidence=one.confidence,
        lines=one.lines,
        cue=" ".join(filter(None, (one.written, one.cue))),
        reason=one.reason,
    )


def _named(identity: Identity) -> Text:
    return Text(*(identity_title(identity, language) for language in LANGUAGES))


def _name(identity: Identity | None, own: str, language: Language) -> str:
    return own if identity is None else identity.name.get(language)


def table_of(
    lines: Sequence[Line],
    accepted: frozenset[str],
    layers: Mapping[str, str],
    language: Language,
) -> pd.DataFrame:
    """The lines as rows of `COLUMNS`.

    Parameters
    ----------
    layers : layer's id → its name
    """
    rows = [
        (
            one.id in accepted,
            _marked(one, language),
            "—" if one.layer is None else layers.get(one.layer, one.layer),
            round(one.confidence, 2),
            line_text(one.lines),
            "—" if one.stance is None else translate(f"evidence.stance_{one.stance}", language),
            visible(one.cue),
            visible(one.reason.get(language)),
        )
        for one in lines
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({ACCEPT: bool, CONFIDENCE: float})


def _marked(one: Line, language: Language) -> str:
    title = visible(one.title.get(language))
    if one.digest:
        title = f"{title} · {translate('propose.digest_sign', language)}"
    if one.section in (Section.RELATIONS, Section.EVENTS) and one.group is Group.CONFIRMS:
        title = f"{title} · {translate('propose.known', language)}"
    return title
