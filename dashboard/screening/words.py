"""What single words mean: the fields, their values, and a sentence for what is neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dashboard.errors import ScreenError
from dashboard.i18n import Text
from dashboard.screening import names
from dashboard.screening.fields import LIMIT_STATE, Field, FieldKind
from dashboard.screening.syntax import Name, Node, Number, Word, to_text

BRIEF: Final = 60
"""Characters of a text that a sentence cites."""
_SOME: Final = 8
_LOCKED: Final = {"up": ("up", "locked_up"), "down": ("down", "locked_down")}
_WORDS: Final = (FieldKind.STATE, FieldKind.TEXT, FieldKind.BOOLEAN)


def fault(node: Node, zh: str, en: str) -> ScreenError:
    """The error of a part of an expression."""
    return ScreenError(Text(zh, en), *node.span)


def brief(node: Node) -> str:
    """The text of a part, cut short."""
    text = to_text(node)
    return text if len(text) <= BRIEF else f"{text[:BRIEF]}…"


def or_nearest(text: str, known: Iterable[str], labels: Mapping[str, str] | None = None) -> Text:
    """`; did you mean …?`, or nothing; in Chinese a key stands with its label."""
    return or_meant(names.nearest(text, list(dict.fromkeys(known))), labels)


def or_meant(near: Sequence[str], labels: Mapping[str, str] | None = None) -> Text:
    """`; did you mean …?` of these, or nothing."""
    if not near:
        return Text("", "")
    told = [f"{one}（{label}）" if (label := (labels or {}).get(one)) else one for one in near]
    return Text(f"；是不是要寫 {' 或 '.join(told)}？", f"; did you mean {' or '.join(near)}?")


class Vocabulary:
    """The fields of a map and the names of their values."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = fields
        self._values: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def of_words(self, node: Node) -> Field | None:
        """The field where a node is one of texts, states or conditions."""
        field = self.fields[node.key] if isinstance(node, Name) else None
        return field if field is not None and field.kind in _WORDS else None

    def ids(self, field: Field, node: Node) -> tuple[str, ...]:
        """The ids that a value of a field means.

        Limit up includes the locked: who asks for stocks at the limit means those most of all.
        """
        if isinstance(node, Name) and node.key not in field.values:
            raise fault(
                node,
                f"{field.key} 要和它的某個值比較，不能和 {node.key} 比較",
                f"{field.key} is compared with one of its values, not with {node.key}",
            )
        text = self.text(field, node)
        ids = self._meant(field, text)
        if ids is None:
            raise fault(node, *self._no_value(field, text))
        if field.key == LIMIT_STATE:
            return tuple(state for one in ids for state in _LOCKED.get(one, (one,)))
        return ids

    def holding(self, field: Field, text: str) -> frozenset[str]:
        """The ids of a field whose id or name holds a folded text."""
        return frozenset(
            key
            for key, name in field.values.items()
            if any(text in names.folded(part) for part in (key, *name))
        )

    def text(self, field: Field, node: Node) -> str:
        """The text that a value of a field is."""
        match node:
            case Word(text):
                return text
            case Number(text) if field.kind is FieldKind.TEXT and not node.percent:
                return text
            case Name(key) if key in field.values:
                return key
            case Name(key):
                raise fault(
                    node,
                    f"{key} 是欄位；如果是要這段文字，請加引號",
                    f"{key} is a field; put it in quotes where its name is meant as a text",
                )
            case _:
                raise fault(
                    node,
                    f"{field.key} 是文字，{brief(node)} 不是；請寫它的某個值",
                    f"{field.key} is a text and {brief(node)} is none; write one of its values",
                )

    def unknown(self, node: Word) -> ScreenError:
        """The error of a word that stands where a name is expected."""
        text = node.text[:BRIEF]
        if shared := names.shared_names().get(names.folded(node.text)):
            return fault(
                node,
                f"{text} 是 {' 和 '.join(shared)} 共用的名稱；請寫其中一個",
                f"{text} is the name of {' and of '.join(shared)}; write one",
            )
        if told := names.advice(text):
            return fault(node, *told)
        parts = node.text.split("-")
        if len(parts) > 1 and names.folded(parts[0]) in names.names():
            return fault(
                node,
                f"沒有 {text} 這個指標；兩個名稱之間的減號前後都要空格",
                f"there is no metric {text}; a minus between two names needs a space on both sides",
            )
        for field in self.fields.values():
            if field.values and self._meant(field, node.text):
                return fault(
                    node,
                    f"{text} 是 {field.key}（{field.label.zh}）的值，不是數字也不是條件",
                    f"{text} is a value of {field.key} and no number or condition",
                )
        spoken = [s for one in self.fields.values() for s in (one.key, *one.label, *one.short)]
        labels = {key: one.label.zh for key, one in self.fields.items()}
        hint = or_nearest(node.text, spoken, labels)
        return fault(
            node,
            f"{text} 不是指標、欄位，也不是數字{hint.zh}",
            f"{text} is neither a metric, a field nor a number{hint.en}",
        )

    def _meant(self, field: Field, text: str) -> tuple[str, ...] | None:
        """The ids of a field that a text names; None where it names none."""
        if field.key not in self._values:
            self._values[field.key] = names.value_names(field.values)
        return self._values[field.key].get(names.folded(text))

    def _no_value(self, field: Field, text: str) -> Text:
        labels = {key: name.zh for key, name in field.values.items() if name.zh != key}
        shared = [
            key for key, name in field.values.items()
            if any(names.folded(text) in names.folded(part) for part in name)
        ]  # fmt: skip
        if 1 < len(shared) <= len(field.values) // 2 or len(shared) == 1:
            hint = or_meant(shared[:3], labels)
        else:
            spoken = [part for name in field.values.values() for part in name]
            hint = or_nearest(text, [*field.values, *spoken], labels)
        if not hint.en:
            some = list(field.values)
            more = " …" if len(some) > _SOME else ""
            told = "、".join(labels.get(one, one) for one in some[:_SOME])
            hint = Text(f"；可以寫 {told}{more}", f"; it is one of {', '.join(some[:_SOME])}{more}")
        cited = text[:BRIEF]
        return Text(
            f"{field.key}（{field.label.zh}）沒有 {cited} 這個值{hint.zh}",
            f"no {field.key} is {cited}{hint.en}",
        )
