"""What moves together beyond the market: residuals, intervals, shrinking and the tree, by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from dashboard.analytics.benchmark import Basis
from dashboard.analytics.clusters import (
    CORRELATION,
    PAIR_COLUMNS,
    clusters,
    daily_returns,
    fisher_interval,
    group_returns,
    pair_table,
    positive_definite,
    residuals,
    shared_members,
    shrinkage_intensity,
)
from dashboard.charts.dendrogram import SquareTexts, clustered_square, pair_at, shortened
from dashboard.charts.theme import theme
from tests.unit.panels import panel_of, random_panel

NAN = float("nan")
DAYS = pd.date_range("2024-01-01", periods=260, freq="D")


def noise(columns: str, sessions: int = 120, seed: int = 3, holes: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    values = random.normal(size=(sessions, len(columns)))
    values[random.random(values.shape) < holes] = NAN
    return pd.DataFrame(values, index=DAYS[:sessions], columns=list(columns))


def two_pairs(sessions: int = 120) -> pd.DataFrame:
    """a and c are one trade, b and d another, e is alone."""
    own = noise("abcdepq", sessions)
    own["a"], own["c"] = 0.3 * own["a"] + own["p"], 0.3 * own["c"] + own["p"]
    own["b"], own["d"] = 0.3 * own["b"] + own["q"], 0.3 * own["d"] + own["q"]
    return own[list("abcde")]


class TestReturns:
    def test_none_after_a_session_without_a_trade(self) -> None:
        panel = panel_of({"1000.TW": [10, 11, NAN, 12, 15], "2000.TW": [5, 5, 5, 5, 6]})
        own = daily_returns(panel, Basis.TOTAL)["1000.TW"].tolist()
        assert own == pytest.approx([NAN, 0.1, NAN, NAN, 0.25], nan_ok=True)

    def test_a_session_of_which_nothing_is_stored_is_none(self) -> None:
        panel = panel_of({"1000.TW": [10, NAN, 11], "2000.TW": [10, NAN, 12]})
        assert daily_returns(panel, Basis.TOTAL)["2000.TW"].tolist()[1:] == pytest.approx([0.2])

    def test_members_count_from_the_session_after_they_are_known(self) -> None:
        returns = pd.DataFrame(
            {"x": [0.1, 0.2, 0.3, 0.4, 0.5], "y": [0.0, 0.0, 0.1, NAN, 0.1]}, index=DAYS[:5]
        )
        windows = pd.DataFrame(
            {
                "symbol": ["x", "y", "y", "gone"],
                "layer": ["one", "one", "two", "one"],
                "known_on": [DAYS[0], DAYS[2], DAYS[1] - pd.Timedelta(hours=1), DAYS[0]],
                "known_until": [DAYS[3], pd.NaT, pd.NaT, pd.NaT],
            }
        )
        mean, counts = group_returns(returns, windows, "layer")
        # x: held from day 0 to the close of day 3; y in `one` from day 2, in `two` from day 1.
        assert mean["one"].tolist() == pytest.approx([NAN, 0.2, 0.3, 0.4, 0.1], nan_ok=True)
        assert mean["two"].tolist() == pytest.approx([NAN, NAN, 0.1, NAN, 0.1], nan_ok=True)
        assert counts["one"].tolist() == [0, 1, 1, 1, 1]

    def test_residuals_are_those_of_a_loop_over_the_common_sessions(self) -> None:
        series, market = noise("abc", holes=0.1), noise("m", seed=9, holes=0.05)["m"]
        series["b"] += 1.5 * market.fillna(0)
        found = residuals(series, market)
        for name in series:
            both = series[name].notna() & market.notna()
            x = np.column_stack([np.ones(both.sum()), market[both]])
            left = series.loc[both, name] - x @ np.linalg.lstsq(x, series.loc[both, name])[0]
            np.testing.assert_allclose(found.loc[both, name], left, atol=1e-12)
            assert found.loc[~both, name].isna().all()

    def test_a_market_that_stands_still_leaves_nothing(self) -> None:
        assert residuals(noise("ab"), pd.Series(0.0, index=DAYS)).isna().all(axis=None)


class TestPairs:
    def test_counts_and_correlations_are_those_of_each_pair(self) -> None:
        series = noise("abcd", holes=0.15)
        found = clusters(series, minimum=60)
        for one in series:
            for other in series:
                both = series[one].notna() & series[other].notna()
                assert found.common.at[one, other] == both.sum()
                expected = np.corrcoef(series.loc[both, one], series.loc[both, other])[0, 1]
                assert found.correlation.at[one, other] == pytest.approx(expected, abs=1e-12)

    def test_a_pair_with_too_few_common_sessions_is_missing(self) -> None:
        series = noise("abc", 120)
        series.loc[DAYS[:60], "a"] = NAN
        series.loc[DAYS[61:120], "b"] = NAN
        series["flat"] = 0.0
        series["short"] = series["c"].where(series.index < DAYS[59])
        found = clusters(series)
        assert found.left_out == ("flat", "short")
        assert found.common.at["a", "b"] == 1
        assert np.isnan(found.correlation.at["a", "b"])
        assert np.isnan(found.low.at["a", "b"])
        assert found.tested.pairs == 2
        table = pair_table(found)
        assert tuple(table.columns) == PAIR_COLUMNS
        assert table[CORRELATION].isna().tolist() == [False, False, True]

    def test_intervals_by_hand(self) -> None:
        square = pd.DataFrame([[1, 0.5, 1], [0.5, 1, 0], [1, 0, 1.0]])
        common = pd.DataFrame(103, index=range(3), columns=range(3))
        low, high = fisher_interval(square, common)
        # artanh 0.5 = 0.549306, ± 1.959964 / √100
        assert low.at[0, 1] == pytest.approx(np.tanh(0.549306 - 0.195996), abs=1e-6)
        assert high.at[0, 1] == pytest.approx(np.tanh(0.549306 + 0.195996), abs=1e-6)
        assert high.at[1, 2] == pytest.approx(np.tanh(0.195996), abs=1e-6)
        # Series that are the same have no interval, and the market costs one session.
        assert np.isnan(low.at[0, 2])
        with_market = fisher_interval(square, common, controls=1)[1]
        assert with_market.at[1, 2] == pytest.approx(np.tanh(1.959964 / np.sqrt(99)), abs=1e-6)

    def test_how_many_could_be_chance(self) -> None:
        series = noise("abcdefghijklmnopqrst", 250, seed=1)
        tested = clusters(series).tested
        assert tested.pairs == 190
        assert tested.by_chance == pytest.approx(9.5)
        assert 1 <= tested.apart <= 20
        assert tested.surviving == 0
        assert clusters(two_pairs()).tested.surviving == 2

    def test_members_in_common(self) -> None:
        members = pd.DataFrame({"symbol": list("xxyyz"), "layer": list("ababb")})
        shared = shared_members(members, ["b", "a", "none"], "layer")
        assert shared.to_numpy().tolist() == [[3, 2, 0], [2, 2, 0], [0, 0, 0]]


class TestTree:
    def test_known_clusters_stand_together(self) -> None:
        found = clusters(two_pairs(), together=0.5)
        groups = {tuple(sorted(own.index)) for _, own in found.cluster.groupby(found.cluster)}
        assert groups == {("a", "c"), ("b", "d"), ("e",)}
        assert abs(found.order.index("a") - found.order.index("c")) == 1
        assert found.cluster.tolist() == sorted(found.cluster)
        assert clusters(two_pairs(), together=-1).cluster.nunique() == 1

    def test_forks_by_hand(self) -> None:
        series = two_pairs()[["a", "b", "c"]]
        found = clusters(series)
        r = np.corrcoef(series.to_numpy().T)
        kept = 1 - shrinkage_by_loop(series)
        distance = np.sqrt(2 * (1 - kept * r))
        # a and c join first, then b at the mean of its distances to the two.
        lower, upper = sorted(found.branches[:, 1, :].max(axis=1))
        assert lower == pytest.approx(distance[0, 2])
        assert upper == pytest.approx((distance[0, 1] + distance[2, 1]) / 2)

    def test_agrees_with_scipy_on_distances_computed_apart(self) -> None:
        series = noise("abcdefgh", 90, holes=0.05)
        series["b"] += series["a"].fillna(0)
        series["g"] += 0.7 * series["a"].fillna(0)
        found = clusters(series, together=0.2)
        r = (1 - shrinkage_by_loop(series)) * series.corr().to_numpy()
        distance = np.sqrt(2 * (1 - r[np.triu_indices(8, 1)]))
        joined = linkage(distance, method="average")
        np.testing.assert_allclose(sorted(found.branches[:, 1].max(axis=1)), joined[:, 2])
        expected = fcluster(joined, np.sqrt(2 * 0.8), criterion="distance")
        own = found.cluster[list("abcdefgh")].to_numpy()
        assert ((own[:, None] == own) == (expected[:, None] == expected)).all()

    def test_shrinking_is_that_of_a_loop(self) -> None:
        series = noise("abcd", 80, holes=0.1)
        series["b"] += series["a"].fillna(0)
        found = shrinkage_intensity(series, series.corr().to_numpy())
        assert 0 < found < 1
        assert found == pytest.approx(shrinkage_by_loop(series), rel=1e-12)

    def test_a_matrix_that_cannot_be_is_mended(self) -> None:
        impossible = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
        mended = positive_definite(impossible)
        assert np.linalg.eigvalsh(impossible)[0] < -0.5
        assert np.linalg.eigvalsh(mended)[0] > -1e-12
        assert np.diag(mended).tolist() == [1, 1, 1]
        np.testing.assert_array_equal(positive_definite(np.eye(3)), np.eye(3))

    @pytest.mark.parametrize("columns", ["", "a", "ab"])
    def test_few_series(self, columns: str) -> None:
        found = clusters(noise(columns))
        assert len(found.order) == len(columns)
        assert len(found.branches) == max(len(columns) - 1, 0)
        assert len(pair_table(found)) == int(len(columns) == 2)


def shrinkage_by_loop(series: pd.DataFrame) -> float:
    """Schäfer and Strimmer (2005), written out; each pair over its common sessions."""
    above, below = 0.0, 0.0
    z = (series - series.mean()) / series.std()
    for one in series:
        for other in series:
            if one == other:
                continue
            w = (z[one] * z[other]).dropna()
            n = len(w)
            above += n / (n - 1) ** 3 * ((w - w.mean()) ** 2).sum()
            below += series[one].corr(series[other]) ** 2
    return min(above / below, 1.0)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.permutations(list("abcdef")), st.floats(0, 0.2))
def test_properties_of_any_series(seed: int, order: list[str], holes: float) -> None:
    series = noise("abcdef", 100, seed=seed, holes=holes)
    found = clusters(series)
    square = found.correlation.to_numpy()
    np.testing.assert_array_equal(square, square.T)
    known = square[np.isfinite(square)]
    assert ((known >= -1) & (known <= 1)).all()
    low, high = found.low.to_numpy(), found.high.to_numpy()
    inside = np.isfinite(low)
    assert ((low < square) & (square < high))[inside].all()
    assert sorted(found.order) == list("abcdef")
    other = clusters(series[order])
    pd.testing.assert_frame_equal(found.correlation, other.correlation)
    np.testing.assert_array_equal(found.branches, other.branches)
    assert found.cluster.to_dict() == other.cluster.to_dict()


def test_later_bars_change_nothing() -> None:
    panel = random_panel(6, 300)
    day: dt.date = panel.sessions[220].item()
    windows = pd.DataFrame(
        {
            "symbol": panel.symbols,
            "layer": list("aabbcc"),
            "known_on": pd.Timestamp("2022-02-01"),
            "known_until": pd.NaT,
        }
    )

    def until(whole: pd.DataFrame) -> pd.DataFrame:
        return whole.loc[: pd.Timestamp(day)].iloc[-120:]

    before = daily_returns(panel.as_of(day), Basis.TOTAL)
    after = daily_returns(panel, Basis.TOTAL)
    pd.testing.assert_frame_equal(until(before), until(after), check_exact=True)
    one, other = (until(group_returns(own, windows, "layer")[0]) for own in (before, after))
    found, again = (clusters(residuals(own, own["a"])[["b", "c"]]) for own in (one, other))
    pd.testing.assert_frame_equal(found.correlation, again.correlation, check_exact=True)


class TestSquare:
    TEXTS = SquareTexts(
        common="common",
        interval="95%",
        too_few="too few",
        shared="shared",
        fork="joined at {}".format,
        threshold="cut",
    )

    def test_cells_frames_and_words(self) -> None:
        series = two_pairs()
        series.loc[series.index[:70], "e"] = NAN
        series.loc[series.index[100:], "a"] = NAN
        found = clusters(series, minimum=50, together=0.5)
        names = {one: f"<b>{one}</b>" for one in "abcde"}
        shared = pd.DataFrame(1, index=list("abcde"), columns=list("abcde"))
        figure = clustered_square(
            found, shared, names, names, self.TEXTS, limit=0.6, chosen=("b", "d"), theme=theme()
        )
        cells = figure.data[0]
        assert np.isnan(np.diag(cells.z)).all()
        place = {one: number for number, one in enumerate(found.order)}
        drawn = cells.z[place["b"]][place["d"]]
        assert drawn == found.correlation.at["b", "d"]
        # Two clusters and the two cells of the pair.
        assert len(figure.layout.shapes) == 4
        crosses, points = figure.data[1], figure.data[3]
        assert len(crosses.x) == 2 * int(np.isnan(found.correlation.to_numpy()).sum() / 2)
        words = dict(zip(zip(points.y, points.x, strict=True), points.text, strict=True))
        told = words[place["a"] + 1, place["e"] + 1]
        assert (
            told
            == "&lt;b&gt;a&lt;/b&gt; × &lt;b&gt;e&lt;/b&gt;<br>too few<br>common 30<br>shared 1"
        )
        assert all("<b>" not in one for one in figure.layout.yaxis.ticktext)

    def test_a_click_names_the_pair(self) -> None:
        order = ("a", "b", "c")
        assert pair_at({"x": 3, "y": 1}, order) == ("a", "c")
        assert pair_at({"x": 2, "y": 2}, order) is None
        assert pair_at({"x": 1.5, "y": 1.31}, order) is None
        assert pair_at({"x": 9, "y": 1}, order) is None
        assert pair_at({}, order) is None

    def test_labels_are_cut_by_width(self) -> None:
        assert shortened("散熱") == "散熱"
        assert shortened("Server management chip") == "Server management…"
        assert shortened("一二三四五六七八九十") == "一二三四五六七八…"
