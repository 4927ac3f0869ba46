import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dashboard.errors import InputError
from dashboard.markets import MARKETS
from dashboard.prices import sessions as module
from dashboard.prices.sessions import (
    are_sessions,
    is_session,
    last_final_session,
    next_session,
    sessions,
)

TAIPEI = ZoneInfo("Asia/Taipei")
NEW_YORK = ZoneInfo("America/New_York")
START_OF_DATA = dt.date(2000, 1, 4)
END_OF_DATA = dt.date(2026, 6, 30)


@pytest.mark.real_data
def test_the_home_calendar_is_the_index_day_for_day(real_data: Path) -> None:
    """The exchange published an index value on exactly these days."""
    observed = pd.read_parquet(real_data / "prices/taiex_daily.parquet", columns=["date"])
    days = np.sort(observed["date"].to_numpy().astype("datetime64[D]"))
    assert sessions("TW", START_OF_DATA, END_OF_DATA).tolist() == days.tolist()


@pytest.mark.parametrize("day", ["2024-10-31", "2026-07-10", "2026-02-12", "2023-01-18"])
def test_typhoons_and_settlement_days_are_no_sessions(day: str) -> None:
    assert not is_session("TW", dt.date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2018-03-31", "2018-12-22"])
def test_make_up_saturdays_were_sessions(day: str) -> None:
    assert is_session("TW", dt.date.fromisoformat(day))
    assert not is_session("US", dt.date.fromisoformat(day))


@pytest.mark.parametrize("market", MARKETS)
def test_the_shipped_sessions_are_those_of_the_package(market: str) -> None:
    """Red after an update of the package that knows better: ship the file anew."""
    shipped = module._shipped()[market]
    made = module.made_calendar(market)
    assert shipped.size > 6000
    assert shipped.tolist() == made[made <= shipped[-1]].tolist()


def test_near_its_end_the_shipped_file_gives_way_to_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = np.datetime64(dt.datetime.now(dt.UTC).date())
    for days_left, asked in ((15, False), (13, True)):
        known = np.array([today - 400, today + days_left])
        monkeypatch.setattr(module, "_shipped", lambda known=known: {"TW": known})
        calls: list[str] = []
        monkeypatch.setattr(
            module, "made_calendar", lambda market, k=known, c=calls: c.append(market) or k
        )
        module._calendar.__wrapped__("TW")
        assert bool(calls) is asked


def test_a_damaged_shipped_file_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "calendars.npz").write_bytes(b"PK\x03\x04 no archive")
    monkeypatch.setattr(module, "SHIPPED", tmp_path / "calendars.npz")
    assert module._shipped.__wrapped__() == {}
    monkeypatch.setattr(module, "SHIPPED", tmp_path / "absent.npz")
    assert module._shipped.__wrapped__() == {}


def test_the_file_ships_what_it_was_made_from(tmp_path: Path) -> None:
    module.ship(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as new, np.load(module.SHIPPED) as old:
        assert set(new) == set(old) == set(MARKETS)


def test_ends_are_included_and_an_empty_span_is_empty() -> None:
    week = sessions("TW", dt.date(2026, 6, 22), dt.date(2026, 6, 26))
    assert len(week) == 5
    assert sessions("TW", dt.date(2026, 6, 26), dt.date(2026, 6, 22)).size == 0


def test_every_market_has_a_calendar_that_reaches_last_month() -> None:
    for market in MARKETS:
        assert len(sessions(market, dt.date(2025, 1, 1), dt.date(2025, 12, 31))) > 230


def test_before_the_calendars_every_weekday_passes() -> None:
    days = sessions("US", dt.date(1999, 12, 24), dt.date(2000, 1, 3))
    assert days.tolist()[:2] == [dt.date(1999, 12, 24), dt.date(1999, 12, 27)]
    assert are_sessions("US", np.array(["1999-12-25", "1999-12-27"])).tolist() == [False, True]
    assert next_session("US", dt.date(1999, 12, 24)) == dt.date(1999, 12, 27)


@pytest.mark.parametrize("market", MARKETS)
def test_before_the_first_session_is_none(market: str) -> None:
    """The Taiwan exchange opened on Friday, 9 February 1962."""
    opening = dt.date(1962, 2, 9)
    days = np.array(["0001-01-01", "1950-01-02", "1962-02-08", "1962-02-09"], "datetime64[D]")
    assert are_sessions(market, days).tolist() == [False, False, False, True]
    found = sessions(market, dt.date.min, dt.date(1962, 2, 13))
    assert found.tolist() == [opening, dt.date(1962, 2, 12), dt.date(1962, 2, 13)]
    assert sessions(market, dt.date.min, dt.date(1950, 1, 2)).size == 0
    assert next_session(market, dt.date.min) == opening
    assert next_session(market, opening) == dt.date(1962, 2, 12)


@pytest.mark.parametrize(
    ("market", "now", "expected"),
    [
        ("TW", dt.datetime(2026, 6, 30, 13, 34, tzinfo=TAIPEI), "2026-06-29"),
        ("TW", dt.datetime(2026, 6, 30, 13, 35, tzinfo=TAIPEI), "2026-06-30"),
        ("TW", dt.datetime(2026, 7, 10, 20, 0, tzinfo=TAIPEI), "2026-07-09"),
        ("TW", dt.datetime(2026, 2, 22, 12, 0, tzinfo=TAIPEI), "2026-02-11"),
        ("US", dt.datetime(2026, 6, 30, 13, 35, tzinfo=TAIPEI), "2026-06-29"),
        ("US", dt.datetime(2026, 6, 30, 16, 15, tzinfo=NEW_YORK), "2026-06-30"),
    ],
)
def test_a_bar_is_final_once_the_market_has_closed(
    market: str, now: dt.datetime, expected: str
) -> None:
    assert last_final_session(market, now).isoformat() == expected


def test_next_session_skips_closures_and_says_where_the_calendar_ends() -> None:
    assert next_session("TW", dt.date(2026, 7, 9)) == dt.date(2026, 7, 13)
    assert next_session("TW", dt.date(2026, 2, 11)) == dt.date(2026, 2, 23)
    with pytest.raises(InputError, match="calendar ends"):
        next_session("TW", dt.date(2099, 1, 1))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InputError, match="time zone"):
        last_final_session("TW", dt.datetime(2026, 6, 30))
