"""Correlations beyond the market on real prices, against statsmodels and scipy over the files."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.cluster.hierarchy import linkage

from dashboard.analytics.panel import Panel
from dashboard.prices.records import LISTINGS, REVENUES, empty_records
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import Prices, Snapshot
from dashboard.studies import clusters as study
from dashboard.studies.clusters import Study, asked_of, table_of
from dashboard.supply_chain.known import known_map
from dashboard.supply_chain.loading import load_map
from tests.golden.real_panel import tw_core_panel

pytestmark = pytest.mark.real_data
CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
LAST = dt.date(2026, 6, 30)
WINDOW = 120
ODM = ("2356.TW", "3231.TW", "2382.TW")


@pytest.fixture(scope="module")
def panel(real_data: Path) -> Panel:
    return tw_core_panel(real_data)


@pytest.fixture(scope="module")
def returns(real_data: Path) -> pd.DataFrame:
    """Plain returns from the files over the window and a session before, the index among them."""
    rows = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
    index = pd.read_parquet(real_data / "prices/taiex_daily.parquet")
    closes = rows.pivot(index="date", columns="symbol", values="close")
    closes["^TWII"] = index.set_index("date")["close"]
    plain = closes.pct_change(fill_method=None).iloc[-WINDOW:]
    gone_ex = pd.read_parquet(real_data / "prices/tw_adjustment_events.parquet")
    own = gone_ex[pd.to_datetime(gone_ex["date"]) >= plain.index[0]]
    # A price return leaves cash dividends out as the files do; of other events see the panel.
    odd = own.loc[1 / own["factor_ratio"] < 0.85, "symbol"]
    return plain.drop(columns=list(set(odd) & set(plain.columns)))


def snapshot(panel: Panel, day: dt.date = LAST, *, hindsight: bool = False) -> Snapshot:
    none = pd.DataFrame()
    prices = Prices(
        version="real", simulated=False, panels={"TW": panel}, shares=none, listed_since={},
        revenue=empty_records(REVENUES), insurers=frozenset(),
        stored_listings=empty_records(LISTINGS), sources=(), symbol_sources={}, fetched_at=None,
    )  # fmt: skip
    chain = CHAIN if hindsight or day == LAST else known_map(CHAIN, day)
    return Snapshot(
        chain=chain, whole_chain=CHAIN, hindsight=hindsight, prices=prices, as_of=day,
        universe=(), metrics=none, notes=none, start_caps=none,
    )  # fmt: skip


def studied(panel: Panel, day: dt.date = LAST, **parameters: str) -> Study:
    taken = snapshot(panel, day)
    found = study.study(taken, asked_of(taken, parameters))
    assert found is not None
    return found


def left_over(returns: pd.DataFrame, symbol: str) -> pd.Series:
    """What statsmodels leaves of a share."""
    market = sm.add_constant(returns["^TWII"])
    return sm.OLS(returns[symbol], market, missing="drop").fit().resid


def test_members_agree_with_statsmodels_and_scipy(panel: Panel, returns: pd.DataFrame) -> None:
    found = studied(panel, group="member")
    symbols = [one for one in found.found.order if one in returns][:12] + list(ODM)
    for one, other in pairwise(symbols):
        both = pd.concat([left_over(returns, one), left_over(returns, other)], axis=1).dropna()
        expected = stats.pearsonr(both.iloc[:, 0], both.iloc[:, 1])
        assert found.found.correlation.at[one, other] == pytest.approx(expected.statistic, abs=1e-9)
        assert found.found.common.at[one, other] == len(both)
        # scipy's interval counts no control: ours is wider by one session's worth.
        low, high = expected.confidence_interval(0.95)
        wider = np.sqrt((len(both) - 3) / (len(both) - 4))
        middle, ends = np.arctanh(expected.statistic), np.arctanh([low, high])
        ours = np.tanh(middle + (ends - middle) * wider)
        assert found.found.low.at[one, other] == pytest.approx(ours[0], abs=1e-9)
        assert found.found.high.at[one, other] == pytest.approx(ours[1], abs=1e-9)


def test_layers_agree_with_the_mean_of_their_members(panel: Panel, returns: pd.DataFrame) -> None:
    table = table_of(snapshot(panel), {}).set_index(["a", "b"])
    own = {"cooling": ["3653.TW", "8996.TW", "6831.TW"], "robot_eye": ["2374.TW"]}
    assert {symbol for one in own.values() for symbol in one} <= set(returns.columns)
    frame = pd.DataFrame({name: returns[one].mean(axis=1) for name, one in own.items()})
    frame["^TWII"] = returns["^TWII"]
    expected = stats.pearsonr(left_over(frame, "cooling"), left_over(frame, "robot_eye"))
    pair = ("cooling", "robot_eye")
    row = table.loc[pair if pair in table.index else pair[::-1]]
    assert row["correlation"] == pytest.approx(expected.statistic, abs=1e-9)
    assert row["common"] == WINDOW
    assert row["shared"] == 0


def test_the_tree_is_that_of_scipy(panel: Panel) -> None:
    found = studied(panel, group="member").found
    names = sorted(found.order)
    r = found.correlation.loc[names, names].to_numpy() * (1 - found.shrinkage)
    assert np.isfinite(r).all()
    distance = np.sqrt(2 * (1 - r[np.triu_indices(len(r), 1)]))
    heights = np.sort(found.branches[:, 1].max(axis=1))
    np.testing.assert_allclose(heights, linkage(distance, "average")[:, 2], rtol=1e-9)


def test_makers_of_servers_and_of_heavy_electric_are_one_trade_each(panel: Panel) -> None:
    bundles = studied(panel, group="member").bundles()
    assert any(set(ODM) <= set(one.ids) for one in bundles)
    assert any({"1503.TW", "1513.TW", "1519.TW"} <= set(one.ids) for one in bundles)
    assert all(one.lowest <= one.mean <= one.highest for one in bundles)


def test_layers_of_the_same_member_say_so(panel: Panel) -> None:
    found = studied(panel, secondary="1")
    (same,) = [one for one in found.bundles() if "foundry" in one.ids and "japan_fab" in one.ids]
    assert same.shared == 1
    assert found.found.correlation.at["foundry", "japan_fab"] == pytest.approx(1)
    assert np.isnan(found.found.low.at["foundry", "japan_fab"])


def test_an_earlier_session_knows_no_later_bar_and_no_later_document(panel: Panel) -> None:
    day = dt.date(2025, 12, 31)
    whole, cut = studied(panel, day, window="60"), studied(panel.as_of(day), day, window="60")
    pd.testing.assert_frame_equal(whole.table(), cut.table(), check_exact=True)
    assert whole.sessions[1] == pd.Timestamp(day)
    # What documents of August 2025 say counts from the session after 2025-09-01.
    early = dt.date(2025, 10, 31)
    late = panel.index[(panel.index > "2025-09-01") & (panel.index <= str(early))]
    known, hindsight = snapshot(panel, early), snapshot(panel, early, hindsight=True)
    found = [study.study(one, asked_of(one, {"window": "60"})) for one in (known, hindsight)]
    assert [one.own["cooling"] for one in found if one] == [len(late), 60]
    assert found[0] is not None
    assert "cooling" in found[0].found.left_out


def test_unknown_words_are_read_as_the_usual_ones(panel: Panel) -> None:
    taken = snapshot(panel)
    words = {"group": "x", "scope": "<b>", "window": "61", "together": "9", "raw": "yes"}
    assert asked_of(taken, words) == asked_of(taken, {})
    pd.testing.assert_frame_equal(table_of(taken, words), table_of(taken, {}))
