"""Metrics on real prices against TA-Lib, pandas and closes read from the file by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import talib

from dashboard.analytics.history import company_history
from dashboard.analytics.limits import limit_states
from dashboard.analytics.metrics import metric_table
from dashboard.analytics.notes import MissingReason, metric_notes, missing_reason
from dashboard.analytics.panel import Panel
from dashboard.analytics.weights import SMA_LENGTHS, ema, wilder
from dashboard.prices.bars import UNEXPLAINED, BarFlag
from dashboard.prices.listings import listed_since
from dashboard.prices.shipped_listings import listed_offline
from tests.golden.real_panel import tw_core_panel

AS_OF = [dt.date(2026, 6, 30), dt.date(2025, 7, 31), dt.date(2024, 3, 29), dt.date(2019, 8, 30)]


@pytest.fixture(scope="module")
def panel(real_data: Path) -> Panel:
    return tw_core_panel(real_data)


def own_bars(panel: Panel, symbol: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Closes, highs and lows from the last unexplained jump on."""
    row = panel.positions[symbol]
    own = ~np.isnan(panel.close[row])
    if jumps := np.flatnonzero(panel.flags[row] & BarFlag.JUMP).tolist():
        own[: jumps[-1]] = False
    level = panel.levels()[row]
    close, high, low = (values[row][own] * level for values in (panel.close, panel.high, panel.low))
    return close, high, low


def by_talib(close: np.ndarray, high: np.ndarray, low: np.ndarray) -> dict[str, float]:
    upper, _, lower = talib.BBANDS(close, 20, 2, 2)
    macd, signal, histogram = talib.MACD(close)
    return {
        **{f"sma_{n}": talib.SMA(close, n)[-1] for n in SMA_LENGTHS},
        "rsi_14": talib.RSI(close)[-1],
        "atr_14": talib.ATR(high, low, close)[-1],
        "macd": macd[-1],
        "macd_signal": signal[-1],
        "macd_histogram": histogram[-1],
        "bollinger_b_20": (close[-1] - lower[-1]) / (upper[-1] - lower[-1]),
    }


@pytest.mark.parametrize("as_of", AS_OF)
def test_agrees_with_talib(panel: Panel, as_of: dt.date) -> None:
    then = panel.as_of(as_of)
    table = metric_table(panel, as_of=as_of)
    compared = 0
    for symbol in table.index[table["close"].notna()]:
        close, high, low = own_bars(then, symbol)
        # Adjusted as of the session: its own close is the traded one.
        scale = then.series(symbol, "unadjusted_close").dropna().iloc[-1] / close[-1]
        close, high, low = close * scale, high * scale, low * scale
        for key, expected in by_talib(close, high, low).items():
            assert table.at[symbol, key] == pytest.approx(expected, rel=1e-9, nan_ok=True), (
                symbol,
                key,
            )
            compared += 1
    assert compared > 400


@pytest.mark.parametrize("as_of", AS_OF)
def test_kd_is_talib_s_stochastic_with_ema_of_five(panel: Panel, as_of: dt.date) -> None:
    then = panel.as_of(as_of)
    table = metric_table(panel, as_of=as_of, keys=["close", "kd_k", "kd_d"])
    for symbol in table.index[table["close"].notna()]:
        close, high, low = own_bars(then, symbol)
        if len(close) < 120:
            continue
        k, d = talib.STOCH(high, low, close, 9, 5, talib.MA_Type.EMA, 5, talib.MA_Type.EMA)
        assert table.at[symbol, "kd_k"] == pytest.approx(k[-1], rel=1e-9)
        assert table.at[symbol, "kd_d"] == pytest.approx(d[-1], rel=1e-9)


def test_averages_through_time_agree_with_talib(panel: Panel) -> None:
    close, _, _ = own_bars(panel, "3167.TW")  # has a hole of two months
    np.testing.assert_allclose(ema(close, 20), talib.EMA(close, 20), rtol=1e-9)
    gain = np.maximum(np.diff(close), 0)
    fall = np.maximum(-np.diff(close), 0)
    rsi = 100 * wilder(gain, 14) / (wilder(gain, 14) + wilder(fall, 14))
    np.testing.assert_allclose(rsi, talib.RSI(close, 14)[1:], rtol=1e-9)


# Adjusted closes read from the file: symbol, as of, key, last close, base session's close.
def test_returns_of_tsmc_by_hand(panel: Panel, real_data: Path) -> None:
    bars = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
    adjusted = bars[bars["symbol"] == "2330.TW"].set_index("date")["adj_close"]
    row = metric_table(panel, as_of=dt.date(2025, 7, 31)).loc["2330.TW"]
    bases = {
        "return_1d": "2025-07-30",
        "return_1w": "2025-07-24",
        "return_1m": "2025-06-30",
        "return_3m": "2025-04-30",
        "return_6m": "2025-01-22",  # no session from 01-23 to 02-02: Lunar New Year
        "return_ytd": "2024-12-31",
        "return_1y": "2024-07-31",
    }
    for key, session in bases.items():
        expected = adjusted.loc["2025-07-31"] / adjusted.loc[session] - 1
        # Ours come from the events' factors, which have six digits.
        assert row[key] == pytest.approx(expected, abs=2e-6), key


def test_traded_closes_of_tsmc(panel: Panel) -> None:
    table = metric_table(panel, as_of=dt.date(2026, 1, 27), keys=["close", "unadjusted_close"])
    assert table.loc["2330.TW", "close"] == table.loc["2330.TW", "unadjusted_close"]


def test_a_halted_session_is_no_bar(panel: Panel) -> None:
    """2317 did not trade on 2025-07-30: its figures are of the 29th."""
    row = metric_table(panel, as_of=dt.date(2025, 7, 30)).loc["2317.TW"]
    assert row["last_session"] == pd.Timestamp("2025-07-29")
    assert np.isfinite(row["rsi_14"])


def test_a_long_halt_is_stale(panel: Panel) -> None:
    """8227 has no bars from 2023-11-06 to 2024-03-26."""
    row = metric_table(panel, as_of=dt.date(2024, 1, 31)).loc["8227.TWO"]
    assert row["last_session"] == pd.Timestamp("2023-11-03")
    assert row.drop("last_session").isna().all()


def test_no_base_within_ten_sessions_is_missing(panel: Panel) -> None:
    row = metric_table(panel, as_of=dt.date(2024, 3, 29)).loc["8227.TWO"]
    assert np.isnan(row["return_1m"])
    assert np.isfinite(row["return_1d"])


def test_figures_of_risk_agree_with_pandas(panel: Panel) -> None:
    as_of = dt.date(2026, 6, 30)
    row = metric_table(panel, as_of=as_of, benchmark="^TWII").loc["2308.TW"]
    close, index = panel.series("2308.TW", "close"), panel.series("^TWII", "close")
    log = np.log(close.dropna()).diff()
    assert row["volatility_60"] == pytest.approx(log.iloc[-60:].std() * 243**0.5, rel=1e-12)
    year = slice("2025-07-01", None)
    own, other = (one.pct_change(fill_method=None)[year] for one in (close, index))
    assert row["beta_1y"] == pytest.approx(own.cov(other) / other[own.notna()].var(), rel=1e-9)
    assert row["correlation_1y"] == pytest.approx(own.corr(other), rel=1e-9)
    held = close["2025-06-30":].dropna()
    assert row["max_drawdown_1y"] == pytest.approx((held / held.cummax() - 1).min(), rel=1e-12)
    assert row["drawdown_1y"] == pytest.approx(held.iloc[-1] / held.max() - 1, rel=1e-12)
    high = panel.series("2308.TW", "high")["2025-07-01":].max()
    assert row["distance_high_52w"] == pytest.approx(held.iloc[-1] / high - 1, rel=1e-12)


def test_benchmark_against_itself(panel: Panel) -> None:
    row = metric_table(panel, benchmark="^TWII").loc["^TWII"]
    assert row["beta_1y"] == pytest.approx(1, rel=1e-12)
    assert row["correlation_1y"] == pytest.approx(1, rel=1e-12)
    assert row["limit_state"] != row["limit_state"]


def test_a_later_bar_changes_no_earlier_result(panel: Panel) -> None:
    for as_of in AS_OF:
        whole = metric_table(panel, as_of=as_of, benchmark="^TWII")
        then = metric_table(panel.as_of(as_of), benchmark="^TWII")
        pd.testing.assert_frame_equal(whole, then, check_exact=True)


def test_the_day_of_the_tariff_shock(panel: Panel) -> None:
    """2025-04-07, the first session after the US tariffs: TSMC closed at 848, limit down."""
    states = limit_states(panel)
    day = states.loc["2025-04-07"]
    assert panel.series("2330.TW", "unadjusted_close")["2025-04-07"] == 848
    assert day["2330.TW"] in ("down", "locked_down")
    assert day.isin(["down", "locked_down"]).sum() > 30


def test_states_of_the_table_and_of_all_sessions_agree(panel: Panel) -> None:
    states = limit_states(panel)
    for as_of in AS_OF:
        table = metric_table(panel, as_of=as_of, keys=["last_session", "limit_state"])
        for symbol in table.index[table["last_session"] == pd.Timestamp(as_of)]:
            one, other = table.at[symbol, "limit_state"], states.at[pd.Timestamp(as_of), symbol]
            assert one == other or (one != one and other != other), symbol


def test_few_closes_lie_beyond_their_limits(panel: Panel) -> None:
    """The rule explains real closes: of the bars with a predecessor, almost all are known."""
    states = limit_states(panel)
    stocks = [symbol for symbol in panel.symbols if not symbol.startswith("^")]
    traded = panel.frame("close")[stocks].notna()
    assert states[stocks].notna().sum().sum() / traded.sum().sum() > 0.99


def test_unadjusted_bars_are_told(panel: Panel) -> None:
    notes = metric_notes(panel, benchmark="^TWII")
    assert notes.at["2330.TW", "unadjusted_since"] == pd.Timestamp("2026-01-28")
    assert notes.at["2330.TW", "first_session"] == pd.Timestamp("2019-01-02")


def test_ex_dividend_sessions_of_tsmc(panel: Panel) -> None:
    history = company_history(panel, "2330.TW", dt.date(2025, 1, 1))
    days = [f"{day:%Y-%m-%d}" for day in history.ex_factors]
    assert days == ["2025-03-18", "2025-06-12", "2025-09-16", "2025-12-11"]
    # 4.5 of the previous close of 970 went ex on 2025-03-18
    close = panel.series("2330.TW", "unadjusted_close")["2025-03-17"]
    first = history.ex_factors[pd.Timestamp("2025-03-18")]
    assert first == pytest.approx(1 - 4.5 / close, abs=1e-3)


WINDOWS = {"macd": 34, "macd_signal": 34, "macd_histogram": 34, "kd_k": 9, "kd_d": 9}
BETAS = ("beta", "corr")
REVENUE_REASONS = (
    MissingReason.NO_REVENUE, MissingReason.REVENUE_BEHIND, MissingReason.NO_REVENUE_BASE,
)  # fmt: skip
EXTRA_BARS = {"rsi_14", "atr_14", "volatility_20", "volatility_60", "volume_ratio_20"}


def window_of(key: str) -> int:
    """Bars without which a figure cannot be: the number in its key, one more for changes."""
    if key in WINDOWS:
        return WINDOWS[key]
    number = key.rsplit("_", 1)[-1]
    return int(number) + (key in EXTRA_BARS) if number.isdigit() else 2


def anchored(key: str, last: pd.Timestamp) -> pd.Timestamp | None:
    offsets = {"1w": pd.DateOffset(days=7), "52w": pd.DateOffset(days=364)}
    period = key.rsplit("_", 1)[-1]
    if period == "ytd":
        return pd.Timestamp(last.year - 1, 12, 31)
    if period in offsets:
        return last - offsets[period]
    if period in ("1m", "3m", "6m", "1y"):
        return last - pd.DateOffset(months=12 if period == "1y" else int(period[0]))
    return None


@pytest.mark.parametrize("as_of", [dt.date(2023, 11, 20), dt.date(2024, 9, 2), *AS_OF])
def test_every_missing_figure_has_a_true_reason(real_data: Path, as_of: dt.date) -> None:
    """Ex-dates withheld, so that there are jumps; each reason is checked on the bars."""
    panel = tw_core_panel(real_data, actions=False).as_of(as_of)
    calm = dataclasses.replace(panel, flags=panel.flags & ~np.int32(BarFlag.JUMP))
    counts = pd.read_parquet(real_data / "fundamentals/shares_outstanding.parquet")
    counts["date"] = pd.Timestamp("2024-09-01")
    monthly = pd.read_parquet(real_data / "fundamentals/monthly_revenue.parquet")
    monthly = monthly.drop_duplicates(["symbol", "revenue_ym"]).rename(
        columns={"revenue_twd": "revenue"}
    )
    monthly["month"] = pd.to_datetime(monthly["revenue_ym"])
    monthly["announced"] = pd.to_datetime(monthly["announced"])
    known = {"benchmark": "^TWII", "shares": counts, "revenue": monthly}
    listed = listed_since(listed_offline())
    table = metric_table(panel, listed_since=listed, **known)
    without_jumps = metric_table(calm, listed_since=listed, **known)
    notes = metric_notes(panel, **known)
    seen: dict[MissingReason, int] = {}
    for symbol in table.index:
        closes = panel.series(symbol, "close").dropna()
        jumps = panel.index[panel.flags[panel.positions[symbol]] & UNEXPLAINED != 0]
        since = closes[jumps[-1] :] if len(jumps) else closes
        for key in table.columns[table.loc[symbol].isna()]:
            reason = missing_reason(key, notes.loc[symbol])
            seen[reason] = seen.get(reason, 0) + 1
            what = (symbol, key, reason)
            last = closes.index[-1] if len(closes) else None
            base = anchored(key, last) if len(closes) else None
            if reason is MissingReason.NO_BARS:
                assert closes.empty, what
            elif reason is MissingReason.STALE:
                assert (panel.index > last).sum() > 5, what
            elif reason is MissingReason.NO_SHARES:
                assert not ((counts["symbol"] == symbol) & (counts["date"] <= last)).any(), what
            elif reason in REVENUE_REASONS:
                assert key.startswith("revenue_"), what
                own = monthly[(monthly["symbol"] == symbol) & (monthly["month"] < last)]
                if reason is MissingReason.NO_REVENUE:
                    assert own[own["month"] < last - pd.DateOffset(months=2)].empty, what
                elif reason is MissingReason.REVENUE_BEHIND:
                    assert own["announced"].gt(last).any() or own["month"].max() < (
                        last - pd.DateOffset(months=2)
                    ), what
            elif reason is MissingReason.JUMP:
                assert len(jumps), what
                if key == "limit_state":
                    assert jumps[-1] == last, what
                else:
                    assert pd.notna(without_jumps.at[symbol, key]), what
            elif reason is MissingReason.SHORT_HISTORY:
                short = base is not None and closes.index[0] > base
                assert short or len(closes) < max(window_of(key), 61 * (key[:4] in BETAS)), what
            elif reason is MissingReason.FEW_COMMON:
                assert key[:4] in BETAS, what
                assert len(closes[last - pd.DateOffset(years=1) :]) < 62, what
            elif reason is MissingReason.HALTED:
                wanted = base if base is not None else since.index[-1] - pd.Timedelta(days=1)
                near = panel.index[panel.index <= wanted][-11:]
                assert since.reindex(near).isna().all(), what
            elif reason is MissingReason.NO_LIMIT:
                young = (
                    listed.get(symbol, dt.date(2100, 1, 1)) > (last - pd.Timedelta("20D")).date()
                )
                lone = np.isnan(panel.series(symbol, "reference")[last])
                assert symbol.startswith("^") or young or lone, what
            elif reason is MissingReason.NO_VOLUME:
                assert panel.series(symbol, "volume").reindex(since.index)[-260:].isna().any(), what
            else:
                pytest.fail(f"{what} is not checked")
    assert len(seen) > 2
    assert as_of.year < 2024 or seen[MissingReason.JUMP] > 10
