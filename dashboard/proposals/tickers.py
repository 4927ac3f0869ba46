"""Tickers of companies that are on no list: whether capitals in brackets are one."""

from __future__ import annotations

import re
from typing import Final

from dashboard.proposals.ambiguous import folded_pattern
from dashboard.proposals.chinese import HAN, Words, folded, frequency
from dashboard.proposals.codes import Code
from dashboard.proposals.known_names import FOREIGN_NAMES

_LATIN_NAME: Final = re.compile(
    r"(?<![A-Za-z0-9])((?:[A-Z][A-Za-z0-9&.'-]*|xAI|[a-z]+[A-Z]\w*)"
    r"(?:[ ](?:[A-Z&][A-Za-z0-9&.'-]*|of|and|the|de)){0,5})$"
)
_SENTENCE_END: Final = re.compile(r"(?<!Inc)(?<!Co)(?<!Corp)(?<!St)(?<![ .][A-Z])(?<=\w\w)\.[ ]")
_CORPORATE: Final = re.compile(
    r"\b(?:Inc|Corp|Corporation|Co|Ltd|Plc|Holdings?|Group|Technolog(?:y|ies)|Energy|Systems|"
    r"Therapeutics|Pharmaceuticals?|Semiconductors?|Networks|Motors?|Partners|Resources|Labs)\b\.?"
)
_STOCK: Final = (
    "股價|盤後|盤前|收盤|大漲|大跌|上漲|下跌|漲|跌|勁揚|重挫|飆|財報|市值|美股|那斯達克|"
    "紐約證交所|執行長|目標價|本益比|股票|個股"
)
_NEAR: Final = 30


def latin_name(before: str) -> str:
    """The capitalised name at the end of a flattened text; empty without one."""
    match = _LATIN_NAME.search(before)
    return _SENTENCE_END.split(match[1])[-1] if match else ""


def is_abbreviation(name: str, ticker: str) -> bool:
    """Whether a ticker is just the initials of the words before it."""
    words = [word for word in re.split(r"[ \-/&]+", name) if word and word[0].isalpha()]
    initials = "".join(word[0] for word in words).upper()
    capitals = "".join(char for char in name if char.isupper())
    bare = ticker.rstrip("s")
    return len(words) >= 2 and bare.upper() in (initials, capitals)


def _made_of(ticker: str, name: str) -> bool:
    """Whether all its letters are the name's: VRT of Vertiv, AAPL of Apple."""
    return set(ticker) <= set(name.upper())


def is_known_pair(before: str, ticker: str) -> bool:
    """Whether a folded text ends with what the press calls the ticker's company."""
    name = FOREIGN_NAMES.get(ticker)
    return name is not None and before.endswith(folded(name))


def speaks_of_stocks(before: str, after: str) -> bool:
    """Whether the words around a ticker speak of a share; of folded texts."""
    near = before[-_NEAR:] + " " + after[:_NEAR]
    return re.search(folded_pattern(_STOCK), near) is not None


def likelihood(name: str, code: Code, before: str, after: str) -> float:
    """How sure capitals in brackets after a Latin name are its ticker, from 0 to 1.

    Parameters
    ----------
    name : the name as written before the bracket
    before, after : folded texts around the bracket
    """
    ticker = code.text
    if is_abbreviation(name, ticker) and not _CORPORATE.search(name):
        return 0.0
    if len(ticker) < 2 or ticker[0] != name[0].upper():
        return 0.7 if len(ticker) >= 2 and speaks_of_stocks(before, after) else 0.0
    told = _made_of(ticker, name) or _CORPORATE.search(name) or " " in name
    if not told and not speaks_of_stocks(before, after):
        return 0.0
    return 0.85 if speaks_of_stocks(before, after) or _CORPORATE.search(name) else 0.8


def chinese_name(before: str, words: Words) -> str:
    """The foreign name in Chinese at the end of a folded text: characters that are no words.

    Empty where dictionary words stand there: a term, not a name.
    """
    run = re.search(f"{HAN}{{2,12}}$", before)
    if not run:
        return ""
    tail: list[str] = []
    for word in reversed(words.split(run[0])):
        if len(word) > 1 and frequency(word) >= 3:
            break
        tail.insert(0, word)
    name = "".join(tail)
    return name if 2 <= len(name) <= 6 else ""
