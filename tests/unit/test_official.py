"""What the exchanges say of one company, as of a session."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from dashboard.analytics.official import ATTENTION, DISPOSITION, Official, official_facts
from dashboard.prices import records as r
from dashboard.prices.records import RecordKind, empty_records, validated_records

DAY = dt.date(2026, 6, 30)
FETCHED = pd.Timestamp("2026-06-30 07:00", tz="UTC")


def made(kind: RecordKind, *rows: dict[str, object]) -> pd.DataFrame:
    filled = {"source": "twse", "fetched_at": FETCHED}
    blank = dict.fromkeys(kind.columns)
    frame = pd.DataFrame([{**blank, **filled, **row} for row in rows])
    for name, dtype in kind.columns.items():
        frame[name] = frame[name].fillna("") if dtype == "str" else frame[name].astype(dtype)
    return validated_records(kind, frame)


def facts(kind: RecordKind, *rows: dict[str, object], as_of: dt.date = DAY) -> Official:
    return official_facts({kind.name: made(kind, *rows)}, "2330.TW", as_of, DAY)


def test_nothing_known_is_nothing_said() -> None:
    assert official_facts({}, "2330.TW", DAY, DAY) == Official()
    empty = {kind.name: empty_records(kind) for kind in r.KINDS.values()}
    assert official_facts(empty, "2330.TW", DAY, DAY) == Official()


def test_the_latest_valuation_counts_and_grows_old() -> None:
    rows = [
        {"symbol": "2330.TW", "session": f"2026-06-{day}", "pe": pe, "dividend_yield": 0.01}
        for day, pe in ((29, 30.0), (30, 31.0))
    ]
    later = {"symbol": "2330.TW", "session": "2026-07-01", "pe": 99.0}
    other = {"symbol": "2317.TW", "session": "2026-06-30", "pe": 12.0}
    found = facts(r.VALUATION, *rows, later, other).valuation
    assert found is not None
    assert (found.session, found.pe, found.source) == (DAY, 31.0, "twse")
    assert pd.isna(found.pb)
    assert facts(r.VALUATION, *rows, as_of=dt.date(2026, 7, 20)).valuation is None
    assert facts(r.VALUATION, *rows, as_of=dt.date(2026, 6, 29)).valuation is not None


@pytest.mark.parametrize(
    ("until", "as_of", "shown"),
    [
        ("2026-07-07", "2026-06-30", True),
        ("2026-07-07", "2026-07-07", True),
        ("2026-07-07", "2026-07-08", False),
        ("2026-07-07", "2026-06-28", False),
        (None, "2026-07-06", True),
        (None, "2026-07-07", False),
    ],
)
def test_a_notice_holds_to_its_end_or_for_a_week(
    until: str | None, as_of: str, shown: bool
) -> None:
    kind = DISPOSITION if until else ATTENTION
    row = {
        "symbol": "2330.TW", "date": "2026-06-29", "kind": kind, "until": until, "text": "x",
        "record": f"2330.TW/{kind}",
    }  # fmt: skip
    found = facts(r.NOTICES, row, as_of=dt.date.fromisoformat(as_of)).notices
    assert [one.kind for one in found] == ([kind] if shown else [])


def test_attention_and_disposition_of_one_day_are_both_shown() -> None:
    rows = [
        {"symbol": "2330.TW", "date": "2026-06-29", "kind": kind, "record": f"2330.TW/{kind}"}
        for kind in (ATTENTION, DISPOSITION)
    ]
    assert {one.kind for one in facts(r.NOTICES, *rows).notices} == {ATTENTION, DISPOSITION}


def test_only_ex_dates_to_come_are_announced() -> None:
    rows = [
        {"symbol": "2330.TW", "session": day, "dividend": 5.0}
        for day in ("2026-06-30", "2026-07-01", "2026-09-16")
    ]
    coming = facts(r.ACTIONS, *rows).coming
    assert [one.session for one in coming] == [dt.date(2026, 7, 1), dt.date(2026, 9, 16)]
    # Prices that are behind do not make a past ex-date a coming one.
    behind = facts(r.ACTIONS, *rows, as_of=dt.date(2026, 5, 4)).coming
    assert [one.session for one in behind] == [DAY, dt.date(2026, 7, 1), dt.date(2026, 9, 16)]


def test_the_board_is_that_of_the_day() -> None:
    old = {
        "symbol": "2330.TW", "listed_on": "2000-01-03", "code": "2330", "name": "x",
        "board": "TPEX", "industry": "y", "valid_to": "2026-06-26",
    }  # fmt: skip
    new = old | {"listed_on": "2026-06-29", "board": "TWSE", "valid_to": None}
    found = facts(r.LISTINGS, old, new)
    assert found.listing is not None
    assert found.listing.board == "TWSE"
    before = facts(r.LISTINGS, old, new, as_of=dt.date(2026, 6, 26)).listing
    assert before is not None
    assert before.board == "TPEX"
    # Gone from its board, and on no other: nothing is claimed.
    assert facts(r.LISTINGS, old).listing is None


def test_disagreements_name_both_sources() -> None:
    row = {
        "symbol": "2330.TW", "session": "2026-06-30", "close": 1000.0, "other_close": 1010.0,
        "ticks": 2.0, "other_source": "yahoo",
    }  # fmt: skip
    found = facts(r.DISAGREEMENTS, row)
    assert [(one.close, one.other_close, one.other_source) for one in found.disagreements] == [
        (1000.0, 1010.0, "yahoo")
    ]
    assert found.sources == ("twse",)
    assert facts(r.DISAGREEMENTS, row, as_of=dt.date(2026, 6, 29)).disagreements == ()
