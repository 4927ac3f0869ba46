"""One entry of the file as one frozen model; what pydantic objects to becomes faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dashboard.i18n import LANGUAGES
from dashboard.supply_chain.faults import FaultList, shortened
from dashboard.supply_chain.yaml_nodes import Mapping as MappingNode
from dashboard.supply_chain.yaml_nodes import Node, Scalar, Sequence, plain, repeated_keys

M = TypeVar("M", bound=BaseModel)

_SLUG_FORM: Final = "write lower-case letters, digits and hyphens, such as hon-hai"
_DAY_FORM: Final = "write YYYY-MM-DD"
_FORMS: Final = {
    "id": _SLUG_FORM,
    "key": _SLUG_FORM,
    "stage": _SLUG_FORM,
    "layer": _SLUG_FORM,
    "layers": _SLUG_FORM,
    "document": _SLUG_FORM,
    "source": _SLUG_FORM,
    "target": _SLUG_FORM,
    "companies": _SLUG_FORM,
    "url": "write a web address, https://… without spaces or brackets",
    "lines": 'write 17, "17-19" or "6, 17-19"',
    "digest_lines": 'write 17, "17-19" or "6, 17-19"',
    "date": "write 2025, 2025-08 or 2025-07-30 (an event's also 2025-Q3)",
    "session": _DAY_FORM,
    "valid_from": _DAY_FORM,
    "valid_to": _DAY_FORM,
    "symbol": "write it as Yahoo does, such as 2330.TW or NVDA",
    "sha256": "write the 64 digits that `sha256sum` prints",
    "primary": "write true or false",
}
_MISSING: Final = frozenset(("missing", "missing_argument"))
_UNKNOWN: Final = frozenset(("extra_forbidden", "unexpected_keyword_argument"))
_NOT_NUMBER: Final = frozenset(("int_parsing", "int_type", "int_from_float", "int_parsing_size"))
_DATE_FAULTS: Final = frozenset(("date_from_datetime_parsing", "date_parsing"))
_TEXT_PAIR: Final = "write {zh: 中文, en: English}"


class Faulty:
    """Stands for a nested part whose faults are already listed (or were, where it is defined)."""


FAULTY: Final = Faulty()


def read_record(
    model: type[M], node: Node, faults: FaultList, nested: Mapping[str, object] | None = None
) -> M | None:
    """Build `model` from a node; None if it or a nested part has a fault.

    Parameters
    ----------
    nested : field → value
        Parts read before, which replace what the node holds under that key; `FAULTY` for
        those that could not be.
    """
    nested = nested or {}
    if not isinstance(node, MappingNode):
        faults.add(node.line, "this is no list of `name: value` lines", _fields_of(model))
        return None
    before = len(faults)
    own = {key: item for key, item in node.items.items() if key not in nested}
    for key, line in _repeated(node, own):
        faults.add(line, f"`{shortened(key)}` is written twice", "delete one of the two")
    values: dict[str, Any] = {key: plain(item) for key, item in own.items()}
    try:
        record = model.model_validate({**values, **nested})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if nested.get(str(detail["loc"][0])) is not FAULTY:
                _add(detail, model, node, faults)
        return None
    return record if len(faults) == before else None


def _repeated(node: MappingNode, own: Mapping[str, Node]) -> Iterator[tuple[str, int]]:
    yield from node.repeated
    for item in own.values():
        yield from repeated_keys(item)


def _fields_of(model: type[BaseModel]) -> str:
    return f"write its fields: {', '.join(model.model_fields)}"


def _add(detail: ErrorDetails, model: type[BaseModel], node: Node, faults: FaultList) -> None:
    path = [str(step) for step in detail["loc"] if isinstance(step, str)]
    what, mend = _sentence(detail, ".".join(map(shortened, path)), path, model, faults)
    faults.add(_line(node, detail), what, mend)


def _line(node: Node, detail: ErrorDetails) -> int:
    """Of the key where the key is the mistake, else of the deepest part on the way."""
    *parents, last = detail["loc"]
    if detail["type"] in _UNKNOWN:
        for step in parents:
            node = _child(node, step) or node
        return node.key_lines[str(last)] if isinstance(node, MappingNode) else node.line
    return line_of(node, *detail["loc"])


def _sentence(
    detail: ErrorDetails, name: str, path: list[str], model: type[BaseModel], faults: FaultList
) -> tuple[str, str]:
    kind, value = detail["type"], detail["input"]
    form = _FORMS.get(path[0], "write one line of text")
    if kind in _MISSING:
        return f"`{name}` is missing", f"add `{name}`"
    if kind in _UNKNOWN:
        known = LANGUAGES if len(path) > 1 else tuple(model.model_fields)
        return f"`{name}` is an unknown key", faults.nearest(path[-1], known, _fields_of(model))
    if kind == "named_tuple_type":
        return f"`{name}` is not in two languages", _TEXT_PAIR
    if value is None:
        return f"`{name}` is empty", form
    said = f"`{name}` {shortened(value)!r}" if isinstance(value, str) else f"`{name}`"
    if kind == "enum":
        choices = [one.value for one in _enum_of(model, path[0])]
        return f"{said} is unknown", faults.nearest(str(value), choices, f"one of {choices}")
    if kind == "string_type":
        return f"`{name}` is not a text", "write one line of text"
    if kind in _NOT_NUMBER:
        return f"{said} is not a whole number", "write digits only"
    if kind == "greater_than":
        return f"{said} is not above zero", "write a number from 1"
    if kind == "tuple_type":
        return f"`{name}` is not a list", "write one `- ` line an item"
    if kind == "too_short":
        return f"`{name}` has no entry", f"add one, or delete the whole entry that lacks `{name}`"
    if kind == "string_too_short":
        return f"`{name}` has an empty item", "write it or delete it"
    if kind in _DATE_FAULTS:
        return f"{said} is no date of the calendar", form
    if kind == "value_error":
        pair = path[-1] in model.model_fields and path[0] not in _FORMS
        return f"{said} {detail['ctx']['error']}", _TEXT_PAIR if pair else form
    return f"{said} is not of the right form", form


def _enum_of(model: type[BaseModel], name: str) -> Any:
    return model.model_fields[name].annotation


def line_of(node: Node, *path: str | int) -> int:
    """Line of the value under `path`, of the deepest part that exists."""
    for step in path:
        child = _child(node, step)
        if child is None:
            break
        node = child
    return node.line


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node, MappingNode) and isinstance(step, str):
        return node.items.get(step)
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def text_at(node: Node, *path: str | int) -> str | None:
    """The text under `path`, stripped; None if there is none."""
    for step in path:
        child = _child(node, step)
        if child is None:
            return None
        node = child
    return node.value.strip() if isinstance(node, Scalar) and node.value else None
