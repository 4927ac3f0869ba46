"""The rotation of real prices against pandas' own windows, from the files themselves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.bottleneck import RANK, RELATIVE
from dashboard.snapshot import Prices, Snapshot, take_snapshot
from dashboard.studies.rotation import (
    Choice,
    Lines,
    claim_rows,
    group_lines,
    ribbon_of,
    ribbon_rows,
    rotation_of,
    rotation_rows,
    table_of,
)
from dashboard.supply_chain.loading import load_map
from tests.app.states import MAP
from tests.golden.real_panel import tw_core_panel, tw_core_rows

AS_OF = dt.date(2026, 6, 30)
pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def prices(real_data: Path) -> Prices:
    return Prices(
        version="golden",
        simulated=False,
        panels={"TW": tw_core_panel(real_data)},
        shares=pd.DataFrame({"symbol": [], "date": pd.to_datetime([]), "shares": []}),
        listed_since={},
        revenue=pd.DataFrame(),
        insurers=frozenset(),
        stored_listings=pd.DataFrame(),
        sources=("golden",),
        symbol_sources={},
        fetched_at=None,
    )


@pytest.fixture(scope="module")
def today(prices: Prices) -> Snapshot:
    return take_snapshot(load_map(MAP).chain, prices, AS_OF, members="today")


@pytest.fixture(scope="module")
def known(prices: Prices) -> Snapshot:
    return take_snapshot(load_map(MAP).chain, prices, AS_OF)


@pytest.fixture(scope="module")
def layers(today: Snapshot) -> Lines:
    return group_lines(today, Choice(by="layer"))


@pytest.fixture(scope="module")
def tsmc(real_data: Path) -> pd.Series:
    """ln(2330 / TAIEX) by ISO week; it had no split, so its traded closes are the price return."""
    rows = tw_core_rows(real_data).pivot(index="session", columns="symbol", values="close")
    weekly = rows[["2330.TW", "^TWII"]].groupby(rows.index.to_period("W-SUN")).last()
    return np.log(weekly["2330.TW"] / weekly["^TWII"]).dropna()


def test_a_layer_of_one_share_is_the_share(layers: Lines, tsmc: pd.Series) -> None:
    own = layers.strength["foundry"].dropna()
    assert len(own) == len(tsmc) == 386
    np.testing.assert_allclose(own - own.iloc[0], tsmc - tsmc.iloc[0], atol=1e-9)


def test_ratio_and_momentum_are_those_of_pandas(layers: Lines, tsmc: pd.Series) -> None:
    def z(series: pd.Series) -> pd.Series:
        window = series.rolling(14)
        return (series - window.mean()) / window.std()

    ratio = z(tsmc).ewm(span=5, adjust=False).mean()
    momentum = z(ratio.diff()).ewm(span=5, adjust=False).mean()
    found = rotation_of(layers)
    np.testing.assert_allclose(
        found.ratio["foundry"].dropna(), 100 + ratio[momentum.notna()], atol=1e-7
    )
    np.testing.assert_allclose(
        found.momentum["foundry"].dropna(), 100 + momentum.dropna(), atol=1e-7
    )
    assert not found.finished  # 2026-06-30 was a Tuesday


def test_an_earlier_session_sees_the_same_finished_weeks(prices: Prices, layers: Lines) -> None:
    chain = load_map(MAP).chain
    cut = take_snapshot(chain, prices, dt.date(2025, 3, 12), members="today")
    earlier, whole = rotation_of(group_lines(cut, Choice(by="layer"))), rotation_of(layers)
    groups = ["foundry", "cooling", "server_odm", "grid"]
    weeks = earlier.ratio.index[:-1]
    for name in ("ratio", "momentum"):
        before, after = getattr(earlier, name)[groups], getattr(whole, name)[groups]
        pd.testing.assert_frame_equal(before.loc[weeks], after.loc[weeks], check_exact=True)


def test_members_that_were_known_begin_in_september(known: Snapshot) -> None:
    lines = group_lines(known, Choice(by="layer"))
    assert lines.last.iloc[0] == pd.Timestamp("2025-09-05")
    rows = rotation_rows(lines).set_index("group")
    assert rows.loc["cooling", ["members_priced", "members"]].tolist() == [3, 3]
    assert rows.loc["cooling", "weeks"] == 43
    first = rotation_of(lines).ratio["cooling"].first_valid_index()
    # 28 weeks with a session, one of the holidays between them without.
    assert first == pd.Timestamp("2026-03-16")
    assert rows.loc["memory", "weeks_needed"] == 28  # no foreign price is stored here
    assert pd.isna(rows.loc["memory", "market"])


def test_the_ribbon_ranks_thirteen_week_returns(today: Snapshot, layers: Lines) -> None:
    rows = ribbon_rows(ribbon_of(today, Choice())).set_index("group")
    packaging = layers.strength["adv_pkg"]  # the only priced layer of that bottleneck
    expected = np.expm1(packaging.iloc[-1] - packaging.iloc[-14])
    assert rows.loc["packaging", RELATIVE] == pytest.approx(expected, rel=1e-12)
    ordered = rows[RELATIVE].dropna()
    assert ordered.is_monotonic_decreasing
    assert rows[RANK].dropna().tolist() == list(range(1, len(ordered) + 1))


def test_claims_are_those_of_the_map(today: Snapshot, tsmc: pd.Series) -> None:
    claims = claim_rows(ribbon_of(today, Choice()))
    chain = today.chain
    marked = {one.id for one in chain.events if one.bottleneck}
    assert set(claims["event"]) == marked
    assert {"chips-outrun-power-2026", "memory-becomes-the-bottleneck"} <= marked
    by_event = claims.set_index("event")
    assert by_event.loc["chips-outrun-power-2026", "known"] == pd.Timestamp("2026-02-07")
    assert by_event.loc["memory-becomes-the-bottleneck", "weeks_each_side"] == 0


def test_a_link_names_the_main_table(today: Snapshot) -> None:
    graph = table_of(today, {"group": "bottleneck", "benchmark": "map"})
    assert set(graph["benchmark"].dropna()) == {"map"}
    assert "rank" in table_of(today, {"view": "ribbon"})
    plain = table_of(today, {"group": "no such", "lookback": "x", "view": "?"})
    pd.testing.assert_frame_equal(plain, table_of(today, {}))
