"""What the map would say of a find, in our own words: never a sentence of the article.

Of the article's words only those that led to the find are quoted, and few of them.
"""

from __future__ import annotations

from typing import Final

from dashboard.errors import ProposalError
from dashboard.i18n import Text
from dashboard.proposals.models import (
    EventProposal,
    Identity,
    LayerProposal,
    RelationProposal,
    StanceProposal,
)
from dashboard.supply_chain.models import Layer, RelationKind, Stance

LONGEST_CLAIM: Final = 300
"""Characters."""
_QUOTED: Final = 12
"""Characters of a cue at most: too few to be anybody's sentence."""
STANCES: Final = {
    Stance.BENEFICIARY: Text("說它受惠", "tells it as a beneficiary"),
    Stance.AT_RISK: Text("說它承受壓力", "tells it as under pressure"),
    Stance.NEUTRAL: Text("未說利弊", "tells neither gain nor loss"),
    Stance.DISPUTED: Text("好壞說法並存", "tells both gain and loss"),
}
RELATIONS: Final = {
    RelationKind.SUPPLIER: Text("的供應商", "a supplier of"),
    RelationKind.CUSTOMER: Text("的客戶", "a customer of"),
    RelationKind.PARTNER: Text("的合作夥伴", "a partner of"),
    RelationKind.ACQUIRER: Text("的收購者", "the acquirer of"),
    RelationKind.INVESTOR: Text("的投資者", "an investor in"),
    RelationKind.COMPETITOR: Text("的競爭對手", "a competitor of"),
    RelationKind.EQUIPMENT: Text("的設備供應商", "a maker of tools for"),
    RelationKind.GOVERNMENT_SUPPORT: Text("的政府支持者", "a state backer of"),
}


def clean(text: str, longest: int | None = None) -> str:
    """One line of characters that can be seen, as it may stand in a file or a terminal."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if longest is not None and len(line) > longest:
        return line[: longest - 1].rstrip() + "…"
    return line


def own_claim(told: Text) -> Text:
    """A claim as a person words it.

    Raises
    ------
    ProposalError
        If it is blank, of several lines, or too long in either language.
    """
    for one in told:
        if not clean(one) or len(one.strip()) > LONGEST_CLAIM or len(one.splitlines()) > 1:
            raise ProposalError(
                Text(
                    f"主張要有中文與英文，各一行，最多 {LONGEST_CLAIM} 字",
                    "a claim needs one line in Chinese and one in English, each of at most "
                    f"{LONGEST_CLAIM} characters",
                )
            )
    return Text(*(clean(one) for one in told))


def joined(*parts: Text) -> Text:
    """Reasons or statements one after the other; empty ones are left out."""
    return Text(
        "；".join(one.zh for one in parts if one.zh), "; ".join(one.en for one in parts if one.en)
    )


def membership_claim(layer: Layer, place: LayerProposal, stance: StanceProposal) -> Text:
    """That the article names a company under a layer, and how it speaks of it."""
    zh, en = STANCES[stance.stance]
    seen, seen_en = quoted(place.cue)
    told, told_en = quoted(stance.cue)
    return Text(
        f"列在「{layer.name.zh}」之下{seen}，{zh}{told}。",
        f"Names it under {layer.name.en}{seen_en} and {en}{told_en}.",
    )


def mention_claim(stance: StanceProposal) -> Text:
    """That the article names a company without a place in a layer."""
    zh, en = STANCES[stance.stance]
    told, told_en = quoted(stance.cue)
    return Text(
        f"提到它，未說它屬於哪一層，{zh}{told}。",
        f"Names it without a place in a layer and {en}{told_en}.",
    )


def relation_claim(relation: RelationProposal, source: Identity, target: Identity) -> Text:
    """That the article tells one company as something of another."""
    zh, en = RELATIONS[relation.kind]
    told, told_en = quoted(relation.cue)
    ends, ends_en = (source.name.zh, target.name.zh), (source.name.en, target.name.en)
    return Text(
        clean(f"說{ends[0]}是{ends[1]}{zh}{told}。"),
        clean(f"Tells {ends_en[0]} as {en} {ends_en[1]}{told_en}."),
    )


def event_claim(event: EventProposal) -> Text:
    """That the article dates something; `title` is in our own words already."""
    told, told_en = quoted(event.cue)
    return Text(
        clean(f"說到這件事的日期{told}：{event.title.zh}。"),
        clean(f"Gives a date to it{told_en}: {event.title.en}."),
    )


def opposed_check(stance: Stance) -> Text:
    """Beside evidence that speaks against what the map has held so far."""
    zh, en = STANCES[stance]
    return Text(
        f"地圖原先所據的文件{zh}，與此相反。",
        f"The documents behind the map so far say otherwise: they {_plural(en)}.",
    )


def _plural(told: str) -> str:
    return told.replace("tells", "tell", 1)


def quoted(cue: str) -> Text:
    """A cue in brackets, cut short; nothing for an empty one."""
    words = clean(cue, _QUOTED)
    return Text(f"（「{words}」）", f" (“{words}”)") if words else Text("", "")
