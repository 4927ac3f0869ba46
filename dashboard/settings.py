"""Where things are: the data directory, the map, the accounts, and whether prices are simulated."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.errors import InputError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DATA_DIR_VARIABLE = "DASHBOARD_DATA_DIR"
MAP_VARIABLE = "DASHBOARD_MAP"
DEMO_VARIABLE = "DASHBOARD_DEMO"
DATABASE_VARIABLE = "DASHBOARD_DATABASE"
ALLOWED_VARIABLE = "DASHBOARD_ALLOWED_EMAILS"
KEEP_VARIABLE = "DASHBOARD_KEEP_DAYS"
KEEP_DAYS = 90
"""Days for which a version of the store can be read again, where `KEEP_VARIABLE` says nothing."""
_LEAST_KEPT = 7
ACCOUNTS_FILE = "accounts.sqlite3"


def _data_dir() -> str:
    return os.environ.get(DATA_DIR_VARIABLE) or str(PROJECT_ROOT / "data" / "store")


def _map_path() -> Path:
    return Path(os.environ.get(MAP_VARIABLE) or PROJECT_ROOT / "tickers.yaml")


def _allowed_emails() -> tuple[str, ...]:
    parts = os.environ.get(ALLOWED_VARIABLE, "").replace(";", ",").split(",")
    return tuple(part.strip().lower() for part in parts if part.strip())


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise InputError(f"{path}: there is no such user; write the folder out") from error


def keep_days() -> int:
    """Days for which tidying up leaves old versions of the store whole.

    Raises
    ------
    InputError
        If the environment says what is no whole number of days, or too few for a slow reader.
    """
    told = os.environ.get(KEEP_VARIABLE, "").strip() or str(KEEP_DAYS)
    if not (told.isascii() and told.isdecimal() and _LEAST_KEPT <= int(told[:9]) <= 36_500):
        raise InputError(
            f"{KEEP_VARIABLE}: {told[:20]!r} is no number of days from {_LEAST_KEPT} to 36500"
        )
    return int(told)


@dataclass(frozen=True)
class Settings:
    """Read once per process from the environment; the command line overrides it.

    Attributes
    ----------
    data_dir : str
        Directory or object-store address of the price store; `~` is the user's home.
    map_path : Path
        The map, `tickers.yaml`.
    demo : bool
        Show the simulated prices whatever the store holds.
    database : str
        Address of the accounts' database, `sqlite:///…` or `postgresql://…`; an SQLite file in
        the data directory where none is given. Empty where that is no folder.
    allowed_emails : tuple of str
        Mail addresses, and domains as `@example.org`, of those who may sign in; empty for
        everyone whom an identity provider vouches for.

    Raises
    ------
    InputError
        If the data directory is empty or no path, one of `allowed_emails` is neither of the two,
        or `keep_days` cannot be read.
    """

    data_dir: str = field(default_factory=_data_dir)
    map_path: Path = field(default_factory=_map_path)
    demo: bool = field(default_factory=lambda: os.environ.get(DEMO_VARIABLE) == "1")
    database: str = field(
        default_factory=lambda: os.environ.get(DATABASE_VARIABLE, "").strip(), repr=False
    )
    allowed_emails: tuple[str, ...] = field(default_factory=_allowed_emails)

    def __post_init__(self) -> None:
        if not self.data_dir.strip():
            raise InputError(
                f"the price store's address is empty; name a folder with --data-dir or "
                f"{DATA_DIR_VARIABLE}"
            )
        if "\0" in self.data_dir:
            raise InputError(f"{self.data_dir[:80]!r}: no folder can be there (it has a NUL)")
        if self.data_dir.startswith("~"):
            object.__setattr__(self, "data_dir", str(_expanded(Path(self.data_dir))))
        object.__setattr__(self, "map_path", _expanded(self.map_path))
        for one in self.allowed_emails:
            if "@" not in one or one.endswith("@"):
                raise InputError(
                    f"{ALLOWED_VARIABLE}: {one!r} is neither a mail address nor a domain "
                    "written as @example.org"
                )
        keep_days()  # said at the start, not after a refresh
        if not self.database and "://" not in self.data_dir:
            file = Path(self.data_dir).absolute() / ACCOUNTS_FILE
            object.__setattr__(self, "database", f"sqlite:///{file}")

    def to_environment(self) -> dict[str, str]:
        """The variables that make a child process read the same settings."""
        return {
            DATA_DIR_VARIABLE: self.data_dir,
            MAP_VARIABLE: str(self.map_path),
            DEMO_VARIABLE: "1" if self.demo else "0",
            DATABASE_VARIABLE: self.database,
            ALLOWED_VARIABLE: ",".join(self.allowed_emails),
        }
