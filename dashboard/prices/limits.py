"""Ticks and daily price limits of the Taiwan exchanges, exact: whole hundredths of a dollar.

Rules: TWSE operating rules art. 58-63 and 67; ticks of shares; ±10 % since 2015-06-01, ±7 %
before. The tick is taken at the limit, not at the reference; the upper limit is rounded
down and the lower one up. Where ten per cent is less than one tick, the limit is one tick.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Cents = npt.NDArray[np.int64]

MARKET_WITH_LIMITS: Final = "TW"
FREE_SESSIONS: Final = 5
"""Sessions after a listing without any limit."""
LONGEST_HALT: Final = 10
"""After more sessions without a bar the reference is not the previous close."""
HALF_UP: Final = 1e-9
"""Keeps what is a half in decimals from being less in binary."""
_SHARE: Final = re.compile(r"[1-9]\d{3}[A-Z]?\.TWO?")


@dataclass(frozen=True)
class LimitRule:
    """Limit and ticks of shares from a day on; prices in hundredths."""

    effective_from: dt.date
    percent: int
    tick_from: tuple[int, ...]
    """Price from which the tick of the same position holds."""
    ticks: tuple[int, ...]


_TICK_FROM: Final = (0, 10_00, 50_00, 100_00, 500_00, 1000_00)
_TICKS: Final = (1, 5, 10, 50, 1_00, 5_00)
LIMIT_RULES: Final = (
    LimitRule(dt.date(1989, 10, 11), 7, _TICK_FROM, _TICKS),
    LimitRule(dt.date(2015, 6, 1), 10, _TICK_FROM, _TICKS),
)


def limit_rule(session: dt.date) -> LimitRule:
    """The rule in force; the earliest known one before its own day."""
    known = [rule for rule in LIMIT_RULES if rule.effective_from <= session]
    return known[-1] if known else LIMIT_RULES[0]


def limit_up(reference: Cents, rule: LimitRule = LIMIT_RULES[-1]) -> Cents:
    """Highest price of the day.

    Parameters
    ----------
    reference : int64, hundredths of a dollar
    """
    raw = reference * (100 + rule.percent)
    tick = _tick(raw, rule)
    limit = raw // (100 * tick) * tick
    out: Cents = np.maximum(limit, reference + _tick(reference * 100, rule))
    return out


def limit_down(reference: Cents, rule: LimitRule = LIMIT_RULES[-1]) -> Cents:
    """Lowest price of the day, never below one hundredth; as `limit_up`."""
    raw = reference * (100 - rule.percent)
    tick = _tick(raw, rule)
    limit = -(-raw // (100 * tick)) * tick
    out: Cents = np.maximum(np.minimum(limit, reference - _tick(reference * 100 - 1, rule)), 1)
    return out


def tick_at(price: Cents, rule: LimitRule = LIMIT_RULES[-1]) -> Cents:
    """Smallest step of a price, in hundredths."""
    return _tick(price * 100, rule)


def _tick(ten_thousandths: Cents, rule: LimitRule) -> Cents:
    bounds = np.array(rule.tick_from, np.int64) * 100
    place = np.searchsorted(bounds, ten_thousandths, "right") - 1
    return np.array(rule.ticks, np.int64)[np.maximum(place, 0)]


def in_cents(prices: Floats) -> Cents:
    """Prices as whole hundredths, half up; 0 where missing."""
    return np.floor(np.where(np.isfinite(prices), prices, 0.0) * 100 + 0.5).astype(np.int64)


def has_limit(symbols: Sequence[str], market: str) -> npt.NDArray[np.bool_]:
    """Shares of the Taiwan boards; funds and indices have other limits or none."""
    if market != MARKET_WITH_LIMITS:
        return np.zeros(len(symbols), bool)
    return np.array([_SHARE.fullmatch(symbol) is not None for symbol in symbols], bool)


def free_until(
    symbols: Sequence[str],
    sessions: npt.NDArray[np.datetime64],
    listed_since: Mapping[str, dt.date] | None,
) -> npt.NDArray[np.int64]:
    """First column with a limit of each symbol: five sessions after its listing.

    Before the listing a share traded on the emerging board, without a limit, or not at all.
    """
    first = np.zeros(len(symbols), np.int64)
    if not listed_since or not len(sessions):
        return first
    for row, symbol in enumerate(symbols):
        if (day := listed_since.get(symbol)) is None:
            continue
        listed = np.datetime64(day, "D")
        gone = int(np.busday_count(listed, sessions[0])) if listed < sessions[0] else 0
        if gone < FREE_SESSIONS:
            first[row] = np.searchsorted(sessions, listed) + FREE_SESSIONS - gone
    return first


def beyond_limits(
    close: Floats, reference: Floats, sessions: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.bool_]:
    """Whether closes lie above the upper or below the lower limit of their references.

    Parameters
    ----------
    close, reference : one per bar, as traded; the reference is taken to the nearest 0.01
    sessions : datetime64[D], one per bar

    Returns
    -------
    array of bool, False where the close or the reference is missing
    """
    out = np.zeros(close.shape, bool)
    starts = np.array([rule.effective_from for rule in LIMIT_RULES[1:]], "datetime64[D]")
    # No limit is nearer than half its percentage: what is, needs no exact arithmetic.
    least = min(rule.percent for rule in LIMIT_RULES) / 200
    far = np.flatnonzero(np.abs(close - reference) > least * reference)
    era = np.searchsorted(starts, sessions[far], "right")
    for number, rule in enumerate(LIMIT_RULES):
        some = far[era == number]
        cents, base = in_cents(close[some]), in_cents(reference[some] + HALF_UP)
        out[some] = (cents > limit_up(base, rule)) | (cents < limit_down(base, rule))
    return out
