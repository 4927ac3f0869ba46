"""The claim audit on real prices, held against raw closes, the files' factors and plain loops."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.panel import Panel
from dashboard.prices.providers.files import ImportedRecords, read_import
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import Prices, Snapshot, take_snapshot
from dashboard.studies.audit import Audit, audit, chosen, table_of
from dashboard.supply_chain.known import known_map
from dashboard.supply_chain.loading import load_map
from tests.golden.real_panel import tw_core_panel
from tests.golden.test_screen_real import prices_of

pytestmark = pytest.mark.real_data
CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
AS_OF = dt.date(2026, 6, 30)
EARLIER = dt.date(2025, 12, 31)
FIRST = {"ai-supply-chain-map": "2025-09-01", "hokkaido-valley": "2025-11-26"}
"""Document → first session after its date, by the calendar on the wall."""
CASH = 0.85
JUMPED = "5274.TWO"


@pytest.fixture(scope="module")
def panel(real_data: Path) -> Panel:
    return tw_core_panel(real_data)


@pytest.fixture(scope="module")
def revenue(real_data: Path) -> pd.DataFrame:
    """As a user's import stores it: of several rows of a month one is kept."""
    file = real_data / "fundamentals/monthly_revenue.parquet"
    imported = read_import(file, dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    assert isinstance(imported, ImportedRecords)
    return imported.records


def with_revenue(panel: Panel, rows: pd.DataFrame) -> Prices:
    return dataclasses.replace(prices_of(panel), revenue=rows)


@pytest.fixture(scope="module")
def prices(panel: Panel, revenue: pd.DataFrame) -> Prices:
    return with_revenue(panel, revenue)


@pytest.fixture(scope="module")
def taken(prices: Prices) -> Snapshot:
    return take_snapshot(CHAIN, prices, AS_OF)


@pytest.fixture(scope="module")
def found(taken: Snapshot) -> Audit:
    return audit(taken)


@pytest.fixture(scope="module")
def price_returns(real_data: Path) -> pd.DataFrame:
    """Symbol × first session: raw closes, with every factor that is no cash dividend put back."""
    closes = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
    closes = closes.assign(date=pd.to_datetime(closes["date"]))
    events = pd.read_parquet(real_data / "prices/tw_adjustment_events.parquet")
    events = events.assign(date=pd.to_datetime(events["date"]), factor=1 / events["factor_ratio"])
    out: dict[str, dict[str, float]] = {}
    for symbol, own in closes[closes["date"] <= pd.Timestamp(AS_OF)].groupby("symbol"):
        close = own.set_index("date")["close"].sort_index()
        for day in FIRST.values():
            held = close[day:]
            factors = events[(events["symbol"] == symbol) & (events["date"] > held.index[0])]
            factors = factors[(factors["date"] <= held.index[-1])]["factor"]
            kept = factors[(factors < CASH) | (factors > 1 + 1e-6)]
            out.setdefault(str(symbol), {})[day] = held.iloc[-1] / held.iloc[0] / kept.prod() - 1
    return pd.DataFrame(out).T


@pytest.fixture(scope="module")
def market(real_data: Path) -> dict[str, float]:
    rows = pd.read_parquet(real_data / "prices/taiex_daily.parquet")
    close = rows.assign(date=pd.to_datetime(rows["date"])).set_index("date")["close"].sort_index()
    close = close[: AS_OF.isoformat()]
    return {day: close.iloc[-1] / close[day] - 1 for day in FIRST.values()}


def members_only(found: Audit) -> pd.DataFrame:
    """Claims about one Taiwanese share."""
    table = found.table
    one = table["symbols"].map(len) == 1
    return table[one & (table["market"] == "TW") & (table["about"] == "membership")]


def test_returns_are_those_of_the_raw_closes(
    found: Audit, price_returns: pd.DataFrame, market: dict[str, float]
) -> None:
    rows = members_only(found)
    rows = rows[rows["document"].isin(FIRST)]
    checked = 0
    for row in rows.itertuples():
        day, symbol = FIRST[row.document], row.symbols[0]
        assert row.known_from == pd.Timestamp(day)
        if symbol == JUMPED:
            assert (row.verdict, row.reason) in {("cannot", "jump"), ("cannot", "no_direction")}
            continue
        if symbol not in price_returns.index:
            assert np.isnan(row.company_return)
            continue
        assert row.company_return == pytest.approx(price_returns.at[symbol, day], rel=1e-9)
        assert row.market_return == pytest.approx(market[day], rel=1e-12)
        assert row.relative == pytest.approx(
            (1 + row.company_return) / (1 + row.market_return) - 1, abs=1e-12
        )
        assert row.basis == "price"
        checked += 1
    assert checked >= 45


def test_a_layers_return_is_the_mean_of_the_members_known_then(
    found: Audit, price_returns: pd.DataFrame
) -> None:
    row = found.table.set_index("claim").loc["membership:jentech:cooling:ai-supply-chain-map"]
    own = ["3653.TW", "8996.TW", "6831.TW"]
    expected = price_returns.loc[own, "2025-09-01"].mean()
    assert row["layer_return"] == pytest.approx(expected, rel=1e-9)
    assert (row["layer_priced"], row["layer_members"]) == (3, 3)


def yoy_by_loop(rows: pd.DataFrame, symbol: str, since: str, on: dt.date) -> float:
    """Months told (else due on the 10th, or the Monday after) before the day, by plain loops."""
    own = {row.month: row for row in rows[rows["symbol"] == symbol].itertuples()}
    now = then = 0.0
    for month, row in own.items():
        before = own.get(month - pd.DateOffset(years=1))
        told = pd.to_datetime(row.announced, errors="coerce")
        due = month + pd.DateOffset(months=1, days=9)
        due += pd.Timedelta(days={5: 2, 6: 1}.get(due.day_of_week, 0))
        known = due if pd.isna(told) or told < month + pd.DateOffset(months=1) else told
        if month < pd.Timestamp(since) or known >= pd.Timestamp(on) or before is None:
            continue
        now, then = now + row.revenue, then + before.revenue
    return now / then - 1 if then else float("nan")


def test_revenue_is_that_of_the_months_told_by_then(found: Audit, revenue: pd.DataFrame) -> None:
    rows = members_only(found)
    known = 0
    for row in rows[rows["document"] == "ai-supply-chain-map"].itertuples():
        expected = yoy_by_loop(revenue, row.symbols[0], FIRST[row.document], AS_OF)
        assert row.revenue_yoy == pytest.approx(expected, rel=1e-9, nan_ok=True)
        known += expected == expected
    assert known >= 22


def test_verdicts_by_the_printed_rule(found: Audit) -> None:
    for row in found.table.itertuples():
        way = row.direction
        if way == 0 or row.sessions < 20 or np.isnan(row.relative):
            expected = "cannot"
        elif row.event_session == pd.Timestamp("2025-11-21") and not row.companies:
            expected = "cannot"  # the fall of the whole market
        else:
            signs = {row.relative * way > 0}
            if row.revenue_yoy == row.revenue_yoy:
                signs.add(row.revenue_yoy * way > 0)
            expected = {(True,): "confirmed", (False,): "not_so_far"}.get(tuple(signs), "cannot")
        assert row.verdict == expected, row.claim
    counts = found.table["verdict"].value_counts().to_dict()
    assert counts["confirmed"] >= 25
    assert counts["not_so_far"] >= 10
    assert (found.table["reason"] == "").equals(found.table["verdict"] != "cannot")


def test_the_base_rate_counts_all_members(
    found: Audit, price_returns: pd.DataFrame, market: dict[str, float]
) -> None:
    names = [x.symbol for x in CHAIN.companies if x.memberships and x.symbol in price_returns.index]
    own = price_returns.loc[[x for x in names if x != JUMPED]]
    base = found.base.set_index("known_from")
    for day in FIRST.values():
        row = base.loc[pd.Timestamp(day)]
        assert row["members_priced"] == len(own)
        assert row["beat_market"] == (own[day] > market[day]).sum()


def test_nothing_later_is_seen(panel: Panel, prices: Prices, revenue: pd.DataFrame) -> None:
    """The whole data read as of a day, and only what there was on that day."""
    early = with_revenue(panel.as_of(EARLIER), revenue[revenue["month"] < "2025-12-01"])
    whole = audit(take_snapshot(CHAIN, prices, EARLIER))
    cut = audit(take_snapshot(known_map(CHAIN, EARLIER), early, EARLIER))
    pd.testing.assert_frame_equal(whole.table, cut.table, rtol=0, atol=0)
    pd.testing.assert_frame_equal(whole.base, cut.base)
    assert set(whole.table["document"]) == set(FIRST)


def test_a_link_asks_for_some_of_the_rows(found: Audit, taken: Snapshot) -> None:
    asked = {"document": "hokkaido-valley", "verdict": "confirmed,not_so_far", "lang": "en"}
    rows = table_of(taken, asked)
    expected = found.table.query(
        "document == 'hokkaido-valley' and verdict in ('confirmed', 'not_so_far')"
    )
    pd.testing.assert_frame_equal(rows, expected)
    assert len(rows) > 5
    by_layer = chosen(found.table, CHAIN, {"group": "cooling"})
    assert all("cooling" in own for own in by_layer["layers"])
    assert len(by_layer) == sum("cooling" in own for own in found.table["layers"])
    by_company = chosen(found.table, CHAIN, {"company": "tsmc"})
    assert len(by_company) == sum("tsmc" in own for own in found.table["companies"])
    assert len(chosen(found.table, CHAIN, {"company": "nobody"})) == len(found.table)
