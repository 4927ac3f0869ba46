"""A process with everything imported, which forks one child a job: so 200 kills take seconds.

A job is one line of JSON on stdin: a refresh with its pauses left out, or the import of files.
For each the child's pid is printed, then its exit status.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import yfinance  # noqa: F401 - imported once, before the forks

import dashboard.prices.refresh as refreshing
from dashboard.prices.bars import empty_bars, validated
from dashboard.prices.providers.yahoo import YahooProvider
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore


def prepare() -> None:
    """What is slow the first time, and starts no thread: those would not survive the fork."""
    import deltalake  # noqa: F401 - the store imports it at its first use

    validated(empty_bars())
    for market in ("TW", "US"):
        sessions(market, dt.date(2024, 1, 2), dt.date(2024, 3, 1))
    gc.collect()
    gc.freeze()
    names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    # The allocator's own come back after a fork.
    others = [name for name in names if not name.startswith("jemalloc")]
    assert len(others) == 1, f"threads before the fork: {names}"


def refresh(job: dict[str, Any]) -> int:
    """The refresh as the command runs it, without pauses and at the job's own time."""
    report = refreshing.refresh(
        PriceStore(job["store"]),
        YahooProvider(origin=job["origin"], pause=0.0, retry_waits=(), shares=False),
        job["symbols"],
        now=dt.datetime.fromisoformat(job["now"]),
        since=dt.date.fromisoformat(job["since"]),
    )
    return 3 if report.incomplete else 0


def import_files(job: dict[str, Any]) -> int:
    """The import as the command runs it."""
    report = refreshing.import_files(PriceStore(job["store"]), job["files"])
    return 3 if report.incomplete else 0


def child(job: dict[str, Any]) -> None:
    """Run one job with its words in a file; never returns."""
    words = os.open(job["words"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(words, 1)
    os.dup2(words, 2)
    warnings.simplefilter("ignore")
    status = 70
    try:
        status = import_files(job) if "files" in job else refresh(job)
    finally:
        if sys.exception():
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    prepare()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
