"""What the whole article says for a name that its own place leaves open."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.bare_codes import BARE, YEARS, is_amount_after, is_amount_before
from dashboard.proposals.chinese import folded
from dashboard.proposals.hits import Hit
from dashboard.proposals.lexicon import Lexicon, Tier, matcher_of
from dashboard.proposals.models import How
from dashboard.proposals.naming import crossings
from dashboard.supply_chain.models import Status

_COUNTRIES: Final = ("美國", "台灣", "我國", "中國", "日本", "韓國", "南韓", "歐盟", "德國", "英國")
_LEAST_AGAIN: Final = 3
_LETTER: Final = re.compile("[0-9a-z]")


def decided(hits: list[Hit]) -> list[Hit]:
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


def without_other_countries(hits: list[Hit], article: Article) -> list[Hit]:
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


def named_again(article: Article, hits: list[Hit], lexicon: Lexicon) -> Iterator[Hit]:
    """Other places of the names that only a code beside them made known."""
    known = {one.text for one in lexicon.names}
    owners: dict[str, Hit] = {}
    for hit in hits:
        name = folded(hit.written)
        new = hit.how is How.CODE and name not in known and hit.written != hit.code
        if new and len(name) >= _LEAST_AGAIN:
            owners.setdefault(name, hit)
    if not owners:
        return
    taken = {(hit.line, hit.start) for hit in hits}
    names = sorted(owners)
    matcher = matcher_of(names)
    for number, line in enumerate(article.lines, start=1):
        low = folded(line)
        for index, start, end in matcher.find_matches_as_indexes(low):
            inside = _LETTER.match(low, end) or (start and _LETTER.match(low, start - 1))
            if not inside and (number, start) not in taken:
                yield _again(owners[names[index]], number, start, end, line[start:end])


def _again(hit: Hit, line: int, start: int, end: int, written: str) -> Hit:
    reason = Text(
        f"文中以代號 {hit.code} 指明的名稱", f"A name the article gives the code {hit.code}"
    )
    confidence = min(hit.confidence, 0.85)
    return Hit(line, start, end, written, "", hit.identity, How.NAME, confidence, reason)


def codes_again(article: Article, hits: list[Hit], lexicon: Lexicon) -> Iterator[Hit]:
    """Bare codes of companies that the article names: 全部都比不上 2330.

    Years, amounts, prices and levels are none: what stands before and after tells.
    """
    own = {id_: lexicon.codes.get(id_, frozenset()) for id_ in {hit.identity.id for hit in hits}}
    owners: dict[str, Hit] = {}
    for hit in hits:
        for code in own[hit.identity.id]:
            if code.isdigit() and len(code) == 4 and int(code) not in YEARS:
                owners.setdefault(code, hit)
    taken = _taken(hits)
    for number, line in enumerate(article.lines, start=1):
        low = folded(line)
        for match in BARE.finditer(low):
            code, (start, end) = match["code"], match.span()
            known = owners.get(code)
            if known is None or _covered(taken, number, start):
                continue
            if is_amount_after(low, end) or is_amount_before(low, start):
                continue
            reason = Text(
                f"{code} 是文中{known.identity.name.zh}的代號",
                f"{code} is the code of {known.identity.name.en}, which the article names",
            )
            yield Hit(number, start, end, code, code, known.identity, How.CODE, 0.75, reason)


def shortened(article: Article, hits: list[Hit], lexicon: Lexicon) -> Iterator[Hit]:
    """Short forms of the names that the article has in full: 京元 of 京元電子.

    Only where the short form is no word and begins no other company's name, and no word goes
    across its ends.
    """
    owners: dict[str, Hit] = {}
    for hit in hits:
        name = folded(hit.written)
        short = name[:2]
        if len(name) > 2 and lexicon.only_one_begins(short, hit.identity.id):
            owners.setdefault(short, hit)
    if not owners:
        return
    taken = _taken(hits)
    names = sorted(owners)
    matcher = matcher_of(names)
    for number, line in enumerate(article.lines, start=1):
        low = folded(line)
        for index, start, end in matcher.find_matches_as_indexes(low):
            if _covered(taken, number, start) or crossings(low, max(start - 2, 0), start, end):
                continue
            if crossings(low, start, end, len(low)):
                continue
            hit = owners[names[index]]
            reason = Text(
                f"文中{hit.identity.name.zh}的簡稱",
                f"Short for {hit.identity.name.en}, which the article names",
            )
            written = line[start:end]
            yield Hit(number, start, end, written, "", hit.identity, How.NAME, 0.75, reason)


def _taken(hits: list[Hit]) -> dict[int, list[tuple[int, int]]]:
    """Spans of all mentions by line."""
    taken: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for hit in sorted(hits, key=lambda one: (one.line, one.start, one.end)):
        taken[hit.line].append((hit.start, hit.end))
    return taken


def _covered(taken: dict[int, list[tuple[int, int]]], line: int, at: int) -> bool:
    spans = taken.get(line)
    if not spans:
        return False
    index = bisect_right(spans, (at, 2**62)) - 1
    return index >= 0 and spans[index][1] > at
