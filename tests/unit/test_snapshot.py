"""Map and prices together: what is told of the figures besides themselves."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.errors import InputError
from dashboard.prices.bars import BAR_COLUMNS
from dashboard.prices.records import LISTINGS, REVENUES
from dashboard.prices.refresh import import_files
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore
from dashboard.settings import PROJECT_ROOT, Settings
from dashboard.snapshot import MemberFilter, Snapshot, load_prices, load_store, take_snapshot
from dashboard.supply_chain.loading import load_map

MAP = PROJECT_ROOT / "tickers.yaml"
DAYS = sessions("TW", dt.date(2024, 1, 2), dt.date(2026, 6, 30))
SPLIT = np.datetime64("2026-05-04")


def bars(
    symbol: str, days: np.ndarray, *, adjusted: bool = True, split: bool = False
) -> pd.DataFrame:
    close = 100 + np.arange(len(days)) % 7
    if split:
        close = np.where(days >= SPLIT, close / 4, close)
    frame = pd.DataFrame({"symbol": symbol, "date": days.astype("datetime64[s]"), "close": close})
    frame = frame.assign(open=close, high=close, low=close, volume=1_000_000, source="made:here")
    return frame.assign(adj_close=close) if adjusted else frame


def snapshot_of(folder: Path, *frames: pd.DataFrame) -> Snapshot:
    for number, frame in enumerate(frames):
        frame.to_parquet(folder / f"{number}.parquet", index=False)
    store = folder / "store"
    import_files(PriceStore(str(store)), sorted(folder.glob("*.parquet")))
    settings = Settings(data_dir=str(store), map_path=MAP, demo=False)
    chain = load_map(MAP).chain
    return take_snapshot(chain, load_prices(settings, chain.symbols()))


def test_one_company_s_early_bar_makes_no_day(tmp_path: Path) -> None:
    """Pages show the last session that half of the shares have; halted ones do not count."""
    early = bars("2330.TW", DAYS)
    others = [bars(symbol, DAYS[:-1]) for symbol in ("2317.TW", "2382.TW")]
    halted = [bars(symbol, DAYS[:-20]) for symbol in ("2454.TW", "3653.TW", "2308.TW")]
    prices = snapshot_of(tmp_path, early, *others, *halted).prices
    assert prices.last_session == DAYS[-1].item()
    assert prices.settled_session == DAYS[-2].item()


def test_half_of_the_shares_make_a_day(tmp_path: Path) -> None:
    taken = snapshot_of(tmp_path, bars("2330.TW", DAYS), bars("2317.TW", DAYS[:-1]))
    assert taken.prices.settled_session == DAYS[-1].item()


def test_a_split_without_an_adjusted_close_is_told_as_a_jump(tmp_path: Path) -> None:
    taken = snapshot_of(
        tmp_path,
        bars("2330.TW", DAYS, adjusted=False, split=True),
        bars("2303.TW", DAYS),
    )
    assert taken.jumps(["2330.TW", "2303.TW"]) == ("2330.TW",)
    assert taken.unadjusted(["2330.TW", "2303.TW"]) == (1, DAYS[0].item())


def test_a_symbol_that_ends_early_is_stale_and_not_priced(tmp_path: Path) -> None:
    taken = snapshot_of(tmp_path, bars("2330.TW", DAYS), bars("2303.TW", DAYS[:-2]))
    assert taken.stale_symbols == {"2303.TW"}
    foundry = taken.layers(MemberFilter(include_digest=True)).loc["foundry"]
    assert (foundry["members_priced"], foundry["members"]) == (1, 2)


def test_coverage_of_the_home_market_counts_every_company_of_the_map(tmp_path: Path) -> None:
    taken = snapshot_of(tmp_path, bars("2330.TW", DAYS), bars("NVDA", DAYS[-5:]))
    stored, wanted = taken.home_coverage
    assert stored == 1
    assert wanted == len(taken.chain.symbols("TW"))


def test_each_symbol_knows_its_own_source(tmp_path: Path) -> None:
    taken = snapshot_of(
        tmp_path, bars("2330.TW", DAYS), bars("2303.TW", DAYS).assign(source="other:there")
    )
    assert taken.prices.symbol_sources["2303.TW"] == ("other:there",)
    assert taken.prices.symbol_sources["2330.TW"] == ("made:here",)


def test_every_layer_of_the_map_has_a_row_in_its_order(tmp_path: Path) -> None:
    taken = snapshot_of(tmp_path, bars("2330.TW", DAYS))
    table = taken.layers(MemberFilter())
    assert list(table.index) == [layer.id for layer in taken.chain.layers]
    assert table.at["us_reindustry", "members"] == 0
    assert np.isnan(table.at["us_reindustry", "return_1d"])


def test_an_empty_store_names_the_remedy(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path / "none"), map_path=MAP, demo=False)
    with pytest.raises(InputError, match="python -m dashboard refresh"):
        load_store(settings)
    prices = load_prices(settings, ["2330.TW"])
    assert prices.simulated
    assert set(BAR_COLUMNS) >= {"symbol", "session"}


def test_nothing_before_the_first_bar(tmp_path: Path) -> None:
    taken = snapshot_of(tmp_path, bars("2330.TW", DAYS))
    with pytest.raises(InputError, match="choose a later date"):
        take_snapshot(taken.chain, taken.prices, dt.date(2000, 1, 3))


def test_a_store_made_anew_is_other_data_though_its_version_is_the_same(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path / "store"), map_path=MAP, demo=False)

    def filled(days: np.ndarray) -> str:
        file = tmp_path / "bars.parquet"
        bars("2330.TW", days).to_parquet(file, index=False)
        import_files(PriceStore(settings.data_dir), [file])
        return load_prices(settings, ["2330.TW"]).version

    first = filled(DAYS[:-9])
    shutil.rmtree(settings.data_dir)
    second = filled(DAYS)
    assert first.rpartition(":")[2] == second.rpartition(":")[2]
    assert first != second


def test_nothing_shown_reaches_across_a_jump(tmp_path: Path) -> None:
    taken = snapshot_of(tmp_path, bars("2330.TW", DAYS, adjusted=False, split=True))
    since = (SPLIT <= DAYS).sum()
    (line,) = taken.sparklines(["2330.TW"])
    assert len(line) == since < 60
    assert max(line) < 30
    assert np.isnan(taken.metrics.at["2330.TW", "return_3m"])
    old = take_snapshot(taken.chain, taken.prices, dt.date(2026, 4, 30))
    assert old.jumps(["2330.TW"]) == ()
    assert np.isfinite(old.metrics.at["2330.TW", "return_3m"])


def test_stored_revenue_counts_when_it_is_due_and_later_for_insurers(tmp_path: Path) -> None:
    """May 2026 is due on the 10th of June, of the financial industry on the 15th."""
    snapshot_of(tmp_path, bars("2330.TW", DAYS), bars("2303.TW", DAYS))
    settings = Settings(data_dir=str(tmp_path / "store"), map_path=MAP, demo=False)
    store = PriceStore(settings.data_dir)
    told = {"source": "made:here", "fetched_at": pd.Timestamp("2026-06-30", tz="UTC")}
    months = pd.to_datetime(["2025-05-01", "2026-04-01", "2026-05-01"] * 2)
    names = ["2330.TW"] * 3 + ["2303.TW"] * 3
    revenue = pd.DataFrame({"symbol": names, "month": months, "revenue": [50.0, 80.0, 60.0] * 2})
    listed = pd.DataFrame(
        {
            "symbol": ["2303.TW", "2330.TW"],
            "listed_on": pd.Timestamp("2000-01-04"),
            "code": ["2303", "2330"],
            "name": ["甲", "乙"],
            "board": "TWSE",
            "industry": ["金融保險業", "半導體業"],
            "valid_to": pd.NaT,
        }
    )
    before = load_prices(settings, ["2330.TW", "2303.TW"]).version
    store.upsert_records(REVENUES, revenue.assign(announced=pd.NaT, **told))
    store.upsert_records(LISTINGS, listed.assign(**told))
    prices = load_prices(settings, ["2330.TW", "2303.TW"])
    assert prices.version != before
    assert "2303.TW" in prices.insurers
    assert "2330.TW" not in prices.insurers
    chain = load_map(MAP).chain
    middle = take_snapshot(chain, prices, dt.date(2026, 6, 12)).metrics
    assert middle.at["2330.TW", "revenue_month"] == pd.Timestamp("2026-05-01")
    assert middle.at["2330.TW", "revenue_yoy"] == pytest.approx(0.2)
    assert middle.at["2330.TW", "revenue_mom"] == pytest.approx(-0.25)
    assert middle.at["2303.TW", "revenue_month"] == pd.Timestamp("2026-04-01")
    later = take_snapshot(chain, prices, dt.date(2026, 6, 16))
    assert later.metrics.at["2303.TW", "revenue_month"] == pd.Timestamp("2026-05-01")
    assert not later.note("2303.TW")["revenue_behind"]
