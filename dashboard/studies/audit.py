"""The claim audit: what the documents said, dated, and what prices and revenue did since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from dashboard.analytics.audit import (
    DIRECTION,
    MARKET_RETURN,
    REASON,
    RELATIVE,
    RETURN,
    REVENUE_MONTH,
    REVENUE_MONTHS,
    REVENUE_YOY,
    REVENUE_YOY_LATEST,
    SESSIONS,
    TROUBLE,
    VERDICT,
    Reason,
    Returns,
    RevenueSince,
    Verdict,
    beaten,
    judged,
    relative_return,
    revenue_since,
)
from dashboard.analytics.benchmark import market_benchmark
from dashboard.analytics.revenue import known_months
from dashboard.markets import HOME, market_of
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.supply_chain.known import KNOWN_ON, KNOWN_UNTIL
from dashboard.supply_chain.models import (
    DateBasis,
    Direction,
    Document,
    Evidence,
    Kind,
    Stance,
    SupplyChain,
)
from dashboard.supply_chain.rows import LAYER, SYMBOL

CLAIM: Final = "claim"
ABOUT: Final = "about"
DOCUMENT: Final = "document"
LINES: Final = "lines"
KNOWN_FROM: Final = "known_from"
INFERRED: Final = "inferred"
EVENT_SESSION: Final = "event_session"
COMPANIES: Final = "companies"
SYMBOLS: Final = "symbols"
LAYERS: Final = "layers"
KIND: Final = "kind"
STANCE: Final = "stance"
MARKET: Final = "market"
JUDGED_ON: Final = "judged_on"
COMPANY_RETURN: Final = "company_return"
COMPANIES_PRICED: Final = "companies_priced"
LAYER_RETURN: Final = "layer_return"
LAYER_PRICED: Final = "layer_priced"
LAYER_MEMBERS: Final = "layer_members"
BASIS: Final = "basis"
REVENUE_COMPANIES: Final = "revenue_companies"
AUDIT_COLUMNS: Final = (
    CLAIM, ABOUT, DOCUMENT, LINES, KNOWN_FROM, INFERRED, EVENT_SESSION, COMPANIES, SYMBOLS,
    LAYERS, KIND, STANCE, DIRECTION, MARKET, JUDGED_ON, SESSIONS, COMPANY_RETURN,
    COMPANIES_PRICED, LAYER_RETURN, LAYER_PRICED, LAYER_MEMBERS, MARKET_RETURN, BASIS, RELATIVE,
    REVENUE_YOY, REVENUE_YOY_LATEST, REVENUE_MONTHS, REVENUE_MONTH, REVENUE_COMPANIES,
    VERDICT, REASON,
)  # fmt: skip

MEMBERSHIP: Final = "membership"
EVENT: Final = "event"
ON_COMPANY: Final = "company"
ON_LAYER: Final = "layer"

GROUP: Final = "group"
COMPANY: Final = "company"
"""Parameters of the URL, with `document` and `verdict`; a layer's id is in `group`."""

BEATEN: Final = "beat_market"
PRICED: Final = "members_priced"
UP: Final = "plus"
DOWN: Final = "minus"
BASE_COLUMNS: Final = (
    KNOWN_FROM, DOCUMENT, f"{UP}_confirmed", f"{UP}_not_so_far", f"{DOWN}_confirmed",
    f"{DOWN}_not_so_far", Verdict.CANNOT.value, BEATEN, PRICED,
)  # fmt: skip
_COUNTS: Final = list(BASE_COLUMNS[2:7])
_STANCES: Final = {Stance.BENEFICIARY: 1, Stance.AT_RISK: -1}
_DIRECTIONS: Final = {Direction.POSITIVE: 1, Direction.NEGATIVE: -1}
_ALL: Final = MemberFilter(markets=())
_ID: Final = ":"


class Claim(NamedTuple):
    """One thing one document says, with a date.

    `evidence` is what that document gives for it; `stance` the word of the map for its
    direction, `direction` 1, -1 or 0.
    """

    id: str
    about: str
    document: Document
    evidence: tuple[Evidence, ...]
    companies: tuple[str, ...]
    layers: tuple[str, ...]
    stance: str
    direction: int
    event_session: dt.date | None = None

    @property
    def subject(self) -> str:
        """The company's key, or the event's id."""
        return self.id.split(_ID)[1]

    @property
    def kind(self) -> Kind:
        digest = all(self.document.is_digest(one) for one in self.evidence)
        return Kind.DIGEST if digest else Kind.CORE

    @property
    def lines(self) -> str:
        return ", ".join(dict.fromkeys(one.line_text for one in self.evidence))


@dataclass(frozen=True, eq=False)
class Audit:
    """Attributes
    ----------
    claims : by id
    table : DataFrame, `AUDIT_COLUMNS`, one row a claim in the order of its date
        Counts are whole numbers; returns fractions, NaN where unknown. `companies`, `symbols`
        and `layers` are tuples; `companies_priced` counts those with a return, of `symbols`.
    base : DataFrame, `BASE_COLUMNS`, one row per first session and its documents
        How many claims stand how, by direction, and how many of all members of the home market
        did better than the market from then on.
    """

    claims: Mapping[str, Claim]
    table: pd.DataFrame
    base: pd.DataFrame


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The audit's rows for the URL's parameters; see `chosen`."""
    return chosen(audit(snapshot).table, snapshot.chain, parameters)


def chosen(table: pd.DataFrame, chain: SupplyChain, parameters: Mapping[str, str]) -> pd.DataFrame:
    """Those rows of the audit that the parameters ask for; unknown ids count as absent.

    Parameters
    ----------
    parameters : `document`, `group` (layers) and `verdict`, several with commas, and `company`
    """
    documents = _asked(parameters, DOCUMENT, chain.document_by_id)
    verdicts = _asked(parameters, VERDICT, [one.value for one in Verdict])
    layers = _asked(parameters, GROUP, chain.layer_by_id)
    companies = _asked(parameters, COMPANY, chain.company_by_key)
    kept = np.ones(len(table), bool)
    if documents:
        kept &= table[DOCUMENT].isin(documents).to_numpy()
    if verdicts:
        kept &= table[VERDICT].isin(verdicts).to_numpy()
    if layers:
        kept &= np.array([not layers.isdisjoint(own) for own in table[LAYERS]], bool)
    if companies:
        kept &= np.array([not companies.isdisjoint(own) for own in table[COMPANIES]], bool)
    return table[kept]


def _asked(parameters: Mapping[str, str], name: str, known: Collection[str]) -> frozenset[str]:
    return frozenset(parameters.get(name, "").split(",")).intersection(known)


def claims_of(chain: SupplyChain) -> list[Claim]:
    """Every membership and event once per document that tells it and has a date.

    In the order in which they can be known, then of the map.
    """
    claims = [*_memberships(chain), *_events(chain)]
    return sorted(claims, key=lambda one: one.document.known_on or dt.date.max)


def _memberships(chain: SupplyChain) -> Iterator[Claim]:
    for company in chain.companies:
        for one in company.memberships:
            for document, evidence in _by_document(chain, one.evidence):
                yield Claim(
                    _ID.join((MEMBERSHIP, company.key, one.layer, document.id)),
                    MEMBERSHIP,
                    document,
                    evidence,
                    (company.key,),
                    (one.layer,),
                    one.stance.value,
                    _STANCES.get(one.stance, 0),
                )


def _events(chain: SupplyChain) -> Iterator[Claim]:
    for one in chain.events:
        for document, evidence in _by_document(chain, one.evidence):
            yield Claim(
                _ID.join((EVENT, one.id, document.id)),
                EVENT,
                document,
                evidence,
                one.companies,
                one.layers,
                one.direction.value,
                _DIRECTIONS.get(one.direction, 0),
                one.session,
            )


def _by_document(
    chain: SupplyChain, evidence: Iterable[Evidence]
) -> Iterator[tuple[Document, tuple[Evidence, ...]]]:
    own: dict[str, list[Evidence]] = {}
    for one in evidence:
        own.setdefault(one.document, []).append(one)
    for document, told in own.items():
        if chain.document_by_id[document].known_on is not None:
            yield chain.document_by_id[document], tuple(told)


def audit(snapshot: Snapshot) -> Audit:
    """Every claim that is known as of the snapshot's session, judged; see `Audit`."""
    claims = claims_of(snapshot.chain)
    since = Since(snapshot)
    rows = [_row(since, one) for one in claims]
    columns = [name for name in AUDIT_COLUMNS if name not in (VERDICT, REASON)]
    table = pd.DataFrame(rows, columns=pd.Index([*columns, TROUBLE]))
    table = pd.concat([table, judged(table)], axis=1)[list(AUDIT_COLUMNS)]
    table = table.astype({KNOWN_FROM: "datetime64[s]", EVENT_SESSION: "datetime64[s]"})
    table = table.astype({REVENUE_MONTH: "datetime64[s]"})
    return Audit({one.id: one for one in claims}, table, _base(since, table))


class Held(NamedTuple):
    """What some symbols did together since a claim; plain means of those with a figure."""

    value: float = np.nan
    market: float = np.nan
    relative: float = np.nan
    sessions: int = 0
    symbols: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def priced(self) -> int:
        return len(self.symbols)


@dataclass(frozen=True, eq=False)
class Since:
    """What all claims of one snapshot are judged on, each part computed once."""

    snapshot: Snapshot
    _tables: dict[tuple[str, dt.date], pd.DataFrame] = field(default_factory=dict)
    _members: dict[dt.date, dict[str, list[str]]] = field(default_factory=dict)

    @cached_property
    def returns(self) -> dict[str, Returns]:
        found = {}
        days = [one.known_on for one in self.snapshot.chain.documents]
        first = min((day for day in days if day is not None), default=None)
        for market, whole in self.snapshot.prices.panels.items():
            if whole.column(self.snapshot.as_of) >= 0:
                panel = whole.as_of(self.snapshot.as_of)
                found[market] = Returns(panel, market_benchmark(panel, first))
        return found

    @cached_property
    def revenue(self) -> pd.DataFrame:
        """Months × symbols of the home market, as known on the session."""
        prices = self.snapshot.prices
        return known_months(prices.revenue, self.snapshot.as_of, HOME, prices.insurers)

    def first_session(self, market: str, day: dt.date) -> dt.date | None:
        """Of the market, or of home where nothing of the market is stored; None: not yet."""
        own = self.returns.get(market) or self.returns.get(HOME)
        return None if own is None else own.first_session(day)

    def is_stored(self, symbol: str) -> bool:
        """Whether any bar of the symbol's market names it."""
        own = self.returns.get(market_of(symbol))
        return own is not None and symbol in own.panel.positions

    def table(self, market: str, day: dt.date) -> pd.DataFrame:
        if (market, day) not in self._tables:
            self._tables[market, day] = self.returns[market].since(day)
        return self._tables[market, day]

    def held(self, market: str, symbols: Sequence[str], day: dt.date) -> Held:
        """Equal amounts of some symbols of one market, from a day on."""
        if not symbols:
            return Held(trouble=Reason.NOT_TRADED.value)
        own = self.returns.get(market)
        stored = (
            [own.panel.positions[x] for x in symbols if x in own.panel.positions] if own else []
        )
        if not stored:
            return Held(trouble=Reason.NO_PRICE.value)
        table = self.table(market, day)
        known = [row for row, value in zip(stored, table[RETURN].array[stored], strict=True)
                 if value == value]  # fmt: skip
        if not known:
            return Held(trouble=str(table[TROUBLE].array[stored[0]]))
        means = np.array(
            [np.mean(table[name].to_numpy()[known]) for name in (RETURN, MARKET_RETURN)]
        )
        relative = float(relative_return(means[:1], means[1:])[0])
        value, with_market = means.tolist()
        sessions = int(table[SESSIONS].to_numpy()[known].max())
        trouble = str(table[TROUBLE].array[known[0]])
        names = tuple(str(table.index[row]) for row in known)
        return Held(value, with_market, relative, sessions, names, trouble)

    def members(self, layers: Sequence[str], day: dt.date) -> list[str]:
        """Core members whose primary layer is one of these, known on a day."""
        if day not in self._members:
            windows = self.snapshot.windows(_ALL)
            moment, ends = pd.Timestamp(day), windows[KNOWN_UNTIL]
            then = windows[(windows[KNOWN_ON] <= moment) & (ends.isna() | (ends > moment))]
            found: dict[str, list[str]] = {}
            for layer, symbol in zip(then[LAYER], then[SYMBOL], strict=True):
                found.setdefault(layer, []).append(symbol)
            self._members[day] = found
        own = self._members[day]
        return list(dict.fromkeys(symbol for layer in layers for symbol in own.get(layer, ())))


def _row(since: Since, claim: Claim) -> dict[str, Any]:
    chain, day = since.snapshot.chain, claim.document.known_on
    assert day is not None, "undated documents make no claim"
    named = [chain.company_by_key[key].symbol for key in claim.companies]
    members = since.members(claim.layers, day)
    market = _market(claim, [one for one in named if one], members)
    symbols = [one for one in named if one and market_of(one) == market]
    members = [one for one in members if market_of(one) == market]
    own, layer = since.held(market, symbols, day), since.held(market, members, day)
    on_company = bool(symbols) or bool(claim.companies and claim.about == MEMBERSHIP)
    told = own if on_company else layer
    session = since.first_session(market, day)
    revenue = (
        revenue_since(since.revenue, symbols if on_company else members, session)
        if session is not None and market == HOME
        else RevenueSince()
    )
    known = market in since.returns
    whole = not claim.companies and len(set(claim.layers)) == len(chain.layers)
    return {
        CLAIM: claim.id,
        ABOUT: claim.about,
        DOCUMENT: claim.document.id,
        LINES: claim.lines,
        KNOWN_FROM: session,
        INFERRED: claim.document.date_basis is DateBasis.INFERRED,
        EVENT_SESSION: claim.event_session,
        COMPANIES: claim.companies,
        SYMBOLS: tuple(symbols),
        LAYERS: claim.layers,
        KIND: claim.kind.value,
        STANCE: claim.stance,
        DIRECTION: claim.direction,
        MARKET: market,
        JUDGED_ON: ON_COMPANY if on_company else ON_LAYER,
        SESSIONS: told.sessions,
        COMPANY_RETURN: own.value,
        COMPANIES_PRICED: own.priced,
        LAYER_RETURN: layer.value,
        LAYER_PRICED: layer.priced,
        LAYER_MEMBERS: len(members),
        MARKET_RETURN: told.market,
        BASIS: since.returns[market].basis.value if known else "",
        RELATIVE: told.relative,
        REVENUE_YOY: revenue.yoy,
        REVENUE_YOY_LATEST: revenue.latest,
        REVENUE_MONTHS: revenue.months,
        REVENUE_MONTH: revenue.latest_month,
        REVENUE_COMPANIES: revenue.companies,
        TROUBLE: Reason.WHOLE_MARKET.value if whole else told.trouble,
    }


def _market(claim: Claim, named: Sequence[str], members: Sequence[str]) -> str:
    """The market a claim is judged in: a company's own; an event's is home where it names one."""
    if claim.about == MEMBERSHIP and named:
        return market_of(named[0])
    markets = [market_of(one) for one in (*named, *members)]
    return HOME if HOME in markets or not markets else markets[0]


def _base(since: Since, table: pd.DataFrame) -> pd.DataFrame:
    chain = since.snapshot.chain
    members = [one.symbol for one in chain.companies if one.memberships and one.symbol]
    home = [one for one in members if market_of(one) == HOME]
    days: dict[dt.date, list[str]] = {}
    for one in chain.documents:
        if one.known_on is not None:
            days.setdefault(one.known_on, []).append(one.id)
    rows = []
    for day, documents in sorted(days.items()):
        count, priced = beaten(since.table(HOME, day), home) if HOME in since.returns else (0, 0)
        rows.append(
            (
                since.first_session(HOME, day),
                tuple(documents),
                *_standing(table, documents),
                count,
                priced,
            )
        )
    base = pd.DataFrame(rows, columns=pd.Index(BASE_COLUMNS))
    return base.astype({KNOWN_FROM: "datetime64[s]"})


def _standing(table: pd.DataFrame, documents: Collection[str]) -> list[int]:
    """How many of the documents' claims stand how, in the order of `BASE_COLUMNS`."""
    own = table[table[DOCUMENT].isin(documents)]
    counts = [
        int(((own[DIRECTION] == way) & (own[VERDICT] == verdict)).sum())
        for way in (1, -1)
        for verdict in (Verdict.CONFIRMED, Verdict.NOT_SO_FAR)
    ]
    return [*counts, int((own[VERDICT] == Verdict.CANNOT).sum())]


def base_of(base: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """`Audit.base` counted over some of the claims; documents without one of them go."""
    told = base[[table[DOCUMENT].isin(one).any() for one in base[DOCUMENT]]]
    rows = [_standing(table, one) for one in told[DOCUMENT]]
    counts = pd.DataFrame(rows, columns=pd.Index(_COUNTS), index=told.index)
    return told.assign(**{name: counts[name] for name in _COUNTS})


def benchmark_of(snapshot: Snapshot) -> str | None:
    """Symbol of the home market's index that the audit compares with; None where none is stored."""
    own = Since(snapshot).returns.get(HOME)
    if own is None or own.benchmark is None:
        return None
    return own.benchmark.symbol
