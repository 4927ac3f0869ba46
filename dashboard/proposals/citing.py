"""Names and codes that belong together, and those that stand together and do not."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Set
from functools import cache
from typing import Final

from dashboard.markets import BOARDS, HOME
from dashboard.prices.listings import LISTED_BOARDS
from dashboard.proposals.ambiguous import JOINS, folded_pattern
from dashboard.proposals.bare_codes import YEARS, is_amount_after, is_amount_before
from dashboard.proposals.blocks import Block
from dashboard.proposals.chinese import HAN
from dashboard.proposals.codes import Cited, Code, cited_codes
from dashboard.proposals.hits import Pairs, tell_conflict
from dashboard.proposals.lexicon import Lexicon, Tier
from dashboard.proposals.models import Identity
from dashboard.proposals.naming import Candidate
from dashboard.proposals.unpaired import read_alone

_BEFORE_BRACKET: Final = re.compile(r"[ \t\n'\"”’」』*]*$")
_BETWEEN_NAME: Final = re.compile(
    r"(?:\([^()]{1,40}\)[ ]?|[ ]?(?:ADR|美国存托凭证|存托凭证|普通股|公司|集团)[ ]?)$"
)
"""What may stand between a name and a further bracket with its ticker."""
_BEFORE_MARK: Final = re.compile(r"[ \t,:;|\-'\"」』*、]*$")
_AFTER_CODE: Final = re.compile(r"[ \t:|,\-_/'\"「『*]*")
_INLINE_AFTER: Final = re.compile(
    r"[ \t:|,\-_/#(「」『』'\"*]{0,8}([1-9][0-9]{3})(?![0-9]|[.,][0-9]|\s?[%元年點点亿萬万倍美])"
)
_INLINE_BEFORE: Final = re.compile(
    r"(?<![0-9A-Za-z.,])([1-9][0-9]{3})[ \t:|,\-_/)「」『』'\"*.]{0,8}\Z"
)


def pair_codes(
    block: Block, found: list[Candidate], lexicon: Lexicon, full: Set[str] = frozenset()
) -> Pairs:
    """Give candidates the codes that stand beside them; tell what fits nobody.

    Candidates are changed: one with a code of its own is sure, one whose pair conflicts is
    refused.
    """
    pairs = Pairs([], [])
    ends: defaultdict[int, list[Candidate]] = defaultdict(list)
    starts: defaultdict[int, list[Candidate]] = defaultdict(list)
    for one in found:
        ends[one.end].append(one)
        starts[one.start].append(one)
    for cited in cited_codes(block.flat):
        if cited.start < block.own_end and not _enough(block, cited, lexicon, full):
            _pair(block, cited, ends, starts, lexicon, pairs)
    for one in found:
        id_ = one.name.identity.id
        if one.code is None and id_ in lexicon.codes and id_ not in full:
            _beside(block, one, lexicon, pairs)
            _wrongly_beside(block, one, found, lexicon, pairs)
    return pairs


def _enough(block: Block, cited: Cited, lexicon: Lexicon, full: Set[str]) -> bool:
    """Whether a code stands without a name, and is one of a company named often enough."""
    if not full or len(cited.codes) > 1 or re.match(HAN, block.flat[max(cited.start - 1, 0)]):
        return False
    owner = lexicon.by_code.get(cited.codes[0].symbol)
    return owner is not None and owner.id in full


@cache
def _miswritten() -> re.Pattern[str]:
    """A name that the article itself says was given a wrong code."""
    words = folded_pattern("(?:被)?(?:誤植|誤寫|誤標|誤打|誤為|誤認|寫|標|打|當)[成為作]?")
    return re.compile(rf"{words}[ (:]*([1-9][0-9]{{3}})(?![0-9])")


@cache
def _set_right() -> re.Pattern[str]:
    """What says right away that the code was wrong: then nothing is left to find out."""
    return re.compile(folded_pattern("[^。!?\n]{0,8}(?:錯|誤|其實|應為|應是|更正)"))


def _beside(block: Block, one: Candidate, lexicon: Lexicon, pairs: Pairs) -> None:
    """A bare code right before or after its own name."""
    own = lexicon.codes[one.name.identity.id]
    wrong = _miswritten().match(block.low, one.end)
    if wrong and wrong[1] not in own and _set_right().match(block.low, wrong.end()):
        one.refused = True
        return
    if wrong and wrong[1] not in own:
        code = Code(wrong[1], HOME, wrong[1], None, True)
        cited = Cited(wrong.start(1), wrong.end(1), (code,), True, False)
        tell_conflict(block, cited, code, one, lexicon.by_code.get(wrong[1]), pairs)
        return
    after = _INLINE_AFTER.match(block.flat, one.end)
    if after and after[1] in own:
        one.code = Code(after[1], HOME, after[1], None, False)
        one.code_span = after.span(1)
        return
    before = _INLINE_BEFORE.search(block.flat[max(one.start - 14, 0) : one.start])
    if before and before[1] in own:
        at = max(one.start - 14, 0) + before.start(1)
        one.code = Code(before[1], HOME, before[1], None, False)
        one.code_span = (at, at + len(before[1]))


_NEXT: Final = re.compile(r"[ ]?([1-9][0-9]{3})(?![0-9A-Za-z%]|[.,:/~+-][0-9]|-[A-Za-z])")
_BEFORE: Final = re.compile(r"(?<![0-9A-Za-z./:~$%+(,\-])([1-9][0-9]{3})[ ]?\Z")
_VOLUMES: Final = folded_pattern("[買賣]超|張數|成交|排行|股價|市值|營收|[萬億、:]")
_OTHER_NEAR: Final = 14


def _wrongly_beside(
    block: Block, one: Candidate, found: list[Candidate], lexicon: Lexicon, pairs: Pairs
) -> None:
    """Tell another company's code right beside a name, where that company is not named too."""
    if one.refused or one.code or not one.bounded or one.name.latin or one.name.tier > Tier.NAME:
        return
    low = block.low
    after = _NEXT.match(block.flat, one.end)
    before = _BEFORE.search(block.flat[max(one.start - 6, 0) : one.start])
    if after and not is_amount_after(low, after.end(1)):
        code, (start, end) = after[1], after.span(1)
    elif before and not is_amount_before(low, max(one.start - 6, 0) + before.start(1)):
        code, start = before[1], max(one.start - 6, 0) + before.start(1)
        end = start + len(code)
    else:
        return
    owner = lexicon.by_code.get(code)
    clause = low[max(min(start, one.start) - _OTHER_NEAR, 0) : min(start, one.start)]
    if owner is None or int(code) in YEARS or re.search(_VOLUMES, clause.rpartition("\n")[2]):
        return
    first = bisect_left(found, start - _OTHER_NEAR, key=lambda other: other.start)
    past = bisect_left(found, end + _OTHER_NEAR, key=lambda other: other.start)
    if any(other.name.identity.id == owner.id for other in found[first:past]):
        return
    written = Code(code, HOME, code, None, True)
    cited = Cited(start, end, (written,), True, False)
    tell_conflict(block, cited, written, one, owner, pairs)


def _pair(
    block: Block,
    cited: Cited,
    ends: dict[int, list[Candidate]],
    starts: dict[int, list[Candidate]],
    lexicon: Lexicon,
    pairs: Pairs,
) -> None:
    gap = _BEFORE_BRACKET if cited.bracket else _BEFORE_MARK
    name_end = _skip_back(block.flat, cited.start, gap)
    chain = _names_before(block, name_end, ends)
    if not chain and cited.bracket:
        further = _skip_back(block.flat, name_end, _BETWEEN_NAME)
        chain = _names_before(block, further, ends) if further < name_end else []
    if not cited.bracket and not chain:
        after = _AFTER_CODE.match(block.flat, cited.end)
        chain = [starts.get(after.end() if after else cited.end, [])]
        chain = [one for one in chain if one]
    left = list(cited.codes)
    used: list[Candidate] = []
    for code in cited.codes:
        for names in chain:
            fits = [one for one in names if _fits(one.name.identity, code, lexicon)]
            if fits:
                best = max(fits, key=lambda one: one.end - one.start)
                best.code = code
                last = names is chain[-1]
                best.code_span = (cited.start, cited.end) if last else None
                used.append(best)
                left.remove(code)
                break
    for code in [*left]:
        near = _near_owner(block, code, name_end, ends, lexicon)
        if near is not None:
            near.code, near.code_span = code, (cited.start, cited.end)
            used.append(near)
            left.remove(code)
    for code in left:
        read_alone(block, cited, code, name_end, chain, used, lexicon, pairs)


_REACH: Final = 12
_STOPS: Final = re.compile(r"[、,。;:!?()\n/|]")


def _near_owner(
    block: Block,
    code: Code,
    name_end: int,
    found: dict[int, list[Candidate]],
    lexicon: Lexicon,
) -> Candidate | None:
    """The code's own company, named shortly before with words between: M31 矽智財（6643）."""
    for end in range(name_end - 1, max(name_end - _REACH, 0), -1):
        if _STOPS.match(block.flat, end):
            return None
        for one in found.get(end, ()):
            if one.bounded and one.code is None and _fits(one.name.identity, code, lexicon):
                return one
    return None


def _skip_back(text: str, at: int, gap: re.Pattern[str]) -> int:
    match = gap.search(text[max(at - 44, 0) : at])
    return at - len(match[0]) if match else at


@cache
def _joint() -> re.Pattern[str]:
    return re.compile(f"(?:{folded_pattern(JOINS)})$")


def _names_before(
    block: Block, end: int, ends: dict[int, list[Candidate]]
) -> list[list[Candidate]]:
    """Candidates that end there, and before them those of the same list, in their order."""
    chain: list[list[Candidate]] = []
    joint = _joint()
    while end in ends and len(chain) < 12:
        names = ends[end]
        chain.insert(0, names)
        begin = min(one.start for one in names)
        match = joint.search(block.low[max(begin - 6, 0) : begin])
        if not match:
            break
        end = begin - len(match[0])
    return chain


def _fits(identity: Identity, code: Code, lexicon: Lexicon) -> bool:
    """Whether a code is one of a company's; the same digits elsewhere are another's."""
    own = lexicon.codes.get(identity.id, frozenset())
    if code.market == HOME and code.marked:
        boards = [code.board] if code.board else LISTED_BOARDS
        return any(f"{code.root}{BOARDS[board].suffix}" in own for board in boards)
    if code.market in (None, HOME):
        return code.root in own or code.root.lstrip("0") in own
    return code.symbol in own
