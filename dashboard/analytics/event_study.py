"""What a portfolio did around a session beyond what its market explains.

One portfolio an event and group: the members of a layer move together, so their mean is one
observation, never as many as there are members. Everything is computed for every session of a
panel at once, so the placebo dates of an event cost nothing more than the event itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.benchmark import Benchmark, period_returns
from dashboard.analytics.definitions import Definition
from dashboard.analytics.panel import Floats, Panel
from dashboard.i18n import Text

Columns = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

ESTIMATION: Final = (-130, -11)
"""Sessions before the event, both counted."""
LEAST_ESTIMATION: Final = 60
FULL_ESTIMATION: Final = 100
"""Sessions; with fewer the estimate is said to be short."""
CONFIDENCE: Final = 0.95
PLACEBOS: Final = 1000
LEAST_PLACEBOS: Final = 100
"""With fewer there is no percentile."""
APART: Final = 10
"""Sessions; events nearer than that are told by the same news and are one observation."""
AROUND: Final = (-10, 20)
"""Sessions that a path tells, if the window is not wider."""
_SEED: Final = 20250801
_DAYS: Final = 1 << 16
_WINDOW: Final = re.compile(r"([+-]?\d{1,2}):([+-]?\d{1,2})")

DAY: Final = "day"
RETURN: Final = "return"
MARKET_RETURN: Final = "market_return"
ABNORMAL: Final = "ar"
CAR: Final = "car"
LOW: Final = "low"
HIGH: Final = "high"
PATH_COLUMNS: Final = (DAY, RETURN, MARKET_RETURN, ABNORMAL, CAR, LOW, HIGH)


@dataclass(frozen=True, order=True)
class Window:
    """Sessions around the event, both ends counted; 0 is the first that can react."""

    first: int = -1
    last: int = 1

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}:{self.last}"


WINDOWS: Final = (Window(-1, 1), Window(0, 5), Window(-5, 20))


def window_of(text: str) -> Window | None:
    """`-1:1` as a window; None where it is none.

    It holds day 0, ends before it reaches 60 sessions, and begins after the estimation.
    """
    found = _WINDOW.fullmatch(text.strip())
    if found is None:
        return None
    window = Window(int(found[1]), int(found[2]))
    sound = ESTIMATION[1] < window.first <= 0 <= window.last <= LEAST_ESTIMATION
    return window if sound else None


@dataclass(frozen=True, eq=False)
class Returns:
    """Returns, and the market's over the same time; rows × sessions, fractions.

    After a halt both reach over the whole halt (trade to trade); NaN where there was no trade.
    """

    own: Floats
    market: Floats

    @property
    def known(self) -> Flags:
        both: Flags = ~np.isnan(self.own) & ~np.isnan(self.market)
        return both


def panel_returns(panel: Panel, benchmark: Benchmark) -> Returns:
    """Of every symbol of a panel, on the basis of the benchmark."""
    own = period_returns(panel, benchmark.basis).to_numpy().T
    level: Floats = np.asarray(benchmark.level, np.float64)
    return Returns(own, _market_between_bars(~np.isnan(panel.close), level))


def _market_between_bars(traded: Flags, level: Floats) -> Floats:
    columns = np.arange(traded.shape[1])
    last = np.maximum.accumulate(np.where(traded, columns, -1), axis=1)
    before = np.full(traded.shape, -1)
    before[:, 1:] = last[:, :-1]
    return np.where(traded & (before >= 0), level / level[before] - 1, np.nan)


def portfolio(returns: Returns, rows: Sequence[int]) -> tuple[Floats, Floats, Columns]:
    """Equal amounts in some symbols each session: own and market return, and how many traded.

    The market's return is the mean of those over the members' own spans.
    """
    # In one order, so that the sum does not depend on that of the members.
    own, market = (part[sorted(rows)] for part in (returns.own, returns.market))
    known = ~np.isnan(own) & ~np.isnan(market)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore"):
        means = [np.where(known, part, 0.0).sum(axis=0) / count for part in (own, market)]
    return means[0], means[1], count


def estimated_bars(returns: Returns, column: int) -> Columns:
    """Returns of each row within the estimation window of an event on a column."""
    first, last = (max(column + day, 0) for day in (ESTIMATION[0], ESTIMATION[1] + 1))
    counted: Columns = returns.known[:, first:last].sum(axis=1)
    return counted


@dataclass(frozen=True, eq=False)
class Study:
    """The market model for an event on each session; rows × sessions.

    Attributes
    ----------
    estimated : returns in the estimation window
    alpha, beta : NaN with fewer than `LEAST_ESTIMATION` of them
    variance : of a residual, s²
    observed : sessions of the window up to the last one with a return
    car, car_variance : NaN where nothing of the window is observed
    """

    window: Window
    estimated: Columns
    alpha: Floats
    beta: Floats
    variance: Floats
    observed: Columns
    car: Floats
    car_variance: Floats

    @cached_property
    def scar(self) -> Floats:
        """CAR in units of its own standard error; Student's t with M − 2 degrees of freedom."""
        return self.car / np.sqrt(self.car_variance)

    @cached_property
    def complete(self) -> Flags:
        whole: Flags = ~np.isnan(self.car) & (self.observed == self.window.length)
        return whole

    def half_width(self, row: int, column: int) -> float:
        """Half of the confidence band of one CAR."""
        from scipy.special import stdtrit

        quantile = stdtrit(max(self.estimated[row, column] - 2, 1), (1 + CONFIDENCE) / 2)
        return float(quantile * np.sqrt(self.car_variance[row, column]))


def market_model(returns: Returns, window: Window) -> Study:
    """An event on every session of every row.

    Parameters
    ----------
    returns : rows × sessions
        A later session changes nothing of an event whose window was complete before it.

    References
    ----------
    A. C. MacKinlay, Event Studies in Economics and Finance, J. of Economic Literature 35, 1997
    """
    known = returns.known
    own, market = (np.where(known, part, 0.0) for part in (returns.own, returns.market))
    within = (own, market, own * own, own * market, market * market)
    count = _sums(known.astype(float), *ESTIMATION)
    sums = [_sums(one, *ESTIMATION) for one in within]
    with np.errstate(divide="ignore", invalid="ignore"):
        own_mean, market_mean = sums[0] / count, sums[1] / count
        squares = sums[4] - count * market_mean**2
        products = sums[3] - count * own_mean * market_mean
        beta = np.where((count >= LEAST_ESTIMATION) & (squares > 0), products / squares, np.nan)
        alpha = own_mean - beta * market_mean
        left = np.maximum(sums[2] - count * own_mean**2 - beta * products, 0.0)
        variance = left / (count - 2)
        observed = _observed(known, window)
        length = np.where(observed > 0, observed, np.nan)
        market_sum = _sums(market, window.first, window.last)
        car = _sums(own, window.first, window.last) - length * alpha - beta * market_sum
        distance = market_sum - length * market_mean
        spread = length + length**2 / count + distance**2 / squares
    return Study(
        window, count.astype(np.intp), alpha, beta, variance, observed, car, variance * spread
    )


def _sums(values: Floats, first: int, last: int) -> Floats:
    """For each column the sum from `first` to `last` columns away; what is outside is nothing."""
    size = values.shape[1]
    running = np.zeros((values.shape[0], size + 1))
    np.cumsum(values, axis=1, out=running[:, 1:])
    columns = np.arange(size)
    start, end = np.clip(columns + first, 0, size), np.clip(columns + last + 1, 0, size)
    out: Floats = running[:, end] - running[:, start]
    return out


def _observed(known: Flags, window: Window) -> Columns:
    columns = np.arange(known.shape[1])
    last = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    ends = last[:, np.minimum(columns + window.last, len(columns) - 1)]
    seen: Columns = np.maximum(ends - (columns + window.first) + 1, 0)
    return seen


def path(returns: Returns, column: int, window: Window) -> pd.DataFrame:
    """What one portfolio did day by day around an event on a column.

    Parameters
    ----------
    returns : one row × sessions

    Returns
    -------
    DataFrame by session number, `PATH_COLUMNS`
        `ar` on all days; `car` from the window's first day, with its band, to its last, missing
        elsewhere. Days before and after the stored sessions have no row; those without a
        trade have no return.
    """
    study = market_model(returns, window)
    days = np.arange(min(AROUND[0], window.first), max(AROUND[1], window.last) + 1)
    days = days[(days + column >= 0) & (days + column < returns.own.shape[1])]
    own, market = returns.own[0, days + column], returns.market[0, days + column]
    abnormal = own - study.alpha[0, column] - study.beta[0, column] * market
    sums = np.full((3, len(days)), np.nan)
    for place in np.flatnonzero((days >= window.first) & (days <= window.last)).tolist():
        until = market_model(returns, Window(window.first, int(days[place])))
        # A session without a trade has no point of its own.
        if until.observed[0, column] == until.window.length:
            car, half = until.car[0, column], until.half_width(0, column)
            sums[:, place] = car, car - half, car + half
    values = (days, own, market, abnormal, *sums)
    return pd.DataFrame(dict(zip(PATH_COLUMNS, values, strict=True)), index=pd.Index(days + column))


def overlaps(columns: Columns, window: Window) -> Flags:
    """Which events, by their columns, have a session of their windows in common; square."""
    near: Flags = np.abs(columns[:, None] - columns[None, :]) < window.length
    return near


def clusters(columns: Columns, window: Window) -> Columns:
    """Number of the cluster of each event, by date, one after another.

    Within `APART` sessions, or with windows that overlap, events are not independent.
    """
    order = np.argsort(columns, kind="stable")
    gaps = np.diff(columns[order]) >= max(window.length, APART)
    out = np.empty(len(columns), np.intp)
    out[order] = np.concatenate([[0], np.cumsum(gaps)]) if len(columns) else []
    return out


def placebo_columns(
    study: Study,
    row: int,
    column: int,
    *,
    eligible: Flags,
    events: Columns,
    sessions: npt.NDArray[np.datetime64],
) -> Columns:
    """Sessions before an event on which nothing that the map knows happened, at random.

    Which sessions are drawn depends on their dates alone: the same again at any time, and
    whatever is stored later.

    Parameters
    ----------
    eligible : by session, whether enough of the portfolio traded
    events : columns of all events; no window of a placebo touches one of theirs

    Returns
    -------
    array, at most `PLACEBOS`
    """
    window, columns = study.window, np.arange(len(sessions))
    free = study.complete[row] & eligible & (columns + window.last < column + window.first)
    for event in set(events[events < column].tolist()):
        free[max(event - window.length + 1, 0) : event + window.length] = False
    found = np.flatnonzero(free)
    keys = _draw()[sessions[found].astype("datetime64[D]").astype(np.int64) % _DAYS]
    return np.sort(found[np.argsort(keys)[:PLACEBOS]])


@cache
def _draw() -> npt.NDArray[np.int64]:
    """Rank of each day since 1970 in the draw."""
    return np.random.default_rng(_SEED).permutation(_DAYS)


def percentile(value: float, others: Floats) -> float:
    """Share of the others below the value, ties by half; NaN with fewer than `LEAST_PLACEBOS`."""
    if len(others) < LEAST_PLACEBOS or np.isnan(value):
        return float("nan")
    return float(((others < value).sum() + 0.5 * (others == value).sum()) / len(others))


DEFINITIONS: Final = (
    Definition(
        id="event_car",
        label=Text("累積異常報酬 CAR", "Cumulative abnormal return, CAR"),
        formula=(
            r"AR_t=r_t-\hat\alpha-\hat\beta m_t,\quad CAR=\sum_{t\in L}AR_t,\quad "
            r"s^2=\frac{\sum_{est}AR_t^2}{M-2},\quad "
            r"Var(CAR)=s^2\left[L+\frac{L^2}{M}+\frac{(\sum_L(m_t-\bar m))^2}"
            r"{\sum_{est}(m_t-\bar m)^2}\right],\quad t=\frac{CAR}{\sqrt{Var(CAR)}}"
        ),
        note=Text(
            "第 0 日是第一個能反應的交易日。市場模型用事件前第 130 到第 11 個交易日估計"
            "（至少 60 日；不到 100 日註明），不與事件窗重疊。同一層的成員不獨立，所以每個事件"
            "每一層是一個等權投資組合，成員要在估計期有至少 60 個報酬；旁邊註明 n/N 檔。停牌後的"
            "第一個報酬與大盤同一段期間相比。色帶為 95％（t 分布，M−2 自由度），含預測誤差。"
            "基準是加權報酬指數（含息）；沒有時用加權指數，並改用不含現金股利的報酬。"
            "事件本身就是大盤漲跌時，看到的只是各層比大盤多或少的部分。",
            "Day 0 is the first session able to react. The market model is estimated from the "
            "130th to the 11th session before the event (at least 60; fewer than 100 is said), "
            "never within the window. A layer's members are not independent: an event has one "
            "equally weighted portfolio a layer, of members with at least 60 returns in the "
            "estimation; n/N stands beside it. The first return after a halt is compared with the "
            "market's over the same time. The band is 95% (Student's t, M−2) with the error of "
            "prediction. Benchmark is the TAIEX total-return index; without it the TAIEX with "
            "returns that leave cash dividends out. Of an event that is the market's own move only "
            "what a layer did beyond it is left.",
        ),
        source=Text(
            "MacKinlay（1997），J. Economic Literature 35；Campbell、Lo、MacKinlay（1997）第 4 章。"
            "PyPI 上沒有持續維護且含 BMP、KP、Corrado 的事件研究套件，故自行實作，"
            "並對照 statsmodels 與 R 套件 EventStudy 公布的算例。",
            "MacKinlay (1997), J. Economic Literature 35; Campbell, Lo, MacKinlay (1997) ch. 4. "
            "There is no well-kept Python library with BMP, KP and Corrado, so it is our own, "
            "checked against statsmodels and the published worked example of the R package "
            "EventStudy.",
        ),
    ),
    Definition(
        id="event_placebo",
        label=Text("安慰劑日期", "Placebo dates"),
        formula=(
            r"\text{percentile}=\frac{\#\{CAR_i<CAR\}+\tfrac12\#\{CAR_i=CAR\}}{n},\quad n\le 1000"
        ),
        note=Text(
            "同一個投資組合，在事件之前隨機抽最多 1,000 個交易日當作假事件：事件窗不碰到任何已知"
            "事件的窗，各自用自己的估計期，且至少半數成員有成交。抽哪幾天只由日期決定，重算結果相同。"
            "少於 100 個假事件時不顯示百分位。",
            "The same portfolio on up to 1,000 sessions before the event taken at random: their "
            "windows touch that of no known event, each has its own estimation, and at least half "
            "of the members traded. Which days are taken depends on the dates alone, so it comes "
            "out the same again. With fewer than 100 there is no percentile.",
        ),
        source=Text(
            "Brown、Warner（1985），J. Financial Economics 14，隨機事件日的作法。",
            "Brown and Warner (1985), J. Financial Economics 14: randomly chosen event dates.",
        ),
    ),
)
