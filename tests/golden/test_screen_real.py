"""Presets on real prices, held against pandas company by company."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.metrics import METRICS, metric_table
from dashboard.analytics.panel import Panel
from dashboard.prices.bars import UNEXPLAINED
from dashboard.prices.records import LISTINGS, REVENUES, empty_records
from dashboard.screening.fields import FieldKind, fields_of
from dashboard.screening.presets import PRESETS
from dashboard.screening.run import changes, screen
from dashboard.screening.table import screen_table
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import MAX_BACK, Prices, Snapshot, take_snapshot
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Kind
from tests.golden.real_panel import tw_core_panel

pytestmark = pytest.mark.real_data
CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
DAYS = (dt.date(2026, 6, 30), dt.date(2025, 9, 24))
NO_SHARES = pd.DataFrame({"symbol": [], "date": pd.to_datetime([]), "shares": []})


def prices_of(panel: Panel) -> Prices:
    return Prices(
        version="real", simulated=False, panels={"TW": panel}, shares=NO_SHARES, listed_since={},
        revenue=empty_records(REVENUES), insurers=frozenset(),
        stored_listings=empty_records(LISTINGS), sources=(), symbol_sources={}, fetched_at=None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def prices(real_data: Path) -> Prices:
    return prices_of(tw_core_panel(real_data))


@pytest.fixture(scope="module")
def taken(prices: Prices) -> dict[dt.date, Snapshot]:
    return {day: take_snapshot(CHAIN, prices, day, CHAIN.symbols("TW")) for day in DAYS}


class Own:
    """One company's bars up to a day and since its last unexplained jump, in pandas."""

    def __init__(self, panel: Panel, symbol: str, day: dt.date) -> None:
        row, until = panel.positions[symbol], panel.column(day) + 1
        names = ("close", "high", "low", "volume")
        frame = pd.DataFrame(
            {name: getattr(panel, name)[row, :until] for name in names}, index=panel.index[:until]
        )
        jumps = np.flatnonzero(panel.flags[row, :until] & int(UNEXPLAINED))
        frame = frame.iloc[jumps[-1] :] if jumps.size else frame
        self.bars = frame.dropna(subset="close")
        self.sessions = panel.index[:until]
        self.close = self.bars["close"]

    @property
    def stale(self) -> bool:
        return bool(self.bars.empty or self.bars.index[-1] < self.sessions[-1])

    def mean(self, length: int) -> pd.Series:
        return self.close.rolling(length).mean()

    def crossed(self, length: int, within: int) -> bool:
        """Whether the close went from not above its mean to above it."""
        mean = self.mean(length).dropna()
        above = (self.close[mean.index] > mean * (1 + 1e-9)).reindex(self.sessions).ffill()
        steps = above.iloc[-within - 1 :].tolist()
        return any(now is True and before is False for before, now in pairwise(steps))

    def since(self, months: int) -> float:
        anchor = self.bars.index[-1] - pd.DateOffset(months=months)
        before = self.close[:anchor]
        missed = self.sessions.searchsorted(anchor, "right") - 1
        if before.empty or missed - self.sessions.get_loc(before.index[-1]) > 10:
            return float("nan")
        return float(self.close.iloc[-1] / before.iloc[-1] - 1)

    def k(self) -> float:
        """K of KD(9, 3, 3), bar by bar from 50."""
        low, high = self.bars["low"].rolling(9).min(), self.bars["high"].rolling(9).max()
        found = 50.0
        for close, least, most in zip(self.close[8:], low[8:], high[8:], strict=True):
            raw = (close - least) / (most - least) * 100 if most > least else found
            found = found * 2 / 3 + raw / 3
        return found

    def rsi(self) -> float:
        change = self.close.diff().dropna().tolist()
        up = sum(max(one, 0) for one in change[:14]) / 14
        down = sum(max(-one, 0) for one in change[:14]) / 14
        for one in change[14:]:
            up, down = (up * 13 + max(one, 0)) / 14, (down * 13 + max(-one, 0)) / 14
        return 100 * up / (up + down)


def companies(snapshot: Snapshot) -> dict[str, Own]:
    panel = snapshot.prices.panels["TW"]
    known = [one for one in snapshot.universe if one in panel.positions]
    own = {symbol: Own(panel, symbol, snapshot.as_of) for symbol in known}
    return {symbol: one for symbol, one in own.items() if len(one.close) and not one.stale}


def found(snapshot: Snapshot, preset: str) -> set[str]:
    return set(screen(snapshot, PRESETS[preset].expression).symbols)


@pytest.mark.parametrize("day", DAYS)
def test_breakout_on_volume(taken: dict[dt.date, Snapshot], day: dt.date) -> None:
    expected = set()
    for symbol, one in companies(taken[day]).items():
        if len(one.close) < 61:
            continue
        volume = one.bars["volume"]
        ratio = volume.iloc[-1] / volume.iloc[-21:-1].mean()
        above = one.close.iloc[-1] > one.mean(60).iloc[-1] * (1 + 1e-9)
        up = one.close.iloc[-1] / one.close.iloc[-2] - 1 > 0.02
        if one.crossed(60, 5) and above and up and ratio >= 1.5:
            expected.add(symbol)
    assert found(taken[day], "breakout") == expected


@pytest.mark.parametrize("day", DAYS)
def test_oversold_in_an_up_trend(taken: dict[dt.date, Snapshot], day: dt.date) -> None:
    expected = set()
    for symbol, one in companies(taken[day]).items():
        if len(one.close) < 400:  # until then the averages remember how they began
            continue
        year = one.mean(240).iloc[-1]
        trend = one.mean(60).iloc[-1] > year and one.close.iloc[-1] > year
        if trend and (one.k() < 20 or one.rsi() < 35):
            expected.add(symbol)
    young = {s for s, one in companies(taken[day]).items() if len(one.close) < 400}
    assert found(taken[day], "oversold") - young == expected


@pytest.mark.parametrize("day", DAYS)
def test_leaders_and_laggards(taken: dict[dt.date, Snapshot], day: dt.date) -> None:
    """Layers by the mean of their core members, companies by rank among all that are primary."""
    own = {symbol: one.since(3) for symbol, one in companies(taken[day]).items()}
    primary = {
        company.symbol: (one.layer, one.kind)
        for company in taken[day].chain.companies
        for one in company.memberships
        if one.primary and company.symbol in own
    }
    layers: dict[str, list[float]] = {}
    for symbol, (layer, kind) in primary.items():
        if kind is Kind.CORE and not np.isnan(own[symbol]):
            layers.setdefault(layer, []).append(own[symbol])
    means = {layer: sum(some) / len(some) for layer, some in layers.items()}
    best = {layer for layer, mean in means.items() if sum(m > mean for m in means.values()) < 5}
    leaders, laggards = set(), set()
    for symbol, (layer, _) in primary.items():
        if layer not in best or np.isnan(own[symbol]):
            continue
        peers = [own[other] for other, (place, _) in primary.items() if place == layer]
        if sum(peer > own[symbol] for peer in peers) < 2:
            leaders.add(symbol)
        # A layer's mean is summed in another order there.
        if own[symbol] < means[layer] - 1e-12:
            laggards.add(symbol)
    assert found(taken[day], "leaders") == leaders
    assert found(taken[day], "laggards") == laggards
    assert leaders
    assert laggards


def test_the_presets_find_something_on_some_day(taken: dict[dt.date, Snapshot]) -> None:
    """Else the days above would show nothing."""
    for preset in ("breakout", "oversold"):
        assert any(found(taken[day], preset) for day in DAYS)


def test_recent_sessions_are_as_they_were(prices: Prices, taken: dict[dt.date, Snapshot]) -> None:
    """The short panel gives what the whole one gives as of that session."""
    panel, snapshot = prices.panels["TW"], taken[DAYS[0]]
    fields = fields_of(CHAIN)
    keys = [key for key in METRICS if fields[key].kind is FieldKind.NUMBER]
    end = panel.column(snapshot.as_of)
    for back in (0, 7, MAX_BACK):
        session = panel.sessions[end - back].item()
        whole = metric_table(
            panel, as_of=session, benchmark="^TWII", shares=NO_SHARES, keys=keys, listed_since={},
            revenue=prices.revenue,
        )  # fmt: skip
        told = snapshot.metrics_before("TW", back, keys)
        rows = snapshot.panel_rows("TW", panel.symbols)
        for key in keys:
            np.testing.assert_allclose(told[key][rows], whole[key], rtol=1e-9, err_msg=key)


def test_what_comes_later_changes_no_earlier_screen(prices: Prices) -> None:
    """The prices as they were on a day, and as they are now, seen as of it."""
    panel, day = prices.panels["TW"], DAYS[1]
    then = take_snapshot(CHAIN, prices_of(panel.as_of(day)), day, CHAIN.symbols("TW"))
    now = take_snapshot(CHAIN, prices, day, CHAIN.symbols("TW"))
    texts = [PRESETS[one].expression for one in ("breakout", "leaders", "laggards", "narrow")]
    texts += ["crossed_below(kd_k, kd_d, within=20)", "rank(return_3m) <= 10", "flags == jump"]
    for text in texts:
        before, after = screen(then, text), screen(now, text)
        assert before.symbols == after.symbols, text
        assert (before.unknown, before.total) == (after.unknown, after.total)
        pd.testing.assert_frame_equal(before.rows, after.rows, rtol=1e-12)


def test_rows_are_those_of_the_table(taken: dict[dt.date, Snapshot]) -> None:
    snapshot = taken[DAYS[0]]
    table = screen_table(snapshot)
    after = screen(snapshot, "rank(return_3m) <= 10", table=table)
    pd.testing.assert_frame_equal(after.rows, table.loc[list(after.symbols)])
    before = screen(taken[DAYS[1]], "rank(return_3m) <= 10")
    moved = changes(after, before)
    assert set(moved.entered) == set(after.symbols) - set(before.symbols)
    assert set(moved.left) == set(before.symbols) - set(after.symbols)
    assert after.total == len(table)
    assert after.unknown == table["return_3m"].isna().sum()
