"""Import of the real prices: the counts are those their description gives."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from dashboard.prices.bars import BarFlag
from dashboard.prices.refresh import import_files
from dashboard.prices.store import PriceStore, bars_from_arrow

pytestmark = pytest.mark.real_data
FILES = ("tw_core_daily.parquet", "us_daily.parquet", "taiex_daily.parquet")


@pytest.fixture(scope="module")
def imported(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> PriceStore:
    store = PriceStore(str(tmp_path_factory.mktemp("real")))
    report = import_files(store, _paths(real_data))
    assert not report.incomplete
    assert report.refused == report.corrected == report.unchanged == 0
    assert report.records["shares"].new == 3845
    return store


def _paths(real_data: Path) -> list[Path]:
    prices = [real_data / "prices" / name for name in FILES]
    return [*prices, real_data / "fundamentals/shares_outstanding.parquet"]


def test_every_row_is_stored(imported: PriceStore, real_data: Path) -> None:
    coverage = imported.coverage()
    taiwan = coverage.index.str.endswith((".TW", ".TWO"))
    assert taiwan.sum() == 46
    assert coverage.loc[taiwan, "bars"].sum() == 75705
    assert coverage.loc["^TWII", "bars"] == 6544
    assert (~taiwan).sum() == 16
    assert coverage.loc[taiwan, "last"].eq(pd.Timestamp("2026-06-30")).all()
    rows = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
    stored = bars_from_arrow(imported.read(symbols=sorted(rows["symbol"].unique())))
    rows = rows.sort_values(["symbol", "date"], ignore_index=True)
    for name in ("open", "high", "low", "close", "volume"):
        assert (stored[name] == rows[name]).all()
    known = rows["adj_close"].notna()
    assert (stored.loc[known, "adjusted_close"] == rows.loc[known, "adj_close"]).all()


def test_oddities_are_flagged(imported: PriceStore) -> None:
    bars = bars_from_arrow(imported.read(start=dt.date(2019, 1, 1)))

    def flagged(flag: BarFlag) -> pd.DataFrame:
        return bars[(bars["flags"] & int(flag)) != 0]

    assert flagged(BarFlag.OUTSIDE_RANGE)["symbol"].value_counts().to_dict() == {
        "6831.TW": 123,
        "2646.TW": 33,
    }
    unadjusted = flagged(BarFlag.UNADJUSTED)
    whole = {"8227", "6831", "3167", "6840", "6667", "4526", "4576", "2646", "6442", "1802", "1815"}
    early = unadjusted[unadjusted["session"] <= "2026-01-27"]["symbol"].unique()
    assert {symbol.split(".")[0] for symbol in early} == whole
    assert "2330.TW" in set(unadjusted[unadjusted["session"] > "2026-01-27"]["symbol"])
    assert flagged(BarFlag.JUMP).empty  # told when the bars are read
    assert set(flagged(BarFlag.NO_VOLUME)["symbol"]) & {"AMKR", "LTBR", "UEC"}


def test_a_second_import_changes_nothing(imported: PriceStore, real_data: Path) -> None:
    version = imported.version()
    report = import_files(imported, _paths(real_data))
    assert (report.new, report.corrected, report.refused) == (0, 0, 0)
    assert report.unchanged == 75705 + 26044 + 6544
    assert report.records["shares"].unchanged == 3845
    assert imported.version() == version
