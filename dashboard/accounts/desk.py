"""One person's own things; nothing here reaches another's."""

from __future__ import annotations

from functools import cached_property

from dashboard.accounts.alerts import Alerts
from dashboard.accounts.channels import Channels
from dashboard.accounts.database import Database
from dashboard.accounts.models import Account
from dashboard.accounts.preferences import PreferencesShelf
from dashboard.accounts.screens import Screens
from dashboard.accounts.shares import Shares
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

    @cached_property
    def shares(self) -> Shares:
        """The links the person has given away."""
        return Shares(self._database, self.account)

    @cached_property
    def alerts(self) -> Alerts:
        """The person's alerts, their history and deliveries."""
        return Alerts(self._database, self.account)

    @cached_property
    def channels(self) -> Channels:
        """The ways the person is reached."""
        return Channels(self._database, self.account)

    @cached_property
    def preferences(self) -> PreferencesShelf:
        """What the person has set."""
        return PreferencesShelf(self._database, self.account)
