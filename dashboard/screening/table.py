"""What a screen looks at: one row per symbol of the universe, one column per field."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.metrics import RETURN_KEYS
from dashboard.analytics.ownbars import last_columns
from dashboard.markets import MARKETS, market_of
from dashboard.prices.bars import flag_names
from dashboard.prices.records import BOARD as LISTED_BOARD
from dashboard.prices.records import INDUSTRY as LISTED_INDUSTRY
from dashboard.screening.fields import (
    ANY_LAYER,
    BOARD,
    BOTTLENECK,
    CURRENCY,
    DOCUMENT,
    FLAGS,
    INDUSTRY,
    KEY,
    KIND,
    LAYER,
    LAYER_PREFIX,
    LAYER_RANKS,
    LAYER_SHARES,
    MARKET,
    NAME,
    ON_MAP,
    STAGE,
    STALE,
    STANCE,
    SYMBOL,
    fields_of,
)
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.supply_chain.models import Company, Kind, SupplyChain


def screen_table(snapshot: Snapshot) -> pd.DataFrame:
    """Every field of every symbol of the snapshot's universe.

    Returns
    -------
    DataFrame, symbols × keys of `fields_of`, both in their order
        Metrics as `Snapshot.metrics` has them. A field of many values holds a tuple of ids,
        `name` a `Text`. A company off the map has empty tuples, which is known: the map says of
        no layer, stance or document that it is the company's. What is not known is missing:
        None for flags without a bar and for a text, else NaN or NaT.

    Notes
    -----
    `layer`, `stage`, `bottleneck`, `stance` and `kind` tell of the membership in which a company
    is primary, in the body of a document or in a headline; of a company that is only mentioned,
    `kind` tells where. `any_layer` is every layer it stands in, `document` every document that
    names it. Figures of the layer (`layer_…`) are those of the primary one, equally weighted
    over the members of Taiwan that are primary in it and named in the body of a document;
    `layer_advancing` is the share of them whose close rose. `flags` are those of the last bar.
    """
    symbols = list(snapshot.universe)
    columns: dict[str, Any] = {
        **_facts(snapshot, symbols),
        **_listing(snapshot, symbols),
    }
    facts = pd.DataFrame(columns, index=pd.Index(symbols, name=SYMBOL))
    metrics = snapshot.metrics.reindex(symbols)
    layers = _layer_figures(snapshot).reindex([own[0] if own else None for own in facts[LAYER]])
    table = pd.concat([facts, metrics, layers.set_axis(facts.index)], axis=1)
    return table[list(fields_of(snapshot.chain))]


def _facts(snapshot: Snapshot, symbols: list[str]) -> dict[str, pd.Series[Any]]:
    """What the map says of each symbol."""
    chain = snapshot.chain
    known = {one.symbol: _places(chain, one) for one in chain.companies if one.symbol}
    nowhere: dict[str, tuple[str, ...]] = dict.fromkeys(
        (LAYER, ANY_LAYER, STAGE, BOTTLENECK, STANCE, KIND, DOCUMENT), ()
    )
    keys = {one.symbol: one.key for one in chain.companies if one.symbol}
    columns: dict[str, list[Any]] = {
        SYMBOL: symbols,
        KEY: [keys.get(one) for one in symbols],
        NAME: [snapshot.name_of(one) for one in symbols],
        ON_MAP: [one in keys for one in symbols],
        STALE: [one in snapshot.stale_symbols for one in symbols],
    }
    for field in nowhere:
        columns[field] = [known.get(one, nowhere)[field] for one in symbols]
    columns[FLAGS] = _last_flags(snapshot, symbols)
    plain = (ON_MAP, STALE)
    return {
        name: pd.Series(own, symbols, dtype="bool" if name in plain else "object")
        for name, own in columns.items()
    }


def _places(chain: SupplyChain, company: Company) -> dict[str, tuple[str, ...]]:
    primary = [one for one in company.memberships if one.primary]
    layers = [chain.layer_by_id[one.layer] for one in primary]
    named = [*(e for one in company.memberships for e in one.evidence), *company.mentions]
    kinds = [str(one.kind) for one in primary] or [
        str(Kind.DIGEST if chain.document_by_id[one.document].is_digest(one) else Kind.CORE)
        for one in company.mentions
    ]
    return {
        LAYER: _each(one.id for one in layers),
        ANY_LAYER: _each(one.layer for one in company.memberships),
        STAGE: _each(one.stage for one in layers),
        BOTTLENECK: _each(str(one.bottleneck) for one in layers),
        STANCE: _each(str(one.stance) for one in primary),
        KIND: _each(kinds),
        DOCUMENT: _each(one.document for one in named),
    }


def _each(ids: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _listing(snapshot: Snapshot, symbols: list[str]) -> dict[str, list[str | None]]:
    """Market, currency, board and industry."""
    companies = snapshot.chain.company_by_symbol
    own = {
        symbol: one.board
        for symbol in symbols
        if symbol in companies
        for one in companies[symbol].listings
        if one.symbol == symbol
    }
    listings = snapshot.prices.listings.reindex(symbols)
    boards, industries = (
        [one if isinstance(one, str) else None for one in listings[key]]
        for key in (LISTED_BOARD, LISTED_INDUSTRY)
    )
    markets = [market_of(one) for one in symbols]
    return {
        MARKET: list(markets),
        CURRENCY: [MARKETS[one].currency for one in markets],
        BOARD: [own.get(one) or told for one, told in zip(symbols, boards, strict=True)],
        INDUSTRY: [one or None for one in industries],
    }


def _last_flags(snapshot: Snapshot, symbols: list[str]) -> list[tuple[str, ...] | None]:
    """The flags of each symbol's last bar; None without one."""
    known: dict[str, int] = {}
    for panel in snapshot.panels.values():
        last = last_columns(panel.close)
        flags = panel.flags[np.arange(len(last)), np.maximum(last, 0)]
        known |= dict(zip(panel.symbols, np.where(last < 0, -1, flags).tolist(), strict=True))
    told: dict[int, tuple[str, ...] | None] = {-1: None, 0: ()}
    told |= {one: tuple(flag_names(one).split(",")) for one in set(known.values()) - {-1, 0}}
    return [told[known.get(one, -1)] for one in symbols]


def _layer_figures(snapshot: Snapshot) -> pd.DataFrame:
    """Layers × the figures of a layer, the advancing as a share."""
    layers = snapshot.layers(MemberFilter())
    counted = layers[["advancing", "declining", "unchanged"]].sum(axis=1)
    figures = {LAYER_PREFIX + key: layers[key] for key in RETURN_KEYS}
    above_20, above_60, advancing = LAYER_SHARES
    figures[above_20], figures[above_60] = layers["above_sma_20"], layers["above_sma_60"]
    figures[advancing] = layers["advancing"] / counted.where(counted > 0)
    for key, of in LAYER_RANKS.items():
        figures[key] = layers[of].rank(ascending=False, method="min")
    return pd.DataFrame(figures)
