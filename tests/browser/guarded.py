"""A dashboard that asks who one is, its identity provider, and what two people keep in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import NewEntry
from dashboard.accounts.store import Accounts
from tests.browser.serving import dashboard_command, free_port, serving
from tests.oidc_server import Person, Provider, identity_provider, secrets_toml

COOKIE_SECRET = "of the dashboard, for tests, long enough"
PEOPLE = {
    "amy": Person("subject of amy", "Amy", "amy@example.org"),
    "ben": Person("subject of ben", "Ben", "ben@example.org"),
}
MARK = "only-amy-may-read-this"
"""In all that Amy has named or noted."""


@dataclass(frozen=True)
class House:
    """The server, the provider it trusts, and the way into its database."""

    url: str
    provider: Provider
    accounts: Accounts
    log: Path

    def desk(self, person: str) -> Desk:
        """What a person keeps, seen from behind."""
        known = PEOPLE[person]
        return self.accounts.desk(
            self.accounts.signed_in(self.provider.issuer, known.subject, known.name, known.email)
        )


@contextmanager
def guarded_house(folder: Path, **environment: str) -> Iterator[House]:
    """The product's own command, with Streamlit's secrets as an administrator writes them."""
    port = free_port()
    secrets, store = folder / "secrets.toml", folder / "store"
    settings = {
        "DASHBOARD_DATA_DIR": str(store),
        "DASHBOARD_DATABASE": f"sqlite:///{folder / 'people.sqlite3'}",
        "DASHBOARD_DEMO": "0",
        "STREAMLIT_SECRETS_FILES": str(secrets),
        **environment,
    }
    wanted = Provider(f"http://127.0.0.1:{port}/oauth2callback", PEOPLE)
    with identity_provider(wanted) as provider:
        secrets.write_text(secrets_toml(provider, COOKIE_SECRET))
        log = folder / "server.log"
        accounts = Accounts.open(settings["DASHBOARD_DATABASE"])
        with serving(dashboard_command(port), port, log, settings) as url:
            yield House(url, provider, accounts, log)
        accounts.close()


@dataclass(frozen=True)
class Kept:
    """Ids of what Amy keeps, and links she has given away."""

    watchlist: int
    screen: int
    alert: int
    channel: int
    token: str
    revoked: str


def furnish(desk: Desk) -> Kept:
    """One thing of each kind, each with the mark on it."""
    shelf = desk.watchlists
    watchlist = shelf.create(f"list {MARK}")
    row = NewEntry("2330.TW", note=f"note {MARK}", added_on=dt.date(2024, 1, 2))
    shelf.add(watchlist.id, [row])
    screen = desk.screens.create(f"screen {MARK}", "rsi_14 < 70")
    channel = desk.channels.create(f"channel {MARK}", f"json://example.org/{MARK}")
    alert = desk.alerts.create(
        f"alert {MARK}",
        kind="screen",
        scope="list",
        scope_value=str(watchlist.id),
        expression="rsi_14 < 70",
        channels=(channel.id,),
    )
    token = desk.shares.create("watchlist", watchlist.id)[0]
    revoked, share = desk.shares.create("watchlist", watchlist.id)
    desk.shares.revoke(share.id)
    return Kept(watchlist.id, screen.id, alert.id, channel.id, token, revoked)
