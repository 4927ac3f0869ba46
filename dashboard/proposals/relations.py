"""Relations between companies that one sentence tells by a simple pattern."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.models import Finds, Group, RelationProposal
from dashboard.proposals.named_sentences import (
    ATTRIBUTE,
    CLOSE_TO_START,
    Named,
    Sentence,
    sentences,
)
from dashboard.proposals.patterns import MARK, RelationPattern, compiled, patterns
from dashboard.supply_chain.models import Relation, RelationKind, Status, SupplyChain
from dashboard.supply_chain.rules import relation_identity

_BASE: Final = 0.85
_PER_COMMA: Final = 0.1
_INHERITED: Final = 0.75
_HEDGED: Final = 0.8
_DIGEST: Final = 0.85
_CLAUSE: Final = 80
_AFTER: Final = 8
"""Signs behind a match in which a negation still undoes it: 合作破局."""

_MIRROR: Final = {
    RelationKind.SUPPLIER: RelationKind.CUSTOMER,
    RelationKind.CUSTOMER: RelationKind.SUPPLIER,
}
_SYMMETRIC: Final = frozenset((RelationKind.PARTNER, RelationKind.COMPETITOR))
_STATE_SOURCE: Final = frozenset((RelationKind.GOVERNMENT_SUPPORT, RelationKind.CUSTOMER))
"""What a state body can be of a company; as investor it supports."""
_BRACKETS: Final = re.compile(rf"\([^(){MARK}]{{0,60}}\)")
_QUOTES: Final = re.compile(r"[「」『』“”\"《》〈〉*_`\[\]【】]")
_SPACES: Final = re.compile(r"\s+")
_SPACE_BESIDE_CHINESE: Final = re.compile(
    r"(?<=[\u2e80-\u9fff、。()]) +| +(?=[\u2e80-\u9fff、。()])"
)
_OBJECT: Final = compiled("[與和跟向由被對受在給]$")
_FOR: Final = compiled("而言|來說")
_SAME_AGAIN: Final = compiled(
    r"[(/ ]{0,2}|(?:公司|集團)?的?|,? ?(?:better |also )?known as |[,(]?[即又]稱?"
)


class _Masked(NamedTuple):
    """A sentence with a mark for each company, and which they are, in order."""

    written: str
    text: str
    named: tuple[Named, ...]
    marks: tuple[int, ...]

    def among(self, start: int, end: int) -> tuple[Named, ...]:
        """The companies whose marks stand in `text[start:end]`."""
        return self.named[bisect_left(self.marks, start) : bisect_left(self.marks, end)]


@dataclass(frozen=True)
class _Told:
    source: Named
    target: Named
    kind: RelationKind
    confidence: float
    cue: str
    hedged: bool
    inherited: bool


def propose_relations(
    article: Article, finds: Finds, chain: SupplyChain
) -> tuple[RelationProposal, ...]:
    """What the article tells of two companies at once, each relation once, with all its lines.

    In the order of their first line. Never between a company and itself, from a mere list, or
    from a negated or merely supposed clause.
    """
    known = {relation_identity(one) for one in chain.relations}
    states = {one.identity.id for one in finds.companies if one.identity.status is Status.STATE}
    merged: dict[tuple[str, str, str], RelationProposal] = {}
    for masked, digest in _masked_sentences(article, finds):
        for told in _told(masked, states):
            proposal = _proposal(told, digest, known)
            identity = _identity(proposal.source, proposal.target, proposal.kind)
            merged[identity] = _merged(merged.get(identity), proposal)
    return tuple(sorted(merged.values(), key=lambda one: (one.lines, one.source, one.target)))


def _merged(before: RelationProposal | None, one: RelationProposal) -> RelationProposal:
    if before is None:
        return one
    best = one if one.confidence > before.confidence else before
    return RelationProposal(
        before.source, before.target, before.kind, best.confidence, best.cue,
        tuple(sorted({*before.lines, *one.lines})), best.reason, before.group,
    )  # fmt: skip


# --- sentences with marks -------------------------------------------------------------


def _masked_sentences(article: Article, finds: Finds) -> Iterator[tuple[_Masked, bool]]:
    """Sentences that name at least two, the one a paragraph is about standing before them."""
    paragraph, topic = -1, None
    for sentence in sentences(article, finds):
        if sentence.paragraph != paragraph:
            paragraph, topic = sentence.paragraph, _topic(sentence)
            inherited = None
        else:
            inherited = topic
        ids = {one.company for one in sentence.named}
        if topic is not None and ids - {topic.company}:
            topic = None
        if len(ids) + (inherited is not None and inherited.company not in ids) >= 2:
            yield _masked(sentence, inherited), article.is_digest(sentence.pieces[0].line)


def _topic(sentence: Sentence) -> Named | None:
    """The only company of a paragraph's first sentence, if it begins with it."""
    if len({one.company for one in sentence.named}) != 1:
        return None
    first = sentence.named[0]
    lead = sentence.text[: first.start].strip()
    return first._replace(end=-1) if len(lead) <= CLOSE_TO_START else None


def _masked(sentence: Sentence, inherited: Named | None) -> _Masked:
    text = sentence.text.replace(MARK, " ")
    parts: list[str] = []
    named: list[Named] = []
    last = 0
    if inherited is not None and sentence.subject is None:
        parts, named = [""], [inherited]
        text_start = ","
    else:
        text_start = ""
    for one in sentence.named:
        parts.append(text_start + text[last : one.start])
        named.append(one)
        text_start, last = "", one.end
    parts.append(text_start + text[last:])
    cleaned = [_clean(part) for part in parts]
    return _joined(sentence.written, *_without_repeats(cleaned, named))


def _clean(part: str) -> str:
    return _QUOTES.sub("", _SPACES.sub(" ", part))


def _without_repeats(parts: Sequence[str], named: Sequence[Named]) -> tuple[list[str], list[Named]]:
    """艾斯摩爾（ASML，阿斯麥）公司 is one company, not three."""
    kept_parts: list[str] = [parts[0]]
    kept: list[Named] = []
    bracket = False
    for one, part in zip(named, parts[1:], strict=True):
        between = kept_parts[-1]
        again = kept and kept[-1].company == one.company
        if again and (bracket or _SAME_AGAIN.fullmatch(between)) and len(between) <= 18:
            bracket = (bracket or "(" in between) and ")" not in part
            kept_parts[-1] = part if bracket else part.partition(")")[2] if _closes(part) else part
            continue
        bracket = False
        kept.append(one)
        kept_parts.append(part)
    return kept_parts, kept


def _closes(part: str) -> bool:
    before = part.partition(")")[0]
    return ")" in part and "(" not in before


def _joined(written: str, parts: Sequence[str], named: Sequence[Named]) -> _Masked:
    text = MARK.join(parts)
    text = _SPACE_BESIDE_CHINESE.sub("", _BRACKETS.sub("", text))
    marks = tuple(index for index, sign in enumerate(text) if sign == MARK)
    return _Masked(written, text, tuple(named), marks)


# --- what a sentence tells ------------------------------------------------------------


def _told(masked: _Masked, states: set[str]) -> Iterator[_Told]:
    seen: set[tuple[str, str]] = set()
    for pattern in patterns().relations:
        if not any(word in masked.text for word in pattern.words):
            continue
        for match in pattern.expression.finditer(masked.text):
            if not _stands(masked.text, match):
                continue
            for one in _pairs(masked, match, pattern, states):
                pair = (one.source.company, one.target.company)
                trade = one.kind in _MIRROR or one.kind is RelationKind.EQUIPMENT
                key = (str(sorted(pair)), "trade" if trade else one.kind)
                if key not in seen:
                    yield one
                seen.add(key)


def _stands(text: str, match: re.Match[str]) -> bool:
    """Whether what is told is neither denied nor merely supposed."""
    words = patterns().words
    cue = match.start("cue")
    clause = max(text.rfind(",", match.start(), cue), match.start())
    told = text[clause : match.end() + _AFTER].split("。")[0]
    before = re.split(r"[。;,]", text[max(0, match.start() - 20) : match.start()])[-1]
    if words["negation"].search(told[: match.end() - clause]) or words["undone"].search(told):
        return False
    return not words["conditional"].search(before + match[0])


def _pairs(
    masked: _Masked, match: re.Match[str], pattern: RelationPattern, states: set[str]
) -> Iterator[_Told]:
    hedged = bool(patterns().words["hedge"].search(match[0]))
    commas = min(2, match[0].count(","))
    for source in _group(masked, match, "A"):
        for target in _group(masked, match, "B"):
            if source.company == target.company:
                continue
            kind = _possible(pattern.kind, source.company in states, target.company in states)
            if kind is None:
                continue
            inherited = -1 in (source.end, target.end)
            confidence = _BASE - _PER_COMMA * commas
            confidence *= _HEDGED if hedged else 1.0
            confidence *= _INHERITED if inherited else 1.0
            confidence *= min(source.confidence, target.confidence)
            cue = match["cue"] if match["cue"] in masked.written else pattern.words[match["cue"]]
            yield _Told(source, target, kind, confidence, cue, hedged, inherited)


def _group(masked: _Masked, match: re.Match[str], name: str) -> tuple[Named, ...]:
    """The companies of one side; of a clause before, its subject, not what stands last in it."""
    start, end = match.span(name)
    named = masked.among(start, end)
    if start > match.start() or "," not in masked.text[end : match.start("cue")]:
        return named
    clause = 1 + max(masked.text.rfind(sign, max(0, start - _CLAUSE), start) for sign in ",;。")
    for at in masked.marks[bisect_left(masked.marks, clause) : bisect_left(masked.marks, start)]:
        if not ATTRIBUTE.match(masked.text, at + 1):
            return masked.among(at, at + 1)
    if _OBJECT.search(masked.text[clause:start]) and not _FOR.match(masked.text, end):
        return ()
    return named


def _possible(kind: RelationKind, state_source: bool, state_target: bool) -> RelationKind | None:
    if kind is RelationKind.GOVERNMENT_SUPPORT:
        return kind if state_source and not state_target else None
    if state_source and kind is RelationKind.INVESTOR and not state_target:
        return RelationKind.GOVERNMENT_SUPPORT
    if state_source and kind not in _STATE_SOURCE:
        return None
    return None if state_target and kind is not RelationKind.SUPPLIER else kind


# --- proposals ------------------------------------------------------------------------


def _identity(source: str, target: str, kind: RelationKind) -> tuple[str, str, str]:
    ends = Relation.model_construct(source=source, target=target, kind=kind, evidence=())
    return relation_identity(ends)


def _proposal(told: _Told, digest: bool, known: set[tuple[str, str, str]]) -> RelationProposal:
    source, target, kind = told.source.company, told.target.company, told.kind
    if kind in _SYMMETRIC and source > target:
        source, target = target, source
    mirrored = _MIRROR.get(kind)
    told_here = _identity(source, target, kind) in known
    if mirrored and not told_here and _identity(target, source, mirrored) in known:
        # A supplier of B is B's customer: told as the map tells it.
        source, target, kind, told_here = target, source, mirrored, True
    group = Group.CONFIRMS if told_here else Group.NEW_MEMBERSHIP
    confidence = round(min(0.95, told.confidence * (_DIGEST if digest else 1.0)), 3)
    lines = tuple(sorted({told.source.line, told.target.line}))
    return RelationProposal(
        source, target, kind, confidence, told.cue, lines, _reason(told, digest), group
    )


def _reason(told: _Told, digest: bool) -> Text:
    zh, en = [f"兩者之間有「{told.cue}」"], [f"“{told.cue}” stands between the two"]
    for holds, one in (
        (told.inherited, Text("主詞取自段首", "the subject is the paragraph's")),
        (told.hedged, Text("語氣保留或為預期", "told with reserve or as expected")),
        (digest, Text("出自標題清單", "from a list of headlines")),
    ):
        if holds:
            zh.append(one.zh)
            en.append(one.en)
    return Text("；".join(zh), "; ".join(en))
