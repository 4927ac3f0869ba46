"""Chained indices of groups whose members come and go.

A member is bought at the first close on or after the session on which it is known, so its
first counted return is that of its next bar. Weights are set to their targets at the close of
the last session of a month and of each session on which a member comes or goes, and drift
between. The level never jumps at such a change: only returns move it.

Nothing here looks ahead: the figures of a session do not depend on later bars, documents or
share counts, to the last bit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.benchmark import Basis, Benchmark, period_returns
from dashboard.analytics.definitions import Definition
from dashboard.analytics.panel import Floats, Panel
from dashboard.errors import InputError
from dashboard.i18n import Text
from dashboard.prices.bars import DATE, SHARES, SYMBOL
from dashboard.prices.limits import LONGEST_HALT

Mask = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.intp]

BASE: Final = 100.0
EQUAL: Final = "equal"
CAP: Final = "cap"
MAX_WEIGHT: Final = 0.30
WHOLE_MAP: Final = "map"
"""Group by it: all members of the market together."""
GROUPINGS: Final = ("layer", "stage", "bottleneck", WHOLE_MAP)
_KNOWN_ON: Final = "known_on"
_KNOWN_UNTIL: Final = "known_until"
_MARKET: Final = "market"
_OPENS: Final = "first_column"
_ENDS: Final = "column_after"


@dataclass(frozen=True, eq=False)
class ChainedIndex:
    """Indices of groups, sessions × groups; groups in the order of the windows.

    Attributes
    ----------
    level : 100 at the close at which the first member is bought
        NaN before it, and while nothing is held.
    returns : fraction of the session; NaN at the base and while nothing is held
    counted : members held whose own return the session counts
    members : members known, priced or not
    effective : 1 / Σw² of the weights at the session's start; NaN while nothing is held
    """

    level: pd.DataFrame
    returns: pd.DataFrame
    counted: pd.DataFrame
    members: pd.DataFrame
    effective: pd.DataFrame


@dataclass(frozen=True, eq=False)
class ChainedGroup:
    """One group's index and what it is made of.

    Attributes
    ----------
    level, returns, counted, members, effective : Series by session, as `ChainedIndex`
    weights : sessions × symbols, at the session's start, as they earn its return; 0: not held
    own : sessions × symbols, the members' own returns; NaN: no bar, first bar, jump
    """

    level: pd.Series[float]
    returns: pd.Series[float]
    counted: pd.Series[int]
    members: pd.Series[int]
    effective: pd.Series[float]
    weights: pd.DataFrame
    own: pd.DataFrame


def chained_index(
    panel: Panel,
    windows: pd.DataFrame,
    *,
    by: str = "layer",
    weighting: str = EQUAL,
    basis: Basis = Basis.TOTAL,
    shares: pd.DataFrame | None = None,
    max_weight: float = MAX_WEIGHT,
    exclude: Collection[str] = (),
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> ChainedIndex:
    """The index of every group.

    Parameters
    ----------
    windows : DataFrame (symbol, market, known_on, known_until and the grouping's column)
        When each member counts; those of other markets are left out.
    by : one of `GROUPINGS`
    weighting : "equal" (target 1/n) or "cap" (target market cap, at most `max_weight` each)
        A cap is traded close × shares outstanding known on that day; a member without them
        does not count.
    shares : DataFrame (symbol, date, shares); needed for "cap"
    max_weight : fraction; what a capped name has too much goes to the others in proportion
        Where n members cannot keep to it (n < 1 / max_weight) it is 1/n.
    exclude : symbols that never count
    start : the base is the last session on or before it; the panel's first if None
    end : last day

    Raises
    ------
    InputError
        If the grouping or the weighting is unknown, the cap on one name is not within (0, 1],
        or "cap" comes without `shares`.
    PanelError
        If there is no session on or before `end`.
    """
    _check(by, weighting, max_weight, shares)
    cap = weighting == CAP
    base = _Base.of(panel, basis, shares if cap else None, start, end)
    limit = max_weight if cap else 1.0
    chosen = _chosen(panel.market, base.index, windows, by, exclude)
    found = {str(group): _group(base, own, limit) for group, own in chosen.groupby(by, sort=False)}
    names = pd.Index(list(found), name=by)

    def frame(name: str, kind: type) -> pd.DataFrame:
        columns = [getattr(one, name) for one in found.values()]
        values = np.column_stack(columns) if columns else np.empty((len(base.index), 0), kind)
        return pd.DataFrame(values, index=base.index, columns=names)

    return ChainedIndex(
        level=frame("level", float),
        returns=frame("returns", float),
        counted=frame("counted", int),
        members=frame("members", int),
        effective=frame("effective", float),
    )


def chained_group(
    panel: Panel,
    windows: pd.DataFrame,
    group: str,
    *,
    by: str = "layer",
    weighting: str = EQUAL,
    basis: Basis = Basis.TOTAL,
    shares: pd.DataFrame | None = None,
    max_weight: float = MAX_WEIGHT,
    exclude: Collection[str] = (),
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> ChainedGroup:
    """One group's index with its members' weights and returns; parameters of `chained_index`.

    A group without a window has no member and no level.
    """
    _check(by, weighting, max_weight, shares)
    cap = weighting == CAP
    base = _Base.of(panel, basis, shares if cap else None, start, end)
    limit = max_weight if cap else 1.0
    chosen = _chosen(panel.market, base.index, windows, by, exclude)
    found = _group(base, chosen[chosen[by] == group], limit)

    def by_session(values: npt.NDArray[np.generic]) -> pd.Series:
        return pd.Series(values, index=base.index, name=group)

    def by_symbol(values: Floats) -> pd.DataFrame:
        columns = pd.Index(found.symbols, name=SYMBOL)
        return pd.DataFrame(values.T, index=base.index, columns=columns)

    return ChainedGroup(
        level=by_session(found.level),
        returns=by_session(found.returns),
        counted=by_session(found.counted),
        members=by_session(found.members),
        effective=by_session(found.effective),
        weights=by_symbol(found.weights),
        own=by_symbol(base.own[found.rows]),
    )


def map_benchmark(
    panel: Panel,
    windows: pd.DataFrame,
    *,
    basis: Basis = Basis.TOTAL,
    exclude: Collection[str] = (),
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> Benchmark | None:
    """All known members of the market together, equal weights; None where there is none."""
    found = chained_index(
        panel, windows, by=WHOLE_MAP, basis=basis, exclude=exclude, start=start, end=end
    )
    if found.level.empty or found.level[WHOLE_MAP].isna().all():
        return None
    return Benchmark(WHOLE_MAP, basis, found.level[WHOLE_MAP])


def contributions(group: ChainedGroup, first: dt.date | None = None) -> pd.Series[float]:
    """What each member adds to the index's return since the close of a session.

    Parameters
    ----------
    first : the period starts at the close of the last session on or before it; at the base
        if None, or where it lies before the base

    Returns
    -------
    Series by symbol, largest first
        Sums to the index's return; a member that was never held in the period is left out.
    """
    known = group.level.dropna()
    if known.empty:
        return pd.Series(dtype=float, index=pd.Index([], name=SYMBOL, dtype="str"))
    begin = known.index[0]
    if first is not None:
        begin = max(begin, *group.level.index[group.level.index <= pd.Timestamp(first)][-1:])
    later = group.level.index > begin
    grown = (1 + group.returns[later].fillna(0.0)).cumprod().shift(fill_value=1.0)
    parts = group.weights[later] * group.own[later].fillna(0.0)
    held = (group.weights[later] > 0).any()
    total: pd.Series[float] = parts.mul(grown, axis=0).sum()[held]
    return total.sort_values(ascending=False, kind="stable")


def capped(sizes: Floats, max_weight: float) -> Floats:
    """Weights in proportion to sizes with a limit on each, down the first axis.

    Parameters
    ----------
    sizes : members × cases, 0 for what does not count
    max_weight : of one member; 1/n where n members cannot keep to it

    Returns
    -------
    array of the same shape; each case sums to 1, or to 0 where nothing counts
    """
    there = sizes > 0
    count = there.sum(axis=0)
    limit = np.maximum(max_weight, 1 / np.maximum(count, 1))
    full = np.zeros(sizes.shape, bool)
    weights = _shares_of(sizes, np.ones(sizes.shape[1]))
    for _ in range(len(sizes)):
        over = there & ~full & (weights > limit)
        if not over.any():
            break
        full |= over
        left = 1 - full.sum(axis=0) * limit
        rest = _shares_of(np.where(full, 0.0, sizes), np.maximum(left, 0.0))
        weights = np.where(full, limit, rest)
    return weights


def _shares_of(sizes: Floats, whole: Floats) -> Floats:
    total = _total(sizes)
    return np.divide(sizes * whole, total, out=np.zeros(sizes.shape), where=total > 0)


def _check(by: str, weighting: str, max_weight: float, shares: pd.DataFrame | None) -> None:
    if by not in GROUPINGS:
        raise InputError(f"groups by {by}: unknown; choose from {', '.join(GROUPINGS)}")
    if weighting not in (EQUAL, CAP):
        raise InputError(f"weighting {weighting}: unknown; choose {EQUAL} or {CAP}")
    if not 0 < max_weight <= 1:
        raise InputError(f"largest weight {max_weight:g}: give a fraction above 0, at most 1")
    if weighting == CAP and shares is None:
        raise InputError("weighting cap: the shares outstanding are missing; pass shares")


def _chosen(
    market: str,
    index: pd.DatetimeIndex,
    windows: pd.DataFrame,
    by: str,
    exclude: Collection[str],
) -> pd.DataFrame:
    """The windows that count, with the columns at which they open and after which they end."""
    own = windows[(windows[_MARKET] == market) & ~windows[SYMBOL].isin(list(exclude))]
    ends = own[_KNOWN_UNTIL].fillna(pd.Timestamp.max.floor("D"))
    columns = {
        _OPENS: index.searchsorted(own[_KNOWN_ON].to_numpy()),
        _ENDS: index.searchsorted(ends.to_numpy()),
    }
    return own.assign(**columns, **({WHOLE_MAP: WHOLE_MAP} if by == WHOLE_MAP else {}))


@dataclass(frozen=True, eq=False)
class _Base:
    """What all groups share; arrays are symbols × the sessions from the base on.

    Attributes
    ----------
    own : returns, NaN where there is none
    growth : product of 1 + own so far
    last : column of the last bar so far, -1 for none
    sizes : market cap as known; 1 for equal weighting, 0 where not known
    turns : whether a session is the first of its month
    """

    symbols: dict[str, int]
    index: pd.DatetimeIndex
    own: Floats
    growth: Floats
    last: Columns
    sizes: Floats
    turns: Mask

    @classmethod
    def of(
        cls,
        panel: Panel,
        basis: Basis,
        shares: pd.DataFrame | None,
        start: dt.date | None,
        end: dt.date | None,
    ) -> _Base:
        panel = panel if end is None else panel.as_of(end)
        first = 0 if start is None else max(panel.column(start), 0)
        own = period_returns(panel, basis).to_numpy().T[:, first:]
        columns = np.arange(own.shape[1])
        traded = ~np.isnan(panel.close[:, first:])
        last = np.maximum.accumulate(np.where(traded, columns, -1), axis=1)
        months = panel.sessions[first:].astype("datetime64[M]")
        turns = np.zeros(len(months), bool)
        turns[1:] = months[1:] != months[:-1]
        return cls(
            symbols=panel.positions,
            index=panel.index[first:],
            own=own,
            growth=np.cumprod(1 + np.nan_to_num(own), axis=1),
            last=last,
            sizes=np.ones(own.shape) if shares is None else _caps(panel, shares, first, last),
            turns=turns,
        )


def _caps(panel: Panel, shares: pd.DataFrame, first: int, last: Columns) -> Floats:
    """Last traded close × shares as known on each session; 0 where not known."""
    close = np.take_along_axis(panel.unadjusted_close[:, first:], np.maximum(last, 0), axis=1)
    counts = np.zeros(close.shape)
    known = shares[shares[SYMBOL].isin(panel.symbols) & shares[SHARES].notna()]
    sessions = panel.sessions[first:]
    for symbol, own in known.groupby(SYMBOL):
        ordered = own.sort_values(DATE, kind="stable")
        dates = pd.to_datetime(ordered[DATE]).to_numpy().astype("datetime64[D]")
        values = np.append(0.0, ordered[SHARES].to_numpy(float))
        counts[panel.positions[str(symbol)]] = values[np.searchsorted(dates, sessions, "right")]
    return np.where(last >= 0, close * counts, 0.0)


@dataclass(frozen=True, eq=False)
class _Group:
    """Arrays by session, and symbols × sessions."""

    symbols: Sequence[str]
    rows: Columns
    level: Floats
    returns: Floats
    counted: Columns
    members: Columns
    effective: Floats
    weights: Floats


def _group(base: _Base, windows: pd.DataFrame, max_weight: float) -> _Group:
    everyone = sorted(set(windows[SYMBOL]))
    known = _opened(len(base.index), windows, everyone)
    places = [place for place, name in enumerate(everyone) if name in base.symbols]
    names = [everyone[place] for place in places]
    rows = np.array([base.symbols[name] for name in names], np.intp)
    opened = known[places]
    # After so long without a bar a member is gone; it comes back after its next close.
    near = np.arange(len(base.index)) - base.last[rows] <= LONGEST_HALT
    held = (opened >= 0) & (base.last[rows] >= opened) & near & (base.sizes[rows] > 0)
    since = _last_set(held, base.turns)
    weights = _weights(base, rows, held, since, max_weight)
    own = base.own[rows]
    holding = _total(weights) > 0
    returns = np.where(holding, _total(weights * np.nan_to_num(own)), np.nan)
    level = BASE * np.cumprod(1 + np.nan_to_num(returns))
    begin = _begin(base, rows, weights > 0, own)
    if begin:
        level = level / level[begin] * BASE
        returns[: begin + 1] = np.nan
        holding[:begin], held[:, :begin] = False, False
    squares = _total(weights**2)
    return _Group(
        symbols=names,
        rows=rows,
        level=np.where(holding | held.any(axis=0), level, np.nan),
        returns=returns,
        counted=((weights > 0) & ~np.isnan(own)).sum(axis=0),
        members=(known >= 0).sum(axis=0),
        effective=np.divide(1.0, squares, out=np.full(len(squares), np.nan), where=holding),
        weights=weights,
    )


def _begin(base: _Base, rows: Columns, holds: Mask, own: Floats) -> int:
    """Column of the last session on which all that moved was an unexplained jump, 0 for none.

    What the index was worth before it is not known, so it begins anew.
    """
    moved = holds & (base.last[rows] == np.arange(len(base.index)))
    jumped = moved.any(axis=0) & ~(moved & ~np.isnan(own)).any(axis=0)
    return int(np.flatnonzero(jumped)[-1]) if jumped.any() else 0


def _opened(sessions: int, windows: pd.DataFrame, names: Sequence[str]) -> Columns:
    """Column at which the window of each member that is open opened; -1 where none is."""
    out = np.full((len(names), sessions), -1)
    place = {name: number for number, name in enumerate(names)}
    spans = zip(windows[SYMBOL], windows[_OPENS], windows[_ENDS], strict=True)
    # The earliest first: where windows of one member overlap it was bought in that one.
    for symbol, first, after in sorted(spans):
        part = out[place[symbol], first:after]
        part[part < 0] = first
    return out


def _last_set(held: Mask, turns: Mask) -> Columns:
    """Column before each session at whose close the weights were set last; -1 for none."""
    before = np.zeros(held.shape, bool)
    before[:, 1:] = held[:, :-1]
    sets = (held != before).any(axis=0)
    sets[:-1] |= turns[1:]
    columns = np.arange(held.shape[1])
    since = np.full(len(columns), -1)
    since[1:] = np.maximum.accumulate(np.where(sets, columns, -1))[:-1]
    return since


def _weights(base: _Base, rows: Columns, held: Mask, since: Columns, max_weight: float) -> Floats:
    """At each session's start: the targets at the close that set them, drifted since."""
    there = since >= 0
    at = np.maximum(since, 0)
    sizes = np.where(held, base.sizes[rows], 0.0)
    moments, case = np.unique(at, return_inverse=True)
    targets = capped(sizes[:, moments], max_weight)[:, case]
    growth = base.growth[rows]
    before = growth[:, np.maximum(np.arange(len(since)) - 1, 0)]
    amounts = np.where(there, targets * before / growth[:, at], 0.0)
    return _shares_of(amounts, np.ones(amounts.shape[1]))


def _total(values: Floats) -> Floats:
    """Sum down the first axis, one after the other: a zero more changes no bit of it."""
    if not len(values):
        return np.zeros(values.shape[1])
    total: Floats = np.cumsum(values, axis=0)[-1]
    return total


DEFINITIONS: Final = (
    Definition(
        id="chained_index",
        label=Text("鏈結指數", "Chained index"),
        formula=(
            r"I_t=I_{t-1}\Bigl(1+\sum_i w_{i,t-1}\,r_{i,t}\Bigr),\qquad"
            r"w_{i,t-1}=\frac{w_{i,a}\prod_{s=a+1}^{t-1}(1+r_{i,s})}"
            r"{\sum_j w_{j,a}\prod_{s=a+1}^{t-1}(1+r_{j,s})}"
        ),
        note=Text(
            "成員在文件日後的第一個交易日收盤買進（當日無成交則等第一個收盤），"
            "下一根 K 線起才計報酬。a 是上次重設權重的收盤：每月最後一個交易日，"
            "以及有成員進出的那天；兩次之間權重隨漲跌漂移。等權：目標 1/n。"
            "市值加權：目標為當日已知的總市值占比，"
            "單一個股有上限（預設 30％），超出的部分按比例分給其他成員；家數太少而做不到時，"
            "上限放寬為 1/n。停牌的成員當日不貢獻報酬，權重保留；不明跳動視為無報酬，"
            "若當天只有它在動，跳動前的水準無從得知，指數自那天重新起算；"
            "超過十個交易日沒有成交即離開，恢復成交後收盤再買進。基期 100。",
            "A member is bought at the close of the first session after its document's date (or "
            "its first close after that) and counts from its next bar on. a is the close at which "
            "weights were set last: the last session of a month, and each session on which a "
            "member comes or goes; between, weights drift. Equal: target 1/n. Cap: target share "
            "of the full market cap as known on that day, with a cap on one name (30% unless "
            "chosen otherwise) whose excess goes to the others in proportion; where there are too "
            "few members for it the cap is 1/n. A halted member contributes nothing and keeps its "
            "weight; an unexplained jump is no return, and where nothing else moved that day the "
            "index begins anew, since what it was worth before is not known; after more than ten "
            "sessions without a bar a member is gone, and it is bought again after its next "
            "close. Base 100.",
        ),
        source=Text(
            "S&P Dow Jones Indices《Index Mathematics Methodology》"
            "（除數法與此鏈結等價）；成員進出規則為本站自訂。",
            "S&P Dow Jones Indices, Index Mathematics Methodology (the divisor form is "
            "equivalent to this chain); the rules of coming and going are our own.",
        ),
    ),
    Definition(
        id="effective_number",
        label=Text("有效檔數", "Effective number of names"),
        formula=r"N_{\mathrm{eff}}=\frac{1}{\sum_i w_{i,t-1}^2}",
        note=Text(
            "以當日開始時的權重計算；等於成員數時完全平均，接近 1 時幾乎就是一檔股票。",
            "Of the weights at the session's start; equal to the number of members where all "
            "weigh the same, near 1 where the index is almost one share.",
        ),
        source=Text("Herfindahl–Hirschman 指數的倒數。", "Inverse Herfindahl–Hirschman index."),
    ),
    Definition(
        id="index_contribution",
        label=Text("成員貢獻", "Contribution"),
        formula=r"c_i=\sum_{t}\frac{I_{t-1}}{I_0}\,w_{i,t-1}\,r_{i,t},\qquad"
        r"\sum_i c_i=\frac{I_T}{I_0}-1",
        note=Text(
            "每日的算術貢獻乘上當日開始時的指數水準再相加，所以各成員相加正好等於指數的期間報酬；"
            "重設權重的效果算在各成員身上。",
            "Each session's arithmetic contribution times the level at its start, added up: the "
            "members sum exactly to the index's return of the period; what resetting the weights "
            "does is in the members' own.",
        ),
        source=Text("本站公式（以期初水準連結的算術貢獻）。", "Own: arithmetic, linked by level."),
    ),
)
