"""kill -9 at random moments of refresh and import, with readers at work all the time."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard.prices.store import PriceStore
from dashboard.settings import PROJECT_ROOT
from tests.contract.yahoo_server import Fault, Scenario, YahooServer
from tests.faults.commands import command
from tests.faults.generations import FETCHED, SINCE, content, faults, moment, series, write_file

KILLS = {"import": 168, "refresh": 32}
IN_A_ROW = 8
"""Kills before the next run is let through."""
READERS = 2
COMMAND_LINE_KILLS = 4
Job = dict[str, Any]


class Worker:
    """The prepared process of `worker`; jobs run in children of it."""

    def __init__(self, words: Path) -> None:
        self.words = words
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=PROJECT_ROOT,
            # What a killed child leaves behind goes with the test's folder.
            env={**os.environ, "TMPDIR": str(words.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._line() == "ready"

    def run(self, job: Job, kill_after: float | None = None) -> int:
        """The exit status of a job; that of a killed one is -9."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write((json.dumps(job | {"words": str(self.words)}) + "\n").encode())
        self._process.stdin.flush()
        pid = int(self._line())
        if kill_after is not None:
            ended, _, _ = select.select([self._process.stdout], [], [], kill_after)
            if not ended:
                os.kill(pid, signal.SIGKILL)
        return int(self._line())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def _line(self) -> str:
        # Unbuffered: `select` must not miss what a buffer has taken.
        assert self._process.stdout is not None
        taken = b""
        while not taken.endswith(b"\n"):
            byte = os.read(self._process.stdout.fileno(), 1)
            assert byte, "the worker has died"
            taken += byte
        return taken.decode().strip()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    one = Worker(tmp_path / "words")
    yield one
    one.close()


class Source:
    """Yahoo's protocol; what it tells is of the present generation."""

    def __init__(self) -> None:
        self.generation = 0
        self.server = YahooServer(otherwise=lambda symbol: Scenario())
        self.server.now = lambda: moment(self.generation).timestamp()

    def tell(self, generation: int) -> None:
        self.generation = generation
        for symbol in FETCHED:
            self.server.scenarios[symbol] = Scenario(series(symbol, generation))


@pytest.fixture
def source() -> Iterator[Source]:
    one = Source()
    with one.server:
        yield one


@contextmanager
def reading(store: Path, stop: Path) -> Iterator[list[str]]:
    """Readers for as long as the block runs; what they said."""
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.reader", str(store), str(stop)],
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(READERS)
    ]
    said: list[str] = []
    try:
        yield said
    finally:
        stop.touch()
        for one in readers:
            output, _ = one.communicate(timeout=60)
            said.append(output.strip())
            assert one.returncode == 0, output


def job_of(kind: str, generation: int, folder: Path, store: Path, source: Source) -> Job:
    if kind == "import":
        return {"store": str(store), "files": [str(write_file(folder, generation))]}
    source.tell(generation)
    return {
        "store": str(store),
        "origin": source.server.origin,
        "symbols": list(FETCHED),
        "now": moment(generation).isoformat(),
        "since": SINCE.isoformat(),
    }


class Rounds:
    """Jobs one after the other, each repeated until it survives."""

    def __init__(self, run: Callable[[Job, float | None], int], make: Callable[..., Job]) -> None:
        self.run = run
        self.make = make
        self.done = {"import": -1, "refresh": -1}
        self.kills = {"import": 0, "refresh": 0}
        self.lasted = {"import": 0.3, "refresh": 0.6}
        """Seconds, of the last undisturbed one."""

    def kill(self, kind: str, chance: random.Random) -> int:
        """Start the next generation and kill it; its status, 0 where it was quicker."""
        job = self.make(kind, self.done[kind] + 1)
        status = self.run(job, chance.uniform(0.3, 1.05) * self.lasted[kind])
        self.kills[kind] += status == -signal.SIGKILL
        self.done[kind] += status == 0
        return status

    def finish(self, kind: str) -> int:
        """Run the next generation, which may have been begun and killed, to its end."""
        begun = time.monotonic()
        status = self.run(self.make(kind, self.done[kind] + 1), None)
        self.lasted[kind] = time.monotonic() - begun
        self.done[kind] += status == 0
        return status


def test_readers_see_whole_commits_through_two_hundred_kills(
    tmp_path: Path, worker: Worker, source: Source
) -> None:
    seed = int(os.environ.get("DASHBOARD_TEST_SEED") or random.randrange(1 << 32))
    chance = random.Random(seed)
    store, quiet = tmp_path / "store", tmp_path / "quiet"

    def job(kind: str, generation: int) -> Job:
        return job_of(kind, generation, tmp_path, store, source)

    rounds = Rounds(worker.run, job)
    turns = [kind for kind, kills in KILLS.items() for _ in range(kills // IN_A_ROW)]
    chance.shuffle(turns)
    try:
        with reading(store, tmp_path / "stop") as said:
            while turns:
                kind = turns.pop()
                before = rows_of(store)
                for _ in range(IN_A_ROW):
                    status = rounds.kill(kind, chance)
                    assert status in (0, -signal.SIGKILL), worker.words.read_text("utf-8")
                # What was committed is still there, and the next run repairs what was not.
                whole(before, store)
                assert rounds.finish(kind) == 0, worker.words.read_text("utf-8")
                assert "Traceback" not in worker.words.read_text("utf-8")
                whole(before, store)
                missed = KILLS[kind] - rounds.kills[kind]
                if kind not in turns and missed > 0:
                    turns.append(kind)
        undisturbed(rounds.done, worker, tmp_path, quiet, source)
        found, expected = content(PriceStore(str(store))), content(PriceStore(str(quiet)))
        pd.testing.assert_frame_equal(found, expected)
    except BaseException as error:
        error.add_note(f"seed {seed}; set DASHBOARD_TEST_SEED to see it again")
        raise
    assert sum(rounds.kills.values()) >= 200
    for one in said:
        reads, versions = map(int, one.split())
        assert reads >= versions > 10


def whole(before: pd.DataFrame, store: Path) -> None:
    after = content(PriceStore(str(store)))
    assert not faults(after), faults(after)
    lost = before.merge(after, on=["symbol", "session"], how="left", indicator=True)
    assert (lost["_merge"] == "both").all()


def rows_of(store: Path) -> pd.DataFrame:
    return content(PriceStore(str(store)))[["symbol", "session"]]


def undisturbed(
    done: dict[str, int], worker: Worker, folder: Path, store: Path, source: Source
) -> None:
    """The same generations, one by one, with nobody in the way."""
    for kind, last in done.items():
        # An import writes every bar anew, a refresh builds on the one before.
        for generation in range(last - 1 if kind == "import" else 0, last + 1):
            status = worker.run(job_of(kind, generation, folder, store, source))
            assert status == 0, worker.words.read_text("utf-8")


def test_kills_of_the_command_itself(tmp_path: Path) -> None:
    """Interpreter and all; half of them while a source keeps the refresh waiting."""
    seed = int(os.environ.get("DASHBOARD_TEST_SEED") or random.randrange(1 << 32))
    chance = random.Random(seed)
    store = tmp_path / "store"
    with YahooServer(otherwise=lambda symbol: Scenario(always=Fault.TIME_OUT)) as server:
        for turn in range(COMMAND_LINE_KILLS):
            path = str(write_file(tmp_path, turn))
            rest = ["import", path] if turn % 2 else ["refresh", "--source", "yahoo"]
            running = subprocess.Popen(
                [sys.executable, "-m", "dashboard", "--data-dir", str(store), *rest],
                cwd=PROJECT_ROOT,
                env={**os.environ, "DASHBOARD_YAHOO_ORIGIN": server.origin},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(0.8, 3.0))
            running.kill()
            running.wait()
            assert not faults(content(PriceStore(str(store)))), seed
    for turn in range(2):
        done = command(store, "import", write_file(tmp_path, turn))
        assert done.returncode == 0, (seed, done.stderr)
    found = content(PriceStore(str(store)))
    assert not faults(found), seed
    assert len(found["symbol"].unique()) == 6
