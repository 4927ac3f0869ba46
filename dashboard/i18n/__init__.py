"""Two languages: a `Text` carries both, the catalogue holds the interface's own words.

The catalogue is every `*.toml` beside this file: `[section]` and `key = {zh = "…", en = "…"}`;
`translate("section.key", "en", n=3)` fills `{n}`. A missing key or language is an error at
import of the catalogue or at use, never a key shown to the reader.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
DEFAULT_LANGUAGE: Final[Language] = "zh"


class Text(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    def get(self, language: Language) -> str:
        return self.en if language == "en" else self.zh


@cache
def catalogue() -> dict[str, Text]:
    """All interface texts, `section.key` → Text.

    Raises
    ------
    ValueError
        If a key lacks a language or is defined twice.
    """
    texts: dict[str, Text] = {}
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        for section, entries in tomllib.loads(path.read_text("utf-8")).items():
            for key, entry in entries.items():
                name = f"{section}.{key}"
                if name in texts or set(entry) != set(LANGUAGES):
                    raise ValueError(f"{path.name}: {name} is defined twice or lacks a language")
                texts[name] = Text(entry["zh"], entry["en"])
    return texts


def translate(key: str, language: Language, **values: object) -> str:
    """The text of `key`, its `{placeholders}` filled with `values`."""
    return catalogue()[key].get(language).format(**values)
