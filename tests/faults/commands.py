"""The command line as a person runs it, and what a store holds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard.settings import PROJECT_ROOT

BARS = "symbol,date,open,high,low,close,volume\n"
SOUND = BARS + "AAPL,2024-01-02,10,14,9,11,100\nAAPL,2024-01-03,10,14,9,12,100\n"


def command(
    data_dir: Path | str,
    *arguments: object,
    before: Sequence[str] = (),
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """`python -m dashboard …`, behind another program where one is given."""
    return subprocess.run(
        [*before, sys.executable, "-m", "dashboard", "--data-dir", str(data_dir),
         *map(str, arguments)],
        cwd=PROJECT_ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip


def sound_file(folder: Path) -> Path:
    """Two bars that any store takes."""
    path = folder / "sound.csv"
    path.write_text(SOUND, "utf-8")
    return path


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of an error."""
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]
