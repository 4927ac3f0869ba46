"""One writer of a local store at a time, across processes.

The kernel frees the lock when its holder ends, however it ends. A store in object storage has
none: there, as everywhere, each commit is a compare-and-swap on the version it read
(`store_table`), so two writers lose time to each other and nothing else.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from dashboard.errors import RefreshRunning, StoreError
from dashboard.prices.store_faults import translated
from dashboard.prices.store_table import local_path

LOCK_FILE: Final = "refresh.lock"
HOLDER_FILE: Final = "refresh.holder"
"""Who holds the lock, for the sentence only; whoever tries for it may empty the lock's file."""


@contextmanager
def refresh_lock(data_dir: str, *, now: dt.datetime | None = None) -> Iterator[None]:
    """Hold the store for writing while the block runs; never waits.

    Parameters
    ----------
    data_dir : address of the store; made if it is a folder that is not there
    now : with time zone; the present if None

    Raises
    ------
    RefreshRunning
        If another process, or this one, holds it.
    StoreError
        If the folder may not be written.
    """
    folder = local_path(data_dir)
    if folder is None:
        yield
        return
    moment = now or dt.datetime.now(dt.UTC)
    lock = _locked(folder, moment)
    holder = folder / HOLDER_FILE
    try:
        _write(holder, {"process": os.getpid(), "since": moment.isoformat()})
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def file_lock(path: Path, patience: float) -> Iterator[None]:
    """Hold a file of its own as a lock while the block runs; made where it is not there.

    Raises
    ------
    TimeoutError
        If another process, or this one, still holds it after `patience` seconds.
    OSError
        If the file may not be written.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        raise TimeoutError from None
    try:
        yield
    finally:
        lock.release()


def _locked(folder: Path, moment: dt.datetime) -> FileLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK_FILE)
        lock.acquire(blocking=False)
    except Timeout:
        raise RefreshRunning(
            f"a refresh is already running{_holder(folder, moment)}; wait until it has ended"
        ) from None
    except (FileExistsError, NotADirectoryError) as error:
        raise StoreError(
            f"{folder}: the price store is a folder and this is a file; name a folder"
        ) from error
    except OSError as error:
        raise translated(str(folder), error) from error
    return lock


def _holder(folder: Path, moment: dt.datetime) -> str:
    try:
        told = json.loads((folder / HOLDER_FILE).read_text("utf-8"))
        process, since = int(told["process"]), dt.datetime.fromisoformat(told["since"])
        began = since.astimezone(dt.UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # it holds the lock and has not said so yet
    day = "" if began.date() == moment.astimezone(dt.UTC).date() else f"{began:%Y-%m-%d} "
    return f" (process {process}, since {day}{began:%H:%M} UTC)"


def _write(path: Path, told: dict[str, object]) -> None:
    """Whole or not at all: another process may read it at any moment."""
    draft = path.with_suffix(".draft")
    try:
        draft.write_text(json.dumps(told), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise translated(str(path.parent), error) from error
