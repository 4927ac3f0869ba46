"""Codes and tickers as they are written: which characters are one, and of which market."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dashboard.markets import BOARDS, HOME


@dataclass(frozen=True)
class Code:
    """One code as written.

    Attributes
    ----------
    text : as written, without brackets and label
    market : id, or a foreign market this map has no board for; None where nothing tells
    symbol : as Yahoo writes it; the bare digits where the market is unknown
    board : of `markets.BOARDS`, where it is told or follows
    marked : whether more than its digits or letters says that it is a code
    """

    text: str
    market: str | None
    symbol: str
    board: str | None
    marked: bool

    @property
    def root(self) -> str:
        return self.symbol.partition(".")[0]


@dataclass(frozen=True)
class Cited:
    """Codes at one place of a text: one bracket's, or a single one that is marked.

    Attributes
    ----------
    start, end : in the text, the bracket included
    codes : in their order
    whole : whether the bracket holds nothing else
    bracket : whether they stand in one
    """

    start: int
    end: int
    codes: tuple[Code, ...]
    whole: bool
    bracket: bool


_US_BOARDS: Final = {"nyse": "NYSE", "nasdaq": "NASDAQ", "nyse american": "NYSE_AMERICAN"}
_LABEL: Final = (
    r"(?:(?:股票|证券|公司|个股)?(?:代号|代码|股号)|(?:stock|ticker|symbol)(?:\s*code)?)"
    r"\s*[:为是]?\s*"
)
_TRADE: Final = "(?:买进|卖出|放空|加码|减码)"
"""What is done with a share: a listed code right behind it is one, where no unit follows."""
_NO_UNIT: Final = r"(?![0-9]|[.,][0-9]|\s*[元点张股亿万千百美日港口档家%倍年])"
_HOME: Final = re.compile(
    rf"(?P<mark>{_LABEL}|[#$]|{_TRADE})?(?P<place>(?:twse|tpex|tpe|two|tai|tw|台股|上市|上柜)\s*[:\-.]?\s*)?"
    r"(?P<code>[1-9][0-9]{3})(?P<suffix>\s?[.\-_/ ]\s?(?:two|tw|tt)|\s?:\s?tw)?",
    re.IGNORECASE,
)
_TICKER: Final = r"[A-Z]{1,5}(?:[.\-][AB])?"
_FOREIGN: Final = tuple(
    (re.compile(pattern), market)
    for pattern, market in (
        (
            r"(?:\$|(?P<place>(?i:nyse american|nyse arca|nyse|nasdaqgs|nasdaq|纽约证交所|"
            r"纽交所|那斯达克|纳斯达克|美股代号|美股|us))"
            rf"\s*[:\-]\s*\$?)(?P<code>{_TICKER})",
            "US",
        ),
        (rf"\$?(?P<code>{_TICKER})\s?[\-. ]\s?(?:US|UW|UN|UQ|UA|OQ)", "US"),
        (r"\$?(?P<code>[A-Z]{1,5})\.(?:O|N|K)", "US"),
        (
            r"(?P<place>(?i:tyo|tse|jpx|jp|东证))\s*[:\-]\s*(?P<code>[1-9][0-9]{2}[0-9A-Z])",
            "JP",
        ),
        (r"(?P<code>[1-9][0-9]{2}[0-9A-Z])\s?[\-. ]\s?(?:JP|JT|T)", "JP"),
        (r"(?P<place>(?i:krx|kospi|ks|kr))\s*[:\-]\s*(?P<code>[0-9]{6})", "KR"),
        (r"(?P<place>(?i:kosdaq))\s*[:\-]\s*(?P<code>[0-9]{6})", "KQ"),
        (r"(?P<code>[0-9]{6})\s?[\-. ]\s?(?:KS|KR|KP)", "KR"),
        (r"(?P<code>[0-9]{6})\s?[\-. ]\s?KQ", "KQ"),
        (r"(?P<place>(?i:hkex|sehk|hkg|hk|港股|港交所))\s*[:\-]\s*(?P<code>[0-9]{1,5})", "HK"),
        (r"(?P<code>[0-9]{1,5})\s?[\-. ]\s?HK", "HK"),
        (
            r"(?P<place>(?i:sse|shse|sha|sh|szse|sz|a股))\s*[:\-]?\s*(?P<code>[0-9]{6})",
            "CN",
        ),
        (r"(?P<code>[0-9]{6})\s?[\-. ]\s?(?:CN|CH|SS|SH|SZ)", "CN"),
        (r"(?P<place>(?i:euronext paris|euronext|epa|par))\s*[:\-]\s*(?P<code>[A-Z]{2,5})", "FR"),
        (r"(?P<code>[A-Z]{2,5})\s?[\-. ]\s?(?:PA|FP|FR)", "FR"),
    )
)
_OVER_THE_COUNTER: Final = re.compile("two|tpex|上柜", re.IGNORECASE)
_SIX: Final = re.compile("[0-9]{6}")
_BARE_TICKER: Final = re.compile(_TICKER)
_BOARDS_OF: Final = {"JP": "TSE", "KR": "KRX", "HK": "HKEX", "FR": "EURONEXT_PARIS"}
_BRACKET: Final = re.compile(r"\(\s{0,10}([^()\s](?:[^()]{0,80}[^()\s])?)\s{0,10}\)")
_BETWEEN: Final = re.compile(r"\s*[、,;/|&]\s*|\s*[和及与]\s*")
_MARKED: Final = re.compile(
    r"(?<![A-Za-z0-9.,])(?:"
    rf"(?:{_LABEL}|#)(?:tw(?:se)?\s*[:\-.]?\s*)?[1-9][0-9]{{3}}(?![0-9.])(?:\.two?|-two?)?"
    rf"|(?:{_TRADE}|台股)\s?[1-9][0-9]{{3}}{_NO_UNIT}"
    r"|\$[1-9][0-9]{3}(?=\s\$[1-9][0-9]{3}(?![0-9.,]))|(?<=\$[0-9]{4}\s)\$[1-9][0-9]{3}(?![0-9.,])"
    r"|[1-9][0-9]{3}\s?:\s?tw(?![A-Za-z0-9])"
    r"|[1-9][0-9]{3}\s?(?:\.\s?two?|-\s?two?|\s(?:tt|tw))(?![A-Za-z0-9])"
    r"|(?:twse|tpex|tpe|tw)\s*:\s*[1-9][0-9]{3}(?![0-9])"
    r"|\$(?-i:[A-Z]{2,5})(?![A-Za-z0-9])"
    r"|(?:nyse american|nyse|nasdaq|纽约证交所|纽交所|那斯达克|纳斯达克)\s*:\s*(?-i:[A-Z]{1,"
    r"5})(?![A-Za-z0-9])"
    r"|(?-i:[A-Z]{1,5})(?:-us|\.us|\s(?-i:US)|(?-i:\.OQ|\.O|\.N))(?![A-Za-z0-9])"
    r"|[1-9][0-9]{2}[0-9a-z](?:(?-i:\.T)|-jp|\s(?-i:JP|JT))(?![A-Za-z0-9])"
    r"|(?:tyo|东证)\s*:\s*[1-9][0-9]{2}[0-9a-z](?![A-Za-z0-9])"
    r"|[0-9]{6}(?:\.k[sq]|-kr|-k[sq]|\s(?-i:K[SQPR]))(?![A-Za-z0-9])"
    r"|(?:krx|kospi|kosdaq)\s*:\s*[0-9]{6}(?![0-9])"
    r"|[0-9]{4,5}(?:\.hk|-hk|\s(?-i:HK))(?![A-Za-z0-9])"
    r"|(?:hkex|sehk|hkg)\s*:\s*[0-9]{1,5}(?![0-9])"
    r"|[0-9]{6}(?:\.s[shz]|-cn|-s[hz]|\s(?-i:CH))(?![A-Za-z0-9])"
    r")",
    re.IGNORECASE,
)


_SAID: Final = "买进卖出放空加码减台股 "
_TRADED: Final = re.compile(f"{_TRADE}|台股")


def cited_codes(text: str) -> Iterator[Cited]:
    """Places in a flattened text that hold codes: brackets, and codes that are marked."""
    taken: list[tuple[int, int]] = []
    for match in _BRACKET.finditer(text):
        codes, whole = _items(match[1])
        if codes:
            taken.append(match.span())
            yield Cited(match.start(), match.end(), codes, whole, True)
    place = 0
    for match in _MARKED.finditer(text):
        while place < len(taken) and taken[place][1] <= match.start():
            place += 1
        if place < len(taken) and taken[place][0] <= match.start():
            continue
        code = read_code(match[0])
        if code is not None and code.marked:
            start = (
                match.end() - len(match[0].lstrip(_SAID))
                if _TRADED.match(match[0])
                else match.start()
            )
            yield Cited(start, match.end(), (code,), True, False)


def _items(content: str) -> tuple[tuple[Code, ...], bool]:
    """Codes at the start of a bracket's content, and whether it holds nothing else."""
    codes = []
    parts = _BETWEEN.split(content)
    for part in parts:
        code = read_code(part.strip())
        if code is None:
            break
        codes.append(code)
    return tuple(codes), len(codes) == len(parts)


@lru_cache(maxsize=4096)
def read_code(text: str) -> Code | None:
    """One code of a flattened text that is nothing else; None for anything else."""
    home = _HOME.fullmatch(text)
    if home:
        marked = bool(home["mark"] or home["place"] or home["suffix"])
        board = "TPEX" if _OVER_THE_COUNTER.search(f"{home['place']} {home['suffix']}") else None
        return Code(home["code"], HOME, home["code"], board, marked)
    for pattern, market in _FOREIGN:
        match = pattern.fullmatch(text)
        if match:
            return _foreign(match, market, text)
    if _BARE_TICKER.fullmatch(text):
        return Code(text, None, text.replace(".", "-"), None, False)
    return Code(text, None, text, None, False) if _SIX.fullmatch(text) else None


def _foreign(match: re.Match[str], market: str, text: str) -> Code:
    code = match["code"]
    place = (match.groupdict().get("place") or "").lower()
    if market == "US":
        return Code(code, market, code.replace(".", "-"), _US_BOARDS.get(place), True)
    if market == "KQ":
        return Code(code, "KR", f"{code}.KQ", None, True)
    return of_market(code, market)


def of_market(code: str, market: str) -> Code:
    """A code that is known to be one of a market other than the home and the United States."""
    mainland = "SSE" if code.startswith("6") else "SZSE"
    board = mainland if market == "CN" else _BOARDS_OF[market]
    root = code.lstrip("0").rjust(4, "0") if market == "HK" else code
    return Code(code, market, f"{root}{BOARDS[board].suffix}", board, True)
