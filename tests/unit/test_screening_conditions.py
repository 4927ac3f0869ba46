"""Simple conditions: what the builder edits, and the expression beside it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.screening.conditions import (
    Condition,
    Operator,
    conditions_of,
    operators,
    text_of,
)
from dashboard.screening.fields import Field, FieldKind, fields_of
from dashboard.screening.language import parse
from dashboard.screening.presets import PRESETS
from dashboard.screening.run import check
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map

CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
FIELDS = fields_of(CHAIN)


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("5% < return_1m", [Condition("return_1m", Operator.MORE, ("5%",))]),
        ("return_1m >= -5%", [Condition("return_1m", Operator.AT_LEAST, ("-5%",))]),
        ("sma_20 > sma_60 and above(sma_20)", [
            Condition("sma_20", Operator.MORE, ("sma_60",)),
            Condition("sma_20", Operator.ABOVE)]),
        ("rank(return_3m) <= 10 and rank(close, order=asc) <= 3", [
            Condition("return_3m", Operator.TOP, ("10",)),
            Condition("close", Operator.BOTTOM, ("3",))]),
        ("layer not in (散熱, psu) and not stale", [
            Condition("layer", Operator.NOT_IN, ("散熱", "psu")),
            Condition("stale", Operator.FAILS)]),
        ("name == 'a b' and contains(name, \"rsi_14\")", [
            Condition("name", Operator.EQUAL, ("a b",)),
            Condition("name", Operator.CONTAINS, ("rsi_14",))]),
        ("isna(market_cap) and not isna(layer) and on_map", [
            Condition("market_cap", Operator.MISSING), Condition("layer", Operator.PRESENT),
            Condition("on_map", Operator.HOLDS)]),
        ("between(last_session, 2026-06-01, 2026-06-30)", [
            Condition("last_session", Operator.BETWEEN, ("2026-06-01", "2026-06-30"))]),
    ],
)  # fmt: skip
def test_simple_conditions_are_told_one_by_one(text: str, conditions: list[Condition]) -> None:
    check(text, CHAIN)
    assert conditions_of(parse(text)) == tuple(conditions)
    assert conditions_of(parse(text_of(conditions))) == tuple(conditions)


@pytest.mark.parametrize(
    "text",
    ["stale or on_map", "not (rsi_14 > 5)", "close > sma_20 * 2", "rank(close, by=layer) <= 2",
     "above(sma_20 * 2)", "rsi_14 > 5 and (stale or on_map)", "5 > 3"],
)  # fmt: skip
def test_more_than_that_is_not(text: str) -> None:
    assert conditions_of(parse(text)) is None


def test_nothing_is_no_text() -> None:
    assert text_of(()) == ""


VALUES = {
    FieldKind.NUMBER: st.sampled_from(["1", "1.5", "-2", "0"]),
    FieldKind.DATE: st.dates().map(str),
    FieldKind.MONTH: st.dates().map(lambda day: f"{day:%Y-%m}".rjust(7, "0")),
    FieldKind.TEXT: st.sampled_from(["2330", "台積 電", 'a "b"', "rsi_14", "and", "5%"]),
    FieldKind.BOOLEAN: st.nothing(),
}
COUNTS = {
    Operator.BETWEEN: 2, Operator.IN: 2, Operator.NOT_IN: 2, Operator.HOLDS: 0, Operator.FAILS: 0,
    Operator.MISSING: 0, Operator.PRESENT: 0, Operator.ABOVE: 0, Operator.BELOW: 0,
}  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    field: Field = draw(st.sampled_from(list(FIELDS.values())))
    operator = draw(st.sampled_from(operators(field)))
    values = st.sampled_from(list(field.values)) if field.values else VALUES[field.kind]
    if operator in (Operator.TOP, Operator.BOTTOM):
        values = st.just("10")
    count = COUNTS.get(operator, 1)
    return Condition(field.key, operator, tuple(draw(values) for _ in range(count)))


@settings(max_examples=30, deadline=None)
@given(st.lists(conditions(), min_size=1, max_size=4))
def test_what_the_builder_can_ask_is_an_expression_and_comes_back(some: list[Condition]) -> None:
    text = text_of(some)
    check(text, CHAIN)
    assert conditions_of(parse(text)) == tuple(some)


def test_some_presets_can_be_edited_by_hand() -> None:
    simple = {key for key, one in PRESETS.items() if conditions_of(parse(one.expression))}
    assert {"limit_up", "high_52w", "narrow", "revenue"} <= simple
