"""The simulated prices that ship under `data/demo`: read here, made by `providers.demo`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.errors import StoreError
from dashboard.provenance import mark_of
from dashboard.settings import PROJECT_ROOT

FOLDER: Final = PROJECT_ROOT / "data" / "demo"
BARS_FILE: Final = "bars.parquet"
SHARES_FILE: Final = "shares.parquet"
SOURCE_NAME: Final = "simulated"


def read_simulated_bars(folder: Path = FOLDER) -> pa.Table:
    """All shipped bars, columns as in `Bar`; every one flagged SIMULATED."""
    return _read(folder / BARS_FILE)


def read_simulated_shares(folder: Path = FOLDER) -> pd.DataFrame:
    """Simulated shares outstanding (symbol, date, shares)."""
    shares: pd.DataFrame = _read(folder / SHARES_FILE).to_pandas()
    return shares


def simulated_mark(folder: Path = FOLDER) -> str:
    """Names what the shipped files hold.

    Raises
    ------
    StoreError
        If one of them cannot be read.
    """
    try:
        return _mark(tuple((folder / name) for name in (BARS_FILE, SHARES_FILE)))
    except OSError as error:
        raise StoreError(
            f"{folder.name}: the simulated prices cannot be read ({error.strerror}); "
            "make them anew with: python -m dashboard.prices.providers.demo"
        ) from error


@cache
def _mark(paths: tuple[Path, ...]) -> str:
    return mark_of(b"".join(path.read_bytes() for path in paths))


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(
            f"{path.name}: the simulated prices cannot be read ({error}); "
            "make them anew with: python -m dashboard.prices.providers.demo"
        ) from error
