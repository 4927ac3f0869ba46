"""Articles by their address: checked, fetched and bounded; nothing but what was asked for."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from dashboard.articles.target import Target, Trouble, Unanswered, target_of
from dashboard.articles.wire import Answer, Limits, Line, within
from dashboard.errors import InputError
from dashboard.settings import ARTICLE_PRIVATE_VARIABLE

LIMITS: Final = Limits(connect=5.0, silence=10.0, total=30.0, size=20 * 2**20)
MAX_REDIRECTS: Final = 5

_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_HTML: Final = "text/html"
_TEXT: Final = "text/plain"
_PDF: Final = "application/pdf"
_TYPES: Final = frozenset(
    (
        *(_HTML, "application/xhtml+xml", _TEXT, "text/markdown", "text/x-markdown"),
        *(_PDF, "application/x-pdf"),
    )
)
_UNTYPED: Final = frozenset(("", "application/octet-stream", "binary/octet-stream"))
_HEADERS: Final = {
    "Accept": "text/html,application/xhtml+xml,application/pdf,text/markdown,text/plain",
    "Accept-Language": "zh-TW,zh;q=0.9,en;q=0.5",
}
_TAG: Final = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LOOKED_AT: Final = 4096
"""Bytes of what came without a type."""

_BY_HAND: Final = "save the page and give the file"
_STATUSES: Final = {
    401: "it wants a sign-in",
    403: "it turns programs or strangers away",
    404: "there is no such page",
    410: "the page is gone",
    429: "it asks to be asked later",
    451: "the page is withheld by law",
}
_SENTENCES: Final = {
    Trouble.NO_HOST: "the host's name leads nowhere; check the address and the network",
    Trouble.PRIVATE: "it leads to this machine or a private network, which is not allowed here "
    f"({ARTICLE_PRIVATE_VARIABLE}=1 allows it)",
    Trouble.PORT: "port {detail} is not asked, only 80 and 443 "
    f"({ARTICLE_PRIVATE_VARIABLE}=1 allows others)",
    Trouble.UNREACHABLE: "the host cannot be reached; check the address and the network",
    Trouble.CERTIFICATE: f"the host's certificate is refused ({{detail}}); {_BY_HAND}",
    Trouble.DEADLINE: f"no whole answer in time; try again later, or {_BY_HAND}",
    Trouble.TOO_LARGE: "the page is too large; save the article alone and give the file",
    Trouble.CUT: f"the answer is cut short or damaged; try again later, or {_BY_HAND}",
    Trouble.PACKING: f"the page is packed in a way that was not asked for; {_BY_HAND}",
}
"""`detail` is ours, or the TLS library's own words."""


@dataclass(frozen=True)
class Fetched:
    """What an address gave.

    Attributes
    ----------
    content : bytes, unpacked
    content_type : as the server says it, its charset included; what the content looks like
        where the server says nothing or `application/octet-stream`
    url : the last address after redirects, without a fragment
    """

    content: bytes
    content_type: str | None
    url: str


def fetch(url: str, *, allow_private: bool = False, limits: Limits = LIMITS) -> Fetched:
    """Fetch an article.

    Every address of the host's must be of the open internet, and ports are 80 or 443; each
    redirect, at most `MAX_REDIRECTS`, is checked anew and never leaves https for http.

    Parameters
    ----------
    allow_private : bool
        Lets this machine, private networks and all ports be asked.
    limits : Limits
        Its total counts from the look-up of the first host to the last byte.

    Raises
    ------
    InputError
        One sentence, for whatever reason there is no article.
    """
    try:
        target = target_of(url)
    except Unanswered as error:
        raise InputError(f"the address {error.detail}; write it as https://host/path") from None
    try:
        return within(limits, lambda line: _followed(line, target, allow_private=allow_private))
    except Unanswered as error:
        raise _said(target, _sentence(error)) from None


def _said(target: Target, what: str) -> InputError:
    """Names the scheme and host only: what follows them may be a secret."""
    return InputError(f"{target.scheme}://{target.authority}: {what}")


def _sentence(error: Unanswered) -> str:
    return _SENTENCES[error.trouble].format(detail=error.detail)


def _followed(line: Line, target: Target, *, allow_private: bool) -> Fetched:
    first = target
    for _ in range(MAX_REDIRECTS + 1):
        try:
            answer = line.ask(target, allow_private=allow_private, headers=_HEADERS)
            if answer.status not in _REDIRECTS:
                return _fetched(answer, target)
        except Unanswered as error:
            raise _said(target, _sentence(error)) from None
        target = _next(answer, target)
    raise _said(first, f"it redirects more than {MAX_REDIRECTS} times; {_BY_HAND}")


def _next(answer: Answer, target: Target) -> Target:
    """Where a redirect leads; that is checked as a given address is."""
    location = answer.location()
    if not location:
        raise _said(target, f"it redirects to nowhere; {_BY_HAND}")
    try:
        following = target_of(urljoin(target.url, location))
    except Unanswered as error:
        raise _said(target, f"it redirects to an address that {error.detail}") from None
    except ValueError:
        raise _said(target, "it redirects to an address that is no address") from None
    if (target.scheme, following.scheme) == ("https", "http"):
        raise _said(target, f"it redirects from https to http; {_BY_HAND}")
    return following


def _fetched(answer: Answer, target: Target) -> Fetched:
    _check_status(answer.status, target)
    told = answer.header("Content-Type")
    kind = told.partition(";")[0].strip().lower()
    if kind not in _TYPES | _UNTYPED:
        raise _no_article(target, repr(kind[:40]))
    content = answer.body()
    seen = _looks_like(content) if kind in _UNTYPED else told
    if seen is None:
        raise _no_article(target, "data of no known kind")
    return Fetched(content, seen, target.url)


def _check_status(status: int, target: Target) -> None:
    if status == 200:
        return
    reason = _STATUSES.get(status, "there is no such page" if status < 500 else "it fails")
    raise _said(target, f"{reason} (status {status}); {_BY_HAND}")


def _no_article(target: Target, what: str) -> InputError:
    return _said(target, f"it gives {what}; an article is HTML, text, Markdown or PDF")


def _looks_like(content: bytes) -> str | None:
    """The type of what came without one."""
    start = content[:_LOOKED_AT]
    if b"%PDF-" in start[:1024]:
        return _PDF
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _TEXT
    if _CONTROL.search(start):
        return None
    return _HTML if _TAG.search(start) else _TEXT
