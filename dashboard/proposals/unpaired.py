"""Codes that no name beside them has: alone, of a new company, or in conflict with a name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dashboard.i18n import Text
from dashboard.markets import HOME
from dashboard.prices.listings import LISTED_BOARDS
from dashboard.proposals.ambiguous import folded_pattern
from dashboard.proposals.blocks import Block
from dashboard.proposals.chinese import HAN, folded, frequency
from dashboard.proposals.codes import Cited, Code
from dashboard.proposals.known_names import FOREIGN_NAMES
from dashboard.proposals.lexicon import Lexicon, Tier, of_ticker
from dashboard.proposals.models import Conflict, How, Identity
from dashboard.proposals.naming import Candidate
from dashboard.proposals.tickers import (
    chinese_name,
    is_known_pair,
    latin_name,
    likelihood,
    speaks_of_stocks,
)

_TRAILING: Final = re.compile(f"(?:{HAN}){{1,12}}$")
_COMMON_NOUN: Final = (
    "公司|大廠|龍頭|廠|廠商|業者|個股|股票|標的|概念股|指標股|供應商|股王|股后|一哥|二哥|三哥|"
    "龍頭股|代工廠|權值股|企業|集團|母公司|子公司"
)
_YEARS: Final = range(1950, 2051)


@dataclass(frozen=True)
class Hit:
    """A mention before the whole article is known; positions in its line.

    Attributes
    ----------
    needs : evidence still missing; 0 for what is sure
    """

    line: int
    start: int
    end: int
    written: str
    code: str
    identity: Identity
    how: How
    confidence: float
    reason: Text
    needs: int = 0
    tier: Tier = Tier.NAME


@dataclass
class Pairs:
    """What the codes of one block told."""

    hits: list[Hit]
    conflicts: list[Conflict]


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
    elif (best is not None and len(cited.codes) == 1) or (best is not None and code.marked):
        if owner is not None and owner.id != best.name.identity.id:
            if code.marked or cited.whole:
                tell_conflict(block, cited, code, best, owner, pairs)
        elif code.marked or _is_ticker_of(best, code):
            best.code = code
            best.code_span = (cited.start, cited.end)
    elif owner is not None and code.marked and not used:
        _add_code(block, cited, code, owner, "", pairs)
    elif not used and (code.marked or (cited.whole and len(code.text) >= 2)):
        _foreign(block, cited, code, owner, name_end, lexicon, pairs)


def _foreign(
    block: Block,
    cited: Cited,
    code: Code,
    owner: Identity | None,
    name_end: int,
    lexicon: Lexicon,
    pairs: Pairs,
) -> None:
    """A ticker beside a name that is not known: a company of its own, if it is a ticker."""
    before, after = (
        block.low[max(name_end - 40, 0) : name_end],
        block.low[cited.end : cited.end + 40],
    )
    latin = latin_name(block.flat[max(name_end - 60, 0) : name_end])
    name = latin or chinese_name(before, lexicon.words)
    if not latin and is_known_pair(before, code.text):
        name = folded(FOREIGN_NAMES[code.text])
        confidence = 0.9
    elif code.marked:
        confidence = 0.95
    elif latin:
        confidence = likelihood(latin, code, before, after)
    elif name and len(code.text) >= 3 and (speaks_of_stocks(before, after) or owner):
        confidence = 0.7
    else:
        confidence = 0.0
    if not confidence:
        return
    start = name_end - len(name) if name else cited.start
    line, first, last = block.place(start, cited.end)
    written = block.text[start:name_end] if name else code.text
    identity = owner or of_ticker(code.symbol, _tight(written), code.board)
    reason = Text(
        f"後面括號裡的 {code.text} 是交易代號", f"{code.text} in brackets behind it is its ticker"
    )
    pairs.hits.append(
        Hit(line, first, last, written, code.text, identity, How.CODE, confidence, reason)
    )


def _is_ticker_of(best: Candidate, code: Code) -> bool:
    return best.name.identity.symbol is not None and best.name.identity.symbol == code.symbol


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
    if owner is None:
        if written and (code.marked or not frequency(block.low[start:name_end])):
            _unlisted(block, cited, code, written, pairs)
        return
    if used or len(cited.codes) > 1 or (code.marked and not cited.bracket) or not written:
        _add_code(block, cited, code, owner, "", pairs)
    elif likely:
        line, first, last = block.place(start, cited.end)
        reason = Text(
            f"代號 {code.text} 是{owner.name.zh}，前面的名稱像它的全名或別名",
            f"Code {code.text} is {owner.name.en}'s, and the name before it may be its full or "
            f"other name",
        )
        pairs.hits.append(Hit(line, first, last, written, code.text, owner, How.CODE, 0.9, reason))
    elif re.search(f"(?:{folded_pattern(_COMMON_NOUN)})$", block.low[start:name_end]):
        _add_code(block, cited, code, owner, "", pairs)
    else:
        _mismatch(block, cited, code, written, owner, pairs)


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
            if tail and (frequency(word) >= 200 or len(tail) + len(word) > 8):
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


def _add_code(
    block: Block, cited: Cited, code: Code, owner: Identity, written: str, pairs: Pairs
) -> None:
    line, start, end = block.place(cited.start, cited.end)
    reason = Text(
        f"代號 {code.text} 依寫法就是{owner.name.zh}",
        f"Written as a code, {code.text} is {owner.name.en}",
    )
    confidence = 0.9 if code.marked else 0.75
    pairs.hits.append(
        Hit(line, start, end, written or code.text, code.text, owner, How.CODE, confidence, reason)
    )


def tell_conflict(
    block: Block,
    cited: Cited,
    code: Code,
    best: Candidate,
    owner: Identity | None,
    pairs: Pairs,
) -> None:
    """A code beside a name that has another: the name is refused, nobody is mapped."""
    best.refused = True
    line, _, _ = block.place(best.start, cited.end)
    name = _tight(block.text[best.start : best.end])
    other = best.name.identity
    symbol = (other.symbol or "未上市", other.symbol or "not listed")
    if owner is not None:
        told = Text(
            f"{code.text} 是{owner.name.zh}的代號", f"{code.text} is the code of {owner.name.en}"
        )
    else:
        told = Text(
            f"兩個市場都沒有代號 {code.text}",
            f"No company of either board has the code {code.text}",
        )
    why = Text(
        f"{told.zh}，{name}是{other.name.zh}（{symbol[0]}）",
        f"{told.en}, but {name} is {other.name.en} ({symbol[1]})",
    )
    pairs.conflicts.append(Conflict(code.text, name, (line,), why))


def _mismatch(
    block: Block, cited: Cited, code: Code, written: str, owner: Identity, pairs: Pairs
) -> None:
    line, _, _ = block.place(cited.start, cited.end)
    name = _tight(written)
    why = Text(
        f"{code.text} 是{owner.name.zh}的代號，{name}不是它已知的名稱",
        f"{code.text} is the code of {owner.name.en}, and {name} is none of its known names",
    )
    pairs.conflicts.append(Conflict(code.text, name, (line,), why))


def _unlisted(block: Block, cited: Cited, code: Code, written: str, pairs: Pairs) -> None:
    line, _, _ = block.place(cited.start, cited.end)
    why = Text(
        f"上市與上櫃都沒有代號 {code.text}（可能是興櫃、存託憑證或已下市）",
        f"Neither board lists the code {code.text} (emerging board, a depositary receipt or "
        f"delisted perhaps)",
    )
    pairs.conflicts.append(Conflict(code.text, _tight(written), (line,), why))


def _tight(text: str) -> str:
    return " ".join(text.split()) if text.isascii() else "".join(text.split())


def merged(conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """One conflict per code and name, with all its lines."""
    lines: dict[tuple[str, str], set[int]] = {}
    whys: dict[tuple[str, str], Text] = {}
    for one in conflicts:
        key = (one.code, one.name)
        lines.setdefault(key, set()).update(one.lines)
        whys.setdefault(key, one.why)
    return tuple(
        Conflict(code, name, tuple(sorted(those)), whys[code, name])
        for (code, name), those in lines.items()
    )
