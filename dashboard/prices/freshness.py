"""How fresh and how whole the stored bars are, per symbol."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

import pandas as pd

from dashboard.markets import market_of
from dashboard.prices.bars import FETCHED_AT, FLAGS, SOURCE, SYMBOL, flag_names
from dashboard.prices.sessions import last_final_session, sessions

FIRST: Final = "first_session"
LAST: Final = "last_session"
BARS: Final = "bars"
MISSING: Final = "sessions_missing"
BEHIND: Final = "sessions_behind"
STATUS_COLUMNS: Final = (SYMBOL, FIRST, LAST, BARS, MISSING, BEHIND, FLAGS, SOURCE, FETCHED_AT)


def freshness(coverage: pd.DataFrame, symbols: Iterable[str], now: dt.datetime) -> pd.DataFrame:
    """One row per wanted or stored symbol, wanted ones first.

    Parameters
    ----------
    coverage : DataFrame of `PriceStore.coverage`
    symbols : wanted ones; those without a bar get a row of missing values
    now : with time zone

    Returns
    -------
    DataFrame, `STATUS_COLUMNS`
        `sessions_missing` counts sessions of the market's calendar between the first and the
        last bar that have none (halts among them); `sessions_behind` those that have ended
        since the last bar.
    """
    wanted = list(dict.fromkeys(symbols))
    order = wanted + [one for one in coverage.index if one not in set(wanted)]
    stored = coverage.to_dict("index")
    rows = [_row(symbol, stored.get(symbol), now) for symbol in order]
    return pd.DataFrame(rows, columns=list(STATUS_COLUMNS)).astype(
        {BARS: "Int64", MISSING: "Int64", BEHIND: "Int64"}
    )


def _row(
    symbol: str, stored: Mapping[Hashable, Any] | None, now: dt.datetime
) -> tuple[object, ...]:
    if stored is None:
        return (symbol, None, None, 0, None, None, "", "", None)
    market = market_of(symbol)
    first, last = stored["first"].date(), stored["last"].date()
    expected = len(sessions(market, first, last))
    ended = last_final_session(market, now)
    return (
        symbol,
        first,
        last,
        int(stored["bars"]),
        max(0, expected - int(stored["bars"])),
        max(0, len(sessions(market, last, ended)) - 1) if ended > last else 0,
        flag_names(int(stored[FLAGS])),
        stored[SOURCE],
        stored[FETCHED_AT],
    )
