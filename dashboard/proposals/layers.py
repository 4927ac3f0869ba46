"""In which layers of the map an article's companies seem to work, by the words beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Final

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.cues import CueTable, Occurrence, Role, cues, squeezed
from dashboard.proposals.models import Finds, FoundCompany, Identity, LayerProposal
from dashboard.proposals.sentences import WEIGHTS, Group, How, Owner, Passage, passages
from dashboard.proposals.wording import ALSO, DEMAND, DRIVEN, HEAD, INSTEAD, UNRELATED, USES, Part
from dashboard.supply_chain.models import Kind, Status, SupplyChain

LEAST: Final = 0.3
"""A layer below this confidence is not proposed."""
MOST: Final = 0.97
_BESIDE_BEST: Final = 0.55
"""A further layer needs this part of the best one's confidence."""
_MOST_LAYERS: Final = 4
_STRENGTH: Final = {Role.MAKER: 0.95, Role.STRONG: 0.85, Role.WEAK: 0.4, Role.USER: 0.0}
_REPEATED: Final = (1.0, 0.5, 0.3)
"""What a word counts for a company the first, second and third time."""
_TOLD: Final = 0.1
"""Evidence below this names no line."""


@dataclass(frozen=True)
class Evidence:
    """One word for a company in a layer; `weight` from 0 to 1."""

    layer: str
    weight: float
    how: How
    word: str
    written: str
    lines: tuple[int, ...]


def propose_layers(
    article: Article, finds: Finds, chain: SupplyChain
) -> dict[str, tuple[LayerProposal, ...]]:
    """Layers of every found company, the surest first.

    Parameters
    ----------
    article, finds : as `find_companies` saw it
    chain : the present map; layers it does not have are not proposed

    Returns
    -------
    dict, Identity.id → proposals
        Every found company; empty where nothing tells, and for those who only speak about the
        chain (brokers, banks, the press). Layers of lines that are digest follow those of the
        article itself. `confidence` is from `LEAST` to `MOST`.
    """
    table = cues()
    read = passages(article, finds)
    evidence = _collected(read, article, table, frozenset(chain.layer_by_id))
    proposed = {
        one.identity.id: _proposals(one, evidence.get(one.identity.id, ()), article, chain, table)
        for one in finds.companies
    }
    return proposed | _goes_on(read, finds, proposed, chain, table)


def recognised(text: str, table: CueTable) -> dict[str, float]:
    """Layers that a text names by itself, without any company; from 0 to 1, the surest first."""
    small = squeezed(text).text
    found: dict[str, float] = {}
    for one, told, driven in _meant(small, table):
        weight = told * driven * _STRENGTH[one.role]
        found[one.owner] = 1 - (1 - found.get(one.owner, 0.0)) * (1 - weight)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


# --- the words ------------------------------------------------------------------------------


_Meant = tuple[Occurrence, float, float]


def _meant(text: str, table: CueTable) -> Iterator[_Meant]:
    """Words of layers in a squeezed text, with two factors from 0 to 1.

    How far the word is what is spoken of (not denied, not what the thing is for), and how far it
    is more than what drives a business (`DRIVEN`, `DEMAND`); said of a name itself the latter
    does not count.
    """
    occurrences = list(table.layer_matcher.find(text))
    for index, one in enumerate(occurrences):
        following = occurrences[index + 1 : index + 8]
        yield one, _spoken_of(text, one, following), _more_than_driving(text, one)


def _spoken_of(text: str, one: Occurrence, following: list[Occurrence]) -> float:
    before, after = text[max(0, one.start - 6) : one.start], text[one.end : one.end + 20]
    if INSTEAD.search(before) or UNRELATED.match(after):
        return 0.2
    things = (
        other
        for other in following
        if other.start >= one.end and other.role in (Role.STRONG, Role.MAKER)
    )
    head = next(things, None)
    if head and head.owner != one.owner and HEAD.fullmatch(text[one.end : head.start]):
        return 0.35
    return 1.0


def _more_than_driving(text: str, one: Occurrence) -> float:
    if one.role is Role.MAKER:
        return 1.0
    before, after = text[max(0, one.start - 6) : one.start], text[one.end : one.end + 20]
    return (0.5 if DRIVEN.search(before) else 1.0) * (0.6 if DEMAND.match(after) else 1.0)


def _collected(
    read: tuple[Passage, ...], article: Article, table: CueTable, layers: frozenset[str]
) -> dict[str, list[Evidence]]:
    """Evidence of every company, in the order of the lines."""
    words = {
        one.number: [x for x in _meant(one.text, table) if x[0].owner in layers] for one in read
    }
    collected: dict[str, list[Evidence]] = {}
    for passage in read:
        line = article.lines[passage.number - 1]
        for one, told, driven in words[passage.number]:
            written = passage.written(one.start, one.end, line)
            for owner in passage.owners(one.start, one.end):
                weight = told * owner.weight * _STRENGTH[one.role]
                if owner.how is not How.APPOSITION:
                    weight *= driven * _use(passage, one, owner)
                collected.setdefault(owner.company, []).append(
                    _evidence(one, weight, owner.how, written, owner.line, passage.number)
                )
        _from_headings(passage, words, article, read, collected)
    return collected


def _use(passage: Passage, one: Occurrence, owner: Owner) -> float:
    """Less where the clause says between name and word that the company only uses the thing."""
    if owner.part is Part.SOURCE or owner.how not in (How.CLAUSE, How.SENTENCE):
        return 1.0
    return 0.3 if USES.search(passage.clause_before(one.start)[-14:]) else 1.0


def _evidence(one: Occurrence, weight: float, how: How, written: str, *lines: int) -> Evidence:
    numbers = tuple(sorted(set(lines)))
    return Evidence(one.owner, weight, how, one.word, written, numbers)


def _from_headings(
    passage: Passage,
    words: Mapping[int, list[_Meant]],
    article: Article,
    read: tuple[Passage, ...],
    collected: dict[str, list[Evidence]],
) -> None:
    """A heading governs the companies of the lines below it; one above it only half as much."""
    companies = _subjects(passage)
    for nearness, number in enumerate(passage.headings[:3] if companies else ()):
        heading = read[number - 1]
        own = _subjects(heading)
        for one, told, driven in words[number]:
            weight = told * driven * WEIGHTS[How.HEADING] * _STRENGTH[one.role] * 0.5**nearness
            written = heading.written(one.start, one.end, article.lines[number - 1])
            for company in companies:
                factor = 0.4 if own and company not in own else 1.0
                collected.setdefault(company, []).append(
                    _evidence(one, factor * weight, How.HEADING, written, passage.number)
                )


def _subjects(passage: Passage) -> dict[str, None]:
    """Companies of whom a line speaks, in order."""
    return dict.fromkeys(
        company
        for group in passage.groups
        if group.part in (Part.SUBJECT, Part.SOURCE)
        for company in group.companies
    )


# --- weighing -------------------------------------------------------------------------------


def _proposals(
    company: FoundCompany,
    evidence: Iterable[Evidence],
    article: Article,
    chain: SupplyChain,
    table: CueTable,
) -> tuple[LayerProposal, ...]:
    identity = company.identity
    present = _present(identity, chain)
    if not present and is_outsider(identity, table):
        return ()
    core: list[Evidence] = []
    digest: list[Evidence] = []
    for one in evidence:
        known_only = present and identity.status is Status.STATE
        allowed = present[:1] if one.how is How.ASIDE else present if known_only else (one.layer,)
        if one.layer in allowed:
            (digest if article.is_digest(one.lines[0]) else core).append(one)
    proposed = _ranked(core, identity, present, table)
    taken = {one.layer for one in proposed}
    beside = _ranked(digest, identity, present, table)
    return (*proposed, *(one for one in beside if one.layer not in taken))


def _present(identity: Identity, chain: SupplyChain) -> tuple[str, ...]:
    """Layers that the map has of a company, the primary one first."""
    company = chain.company_by_key.get(identity.key or "")
    if company is None:
        return ()
    return tuple(
        one.layer
        for one in sorted(
            company.memberships, key=lambda one: (one.kind is Kind.DIGEST, not one.primary)
        )
    )


def is_outsider(identity: Identity, table: CueTable) -> bool:
    """Whether a company only speaks about the chain: a broker, a bank, the press."""
    if identity.industry in table.outsiders.industries:
        return True
    names = [squeezed(one).text for one in (identity.name.zh, identity.name.en)]
    return any(
        _names(name, squeezed(word).text) for word in table.outsiders.names for name in names
    )


def _names(name: str, word: str) -> bool:
    return word in name.split() or f" {word}" in f" {name} " if word.isascii() else word in name


def _ranked(
    evidence: list[Evidence], identity: Identity, present: tuple[str, ...], table: CueTable
) -> tuple[LayerProposal, ...]:
    by_layer: dict[str, list[Evidence]] = {}
    for one in evidence:
        by_layer.setdefault(one.layer, []).append(one)
    known = {
        layer: _known(layer, _summed(all_), all_, identity, present, table)
        for layer, all_ in by_layer.items()
    }
    if not known:
        return ()
    best = min(known, key=lambda layer: (-known[layer], layer))
    sure = {
        layer: value * (0.6 if best in table.layers[layer].users else 1.0)
        for layer, value in known.items()
    }
    bar = max(LEAST, _BESIDE_BEST * sure[best])
    order = sorted((-round(value, 6), layer) for layer, value in sure.items() if value >= bar)
    return tuple(
        _proposal(layer, min(MOST, -value), by_layer[layer], layer in present)
        for value, layer in order[:_MOST_LAYERS]
    )


def _summed(evidence: list[Evidence]) -> float:
    """The chance that any of the evidence is right, each word counting less when repeated."""
    words: dict[str, list[float]] = {}
    for one in evidence:
        words.setdefault(one.word, []).append(one.weight)
    return 1 - prod(
        1 - weight * factor
        for weights in words.values()
        for weight, factor in zip(sorted(weights, reverse=True), _REPEATED, strict=False)
    )


def _known(
    layer: str,
    value: float,
    evidence: list[Evidence],
    identity: Identity,
    present: tuple[str, ...],
    table: CueTable,
) -> float:
    """The evidence in the light of the map, of who buys from whom, and of the industry."""
    spec = table.layers.get(layer)
    apposed = any(one.how is How.APPOSITION and one.weight > 0.5 for one in evidence)
    if layer in present:
        return _raised(value, 3.0 if layer == present[0] else 2.0)
    if spec is None:
        return value
    if present:
        bought = bool(set(present) & set(spec.users))
        return value * (0.85 if apposed else 0.35 if bought else 0.7)
    if not identity.industry or not spec.industries:
        return value
    if identity.industry in spec.industries:
        return _raised(value, 1.25)
    return value * (0.92 if apposed else 0.72)


def _raised(value: float, exponent: float) -> float:
    return 1 - float((1 - value) ** exponent)


_TOLD_BY: Final = {
    How.APPOSITION: Text("「{word}」直接說的是它", "“{word}” is said directly of it"),
    How.ROW: Text("「{word}」與它同一列", "“{word}” stands in its row of a table"),
    How.CLAUSE: Text("同一分句有「{word}」", "“{word}” stands in its clause"),
    How.SENTENCE: Text("同一句有「{word}」", "“{word}” stands in its sentence"),
    How.HEADING: Text("所屬小標題有「{word}」", "the heading above it says “{word}”"),
    How.PARAGRAPH: Text("談它的段落有「{word}」", "“{word}” stands where it is spoken of"),
    How.ASIDE: Text("提到它的分句有「{word}」", "“{word}” stands in a clause that mentions it"),
    How.NAME: Text("名稱中有「{word}」", "its name holds “{word}”"),
    How.BESIDE: Text("與前面說「{word}」的公司並列", "goes on with a company of “{word}”"),
}
_ON_THE_MAP: Final = Text("；地圖上已在這一層", "; the map has it in this layer")


def _proposal(
    layer: str, confidence: float, evidence: list[Evidence], present: bool
) -> LayerProposal:
    best = max(evidence, key=lambda one: (one.weight, -one.lines[0], one.word))
    told = [one for one in evidence if one.weight >= min(_TOLD, best.weight)]
    lines = tuple(sorted({line for one in told for line in one.lines}))
    form = _TOLD_BY[best.how]
    zh, en = (text.replace("{word}", best.written) for text in form)
    tail = _ON_THE_MAP if present else Text("", "")
    reason = Text(zh + tail.zh, en + tail.en)
    return LayerProposal(layer, round(confidence, 3), best.written, lines, reason)


# --- going on from the company before -----------------------------------------------------------


def _goes_on(
    read: tuple[Passage, ...],
    finds: Finds,
    proposed: Mapping[str, tuple[LayerProposal, ...]],
    chain: SupplyChain,
    table: CueTable,
) -> dict[str, tuple[LayerProposal, ...]]:
    """Layers of companies of whom nothing else tells, from the one that the line spoke of before.

    Only where they are alike: of one industry and named in one sentence, or where a word says
    that the article goes on (也, 同樣, rival).
    """
    found: dict[str, tuple[LayerProposal, ...]] = {}
    before: Group | None = None
    for passage in read:
        if passage.digest or passage.is_heading or passage.is_row:
            before = None
            continue
        if before is not None and passage.number - before.line > _GOES_ON_LINES:
            before = None
        for group in passage.groups:
            if group.part is not Part.SUBJECT:
                continue
            told = next((one for one in group.companies if proposed[one]), None)
            if told:
                before = replace(group, companies=(told,))
                continue
            if before is None:
                continue
            close = before.line == passage.number and passage.sentence(
                before.start
            ) == passage.sentence(group.start)
            around = passage.clause_before(group.start) + passage.clause_after(group.end)
            also = ALSO.search(around) is not None
            for company in group.companies:
                best = proposed[before.companies[0]][0]
                one, other = (
                    finds.by_id[company].identity,
                    finds.by_id[before.companies[0]].identity,
                )
                if company not in found and _alike(
                    one, other, best.layer, close, also, chain, table
                ):
                    found[company] = (_beside(best, passage.number),)
    return found


_GOES_ON_LINES: Final = 2


def _alike(
    one: Identity,
    other: Identity,
    layer: str,
    close: bool,
    also: bool,
    chain: SupplyChain,
    table: CueTable,
) -> bool:
    present = _present(one, chain)
    if present:
        return layer in present and (close or also)
    if is_outsider(one, table):
        return False
    if one.industry and one.industry == other.industry:
        return close or also
    industries = table.layers[layer].industries if layer in table.layers else ()
    return also and (not one.industry or one.industry in industries)


def _beside(best: LayerProposal, line: int) -> LayerProposal:
    zh, en = (text.replace("{word}", best.cue) for text in _TOLD_BY[How.BESIDE])
    confidence = max(LEAST, round(WEIGHTS[How.BESIDE] * best.confidence, 3))
    return LayerProposal(best.layer, confidence, best.cue, (line,), Text(zh, en))
