"""What a person keeps: order, versions, the last deletion, limits."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.accounts import limits
from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Follows, NewEvent, Preferences
from dashboard.accounts.store import Accounts
from dashboard.errors import ChangedElsewhere, InputError, NameTaken, NotFound
from tests.accounts.things import DAY, MOMENT, entry, event, filled, rule, symbols

LATER = MOMENT + dt.timedelta(hours=1)


# -- watchlists


def test_a_list_keeps_its_rows_as_they_were_put(anna: Desk) -> None:
    made = anna.watchlists.create("散熱", follows=Follows("layer", "cooling"), columns=["close"])
    row = entry("3017.TW", "A", note="a\nb", tags=("x", "y"), added_price=1.5, target=2, stop=1)
    kept = anna.watchlists.add(made.id, [row, entry("2330.TW")])
    assert kept == anna.watchlists.get(made.id) == anna.watchlists.named("散熱")
    assert kept.follows == Follows("layer", "cooling", "map")
    assert kept.columns == ("close",)
    assert kept.sections == ("", "A")
    assert kept.updated_at.tzinfo is not None
    first = dataclasses.asdict(kept.entries[0])
    del first["id"]
    assert first == dataclasses.asdict(row)
    assert type(kept.entries[0].added_on) is dt.date
    assert anna.watchlists.all() == (kept,)


def test_a_symbol_that_is_there_is_left_alone(anna: Desk) -> None:
    kept = anna.watchlists.add(anna.watchlists.create("a").id, [entry("2330.TW", note="mine")])
    again = anna.watchlists.add(kept.id, [entry("2330.TW", note="other")])
    assert again == kept
    more = anna.watchlists.add(kept.id, [entry("2330.TW"), entry("2317.TW"), entry("2317.TW")])
    assert symbols(more) == ["2330.TW", "2317.TW"]
    assert more.version == kept.version + 1


def test_a_saved_list_replaces_the_one_it_was_read_as(anna: Desk) -> None:
    kept = filled(anna, "a", "1", "2", "3")
    one, two, three = kept.entries
    noted = dataclasses.replace(two, note="n", section="S")
    changed = dataclasses.replace(
        kept, name="b", sections=("T", ""), columns=("close",), entries=(three, noted)
    )
    saved = anna.watchlists.save(changed)
    assert saved == anna.watchlists.get(kept.id)
    assert (saved.name, saved.version) == ("b", kept.version + 1)
    assert saved.sections == ("T", "", "S")
    assert saved.entries == (three, noted)
    added = dataclasses.replace(one, id=0, symbol="4")
    assert symbols(anna.watchlists.save(dataclasses.replace(saved, entries=(added, three)))) == [
        "4",
        "3",
    ]


def test_a_change_made_elsewhere_is_not_overwritten(anna: Desk) -> None:
    read = filled(anna, "a", "1")
    theirs = anna.watchlists.save(dataclasses.replace(read, name="theirs"))
    mine = dataclasses.replace(read, name="mine")
    with pytest.raises(ChangedElsewhere, match="changed elsewhere") as raised:
        anna.watchlists.save(mine)
    assert (raised.value.mine, raised.value.theirs) == (mine, theirs)
    assert anna.watchlists.get(read.id) == theirs
    kept = anna.watchlists.save(dataclasses.replace(mine, version=theirs.version))
    assert kept.name == "mine"


def test_rows_that_were_removed_come_back_where_they_were(anna: Desk) -> None:
    kept = filled(anna, "a", "1", "2", "3", "4")
    left = anna.watchlists.remove(kept.id, [kept.entries[1].id, kept.entries[3].id, 99_999])
    assert symbols(left) == ["1", "3"]
    deletion = anna.watchlists.last_deletion()
    assert deletion is not None
    assert (deletion.kind, deletion.name, deletion.symbols) == ("entries", "a", ("2", "4"))
    anna.watchlists.add(kept.id, [entry("5"), entry("2", note="since")])
    back = anna.watchlists.undo()
    assert back is not None
    assert symbols(back) == ["1", "3", "5", "4", "2"]
    assert next(one for one in back.entries if one.symbol == "2").note == "since"
    assert anna.watchlists.undo() is None
    assert anna.watchlists.last_deletion() is None


def test_undo_puts_rows_between_those_they_stood_between(anna: Desk) -> None:
    kept = filled(anna, "a", "1", "2", "3", "4")
    without = dataclasses.replace(kept, entries=(kept.entries[0], kept.entries[3]))
    anna.watchlists.save(without)
    back = anna.watchlists.undo()
    assert back is not None
    assert back.entries == kept.entries


def test_a_list_that_was_deleted_comes_back_whole(accounts: Accounts, anna: Desk) -> None:
    kept = filled(anna, "a", "1", "2")
    anna.watchlists.delete(kept.id)
    assert anna.watchlists.all() == ()
    with pytest.raises(NotFound):
        anna.watchlists.get(kept.id)
    other = filled(anna, "a", "3")
    later = accounts.desk(anna.account)
    back = later.watchlists.undo()
    assert back is not None
    assert (back.id, back.name, symbols(back)) == (kept.id, "a (2)", ["1", "2"])
    assert symbols(anna.watchlists.get(other.id)) == ["3"]


def test_only_the_last_deletion_is_kept_of_each_shelf(anna: Desk) -> None:
    first, second = filled(anna, "a", "1"), filled(anna, "b", "2")
    screen = anna.screens.create("s", "rsi_14 > 70")
    anna.watchlists.delete(first.id)
    anna.watchlists.delete(second.id)
    anna.screens.delete(screen.id)
    back = anna.watchlists.undo()
    assert back is not None
    assert back.name == "b"
    assert anna.watchlists.undo() is None
    assert anna.screens.undo() == screen


def test_ids_are_not_given_again(anna: Desk) -> None:
    first = anna.watchlists.create("a")
    anna.watchlists.delete(first.id)
    assert anna.watchlists.create("b").id > first.id


# -- names and limits


@pytest.mark.parametrize("shelf", ["watchlists", "screens", "channels", "alerts"])
def test_a_name_stands_for_one_thing(anna: Desk, ben: Desk, shelf: str) -> None:
    make: dict[str, Callable[[Desk, str], Any]] = {
        "watchlists": lambda desk, name: desk.watchlists.create(name),
        "screens": lambda desk, name: desk.screens.create(name, "rsi_14 > 70"),
        "channels": lambda desk, name: desk.channels.create(name, "json://localhost"),
        "alerts": rule,
    }
    kept = make[shelf](anna, " 長 \x00\n名 ")
    assert kept.name == "長 名"
    with pytest.raises(NameTaken, match="長 名"):
        make[shelf](anna, "長 名")
    other = make[shelf](anna, "other")
    with pytest.raises(NameTaken):
        getattr(anna, shelf).save(dataclasses.replace(other, name="長 名"))
    assert make[shelf](ben, "長 名").name == "長 名"
    assert getattr(anna, shelf).named("長 名") == kept
    for nothing in ("nothing", "a\x00b", "\ud800", "x" * 9_999, ""):
        with pytest.raises(NotFound):
            getattr(anna, shelf).named(nothing)


BROKEN: dict[str, tuple[Callable[[Desk], object], str]] = {
    "empty name": (lambda d: d.watchlists.create(" \t"), "name is empty"),
    "long name": (lambda d: d.watchlists.create("x" * 101), "101 characters; at most 100"),
    "no text": (lambda d: d.watchlists.create(3), "no text"),  # type: ignore[arg-type]
    "half a pair": (lambda d: d.watchlists.create("\ud800"), "name is empty"),
    "long note": (
        lambda d: d.watchlists.add(1, [entry("1", note="x" * 2001)]),
        "1: the note has 2,001",
    ),
    "price of zero": (lambda d: d.watchlists.add(1, [entry("1", target=0)]), "above zero"),
    "price of nan": (
        lambda d: d.watchlists.add(1, [entry("1", stop=float("nan"))]),
        "the stop is no number",
    ),
    "day with time": (
        lambda d: d.watchlists.add(1, [dataclasses.replace(entry("1"), added_on=MOMENT)]),
        "is no date",
    ),
    "empty symbol": (lambda d: d.watchlists.add(1, [entry(" ")]), "a symbol is empty"),
    "many tags": (
        lambda d: d.watchlists.add(1, [entry("1", tags=tuple(map(str, range(21))))]),
        "21 1: tags",
    ),
    "follows nothing": (
        lambda d: d.watchlists.create("a", follows=Follows("layer", " ")),
        "what the list follows is empty",
    ),
    "follows what": (
        lambda d: d.watchlists.create("a", follows=Follows("tag", "x")),  # type: ignore[arg-type]
        "none of screen, layer",
    ),
    "empty screen": (lambda d: d.screens.create("s", " "), "the expression is empty"),
    "long screen": (lambda d: d.screens.create("s", "x" * 4001), "at most 4,000"),
    "no address": (lambda d: d.channels.create("c", ""), "no address"),
    "unknown scope": (lambda d: rule(d, scope="moon"), "none of symbol"),
    "many parameters": (
        lambda d: rule(d, parameters={str(one): 1.0 for one in range(21)}),
        "21 parameters",
    ),
    "parameter of nan": (lambda d: rule(d, parameters={"n": float("inf")}), "neither a number"),
    "one quiet end": (
        lambda d: d.preferences.save(Preferences(quiet_from=dt.time(22))),
        "one end only",
    ),
    "no time zone": (lambda d: d.preferences.save(Preferences(timezone="../x")), "no time zone"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_kept_is_told_in_one_sentence(case: str, tmp_path: Any) -> None:
    change, told = BROKEN[case]
    accounts = Accounts.open(f"sqlite:///{tmp_path}/a")
    desk = accounts.desk(accounts.local())
    with pytest.raises(InputError, match=told) as raised:
        change(desk)
    assert "\n" not in str(raised.value)
    accounts.close()


def test_nobody_fills_the_database(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Watchlists", "Screens", "Channels", "Alerts"):
        shelf = type(getattr(anna, name.lower()))
        monkeypatch.setattr(shelf, "most", 1)
    monkeypatch.setattr(limits, "SHARES", 1)
    monkeypatch.setattr(limits, "ENTRIES", 2)
    kept = filled(anna, "a", "1", "2")
    anna.screens.create("a", "rsi_14 > 70")
    anna.channels.create("a", "json://localhost")
    rule(anna, "a")
    anna.shares.create("watchlist", kept.id)
    more: tuple[Callable[[], object], ...] = (
        lambda: anna.watchlists.create("b"),
        lambda: anna.screens.create("b", "rsi_14 > 70"),
        lambda: anna.channels.create("b", "json://localhost"),
        lambda: rule(anna, "b"),
        lambda: anna.shares.create("watchlist", kept.id),
        lambda: anna.watchlists.add(kept.id, [entry("3")]),
        lambda: anna.watchlists.save(
            dataclasses.replace(
                kept, entries=(*kept.entries, dataclasses.replace(kept.entries[0], symbol="3"))
            )
        ),
    )
    for change in more:
        with pytest.raises(InputError, match="kept"):
            change()


def test_a_symbol_stands_once_in_a_list(anna: Desk) -> None:
    kept = filled(anna, "a", "1")
    twice = (kept.entries[0], dataclasses.replace(kept.entries[0], id=0))
    with pytest.raises(InputError, match="1 stands twice"):
        anna.watchlists.save(dataclasses.replace(kept, entries=twice))


# -- screens, channels, preferences


def test_screens_are_saved_with_their_version(anna: Desk) -> None:
    made = anna.screens.create("s", "rsi_14 > 70", universe="listed", columns=["close"], sort="-x")
    assert (made.universe, made.columns, made.sort) == ("listed", ("close",), "-x")
    saved = anna.screens.save(dataclasses.replace(made, expression="rsi_14 < 30"))
    assert anna.screens.all() == (saved,)
    with pytest.raises(ChangedElsewhere) as raised:
        anna.screens.save(made)
    assert raised.value.theirs == saved


def test_an_address_is_not_shown_and_not_told(anna: Desk) -> None:
    secret = "tgram://123:secret/1"
    made = anna.channels.create("phone", secret)
    assert made.address == secret
    assert "secret" not in repr(made)
    with pytest.raises(InputError) as raised:
        anna.channels.create("phone", secret * 200)
    assert "secret" not in str(raised.value)


def test_what_a_person_set_is_compared_too(anna: Desk) -> None:
    nothing = anna.preferences.get()
    assert nothing == Preferences(None, None, "Asia/Taipei", 0)
    quiet = dataclasses.replace(nothing, quiet_from=dt.time(22, 30), quiet_to=dt.time(7))
    saved = anna.preferences.save(quiet)
    assert saved == anna.preferences.get() == dataclasses.replace(quiet, version=1)
    with pytest.raises(ChangedElsewhere) as raised:
        anna.preferences.save(quiet)
    assert raised.value.theirs == saved


# -- alerts


def test_an_event_is_recorded_once(anna: Desk) -> None:
    phone, mail = (anna.channels.create(one, "json://localhost") for one in ("phone", "mail"))
    alert = rule(anna, channels=[mail.id, phone.id], parameters={"n": 1.5, "way": "up"})
    assert alert == anna.alerts.get(alert.id)
    assert (alert.channels, alert.parameters) == ((mail.id, phone.id), {"n": 1.5, "way": "up"})
    states = {"2330.TW": ("true", DAY), "2317.TW": ("false", DAY)}
    (told,) = anna.alerts.record(alert, states, [event()], MOMENT)
    assert (told.alert_name, told.key, told.session) == ("over", "2330.TW", DAY)
    assert (told.details, told.created_at, told.read_at) == ({"close": 1000.0}, MOMENT, None)
    assert anna.alerts.states(alert.id) == states
    assert anna.alerts.record(alert, states, [event(), event()], LATER) == ()
    (other,) = anna.alerts.record(alert, {}, [event(), event(state="false")], LATER)
    assert anna.alerts.history() == (other, told)
    assert len(anna.alerts.deliveries()) == 4
    assert {one.channel_id for one in anna.alerts.deliveries([told.id])} == {phone.id, mail.id}


def test_an_earlier_session_does_not_take_a_state_back(anna: Desk) -> None:
    alert = rule(anna)
    anna.alerts.record(alert, {"1": ("true", DAY)}, [], MOMENT)
    anna.alerts.record(alert, {"1": ("false", DAY - dt.timedelta(1))}, [], MOMENT)
    assert anna.alerts.states(alert.id) == {"1": ("true", DAY)}


def test_details_are_kept_as_json_has_them(anna: Desk) -> None:
    details = {"a": float("nan"), "day": DAY, "many": ("x", 1), "text": "a\x00b"}
    (told,) = anna.alerts.record(rule(anna), {}, [NewEvent("1", DAY, "true", details)], MOMENT)
    assert told.details == {"a": None, "day": "2026-03-02", "many": ["x", 1], "text": "ab"}
    assert anna.alerts.history() == (told,)


def test_events_are_marked_as_read(anna: Desk) -> None:
    alert = rule(anna)
    first, second = anna.alerts.record(alert, {}, [event("1"), event("2")], MOMENT)
    assert anna.alerts.unread_count() == 2
    assert anna.alerts.mark_read([first.id]) == 1
    assert [one.id for one in anna.alerts.history(unread_only=True)] == [second.id]
    assert anna.alerts.mark_read() == 1
    assert anna.alerts.mark_read() == 0
    assert anna.alerts.unread_count() == 0
    assert len(anna.alerts.history(limit=1)) == 1


def test_history_outlives_its_alert_and_has_an_end(
    anna: Desk, ben: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bens = ben.alerts.record(rule(ben), {}, [event()], MOMENT)
    alert = rule(anna)
    anna.alerts.record(alert, {}, [event(str(one)) for one in range(5)], MOMENT)
    anna.alerts.delete(alert.id)
    assert len(anna.alerts.history()) == 5
    monkeypatch.setattr(limits, "EVENTS", 3)
    anna.alerts.record(rule(anna), {}, [event("5")], MOMENT)
    assert [one.key for one in anna.alerts.history()] == ["5", "4", "3"]
    assert ben.alerts.history() == bens


def test_a_delivery_is_handed_out_once_and_again_after_its_lease(anna: Desk) -> None:
    channel = anna.channels.create("phone", "json://localhost")
    (told,) = anna.alerts.record(rule(anna, channels=[channel.id]), {}, [event()], MOMENT)
    before = MOMENT - dt.timedelta(seconds=1)
    assert anna.alerts.due_deliveries(before) == ()
    (due,) = anna.alerts.due_deliveries(MOMENT)
    assert (due.event_id, due.channel_id, due.status, due.attempts) == (
        told.id, channel.id, "waiting", 0,
    )  # fmt: skip
    assert anna.alerts.due_deliveries(MOMENT) == ()
    assert anna.alerts.due_deliveries(due.next_try_at) == (
        dataclasses.replace(due, next_try_at=due.next_try_at + dt.timedelta(minutes=10)),
    )
    anna.alerts.delivery_failed(due.id, "no route\x00 to host", LATER)
    (failed,) = anna.alerts.due_deliveries(LATER)
    assert (failed.attempts, failed.error) == (1, "no route to host")
    anna.alerts.put_off(due.id, LATER)
    assert anna.alerts.due_deliveries(LATER)[0].attempts == 1
    anna.alerts.delivered(due.id)
    assert anna.alerts.due_deliveries(LATER + dt.timedelta(days=9)) == ()
    (sent,) = anna.alerts.deliveries(status="sent")
    assert (sent.attempts, sent.error) == (2, None)


def test_a_delivery_that_is_given_up_stays_told(anna: Desk) -> None:
    channel = anna.channels.create("phone", "json://localhost")
    anna.alerts.record(rule(anna, channels=[channel.id]), {}, [event()], MOMENT)
    (due,) = anna.alerts.due_deliveries(MOMENT)
    anna.alerts.delivery_failed(due.id, "unknown address", None)
    assert anna.alerts.due_deliveries(LATER) == ()
    assert anna.alerts.deliveries()[0].status == "failed"


def test_a_channel_that_is_off_has_nothing_due(anna: Desk) -> None:
    channel = anna.channels.create("phone", "json://localhost")
    anna.alerts.record(rule(anna, channels=[channel.id]), {}, [event()], MOMENT)
    off = anna.channels.save(dataclasses.replace(channel, enabled=False))
    assert anna.alerts.due_deliveries(MOMENT) == ()
    anna.channels.save(dataclasses.replace(off, enabled=True))
    assert len(anna.alerts.due_deliveries(MOMENT)) == 1


def test_an_alert_that_was_deleted_comes_back_with_how_it_stood(anna: Desk) -> None:
    phone, mail = (anna.channels.create(one, "json://localhost") for one in ("phone", "mail"))
    alert = rule(anna, channels=[phone.id, mail.id])
    anna.alerts.record(alert, {"1": ("true", DAY)}, [event("1")], MOMENT)
    anna.alerts.delete(alert.id)
    anna.channels.delete(phone.id)
    assert anna.alerts.undo() == dataclasses.replace(alert, channels=(mail.id,))
    assert anna.alerts.states(alert.id) == {"1": ("true", DAY)}
    assert anna.alerts.record(alert, {}, [event("1")], MOMENT) == ()


def test_a_channel_that_was_deleted_is_used_again(anna: Desk) -> None:
    channel = anna.channels.create("phone", "json://localhost")
    alert = rule(anna, channels=[channel.id])
    anna.channels.delete(channel.id)
    assert anna.alerts.get(alert.id).channels == ()
    assert anna.channels.undo() == channel
    assert anna.alerts.get(alert.id).channels == (channel.id,)


def test_a_copy_of_a_list_is_made_whole_or_not_at_all(anna: Desk) -> None:
    original = anna.watchlists.save(
        dataclasses.replace(
            filled(anna, "a", "1", "2"), columns=("close",), follows=Follows("layer", "cooling")
        )
    )
    copy = anna.watchlists.copy(original)
    assert (copy.name, symbols(copy), copy.version) == ("a (2)", ["1", "2"], 1)
    assert (copy.columns, copy.follows) == (original.columns, original.follows)
    assert anna.watchlists.all() == (original, copy)
    many = original.entries[0]
    rows = tuple(dataclasses.replace(many, symbol=str(n)) for n in range(limits.ENTRIES + 1))
    with pytest.raises(InputError, match="1,001 rows"):
        anna.watchlists.copy(dataclasses.replace(original, entries=rows))
    assert anna.watchlists.all() == (original, copy)


# -- shares


def test_a_share_is_a_copy_of_its_moment(accounts: Accounts, anna: Desk) -> None:
    made = anna.watchlists.create("a", columns=["close"])
    private = entry("1", "S", note="sell soon", tags=("t",), target=9, stop=8, added_price=7)
    kept = anna.watchlists.add(made.id, [private])
    token, share = anna.shares.create("watchlist", kept.id)
    full, _ = anna.shares.create("watchlist", kept.id, include_notes=True)
    anna.watchlists.add(kept.id, [entry("2")])
    anna.watchlists.delete(kept.id)
    copy = accounts.shared(token)
    assert (copy.kind, copy.name, copy.owner_name) == ("watchlist", "a", "Anna")
    (shown,) = copy.payload.entries  # type: ignore[union-attr]
    assert (shown.symbol, shown.section, shown.added_on) == ("1", "S", DAY)
    assert (shown.note, shown.tags, shown.target, shown.stop) == ("", (), None, None)
    assert shown.added_price is None
    assert copy.payload.id == 0
    (whole,) = accounts.shared(full).payload.entries  # type: ignore[union-attr]
    assert (whole.note, whole.tags, whole.target, whole.stop) == ("sell soon", ("t",), 9, 8)
    assert whole.added_price == 7
    assert share.last_used_at is None
    assert all(one.last_used_at is not None for one in anna.shares.all())
    assert len(anna.shares.of("watchlist", kept.id)) == 2


def test_a_link_that_was_revoked_opens_nothing(accounts: Accounts, anna: Desk) -> None:
    screen = anna.screens.create("s", "rsi_14 > 70")
    token, share = anna.shares.create("screen", screen.id)
    assert accounts.shared(token).payload == dataclasses.replace(screen, id=0, version=0)
    anna.shares.revoke(share.id)
    sentences = set()
    for wrong in (token, "", "x" * 10_000, token[:-1], "\ud800", "' OR 1=1", token.upper()):
        with pytest.raises(NotFound) as raised:
            accounts.shared(wrong)
        sentences.add(str(raised.value))
    assert len(sentences) == 1
    assert anna.shares.all() == ()


def test_the_database_does_not_hold_the_token(accounts: Accounts, anna: Desk) -> None:
    token, _ = anna.shares.create("screen", anna.screens.create("s", "rsi_14 > 70").id)
    from tests.accounts.test_migrations import rows_of

    with accounts.database.engine.connect() as connection:
        assert token not in str(rows_of(connection))
    with pytest.raises(InputError, match="cannot be shared"):
        anna.shares.create("alert", 1)  # type: ignore[arg-type]


# -- people


def test_a_person_is_known_by_issuer_and_subject_alone(accounts: Accounts) -> None:
    anna = accounts.signed_in("https://one.example", "1", "Anna", "a@mail.example")
    assert accounts.signed_in("https://one.example", "1", "Anna L", "l@mail.example").id == anna.id
    other = accounts.signed_in("https://two.example", "1", "Anna", "a@mail.example")
    third = accounts.signed_in("https://one.example", "2", "Anna", "a@mail.example")
    local = accounts.local()
    assert len({anna.id, other.id, third.id, local.id}) == 4
    assert (local.issuer, local.subject) == (None, None)
    assert accounts.local() == local
    assert accounts.speaking(local, "en").language == "en"
    assert [one.name for one in accounts.everyone()] == ["Anna L", "Anna", "Anna", "local"]
    for issuer, subject in (("", "1"), ("https://one.example", " ")):
        with pytest.raises(InputError, match="is empty"):
            accounts.signed_in(issuer, subject, "x", None)


def test_an_account_is_found_by_what_names_it_alone(accounts: Accounts) -> None:
    anna = accounts.signed_in("i", "1", "Anna", "Anna@mail.example")
    first, second = (accounts.signed_in("i", one, "Ben", None) for one in "23")
    assert accounts.find("anna@MAIL.example") == anna
    assert accounts.find("Anna") == accounts.find(str(anna.id)) == anna
    with pytest.raises(NotFound, match=f"by its number: {first.id}, {second.id}"):
        accounts.find("Ben")
    with pytest.raises(NotFound, match="no account 'Carl'"):
        accounts.find("Carl")
    with pytest.raises(NotFound):
        accounts.find("9" * 30)
