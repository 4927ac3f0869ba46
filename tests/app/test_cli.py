"""The command line: rows on stdout, words on stderr, one sentence and an exit code for errors."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.metrics import METRICS, RETURN_KEYS
from dashboard.cli.main import main
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Kind
from tests.app.by_hand import layer_returns, real_closes, returns
from tests.app.conftest import Make
from tests.app.states import COOLING, MAP, PARTIAL, REAL_SYMBOLS, made_bars

CHAIN = load_map(MAP).chain
MAP_COLUMNS = (
    "symbol,key,name_zh,name_en,market,currency,layer,stage,primary,kind,stance,document,lines"
)
DESIGN_KEYS = re.findall(
    r"\w+",
    """
close unadjusted_close last_session return_1d return_1w return_1m return_3m return_6m return_ytd
return_1y sma_5 sma_10 sma_20 sma_60 sma_120 sma_240 bias_20 rsi_14 macd macd_signal
macd_histogram kd_k kd_d atr_14 bollinger_b_20 volatility_20 volatility_60 drawdown_1y
max_drawdown_1y distance_high_52w distance_low_52w beta_1y correlation_1y volume_ratio_20
turnover_value turnover_value_20 market_cap limit_state consecutive_up
shares_date revenue_month revenue_yoy revenue_mom revenue_3m_yoy
""",
)


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> pd.DataFrame:
        return pd.read_csv(io.StringIO(self.out))


Run = Callable[..., Result]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`python -m dashboard …` in this process."""
    for name in ("DASHBOARD_DATA_DIR", "DASHBOARD_MAP", "DASHBOARD_DEMO"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["dashboard", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        code = ended.value.code
        return Result(code if isinstance(code, int) else 0, out, err)

    return command


def one_sentence(result: Result, *words: str) -> None:
    """Bad input: exit 1, nothing on stdout, one line that names the trouble."""
    assert (result.code, result.out) == (1, "")
    (line,) = result.err.strip().split("\n")
    assert line.startswith("error: ")
    for word in words:
        assert word in line


@pytest.fixture(scope="session")
def real(make: Make) -> Path:
    return make("real").data_dir


@pytest.fixture(scope="session")
def partial(make: Make) -> Path:
    return make("partial").data_dir


class TestMap:
    def test_companies_are_the_map_as_rows(self, run: Run) -> None:
        result = run("companies", "--format", "csv")
        assert result.code == 0
        assert result.out.split("\n")[0] == MAP_COLUMNS
        rows = result.rows
        assert set(rows["key"]) == {company.key for company in CHAIN.companies}
        evidence = sum(
            len(one.evidence) for company in CHAIN.companies for one in company.memberships
        )
        assert rows["layer"].notna().sum() == evidence
        jentech = rows[(rows["symbol"] == "3653.TW") & (rows["layer"] == "cooling")].iloc[0]
        assert (jentech["name_zh"], jentech["name_en"]) == ("健策", "Jentech")
        assert (jentech["market"], jentech["currency"]) == ("TWSE", "TWD")
        assert (jentech["stage"], jentech["primary"], jentech["kind"]) == ("server", True, "core")

    def test_layers_of_the_map_come_in_layer_order(self, run: Run) -> None:
        result = run("layers", "--map-only", "--format", "csv")
        assert result.out.split("\n")[0] == MAP_COLUMNS
        placed = list(dict.fromkeys(result.rows["layer"]))
        assert placed == [one.id for one in CHAIN.layers if one.id in set(placed)]
        assert set(result.rows.loc[result.rows["layer"] == "cooling", "symbol"]) >= set(COOLING)

    def test_json_and_table_hold_the_same_rows(self, run: Run) -> None:
        rows = run("companies", "--format", "csv").rows
        records = json.loads(run("companies", "--format", "json").out)
        assert [one["key"] for one in records] == rows["key"].tolist()
        assert records[0].keys() == set(MAP_COLUMNS.split(","))
        unlisted = [one for one in records if one["key"] == "openai"]
        assert unlisted[0]["symbol"] is None
        table = run("companies").out
        assert table.count("\n") == len(rows) + 1
        assert "健策" in table
        assert not re.search(r"\b(?:nan|None)\b", table)

    def test_check_of_a_sound_map_prints_no_row(self, run: Run) -> None:
        result = run("check")
        assert (result.code, result.out) == (0, "")
        assert f"{len(CHAIN.companies)} companies, {len(CHAIN.layers)} layers" in result.err

    def test_check_names_each_fault_with_its_line(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "tickers.yaml"
        text = MAP.read_text("utf-8").replace("layer: cooling\n", "layer: coolnig\n", 1)
        path.write_text(text, "utf-8")
        line = text[: text.index("layer: coolnig")].count("\n") + 1
        result = run("--map", path, "check")
        assert result.code == 1
        assert result.out.startswith(f"tickers.yaml:{line}: ")
        assert "did you mean cooling?" in result.out
        assert "1 fault" in result.err

    def test_a_half_sound_map_still_serves(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "half.yaml"
        text = MAP.read_text("utf-8").replace("layer: cooling\n", "layer: coolnig\n", 1)
        path.write_text(text, "utf-8")
        result = run("--map", path, "companies", "--format", "csv")
        assert result.code == 0
        assert "1 fault" in result.err
        assert len(result.rows) > 100

    @pytest.mark.parametrize(
        ("content", "word"),
        [
            (None, "does not exist"),
            (b"", "empty"),
            (b"a:\n\t- b\n", "tab"),
            (b"\xff\xfe\x00", "UTF-8"),
            (b"- 1\n- 2\n", "mapping"),
        ],
    )
    @pytest.mark.parametrize("command", ["companies", "layers", "metrics", "status"])
    def test_an_unreadable_map_is_one_sentence(
        self, run: Run, tmp_path: Path, command: str, content: bytes | None, word: str
    ) -> None:
        path = tmp_path / "broken.yaml"
        if content is not None:
            path.write_bytes(content)
        one_sentence(run("--map", path, command), "broken.yaml:", word)
        checked = run("--map", path, "check")
        assert checked.code == 1
        assert re.match(r"broken\.yaml:\d+: ", checked.out)


@pytest.mark.real_data
class TestFigures:
    @pytest.mark.parametrize("as_of", ["2026-06-30", "2026-03-31", "2025-10-09"])
    def test_layers_are_the_hand_calculation(
        self, run: Run, real: Path, real_data: Path, as_of: str
    ) -> None:
        result = run("--data-dir", real, "layers", "--market", "TW", "--as-of", as_of,
                     "--format", "csv")  # fmt: skip
        assert result.code == 0
        assert result.rows.columns[0] == "layer"
        assert result.rows["layer"].tolist() == [one.id for one in CHAIN.layers]
        table = result.rows.set_index("layer")
        closes = real_closes(real_data)
        compared = 0
        for layer in CHAIN.layers:
            members = [
                company.symbol
                for company in CHAIN.companies
                if company.symbol and company.symbol.endswith((".TW", ".TWO"))
                for one in company.memberships
                if one.layer == layer.id and one.primary and one.kind is Kind.CORE
            ]
            held = [one for one in members if one in REAL_SYMBOLS]
            row = table.loc[layer.id]
            assert (row["members_priced"], row["members"]) == (len(held), len(members))
            if held:
                expected = layer_returns(closes, held, as_of)
                got = row[list(RETURN_KEYS)].astype(float)
                np.testing.assert_allclose(got, expected[list(RETURN_KEYS)], rtol=1e-12)
                compared += 1
            else:
                assert row[list(RETURN_KEYS)].isna().all()
        assert compared >= 5

    def test_metrics_come_by_symbol_then_key(self, run: Run, real: Path, real_data: Path) -> None:
        result = run("--data-dir", real, "metrics", "--format", "csv")
        assert result.code == 0
        assert result.out.split("\n")[0].split(",") == ["symbol", *METRICS]
        assert list(METRICS) == DESIGN_KEYS
        rows = result.rows.set_index("symbol")
        assert set(rows.index) == set(CHAIN.symbols())
        closes = real_closes(real_data)["3653.TW"].dropna()
        own = rows.loc["3653.TW"]
        assert own["last_session"] == "2026-06-30"
        assert own["unadjusted_close"] == 3430.0
        assert own["sma_20"] == pytest.approx(closes.iloc[-20:].mean(), rel=1e-12)
        for key, value in returns(real_closes(real_data), "3653.TW", "2026-06-30").items():
            assert own[key] == pytest.approx(value, rel=1e-12)
        assert rows.loc["6831.TW", "limit_state"] in ("up", "locked_up")
        missing = sorted(set(CHAIN.symbols()) - set(REAL_SYMBOLS))
        assert rows.loc[missing, "close"].isna().all()

    def test_a_layer_as_universe(self, run: Run, real: Path) -> None:
        result = run("--data-dir", real, "metrics", "--universe", "cooling", "--format", "csv")
        assert set(result.rows["symbol"]) == set(COOLING)

    def test_all_listed_as_universe(self, run: Run, real: Path) -> None:
        result = run("--data-dir", real, "metrics", "--universe", "listed", "--format", "csv")
        stored = [one for one in REAL_SYMBOLS if one.endswith((".TW", ".TWO"))]
        assert sorted(result.rows["symbol"]) == sorted(stored)

    def test_as_of_sees_nothing_later(self, run: Run, real: Path) -> None:
        result = run("--data-dir", real, "metrics", "--as-of", "2026-03-31", "--format", "csv")
        last = result.rows["last_session"].dropna()
        assert last.max() == "2026-03-31"
        assert "as of 2026-03-31" in result.err

    def test_as_of_after_the_data_names_the_last_session(self, run: Run, real: Path) -> None:
        result = run("--data-dir", real, "metrics", "--as-of", "2027-01-04", "--format", "csv")
        assert "2026-06-30" in result.err

    def test_json_has_null_for_missing_and_days_for_sessions(self, run: Run, real: Path) -> None:
        records = json.loads(run("--data-dir", real, "metrics", "--format", "json").out)
        by_symbol = {one["symbol"]: one for one in records}
        assert by_symbol["3653.TW"]["last_session"] == "2026-06-30"
        assert sum(one["close"] is None for one in records) == len(records) - sum(
            symbol in REAL_SYMBOLS for symbol in by_symbol
        )

    def test_bars_are_what_was_imported(self, run: Run, real: Path, real_data: Path) -> None:
        result = run("--data-dir", real, "bars", "2330.TW", "3653.TW", "--from", "2026-01-26",
                     "--to", "2026-01-28", "--format", "csv")  # fmt: skip
        rows = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
        rows["session"] = pd.to_datetime(rows["date"]).dt.strftime("%Y-%m-%d")
        rows = rows[
            rows["symbol"].isin(["2330.TW", "3653.TW"])
            & rows["session"].between("2026-01-26", "2026-01-28")
        ].sort_values(["symbol", "session"], ignore_index=True)
        got = result.rows
        for name in ("symbol", "session", "open", "high", "low", "close", "volume", "source"):
            assert got[name].tolist() == rows[name].tolist()
        known = rows["adj_close"].notna()
        assert known.sum() == 4
        assert (got.loc[known, "adjusted_close"] == rows.loc[known, "adj_close"]).all()
        assert (got.loc[~known, "adjusted_close"] == rows.loc[~known, "close"]).all()
        assert (got["flags"].fillna("") == np.where(known, "", "unadjusted")).all()


class TestStatus:
    def test_status_counts_what_is_missing(self, run: Run, tmp_path: Path) -> None:
        bars = made_bars()
        own = bars[bars["symbol"] == "2330.TW"].sort_values("session")
        holed = own.drop(own.index[[-5, -6, -40]])
        holed.to_csv(tmp_path / "one.csv", index=False)
        store = tmp_path / "store"
        assert run("--data-dir", store, "import", tmp_path / "one.csv").code == 0
        result = run("--data-dir", store, "status", "--format", "csv")
        assert result.out.split("\n")[0] == (
            "symbol,first_session,last_session,bars,sessions_missing,sessions_behind,"
            "flags,source,fetched_at"
        )
        rows = result.rows.set_index("symbol")
        assert set(rows.index) == set(CHAIN.symbols())
        row = rows.loc["2330.TW"]
        assert row["first_session"] == f"{own['session'].iloc[0]:%Y-%m-%d}"
        assert row["last_session"] == f"{own['session'].iloc[-1]:%Y-%m-%d}"
        assert (row["bars"], row["sessions_missing"]) == (len(own) - 3, 3)
        assert rows.loc["NVDA", "bars"] == 0
        assert pd.isna(rows.loc["NVDA", "sessions_missing"])

    def test_partly_unknown_symbols_are_named(self, run: Run, partial: Path) -> None:
        result = run("--data-dir", partial, "bars", "2330.TW", "NOPE", "--format", "csv")
        assert result.code == 3
        assert set(result.rows["symbol"]) == {"2330.TW"}
        assert "NOPE" in result.err
        assert run("--data-dir", partial, "bars", "NOPE", "--format", "csv").code == 1


class TestSimulated:
    def test_every_row_of_figures_is_marked(self, run: Run, tmp_path: Path) -> None:
        for command in ("metrics", "layers"):
            result = run("--data-dir", tmp_path / "none", command, "--format", "csv")
            assert result.code == 0
            assert "SIMULATED PRICES" in result.err
            assert result.rows["simulated"].all()

    @pytest.mark.real_data
    def test_real_figures_are_not(self, run: Run, real: Path) -> None:
        result = run("--data-dir", real, "layers", "--format", "csv")
        assert "simulated" not in result.rows.columns
        assert "SIMULATED" not in result.err


class TestBadInput:
    def test_unknown_layer(self, run: Run, partial: Path) -> None:
        result = run("--data-dir", partial, "metrics", "--universe", "coolnig")
        one_sentence(result, "universe coolnig", "cooling")

    def test_unknown_market(self, run: Run, partial: Path) -> None:
        one_sentence(run("--data-dir", partial, "layers", "--market", "XX"), "XX", "TW")

    @pytest.mark.parametrize("command", ["metrics", "layers"])
    def test_as_of_before_all_data(self, run: Run, partial: Path, command: str) -> None:
        result = run("--data-dir", partial, command, "--as-of", "1990-01-01")
        one_sentence(result, "1990-01-01")

    @pytest.mark.parametrize("command", [["status"], ["bars", "2330.TW"]])
    def test_an_empty_store_says_how_to_fill_it(
        self, run: Run, tmp_path: Path, command: list[str]
    ) -> None:
        result = run("--data-dir", tmp_path / "none", *command)
        one_sentence(result, "is empty", "import FILE")
        assert not (tmp_path / "none").exists()

    @pytest.mark.parametrize("command", [["status"], ["metrics"], ["layers"], ["bars", "2330.TW"]])
    def test_a_damaged_store(self, run: Run, make: Make, command: list[str]) -> None:
        store = make("damaged").data_dir
        one_sentence(run("--data-dir", store, *command), str(store), "python -m dashboard repair")

    @pytest.mark.parametrize("address", ["", "  ", "~nobody-of-that-name/x", "x" * 5000])
    def test_an_address_that_is_none(self, run: Run, address: str) -> None:
        one_sentence(run("--data-dir", address, "status"), "folder")

    @pytest.mark.parametrize("command", [["status"], ["metrics"], ["import", MAP]])
    def test_a_file_as_data_directory(
        self, run: Run, tmp_path: Path, command: list[object]
    ) -> None:
        path = tmp_path / "prices.csv"
        path.write_text("x", "utf-8")
        one_sentence(run("--data-dir", path, *command), str(path))

    def test_files_that_cannot_be_imported(self, run: Run, tmp_path: Path) -> None:
        store = tmp_path / "store"
        one_sentence(run("--data-dir", store, "import", tmp_path / "no.csv"), "no such file")
        (tmp_path / "a.csv").write_text("hello\n1\n", "utf-8")
        one_sentence(run("--data-dir", store, "import", tmp_path / "a.csv"), "a.csv", "column")
        (tmp_path / "b.parquet").write_bytes(bytes(range(256)) * 9)
        one_sentence(run("--data-dir", store, "import", tmp_path / "b.parquet"), "b.parquet")
        assert not store.exists()

    @pytest.mark.parametrize(
        "arguments",
        [
            ["nonsense"],
            ["bars"],
            ["import"],
            ["metrics", "--as-of", "yesterday"],
            ["layers", "--weighting", "fair"],
            ["companies", "--format", "xml"],
            ["refresh", "--source", "nowhere"],
        ],
    )
    def test_wrong_usage(self, run: Run, arguments: list[str]) -> None:
        result = run(*arguments)
        assert (result.code, result.out) == (2, "")
        assert "Usage:" in result.err
        assert "Traceback" not in result.err


class TestImport:
    def test_rows_are_reported_by_symbol(self, run: Run, tmp_path: Path) -> None:
        bars = made_bars()
        rows = bars[bars["symbol"].isin(PARTIAL)]
        rows.to_parquet(tmp_path / "bars.parquet")
        store = tmp_path / "store"
        first = run("--data-dir", store, "import", tmp_path / "bars.parquet", "--format", "csv")
        assert first.code == 0
        report = first.rows.set_index("symbol")
        counts = rows["symbol"].value_counts()
        assert report["new"].to_dict() == counts.to_dict()
        assert f"{len(rows)} new bars" in first.err
        again = run("--data-dir", store, "import", tmp_path / "bars.parquet", "--format", "csv")
        assert again.rows.set_index("symbol")["unchanged"].to_dict() == counts.to_dict()

    def test_refused_rows_make_it_done_in_part(self, run: Run, tmp_path: Path) -> None:
        rows = made_bars()
        rows = rows[rows["symbol"] == "2330.TW"].sort_values("session").tail(20)
        sunday = rows.tail(1).assign(session=pd.Timestamp("2026-11-15"))
        pd.concat([rows, sunday]).to_csv(tmp_path / "bars.csv", index=False)
        result = run("--data-dir", tmp_path / "store", "import", tmp_path / "bars.csv",
                     "--format", "csv")  # fmt: skip
        assert result.code == 3
        row = result.rows.set_index("symbol").loc["2330.TW"]
        assert (row["new"], row["refused"]) == (20, 1)
        assert "2026-11-15" in row["why"]


class TestProcess:
    """What only a process of its own shows."""

    def test_the_environment_names_store_and_map(self, tmp_path: Path) -> None:
        environment = {**os.environ, "DASHBOARD_DATA_DIR": str(tmp_path / "here")}
        done = self._run(["status"], environment)
        assert done.returncode == 1
        assert str(tmp_path / "here") in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_reader_that_goes_away_is_no_error(self, tmp_path: Path) -> None:
        command = f"{sys.executable} -m dashboard companies --format csv | head -1"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.strip() == MAP_COLUMNS

    @pytest.mark.parametrize(
        ("module", "arguments"),
        [
            ("typer", ["metrics"]),
            ("pandas", ["metrics"]),
            ("numpy", ["import", "{file}"]),
            ("deltalake", ["import", "{file}"]),
            ("streamlit", ["run"]),
        ],
    )
    def test_ctrl_c_while_modules_are_imported(
        self, tmp_path: Path, module: str, arguments: list[str]
    ) -> None:
        file = tmp_path / "bars.csv"
        file.write_text("symbol,date,close\n2330.TW,2026-06-30,1\n")
        command = [one.format(file=file) for one in arguments]
        running = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "dashboard", "--data-dir",
             str(tmp_path / "store"), *command],
            cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert running.stderr is not None
        for line in running.stderr:
            if re.search(rf"\b{module}\b", line):
                break
        running.send_signal(signal.SIGINT)
        _, rest = running.communicate(timeout=60)
        said = [line for line in rest.splitlines() if not line.startswith("import time:")]
        assert said == ["stopped; what was committed before stays"]
        assert running.returncode == 130

    def test_the_home_folder_is_understood_by_every_command(self, tmp_path: Path) -> None:
        file = tmp_path / "bars.csv"
        file.write_text("symbol,date,close\n2330.TW,2026-06-30,1\n")
        environment = {**os.environ, "HOME": str(tmp_path), "DASHBOARD_DATA_DIR": "~/prices"}
        assert self._run(["import", str(file)], environment).returncode == 0
        assert (tmp_path / "prices" / "bars").is_dir()
        done = self._run(["bars", "2330.TW"], {**environment, "DASHBOARD_DATA_DIR": "/nowhere"})
        assert done.returncode == 1
        done = self._run(["--data-dir", "~/prices", "bars", "2330.TW"], environment)
        assert done.returncode == 0

    @staticmethod
    def _run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dashboard", *arguments],
            cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
