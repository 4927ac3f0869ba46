"""The lines of an article with their numbers, to look them up where nobody can count them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboard.articles.models import Article

DIGEST_MARK: Final = "digest"
"""Before lines that are no part of the article."""


def numbered_text(article: Article) -> str:
    """One line each: number, mark, text; without characters that a terminal would obey.

    Examples
    --------
    `" 57         台達電…"`, `" 58  digest 相關新聞"`.
    """
    return "".join(_lines(article))


def _lines(article: Article) -> Iterator[str]:
    width = len(str(len(article.lines)))
    for number, line in enumerate(article.lines, 1):
        mark = DIGEST_MARK if article.is_digest(number) else ""
        text = "".join(one if one.isprintable() else " " for one in line)
        yield f"{number:>{width}}  {mark:<{len(DIGEST_MARK)}} {text}".rstrip() + "\n"
