"""What a line looks like, whatever it says: prose, a headline, a heading, a row, a teaser.

Each looks at the two ends of a line only, so that a line of megabytes costs no more than a
short one.
"""

from __future__ import annotations

import re
from typing import Final

from dashboard.articles.dates import half_width, written_dates

HEAD: Final = 240
TAIL: Final = 80

_HAN: Final = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uff60]")
_CODE: Final = re.compile(
    r"[(\[〔（【]\s*\d{4}\s*(?:[-. ]\s?TWO?)?\s*[)\]〕）】]|(?<!\d)\d{4}[-. ]TWO?\b", re.I
)
_ENUMERATED: Final = re.compile(
    r"#{1,6}\s|[①-⑳❶-❿]|[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十\d]+[章節部]"
    r"|[(（][一二三四五六七八九十\d]{1,2}[)）]|Q\d|\d{1,2}[.、]\s?\D|\*\*[^*]+\*\*$"
)
_ELLIPSIS: Final = re.compile(r"(?:\.{3}|…|⋯|\[…\])\s*[」』]?$")
_FULL_STOP: Final = re.compile(r"[a-z)%\"”]\.[\"”)]?$")
_RELATIVE_TIME: Final = re.compile(
    r"(?:\d{1,3}|(?<=[\s・·•‧∙|｜])(?:[一二三四五六七八九十半]{1,2}|an?))\s?"
    r"(?:秒鐘?|分鐘?|小時|鐘頭|天|日|週|周|星期|個月|月|年"
    r"|sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|[hmd])"
    r"\s?(?:之?前|ago)[)）]?\s*$"
    r"|[・·•‧∙|｜]\s?(?:剛剛|昨天|前天|今天|just now|yesterday)\s*$",
    re.I,
)
_STAMP: Final = re.compile(
    r"[^\w\u3400-\u9fff]*(?:[\w .&|\u3400-\u9fff]{1,24}?[・·•‧∙|,\s]{1,3})?"
    r"(?:\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|\d{1,2}[-/.月]\s?\d{1,2}日?)?"
    r"\s*(?:(?:上午|下午)?\s?\d{1,2}:\d{2}(?::\d{2})?)?\s*$"
)
_LINK: Final = re.compile(
    r"\s*(?:[-*+•●▪◆■▶►·・]|\d{1,2}[.、)])?\s*(?:!?\[[^\]]*\]\([^)]*\)|https?://\S+)\s*$"
)
_BULLET: Final = re.compile(r"\s*[-*+•●▪◆◇■□▶►▲△◎○※·・]\s*\S")
_BYLINE: Final = re.compile(
    r"記者|编译|編譯|報導|报道|撰文|撰稿|特派|新聞中心|作者|文\s?[/:]|\bby\b|\bupdated\b|published",
    re.I,
)


def width(text: str) -> int:
    """Length in half-width columns, as a reader sees it; roughly so beyond `HEAD` characters."""
    return len(text) + len(_HAN.findall(text[:HEAD]))


def has_code(text: str) -> bool:
    """Whether a stock code stands in brackets or beside its market near the line's start."""
    return bool(_CODE.search(text[: 4 * HEAD]))


def is_prose(line: str) -> bool:
    """Whether a line reads like a paragraph: long, or with a full stop."""
    text = line.strip()
    if "。" in text[:HEAD] or "。" in text[-TAIL:]:
        return width(text) >= 24
    return width(text) >= 150 or (width(text) >= 60 and bool(_FULL_STOP.search(text[-TAIL:])))


def is_headline(line: str) -> bool:
    """Whether a line could be another article's headline."""
    text = line.strip()
    return 12 <= width(text) <= 140 and "。" not in text and not is_prose(line)


def is_section_heading(line: str) -> bool:
    """Whether a line is marked as a heading or a numbered part of the article's own text."""
    return bool(_ENUMERATED.match(line.strip()))


def is_truncated(line: str) -> bool:
    """Whether a line breaks off, as teasers do."""
    return bool(_ELLIPSIS.search(line[-TAIL:].rstrip()))


def ends_in_relative_time(line: str) -> bool:
    """Whether a line ends as teasers do: how long ago, after a source."""
    end = line[-TAIL:].rstrip()
    return end[-1:] in "前)）天剛oOwWyY" and bool(_RELATIVE_TIME.search(half_width(end)))


def is_stamp(line: str) -> bool:
    """Whether a line is only a date or a time, perhaps beside a source."""
    text = half_width(line[: TAIL + 1].strip())
    return 0 < len(text) <= 48 and any(c.isdigit() for c in text) and bool(_STAMP.fullmatch(text))


def is_link(line: str) -> bool:
    """Whether a line is nothing but a link, bulleted or not."""
    return len(line) <= 2_000 and bool(_LINK.match(line))


def is_numbered(line: str) -> bool:
    """Whether a line begins as an item of a numbered list."""
    return bool(re.match(r"\s*\d{1,2}[.、)]\s?\D", line[:40]))


def is_rank(line: str) -> bool:
    """Whether a line is only the number of the item below it."""
    return bool(re.fullmatch(r"\s*#?\d{1,2}[.、]?\s*", line[:40]))


def is_bullet(line: str) -> bool:
    return bool(_BULLET.match(line[:40]))


def is_table_row(line: str) -> bool:
    """Whether a line is a row of cells."""
    return line.count("|", 0, HEAD) >= 2 or line.count("\t", 0, HEAD) >= 2


def is_byline(line: str) -> bool:
    """Whether a line says who wrote the article or when, and nothing else."""
    text = half_width(line[: HEAD + 1].strip())
    if not 0 < width(text) <= 110 or "。" in text or not _BYLINE.search(text):
        return False
    if re.search(r"[/】〕\])]|\bby ", text, re.I):
        return True
    return any(not one.bare for one in written_dates(text))
