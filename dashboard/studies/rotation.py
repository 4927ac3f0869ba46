"""What the rotation page and its command show: groups against their market, week by week.

A group is drawn from its priced Taiwanese members; where it has none, from those of the
foreign market with most of them, against that market's own benchmark.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from dashboard.analytics.benchmark import Basis, market_benchmark
from dashboard.analytics.bottleneck import (
    AFTER,
    BEFORE,
    LEADER,
    LOOKBACK,
    RANK,
    RANKED,
    RELATIVE,
    Moved,
    leader_changes,
    moved,
    ranks,
    relative_returns,
)
from dashboard.analytics.chained import chained_index, map_benchmark
from dashboard.analytics.panel import Panel
from dashboard.analytics.rotation import (
    FINISHED,
    GROUP,
    MISSING_WEEKS,
    WEEK,
    Rotation,
    aligned,
    last_sessions,
    log_strength,
    rotation,
    rotation_series,
    rotation_table,
    week_finished,
    weekly_closes,
)
from dashboard.markets import HOME, MARKETS, is_index
from dashboard.prices.bars import SESSION, SYMBOL
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.supply_chain.known import BOTTLENECK, KNOWN_ON, KNOWN_UNTIL, first_known
from dashboard.supply_chain.models import Bottleneck, DateBasis, Event, SupplyChain
from dashboard.supply_chain.rows import LAYER, MARKET, STAGE

BY: Final = (STAGE, LAYER, BOTTLENECK)
INDEX: Final = "index"
WHOLE: Final = "map"
BENCHMARKS: Final = (INDEX, WHOLE)
GRAPH: Final = "graph"
RIBBON: Final = "ribbon"
VIEWS: Final = (GRAPH, RIBBON)
TAILS: Final = (4, 8, 13)
DEFAULT_TAIL: Final = 8
LOOKBACKS: Final = (4, LOOKBACK, 26)

MEMBERS: Final = "members"
PRICED: Final = "members_priced"
SYMBOLS: Final = "symbols"
BENCHMARK: Final = "benchmark"
BASIS: Final = "basis"
CHANGED: Final = "leader_changed"
EVENT: Final = "event"
KNOWN: Final = "known"
INFERRED: Final = "inferred"
DOCUMENT: Final = "document"
LINES: Final = "lines"
WEEKS: Final = "weeks"
EACH_SIDE: Final = "weeks_each_side"
_PARAMETERS: Final = {"by": "group", "benchmark": "benchmark", "view": "view", "weeks": "lookback"}


@dataclass(frozen=True)
class Choice:
    """What the reader chose; ids.

    Attributes
    ----------
    by : what groups are
    benchmark : the market's index, or all of the map's members in the market
    view : the graph or the ribbon
    lookback : weeks of the ribbon's relative return
    """

    by: str = STAGE
    benchmark: str = INDEX
    view: str = GRAPH
    lookback: int = LOOKBACK

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Choice:
        """From the parameters of a link; what is unknown is the default."""
        whole = cls()
        weeks = [one for one in LOOKBACKS if str(one) == parameters.get(_PARAMETERS["weeks"])]
        return cls(
            by=_known(parameters.get(_PARAMETERS["by"]), BY, whole.by),
            benchmark=_known(parameters.get(_PARAMETERS["benchmark"]), BENCHMARKS, whole.benchmark),
            view=_known(parameters.get(_PARAMETERS["view"]), VIEWS, whole.view),
            lookback=weeks[0] if weeks else whole.lookback,
        )


def _known(asked: str | None, options: Sequence[str], default: str) -> str:
    return asked if asked is not None and asked in options else default


@dataclass(frozen=True, eq=False)
class Lines:
    """Groups against their benchmarks.

    Attributes
    ----------
    strength : weeks (their Monday) × groups in the map's order, ln(group / benchmark)
    last : last session of each week, of the home market
    finished : whether the last week has no session left
    about : groups × (market, benchmark, basis, members_priced, members, symbols)
        market is missing for a group that nobody has a price of; symbols are all its members
        of that market, or of any where it is missing.
    """

    strength: pd.DataFrame
    last: pd.Series[pd.Timestamp]
    finished: bool
    about: pd.DataFrame

    def market(self, group: str) -> str | None:
        """Where a group is drawn; None for one that nobody has a price of."""
        found = self.about.at[group, MARKET]
        return found if isinstance(found, str) else None

    def symbols(self, group: str) -> list[str]:
        """A group's members."""
        return [str(one) for one in self.about[SYMBOLS][group]]


@dataclass(frozen=True)
class Pin:
    """A document's statement of what is scarce, and how the group did round it.

    Attributes
    ----------
    day : the event's session where it has one, else the first day its document counts
    inferred : whether all its documents have an inferred date
    """

    event: Event
    group: str
    day: dt.date
    inferred: bool
    moved: Moved


@dataclass(frozen=True, eq=False)
class Ribbon:
    """The bottleneck groups through time.

    Attributes
    ----------
    relative, rank : weeks × groups
    changes : as `leader_changes`
    pins : by day, then group
    """

    lines: Lines
    lookback: int
    relative: pd.DataFrame
    rank: pd.DataFrame
    changes: pd.DataFrame
    pins: tuple[Pin, ...]


def group_ids(chain: SupplyChain, by: str) -> list[str]:
    """All groups of a kind, in the map's order."""
    if by == STAGE:
        return [one.id for one in chain.stages]
    return [one.id for one in chain.layers] if by == LAYER else [one.value for one in Bottleneck]


def group_lines(snapshot: Snapshot, choice: Choice) -> Lines:
    """Every group against its benchmark, by what was known up to the snapshot's session."""
    windows = snapshot.windows(MemberFilter(markets=tuple(MARKETS)))
    panels = {
        market: panel.as_of(snapshot.as_of)
        for market, panel in snapshot.prices.panels.items()
        if panel.column(snapshot.as_of) >= 0
    }
    parts = [
        _market_lines(panels[market], windows, groups, choice)
        for market, groups in _placed(panels, windows, choice.by)
    ]
    clock = panels[HOME] if HOME in panels else next(iter(panels.values()))
    last = last_sessions(clock.index)
    strength = (
        pd.concat([aligned(part.strength, pd.DatetimeIndex(last.index)) for part in parts], axis=1)
        if parts
        else pd.DataFrame(index=last.index)
    )
    groups = pd.Index(group_ids(snapshot.chain, choice.by), name=GROUP)
    strength = strength.reindex(columns=groups).astype(float)
    some = strength.notna().any(axis=1).to_numpy()
    strength = strength.iloc[int(some.argmax()) if some.any() else len(some) :]
    about = pd.concat([part.about for part in parts]) if parts else None
    return Lines(
        strength=strength,
        last=last.loc[strength.index],
        finished=week_finished(clock.market, clock.sessions[-1].item()),
        about=_about(about, windows, choice.by, groups, snapshot.as_of),
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """Some groups in one market; `about` without the members."""

    strength: pd.DataFrame
    about: pd.DataFrame


def _placed(
    panels: Mapping[str, Panel], windows: pd.DataFrame, by: str
) -> Iterable[tuple[str, pd.Index[str]]]:
    """Each market that groups are drawn in, and these groups."""
    priced = {
        panel.symbols[row]
        for panel in panels.values()
        for row in np.flatnonzero(np.isfinite(panel.close).any(axis=1))
    }
    rows = windows[windows[SYMBOL].isin(priced) & windows[MARKET].isin(list(panels))]
    counts = rows.groupby([by, MARKET])[SYMBOL].nunique().unstack(fill_value=0)
    counts = counts.reindex(columns=[one for one in MARKETS if one in counts], fill_value=0)
    market = counts.idxmax(axis=1) if len(counts) else pd.Series(dtype="str")
    if HOME in counts:
        market = market.mask(counts[HOME] > 0, HOME)
    for one in MARKETS:
        groups = market.index[market == one]
        if len(groups):
            yield one, groups


def _market_lines(
    panel: Panel, windows: pd.DataFrame, groups: pd.Index[str], choice: Choice
) -> _Part:
    """Some groups' lines from their members in one market; windows are those of all groups."""
    own = windows[windows[MARKET] == panel.market]
    start = _start(panel, own)
    found = None if choice.benchmark == WHOLE else market_benchmark(panel, start)
    # Without a stored index a market is compared with its own companies of the map.
    benchmark = found or map_benchmark(panel, own, start=start)
    basis = Basis.TOTAL if benchmark is None else benchmark.basis
    drawn = own[own[choice.by].isin(groups)]
    index = chained_index(panel, drawn, by=choice.by, basis=basis, start=start)
    weekly = weekly_closes(index.level)
    level = pd.Series(np.nan, index=index.level.index) if benchmark is None else benchmark.level
    against = weekly_closes(level.to_frame(BENCHMARK))[BENCHMARK].reindex(weekly.index)
    columns = dict.fromkeys(weekly.columns, against)
    about = pd.DataFrame(
        {
            MARKET: panel.market,
            BENCHMARK: None if benchmark is None else benchmark.symbol,
            BASIS: basis.value,
            PRICED: index.counted.iloc[-1],
            MEMBERS: index.members.iloc[-1],
        },
        index=index.level.columns.rename(GROUP),
    )
    return _Part(log_strength(weekly, pd.DataFrame(columns, index=weekly.index)), about)


def _start(panel: Panel, windows: pd.DataFrame) -> dt.date:
    """First session on which any member is known and has, or had, a bar."""
    shares = [row for symbol, row in panel.positions.items() if not is_index(symbol)]
    traded = np.isfinite(panel.close[shares]).any(axis=0)
    first = panel.sessions[int(traded.argmax())]
    known = windows[KNOWN_ON].min().to_datetime64().astype("datetime64[D]")
    day: dt.date = max(first, known).item()
    return day


def _about(
    found: pd.DataFrame | None,
    windows: pd.DataFrame,
    by: str,
    groups: pd.Index[str],
    as_of: dt.date,
) -> pd.DataFrame:
    """All groups; those that nobody has a price of with their members only."""
    columns = [MARKET, BENCHMARK, BASIS, PRICED, MEMBERS]
    about = pd.DataFrame(columns=columns) if found is None else found
    about = about.reindex(groups)
    moment, ends = pd.Timestamp(as_of), windows[KNOWN_UNTIL]
    now = windows[(windows[KNOWN_ON] <= moment) & (ends.isna() | (ends > moment))]
    places = now[by].map(about[MARKET])
    here = now[places.isna() | (places == now[MARKET])].drop_duplicates([by, SYMBOL])
    named: dict[str, list[str]] = {group: [] for group in groups}
    for group, symbol in zip(here[by], here[SYMBOL], strict=True):
        named[group].append(symbol)
    about[SYMBOLS] = pd.Series(named, dtype=object)
    about[PRICED] = about[PRICED].fillna(0).astype("int64")
    about[MEMBERS] = about[MEMBERS].fillna(about[SYMBOLS].map(len)).astype("int64")
    return about


def rotation_of(lines: Lines) -> Rotation:
    """The rotation of the groups of some lines."""
    return rotation(lines.strength, lines.last, finished=lines.finished)


def rotation_rows(lines: Lines, found: Rotation | None = None) -> pd.DataFrame:
    """Where each group stands, with what it is made of: a row a group, ids."""
    table = rotation_table(found or rotation_of(lines)).join(lines.about)
    return _dated(table, lines).reset_index(names=GROUP)


def ribbon_of(snapshot: Snapshot, choice: Choice) -> Ribbon:
    """The bottleneck groups through time, with what the documents said."""
    lines = group_lines(snapshot, replace(choice, by=BOTTLENECK))
    relative = relative_returns(lines.strength, choice.lookback)
    return Ribbon(
        lines=lines,
        lookback=choice.lookback,
        relative=relative,
        rank=ranks(relative),
        changes=leader_changes(relative),
        pins=tuple(_pins(snapshot, lines, choice.lookback)),
    )


def _pins(snapshot: Snapshot, lines: Lines, weeks: int) -> list[Pin]:
    chain, found = snapshot.chain, []
    for event in chain.events:
        if event.bottleneck is None:
            continue
        day = event.session or first_known(chain, event.evidence)
        if day is None or day > snapshot.as_of:
            continue
        group = event.bottleneck.value
        bases = [chain.document_by_id[one.document].date_basis for one in event.evidence]
        round_it = moved(
            lines.strength, lines.last, group, day, weeks=weeks, finished=lines.finished
        )
        found.append(Pin(event, group, day, set(bases) == {DateBasis.INFERRED}, round_it))
    order = group_ids(chain, BOTTLENECK)
    return sorted(found, key=lambda pin: (pin.day, order.index(pin.group)))


def ribbon_rows(ribbon: Ribbon) -> pd.DataFrame:
    """Where each group stands in the last week: a row a group, the strongest first."""
    lines, empty = ribbon.lines, ribbon.relative.empty
    table = lines.about.copy()
    table.insert(0, RANK, np.nan if empty else ribbon.rank.iloc[-1])
    table.insert(1, RELATIVE, np.nan if empty else ribbon.relative.iloc[-1])
    table.insert(2, WEEKS, lines.strength.notna().sum())
    table.insert(3, MISSING_WEEKS, np.maximum(ribbon.lookback + 1 - table[WEEKS], 0))
    rows = _dated(table, lines).sort_values(RANK, na_position="last", kind="stable")
    return rows.astype({RANK: "Int64"}).reset_index(names=GROUP)


def ribbon_series(ribbon: Ribbon) -> pd.DataFrame:
    """All weeks: week, session, group, relative_return, rank, leader_changed, finished."""
    parts = {RELATIVE: ribbon.relative, RANK: ribbon.rank}
    rows = pd.DataFrame(
        {
            name: frame.rename_axis(index=WEEK, columns=GROUP).stack(future_stack=True)
            for name, frame in parts.items()
        }
    )
    rows = rows.dropna().reset_index().astype({RANK: "int64"})
    rows.insert(1, SESSION, rows[WEEK].map(ribbon.lines.last))
    leads = set(zip(ribbon.changes.index, ribbon.changes[LEADER], strict=True))
    pairs = zip(rows[WEEK], rows[GROUP], strict=True)
    rows[CHANGED] = [pair in leads for pair in pairs]
    last = ribbon.lines.last.index.max()
    return rows.assign(**{FINISHED: ribbon.lines.finished | (rows[WEEK] != last)})


def claim_rows(ribbon: Ribbon) -> pd.DataFrame:
    """What the documents said is scarce, and how the group did before and after."""
    rows = [
        (
            pin.day, pin.group, pin.event.id,
            [one.document for one in pin.event.evidence],
            [one.line_text for one in pin.event.evidence],
            pin.inferred, pin.moved.before, pin.moved.after, pin.moved.weeks,
            pin.moved.rank_before, pin.moved.rank_after, pin.moved.ranked,
        )
        for pin in ribbon.pins
    ]  # fmt: skip
    columns = pd.Index(
        [
            KNOWN, GROUP, EVENT, DOCUMENT, LINES, INFERRED, BEFORE, AFTER, EACH_SIDE,
            f"{RANK}_{BEFORE}", f"{RANK}_{AFTER}", RANKED,
        ]
    )  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    whole = {f"{RANK}_{BEFORE}": "Int64", f"{RANK}_{AFTER}": "Int64"}
    return table.astype({KNOWN: "datetime64[s]", **whole})


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The page's main table for a link's parameters: the graph's groups, or the ribbon's."""
    choice = Choice.of(parameters)
    if choice.view == RIBBON:
        return ribbon_rows(ribbon_of(snapshot, choice))
    return rotation_rows(group_lines(snapshot, choice))


def series_of(lines: Lines) -> pd.DataFrame:
    """All points of the graph as rows, with the market of each group."""
    rows = rotation_series(rotation_of(lines))
    return rows.assign(**{MARKET: rows[GROUP].map(lines.about[MARKET])})


def last_weeks(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """The rows of the last weeks of a series."""
    weeks = rows[WEEK].drop_duplicates().nlargest(count)
    return rows[rows[WEEK].isin(weeks)]


def _dated(table: pd.DataFrame, lines: Lines) -> pd.DataFrame:
    session = lines.last.iloc[-1] if len(lines.last) else pd.NaT
    table[SESSION], table[FINISHED] = session, lines.finished
    return table
