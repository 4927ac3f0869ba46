"""Event studies on real prices: single events by hand, and what tests reject where nothing is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from dashboard.analytics.benchmark import market_benchmark
from dashboard.analytics.event_study import (
    CAR,
    HIGH,
    LOW,
    WINDOWS,
    Returns,
    Window,
    market_model,
    panel_returns,
    portfolio,
)
from dashboard.analytics.event_tests import TESTS, across_events, student
from dashboard.analytics.panel import Panel
from dashboard.prices.listings import listed_since
from dashboard.prices.records import LISTINGS, REVENUES, empty_records
from dashboard.prices.shipped_listings import listed_offline
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import Prices, Snapshot
from dashboard.studies import events as study
from dashboard.studies.events import Choice, event_studies, summary_of, table_of
from dashboard.supply_chain.known import known_map
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.rows import members
from tests.golden.real_panel import tw_core_panel

pytestmark = pytest.mark.real_data
CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
LAST = dt.date(2026, 6, 30)


@pytest.fixture(scope="module")
def panel(real_data: Path) -> Panel:
    return tw_core_panel(real_data)


@pytest.fixture(scope="module")
def files(real_data: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Closes as they stand in the files, and the index's."""
    rows = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
    index = pd.read_parquet(real_data / "prices/taiex_daily.parquet")
    closes = rows.pivot(index="date", columns="symbol", values="close")
    return closes, index.set_index("date")["close"].loc["2019":]


def snapshot(panel: Panel, day: dt.date, *, whole: bool = False) -> Snapshot:
    """A snapshot without the metrics: no study of events reads them."""
    none = pd.DataFrame()
    prices = Prices(
        version="real", simulated=False, panels={"TW": panel}, shares=none,
        listed_since=listed_since(listed_offline()), revenue=empty_records(REVENUES),
        insurers=frozenset(), stored_listings=empty_records(LISTINGS), sources=(),
        symbol_sources={}, fetched_at=None,
    )  # fmt: skip
    return Snapshot(
        chain=CHAIN if whole else known_map(CHAIN, day), whole_chain=CHAIN, hindsight=whole,
        prices=prices, as_of=day, universe=(), metrics=none, notes=none, start_caps=none,
    )  # fmt: skip


@pytest.fixture(scope="module")
def table(panel: Panel) -> pd.DataFrame:
    return table_of(snapshot(panel, LAST), {})


def row_of(table: pd.DataFrame, event: str, group: str) -> pd.Series:
    own = table[(table[study.EVENT] == event) & (table[study.GROUP] == group)]
    assert len(own) == 1
    return own.iloc[0]


class TestOneEvent:
    @pytest.mark.parametrize(
        ("event", "group", "symbol", "session"),
        [
            ("broadcom-jumps", "optical_cpo", None, "2025-11-25"),
            ("e-ink-results", "e-ink", "8069.TWO", "2025-11-19"),
            ("starlux-opens-phoenix", "starlux", "2646.TW", "2026-01-16"),
        ],
    )
    def test_agrees_with_statsmodels_over_the_files(
        self,
        table: pd.DataFrame,
        files: tuple[pd.DataFrame, pd.Series],
        event: str,
        group: str,
        symbol: str | None,
        session: str,
    ) -> None:
        closes, index = files
        layer = members(CHAIN, markets=["TW"])
        names = [symbol] if symbol else layer.loc[layer["layer"] == group, "symbol"].tolist()
        own = closes[names].pct_change(fill_method=None).mean(axis=1).reindex(index.index)
        market = index.pct_change()
        day = index.index.get_loc(pd.Timestamp(session))
        past, window = slice(day - 130, day - 10), slice(day - 1, day + 2)
        fitted = sm.OLS(own.iloc[past], sm.add_constant(market.iloc[past]), missing="drop").fit()
        design = np.array([3.0, market.iloc[window].sum()])
        car = own.iloc[window].sum() - design @ fitted.params
        variance = design @ fitted.cov_params() @ design + 3 * fitted.mse_resid
        row = row_of(table, event, group)
        assert row[study.SESSION] == pd.Timestamp(session)
        # The files' closes drop where a dividend goes; so do price returns.
        assert row[study.ESTIMATED] == fitted.nobs
        assert row[CAR] == pytest.approx(car, abs=2e-4)
        assert row[study.T] == pytest.approx(car / np.sqrt(variance), abs=0.03)

    def test_the_alliance_was_locked_after_the_halt(
        self, table: pd.DataFrame, files: tuple[pd.DataFrame, pd.Series]
    ) -> None:
        closes, index = files
        teco = closes["1504.TW"]
        assert "2025-07-30" not in teco.dropna().index
        row = row_of(table, "foxconn-teco-alliance", "teco")
        # +9.9 % after the halt and +10 % the day after: both at the limit.
        moved = teco["2025-08-01"] / teco["2025-07-29"] - 1
        of_market = index["2025-08-01"] / index["2025-07-29"] - 1
        assert moved == pytest.approx(0.209, abs=1e-3)
        assert (row[study.LIMIT], row[study.LOCKED]) == (2, 1)
        rough = moved - row[study.BETA] * of_market
        assert row[CAR] == pytest.approx(rough, abs=0.015)
        assert row[study.PLACEBO] == 1.0
        assert row[study.HINDSIGHT] == 1

    def test_there_is_no_p_value(self, table: pd.DataFrame) -> None:
        assert not [one for one in table.columns if one.startswith("p_") or one.endswith("_p")]

    def test_what_cannot_be_studied_says_why(self, table: pd.DataFrame) -> None:
        missing = table[table[CAR].isna()]
        assert set(missing[study.REASON]) == {study.NO_MEMBER}
        assert missing[[LOW, HIGH, study.T, study.PLACEBO]].isna().all(axis=None)
        assert table.loc[table[CAR].notna(), study.REASON].isna().all()

    def test_a_day_without_a_time_reacts_on_the_next_session(self, table: pd.DataFrame) -> None:
        row = row_of(table, "umc-rises-against-market", "umc")
        assert (row[study.DATE], row[study.SESSION_BASIS]) == ("2025-11-21", study.DAY_AFTER)
        assert row[study.SESSION] == pd.Timestamp("2025-11-24")


def test_the_three_clusters_of_the_facts(panel: Panel) -> None:
    rows = table_of(snapshot(panel, LAST), {"window": "0:5"})
    spans = rows.drop_duplicates(study.EVENT).set_index(study.EVENT)[study.CLUSTER]
    assert spans["e-ink-results"] == spans["broadcom-jumps"] == "2025-11-19/2025-11-25"
    assert spans["tesla-dojo-disbanded"] == spans["oklo-lightbridge-partnership"]
    assert spans["spacex-merges-xai"] == spans["terrafab-interview"] == "2026-02-02/2026-02-06"
    assert spans["starlux-opens-phoenix"] == "2026-01-16/2026-01-16"


def test_what_is_learned_later_changes_no_bit(panel: Panel) -> None:
    day = dt.date(2025, 12, 1)
    then = table_of(snapshot(panel.as_of(day), day), {})
    now = table_of(snapshot(panel, day), {})
    pd.testing.assert_frame_equal(then, now, check_exact=True)
    assert set(", ".join(then[study.DOCUMENTS]).split(", ")) == {
        "ai-supply-chain-map",
        "hokkaido-valley",
    }
    assert then[study.SESSION].max() <= pd.Timestamp(day)
    # The map of today knows of events that nobody had told by then.
    with_hindsight = table_of(snapshot(panel, day, whole=True), {})
    assert set(then[study.EVENT]) < set(with_hindsight[study.EVENT])


def test_filters_take_rows_and_change_none(panel: Panel, table: pd.DataFrame) -> None:
    some = table_of(snapshot(panel, LAST), {"layer": "foundry,cooling", "direction": "negative"})
    assert set(some[study.GROUP]) == {"foundry", "cooling"}
    kept = table[
        table[study.GROUP].isin(["foundry", "cooling"]) & (table["direction"] == "negative")
    ]
    pd.testing.assert_frame_equal(some, kept.reset_index(drop=True))
    assert table_of(snapshot(panel, LAST), {"layer": "nothing"}).empty
    pd.testing.assert_frame_equal(table_of(snapshot(panel, LAST), {"window": "x"}), table)


def test_together_they_are_few(panel: Panel) -> None:
    studies = event_studies(snapshot(panel, LAST))
    assert studies is not None
    for window in (Window(-1, 1), Window(0, 0)):
        rows = summary_of(studies, Choice(window=window)).set_index(study.SAMPLE)
        # 2025-07-31…08-12, 2025-11-19…25, 2026-01-16 and 2026-02-06, as FACTS groups them.
        assert rows.loc["all", study.INDEPENDENT] == 4
        assert rows[study.ANECDOTE].all()
        assert rows[[f"{one}_p" for one in TESTS]].isna().all(axis=None)


class TestUnderTheNull:
    """Placebo events on real prices: nothing happened, so one test in twenty may say it did."""

    REPLICATIONS = 400
    DATES = 20

    @pytest.fixture(scope="class")
    @classmethod
    def layers(cls, panel: Panel) -> Returns:
        """One row a layer with a priced member."""
        benchmark = market_benchmark(panel)
        assert benchmark is not None
        returns = panel_returns(panel, benchmark)
        known = members(CHAIN, markets=["TW"])
        rows = [
            [panel.positions[one] for one in own if one in panel.positions]
            for own in known.groupby("layer")["symbol"].agg(list)
        ]
        found = [portfolio(returns, own) for own in rows if own]
        return Returns(np.array([one[0] for one in found]), np.array([one[1] for one in found]))

    def draws(self, layers: Returns) -> list[tuple[np.ndarray, np.ndarray]]:
        noise = np.random.default_rng(4)
        last = layers.own.shape[1] - 2
        return [
            (noise.integers(0, len(layers.own), self.DATES),
             np.sort(noise.choice(np.arange(140, last), self.DATES, replace=False)))
            for _ in range(self.REPLICATIONS)
        ]  # fmt: skip

    @pytest.mark.parametrize("window", WINDOWS, ids=str)
    def test_what_is_printed_rejects_three_to_seven_per_cent(
        self, layers: Returns, window: object
    ) -> None:
        found = market_model(layers, window)  # type: ignore[arg-type]
        draws = self.draws(layers)
        rejected = dict.fromkeys(TESTS, 0)
        for rows, columns in draws:
            for name, test in across_events(layers, found, rows, columns).tests.items():
                rejected[name] += test.p_value < 0.05
        rates = {name: count / len(draws) for name, count in rejected.items()}
        assert all(0.03 <= rate <= 0.07 for rate in rates.values()), rates

    def test_layers_of_one_date_as_events_of_their_own_would_reject_far_more(
        self, layers: Returns
    ) -> None:
        # What one portfolio a date is there to prevent.
        found = market_model(layers, WINDOWS[0])
        rejected = 0
        for _, columns in self.draws(layers):
            values = found.scar[:, columns[:5]].ravel()
            values = values[~np.isnan(values)]
            rejected += abs(student(values)) > stats.t.ppf(0.975, len(values) - 1)
        assert rejected / self.REPLICATIONS > 0.10
