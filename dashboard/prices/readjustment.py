"""Whether a source has adjusted its past since we asked, and what to keep when it has."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from dashboard.prices.bars import ADJUSTED_CLOSE, CLOSE, FLAGS, SESSION, BarFlag

ADJUSTED_BY: Final = 2e-5
"""Relative change of the past that no rounding makes and the smallest dividend does."""
LEAST_COVERED: Final = 0.9
"""A refetched history with less of the stored sessions is suspect."""


def is_readjusted(stored: pd.DataFrame, fetched: pd.DataFrame) -> bool:
    """Whether close or adjusted close of the common sessions differ by a factor.

    The median decides, so a single corrected bar is no readjustment. Bars stored without an
    adjusted close count as readjusted once the source has one, and so does a history that
    shares no session with the answer: there is no telling what happened in between.

    Parameters
    ----------
    stored, fetched : DataFrame, bars of one symbol
    """
    both = stored.merge(fetched, on=SESSION, suffixes=("_stored", ""))
    if both.empty:
        return True
    unadjusted = int(BarFlag.UNADJUSTED)
    was_unadjusted = (both[f"{FLAGS}_stored"] & unadjusted) != 0
    is_unadjusted = (both[FLAGS] & unadjusted) != 0
    if (was_unadjusted & ~is_unadjusted).any():
        return True
    close = both[CLOSE] / both[f"{CLOSE}_stored"]
    comparable = ~was_unadjusted & ~is_unadjusted
    adjusted = (both[ADJUSTED_CLOSE] / both[f"{ADJUSTED_CLOSE}_stored"])[comparable]
    return any(
        abs(float(ratio.median()) - 1) > ADJUSTED_BY for ratio in (close, adjusted) if len(ratio)
    )


def carried_over(stored: pd.DataFrame, fetched: pd.DataFrame) -> pd.DataFrame | None:
    """The refetched history, with the stored bars it lacks brought to its adjustment.

    A stored adjusted close is multiplied by what the next refetched bar's adjustment has
    become; the actions between the two are already in the stored one.

    Returns
    -------
    DataFrame, bars of one symbol, sorted by session
        None if the refetched history has less than nine tenths of the stored sessions.
    """
    known = stored[SESSION].isin(fetched[SESSION])
    if known.mean() < LEAST_COVERED:
        return None
    lacking = stored[~known]
    if lacking.empty:
        return fetched
    both = stored.merge(fetched[[SESSION, ADJUSTED_CLOSE]], on=SESSION, suffixes=("", "_new"))
    sessions = both[SESSION].to_numpy()
    ratios = (both[f"{ADJUSTED_CLOSE}_new"] / both[ADJUSTED_CLOSE]).to_numpy()
    following = np.searchsorted(sessions, lacking[SESSION].to_numpy())
    factor = ratios[np.minimum(following, len(ratios) - 1)]
    kept = lacking.assign(**{ADJUSTED_CLOSE: lacking[ADJUSTED_CLOSE] * factor})
    return pd.concat([fetched, kept], ignore_index=True).sort_values(SESSION, ignore_index=True)
