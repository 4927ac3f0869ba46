"""What the whole article says for a name that its own place leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.chinese import folded
from dashboard.proposals.lexicon import Lexicon, Tier, matcher_of
from dashboard.proposals.models import How
from dashboard.proposals.unpaired import Hit
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
