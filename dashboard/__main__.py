"""`python -m dashboard`: the command line.

Ctrl-C ends every command at once, also while modules are being imported: an exception raised
then could be swallowed by whatever runs, and a commit is whole or not there.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Final

INTERRUPTED: Final = 130
_STDERR: Final = 2


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Not through sys.stderr: the interrupted frame may be writing to it.
    after_a_bar = b"\n" if os.isatty(_STDERR) else b""
    os.write(_STDERR, after_a_bar + b"stopped; what was committed before stays\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _stop)

    from dashboard.cli.main import main

    main()
