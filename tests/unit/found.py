"""Articles and finds of a few lines, made by hand: no finder is needed to weigh words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.models import Finds, FoundCompany, How, Identity, Mention
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Kind, SupplyChain

MAP: Path = PROJECT_ROOT / "tickers.yaml"

INDUSTRIES: Mapping[str, str] = {
    **dict.fromkeys(("奇鋐", "廣達", "緯創", "光寶科"), "電腦及週邊設備業"),
    **dict.fromkeys(("雙鴻", "鴻海", "漢唐"), "其他電子業"),
    **dict.fromkeys(("台達電", "金像電", "欣興", "台光電", "建準"), "電子零組件業"),
    **dict.fromkeys(("台積電", "日月光", "世芯", "聯發科", "信驊", "弘塑"), "半導體業"),
    **dict.fromkeys(("上銀", "東台", "大量", "華城", "士電", "大同"), "電機機械"),
    **dict.fromkeys(("元大證券", "國泰金"), "金融保險業"),
}
"""What the exchanges call the companies of these tests."""


def article(text: str, digest_from: int | None = None) -> Article:
    lines = tuple(text.split("\n"))
    return Article(lines, digest=((digest_from, len(lines)),) if digest_from else ())


def finds(one: Article, *names: str, keys: Mapping[str, str] | None = None) -> Finds:
    """Every place of every name, with a code in brackets behind it; `keys` are those of the map."""
    companies = []
    for name in names:
        form = re.compile(re.escape(name) + r"(?: ?[(（][0-9A-Z.:, -]{2,14}[)）])?")
        mentions = tuple(
            Mention(number, hit.start(), hit.end(), name, "", How.NAME, 0.9, Text("名", "name"))
            for number, line in enumerate(one.lines, 1)
            for hit in form.finditer(line)
        )
        core = any(not one.is_digest(mention.line) for mention in mentions)
        key = (keys or {}).get(name)
        identity = Identity(
            key or name, None, key, Text(name, name), None, INDUSTRIES.get(name, "")
        )
        companies.append(FoundCompany(identity, mentions, Kind.CORE if core else Kind.DIGEST))
    return Finds(tuple(companies), ())


def bare_chain() -> SupplyChain:
    """The map's stages and layers without any company."""
    full = load_map(MAP).chain
    return SupplyChain(stages=full.stages, layers=full.layers)
