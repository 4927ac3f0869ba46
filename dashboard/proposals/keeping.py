"""How many mentions are kept: enough for every reader, and never more than memory has room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from dashboard.proposals.hits import Hit
from dashboard.proposals.models import Conflict

MOST: Final = 2_000
"""Mentions of one company; a long book about it has fewer."""
MANY: Final = 50_000
"""Mentions of all companies; beyond them only the first few of each are kept."""
_FEW: Final = 5
_CONFLICTS: Final = 2_000


class Kept:
    """The first mentions and conflicts of an article, block by block.

    Parameters
    ----------
    known : ids of the companies with a code; only they are kept beyond `MANY`

    Attributes
    ----------
    full : ids of the companies of which no more are kept
    """

    def __init__(self, known: frozenset[str]) -> None:
        self.hits: list[Hit] = []
        self.conflicts: list[Conflict] = []
        self.full: set[str] = set()
        self._known = known
        self._counts: Counter[str] = Counter()

    def add(self, hits: Iterable[Hit], conflicts: Iterable[Conflict] = ()) -> None:
        """Keep what there is room for."""
        for hit in hits:
            id_ = hit.identity.id
            if id_ in self.full:
                continue
            if len(self.hits) >= MANY and self._counts[id_] >= _FEW * (id_ in self._known):
                continue
            self._counts[id_] += 1
            if self._counts[id_] >= MOST:
                self.full.add(id_)
            self.hits.append(hit)
        self.conflicts.extend(conflicts)
        del self.conflicts[_CONFLICTS:]

    def replace(self, decided: list[Hit]) -> None:
        """Go on with the mentions that the whole article leaves."""
        self.hits = decided
