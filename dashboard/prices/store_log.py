"""The log of a local Delta table, read without the library.

To know that it changed, to see damage that the library passes over, and to replay what is left
of a damaged one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

LOG: Final = "_delta_log"
ENTRY: Final = re.compile(r"(\d{20})\.json")
CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint.*\.parquet")

_SLACK_MS: Final = 1000
"""A file system's clock lags behind the one that the log tells."""

Actions = list[dict[str, Any]]
FileStamp = tuple[str, int, int, int]
"""Name, inode, time of change in ns, size."""
Stamp = tuple[FileStamp, ...]


def stamp(address: str) -> Stamp:
    """Differs whenever a file of the log was added, removed or rewritten; empty without a log."""
    try:
        with os.scandir(Path(address, LOG)) as found:
            return tuple(sorted(_file_stamp(one) for one in found if not one.is_dir()))
    except (FileNotFoundError, NotADirectoryError):
        return ()


def _file_stamp(file: os.DirEntry[str]) -> FileStamp:
    told = file.stat()
    return (file.name, told.st_ino, told.st_mtime_ns, told.st_size)


def fault(address: str) -> str | None:
    """What is wrong with the entries after the last checkpoint, None where nothing is.

    The library reads an entry that is empty, or that lost its last lines, as one that changed
    nothing. Lines that are no JSON it refuses by itself.
    """
    files = stamp(address)
    base = max((int(m[1]) for one in files if (m := CHECKPOINT.fullmatch(one[0]))), default=-1)
    entries = {int(m[1]): one for one in files if (m := ENTRY.fullmatch(one[0]))}
    for version in range(base + 1, max(entries, default=-1) + 1):
        file = entries.get(version)
        reason = "is missing" if file is None else _entry_fault(address, file)
        if reason is not None:
            return f"log entry {version:020d}.json {reason}"
    return None


@lru_cache(maxsize=20_000)
def _entry_fault(address: str, file: FileStamp) -> str | None:
    try:
        text = Path(address, LOG, file[0]).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return None  # cleaned up behind a checkpoint since it was listed
    if not text.strip():
        return "is empty"
    try:
        actions = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return None
    whole = all(isinstance(action, dict) for action in actions)
    return "lacks lines" if whole and not is_whole(actions) else None


def is_whole(actions: Actions) -> bool:
    """Whether an entry has the files added and removed that it says it has."""
    info: Mapping[str, Any] = next(
        (one["commitInfo"] for one in actions if "commitInfo" in one), {}
    )
    metrics = info.get("operationMetrics") or {}
    return all(
        metrics[name] <= sum(kind in one for one in actions)
        for kind, told in (("add", "added"), ("remove", "removed"))
        for name in (f"num_{told}_files", f"num_target_files_{told}")
        if name in metrics
    )


@dataclass
class Log:
    """What is left of a log.

    Attributes
    ----------
    live : data file → its `add` action, as of the last entry
    removed : data files that an entry or a checkpoint took out
    broken : names of the entries that are lost, wholly or in part
    strays : data files that nothing knows, while entries are lost
    """

    live: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    configuration: dict[str, str] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    strays: dict[str, float] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        """Data files to read, the last written last."""
        times = {name: (_written(add), False) for name, add in self.live.items()}
        times |= {name: (moment, True) for name, moment in self.strays.items()}
        return sorted(times, key=lambda name: times[name])

    def replay(self, actions: Actions) -> None:
        """Take what an entry says."""
        for one in actions:
            if isinstance(add := one.get("add"), dict) and "path" in add:
                self.live[unquote(add["path"])] = add
                self.removed.discard(unquote(add["path"]))
            if isinstance(remove := one.get("remove"), dict) and "path" in remove:
                self.live.pop(unquote(remove["path"]), None)
                self.removed.add(unquote(remove["path"]))
            if isinstance(told := one.get("metaData"), dict):
                self.configuration = dict(told.get("configuration") or {})


def read_log(address: str) -> Log:
    """Replay what can be read, from the last readable checkpoint on."""
    folder = Path(address, LOG)
    names = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
    entries = {int(m[1]): name for name in names if (m := ENTRY.fullmatch(name))}
    log, base = _from_checkpoint(folder, names)
    since = max((_written(add) for add in log.live.values()), default=0) - _SLACK_MS
    for version in sorted(v for v in entries if v <= base):
        for one in _actions(folder / entries[version])[0]:
            if isinstance(remove := one.get("remove"), dict) and "path" in remove:
                log.removed.add(unquote(remove["path"]))
    log.removed -= log.live.keys()
    broken = []
    for version in range(base + 1, max(entries, default=-1) + 1):
        actions, whole = _actions(folder / f"{version:020d}.json")
        log.replay(actions)
        if not whole:
            broken.append(f"{version:020d}.json")
    log.broken = tuple(broken) if names else (LOG,)
    if log.broken:
        known = log.live.keys() | log.removed
        for file in Path(address).glob("*.parquet"):
            moment = file.stat().st_mtime_ns / 1e6
            if file.name not in known and moment >= since:
                log.strays[file.name] = moment
    return log


def _from_checkpoint(folder: Path, names: list[str]) -> tuple[Log, int]:
    found = sorted((int(m[1]), name) for name in names if (m := CHECKPOINT.fullmatch(name)))
    for version, name in reversed(found):
        try:
            actions = pq.ParquetFile(folder / name).read().to_pylist()
        except (OSError, pa.ArrowException, ValueError):
            continue
        log = Log()
        for one in actions:
            if told := one.get("metaData"):
                told["configuration"] = dict(told.get("configuration") or ())
        log.replay(actions)
        return log, version
    return Log(), -1


def _actions(path: Path) -> tuple[Actions, bool]:
    """The lines of an entry that can be read, and whether those are all."""
    try:
        lines = [line for line in path.read_bytes().splitlines() if line.strip()]
    except FileNotFoundError:
        return [], False
    actions = []
    for line in lines:
        try:
            action = json.loads(line)
        except ValueError:
            continue
        if isinstance(action, dict):
            actions.append(action)
    return actions, bool(lines) and len(actions) == len(lines) and is_whole(actions)


def _written(add: Mapping[str, Any]) -> float:
    """When a data file was written, in ms."""
    return float(add.get("modificationTime") or 0)
