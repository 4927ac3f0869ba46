"""What all tests share: where the real data and the documents are."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest

LONGEST = ("test_kills", "test_look", "test_hostile_words", "test_repair", "test_machine")
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker is left alone with one of them at the end."""
    items.sort(key=lambda item: not item.path.name.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """What was imported stays; looking through it again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _folder(variable: str, default: Path, required_by: str) -> Path:
    folder = Path(os.environ.get(variable) or default)
    if not folder.is_dir():
        reason = f"{folder} is absent; set {variable} to the folder"
        if os.environ.get(required_by) == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real prices and recorded answers."""
    return _folder("DASHBOARD_REAL_DATA", SHARED / "data", "REQUIRE_REAL_DATA")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of the checked facts and the taxonomy."""
    return _folder("DASHBOARD_REFERENCE", SHARED / "reference", "REQUIRE_REAL_DATA")


@pytest.fixture(scope="session")
def documents() -> Path:
    """The folder of the documents that the map cites."""
    return _folder("DASHBOARD_DOCUMENTS", SHARED / "documents", "REQUIRE_REAL_DATA")


@pytest.fixture(scope="session")
def rootless() -> list[str]:
    """A command's prefix under which root, too, reads and writes only what modes allow."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may do everything, and setpriv is absent")
    rights = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
