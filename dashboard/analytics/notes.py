"""What is to be known beside a symbol's figures, and why one of them is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.ownbars import (
    MAX_STALE,
    YEAR,
    Columns,
    Inputs,
    anchor,
    last_columns,
)
from dashboard.analytics.panel import Panel
from dashboard.analytics.risk import MIN_COMMON
from dashboard.i18n import Text
from dashboard.prices.bars import SYMBOL, BarFlag

STALE: Final = "stale"
UNADJUSTED_SINCE: Final = "unadjusted_since"
JUMP_SESSION: Final = "jump_session"
FIRST_SESSION: Final = "first_session"
BARS: Final = "bars"
BARS_SINCE_JUMP: Final = "bars_since_jump"
COMMON: Final = "common"
COMMON_SINCE_JUMP: Final = "common_since_jump"
HAS_SHARES: Final = "has_shares"
HAS_REVENUE: Final = "has_revenue"
REVENUE_BEHIND: Final = "revenue_behind"
HAS_RANGE: Final = "has_range"
HAS_VOLUME: Final = "has_volume"
HAS_BENCHMARK: Final = "has_benchmark"


class MissingReason(StrEnum):
    """Why a figure is missing."""

    NO_BARS = "no_bars"
    STALE = "stale"
    NO_SHARES = "no_shares"
    NO_VOLUME = "no_volume"
    NO_RANGE = "no_range"
    NO_BENCHMARK = "no_benchmark"
    NO_LIMIT = "no_limit"
    HALTED = "halted"
    FEW_COMMON = "few_common"
    FLAT = "flat"
    SHORT_HISTORY = "short_history"
    JUMP = "jump"
    NO_REVENUE = "no_revenue"
    REVENUE_BEHIND = "revenue_behind"
    NO_REVENUE_BASE = "no_revenue_base"
    NOT_YET = "not_yet"
    """Of a watchlist's row: it was added after the session."""
    NOT_ADDED = "not_added"
    """Of a watchlist's row: nobody added it, the list follows something."""

    @property
    def label(self) -> Text:
        """One phrase for the reader."""
        return _LABELS[self]


_LABELS: Final = {
    MissingReason.NO_BARS: Text("沒有股價", "no prices"),
    MissingReason.STALE: Text("股價過期", "prices out of date"),
    MissingReason.NO_SHARES: Text(
        "此交易日以前沒有已知股數", "no share count known by this session"
    ),
    MissingReason.NO_VOLUME: Text("成交量未知", "volume unknown"),
    MissingReason.NO_RANGE: Text("最高最低價未知", "high and low unknown"),
    MissingReason.NO_BENCHMARK: Text("沒有大盤資料", "no benchmark prices"),
    MissingReason.NO_LIMIT: Text("無漲跌幅限制或無法得知", "no price limit, or not known"),
    MissingReason.HALTED: Text("基準日附近停止交易", "not traded around the base date"),
    MissingReason.FEW_COMMON: Text(
        "一年內與大盤共同的交易日不足", "too few sessions of the year in common with the benchmark"
    ),
    MissingReason.FLAT: Text("期間內價格或量沒有變動", "price or volume did not move"),
    MissingReason.SHORT_HISTORY: Text("歷史資料不足", "history too short"),
    MissingReason.JUMP: Text(
        "不明跳動：跨越它的數字不顯示", "unexplained jump: returns across it are not shown"
    ),
    MissingReason.NO_REVENUE: Text(
        "此交易日以前沒有已知月營收", "no monthly revenue known by this session"
    ),
    MissingReason.REVENUE_BEHIND: Text("最近的月營收過舊", "latest monthly revenue out of date"),
    MissingReason.NO_REVENUE_BASE: Text(
        "比較基期的營收未知或不大於 0", "revenue to compare with unknown or not above 0"
    ),
    MissingReason.NOT_YET: Text("在此交易日之後才加入", "added after this session"),
    MissingReason.NOT_ADDED: Text(
        "自動跟隨，沒有加入日", "followed by itself: no day it was added"
    ),
}

_NEEDED_BARS: Final = {
    "return_1d": 2, "sma_5": 5, "sma_10": 10, "sma_20": 20, "sma_60": 60, "sma_120": 120,
    "sma_240": 240, "bias_20": 20, "rsi_14": 15, "macd": 34, "macd_signal": 34,
    "macd_histogram": 34, "kd_k": 9, "kd_d": 9, "atr_14": 15, "bollinger_b_20": 20,
    "volatility_20": 21, "volatility_60": 61, "beta_1y": 61, "correlation_1y": 61,
    "volume_ratio_20": 21, "turnover_value_20": 20, "consecutive_up": 2,
}  # fmt: skip
_PERIODS: Final = {
    "return_1w": "1w", "return_1m": "1m", "return_3m": "3m", "return_6m": "6m",
    "return_ytd": "ytd", "return_1y": YEAR, "drawdown_1y": YEAR, "max_drawdown_1y": YEAR,
    "distance_high_52w": "52w", "distance_low_52w": "52w",
}  # fmt: skip
_OF_RANGE: Final = ("atr_14", "kd_k", "kd_d", "distance_high_52w", "distance_low_52w")
_OF_VOLUME: Final = ("volume_ratio_20", "turnover_value", "turnover_value_20")
_OF_BENCHMARK: Final = ("beta_1y", "correlation_1y")
_OF_MOVES: Final = ("rsi_14", "bollinger_b_20", "correlation_1y", "beta_1y", "volume_ratio_20")
_OF_SHARES: Final = ("market_cap", "shares_date")
_OF_REVENUE: Final = ("revenue_month", "revenue_yoy", "revenue_mom", "revenue_3m_yoy")


def metric_notes(
    panel: Panel,
    *,
    as_of: dt.date | None = None,
    benchmark: str | None = None,
    shares: pd.DataFrame | None = None,
    revenue: pd.DataFrame | None = None,
    insurers: Collection[str] = (),
) -> pd.DataFrame:
    """What is to be known beside the metric table of the same arguments.

    Returns
    -------
    DataFrame, symbols
        stale : the last bar is more than five sessions old, or there is none
        unadjusted_since : first session without an adjusted close, where the past year has
            one; figures that reach across it mix adjusted and traded prices
        jump_session : last session with an unexplained jump; no figure reaches across it
        first_session, last_session, bars : the symbol's history
        bars_since_jump : bars from the jump on, all where there is none
        common, common_since_jump : daily returns of the past year that the benchmark shares
        has_shares, has_range, has_volume, has_benchmark : whether the figures of the past
            year, since the jump, could be computed at all
        has_revenue, revenue_behind : whether a month is known, and is older than it should be
    """
    end = len(panel.sessions) - 1 if as_of is None else panel.column(as_of)
    if as_of is not None and end >= 0:
        panel = panel.as_of(as_of)
    own = ~np.isnan(panel.close[:, : end + 1])
    last = last_columns(panel.close[:, : end + 1]) if end >= 0 else np.full(len(own), -1)
    row = None if benchmark is None else panel.positions[benchmark]
    inputs = Inputs(panel, end, last, row, shares, revenue=revenue, insurers=insurers)
    since = inputs.jumped[:, None]
    start = max(inputs.column(YEAR, end, "left") + 1, 0) if end >= 0 else 0
    year = slice(start, end + 1)
    flags = panel.flags[:, year]
    alive = own & (np.arange(end + 1) >= since)
    traded = alive[:, year]

    def reads(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return np.asarray(~(np.isnan(values[:, year]) & traded).any(axis=1))

    return pd.DataFrame(
        {
            STALE: (last < 0) | (end - last > MAX_STALE),
            UNADJUSTED_SINCE: _unadjusted_since(panel, flags, end),
            JUMP_SESSION: _jump_sessions(panel, inputs.jumped),
            FIRST_SESSION: _session(own, panel, 0, "first"),
            "last_session": _session(own, panel, 0, "last"),
            BARS: own.sum(axis=1),
            BARS_SINCE_JUMP: alive.sum(axis=1),
            COMMON: _common(own, inputs, start),
            COMMON_SINCE_JUMP: _common(alive, inputs, start),
            HAS_SHARES: ~np.isnan(inputs.share_counts[0]),
            HAS_RANGE: reads(panel.high) & reads(panel.low),
            HAS_VOLUME: reads(panel.volume),
            HAS_BENCHMARK: benchmark is not None,
            HAS_REVENUE: ~np.isnat(inputs.known_revenue.month),
            REVENUE_BEHIND: inputs.known_revenue.behind,
        },
        index=pd.Index(panel.symbols, name=SYMBOL),
    )


def _unadjusted_since(
    panel: Panel, past_year: npt.NDArray[np.int32], end: int
) -> npt.NDArray[np.datetime64]:
    recent = (past_year & BarFlag.UNADJUSTED != 0).any(axis=1)
    ever = (panel.flags[:, : end + 1] & BarFlag.UNADJUSTED != 0) & recent[:, None]
    return _session(ever, panel, 0, "first")


def _session(
    marks: npt.NDArray[np.bool_], panel: Panel, start: int, side: str
) -> npt.NDArray[np.datetime64]:
    """First or last marked session of each row, NaT where none is."""
    out = np.full(len(marks), np.datetime64("NaT"), "datetime64[s]")
    if marks.shape[1] == 0:
        return out
    place = marks.argmax(axis=1)
    if side == "last":
        place = marks.shape[1] - 1 - marks[:, ::-1].argmax(axis=1)
    found = marks.any(axis=1)
    out[found] = panel.sessions[start + place[found]].astype("datetime64[s]")
    return out


def _jump_sessions(panel: Panel, jumped: Columns) -> npt.NDArray[np.datetime64]:
    out = panel.sessions[np.maximum(jumped, 0)].astype("datetime64[s]")
    out[jumped < 0] = np.datetime64("NaT")
    return out


def _common(own: npt.NDArray[np.bool_], inputs: Inputs, start: int) -> Columns:
    """Sessions of the past year on which a symbol and the benchmark both have a return."""
    if inputs.benchmark is None:
        return np.zeros(len(own), np.intp)
    moved = own[:, start + 1 :] & own[:, start:-1]
    out: Columns = (moved & moved[inputs.benchmark]).sum(axis=1)
    return out


def missing_reason(key: str, notes: pd.Series) -> MissingReason:
    """Why a symbol's figure is missing.

    Parameters
    ----------
    key : of the metric
    notes : the symbol's row of `metric_notes`; all missing where nothing is stored
    """
    if pd.isna(notes[BARS]) or notes[BARS] == 0:
        return MissingReason.NO_BARS
    if notes[STALE]:
        return MissingReason.STALE
    if key in _OF_SHARES:
        return MissingReason.NO_SHARES
    if key in _OF_REVENUE:
        return _revenue_reason(notes)
    if key == "limit_state":
        at_jump = notes[JUMP_SESSION] == notes["last_session"]
        return MissingReason.JUMP if at_jump else MissingReason.NO_LIMIT
    if key in _OF_BENCHMARK and not notes[HAS_BENCHMARK]:
        return MissingReason.NO_BENCHMARK
    if key in _OF_BENCHMARK and notes[COMMON] < MIN_COMMON:
        young = _is_short("return_1y", notes, BARS, notes[FIRST_SESSION])
        return MissingReason.SHORT_HISTORY if young else MissingReason.FEW_COMMON
    if _is_short(key, notes, BARS, notes[FIRST_SESSION]):
        return MissingReason.SHORT_HISTORY
    if _is_short(key, notes, BARS_SINCE_JUMP, notes[JUMP_SESSION]) or (
        key in _OF_BENCHMARK and notes[COMMON_SINCE_JUMP] < MIN_COMMON
    ):
        return MissingReason.JUMP
    if key in _OF_RANGE and not notes[HAS_RANGE]:
        return MissingReason.NO_RANGE
    if key in _OF_VOLUME and not notes[HAS_VOLUME]:
        return MissingReason.NO_VOLUME
    return MissingReason.FLAT if key in _OF_MOVES else MissingReason.HALTED


def _revenue_reason(notes: pd.Series) -> MissingReason:
    if not notes[HAS_REVENUE]:
        return MissingReason.NO_REVENUE
    return MissingReason.REVENUE_BEHIND if notes[REVENUE_BEHIND] else MissingReason.NO_REVENUE_BASE


def _is_short(key: str, notes: pd.Series, bars: str, first_session: pd.Timestamp) -> bool:
    """Whether a history of so many bars that starts on a session is too short for a figure."""
    if notes[bars] < _NEEDED_BARS.get(key, 1):
        return True
    period = _PERIODS.get(key)
    if period is None or pd.isna(first_session):
        return False
    return bool(first_session > anchor(pd.Timestamp(notes["last_session"]), period))
