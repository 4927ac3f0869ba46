"""What is to be known beside a symbol's figures, and why one of them is missing."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.ownbars import (
    MAX_STALE,
    YEAR,
    Inputs,
    anchor,
    known_shares,
    last_columns,
)
from dashboard.analytics.panel import Panel
from dashboard.i18n import Text
from dashboard.prices.bars import SYMBOL, BarFlag

STALE: Final = "stale"
UNADJUSTED_SINCE: Final = "unadjusted_since"
JUMP_SESSION: Final = "jump_session"
FIRST_SESSION: Final = "first_session"
BARS: Final = "bars"
HAS_SHARES: Final = "has_shares"
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
    FLAT = "flat"
    SHORT_HISTORY = "short_history"

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
    MissingReason.FLAT: Text("期間內價格或量沒有變動", "price or volume did not move"),
    MissingReason.SHORT_HISTORY: Text("歷史資料不足", "history too short"),
}

_NEEDED_BARS: Final = {
    "sma_5": 5, "sma_10": 10, "sma_20": 20, "sma_60": 60, "sma_120": 120, "sma_240": 240,
    "bias_20": 20, "rsi_14": 15, "macd": 34, "macd_signal": 34, "macd_histogram": 34,
    "kd_k": 9, "kd_d": 9, "atr_14": 15, "bollinger_b_20": 20, "volatility_20": 21,
    "volatility_60": 61, "beta_1y": 61, "correlation_1y": 61, "volume_ratio_20": 21,
    "turnover_value_20": 20, "consecutive_up": 2,
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


def metric_notes(
    panel: Panel,
    *,
    as_of: dt.date | None = None,
    benchmark: str | None = None,
    shares: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What is to be known beside the metric table of the same arguments.

    Returns
    -------
    DataFrame, symbols
        stale : the last bar is more than five sessions old, or there is none
        unadjusted_since : first session without an adjusted close, where the past year has
            one; figures that reach across it mix adjusted and traded prices
        jump_session : last session of the past year with an unexplained jump
        first_session, last_session, bars : the symbol's history
        has_shares, has_range, has_volume, has_benchmark : whether the figures of the past
            year could be computed at all
    """
    end = len(panel.sessions) - 1 if as_of is None else panel.column(as_of)
    own = ~np.isnan(panel.close[:, : end + 1])
    last = last_columns(panel.close[:, : end + 1]) if end >= 0 else np.full(len(own), -1)
    inputs = Inputs(panel, end, last)
    start = max(inputs.column(YEAR, end, "left") + 1, 0) if end >= 0 else 0
    year = slice(start, end + 1)
    flags = panel.flags[:, year]
    traded = own[:, year]

    def reads(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return np.asarray(~(np.isnan(values[:, year]) & traded).any(axis=1))

    return pd.DataFrame(
        {
            STALE: (last < 0) | (end - last > MAX_STALE),
            UNADJUSTED_SINCE: _unadjusted_since(panel, flags, end),
            JUMP_SESSION: _session(flags & BarFlag.JUMP != 0, panel, start, "last"),
            FIRST_SESSION: _session(own, panel, 0, "first"),
            "last_session": _session(own, panel, 0, "last"),
            BARS: own.sum(axis=1),
            HAS_SHARES: ~np.isnan(known_shares(panel, shares, panel.sessions[np.maximum(last, 0)])),
            HAS_RANGE: reads(panel.high) & reads(panel.low),
            HAS_VOLUME: reads(panel.volume),
            HAS_BENCHMARK: benchmark is not None,
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
    if key == "market_cap":
        return MissingReason.NO_SHARES
    if key == "limit_state":
        return MissingReason.NO_LIMIT
    if key in _OF_BENCHMARK and not notes[HAS_BENCHMARK]:
        return MissingReason.NO_BENCHMARK
    if _is_short(key, notes):
        return MissingReason.SHORT_HISTORY
    if key in _OF_RANGE and not notes[HAS_RANGE]:
        return MissingReason.NO_RANGE
    if key in _OF_VOLUME and not notes[HAS_VOLUME]:
        return MissingReason.NO_VOLUME
    return MissingReason.FLAT if key in _OF_MOVES else MissingReason.HALTED


def _is_short(key: str, notes: pd.Series) -> bool:
    if notes[BARS] < _NEEDED_BARS.get(key, 1) or (key == "return_1d" and notes[BARS] < 2):
        return True
    period = _PERIODS.get(key)
    if period is None:
        return False
    return bool(notes[FIRST_SESSION] > anchor(pd.Timestamp(notes["last_session"]), period))
