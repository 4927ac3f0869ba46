"""Events on their way: one message a channel, retried, never during quiet hours.

At least once: where the process ends between a channel's yes and its note in the database, the
message is sent again when the lease on it is over. Two processes never send the same delivery
at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.accounts.desk import Desk
from dashboard.accounts.limits import EVENTS
from dashboard.accounts.models import Account, AlertEvent, Channel, Delivery, Preferences
from dashboard.accounts.store import Accounts
from dashboard.alerts.channels import DEADLINE, Outcome, private_allowed, send
from dashboard.alerts.texts import message, trial_message
from dashboard.errors import NotFound
from dashboard.i18n import DEFAULT_LANGUAGE, LANGUAGES, Language

WAITS: Final = tuple(
    dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 3 * 60, 8 * 60, 24 * 60)
)
"""How long after each failed attempt the next one follows; after the last it is given up."""
AT_A_TIME: Final = 8
"""Messages under way in one process."""


@dataclass(frozen=True)
class Sent:
    """One message, or one that was not taken.

    Attributes
    ----------
    events : how many it is about
    next_try_at : None where it arrived or is given up
    """

    channel: str
    events: int
    outcome: Outcome
    next_try_at: dt.datetime | None = None


def quiet_until(preferences: Preferences, now: dt.datetime) -> dt.datetime | None:
    """When the quiet hours that hold now are over, with time zone; None where none hold.

    They may cross midnight. On the two days a year on which a zone's clock is changed they are
    an hour longer or shorter.
    """
    start, end = preferences.quiet_from, preferences.quiet_to
    if start is None or end is None or start == end:
        return None
    zone = ZoneInfo(preferences.timezone)
    local = now.astimezone(zone)
    time = local.time()
    over_midnight = start > end
    since, before = time >= start, time < end
    if not (since or before if over_midnight else since and before):
        return None
    day = local.date() + dt.timedelta(days=over_midnight and since)
    return dt.datetime.combine(day, end, zone)


def deliver(
    accounts: Accounts, now: dt.datetime, *, deadline: float = DEADLINE
) -> tuple[Sent, ...]:
    """Send what is due to everybody; returns when each message has arrived, failed, or met its
    deadline.

    Parameters
    ----------
    now : with time zone
    deadline : seconds a message may take

    Raises
    ------
    AccountsError
        If the database cannot be read or written; what was taken is due again later.
    """
    due = [one for account in accounts.everyone() for one in _due(accounts.desk(account), now)]
    if not due:
        return ()
    with ThreadPoolExecutor(min(AT_A_TIME, len(due)), "alerts") as pool:
        return tuple(pool.map(partial(_sent, now=now, deadline=deadline), due))


def try_channels(desk: Desk, channels: Sequence[Channel]) -> tuple[Sent, ...]:
    """Send a test message through each channel, whatever the quiet hours."""
    title, body = trial_message(language_of(desk.account))
    private = private_allowed(local=_is_local(desk.account))
    if not channels:
        return ()

    def tried(channel: Channel) -> Sent:
        return Sent(channel.name, 0, send(channel.address, title, body, private=private))

    with ThreadPoolExecutor(min(AT_A_TIME, len(channels)), "alerts") as pool:
        return tuple(pool.map(tried, channels))


def language_of(account: Account) -> Language:
    """The language a person is written to."""
    known: dict[str | None, Language] = {one: one for one in LANGUAGES}
    return known.get(account.language, DEFAULT_LANGUAGE)


def _is_local(account: Account) -> bool:
    return account.issuer is None


@dataclass(frozen=True)
class _Due:
    """One message to be sent."""

    desk: Desk
    channel: Channel
    events: tuple[AlertEvent, ...]
    deliveries: tuple[Delivery, ...]


def _due(desk: Desk, now: dt.datetime) -> list[_Due]:
    """What is due to a person, taken, by channel; put off where quiet hours hold."""
    taken: list[Delivery] = []
    while more := desk.alerts.due_deliveries(now):
        taken += more
    until = quiet_until(desk.preferences.get(), now) if taken else None
    if until is not None:
        for one in taken:
            desk.alerts.put_off(one.id, until)
        return []
    channels = {one.id: one for one in desk.channels.all()} if taken else {}
    events = _events(desk, {one.event_id for one in taken}) if taken else {}
    by_channel: dict[int, list[Delivery]] = {}
    for one in taken:
        if one.channel_id in channels and one.event_id in events:
            by_channel.setdefault(one.channel_id, []).append(one)
    return [
        _Due(desk, channels[identity], tuple(events[one.event_id] for one in own), tuple(own))
        for identity, own in by_channel.items()
    ]


def _events(desk: Desk, wanted: set[int]) -> Mapping[int, AlertEvent]:
    """What the deliveries are about: mostly the newest, so all of history is read only where
    they are not.
    """
    found = {one.id: one for one in desk.alerts.history(limit=2 * len(wanted))}
    if wanted <= set(found):
        return found
    return {one.id: one for one in desk.alerts.history(limit=EVENTS)}


def _sent(due: _Due, *, now: dt.datetime, deadline: float) -> Sent:
    title, body = message(due.events, language_of(due.desk.account))
    private = private_allowed(local=_is_local(due.desk.account))
    outcome = send(due.channel.address, title, body, private=private, deadline=deadline)
    later = [_note(due.desk, one, outcome, now) for one in due.deliveries]
    soonest = min((one for one in later if one is not None), default=None)
    return Sent(due.channel.name, len(due.events), outcome, soonest)


def _note(desk: Desk, delivery: Delivery, outcome: Outcome, now: dt.datetime) -> dt.datetime | None:
    """Keep what became of a delivery; when it is tried again."""
    over = outcome.sent or outcome.result.final or delivery.attempts >= len(WAITS)
    later = None if over else now + WAITS[delivery.attempts]
    # A person may delete a channel while a message is under way.
    with suppress(NotFound):
        if outcome.sent:
            desk.alerts.delivered(delivery.id)
        else:
            desk.alerts.delivery_failed(delivery.id, outcome.sentence, later)
    return later
