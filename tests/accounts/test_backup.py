"""What goes out comes back: all of it, beside what is there, or not at all."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import itertools
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dashboard.accounts.backup import export_json, import_json
from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Alert, Entry, Follows, SavedScreen, Watchlist
from dashboard.accounts.store import Accounts
from dashboard.cli.main import app
from dashboard.errors import BackupError, InputError, NotFound
from tests.accounts.things import DAY, MOMENT, entry, event, filled, rule, symbols

SECRET = "tgram://123:secret/1"


@pytest.fixture
def elsewhere(tmp_path: Path, sqlite_file: Path) -> Accounts:
    """Another database, without people."""
    file = tmp_path / "elsewhere.sqlite3"
    file.write_bytes(sqlite_file.read_bytes())
    return Accounts.open(f"sqlite:///{file}")


@pytest.fixture
def full(accounts: Accounts, anna: Desk) -> str:
    """A token; Anna has something of everything."""
    made = anna.watchlists.create("散熱", follows=Follows("layer", "cooling"), columns=["close"])
    kept = anna.watchlists.add(
        made.id, [entry("3017.TW", "A", note="a\nb", tags=("x",), target=2.5), entry("2330.TW")]
    )
    anna.screens.create("熱", "rsi_14 > 70", universe="listed", columns=["close"], sort="-rsi_14")
    phone, mail = (anna.channels.create(one, f"{SECRET}{one}") for one in ("phone", "mail"))
    alert = rule(anna, channels=[mail.id, phone.id], parameters={"n": 3, "way": "up"})
    gone = rule(anna, "gone")
    anna.alerts.record(alert, {"1": ("true", DAY)}, [event("1"), event("2")], MOMENT)
    anna.alerts.record(gone, {}, [event("1")], MOMENT)
    anna.alerts.delete(gone.id)
    anna.alerts.mark_read([anna.alerts.history()[0].id])
    quiet = anna.preferences.get()
    anna.preferences.save(dataclasses.replace(quiet, quiet_from=dt.time(22), quiet_to=dt.time(7)))
    accounts.speaking(anna.account, "en")
    token, _ = anna.shares.create("watchlist", kept.id, include_notes=True)
    return token


def content(text: str) -> Any:
    document = json.loads(text)
    del document["exported_at"]
    return document


def test_all_of_a_person_comes_back(
    accounts: Accounts, anna: Desk, elsewhere: Accounts, full: str
) -> None:
    text = export_json(accounts, secrets=True)
    counts = import_json(elsewhere, text)
    assert counts == {
        "accounts": 1, "watchlists": 1, "screens": 1, "channels": 2, "alerts": 1, "shares": 1,
        "events": 3, "preferences": 1,
    }  # fmt: skip
    (account,) = elsewhere.everyone()
    assert (account.issuer, account.subject, account.language) == (
        "https://id.example", "a", "en",
    )  # fmt: skip
    there = elsewhere.desk(account)
    (watchlist,), (mine,) = there.watchlists.all(), anna.watchlists.all()
    assert (watchlist.name, watchlist.sections, watchlist.columns) == (
        "散熱",
        ("", "A"),
        ("close",),
    )
    assert watchlist.follows == Follows("layer", "cooling", "map")
    assert [dataclasses.replace(one, id=0) for one in watchlist.entries] == [
        Entry(0, "3017.TW", "A", "a\nb", ("x",), DAY, None, 2.5, None),
        Entry(0, "2330.TW", "", "", (), DAY, None, None, None),
    ]
    assert watchlist.updated_at == mine.updated_at
    (alert,) = there.alerts.all()
    assert [there.channels.get(one).name for one in alert.channels] == ["mail", "phone"]
    assert there.channels.named("phone").address == f"{SECRET}phone"
    assert there.alerts.states(alert.id) == {"1": ("true", DAY)}
    told = [(one.alert_name, one.key, one.read_at is None) for one in there.alerts.history()]
    assert told == [("gone", "1", False), ("over", "2", True), ("over", "1", True)]
    assert there.preferences.get() == anna.preferences.get()
    elsewhere.shared(full)
    again = content(export_json(elsewhere, secrets=True))
    again["accounts"][0]["shares"][0]["last_used_at"] = None
    assert again == content(text)


@pytest.mark.usefixtures("full")
def test_taking_in_twice_changes_nothing(accounts: Accounts, elsewhere: Accounts) -> None:
    text = export_json(accounts, secrets=True)
    import_json(elsewhere, text)
    assert import_json(elsewhere, text) == {"accounts": 1, "already_there": 10}
    assert import_json(accounts, text) == {"accounts": 1, "already_there": 10}
    assert content(export_json(elsewhere, secrets=True)) == content(text)


@pytest.mark.usefixtures("full")
def test_addresses_are_left_out_unless_asked(accounts: Accounts, elsewhere: Accounts) -> None:
    text = export_json(accounts)
    assert "secret" not in text
    import_json(elsewhere, text)
    (account,) = elsewhere.everyone()
    channels = elsewhere.desk(account).channels.all()
    assert [(one.name, one.address, one.enabled) for one in channels] == [
        ("phone", "", False),
        ("mail", "", False),
    ]
    import_json(accounts, text)
    assert [one.address for one in accounts.desk(accounts.find("Anna")).channels.all()] == [
        f"{SECRET}phone",
        f"{SECRET}mail",
    ]


def test_what_is_there_stays_beside_what_comes(accounts: Accounts, anna: Desk, ben: Desk) -> None:
    filled(anna, "a", "1")
    filled(ben, "a", "9")
    text = export_json(accounts, anna.account)
    read = anna.watchlists.named("a")
    changed = anna.watchlists.add(read.id, [entry("2")])
    assert import_json(accounts, text)["watchlists"] == 1
    assert anna.watchlists.get(read.id) == changed
    assert symbols(anna.watchlists.named("a (2)")) == ["1"]
    assert import_json(accounts, text) == {"accounts": 1, "already_there": 1}
    assert [symbols(one) for one in ben.watchlists.all()] == [["9"]]


def test_every_fault_is_listed_and_nothing_is_taken(
    accounts: Accounts, full: str, elsewhere: Accounts
) -> None:
    document = content(export_json(accounts, secrets=True)) | {"exported_at": MOMENT.isoformat()}
    (one,) = document["accounts"]
    one["watchlists"][0]["entries"][1]["added_on"] = "yesterday"
    one["watchlists"][0]["colour"] = "red"
    one["alerts"][0]["enabled"] = "yes"
    one["screens"][0]["name"] = 3
    del one["name"]
    with pytest.raises(BackupError) as raised:
        import_json(elsewhere, json.dumps(document))
    places = {fault.split(":")[0] for fault in raised.value.faults}
    assert places == {
        "accounts[0].name",
        "accounts[0].watchlists[0].entries[1].added_on",
        "accounts[0].watchlists[0].colour",
        "accounts[0].alerts[0].enabled",
        "accounts[0].screens[0].name",
    }
    assert elsewhere.everyone() == ()


def test_what_cannot_be_kept_is_listed_too(
    accounts: Accounts, full: str, elsewhere: Accounts
) -> None:
    document = content(export_json(accounts, secrets=True)) | {"exported_at": MOMENT.isoformat()}
    (one,) = document["accounts"]
    one["watchlists"][0]["name"] = "x" * 101
    one["watchlists"].append(copy.deepcopy(one["watchlists"][0]) | {"name": "b"})
    one["watchlists"][1]["entries"] *= 2
    one["screens"][0]["expression"] = " "
    one["alerts"][0]["channels"] = ["nobody"]
    one["shares"][0]["token_hash"] = "x"
    one["preferences"]["timezone"] = "Moon"
    one["subject"] = None
    with pytest.raises(BackupError) as raised:
        import_json(elsewhere, json.dumps(document))
    places = [fault.split(":")[0] for fault in raised.value.faults]
    assert places == [
        "accounts[0].issuer",
        "accounts[0].preferences",
        "accounts[0].watchlists[0]",
        "accounts[0].watchlists[1]",
        "accounts[0].screens[0]",
        "accounts[0].shares[0]",
        "accounts[0].alerts[0].channels",
    ]
    assert elsewhere.everyone() == ()


def test_what_finds_no_room_stops_all_of_it(
    accounts: Accounts, anna: Desk, elsewhere: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        filled(anna, name, "1")
    monkeypatch.setattr(type(anna.watchlists), "most", 1)
    with pytest.raises(BackupError) as raised:
        import_json(elsewhere, export_json(accounts))
    assert [one.split(":")[0] for one in raised.value.faults] == [
        "accounts[0].watchlists[1]",
        "accounts[0].watchlists[2]",
    ]
    assert elsewhere.everyone() == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no JSON"),
        ("[]", "does not say 'dashboard-accounts'"),
        ('{"format": "dashboard-prices", "version": 1}', "does not say"),
        ('{"format": "dashboard-accounts", "version": 2}', "a newer version .* update"),
        ('{"format": "dashboard-accounts", "version": "1"}', "version: input should be a valid"),
        ('{"format": "dashboard-accounts", "version": 0, "exported_at": "2026-01-01T00:00:00Z", '
         '"accounts": []}', "no form 0"),
        (f'{{"format": "dashboard-accounts", "version": {10**400}}}', r"\(form 10{19}, here 1 "),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5_000, "no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_backup_is_refused(elsewhere: Accounts, text: str, sentence: str) -> None:
    with pytest.raises(BackupError, match=sentence):
        import_json(elsewhere, text)


# -- alerts and what they refer to


def watching(desk: Desk, name: str, watchlist: Watchlist) -> Alert:
    return rule(desk, name, scope="list", scope_value=str(watchlist.id))


def watched(desk: Desk) -> dict[str, str]:
    """Names of alerts and of the lists they watch; none where it is not there."""
    lists = {str(one.id): one.name for one in desk.watchlists.all()}
    return {one.name: lists.get(one.scope_value, "none") for one in desk.alerts.all()}


def only(text: str) -> tuple[Any, Any]:
    """A back-up of one person and the part of that person."""
    document = json.loads(text)
    (one,) = document["accounts"]
    return document, one


def places(accounts: Accounts, document: Any) -> list[str]:
    with pytest.raises(BackupError) as raised:
        import_json(accounts, json.dumps(document))
    assert accounts.everyone() == ()
    return [fault.split(":")[0] for fault in raised.value.faults]


def test_an_alert_watches_its_own_list_again(
    accounts: Accounts, anna: Desk, elsewhere: Accounts
) -> None:
    lists = {name: filled(anna, name, name) for name in ("gone", "same", "other", "fresh")}
    for name, one in lists.items():
        watching(anna, f"on {name}", one)
    anna.watchlists.delete(lists["gone"].id)
    text = export_json(accounts, anna.account)
    there = elsewhere.desk(elsewhere.signed_in("https://id.example", "a", "Anna", None))
    for name, symbol in (("other", "9"), ("x", "9"), ("y", "9"), ("same", "same")):
        filled(there, name, symbol)
    counts = import_json(elsewhere, text)
    assert counts == {"accounts": 1, "already_there": 1, "watchlists": 2, "alerts": 4}
    assert watched(there) == {
        "on gone": "none", "on same": "same", "on other": "other (2)", "on fresh": "fresh",
    }  # fmt: skip
    assert symbols(there.watchlists.named("other (2)")) == ["other"]
    again = {"accounts": 1, "already_there": 7}
    assert import_json(elsewhere, text) == again
    assert import_json(elsewhere, export_json(elsewhere, there.account)) == again | {
        "already_there": 10
    }
    assert import_json(accounts, text) == again


def test_an_alert_on_a_list_that_the_document_does_not_hold(
    accounts: Accounts, anna: Desk, elsewhere: Accounts
) -> None:
    watching(anna, "over", filled(anna, "a", "1"))
    document, one = only(export_json(accounts, anna.account))
    assert one["alerts"][0]["scope_value"] == "a"
    for wrong in ("1", "", "b"):
        one["alerts"][0]["scope_value"] = wrong
        assert places(elsewhere, document) == ["accounts[0].alerts[0].scope_value"]
    one["alerts"][0] |= {"scope": "map", "scope_value": None}
    assert places(elsewhere, document) == ["accounts[0].alerts[0]"]
    one["alerts"] = []
    one["watchlists"] *= 2
    assert places(elsewhere, document) == ["accounts[0].watchlists[1].name"]


@pytest.mark.parametrize("kind", ["", "Screen", "x" * 41, "<b>", "rsi 14", "a\n"])
def test_what_is_no_kind_of_alert(
    accounts: Accounts, anna: Desk, elsewhere: Accounts, kind: str
) -> None:
    rule(anna)
    document, one = only(export_json(accounts, anna.account))
    one["alerts"][0]["kind"] = kind
    assert places(elsewhere, document) == ["accounts[0].alerts[0]"]
    one["alerts"][0] |= {"kind": "matches", "scope": kind}
    assert places(elsewhere, document) == ["accounts[0].alerts[0].scope"]


def test_what_a_renamed_alert_saw_is_one_event(
    accounts: Accounts, anna: Desk, elsewhere: Accounts
) -> None:
    def saw(desk: Desk, alert: Alert, *keys: str) -> None:
        desk.alerts.record(alert, {}, [event(one) for one in keys], MOMENT)

    alert = rule(anna, "before")
    saw(anna, alert, "1")
    renamed = anna.alerts.save(dataclasses.replace(anna.alerts.get(alert.id), name="after"))
    document, one = only(export_json(accounts, anna.account))
    one["events"].append(one["events"][0] | {"alert_name": "after"})
    text = json.dumps(document)
    assert import_json(elsewhere, text) == {
        "accounts": 1, "alerts": 1, "events": 1, "already_there": 1,
    }  # fmt: skip
    there = elsewhere.desk(*elsewhere.everyone())
    (same,) = there.alerts.all()
    saw(there, same, "2")
    saw(anna, renamed, "2")
    assert import_json(elsewhere, export_json(accounts, anna.account))["already_there"] == 3
    # Gone ones, too: under the later name the earlier one's event is the same.
    saw(anna, renamed, "3")
    for desk, alert_id in ((anna, renamed.id), (there, same.id)):
        desk.alerts.delete(alert_id)
    document, one = only(export_json(accounts, anna.account))
    one["events"] += [event | {"alert_name": "after"} for event in one["events"]]
    assert import_json(elsewhere, json.dumps(document)) == {
        "accounts": 1, "already_there": 5, "events": 1,
    }  # fmt: skip


# -- moments and people


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "2025-01-01T00:00:00", "9999-12-31T23:59:59-12:00",
               "1969-12-31T00:00:00Z"],
)  # fmt: skip
def test_a_moment_is_one_anywhere(accounts: Accounts, elsewhere: Accounts, moment: str) -> None:
    document, one = only(export_json(accounts, secrets=True))
    document["exported_at"] = moment
    for kind, field in (
        ("alerts", "created_at"), ("watchlists", "updated_at"), ("screens", "updated_at"),
        ("shares", "created_at"), ("shares", "last_used_at"), ("events", "created_at"),
        ("events", "read_at"),
    ):  # fmt: skip
        one[kind][0][field] = moment
    assert sorted(places(elsewhere, document)) == [
        "accounts[0].alerts[0].created_at",
        "accounts[0].events[0].created_at",
        "accounts[0].events[0].read_at",
        "accounts[0].screens[0].updated_at",
        "accounts[0].shares[0].created_at",
        "accounts[0].shares[0].last_used_at",
        "accounts[0].watchlists[0].updated_at",
        "exported_at",
    ]
    document, one = only(export_json(accounts, secrets=True))
    one["shares"][0]["payload"]["updated_at"] = moment
    assert places(elsewhere, document) == ["accounts[0].shares[0]"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"issuer": "", "subject": ""}, "issuer subject"),
        ({"issuer": None}, "issuer"),
        ({"subject": " a"}, "subject"),
        ({"subject": "a\u0000b"}, "subject"),
        ({"issuer": "x" * 501}, "issuer"),
        ({"email": "x" * 321}, "email"),
        ({"name": "x" * 201}, "name"),
        ({"language": "de"}, "language"),
        ({"language": ""}, "language"),
    ],
)
def test_nobody_is_taken_in_who_could_not_sign_in(
    accounts: Accounts, anna: Desk, elsewhere: Accounts, change: dict[str, Any], field: str
) -> None:
    document, one = only(export_json(accounts, anna.account))
    one |= change
    assert places(elsewhere, document) == [f"accounts[0].{name}" for name in field.split()]


# -- whatever is kept comes back

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), max_size=8)
NAMES = WORDS.filter(bool)
PRICES = st.none() | st.floats(0, 1e9, exclude_min=True, allow_subnormal=False)
ENTRIES = st.builds(
    Entry,
    st.just(0), NAMES, WORDS, WORDS, st.lists(NAMES, max_size=3, unique=True).map(tuple),
    st.dates(dt.date(1, 1, 1)), PRICES, PRICES, PRICES,
)  # fmt: skip
LISTS = st.builds(
    Watchlist,
    st.just(0), NAMES, st.just(1), st.lists(WORDS, max_size=3, unique=True).map(tuple),
    st.lists(NAMES, max_size=3, unique=True).map(tuple),
    st.none() | st.builds(Follows, st.sampled_from(["screen", "layer"]), NAMES, NAMES),
    st.lists(ENTRIES, max_size=4, unique_by=lambda one: one.symbol).map(tuple),
    st.just(MOMENT),
)  # fmt: skip
SCREENS = st.builds(
    SavedScreen,
    st.just(0), NAMES, st.just(1), NAMES, NAMES,
    st.lists(NAMES, max_size=3, unique=True).map(tuple), WORDS, st.just(MOMENT),
)  # fmt: skip
_people = itertools.count()


def plain(item: Any) -> Any:
    """Without what the database gives."""
    if isinstance(item, Watchlist):
        entries = tuple(dataclasses.replace(one, id=0) for one in item.entries)
        sections = dict.fromkeys((*item.sections, *(one.section for one in entries)))
        item = dataclasses.replace(item, entries=entries, sections=tuple(sections))
    return dataclasses.replace(item, id=0, version=0, updated_at=MOMENT)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lists=st.lists(LISTS, max_size=3, unique_by=lambda one: one.name),
    screens=st.lists(SCREENS, max_size=2, unique_by=lambda one: one.name),
)
def test_whatever_is_kept_comes_back(
    accounts: Accounts, elsewhere: Accounts, lists: list[Watchlist], screens: list[SavedScreen]
) -> None:
    account = accounts.signed_in("i", str(next(_people)), "Anna", None)
    here = accounts.desk(account)
    for one in lists:
        made = here.watchlists.create(one.name)
        here.watchlists.save(dataclasses.replace(one, id=made.id, version=made.version))
    for screen in screens:
        made_screen = here.screens.create(screen.name, screen.expression)
        here.screens.save(dataclasses.replace(screen, id=made_screen.id, version=1))
    import_json(elsewhere, export_json(accounts, account))
    there = elsewhere.desk(elsewhere.signed_in("i", str(account.subject), "Anna", None))
    assert [plain(one) for one in there.watchlists.all()] == [plain(one) for one in lists]
    assert [plain(one) for one in there.screens.all()] == [plain(one) for one in screens]


# -- the command line


def test_the_command_writes_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'accounts.sqlite3'}"
    here = Accounts.open(address)
    desk = here.desk(here.local())
    filled(desk, "散熱", "3017.TW")
    desk.channels.create("phone", SECRET)

    def run(folder: Path, *arguments: str) -> str:
        done = CliRunner().invoke(app, ["--data-dir", str(folder), "accounts", *arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return f"{done.exit_code} {done.output}"

    file = tmp_path / "backup.json"
    assert run(tmp_path, "export", str(file)).startswith("0")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "secret" not in file.read_text("utf-8")
    with pytest.raises(InputError, match="there is such a file"):
        run(tmp_path, "export", str(file), "--secrets")
    assert "secret" not in file.read_text("utf-8")
    run(tmp_path, "export", str(file), "--secrets", "--force")
    assert SECRET in file.read_text("utf-8")
    assert [one.name for one in tmp_path.iterdir() if "backup" in one.name] == ["backup.json"]
    other = tmp_path / "other"
    assert "1 watchlists, 1 channels taken in" in run(other, "import", str(file)).replace(
        "1 channels, 1 watchlists", "1 watchlists, 1 channels"
    )
    rows = run(other, "list", "--format", "json")
    assert json.loads(rows[2:])[0] == {
        "account": 1, "name": "local", "email": None, "issuer": None, "language": None,
        "watchlists": 1, "screens": 0, "alerts": 0,
    }  # fmt: skip
    file.write_text('{"format": "dashboard-accounts", "version": 1}')
    told = run(other, "import", str(file))
    assert told.startswith("1")
    assert "exported_at: field required" in told
    assert "nothing was taken in" in told
    with pytest.raises(InputError, match="cannot be read"):
        run(other, "import", str(tmp_path / "none"))
    with pytest.raises(InputError, match="cannot be written"):
        run(other, "export", str(tmp_path / "no" / "folder"))
    with pytest.raises(NotFound, match="no account 'Carl'"):
        run(other, "export", str(tmp_path / "x"), "--account", "Carl")
    here.close()
