"""Two sources of one session: the exchange's traded prices win, and a dispute is told.

The exchange says what was traded, the source of histories how the past is adjusted. A stored
bar takes the one from the first and the other from the second, whichever came earlier.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    BAR_DTYPES,
    CLOSE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    SESSION,
    SOURCE,
    SPLIT,
    SYMBOL,
    BarFlag,
)
from dashboard.prices.differences import SAME
from dashboard.prices.limits import in_cents, tick_at
from dashboard.prices.providers.exchanges.feed import TPEX, TWSE
from dashboard.prices.records import DISAGREEMENTS, OTHER_CLOSE, OTHER_SOURCE, TICKS

Mask = npt.NDArray[np.bool_]

OFFICIAL: Final = (TWSE, TPEX)
"""Sources whose traded prices win."""
_KEYS: Final = [SYMBOL, SESSION]
_UNADJUSTED: Final = int(BarFlag.UNADJUSTED)
_DISPUTED: Final = int(BarFlag.DISPUTED)
_OTHER: Final = "_other"


@dataclass(frozen=True, eq=False)
class Settled:
    """Bars of two sources made one.

    Attributes
    ----------
    bars : DataFrame, rows of a bar, sorted by symbol and session
    disagreements : DataFrame, records of `DISAGREEMENTS`
        Closes more than a tick apart; the exchange's is in `bars`.
    agreed : DataFrame (symbol, session)
        Closes of two sources that were compared and agree.
    """

    bars: pd.DataFrame
    disagreements: pd.DataFrame
    agreed: pd.DataFrame

    def of(self, symbols: Collection[str]) -> Settled:
        """What concerns these symbols."""
        tables = (self.bars, self.disagreements, self.agreed)
        return Settled(*(table[table[SYMBOL].isin(symbols)] for table in tables))


def official(bars: pd.DataFrame) -> Mask:
    """Bars whose traded prices are the exchange's own, with open, high and low."""
    ranged = (bars[FLAGS].to_numpy() & int(BarFlag.CLOSE_ONLY)) == 0
    rows: Mask = ranged & bars[SOURCE].isin(OFFICIAL).to_numpy()
    return rows


def exchange_only(bars: pd.DataFrame) -> Mask:
    """Bars of the exchange of which no source of histories has told the adjustment yet."""
    lacking = int(BarFlag.UNADJUSTED | BarFlag.CLOSE_ONLY)
    incomplete = (bars[FLAGS].to_numpy() & lacking) != 0
    rows: Mask = incomplete & bars[SOURCE].isin(OFFICIAL).to_numpy()
    return rows


def settle(ours: pd.DataFrame, other: pd.DataFrame) -> Settled:
    """The exchange's bars, with the adjustment that another source knows of the same sessions.

    Parameters
    ----------
    ours : DataFrame, bars of the exchange
    other : DataFrame, bars of any source, earlier ones of the exchange among them
        Sessions that `ours` lacks do not matter. A bar of the exchange is not compared.

    Returns
    -------
    Settled
        The bars of `ours`: traded prices and volume unchanged, adjusted close in the other's
        proportion to its close, dividend and split the other's, flagged DISPUTED where the
        closes are more than a tick apart (the tick at the exchange's close).
    """
    both = ours[list(BAR_COLUMNS)].merge(
        other[list(BAR_COLUMNS)], on=_KEYS, how="left", suffixes=("", _OTHER)
    )
    both = both.sort_values(_KEYS, ignore_index=True)
    found = both[f"{CLOSE}{_OTHER}"].notna().to_numpy()
    again = found & both[f"{SOURCE}{_OTHER}"].isin(OFFICIAL).to_numpy()
    ticks = _ticks(both[CLOSE], both[f"{CLOSE}{_OTHER}"])
    disputed = found & ~again & (ticks > 1)
    other_flags = both[f"{FLAGS}{_OTHER}"].fillna(0).to_numpy().astype(np.int32)
    adjusts = found & ((other_flags & _UNADJUSTED) == 0)
    for name in (DIVIDEND, SPLIT):
        both[name] = np.where(adjusts, both[f"{name}{_OTHER}"], both[name])
    proportion = both[f"{ADJUSTED_CLOSE}{_OTHER}"] / both[f"{CLOSE}{_OTHER}"]
    both[ADJUSTED_CLOSE] = np.where(adjusts, both[CLOSE] * proportion, both[ADJUSTED_CLOSE])
    both[FETCHED_AT] = both[[FETCHED_AT, f"{FETCHED_AT}{_OTHER}"]].max(axis=1)
    flags = both[FLAGS].to_numpy() & np.where(adjusts, ~_UNADJUSTED, -1)
    flags = np.where(found & ~again, flags & ~_DISPUTED, flags | (other_flags & _DISPUTED))
    both[FLAGS] = np.where(disputed, flags | _DISPUTED, flags)
    return Settled(
        both[list(BAR_COLUMNS)].astype(BAR_DTYPES),
        _disagreements(both[disputed], ticks[disputed]),
        both.loc[found & ~again & ~disputed, _KEYS].reset_index(drop=True),
    )


def under(fetched: pd.DataFrame, stored: pd.DataFrame) -> Settled:
    """Fetched bars, those of sessions whose traded prices the exchange has told settled.

    Parameters
    ----------
    fetched : DataFrame, bars of a source of histories
    stored : DataFrame, bars of the same symbols, of any source
    """
    ours = stored[official(stored)].merge(fetched[_KEYS], on=_KEYS)
    settled = settle(ours, fetched)
    rest = fetched.merge(ours[_KEYS], on=_KEYS, how="left", indicator=True)
    alone = fetched[(rest["_merge"] == "left_only").to_numpy()]
    bars = pd.concat([alone, settled.bars], ignore_index=True) if len(ours) else alone
    return Settled(
        bars.sort_values(_KEYS, ignore_index=True), settled.disagreements, settled.agreed
    )


def confirmed(written: pd.DataFrame, stored: pd.DataFrame) -> Mapping[str, int]:
    """Symbol → bars of the exchange to which only the adjustment was added."""
    lacking = stored[exchange_only(stored)]
    both = written[~exchange_only(written)].merge(lacking, on=_KEYS, suffixes=("", _OTHER))
    same = both[np.isclose(both[CLOSE], both[f"{CLOSE}{_OTHER}"], rtol=SAME, atol=0)]
    return {str(symbol): int(count) for symbol, count in same.groupby(SYMBOL).size().items()}


def _ticks(close: pd.Series, other: pd.Series) -> npt.NDArray[np.float64]:
    """|close - other| in ticks of `close`; 0 where one is missing."""
    cents = in_cents(close.to_numpy(np.float64))
    apart = np.abs(close.to_numpy(np.float64) - other.to_numpy(np.float64)) * 100
    ticks: npt.NDArray[np.float64] = np.nan_to_num(np.round(apart, 4) / tick_at(cents))
    return ticks


def _disagreements(rows: pd.DataFrame, ticks: npt.NDArray[np.float64]) -> pd.DataFrame:
    told = rows.copy()
    told[OTHER_CLOSE] = rows[f"{CLOSE}{_OTHER}"]
    told[OTHER_SOURCE] = rows[f"{SOURCE}{_OTHER}"]
    told[TICKS] = ticks
    return told[list(DISAGREEMENTS.columns)].reset_index(drop=True)
