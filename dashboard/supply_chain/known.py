"""The map as it was known on a day: what a document says counts from the day after its date.

A document of the 25th may have come out after that day's close, so the first session after its
date is the first that can know it. A date that is known to the month or year counts from the
end of that month or year; a document without a date opens nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final, TypeVar

import pandas as pd

from dashboard.supply_chain.models import (
    Company,
    DateBasis,
    Document,
    Event,
    Evidence,
    Kind,
    Membership,
    Relation,
    SupplyChain,
)
from dashboard.supply_chain.rows import KEY, LAYER, MARKET, STAGE, SYMBOL, members

Claim = TypeVar("Claim", Relation, Event)

BOTTLENECK: Final = "bottleneck"
KNOWN_ON: Final = "known_on"
KNOWN_UNTIL: Final = "known_until"
INFERRED: Final = "inferred"
WINDOW_COLUMNS: Final = (
    SYMBOL, KEY, LAYER, STAGE, BOTTLENECK, MARKET, KNOWN_ON, KNOWN_UNTIL, INFERRED,
)  # fmt: skip
_UNTIL: Final = WINDOW_COLUMNS.index(KNOWN_UNTIL)
_ALWAYS: Final = pd.Timestamp("1900-01-01")


def known_map(chain: SupplyChain, day: dt.date) -> SupplyChain:
    """The map without what no document dated before `day` says.

    Memberships, mentions, relations and events keep their known evidence only, and go where
    none is left; a company goes with its last trace. A company whose primary layer is not
    known yet is primary in the first layer that is. Stages and layers stay: they are the
    taxonomy, no claim.

    Returns
    -------
    SupplyChain
        `chain` itself where all of it is known. `digest` tells the known documents too.
    """
    return only_documents(chain, {one.id for one in chain.documents if is_known(one, day)})


def only_documents(chain: SupplyChain, documents: Collection[str]) -> SupplyChain:
    """The map as it would be if only these documents, by id, had been read.

    Returns
    -------
    SupplyChain
        As of `known_map`.
    """
    known = frozenset(documents)
    if len(known) == len(chain.documents):
        return chain
    kept = {one.id: one for one in chain.documents if one.id in known}
    relations = tuple(_cut(one, known) for one in chain.relations if _known(one.evidence, known))
    events = tuple(_cut(one, known) for one in chain.events if _known(one.evidence, known))
    named = {key for one in relations for key in (one.source, one.target)}
    named |= {key for one in events for key in one.companies}
    companies = (_company(one, kept) for one in chain.companies)
    return SupplyChain(
        documents=tuple(kept.values()),
        stages=chain.stages,
        layers=chain.layers,
        companies=tuple(
            one for one in companies if one.memberships or one.mentions or one.key in named
        ),
        relations=relations,
        events=events,
        digest=f"{map_version(chain)}@{'+'.join(kept)}",
    )


def is_known(document: Document, day: dt.date) -> bool:
    """Whether what a document says can be known on a day."""
    return document.known_on is not None and document.known_on <= day


def map_version(chain: SupplyChain) -> str:
    """Hash of the file that a map, whole or cut to a day, was read from."""
    return chain.digest.partition("@")[0]


def first_known(chain: SupplyChain, evidence: Iterable[Evidence]) -> dt.date | None:
    """First day on which any of the evidence is known; None for never."""
    days = (chain.document_by_id[one.document].known_on for one in evidence)
    return min((day for day in days if day is not None), default=None)


def joins_by(chain: SupplyChain, company: Company) -> tuple[dt.date, Document] | None:
    """Since when a company is on the map, and the document that brings it; None for never.

    That which places it in a layer, mentions it, or names it in a relation or an event.
    """
    found = [*company.mentions, *(e for one in company.memberships for e in one.evidence)]
    for relation in chain.relations:
        if company.key in (relation.source, relation.target):
            found += relation.evidence
    for event in chain.events:
        if company.key in event.companies:
            found += event.evidence
    documents = (chain.document_by_id[one.document] for one in found)
    dated = [(one.known_on, one) for one in documents if one.known_on is not None]
    return min(dated, key=lambda one: one[0], default=None)


def first_day(chain: SupplyChain, layer: str | None = None) -> dt.date | None:
    """First day on which anyone is known to be on the map, or in a layer; None for never."""
    days = (
        first_known(chain, membership.evidence)
        for company in chain.companies
        for membership in company.memberships
        if layer in (None, membership.layer)
    )
    return min((day for day in days if day is not None), default=None)


def member_windows(
    chain: SupplyChain,
    *,
    markets: Collection[str] | None = None,
    stages: Collection[str] | None = None,
    include_digest: bool = False,
    include_secondary: bool = False,
) -> pd.DataFrame:
    """When each membership of `rows.members` counts.

    Returns
    -------
    DataFrame, `WINDOW_COLUMNS`
        One row per symbol, layer and stretch of days, in the order in which they open.
        `known_on` is the first day that counts, `known_until` the day before which it ends
        (NaT: it goes on; a later document may move a company's primary layer). `inferred`:
        every document behind it has an inferred date. `bottleneck` is the layer's. Memberships
        of documents without a date have no row.
    """
    days = sorted({one.known_on for one in chain.documents if one.known_on is not None})
    open_rows: dict[tuple[str, str], list[object]] = {}
    rows: list[list[object]] = []
    for day in days:
        known = known_map(chain, day)
        counted = members(
            known,
            markets=markets,
            stages=stages,
            include_digest=include_digest,
            include_secondary=include_secondary,
        )
        now = {
            (str(one.symbol), str(one.layer)): (str(one.key), str(one.stage), str(one.market))
            for one in counted.itertuples()
        }
        for pair in [pair for pair in open_rows if pair not in now]:
            open_rows.pop(pair)[_UNTIL] = pd.Timestamp(day)
        for pair, (key, stage, market) in now.items():
            if pair in open_rows:
                continue
            symbol, layer = pair
            row: list[object] = [
                symbol,
                key,
                layer,
                stage,
                chain.layer_by_id[layer].bottleneck.value,
                market,
            ]
            row += [pd.Timestamp(day), pd.NaT, _inferred(known, key, layer)]
            open_rows[pair] = row
            rows.append(row)
    types = dict.fromkeys(WINDOW_COLUMNS, "str") | {
        KNOWN_ON: "datetime64[s]",
        KNOWN_UNTIL: "datetime64[s]",
        INFERRED: "bool",
    }
    return pd.DataFrame(rows, columns=pd.Index(WINDOW_COLUMNS)).astype(types)


def without_dates(windows: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """The members known on a day, as if they had always been known: a view with hindsight.

    Returns
    -------
    DataFrame, `WINDOW_COLUMNS`; `known_on` before every session
    """
    moment = pd.Timestamp(day)
    ends = windows[KNOWN_UNTIL]
    now = windows[(windows[KNOWN_ON] <= moment) & (ends.isna() | (ends > moment))]
    return now.assign(known_on=_ALWAYS, known_until=pd.Series(pd.NaT, index=now.index)).astype(
        {KNOWN_ON: "datetime64[s]", KNOWN_UNTIL: "datetime64[s]"}
    )


def _known(evidence: Iterable[Evidence], known: Collection[str]) -> tuple[Evidence, ...]:
    return tuple(one for one in evidence if one.document in known)


def _cut(one: Claim, known: Collection[str]) -> Claim:
    return one.model_copy(update={"evidence": _known(one.evidence, known)})


def _company(company: Company, documents: dict[str, Document]) -> Company:
    memberships = [
        _membership(one, documents)
        for one in company.memberships
        if _known(one.evidence, documents)
    ]
    had_primary = any(one.primary for one in company.memberships)
    if memberships and had_primary and not any(one.primary for one in memberships):
        place = next((n for n, one in enumerate(memberships) if one.kind is Kind.CORE), 0)
        memberships[place] = memberships[place].model_copy(update={"primary": True})
    return company.model_copy(
        update={
            "memberships": tuple(memberships),
            "mentions": _known(company.mentions, documents),
        }
    )


def _membership(membership: Membership, documents: dict[str, Document]) -> Membership:
    evidence = _known(membership.evidence, documents)
    # A later document may have made a headline's membership a core one.
    digest = all(documents[one.document].is_digest(one) for one in evidence)
    kind = Kind.DIGEST if digest else membership.kind
    return membership.model_copy(update={"evidence": evidence, "kind": kind})


def _inferred(known: SupplyChain, key: str, layer: str) -> bool:
    return all(
        known.document_by_id[evidence.document].date_basis is DateBasis.INFERRED
        for one in known.company_by_key[key].memberships
        if one.layer == layer
        for evidence in one.evidence
    )
