"""Commands that start the dashboard or write the store: run, refresh, import.

What is slow to import is imported by the command: opening the dashboard must not wait for it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.alerts.background import after_refresh, deliver_due
from dashboard.cli.output import PARTLY_DONE, Format, day, print_rows, say
from dashboard.cli.reading import FormatOption
from dashboard.errors import InputError
from dashboard.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.prices.outcomes import Report
    from dashboard.prices.refresh import Progress

INTERRUPTED = 130
_SOURCE_NAMES = {"auto": "Yahoo and the exchanges", "yahoo": "Yahoo", "exchanges": "the exchanges"}


class SourceOption(StrEnum):
    """Values of `prices.refresh.Source`, which is slow to import."""

    AUTO = "auto"
    YAHOO = "yahoo"
    EXCHANGES = "exchanges"


class UniverseOption(StrEnum):
    """Values of `prices.refresh.Universe`."""

    MAP = "map"
    LISTED = "listed"


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
    source: Annotated[
        SourceOption,
        typer.Option(
            help="auto: histories from Yahoo, the latest session from the exchanges, compared."
        ),
    ] = SourceOption.AUTO,
    universe: Annotated[
        UniverseOption,
        typer.Option(help="The map's symbols, or all common stocks listed in Taiwan as well."),
    ] = UniverseOption.MAP,
    schedule: Annotated[
        bool,
        typer.Option(
            "--schedule",
            help="Stay and refresh at 14:35 on Taiwan's sessions and at 06:00 after each, Taipei.",
        ),
    ] = False,
    since: Annotated[
        dt.datetime | None,
        typer.Option(
            parser=day,
            metavar="YYYY-MM-DD",
            help="First session wanted of a symbol not yet stored.",
        ),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Fetch what is missing of the map's symbols and the indices; only this reaches the network."""
    wish = _Wish(context.obj, source, universe, since.date() if since else None)
    if schedule:
        _keep_current(wish)
        return
    try:
        with typer.progressbar(
            length=0, label=f"fetching from {_SOURCE_NAMES[source]}", file=sys.stderr
        ) as bar:

            def show(progress: Progress) -> None:
                bar.length = progress.total
                bar.update(progress.done - bar.pos)

            report = wish.refresh(show)
    except KeyboardInterrupt:
        say("stopped; what was committed before stays")
        raise typer.Exit(INTERRUPTED) from None
    _finish(context.obj, report, form)


@dataclasses.dataclass(frozen=True)
class _Wish:
    """What is to be kept current, and from where."""

    settings: Settings
    source: SourceOption
    universe: UniverseOption
    since: dt.date | None

    def refresh(
        self,
        on_progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Report:
        """Once, with the map and the lists as they are now."""
        from dashboard.cli.rows import sound_map
        from dashboard.prices.refresh import (
            Source,
            Universe,
            beyond_the_map,
            open_sources,
            refresh,
        )
        from dashboard.prices.store import PriceStore
        from dashboard.snapshot import INDICES, emerging

        chain = sound_map(self.settings)
        if not chain.companies:
            raise InputError("the map names no company; mend it first: python -m dashboard check")
        store = PriceStore(self.settings.data_dir)
        sources = open_sources(Source(self.source))
        wanted = [*INDICES, *chain.symbols()]
        return refresh(
            store,
            sources.history,
            wanted,
            now=dt.datetime.now(dt.UTC),
            exchanges=sources.exchanges,
            since=self.since,
            later=beyond_the_map(store, Universe(self.universe), wanted),
            on_progress=on_progress,
            should_stop=should_stop,
            no_limit=emerging(chain),
        )


def _keep_current(wish: _Wish) -> None:
    from dashboard.cli.rows import sound_map
    from dashboard.prices.schedule import next_due
    from dashboard.prices.scheduler import Scheduler

    if not sound_map(wish.settings).companies:
        raise InputError("the map names no company; mend it first: python -m dashboard check")

    def once(should_stop: Callable[[], bool]) -> str:
        told = wish.refresh(should_stop=should_stop).summary()
        return "\n".join([told, *_afterwards(wish.settings)])

    due = next_due(dt.datetime.now(dt.UTC))
    say(f"the next refresh is due at {due:%Y-%m-%d %H:%M} Taipei; Ctrl-C ends the schedule")
    deliver = partial(deliver_due, wish.settings)
    Scheduler(once, say, wish.settings.data_dir, each_minute=deliver).serve()


def import_prices(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files, or folders of them.")],
    form: FormatOption = Format.TABLE,
) -> None:
    """Store daily bars, shares outstanding, corporate actions or monthly revenue from files."""
    from dashboard.prices.refresh import import_files
    from dashboard.prices.store import PriceStore

    _finish(context.obj, import_files(PriceStore(context.obj.data_dir), files), form)


def _afterwards(settings: Settings) -> list[str]:
    """Keep the map that these prices are read by, and tell the alerts; what there is to say."""
    from dashboard.supply_chain.keeping import keep_beside

    return [*filter(None, [keep_beside(settings)]), *_alerts(settings)]


def _alerts(settings: Settings) -> list[str]:
    """What became of everybody's alerts, in lines; nothing where there is nothing to say.

    They have no part in the exit code: a refresh is not a failure for a mail that is late.
    """
    summary = after_refresh(settings)
    if summary is None or not summary.told:
        return []
    return [*summary.faults, summary.sentence()]


def _finish(settings: Settings, report: Report, form: Format) -> None:
    rows = report.rows()
    if form is Format.TABLE:
        rows = rows[(rows["why"] != "") | (rows["corrected"] > 0)]  # the rest is in the summary
    print_rows(rows, form)
    say(report.summary())
    for line in _afterwards(settings):
        say(line)
    if report.incomplete:
        raise typer.Exit(PARTLY_DONE)
