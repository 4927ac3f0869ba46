"""The shared real prices as a panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.prices.bars import BarFlag

NAMES = {"date": "session", "adj_close": "adjusted_close"}
COLUMNS = (
    "symbol", "session", "open", "high", "low", "close", "adjusted_close", "volume", "flags",
)  # fmt: skip


def tw_core_panel(real_data: Path) -> Panel:
    """The Taiwanese symbols of the documents and ^TWII from 2019 on."""
    stocks = pd.read_parquet(real_data / "prices/tw_core_daily.parquet").rename(columns=NAMES)
    index = pd.read_parquet(real_data / "prices/taiex_daily.parquet").rename(columns=NAMES)
    index = index[index["session"] >= "2019-01-01"]
    rows = pd.concat([stocks, index.astype({"session": "datetime64[ns]"})])
    outside = ~rows["ohlc_ok"].fillna(True).astype(bool)
    rows["flags"] = np.where(outside, int(BarFlag.OUTSIDE_RANGE), 0)
    rows["volume"] = rows["volume"].astype(float)
    return panel_from_table(pa.Table.from_pandas(rows[list(COLUMNS)], preserve_index=False), "TW")
