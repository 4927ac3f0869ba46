"""What a language model's answer may change: the order of layers that were found, and words.

The article is anybody's text, and what a model makes of it can be steered by it. So nothing in
an answer is obeyed: it is held against what was found, and what does not fit is dropped and
counted. It can add no company, layer, line, relation, event or symbol, because there is no
place here where one could come from, and raise no confidence. A claim names no other company
that is known here and no number of its own, and is no copy of a run of the article. The worst
that a hostile article reaches is a lower place of a layer that was found, or a claim of plain
words about the company, true or not, that a person reads before accepting it.
"""

from __future__ import annotations

import dataclasses
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.chinese import HAN
from dashboard.proposals.claims import clean, joined
from dashboard.proposals.copying import copied
from dashboard.proposals.excerpts import sentences_of
from dashboard.proposals.foreign_words import Names, names_another, new_numbers
from dashboard.proposals.models import (
    CompanyProposal,
    LayerProposal,
    MembershipProposal,
    Proposal,
)
from dashboard.supply_chain.models import SupplyChain

LONGEST: Final = (120, 300)
"""Characters of a claim at most, in Chinese and in English."""
_CHINESE: Final = re.compile(HAN)
_LATIN: Final = re.compile(r"[A-Za-z]{2}")
_MARKS: Final = re.compile(r"[<>\[\]{}|\\`*_#]|&\w+;|://|\bwww\.|@", re.IGNORECASE)
_MOST_NAMED: Final = 3
_RERANKED: Final = Text("語言模型重新排序", "re-ranked by the language model")
_REWORDED: Final = Text("說法由語言模型撰寫", "the claim is worded by the language model")


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Claim(_Strict):
    zh: str
    en: str


class _Place(_Strict):
    layer: str
    weight: float = Field(ge=0, le=1, allow_inf_nan=False)
    claim: _Claim | None = None


class _Company(_Strict):
    id: str
    layers: list[_Place] = Field(max_length=50)


class _Answer(_Strict):
    companies: list[Any] = Field(max_length=500)


class _Dropped(StrEnum):
    MALFORMED = "malformed"
    UNKNOWN_COMPANY = "unknown_company"
    TWICE = "twice"
    UNKNOWN_LAYER = "unknown_layer"
    INCOMPLETE = "incomplete"
    LONG = "long"
    MARKS = "marks"
    LANGUAGE = "language"
    COPIED = "copied"
    ANOTHER = "another"
    NUMBER = "number"


_SAID: Final[Mapping[_Dropped, Text]] = {
    _Dropped.MALFORMED: Text("格式不符", "entries not of the form that was asked for"),
    _Dropped.UNKNOWN_COMPANY: Text(
        "指向沒有找到的公司", "entries about a company that was not found"
    ),
    _Dropped.TWICE: Text("重複回答同一家公司", "entries about a company for the second time"),
    _Dropped.UNKNOWN_LAYER: Text("指向沒有找到的層級", "layers that were not found there"),
    _Dropped.INCOMPLETE: Text(
        "沒有剛好評定每個層級一次，維持原排序",
        "weights that are not one for each layer, so the order stays",
    ),
    _Dropped.LONG: Text("說法空白或過長", "claims that are blank or too long"),
    _Dropped.MARKS: Text("說法含有標記或控制字元", "claims with markup or control characters"),
    _Dropped.LANGUAGE: Text(
        "說法不是正體中文與英文", "claims not in Traditional Chinese and English"
    ),
    _Dropped.COPIED: Text("說法照抄原文", "claims copied from the article"),
    _Dropped.ANOTHER: Text("說法提到別的公司", "claims that name another company"),
    _Dropped.NUMBER: Text(
        "說法有原文句子沒有的數字", "claims with a number that the sentences do not have"
    ),
}


@dataclass(frozen=True)
class Assisted:
    """The proposal, and what was done or dropped, one sentence each."""

    proposal: Proposal
    notes: tuple[Text, ...]


@dataclass
class _Tally:
    """What was dropped, with the companies it was about."""

    names: dict[_Dropped, list[Text | None]] = field(default_factory=dict)

    def add(self, dropped: _Dropped, name: Text | None = None) -> None:
        self.names.setdefault(dropped, []).append(name)

    def notes(self) -> Iterator[Text]:
        for dropped in _Dropped:
            if names := self.names.get(dropped):
                yield _dropped_note(dropped, names)


def _dropped_note(dropped: _Dropped, names: Sequence[Text | None]) -> Text:
    known = list(dict.fromkeys(one for one in names if one is not None))
    more = len(known) > _MOST_NAMED
    zh = "、".join(clean(one.zh) for one in known[:_MOST_NAMED]) + ("…" if more else "")
    en = ", ".join(clean(one.en) for one in known[:_MOST_NAMED]) + (", …" if more else "")
    said, count = _SAID[dropped], len(names)
    return Text(
        f"語言模型的回覆有 {count} 處捨棄：{said.zh}" + (f"（{zh}）。" if zh else "。"),
        f"Dropped from the language model's answer ({count}): {said.en}"
        + (f" ({en})." if en else "."),
    )


def entries_of(content: str) -> list[Any] | None:
    """The entries of an answer, each to be looked at alone; None where it is no such JSON."""
    try:
        return _Answer.model_validate_json(content).companies
    except ValidationError:
        return None


def advised(
    proposal: Proposal,
    article: Article,
    chain: SupplyChain,
    asked: Iterable[str],
    entries: Iterable[Any],
) -> Assisted:
    """The proposal with what of an answer may be followed.

    Layers and their lines take the order of the weights. No confidence rises: each becomes the
    lowest of its own, its weight and the one before it. A layer that is refused keeps its line,
    at 0.

    Parameters
    ----------
    asked : ids of the companies that were asked about
    entries : as `entries_of` gives them
    """
    tally = _Tally()
    answers = _sound(proposal, frozenset(asked), entries, tally)
    layers = {id_: _reranked(proposal.by_id[id_], one, tally) for id_, one in answers.items()}
    moved = {id_ for id_, new in layers.items() if new != proposal.by_id[id_].layers}
    claims = _claims(proposal, article, chain, answers, tally)
    if moved:
        companies = tuple(
            _in_order(one, layers[one.id]) if one.id in moved else one for one in proposal.companies
        )
        proposal = dataclasses.replace(proposal, companies=companies)
    proposal, worded = _reworded(proposal, claims)
    done = Text(
        f"語言模型重排了 {len(moved)} 家公司的層級，撰寫了 {worded} 則說法。",
        f"Companies whose layers the language model re-ranked: {len(moved)}; "
        f"claims that it worded: {worded}.",
    )
    return Assisted(proposal, (done, *tally.notes()))


def _sound(
    proposal: Proposal, asked: frozenset[str], entries: Iterable[Any], tally: _Tally
) -> dict[str, _Company]:
    """Entries of the form that was asked for, each about another company that was asked about."""
    sound: dict[str, _Company] = {}
    for entry in entries:
        try:
            answer = _Company.model_validate(entry)
        except ValidationError:
            tally.add(_Dropped.MALFORMED)
            continue
        if answer.id not in asked:
            tally.add(_Dropped.UNKNOWN_COMPANY)
        elif answer.id in sound:
            tally.add(_Dropped.TWICE, proposal.identities[answer.id].name)
        else:
            sound[answer.id] = answer
    return sound


def _reranked(
    company: CompanyProposal, answer: _Company, tally: _Tally
) -> tuple[LayerProposal, ...]:
    found, name = company.layers, company.found.identity.name
    known = {one.layer for one in found}
    told = [one for one in answer.layers if one.layer in known]
    if len(told) < len(answer.layers):
        tally.add(_Dropped.UNKNOWN_LAYER, name)
    weights = {one.layer: float(one.weight) for one in told}
    if len(told) != len(known) or weights.keys() != known:
        tally.add(_Dropped.INCOMPLETE, name)
        return found
    order = sorted(found, key=lambda one: -weights[one.layer])
    moved: list[LayerProposal] = []
    lowest = 1.0
    for one, before in zip(order, found, strict=True):
        lowest = min(lowest, one.confidence, weights[one.layer])
        moved.append(_moved(one, lowest, stays=one is before))
    return tuple(moved)


def _moved(layer: LayerProposal, confidence: float, *, stays: bool) -> LayerProposal:
    if stays and confidence == layer.confidence:
        return layer
    reason = joined(layer.reason, _RERANKED)
    # Rounded down: no confidence rises.
    return dataclasses.replace(layer, confidence=_down(confidence), reason=reason)


def _down(confidence: float) -> float:
    return math.floor(confidence * 10_000 + 1e-6) / 10_000


def _in_order(company: CompanyProposal, layers: tuple[LayerProposal, ...]) -> CompanyProposal:
    """The company with its layers re-ranked, and its very lines in that order."""
    places = {one.layer: (n, one) for n, one in reversed(list(enumerate(layers)))}
    before = {one.layer: one for one in reversed(company.layers)}

    def line_of(line: MembershipProposal) -> MembershipProposal:
        if line.layer is None or places[line.layer][1] == before[line.layer]:
            return line
        told = round(company.found.confidence * places[line.layer][1].confidence, 2)
        return dataclasses.replace(
            line, confidence=min(line.confidence, told), reason=joined(line.reason, _RERANKED)
        )

    lines = sorted(company.memberships, key=lambda one: places[one.layer][0] if one.layer else 0)
    return dataclasses.replace(company, layers=layers, memberships=tuple(map(line_of, lines)))


def _claims(
    proposal: Proposal,
    article: Article,
    chain: SupplyChain,
    answers: Mapping[str, _Company],
    tally: _Tally,
) -> dict[tuple[str, str], Text]:
    """The claims that may stand in a map, by company and layer."""
    given: dict[tuple[str, str], Text] = {}
    for id_, answer in answers.items():
        company = proposal.by_id[id_]
        for place in answer.layers:
            if place.claim is None:
                continue
            claim = Text(place.claim.zh.strip(), place.claim.en.strip())
            if (fault := _fault(claim)) is None:
                given[id_, place.layer] = claim
            else:
                tally.add(fault, company.found.identity.name)
    if not given:
        return given
    copies, names = copied(given.values(), article), Names(chain)
    for key, claim in list(given.items()):
        company = proposal.by_id[key[0]]
        wrong = _Dropped.COPIED if claim in copies else None
        if wrong is None and names_another(claim, company, proposal, names):
            wrong = _Dropped.ANOTHER
        if wrong is None and new_numbers(claim, _told_of(company, article)):
            wrong = _Dropped.NUMBER
        if wrong is not None:
            tally.add(wrong, company.found.identity.name)
            del given[key]
    return given


def _told_of(company: CompanyProposal, article: Article) -> Iterator[str]:
    """What a number of a claim may come from: the sentences that were sent, and its own code."""
    yield from sentences_of(company, article)
    yield (company.found.identity.symbol or "").partition(".")[0]


def _fault(claim: Text) -> _Dropped | None:
    """What is wrong with a claim by itself."""
    if not all(0 < len(one) <= most for one, most in zip(claim, LONGEST, strict=True)):
        return _Dropped.LONG
    both = "".join(claim)
    if not both.isprintable() or any(map(unicodedata.combining, both)) or _MARKS.search(both):
        return _Dropped.MARKS
    english = _LATIN.search(claim.en) and not _CHINESE.search(claim.en)
    return None if english and _is_traditional(claim.zh) else _Dropped.LANGUAGE


def _is_traditional(text: str) -> bool:
    """Whether its Chinese characters are of Taiwan's own set, which lacks simplified ones."""
    characters = _CHINESE.findall(text)
    try:
        "".join(characters).encode("cp950")
    except UnicodeEncodeError:
        return False
    return bool(characters)


def _reworded(proposal: Proposal, claims: Mapping[tuple[str, str], Text]) -> tuple[Proposal, int]:
    """The proposal with these claims in its lines, and how many lines have one."""
    worded, companies = 0, []
    for company in proposal.companies:
        lines = []
        for line in company.memberships:
            claim = claims.get((company.id, line.layer)) if line.layer else None
            if claim is not None:
                reason = joined(line.reason, _REWORDED)
                line = dataclasses.replace(line, claim=claim, reason=reason)
                worded += 1
            lines.append(line)
        companies.append(dataclasses.replace(company, memberships=tuple(lines)))
    if not worded:
        return proposal, 0
    return dataclasses.replace(proposal, companies=tuple(companies)), worded
