"""The command `correlations`. What is slow to import is imported by the command."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.output import Format, print_rows, say
from dashboard.cli.reading import (
    AsOf,
    FormatOption,
    IncludeDigest,
    IncludeSecondary,
    Members,
    MembersOption,
)

if TYPE_CHECKING:
    from dashboard.studies.clusters import Study


class Compared(StrEnum):
    """What is compared."""

    LAYER = "layer"
    MEMBER = "member"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(correlations)


def correlations(
    context: typer.Context,
    by: Annotated[Compared, typer.Option(help="Layers, or their members.")] = Compared.LAYER,
    scope: Annotated[
        str, typer.Option(help="Whose members: map, or the id of a stage or layer.")
    ] = "map",
    window: Annotated[int, typer.Option(help="Sessions: 60, 120 or 250.")] = 120,
    raw: Annotated[bool, typer.Option("--raw", help="Leave the market in.")] = False,
    together: Annotated[
        float, typer.Option(help="Correlation above which series are one cluster: 0.2, 0.3, 0.5.")
    ] = 0.3,
    include_digest: IncludeDigest = False,
    include_secondary: IncludeSecondary = False,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    form: FormatOption = Format.TABLE,
) -> None:
    """Pairs of layers or members by correlation beyond the market, with interval and cluster."""
    from dashboard.analytics.clusters import MINIMUM, WINDOWS
    from dashboard.cli.rows import marked, sound_map, told_snapshot
    from dashboard.errors import InputError
    from dashboard.studies import clusters as study

    if window not in WINDOWS:
        choices = ", ".join(map(str, WINDOWS))
        raise InputError(f"--window {window}: unknown; choose from {choices}")
    if str(together) not in study.THRESHOLDS:
        choices = ", ".join(study.THRESHOLDS)
        raise InputError(f"--together {together}: unknown; choose from {choices}")
    chain = sound_map(context.obj)
    if scope not in {study.WHOLE_MAP, *chain.stage_by_id, *chain.layer_by_id}:
        raise InputError(f"--scope {scope[:40]}: no such stage or layer; see: layers --map-only")
    day = as_of.date() if as_of else None
    taken = told_snapshot(context.obj, chain, day, members=members.value)
    yes = {True: "1", False: ""}
    asked = study.asked_of(
        taken,
        {
            study.GROUP: by.value,
            study.SCOPE: scope,
            study.WINDOW: str(window),
            study.RAW: yes[raw],
            study.THRESHOLD: str(together),
            study.DIGEST: yes[include_digest],
            study.SECONDARY: yes[include_secondary],
        },
    )
    found = study.study(taken, asked)
    if found is None or len(found.found.order) < 2:
        raise InputError(
            f"fewer than two series have {MINIMUM} sessions; choose a longer --window, "
            "another --scope, or a later --as-of"
        )
    _tell(found)
    print_rows(marked(taken, found.table()), form)


def _tell(found: Study) -> None:
    tested, start, end = found.found.tested, *(f"{one:%Y-%m-%d}" for one in found.sessions)
    market = "market left in" if found.benchmark is None else f"{found.benchmark.symbol} taken out"
    say(f"{start} to {end}, {market} ({found.basis.value} return)")
    for one in found.bundles():
        say(
            f"one trade: {', '.join(one.ids)} (mean {one.mean:.2f}, {one.lowest:.2f} to "
            f"{one.highest:.2f}, at least {one.common} common sessions"
            + (f", {one.shared} members in common)" if one.shared else ")")
        )
    say(
        f"{tested.pairs} pairs, the interval of {tested.apart} leaves zero out "
        f"(about {tested.by_chance:.0f} by chance); {tested.surviving} survive Bonferroni"
    )
    if found.found.left_out:
        counts = ", ".join(f"{one} ({int(found.own[one])})" for one in found.found.left_out)
        say(f"left out, too few sessions: {counts}")
