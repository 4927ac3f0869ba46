"""Refused rows kept aside: looked at, accepted or dropped by hand.

A row is kept once, however often it is refused: `keep_aside` leaves a record that is known as
it is, so a dropped row stays dropped. Of a bar that an accepted row takes the place of, the
old values become a record in turn.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from dashboard.errors import InputError
from dashboard.i18n import Language, Text
from dashboard.markets import market_of
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    CLOSE,
    DIVIDEND,
    FLAGS,
    HIGH,
    LARGEST_COUNT,
    LARGEST_PRICE,
    LOW,
    OPEN,
    SESSION,
    SPLIT,
    SYMBOL,
    VOLUME,
    BarFlag,
    validated,
)
from dashboard.prices.lock import refresh_lock
from dashboard.prices.quality import RULES, Batch, Checked, flags_of, kept_aside, record_names
from dashboard.prices.records import (
    ACCEPTED,
    DROPPED,
    QUARANTINE,
    RECORD,
    STATE,
    WAITING,
)
from dashboard.prices.sessions import is_session, last_final_session
from dashboard.prices.store import PriceStore, bars_from_arrow

REPLACED: Final = "replaced"
"""Reason of a bar that was stored until another row was accepted in its place."""
STORED_CLOSE: Final = "stored_close"
_REPLACED_TEXT: Final = Text(
    "原存的一筆，被人工收下的取代", "was stored until another row was accepted"
)
_RANGE: Final = (OPEN, HIGH, LOW)
_PRICE: Final = (math.ulp(0.0), LARGEST_PRICE)
_NUMBERS: Final = {
    **dict.fromkeys((OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, SPLIT), _PRICE),
    VOLUME: (0.0, LARGEST_COUNT),
    DIVIDEND: (0.0, LARGEST_PRICE),
}
"""Least and most that a bar may have."""


@dataclass(frozen=True)
class Acceptance:
    """What accepting a row did.

    Attributes
    ----------
    replaced : record of the bar that was stored before, None where there was none
    left_out : columns whose values could not be taken over
    """

    record: str
    replaced: str | None
    left_out: tuple[str, ...]


def why(reason: str, language: Language) -> str:
    """The reason of a record in words."""
    text = _REPLACED_TEXT if reason == REPLACED else RULES[reason].label
    return text.get(language)


def keep_aside(store: PriceStore, checked: Checked) -> int:
    """Store the refused rows of a batch that are not known yet; how many.

    Raises
    ------
    StoreConflict, StoreError
    """
    rows = checked.quarantined
    if rows.empty:
        return 0
    known = store.read_records(QUARANTINE, keys=rows[RECORD])
    new = rows[~rows[RECORD].isin(set(known[RECORD]))]
    return store.upsert_records(QUARANTINE, new).new


def records(store: PriceStore) -> pd.DataFrame:
    """All rows ever kept aside, `records.QUARANTINE`, sorted by symbol and session."""
    rows = store.read_records(QUARANTINE)
    return rows.sort_values([SYMBOL, SESSION, RECORD], ignore_index=True)


def waiting(store: PriceStore) -> pd.DataFrame:
    """The rows that wait for a decision, as `records`."""
    rows = records(store)
    return rows[rows[STATE] == WAITING].reset_index(drop=True)


def beside_stored(store: PriceStore, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with `stored_close`: the close that is stored of that session, NaN for none."""
    if rows.empty:
        return rows.assign(**{STORED_CLOSE: pd.Series(dtype="float64")})
    table = store.read(
        symbols=rows[SYMBOL].unique().tolist(),
        fields=[SYMBOL, SESSION, CLOSE],
        start=rows[SESSION].min().date(),
        end=rows[SESSION].max().date(),
    )
    stored = table.to_pandas(date_as_object=False).astype({SYMBOL: "str"})
    keyed = stored.assign(**{SESSION: stored[SESSION].astype(rows[SESSION].dtype)})
    return rows.merge(keyed.rename(columns={CLOSE: STORED_CLOSE}), on=[SYMBOL, SESSION], how="left")


def accept(store: PriceStore, record: str, *, now: dt.datetime | None = None) -> Acceptance:
    """Store a row after all, flagged ACCEPTED.

    What contradicts itself is left out: a range that cannot be, an impossible volume, dividend
    or split; without a usable adjusted close the bar is unadjusted. A bar that was stored of
    that session is kept aside in turn before the row takes its place.

    Raises
    ------
    InputError
        If there is no such record, or the row cannot be a bar: no close above zero, no session,
        a session that has not ended, a simulated price.
    RefreshRunning
        If the store is being refreshed.
    StoreConflict, StoreError
    """
    with refresh_lock(store.address):
        row = _record(store, record)
        bar, left_out = _bar(row, now or dt.datetime.now(dt.UTC))
        symbol = str(bar[SYMBOL].iloc[0])
        history = bars_from_arrow(store.read(symbols=[symbol]))
        at_session = history[SESSION].isin(bar[SESSION])
        old = history[at_session & (pd.Series(record_names(history)) != record_names(bar)[0])]
        replaced = kept_aside([(REPLACED, old)])
        if len(replaced):
            store.upsert_records(QUARANTINE, replaced)
        # An upsert would keep a stored bar that knows more; here the hand decides.
        store.replace_symbol(symbol, pd.concat([history[~at_session], bar], ignore_index=True))
        store.upsert_records(QUARANTINE, row.assign(**{STATE: ACCEPTED}))
    return Acceptance(record, next(iter(replaced[RECORD]), None), left_out)


def drop(store: PriceStore, record: str) -> None:
    """Settle that a row is not wanted; refused again, it is not brought up again.

    Raises
    ------
    InputError
        If there is no such record, or it has been accepted.
    RefreshRunning
        If the store is being refreshed.
    StoreConflict, StoreError
    """
    with refresh_lock(store.address):
        row = _record(store, record)
        if (row[STATE] == ACCEPTED).all():
            raise InputError(
                f"{record}: it was accepted and its bar is stored; only a row that waits can be "
                "dropped"
            )
        store.upsert_records(QUARANTINE, row.assign(**{STATE: DROPPED}))


def _record(store: PriceStore, record: str) -> pd.DataFrame:
    found = store.read_records(QUARANTINE, keys=[record])
    if found.empty:
        raise InputError(
            f"{record[:80]}: no such row is kept aside; see: python -m dashboard quarantine --all"
        )
    return found


def _bar(row: pd.DataFrame, now: dt.datetime) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The row as a valid bar, and what of it could not be taken over."""
    value = dict(zip(_NUMBERS, row[list(_NUMBERS)].to_numpy(np.float64)[0].tolist(), strict=True))
    _refuse_impossible(row, value[CLOSE], now)
    usable = {name: low <= value[name] <= high for name, (low, high) in _NUMBERS.items()}
    known = all(usable[name] or math.isnan(value[name]) for name in _RANGE)
    usable |= dict.fromkeys(_RANGE, known and not value[LOW] > value[HIGH])
    stand_in = {ADJUSTED_CLOSE: value[CLOSE], DIVIDEND: 0.0, SPLIT: 1.0}
    left_out = tuple(name for name, fine in usable.items() if not fine)
    bar = row[list(BAR_COLUMNS)].reset_index(drop=True)
    bar = bar.assign(**{name: stand_in.get(name, math.nan) for name in left_out})
    bar[FLAGS] |= int(BarFlag.ACCEPTED)
    if ADJUSTED_CLOSE in left_out:
        bar[FLAGS] |= int(BarFlag.UNADJUSTED)
    bar[FLAGS] = flags_of(Batch.of(bar, now=now))
    return validated(bar), tuple(name for name in left_out if not math.isnan(value[name]))


def _refuse_impossible(row: pd.DataFrame, close: float, now: dt.datetime) -> None:
    record, symbol = str(row[RECORD].iloc[0]), str(row[SYMBOL].iloc[0])
    market, session = market_of(symbol), row[SESSION].to_numpy().astype("datetime64[D]")[0].item()
    if int(row[FLAGS].to_numpy()[0]) & BarFlag.SIMULATED:
        raise InputError(f"{record}: a simulated price is never stored; drop it")
    if not 0 < close <= LARGEST_PRICE:
        raise InputError(f"{record}: it has no close above zero, so it is no bar; drop it")
    if not is_session(market, session):
        raise InputError(
            f"{record}: {session} is no session of the market {market}, so it is no bar; drop it"
        )
    if session > last_final_session(market, now):
        raise InputError(f"{record}: the session of {session} has not ended; accept it later")
