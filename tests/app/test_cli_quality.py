"""The commands around quality: refused rows, flags and reports of what is stored."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from dashboard.cli.main import app
from tests.unit.price_bars import bars_of


class Line:
    """The command line on one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["--data-dir", str(self.folder / "store"), *words])

    def rows(self, *words: str) -> pd.DataFrame:
        done = self(*words, "--format", "csv")
        assert done.exit_code == 0, done.output
        return pd.read_csv(io.StringIO(done.stdout))

    def store(self, bars: pd.DataFrame) -> Result:
        path = self.folder / "bars.csv"
        bars.drop(columns=["fetched_at"]).to_csv(path, index=False)
        return self("import", str(path))


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def damaged() -> pd.DataFrame:
    """A low above its high on 24 June, no close on the 25th, a fall by three quarters after."""
    bars = bars_of("2330.TW", "2026-06-22", "2026-06-29")
    bars.loc[2, "low"] = 200.0
    bars.loc[3, "close"] = float("nan")
    bars.loc[4:, ["open", "high", "low", "close", "adjusted_close"]] /= 4
    return bars


def test_a_refused_row_is_listed_accepted_and_dropped(line: Line) -> None:
    assert line.store(damaged()).exit_code == 3
    rows = line.rows("quarantine")
    assert rows["reason"].tolist() == ["low_above_high", "no_close"]
    assert rows["why"].tolist() == ["low is above high", "no close"]
    bad, empty = rows["record"]
    done = line("quarantine", "accept", bad)
    assert done.exit_code == 0
    assert "open, high, low" in done.stderr
    bars = line.rows("bars", "2330.TW", "--from", "2026-06-24", "--to", "2026-06-24")
    assert bars["flags"].tolist() == ["close_only,accepted"]
    done = line("quarantine", "accept", empty)
    assert done.exit_code == 1
    assert "no close above zero" in done.stderr
    assert line("quarantine", "drop", empty).exit_code == 0
    assert line.rows("quarantine").empty
    decided = line.rows("quarantine", "list", "--all")
    assert decided["state"].tolist() == ["accepted", "dropped"]
    assert line.store(damaged()).exit_code == 3
    assert line.rows("quarantine").empty


def test_all_that_wait_are_decided_at_once_and_what_fails_is_told(line: Line) -> None:
    line.store(damaged())
    done = line("quarantine", "accept", "--all")
    assert done.exit_code == 3
    assert line("quarantine", "drop", "--all").exit_code == 0
    assert line.rows("quarantine").empty


@pytest.mark.parametrize(
    "words", [("accept",), ("drop",), ("list", "x"), ("drop", "x", "--all"), ("burn",)]
)
def test_what_makes_no_sense_is_wrong_usage(line: Line, words: tuple[str, ...]) -> None:
    assert line("quarantine", *words).exit_code == 2


def test_nothing_kept_aside_is_no_row(line: Line) -> None:
    assert "(no rows)" in line("quarantine").stdout
    done = line("quarantine", "drop", "2330.TW/2026-06-24/00000000")
    assert done.exit_code == 1
    assert "no such row" in done.stderr


def test_status_tells_flags_and_reports_by_session(line: Line) -> None:
    line.store(damaged())
    flags = line.rows("status", "--flags", "--symbol", "2330.TW")
    assert flags[["flags", "first_session", "bars"]].to_numpy().tolist() == [
        ["jump", "2026-06-26", 1]
    ]
    reports = line.rows("status", "--reports", "--symbol", "2330.TW")
    assert reports["rule"].tolist() == ["halt", "stale"]
    assert reports["first_session"].tolist() == ["2026-06-26", "2026-06-29"]
    status = line.rows("status", "--symbol", "2330.TW")
    assert status[["flags", "sessions_missing"]].to_numpy().tolist() == [["jump", 2]]
    assert len(line.rows("status")) > 40
    assert line("status", "--flags", "--reports").exit_code == 2
