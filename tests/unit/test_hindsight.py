"""The hindsight gap and breadth by hand: who counts, who does not, and what is not pretended."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.benchmark import Basis, period_returns
from dashboard.analytics.breadth import group_breadth, own_averages, symbol_marks
from dashboard.analytics.hindsight import hindsight_lines, hindsight_table
from dashboard.analytics.panel import Panel
from dashboard.prices.bars import BarFlag
from tests.unit.panels import panel_of
from tests.unit.test_chained import ALWAYS, A, B, C, always, windows

NAN = np.nan
# 2024-01-01 to 2024-02-09, six weeks; the month before the end begins on 2024-01-09.
SESSIONS = 30
BASE = 6


def moving(first: float, last: float) -> list[float]:
    """One price up to the base, another from the session after."""
    return [first] * (BASE + 1) + [last] * (SESSIONS - BASE - 1)


PANEL = panel_of({A: moving(100, 200), B: moving(100, 110), C: moving(100, 150)})
TODAY = pd.DataFrame({"symbol": [A, B, C], "layer": ["x", "x", "y"], "market": "TW"})
KNOWN = windows(
    (A, "x", "2024-01-20", None), (B, "x", "2024-01-09", None), (C, "y", "2024-01-20", None)
)


def test_the_gap_by_hand() -> None:
    found = hindsight_table(PANEL, TODAY, KNOWN, "1m", by="layer")
    assert found.index.tolist() == ["x", "y", "map"]
    row = found.loc["x"]
    assert row["start"] == pd.Timestamp("2024-01-09")
    assert (row["today_return"], row["known_return"]) == pytest.approx((0.55, 0.1))
    assert row["gap"] == pytest.approx(0.45)
    assert (row["today_counted"], row["known_counted"], row["known_members"]) == (2, 1, 1)
    whole = found.loc["map"]
    assert whole["today_return"] == pytest.approx((1 + 0.1 + 0.5) / 3)
    assert whole["known_return"] == pytest.approx(0.1)


def test_where_nobody_was_known_there_is_no_number() -> None:
    row = hindsight_table(PANEL, TODAY, KNOWN, "1m", by="layer").loc["y"]
    assert row["today_return"] == pytest.approx(0.5)
    assert np.isnan(row["gap"])
    assert row["known_members"] == 0
    assert row["first_known"] == pd.Timestamp("2024-01-20")


def test_a_base_before_the_panel_gives_nothing() -> None:
    row = hindsight_table(PANEL, TODAY, KNOWN, "3m", by="layer").loc["x"]
    assert pd.isna(row["start"])
    assert np.isnan(row["today_return"])
    assert hindsight_lines(PANEL, TODAY, KNOWN, "3m").today == ()


def test_a_member_that_left_was_known_and_one_that_stopped_trading_stays() -> None:
    closes = moving(100, 50)
    closes[15:] = [NAN] * (SESSIONS - 15)
    panel = panel_of({A: moving(100, 200), B: closes})
    members = windows((A, "x", ALWAYS, None), (B, "x", ALWAYS, "2024-01-20"))
    row = hindsight_table(panel, TODAY[:1], members, "1m", by="layer").loc["x"]
    assert (row["today_return"], row["known_return"]) == pytest.approx((1.0, 0.25))
    assert row["gap"] == pytest.approx(0.75)


def test_a_member_with_a_jump_since_the_base_does_not_count() -> None:
    flags = [0] * SESSIONS
    flags[12] = int(BarFlag.JUMP)
    panel = panel_of({A: moving(100, 200)}, flags=flags)
    row = hindsight_table(panel, TODAY[:1], always([A]), "1m", by="layer").loc["x"]
    assert (row["today_counted"], row["today_members"]) == (0, 1)
    assert np.isnan(row["today_return"])


def test_the_lines_end_at_the_table() -> None:
    found = hindsight_lines(PANEL, TODAY[:2], KNOWN[:2], "1m")
    assert (found.today, found.known) == ((A, B), (B,))
    assert found.lines.iloc[0].tolist() == [0, 0, 0]
    assert found.lines.iloc[-1].tolist() == pytest.approx([0.55, 0.1, 0.45])


# Breadth.


def shares(panel: Panel, members: pd.DataFrame, mark: str) -> list[float]:
    return group_breadth(symbol_marks(panel), panel, members, "layer").share(mark)["x"].tolist()


def test_shares_count_known_members_with_a_bar_and_never_fewer_than_three() -> None:
    closes = {A: [10, 11, 12], B: [10, 9, 8], C: [10, 11, NAN], "1104.TW": [10, 11, 12]}
    panel = panel_of(closes)
    members = windows(*((one, "x", ALWAYS, None) for one in closes))
    assert shares(panel, members, "advancing") == pytest.approx([NAN, 0.75, 2 / 3], nan_ok=True)
    late = windows(*((one, "x", "2024-01-03", None) for one in closes))
    assert shares(panel, late, "advancing") == pytest.approx([NAN, NAN, 2 / 3], nan_ok=True)
    few = group_breadth(symbol_marks(panel), panel, members[:2], "layer")
    assert np.isnan(few.share("advancing")["x"]).all()
    assert few.counts["advancing"]["x"].tolist() == [0, 1, 1]
    assert few.valid["advancing"]["x"].tolist() == [0, 2, 2]


def test_limits_are_counted() -> None:
    # 100 → 110 and 90 are the limits; 109.5 is not.
    panel = panel_of({A: [100, 110], B: [100, 90], C: [100, 109.5]}, range_width=0)
    marks = symbol_marks(panel)
    found = group_breadth(marks, panel, always([A, B, C]), "layer")
    assert found.counts["limit_up"]["x"].iloc[-1] == 1
    assert found.counts["limit_down"]["x"].iloc[-1] == 1
    assert found.valid["limit_up"]["x"].tolist() == [0, 3]


def test_averages_pass_over_halts_and_begin_anew_after_a_jump() -> None:
    panel = panel_of({A: [1, 2, NAN, 3, 4]})
    found = own_averages(panel, (3,))[3][0]
    assert found.tolist() == pytest.approx([NAN, NAN, NAN, 2, 3], nan_ok=True)
    jump = [0, 0, 0, int(BarFlag.JUMP), 0]
    found = own_averages(panel_of({A: [1, 2, 3, 30, 31]}, flags=jump), (2,))[2][0]
    assert found.tolist() == pytest.approx([NAN, 1.5, 2.5, NAN, 30.5], nan_ok=True)


def test_a_new_high_needs_a_year_behind_it() -> None:
    panel = panel_of({A: [*range(100, 400)]})
    high = symbol_marks(panel)["new_high"][0]
    first = int(np.flatnonzero(~np.isnan(high))[0])
    assert panel.sessions[first] - panel.sessions[0] == np.timedelta64(364, "D")
    assert (high[first:] == 1).all()
    assert period_returns(panel, Basis.PRICE)[A].iloc[1] == pytest.approx(0.01)
    assert panel.index[-1].date() > dt.date(2025, 2, 1)
