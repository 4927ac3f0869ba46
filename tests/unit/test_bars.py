import numpy as np
import pandas as pd
import pytest

from dashboard.errors import InputError
from dashboard.prices.bars import BAR_COLUMNS, BarFlag, empty_bars, flag_names, validated

from .price_bars import bars_of


def test_no_bar_is_valid_and_has_every_column() -> None:
    assert tuple(validated(empty_bars()).columns) == BAR_COLUMNS


def test_columns_are_put_in_order_and_further_ones_dropped() -> None:
    bars = bars_of("2330.TW", "2026-06-01", "2026-06-05")
    mixed = bars[list(reversed(BAR_COLUMNS))].assign(turnover=1.0)
    pd.testing.assert_frame_equal(validated(mixed), bars)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("close", 0.0),
        ("close", np.nan),
        ("close", np.inf),
        ("adjusted_close", np.nan),
        ("low", -1.0),
        ("volume", -1.0),
        ("dividend", np.nan),
        ("split", 0.0),
        ("symbol", ""),
        ("source", ""),
        ("flags", -1),
        ("session", pd.Timestamp("2026-06-30 09:00")),
    ],
)
def test_a_value_out_of_range_is_named_with_its_symbol(column: str, value: object) -> None:
    bars = bars_of("2330.TW", "2026-06-30", "2026-06-30").assign(**{column: value})
    with pytest.raises(InputError, match=column):
        validated(bars)


@pytest.mark.parametrize("column", ["open", "high", "low", "volume"])
def test_what_a_source_may_not_know_may_be_missing(column: str) -> None:
    validated(bars_of("2330.TW", "2026-06-30", "2026-06-30").assign(**{column: np.nan}))


def test_two_bars_of_one_session_are_refused() -> None:
    bars = bars_of("2330.TW", "2026-06-30", "2026-06-30")
    with pytest.raises(InputError, match=r"2330\.TW on 2026-06-30"):
        validated(pd.concat([bars, bars]))


def test_a_missing_column_and_a_wrong_type_are_sentences() -> None:
    bars = bars_of("2330.TW", "2026-06-30", "2026-06-30")
    with pytest.raises(InputError, match="source, flags are missing"):
        validated(bars.drop(columns=["source", "flags"]))
    with pytest.raises(InputError, match="another type"):
        validated(bars.assign(close="dear"))


def test_flags_are_named() -> None:
    assert flag_names(BarFlag.UNADJUSTED | BarFlag.NO_VOLUME) == "unadjusted,no_volume"
    assert flag_names(0) == ""
