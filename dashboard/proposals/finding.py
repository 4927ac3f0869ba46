"""Finding the companies an article names: by code, by name, by what is said around a name."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
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
from dashboard.proposals.blocks import Block, blocks_of
from dashboard.proposals.chinese import folded
from dashboard.proposals.citing import pair_codes
from dashboard.proposals.columns import read_columns
from dashboard.proposals.confirming import (
    codes_again,
    decided,
    named_again,
    shortened,
    without_other_countries,
)
from dashboard.proposals.hits import Hit, merged
from dashboard.proposals.keeping import Kept
from dashboard.proposals.lexicon import Lexicon, Tier, lexicon_of
from dashboard.proposals.models import Conflict, Finds, FoundCompany, How, Mention
from dashboard.proposals.naming import Candidate, candidates
from dashboard.supply_chain.models import Kind, SupplyChain

_LINK: Final = re.compile(r"[^()\n]{0,80}\)\(([^()\s]{1,300})\)")
"""The rest of a link's words and its address, in folded brackets."""
_GROUP: Final = folded("集團")
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
        Companies in the order of their first mention; deterministic. At most
        `keeping.MOST` mentions of one company and about `keeping.MANY` of all are kept, the
        first ones: nobody reads more, and memory stays bounded whatever the article is.
    """
    lexicon = lexicon_of(chain, listings)
    kept = Kept(frozenset(lexicon.codes))
    for block in blocks_of(article.lines):
        kept.add(*_read(block, lexicon, kept.full))
    sure = without_other_countries(decided(kept.hits), article)
    kept.replace(sure)
    for more in (named_again, codes_again, shortened):
        kept.add(more(article, kept.hits[:], lexicon))
    return Finds(_companies(article, kept.hits), merged(kept.conflicts))


def _read(block: Block, lexicon: Lexicon, full: set[str]) -> tuple[list[Hit], list[Conflict]]:
    found = candidates(block, lexicon, full)
    pairs = pair_codes(block, found, lexicon, full)
    read_columns(block, found, lexicon, pairs)
    if not found:
        return pairs.hits, pairs.conflicts
    bylines = [match.span() for match in _BYLINE.finditer(block.low)]
    chosen = _chosen(found, [(hit.line, hit.start, hit.end) for hit in pairs.hits], block)
    for one in chosen:
        _weigh(block, one, bylines, lexicon)
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


def _weigh(block: Block, one: Candidate, bylines: list[tuple[int, int]], lexicon: Lexicon) -> None:
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
    if after.startswith(_GROUP) and name in lexicon.families:
        one.doubtful, after = True, ""
    one.weight = evidence(before, after)
    one.weight += _linked(low, one, lexicon)
    if one.line_of_shares:
        one.weight += Tier.COMMON
    elif one.completion:
        one.weight += completes(one.completion, one.name.identity.industry)


def _linked(low: str, one: Candidate, lexicon: Lexicon) -> int:
    """3 where the address that a name links to has the company's Latin name, else 0."""
    own = lexicon.latin.get(one.name.identity.id)
    link = _LINK.match(low, one.end) if own else None
    return 3 if own and link and own & set(re.split(r"[^0-9a-z]+", link[1])) else 0


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
        one.code is not None or (one.name.tier == Tier.NAME and not one.doubtful)
        for one in group
        if not one.refused
    )
    for one in group:
        if one.code is None and (one.name.tier > Tier.NAME or one.doubtful):
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
    unsure = one.loose or one.doubtful
    needs = max(one.name.tier + unsure - one.weight // (1 + one.loose), 0)
    if one.name.tier == Tier.NAME and not unsure:
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
