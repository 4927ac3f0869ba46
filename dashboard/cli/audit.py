"""The command `audit`. What is slow to import is imported by the command."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.cli.output import Format, print_rows
from dashboard.cli.reading import AsOf, FormatOption, Members, MembersOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(audit)


def audit(
    context: typer.Context,
    document: Annotated[str | None, typer.Option(help="Only claims of this document.")] = None,
    layer: Annotated[str | None, typer.Option(help="Only claims about this layer.")] = None,
    company: Annotated[
        str | None, typer.Option(help="Only claims about this company (key, code or symbol).")
    ] = None,
    verdict: Annotated[
        str | None, typer.Option(help="Only these: confirmed, not_so_far or cannot.")
    ] = None,
    contradictions: Annotated[
        bool, typer.Option("--contradictions", help="Where documents disagree, instead.")
    ] = False,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    form: FormatOption = Format.TABLE,
) -> None:
    """Each dated claim of the documents, and what prices and revenue did since."""
    from dashboard.cli import audit_rows
    from dashboard.export import flat

    rows = audit_rows.audit_rows(
        context.obj,
        as_of.date() if as_of else None,
        members.value,
        {"document": document, "group": layer, "company": company, "verdict": verdict},
        contradictions=contradictions,
    )
    print_rows(rows if form is Format.JSON else flat(rows), form)
