"""The chain itself: the map as a flow, and what hangs on a company, with figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from dashboard.analytics.definitions import Definition
from dashboard.analytics.layers import MEMBERS, members_key
from dashboard.i18n import Text
from dashboard.markets import HOME, MARKETS
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.studies import audit, contradictions
from dashboard.supply_chain.flow import (
    DOCUMENTS,
    FLOW_KINDS,
    LINES,
    NEIGHBOUR_STEPS,
    SOURCE,
    TARGET,
    directed,
    flow,
    neighbourhood,
)
from dashboard.supply_chain.models import Relation, SupplyChain
from dashboard.supply_chain.rows import COUNT, KIND

VIEW: Final = "view"
FLOW: Final = "flow"
NEIGHBOURS: Final = "company"
CONTRADICTIONS: Final = "contradictions"
AUDIT: Final = "audit"
DOCUMENT: Final = "document"
COMPANY: Final = "company"
"""Parameters of the URL, with `kind`."""
VALUE: Final = "value"
PRICED: Final = "priced"
MARKET: Final = "market"
RELATION_COLUMNS: Final = (SOURCE, TARGET, KIND, COUNT, DOCUMENTS, LINES)
DEFAULT_RETURN: Final = "return_1m"
_FOREIGN: Final = tuple(one for one in MARKETS if one != HOME)


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The main table of the page's section, by the URL's parameters; the flow where none is."""
    section = parameters.get(VIEW, FLOW)
    return _TABLES.get(section, flow_table)(snapshot, parameters)


def flow_table(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """Links of the flow: `RELATION_COLUMNS`, nodes as `layer:gpu` or `company:innolux`."""
    documents, kinds = asked_documents(snapshot.chain, parameters), asked_kinds(parameters)
    links = flow(snapshot.chain, documents=documents, kinds=kinds).links
    return links[list(RELATION_COLUMNS)]


def company_table(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """What hangs on the company: `RELATION_COLUMNS` of company keys, supply first, then beside."""
    key = asked_company(snapshot.chain, parameters)
    if key is None:
        return pd.DataFrame(columns=pd.Index(RELATION_COLUMNS))
    documents = asked_documents(snapshot.chain, parameters)
    found = neighbourhood(snapshot.chain, key, NEIGHBOUR_STEPS, documents=documents)
    beside = pd.DataFrame(
        [
            (*_ends(one), 1, tuple(dict.fromkeys(part.document for part in one.evidence)),
             "; ".join(f"{part.document}:{part.line_text}" for part in one.evidence))
            for one in found.beside
        ],
        columns=pd.Index(RELATION_COLUMNS),
    ).astype({COUNT: "int64"})  # fmt: skip
    supply = found.links[list(RELATION_COLUMNS)]
    return pd.concat([supply, beside], ignore_index=True) if len(beside) else supply


def _ends(relation: Relation) -> tuple[str, str, str]:
    source, target, kind = directed(relation)
    return source, target, kind.value


def asked_documents(chain: SupplyChain, parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The documents of the URL that the map has; none means all."""
    asked = parameters.get(DOCUMENT, "").split(",")
    return tuple(one.id for one in chain.documents if one.id in asked)


def asked_kinds(parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The kinds of links of the URL; none means all."""
    asked = parameters.get(KIND, "").split(",")
    return tuple(one.value for one in FLOW_KINDS if one.value in asked)


def asked_company(chain: SupplyChain, parameters: Mapping[str, str]) -> str | None:
    """The company of the URL, else the one with most relations; None on an empty map."""
    asked = parameters.get(COMPANY)
    return asked if asked in chain.company_by_key else most_linked(chain)


def most_linked(chain: SupplyChain) -> str | None:
    """The company that most relations name, the first on the map where equal."""
    counts = dict.fromkeys((one.key for one in chain.companies), 0)
    for one in chain.relations:
        counts[one.source] += 1
        counts[one.target] += 1
    return max(counts, key=counts.__getitem__, default=None)


def layer_tables(snapshot: Snapshot) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The equal-weighted layer tables of the members at home and of those abroad."""
    home, abroad = (snapshot.layers(MemberFilter(one)) for one in ((HOME,), _FOREIGN))
    return home, abroad


def layer_values(tables: tuple[pd.DataFrame, pd.DataFrame], key: str) -> pd.DataFrame:
    """Each layer's equal-weighted return: of its members at home, else of those abroad.

    Parameters
    ----------
    tables : as `layer_tables` gives them

    Returns
    -------
    DataFrame, layers × (value, priced, members, market)
        `market` is the home market's id, or an empty text for members abroad, each in its own
        currency; `priced` counts the members behind the value.
    """
    home, abroad = tables
    at_home = (home[MEMBERS] > 0).to_numpy()
    columns = {VALUE: key, PRICED: members_key(key), MEMBERS: MEMBERS}
    both = {name: np.where(at_home, home[own], abroad[own]) for name, own in columns.items()}
    return pd.DataFrame(both | {MARKET: np.where(at_home, HOME, "")}, index=home.index)


def company_values(snapshot: Snapshot, keys: list[str], key: str) -> dict[str, float]:
    """Each company's own return; NaN without a listing or a price."""
    column = snapshot.metrics[key]
    found = {}
    for one in keys:
        symbol = snapshot.chain.company_by_key[one].symbol
        found[one] = float(column.get(symbol, np.nan)) if symbol else np.nan
    return found


_TABLES: Final[dict[str, Callable[[Snapshot, Mapping[str, str]], pd.DataFrame]]] = {
    FLOW: flow_table,
    NEIGHBOURS: company_table,
    CONTRADICTIONS: contradictions.table_of,
    AUDIT: audit.table_of,
}

DEFINITIONS: Final = (
    Definition(
        id="chain_flow",
        label=Text("產業鏈流向圖", "Flow of the chain"),
        formula=r"R_{layer}=\frac1n\sum_{i=1}^{n}R_i,\qquad w_{a\to b}=\#\{relations\}",
        note=Text(
            "圓點的顏色與數字：該層有價核心成員在所選期間報酬的等權平均，只計台股成員；"
            "沒有台股成員的層改計國外成員，各用自己的貨幣。公司（菱形）是它自己的報酬；灰色為無資料。"
            "線的粗細隨文件記載的關係項數增加，同一關係有幾處依據都算一項；"
            "粗細不是金額，也不是營收比重。"
            "箭頭由供應商指向客戶、由出資者指向被投資者；合作與競爭沒有箭頭。往左的線逆著階段的順序。"
            "圓點內附 ↻ 的數字是同一層內的關係項數。公司圖由左到右是供應商、本公司、客戶，各兩步。",
            "Colour and figure of a circle: the plain mean of the chosen return of the layer's "
            "core members that have a price, Taiwanese ones only; a layer without any shows its "
            "members abroad, each in its own currency. A company (diamond) has its own return; "
            "grey is no data. A link grows wider with the number of relations that documents "
            "state, one each however many passages say so; width is no amount of money and no "
            "share of revenue. Arrows point from supplier to customer and from who pays to who "
            "receives; partners and competitors have none. Links to the left run against the "
            "order of the stages. The number with ↻ counts relations within the layer. Around a "
            "company: suppliers on the left, customers on the right, two steps each.",
        ),
        source=Text(
            "本站定義；關係的出處見下表每一列的文件與行。",
            "Own definition; each relation's document and lines stand in the table below.",
        ),
    ),
)
"""What colours, widths and arrows of the flow mean."""
