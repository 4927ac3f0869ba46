"""What a bar is beside its neighbours: the symbol's own bars, and the market's day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from dashboard.i18n import Language, translate
from dashboard.markets import MARKETS
from dashboard.prices.bars import CLOSE, FETCHED_AT, HIGH, LOW, OPEN, SESSION, SYMBOL, VOLUME
from dashboard.prices.limits import MARKET_WITH_LIMITS, has_limit, in_cents, tick_at
from dashboard.prices.quality.batch import Batch, Floats, Mask, Places
from dashboard.prices.quality.values import ROUNDING
from dashboard.prices.sessions import Days, are_sessions, last_final_session

MIN_CROSS_SECTION: Final = 10
"""Fewer symbols say nothing about the market's day."""
PHANTOM_SHARE: Final = 0.9
HOLE_SHARE: Final = 0.6
COPY_VOLUME: Final = 10_000
"""Shares; below it equal bars are no wonder."""
CONTRADICTION: Final = 0.11
"""Of two closes of one session; the law allows ±10 % between two sessions."""
FEW: Final = 3
LONE_SHARE: Final = 0.05
"""Where more of a symbol's stored sessions differ, it is no lone error."""
_MIXER: Final = np.uint64(0x9E3779B97F4A7C15)
_SURELY_OVER: Final = np.timedelta64(2, "D")
"""After midnight UTC of a day, its session is over everywhere."""


@dataclass(frozen=True)
class Hole:
    """A session that most symbols of a market lack: the source lost it."""

    market: str
    session: dt.date
    missing: int
    symbols: int

    def sentence(self, language: Language) -> str:
        """What is missing, in words."""
        return translate(
            "outcome.hole",
            language,
            market=self.market,
            session=self.session,
            missing=self.missing,
            symbols=self.symbols,
        )


# --- the calendar -----------------------------------------------------------------------


def not_a_session(batch: Batch) -> Mask:
    """The market's calendar has no session on that day."""
    rows = np.zeros(len(batch), dtype=bool)
    for market, own in batch.markets.items():
        days, each = np.unique(batch.days[own], return_inverse=True)
        rows[own] = ~are_sessions(market, days)[each]
    return rows


def not_final(batch: Batch) -> Mask:
    """The session has not ended."""
    rows: Mask = batch.days > _final_sessions(batch)
    return rows


def stale(batch: Batch) -> Mask:
    """A symbol's last bar, where its market has had a session since."""
    rows: Mask = batch.last & (batch.days < _final_sessions(batch))
    return rows


def _final_sessions(batch: Batch) -> Days:
    """Of each row's market, the last session that has ended."""
    ended = np.full(len(batch), np.datetime64("NaT", "D"))
    for market, own in batch.markets.items():
        ended[own] = np.datetime64(last_final_session(market, batch.now), "D")
    return ended


def provisional(batch: Batch) -> Mask:
    """Fetched before the session had ended."""
    utc = batch.bars[FETCHED_AT].dt.tz_localize(None).to_numpy()
    days = batch.days.astype("datetime64[us]")
    rows: Mask = utc < days + _SURELY_OVER
    for market, own in batch.markets.items():
        at, place = np.flatnonzero(own & rows), MARKETS[market]
        fetched = batch.bars[FETCHED_AT].iloc[at].dt.tz_convert(place.timezone)
        ends = np.timedelta64(place.final_after.hour * 60 + place.final_after.minute, "m")
        rows[at] = fetched.dt.tz_localize(None).to_numpy() < days[at] + ends
    return rows


# --- one symbol ---------------------------------------------------------------------------


def conflicting(batch: Batch) -> Mask:
    """Different bars of one symbol and session; equal copies are one bar by now."""
    return batch.repeated


def contradicting(batch: Batch) -> Mask:
    """A lone close far from the stored one of its session.

    Where much of a symbol's history differs the source tells it on another basis, which is
    for the store to take.
    """
    rows = np.zeros(len(batch), dtype=bool)
    if batch.known is None or batch.known.empty:
        return rows
    at = batch.rows_of(batch.known[SYMBOL], batch.known[SESSION])
    stored = batch.known[CLOSE].to_numpy(np.float64)[at >= 0]
    at = at[at >= 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.abs(batch.values(CLOSE)[at] / stored - 1) > CONTRADICTION
    symbols = len(batch.symbols)
    known = np.bincount(batch.codes[at], minlength=symbols)
    contradicted = np.bincount(batch.codes[at[far]], minlength=symbols)
    lone = (contradicted <= FEW) | (contradicted < LONE_SHARE * known)
    rows[at[far & lone[batch.codes[at]]]] = True
    return rows


def flat(batch: Batch) -> Mask:
    """At the previous close, without volume."""
    close, before = batch.values(CLOSE), batch.previous(CLOSE)
    rows: Mask = (batch.values(VOLUME) == 0) & (batch.first | _near(close, before))
    for name in (OPEN, HIGH, LOW):
        price = batch.values(name)
        rows &= np.isnan(price) | _near(price, close)
    return rows


def trailing_flat(batch: Batch) -> Mask:
    """Flat, and nothing but flat bars of the symbol after it."""
    rows = flat(batch)
    moving = np.flatnonzero(~rows)
    last_moving = np.full(len(batch.symbols), -1, dtype=np.intp)
    last_moving[batch.codes[moving]] = moving  # of several, the last one stays
    later: Mask = np.arange(len(batch)) > last_moving[batch.codes]
    return rows & later


def copied(batch: Batch) -> Mask:
    """The very prices and volume of an earlier bar of the symbol.

    Only of bars with a range and enough volume: what hardly trades repeats itself by chance.
    """
    rows = np.zeros(len(batch), dtype=bool)
    traded = batch.values(VOLUME) >= COPY_VOLUME
    moved = np.flatnonzero(traded & (batch.values(HIGH) > batch.values(LOW)))
    told = [batch.codes[moved].astype(np.float64)]
    told += [batch.values(name)[moved] for name in (OPEN, HIGH, LOW, CLOSE, VOLUME)]
    digest = np.zeros(len(moved), dtype=np.uint64)
    for column in told:
        digest = digest * _MIXER + column.view(np.uint64)
    alike = pd.Series(digest).duplicated(keep=False).to_numpy()
    exact = pd.DataFrame(dict(enumerate(one[alike] for one in told)))
    rows[moved[alike]] = exact.duplicated().to_numpy()
    return rows


def disputed(batch: Batch) -> Mask:
    """The close differs from the exchange's of that session by more than a tick."""
    rows = np.zeros(len(batch), dtype=bool)
    if batch.references is None or batch.references.empty:
        return rows
    at = batch.rows_of(batch.references[SYMBOL], batch.references[SESSION])
    theirs = batch.references[CLOSE].to_numpy(np.float64)
    limited = has_limit([str(one) for one in batch.symbols], MARKET_WITH_LIMITS)
    known = (at >= 0) & np.isfinite(theirs)
    at, exact = at[known], in_cents(theirs[known])
    apart = np.abs(in_cents(batch.values(CLOSE)[at]) - exact) > tick_at(exact)
    rows[at[apart & limited[batch.codes[at]]]] = True
    return rows


# --- the market's day ---------------------------------------------------------------------


def phantom(batch: Batch) -> Mask:
    """Sessions on which nearly all repeat the previous close, or nobody traded.

    The previous close is that of the last session that was real: of two invented days in a
    row the second is compared with what the first one copied.
    """
    rows = np.zeros(len(batch), dtype=bool)
    close, idle = batch.values(CLOSE), batch.values(VOLUME) == 0
    before = np.full(len(batch.symbols), np.nan)
    for market, own in batch.markets.items():
        at = np.flatnonzero(own)
        at = at[np.argsort(batch.places[at], kind="stable")]
        days = np.searchsorted(batch.places[at], np.arange(len(batch.calendars[market]) + 1))
        for start, end in pairwise(days.tolist()):
            today = at[start:end]
            codes = batch.codes[today]
            if _is_phantom(close[today], before[codes], idle[today]):
                rows[today] = True
            else:
                before[codes] = close[today]
    return rows


def _is_phantom(close: Floats, before: Floats, idle: Mask) -> bool:
    if len(close) < MIN_CROSS_SECTION:
        return False
    known = int((~np.isnan(before)).sum())
    repeated = int(_near(close, before).sum())
    copied = known >= MIN_CROSS_SECTION and repeated >= PHANTOM_SHARE * known
    return copied or bool(idle.all())


def holes(batch: Batch) -> list[Hole]:
    """Sessions that at least 60 % of a market's symbols lack between their first and last bar."""
    found: list[Hole] = []
    for market in batch.markets:
        calendar = batch.calendars[market]
        missing, spanning = batch.attendance[market]
        found += [
            Hole(market, calendar[at].item(), int(missing[at]), int(spanning[at]))
            for at in np.flatnonzero(_is_hole(missing, spanning))
        ]
    return found


def halted(batch: Batch) -> Mask:
    """Bars before which the symbol alone lacks sessions."""
    absent, lost = _absences(batch)
    return absent > lost


def after_a_hole(batch: Batch) -> Mask:
    """Bars before which the source has lost sessions of most symbols."""
    return _absences(batch)[1] > 0


def _absences(batch: Batch) -> tuple[Places, Places]:
    """Sessions that each row's symbol lacks since its bar before, and how many are holes."""
    absent = np.where(batch.first, 0, np.diff(batch.places, prepend=0) - 1)
    lost = np.zeros(len(batch), dtype=np.intp)
    for market, own in batch.markets.items():
        hole = _is_hole(*batch.attendance[market])
        until = np.append(0, np.cumsum(hole))
        place = batch.places[own]
        lost[own] = until[place] - until[np.maximum(place - np.maximum(absent[own], 0), 0)]
    return np.maximum(absent, 0), lost


def _is_hole(missing: Places, spanning: Places) -> Mask:
    rows: Mask = (spanning >= MIN_CROSS_SECTION) & (missing >= HOLE_SHARE * spanning)
    return rows


def _near(price: Floats, other: Floats) -> Mask:
    with np.errstate(invalid="ignore", over="ignore"):
        near: Mask = np.abs(price - other) <= ROUNDING * np.abs(other)
    return near
