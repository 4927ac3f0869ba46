"""Commands that read: check, companies, layers, metrics, bars, status.

`rows` is imported by each command: it is slow, and opening the dashboard must not wait for it.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

import typer

from dashboard.cli.output import PARTLY_DONE, Format, day, print_rows, say

FormatOption = Annotated[Format, typer.Option("--format", help="How rows come out.")]
AsOf = Annotated[
    dt.datetime | None,
    typer.Option(
        parser=day,
        metavar="YYYY-MM-DD",
        help="Show the figures as of this day (default: the last).",
    ),
]


class Members(StrEnum):
    """Whose members count as of an earlier day."""

    KNOWN = "known"
    TODAY = "today"


MembersOption = Annotated[
    Members,
    typer.Option(
        "--members",
        help="Who counts as of an earlier day: members by the documents known then, or today's "
        "(with hindsight).",
    ),
]


IncludeDigest = Annotated[
    bool, typer.Option("--include-digest", help="Count members named in headlines only.")
]
IncludeSecondary = Annotated[
    bool, typer.Option("--include-secondary", help="Count members also where secondary.")
]


class Weighting(StrEnum):
    """How members count in a layer's return."""

    EQUAL = "equal"
    CAP = "cap"


def register(app: typer.Typer) -> None:
    """Add the reading commands."""
    for command in (check, companies, layers, metrics, bars, status):
        app.command()(command)


def _day(moment: dt.datetime | None) -> dt.date | None:
    return moment.date() if moment else None


def check(context: typer.Context) -> None:
    """Validate the map; each fault as file:line: what, how to mend it."""
    from dashboard.cli import rows
    from dashboard.supply_chain.loading import load_map

    loaded = load_map(context.obj.map_path)
    for fault in loaded.faults:
        typer.echo(str(fault))
    if loaded.faults:
        say(rows.fault_count(len(loaded.faults)))
        raise typer.Exit(1)
    chain = loaded.chain
    say(
        f"{context.obj.map_path.name} is sound: {len(chain.companies)} companies, "
        f"{len(chain.layers)} layers, {len(chain.relations)} relations, {len(chain.events)} events"
    )


def companies(
    context: typer.Context,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    form: FormatOption = Format.TABLE,
) -> None:
    """The map as rows: one per company, membership and piece of evidence."""
    from dashboard.cli.rows import told_map
    from dashboard.supply_chain.rows import membership_rows

    print_rows(membership_rows(told_map(context.obj, _day(as_of), members)), form)


def layers(
    context: typer.Context,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    weighting: Annotated[Weighting, typer.Option(help="How members count.")] = Weighting.EQUAL,
    include_digest: IncludeDigest = False,
    include_secondary: IncludeSecondary = False,
    market: Annotated[
        list[str] | None, typer.Option(help="Only members of this market (TW, US …); repeatable.")
    ] = None,
    map_only: Annotated[
        bool, typer.Option("--map-only", help="The map's members by layer, without prices.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """The layer table, or with --map-only the map's members in layer order."""
    from dashboard.cli import rows

    if map_only:
        chain = rows.told_map(context.obj, _day(as_of), members)
        print_rows(rows.rows_by_layer(chain), form)
        return
    table = rows.layer_rows(
        context.obj,
        _day(as_of),
        tuple(market or ()),
        weighting.value,
        members=members,
        include_digest=include_digest,
        include_secondary=include_secondary,
    )
    print_rows(table, form)


def metrics(
    context: typer.Context,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    universe: Annotated[
        str, typer.Option(help="map, listed (all stored stocks of Taiwan) or a layer's id.")
    ] = "map",
    form: FormatOption = Format.TABLE,
) -> None:
    """The metric table: one row per symbol, every metric."""
    from dashboard.cli import rows

    print_rows(rows.metric_rows(context.obj, _day(as_of), universe, members), form)


def bars(
    context: typer.Context,
    symbols: Annotated[list[str], typer.Argument(help="Symbols such as 2330.TW.")],
    start: Annotated[
        dt.datetime | None,
        typer.Option("--from", parser=day, metavar="YYYY-MM-DD", help="First session."),
    ] = None,
    end: Annotated[
        dt.datetime | None,
        typer.Option("--to", parser=day, metavar="YYYY-MM-DD", help="Last session."),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """The stored bars with adjusted_close, source and flags."""
    from dashboard.cli import rows
    from dashboard.prices.bars import SYMBOL

    found = rows.bar_rows(context.obj, symbols, _day(start), _day(end))
    print_rows(found, form)
    if found.empty:
        raise typer.Exit(1)
    if set(symbols) - set(found[SYMBOL]):
        raise typer.Exit(PARTLY_DONE)


def status(
    context: typer.Context,
    flags: Annotated[
        bool, typer.Option("--flags", help="The flagged bars instead, by symbol and session.")
    ] = False,
    reports: Annotated[
        bool, typer.Option("--reports", help="Halts, holes, copies, stale and emerging bars.")
    ] = False,
    symbol: Annotated[list[str] | None, typer.Option(help="Only this symbol; repeatable.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Per symbol: first and last session, sessions missing, flags, source, time of fetch."""
    from dashboard.cli import rows

    if flags and reports:
        raise typer.BadParameter("give --flags or --reports, not both")
    found = rows.flag_rows if flags else rows.report_rows if reports else rows.status_rows
    print_rows(found(context.obj, symbol), form)
