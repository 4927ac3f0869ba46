"""The command `rotation`. What is slow to import is imported by the command."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dashboard.cli.output import Format, print_rows, say
from dashboard.cli.reading import AsOf, FormatOption, Members, MembersOption


class By(StrEnum):
    """What groups are."""

    STAGE = "stage"
    LAYER = "layer"
    BOTTLENECK = "bottleneck"


class Against(StrEnum):
    """What groups are compared with."""

    INDEX = "index"
    MAP = "map"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rotation)


def rotation(
    context: typer.Context,
    by: Annotated[By, typer.Option(help="What groups are.")] = By.STAGE,
    benchmark: Annotated[
        Against, typer.Option(help="The market's index, or all of the map in the market.")
    ] = Against.INDEX,
    ribbon: Annotated[
        bool, typer.Option("--ribbon", help="The bottleneck groups by relative return instead.")
    ] = False,
    claims: Annotated[
        bool, typer.Option("--claims", help="What documents call scarce, before and after.")
    ] = False,
    series: Annotated[
        bool, typer.Option("--series", help="Every week instead of the last one.")
    ] = False,
    tail: Annotated[
        int | None, typer.Option(min=1, help="Only so many last weeks of --series.")
    ] = None,
    lookback: Annotated[
        int, typer.Option(min=1, max=260, help="Weeks of the ribbon's relative return.")
    ] = 13,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    form: FormatOption = Format.TABLE,
) -> None:
    """Where groups stand in the rotation graph; the bottleneck ribbon and its claims."""
    if claims and (ribbon or series):
        raise typer.BadParameter("give --claims alone, or --ribbon and --series")
    if tail is not None and not series:
        raise typer.BadParameter("--tail shortens --series; give both")
    from dashboard.cli.rows import marked, sound_map, told_snapshot
    from dashboard.export import flat
    from dashboard.studies import rotation as study

    day = as_of.date() if as_of else None
    taken = told_snapshot(context.obj, sound_map(context.obj), day, members=members.value)
    choice = study.Choice(by=by.value, benchmark=benchmark.value, lookback=lookback)
    if ribbon or claims:
        found = study.ribbon_of(taken, choice)
        lines = found.lines
        rows = study.claim_rows(found) if claims else study.ribbon_rows(found)
        rows = study.ribbon_series(found) if series else rows
    else:
        lines = study.group_lines(taken, choice)
        rows = study.series_of(lines) if series else study.rotation_rows(lines)
    if tail is not None:
        rows = study.last_weeks(rows, tail)
    if len(lines.last) and not lines.finished:
        say(f"the week of {lines.last.iloc[-1]:%Y-%m-%d} is not finished: its figures will change")
    rows = marked(taken, rows)
    print_rows(rows if form is Format.JSON else flat(rows), form)
