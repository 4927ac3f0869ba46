"""Text → syntax: the grammar, and a sentence for every text that is none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from dashboard.errors import ScreenError
from dashboard.i18n import Text
from dashboard.screening import names
from dashboard.screening.functions import FUNCTIONS, OPTIONS
from dashboard.screening.syntax import (
    And,
    Arithmetic,
    Call,
    Compare,
    Day,
    Member,
    Month,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Option,
    Or,
    Span,
    Word,
    walk,
)

MAX_LENGTH: Final = 2_000
MAX_DEPTH: Final = 32
MAX_NODES: Final = 500
_LARGEST: Final = 1e18

_GRAMMAR: Final = r"""
start: disjunction
?disjunction: conjunction | conjunction (OR conjunction)+ -> any_of
?conjunction: negation | negation (AND negation)+ -> all_of
?negation: comparison | NOT negation -> opposite
?comparison: sum
    | sum COMPARATOR sum -> compare
    | sum IN "(" sum ("," sum)* ")" -> member
    | sum NOT IN "(" sum ("," sum)* ")" -> member
?sum: product | sum SIGN product -> arithmetic
?product: unary | product TIMES unary -> arithmetic
?unary: atom | SIGN unary -> signed
?atom: NUMBER -> number
    | DATE -> day
    | MONTH -> month
    | STRING -> quoted
    | NAME -> name
    | WORD+ -> word
    | (FUNCTION | WORD) "(" [argument ("," argument)*] ")" -> call
    | "(" disjunction ")" -> group
?argument: disjunction | OPTION unary -> option

%ignore /\s+/
"""


def _terminals() -> str:
    """The words of the language; the higher number wins where two would fit."""
    functions = "|".join(FUNCTIONS)
    options = "|".join(OPTIONS)
    end = names.END
    lines = {
        "AND.11": rf"(?i:and){end}|且",
        "OR.11": rf"(?i:or){end}|或",
        "NOT.11": rf"(?i:not){end}|非",
        "IN.11": rf"(?i:in){end}",
        "FUNCTION.12": rf"(?i:{functions})(?=\s*\()",
        "OPTION.12": rf"(?i:{options})\s*=(?!=)",
        "NAME.9": rf"(?i:{names.name_pattern()})",
        "DATE.8": rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{end}",
        "MONTH.7": rf"[0-9]{{4}}-[0-9]{{2}}{end}",
        "NUMBER.6": names.NUMBER,
        "STRING.6": r'"(?:[^"]|"")*"|' + r"'(?:[^']|'')*'",
        "WORD.1": names.BARE_WORD,
        "COMPARATOR.5": "|".join(("==|!=|<>|<=|>=|=<|=>|=|<|>|≤|≥|≠", *names.COMPARISONS)),
        "SIGN": "[+-]",
        "TIMES": r"[*\/]",
    }
    return "\n".join(f"{name}: /{_escaped(text)}/" for name, text in lines.items())


def _escaped(pattern: str) -> str:
    return pattern.replace(r"\/", "/").replace("/", r"\/")


@cache
def _parser() -> Lark:
    return Lark(
        _GRAMMAR + _terminals(),
        parser="lalr",
        lexer="basic",
        transformer=_Builder(),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


_OPERATORS: Final = {
    "=": "==", "<>": "!=", "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">=", "≠": "!=",
    **names.COMPARISONS,
}  # fmt: skip
Part = Node | Token


def _start(part: Part) -> int:
    return (part.start_pos or 0) if isinstance(part, Token) else part.span.start


def _end(part: Part) -> int:
    return (part.end_pos or 0) if isinstance(part, Token) else part.span.end


def _span(parts: Sequence[Part]) -> Span:
    return Span(_start(parts[0]), _end(parts[-1]))


def _nodes(parts: Sequence[Part]) -> tuple[Node, ...]:
    return tuple(one for one in parts if isinstance(one, Node))


class _Builder(Transformer[Token, Node]):
    """Called while the text is read; each method gets the parts of its rule, signs included."""

    def start(self, parts: list[Any]) -> Node:
        whole: Node = parts[0]
        return whole

    def any_of(self, parts: list[Any]) -> Node:
        return Or(_nodes(parts), span=_span(parts))

    def all_of(self, parts: list[Any]) -> Node:
        return And(_nodes(parts), span=_span(parts))

    def opposite(self, parts: list[Any]) -> Node:
        return Not(parts[1], span=_span(parts))

    def compare(self, parts: list[Any]) -> Node:
        sign = _OPERATORS.get(parts[1], str(parts[1]))
        return Compare(sign, parts[0], parts[2], span=_span(parts))

    def member(self, parts: list[Any]) -> Node:
        operand, *values = _nodes(parts)
        return Member(operand, tuple(values), parts[1].type == "NOT", span=_span(parts))

    def arithmetic(self, parts: list[Any]) -> Node:
        return Arithmetic(str(parts[1]), parts[0], parts[2], span=_span(parts))

    def signed(self, parts: list[Any]) -> Node:
        sign, operand = parts
        return operand if sign == "+" else Negative(operand, span=_span(parts))

    def number(self, parts: list[Any]) -> Node:
        text = "".join(str(parts[0]).split()).lower()
        found = Number(text, span=_span(parts))
        if not abs(found.value) <= _LARGEST:
            raise ScreenError(
                Text(
                    f"{parts[0]} 太大；最多寫到 1e18",
                    f"{parts[0]} is too large; write at most 1e18",
                ),
                *found.span,
            )
        return found

    def day(self, parts: list[Any]) -> Node:
        return Day(_date(parts[0], str(parts[0])), span=_span(parts))

    def month(self, parts: list[Any]) -> Node:
        return Month(_date(parts[0], f"{parts[0]}-01"), span=_span(parts))

    def quoted(self, parts: list[Any]) -> Node:
        mark, text = parts[0][0], str(parts[0][1:-1])
        return Word(text.replace(mark * 2, mark), quoted=True, span=_span(parts))

    def name(self, parts: list[Any]) -> Node:
        key = names.names().get(names.folded(parts[0]))
        # re ignores case in a few foreign letters that fold to two: no name has them.
        return self.word(parts) if key is None else Name(key, span=_span(parts))

    def word(self, parts: list[Any]) -> Node:
        return Word(" ".join(parts), span=_span(parts))

    def call(self, parts: list[Any]) -> Node:
        inner = _nodes(parts)
        options = tuple(one for one in inner if isinstance(one, Option))
        arguments = tuple(one for one in inner if not isinstance(one, Option))
        return Call(str(parts[0]).lower(), arguments, options, span=_span(parts))

    def group(self, parts: list[Any]) -> Node:
        inside: Node = parts[1]
        return inside

    def option(self, parts: list[Any]) -> Node:
        name = parts[0].rstrip("=").strip().lower()
        return Option(name, parts[1], span=_span(parts))


def _date(token: Token, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ScreenError(
            Text(
                f"日曆上沒有 {token}；請寫 2026-06-30，月份寫 2026-06",
                f"{token} is no day of the calendar; write 2026-06-30, or 2026-06 for a month",
            ),
            _start(token),
            _end(token),
        ) from error


def parse(text: str) -> Node:
    """Read an expression.

    Full-width signs count as their ASCII ones; 且, 或 and 非 are and, or, not.

    Raises
    ------
    ScreenError
        If the text is none: what stands where, and what was expected.
    """
    if len(text) > MAX_LENGTH:
        raise ScreenError(
            Text(
                f"運算式有 {len(text):,} 個字元；最多 {MAX_LENGTH:,} 個",
                f"the expression has {len(text):,} characters; at most {MAX_LENGTH:,} are read",
            ),
            MAX_LENGTH,
            len(text),
        )
    line = names.narrowed(text)
    if not line.strip():
        nothing = Text(
            "還沒有寫條件；請從指標開始，例如 return_1m > 5%",
            "nothing is written; begin with a metric, e.g. return_1m > 5%",
        )
        raise ScreenError(nothing, 0, 0)
    try:
        node: Node = _parser().parse(line)  # type: ignore[assignment]
    except UnexpectedCharacters as error:
        raise _unreadable(line, error.pos_in_stream or 0) from error
    except UnexpectedToken as error:
        raise _unexpected(line, error) from error
    _check_size(node)
    return node


def _check_size(node: Node) -> None:
    for count, (one, depth) in enumerate(walk(node), start=1):
        if depth > MAX_DEPTH:
            raise ScreenError(
                Text(
                    f"括號超過 {MAX_DEPTH} 層；請減少括號",
                    f"nested deeper than {MAX_DEPTH} levels; write it in fewer parentheses",
                ),
                *one.span,
            )
        if count > MAX_NODES:
            raise ScreenError(
                Text(
                    f"名稱、值和運算符號超過 {MAX_NODES} 個；請寫短一點",
                    f"more than {MAX_NODES} names, values and operators; write it shorter",
                ),
                *one.span,
            )


_LIST: Final = Text("清單請用小括號", "write a list in parentheses")
_CLOSE: Final = Text("引號要成對", "close the quotes")
_HINTS: Final = {
    "&": Text("請寫 and", "write and"), "|": Text("請寫 or", "write or"),
    "!": Text("請寫 not", "write not"), ";": Text("請寫 and", "write and"),
    "[": _LIST, "{": _LIST, '"': _CLOSE, "'": _CLOSE,
}  # fmt: skip
_QUOTE: Final = Text("含這種符號的文字請加引號", "put a text with such a sign in quotes")


def _unreadable(line: str, place: int) -> ScreenError:
    sign = line[place]
    hint = _HINTS.get(sign, _QUOTE)
    shown = sign if sign.isprintable() else f"U+{ord(sign):04X}"
    reason = Text(
        f"運算式裡不能有 {shown}；{hint.zh}", f"{shown} is no part of an expression; {hint.en}"
    )
    return ScreenError(reason, place, place + 1)


def _unexpected(line: str, error: UnexpectedToken) -> ScreenError:
    token, wanted = error.token, _wanted(error.accepts)
    if token.type == "$END":
        end = len(line.rstrip())
        reason = Text(f"運算式還沒寫完；{wanted.zh}", f"the expression ends too early; {wanted.en}")
        return ScreenError(reason, end, end + 1)
    start, end = _start(token), _end(token)
    if token.type == "COMPARATOR" and "AND" in error.accepts:
        reason = Text(
            "多了一個比較；請用 and 連接兩個條件：30 < rsi_14 and rsi_14 < 70",
            "a second comparison; join two with and: 30 < rsi_14 and rsi_14 < 70",
        )
    elif told := _spoken(line, start, end):
        reason = told
    else:
        shown = _brief(token)
        reason = Text(f"這裡不能寫 {shown}；{wanted.zh}", f"{shown} cannot stand here; {wanted.en}")
    return ScreenError(reason, start, end)


def _spoken(line: str, start: int, end: int) -> Text | None:
    """Advice on a token by itself, and on one with the word before it: `20 日均線`, `RSI(14)`."""
    before = re.search(r"[^\s()]*\s*$", line[:start])
    bracket = re.match(r"[^()]*\)", line[end:]) if line[start:end] == "(" else None
    whole = (before[0] if before else "") + line[start:end] + (bracket[0] if bracket else "")
    return names.advice(_brief(line[start:end])) or names.advice(_brief(whole))


def _brief(text: str, most: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"


def _wanted(accepted: set[str]) -> Text:
    if "NAME" in accepted:
        return Text(
            "這裡要寫指標、值或左括號", "a metric, a value or an opening parenthesis is expected"
        )
    if accepted == {"LPAR"}:
        return Text(
            "in 後面要寫括號裡的清單，例如 in (cooling, psu)",
            "after in comes a list in parentheses, e.g. in (cooling, psu)",
        )
    if "COMMA" in accepted:
        return Text("這裡要寫逗號或右括號", "a comma or a closing parenthesis is expected")
    if "RPAR" in accepted:
        return Text("這裡要寫右括號", "a closing parenthesis is expected")
    if "COMPARATOR" in accepted:
        return Text("這裡要寫比較，例如 > 5%", "a comparison such as > 5% is expected")
    return Text("這裡要寫 and、or，或到此為止", "and, or, or the end is expected")
