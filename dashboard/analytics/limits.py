"""Where closes stand against their daily limits (`prices.limits`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.panel import Floats, Panel
from dashboard.i18n import Text
from dashboard.prices.bars import SYMBOL, UNEXPLAINED, BarFlag
from dashboard.prices.limits import (
    LIMIT_RULES,
    LimitRule,
    free_until,
    has_limit,
    in_cents,
    limit_down,
    limit_up,
)

_FREE: Final = (9999_95, 1)
"""What the exchange prints as limits of a session without any, in hundredths."""
_UNKNOWN_FLAGS: Final = int(BarFlag.OUTSIDE_RANGE | UNEXPLAINED)


class LimitState(StrEnum):
    """Where the close stands against the day's limits; missing = no limit or not known."""

    NONE = "none"
    UP = "up"
    DOWN = "down"
    LOCKED_UP = "locked_up"
    LOCKED_DOWN = "locked_down"

    @property
    def label(self) -> Text:
        return _LABELS[self]


_LABELS: Final = {
    LimitState.NONE: Text("收盤未漲跌停", "closed off limit"),
    LimitState.UP: Text("漲停", "limit up"),
    LimitState.DOWN: Text("跌停", "limit down"),
    LimitState.LOCKED_UP: Text("鎖漲停", "locked limit up"),
    LimitState.LOCKED_DOWN: Text("鎖跌停", "locked limit down"),
}
STATES: Final = tuple(LimitState)


@dataclass(frozen=True, eq=False)
class TradedBars:
    """Fields of a panel, of one shape; open to close adjusted, the others as traded."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    unadjusted_close: Floats
    reference: Floats
    limit_up: Floats
    limit_down: Floats
    flags: npt.NDArray[np.int32]


def limit_codes(bars: TradedBars, rule: LimitRule, limited: npt.NDArray[np.bool_]) -> Floats:
    """Position in `STATES`; NaN where there is no limit or it cannot be known.

    The exchange's own limits win; where they are not stored they follow from the reference. A
    close beyond its limits shows that they are not what they seem: not known.
    """
    reference, close = in_cents(bars.reference), in_cents(bars.unadjusted_close)
    told = ~np.isnan(bars.limit_up) & ~np.isnan(bars.limit_down)
    upper = np.where(told, in_cents(bars.limit_up), limit_up(reference, rule))
    lower = np.where(told, in_cents(bars.limit_down), limit_down(reference, rule))
    known = limited & ~np.isnan(bars.close)
    known &= told | ((bars.flags & _UNKNOWN_FLAGS == 0) & (reference > 0))
    known &= (close <= upper) & (close >= lower)
    known &= ~((upper == _FREE[0]) & (lower == _FREE[1]))
    factor = bars.unadjusted_close / bars.close
    still = np.ones(close.shape, bool)
    for side in (bars.open, bars.high, bars.low):
        still &= in_cents(side * factor) == close
    codes = np.where(known, float(STATES.index(LimitState.NONE)), np.nan)
    for limit, plain, locked in (
        (lower, LimitState.DOWN, LimitState.LOCKED_DOWN),
        (upper, LimitState.UP, LimitState.LOCKED_UP),
    ):
        there = known & (close == limit)
        codes[there] = STATES.index(plain)
        codes[there & still] = STATES.index(locked)
    return codes


def decoded(codes: Floats) -> pd.api.extensions.ExtensionArray:
    """Codes of `limit_codes` as a text array, missing where NaN."""
    words: list[str | None] = [str(state) for state in STATES]
    return pd.array(
        [None if code != code else words[int(code)] for code in codes.tolist()], dtype="str"
    )


def limit_states(
    panel: Panel, *, listed_since: Mapping[str, dt.date] | None = None
) -> pd.DataFrame:
    """State of every bar.

    Parameters
    ----------
    listed_since : symbol → first day on the present board
        No limit before it and in the five sessions from it.

    Returns
    -------
    DataFrame, sessions × symbols, `LimitState` text
        Missing where a symbol did not trade, has no limit (other markets, funds, indices, the
        emerging board and new listings by their dates) or neither its limits nor its
        reference are known (the first bar, a long halt, an unexplained jump).
    """
    columns = np.arange(len(panel.sessions))
    limited = has_limit(panel.symbols, panel.market)[:, None] & (
        columns >= free_until(panel.symbols, panel.sessions, listed_since)[:, None]
    )
    codes = np.full(panel.close.shape, np.nan)
    for rule, part in _by_rule(panel.sessions):
        bars = TradedBars(
            **{one.name: getattr(panel, one.name)[:, part] for one in fields(TradedBars)}
        )
        codes[:, part] = limit_codes(bars, rule, limited[:, part])
    states = {symbol: decoded(codes[row]) for row, symbol in enumerate(panel.symbols)}
    return pd.DataFrame(states, index=panel.index).rename_axis(columns=SYMBOL)


def _by_rule(sessions: npt.NDArray[np.datetime64]) -> list[tuple[LimitRule, slice]]:
    starts = [np.searchsorted(sessions, np.datetime64(r.effective_from)) for r in LIMIT_RULES]
    starts[0] = np.intp(0)
    ends = [*starts[1:], np.intp(len(sessions))]
    parts = zip(LIMIT_RULES, starts, ends, strict=True)
    return [(rule, slice(int(start), int(end))) for rule, start, end in parts if start < end]
