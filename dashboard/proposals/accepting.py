"""Writing accepted lines to the map: the whole new file or the old one, and the old one kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dashboard.errors import ProposalError, StoreError
from dashboard.i18n import Text
from dashboard.prices.lock import file_lock
from dashboard.prices.store_table import fsync, local_path
from dashboard.proposals.choosing import MAP_CHANGED, check_accepted
from dashboard.proposals.models import Proposal
from dashboard.proposals.patching import patched, sound_chain
from dashboard.settings import Settings
from dashboard.supply_chain.keeping import FOLDER, keep_map
from dashboard.supply_chain.loading import loaded_content, map_content
from dashboard.supply_chain.models import SupplyChain

LOCK_SUFFIX: Final = ".lock"
_BUSY: Final = Text(
    "正在接受另一份提案；請稍後再試",
    "lines of another proposal are being accepted; try again after that",
)
_PATIENCE_SECONDS: Final = 10.0
"""Another acceptance takes a few seconds at most."""


@dataclass(frozen=True)
class Accepted:
    """What was written.

    Attributes
    ----------
    kept : Path
        The copy of the map as it was before.
    before : str
        Hash of that file.
    chain : SupplyChain
        The map as it is now; `digest` is the hash of its file.
    """

    kept: Path
    before: str
    chain: SupplyChain

    @property
    def digest(self) -> str:
        return self.chain.digest


def accept(settings: Settings, proposal: Proposal, accepted: Collection[str]) -> Accepted:
    """Write the accepted lines to the map's file, once it is known to be sound with them.

    The file is replaced whole: whoever reads it, and a machine that loses power, finds the old
    one or the new one. Its permissions stay, and a link to it stays a link.

    Raises
    ------
    ProposalError
        If the map has faults or is another one than the proposal was made against, if nothing
        new is accepted or an id is unknown, if the file cannot be written, or another
        acceptance is going on.
    MapError
        If the map's file cannot be read.
    """
    target = _target(settings.map_path)
    with _locked(target):
        content = map_content(target)
        chain = sound_chain(content, target.name)
        check_accepted(chain, proposal, accepted)
        text = patched(content.decode("utf-8"), chain, proposal, accepted)
        kept = _keep(settings, target, content)
        if map_content(target) != content:  # an editor knows no lock
            raise ProposalError(MAP_CHANGED)
        made = text.encode()
        _write(target, made, stat.S_IMODE(target.stat().st_mode))
        loaded = loaded_content(map_content(target), target.name)
        if loaded.faults or loaded.chain.digest != hashlib.sha256(made).hexdigest():
            raise ProposalError(
                Text(
                    f"寫入之後 {target.name} 又被別的程式改動；請查看它與先前的地圖 {kept}",
                    f"{target.name} was changed by something else right after the lines were "
                    f"written; look at it, and at the map before, {kept}",
                )
            )
    return Accepted(kept, chain.digest, loaded.chain)


def _target(path: Path) -> Path:
    """The file itself where the path is a link to it."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        reason = Text("連結沒有指向任何檔案", "the link leads nowhere")
        raise _unwritable(path, reason) from error


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """One acceptance of a map at a time, across processes."""
    if not target.is_file():
        raise _unwritable(target, Text("不是檔案", "it is no file"))
    if not os.access(target, os.W_OK):
        raise _unwritable(target, Text("檔案唯讀", "it is read-only"))
    with contextlib.ExitStack() as held:
        try:
            lock = target.with_name(f".{target.name}{LOCK_SUFFIX}")
            held.enter_context(file_lock(lock, _PATIENCE_SECONDS))
        except TimeoutError:
            raise ProposalError(_BUSY) from None
        except OSError as error:
            raise _unwritable(target, _reason(error)) from error
        yield


def _unwritable(target: Path, reason: Text) -> ProposalError:
    return ProposalError(
        Text(
            f"{target} 無法寫入（{reason.zh}）；請修正權限，或改用 map propose --format patch",
            f"{target} cannot be written ({reason.en}); mend its permissions, or take the change "
            "with map propose --format patch",
        )
    )


def _reason(error: OSError) -> Text:
    told = error.strerror or type(error).__name__
    return Text(told, told)


def _keep(settings: Settings, target: Path, content: bytes) -> Path:
    """Keep the map as it is, in the data directory or, where that cannot be, beside the map."""
    digest = hashlib.sha256(content).hexdigest()
    folder = local_path(settings.data_dir)
    if folder is not None:
        with contextlib.suppress(StoreError):
            if keep_map(settings) != digest:
                raise ProposalError(MAP_CHANGED)
            return folder / FOLDER / f"{digest}.yaml"
    beside = target.with_name(f"{target.stem}.{digest[:12]}{target.suffix}")
    _write(beside, content, stat.S_IMODE(target.stat().st_mode))
    return beside


def _write(target: Path, content: bytes, mode: int) -> None:
    """The whole file under its name, or nothing there; what was there until then stays."""
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{target.name}.", suffix=".part", dir=target.parent
        )
    except OSError as error:
        raise _unwritable(target, _reason(error)) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        part.chmod(mode)
        fsync(part)
        part.replace(target)
        fsync(target.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unwritable(target, _reason(error)) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
