"""Imports with less and less room, told as JSON: room left → what was said.

Between them the store must hold what it held; with room again the same import must succeed.
`tmpfs` fills the file system of the folder, `limit` bounds the size of every file written.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.prices.refresh import import_files
from dashboard.prices.store import PriceStore
from tests.faults.commands import sound_file
from tests.faults.generations import content, write_file

ROOM = (0, 1_000, 2_000, 4_096, 8_192, 12_288, 16_384, 24_576, 32_768)


@contextmanager
def room(how: str, folder: Path, left: int) -> Iterator[None]:
    """No more than this may be written."""
    if how == "limit":
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (left, hard))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        return
    filler = folder / "filler"
    with filler.open("wb") as file:
        file.truncate(0)
        os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(folder).free - left))
    yield
    filler.unlink()


def main(how: str, folder: Path) -> None:
    store = PriceStore(str(folder / "store"))
    import_files(store, [sound_file(folder)])
    said = {}
    for turn, left in enumerate(ROOM):
        file = write_file(folder, turn)
        held = content(store)
        told = ""
        with room(how, folder, left):
            try:
                import_files(store, [file])
            except StoreError as error:
                told = str(error).partition(": ")[2]
        if told:
            assert content(store).equals(held), left
        import_files(store, [file])
        assert len(content(store)) > len(held) or turn > 1, left
        said[str(left)] = told
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
