"""A process that reads a store until it is told to stop, and holds what it sees to be whole.

It prints the number of reads and of versions seen, and ends with 1 on the first fault.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from dashboard.prices.store import PriceStore
from tests.faults.generations import content, faults

_PAUSE = 1.0
"""Seconds: readers shall not starve the writers of a small machine."""


def main(address: str, stop: Path) -> int:
    latest, reads, versions = -1, 0, set()
    while not stop.exists():
        store = PriceStore(address)
        version = store.version()
        if version < latest:
            sys.stdout.write(f"version {version} after {latest}\n")
            return 1
        latest = version
        if found := faults(content(store, version)):
            sys.stdout.write(f"version {version}: {'; '.join(found)}\n")
            return 1
        reads += 1
        versions.add(version)
        (stop.parent / f"{os.getpid()}.at-work").touch()
        time.sleep(_PAUSE)
    sys.stdout.write(f"{reads} {len(versions)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
