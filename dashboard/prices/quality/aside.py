"""Refused rows as records of the quarantine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    DIVIDEND,
    HIGH,
    LOW,
    OPEN,
    SESSION,
    SPLIT,
    SYMBOL,
    VOLUME,
)
from dashboard.prices.records import QUARANTINE, REASON, RECORD, STATE, WAITING, empty_records

MOST_KEPT: Final = 10_000
"""Rows of one batch that are kept aside; a file that is all damage is kept by its owner."""
_VALUES: Final = (OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, VOLUME, DIVIDEND, SPLIT)


def kept_aside(refused: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """The first refused rows, waiting for a decision.

    The same row refused again is the same record: the record is named after the symbol, the
    session and the values, whoever sent them and whenever.

    Parameters
    ----------
    refused : (reason, rows with the columns of a bar)

    Returns
    -------
    DataFrame of `records.QUARANTINE`
    """
    parts = [rows.head(MOST_KEPT).assign(**{REASON: reason}) for reason, rows in refused]
    if not parts:
        return empty_records(QUARANTINE)
    rows = pd.concat(parts, ignore_index=True).head(MOST_KEPT)
    named = rows.assign(**{RECORD: record_names(rows), STATE: WAITING})
    kept = named[list(QUARANTINE.columns)].astype(QUARANTINE.columns)
    return kept.drop_duplicates(RECORD).sort_values(RECORD, ignore_index=True)


def record_names(rows: pd.DataFrame) -> list[str]:
    """`SYMBOL/SESSION/DIGEST` of each row, the digest eight hexadecimal digits of its values."""
    values: npt.NDArray[np.float64] = rows[list(_VALUES)].to_numpy(np.float64) + 0.0
    values = np.where(np.isnan(values), np.nan, values).astype("<f8")  # one NaN, one zero
    days = np.datetime_as_string(rows[SESSION].to_numpy().astype("datetime64[D]"))
    return [
        f"{symbol}/{day}/{hashlib.blake2b(row.tobytes(), digest_size=4).hexdigest()}"
        for symbol, day, row in zip(rows[SYMBOL], days, values, strict=True)
    ]
