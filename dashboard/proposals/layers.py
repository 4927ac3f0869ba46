"""In which layers of the map an article's companies seem to work, by the words beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import prod
from typing import Final

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.cues import NO_LAYER, CueTable, Occurrence, Role, cues, squeezed
from dashboard.proposals.evidence import (
    STRENGTH,
    Evidence,
    Meant,
    collected_evidence,
    meant_words,
    turned_away,
)
from dashboard.proposals.models import Finds, FoundCompany, Identity, LayerProposal
from dashboard.proposals.passages import passages
from dashboard.proposals.sentences import WEIGHTS, Group, How, Passage
from dashboard.proposals.weighing import MOST, REPEATED, is_own, nearest, tells
from dashboard.proposals.wording import ALSO, MARKET, RIVALS, Part
from dashboard.supply_chain.models import Kind, Status, SupplyChain

LEAST: Final = 0.3
"""A layer below this confidence is not proposed."""
_BESIDE_BEST: Final = 0.55
"""A further layer needs this part of the best one's confidence."""
_MOST_LAYERS: Final = 4
_TOLD: Final = 0.1
"""Evidence below this names no line."""


def propose_layers(
    article: Article,
    finds: Finds,
    chain: SupplyChain,
    read: tuple[Passage, ...] | None = None,
) -> dict[str, tuple[LayerProposal, ...]]:
    """Layers of every found company, the surest first.

    Parameters
    ----------
    article, finds : as `find_companies` saw it
    chain : the present map; layers it does not have are not proposed
    read : `passages(article, finds)`, where they are known already

    Returns
    -------
    dict, Identity.id → proposals
        Every found company; empty where nothing tells, and for those who only speak about the
        chain (brokers, banks, the press). Layers of lines that are digest follow those of the
        article itself. `confidence` is from `LEAST` to `MOST`.
    """
    table = cues()
    read = passages(article, finds) if read is None else read
    evidence = collected_evidence(read, table, frozenset(chain.layer_by_id))
    proposed = {
        one.identity.id: _proposals(one, evidence.get(one.identity.id, ()), article, chain, table)
        for one in finds.companies
    }
    told = {
        name: layers if any(tells(one) for one in evidence.get(name, ())) else ()
        for name, layers in proposed.items()
    }
    proposed |= _goes_on(read, finds, told, chain, table)
    return proposed | _confirmed(read, finds, proposed, chain, table)


def recognised(text: str, table: CueTable) -> dict[str, float]:
    """Layers that a text names by itself, without any company; from 0 to 1, the surest first."""
    small = squeezed(text).text
    found: dict[str, float] = {}
    for one, told, driven in meant_words(small, table):
        weight = told * driven * STRENGTH[one.role]
        found[one.owner] = 1 - (1 - found.get(one.owner, 0.0)) * (1 - weight)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


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
        if one.layer in allowed or one.layer == NO_LAYER:
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
    return any(_names(name, word) for word in table.outside for name in names)


def _names(name: str, word: str) -> bool:
    return word in name.split() or f" {word}" in f" {name} " if word.isascii() else word in name


def _ranked(
    evidence: list[Evidence], identity: Identity, present: tuple[str, ...], table: CueTable
) -> tuple[LayerProposal, ...]:
    by_layer: dict[str, list[Evidence]] = {}
    weighed = nearest(evidence, table)
    for one in weighed:
        if one.layer in present or not _by_title_alone(one.layer, evidence):
            by_layer.setdefault(one.layer, []).append(one)
    by_layer.pop(NO_LAYER, None)
    near = {one.layer for one in weighed if is_own(one)}
    known = {
        layer: _known(
            layer, _summed(all_), all_, identity, present, table, beside=bool(near - {layer})
        )
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
        for weight, factor in zip(sorted(weights, reverse=True), REPEATED, strict=False)
    )


def _by_title_alone(layer: str, evidence: list[Evidence]) -> bool:
    """Whether nothing but the whole article's title tells of a layer, and that is no list."""
    return all(one.how is How.TITLE and not one.listed for one in evidence if one.layer == layer)


def _known(
    layer: str,
    value: float,
    evidence: list[Evidence],
    identity: Identity,
    present: tuple[str, ...],
    table: CueTable,
    beside: bool,
) -> float:
    """The evidence in the light of the map, of who buys from whom, and of the industry."""
    spec = table.layers.get(layer)
    apposed = any(one.how is How.APPOSITION and one.weight > 0.5 for one in evidence)
    own = any(is_own(one) for one in evidence)
    if layer in present:
        if not own and beside:
            return _raised(value, 1.3)
        return _raised(value, 3.0 if layer == present[0] else 2.0)
    if spec is None:
        return value
    if present:
        bought = bool(set(present) & set(spec.users))
        return value * (0.85 if apposed else 0.35 if bought else 0.8 if own else 0.7)
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
    How.TITLE: Text("文章標題有「{word}」", "the article's title says “{word}”"),
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
    """Layers of companies of whom nothing else tells, from the one that was spoken of before.

    Only where they are alike: of one industry and named in one sentence, or where a word says
    that the article goes on (也, 同樣, rival).
    """
    found: dict[str, tuple[LayerProposal, ...]] = {}
    for passage, group, model in _followers(read, proposed):
        away = turned_away(passage)
        best = proposed[model.companies[0]][0]
        other = finds.by_id[model.companies[0]].identity
        close = _in_one_sentence(passage, model, group)
        clause = passage.clause_before(group.start) + passage.clause_after(group.end)
        also = ALSO.search(clause) is not None
        rivals = RIVALS.search(clause) is not None
        for company in group.companies:
            one = finds.by_id[company].identity
            present = _present(one, chain)
            if company in away:
                continue
            if present:
                alike = best.layer in present and (also or (close and not proposed[company]))
            else:
                alike = not is_outsider(one, table) and (
                    (one.industry == other.industry != "" and (close or also))
                    or (also and (close or rivals) and _may_be(one, best.layer, table))
                )
            if alike:
                found.setdefault(company, (_beside(best, passage.number),))
    return found


def _followers(
    read: tuple[Passage, ...], proposed: Mapping[str, tuple[LayerProposal, ...]]
) -> Iterator[tuple[Passage, Group, Group]]:
    """Groups of whom nothing tells, each with the last one before it of which something does."""
    model: Group | None = None
    for passage in read:
        prose = not (passage.digest or passage.is_heading or passage.is_row)
        if not prose or (model and passage.number - model.line > _GOES_ON_LINES):
            model = None
        for group in passage.groups if prose else ():
            told = next((one for one in group.companies if proposed[one]), None)
            if told and group.part is Part.SUBJECT:
                model = replace(group, companies=(told,))
            elif model and not told and group.part is Part.SUBJECT:
                yield passage, group, model


def _in_one_sentence(passage: Passage, one: Group, other: Group) -> bool:
    same = passage.sentence(one.start) == passage.sentence(other.start)
    return one.line == other.line and same


def _may_be(identity: Identity, layer: str, table: CueTable) -> bool:
    """Whether the exchanges' industry of a company, where known, is one of the layer's."""
    industries = table.layers[layer].industries if layer in table.layers else ()
    return not identity.industry or identity.industry in industries


_GOES_ON_LINES: Final = 2


def _confirmed(
    read: tuple[Passage, ...],
    finds: Finds,
    proposed: Mapping[str, tuple[LayerProposal, ...]],
    chain: SupplyChain,
    table: CueTable,
) -> dict[str, tuple[LayerProposal, ...]]:
    """The map's first layer of those whom the article names beside the chain's own words.

    Of whom nothing else tells, or only a place; not of who only moves the market.
    """
    found: dict[str, tuple[LayerProposal, ...]] = {}
    places = {layer for layer, own in table.layers.items() if own.place}
    for passage in read:
        if passage.digest or not passage.groups:
            continue
        meant: list[Meant] | None = None
        for group in passage.groups:
            if group.part is Part.CUSTOMER or passage.is_customer(group):
                continue
            for company in group.companies:
                layers = proposed[company]
                present = _present(finds.by_id[company].identity, chain)
                if company in found or not present or present[0] in places:
                    continue
                if any(one.layer not in places for one in layers):
                    continue
                meant = list(meant_words(passage.text, table)) if meant is None else meant
                one = _beside_own_words(passage, group, present, meant)
                if one is not None:
                    written = passage.written(one.start, one.end)
                    line = passage.line_at(one.start)
                    found[company] = (_confirming(present[0], written, line, layers), *layers)
    return found


def _beside_own_words(
    passage: Passage, group: Group, present: tuple[str, ...], meant: Iterable[Meant]
) -> Occurrence | None:
    clause = passage.clause_before(group.start) + passage.clause_after(group.end)
    if MARKET.search(clause):
        return None
    sentence = passage.sentence(group.start)
    for one, told, _ in meant:
        near = abs(passage.sentence(one.start) - sentence) <= 1
        own = one.role in (Role.MAKER, Role.STRONG) or one.owner == present[0]
        if near and told == 1.0 and own:
            return one
    return None


def _confirming(
    layer: str, word: str, line: int, beside: tuple[LayerProposal, ...]
) -> LayerProposal:
    form = _TOLD_BY[How.ASIDE]
    zh, en = (text.replace("{word}", word) for text in form)
    confidence = max([_NAMED_BESIDE, *(one.confidence for one in beside)])
    reason = Text(zh + _ON_THE_MAP.zh, en + _ON_THE_MAP.en)
    return LayerProposal(layer, confidence, word, (line,), reason)


_NAMED_BESIDE: Final = 0.35


def _beside(best: LayerProposal, line: int) -> LayerProposal:
    zh, en = (text.replace("{word}", best.cue) for text in _TOLD_BY[How.BESIDE])
    confidence = max(LEAST, round(WEIGHTS[How.BESIDE] * best.confidence, 3))
    return LayerProposal(best.layer, confidence, best.cue, (line,), Text(zh, en))
