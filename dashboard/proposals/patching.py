"""A change of the map carried over to its text: what is added is written, the rest stays.

ruamel.yaml says where in the text each part stands and how a new part is written. Only the
places that change are touched, so that comments, order, quotes and long lines stay as they
are, whatever hand wrote them. The one module that talks to ruamel.yaml.
"""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from dashboard.errors import ProposalError
from dashboard.i18n import Text
from dashboard.proposals.applying import MAP_CHANGED, applied
from dashboard.proposals.models import Proposal
from dashboard.supply_chain.loading import loaded_content
from dashboard.supply_chain.models import Company, Evidence, Membership, SupplyChain

Node: TypeAlias = Any
"""What ruamel.yaml composes: its kinds of nodes share no type that tells their parts."""
_STEP: Final = 2
"""Spaces from a key to the dash of its list, as in the map that ships."""
_WIDTH: Final = 10**9
"""No line is broken."""
_ORDER: Final = tuple(Company.model_fields)
_UNUSUAL: Final = Text(
    "地圖的寫法讓程式無法增補；請把清單寫成 `- ` 開頭的各行，或手動加入這些條目",
    "the map is written in a way that cannot be added to by program; write its lists as `- ` "
    "lines, or add these lines by hand",
)
_BOM: Final = "\ufeff"
_FLOWING: Final = frozenset(("listings",))
"""Lists whose entries are written in braces on one line, as in the map that ships."""


def patched(
    map_text: str, chain: SupplyChain, proposal: Proposal, accepted: Collection[str]
) -> str:
    """The map's text with the accepted lines in it; every other character stays.

    Parameters
    ----------
    map_text : str
        The text that `chain` was read from, with its line ends and byte order mark.
    accepted : ids of lines of the proposal

    Raises
    ------
    ProposalError
        As `applying.applied`; or if the text cannot be changed so that it says exactly that.
    """
    if sound_chain(map_text.encode(), "the map") != chain:
        raise ProposalError(MAP_CHANGED)
    wanted = applied(chain, proposal, accepted)
    text = map_text.removeprefix(_BOM)
    made = map_text[: len(map_text) - len(text)] + _written(text, chain, wanted)
    loaded = loaded_content(made.encode(), "the map")
    if loaded.faults:
        raise ProposalError(
            Text(
                f"接受這些條目會使地圖有錯，因此未接受（{loaded.faults[0]}）",
                f"with these lines the map would be at fault, so none is accepted "
                f"({loaded.faults[0]})",
            )
        )
    if loaded.chain.model_copy(update={"digest": wanted.digest}) != wanted:
        raise ProposalError(_UNUSUAL)
    return made


def sound_chain(content: bytes, file: str) -> SupplyChain:
    """The map that bytes hold, for a change.

    Raises
    ------
    ProposalError
        If it has a fault: what is left out of a faulty map would be lost sight of.
    """
    loaded = loaded_content(content, file)
    if loaded.faults:
        count, first = len(loaded.faults), loaded.faults[0]
        raise ProposalError(
            Text(
                f"地圖有 {count} 處錯誤，請先修正：python -m dashboard check（第一處：{first}）",
                f"the map has {count} fault{'s' if count > 1 else ''}; mend the map before lines "
                f"are accepted: python -m dashboard check (the first: {first})",
            )
        )
    return loaded.chain


def patch_text(
    map_text: str,
    chain: SupplyChain,
    proposal: Proposal,
    accepted: Collection[str],
    file: str = "tickers.yaml",
) -> str:
    """The change as a unified diff that `patch -p1` and `git apply` take; errors as `patched`."""
    made = patched(map_text, chain, proposal, accepted)
    diff = difflib.unified_diff(_by_lines(map_text), _by_lines(made), f"a/{file}", f"b/{file}")
    no_end = "\n\\ No newline at end of file\n"
    return "".join(one if one.endswith("\n") else one + no_end for one in diff)


def _by_lines(text: str) -> list[str]:
    # `splitlines` also breaks where editors and diff do not.
    return [one for one in re.split(r"(?<=\n)", text) if one]


# --- where things stand ----------------------------------------------------------------


@dataclass
class _Edit:
    """`text` takes the place of `[start:end]`; at one place the deeper goes first."""

    start: int
    end: int
    column: int
    text: str


@dataclass
class _Text:
    """A text with the edits that wait for it."""

    text: str
    edits: list[_Edit] = field(default_factory=list)

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
        return self.end(key if _is_nothing(value) else value)

    def replace(self, node: Node, text: str) -> None:
        start, end = node.start_mark.index, node.end_mark.index
        self.edits.append(_Edit(start, end, 0, text))

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
        if not _is_nothing(value):
            self.replace(value, "")
        self.insert_lines(self.end(key), key.start_mark.column + _STEP, _listed(items))

    def add_key(self, node: Node, name: str, items: Sequence[object]) -> None:
        """A list under a key that a company does not have yet, in the usual order of keys."""
        if node.flow_style:
            self._append_flow(node, [f"{name}: [{', '.join(map(_flow, items))}]"])
            return
        earlier = _ORDER[: _ORDER.index(name)]
        before = [value for key, value in node.value if key.value in earlier]
        column = node.value[0][0].start_mark.column
        self.insert_lines(self.end(before[-1]), column, _block({name: items}))

    def _append_flow(self, node: Node, items: Sequence[str]) -> None:
        close = node.end_mark.index - 1
        there = self.text[:close].rstrip()
        comma = "" if not node.value or there.endswith(",") else ", "
        self.edits.append(_Edit(close, close, 0, comma + ", ".join(items)))


def _is_nothing(node: Node) -> bool:
    """Whether nothing is written: such a node is said to stand where the next one begins."""
    return isinstance(node, ScalarNode) and node.start_mark.index == node.end_mark.index


@lru_cache(maxsize=2)
def _composed(text: str) -> dict[str, tuple[Node, Node]]:
    """The sections of a map: the nodes of key and value. Reading takes seconds, so it is kept."""
    try:
        root = YAML().compose(text)
    except YAMLError as error:
        what = " ".join(str(error).split())[:200]
        raise ProposalError(
            Text(
                f"地圖的文字無法讀成可修改的形式（{what}）",
                f"the map's text cannot be read ({what})",
            )
        ) from None
    if not isinstance(root, MappingNode):
        raise ProposalError(_UNUSUAL)
    return {key.value: (key, value) for key, value in root.value}


def _child(node: Node, name: str) -> tuple[Node, Node] | None:
    return next(((key, value) for key, value in node.value if key.value == name), None)


# --- what changes ----------------------------------------------------------------------


def _written(text: str, chain: SupplyChain, wanted: SupplyChain) -> str:
    sections = _composed(text)
    edited = _Text(text)
    for name in ("documents", "companies", "relations", "events"):
        key, value = sections[name]
        before, after = getattr(chain, name), getattr(wanted, name)
        nodes = value.value if isinstance(value, SequenceNode) else []
        for node, old, new in zip(nodes, before, after, strict=False):
            if old is not new and old != new:
                _change(edited, node, old, new)
        edited.append(key, value, [_plain(one) for one in after[len(before) :]])
    return edited.edited()


def _change(edited: _Text, node: Node, old: Any, new: Any) -> None:
    """One entry: only companies, relations and events change, and only by what is added."""
    if not isinstance(old, Company):
        _cite(edited, node, old.evidence, new.evidence)
        return
    there = _child(node, "memberships")
    places = there[1].value if there and isinstance(there[1], SequenceNode) else []
    for place, before, after in zip(places, old.memberships, new.memberships, strict=False):
        if before != after:
            _change_place(edited, place, before, after)
    for name in ("memberships", "mentions"):
        added = getattr(new, name)[len(getattr(old, name)) :]
        found = _child(node, name)
        if found is not None:
            edited.append(*found, [_plain(one) for one in added])
        elif added:
            edited.add_key(node, name, [_plain(one) for one in added])


def _change_place(edited: _Text, node: Node, old: Membership, new: Membership) -> None:
    for name in ("stance", "kind"):
        found = _child(node, name)
        if getattr(old, name) is not getattr(new, name) and found is not None:
            edited.replace(found[1], str(getattr(new, name)))
    _cite(edited, node, old.evidence, new.evidence)


def _cite(edited: _Text, node: Node, old: Sequence[Evidence], new: Sequence[Evidence]) -> None:
    found = _child(node, "evidence")
    assert found is not None, "what is sound has evidence"
    edited.append(*found, [_plain(one) for one in new[len(old) :]])


# --- how it is written -----------------------------------------------------------------


def _plain(model: Any) -> dict[str, Any]:
    """A model as the map writes it: without what is empty or goes without saying."""
    plain: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if value is None or value == () or (name == "check_kind" and model.check is None):
            continue
        plain[name] = _value(name, value)
    return plain


def _value(name: str, value: Any) -> Any:
    if name in ("lines", "digest_lines"):
        runs = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in value)
        return int(runs) if runs.isdigit() else runs
    if hasattr(value, "zh"):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, tuple):
        return [_value("", one) for one in value]
    if hasattr(type(value), "model_fields"):
        return _plain(value)
    return value if isinstance(value, bool | int) else str(value)


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
