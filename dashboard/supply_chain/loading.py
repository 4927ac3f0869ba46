"""Reading `tickers.yaml`: all that is sound as a `SupplyChain`, and every fault beside it."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dashboard.errors import MapError
from dashboard.supply_chain.faults import Fault, FaultList
from dashboard.supply_chain.models import SupplyChain
from dashboard.supply_chain.sections import read_chain
from dashboard.supply_chain.yaml_nodes import Mapping, compose

MAX_BYTES: Final = 5_000_000


@dataclass(frozen=True)
class LoadedMap:
    """The map and what is wrong with its file.

    Attributes
    ----------
    chain : SupplyChain
        Every sound entry; what has a fault, or only hangs on something that has, is left out.
    faults : tuple of Fault, by line
        Empty exactly if the whole file is sound.
    """

    chain: SupplyChain
    faults: tuple[Fault, ...]


def load_map(path: Path) -> LoadedMap:
    """Read a map; never raises for what the file holds or lacks.

    A file that cannot be read at all (missing, too large, not UTF-8, broken YAML, …) is one
    fault and an empty chain.
    """
    try:
        content = map_content(path)
    except MapError as error:
        return LoadedMap(SupplyChain(), error.faults)
    return loaded_content(content, path.name)


def loaded_content(content: bytes, file: str) -> LoadedMap:
    """What bytes hold that are, or shall become, the map's file of this name; never raises."""
    try:
        if len(content) > MAX_BYTES:
            raise _too_large(Path(file), f"{len(content):,} bytes")
        root = _root(content, file)
    except MapError as error:
        return LoadedMap(SupplyChain(), error.faults)
    faults = FaultList(file)
    chain = read_chain(root, faults)
    digest = hashlib.sha256(content).hexdigest()
    return LoadedMap(chain.model_copy(update={"digest": digest}), faults.sorted())


def map_content(path: Path) -> bytes:
    """The bytes of a map's file.

    Raises
    ------
    MapError
        If it cannot be read, or is too large for a map.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "no ordinary file"
            raise _unreadable(path, 1, f"{path} is {kind}", "name the map's YAML file")
        if status.st_size > MAX_BYTES:
            raise _too_large(path, f"{status.st_size:,} bytes")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _unreadable(path, 1, f"{path} does not exist", "name the map with --map") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise _unreadable(
            path, 1, f"the file cannot be read ({reason})", "check the path and its permissions"
        ) from None
    if len(content) > MAX_BYTES:
        raise _too_large(path, f"more than {MAX_BYTES:,} bytes")
    return content


def _root(content: bytes, file: str) -> Mapping:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"the file is not UTF-8 (byte {error.start})"
        raise MapError([Fault(file, line, what, "save it as UTF-8")]) from None
    root = compose(text, file)
    if root is None:
        raise MapError(
            [Fault(file, 1, "the file is empty", "write a map, starting at `documents:`")]
        )
    if not isinstance(root, Mapping):
        what, mend = "the file is no mapping", "begin with `documents:` and indent below it"
        raise MapError([Fault(file, root.line, what, mend)])
    return root


def _unreadable(path: Path, line: int, what: str, mend: str) -> MapError:
    return MapError([Fault(path.name, line, what, mend)])


def _too_large(path: Path, size: str) -> MapError:
    what = f"the file has {size}, a map at most {MAX_BYTES:,}"
    return _unreadable(path, 1, what, "name the map's YAML file or shorten it")
