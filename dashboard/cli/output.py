"""Rows on stdout, messages on stderr."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    import pandas as pd

PARTLY_DONE: Final = 3
"""Exit code: what failed is listed."""


class Format(StrEnum):
    """How rows come out."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def day(text: str) -> dt.datetime:
    """The parser of every option that is a day."""
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        raise typer.BadParameter(f"{text[:40]!r} is no day; write it as 2026-06-30") from None


def print_rows(rows: pd.DataFrame, form: Format) -> None:
    """Write a frame's columns (never its index) to stdout.

    A missing value is an empty field in CSV, null in JSON and a dash in a table. In CSV, which
    spreadsheets open, a text that begins like a formula gets an apostrophe.
    """
    try:
        _print(rows, form)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has gone: that is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(rows: pd.DataFrame, form: Format) -> None:
    if form is Format.CSV:
        from dashboard.export import write_csv

        write_csv(rows, sys.stdout)
    elif form is Format.JSON:
        records = rows.astype(object).where(rows.notna(), None).to_dict("records")
        typer.echo(json.dumps(records, ensure_ascii=False, default=_jsonable, indent=1))
    elif rows.empty:
        typer.echo("(no rows)")
    else:
        import pandas as pd

        with pd.option_context(
            "display.unicode.east_asian_width", True, "display.float_format", "{:,.4f}".format
        ):
            typer.echo(rows.to_string(index=False, na_rep="-", max_colwidth=120))


def say(message: str) -> None:
    """A message for the person, on stderr."""
    typer.echo(message, err=True)


def _jsonable(value: object) -> object:
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        return value.date().isoformat()  # a session: it has no time of day
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()  # a numpy scalar
    raise TypeError(f"{type(value).__name__} has no JSON form")
