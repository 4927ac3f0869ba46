"""Coverage, flags, quarantine and sources of the data page; the exchange's facts of a company."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from dashboard.i18n import translate
from dashboard.prices import quarantine
from dashboard.prices.bars import BarFlag
from dashboard.prices.providers.exchanges.feed import ATTRIBUTIONS
from dashboard.prices.quality import RULES, check
from dashboard.prices.records import (
    DISAGREEMENTS,
    FEEDS,
    HOLIDAYS,
    LISTINGS,
    NOTICES,
    VALUATION,
    RecordKind,
)
from dashboard.prices.store import PriceStore
from dashboard.ui import loaders
from tests.app.conftest import entered
from tests.app.screen import Screen
from tests.app.states import State, made_bars

FETCHED = pd.Timestamp("2026-06-30 08:00", tz="UTC")
SYMBOL = "3653.TW"
NOW = dt.datetime(2026, 11, 21, 1, tzinfo=dt.UTC)


def record(store: PriceStore, of: RecordKind, **values: object) -> None:
    row = {name: values.get(name) for name in of.columns} | {"fetched_at": FETCHED}
    frame = pd.DataFrame([row])
    for name, dtype in of.columns.items():
        frame[name] = frame[name].fillna("") if dtype == "str" else frame[name].astype(dtype)
    store.upsert_records(of, frame)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PriceStore]:
    """Three companies: one lacks eleven sessions and has a jump, a refused row is kept aside."""
    bars = made_bars([SYMBOL, "2330.TW", "NVDA"])
    own = bars[bars["symbol"] == SYMBOL].sort_values("session")
    gap = own.index[-60:-49]
    late = own.index[-20:]
    prices = ["open", "high", "low", "close", "adjusted_close"]
    bars.loc[late, prices] = bars.loc[late, prices] * 0.25
    bars = bars.drop(gap)
    bad = own.iloc[[-30]].assign(close=float("nan"))
    wrong = own.iloc[[-31]].assign(low=own["high"].iloc[-31] * 2)
    checked = check(pd.concat([bad, wrong], ignore_index=True), now=NOW)
    made = PriceStore(str(tmp_path / "store"))
    made.upsert(bars)
    assert quarantine.keep_aside(made, checked) == 2
    for _ in entered(State("quality", tmp_path / "store")):
        yield made


def last_session(store: PriceStore) -> pd.Timestamp:
    last: pd.Timestamp = store.coverage()["last"].max()
    return last


def sessions_of(store: PriceStore, symbol: str) -> list[dt.date]:
    table = store.read(symbols=[symbol], fields=["session"])
    return sorted(table["session"].to_pylist())


def test_the_strip_shows_what_is_stored_and_a_click_leads_to_the_bars(store: PriceStore) -> None:
    screen = Screen("data", lang="en", section="coverage")
    (chart,) = screen.charts
    heat = next(trace for trace in chart["data"] if trace["type"] == "heatmap")
    rows = dict(zip(heat["y"], range(len(heat["y"])), strict=True))
    # Only companies with a bar have a row.
    assert len(rows) == 2
    label = next(one for one in rows if "3653" in one)
    days = sessions_of(store, SYMBOL)
    jump = days[-20]
    marked = next(trace for trace in chart["data"] if trace["type"] == "scatter")
    assert [marked["x"], marked["y"]] == [[f"{jump:%Y-%m}"], [label]]
    assert f"{jump:%m-%d}" in marked["text"][0]

    month = f"{jump:%Y-%m}"
    screen.select(screen.app.get("plotly_chart")[0], points=[{"x": month, "y": label}])
    assert (screen.url["code"], screen.url["month"]) == (SYMBOL, month)
    shown = screen.tables[-1]
    expected = [day for day in days if f"{day:%Y-%m}" == month]
    assert [f"{one:%Y-%m-%d}" for one in shown["Session"]] == [str(day) for day in expected]
    at = expected.index(jump)
    assert shown["Flags"].iloc[at] == RULES["jump"].label.en
    assert (shown["Flags"] == RULES["jump"].label.en).sum() == 1


def test_missing_days_of_a_month_are_named(store: PriceStore) -> None:
    days = sessions_of(store, SYMBOL)
    after_gap = next(
        later for earlier, later in itertools.pairwise(days)
        if (later - earlier).days > 13
    )  # fmt: skip
    before = days[days.index(after_gap) - 1]
    between = {f"{before + dt.timedelta(n):%m-%d}" for n in range(1, (after_gap - before).days)}
    said = ""
    for month in {f"{before:%Y-%m}", f"{after_gap:%Y-%m}"}:
        screen = Screen("data", lang="en", section="coverage", code=SYMBOL, month=month)
        said += screen.text
    assert sum(day in said for day in between) == 11


def test_hostile_months_and_codes_of_the_address_show_no_cell(store: PriceStore) -> None:
    for code, month in ((SYMBOL, "0000-01"), (SYMBOL, "9999-12"), ("../x", "2026-06"), ("^", "")):
        screen = Screen("data", lang="en", section="coverage", code=code, month=month)
        assert not screen.failures
        assert len(screen.charts) == 1


def test_every_rule_is_listed_with_its_example_and_count(store: PriceStore) -> None:
    for language in ("zh", "en"):
        screen = Screen("data", lang=language, section="flags")
        rules = screen.tables[0]
        by_label = rules.set_index(rules.columns[0])
        assert list(by_label.index) == [rule.label.get(language) for rule in RULES.values()]
        examples = by_label[rules.columns[-1]]
        assert examples.tolist() == [rule.example.get(language) for rule in RULES.values()]
        count = by_label[translate("quality.count", language)]
        assert count[RULES["jump"].label.get(language)] == 1
        assert count[RULES["no_close"].label.get(language)] == 1
        assert count[RULES["low_above_high"].label.get(language)] == 1
        assert count[RULES["halt"].label.get(language)] == 1
        assert pd.isna(count[RULES["wrong_symbol"].label.get(language)])


def test_one_rule_s_findings_lead_to_their_month(store: PriceStore) -> None:
    screen = Screen("data", lang="en", section="flags", rule="jump")
    (found,) = screen.tables[1].to_dict("records")
    jump = sessions_of(store, SYMBOL)[-20]
    assert (found["Symbol"], f"{found['First']:%Y-%m-%d}") == (SYMBOL, str(jump))
    screen.click_row(0, table=1)
    assert screen.url["section"] == "coverage"
    assert (screen.url["code"], screen.url["month"]) == (SYMBOL, f"{jump:%Y-%m}")


def button(screen: Screen, key: str) -> object:
    return next(one for one in screen.app.button if one.key == key)


def choose_row(screen: Screen, reason: str) -> Screen:
    table = screen.tables[-1]
    row = table.index[table["Reason"] == RULES[reason].label.en][0]
    return screen.click_row(int(row), table=len(screen.tables) - 1)


def test_a_refused_row_is_accepted_or_dropped_by_hand(store: PriceStore) -> None:
    screen = Screen("data", lang="en", section="quarantine")
    table = screen.tables[-1]
    assert set(table["Reason"]) == {RULES["no_close"].label.en, RULES["low_above_high"].label.en}
    assert table["Stored close"].notna().all()
    choose_row(screen, "low_above_high")
    button(screen, "data:accept").click()  # type: ignore[attr-defined]
    loaders.store_version.clear()
    screen.run()
    assert "1 rows accepted" in screen.text
    rows = quarantine.records(store).set_index("reason")
    assert rows.loc["low_above_high", "state"] == "accepted"
    session = rows.loc["low_above_high", "session"].date()
    flags = store.read(symbols=[SYMBOL], start=session, end=session)["flags"].to_pylist()
    assert flags[0] & BarFlag.ACCEPTED
    # What was stored before waits in its place, so nothing is lost.
    assert rows.loc["replaced", "state"] == "waiting"

    choose_row(screen, "no_close")
    button(screen, "data:accept").click()  # type: ignore[attr-defined]
    loaders.store_version.clear()
    screen.run()
    assert "no close above zero" in screen.text
    choose_row(screen, "no_close")
    button(screen, "data:drop").click()  # type: ignore[attr-defined]
    loaders.store_version.clear()
    screen.run()
    states = quarantine.records(store).set_index("reason")["state"]
    assert states["no_close"] == "dropped"


def test_feeds_and_disagreements_name_their_sources(store: PriceStore) -> None:
    day = last_session(store)
    record(store, FEEDS, feed="twse_day", date=day, state="failed", reason="only 300 rows", rows=0)
    record(store, FEEDS, feed="tpex_day", date=day, state="closed", reason="turned away", rows=0)
    record(
        store, DISAGREEMENTS, symbol=SYMBOL, session=day, close=100.0, other_close=102.0,
        ticks=4.0, source="twse", other_source="yahoo",
    )  # fmt: skip
    loaders.store_version.clear()
    screen = Screen("data", lang="en", section="sources")
    feeds = screen.tables[0].set_index("Key")
    assert feeds.loc["twse_day", "Feed"] == "TWSE: the whole market's latest session"
    assert feeds.loc["twse_day", "Result"] == "failed"
    assert feeds.loc["twse_day", "Reason"] == "only 300 rows"
    assert feeds.loc["tpex_day", "Result"] == "closed for the day"
    assert feeds.loc["twse_past_day", "Result"] == "off (site terms)"
    assert feeds.loc["twse_limits", "Result"] == "never asked"
    (row,) = screen.tables[1].to_dict("records")
    assert (row["Used"], row["Source"], row["Other"], row["Other source"]) == (
        100.0, "twse", 102.0, "yahoo",
    )  # fmt: skip
    for text in ATTRIBUTIONS.values():
        assert text.en in screen.text


def test_days_on_which_the_exchange_and_the_calendar_disagree_are_named(store: PriceStore) -> None:
    record(store, HOLIDAYS, kind="closed", date="2026-11-23", name="made up", source="twse")
    record(store, HOLIDAYS, kind="closed", date="2026-02-16", name="new year", source="twse")
    record(store, HOLIDAYS, kind="open", date="2026-11-22", name="a Sunday", source="twse")
    loaders.store_version.clear()
    text = Screen("data", lang="en", section="sources").text
    assert "sessions: 2026-11-23 made up. Update" in text
    assert "closed: 2026-11-22 a Sunday. Update" in text
    assert "new year" not in text


def test_a_company_shows_what_the_exchange_says_of_it(store: PriceStore) -> None:
    day = last_session(store)
    record(
        store, NOTICES, record=f"{SYMBOL}/disposition", date=day, symbol=SYMBOL,
        kind="disposition", until=day + pd.Timedelta(days=9), text="<b>x</b>", source="twse",
    )  # fmt: skip
    record(store, VALUATION, symbol=SYMBOL, session=day, pe=21.5, pb=3.25, source="twse")
    record(
        store, LISTINGS, symbol=SYMBOL, listed_on="2009-11-12", code="3653", name="健策",
        board="TWSE", industry="電腦及週邊設備業", source="twse",
    )  # fmt: skip
    loaders.store_version.clear()
    screen = Screen(code=SYMBOL, lang="en")
    assert f"Disposition: {day:%Y-%m-%d} to" in screen.text
    assert "P/E 21.50 · yield — · P/B 3.25" in screen.text
    assert "TWSE · Computers and peripherals · since 2009-11-12" in screen.text
    assert ATTRIBUTIONS["twse"].en in screen.text
    # Nothing is claimed of a company that the exchange said nothing of.
    assert "P/E" not in Screen(code="2330.TW", lang="en").text


def test_the_schedule_is_told_only_while_it_is_alive(store: PriceStore) -> None:
    assert "No schedule is running" in Screen("data", lang="en").text
    now = dt.datetime.now(dt.UTC)
    due = now + dt.timedelta(hours=3)
    beat = Path(store.address) / "schedule.json"
    beat.write_text(json.dumps({"beat": now.isoformat(), "due": due.isoformat()}))
    local = due.astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert f"Next scheduled refresh: {local:%Y-%m-%d %H:%M}" in Screen("data", lang="en").text
    old = now - dt.timedelta(minutes=10)
    beat.write_text(json.dumps({"beat": old.isoformat(), "due": due.isoformat()}))
    assert "No schedule is running" in Screen("data", lang="en").text
