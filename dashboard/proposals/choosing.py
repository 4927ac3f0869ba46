"""Lines of a proposal by their ids, and whether they can be accepted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from dashboard.errors import ProposalError
from dashboard.i18n import Text
from dashboard.proposals.claims import clean
from dashboard.proposals.documents import all_digest
from dashboard.proposals.models import (
    EventProposal,
    Group,
    MembershipProposal,
    Proposal,
    RelationProposal,
)
from dashboard.supply_chain.faults import shortened
from dashboard.supply_chain.models import Document, SupplyChain

Line = MembershipProposal | RelationProposal | EventProposal
MAP_CHANGED: Final = Text(
    "提案產生之後，地圖已經變動；請重新產生提案",
    "the map has changed since the proposal was made; make the proposal anew",
)
_NOTHING: Final = Text(
    "沒有接受任何一條；請至少選一條", "no line of the proposal is accepted; choose at least one"
)
_ALL_THERE: Final = Text(
    "這些條目先前都已接受，地圖上都有了",
    "every one of these lines was accepted before and is on the map already",
)
_COMPARED: Final = 200


def lines_of(proposal: Proposal) -> dict[str, Line]:
    """Every line that can be accepted, by its id: memberships, relations, events."""
    lines: dict[str, Line] = {}
    for company in proposal.companies:
        lines.update((one.id, one) for one in company.memberships)
    lines.update((one.id, one) for one in proposal.relations)
    lines.update((one.id, one) for one in proposal.events)
    return lines


def is_digest(line: Line, proposal: Proposal) -> bool:
    """Whether all its evidence stands beside the article: an advert, a list of headlines."""
    return all_digest(line.lines, proposal.document)


def is_contradiction(line: Line) -> bool:
    """Whether it says the opposite of the map: for a person to decide, line by line."""
    return line.group is Group.CONTRADICTS and not line.accepted


def check_accepted(chain: SupplyChain, proposal: Proposal, accepted: Collection[str]) -> None:
    """Raise where these lines cannot be accepted; see `applying.applied`."""
    if chain.digest != proposal.map_digest:
        raise ProposalError(MAP_CHANGED)
    lines = lines_of(proposal)
    check_known(sorted(accepted), lines)
    if not accepted:
        raise ProposalError(_NOTHING)
    if all(lines[one].accepted for one in accepted):
        raise ProposalError(_ALL_THERE)


def check_known(names: Iterable[str], lines: Collection[str]) -> None:
    """Raise for the first name that is no line's, with those that look like it."""
    for one in names:
        if one not in lines:
            raise ProposalError(_unknown(one, sorted(lines)))


def already_there(proposal: Proposal, document: Document) -> Text:
    """That an article is on the map, as what, and how many of its lines are."""
    title = Text(*(shortened(one) for one in document.title))
    there = sum(one.accepted for one in lines_of(proposal).values())
    return Text(
        f"這篇文章已在地圖上，文件代號是 {document.id}（{title.zh}）；{there} 條先前已接受，"
        "其餘可以再加入。",
        f"This article is on the map already as {document.id} ({title.en}); "
        f"{there} of its lines {'was' if there == 1 else 'were'} accepted before, the others can "
        "be added.",
    )


def _unknown(name: str, lines: Sequence[str]) -> Text:
    """A sentence about an id that is none, with those that look like it."""
    of_company = [one for one in lines if one.startswith(f"{name}:")]
    near = (of_company or get_close_matches(name[:_COMPARED], lines, n=3))[:3]
    shown = shortened(clean(name))
    if near:
        return Text(
            f"提案裡沒有「{shown}」這一條；是不是 {' 或 '.join(near)}？",
            f"line {shown!r} is not in the proposal; did you mean {' or '.join(near)}?",
        )
    return Text(
        f"提案裡沒有「{shown}」這一條；代號見：python -m dashboard map propose SOURCE",
        f"line {shown!r} is not in the proposal; its ids are told by: "
        "python -m dashboard map propose SOURCE",
    )
