"""Bytes as text: in which encoding they are written, without control characters, line by line."""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import Final

from dashboard.i18n import Text

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_WIDE: Final = ("utf-16-le", "utf-16-be")
_LEGACY: Final = ("cp950", "gb18030", *_WIDE)
"""Tried in this order where bytes are not UTF-8; of equals the first wins."""

_ALIASES: Final = {
    "big5": "cp950", "big5-hkscs": "big5hkscs", "x-x-big5": "cp950", "cn-big5": "cp950",
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252",
}  # fmt: skip
"""What pages declare and what they are written in, as browsers read it."""

_MOSTLY: Final = 9
"""So many times as many good characters as broken ones make an encoding the right one."""

_USUAL_SHARE: Final = 0.8
_SAMPLE: Final = 100_000
_STRAY: Final = 0.01
"""Share of NULs, and of broken characters of a text in ASCII, that are taken out."""

_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BAD: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_SIGNS: Final = re.compile(
    "[\u00a0-\u00ff\u2010-\u203e\u2190-\u21ff\u2460-\u27bf\u3000-\u303f\uff00-\uffee]"
)

_SIGNATURES: Final[tuple[tuple[bytes, Text], ...]] = (
    (b"\x89PNG", Text("PNG 圖片", "a PNG picture")),
    (b"\xff\xd8\xff", Text("JPEG 圖片", "a JPEG picture")),
    (b"GIF8", Text("GIF 圖片", "a GIF picture")),
    (b"BM", Text("BMP 圖片", "a BMP picture")),
    (b"II*\x00", Text("TIFF 圖片", "a TIFF picture")),
    (b"MM\x00*", Text("TIFF 圖片", "a TIFF picture")),
    (b"\x1f\x8b", Text("gzip 壓縮檔", "a gzip archive")),
    (b"BZh", Text("bzip2 壓縮檔", "a bzip2 archive")),
    (b"\xfd7zXZ", Text("xz 壓縮檔", "an xz archive")),
    (b"\x28\xb5\x2f\xfd", Text("Zstandard 壓縮檔", "a Zstandard archive")),
    (b"7z\xbc\xaf", Text("7z 壓縮檔", "a 7z archive")),
    (b"Rar!", Text("RAR 壓縮檔", "a RAR archive")),
    (b"\xd0\xcf\x11\xe0", Text("舊版的 Office 文件", "an old Word, Excel or PowerPoint file")),
    (b"{\\rtf", Text("RTF 文件", "an RTF document")),
    (b"\x7fELF", Text("程式檔", "a program")),
    (b"MZ", Text("程式檔", "a program")),
    (b"SQLite format 3", Text("SQLite 資料庫", "an SQLite database")),
    (b"PAR1", Text("Parquet 資料檔", "a Parquet table")),
    (b"OggS", Text("聲音檔", "a sound")),
    (b"ID3", Text("聲音檔", "a sound")),
    (b"wOFF", Text("字型", "a font")),
    (b"wOF2", Text("字型", "a font")),
    (b"%!PS", Text("PostScript 文件", "a PostScript document")),
)  # fmt: skip
_ZIPPED: Final = (
    (b"word/", Text("Word 文件（docx）", "a Word document (docx)")),
    (b"xl/", Text("Excel 活頁簿（xlsx）", "an Excel workbook (xlsx)")),
    (b"ppt/", Text("PowerPoint 簡報（pptx）", "a PowerPoint presentation (pptx)")),
    (b"application/epub", Text("EPUB 電子書", "an EPUB book")),
    (b"opendocument", Text("OpenDocument 文件", "an OpenDocument file")),
)
_ZIP: Final = Text("ZIP 壓縮檔", "a ZIP archive")
_SHORT: Final = 4
"""Signatures shorter than this begin sentences too: they count beside what no text has."""


def looks_like(content: bytes) -> Text | None:
    """What a file that is no text is, by how it begins; None where nothing is known."""
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((name for sign, name in _ZIPPED if sign in content), _ZIP)
    if content[:4] == b"RIFF" and content[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return Text("圖片、聲音或影片", "a picture, a sound or a film")
    if content[4:8] == b"ftyp":
        return Text("影片或圖片", "a film or a picture")
    for sign, name in _SIGNATURES:
        if content.startswith(sign) and (len(sign) >= _SHORT or _no_text(content)):
            return name
    return None


def _no_text(content: bytes) -> bool:
    return any(byte < 9 or byte > 0x7E for byte in content[2:64])


def decoded(content: bytes, declared: str | None = None) -> str | None:
    """Bytes as text; None where they are written in no known way.

    A few broken bytes become U+FFFD. By its mark (BOM), as UTF-8, as declared, else the one of
    UTF-16, Big5 and GB18030 whose characters are those of Chinese texts.

    Parameters
    ----------
    declared : str or None
        Name of the encoding a page or a server gives; not believed if the bytes do not fit.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _mostly(content[len(mark) :].decode(encoding, "replace"))
    if b"\x00" in content:
        wide = _best(content, _WIDE)
        if wide is not None:
            return wide
        if content.count(b"\x00") > _STRAY * len(content):
            return None
        content = content.replace(b"\x00", b" ")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _not_quite_utf8(content, declared)


def _not_quite_utf8(content: bytes, declared: str | None) -> str | None:
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = _count_non_ascii(text) - broken
    if good >= _MOSTLY * broken:
        return text
    if declared is not None:
        stated = _as_declared(content, declared)
        if stated is not None:
            return stated
    return _best(content, _LEGACY) or (text if broken <= _STRAY * len(text) else None)


def _count_non_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _as_declared(content: bytes, declared: str) -> str | None:
    name = declared.strip().strip("\"'").lower()
    try:
        codec = codecs.lookup(_ALIASES.get(name, name))
        # A name can also be that of a codec that is no encoding of text, such as zip.
        text, _ = codec.decode(content, "replace")
    except (LookupError, ValueError, AssertionError):
        return None
    if not isinstance(text, str) or codec.name in ("utf-7", "punycode", "idna", "rot13"):
        return None
    # Big5 declared and GBK written is common: what is no Chinese text is not believed.
    return (
        _mostly(text) if codec.name == "cp1252" or _usual_share(text) >= _USUAL_SHARE / 2 else None
    )


def _mostly(text: str) -> str | None:
    broken = text.count("\ufffd")
    good = _count_non_ascii(text) - broken
    return text if good >= _MOSTLY * broken or broken <= _STRAY * len(text) else None


def _best(content: bytes, encodings: tuple[str, ...]) -> str | None:
    scores: list[tuple[float, int, str]] = []
    for encoding in encodings:
        sample = content[:_SAMPLE].decode(encoding, "replace")
        scores.append((_usual_share(sample), -len(scores), encoding))
    share, _, encoding = max(scores)
    return _mostly(content.decode(encoding, "replace")) if share >= _USUAL_SHARE else None


def _usual_share(text: str) -> float:
    """Share of what is not ASCII that Chinese texts are made of; 1 for ASCII alone."""
    beyond = _NON_ASCII.findall(text)
    bad = len(_BAD.findall(text))
    usual = sum(1 for one in beyond if one in _usual_characters() or _SIGNS.match(one))
    return usual / (len(beyond) + bad) if beyond or bad else 1.0


@cache
def _usual_characters() -> frozenset[str]:
    """The more common half of Big5 and of GB 2312; the other half is what mistakes look like."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    big5 = bytes(b for lead in range(0xA4, 0xC7) for trail in trails for b in (lead, trail))
    simplified = range(0xB0, 0xD8)
    gb = bytes(b for lead in simplified for trail in range(0xA1, 0xFF) for b in (lead, trail))
    return frozenset(big5.decode("big5", "ignore") + gb.decode("gb2312", "ignore"))


def cleaned(text: str) -> str:
    """The text with a space for each control character but tab and line feed, CR LF being one."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n"))


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a cleaned text as `cat -n` counts them, without line ends."""
    return tuple(text.removesuffix("\n").split("\n")) if text else ()
