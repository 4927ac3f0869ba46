"""Many at once: what succeeded is there in the end, and what did not was told."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.accounts.desk import Desk
from dashboard.accounts.store import Accounts
from dashboard.accounts.tables import WatchlistRow
from dashboard.errors import ChangedElsewhere, NameTaken
from tests.accounts.things import DAY, MOMENT, entry, event, filled, rule, symbols

PEOPLE = 50
EDITS = 3
Given = TypeVar("Given")
Result = TypeVar("Result")


def together(work: Callable[[Given], Result], given: Iterable[Given]) -> list[Result]:
    """Each in a thread of its own, all from the same moment on."""
    values = list(given)
    start = threading.Barrier(len(values))

    def begin(value: Given) -> Result:
        start.wait()
        return work(value)

    with ThreadPoolExecutor(len(values)) as threads:
        return list(threads.map(begin, values))


def test_nothing_is_lost_when_fifty_edit_one_list(anna: Desk) -> None:
    """Each edit adds a word to the list's columns; a word that got in stays in."""
    made = filled(anna, "shared", "0")

    def edit(person: int) -> tuple[list[str], list[str], int]:
        kept, lost, added = [], [], 0
        for number in range(EDITS):
            word = f"{person}.{number}"
            read = anna.watchlists.get(made.id)
            if number == 1:
                anna.watchlists.add(made.id, [entry(word)])
                added += 1
                continue
            try:
                anna.watchlists.save(dataclasses.replace(read, columns=(*read.columns, word)))
                kept.append(word)
            except ChangedElsewhere as error:
                lost.append(word if word not in error.theirs.columns else "overwritten")
        return kept, lost, added

    done = together(edit, range(PEOPLE))
    kept = {word for words, _, _ in done for word in words}
    lost = {word for _, words, _ in done for word in words}
    final = anna.watchlists.get(made.id)
    assert set(final.columns) == kept
    assert not set(final.columns) & lost
    assert "overwritten" not in lost
    assert len(kept) + len(lost) == PEOPLE * (EDITS - 1)
    assert kept
    assert sorted(symbols(final)) == sorted(["0", *(f"{one}.1" for one in range(PEOPLE))])
    assert final.version == made.version + len(kept) + sum(added for _, _, added in done)
    assert len({one.id for one in final.entries}) == len(final.entries)


def test_rows_of_one_list_are_added_and_removed_at_once(anna: Desk) -> None:
    made = filled(anna, "shared", *(f"old{one}" for one in range(20)))

    def change(number: int) -> None:
        if number % 2:
            anna.watchlists.add(made.id, [entry(f"new{number}"), entry("both")])
        else:
            anna.watchlists.remove(made.id, [made.entries[number].id])

    together(change, range(20))
    expected = {f"old{one}" for one in range(1, 20, 2)} | {f"new{one}" for one in range(1, 20, 2)}
    assert set(symbols(anna.watchlists.get(made.id))) == expected | {"both"}


def test_one_of_many_gets_the_name(anna: Desk) -> None:
    def create(_: int) -> bool:
        try:
            anna.watchlists.create("wanted")
        except NameTaken:
            return False
        return True

    assert sum(together(create, range(8))) == 1


def test_a_person_who_signs_in_twice_at_once_is_one(accounts: Accounts) -> None:
    people = together(lambda _: accounts.signed_in("i", "s", "Anna", None).id, range(8))
    assert len(set(people)) == 1


def test_an_event_seen_by_several_is_told_once(anna: Desk) -> None:
    channel = anna.channels.create("phone", "json://localhost")
    alert = rule(anna, channels=[channel.id])

    def record(_: int) -> int:
        states = {"2330.TW": ("true", DAY)}
        return len(anna.alerts.record(alert, states, [event("1"), event("2")], MOMENT))

    assert sum(together(record, range(8))) == 2
    assert len(anna.alerts.history()) == 2
    taken = together(lambda _: anna.alerts.due_deliveries(MOMENT), range(4))
    assert sorted(one.id for some in taken for one in some) == sorted(
        one.id for one in anna.alerts.deliveries()
    )


def test_undo_by_several_brings_back_once(anna: Desk) -> None:
    anna.watchlists.delete(filled(anna, "a", "1").id)
    back = together(lambda _: anna.watchlists.undo(), range(6))
    assert sum(one is not None for one in back) == 1
    assert [one.name for one in anna.watchlists.all()] == ["a"]


def test_who_is_chosen_to_give_way_tries_again(accounts: Accounts, anna: Desk) -> None:
    """Two who take the same two locks in opposite order: PostgreSQL ends one, which begins anew."""
    lists = [filled(anna, name, "1").id for name in "ab"]
    both = threading.Barrier(2, timeout=5)
    attempts = []

    def touch(order: list[int]) -> None:
        def work(session: Session) -> None:
            attempts.append(order)
            for number, identity in enumerate(order):
                row = session.scalars(
                    select(WatchlistRow).where(WatchlistRow.id == identity).with_for_update()
                ).one()
                row.version += 1
                session.flush()
                if number == 0 and len(attempts) <= 2 and not accounts.database.is_sqlite:
                    both.wait()

        accounts.database.change(work)

    together(touch, [lists, lists[::-1]])
    assert len(attempts) == (2 if accounts.database.is_sqlite else 3)
    assert [anna.watchlists.get(one).version for one in lists] == [4, 4]
