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
EDITORS_VARIABLE = "DASHBOARD_MAP_EDITORS"
KEEP_VARIABLE = "DASHBOARD_KEEP_DAYS"
ARTICLE_PRIVATE_VARIABLE = "DASHBOARD_ARTICLE_PRIVATE_ADDRESSES"
"""`1` lets articles be fetched from this machine and its own network."""
ASSISTANT_URL_VARIABLE = "DASHBOARD_ASSISTANT_URL"
ASSISTANT_MODEL_VARIABLE = "DASHBOARD_ASSISTANT_MODEL"
ASSISTANT_KEY_VARIABLE = "DASHBOARD_ASSISTANT_KEY"
KEEP_DAYS = 90
"""Days for which a version of the store can be read again, where `KEEP_VARIABLE` says nothing."""
_LEAST_KEPT = 7
ACCOUNTS_FILE = "accounts.sqlite3"


def _data_dir() -> str:
    return os.environ.get(DATA_DIR_VARIABLE) or str(PROJECT_ROOT / "data" / "store")


def _map_path() -> Path:
    return Path(os.environ.get(MAP_VARIABLE) or PROJECT_ROOT / "tickers.yaml")


def _emails(variable: str) -> tuple[str, ...]:
    parts = os.environ.get(variable, "").replace(";", ",").split(",")
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


def article_private_allowed() -> bool:
    """Whether an article may come from this machine or a private network."""
    return os.environ.get(ARTICLE_PRIVATE_VARIABLE) == "1"


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
    map_editors : tuple of str
        The same of those who may write the map where people sign in; empty for nobody.

    Raises
    ------
    InputError
        If the data directory is empty or no path, one of `allowed_emails` or `map_editors` is
        neither of the two, or `keep_days` cannot be read.
    """

    data_dir: str = field(default_factory=_data_dir)
    map_path: Path = field(default_factory=_map_path)
    demo: bool = field(default_factory=lambda: os.environ.get(DEMO_VARIABLE) == "1")
    database: str = field(
        default_factory=lambda: os.environ.get(DATABASE_VARIABLE, "").strip(), repr=False
    )
    allowed_emails: tuple[str, ...] = field(default_factory=lambda: _emails(ALLOWED_VARIABLE))
    map_editors: tuple[str, ...] = field(default_factory=lambda: _emails(EDITORS_VARIABLE))

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
        told = {ALLOWED_VARIABLE: self.allowed_emails, EDITORS_VARIABLE: self.map_editors}
        for variable, emails in told.items():
            for one in emails:
                if "@" not in one or one.endswith("@"):
                    raise InputError(
                        f"{variable}: {one!r} is neither a mail address nor a domain "
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
            EDITORS_VARIABLE: ",".join(self.map_editors),
        }
