"""How names and values are written: keys, both languages' labels, and what a bare word is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Final

from dashboard.i18n import Text
from dashboard.screening.fields import fields_of
from dashboard.screening.functions import FUNCTIONS, OPTIONS
from dashboard.supply_chain.models import SupplyChain

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_OTHERS: Final = str.maketrans("\u3000\xa0“”„「」『』‘’、，×÷−–", "  " + 7 * '"' + "'',,*/--")
_TABLE: Final = _FULL_WIDTH | _OTHERS
COMPARISONS: Final[Mapping[str, str]] = {
    "大於等於": ">=", "小於等於": "<=", "不等於": "!=", "大於": ">", "小於": "<", "等於": "==",
    "至少": ">=", "最多": "<=",
}  # fmt: skip
"""Comparisons in words, the longer before its beginning."""
LETTER: Final = rf"(?:(?!{'|'.join(COMPARISONS)})[^\W且或非])"
"""A character of a word: Chinese has no spaces, so its own and, or, not, less … end one."""
BARE_WORD: Final = rf"\^?{LETTER}+(?:[-.]{LETTER}+)*"
NUMBER: Final = (
    r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?:\s*(?:%|[kKmMbB萬億兆]))?"
    rf"(?!{LETTER}|\.)"
)
END: Final = rf"(?!{LETTER})(?![-.]{LETTER})"
KEYWORDS: Final = ("and", "or", "not", "in")
_SPLIT: Final = re.compile(r"[()/:,]")
_NEAREST: Final = 3
_SPOKEN: Final[Mapping[str, str]] = {
    "層": "layer", "漲幅": "return_1d", "漲跌幅": "return_1d", "跌幅": "return_1d",
    "股價": "unadjusted_close", "rsi14": "rsi_14", "漲停": "limit_state == up",
    "跌停": "limit_state == down", "在": "in", "屬於": "in", "contains": "contains(name, 電)",
    "包含": "contains(name, 電)", "高於": ">", "超過": ">", "低於": "<",
    **{
        spelling: f"sma_{n}"
        for n in (5, 10, 20, 60, 120, 240)
        for spelling in (f"ma{n}", f"sma{n}", f"均線{n}", f"{n}日均線", f"{n}日線", f"{n}ma")
    },
}  # fmt: skip
"""What people write, folded and without brackets → how it is written here."""
_NO_FIGURES: Final = (
    "pe", "per", "pb", "pbr", "eps", "roe", "本益比", "股價淨值比", "每股盈餘", "毛利率", "外資",
    "投信", "自營商", "法人", "融資", "融券", "股利", "配息", "殖利率", "dividend",
)  # fmt: skip


def narrowed(text: str) -> str:
    """Full-width signs as their ASCII ones, one for one: every position stays."""
    return text.translate(_TABLE)


def folded(text: str) -> str:
    """What two spellings of one name have in common: no case, no space, no width."""
    return "".join(narrowed(text).split()).casefold()


def _spellings() -> dict[str, dict[str, str]]:
    """Folded name → key → the name as it is written."""
    found: dict[str, dict[str, str]] = {}
    for field in fields_of(SupplyChain()).values():
        for name in (field.key, *field.label, *field.short):
            found.setdefault(folded(name), {})[field.key] = narrowed(name)
    return found


@cache
def names() -> Mapping[str, str]:
    """Folded name → key of a metric or field.

    A key is always its own field's. Left out are names of two fields (`shared_names`) and those
    that read as a number: `1M` is a million.
    """
    keys = {key for own in _spellings().values() for key in own}
    single = {
        name: next(iter(own))
        for name, own in _spellings().items()
        if len(own) == 1 and not re.fullmatch(NUMBER, name)
    }
    return single | {folded(key): key for key in keys}


@cache
def shared_names() -> Mapping[str, tuple[str, ...]]:
    """Folded name that is no field's own → the keys of all that bear it."""
    return {name: tuple(own) for name, own in _spellings().items() if name not in names()}


@cache
def name_pattern() -> str:
    """A regular expression for the longest name of a field that stands at a place."""
    written = {text for own in _spellings().values() for text in own.values()}
    known = {text.casefold() for text in written if folded(text) in names()}
    return _Trie.of(known).pattern()


class _Trie:
    """Words by their common beginnings, so that trying hundreds of them costs a few steps."""

    def __init__(self) -> None:
        self.next: dict[str, _Trie] = {}
        self.whole = False

    @classmethod
    def of(cls, words: Iterable[str]) -> _Trie:
        root = cls()
        for word in words:
            place = root
            for sign in word:
                place = place.next.setdefault(sign, cls())
            place.whole = True
            place.letter_last = bool(re.match(LETTER, word[-1]))
        return root

    letter_last = False

    def pattern(self) -> str:
        ways = [
            (r"\s*" if sign == " " else re.escape(sign)) + rest.pattern()
            for sign, rest in sorted(self.next.items())
        ]
        if self.whole:
            ways.append(END if self.letter_last else "")
        return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


@cache
def _reserved() -> re.Pattern[str]:
    words = "|".join((*KEYWORDS, *FUNCTIONS, *OPTIONS))
    day = r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?"
    return re.compile(rf"(?i:{words})|{NUMBER}|{day}|(?i:{name_pattern()})")


def is_plain_word(text: str) -> bool:
    """Whether a value can stand without quotes."""
    return bool(re.fullmatch(BARE_WORD, text)) and not _reserved().fullmatch(text)


def value_names(values: Mapping[str, Text]) -> Mapping[str, tuple[str, ...]]:
    """Folded name → ids it stands for: the ids, both languages' names and parts of them.

    `散熱（液冷）` is also `散熱`, `電網／重電` also `重電`. An id means itself alone; a name
    that several ids bear means all of them, a part of several names none.
    """
    whole: dict[str, list[str]] = {}
    parts: dict[str, list[str]] = {}
    for key, name in values.items():
        for text in dict.fromkeys(name):
            whole.setdefault(folded(text), []).append(key)
            for part in _SPLIT.split(narrowed(text)):
                if part.strip():
                    parts.setdefault(folded(part), []).append(key)
    single = {part: ids for part, ids in parts.items() if len(set(ids)) == 1}
    ids = {folded(key): [key] for key in values}
    return {name: tuple(dict.fromkeys(own)) for name, own in (single | whole | ids).items()}


def advice(text: str) -> Text | None:
    """A sentence for what people often write and what is no name here; None for all else."""
    word = re.sub(r"[()_]", "", folded(text))
    if word in _SPOKEN:
        own = _SPOKEN[word]
        return Text(f"這裡不認得 {text}；請寫 {own}", f"{text} is no name here; write {own}")
    if any(word == one or (not one.isascii() and one in word) for one in _NO_FIGURES):
        return Text(
            f"這裡沒有 {text} 這項數字；請從欄位清單挑一項",
            f"there is no such figure here as {text}; choose one from the list of fields",
        )
    return None


def nearest(text: str, known: Collection[str]) -> list[str]:
    """The known names most like a text, best first; none if nothing is near."""
    by_fold = {folded(one): one for one in known}
    found = difflib.get_close_matches(folded(text)[:40], by_fold, n=_NEAREST, cutoff=0.55)
    return [by_fold[one] for one in found]
