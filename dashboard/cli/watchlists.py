"""Commands of watchlists: their rows, what is added and removed, files in and out.

What is slow to import is imported by the command.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dashboard.cli.output import PARTLY_DONE, Format, day, print_rows, say
from dashboard.cli.people import AccountOption, desk_of
from dashboard.cli.reading import AsOf, FormatOption
from dashboard.errors import InputError, NotFound

if TYPE_CHECKING:
    from dashboard.accounts.desk import Desk
    from dashboard.accounts.models import Follows, NewEntry, Watchlist

Name = Annotated[str, typer.Argument(help="The list's name.")]
_UNKNOWN_TOLD: Final = 50
"""Of a file; the rest is counted."""
_BACK: Final = "to bring back what was deleted last: python -m dashboard watchlist undo"

watchlist = typer.Typer(help="Watchlists: rows, notes, targets; files in and out.")


class FileForm(StrEnum):
    """Values of `watchlists.formats.ListForm`, which is slow to import."""

    CSV = "csv"
    TRADINGVIEW = "tradingview"
    YAHOO = "yahoo"


def register(app: typer.Typer) -> None:
    """Add the commands of watchlists."""
    for name, command in (
        ("list", list_all), ("show", show), ("create", create), ("add", add), ("remove", remove),
        ("import", import_file), ("export", export_file), ("delete", delete), ("undo", undo),
    ):  # fmt: skip
        watchlist.command(name)(command)
    app.add_typer(watchlist, name="watchlist")


def list_all(
    context: typer.Context, account: AccountOption = None, form: FormatOption = Format.TABLE
) -> None:
    """The lists: how many rows by hand, their sections, what each follows."""
    import pandas as pd

    rows = [
        {
            "name": one.name,
            "rows": len(one.entries),
            "sections": "; ".join(section for section in one.sections if section),
            "follows": one.follows.kind if one.follows else "",
            "value": one.follows.value if one.follows else "",
            "updated_at": one.updated_at,
        }
        for one in desk_of(context, account).watchlists.all()
    ]
    columns = ["name", "rows", "sections", "follows", "value", "updated_at"]
    print_rows(pd.DataFrame(rows, columns=columns), form)


def show(
    context: typer.Context,
    name: Name,
    as_of: AsOf = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns by key, with commas; all for every one.")
    ] = None,
    account: AccountOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """A list's rows with their figures, section by section."""
    from dashboard.cli import watchlist_rows
    from dashboard.export import flat

    found = _named(desk_of(context, account), name)
    day = as_of.date() if as_of else None
    wanted = None if columns is None else [one.strip() for one in columns.split(",")]
    rows = watchlist_rows.shown_rows(context.obj, found, day, wanted)
    print_rows(rows if form is Format.JSON else flat(rows), form)


def create(
    context: typer.Context,
    name: Name,
    follow_layer: Annotated[
        str | None, typer.Option(help="Follow the members of this layer, by its id.")
    ] = None,
    follow_screen: Annotated[
        str | None, typer.Option(help="Follow what this expression holds for.")
    ] = None,
    universe: Annotated[
        str, typer.Option(help="Of the expression: map, listed or a layer's id.")
    ] = "map",
    account: AccountOption = None,
) -> None:
    """Make a list: empty, or one that follows a layer or a screen by itself."""
    from dashboard.cli import watchlist_rows

    if follow_layer is not None and follow_screen is not None:
        raise typer.BadParameter("give --follow-layer or --follow-screen, not both")
    follows: Follows | None = None
    if follow_layer is not None or follow_screen is not None:
        follows = watchlist_rows.follows(context.obj, follow_layer, follow_screen, universe)
    made = desk_of(context, account).watchlists.create(name, follows=follows)
    say(f"list {made.name!r} is made")


def add(
    context: typer.Context,
    name: Name,
    symbols: Annotated[
        list[str] | None, typer.Argument(help="Symbols, codes or names: 2330.TW, 2330, 台積電.")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="All members of this layer, by its id; repeatable.")
    ] = None,
    section: Annotated[str, typer.Option(help="Section of the rows.")] = "",
    note: Annotated[str, typer.Option(help="Note of the rows.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag; repeatable.")] = None,
    price: Annotated[
        float | None, typer.Option(help="Price added at (default: the close of that day).")
    ] = None,
    date: Annotated[
        dt.datetime | None,
        typer.Option(
            parser=day, metavar="YYYY-MM-DD", help="Day added on (default: the last session)."
        ),
    ] = None,
    target: Annotated[float | None, typer.Option(help="Target price, as traded.")] = None,
    stop: Annotated[float | None, typer.Option(help="Stop price, as traded.")] = None,
    account: AccountOption = None,
) -> None:
    """Put companies on a list; those that are there already are left alone."""
    from dashboard.cli import watchlist_rows

    desk = desk_of(context, account)
    found = _named(desk, name)
    if not symbols and not layer:
        raise typer.BadParameter("name symbols to add, or a --layer")
    entries = watchlist_rows.new_entries(
        context.obj,
        symbols or (),
        layer or (),
        watchlist_rows.Given(
            section, note, tuple(tag or ()), date.date() if date else None, price, target, stop
        ),
    )
    _tell_added(found, desk.watchlists.add(found.id, entries), entries)


def _tell_added(before: Watchlist, after: Watchlist, asked: Sequence[NewEntry]) -> None:
    """Rows that another process added meanwhile are none of ours."""
    symbols = {one.symbol for one in asked} & {one.symbol for one in after.entries}
    there = len(symbols & {one.symbol for one in before.entries})
    told = f"; {there} were there already" if there else ""
    say(f"{after.name}: {len(symbols) - there} added{told}; {len(after.entries)} rows")


def remove(
    context: typer.Context,
    name: Name,
    symbols: Annotated[list[str], typer.Argument(help="Symbols, codes or names.")],
    account: AccountOption = None,
) -> None:
    """Take companies off a list; `watchlist undo` brings them back."""
    from dashboard.cli import watchlist_rows

    desk = desk_of(context, account)
    found = _named(desk, name)
    going, unknown = watchlist_rows.rows_of(context.obj, found, symbols)
    if unknown:
        say(f"{found.name} has no row of {', '.join(unknown)}")
    if not going:
        raise typer.Exit(1)
    after = desk.watchlists.remove(found.id, going)
    gone = len(found.entries) - len(after.entries)
    say(f"{found.name}: {gone} removed, {len(after.entries)} rows left; {_BACK}")
    if unknown:
        raise typer.Exit(PARTLY_DONE)


def import_file(
    context: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(help="A file, or - for stdin.")],
    file_form: Annotated[
        FileForm | None, typer.Option("--form", help="How it is written (default: by content).")
    ] = None,
    account: AccountOption = None,
) -> None:
    """Put a file's rows on a list: our CSV, TradingView's text or Yahoo Finance's CSV."""
    from dashboard.cli import watchlist_rows

    desk = desk_of(context, account)
    found = _named(desk, name)
    parsed = watchlist_rows.parsed(context.obj, _content(file), file_form)
    for fault in parsed.faults:
        say(str(fault))
    for one in parsed.unknown[:_UNKNOWN_TOLD]:
        say(f"line {one.line}: {watchlist_rows.unknown_sentence(one.text, one.nearest)}")
    if len(parsed.unknown) > _UNKNOWN_TOLD:
        say(f"and {len(parsed.unknown) - _UNKNOWN_TOLD} more that are no known shares")
    if parsed.entries:
        _tell_added(found, desk.watchlists.add(found.id, parsed.entries), parsed.entries)
    elif parsed.unknown:
        raise InputError(f"{file}: none of its symbols is known; nothing was added")
    if parsed.unknown or any(not one.repeated for one in parsed.faults):
        raise typer.Exit(PARTLY_DONE)


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{file}: the file cannot be read ({reason})") from error


def export_file(
    context: typer.Context,
    name: Name,
    file_form: Annotated[FileForm, typer.Option("--form", help="How to write it.")] = FileForm.CSV,
    output: Annotated[Path | None, typer.Option(help="File to write (default: stdout).")] = None,
    account: AccountOption = None,
) -> None:
    """Write a list as our CSV, TradingView's text or Yahoo Finance's CSV."""
    from dashboard.cli import watchlist_rows

    text = watchlist_rows.written(context.obj, _named(desk_of(context, account), name), file_form)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, "utf-8", newline="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{output}: cannot be written ({reason}); name another file") from error


def delete(context: typer.Context, name: Name, account: AccountOption = None) -> None:
    """Delete a list; `watchlist undo` brings it back."""
    desk = desk_of(context, account)
    found = _named(desk, name)
    desk.watchlists.delete(found.id)
    say(f"list {found.name!r} is deleted; {_BACK}")


def undo(context: typer.Context, account: AccountOption = None) -> None:
    """Bring back what was deleted last: rows, or a whole list."""
    restored = desk_of(context, account).watchlists.undo()
    if restored is None:
        raise InputError("nothing was deleted that could be brought back")
    say(f"list {restored.name!r} is as it was: {len(restored.entries)} rows")


def _named(desk: Desk, name: str) -> Watchlist:
    """The list of a name; a wrong one names the nearest, or all."""
    try:
        return desk.watchlists.named(name)
    except NotFound as error:
        names = [one.name for one in desk.watchlists.all()]
        folded = {one.casefold(): one for one in names}
        near = [folded[one] for one in get_close_matches(name.casefold(), folded)]
        if not names:
            hint = "make it first: python -m dashboard watchlist create NAME"
        elif near:
            hint = f"did you mean {', '.join(near)}? There are {', '.join(names)}"
        else:
            hint = f"there are {', '.join(names)}"
        raise NotFound(f"{error}; {hint}") from error
