"""Finding the companies an article names: by code, by name, by what is said around a name."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Final

import pandas as pd

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.ambiguous import (
    JOINS,
    REACH,
    completes,
    evidence,
    folded_pattern,
    goes_on,
    is_another,
    is_person,
)
from dashboard.proposals.chinese import folded
from dashboard.proposals.citing import pair_codes
from dashboard.proposals.lexicon import Lexicon, Tier, lexicon_of
from dashboard.proposals.models import Conflict, Finds, FoundCompany, How, Mention
from dashboard.proposals.naming import Block, Candidate, candidates
from dashboard.proposals.unpaired import Hit, merged
from dashboard.supply_chain.models import Kind, Status, SupplyChain

_BLOCK: Final = 50_000
"""Characters read at a time; longer stretches without an empty line are read in parts."""
_COUNTRIES: Final = ("美國", "台灣", "我國", "中國", "日本", "韓國", "南韓", "歐盟", "德國", "英國")
_LEAST_AGAIN: Final = 3
_AHEAD: Final = 200
"""Characters that are read beyond the end of a part."""
_BYLINE: Final = re.compile(
    folded_pattern(
        r"\((?:[^()\n]{0,12}(?:記者|編譯)[^()\n]{1,20}(?:報導|電|綜合報導))\)|記者[^/。,\n]{2,8}/[^。,\n]{0,8}報導"
    )
)


def find_companies(article: Article, chain: SupplyChain, listings: pd.DataFrame) -> Finds:
    """Every company an article names, with all its mentions, and the codes that fit nobody.

    Parameters
    ----------
    article : its lines are searched, those of the header and of digest runs too
    chain : the map; its companies are found by name, alias and code
    listings : DataFrame, rows of `LISTINGS`; all companies of both boards are found

    Returns
    -------
    Finds
        Companies in the order of their first mention; deterministic.
    """
    lexicon = lexicon_of(chain, listings)
    hits: list[Hit] = []
    conflicts: list[Conflict] = []
    for block in _blocks(article.lines):
        told = _read(block, lexicon)
        hits.extend(told[0])
        conflicts.extend(told[1])
    decided = _without_other_countries(_decided(hits), article)
    return Finds(
        _companies(article, decided + _named_again(article, decided, lexicon)), merged(conflicts)
    )


def _blocks(lines: tuple[str, ...]) -> Iterator[Block]:
    """Runs of lines between empty ones, with the next line where a run is cut."""
    first, size = 0, 0
    kept: list[str] = []
    for index, line in enumerate(lines):
        alone = len(line) > _BLOCK or not line.strip()
        if kept and (alone or size + len(line) > _BLOCK):
            yield _block(first, kept, "" if alone else line)
            kept, size = [], 0
        if len(line) > _BLOCK:
            yield from _pieces(index, line)
        elif line.strip():
            if not kept:
                first = index
            kept.append(line)
            size += len(line)
    if kept:
        yield _block(first, kept, "")


def _block(first: int, lines: list[str], following: str) -> Block:
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    text = "\n".join([*lines, following]) if following else "\n".join(lines)
    return Block(first + 1, text, tuple(starts if following else starts[:-1]), starts[-1])


def _pieces(index: int, line: str) -> Iterator[Block]:
    """A very long line in parts, cut where a sentence ends if one does."""
    start = 0
    while start < len(line):
        end = start + _BLOCK
        cut = max(line.rfind(mark, end - _AHEAD, end) for mark in "。；，, ") + 1
        end = cut or end
        yield Block(index + 1, line[start : end + _AHEAD], (0,), end - start, start)
        start = end


def _read(block: Block, lexicon: Lexicon) -> tuple[list[Hit], list[Conflict]]:
    found = candidates(block, lexicon)
    pairs = pair_codes(block, found, lexicon)
    if not found:
        return pairs.hits, pairs.conflicts
    bylines = [match.span() for match in _BYLINE.finditer(block.low)]
    chosen = _chosen(found, [(hit.line, hit.start, hit.end) for hit in pairs.hits], block)
    for one in chosen:
        _weigh(block, one, bylines)
    _weigh_lists(block, chosen)
    hits = [_hit(block, one) for one in chosen if not one.refused and one.start < block.own_end]
    return [*pairs.hits, *hits], pairs.conflicts


def _chosen(
    found: list[Candidate], taken: list[tuple[int, int, int]], block: Block
) -> list[Candidate]:
    """One candidate per place: those with a code first, then the longest."""
    fit = [one for one in found if one.code or one.bounded or one.refused or one.loose]
    by_start = sorted(
        fit,
        key=lambda one: (one.start, one.code is None, one.loose, -one.end, -len(one.name.text)),
    )
    chosen: list[Candidate] = []
    for one in by_start:
        while chosen and chosen[-1].whole_end > one.start and _beats(one, chosen[-1]):
            chosen.pop()
        if chosen and chosen[-1].whole_end > one.start:
            continue
        chosen.append(one)
    spans = sorted(taken)
    return [one for one in chosen if not _within(block, one, spans)] if spans else chosen


def _beats(one: Candidate, other: Candidate) -> bool:
    sure, other_sure = one.code is not None, other.code is not None
    return (sure and not other_sure and not other.refused) or (other.loose and not one.loose)


def _within(block: Block, one: Candidate, spans: list[tuple[int, int, int]]) -> bool:
    """Whether it stands in one of the places that are taken: (line, start, end), sorted."""
    line, start, end = block.place(one.start, one.end)
    index = bisect_left(spans, (line, end, 0)) - 1
    return index >= 0 and spans[index][0] == line and spans[index][2] > start


def _weigh(block: Block, one: Candidate, bylines: list[tuple[int, int]]) -> None:
    """What the words around a name say for it; refuse what is only part of something else."""
    if one.code is not None or one.refused:
        return
    low = block.low
    before = low[max(one.start - REACH, 0) : one.start].rpartition("\n")[2]
    after = low[one.end : one.end + REACH].partition("\n")[0]
    name = one.name.text
    if any(start <= one.start < end for start, end in bylines):
        one.refused = True
    elif not one.name.latin and not one.line_of_shares:
        one.refused = (
            one.name.tier == Tier.NOBODY
            or is_another(before, after)
            or (not one.completion and is_person(before, name, after))
            or (one.name.phrase and goes_on(after))
        )
    one.weight = evidence(before, after)
    if one.line_of_shares:
        one.weight += Tier.COMMON
    elif one.completion:
        one.weight += completes(one.completion, one.name.identity.industry)


def _weigh_lists(block: Block, chosen: list[Candidate]) -> None:
    """Members of a list speak for each other where some of them are sure."""
    joint = re.compile(f"[)'\"」』]?{folded_pattern(JOINS)}")
    group: list[Candidate] = []
    for one in chosen:
        if group and joint.fullmatch(
            block.low, group[-1].whole_end, max(one.start, group[-1].whole_end)
        ):
            group.append(one)
            continue
        _weigh_group(group)
        group = [one]
    _weigh_group(group)


def _weigh_group(group: list[Candidate]) -> None:
    sure = sum(
        one.code is not None or one.name.tier == Tier.NAME for one in group if not one.refused
    )
    for one in group:
        if one.code is None and one.name.tier > Tier.NAME:
            one.weight += min(sure, 2) + (sure > 0)


def _hit(block: Block, one: Candidate) -> Hit:
    line, start, end = block.place(one.whole_start, one.whole_end)
    written = (
        "".join(block.text[one.start : one.end].split())
        if one.gap
        else block.text[one.start : one.end]
    )
    identity = one.name.identity
    if one.code is not None:
        reason = Text(
            f"名稱旁就是它的代號 {one.code.text}",
            f"Its code {one.code.text} stands beside the name",
        )
        return Hit(line, start, end, written, one.code.text, identity, How.CODE, 0.99, reason)
    needs = max(one.name.tier + one.loose - one.weight // (1 + one.loose), 0)
    if one.name.tier == Tier.NAME and not one.loose:
        reason = Text("不是日常用語的公司名稱", "A company's name that is no everyday word")
        confidence = 0.9 if len(one.name.text) > 2 else 0.85
        return Hit(line, start, end, written, "", identity, How.NAME, confidence, reason)
    if one.line_of_shares:
        reason = Text("名稱後有只有股票才有的註記", "What only a share's name has follows it")
        return Hit(line, start, end, written, "", identity, How.NAME, 0.95, reason)
    reason = Text(
        "前後文說的是公司，不是日常用語",
        "What stands around it speaks of a company, not of the word",
    )
    confidence = min(0.6 + 0.1 * (one.weight - one.name.tier), 0.85) if not needs else 0.6
    return Hit(
        line,
        start,
        end,
        written,
        "",
        identity,
        How.CONTEXT,
        confidence,
        reason,
        needs,
        one.name.tier,
    )


def _decided(hits: list[Hit]) -> list[Hit]:
    """What the whole article says for the names that their own place leaves open."""
    cited = {hit.identity.id for hit in hits if hit.how is How.CODE}
    named = {hit.identity.id for hit in hits if not hit.needs}
    decided = []
    for hit in hits:
        if not hit.needs:
            decided.append(hit)
            continue
        id_ = hit.identity.id
        help_ = 0
        if hit.tier < Tier.CODE_ONLY:
            common = hit.tier >= Tier.COMMON
            help_ = (1 if common else 2) if id_ in cited else int(id_ in named and not common)
        if hit.needs <= help_:
            reason = Text(
                "文中他處以代號或前後文確認是這家公司",
                "Elsewhere the article confirms the company by its code or context",
            )
            decided.append(replace(hit, needs=0, reason=reason))
    return decided


def _without_other_countries(hits: list[Hit], article: Article) -> list[Hit]:
    """Drop state bodies named without their country where another is named more often.

    國防部 is that of the United States only where the article speaks of it most.
    """
    if not any(_lacks_country(hit) for hit in hits):
        return hits
    counts = {name: sum(line.count(name) for line in article.lines) for name in _COUNTRIES}
    most = max(counts.values())
    return [
        hit for hit in hits if not (country := _lacks_country(hit)) or counts[country] >= most > 0
    ]


def _lacks_country(hit: Hit) -> str:
    """The country that a state body's name begins with and its mention does not, or empty."""
    if hit.identity.status is not Status.STATE or hit.code:
        return ""
    country = hit.identity.name.zh.removesuffix(hit.written)
    return country if country in _COUNTRIES else ""


def _named_again(article: Article, hits: list[Hit], lexicon: Lexicon) -> list[Hit]:
    """Other places of the names that only a code beside them made known."""
    known = {one.text for one in lexicon.names}
    owners: dict[str, Hit] = {}
    for hit in hits:
        name = folded(hit.written)
        new = hit.how is How.CODE and name not in known and hit.written != hit.code
        if new and len(name) >= _LEAST_AGAIN:
            owners.setdefault(name, hit)
    if not owners:
        return []
    taken = {(hit.line, hit.start) for hit in hits}
    names = sorted(owners, key=lambda name: (-len(name), name))
    pattern = re.compile(
        r"(?<![0-9a-z])(?:" + "|".join(re.escape(name) for name in names) + r")(?![0-9a-z])"
    )
    again = []
    for number, line in enumerate(article.lines, start=1):
        for match in pattern.finditer(folded(line)):
            if (number, match.start()) in taken:
                continue
            hit = owners[match[0]]
            reason = Text(
                f"文中以代號 {hit.code} 指明的名稱", f"A name the article gives the code {hit.code}"
            )
            written = line[match.start() : match.end()]
            again.append(
                Hit(
                    number,
                    match.start(),
                    match.end(),
                    written,
                    "",
                    hit.identity,
                    How.NAME,
                    min(hit.confidence, 0.85),
                    reason,
                )
            )
    return again


def _companies(article: Article, hits: list[Hit]) -> tuple[FoundCompany, ...]:
    grouped: defaultdict[str, list[Hit]] = defaultdict(list)
    for hit in sorted(hits, key=lambda one: (one.line, one.start, one.end)):
        grouped[hit.identity.id].append(hit)
    return tuple(_company(article, those) for those in grouped.values())


def _company(article: Article, hits: list[Hit]) -> FoundCompany:
    mentions = tuple(
        sorted(
            {
                Mention(
                    hit.line, hit.start, hit.end, hit.written, hit.code, hit.how,
                    round(hit.confidence, 2), hit.reason,
                )
                for hit in hits
            }
        )
    )  # fmt: skip
    core = any(not article.is_digest(one.line) for one in mentions)
    return FoundCompany(hits[0].identity, mentions, Kind.CORE if core else Kind.DIGEST)
