"""Whose things a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dashboard.accounts.desk import Desk

AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Whose: mail address, name or number (default: the local one)."),
]


def desk_of(context: typer.Context, account: str | None) -> Desk:
    """The desk of the local account, or of the one that `--account` names.

    Who runs a command reads the database's file or knows its password: there is nothing to
    sign in to.
    """
    from dashboard.accounts.store import Accounts

    accounts = Accounts.open(context.obj.database)
    return accounts.desk(accounts.local() if account is None else accounts.find(account))
