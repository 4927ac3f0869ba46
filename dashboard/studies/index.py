"""What the index page and its command show: chained indices of groups and their company.

All of one market, Taiwan unless another is chosen. Against an index without dividends a
group's own dividends are left out too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.analytics import breadth
from dashboard.analytics.benchmark import Basis, Benchmark, market_benchmark
from dashboard.analytics.breadth import Breadth, group_breadth, symbol_marks
from dashboard.analytics.chained import (
    CAP,
    EQUAL,
    MAX_WEIGHT,
    WHOLE_MAP,
    ChainedGroup,
    ChainedIndex,
    chained_group,
    chained_index,
    contributions,
    map_benchmark,
)
from dashboard.analytics.hindsight import (
    GAP,
    KNOWN_MEMBERS,
    PERIODS,
    Hindsight,
    hindsight_lines,
    hindsight_table,
)
from dashboard.analytics.ownbars import anchor
from dashboard.analytics.panel import Panel
from dashboard.errors import InputError
from dashboard.markets import HOME, is_index
from dashboard.prices.bars import SESSION, SYMBOL
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.studies import clusters
from dashboard.supply_chain.known import BOTTLENECK, KNOWN_ON, member_windows
from dashboard.supply_chain.models import Bottleneck
from dashboard.supply_chain.rows import LAYER, MARKET, STAGE

BY: Final = (LAYER, STAGE, BOTTLENECK)
WEIGHTINGS: Final = (EQUAL, CAP)
BASES: Final = tuple(one.value for one in Basis)
INDEX: Final = "index"
BENCHMARKS: Final = (INDEX, WHOLE_MAP)
SPANS: Final = ("3m", "6m", "ytd", "1y", "3y", "max")
DEFAULT_SPAN: Final = "1y"
LINES: Final = "index"
CLUSTERS: Final = "clusters"
VIEWS: Final = (LINES, CLUSTERS)
GIANT: Final = "2330.TW"
"""The one that the switch takes out: it outweighs all others of the market together."""

REACH: Final = 400
"""Sessions before the first known member that its averages, extremes and year may reach to."""

GROUP: Final = "group"
LEVEL: Final = "level"
SINCE: Final = "since"
COUNTED: Final = "counted"
MEMBERS: Final = "members"
EFFECTIVE: Final = "effective_members"
DISPERSION: Final = "dispersion_1m"
BENCHMARK: Final = "benchmark"
BENCHMARK_BASIS: Final = "benchmark_basis"
BASIS: Final = "basis"
WEIGHTING: Final = "weighting"
COUNTS: Final = (
    breadth.ADVANCING, breadth.DECLINING, breadth.NEW_HIGH, breadth.NEW_LOW,
    breadth.LIMIT_UP, breadth.LIMIT_DOWN,
)  # fmt: skip
ABOVE: Final = tuple(breadth.above_key(one) for one in breadth.AVERAGES)


def return_key(period: str) -> str:
    """Column of a group's return over a period."""
    return f"return_{period}"


def relative_key(period: str) -> str:
    """Column of its return relative to the benchmark's."""
    return f"relative_{period}"


def gap_key(period: str) -> str:
    """Column of the hindsight gap."""
    return f"hindsight_gap_{period}"


def known_key(period: str) -> str:
    """Column that counts the members known at a period's base."""
    return f"known_at_start_{period}"


@dataclass(frozen=True)
class Choice:
    """What the reader chose; ids.

    Attributes
    ----------
    by : what groups are
    weighting, basis, max_weight : of `chained_index`
    benchmark : the market's index, or all known members of the market
    market : whose members, one market
    without_giant : leave TSMC out
    digest, secondary : also members named in headlines only, or where secondary
    """

    by: str = LAYER
    weighting: str = EQUAL
    basis: Basis = Basis.TOTAL
    benchmark: str = INDEX
    market: str = HOME
    max_weight: float = MAX_WEIGHT
    without_giant: bool = False
    digest: bool = False
    secondary: bool = False

    @classmethod
    def of(cls, parameters: Mapping[str, str], markets: Collection[str] = (HOME,)) -> Choice:
        """From the parameters of a link; what is unknown is the default."""

        def one(name: str, options: Collection[str], default: str) -> str:
            asked = parameters.get(name)
            return asked if asked is not None and asked in options else default

        return cls(
            by=one("group", BY, LAYER),
            weighting=one("weighting", WEIGHTINGS, EQUAL),
            basis=Basis(one("basis", BASES, Basis.TOTAL.value)),
            benchmark=one("benchmark", BENCHMARKS, INDEX),
            market=one("market", markets, HOME),
            without_giant=parameters.get("extsmc") == "1",
            digest=parameters.get("digest") == "1",
            secondary=parameters.get("secondary") == "1",
        )

    @property
    def members(self) -> MemberFilter:
        """Whose memberships count."""
        return MemberFilter((self.market,), (), self.digest, self.secondary)

    @property
    def excluded(self) -> tuple[str, ...]:
        """Symbols that never count."""
        return (GIANT,) if self.without_giant else ()


@dataclass(frozen=True, eq=False)
class Members:
    """Who counts when, and what follows from it whatever the weights and the benchmark.

    Attributes
    ----------
    panel : of the market up to the as-of session, from well before the first known member
    by : what groups are
    windows : when members count, without the excluded ones
    dated : the same by the documents' dates, also where today's members count since ever
    today : the members of the last session
    """

    panel: Panel
    by: str
    windows: pd.DataFrame
    dated: pd.DataFrame
    today: pd.DataFrame
    listed_since: Mapping[str, dt.date]

    @cached_property
    def breadth(self) -> Breadth:
        """Of the groups' known members, session by session."""
        own = sorted(set(self.windows[SYMBOL]) & set(self.panel.positions))
        some = self.panel.select(own)
        return group_breadth(symbol_marks(some, self.listed_since), some, self.windows, self.by)

    @cached_property
    def dispersion(self) -> pd.DataFrame:
        """One month's, sessions × groups."""
        return breadth.dispersion(self.panel, self.windows, self.by)

    @cached_property
    def hindsight(self) -> dict[str, pd.DataFrame]:
        """Period → `hindsight_table`."""
        return {
            period: hindsight_table(self.panel, self.today, self.dated, period, by=self.by)
            for period in PERIODS
        }

    def gap(self, group: str, period: str) -> dict[str, Any] | None:
        """The row of a group in `hindsight_table`; None where nobody of it counts."""
        table = self.hindsight[period]
        rows = table.to_dict("index")
        return {str(name): value for name, value in rows[group].items()} if group in rows else None

    def hindsight_of(self, group: str, period: str) -> Hindsight:
        """One group's two lists through a period; of all together for `WHOLE_MAP`."""
        both = self.today, self.dated
        today, dated = (one if group == WHOLE_MAP else one[one[self.by] == group] for one in both)
        return hindsight_lines(self.panel, today, dated, period)


@dataclass(frozen=True, eq=False)
class IndexStudy:
    """The indices under one choice; everything as of the snapshot's session.

    Attributes
    ----------
    index : on the chosen basis
    compared : on the basis of the benchmark; `index` itself where that is the same
    benchmark : None where none is stored
    """

    choice: Choice
    members: Members
    index: ChainedIndex
    compared: ChainedIndex
    benchmark: Benchmark | None
    shares: pd.DataFrame

    @property
    def panel(self) -> Panel:
        """Of the members."""
        return self.members.panel

    @property
    def groups(self) -> list[str]:
        """Ids, in the map's order; last `WHOLE_MAP`, all together, where anybody is known."""
        return [str(one) for one in self.index.level.columns]

    def group(self, group: str) -> ChainedGroup:
        """One group's index with its members' weights."""
        chosen = self.choice
        return chained_group(
            self.panel,
            self.members.windows,
            group,
            by=chosen.by,
            weighting=chosen.weighting,
            basis=chosen.basis,
            shares=self.shares,
            max_weight=chosen.max_weight,
        )

    def relative(self) -> pd.DataFrame:
        """Index / benchmark on the benchmark's basis, sessions × groups; empty without one.

        Not rebased.
        """
        if self.benchmark is None:
            return pd.DataFrame(index=self.panel.index)
        return self.compared.level.div(self.benchmark.level.reindex(self.panel.index), axis=0)

    def start(self, span: str) -> pd.Timestamp:
        """First session of a span: the last one on or before its calendar anchor.

        Of `max` the first session on which a group has a level.
        """
        index = self.panel.index
        if span == "max":
            there = self.index.level.notna().any(axis=1).to_numpy()
            return index[int(there.argmax())]
        day = anchor(index[-1], span)
        return index[max(int(index.searchsorted(day, "right")) - 1, 0)]


def members_of(snapshot: Snapshot, choice: Choice) -> Members | None:
    """Who counts under a choice; None where no company of the market has a price."""
    windows, dated = _windows(snapshot, choice)
    panel = company_panel(snapshot, choice.market, windows[KNOWN_ON].min())
    if panel is None:
        return None
    today = snapshot.members(choice.members).assign(
        **{BOTTLENECK: lambda rows: rows[LAYER].map(_bottlenecks(snapshot))}
    )
    return Members(
        panel=panel,
        by=choice.by,
        windows=windows,
        dated=dated,
        today=today[~today[SYMBOL].isin(choice.excluded)],
        listed_since=snapshot.prices.listed_since,
    )


def study_of(
    snapshot: Snapshot, choice: Choice, members: Members | None = None
) -> IndexStudy | None:
    """The indices; None where no company of the market has a price.

    Parameters
    ----------
    members : of `members_of` for the same choice, where they are at hand
    """
    known = members or members_of(snapshot, choice)
    if known is None:
        return None
    shares = snapshot.prices.shares

    def indices(basis: Basis) -> ChainedIndex:
        return chained_index(
            known.panel,
            known.windows,
            by=choice.by,
            weighting=choice.weighting,
            basis=basis,
            shares=shares,
            max_weight=choice.max_weight,
        )

    index = indices(choice.basis)
    against = _benchmark(known.panel, known.windows, choice)
    same = against is None or against.basis is choice.basis
    return IndexStudy(
        choice=choice,
        members=known,
        index=index,
        compared=index if against is None or same else indices(against.basis),
        benchmark=against,
        shares=shares,
    )


def company_panel(
    snapshot: Snapshot, market: str, known: pd.Timestamp | None = None
) -> Panel | None:
    """A market's panel up to the as-of session, from the first bar of any company on.

    Parameters
    ----------
    known : when the first member is known; what lies more than `REACH` sessions before it is
        left out
    """
    panel = snapshot.prices.panels.get(market)
    if panel is None or panel.sessions[0].item() > snapshot.as_of:
        return None
    panel = panel.as_of(snapshot.as_of)
    rows = [row for symbol, row in panel.positions.items() if not is_index(symbol)]
    traded = np.flatnonzero((~np.isnan(panel.close[rows])).any(axis=0))
    if not traded.size:
        return None
    start = int(traded[0])
    if known is not None and not pd.isna(known):
        start = max(start, panel.column(known.date()) - REACH)
    return panel.since(start)


def priced_markets(snapshot: Snapshot) -> tuple[str, ...]:
    """Markets with a price of a company of the map, the home market first."""
    last = snapshot.metrics["last_session"]
    members = snapshot.members(MemberFilter((), (), True, True))
    priced = set(members.loc[members[SYMBOL].map(last).notna(), MARKET]) | {HOME}
    return tuple(sorted(priced, key=lambda one: (one != HOME, one)))


def index_rows(study: IndexStudy) -> pd.DataFrame:
    """One row per group of the map's order that has a known member, and last the whole map.

    Returns
    -------
    DataFrame
        group, level (100 where it begins), since (that session), return_… and relative_…
        over periods (NaN where the index begins later; relative is (1 + own) / (1 +
        benchmark) - 1 on the benchmark's basis), counted (members whose return the last
        session counts) of members, effective_members, advancing … limit_down
        (counts), above_… (shares; NaN of fewer than three), dispersion_1m, hindsight gaps and
        the members known at their starts, weighting, basis, benchmark, benchmark_basis.
    """
    own = study.index
    last = pd.DataFrame(
        {
            LEVEL: own.level.iloc[-1],
            SINCE: _first_sessions(own.level),
            COUNTED: own.counted.iloc[-1],
            MEMBERS: own.members.iloc[-1],
            EFFECTIVE: own.effective.iloc[-1],
        }
    )
    for period in PERIODS:
        last[return_key(period)] = _period(own.level, period)
    relative = study.relative()
    for period in PERIODS:
        last[relative_key(period)] = _period(relative, period) if len(relative.columns) else np.nan
    found = study.members.breadth
    for mark in COUNTS:
        last[mark] = found.counts[mark].iloc[-1]
    for mark in ABOVE:
        last[mark] = found.share(mark).iloc[-1]
    last[DISPERSION] = study.members.dispersion.iloc[-1]
    for period, gaps in study.members.hindsight.items():
        last[gap_key(period)] = gaps[GAP].reindex(last.index)
        last[known_key(period)] = gaps[KNOWN_MEMBERS].reindex(last.index).fillna(0).astype(int)
    against = study.benchmark
    return (
        last.assign(
            **{
                WEIGHTING: study.choice.weighting,
                BASIS: study.choice.basis.value,
                BENCHMARK: against.symbol if against else None,
                BENCHMARK_BASIS: against.basis.value if against else None,
            }
        )
        .rename_axis(GROUP)
        .reset_index()
    )


def series_rows(study: IndexStudy, groups: Sequence[str] = ()) -> pd.DataFrame:
    """Session × group: level, return, counted, members, effective; while there is a level."""
    parts = {
        LEVEL: study.index.level,
        "return": study.index.returns,
        COUNTED: study.index.counted,
        MEMBERS: study.index.members,
        EFFECTIVE: study.index.effective,
    }
    frame = pd.DataFrame(
        {name: part.rename_axis(columns=GROUP).stack() for name, part in parts.items()}
    ).reset_index()
    frame = frame[frame[LEVEL].notna()]
    if groups:
        frame = frame[frame[GROUP].isin(list(groups))]
    return frame.rename(columns={"session": SESSION}).reset_index(drop=True)


def member_rows(study: IndexStudy, group: str, span: str = DEFAULT_SPAN) -> pd.DataFrame:
    """One group's members: since when known, bought on, weight of the last session, what each
    added to the index's return over a span.
    """
    found = study.group(group)
    parts = contributions(found, study.start(span).date())
    windows = study.members.windows
    own = windows[windows[study.choice.by] == group]
    known = own.groupby(SYMBOL, sort=False).agg({KNOWN_ON: "min", "inferred": "all"})
    rows = known.assign(
        bought_on=_bought(found.weights).reindex(known.index),
        weight=found.weights.iloc[-1].reindex(known.index).where(lambda one: one > 0),
        contribution=parts.reindex(known.index),
    )
    return rows.sort_values("contribution", ascending=False, kind="stable").reset_index()


def _bought(weights: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The close before the first session that each member earns; NaT where it never did."""
    held = weights.to_numpy() > 0
    places = np.maximum(held.argmax(axis=0) - 1, 0)
    days = pd.Series(weights.index[places], index=weights.columns)
    return days.where(pd.Series(held.any(axis=0), index=days.index))


def _first_sessions(levels: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The first session of each level; NaT where it has none."""
    there = levels.notna().to_numpy()
    days = pd.Series(levels.index[there.argmax(axis=0)], index=levels.columns)
    return days.where(pd.Series(there.any(axis=0), index=days.index))


def layer_hindsight(
    snapshot: Snapshot, layer: str, chosen: MemberFilter, period: str
) -> tuple[dict[str, Any], Hindsight] | None:
    """One layer's gap and its two lists, of the home market; None where nobody of it counts."""
    choice = Choice(digest=chosen.include_digest, secondary=chosen.include_secondary)
    panel = company_panel(snapshot, choice.market)
    today = snapshot.members(choice.members)
    today = today[today[LAYER] == layer]
    if panel is None or today.empty:
        return None
    dated = _dated(snapshot, choice)
    dated = dated[dated[LAYER] == layer]
    table = hindsight_table(panel, today, dated, period, by=LAYER)
    gap = {str(name): value for name, value in table.to_dict("index")[layer].items()}
    return gap, hindsight_lines(panel, today, dated, period)


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The page's main table for a link's parameters: `index_rows`, or the clusters' pairs."""
    if parameters.get("view") == CLUSTERS:
        return clusters.table_of(snapshot, parameters)
    study = study_of(snapshot, Choice.of(parameters, priced_markets(snapshot)))
    return pd.DataFrame({GROUP: pd.Series(dtype="str")}) if study is None else index_rows(study)


def notes(study: IndexStudy, snapshot: Snapshot) -> list[str]:
    """What a reader of the rows must be told: the benchmark's basis, unknown caps."""
    told = []
    against, chosen = study.benchmark, study.choice
    if against is None:
        told.append(f"no benchmark of {chosen.market} is stored: nothing relative is shown")
    elif against.basis is not chosen.basis:
        told.append(
            f"{against.symbol} is a {against.basis.value} index: relative figures leave cash "
            "dividends out on both sides"
        )
    if chosen.weighting == CAP and snapshot.prices.shares.empty:
        told.append("no share count is stored: indices weighted by market cap are missing")
    elif chosen.weighting == CAP and snapshot.first_share_date is not None:
        told.append(
            f"no share count is known before {snapshot.first_share_date}: indices weighted by "
            "market cap are missing"
        )
    return told


def checked_groups(study: IndexStudy, groups: Sequence[str]) -> list[str]:
    """The groups asked for; all for none.

    Raises
    ------
    InputError
        If one is not among those of the study.
    """
    for one in groups:
        if one not in study.groups:
            raise InputError(
                f"{one}: no {study.choice.by} of this id has a known member in "
                f"{study.choice.market}; choose from {', '.join(study.groups) or 'none'}"
            )
    return list(groups) or study.groups


def _bottlenecks(snapshot: Snapshot) -> dict[str, str]:
    return {one.id: one.bottleneck.value for one in snapshot.chain.layers}


def _windows(snapshot: Snapshot, choice: Choice) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Windows that count, groups in the map's order and all together as one more, the last;
    and those by the documents' dates.
    """
    counted, dated = snapshot.windows(choice.members), _dated(snapshot, choice)
    chain = snapshot.chain
    order = {
        LAYER: [one.id for one in chain.layers],
        STAGE: [one.id for one in chain.stages],
        BOTTLENECK: [one.value for one in Bottleneck],
    }[choice.by]
    place = {one: number for number, one in enumerate(order)}

    def ordered(windows: pd.DataFrame) -> pd.DataFrame:
        kept = windows[~windows[SYMBOL].isin(choice.excluded)]
        return kept.sort_values(choice.by, key=lambda ids: ids.map(place), kind="stable")

    groups = ordered(counted)
    return pd.concat([groups, groups.assign(**{choice.by: WHOLE_MAP})]), ordered(dated)


def _dated(snapshot: Snapshot, choice: Choice) -> pd.DataFrame:
    """When members became known, also where they count since ever."""
    chosen = choice.members
    if not snapshot.hindsight:
        return snapshot.windows(chosen)
    return member_windows(
        snapshot.chain,
        markets=chosen.markets,
        include_digest=chosen.include_digest,
        include_secondary=chosen.include_secondary,
    )


def _benchmark(panel: Panel, windows: pd.DataFrame, choice: Choice) -> Benchmark | None:
    if choice.benchmark == WHOLE_MAP:
        return map_benchmark(panel, windows, basis=choice.basis)
    first = windows[KNOWN_ON].min() if len(windows) else pd.NaT
    day: dt.date | None = None if pd.isna(first) else max(first, panel.index[0]).date()
    return market_benchmark(panel, start=day)


def _period(levels: pd.DataFrame, period: str) -> pd.Series[float]:
    """Last level / level at the period's base - 1."""
    day = anchor(levels.index[-1], period)
    place = int(levels.index.searchsorted(day, "right")) - 1
    if place < 0:
        return pd.Series(np.nan, index=levels.columns)
    return levels.iloc[-1] / levels.iloc[place] - 1
