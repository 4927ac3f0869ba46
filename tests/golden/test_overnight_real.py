"""American sessions and Taiwan's layers on real prices, held against plain loops over the files."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.prices.listings import listed_since
from dashboard.prices.records import LISTINGS, REVENUES, empty_records
from dashboard.prices.shipped_listings import listed_offline
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import Prices, Snapshot
from dashboard.studies.overnight import LeadLag, chosen, lead_lag, mornings, table_of
from dashboard.supply_chain.known import known_map
from dashboard.supply_chain.loading import load_map
from tests.golden.real_panel import COLUMNS, NAMES, tw_core_panel

pytestmark = pytest.mark.real_data
CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
LAST = dt.date(2026, 6, 30)
EARLIER = dt.date(2026, 4, 15)
NO_SHARES = pd.DataFrame({"symbol": [], "date": pd.to_datetime([]), "shares": []})
ODM = {"2317.TW", "2382.TW", "3231.TW", "2356.TW", "2376.TW", "3706.TW"}


def us_rows(real_data: Path) -> pd.DataFrame:
    rows = pd.read_parquet(real_data / "prices/us_daily.parquet").rename(columns=NAMES)
    return rows.assign(flags=0, volume=rows["volume"].astype(float))[list(COLUMNS)]


def prices_of(panels: dict[str, Panel]) -> Prices:
    return Prices(
        version="real", simulated=False, panels=panels, shares=NO_SHARES,
        listed_since=listed_since(listed_offline()), revenue=empty_records(REVENUES),
        insurers=frozenset(), stored_listings=empty_records(LISTINGS), sources=(),
        symbol_sources={}, fetched_at=None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def panels(real_data: Path) -> dict[str, Panel]:
    america = pa.Table.from_pandas(us_rows(real_data), preserve_index=False)
    return {"TW": tw_core_panel(real_data), "US": panel_from_table(america, "US")}


def taken_on(panels: dict[str, Panel], day: dt.date, *, hindsight: bool = False) -> Snapshot:
    """A snapshot without the metrics: no study of this page reads them."""
    none = pd.DataFrame()
    return Snapshot(
        chain=CHAIN if hindsight else known_map(CHAIN, day), whole_chain=CHAIN,
        hindsight=hindsight, prices=prices_of(panels), as_of=day, universe=(),
        metrics=none, notes=none, start_caps=none,
    )  # fmt: skip


@pytest.fixture(scope="module")
def known(panels: dict[str, Panel]) -> Snapshot:
    return taken_on(panels, LAST)


@pytest.fixture(scope="module")
def study(known: Snapshot) -> LeadLag:
    return lead_lag(known)


@pytest.fixture(scope="module")
def hindsight(panels: dict[str, Panel]) -> LeadLag:
    return lead_lag(taken_on(panels, LAST, hindsight=True))


@pytest.fixture(scope="module")
def holiday(panels: dict[str, Panel]) -> tuple[Snapshot, LeadLag]:
    """As of the last session before the Lunar New Year."""
    taken = taken_on(panels, dt.date(2026, 2, 11))
    return taken, lead_lag(taken)


def by_loop(real_data: Path, symbols: set[str], driver: str) -> pd.DataFrame:
    """Driver's move, mean gap and mean whole of members that went ex on no day of the pair."""
    bars = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
    index = pd.read_parquet(real_data / "prices/taiex_daily.parquet")
    ex = pd.read_parquet(real_data / "prices/tw_adjustment_events.parquet")
    america = pd.read_parquet(real_data / "prices/us_daily.parquet")
    own = america[america["symbol"] == driver]
    closes = dict(zip(pd.to_datetime(own["date"]).dt.date, own["adj_close"], strict=True))
    foreign = sorted(closes)
    home = sorted(day for day in pd.to_datetime(index["date"]).dt.date if day >= foreign[0])
    own_bars = bars[bars["symbol"].isin(symbols)]
    bar = {
        (one.symbol, pd.Timestamp(one.date).date()): (one.open, one.close)
        for one in own_bars.itertuples()
    }
    factor = {
        (one.symbol, pd.Timestamp(one.date).date()): one.factor_ratio for one in ex.itertuples()
    }
    rows = []
    for before, day in pairwise(home):
        new = foreign[bisect_left(foreign, before) : bisect_left(foreign, day)]
        gaps, totals = [], []
        for symbol in symbols:
            base, now = bar.get((symbol, before)), bar.get((symbol, day))
            if base is None or now is None:
                continue
            reference = base[1] / factor.get((symbol, day), 1.0)
            gaps.append(now[0] / reference - 1)
            totals.append(now[1] / reference - 1)
        if not new or not gaps:
            continue
        if new[0] != foreign[0]:
            base = foreign[foreign.index(new[0]) - 1]
            rows.append((day, closes[new[-1]] / closes[base] - 1, np.mean(gaps), np.mean(totals)))
    return pd.DataFrame(rows, columns=["day", "move", "gap", "total"]).set_index("day")


class TestAgainstLoops:
    @pytest.mark.parametrize(
        ("layer", "symbols", "driver"),
        [("foundry", {"2330.TW"}, "NVDA"), ("server_odm", ODM, "NVDA")],
    )
    def test_every_pair_since_2019(
        self, real_data: Path, hindsight: LeadLag, layer: str, symbols: set[str], driver: str
    ) -> None:
        expected, found = by_loop(real_data, symbols, driver), hindsight
        own = pd.DataFrame(
            {
                "move": found.move[driver],
                "gap": found.responses.gap[layer],
                "total": found.responses.total[layer],
            }
        ).dropna()
        assert len(own) > 1700
        days = [one.date() for one in own.index]
        both = expected.reindex(days)
        # References are rounded to 0.01, and a reduction's bar may be set apart: nearly all agree.
        same = np.isclose(own["gap"], both["gap"], atol=2e-4)
        assert same.mean() > 0.995
        np.testing.assert_allclose(own["move"], both["move"], atol=1e-6)
        slope = np.polyfit(both["move"], both["gap"], 1)[0]
        row = found.table.query("layer == @layer and driver == @driver").iloc[0]
        assert row["gap_slope"] == pytest.approx(slope, rel=0.01)
        assert row["n"] == len(expected) == len(own)
        whole = (1 + both["total"]) / (1 + both["gap"]) - 1
        assert row["intraday_slope"] == pytest.approx(
            np.polyfit(both["move"], whole, 1)[0], abs=2e-3
        )


class TestWhatTheDataSay:
    def test_drivers_are_those_of_the_map(self, study: LeadLag) -> None:
        pairs = {(one.layer, one.symbol) for one in study.drivers}
        equipment = {("foundry", one) for one in ("ASML", "AMAT", "LRCX", "KLAC")}
        assert pairs == equipment | {
            ("foundry", "NVDA"), ("foundry", "TSLA"), ("foundry", "AMKR"), ("foundry", "INTC"),
            ("asic", "BABA"), ("asic", "BIDU"), ("adv_pkg", "AMKR"), ("server_odm", "NVDA"),
            ("optical_cpo", "AVGO"),
        }  # fmt: skip
        driver = study.driver("optical_cpo", "AVGO")
        assert driver is not None
        assert [one.kind for one in driver.reasons] == ["customer", "partner", "peer"]
        assert all(one.evidence for one in driver.reasons)

    def test_a_relation_counts_once_its_document_is_known(self, panels: dict[str, Panel]) -> None:
        taken = taken_on(panels, dt.date(2025, 10, 20))
        study = lead_lag(taken)
        pairs = {(one.layer, one.symbol) for one in study.drivers}
        assert ("optical_cpo", "AVGO") in pairs  # the map of August 2025
        assert ("foundry", "NVDA") not in pairs  # said in February 2026
        assert set(study.table["missing"]) <= {"too_few", "no_prices"}

    def test_the_opening_takes_it_in(self, study: LeadLag, hindsight: LeadLag) -> None:
        for table, least in ((study.table, 190), (hindsight.table, 1700)):
            told = table[table["missing"].isna()]
            assert len(told) == 11
            assert told["n"].min() > least
            assert (told["gap_slope"] > 0.1).all()
            assert (told["gap_p_adjusted"] < 1e-3).all()
            assert (told["intraday_slope"].abs() < 0.4 * told["gap_slope"]).all()
            assert (told["lead_correlation"] > told["same_date_correlation"]).all()
            assert set(told["verdict"]) == {"in_gap", "reverses"}
            assert told["tests"].eq(22).all()

    def test_parameters_of_the_link(self, known: Snapshot, study: LeadLag) -> None:
        one = chosen(study.table, "foundry", "NVDA")
        assert one[["layer", "driver"]].values.tolist() == [["foundry", "NVDA"]]
        pd.testing.assert_frame_equal(chosen(study.table, "no", None), study.table)
        year = table_of(known, {"span": "1y", "driver": "AVGO"})
        assert year["driver"].tolist() == ["AVGO"]
        assert year["first"].iloc[0] >= pd.Timestamp("2025-06-30")


class TestMornings:
    def test_after_the_lunar_new_year_the_sessions_are_summed(
        self, real_data: Path, panels: dict[str, Panel]
    ) -> None:
        taken = taken_on(panels, dt.date(2026, 2, 23))
        found = mornings(taken, lead_lag(taken))
        assert [str(one.session) for one in found] == ["2026-02-24", "2026-02-23"]
        last = found[1]
        assert (last.happened, str(last.first), str(last.last), last.sessions) == (
            True, "2026-02-11", "2026-02-20", 7,
        )  # fmt: skip
        america = us_rows(real_data).set_index(["symbol", "session"])["adjusted_close"]
        days = {str(day)[:10]: value for day, value in america["AVGO"].items()}
        line = last.lines.set_index(["layer", "driver"]).loc[("optical_cpo", "AVGO")]
        assert line["move"] == pytest.approx(days["2026-02-20"] / days["2026-02-10"] - 1)
        bars = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
        own = bars[bars["symbol"] == "4977.TW"].set_index("date")
        own.index = pd.to_datetime(own.index).strftime("%Y-%m-%d")
        first, close = own.at["2026-02-23", "open"], own.at["2026-02-23", "close"]
        assert line["gap_actual"] == pytest.approx(first / own.at["2026-02-11", "close"] - 1)
        assert line["intraday_actual"] == pytest.approx(close / first - 1)

    def test_before_the_holiday_ends_the_sessions_so_far(
        self, holiday: tuple[Snapshot, LeadLag]
    ) -> None:
        taken, study = holiday
        ahead = mornings(taken, study, dt.date(2026, 2, 19))[0]
        assert (str(ahead.session), ahead.happened, ahead.sessions) == ("2026-02-23", False, 6)
        assert str(mornings(taken, study)[0].last) == "2026-02-11"
        row = study.table.query("layer == 'optical_cpo'").iloc[0]
        line = ahead.lines.query("layer == 'optical_cpo'").iloc[0]
        assert line["gap_usual"] == pytest.approx(row["gap_slope"] * line["move"])
        ends = sorted([row["gap_low"] * line["move"], row["gap_high"] * line["move"]])
        assert [line["gap_low"], line["gap_high"]] == pytest.approx(ends)
        assert ahead.lines[["gap_actual", "intraday_actual"]].isna().all(axis=None)

    def test_a_locked_opening_is_noted(self, holiday: tuple[Snapshot, LeadLag]) -> None:
        # 4977 opened at its lower limit on 2026-02-11.
        last = mornings(*holiday)[-1].lines.query("layer == 'optical_cpo'").iloc[0]
        assert last["at_limit"] == 1
        assert last["gap_actual"] == pytest.approx(-0.0971, abs=1e-3)

    def test_without_a_new_american_session_the_last_pair_comes_first(
        self, panels: dict[str, Panel]
    ) -> None:
        cut = {"TW": panels["TW"], "US": panels["US"].as_of(dt.date(2026, 6, 29))}
        taken = taken_on(cut, LAST)
        (only,) = mornings(taken, lead_lag(taken))
        assert (only.session, only.happened) == (LAST, True)
        assert only.lines["gap_actual"].notna().all()


def test_later_prices_change_nothing_of_an_earlier_day(panels: dict[str, Panel]) -> None:
    cut = {market: one.as_of(EARLIER) for market, one in panels.items()}
    tables = []
    for some in (panels, cut):
        taken = taken_on(some, EARLIER)
        study = lead_lag(taken)
        tables.append((study.table, mornings(taken, study)[0].lines))
    for whole, part in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(whole, part, check_exact=True)
