"""Commands that start the dashboard or write the store: run, refresh, import.

What is slow to import is imported by the command: opening the dashboard must not wait for it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.output import Format, print_rows, say
from dashboard.cli.reading import FormatOption
from dashboard.errors import InputError
from dashboard.settings import Settings

if TYPE_CHECKING:
    from dashboard.prices.outcomes import Report

PARTLY_DONE = 3
INTERRUPTED = 130


class Source(StrEnum):
    """Where `refresh` takes prices from."""

    YAHOO = "yahoo"


def register(app: typer.Typer) -> None:
    """Add the writing commands."""
    app.command()(run)
    app.command("refresh")(refresh_prices)
    app.command("import")(import_prices)


def run(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the server (default 8501).")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Show simulated prices.")] = False,
) -> None:
    """Open the dashboard."""
    from dashboard.serve import serve

    settings = _absolute(dataclasses.replace(context.obj, demo=demo or context.obj.demo))
    os.environ.update(settings.to_environment())
    serve(settings, port)


def _absolute(settings: Settings) -> Settings:
    """Local paths made absolute: the server runs from the project's folder."""
    data_dir = settings.data_dir
    if "://" not in data_dir:
        data_dir = str(Path(data_dir).resolve())
    return dataclasses.replace(settings, data_dir=data_dir, map_path=settings.map_path.resolve())


def refresh_prices(
    context: typer.Context,
    source: Annotated[Source, typer.Option(help="Where prices come from.")] = Source.YAHOO,
    since: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First session wanted of a symbol not yet stored."),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Fetch what is missing of the map's symbols and the indices; only this reaches the network."""
    from dashboard.cli.rows import sound_map
    from dashboard.prices.providers.yahoo import YahooProvider
    from dashboard.prices.refresh import refresh
    from dashboard.prices.store import PriceStore
    from dashboard.snapshot import INDICES, emerging

    chain = sound_map(context.obj)
    if not chain.companies:
        raise InputError("the map names no company; mend it first: python -m dashboard check")
    providers = {Source.YAHOO: YahooProvider}
    wanted = [*INDICES, *chain.symbols()]
    try:
        with typer.progressbar(
            length=len(wanted), label=f"fetching from {source.value}", file=sys.stderr
        ) as bar:
            report = refresh(
                PriceStore(context.obj.data_dir),
                providers[source](),
                wanted,
                now=dt.datetime.now(dt.UTC),
                since=since.date() if since else None,
                on_progress=lambda progress: bar.update(progress.done - bar.pos),
                no_limit=emerging(chain),
            )
    except KeyboardInterrupt:
        say("stopped; what was committed before stays")
        raise typer.Exit(INTERRUPTED) from None
    _finish(report, form)


def import_prices(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files, or folders of them.")],
    form: FormatOption = Format.TABLE,
) -> None:
    """Store daily bars or shares outstanding from files."""
    from dashboard.prices.refresh import import_files
    from dashboard.prices.store import PriceStore

    _finish(import_files(PriceStore(context.obj.data_dir), files), form)


def _finish(report: Report, form: Format) -> None:
    rows = report.rows()
    if form is Format.TABLE:
        rows = rows[(rows["why"] != "") | (rows["corrected"] > 0)]  # the rest is in the summary
    print_rows(rows, form)
    say(report.summary())
    if report.incomplete:
        raise typer.Exit(PARTLY_DONE)
