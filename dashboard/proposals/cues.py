"""The table of cues: words by which an article tells a company's layer and how it is spoken of.

The table is `data/cues.toml`, whose head describes its form. Words are compared folded and
squeezed (`squeezed`), so that width, case, script and stray spaces do not count.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.errors import InputError
from dashboard.proposals.chinese import folded
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.models import Slug, Stance

CUES_FILE: Final = PROJECT_ROOT / "data" / "cues.toml"

_SPACES: Final = re.compile(r" +")
_OF_SHARES: Final = frozenset(folded("價票份東市息利權"))
_WORD_START: Final = 2
"""Characters by which words are looked up; every word has as many."""


NO_LAYER: Final = ""
"""The owner of words of trades that stand in no layer."""


class Role(StrEnum):
    """What a word of a layer says about who stands beside it."""

    MAKER = "maker"
    STRONG = "strong"
    WEAK = "weak"
    USER = "user"
    NOT = "not"


Word = Annotated[str, Field(min_length=_WORD_START, max_length=60)]
Words = tuple[Word, ...]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class LayerCues(_Table):
    """The words of one layer, its buyers among the layers, and its industries."""

    maker: Words = ()
    strong: Annotated[Words, Field(min_length=1)]
    weak: Words = ()
    user: Words = ()
    not_: Annotated[Words, Field(alias="not")] = ()
    users: tuple[Slug, ...] = ()
    industries: tuple[str, ...] = ()
    place: bool = False

    def of(self, role: Role) -> Words:
        words: Words = self.not_ if role is Role.NOT else getattr(self, role.value)
        return words


class StanceCues(_Table):
    strong: Annotated[Words, Field(min_length=1)]
    weak: Words = ()


class Turns(_Table):
    """What turns a word round: before it, or after it."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    doubt: Words = ()
    neutral: Words = ()


class Judged(_Table):
    """Words of whom stands after them."""

    words: Words


class Contest(_Table):
    """Words between who wins and who loses, and what they take from each other."""

    takes: Words
    wins: Words
    loses: Words
    things: tuple[str, ...]


class StanceTables(_Table):
    beneficiary: StanceCues
    at_risk: StanceCues
    turns: Turns
    judged: Judged
    contest: Contest


class Outsiders(_Table):
    """Who speaks about the chain and stands in none of its layers."""

    industries: tuple[str, ...]
    names: Words


@dataclass(frozen=True)
class Occurrence:
    """A word of the table in a squeezed text; `owner` is a layer or a stance."""

    start: int
    end: int
    owner: str
    role: Role
    word: str


class Matcher:
    """Finds words in a squeezed text, the longest at each place, in linear time."""

    def __init__(self, words: Iterable[tuple[str, str, Role]]) -> None:
        entries: dict[str, dict[tuple[str, Role], None]] = {}
        for word, owner, role in words:
            entries.setdefault(squeezed(word).text, {})[owner, role] = None
        self._entries = {word: tuple(owners) for word, owners in entries.items()}
        lengths: dict[str, set[int]] = {}
        for word in entries:
            lengths.setdefault(word[:_WORD_START], set()).add(len(word))
        self._lengths = {head: sorted(all_, reverse=True) for head, all_ in lengths.items()}

    def find(self, text: str) -> Iterator[Occurrence]:
        """Every word in order; within a longer one none of its parts counts.

        Nor does one within a phrase in which its layer is not meant (`Role.NOT`); such phrases
        themselves are not told.
        """
        until, denied = 0, dict[str, int]()
        known = self._lengths.get
        begun = [known(one + other) for one, other in pairwise(text)]
        for at, lengths in enumerate(begun):
            for end in self._ends(text, at, lengths) if lengths else ():
                owners = self._entries[text[at:end]]
                for owner, role in owners:
                    if role is Role.NOT:
                        denied[owner] = max(end, denied.get(owner, 0))
                if at < until:
                    continue
                told = [
                    Occurrence(at, end, owner, role, text[at:end])
                    for owner, role in owners
                    if role is not Role.NOT and end > denied.get(owner, 0)
                ]
                if told:
                    until = end
                    yield from told

    def _ends(self, text: str, at: int, lengths: list[int]) -> Iterator[int]:
        """Where words that begin at a place end, the longest first."""
        for length in lengths:
            end = at + length
            if end <= len(text) and text[at:end] in self._entries and _whole(text, at, end):
                yield end


class Elsewhere(_Table):
    """Trades that have no layer of their own."""

    words: Words = ()


class CueTable(_Table):
    """The whole table."""

    otherwise: dict[Word, tuple[Word, ...]] = {}
    """Words of Taiwan's trade and how the mainland says them."""
    layers: dict[Slug, LayerCues]
    stance: StanceTables
    outsiders: Outsiders
    elsewhere: Elsewhere = Elsewhere()

    @cached_property
    def layer_matcher(self) -> Matcher:
        """Words of layers, and with the owner `NO_LAYER` those of trades without one."""
        own = [(squeezed(word).text, NO_LAYER, Role.STRONG) for word in self.elsewhere.words]
        own += [
            (squeezed(word).text, layer, role)
            for layer, cues in self.layers.items()
            for role in Role
            for word in cues.of(role)
        ]
        taken = {word for word, _, _ in own}
        others = [
            (other, layer, role)
            for word, layer, role in own
            for other in self._said_otherwise(word)
            if other not in taken
        ]
        return Matcher((*own, *others))

    @cached_property
    def _otherwise(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (squeezed(word).text, squeezed(other).text)
            for word, others in self.otherwise.items()
            for other in others
        )

    def _said_otherwise(self, word: str) -> set[str]:
        """A word with its parts said otherwise: 記憶體晶片 → 内存芯片."""
        found = {word}
        if word.isascii() and " " in word:
            found.add(word.replace(" ", "-"))
        for part, other in self._otherwise:
            if part in word:
                found |= {one.replace(part, other) for one in found}
        return found - {word}

    @cached_property
    def endings(self) -> dict[str, frozenset[str]]:
        """What words of layers end with → whose they are: 被動元件 of 光被動元件."""
        found: dict[str, set[str]] = {}
        for layer, cues in self.layers.items():
            for word in map(squeezed, (*cues.maker, *cues.strong)):
                for at in range(1, len(word.text) - _WORD_START + 1):
                    found.setdefault(word.text[at:], set()).add(layer)
        return {word: frozenset(layers) for word, layers in found.items()}

    @cached_property
    def buyers(self) -> frozenset[str]:
        """Layers whose companies buy from another one's."""
        return frozenset(user for cues in self.layers.values() for user in cues.users)

    @cached_property
    def outside(self) -> tuple[str, ...]:
        """Words of names of who stands in no layer, squeezed."""
        return tuple(squeezed(word).text for word in self.outsiders.names)

    @cached_property
    def judging(self) -> frozenset[str]:
        """Stance words of their object, squeezed."""
        return frozenset(squeezed(word).text for word in self.stance.judged.words)

    @cached_property
    def mere_gain(self) -> frozenset[str]:
        """Words of gain whose denial is no loss, squeezed."""
        return frozenset(squeezed(word).text for word in self.stance.turns.neutral)

    @cached_property
    def stance_matcher(self) -> Matcher:
        tables = {Stance.BENEFICIARY: self.stance.beneficiary, Stance.AT_RISK: self.stance.at_risk}
        return Matcher(
            (word, stance, role)
            for stance, cues in tables.items()
            for role, words in ((Role.STRONG, cues.strong), (Role.WEAK, cues.weak))
            for word in words
        )


@dataclass(frozen=True)
class Squeezed:
    """A folded text without spaces beside Chinese characters, and where its characters stood."""

    text: str
    positions: tuple[int, ...]
    """Of each character in the text as it was, and one more for its end."""

    @cached_property
    def _places(self) -> dict[int, int]:
        return {old: new for new, old in enumerate(self.positions)}

    def at(self, position: int) -> int:
        """Where a position of the text as it was lies in the squeezed one."""
        for old in range(position, self.positions[-1] + 1):
            if old in self._places:
                return self._places[old]
        return len(self.text)


def squeezed(text: str) -> Squeezed:
    """Fold a text; one space stays between Latin words, none beside a Chinese character."""
    low = folded(text)
    keep: list[int] = []
    at = 0
    for run in _SPACES.finditer(low):
        keep.extend(range(at, run.start()))
        at = run.end()
        left, right = low[run.start() - 1 : run.start()], low[at : at + 1]
        if left and right and left.isascii() and right.isascii():
            keep.append(run.start())
    keep.extend(range(at, len(low)))
    return Squeezed("".join([low[one] for one in keep]), (*keep, len(low)))


def _whole(text: str, start: int, end: int) -> bool:
    """No part of a longer Latin word or number; a plural s may follow."""
    if _latin(text[start]) and start and _latin(text[start - 1]):
        return False
    if text[end - 1] == "股" and text[end : end + 1] in _OF_SHARES:
        return False
    if not _latin(text[end - 1]) or end == len(text) or not _latin(text[end]):
        return True
    return text[end] == "s" and (end + 1 == len(text) or not _latin(text[end + 1]))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def read_cues(path: Path = CUES_FILE) -> CueTable:
    """Read a table of cues.

    Raises
    ------
    InputError
        Naming the layer or table and the word, if the file is not of the form.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"{path.name}: the table of cues cannot be read ({error}); restore the file"
        ) from None
    return checked_cues(content, path.name)


def checked_cues(content: Mapping[str, Any], file: str = CUES_FILE.name) -> CueTable:
    """The table of what a TOML file holds.

    Raises
    ------
    InputError
        As `read_cues`; also if two layers claim one word as their own.
    """
    try:
        table = CueTable.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{file}: {where}: {first['input']!r:.60}: {first['msg'].lower()}; correct the entry"
        ) from None
    _check_words(table, file)
    return table


def _check_words(table: CueTable, file: str) -> None:
    owners: dict[str, str] = {}
    for layer, cues in table.layers.items():
        for role in (Role.MAKER, Role.STRONG):
            for word in cues.of(role):
                other = owners.setdefault(squeezed(word).text, layer)
                if other != layer:
                    raise InputError(
                        f"{file}: layers.{layer}: {word!r} is {other}'s own word too; "
                        "make it weak in one of them"
                    )


@cache
def cues() -> CueTable:
    """The table that ships with the map."""
    return read_cues()
