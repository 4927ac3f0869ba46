"""Where the parts of a map stand in its text, and how further parts are written there.

ruamel.yaml reads the entries that change and writes what is added; every other character
stays as it is, whatever hand wrote it. The one module that talks to ruamel.yaml.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from dashboard.supply_chain import yaml_nodes

Node: TypeAlias = Any
"""What ruamel.yaml composes: its kinds of nodes share no type that tells their parts."""
_STEP: Final = 2
"""Spaces from a key to the dash of its list, as in the map that ships."""
_WIDTH: Final = 10**9
"""No line is broken."""
_FLOWING: Final = frozenset(("listings",))
"""Lists whose entries are written in braces on one line, as in the map that ships."""
_LAST: Final = -1
"""Column of what stood below an entry: all that is added to the entry goes before it."""


@dataclass
class _Edit:
    """`text` takes the place of `[start:end]`; at one place the deeper goes first."""

    start: int
    end: int
    column: int
    text: str


@dataclass
class MapText:
    """The text of a map, where its parts stand, and the edits that wait for it."""

    text: str
    edits: list[_Edit] = field(default_factory=list)
    sections: dict[str, tuple[Node, Node]] = field(default_factory=dict)
    """Nodes of the key and the value of each section."""
    entries: dict[str, dict[int, Node]] = field(default_factory=dict)
    """Nodes of entries, by section and place."""

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def edited(self) -> str:
        """The text with all edits; from its end on, so that places stay what they were."""
        parts, done = [], 0
        for one in sorted(self.edits, key=lambda one: (one.start, one.end, -one.column)):
            parts += [self.text[done : one.start], one.text]
            done = one.end
        return "".join([*parts, self.text[done:]])

    def end(self, node: Node) -> int:
        """Where a node's last character stands; blank lines and comments below are not its."""
        if isinstance(node, ScalarNode) or node.flow_style or not node.value:
            start, end = node.start_mark.index, int(node.end_mark.index)
            while end > start and self.text[end - 1] in " \r\n":
                end -= 1
            return end
        last = node.value[-1]
        if not isinstance(last, tuple):
            return self.end(last)
        key, value = last
        return self.end(key if is_nothing(value) else value)

    def replace(self, node: Node, text: str) -> None:
        start, end = node.start_mark.index, node.end_mark.index
        self.edits.append(_Edit(start, end, 0, text))

    def remove(self, node: Node, key: Node, value: Node) -> None:
        """A key of an entry with its value; with its whole lines where they are its own."""
        start, end = key.start_mark.index, self.end(value)
        if node.flow_style:
            before, after = self.text[:start].rstrip(), self.text[end:].lstrip()
            if after.startswith(","):
                end = len(self.text) - len(after) + 1
            elif before.endswith(","):
                start = len(before) - 1
        else:
            start = self.text.rfind("\n", 0, start) + 1
            end = self.text.find("\n", end) + 1 or len(self.text)
        self.edits.append(_Edit(start, end, 0, ""))

    def insert_lines(self, after: int, column: int, lines: Iterable[str]) -> None:
        """Whole lines below the one in which `after` stands."""
        place = self.text.find("\n", after) + 1
        block = "".join(" " * column + one + self.newline for one in lines)
        if place == 0:
            place, block = len(self.text), self.newline + block.removesuffix(self.newline)
        self.edits.append(_Edit(place, place, column, block))

    def append(self, key: Node, value: Node, items: Sequence[object]) -> None:
        """Further items of the list under a key."""
        if not items:
            return
        if isinstance(value, SequenceNode) and value.value:
            if value.flow_style:
                self._append_flow(value, [_flow(one) for one in items])
            else:
                self.insert_lines(self.end(value), value.start_mark.column, _listed(items))
            return
        # An empty list: `[]`, `~` or nothing after the colon.
        if not is_nothing(value):
            self.replace(value, "")
        self.insert_lines(self.end(key), key.start_mark.column + _STEP, _listed(items))

    def add_key(
        self, node: Node, name: str, items: Sequence[object], below: Collection[str]
    ) -> None:
        """A list under a key that an entry does not have yet, below those that go before it."""
        if node.flow_style:
            self._append_flow(node, [f"{name}: [{', '.join(map(_flow, items))}]"])
            return
        before = [value for key, value in node.value if key.value in below]
        column = node.value[0][0].start_mark.column
        self.insert_lines(self.end(before[-1]), column, _block({name: items}))

    def _append_flow(self, node: Node, items: Sequence[str]) -> None:
        close = node.end_mark.index - 1
        there = self.text[:close].rstrip()
        comma = "" if not node.value or there.endswith(",") else ", "
        self.edits.append(_Edit(close, close, 0, comma + ", ".join(items)))


def is_nothing(node: Node) -> bool:
    """Whether nothing is written: such a node is said to stand where the next one begins."""
    return isinstance(node, ScalarNode) and node.start_mark.index == node.end_mark.index


# --- reading ---------------------------------------------------------------------------


def opened(text: str, changing: Mapping[str, Collection[int]]) -> MapText | None:
    """A map's text for changes of some entries, by section and place in it, and for new ones.

    ruamel.yaml takes seconds for a whole map, so what does not change is set aside for it: all
    entries but those and the last of each section.

    Returns
    -------
    MapText or None
        `entries` has the nodes of the entries that change. None where the text is not written
        as lines that can be set aside and put back.
    """
    for aside in (True, False):
        kept, made = _without(text, changing if aside else None)
        found = _sections(made.text)
        if _fits(made, kept, found):
            return made
    return None


def _fits(
    made: MapText, kept: Mapping[str, list[int]], found: dict[str, tuple[Node, Node]]
) -> bool:
    """Whether what was composed is what was kept; then it is noted where each entry stands."""
    for name, places in kept.items():
        value = found[name][1] if name in found else None
        if not isinstance(value, SequenceNode) or len(value.value) != len(places):
            return False
        made.entries[name] = dict(zip(places, value.value, strict=True))
    made.sections = found
    return True


def _without(
    text: str, changing: Mapping[str, Collection[int]] | None
) -> tuple[dict[str, list[int]], MapText]:
    """Places of the entries that are left of each section, and the text with only those.

    What is set aside waits as an edit that puts it back. Nothing is where `changing` is None.
    """
    root = yaml_nodes.compose(text, "")
    sections = root.items if isinstance(root, yaml_nodes.Mapping) else {}
    kept: dict[str, list[int]] = {}
    gone: list[tuple[int, int]] = []
    for name, value in sections.items():
        items = value.items if isinstance(value, yaml_nodes.Sequence) else []
        if not items:
            continue
        lines = [one.line for one in items]
        stay = set(range(len(items)) if changing is None else changing.get(name, ()))
        kept[name] = sorted(stay | {len(items) - 1})
        for place, (first, after) in enumerate(pairwise(lines)):
            if place not in stay and first < after:
                gone.append((first, after))
    return kept, _cut(text, sorted(gone))


def _cut(text: str, gone: Iterable[tuple[int, int]]) -> MapText:
    """The text without runs of lines, counted from 1, each without its second."""
    lines = [f"{one}\n" for one in text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    made, at = MapText(""), 0
    for first, after in gone:
        made.text += "".join(lines[at : first - 1])
        place, at = len(made.text), after - 1
        made.edits.append(_Edit(place, place, _LAST, "".join(lines[first - 1 : at])))
    made.text += "".join(lines[at:])
    return made


def _sections(text: str) -> dict[str, tuple[Node, Node]]:
    try:
        root = YAML().compose(text)
    except YAMLError:
        return {}
    if not isinstance(root, MappingNode):
        return {}
    return {key.value: (key, value) for key, value in root.value}


def warm() -> None:
    """Do now what the first reading and writing take long for."""
    edited = opened("documents:\n  - id: a\n", {"documents": [0]})
    if edited is not None:
        edited.append(*edited.sections["documents"], [{"id": "b"}])


def child(node: Node, name: str) -> tuple[Node, Node] | None:
    return next(((key, value) for key, value in node.value if key.value == name), None)


# --- writing ---------------------------------------------------------------------------


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = _WIDTH
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=2 + _STEP, offset=_STEP)
    return yaml


def _block(value: object) -> list[str]:
    """A value as lines without indentation of their own."""
    return _dumped(_styled(value))


def _dumped(value: object) -> list[str]:
    out = io.StringIO()
    _yaml().dump(value, out)
    return out.getvalue().removesuffix("\n").split("\n")


def _listed(items: Sequence[object]) -> list[str]:
    return [line[_STEP:] for line in _block(list(items))]


def _flow(value: object) -> str:
    """A value in braces on one line."""
    return " ".join(line.strip() for line in _dumped(_braced(value)))


def _styled(value: object, flowing: bool = False) -> object:
    if isinstance(value, dict):
        return CommentedMap((key, _styled(one, key in _FLOWING)) for key, one in value.items())
    if isinstance(value, list):
        return [_braced(one) if flowing else _styled(one) for one in value]
    return value


def _braced(value: object) -> object:
    if not isinstance(value, dict):
        return value
    made = CommentedMap(value)
    made.fa.set_flow_style()
    return made
