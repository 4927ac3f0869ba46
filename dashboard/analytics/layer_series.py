"""Layers through time: the layer's index, rebased members, correlations."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.ownbars import last_jumps
from dashboard.analytics.panel import Floats, Panel
from dashboard.prices.bars import UNEXPLAINED

BASE = 100.0


def layer_index(
    panel: Panel, symbols: Sequence[str], start: dt.date, end: dt.date
) -> pd.Series[float]:
    """Buy and hold: equal amounts on the first session, then left alone.

    A member that is listed later is bought after its first close with the mean amount the
    others have grown to; its own first move counts from the session after. A halted member
    stands at its last close. On the session of an unexplained jump a member is left out: its
    amount moves with the others'.

    Parameters
    ----------
    start, end : days; the base is the last session on or before `start`, or the panel's first

    Returns
    -------
    Series by session, 100 at the base
        Empty where no member has a price.
    """
    return held_index(_closes(panel, symbols, start, end), _jumps(panel, symbols, start, end))


def held_index(closes: pd.DataFrame, jumps: npt.NDArray[np.bool_]) -> pd.Series[float]:
    """What equal amounts grow to, by the rules of `layer_index`.

    Parameters
    ----------
    closes : DataFrame, sessions × symbols; NaN where a symbol did not trade
    jumps : sessions × symbols, where a close is an unexplained jump

    Returns
    -------
    Series by session, 100 at the first close of any symbol
    """
    # A halted position is still held: its amount waits, no return is made up.
    closes = closes.ffill()
    priced = closes.notna().any(axis=1).to_numpy()
    closes, jumps = closes.loc[priced], jumps[priced]
    if closes.empty:
        return pd.Series(dtype=float, index=closes.index, name="layer")
    own = closes.to_numpy()
    amounts = np.where(np.isnan(own[0]), 0.0, 1.0)
    values = np.empty(len(own))
    values[0] = amounts.sum()
    scale = BASE / values[0]
    for place in range(1, len(own)):
        growth = own[place] / own[place - 1]
        if jumps[place].any():
            growth = np.where(jumps[place], _of_the_others(amounts, growth, jumps[place]), growth)
        amounts = np.where(np.isnan(growth), amounts, amounts * growth)
        values[place] = scale * amounts.sum()
        joins = np.isnan(own[place - 1]) & ~np.isnan(own[place])
        if joins.any():
            held = amounts.sum()
            amounts = np.where(joins, held / np.count_nonzero(amounts), amounts)
            scale *= held / amounts.sum()
    values[0] = BASE
    return pd.Series(values, index=closes.index, name="layer")


def _of_the_others(amounts: Floats, growth: Floats, jumped: npt.NDArray[np.bool_]) -> float:
    """Growth of what is held in the members that did not jump; 1 where nothing is."""
    counted = ~jumped & ~np.isnan(growth)
    held = amounts[counted].sum()
    return float(amounts[counted] @ growth[counted] / held) if held > 0 else 1.0


def indexed(panel: Panel, symbols: Sequence[str], start: dt.date) -> pd.DataFrame:
    """Adjusted closes as a multiple of each symbol's first one since `start`, times 100.

    Returns
    -------
    DataFrame, sessions × symbols
        NaN where a symbol did not trade; a late listing starts at 100 on its first session, a
        symbol with an unexplained jump on that of its last one.
    """
    closes = _closes(_after_jumps(panel, symbols), symbols, start, panel.sessions[-1].item())
    return closes / closes.bfill().iloc[0] * BASE


def correlations(
    panel: Panel, symbols: Sequence[str], *, sessions: int = 60, minimum: int = 40
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairwise correlation of the daily simple returns of the last sessions.

    Those up to a symbol's last unexplained jump do not count.

    Returns
    -------
    DataFrame, symbols × symbols, [-1, 1]
        NaN with fewer than `minimum` common returns, or where one did not move.
    DataFrame, symbols × symbols
        Common returns of each pair.
    """
    names = list(symbols)
    closes = _after_jumps(panel, names).frame("close")[names].iloc[-sessions - 1 :]
    returns = closes.pct_change(fill_method=None)
    valid = returns.notna().astype(int)
    counts = valid.T @ valid
    moving = returns.std() > 0
    square = returns.loc[:, moving].corr(min_periods=minimum)
    return square.reindex(index=names, columns=names), counts


def _closes(panel: Panel, symbols: Sequence[str], start: dt.date, end: dt.date) -> pd.DataFrame:
    first = max(panel.column(start), 0)
    return panel.select(symbols).frame("close")[list(symbols)].iloc[first : panel.column(end) + 1]


def _jumps(
    panel: Panel, symbols: Sequence[str], start: dt.date, end: dt.date
) -> npt.NDArray[np.bool_]:
    """Where `_closes` of the same arguments have an unexplained jump."""
    first = max(panel.column(start), 0)
    rows = [panel.positions[symbol] for symbol in symbols]
    flags = panel.flags[rows, first : panel.column(end) + 1]
    out: npt.NDArray[np.bool_] = (flags & UNEXPLAINED != 0).T
    return out


def _after_jumps(panel: Panel, symbols: Sequence[str]) -> Panel:
    """The panel of some symbols without the closes before each one's last jump."""
    some = panel.select(symbols)
    columns = np.arange(len(some.sessions))
    since = last_jumps(some, len(columns) - 1)[:, None]
    return dataclasses.replace(some, close=np.where(columns >= since, some.close, np.nan))
