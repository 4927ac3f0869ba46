"""The main text of a page by trafilatura, and below it whatever else a reader of the page sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import lxml.html
import trafilatura
from lxml.etree import ErrorTypes, LxmlError, _Element

from dashboard.articles.isolated import MAX_LINE, Extracted, Refused
from dashboard.articles.page_about import PageData, about

MAX_LINES: Final = 200_000
CELL: Final = " | "
_UNSEEN: Final = frozenset((
    "script", "style", "noscript", "template", "head", "title", "iframe", "object", "svg", "math",
    "canvas", "audio", "video", "select", "option", "datalist", "button", "textarea", "input",
    "map",
))  # fmt: skip
_INLINE: Final = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp",
    "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
_NESTED: Final = ("table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "article", "section")
_CELL_LENGTH: Final = 150
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)

_AROUND: Final = frozenset(("nav", "aside", "footer", "form", "menu", "dialog"))
_CONTENT: Final = frozenset(("html", "body", "main", "article", "table", "tbody", "tr", "td", "p"))
_AROUND_NAMES: Final = re.compile(
    r"(?:^|[\s_-])(?:related|relate|recommend\w*|sidebar|side-bar|promo\w*|advert\w*|ads?|adsense"
    r"|banner|breadcrumbs?|shares?|social|comments?|popular|hot-?news|hot-?list|ranking|rank|footer"
    r"|nav|navbar|navigation|menu|subscribe|newsletter|copyright|also-?read|read-?more|read-?also"
    r"|more-?news|cookies?|outbrain|taboola|dable|sponsor\w*)(?:$|[\s_-])",
    re.I,
)
_LONG: Final = 12
"""A block of so many characters is the article's if the main text holds it anywhere."""
_GAP: Final = 12
"""So many blocks in a row between two of the article are the article's too."""

_SENTENCE_END: Final = re.compile(r"[。！？!?|]")
_LONG_TAG: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,20})[^<>]{20000,}>?")
_SCRIPT: Final = re.compile(
    r"<(script|style|noscript|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S
)
_BLOCK_TAG: Final = re.compile(
    r"</?(?:p|div|br|li|tr|h[1-6]|table|ul|ol|section|article)\b[^>]*>", re.I
)
_TAG: Final = re.compile(r"<[^<>]*>")


@dataclass
class _Block:
    """One line of a page, and what stands around it.

    `around` where it is in what frames the article, `linked` the share of it that is links.
    """

    text: str
    parent: _Element
    around: bool
    linked: float
    main: bool = False

    def __post_init__(self) -> None:
        self.squeezed = _squeezed(self.text)


def read_page(markup: str) -> Extracted:
    """Lines of a page, the article's first; what trafilatura leaves out follows, once each.

    Raises
    ------
    Refused
        If it is no HTML, or holds too many lines for one page or a line without end.
    """
    # Attributes without end take the parser a time that grows with their square.
    markup = _LONG_TAG.sub(r"<\1>", markup)
    root = _parsed(markup)
    if root is None:
        lines = _stripped(markup)
        return Extracted(lines, len(lines))
    page = about(_page_data(root))
    _prune(root)
    blocks = list(_blocks(root))
    if len(blocks) > MAX_LINES:
        raise Refused("size")
    # Before anything that takes long: a line of nothing but tags that never end is one.
    if any(len(block.text) > MAX_LINE for block in blocks):
        raise Refused("line")
    article = _article(blocks, _main_text(lxml.html.tostring(root, encoding="unicode")))
    if page.title and article and _squeezed(page.title) not in map(_squeezed, article):
        article = [page.title, *article]
    seen = {_squeezed(line) for line in article}
    rest: dict[str, str] = {}
    for block in blocks:
        if block.squeezed not in seen:
            rest.setdefault(block.squeezed, block.text)
    return Extracted(
        lines=(*article, *rest.values()),
        article=len(article),
        title=page.title,
        publisher=page.publisher,
        url=page.url,
        stated=page.date,
    )


def _parsed(markup: str) -> _Element | None:
    """The page's tree; None where it is nested too deeply for one."""
    parser = lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root = lxml.html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ValueError):
        return None
    # What the parser gave up at, it leaves out without a word.
    too_deep = any(one.type == ErrorTypes.ERR_RESOURCE_LIMIT for one in parser.error_log)
    return None if too_deep else root


def _stripped(markup: str) -> tuple[str, ...]:
    text = _TAG.sub("", _BLOCK_TAG.sub("\n", _SCRIPT.sub(" ", markup)))
    lines = (_tidy(line) for line in text.split("\n"))
    return tuple(line for line in lines if line)[:MAX_LINES]


def _main_text(markup: str) -> str:
    document = trafilatura.bare_extraction(markup, include_comments=False, include_tables=True)
    text = getattr(document, "text", None)
    return text if isinstance(text, str) else ""


def _article(blocks: Sequence[_Block], main: str) -> list[str]:
    """The lines of the article, in the page's order."""
    _mark(blocks, main)
    lines = [block.text for block in blocks if block.main]
    wanted = [line for line in map(_tidy, main.split("\n")) if line]
    whole = _bare("".join(lines))
    sentences = {_bare(one) for line in wanted for one in _SENTENCE_END.split(line)}
    missing = sum(len(one) for one in sentences if one not in whole)
    if 2 * missing > sum(map(len, sentences)):
        # The text stands nowhere on the page as such: a script would have put it there.
        return wanted
    return lines or [block.text for block in blocks if not block.around]


def _mark(blocks: Sequence[_Block], main: str) -> None:
    whole = _bare(main)
    pieces = {_bare(piece) for line in main.split("\n") for piece in (line, *line.split("|"))}
    pieces |= {piece.lstrip("-•*#") for piece in pieces}
    for block in blocks:
        text = _bare(block.text)
        block.main = text in whole if len(text) >= _LONG else text in pieces
    # What frames the article is no part of it, unless most of the article seems to be there.
    framed = sum(len(block.text) for block in blocks if block.main and block.around)
    if 2 * framed < sum(len(block.text) for block in blocks if block.main):
        for block in blocks:
            block.main = block.main and not block.around
    _fill(blocks)


def _fill(blocks: Sequence[_Block]) -> None:
    """Take in what stands between two blocks of the article and frames nothing.

    A paragraph full of links to companies looks like navigation to what counts links.
    """
    marked = [number for number, block in enumerate(blocks) if block.main]
    for before, after in pairwise(marked):
        gap = [block for block in blocks[before + 1 : after] if not block.around]
        if len(gap) <= _GAP:
            for block in gap:
                block.main = block.linked < 0.9 or block.parent.tag == "p"


# --- the blocks of a page ----------------------------------------------------------------


def _blocks(root: _Element) -> Iterator[_Block]:
    """Every line a reader sees, in order: a heading, a paragraph, a list item, a row of a table."""
    body = next(iter(root.iter("body")), root)
    around: list[bool] = [False]
    text: list[str] = []
    linked = 0

    def flush(element: _Element) -> Iterator[_Block]:
        nonlocal linked
        line = _tidy("".join(text))
        if line:
            yield _Block(line, element, around[-1], min(1.0, linked / len(line)))
        text.clear()
        linked = 0

    # Not by recursion: a page may be nested as deeply as it likes.
    waiting: list[tuple[_Element, bool]] = [(body, False)]
    while waiting:
        element, done = waiting.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        inline = tag in _INLINE
        if done:
            if not inline:
                yield from flush(element)
                around.pop()
            if tag == "a":
                linked += len(_tidy("".join(element.itertext())))
                # Links beside each other are names beside each other, not one word.
                after = None if element.tail else element.getnext()
                text.append(" " if after is not None and after.tag == "a" else "")
            text.append(element.tail or "" if element is not body else "")
            continue
        if _unseen(element):
            text.append(element.tail or "")
            continue
        if tag in ("br", "hr"):
            parent = element.getparent()
            yield from flush(element if parent is None else parent)
            text.append(element.tail or "")
            continue
        if not inline:
            parent = element.getparent()
            yield from flush(element if parent is None else parent)
            around.append(around[-1] or _frames(element, tag))
        row = _row(element) if tag == "tr" else None
        if row is not None:
            text.append(row)
            waiting.append((element, True))
            continue
        waiting.append((element, True))
        if tag not in ("pre",):
            text.append(element.text or "")
        else:
            text.append((element.text or "").replace("\n", " "))
        waiting += [(child, False) for child in reversed(element)]


def _prune(root: _Element) -> None:
    """Take out what no reader sees; data of the article in a script stays for trafilatura."""
    unseen = [one for one in root.iter() if one.tag not in ("head", "script") and _unseen(one)]
    for one in unseen:
        if one.getparent() is not None:
            one.drop_tree()


def _unseen(element: _Element) -> bool:
    return not isinstance(element.tag, str) or element.tag in _UNSEEN or _hidden(element)


def _hidden(element: _Element) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def _frames(element: _Element, tag: str) -> bool:
    """Whether an element is what stands around an article, by what it is or is called."""
    if tag in _AROUND or element.get("role") in ("navigation", "complementary", "contentinfo"):
        return True
    if tag in _CONTENT:
        return False
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return bool(_AROUND_NAMES.search(names[:1000]))


def _row(element: _Element) -> str | None:
    """The cells of a row that is one of data; None for one that only lays the page out."""
    cells = [child for child in element if child.tag in ("td", "th") and not _hidden(child)]
    if len(cells) < 2 or any(next(cell.iter(*_NESTED), None) is not None for cell in cells):
        return None
    texts = [_tidy("".join(_seen_text(cell))) for cell in cells]
    if any(len(one) > _CELL_LENGTH for one in texts) or not any(texts):
        return None
    return CELL.join(texts)


def _seen_text(cell: _Element) -> Iterator[str]:
    waiting: list[_Element | str] = [cell]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
            continue
        space = "" if one.tag in _INLINE else " "
        if one is not cell:
            waiting.append(space + (one.tail or ""))
        if not _unseen(one):
            waiting += reversed(one)
            yield space + (one.text or "")


def _page_data(root: _Element) -> PageData:
    page = PageData()
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        page.metas.setdefault(name.strip().lower(), element.get("content") or "")
    page.scripts = [
        "".join(one.itertext())
        for one in root.iter("script")
        if (one.get("type") or "").strip().lower() == "application/ld+json"
    ]
    page.times = [one.get("datetime") or "" for one in root.iter("time")]
    headings = [one for h1 in root.iter("h1") if (one := _tidy("".join(h1.itertext())))]
    page.heading = headings[0] if len(set(headings)) == 1 else ""
    page.title = next((_tidy("".join(one.itertext())) for one in root.iter("title")), "")
    for link in root.iter("link"):
        if (link.get("rel") or "").lower() == "canonical":
            page.canonical = link.get("href") or ""
            break
    return page


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _bare(text: str) -> str:
    """What two ways of writing the same line or row have in common."""
    return _squeezed(text).replace("|", "")
