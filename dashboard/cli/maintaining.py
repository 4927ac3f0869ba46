"""Commands that look after the store: repair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.output import PARTLY_DONE, Format, print_rows, say
from dashboard.cli.reading import FormatOption

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.prices.repair import Repaired


def register(app: typer.Typer) -> None:
    """Add the maintaining commands."""
    app.command()(repair)


def repair(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be kept and change nothing.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Make damaged tables of the store anew from what is intact; nothing is deleted."""
    from dashboard.prices.store import PriceStore

    done = PriceStore(context.obj.data_dir).repair(dry_run=dry_run)
    if done or form is not Format.TABLE:
        print_rows(_lost_rows(done), form)
    if not done:
        say("the price store is sound; there is nothing to repair")
    for one in done:
        say(_told(one))
    if any(one.lost for one in done):
        say("what is missing comes back with: python -m dashboard refresh, or import")
        raise typer.Exit(PARTLY_DONE)


def _told(one: Repaired) -> str:
    known = sum(lost.rows or 0 for lost in one.lost)
    more = " and more, uncounted," if any(lost.rows is None for lost in one.lost) else ""
    entries = f", log entries lost: {len(one.entries)}" if one.entries else ""
    where = f"the damaged folder is {one.aside}" if one.aside else "nothing was changed"
    return (
        f"{one.table}: {one.reason}: {one.rows:,} rows kept, {known:,}{more} lost{entries}; {where}"
    )


def _lost_rows(done: tuple[Repaired, ...]) -> pd.DataFrame:
    """One row a data file that was lost, at least one a table."""
    import pandas as pd

    columns = ["table", "kept", "lost", "first", "last", "from", "to", "file", "why", "aside"]
    rows = []
    for one in done:
        for lost in one.lost or (None,):
            first, last = (None, None) if lost is None else (lost.first, lost.last)
            rows.append(
                (
                    one.table, one.rows, 0 if lost is None else lost.rows,
                    first and first[0], last and last[0], first and first[1], last and last[1],
                    lost and lost.file, one.reason if lost is None else lost.reason, one.aside,
                )
            )  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
