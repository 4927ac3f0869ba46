"""Codes that no name beside them has: alone, of a new company, or in conflict with a name."""

from __future__ import annotations

import re
from typing import Final

from dashboard.i18n import Text
from dashboard.markets import HOME
from dashboard.prices.listings import LISTED_BOARDS
from dashboard.proposals.ambiguous import folded_pattern
from dashboard.proposals.blocks import Block
from dashboard.proposals.chinese import HAN, frequency, part_of_speech
from dashboard.proposals.codes import Cited, Code, of_market
from dashboard.proposals.foreign import foreign_beside, in_japan, tell_foreign
from dashboard.proposals.hits import (
    Hit,
    Pairs,
    add_code,
    tell_conflict,
    tell_mismatch,
    tell_unlisted,
)
from dashboard.proposals.lexicon import Lexicon, Tier
from dashboard.proposals.models import How, Identity
from dashboard.proposals.naming import Candidate
from dashboard.proposals.tickers import known_name, latin_name

_TRAILING: Final = re.compile(f"(?:{HAN}){{1,12}}$")
_COMMON_NOUN: Final = (
    "公司|大廠|龍頭|廠|廠商|業者|個股|股票|標的|概念股|指標股|供應商|股王|股后|一哥|二哥|三哥|"
    "龍頭股|代工廠|權值股|企業|集團|母公司|子公司"
)
_YEARS: Final = range(1950, 2051)


def _year(code: str) -> bool:
    return len(code) == 4 and code.isdigit() and int(code) in _YEARS


def read_alone(
    block: Block,
    cited: Cited,
    code: Code,
    name_end: int,
    chain: list[list[Candidate]],
    used: list[Candidate],
    lexicon: Lexicon,
    pairs: Pairs,
) -> None:
    """A code that is none of the names before it."""
    owner = _owner(code, lexicon)
    sure = [
        one
        for names in chain[-1:]
        for one in names
        if one.code is None and one.bounded and one.name.tier <= Tier.EVERYDAY
    ]
    best = max(sure, key=lambda one: one.end - one.start) if sure else None
    if code.market == HOME:
        _home_alone(block, cited, code, owner, best, name_end, lexicon, pairs, bool(used))
    elif best is not None and (len(cited.codes) == 1 or code.marked):
        foreign_beside(block, cited, code, owner, best, name_end, lexicon, pairs)
    elif owner is not None and code.marked and not used:
        add_code(block, cited, code, owner, "", pairs)
    elif (
        not used
        and not _second_listing(cited, code, chain)
        and (code.marked or (cited.whole and len(code.text) >= 2))
    ):
        tell_foreign(block, cited, code, owner, name_end, lexicon, pairs)


def _second_listing(cited: Cited, code: Code, chain: list[list[Candidate]]) -> bool:
    """Whether a code follows one of another market in its bracket, and no list of names."""
    first = cited.codes[0]
    return not chain and code is not first and first.market != code.market


def _owner(code: Code, lexicon: Lexicon) -> Identity | None:
    if code.market == HOME:
        return lexicon.by_code.get(code.symbol)
    return lexicon.by_symbol.get(code.symbol)


def _home_alone(
    block: Block,
    cited: Cited,
    code: Code,
    owner: Identity | None,
    best: Candidate | None,
    name_end: int,
    lexicon: Lexicon,
    pairs: Pairs,
    used: bool,
) -> None:
    if not cited.whole and not code.marked:
        return
    if not code.marked and _is_amount(block, cited, owner):
        return
    if best is not None and owner is not None and owner.id == best.name.identity.id:
        tell_conflict(block, cited, code, best, owner, pairs)
        return
    start, written = _unknown_name(block, name_end, code, owner, lexicon)
    likely = owner is not None and _may_name(block.low[start:name_end], owner, code, lexicon)
    if (
        _year(code.text)
        and not code.marked
        and (not likely or block.text[start:name_end].isascii())
    ):
        return
    if best is not None and not (likely and start <= best.start):
        if (
            best.name.identity.symbol
            and best.name.identity.board not in LISTED_BOARDS
            and (not code.marked and owner is None)
        ):
            return
        tell_conflict(block, cited, code, best, owner, pairs)
        return
    if best is not None:
        best.refused = True
    _, symbol = known_name(block.low[max(name_end - 40, 0) : name_end], code)
    if owner is None and not code.marked and (symbol or in_japan(block, start, cited.end)):
        japanese = of_market(code.text, "JP")
        tell_foreign(block, cited, japanese, None, name_end, lexicon, pairs)
        return
    if not code.marked and not likely and _is_no_name(block.low[start:name_end]):
        return
    if owner is None:
        if not cited.bracket and re.search(_TRADED, block.low[cited.start - 3 : cited.start + 1]):
            return
        if written and (code.marked or not frequency(block.low[start:name_end])):
            tell_unlisted(block, cited, code, written, pairs)
        return
    if used or len(cited.codes) > 1 or (code.marked and not cited.bracket) or not written:
        add_code(block, cited, code, owner, "", pairs)
    elif likely:
        line, first, last = block.place(start, cited.end)
        reason = Text(
            f"代號 {code.text} 是{owner.name.zh}，前面的名稱像它的全名或別名",
            f"Code {code.text} is {owner.name.en}'s, and the name before it may be its full or "
            f"other name",
        )
        pairs.hits.append(Hit(line, first, last, written, code.text, owner, How.CODE, 0.9, reason))
    elif re.search(f"(?:{folded_pattern(_COMMON_NOUN)})$", block.low[start:name_end]):
        add_code(block, cited, code, owner, "", pairs)
    else:
        tell_mismatch(block, cited, code, written, owner, pairs)


_AMOUNT: Final = folded_pattern(
    r"[ ]?[千百]?(?:[萬億兆][美日港歐]?元?(?![華國泰])|[美日港歐]元|"
    r"元(?![大太件月老素晶鼎富隆利])|日?圓|%|點(?![名評出燃火])|倍|公噸|噸|坪|人次)"
)
_PRICES: Final = folded_pattern("股價|目標價|收盤價|均價|現價|成本價|破千|高價股|天價")
_TRADED: Final = folded_pattern("[$]|買進|賣出|放空|加碼|減碼|台股")
_CLAUSE: Final = 40
_TICK: Final = 5
"""Shares of a thousand dollars and more are quoted in steps of five."""


def _is_amount(block: Block, cited: Cited, owner: Identity | None) -> bool:
    """Whether a bracketed number is an amount by its unit, or a price by the words near it."""
    if not cited.bracket:
        return False
    if re.match(_AMOUNT, block.low[cited.end : cited.end + 8]):
        return True
    numbers = [int(code.text) for code in cited.codes if code.text.isdigit()]
    if owner is not None or any(number % _TICK for number in numbers):
        return False
    after = re.split("[。;!?\n]", block.low[cited.end : cited.end + _CLAUSE])[0]
    before = re.split("[。;!?,\n]", block.low[max(cited.start - _CLAUSE, 0) : cited.start])[-1]
    return re.search(_PRICES, before + " " + after) is not None


_WORD_TAGS: Final = ("v", "t", "m", "d", "vn", "n", "f", "q", "r")
_SOURCES: Final = folded_pattern("(?:網|報|社|顧|刊|誌)$")
_USUAL: Final = 200


def _is_no_name(written: str) -> bool:
    """Whether what stands before a number is no name: nothing whole, a medium, or a usual word."""
    if len(written) == 1 or re.search(_SOURCES, written):
        return True
    return (
        re.fullmatch(f"{HAN}+", written) is not None
        and frequency(written) >= _USUAL
        and part_of_speech(written) in _WORD_TAGS
    )


def _unknown_name(
    block: Block, end: int, code: Code, owner: Identity | None, lexicon: Lexicon
) -> tuple[int, str]:
    """(start, as written) of what stands before a code and is no known name."""
    begin = max(end - 40, 0)
    before = block.flat[begin:end]
    latin = latin_name(before)
    if latin:
        return end - len(latin), block.text[end - len(latin) : end]
    han = _TRAILING.search(before)
    if not han:
        return end, ""
    start = begin + han.start()
    official = lexicon.home_names.get(code.text, "") if owner else ""
    at = _subsequence(block.low[start:end], official)
    if at is not None:
        start += at
    else:
        words = lexicon.words.split(block.low[start:end])
        tail = ""
        for word in reversed(words):
            if len(tail) > 1 and (frequency(word) >= 200 or len(tail) + len(word) > 8):
                break
            tail = word + tail
        start = end - len(tail)
    return start, block.text[start:end]


def _subsequence(written: str, official: str) -> int | None:
    """Where the shortest end of `written` begins that holds `official` in its order."""
    if len(official) < 2:
        return None
    at = len(written)
    for char in reversed(official):
        at = written.rfind(char, 0, at)
        if at < 0:
            break
    else:
        return at
    prefix = written.rfind(official[:2])
    return prefix if prefix >= 0 else None


def _may_name(written: str, owner: Identity, code: Code, lexicon: Lexicon) -> bool:
    official = lexicon.home_names.get(code.text, "")
    if re.match(r"[a-z]", written):
        return True
    return _subsequence(written, official) == 0
