"""The values of `models` as JSON and back: in a deletion, a share, a back-up."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

Value = TypeVar("Value")


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What reads and writes this kind of value."""
    return TypeAdapter(kind)


def to_document(value: Any) -> dict[str, Any]:
    """The value as JSON's own types; dates as ISO texts."""
    document: dict[str, Any] = adapter(cast(Any, type(value))).dump_python(value, mode="json")
    return document


def from_document(kind: type[Value], document: dict[str, Any]) -> Value:
    """The value that `to_document` told."""
    value: Value = adapter(cast(Any, kind)).validate_python(document)
    return value
