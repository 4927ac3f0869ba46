"""The text of a PDF in reading order, without what every page repeats."""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from pypdf import PageObject, PasswordType, PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ContentStream, NameObject

from dashboard.articles.dates import iso_date
from dashboard.articles.isolated import MAX_PAGES, Extracted, Refused
from dashboard.articles.page_layout import Piece, Row, columns_of, paragraphs_of, rows_of
from dashboard.articles.text import cleaned

_SHOWS: Final = frozenset((b"Tj", b"TJ", b"'", b'"'))
_EDGE_ROWS: Final = 3
_PAGE_NUMBER: Final = re.compile(
    r"[-–—\s.|]*(?:第|page|p\.?)?\s*\d{1,4}\s*"
    r"(?:頁|(?:/|of|之|,?\s*共)\s*\d{1,4}\s*頁?)?[-–—\s.|]*",
    re.I,
)
_ADDRESS: Final = re.compile(r"(?:https?|file)://\S+(?:\s.{0,12})?")
_PRINTED: Final = re.compile(
    r"\d{1,4}/\d{1,2}/\d{1,4},? (?:(?:上午|下午|凌晨|清晨|中午|晚上) ?)?"
    r"\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?\b.{0,150}"
)
"""What browsers print above a page."""
_COMPATIBLE: Final = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06]")
"""Radicals and ligatures that fonts give in place of characters: ⾦ for 金, ﬁ for fi."""
_NO_TITLE: Final = re.compile(
    r"microsoft (?:word|powerpoint|excel)\b.*|untitled.*|未命名.*|文件\s*\d*|document\s*\d*"
    r"|slide\s*\d*|print.*|about:blank|.*\.(?:docx?|pptx?|xlsx?|pdf|indd|html?|txt|md|ai|cdr|pages|odt)",
    re.I,
)
_CREATED: Final = re.compile(r"D?:?(\d{4})(\d{2})(\d{2})")


def read_pdf(content: bytes) -> Extracted:
    """Lines of a PDF: the article's, then headers, footers and page numbers once each.

    Raises
    ------
    Refused
        If it is damaged, protected, too long or without text.
    """
    try:
        reader = _opened(content)
        pages = [_pieces(page) for page in reader.pages]
        title, created = _information(reader)
    except PyPdfError:
        raise Refused("broken") from None
    rows = [rows_of(upright) for upright, _ in pages]
    if not any(rows):
        raise Refused("scanned")
    bodies, frame = _without_frame(rows)
    article = paragraphs_of([column for body in bodies for column in columns_of(body)])
    aslant = [text for _, other in pages for text in other]
    rest = dict.fromkeys(one for one in (*frame, *aslant) if one not in set(article))
    return Extracted(
        lines=(*article, *rest),
        article=len(article),
        title=title or _headline(bodies),
        inferred=created,
    )


def _opened(content: bytes) -> PdfReader:
    reader = PdfReader(io.BytesIO(content))
    try:
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise Refused("encrypted")
    except (DependencyError, NotImplementedError):
        raise Refused("encrypted") from None
    if reader.get_num_pages() > MAX_PAGES:
        raise Refused("pages")
    return reader


def _pieces(page: PageObject) -> tuple[list[Piece], list[str]]:
    """What a page shows and where, and the texts that stand aslant on it."""
    found: list[tuple[int, Piece]] = []

    def see(text: str, cm: list[float], tm: list[float], _: Any, size: float) -> None:
        text = _COMPATIBLE.sub(_plain, cleaned(text).replace("\n", " "))
        if text:
            found.append(_placed(text, cm, tm, size))

    contents = page.get("/Contents")
    if contents is None or contents.get_object() is None:
        return [], []
    page[NameObject("/Contents")] = _apart(ContentStream(contents, page.pdf, "bytes"))
    page.extract_text(visitor_text=see)
    sizes: Counter[int] = Counter()
    for turn, piece in found:
        sizes[turn] += len(piece.text.strip())
    usual = min(sizes, key=lambda turn: (-sizes[turn], turn), default=0)
    upright = _joined_at_one_place([piece for turn, piece in found if turn == usual])
    return upright, [
        piece.text.strip() for turn, piece in found if turn != usual and piece.text.strip()
    ]


def _plain(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _apart(contents: ContentStream) -> ContentStream:
    """The stream with an end of text after each text shown: pypdf then tells of each by itself.

    It joins what stands on one line otherwise, over the gap between two columns too.
    """
    apart: list[tuple[Any, bytes]] = []
    for operands, operator in contents.operations:
        apart.append((operands, operator))
        if operator in _SHOWS:
            apart.append(([], b"ET"))
    contents.operations = apart
    return contents


def _placed(text: str, cm: Sequence[float], tm: Sequence[float], size: float) -> tuple[int, Piece]:
    """The quarter turn of a text, and the text as if it were upright."""
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    along = (tm[0] * cm[0] + tm[1] * cm[2], tm[0] * cm[1] + tm[1] * cm[3])
    up = (tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
    angle = math.degrees(math.atan2(along[1], along[0])) % 360
    turn = round(angle / 90) % 4
    if abs(angle - 90 * round(angle / 90)) > 5:
        turn = 4
    for _ in range(turn % 4):
        x, y = y, -x
    height = abs(size) * math.hypot(*up)
    return turn, Piece(round(x, 2), round(y, 2), max(round(height, 2), 0.1), text)


def _joined_at_one_place(pieces: Sequence[Piece]) -> list[Piece]:
    """Texts at one place follow each other: pypdf does not move on by what is shown."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and (last.x, last.y) == (piece.x, piece.y) and last.text != piece.text:
            joined[-1] = Piece(last.x, last.y, last.size, last.text + piece.text)
        else:
            joined.append(piece)
    return joined


def _without_frame(pages: Sequence[Sequence[Row]]) -> tuple[list[list[Row]], list[str]]:
    """The rows of each page, and apart from them those that pages repeat at their edges."""
    counts: Counter[tuple[bool, str]] = Counter()
    for rows in pages:
        counts.update({(top, _pattern(row)) for row, top in _edges(rows)})
    enough = max(2, math.ceil(0.4 * len(pages)))
    bodies, frame = [], []
    for rows in pages:
        out = {
            id(row)
            for row, top in _edges(rows)
            if counts[top, _pattern(row)] >= enough or _is_frame(row.text)
        }
        bodies.append([row for row in rows if id(row) not in out])
        frame += [row.text for row in rows if id(row) in out]
    # Pages of one line each have no frame: what repeats there is all there is.
    return (bodies, frame) if any(bodies) else ([list(rows) for rows in pages], [])


def _edges(rows: Sequence[Row]) -> list[tuple[Row, bool]]:
    half = min(_EDGE_ROWS, len(rows) // 2)
    top = [(row, True) for row in rows[:half]]
    return top + [(row, False) for row in rows[len(rows) - half :]]


def _pattern(row: Row) -> str:
    return re.sub(r"\d+", "#", "".join(row.text.split()))


def _is_frame(text: str) -> bool:
    return any(form.fullmatch(text) for form in (_PAGE_NUMBER, _ADDRESS, _PRINTED))


def _headline(pages: Sequence[Sequence[Row]]) -> str:
    """The line of the first page that is set clearly larger than its text; empty without one."""
    rows = [row for row in pages[0] if len(row.segments) == 1] if pages else []
    if len(rows) < 3:
        return ""
    sizes: Counter[float] = Counter()
    for row in rows:
        sizes[round(row.size, 1)] += len(row.text)
    usual = max(sizes, key=lambda size: (sizes[size], size))
    title = max(rows, key=lambda row: round(row.size, 1))
    return title.text if title.size > 1.15 * usual and 4 <= len(title.text) <= 120 else ""


def _information(reader: PdfReader) -> tuple[str, str]:
    """Title and day of making of the file's own information, where they tell something."""
    information = reader.metadata
    if information is None:
        return "", ""
    title = " ".join(cleaned(str(information.get("/Title") or "")).split())[:300]
    match = _CREATED.match(str(information.get("/CreationDate") or ""))
    day = iso_date(int(match[1]), int(match[2]), int(match[3])) if match else None
    return "" if _NO_TITLE.fullmatch(title) else title, day or ""
