"""From the rows of an answer to the frames of a feed: cells converted, columns checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import numpy as np
import pandas as pd

from dashboard.errors import BadAnswer, InputError
from dashboard.markets import share_symbol
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    CLOSE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LOW,
    OPEN,
    SESSION,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
    BarFlag,
    empty_bars,
    validated,
)
from dashboard.prices.providers.exchanges.cells import number, roc_date
from dashboard.prices.records import RecordKind, empty_records, validated_records

Rows = Sequence[dict[str, str]]
Cell = TypeVar("Cell")

_LATER: Final = (SOURCE, FETCHED_AT)
"""Filled in by the source, which knows when and where the answer came from."""
_STAMP: Final = pd.Timestamp(0, tz="UTC")


def converted(rows: Rows, field: str, convert: Callable[[str], Cell], feed: str) -> list[Cell]:
    """One field of every row, converted.

    Raises
    ------
    BadAnswer
        If a cell cannot be.
    """
    cells = []
    for place, row in enumerate(rows, start=1):
        try:
            cells.append(convert(row[field]))
        except ValueError as error:
            raise BadAnswer(feed, f"row {place}, field {field!r}: {error}") from error
    return cells


def numbers(rows: Rows, field: str, feed: str) -> list[float]:
    """A field of numbers, NaN for the known blanks."""
    return converted(rows, field, number, feed)


def amounts(rows: Rows, field: str, feed: str) -> list[float]:
    """A field in which the exchanges write 0 for what there is not: NaN there."""
    return [value or np.nan for value in numbers(rows, field, feed)]


def days(rows: Rows, field: str, feed: str) -> list[dt.date]:
    """A field of days, every one present."""
    return converted(rows, field, roc_date, feed)


def of_shares(rows: Rows, field: str, board: str) -> tuple[list[str], list[dict[str, str]]]:
    """The rows of common stocks with their symbols; everything else is left out."""
    pairs = ((share_symbol(row[field], board), row) for row in rows)
    kept = [(symbol, row) for symbol, row in pairs if symbol is not None]
    return [symbol for symbol, _ in kept], [row for _, row in kept]


def record_frame(
    kind: RecordKind, feed: str, columns: Mapping[str, Iterable[object]]
) -> pd.DataFrame:
    """Records of a kind; columns that are not given are missing throughout.

    Raises
    ------
    BadAnswer
        If a value is out of the range of its column or a key stands twice.
    """
    given = pd.DataFrame({name: list(values) for name, values in columns.items()})
    frame = given.reindex(columns=[name for name in kind.columns if name not in _LATER])
    if frame.empty:
        return empty_records(kind)[list(frame.columns)]
    try:
        return validated_records(kind, _stamped(frame, feed))[list(frame.columns)]
    except InputError as error:
        raise BadAnswer(feed, str(error)) from error


def bar_frame(
    feed: str,
    symbols: Sequence[str],
    sessions: Sequence[dt.date],
    close: Sequence[float],
    ohl: tuple[Sequence[float], Sequence[float], Sequence[float]] | None = None,
) -> pd.DataFrame:
    """Bars of an index: what has no volume and goes ex of nothing.

    Parameters
    ----------
    ohl : open, high and low; None where only closes are published

    Raises
    ------
    BadAnswer
        If a price is missing or out of its range, or a bar stands twice.
    """
    opened, high, low = ohl or (np.nan, np.nan, np.nan)
    flags = BarFlag.NO_VOLUME if ohl else BarFlag.NO_VOLUME | BarFlag.CLOSE_ONLY
    frame = pd.DataFrame(
        {
            SYMBOL: list(symbols), SESSION: list(sessions), OPEN: opened, HIGH: high, LOW: low,
            CLOSE: close, ADJUSTED_CLOSE: close, VOLUME: np.nan, DIVIDEND: 0.0, SPLIT: 1.0,
            FLAGS: int(flags),
        }
    )  # fmt: skip
    columns = [name for name in BAR_COLUMNS if name not in _LATER]
    if frame.empty:
        return empty_bars()[columns]
    if ohl is not None and frame[[OPEN, HIGH, LOW]].isna().any(axis=None):
        raise BadAnswer(feed, "a row lacks the open, the high or the low")
    try:
        return validated(_stamped(frame, feed))[columns]
    except InputError as error:
        raise BadAnswer(feed, str(error)) from error


def _stamped(frame: pd.DataFrame, feed: str) -> pd.DataFrame:
    stamped = frame.copy()
    stamped[SOURCE] = feed
    stamped[FETCHED_AT] = _STAMP
    return stamped
