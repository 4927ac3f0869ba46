"""What a corporate action does to the price: its factor, reference price / previous close.

TWSE operating rules art. 67 and 67-1; the exchange prints the same formulas under its tables
of ex-dates, capital reductions and changes of par value (TWT49U, TWTAUU, TWTB8U).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.prices.bars import DIVIDEND, SPLIT
from dashboard.prices.records import (
    ACTIONS,
    FACTOR,
    NUMBER,
    PREVIOUS_CLOSE,
    REDUCTION,
    REFERENCE,
    REFUND,
    RIGHTS,
    STOCK_DIVIDEND,
    SUBSCRIPTION_PRICE,
)

Floats = npt.NDArray[np.float64]

_NOTHING = {
    DIVIDEND: 0.0, STOCK_DIVIDEND: 0.0, RIGHTS: 0.0, SPLIT: 1.0, REDUCTION: 1.0, REFUND: 0.0,
}  # fmt: skip
"""What happened where an action does not say."""


def reference_price(actions: pd.DataFrame, previous_close: Floats) -> Floats:
    """The price at which a holder is neither richer nor poorer, by the exchange's formula.

    Parameters
    ----------
    actions : DataFrame, columns of `records.ACTIONS`
    previous_close : last close before each action, as traded

    Returns
    -------
    array, one per action, not rounded
        NaN where an action tells no amount, offers shares at an unknown price, or takes more
        than the close is worth.
    """
    terms = {name: actions[name].to_numpy(float) for name in _NOTHING}
    told = np.logical_or.reduce([~np.isnan(term) for term in terms.values()])
    known = {name: np.where(np.isnan(term), _NOTHING[name], term) for name, term in terms.items()}
    price = actions[SUBSCRIPTION_PRICE].to_numpy(float)
    paid = np.where(known[RIGHTS] > 0, known[RIGHTS] * price, 0.0)
    left = (previous_close - known[DIVIDEND] - known[REFUND]) / (known[SPLIT] * known[REDUCTION])
    value: Floats = (left + paid) / (1 + known[STOCK_DIVIDEND] + known[RIGHTS])
    return np.where(told & (left > 0), value, np.nan)


def action_factor(actions: pd.DataFrame, previous_close: Floats) -> Floats:
    """Reference price / previous close of each action.

    The exchange's own reference, over the close it was set from or else the stored one, goes
    before a plain factor, and that before the formula.

    Parameters
    ----------
    actions, previous_close : as `reference_price`

    Returns
    -------
    array, one per action
        Below 1 where the price falls; NaN where the action does not tell.
    """
    told_close = actions[PREVIOUS_CLOSE].to_numpy(float)
    base = np.where(np.isnan(told_close), previous_close, told_close)
    factor = actions[REFERENCE].to_numpy(float) / base
    for other in (actions[FACTOR].to_numpy(float), reference_price(actions, base) / base):
        factor = np.where(np.isnan(factor), other, factor)
    return factor


def cash_factor(actions: pd.DataFrame, previous_close: Floats) -> Floats:
    """What the cash dividend alone does to the price: (close - dividend) / close.

    Parameters
    ----------
    actions, previous_close : as `reference_price`

    Returns
    -------
    array, one per action
        1 where an action tells what happened and no dividend; NaN where it tells only a
        factor or a reference.
    """
    terms = [actions[name].to_numpy(float) for name in _NOTHING]
    told = np.logical_or.reduce([~np.isnan(term) for term in terms])
    told_close = actions[PREVIOUS_CLOSE].to_numpy(float)
    base = np.where(np.isnan(told_close), previous_close, told_close)
    left: Floats = 1 - np.nan_to_num(actions[DIVIDEND].to_numpy(float)) / base
    return np.where(told & (left > 0), left, np.nan)


def completed(new: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """New actions, with the numbers that only the stored row of the same day knows."""
    keys = list(ACTIONS.keys)
    both = new.merge(stored, on=keys, how="left", suffixes=("", "_stored"))
    for name, dtype in ACTIONS.columns.items():
        if dtype == NUMBER:
            both[name] = both[name].fillna(both[f"{name}_stored"])
    return both[list(ACTIONS.columns)]
