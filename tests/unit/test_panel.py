"""Arrow rows to panel: order, adjustment, faults."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.errors import PanelError
from dashboard.prices.bars import BarFlag
from tests.unit.panels import panel_of

ROWS = pd.DataFrame(
    {
        "symbol": ["2330.TW", "1101.TW", "2330.TW"],
        "session": pd.to_datetime(["2024-01-03", "2024-01-02", "2024-01-02"]),
        "open": [101.0, 40.0, 99.0],
        "high": [103.0, 41.0, 101.0],
        "low": [100.0, 39.0, 98.0],
        "close": [102.0, 40.0, 100.0],
        "adjusted_close": [102.0, np.nan, 50.0],
        "volume": [10.0, 20.0, np.nan],
        "flags": [0, 2, 0],
    }
)


def table(rows: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(rows, preserve_index=False)


def test_rows_land_in_their_cells() -> None:
    panel = panel_from_table(table(ROWS), "TW")
    assert panel.symbols == ("1101.TW", "2330.TW")
    assert panel.sessions.tolist() == [dt.date(2024, 1, 2), dt.date(2024, 1, 3)]
    np.testing.assert_equal(panel.unadjusted_close, [[40, np.nan], [100, 102]])
    np.testing.assert_equal(panel.close, [[40, np.nan], [50, 102]])
    np.testing.assert_equal(panel.high, [[41, np.nan], [50.5, 103]])
    np.testing.assert_equal(panel.volume, [[20, np.nan], [np.nan, 10]])


def test_traded_close_stands_in_and_is_flagged() -> None:
    panel = panel_from_table(table(ROWS), "TW")
    assert panel.flags.tolist() == [[BarFlag.UNADJUSTED | 2, 0], [0, 0]]


@pytest.mark.parametrize("kind", ["date32", "timestamp", "dictionary", "chunks", "shuffled"])
def test_the_form_of_the_table_does_not_matter(kind: str) -> None:
    rows = table(ROWS.iloc[[2, 0, 1]] if kind == "shuffled" else ROWS)
    if kind == "date32":
        rows = rows.set_column(1, "session", rows["session"].cast(pa.date32()))
    if kind == "dictionary":
        rows = rows.set_column(0, "symbol", rows["symbol"].dictionary_encode())
    if kind == "chunks":
        rows = pa.concat_tables([rows.slice(0, 1), rows.slice(1)])
    panel, expected = panel_from_table(rows, "TW"), panel_from_table(table(ROWS), "TW")
    assert panel.symbols == expected.symbols
    for name in ("open", "high", "low", "close", "unadjusted_close", "volume", "flags"):
        np.testing.assert_array_equal(getattr(panel, name), getattr(expected, name))


def test_a_row_without_close_is_no_bar() -> None:
    rows = ROWS.assign(close=[102.0, np.nan, 100.0])
    assert panel_from_table(table(rows), "TW").symbols == ("2330.TW",)


def test_a_bar_given_twice_is_refused() -> None:
    twice = pd.concat([ROWS, ROWS.iloc[:1]])
    with pytest.raises(PanelError, match=r"2330\.TW has session 2024-01-03 twice"):
        panel_from_table(table(twice), "TW")


def test_no_rows_are_refused() -> None:
    with pytest.raises(PanelError, match="no bars"):
        panel_from_table(table(ROWS).slice(0, 0), "TW")


def test_agrees_with_pivot() -> None:
    noise = np.random.default_rng(3)
    days = pd.bdate_range("2024-01-01", periods=40)
    pairs = [(f"{n}.TW", day) for n in range(1101, 1120) for day in days if noise.random() > 0.2]
    rows = pd.DataFrame(pairs, columns=["symbol", "session"]).sample(frac=1, random_state=1)
    for name in ("open", "high", "low", "close", "volume"):
        rows[name] = noise.random(len(rows)) + 1
    rows["adjusted_close"], rows["flags"] = rows["close"], 0
    panel = panel_from_table(table(rows), "TW")
    for name in ("open", "close", "volume"):
        expected = rows.pivot(index="session", columns="symbol", values=name)
        pd.testing.assert_frame_equal(
            panel.frame(name), expected, check_index_type=False, check_freq=False, rtol=1e-15
        )


def test_frame_shares_memory_and_is_read_only() -> None:
    panel = panel_from_table(table(ROWS), "TW")
    frame = panel.frame("close")
    assert np.shares_memory(frame.to_numpy(), panel.close)
    with pytest.raises(ValueError, match="read-only"):
        panel.close[0, 0] = 1.0


def test_as_of_cuts_after_the_session() -> None:
    panel = panel_of({"2330.TW": [1.0, 2.0, 3.0]}, start="2024-01-01")
    cut = panel.as_of(dt.date(2024, 1, 2))
    assert cut.close.tolist() == [[1.0, 2.0]]
    assert np.shares_memory(cut.close, panel.close)
    with pytest.raises(PanelError, match="no session on or before 2023-12-31"):
        panel.as_of(dt.date(2023, 12, 31))


def test_series_and_unknown_symbol() -> None:
    panel = panel_of({"2330.TW": [1.0, 2.0]})
    assert panel.series("2330.TW", "close").tolist() == [1.0, 2.0]
    with pytest.raises(PanelError, match=r"9999\.TW is not in it"):
        panel.series("9999.TW", "close")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symbols": ("2", "1")}, "symbol 1 follows 2"),
        ({"sessions": np.array(["2024-01-02", "2024-01-01"], "datetime64[D]")}, "follows"),
        ({"volume": np.zeros((2, 3))}, "volume has shape"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change: dict[str, object], message: str) -> None:
    panel = panel_of({"1": [1.0, 2.0], "2": [1.0, 2.0]})
    fields = {name: getattr(panel, name) for name in Panel.__dataclass_fields__}
    with pytest.raises(PanelError, match=message):
        Panel(**(fields | change))
