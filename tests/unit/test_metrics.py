"""Metrics: properties that hold whatever the data, and the edges of each definition."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.metrics import METRICS, RETURN_KEYS, Unit, metric_table
from dashboard.analytics.notes import MissingReason, metric_notes, missing_reason
from dashboard.analytics.panel import FIELDS, Panel
from dashboard.analytics.weights import WINDOW
from dashboard.errors import InputError, PanelError
from dashboard.prices.bars import BarFlag
from tests.unit.panels import panel_of, random_panel

KEYS = [
    "close",
    "unadjusted_close",
    "last_session",
    "return_1d",
    "return_1w",
    "return_1m",
    "return_3m",
    "return_6m",
    "return_ytd",
    "return_1y",
    "sma_5",
    "sma_10",
    "sma_20",
    "sma_60",
    "sma_120",
    "sma_240",
    "bias_20",
    "rsi_14",
    "macd",
    "macd_signal",
    "macd_histogram",
    "kd_k",
    "kd_d",
    "atr_14",
    "bollinger_b_20",
    "volatility_20",
    "volatility_60",
    "drawdown_1y",
    "max_drawdown_1y",
    "distance_high_52w",
    "distance_low_52w",
    "beta_1y",
    "correlation_1y",
    "volume_ratio_20",
    "turnover_value",
    "turnover_value_20",
    "market_cap",
    "limit_state",
    "consecutive_up",
    "shares_date",
    "revenue_month",
    "revenue_yoy",
    "revenue_mom",
    "revenue_3m_yoy",
]
IN_PRICE = [key for key, metric in METRICS.items() if metric.unit is Unit.PRICE]


def picked(panel: Panel, rows: list[int]) -> Panel:
    names = (*FIELDS, "flags")
    arrays = {name: getattr(panel, name)[rows] for name in names}
    return Panel(panel.market, tuple(panel.symbols[row] for row in rows), panel.sessions, **arrays)


def last(closes: list[float], **more: object) -> pd.Series:
    return metric_table(panel_of({"2330.TW": closes}, **more)).loc["2330.TW"]


def test_registry_has_every_key_once_in_order() -> None:
    assert list(METRICS) == KEYS
    assert [key for key in KEYS if key.startswith("return_")] == list(RETURN_KEYS)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_every_metric_explains_itself_in_both_languages(metric: object) -> None:
    for text in (metric.label, metric.short, metric.formula):
        assert text.zh.strip()
        assert text.en.strip()
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in text.en)
    assert metric.source


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 8), min_size=1, max_size=8, unique=True))
def test_other_symbols_change_nothing(seed: int, rows: list[int]) -> None:
    panel = random_panel(9, 420, seed)
    rows = sorted({0, *rows})
    benchmark = panel.symbols[0]
    whole = metric_table(panel, benchmark=benchmark).iloc[rows]
    alone = metric_table(picked(panel, rows), benchmark=benchmark)
    pd.testing.assert_frame_equal(alone, whole, rtol=1e-12, atol=1e-11)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(60, 429))
def test_later_bars_change_nothing(seed: int, column: int) -> None:
    panel = random_panel(5, 430, seed, holes=0.05)
    day = panel.sessions[column].item()
    benchmark = panel.symbols[0]
    then = metric_table(panel.as_of(day), benchmark=benchmark)
    pd.testing.assert_frame_equal(
        metric_table(panel, as_of=day, benchmark=benchmark), then, check_exact=True
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.001, 0.25, 4.0, 1000.0]))
def test_what_goes_ex_later_does_not_matter(seed: int, scale: float) -> None:
    """A later action multiplies all adjusted prices before it; as of today it is not known."""
    panel = random_panel(4, 420, seed)
    scaled = {name: getattr(panel, name) * scale for name in ("open", "high", "low", "close")}
    one = metric_table(panel, benchmark=panel.symbols[0])
    other = metric_table(dataclasses.replace(panel, **scaled), benchmark=panel.symbols[0])
    free = [key for key in KEYS if key != "limit_state"]
    pd.testing.assert_frame_equal(other[free], one[free], rtol=1e-8, atol=1e-9)


def test_the_adjusted_close_of_a_session_is_the_traded_one() -> None:
    whole = panel_of({"2330.TW": [100.0] * 30 + [90.0] * 30}, factors=[0.9] * 30 + [1.0] * 30)
    before, after = whole.sessions[29].item(), whole.sessions[59].item()
    early, late = (metric_table(whole, as_of=day).loc["2330.TW"] for day in (before, after))
    assert (early["close"], early["sma_20"]) == (100.0, pytest.approx(100.0))
    assert (late["close"], late["sma_60"]) == (90.0, pytest.approx(90.0))


def with_jumps(panel: Panel, places: dict[int, list[int]]) -> Panel:
    """The panel with unexplained jumps: row → columns."""
    flags = panel.flags.copy()
    for row, columns in places.items():
        flags[row, columns] |= BarFlag.JUMP
    return dataclasses.replace(panel, flags=flags)


OWN_HISTORY = [key for key in KEYS if key not in ("limit_state",)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.1), st.data())
def test_bars_before_a_jump_do_not_exist(seed: int, holes: float, data: st.DataObject) -> None:
    """Every figure is that of a history that begins with the bar of the jump."""
    panel = random_panel(5, 470, seed, holes)
    columns = {row: data.draw(st.integers(1, 469)) for row in (1, 2, 3, 4)}
    jumps = {
        row: [column] for row, column in columns.items() if not np.isnan(panel.close[row, column])
    }
    begun = {name: getattr(panel, name).copy() for name in FIELDS}
    for row, (column,) in jumps.items():
        for values in begun.values():
            values[row, :column] = np.nan
    shares = pd.DataFrame({"symbol": panel.symbols, "date": "2022-01-01", "shares": 10.0})
    more = {"benchmark": panel.symbols[0], "shares": shares}
    found = metric_table(with_jumps(panel, jumps), **more)[OWN_HISTORY]
    expected = metric_table(dataclasses.replace(panel, **begun), **more)[OWN_HISTORY]
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(60, 428), st.data())
def test_a_jump_after_the_as_of_session_changes_nothing(
    seed: int, column: int, data: st.DataObject
) -> None:
    panel = random_panel(4, 430, seed, holes=0.05)
    later = {
        row: [data.draw(st.integers(column + 1, 429)), data.draw(st.integers(1, 429))]
        for row in range(1, 4)
    }
    jumped = with_jumps(panel, later)
    day = panel.sessions[column].item()
    benchmark = panel.symbols[0]
    then = metric_table(jumped.as_of(day), benchmark=benchmark)
    pd.testing.assert_frame_equal(
        metric_table(jumped, as_of=day, benchmark=benchmark), then, check_exact=True
    )
    pd.testing.assert_frame_equal(
        metric_notes(jumped, as_of=day, benchmark=benchmark),
        metric_notes(jumped.as_of(day), benchmark=benchmark),
    )


def test_a_split_by_two_without_its_action_gives_no_return_across_it() -> None:
    """100 falls to 50 five sessions before the end: a loss of half would be a lie."""
    panel = panel_of({"2330.TW": [100.0] * 60 + [50.0, 51.0, 52.0, 53.0, 54.0]})
    row = metric_table(with_jumps(panel, {0: [60]})).loc["2330.TW"]
    assert row["return_1d"] == pytest.approx(54 / 53 - 1)
    assert row["sma_5"] == pytest.approx(52)
    assert row["consecutive_up"] == 4
    for key in ("return_1w", "return_1m", "sma_10", "rsi_14", "volatility_20", "volume_ratio_20"):
        assert np.isnan(row[key]), key
    assert row["close"] == 54


def test_on_the_session_of_the_jump_only_the_price_is_known() -> None:
    panel = panel_of({"2330.TW": [100.0] * 60 + [50.0]})
    row = metric_table(with_jumps(panel, {0: [60]})).loc["2330.TW"]
    known = row.dropna().index.tolist()
    assert known == ["close", "unadjusted_close", "last_session", "turnover_value"]


def test_why_a_figure_across_a_jump_is_missing() -> None:
    panel = panel_of({"2330.TW": [100.0] * 300 + [50.0 + n % 2 for n in range(30)]})
    notes = metric_notes(with_jumps(panel, {0: [300]})).loc["2330.TW"]
    assert notes["jump_session"] == panel.index[300]
    for key in ("return_3m", "return_1y", "sma_60", "max_drawdown_1y", "volatility_60"):
        assert missing_reason(key, notes) is MissingReason.JUMP, key
    assert missing_reason("limit_state", notes) is MissingReason.NO_LIMIT
    on_the_day = metric_notes(with_jumps(panel, {0: [329]})).loc["2330.TW"]
    assert missing_reason("limit_state", on_the_day) is MissingReason.JUMP
    # A history of 330 bars would not have reached a year back either way.
    short = panel_of({"2330.TW": [100.0] * 30 + [50.0] * 30})
    notes = metric_notes(with_jumps(short, {0: [30]})).loc["2330.TW"]
    assert missing_reason("return_1y", notes) is MissingReason.SHORT_HISTORY
    assert missing_reason("sma_120", notes) is MissingReason.SHORT_HISTORY
    assert missing_reason("sma_60", notes) is MissingReason.JUMP
    assert MissingReason.JUMP.label.en == "unexplained jump: returns across it are not shown"


def test_a_beta_across_a_jump_says_so() -> None:
    panel = with_jumps(random_panel(2, 300, holes=0.0), {1: [250]})
    panel = dataclasses.replace(panel, close=np.where(np.isnan(panel.close), 100.0, panel.close))
    benchmark = panel.symbols[0]
    table = metric_table(panel, benchmark=benchmark)
    assert np.isnan(table.at["1102.TW", "beta_1y"])
    notes = metric_notes(panel, benchmark=benchmark).loc["1102.TW"]
    assert missing_reason("beta_1y", notes) is MissingReason.JUMP
    assert (notes["common"], notes["common_since_jump"]) == (261, 49)  # weekdays of the year


def test_inputs_are_not_changed() -> None:
    panel = random_panel(6, 420)
    before = {name: getattr(panel, name).copy() for name in FIELDS}
    shares = pd.DataFrame({"symbol": ["1101.TW"], "date": ["2022-01-01"], "shares": [10.0]})
    kept = shares.copy()
    metric_table(panel, benchmark="1101.TW", shares=shares)
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(panel, name), values)
    pd.testing.assert_frame_equal(shares, kept)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(34, 460), st.floats(0, 0.3))
def test_any_history_agrees_with_talib(seed: int, sessions: int, holes: float) -> None:
    """Short histories use TA-Lib's seeds exactly, long ones have forgotten them."""
    panel = random_panel(3, sessions, seed, holes)
    table = metric_table(panel)
    for row, symbol in enumerate(panel.symbols):
        own = ~np.isnan(panel.close[row])
        close, high, low = (a[row][own] for a in (panel.close, panel.high, panel.low))
        if len(close) < 2:
            continue
        macd, signal, _ = talib.MACD(close)
        expected = {
            "rsi_14": talib.RSI(close)[-1],
            "atr_14": talib.ATR(high, low, close)[-1],
            "macd": macd[-1],
            "macd_signal": signal[-1],
        }
        for key, value in expected.items():
            assert table.at[symbol, key] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True)


def test_a_market_of_many_blocks_gives_each_symbol_its_own_figures() -> None:
    """Whole, holed and late symbols mixed, more of each than are computed at a time."""
    panel = random_panel(700, 440, holes=0.002)
    holed = np.isnan(panel.close).any(axis=1)
    assert holed.sum() > 200
    assert (~holed).sum() > 200
    table = metric_table(panel, keys=["close", "sma_240", "rsi_14", "atr_14", "return_1m"])
    for row, symbol in enumerate(panel.symbols):
        own = ~np.isnan(panel.close[row])
        close, high, low = (a[row][own] for a in (panel.close, panel.high, panel.low))
        expected = [close[-1], talib.SMA(close, 240)[-1], talib.RSI(close)[-1]]
        expected.append(talib.ATR(high, low, close)[-1])
        anchor = panel.index[-1] - pd.DateOffset(months=1)
        expected.append(close[-1] / panel.series(symbol, "close").dropna()[:anchor].iloc[-1] - 1)
        assert table.loc[symbol].tolist() == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_kd_by_hand() -> None:
    """Closes 1…9 in ranges ±1: RSV = (9 - 0) / (10 - 0); K = 50 + (90 - 50) / 3."""
    row = last([float(n) for n in range(1, 10)])
    assert row["kd_k"] == pytest.approx(50 + 40 / 3)
    assert row["kd_d"] == pytest.approx(50 + 40 / 9)
    assert np.isnan(last([1.0] * 8)["kd_k"])


def test_kd_carries_k_where_highest_is_lowest() -> None:
    rising = [float(n) for n in range(1, 13)]
    flat = [12.0] * 9
    row = last(rising + flat, range_width=0.0)
    k, d = 50.0, 50.0
    closes = rising + flat
    for end in range(9, len(closes) + 1):
        window = closes[end - 9 : end]
        if max(window) > min(window):
            rsv = 100 * (window[-1] - min(window)) / (max(window) - min(window))
            k += (rsv - k) / 3
        d += (k - d) / 3
    assert row["kd_k"] == pytest.approx(k)
    assert row["kd_d"] == pytest.approx(d)


def test_rsi_at_its_ends() -> None:
    assert last([float(n) for n in range(1, 30)])["rsi_14"] == 100
    assert last([float(n) for n in range(60, 30, -1)])["rsi_14"] == 0
    assert np.isnan(last([5.0] * 30)["rsi_14"])


def test_constant_windows_are_missing_not_infinite() -> None:
    row = last([5.0] * 300)
    assert row["volatility_20"] == 0
    assert np.isnan(row["bollinger_b_20"])
    assert row["bias_20"] == pytest.approx(0, abs=1e-15)
    assert row["consecutive_up"] == 0


@pytest.mark.parametrize("length", [5, 10, 20, 60, 120, 240])
def test_windows_must_be_full(length: int) -> None:
    key = f"sma_{length}"
    assert np.isnan(last([10.0] * (length - 1))[key])
    assert last([10.0] * length)[key] == pytest.approx(10)


def test_consecutive_up_counts_own_bars() -> None:
    assert last([3.0, 1.0, 2.0, np.nan, 3.0, 4.0])["consecutive_up"] == 3
    assert last([1.0, 2.0, 2.0])["consecutive_up"] == 0
    assert last([1.0, 2.0, 3.0])["consecutive_up"] == 2
    assert np.isnan(last([np.nan, 1.0])["consecutive_up"])


def test_volume_ratio_leaves_today_out() -> None:
    panel = panel_of({"2330.TW": [10.0] * 21})
    volume = panel.volume.copy()
    volume[0, -1] = 3000.0
    row = metric_table(dataclasses.replace(panel, volume=volume)).loc["2330.TW"]
    assert row["volume_ratio_20"] == 3
    assert row["turnover_value"] == 30000
    assert row["turnover_value_20"] == pytest.approx((19 * 10000 + 30000) / 20)


def test_shares_are_those_known_on_the_session() -> None:
    panel = panel_of({"2330.TW": [10.0] * 5}, start="2024-01-01")
    shares = pd.DataFrame(
        {
            "symbol": ["2330.TW", "2330.TW", "2330.TW", "9999.TW"],
            "date": ["2024-01-06", "2023-01-01", "2024-01-05", "2023-01-01"],
            "shares": [900, 100, 200, 1],
        }
    )
    assert metric_table(panel, shares=shares).at["2330.TW", "market_cap"] == 2000
    assert metric_table(panel, shares=shares).at["2330.TW", "shares_date"] == pd.Timestamp(
        "2024-01-05"
    )
    early = metric_table(panel, shares=shares, as_of=dt.date(2024, 1, 4))
    assert early.at["2330.TW", "market_cap"] == 1000
    assert early.at["2330.TW", "shares_date"] == pd.Timestamp("2023-01-01")
    none = metric_table(panel, shares=shares[shares["shares"] == 900])
    assert np.isnan(none.at["2330.TW", "market_cap"])
    assert pd.isna(none.at["2330.TW", "shares_date"])
    notes = metric_notes(panel, shares=shares[shares["shares"] == 900]).loc["2330.TW"]
    assert missing_reason("shares_date", notes) is MissingReason.NO_SHARES


def test_stale_symbols_have_only_their_last_session() -> None:
    closes = {"1101.TW": [10.0] * 20, "2330.TW": [10.0] * 14 + [np.nan] * 6}
    table = metric_table(panel_of(closes, start="2024-01-01"))
    assert table.loc["2330.TW"].drop("last_session").isna().all()
    assert table.at["2330.TW", "last_session"] == pd.Timestamp("2024-01-18")
    fresh = panel_of({**closes, "2330.TW": [10.0] * 15 + [np.nan] * 5})
    assert metric_table(fresh).at["2330.TW", "close"] == 10


def test_a_base_older_than_ten_sessions_is_none() -> None:
    for hole, known in ((10, True), (11, False)):
        closes = [10.0] * 5 + [np.nan] * hole + [11.0]
        other = [10.0] * len(closes)
        table = metric_table(panel_of({"1101.TW": other, "2330.TW": closes}))
        value = table.at["2330.TW", "return_1d"]
        assert np.isfinite(value) == known


def test_history_after_the_anchor_gives_no_return() -> None:
    row = last([10.0] * 20)
    assert np.isfinite(row["return_1w"])
    assert np.isnan(row["return_1m"])
    assert np.isnan(row["drawdown_1y"])


def test_a_year_of_242_sessions_is_a_year() -> None:
    """Calendar anchors: two weeks without any session shorten no window."""
    days = pd.bdate_range("2023-06-01", "2024-07-01")
    days = days[(days < "2024-02-05") | (days > "2024-02-25")]
    closes = np.linspace(100, 200, len(days))[None, :]
    unknown = np.full(closes.shape, np.nan)
    panel = Panel(
        "TW", ("2330.TW",), days.to_numpy().astype("datetime64[D]"),
        closes, closes, closes, closes, closes, closes, unknown, unknown, unknown,
        np.zeros(closes.shape, np.int32),
    )  # fmt: skip
    row = metric_table(panel).loc["2330.TW"]
    base = closes[0, days.get_loc(pd.Timestamp("2023-06-30"))]  # 07-01 is a Saturday
    assert row["return_1y"] == pytest.approx(200 / base - 1)
    assert row["max_drawdown_1y"] == 0


def test_volatility_takes_the_market_s_own_sessions() -> None:
    closes = (100 * np.exp(np.random.default_rng(1).normal(0, 0.02, 61).cumsum())).tolist()
    taiwan = metric_table(panel_of({"A": closes}, market="TW")).at["A", "volatility_60"]
    america = metric_table(panel_of({"A": closes}, market="US")).at["A", "volatility_60"]
    assert america / taiwan == pytest.approx((252 / 243) ** 0.5)


def test_close_only_bars_spare_the_close_s_metrics() -> None:
    panel = random_panel(1, 420)
    high, low = panel.high.copy(), panel.low.copy()
    high[0, -100], low[0, -100] = np.nan, np.nan
    whole = metric_table(panel).iloc[0]
    row = metric_table(dataclasses.replace(panel, high=high, low=low)).iloc[0]
    assert row["rsi_14"] == whole["rsi_14"]
    assert np.isnan(row["distance_high_52w"])
    expected = talib.ATR(high[0, -99:], low[0, -99:], panel.close[0, -99:].copy())[-1]
    assert row["atr_14"] == pytest.approx(expected, rel=1e-2)
    assert row["kd_k"] == pytest.approx(whole["kd_k"], rel=1e-9)
    high[0, -1] = np.nan
    row = metric_table(dataclasses.replace(panel, high=high, low=low)).iloc[0]
    assert np.isnan(row["atr_14"])
    assert np.isnan(row["kd_k"])


def test_beta_needs_sixty_common_sessions() -> None:
    panel = random_panel(2, 300, holes=0.0)
    close = panel.close.copy()
    close[1, :-60] = np.nan
    short = dataclasses.replace(panel, close=close)
    assert np.isnan(metric_table(short, benchmark="1101.TW").at["1102.TW", "beta_1y"])
    close = close.copy()
    close[1, -61] = 100.0
    enough = dataclasses.replace(panel, close=close)
    assert np.isfinite(metric_table(enough, benchmark="1101.TW").at["1102.TW", "beta_1y"])


def test_chosen_keys_only() -> None:
    panel = random_panel(2, 60)
    assert list(metric_table(panel, keys=["rsi_14", "close"]).columns) == ["rsi_14", "close"]
    with pytest.raises(InputError, match="metric rsi: unknown"):
        metric_table(panel, keys=["rsi"])


def test_wrong_arguments_are_told() -> None:
    panel = random_panel(2, 60)
    with pytest.raises(InputError, match="no prices before"):
        metric_table(panel, as_of=dt.date(2000, 1, 1))
    with pytest.raises(PanelError, match=r"benchmark \^TWII is not in it"):
        metric_table(panel, benchmark="^TWII")


@pytest.mark.parametrize("sessions", [1, 2, 9, WINDOW, WINDOW + 1])
def test_short_panels_and_symbols_without_bars(sessions: int) -> None:
    closes = {"1101.TW": [10.0] * sessions, "2330.TW": [np.nan] * sessions}
    table = metric_table(panel_of(closes), benchmark="1101.TW")
    assert table.at["1101.TW", "close"] == 10
    assert table.loc["2330.TW"].isna().all()
    assert list(table.columns) == KEYS


def test_why_a_figure_is_missing() -> None:
    closes = {
        "1101.TW": [10.0] * 40,
        "2330.TW": [np.nan] * 40,
        "2454.TW": [10.0] * 30 + [np.nan] * 10,
        "3008.TW": [np.nan] * 30 + [10.0] * 10,
    }
    notes = metric_notes(panel_of(closes))
    reason = {symbol: notes.loc[symbol] for symbol in closes}
    assert missing_reason("rsi_14", reason["2330.TW"]) is MissingReason.NO_BARS
    assert missing_reason("rsi_14", reason["2454.TW"]) is MissingReason.STALE
    assert missing_reason("rsi_14", reason["3008.TW"]) is MissingReason.SHORT_HISTORY
    assert missing_reason("return_1m", reason["3008.TW"]) is MissingReason.SHORT_HISTORY
    assert missing_reason("rsi_14", reason["1101.TW"]) is MissingReason.FLAT
    assert missing_reason("market_cap", reason["1101.TW"]) is MissingReason.NO_SHARES
    assert missing_reason("beta_1y", reason["1101.TW"]) is MissingReason.NO_BENCHMARK
    assert missing_reason("return_1y", reason["1101.TW"]) is MissingReason.SHORT_HISTORY
    unknown = notes.reindex(["9999.TW"]).iloc[0]
    assert missing_reason("close", unknown) is MissingReason.NO_BARS
    assert {reason.label for reason in MissingReason}
