"""Articles by their address: checked, fetched and bounded; nothing but what was asked for."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from dashboard.articles.target import Target, Trouble, Unanswered, target_of
from dashboard.articles.wire import Answer, Limits, Line, within
from dashboard.errors import ArticleError
from dashboard.i18n import Text
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

_FORM: Final = Text("請寫成 https://主機/路徑", "write it as https://host/path")
_BY_HAND: Final = Text("請另存網頁後改給檔案", "save the page and give the file")
_NO_PAGE: Final = Text("沒有這個網頁", "there is no such page")
_FAILS: Final = Text("網站發生錯誤", "it fails")
_STATUSES: Final[Mapping[int, Text]] = {
    401: Text("要登入才能看", "it wants a sign-in"),
    403: Text("網站不讓程式或外人讀取", "it turns programs or strangers away"),
    404: _NO_PAGE,
    410: Text("網頁已移除", "the page is gone"),
    429: Text("網站要求稍後再試", "it asks to be asked later"),
    451: Text("網頁依法不予公開", "the page is withheld by law"),
}
_SENTENCES: Final[Mapping[Trouble, Text]] = {
    Trouble.NO_HOST: Text(
        "找不到這個主機；請檢查網址與網路",
        "the host's name leads nowhere; check the address and the network",
    ),
    Trouble.PRIVATE: Text(
        "它不在公開的網際網路上，這裡不讀取"
        f"（設定 {ARTICLE_PRIVATE_VARIABLE}=1 可允許本機與內部網路的位址）",
        "it is not on the open internet, and nothing else is asked here "
        f"({ARTICLE_PRIVATE_VARIABLE}=1 allows addresses of this machine and its networks)",
    ),
    Trouble.PORT: Text(
        "只讀取連接埠 80 與 443，不讀取 {detail}"
        f"（設定 {ARTICLE_PRIVATE_VARIABLE}=1 可允許其他連接埠）",
        "port {detail} is not asked, only 80 and 443 "
        f"({ARTICLE_PRIVATE_VARIABLE}=1 allows others)",
    ),
    Trouble.UNREACHABLE: Text(
        "連不上這個主機；請檢查網址與網路",
        "the host cannot be reached; check the address and the network",
    ),
    Trouble.CERTIFICATE: Text(
        f"主機的憑證不被接受；{_BY_HAND.zh}",
        f"the host's certificate is refused ({{detail}}); {_BY_HAND.en}",
    ),
    Trouble.DEADLINE: Text(
        f"沒有在時限內完整回覆；請稍後再試，或{_BY_HAND.zh.removeprefix('請')}",
        f"no whole answer in time; try again later, or {_BY_HAND.en}",
    ),
    Trouble.TOO_LARGE: Text(
        "網頁太大；請只存下文章本身，再改給檔案",
        "the page is too large; save the article alone and give the file",
    ),
    Trouble.CUT: Text(
        f"回覆不完整或已損壞；請稍後再試，或{_BY_HAND.zh.removeprefix('請')}",
        f"the answer is cut short or damaged; try again later, or {_BY_HAND.en}",
    ),
    Trouble.PACKING: Text(
        f"網頁的壓縮方式不是所要求的；{_BY_HAND.zh}",
        f"the page is packed in a way that was not asked for; {_BY_HAND.en}",
    ),
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
    ArticleError
        One sentence, for whatever reason there is no article.
    """
    try:
        target = target_of(url)
    except Unanswered as error:
        zh, en = error.detail
        raise ArticleError(
            "", Text(f"網址{zh}；{_FORM.zh}", f"the address {en}; {_FORM.en}")
        ) from None
    try:
        return within(limits, lambda line: _followed(line, target, allow_private=allow_private))
    except Unanswered as error:
        raise _said(target, *_sentence(error)) from None


def _said(target: Target, zh: str, en: str) -> ArticleError:
    """Names the scheme and host only: what follows them may be a secret."""
    return ArticleError(f"{target.scheme}://{target.authority}", Text(zh, en))


def _sentence(error: Unanswered) -> tuple[str, str]:
    told, detail = _SENTENCES[error.trouble], error.detail
    return told.zh.format(detail=detail.zh), told.en.format(detail=detail.en)


def _followed(line: Line, target: Target, *, allow_private: bool) -> Fetched:
    first = target
    for _ in range(MAX_REDIRECTS + 1):
        try:
            answer = line.ask(target, allow_private=allow_private, headers=_HEADERS)
            if answer.status not in _REDIRECTS:
                return _fetched(answer, target)
        except Unanswered as error:
            raise _said(target, *_sentence(error)) from None
        target = _next(answer, target)
    raise _said(
        first,
        f"它轉址超過 {MAX_REDIRECTS} 次；{_BY_HAND.zh}",
        f"it redirects more than {MAX_REDIRECTS} times; {_BY_HAND.en}",
    )


def _next(answer: Answer, target: Target) -> Target:
    """Where a redirect leads; that is checked as a given address is."""
    location = answer.location()
    if not location:
        raise _said(
            target,
            f"它轉址但沒說轉到哪裡；{_BY_HAND.zh}",
            f"it redirects to nowhere; {_BY_HAND.en}",
        )
    try:
        following = target_of(urljoin(target.url, location))
    except Unanswered as error:
        zh, en = error.detail
        raise _redirected(target, f"的網址{zh}", f"to an address that {en}") from None
    except ValueError:
        raise _redirected(target, "的不是網址", "to an address that is no address") from None
    if (target.scheme, following.scheme) == ("https", "http"):
        raise _redirected(target, "的是 http 而不是 https", "from https to http")
    return following


def _redirected(target: Target, zh: str, en: str) -> ArticleError:
    return _said(target, f"它轉往{zh}；{_BY_HAND.zh}", f"it redirects {en}; {_BY_HAND.en}")


def _fetched(answer: Answer, target: Target) -> Fetched:
    _check_status(answer.status, target)
    told = answer.header("Content-Type")
    kind = told.partition(";")[0].strip().lower()
    if kind not in _TYPES | _UNTYPED:
        raise _no_article(target, Text(f"「{kind[:40]}」", repr(kind[:40])))
    content = answer.body()
    seen = _looks_like(content) if kind in _UNTYPED else told
    if seen is None:
        raise _no_article(target, Text("無法辨認的資料", "data of no known kind"))
    return Fetched(content, seen, target.url)


def _check_status(status: int, target: Target) -> None:
    if status == 200:
        return
    zh, en = _STATUSES.get(status, _NO_PAGE if status < 500 else _FAILS)
    raise _said(
        target,
        f"{zh}（狀態 {status}）；{_BY_HAND.zh}",
        f"{en} (status {status}); {_BY_HAND.en}",
    )


def _no_article(target: Target, what: Text) -> ArticleError:
    return _said(
        target,
        f"它給的是{what.zh}；文章應是 HTML、文字、Markdown 或 PDF",
        f"it gives {what.en}; an article is HTML, text, Markdown or PDF",
    )


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
