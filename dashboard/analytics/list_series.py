"""A list of shares through time: each of them and all together, also of several markets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from dashboard.analytics.layer_series import BASE, held_index
from dashboard.analytics.ownbars import last_jumps
from dashboard.analytics.panel import Panel
from dashboard.prices.bars import UNEXPLAINED


class ListSeries(NamedTuple):
    """Index points by session.

    Attributes
    ----------
    lines : DataFrame, sessions × symbols; 100 at each one's own start
    together : Series, the symbols held in equal amounts; 100 at the first start
    """

    lines: pd.DataFrame
    together: pd.Series[float]


class _Part(NamedTuple):
    """One market's sessions × symbols: closes since each one's day, those since its last jump."""

    closes: pd.DataFrame
    whole: pd.DataFrame
    jumps: pd.DataFrame


def list_series(
    panels: Iterable[Panel], since: Mapping[str, dt.date], as_of: dt.date
) -> ListSeries:
    """The symbols of a list, each from its own day on, and the list held in equal amounts.

    Each market's prices are in its own currency: what changes is the price, never the
    exchange rate. A symbol that comes later joins as in `layer_index`, with the mean amount
    the others have grown to.

    Parameters
    ----------
    panels : one a market
    since : symbol → day; its base is the last close on or before it, else its first one
    as_of : last day that counts

    Returns
    -------
    ListSeries
        In the order of `since`; without the symbols that no panel has a close of. A symbol
        with an unexplained jump starts on that of its last one; `together` passes over jumps.
    """
    parts = []
    for panel in panels:
        own = [symbol for symbol in since if symbol in panel.positions]
        if own and panel.sessions[0].item() <= as_of:
            parts.append(_part(panel.as_of(as_of), own, since))
    if not parts:
        return ListSeries(pd.DataFrame(), pd.Series(dtype=float))
    closes, whole, jumps = (
        pd.concat(frames, axis=1).sort_index() for frames in zip(*parts, strict=True)
    )
    known = [symbol for symbol in since if symbol in closes and closes[symbol].notna().any()]
    whole = whole[known]
    lines = (whole / whole.bfill().iloc[0] * BASE).dropna(how="all")
    # A session that only another market has is no jump of this one.
    jumped = jumps[known].eq(True).to_numpy()
    return ListSeries(lines, held_index(closes[known], jumped))


def _part(panel: Panel, symbols: Sequence[str], since: Mapping[str, dt.date]) -> _Part:
    some = panel.select(symbols)
    first = np.array([max(panel.column(since[one]), 0) for one in some.symbols])
    columns = np.arange(len(some.sessions))
    held, on_first = columns >= first[:, None], columns == first[:, None]
    # A share that did not trade on its day stands at its last close before.
    known = pd.DataFrame(some.close).ffill(axis=1).to_numpy()
    closes = np.where(on_first, known, np.where(held, some.close, np.nan))
    whole = np.where(columns >= last_jumps(some, len(columns) - 1)[:, None], closes, np.nan)
    jumps = held & ~on_first & (some.flags & UNEXPLAINED != 0)
    start = int(first.min())
    frames = (
        pd.DataFrame(values.T[start:], some.index[start:], list(some.symbols))
        for values in (closes, whole, jumps)
    )
    return _Part(*frames)
