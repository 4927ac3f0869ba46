"""Volume, turnover, market cap and the limit state at the last bar."""

from __future__ import annotations

import numpy as np

from dashboard.analytics.limits import TradedBars, limit_codes
from dashboard.analytics.ownbars import OwnBars
from dashboard.analytics.panel import Floats
from dashboard.prices.limits import limit_rule

VOLUME_LENGTH = 20


def volume_ratio_20(bars: OwnBars) -> Floats:
    """Volume / mean of the 20 bars before, the last one left out.

    Shares as traded: across a split or a stock dividend the counts are not of one kind, and
    the price factors do not tell by how much (a cash dividend moves them too).
    """
    if bars.width <= VOLUME_LENGTH:
        return np.full(len(bars.counts), np.nan)
    volume = bars.field("volume", VOLUME_LENGTH + 1)
    mean = volume[:-1].mean(axis=0)
    ratio = volume[-1] / np.where(mean > 0, mean, np.nan)
    return bars.full(ratio, VOLUME_LENGTH + 1)


def turnover_value(bars: OwnBars) -> Floats:
    """Traded close × volume of the last bar."""
    out: Floats = _turnover(bars, 1)[-1]
    return out


def turnover_value_20(bars: OwnBars) -> Floats:
    """Mean traded close × volume of the last 20 bars."""
    return bars.full(_turnover(bars, VOLUME_LENGTH).mean(axis=0), VOLUME_LENGTH)


def _turnover(bars: OwnBars, length: int) -> Floats:
    out: Floats = bars.field("unadjusted_close", length) * bars.field("volume", length)
    return out


def market_cap(bars: OwnBars) -> Floats:
    """Traded close × shares outstanding as known on the bar's own session."""
    counts, _ = bars.inputs.share_counts
    out: Floats = bars.field("unadjusted_close", 1)[-1] * counts[bars.rows]
    return out


def shares_date(bars: OwnBars) -> Floats:
    """Date of the count in `market_cap`, days since 1970."""
    out: Floats = bars.inputs.share_counts[1][bars.rows]
    return out


def limit_state(bars: OwnBars) -> Floats:
    """Position in `limits.STATES`; NaN without a limit or where it is not known."""
    inputs, last = bars.inputs, bars.last
    limited = inputs.limited[bars.rows] & (last >= inputs.limited_from[bars.rows])
    traded = TradedBars(
        open=bars.field("open", 1)[-1],
        high=bars.field("high", 1)[-1],
        low=bars.field("low", 1)[-1],
        close=bars.close[-1],
        unadjusted_close=bars.field("unadjusted_close", 1)[-1],
        reference=bars.field("reference", 1)[-1],
        limit_up=bars.field("limit_up", 1)[-1],
        limit_down=bars.field("limit_down", 1)[-1],
        flags=inputs.panel.flags[bars.row_numbers, last],
    )
    out = np.full(len(last), np.nan)
    for column in np.unique(last):
        mine = last == column
        rule = limit_rule(inputs.panel.sessions[column].item())
        out[mine] = limit_codes(traded, rule, limited & mine)[mine]
    return out
