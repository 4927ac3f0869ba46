"""The map as tables: what the command line prints and what figures are joined on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import pandas as pd

from dashboard.supply_chain.models import (
    Company,
    Evidence,
    Kind,
    Membership,
    Relation,
    RelationKind,
    SupplyChain,
)

SYMBOL: Final = "symbol"
KEY: Final = "key"
NAME_ZH: Final = "name_zh"
NAME_EN: Final = "name_en"
MARKET: Final = "market"
CURRENCY: Final = "currency"
LAYER: Final = "layer"
STAGE: Final = "stage"
PRIMARY: Final = "primary"
KIND: Final = "kind"
STANCE: Final = "stance"
DOCUMENT: Final = "document"
LINES: Final = "lines"
SOURCE_LAYER: Final = "source_layer"
TARGET_LAYER: Final = "target_layer"
COUNT: Final = "count"
RELATIONS: Final = "relations"

MEMBERSHIP_COLUMNS: Final = (
    SYMBOL, KEY, NAME_ZH, NAME_EN, MARKET, CURRENCY, LAYER,
    STAGE, PRIMARY, KIND, STANCE, DOCUMENT, LINES,
)  # fmt: skip
MEMBER_COLUMNS: Final = (SYMBOL, KEY, LAYER, STAGE, PRIMARY, KIND, STANCE, MARKET)
LINK_COLUMNS: Final = (SOURCE_LAYER, TARGET_LAYER, KIND, COUNT, RELATIONS)

_NOT_TEXT: Final = {PRIMARY: "boolean", COUNT: "int64", RELATIONS: "object"}


def _frame(rows: list[tuple[object, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    types = {name: _NOT_TEXT.get(name, "str") for name in columns}
    return pd.DataFrame(rows, columns=pd.Index(columns)).astype(types)


def membership_rows(chain: SupplyChain) -> pd.DataFrame:
    """Every membership with each of its evidence, as it stands in the map.

    Returns
    -------
    DataFrame, `MEMBERSHIP_COLUMNS`
        One row per membership and evidence, in map order; a company without a membership has
        one row per mention with layer, stage, primary and stance missing. `market` is the
        board (TWSE, NASDAQ, …); it, symbol and currency are missing for what cannot be bought.
    """
    rows = [row for company in chain.companies for row in _company_rows(chain, company)]
    return _frame(rows, MEMBERSHIP_COLUMNS)


def _company_rows(chain: SupplyChain, company: Company) -> Iterator[tuple[object, ...]]:
    listing = company.listing
    head = (
        company.symbol,
        company.key,
        company.name.zh,
        company.name.en,
        listing.board if listing else None,
        listing.currency if listing else None,
    )
    for one in company.memberships:
        place = (one.layer, _stage(chain, one), one.primary, one.kind.value, one.stance.value)
        for evidence in one.evidence:
            yield (*head, *place, evidence.document, evidence.line_text)
    for evidence in () if company.memberships else company.mentions:
        kind = _kind_of_mention(chain, evidence).value
        yield (*head, None, None, None, kind, None, evidence.document, evidence.line_text)


def _stage(chain: SupplyChain, membership: Membership) -> str:
    return chain.layer_by_id[membership.layer].stage


def _kind_of_mention(chain: SupplyChain, evidence: Evidence) -> Kind:
    digest = chain.document_by_id[evidence.document].is_digest(evidence)
    return Kind.DIGEST if digest else Kind.CORE


def members(
    chain: SupplyChain,
    *,
    markets: Collection[str] | None = None,
    stages: Collection[str] | None = None,
    include_digest: bool = False,
    include_secondary: bool = False,
) -> pd.DataFrame:
    """The memberships that count in layer figures, of companies that can be bought.

    Parameters
    ----------
    markets, stages : collection of ids, optional
        Only these; all if None.

    Returns
    -------
    DataFrame, `MEMBER_COLUMNS`
        One row per (symbol, layer), in map order: core before digest, then primary before
        secondary where a company stands twice in a layer. `market` is the market's id
        (TW, US, …); `primary` is bool. Nothing is missing.
    """
    rows: list[tuple[object, ...]] = []
    for company in chain.companies:
        listing = company.listing
        if listing is None or (markets is not None and listing.market not in markets):
            continue
        for one in _one_a_layer(company, include_digest, include_secondary):
            stage = _stage(chain, one)
            if stages is None or stage in stages:
                place = (one.layer, stage, one.primary, one.kind.value, one.stance.value)
                rows.append((listing.symbol, company.key, *place, listing.market))
    return _frame(rows, MEMBER_COLUMNS).astype({PRIMARY: "bool"})


def _one_a_layer(
    company: Company, include_digest: bool, include_secondary: bool
) -> Iterator[Membership]:
    best: dict[str, Membership] = {}
    for one in company.memberships:
        if (one.kind is Kind.DIGEST and not include_digest) or not (
            one.primary or include_secondary
        ):
            continue
        other = best.get(one.layer)
        if other is None or _precedence(one) < _precedence(other):
            best[one.layer] = one
    yield from best.values()


def _precedence(membership: Membership) -> tuple[bool, bool]:
    return (membership.kind is Kind.DIGEST, not membership.primary)


def layer_links(chain: SupplyChain) -> pd.DataFrame:
    """Which layers feed which: relations between companies' primary layers.

    `supplier` and `equipment` run from source to target; `customer` is the same statement
    seen from the buyer, so it is turned round and counted as `supplier`. The other kinds have
    no direction of supply, and a layer is not upstream of itself.

    Returns
    -------
    DataFrame, `LINK_COLUMNS`
        One row per upstream layer, downstream layer and kind, in map order of the layers;
        `relations` is the tuple of `Relation` behind `count`.
    """
    primary = {
        company.key: one.layer
        for company in chain.companies
        for one in company.memberships
        if one.primary
    }
    links: dict[tuple[str, str, RelationKind], list[Relation]] = {}
    for relation in chain.relations:
        flow = supply_flow(relation)
        if flow is None or flow[0] not in primary or flow[1] not in primary:
            continue
        upstream, downstream, kind = primary[flow[0]], primary[flow[1]], flow[2]
        if upstream != downstream:
            links.setdefault((upstream, downstream, kind), []).append(relation)
    order = {layer.id: number for number, layer in enumerate(chain.layers)}
    rows: list[tuple[object, ...]] = [
        (upstream, downstream, kind.value, len(relations), tuple(relations))
        for (upstream, downstream, kind), relations in sorted(
            links.items(), key=lambda item: (order[item[0][0]], order[item[0][1]], item[0][2])
        )
    ]
    return _frame(rows, LINK_COLUMNS)


def supply_flow(relation: Relation) -> tuple[str, str, RelationKind] | None:
    """(upstream company, downstream company, kind); None where nothing is supplied."""
    if relation.kind in (RelationKind.SUPPLIER, RelationKind.EQUIPMENT):
        return relation.source, relation.target, relation.kind
    if relation.kind is RelationKind.CUSTOMER:
        return relation.target, relation.source, RelationKind.SUPPLIER
    return None
