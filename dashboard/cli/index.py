"""The command `index`. What is slow to import is imported by the command."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dashboard.cli.output import Format, print_rows, say
from dashboard.cli.reading import (
    AsOf,
    FormatOption,
    IncludeDigest,
    IncludeSecondary,
    Members,
    MembersOption,
    Weighting,
)
from dashboard.cli.rotation import Against, By


class Returns(StrEnum):
    """Whether cash dividends are put back."""

    TOTAL = "total"
    PRICE = "price"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(index)


def index(
    context: typer.Context,
    groups: Annotated[
        list[str] | None, typer.Argument(help="Only these groups, by id (default: all).")
    ] = None,
    by: Annotated[By, typer.Option(help="What groups are.")] = By.LAYER,
    weighting: Annotated[
        Weighting, typer.Option(help="Equal, set monthly; or by market cap.")
    ] = Weighting.EQUAL,
    basis: Annotated[
        Returns, typer.Option(help="With cash dividends put back, or prices alone.")
    ] = Returns.TOTAL,
    benchmark: Annotated[
        Against, typer.Option(help="The market's index, or all of the map in the market.")
    ] = Against.INDEX,
    market: Annotated[str, typer.Option(help="Whose members (TW, US …).")] = "TW",
    ex_tsmc: Annotated[bool, typer.Option("--ex-tsmc", help="Without 2330.TW.")] = False,
    max_weight: Annotated[
        float, typer.Option(help="Most that one name weighs by market cap, a fraction.")
    ] = 0.30,
    series: Annotated[
        bool, typer.Option("--series", help="Every session of every group instead.")
    ] = False,
    of_members: Annotated[
        bool, typer.Option("--contributions", help="The members of one group instead.")
    ] = False,
    span: Annotated[
        str, typer.Option(help="Of --contributions: 3m, 6m, ytd, 1y, 3y or max.")
    ] = "1y",
    include_digest: IncludeDigest = False,
    include_secondary: IncludeSecondary = False,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    form: FormatOption = Format.TABLE,
) -> None:
    """Chained indices of layers or stages: returns, breadth, concentration, hindsight gap."""
    if series and of_members:
        raise typer.BadParameter("give --series or --contributions, not both")
    if of_members and len(groups or ()) != 1:
        raise typer.BadParameter("--contributions is of one group; name it")
    from dashboard.analytics.benchmark import Basis
    from dashboard.cli.rows import marked, sound_map, told_snapshot
    from dashboard.errors import InputError
    from dashboard.studies import index as study

    if span not in study.SPANS:
        raise InputError(f"--span {span}: unknown; choose from {', '.join(study.SPANS)}")
    day = as_of.date() if as_of else None
    taken = told_snapshot(context.obj, sound_map(context.obj), day, members=members.value)
    known = study.priced_markets(taken)
    if market.upper() not in known:
        raise InputError(f"--market {market}: none of its companies has a price; have "
                         f"{', '.join(known)}")  # fmt: skip
    choice = study.Choice(
        by=by.value,
        weighting=weighting.value,
        basis=Basis(basis.value),
        benchmark=benchmark.value,
        market=market.upper(),
        max_weight=max_weight,
        without_giant=ex_tsmc,
        digest=include_digest,
        secondary=include_secondary,
    )
    found = study.study_of(taken, choice)
    if found is None:
        raise InputError(f"--market {market}: no company of it has a price on or before that day")
    asked = study.checked_groups(found, groups or ())
    for line in study.notes(found, taken):
        say(line)
    if of_members:
        rows = study.member_rows(found, asked[0], span)
    elif series:
        rows = study.series_rows(found, asked)
    else:
        table = study.index_rows(found)
        rows = table[table[study.GROUP].isin(asked)]
    print_rows(marked(taken, rows), form)
