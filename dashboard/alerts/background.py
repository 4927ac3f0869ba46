"""What a refresh and a waiting process call; light to import while nobody has an account."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dashboard.settings import Settings

if TYPE_CHECKING:
    from dashboard.alerts.run import Summary

LOOK_EVERY: Final = 60.0
"""Seconds between two looks for messages that are due."""
_SQLITE: Final = "sqlite:///"


def anybody(settings: Settings) -> bool:
    """Whether there is a database of accounts; looking makes none."""
    address = settings.database
    if address.startswith(_SQLITE):
        return Path(address.removeprefix(_SQLITE)).exists()
    return bool(address)


def after_refresh(settings: Settings) -> Summary | None:
    """Evaluate alerts and tell them (`run.after_refresh`); None where nobody can have any."""
    if not anybody(settings):
        return None
    from dashboard.alerts.run import after_refresh

    return after_refresh(settings)


def deliver_due(settings: Settings) -> None:
    """Send what is due: retries, and what waited for the end of quiet hours."""
    if anybody(settings):
        from dashboard.alerts.run import deliver_due

        deliver_due(settings)


def keep_delivering(settings: Settings, ended: threading.Event) -> None:
    """`deliver_due` every minute until `ended` is set; for a thread of the server."""
    while not ended.wait(LOOK_EVERY):
        deliver_due(settings)
