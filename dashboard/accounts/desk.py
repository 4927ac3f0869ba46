"""One person's own things; nothing here reaches another's."""

from __future__ import annotations

from functools import cached_property

from dashboard.accounts.database import Database
from dashboard.accounts.models import Account
from dashboard.accounts.screens import Screens
from dashboard.accounts.watchlists import Watchlists


class Desk:
    """The shelves of one account. Safe for several threads; made by `Accounts.desk`."""

    def __init__(self, database: Database, account: Account) -> None:
        self._database = database
        self.account = account

    @cached_property
    def watchlists(self) -> Watchlists:
        """The person's watchlists."""
        return Watchlists(self._database, self.account)

    @cached_property
    def screens(self) -> Screens:
        """The person's saved screens."""
        return Screens(self._database, self.account)
