"""Factors, references and jumps of bars, by hand and by property."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.prices.adjustment import adjusted_bars
from dashboard.prices.bars import BAR_DTYPES, BarFlag, empty_bars
from dashboard.prices.records import ACTIONS, LIMITS, RecordKind, empty_records
from dashboard.prices.sessions import sessions

DAYS = sessions("TW", dt.date(2026, 3, 2), dt.date(2026, 6, 30))
NAN = float("nan")


def bars(
    closes: list[float],
    *,
    adjusted: list[float] | None = None,
    symbol: str = "2330.TW",
    days: np.ndarray = DAYS,
    **columns: dict[int, float],
) -> pd.DataFrame:
    """Closes on consecutive sessions; other columns by place, none adjusted where not told."""
    count = len(closes)
    frame = pd.DataFrame({"symbol": symbol, "session": days[:count].astype("datetime64[s]")})
    for name in ("open", "high", "low", "close"):
        frame[name] = np.array(closes, float)
    frame["adjusted_close"] = frame["close"] if adjusted is None else np.array(adjusted, float)
    frame["volume"], frame["dividend"], frame["split"] = 1000.0, 0.0, 1.0
    frame["source"], frame["fetched_at"] = "test", pd.Timestamp("2026-07-01", tz="UTC")
    frame["flags"] = int(BarFlag.UNADJUSTED) if adjusted is None else 0
    for name, values in columns.items():
        for place, value in values.items():
            frame.loc[place, name] = value
    return frame.astype(BAR_DTYPES)


def records(kind: RecordKind, *rows: dict[str, object]) -> pd.DataFrame:
    if not rows:
        return empty_records(kind)
    frame = pd.DataFrame([{"symbol": "2330.TW", **row} for row in rows])
    frame = frame.reindex(columns=list(kind.columns))
    frame["source"], frame["fetched_at"] = "test", pd.Timestamp("2026-07-01", tz="UTC")
    return frame.astype(kind.columns)


def actions(*rows: dict[str, object]) -> pd.DataFrame:
    return records(ACTIONS, *rows)


def action(place: int, **told: float) -> dict[str, object]:
    return {"session": DAYS[place].astype("datetime64[s]"), **told}


def flagged(found: pd.DataFrame, flag: BarFlag) -> list[int]:
    return np.flatnonzero(found["flags"].to_numpy() & int(flag)).tolist()


def steps(found: pd.DataFrame) -> dict[int, float]:
    """Factors other than 1 by place."""
    factor = found["factor"].to_numpy()
    return {int(at): float(factor[at]) for at in np.flatnonzero(factor != 1)}


SPLIT = [400.0, 404.0, 101.0, 102.0, 103.0, 102.0, 101.0, 100.0]
"""One share becomes four before the third bar."""


class TestFactor:
    def test_a_split_by_hand(self) -> None:
        found = adjusted_bars(bars(SPLIT), actions=actions(action(2, split=4.0)))
        assert steps(found) == {2: 0.25}
        assert found["adjusted_close"].tolist() == [100.0, 101.0, *SPLIT[2:]]
        assert found["reference"].tolist() == pytest.approx(
            [NAN, 400, 101, 101, 102, 103, 102, 101], nan_ok=True
        )
        assert not flagged(found, BarFlag.JUMP)

    def test_a_dividend_by_hand(self) -> None:
        # Reference 100 - 4 = 96; the close of 98 is a gain of 98/96 - 1.
        found = adjusted_bars(bars([99.0, 100.0, 98.0]), actions=actions(action(2, dividend=4.0)))
        assert found["reference"].tolist()[1:] == [99.0, 96.0]
        adjusted = found["adjusted_close"].to_numpy()
        assert adjusted[2] / adjusted[1] == pytest.approx(98 / 96)
        assert adjusted[1] / adjusted[0] == pytest.approx(100 / 99)

    def test_an_action_while_nothing_trades_takes_effect_at_the_next_bar(self) -> None:
        halted = bars(SPLIT).drop(index=2).reset_index(drop=True)
        found = adjusted_bars(halted, actions=actions(action(2, split=4.0)))
        assert steps(found) == {2: 0.25}
        saturday = {"session": pd.Timestamp("2026-03-07"), "split": 4.0}
        closes = [400.0] * 5 + [100.0] * 3  # Friday 2026-03-06 is the fifth session
        assert steps(adjusted_bars(bars(closes), actions=actions(saturday))) == {5: 0.25}

    def test_actions_before_one_bar_multiply_each_from_the_last_reference(self) -> None:
        # 100 - 4 = 96, one share into two: 48, then another 3 of it: 45.
        halted = bars([100.0, 100.0, 46.0, 46.0]).drop(index=1).reset_index(drop=True)
        both = actions(action(2, dividend=3.0), action(1, dividend=4.0, split=2.0))
        assert steps(adjusted_bars(halted, actions=both)) == {1: pytest.approx(0.45)}

    def test_actions_before_the_first_and_after_the_last_bar_change_nothing(self) -> None:
        outside = actions(action(0, factor=0.25), action(9, factor=0.25))
        found = adjusted_bars(bars([100.0, 101.0, 102.0]), actions=outside)
        assert not steps(found)
        assert found["adjusted_close"].tolist() == [100.0, 101.0, 102.0]

    def test_the_stored_action_goes_before_the_bars_own(self) -> None:
        found = adjusted_bars(bars(SPLIT, split={2: 4.0}), actions=actions(action(2, split=4.0)))
        assert steps(found) == {2: 0.25}
        found = adjusted_bars(bars([100.0, 98.0], dividend={1: 1.0}),
                              actions=actions(action(1, dividend=2.0)))  # fmt: skip
        assert steps(found) == {1: 0.98}
        assert flagged(found, BarFlag.ADJUSTMENT_DIFFERS) == [1]

    def test_the_bars_own_goes_before_the_adjusted_close(self) -> None:
        found = adjusted_bars(
            bars([100.0, 98.0], adjusted=[97.0, 98.0], dividend={1: 2.0}), actions=actions()
        )
        assert steps(found) == {1: 0.98}
        assert flagged(found, BarFlag.ADJUSTMENT_DIFFERS) == [1]

    def test_where_nothing_else_tells_the_adjusted_close_does(self) -> None:
        found = adjusted_bars(bars([100.0, 98.0, 99.0], adjusted=[49.0, 49.0, 49.5]))
        assert steps(found) == {1: pytest.approx(0.98)}
        assert found["adjusted_close"].tolist() == pytest.approx([98.0, 98.0, 99.0])
        assert found["source_adjusted_close"].tolist() == [49.0, 49.0, 49.5]

    def test_an_adjusted_close_that_stands_in_tells_nothing(self) -> None:
        frame = bars([100.0, 98.0], adjusted=[98.0, 98.0])
        frame.loc[1, "flags"] = int(BarFlag.UNADJUSTED)
        found = adjusted_bars(frame)
        assert not steps(found)
        assert found["source_adjusted_close"].isna().tolist() == [False, True]

    def test_a_published_reference_is_the_reference(self) -> None:
        told = action(2, reference=100.5, previous_close=402.0, factor=0.3)
        found = adjusted_bars(bars(SPLIT), actions=actions(told))
        assert steps(found) == {2: 0.25}
        assert found["reference"].iloc[2] == 100.5

    def test_between_stored_actions_nothing_is_unadjusted(self) -> None:
        known = actions(action(1, dividend=1.0), action(3, dividend=1.0))
        found = adjusted_bars(bars([100.0] * 6), actions=known)
        assert flagged(found, BarFlag.UNADJUSTED) == [0, 4, 5]


KNOWN = actions(action(2, split=4.0))
RIGHT = [100.0, 101.0, 101.0, 102.0, 103.0, 102.0, 101.0, 100.0]
"""The same in today's shares."""


class TestSourceThatAdjustsOtherwise:
    """Splits that a source applies late, early, twice or not at all."""

    @pytest.mark.parametrize("place", [1, 3, 5])
    def test_a_split_told_late_or_early_is_one_split(self, place: int) -> None:
        found = adjusted_bars(bars(SPLIT, split={place: 4.0}), actions=KNOWN)
        assert found["adjusted_close"].tolist() == RIGHT
        assert flagged(found, BarFlag.ADJUSTMENT_DIFFERS) == [place]
        assert not flagged(found, BarFlag.JUMP)

    @pytest.mark.parametrize("place", [1, 3, 5])
    def test_adjusted_closes_split_late_or_early_are_not_followed(self, place: int) -> None:
        wrong = [close / 4 if at < place else close for at, close in enumerate(SPLIT)]
        found = adjusted_bars(bars(SPLIT, adjusted=wrong), actions=KNOWN)
        assert found["adjusted_close"].tolist() == RIGHT
        assert flagged(found, BarFlag.ADJUSTMENT_DIFFERS) == sorted([2, place])

    def test_a_split_that_the_source_does_not_know(self) -> None:
        found = adjusted_bars(bars(SPLIT, adjusted=SPLIT), actions=KNOWN)
        assert found["adjusted_close"].tolist() == RIGHT
        assert flagged(found, BarFlag.ADJUSTMENT_DIFFERS) == [2]

    @pytest.mark.parametrize("known", [KNOWN, None])
    def test_a_split_applied_twice_is_one_split(self, known: pd.DataFrame | None) -> None:
        found = adjusted_bars(bars(SPLIT, split={2: 4.0, 5: 4.0}), actions=known)
        assert found["adjusted_close"].tolist() == RIGHT
        assert flagged(found, BarFlag.ADJUSTMENT_DIFFERS) == [5]

    def test_a_dividend_told_late_is_one_dividend(self) -> None:
        closes = [100.0, 100.0, 97.0, 97.0, 97.0]
        found = adjusted_bars(
            bars(closes, dividend={4: 3.0}), actions=actions(action(2, dividend=3.0))
        )
        assert steps(found) == {2: 0.97}
        assert flagged(found, BarFlag.ADJUSTMENT_DIFFERS) == [4]

    def test_an_adjusted_close_with_a_late_dividend_is_not_followed(self) -> None:
        closes, late = [100.0, 100.0, 97.0, 97.0, 97.0], [97.0, 97.0, 94.09, 94.09, 97.0]
        found = adjusted_bars(bars(closes, adjusted=late), actions=actions(action(2, dividend=3.0)))
        assert steps(found) == {2: 0.97}
        assert flagged(found, BarFlag.ADJUSTMENT_DIFFERS) == [2, 4]

    def test_another_dividend_soon_after_is_another(self) -> None:
        closes = [100.0, 100.0, 97.0, 97.0, 92.0]
        found = adjusted_bars(
            bars(closes, dividend={2: 3.0, 4: 5.0}), actions=actions(action(2, dividend=3.0))
        )
        assert steps(found) == {2: 0.97, 4: pytest.approx(92 / 97)}

    def test_a_market_without_limits_follows_its_source(self) -> None:
        days = sessions("US", dt.date(2026, 3, 2), dt.date(2026, 6, 30))
        frame = bars(SPLIT, symbol="NVDA", days=days, split={3: 4.0})
        assert steps(adjusted_bars(frame)) == {3: 0.25}
        assert not flagged(adjusted_bars(frame), BarFlag.JUMP)


class TestJump:
    def test_only_an_action_explains_a_move_beyond_the_limit(self) -> None:
        adjusted = [close / 4 if at < 2 else close for at, close in enumerate(SPLIT)]
        found = adjusted_bars(bars(SPLIT, adjusted=adjusted))
        assert flagged(found, BarFlag.JUMP) == [2]
        assert not steps(found)
        assert np.isnan(found["reference"].iloc[2])
        for known in (
            adjusted_bars(bars(SPLIT, adjusted=adjusted, split={2: 4.0})),
            adjusted_bars(bars(SPLIT, adjusted=adjusted), actions=actions(action(2, factor=0.25))),
        ):
            assert not flagged(known, BarFlag.JUMP)

    @pytest.mark.parametrize(
        ("previous", "close", "is_jump"),
        [
            (478.5, 526.0, False),
            (478.5, 526.5, True),
            (478.5, 431.0, False),
            (478.5, 430.5, True),
            (9.95, 10.90, False),
            (9.95, 10.95, True),
            (0.05, 0.06, False),
            (0.05, 0.07, True),
            (0.05, 0.03, True),
        ],
    )
    def test_the_limit_is_exact(self, previous: float, close: float, is_jump: bool) -> None:
        found = adjusted_bars(bars([previous, close]))
        assert flagged(found, BarFlag.JUMP) == ([1] if is_jump else [])

    def test_the_seven_percent_of_before_june_2015(self) -> None:
        days = sessions("TW", dt.date(2015, 5, 28), dt.date(2015, 6, 10))
        found = adjusted_bars(bars([100.0, 108.0, 118.5, 118.5], days=days))
        assert flagged(found, BarFlag.JUMP) == [1]

    def test_an_action_that_does_not_explain_it_leaves_the_jump(self) -> None:
        found = adjusted_bars(bars(SPLIT), actions=actions(action(2, dividend=4.0)))
        assert flagged(found, BarFlag.JUMP) == [2]

    def test_a_plain_factor_may_be_off_by_less_than_a_tick(self) -> None:
        # 523 × 0.828872 = 433.50, whose limit is 476.5; the exchange's own was 433.68 → 477.
        known = actions(action(1, factor=0.828872))
        assert not flagged(adjusted_bars(bars([523.0, 477.0]), actions=known), BarFlag.JUMP)
        exact = actions(action(1, reference=433.5, previous_close=523.0))
        assert flagged(adjusted_bars(bars([523.0, 477.0]), actions=exact), BarFlag.JUMP) == [1]

    def test_no_limit_before_a_listing_and_in_its_first_five_sessions(self) -> None:
        closes = [100.0, 130.0, 170.0, 120.0, 160.0, 120.0, 160.0, 120.0, 160.0]
        listed = {"2330.TW": DAYS[2].item()}
        found = adjusted_bars(bars(closes), listed_since=listed)
        assert flagged(found, BarFlag.JUMP) == [7, 8]
        assert found["reference"].isna().tolist()[:4] == [True, True, True, False]
        assert flagged(adjusted_bars(bars(closes)), BarFlag.JUMP) == list(range(1, 9))
        never = {"2330.TW": dt.date.max}
        assert not flagged(adjusted_bars(bars(closes), listed_since=never), BarFlag.JUMP)

    def test_free_sessions_that_began_before_the_first_bar(self) -> None:
        late = bars([100.0, 130.0, 170.0, 120.0], days=DAYS[3:])
        found = adjusted_bars(late, listed_since={"2330.TW": DAYS[1].item()})
        assert flagged(found, BarFlag.JUMP) == [3]

    def test_ten_sessions_without_a_bar_are_a_halt_and_eleven_a_hole(self) -> None:
        closes = [100.0] * 2 + [200.0] * 30
        halt = bars(closes).drop(index=range(2, 11)).reset_index(drop=True)
        assert flagged(adjusted_bars(halt), BarFlag.JUMP) == [2]
        hole = bars(closes).drop(index=range(2, 12)).reset_index(drop=True)
        found = adjusted_bars(hole)
        assert not flagged(found, BarFlag.JUMP)
        assert np.isnan(found["reference"].iloc[2])

    @pytest.mark.parametrize("symbol", ["^TWII", "0050.TW", "NVDA", "7203.T"])
    def test_what_has_no_limit_has_no_jump(self, symbol: str) -> None:
        assert not flagged(adjusted_bars(bars([100.0, 200.0], symbol=symbol)), BarFlag.JUMP)

    def test_a_stored_flag_is_told_anew(self) -> None:
        frame = bars([100.0, 101.0], flags={1: int(BarFlag.JUMP | BarFlag.NO_VOLUME)})
        assert adjusted_bars(frame)["flags"].tolist()[1] == BarFlag.NO_VOLUME


class TestPublishedLimits:
    def test_the_exchanges_reference_and_limits_go_before_ours(self) -> None:
        # The share did not trade the day before: its reference has moved to 105.
        own = {"session": DAYS[1], "reference": 105.0, "limit_up": 115.5, "limit_down": 94.5}
        found = adjusted_bars(bars([100.0, 115.0]), limits=records(LIMITS, own))
        assert not flagged(found, BarFlag.JUMP)
        assert found["reference"].iloc[1] == 105.0
        assert (found["limit_up"].iloc[1], found["limit_down"].iloc[1]) == (115.5, 94.5)
        assert flagged(adjusted_bars(bars([100.0, 115.0])), BarFlag.JUMP) == [1]

    def test_a_far_reference_tells_of_an_action_that_is_not_stored(self) -> None:
        own = {"session": DAYS[1], "reference": 25.0, "limit_up": 27.5, "limit_down": 22.5}
        found = adjusted_bars(bars([100.0, 26.0]), limits=records(LIMITS, own))
        assert flagged(found, BarFlag.JUMP) == [1]

    def test_a_session_that_the_exchange_leaves_free(self) -> None:
        own = {"session": DAYS[1], "reference": 100.0}
        assert not flagged(
            adjusted_bars(bars([100.0, 150.0]), limits=records(LIMITS, own)), BarFlag.JUMP
        )


def test_symbols_and_markets_do_not_touch_each_other() -> None:
    days = sessions("US", dt.date(2026, 3, 2), dt.date(2026, 6, 30))
    parts = [
        bars(SPLIT, split={2: 4.0}),
        bars([10.0, 11.0, 12.0], symbol="NVDA", days=days),
        bars([50.0, 50.5, 51.0], symbol="1101.TW"),
    ]
    shuffled = pd.concat(parts).sample(frac=1, random_state=3)
    found = adjusted_bars(shuffled, actions=actions({**action(1, factor=0.5), "symbol": "1102.TW"}))
    for part in parts:
        alone = adjusted_bars(part)
        own = found[found["symbol"] == part["symbol"].iloc[0]].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, alone)


def test_no_bars_give_none() -> None:
    assert adjusted_bars(empty_bars(), actions=actions()).empty


CLOSES = st.lists(st.floats(-0.06, 0.06), min_size=3, max_size=40).map(
    lambda moves: np.round(200 * np.cumprod(1 + np.array(moves)), 2).tolist()
)


def returns(found: pd.DataFrame) -> np.ndarray:
    adjusted = found["adjusted_close"].to_numpy()
    return adjusted[1:] / adjusted[:-1]


@settings(max_examples=30, deadline=None)
@given(CLOSES, st.data())
def test_inserting_a_split_changes_no_adjusted_return(
    closes: list[float], data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(closes) - 1))
    ratio = data.draw(st.sampled_from([2.0, 4.0, 0.5, 10.0]))
    split = [close if at < place else close / ratio for at, close in enumerate(closes)]
    known = actions({**action(place, split=ratio), "symbol": "NVDA"})
    stored = adjusted_bars(bars(split, symbol="NVDA"), actions=known)
    own = adjusted_bars(bars(split, symbol="NVDA", split={place: ratio}))
    plain = returns(adjusted_bars(bars(closes, symbol="NVDA")))
    np.testing.assert_allclose(returns(stored), plain, rtol=1e-12)
    np.testing.assert_allclose(returns(own), plain, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(CLOSES, st.floats(0.01, 100))
def test_adjusted_returns_ignore_the_scale_of_prices(closes: list[float], scale: float) -> None:
    adjusted = [close * 0.9 if at < 2 else close for at, close in enumerate(closes)]
    scaled = bars(
        [c * scale for c in closes], adjusted=[a * scale for a in adjusted], symbol="NVDA"
    )
    plain = bars(closes, adjusted=adjusted, symbol="NVDA")
    np.testing.assert_allclose(
        returns(adjusted_bars(scaled)), returns(adjusted_bars(plain)), rtol=1e-9
    )


@settings(max_examples=30, deadline=None)
@given(CLOSES, st.integers(1, 39), st.floats(0.2, 5))
def test_the_last_close_is_as_traded_and_a_later_action_scales_all_before(
    closes: list[float], place: int, factor: float
) -> None:
    known = actions(action(place, factor=factor))
    found = adjusted_bars(bars(closes), actions=known)
    assert found["adjusted_close"].iloc[-1] == closes[-1]
    expected = [
        close * factor if at < place < len(closes) else close for at, close in enumerate(closes)
    ]
    np.testing.assert_allclose(found["adjusted_close"], expected, rtol=1e-12)
