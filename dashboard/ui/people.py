"""Whose page this is: the local user, or the person who has signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from dashboard.accounts.desk import Desk
from dashboard.accounts.models import Account
from dashboard.accounts.store import Accounts
from dashboard.errors import SignInError
from dashboard.i18n import Language, translate
from dashboard.settings import Settings
from dashboard.ui import loaders, login
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page

_ACCOUNT: Final = "people:account"
_WATCH_SECONDS: Final = 10.0
_LEFT: Final = "people:left"
_KEEP_PLACE: Final = """<script>
if (location.pathname + location.search !== "/")
  sessionStorage.setItem("return-to", location.pathname + location.search);
</script>"""
_BACK_TO_PLACE: Final = """<script>
{
  const place = sessionStorage.getItem("return-to");
  sessionStorage.removeItem("return-to");
  if (place && /^[/](?![/\\\\])/.test(place) && place !== location.pathname + location.search)
    location.replace(place);
}
</script>"""


@dataclass(frozen=True, eq=False)
class Reader:
    """The person in front of the page.

    Hold on to this, not to its desk: a button's callback and a fragment run without the rest
    of the page, and the desk is where they meet a sign-out that happened in another tab.
    """

    account: Account
    accounts: Accounts = field(repr=False)
    signed_in: bool
    """False for the local user, who needs no login."""

    @property
    def desk(self) -> Desk:
        """The person's own things; the page begins anew where the sign-in has ended."""
        if self.signed_in != bool(login.providers()) or self._has_ended():
            st.rerun()
        return self.accounts.desk(self.account)

    def _has_ended(self) -> bool:
        if not self.signed_in:
            return False
        who = login.identity(loaders.today())
        return (
            who is None
            or (who.issuer, who.subject) != (self.account.issuer, self.account.subject)
            or self.accounts.sign_ins.has_ended(who.sign_in)
        )


def reader(page: Page) -> Reader:
    """Whose page this is.

    Raises
    ------
    SignInError
        If a sign-in is needed and there is none; `enter` asks for it before any page runs.
    AccountsError
        If the accounts' database cannot be used.
    """
    return reader_of(page.settings)


def reader_of(settings: Settings) -> Reader:
    """The same before a page is open."""
    accounts = Accounts.open(settings.database)
    if not login.providers():
        return Reader(_known(accounts, None), accounts, signed_in=False)
    who = _admitted(settings, accounts)
    if who is None:
        raise SignInError("nobody is signed in; open the dashboard anew and sign in")
    return Reader(_known(accounts, who), accounts, signed_in=True)


def may_edit_map(settings: Settings) -> bool:
    """Whether this person may write the map: the local user, or one of its editors.

    Asked anew at each call: a sign-in that has ended edits nothing.
    """
    if not login.providers():
        return True
    who = _admitted(settings, Accounts.open(settings.database))
    editors = settings.map_editors
    return who is not None and bool(editors) and login.is_allowed(who, editors)


def _admitted(settings: Settings, accounts: Accounts) -> login.Identity | None:
    who = login.identity(loaders.today())
    if who is None or not login.is_allowed(who, settings.allowed_emails):
        return None
    return None if accounts.sign_ins.has_ended(who.sign_in) else who


def _known(accounts: Accounts, who: login.Identity | None) -> Account:
    """The account, looked up once a session; its name and mail address are as told at sign-in."""
    key = (id(accounts), None if who is None else (who.issuer, who.subject))
    known: tuple[object, Account] | None = st.session_state.get(_ACCOUNT)
    if known is not None and known[0] == key:
        return known[1]
    if who is None:
        account = accounts.local()
    else:
        account = accounts.signed_in(who.issuer, who.subject, who.name, who.email)
        if (account.issuer, account.subject) != (who.issuer, who.subject):
            raise SignInError("the identity provider names this person in a way that is not kept")
    st.session_state[_ACCOUNT] = (key, account)
    return account


def enter(settings: Settings, language: Language) -> bool:
    """Whether the page may be shown; asks for a sign-in where one is needed and there is none.

    Raises
    ------
    SignInError
        If the sign-in is set up in a way that cannot be used.
    AccountsError
        If a sign-in is needed and the accounts' database cannot be used.
    """
    providers = login.providers()
    if not providers:
        login.refuse_bent_names()
        return True
    accounts = Accounts.open(settings.database)
    who = login.identity(loaders.today())
    if who is not None and accounts.sign_ins.has_ended(who.sign_in):
        who = None
    if who is None:
        _ask(providers, language)
    elif not login.is_allowed(who, settings.allowed_emails):
        _turn_away(accounts, who, language)
    else:
        _known(accounts, who)
        return True
    return False


def _ask(providers: tuple[str, ...], language: Language) -> None:
    st.title(translate("app.title", language), anchor=False)
    st.write(translate("people.ask", language))
    for provider in providers:
        if provider == login.DEFAULT_PROVIDER:
            text = translate("people.sign_in", language)
        else:
            text = translate("people.sign_in_with", language, provider=as_text(provider))
        if st.button(text, key=f"sign-in:{provider}", icon=":material/login:", type="primary"):
            login.start(provider)
    st.caption(translate("people.why", language))
    if not st.session_state.get(_LEFT):
        st.html(_KEEP_PLACE, unsafe_allow_javascript=True)


def _turn_away(accounts: Accounts, who: login.Identity, language: Language) -> None:
    email = as_text(who.email) if who.email else translate("people.no_email", language)
    st.error(translate("people.not_allowed", language, email=email), icon=":material/block:")
    _sign_out_button(accounts, who, language)


def who_is_here(settings: Settings, language: Language) -> None:
    """In the sidebar: who is signed in, and the way out; nothing for the local user."""
    who = login.identity(loaders.today()) if login.providers() else None
    if who is None:
        return
    accounts = Accounts.open(settings.database)
    account = _known(accounts, who)
    with st.sidebar:
        st.caption(translate("people.signed_in", language, name=as_text(account.name)))
        _sign_out_button(accounts, who, language)
        st.html(_BACK_TO_PLACE, unsafe_allow_javascript=True)
        st.fragment(_leave_once_ended, run_every=_WATCH_SECONDS)(settings)


def _leave_once_ended(settings: Settings) -> None:
    """Nothing personal stays on a screen whose reader has signed out in another tab."""
    if _admitted(settings, Accounts.open(settings.database)) is None:
        st.rerun(scope="app")


def _sign_out_button(accounts: Accounts, who: login.Identity, language: Language) -> None:
    st.button(
        translate("people.sign_out", language),
        key="sign-out",
        icon=":material/logout:",
        help=translate("people.sign_out_help", language),
        on_click=_sign_out,
        args=(accounts, who),
    )


def _sign_out(accounts: Accounts, who: login.Identity) -> None:
    accounts.sign_ins.end(who.sign_in)
    # The next person in this tab is not to be led to where this one was.
    st.session_state[_LEFT] = True
    st.logout()
