"""The command `screen`. What is slow to import is imported by the command."""

from __future__ import annotations

import datetime as dt
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dashboard.cli.output import Format, day, print_rows, say
from dashboard.cli.people import AccountOption, desk_of
from dashboard.cli.reading import AsOf, FormatOption, Members, MembersOption
from dashboard.errors import ScreenError

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.cli.screen_rows import Request

_WIDEST: Final = 160
"""Characters of an expression that are shown round a fault."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(screen)


def screen(
    context: typer.Context,
    expression: Annotated[
        str | None, typer.Argument(help="For example 'layer in (cooling, psu) and rsi_14 < 70'.")
    ] = None,
    as_of: AsOf = None,
    members: MembersOption = Members.KNOWN,
    universe: Annotated[
        str | None, typer.Option(help="map, listed (all stored stocks of Taiwan) or a layer's id.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns by name, with commas; all for every one.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option(help="A column; -return_1m for the largest first.")
    ] = None,
    diff: Annotated[
        dt.datetime | None,
        typer.Option(
            parser=day, metavar="YYYY-MM-DD", help="Only what came in or went out since this day."
        ),
    ] = None,
    saved: Annotated[str | None, typer.Option(help="Run the saved screen of this name.")] = None,
    save: Annotated[str | None, typer.Option(help="Keep the screen under this name.")] = None,
    preset: Annotated[str | None, typer.Option(help="Run a preset, by its id.")] = None,
    list_all: Annotated[
        bool, typer.Option("--list", help="List the saved screens and the presets.")
    ] = False,
    account: AccountOption = None,
    form: FormatOption = Format.TABLE,
    output: Annotated[
        Path | None, typer.Option(help="Write a .csv, .parquet or .xlsx file instead.")
    ] = None,
) -> None:
    """The companies that an expression holds for; the language: docs/screener.md."""
    if sum((expression is not None, saved is not None, preset is not None, list_all)) != 1:
        raise typer.BadParameter("give an expression, --saved, --preset or --list, one of them")
    if list_all:
        print_rows(_all_screens(context, account), form)
        return
    from dashboard.cli.screen_rows import screened_rows, write_rows
    from dashboard.export import flat

    asked = _request(context, expression, saved, preset, account)
    asked = asked.changed(universe, columns, sort)
    try:
        rows, about = screened_rows(context.obj, asked, _day(as_of), _day(diff), members)
    except ScreenError as error:
        _point(asked.expression, error)
        raise
    if save is not None:
        desk_of(context, account).screens.create(
            save, asked.expression, universe=asked.universe, columns=asked.columns, sort=asked.sort
        )
        say(f"saved as {save!r}")
    if output is not None:
        write_rows(output, rows, about)
    else:
        print_rows(rows if form is Format.JSON else flat(rows), form)


def _day(moment: dt.datetime | None) -> dt.date | None:
    return moment.date() if moment else None


def _request(
    context: typer.Context,
    expression: str | None,
    saved: str | None,
    preset: str | None,
    account: str | None,
) -> Request:
    from dashboard.cli.screen_rows import Request, preset_request

    if saved is not None:
        kept = desk_of(context, account).screens.named(saved)
        return Request(kept.expression, kept.universe, kept.columns, kept.sort)
    return Request(expression or "") if preset is None else preset_request(preset)


def _all_screens(context: typer.Context, account: str | None) -> pd.DataFrame:
    import pandas as pd

    from dashboard.screening.presets import PRESETS

    saved = desk_of(context, account).screens.all()
    rows = [("saved", one.name, one.universe, one.expression) for one in saved]
    rows += [("preset", one.id, "", one.expression) for one in PRESETS.values()]
    return pd.DataFrame(rows, columns=["kind", "name", "universe", "expression"])


def _point(text: str, error: ScreenError) -> None:
    """The expression, and carets under what is wrong in it."""
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    cut = max(0, min(error.start - _WIDEST // 2, len(line) - _WIDEST))
    shown = line[cut : cut + _WIDEST]
    start, end = error.start - cut, error.end - cut
    say(f"  {shown}")
    say("  " + " " * _width(shown[:start]) + "^" * max(1, _width(shown[start:end])))


def _width(text: str) -> int:
    """Columns of a terminal: Chinese signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
