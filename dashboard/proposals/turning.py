"""What turns a word of gain or loss round: before it, after it, and how its cue then reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from dashboard.proposals.cues import CueTable, Occurrence, Role, squeezed
from dashboard.proposals.wording import pattern
from dashboard.supply_chain.models import Stance

_NEAR: Final = 6
"""Characters in which a word of denial stands."""


@cache
def _turns(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    def either(words: Iterable[str]) -> str:
        return "|".join(re.escape(squeezed(word).text) for word in words)

    return (
        pattern(
            f"(?:{either(before)})(?:會|再|受到|受|有|能|是|見|了|被|任何)?[^,;。、]{{0,2}} ?$"
        ),
        re.compile(f"[^,;。、]{{0,4}} ?(?:{either(after)})"),
    )


@cache
def _doubt(words: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(re.escape(squeezed(word).text) for word in words) or "(?!)"
    return re.compile(f"[^,;。、]{{0,2}} ?(?:{either})(?!消除|解除|淡化|落幕)")


def turned(text: str, one: Occurrence, table: CueTable) -> tuple[Stance, int, int] | None:
    """The stance of a word where it stands, and its place with what turns it round.

    None where a weak word of loss is only denied; who merely does not gain is neutral.
    """
    turns = table.stance.turns
    before, after = _turns(turns.before, turns.after)
    stance = Stance(one.owner)
    denied = before.search(text[max(0, one.start - _NEAR) : one.start])
    taken_back = after.match(text[one.end : one.end + _NEAR * 2])
    if denied and _BREAKS.search(denied[0]):
        denied = None
    if stance is Stance.BENEFICIARY and not taken_back:
        taken_back = _doubt(turns.doubt).match(text[one.end : one.end + _NEAR * 2])
    if bool(denied) == bool(taken_back):
        return stance, one.start, one.end
    begin = one.start - len(denied[0]) if denied else one.start
    end = one.end + len(taken_back[0]) if taken_back else one.end
    if stance is Stance.BENEFICIARY:
        other = Stance.NEUTRAL if one.word in table.mere_gain else Stance.AT_RISK
        return other, begin, end
    return (Stance.BENEFICIARY, begin, end) if one.role is Role.STRONG else None


_BREAKS: Final = re.compile("[,;。、!?]")
