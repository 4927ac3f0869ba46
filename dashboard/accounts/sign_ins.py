"""Sign-ins that were ended before their time.

The browser's cookie says who is signed in and needs no row here, so a copy of it would outlive
a sign-out; what is signed out is remembered until the cookie is too old anyway.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.database import Database
from dashboard.accounts.shelf import now
from dashboard.accounts.tables import EndedSignInRow

KEPT: Final = dt.timedelta(days=60)
"""Longer than any cookie is good."""


class SignIns:
    """Which sign-ins have ended, whoever they were of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def end(self, name: str) -> None:
        """End a sign-in for good; once more changes nothing.

        Parameters
        ----------
        name : str, at most 64 characters
            Stands for one sign-in and cannot be guessed.
        """
        name = limits.line(name, "the name of a sign-in", 64)

        def work(session: Session) -> None:
            moment = now()
            session.execute(delete(EndedSignInRow).where(EndedSignInRow.ended_at < moment - KEPT))
            if session.get(EndedSignInRow, name) is None:
                session.add(EndedSignInRow(name=name, ended_at=moment))

        self._database.change(work)

    def has_ended(self, name: str) -> bool:
        """Whether a sign-in was ended."""
        return self._database.read(lambda session: session.get(EndedSignInRow, name) is not None)
