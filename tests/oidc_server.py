"""An identity provider on this machine: OpenID Connect's code flow, whole, with signed tokens.

Discovery, authorization with PKCE (S256 is demanded), single-use codes, the token endpoint with
the client's secret, RS256 tokens, JWKS, user info and end of session. It can be told to send a
token that no client may accept. By hand:

    .venv/bin/python -m tests.oidc_server --port 8780 --dashboard http://127.0.0.1:8501
"""

from __future__ import annotations

import argparse
import base64
import enum
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

HOST = "127.0.0.1"
CLIENT_ID = "dashboard"
CLIENT_SECRET = "of the client, for tests"
LIFETIME = 3600


class Fault(enum.Enum):
    """What is wrong with the next tokens."""

    NONE = "nothing"
    OTHER_KEY = "signed with a key that is not published"
    UNSIGNED = "alg none"
    SYMMETRIC = "signed with the published key as if it were a password"
    AUDIENCE = "for another client, and this one named as authorized party"
    ISSUER = "from another issuer"
    EXPIRED = "expired yesterday"
    NONCE = "the answer to another request"
    SUBJECTLESS = "about nobody"
    MISSING = "no identity token at all"


@dataclass(frozen=True)
class Person:
    """Someone this provider knows."""

    subject: str
    name: str
    email: str
    verified: bool = True


@dataclass
class _Code:
    person: Person
    redirect_uri: str
    nonce: str
    challenge: str


@dataclass
class Provider:
    """The state of the provider: whom it knows, what it has given out, how it misbehaves."""

    redirect_uri: str
    people: Mapping[str, Person]
    fault: Fault = Fault.NONE
    age: int = 0
    """Seconds by which the next tokens are older than they would be."""
    issuer: str = ""
    codes: dict[str, _Code] = field(default_factory=dict)
    access: dict[str, Person] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    """Identity tokens that came with a request to end the session."""
    refused: list[str] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    other: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))

    def discovery(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "scopes_supported": ["openid", "email", "profile"],
        }

    def code_for(self, asked: Mapping[str, str], person: Person) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = _Code(
            person, asked["redirect_uri"], asked["nonce"], asked["code_challenge"]
        )
        return code

    def tokens(self, code: _Code) -> dict[str, object]:
        access = secrets.token_urlsafe(24)
        self.access[access] = code.person
        answer: dict[str, object] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": LIFETIME,
        }
        if self.fault is not Fault.MISSING:
            answer["id_token"] = self._signed(self._claims(code, access))
        return answer

    def _claims(self, code: _Code, access: str) -> dict[str, object]:
        now = int(time.time()) - self.age
        claims: dict[str, object] = {
            "iss": self.issuer,
            "sub": code.person.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": int(time.time()) + LIFETIME,
            "nonce": code.nonce,
            "at_hash": _base64(hashlib.sha256(access.encode()).digest()[:16]),
            "name": code.person.name,
            "email": code.person.email,
            "email_verified": code.person.verified,
        }
        wrong: dict[Fault, dict[str, object]] = {
            Fault.AUDIENCE: {"aud": ["another"], "azp": CLIENT_ID},
            Fault.ISSUER: {"iss": "http://127.0.0.1:9"},
            Fault.EXPIRED: {"iat": now - 90_000, "exp": now - 86_400},
            Fault.NONCE: {"nonce": "of another request"},
        }
        claims |= wrong.get(self.fault, {})
        if self.fault is Fault.SUBJECTLESS:
            del claims["sub"]
        return claims

    def _signed(self, claims: Mapping[str, object]) -> str:
        if self.fault is Fault.UNSIGNED:
            return f"{_json64({'alg': 'none', 'typ': 'JWT'})}.{_json64(claims)}."
        if self.fault is Fault.SYMMETRIC:
            import hmac

            body = f"{_json64({'alg': 'HS256', 'typ': 'JWT', 'kid': 'one'})}.{_json64(claims)}"
            password = self.key.as_pem(private=False)
            return f"{body}.{_base64(hmac.digest(password, body.encode(), 'sha256'))}"
        key = self.other if self.fault is Fault.OTHER_KEY else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, dict(claims), key)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _json64(value: Mapping[str, object]) -> str:
    return _base64(json.dumps(value).encode())


class _Refused(Exception):
    """The request is not one that a provider may answer."""


class _Handler(BaseHTTPRequestHandler):
    provider: ClassVar[Provider]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        routes = {
            "/.well-known/openid-configuration": lambda: self._json(self.provider.discovery()),
            "/jwks": lambda: self._json({"keys": [self.provider.key.as_dict(private=False)]}),
            "/authorize": lambda: self._authorize(query),
            "/userinfo": self._user_info,
            "/end": lambda: self._end(query),
        }
        self._answer(routes.get(parts.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = dict(parse_qsl(body))
        self._answer({"/token": lambda: self._token(form)}.get(urlsplit(self.path).path))

    def _answer(self, route: Any) -> None:
        try:
            if route is None:
                raise _Refused(f"no such endpoint: {self.path}")
            route()
        except _Refused as error:
            self.provider.refused.append(str(error))
            self._json({"error": "invalid_request", "error_description": str(error)}, 400)

    def _authorize(self, asked: dict[str, str]) -> None:
        _demand(asked.get("response_type") == "code", "response_type is not code")
        _demand(asked.get("client_id") == CLIENT_ID, "unknown client")
        _demand(asked.get("redirect_uri") == self.provider.redirect_uri, "unknown redirect_uri")
        _demand("openid" in asked.get("scope", "").split(), "no openid in the scope")
        _demand(bool(asked.get("state")) and bool(asked.get("nonce")), "no state or no nonce")
        _demand(asked.get("code_challenge_method") == "S256", "no PKCE with S256")
        _demand(bool(asked.get("code_challenge")), "no code_challenge")
        person = self.provider.people.get(asked.get("as", ""))
        if person is not None:
            answer = {"code": self.provider.code_for(asked, person), "state": asked["state"]}
            self._redirect(f"{self.provider.redirect_uri}?{urlencode(answer)}")
            return
        links = "".join(
            f'<p><a href="/authorize?{html.escape(urlencode({**asked, "as": key}))}">'
            f"{html.escape(key)}</a></p>"
            for key in self.provider.people
        )
        self._send(f"<!doctype html><title>Who are you?</title>{links}".encode(), "text/html")

    def _token(self, form: Mapping[str, str]) -> None:
        kind, _, credentials = self.headers.get("Authorization", "").partition(" ")
        _demand(kind == "Basic", "the client does not say who it is")
        given = base64.b64decode(credentials).decode()
        _demand(given == f"{CLIENT_ID}:{CLIENT_SECRET}", "wrong client secret")
        _demand(form.get("grant_type") == "authorization_code", "unknown grant")
        code = self.provider.codes.pop(form.get("code", ""), None)
        if code is None:
            raise _Refused("no such code, or used before")
        _demand(form.get("redirect_uri") == code.redirect_uri, "another redirect_uri")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        _demand(_base64(digest) == code.challenge, "wrong code_verifier")
        self._json(self.provider.tokens(code))

    def _user_info(self) -> None:
        person = self.provider.access.get(self.headers.get("Authorization", "")[7:])
        if person is None:
            raise _Refused("no such access token")
        self._json({"sub": person.subject, "name": person.name, "email": person.email})

    def _end(self, query: Mapping[str, str]) -> None:
        back = query.get("post_logout_redirect_uri", "")
        _demand(back == self.provider.redirect_uri, "unknown post_logout_redirect_uri")
        self.provider.ended.append(query.get("id_token_hint", ""))
        self._redirect(back)

    def _json(self, value: object, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _redirect(self, to: str) -> None:
        self._send(b"", "text/plain", 302, to)

    def _send(self, body: bytes, kind: str, status: int = 200, to: str = "") -> None:
        self.send_response(status)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _Refused(otherwise)


@contextmanager
def identity_provider(provider: Provider, port: int = 0) -> Iterator[Provider]:
    """The provider on a port of this machine until the block ends; its `issuer` is filled in."""
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer((HOST, port), handler)
    provider.issuer = f"http://{HOST}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def secrets_toml(provider: Provider, cookie_secret: str) -> str:
    """What a dashboard that trusts this provider has in `.streamlit/secrets.toml`."""
    return f"""[auth]
redirect_uri = "{provider.redirect_uri}"
cookie_secret = "{cookie_secret}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"
"""


def main() -> None:
    """Run until interrupted, and print the secrets that belong to it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8780)
    parser.add_argument("--dashboard", default="http://127.0.0.1:8501")
    asked = parser.parse_args()
    people = {
        key: Person(f"subject-{key}", key.capitalize(), f"{key}@example.org")
        for key in ("amy", "ben")
    }
    provider = Provider(f"{asked.dashboard}/oauth2callback", people)
    with identity_provider(provider, asked.port):
        print(secrets_toml(provider, secrets.token_urlsafe(48)))  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
