"""Names of other companies and numbers of nobody's in what is said of one company."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from math import isclose
from typing import Final

import pandas as pd

from dashboard.errors import InputError
from dashboard.i18n import Text
from dashboard.prices.shipped_listings import listed_offline
from dashboard.proposals.chinese import folded
from dashboard.proposals.copying import squeezed
from dashboard.proposals.known_names import FOREIGN_NAMES
from dashboard.proposals.lexicon import Lexicon, Tier, lexicon_of
from dashboard.proposals.models import CompanyProposal, Identity, Proposal
from dashboard.supply_chain.models import SupplyChain

_LATIN: Final = re.compile(r"[0-9a-z]")
_CODE: Final = re.compile(r"(?<![0-9a-z.,])[0-9]{4,6}(?![0-9a-z,]|\.[0-9]|\s*[元亿万兆%片座台颗])")
"""In folded text; an amount is none."""
_YEAR: Final = range(1900, 2100)
_LEAST_TICKER: Final = 3
"""Letters: shorter tickers are words."""

_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_STEPS: Final = {"十": 10, "百": 100, "千": 1000}
_GROUPS: Final = {"万": 10**4, "亿": 10**8, "兆": 10**12}
_SCALES: Final = _STEPS | _GROUPS | {
    "成": 10, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9,
    "trillion": 10**12, "dozen": 12,
}  # fmt: skip
_SMALL: Final = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS: Final = {one: n for n, one in enumerate(_SMALL.split(" "), 2)} | {
    one: 10 * n for n, one in enumerate(_TENS.split(" "), 2)
}
_HAN_DIGITS: Final = "".join((*_DIGITS, *_STEPS, *_GROUPS))
_COUNTED: Final = "成倍家座年月日季元个名位档颗片台%纳奈寸吋点"
"""What makes a lone Chinese figure a number; elsewhere it is part of a word."""
_SCALE: Final = "|".join(_SCALES)
_NUMBER: Final = re.compile(
    rf"(?P<arabic>\d[\d,]*(?:\.\d+)?)(?P<scale>(?:\s*(?:{_SCALE}))*)"
    rf"|(?P<han>[{_HAN_DIGITS}]+)(?P<tenths>成?)(?=(?P<next>.?))"
    rf"|\b(?P<word>{'|'.join(_WORDS)})\b(?P<word_scale>(?:[\s-]*(?:{_SCALE})\b)*)"
)


def names_another(claim: Text, company: CompanyProposal, proposal: Proposal, names: Names) -> bool:
    """Whether a claim names a company other than its own, by a name or a code.

    Everyday words that are names too count only where the article has such a company.
    """
    own = company.found.identity
    return any(one.id != own.id for text in claim for one in names.others(text, own, proposal))


class Names:
    """The names of the map, of the exchanges' list and of makers abroad, made once."""

    def __init__(self, chain: SupplyChain) -> None:
        self._lexicon: Lexicon | None = None
        with suppress(InputError):
            self._lexicon = lexicon_of(chain, _listings())

    def others(self, text: str, own: Identity, proposal: Proposal) -> Iterator[Identity]:
        """The companies a text names, but what stands within a name of its own."""
        for form in (folded(text), squeezed(text)):
            found = list(self._found(form, text if len(form) == len(text) else "", proposal))
            spans = [span for span, one in found if _same(one, own)]
            for (start, end), one in found:
                if not any(a <= start and end <= b for a, b in spans):
                    yield one
        yield from self._coded(folded(text), own)

    def _found(
        self, form: str, written: str, proposal: Proposal
    ) -> Iterator[tuple[tuple[int, int], Identity]]:
        if self._lexicon is not None:
            for index, start, end in self._lexicon.matches(form):
                name = self._lexicon.names[index]
                sure = name.tier in (Tier.NAME, Tier.SELDOM, Tier.NOBODY)
                exact = not name.exact or written[start:end] == name.exact
                if sure and exact and _apart(form, start, end):
                    yield (start, end), name.identity
        for name_, identity in _told(proposal):
            yield from ((span, identity) for span in _spans(name_, form))

    def _coded(self, text: str, own: Identity) -> Iterator[Identity]:
        lexicon = self._lexicon
        for one in _CODE.findall(text):
            there = lexicon.by_code.get(one) if lexicon else None
            if there is not None and int(one) not in _YEAR and not _same(there, own):
                yield there


def _same(one: Identity, own: Identity) -> bool:
    return one.id == own.id or (own.symbol is not None and one.symbol == own.symbol)


def _told(proposal: Proposal) -> Iterator[tuple[str, Identity]]:
    """Names of the companies that were found, and tickers and names of makers abroad."""
    for company in proposal.companies:
        identity = company.found.identity
        for name in {*identity.name, *company.found.written}:
            if len(name) > 1:
                yield folded(name), identity
    for ticker, names in FOREIGN_NAMES.items():
        identity = Identity(ticker, ticker, None, Text(ticker, ticker))
        for one in (*names, ticker):
            if len(one) >= (_LEAST_TICKER if one.isascii() else 2):
                yield folded(one), identity


def _spans(name: str, form: str) -> Iterator[tuple[int, int]]:
    at = form.find(name)
    while at >= 0:
        if _apart(form, at, at + len(name)):
            yield at, at + len(name)
        at = form.find(name, at + 1)


def _apart(text: str, start: int, end: int) -> bool:
    """Whether a Latin name does not go on at either end."""
    first, last = _LATIN.match(text[start]), _LATIN.match(text[end - 1])
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return not (first and _LATIN.match(before)) and not (last and _LATIN.match(after))


@cache
def _listings() -> pd.DataFrame:
    return listed_offline()


def new_numbers(claim: Text, sentences: Iterable[str]) -> bool:
    """Whether a claim has a number that none of the sentences has, whatever its spelling.

    三成 is 30%, and 50 billion is 500億; 一 alone and a lone figure within a word are none.
    """
    known = {value for text in sentences for pair in _numbers(text) for value in pair}
    return any(
        not any(isclose(scaled, one) for one in known)
        for text in claim
        for _, scaled in _numbers(text)
    )


def _numbers(text: str) -> Iterator[tuple[float, float]]:
    """Each number of a text, as written and with its scale."""
    for one in _NUMBER.finditer(folded(text)):
        if one["arabic"]:
            bare = float(one["arabic"].replace(",", ""))
            yield bare, bare * _scale(one["scale"])
        elif one["word"]:
            bare = float(_WORDS[one["word"]])
            yield bare, bare * _scale(one["word_scale"])
        elif _is_number(one["han"], one["tenths"] or one["next"]):
            bare = float(_read(one["han"]))
            yield bare, bare * (10 if one["tenths"] else 1)


def _is_number(han: str, after: str) -> bool:
    """Whether Chinese figures count something; 一 and 萬一 do not, 十分 and 三星 neither."""
    if not set(han) - {*_GROUPS, "百", "千", "一"}:
        return False
    return len(han) > 1 or (after != "" and after in _COUNTED)


def _scale(told: str) -> int:
    product = 1
    for one in re.findall(_SCALE, told):
        product *= _SCALES[one]
    return product


def _read(han: str) -> int:
    """A number in Chinese figures; figures one after the other as digits."""
    if not set(han) & {*_STEPS, *_GROUPS}:
        return int("".join(str(_DIGITS[one]) for one in han))
    total = part = digit = 0
    for one in han:
        if one in _DIGITS:
            digit = _DIGITS[one]
        elif one in _STEPS:
            part += (digit or 1) * _STEPS[one]
            digit = 0
        else:
            total = (total + part + digit or 1) * _GROUPS[one]
            part = digit = 0
    return total + part + digit
