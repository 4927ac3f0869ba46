"""The rows that the commands print: map, figures, bars, status."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import pandas as pd

from dashboard.cli.output import say
from dashboard.errors import InputError
from dashboard.markets import HOME, MARKETS, market_of
from dashboard.prices.adjustment import SOURCE_ADJUSTED_CLOSE
from dashboard.prices.bars import BAR_COLUMNS, FLAGS, SESSION, SYMBOL, flag_names
from dashboard.prices.flagged import flag_runs, report_runs, symbol_flags
from dashboard.prices.freshness import freshness
from dashboard.prices.records import REFERENCE
from dashboard.prices.sessions import last_final_session, sessions
from dashboard.settings import Settings
from dashboard.snapshot import (
    KNOWN,
    MAP,
    TODAY,
    MemberFilter,
    Prices,
    Snapshot,
    load_prices,
    load_store,
    session_for,
    stored_bars,
    stored_listed_since,
    take_snapshot,
    universe_snapshot,
)
from dashboard.studies.heatmap import CURRENCY, currencies_of
from dashboard.supply_chain.known import first_day, known_map
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from dashboard.supply_chain.rows import LAYER, membership_rows

_WEEKEND: Final = 3
"""Days; within them the calendar, which is slow to load, is not asked."""


def sound_map(settings: Settings) -> SupplyChain:
    """The map without its faulty parts; a warning on stderr where there are any.

    Raises
    ------
    InputError
        If nothing of it can be read.
    """
    loaded = load_map(settings.map_path)
    if loaded.faults and not loaded.chain.companies:
        raise InputError(str(loaded.faults[0]))
    if loaded.faults:
        say(fault_count(len(loaded.faults)) + "; see: python -m dashboard check")
    return loaded.chain


def told_map(settings: Settings, day: dt.date | None, members: str = KNOWN) -> SupplyChain:
    """The map as it was known on the session a day stands for; how much of it was, on stderr.

    Where no price is stored, the day itself counts.
    """
    chain = sound_map(settings)
    if day is not None:
        prices = load_prices(settings, chain.symbols(), chain)
        if settings.demo or not prices.simulated:
            asked, day = day, session_for(prices, day) or day
            _tell_session(prices, asked, day)
    known = chain if day is None or members == TODAY else known_map(chain, day)
    if day is not None:
        _tell_known(chain, known if members == KNOWN else known_map(chain, day), day, members)
    return known


def fault_count(count: int) -> str:
    """`the map has 2 faults`."""
    return f"the map has {count} fault{'s' if count > 1 else ''}"


def rows_by_layer(chain: SupplyChain) -> pd.DataFrame:
    """The map's memberships in the order of its layers."""
    order = {layer.id: position for position, layer in enumerate(chain.layers)}
    rows = membership_rows(chain)
    placed = rows[rows[LAYER].isin(order)]
    return placed.sort_values(LAYER, key=lambda ids: ids.map(order), kind="stable")


def layer_rows(
    settings: Settings,
    as_of: dt.date | None,
    markets: Sequence[str],
    weighting: str,
    *,
    include_digest: bool,
    include_secondary: bool,
    members: str = KNOWN,
) -> pd.DataFrame:
    """The layer table, `layer` first.

    Raises
    ------
    InputError
        If a market is unknown, or nothing is stored on or before `as_of`.
    """
    wanted = tuple(one.upper() for one in markets)
    for one in wanted:
        if one not in MARKETS:
            raise InputError(f"--market {one}: unknown; choose from {', '.join(MARKETS)}")
    chosen = MemberFilter(wanted, (), include_digest, include_secondary)
    snapshot = _any_snapshot(settings, sound_map(settings), as_of, members)
    table = snapshot.layers(chosen, weighting)
    currencies = currencies_of(snapshot.members(chosen))
    return marked(snapshot, table.assign(**{CURRENCY: currencies}).reset_index())


def metric_rows(
    settings: Settings, as_of: dt.date | None, universe: str, members: str = KNOWN
) -> pd.DataFrame:
    """The metric table, `symbol` first; errors as `layer_rows`.

    Of the map all symbols, also those that were not known yet: a symbol's own figures do not
    hang on the map.
    """
    chain = sound_map(settings)
    if universe == MAP:
        prices = load_prices(settings, chain.symbols(), chain)
        session = session_for(prices, as_of)
        snapshot = take_snapshot(chain, prices, session, chain.symbols(), members)
        _tell_snapshot(snapshot, as_of)
    else:
        snapshot = told_snapshot(settings, chain, as_of, universe, members)
    currencies = dict.fromkeys(MARKETS[market_of(one)].currency for one in snapshot.universe)
    if len(currencies) > 1:
        say(f"prices and amounts are in each market's own currency: {', '.join(currencies)}")
    metrics = snapshot.metrics.loc[list(snapshot.universe)]
    return marked(snapshot, metrics.rename_axis(SYMBOL).reset_index())


def marked(snapshot: Snapshot, rows: pd.DataFrame) -> pd.DataFrame:
    """Simulated figures carry the mark in a column of their own."""
    return rows.assign(simulated=True) if snapshot.prices.simulated else rows


def told_snapshot(
    settings: Settings,
    chain: SupplyChain,
    day: dt.date | None,
    universe: str = MAP,
    members: str = KNOWN,
) -> Snapshot:
    """The figures; as of when, by which map and from where on stderr.

    Parameters
    ----------
    members : `known` on the day, or `today`'s with hindsight

    Raises
    ------
    InputError
        If there is no such universe, nobody of it was known, or none of it has a price on or
        before the day.
    """
    taken = universe_snapshot(settings, chain, universe, day, members)
    _tell_snapshot(taken, day)
    return taken


def _any_snapshot(
    settings: Settings, chain: SupplyChain, day: dt.date | None, members: str
) -> Snapshot:
    """The map's figures, also where nobody was known."""
    prices = load_prices(settings, chain.symbols(), chain)
    taken = take_snapshot(chain, prices, session_for(prices, day), members=members)
    _tell_snapshot(taken, day)
    return taken


def _tell_snapshot(taken: Snapshot, day: dt.date | None) -> None:
    names = list(taken.universe)
    if names and taken.metrics.loc[names, "last_session"].isna().all():
        raise InputError(
            f"--as-of {taken.as_of}: none of these symbols has a price on or before it; "
            "choose a later date or import their prices"
        )
    tell(taken, day)


def tell(taken: Snapshot, day: dt.date | None) -> None:
    """As of when and from where the figures are, and what is odd about them, on stderr."""
    prices, names = taken.prices, taken.universe
    if prices.simulated:
        say("SIMULATED PRICES: the store is empty or --demo is set; these are no real quotes")
    if day is not None:
        _tell_session(prices, day, taken.as_of)
    tell_members(taken, day)
    if not names and not taken.known_chain.companies:
        return  # That nobody was known is the reason; prices have no part in it.
    last = taken.metrics.loc[list(names), "last_session"].max()
    if pd.isna(last):
        say(f"as of {taken.as_of}: none of these symbols has a price")
        return
    behind = _sessions_behind(last.date(), day)
    bars = f"last bars of {last:%Y-%m-%d}" + (f", {behind} sessions behind" if behind else "")
    say(f"as of {taken.as_of}, {bars}, source: {_some(prices.sources, 3) or 'none'}")
    if jumps := taken.jumps(names):
        say(f"unexplained jumps of {_some(jumps, 20)}: returns across them are not shown")
    count, since = taken.unadjusted(names)
    if count:
        say(
            f"{count} of {len(names)} symbols lack adjusted prices, the earliest from {since} on: "
            "figures across that day leave dividends out"
        )


def _tell_session(prices: Prices, day: dt.date, session: dt.date) -> None:
    """Which session a day stands for, where it is none itself."""
    if day == session:
        return
    if day > prices.last_session:
        say(f"{day} is later than the last stored session; figures are as of {session}")
    else:
        say(f"{day} is no session; as of {session}")


def tell_members(taken: Snapshot, day: dt.date | None) -> None:
    """How much of the map was known on the day; nothing where no earlier day is asked for."""
    if day is None and taken.hindsight:
        say("members: today's, through all time (hindsight)")
    elif day is not None:
        members = TODAY if taken.hindsight else KNOWN
        _tell_known(taken.whole_chain, taken.known_chain, taken.as_of, members)


def _tell_known(whole: SupplyChain, known: SupplyChain, day: dt.date, members: str) -> None:
    count, documents = len(known.documents), len(whole.documents)
    missing = len(whole.companies) - len(known.companies)
    if members == TODAY:
        say(
            f"members: today's (hindsight); on {day} {count} of {documents} documents were known, "
            f"{missing} companies not on the map yet"
        )
    elif count < documents:
        say(
            f"members: as known on {day}, {count} of {documents} documents; {missing} companies "
            "not on the map yet"
        )
        if not known.companies:
            say(f"nobody was known yet on {day}: {_first_known(whole)}, or --members today")


def _first_known(chain: SupplyChain) -> str:
    first = first_day(chain)
    if first is None:
        return "no document has a date"
    return f"the first document counts from {first}; choose that day or a later one"


def _some(names: Sequence[str], most: int) -> str:
    """The first of the names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _sessions_behind(last: dt.date, day: dt.date | None) -> int:
    """Sessions of the home market between the last bars and the day asked for, or now."""
    now = dt.datetime.now(dt.UTC)
    until = min(day, now.date()) if day else now.date()
    if (until - last).days <= _WEEKEND:
        return 0
    ended = min(until, last_final_session(HOME, now))
    return max(0, len(sessions(HOME, last, ended)) - 1)


def bar_rows(
    settings: Settings, symbols: Sequence[str], start: dt.date | None, end: dt.date | None
) -> pd.DataFrame:
    """The stored bars, flags by name; a message on stderr for symbols without any.

    `adjusted_close` is ours, told by all that is stored of the symbol; `source_adjusted_close`
    is missing where the source has none.

    Raises
    ------
    InputError
        If nothing has been stored yet, the map has faults, or `end` is before `start`.
    """
    if start is not None and end is not None and end < start:
        raise InputError(f"--to {end} is before --from {start}; exchange them")
    store = load_store(settings)
    rows = stored_bars(sound_map(settings), store, symbols)
    rows = rows[[*BAR_COLUMNS, SOURCE_ADJUSTED_CLOSE, REFERENCE]]
    if start is not None:
        rows = rows[rows[SESSION] >= pd.Timestamp(start)]
    if end is not None:
        rows = rows[rows[SESSION] <= pd.Timestamp(end)]
    rows = rows.assign(**{FLAGS: rows[FLAGS].map(flag_names)})
    unknown = sorted(set(symbols) - set(rows[SYMBOL]))
    if unknown:
        say(
            f"no bars stored for {', '.join(unknown)} in that time; a symbol is written 2330.TW; "
            "see: python -m dashboard status"
        )
    return rows


def status_rows(settings: Settings, symbols: Sequence[str] | None = None) -> pd.DataFrame:
    """Per symbol what is stored, `flags` with those that are told when read.

    Errors as `bar_rows`.
    """
    chain = sound_map(settings)
    store = load_store(settings)
    wanted = list(chain.symbols()) if symbols is None else list(symbols)
    coverage = store.coverage()
    if symbols is not None:
        coverage = coverage[coverage.index.isin(wanted)]
    since = stored_listed_since(chain, store)
    coverage[FLAGS] = symbol_flags(store, symbols, listed_since=since)
    return freshness(coverage, wanted, dt.datetime.now(dt.UTC))


def report_rows(settings: Settings, symbols: Sequence[str] | None = None) -> pd.DataFrame:
    """What the rules report without a flag, as `flag_rows`; judged over all that is stored."""
    store = load_store(settings)
    since = stored_listed_since(sound_map(settings), store)
    runs = report_runs(store, now=dt.datetime.now(dt.UTC), listed_since=since)
    return runs if symbols is None else runs[runs[SYMBOL].isin(symbols)]


def flag_rows(settings: Settings, symbols: Sequence[str] | None = None) -> pd.DataFrame:
    """The flagged bars, consecutive ones with the same flag in one row; errors as `bar_rows`."""
    store = load_store(settings)
    since = stored_listed_since(sound_map(settings), store)
    runs = flag_runs(store, symbols, listed_since=since)
    return runs.assign(**{FLAGS: runs[FLAGS].map(flag_names)})
