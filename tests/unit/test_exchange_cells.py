"""Cells of the exchanges' answers: what is read, and what is refused by name."""

from __future__ import annotations

import datetime as dt
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import BadAnswer, Garbled
from dashboard.markets import share_symbol
from dashboard.prices.providers.exchanges.cells import (
    csv_records,
    number,
    records,
    roc_date,
    table_records,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2475.00", 2475.0),
        ("-0.40 ", -0.4),
        ("+1.70", 1.7),
        (" 0.05", 0.05),
        ("X0.00", 0.0),
        ("120,639,150", 120_639_150.0),
        ("- 0.40", -0.4),
        ("0", 0.0),
    ],
)
def test_numbers_as_the_exchanges_write_them(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", " ", "-", "--", "---", " ---", "--- ", "N/A", "NA"])
def test_blanks_are_missing_and_not_zero(text: str) -> None:
    assert math.isnan(number(text))


@pytest.mark.parametrize(
    "text",
    ["abc", "1e5", "nan", "inf", "1,23", "12,34,567", "1.2.3", "除息", "１２", "0x10", "1 2", "+"],
)
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        number(text)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", " ", "  "]))
def test_a_number_survives_commas_and_spaces(cents: int, space: str) -> None:
    value = cents / 100
    assert number(f"{space}{value:+,.2f}{space}") == pytest.approx(value, abs=1e-9)


@given(st.text())
def test_no_text_crashes_the_reading_of_a_number(text: str) -> None:
    try:
        value = number(text)
    except ValueError:
        return
    assert math.isnan(value) or math.isfinite(value)


@pytest.mark.parametrize(
    "text",
    [
        "1150924", "115/09/24", "115.09.24", "115-9-24", "115年09月24日", "民國115年9月24日",
        "20260924", "2026-09-24", "2026/09/24", " 1150924 ",
    ],
)  # fmt: skip
def test_a_day_in_every_form(text: str) -> None:
    assert roc_date(text) == dt.date(2026, 9, 24)


@pytest.mark.parametrize(
    "text", ["", "--", "1151332", "115092", "11509", "2026092", "abc", "115/13/01"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no day"):
        roc_date(text)


def test_a_year_below_one_hundred_is_of_the_republic() -> None:
    assert roc_date("991231") == dt.date(2010, 12, 31)


@given(st.dates(dt.date(1962, 2, 9), dt.date(2099, 12, 31)))
def test_every_day_is_read_back(day: dt.date) -> None:
    year = day.year - 1911
    for text in (f"{year}{day:%m%d}", f"{year}/{day:%m/%d}", f"{day:%Y%m%d}", f"{day:%Y-%m-%d}"):
        assert roc_date(text) == day


@pytest.mark.parametrize(
    ("code", "board", "symbol"),
    [
        ("2330", "TWSE", "2330.TW"),
        (" 6488 ", "TPEX", "6488.TWO"),
        ("0050", "TWSE", None),
        ("00878", "TWSE", None),
        ("2881A", "TWSE", None),
        ("9105", "TWSE", None),
        ("9904", "TWSE", "9904.TW"),
        ("020001", "TPEX", None),
        ("", "TWSE", None),
        ("２３３０", "TWSE", None),
    ],
)
def test_only_common_stocks_have_a_symbol(code: str, board: str, symbol: str | None) -> None:
    assert share_symbol(code, board) == symbol


def test_names_and_values_are_stripped_and_numbers_are_text() -> None:
    rows = records('\ufeff[{" Code ": " 2330 ", "Close": 2475.5, "Note": null}]', "f", ("Code",))
    assert rows == [{"Code": "2330", "Close": "2475.5", "Note": ""}]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"[]", "no row"),
        (b"{}", "no list of rows"),
        (b"[1]", "no list of rows"),
        (b'[{"Code": "2330"}', "truncated"),
        (b'[{"Code": "2330"}]]', "no JSON"),
        (b"<html>", "web page"),
        ("台積電".encode("cp950"), "not UTF-8"),
        (b'[{"Code": {"a": 1}}]', "neither text nor number"),
        (b'[{"Code": true}]', "neither text nor number"),
        (b'[{"Code": "1"}, {"code": "2"}]', "row 2 has no field 'Code'"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"Code": "23', "truncated"),
    ],
)
def test_damage_is_named(payload: bytes, reason: str) -> None:
    with pytest.raises(BadAnswer, match="the feed: .*" + reason.replace("(", r"\(")):
        records(payload, "the feed", ("Code",))


def test_only_what_may_pass_is_garbled() -> None:
    with pytest.raises(Garbled):
        records(b'[{"a": 1', "f", ())
    with pytest.raises(BadAnswer) as told:
        records(b"[{}]", "f", ("a",))
    assert not isinstance(told.value, Garbled)


def test_a_table_takes_its_names_from_beside_it() -> None:
    rows = table_records(["代號 ", "收盤"], [["2330", "1,000"], ["2317", 5]], "f", ("代號", "收盤"))
    assert rows == [{"代號": "2330", "收盤": "1,000"}, {"代號": "2317", "收盤": "5"}]


@pytest.mark.parametrize("row", [["2330"], ["2330", "1", "2"], "2330", None])
def test_a_row_of_another_width_is_refused(row: object) -> None:
    with pytest.raises(BadAnswer, match="row 1 does not have the 2 cells"):
        table_records(["a", "b"], [row], "f", ("a",))  # type: ignore[list-item]


def test_an_asked_field_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadAnswer, match="'a' stands twice"):
        table_records(["a", "a"], [["1", "2"]], "f", ("a",))
    assert table_records(["a", "b", "b"], [["1", "2", "3"]], "f", ("a",))


def test_csv_is_read_by_its_names() -> None:
    rows = csv_records('日期,證券代號\r\n"1150924","2330"\r\n'.encode(), "f", ("證券代號",))
    assert rows == [{"日期": "1150924", "證券代號": "2330"}]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [(b'a,b\n"1,2', "CSV"), (b"a,b\n1\n", "cells"), (b"a,b\n", "no row"), (b"x,b\n1,2", "'a'")],
)
def test_damaged_csv_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(BadAnswer, match=reason):
        csv_records(payload, "f", ("a",))


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reading_of_rows(payload: bytes) -> None:
    for read in (records, csv_records):
        try:
            rows = read(payload, "f", ())
        except BadAnswer:
            continue
        assert json.dumps(rows)
