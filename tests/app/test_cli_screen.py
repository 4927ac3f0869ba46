"""`screen` on the command line: rows, what changed, saved screens, files, faults with a caret."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from dashboard.screening.presets import PRESETS
from tests.app.conftest import Make
from tests.app.states import MAP
from tests.app.test_cli import Result, Run, one_sentence, run

__all__ = ["run"]


@pytest.fixture
def screen(run: Run, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`screen …` over a made store, with a database of its own."""
    folder = make("partial").data_dir
    monkeypatch.setenv("DASHBOARD_DATABASE", f"sqlite:///{tmp_path / 'accounts.sqlite3'}")

    def command(*arguments: object) -> Result:
        return run("--data-dir", folder, "screen", *arguments)

    return command


def test_rows_are_on_stdout_and_the_rest_on_stderr(screen: Run) -> None:
    result = screen(
        "not isna(close)", "--format", "csv", "--sort=-收盤", "--columns", "close,layer"
    )
    assert result.code == 0
    rows = result.rows
    assert list(rows.columns) == ["symbol", "name", "close", "layer"]
    assert len(rows) > 1
    assert rows["close"].is_monotonic_decreasing
    assert "as of 20" in result.err
    assert f"{len(rows)} of " in result.err


def test_the_names_of_both_languages_are_columns(screen: Run) -> None:
    rows = screen(
        "symbol == 2330", "--format", "csv", "--columns", "name_zh,name_en", "--sort", "name"
    ).rows
    assert list(rows.columns) == ["symbol", "name", "name_zh", "name_en"]
    assert rows[["name_zh", "name_en"]].values.tolist() == [["台積電", "TSMC"]]


def test_the_columns_are_those_of_the_expression(screen: Run) -> None:
    result = screen("rsi_14 >= 0 or isna(rsi_14)", "--format", "json")
    rows = json.loads(result.out)
    assert {"symbol", "name", "layer", "rsi_14"} <= set(rows[0])
    assert isinstance(rows[0]["layer"], list)


def test_a_fault_shows_the_expression_with_a_caret_under_it(screen: Run) -> None:
    result = screen("市值 > 100億 and layer == coolnig")
    assert (result.code, result.out) == (1, "")
    shown, caret, error = result.err.splitlines()
    assert shown == "  市值 > 100億 and layer == coolnig"
    # Chinese signs take two columns.
    assert caret == " " * 28 + "^" * 7
    assert error == "error: at character 24: no layer is coolnig; did you mean cooling?"


def test_of_a_long_expression_the_part_around_the_fault_is_shown(screen: Run) -> None:
    result = screen(" or ".join(["rsi_14 > 1"] * 40) + " or rsi_41 > 1" + " or stale" * 20)
    shown, caret, _ = result.err.splitlines()
    assert len(shown) <= 162
    assert shown[caret.index("^") :].startswith("rsi_41")


def test_what_changed_since_a_day(screen: Run) -> None:
    day = screen("on_map").err.split("as of ")[1][:10]
    before = (pd.Timestamp(day) - pd.Timedelta(days=40)).date()
    text = "rank(close) <= 3 or return_1w > 0"
    now = set(screen(text, "--format", "csv").rows["symbol"])
    then = set(screen(text, "--format", "csv", "--as-of", before).rows["symbol"])
    result = screen(text, "--format", "csv", "--diff", before)
    rows = result.rows
    assert rows.columns[0] == "change"
    assert set(rows.loc[rows["change"] == "in", "symbol"]) == now - then
    assert set(rows.loc[rows["change"] == "out", "symbol"]) == then - now
    assert f"since {before}: {len(now - then)} in, {len(then - now)} out" in result.err
    one_last_line(screen(text, "--diff", "2099-01-01"), "--diff 2099-01-01", "further back")


def one_last_line(result: Result, *words: str) -> None:
    assert (result.code, result.out) == (1, "")
    last = result.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert all(word in last for word in words)


def test_screens_are_saved_and_run_by_name(screen: Run) -> None:
    first = screen("not isna(close)", "--save", "priced", "--columns", "收盤", "--sort", "-收盤")
    assert "saved as 'priced'" in first.err
    again = screen("--saved", "priced")
    assert again.out == first.out
    one_last_line(screen("on_map", "--save", "priced"), "priced")
    one_last_line(screen("--saved", "other"), "other")
    listed = screen("--list", "--format", "csv").rows
    assert listed["name"].tolist() == ["priced", *PRESETS]
    assert listed["expression"][0] == "not isna(close)"


def test_a_preset_has_its_own_columns(screen: Run) -> None:
    rows = screen("--preset", "high_52w", "--format", "csv").out.splitlines()
    assert rows[0] == ",".join(["symbol", "name", *PRESETS["high_52w"].columns])


def test_files_carry_what_they_are_about(screen: Run, tmp_path: Path) -> None:
    text = "on_map and not isna(close)"
    for form in ("csv", "parquet", "xlsx"):
        result = screen(text, "--output", tmp_path / f"rows.{form}")
        assert (result.code, result.out) == (0, "")
        assert " rows in " in result.err
    table = pd.read_csv(tmp_path / "rows.csv")
    assert len(table) == pq.read_metadata(tmp_path / "rows.parquet").num_rows > 0
    assert set(table["expression"]) == {text}
    about = pq.read_schema(tmp_path / "rows.parquet").metadata
    assert about[b"expression"] == text.encode()
    book = openpyxl.load_workbook(tmp_path / "rows.xlsx")
    told = dict(book["about"].iter_rows(values_only=True))
    assert told["universe"] == "map"
    assert hashlib.sha256(MAP.read_bytes()).hexdigest().startswith(told["map_version"])
    assert [part.partition(".")[0] for part in told["store_version"].split("~")] == ["bars"]
    assert set(table["store_version"]) == {told["store_version"]}
    one_last_line(screen(text, "--output", tmp_path / "rows.doc"), "rows.doc", ".xlsx")


def test_simulated_figures_are_marked(run: Run, tmp_path: Path) -> None:
    result = run("--data-dir", tmp_path / "none", "screen", "on_map", "--format", "csv")
    assert "SIMULATED" in result.err
    assert result.rows["simulated"].all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("on_map", "--columns", "retrn_1m"), ("retrn_1m", "return_1m")),
        (("--preset", "rockets"), ("rockets", "breakout")),
        (("on_map", "--as-of", "1950-01-01"), ("1950-01-01",)),
    ],
)
def test_bad_input_is_one_sentence(
    screen: Run, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    one_sentence(screen(*arguments), *words)


@pytest.mark.parametrize("arguments", [(), ("on_map", "--list"), ("on_map", "--preset", "narrow")])
def test_wrong_usage(screen: Run, arguments: tuple[str, ...]) -> None:
    assert screen(*arguments).code == 2
