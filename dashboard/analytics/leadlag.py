"""Across the Pacific: what American sessions tell of Taiwan's next opening and of the day from it.

An American close is known at 04:00 or 05:00 in Taipei, before the opening at 09:00 of the next
date. Only what moves after that opening can still be traded; what the opening itself takes in
is the gap.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.definitions import Definition
from dashboard.analytics.limits import LimitState, limit_states
from dashboard.analytics.panel import Floats, Panel
from dashboard.i18n import Text
from dashboard.markets import HOME, MARKETS
from dashboard.prices.bars import SESSION, SYMBOL, UNEXPLAINED, BarFlag
from dashboard.prices.sessions import Days

Whole = npt.NDArray[np.int64]

AMERICA: Final = "US"
OPENING: Final = dt.time(9, 0)
"""Of Taiwan's session, Taipei time."""
MINIMUM: Final = 60
"""Pairs; below it no response is told."""
WINDOW: Final = 60
"""Pairs of a rolling slope."""
LEVEL: Final = 0.05
STABLE: Final = 0.8
"""Share of the rolling windows from which a sign is called stable."""

LAYER: Final = "layer"
DRIVER: Final = "driver"
N: Final = "n"
FIRST: Final = "first"
LAST: Final = "last"
LAGS: Final = "lags"
TESTS: Final = "tests"
GAP: Final = "gap"
INTRADAY: Final = "intraday"
PARTS: Final = (GAP, INTRADAY)
SLOPE: Final = "slope"
LOW: Final = "low"
HIGH: Final = "high"
T: Final = "t"
P: Final = "p"
P_ADJUSTED: Final = "p_adjusted"
R2: Final = "r2"
RESIDUAL: Final = "residual"
SAME_SIGN: Final = "same_sign"
FIT: Final = (SLOPE, LOW, HIGH, T, P, P_ADJUSTED, R2, RESIDUAL, SAME_SIGN)
LEAD_CORRELATION: Final = "lead_correlation"
SAME_DATE_CORRELATION: Final = "same_date_correlation"
SAME_DATE_N: Final = "same_date_n"
LIMIT_OPENS: Final = "limit_opens"
VERDICT: Final = "verdict"
MISSING: Final = "missing"


def column(part: str, figure: str) -> str:
    """Name of a figure of the gap's or the session's regression."""
    return f"{part}_{figure}"


TABLE_COLUMNS: Final = (
    LAYER, DRIVER, N, FIRST, LAST, LAGS, TESTS,
    *(column(part, figure) for part in PARTS for figure in FIT),
    LEAD_CORRELATION, SAME_DATE_CORRELATION, SAME_DATE_N, LIMIT_OPENS, VERDICT, MISSING,
)  # fmt: skip


class Verdict(StrEnum):
    """What the two regressions of a pair say together."""

    IN_GAP = "in_gap"
    """The gap responds, the session after it not distinguishably."""
    CONTINUES = "continues"
    REVERSES = "reverses"
    AFTER_OPEN = "after_open"
    """The session responds, the gap not distinguishably."""
    NOTHING = "nothing"


class Missing(StrEnum):
    """Why a pair has no figures."""

    NO_PRICES = "no_prices"
    NO_MEMBERS = "no_members"
    TOO_FEW = "too_few"


DEFINITIONS: Final = (
    Definition(
        "leadlag_pair",
        Text("隔夜配對", "Overnight pairing"),
        r"x_t=\exp\Big(\sum_{d:\,t_{-1}\le d<t}\ln\frac{C^{US}_d}{C^{US}_{d-1}}\Big)-1",
        Text(
            "美股 d 日收盤（台北時間隔日 04:00 或 05:00）配到日期晚於 d 的第一個台股交易日 t。"
            "台股連假期間的美股交易日以對數報酬相加；期間沒有新的美股交易日，就沒有配對。",
            "The American close of d (04:00 or 05:00 in Taipei, a date later) goes to the first "
            "Taiwan session t with a date after d. Several American sessions over a Taiwanese "
            "holiday are summed as log returns; without a new one there is no pair.",
        ),
        Text("自訂：兩地時鐘的一般配對", "Own: the usual pairing of the two clocks"),
    ),
    Definition(
        "leadlag_response",
        Text("開盤跳空與盤中", "Opening gap and session"),
        r"g_t=\frac1n\sum_i\frac{O_{i,t}}{C_{i,t-1}}-1,\quad"
        r"1+r_t=\frac1n\sum_i\frac{C_{i,t}}{C_{i,t-1}},\quad"
        r"m_t=\frac{1+r_t}{1+g_t}-1",
        Text(
            "還原價，除權息日即以參考價計。成員為前一交易日收盤前已知、兩日皆有成交者，等權；"
            "興櫃、無開盤價與原因不明的跳動不計。",
            "Adjusted prices, so on an ex-date the reference price is the base. Equal parts of the "
            "members known by the previous close and traded on both sessions; the emerging board, "
            "bars without an open and unexplained jumps do not count.",
        ),
        Text("自訂", "Own"),
    ),
    Definition(
        "leadlag_fit",
        Text("反應係數", "Response"),
        r"y_t=\alpha+\beta x_t+\varepsilon_t,\quad "
        r"L=\lfloor 4(n/100)^{2/9}\rfloor,\quad \tilde p\ \text{by Holm}",
        Text(
            "最小平方法，Newey–West（Bartlett，L 期，小樣本修正，t 分配）標準誤；"
            "p 值依表中全部配對 × 兩種反應以 Holm 法修正。少於 60 對不列。"
            "「通常跳空」是 β × 隔夜漲跌，區間是平均反應的 95 %，單一早晨的離散更大。",
            "Least squares with Newey-West errors (Bartlett, L lags, small-sample correction, "
            "Student's t); p values are Holm's over all pairs × two responses of the table. Fewer "
            "than 60 pairs: none. The usual gap is β × the overnight move and its 95 % interval is "
            "that of the mean response; single mornings scatter more.",
        ),
        Text(
            "Newey & West 1987；Holm 1979；statsmodels OLS, cov_type=HAC",
            "Newey & West 1987; Holm 1979; statsmodels OLS, cov_type=HAC",
        ),
    ),
    Definition(
        "leadlag_stability",
        Text("符號穩定度", "Sign stability"),
        r"s=\frac{1}{n-59}\sum_{w}\mathbf 1\{"
        r"\operatorname{sgn}\hat\beta_w=\operatorname{sgn}\hat\beta\}",
        Text(
            "每 60 對滾動一次的係數，與全期同號的比例；0.8 以上稱為穩定。窗口互相重疊，不是檢定。",
            "Share of the slopes of rolling 60 pairs with the sign of the whole; called stable "
            "from 0.8 on. The windows overlap: it is no test.",
        ),
        Text("自訂", "Own"),
    ),
    Definition(
        "leadlag_same_date",
        Text("同日相關（台股先行）", "Same-date correlation (Taiwan leads)"),
        r"\rho_0=\operatorname{corr}(x^{US}_d,\ r_d),\quad \rho_1=\operatorname{corr}(x_t,\ r_t)",
        Text(
            "同一日期台股先收盤，所以同日相關是台股領先美股，僅作對照，不是美股領先的證據。",
            "On one date Taiwan closes first, so the same-date correlation is Taiwan leading: a "
            "control, no evidence of America leading.",
        ),
        Text("自訂", "Own"),
    ),
)


@dataclass(frozen=True, eq=False)
class Pairing:
    """Which foreign sessions come to each home session; one value per home session.

    Attributes
    ----------
    home, foreign : datetime64[D]
    last : place of the last foreign session that is over before the opening; -1 for none
    before : the same of the home session before
    """

    home: Days
    foreign: Days
    last: Whole
    before: Whole

    @property
    def counts(self) -> Whole:
        """New foreign sessions of each home session; 0 without a pair."""
        return np.where(self.before >= 0, self.last - self.before, 0)


def closing_moments(market: str, sessions: Days) -> pd.DatetimeIndex:
    """When a market's bars are final, UTC; on a half day they are so some hours earlier."""
    return _moments(market, sessions, MARKETS[market].final_after)


def opening_moments(sessions: Days) -> pd.DatetimeIndex:
    """When Taiwan's sessions open, UTC."""
    return _moments(HOME, sessions, OPENING)


def _moments(market: str, sessions: Days, local: dt.time) -> pd.DatetimeIndex:
    days = pd.DatetimeIndex(sessions.astype("datetime64[s]"))
    times = days + pd.Timedelta(hours=local.hour, minutes=local.minute)
    return times.tz_localize(MARKETS[market].timezone).tz_convert("UTC")


def paired(home: Days, foreign: Days, market: str = AMERICA) -> Pairing:
    """The foreign sessions known at each home opening but not at the one before.

    Parameters
    ----------
    home, foreign : datetime64[D], strictly increasing
    """
    opens, ends = opening_moments(home), closing_moments(market, foreign)
    last = np.searchsorted(ends.asi8, opens.asi8, "left").astype(np.int64) - 1
    return Pairing(home, foreign, last, np.append(np.int64(-1), last[:-1])[: len(last)])


def traded_sessions(panel: Panel) -> Days:
    """Sessions on which anything traded: a closure that the calendar does not know is none."""
    days: Days = panel.sessions[np.isfinite(panel.close).any(axis=0)]
    return days


def moves(panel: Panel, symbols: Sequence[str], pairing: Pairing) -> pd.DataFrame:
    """What each symbol did in the foreign sessions of each home session.

    Parameters
    ----------
    panel : of the foreign market, with the sessions of `pairing.foreign`

    Returns
    -------
    DataFrame, home sessions × symbols, simple return
        NaN without a new session, without a bar at either end, or across an unexplained jump.
    """
    rows = [panel.positions[symbol] for symbol in symbols]
    if not len(panel.sessions):
        values = np.full((len(pairing.home), len(rows)), np.nan)
    else:
        logs, jumps = np.log(panel.close[rows]), _jumps(panel)[rows].cumsum(axis=1)
        both = pairing.counts > 0
        last, before = pairing.last[both], pairing.before[both]
        values = np.full((len(pairing.home), len(rows)), np.nan)
        whole = jumps[:, last] == jumps[:, before]
        values[both] = np.where(whole, np.expm1(logs[:, last] - logs[:, before]), np.nan).T
    return pd.DataFrame(values, _index(pairing.home), pd.Index(symbols, name=SYMBOL))


def same_date_moves(panel: Panel, symbols: Sequence[str], home: Days) -> pd.DataFrame:
    """Each symbol's own session's return on the home sessions' dates; NaN where it has none."""
    rows = [panel.positions[symbol] for symbol in symbols]
    close = panel.close[rows]
    change = np.full(close.shape, np.nan)
    change[:, 1:] = close[:, 1:] / close[:, :-1] - 1
    change[_jumps(panel)[rows]] = np.nan
    frame = pd.DataFrame(change.T, _index(panel.sessions), pd.Index(symbols, name=SYMBOL))
    return frame.reindex(_index(home))


def _jumps(panel: Panel) -> npt.NDArray[np.bool_]:
    jumped: npt.NDArray[np.bool_] = (panel.flags & int(UNEXPLAINED)) != 0
    return jumped


def _index(days: Days) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(days.astype("datetime64[s]"), name=SESSION)


@dataclass(frozen=True, eq=False)
class Responses:
    """Each layer's sessions; frames of sessions × layers.

    Attributes
    ----------
    gap, intraday, total : simple returns, total = (1 + gap)(1 + intraday) - 1
        NaN where no member counts.
    counted, known : members whose bars count, and those that are known
    at_limit : counted members that opened at a daily limit
    """

    gap: pd.DataFrame
    intraday: pd.DataFrame
    total: pd.DataFrame
    counted: pd.DataFrame
    known: pd.DataFrame
    at_limit: pd.DataFrame

    def part(self, name: str) -> pd.DataFrame:
        """`gap` or `intraday` by its name."""
        return self.gap if name == GAP else self.intraday


def responses(
    panel: Panel,
    windows: pd.DataFrame,
    *,
    listed_since: Mapping[str, dt.date] | None = None,
) -> Responses:
    """Gap and session of every layer: equal parts of its members, bought at the close before.

    A member counts where it was known by the previous session, has a close there and an open
    and a close now, is on an exchange's board and did not jump unexplained.

    Parameters
    ----------
    panel : of the home market
    windows : DataFrame (symbol, layer, known_on, known_until), see `member_windows`
    listed_since : symbol → first day on an exchange; the emerging board before it does not count
    """
    home = traded_sessions(panel)
    own = windows[windows[SYMBOL].isin(panel.symbols)]
    symbols = sorted(set(own[SYMBOL]))
    places = np.searchsorted(panel.sessions, home)
    some = panel.select(symbols)
    opens, close = some.open[:, places], some.close[:, places]
    before = np.full(close.shape, np.nan)
    before[:, 1:] = close[:, :-1]
    gap, total = opens / before - 1, close / before - 1
    valid = np.isfinite(gap) & np.isfinite(total) & _on_board(symbols, home, listed_since)
    valid &= (some.flags[:, places] & int(UNEXPLAINED | BarFlag.OUTSIDE_RANGE)) == 0
    limit = _opened_at_limit(some, listed_since)[:, places] & valid
    row_of = {symbol: row for row, symbol in enumerate(symbols)}
    layers = list(dict.fromkeys(windows[LAYER]))
    shape = (len(home), len(layers))
    means = {name: np.full(shape, np.nan) for name in (GAP, "total")}
    counts = {name: np.zeros(shape, np.int64) for name in ("counted", "known", "at_limit")}
    for place, layer in enumerate(layers):
        names, known = _known(windows[windows[LAYER] == layer], home)
        counts["known"][:, place] = known.sum(axis=0)
        priced = [row for row, one in enumerate(names) if one in row_of]
        rows = [row_of[names[row]] for row in priced]
        counted = known[priced] & valid[rows]
        number = counted.sum(axis=0)
        counts["counted"][:, place] = number
        counts["at_limit"][:, place] = (limit[rows] & counted).sum(axis=0)
        there = number > 0
        for name, values in ((GAP, gap), ("total", total)):
            sums = np.where(counted, values[rows], 0.0).sum(axis=0)
            means[name][there, place] = sums[there] / number[there]
    index, columns = _index(home), pd.Index(layers, name=LAYER)

    def frame(values: npt.NDArray[Any]) -> pd.DataFrame:
        return pd.DataFrame(values, index, columns)

    return Responses(
        gap=frame(means[GAP]),
        intraday=frame((1 + means["total"]) / (1 + means[GAP]) - 1),
        total=frame(means["total"]),
        **{name: frame(values) for name, values in counts.items()},
    )


def _known(windows: pd.DataFrame, home: Days) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """A layer's members, and whether each was known by the session before each one."""
    names = list(dict.fromkeys(windows[SYMBOL]))
    known = np.zeros((len(names), len(home)), bool)
    since = windows["known_on"].to_numpy().astype("datetime64[D]")
    until = windows["known_until"].to_numpy().astype("datetime64[D]")
    for symbol, first, end in zip(windows[SYMBOL], since, until, strict=True):
        inside = home[:-1] >= first
        if not np.isnat(end):
            inside &= home[:-1] < end
        known[names.index(symbol), 1:] |= inside
    return names, known


def _on_board(
    symbols: Sequence[str], home: Days, listed_since: Mapping[str, dt.date] | None
) -> npt.NDArray[np.bool_]:
    """Whether the close that the gap counts from is one of an exchange's board."""
    since = listed_since or {}
    first = np.array([since.get(one, dt.date.min) for one in symbols], "datetime64[D]")
    out = np.zeros((len(symbols), len(home)), bool)
    out[:, 1:] = home[:-1] >= first[:, None]
    return out


def _opened_at_limit(
    panel: Panel, listed_since: Mapping[str, dt.date] | None
) -> npt.NDArray[np.bool_]:
    """Whether each bar opened at its daily limit: the states of closes, asked of the opens."""
    raw = panel.open * (panel.unadjusted_close / panel.close)
    opened = dataclasses.replace(panel, close=panel.open, unadjusted_close=raw)
    states = limit_states(opened, listed_since=listed_since)
    free = states.isna() | (states == LimitState.NONE.value)
    stood: npt.NDArray[np.bool_] = ~free.to_numpy(bool).T
    return stood


@dataclass(frozen=True)
class Fit:
    """A regression of a response on a driver's move; see `response_fit`."""

    n: int
    lags: int
    intercept: float
    slope: float
    low: float
    high: float
    t: float
    p: float
    r2: float
    residual: float


def lags_of(n: int) -> int:
    """Lags of the Newey-West errors of n pairs: 4 (n / 100)^(2/9), rounded down."""
    return int(4 * math.pow(n / 100, 2 / 9))


def response_fit(move: Floats, response: Floats) -> Fit | None:
    """Least squares with Newey-West errors over the pairs that have both, in their order.

    Returns
    -------
    Fit, with a 95 % interval of the slope and the residuals' standard deviation
        None below `MINIMUM` pairs, or where one of the two does not vary.
    """
    both = np.isfinite(move) & np.isfinite(response)
    x, y = move[both], response[both]
    if len(x) < MINIMUM or not np.ptp(x) > 0 or not np.ptp(y) > 0:
        return None
    # Takes seconds to import, and most pages never need it.
    from statsmodels.regression.linear_model import OLS

    lags = lags_of(len(x))
    fitted = OLS(y, np.column_stack([np.ones(len(x)), x])).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    low, high = fitted.conf_int(LEVEL)[1]
    return Fit(
        n=len(x),
        lags=lags,
        intercept=float(fitted.params[0]),
        slope=float(fitted.params[1]),
        low=float(low),
        high=float(high),
        t=float(fitted.tvalues[1]),
        p=float(fitted.pvalues[1]),
        r2=float(fitted.rsquared),
        residual=float(np.sqrt(fitted.scale)),
    )


def rolling_slopes(move: pd.Series, response: pd.Series, window: int = WINDOW) -> pd.Series:
    """Slope of each run of `window` pairs, by the last session of the run.

    Returns
    -------
    Series by session; empty below `window` pairs, NaN where the move does not vary
    """
    both = move.notna() & response.notna()
    x, y = move[both].to_numpy(float), response[both].to_numpy(float)
    if len(x) < window:
        return pd.Series(dtype=float, index=move.index[:0], name=SLOPE)
    runs = np.lib.stride_tricks.sliding_window_view
    xs, ys = runs(x, window), runs(y, window)
    away = xs - xs.mean(axis=1, keepdims=True)
    spread = (away**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes = np.where(spread > 0, (away * ys).sum(axis=1) / spread, np.nan)
    return pd.Series(slopes, index=move.index[both][window - 1 :], name=SLOPE)


def same_sign(move: pd.Series, response: pd.Series, slope: float) -> float:
    """Share of the rolling slopes with the sign of `slope`; NaN where there are none."""
    slopes = rolling_slopes(move, response).dropna()
    return float((np.sign(slopes) == np.sign(slope)).mean()) if len(slopes) else np.nan


def lead_table(
    pairs: Sequence[tuple[str, str]],
    found: Responses,
    move: pd.DataFrame,
    same_date: pd.DataFrame,
) -> pd.DataFrame:
    """Both regressions of every pair, in the order given.

    Parameters
    ----------
    pairs : (layer, driver); a driver without prices is in neither frame
    move, same_date : home sessions × drivers, of `moves` and `same_date_moves`

    Returns
    -------
    DataFrame, `TABLE_COLUMNS`
        Figures are NaN and `missing` says why where a pair has none. Slopes are per unit of the
        driver's move. `p_adjusted` is Holm's over the `tests` p values of the table.
        `limit_opens` counts the sessions on which a member opened at its daily limit.
    """
    rows = [_pair_row(layer, driver, found, move, same_date) for layer, driver in pairs]
    table = pd.DataFrame(rows, columns=pd.Index(TABLE_COLUMNS))
    names = [column(part, P) for part in PARTS]
    raw = table[names].to_numpy(float)
    told = np.isfinite(raw)
    adjusted = np.full(raw.shape, np.nan)
    adjusted[told] = holm(raw[told])
    for place, part in enumerate(PARTS):
        table[column(part, P_ADJUSTED)] = adjusted[:, place]
    table[TESTS] = int(told.sum())
    table[VERDICT] = _verdicts(table)
    texts = dict.fromkeys((LAYER, DRIVER, VERDICT, MISSING), "str")
    days = dict.fromkeys((FIRST, LAST), "datetime64[s]")
    whole = dict.fromkeys((N, LAGS, TESTS, SAME_DATE_N, LIMIT_OPENS), "int64")
    rest = {name: "float64" for name in TABLE_COLUMNS if name not in {*texts, *days, *whole}}
    return table.astype({**texts, **days, **whole, **rest})


def holm(p: Floats) -> Floats:
    """Holm's step-down p values: each holds for the whole family, whatever the dependence."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(steps, 1.0)
    return out


def _pair_row(
    layer: str, driver: str, found: Responses, move: pd.DataFrame, same_date: pd.DataFrame
) -> dict[str, object]:
    row: dict[str, object] = {LAYER: layer, DRIVER: driver, N: 0, LAGS: 0, SAME_DATE_N: 0}
    row |= {LIMIT_OPENS: 0, FIRST: pd.NaT, LAST: pd.NaT, MISSING: None}
    if driver not in move.columns:
        return row | {MISSING: Missing.NO_PRICES.value}
    if layer not in found.gap.columns or not found.gap[layer].notna().any():
        return row | {MISSING: Missing.NO_MEMBERS.value}
    x = move[driver]
    both = x.notna() & found.gap[layer].notna()
    days = x.index[both]
    row[N] = len(days)
    if len(days):
        row |= {FIRST: days[0], LAST: days[-1]}
    fits = {part: _fit(x, found.part(part)[layer]) for part in PARTS}
    if any(fit is None for fit in fits.values()):
        return row | {MISSING: Missing.TOO_FEW.value}
    for part, fit in fits.items():
        assert fit is not None
        row[LAGS] = fit.lags
        row |= {column(part, name): getattr(fit, name) for name in (SLOPE, LOW, HIGH, T, P, R2)}
        row[column(part, RESIDUAL)] = fit.residual
        row[column(part, SAME_SIGN)] = same_sign(x, found.part(part)[layer], fit.slope)
    row[LIMIT_OPENS] = int((found.at_limit[layer][both] > 0).sum())
    row[LEAD_CORRELATION] = _correlation(x, found.total[layer])[0]
    row[SAME_DATE_CORRELATION], row[SAME_DATE_N] = _correlation(
        same_date[driver], found.total[layer]
    )
    return row


def _fit(move: pd.Series, response: pd.Series) -> Fit | None:
    return response_fit(move.to_numpy(float), response.to_numpy(float))


def _correlation(x: pd.Series, y: pd.Series) -> tuple[float, int]:
    """NaN below `MINIMUM` common sessions."""
    both = x.notna() & y.notna()
    count = int(both.sum())
    return (float(x[both].corr(y[both])) if count >= MINIMUM else np.nan), count


def _verdicts(table: pd.DataFrame) -> list[str | None]:
    gap = table[column(GAP, P_ADJUSTED)] < LEVEL
    after = table[column(INTRADAY, P_ADJUSTED)] < LEVEL
    signs = np.sign(table[column(GAP, SLOPE)]) == np.sign(table[column(INTRADAY, SLOPE)])
    cases = [
        table[column(GAP, P_ADJUSTED)].isna(),
        gap & ~after,
        gap & after & signs,
        gap & after,
        after,
    ]
    words = ["", Verdict.IN_GAP, Verdict.CONTINUES, Verdict.REVERSES, Verdict.AFTER_OPEN]
    chosen = np.select(cases, [str(one) for one in words], str(Verdict.NOTHING))
    return [str(one) or None for one in chosen]
