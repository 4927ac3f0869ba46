"""What an article says of itself: its title, who published it, when, and where.

Only the header, the lines around the beginning and the end count, and there only dates that
stand as the article's own: beside a label such as 發布時間, in the byline, alone on a line. A date in
a sentence tells when something happened.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard.articles import page_parts as page
from dashboard.articles.dates import WrittenDate, half_width, written_dates
from dashboard.articles.front_matter import (
    DATE_KEYS,
    PUBLISHER_KEYS,
    TITLE_KEYS,
    URL_KEYS,
    FrontMatter,
)
from dashboard.articles.publishers import (
    PUBLISHERS,
    is_organisation,
    known_publisher,
    publisher_name,
)
from dashboard.supply_chain.models import DateBasis

HEAD_LINES: Final = 24
TAIL_LINES: Final = 8
MAX_TITLE: Final = 200
_LONGEST: Final = 400

_EDGE: Final = r"(?:^|[\s|/·・>*#•,，(\[【〔《〈_「-])"
_DATE_LABEL: Final = re.compile(
    _EDGE + r"(?P<label>"
    r"(?:(?:首次|文章|新聞|原文|報告|貼文|撰稿|建立|上稿|最後|最近|本文)?(?:發布|發佈|發表|刊登|刊出|出刊|發刊|出版|上線|上架|更新|張貼|撰寫|建立|修改|發稿|發文|報告|研究|公布)(?:時間|日期|日|於|在)?"
    r"|日期|時間|日期時間|報告日|date(?: published| posted)?|published(?: on| at)?|posted(?: on| at)?|updated(?: on| at)?|last (?:updated|modified)(?: on)?|publish(?:ed)? (?:date|time)|release date|issued(?: on)?|time|as of))"
    r"[\]】〕》)*_]{0,3}\s{0,3}[:>＞]?\s{0,4}[*_]{0,2}\s?(?:週[一二三四五六日]|星期[一二三四五六日天]|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?)?\s?$",
    re.I,
)
_UPDATED: Final = re.compile(r"更新|修改|updat|modif|as of", re.I)
_LABEL_ONLY: Final = re.compile(
    r"^[^\w\u3400-\u9fff]{0,4}(?P<label>[\u3400-\u9fff]{2,6}|[a-z][a-z ]{2,20})\s?[:]\s*$", re.I
)
_DECORATION: Final = re.compile(
    r"(?:上午|下午|am|pm)?\s?\d{1,2}:\d{2}(?::\d{2})?(?:\s?(?:am|pm))?(?:\.\d+)?|t?\d{2}:\d{2}(?::\d{2})?(?:z|[+-]\d{2}:?\d{2})?|\b(?:gmt|utc|cst|est|et|edt)\b(?:[+-]\d+)?"
    r"|[(（]?(?:週|星期|周)[一二三四五六日天][)）]?|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|[^\w\u3400-\u9fff]",
    re.I,
)
_DATELINE: Final = re.compile(
    r"^\s?(?:[-–—]{1,3}|／|/(?=\S)|[)）\]】]?\s?[-–—]{1,3}|[^。，,]{0,6}(?:訊|電|報導)[)）】〕]?)",
    re.I,
)
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
        title=_title(ends, front_matter),
        publisher=_publisher(ends, front_matter),
        date=date,
        date_basis=basis,
        url=_url(ends, front_matter),
    )


@dataclass(frozen=True)
class _Ends:
    """The first and last lines of the article that are not blank, cut to a sane length."""

    head: tuple[str, ...]
    tail: tuple[str, ...]
    frame: tuple[str, ...]
    """Digest lines near both ends: only labels and copyright lines count there."""
    core: tuple[str, ...]

    @classmethod
    def of(
        cls,
        lines: Sequence[str],
        front_matter: FrontMatter | None,
        digest: Sequence[tuple[int, int]],
    ) -> _Ends:
        start = front_matter.lines[1] if front_matter else 0
        out = {n for first, last in digest for n in range(first, last + 1)}
        numbered = [(n, line) for n, line in enumerate(lines[start:], start + 1) if line.strip()]
        core = tuple(_cut(line) for n, line in numbered if n not in out)
        frame = [_cut(line) for n, line in numbered[:HEAD_LINES] if n in out]
        frame += [_cut(line) for n, line in numbered[-HEAD_LINES:] if n in out]
        return cls(core[:HEAD_LINES], core[HEAD_LINES:][-TAIL_LINES:], tuple(frame), core)


def _cut(line: str) -> str:
    return line.strip("\ufeff \t\r\u3000")[:_LONGEST]


# --- the date --------------------------------------------------------------------------


def _date(ends: _Ends, header: FrontMatter | None) -> tuple[str | None, DateBasis]:
    if header:
        written = header.first_of(DATE_KEYS)
        found = next(iter(written_dates(written[:_LONGEST])), None)
        if found:
            return found.date, DateBasis.STATED
    candidates = sorted(_candidates(ends), key=lambda one: one[0])
    if candidates:
        return candidates[0][1], DateBasis.STATED
    month = _month_of_the_story(ends.core)
    return (month, DateBasis.INFERRED) if month else (None, DateBasis.UNKNOWN)


def _candidates(ends: _Ends) -> Iterator[tuple[int, str]]:
    """Dates that stand as the article's own, with their rank: published, byline, updated, tail."""
    for place, lines in ((0, ends.head), (4, ends.tail), (2, ends.frame)):
        for i, line in enumerate(lines):
            label_above = _label(lines[i - 1]) if i else ""
            for one in written_dates(line):
                rank = _rank(line, one, label_above, first=i < 6 and place == 0)
                if rank is None or (place == 2 and rank == 1):
                    continue
                yield place + rank, one.date


def _rank(line: str, one: WrittenDate, label_above: str, *, first: bool) -> int | None:
    """0 beside a label, 1 in a byline or alone, 3 beside a label of updates; None in a sentence."""
    before, after = half_width(line[: one.start]), half_width(line[one.end :])
    match = _DATE_LABEL.search(before[-60:])
    if match and not (one.bare and len(one.date) < 10 and ":" not in before[-3:]):
        return 3 if _UPDATED.search(match["label"]) else 0
    if label_above:
        return 3 if _UPDATED.search(label_above) else 0
    if one.bare and half_width(line).strip() != half_width(line[one.start : one.end]):
        return None
    rest = _DECORATION.sub("", f"{before} {after}")
    if page.width(rest) <= _REST and not page.is_prose(line) and not _tells(rest):
        return 1
    if not first or len(one.date) < 10:
        return None
    if before.strip() == "" or (page.width(before) <= 40 and _source_before(before)):
        clock = re.match(r"[\sT]*\d{1,2}:\d{2}", after)
        return 1 if clock or _source_before(before) else None
    dateline = page.width(before) <= 40 and "。" not in before and _DATELINE.match(after)
    return 1 if dateline else None


_STORY: Final = re.compile(
    r"第[一二三四1-4]季|營收|法說|除[權息]|股東會|收盤|量產|年度|財報|股價|配息|預[計估]|將|至|起|前|後|目標|漲|跌|產能|投資|會議|論壇|展|回顧|展望|到期|生效|上路|開幕|以來|截至|before|until|since|by|from|revenue|results|forecast",
    re.I,
)


def _tells(rest: str) -> bool:
    """Whether the words beside a date say what happens then."""
    return bool(_STORY.search(rest))


def _source_before(before: str) -> bool:
    text = before.strip(" 〔【[(（")
    return (
        (bool(text)
        and text[:30].lower() in PUBLISHERS)
        or bool(
            known_publisher(before)
            and page.width(before) <= 40
            and not re.search(r"[，。,]", before)
        )
    )


def _label(line: str) -> str:
    """The label of a line that holds only one, such as PTT's 發布時間：."""
    text = half_width(line)
    match = _LABEL_ONLY.match(text)
    return match["label"] if match and _DATE_LABEL.search(text.rstrip()) else ""


def _month_of_the_story(core: Sequence[str]) -> str | None:
    """The month that every date of the story falls into, if at least two days of it are named."""
    days: set[str] = set()
    months: Counter[str] = Counter()
    for line in core:
        for one in written_dates(line):
            if one.bare or len(one.date) < 7:
                continue
            months[one.date[:7]] += 1
            days.update([one.date] if len(one.date) == 10 else [])
    return next(iter(months)) if len(months) == 1 and len(days) >= 2 else None


# --- the title --------------------------------------------------------------------------

_DATED_START: Final = re.compile(r"^(?:date|日期|時間)?\s*[::]?\s*$", re.I)
_PTT_TITLE: Final = re.compile(
    r"^(?:標題|原文標題|文章標題|新聞標題|主旨|title|headline|subject)\s*(?:[::]\s*|\s+)(?P<title>\S.*)$",
    re.I,
)
_PTT_FIELD: Final = re.compile(
    r"^(?:作者|看板|時間|站內|author|board|發信人|信區)\s*[::]?\s+\S", re.I
)
_MARKS: Final = re.compile(r"^#{1,6}\s+|\s#+$|^\*\*|\*\*$|^__|__$")
_TITLE_END: Final = re.compile(r"[。；，、,;:：]$|(?<![.A-Z])\.$")


def _title(ends: _Ends, header: FrontMatter | None) -> str:
    if header and (title := header.first_of(TITLE_KEYS)):
        return title[:MAX_TITLE]
    for line in ends.head[:8]:
        if match := _PTT_TITLE.match(half_width(line)):
            return _bare(line[match.start("title") :])
    for line in ends.head:
        if re.match(r"#\s+\S", line):
            return _bare(line)
    return next(_first_headline(ends.head), "")


def _first_headline(head: Sequence[str]) -> Iterator[str]:
    """The first line that is no byline, if it reads like a headline."""
    for i, line in enumerate(head[:6]):
        if i + 1 < len(head) and re.fullmatch(r"={3,}", head[i + 1]):
            yield _bare(line)
            return
        text = _without_date(line)
        if not text or _is_frame(line, text):
            continue
        if _reads_like_title(text):
            yield _bare(text)
        return


def _without_date(line: str) -> str:
    """A line without the date that is printed before it: `date 2026-02-10 …`."""
    one = next(iter(written_dates(line[:40])), None)
    if one and _DATED_START.match(half_width(line[: one.start])):
        rest = re.sub(r"^[\sT]*\d{1,2}:\d{2}(?::\d{2})?(?:[+Z]\S*)?", "", line[one.end :])
        if rest[:1] in ("", " ", "\u3000", "|", "｜", "\t"):
            return rest.strip(" \t\u3000|｜")
    return line


def _is_frame(line: str, text: str) -> bool:
    plain = text.strip(" []【】〔〕()（）|｜")
    if _PTT_FIELD.match(half_width(text)) or _label(text) or plain.lower() in PUBLISHERS:
        return True
    if re.fullmatch(r"[\W_]+|https?://\S+|!?\[[^\]]*\]\([^)]*\)", text):
        return True
    if _PTT_TITLE.match(half_width(text)):
        return False
    return (page.is_byline(text) and not text.startswith("《")) or page.is_stamp(line)


def _reads_like_title(text: str) -> bool:
    if page.is_section_heading(text) or page.is_bullet(text) or page.is_table_row(text):
        return bool(re.match(r"#|\*\*", text))
    if not 6 <= page.width(text) <= 150 or "。" in text or _TITLE_END.search(text):
        return False
    return not page.is_prose(text) and "http" not in text


def _bare(text: str) -> str:
    title = " ".join(_MARKS.sub("", _MARKS.sub("", text.strip())).split())
    parts = re.split(r"\s+[|｜–—-]\s+|｜", title)
    while len(parts) > 1 and half_width(parts[-1]).strip().lower() in PUBLISHERS:
        parts.pop()
        title = title[: title.rindex(parts[-1]) + len(parts[-1])]
    return title[:MAX_TITLE].strip()


# --- the publisher ----------------------------------------------------------------------

_SOURCE: Final = re.compile(
    r"^[^\w\u3400-\u9fff]{0,6}(?:(?:新聞|文章|原文|發布|報導|消息|媒體|原始|內容)?(?:來源|出處)|原文媒體|刊載媒體|媒體(?:名稱)?|publisher|source|via|originally published (?:in|by|on)|published by)\s*[\]】)）]?\s*[:|]\s*(?P<name>\S.*)?$",
    re.I,
)
_SOURCE_LABEL: Final = re.compile(
    r"^[^\w\u3400-\u9fff]{0,4}(?:(?:新聞|文章|原文|發布)(?:來源|出處)|來源|出處|媒體)\s?:\s*$"
)
_BRACKET: Final = re.compile(
    r"^[^\w\u3400-\u9fff]{0,3}[【〔(\[「《〈](?P<name>[^】〕)\]」》〉]{2,40})[】〕)\]」》〉]"
)
_REPORTER: Final = re.compile(
    r"記者|編譯|特派|特約|／|/|[-–—]|駐|綜合|新聞中心|\d{1,2}日|報導|外電"
)
_BOARD: Final = re.compile(
    r"^(?:作者\s.{0,60})?(?:看板|board)\s*[::]?\s*(?P<name>[A-Za-z][\w-]{1,20})", re.I
)
_WIRE: Final = re.compile(r"^[A-Z][A-Z .,]{2,30},? .{0,20}[(（](?P<name>[^)）]{2,30})[)）]\s?[-–—]")
_RIGHTS: Final = re.compile(
    r"(?:©|\(c\)|copyright|版權所有|著作權(?:所有)?)(?P<after>.*)$|^(?P<before>.*?)(?:版權所有|著作權所有|all rights reserved)",
    re.I,
)
_RIGHTS_NOISE: Final = re.compile(
    r"©|\(c\)|copyright|all rights reserved\.?|版權所有|著作權所有|未經.*$|不得.*$|請勿.*$|轉載.*$|\b(?:by|since)\b|\d{4}(?:\s?[-–~]\s?\d{4})?|股份有限公司|版權|，.*$|。.*$",
    re.I,
)


def _publisher(ends: _Ends, header: FrontMatter | None) -> str:
    if header and (name := _of_header(header)):
        return name
    return next(_publishers(ends), "")


def _of_header(header: FrontMatter) -> str:
    for key in PUBLISHER_KEYS:
        value = header.first_of((key,))
        name = publisher_name(value)
        if not name or value.lower().startswith(("http:", "https:")):
            continue
        if key not in ("author", "authors", "作者") or is_organisation(name):
            return name
    return ""


def _publishers(ends: _Ends) -> Iterator[str]:
    """Publishers that an article names as its own, the surest first."""
    around = (*ends.head, *ends.tail, *ends.frame)
    yield from filter(None, (_named_source(a, b) for a, b in _pairs(around)))
    for line in ends.head[:10]:
        if name := _byline(line):
            yield name
    for line in ends.head[:6]:
        if match := _BOARD.match(half_width(line)):
            yield f"PTT {match['name']}"
    for line in ends.head[:6]:
        parts = re.split(r"\s+[|｜–—-]\s+|｜", line)
        yield from (
            PUBLISHERS[p.strip().lower()] for p in parts[1:] if p.strip().lower() in PUBLISHERS
        )
    for line in (*ends.tail, *ends.head, *ends.frame):
        if name := _rights(line):
            yield name
    for line in ends.frame[:6]:
        first = re.split(r"\s*[|>＞»›/]\s*", line)[0].strip()
        if name := PUBLISHERS.get(first.lower(), ""):
            yield name


def _pairs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(lines, (*lines[1:], ""), strict=True)


def _named_source(line: str, below: str) -> str:
    """The name beside 來源：, or below it."""
    text = half_width(line)
    if _SOURCE_LABEL.match(text):
        return publisher_name(below) if len(below) <= 40 else ""
    match = _SOURCE.match(text)
    if not match or not match["name"] or len(text) > 90:
        return ""
    written = line[match.start("name") :]
    written = re.split(r"[,，;；、]|\s{2,}|https?://|\s[|｜/]\s", written)[0]
    known = known_publisher(written)
    return known if known and len(written) <= 24 else publisher_name(written)


def _byline(line: str) -> str:
    """The publisher in front of a reporter's name, or the one a byline consists of."""
    text = half_width(line)
    if match := _BRACKET.match(text):
        name, *rest = _REPORTER.split(match["name"])
        name = name.strip()
        if name.lower() in PUBLISHERS or (rest and is_organisation(name)):
            return publisher_name(name)
        if known := _leading(match["name"]):
            return known
    if match := _WIRE.match(text):
        return known_publisher(match["name"])
    if page.is_prose(line) and not re.match(r".{0,12}\d{4}", text):
        return ""
    dated = next(iter(written_dates(text[:60])), None)
    lead = text[: dated.start] if dated else text
    if (
        dated is None
        and not re.search(r"記者|編譯|新聞中心|報導", text)
        and text.strip().lower() not in PUBLISHERS
    ):
        return ""
    if page.width(lead) > 60:
        return ""
    return _leading(lead) or (_trailing(text[dated.end :]) if dated else "")


def _leading(text: str) -> str:
    """The known publisher a text begins with."""
    lead = text.strip(" [【〔(（「《*_|").lower()
    for size in range(min(len(lead), MAX_LEAD), 1, -1):
        if lead[:size] in PUBLISHERS:
            after = lead[size : size + 1]
            if not (after.isascii() and after.isalpha()):
                return PUBLISHERS[lead[:size]]
    return ""


MAX_LEAD: Final = max(map(len, PUBLISHERS))


def _trailing(text: str) -> str:
    """The known publisher after a byline's date: `2025/11/25 14:03 經濟日報 …`."""
    if page.width(text) > 50 or "。" in text:
        return ""
    rest = re.sub(r"^[\s\d:|T/+Z()（）上下午週星期一二三四五六日]+", "", text)
    return _leading(rest)


def _rights(line: str) -> str:
    """The name in a copyright line."""
    text = half_width(line)
    if len(text) > 160 or not (match := _RIGHTS.search(text)):
        return ""
    if known := known_publisher(text):
        return known
    name = _RIGHTS_NOISE.sub("", match["after"] or match["before"] or "").strip(" .,-|:")
    return publisher_name(name) if name and is_organisation(name) else ""


# --- the address -------------------------------------------------------------------------

_ADDRESS: Final = re.compile(r"https?://[^\s<>()\[\]\\\"'，。；、）】」]+")
_WHOLE_ADDRESS: Final = re.compile(r"https?://[^\s<>()\[\]\\]+")
_ADDRESS_LABEL: Final = re.compile(
    r"(?:^|[\s※|])(?:原文|文章|新聞|原始|本文)?(?:連結|網址|出處|來源)|^(?:url|link|source|canonical)\b",
    re.I,
)


def _url(ends: _Ends, header: FrontMatter | None) -> str | None:
    if header:
        for key in URL_KEYS:
            value = header.first_of((key,))
            if _WHOLE_ADDRESS.fullmatch(value):
                return value
    around = (*ends.head, *ends.tail, *ends.frame)
    for i, line in enumerate(around):
        match = _ADDRESS.search(line)
        if match is None:
            continue
        before = half_width(line[: match.start()])
        above = around[i - 1] if i and not before.strip() else ""
        if _ADDRESS_LABEL.search(before or half_width(above)[:20]) and len(before) <= 20:
            return match[0].rstrip(".,;:!?")
    return None
