"""Chinese as the finder reads it: one way of writing each character, and where words begin.

Folding keeps every position: a text and its folded form have the same length.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import accumulate
from math import log
from typing import Final

from opencc import OpenCC
from rjieba import Jieba

_BRACKETS: Final = str.maketrans("[{〔【〖〈﹝［]}〕】〗〉﹞］", "((((((((" + "))))))))")
_DASHES: Final = frozenset("‐‑‒–—―−﹣")
_SPACES: Final = frozenset("\u200b\u200c\u200d\ufeff\u2060\t")
_HAN: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HAN: Final = f"[{_HAN}]"
"""One Chinese character, as a regular expression."""
_NAME_TAG: Final = "nt"
_PRESS_WORDS: Final = (
    "通膨 新高 新低 漲停 跌停 漲幅 跌幅 漲價 跌價 大漲 大跌 上漲 下跌 收紅 收黑 走高 走低 "
    "力拚 力守 力挺 力道 外資 投信 法人 法說 法說會 大盤 台股 美股 類股 個股 權值股 概念股 供應鏈 "
    "記憶體 伺服器 半導體 晶圓 晶片 封測 載板 散熱 電源 面板 光電 網通 資料中心 雲端 機器人 "
    "電動車 低軌衛星 產能 擴產 量產 接單 出貨 營收 毛利率 獲利 目標價 價格 股價 買超 賣超 加碼 "
    "減碼 "
    "除權 除息 配息 殖利率 台灣 大陸 中國 美國 日本 韓國 今年 去年 明年 下半年 上半年 首季 "
    "光罩 全台 產線 產品 產值 產地 產區 平台 軟體 硬體 網路 數位 資訊 品質 通過 通路 通量 通貨 "
    "聯手 聯盟 聯合 合作 合約 協理 站上 站回 站穩 鍵合 鍵合機 貼合機 壓合機 "
    "領漲 領跌 大客戶 大單 大股東 大戶 南科 竹科 中科 市占 市佔 下市 工安 中長期"
)
"""Words of the press that the dictionary, made of other texts, lacks or seldom met."""
_PRESS_FREQUENCY: Final = 3000
_NAME_FREQUENCY: Final = 100
"""Of names that are no words: measured so that 群創新高 is cut after the name, 新產品 before."""


class _Fold(dict[int, str]):
    """Code point → the character it is read as; made as characters are met."""

    def __init__(self, lower: bool) -> None:
        super().__init__()
        self._lower = lower

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code), self._lower)
        return folded


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _folded(char: str, lower: bool) -> str:
    if char == "\n":
        return char
    if char in _DASHES:
        return "-"
    if char in _SPACES or char.isspace():
        return "\t" if char == "\t" else " "
    form = char
    if unicodedata.category(char) != "No":
        form = _one(unicodedata.normalize("NFKC", char), char).translate(_BRACKETS)
    if ord(form) >= 0x2E80:
        form = _one(_converter().convert(form), form)
    return _one(form.lower(), form) if lower else form


def _one(form: str, otherwise: str) -> str:
    """Half of a pair is no text: what a character becomes must be one character too."""
    return form if len(form) == 1 else otherwise


_FLAT: Final = _Fold(lower=False)
_LOW: Final = _Fold(lower=True)


def flattened(text: str) -> str:
    """Simplified, half-width, citing brackets as ( and ), dashes as -; of the same length."""
    return text.translate(_FLAT)


def folded(text: str) -> str:
    """`flattened`, and in lower case; of the same length."""
    return text.translate(_LOW)


class Words:
    """A dictionary that also knows given names, to tell where words begin and end.

    Parameters
    ----------
    names : folded names that shall be words
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._jieba = _with_press_words()
        for name in names:
            if self._jieba.cut(name, hmm=False) != [name]:
                needed = 2 * self._jieba.suggest_freq(name)
                self._jieba.add_word(name, max(needed, _NAME_FREQUENCY), _NAME_TAG)

    def ends(self, text: str) -> list[int]:
        """Where words of a run of Chinese begin or end: 0, …, its length."""
        return list(accumulate(map(len, self._jieba.cut(text, hmm=False)), initial=0))

    def split(self, text: str) -> list[str]:
        """The words of a text, names included."""
        return list(self._jieba.cut(text, hmm=False))


def _with_press_words() -> Jieba:
    jieba = Jieba()
    for word in folded(_PRESS_WORDS).split():
        if frequency(word) < _PRESS_FREQUENCY:
            jieba.add_word(word, _PRESS_FREQUENCY, "n")
    return jieba


@cache
def _usual() -> tuple[Jieba, frozenset[str]]:
    return _with_press_words(), frozenset(folded(_PRESS_WORDS).split())


@cache
def _dictionary() -> Jieba:
    return Jieba()


@lru_cache(maxsize=65_536)
def frequency(word: str) -> int:
    """How often the dictionary has met a folded word; 0 for none of its words."""
    dictionary = _dictionary()
    return dictionary.suggest_freq(word) if dictionary.has_word(word) else 0


_ALL_WORDS: Final = 6e7
"""Words the dictionary's counts add up to."""


def likelihood(words: Iterable[tuple[str, int]]) -> float:
    """Logarithm of how likely words stand in a row, each with how often it is met."""
    return sum(log(max(met, 0.5) / _ALL_WORDS) for _, met in words)


def usual_words(text: str) -> list[tuple[str, int]]:
    """Words of a folded text, no names among them, and how often each is met."""
    return [(word, usage(word)) for word in _usual()[0].cut(text, hmm=False)]


def usage(word: str) -> int:
    """`frequency`, the press's own words too."""
    met = frequency(word)
    return max(met, _PRESS_FREQUENCY) if word in _usual()[1] else met


def part_of_speech(word: str) -> str:
    """The dictionary's tag of a word; empty where it would rather cut it."""
    tags = _dictionary().tag(word, hmm=False)
    return tags[0][1] if len(tags) == 1 else ""


@cache
def _taiwanese() -> tuple[OpenCC, OpenCC]:
    return OpenCC("s2t"), OpenCC("tw2sp")


def is_taiwanese_word(word: str) -> bool:
    """Whether a folded word is one of Taiwan's own, which elsewhere is said otherwise: 進階."""
    traditional, mainland = _taiwanese()
    return str(mainland.convert(traditional.convert(word))) != word
