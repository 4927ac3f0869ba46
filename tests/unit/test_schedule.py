"""When a refresh is due, and the process that waits for it; no test sleeps."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError, RefreshRunning
from dashboard.prices.schedule import (
    ALIVE_FOR,
    BEAT_FILE,
    TAIPEI,
    Heart,
    next_due,
    schedule_state,
)
from dashboard.prices.scheduler import GRACE, JITTER, DueTrigger, Scheduler
from dashboard.prices.sessions import is_session
from dashboard.settings import PROJECT_ROOT

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=TAIPEI)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=TAIPEI)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-06-30T12:00", "2026-06-30T14:35"),  # a Tuesday
        ("2026-06-30T14:35", "2026-07-01T06:00"),
        ("2026-07-01T05:59", "2026-07-01T06:00"),
        ("2026-07-03T15:00", "2026-07-04T06:00"),  # Saturday, after Friday's session
        ("2026-07-04T06:00", "2026-07-06T14:35"),  # Sunday and Monday morning have nothing new
        ("2026-07-09T15:00", "2026-07-10T06:00"),
        ("2026-07-10T06:00", "2026-07-11T06:00"),  # a typhoon: no close, but New York traded
        ("2026-02-18T08:00", "2026-02-19T06:00"),  # Lunar New Year: New York's sessions only
    ],
)
def test_it_is_due_after_the_close_and_on_the_morning_after(now: str, due: str) -> None:
    assert next_due(at(now)) == at(due)


def test_a_calendar_that_has_ended_says_so() -> None:
    with pytest.raises(InputError, match="exchange_calendars"):
        next_due(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))


@given(st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2026, 12, 1)))
def test_a_due_time_is_ahead_at_its_hour_and_none_is_left_out(moment: dt.datetime) -> None:
    now = moment.replace(tzinfo=dt.UTC)
    due = next_due(now)
    assert due > now
    assert (due.hour, due.minute) in {(14, 35), (6, 0)}
    if due.hour == 14:
        assert is_session("TW", due.date())
    day = now.astimezone(TAIPEI).date()
    while day < due.date():
        close = dt.datetime.combine(day, dt.time(14, 35), TAIPEI)
        assert close <= now or not is_session("TW", day)
        day += dt.timedelta(days=1)


def test_a_trigger_looks_at_the_clock_alone() -> None:
    trigger = DueTrigger()
    due = next_due(NOW)
    for previous in (None, due, NOW + dt.timedelta(days=400)):  # the clock was set back
        fires = trigger.get_next_fire_time(previous, NOW)
        assert due <= fires <= due + JITTER
    fires = {trigger.get_next_fire_time(None, NOW) for _ in range(20)}
    assert len(fires) > 1
    after = trigger.get_next_fire_time(due, due + JITTER)
    assert after >= at("2026-07-01T06:00")  # never twice for one due time


def test_a_sign_of_life_is_believed_for_three_minutes(tmp_path: Path) -> None:
    folder = str(tmp_path / "store")
    assert not schedule_state(folder, NOW).alive
    due = next_due(NOW)
    heart = Heart(folder)
    heart.beat(NOW, due)
    assert schedule_state(folder, NOW).due == due
    assert schedule_state(folder, NOW + ALIVE_FOR).due == due
    dead = ALIVE_FOR + dt.timedelta(seconds=1)
    assert schedule_state(folder, NOW + dead).due is None
    assert schedule_state(folder, NOW - dead).due is None  # written by a clock that was wrong
    (tmp_path / "store" / BEAT_FILE).write_text('{"beat": 7}')
    assert not schedule_state(folder, NOW).alive
    heart.beat(NOW, due)
    heart.stop()
    assert list((tmp_path / "store").iterdir()) == []


def test_an_object_store_shows_no_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    heart = Heart("s3://bucket/prices")
    heart.beat(NOW, next_due(NOW))
    heart.stop()
    assert list(tmp_path.iterdir()) == []
    assert not schedule_state("s3://bucket/prices", NOW).alive


class AtOnce(BaseTrigger):
    """Fires once, now."""

    def get_next_fire_time(
        self, previous: dt.datetime | None, now: dt.datetime
    ) -> dt.datetime | None:
        return now if previous is None else None


def test_a_run_is_one_line_and_a_failed_one_does_not_end_the_schedule(tmp_path: Path) -> None:
    lines: list[str] = []
    moments = iter([NOW, NOW + dt.timedelta(seconds=34), NOW + dt.timedelta(seconds=35)] * 2)

    def task(should_stop: Callable[[], bool]) -> str:
        if lines:
            raise RefreshRunning("a refresh is already running")
        return "150 symbols: 150 new bars\nfeeds: 3 of 3 done"

    scheduler = Scheduler(task, lines.append, str(tmp_path), clock=lambda: next(moments))
    scheduler.run()
    scheduler.run()
    assert lines == [
        "2026-06-30 12:00 Taipei 150 symbols: 150 new bars; feeds: 3 of 3 done; "
        "took 34 s, next at 2026-06-30 14:35 Taipei",
        "2026-06-30 12:00 Taipei failed: a refresh is already running; "
        "took 34 s, next at 2026-06-30 14:35 Taipei",
    ]


def test_told_to_end_it_finishes_the_present_answer(tmp_path: Path) -> None:
    running, told = threading.Event(), threading.Event()
    lines: list[str] = []
    stops: list[bool] = []

    def task(should_stop: Callable[[], bool]) -> str:
        running.set()
        assert told.wait(30)
        stops.append(should_stop())
        return "stopped"

    scheduler = Scheduler(task, lines.append, str(tmp_path), trigger=AtOnce())
    waiting = threading.Thread(target=scheduler.serve)
    waiting.start()
    assert running.wait(30)
    beat = json.loads((tmp_path / BEAT_FILE).read_text())
    assert schedule_state(str(tmp_path), dt.datetime.fromisoformat(beat["beat"])).alive
    ending = threading.Thread(target=scheduler.end)
    ending.start()
    assert scheduler.ending.wait(30)
    told.set()
    ending.join(30)
    waiting.join(30)
    assert not waiting.is_alive()
    assert stops == [True]
    assert len(lines) == 1
    assert not (tmp_path / BEAT_FILE).exists()


def test_one_run_at_a_time_missed_ones_once(tmp_path: Path) -> None:
    scheduler = Scheduler(lambda should_stop: "", lambda line: None, str(tmp_path))
    job = next(one for one in scheduler.jobs() if one.id == "refresh")
    assert (job.max_instances, job.coalesce) == (1, True)
    assert job.misfire_grace_time == GRACE.total_seconds()


def test_between_two_runs_small_work_is_done_each_minute(tmp_path: Path) -> None:
    scheduler = Scheduler(
        lambda should_stop: "", lambda line: None, str(tmp_path), each_minute=lambda: None
    )
    job = next(one for one in scheduler.jobs() if one.id == "each_minute")
    assert job.trigger.interval == dt.timedelta(minutes=1)
    assert (job.max_instances, job.coalesce) == (1, True)


EXAMPLES = PROJECT_ROOT / "docs" / "examples"
WEEK = dt.timedelta(days=7)


def fires(expressions: list[str], timezone: str) -> set[dt.datetime]:
    """When these lines of cron fire in a week without a holiday."""
    start, found = at("2026-06-01T00:00"), set()
    for expression in expressions:
        # Its numbers of weekdays begin with Monday as 0, those of cron with Sunday.
        *fields, weekdays = expression.split()
        days = re.sub(r"\d", lambda digit: str((int(digit[0]) - 1) % 7), weekdays)
        trigger = CronTrigger.from_crontab(" ".join([*fields, days]), timezone)
        moment = trigger.get_next_fire_time(None, start)
        while moment < start + WEEK:
            found.add(moment.astimezone(TAIPEI))
            moment = trigger.get_next_fire_time(moment, moment + dt.timedelta(seconds=1))
    return found


def due_in_the_week() -> set[dt.datetime]:
    start, found = at("2026-06-01T00:00"), set()
    due = next_due(start)
    while due < start + WEEK:
        found.add(due)
        due = next_due(due)
    return found


def test_the_examples_refresh_when_the_schedule_does() -> None:
    cron = (EXAMPLES / "crontab").read_text("utf-8")
    lines = re.findall(r"^((?:\S+ ){4}\S+) cd ", cron, re.MULTILINE)
    assert fires(lines, re.findall("CRON_TZ=(.*)", cron)[0]) == due_in_the_week()
    workflow = yaml.safe_load((EXAMPLES / "refresh.yml").read_text("utf-8"))
    planned = [entry["cron"] for entry in workflow[True]["schedule"]]  # YAML reads "on" as true
    assert fires(planned, "UTC") == due_in_the_week()
    assert len(due_in_the_week()) == 10
