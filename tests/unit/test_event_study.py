"""Event studies against numbers computed by hand, by statsmodels and by a published example."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dashboard.analytics.benchmark import market_benchmark
from dashboard.analytics.event_study import (
    ABNORMAL,
    CAR,
    HIGH,
    LOW,
    WINDOWS,
    Returns,
    Study,
    Window,
    clusters,
    market_model,
    overlaps,
    panel_returns,
    path,
    percentile,
    placebo_columns,
    portfolio,
    window_of,
)
from dashboard.analytics.event_tests import (
    TESTS,
    across_events,
    corrado,
    kolari_pynnonen,
    mean_correlation,
    student,
)
from tests.unit.panels import panel_of

GAP = 10
"""Sessions between estimation and the window's day 0, which neither counts."""


def laid_out(estimation: list[float], window: list[float]) -> np.ndarray:
    """120 sessions of estimation, the gap, and day 0 onwards."""
    assert not 120 % len(estimation)
    repeated = estimation * (120 // len(estimation))
    return np.array([0.0] * 10 + repeated + [0.0] * GAP + window)


DAY_0 = 10 + 120 + GAP


def one(own: np.ndarray, market: np.ndarray, window: Window) -> Study:
    return market_model(Returns(own[None, :], market[None, :]), window)


def test_by_hand() -> None:
    # Residuals of ±0.2 % are at right angles to the market's ±1 %, so alpha and beta are exact:
    # SSR = 120 · 0.002², s² = SSR / 118, market mean 0, Sxx = 120 · 0.01².
    market = laid_out([0.01, 0.01, -0.01, -0.01], [0.02, 0.00, -0.01])
    noise = laid_out([0.002, -0.002, 0.002, -0.002], [0.0, 0.0, 0.0])
    own = 0.001 + 1.5 * market + noise
    own[DAY_0:] += [0.01, 0.05, -0.02]
    study = one(own, market, Window(0, 2))
    assert study.estimated[0, DAY_0] == 120
    assert study.alpha[0, DAY_0] == pytest.approx(0.001, abs=1e-15)
    assert study.beta[0, DAY_0] == pytest.approx(1.5, rel=1e-12)
    assert study.variance[0, DAY_0] == pytest.approx(120 * 0.002**2 / 118, rel=1e-10)
    assert study.car[0, DAY_0] == pytest.approx(0.04, rel=1e-12)
    spread = 3 + 9 / 120 + 0.01**2 / (120 * 0.01**2)
    assert study.car_variance[0, DAY_0] == pytest.approx(4.8e-4 / 118 * spread, rel=1e-10)
    assert study.scar[0, DAY_0] == pytest.approx(0.04 / np.sqrt(4.8e-4 / 118 * spread), rel=1e-10)
    half = stats.t.ppf(0.975, 118) * np.sqrt(4.8e-4 / 118 * spread)
    assert study.half_width(0, DAY_0) == pytest.approx(half, rel=1e-9)


def test_agrees_with_statsmodels() -> None:
    noise = np.random.default_rng(3)
    market = noise.normal(0, 0.01, 400)
    own = 0.0005 + 1.2 * market + noise.standard_t(4, 400) * 0.01
    for day in (150, 277, 390):
        fitted = sm.OLS(
            own[day - 130 : day - 10], sm.add_constant(market[day - 130 : day - 10])
        ).fit()
        window = slice(day - 1, day + 2)
        told = fitted.get_prediction(sm.add_constant(market[window]))
        study = one(own, market, Window(-1, 1))
        np.testing.assert_allclose(
            [study.alpha[0, day], study.beta[0, day]], fitted.params, rtol=1e-9
        )
        assert study.variance[0, day] == pytest.approx(fitted.mse_resid, rel=1e-9)
        assert study.car[0, day] == pytest.approx(
            (own[window] - told.predicted_mean).sum(), rel=1e-9
        )
        # Of a sum: one row of the design for all days, and the days' own noise.
        design = np.array([3.0, market[window].sum()])
        variance = design @ fitted.cov_params() @ design + 3 * fitted.mse_resid
        assert study.car_variance[0, day] == pytest.approx(variance, rel=1e-9)
        alone = one(own, market, Window(0, 0))
        error = told.var_pred_mean[1] + fitted.mse_resid
        assert alone.car_variance[0, day] == pytest.approx(error, rel=1e-9)


class TestPublishedExample:
    """The worked example that the R package EventStudy publishes with its tests.

    github.com/sipemu/eventstudy, tests/testthat/helper-golden-data.R and test_golden_values.R.
    It estimates from six or eight returns; here they stand in a row until there are 120, which
    leaves alpha, beta and so every abnormal return as it was.
    """

    EVENTS = (
        (0.004, 1.2, [-0.02, -0.01, 0.00, 0.01, 0.02, 0.03, -0.015, 0.005],
         [0.001, -0.001, 0.002, -0.002, 0.0015, -0.0015, 0.0005, -0.0005],
         [0.015, -0.005, 0.010], [0.040, 0.000, 0.030]),
        (0.003, 1.0, [-0.018, -0.008, 0.002, 0.012, 0.022, 0.028, -0.012, 0.008],
         [0.0012, -0.0008, 0.0018, -0.0016, 0.0010, -0.0012, 0.0006, -0.0010],
         [0.012, -0.004, 0.009], [0.030, -0.010, 0.020]),
        (0.005, 1.4, [-0.025, -0.012, 0.001, 0.010, 0.020, 0.030, -0.010, 0.006],
         [0.0008, -0.0012, 0.0016, -0.0014, 0.0012, -0.0010, 0.0004, -0.0004],
         [0.018, -0.006, 0.011], [0.050, -0.005, 0.035]),
    )  # fmt: skip

    @pytest.fixture
    def study(self) -> Study:
        return market_model(self.returns(), Window(0, 2))

    @classmethod
    def returns(cls) -> Returns:
        own, market = [], []
        for alpha, beta, index, rest, event_index, event_own in cls.EVENTS:
            fitted = [alpha + beta * m + e for m, e in zip(index, rest, strict=True)]
            own.append(laid_out(fitted, event_own))
            market.append(laid_out(index, event_index))
        return Returns(np.array(own), np.array(market))

    def test_abnormal_returns_of_one_event(self) -> None:
        index = [-0.02, -0.01, 0.00, 0.01, 0.02, 0.03]
        rest = [0.001, -0.001, 0.002, -0.002, 0.001, -0.001]
        own = laid_out(
            [0.005 + 1.5 * m + e for m, e in zip(index, rest, strict=True)], [0.04, 0.0, 0.03]
        )
        market = laid_out(index, [0.015, -0.005, 0.010])
        sigma = 0.00166476081508083
        abnormal = sigma * np.array([7.64588601153099, 1.36441736906108, 6.07551885091351])
        found = path(Returns(own[None], market[None]), DAY_0, Window(0, 2))
        np.testing.assert_allclose(found[ABNORMAL].iloc[-3:], abnormal, rtol=1e-10)
        np.testing.assert_allclose(found[CAR].iloc[-3:], abnormal.cumsum(), rtol=1e-10)
        study = one(own, market, Window(0, 2))
        # The same residuals twenty times over 118 degrees of freedom, not once over four.
        assert study.variance[0, DAY_0] == pytest.approx(sigma**2 * 4 * 20 / 118, rel=1e-10)

    def test_cross_sectional_t(self, study: Study) -> None:
        cars = study.car[:, DAY_0]
        assert cars.mean() == pytest.approx(0.027155776845985774, rel=1e-10)
        assert student(cars) == pytest.approx(4.1627875088073241, rel=1e-10)

    def test_bmp_and_kp(self, study: Study) -> None:
        # It divides by s alone; the common factor of all events does not matter.
        standardised = study.car[:, DAY_0] / np.sqrt(study.variance[:, DAY_0])
        assert student(standardised) == pytest.approx(4.2274213480688871, rel=1e-9)
        residuals = np.array([rest * 15 for _, _, _, rest, _, _ in self.EVENTS])
        residuals = np.array(
            [self._left(index * 15, row) for (_, _, index, *_), row in zip(
                self.EVENTS, residuals, strict=True)]
        )  # fmt: skip
        same_day = np.full(3, DAY_0, np.intp)
        shared = mean_correlation(residuals, same_day, Window(0, 2))
        assert kolari_pynnonen(standardised, shared) == pytest.approx(0.32285512936825822, rel=1e-8)

    @staticmethod
    def _left(index: list[float], rest: np.ndarray) -> np.ndarray:
        return np.asarray(sm.OLS(rest, sm.add_constant(np.array(index))).fit().resid)

    def test_corrado(self, study: Study) -> None:
        ranks = []
        for row, (alpha, beta, index, rest, event_index, event_own) in enumerate(self.EVENTS):
            fit = study.alpha[row, DAY_0], study.beta[row, DAY_0]
            days = zip(
                [*(alpha + beta * m + e for m, e in zip(index, rest, strict=True)), *event_own],
                [*index, *event_index],
                strict=True,
            )
            abnormal = [own - fit[0] - fit[1] * market for own, market in days]
            ranks.append(stats.rankdata(abnormal) / 12)
        for day, published in ((8, 1.586435792425881), (9, -0.95186147545552868)):
            order = [*(n for n in range(11) if n != day), day]
            found = corrado(np.array(ranks)[:, order], 1)
            # It takes the standard deviation with n − 1, Corrado's paper with n.
            assert found / np.sqrt(11 / 10) == pytest.approx(published, rel=1e-9)


def test_the_band_of_a_path_ends_in_that_of_the_study() -> None:
    noise = np.random.default_rng(8)
    market, own = noise.normal(0, 0.01, (2, 260))
    for window in WINDOWS:
        found = path(Returns(own[None], market[None]), 200, window)
        study = one(own, market, window)
        last = found[found[CAR].notna()].iloc[-1]
        half = study.half_width(0, 200)
        car = study.car[0, 200]
        np.testing.assert_allclose(last[[CAR, LOW, HIGH]], [car, car - half, car + half])
        assert found[CAR].notna().sum() == window.length


def test_a_halt_is_compared_with_the_market_over_the_halt() -> None:
    nan = float("nan")
    panel = panel_of(
        {"A": [100, 101, nan, nan, 110, 111], "^TWII": [1000, 1010, 1020, 1000, 1050, 1050]}
    )
    benchmark = market_benchmark(panel)
    assert benchmark is not None
    returns = panel_returns(panel, benchmark)
    row = panel.positions["A"]
    np.testing.assert_allclose(returns.own[row], [nan, 0.01, nan, nan, 110 / 101 - 1, 1 / 110])
    np.testing.assert_allclose(
        returns.market[row], [nan, 0.01, nan, nan, 1050 / 1010 - 1, 0.0], atol=1e-15
    )


def test_a_window_that_is_not_over_counts_what_there_is() -> None:
    noise = np.random.default_rng(1)
    own, market = noise.normal(0, 0.01, (2, 202))
    study = one(own, market, Window(-1, 5))
    whole = one(np.append(own, noise.normal(0, 0.01, 9)), np.append(market, [0.0] * 9), WINDOWS[0])
    assert study.observed[0, 200] == 3
    assert not study.complete[0, 200]
    assert study.car[0, 200] == whole.car[0, 200]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_a_later_session_changes_no_bit_of_an_earlier_event(seed: int, more: int) -> None:
    noise = np.random.default_rng(seed)
    own, market = noise.normal(0, 0.02, (2, 3, 260))
    own[noise.random(own.shape) < 0.02] = np.nan
    early = Returns(own[:, :-more], market[:, :-more])
    before = market_model(early, WINDOWS[0])
    after = market_model(Returns(own, market), WINDOWS[0])
    settled = slice(0, 260 - more - WINDOWS[0].last)
    for field in ("alpha", "beta", "variance", "car", "car_variance", "observed"):
        np.testing.assert_array_equal(
            getattr(before, field)[:, settled], getattr(after, field)[:, settled]
        )


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.integers(0, 2**32))
def test_the_order_of_members_does_not_matter(order: list[int], seed: int) -> None:
    noise = np.random.default_rng(seed)
    own, market = noise.normal(0, 0.02, (2, 6, 50))
    own[noise.random(own.shape) < 0.1] = np.nan
    returns = Returns(own, market)
    for first, second in zip(portfolio(returns, range(6)), portfolio(returns, order), strict=True):
        np.testing.assert_array_equal(first, second)


def test_clusters_are_chains_of_near_or_overlapping_windows() -> None:
    columns = np.array([50, 10, 12, 14, 17, 53])
    assert clusters(columns, Window(-1, 1)).tolist() == [1, 0, 0, 0, 0, 1]
    assert overlaps(columns, Window(-1, 1))[1].tolist() == [False, True, True, False, False, False]
    # However narrow the window: within ten sessions it is one and the same story.
    near = np.array([0, 9, 19])
    assert clusters(near, Window(0, 0)).tolist() == [0, 0, 1]
    assert clusters(near, Window(-5, 20)).tolist() == [0, 0, 0]
    assert clusters(np.array([], np.intp), Window(-1, 1)).size == 0


class TestPlacebos:
    @pytest.fixture
    def study(self) -> Study:
        noise = np.random.default_rng(5)
        return market_model(Returns(*noise.normal(0, 0.01, (2, 1, 2000))), WINDOWS[0])

    def drawn(self, study: Study, events: list[int], length: int = 2000) -> np.ndarray:
        sessions = pd.bdate_range("2018-01-01", periods=2000).to_numpy().astype("datetime64[D]")
        cut = market_model_cut(study, length)
        return placebo_columns(
            cut, 0, 1800, eligible=np.ones(length, bool), events=np.array(events),
            sessions=sessions[:length],
        )  # fmt: skip

    def test_they_are_a_thousand_before_the_event_and_touch_no_other(self, study: Study) -> None:
        events = [400, 900, 1800, 1850]
        drawn = self.drawn(study, events)
        assert len(drawn) == len(set(drawn.tolist())) == 1000
        assert drawn.max() < 1800 - 2
        assert np.abs(drawn[:, None] - np.array(events)).min() == 3

    def test_later_sessions_and_events_draw_the_same(self, study: Study) -> None:
        np.testing.assert_array_equal(
            self.drawn(study, [400, 1800, 1990]), self.drawn(study, [400, 1800], 1810)
        )

    def test_one_more_event_replaces_no_other_placebo(self, study: Study) -> None:
        some, more = self.drawn(study, [1800]), self.drawn(study, [1800, 700])
        lost = set(some.tolist()) - set(more.tolist())
        assert all(abs(one - 700) <= 2 for one in lost)

    def test_percentile(self) -> None:
        others = np.arange(200.0)
        assert percentile(49.5, others) == 0.25
        assert percentile(50.0, others) == 0.2525
        assert np.isnan(percentile(5.0, others[:99]))


def market_model_cut(study: Study, length: int) -> Study:
    arrays = ("estimated", "alpha", "beta", "variance", "observed", "car", "car_variance")
    return dataclasses.replace(study, **{one: getattr(study, one)[:, :length] for one in arrays})


def test_below_five_independent_events_nothing_is_tested() -> None:
    noise = np.random.default_rng(2)
    returns = Returns(*noise.normal(0, 0.01, (2, 1, 600)))
    study = market_model(returns, WINDOWS[0])
    # Six dates, but the last three are one cluster.
    columns = np.array([200, 250, 300, 350, 351, 353])
    few = across_events(returns, study, np.zeros(6, np.intp), columns)
    assert (few.dates, few.independent) == (6, 4)
    assert np.isnan(list(few.tests.values())).all()
    columns[-1] = 400
    enough = across_events(returns, study, np.zeros(6, np.intp), columns)
    assert enough.independent == 5
    assert np.isfinite(list(enough.tests.values())).all()
    cars = study.car[0, columns]
    means = [*cars[:3], cars[3:5].mean(), cars[5]]
    told = stats.ttest_1samp(means, 0.0)
    assert enough.tests["t"] == pytest.approx((told.statistic, told.pvalue))
    assert tuple(enough.tests) == TESTS
    scars = study.scar[0, columns]
    means = [*scars[:3], scars[3:5].mean(), scars[5]]
    assert enough.tests["bmp"].statistic == pytest.approx(stats.ttest_1samp(means, 0).statistic)


@pytest.mark.parametrize(
    ("text", "window"),
    [("-1:1", Window(-1, 1)), ("0:5", Window(0, 5)), (" -10:60", Window(-10, 60)),
     ("-11:1", None), ("1:2", None), ("0:61", None), ("-1:-1", None), ("5", None), ("", None),
     ("a:b", None), ("-1:1;x", None)],
)  # fmt: skip
def test_windows_of_links(text: str, window: Window | None) -> None:
    assert window_of(text) == window
