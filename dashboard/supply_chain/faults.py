"""A fault of the user's map: where, what, how to mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

_SHOWN: Final = 48
_MANY_FAULTS: Final = 300


@dataclass(frozen=True, order=True)
class Fault:
    """One fault; `str()` is the line that `check` prints."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}, {self.mend}"


@dataclass
class FaultList:
    """Collects the faults of one file."""

    file: str
    faults: list[Fault] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.faults)

    def add(self, line: int, what: str, mend: str) -> None:
        self.faults.append(Fault(self.file, line, what, mend))

    def sorted(self) -> tuple[Fault, ...]:
        return tuple(sorted(set(self.faults)))

    def nearest(self, name: str, known: Iterable[str], where: str) -> str:
        """How to mend an unknown name: the known ones that look like it, or all if few.

        Comparing names is slow, so a file with hundreds of faults only hears where to look.
        """
        names = list(known)
        if len(name) <= _SHOWN and len(self.faults) < _MANY_FAULTS:
            close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
            if close:
                return f"did you mean {' or '.join(close)}?"
        if 0 < len(names) <= 14:
            return f"write one of {', '.join(names)}"
        return f"write {where}"


def shortened(text: object) -> str:
    """A value as it may be quoted in a sentence: one line, not long."""
    line = " ".join(str(text).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
