"""The registry of metrics, and the metric table at one session.

A key is the table's column, the URL's value, the screen's field and the documentation's row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics import averages, oscillators, returns, risk, volume
from dashboard.analytics.limits import decoded
from dashboard.analytics.notes import MissingReason, metric_notes, missing_reason
from dashboard.analytics.ownbars import MAX_STALE, Inputs, OwnBars, blocks, last_columns
from dashboard.analytics.panel import Floats, Panel
from dashboard.analytics.revenue import KnownRevenue
from dashboard.errors import InputError, PanelError
from dashboard.i18n import Text

__all__ = [
    "METRICS", "RETURN_KEYS", "Direction", "Metric", "MissingReason", "Unit", "metric_notes",
    "metric_table", "missing_reason",
]  # fmt: skip


class Unit(StrEnum):
    """What a metric's number is; formatting hangs on it."""

    FRACTION = "fraction"
    PRICE = "price"
    INDEX_0_100 = "index_0_100"
    RATIO = "ratio"
    CURRENCY = "currency"
    DATE = "date"
    MONTH = "month"
    STATE = "state"
    SESSIONS = "sessions"

    @property
    def label(self) -> Text:
        return _UNIT_LABELS[self]


_UNIT_LABELS: Final = {
    Unit.FRACTION: Text("比率(顯示為 %)", "fraction (shown as %)"),
    Unit.PRICE: Text("價格", "price"),
    Unit.INDEX_0_100: Text("0–100", "0-100"),
    Unit.RATIO: Text("倍數", "ratio"),
    Unit.CURRENCY: Text("金額(該市場幣別)", "amount (the market's currency)"),
    Unit.DATE: Text("日期", "date"),
    Unit.MONTH: Text("月份", "month"),
    Unit.STATE: Text("狀態", "state"),
    Unit.SESSIONS: Text("交易日", "sessions"),
}


class Direction(StrEnum):
    """Which end a reader is likely to look for."""

    HIGHER_BETTER = "higher_better"
    LOWER_BETTER = "lower_better"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class Metric:
    """One column of the metric table."""

    key: str
    label: Text
    short: Text
    """For table heads and buttons."""
    unit: Unit
    direction: Direction
    formula: Text
    source: Text
    compute: Callable[[OwnBars], Floats]
    """Dates and months as days since 1970, states by their position."""


_UP, _DOWN, _FLAT = Direction.HIGHER_BETTER, Direction.LOWER_BETTER, Direction.NEUTRAL
_WILDER: Final = Text(*("J. W. Wilder, New Concepts in Technical Trading Systems, 1978",) * 2)
_APPEL: Final = Text("G. Appel；起始值同 TA-Lib", "G. Appel; seeded as TA-Lib does")
_BOLLINGER: Final = Text(*("J. Bollinger, Bollinger on Bollinger Bands, 2001",) * 2)
_EXCHANGE: Final = Text(
    "臺灣證券交易所營業細則第 58–63、67 條", "TWSE operating rules, art. 58-63 and 67"
)
_ANCHORS: Final = Text(
    "日曆錨點（含）以前最後一個收盤價", "last close on or before the calendar anchor"
)
_REVENUE_RULE: Final = Text(
    "公告後第一個交易日起可用；公告日未知者，自法定期限（次月 10 日）後的第一個交易日起",
    "usable from the first session after its announcement, or after the statutory 10th of the "
    "next month where that day is unknown",
)
_NEW_YEAR_ZH: Final = "；1、2 月受農曆年影響，宜合併看"
_NEW_YEAR_EN: Final = "; the Lunar New Year distorts January and February: read them together"
_PERIODS: Final = {
    "1d": ("1 日報酬", "1-day return", "1 日", "前一交易日", "the session before"),
    "1w": ("1 週報酬", "1-week return", "1 週", "7 天前", "seven days earlier"),
    "1m": ("1 月報酬", "1-month return", "1 月", "上月同日", "the same day a month earlier"),
    "3m": (
        "3 月報酬",
        "3-month return",
        "3 月",
        "3 個月前同日",
        "the same day three months earlier",
    ),
    "6m": ("6 月報酬", "6-month return", "6 月", "6 個月前同日", "the same day six months earlier"),
    "ytd": ("今年以來報酬", "Return year to date", "今年", "去年底", "the end of last year"),
    "1y": ("1 年報酬", "1-year return", "1 年", "去年同日", "the same day a year earlier"),
}
_SMA_NAMES: Final = {
    5: "週線", 10: "雙週線", 20: "月線", 60: "季線", 120: "半年線", 240: "年線",
}  # fmt: skip


def _return(period: str) -> Metric:
    zh, en, short_zh, since_zh, since_en = _PERIODS[period]
    return Metric(
        f"return_{period}",
        Text(zh, en),
        Text(short_zh, "YTD" if period == "ytd" else period.upper()),
        Unit.FRACTION,
        _UP,
        Text(
            f"還原收盤價 ÷ {since_zh}（含）以前最後一個還原收盤價 − 1",
            f"close / last close on or before {since_en} - 1",
        ),
        _ANCHORS,
        partial(returns.period_return, period=period),
    )


def _sma(length: int) -> Metric:
    return Metric(
        f"sma_{length}",
        Text(f"{length} 日均線（{_SMA_NAMES[length]}）", f"SMA {length}"),
        Text(_SMA_NAMES[length], f"SMA {length}"),
        Unit.PRICE,
        _FLAT,
        Text(f"最近 {length} 根還原收盤價的平均", f"mean of the last {length} closes"),
        Text("簡單移動平均", "simple moving average"),
        partial(averages.sma, length=length),
    )


def _volatility(length: int) -> Metric:
    return Metric(
        f"volatility_{length}",
        Text(f"{length} 日年化波動率", f"Volatility, {length} sessions"),
        Text(f"波動 {length}", f"Vol. {length}"),
        Unit.FRACTION,
        _DOWN,
        Text(
            f"最近 {length} 個日對數報酬的樣本標準差 × √每年交易日數（台股 243）",
            f"sample deviation of the last {length} daily log returns"
            " × √(sessions a year; 243 in Taiwan)",
        ),
        Text("以該市場每年的交易日數年化", "annualised with the market's own count of sessions"),
        partial(risk.volatility, length=length),
    )


def _last(name: str) -> Callable[[OwnBars], Floats]:
    def last_value(bars: OwnBars) -> Floats:
        out: Floats = bars.field("close" if name == "close" else "unadjusted_close", 1)[-1]
        return out

    return last_value


def _last_session(bars: OwnBars) -> Floats:
    return bars.inputs.last_sessions[bars.rows].astype(float)


def _revenue(figure: Callable[[KnownRevenue], Floats]) -> Callable[[OwnBars], Floats]:
    def of_bars(bars: OwnBars) -> Floats:
        out: Floats = figure(bars.inputs.known_revenue)[bars.rows]
        return out

    return of_bars


_METRICS: Final = (
    Metric(
        "close", Text("還原收盤價", "Close, adjusted"),
        Text("還原收盤", "Adj. close"), Unit.PRICE, _FLAT,
        Text(
            "收盤價 × 其後到該日為止每次除權息、減資、分割的（參考價 ÷ 前收盤價）",
            "traded close × reference price / previous close of all that went ex since, up to the "
            "session",
        ),
        Text("已存的公司行動，否則價格來源", "stored corporate actions, else the price source"),
        _last("close"),
    ),
    Metric(
        "unadjusted_close", Text("收盤價", "Close, as traded"),
        Text("收盤", "Close"), Unit.PRICE, _FLAT,
        Text("當日實際成交的收盤價", "close as traded on the session"),
        Text("價格來源的收盤價", "the price source's close"), _last("unadjusted_close"),
    ),
    Metric(
        "last_session", Text("最後交易日", "Last session"),
        Text("日期", "Date"), Unit.DATE, _FLAT,
        Text("最後一根日線的日期", "session of the symbol's own last bar"),
        Text("價格來源的日期", "the price source's date"), _last_session,
    ),
    *(_return(period) for period in returns.PERIODS),
    *(_sma(length) for length in _SMA_NAMES),
    Metric(
        "bias_20", Text("20 日乖離率", "BIAS 20"),
        Text("乖離 20", "BIAS 20"), Unit.FRACTION, _FLAT,
        Text("（收盤價 − 20 日均線）÷ 20 日均線", "(close - SMA 20) / SMA 20"),
        Text("乖離率", "BIAS"), averages.bias_20,
    ),
    Metric(
        "rsi_14", Text("RSI 14", "RSI 14"),
        Text("RSI", "RSI"), Unit.INDEX_0_100, _FLAT,
        Text(
            "100 × 平均漲幅 ÷（平均漲幅 + 平均跌幅），Wilder 平滑 14 日；完全沒有漲跌時為缺值",
            "100 × average gain / (average gain + average loss), Wilder's average of 14; "
            "missing where nothing moved",
        ),
        _WILDER, oscillators.rsi_14,
    ),
    Metric(
        "macd", Text("MACD 快線（DIF）", "MACD"),
        Text("DIF", "MACD"), Unit.PRICE, _FLAT,
        Text("收盤價 EMA12 − EMA26", "EMA 12 - EMA 26 of the close"),
        _APPEL, averages.macd,
    ),
    Metric(
        "macd_signal", Text("MACD 訊號線", "MACD signal"),
        Text("訊號線", "Signal"), Unit.PRICE, _FLAT,
        Text("DIF 的 EMA9", "EMA 9 of MACD"),
        _APPEL, averages.macd_signal,
    ),
    Metric(
        "macd_histogram", Text("MACD 柱狀體", "MACD histogram"),
        Text("柱狀體", "Histogram"), Unit.PRICE, _UP,
        Text("DIF − 訊號線", "MACD - signal"),
        _APPEL, averages.macd_histogram,
    ),
    Metric(
        "kd_k", Text("KD 的 K 值", "KD: K"),
        Text("K", "K"), Unit.INDEX_0_100, _FLAT,
        Text(
            "K = ⅔ 前一 K + ⅓ RSV(9)；初值 50，最高等於最低時沿用前值",
            "K = ⅔ previous K + ⅓ RSV(9); seed 50, kept where highest = lowest",
        ),
        Text("台灣通用的 KD(9, 3, 3)", "KD(9, 3, 3) as quoted in Taiwan"), oscillators.kd_k,
    ),
    Metric(
        "kd_d", Text("KD 的 D 值", "KD: D"),
        Text("D", "D"), Unit.INDEX_0_100, _FLAT,
        Text("D = ⅔ 前一 D + ⅓ K；初值 50", "D = ⅔ previous D + ⅓ K; seed 50"),
        Text("台灣通用的 KD(9, 3, 3)", "KD(9, 3, 3) as quoted in Taiwan"), oscillators.kd_d,
    ),
    Metric(
        "atr_14", Text("ATR 14", "ATR 14"),
        Text("ATR", "ATR"), Unit.PRICE, _FLAT,
        Text("真實波幅的 Wilder 平均，14 日", "Wilder's average of the true range, 14 bars"),
        _WILDER, oscillators.atr_14,
    ),
    Metric(
        "bollinger_b_20", Text("布林 %B(20)", "Bollinger %B"),
        Text("%B", "%B"), Unit.RATIO, _FLAT,
        Text(
            "（收盤價 − 下軌）÷（上軌 − 下軌）；20 日均線 ± 2 個母體標準差",
            "(close - lower) / (upper - lower); SMA 20 ± 2 population deviations",
        ),
        _BOLLINGER, averages.bollinger_b_20,
    ),
    _volatility(20),
    _volatility(60),
    Metric(
        "drawdown_1y", Text("距 1 年高點回檔", "Drawdown, 1 year"),
        Text("回檔", "Drawdown"), Unit.FRACTION, _UP,
        Text("收盤價 ÷ 一年內最高收盤價 − 1", "close / highest close of the last year - 1"),
        _ANCHORS, returns.drawdown_1y,
    ),
    Metric(
        "max_drawdown_1y", Text("1 年最大回檔", "Maximum drawdown, 1 year"),
        Text("最大回檔", "Max. drawdown"), Unit.FRACTION, _UP,
        Text(
            "一年內收盤價自前高下跌的最大幅度",
            "largest peak-to-trough loss of the closes of the last year",
        ),
        _ANCHORS, returns.max_drawdown_1y,
    ),
    Metric(
        "distance_high_52w", Text("距 52 週高點", "Distance to 52-week high"),
        Text("距 52 週高", "To 52w high"), Unit.FRACTION, _UP,
        Text("收盤價 ÷ 52 週最高價 − 1", "close / highest high of 52 weeks - 1"),
        Text("日曆週", "calendar weeks"), returns.distance_high_52w,
    ),
    Metric(
        "distance_low_52w", Text("距 52 週低點", "Distance to 52-week low"),
        Text("距 52 週低", "To 52w low"), Unit.FRACTION, _UP,
        Text("收盤價 ÷ 52 週最低價 − 1", "close / lowest low of 52 weeks - 1"),
        Text("日曆週", "calendar weeks"), returns.distance_low_52w,
    ),
    Metric(
        "beta_1y", Text("1 年 Beta", "Beta, 1 year"),
        Text("Beta", "Beta"), Unit.RATIO, _FLAT,
        Text(
            "與大盤日報酬的共變異數 ÷ 大盤變異數；一年內至少 60 個共同交易日",
            "covariance / variance of the benchmark's daily returns; "
            "at least 60 common sessions in the year",
        ),
        Text("市場模型", "market model"), risk.beta_1y,
    ),
    Metric(
        "correlation_1y", Text("1 年與大盤相關", "Correlation, 1 year"),
        Text("相關", "Correlation"), Unit.RATIO, _FLAT,
        Text(
            "與大盤日報酬的相關係數；一年內至少 60 個共同交易日",
            "correlation with the benchmark's daily returns; "
            "at least 60 common sessions in the year",
        ),
        Text("Pearson 相關", "Pearson"), risk.correlation_1y,
    ),
    Metric(
        "volume_ratio_20", Text("20 日量比", "Relative volume"),
        Text("量比", "Rel. volume"), Unit.RATIO, _FLAT,
        Text(
            "成交量 ÷ 前 20 個交易日平均量（不含當日）；股數為當時成交股數，未依分割或配股調整",
            "volume / mean volume of the 20 bars before, the last left out; shares as traded, not "
            "adjusted for splits or stock dividends",
        ),
        Text("相對成交量", "relative volume"), volume.volume_ratio_20,
    ),
    Metric(
        "turnover_value", Text("成交值", "Turnover"),
        Text("成交值", "Turnover"), Unit.CURRENCY, _FLAT,
        Text("收盤價 × 成交量", "traded close × volume"),
        Text("近似交易所的成交金額", "approximates the exchange's turnover"), volume.turnover_value,
    ),
    Metric(
        "turnover_value_20", Text("20 日平均成交值", "Turnover, 20-session mean"),
        Text("均成交值", "Turnover 20"),
        Unit.CURRENCY, _FLAT,
        Text("最近 20 根（收盤價 × 成交量）的平均", "mean of traded close × volume of 20 bars"),
        Text("近似交易所的成交金額", "approximates the exchange's turnover"),
        volume.turnover_value_20,
    ),
    Metric(
        "market_cap", Text("市值", "Market cap"),
        Text("市值", "Market cap"), Unit.CURRENCY, _FLAT,
        Text(
            "收盤價 × 當日（含）以前已知的發行股數",
            "traded close × shares outstanding known on or before the session",
        ),
        Text("以全部股數計，非自由流通", "full capitalisation, not free float"), volume.market_cap,
    ),
    Metric(
        "limit_state", Text("漲跌停狀態", "Limit state"),
        Text("漲跌停", "Limit"), Unit.STATE, _FLAT,
        Text(
            "收盤是否等於漲跌停價（交易所公布者優先，否則由參考價計算）；開高低收皆為該價為鎖死；"
            "無漲跌幅限制或無法得知時為缺值",
            "whether the close is at the daily limit (the exchange's own, else from the reference "
            "price), locked if all four prices are; missing where there is no limit or it is not "
            "known",
        ),
        _EXCHANGE, volume.limit_state,
    ),
    Metric(
        "consecutive_up", Text("連漲日數", "Sessions up in a row"),
        Text("連漲", "Up in a row"), Unit.SESSIONS, _UP,
        Text(
            "到最後一根為止連續上漲的根數；最後一根未漲為 0",
            "bars in a row, up to the last, whose close rose; 0 if the last did not",
        ),
        Text("還原收盤價", "adjusted closes"), returns.consecutive_up,
    ),
    Metric(
        "shares_date", Text("股數日期", "Date of the share count"),
        Text("股數日期", "Shares as of"), Unit.DATE, _FLAT,
        Text("市值所用發行股數的日期", "date of the shares outstanding in the market cap"),
        Text("股數來源的日期", "the date the source of the shares gives"), volume.shares_date,
    ),
    Metric(
        "revenue_month", Text("營收月份", "Revenue month"),
        Text("營收月份", "Rev. month"), Unit.MONTH, _FLAT,
        Text("當日已知的最近月營收所屬月份", "latest month whose revenue was known"),
        _REVENUE_RULE, _revenue(KnownRevenue.month_days),
    ),
    Metric(
        "revenue_yoy", Text("月營收年增率", "Monthly revenue, year on year"),
        Text("營收年增", "Rev. YoY"), Unit.FRACTION, _UP,
        Text(
            "月營收 ÷ 去年同月營收 − 1；去年同月未知或不大於 0 為缺值" + _NEW_YEAR_ZH,
            "revenue of the month / the same month a year before - 1; missing where that is "
            "unknown or not above 0" + _NEW_YEAR_EN,
        ),
        _REVENUE_RULE, _revenue(KnownRevenue.yoy),
    ),
    Metric(
        "revenue_mom", Text("月營收月增率", "Monthly revenue, month on month"),
        Text("營收月增", "Rev. MoM"), Unit.FRACTION, _UP,
        Text(
            "月營收 ÷ 上月營收 − 1；上月未知或不大於 0 為缺值" + _NEW_YEAR_ZH,
            "revenue of the month / the month before - 1; missing where that is unknown or not "
            "above 0" + _NEW_YEAR_EN,
        ),
        _REVENUE_RULE, _revenue(KnownRevenue.mom),
    ),
    Metric(
        "revenue_3m_yoy", Text("近 3 月營收年增率", "Three-month revenue, year on year"),
        Text("3 月營收年增", "Rev. 3M YoY"), Unit.FRACTION, _UP,
        Text(
            "最近三個月營收合計 ÷ 去年同期三個月合計 − 1；六個月須全部已知",
            "revenue of the last three months / the same three a year before - 1; all six known",
        ),
        _REVENUE_RULE, _revenue(KnownRevenue.three_months_yoy),
    ),
)  # fmt: skip

METRICS: Final[dict[str, Metric]] = {metric.key: metric for metric in _METRICS}
RETURN_KEYS: Final = tuple(f"return_{period}" for period in returns.PERIODS)
LAST_SESSION: Final = "last_session"


def metric_table(
    panel: Panel,
    *,
    as_of: dt.date | None = None,
    benchmark: str | None = None,
    shares: pd.DataFrame | None = None,
    listed_since: Mapping[str, dt.date] | None = None,
    revenue: pd.DataFrame | None = None,
    insurers: Collection[str] = (),
    keys: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Every metric of every symbol at its own last bar on or before a session.

    Parameters
    ----------
    as_of : default: the panel's last session
    benchmark : symbol of the panel that betas refer to; it keeps its own row
    shares : DataFrame, optional
        Columns symbol, date, shares: shares outstanding as known on a date.
    listed_since : symbol → first day on the present board
    revenue : DataFrame, optional
        Columns symbol, month, revenue, announced: `prices.records.REVENUES`.
    insurers : symbols of insurers and their parents, whose revenue is due later
    keys : default: all of `METRICS`

    Returns
    -------
    DataFrame, symbols × keys
        NaN where a window is not full; bars before a symbol's last unexplained jump do not
        exist. Adjusted prices are those of the session: nothing that goes ex later is in them.
        All but `last_session` NaN for a symbol whose last bar is more than five of the
        panel's sessions old.

    Raises
    ------
    InputError
        If a key is unknown or there is no session on or before `as_of`.
    PanelError
        If the benchmark is not in the panel.
    """
    chosen = _chosen(keys)
    end = len(panel.sessions) - 1 if as_of is None else panel.column(as_of)
    if end < 0:
        raise InputError(
            f"as-of {as_of}: market {panel.market} has no prices before {panel.sessions[0]}; "
            "choose a later date"
        )
    if benchmark is not None and benchmark not in panel.positions:
        raise PanelError(
            f"panel {panel.market}: benchmark {benchmark} is not in it; import its prices or "
            "leave the benchmark out"
        )
    last = last_columns(panel.close[:, : end + 1])
    row = None if benchmark is None else panel.positions[benchmark]
    inputs = Inputs(panel, end, last, row, shares, listed_since, revenue, insurers)
    values = {metric.key: np.full(len(last), np.nan) for metric in chosen}
    with np.errstate(invalid="ignore", divide="ignore"):
        for bars in blocks(inputs):
            for metric in chosen:
                values[metric.key][bars.rows] = metric.compute(bars)
    # Adjusted as of the session: what goes ex after it does not reach back before it.
    column = np.maximum(last, 0)
    rows = np.arange(len(last))
    scale = panel.unadjusted_close[rows, column] / panel.close[rows, column]
    for metric in chosen:
        if metric.unit is Unit.PRICE and metric.key != "unadjusted_close":
            values[metric.key] *= scale
    if "close" in values:
        # Exactly: a product and its quotient are only nearly so.
        known = ~np.isnan(values["close"])
        values["close"][known] = panel.unadjusted_close[rows, column][known]
    stale = end - last > MAX_STALE
    return pd.DataFrame(
        {key: _column(METRICS[key], values[key], inputs, stale) for key in values},
        index=panel.symbol_index,
    )


def _chosen(keys: Iterable[str] | None) -> list[Metric]:
    names = list(METRICS) if keys is None else list(dict.fromkeys(keys))
    for name in names:
        if name not in METRICS:
            raise InputError(f"metric {name}: unknown; choose from {', '.join(METRICS)}")
    return [METRICS[name] for name in names]


def _column(
    metric: Metric, values: Floats, inputs: Inputs, stale: npt.NDArray[np.bool_]
) -> Floats | npt.NDArray[np.datetime64] | pd.api.extensions.ExtensionArray:
    if metric.key == LAST_SESSION:
        values = np.where(inputs.last >= 0, inputs.last_sessions.astype(float), np.nan)
    else:
        values[stale] = np.nan
    if metric.unit in (Unit.DATE, Unit.MONTH):
        return _as_days(values)
    return decoded(values) if metric.unit is Unit.STATE else values


def _as_days(days: Floats) -> npt.NDArray[np.datetime64]:
    known = ~np.isnan(days)
    out = np.where(known, days, 0.0).astype("datetime64[D]").astype("datetime64[s]")
    out[~known] = np.datetime64("NaT")
    return out
