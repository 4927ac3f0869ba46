"""What a screen looks at: the map's facts, the layer's figures, names, sessions before."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.errors import InputError
from dashboard.prices.records import LISTINGS
from dashboard.prices.refresh import import_files
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore
from dashboard.screening.fields import fields_of
from dashboard.screening.run import screen
from dashboard.screening.table import screen_table
from dashboard.settings import PROJECT_ROOT, Settings
from dashboard.snapshot import (
    MAX_BACK,
    MemberFilter,
    Snapshot,
    load_prices,
    stored_bars,
    take_snapshot,
    universe_snapshot,
    universe_symbols,
)
from dashboard.supply_chain.loading import load_map

MAP = PROJECT_ROOT / "tickers.yaml"
CHAIN = load_map(MAP).chain
DAYS = sessions("TW", dt.date(2024, 9, 2), dt.date(2026, 6, 30))
SYMBOLS = ("3653.TW", "8996.TW", "2308.TW", "2301.TW", "2330.TW", "3481.TW", "1101.TW")
"""Two of cooling, two of power supplies, TSMC, Innolux (mentioned only), one off the map."""


def bars(symbol: str, days: np.ndarray, number: int) -> pd.DataFrame:
    """A slow wave of its own for each symbol, so that averages cross."""
    close = 100 + 10 * np.sin(np.arange(len(days)) / (6 + number)) + number
    frame = pd.DataFrame({"symbol": symbol, "date": days.astype("datetime64[s]"), "close": close})
    return frame.assign(
        open=close, high=close, low=close, volume=1e6, adj_close=close, source="x:y"
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("table")
    frames = [bars(symbol, DAYS, n) for n, symbol in enumerate(SYMBOLS)]
    frames[3] = frames[3].iloc[:-3]
    pd.concat(frames).to_parquet(folder / "bars.parquet", index=False)
    import_files(PriceStore(str(folder / "store")), [folder / "bars.parquet"])
    return Settings(data_dir=str(folder / "store"), map_path=MAP, demo=False)


@pytest.fixture(scope="module")
def listed(settings: Settings) -> Snapshot:
    return universe_snapshot(settings, CHAIN, "listed")


@pytest.fixture(scope="module")
def table(listed: Snapshot) -> pd.DataFrame:
    return screen_table(listed)


def test_the_columns_are_the_fields_and_metrics_keep_their_values(
    listed: Snapshot, table: pd.DataFrame
) -> None:
    assert list(table.columns) == list(fields_of(CHAIN))
    assert table.index.tolist() == sorted(SYMBOLS)
    pd.testing.assert_frame_equal(
        table[list(listed.metrics.columns)], listed.metrics.loc[table.index], check_names=False
    )


def test_places_on_the_map_are_those_of_the_primary_membership(table: pd.DataFrame) -> None:
    tsmc = table.loc["2330.TW"]
    assert (tsmc["key"], tsmc["name"], tsmc["on_map"]) == ("tsmc", ("台積電", "TSMC"), True)
    assert (tsmc["market"], tsmc["currency"], tsmc["board"]) == ("TW", "TWD", "TWSE")
    assert (tsmc["layer"], tsmc["stage"], tsmc["bottleneck"]) == (
        ("foundry",), ("wafer_fab",), ("chips",))  # fmt: skip
    assert set(tsmc["any_layer"]) == {"foundry", "adv_pkg", "japan_fab"}
    assert (tsmc["stance"], tsmc["kind"]) == (("beneficiary",), ("core",))
    assert "ai-supply-chain-map" in tsmc["document"]
    assert tsmc["industry"] == "半導體業"


def test_a_company_that_is_only_mentioned_has_documents_but_no_layer(table: pd.DataFrame) -> None:
    innolux = table.loc["3481.TW"]
    assert (innolux["layer"], innolux["any_layer"], innolux["stance"]) == ((), (), ())
    assert innolux["document"]
    assert innolux["kind"] == ("core",)


def test_a_company_off_the_map_has_the_exchange_s_name_and_no_place(table: pd.DataFrame) -> None:
    cement = table.loc["1101.TW"]
    assert (cement["key"], cement["name"]) == (None, ("台泥", "台泥"))
    assert not cement["on_map"]
    assert (cement["industry"], cement["board"]) == ("水泥工業", "TWSE")
    for field in ("layer", "any_layer", "stage", "bottleneck", "stance", "kind", "document"):
        assert cement[field] == ()
    assert math.isnan(cement["layer_return_1m"])


def test_a_symbol_whose_bars_ended_early_is_stale(table: pd.DataFrame) -> None:
    assert table.index[table["stale"]].tolist() == ["2301.TW"]


def test_flags_are_those_of_the_last_bar(settings: Settings) -> None:
    chain, prices = CHAIN, load_prices(settings, CHAIN.symbols(), CHAIN)
    told = screen_table(take_snapshot(chain, prices, universe=["2330.TW", "NVDA"]))["flags"]
    assert told["2330.TW"] == ()
    assert told["NVDA"] is None


def test_figures_of_the_layer_are_the_means_of_its_members(
    listed: Snapshot, table: pd.DataFrame
) -> None:
    returns = listed.metrics["return_1m"]
    cooling = returns[["3653.TW", "8996.TW"]].mean()
    assert table.at["3653.TW", "layer_return_1m"] == pytest.approx(cooling)
    # Of the two power supplies one has no bar of the last session and does not count.
    psu, foundry = returns["2308.TW"], returns["2330.TW"]
    order = sorted([cooling, psu, foundry], reverse=True)
    for symbol, value in (("3653.TW", cooling), ("2308.TW", psu), ("2330.TW", foundry)):
        assert table.at[symbol, "layer_rank_1m"] == order.index(value) + 1
    rose = (listed.metrics.loc[["3653.TW", "8996.TW"], "return_1d"] > 0).mean()
    assert table.at["8996.TW", "layer_advancing"] == rose


def test_a_layer_s_figures_do_not_hang_on_the_universe(
    settings: Settings, table: pd.DataFrame
) -> None:
    alone = universe_snapshot(settings, CHAIN, "cooling")
    assert set(alone.universe) == {"3653.TW", "8996.TW", "6831.TW"}
    own = screen_table(alone)
    assert own.index.tolist() == list(alone.universe)
    shared = ["3653.TW", "8996.TW"]
    figures = [key for key in own.columns if key.startswith("layer_")]
    pd.testing.assert_frame_equal(own.loc[shared, figures], table.loc[shared, figures])
    layers = alone.layers(MemberFilter())
    assert layers.at["foundry", "members_priced"] == 1


def test_an_unknown_universe_is_refused_before_prices_are_read(tmp_path: Path) -> None:
    nowhere = Settings(data_dir=str(tmp_path), map_path=MAP, demo=False)
    with pytest.raises(InputError, match=r"universe coolnig: no such layer; choose map, listed"):
        universe_snapshot(nowhere, CHAIN, "coolnig")


def test_names_come_from_the_map_the_indices_and_the_exchange(listed: Snapshot) -> None:
    assert listed.name_of("2330.TW") == ("台積電", "TSMC")
    assert listed.name_of("^TWII").en == "TAIEX"
    assert listed.name_of("1101.TW") == ("台泥", "台泥")
    assert listed.name_of("ZZZZ") == ("ZZZZ", "ZZZZ")


def test_stored_listings_win_over_the_list_that_ships(settings: Settings, tmp_path: Path) -> None:
    prices = load_prices(settings, ["2330.TW"], CHAIN)
    one = prices.listings.loc[["1101.TW"]].reset_index().assign(name="新名")
    told = replace(prices, stored_listings=one[list(LISTINGS.columns)])
    assert take_snapshot(CHAIN, told).name_of("1101.TW").zh == "新名"
    assert "2330.TW" not in told.listings.index


def test_the_session_before_is_one_of_the_calendar(settings: Settings) -> None:
    prices = load_prices(settings, ["2330.TW"], CHAIN)
    taken = take_snapshot(CHAIN, prices, dt.date(2026, 6, 28))  # a Sunday
    assert taken.previous_session() == dt.date(2026, 6, 25)
    assert take_snapshot(CHAIN, prices, DAYS[0].item()).previous_session() is None


def test_metrics_before_are_those_of_that_session(settings: Settings, listed: Snapshot) -> None:
    rows = listed.panel_rows("TW", ["2330.TW", "ZZZZ"])
    for back in (0, 1, MAX_BACK):
        then = take_snapshot(CHAIN, listed.prices, DAYS[-1 - back].item())
        told = listed.metrics_before("TW", back, ["sma_20", "rsi_14"])
        for key, values in told.items():
            assert values[rows[0]] == pytest.approx(then.metrics.at["2330.TW", key], rel=1e-12)
            assert math.isnan(values[rows[1]])
    assert np.isnan(listed.metrics_before("US", 0, ["close"])["close"]).all()
    first = take_snapshot(CHAIN, listed.prices, DAYS[2].item())
    assert np.isnan(first.metrics_before("TW", 3, ["close"])["close"]).all()


def test_screens_count_what_is_not_known(listed: Snapshot) -> None:
    found = screen(listed, "market_cap > 5 or symbol == 2330")
    assert (found.symbols, found.total, found.unknown) == (("2330.TW",), 7, 6)
    assert found.as_of == DAYS[-1].item()
    assert screen(listed, "layer in (cooling)").symbols == ("3653.TW", "8996.TW")


def test_crossings_on_stored_prices_are_those_of_a_plain_loop(listed: Snapshot) -> None:
    closes = {s: listed.prices.panels["TW"].series(s, "close").dropna() for s in SYMBOLS}
    expected = set()
    for symbol, close in closes.items():
        above = close.rolling(5).mean() > close.rolling(20).mean()
        steps = above & ~above.shift(1, fill_value=True)
        steps = steps[pd.Timestamp(DAYS[-10]) :]
        if steps.any():
            expected.add(symbol)
    assert 0 < len(expected) < len(SYMBOLS)
    assert set(screen(listed, "crossed_above(sma_5, sma_20, within=10)").symbols) == expected


def test_stored_bars_are_adjusted_by_all_that_is_stored(settings: Settings) -> None:
    rows = stored_bars(CHAIN, PriceStore(settings.data_dir), ["2330.TW"])
    assert len(rows) == len(DAYS)
    assert (rows["adjusted_close"] == rows["close"]).all()


def test_universes_of_stored_prices(settings: Settings) -> None:
    prices = load_prices(settings, None, CHAIN)
    assert universe_symbols(CHAIN, prices, "map") == CHAIN.symbols()
    assert universe_symbols(CHAIN, prices, "listed") == tuple(sorted(SYMBOLS))
    assert universe_symbols(CHAIN, prices, "nowhere") == ()
