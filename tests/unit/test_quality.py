import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.i18n import LANGUAGES
from dashboard.prices.bars import BarFlag, empty_bars, validated
from dashboard.prices.quality import Checked, Reason, check

from .price_bars import bars_of

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)  # 20:00 in Taipei
LISTED = {"2330.TW": dt.date(2000, 1, 4)}


def checked(bars: pd.DataFrame, **options: object) -> Checked:
    return check(bars, now=NOW, first_sessions=LISTED, **options)  # type: ignore[arg-type]


def reasons(result: Checked) -> list[tuple[str, Reason]]:
    return [(refusal.session.isoformat(), refusal.reason) for refusal in result.refusals]


def market(count: int, start: str = "2026-06-22", end: str = "2026-06-30") -> pd.DataFrame:
    parts = [bars_of(f"{2300 + n}.TW", start, end) for n in range(count)]
    return pd.concat(parts, ignore_index=True)


def flagged(result: Checked, flag: BarFlag) -> list[str]:
    rows = result.bars[(result.bars["flags"] & int(flag)) != 0]
    return [f"{day:%Y-%m-%d}" for day in rows["session"]]


def test_good_bars_pass_unchanged_and_none_are_none() -> None:
    bars = bars_of("2330.TW", "2026-06-01", "2026-06-30")
    result = checked(bars.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(result.bars, bars)
    assert result.refusals == result.holes == ()
    assert checked(empty_bars()).bars.empty


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"close": np.nan}, Reason.NO_CLOSE),
        ({"close": 0.0}, Reason.NOT_POSITIVE),
        ({"open": -5.0}, Reason.NOT_POSITIVE),
        ({"low": 200.0}, Reason.LOW_ABOVE_HIGH),
        ({"volume": -1.0}, Reason.INVALID),
        ({"adjusted_close": np.nan}, Reason.INVALID),
        ({"split": np.inf}, Reason.INVALID),
        ({"close": 1e308, "high": 1e308}, Reason.INVALID),
        ({"adjusted_close": 1.1e12}, Reason.INVALID),
        ({"dividend": 1e13}, Reason.INVALID),
        ({"volume": 1.1e15}, Reason.INVALID),
        ({"session": pd.Timestamp("0001-01-01").as_unit("s")}, Reason.NOT_A_SESSION),
        ({"session": pd.Timestamp("1950-01-02")}, Reason.NOT_A_SESSION),
        ({"flags": int(BarFlag.SIMULATED)}, Reason.SIMULATED),
        ({"session": pd.Timestamp("2026-06-20")}, Reason.NOT_A_SESSION),
        ({"session": pd.Timestamp("2026-07-01")}, Reason.NOT_FINAL),
    ],
)
def test_one_bad_bar_is_refused_and_the_others_stay(
    change: dict[str, object], reason: Reason
) -> None:
    bars = bars_of("2330.TW", "2026-06-22", "2026-06-30")
    for column, value in change.items():
        bars.loc[2, column] = value
    result = checked(bars)
    assert [refusal.reason for refusal in result.refusals] == [reason]
    assert len(validated(result.bars)) == len(bars) - 1


@settings(deadline=None, max_examples=60)
@given(
    column=st.sampled_from(
        ["open", "high", "low", "close", "adjusted_close", "volume", "dividend", "split"]
    ),
    value=st.floats(),
    row=st.integers(0, 6),
)
def test_what_is_accepted_is_always_valid(column: str, value: float, row: int) -> None:
    bars = bars_of("2330.TW", "2026-06-22", "2026-06-30")
    bars.loc[row, column] = value
    result = checked(bars)
    assert len(validated(result.bars)) + len(result.refusals) == len(bars)


def test_the_bar_of_a_running_session_is_refused_until_it_is_final() -> None:
    bars = bars_of("2330.TW", "2026-06-29", "2026-06-30")
    open_now = dt.datetime(2026, 6, 30, 5, 34, tzinfo=dt.UTC)
    assert reasons(check(bars, now=open_now)) == [("2026-06-30", Reason.NOT_FINAL)]
    assert not check(bars, now=open_now + dt.timedelta(minutes=1)).refusals


def test_equal_copies_become_one_and_different_ones_none() -> None:
    bars = bars_of("2330.TW", "2026-06-29", "2026-06-30")
    later = bars.iloc[[1]].assign(source="other")
    assert len(checked(pd.concat([bars, later])).bars) == 2
    result = checked(pd.concat([bars, later.assign(close=100.2)]))
    assert reasons(result) == [("2026-06-30", Reason.CONFLICTING)] * 2
    assert len(result.bars) == 1


def test_a_day_on_which_nearly_all_repeat_the_day_before_is_a_phantom() -> None:
    bars = market(10)
    day, before = pd.Timestamp("2026-06-25"), pd.Timestamp("2026-06-24")
    copies = bars[(bars["session"] == before) & (bars["symbol"] != "2309.TW")]
    others = bars[~((bars["session"] == day) & bars["symbol"].isin(copies["symbol"]))]
    result = checked(pd.concat([others, copies.assign(session=day)]))
    assert set(reasons(result)) == {("2026-06-25", Reason.PHANTOM)}
    assert len(result.refusals) == 10
    small = pd.concat([others, copies.assign(session=day)])
    assert not checked(small[small["symbol"] < "2309.TW"]).refusals  # nine say nothing


def test_a_day_without_a_single_trade_is_a_phantom() -> None:
    bars = market(10)
    bars.loc[bars["session"] == "2026-06-25", "volume"] = 0.0
    assert set(reasons(checked(bars))) == {("2026-06-25", Reason.PHANTOM)}


def test_a_flat_last_bar_without_volume_is_a_placeholder() -> None:
    bars = bars_of("2330.TW", "2026-06-22", "2026-06-30", close=50.0)
    bars[["open", "high", "low"]] = 50.0
    bars.loc[[2, 5, 6], "volume"] = 0.0
    result = checked(bars)
    assert reasons(result) == [
        ("2026-06-29", Reason.PLACEHOLDER),
        ("2026-06-30", Reason.PLACEHOLDER),
    ]
    assert flagged(result, BarFlag.PLACEHOLDER) == ["2026-06-24"]


def test_open_or_close_outside_the_range_and_unknown_parts_are_flagged() -> None:
    bars = bars_of("2330.TW", "2026-06-22", "2026-06-26")
    bars.loc[0, "open"] = bars["high"][0] * 1.02
    bars.loc[1, "close"] = bars["high"][1] * (1 + 1e-9)  # rounding of the source
    bars.loc[2, ["open", "high", "low"]] = np.nan
    bars.loc[3, "volume"] = np.nan
    result = checked(bars)
    assert flagged(result, BarFlag.OUTSIDE_RANGE) == ["2026-06-22"]
    assert flagged(result, BarFlag.CLOSE_ONLY) == ["2026-06-24"]
    assert flagged(result, BarFlag.NO_VOLUME) == ["2026-06-25"]


def jump(symbol: str = "2330.TW", **at_jump: object) -> pd.DataFrame:
    """Falls by three quarters on 2026-06-26, as a one-to-four split does."""
    bars = bars_of(symbol, "2026-05-04", "2026-06-30", close=100.0)
    late = bars["session"] >= "2026-06-26"
    bars.loc[late, ["open", "high", "low", "close", "adjusted_close"]] /= 4
    for column, value in at_jump.items():
        bars.loc[bars["session"] == "2026-06-26", column] = value
    return bars


def test_a_move_beyond_the_limit_is_flagged_unless_an_action_explains_it() -> None:
    assert flagged(checked(jump()), BarFlag.JUMP) == ["2026-06-26"]
    assert not flagged(checked(jump(split=4.0)), BarFlag.JUMP)
    assert not flagged(checked(jump(dividend=75.0)), BarFlag.JUMP)
    adjusted = jump().assign(adjusted_close=25.0)
    assert not flagged(checked(adjusted), BarFlag.JUMP)
    stand_in = jump().assign(flags=int(BarFlag.UNADJUSTED))
    assert flagged(checked(stand_in), BarFlag.JUMP) == ["2026-06-26"]


def test_where_there_is_no_limit_no_jump_is_flagged() -> None:
    assert not flagged(checked(jump("NVDA")), BarFlag.JUMP)
    assert not flagged(checked(jump("^TWII")), BarFlag.JUMP)
    assert not flagged(checked(jump(), no_limit=["2330.TW"]), BarFlag.JUMP)
    emerging = jump()
    emerging.loc[emerging["session"] == "2026-06-18", "flags"] = int(BarFlag.OUTSIDE_RANGE)
    assert not flagged(checked(emerging), BarFlag.JUMP)
    listed = jump()[lambda bars: bars["session"] >= "2026-06-22"]
    assert not flagged(check(listed, now=NOW), BarFlag.JUMP)  # fifth session
    assert flagged(checked(listed), BarFlag.JUMP) == ["2026-06-26"]  # but not of an old one
    later = jump()[lambda bars: bars["session"] >= "2026-06-18"]
    assert flagged(check(later, now=NOW), BarFlag.JUMP) == ["2026-06-26"]


def test_a_session_most_symbols_lack_is_a_hole_and_one_that_few_lack_is_a_halt() -> None:
    bars = market(10)
    lacking = bars["symbol"].isin([f"{2300 + n}.TW" for n in range(6)])
    halted = bars["symbol"] == "2300.TW"
    lost = (lacking & (bars["session"] == "2026-06-25")) | (
        halted & (bars["session"] == "2026-06-24")
    )
    bars = bars[~lost]
    (hole,) = checked(bars).holes
    assert (hole.market, hole.session, hole.missing, hole.symbols) == (
        "TW",
        dt.date(2026, 6, 25),
        6,
        10,
    )


def test_every_reason_has_its_sentence_in_both_languages() -> None:
    bars = bars_of("2330.TW", "2026-06-29", "2026-06-30", close=0.0)
    (refusal, *_) = checked(bars).refusals
    sentences = {
        type(refusal)("2330.TW", refusal.session, reason).sentence(language)
        for reason in Reason
        for language in LANGUAGES
    }
    assert len(sentences) == 2 * len(Reason)
