"""What became of claims: returns, revenue and verdicts by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.audit import (
    DIRECTION,
    MIN_SESSIONS,
    REASON,
    RELATIVE,
    RETURN,
    REVENUE_YOY,
    SESSIONS,
    TROUBLE,
    VERDICT,
    Reason,
    Returns,
    Verdict,
    beaten,
    judged,
    revenue_since,
)
from dashboard.analytics.benchmark import Basis, Benchmark, market_benchmark
from dashboard.analytics.panel import Panel
from dashboard.analytics.revenue import known_months
from dashboard.prices.bars import BarFlag
from tests.unit.panels import panel_of, random_panel

NAN = float("nan")
INDEX = "^TWII"


def returns_of(panel: Panel) -> Returns:
    return Returns(panel, market_benchmark(panel))


def day_of(panel: Panel, place: int) -> dt.date:
    day: dt.date = panel.sessions[place].item()
    return day


class TestSince:
    def test_bought_at_the_close_of_the_first_session_that_knew(self) -> None:
        panel = panel_of({"1000.TW": [10, 20, 22, 11, 33], INDEX: [100, 100, 110, 110, 121]})
        own = returns_of(panel).since(day_of(panel, 1)).loc["1000.TW"]
        assert own[RETURN] == pytest.approx(33 / 20 - 1)
        assert own["market_return"] == pytest.approx(0.21)
        assert own[RELATIVE] == pytest.approx(1.65 / 1.21 - 1)
        assert (own[SESSIONS], own[TROUBLE]) == (3, "")
        assert own["since"] == pd.Timestamp(day_of(panel, 1))

    def test_a_weekend_is_known_on_monday(self) -> None:
        panel = panel_of({"1000.TW": range(10, 20), INDEX: [100.0] * 10}, start="2024-01-01")
        returns = returns_of(panel)
        saturday, monday = dt.date(2024, 1, 6), dt.date(2024, 1, 8)
        assert returns.first_session(saturday) == monday
        own = returns.since(saturday).loc["1000.TW"]
        assert own[RETURN] == pytest.approx(19 / 15 - 1)

    def test_a_share_that_comes_later_is_bought_then_and_the_market_with_it(self) -> None:
        panel = panel_of({"1000.TW": [NAN, NAN, 10, 12, 15], INDEX: [100, 50, 80, 90, 100]})
        own = returns_of(panel).since(day_of(panel, 0)).loc["1000.TW"]
        assert own[RETURN] == pytest.approx(0.5)
        assert own["market_return"] == pytest.approx(0.25)
        assert own[SESSIONS] == 2

    def test_a_halted_share_stands_at_its_last_close_and_an_old_one_does_not(self) -> None:
        closes = [10.0, 11, 12] + [NAN] * 5
        panel = panel_of(
            {"1000.TW": closes, "2000.TW": [10.0, 11] + [NAN] * 6, INDEX: list(range(100, 108))}
        )
        table = returns_of(panel).since(day_of(panel, 0))
        assert table.at["1000.TW", RETURN] == pytest.approx(0.2)
        assert table.at["1000.TW", "market_return"] == pytest.approx(0.02)
        assert table.at["2000.TW", TROUBLE] == Reason.STALE
        assert np.isnan(table.at["2000.TW", RETURN])

    def test_a_jump_between_is_a_trouble_and_one_before_is_none(self) -> None:
        flags = [0, 0, int(BarFlag.JUMP), 0, 0]
        panel = panel_of({"1000.TW": [10, 10, 90, 90, 99], INDEX: [100.0] * 5}, flags=flags)
        benchmark = Benchmark(INDEX, Basis.PRICE, panel.series(INDEX, "close"))
        returns = Returns(panel, benchmark)
        assert returns.since(day_of(panel, 1)).at["1000.TW", TROUBLE] == Reason.JUMP
        after = returns.since(day_of(panel, 2)).loc["1000.TW"]
        assert (after[TROUBLE], after[RETURN]) == ("", pytest.approx(0.1))

    def test_without_an_index_nothing_is_relative(self) -> None:
        panel = panel_of({"1000.TW": [10.0, 11, 12]})
        own = returns_of(panel).since(day_of(panel, 0)).loc["1000.TW"]
        assert own[RETURN] == pytest.approx(0.2)
        assert np.isnan(own[RELATIVE])
        assert own[TROUBLE] == Reason.NO_BENCHMARK

    def test_what_is_not_known_yet_is_too_soon(self) -> None:
        panel = panel_of({"1000.TW": [10.0, 11, 12], INDEX: [1.0, 1, 1]})
        returns, later = returns_of(panel), dt.date(2030, 1, 1)
        assert returns.first_session(later) is None
        assert set(returns.since(later)[TROUBLE]) == {Reason.TOO_SOON}

    def test_later_bars_change_nothing_earlier(self) -> None:
        panel = random_panel(9, 300)
        level = pd.Series(np.linspace(100, 200, 300), index=panel.index, name=INDEX)
        whole = Returns(panel.as_of(day_of(panel, 200)), Benchmark(INDEX, Basis.TOTAL, level))
        early = panel.as_of(day_of(panel, 200))
        cut = Returns(early, Benchmark(INDEX, Basis.TOTAL, level.iloc[:201]))
        for place in (20, 150, 199):
            pd.testing.assert_frame_equal(
                whole.since(day_of(panel, place)), cut.since(day_of(panel, place)), rtol=0, atol=0
            )

    def test_members_that_beat_the_market_are_counted_once(self) -> None:
        panel = panel_of(
            {"1000.TW": [10, 12], "2000.TW": [10, 10], "3000.TW": [NAN, NAN], INDEX: [100, 110]}
        )
        table = returns_of(panel).since(day_of(panel, 0))
        names = ["1000.TW", "1000.TW", "2000.TW", "3000.TW", "absent"]
        assert beaten(table, names) == (1, 2)


def claim(
    way: int, relative: float, revenue: float = NAN, sessions: int = 60, trouble: str = ""
) -> list[object]:
    return [way, relative, revenue, sessions, trouble]


@pytest.mark.parametrize(
    ("row", "verdict", "reason"),
    [
        (claim(1, 0.1), "confirmed", ""),
        (claim(1, 0.1, 0.3), "confirmed", ""),
        (claim(1, -0.1), "not_so_far", ""),
        (claim(1, -0.1, -0.3), "not_so_far", ""),
        (claim(-1, -0.1), "confirmed", ""),
        (claim(-1, -0.1, -0.2), "confirmed", ""),
        (claim(-1, 0.1, 0.2), "not_so_far", ""),
        (claim(1, 0.1, -0.3), "cannot", "disagree"),
        (claim(1, -0.1, 0.3), "cannot", "disagree"),
        (claim(-1, -0.1, 0.2), "cannot", "disagree"),
        (claim(1, 0.1, 0.0), "cannot", "disagree"),
        (claim(1, 0.0), "cannot", "level"),
        (claim(0, 0.1), "cannot", "no_direction"),
        (claim(0, NAN, trouble="no_price"), "cannot", "no_direction"),
        (claim(1, NAN, trouble="not_traded"), "cannot", "not_traded"),
        (claim(1, 0.1, sessions=MIN_SESSIONS - 1), "cannot", "too_soon"),
        (claim(1, 0.1, sessions=MIN_SESSIONS), "confirmed", ""),
    ],
)
def test_the_rule(row: list[object], verdict: str, reason: str) -> None:
    columns = [DIRECTION, RELATIVE, REVENUE_YOY, SESSIONS, TROUBLE]
    found = judged(pd.DataFrame([row], columns=pd.Index(columns)))
    assert found.iloc[0].to_dict() == {VERDICT: verdict, REASON: reason}
    assert verdict in set(Verdict)


def revenue_rows(announced: str | None) -> pd.DataFrame:
    """Two years of one company, 100 a month and then 130; the last month told on a day."""
    months = pd.date_range("2023-10-01", "2025-10-01", freq="MS")
    values = [100.0 if one.year < 2025 else 130.0 for one in months]
    rows = pd.DataFrame({"symbol": "2330.TW", "month": months, "revenue": values})
    rows["announced"] = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[s]")
    if announced:
        rows.loc[rows.index[-1], "announced"] = pd.Timestamp(announced)
    return rows


@pytest.mark.parametrize(
    ("announced", "on", "known"),
    [
        ("2025-11-10", "2025-11-07", False),
        ("2025-11-10", "2025-11-10", False),
        ("2025-11-10", "2025-11-11", True),
        ("2025-11-05", "2025-11-05", False),
        ("2025-11-05", "2025-11-06", True),
        # Not told when: due on Monday the 10th, so known from Tuesday on.
        (None, "2025-11-10", False),
        (None, "2025-11-11", True),
    ],
)
def test_a_month_counts_from_the_session_after_it_was_told(
    announced: str | None, on: str, known: bool
) -> None:
    day = dt.date.fromisoformat(on)
    months = known_months(revenue_rows(announced), day, "TW")
    assert (months.index[-1] == pd.Timestamp("2025-10-01")) == known
    found = revenue_since(months, ["2330.TW"], dt.date(2025, 10, 1))
    assert found.months == int(known)
    assert found.yoy == pytest.approx(0.3, nan_ok=True) if known else np.isnan(found.yoy)


class TestRevenueSince:
    def frame(self) -> pd.DataFrame:
        months = pd.date_range("2024-01-01", periods=18, freq="MS")
        a = [100.0] * 12 + [110, 120, 130, 140, 150, NAN]
        b = [NAN] * 3 + [10.0] * 9 + [20.0] * 6
        return pd.DataFrame({"a": a, "b": b}, index=months)

    def test_whole_months_after_the_claim_together(self) -> None:
        found = revenue_since(self.frame(), ["a"], dt.date(2025, 2, 3))
        assert found.yoy == pytest.approx((130 + 140 + 150) / 300 - 1)
        assert found.latest == pytest.approx(0.5)
        assert (found.months, found.latest_month) == (3, pd.Timestamp("2025-05-01"))

    def test_a_month_that_begins_on_the_session_counts(self) -> None:
        assert revenue_since(self.frame(), ["a"], dt.date(2025, 2, 1)).months == 4

    def test_several_companies_where_both_years_are_known(self) -> None:
        found = revenue_since(self.frame(), ["a", "b", "absent"], dt.date(2025, 3, 1))
        # b has no March 2024 and a no June 2025.
        now, then = 130 + (140 + 20) + (150 + 20) + 20, 100 + 110 + 110 + 10
        assert found.yoy == pytest.approx(now / then - 1)
        assert (found.months, found.companies) == (4, 2)

    def test_nothing_known_is_missing(self) -> None:
        for names in ([], ["absent"], ["a"]):
            found = revenue_since(self.frame(), names, dt.date(2026, 1, 1))
            assert (found.months, found.companies) == (0, 0)
            assert np.isnan(found.yoy)
