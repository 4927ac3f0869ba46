"""Messages through the real apprise to servers on this machine: taken, refused, hanging."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dashboard.accounts.deliveries import LEASE
from dashboard.accounts.desk import Desk
from dashboard.accounts.models import AlertEvent, NewEvent, Preferences
from dashboard.accounts.store import Accounts
from dashboard.alerts.channels import (
    PRIVATE_VARIABLE,
    Result,
    check_address,
    private_allowed,
    send,
)
from dashboard.alerts.delivery import WAITS, Sent, deliver, quiet_until, try_channels
from dashboard.alerts.evaluation import KIND, NAME_EN, NAME_ZH
from dashboard.alerts.run import after_refresh, evaluate_all
from dashboard.errors import InputError
from dashboard.prices.bars import BAR_COLUMNS
from dashboard.prices.refresh import import_files
from dashboard.prices.sessions import sessions
from dashboard.prices.store import PriceStore
from dashboard.settings import DATABASE_VARIABLE, PROJECT_ROOT, Settings
from tests.contract.message_servers import Mailbox, Webhook, free_port, mailbox, webhooks
from tests.unit.alert_world import made_at, opened, small_map

NOW = dt.datetime(2026, 6, 30, 7, 0, tzinfo=dt.UTC)
"""15:00 in Taipei."""
SESSION = dt.date(2026, 6, 30)
SYMBOL = "2330.TW"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhooks() as server:
        yield server


@pytest.fixture
def post() -> Iterator[Mailbox]:
    with mailbox() as server:
        yield server


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    made = opened(tmp_path / "accounts.sqlite3")
    yield made
    made.close()


@pytest.fixture
def desk(accounts: Accounts) -> Desk:
    return accounts.desk(accounts.local())


def event(session: dt.date = SESSION, key: str = SYMBOL) -> NewEvent:
    details = {
        KIND: "at_limit", NAME_ZH: "台積電", NAME_EN: "TSMC", "limit_state": "up", "close": 1100.0,
    }  # fmt: skip
    return NewEvent(key, session, "up", details)


def fired(desk: Desk, *addresses: str, events: int = 1) -> tuple[AlertEvent, ...]:
    """An alert that tells through channels of these addresses has fired."""
    made = [desk.channels.create(f"channel {n}", one).id for n, one in enumerate(addresses)]
    alert = desk.alerts.create("limit", kind="at_limit", scope="map", channels=made)
    told = [event(key=f"{2330 + number}.TW") for number in range(events)]
    return desk.alerts.record(alert, {}, told, NOW)


def sent(accounts: Accounts, now: dt.datetime = NOW) -> dict[str, Sent]:
    return {one.channel: one for one in deliver(accounts, now)}


def statuses(desk: Desk) -> set[tuple[str, int]]:
    return {(one.status, one.attempts) for one in desk.alerts.deliveries()}


def test_a_webhook_and_a_mail_bring_all_events_in_one_message(
    accounts: Accounts, desk: Desk, hook: Webhook, post: Mailbox
) -> None:
    fired(desk, hook.address("good"), post.address, events=3)
    assert [one.outcome.sent for one in sent(accounts).values()] == [True, True]
    (body,) = hook.bodies("good")
    (mail,) = post.messages
    for text in (body, mail.get_body(("plain",)).get_content()):
        assert text.count("台積電") == 3
        assert "漲停" in text
    assert str(SESSION) in mail["Subject"]
    assert statuses(desk) == {("sent", 1)}
    assert deliver(accounts, NOW + 2 * LEASE) == ()
    assert len(hook.messages) == len(post.messages) == 1


def test_one_that_hangs_delays_no_other(
    accounts: Accounts, desk: Desk, hook: Webhook, post: Mailbox
) -> None:
    """The others arrive while the first is still waiting for the end of its answer."""
    hook.hanging.add("never")
    fired(desk, hook.address("never"), hook.address("good"), post.address)
    results: dict[str, Sent] = {}
    patient = partial(deliver, accounts, NOW, deadline=300.0)
    under_way = threading.Thread(
        target=lambda: results.update({one.channel: one for one in patient()})
    )
    under_way.start()
    while not (hook.messages and post.messages and "never" in hook.asked) and under_way.is_alive():
        under_way.join(0.02)
    first = min(desk.alerts.deliveries(), key=lambda one: one.channel_id)
    assert (under_way.is_alive(), first.status, first.attempts) == (True, "waiting", 0)
    hook.over.set()
    under_way.join()
    assert [one.outcome.sent for one in results.values()] == [True] * 3


def test_a_server_that_never_answers_is_left_at_the_deadline(hook: Webhook) -> None:
    hook.hanging.add("never")
    outcome = send(hook.address("never"), "title", "body", private=True, deadline=2.0)
    assert outcome.result is Result.DEADLINE


def test_a_refused_message_is_tried_again_with_growing_waits(
    accounts: Accounts, desk: Desk, hook: Webhook
) -> None:
    hook.status["bad"] = 500
    fired(desk, hook.address("bad"))
    first = sent(accounts)
    assert first["channel 0"].outcome.status == 500
    assert first["channel 0"].next_try_at == NOW + WAITS[0]
    assert "500" in next(one.error or "" for one in desk.alerts.deliveries(status="waiting"))
    assert sent(accounts, NOW + WAITS[0] / 2) == {}
    second = sent(accounts, NOW + WAITS[0])
    assert second["channel 0"].next_try_at == NOW + WAITS[0] + WAITS[1]
    hook.status.clear()
    assert sent(accounts, NOW + WAITS[0] + WAITS[1])["channel 0"].outcome.sent
    assert len(hook.bodies("bad")) == 1
    assert statuses(desk) == {("sent", 3)}


def test_what_never_succeeds_is_given_up_and_said_so(accounts: Accounts, desk: Desk) -> None:
    fired(desk, f"json://127.0.0.1:{free_port()}/closed")
    (waiting,) = desk.alerts.deliveries()
    for _ in WAITS:
        desk.alerts.delivery_failed(waiting.id, "no answer", NOW)
    (last,) = sent(accounts).values()
    assert (last.outcome.result, last.next_try_at) == (Result.UNREACHABLE, None)
    (given_up,) = desk.alerts.deliveries()
    assert (given_up.status, given_up.attempts) == ("failed", len(WAITS) + 1)
    assert sent(accounts, NOW + dt.timedelta(days=30)) == {}


def test_a_mail_server_s_refusal_is_told_by_its_code(post: Mailbox) -> None:
    post.refusing = 450
    outcome = send(post.address, "title", "body", private=True)
    assert (outcome.result, post.messages) == (Result.REFUSED, []), outcome
    assert "450" in outcome.sentence


def test_a_redirect_is_not_followed(hook: Webhook) -> None:
    """It could lead anywhere, also to this machine's own network."""
    hook.status["away"] = 307
    outcome = send(hook.address("away"), "title", "body", private=True)
    assert (outcome.result, hook.asked) == (Result.REFUSED, ["away"])


def test_during_quiet_hours_messages_wait_and_come_as_one(
    accounts: Accounts, desk: Desk, hook: Webhook
) -> None:
    """22:00 to 07:30 in Taipei, across midnight; what came in the night comes in one message."""
    kept = desk.preferences.get()
    hours = {"quiet_from": dt.time(22), "quiet_to": dt.time(7, 30)}
    desk.preferences.save(type(kept)(**hours, version=kept.version))
    night = dt.datetime(2026, 6, 30, 16, 0, tzinfo=dt.UTC)
    fired(desk, hook.address("good"))
    (alert,) = desk.alerts.all()
    assert sent(accounts, night) == {}
    desk.alerts.record(alert, {}, [event(key="2317.TW")], night)
    assert sent(accounts, night + dt.timedelta(hours=2)) == {}
    assert hook.asked == []
    assert statuses(desk) == {("waiting", 0)}
    morning = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)
    assert sent(accounts, morning)["channel 0"].events == 2
    assert len(hook.messages) == 1


@pytest.mark.parametrize(
    ("start", "end", "local", "until"),
    [
        ("22:00", "07:00", "2026-06-30 23:00", "2026-07-01 07:00"),
        ("22:00", "07:00", "2026-07-01 06:59", "2026-07-01 07:00"),
        ("22:00", "07:00", "2026-07-01 07:00", None),
        ("22:00", "07:00", "2026-06-30 21:59", None),
        ("12:00", "13:00", "2026-06-30 12:00", "2026-06-30 13:00"),
        ("12:00", "13:00", "2026-06-30 13:00", None),
        ("12:00", "12:00", "2026-06-30 12:00", None),
    ],
)
def test_quiet_hours_are_those_of_the_person_s_zone(
    start: str, end: str, local: str, until: str | None
) -> None:
    zone = ZoneInfo("America/New_York")
    hours = (dt.time.fromisoformat(start), dt.time.fromisoformat(end), zone.key)
    now = dt.datetime.fromisoformat(local).replace(tzinfo=zone)
    expected = until and dt.datetime.fromisoformat(until).replace(tzinfo=zone)
    assert quiet_until(Preferences(*hours), now.astimezone(dt.UTC)) == expected


def test_what_was_taken_by_a_process_that_died_is_sent_once_by_the_next(
    accounts: Accounts, desk: Desk, hook: Webhook
) -> None:
    """Between recording and sending, and between taking and sending."""
    fired(desk, hook.address("good"))
    assert len(desk.alerts.due_deliveries(NOW)) == 1, "taken, and then it died"
    assert sent(accounts, NOW + LEASE / 2) == {}
    assert sent(accounts, NOW + LEASE)["channel 0"].outcome.sent
    assert sent(accounts, NOW + 3 * LEASE) == {}
    assert len(hook.messages) == 1


def test_a_channel_that_is_switched_off_waits(
    accounts: Accounts, desk: Desk, hook: Webhook
) -> None:
    fired(desk, hook.address("good"))
    (channel,) = desk.channels.all()
    off = desk.channels.save(replace(channel, enabled=False))
    assert sent(accounts) == {}
    desk.channels.save(replace(off, enabled=True))
    assert sent(accounts)["channel 0"].outcome.sent


def test_who_signed_in_reaches_no_private_network(
    accounts: Accounts, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before a byte is sent, whatever the name; retrying is of no use."""
    monkeypatch.delenv(PRIVATE_VARIABLE, raising=False)
    guest = accounts.desk(accounts.signed_in("https://id.example", "g", "Guest", None))
    fired(guest, hook.address("good").replace("127.0.0.1", "localhost"))
    (one,) = sent(accounts).values()
    assert (one.outcome.result, one.next_try_at) == (Result.PRIVATE, None)
    assert hook.asked == []
    assert {one.status for one in guest.alerts.deliveries()} == {"failed"}
    monkeypatch.setenv(PRIVATE_VARIABLE, "1")
    assert private_allowed(local=False)
    (outcome,) = try_channels(guest, guest.channels.all())
    assert outcome.outcome.sent


SECRET = "t0ken-of-mine"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"dbus://{SECRET}", "not among the services"),
        (f"syslog://{SECRET}", "not among the services"),
        (f"windows://{SECRET}", "not among the services"),
        (f"macosx://{SECRET}", "not among the services"),
        (f"file:///etc/passwd?{SECRET}", "not among the services"),
        (f"apprise://host/{SECRET}", "not among the services"),
        (f"workflows://host/{SECRET}/x?template=/etc/passwd", "'template'"),
        (f"mailtos://me:{SECRET}@gmail.com?pgpprv=/etc/passwd", "'pgpprv'"),
        (f"json://host/{SECRET}?redirect=yes", "'redirect'"),
        (f"json://127.0.0.1/{SECRET}", "private network"),
        (f"json://[::1]/{SECRET}", "private network"),
        (f"json://printer.local/{SECRET}", "private network"),
        (f"tgram://{SECRET}", "write it as tgram://"),
        (SECRET, "no ://"),
    ],
)
def test_an_address_that_may_not_be_is_refused_and_not_repeated(address: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        check_address(address, private=False)
    assert said in str(refused.value)
    assert SECRET not in str(refused.value)


def test_usual_addresses_are_accepted() -> None:
    for address in (
        "mailtos://someone:secret@gmail.com",
        "line://abcdefghijkl/U123",
    ):
        check_address(address, private=False)


def test_no_address_comes_out_of_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither in the sentence, nor in what is logged or printed."""
    outcome = send(f"json://u:{SECRET}@127.0.0.1:1/{SECRET}", "title", "body", private=True)
    printed = capfd.readouterr()
    assert outcome.result is Result.UNREACHABLE
    assert not any(SECRET in text for text in (outcome.sentence, printed.out, printed.err))


# The whole way: stored prices, an alert, a server.


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two companies; one closes at its limit in the last session."""
    folder = tmp_path_factory.mktemp("prices")
    days = sessions("TW", dt.date(2026, 6, 1), SESSION)
    closes = pd.Series(100.0, index=range(len(days)))
    rising = closes.copy()
    rising.iloc[-1] = 110.0
    for symbol, own in ((SYMBOL, rising), ("2317.TW", closes)):
        bars = pd.DataFrame({"symbol": symbol, "session": days.astype("datetime64[s]")})
        bars = bars.assign(open=own, high=own, low=own, close=own, adjusted_close=own)
        bars = bars.assign(volume=1e6, source="made:here")
        known = [one for one in BAR_COLUMNS if one in bars]
        bars[known].to_parquet(folder / f"{symbol}.parquet", index=False)
    import_files(PriceStore(str(folder / "store")), sorted(folder.glob("*.parquet")))
    return folder / "store"


def made_before(settings: Settings, *addresses: str) -> Desk:
    """The local person with an alert that was made before the last session."""
    file = Path(settings.database.removeprefix("sqlite:///"))
    accounts = opened(file)
    desk = accounts.desk(accounts.local())
    made = [desk.channels.create(f"channel {n}", one).id for n, one in enumerate(addresses)]
    desk.alerts.create("limit", kind="at_limit", scope="map", channels=made)
    made_at(file, NOW - dt.timedelta(days=4))
    return desk


def settings_of(store: Path, folder: Path) -> Settings:
    address = f"sqlite:///{folder / 'own.sqlite3'}"
    return Settings(data_dir=str(store), map_path=small_map(folder), database=address)


def test_after_a_refresh_what_happened_is_told_once(
    store: Path, tmp_path: Path, hook: Webhook
) -> None:
    settings = settings_of(store, tmp_path)
    desk = made_before(settings, hook.address("good"))
    first, second = (after_refresh(settings, NOW) for _ in range(2))
    assert (first.alerts, first.events, len(first.messages), first.incomplete) == (1, 1, 1, False)
    assert (second.alerts, second.events, second.messages) == (1, 0, ())
    (seen,) = desk.alerts.history()
    assert (seen.key, seen.session, seen.state) == (SYMBOL, SESSION, "up")
    (body,) = hook.bodies("good")
    assert "台積電 2330.TW 整日鎖漲停（收盤 110.00）" in body


def test_recorded_by_a_process_that_died_it_is_sent_by_the_next(
    store: Path, tmp_path: Path, hook: Webhook
) -> None:
    settings = settings_of(store, tmp_path)
    made_before(settings, hook.address("good"))
    assert evaluate_all(Accounts.open(settings.database), settings, NOW).events == 1
    assert hook.asked == []
    later = after_refresh(settings, NOW + dt.timedelta(hours=1))
    assert (later.events, len(later.messages)) == (0, 1)
    assert len(hook.messages) == 1


def test_two_processes_at_once_tell_it_once(store: Path, tmp_path: Path, hook: Webhook) -> None:
    settings = settings_of(store, tmp_path)
    desk = made_before(settings, hook.address("good"))
    command = [sys.executable, "-m", "dashboard", "--data-dir", str(store)]
    command += ["--map", str(settings.map_path), "alerts", "evaluate"]
    environment = {**os.environ, DATABASE_VARIABLE: settings.database}
    running = [
        subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [one.communicate()[1].decode() for one in running]
    assert [one.returncode for one in running] == [0, 0], told
    assert len(desk.alerts.history()) == 1
    assert len(hook.messages) == 1


def test_nobody_s_alerts_harm_a_refresh(store: Path, tmp_path: Path) -> None:
    """No database at all, one that is none, a map that is gone."""
    none = settings_of(store, tmp_path)
    assert after_refresh(none, NOW) == type(after_refresh(none, NOW))()
    assert not (tmp_path / "own.sqlite3").exists()
    (tmp_path / "own.sqlite3").write_bytes(b"this is no database" * 100)
    assert len(after_refresh(none, NOW).faults) >= 1
    good = Settings(data_dir=str(store), database=f"sqlite:///{tmp_path / 'good.sqlite3'}")
    made_before(good)
    gone = Settings(data_dir=str(store), database=good.database, map_path=tmp_path / "nowhere.yaml")
    assert len(after_refresh(gone, NOW).faults) == 1


def test_simulated_prices_alert_nobody(tmp_path: Path, hook: Webhook) -> None:
    empty = settings_of(tmp_path / "empty", tmp_path)
    made_before(empty, hook.address("good"))
    summary = after_refresh(empty, NOW)
    assert summary.simulated
    assert "simulated" in summary.sentence()
    assert hook.asked == []
