"""Arrow rows to panel: order, adjustment, faults."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dashboard.analytics.panel import FIELDS, Panel, panel_from_table
from dashboard.errors import PanelError
from dashboard.prices.bars import BarFlag
from dashboard.prices.records import ACTIONS
from tests.unit.panels import panel_of

ROWS = pd.DataFrame(
    {
        "symbol": ["2330.TW", "1101.TW", "2330.TW"],
        "session": pd.to_datetime(["2024-01-03", "2024-01-02", "2024-01-02"]),
        "open": [101.0, 40.0, 99.0],
        "high": [103.0, 41.0, 101.0],
        "low": [100.0, 39.0, 98.0],
        "close": [102.0, 40.0, 100.0],
        "adjusted_close": [102.0, np.nan, 97.0],
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
    np.testing.assert_equal(panel.close, [[40, np.nan], [100, 102 / 0.97]])
    np.testing.assert_equal(panel.high, [[41, np.nan], [101, 103 / 0.97]])
    np.testing.assert_allclose(panel.levels(), [1, 0.97], rtol=1e-15)
    np.testing.assert_equal(panel.reference, [[np.nan, np.nan], [np.nan, 97]])
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
    for name in (*FIELDS, "flags"):
        np.testing.assert_array_equal(getattr(panel, name), getattr(expected, name))


def test_a_row_without_close_is_no_bar() -> None:
    rows = ROWS.assign(close=[102.0, np.nan, 100.0])
    assert panel_from_table(table(rows), "TW").symbols == ("2330.TW",)


def test_the_markets_sessions_are_there_also_where_nobody_traded() -> None:
    days = pd.to_datetime(["2024-02-05", "2024-02-19", "2024-02-17"])
    panel = panel_from_table(table(ROWS.assign(session=days)), "TW")
    # The Lunar New Year closed 2024-02-06 to 14; Saturday the 17th has a bar, so it counts.
    assert [f"{day:%m-%d}" for day in panel.sessions.tolist()] == [
        "02-05", "02-15", "02-16", "02-17", "02-19",
    ]  # fmt: skip
    assert np.isnan(panel.close[:, 1:3]).all()
    days = pd.to_datetime(["2024-07-03", "2024-07-08", "2024-07-08"])
    abroad = ROWS.assign(symbol=["NVDA", "NVDA", "AMD"], session=days)
    panel = panel_from_table(table(abroad), "US")
    assert [day.day for day in panel.sessions.tolist()] == [3, 5, 8]


def test_stored_actions_limits_and_listings_reach_the_panel() -> None:
    shared = {"source": "test", "fetched_at": pd.Timestamp("2024-02-01", tz="UTC")}
    at = {"symbol": ["2330.TW"], "session": [pd.Timestamp("2024-01-03")]}
    actions = pd.DataFrame({**at, "factor": 0.5, **shared}).reindex(columns=list(ACTIONS.columns))
    limits = pd.DataFrame({**at, "reference": 101.0, "limit_up": 111.0, "limit_down": 90.9})
    limits = limits.assign(**shared)
    rows = ROWS.assign(close=[51.0, 40.0, 100.0], adjusted_close=np.nan, open=50.0)
    panel = panel_from_table(table(rows), "TW", actions=actions)
    np.testing.assert_equal(panel.close[1], [100, 102])
    np.testing.assert_equal(panel.open[1], [50, 100])
    assert panel.flags[1].tolist() == [BarFlag.UNADJUSTED, 0]
    panel = panel_from_table(table(rows), "TW")
    assert panel.flags[1, 1] == BarFlag.UNADJUSTED | BarFlag.JUMP
    listed = {"2330.TW": dt.date(2024, 1, 3)}
    assert panel_from_table(table(rows), "TW", listed_since=listed).flags[1, 1] == 1
    panel = panel_from_table(table(ROWS), "TW", limits=limits)
    np.testing.assert_equal(panel.limit_up, [[np.nan] * 2, [np.nan, 111]])
    np.testing.assert_equal(panel.limit_down, [[np.nan] * 2, [np.nan, 90.9]])
    np.testing.assert_equal(panel.reference[1], [np.nan, 101])


def test_the_bars_own_dividend_and_split_reach_the_panel() -> None:
    rows = ROWS.assign(dividend=[2.0, 0, 0], split=[2.0, 1, 1], close=[49.0, 40, 100])
    panel = panel_from_table(table(rows), "TW")
    np.testing.assert_allclose(panel.close[1], [100, 100])


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
