"""Whose page it is: the local user, whom a provider vouches for, and everyone who is kept out."""

from __future__ import annotations

import dataclasses
import io
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from pandas.io.formats.style import Styler
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.util import patch_config_options

from dashboard.accounts.models import Account
from dashboard.accounts.store import Accounts
from dashboard.errors import SignInError
from dashboard.i18n import LANGUAGES
from dashboard.settings import Settings
from dashboard.ui import loaders, login
from tests.app.conftest import Make, entered
from tests.app.screen import APP, Screen, as_read
from tests.app.states import State
from tests.browser.guarded import MARK, furnish

ISSUER = "https://issuer.example"
SECRETS: dict[str, Any] = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "s" * 40,
    "client_id": "dashboard",
    "client_secret": "secret",
    "server_metadata_url": f"{ISSUER}/.well-known/openid-configuration",
}
PAGES = ("", "data", "method")
JUST_TOO_OLD = -30 * 86_400 - 60


def claims(subject: str = "one", **changed: object) -> dict[str, Any]:
    """What st.user holds after a sign-in."""
    return {
        "is_logged_in": True,
        "provider": "default",
        "iss": ISSUER,
        "sub": subject,
        "aud": "dashboard",
        "iat": int(time.time()),
        "nonce": f"nonce of {subject}",
        "name": subject.capitalize(),
        "email": f"{subject}@example.org",
        "email_verified": True,
        **changed,
    }


class Visit(Screen):
    """A page as someone opens it, with the secrets of the server."""

    def __init__(
        self,
        view: str = "method",
        /,
        user: dict[str, Any] | None = None,
        auth: dict[str, Any] | None = SECRETS,
        **query: str,
    ) -> None:
        self._user, self._auth, self._query = user, auth, query
        super().__init__(view)

    def run(self) -> Screen:
        self.app.user = dict(self._user) if self._user else {}
        if self._auth is not None:
            self.app.secrets = {"auth": self._auth}
        while self._query:
            name, value = self._query.popitem()
            self.app.query_params[name] = value
        return super().run()

    @property
    def asks(self) -> list[str]:
        """The sign-in buttons."""
        return [as_read(one.label) for one in self.app.button if one.key.startswith("sign-in:")]

    @property
    def is_open(self) -> bool:
        """Whether anything of the market is shown, or a way to it."""
        shown = [*self.app.get("page_link"), *self.app.dataframe, *self.app.get("plotly_chart")]
        return bool(shown) or len(self.app.title) > 1

    @property
    def faults(self) -> list[str]:
        return [as_read(one.value) for one in self.app.error]


@pytest.fixture(scope="module")
def prices(make: Make) -> Iterator[State]:
    yield from entered(make("simulated"))


@pytest.fixture(autouse=True)
def database(prices: State, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Accounts]:
    """People of this test only."""
    monkeypatch.setenv("DASHBOARD_DATABASE", f"sqlite:///{tmp_path / 'people.sqlite3'}")
    monkeypatch.delenv("DASHBOARD_ALLOWED_EMAILS", raising=False)
    accounts = Accounts.open(Settings().database)
    yield accounts
    accounts.close()


def kept(accounts: Accounts) -> list[tuple[str | None, str | None]]:
    return [(one.issuer, one.subject) for one in accounts.everyone()]


def test_without_a_provider_there_is_one_local_user(database: Accounts) -> None:
    screen = Visit(auth=None)
    assert screen.failures == []
    assert screen.is_open
    assert not screen.asks
    assert not [one for one in screen.app.button if one.key == "sign-out"]

    def page() -> None:
        import streamlit as st

        from dashboard.settings import Settings
        from dashboard.ui.people import reader_of

        who = reader_of(Settings())
        st.write([who.account.id, who.account.issuer, who.signed_in, who.desk.account.id])

    one, other = (AppTest.from_function(page).run().json[0].value for _ in range(2))
    assert one == other
    assert kept(database) == [(None, None)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", PAGES)
def test_nobody_sees_a_page_before_signing_in(view: str, language: str) -> None:
    screen = Visit(view, lang=language)
    assert screen.failures == []
    assert not screen.is_open
    assert screen.asks == [{"zh": "登入", "en": "Sign in"}[language]]


def test_each_provider_has_its_button() -> None:
    shared = {name: SECRETS[name] for name in ("redirect_uri", "cookie_secret")}
    own = {name: value for name, value in SECRETS.items() if name not in shared}
    screen = Visit(auth={**shared, "first": own, "sec*nd*": own}, lang="en")
    assert screen.asks == ["Sign in with first", "Sign in with sec*nd*"]


def test_who_is_signed_in_is_shown_as_written(database: Accounts) -> None:
    name = "<b>Amy</b> *x* :red[y] [z](http://example.org)"
    screen = Visit(user=claims(name=name))
    assert screen.failures == []
    assert screen.is_open
    (shown,) = [as_read(one.value) for one in screen.app.sidebar.caption]
    assert shown == f"已登入：{name}"
    assert "\\<b" in screen.app.sidebar.caption[0].value
    assert kept(database) == [(ISSUER, "one")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"is_logged_in": False},
        {"is_logged_in": "True"},
        {"sub": ""},
        {"sub": 1},
        {"iss": None},
        {"iat": None},
        {"iat": True},
        {"iat": "1"},
        {"iat": 0},
        {"iat": JUST_TOO_OLD},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"provider": "another"},
    ],
    ids=str,
)
def test_what_is_no_full_sign_in_lets_nobody_in(
    wrong: dict[str, object], database: Accounts
) -> None:
    if wrong == {"iat": JUST_TOO_OLD}:
        wrong = {"iat": int(time.time()) + JUST_TOO_OLD}
    screen = Visit(user=claims(**wrong))
    assert screen.failures == []
    assert not screen.is_open
    assert screen.asks
    assert kept(database) == []


def test_a_token_for_several_clients_is_for_this_one_too() -> None:
    assert Visit(user=claims(aud=["another", "dashboard"])).is_open


def test_a_sign_in_outlives_its_token_but_not_thirty_days() -> None:
    """A token is to be shown within the hour; that says nothing about how long one stays."""
    day = 86_400
    now = int(time.time())
    assert Visit(user=claims(iat=now - 29 * day, exp=now - 28 * day)).is_open


@pytest.mark.parametrize(
    ("allowed", "told", "enters"),
    [
        ("one@example.org", {}, True),
        ("ONE@Example.org ; two@example.org", {}, True),
        ("@example.org", {}, True),
        ("@example.org", {"email": "one@example.org.evil.example"}, False),
        ("@example.org", {"email": "one@sub.example.org"}, False),
        ("@example.org", {"email": "@evil.example@example.org", "email_verified": None}, False),
        ("two@example.org", {}, False),
        ("one@example.org", {"email_verified": False}, False),
        ("one@example.org", {"email_verified": "false"}, False),
        ("one@example.org", {"email_verified": None}, False),
        ("one@example.org", {"email_verified": "true"}, True),
        ("one@example.org", {"email": None}, False),
    ],
    ids=str,
)
def test_who_may_come_in(
    allowed: str,
    told: dict[str, object],
    enters: bool,
    monkeypatch: pytest.MonkeyPatch,
    database: Accounts,
) -> None:
    monkeypatch.setenv("DASHBOARD_ALLOWED_EMAILS", allowed)
    screen = Visit(user=claims(**told))
    assert screen.failures == []
    assert screen.is_open == enters
    assert bool(screen.faults) != enters
    assert [one.key for one in screen.app.button if one.key == "sign-out"]
    assert kept(database) == [(ISSUER, "one")] * enters


@pytest.mark.parametrize("written", ["one", "one@", "example.org, @example.org"])
def test_an_entry_that_lets_nobody_in_is_refused(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHBOARD_ALLOWED_EMAILS", written)
    screen = Visit(user=claims())
    assert not screen.is_open
    assert "written as @example.org" in screen.faults[0]


def test_a_person_is_an_issuer_and_a_subject_whatever_the_mail_address(database: Accounts) -> None:
    mail = {"email": "same@example.org", "name": "Same"}
    for issuer, subject in ((ISSUER, "one"), (ISSUER, "two"), ("https://other.example", "one")):
        assert Visit(user=claims(subject, iss=issuer, **mail)).is_open
    assert len(set(kept(database))) == 3


def test_a_name_and_a_mail_address_are_those_of_the_last_sign_in(database: Accounts) -> None:
    Visit(user=claims())
    Visit(user=claims(name="Changed", email="new@example.org"))
    (one,) = database.everyone()
    assert (one.name, one.email) == ("Changed", "new@example.org")
    Visit(user=claims(email="ceo@example.org", email_verified=False))
    (one,) = database.everyone()
    assert one.email is None, "a mail address that nobody has verified is not taken as anyone's"


def test_a_subject_that_is_not_kept_as_it_is_belongs_to_nobody_else(database: Accounts) -> None:
    Visit(user=claims("one two"))
    screen = Visit(user=claims("one  two"))
    assert not screen.is_open
    assert screen.faults
    assert kept(database) == [(ISSUER, "one two")]


def test_signing_out_ends_the_sign_in_in_every_tab(database: Accounts) -> None:
    cookie = claims()
    first, second = Visit(user=cookie), Visit(user=cookie)
    stranger = Visit(user=claims("two"))
    (button,) = [one for one in first.app.button if one.key == "sign-out"]
    button.click()
    first.run()
    for tab in (first, second, Visit(user=cookie)):
        tab.run()
        assert not tab.is_open
        assert tab.asks
    assert stranger.run().is_open  # type: ignore[attr-defined]
    later = Visit(user=claims(nonce="of the next sign-in"))
    assert later.is_open
    assert len(kept(database)) == 2


def acting() -> None:
    """A page whose button is pressed after another tab has signed out."""
    import streamlit as st

    from dashboard.settings import Settings
    from dashboard.ui import loaders, login
    from dashboard.ui.people import reader_of

    if login.identity(loaders.today()) is None:
        st.write("nobody")
        st.stop()
    if "who" not in st.session_state:
        st.session_state["who"] = reader_of(Settings())
    who = st.session_state["who"]
    ended = who.accounts.sign_ins.has_ended(login.identity(loaders.today()).sign_in)
    if ended:
        st.write("ended")
        st.stop()

    def act() -> None:
        who.desk.watchlists.create("made too late")

    st.button("act", on_click=act)


def test_a_button_of_a_page_that_is_still_open_changes_nothing_after_a_sign_out(
    database: Accounts,
) -> None:
    app = AppTest.from_function(acting)
    app.user, app.secrets = claims(), {"auth": SECRETS}
    app.run()
    (person,) = database.everyone()
    database.sign_ins.end(login.name_of_sign_in(app.user))
    app.button[0].click()
    app.run()
    assert not app.exception
    assert [one.value for one in app.markdown] == ["ended"]
    assert database.desk(person).watchlists.all() == ()


def test_another_identity_in_the_same_session_does_not_reach_the_first_ones_things(
    database: Accounts,
) -> None:
    app = AppTest.from_function(acting)
    app.user, app.secrets = claims(), {"auth": SECRETS}
    app.run()
    app.user = claims("two")
    app.button[0].click()
    app.run()
    assert all(not database.desk(one).watchlists.all() for one in database.everyone())


BROKEN: dict[str, dict[str, Any]] = {
    "no cookie_secret": {"cookie_secret": ""},
    "cookie_secret is shorter": {"cookie_secret": "xxx"},
    "no redirect_uri": {"redirect_uri": None},
    "/oauth2callback": {"redirect_uri": "http://127.0.0.1:8501/"},
    "no client_secret": {"client_secret": " "},
    "no server_metadata_url": {"server_metadata_url": 7},
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_provider_set_up_in_part_lets_nobody_in(sentence: str, database: Accounts) -> None:
    screen = Visit(user=claims(), auth={**SECRETS, **BROKEN[sentence]})
    assert screen.failures == []
    assert not screen.is_open
    (fault,) = screen.faults
    assert sentence in fault.replace("\\_", "_")
    assert SECRETS["client_secret"] + "\n" not in fault
    assert "s" * 40 not in fault


def test_no_provider_at_all_lets_nobody_in() -> None:
    shared = {name: SECRETS[name] for name in ("redirect_uri", "cookie_secret")}
    screen = Visit(user=claims(), auth=shared)
    assert not screen.is_open
    assert "names no identity provider" in screen.faults[0]


@pytest.mark.parametrize("content", ['[auth]\ncookie_secret = "', "auth = 1\n"])
def test_secrets_that_cannot_be_read_let_nobody_in(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit itself takes such a file for none, and would let everyone in as the local user."""
    file = tmp_path / "secrets.toml"
    file.write_text(content)
    monkeypatch.setattr(st, "secrets", Secrets())
    with patch_config_options({"secrets.files": [str(file)]}):
        with pytest.raises(SignInError):
            login.providers()
        file.unlink()
        monkeypatch.setattr(st, "secrets", Secrets())
        assert login.providers() == ()


def test_ending_a_sign_in_twice_is_ending_it_once(database: Accounts) -> None:
    assert not database.sign_ins.has_ended("a")
    database.sign_ins.end("a")
    database.sign_ins.end("a")
    assert database.sign_ins.has_ended("a")
    assert not database.sign_ins.has_ended("b")


def test_an_account_says_nothing_of_its_sign_ins() -> None:
    assert {one.name for one in dataclasses.fields(Account)} == {
        "id", "name", "email", "issuer", "subject", "language",
    }  # fmt: skip


def test_what_is_shared_and_tells_of_a_person_is_shared_under_all_that_it_tells(
    database: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So whoever asks for it has brought every word of it along, and learns nothing."""
    kept: list[tuple[object, object]] = []
    build_once = loaders._shared

    def note(key: Any, build: Any) -> object:
        value = build_once(key, build)
        kept.append((key, value))
        return value

    monkeypatch.setattr(loaders, "_shared", note)
    Visit(user=claims())
    (person,) = database.everyone()
    things = furnish(database.desk(person))
    for view, query in (
        ("watchlists", {"list": str(things.watchlist)}),
        ("watchlists", {"view": "treemap"}),
        ("watchlists", {"view": "lines"}),
        ("alerts", {"alert": str(things.alert)}),
        ("screener", {}),
    ):
        screen = Visit(view, user=claims(), **query)
        assert screen.failures == []
        assert MARK in screen.text, (view, query)
    personal = [key for key, value in kept if MARK.encode() in _whole(value)]
    assert personal, "else this test shows nothing"
    assert not [key for key in personal if MARK not in repr(key)]


class _Whole(pickle.Pickler):
    """All that is in a value; how a table is styled is code, and tells of nobody."""

    def reducer_override(self, value: Any) -> Any:
        return (tuple, ((value.data,),)) if isinstance(value, Styler) else NotImplemented


def _whole(value: object) -> bytes:
    file = io.BytesIO()
    _Whole(file).dump(value)
    return file.getvalue()


def test_what_all_sessions_share_lives_in_one_module() -> None:
    """A cache elsewhere could hold one person's things under a key that another asks for."""
    package = APP.parent
    sources = {path: path.read_text("utf-8") for path in package.rglob("*.py")}
    caching = [path for path, text in sources.items() if "cache_resource" in text]
    assert caching == [package / "ui" / "loaders.py"]
    assert not [path for path, text in sources.items() if "cache_data" in text]
    source = sources[caching[0]]
    assert not [word for word in ("accounts", "Reader", "Desk", "st.user") if word in source]
