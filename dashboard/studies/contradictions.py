"""Where the documents disagree, side by side, and what prices did since each could be known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.analytics.audit import MARKET_RETURN, RELATIVE, SESSIONS, TROUBLE
from dashboard.analytics.definitions import Definition
from dashboard.i18n import Text
from dashboard.markets import HOME, market_of
from dashboard.snapshot import Snapshot
from dashboard.studies.audit import (
    BASIS,
    COMPANIES,
    COMPANIES_PRICED,
    COMPANY_RETURN,
    DOCUMENT,
    INFERRED,
    JUDGED_ON,
    KIND,
    KNOWN_FROM,
    LAYER_MEMBERS,
    LAYER_PRICED,
    LAYER_RETURN,
    LAYERS,
    LINES,
    MARKET,
    ON_COMPANY,
    ON_LAYER,
    SYMBOLS,
    Since,
)
from dashboard.supply_chain.contradictions import (
    Contradiction,
    Kind,
    Passage,
    cited,
    contradictions,
    known_from,
)
from dashboard.supply_chain.models import DateBasis, Document

CONTRADICTION: Final = "contradiction"
SIDE: Final = "side"
COMPANIES_LISTED: Final = "companies_listed"
ABOUT: Final = "about"
DATE: Final = "date"
CLAIM_ZH: Final = "claim_zh"
CLAIM_EN: Final = "claim_en"
CHECK_ZH: Final = "check_zh"
CHECK_EN: Final = "check_en"
PRICE_COLUMNS: Final = (
    KNOWN_FROM, MARKET, SYMBOLS, COMPANY_RETURN, COMPANIES_PRICED, COMPANIES_LISTED,
    LAYER_RETURN, LAYER_PRICED, LAYER_MEMBERS, JUDGED_ON, SESSIONS, MARKET_RETURN, BASIS,
    RELATIVE, TROUBLE,
)  # fmt: skip
COLUMNS: Final = (
    CONTRADICTION, KIND, SIDE, ABOUT, DOCUMENT, LINES, DATE, INFERRED, CLAIM_ZH, CLAIM_EN,
    CHECK_ZH, CHECK_EN, COMPANIES, LAYERS, *PRICE_COLUMNS,
)  # fmt: skip
NO_DATE: Final = "no_date"
"""In `trouble`, beside `analytics.audit.Reason`: the document has no date."""


@dataclass(frozen=True, eq=False)
class Found:
    """The contradictions of a snapshot's map.

    Attributes
    ----------
    all : by id
    table : DataFrame, `COLUMNS`, one row a passage
        Returns are fractions from the close of the first session that could know the passage's
        document to the snapshot's, plain means of the companies (layers' core members known by
        then) that have one; NaN where `trouble` says why. `market_return`, `sessions` and
        `relative` belong to the companies, or to the layers where no company has a price
        (`judged_on`). `symbols` are those whose price the companies' figure is, of
        `companies_listed` named companies with a listing in any market.
        Counts are whole numbers beside them.
    summary : DataFrame, index id, columns kind, document, lines, `PRICE_COLUMNS`
        One row a contradiction, priced from the day on which it could be seen; `document` and
        its `lines` are tuples of the same length.
    """

    all: Mapping[str, Contradiction]
    table: pd.DataFrame
    summary: pd.DataFrame


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The passages for the URL's parameters `kind` and `document`; several with commas."""
    return chosen(found(snapshot).table, parameters)


def chosen(table: pd.DataFrame, parameters: Mapping[str, str]) -> pd.DataFrame:
    """Those rows that the parameters ask for; unknown ids count as absent.

    A contradiction of which one passage is of a document is shown whole.
    """
    kinds = asked_kinds(parameters)
    if kinds:
        table = table[table[KIND].isin(kinds)]
    documents = frozenset(parameters.get(DOCUMENT, "").split(",")) & frozenset(table[DOCUMENT])
    if documents:
        named = table[table[DOCUMENT].isin(documents)][CONTRADICTION]
        table = table[table[CONTRADICTION].isin(named)]
    return table


def asked_kinds(parameters: Mapping[str, str]) -> frozenset[str]:
    """The kinds that the URL asks for; empty for all."""
    return frozenset(parameters.get(KIND, "").split(",")).intersection(one.value for one in Kind)


def found(snapshot: Snapshot) -> Found:
    """Every contradiction known as of the snapshot's session; see `Found`."""
    since = Since(snapshot)
    every = {one.id: one for one in contradictions(snapshot.chain)}
    rows = [_row(since, one, passage) for one in every.values() for passage in one.passages]
    table = pd.DataFrame(rows, columns=pd.Index(COLUMNS)).astype({KNOWN_FROM: "datetime64[s]"})
    summary = pd.DataFrame(
        [_summary(since, one) for one in every.values()],
        index=pd.Index(list(every), name=CONTRADICTION, dtype="str"),
        columns=pd.Index([KIND, DOCUMENT, LINES, *PRICE_COLUMNS]),
    ).astype({KNOWN_FROM: "datetime64[s]"})
    return Found(every, table, summary)


def _row(since: Since, one: Contradiction, passage: Passage) -> dict[str, Any]:
    evidence = passage.evidence
    document = since.snapshot.chain.document_by_id[evidence.document]
    return {
        CONTRADICTION: one.id,
        KIND: one.kind.value,
        SIDE: passage.side.value,
        ABOUT: passage.about,
        DOCUMENT: document.id,
        LINES: evidence.line_text,
        DATE: document.date,
        INFERRED: document.date_basis is DateBasis.INFERRED,
        CLAIM_ZH: evidence.claim.zh,
        CLAIM_EN: evidence.claim.en,
        CHECK_ZH: evidence.check.zh if evidence.check else None,
        CHECK_EN: evidence.check.en if evidence.check else None,
        COMPANIES: one.companies,
        LAYERS: one.layers,
        **_prices(since, one, document),
    }


def _summary(since: Since, one: Contradiction) -> dict[str, Any]:
    chain = since.snapshot.chain
    evidence = [passage.evidence for passage in one.passages]
    day = known_from(chain, one)
    seen_in = next(
        (
            chain.document_by_id[x.document]
            for x in evidence
            if chain.document_by_id[x.document].known_on == day
        ),
        chain.document_by_id[evidence[0].document],
    )
    return {
        KIND: one.kind.value,
        DOCUMENT: tuple(dict.fromkeys(x.document for x in evidence)),
        LINES: tuple(cited(evidence).values()),
        **_prices(since, one, seen_in),
    }


def _prices(since: Since, one: Contradiction, document: Document) -> dict[str, Any]:
    """`PRICE_COLUMNS` from the first session that can know the document."""
    day, chain = document.known_on, since.snapshot.chain
    if day is None:
        return dict.fromkeys(PRICE_COLUMNS) | {SYMBOLS: (), TROUBLE: NO_DATE}
    named = [chain.company_by_key[key].symbol for key in one.companies]
    listed = [symbol for symbol in named if symbol]
    members = since.members(one.layers, day)
    market = _market(since, listed, members)
    symbols = [symbol for symbol in listed if market_of(symbol) == market]
    members = [symbol for symbol in members if market_of(symbol) == market]
    own, layer = since.held(market, symbols, day), since.held(market, members, day)
    on_company = bool(symbols) and (own.priced > 0 or not layer.priced)
    told = own if on_company else layer
    known = market in since.returns
    return {
        KNOWN_FROM: since.first_session(market, day),
        MARKET: market,
        SYMBOLS: own.symbols,
        COMPANY_RETURN: own.value,
        COMPANIES_PRICED: own.priced,
        COMPANIES_LISTED: len(listed),
        LAYER_RETURN: layer.value,
        LAYER_PRICED: layer.priced,
        LAYER_MEMBERS: len(members),
        JUDGED_ON: ON_COMPANY if on_company else ON_LAYER,
        SESSIONS: told.sessions,
        MARKET_RETURN: told.market,
        BASIS: since.returns[market].basis.value if known else "",
        RELATIVE: told.relative,
        TROUBLE: told.trouble,
    }


def _market(since: Since, listed: list[str], members: list[str]) -> str:
    """Where the companies trade, home first; where none of them is priced, the layers' members."""
    for symbols in (listed, members):
        markets = [market_of(one) for one in symbols if since.is_stored(one)]
        if markets:
            return HOME if HOME in markets else markets[0]
    markets = [market_of(one) for one in (*listed, *members)]
    return HOME if HOME in markets or not markets else markets[0]


DEFINITIONS: Final = (
    Definition(
        id="contradictions",
        label=Text("矛盾與其後的股價", "Contradictions and the price since"),
        formula=r"R=\frac1n\sum_{i=1}^{n}\left(\prod_{s_0<t\le T}(1+r_{i,t})-1\right),\qquad "
        r"\text{relative}=\frac{1+R}{1+M}-1",
        note=Text(
            "矛盾只從供應鏈圖讀出：查核與說法不符、同一事件或行段的說法相反、成員地位被標為有爭議、"
            "不同文件說同一家公司受惠與有風險、以及既合作又競爭的兩家公司（不算錯誤）。"
            "補充性的查核（例如後來的名稱）不列入。"
            "s₀ 是文件日期後的第一個交易日（兩方都要已知才看得出矛盾時，取較晚者），以其收盤買進，"
            "到截至日為止；大盤 M 取相同的日子；所屬層取當時已知的核心成員。"
            "公司旁邊寫明是誰的股價，總數是提到的所有上市公司（含別的市場，數字只計一個市場）；層旁邊是有價家數與總數；"
            "期間有不明跳動、股價過舊或未儲存者不計。",
            "Contradictions are read from the map alone: a check disagrees with the claim, "
            "passages on one event or the same lines say opposite things, a place in a layer is "
            "called disputed, different documents see a company gain and see it at risk, and two "
            "companies work together and compete (no error). Checks that only add, such as a "
            "later name, are not listed. s₀ is the first session after the document's date (the "
            "later one where both sides must be known to see it), bought at its close and held "
            "to the as-of session, the market M over the same days; a layer means the core members "
            "known then. Beside the companies' figure stands whose price it is, of how many named "
            "companies that are listed anywhere (one market is counted); beside each figure "
            "stands how many of how many are priced; a jump that nothing explains, a stale or a "
            "missing price does not count.",
        ),
        source=Text("本站規則。", "Own rule."),
    ),
)
