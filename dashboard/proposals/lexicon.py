"""Every name a company can be found by, made of the map and the exchanges' list."""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache, cached_property
from itertools import pairwise
from typing import Final

import pandas as pd
from ahocorasick_rs import AhoCorasick, MatchKind

from dashboard.i18n import Text
from dashboard.markets import HOME
from dashboard.prices.bars import SYMBOL
from dashboard.prices.listings import LISTED_BOARDS
from dashboard.prices.records import BOARD, INDUSTRY, LISTED_ON, NAME, VALID_TO
from dashboard.proposals.chinese import (
    HAN,
    Words,
    folded,
    frequency,
    is_taiwanese_word,
    part_of_speech,
    usage,
)
from dashboard.proposals.known_names import (
    ELSEWHERE,
    FULL_NAMES,
    ONLY_COMPANIES,
    OTHER_LISTINGS,
    RATHER_OTHERS,
    STRANGERS,
    TOWNS,
)
from dashboard.proposals.models import Identity
from dashboard.supply_chain.models import Company, Status, SupplyChain

_LINE_OF_SHARES: Final = re.compile(r"(?:-(?:KY|DR|創|KY創)|\*)+$")
_HAN_ONLY: Final = re.compile(f"{HAN}+")
_LATIN_START: Final = re.compile(r"[0-9a-z]")
_LEGAL_ENDS: Final = ("投控", "控股")
_KEPT: Final = 4
"""Lexicons kept at a time: one map before and after an accepted change, and its neighbours."""
_PROPER_TAGS: Final = ("nz", "nt", "nr", "ns", "j")
_STRANGER: Final = Identity("", None, None, Text("", ""))
_RARE: Final = 50
_RARE_PROPER: Final = 100
_FREQUENT: Final = 1000


class Tier(IntEnum):
    """How much must speak for a name to be the company's: the sum of evidence it needs."""

    NAME = 0
    SELDOM = 1
    EVERYDAY = 2
    COMMON = 3
    CODE_ONLY = 99
    """Two companies' name: only a code tells which."""
    NOBODY = 100
    """Somebody else's, in which a name stands that is none there."""


@dataclass(frozen=True)
class Name:
    """A folded name, the company it names, and how much must speak for it."""

    text: str
    identity: Identity
    tier: Tier
    latin: bool
    exact: str = ""
    """As the map writes it, where a Latin name must be written so."""
    phrase: bool = False
    """Whether it is made of ordinary words, so that what follows may make it a phrase."""


@dataclass(frozen=True)
class Lexicon:
    """Names and codes of all companies that can be found.

    Attributes
    ----------
    names : by pattern of `matcher`
    by_code : code of the home market → company
    by_symbol : Yahoo symbol → company of the map
    codes : `Identity.id` → codes a company is cited by, of all its listings
    words : where names begin and end
    """

    names: tuple[Name, ...]
    by_code: dict[str, Identity]
    by_symbol: dict[str, Identity]
    codes: dict[str, frozenset[str]]
    words: Words
    matcher: AhoCorasick
    home_names: dict[str, str] = field(default_factory=dict)
    """Code of the home market → folded name of the exchanges' list."""
    families: frozenset[str] = frozenset()
    """Names with which other companies' names begin: their 集團 is the whole group."""
    latin: dict[str, frozenset[str]] = field(default_factory=dict)
    """`Identity.id` → its Latin names of one word."""

    def only_one_begins(self, short: str, id_: str) -> bool:
        """Whether a short form is no word, no name, and begins one company's names only."""
        if not _HAN_ONLY.fullmatch(short) or frequency(short):
            return False
        return self._beginnings.get(short) == {id_}

    def shorter(self, name: Name) -> tuple[str, ...]:
        """Other names of the same company with which a name begins: 台積 of 台積電."""
        return self._shorter.get((name.identity.id, name.text), ())

    @cached_property
    def _shorter(self) -> dict[tuple[str, str], tuple[str, ...]]:
        own: defaultdict[str, list[str]] = defaultdict(list)
        for one in self.names:
            own[one.identity.id].append(one.text)
        return {
            (one.identity.id, one.text): begins
            for one in self.names
            if (begins := tuple(t for t in own[one.identity.id] if _begins(one.text, t)))
        }

    @cached_property
    def _beginnings(self) -> dict[str, set[str]]:
        begun: defaultdict[str, set[str]] = defaultdict(set)
        for one in self.names:
            begun[one.text[:2]].add(one.identity.id)
        return begun

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """(index of the name, start, end) in a folded text, overlapping ones too."""
        found: list[tuple[int, int, int]] = self.matcher.find_matches_as_indexes(
            text, overlapping=True
        )
        return found


def _begins(text: str, short: str) -> bool:
    return len(short) >= 2 and len(short) < len(text) and text.startswith(short)


def matcher_of(texts: Sequence[str]) -> AhoCorasick:
    """Finds the longest of some texts wherever one stands, in one pass over a text."""
    return AhoCorasick(texts, matchkind=MatchKind.LeftmostLongest)


_LEXICONS: Final[OrderedDict[tuple[str, int, int], tuple[SupplyChain, pd.DataFrame, Lexicon]]] = (
    OrderedDict()
)


def lexicon_of(chain: SupplyChain, listings: pd.DataFrame) -> Lexicon:
    """The names to look for; kept for the same map and list."""
    key = (chain.digest, id(chain), id(listings))
    kept = _LEXICONS.get(key)
    if kept is not None:
        _LEXICONS.move_to_end(key)
        return kept[2]
    lexicon = _made(chain, listings)
    _LEXICONS[key] = (chain, listings, lexicon)
    while len(_LEXICONS) > _KEPT:
        _LEXICONS.popitem(last=False)
    return lexicon


def _made(chain: SupplyChain, listings: pd.DataFrame) -> Lexicon:
    rows = _listed(listings)
    by_code: dict[str, Identity] = {}
    other: dict[str, Identity] = {}
    home_names: dict[str, str] = {}
    industries = {row[0]: row[3] for row in rows}
    on_map = {
        listing.symbol: (company, _of_map(company, industries))
        for company in chain.companies
        for listing in company.listings
    }
    identities = [(one, _of_map(one, industries)) for one in chain.companies]
    codes: defaultdict[str, set[str]] = defaultdict(set)
    found: defaultdict[str, list[Name]] = defaultdict(list)
    for company, identity in identities:
        for one in _names_of(company, identity):
            found[one.text].append(one)
        for other_name in ELSEWHERE.get(company.symbol or "", ()):
            text = folded(other_name)
            found[text].append(Name(text, identity, Tier.NAME, False))
        for listing in company.listings:
            codes[identity.id] |= _codes(listing.symbol)
            if listing.market == HOME:
                by_code.setdefault(listing.symbol.partition(".")[0], identity)
    for symbol, name, board, industry in rows:
        code = symbol.partition(".")[0]
        known = on_map.get(symbol)
        identity = (
            known[1] if known else by_code.get(code) or _of_list(symbol, name, board, industry)
        )
        by_code[code] = identity
        codes[identity.id] |= _codes(symbol)
        for text in _short_names(name):
            home_names.setdefault(code, text)
            found[text].append(_home_name(text, identity))
        for full in FULL_NAMES.get(code, ()):
            found[folded(full)].append(_full_name(folded(full), identity))
    for ticker, code in OTHER_LISTINGS.items():
        if code in by_code:
            other[ticker] = by_code[code]
    for stranger in STRANGERS:
        if folded(stranger) not in found:
            found[folded(stranger)].append(Name(folded(stranger), _STRANGER, Tier.NOBODY, False))
    names = tuple(_one_of(same) for same in found.values())
    spoken = tuple(one.text for one in names if _HAN_ONLY.fullmatch(one.text))
    return Lexicon(
        names,
        by_code,
        other | {symbol: identity for symbol, (_, identity) in on_map.items()},
        {id_: frozenset(those) for id_, those in codes.items()},
        Words(spoken),
        AhoCorasick([one.text for one in names]),
        home_names,
        _families(home_names),
        _latin(names),
    )


def _families(home_names: dict[str, str]) -> frozenset[str]:
    ordered = sorted(home_names.values())
    return frozenset(
        one
        for one, following in pairwise(ordered)
        if following != one and following.startswith(one)
    )


def _latin(names: tuple[Name, ...]) -> dict[str, frozenset[str]]:
    words: defaultdict[str, set[str]] = defaultdict(set)
    for one in names:
        if one.latin and one.text.isalnum():
            words[one.identity.id].add(one.text)
    return {id_: frozenset(those) for id_, those in words.items()}


def _listed(listings: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """(symbol, name, board, industry) of what is listed now on either board, by symbol."""
    # As `snapshot.last_listings` gives it the symbol is the index.
    listings = listings if SYMBOL in listings else listings.reset_index(names=SYMBOL)
    now = listings[listings[BOARD].isin(LISTED_BOARDS) & listings[VALID_TO].isna()]
    rows = now.sort_values([SYMBOL, LISTED_ON]).drop_duplicates(SYMBOL, keep="last")
    columns = [rows[name].astype(str) for name in (SYMBOL, NAME, BOARD, INDUSTRY)]
    return [
        (symbol, name.strip(), board, industry)
        for symbol, name, board, industry in zip(*columns, strict=True)
        if name.strip()
    ]


def _of_map(company: Company, industries: dict[str, str]) -> Identity:
    listing = company.listing
    return Identity(
        company.key,
        company.symbol,
        company.key,
        company.name,
        listing.board if listing else None,
        industries.get(company.symbol or "", ""),
        company.status,
    )


def _of_list(symbol: str, name: str, board: str, industry: str) -> Identity:
    return Identity(symbol, symbol, None, Text(name, name), board, industry, Status.LISTED)


def of_ticker(symbol: str, name: str, board: str | None) -> Identity:
    """A company that is known by its ticker alone, named as it is written."""
    return Identity(symbol, symbol, None, Text(name, name), board)


def _codes(symbol: str) -> set[str]:
    root, _, _ = symbol.partition(".")
    return {symbol, root, root.lstrip("0")}


def _short_names(name: str) -> list[str]:
    bare = _LINE_OF_SHARES.sub("", name)
    texts = [folded(bare)]
    for end in _LEGAL_ENDS:
        stem = bare.removesuffix(end)
        if stem != bare and len(stem) >= 2 and not frequency(folded(stem)):
            texts.append(folded(stem))
    return texts


def _home_name(text: str, identity: Identity) -> Name:
    latin = _LATIN_START.match(text) is not None
    tier = Tier.CODE_ONLY if text in _rather_others() else _tier(text, latin)
    return Name(text, identity, tier, latin)


def _full_name(text: str, identity: Identity) -> Name:
    """What begins with a country is a phrase as well: 台灣水泥 needs a word beside it."""
    place = frequency(text[:2]) > _FREQUENT and part_of_speech(text[:2]).startswith("ns")
    phrase = bool(frequency(text[:2]) and frequency(text[2:]))
    return Name(text, identity, Tier.EVERYDAY if place else Tier.NAME, False, phrase=phrase)


def _tier(text: str, latin: bool) -> Tier:
    """By how often the dictionary has met it, and whether it is a common or a proper noun."""
    if latin:
        return Tier.EVERYDAY if len(text) <= 4 else Tier.NAME
    met = usage(text)
    if not met or text in _only_companies():
        return Tier.NAME
    tag = part_of_speech(text)
    proper = tag.startswith(_PROPER_TAGS)
    step = (met >= (_RARE_PROPER if proper else _RARE)) + (met >= _FREQUENT)
    if is_taiwanese_word(text) or text in _towns():
        step = max(step, 1)
        proper = False
    elif proper and not step and _has_usual_part(text):
        step = 1
    return Tier(step if proper else step + 1)


@cache
def _rather_others() -> frozenset[str]:
    return frozenset(folded(name) for name in RATHER_OTHERS)


@cache
def _towns() -> frozenset[str]:
    return frozenset(folded(town) for town in TOWNS)


@cache
def _only_companies() -> frozenset[str]:
    return frozenset(folded(name) for name in ONLY_COMPANIES)


def _has_usual_part(text: str) -> bool:
    """Whether three characters are a usual word or a place and one more, such as 大台北."""
    if len(text) != 3:
        return False
    usual = max(frequency(text[1:]), frequency(text[:2])) >= _FREQUENT
    return usual or (frequency(text[1:]) > 0 and part_of_speech(text[1:]).startswith("ns"))


def _names_of(company: Company, identity: Identity) -> list[Name]:
    names = []
    for written in dict.fromkeys((company.name.zh, company.name.en, *company.aliases)):
        bare = _LINE_OF_SHARES.sub("", written)
        text = folded(bare)
        if len(text) < 2:
            continue
        latin = _LATIN_START.match(text) is not None
        home = identity.board in LISTED_BOARDS
        tier = _tier(text, latin) if home and not latin else Tier.NAME
        exact = bare if latin and len(text) <= 3 else ""
        names.append(Name(text, identity, tier, latin, exact))
    return names


def _one_of(same: list[Name]) -> Name:
    """What a name means: the map's company before the list's; nobody where two have it."""
    of_map = [one for one in same if one.identity.key is not None]
    meant = of_map or same
    if len({one.identity.id for one in meant}) == 1:
        return min(meant, key=lambda one: one.tier)
    first = meant[0]
    return Name(first.text, first.identity, Tier.CODE_ONLY, first.latin, first.exact)
