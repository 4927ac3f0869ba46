"""What an article says of itself: its title, who published it, when, and where.

Only its header and the lines around its beginning and end count, and there only dates that stand
as the article's own: beside a label such as 發布時間, in the byline, alone on a line. A date in a
sentence tells when something happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dashboard.articles import page_shapes as shape
from dashboard.articles.dates import WrittenDate, written_dates
from dashboard.articles.front_matter import DATE_KEYS, TITLE_KEYS, URL_KEYS, FrontMatter
from dashboard.articles.page_words import folded, words
from dashboard.articles.publisher_names import (
    exact_publisher,
    known_publisher,
    leading_publisher,
)
from dashboard.articles.publishers import publisher_of
from dashboard.supply_chain.models import DateBasis

HEAD_LINES: Final = 24
TAIL_LINES: Final = 8
MAX_TITLE: Final = 200
_LONGEST: Final = 400
_STORY: Final = 200_000
"""Characters of a story that are searched for its month."""
_REST: Final = 34
"""Columns of other text that a line may hold beside its date and still be a byline."""


@dataclass(frozen=True)
class Metadata:
    """What is known of an article; texts are empty, date and url None where unknown."""

    title: str = ""
    publisher: str = ""
    date: str | None = None
    date_basis: DateBasis = DateBasis.UNKNOWN
    url: str | None = None


def metadata_of(
    lines: Sequence[str],
    *,
    front_matter: FrontMatter | None = None,
    digest: Sequence[tuple[int, int]] = (),
) -> Metadata:
    """What an article says of itself, by its header first.

    Parameters
    ----------
    lines : the whole text, counted from 1 in `digest` and in `front_matter`
    digest : runs of lines that are no part of the article; only labels are read in them
    """
    ends = _Ends.of(lines, front_matter, digest)
    date, basis = _date(ends, front_matter)
    return Metadata(
        title=_title(ends.head, front_matter),
        publisher=publisher_of(front_matter, ends.head, ends.tail, ends.frame),
        date=date,
        date_basis=basis,
        url=_url((*ends.head, *ends.tail, *ends.frame), front_matter),
    )


@dataclass(frozen=True)
class _Ends:
    """Lines that are not blank, cut to a sane length: the article's first, last and all of them.

    `frame` are digest lines near both ends.
    """

    head: tuple[str, ...]
    tail: tuple[str, ...]
    frame: tuple[str, ...]
    core: Sequence[str]

    @classmethod
    def of(
        cls,
        lines: Sequence[str],
        front_matter: FrontMatter | None,
        digest: Sequence[tuple[int, int]],
    ) -> _Ends:
        start = front_matter.lines[1] if front_matter else 0
        core: list[str] = []
        frame: list[str] = []
        filled = [n for n in range(start, len(lines)) if lines[n].strip()]
        near = {*filled[:HEAD_LINES], *filled[-HEAD_LINES:]}
        for n, out in zip(filled, _within(filled, digest), strict=True):
            if not out:
                core.append(lines[n])
            elif n in near:
                frame.append(lines[n])
        return cls(
            head=tuple(map(_cut, core[:HEAD_LINES])),
            tail=tuple(map(_cut, core[HEAD_LINES:][-TAIL_LINES:])),
            frame=tuple(map(_cut, frame)),
            core=core,
        )


def _within(numbers: Sequence[int], runs: Sequence[tuple[int, int]]) -> Iterator[bool]:
    """Whether each line, counted from 0 and in order, stands in a run, counted from 1."""
    rest = iter(runs)
    run = next(rest, None)
    for number in numbers:
        while run and run[1] <= number:
            run = next(rest, None)
        yield run is not None and run[0] <= number + 1


def _cut(line: str) -> str:
    text = line[: 2 * _LONGEST].strip("\ufeff \t\r\u3000")[:_LONGEST]
    # The wide space is kept: it parts names that hold plain ones.
    return "".join(c if c.isprintable() or c == "\u3000" else " " for c in text)


# --- the date --------------------------------------------------------------------------

_LABELS: Final = (
    r"(?:首次|文章|新聞|原文|報告|貼文|撰稿|建立|上稿|最後|最近|本文)?(?:發布|發佈|發表|刊登|刊出|出刊|發刊|出版|上線|上架"
    r"|更新|張貼|撰寫|建立|修改|發稿|發文|發言|公告|報告|研究|公布|截稿)(?:時間|日期|日|於|在)?|日期|時間|日期時間|日期/時間"
    r"|date(?: published| posted)?|published(?: on| at)?|posted(?: on| at)?|updated(?: on| at)?"
    r"|last (?:updated|modified)(?: on)?|publish(?:ed)? (?:date|time)|release date|issued(?: on)?"
    r"|time|(?:資料|統計|報價|收盤)(?:日期|時間)"
)
_WEEKDAY: Final = (
    r"(?:週[一二三四五六日]|星期[一二三四五六日天]|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?)"
)
_LABEL: Final = re.compile(
    rf"(?:^|[\s|/·・>#*•,(\[【〔《〈_「-])(?P<label>{_LABELS})"
    rf"[\]】〕》)*_]{{0,3}}\s{{0,3}}[:>]?\s{{0,4}}[*_]{{0,2}}\s?{_WEEKDAY}?\s?$"
)
_LABEL_ALONE: Final = re.compile(rf"[^\w\u3400-\u9fff]{{0,4}}(?P<label>{_LABELS})\s?:\s*")
_UPDATED: Final = re.compile(r"更新|修改|updat|modif")
_OF_DATA: Final = re.compile(r"資料|統計|報價|收盤")
_DECORATION: Final = re.compile(
    r"(?:上午|下午|am|pm)?\s?\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:z\b|[+-]\d{2}:?\d{2})?(?:\s?(?:am|pm))?"
    rf"|\b(?:gmt|utc|cst|est|et|edt)\b(?:[+-]\d+)?|[(]?{_WEEKDAY}[)]?|[^\w\u3400-\u9fff]"
)
_DATELINE: Final = re.compile(r"\s?[)\]】]?\s?[-–—]{1,3}|,?[^。,]{0,6}(?:訊|電|報導)[)】〕]?")
_TELLS: Final = re.compile(
    r"第[一二三四1-4]季|營收|法說|除[權息]|股東會|收盤|量產|年度|財報|股價|配息|預[計估]|目標價|上漲|下跌|產能|投資|會議"
    r"|論壇|展覽|回顧|到期|生效|上路|開幕|以來|截至|截止|資料日|統計|[將至於]$|^\s?[前後起止至將]"
    r"|\b(?:before|until|since|from|revenue|results|forecast|due|in|on|data|as of|q[1-4])\b"
)
"""Words beside a date that tell what happens then."""


_PUBLISHED, _LABELLED, _BYLINE, _UPDATE, _DATA = 0, 1, 2, 4, 5
_ANY_TIME: Final = re.compile(r"日期|時間|日期/?時間|date|time")


def _date(ends: _Ends, header: FrontMatter | None) -> tuple[str | None, DateBasis]:
    if header:
        for key in DATE_KEYS:
            found = next(iter(written_dates(header.first_of((key,))[:_LONGEST])), None)
            if found:
                return found.date, DateBasis.STATED
    candidates = sorted(_candidates(ends), key=lambda one: one[0])
    if candidates:
        surest = candidates[0][1]
        # A title's "2026 年 3 月版" is told to the day by a lesser label of the same month.
        days = (date for _, date in candidates if date.startswith(surest) and len(date) == 10)
        return next(days, surest), DateBasis.STATED
    month = _month_of_the_story(ends.core)
    return (month, DateBasis.INFERRED) if month else (None, DateBasis.UNKNOWN)


def _candidates(ends: _Ends) -> Iterator[tuple[int, str]]:
    """Dates that stand as the article's own, with their rank: the lowest is the surest."""
    for place, lines in ((0, ends.head), (3, ends.frame), (6, ends.tail)):
        for number, (above, line) in enumerate(pairwise(("", *lines))):
            for one in written_dates(line):
                rank = _rank(line, one, above, first=place == 0 and number < 6)
                if rank is not None and not (lines is ends.frame and rank == _BYLINE):
                    yield place + rank, one.date


def _rank(line: str, one: WrittenDate, above: str, *, first: bool) -> int | None:
    """How surely a date is the article's own: the lower the surer; None in a sentence."""
    low = folded(line)
    before, after = low[: one.start], low[one.end :]
    label = _LABEL.search(before[-60:])
    if label and (not one.bare or len(one.date) == 10 or ":" in before[-3:]):
        return _rank_of(label["label"])
    if above and not before.strip() and (match := _LABEL_ALONE.fullmatch(folded(above))):
        return _rank_of(match["label"])
    rest = _DECORATION.sub("", f"{before} {after}")
    if one.bare and rest:
        return None
    tells = _TELLS.search(before) or _TELLS.search(after)
    if shape.width(rest) <= _REST and not tells and not shape.is_prose(line):
        return _BYLINE
    return _BYLINE if first and len(one.date) == 10 and _opens(before, after) else None


def _rank_of(label: str) -> int:
    if _UPDATED.search(label):
        return _UPDATE
    if _OF_DATA.match(label):
        return _DATA
    return _LABELLED if _ANY_TIME.fullmatch(label) else _PUBLISHED


def _opens(before: str, after: str) -> bool:
    """Whether a date with these words around it is the byline or dateline before a paragraph."""
    if shape.width(before) > 40 or "。" in before:
        return False
    if not before.strip():
        return bool(re.match(r"[\st]*\d{1,2}:\d{2}", after))
    if before[:1] in "(【〔[" and re.match(r"\s?[)】〕\]]", after):
        return True
    named = known_publisher(before) and not re.search(r"[。,]", before)
    return bool(named) or bool(_DATELINE.match(after))


def _month_of_the_story(core: Sequence[str]) -> str | None:
    """The month that every date of the story falls into, if two days of it are named."""
    days: set[str] = set()
    months: set[str] = set()
    left = _STORY
    for line in core:
        if left <= 0:
            break
        text, left = line[:left], left - len(line)
        for one in written_dates(text):
            if one.bare or len(one.date) < 7:
                continue
            months.add(one.date[:7])
            if len(months) > 1:
                return None
            days.update([one.date] if len(one.date) == 10 else [])
    return next(iter(months)) if len(days) >= 2 else None


# --- the title --------------------------------------------------------------------------

_BEFORE_DATE: Final = re.compile(r"(?:date|日期|時間)?\s*:?\s*")
_CLOCK: Final = re.compile(r"[\sT]*\d{1,2}:\d{2}(?::\d{2})?(?:[+Z]\S*)?")
_TITLE_FIELD: Final = re.compile(
    r"(?:^|\s)(?:標題|原文標題|文章標題|新聞標題|主旨|headline|subject|title)(?::\s*|\s+)(?P<title>\S.*)$"
)
_TITLE_ABOVE: Final = re.compile(r"(?:原文|文章|新聞)?標題\s?:\s*")
_FIELD: Final = re.compile(r"(?:作者|看板|時間|站內|author|board|發信人|信區)\s*:?\s+\S")
_ISSUE: Final = re.compile(r".{2,20}\s第\s?\d+\s?[期卷號]\s*$")
_KINDS: Final = words(
    "新聞稿 新聞 快訊 獨家 公告 即時新聞 即時 財經 產業 台股 國際 科技 專欄 press news"
)
_MARKS: Final = re.compile(r"^#{1,6}\s+|\s#+$|^\*\*|\*\*$|^__|__$")
_TITLE_END: Final = re.compile(r"[。；，、,;:：]$|(?<![.A-Z])\.$")
_RULE_OR_LINK: Final = re.compile(r"[\W_]+|https?://\S+|!?\[[^\]]*\]\([^)]*\)|\{\{.*\}\}")


def _title(head: Sequence[str], header: FrontMatter | None) -> str:
    if header and (title := header.first_of(TITLE_KEYS)):
        return title[:MAX_TITLE]
    for line in head[:8]:
        if (match := _TITLE_FIELD.search(folded(line))) and match.start() <= 60:
            return _bare(line[match.start("title") :])
    for above, line in pairwise(head):
        if _TITLE_ABOVE.fullmatch(folded(above)):
            return _bare(line)
    for line in head:
        if re.match(r"#\s+\S", line):
            return _bare(line)
    return _first_headline(head)


def _first_headline(head: Sequence[str]) -> str:
    """The first line that is no byline, if it reads like a headline; empty otherwise."""
    for line, below in pairwise((*head[:6], "")):
        if re.fullmatch(r"={3,}", below):
            return _bare(line)
        text = _bare(_without_date(line))
        if text and not _is_frame(text):
            return text if _reads_like_title(text) else ""
    return ""


def _without_date(line: str) -> str:
    """A line without the date that is printed before it, as in `date 2026-02-10 …`."""
    one = next(iter(written_dates(line[:40])), None)
    if one and _BEFORE_DATE.fullmatch(folded(line[: one.start])):
        rest = _CLOCK.sub("", line[one.end :], count=1) if line[one.end :] else ""
        if rest[:1] in ("", " ", "\u3000", "|", "｜", "\t"):
            return rest.strip(" \t\u3000|｜")
    return line


def _is_frame(text: str) -> bool:
    low = folded(text)
    if (
        low.strip("【】[]()") in _KINDS
        or _ISSUE.match(low)
        or _FIELD.match(low)
        or _LABEL_ALONE.fullmatch(low)
        or exact_publisher(text)
    ):
        return True
    if _RULE_OR_LINK.fullmatch(text):
        return True
    if leading_publisher(text) and any(len(one.date) == 10 for one in written_dates(text)):
        return True
    return shape.is_stamp(text) or (shape.is_byline(text) and text[:1] not in "《〈")


def _reads_like_title(text: str) -> bool:
    if shape.is_section_heading(text) or shape.is_table_row(text):
        return False
    if shape.is_bullet(text) or not 6 <= shape.width(text) <= 150:
        return False
    return not ("。" in text or "://" in text or _TITLE_END.search(text) or shape.is_prose(text))


def _bare(text: str) -> str:
    """A title without its marks, and without the publisher after its last bar."""
    title = " ".join(_MARKS.sub("", _MARKS.sub("", text.strip())).split())
    while match := re.search(r"(?:\s+[|–—-]\s+|\s*｜\s*)(?P<last>[^|｜]*)$", title):
        if not exact_publisher(match["last"]):
            break
        title = title[: match.start()]
    return title[:MAX_TITLE].strip()


# --- the address -------------------------------------------------------------------------

_ADDRESS: Final = re.compile(r"https?://[^\s<>()\[\]\\\"'，。；、）】」]+")
_WHOLE_ADDRESS: Final = re.compile(r"https?://[^\s<>()\[\]\\]+")
_ADDRESS_LABEL: Final = re.compile(
    r"[^\w\u3400-\u9fff]{0,4}(?:(?:原文|文章|新聞|原始|本文)?(?:連結|網址|出處|來源)|url|link|source|canonical)\s?:?\s?"
)


def _url(around: Sequence[str], header: FrontMatter | None) -> str | None:
    """The address that the header or a labelled line gives as the article's own."""
    if header:
        for key in URL_KEYS:
            if _WHOLE_ADDRESS.fullmatch(value := header.first_of((key,))):
                return value
    for above, line in pairwise(("", *around)):
        match = _ADDRESS.search(line)
        if match is None:
            continue
        before = line[: match.start()].strip()
        if _ADDRESS_LABEL.fullmatch(folded(before or above)):
            return match[0].rstrip(".,;:!?")
    return None
