"""A small map by hand beside the shipped list of companies, and what is found with them."""

from __future__ import annotations

from functools import cache

import pandas as pd

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.prices.shipped_listings import listed_offline
from dashboard.proposals.finding import find_companies
from dashboard.proposals.models import Finds
from dashboard.supply_chain.models import Company, Listing, Status, SupplyChain

_LISTED = (
    ("tsmc", "台積電", "TSMC", ("台積", "護國神山"), "2330.TW", "TWSE"),
    ("guc", "創意", "GUC", (), "3443.TW", "TWSE"),
    ("eva-air", "長榮航", "EVA Air", ("長榮航空",), "2618.TW", "TWSE"),
    ("nvidia", "輝達", "NVIDIA", ("NVDA",), "NVDA", "NASDAQ"),
    ("amd", "超微", "AMD", (), "AMD", "NASDAQ"),
    ("intel", "英特爾", "Intel", (), "INTC", "NASDAQ"),
    ("alibaba", "阿里巴巴", "Alibaba", (), "BABA", "NYSE"),
    ("samsung", "三星電子", "Samsung Electronics", ("三星", "Samsung"), "005930.KS", "KRX"),
    ("tokyo-electron", "東京威力科創", "Tokyo Electron", ("TEL",), "8035.T", "TSE"),
)
_STATE = (
    ("us-defense-department", "美國國防部", "US Department of Defense", ("國防部",)),
    ("iea", "國際能源署", "International Energy Agency", ("IEA",)),
)


@cache
def chain() -> SupplyChain:
    listed = tuple(
        Company(
            key=key,
            name=Text(zh, en),
            aliases=aliases,
            status=Status.LISTED,
            listings=(Listing(symbol=symbol, board=board),),
        )
        for key, zh, en, aliases, symbol, board in _LISTED
    )
    state = tuple(
        Company(key=key, name=Text(zh, en), aliases=aliases, status=Status.STATE)
        for key, zh, en, aliases in _STATE
    )
    return SupplyChain(companies=listed + state, digest="by hand")


@cache
def _listings() -> pd.DataFrame:
    return listed_offline()


def finds(*lines: str, digest: tuple[tuple[int, int], ...] = ()) -> Finds:
    return find_companies(Article(lines, digest=digest), chain(), _listings())


def ids(*lines: str) -> set[str]:
    """Symbols, or keys of what cannot be bought, and `!code` of every conflict."""
    told = finds(*lines)
    found = {one.identity.symbol or one.identity.id for one in told.companies}
    return found | {f"!{one.code}" for one in told.conflicts}
