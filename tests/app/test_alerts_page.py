"""The alerts page and the bell: rules made, changed and lost; history; channels; states."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Alert, AlertEvent, NewEvent, Preferences
from dashboard.accounts.store import Accounts
from dashboard.errors import InputError
from dashboard.ui.alerts_addresses import GUIDES, address_of
from tests.app.conftest import Make, entered
from tests.app.screen import HAN, Screen, raw_keys
from tests.app.states import State, made_bars

SYMBOL = "2330.TW"
SESSION = dt.date(2026, 6, 30)
NOW = dt.datetime(2026, 6, 30, 8, 0, tzinfo=dt.UTC)
NOBODY = "json://127.0.0.1:9/hook"
SECRET = "sUpErSeCrEt"
HOSTILE = "[x](javascript:alert) <b>b</b> **c** :fire: $a$ `d` =1+1"


@pytest.fixture(scope="module", autouse=True)
def partial(make: Make) -> Iterator[State]:
    """Three symbols with prices that pass for real."""
    yield from entered(make("partial"))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The local user's own things, in a database of the test's own."""
    address = f"sqlite:///{tmp_path}/accounts.sqlite3"
    monkeypatch.setenv("DASHBOARD_DATABASE", address)
    accounts = Accounts.open(address)
    yield accounts.desk(accounts.local())
    accounts.close()


def priced(desk: Desk, name: str = "a rule", level: float = 1000.0) -> Alert:
    return desk.alerts.create(
        name,
        kind="crosses_price",
        scope="symbol",
        scope_value=SYMBOL,
        parameters={"level": level, "direction": "up"},
    )


def fired(desk: Desk, rule: Alert, *keys: str, session: dt.date = SESSION) -> list[AlertEvent]:
    details = {
        "kind": "crosses_price", "name_zh": "台積電", "name_en": "TSMC",
        "close": 1010.0, "before": 990.0, "level": 1000.0,
    }  # fmt: skip
    events = [NewEvent(key, session, "crossed", details) for key in keys]
    return list(desk.alerts.record(rule, {}, events, NOW))


def last_close() -> float:
    bars = made_bars([SYMBOL]).sort_values("session")
    return float(bars["close"].iloc[-1])


def press(screen: Screen, key: str) -> Screen:
    screen.app.button(key=key).click()
    return screen.run()


def field(screen: Screen, kind: str, ending: str) -> object:
    """The one widget of a kind whose key ends so."""
    (found,) = [one for one in screen.app.get(kind) if (one.key or "").endswith(f":{ending}")]
    return found


def fill(screen: Screen, kind: str, ending: str, value: object) -> Screen:
    field(screen, kind, ending).set_value(value)  # type: ignore[attr-defined]
    return screen.run()


def alerts(**query: str) -> Screen:
    screen = Screen("alerts", **{"lang": "en", **query})
    assert not screen.failures
    return screen


def assert_as_written(screen: Screen) -> None:
    """Whatever Markdown would read of the hostile name is escaped."""
    shown = [one.value for one in screen.app.caption if "javascript" in one.value]
    assert shown
    assert HOSTILE in screen.text
    assert all(r"\[x\](javascript" in one and r"\*\*c\*\*" in one for one in shown)


# -- states


@pytest.mark.parametrize(
    ("section", "language"),
    [("rules", "zh"), ("rules", "en"), ("history", "zh"), ("channels", "en")],
)
def test_where_nothing_is_kept_each_section_says_so(
    desk: Desk, section: str, language: str
) -> None:
    screen = Screen("alerts", section=section, lang=language)
    assert not screen.failures
    assert not raw_keys(screen.text)
    assert [one.value for one in screen.app.info]
    if language == "en":
        assert not HAN.search(screen.text.replace("中文", ""))


def test_simulated_prices_never_alert_and_the_page_says_so(
    make: Make, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in make("simulated").environment.items():
        monkeypatch.setenv(name, value)
    screen = alerts(kind="crosses_price", symbol=SYMBOL)
    assert "simulated prices never alert" in screen.text
    assert screen.app.button(key="alerts:preview").disabled
    # No price of the simulation is offered as a level.
    assert field(screen, "number_input", "level").value is None  # type: ignore[attr-defined]


def test_a_database_that_fails_leaves_every_other_page_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DASHBOARD_DATABASE", "mysql://user:hidden@somewhere/x")
    screen = Screen("method", lang="en")
    assert not screen.failures
    assert [one.value for one in screen.app.title] == ["Method and sources"]
    assert "hidden" not in screen.text
    failed = Screen("alerts", lang="en")
    assert "This page cannot be shown" in failed.text
    assert "hidden" not in failed.text


# -- the bell


def test_the_bell_counts_what_is_unread_and_lists_the_newest(desk: Desk) -> None:
    screen = Screen("method", lang="en")
    assert "Nothing unread" in screen.text
    fired(desk, priced(desk, HOSTILE), SYMBOL, "3653.TW")
    assert "2 unread" in screen.run().text
    assert "closed at 1,010.00" not in screen.text
    screen.app.session_state["bell"] = True
    screen.run()
    assert screen.text.count("closed at 1,010.00, up to or through 1,000.00") == 2
    assert_as_written(screen)
    assert screen.links()["Whole history"] == "lang=en&section=history"
    press(screen, "bell:read")
    assert desk.alerts.unread_count() == 0
    assert "Nothing unread" in screen.text


def test_the_bell_costs_one_query_on_each_rerun(desk: Desk) -> None:
    fired(desk, priced(desk), SYMBOL)
    screen = Screen("method")
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        screen.run()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    queries = [one for one in asked if not one.startswith(("BEGIN", "PRAGMA"))]
    assert len(queries) == 1
    assert "count(" in queries[0]


# -- rules


def test_a_link_from_a_company_begins_a_rule_on_it(desk: Desk) -> None:
    company = Screen(code=SYMBOL, lang="en")
    query = company.links()["Alert at a price…"]
    assert query == f"lang=en&section=rules&kind=crosses_price&symbol={SYMBOL}"
    screen = alerts(**dict(pair.split("=") for pair in query.split("&")))
    assert field(screen, "number_input", "level").value == last_close()  # type: ignore[attr-defined]
    fill(screen, "number_input", "level", 1234.5)
    press(screen, "alerts:save")
    (rule,) = desk.alerts.all()
    assert (rule.kind, rule.scope, rule.scope_value) == ("crosses_price", "symbol", SYMBOL)
    assert rule.parameters == {"level": 1234.5, "direction": "up"}
    assert rule.enabled
    assert rule.name == "TSMC 2330.TW Crosses a price · Level 1,234.5"
    assert "is saved" in screen.text
    assert "kind" not in screen.url
    row = screen.tables[0].iloc[0]
    assert (row["State"], row["Last fired"], row["Told by"]) == ("● on", "never", "here only")


def test_percent_is_shown_and_a_fraction_is_kept(desk: Desk) -> None:
    screen = alerts(kind="change_in_session")
    fill(screen, "number_input", "change", 7.5)
    press(screen, "alerts:save")
    (rule,) = desk.alerts.all()
    assert rule.parameters == {"change": 0.075, "direction": "both"}
    assert "At least 7.5%" in screen.tables[0]["What"].iloc[0]


def test_a_wrong_expression_is_marked_where_it_is_wrong_and_not_kept(desk: Desk) -> None:
    screen = alerts(kind="enters_screen", q="rsi_14 < 70 and retrun_1m > 5%")
    assert "retrun_1m" in screen.app.error[0].value.replace("\\", "")
    line, marks = screen.app.code[0].value.splitlines()
    assert line[marks.index("^") : marks.rindex("^") + 1] == "retrun_1m"
    press(screen, "alerts:save")
    assert desk.alerts.all() == ()


def test_what_would_hold_now_is_counted_and_nothing_is_kept(desk: Desk) -> None:
    screen = alerts(kind="enters_screen", q="unadjusted_close > 0")
    press(screen, "alerts:preview")
    told = " ".join(one.value for one in screen.app.info).replace("\\", "")
    # Three symbols have prices, of the map's others nothing is known.
    assert "it holds for 3 " in told
    assert SYMBOL in told
    assert desk.alerts.all() == ()
    assert desk.alerts.unread_count() == 0


def test_a_rule_is_paused_deleted_and_brought_back(desk: Desk) -> None:
    rule = priced(desk, HOSTILE)
    screen = alerts().click_row(0)
    assert screen.url["alert"] == str(rule.id)
    press(screen, "alerts:switch")
    assert not desk.alerts.get(rule.id).enabled
    assert screen.tables[0]["State"].iloc[0] == "○ paused"
    press(screen, "alerts:delete")
    assert desk.alerts.all() == ()
    assert "alert" not in screen.url
    assert HOSTILE in screen.text
    press(screen, "alerts:undo")
    (back,) = desk.alerts.all()
    assert (back.name, back.parameters) == (rule.name, rule.parameters)


def test_a_rule_that_cannot_be_evaluated_says_why(desk: Desk) -> None:
    broken = desk.alerts.create("x", kind="matches", scope="map", expression="nonsense > 1")
    listed = desk.alerts.create("y", kind="at_limit", scope="list", scope_value="77")
    screen = alerts(alert=str(broken.id))
    assert screen.tables[0]["State"].tolist() == ["⚠ broken"] * 2
    assert "cannot be evaluated now: at character 1" in screen.text
    assert "deleted list" in alerts(alert=str(listed.id)).text


def test_what_is_not_the_persons_own_is_not_there(desk: Desk) -> None:
    accounts = Accounts.open(f"sqlite:///{desk._database.place}")
    other = accounts.desk(accounts.signed_in("issuer", "x", "X", None))
    rule = priced(other, "hers")
    screen = alerts(alert=str(rule.id))
    assert "no longer there" in screen.text
    assert "hers" not in screen.text


@pytest.mark.parametrize(("key", "level"), [("alerts:mine", 2000.0), ("alerts:theirs", 3000.0)])
def test_changed_elsewhere_shows_both_and_loses_neither(desk: Desk, key: str, level: float) -> None:
    rule = priced(desk)
    screen = alerts(alert=str(rule.id))
    desk.alerts.save(dataclasses.replace(rule, parameters={"level": 3000.0, "direction": "up"}))
    # What is typed here outlives what is saved elsewhere.
    fill(screen, "number_input", "level", 2000.0)
    assert field(screen.run(), "number_input", "level").value == 2000.0  # type: ignore[attr-defined]
    press(screen, "alerts:save")
    assert "Both versions are kept" in screen.text
    assert "Level 2,000" in screen.text
    assert "Level 3,000" in screen.text
    assert desk.alerts.get(rule.id).parameters["level"] == 3000.0
    press(screen, key)
    assert desk.alerts.get(rule.id).parameters["level"] == level


def test_a_rule_deleted_elsewhere_can_be_kept(desk: Desk) -> None:
    rule = priced(desk)
    screen = alerts(alert=str(rule.id))
    desk.alerts.delete(rule.id)
    fill(screen, "number_input", "level", 2000.0)
    press(screen, "alerts:save")
    assert "was deleted elsewhere" in screen.text
    press(screen, "alerts:mine")
    (kept,) = desk.alerts.all()
    assert kept.parameters["level"] == 2000.0


# -- history


def test_history_is_filtered_marked_and_exported_as_text(desk: Desk) -> None:
    first, second = priced(desk, HOSTILE), priced(desk, "b")
    (old,) = fired(desk, first, SYMBOL, session=dt.date(2026, 6, 29))
    desk.alerts.mark_read([old.id])
    fired(desk, second, "3653.TW")
    rows = alerts(section="history").tables[0]
    assert rows["New"].tolist() == ["●", ""]
    assert rows["Rule"].tolist() == ["b", HOSTILE]
    assert rows["Session"].tolist() == ["2026-06-30", "2026-06-29"]
    assert "closed at 1,010.00" in rows["What happened"].iloc[0]
    assert rows["Delivery"].tolist() == ["here only"] * 2
    screen = alerts(section="history", unread="1")
    assert screen.tables[0]["Rule"].tolist() == ["b"]
    screen = alerts(section="history", rule=str(first.id))
    assert screen.tables[0]["Rule"].tolist() == [HOSTILE]
    screen.click_row(0)
    assert_as_written(screen)
    press(screen, "alerts:read")
    assert desk.alerts.unread_count() == 0


def test_history_outlives_its_rule_and_leads_to_the_company(desk: Desk) -> None:
    rule = priced(desk, "gone")
    fired(desk, rule, SYMBOL)
    desk.alerts.delete(rule.id)
    screen = alerts(section="history").click_row(0)
    (query,) = [one for one in screen.links().values() if f"code={SYMBOL}" in one]
    company = Screen("alerts", **dict(pair.split("=") for pair in query.split("&")))
    assert not company.failures
    assert "台積電" in company.app.title[0].value or "TSMC" in company.app.title[0].value
    back = company.links()["Alerts"]
    assert "code" not in back
    assert "section=history" in back


def test_deliveries_tell_how_they_stand_and_are_sent_again(desk: Desk) -> None:
    channel = desk.channels.create("hook", NOBODY)
    rule = dataclasses.replace(priced(desk), channels=(channel.id,))
    fired(desk, desk.alerts.save(rule), SYMBOL)
    (delivery,) = desk.alerts.deliveries()
    told = alerts(section="history").tables[0]["Delivery"]
    assert told.tolist() == ["hook: waits until 2026-06-30 16:00"]
    later = dt.datetime(2026, 6, 30, 9, 0, tzinfo=dt.UTC)
    desk.alerts.delivery_failed(delivery.id, "no answer", later)
    told = alerts(section="history").tables[0]["Delivery"]
    assert told.tolist() == ["hook: tried 1 times, again at 2026-06-30 17:00"]
    desk.alerts.delivery_failed(delivery.id, "no answer at all", None)
    screen = alerts(section="history")
    assert screen.tables[0]["Delivery"].tolist() == ["hook: given up after 2 tries"]
    screen.click_row(0)
    assert "no answer at all" in screen.text
    press(screen, f"alerts:retry:{delivery.id}")
    assert "still not sent" in screen.text
    (now,) = desk.alerts.deliveries()
    assert (now.status, now.attempts) == ("waiting", 1)
    desk.alerts.delivered(delivery.id)
    assert alerts(section="history").tables[0]["Delivery"].tolist() == ["hook: sent"]


# -- channels and quiet hours


def test_a_secret_is_never_shown_again(desk: Desk) -> None:
    screen = alerts(section="channels")
    fill(screen, "segmented_control", "service", "webhook")
    fill(screen, "text_input", "url", f"https://hook.example/{SECRET}?key={SECRET}")
    press(screen, "channel:add")
    (channel,) = desk.channels.all()
    assert channel.address == f"jsons://hook.example/{SECRET}?-key={SECRET}"
    assert channel.name == "Webhook"
    screen = alerts(section="channels")
    assert "Webhook (JSON) ••••" in screen.text
    for one in (screen, alerts(), alerts(section="history")):
        sent = " ".join(str(element.proto) for element in one._elements())
        assert SECRET not in sent


def test_a_channel_that_cannot_be_is_refused_with_one_sentence(desk: Desk) -> None:
    screen = alerts(section="channels")
    press(screen, "channel:add")
    assert "Mailbox it is sent from: is empty" in screen.text
    fill(screen, "segmented_control", "service", "other")
    fill(screen, "text_input", "address", f"file:///etc/{SECRET}")
    press(screen, "channel:add")
    (told,) = [one.value for one in screen.app.error]
    assert "is not among the services" in told
    assert SECRET not in told
    assert desk.channels.all() == ()


def test_a_channel_is_paused_tested_and_deleted(desk: Desk) -> None:
    channel = desk.channels.create(HOSTILE, NOBODY)
    screen = alerts(section="channels")
    assert HOSTILE in screen.text
    press(screen, f"channel:{channel.id}:switch")
    assert not desk.channels.get(channel.id).enabled
    press(screen, f"channel:{channel.id}:test")
    assert "the server cannot be reached" in screen.text
    press(screen, f"channel:{channel.id}:delete")
    assert desk.channels.all() == ()
    press(screen, "alerts:undo")
    assert [one.name for one in desk.channels.all()] == [HOSTILE]


def test_quiet_hours_are_kept_and_a_change_elsewhere_is_told(desk: Desk) -> None:
    screen = alerts(section="channels")
    fill(screen, "toggle", "on", True)
    fill(screen, "time_input", "from", dt.time(23, 0))
    desk.preferences.save(Preferences(dt.time(1), dt.time(2), "Europe/Berlin"))
    press(screen, "quiet:save")
    assert "“23:00–07:30 Asia/Taipei” was not saved" in screen.text
    assert "01:00–02:00 Europe/Berlin" in screen.text
    fill(screen, "time_input", "to", dt.time(3))
    press(screen, "quiet:save")
    stored = desk.preferences.get()
    assert (stored.quiet_from, stored.quiet_to) == (dt.time(1), dt.time(3))
    fill(screen, "toggle", "on", False)
    press(screen, "quiet:save")
    assert desk.preferences.get().quiet_from is None


# -- addresses


@pytest.mark.parametrize(
    ("guide", "values", "address"),
    [
        (
            "mail",
            {"from": "a.b@gmail.com", "password": "p@s s/"},
            "mailtos://a.b:p%40s%20s%2F@gmail.com?from=a.b%40gmail.com&to=a.b%40gmail.com",
        ),
        (
            "mail",
            {"from": "a@own.example", "password": "p", "to": "x@y.zz", "host": "smtp.own.example"},
            "mailtos://a:p@own.example?from=a%40own.example&to=x%40y.zz"
            "&smtp=smtp.own.example&user=a%40own.example",
        ),
        ("telegram", {"token": "123:AAF-x", "chat": "-100"}, "tgram://123:AAF-x/-100"),
        ("line", {"token": "a+/=", "user": "U1"}, "line://a%2B%2F%3D/U1"),
        ("webhook", {"url": "http://[::1]:99/a?b=c d"}, "json://[::1]:99/a?-b=c+d"),
        ("other", {"address": " ntfys://topic "}, "ntfys://topic"),
    ],
)
def test_the_fields_make_the_address(guide: str, values: dict[str, str], address: str) -> None:
    assert address_of(guide, values) == address


@pytest.mark.parametrize(
    ("guide", "values"),
    [
        ("mail", {"from": "nobody", "password": "p"}),
        ("telegram", {"token": "", "chat": "1"}),
        ("webhook", {"url": "ftp://x/y"}),
        ("webhook", {"url": "http://[::1"}),
        ("webhook", {"url": "http://host:port/x"}),
    ],
)
def test_fields_that_make_none_are_refused(guide: str, values: dict[str, str]) -> None:
    assert guide in GUIDES
    with pytest.raises(InputError):
        address_of(guide, values)
