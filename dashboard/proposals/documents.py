"""An article as a document of the map: its id, what is kept of it, runs of its lines."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence
from itertools import count
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from dashboard.articles.models import Article
from dashboard.errors import ProposalError
from dashboard.i18n import Text
from dashboard.proposals.claims import clean
from dashboard.proposals.models import ProposedDocument
from dashboard.supply_chain.models import DateBasis, Document, SupplyChain

NOT_STATED: Final = Text("未註明", "not stated")
_GIVEN: Final = Text(
    "日期由人填寫，不是從內文讀到的。", "The date was given by hand, not read in the text."
)
_INFERRED: Final = Text("日期由內文推定。", "The date is inferred from the text.")
_LONGEST: Final = 200
"""Characters of a title: what is longer is no title."""
_LONGEST_SLUG: Final = 60
_TELLING: Final = 8
"""Characters from which the Latin words of a title name an article well enough."""
_WORDS: Final = re.compile(r"[a-z0-9]+")
_NO_LINK: Final = re.compile(r"[\s<>()\[\]\\]")
_LAST_LINE: Final = 999_999
"""No evidence can cite a line beyond it (`models.LineRanges`)."""


def document_of(article: Article, chain: SupplyChain) -> ProposedDocument:
    """What the map would keep of an article, under an id that it does not know yet.

    Of an article that is on the map it is what the map says of it.
    """
    there = known_document(article.sha256, chain)
    if there is not None:
        return _as_proposed(there)
    title, publisher = (clean(one, _LONGEST) for one in (article.title, article.publisher))
    file = clean(article.file, _LONGEST) or "stdin"
    return ProposedDocument(
        id=_id(title, file, article.date, article.sha256, chain),
        title=title,
        publisher=publisher,
        date=article.date,
        date_basis=article.date_basis if article.date else DateBasis.UNKNOWN,
        url=link(article.url),
        file=file,
        sha256=article.sha256,
        line_count=len(article.lines),
        digest=_joined(article.digest),
        given=article.given,
    )


def known_document(sha256: str, chain: SupplyChain) -> Document | None:
    """The map's document with these bytes; None for a new one."""
    return next((one for one in chain.documents if one.sha256 == sha256), None)


def as_known(article: Article, chain: SupplyChain) -> Article:
    """An article as the map has it: its title, date and digest lines go before what was read."""
    there = known_document(article.sha256, chain)
    if there is None:
        return article
    entry, count = _as_proposed(there), len(article.lines)
    return dataclasses.replace(
        article,
        digest=tuple((a, min(b, count)) for a, b in entry.digest if a <= count),
        title=entry.title,
        publisher=entry.publisher,
        date=entry.date,
        date_basis=entry.date_basis,
        url=entry.url,
        replaced=(),
    )


def check_given(document: Document, title: str, publisher: str, date: str | None) -> None:
    """Raise where something that is given of an article is not what the map says of it.

    Parameters
    ----------
    title, publisher, date : empty where nothing is given
    """
    for told, name, there in (
        (title, Text("標題", "title"), (*document.title,)),
        (publisher, Text("出版者", "publisher"), (*document.publisher,)),
        (date or "", Text("日期", "date"), (document.date or "",)),
    ):
        if told and clean(told, _LONGEST) not in there:
            own = Text(there[0] or NOT_STATED.zh, there[-1] or NOT_STATED.en)
            raise ProposalError(
                Text(
                    f"這篇文章已在地圖上（{document.id}），那裡的{name.zh}是「{own.zh}」；"
                    "請不要另外給，或先改地圖裡的這份文件",
                    f"this article is on the map already as {document.id}, where its {name.en} is "
                    f"{own.en!r}; leave it out, or change that document's entry in the map first",
                )
            )


def slug(text: str) -> str:
    """Latin words and digits of a text as an id; empty where it has none."""
    return "-".join(_WORDS.findall(text.casefold()))[:_LONGEST_SLUG].strip("-")


def free(name: str, taken: Collection[str]) -> str:
    """A name that is not taken: the name, or the name with the first number that is free."""
    numbered = (f"{name}-{n}" for n in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def link(url: str | None) -> str | None:
    """An address as the map may keep it, without a name and password; None where it is none."""
    try:
        parts = urlsplit(clean(url or ""))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    told = urlunsplit(parts._replace(netloc=host))
    return None if _NO_LINK.search(host) else _NO_LINK.sub(lambda one: quote(one[0]), told)


def as_document(proposed: ProposedDocument) -> Document:
    """The entry of the map."""
    runs = list(proposed.digest)
    to_end = runs and runs[-1][1] >= proposed.line_count
    digest_from = runs.pop()[0] if to_end else None
    return Document(
        id=proposed.id,
        title=_both(proposed.title),
        publisher=_both(proposed.publisher),
        date=proposed.date,
        date_basis=proposed.date_basis,
        url=proposed.url,
        file=proposed.file,
        sha256=proposed.sha256,
        line_count=proposed.line_count,
        digest_from=digest_from,
        digest_lines=tuple(runs) or None,
        note=_note(proposed),
    )


def _note(proposed: ProposedDocument) -> Text | None:
    if "date" in proposed.given:
        return _GIVEN
    return _INFERRED if proposed.date_basis is DateBasis.INFERRED else None


def line_runs(
    lines: Iterable[int], document: Document | ProposedDocument
) -> tuple[tuple[int, int], ...]:
    """Lines as runs that do not cross the edge of a digest part; those outside are dropped."""
    starts = {edge for first, last in _digest(document) for edge in (first, last + 1)}
    last_line = min(document.line_count, _LAST_LINE)
    runs: list[tuple[int, int]] = []
    for line in sorted({one for one in lines if 1 <= one <= last_line}):
        if runs and runs[-1][1] == line - 1 and line not in starts:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    return tuple(runs)


def all_digest(lines: Iterable[int], document: ProposedDocument) -> bool:
    """Whether every line is no part of the article itself."""
    return all(any(a <= one <= b for a, b in document.digest) for one in lines)


def _digest(document: Document | ProposedDocument) -> Sequence[tuple[int, int]]:
    if isinstance(document, ProposedDocument):
        return document.digest
    tail = [] if document.digest_from is None else [(document.digest_from, document.line_count)]
    return [*(document.digest_lines or ()), *tail]


def _as_proposed(document: Document) -> ProposedDocument:
    title, publisher = (
        "" if one == NOT_STATED else one.zh for one in (document.title, document.publisher)
    )
    return ProposedDocument(
        id=document.id,
        title=title,
        publisher=publisher,
        date=document.date,
        date_basis=document.date_basis,
        url=document.url,
        file=document.file,
        sha256=document.sha256,
        line_count=document.line_count,
        digest=_joined(sorted(_digest(document))),
    )


def _both(text: str) -> Text:
    return Text(text, text) if text else NOT_STATED


def _joined(runs: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Runs that touch each other as one: evidence may cite lines across them."""
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and joined[-1][1] >= first - 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def _id(title: str, file: str, date: str | None, sha256: str, chain: SupplyChain) -> str:
    """Of the title's Latin words or the file's name, with the date or the hash."""
    words, stem = slug(title), slug(file.rpartition(".")[0] or file)
    name = words if len(words) >= _TELLING else stem or words or "article"
    day = (date or sha256[:8]).casefold()
    return free(name if day in name else f"{name}-{day}", chain.document_by_id)
