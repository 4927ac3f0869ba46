"""What is refused, flagged or reported before a bar is stored: pure functions over a batch.

The rules answer damage seen in public sources: days without a session, copies of the day
before, bars of a running session, and moves beyond the ±10 % that the law allows.
"""

from dashboard.prices.quality.aside import kept_aside, record_names
from dashboard.prices.quality.batch import Batch, Identity
from dashboard.prices.quality.boards import emerging
from dashboard.prices.quality.check import EXPECTED, Checked, Reason, Refusal, check, flags_of
from dashboard.prices.quality.rules import (
    FLAG_RULES,
    RULES,
    Rule,
    Severity,
    Stage,
    identity_fault,
    rules,
)
from dashboard.prices.quality.series import MIN_CROSS_SECTION, Hole, holes

__all__ = [
    "EXPECTED",
    "FLAG_RULES",
    "MIN_CROSS_SECTION",
    "RULES",
    "Batch",
    "Checked",
    "Hole",
    "Identity",
    "Reason",
    "Refusal",
    "Rule",
    "Severity",
    "Stage",
    "check",
    "emerging",
    "flags_of",
    "holes",
    "identity_fault",
    "kept_aside",
    "record_names",
    "rules",
]
