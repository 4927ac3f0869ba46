"""Which layers, or which members, are really one trade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from dashboard.analytics.benchmark import Basis, Benchmark, market_benchmark
from dashboard.analytics.clusters import (
    PAIR_COLUMNS,
    TOGETHER,
    WINDOWS,
    A,
    B,
    Clusters,
    clusters,
    daily_returns,
    group_returns,
    pair_table,
    residuals,
    shared_members,
)
from dashboard.analytics.panel import Panel
from dashboard.markets import HOME
from dashboard.snapshot import MemberFilter, Snapshot

GROUP: Final = "group"
SCOPE: Final = "scope"
WINDOW: Final = "window"
RAW: Final = "raw"
THRESHOLD: Final = "together"
DIGEST: Final = "digest"
SECONDARY: Final = "secondary"
"""The parameters of the URL."""

LAYERS: Final = "layer"
MEMBERS: Final = "member"
WHOLE_MAP: Final = "map"
THRESHOLDS: Final = ("0.2", "0.3", "0.5")
DEFAULT_WINDOW: Final = 120
SHARED: Final = "shared"
TABLE_COLUMNS: Final = (*PAIR_COLUMNS, SHARED)
_YES: Final = "1"


@dataclass(frozen=True)
class Asked:
    """What a reader chose.

    Attributes
    ----------
    by : `layer` or `member`
    scope : whose members, where members are compared: `map`, or the id of a stage or layer
    window : sessions, up to the as-of session
    residual : take the market out
    together : see `analytics.clusters.clusters`
    """

    by: str = LAYERS
    scope: str = WHOLE_MAP
    window: int = DEFAULT_WINDOW
    residual: bool = True
    together: float = TOGETHER
    members: MemberFilter = field(default_factory=MemberFilter)


def asked_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> Asked:
    """The choices of a URL; an unknown one is read as the default."""
    chain = snapshot.chain
    scope = parameters.get(SCOPE, WHOLE_MAP)
    window = parameters.get(WINDOW, "")
    threshold = parameters.get(THRESHOLD, "")
    return Asked(
        by=MEMBERS if parameters.get(GROUP) == MEMBERS else LAYERS,
        scope=scope if scope in {*chain.stage_by_id, *chain.layer_by_id} else WHOLE_MAP,
        window=int(window) if window in map(str, WINDOWS) else DEFAULT_WINDOW,
        residual=parameters.get(RAW) != _YES,
        together=float(threshold) if threshold in THRESHOLDS else TOGETHER,
        members=MemberFilter(
            include_digest=parameters.get(DIGEST) == _YES,
            include_secondary=parameters.get(SECONDARY) == _YES,
        ),
    )


@dataclass(frozen=True, eq=False)
class Bundle:
    """Series of one cluster.

    Attributes
    ----------
    ids : along the leaves
    mean, lowest, highest : of its pairs' correlations, as measured
    common : fewest common sessions of a pair
    shared : most members that two of them have in common; 0 where members are compared
    """

    ids: tuple[str, ...]
    mean: float
    lowest: float
    highest: float
    common: int
    shared: int


@dataclass(frozen=True, eq=False)
class Study:
    """The answer to one choice.

    Attributes
    ----------
    found : correlations and tree
    counted : Series, id → members with a return in the last session of the window; 1 for a
        member
    members : Series, id → members that the map knows by then
    shared : DataFrame, ids × ids, members in common; None where members are compared
    sessions : (first, last) session with a return
    own : Series, id → sessions in which it has a return (and the market, where it is taken out)
    benchmark : what was taken out; None where nothing was
    basis : of the returns
    """

    asked: Asked
    found: Clusters
    counted: pd.Series[int]
    members: pd.Series[int]
    shared: pd.DataFrame | None
    sessions: tuple[pd.Timestamp, pd.Timestamp]
    own: pd.Series[int]
    benchmark: Benchmark | None
    basis: Basis

    def bundles(self) -> tuple[Bundle, ...]:
        """Clusters of two series and more, the most correlated first."""
        clusters_of_ids = self.found.cluster.groupby(self.found.cluster, sort=False)
        found = [self._bundle(own.index) for _, own in clusters_of_ids if len(own) > 1]
        return tuple(sorted(found, key=lambda one: -one.mean))

    def _bundle(self, ids: pd.Index) -> Bundle:
        above = np.triu_indices(len(ids), 1)
        known = self.found.correlation.loc[ids, ids].to_numpy()[above]
        common = self.found.common.loc[ids, ids].to_numpy()[above][np.isfinite(known)]
        known = known[np.isfinite(known)]
        shared = 0
        if self.shared is not None:
            shared = int(self.shared.loc[ids, ids].to_numpy()[above].max())
        ends = float(known.mean()), float(known.min()), float(known.max())
        return Bundle(tuple(map(str, ids)), *ends, int(common.min()), shared)

    def table(self) -> pd.DataFrame:
        """Every pair, `TABLE_COLUMNS`; `shared` is missing where members are compared."""
        pairs = pair_table(self.found)
        if self.shared is None:
            return pairs.assign(**{SHARED: pd.array([None] * len(pairs), dtype="Int64")})
        rows = self.shared.index.get_indexer(pd.Index(pairs[A]))
        columns = self.shared.columns.get_indexer(pd.Index(pairs[B]))
        counts = self.shared.to_numpy()[rows, columns]
        return pairs.assign(**{SHARED: pd.array(counts, dtype="Int64")})


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """Every pair, the most correlated first; `TABLE_COLUMNS`.

    Empty where fewer than two series have enough sessions.
    """
    found = study(snapshot, asked_of(snapshot, parameters))
    if found is None:
        return pd.DataFrame(columns=pd.Index(TABLE_COLUMNS))
    return found.table()


def study(snapshot: Snapshot, asked: Asked) -> Study | None:
    """Correlate what was asked for, up to the snapshot's session.

    Returns
    -------
    Study
        None where no price of the home market is stored up to that session.
    """
    panel = snapshot.prices.panels.get(HOME)
    if panel is None or panel.column(snapshot.as_of) < 0:
        return None
    panel = panel.as_of(snapshot.as_of)
    benchmark = _benchmark(panel, asked) if asked.residual else None
    basis = Basis.TOTAL if benchmark is None else benchmark.basis
    windows = snapshot.windows(asked.members)
    series, counted, members = _series(daily_returns(panel, basis), windows, asked)
    if benchmark is not None:
        # Over the sessions of `series`: a day of which nothing is stored is no day for either.
        market = benchmark.level.reindex(series.index).pct_change(fill_method=None)
        series = residuals(series.iloc[-asked.window :], market)
    series = series.iloc[-asked.window :]
    return Study(
        asked=asked,
        found=clusters(series, controls=int(benchmark is not None), together=asked.together),
        counted=counted,
        members=members,
        shared=None if asked.by == MEMBERS else _shared(windows, series),
        sessions=(series.index[0], series.index[-1]),
        own=series.notna().sum(),
        benchmark=benchmark,
        basis=basis,
    )


def _benchmark(panel: Panel, asked: Asked) -> Benchmark | None:
    first = panel.sessions[max(0, len(panel.sessions) - asked.window - 1)].item()
    return market_benchmark(panel, first)


def _series(
    returns: pd.DataFrame, windows: pd.DataFrame, asked: Asked
) -> tuple[pd.DataFrame, pd.Series[int], pd.Series[int]]:
    """Returns by id, members with one in the last session, members known."""
    now = windows[windows["known_until"].isna()]
    if asked.by == LAYERS:
        series, counts = group_returns(returns, windows, "layer")
        known = now.groupby("layer")["symbol"].nunique().reindex(series.columns, fill_value=0)
        return series, counts.iloc[-1], known
    placed = (windows["layer"] == asked.scope) | (windows["stage"] == asked.scope)
    chosen = windows if asked.scope == WHOLE_MAP else windows[placed]
    symbols = [one for one in dict.fromkeys(chosen["symbol"]) if one in returns.columns]
    ones = pd.Series(1, index=pd.Index(symbols, dtype="str"))
    return returns[symbols], ones, ones


def _shared(windows: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    now = windows[windows["known_until"].isna()]
    return shared_members(now, list(series.columns), "layer")
