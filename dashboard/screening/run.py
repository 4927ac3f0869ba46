"""A screen: the companies of a snapshot for which an expression is true."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from dashboard.screening.checking import planned
from dashboard.screening.evaluation import Evaluation, Truth
from dashboard.screening.fields import fields_of
from dashboard.screening.language import parse
from dashboard.screening.table import screen_table
from dashboard.snapshot import Snapshot
from dashboard.supply_chain.models import SupplyChain


@dataclass(frozen=True, eq=False)
class Screened:
    """What an expression holds for.

    Attributes
    ----------
    text : the expression as it was written
    symbols : in the order of the universe
    rows : DataFrame, symbols × fields
        Those rows of `screen_table`, values unchanged.
    total : symbols of the universe
    unknown : how many of them the expression is neither true nor false for
    """

    text: str
    as_of: dt.date
    symbols: tuple[str, ...]
    rows: pd.DataFrame
    total: int
    unknown: int


@dataclass(frozen=True)
class Changes:
    """Which companies a screen has and had not, and the other way round."""

    entered: tuple[str, ...]
    left: tuple[str, ...]


def check(text: str, chain: SupplyChain) -> None:
    """Whether an expression can be run.

    Raises
    ------
    ScreenError
        If not: where, why, and how to mend it.
    """
    planned(parse(text), fields_of(chain))


def screen(snapshot: Snapshot, text: str, *, table: pd.DataFrame | None = None) -> Screened:
    """The companies of the snapshot's universe for which an expression is true.

    Parameters
    ----------
    table : the snapshot's `screen_table`, where it has been built already

    Raises
    ------
    ScreenError
        If the expression cannot be read or makes no sense.
    """
    rows, truth = _evaluated(snapshot, text, table)
    found = rows[truth.true]
    return Screened(
        text=text,
        as_of=snapshot.as_of,
        symbols=tuple(found.index),
        rows=found,
        total=len(rows),
        unknown=int((~(truth.true | truth.false)).sum()),
    )


def truths(snapshot: Snapshot, text: str, *, table: pd.DataFrame | None = None) -> pd.Series:
    """What an expression is for each symbol of the universe; arguments and errors as `screen`.

    Returns
    -------
    Series, symbols, boolean
        Missing where it is neither true nor false.
    """
    rows, truth = _evaluated(snapshot, text, table)
    known = pd.Series(truth.true, index=rows.index).astype("boolean")
    return known.mask(~(truth.true | truth.false))


def _evaluated(
    snapshot: Snapshot, text: str, table: pd.DataFrame | None
) -> tuple[pd.DataFrame, Truth]:
    plan = planned(parse(text), fields_of(snapshot.chain))
    rows = screen_table(snapshot) if table is None else table
    return rows, Evaluation(rows, snapshot).truth(plan)


def changes(after: Screened, before: Screened) -> Changes:
    """What entered and what left between two results, each in its own order."""
    now, then = set(after.symbols), set(before.symbols)
    return Changes(
        tuple(one for one in after.symbols if one not in then),
        tuple(one for one in before.symbols if one not in now),
    )
