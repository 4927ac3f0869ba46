"""The text of a PDF, column by column."""

from __future__ import annotations

import io

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from dashboard.articles.isolated import MAX_PAGES, Extracted, Refused


def read_pdf(content: bytes) -> Extracted:
    try:
        reader = PdfReader(io.BytesIO(content))
        if len(reader.pages) > MAX_PAGES:
            raise Refused("pages")
        text = "\n".join(page.extract_text() for page in reader.pages)
    except PyPdfError:
        raise Refused("broken") from None
    lines = tuple(line for line in map(str.strip, text.split("\n")) if line)
    return Extracted(lines, len(lines))
