"""The shared real prices as a panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.prices.bars import BarFlag
from dashboard.prices.listings import listed_since
from dashboard.prices.records import ACTIONS, validated_records
from dashboard.prices.shipped_listings import listed_offline

NAMES = {"date": "session", "adj_close": "adjusted_close"}
COLUMNS = (
    "symbol", "session", "open", "high", "low", "close", "adjusted_close", "volume", "flags",
)  # fmt: skip


def tw_core_rows(real_data: Path) -> pd.DataFrame:
    """Bars of the Taiwanese symbols of the documents and ^TWII from 2019 on."""
    stocks = pd.read_parquet(real_data / "prices/tw_core_daily.parquet").rename(columns=NAMES)
    index = pd.read_parquet(real_data / "prices/taiex_daily.parquet").rename(columns=NAMES)
    index = index[index["session"] >= "2019-01-01"]
    rows = pd.concat([stocks, index.astype({"session": "datetime64[ns]"})])
    outside = ~rows["ohlc_ok"].fillna(True).astype(bool)
    rows["flags"] = np.where(outside, int(BarFlag.OUTSIDE_RANGE), 0)
    rows["volume"] = rows["volume"].astype(float)
    return rows[list(COLUMNS)]


def events(real_data: Path) -> pd.DataFrame:
    """The plain factors of what went ex, as stored actions."""
    table = pd.read_parquet(real_data / "prices/tw_adjustment_events.parquet")
    found = table.assign(
        session=pd.to_datetime(table["date"]),
        # The file has previous close / reference.
        factor=1 / table["factor_ratio"],
        source="events",
        fetched_at=pd.Timestamp(0, tz="UTC"),
    )
    return validated_records(ACTIONS, found.reindex(columns=list(ACTIONS.columns)))


def tw_core_panel(real_data: Path, *, actions: bool = True) -> Panel:
    """These bars, what went ex known or not, with the listing dates of the shipped list."""
    table = pa.Table.from_pandas(tw_core_rows(real_data), preserve_index=False)
    return panel_from_table(
        table,
        "TW",
        actions=events(real_data) if actions else None,
        listed_since=listed_since(listed_offline()),
    )
