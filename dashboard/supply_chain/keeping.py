"""Copies of the map under the hash of what they hold, so that an edited map can be read as it was.

They lie beside the store, `maps/<sha256>.yaml`: one is made when somebody makes a link and when
prices are stored, never by looking at a page.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from dashboard.errors import InputError, MapError, StoreError
from dashboard.prices.store_table import fsync, local_path
from dashboard.settings import MAP_VARIABLE, Settings
from dashboard.supply_chain.loading import LoadedMap, load_map, map_content

FOLDER: Final = "maps"
_COPY: Final = re.compile(r"([0-9a-f]{64})\.yaml")


def keep_map(settings: Settings) -> str:
    """Keep a copy of the map as it is now, where none is kept yet; its hash.

    Raises
    ------
    MapError
        If the map's file cannot be read.
    StoreError
        If no copy can be written; in object storage none is.
    """
    content = map_content(settings.map_path)
    digest = hashlib.sha256(content).hexdigest()
    folder = _folder(settings)
    if folder is None:
        raise StoreError(
            f"{settings.data_dir}: no copy of the map is kept in object storage; keep the file "
            f"{settings.map_path.name} of now yourself, for --map"
        )
    target = folder / f"{digest}.yaml"
    try:
        if not target.exists():
            _write(target, content)
    except OSError as error:
        raise StoreError(
            f"{folder}: no copy of the map can be kept ({error.strerror}); keep the file "
            f"{settings.map_path.name} of now yourself, for --map"
        ) from error
    return digest


def keep_beside(settings: Settings) -> str:
    """Keep the map after prices were stored; why not in one sentence, empty where all is well.

    Without a map there is nothing to keep.
    """
    try:
        keep_map(settings)
    except MapError:
        return ""
    except StoreError as error:
        return str(error)
    return ""


def map_then(settings: Settings, digest: str) -> LoadedMap:
    """The map of a hash, or of one that begins so: the present file, or the kept copy.

    Raises
    ------
    InputError
        If it is neither of them.
    """
    present = _hash(settings.map_path)
    if present.startswith(digest):
        return load_map(settings.map_path)
    for path in _kept(settings, digest):
        # A copy is believed only while it holds what its name says.
        if _hash(path) == path.stem:
            return load_map(path)
    now = present[: len(digest)] or "none"
    raise InputError(
        f"the link was made from the map {digest}, {settings.map_path} is now {now}, and "
        f"no copy of that one is kept; name its file with --map FILE (or {MAP_VARIABLE})"
    )


def _hash(path: Path) -> str:
    """Of what a map's file holds; empty where it cannot be read."""
    try:
        return hashlib.sha256(map_content(path)).hexdigest()
    except MapError:
        return ""


def _kept(settings: Settings, digest: str) -> list[Path]:
    folder = _folder(settings)
    try:
        paths = [] if folder is None else sorted(folder.iterdir())
    except OSError:
        return []
    # Compared with what is there: nothing of a link ever becomes part of a path.
    names = ((path, _COPY.fullmatch(path.name)) for path in paths)
    return [path for path, name in names if name and name[1].startswith(digest)]


def _folder(settings: Settings) -> Path | None:
    place = local_path(settings.data_dir)
    return None if place is None else place / FOLDER


def _write(target: Path, content: bytes) -> None:
    """The whole file or none: a reader, or a second writer, never meets a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        fsync(part)
        part.replace(target)
        fsync(target.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
