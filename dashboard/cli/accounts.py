"""Commands about the people of a database: who they are, back-up and restore."""

from __future__ import annotations

import os
import secrets as tokens
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.output import Format, print_rows, say
from dashboard.cli.reading import FormatOption
from dashboard.errors import BackupError, InputError

accounts = typer.Typer(
    name="accounts",
    help="People and what they keep: list, back-up, restore.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(accounts)


@accounts.command("list")
def list_accounts(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """Who has an account, and how much each keeps."""
    import pandas as pd

    from dashboard.accounts.store import Accounts

    opened = Accounts.open(context.obj.database)
    opened.local()
    rows = []
    for account in opened.everyone():
        desk = opened.desk(account)
        rows.append(
            {
                "account": account.id,
                "name": account.name,
                "email": account.email,
                "issuer": account.issuer,
                "language": account.language,
                "watchlists": len(desk.watchlists.all()),
                "screens": len(desk.screens.all()),
                "alerts": len(desk.alerts.all()),
            }
        )
    texts = dict.fromkeys(("name", "email", "issuer", "language"), "str")
    print_rows(pd.DataFrame(rows).astype(texts), form)


@accounts.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The back-up to write (JSON).")],
    account: Annotated[
        str | None,
        typer.Option(help="Whose: mail address, name or number (default: everyone's)."),
    ] = None,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="With the channels' addresses, which hold passwords.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write everything people keep into a file that only you can read."""
    from dashboard.accounts.backup import export_json
    from dashboard.accounts.store import Accounts

    _refuse_taken(file, force=force)
    opened = Accounts.open(context.obj.database)
    opened.local()
    whose = None if account is None else opened.find(account)
    _write(file, export_json(opened, whose, secrets=secrets), force=force)
    say(f"{file}: written, for {_people(1 if whose else len(opened.everyone()))}")
    if not secrets:
        say("the addresses of channels are left out; --secrets writes them too")


@accounts.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A back-up that `accounts export` wrote.")],
) -> None:
    """Take a back-up in, beside what is there: all of it or nothing."""
    from dashboard.accounts.backup import import_json
    from dashboard.accounts.store import Accounts

    text = _read(file)
    try:
        counts = dict(import_json(Accounts.open(context.obj.database), text))
    except BackupError as error:
        for fault in error.faults:
            say(f"{file}: {fault}")
        say("error: nothing was taken in")
        raise typer.Exit(1) from error
    people, there = counts.pop("accounts", 0), counts.pop("already_there", 0)
    taken = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
    say(f"{file}: {_people(people)}: {taken or 'nothing'} taken in, {there} there already")


def _people(number: int) -> str:
    return "1 account" if number == 1 else f"{number} accounts"


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: this is no back-up, it is not UTF-8 text") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({_reason(error)})") from error


def _refuse_taken(file: Path, *, force: bool) -> None:
    if file.is_dir():
        raise InputError(f"{file}: this is a folder; name a file in it")
    if not force and os.path.lexists(file):
        raise InputError(f"{file}: there is such a file; name another, or give --force")


def _write(file: Path, text: str, *, force: bool) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    draft = file.with_name(f".{file.name}.{tokens.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            target.write(text)
            target.flush()
            os.fsync(target.fileno())
        _put_in_place(draft, file, force=force)
    except FileExistsError as error:
        raise InputError(f"{file}: there is such a file; name another, or give --force") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be written ({_reason(error)})") from error
    finally:
        draft.unlink(missing_ok=True)


def _put_in_place(draft: Path, file: Path, *, force: bool) -> None:
    if force:
        draft.replace(file)
        return
    try:
        os.link(draft, file)  # unlike a move it fails where a file is
    except PermissionError:  # file systems without hard links
        _refuse_taken(file, force=False)
        draft.replace(file)


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
