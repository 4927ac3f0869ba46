"""Files that mean harm: refused with a sentence, in little memory, and nothing is stored."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.prices.store import PriceStore
from dashboard.settings import PROJECT_ROOT
from tests.app.test_cli import Result, Run
from tests.faults.commands import BARS, sound_file

TEN_GB = 10_000_000_000
MEMORY = 3_000_000_000
"""Bytes of address space: a program that unpacks or reads such a file whole dies of it."""
OUTSIDE = "../../outside"


def refused(run: Run, store: Path, *files: Path) -> str:
    """The sentence; the store stays as it was."""
    held = PriceStore(str(store)).read()
    done: Result = run("--data-dir", store, "import", *files)
    assert done.code == 1, done
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert PriceStore(str(store)).read().equals(held)
    return done.err


@pytest.fixture
def store(tmp_path: Path, run: Run) -> Path:
    """A store with two bars that nothing may disturb."""
    folder = tmp_path / "store"
    assert run("--data-dir", folder, "import", sound_file(tmp_path)).code == 0
    return folder


@pytest.mark.parametrize(
    "symbol",
    [
        "=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(1)", "../../etc/passwd", "..", "/etc/passwd",
        "A;rm -rf /", "$(touch x)", "`id`", "A&B", "A|B", "A\0B", "<script>alert(1)</script>",
        "A' OR '1'='1", "A%20B", "台積電", "A\u202eB", "A" * 300, ".", "A..B",
    ],
)  # fmt: skip
def test_a_symbol_that_is_none(symbol: str, run: Run, store: Path, tmp_path: Path) -> None:
    quoted = symbol.replace('"', '""')
    path = tmp_path / "bars.csv"
    path.write_text(f'{BARS}"{quoted}",2024-01-02,1,1,1,1,1\n', "utf-8")
    said = refused(run, store, path)
    assert "line 2: no symbol" in said
    assert len(said) < 400


def test_a_source_with_a_formula_is_text(run: Run, store: Path, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(
        "symbol,date,close,source\nMSFT,2024-01-02,1,\"=cmd|'/c calc'!A1\"\n"
        "MSFT,2024-01-03,1,<script>alert(1)</script>\n",
        "utf-8",
    )
    assert run("--data-dir", store, "import", path).code == 0
    told = run("--data-dir", store, "bars", "MSFT", "--format", "csv").rows["source"].tolist()
    assert told == ["'=cmd|'/c calc'!A1", "<script>alert(1)</script>"]
    raw = PriceStore(str(store)).read(["MSFT"]).to_pydict()["source"]
    assert sorted(raw) == ["<script>alert(1)</script>", "=cmd|'/c calc'!A1"]


@pytest.mark.parametrize(
    "name", [";touch x;.csv", "$(touch x).csv", "=1+1.csv", "-rf.csv", "a b\n.csv"]
)
def test_a_file_name_is_only_a_name(name: str, run: Run, store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / name).write_text("symbol,date,close\nMSFT,2024-01-02,1\n", "utf-8")
    before = set(PROJECT_ROOT.iterdir())
    assert run("--data-dir", store, "import", folder).code == 0
    assert set(PROJECT_ROOT.iterdir()) == before
    source = run("--data-dir", store, "bars", "MSFT", "--format", "csv").rows["source"].iat[0]
    assert source == f"file:{name}".replace("\n", " ")


@pytest.mark.parametrize("symbol", [OUTSIDE, "/etc/passwd", "A;B", "=1+1", "A\0B", "A/../B"])
def test_a_symbol_asked_for_leads_nowhere(symbol: str, run: Run, store: Path) -> None:
    before = sorted(store.parent.rglob("*"))
    done = run("--data-dir", store, "bars", symbol, "--format", "json")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert sorted(store.parent.rglob("*")) == before


@pytest.mark.parametrize(
    "place", ["a\0b", "x" * 5000, "file:///proc/1/mem", "/dev/null", "/proc/x"]
)
def test_a_place_where_no_store_can_be(place: str, run: Run, tmp_path: Path) -> None:
    done = run("--data-dir", place, "import", sound_file(tmp_path))
    assert done.code == 1
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err


def test_a_place_with_dots_is_where_it_says(run: Run, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    place = tmp_path / "inner" / ".." / "store"
    assert run("--data-dir", place, "import", sound_file(tmp_path)).code == 0
    assert (tmp_path / "store" / "bars").is_dir()
    assert not list((tmp_path / "inner").iterdir())


# --- sizes ----------------------------------------------------------------------------


def in_little_memory(store: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """The command with a bound on what it may take."""
    return subprocess.run(
        [sys.executable, "-m", "dashboard", "--data-dir", str(store), *map(str, arguments)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet", "actions.csv"])
def test_ten_gigabytes_of_nothing(name: str, store: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(BARS.encode() if name.endswith("csv") else b"PAR1")
        file.truncate(TEN_GB)
    done = in_little_memory(store, "import", path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {name}: ")
    assert "Traceback" not in done.stderr
    assert PriceStore(str(store)).read().num_rows == 2


def test_a_line_that_never_ends(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    with path.open("wb") as file:
        file.truncate(TEN_GB)
    done = in_little_memory(store, "import", path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: bars.csv: ")
    assert "Traceback" not in done.stderr


def test_a_parquet_bomb(store: Path, tmp_path: Path) -> None:
    """A few kilobytes that unpack to gigabytes."""
    path = tmp_path / "bomb.parquet"
    rows = 5_000_000
    schema = pa.schema([("symbol", pa.string()), ("date", pa.date32()), ("close", pa.float64())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        group = pa.table(
            {
                "symbol": pa.DictionaryArray.from_arrays(
                    pa.array(np.zeros(rows, np.int32)), ["AAPL"]
                ).cast(pa.string()),
                "date": pa.array(np.full(rows, 19_724, np.int32)).cast(pa.date32()),
                "close": np.zeros(rows),
            },
            schema=schema,
        )
        for _ in range(5):
            writer.write_table(group)
    assert path.stat().st_size < 1_000_000
    done = in_little_memory(store, "import", path)
    assert done.returncode == 1
    assert "GB unpacked" in done.stderr
    assert PriceStore(str(store)).read().num_rows == 2


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet", "bars.zip"])
def test_a_zip_bomb_is_not_opened(name: str, run: Run, store: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bars.csv", b"0" * 200_000_000)
    assert path.stat().st_size < 300_000
    refused(run, store, path)


def test_a_gzip_bomb_is_not_opened(run: Run, store: Path, tmp_path: Path) -> None:
    """The reader of CSV unpacks `.csv.gz` by its name; the suffix keeps such a file out."""
    import gzip

    path = tmp_path / "bars.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 200_000_000))
    assert "prices are read from" in refused(run, store, path)


def test_a_million_columns(run: Run, store: Path, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("symbol,date,close," + ",".join(f"c{k}" for k in range(1_000_000)) + "\n1\n")
    refused(run, store, path)


def test_a_pipe_and_a_device_are_no_files(run: Run, store: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bars.csv")
    assert "there is no such file" in refused(run, store, tmp_path / "bars.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    assert "there is no such file" in refused(run, store, tmp_path / "zero.csv")


# --- the map --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [lol]\n" + "".join(f"a{n}: &a{n} [*a, *a]\n" for n in range(40)),
        "stages:\n  " + "[" * 50_000,
        "a: !!python/object/apply:os.system [touch x]\n",
        "{" * 20_000,
    ],
    ids=["billion laughs", "nesting", "object", "braces"],
)  # fmt: skip
def test_a_map_that_means_harm(text: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "tickers.yaml"
    path.write_text(text, "utf-8")
    done = run("--map", path, "check")
    assert done.code == 1
    assert "tickers.yaml:" in done.out
    assert "Traceback" not in done.err


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://a)b", "//x"])
def test_a_link_leads_to_the_web_only(url: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "tickers.yaml"
    own = (PROJECT_ROOT / "tickers.yaml").read_text("utf-8")
    line = next(one for one in own.splitlines() if one.startswith("    url: "))
    path.write_text(own.replace(line, f'    url: "{url}"', 1), "utf-8")
    done = run("--map", path, "check")
    assert done.code == 1
    assert "`url`" in done.out
    assert "https://" in done.out
