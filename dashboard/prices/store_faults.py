"""What is wrong with a store or its place, told from the words of the libraries below it."""

from __future__ import annotations

from typing import Final

from dashboard.errors import StoreDamaged, StoreError

_CAUSES: Final = {
    ("os error 28", "code: 28", "No space left", "os error 122", "quota exceeded",
     "os error 27)", "code: 27", "File too large"): (
        "the disk is full; free some space and run it again, what was stored before is sound"
    ),
    ("os error 30", "code: 30", "ead-only file system", "os error 13", "code: 13",
     "Permission denied", "os error 1)", "code: 1,"): (
        "the folder may not be read or written here; give this user the right to, mount it "
        "writable or name another folder"
    ),
}  # fmt: skip
_NEWER: Final = ("minimum reader version", "minimum writer version", "Unsupported: Feature",
                 "Unsupported table features")  # fmt: skip


def cause(text: str) -> str | None:
    """What is wrong with the place and how to mend it, where the store itself is sound."""
    for said, found in _CAUSES.items():
        if any(part in text for part in said):
            return found
    return None


def is_newer(error: Exception) -> bool:
    """Whether a library refuses a table that it is too old for."""
    return any(part in str(error) for part in _NEWER)


def translated(address: str, error: Exception, *, local: bool = True) -> StoreError:
    """A library's error as one sentence: where, what, how to mend."""
    text = str(error).strip()
    if is_newer(error):
        return newer(address, "its Delta tables need features that this one lacks")
    found = cause(text)
    if found is not None:
        return StoreError(f"{address}: {found}")
    # The library appends its own stack to the first line.
    reason = " ".join(text.partition("\n")[0].split())[:300]
    if local:
        return StoreDamaged(address, reason)
    return StoreError(
        f"{address}: the price store cannot be read or written ({reason}); "
        "check the address, the credentials and the network"
    )


def newer(address: str, how: str) -> StoreError:
    """Another version of this program wrote what this one cannot read."""
    return StoreError(
        f"{address}: the price store was written by a newer version of this program ({how}); "
        "update it"
    )
