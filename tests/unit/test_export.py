"""What leaves the program as CSV: a spreadsheet runs none of it."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.export import neutralised, write_csv

FORMULAS = (
    "=cmd|'/c calc'!A1", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1,2)", "\t=1+1", "\r=1+1",
    " =1+1", "=", "＝1+1", "-x", "+886-2-1234",
)  # fmt: skip


def written(rows: pd.DataFrame) -> list[list[str]]:
    text = io.StringIO()
    write_csv(rows, text)
    return list(csv.reader(io.StringIO(text.getvalue(), newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_a_formula_is_told_as_text(formula: str, kind: str) -> None:
    rows = pd.DataFrame({"name": pd.Series([formula, "台積電"], dtype=kind)})
    assert written(rows) == [
        ["name"],
        ["'" + formula.replace("\t", " ").replace("\r", " ")],
        ["台積電"],
    ]


def test_a_column_name_is_a_text_too() -> None:
    assert written(pd.DataFrame({"=1+1": [1]})) == [["'=1+1"], ["1"]]


def test_numbers_dates_symbols_and_signed_texts_stay() -> None:
    rows = pd.DataFrame(
        {
            "symbol": ["^TWII", "2330.TW"],
            "change": [-0.25, 1e-7],
            "said": ["-1.5%", "+12,345.6"],
            "count": [-3, 4],
            "session": pd.to_datetime(["2026-06-30", None]),
            "missing": [None, "x"],
        }
    )
    assert written(rows)[1:] == [
        ["^TWII", "-0.25", "-1.5%", "-3", "2026-06-30", ""],
        ["2330.TW", "1e-07", "+12,345.6", "4", "", "x"],
    ]


def test_the_rows_themselves_are_left_alone() -> None:
    rows = pd.DataFrame({"name": ["=1"]})
    neutralised(rows)
    assert rows["name"].tolist() == ["=1"]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_no_text_begins_like_a_formula(texts: list[str]) -> None:
    for told, text in zip(neutralised(pd.DataFrame({"a": texts}))["a"], texts, strict=True):
        line = re.sub(r"[\x00-\x1f\x7f]+", " ", text)
        assert told in (line, f"'{line}")
        number = told.strip().lstrip("+-").replace(",", "").rstrip("%")
        assert told[:1] not in tuple("=@\t\r") or told == ""
        if told[:1] in tuple("+-"):
            float(number)
