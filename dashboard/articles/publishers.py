"""Who published an article: what its byline, its source line or its rights line names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from dashboard.articles import page_shapes as shape
from dashboard.articles.dates import half_width, written_dates
from dashboard.articles.front_matter import BOARD_KEY, PUBLISHER_KEYS, FrontMatter
from dashboard.articles.page_words import ORNAMENT, folded
from dashboard.articles.publisher_names import (
    exact_publisher,
    is_organisation,
    is_person,
    known_publisher,
    leading_publisher,
    publisher_name,
)

_AUTHOR_KEYS: Final = ("author", "authors", "作者")
_SOURCES: Final = (
    r"(?:新聞|文章|原文|發布|報導|消息|媒體|原始|內容|發佈)?(?:來源|出處)|原文媒體|刊載媒體|媒體(?:名稱)?"
    r"|publisher|source|originally published (?:in|by|on)|published by"
)
_SOURCE: Final = re.compile(rf"{ORNAMENT}(?:{_SOURCES})\s*[\]】)]?\s*[:|]\s*(?P<name>\S.*)?$")
_ISSUED: Final = re.compile(
    rf"{ORNAMENT}(?:發行(?:單位|機構)?|出版(?:者|單位|社)?|(?:研究|製作|編製|提供|撰寫|發布)(?:單位|機構)|刊名|刊物"
    rf"|issued by|published by|issuer|prepared by)\s*[\]】)*_]{{0,3}}\s*[:|]\s*(?P<name>\S.*)$"
)
"""Labels that stand beside companies of the story too: 發行：可轉債."""
_ENDS_NAME: Final = re.compile(r"[,，;；、。]|\s{2,}|https?://|\s[|｜/／·・]\s|　")
_BRACKET: Final = re.compile(
    r"^[^\w\u3400-\u9fff]{0,3}[【〔(\[「《〈](?P<name>[^】〕)\]」》〉]{2,40})[】〕)\]」》〉]"
)
_REPORTER: Final = re.compile(
    r"記者|记者|編譯|编译|特派|特約|/|[-–—]|駐|綜合|新聞中心|\d{1,2}日|報導|外電"
)
_BOARD: Final = re.compile(r"(?:^|\s)(?:看板|board)\s*:?\s*(?P<name>[A-Za-z][\w-]{1,20})", re.I)
_WIRE: Final = re.compile(r"^[A-Z][A-Z .,]{2,30},?.{0,20}[(](?P<name>[^)]{2,30})[)]\s?[-–—]")
_OF_WIRE: Final = re.compile(r"[(（](?P<name>[^)）\d]{2,6}?)[\u3400-\u9fff]{0,8}\s?\d{1,2}\s?日")
_BY: Final = re.compile(r"by [^,|]{3,60}[,|]\s*(?P<name>[^,|]{2,40})", re.I)
_CLOCK: Final = re.compile(
    r"(?:上午|下午|am|pm)?\s?\d{1,2}:\d{2}(?::\d{2})?(?:\s?(?:am|pm))?", re.I
)
_ISSUE: Final = re.compile(r"(?P<name>.{2,20}?)\s+第\s?\d+\s?[期卷號]\s*")
_PARTS: Final = re.compile(r"\s+[|｜·・•/／–—-]\s+|[|｜·・•／]|\u3000+|\s{2,}")
_NUMBER: Final = re.compile(
    r"(?:issue|no\.?|vol\.?|volume|edition|letter|number)\s?#?\d+(?:[,.]? ?(?:no\.?|issue)\s?\d+)?"
    r"|#\s?\d+|(?:總)?第\s?\d+\s?[期卷號集]",
    re.I,
)
_RIGHTS: Final = re.compile(
    r"(?:©|\(c\)|copyright|版權所有|著作權(?:所有)?)(?P<after>.*)$"
    r"|^(?P<before>.*?)(?:版權所有|著作權所有|all rights reserved)",
    re.I,
)
_RIGHTS_NOISE: Final = re.compile(
    r"©|\(c\)|copyright|all rights reserved\.?|版權所有|著作權所有|未經.*$|不得.*$|請勿.*$|轉載.*$"
    r"|\b(?:by|since)\b|\d{4}(?:\s?[-–~]\s?\d{4})?|股份有限公司|版權|，.*$|。.*$",
    re.I,
)


def publisher_of(
    header: FrontMatter | None, head: Sequence[str], tail: Sequence[str], frame: Sequence[str]
) -> str:
    """The publisher that an article names as its own; empty without one, never a person.

    Parameters
    ----------
    head, tail : the article's first and last lines
    frame : lines around it that are no part of it, near both ends
    """
    if header and (name := _of_header(header)):
        return name
    return next(filter(None, _named(head, tail, frame)), "")


def _of_header(header: FrontMatter) -> str:
    for key in PUBLISHER_KEYS:
        name = publisher_name(header.first_of((key,)))
        if name and (key not in _AUTHOR_KEYS or is_organisation(name)):
            return name
    # Copied posts of a forum begin so, sometimes with the board beside the author.
    board = header.first_of((BOARD_KEY,)) or "".join(
        header.first_of(("作者",)).partition("看板")[1:]
    )
    match = _BOARD.search(f"看板 {board.removeprefix('看板')}") if board else None
    return f"PTT {match['name']}" if match else ""


def _named(head: Sequence[str], tail: Sequence[str], frame: Sequence[str]) -> Iterator[str]:
    """Names in the order of how sure they are."""
    around = (*head, *tail, *frame, "")
    yield from (_source(line, below) for line, below in pairwise(around))
    yield from map(_issued, (*head[:10], *tail))
    yield from map(_byline, head[:10])
    yield from (f"PTT {m['name']}" for line in head[:6] if (m := _BOARD.search(half_width(line))))
    yield from map(_after_title, head[:6])
    yield from map(_alone, head[:6])
    yield from (_masthead(line, below) for line, below in pairwise((*head[:4], "")))
    yield from map(_rights, (*tail, *frame, *head))
    yield from (exact_publisher(re.split(r"\s*[|｜>＞»›/]\s*", line)[0]) for line in frame[:6])


def _source(line: str, below: str) -> str:
    """The name beside 來源：, or on the line below it."""
    match = _SOURCE.match(folded(line)) if len(line) <= 120 else None
    if match is None:
        return ""
    written = line[match.start("name") :] if match["name"] else below
    dated = next(iter(written_dates(written)), None)
    written = _ENDS_NAME.split(written[: dated.start] if dated else written)[0]
    if len(written) <= 24 and (known := known_publisher(written)):
        return known
    return publisher_name(written)


def _issued(line: str) -> str:
    """The organisation beside 發行：."""
    match = _ISSUED.match(folded(line)) if len(line) <= 80 else None
    if match is None:
        return ""
    name = _ENDS_NAME.split(line[match.start("name") :])[0].strip(" *_")
    return publisher_name(name) if is_organisation(name) else ""


def _masthead(line: str, below: str) -> str:
    """The known publisher before a column's name, where the line below it has the date."""
    text = half_width(line).strip(" *_#")
    known = leading_publisher(text) if len(text) <= 40 else ""
    if not known or shape.is_prose(line) or not any(written_dates(below)):
        return ""
    parts = _PARTS.split(line.strip(" \u3000*_#"))
    return known if len(parts) > 1 and exact_publisher(parts[0]) and len(below) <= 40 else ""


def _byline(line: str) -> str:
    """The publisher before a reporter's name or a date, or that a wire's opening names."""
    text = half_width(line)
    if match := _BRACKET.match(text):
        name, *rest = _REPORTER.split(match["name"])
        if rest and (known := leading_publisher(name)):
            return known
        if exact_publisher(name) or (rest and is_organisation(name)):
            return publisher_name(name)
    if match := _WIRE.match(text) or _OF_WIRE.match(text):
        return known_publisher(match["name"])
    if (match := _BY.fullmatch(text.strip(" *_"))) and (known := known_publisher(match["name"])):
        return known
    return _beside_date(text)


def _beside_date(text: str) -> str:
    dated = next(iter(written_dates(text[:80])), None)
    if dated is None:
        told = re.search(r"記者|编译|編譯|新聞中心|報導", text[:40]) and not shape.is_prose(text)
        return leading_publisher(text) if told else exact_publisher(text)
    lead, rest = text[: dated.start], _CLOCK.sub(" ", text[dated.end :]).strip(" |:T週星期")
    if shape.width(lead) > 60:
        return ""
    if known := leading_publisher(lead):
        return known
    return "" if lead.strip() or shape.width(rest) > 60 else leading_publisher(rest)


def _after_title(line: str) -> str:
    """The publisher after a title's last bar, or in its last brackets."""
    parts = re.split(r"\s+[|｜–—-]\s+|｜|（|\s\(", line)
    return exact_publisher(parts[-1].rstrip(")） ")) if len(parts) > 1 else ""


def _alone(line: str) -> str:
    """The name that is all of a line beside a date or an issue: 產業研究處　2026年5月8日."""
    if match := _ISSUE.fullmatch(half_width(line)):
        return publisher_name(match["name"]) if is_organisation(match["name"]) else ""
    dated = next(iter(written_dates(line)), None)
    if dated is None or len(line) > 80 or re.search(r"[。，]", line):
        return ""
    if name := _of_letter(f"{line[: dated.start]} | {line[dated.end :]}"):
        return name
    rest = _CLOCK.sub(" ", f"{line[: dated.start]} {line[dated.end :]}")
    parts = [part for part in re.split(r"[\s|｜·・,，/／()（）*_]+", rest) if part]
    if not 1 <= len(parts) <= 2 or any(is_person(part) for part in parts[:1]):
        return ""
    return publisher_name(parts[0]) if is_organisation(parts[0]) else ""


def _of_letter(line: str) -> str:
    """The name of a letter or magazine beside the number of its issue."""
    parts = [part.strip(" *_#()（）[]【】") for part in _PARTS.split(line)]
    names = [part for part in parts if part and not _NUMBER.fullmatch(part)]
    if len(names) != 1 or not any(map(_NUMBER.fullmatch, parts)):
        return ""
    if shape.width(names[0]) > 40 or re.match(r"by\b|作者|文[/：:]", names[0], re.I):
        return ""
    # Formosa Wattage reads like a person's name, but only letters have numbers.
    return names[0] if names[0].isascii() and len(names[0]) > 2 else publisher_name(names[0])


def _rights(line: str) -> str:
    """The name in a copyright line."""
    text = half_width(line)
    match = _RIGHTS.search(text) if len(text) <= 160 else None
    if match is None:
        return ""
    if known := known_publisher(text):
        return known
    name = _RIGHTS_NOISE.sub("", match["after"] or match["before"] or "").strip(" .,-|:")
    return publisher_name(name) if is_organisation(name) else ""
