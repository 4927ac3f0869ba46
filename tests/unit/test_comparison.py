"""The exchange's traded prices and another source's adjustment, made one bar."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prices.bars import BarFlag, validated
from dashboard.prices.records import DISAGREEMENTS, validated_records
from dashboard.prices.refresh.comparison import confirmed, exchange_only, official, settle, under

from .price_bars import bars_of

SESSION = "2026-06-30"


def exchange(symbol: str = "2330.TW", close: float = 1000.0, **columns: object) -> pd.DataFrame:
    told: dict[str, object] = {"source": "twse", "volume": 5000.0, "flags": 1, **columns}
    return bars_of(symbol, SESSION, SESSION, close, **told)


def other(symbol: str = "2330.TW", close: float = 1000.0, **columns: object) -> pd.DataFrame:
    return bars_of(symbol, SESSION, SESSION, close, **{"source": "yahoo", **columns})


def test_the_exchange_tells_what_was_traded_and_the_other_the_adjustment() -> None:
    theirs = other(close=1000.0, adjusted_close=980.0, volume=4900.0, dividend=4.5, split=2.0)
    settled = settle(exchange(close=1005.0), theirs)
    (bar,) = validated(settled.bars).to_dict("records")
    assert (bar["close"], bar["volume"], bar["source"]) == (1005.0, 5000.0, "twse")
    assert bar["adjusted_close"] == pytest.approx(1005 * 0.98)
    assert (bar["dividend"], bar["split"], bar["flags"]) == (4.5, 2.0, 0)
    assert settled.disagreements.empty
    assert settled.agreed["symbol"].tolist() == ["2330.TW"]


@pytest.mark.parametrize(
    ("ours", "theirs", "ticks"),
    [  # ticks of TWSE: 0.01 to 10, 0.05 to 50, 0.1 to 100, 0.5 to 500, 1 to 1000, then 5
        (1000.0, 1005.0, 0),
        (1000.0, 1005.01, 1.002),
        (1000.0, 990.0, 2),
        (999.0, 1000.0, 0),
        (999.0, 1001.0, 2),
        (49.95, 50.0, 0),
        (50.0, 49.95, 0),  # half a tick of 0.1
        (9.99, 10.01, 2),
        (100.0, 99.4, 1.2),
        (100.0, 99.5, 0),
    ],
)
def test_beyond_a_tick_of_the_exchange_s_close_is_a_dispute(
    ours: float, theirs: float, ticks: float
) -> None:
    settled = settle(exchange(close=ours), other(close=theirs))
    disputed = bool(settled.bars["flags"][0] & BarFlag.DISPUTED)
    assert disputed == bool(ticks) == (len(settled.disagreements) == 1) == settled.agreed.empty
    assert settled.bars["close"].tolist() == [ours]
    if ticks:
        (row,) = validated_records(DISAGREEMENTS, settled.disagreements).to_dict("records")
        assert row["ticks"] == pytest.approx(ticks)
        assert (row["close"], row["other_close"]) == (ours, theirs)
        assert (row["source"], row["other_source"]) == ("twse", "yahoo")


def test_a_session_that_nobody_else_told_stays_as_it_came() -> None:
    alone = settle(exchange(), other("2317.TW"))
    pd.testing.assert_frame_equal(alone.bars, exchange())
    assert alone.agreed.empty
    assert exchange_only(alone.bars).all()


def test_the_exchange_s_own_correction_is_no_dispute() -> None:
    """The stored bar has an adjustment and a dispute; the new answer keeps both."""
    stored = exchange(close=1000.0, flags=int(BarFlag.DISPUTED), adjusted_close=500.0)
    settled = settle(exchange(close=1100.0), stored)
    assert settled.disagreements.empty
    assert settled.agreed.empty
    assert settled.bars["flags"].tolist() == [int(BarFlag.DISPUTED)]
    assert settled.bars["adjusted_close"].tolist() == [550.0]


def test_a_file_without_adjustment_adds_none() -> None:
    settled = settle(exchange(), other(adjusted_close=1000.0, flags=int(BarFlag.UNADJUSTED)))
    assert settled.bars["flags"].tolist() == [int(BarFlag.UNADJUSTED)]


def test_a_history_takes_the_exchange_s_prices_where_they_are_known() -> None:
    fetched = bars_of("2330.TW", "2026-06-26", SESSION, [990.0, 995.0, 1020.0], source="yahoo")
    settled = under(fetched, exchange())
    assert settled.bars["close"].tolist() == [990.0, 995.0, 1000.0]
    assert settled.bars["source"].tolist() == ["yahoo", "yahoo", "twse"]
    assert settled.disagreements["ticks"].tolist() == [4.0]
    calm = under(fetched.assign(close=[990.0, 995.0, 1000.0]), settled.bars)
    assert calm.bars["flags"].tolist() == [0, 0, 0]  # the dispute is over
    assert calm.agreed["session"].tolist() == [pd.Timestamp(SESSION)]
    pd.testing.assert_frame_equal(under(fetched, exchange("2317.TW")).bars, fetched)


def test_closes_of_an_index_never_win() -> None:
    index = exchange("^TWII", close=23000.0, flags=int(BarFlag.CLOSE_ONLY)).assign(
        open=float("nan"), high=float("nan"), low=float("nan")
    )
    assert not official(index).any()
    assert exchange_only(index).all()
    fetched = other("^TWII", close=23001.0)
    pd.testing.assert_frame_equal(under(fetched, index).bars, fetched)


def test_only_an_added_adjustment_is_a_confirmation() -> None:
    before = pd.concat([exchange(), exchange("2317.TW", 200.0)], ignore_index=True)
    after = pd.concat([other(), other("2317.TW", 210.0)], ignore_index=True)
    assert confirmed(settle(before, after).bars, before) == {"2330.TW": 1, "2317.TW": 1}
    assert confirmed(after, before) == {"2330.TW": 1}
    assert confirmed(after, after) == {}


CENTS = st.integers(1, 500_000)


@given(ours=CENTS, theirs=CENTS, adjusted=CENTS)
def test_traded_prices_never_change_and_the_proportion_stays(
    ours: int, theirs: int, adjusted: int
) -> None:
    told = exchange(close=ours / 100)
    fetched = other(close=theirs / 100, adjusted_close=adjusted / 100)
    settled = settle(told, fetched).bars
    for name in ("open", "high", "low", "close", "volume"):
        assert settled[name].tolist() == told[name].tolist()
    assert settled["adjusted_close"][0] / settled["close"][0] == pytest.approx(adjusted / theirs)
    tick = next(t for bound, t in
                ((1000_00, 500), (500_00, 100), (100_00, 50), (50_00, 10), (10_00, 5), (0, 1))
                if ours >= bound)  # fmt: skip
    assert bool(settled["flags"][0] & BarFlag.DISPUTED) == (abs(ours - theirs) > tick)
