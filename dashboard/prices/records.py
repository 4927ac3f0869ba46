"""What is stored beside the bars: one kind of record a table, its columns defined here.

Every kind has two keys, a text and a day, which are unique together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.errors import InputError
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    DATE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LARGEST_COUNT,
    LARGEST_PRICE,
    LOW,
    OPEN,
    SESSION,
    SHARES,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
)

TEXT: Final = "str"
DAY: Final = "datetime64[s]"
MOMENT: Final = "datetime64[us, UTC]"
NUMBER: Final = "float64"
WHOLE: Final = "int64"

STOCK_DIVIDEND: Final = "stock_dividend"
"""New shares per old share, given for nothing: 0.05 for 50 per thousand."""
RIGHTS: Final = "rights"
"""New shares per old share that may be subscribed to."""
SUBSCRIPTION_PRICE: Final = "subscription_price"
REDUCTION: Final = "reduction"
"""Shares left per old share after a capital reduction: 0.3; 1 for none."""
REFUND: Final = "refund"
"""Cash per old share paid out by a capital reduction."""
FACTOR: Final = "factor"
"""Reference price / previous close, where only that is known."""
REFERENCE: Final = "reference"
"""The exchange's own reference price of the session."""
PREVIOUS_CLOSE: Final = "previous_close"
"""Close before the action as its source has it; checked against the stored one."""

MONTH: Final = "month"
"""First day of the month that a revenue was earned in."""
REVENUE: Final = "revenue"
"""TWD."""
ANNOUNCED: Final = "announced"

CODE: Final = "code"
NAME: Final = "name"
BOARD: Final = "board"
INDUSTRY: Final = "industry"
LISTED_ON: Final = "listed_on"
VALID_TO: Final = "valid_to"

LIMIT_UP: Final = "limit_up"
LIMIT_DOWN: Final = "limit_down"

PE: Final = "pe"
DIVIDEND_YIELD: Final = "dividend_yield"
"""A fraction."""
PB: Final = "pb"

KIND: Final = "kind"
UNTIL: Final = "until"
TEXT_COLUMN: Final = "text"

OTHER_CLOSE: Final = "other_close"
OTHER_SOURCE: Final = "other_source"
TICKS: Final = "ticks"
"""|close - other close| in ticks of the exchange's close."""

RECORD: Final = "record"
"""Names one refused row: symbol, session and a digest of its values."""
REASON: Final = "reason"
STATE: Final = "state"
WAITING: Final = "waiting"
ACCEPTED: Final = "accepted"
DROPPED: Final = "dropped"

FEED: Final = "feed"
ROWS: Final = "rows"
DONE: Final = "done"
FAILED: Final = "failed"
CLOSED: Final = "closed"


@dataclass(frozen=True)
class RecordKind:
    """One table beside the bars.

    Attributes
    ----------
    columns : column → pandas dtype, in the stored order
    keys : the text and the day that are unique together
    filled : columns that may not be missing; the keys are always
    ranges : column → (lowest, highest) of its values where they are known
    """

    name: str
    columns: dict[str, str]
    keys: tuple[str, str]
    filled: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, float, float], ...] = ()


def _positive(*columns: str) -> tuple[tuple[str, float, float], ...]:
    return tuple((column, 1e-9, LARGEST_PRICE) for column in columns)


def _not_negative(*columns: str) -> tuple[tuple[str, float, float], ...]:
    return tuple((column, 0.0, LARGEST_PRICE) for column in columns)


SHARES_KIND: Final = RecordKind(
    "shares",
    {SYMBOL: TEXT, DATE: DAY, SHARES: WHOLE, SOURCE: TEXT},
    (SYMBOL, DATE),
    frozenset((SHARES, SOURCE)),
    ((SHARES, 1, LARGEST_COUNT),),
)
ACTIONS: Final = RecordKind(
    "actions",
    {
        SYMBOL: TEXT, SESSION: DAY, DIVIDEND: NUMBER, STOCK_DIVIDEND: NUMBER, RIGHTS: NUMBER,
        SUBSCRIPTION_PRICE: NUMBER, SPLIT: NUMBER, REDUCTION: NUMBER, REFUND: NUMBER,
        FACTOR: NUMBER, REFERENCE: NUMBER, PREVIOUS_CLOSE: NUMBER, SOURCE: TEXT,
        FETCHED_AT: MOMENT,
    },
    (SYMBOL, SESSION),
    frozenset((SOURCE, FETCHED_AT)),
    (
        *_not_negative(DIVIDEND, STOCK_DIVIDEND, RIGHTS, SUBSCRIPTION_PRICE, REFUND),
        *_positive(SPLIT, REDUCTION, FACTOR, REFERENCE, PREVIOUS_CLOSE),
    ),
)  # fmt: skip
"""One row is all that goes ex of one symbol on one day; a missing number is not known to have
happened (no dividend, no split)."""
REVENUES: Final = RecordKind(
    "revenue",
    {
        SYMBOL: TEXT, MONTH: DAY, REVENUE: NUMBER, ANNOUNCED: DAY, SOURCE: TEXT,
        FETCHED_AT: MOMENT,
    },
    (SYMBOL, MONTH),
    frozenset((REVENUE, SOURCE, FETCHED_AT)),
    ((REVENUE, -1e15, 1e15),),
)  # fmt: skip
LISTINGS: Final = RecordKind(
    "listings",
    {
        SYMBOL: TEXT, LISTED_ON: DAY, CODE: TEXT, NAME: TEXT, BOARD: TEXT, INDUSTRY: TEXT,
        VALID_TO: DAY, SOURCE: TEXT, FETCHED_AT: MOMENT,
    },
    (SYMBOL, LISTED_ON),
    frozenset((CODE, NAME, BOARD, INDUSTRY, SOURCE, FETCHED_AT)),
)  # fmt: skip
"""`valid_to` is the last day on that board, missing while it lasts; `board` as in
`markets.BOARDS`."""
LIMITS: Final = RecordKind(
    "limits",
    {
        SYMBOL: TEXT, SESSION: DAY, REFERENCE: NUMBER, LIMIT_UP: NUMBER, LIMIT_DOWN: NUMBER,
        SOURCE: TEXT, FETCHED_AT: MOMENT,
    },
    (SYMBOL, SESSION),
    frozenset((SOURCE, FETCHED_AT)),
    _positive(REFERENCE, LIMIT_UP, LIMIT_DOWN),
)  # fmt: skip
"""The exchange's own; both limits are missing on a session without any."""
VALUATION: Final = RecordKind(
    "valuation",
    {
        SYMBOL: TEXT, SESSION: DAY, PE: NUMBER, DIVIDEND_YIELD: NUMBER, PB: NUMBER, SOURCE: TEXT,
        FETCHED_AT: MOMENT,
    },
    (SYMBOL, SESSION),
    frozenset((SOURCE, FETCHED_AT)),
)  # fmt: skip
NOTICES: Final = RecordKind(
    "notices",
    {
        RECORD: TEXT, DATE: DAY, SYMBOL: TEXT, KIND: TEXT, UNTIL: DAY, TEXT_COLUMN: TEXT,
        SOURCE: TEXT, FETCHED_AT: MOMENT,
    },
    (RECORD, DATE),
    frozenset((SYMBOL, KIND, SOURCE, FETCHED_AT)),
)  # fmt: skip
"""`kind` is `attention` or `disposition`; a disposition holds from `date` to `until`. The record
is `SYMBOL/KIND`: both may begin on one day."""
HOLIDAYS: Final = RecordKind(
    "holidays",
    {KIND: TEXT, DATE: DAY, NAME: TEXT, SOURCE: TEXT, FETCHED_AT: MOMENT},
    (KIND, DATE),
    frozenset((NAME, SOURCE, FETCHED_AT)),
)
"""`kind` is `closed`, or `open` for a day that the list names as a session."""
DISAGREEMENTS: Final = RecordKind(
    "disagreements",
    {
        SYMBOL: TEXT, SESSION: DAY, CLOSE: NUMBER, OTHER_CLOSE: NUMBER, TICKS: NUMBER,
        SOURCE: TEXT, OTHER_SOURCE: TEXT, FETCHED_AT: MOMENT,
    },
    (SYMBOL, SESSION),
    frozenset((CLOSE, OTHER_CLOSE, TICKS, SOURCE, OTHER_SOURCE, FETCHED_AT)),
)  # fmt: skip
"""`close` and `source` are the exchange's, which won."""
QUARANTINE: Final = RecordKind(
    "quarantine",
    {
        RECORD: TEXT, SESSION: DAY, SYMBOL: TEXT, REASON: TEXT, STATE: TEXT, OPEN: NUMBER,
        HIGH: NUMBER, LOW: NUMBER, CLOSE: NUMBER, ADJUSTED_CLOSE: NUMBER, VOLUME: NUMBER,
        DIVIDEND: NUMBER, SPLIT: NUMBER, SOURCE: TEXT, FETCHED_AT: MOMENT, FLAGS: WHOLE,
    },
    (RECORD, SESSION),
    frozenset((SYMBOL, REASON, STATE, SOURCE, FETCHED_AT, FLAGS)),
)  # fmt: skip
"""Refused rows as they came; the numbers may be anything."""
FEEDS: Final = RecordKind(
    "feeds",
    {FEED: TEXT, DATE: DAY, STATE: TEXT, REASON: TEXT, ROWS: WHOLE, FETCHED_AT: MOMENT},
    (FEED, DATE),
    frozenset((STATE, ROWS, FETCHED_AT)),
)
"""What each feed of the exchanges answered last on a day; `state` is `done`, `failed` or `closed`
(the site turned us away: not asked again that day)."""

KINDS: Final = {
    kind.name: kind
    for kind in (
        SHARES_KIND, ACTIONS, REVENUES, LISTINGS, LIMITS, VALUATION, NOTICES, HOLIDAYS,
        DISAGREEMENTS, QUARANTINE, FEEDS,
    )
}  # fmt: skip


def empty_records(kind: RecordKind) -> pd.DataFrame:
    """No row, every column with its dtype."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in kind.columns.items()})


def validated_records(kind: RecordKind, records: pd.DataFrame) -> pd.DataFrame:
    """The records in the columns, order and dtypes of their kind, fresh index, checked.

    Columns beyond those of the kind are dropped, texts are never missing (empty instead).

    Raises
    ------
    InputError
        If a column is missing, a value is of another type, missing where it may not be or out
        of its range, or the keys repeat.
    """
    missing = [name for name in kind.columns if name not in records.columns]
    if missing:
        raise InputError(f"{kind.name}: columns {', '.join(missing)} are missing; give every one")
    frame = records[list(kind.columns)].reset_index(drop=True)
    texts = [name for name, dtype in kind.columns.items() if dtype == TEXT]
    frame[texts] = frame[texts].fillna("")
    try:
        typed = frame.astype(kind.columns)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{kind.name}: a column has values of another type ({error})") from error
    for name in (*kind.keys, *sorted(kind.filled)):
        absent = (typed[name] == "") if kind.columns[name] == TEXT else typed[name].isna()
        if absent.any():
            raise InputError(f"{kind.name}: {name} is missing {_where(kind, typed, absent)}")
    for name, low, high in kind.ranges:
        wrong = typed[name].notna() & ~typed[name].between(low, high)
        if wrong.any():
            value = typed.loc[wrong, name].iat[0]
            raise InputError(
                f"{kind.name}: {name} is {value} {_where(kind, typed, wrong)}; "
                f"it lies between {low:g} and {high:g}"
            )
    again = typed.duplicated(list(kind.keys))
    if again.any():
        raise InputError(f"{kind.name}: a second row {_where(kind, typed, again)}; keep one")
    return typed


def _where(kind: RecordKind, frame: pd.DataFrame, rows: pd.Series) -> str:
    key, day = (frame.loc[rows, name].iat[0] for name in kind.keys)
    on = "" if pd.isna(day) else f" on {day:%Y-%m-%d}"
    return f"of {key}{on}"
