"""When an alert fires, and when it does not: over sessions, runs, corrections and people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import NewEntry
from dashboard.accounts.store import Accounts
from dashboard.alerts.rules import NewRule, check
from dashboard.alerts.run import MOST_SESSIONS, Summary, evaluate_desks
from dashboard.alerts.scopes import Market
from dashboard.errors import InputError
from dashboard.prices.bars import BarFlag
from dashboard.snapshot import Prices
from tests.unit.alert_world import CHAIN, NAN, days, made_at, market_of, opened, prices_of, until

NOW = dt.datetime(2024, 6, 3, tzinfo=dt.UTC)
TW = CHAIN.symbols("TW")
A, B = TW[:2]
FILLER = TW[-1]


@dataclass
class World:
    """One person with a database."""

    file: Path
    accounts: Accounts
    desk: Desk

    def alert(self, made: dt.date, kind: str = "at_limit", **more: object) -> int:
        """Made in the evening of a session: that session is over."""
        given = {"scope": "symbol", "scope_value": A, **more}
        alert = self.desk.alerts.create(f"{kind} {len(self.desk.alerts.all())}", kind=kind, **given)
        made_at(self.file, dt.datetime.combine(made, dt.time(12), dt.UTC))
        return alert.id

    def run(self, market: Market) -> Summary:
        return evaluate_desks([self.desk], market, NOW)

    def seen(self) -> list[tuple[str, dt.date, str]]:
        """All events, the oldest first."""
        return [(one.key, one.session, one.state) for one in reversed(self.desk.alerts.history())]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    file = tmp_path / "accounts.sqlite3"
    accounts = opened(file)
    yield World(file, accounts, accounts.desk(accounts.local()))
    accounts.close()


def walk(marks: str, symbol: str = A) -> Prices:
    """Closes of a symbol by session: `^` limit up, `=` unchanged, a space without a bar."""
    closes, last = [], 100.0
    for mark in marks:
        last = limit_up(last) if mark == "^" else last
        closes.append(NAN if mark == " " else last)
    return prices_of({symbol: closes, FILLER: [50.0] * len(marks)})


def limit_up(close: float) -> float:
    """Ten percent up, down to the tick of the new price; closes of 100 to 1,000 in halves."""
    ticks = round(close * 100) * 11 // 10
    tick = 50 if ticks < 500_00 else 100
    return ticks // tick * tick / 100


whole = lru_cache(maxsize=4)(market_of)
"""One market for all runs on the same prices: figures as of a session never change."""


def known(prices: Prices, number: int) -> Market:
    """The market as it was at the end of a session."""
    market = whole(prices)
    market.__dict__["sessions"] = tuple(days(prices)[: number + 1])
    return market


def test_it_fires_when_it_becomes_true_and_not_while_it_stays_so(world: World) -> None:
    prices = walk("==^^=^==")
    world.alert(days(prices)[1])
    for number in range(1, 8):
        for _ in range(2):
            world.run(known(prices, number))
    sessions = days(prices)
    assert world.seen() == [(A, sessions[2], "up"), (A, sessions[5], "up")]


def test_what_was_true_before_it_was_made_is_not_told(world: World) -> None:
    prices = walk("==^^^")
    world.alert(days(prices)[2])
    for number in range(2, 5):
        world.run(known(prices, number))
    assert world.seen() == []


def test_what_is_true_already_is_told_where_that_is_asked_for(world: World) -> None:
    prices = walk("==^^^")
    world.alert(days(prices)[2], parameters={"fire_at_once": "yes"})
    for number in range(2, 5):
        world.run(known(prices, number))
    assert world.seen() == [(A, days(prices)[2], "up")]


def test_made_during_a_session_it_tells_of_that_one(world: World) -> None:
    prices = walk("===^")
    world.alert(days(prices)[2])
    world.run(known(prices, 3))
    assert world.seen() == [(A, days(prices)[3], "up")]


def test_sessions_missed_are_made_up_for_in_order(world: World) -> None:
    prices = walk("===^=^=^=")
    world.alert(days(prices)[1])
    world.run(known(prices, 1))
    assert world.run(known(prices, 8)).events == 3
    assert [session for _, session, _ in world.seen()] == [days(prices)[n] for n in (3, 5, 7)]


def test_of_a_long_absence_the_last_sessions_count(world: World) -> None:
    prices = walk("=^" * 15)
    world.alert(days(prices)[1])
    world.run(known(prices, 1))
    world.run(known(prices, 29))
    expected = [one for one in days(prices)[1::2] if one in days(prices)[-MOST_SESSIONS:]]
    assert [session for _, session, _ in world.seen()] == expected


def test_a_correction_of_the_same_session_tells_nothing_twice(world: World) -> None:
    """True, then corrected to false, then to true again: one event."""
    up, flat = walk("===^"), walk("====")
    world.alert(days(up)[1])
    for prices in (up, up, flat, up, flat):
        world.run(known(prices, 3))
    assert world.seen() == [(A, days(up)[3], "up")]


def test_a_day_of_one_company_is_no_session_yet(world: World) -> None:
    """The last session is one that half of the companies have a bar of."""
    prices = prices_of({A: [100.0, 100.0, 110.0], B: [1.0, 1.0, NAN], FILLER: [1.0, 1.0, NAN]})
    assert market_of(prices).sessions == tuple(days(prices)[:2])


def test_a_bar_that_comes_late_is_told_with_its_session(world: World) -> None:
    late, whole = walk("=== "), walk("===^")
    world.alert(days(late)[1])
    for prices in (late, late, whole, whole):
        world.run(known(prices, 3))
    assert world.seen() == [(A, days(late)[3], "up")]


def test_an_occurrence_is_told_in_each_session(world: World) -> None:
    prices = walk("==^^=")
    world.alert(days(prices)[1], "change_in_session", parameters={"change": 0.05})
    for number in range(1, 5):
        for _ in range(2):
            world.run(known(prices, number))
    assert world.seen() == [(A, days(prices)[2], "up"), (A, days(prices)[3], "up")]


def test_an_edited_rule_starts_anew(world: World) -> None:
    """What holds at the session last seen is where it starts from."""
    prices = walk("==^^=^")
    world.alert(days(prices)[1], parameters={"direction": "down"})
    world.run(known(prices, 3))
    (alert,) = world.desk.alerts.all()
    world.desk.alerts.save(replace(alert, parameters={"direction": "up"}))
    for number in (3, 4, 5):
        world.run(known(prices, number))
    assert world.seen() == [(A, days(prices)[5], "up")]


def test_of_the_time_it_was_off_nothing_is_told(world: World) -> None:
    prices = walk("==^=^=^")
    world.alert(days(prices)[1])
    world.run(known(prices, 2))
    (alert,) = world.desk.alerts.all()
    off = world.desk.alerts.save(replace(alert, enabled=False))
    assert world.run(known(prices, 4)).alerts == 0
    world.desk.alerts.save(replace(off, enabled=True))
    world.run(known(prices, 6))
    assert [session for _, session, _ in world.seen()] == [days(prices)[2], days(prices)[6]]


def test_another_market_s_session_is_its_own(world: World) -> None:
    """At Taipei's afternoon New York has not opened: its session of that day comes at night."""
    symbol = CHAIN.symbols("US")[0]
    home = walk("====")
    closes = [100.0, 100.0, 100.0, 120.0]
    abroad = prices_of({symbol: closes}, market="US")
    afternoon = replace(until(home, days(home)[3]), panels={
        **home.panels, "US": abroad.panels["US"].as_of(days(home)[2]),
    })  # fmt: skip
    night = replace(home, panels={**home.panels, **abroad.panels})
    world.alert(days(home)[1], "change_in_session", scope_value=symbol)
    for prices in (afternoon, afternoon, night, night):
        world.run(market_of(prices))
    assert world.seen() == [(symbol, days(home)[3], "up")]


def test_a_list_and_a_layer_are_looked_at_as_they_are_now(world: World) -> None:
    prices = walk("===^")
    layer = next(
        one.layer
        for company in CHAIN.companies
        if company.symbol == A
        for one in company.memberships
        if one.primary and one.kind == "core"
    )
    added = NewEntry(A, added_on=days(prices)[0])
    own = world.desk.watchlists.add(world.desk.watchlists.create("mine").id, [added])
    empty = world.desk.watchlists.create("empty")
    for scope, value in (("list", str(own.id)), ("layer", layer), ("list", str(empty.id))):
        world.alert(days(prices)[1], scope=scope, scope_value=value)
    assert world.run(known(prices, 3)).faults == ()
    names = [one.alert_name for one in world.desk.alerts.history()]
    assert sorted(names) == ["at_limit 0", "at_limit 1"]


def test_beyond_the_map_the_whole_market_is_read_only_when_asked(world: World) -> None:
    prices = walk("===^", symbol="1101.TW")
    assert "1101.TW" not in CHAIN.symbols()
    market = market_of(prices)
    del market.__dict__["all_prices"]
    world.alert(days(prices)[1], scope="map", scope_value="")
    world.run(market)
    assert "all_prices" not in market.__dict__
    world.alert(days(prices)[1], scope="listed", scope_value="")
    world.run(known(prices, 3))
    assert world.seen() == [("1101.TW", days(prices)[3], "up")]


def test_a_broken_rule_is_told_and_the_others_go_on(world: World) -> None:
    prices = walk("===^")
    world.alert(days(prices)[1], scope="layer", scope_value="no_such_layer")
    world.alert(days(prices)[1], scope="list", scope_value="77")
    world.alert(days(prices)[1])
    summary = world.run(known(prices, 3))
    assert summary.alerts == 1
    assert [fault.split(":")[0] for fault in summary.faults] == ["at_limit 0", "at_limit 1"]
    assert world.seen() == [(A, days(prices)[3], "up")]


def test_a_provisional_session_is_left_for_later(world: World) -> None:
    flags = [0, 0, 0, int(BarFlag.PROVISIONAL)]
    closes = {A: [100.0, 100.0, 100.0, 110.0], FILLER: [50.0] * 4}
    early, final = prices_of(closes, flags=flags), prices_of(closes)
    world.alert(days(final)[1])
    world.run(known(early, 3))
    assert world.seen() == []
    world.run(known(final, 3))
    assert world.seen() == [(A, days(final)[3], "up")]


def test_nobody_sees_another_s(world: World) -> None:
    prices = walk("===^")
    other = world.accounts.desk(world.accounts.signed_in("https://id.example", "b", "B", None))
    world.alert(days(prices)[1])
    evaluate_desks([world.desk, other], known(prices, 3), NOW)
    assert len(world.desk.alerts.history()) == 1
    assert other.alerts.history() == ()


STATES = st.lists(
    st.lists(st.sampled_from([True, False, None]), min_size=9, max_size=9), min_size=8, max_size=8
)
RUNS = st.lists(st.integers(0, 2), min_size=9, max_size=9)


def rising(states: Sequence[bool | None], made: int) -> list[int]:
    """Numbers of the sessions after `made` in which a state becomes true, by a plain loop.

    It is known from the session before the last one that was over; unknown changes nothing.
    """
    last, found = None, []
    for number in range(made - 1, len(states)):
        if states[number] is None:
            continue
        if states[number] and last is False and number > made:
            found.append(number)
        last = states[number]
    return found


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    file = tmp_path_factory.mktemp("alerts") / "accounts.sqlite3"
    accounts = opened(file)
    yield World(file, accounts, accounts.desk(accounts.local()))
    accounts.close()


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(states=STATES, runs=RUNS)
def test_exactly_the_rising_edges_fire(
    shared_world: World, states: list[list[bool | None]], runs: list[int]
) -> None:
    """Whatever the states, and however often and late it is evaluated once it is made.

    The first bars only give the limits something to count from.
    """
    world, made = shared_world, 2
    marks = {True: "^", False: "=", None: " "}
    walks = [walk("=" + "".join(marks[one] for one in own)) for own in states]
    closes = {
        symbol: own.panels["TW"].unadjusted_close[own.panels["TW"].positions[A]].tolist()
        for symbol, own in zip(TW, walks, strict=False)
    }
    prices = prices_of({**closes, FILLER: [50.0] * 10})
    for old in world.desk.alerts.all():
        world.desk.alerts.delete(old.id)
    identity = world.alert(days(prices)[made], scope="map", scope_value="")
    for number, times in list(enumerate(runs, 1))[made - 1 :]:
        for _ in range(times if number < 9 else 1):
            world.run(known(prices, number))
    expected = {
        (symbol, days(prices)[number])
        for symbol, own in zip(TW, states, strict=False)
        for number in rising([None, *own], made)
    }
    events = [one for one in world.desk.alerts.history(5_000) if one.alert_id == identity]
    assert {(one.key, one.session) for one in events} == expected
    assert len(events) == len(expected)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (NewRule("nothing", "map"), "choose from matches"),
        (NewRule("crosses_price", "map", "", "", {"level": 5.0}), "crosses_price looks at symbol"),
        (NewRule("crosses_price", "symbol", A), "level: is missing"),
        (NewRule("crosses_price", "symbol", A, "", {"level": -1.0}), "level: is -1"),
        (NewRule("crosses_price", "symbol", A, "", {"level": "x"}), "give a number"),
        (NewRule("crosses_price", "symbol", A, "", {"level": NAN}), "give a number"),
        (NewRule("at_limit", "symbol", " "), "say which symbol"),
        (NewRule("at_limit", "layer", "nothing"), "the map has none"),
        (NewRule("at_limit", "map", "x"), "takes no value"),
        (NewRule("at_limit", "map", "", "close > 1"), "takes none"),
        (NewRule("at_limit", "map", "", "", {"speed": 1.0}), "'speed'"),
        (NewRule("at_limit", "map", "", "", {"direction": "left"}), "choose from both"),
        (NewRule("layer_rank_change", "map", "", "", {"places": 1.5}), "whole number"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_one_sentence(rule: NewRule, said: str) -> None:
    with pytest.raises(InputError) as refused:
        check(rule, CHAIN)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
