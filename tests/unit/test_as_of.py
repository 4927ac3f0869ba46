"""As of a session nothing later is seen: bars, what goes ex, records and documents that come
after it leave every earlier figure as it was, to the last bit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.errors import InputError
from dashboard.markets import market_of
from dashboard.prices.bars import BarFlag
from dashboard.prices.records import ACTIONS, LISTINGS, REVENUES, SHARES_KIND, empty_records
from dashboard.prices.sessions import sessions
from dashboard.screening.table import screen_table
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import (
    KNOWN,
    TODAY,
    MemberFilter,
    Prices,
    Snapshot,
    before,
    listed_since,
    take_snapshot,
)
from dashboard.supply_chain.known import is_known
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import (
    Company,
    DateBasis,
    Direction,
    Document,
    Event,
    Evidence,
    Precision,
    Relation,
    RelationKind,
    SupplyChain,
)

CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
DAYS = sessions("TW", dt.date(2024, 9, 2), dt.date(2026, 4, 30))
SYMBOLS = ("2330.TW", "2317.TW", "3653.TW", "8996.TW", "2382.TW", "3661.TW", "6831.TW", "^TWII",
           "NVDA", "AMD", "^GSPC")  # fmt: skip
NEWCOMERS = ("9958.TW", "1101.TW", "AAPL")
"""Symbols whose first bar comes after the session."""
FILTERS = (MemberFilter(), MemberFilter(("TW", "US"), (), True, True))
FIRST_DOCUMENT = dt.date(2025, 9, 1)


@dataclass(frozen=True)
class World:
    """All that is ever stored, and what is stored on a day."""

    bars: pd.DataFrame
    actions: pd.DataFrame
    shares: pd.DataFrame
    revenue: pd.DataFrame

    def on(self, day: dt.date) -> World:
        moment = pd.Timestamp(day)
        return World(
            self.bars[self.bars["session"] <= moment],
            self.actions[self.actions["session"] <= moment],
            self.shares[self.shares["date"] <= moment],
            self.revenue[self.revenue["announced"] <= moment],
        )

    def panel(self, market: str) -> Panel:
        own = self.bars[[market_of(one) == market for one in self.bars["symbol"]]]
        table = pa.Table.from_pandas(own, preserve_index=False)
        return panel_from_table(table, market, actions=self.actions)

    def prices(self) -> Prices:
        listings = empty_records(LISTINGS)
        return Prices(
            version="made",
            simulated=False,
            panels={market: self.panel(market) for market in ("TW", "US")},
            shares=self.shares,
            listed_since=listed_since(None, listings),
            revenue=self.revenue,
            insurers=frozenset(),
            stored_listings=listings,
            sources=("made",),
            symbol_sources=dict.fromkeys(self.bars["symbol"].unique(), ("made",)),
            fetched_at=None,
        )


def world(seed: int, day: dt.date) -> World:
    """Random walks with halts, dividends, splits (told or not) before and after the day."""
    noise = np.random.default_rng(seed)
    place = int(np.searchsorted(DAYS, np.datetime64(day)))
    bars, actions, shares, revenue = [], [], [], []
    for symbol in (*SYMBOLS, *NEWCOMERS):
        first = place + 1 + int(noise.integers(1, 5)) if symbol in NEWCOMERS else 0
        days = DAYS[first:]
        moves = noise.uniform(-0.05, 0.05, len(days))
        gone = np.sort(noise.choice(np.arange(1, len(days)), min(6, len(days) - 1), replace=False))
        gone = np.append(gone, min(place + 2, len(days) - 1)) if not first else gone
        factors = np.ones(len(days))
        factors[gone] = noise.choice([0.97, 0.99, 0.5, 0.25], len(gone))
        close = np.round(100 * np.exp(moves.cumsum()) * factors.cumprod() + 5, 2)
        own = pd.DataFrame(
            {
                "symbol": symbol,
                "session": days.astype("datetime64[s]"),
                "open": close,
                "high": close * 1.01,
                "low": close * 0.99,
                "close": close,
                "adjusted_close": np.where(noise.random(len(days)) < 0.2, np.nan, close),
                "volume": np.round(noise.uniform(1e3, 1e6, len(days))),
                "flags": 0,
            }
        )
        own["flags"] = np.where(own["adjusted_close"].isna(), int(BarFlag.UNADJUSTED), 0)
        halted = noise.random(len(days)) < 0.02
        halted[0] = False
        bars.append(own[~halted])
        told = gone[noise.random(len(gone)) < 0.7]
        actions.append(
            pd.DataFrame(
                {"symbol": symbol, "session": own["session"].to_numpy()[told],
                 "factor": factors[told]}
            )
        )  # fmt: skip
        dates = DAYS[noise.choice(len(DAYS), 4, replace=False)]
        shares.append(
            pd.DataFrame({"symbol": symbol, "date": dates.astype("datetime64[s]"),
                          "shares": noise.uniform(1e6, 1e9, 4)})
        )  # fmt: skip
        months = pd.date_range("2024-09-01", "2026-03-01", freq="MS")
        revenue.append(
            pd.DataFrame(
                {"symbol": symbol, "month": months, "revenue": noise.uniform(1e8, 1e9, len(months)),
                 "announced": months + pd.DateOffset(months=1, days=6)}
            )
        )  # fmt: skip
    stamp = {"source": "made", "fetched_at": pd.Timestamp("2026-06-01", tz="UTC")}
    known = pd.concat(actions).assign(**stamp).reindex(columns=list(ACTIONS.columns))
    return World(
        pd.concat(bars, ignore_index=True),
        known,
        pd.concat(shares).assign(**stamp).reindex(columns=list(SHARES_KIND.columns)),
        pd.concat(revenue).assign(**stamp).reindex(columns=list(REVENUES.columns)),
    )


def with_later_document(chain: SupplyChain, day: dt.date) -> SupplyChain:
    """A document dated on the day: a new company, relation and event, and a primary that moves."""
    paper = Document(
        id="later", title=CHAIN.documents[0].title, publisher=CHAIN.documents[0].publisher,
        date=f"{day}", date_basis=DateBasis.STATED, file="x.txt", sha256="0" * 64, line_count=9,
    )  # fmt: skip
    said = Evidence(document="later", lines=((1, 1),), claim=paper.title)
    tsmc = chain.company_by_symbol["2330.TW"]
    place = tsmc.memberships[0].model_copy(update={"evidence": (said,), "primary": True})
    moved = tsmc.model_copy(
        update={
            "memberships": (
                *(one.model_copy(update={"primary": False}) for one in tsmc.memberships),
                place.model_copy(update={"layer": "cooling"}),
            )
        }
    )
    newcomer = Company(
        key="newcomer", name=tsmc.name, status=tsmc.status, memberships=(place,),
        listings=(tsmc.listings[0].model_copy(update={"symbol": "1101.TW"}),),
    )  # fmt: skip
    event = Event(
        id="later-event", title=paper.title, date=f"{day}", precision=Precision.DAY, session=day,
        layers=("cooling",), companies=("newcomer",), direction=Direction.POSITIVE,
        evidence=(said,),
    )  # fmt: skip
    others = tuple(moved if one is tsmc else one for one in chain.companies)
    supplies = Relation(
        source="newcomer", target=tsmc.key, kind=RelationKind.SUPPLIER, evidence=(said,)
    )
    return SupplyChain(
        documents=(*chain.documents, paper),
        stages=chain.stages,
        layers=chain.layers,
        companies=(*others, newcomer),
        relations=(*chain.relations, supplies),
        events=(*chain.events, event),
        digest=chain.digest + "later",
    )


def figures(taken: Snapshot) -> dict[str, Any]:
    """All that a snapshot says."""
    said: dict[str, Any] = {
        "metrics": taken.metrics,
        "notes": taken.notes,
        "start caps": taken.start_caps,
        "screen": screen_table(taken).drop(columns="name"),
        "sparklines": taken.sparklines(list(taken.metrics.index)),
        "names": [taken.name_of(one) for one in taken.metrics.index],
        "jumps": taken.jumps(taken.universe),
        "unadjusted": taken.unadjusted(taken.universe),
        "stale": sorted(taken.stale_symbols),
        "coverage": taken.home_coverage,
        "session before": taken.previous_session(),
        "relations": taken.chain.relations,
        "events": taken.chain.events,
    }
    for number, chosen in enumerate(FILTERS):
        said |= {
            f"members {number}": taken.members(chosen),
            f"windows {number}": taken.windows(chosen),
            f"day {number}": taken.day(chosen),
        }
        for weighting in ("equal", "cap"):
            said[f"layers {number} {weighting}"] = taken.layers(chosen, weighting)
            said[f"groups {number} {weighting}"] = taken.groups(chosen, "return_3m", weighting)
    rows = taken.panel_rows("TW", [one for one in SYMBOLS if one.endswith(".TW")])
    for back in (1, 30):
        for key, values in taken.metrics_before("TW", back, ["close", "rsi_14", "sma_60"]).items():
            said[f"{key} {back} ago"] = values[rows].tolist()
    return said


def assert_same(then: dict[str, Any], now: dict[str, Any]) -> None:
    for name, expected in then.items():
        if isinstance(expected, pd.DataFrame):
            pd.testing.assert_frame_equal(now[name], expected, check_exact=True, obj=name)
        elif isinstance(expected, list) and name != "names":
            np.testing.assert_equal(now[name], expected, err_msg=name)
        else:
            assert now[name] == expected, name


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 2**31), st.integers(-80, -8))
def test_what_comes_later_changes_no_bit(seed: int, number: int) -> None:
    day = DAYS[number].item()
    whole = world(seed, day)
    then = take_snapshot(CHAIN, whole.on(day).prices(), day)
    now = take_snapshot(with_later_document(CHAIN, day), whole.prices(), day)
    assert_same(figures(then), figures(now))


@pytest.fixture(scope="module")
def prices() -> Prices:
    return world(1, dt.date(2026, 3, 31)).prices()


def test_a_document_counts_from_the_session_after_its_date(prices: Prices) -> None:
    day = dt.date(2026, 3, 30)
    chain = with_later_document(CHAIN, day)
    asked = [take_snapshot(chain, prices, day + dt.timedelta(n)) for n in (0, 1)]
    assert ["1101.TW" in one.metrics.index for one in asked] == [False, True]
    layers = [one.members(MemberFilter()).set_index("symbol")["layer"] for one in asked]
    assert [own["2330.TW"] for own in layers] == ["foundry", "cooling"]
    assert asked[0].whole_chain is chain
    assert not asked[0].hindsight


def test_a_day_without_a_session_is_read_as_the_session_before(prices: Prices) -> None:
    """A document of Friday is not known at Friday's close, though the weekend knows it."""
    friday = dt.date(2026, 3, 27)
    chain = with_later_document(CHAIN, friday)
    assert "newcomer" not in take_snapshot(chain, prices, dt.date(2026, 3, 29)).chain.company_by_key
    assert "newcomer" in take_snapshot(chain, prices, dt.date(2026, 3, 30)).chain.company_by_key


def test_without_a_day_the_whole_map_counts(prices: Prices) -> None:
    later = with_later_document(CHAIN, dt.date(2030, 1, 1))
    taken = take_snapshot(later, prices)
    assert taken.chain is later
    assert not taken.hindsight
    windows = taken.windows(MemberFilter()).set_index("symbol")["known_on"]
    assert windows["1101.TW"] == pd.Timestamp("2030-01-02")


def test_with_hindsight_today_s_members_have_always_counted(prices: Prices) -> None:
    day = dt.date(2025, 6, 2)
    known, today = (take_snapshot(CHAIN, prices, day, members=one) for one in (KNOWN, TODAY))
    assert known.chain.companies == ()
    assert (known.hindsight, today.hindsight) == (False, True)
    assert today.chain is CHAIN
    assert today.key != take_snapshot(CHAIN, prices, day).key
    chosen = MemberFilter((), (), include_digest=True)
    windows = today.windows(chosen)
    assert (windows["known_on"] < pd.Timestamp("2000-01-01")).all()
    assert set(windows["symbol"]) == set(today.members(chosen)["symbol"])
    assert known.windows(chosen).empty


def test_before_the_first_document_there_are_figures_of_nobody(prices: Prices) -> None:
    day = dt.date(2025, 8, 29)
    assert not any(is_known(one, day) for one in CHAIN.documents)
    taken = take_snapshot(CHAIN, prices, day)
    assert taken.metrics.empty
    layers = taken.layers(MemberFilter())
    assert list(layers.index) == [one.id for one in CHAIN.layers]
    assert (layers["members"] == 0).all()
    assert layers["return_1d"].isna().all()
    assert taken.day(MemberFilter()).members == 0
    assert screen_table(taken).empty
    asked = take_snapshot(CHAIN, prices, day, ["2330.TW"])
    assert np.isfinite(asked.metrics.at["2330.TW", "close"])


def test_an_earlier_session_of_a_universe_has_its_own_members(prices: Prices) -> None:
    """What a screen gained or lost is told by the members of each session."""
    chain = with_later_document(CHAIN, dt.date(2026, 3, 30))
    now = take_snapshot(chain, prices, dt.date(2026, 3, 31))
    for universe in ("map", "foundry"):
        then = before(now, dt.date(2026, 3, 30), universe)
        assert "1101.TW" not in then.universe
    assert "1101.TW" in before(now, dt.date(2026, 3, 30), "listed").universe
    today = take_snapshot(chain, prices, dt.date(2026, 3, 31), members=TODAY)
    assert "1101.TW" in before(today, dt.date(2026, 3, 30)).universe


def test_members_are_known_or_today_s(prices: Prices) -> None:
    with pytest.raises(InputError, match="choose known or today"):
        take_snapshot(CHAIN, prices, dt.date(2026, 3, 30), members="tomorrow")


def test_adjusted_prices_have_the_level_of_their_own_last_bar(prices: Prices) -> None:
    """A split after the session does not divide the closes shown as of it."""
    day = dt.date(2026, 3, 30)
    taken = take_snapshot(CHAIN, prices, day)
    for symbol in ("2330.TW", "NVDA"):
        own = taken.metrics.loc[symbol]
        assert own["close"] == own["unadjusted_close"]
        (line,) = taken.sparklines([symbol])
        assert line[-1] == pytest.approx(own["close"], rel=1e-14)
