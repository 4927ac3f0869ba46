"""Words of the map, of files and of the address as they are.

Streamlit reads Markdown in nearly all that it draws, and after it makes icons, emoji and links
of what is left; none of that may come out of a name, a claim or a path.
"""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = re.compile(
    r"([\\`*_\[\]<>|~$&]|:(?=[A-Za-z])|^[#+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)])"
)
"""What Markdown reads anywhere, and what only begins a heading, a list or a rule."""
_AFTER_MARKDOWN: Final = re.compile(
    r"(:(?=[a-z+/-]|100:|1234:)|@|\bwww(?=\.)|[<>~-](?=[->=]))", re.IGNORECASE
)
_WORD_JOINER: Final = "\u2060"
"""Has no width and allows no line break: `www.` is no link any more, and looks the same."""


def as_text(text: object) -> str:
    """The text as Markdown that shows it as written, on one line."""
    line = " ".join(str(text).split())
    return _SPECIAL.sub(r"\\\1", _AFTER_MARKDOWN.sub(rf"\1{_WORD_JOINER}", line))
