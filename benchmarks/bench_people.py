"""Measure fifty people at once on a real PostgreSQL: `python -m benchmarks.bench_people`.

Each is a thread that reads a list of a hundred rows, edits one of its rows, or adds one, and
then waits for a moment, as a person does. First each has a list of their own, then all edit
one. Milliseconds depend on the machine, and all threads share one interpreter, as the sessions
of the server do; the server's disk is synchronised as in earnest.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import random
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from benchmarks.bench_metrics import machine
from dashboard.accounts.desk import Desk
from dashboard.accounts.models import NewEntry
from dashboard.accounts.store import Accounts
from dashboard.errors import ChangedElsewhere
from tests.postgres import running

DAY = dt.date(2026, 1, 5)
MILLISECONDS = 1000.0
TOO_LATE = "too late"
Seconds = dict[str, list[float]]


def filled(desk: Desk, rows: int) -> int:
    """A list with rows."""
    made = desk.watchlists.create("list")
    entries = [NewEntry(f"{1000 + number}.TW", added_on=DAY) for number in range(rows)]
    return desk.watchlists.add(made.id, entries).id


def read(desk: Desk, identity: int, word: str) -> None:
    desk.watchlists.get(identity)


def add(desk: Desk, identity: int, word: str) -> None:
    desk.watchlists.add(identity, [NewEntry(word, added_on=DAY)])


def edit(desk: Desk, identity: int, word: str) -> None:
    """Read, change a note, save; who was too late is told, and has the choice."""
    seen = desk.watchlists.get(identity)
    place = random.randrange(len(seen.entries))
    changed = dataclasses.replace(seen.entries[place], note=word)
    rows = (*seen.entries[:place], changed, *seen.entries[place + 1 :])
    desk.watchlists.save(dataclasses.replace(seen, entries=rows))


WORKS: dict[str, Callable[[Desk, int, str], None]] = {"read": read, "edit a row": edit, "add": add}


def person(
    desk: Desk, identity: int, name: str, options: argparse.Namespace, seconds: Seconds
) -> None:
    """Each work in turn, with a pause after each."""
    for turn in range(options.turns):
        for work, does in WORKS.items():
            time.sleep(random.uniform(0, 2 * options.pause))
            start, told = time.perf_counter(), work
            try:
                does(desk, identity, f"{name}.{turn}")
            except ChangedElsewhere:
                told = TOO_LATE
            seconds[told].append(time.perf_counter() - start)


def measured(desks: list[Desk], lists: list[int], options: argparse.Namespace) -> Seconds:
    seconds: Seconds = defaultdict(list)
    people = [
        threading.Thread(target=person, args=(desk, identity, str(number), options, seconds))
        for number, (desk, identity) in enumerate(zip(desks, lists, strict=True))
    ]
    for one in people:
        one.start()
    for one in people:
        one.join()
    return seconds


def told(title: str, seconds: Seconds) -> None:
    print(title)
    for work, values in seconds.items():
        cuts = statistics.quantiles([*values, *values[:1]], n=20, method="inclusive")
        print(
            f"{work:>12}: p50 {cuts[9] * MILLISECONDS:7.1f} ms, p95 "
            f"{cuts[18] * MILLISECONDS:7.1f} ms, {len(values)} times"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds, on average")
    options = parser.parse_args()
    print(f"{machine()} before")
    folder = Path(tempfile.gettempdir()) / f"dashboard-bench-{time.time_ns()}"
    with running(folder, settings=()) as server:
        accounts = Accounts.open(server.create())
        desks = [
            accounts.desk(accounts.signed_in("bench", str(number), str(number), None))
            for number in range(options.people)
        ]
        own = [filled(desk, options.rows) for desk in desks]
        told(
            f"{options.people} people, each a list of {options.rows} rows",
            measured(desks, own, options),
        )
        shared = desks[0].watchlists.create("shared").id
        entries = [NewEntry(f"{1000 + one}.TW", added_on=DAY) for one in range(options.rows)]
        desks[0].watchlists.add(shared, entries)
        told(
            f"{options.people} sessions, all on one list of {options.rows} rows",
            measured([desks[0]] * options.people, [shared] * options.people, options),
        )
        accounts.close()
    print(f"{machine()} after")


if __name__ == "__main__":
    main()
