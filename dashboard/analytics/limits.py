"""Where closes stand against their daily limits (`prices.limits`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.panel import Floats, Panel
from dashboard.prices.bars import SYMBOL, BarFlag
from dashboard.prices.limits import (
    LIMIT_RULES,
    LONGEST_HALT,
    LimitRule,
    free_until,
    has_limit,
    in_cents,
    limit_down,
    limit_up,
)

_UNKNOWN_FLAGS: Final = int(BarFlag.OUTSIDE_RANGE | BarFlag.JUMP)


class LimitState(StrEnum):
    """Where the close stands against the day's limits; missing = no limit or not known."""

    NONE = "none"
    UP = "up"
    DOWN = "down"
    LOCKED_UP = "locked_up"
    LOCKED_DOWN = "locked_down"


STATES: Final = tuple(LimitState)


def reference_price(previous: Floats, close: Floats, unadjusted_close: Floats) -> Floats:
    """Price the limits are counted from: the previous close, less what went ex, to 0.01.

    Parameters
    ----------
    previous : adjusted close of the previous bar
    close, unadjusted_close : of the bar itself
        Their ratio takes the previous adjusted close back to this session's own terms.
    """
    return np.round(previous * (unadjusted_close / close), 2)


@dataclass(frozen=True, eq=False)
class TradedBars:
    """Arrays of one shape: bars beside the adjusted close before each; NaN where unknown."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    unadjusted_close: Floats
    previous_close: Floats
    flags: npt.NDArray[np.int32]


def limit_codes(bars: TradedBars, rule: LimitRule, limited: npt.NDArray[np.bool_]) -> Floats:
    """Position in `STATES`; NaN where there is no limit or it cannot be known.

    A close beyond its limits shows that the reference is not what it seems: not known.
    """
    known = limited & (bars.flags & _UNKNOWN_FLAGS == 0)
    known &= ~np.isnan(bars.close) & ~np.isnan(bars.previous_close)
    reference = in_cents(reference_price(bars.previous_close, bars.close, bars.unadjusted_close))
    upper, lower = limit_up(reference, rule), limit_down(reference, rule)
    close = in_cents(bars.unadjusted_close)
    known &= (close <= upper) & (close >= lower) & (reference > 0)
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
        Missing where a symbol did not trade, has no limit (other markets, funds, indices,
        new listings) or its reference is unknown (the first bar, an unexplained jump, a bar
        outside its range as on the emerging board).
    """
    columns = np.arange(len(panel.sessions))
    own = ~np.isnan(panel.close)
    latest = np.maximum.accumulate(np.where(own, columns, -1), axis=1)
    before = np.concatenate([np.full((len(panel.symbols), 1), -1), latest[:, :-1]], axis=1)
    previous = np.take_along_axis(panel.close, np.maximum(before, 0), axis=1)
    previous[(before < 0) | (columns - before > LONGEST_HALT)] = np.nan
    limited = has_limit(panel.symbols, panel.market)[:, None] & (
        columns >= free_until(panel.symbols, panel.sessions, listed_since)[:, None]
    )
    codes = np.full(panel.close.shape, np.nan)
    for rule, part in _by_rule(panel.sessions):
        bars = TradedBars(
            panel.open[:, part],
            panel.high[:, part],
            panel.low[:, part],
            panel.close[:, part],
            panel.unadjusted_close[:, part],
            previous[:, part],
            panel.flags[:, part],
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
