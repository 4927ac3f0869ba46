"""The command `events`. What is slow to import is imported by the command."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.output import Format, print_rows, say
from dashboard.cli.reading import AsOf, FormatOption, Members, MembersOption
from dashboard.errors import InputError

if TYPE_CHECKING:
    from dashboard.analytics.event_study import Window
    from dashboard.studies.events import Choice, EventStudies
    from dashboard.supply_chain.models import SupplyChain


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(events)


def events(
    context: typer.Context,
    event: Annotated[list[str] | None, typer.Option(help="Only this event; repeatable.")] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Only this layer and its events; repeatable.")
    ] = None,
    company: Annotated[
        list[str] | None, typer.Option(help="The same of a company, by its key; repeatable.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(help="Only events of this document; repeatable.")
    ] = None,
    direction: Annotated[
        list[str] | None,
        typer.Option(help="positive, negative, mixed or neutral; repeatable."),
    ] = None,
    window: Annotated[
        str, typer.Option(help="Sessions around the event, both ends: -1:1, 0:5, -5:20 …")
    ] = "-1:1",
    path: Annotated[bool, typer.Option("--path", help="Each row day by day instead.")] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="The events together, with tests from five on.")
    ] = False,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    form: FormatOption = Format.TABLE,
) -> None:
    """What prices did around the documents' events, beyond what their market explains."""
    if path and summary:
        raise typer.BadParameter("give --path or --summary, not both")
    from dashboard.cli.rows import marked, sound_map, told_snapshot
    from dashboard.studies import events as study
    from dashboard.supply_chain.models import Direction

    chain = sound_map(context.obj)
    choice = study.Choice(
        events=_known("event", event, [one.id for one in chain.events]),
        layers=_known("layer", layer, chain.layer_by_id),
        companies=_known("company", company, chain.company_by_key),
        documents=_known("document", document, chain.document_by_id),
        directions=_known("direction", direction, list(Direction)),
        window=_window(window),
    )
    day = as_of.date() if as_of else None
    taken = told_snapshot(context.obj, chain, day, members=members.value)
    studies = study.event_studies(taken, choice.window)
    _tell(taken.chain, studies, choice)
    if path:
        rows = study.paths_of(studies, choice)
    elif summary:
        rows = study.summary_of(studies, choice)
    else:
        rows = study.chosen_rows(studies, choice)
    print_rows(marked(taken, rows), form)


def _window(text: str) -> Window:
    from dashboard.analytics.event_study import window_of

    found = window_of(text)
    if found is None:
        raise InputError(
            f"--window {text[:20]}: write FIRST:LAST in sessions with FIRST from -10 to 0 and "
            "LAST from 0 to 60, for example --window=-1:1"
        )
    return found


def _known(option: str, asked: list[str] | None, ids: Collection[str]) -> tuple[str, ...]:
    for one in asked or ():
        if one not in ids:
            shown = ", ".join(list(ids)[:6])
            raise InputError(
                f"--{option} {one[:60]}: the map has no such {option}; for example {shown}"
            )
    return tuple(asked or ())


def _tell(chain: SupplyChain, studies: EventStudies | None, choice: Choice) -> None:
    if studies is None:
        say("no index of the home market is stored, so no event can be studied; refresh it")
        return
    dated = {one.event.id for one in studies.events}
    left = sum(choice.takes(one) and one.id not in dated for one in chain.events)
    say(
        f"window {studies.window}, against {studies.benchmark.symbol} "
        f"({studies.benchmark.basis.value} return); {left} chosen events have no day by this "
        "session and are not studied"
    )
