"""The YAML of the map as a tree in which every key and value knows its line.

All scalars stay texts: `2330`, `on` and `2025-07-30` mean what the model that receives them
says, whether quoted or not. The one module that talks to PyYAML.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml

from dashboard.errors import MapError
from dashboard.supply_chain.faults import Fault, shortened

MAX_DEPTH: Final = 24
MAX_NODES: Final = 250_000
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))


@dataclass(slots=True)
class Scalar:
    """One value; None where nothing, `~` or `null` is written without quotes."""

    line: int
    value: str | None


@dataclass(slots=True)
class Sequence:
    line: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    line: int
    items: dict[str, Node] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)
    repeated: list[tuple[str, int]] = field(default_factory=list)
    """Keys written again, with their line; the first value counts."""


Node: TypeAlias = Scalar | Sequence | Mapping
PlainValue: TypeAlias = "str | list[PlainValue] | dict[str, PlainValue] | None"


def plain(node: Node) -> PlainValue:
    """The tree as dicts, lists and texts, without lines."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(item) for key, item in node.items.items()}


def repeated_keys(node: Node) -> Iterator[tuple[str, int]]:
    """Every key of the tree that is written twice in its mapping, with its line."""
    if isinstance(node, Mapping):
        yield from node.repeated
    if not isinstance(node, Scalar):
        for item in node.items.values() if isinstance(node, Mapping) else node.items:
            yield from repeated_keys(item)


def compose(text: str, file: str) -> Node | None:
    """Parse one YAML document; None if it holds nothing.

    Raises
    ------
    MapError
        With the one fault that makes the text unreadable: a tab, a syntax error, an anchor,
        alias or tag, a second document, nesting or size beyond any map's.
    """
    return _Composer(text, file).compose()


class _Composer:
    """Builds the tree from events without recursion, so that depth is ours to limit."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        # libyaml also counts NEL, LS and PS as line breaks; editors and `cat -n` do not.
        self.line_ends = [match.start() for match in re.finditer("\n", text)]
        self.stack: list[Sequence | Mapping] = []
        self.keys: list[tuple[str, int] | None] = []
        self.root: Node | None = None

    def compose(self) -> Node | None:
        tab = self.text.find("\t")
        if tab >= 0:
            raise self.error(tab, "a tab", "write spaces instead")
        try:
            self.read(yaml.parse(self.text, Loader=yaml.CSafeLoader))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = " ".join(filter(None, (error.problem, error.context))) or "broken YAML"
            raise self.error(
                mark.index if mark else 0,
                f"the YAML cannot be read ({what})",
                "mend the indentation, quotes or brackets here or just above",
            ) from None
        except yaml.reader.ReaderError as error:
            before = self.text.encode()[: error.position]
            raise self.error(
                len(before.decode("utf-8", "ignore")),
                f"the character U+{_code_point(error.character):04X} is not allowed in YAML",
                "delete it",
            ) from None
        return self.root

    def read(self, events: Iterable[yaml.Event]) -> None:
        documents = 0
        for number, event in enumerate(events):
            if isinstance(event, yaml.ScalarEvent):
                self.refuse_special(event)
                bare = not event.style and event.value in _NULLS
                self.add(Scalar(self.line(event), None if bare else event.value))
            elif isinstance(event, yaml.CollectionStartEvent):
                self.refuse_special(event)
                self.open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
                self.keys.pop()
            elif isinstance(event, yaml.AliasEvent):
                raise self.error(_index(event), "an alias (*name)", "write the value out here")
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    mend = "delete the line `---` and keep one map"
                    raise self.error(_index(event), "a second YAML document begins", mend)
            if number > MAX_NODES:
                mend = "keep only what belongs to the map"
                raise self.error(_index(event), f"more than {MAX_NODES:,} values", mend)

    def open(self, event: yaml.CollectionStartEvent) -> None:
        if len(self.stack) >= MAX_DEPTH:
            what = f"nested deeper than {MAX_DEPTH} levels"
            raise self.error(_index(event), what, "remove the surplus brackets or indentation")
        line = self.line(event)
        new = Mapping(line) if isinstance(event, yaml.MappingStartEvent) else Sequence(line)
        self.add(new)
        self.stack.append(new)
        self.keys.append(None)

    def add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif self.keys[-1] is None:
            self.keys[-1] = self.key(node)
        else:
            name, line = self.keys[-1]
            self.keys[-1] = None
            if name in parent.items:
                parent.repeated.append((name, line))
            else:
                parent.items[name] = node
                parent.key_lines[name] = line

    def key(self, node: Node) -> tuple[str, int]:
        if not isinstance(node, Scalar):
            fault = Fault(self.file, node.line, "a key is not a word", "write `name: value`")
            raise MapError([fault])
        return node.value or "", node.line

    def refuse_special(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            what = f"an anchor (&{shortened(event.anchor)})"
            raise self.error(_index(event), what, "write the value without it")
        if event.tag is not None:
            what = f"a tag ({shortened(event.tag)})"
            mend = "write the value without it, quoted if it begins with !"
            raise self.error(_index(event), what, mend)

    def line(self, event: yaml.Event) -> int:
        return self.line_at(_index(event))

    def line_at(self, index: int) -> int:
        return bisect_right(self.line_ends, index - 1) + 1

    def error(self, index: int, what: str, mend: str) -> MapError:
        return MapError([Fault(self.file, self.line_at(index), what, mend)])


def _index(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0


def _code_point(character: int | str) -> int:
    return character if isinstance(character, int) else ord(character)
