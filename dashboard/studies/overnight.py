"""What American sessions say of Taiwan's layers: who drives whom, how much, and this morning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from dashboard import parameters as names
from dashboard.analytics.leadlag import (
    AMERICA,
    DRIVER,
    FIRST,
    GAP,
    HIGH,
    LAST,
    LAYER,
    LEVEL,
    LOW,
    MISSING,
    P_ADJUSTED,
    PARTS,
    RESIDUAL,
    SAME_SIGN,
    SLOPE,
    TABLE_COLUMNS,
    VERDICT,
    N,
    Pairing,
    Responses,
    Verdict,
    column,
    lead_table,
    moves,
    paired,
    responses,
    same_date_moves,
    traded_sessions,
)
from dashboard.analytics.panel import Panel
from dashboard.errors import InputError
from dashboard.markets import HOME, MARKETS
from dashboard.prices.sessions import next_session
from dashboard.prices.sessions import sessions as calendar_sessions
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.supply_chain.known import KNOWN_UNTIL
from dashboard.supply_chain.models import Evidence, Kind, SupplyChain
from dashboard.supply_chain.rows import KEY

PEER: Final = "peer"
INDEX: Final = "index"
"""Reasons beside the relation kinds of the map."""
LINK: Final = "link"
DOCUMENTS: Final = "documents"
MEMBERS: Final = "members"
MEMBERS_PRICED: Final = "members_priced"
SPANS: Final[Mapping[str, pd.DateOffset | None]] = {
    "all": None,
    "3y": pd.DateOffset(years=3),
    "1y": pd.DateOffset(years=1),
}

SESSION: Final = "session"
MOVE: Final = "move"
USUAL: Final = "usual"
ACTUAL: Final = "actual"
SESSIONS: Final = "sessions"
HAPPENED: Final = "happened"
AT_LIMIT: Final = "at_limit"
_MORNING_FIGURES: Final = (USUAL, LOW, HIGH, ACTUAL, RESIDUAL, SAME_SIGN)
MORNING_COLUMNS: Final = (
    LAYER, DRIVER, MEMBERS_PRICED, MEMBERS, SESSION, HAPPENED, FIRST, LAST, SESSIONS, MOVE,
    *(column(part, figure) for part in PARTS for figure in _MORNING_FIGURES),
    AT_LIMIT, VERDICT, N, MISSING,
)  # fmt: skip
_INDEX_DRIVER: Final = MARKETS[AMERICA].benchmark


@dataclass(frozen=True)
class Reason:
    """Why a company may drive a layer.

    Attributes
    ----------
    kind : of the relation, read as the source is … of the target; or `PEER`, `INDEX`
    source, target : keys of companies; empty for an index, the target of a peer is a layer
    """

    kind: str
    source: str = ""
    target: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def text(self) -> str:
        """`customer:broadcom>pcl`."""
        return f"{self.kind}:{self.source}>{self.target}" if self.source else self.kind


@dataclass(frozen=True)
class Driver:
    """An American symbol that the map ties to a layer, and how."""

    layer: str
    symbol: str
    reasons: tuple[Reason, ...]


def windows_of(snapshot: Snapshot) -> pd.DataFrame:
    """When the home market's core members count, by layer."""
    return snapshot.windows(MemberFilter())


def drivers_of(chain: SupplyChain, windows: pd.DataFrame, *, index: bool) -> tuple[Driver, ...]:
    """Who may drive each layer by the map: relations, peers, and the index where it is stored.

    A relation counts in either direction between an American company and a member of the
    layer; an American member of the layer, primary or secondary, is a peer. What only headlines
    say does not count.

    Returns
    -------
    tuple of Driver, in the map's order of layers and companies, the index first
    """
    american = _american(chain)
    members = windows[windows[KNOWN_UNTIL].isna()]
    relations = _american_relations(chain, american)
    found: list[Driver] = []
    for layer in chain.layers:
        keys = frozenset(members.loc[members[LAYER] == layer.id, KEY])
        if not keys:
            continue
        if index and _INDEX_DRIVER:
            found.append(Driver(layer.id, _INDEX_DRIVER, (Reason(INDEX),)))
        for key, symbol in american.items():
            own = (one for other, one in relations[key] if other in keys)
            reasons = (*own, *_peers(chain, key, layer.id))
            if reasons:
                found.append(Driver(layer.id, symbol, reasons))
    return tuple(found)


def _american(chain: SupplyChain) -> dict[str, str]:
    """Key → symbol of the companies that are listed there."""
    return {
        company.key: company.symbol
        for company in chain.companies
        if company.symbol and company.listing and company.listing.market == AMERICA
    }


def american_symbols(chain: SupplyChain) -> tuple[str, ...]:
    """What may be a driver: the index and the map's American companies."""
    index = (_INDEX_DRIVER,) if _INDEX_DRIVER else ()
    return (*index, *_american(chain).values())


def _american_relations(
    chain: SupplyChain, american: Collection[str]
) -> dict[str, list[tuple[str, Reason]]]:
    """Of each American company: the other end of its relations, and the relation."""
    found: dict[str, list[tuple[str, Reason]]] = {key: [] for key in american}
    for one in chain.relations:
        evidence = _stated(chain, one.evidence)
        for own, other in ((one.source, one.target), (one.target, one.source)):
            if evidence and own in found:
                reason = Reason(one.kind.value, one.source, one.target, evidence)
                found[own].append((other, reason))
    return found


def _peers(chain: SupplyChain, key: str, layer: str) -> Iterator[Reason]:
    for one in chain.company_by_key[key].memberships:
        if one.layer == layer and one.kind is Kind.CORE:
            yield Reason(PEER, key, layer, _stated(chain, one.evidence))


def _stated(chain: SupplyChain, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Without headlines."""
    documents = chain.document_by_id
    return tuple(one for one in evidence if not documents[one.document].is_digest(one))


@dataclass(frozen=True, eq=False)
class LeadLag:
    """All pairs of layers and drivers of a snapshot.

    Attributes
    ----------
    drivers : in the map's order
    move, same_date : home sessions × drivers with prices; see `moves`, `same_date_moves`
    """

    windows: pd.DataFrame
    drivers: tuple[Driver, ...]
    responses: Responses
    pairing: Pairing
    move: pd.DataFrame
    same_date: pd.DataFrame

    @cached_property
    def table(self) -> pd.DataFrame:
        """`TABLE`: one row a driver, those without figures last.

        Coverage is that of the last session.
        """
        pairs = [(one.layer, one.symbol) for one in self.drivers]
        table = lead_table(pairs, self.responses, self.move, self.same_date)
        table.insert(2, LINK, [", ".join(x.text for x in one.reasons) for one in self.drivers])
        table.insert(3, DOCUMENTS, [_documents(one) for one in self.drivers])
        for place, (name, counts) in enumerate(
            ((MEMBERS_PRICED, self.responses.counted), (MEMBERS, self.responses.known))
        ):
            last = counts.iloc[-1] if len(counts) else pd.Series(dtype="int64")
            table.insert(4 + place, name, last.reindex(table[LAYER]).fillna(0).astype(int).tolist())
        return table.sort_values(MISSING, key=pd.Series.notna, kind="stable", ignore_index=True)

    def driver(self, layer: str, symbol: str) -> Driver | None:
        """Why a pair is in the table; None where it is not."""
        return next((o for o in self.drivers if (o.layer, o.symbol) == (layer, symbol)), None)


TABLE: Final = (
    *TABLE_COLUMNS[:2], LINK, DOCUMENTS, MEMBERS_PRICED, MEMBERS, *TABLE_COLUMNS[2:],
)  # fmt: skip


def _documents(driver: Driver) -> str:
    cited = [f"{x.document} {x.line_text}" for one in driver.reasons for x in one.evidence]
    return "; ".join(dict.fromkeys(cited))


def lead_lag(snapshot: Snapshot, since: dt.date | None = None) -> LeadLag:
    """Pair, split and gather all that the map ties together, up to the snapshot's session.

    Parameters
    ----------
    since : first home session that counts; all if None

    Raises
    ------
    InputError
        If no prices of Taiwan, or none of the United States, are stored.
    """
    home, foreign = _panel(snapshot, HOME), _panel(snapshot, AMERICA)
    windows = windows_of(snapshot)
    drivers = drivers_of(snapshot.chain, windows, index=_INDEX_DRIVER in foreign.positions)
    found = responses(home, windows, listed_since=snapshot.prices.listed_since)
    pairing = paired(traded_sessions(home), foreign.sessions)
    symbols = _priced(drivers, foreign)
    move, same_date = (
        moves(foreign, symbols, pairing),
        same_date_moves(foreign, symbols, pairing.home),
    )
    if since is not None:
        move.loc[move.index < pd.Timestamp(since)] = np.nan
        same_date.loc[same_date.index < pd.Timestamp(since)] = np.nan
    return LeadLag(windows, drivers, found, pairing, move, same_date)


def _panel(snapshot: Snapshot, market: str) -> Panel:
    panel = snapshot.prices.panels.get(market)
    if panel is None or panel.column(snapshot.as_of) < 0:
        raise InputError(
            f"overnight: no prices of {MARKETS[market].en} are stored up to {snapshot.as_of}; "
            "import or refresh them"
        )
    return panel.as_of(snapshot.as_of)


def _priced(drivers: Sequence[Driver], panel: Panel) -> list[str]:
    symbols = dict.fromkeys(one.symbol for one in drivers)
    return [one for one in symbols if one in panel.positions]


def since_of(snapshot: Snapshot, span: str | None) -> dt.date | None:
    """First session of a span of `SPANS`; None for all, and for what is no span."""
    offset = SPANS.get(span or "")
    return None if offset is None else (pd.Timestamp(snapshot.as_of) - offset).date()


def chosen(table: pd.DataFrame, layer: str | None, driver: str | None) -> pd.DataFrame:
    """Rows of a layer or driver; an id that no row has chooses nothing away."""
    for name, value in ((LAYER, layer), (DRIVER, driver)):
        own = table[name] == value
        table = table[own] if own.any() else table
    return table.reset_index(drop=True)


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The page's table for the parameters `layer`, `driver` and `span` of its URL."""
    since = since_of(snapshot, parameters.get(names.SPAN))
    table = lead_lag(snapshot, since).table
    return chosen(table, parameters.get(names.LAYER), parameters.get(names.DRIVER))


@dataclass(frozen=True, eq=False)
class Morning:
    """What the drivers did before one opening, and what usually follows.

    Attributes
    ----------
    session : of Taiwan
    happened : whether its bars are known
    first, last : American sessions since Taiwan's last close; None where there is none
    sessions : how many
    lines : DataFrame, `MORNING_COLUMNS`
        One row a pair with a move: those whose gap responds first, the largest usual gap first.
        Usual is slope × move, `low` and `high` its 95 % interval; actual is NaN until the
        session has happened. `at_limit` counts the members that opened at their daily limit.
    """

    session: dt.date
    happened: bool
    first: dt.date | None
    last: dt.date | None
    sessions: int
    lines: pd.DataFrame


def latest_known(snapshot: Snapshot) -> dt.date:
    """Last stored American session, also after the snapshot's: what is known now."""
    panel = snapshot.prices.panels.get(AMERICA)
    stored = panel.sessions[-1].item() if panel is not None else snapshot.as_of
    last: dt.date = max(stored, snapshot.as_of)
    return last


def mornings(
    snapshot: Snapshot, study: LeadLag, until: dt.date | None = None
) -> tuple[Morning, ...]:
    """The next opening, where American sessions since Taiwan's last close are known, then
    Taiwan's last session as it went.

    Parameters
    ----------
    study : of the snapshot
    until : last day of which American sessions are known; the snapshot's if None
    """
    foreign = snapshot.prices.panels[AMERICA]
    last = _morning(study, foreign.as_of(snapshot.as_of), study.pairing, happened=True)
    ahead = _next_morning(study, foreign.as_of(max(until or snapshot.as_of, snapshot.as_of)))
    return (last,) if ahead is None else (ahead, last)


def _next_morning(study: LeadLag, known: Panel) -> Morning | None:
    """The first opening after the last American session known; None where it has happened."""
    home = study.pairing.home
    traded = traded_sessions(known)
    if not len(home) or not len(traded) or traded[-1] < home[-1]:
        return None
    target = next_session(HOME, traded[-1].item())
    # Sessions of Taiwan that are not stored yet take the American sessions before theirs.
    after = calendar_sessions(HOME, home[-1].item() + dt.timedelta(days=1), target)
    return _morning(
        study, known, paired(np.concatenate([home, after]), known.sessions), happened=False
    )


def _morning(study: LeadLag, panel: Panel, pairing: Pairing, *, happened: bool) -> Morning:
    session: dt.date = pairing.home[-1].item()
    count, end = int(pairing.counts[-1]), int(pairing.last[-1]) + 1
    days = [one.item() for one in pairing.foreign[end - count : end]]
    first, last = (days[0], days[-1]) if days else (None, None)
    move = moves(panel, list(study.move.columns), pairing).iloc[-1]
    table = study.table
    lines = table.reindex(columns=list(MORNING_COLUMNS))
    for name, day in ((SESSION, session), (FIRST, first), (LAST, last)):
        lines[name] = np.datetime64("NaT" if day is None else day, "s")
    lines[HAPPENED], lines[SESSIONS] = happened, count
    lines[MOVE] = move.reindex(table[DRIVER]).to_numpy(float)
    for part in PARTS:
        usual = [table[column(part, name)] * lines[MOVE] for name in (SLOPE, LOW, HIGH)]
        lines[column(part, USUAL)] = usual[0]
        lines[column(part, LOW)] = np.minimum(usual[1], usual[2])
        lines[column(part, HIGH)] = np.maximum(usual[1], usual[2])
        actual = study.responses.part(part).iloc[-1].reindex(table[LAYER]).to_numpy(float)
        lines[column(part, ACTUAL)] = actual if happened else np.nan
    limits = study.responses.at_limit.iloc[-1].reindex(table[LAYER]).fillna(0).to_numpy(int)
    lines[AT_LIMIT] = limits if happened else 0
    lines = lines[lines[MOVE].notna()]
    told = table.loc[lines.index, column(GAP, P_ADJUSTED)] < LEVEL
    order = lines.assign(told=told, size=lines[column(GAP, USUAL)].abs()).sort_values(
        ["told", "size"], ascending=False, kind="stable", na_position="last"
    )
    rows = lines.loc[order.index].reset_index(drop=True)
    return Morning(session, happened, first, last, count, rows)


def best_of_layers(lines: pd.DataFrame, count: int) -> pd.DataFrame:
    """One line of each layer that has a usual gap, at most `count`, in the order of the layers.

    It is the first that answers distinguishably after the opening, else the first.
    """
    told = lines[lines[column(GAP, USUAL)].notna()]
    silent = told[VERDICT].isin([Verdict.IN_GAP, Verdict.NOTHING]) | told[VERDICT].isna()
    first = told.loc[silent.sort_values(kind="stable").index].drop_duplicates(LAYER)
    layers = list(told[LAYER].drop_duplicates())
    return first.sort_values(LAYER, key=lambda one: one.map(layers.index)).head(count)
