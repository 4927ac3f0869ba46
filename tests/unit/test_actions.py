"""Reference prices of corporate actions, against those that the exchanges printed."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.prices.actions import action_factor, reference_price
from dashboard.prices.records import ACTIONS


def actions(**columns: object) -> pd.DataFrame:
    """One row per value, or one row of single values."""
    rows = pd.DataFrame({name: np.atleast_1d(values) for name, values in columns.items()})
    return rows.reindex(columns=list(ACTIONS.columns)).astype(
        {name: dtype for name, dtype in ACTIONS.columns.items() if dtype == "float64"}
    )


def printed(value: str) -> float:
    return float(re.sub(r"[^\d.]", "", value))


def rows_of(file: Path) -> list[dict[str, str]]:
    answer = json.loads(file.read_text("utf-8"))
    tables = answer.get("tables", [answer])
    return [
        dict(zip(table["fields"], row, strict=True)) for table in tables for row in table["data"]
    ]


def details(cell: str) -> dict[str, str]:
    """The little table that TPEx hides in a cell."""
    pairs = re.findall(r"<th>(.*?):</th><td>(.*?)</td>", cell)
    return {name: html.unescape(value) for name, value in pairs}


@pytest.mark.real_data
class TestPrinted:
    """Ratios and amounts as the exchanges printed them give the reference they printed."""

    def test_cash_dividends_of_tpex(self, real_data: Path) -> None:
        rows = rows_of(real_data / "responses/tpex/tpex-stocks-dividends.json")
        assert len(rows) == 3
        for row in rows:
            action = actions(
                dividend=printed(row["現金股利"]),
                stock_dividend=printed(row["每仟股無償配股"]) / 1000,
            )
            got = reference_price(action, np.array([printed(row["除權息前收盤價"])]))
            assert got[0] == pytest.approx(printed(row["除權息參考價"]), abs=0.005 + 1e-9)

    def test_dividends_of_twse(self, real_data: Path) -> None:
        for row in rows_of(real_data / "responses/twse/twse-stocks-dividends.json"):
            action = actions(dividend=printed(row["權值+息值"]))
            got = reference_price(action, np.array([printed(row["除權息前收盤價"])]))
            assert got[0] == pytest.approx(printed(row["除權息參考價"]), abs=1e-9)

    def test_capital_reductions_of_tpex(self, real_data: Path) -> None:
        rows = rows_of(real_data / "responses/tpex/tpex-stocks-capital-reductions.json")
        assert len(rows) == 2
        for row in rows:
            told = details(row["詳細資料"])
            action = actions(
                reduction=printed(told["每壹仟股換發新股票"]) / 1000,
                refund=float(told["每股退還股款"].split("\xa0")[0]),
            )
            got = reference_price(action, np.array([printed(row["最後交易日之收盤價格"])]))
            assert got[0] == pytest.approx(printed(row["減資恢復買賣開始日參考價格"]), abs=1e-9)

    def test_changes_of_par_value_of_tpex(self, real_data: Path) -> None:
        rows = rows_of(real_data / "responses/tpex/tpex-stocks-splits.json")
        assert len(rows) == 4
        for row in rows:
            action = actions(split=printed(details(row["詳細資料"])["變更股票面額換股率"]))
            got = reference_price(action, np.array([printed(row["最後交易日之收盤價格"])]))
            assert got[0] == pytest.approx(printed(row["恢復買賣開始參考價"]), abs=0.005 + 1e-9)

    def test_references_of_twse_go_before_what_is_stored(self, real_data: Path) -> None:
        files = {
            "twse-stocks-capital-reductions.json": [19.69 / 10.65, 8.65 / 6.23, 31.26 / 28.20],
            "twse-stocks-splits.json": [0.5, 0.25],
        }
        for name, expected in files.items():
            rows = rows_of(real_data / "responses/twse" / name)
            action = actions(
                reference=[printed(row["恢復買賣參考價"]) for row in rows],
                previous_close=[printed(row["停止買賣前收盤價格"]) for row in rows],
                factor=[0.9] * len(rows),
            )
            np.testing.assert_allclose(action_factor(action, np.full(len(rows), 7.0)), expected)


def test_rights_and_stock_dividends_by_hand() -> None:
    # (100 - 2 + 0.1 * 60) / (1 + 0.05 + 0.1) = 104 / 1.15
    action = actions(dividend=2.0, stock_dividend=0.05, rights=0.1, subscription_price=60.0)
    assert reference_price(action, np.array([100.0]))[0] == pytest.approx(104 / 1.15)
    assert action_factor(action, np.array([100.0]))[0] == pytest.approx(1.04 / 1.15)


def test_cash_given_back_by_a_reduction_by_hand() -> None:
    # (28.20 - 3) / 0.7 = 36
    action = actions(reduction=0.7, refund=3.0)
    assert reference_price(action, np.array([28.20]))[0] == pytest.approx(36.0)


def test_the_exchange_goes_before_a_factor_and_that_before_the_formula() -> None:
    told = {"dividend": 5.0, "factor": 0.9, "reference": 88.0}
    before = np.array([100.0])
    assert action_factor(actions(**told), before)[0] == 0.88
    assert action_factor(actions(**told, previous_close=110.0), before)[0] == 0.8
    assert action_factor(actions(dividend=5.0, factor=0.9), before)[0] == 0.9
    assert action_factor(actions(dividend=5.0), before)[0] == 0.95


@pytest.mark.parametrize(
    "told",
    [
        {"source": "x"},
        {"rights": 0.1},
        {"dividend": 100.0},
    ],
)
def test_what_an_action_does_not_tell_is_missing(told: dict[str, float]) -> None:
    factor = action_factor(actions(**told), np.array([100.0]))
    assert not np.isfinite(factor[0])
