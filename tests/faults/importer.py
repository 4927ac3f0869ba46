"""A process that imports generation after generation until it is told to stop.

It prints how many it stored; being turned away while another writer runs is no fault.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from dashboard.errors import RefreshRunning
from dashboard.prices.refresh import import_files
from dashboard.prices.store import PriceStore
from tests.faults.generations import write_file

_PAUSE = 0.03


def main(address: str, stop: Path) -> None:
    generation = 0
    while not stop.exists():
        try:
            import_files(PriceStore(address), [write_file(stop.parent, generation)])
            generation += 1
            (stop.parent / f"{os.getpid()}.at-work").touch()
        except RefreshRunning:
            pass
        time.sleep(_PAUSE)
    sys.stdout.write(f"{generation}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
