"""What Ben gets who gives Anna's ids is what he gets for ids that never were: nothing.

Every public method of every shelf is tried; one that is added without a line here is told.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Alert, Channel, SavedScreen, Watchlist
from dashboard.accounts.store import Accounts
from dashboard.accounts.tables import Base
from dashboard.errors import NotFound
from tests.accounts.things import DAY, MOMENT, entry, event, filled, rule

NEVER = 2_000_000_000


@dataclass(frozen=True)
class Things:
    """One of each kind, with its ids."""

    watchlist: Watchlist
    screen: SavedScreen
    channel: Channel
    alert: Alert
    share: int
    event: int
    delivery: int

    def with_other_ids(self) -> Things:
        never: dict[str, Any] = {
            name: dataclasses.replace(getattr(self, name), id=NEVER)
            for name in ("watchlist", "screen", "channel")
        }
        alert = dataclasses.replace(self.alert, id=NEVER, channels=(NEVER,))
        return Things(**never, alert=alert, share=NEVER, event=NEVER, delivery=NEVER)


def things_of(desk: Desk) -> Things:
    watchlist = filled(desk, "list", "2330.TW")
    screen = desk.screens.create("screen", "rsi_14 > 70")
    channel = desk.channels.create("phone", "json://secret@localhost")
    alert = rule(desk, channels=[channel.id])
    (told,) = desk.alerts.record(alert, {"2330.TW": ("true", DAY)}, [event()], MOMENT)
    (delivery,) = desk.alerts.deliveries()
    _, share = desk.shares.create("watchlist", watchlist.id)
    return Things(watchlist, screen, channel, alert, share.id, told.id, delivery.id)


Try = Callable[[Desk, Things], object]

TRIES: dict[str, Try] = {
    "watchlists.all": lambda ben, its: ben.watchlists.all(),
    "watchlists.get": lambda ben, its: ben.watchlists.get(its.watchlist.id),
    "watchlists.named": lambda ben, its: ben.watchlists.named(its.watchlist.name),
    "watchlists.copy": lambda ben, its: None,
    "watchlists.create": lambda ben, its: None,
    "watchlists.add": lambda ben, its: ben.watchlists.add(its.watchlist.id, [entry("1")]),
    "watchlists.remove": lambda ben, its: ben.watchlists.remove(
        its.watchlist.id, [its.watchlist.entries[0].id]
    ),
    "watchlists.save": lambda ben, its: ben.watchlists.save(its.watchlist),
    "watchlists.delete": lambda ben, its: ben.watchlists.delete(its.watchlist.id),
    "watchlists.undo": lambda ben, its: ben.watchlists.undo(),
    "watchlists.last_deletion": lambda ben, its: ben.watchlists.last_deletion(),
    "screens.all": lambda ben, its: ben.screens.all(),
    "screens.get": lambda ben, its: ben.screens.get(its.screen.id),
    "screens.named": lambda ben, its: ben.screens.named(its.screen.name),
    "screens.create": lambda ben, its: None,
    "screens.save": lambda ben, its: ben.screens.save(its.screen),
    "screens.delete": lambda ben, its: ben.screens.delete(its.screen.id),
    "screens.undo": lambda ben, its: ben.screens.undo(),
    "screens.last_deletion": lambda ben, its: ben.screens.last_deletion(),
    "channels.all": lambda ben, its: ben.channels.all(),
    "channels.get": lambda ben, its: ben.channels.get(its.channel.id),
    "channels.named": lambda ben, its: ben.channels.named(its.channel.name),
    "channels.create": lambda ben, its: None,
    "channels.save": lambda ben, its: ben.channels.save(its.channel),
    "channels.delete": lambda ben, its: ben.channels.delete(its.channel.id),
    "channels.undo": lambda ben, its: ben.channels.undo(),
    "channels.last_deletion": lambda ben, its: ben.channels.last_deletion(),
    "alerts.all": lambda ben, its: ben.alerts.all(),
    "alerts.get": lambda ben, its: ben.alerts.get(its.alert.id),
    "alerts.named": lambda ben, its: ben.alerts.named(its.alert.name),
    "alerts.create": lambda ben, its: rule(ben, "mine", channels=[its.channel.id]),
    "alerts.save": lambda ben, its: ben.alerts.save(its.alert),
    "alerts.delete": lambda ben, its: ben.alerts.delete(its.alert.id),
    "alerts.undo": lambda ben, its: ben.alerts.undo(),
    "alerts.last_deletion": lambda ben, its: ben.alerts.last_deletion(),
    "alerts.states": lambda ben, its: ben.alerts.states(its.alert.id),
    "alerts.record": lambda ben, its: ben.alerts.record(
        its.alert, {"1": ("true", DAY)}, [event("1")], MOMENT
    ),
    "alerts.history": lambda ben, its: ben.alerts.history(),
    "alerts.last_sessions": lambda ben, its: ben.alerts.last_sessions(),
    "alerts.try_again": lambda ben, its: ben.alerts.try_again(its.delivery, MOMENT),
    "alerts.unread_count": lambda ben, its: ben.alerts.unread_count(),
    "alerts.mark_read": lambda ben, its: (
        ben.alerts.mark_read([its.event]),
        ben.alerts.mark_read(),
    ),
    "alerts.deliveries": lambda ben, its: (
        ben.alerts.deliveries([its.event]),
        ben.alerts.deliveries(),
    ),
    "alerts.due_deliveries": lambda ben, its: ben.alerts.due_deliveries(MOMENT),
    "alerts.delivered": lambda ben, its: ben.alerts.delivered(its.delivery),
    "alerts.delivery_failed": lambda ben, its: ben.alerts.delivery_failed(
        its.delivery, "no", MOMENT
    ),
    "alerts.put_off": lambda ben, its: ben.alerts.put_off(its.delivery, MOMENT),
    "shares.all": lambda ben, its: ben.shares.all(),
    "shares.of": lambda ben, its: ben.shares.of("watchlist", its.watchlist.id),
    "shares.create": lambda ben, its: ben.shares.create("watchlist", its.watchlist.id),
    "shares.revoke": lambda ben, its: ben.shares.revoke(its.share),
    "preferences.get": lambda ben, its: ben.preferences.get(),
    "preferences.save": lambda ben, its: None,
}


def test_every_method_is_tried() -> None:
    shelves = [name for name, one in inspect.getmembers(Desk) if isinstance(one, cached_property)]
    annotations = {
        name: inspect.signature(Desk.__dict__[name].func, eval_str=True).return_annotation
        for name in shelves
    }
    methods = {
        f"{name}.{method}"
        for name, shelf in annotations.items()
        for method, _ in inspect.getmembers(shelf, inspect.isfunction)
        if not method.startswith("_")
    }
    assert methods == set(TRIES)


def outcome(attempt: Try, desk: Desk, things: Things) -> object:
    try:
        return attempt(desk, things)
    except NotFound as error:
        return str(error)


def everything(accounts: Accounts) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with accounts.database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in Base.metadata.sorted_tables
        }


@pytest.fixture
def deleted(anna: Desk) -> None:
    """Something of each kind that Anna could bring back."""
    anna.watchlists.delete(filled(anna, "gone", "1").id)
    anna.screens.delete(anna.screens.create("gone", "rsi_14 > 70").id)
    anna.channels.delete(anna.channels.create("gone", "json://localhost").id)
    anna.alerts.delete(rule(anna, "gone").id)


@pytest.mark.usefixtures("deleted")
def test_anothers_ids_are_as_ids_that_never_were(accounts: Accounts, anna: Desk, ben: Desk) -> None:
    hers = things_of(anna)
    before = everything(accounts)
    for name, attempt in TRIES.items():
        got = outcome(attempt, ben, hers)
        assert got == outcome(attempt, ben, hers.with_other_ids()), name
        assert "secret" not in repr(got), name
        assert everything(accounts) == before, name
    assert ben.watchlists.all() == ben.screens.all() == ben.channels.all() == ()
    assert ben.alerts.all() == ben.alerts.history() == ben.shares.all() == ()


@pytest.mark.parametrize("identity", [0, -1, 2**31, 10**30, "1", None, 1.5, True])
def test_an_id_from_a_link_may_be_anything(anna: Desk, identity: Any) -> None:
    filled(anna, "list", "1")
    for attempt in (anna.watchlists.get, anna.watchlists.delete, anna.shares.revoke):
        with pytest.raises(NotFound):
            attempt(identity)


def test_a_rule_may_not_use_anothers_channel(anna: Desk, ben: Desk) -> None:
    hers, his = (desk.channels.create("c", "json://localhost") for desk in (anna, ben))
    alert = rule(ben, channels=[his.id])
    with pytest.raises(NotFound, match="no such channel among yours"):
        ben.alerts.save(dataclasses.replace(alert, channels=(hers.id,)))
    assert ben.alerts.get(alert.id) == alert


def test_an_account_that_is_gone_gets_nothing(accounts: Accounts) -> None:
    ghost = accounts.desk(dataclasses.replace(accounts.local(), id=NEVER))
    for change in (
        lambda: ghost.watchlists.create("a"),
        lambda: ghost.preferences.save(ghost.preferences.get()),
    ):
        with pytest.raises(NotFound, match="sign in again"):
            change()
