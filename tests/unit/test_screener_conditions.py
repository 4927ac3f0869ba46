"""What the builder makes of fields and operators: always a condition that can be run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.screening.conditions import Condition, Operator, conditions_of, operators, text_of
from dashboard.screening.fields import Field, fields_of
from dashboard.screening.language import parse
from dashboard.screening.run import check
from dashboard.screening.table import screen_table
from dashboard.settings import PROJECT_ROOT, Settings
from dashboard.snapshot import universe_snapshot
from dashboard.supply_chain.loading import load_map
from dashboard.ui.screener_conditions import (
    fresh,
    literal,
    normal,
    number_text,
    scale_of,
    with_operator,
)

CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
FIELDS: Mapping[str, Field] = fields_of(CHAIN)
ONE_OF_EACH_KIND = (
    "return_1m", "sma_20", "market_cap", "rsi_14", "layer_rank_1m", "name", "symbol",
    "last_session", "revenue_month", "stale", "layer", "limit_state",
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return screen_table(universe_snapshot(Settings(demo=True), CHAIN))


def test_a_fresh_condition_of_any_field_can_be_run(table: pd.DataFrame) -> None:
    for key, field in FIELDS.items():
        condition = fresh(field, table[key])
        check(text_of((condition,)), CHAIN)
        check(text_of((fresh(field, table[key].iloc[:0]),)), CHAIN)


@pytest.mark.parametrize("key", ONE_OF_EACH_KIND)
def test_every_way_from_one_operator_to_another_can_be_run(key: str, table: pd.DataFrame) -> None:
    field, values = FIELDS[key], table[key]
    for first in operators(field):
        begun = with_operator(fresh(field, values), first, field, values)
        for second in operators(field):
            changed = with_operator(begun, second, field, values)
            assert changed.operator is second
            text = text_of((changed,))
            check(text, CHAIN)
            read = conditions_of(parse(text))
            assert read is not None
            assert text_of(normal(one, field) for one in read) == text


def test_values_stay_where_they_still_mean_something(table: pd.DataFrame) -> None:
    rsi, values = FIELDS["rsi_14"], table["rsi_14"]
    begun = Condition("rsi_14", Operator.MORE, ("61.5",))
    assert with_operator(begun, Operator.AT_MOST, rsi, values).values == ("61.5",)
    between = with_operator(begun, Operator.BETWEEN, rsi, values)
    assert between.values[0] == "61.5"
    assert with_operator(between, Operator.LESS, rsi, values).values == ("61.5",)
    assert with_operator(begun, Operator.TOP, rsi, values).values == ("20",)
    layers = Condition("layer", Operator.IN, ("cooling", "psu"))
    without = with_operator(layers, Operator.NOT_IN, FIELDS["layer"], table["layer"])
    assert without.values == ("cooling", "psu")


def test_names_of_a_list_become_ids() -> None:
    read = conditions_of(parse("layer == 散熱 and limit_state != up"))
    assert read is not None
    assert normal(read[0], FIELDS["layer"]) == Condition("layer", Operator.IN, ("cooling",))
    assert normal(read[1], FIELDS["limit_state"]).operator is Operator.NOT_IN


@pytest.mark.parametrize(
    ("text", "value"),
    [("5%", 0.05), ("-5%", -0.05), ("3億", 3e8), ("1.5m", 1.5e6), ("sma_240", None), (">", None)],
)
def test_what_is_written_as_a_number_is_read_as_one(text: str, value: float | None) -> None:
    assert literal(text) == (None if value is None else pytest.approx(value))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["return_1m", "market_cap", "rsi_14", "sma_20", "volume_ratio_20"]),
    st.floats(-1e9, 1e9),
)
def test_a_typed_number_is_the_number_that_is_asked(key: str, typed: float) -> None:
    field = FIELDS[key]
    text = number_text(typed * scale_of(field), field)
    check(f"{key} > {text}", CHAIN)
    assert literal(text) == pytest.approx(typed * scale_of(field), rel=1e-9, abs=1e-12)
