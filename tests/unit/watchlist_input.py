"""Lists, shares and records for the tests of watchlists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd

from dashboard.accounts.models import Entry, Follows, NewEntry, Watchlist
from dashboard.analytics.panel import Panel
from dashboard.prices.records import (
    LISTINGS,
    REVENUES,
    SHARES_KIND,
    RecordKind,
    empty_records,
    validated_records,
)
from dashboard.settings import PROJECT_ROOT
from dashboard.snapshot import TODAY as MEMBERS_OF_TODAY
from dashboard.snapshot import Prices, Snapshot, take_snapshot
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from dashboard.watchlists.directory import Directory, directory_of

TODAY = dt.date(2026, 6, 30)
FETCHED = pd.Timestamp("2026-06-30 07:00", tz="UTC")


@cache
def chain() -> SupplyChain:
    return load_map(PROJECT_ROOT / "tickers.yaml").chain


def made(kind: RecordKind, *rows: dict[str, object]) -> pd.DataFrame:
    """Records of a kind; what a row leaves out is missing."""
    blank = {**dict.fromkeys(kind.columns), "source": "made", "fetched_at": FETCHED}
    frame = pd.DataFrame([{**blank, **row} for row in rows])
    for name, dtype in kind.columns.items():
        frame[name] = frame[name].fillna("") if dtype == "str" else frame[name].astype(dtype)
    return validated_records(kind, frame)


def listed(symbol: str, name: str, board: str, since: str, until: str | None = None) -> dict:
    code = symbol.partition(".")[0]
    return {
        "symbol": symbol, "listed_on": since, "code": code, "name": name, "board": board,
        "industry": "半導體業", "valid_to": until,
    }  # fmt: skip


@cache
def directory() -> Directory:
    """The shares of the map, three that lists name, two that are only stored."""
    listings = made(
        LISTINGS,
        listed("1101.TW", "台泥", "TWSE", "1962-02-09"),
        listed("6669.TWO", "緯穎", "TPEX", "2017-01-01", "2019-03-26"),
        listed("6669.TW", "緯穎", "TWSE", "2019-03-27"),
        listed("3105.TW", "穩懋", "TWSE", "2011-12-13"),
        listed("3105.TWO", "穩懋", "TPEX", "2020-01-02"),
        listed("9901.TW", "同名", "TWSE", "2000-01-01"),
        listed("9902.TWO", "同名", "TPEX", "2000-01-01"),
    )
    return directory_of(
        chain(),
        listings.set_index("symbol"),
        ("0700.HK", "BRK-B", "000660.KS", "ASML.AS", "0050.TW"),
    )


def snapshot_of(panel: Panel, as_of: dt.date | None = None, *, simulated: bool = False) -> Snapshot:
    """The figures of a panel, of all its symbols."""
    prices = Prices(
        version="made",
        simulated=simulated,
        panels={panel.market: panel},
        shares=empty_records(SHARES_KIND),
        listed_since={},
        revenue=empty_records(REVENUES),
        insurers=frozenset(),
        stored_listings=empty_records(LISTINGS),
        sources=("made",),
        symbol_sources={},
        fetched_at=None,
    )
    return take_snapshot(chain(), prices, as_of, panel.symbols, MEMBERS_OF_TODAY)


def entry(symbol: str, number: int = 1, **values: Any) -> Entry:
    given = {"section": "", "note": "", "tags": (), "added_on": TODAY} | values
    prices = {name: given.pop(name, None) for name in ("added_price", "target", "stop")}
    return Entry(number, symbol, **given, **prices)


def watchlist(
    entries: Sequence[Entry],
    sections: Sequence[str] | None = None,
    follows: Follows | None = None,
) -> Watchlist:
    named = dict.fromkeys(one.section for one in entries) if sections is None else sections
    moment = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
    return Watchlist(1, "AI", 1, tuple(named), (), follows, tuple(entries), moment)


def fresh(one: Entry) -> NewEntry:
    """The row as it is added again."""
    return NewEntry(
        one.symbol,
        one.section,
        one.note,
        one.tags,
        added_on=one.added_on,
        added_price=one.added_price,
        target=one.target,
        stop=one.stop,
    )
