"""The rotation graph and the ribbon, by hand calculation and plain loops."""

from __future__ import annotations

import datetime as dt
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.bottleneck import (
    BEFORE,
    LEADER,
    leader_changes,
    moved,
    ranks,
    relative_returns,
)
from dashboard.analytics.rotation import (
    ANGLE,
    FINISHED,
    KNOWN_WEEKS,
    MISSING_WEEKS,
    NEEDED,
    QUADRANT,
    QUADRANT_WEEKS,
    SPEED,
    Quadrant,
    Rotation,
    aligned,
    last_sessions,
    quadrants,
    rotation,
    rotation_series,
    rotation_table,
    week_finished,
    weekly_closes,
)
from dashboard.charts.rotation import MAX_FRAMES, Trail, Words, rotation_chart
from dashboard.charts.theme import theme

NAN = math.nan


def weeks(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2024-01-01", periods=count, freq="7D", name="week").as_unit("s")


def walk(count: int, seed: int = 3) -> pd.Series:
    steps = np.random.default_rng(seed).normal(0, 0.03, count)
    return pd.Series(np.cumsum(steps), index=weeks(count))


def by_loop(values: list[float], window: int = 14, step: int = 1, span: int = 5) -> list[tuple]:
    """(ratio, momentum) week by week, as the formula is printed."""

    def z(series: list[float]) -> list[float]:
        out = []
        for place in range(len(series)):
            part = series[max(0, place - window + 1) : place + 1]
            if len(part) < window or any(map(math.isnan, part)):
                out.append(NAN)
            else:
                out.append((part[-1] - statistics.mean(part)) / statistics.stdev(part))
        return out

    def ema(series: list[float]) -> list[float]:
        out, state = [], NAN
        for value in series:
            if not math.isnan(value):
                state = value if math.isnan(state) else state + 2 / (span + 1) * (value - state)
            out.append(NAN if math.isnan(value) else state)
        return out

    ratio = ema(z(values))
    change = [NAN] * step + [b - a for a, b in zip(ratio, ratio[step:], strict=False)]
    momentum = ema(z(change))
    return [
        (NAN, NAN) if math.isnan(m) else (100 + r, 100 + m)
        for r, m in zip(ratio, momentum, strict=True)
    ]


def of(strength: pd.DataFrame, *, finished: bool = True) -> Rotation:
    return rotation(strength, last_sessions(pd.DatetimeIndex(strength.index)), finished=finished)


class TestFormula:
    def test_it_is_the_printed_one(self) -> None:
        strength = pd.DataFrame({"a": walk(60), "b": walk(60, 4).where(walk(60).index > "2024-03")})
        found = of(strength)
        for group in strength:
            expected = by_loop(strength[group].tolist())
            shown = list(zip(found.ratio[group], found.momentum[group], strict=True))
            np.testing.assert_allclose(shown, expected, rtol=1e-12)

    def test_by_hand_with_windows_of_two(self) -> None:
        # Of two values the later is (b-a)/2 from the mean and |b-a|/√2 is their spread: ±1/√2.
        strength = pd.DataFrame({"a": [0.0, 1.0, 0.0, 2.0, 1.0]}, index=weeks(5))
        found = rotation(
            strength, last_sessions(pd.DatetimeIndex(weeks(5))), window=2, step=1, smoothing=1
        )
        root = 1 / math.sqrt(2)
        # ratio: +, -, +, - → its changes -, +, - → momentum from the third of them: +, -
        expected = [NAN, NAN, NAN, 100 + root, 100 - root]
        np.testing.assert_allclose(found.ratio["a"], expected)
        np.testing.assert_allclose(found.momentum["a"], expected)

    def test_the_first_point_needs_two_windows(self) -> None:
        for count in (NEEDED - 1, NEEDED):
            found = of(pd.DataFrame({"a": walk(count)}))
            table = rotation_table(found)
            assert table.loc["a", KNOWN_WEEKS] == count
            assert table.loc["a", MISSING_WEEKS] == NEEDED - count
            assert found.ratio["a"].notna().sum() == (count == NEEDED)
        assert NEEDED == 28

    def test_a_group_that_never_moves_has_no_point(self) -> None:
        found = of(pd.DataFrame({"a": 0.1 + 0 * walk(60), "b": walk(60)}))
        assert found.ratio["a"].isna().all()
        assert pd.isna(rotation_table(found).loc["a", QUADRANT])
        assert found.ratio["b"].notna().any()

    @settings(max_examples=15, deadline=None)
    @given(st.floats(0.01, 100), st.floats(0.01, 100))
    def test_scales_of_prices_do_not_matter(self, price: float, index: float) -> None:
        level, against = np.exp(walk(50)), np.exp(walk(50, 9))
        plain = of(pd.DataFrame({"a": np.log(level / against)}))
        scaled = of(pd.DataFrame({"a": np.log(price * level / (index * against))}))
        np.testing.assert_allclose(scaled.ratio, plain.ratio, rtol=1e-9)
        np.testing.assert_allclose(scaled.momentum, plain.momentum, rtol=1e-9)

    @settings(max_examples=15, deadline=None)
    @given(st.integers(30, 69))
    def test_later_weeks_change_no_bit_of_earlier_ones(self, count: int) -> None:
        strength = pd.DataFrame({"a": walk(70), "b": walk(70, 5)})
        whole, cut = of(strength), of(strength.iloc[:count])
        pd.testing.assert_frame_equal(whole.ratio.iloc[:count], cut.ratio, check_exact=True)
        pd.testing.assert_frame_equal(whole.momentum.iloc[:count], cut.momentum, check_exact=True)


class TestWeeks:
    def test_the_last_session_of_an_iso_week_closes_it(self) -> None:
        days = pd.DatetimeIndex(["2024-12-30", "2025-01-02", "2025-01-03", "2025-01-06"])
        closes = weekly_closes(pd.DataFrame({"a": [1.0, 2.0, NAN, 4.0]}, index=days))
        assert closes["a"].tolist() == [2.0, 4.0]
        assert closes.index.tolist() == [pd.Timestamp("2024-12-30"), pd.Timestamp("2025-01-06")]
        assert last_sessions(days).tolist() == [pd.Timestamp("2025-01-03"), days[-1]]

    @pytest.mark.parametrize(
        ("day", "over"),
        [("2026-06-30", False), ("2026-06-26", True), ("2026-02-11", True), ("2026-06-27", True)],
    )
    def test_a_week_is_finished_when_no_session_is_left(self, day: str, over: bool) -> None:
        # 2026-02-11 was the last session before the Lunar New Year, a Wednesday.
        assert week_finished("TW", dt.date.fromisoformat(day)) is over

    def test_a_closed_market_stands_at_its_last_close_for_two_weeks(self) -> None:
        own = pd.DataFrame({"a": [1.0, 5.0]}, index=weeks(6)[[0, 4]])
        shown = aligned(own, weeks(6))["a"]
        np.testing.assert_array_equal(shown, [1.0, 1.0, 1.0, NAN, 5.0, 5.0])

    def test_an_unfinished_week_is_marked(self) -> None:
        rows = rotation_series(of(pd.DataFrame({"a": walk(40)}), finished=False))
        assert rows[FINISHED].tolist() == [True] * (len(rows) - 1) + [False]
        assert len(rows) == 40 - NEEDED + 1


def test_quadrants_and_their_borders() -> None:
    points = {
        (101, 101): Quadrant.LEADING,
        (100, 100): Quadrant.LEADING,
        (101, 99.99): Quadrant.WEAKENING,
        (100, 99): Quadrant.WEAKENING,
        (99.99, 99.99): Quadrant.LAGGING,
        (99, 100): Quadrant.IMPROVING,
    }
    ratio, momentum = (pd.DataFrame([[one[n] for one in points]]) for n in (0, 1))
    assert quadrants(ratio, momentum).iloc[0].tolist() == [one.value for one in points.values()]
    assert quadrants(ratio * NAN, momentum).iloc[0].tolist() == [None] * len(points)


def test_time_in_a_quadrant_direction_and_speed() -> None:
    ratio = pd.DataFrame({"a": [99, 101, 101, 104.0], "b": [101, 99, 101, NAN]}, index=weeks(4))
    momentum = pd.DataFrame({"a": [101.0, 102, 101, 105], "b": [101.0] * 4}, index=weeks(4))
    table = rotation_table(
        Rotation(ratio * 0, ratio, momentum, last_sessions(pd.DatetimeIndex(weeks(4))), True)
    )
    assert table[QUADRANT_WEEKS].tolist() == [3, 0]
    assert table.loc["a", SPEED] == 5  # 3 across, 4 up
    assert table.loc["a", ANGLE] == pytest.approx(math.degrees(math.acos(3 / 5)))
    assert table.loc["a", QUADRANT] == "leading"
    assert pd.isna(table.loc["b", QUADRANT])


class TestRibbon:
    def test_relative_return_and_rank(self) -> None:
        levels = pd.DataFrame({"a": [1.0, 1.0, 1.3], "b": [2.0, 2.0, 2.2], "c": [NAN, 1.0, 9.0]})
        against = pd.Series([1.0, 1.0, 1.1])
        relative = relative_returns(np.log(levels.div(against, axis=0)), 2)
        np.testing.assert_allclose(relative.iloc[2], [1.3 / 1.1 - 1, 0.0, NAN], atol=1e-15)
        np.testing.assert_array_equal(ranks(relative).iloc[2], [1.0, 2.0, NAN])
        assert relative.iloc[:2].isna().all(axis=None)

    def test_equals_keep_the_map_s_order(self) -> None:
        assert ranks(pd.DataFrame({"b": [0.1], "a": [0.1]})).iloc[0].tolist() == [1, 2]

    def test_a_leader_changes_with_the_second_week_on_top(self) -> None:
        order = "xaabaaabbbab_ba"
        relative = pd.DataFrame(
            {
                one: [NAN if day == "_" else float(day == one) for day in order]
                for one in ("a", "b", "x")
            },
            index=weeks(len(order)),
        )
        changes = leader_changes(relative)
        assert [weeks(15).get_loc(one) for one in changes.index] == [2, 8]
        assert changes[LEADER].tolist() == ["a", "b"]
        assert changes[BEFORE].isna().tolist() == [True, False]
        assert changes[BEFORE].iloc[1] == "a"

    def test_later_weeks_undo_no_change(self) -> None:
        relative = pd.DataFrame({one: walk(80, n) for n, one in enumerate("abcd")})
        whole = leader_changes(relative)
        assert len(whole) > 3
        for count in (20, 41, 63):
            cut = leader_changes(relative.iloc[:count])
            pd.testing.assert_frame_equal(cut, whole[whole.index <= weeks(80)[count - 1]])


class TestClaims:
    strength = pd.DataFrame(
        {"a": np.log([1, 1, 1, 1, 1.2, 1.2, 1.2, 1.2, 2.4, 9]), "b": np.zeros(10)}, index=weeks(10)
    )
    last = last_sessions(pd.DatetimeIndex(weeks(10) + pd.Timedelta(days=4)))

    def about(self, day: str, **more: object) -> tuple:
        found = moved(self.strength, self.last, "a", dt.date.fromisoformat(day), **more)
        places = (found.rank_before, found.rank_after)
        return found.weeks, round(found.before, 9), round(found.after, 9), *places

    def test_both_sides_have_the_same_weeks_from_the_close_before(self) -> None:
        # Friday 2024-02-02 ends the fifth week; what is known on the day after counts from it.
        assert self.about("2024-02-03") == (4, 0.2, 1.0, 1, 1)

    def test_the_day_s_own_week_is_not_before_it(self) -> None:
        # On the Friday itself the base is the week before: 3 weeks of history, too few.
        assert self.about("2024-02-02")[0] == 0

    def test_an_unfinished_week_does_not_count(self) -> None:
        assert self.about("2024-02-10") == (4, 0.2, 6.5, 1, 1)
        assert self.about("2024-02-10", finished=False)[0] == 0

    def test_no_more_weeks_than_asked_and_no_unknown_group(self) -> None:
        assert self.about("2024-02-03", weeks=4)[0] == 4
        assert moved(self.strength, self.last, "c", dt.date(2024, 2, 3)).weeks == 0


class TestChart:
    words = Words({one.value: one.value for one in Quadrant}, "R", "M", "Week")

    def figure(self, count: int, groups: int, *, drawn: int, finished: bool = True) -> dict:
        found = of(pd.DataFrame({f"g{n}": walk(count, n) for n in range(groups)}))
        labels = [f"w{n}" for n in range(count)]
        trails = [Trail(f"g{n}", f"<b>群組 {n}", drawn=n < drawn) for n in range(groups)]
        return rotation_chart(
            found.ratio,
            found.momentum,
            labels,
            trails,
            self.words,
            theme=theme(),
            tail=8,
            finished=finished,
        ).to_plotly_json()

    def test_a_frame_a_week_ends_where_the_week_does(self) -> None:
        figure = self.figure(120, 3, drawn=2)
        found = of(pd.DataFrame({"g1": walk(120, 1)}))
        frames = figure["frames"]
        assert [one["name"] for one in frames] == [f"w{n}" for n in range(120 - MAX_FRAMES, 120)]
        tail, head = frames[10]["data"][3:5]
        assert tail["x"][-1] == head["x"][0] == round(found.ratio["g1"].iloc[-43], 2)
        assert len(tail["y"]) == 9
        assert tail["y"][0] == round(found.momentum["g1"].iloc[-51], 2)

    def test_names_are_shown_as_written_and_others_are_grey(self) -> None:
        figure = self.figure(60, 4, drawn=1)
        grey, _, head = figure["data"]
        assert head["text"] == ["&lt;b&gt;群組 0"]
        assert grey["hovertext"] == ["&lt;b&gt;群組 1", "&lt;b&gt;群組 2", "&lt;b&gt;群組 3"]

    def test_an_unfinished_week_is_hollow(self) -> None:
        frames = self.figure(60, 2, drawn=2, finished=False)["frames"]
        symbols = [one["data"][2]["marker"]["symbol"] for one in frames]
        assert symbols == ["circle"] * (len(frames) - 1) + ["circle-open"]

    def test_nothing_known_draws_the_quadrants_only(self) -> None:
        figure = self.figure(20, 2, drawn=2)
        assert not any(x is not None for trace in figure["data"] for x in trace["x"])
        assert "sliders" not in figure["layout"]
