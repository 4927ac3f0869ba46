"""Global options, and one clear sentence with an exit code for every error.

Exit codes: 0 done, 1 bad input, 2 wrong usage, 3 done in part.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli import reading, writing
from dashboard.cli.output import say
from dashboard.errors import DashboardError, InputError
from dashboard.settings import DATA_DIR_VARIABLE, Settings

app = typer.Typer(
    name="dashboard",
    help="Screener and dashboard of Taiwan's AI supply chain.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    data_dir: Annotated[
        str | None, typer.Option(help=f"The price store (default data/store; {DATA_DIR_VARIABLE}).")
    ] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map", help="The map (default tickers.yaml).")
    ] = None,
) -> None:
    """Without a command: open the dashboard."""
    settings = Settings()
    if data_dir is not None:
        settings = dataclasses.replace(settings, data_dir=data_dir)
    if Path(settings.data_dir).is_file():
        raise InputError(f"{settings.data_dir}: the price store is a folder and this is a file")
    if map_file is not None:
        settings = dataclasses.replace(settings, map_path=map_file)
    context.obj = settings
    if context.invoked_subcommand is None:
        writing.run(context)


reading.register(app)
writing.register(app)


def main() -> None:
    """Run the command line and exit."""
    try:
        app(prog_name="python -m dashboard")
    except DashboardError as error:
        say(f"error: {error}")
        sys.exit(1)
