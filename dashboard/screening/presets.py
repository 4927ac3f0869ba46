"""Screens to begin with, each a plain expression that can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboard.i18n import Text


@dataclass(frozen=True)
class Preset:
    """A ready screen.

    Attributes
    ----------
    note : the rule in words
    columns : what is worth seeing beside the names, in order
    sort : the column it is ordered by; `-` before it is the largest first
    """

    id: str
    label: Text
    note: Text
    expression: str
    columns: tuple[str, ...]
    sort: str


_PRESETS: Final = (
    Preset(
        "breakout",
        Text("帶量突破", "Breakout on volume"),
        Text(
            "當日漲逾 2%，五個交易日內由季線下站上季線且目前在線上，量達前 20 日均量的 1.5 倍。",
            "Up more than 2% on the day, above SMA 60 and crossed it within five sessions, on at "
            "least 1.5 times the mean volume of the 20 sessions before.",
        ),
        "crossed_above(close, sma_60, within=5) and above(sma_60) and return_1d > 2% "
        "and volume_ratio_20 >= 1.5 and not stale",
        ("layer", "unadjusted_close", "return_1d", "volume_ratio_20", "sma_60", "return_1m"),
        "-volume_ratio_20",
    ),
    Preset(
        "oversold",
        Text("多頭中的超賣", "Oversold in an up-trend"),
        Text(
            "季線在年線（240 日）之上，收盤也在年線之上，但 K 值低於 20 或 RSI 低於 35。",
            "SMA 60 and the close above SMA 240, yet K below 20 or RSI below 35.",
        ),
        "sma_60 > sma_240 and above(sma_240) and (kd_k < 20 or rsi_14 < 35) and not stale",
        ("layer", "unadjusted_close", "kd_k", "rsi_14", "bias_20", "return_1m", "sma_240"),
        "rsi_14",
    ),
    Preset(
        "limit_up",
        Text("今日漲停", "Limit up today"),
        Text(
            "最後一個交易日收在漲停價，鎖死的也算。",
            "Closed at the upper limit of the last session, locked or not.",
        ),
        "limit_state == up and not stale",
        ("layer", "unadjusted_close", "return_1d", "limit_state", "volume_ratio_20",
         "turnover_value"),
        "-turnover_value",
    ),
    Preset(
        "high_52w",
        Text("52 週新高", "52-week high"),
        Text(
            "收盤距 52 週最高價不到 1%（最高價也算盤中）。",
            "The close is within 1% of the highest high of 52 weeks.",
        ),
        "distance_high_52w >= -1% and not stale",
        ("layer", "unadjusted_close", "distance_high_52w", "return_1m", "return_3m", "return_1y"),
        "-return_3m",
    ),
    Preset(
        "leaders",
        Text("領先層的領先股", "Leaders of the leading layers"),
        Text(
            "所屬層的 3 月報酬在前五名，本身又是該層 3 月報酬的前兩名。",
            "Among the best two of three months in a layer that is itself among the best five.",
        ),
        "layer_rank_3m <= 5 and rank(return_3m, by=layer) <= 2 and not stale",
        ("layer", "layer_rank_3m", "layer_return_3m", "return_3m", "return_1m", "market_cap"),
        "layer_rank_3m",
    ),
    Preset(
        "laggards",
        Text("領先層的落後股", "Laggards of the leading layers"),
        Text(
            "所屬層的 3 月報酬在前五名，本身卻落後所屬層。",
            "In one of the five best layers of three months, yet behind the layer.",
        ),
        "layer_rank_3m <= 5 and return_3m < layer_return_3m and not stale",
        ("layer", "layer_rank_3m", "layer_return_3m", "return_3m", "return_1m", "revenue_yoy"),
        "return_3m",
    ),
    Preset(
        "narrow",
        Text("熱度高、廣度低", "Heat without breadth"),
        Text(
            "所屬層 1 月報酬為正且在前十名，站上月線的成員卻不到一半：少數股票撐起的熱度。",
            "In one of the ten best layers of a month, which rose, though fewer than half of its "
            "members are above SMA 20: heat that a few carry.",
        ),
        "layer_return_1m > 0 and layer_rank_1m <= 10 and layer_above_sma_20 < 50%",
        ("layer", "layer_return_1m", "layer_above_sma_20", "layer_rank_1m", "return_1m",
         "bias_20"),
        "layer_rank_1m",
    ),
    Preset(
        "revenue",
        Text("營收加速", "Revenue accelerating"),
        Text(
            "月營收年增逾 20%，而且比近三個月合計的年增率更快。",
            "Monthly revenue up more than 20% on the year, and faster than that of the last three "
            "months together.",
        ),
        "revenue_yoy > 20% and revenue_yoy > revenue_3m_yoy",
        ("layer", "revenue_month", "revenue_yoy", "revenue_3m_yoy", "revenue_mom", "return_1m"),
        "-revenue_yoy",
    ),
)  # fmt: skip

PRESETS: Final[Mapping[str, Preset]] = {preset.id: preset for preset in _PRESETS}
