"""Rows to keep, for the tests of this folder."""

from __future__ import annotations

import datetime as dt

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Alert, NewEntry, NewEvent, Watchlist

DAY = dt.date(2026, 3, 2)
MOMENT = dt.datetime(2026, 3, 2, 5, 30, tzinfo=dt.UTC)


def entry(symbol: str, section: str = "", **fields: object) -> NewEntry:
    return NewEntry(symbol, section, added_on=DAY, **fields)  # type: ignore[arg-type]


def filled(desk: Desk, name: str, *symbols: str) -> Watchlist:
    return desk.watchlists.add(
        desk.watchlists.create(name).id, [entry(symbol) for symbol in symbols]
    )


def symbols(watchlist: Watchlist) -> list[str]:
    return [one.symbol for one in watchlist.entries]


def rule(desk: Desk, name: str = "over", **fields: object) -> Alert:
    told: dict[str, object] = {"kind": "screen", "scope": "map", "expression": "rsi_14 > 70"}
    return desk.alerts.create(name, **(told | fields))  # type: ignore[arg-type]


def event(key: str = "2330.TW", state: str = "true", day: dt.date = DAY) -> NewEvent:
    return NewEvent(key, day, state, {"close": 1000.0})
