"""As of when a URL asks a page to be, and by whose members."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboard import parameters as names
from dashboard.snapshot import KNOWN, TODAY, Snapshot, take_snapshot

NO_DATE: Final = "no_date"
OUT_OF_RANGE: Final = "out_of_range"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Asked:
    """What a URL asks for.

    Attributes
    ----------
    session : last session up to the day asked for; None for the latest
    members : `known` or `today`
    day : the day asked for, which may be no session
    fault : why the day is not read, `NO_DATE` or `OUT_OF_RANGE`; empty where all is well
    """

    session: dt.date | None = None
    members: str = KNOWN
    fault: str = ""
    day: dt.date | None = None


def asked_of(latest: Snapshot, parameters: Mapping[str, str]) -> Asked:
    """The day and members of a URL; what cannot be read is the latest, and said."""
    members = TODAY if parameters.get(names.MEMBERS) == TODAY else KNOWN
    text = parameters.get(names.AS_OF)
    if text is None:
        return Asked(members=members)
    try:
        day = dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        return Asked(members=members, fault=NO_DATE)
    session = latest.prices.session_on(day)
    if session is None or day > latest.as_of:
        return Asked(members=members, fault=OUT_OF_RANGE)
    return Asked(session, members, day=day)


def is_latest(asked: Asked) -> bool:
    """Whether nothing but the latest, by the members known, is asked for."""
    return asked.session is None and asked.members == KNOWN


def snapshot_asked(latest: Snapshot, asked: Asked) -> Snapshot:
    """The map's figures as a URL asks for them."""
    if is_latest(asked):
        return latest
    day = asked.session or latest.as_of
    return take_snapshot(latest.whole_chain, latest.prices, day, members=asked.members)
