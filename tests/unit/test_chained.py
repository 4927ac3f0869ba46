"""Chained indices: entries, halts, jumps, rebalancing and caps by hand, and what always holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.benchmark import Basis, is_cash, market_benchmark, period_returns
from dashboard.analytics.chained import (
    capped,
    chained_group,
    chained_index,
    contributions,
    map_benchmark,
)
from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.errors import InputError
from dashboard.prices.bars import BarFlag
from dashboard.prices.records import ACTIONS, validated_records
from tests.unit.panels import panel_of, random_panel

A, B, C = "1101.TW", "1102.TW", "1103.TW"
NAN = np.nan
ALWAYS = pd.Timestamp("1900-01-01")
Row = tuple[str, str, object, object]


def windows(*rows: Row, market: str = "TW") -> pd.DataFrame:
    """(symbol, layer, known on, known until) as the map tells them."""
    names = ["symbol", "layer", "known_on", "known_until"]
    frame = pd.DataFrame(rows, columns=names)
    stamps = {"known_on": "datetime64[s]", "known_until": "datetime64[s]"}
    extra = {"stage": frame["layer"].str.upper(), "bottleneck": "chips", "market": market}
    return frame.assign(**extra).astype(stamps)


def always(symbols: Sequence[str], layer: str = "x") -> pd.DataFrame:
    return windows(*((one, layer, ALWAYS, None) for one in symbols))


def level(panel: Panel, members: pd.DataFrame, **options: object) -> list[float]:
    return chained_index(panel, members, **options).level["x"].tolist()  # type: ignore[arg-type]


# 2024-01-01 is a Monday: sessions 1 2 3 4 5, 8 9 10 …
FIRST = dt.date(2024, 1, 1)


def test_weights_drift_within_a_month() -> None:
    panel = panel_of({A: [100, 200, 400], B: [100, 100, 50]})
    # Bought for 50 each: 100 + 50, then 200 + 25.
    assert level(panel, always([A, B])) == pytest.approx([100, 150, 225])


def test_weights_are_set_to_equal_at_the_close_of_a_months_last_session() -> None:
    panel = panel_of({A: [100, 200, 400, 400], B: [100, 100, 100, 50]}, start="2024-01-30")
    # 30 and 31 January, 1 and 2 February. At the close of 31 January 150 is parted 75 and 75.
    found = chained_index(panel, always([A, B]))
    assert found.level["x"].tolist() == pytest.approx([100, 150, 225, 187.5])
    assert found.effective["x"].tolist()[1:] == pytest.approx([2, 2, 1 / (4 / 9 + 1 / 9)])


def test_a_member_counts_from_the_session_after_it_is_known() -> None:
    panel = panel_of({A: [100, 110, 110, 110], B: [50, 100, 200, 300]})
    members = windows((A, "x", ALWAYS, None), (B, "x", "2024-01-02", None))
    found = chained_index(panel, members)
    # Tuesday's doubling is not earned; on Wednesday half of 110 doubles, then (110 + 55) grows.
    assert found.level["x"].tolist() == pytest.approx([100, 110, 165, 220])
    assert found.counted["x"].tolist() == [0, 1, 2, 2]
    assert found.members["x"].tolist() == [1, 2, 2, 2]


def test_a_member_is_never_bought_before_its_first_close() -> None:
    panel = panel_of({A: [100, 110, 121, 121], B: [NAN, NAN, 10, 30]})
    found = chained_index(panel, always([A, B]))
    # Half of 121 triples.
    assert found.level["x"].tolist() == pytest.approx([100, 110, 121, 242])
    assert found.members["x"].tolist() == [2] * 4
    assert found.counted["x"].tolist() == [0, 1, 1, 2]


def test_a_member_that_is_known_while_halted_is_bought_when_it_trades() -> None:
    panel = panel_of({A: [100, 100, 100, 100], B: [10, NAN, 20, 40]})
    members = windows((A, "x", ALWAYS, None), (B, "x", "2024-01-02", None))
    assert level(panel, members) == pytest.approx([100, 100, 100, 150])


def test_a_member_leaves_at_the_close_at_which_that_is_known() -> None:
    panel = panel_of({A: [100, 100, 100, 110], B: [100, 120, 60, 600]})
    members = windows((A, "x", ALWAYS, None), (B, "x", ALWAYS, "2024-01-03"))
    # B falls to 60 by the close of the 3rd and is sold there.
    found = chained_index(panel, members)
    assert found.level["x"].tolist() == pytest.approx([100, 110, 80, 88])
    assert found.counted["x"].tolist() == [0, 2, 2, 1]


def test_a_halted_member_keeps_its_weight_and_earns_the_halt_at_once() -> None:
    panel = panel_of({A: [100, 110, 110], B: [100, NAN, 130]})
    found = chained_index(panel, always([A, B]))
    assert found.level["x"].tolist() == pytest.approx([100, 105, 120])
    assert found.counted["x"].tolist() == [0, 1, 2]


def test_an_unexplained_jump_is_no_return() -> None:
    flags = [0, int(BarFlag.JUMP), 0]
    panel = panel_of({A: [100, 25, 50]}, flags=flags)
    # Alone, what it was worth before is not known.
    found = chained_index(panel, always([A]))
    assert found.level["x"].tolist() == pytest.approx([NAN, 100, 200], nan_ok=True)
    assert found.returns["x"].tolist() == pytest.approx([NAN, NAN, 1], nan_ok=True)
    assert found.counted["x"].tolist() == [0, 0, 1]


def test_a_member_without_a_bar_for_eleven_sessions_is_gone_and_comes_back() -> None:
    gone = [100.0, *[NAN] * 11, 300.0, 600.0]
    panel = panel_of({A: [100.0] * 12 + [150.0, 150.0], B: gone})
    found = chained_index(panel, always([A, B]))
    # B's 200 % across the halt is nobody's; A alone earns its 50 %, then half of it doubles.
    assert found.level["x"].tolist()[11:] == pytest.approx([100, 150, 225])
    assert found.effective["x"].tolist()[10:] == pytest.approx([2, 2, 1, 2])


def test_a_group_that_loses_all_its_members_has_no_level_and_goes_on_where_it_was() -> None:
    panel = panel_of({A: [100, 120, 130, 140, 280]})
    rows = ((A, "x", ALWAYS, "2024-01-02"), (A, "x", "2024-01-04", None))
    assert level(panel, windows(*rows)) == pytest.approx([100, 120, NAN, 120, 240], nan_ok=True)


def test_the_base_is_the_last_session_on_or_before_the_start() -> None:
    panel = panel_of({A: [100, 200, 300, 400, 500, 600]})
    found = chained_index(panel, always([A]), start=dt.date(2024, 1, 7), end=dt.date(2024, 1, 8))
    assert found.level["x"].tolist() == pytest.approx([100, 120])
    assert found.level.index[0] == pd.Timestamp("2024-01-05")


def test_groups_by_stage_count_a_company_of_two_layers_once() -> None:
    panel = panel_of({A: [100, 200], B: [100, 100]})
    members = windows((A, "x", ALWAYS, None), (A, "y", ALWAYS, None), (B, "x", ALWAYS, None))
    found = chained_index(panel, members.assign(stage="s"), by="stage")
    assert found.level["s"].tolist() == pytest.approx([100, 150])
    assert found.members["s"].tolist() == [2, 2]


def test_other_markets_and_excluded_symbols_do_not_count() -> None:
    panel = panel_of({A: [100, 200], B: [100, 100]})
    foreign = windows((A, "x", ALWAYS, None), market="US")
    members = pd.concat([always([A, B]), foreign])
    assert level(panel, members, exclude=[A]) == pytest.approx([100, 100])
    nothing = chained_index(panel, foreign)
    assert nothing.level.shape == (2, 0)


def test_the_whole_map_is_a_group_of_its_own() -> None:
    panel = panel_of({A: [100, 200], B: [100, 100]})
    members = windows((A, "x", ALWAYS, None), (B, "y", ALWAYS, None))
    found = map_benchmark(panel, members, basis=Basis.PRICE)
    assert found is not None
    assert (found.symbol, found.basis) == ("map", Basis.PRICE)
    assert found.level.tolist() == pytest.approx([100, 150])
    assert map_benchmark(panel, members[:0]) is None


# Caps: A 700, B 200, C 100.
CAPS = panel_of({A: [70, 140, 70], B: [20, 20, 40], C: [10, 10, 10]})
SHARES = pd.DataFrame({"symbol": [A, B, C], "date": pd.Timestamp("2023-12-01"), "shares": 10.0})


def test_cap_weights_without_a_limit_are_the_sum_of_the_caps() -> None:
    found = level(CAPS, always([A, B, C]), weighting="cap", shares=SHARES, max_weight=1.0)
    assert found == pytest.approx([100, 170, 120])


def test_what_a_capped_name_has_too_much_goes_to_the_others_in_proportion() -> None:
    # 70 20 10 % with at most 50 %: 50, and 50 parted 2 to 1.
    found = level(CAPS, always([A, B, C]), weighting="cap", shares=SHARES, max_weight=0.5)
    assert found[1] == pytest.approx(150)
    sizes = np.array([[70.0, 70], [20, 20], [10, 10], [0, 0]])
    assert capped(sizes, 0.5)[:, 0] == pytest.approx([0.5, 1 / 3, 1 / 6, 0])
    # At most 40 %: 40, then B would be 40 of the 60 left.
    assert capped(sizes, 0.4)[:, 0] == pytest.approx([0.4, 0.4, 0.2, 0])


def test_three_members_cannot_keep_to_thirty_percent() -> None:
    found = chained_index(CAPS, always([A, B, C]), weighting="cap", shares=SHARES)
    assert found.effective["x"].iloc[1] == pytest.approx(3)


def test_a_share_count_is_not_known_before_its_day() -> None:
    shares = SHARES.assign(date=pd.Timestamp("2024-01-02"))
    found = chained_index(CAPS, always([A, B, C]), weighting="cap", shares=shares, max_weight=1)
    # Bought on the 2nd at 1400, 200 and 100 of 1700, of which 1200 are left.
    assert found.level["x"].tolist() == pytest.approx([NAN, 100, 100 * 1200 / 1700], nan_ok=True)
    nothing = chained_index(CAPS, always([A]), weighting="cap", shares=SHARES[:0])
    assert nothing.level["x"].isna().all()
    assert nothing.members["x"].tolist() == [1, 1, 1]


def test_wrong_choices_are_told() -> None:
    members = always([A])
    with pytest.raises(InputError, match="groups by colour: unknown; choose from layer"):
        chained_index(CAPS, members, by="colour")
    with pytest.raises(InputError, match="weighting size: unknown; choose equal or cap"):
        chained_index(CAPS, members, weighting="size")
    with pytest.raises(InputError, match="largest weight 0: give a fraction above 0"):
        chained_index(CAPS, members, max_weight=0)
    with pytest.raises(InputError, match="the shares outstanding are missing"):
        chained_index(CAPS, members, weighting="cap")


def test_contributions_by_hand() -> None:
    panel = panel_of({A: [100, 200, 400], B: [100, 100, 50]})
    found = contributions(chained_group(panel, always([A, B]), "x"))
    # 50 became 200 and 50 became 25.
    assert found.to_dict() == pytest.approx({A: 1.5, B: -0.25})
    later = contributions(chained_group(panel, always([A, B]), "x"), dt.date(2024, 1, 2))
    assert later.to_dict() == pytest.approx({A: 100 / 150, B: -25 / 150})


RANDOM = random_panel(7, 90, holes=0.1)
NAMES = RANDOM.symbols
DAYS = [one.date() for one in RANDOM.index]
ROWS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 80), st.integers(1, 90)),
    min_size=1,
    max_size=8,
)


def drawn(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    return windows(
        *(
            (name, "x", DAYS[first], DAYS[first + length] if first + length < 90 else None)
            for name, first, length in rows
        )
    )


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, order=st.randoms(), weighting=st.sampled_from(["equal", "cap"]))
def test_what_always_holds(rows: list[tuple[str, int, int]], order: object, weighting: str) -> None:
    shares = pd.DataFrame({"symbol": NAMES, "date": DAYS[0], "shares": np.arange(1.0, 8)})
    members = drawn(rows)
    found = chained_group(RANDOM, members, "x", weighting=weighting, shares=shares)
    # The order of the rows is nothing.
    order.shuffle(rows)  # type: ignore[attr-defined]
    again = chained_group(RANDOM, drawn(rows), "x", weighting=weighting, shares=shares)
    pd.testing.assert_series_equal(found.level, again.level, check_exact=True)
    # Weights sum to 1 while anything is held.
    held = found.weights.sum(axis=1)
    assert np.allclose(held[held > 0], 1)
    # Contributions sum to the return of the period, and periods chain.
    known = found.level.dropna()
    if len(known) < 3:
        return
    middle = known.index[len(known) // 2].date()
    total = known.iloc[-1] / known.iloc[0] - 1
    assert contributions(found).sum() == pytest.approx(total, abs=1e-12)
    first = chained_group(RANDOM, members, "x", weighting=weighting, shares=shares, end=middle)
    second = known.iloc[-1] / known[: pd.Timestamp(middle)].iloc[-1] - 1
    assert contributions(found, middle).sum() == pytest.approx(second, abs=1e-12)
    assert (1 + contributions(first).sum()) * (1 + second) - 1 == pytest.approx(total, abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(rows=ROWS, place=st.integers(20, 70), newcomer=st.sampled_from(NAMES))
def test_nothing_later_changes_what_was(
    rows: list[tuple[str, int, int]], place: int, newcomer: str
) -> None:
    day = DAYS[place]
    before = chained_index(RANDOM.as_of(day), drawn(rows))
    later = [*rows, (newcomer, place + 1, 30)]
    after = chained_index(RANDOM, drawn(later), end=day)
    for name in ("level", "returns", "counted", "members", "effective"):
        one, other = (getattr(found, name)["x"].to_numpy() for found in (before, after))
        np.testing.assert_array_equal(one, other)


# Returns on two bases.


def test_a_cash_dividend_is_put_back_in_total_return_only() -> None:
    # 100 pays 5: adjusted closes of earlier bars are 0.95 of the traded.
    panel = panel_of({A: [100, 95, 95]}, factors=[0.95, 1, 1])
    assert period_returns(panel, Basis.TOTAL)[A].tolist()[1:] == pytest.approx([0, 0])
    assert period_returns(panel, Basis.PRICE)[A].tolist()[1:] == pytest.approx([-0.05, 0])


@pytest.mark.parametrize("factor", [0.25, 0.8, 1.25])
def test_a_split_or_reduction_is_put_back_in_both(factor: float) -> None:
    panel = panel_of({A: [100, 100 * factor * 1.02]}, factors=[factor, 1])
    for basis in Basis:
        assert period_returns(panel, basis)[A].tolist()[1:] == pytest.approx([0.02])


def test_the_rule_for_factors_of_unknown_kind() -> None:
    factors = np.array([0.25, 0.8499, 0.85, 0.95, 1 - 1e-9, 1.0, 1.04, NAN])
    assert is_cash(factors).tolist() == [False, False, True, True, False, False, False, False]


def test_returns_reach_over_halts_but_not_over_jumps() -> None:
    panel = panel_of({A: [NAN, 100, NAN, 121, 30]}, flags=[0, 0, 0, 0, int(BarFlag.BREAK)])
    found = period_returns(panel, Basis.TOTAL)[A].tolist()
    assert found == pytest.approx([NAN, NAN, NAN, 0.21, NAN], nan_ok=True)


PRICE, TOTAL = "^TWII", "^TWII-TR"


def test_the_total_return_index_counts_where_it_covers_the_window() -> None:
    both = panel_of({PRICE: [10.0] * 30, TOTAL: [NAN] * 5 + [20.0] * 25})
    whole, later = market_benchmark(both), market_benchmark(both, start=dt.date(2024, 1, 8))
    assert whole is not None
    assert later is not None
    assert (whole.symbol, whole.basis) == (PRICE, Basis.PRICE)
    assert (later.symbol, later.basis) == (TOTAL, Basis.TOTAL)
    ended = panel_of({PRICE: [10.0] * 30, TOTAL: [20.0] * 29 + [NAN]})
    found = market_benchmark(ended)
    assert found is not None
    assert found.symbol == PRICE
    assert market_benchmark(panel_of({A: [1.0, 1.0]})) is None


def bars_table(closes: list[float], dividends: list[float], splits: list[float]) -> pa.Table:
    days = pd.bdate_range("2024-01-01", periods=len(closes))
    frame = pd.DataFrame(
        {
            "symbol": A, "session": days, "open": closes, "high": closes, "low": closes,
            "close": closes, "adjusted_close": NAN, "volume": 1.0, "dividend": dividends,
            "split": splits, "flags": 0,
        }
    )  # fmt: skip
    return pa.Table.from_pandas(frame, preserve_index=False)


def test_a_dividend_that_the_bar_tells_is_cash_whatever_its_size() -> None:
    # 20 of 100 in cash: by its factor alone it would be taken for a stock dividend.
    panel = panel_from_table(bars_table([100, 80], [0, 20], [1, 1]), "TW")
    assert period_returns(panel, Basis.TOTAL)[A].iloc[1] == pytest.approx(0)
    assert period_returns(panel, Basis.PRICE)[A].iloc[1] == pytest.approx(-0.2)
    # A split of 1.1 is none, though 0.91 might be a dividend.
    panel = panel_from_table(bars_table([110, 100], [0, 0], [1, 1.1]), "TW")
    assert period_returns(panel, Basis.PRICE)[A].iloc[1] == pytest.approx(0)


def test_the_cash_of_a_stored_action_is_parted_from_its_shares() -> None:
    row = {"symbol": A, "session": pd.Timestamp("2024-01-02"), "source": "x"}
    row |= {"dividend": 10.0, "stock_dividend": 0.1, "fetched_at": pd.Timestamp(0, tz="UTC")}
    actions = pd.DataFrame([row]).reindex(columns=list(ACTIONS.columns))
    table = bars_table([120, 100, 100], [0, 0, 0], [1, 1, 1])
    told = panel_from_table(table, "TW", actions=validated_records(ACTIONS, actions))
    # (120 - 10) / 1.1 = 100; without the cash put back 120 / 1.1 = 109.09 fell to 100.
    assert period_returns(told, Basis.TOTAL)[A].iloc[1] == pytest.approx(0)
    assert period_returns(told, Basis.PRICE)[A].iloc[1] == pytest.approx(100 / (120 / 1.1) - 1)
    cut = told.as_of(dt.date(2024, 1, 2)).since(0)
    assert period_returns(cut, Basis.PRICE)[A].iloc[1] == pytest.approx(100 / (120 / 1.1) - 1)
    # Of a plain factor of the same size nobody tells what it was: the rule takes it for cash.
    bare = actions.assign(dividend=NAN, stock_dividend=NAN, factor=0.86)
    guessed = panel_from_table(table, "TW", actions=validated_records(ACTIONS, bare))
    assert period_returns(guessed, Basis.PRICE)[A].iloc[1] == pytest.approx(100 / 120 - 1)
