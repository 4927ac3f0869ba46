"""Codes of other markets beside a name: another company's, another listing's, a new one's."""

from __future__ import annotations

import re
from typing import Final

from dashboard.i18n import Text
from dashboard.markets import market_of
from dashboard.prices.listings import LISTED_BOARDS
from dashboard.proposals.ambiguous import folded_pattern
from dashboard.proposals.blocks import Block
from dashboard.proposals.chinese import HAN, folded
from dashboard.proposals.codes import Cited, Code, of_market
from dashboard.proposals.hits import Hit, Pairs, tell_conflict, tight
from dashboard.proposals.lexicon import Lexicon, of_ticker
from dashboard.proposals.models import How, Identity
from dashboard.proposals.naming import Candidate
from dashboard.proposals.tickers import (
    chinese_name,
    known_name,
    latin_name,
    likelihood,
    speaks_of_stocks,
    written_name,
)

_NEAR: Final = 60
_FAR: Final = 160
_LEAST: Final = 6
_GROUP: Final = folded("集團")
_JAPAN: Final = "日本|日股|日商|東京|東證|日經|日系"
_KOREA: Final = "韓|首爾|KOSPI|三星|海力士|hynix|現代|LG"
_MAINLAND: Final = (
    "A股|滬|深圳|深交所|上交所|上海|中國|陸股|陸企|陸廠|大陸|科創板|創業板|中證|北京|人民幣"
)
_MAINLAND_CODES: Final = re.compile(r"(?:60[0135]|68[89]|00[0123]|30[01])[0-9]{3}")


def foreign_beside(
    block: Block,
    cited: Cited,
    code: Code,
    owner: Identity | None,
    best: Candidate,
    name_end: int,
    lexicon: Lexicon,
    pairs: Pairs,
) -> None:
    """A code of another market beside a known name whose own code it is not.

    The symbol decides: of the same market it is another company's, and the longer name before it
    is that company's; of another market it is another listing, unless its digits are the known
    company's of a market where it is not listed.
    """
    identity = best.name.identity
    if owner is not None and owner.id != identity.id:
        if code.marked or cited.whole:
            tell_conflict(block, cited, code, best, owner, pairs)
    elif not code.marked:
        if identity.symbol is not None and identity.symbol == code.symbol:
            best.code, best.code_span = code, (cited.start, cited.end)
    elif owner is None and _is_anothers(identity, code, lexicon):
        longer = best.completion or block.low[best.end : name_end].startswith(_GROUP)
        if longer and code.root not in lexicon.codes.get(identity.id, frozenset()):
            best.refused = True
            tell_foreign(block, cited, code, None, name_end, lexicon, pairs, best.start)
        else:
            tell_conflict(block, cited, code, best, owner, pairs)
    else:
        best.code, best.code_span = code, (cited.start, cited.end)


def _is_anothers(identity: Identity, code: Code, lexicon: Lexicon) -> bool:
    if identity.symbol is None:
        return False
    digits = code.root.isdigit()
    if digits and code.root in lexicon.codes.get(identity.id, frozenset()):
        return True
    return code.market == market_of(identity.symbol) or (digits and identity.board in LISTED_BOARDS)


def tell_foreign(
    block: Block,
    cited: Cited,
    code: Code,
    owner: Identity | None,
    name_end: int,
    lexicon: Lexicon,
    pairs: Pairs,
    start: int | None = None,
) -> None:
    """A ticker beside a name that is not known: a company of its own, if it is a ticker.

    Parameters
    ----------
    start : where the name begins, where that is known
    """
    before, after = (
        block.low[max(name_end - 40, 0) : name_end],
        block.low[cited.end : cited.end + 40],
    )
    latin = latin_name(block.flat[max(name_end - 60, 0) : name_end])
    known, symbol = known_name(before, code)
    if symbol and code.market is None and code.text.isdigit():
        code = of_market(code.text, market_of(symbol))
    elif code.market is None and code.text.isdigit():
        placed = _placed(block, code, name_end, cited.end)
        if placed is None:
            return
        code = placed
    name = known or latin or written_name(before, lexicon.words)
    if start is not None:
        name = block.low[start:name_end]
    confidence = _confidence(code, known, latin, before, after, owner, lexicon)
    if not confidence:
        return
    begin = name_end - len(name) if name else cited.start
    line, first, last = block.place(begin, cited.end)
    written = block.text[begin:name_end] if name else code.text
    identity = owner or of_ticker(code.symbol, tight(written), code.board)
    reason = Text(
        f"後面括號裡的 {code.text} 是交易代號", f"{code.text} in brackets behind it is its ticker"
    )
    pairs.hits.append(
        Hit(line, first, last, written, code.text, identity, How.CODE, confidence, reason)
    )


def _confidence(
    code: Code,
    known: str,
    latin: str,
    before: str,
    after: str,
    owner: Identity | None,
    lexicon: Lexicon,
) -> float:
    if known or code.marked:
        return 0.9 if known and not code.marked else 0.95
    if latin:
        return likelihood(latin, code, before, after)
    stock = speaks_of_stocks(before, after) or owner
    return 0.7 if len(code.text) >= 3 and stock and chinese_name(before, lexicon.words) else 0.0


def _placed(block: Block, code: Code, start: int, end: int) -> Code | None:
    """Six digits with the market that they and the words around them tell, or None."""
    if code.text.endswith("000"):
        return None
    near = slice(max(start - _NEAR, 0), end + _NEAR)
    if re.search(folded_pattern(_KOREA).lower(), block.low[near]):
        return of_market(code.text, "KR")
    if not _MAINLAND_CODES.fullmatch(code.text):
        return None
    told = re.search(folded_pattern(_MAINLAND).lower(), block.low[near])
    return of_market(code.text, "CN") if told or _simplified(block, near) else None


def _simplified(block: Block, near: slice) -> bool:
    """Whether no character of a stretch is written otherwise in the mainland."""
    pairs = list(zip(block.text[near], block.low[near], strict=True))
    han = [(one, other) for one, other in pairs if re.match(HAN, one)]
    return len(han) >= _LEAST and all(one == other for one, other in han)


def in_japan(block: Block, start: int, end: int) -> bool:
    """Whether the words around a code speak of Japan."""
    near = block.low[max(start - _FAR, 0) : end + _FAR]
    return re.search(folded_pattern(_JAPAN), near) is not None
