"""What is refused, flagged or reported before a bar is stored: pure functions over a batch.

The rules answer damage seen in public sources: days without a session, copies of the day
before, bars of a running session, and moves beyond the ±10 % that the law allows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.i18n import Language, translate
from dashboard.markets import HOME, is_index, market_of
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    BAR_DTYPES,
    CLOSE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LARGEST_COUNT,
    LARGEST_PRICE,
    LOW,
    OPEN,
    SESSION,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
    BarFlag,
)
from dashboard.prices.sessions import are_sessions, last_final_session, sessions

Mask = npt.NDArray[np.bool_]

MIN_CROSS_SECTION: Final = 10
"""Fewer symbols say nothing about the market's day."""
PHANTOM_SHARE: Final = 0.9
HOLE_SHARE: Final = 0.6
JUMP_LIMIT: Final = 0.11
"""±10 % is the law; the rest is rounding to ticks."""
LONGEST_HALT: Final = 10
"""Sessions; capital reductions and par changes halt trading for less."""
FREE_SESSIONS: Final = 5
"""A new listing has no limit on its first sessions."""
_EMERGING_NEAR: Final = 20
"""A bar outside its range marks the emerging board this many bars around it."""
_ROUNDING: Final = 1e-6


class Reason(StrEnum):
    """Why a bar was refused; its text is `refusal.<value>` of the catalogue."""

    NO_CLOSE = "no_close"
    NOT_POSITIVE = "not_positive"
    LOW_ABOVE_HIGH = "low_above_high"
    INVALID = "invalid"
    SIMULATED = "simulated"
    NOT_A_SESSION = "not_a_session"
    NOT_FINAL = "not_final"
    CONFLICTING = "conflicting"
    PHANTOM = "phantom"
    PLACEHOLDER = "placeholder"
    SOURCE_ROW = "source_row"


EXPECTED: Final = frozenset((Reason.NOT_FINAL, Reason.PLACEHOLDER, Reason.SOURCE_ROW))
"""Part of every day's fetching: nothing is lost by them."""


@dataclass(frozen=True)
class Refusal:
    """One bar that was not stored."""

    symbol: str
    session: dt.date
    reason: Reason

    def sentence(self, language: Language) -> str:
        """Why, in words."""
        return translate(f"refusal.{self.reason}", language)


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


@dataclass(frozen=True, eq=False)
class Checked:
    """A batch after the checks: what may be stored, and what was found."""

    bars: pd.DataFrame
    refusals: tuple[Refusal, ...]
    holes: tuple[Hole, ...]


def check(
    bars: pd.DataFrame,
    *,
    now: dt.datetime,
    first_sessions: Mapping[str, dt.date] | None = None,
    no_limit: Collection[str] = (),
) -> Checked:
    """Refuse and flag the bars of a batch.

    Parameters
    ----------
    bars : DataFrame, columns and dtypes of a bar
        Of any symbols and markets, in any order; not changed.
    now : with time zone; bars of sessions that are not final then are refused
    first_sessions : symbol → its first stored session
        Where a symbol is absent its history begins with the batch.
    no_limit : symbols without a daily limit (emerging board)

    Returns
    -------
    Checked
        Bars sorted by symbol and session, flagged OUTSIDE_RANGE, CLOSE_ONLY, NO_VOLUME,
        PLACEHOLDER and JUMP where it applies.
    """
    batch = bars[list(BAR_COLUMNS)].astype(BAR_DTYPES)
    batch = batch.sort_values([SYMBOL, SESSION], kind="stable", ignore_index=True)
    refusals: list[Refusal] = []
    batch = _without(batch, _row_faults(batch), refusals)
    batch = _without(batch, _day_faults(batch, now), refusals)
    batch = _without(batch, _duplicates(batch), refusals)
    batch = _without(batch, _phantoms(batch), refusals)
    flat = _placeholders(batch)
    batch = _without(batch, _where(flat & _trailing(batch, flat), Reason.PLACEHOLDER), refusals)
    batch[FLAGS] |= _row_flags(batch)
    batch[FLAGS] |= np.where(_jumps(batch, first_sessions or {}, no_limit), int(BarFlag.JUMP), 0)
    batch[FLAGS] = batch[FLAGS].astype("int32")
    return Checked(batch, tuple(refusals), tuple(holes(batch)))


def _without(bars: pd.DataFrame, reasons: pd.Series, refusals: list[Refusal]) -> pd.DataFrame:
    """The bars without a reason; the others are noted, an empty reason drops silently."""
    bad = reasons.notna().to_numpy()
    if not bad.any():
        return bars
    refusals += [
        Refusal(symbol, session.date(), Reason(reason))
        for symbol, session, reason in zip(
            bars.loc[bad, SYMBOL], bars.loc[bad, SESSION], reasons[bad], strict=True
        )
        if reason
    ]
    return bars[~bad].reset_index(drop=True)


def _where(mask: Mask, reason: Reason) -> pd.Series:
    return _first_of(len(mask), {reason: mask})


def _first_of(length: int, faults: Mapping[Reason, Mask]) -> pd.Series:
    """The first reason that applies to each row, None where none does."""
    reasons = np.full(length, None, dtype=object)
    for reason, mask in reversed(list(faults.items())):
        reasons[mask] = reason
    return pd.Series(reasons, dtype=object)


def _row_faults(bars: pd.DataFrame) -> pd.Series:
    prices = bars[[OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE]]
    with np.errstate(invalid="ignore"):
        nonsense = (
            (bars[VOLUME] < 0)
            | ~np.isfinite(bars[ADJUSTED_CLOSE])
            | ~(bars[DIVIDEND] >= 0)
            | ~(bars[SPLIT] > 0)
            | (prices > LARGEST_PRICE).any(axis=1)
            | (bars[[DIVIDEND, SPLIT]] > LARGEST_PRICE).any(axis=1)
            | (bars[VOLUME] > LARGEST_COUNT)
        )
        faults: dict[Reason, Mask] = {
            Reason.SIMULATED: (bars[FLAGS].to_numpy() & BarFlag.SIMULATED) != 0,
            Reason.NO_CLOSE: bars[CLOSE].isna().to_numpy(),
            Reason.NOT_POSITIVE: (prices <= 0).any(axis=1).to_numpy(),
            Reason.LOW_ABOVE_HIGH: (bars[LOW] > bars[HIGH]).to_numpy(),
            Reason.INVALID: nonsense.to_numpy(),
        }
    return _first_of(len(bars), faults)


def _day_faults(bars: pd.DataFrame, now: dt.datetime) -> pd.Series:
    days = bars[SESSION].to_numpy().astype("datetime64[D]")
    markets = _markets(bars)
    none = np.zeros(len(bars), dtype=bool)
    early = none.copy()
    for market in np.unique(markets):
        own = markets == market
        none[own] = ~are_sessions(market, days[own])
        early[own] = days[own] > np.datetime64(last_final_session(market, now), "D")
    return _first_of(len(bars), {Reason.NOT_A_SESSION: none, Reason.NOT_FINAL: early})


def _markets(bars: pd.DataFrame) -> npt.NDArray[np.str_]:
    by_symbol = {symbol: market_of(symbol) for symbol in bars[SYMBOL].unique()}
    return bars[SYMBOL].map(by_symbol).to_numpy(dtype=str)


def _duplicates(bars: pd.DataFrame) -> pd.Series:
    """Equal copies are dropped but one; of different ones nobody knows which is right."""
    told = [name for name in BAR_COLUMNS if name not in (SOURCE, FETCHED_AT)]
    again = bars.duplicated([SYMBOL, SESSION], keep=False)
    reasons = np.full(len(bars), None, dtype=object)
    if again.any():
        values = bars[told].groupby([SYMBOL, SESSION]).transform("nunique", dropna=False)
        differing = (again & (values > 1).any(axis=1)).to_numpy()
        reasons[differing] = Reason.CONFLICTING
        reasons[bars.duplicated([SYMBOL, SESSION]).to_numpy() & ~differing] = ""
    return pd.Series(reasons, dtype=object)


def _previous(bars: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """Value of the symbol's bar before; NaN for its first in the batch."""
    shifted: npt.NDArray[np.float64] = bars.groupby(SYMBOL)[name].shift().to_numpy(np.float64)
    return shifted


def _phantoms(bars: pd.DataFrame) -> pd.Series:
    """Sessions on which nearly all repeat the previous close, or nobody traded."""
    before = _previous(bars, CLOSE)
    known = ~np.isnan(before)
    days = pd.DataFrame(
        {
            "market": _markets(bars),
            SESSION: bars[SESSION],
            "known": known,
            "repeated": known & np.isclose(bars[CLOSE], before, rtol=_ROUNDING, atol=0),
            "bars": 1,
            "idle": bars[VOLUME] == 0,
        }
    )
    by_day = days.groupby(["market", SESSION]).transform("sum")
    copied = (by_day["known"] >= MIN_CROSS_SECTION) & (
        by_day["repeated"] >= PHANTOM_SHARE * by_day["known"]
    )
    idle = (by_day["bars"] >= MIN_CROSS_SECTION) & (by_day["idle"] == by_day["bars"])
    return _where((copied | idle).to_numpy(), Reason.PHANTOM)


def _placeholders(bars: pd.DataFrame) -> Mask:
    """Flat at the previous close, volume 0."""
    close = bars[CLOSE]
    flat: Mask = (bars[VOLUME] == 0).to_numpy(copy=True)
    for name in (OPEN, HIGH, LOW):
        flat &= (
            bars[name].isna() | np.isclose(bars[name], close, rtol=_ROUNDING, atol=0)
        ).to_numpy()
    before = _previous(bars, CLOSE)
    same: Mask = np.isnan(before) | np.isclose(close, before, rtol=_ROUNDING, atol=0)
    return flat & same


def _trailing(bars: pd.DataFrame, mask: Mask) -> Mask:
    """Rows from which on `mask` holds to the symbol's last bar."""
    backwards = pd.Series(mask).iloc[::-1].groupby(bars[SYMBOL].iloc[::-1].to_numpy())
    run: Mask = backwards.cummin().iloc[::-1].to_numpy(dtype=bool)
    return run


def _row_flags(bars: pd.DataFrame) -> npt.NDArray[np.int32]:
    low, high = bars[LOW] * (1 - _ROUNDING), bars[HIGH] * (1 + _ROUNDING)
    outside = np.zeros(len(bars), dtype=bool)
    for name in (OPEN, CLOSE):
        outside |= ((bars[name] < low) | (bars[name] > high)).to_numpy()
    unknown_range = bars[[OPEN, HIGH, LOW]].isna().any(axis=1).to_numpy()
    flags = (
        np.where(outside, int(BarFlag.OUTSIDE_RANGE), 0)
        | np.where(unknown_range, int(BarFlag.CLOSE_ONLY), 0)
        | np.where(bars[VOLUME].isna(), int(BarFlag.NO_VOLUME), 0)
        | np.where(_placeholders(bars), int(BarFlag.PLACEHOLDER), 0)
    )
    return flags.astype(np.int32)


def _jumps(
    bars: pd.DataFrame, first_sessions: Mapping[str, dt.date], no_limit: Collection[str]
) -> Mask:
    """Moves beyond the home market's limit that neither an action nor the board explains."""
    with np.errstate(invalid="ignore", over="ignore"):
        far = np.abs(bars[CLOSE].to_numpy() / _previous(bars, CLOSE) - 1) > JUMP_LIMIT
        adjusted = np.abs(bars[ADJUSTED_CLOSE].to_numpy() / _previous(bars, ADJUSTED_CLOSE) - 1)
    if not far.any():
        return far
    unadjusted = (bars[FLAGS] & int(BarFlag.UNADJUSTED)) != 0
    known = ~(unadjusted | (_previous(bars, FLAGS).astype(np.float64) % 2 == 1)).to_numpy()
    explained = (
        (bars[SPLIT] != 1).to_numpy()
        | (bars[DIVIDEND] != 0).to_numpy()
        | (known & (adjusted <= JUMP_LIMIT))
    )
    limited = {
        symbol
        for symbol in bars[SYMBOL].unique()
        if market_of(symbol) == HOME and not is_index(symbol) and symbol not in no_limit
    }
    suspected = far & ~explained & bars[SYMBOL].isin(limited).to_numpy()
    jumps: Mask = (
        suspected
        & ~_near_outside_range(bars)
        & ~_new_listing(bars, first_sessions)
        & ~_after_a_hole(bars)
    )
    return jumps


def _after_a_hole(bars: pd.DataFrame) -> Mask:
    """Bars whose predecessor is too old to hold a move between them to one day's limit."""
    days = bars[SESSION].to_numpy().astype("datetime64[D]")
    known = sessions(HOME, days.min().item(), days.max().item())
    place = pd.Series(np.searchsorted(known, days))
    since = place.groupby(bars[SYMBOL].to_numpy()).diff()
    return (since > LONGEST_HALT).to_numpy()


def _near_outside_range(bars: pd.DataFrame) -> Mask:
    outside = ((bars[FLAGS] & int(BarFlag.OUTSIDE_RANGE)) != 0).astype(float)
    near = outside.groupby(bars[SYMBOL]).transform(
        lambda own: own.rolling(2 * _EMERGING_NEAR + 1, center=True, min_periods=1).max()
    )
    return (near > 0).to_numpy()


def _new_listing(bars: pd.DataFrame, first_sessions: Mapping[str, dt.date]) -> Mask:
    """The first five sessions of a symbol."""
    if bars.empty:
        return np.zeros(0, dtype=bool)
    starts = bars.groupby(SYMBOL)[SESSION].min()
    days = bars[SESSION].to_numpy().astype("datetime64[D]")
    ends: dict[str, np.datetime64] = {}
    for symbol, start in starts.items():
        first = min(start.date(), first_sessions.get(str(symbol), start.date()))
        free = sessions(market_of(str(symbol)), first, first + dt.timedelta(days=30))
        ends[str(symbol)] = free[:FREE_SESSIONS][-1] if free.size else np.datetime64(first, "D")
    new: Mask = days <= bars[SYMBOL].map(ends).to_numpy().astype("datetime64[D]")
    return new


def holes(bars: pd.DataFrame) -> list[Hole]:
    """Sessions that at least 60 % of a market's symbols lack between their first and last bar."""
    found: list[Hole] = []
    markets = _markets(bars)
    for market in np.unique(markets):
        own = bars[markets == market]
        days = own[SESSION].to_numpy().astype("datetime64[D]")
        calendar = sessions(market, days.min().item(), days.max().item())
        codes, names = pd.factorize(own[SYMBOL])
        if len(names) < MIN_CROSS_SECTION or not calendar.size:
            continue
        place = np.searchsorted(calendar, days)
        by_symbol = pd.Series(place).groupby(codes)
        steps = np.zeros(calendar.size + 1, dtype=np.int64)
        np.add.at(steps, by_symbol.min().to_numpy(), 1)
        np.add.at(steps, by_symbol.max().to_numpy() + 1, -1)
        spanning = np.cumsum(steps)[:-1]
        missing = spanning - np.bincount(place, minlength=calendar.size)
        lost = (spanning >= MIN_CROSS_SECTION) & (missing >= HOLE_SHARE * spanning)
        found += [
            Hole(str(market), calendar[at].item(), int(missing[at]), int(spanning[at]))
            for at in np.flatnonzero(lost)
        ]
    return found
