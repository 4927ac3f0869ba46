"""Tables that leave with what is to be known of them: read back by pandas, pyarrow, openpyxl."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.export import Form, write_table

ABOUT = {"as_of": "2026-06-30", "source": "files:tw", "expression": "-return_1m > 5%"}


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "symbol": ["2330.TW", "6547.TWO", "9999.TW"],
            "name": ["台積電", '=HYPERLINK("http://x")', "+1+cmd"],
            "return_1m": [0.125, -0.5, float("nan")],
            "layer": [("foundry", "cowos"), (), ("cooling",)],
            "last_session": pd.to_datetime(["2026-06-30", "2026-06-29", None]),
            "listed": [True, False, True],
            "nothing": [None, None, None],
        }
    )


def told(rows: pd.DataFrame, form: Form) -> io.BytesIO:
    out = io.BytesIO()
    write_table(rows, out, form, ABOUT)
    out.seek(0)
    return out


def test_csv_has_its_header_first_and_what_it_is_about_in_every_row(rows: pd.DataFrame) -> None:
    content = told(rows, Form.CSV)
    assert content.getvalue().startswith("\ufeffsymbol,name,".encode())
    read = pd.read_csv(content)
    assert list(read) == [*rows, *ABOUT]
    assert read["return_1m"].tolist()[:2] == [0.125, -0.5]
    assert pd.isna(read["return_1m"][2])
    assert read["layer"].fillna("").tolist() == ["foundry;cowos", "", "cooling"]
    assert set(read["as_of"]) == {"2026-06-30"}
    assert read["name"].tolist() == ["台積電", '\'=HYPERLINK("http://x")', "'+1+cmd"]
    assert set(read["expression"]) == {"'-return_1m > 5%"}


def test_parquet_keeps_types_lists_and_texts_and_tells_the_rest_in_its_schema(
    rows: pd.DataFrame,
) -> None:
    read = pq.read_table(told(rows, Form.PARQUET))
    assert {key.decode(): text.decode() for key, text in read.schema.metadata.items()} == ABOUT
    assert read["layer"].to_pylist() == [["foundry", "cowos"], [], ["cooling"]]
    assert read["name"].to_pylist() == rows["name"].tolist()
    assert read["return_1m"].to_pylist() == [0.125, -0.5, None]
    assert pa.types.is_timestamp(read.schema.field("last_session").type)
    assert read["last_session"].to_pylist()[2] is None
    assert read["listed"].to_pylist() == [True, False, True]
    assert pa.types.is_string(read.schema.field("nothing").type)
    assert pd.read_parquet(told(rows, Form.PARQUET)).shape == rows.shape


def test_excel_has_no_formula_and_a_second_sheet(rows: pd.DataFrame) -> None:
    book = openpyxl.load_workbook(told(rows, Form.EXCEL))
    assert book.sheetnames == ["rows", "about"]
    assert [[cell.value for cell in row] for row in book["about"]] == [
        [key, text] for key, text in ABOUT.items()
    ]
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]
    header, first, second, third = ([cell.value for cell in row] for row in book["rows"])
    assert header == list(rows)
    assert first[:4] == ["2330.TW", "台積電", 0.125, "foundry;cowos"]
    assert first[4] == dt.datetime(2026, 6, 30)
    assert second[1] == '=HYPERLINK("http://x")'
    assert third[2] is None
    assert third[4] is None
    assert first[5] is True
    assert pd.read_excel(told(rows, Form.EXCEL))["return_1m"].tolist()[:2] == [0.125, -0.5]


@pytest.mark.parametrize("form", Form)
def test_no_row_is_a_table_too(rows: pd.DataFrame, form: Form) -> None:
    readers = {
        Form.CSV: pd.read_csv, Form.PARQUET: pd.read_parquet, Form.EXCEL: pd.read_excel,
    }  # fmt: skip
    read = readers[form](told(rows.iloc[:0], form))
    assert read.empty
    assert list(read)[: rows.shape[1]] == list(rows)


def test_a_key_that_is_a_column_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="as_of"):
        write_table(rows.assign(as_of=1), io.BytesIO(), Form.CSV, ABOUT)


def test_a_path_is_written_and_a_bad_one_is_one_sentence(
    rows: pd.DataFrame, tmp_path: Path
) -> None:
    write_table(rows, tmp_path / "a.parquet", Form.PARQUET, ABOUT)
    assert len(pd.read_parquet(tmp_path / "a.parquet")) == len(rows)
    with pytest.raises(InputError, match="cannot be written"):
        write_table(rows, tmp_path / "none" / "a.csv", Form.CSV, ABOUT)


def test_too_many_rows_for_a_sheet_name_another_form() -> None:
    many = pd.DataFrame({"a": range(1_048_576)})
    with pytest.raises(InputError, match="Parquet"):
        write_table(many, io.BytesIO(), Form.EXCEL, ABOUT)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=20), st.floats(width=64))
def test_any_text_and_number_is_read_back_from_excel_and_parquet(text: str, number: float) -> None:
    rows = pd.DataFrame({"text": [text], "number": [number]})
    (read,) = pq.read_table(told(rows, Form.PARQUET)).to_pylist()
    assert read["text"] == text
    (cells,) = list(openpyxl.load_workbook(told(rows, Form.EXCEL))["rows"].iter_rows(min_row=2))
    assert all(cell.data_type != "f" for cell in cells)
    if abs(number) <= 1e300:
        assert cells[1].value == pytest.approx(number, rel=1e-12, abs=1e-300)
