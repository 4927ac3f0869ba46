"""Layers through time: the layer's index, rebased members, correlations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.analytics.panel import Panel

BASE = 100.0


def layer_index(
    panel: Panel, symbols: Sequence[str], start: dt.date, end: dt.date
) -> pd.Series[float]:
    """Buy and hold: equal amounts on the first session, then left alone.

    A member that is listed later is bought after its first close with the mean amount the
    others have grown to; its own first move counts from the session after. A halted member
    stands at its last close.

    Parameters
    ----------
    start, end : days; the base is the last session on or before `start`, or the panel's first

    Returns
    -------
    Series by session, 100 at the base
        Empty where no member has a price.
    """
    # A halted position is still held: its amount waits, no return is made up.
    closes = _closes(panel, symbols, start, end).ffill()
    closes = closes.loc[closes.notna().any(axis=1)]
    if closes.empty:
        return pd.Series(dtype=float, index=closes.index, name="layer")
    own = closes.to_numpy()
    amounts = np.where(np.isnan(own[0]), 0.0, 1.0)
    values = np.empty(len(own))
    values[0] = amounts.sum()
    scale = BASE / values[0]
    for place in range(1, len(own)):
        growth = own[place] / own[place - 1]
        amounts = np.where(np.isnan(growth), amounts, amounts * growth)
        values[place] = scale * amounts.sum()
        joins = np.isnan(own[place - 1]) & ~np.isnan(own[place])
        if joins.any():
            held = amounts.sum()
            amounts = np.where(joins, held / np.count_nonzero(amounts), amounts)
            scale *= held / amounts.sum()
    values[0] = BASE
    return pd.Series(values, index=closes.index, name="layer")


def indexed(panel: Panel, symbols: Sequence[str], start: dt.date) -> pd.DataFrame:
    """Adjusted closes as a multiple of each symbol's first one since `start`, times 100.

    Returns
    -------
    DataFrame, sessions × symbols
        NaN where a symbol did not trade; a late listing starts at 100 on its first session.
    """
    closes = _closes(panel, symbols, start, panel.sessions[-1].item())
    return closes / closes.bfill().iloc[0] * BASE


def correlations(
    panel: Panel, symbols: Sequence[str], *, sessions: int = 60, minimum: int = 40
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairwise correlation of the daily simple returns of the last sessions.

    Returns
    -------
    DataFrame, symbols × symbols, [-1, 1]
        NaN with fewer than `minimum` common returns, or where one did not move.
    DataFrame, symbols × symbols
        Common returns of each pair.
    """
    names = list(symbols)
    closes = panel.select(names).frame("close")[names].iloc[-sessions - 1 :]
    returns = closes.pct_change(fill_method=None)
    valid = returns.notna().astype(int)
    counts = valid.T @ valid
    moving = returns.std() > 0
    square = returns.loc[:, moving].corr(min_periods=minimum)
    return square.reindex(index=names, columns=names), counts


def _closes(panel: Panel, symbols: Sequence[str], start: dt.date, end: dt.date) -> pd.DataFrame:
    first = max(panel.column(start), 0)
    return panel.select(symbols).frame("close")[list(symbols)].iloc[first : panel.column(end) + 1]
