"""An article with its finds marked, as inert HTML: every character of it is escaped."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from dashboard.articles.models import Article
from dashboard.i18n import Language, translate
from dashboard.proposals.models import Conflict, FoundCompany, Identity, Mention

WHOLE_LINES: Final = 1_500
WHOLE_CHARACTERS: Final = 200_000
"""Up to here an article is shown whole; beyond it only around its finds."""
MOST_LINES: Final = 1_200
"""Lines shown of a longer one."""
_AROUND: Final = 2
"""Lines to either side of a find."""
_LONG_LINE: Final = 2_000
_BESIDE: Final = 160
"""Characters kept to either side of a find in a line longer than that."""
_PLACEHOLDER: Final = "\ufffd"
_UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
"""Categories of characters that turn the order of others around, hide, or cannot be sent."""
_JOINERS: Final = "\u200c\u200d"
"""Part of emoji and of some scripts."""
_INVISIBLE: Final = "\u00ad\u200b\u2060\ufeff"
"""Of no width, frequent in web pages, and harmless."""
_MOST_MARKS: Final = 300
"""In one line."""
MOST_CHARACTERS: Final = 800_000
"""Of the whole."""


@dataclass(frozen=True, order=True)
class _Mark:
    start: int
    end: int
    style: str
    title: str
    anchor: str = ""


def anchor_of(position: int) -> str:
    """The anchor of a company's first mention, by its place in the proposal."""
    return f"found-{position}"


def conflict_anchor(position: int) -> str:
    """The anchor of a conflict, by its place in the proposal."""
    return f"conflict-{position}"


def identity_title(identity: Identity, language: Language) -> str:
    """`健策 3653`; the code once where the name is it, or has it."""
    code = (identity.symbol or "").partition(".")[0]
    name = identity.name.get(language)
    there = not code or re.search(rf"(?<!\w){re.escape(code)}(?!\w)", name)
    return name if there else f"{name} {code}"


def article_html(
    article: Article,
    companies: Sequence[FoundCompany],
    conflicts: Sequence[Conflict],
    language: Language,
) -> str:
    """The article's lines, numbered, with a mark around each find.

    Nothing of it is markup: a script, a link or Markdown in it is shown as written, and
    characters that would turn text around or hide it are replaced. A long article is shown
    around its finds only, a long line likewise.

    Parameters
    ----------
    companies, conflicts : their places are those of `anchor_of` and `conflict_anchor`
    """
    firsts, marked = _found_lines(companies, conflicts)
    shown = _shown(article, firsts, marked)
    marks = _marks(article, companies, conflicts, language, frozenset(shown))
    parts, length, done = ['<div class="article">'], 0, 0
    for number in shown:
        if length > MOST_CHARACTERS:
            break
        parts.append(_gap(done, number, marked, language))
        parts.append(_line(article, number, marks.get(number, []), language))
        length += len(parts[-1])
        done = number
    parts.append(_gap(done, len(article.lines) + 1, marked, language))
    parts.append("</div>")
    return "".join(parts)


def _found_lines(
    companies: Sequence[FoundCompany], conflicts: Sequence[Conflict]
) -> tuple[list[int], list[int]]:
    """Lines where something is found first, and all in which anything is, in order."""
    own = [[mention.line for mention in one.mentions] for one in companies]
    own += [list(one.lines) for one in conflicts]
    firsts = [min(lines) for lines in own if lines]
    return firsts, sorted({line for lines in own for line in lines})


def _marks(
    article: Article,
    companies: Sequence[FoundCompany],
    conflicts: Sequence[Conflict],
    language: Language,
    shown: frozenset[int],
) -> dict[int, list[_Mark]]:
    """Shown line → its marks from left to right, none over another."""
    found: dict[int, list[_Mark]] = {}
    for place, conflict in enumerate(conflicts):
        anchor = conflict_anchor(place)
        for line in sorted(shown.intersection(conflict.lines)):
            for mark in _conflict_marks(_text(article, line), conflict, anchor, language):
                found.setdefault(line, []).append(mark)
                anchor = ""
    for place, company in enumerate(companies):
        anchor = anchor_of(place)
        for mention in company.mentions:
            if mention.line not in shown:
                continue
            mark = _mention_mark(mention, company.identity, anchor, language)
            if mark.end <= len(_text(article, mention.line)):
                found.setdefault(mention.line, []).append(mark)
                anchor = ""
    return {line: _apart(own) for line, own in found.items()}


def _text(article: Article, line: int) -> str:
    return article.lines[line - 1] if 1 <= line <= len(article.lines) else ""


def _mention_mark(mention: Mention, who: Identity, anchor: str, language: Language) -> _Mark:
    title = translate(
        "propose.mention",
        language,
        company=identity_title(who, language),
        how=translate(f"propose.how_{mention.how.value}", language),
        confidence=f"{mention.confidence:.0%}",
        reason=mention.reason.get(language),
    )
    return _Mark(mention.start, mention.end, f"find {mention.how.value}", title, anchor)


def _conflict_marks(
    text: str, conflict: Conflict, anchor: str, language: Language
) -> Iterator[_Mark]:
    title = translate("propose.conflict_mark", language, why=conflict.why.get(language))
    words = [one for one in (conflict.name, conflict.code) if one and one in text]
    for word in words:
        start = text.index(word)
        yield _Mark(start, start + len(word), "find conflict", title, anchor)
        anchor = ""


def _apart(marks: Sequence[_Mark]) -> list[_Mark]:
    kept: list[_Mark] = []
    # A mark with an anchor is where a link leads, and must not give way.
    for mark in sorted(marks, key=lambda one: (not one.anchor, one))[:_MOST_MARKS]:
        if 0 <= mark.start < mark.end and all(
            mark.end <= other.start or other.end <= mark.start for other in kept
        ):
            kept.append(mark)
    return sorted(kept)


def _shown(article: Article, firsts: Sequence[int], marked: Sequence[int]) -> list[int]:
    """Numbers of the lines that are drawn, in order; where a link leads is among them."""
    count = len(article.lines)
    if count <= WHOLE_LINES and sum(map(len, article.lines)) <= WHOLE_CHARACTERS:
        return list(range(1, count + 1))
    near: dict[int, None] = {}
    for line in (*firsts, *marked):
        for one in range(max(1, line - _AROUND), min(count, line + _AROUND) + 1):
            near.setdefault(one)
        if len(near) >= MOST_LINES:
            break
    return sorted(near)


def _gap(done: int, number: int, marked: Sequence[int], language: Language) -> str:
    """What stands for the lines between two that are drawn."""
    lines = number - done - 1
    if lines <= 0:
        return ""
    found = bisect_left(marked, number) - bisect_right(marked, done)
    key = "propose.rest" if found else "propose.gap"
    return f'<div class="gap">{escape(translate(key, language, n=f"{lines:,}"))}</div>'


def _line(article: Article, number: int, marks: Sequence[_Mark], language: Language) -> str:
    style, sign = "line", ""
    if article.is_digest(number):
        style += " digest"
        sign = translate("propose.digest_sign", language)
    elif article.front_matter and article.front_matter[0] <= number <= article.front_matter[1]:
        style += " front"
    text = article.lines[number - 1]
    body = "".join(_pieces(text, marks))
    sign = f'<span class="sign">{escape(sign)}</span>' if sign else ""
    return (
        f'<div class="{style}"><span class="number">{number}</span>'
        f'<span class="words" dir="auto">{sign}{body}</span></div>'
    )


def _pieces(text: str, marks: Sequence[_Mark]) -> Iterator[str]:
    long = len(text) > _LONG_LINE
    at = 0
    for mark in marks:
        yield _between(text[at : mark.start], long, first=at == 0, last=False)
        anchor = f' id="{mark.anchor}"' if mark.anchor else ""
        title = escape(visible(mark.title), quote=True)
        words = escape(visible(text[mark.start : mark.end]))
        yield f'<mark class="{mark.style}"{anchor} title="{title}">{words}</mark>'
        at = mark.end
    yield _between(text[at:], long, first=at == 0, last=True)


def _between(text: str, long: bool, *, first: bool, last: bool) -> str:
    """What stands between two marks; the middle of it left out in a long line."""
    before = 0 if first else _BESIDE
    after = 0 if last else _BESIDE
    if first and last:
        before = _BESIDE
    if not long or len(text) <= before + after:
        return escape(visible(text))
    ending = text[len(text) - after :]
    return f"{escape(visible(text[:before]))} … {escape(visible(ending))}"


def visible(text: str) -> str:
    """The text with a placeholder for each character that hides or turns others around."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(one: str) -> str:
    if one == "\t":
        return " "
    if one in _INVISIBLE:
        return ""
    hides = unicodedata.category(one) in _UNSEEN and one not in _JOINERS
    return _PLACEHOLDER if hides else one
