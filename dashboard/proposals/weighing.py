"""What of a company's evidence counts less beside nearer evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dashboard.proposals.cues import CueTable, Role
from dashboard.proposals.evidence import Evidence
from dashboard.proposals.sentences import How

REPEATED: Final = (1.0, 0.5, 0.3)
"""What a word counts for a company the first, second and third time."""
MOST: Final = 0.97
"""Confidence beyond which words take no layer and no stance."""


def nearest(evidence: list[Evidence], table: CueTable) -> list[Evidence]:
    """The evidence, each less by what is nearer: what a company's own clause says of it goes
    before headings and the paragraph, these before the title, what it makes before a place.
    """
    near = {one.layer for one in evidence if one.how in _NEAR and one.weight >= _CLEARLY}
    far = {one.layer for one in evidence if one.how is not How.TITLE and one.weight >= _TELLS}
    makes = {one for one in far if one in table.layers and not table.layers[one].place}
    named = {one.layer for one in evidence if one.how is How.NAME and one.weight >= _TELLS}
    weighed = []
    for one in evidence:
        factor = 1.0 if one.layer in named else _less(one, near, far, makes, table)
        weighed.append(one if factor == 1.0 else replace(one, weight=factor * one.weight))
    return weighed


def _less(one: Evidence, near: set[str], far: set[str], makes: set[str], table: CueTable) -> float:
    factor = 1.0
    if one.how is How.TITLE and far:
        factor = 0.5 if one.layer in near else 0.2
    elif near and one.layer not in near and one.how in _FAR:
        factor = 0.45
    if one.layer in table.layers and table.layers[one.layer].place and one.how is not How.NAME:
        named = (one.how is How.APPOSITION and one.role is Role.MAKER) or not makes
        factor *= (0.8 if one.how in _FAR else 1.0) if named else 0.4
    return factor


def is_own(one: Evidence) -> bool:
    """Said in a company's own clause."""
    return one.how in (How.APPOSITION, How.ROW, How.CLAUSE) and one.weight > 0.5


def tells(one: Evidence) -> bool:
    return one.how not in (How.TITLE, How.HEADING) and one.weight >= _TELLS


_NEAR: Final = (How.APPOSITION, How.ROW, How.CLAUSE, How.SENTENCE)
_FAR: Final = (How.HEADING, How.TITLE, How.PARAGRAPH)
_TELLS: Final = 0.2
_CLEARLY: Final = 0.35
"""Evidence from which on it tells what a company makes, and from which on surely."""
