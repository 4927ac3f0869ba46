"""What single lines of a page are when they are no article: menus, adverts, lists, notices.

Patterns of the genre, not of any one site. A line that tells news, or names a stock by its code,
is never an advert or a notice, whatever its words.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from dashboard.articles import page_words as words
from dashboard.articles.page_shapes import (
    HEAD,
    ends_in_relative_time,
    has_code,
    is_prose,
    width,
)
from dashboard.articles.page_words import END, ORNAMENT, folded

_LONGEST: Final = 600
"""Nothing longer is a line of a page's frame."""
_LONGEST_BUTTON: Final = 60
_LONGEST_HEADING: Final = 60


class Part(StrEnum):
    """Why a line is no part of the article."""

    NAVIGATION = "navigation"
    SHARE = "share"
    COOKIES = "cookies"
    ADVERT = "advert"
    RELATED = "related"
    TAGS = "tags"
    DISCLAIMER = "disclaimer"
    COPYRIGHT = "copyright"
    AUTHOR = "author"
    COMMENT = "comment"
    FORM = "form"


_COUNT: Final = r"\s?(?:[(]?\d{1,3}[)]?)?"
_LIST_HEADING: Final = re.compile(
    f"{ORNAMENT}(?:(?P<strong>{words.LIST_HEADINGS})|(?P<weak>{words.WEAK_LIST_HEADINGS})"
    f"|(?P<late>{words.ARCHIVE_HEADINGS}))"
    f"{_COUNT}{END}"
)
_ANY_HEADING: Final = re.compile(
    f"{ORNAMENT}(?:{words.LIST_HEADINGS}|{words.WEAK_LIST_HEADINGS}|{words.ARCHIVE_HEADINGS}"
    f"|{words.DISCLAIMER_LABELS}|{words.COMMENT_HEADINGS}|{words.AUTHOR_HEADINGS}"
    f"|{words.TAG_HEADINGS})"
)
_INLINE: Final = re.compile(
    rf"{ORNAMENT}{words.INLINE_RECOMMENDATIONS}\d{{0,2}}\s*[】》〉」)\]*_]{{0,4}}"
    r"(?:\s*[:|▶►▸→»>]|\s+[─—–-]\s|(?<=[】》〉」)\]*_])|(?<=[閱讀聞章導音片看多場容訊])[\s/\[【「《〈]).*\S"
)
_SEPARATORS: Final = re.compile(r"\s*[|>»›/‧・·•●▪,、\t]\s*|\s{2,}")
_BREADCRUMB: Final = re.compile(r"(?:回?首頁|home)\s*[>»›/|]")
_CONTINUES: Final = re.compile(
    rf"{ORNAMENT}(?:(?:我是)?廣告\s*)?[^\w\u3400-\u9fff]{{0,4}}{words.CONTINUES}{END}"
)
_SKIPS: Final = re.compile(f"^{words.SKIPS}")
_SHARES: Final = re.compile(ORNAMENT + words.SHARES)
_COOKIES: Final = re.compile(words.COOKIES)
_TAGS: Final = re.compile(rf"{ORNAMENT}{words.TAG_LABELS}\s*[】\]]?\s*:")
_TAG_HEADING: Final = re.compile(ORNAMENT + words.TAG_HEADINGS + END)
_COPYRIGHT: Final = re.compile(words.COPYRIGHTS)
_RIGHTS_SIGN: Final = re.compile("[©權轉製經(g]")
"""A sign in each of them (the g of rights), which is sooner looked for."""
_DISCLAIMER: Final = re.compile(words.DISCLAIMERS)
_DISCLAIMER_START: Final = re.compile(
    rf"{ORNAMENT}{words.DISCLAIMER_LABELS}\s*[】〉》\])*_]{{0,3}}\s*(?::|$)"
)
_STRONG_DISCLAIMER: Final = re.compile(
    rf"{ORNAMENT}{words.STRONG_DISCLAIMER_LABELS}\s*[】〉》\])*_]{{0,3}}\s*:"
)
_HOLDINGS: Final = re.compile(words.HOLDINGS)
_OF_THE_REPORT: Final = re.compile(words.OF_THE_REPORT)
_ABOUT_ITSELF: Final = re.compile(
    r"[※*_(\[【\s]{0,4}(?:本(?:文|報告|篇|內容|資料|專欄|影片|節目|刊)"
    r"|以上|上述|文中|筆者|作者|提及|所提|this|the (?:author|information))"
)
_AUTHOR: Final = re.compile(ORNAMENT + words.AUTHOR_HEADINGS + END)
_AUTHOR_BOX: Final = re.compile(
    rf"{ORNAMENT}{words.AUTHOR_HEADINGS}(?:\s*[】〉》\])*_]{{1,4}}\s*[:|]?|\s*[:|]|\s{{2,}})\s*\S"
)
_AUTHOR_SENTENCE: Final = re.compile(rf"[*_※(\[【\s>-]{{0,4}}{words.AUTHOR_SENTENCES}")
_SEARCH_LIST: Final = re.compile(
    rf"{ORNAMENT}{words.SEARCH_LISTS}\s*[】〉》\])*_]{{0,3}}\s*[:|]\s*(?P<names>\S.*)$"
)
_SEARCH_HEADING: Final = re.compile(ORNAMENT + words.SEARCH_LISTS + END)
_PREVIEW: Final = re.compile(rf"{ORNAMENT}{words.PREVIEWS}\s*[】〉》\])*_]{{0,3}}\s*[:|]\s*\S")
_RULE: Final = re.compile(r"\s*([-─—–_=*~＿━═])(?:\s?\1){2,}\s*")
_HINT: Final = re.compile(
    r"\s*[(（]\s*(?:例[:：\s]|例子|範例|ex[.:：\s]|e\.?g\.?[:：\s]|請|限\s?\d)[^)）]{0,40}[)）]\s*",
    re.I,
)
_FIELD: Final = re.compile(r"\s*(?:[(（]?\d{1,2}[.、)）]\s*)?[^\s:：。，]{1,16}\s?[:：].{0,40}")
_EDITOR: Final = re.compile(rf"{ORNAMENT}{words.EDITORS}\s*[:/]\s*\S.{{0,30}}$")
_COMMENT: Final = re.compile(r"(?:推|噓|→)\s+[A-Za-z]\w{1,15}\s{0,8}[:：]")
_BOARD_NOTICE: Final = re.compile(words.BOARD_NOTICES)
_COMMENT_HEADING: Final = re.compile(ORNAMENT + words.COMMENT_HEADINGS + _COUNT + END)
_COMMENT_SIGN: Final = re.compile(
    r"^(?:回覆|讚|按讚|檢舉|b\d{1,3}\b|#\d{1,3}\b|reply|like\b|report\b|@\w)|(?:回覆|檢舉|reply)$"
)
_CALL: Final = re.compile(words.CALLS)
_ADDRESSED: Final = re.compile(words.ADDRESSES)
_LABELLED_ADVERT: Final = re.compile(
    rf"(?:[【\[(<〈]\s?{words.LABELLED_ADVERTS}\s?[】\])>〉]|{words.LABELLED_ADVERTS}\s?:).*\S"
)


def single(line: str) -> Part | None:
    """What a line is by itself; None where it may be of the article."""
    text = line.strip()
    if not text or len(text) > _LONGEST:
        return None
    if _COMMENT.match(text):
        return Part.COMMENT
    low = folded(text)
    if _BOARD_NOTICE.match(low):
        return Part.COMMENT
    if len(low) <= 400 and _INLINE.match(low):
        return Part.RELATED
    if _is_navigation(low):
        return Part.NAVIGATION
    if len(low) <= 60 and _SHARES.match(low) and not is_prose(text):
        return Part.SHARE
    if _is_tags(low):
        return Part.TAGS
    if _is_search_list(low):
        return Part.RELATED
    if len(low) <= 400 and _AUTHOR_BOX.match(low):
        return Part.AUTHOR
    return _notice(text, low)


def _notice(text: str, low: str) -> Part | None:
    """Adverts and notices, which are sentences too: never those that tell news of a stock."""
    if "cookie" in low and len(low) <= 300 and _COOKIES.search(low):
        return Part.COOKIES
    if _EDITOR.match(low):
        return Part.AUTHOR
    if is_strong_disclaimer(text, low):
        return Part.DISCLAIMER
    if len(low) > HEAD * 2 or has_code(text):
        return None
    if len(low) <= HEAD and _LABELLED_ADVERT.match(low):
        return Part.ADVERT
    if len(low) <= HEAD and _tells_rights(low) and not _tells_news(low):
        return Part.COPYRIGHT
    if disclaimer_score(text) >= 2:
        return Part.DISCLAIMER
    return Part.ADVERT if _is_call(low) else None


def _tells_rights(low: str) -> bool:
    return bool(_RIGHTS_SIGN.search(low)) and bool(_COPYRIGHT.search(low))


def _tells_news(low: str) -> bool:
    return is_prose(low) and bool(words.REPORTS.search(low))


def _is_navigation(low: str) -> bool:
    """A menu, a breadcrumb, or a button of a page's frame."""
    text = low.strip("*_#[]【】()<>«»‹›←→↑↓☰✕× ")
    if not text or len(text) > (_LONGEST_BUTTON if "。" in text else HEAD):
        return False
    if _SKIPS.match(text) or _CONTINUES.match(text):
        return True
    if _BREADCRUMB.match(text):
        return not is_prose(text)
    parts = [part for part in _SEPARATORS.split(text) if part]
    if len(parts) == 1 and " " in text and text not in words.MENU_PHRASES:
        parts = text.split()
    if len(parts) == 1:
        known = text in words.FURNITURE or text in words.MENU_PHRASES
        return known and text not in words.COMPANIES_TOO
    menu = sum(part in words.MENU or part in words.MENU_PHRASES for part in parts)
    return (menu >= 3 and menu >= 0.6 * len(parts)) or words.FURNITURE.issuperset(parts)


def _is_tags(low: str) -> bool:
    if _TAGS.match(low):
        return "。" not in low
    tokens = low.split() if low.startswith("#") else []
    return len(tokens) >= 2 and all(re.match(r"#[^#\s]", token) for token in tokens)


def _is_search_list(low: str) -> bool:
    """Whether a line tells what others search or discuss: names only, no figures of trading."""
    match = _SEARCH_LIST.match(low) if len(low) <= HEAD else None
    if match is None or re.search(r"[。%漲跌]", match["names"]):
        return False
    return all(width(name) <= 24 for name in re.split(r"[\s,、|/·・#]+", match["names"]))


def _is_call(low: str) -> bool:
    """An invitation to subscribe, join or download; not news about such things."""
    calls = sum(1 for _ in _CALL.finditer(low)) if len(low) <= 260 else 0
    if not calls or _tells_news(low):
        return False
    return calls >= 2 or width(low) <= 80 or bool(_ADDRESSED.search(low))


def may_head(line: str) -> bool:
    """Whether a line can be any of the headings below: most lines need no closer look."""
    text = line.strip()
    if len(text) > _LONGEST_HEADING:
        return False
    return text == "--" or bool(_ANY_HEADING.match(folded(text)))


def list_heading(line: str) -> str | None:
    """`strong` or `weak` where a line announces a list of other articles; else None."""
    text = line.strip()
    match = _LIST_HEADING.match(folded(text)) if len(text) <= _LONGEST_HEADING else None
    return match.lastgroup if match else None


def is_disclaimer_heading(line: str) -> bool:
    text = line.strip()
    if len(text) > 40 or not (match := _DISCLAIMER_START.match(low := folded(text))):
        return False
    return match.end() == len(low) or (disclaimer_score(text) >= 2 and not has_code(text))


def disclaimer_score(line: str) -> int:
    """How much a line reads like a disclaimer, by its phrases and its opening: 2 is one."""
    text = line.strip()
    if not text or len(text) > 3 * _LONGEST:
        return 0
    low = folded(text)
    start = _DISCLAIMER_START.match(low)
    if not (found := _DISCLAIMER.findall(low)) and not start:
        return 0
    score = len(set(found))
    # 聲明：鴻海表示 and 風險提示：銅價若大漲 are of the article: such labels need more.
    more = found or _STRONG_DISCLAIMER.match(low) or (start and not low[start.end() :].strip())
    score += 2 * bool(start and (more or _OF_THE_REPORT.search(low[start.end() :][:60])))
    set_off = text[0] in "※＊*(（【[_" or width(text) <= 100
    return score + bool(score and set_off and not _tells_news(low))


def is_strong_disclaimer(text: str, low: str) -> bool:
    """Whether a line is a disclaimer even with a code in it, such as what its writer holds."""
    label = _STRONG_DISCLAIMER.match(low)
    if label:
        told = _DISCLAIMER.search(low) or _HOLDINGS.search(low)
        return bool(told) or not words.REPORTS.search(low)
    if not _ABOUT_ITSELF.match(low):
        return False
    return bool(_DISCLAIMER.search(low) and _HOLDINGS.search(low))


def reads_like_disclaimer(line: str) -> bool:
    """Whether a line goes on with a disclaimer that a heading began."""
    if has_code(line):
        low = folded(line.strip())
        return is_strong_disclaimer(line.strip(), low) or bool(_HOLDINGS.search(low[:_LONGEST]))
    return disclaimer_score(line) >= 1 or bool(_OF_THE_REPORT.search(folded(line[:60])))


def is_addressed(line: str) -> bool:
    """Whether a line speaks to the reader about what the page sells, or is a short caption."""
    if has_code(line):
        return False
    return bool(_ADDRESSED.search(folded(line[:HEAD]))) or not is_prose(line)


def is_comment_heading(line: str) -> bool:
    return len(line) <= 40 and bool(_COMMENT_HEADING.match(folded(line.strip())))


def is_comment_sign(line: str) -> bool:
    """Whether a line is of a comment's frame: reply, like, a floor number, how long ago."""
    if _COMMENT_SIGN.search(folded(line[:HEAD].strip())):
        return True
    return width(line) <= 60 and ends_in_relative_time(line)


def is_signature_mark(line: str) -> bool:
    """Whether a board's signature begins: two hyphens alone."""
    return line.rstrip() == "--"


def is_board_notice(line: str) -> bool:
    return bool(_BOARD_NOTICE.match(folded(line[:HEAD].strip())))


def is_author_heading(line: str) -> bool:
    return len(line) <= 40 and bool(_AUTHOR.match(folded(line.strip())))


def is_author_sentence(line: str) -> bool:
    """Whether a line tells who its author is: a box only where the article has ended."""
    text = line.strip()
    return len(text) <= HEAD and not has_code(text) and bool(_AUTHOR_SENTENCE.match(folded(text)))


def is_preview(line: str) -> bool:
    """Whether a line announces a column's next part."""
    text = line.strip()
    return len(text) <= 120 and not has_code(text) and bool(_PREVIEW.match(folded(text)))


def is_rule(line: str) -> bool:
    return len(line) <= 200 and bool(_RULE.fullmatch(line))


def is_hint(line: str, above: str) -> bool:
    """Whether a line is a form's own example of how to fill the field above it."""
    return len(line) <= 80 and bool(_HINT.fullmatch(line)) and bool(_FIELD.fullmatch(above.strip()))


def is_search_heading(line: str) -> bool:
    return len(line) <= 40 and bool(_SEARCH_HEADING.match(folded(line.strip())))


def is_tag_heading(line: str) -> bool:
    return len(line) <= 40 and bool(_TAG_HEADING.match(folded(line.strip())))
