"""The frame of the file: its sections, their entries and the ids these declare."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final, TypeVar

from dashboard.supply_chain.faults import FaultList, shortened
from dashboard.supply_chain.models import SLUG_PATTERN, SupplyChain
from dashboard.supply_chain.records import line_of, text_at
from dashboard.supply_chain.rules import Objection
from dashboard.supply_chain.yaml_nodes import Mapping as MappingNode
from dashboard.supply_chain.yaml_nodes import Node, Scalar
from dashboard.supply_chain.yaml_nodes import Sequence as SequenceNode

T = TypeVar("T")
_COMPARED: Final = 20
_SLUG: Final = re.compile(SLUG_PATTERN)

SECTIONS: Final = tuple(name for name in SupplyChain.model_fields if name != "digest")


class EntryReader:
    """Walks sections and lists, and knows which ids the file declares."""

    def __init__(self, root: MappingNode, faults: FaultList) -> None:
        self.faults = faults
        self._check_keys(root)
        self.nodes = {name: self._items(root, name) or [] for name in SECTIONS}
        self.declared = {
            "document": self._names("documents", "id"),
            "stage": self._names("stages", "id"),
            "layer": self._names("layers", "id"),
            "company": self._names("companies", "key"),
        }

    def _check_keys(self, root: MappingNode) -> None:
        for key, line in root.repeated:
            self.faults.add(line, f"`{shortened(key)}` is written twice", "merge the two sections")
        for key, line in root.key_lines.items():
            if key not in SECTIONS:
                mend = self.faults.nearest(key, SECTIONS, f"one of {SECTIONS}")
                self.faults.add(line, f"`{shortened(key)}` is an unknown section", mend)
        # A file cut short lacks its end; a misspelt section has been told already.
        misspelt = [key for key in root.key_lines if key not in SECTIONS]
        for name in SECTIONS:
            if name not in root.key_lines and not get_close_matches(name, misspelt[:_COMPARED], 1):
                mend = f"restore it, or write `{name}: []` where there is none"
                self.faults.add(1, f"the section `{name}` is missing", mend)

    def _items(self, parent: Node, name: str) -> list[Node] | None:
        """The entries of a list; empty if it is absent or empty, None if it is no list."""
        node = parent.items.get(name) if isinstance(parent, MappingNode) else None
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        if isinstance(node, SequenceNode):
            return node.items
        self.faults.add(node.line, f"`{name}` is no list", "begin each entry with `- `")
        return None

    def _names(self, section: str, field: str) -> dict[str, int]:
        """Every id written in a section, sound or not, with the line of the first."""
        names: dict[str, int] = {}
        for node in self.nodes[section]:
            name = text_at(node, field)
            if name is not None:
                names.setdefault(name, line_of(node, field))
        return names

    def _unique(self, section: str, field: str, read: Callable[[Node], T | None]) -> dict[str, T]:
        """The sound entries of a section under their ids; the first of equal ids stays."""
        entries: dict[str, T] = {}
        first_lines: dict[str, int] = {}
        for node in self.nodes[section]:
            entry = read(node)
            name = text_at(node, field)
            if name is None:
                continue
            if name in first_lines:
                first = first_lines[name]
                what = f"the {field} {shortened(name)} is used twice (first on line {first})"
                self.faults.add(line_of(node, field), what, "rename or delete one of the two")
                continue
            first_lines[name] = line_of(node, field)
            if entry is not None:
                entries[name] = entry
        return entries

    def _object(self, node: Node, objections: Iterable[Objection]) -> bool:
        """Whether there was an objection; each becomes a fault at its line."""
        found = list(objections)
        for path, what, mend in found:
            self.faults.add(line_of(node, *path), what, mend)
        return bool(found)

    def _check_reference(self, node: Node, what: str, *path: str | int) -> None:
        """A fault if nothing in the file bears the name under `path`.

        Looked at before the entry is read, so that an entry with other faults tells this one
        too; a name that is no id is left to the entry's own check.
        """
        name = text_at(node, *path)
        if name is None or name in self.declared[what] or not _SLUG.fullmatch(name):
            return
        mend = self.faults.nearest(name, self.declared[what], f"the id of a {what} in the map")
        self.faults.add(line_of(node, *path), f"the {what} {shortened(name)} is unknown", mend)

    def _nested(
        self, parent: Node, name: str, read: Callable[[Node], T | None]
    ) -> tuple[tuple[T, ...], bool]:
        """The sound parts of a nested list, and whether all were sound."""
        items = self._items(parent, name)
        if items is None:
            return (), False
        parts = [read(item) for item in items]
        sound = tuple(part for part in parts if part is not None)
        return sound, len(sound) == len(parts)
