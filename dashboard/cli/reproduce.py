"""The command `reproduce`. What is slow to import is imported by the command."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.cli.output import Format, print_rows
from dashboard.cli.reading import FormatOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reproduce)


def reproduce(
    context: typer.Context,
    link: Annotated[
        str, typer.Argument(help="A link from 「固定連結」 on a page: the URL, or its query.")
    ],
    form: FormatOption = Format.TABLE,
) -> None:
    """The rows that a page showed, from the map and the store as they were then."""
    from dashboard.cli.reproduce_rows import reproduced_rows
    from dashboard.export import flat

    rows = reproduced_rows(context.obj, link)
    print_rows(rows if form is Format.JSON else flat(rows), form)
