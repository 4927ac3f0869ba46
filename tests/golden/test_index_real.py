"""Chained indices on real prices against plain loops, by hand and by empyrical."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import empyrical
import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.benchmark import Basis, ex_factors, is_cash, period_returns
from dashboard.analytics.breadth import dispersion, own_averages, symbol_marks
from dashboard.analytics.chained import chained_group, chained_index, contributions
from dashboard.analytics.hindsight import hindsight_table
from dashboard.analytics.panel import Panel
from tests.golden.real_panel import tw_core_panel
from tests.unit.test_chained import windows

ALWAYS = pd.Timestamp("1900-01-01")
START = dt.date(2025, 9, 1)
LATER = "2025-11-26"
# 2317 was halted on 2025-07-30, 2327 for seven sessions before 2025-08-25.
MEMBERS = ("2317.TW", "2327.TW", "2330.TW", "2382.TW", "3653.TW")


@pytest.fixture(scope="module")
def panel(real_data: Path) -> Panel:
    return tw_core_panel(real_data)


def rows_of(panel: Panel) -> pd.DataFrame:
    """Adjusted closes as a plain table: sessions × symbols."""
    return panel.frame("close")


def simulated(closes: pd.DataFrame, known: dict[str, str], start: dt.date) -> list[float]:
    """A portfolio in money, one step after the other: bought, held, parted anew each month."""
    held: dict[str, float] = {}
    price: dict[str, float] = {}
    cash, worth = 100.0, []
    days = [day for day in closes.index if day >= pd.Timestamp(start)]
    for number, day in enumerate(days):
        for symbol in list(held):
            now = closes.at[day, symbol]
            if now == now:
                held[symbol] *= now / price[symbol]
                price[symbol] = now
        total = sum(held.values()) or cash
        worth.append(total)
        comes = [
            symbol
            for symbol, since in known.items()
            if symbol not in held and day >= pd.Timestamp(since) and closes.at[day, symbol] > 0
        ]
        ends = number + 1 < len(days) and days[number + 1].month != day.month
        if comes or ends:
            for symbol in comes:
                price[symbol] = closes.at[day, symbol]
                held[symbol] = 0.0
            held = dict.fromkeys(held, total / len(held))
    return worth


def test_the_index_is_a_portfolio_simulated_in_money(panel: Panel) -> None:
    known = dict.fromkeys(MEMBERS, "2025-06-02") | {"3653.TW": LATER, "2382.TW": "2025-07-15"}
    rows = [(one, "x", day, None) for one, day in known.items()]
    found = chained_index(panel, windows(*rows), start=dt.date(2025, 6, 2)).level["x"]
    expected = simulated(rows_of(panel), known, dt.date(2025, 6, 2))
    assert found.tolist() == pytest.approx(expected, rel=1e-12)
    assert len(expected) > 240


def test_one_member_is_its_own_price_and_empyricals_cumulated_returns(panel: Panel) -> None:
    rows = windows(("2330.TW", "x", ALWAYS, None))
    found = chained_index(panel, rows, start=START).level["x"]
    close = rows_of(panel)["2330.TW"][found.index]
    assert found.tolist() == pytest.approx((close / close.iloc[0] * 100).tolist(), rel=1e-12)
    returns = close.pct_change().iloc[1:]
    total = empyrical.cum_returns(returns, starting_value=100)
    assert found.iloc[1:].tolist() == pytest.approx(total.tolist(), rel=1e-12)


def test_the_chain_of_caps_is_the_sum_of_caps_over_its_divisor(panel: Panel) -> None:
    names = ["2330.TW", "2382.TW", "2376.TW"]
    counts = dict(zip(names, (25.9e9, 3.86e9, 0.67e9), strict=True))
    known = dict.fromkeys(names, START.isoformat()) | {"2376.TW": LATER}
    shares = pd.DataFrame({"symbol": names, "date": pd.Timestamp("2025-01-01")})
    found = chained_index(
        panel,
        windows(*((one, "x", day, None) for one, day in known.items())),
        weighting="cap",
        basis=Basis.PRICE,
        shares=shares.assign(shares=[counts[one] for one in names]),
        max_weight=1.0,
        start=START,
        end=dt.date(2026, 1, 23),
    ).level["x"]
    traded = panel.frame("unadjusted_close")[names]
    own = [one for one in names if known[one] != LATER]
    divisor = sum(traded.at[found.index[0], one] * counts[one] for one in own) / 100
    expected = []
    for day in found.index:
        value = sum(traded.at[day, one] * counts[one] for one in own)
        expected.append(value / divisor)
        if day == pd.Timestamp(LATER):
            own = names
            after = sum(traded.at[day, one] * counts[one] for one in own)
            divisor *= after / value
    assert found.tolist() == pytest.approx(expected, rel=1e-9)


def test_contributions_of_real_members_sum_to_the_return(panel: Panel) -> None:
    rows = windows(*((one, "x", ALWAYS, None) for one in MEMBERS))
    group = chained_group(panel, rows, "x", start=START)
    total = group.level.iloc[-1] / 100 - 1
    found = contributions(group)
    assert found.sum() == pytest.approx(total, rel=1e-12)
    assert set(found.index) == set(MEMBERS)
    # In money: what each holding gained, the monthly parting left aside, added up.
    gained = (group.weights * group.own.fillna(0)).mul(group.level.shift(), axis=0).sum() / 100
    assert found.sort_index().tolist() == pytest.approx(gained.sort_index().tolist(), rel=1e-9)


@pytest.mark.parametrize(
    ("symbol", "day", "cash"),
    [
        ("2327.TW", "2025-08-25", False),  # four shares for one
        ("3481.TW", "2024-08-26", False),  # capital reduction
        ("2368.TW", "2022-09-19", False),  # capital reduction
        ("2330.TW", "2025-09-16", True),
        ("2330.TW", "2025-12-11", True),
        ("2376.TW", "2022-08-04", True),  # 12 on a close of 92.3
    ],
)
def test_the_rule_tells_real_dividends_from_the_rest(
    panel: Panel, symbol: str, day: str, cash: bool
) -> None:
    factor = ex_factors(panel)[panel.positions[symbol], panel.index.get_loc(pd.Timestamp(day))]
    assert abs(factor - 1) > 1e-3
    assert bool(is_cash(np.array([factor]))[0]) is cash
    bases = {basis: period_returns(panel, basis).at[day, symbol] for basis in Basis}
    if cash:
        traded = panel.frame("unadjusted_close")[symbol].pct_change()
        assert bases[Basis.PRICE] == pytest.approx(traded[day], rel=1e-12)
        assert bases[Basis.TOTAL] > bases[Basis.PRICE]
    else:
        assert bases[Basis.PRICE] == bases[Basis.TOTAL]


def test_breadth_by_pandas_own_windows(panel: Panel) -> None:
    some = panel.select(MEMBERS)
    marks = symbol_marks(some)
    for row, symbol in enumerate(some.symbols):
        close = rows_of(some)[symbol].dropna()
        for length in (20, 240):
            average = close.rolling(length).mean()
            expected = (close > average * (1 + 1e-9)).where(average.notna()).astype(float)
            found = pd.Series(marks[f"above_{length}"][row], some.index)[close.index]
            pd.testing.assert_series_equal(found, expected, check_names=False)
            mine = pd.Series(own_averages(some, (length,))[length][row], some.index)
            np.testing.assert_allclose(mine[close.index], average, rtol=1e-11)
        day = close.index[-30]
        past = close[(close.index >= day - pd.Timedelta(weeks=52)) & (close.index < day)]
        found = marks["new_high"][row][some.index.get_loc(day)]
        assert found == float(close[day] > past.max())


def test_dispersion_is_the_spread_of_monthly_returns(panel: Panel) -> None:
    rows = windows(*((one, "x", ALWAYS, None) for one in MEMBERS))
    found = dispersion(panel, rows, "layer")["x"]
    day, before = pd.Timestamp("2026-03-31"), pd.Timestamp("2026-02-26")
    close = rows_of(panel)
    # The last session on or before 28 February.
    assert close.index[close.index <= pd.Timestamp("2026-02-28")][-1] == before
    grown = (close.loc[day] / close.loc[before] - 1)[list(MEMBERS)]
    assert found[day] == pytest.approx(np.std(grown, ddof=1), rel=1e-9)


def test_the_hindsight_gap_of_real_members(panel: Panel) -> None:
    known = dict.fromkeys(MEMBERS, START.isoformat()) | {"3653.TW": LATER}
    rows = windows(*((one, "x", day, None) for one, day in known.items()))
    until = panel.as_of(dt.date(2026, 2, 10))
    today = rows[["symbol", "layer", "market"]]
    found = hindsight_table(until, today, rows, "3m", by="layer").loc["x"]
    close = rows_of(panel)
    grown = (close.loc["2026-02-10"] / close.loc["2025-11-10"] - 1)[list(MEMBERS)]
    assert found["start"] == pd.Timestamp("2025-11-10")
    assert found["today_return"] == pytest.approx(grown.mean(), rel=1e-9)
    assert found["known_return"] == pytest.approx(grown.drop("3653.TW").mean(), rel=1e-9)
    assert (found["today_counted"], found["known_counted"]) == (5, 4)
    assert found["gap"] == pytest.approx(grown.mean() - grown.drop("3653.TW").mean(), rel=1e-9)
    year = hindsight_table(until, today, rows, "1y", by="layer").loc["map"]
    assert np.isnan(year["gap"])
    assert year["known_members"] == 0
    assert year["first_known"] == pd.Timestamp(START)
