"""The header of an article: YAML between `---`, TOML between `+++`, or plain `key: value`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard.errors import MapError
from dashboard.supply_chain.yaml_nodes import compose, plain

MAX_LINES: Final = 400
MAX_CHARACTERS: Final = 64_000
MAX_VALUE: Final = 4_000

TITLE_KEYS: Final = ("title", "headline", "標題")
DATE_KEYS: Final = (
    "date", "published", "publish_date", "published_at", "pubdate", "publishdate",
    "date_published", "datepublished", "created", "time", "日期", "時間", "發布日期", "發布時間",
    "updated", "lastmod",
)  # fmt: skip
PUBLISHER_KEYS: Final = (
    "publisher", "source_name", "source", "site", "site_name", "sitename", "publication",
    "media", "來源", "媒體", "出處", "author", "authors", "作者",
)  # fmt: skip
URL_KEYS: Final = (
    "url", "source_url", "link", "canonical", "canonical_url", "original_url", "permalink",
    "source", "連結", "網址",
)  # fmt: skip
BOARD_KEY: Final = "看板"
_KNOWN: Final = frozenset(TITLE_KEYS + DATE_KEYS + PUBLISHER_KEYS + URL_KEYS)
_PLAIN: Final = re.compile(
    r"([A-Za-z_][\w -]{0,30}|[\u4e00-\u9fff]{2,6})\s*[:：](?:\s+|(?<=：))(\S.*)?"
)

Value = str | list[str]


@dataclass(frozen=True)
class FrontMatter:
    """A header: its first and last line, counted from 1, and what it says, keys in lower case.

    Lines include the two marks, where it has them.
    """

    lines: tuple[int, int]
    values: Mapping[str, Value]

    def first_of(self, keys: Sequence[str]) -> str:
        """The first text under the first of the keys that has one; empty where none has."""
        for key in keys:
            value = self.values.get(key, "")
            text = value if isinstance(value, str) else next(iter(value), "")
            if text:
                return text
        return ""


def front_matter_of(lines: Sequence[str]) -> FrontMatter | None:
    """The header of an article; None where it has none or a broken one: that is text."""
    first = next((i for i, line in enumerate(lines[:MAX_LINES]) if _clean(line)), None)
    if first is None:
        return None
    mark = _clean(lines[first])
    if mark not in ("---", "+++"):
        return _unmarked(lines, first)
    last = _end(lines, first, mark)
    if last is None:
        return None
    body = [_clean_end(line) for line in lines[first + 1 : last]]
    values = _toml(body) if mark == "+++" else _yaml(body)
    return FrontMatter((first + 1, last + 1), values) if values else None


def _clean(line: str) -> str:
    return line.strip("\ufeff \t\r\u3000")


def _clean_end(line: str) -> str:
    return line.rstrip("\r")


def _end(lines: Sequence[str], first: int, mark: str) -> int | None:
    size = 0
    ends = (mark, "...") if mark == "---" else (mark,)
    for number in range(first + 1, min(len(lines), first + MAX_LINES)):
        if lines[number].rstrip() in ends:
            return number
        size += len(lines[number])
        if size > MAX_CHARACTERS:
            return None
    return None


def _yaml(body: Sequence[str]) -> dict[str, Value]:
    text = "\n".join(body).replace("\t", "  ")
    try:
        root = compose(text, "front matter")
    except MapError:
        return _pairs(body)
    tree = plain(root) if root is not None else None
    return _values(tree) if isinstance(tree, dict) else {}


def _toml(body: Sequence[str]) -> dict[str, Value]:
    try:
        return _values(tomllib.loads("\n".join(body)))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return {}


def _values(tree: Mapping[str, object]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, value in tree.items():
        text = _value(value)
        if text:
            found.setdefault(key.strip().lower(), text)
    return found


def _value(value: object) -> Value:
    if isinstance(value, Mapping):
        name = value.get("name")
        return _one(name) if isinstance(name, str) else ""
    if isinstance(value, list):
        return [_one(item) for item in value if isinstance(item, str)]
    return "" if value is None else _one(str(value))


def _one(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:MAX_VALUE])
    return " ".join(printable.split())


def _pairs(body: Sequence[str]) -> dict[str, Value]:
    """A header YAML cannot read, such as a title with a colon: only if every line is a pair."""
    found: dict[str, Value] = {}
    for line in body:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _PLAIN.fullmatch(line.strip())
        value = (match[2] or "").strip() if match else ""
        if match is None or line[:1].isspace() or value[:1] in ("&", "*", "!", "{", "|", ">"):
            return {}
        if text := _one(value.strip("\"'")):
            found.setdefault(match[1].strip().lower(), text)
    return found


def _unmarked(lines: Sequence[str], first: int) -> FrontMatter | None:
    """Pairs from the first line to a blank one: two known keys at least, and no other line."""
    last, known = first, 0
    for number in range(first, min(len(lines), first + 20)):
        line = _clean(lines[number])
        if not line:
            break
        match = _PLAIN.fullmatch(line) if len(line) <= 500 else None
        if match is None:
            return None
        known += match[1].strip().lower() in _KNOWN
        last = number
    else:
        return None
    values = _pairs([_clean(line) for line in lines[first : last + 1]])
    return FrontMatter((first + 1, last + 1), values) if known >= 2 and values else None
