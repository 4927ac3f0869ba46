"""Which jumps without an action a run has brought into the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from dashboard.prices.bars import FLAGS, SESSION, SYMBOL, UNEXPLAINED
from dashboard.prices.flagged import flag_rows
from dashboard.prices.listings import listed_since
from dashboard.prices.store import PriceStore

Jump = tuple[str, dt.date]


def brought_jumps(
    store: PriceStore, since: Mapping[str, dt.date], listings: pd.DataFrame
) -> tuple[Jump, ...]:
    """Unexplained jumps of the changed symbols, newest first.

    Parameters
    ----------
    since : changed symbol → first session that was brought
    listings : DataFrame of `records.LISTINGS`
    """
    if not since:
        return ()
    rows = flag_rows(store, since, listed_since=listed_since(listings))
    rows = rows[(rows[FLAGS] & int(UNEXPLAINED)) != 0]
    found = [
        (symbol, session.date())
        for symbol, session in zip(rows[SYMBOL], rows[SESSION], strict=True)
        if session.date() >= since[symbol]
    ]
    return tuple(sorted(found, key=lambda jump: (jump[1], jump[0]), reverse=True))


def first_sessions(bars: pd.DataFrame) -> dict[str, dt.date]:
    """Symbol → its first session of a batch."""
    first = bars.groupby(SYMBOL)[SESSION].min()
    return {str(symbol): day.date() for symbol, day in first.items()}
