"""The command `leadlag`. What is slow to import is imported by the command."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.output import Format, day, print_rows, say
from dashboard.cli.reading import AsOf, FormatOption, Members, MembersOption
from dashboard.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.snapshot import Snapshot
    from dashboard.studies.overnight import LeadLag


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(leadlag)


def leadlag(
    context: typer.Context,
    layer: Annotated[str | None, typer.Option(help="Only this layer's id.")] = None,
    driver: Annotated[str | None, typer.Option(help="Only this American symbol.")] = None,
    since: Annotated[
        dt.datetime | None,
        typer.Option(parser=day, metavar="YYYY-MM-DD", help="Pairs from this Taiwan session on."),
    ] = None,
    morning: Annotated[
        bool, typer.Option("--morning", help="What the drivers did before the opening instead.")
    ] = False,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    form: FormatOption = Format.TABLE,
) -> None:
    """How Taiwan's layers answer American sessions: at the opening, and after it."""
    from dashboard.cli import rows
    from dashboard.studies.overnight import american_symbols, lead_lag

    chain, day = rows.sound_map(context.obj), as_of.date() if as_of else None
    _check("layer", layer, chain.layer_by_id)
    _check("driver", driver, american_symbols(chain))
    taken = rows.told_snapshot(context.obj, chain, day, members=members)
    study = lead_lag(taken, since.date() if since else None)
    _tell(study)
    found = _morning(taken, study, now=day is None) if morning else study.table
    for name, value in (("layer", layer), ("driver", driver)):
        found = found if value is None else found[found[name] == value]
    if found.empty and not study.table.empty:
        say("the map ties no such American company to such a layer of Taiwan")
    print_rows(rows.marked(taken, found), form)


def _check(name: str, asked: str | None, known: Collection[str]) -> None:
    if asked is not None and asked not in known:
        raise InputError(
            f"--{name} {asked[:40]}: the map has none of that id; choose from {', '.join(known)}"
        )


def _tell(study: LeadLag) -> None:
    table = study.table
    told = table[table["missing"].isna()]
    if told.empty:
        say("no pair has 60 common sessions; --members today reaches further back")
        return
    say(
        f"{len(told)} of {len(table)} pairs have 60 sessions or more; "
        f"pairs from {told['first'].min():%Y-%m-%d} to {told['last'].max():%Y-%m-%d}; "
        f"p_adjusted is Holm's over {int(told['tests'].iloc[0])} tests"
    )


def _morning(taken: Snapshot, study: LeadLag, *, now: bool) -> pd.DataFrame:
    """The next opening's lines and those of the last session, one below the other."""
    import pandas as pd

    from dashboard.studies.overnight import latest_known, mornings

    found = mornings(taken, study, latest_known(taken) if now else None)
    for one in found:
        when = "as it went" if one.happened else "still to open"
        span = f"{one.first} to {one.last}" if one.first else "none new"
        say(f"Taiwan's session {one.session}, {when}; American sessions before it: {span}")
    return pd.concat([one.lines for one in found], ignore_index=True)
