"""The simulated prices: the market's rules hold, layers move together, nothing is random."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pandas as pd
import pytest

from dashboard.errors import UnknownSymbol
from dashboard.prices.bars import BarFlag, validated
from dashboard.prices.providers.base import Request
from dashboard.prices.providers.demo import DemoProvider, simulate, simulated_shares
from dashboard.prices.sessions import are_sessions
from dashboard.prices.simulated import read_simulated_bars, read_simulated_shares
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map

TICKS = ((10, "0.01"), (50, "0.05"), (100, "0.1"), (500, "0.5"), (1000, "1"), (10**9, "5"))


def tick(price: Decimal) -> Decimal:
    """The exchange's tick of a price, written anew from the rule."""
    return next(Decimal(size) for bound, size in TICKS if price < bound)


def limits(reference: Decimal) -> tuple[Decimal, Decimal]:
    up, down = reference * Decimal("1.1"), reference * Decimal("0.9")
    high = (up / tick(up)).to_integral_value(ROUND_FLOOR) * tick(up)
    low = (down / tick(down)).to_integral_value(ROUND_CEILING) * tick(down)
    return low, high


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return read_simulated_bars().to_pandas().sort_values(["symbol", "session"])


def taiwanese(bars: pd.DataFrame) -> pd.DataFrame:
    return bars[bars["symbol"].str.endswith((".TW", ".TWO"))]


def test_every_symbol_of_the_map_is_simulated(shipped: pd.DataFrame) -> None:
    chain = load_map(PROJECT_ROOT / "tickers.yaml").chain
    assert set(chain.symbols()) <= set(shipped["symbol"])
    assert set(chain.symbols()) == set(read_simulated_shares()["symbol"])


def test_shipped_bars_are_valid_bars_and_say_that_they_are_simulated(shipped: pd.DataFrame) -> None:
    assert len(validated(shipped)) == len(shipped)
    assert ((shipped["flags"] & int(BarFlag.SIMULATED)) > 0).all()
    assert set(shipped["source"]) == {"simulated"}


def test_shipped_files_stay_small() -> None:
    folder = PROJECT_ROOT / "data" / "demo"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4_000_000


@pytest.mark.parametrize("symbol", ["3653.TW", "8358.TWO", "2330.TW"])
def test_shipped_bars_are_what_the_simulation_makes(shipped: pd.DataFrame, symbol: str) -> None:
    chain = load_map(PROJECT_ROOT / "tickers.yaml").chain
    company = chain.company_by_symbol[symbol]
    layer = next(one.layer for one in company.memberships if one.primary)
    anew = simulate(symbol, layer).set_index("session")
    stored = shipped[shipped["symbol"] == symbol].set_index("session")
    numbers = ["open", "high", "low", "close", "adjusted_close", "volume", "dividend"]
    pd.testing.assert_frame_equal(anew[numbers], stored[numbers], check_index_type=False)


def test_taiwanese_closes_stay_within_the_limits_and_on_ticks(shipped: pd.DataFrame) -> None:
    for _, bars in taiwanese(shipped).groupby("symbol"):
        sample = bars.iloc[::17]
        previous = bars["close"].shift()
        for row, before in zip(sample.itertuples(), previous.loc[sample.index], strict=True):
            prices = [Decimal(str(p)) for p in (row.open, row.high, row.low, row.close)]
            assert all(p % tick(p) == 0 for p in prices), row
            if before == before:
                reference = Decimal(str(round(before - row.dividend, 2)))
                low, high = limits(reference)
                assert all(low <= p <= high for p in prices), row


def test_high_and_low_hold_open_and_close(shipped: pd.DataFrame) -> None:
    assert (shipped["high"] >= shipped[["open", "close"]].max(axis=1)).all()
    assert (shipped["low"] <= shipped[["open", "close"]].min(axis=1)).all()


def test_bars_stand_on_the_real_calendar(shipped: pd.DataFrame) -> None:
    days = np.unique(taiwanese(shipped)["session"].to_numpy()).astype("datetime64[D]")
    assert are_sessions("TW", days).all()
    assert np.datetime64("2024-10-31") not in days


def test_members_of_a_layer_move_together_more_than_strangers(shipped: pd.DataFrame) -> None:
    wide = taiwanese(shipped).pivot(index="session", columns="symbol", values="adjusted_close")
    returns = np.log(wide).diff().corr()
    cooling = ["3653.TW", "8996.TW", "6831.TW"]
    grid = ["1503.TW", "1513.TW", "1519.TW"]
    within = [returns.at[a, b] for group in (cooling, grid) for a in group for b in group if a < b]
    across = [returns.at[a, b] for a in cooling for b in grid]
    assert np.mean(within) > np.mean(across) + 0.1


def test_the_adjusted_close_takes_dividends_back(shipped: pd.DataFrame) -> None:
    bars = shipped[shipped["symbol"] == "2330.TW"].reset_index(drop=True)
    (ex,) = bars.index[(bars["dividend"] > 0) & (bars["session"].dt.year == 2025)]
    before, on = bars.loc[ex - 1], bars.loc[ex]
    total = on["close"] / (before["close"] - on["dividend"]) - 1
    assert on["adjusted_close"] / before["adjusted_close"] - 1 == pytest.approx(total, abs=1e-4)
    assert bars["adjusted_close"].iloc[-1] == bars["close"].iloc[-1]


def test_the_provider_cuts_the_same_path_whatever_is_asked() -> None:
    provider = DemoProvider({"3653.TW": "cooling"})
    whole = simulate("3653.TW", "cooling").set_index("session")
    ask = Request("3653.TW", dt.date(2026, 3, 2), dt.date(2026, 3, 31))
    (answer,) = provider.fetch([ask])
    assert answer.error is None
    assert answer.bars["session"].min() >= pd.Timestamp(2026, 3, 2)
    assert answer.bars["session"].max() <= pd.Timestamp(2026, 3, 31)
    cut = answer.bars.set_index("session")
    pd.testing.assert_frame_equal(cut, whole.loc[cut.index])


def test_an_unknown_symbol_is_an_answer_with_an_error() -> None:
    ask = Request("NOPE", dt.date(2026, 3, 2), dt.date(2026, 3, 31))
    (answer,) = DemoProvider({}).fetch([ask])
    assert isinstance(answer.error, UnknownSymbol)
    assert answer.bars.empty


def test_shares_are_simulated_once_and_for_all() -> None:
    one = simulated_shares(["3653.TW"])
    assert one["shares"].item() == simulated_shares(["2330.TW", "3653.TW"])["shares"].iloc[1]
    assert simulated_shares(["^TWII"]).empty
