"""A list through time: each share from its own day, and all of them in equal amounts."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from dashboard.analytics.layer_series import layer_index
from dashboard.analytics.list_series import list_series
from dashboard.prices.bars import BarFlag
from tests.unit.panels import panel_of, random_panel

NAN = float("nan")
DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in range(5)]
"""A Monday to its Friday."""


def points(line: pd.Series) -> list[float]:
    return [round(float(one), 6) for one in line.dropna()]


def test_each_line_begins_at_100_on_its_own_day() -> None:
    panel = panel_of({"A": [10, 11, 12, 12, 15], "B": [50, 50, 40, 44, 44]})
    lines, together = list_series([panel], {"B": DAYS[2], "A": DAYS[0]}, DAYS[4])
    assert list(lines.columns) == ["B", "A"]
    assert points(lines["A"]) == [100, 110, 120, 120, 150]
    assert points(lines["B"]) == [100, 110, 110]
    # B is bought after the third close with A's amount of then: 120 + 120 of 240, scaled by 1/2.
    by_hand = [100, 110, 120, (120 * 12 / 12 + 120 * 44 / 40) / 2, (120 * 15 / 12 + 132) / 2]
    assert points(together) == [round(one, 6) for one in by_hand]


def test_a_share_that_did_not_trade_on_its_day_stands_at_its_close_before() -> None:
    panel = panel_of({"A": [10, NAN, NAN, 12, 12], "B": [NAN, NAN, 5, 5, 6]})
    lines, _ = list_series([panel], {"A": DAYS[1], "B": DAYS[0]}, DAYS[4])
    assert points(lines["A"]) == [100, 120, 120]
    assert lines["A"].first_valid_index() == pd.Timestamp(DAYS[1])
    assert points(lines["B"]) == [100, 100, 120]
    assert lines["B"].first_valid_index() == pd.Timestamp(DAYS[2])


def test_markets_with_other_sessions_come_together() -> None:
    home = panel_of({"A": [10, 20, 20, 20, 30]})
    abroad = panel_of({"N": [1, 2, 2]}, market="US", start="2024-01-03")
    lines, together = list_series([home, abroad], {"A": DAYS[0], "N": DAYS[0]}, DAYS[4])
    assert points(lines["N"]) == [100, 200, 200]
    assert points(together) == [100, 200, 200, (200 * 1 + 200 * 2) / 2, (200 * 1.5 + 200 * 2) / 2]


def test_after_a_jump_the_line_is_a_new_one_and_the_whole_passes_over_it() -> None:
    flags = [0, 0, int(BarFlag.JUMP), 0, 0]
    panel = panel_of({"A": [10, 10, 100, 110, 121]}, flags=flags)
    lines, together = list_series([panel], {"A": DAYS[0]}, DAYS[4])
    assert points(lines["A"]) == [100, 110, 121]
    assert points(together) == [100, 100, 100, 110, 121]


def test_nothing_later_and_nothing_unknown_counts() -> None:
    panel = panel_of({"A": [10, 11, 12, 12, 15]})
    before, _ = list_series([panel], {"A": DAYS[0], "Z": DAYS[0]}, DAYS[1])
    assert list(before.columns) == ["A"]
    assert points(before["A"]) == [100, 110]
    assert list_series([panel], {"Z": DAYS[0]}, DAYS[1]).lines.empty
    assert list_series([], {"A": DAYS[0]}, DAYS[1]).together.empty


def test_with_one_start_the_whole_is_the_index_of_a_layer() -> None:
    panel = random_panel(6, 200)
    start, end = panel.sessions[40].item(), panel.sessions[-1].item()
    since = dict.fromkeys(panel.symbols, start)
    _, together = list_series([panel], since, end)
    expected = layer_index(panel, panel.symbols, start, end)
    np.testing.assert_allclose(together, expected.loc[together.index], rtol=1e-12)
