"""Global options, and one clear sentence with an exit code for every error.

Exit codes: 0 done, 1 bad input, 2 wrong usage, 3 done in part.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli import (
    accounts,
    alerts,
    audit,
    correlations,
    events,
    index,
    leadlag,
    maintaining,
    proposals,
    quarantine,
    reading,
    reproduce,
    rotation,
    screening,
    watchlists,
    writing,
)
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
    settings = Settings() if data_dir is None else Settings(data_dir)
    if map_file is not None:
        settings = dataclasses.replace(settings, map_path=map_file)
    _check_place(settings.data_dir)
    context.obj = settings
    if context.invoked_subcommand is None:
        writing.run(context)


def _check_place(data_dir: str) -> None:
    """What the store would say later, before the server starts or a source is asked."""
    if "://" in data_dir:
        return
    try:
        taken = Path(data_dir).is_file()
    except OSError as error:
        raise InputError(f"{data_dir[:80]}: no folder can be there ({error.strerror})") from error
    if taken:
        raise InputError(f"{data_dir}: the price store is a folder and this is a file")


reading.register(app)
reproduce.register(app)
screening.register(app)
writing.register(app)
quarantine.register(app)
maintaining.register(app)
watchlists.register(app)
accounts.register(app)
alerts.register(app)
audit.register(app)
leadlag.register(app)
rotation.register(app)
index.register(app)
correlations.register(app)
events.register(app)
proposals.register(app)


def main() -> None:
    """Run the command line and exit."""
    try:
        app(prog_name="python -m dashboard")
    except DashboardError as error:
        say(f"error: {error}")
        sys.exit(1)
