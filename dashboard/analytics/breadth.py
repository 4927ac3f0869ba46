"""How many of a group's members move, stand high, or stand at their limits, session by session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.benchmark import Basis, period_returns
from dashboard.analytics.definitions import Definition
from dashboard.analytics.limits import STATES, LimitState, limit_states
from dashboard.analytics.ownbars import MAX_BASE_AGE
from dashboard.analytics.panel import Floats, Panel
from dashboard.analytics.returns import RISE_TOLERANCE
from dashboard.i18n import Text
from dashboard.prices.bars import SYMBOL, UNEXPLAINED

Mask = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.intp]

ADVANCING: Final = "advancing"
DECLINING: Final = "declining"
NEW_HIGH: Final = "new_high"
NEW_LOW: Final = "new_low"
LIMIT_UP: Final = "limit_up"
LIMIT_DOWN: Final = "limit_down"
AVERAGES: Final = (20, 60, 240)
FEWEST: Final = 3
"""Members; a share or a spread of fewer says nothing."""
_WEEKS_52: Final = pd.Timedelta(weeks=52)
_UP: Final = (LimitState.UP, LimitState.LOCKED_UP)
_DOWN: Final = (LimitState.DOWN, LimitState.LOCKED_DOWN)


def above_key(length: int) -> str:
    """Mark of closes above their average of so many sessions."""
    return f"above_{length}"


MARKS: Final = (
    ADVANCING, DECLINING, *(above_key(one) for one in AVERAGES), NEW_HIGH, NEW_LOW,
    LIMIT_UP, LIMIT_DOWN,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Breadth:
    """Counts of groups, sessions × groups.

    Attributes
    ----------
    counts : mark → members that have it
    valid : mark → members of which it is known; the others do not count
    """

    counts: Mapping[str, pd.DataFrame]
    valid: Mapping[str, pd.DataFrame]

    def share(self, mark: str) -> pd.DataFrame:
        """Fraction of the valid members, [0, 1]; NaN where fewer than `FEWEST` are."""
        valid = self.valid[mark]
        return self.counts[mark] / valid.where(valid >= FEWEST)


def symbol_marks(
    panel: Panel, listed_since: Mapping[str, dt.date] | None = None
) -> dict[str, Floats]:
    """Each of `MARKS` as symbols × sessions: 1 has it, 0 has it not, NaN not known.

    Not known: no bar of the session, too short a history (also since an unexplained jump),
    or for limits none or none known.
    """
    returns = period_returns(panel, Basis.TOTAL).to_numpy().T
    marks = {
        ADVANCING: _mark(returns > RISE_TOLERANCE, returns),
        DECLINING: _mark(returns < -RISE_TOLERANCE, returns),
    }
    averages = own_averages(panel, AVERAGES)
    for length, average in averages.items():
        above = panel.close > average * (1 + RISE_TOLERANCE)
        marks[above_key(length)] = _mark(above, average)
    return marks | _extremes(panel) | _limits(panel, listed_since)


def group_breadth(
    marks: Mapping[str, Floats], panel: Panel, windows: pd.DataFrame, by: str
) -> Breadth:
    """The marks of every group's members on the sessions on which they are known.

    Parameters
    ----------
    marks : of `symbol_marks`, of the same panel
    windows, by : as `chained.chained_index`
    """
    groups = {
        str(group): in_force(panel, own)
        for group, own in windows[windows["market"] == panel.market].groupby(by, sort=False)
    }
    names = pd.Index(list(groups), name=by)
    counts: dict[str, pd.DataFrame] = {}
    valid: dict[str, pd.DataFrame] = {}
    for mark, values in marks.items():
        known = ~np.isnan(values)
        having = values == 1
        for found, kind in ((counts, having), (valid, known)):
            columns = [(kind[rows] & members).sum(axis=0) for rows, members in groups.values()]
            table = np.column_stack(columns) if columns else np.empty((len(panel.index), 0), int)
            found[mark] = pd.DataFrame(table, index=panel.index, columns=names)
    return Breadth(counts, valid)


def in_force(panel: Panel, windows: pd.DataFrame) -> tuple[Columns, Mask]:
    """Rows of the members in the panel, and on which sessions each is known."""
    names = sorted(set(windows[SYMBOL]) & set(panel.positions))
    place = {name: number for number, name in enumerate(names)}
    members = np.zeros((len(names), len(panel.sessions)), bool)
    ends = windows["known_until"].fillna(pd.Timestamp.max.floor("D"))
    opens = panel.index.searchsorted(windows["known_on"].to_numpy())
    closes = panel.index.searchsorted(ends.to_numpy())
    for symbol, first, after in zip(windows[SYMBOL], opens, closes, strict=True):
        if symbol in place:
            members[place[symbol], first:after] = True
    return np.array([panel.positions[name] for name in names], np.intp), members


def dispersion(panel: Panel, windows: pd.DataFrame, by: str, months: int = 1) -> pd.DataFrame:
    """Standard deviation (ddof 1) across members of their own returns over some months.

    Returns
    -------
    DataFrame, sessions × groups, fraction
        NaN where fewer than `FEWEST` known members have the return.
    """
    returns = trailing_returns(panel, months)
    found = {}
    for group, own in windows[windows["market"] == panel.market].groupby(by, sort=False):
        rows, members = in_force(panel, own)
        values = np.where(members, returns[rows], np.nan)
        found[str(group)] = _spread(values)
    return pd.DataFrame(found, index=panel.index).rename_axis(columns=by)


def trailing_returns(panel: Panel, months: int) -> Floats:
    """Close / last close on or before the same day some months earlier - 1, each session.

    Returns
    -------
    array, symbols × sessions
        NaN where a symbol did not trade, the earlier close is missing or more than ten
        sessions older than its day, or an unexplained jump lies between.
    """
    days = (panel.index - pd.DateOffset(months=months)).to_numpy().astype("datetime64[D]")
    anchors = np.searchsorted(panel.sessions, days, "right") - 1
    columns = np.arange(len(panel.sessions))
    last = np.maximum.accumulate(np.where(np.isnan(panel.close), -1, columns), axis=1)
    base = np.where(anchors >= 0, last[:, np.maximum(anchors, 0)], -1)
    jumps = np.cumsum((panel.flags & UNEXPLAINED) != 0, axis=1)
    there = (base >= 0) & (anchors - base <= MAX_BASE_AGE)
    base = np.maximum(base, 0)
    there &= jumps == np.take_along_axis(jumps, base, axis=1)
    return np.where(there, panel.close / np.take_along_axis(panel.close, base, axis=1) - 1, np.nan)


def own_averages(panel: Panel, lengths: tuple[int, ...]) -> dict[int, Floats]:
    """Mean of each symbol's own last closes, symbols × sessions, by number of closes.

    NaN where it did not trade, or has fewer closes since its history or its last unexplained
    jump began.
    """
    missing = np.isnan(panel.close)
    # Own bars first, in their order: a halted session is no bar.
    order = np.argsort(missing, axis=1, kind="stable")
    close = np.take_along_axis(panel.close, order, axis=1)
    jumped = np.take_along_axis((panel.flags & UNEXPLAINED) != 0, order, axis=1)
    places = np.arange(close.shape[1])
    since = np.maximum.accumulate(np.where(jumped, places, 0), axis=1)
    sums = np.zeros((len(close), close.shape[1] + 1))
    np.cumsum(np.nan_to_num(close), axis=1, out=sums[:, 1:])
    found = {}
    for length in lengths:
        before = np.maximum(places + 1 - length, 0)
        mean = (sums[:, places + 1] - sums[:, before]) / length
        mean[(places - since + 1 < length) | np.isnan(close)] = np.nan
        out = np.empty(mean.shape)
        np.put_along_axis(out, order, mean, axis=1)
        found[length] = out
    return found


def _extremes(panel: Panel) -> dict[str, Floats]:
    """Closes above, or below, every close of the 52 weeks before."""
    close = panel.frame("close")
    before = close.rolling(_WEEKS_52, closed="left", min_periods=1)
    jumps = pd.DataFrame(((panel.flags & UNEXPLAINED) != 0).T.astype(float), index=panel.index)
    jumped = jumps.rolling(_WEEKS_52).max().to_numpy().T > 0
    traded = ~np.isnan(panel.close)
    first = np.where(traded.any(axis=1), traded.argmax(axis=1), len(panel.sessions) - 1)
    old = panel.sessions - panel.sessions[first][:, None] >= np.timedelta64(_WEEKS_52.days, "D")
    known = np.where(old & ~jumped, panel.close, np.nan)
    high, low = before.max().to_numpy().T, before.min().to_numpy().T
    return {
        NEW_HIGH: _mark(panel.close > high * (1 + RISE_TOLERANCE), known * high),
        NEW_LOW: _mark(panel.close < low * (1 - RISE_TOLERANCE), known * low),
    }


def _limits(panel: Panel, listed_since: Mapping[str, dt.date] | None) -> dict[str, Floats]:
    states = limit_states(panel, listed_since=listed_since)
    codes = np.column_stack(
        [pd.Categorical(states[one], categories=list(STATES)).codes for one in states]
    ).T.astype(float)
    known = np.where(codes < 0, np.nan, codes)
    return {
        mark: _mark(np.isin(codes, [STATES.index(one) for one in sides]), known)
        for mark, sides in ((LIMIT_UP, _UP), (LIMIT_DOWN, _DOWN))
    }


def _mark(having: Mask, known: Floats) -> Floats:
    return np.where(np.isnan(known), np.nan, having.astype(float))


def _spread(values: Floats) -> Floats:
    """Sample standard deviation down the first axis, NaN of too few."""
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    filled = np.where(there, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(there, values - mean, 0.0) ** 2).sum(axis=0)
    spread: Floats = np.sqrt(squares / np.maximum(count - 1, 1))
    return np.where(count >= FEWEST, spread, np.nan)


DEFINITIONS: Final = (
    Definition(
        id="group_breadth",
        label=Text("廣度", "Breadth"),
        formula=r"\text{share}=\frac{\#\{i:\ \text{mark}_i\}}{\#\{i:\ \text{mark known}\}}",
        note=Text(
            "當日已知且有成交的成員中：上漲與下跌以還原收盤計；"
            "站上均線要有完整的 20、60、240 根自己的 K 線；"
            "創 52 週新高（低）是收盤高（低）於前 52 週的每一個收盤；漲跌停依當日官方或推算的限價。"
            "少於三檔時只列檔數，不列百分比。",
            "Of the members known and traded on the session: advancing and declining by adjusted "
            "closes; above an average needs 20, 60 or 240 own bars; a new 52-week high (low) is "
            "a close above (below) every close of the 52 weeks before; at limit by the official "
            "or derived limits of the day. Of fewer than three only counts are shown.",
        ),
        source=Text("本站公式。", "Own formula."),
    ),
    Definition(
        id="dispersion",
        label=Text("離散度", "Dispersion"),
        formula=r"\sqrt{\tfrac{1}{n-1}\sum_i (R_i-\bar R)^2}",
        note=Text(
            "成員自身一個月含息報酬的橫斷面樣本標準差；至少三檔才顯示。",
            "Sample standard deviation across members of their own one-month total returns; "
            "shown from three members on.",
        ),
        source=Text("橫斷面標準差，等權。", "Cross-sectional standard deviation, equal weights."),
    ),
)
