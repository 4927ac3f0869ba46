"""Who sits in front of the browser, where an identity provider (OpenID Connect) is set up.

Streamlit and Authlib do the protocol: state, nonce, PKCE, the token's signature, issuer and
expiry, and a signed cookie that a new session reads once. What they leave open is done here:
a set-up that cannot be read shuts the door, the token must be meant for this client, a sign-in
ends after thirty days in a tab that stays open too, and signing out ends it everywhere, though
the cookie itself would stay good.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitAuthError, StreamlitSecretNotFoundError

from dashboard.errors import SignInError

SECTION: Final = "auth"
DEFAULT_PROVIDER: Final = "default"
LONGEST: Final = dt.timedelta(days=30)
"""How long a sign-in lasts at most; the cookie's own age."""
SECRET_LENGTH: Final = 32
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
_SHARED: Final = ("redirect_uri", "cookie_secret")
_OWN: Final = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True)
class Identity:
    """What the provider vouches for; `email` only where it says that it is verified."""

    issuer: str
    subject: str
    name: str
    email: str | None
    sign_in: str
    """Names this one sign-in, for ending it; no secret can be got from it."""


def providers() -> tuple[str, ...]:
    """The identity providers set up in Streamlit's secrets; none means one local user.

    Raises
    ------
    SignInError
        If the set-up cannot be used: it must never fall back to letting everyone in.
    """
    section = _section()
    if section is None:
        return ()
    own = tuple(name for name, value in section.items() if _is_provider(name, value))
    found = (DEFAULT_PROVIDER, *own) if "client_id" in section else own
    for key in _SHARED:
        _demand(section, key, "[auth]")
    if len(section["cookie_secret"]) < SECRET_LENGTH:
        raise SignInError(
            f"[auth] of the secrets: cookie_secret is shorter than {SECRET_LENGTH} characters, and "
            "who guesses it is anyone; make one with: "
            'python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    if not section["redirect_uri"].endswith("/oauth2callback"):
        raise SignInError(
            "[auth] of the secrets: redirect_uri must be this dashboard's address and end in "
            "/oauth2callback"
        )
    if not found:
        raise SignInError(
            f"[auth] of the secrets names no identity provider; give {', '.join(_OWN)}"
        )
    for name in found:
        where = "[auth]" if name == DEFAULT_PROVIDER else f"[auth.{name}]"
        for key in _OWN:
            _demand(_own_section(section, name), key, where)
    return found


def _section() -> Mapping[str, Any] | None:
    try:
        section = st.secrets.get(SECTION)
    except StreamlitSecretNotFoundError as error:
        files = [Path(one) for one in config.get_option("secrets.files")]
        broken = next((one for one in files if one.exists()), None)
        if broken is None:
            return None
        raise SignInError(
            f"{broken.name} of Streamlit cannot be read, so nobody is let in; mend its TOML "
            "or take the file away"
        ) from error
    except OSError as error:
        raise SignInError(
            f"the secrets of Streamlit cannot be read ({error.strerror}), so nobody is let in"
        ) from error
    if section is None or isinstance(section, Mapping):
        return section
    raise SignInError("auth in the secrets is no section; write [auth] in a line of its own")


def _is_provider(name: str, value: object) -> bool:
    return isinstance(value, Mapping) and name != "client_kwargs"


def _own_section(section: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    own: Mapping[str, Any] = section.get(name, {}) if name != DEFAULT_PROVIDER else section
    return own


def _demand(section: Mapping[str, Any], key: str, where: str) -> None:
    if not isinstance(section.get(key), str) or not section[key].strip():
        raise SignInError(f"{where} of the secrets has no {key}; docs/people.md shows an example")


def identity(now: dt.datetime) -> Identity | None:
    """Whom this session's cookie stands for; None where it is for nobody, or no longer.

    Parameters
    ----------
    now : with a time zone
    """
    claims: Mapping[str, Any] = st.user.to_dict()
    section = _section()
    if section is None or claims.get("is_logged_in") is not True:
        return None
    issuer, subject, issued = (claims.get(one) for one in ("iss", "sub", "iat"))
    if not (isinstance(issuer, str) and issuer and isinstance(subject, str) and subject):
        return None
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        return None
    # Not `exp`: it says until when a token may be shown at the door, an hour with most providers.
    if now.timestamp() - issued > LONGEST.total_seconds() or not _meant_for_us(claims, section):
        return None
    return Identity(
        issuer,
        subject,
        str(claims.get("name") or ""),
        _verified_email(claims),
        name_of_sign_in(claims),
    )


def _meant_for_us(claims: Mapping[str, Any], section: Mapping[str, Any]) -> bool:
    """Whether the token's audience has this client; Authlib is content with its `azp`."""
    own = _own_section(section, str(claims.get("provider")))
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    return own.get("client_id") in audiences


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    verified = claims.get("email_verified") in (True, "true")
    return email if verified and isinstance(email, str) else None


def name_of_sign_in(claims: Mapping[str, Any]) -> str:
    """The same for one sign-in in all tabs, and unlike that of any other."""
    parts = [claims.get(one) for one in ("iss", "sub", "iat", "nonce")]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def refuse_bent_names() -> None:
    """Keep out a site whose name leads to this machine: without a sign-in it would be the reader.

    A browser lets a page of `evil.example` speak with whatever that name is made to mean, also
    with this very machine. Where the server listens to this machine only, its names are known.

    Raises
    ------
    SignInError
        If the address bar has another name, and `server.allowedHosts` does not say that it may.
    """
    host = urlsplit(f"//{st.context.headers.get('Host') or ''}").hostname
    listens = config.get_option("server.address")
    if host is None or listens not in _THIS_MACHINE or host in _THIS_MACHINE:
        return
    if not config.get_option("server.allowedHosts"):
        raise SignInError(
            "this dashboard has no sign-in and answers to this machine's own names only, not to "
            f"{host[:100]}; behind a proxy name it with STREAMLIT_SERVER_ALLOWED_HOSTS"
        )


def start(provider: str) -> None:
    """Send the browser to a provider."""
    try:
        st.login(None if provider == DEFAULT_PROVIDER else provider)
    except StreamlitAuthError as error:
        raise SignInError(f"[auth] of the secrets: {error}") from error


def is_allowed(one: Identity, allowed: tuple[str, ...]) -> bool:
    """Whether a person may come in.

    Parameters
    ----------
    allowed : mail addresses, and domains as `@example.org`; empty lets everyone in whom a
        provider vouches for
    """
    if not allowed:
        return True
    email = (one.email or "").lower()
    return bool(email) and (email in allowed or f"@{email.rpartition('@')[2]}" in allowed)
