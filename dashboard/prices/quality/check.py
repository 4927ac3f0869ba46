"""A batch after all rules: what may be stored, what may not, and what was found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.i18n import Language
from dashboard.prices.bars import FLAGS, SESSION, SYMBOL, UNEXPLAINED, BarFlag
from dashboard.prices.listings import NEVER, listed_since
from dashboard.prices.quality.aside import kept_aside
from dashboard.prices.quality.batch import Batch
from dashboard.prices.quality.rules import RULES, Severity, rules
from dashboard.prices.quality.series import Hole, holes


class Reason(StrEnum):
    """Why a bar was refused: the key of its rule."""

    NO_CLOSE = "no_close"
    NOT_POSITIVE = "not_positive"
    LOW_ABOVE_HIGH = "low_above_high"
    INVALID = "invalid"
    SIMULATED = "simulated"
    NOT_A_SESSION = "not_a_session"
    NOT_FINAL = "not_final"
    CONFLICTING = "conflicting"
    CONTRADICTING = "contradicting"
    PHANTOM = "phantom"
    PLACEHOLDER = "placeholder"
    SOURCE_ROW = "source_row"


EXPECTED: Final = frozenset((Reason.NOT_FINAL, Reason.PLACEHOLDER, Reason.SOURCE_ROW))
"""Part of every day's fetching: nothing is lost by them, and nothing is kept aside."""
_TOLD_WHEN_READ: Final = UNEXPLAINED | BarFlag.ADJUSTMENT_DIFFERS


@dataclass(frozen=True)
class Refusal:
    """One bar that was not stored."""

    symbol: str
    session: dt.date
    reason: Reason

    def sentence(self, language: Language) -> str:
        """Why, in words."""
        return RULES[self.reason].label.get(language)


@dataclass(frozen=True, eq=False)
class Checked:
    """A batch after the checks: what may be stored, and what was found.

    Attributes
    ----------
    quarantined : DataFrame of `records.QUARANTINE`
        Refused rows as they came, but those of `EXPECTED` and beyond the first 10,000.
    found : rule → bars it applied to, of all rules for storing
    """

    bars: pd.DataFrame
    refusals: tuple[Refusal, ...]
    holes: tuple[Hole, ...]
    quarantined: pd.DataFrame
    found: Mapping[str, int]


def check(
    bars: pd.DataFrame,
    *,
    now: dt.datetime,
    no_limit: Collection[str] = (),
    references: pd.DataFrame | None = None,
    known: pd.DataFrame | None = None,
    listings: pd.DataFrame | None = None,
) -> Checked:
    """Refuse and flag the bars of a batch by the rules for storing.

    Parameters
    ----------
    bars : DataFrame, columns and dtypes of a bar
        Of any symbols and markets, in any order; not changed.
    now : with time zone; bars of sessions that are not final then are refused
    no_limit : symbols on the emerging board
    references : DataFrame (symbol, session, close), the exchange's own closes
    known : DataFrame (symbol, session, close) of stored bars; a lone bar far from them is refused
    listings : DataFrame of `records.LISTINGS`

    Returns
    -------
    Checked
        Bars sorted by symbol and session. The flags that are told when read (JUMP and
        ADJUSTMENT_DIFFERS) are taken off.
    """
    since = {} if listings is None else listed_since(listings)
    since |= dict.fromkeys(no_limit, NEVER)
    batch = Batch.of(bars, now=now, references=references, known=known, listed_since=since)
    refused: list[tuple[Reason, pd.DataFrame]] = []
    found: dict[str, int] = {}
    for rule in rules(Severity.REJECT):
        rows = rule.test(batch)
        found[rule.key] = int(rows.sum())
        if found[rule.key]:
            refused.append((Reason(rule.key), batch.bars[rows]))
            batch = batch.without(rows)
    flags = flags_of(batch)
    for rule in rules(Severity.FLAG):
        found[rule.key] = int(((flags & int(rule.flag or 0)) != 0).sum())
    for rule in rules(Severity.REPORT):
        found[rule.key] = int(rule.test(batch).sum())
    stored = batch.bars.assign(**{FLAGS: flags})
    aside = kept_aside([(str(why), rows) for why, rows in refused if why not in EXPECTED])
    return Checked(stored, _refusals(refused), tuple(holes(batch)), aside, found)


def flags_of(batch: Batch) -> npt.NDArray[np.int32]:
    """The flags that each bar is to be stored with."""
    flags: npt.NDArray[np.int32] = batch.bars[FLAGS].to_numpy() & ~np.int32(_TOLD_WHEN_READ)
    for rule in rules(Severity.FLAG):
        flags = flags | rule.test(batch) * np.int32(rule.flag or 0)
    return flags.astype(np.int32)


def _refusals(refused: list[tuple[Reason, pd.DataFrame]]) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(symbol, session.date(), reason)
        for reason, rows in refused
        for symbol, session in zip(rows[SYMBOL], rows[SESSION], strict=True)
    )
