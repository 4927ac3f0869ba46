"""What the reader is told of how a figure is computed; each module of analytics has its own."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.i18n import Text


@dataclass(frozen=True)
class Definition:
    """One figure, or one family of figures.

    Attributes
    ----------
    id : unique over the program; names it in links and tests
    label : what it is called
    formula : LaTeX, without dollar signs; language-neutral
    note : what counts in it, what is left out, and when it is not shown
    source : where the formula is published, or "own" with what it deviates from
    """

    id: str
    label: Text
    formula: str
    note: Text
    source: Text
