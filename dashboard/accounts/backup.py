"""All that people keep, as one JSON document, and back.

An import is all or nothing, and takes nothing away: what is there already stays, what is the
same is left out, and a name that stands for something else gets a number.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.accounts.desk import Desk
from dashboard.accounts.documents import to_document
from dashboard.accounts.merging import Merge
from dashboard.accounts.models import Account, Alert
from dashboard.accounts.records import AccountRecord, Document, read_document
from dashboard.accounts.store import Accounts, person
from dashboard.accounts.tables import AlertEventRow, ShareRow
from dashboard.errors import BackupError

FORMAT: Final = "dashboard-accounts"
VERSION: Final = 1
MOST_FAULTS: Final = 200
"""Told of at once."""


def export_json(
    accounts: Accounts, account: Account | None = None, *, secrets: bool = False
) -> str:
    """Everything of one person, or of all, as it is at one moment.

    Parameters
    ----------
    account : None for all
    secrets : with the addresses of channels, which hold passwords
    """
    people = accounts.everyone() if account is None else (account,)

    def work(session: Session) -> list[dict[str, Any]]:
        return [_record(session, accounts.desk(one), secrets=secrets) for one in people]

    document = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": dt.datetime.now(dt.UTC).isoformat(),
        "accounts": accounts.database.read(work, at_one_moment=True),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def import_json(accounts: Accounts, text: str) -> Mapping[str, int]:
    """Take a back-up in, beside what is there.

    Returns
    -------
    How many were taken in of each kind, and how many were there already (`already_there`).

    Raises
    ------
    BackupError
        With every fault found and its place in the document; nothing is written then.
    """
    document = _document(text)

    def work(session: Session) -> Counter[str]:
        counts: Counter[str] = Counter()
        faults: list[str] = []
        for number, record in enumerate(document.accounts):
            desk = accounts.desk(_owner(session, record))
            counts["accounts"] += 1
            merge = Merge(session, desk, counts)
            merge.take(record)
            faults += [f"accounts[{number}].{fault}" for fault in merge.faults]
        _refuse(faults)
        return counts

    return accounts.database.change(work)


def _document(text: str) -> Document:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise BackupError([f"this is no JSON: {error}"]) from error
    except RecursionError as error:
        raise BackupError(["this is no back-up: it is nested too deeply"]) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise BackupError([f"this is no back-up of accounts: it does not say {FORMAT!r}"])
    version = told.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BackupError(
            [
                f"a newer version of this program wrote this back-up (form {str(version)[:20]}, "
                f"here {VERSION} is known); update this program"
            ]
        )
    document = read_document(text)
    if isinstance(document, list):
        _refuse(document)
        raise AssertionError("a document that cannot be read has faults")
    if document.version != VERSION:
        _refuse([f"version: there is no form {str(document.version)[:20]}"])
    _refuse(document.faults())
    return document


def _refuse(faults: list[str]) -> None:
    if len(faults) > MOST_FAULTS:
        faults = [*faults[:MOST_FAULTS], f"and {len(faults) - MOST_FAULTS:,} more"]
    if faults:
        raise BackupError(faults)


def _owner(session: Session, record: AccountRecord) -> Account:
    """The account as it is, or a new one: a back-up renames nobody."""
    return person(
        session,
        record.issuer or "",
        record.subject or "",
        record.shown_name(),
        record.mail_address(),
        record.language,
    )


def _record(session: Session, desk: Desk, *, secrets: bool) -> dict[str, Any]:
    account = desk.account
    channels = {one.id: one for one in desk.channels._items(session)}
    alerts = {one.id: one for one in desk.alerts._items(session)}
    watchlists = desk.watchlists._items(session)
    screens = desk.screens._items(session)
    names = {
        "watchlist": {one.id: one.name for one in watchlists},
        "screen": {one.id: one.name for one in screens},
    }
    return {
        "issuer": account.issuer,
        "subject": account.subject,
        "name": account.name,
        "email": account.email,
        "language": account.language,
        "preferences": _preferences(session, desk),
        "channels": [
            _without_ids(one) | ({} if secrets else {"address": None}) for one in channels.values()
        ],
        "alerts": [
            _without_ids(one)
            | {
                "scope_value": _scope_value(one, names["watchlist"]),
                "channels": [channels[identity].name for identity in one.channels],
                "states": _states(session, desk, one.id),
            }
            for one in alerts.values()
        ],
        "watchlists": [_watchlist(one) for one in watchlists],
        "screens": [_without_ids(one) for one in screens],
        "shares": _shares(session, account, names),
        "events": _events(session, account, {one.id: one.name for one in alerts.values()}),
    }


def _without_ids(item: Any) -> dict[str, Any]:
    document = to_document(item)
    return {key: value for key, value in document.items() if key not in ("id", "version")}


def _watchlist(item: Any) -> dict[str, Any]:
    entries = [_without_ids(one) for one in item.entries]
    return _without_ids(item) | {"entries": entries}


def _scope_value(alert: Alert, lists: Mapping[int, str]) -> str | None:
    """What an alert watches; a list by its name, None where it is gone."""
    if alert.scope != "list":
        return alert.scope_value
    return {str(identity): name for identity, name in lists.items()}.get(alert.scope_value)


def _preferences(session: Session, desk: Desk) -> dict[str, Any] | None:
    kept = desk.preferences._kept(session)
    return None if kept.version == 0 else _without_ids(kept)


def _states(session: Session, desk: Desk, alert_id: int) -> list[dict[str, str]]:
    return [
        {"key": key, "state": state, "session": day.isoformat()}
        for key, (state, day) in desk.alerts._states(session, alert_id).items()
    ]


def _shares(
    session: Session, account: Account, names: Mapping[str, Mapping[int, str]]
) -> list[dict[str, Any]]:
    own = select(ShareRow).where(ShareRow.account_id == account.id).order_by(ShareRow.id)
    return [
        {
            "token_hash": row.token_hash,
            "kind": row.kind,
            "target": names[row.kind].get(row.target_id),
            "name": row.name,
            "payload": row.payload,
            "created_at": row.created_at.isoformat(),
            "last_used_at": row.last_used_at and row.last_used_at.isoformat(),
        }
        for row in session.scalars(own)
    ]


def _events(session: Session, account: Account, names: Mapping[int, str]) -> list[dict[str, Any]]:
    own = select(AlertEventRow).where(AlertEventRow.account_id == account.id)
    return [
        {
            "alert": names.get(row.alert_id),
            "alert_name": row.alert_name,
            "key": row.key,
            "session": row.session.isoformat(),
            "state": row.state,
            "details": row.details,
            "created_at": row.created_at.isoformat(),
            "read_at": row.read_at and row.read_at.isoformat(),
        }
        for row in session.scalars(own.order_by(AlertEventRow.id))
    ]
