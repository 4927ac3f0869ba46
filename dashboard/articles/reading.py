"""An article from a file, an address or standard input, as its lines and what it is.

Text and Markdown are read here, their lines as they are; HTML and PDF in `isolated`.
"""

from __future__ import annotations

import hashlib
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from dashboard.articles.digest import digest_runs
from dashboard.articles.front_matter import front_matter_of
from dashboard.articles.giving import with_given
from dashboard.articles.isolated import FAULTS, MAX_LINE, Extracted, Form, Refused, extract
from dashboard.articles.metadata import Metadata, metadata_of
from dashboard.articles.models import Article
from dashboard.articles.text import cleaned, decoded, lines_of, looks_like
from dashboard.errors import ArticleError
from dashboard.i18n import Text
from dashboard.supply_chain.models import DateBasis

MAX_BYTES: Final = 20 * 2**20
MAX_LINES: Final = 200_000
STDIN: Final = "-"

_ACCEPTED: Final = Text("請給文字、Markdown、HTML 或 PDF", "give text, Markdown, HTML or PDF")
_HTML_SUFFIXES: Final = frozenset((".html", ".htm", ".xhtml", ".shtml"))
_TEXT_SUFFIXES: Final = frozenset((".txt", ".md", ".markdown", ".text"))
_PAGE_START: Final = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
_MARKUP_START: Final = re.compile(
    r"\s*<(?:head|body|main|article|section|div|p|table|h[1-6]|ul|ol|title|meta|script|style)\b[^<]*>",
    re.I,
)
_TAG: Final = re.compile(r"<(?:/?[a-z][a-z0-9]*\b|!doctype)", re.I)
_PREFIX: Final = 4096
_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_HEADER_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_WEB: Final = re.compile(r"https?://", re.I)


@dataclass(frozen=True)
class Given:
    """What a person told of an article; it goes before what is found in it.

    `date` as exactly as it is known: 2025, 2025-08 or 2025-11-25.
    """

    title: str = ""
    publisher: str = ""
    date: str | None = None


def read_source(source: str, *, given: Given = Given(), allow_private: bool = False) -> Article:
    """An article from a file, an http or https address, or `-` for standard input.

    Parameters
    ----------
    allow_private : bool
        Whether an address may be one of this machine or its network.

    Raises
    ------
    ArticleError
        If it cannot be fetched or read.
    """
    if source == STDIN:
        return read_article(_limited(sys.stdin.buffer.read(MAX_BYTES + 1), "stdin"), given=given)
    if _WEB.match(source):
        from dashboard.articles.web import fetch

        fetched = fetch(source, allow_private=allow_private)
        return read_article(
            fetched.content,
            file=_file_of(fetched.url),
            content_type=fetched.content_type,
            url=fetched.url,
            given=given,
        )
    content = _file_content(source)
    return read_article(content, file=Path(source).name, given=given)


def read_article(
    content: bytes,
    *,
    file: str = "",
    content_type: str | None = None,
    url: str | None = None,
    given: Given = Given(),
) -> Article:
    """An article from its bytes.

    Parameters
    ----------
    file, content_type, url : str
        The name, the server's `Content-Type` and the address it came with, as far as known;
        the name and the type only help to tell what it is.

    Raises
    ------
    ArticleError
        If the bytes are none of the accepted forms, hold no text, or cannot be read.
    """
    where = file or url or ""
    _limited(content, where)
    if not content.strip(b"\x00 \t\r\n"):
        raise _error(where, "檔案是空的", "it is empty")
    if b"%PDF-" in content[:1024]:
        form: Form | None = "pdf"
        made = _extracted("pdf", content, where)
    else:
        text = _text(content, content_type, where)
        form = "html" if _is_page(text, file, content_type) else None
        made = _extracted("html", text.encode(), where) if form else _as_it_is(text, where)
    if any(len(line) > MAX_LINE for line in made.lines):
        raise ArticleError(where, FAULTS["line"])
    return _article(made, form, content, file, url, given)


def _limited(content: bytes, where: str) -> bytes:
    if len(content) > MAX_BYTES:
        raise _too_large(where)
    return content


def _too_large(where: str) -> ArticleError:
    size = f"{MAX_BYTES // 2**20} MiB"
    return _error(
        where, f"超過 {size}；請只給文章本身", f"it is larger than {size}; give only the article"
    )


def _error(where: str, zh: str, en: str) -> ArticleError:
    return ArticleError(where, Text(zh, en))


def _text(content: bytes, content_type: str | None, where: str) -> str:
    seems = looks_like(content)
    if seems is not None:
        zh, en = f"看起來是{seems.zh}；{_ACCEPTED.zh}", f"it looks like {seems.en}; {_ACCEPTED.en}"
        raise _error(where, zh, en)
    stated = _HEADER_CHARSET.search(content_type or "")
    meta = _META_CHARSET.search(content[:_PREFIX])
    declared = stated[1] if stated else meta[1].decode("ascii", "ignore") if meta else None
    text = decoded(content, declared)
    if text is None:
        raise _error(
            where,
            f"不是文字，或編碼無法辨認；{_ACCEPTED.zh}，文字請存成 UTF-8",
            f"it is no text, or of an unknown encoding; {_ACCEPTED.en}, text saved as UTF-8",
        )
    return cleaned(text)


def _is_page(text: str, file: str, content_type: str | None) -> bool:
    """Whether a text is HTML: by how it begins, then by its name and type if it has tags at all."""
    if _PAGE_START.match(text[:_PREFIX]):
        return True
    suffix = PurePosixPath(file).suffix.lower()
    stated = (content_type or "").split(";")[0].strip().lower()
    if suffix in _HTML_SUFFIXES or stated in ("text/html", "application/xhtml+xml"):
        return _TAG.search(text) is not None
    if suffix in _TEXT_SUFFIXES or stated.startswith("text/"):
        return False
    return _MARKUP_START.match(text[:_PREFIX]) is not None


def _extracted(form: Form, content: bytes, where: str) -> Extracted:
    try:
        made = extract(form, content)
    except Refused as refused:
        raise ArticleError(where, FAULTS[refused.fault]) from None
    if not made.lines:
        raise _error(where, "裡面沒有文字", "it has no text")
    return made


def _as_it_is(text: str, where: str) -> Extracted:
    if text.count("\n") > MAX_LINES:
        limit = f"{MAX_LINES:,}"
        zh, en = (
            f"超過 {limit} 行，不像一篇文章；請只給文章本身",
            f"it has more than {limit} lines; give only the article",
        )
        raise _error(where, zh, en)
    lines = lines_of(text)
    if not any(line.strip() for line in lines):
        raise _error(where, "裡面沒有文字", "it has no text")
    return Extracted(lines, len(lines))


def _article(
    made: Extracted, form: Form | None, content: bytes, file: str, url: str | None, given: Given
) -> Article:
    own = made.lines[: made.article]
    header = front_matter_of(own) if form is None else None
    runs = digest_runs(own, header)
    digest = _with_rest(runs, made.article, len(made.lines))
    found = metadata_of(own, front_matter=header, digest=runs)
    date, basis = _date(made, found)
    article = Article(
        lines=made.lines,
        digest=digest,
        front_matter=header.lines if header else None,
        title=made.title or found.title,
        publisher=made.publisher or found.publisher,
        date=date,
        date_basis=basis,
        url=url or made.url or found.url,
        file=file or (_file_of(url) if url else ""),
        sha256=hashlib.sha256(content).hexdigest(),
        extracted=form is not None,
    )
    told = {"title": given.title, "publisher": given.publisher, "date": given.date or ""}
    return with_given(article, {name: one for name, one in told.items() if one})


def _with_rest(
    runs: tuple[tuple[int, int], ...], article: int, count: int
) -> tuple[tuple[int, int], ...]:
    """The runs within the article and the one of all that stands below it."""
    if article == count:
        return runs
    if runs and runs[-1][1] == article:
        return (*runs[:-1], (runs[-1][0], count))
    return (*runs, (article + 1, count))


def _date(made: Extracted, found: Metadata) -> tuple[str | None, DateBasis]:
    if made.stated:
        return made.stated, DateBasis.STATED
    if found.date:
        return found.date, found.date_basis
    return (made.inferred, DateBasis.INFERRED) if made.inferred else (None, DateBasis.UNKNOWN)


def _file_of(url: str) -> str:
    """A name for what an address gives: the last part of its path, or its host."""
    try:
        parts = urlsplit(url)
        name = PurePosixPath(unquote(parts.path)).name or parts.hostname or ""
    except ValueError:
        return ""
    return "".join(one for one in name if one.isprintable())[:200]


def _file_content(source: str) -> bytes:
    path = Path(source)
    try:
        # Before it is opened: opening a pipe that nobody writes to would never return.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _no_file(source, directory=stat.S_ISDIR(status.st_mode))
        if status.st_size > MAX_BYTES:
            raise _too_large(path.name)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _missing(source) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "not a path"
        raise _error(
            source,
            f"檔案無法讀取（{reason}）；請檢查路徑與權限",
            f"the file cannot be read ({reason}); check the path and its permissions",
        ) from None


def _missing(source: str) -> ArticleError:
    if _SCHEME.match(source):
        return _error(
            source,
            "只能讀 http 與 https 的網址；請改給檔案",
            "only http and https addresses are read; give a file instead",
        )
    return _error(
        source,
        "沒有這個檔案；請檢查路徑",
        "there is no such file; check the path",
    )


def _no_file(source: str, *, directory: bool) -> ArticleError:
    if directory:
        return _error(source, "這是資料夾；請給裡面的檔案", "it is a directory; name a file in it")
    return _error(
        source,
        "這不是一般的檔案；請給文章的檔案",
        "it is no ordinary file; name the article's file",
    )
