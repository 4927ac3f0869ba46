"""The command for refused rows that were kept aside."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.output import PARTLY_DONE, Format, print_rows, say
from dashboard.cli.reading import FormatOption
from dashboard.errors import InputError

if TYPE_CHECKING:
    from dashboard.prices.quarantine import Acceptance
    from dashboard.prices.store import PriceStore


class Action(StrEnum):
    """What to do with the rows."""

    LIST = "list"
    ACCEPT = "accept"
    DROP = "drop"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(quarantine)


def quarantine(
    context: typer.Context,
    action: Annotated[Action, typer.Argument(help="What to do.")] = Action.LIST,
    records: Annotated[
        list[str] | None, typer.Argument(help="Rows to accept or drop, as the list names them.")
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="List decided rows too; accept or drop every row that waits."),
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Look at refused rows that were kept aside; accept them into the store, or drop them."""
    from dashboard.prices import quarantine as kept
    from dashboard.prices.bars import FLAGS, flag_names
    from dashboard.prices.records import REASON, RECORD
    from dashboard.prices.store import PriceStore

    if action is Action.LIST and records:
        raise typer.BadParameter("list takes no rows; it shows those that wait, with --all all")
    if action is not Action.LIST and bool(records) == every:
        raise typer.BadParameter(f"name the rows to {action.value}, or give --all")
    store = PriceStore(context.obj.data_dir)
    if action is Action.LIST:
        rows = kept.beside_stored(store, kept.records(store) if every else kept.waiting(store))
        whys = [kept.why(one, "en") for one in rows[REASON]]
        print_rows(rows.assign(why=whys, flags=rows[FLAGS].map(flag_names)), form)
    else:
        _decide(store, action, records or kept.waiting(store)[RECORD].tolist())


def _decide(store: PriceStore, action: Action, records: list[str]) -> None:
    from dashboard.prices import quarantine as kept

    failed = 0
    for record in records:
        try:
            if action is Action.DROP:
                kept.drop(store, record)
                say(f"{record}: dropped")
            else:
                say(_accepted(kept.accept(store, record)))
        except InputError as error:
            failed += 1
            say(f"error: {error}")
    if failed:
        raise typer.Exit(PARTLY_DONE if failed < len(records) else 1)


def _accepted(done: Acceptance) -> str:
    parts = [f"{done.record}: stored, flagged accepted"]
    if done.left_out:
        parts.append(f"left out, being impossible: {', '.join(done.left_out)}")
    if done.replaced:
        parts.append(f"the bar it replaces is kept aside as {done.replaced}")
    return "; ".join(parts)
