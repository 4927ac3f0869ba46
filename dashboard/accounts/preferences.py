"""What a person has set: quiet hours and the time zone they are in."""

from __future__ import annotations

from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.database import Database
from dashboard.accounts.models import Account, Preferences
from dashboard.accounts.shelf import lock_account
from dashboard.accounts.tables import PreferencesRow
from dashboard.errors import ChangedElsewhere


class PreferencesShelf:
    """One person's settings; version 0 while nothing was ever set."""

    def __init__(self, database: Database, account: Account) -> None:
        self._database = database
        self._account = account

    def get(self) -> Preferences:
        """What is set, or what holds where nothing is."""
        return self._database.read(self._kept)

    def _kept(self, session: Session) -> Preferences:
        return _preferences(session.get(PreferencesRow, self._account.id))

    def save(self, changed: Preferences) -> Preferences:
        """Replace what is set, if it is still as `changed` was read; else `ChangedElsewhere`."""
        checked = limits.preferences(changed)

        def work(session: Session) -> Preferences:
            lock_account(session, self._account)
            row = session.get(PreferencesRow, self._account.id)
            there = _preferences(row)
            if there.version != checked.version:
                raise ChangedElsewhere(mine=changed, theirs=there)
            if row is None:
                row = PreferencesRow(account_id=self._account.id, version=0)
                session.add(row)
            row.quiet_from, row.quiet_to = checked.quiet_from, checked.quiet_to
            row.timezone = checked.timezone
            row.version += 1
            session.flush()
            return _preferences(row)

        return self._database.change(work)


def _preferences(row: PreferencesRow | None) -> Preferences:
    if row is None:
        return Preferences()
    return Preferences(row.quiet_from, row.quiet_to, row.timezone, row.version)
