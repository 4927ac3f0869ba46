"""How providers treat a host: requests kept apart, and a stand-in for it on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from dashboard.errors import InputError

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Pacer:
    """Keeps requests apart, whichever thread sends them.

    Parameters
    ----------
    pause : float, seconds
        Least time between the starts of two requests.
    """

    def __init__(
        self,
        pause: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pause = pause
        self._clock = clock
        self._sleep = sleep
        self._next = clock()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may start."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._pause
        if start > now:
            self._sleep(start - now)


def checked_origin(origin: str, variable: str) -> str:
    """The origin without a trailing slash.

    Raises
    ------
    InputError
        If it is not `http://` on this machine: the address of a person's requests shall
        not be turned elsewhere by a variable.
    """
    parts = urlsplit(origin)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.path.strip("/"):
        raise InputError(
            f"{variable}: {origin!r} is no address on this machine; "
            "give one like http://127.0.0.1:8765 or unset it"
        )
    return origin.rstrip("/")
