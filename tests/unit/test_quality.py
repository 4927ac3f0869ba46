"""Every rule on the smallest batch that it applies to, and on one that it does not."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.i18n import LANGUAGES
from dashboard.prices.bars import BarFlag, empty_bars, validated
from dashboard.prices.quality import (
    EXPECTED,
    FLAG_RULES,
    RULES,
    Batch,
    Checked,
    Identity,
    Reason,
    Severity,
    Stage,
    check,
    identity_fault,
    rules,
)
from dashboard.prices.records import ACTIONS, LISTINGS, QUARANTINE, validated_records

from .price_bars import bars_of

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)  # 20:00 in Taipei
DAYS = ["2026-06-22", "2026-06-23", "2026-06-24", "2026-06-25", "2026-06-26"]


def checked(bars: pd.DataFrame, **options: object) -> Checked:
    return check(bars, now=NOW, **options)  # type: ignore[arg-type]


def reasons(result: Checked) -> list[tuple[str, Reason]]:
    return [(refusal.session.isoformat(), refusal.reason) for refusal in result.refusals]


def market(count: int, start: str = "2026-06-22", end: str = "2026-06-30") -> pd.DataFrame:
    parts = [bars_of(f"{2300 + n}.TW", start, end) for n in range(count)]
    return pd.concat(parts, ignore_index=True)


def flagged(result: Checked, flag: BarFlag) -> list[str]:
    rows = result.bars[(result.bars["flags"] & int(flag)) != 0]
    return [f"{day:%Y-%m-%d}" for day in rows["session"]]


def changed(change: dict[str, object], row: int = 2, **columns: object) -> pd.DataFrame:
    bars = bars_of("2330.TW", "2026-06-22", "2026-06-26", **columns)
    for column, value in change.items():
        bars.loc[row, column] = value
    return bars


def copy_of_first(volume: float) -> pd.DataFrame:
    """The third bar has the first one's prices; the first one's volume is 20,000."""
    bars = changed({"volume": 20_000.0}, row=0)
    prices = ["open", "high", "low", "close"]
    bars.loc[2, prices] = bars.loc[0, prices]
    return bars.assign(volume=[20_000.0, 1000.0, volume, 1000.0, 1000.0])


def flat_from(row: int, to: int) -> pd.DataFrame:
    bars = bars_of(
        "2330.TW", "2026-06-22", "2026-06-26", close=50.0, open=50.0, high=50.0, low=50.0
    )
    bars.loc[row:to, "volume"] = 0.0
    return bars


def without(bars: pd.DataFrame, day: str, symbols: int) -> pd.DataFrame:
    names = sorted(bars["symbol"].unique())[:symbols]
    return bars[~(bars["symbol"].isin(names) & (bars["session"] == day))]


def repeating(count: int) -> pd.DataFrame:
    """Ten symbols, of which `count` copy 2026-06-24 on 2026-06-25."""
    bars = market(10)
    names = sorted(bars["symbol"].unique())[:count]
    copy = bars[bars["symbol"].isin(names) & (bars["session"] == "2026-06-24")]
    kept = bars[~(bars["symbol"].isin(names) & (bars["session"] == "2026-06-25"))]
    return pd.concat([kept, copy.assign(session=pd.Timestamp("2026-06-25"))])


def fetched(moment: str) -> pd.DataFrame:
    return changed({}, fetched_at=pd.Timestamp(moment))


def quarter(symbol: str = "2330.TW", **columns: object) -> pd.DataFrame:
    """Falls by three quarters on 2026-06-25, as a one-to-four split does."""
    closes = [100.0, 100.0, 100.0, 25.0, 25.0]
    return bars_of(symbol, "2026-06-22", "2026-06-26", close=closes, **columns)


def listing(symbol: str, day: str, board: str = "TWSE") -> pd.DataFrame:
    row = {
        "symbol": symbol, "listed_on": pd.Timestamp(day), "code": symbol[:4], "name": "甲",
        "board": board, "industry": "半導體業", "valid_to": pd.NaT, "source": "test",
        "fetched_at": pd.Timestamp("2026-06-30", tz="UTC"),
    }  # fmt: skip
    return validated_records(LISTINGS, pd.DataFrame([row]))


def action(**values: float) -> pd.DataFrame:
    row = dict.fromkeys(ACTIONS.columns, np.nan) | {
        "symbol": "2330.TW", "session": pd.Timestamp("2026-06-25"), "source": "test",
        "fetched_at": pd.Timestamp("2026-06-30", tz="UTC"), **values,
    }  # fmt: skip
    return validated_records(ACTIONS, pd.DataFrame([row]))


def batch(bars: pd.DataFrame, now: dt.datetime = NOW, **known: object) -> Batch:
    return Batch.of(bars, now=now, **known)  # type: ignore[arg-type]


GOOD = changed({})
ANSWERS = {"2330.TW": Identity("2330.TW", "TWD")}
RUNNING = dt.datetime(2026, 6, 26, 5, 34, tzinfo=dt.UTC)  # 13:34 in Taipei


def after_a_gap(factor: float) -> pd.DataFrame:
    """A close, eleven sessions without a bar, and another close."""
    bars = changed({}).iloc[[0, 2]].reset_index(drop=True)
    prices = ["open", "high", "low", "close", "adjusted_close"]
    bars[prices] = bars[prices].astype(float)
    bars.loc[1, prices] = bars.loc[0, "close"] * factor
    bars["session"] = pd.to_datetime(["2026-06-05", "2026-06-24"]).astype("datetime64[s]")
    return bars.assign(flags=1)


EXCHANGE = pd.DataFrame(
    {"symbol": ["2330.TW", "9999.TW"], "session": pd.Timestamp("2026-06-24"), "close": [105.0, 1.0]}
)
EXAMPLES: dict[str, tuple[Batch, list[str], Batch]] = {
    # rule: a batch, the days it applies to there, a batch it does not apply to
    "wrong_symbol": (
        batch(GOOD, answered={"2330.TW": Identity("TSM", "TWD")}), DAYS,
        batch(GOOD, answered=ANSWERS),
    ),
    "wrong_currency": (
        batch(GOOD, answered={"2330.TW": Identity("2330.TW", "USD")}), DAYS,
        batch(GOOD, answered=ANSWERS),
    ),
    "source_row": (
        batch(changed({"close": np.nan})), DAYS[2:3],
        batch(changed(dict.fromkeys(("open", "high", "low", "close", "volume"), np.nan))),
    ),
    "simulated": (batch(changed({"flags": 128})), DAYS[2:3], batch(changed({"flags": 64}))),
    "no_close": (batch(changed({"close": np.nan})), DAYS[2:3], batch(changed({"open": np.nan}))),
    "not_positive": (batch(changed({"low": 0.0})), DAYS[2:3], batch(changed({"low": 0.01}))),
    "low_above_high": (
        batch(changed({"low": 102.0, "high": 101.0})), DAYS[2:3],
        batch(changed({"low": 102.0, "high": 102.0})),
    ),
    "invalid": (batch(changed({"volume": -5.0})), DAYS[2:3], batch(changed({"volume": np.nan}))),
    "not_a_session": (
        batch(changed({"session": pd.Timestamp("2026-06-20")})), ["2026-06-20"], batch(GOOD),
    ),
    "not_final": (
        batch(GOOD, now=RUNNING), DAYS[4:], batch(GOOD, now=RUNNING + dt.timedelta(minutes=1)),
    ),
    "conflicting": (
        batch(pd.concat([GOOD, GOOD.iloc[[2]].assign(close=100.5)])), [DAYS[2]] * 2,
        batch(pd.concat([GOOD, GOOD.iloc[[2]].assign(source="other")])),
    ),
    "contradicting": (
        batch(GOOD, known=GOOD[["symbol", "session", "close"]].assign(
            close=GOOD["close"].where(GOOD.index != 2, 150.0))), DAYS[2:3],
        batch(GOOD, known=GOOD[["symbol", "session", "close"]].assign(close=GOOD["close"] * 1.1)),
    ),
    "phantom": (batch(repeating(9)), ["2026-06-25"] * 10, batch(repeating(8))),
    "placeholder": (batch(flat_from(3, 4)), DAYS[3:], batch(flat_from(2, 3))),
    "unadjusted": (batch(changed({"flags": 1})), DAYS[2:3], batch(changed({"flags": 2}))),
    "close_only": (batch(changed({"high": np.nan})), DAYS[2:3], batch(changed({"volume": np.nan}))),
    "outside_range": (
        batch(changed({"high": 101.0, "close": 103.0})), DAYS[2:3],
        batch(changed({"high": 101.0, "close": 101.0 * (1 + 1e-9)})),  # rounding of the source
    ),
    "no_volume": (batch(changed({"volume": np.nan})), DAYS[2:3], batch(changed({"volume": 0.0}))),
    "provisional": (
        batch(fetched("2026-06-26T11:00+08:00")), DAYS[4:],
        batch(fetched("2026-06-26T13:35+08:00")),
    ),
    "flat": (batch(flat_from(2, 3)), DAYS[2:4], batch(flat_from(2, 1))),
    "disagreement": (
        # The tick at 105 is 0.5: 105.5 is one away, 105.6 is more.
        batch(changed({"close": 105.6}), references=EXCHANGE), DAYS[2:3],
        batch(changed({"close": 105.5}), references=EXCHANGE),
    ),
    "accepted": (batch(changed({"flags": 1024})), DAYS[2:3], batch(changed({"flags": 512}))),
    "halt": (
        batch(without(market(10), DAYS[2], 1)), DAYS[3:4],
        batch(without(market(10), DAYS[2], 10)),  # nobody has it: no halt of one
    ),
    "hole": (
        batch(without(market(10), DAYS[2], 6)), DAYS[3:4] * 6,
        batch(without(market(10), DAYS[2], 5)),
    ),
    "copied": (
        batch(copy_of_first(20_000.0)), DAYS[2:3], batch(copy_of_first(20_001.0)),
    ),
    "stale": (
        batch(GOOD, now=dt.datetime(2026, 6, 29, 6, tzinfo=dt.UTC)), DAYS[4:],
        batch(GOOD, now=dt.datetime(2026, 6, 29, 5, tzinfo=dt.UTC)),
    ),
    "emerging": (
        batch(GOOD, listed_since={"2330.TW": dt.date(2026, 6, 24)}), DAYS[:2],
        batch(GOOD, listed_since={"2330.TW": dt.date(2026, 6, 22)}),
    ),
    "jump": (batch(quarter()), DAYS[3:4], batch(quarter(), actions=action(split=4.0))),
    "break": (
        batch(after_a_gap(1.51)), ["2026-06-24"], batch(after_a_gap(1.49)),
    ),
    "adjustment_differs": (
        # Applied twice: the source's history is a sixteenth instead of a quarter.
        batch(
            quarter(adjusted_close=[6.25, 6.25, 6.25, 25.0, 25.0]), actions=action(split=4.0)
        ),
        DAYS[3:4],
        batch(quarter(adjusted_close=25.0), actions=action(split=4.0)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("key", RULES)
def test_a_rule_finds_its_example_and_nothing_beside(key: str) -> None:
    bad, days, good = EXAMPLES[key]
    found = bad.bars.loc[RULES[key].test(bad), "session"]
    assert sorted(f"{day:%Y-%m-%d}" for day in found) == days
    assert not RULES[key].test(good).any()


@pytest.mark.parametrize("key", RULES)
def test_a_rule_bears_an_empty_batch(key: str) -> None:
    assert len(RULES[key].test(batch(empty_bars()))) == 0


def test_rules_are_bilingual_and_complete() -> None:
    assert list(RULES) == [rule.key for rule in RULES.values()]
    for rule in RULES.values():
        for text in (rule.label, rule.example, rule.severity.label):
            assert all(text.get(language).strip() for language in LANGUAGES)
            assert text.zh != text.en
        assert (rule.flag is not None) == (rule.severity is Severity.FLAG)
    refusing = [r.key for r in RULES.values() if r.severity is Severity.REJECT]
    assert set(refusing) == {*Reason} | {"wrong_symbol", "wrong_currency"}
    assert set(FLAG_RULES) == set(BarFlag) - {BarFlag.SIMULATED}
    assert {r.key for r in rules(Severity.FLAG, Stage.READING)} == {
        "jump", "break", "adjustment_differs",
    }  # fmt: skip


def test_an_answer_about_another_symbol_or_currency_is_told_by_the_first_rule_it_breaks() -> None:
    assert identity_fault("2330.TW", Identity("2330.TW", "TWD")) is None
    assert identity_fault("2330.TW", Identity("TSM", "USD")) == "wrong_symbol"
    assert identity_fault("2330.TW", Identity("2330.TW", "USD")) == "wrong_currency"
    assert identity_fault("NVDA", Identity("NVDA", "USD")) is None
    assert identity_fault("NVDA", Identity(None, None)) == "wrong_symbol"


# --- the whole check ----------------------------------------------------------------------


def test_good_bars_pass_unchanged_and_none_are_none() -> None:
    bars = bars_of("2330.TW", "2026-06-01", "2026-06-30")
    result = checked(bars.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(result.bars, bars)
    assert result.refusals == result.holes == ()
    assert result.quarantined.empty
    assert not any(result.found.values())
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
        ({"dividend": np.nan}, Reason.INVALID),
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
    bars = changed(change)
    result = checked(bars)
    assert [refusal.reason for refusal in result.refusals] == [reason]
    assert result.found[reason] == 1
    assert len(validated(result.bars)) == len(bars) - 1
    kept = validated_records(QUARANTINE, result.quarantined)
    assert kept["reason"].tolist() == ([] if reason in EXPECTED else [reason])


def test_refused_rows_are_kept_as_they_came_under_a_name_that_stays() -> None:
    bars = changed({"low": 200.0})
    first, again = checked(bars).quarantined, checked(bars.iloc[::-1]).quarantined
    pd.testing.assert_frame_equal(first, again)
    (row,) = first.to_dict("records")
    assert row["record"].startswith("2330.TW/2026-06-24/")
    assert len(row["record"]) == len("2330.TW/2026-06-24/") + 8
    assert (row["low"], row["close"], row["state"]) == (200.0, bars["close"][2], "waiting")
    later = checked(bars.assign(source="other", fetched_at=NOW)).quarantined
    assert later["record"].tolist() == first["record"].tolist()
    other = checked(changed({"low": 201.0})).quarantined
    assert other["record"].tolist() != first["record"].tolist()


def test_of_an_endless_damage_the_first_rows_are_kept() -> None:
    bars = pd.concat([bars_of(f"{n}.TW", "2021-01-04", "2025-12-31") for n in range(1000, 1010)])
    result = checked(bars.assign(close=0.0))
    assert len(result.refusals) == len(bars) > 10_000
    assert len(result.quarantined) == 10_000


def test_a_sum_of_rows_and_what_the_rules_found_is_told() -> None:
    bars = changed({"volume": np.nan, "high": np.nan})
    found = checked(bars.assign(flags=[1, 0, 0, 0, 0])).found
    assert {key: n for key, n in found.items() if n} == {
        "unadjusted": 1, "no_volume": 1, "close_only": 1, "stale": 1,
    }  # fmt: skip


def test_equal_copies_become_the_latest_one_and_different_ones_none() -> None:
    bars = bars_of("2330.TW", "2026-06-29", "2026-06-30")
    earlier = bars.iloc[[1]].assign(source="other", fetched_at=pd.Timestamp("2026-06-30", tz="UTC"))
    result = checked(pd.concat([earlier, bars]))
    assert result.bars["source"].tolist() == ["test", "test"]
    result = checked(pd.concat([bars, earlier.assign(close=100.2)]))
    assert reasons(result) == [("2026-06-30", Reason.CONFLICTING)] * 2
    assert len(result.bars) == 1
    assert len(result.quarantined) == 2
    flags_only = checked(pd.concat([bars, earlier.assign(flags=4)]))
    assert len(flags_only.refusals) == 2
    assert len(flags_only.quarantined) == 1  # the same values are one record


def test_fewer_than_ten_symbols_say_nothing_of_the_day() -> None:
    bars = repeating(10)
    assert set(reasons(checked(bars))) == {("2026-06-25", Reason.PHANTOM)}
    assert not checked(bars[bars["symbol"] < "2309.TW"]).refusals


def test_a_day_without_a_single_trade_is_a_phantom() -> None:
    bars = market(10)
    bars.loc[bars["session"] == "2026-06-25", "volume"] = 0.0
    assert set(reasons(checked(bars))) == {("2026-06-25", Reason.PHANTOM)}


def test_the_day_after_a_phantom_is_compared_with_the_day_before_it() -> None:
    bars = market(10)
    invented = bars["session"].isin([pd.Timestamp(DAYS[2]), pd.Timestamp(DAYS[3])])
    bars.loc[invented, ["open", "high", "low", "close"]] = 77.0
    bars.loc[bars["session"] == DAYS[2], "volume"] = 0.0
    # The second day repeats the first one's 77, but that day was none.
    assert {day for day, _ in reasons(checked(bars))} == {DAYS[2]}


def test_flags_that_are_told_when_read_are_not_stored() -> None:
    told = int(BarFlag.JUMP | BarFlag.ADJUSTMENT_DIFFERS | BarFlag.UNADJUSTED)
    result = checked(quarter(flags=told))
    assert set(result.bars["flags"]) == {int(BarFlag.UNADJUSTED)}


def test_a_hole_is_named_with_how_many_lack_it() -> None:
    bars = without(without(market(10), "2026-06-25", 6), "2026-06-24", 1)
    (hole,) = checked(bars).holes
    assert (hole.market, hole.session, hole.missing, hole.symbols) == (
        "TW",
        dt.date(2026, 6, 25),
        6,
        10,
    )
    assert (checked(bars).found["halt"], checked(bars).found["hole"]) == (1, 6)


def test_holes_and_phantoms_of_one_market_are_not_those_of_another() -> None:
    america = pd.concat([bars_of(f"US{n}", "2026-06-22", "2026-06-29") for n in range(10)])
    both = pd.concat([without(market(10), "2026-06-25", 6), america])
    assert [(one.market, one.missing) for one in checked(both).holes] == [("TW", 6)]
    assert not checked(both).refusals


def test_the_emerging_board_is_told_by_dates() -> None:
    bars = changed({"high": 101.0, "close": 130.0})  # fails as only emerging bars may
    assert checked(bars).found["emerging"] == 0
    assert checked(bars, listings=listing("2330.TW", "2026-06-30")).found["emerging"] == 5
    assert checked(bars, no_limit=["2330.TW"]).found["emerging"] == 5
    # A company that came over from the other board had a limit there too.
    moved = pd.concat([listing("2330.TW", "2026-06-30"), listing("2330.TWO", "2026-06-23", "TPEX")])
    assert checked(bars, listings=moved).found["emerging"] == 1
    other = listing("2330.TWO", "2026-06-20", "ESB")
    assert checked(bars, listings=other).found["emerging"] == 0


def test_every_reason_has_its_sentence_in_both_languages() -> None:
    bars = bars_of("2330.TW", "2026-06-29", "2026-06-30", close=0.0)
    (refusal, *_) = checked(bars).refusals
    sentences = {
        type(refusal)("2330.TW", refusal.session, reason).sentence(language)
        for reason in Reason
        for language in LANGUAGES
    }
    assert len(sentences) == 2 * len(Reason)


# --- properties ---------------------------------------------------------------------------

COLUMNS = ["open", "high", "low", "close", "adjusted_close", "volume", "dividend", "split"]
PRICES = st.sampled_from([50.0, 50.0, 50.5, 60.0]) | st.floats()


@st.composite
def rubbish(draw: st.DrawFn) -> pd.DataFrame:
    """A market of ten symbols on four sessions with any numbers in some places."""
    bars = pd.concat(
        [bars_of(f"{2300 + n}.TW", "2026-06-22", "2026-06-25", close=50.0) for n in range(10)],
        ignore_index=True,
    )
    bars["close"] += np.tile([0.0, 0.5, 0.0, 0.5], 10)
    for _ in range(draw(st.integers(0, 12))):
        rows = draw(st.slices(len(bars)))
        bars.loc[bars.index[rows], draw(st.sampled_from(COLUMNS))] = draw(PRICES)
    again = bars.sample(draw(st.integers(0, 5)), random_state=draw(st.integers(0, 99)))
    copies = again.assign(close=draw(PRICES)) if draw(st.booleans()) else again
    gone = draw(st.lists(st.integers(0, len(bars) - 1), max_size=6))
    return pd.concat([bars.drop(index=gone), copies], ignore_index=True)


@settings(deadline=None, max_examples=40)
@given(bars=rubbish(), seed=st.integers(0, 99))
def test_whatever_comes_is_sorted_into_valid_bars_and_refusals(
    bars: pd.DataFrame, seed: int
) -> None:
    result = checked(bars)
    validated(result.bars)
    validated_records(QUARANTINE, result.quarantined)
    assert len(result.bars) + len(result.refusals) <= len(bars)
    shuffled = checked(bars.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(shuffled.bars, result.bars)
    pd.testing.assert_frame_equal(shuffled.quarantined, result.quarantined)
    assert shuffled.refusals == result.refusals
    again = checked(result.bars)
    assert again.refusals == ()
    pd.testing.assert_frame_equal(again.bars, result.bars)


@settings(deadline=None, max_examples=30)
@given(
    column=st.sampled_from(COLUMNS),
    value=st.floats(),
    row=st.integers(0, 4),
)
def test_what_is_accepted_is_always_valid(column: str, value: float, row: int) -> None:
    bars = changed({column: value}, row)
    result = checked(bars)
    assert len(validated(result.bars)) + len(result.refusals) == len(bars)


def test_the_bars_given_are_not_changed() -> None:
    bars = changed({"low": 200.0})
    before = bars.copy(deep=True)
    checked(bars)
    pd.testing.assert_frame_equal(bars, before)


@pytest.mark.parametrize("shift", [lambda bars: bars, lambda bars: bars.iloc[::-1]])
def test_rows_are_found_by_symbol_and_day(shift: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    whole = batch(shift(market(3)))
    asked = pd.Series(["2302.TW", "2300.TW", "1.TW", "2302.TW"])
    days = pd.Series(pd.to_datetime(["2026-06-30", "2026-06-22", "2026-06-22", "2026-07-01"]))
    assert whole.rows_of(asked, days).tolist() == [20, 0, -1, -1]
