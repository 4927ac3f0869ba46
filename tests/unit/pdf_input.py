"""PDFs as small as a test needs them, of Chinese text at given places."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

Shown = tuple[float, float, float, str]
"""x, y, size, text."""

WIDTH, HEIGHT = 595, 842


def shows(texts: Sequence[Shown]) -> bytes:
    """A content stream that shows each text by itself."""
    parts = [
        f"BT /F {size} Tf 1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET"
        for x, y, size, text in texts
    ]
    return "\n".join(parts).encode()


def pdf(contents: Sequence[bytes], *, information: str = "", flate: bool = False) -> bytes:
    """A PDF with a page for each content stream; text is UTF-16 without a font of its own."""
    font = 3
    first = 5
    pages = [first + 2 * number for number in range(len(contents))]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{n} 0 R' for n in pages)}]>>".encode(),
        b"<</Type/Font/Subtype/Type0/BaseFont/MingLiU/Encoding/UniCNS-UTF16-H/DescendantFonts"
        b"[<</Type/Font/Subtype/CIDFontType2/BaseFont/MingLiU/DW 1000"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(CNS1)/Supplement 0>>>>]>>",
        f"<<{information}>>".encode(),
    ]
    for number, content in zip(pages, contents, strict=True):
        data = zlib.compress(content) if flate else content
        filters = "/Filter/FlateDecode" if flate else ""
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Resources"
            f"<</Font<</F {font} 0 R>>>>/Contents {number + 1} 0 R>>".encode(),
            f"<</Length {len(data)}{filters}>>\nstream\n".encode() + data + b"\nendstream",
        ]
    return assembled(objects)


def assembled(objects: Sequence[bytes]) -> bytes:
    """Objects, the catalogue first and the information fourth, as a file."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    tail = b"trailer\n<</Size %d/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    return out + head + table + tail
