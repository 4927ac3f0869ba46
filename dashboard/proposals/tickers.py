"""Tickers of companies that are on no list: whether capitals in brackets are one."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from dashboard.proposals.ambiguous import folded_pattern
from dashboard.proposals.chinese import HAN, Words, folded, frequency, usage
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
    "紐約證交所|執行長|目標價|本益比|股票|個股|"
    r"\b(?:shares|stock|rose|fell|gain(?:ed|s)|drop(?:ped|s)|jump(?:ed|s)|slid|surged?|rall(?:y|ied)|"
    r"climb(?:ed|s)|tumbled|plunged)\b"
)
_NEAR: Final = 30
_TERM: Final = 1000
"""A word met so often in a run of characters makes it a term, not a name."""


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


def known_name(before: str, code: Code) -> tuple[str, str]:
    """(name, symbol) where a folded text ends with what the press calls a code's company."""
    symbols = [code.symbol] if code.marked else [code.symbol, *_by_digits().get(code.text, ())]
    for symbol in symbols:
        for name in FOREIGN_NAMES.get(symbol, ()):
            if before.endswith(folded(name)):
                return folded(name), symbol
    return "", ""


@cache
def _by_digits() -> dict[str, list[str]]:
    symbols: dict[str, list[str]] = {}
    for symbol in FOREIGN_NAMES:
        root, _, market = symbol.partition(".")
        if market:
            symbols.setdefault(root, []).append(symbol)
    return symbols


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
    usual = any(usage(name[at : at + 2]) >= _TERM for at in range(len(name) - 1))
    return name if 2 <= len(name) <= 6 and not usual else ""


_LEADS: Final = frozenset(
    folded(
        "與 和 及 以及 而 由 對 向 讓 被 是 為 等 的 在 其 像 如 將 把 給 但 且 並 則 跟 同 比 或 "
        "即 例如 包括 旗下 還有 另 另外 至於 連 有 受 因 看好 收購 投資 供應 採用"
    ).split()
)
"""What may stand right before a company's name, and never begins one."""
_ENDS: Final = frozenset(
    folded(
        "股份 國際 科技 電子 集團 半導體 光電 金屬 材料 控股 電機 測試 通訊 化學 工業 精密 能源 "
        "數據 電氣 智能 智控 公司 製作所 電工 機械 汽車 銀行 證券 鋼鐵 重工 動力 軟體 微電子 系統"
    ).split()
)
"""Words that a foreign company's name ends with."""
_LONGEST: Final = 8


def written_name(before: str, words: Words) -> str:
    """The name in Chinese that stands at the end of a folded text, before its full symbol.

    Unlike `chinese_name` for what is certainly a company: only where the name begins is open.
    """
    run = re.search(f"{HAN}{{2,12}}$", before)
    if not run:
        return ""
    name, core = "", ""
    for word in reversed(words.split(run[0])):
        enough = len(core) >= 2
        if (enough and (word in _LEADS or (len(word) > 1 and frequency(word)))) or (
            len(name) + len(word) > _LONGEST
        ):
            break
        name = word + name
        core = word + core if core or word not in _ENDS else ""
    while len(name) > 2 and name[0] in _LEADS:
        name = name[1:]
    return name if len(name) >= 2 else ""
