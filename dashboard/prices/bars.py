"""The bar: one row of the store, one session of one symbol.

Column names are defined here and nowhere else.
"""

from __future__ import annotations

from enum import IntFlag
from functools import cache
from typing import TYPE_CHECKING, Final

import pandas as pd

from dashboard.errors import InputError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

SYMBOL: Final = "symbol"
SESSION: Final = "session"
OPEN: Final = "open"
HIGH: Final = "high"
LOW: Final = "low"
CLOSE: Final = "close"
"""As traded (unadjusted)."""
ADJUSTED_CLOSE: Final = "adjusted_close"
VOLUME: Final = "volume"
"""Shares, as traded (not split-adjusted)."""
DIVIDEND: Final = "dividend"
"""Cash per share going ex on this session, 0 where none."""
SPLIT: Final = "split"
"""New shares per old share taking effect on this session, 1 where none."""
SOURCE: Final = "source"
FETCHED_AT: Final = "fetched_at"
FLAGS: Final = "flags"

DATE: Final = "date"
"""Day a number of shares was counted."""
SHARES: Final = "shares"
"""Shares outstanding."""
SHARES_COLUMNS: Final = (SYMBOL, DATE, SHARES, SOURCE)

LARGEST_PRICE: Final = 1e12
"""In any currency, dividends included; what lies above is damage."""
LARGEST_COUNT: Final = 1e15
"""Shares traded or outstanding; what lies above is damage."""

BAR_COLUMNS: Final = (
    SYMBOL, SESSION, OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, VOLUME,
    DIVIDEND, SPLIT, SOURCE, FETCHED_AT, FLAGS,
)  # fmt: skip

BAR_DTYPES: Final = {
    SYMBOL: "str",
    SESSION: "datetime64[s]",
    **dict.fromkeys(
        (OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, VOLUME, DIVIDEND, SPLIT), "float64"
    ),
    SOURCE: "str",
    FETCHED_AT: "datetime64[us, UTC]",
    FLAGS: "int32",
}  # fmt: skip
"""A session is a midnight without time zone; pandas knows no unit coarser than the second."""

_FAULTS_NAMED: Final = 5


class BarFlag(IntFlag):
    """What is to be known about a bar before it is believed; stored as an integer."""

    UNADJUSTED = 1
    """No adjusted close is known: the traded close stands in."""
    CLOSE_ONLY = 2
    """Open, high and low are unknown (NaN)."""
    OUTSIDE_RANGE = 4
    """Open or close lies outside [low, high] (legal on the emerging board)."""
    NO_VOLUME = 8
    """Volume is unknown (NaN)."""
    JUMP = 16
    """The close lies beyond the day's limit and no action explains it; told when read."""
    PROVISIONAL = 32
    """Fetched before the session's bar was final."""
    PLACEHOLDER = 64
    """Flat at the previous close without volume: perhaps no trade at all."""
    SIMULATED = 128
    """Not a price: made by the demo provider."""
    ADJUSTMENT_DIFFERS = 256
    """The source adjusted by another factor than the actions give; told when read."""
    DISPUTED = 512
    """Two sources differ on the close by more than a tick."""
    ACCEPTED = 1024
    """Refused by a rule and accepted by hand."""
    BREAK = 2048
    """Across a long gap or at a listing the close is quite another, and no action is known; told
    when read."""


UNEXPLAINED: Final = BarFlag.JUMP | BarFlag.BREAK
"""No figure reaches across such a bar."""


def flag_names(flags: int) -> str:
    """`"unadjusted,no_volume"`; empty for none."""
    return ",".join(flag.name.lower() for flag in BarFlag if flag & flags and flag.name)


@cache
def bar_schema() -> DataFrameSchema:
    """The one definition of a bar: columns, dtypes, ranges, unique (symbol, session).

    Open, high, low and volume may be NaN (flagged); all else is present and finite.
    """
    # pandera takes most of a second to import, which a page that only reads shall not pay.
    import pandera.pandas as pa

    positive = [pa.Check.gt(0), pa.Check.le(LARGEST_PRICE)]
    not_negative = [pa.Check.ge(0), pa.Check.le(LARGEST_PRICE)]
    count = [pa.Check.ge(0), pa.Check.le(LARGEST_COUNT)]
    midnight = pa.Check(lambda s: s == s.dt.normalize(), name="midnight", error="a day, no time")
    filled = pa.Check.str_length(min_value=1)

    def column(
        name: str, checks: list[pa.Check] | pa.Check | None = None, *, nullable: bool = False
    ) -> pa.Column:
        return pa.Column(BAR_DTYPES[name], checks, nullable=nullable)

    return pa.DataFrameSchema(
        {
            SYMBOL: column(SYMBOL, filled),
            SESSION: column(SESSION, midnight),
            OPEN: column(OPEN, positive, nullable=True),
            HIGH: column(HIGH, positive, nullable=True),
            LOW: column(LOW, positive, nullable=True),
            CLOSE: column(CLOSE, positive),
            ADJUSTED_CLOSE: column(ADJUSTED_CLOSE, positive),
            VOLUME: column(VOLUME, count, nullable=True),
            DIVIDEND: column(DIVIDEND, not_negative),
            SPLIT: column(SPLIT, positive),
            SOURCE: column(SOURCE, filled),
            FETCHED_AT: column(FETCHED_AT),
            FLAGS: column(FLAGS, not_negative),
        },
        strict=True,
        ordered=True,
        unique=[SYMBOL, SESSION],
    )


def empty_bars() -> pd.DataFrame:
    """No bar, every column with its dtype."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in BAR_DTYPES.items()})


def validated(bars: pd.DataFrame) -> pd.DataFrame:
    """The bars in the column order and dtypes of `BAR_DTYPES`, fresh index, checked.

    Columns beyond those of a bar are dropped.

    Raises
    ------
    InputError
        If a column is missing or a value breaks `bar_schema`; the first faults are named
        with symbol and session.
    """
    import pandera.errors

    missing = [name for name in BAR_COLUMNS if name not in bars.columns]
    if missing:
        raise InputError(f"bars: columns {', '.join(missing)} are missing; give every column")
    try:
        typed = bars[list(BAR_COLUMNS)].astype(BAR_DTYPES).reset_index(drop=True)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"bars: a column has values of another type ({error})") from error
    try:
        bar_schema().validate(typed, lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise InputError(_sentence(error.failure_cases, typed)) from error
    return typed


def _sentence(cases: pd.DataFrame, bars: pd.DataFrame) -> str:
    faults = []
    named = cases.head(_FAULTS_NAMED)
    for column, check, value, row in zip(
        *(named[name].tolist() for name in ("column", "check", "failure_case", "index")),
        strict=True,
    ):
        where = "" if pd.isna(row) else f" of {_name(bars, int(row))}"
        faults.append(f"{column}{where} is {value} ({check})")
    more = len(cases) - len(faults)
    return "bars: " + "; ".join(faults) + (f"; and {more} more" if more else "")


def _name(bars: pd.DataFrame, row: int) -> str:
    return f"{bars[SYMBOL].iat[row]} on {bars[SESSION].iat[row]:%Y-%m-%d}"
