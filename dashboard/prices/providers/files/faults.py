"""What is wrong with one file, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from dashboard.errors import InputError

_FAULTS_NAMED: Final = 20


@dataclass
class Faults:
    """Faults of one file.

    Attributes
    ----------
    unit, first : what a row is called, and the number of the first
    """

    name: str
    unit: str
    first: int
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, rows: pd.Series, values: pd.Series, what: str) -> None:
        """One fault for each row where `rows` is true."""
        for row, value in values[rows].items():
            self.found.append((int(str(row)), f"{what} ({str(value)[:40]!r})"))

    def settle(self) -> None:
        """Raise if there are any.

        Raises
        ------
        InputError
        """
        if not self.found:
            return
        named = [
            f"{self.unit} {row + self.first}: {what}"
            for row, what in sorted(self.found)[:_FAULTS_NAMED]
        ]
        more = len(self.found) - len(named)
        tail = f"; and {more} more" if more else ""
        raise InputError(f"{self.name}: {'; '.join(named)}{tail}; nothing was stored")
