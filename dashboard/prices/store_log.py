"""The log of a local Delta table, read without the library: to know it changed, and what it
passes over.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

LOG: Final = "_delta_log"
ENTRY: Final = re.compile(r"(\d{20})\.json")
CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint.*\.parquet")

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


def is_whole(actions: list[dict[str, Any]]) -> bool:
    """Whether an entry has as many files added and removed as it says of itself."""
    info: Mapping[str, Any] = next(
        (one["commitInfo"] for one in actions if "commitInfo" in one), {}
    )
    metrics = info.get("operationMetrics") or {}
    return all(
        metrics[name] == sum(kind in one for one in actions)
        for kind, told in (("add", "added"), ("remove", "removed"))
        for name in (f"num_{told}_files", f"num_target_files_{told}")
        if name in metrics
    )
