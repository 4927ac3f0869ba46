"""What went ex between two bars, and the adjusted prices, references and jumps that follow.

The factor of the gap before a bar is its reference price / the close before it. It comes from

1. the actions that are stored, at the first bar on or after their day,
2. else the bar's own dividend and split,
3. else the source's adjusted closes.

In Taiwan a close must lie within the day's limits, counted from the reference. What the bar
or its source tell is not believed where it would put the close beyond them (a split told
late, or twice). A close that lies beyond the limits without what is told in 1 or 2 is a jump,
whatever the source's adjusted close says: no factor is taken from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.markets import market_of
from dashboard.prices.actions import action_factor, cash_factor
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    DIVIDEND,
    FLAGS,
    SESSION,
    SPLIT,
    SYMBOL,
    UNEXPLAINED,
    BarFlag,
)
from dashboard.prices.limits import (
    FREE_SESSIONS,
    HALF_UP,
    LONGEST_HALT,
    beyond_limits,
    free_until,
    has_limit,
    in_cents,
)
from dashboard.prices.records import FACTOR, LIMIT_DOWN, LIMIT_UP, REFERENCE
from dashboard.prices.sessions import sessions as calendar_sessions

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

SOURCE_ADJUSTED_CLOSE: Final = "source_adjusted_close"
SAME_FACTOR: Final = 5e-4
"""Relative difference of two factors that the rounding of prices explains."""
SAME_ACTION: Final = 0.01
"""Two factors this near, within `NEAR_SESSIONS`, tell of one action."""
NEAR_SESSIONS: Final = 10
_GAP_MOVE: Final = float(np.log(1.5))
"""Of the logarithm; after more than ten sessions without a bar."""
_LISTING_MOVE: Final = float(np.log(2.0))
"""In the first sessions of a listing, which have no limit."""
_LARGE: Final = 0.1
"""No dividend: of that size nothing happens twice within `NEAR_SESSIONS`."""
_NO_FACTOR: Final = 1e-6
"""What single-precision adjusted closes are off; no dividend is so small."""
_CENT: Final = 0.005
_KEY: Final = 1 << 32
"""Days of any date fit below it."""


@dataclass(frozen=True, eq=False)
class BarRows:
    """Bars of one market sorted by symbol and session; arrays of one length.

    Attributes
    ----------
    symbols, sessions : all of the market, sorted
    symbol, session : int64, places in them
    adjusted_close : the source's; NaN where it has none
    """

    market: str
    symbols: Sequence[str]
    sessions: Days
    symbol: Whole
    session: Whole
    close: Floats
    adjusted_close: Floats
    dividend: Floats
    split: Floats
    flags: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Adjustment:
    """One value per bar.

    Attributes
    ----------
    factor : reference price / close before; 1 where nothing went ex
    cash : the part of it that cash dividends make; NaN where it is not told what went ex
    so_far : product of the factors of its symbol up to the bar
        Nothing that goes ex later, and no other symbol, changes a bit of it.
    adjusted : close × all later factors of its symbol
    reference : price the day's limits are counted from, as traded
        The exchange's own where it is known. NaN at a symbol's first bar, after a gap of more
        than ten sessions, at a jump, up to the first session of a listing, and where the
        exchange says that there is no limit.
    limit_up, limit_down : the exchange's own, NaN where not stored
    flags : as stored, with JUMP, ADJUSTMENT_DIFFERS and UNADJUSTED told anew
        UNADJUSTED is off between the first and the last stored action of a symbol: what went
        ex there is known without the source.
    covered : bars on which it is off for that reason
    told_until : the last bar up to each stored action
    """

    factor: Floats
    cash: Floats
    so_far: Floats
    adjusted: Floats
    reference: Floats
    limit_up: Floats
    limit_down: Floats
    flags: npt.NDArray[np.int32]
    covered: Mask
    told_until: Mask


def adjustment(
    rows: BarRows,
    *,
    actions: pd.DataFrame | None = None,
    limits: pd.DataFrame | None = None,
    listed_since: Mapping[str, dt.date] | None = None,
) -> Adjustment:
    """Factors, adjusted closes, references and computed flags of bars.

    Parameters
    ----------
    actions, limits : DataFrame, columns of `records.ACTIONS` and `records.LIMITS`
        In any order; of other symbols too.
    listed_since : symbol → first day on the exchange
        No limit before it and in the five sessions from it. A symbol without one is taken for
        an old listing.
    """
    gaps = _Gaps.of(rows)
    stored = _Stored.of(rows, gaps, actions)
    published = _Published.of(rows, limits)
    own, source = _own_factor(rows, gaps), _source_factor(rows, gaps)
    free_from = free_until(rows.symbols, rows.sessions, listed_since)[rows.symbol]
    limited = has_limit(rows.symbols, rows.market)[rows.symbol] & (rows.session >= free_from)
    limited &= (gaps.length <= LONGEST_HALT) & ~published.free
    chosen = _chosen(rows, gaps.previous, limited, stored, own, source)
    reference = np.where(
        np.isnan(stored.reference), gaps.previous * chosen.factor, stored.reference
    )
    jump = chosen.beyond & ~published.allow(rows.close, reference)
    unknown = jump | ((free_from > 0) & (rows.session <= free_from - FREE_SESSIONS))
    unknown |= (gaps.length > LONGEST_HALT) & np.isnan(stored.reference)
    reference[unknown] = np.nan
    reference = np.where(
        np.isnan(published.reference), _rounded(rows, reference), published.reference
    )
    reference[published.free] = np.nan
    flags = rows.flags & ~np.int32(UNEXPLAINED | BarFlag.ADJUSTMENT_DIFFERS)
    flags[jump] |= BarFlag.JUMP
    told = ~(np.isnan(stored.factor) & np.isnan(own) & np.isnan(source))
    flags[_broken(rows, gaps, free_from) & ~told & ~jump] |= BarFlag.BREAK
    flags[_differs(gaps.previous, own, source, chosen.factor) & ~jump] |= BarFlag.ADJUSTMENT_DIFFERS
    covered = stored.covered & (flags & BarFlag.UNADJUSTED != 0)
    flags[covered] &= ~np.int32(BarFlag.UNADJUSTED)
    so_far = _so_far(rows, chosen.factor)
    return Adjustment(
        factor=chosen.factor,
        cash=np.where(chosen.by_own, 1 - rows.dividend / gaps.previous, stored.cash),
        so_far=so_far,
        adjusted=rows.close * _later(rows, so_far),
        reference=reference,
        limit_up=published.up,
        limit_down=published.down,
        flags=flags,
        covered=covered,
        told_until=stored.told_until,
    )


def bar_rows(bars: pd.DataFrame, market: str) -> BarRows:
    """Bars of one market, sorted by symbol and session, as `adjustment` takes them.

    Parameters
    ----------
    bars : DataFrame, columns of a bar, at least one row
    """
    days = bars[SESSION].to_numpy().astype("datetime64[D]")
    all_sessions = market_sessions(market, days)
    codes, names = pd.factorize(bars[SYMBOL])
    columns = (CLOSE, ADJUSTED_CLOSE, DIVIDEND, SPLIT)
    close, adjusted, dividend, split = (bars[name].to_numpy(float) for name in columns)
    return BarRows(
        market=market,
        symbols=names.tolist(),
        sessions=all_sessions,
        symbol=codes.astype(np.int64),
        session=np.searchsorted(all_sessions, days).astype(np.int64),
        close=close,
        adjusted_close=adjusted,
        dividend=dividend,
        split=split,
        flags=bars[FLAGS].to_numpy(np.int32),
    )


def adjusted_bars(
    bars: pd.DataFrame,
    *,
    actions: pd.DataFrame | None = None,
    limits: pd.DataFrame | None = None,
    listed_since: Mapping[str, dt.date] | None = None,
) -> pd.DataFrame:
    """Bars with our adjusted close and flags, sorted by symbol and session.

    Parameters
    ----------
    bars : DataFrame, columns of a bar
        Whole histories of any symbols and markets: what lies outside is not known to have
        gone ex.
    actions, limits, listed_since : as `adjustment`

    Returns
    -------
    DataFrame
        The same columns, and `source_adjusted_close` (missing where the source has none),
        `factor`, `reference`, `limit_up`, `limit_down`.
    """
    ordered = bars.sort_values([SYMBOL, SESSION], ignore_index=True)
    known = (ordered[FLAGS] & int(BarFlag.UNADJUSTED)) == 0
    ordered[SOURCE_ADJUSTED_CLOSE] = ordered[ADJUSTED_CLOSE].where(known)
    for name in (FACTOR, REFERENCE, LIMIT_UP, LIMIT_DOWN):
        ordered[name] = np.nan
    markets = ordered[SYMBOL].map({name: market_of(name) for name in ordered[SYMBOL].unique()})
    for market, part in ordered.groupby(markets.to_numpy(str)):
        found = adjustment(
            bar_rows(part, str(market)), actions=actions, limits=limits, listed_since=listed_since
        )
        ordered.loc[part.index, ADJUSTED_CLOSE] = found.adjusted
        ordered.loc[part.index, FLAGS] = found.flags
        for name in (FACTOR, REFERENCE, LIMIT_UP, LIMIT_DOWN):
            ordered.loc[part.index, name] = getattr(found, name)
    return ordered


def market_sessions(market: str, days: Days) -> Days:
    """The calendar's sessions from the first to the last of the days, and the days themselves.

    Parameters
    ----------
    days : datetime64[D], in any order, at least one
    """
    known = calendar_sessions(market, days.min().item(), days.max().item())
    both: Days = np.union1d(known, days)
    return both


@dataclass(frozen=True, eq=False)
class _Gaps:
    """What lies before each bar; NaN and 0 at a symbol's first."""

    first: Mask
    previous: Floats
    length: Whole

    @classmethod
    def of(cls, rows: BarRows) -> _Gaps:
        first = np.ones(len(rows.close), bool)
        first[1:] = rows.symbol[1:] != rows.symbol[:-1]
        previous = np.full(len(first), np.nan)
        previous[1:] = rows.close[:-1]
        length = np.zeros(len(first), np.int64)
        length[1:] = np.diff(rows.session)
        previous[first], length[first] = np.nan, 0
        return cls(first, previous, length)


@dataclass(frozen=True, eq=False)
class _Stored:
    """What the stored actions tell of each gap; NaN where nothing."""

    factor: Floats
    cash: Floats
    reference: Floats
    covered: Mask
    told_until: Mask

    @classmethod
    def of(cls, rows: BarRows, gaps: _Gaps, actions: pd.DataFrame | None) -> _Stored:
        count = len(rows.close)
        factor, cash, reference = (np.full(count, np.nan) for _ in range(3))
        none = np.zeros(count, bool)
        known = _of_symbols(rows, actions)
        if known is None:
            return cls(factor, cash, reference, none, none)
        keys = _keys(rows)
        at = np.searchsorted(keys, known.keys)
        inside = np.flatnonzero(at < count)
        inside = inside[rows.symbol[at[inside]] == known.symbol[inside]]
        inside = inside[~gaps.first[at[inside]]]
        at, table = at[inside], known.frame.iloc[inside]
        # Several actions before one bar: each counts from the reference of the one before.
        turn = pd.Series(at).groupby(at).cumcount().to_numpy()
        for number in range(int(turn.max(initial=-1)) + 1):
            some = np.flatnonzero(turn == number)
            place = at[some]
            before = np.where(np.isnan(factor[place]), 1.0, factor[place])
            base = gaps.previous[place] * before
            step = action_factor(table.iloc[some], base)
            good = np.isfinite(step) & (step > 0)
            paid = np.where(np.isnan(factor[place]), 1.0, cash[place])
            place = place[good]
            cash[place] = (paid * cash_factor(table.iloc[some], base))[good]
            factor[place] = (before * step)[good]
            reference[place] = table[REFERENCE].to_numpy(float)[some][good]
        between, until = _between(rows, keys, known), _up_to(rows, keys, known)
        return cls(factor, cash, reference, between, until)


@dataclass(frozen=True, eq=False)
class _Known:
    """Records of symbols that have bars, sorted by symbol and day."""

    frame: pd.DataFrame
    symbol: Whole
    keys: Whole


def _of_symbols(rows: BarRows, records: pd.DataFrame | None) -> _Known | None:
    if records is None or records.empty:
        return None
    code = pd.Index(rows.symbols).get_indexer(pd.Index(records[SYMBOL]))
    day = records[SESSION].to_numpy().astype("datetime64[D]").astype(np.int64)
    keys = code * _KEY + day
    order = np.flatnonzero(code >= 0)
    order = order[np.argsort(keys[order], kind="stable")]
    return _Known(records.iloc[order], code[order], keys[order]) if order.size else None


def _keys(rows: BarRows) -> Whole:
    keys: Whole = rows.symbol * _KEY + rows.sessions.astype(np.int64)[rows.session]
    return keys


def _between(rows: BarRows, keys: Whole, known: _Known) -> Mask:
    """Bars from the first to the last stored action of their symbol."""
    count = len(rows.symbols)
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, known.symbol, known.keys)
    np.maximum.at(last, known.symbol, known.keys)
    within: Mask = (keys >= first[rows.symbol]) & (keys <= last[rows.symbol])
    return within


def _up_to(rows: BarRows, keys: Whole, known: _Known) -> Mask:
    """The last bar of its symbol up to each stored action."""
    out = np.zeros(len(keys), bool)
    at = np.searchsorted(keys, known.keys, "right") - 1
    same = (at >= 0) & (rows.symbol[at] == known.symbol)
    out[at[same]] = True
    return out


@dataclass(frozen=True, eq=False)
class _Published:
    """The exchange's own reference and limits of each bar; NaN where not stored."""

    reference: Floats
    up: Floats
    down: Floats
    free: Mask
    """Sessions that the exchange says have no limit."""

    @classmethod
    def of(cls, rows: BarRows, limits: pd.DataFrame | None) -> _Published:
        count = len(rows.close)
        free = np.zeros(count, bool)
        known = _of_symbols(rows, limits)
        if known is None:
            told = np.broadcast_to(np.nan, (3, count))
        else:
            told = np.full((3, count), np.nan)
            keys = _keys(rows)
            at = np.searchsorted(keys, known.keys)
            same = np.flatnonzero(at < count)
            same = same[keys[at[same]] == known.keys[same]]
            for number, name in enumerate((REFERENCE, LIMIT_UP, LIMIT_DOWN)):
                told[number, at[same]] = known.frame[name].to_numpy(float)[same]
            free[at[same]] = np.isnan(told[1:, at[same]]).all(axis=0)
        return cls(told[0], told[1], told[2], free)

    def allow(self, close: Floats, reference: Floats) -> Mask:
        """Closes within the published limits, where these are of about our reference.

        Else they tell of an action that is not stored.
        """
        near: Mask = (reference >= self.down) & (reference <= self.up)
        return near & (close >= self.down) & (close <= self.up)


def _broken(rows: BarRows, gaps: _Gaps, free_from: Whole) -> Mask:
    """Quite another price where no limit holds it: after a long gap, or as the listing begins.

    Of a move that large nobody can tell a market's from a par change that is not known.
    """
    listing = free_from - FREE_SESSIONS
    begins = (free_from > 0) & (rows.session >= listing) & (rows.session < free_from)
    long_gap = (gaps.length > LONGEST_HALT) & (rows.session >= listing)
    move = np.abs(np.log(rows.close / gaps.previous))
    broken: Mask = (long_gap & (move > _GAP_MOVE)) | (begins & (move > _LISTING_MOVE))
    return broken & has_limit(rows.symbols, rows.market)[rows.symbol]


def _own_factor(rows: BarRows, gaps: _Gaps) -> Floats:
    """By the bar's dividend and split; NaN where it has none."""
    some = (rows.dividend != 0) | (rows.split != 1)
    some &= ~(np.isnan(rows.dividend) | np.isnan(rows.split) | gaps.first)
    out = np.full(len(some), np.nan)
    previous = gaps.previous[some]
    factor = (previous - rows.dividend[some]) / (previous * rows.split[some])
    out[some] = np.where(factor > 0, factor, np.nan)
    return out


def _source_factor(rows: BarRows, gaps: _Gaps) -> Floats:
    """By the source's adjusted closes; NaN where one of the two is not known."""
    ratio = rows.adjusted_close / rows.close
    ratio[(rows.flags & BarFlag.UNADJUSTED) != 0] = np.nan
    out = np.full(len(ratio), np.nan)
    out[1:] = ratio[:-1] / ratio[1:]
    out[gaps.first] = np.nan
    return out


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The factor of each gap."""

    factor: Floats
    by_own: Mask
    """The factor is that of the bar's own dividend and split."""
    beyond: Mask
    """The close lies beyond the limits of the reference so known."""


def _chosen(
    rows: BarRows,
    previous: Floats,
    limited: Mask,
    stored: _Stored,
    own: Floats,
    source: Floats,
) -> _Chosen:
    def beyond(reference: Floats, asked: Mask) -> Mask:
        out = np.zeros(len(asked), bool)
        some = np.flatnonzero(asked & limited)
        days = rows.sessions[rows.session[some]]
        out[some] = beyond_limits(rows.close[some], reference[some], days)
        return out

    by_table = ~np.isnan(stored.factor)
    factor = np.where(by_table, stored.factor, 1.0)
    plain = np.where(np.isnan(stored.reference), previous * factor, stored.reference)
    far = beyond(plain, np.ones(len(factor), bool))
    # The exchange rounds before it sets the limits; a factor is known to less than a tick.
    near = far & by_table & np.isnan(stored.reference)
    for slack in (1 - SAME_FACTOR, 1 + SAME_FACTOR):
        near &= beyond(plain * slack, near)
    far &= near | ~by_table | ~np.isnan(stored.reference)
    open_to_others = ~by_table & ~_told_elsewhere(rows, stored.factor, own, source)
    by_own = open_to_others & ~np.isnan(own)
    by_own &= ~beyond(previous * own, by_own)
    by_source = open_to_others & np.isnan(own) & (np.abs(source - 1) > _NO_FACTOR) & ~far
    by_source &= ~beyond(previous * source, by_source)
    factor[by_own] = own[by_own]
    factor[by_source] = source[by_source]
    return _Chosen(factor, by_own, far & ~by_own)


def _told_elsewhere(rows: BarRows, table: Floats, own: Floats, source: Floats) -> Mask:
    """Bars whose own or source's factor is that of a stored action some sessions away."""
    out = np.zeros(len(own), bool)
    actions = np.flatnonzero(~np.isnan(table))
    if not actions.size:
        return out
    told = np.where(np.isnan(own), source, own)
    asked = np.flatnonzero(np.isnan(table) & (np.abs(told - 1) > SAME_FACTOR))
    here = ~np.isnan(own[actions]) | (np.abs(source[actions] - 1) > SAME_FACTOR)
    following = np.searchsorted(actions, asked)
    for neighbour in (following - 1, following):
        place = np.clip(neighbour, 0, len(actions) - 1)
        near = actions[place]
        same = rows.symbol[near] == rows.symbol[asked]
        same &= np.abs(rows.session[near] - rows.session[asked]) <= NEAR_SESSIONS
        same &= np.abs(told[asked] / table[near] - 1) <= SAME_ACTION
        same &= (told[asked] > 1) == (table[near] > 1)
        out[asked[same & (~here[place] | (np.abs(np.log(table[near])) > _LARGE))]] = True
    return out


def _differs(previous: Floats, own: Floats, source: Floats, factor: Floats) -> Mask:
    """Bars of which the source tells another factor than the one taken."""
    out = np.zeros(len(factor), bool)
    for told in (source, own):
        some = np.flatnonzero(np.abs(told - factor) > SAME_FACTOR * factor)
        slack = SAME_FACTOR + _CENT / previous[some]
        out[some] |= np.abs(told[some] / factor[some] - 1) > slack
    return out


def _so_far(rows: BarRows, factor: Floats) -> Floats:
    """Product of the factors up to each bar, of its symbol.

    Multiplied one by one from the first: what comes later changes no bit of it.
    """
    out = np.ones(len(factor))
    some = np.flatnonzero(factor != 1)
    if not some.size:
        return out
    starts = np.flatnonzero(np.append(True, np.diff(rows.symbol[some]) != 0))
    lengths = np.diff(np.append(starts, some.size))
    row = np.repeat(np.arange(starts.size), lengths)
    turn = np.arange(some.size) - np.repeat(starts, lengths)
    table = np.ones((starts.size, int(lengths.max())))
    table[row, turn] = factor[some]
    product = table.cumprod(axis=1)[row, turn]
    last = np.cumsum(factor != 1) - 1
    own = (last >= 0) & (rows.symbol[some[last]] == rows.symbol)
    out[own] = product[last[own]]
    return out


def _later(rows: BarRows, so_far: Floats) -> Floats:
    """Product of the factors after each bar, of its symbol; 1 where nothing went ex."""
    if not len(so_far):
        return so_far
    ends = np.flatnonzero(np.append(rows.symbol[1:] != rows.symbol[:-1], True))
    lengths = np.diff(ends, prepend=-1)
    out: Floats = np.repeat(so_far[ends], lengths) / so_far
    return out


def _rounded(rows: BarRows, reference: Floats) -> Floats:
    """To the exchange's 0.01 where there are limits."""
    limited = has_limit(rows.symbols, rows.market)[rows.symbol]
    cents = np.where(np.isnan(reference), np.nan, in_cents(reference + HALF_UP) / 100)
    return np.where(limited, cents, reference)
