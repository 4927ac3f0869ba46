"""Commands that read: check, companies, layers, metrics, bars, status."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from dashboard.cli.output import Format, print_rows, say
from dashboard.errors import InputError
from dashboard.markets import MARKETS
from dashboard.prices.bars import FLAGS, SESSION, SYMBOL, flag_names
from dashboard.settings import Settings
from dashboard.snapshot import (
    INDICES,
    MemberFilter,
    Snapshot,
    load_prices,
    load_store,
    take_snapshot,
)
from dashboard.supply_chain.loading import LoadedMap, load_map
from dashboard.supply_chain.models import SupplyChain
from dashboard.supply_chain.rows import LAYER, membership_rows

FormatOption = Annotated[Format, typer.Option("--format", help="How rows come out.")]
AsOf = Annotated[
    dt.datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Show the figures as of this day (default: the last)."),
]
MAP, LISTED = "map", "listed"


class Weighting(StrEnum):
    """How members count in a layer's return."""

    EQUAL = "equal"
    CAP = "cap"


def register(app: typer.Typer) -> None:
    """Add the reading commands."""
    for command in (check, companies, layers, metrics, bars, status):
        app.command()(command)


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
        say(_fault_count(loaded) + "; see: python -m dashboard check")
    return loaded.chain


def _fault_count(loaded: LoadedMap) -> str:
    count = len(loaded.faults)
    return f"the map has {count} fault{'s' if count > 1 else ''}"


def check(context: typer.Context) -> None:
    """Validate the map; each fault as file:line: what, how to mend it."""
    loaded = load_map(context.obj.map_path)
    for fault in loaded.faults:
        typer.echo(str(fault))
    if loaded.faults:
        say(_fault_count(loaded))
        raise typer.Exit(1)
    chain = loaded.chain
    say(
        f"{context.obj.map_path.name} is sound: {len(chain.companies)} companies, "
        f"{len(chain.layers)} layers, {len(chain.relations)} relations, {len(chain.events)} events"
    )


def companies(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """The map as rows: one per company, membership and piece of evidence."""
    print_rows(membership_rows(sound_map(context.obj)), form)


def layers(
    context: typer.Context,
    as_of: AsOf = None,
    weighting: Annotated[Weighting, typer.Option(help="How members count.")] = Weighting.EQUAL,
    include_digest: Annotated[
        bool, typer.Option("--include-digest", help="Count members named in headlines only.")
    ] = False,
    include_secondary: Annotated[
        bool, typer.Option("--include-secondary", help="Count members also where secondary.")
    ] = False,
    market: Annotated[
        list[str] | None, typer.Option(help="Only members of this market (TW, US …); repeatable.")
    ] = None,
    map_only: Annotated[
        bool, typer.Option("--map-only", help="The map's members by layer, without prices.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """The layer table, or with --map-only the map's members in layer order."""
    chain = sound_map(context.obj)
    if map_only:
        print_rows(_rows_by_layer(chain), form)
        return
    for one in market or ():
        if one not in MARKETS:
            raise InputError(f"--market {one}: unknown; choose from {', '.join(MARKETS)}")
    chosen = MemberFilter(
        markets=tuple(market or ()),
        include_digest=include_digest,
        include_secondary=include_secondary,
    )
    snapshot = _snapshot(context.obj, chain, as_of)
    _print_figures(snapshot, snapshot.layers(chosen, weighting.value).reset_index(), form)


def _rows_by_layer(chain: SupplyChain) -> pd.DataFrame:
    order = {layer.id: position for position, layer in enumerate(chain.layers)}
    rows = membership_rows(chain)
    placed = rows[rows[LAYER].isin(order)]
    return placed.sort_values(LAYER, key=lambda ids: ids.map(order), kind="stable")


def metrics(
    context: typer.Context,
    as_of: AsOf = None,
    universe: Annotated[
        str, typer.Option(help="map, listed (all stored stocks of Taiwan) or a layer's id.")
    ] = MAP,
    form: FormatOption = Format.TABLE,
) -> None:
    """The metric table: one row per symbol, every metric."""
    chain = sound_map(context.obj)
    snapshot = _snapshot(context.obj, chain, as_of, universe)
    _print_figures(snapshot, snapshot.metrics.rename_axis(SYMBOL).reset_index(), form)


def _snapshot(
    settings: Settings, chain: SupplyChain, as_of: dt.datetime | None, universe: str = MAP
) -> Snapshot:
    day = as_of.date() if as_of else None
    if universe == LISTED:
        prices = load_prices(settings)
        home = prices.panels.get("TW")
        names = [s for s in (home.symbols if home else ()) if s not in INDICES]
        taken = take_snapshot(chain, prices, day, names)
    else:
        names = _layer_symbols(chain, universe) if universe != MAP else list(chain.symbols())
        prices = load_prices(settings, chain.symbols())
        taken = take_snapshot(chain, prices, day, names)
    if prices.simulated:
        say("SIMULATED PRICES: the store is empty or --demo is set; these are no real quotes")
    last = taken.metrics["last_session"].max()
    bars = "no bars" if pd.isna(last) else f"last bars of {last:%Y-%m-%d}"
    say(f"as of {taken.as_of}, {bars}, source: {', '.join(prices.sources[:3]) or 'none'}")
    count, since = taken.unadjusted(names)
    if count:
        say(
            f"{count} of {len(names)} symbols lack adjusted prices, the earliest from {since} on: "
            "figures across that day leave dividends out"
        )
    return taken


def _print_figures(snapshot: Snapshot, rows: pd.DataFrame, form: Format) -> None:
    """Rows of figures; simulated ones carry the mark in a column of their own."""
    marked = rows.assign(simulated=True) if snapshot.prices.simulated else rows
    print_rows(marked, form)


def _layer_symbols(chain: SupplyChain, layer: str) -> list[str]:
    if layer not in chain.layer_by_id:
        raise InputError(
            f"--universe {layer}: no such layer; choose map, listed or one of "
            f"{', '.join(chain.layer_by_id)}"
        )
    return [
        company.symbol
        for company in chain.companies
        if company.symbol and any(one.layer == layer for one in company.memberships)
    ]


def bars(
    context: typer.Context,
    symbols: Annotated[list[str], typer.Argument(help="Symbols such as 2330.TW.")],
    start: Annotated[
        dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First session.")
    ] = None,
    end: Annotated[
        dt.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last session.")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """The stored bars with adjusted_close, source and flags."""
    store = load_store(context.obj)
    table = store.read(
        symbols=symbols,
        start=start.date() if start else None,
        end=end.date() if end else None,
    )
    rows = table.to_pandas().sort_values([SYMBOL, SESSION])
    rows[FLAGS] = rows[FLAGS].map(flag_names)
    unknown = sorted(set(symbols) - set(rows[SYMBOL]))
    if unknown:
        say(
            f"no bars stored for {', '.join(unknown)} in that time; see: python -m dashboard status"
        )
    print_rows(rows, form)
    if rows.empty:
        raise typer.Exit(1)


def status(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """Per symbol: first and last session, sessions missing, flags, source, time of fetch."""
    from dashboard.prices.freshness import freshness

    chain = sound_map(context.obj)
    store = load_store(context.obj)
    rows = freshness(store.coverage(), chain.symbols(), dt.datetime.now(dt.UTC))
    print_rows(rows, form)
