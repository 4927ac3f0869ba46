"""Whether words are the article's own: long runs of it, or little else than one run of it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice, tee
from typing import Final

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.chinese import HAN, folded

_HAN_WEIGHT: Final = 2
_WORD_WEIGHT: Final = 3
_COPIED: Final = 24
"""A run of 12 Chinese characters, of 8 words, or of both to that measure is copied."""
_FEWEST: Final = _COPIED // _WORD_WEIGHT
"""Tokens that a copied run has at least."""
_TENTHS: Final = 6
"""So many tenths of a text's characters in one run make all of it copied, however short."""
_TOKEN: Final = re.compile(rf"{HAN}|(?:(?!{HAN})\w)+")
_CHINESE: Final = re.compile(HAN)
_BETWEEN: Final = re.compile(r"[\W_]+")


def copied(claims: Iterable[Text], article: Article) -> frozenset[Text]:
    """Claims that share a long run of words with the article, or are mostly one run of it.

    Spaces, punctuation, line breaks, letter case and forms of characters make no difference.
    What says the same in other words is not seen.
    """
    told = list(claims)
    long = _long_runs(told, article)
    short = [one for one in told if one not in long]
    if not short:
        return long
    whole = squeezed("".join((article.title, *article.lines)))
    return long | {one for one in short if any(_mostly(squeezed(part), whole) for part in one)}


def squeezed(text: str) -> str:
    """The folded letters, digits and Chinese characters of a text."""
    return _BETWEEN.sub("", folded(text))


def _mostly(text: str, whole: str) -> bool:
    """Whether a run of `_TENTHS` of a text stands in a whole; any such run holds its middle."""
    size = -(-_TENTHS * len(text) // 10)
    if not size or text[len(text) - size : size] not in whole:
        return False
    return any(text[at : at + size] in whole for at in range(len(text) - size + 1))


def _long_runs(claims: Iterable[Text], article: Article) -> frozenset[Text]:
    runs = {claim: [run for text in claim for run in _runs(_tokens([text]))] for claim in claims}
    asked = {part for own in runs.values() for run in own for part in _parts(run)}
    if not asked:
        return frozenset()
    shared = asked.intersection(_parts(_tokens([article.title, *article.lines])))
    return frozenset(
        claim for claim, own in runs.items() if any(shared.issuperset(_parts(run)) for run in own)
    )


def _parts(tokens: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """All that many tokens in a row; a run is in a text where all its parts are."""
    shifted = (islice(one, n, None) for n, one in enumerate(tee(tokens, _FEWEST)))
    return zip(*shifted, strict=False)


def _tokens(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from _TOKEN.findall(folded(line))


def _runs(tokens: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """From each token on, the shortest run that would be copied words."""
    window: deque[str] = deque()
    weight = 0
    for token in tokens:
        window.append(token)
        weight += _weight(token)
        while weight >= _COPIED:
            yield tuple(window)
            weight -= _weight(window.popleft())


def _weight(token: str) -> int:
    return _HAN_WEIGHT if _CHINESE.match(token) else _WORD_WEIGHT
