"""From members to layers: returns, breadth, coverage and concentration at one session.

A member is *priced* if it has a bar of its market's last session. A layer's return counts
the members priced at both ends of the period and says how many they are.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from dashboard.analytics.layer_series import correlations, indexed, layer_index
from dashboard.analytics.metrics import LAST_SESSION, RETURN_KEYS
from dashboard.analytics.ownbars import Columns, Inputs, blocks, last_columns, share_counts
from dashboard.analytics.panel import Floats, Panel
from dashboard.analytics.returns import PERIODS, RISE_TOLERANCE, base_columns
from dashboard.errors import InputError
from dashboard.markets import MARKETS, market_of
from dashboard.prices.bars import SYMBOL

__all__ = [
    "MarketDay", "contributions", "correlations", "group_values", "indexed", "layer_index",
    "layer_table", "market_day", "start_caps",
]  # fmt: skip

Grouping = Literal["layer", "stage"]
LAYER: Final = "layer"
STAGE: Final = "stage"
EQUAL: Final = "equal"
CAP: Final = "cap"
MEMBERS: Final = "members"
MEMBERS_PRICED: Final = "members_priced"
ADVANCING: Final = "advancing"
DECLINING: Final = "declining"
UNCHANGED: Final = "unchanged"
AT_LIMIT_UP: Final = "at_limit_up"
AT_LIMIT_DOWN: Final = "at_limit_down"
_SMA_KEYS: Final = ("sma_20", "sma_60")
_COUNTS: Final = (ADVANCING, DECLINING, UNCHANGED, AT_LIMIT_UP, AT_LIMIT_DOWN)


def members_key(key: str) -> str:
    """Column that counts the members behind a layer's return."""
    return f"{key}_members"


@dataclass(frozen=True)
class MarketDay:
    """One session of some members; each company counts once.

    `advancing`, `declining` and `unchanged` are of the members with a price of the session
    and of the one before.
    """

    advancing: int
    declining: int
    unchanged: int
    limit_up: int
    limit_down: int
    members_priced: int
    members: int


def layer_table(
    metrics: pd.DataFrame,
    members: pd.DataFrame,
    *,
    weighting: str = EQUAL,
    start_caps: pd.DataFrame | None = None,
    by: Grouping = "layer",
) -> pd.DataFrame:
    """Returns, breadth, coverage and concentration of every layer (or stage).

    Parameters
    ----------
    metrics : DataFrame, symbols × metric keys
    members : DataFrame (symbol, layer, stage), one row per counted membership
    weighting : "equal" or "cap"
        Equal: mean of the members' own period returns. Cap: weighted with the market caps at
        the start of the period; a member without a known one does not count.
    start_caps : DataFrame, symbols × return keys, from `start_caps`; needed for "cap"

    Returns
    -------
    DataFrame, layers in the members' order
        return keys : fraction; `<return key>_members` : members counted in it
        above_sma_20, above_sma_60 : share of the priced members with a valid average, [0, 1]
        advancing, declining, unchanged, at_limit_up, at_limit_down : counts
        members_priced, members : counts
        effective_members : 1 / Σw² of the weights in use (cap: those of return_1d)
        top_weight : the largest of these weights
        turnover_value : sum over the priced members
        NaN where nothing counts. Caps and turnovers of two currencies are never added: NaN.

    Raises
    ------
    InputError
        If the weighting is unknown, or "cap" comes without `start_caps`.
    """
    _check(weighting, start_caps)
    rows = _member_rows(metrics, members, by)
    groups = rows[by]
    columns: dict[str, pd.Series] = {}
    for key in RETURN_KEYS:
        weights = _weights(rows, key, weighting, start_caps, by)
        columns[key] = _sum(weights * rows[key], groups)
        columns[members_key(key)] = _count(weights.notna(), groups)
    for key in _SMA_KEYS:
        columns[f"above_{key}"] = _above(rows, key).groupby(groups, sort=False).mean()
    columns |= {name: _count(marks, groups) for name, marks in _marks(rows).items()}
    columns[MEMBERS_PRICED] = _count(rows["priced"], groups)
    columns[MEMBERS] = rows.groupby(by, sort=False).size()
    weights = _weights(rows, RETURN_KEYS[0], weighting, start_caps, by)
    columns["effective_members"] = 1 / _sum(weights**2, groups)
    columns["top_weight"] = weights.groupby(groups, sort=False).max()
    turnover = rows["turnover_value"].where(
        rows["priced"] & _one_currency(rows, by, rows["priced"])
    )
    columns["turnover_value"] = _sum(turnover, groups)
    return pd.DataFrame(columns, index=pd.Index(groups.unique(), name=by))


def group_values(
    metrics: pd.DataFrame,
    members: pd.DataFrame,
    key: str,
    *,
    weighting: str = EQUAL,
    start_caps: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Stages' and layers' own figure of one metric.

    A return is weighted as in `layer_table`; of any other number it is the mean of the priced
    members.

    Returns
    -------
    DataFrame (value, priced, members), index stage and layer ids
    """
    _check(weighting, start_caps)
    parts = []
    for by in (STAGE, LAYER):
        rows = _member_rows(metrics, members, by)
        used = weighting if key in RETURN_KEYS else EQUAL
        weights = _weights(rows, key, used, start_caps, by)
        parts.append(
            pd.DataFrame(
                {
                    "value": _sum(weights * rows[key], rows[by]),
                    "priced": _count(weights.notna(), rows[by]),
                    "members": rows.groupby(by, sort=False).size(),
                },
                index=pd.Index(rows[by].unique()),
            )
        )
    return pd.concat(parts)


def market_day(metrics: pd.DataFrame, members: pd.DataFrame) -> MarketDay:
    """Advancing, declining, at limit and coverage of all members together."""
    rows = _member_rows(metrics, members.drop_duplicates(SYMBOL), LAYER)
    counts = {name: int(marks.sum()) for name, marks in _marks(rows).items()}
    return MarketDay(
        advancing=counts[ADVANCING],
        declining=counts[DECLINING],
        unchanged=counts[UNCHANGED],
        limit_up=counts[AT_LIMIT_UP],
        limit_down=counts[AT_LIMIT_DOWN],
        members_priced=int(rows["priced"].sum()),
        members=len(rows),
    )


def contributions(
    metrics: pd.DataFrame,
    members: pd.DataFrame,
    key: str,
    *,
    weighting: str = EQUAL,
    start_caps: pd.DataFrame | None = None,
) -> pd.Series[float]:
    """What each counted member adds to the return of the members together.

    Returns
    -------
    Series by symbol, largest first; sums to the layer's return
    """
    _check(weighting, start_caps)
    rows = _member_rows(metrics, members.drop_duplicates(SYMBOL).assign(**{LAYER: ""}), LAYER)
    parts = _weights(rows, key, weighting, start_caps, LAYER) * rows[key]
    found = pd.Series(parts.to_numpy(), index=pd.Index(rows[SYMBOL]), name=key)
    return found.dropna().sort_values(ascending=False, kind="stable")


def start_caps(panel: Panel, shares: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Market cap of every symbol at the start of each period.

    Traded close of the bar the period's return counts from × shares outstanding as known on
    that bar's own session.

    Returns
    -------
    DataFrame, symbols × return keys, in the market's currency
        NaN where the base or the shares are unknown.
    """
    end = panel.column(as_of)
    size = len(panel.symbols)
    caps = {key: np.full(size, np.nan) for key in RETURN_KEYS}
    if end >= 0:
        inputs = Inputs(panel, end, last_columns(panel.close[:, : end + 1]))
        base = {period: np.full(size, -1) for period in PERIODS}
        for bars in blocks(inputs):
            for period in PERIODS:
                base[period][bars.rows] = base_columns(bars, period)
        for key, period in zip(RETURN_KEYS, PERIODS, strict=True):
            caps[key] = _cap(panel, shares, base[period])
    return pd.DataFrame(caps, index=pd.Index(panel.symbols, name=SYMBOL))


def _cap(panel: Panel, shares: pd.DataFrame, base: Columns) -> Floats:
    column = np.maximum(base, 0)
    close = panel.unadjusted_close[np.arange(len(base)), column]
    counts, _ = share_counts(panel, shares, panel.sessions[column])
    return np.where(base >= 0, close * counts, np.nan)


def _check(weighting: str, start_caps: pd.DataFrame | None) -> None:
    if weighting not in (EQUAL, CAP):
        raise InputError(f"weighting {weighting}: unknown; choose {EQUAL} or {CAP}")
    if weighting == CAP and start_caps is None:
        raise InputError("weighting cap: the market caps at the start are missing; pass start_caps")


def _member_rows(metrics: pd.DataFrame, members: pd.DataFrame, by: str) -> pd.DataFrame:
    """One row per group and symbol with its metrics and whether it is priced."""
    unique = members.drop_duplicates([by, SYMBOL])
    rows = metrics.reindex(unique[SYMBOL])
    last = metrics[LAST_SESSION].groupby([market_of(one) for one in metrics.index]).max()
    market = pd.Series([market_of(one) for one in unique[SYMBOL]], index=rows.index)
    rows["priced"] = rows["close"].notna() & (rows[LAST_SESSION] == last.reindex(market).to_numpy())
    rows["currency"] = [MARKETS[one].currency for one in market]
    rows[by] = unique[by].to_numpy()
    return rows.rename_axis(SYMBOL).reset_index()


def _weights(
    rows: pd.DataFrame,
    key: str,
    weighting: str,
    start_caps: pd.DataFrame | None,
    by: str,
) -> pd.Series[float]:
    """Weight of each row in its group, summing to 1; NaN where it does not count."""
    counted = rows["priced"] & rows[key].notna()
    if weighting == CAP and start_caps is not None:
        size = rows[SYMBOL].map(start_caps[key]).astype(float)
        counted &= size > 0
        counted &= _one_currency(rows, by, counted)
    else:
        size = pd.Series(1.0, index=rows.index)
    size = size.where(counted)
    return size / size.groupby(rows[by], sort=False).transform("sum")


def _one_currency(rows: pd.DataFrame, by: str, counted: pd.Series[bool]) -> pd.Series[bool]:
    currencies = rows["currency"].where(counted).groupby(rows[by], sort=False)
    return currencies.transform("nunique") <= 1


def _sum(values: pd.Series[float], groups: pd.Series[str]) -> pd.Series[float]:
    return values.groupby(groups, sort=False).sum(min_count=1)


def _count(marks: pd.Series[bool], groups: pd.Series[str]) -> pd.Series[int]:
    return marks.groupby(groups, sort=False).sum().astype(int)


def _above(rows: pd.DataFrame, key: str) -> pd.Series[float]:
    """1 where the close is above its average by more than rounding, else 0; NaN if unknown."""
    above = (rows["close"] > rows[key] * (1 + RISE_TOLERANCE)).astype(float)
    return above.where(rows["priced"] & rows[key].notna())


def _marks(rows: pd.DataFrame) -> dict[str, pd.Series[bool]]:
    change = rows[RETURN_KEYS[0]].where(rows["priced"])
    state = rows["limit_state"].where(rows["priced"])
    return {
        ADVANCING: change > RISE_TOLERANCE,
        DECLINING: change < -RISE_TOLERANCE,
        UNCHANGED: change.abs() <= RISE_TOLERANCE,
        AT_LIMIT_UP: state.isin(["up", "locked_up"]),
        AT_LIMIT_DOWN: state.isin(["down", "locked_down"]),
    }
