"""Which series move together beyond the market: correlations with their doubt, and a tree."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.benchmark import Basis, period_returns
from dashboard.analytics.definitions import Definition
from dashboard.analytics.panel import Floats, Panel
from dashboard.i18n import Text

Places = npt.NDArray[np.int64]
WINDOWS: Final = (60, 120, 250)
"""Sessions to choose from."""
MINIMUM: Final = 60
"""Common sessions of a pair that is shown."""
TOGETHER: Final = 0.3
"""Usual threshold: branches whose distance is that of a greater correlation are one cluster."""
_SAME: Final = 1e-9
NORMAL_95: Final = 1.959963984540054

A: Final = "a"
B: Final = "b"
CORRELATION: Final = "correlation"
LOW: Final = "low"
HIGH: Final = "high"
COMMON: Final = "common"
CLUSTER_A: Final = "cluster_a"
CLUSTER_B: Final = "cluster_b"
PAIR_COLUMNS: Final = (A, B, CORRELATION, LOW, HIGH, COMMON, CLUSTER_A, CLUSTER_B)


@dataclass(frozen=True)
class Tested:
    """How many of the correlations could be chance.

    Attributes
    ----------
    pairs : with enough common sessions
    apart : whose 95 % interval leaves zero out
    surviving : whose interval still does at the level 5 % / pairs (Bonferroni)
    """

    pairs: int
    apart: int
    surviving: int

    @property
    def by_chance(self) -> float:
        """How many would leave zero out if nothing were related."""
        return 0.05 * self.pairs


@dataclass(frozen=True, eq=False)
class Clusters:
    """Correlations of some series, in the order of the tree's leaves.

    Attributes
    ----------
    correlation : DataFrame, ids × ids, [-1, 1]
        As measured, not shrunk; NaN with fewer than `MINIMUM` common sessions.
    low, high : DataFrame, ids × ids
        95 % interval; NaN where the correlation is, on the diagonal, and where two series are
        the same.
    common : DataFrame, ids × ids, sessions in which both have a return
    cluster : Series, id → number of its cluster, from 1 along the leaves
    shrinkage : 0 (as measured) … 1 (all unrelated), what the tree is made of
    branches : array, (ids - 1) × 2 × 4
        Each fork's corners: places along the leaves (0 is the first), and distances.
    cut : distance at which the tree was cut into clusters
    left_out : ids with too few returns, or that never moved
    """

    correlation: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    common: pd.DataFrame
    cluster: pd.Series[int]
    shrinkage: float
    branches: Floats
    cut: float
    left_out: tuple[str, ...]
    tested: Tested

    @property
    def order(self) -> tuple[str, ...]:
        """The ids along the leaves."""
        return tuple(self.correlation.index)


def daily_returns(panel: Panel, basis: Basis) -> pd.DataFrame:
    """Returns of one session only: none where a symbol did not trade in the session before.

    Returns
    -------
    DataFrame, sessions in which anything traded × symbols, fraction
    """
    traded = np.isfinite(panel.close.T)
    open_sessions = traded.any(axis=1)
    traded = traded[open_sessions]
    returns = period_returns(panel, basis).iloc[np.flatnonzero(open_sessions)]
    before = np.vstack([np.zeros((1, traded.shape[1]), bool), traded[:-1]])
    single: pd.DataFrame = returns.where(before)
    return single


def group_returns(
    returns: pd.DataFrame, windows: pd.DataFrame, by: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean return of each group's members of the session, in equal parts.

    A member is bought at the close of the first session that knows it and sold at the close of
    the first that no longer does.

    Parameters
    ----------
    returns : DataFrame, sessions × symbols
    windows : DataFrame, columns symbol, known_on, known_until and `by`

    Returns
    -------
    DataFrame, sessions × groups in order of their first row, fraction
        NaN where no member has a return.
    DataFrame, sessions × groups, members with a return
    """
    rows = windows[windows["symbol"].isin(returns.columns)]
    groups = list(dict.fromkeys(rows[by]))
    sessions = returns.index.to_numpy().astype("datetime64[s]")
    first = np.searchsorted(sessions, rows["known_on"].to_numpy().astype("datetime64[s]"))
    until = rows["known_until"].to_numpy().astype("datetime64[s]")
    last = np.where(np.isnat(until), len(sessions), np.searchsorted(sessions, until))
    place = np.arange(len(sessions))[:, None]
    own = returns[rows["symbol"]].to_numpy()
    counted = (place > first) & (place <= last) & np.isfinite(own)
    belongs = (rows[by].to_numpy()[:, None] == np.array(groups, object)).astype(float)
    counts = counted @ belongs
    sums = np.where(counted, own, 0.0) @ belongs
    mean = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    names = pd.Index(groups, name=by)
    return (
        pd.DataFrame(mean, index=returns.index, columns=names),
        pd.DataFrame(counts.astype(int), index=returns.index, columns=names),
    )


def residuals(returns: pd.DataFrame, market: pd.Series[float]) -> pd.DataFrame:
    """What ordinary least squares on the market leave of each series.

    Returns
    -------
    DataFrame like `returns`
        NaN where a series or the market has no return; a series with fewer than three returns
        or a market that did not move leave nothing.
    """
    own = returns.to_numpy(dtype=float)
    index = market.reindex(returns.index).to_numpy(dtype=float)[:, None]
    both = np.isfinite(own) & np.isfinite(index)
    count = both.sum(axis=0)
    count = np.where(count > 2, count, 1)
    y = np.where(both, own, 0.0)
    x = np.where(both, index, 0.0)
    y = np.where(both, y - y.sum(axis=0) / count, 0.0)
    x = np.where(both, x - x.sum(axis=0) / count, 0.0)
    spread = (x * x).sum(axis=0)
    known = (spread > 0) & (both.sum(axis=0) > 2)
    beta = np.divide((x * y).sum(axis=0), spread, out=np.zeros(len(spread)), where=known)
    left = np.where(both & known, y - beta * x, np.nan)
    return pd.DataFrame(left, index=returns.index, columns=returns.columns)


def clusters(
    series: pd.DataFrame,
    *,
    controls: int = 0,
    minimum: int = MINIMUM,
    together: float = TOGETHER,
) -> Clusters:
    """Correlate and cluster series of returns.

    Parameters
    ----------
    series : DataFrame, sessions × ids; returns, or what the market leaves of them
    controls : series that were taken out of them (1 for the market); they widen the interval
    minimum : common sessions of a pair that is shown
    together : correlation, after shrinking, at whose distance the tree is cut into clusters

    Returns
    -------
    Clusters
        The same whatever the order of the columns.
    """
    # Ties between branches would otherwise fall by the order of the columns.
    ordered = series[sorted(series.columns)]
    valid = ordered.notna()
    moving = (ordered.max() > ordered.min()) & (valid.sum() >= minimum)
    kept = ordered.loc[:, moving]
    counts = _common(kept)
    measured = kept.corr(min_periods=minimum).clip(-1.0, 1.0)
    np.fill_diagonal(values := measured.to_numpy(copy=True), 1.0)
    shrinkage = shrinkage_intensity(kept, values)
    leaves, number, branches = _tree(positive_definite(shrunk(values, shrinkage)), together)
    names = kept.columns[leaves]
    square = pd.DataFrame(values, index=kept.columns, columns=kept.columns).loc[names, names]
    low, high = fisher_interval(square, counts.loc[names, names], controls=controls)
    return Clusters(
        correlation=square,
        low=low,
        high=high,
        common=counts.loc[names, names],
        cluster=pd.Series(number, index=names, dtype="int64"),
        shrinkage=shrinkage,
        branches=branches,
        cut=distance_of(together),
        left_out=tuple(ordered.columns[~moving]),
        tested=_tested(square, counts.loc[names, names], controls),
    )


def _common(series: pd.DataFrame) -> pd.DataFrame:
    valid = series.notna().to_numpy().astype(np.int64)
    return pd.DataFrame(valid.T @ valid, index=series.columns, columns=series.columns)


def fisher_interval(
    correlation: pd.DataFrame, common: pd.DataFrame, *, controls: int = 0, width: float = NORMAL_95
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ends of the interval of each correlation by Fisher's z.

    Parameters
    ----------
    width : of half the interval, in standard errors 1/√(n − 3 − controls)

    Returns
    -------
    two DataFrames like `correlation`; NaN on the diagonal and where two series are the same
    """
    r = correlation.to_numpy(dtype=float).copy()
    # Series that are the same (layers of the same members) leave nothing to doubt.
    r[np.abs(r) > 1 - _SAME] = np.nan
    free = common.to_numpy(dtype=float) - 3 - controls
    z = np.arctanh(r)
    error = width / np.sqrt(np.where(free > 0, free, np.nan))
    ends = (np.tanh(z - error), np.tanh(z + error))
    low, high = (
        pd.DataFrame(end, index=correlation.index, columns=correlation.columns) for end in ends
    )
    return low, high


def _tested(correlation: pd.DataFrame, common: pd.DataFrame, controls: int) -> Tested:
    from scipy.stats import norm

    above = np.triu_indices(len(correlation), 1)
    pairs = int(np.isfinite(correlation.to_numpy()[above]).sum())
    found = []
    for level in (0.05, 0.05 / max(pairs, 1)):
        width = float(norm.isf(level / 2))
        low, high = fisher_interval(correlation, common, controls=controls, width=width)
        apart = (low.to_numpy()[above] > 0) | (high.to_numpy()[above] < 0)
        found.append(int(apart.sum()))
    return Tested(pairs, *found)


def shrinkage_intensity(series: pd.DataFrame, correlation: Floats) -> float:
    """How far sampling noise asks to draw the correlations to zero (Schäfer and Strimmer).

    Σ Var(r) / Σ r² over the pairs that are known, each over its own common sessions.

    Returns
    -------
    float in [0, 1]; 1 where no pair is known
    """
    z = ((series - series.mean()) / series.std()).to_numpy(dtype=float)
    valid = np.isfinite(z)
    z = np.where(valid, z, 0.0)
    count = valid.T.astype(float) @ valid
    known = np.isfinite(correlation) & (count > 2)
    np.fill_diagonal(known, val=False)
    if not known.any():
        return 1.0
    n = np.where(known, count, 3.0)
    products = z.T @ z
    spread = (z * z).T @ (z * z) - products**2 / n
    variance = n / (n - 1) ** 3 * spread
    total = float((correlation[known] ** 2).sum())
    return float(np.clip(variance[known].sum() / total, 0.0, 1.0)) if total > 0 else 1.0


def shrunk(correlation: Floats, intensity: float) -> Floats:
    """Correlations drawn to the identity; an unknown pair counts as unrelated."""
    out: Floats = (1 - intensity) * np.where(np.isfinite(correlation), correlation, 0.0)
    np.fill_diagonal(out, 1.0)
    return out


def positive_definite(correlation: Floats) -> Floats:
    """The same without negative eigenvalues, which holes in the data can make; diagonal 1."""
    if not len(correlation):
        return correlation
    values, vectors = np.linalg.eigh(correlation)
    if values[0] >= 0:
        return correlation
    fixed = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = np.sqrt(np.diag(fixed))
    out: Floats = fixed / np.outer(scale, scale)
    np.fill_diagonal(out, 1.0)
    return (out + out.T) / 2


def _tree(correlation: Floats, together: float) -> tuple[Places, Places, Floats]:
    """Leaves in order, cluster of each leaf, forks."""
    count = len(correlation)
    if count < 2:
        return np.arange(count), np.ones(count, int), np.empty((0, 2, 4))
    from scipy.cluster.hierarchy import dendrogram, fcluster, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    distance = distances(correlation)
    condensed = squareform(distance, checks=False)
    joined = optimal_leaf_ordering(linkage(condensed, method="average"), condensed)
    drawn = dendrogram(joined, no_plot=True)
    leaves = np.array(drawn["leaves"])
    flat = fcluster(joined, distance_of(together), criterion="distance")[leaves]
    number = np.cumsum(np.r_[1, flat[1:] != flat[:-1]])
    # scipy puts leaves at 5, 15, 25 …
    places = (np.array(drawn["icoord"], float) - 5) / 10
    return leaves, number, np.stack([places, np.array(drawn["dcoord"], float)], axis=1)


def distances(correlation: Floats) -> Floats:
    """√(2(1 − ρ)): 0 for the same, √2 for unrelated, 2 for opposite."""
    out: Floats = np.sqrt(np.maximum(2 * (1 - correlation), 0.0))
    np.fill_diagonal(out, 0.0)
    return out


def distance_of(correlation: float) -> float:
    """The distance of one correlation."""
    return float(np.sqrt(2 * (1 - correlation)))


def pair_table(found: Clusters) -> pd.DataFrame:
    """Every pair once, the most correlated first, unknown ones last.

    Returns
    -------
    DataFrame, `PAIR_COLUMNS`; `a` stands before `b` along the leaves
    """
    upper = np.triu_indices(len(found.order), 1)
    names = np.array(found.order, object)
    numbers = found.cluster.to_numpy()
    table = pd.DataFrame(
        {
            A: names[upper[0]],
            B: names[upper[1]],
            **{
                name: square.to_numpy()[upper]
                for name, square in (
                    (CORRELATION, found.correlation),
                    (LOW, found.low),
                    (HIGH, found.high),
                    (COMMON, found.common),
                )
            },
            CLUSTER_A: numbers[upper[0]],
            CLUSTER_B: numbers[upper[1]],
        }
    ).astype({A: "str", B: "str"})
    return table.sort_values(CORRELATION, ascending=False, na_position="last", kind="stable")


def shared_members(members: pd.DataFrame, groups: Collection[str], by: str) -> pd.DataFrame:
    """How many symbols each two groups have in common, groups × groups."""
    counts = pd.crosstab(members["symbol"], members[by]).reindex(
        columns=pd.Index(list(groups)), fill_value=0
    )
    counts = counts.clip(upper=1)
    return counts.T @ counts


DEFINITIONS: Final = (
    Definition(
        id="residual_correlation",
        label=Text("扣除大盤後的相關", "Correlation beyond the market"),
        formula=(
            r"e_{i,t}=r_{i,t}-\hat\alpha_i-\hat\beta_i m_t,\qquad "
            r"\hat\rho_{ij}=\operatorname{corr}(e_i,e_j),\qquad "
            r"\tanh\!\left(\operatorname{artanh}\hat\rho\pm\frac{1.96}{\sqrt{n-4}}\right)"
        ),
        note=Text(
            "日報酬對大盤做最小平方迴歸後的殘差；基準含息時用含息報酬，否則兩者都用價格報酬。"
            "層的日報酬是當日有報酬的成員等權平均，成員在得知後首個交易日的收盤買入。"
            "前一交易日沒有成交的那天不算。共同交易日少於 60 的配對不顯示。"
            "區間為 Fisher z 的 95％（未扣大盤時為 n−3）。"
            "台積電是加權指數最大的成分，指數的殘差因此天生偏向與它反向。"
            "比較的配對很多，單一配對的區間不含零可能只是碰巧，因此旁邊寫出配對數、"
            "預期碰巧的個數與 Bonferroni 校正後剩下的個數。",
            "Residuals of daily returns after ordinary least squares on the market; total return "
            "against a total-return index, else price return against the price index. A layer's "
            "return of a session is the equal-weighted mean of the members that have one; a "
            "member is bought at the close of the first session that knows it. A session after "
            "one without a trade does not count. Pairs with fewer than 60 common sessions are "
            "not shown. The interval is Fisher's z at 95% (n−3 where the market is left in). "
            "TSMC is the largest part of the TAIEX, so what the index leaves leans against it. "
            "Among many pairs one interval may leave zero out by chance, so the number of pairs, "
            "the number expected by chance and what survives Bonferroni's correction are printed.",
        ),
        source=Text(
            "Fisher (1921), Metron 1: 3-32；偏相關的自由度：Fisher (1924), Metron 3: 329-332。",
            "Fisher (1921), Metron 1: 3-32; degrees of freedom of a partial correlation: "
            "Fisher (1924), Metron 3: 329-332.",
        ),
    ),
    Definition(
        id="correlation_clusters",
        label=Text("分群與樹狀圖", "Clusters and the tree"),
        formula=(
            r"\lambda=\frac{\sum_{i\ne j}\widehat{\operatorname{Var}}(\hat\rho_{ij})}"
            r"{\sum_{i\ne j}\hat\rho_{ij}^2},\qquad \tilde\rho_{ij}=(1-\lambda)\,\hat\rho_{ij},"
            r"\qquad d_{ij}=\sqrt{2(1-\tilde\rho_{ij})}"
        ),
        note=Text(
            "先把相關往零收縮（單位矩陣為目標），再以平均連結法分群，葉子依最佳順序排列；"
            f"平均距離小於門檻 ρ（預設 {TOGETHER}）對應值的分支算同一群。"
            "畫面上的數字是未收縮的量測值；"
            "共同交易日不足的配對在分群時當作無關。缺漏使矩陣出現負特徵值時，將其歸零並還原對角線。",
            "Correlations are first shrunk to zero (target: identity), then joined by average "
            "linkage with optimally ordered leaves; branches closer than the distance of the "
            f"threshold ρ ({TOGETHER} unless chosen otherwise) are one cluster. The figures shown "
            "are as measured, not shrunk; pairs with too few common sessions count as unrelated "
            "in the tree. Negative eigenvalues, which holes can make, are set to zero and the "
            "diagonal restored.",
        ),
        source=Text(
            "Schäfer & Strimmer (2005), Stat. Appl. Genet. Mol. Biol. 4(1): 32；"
            "Mantegna (1999), Eur. Phys. J. B 11: 193-197；"
            "Bar-Joseph et al. (2001), Bioinformatics 17: S22-S29。門檻為本站自訂。",
            "Schäfer & Strimmer (2005), Stat. Appl. Genet. Mol. Biol. 4(1): 32; Mantegna (1999), "
            "Eur. Phys. J. B 11: 193-197; Bar-Joseph et al. (2001), Bioinformatics 17: S22-S29. "
            "The threshold is our own.",
        ),
    ),
)
