import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.errors import InputError
from dashboard.prices.bars import BarFlag
from dashboard.prices.providers.files import (
    ImportedBars,
    ImportedRecords,
    import_paths,
    read_bars_file,
    read_import,
    tables,
)
from dashboard.prices.records import SHARES_KIND


def csv_file(folder: Path, text: str | bytes, name: str = "prices.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def fault(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_import(path)
    return str(caught.value)


def test_names_dates_and_thousands_are_read_as_people_write_them(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "\ufeffSymbol,Date,Open,High,Low,Close,Adj_Close,Volume,turnover\n"
        '2330.tw,2026/6/30,"1,230","1,240.5",1225,"1,235.0",1200.25,"12,345,000",x\n'
        "\n"
        "2330.TW,20260629,1,2,1,2,2,0,y\n",
    )
    bars = read_bars_file(path)
    assert bars["symbol"].tolist() == ["2330.TW", "2330.TW"]
    assert bars["session"].tolist() == [pd.Timestamp("2026-06-30"), pd.Timestamp("2026-06-29")]
    first = bars.iloc[0]
    assert (first["open"], first["high"], first["low"]) == (1230, 1240.5, 1225)
    assert (first["close"], first["adjusted_close"], first["volume"]) == (1235, 1200.25, 12345000)
    assert (first["dividend"], first["split"], first["flags"]) == (0, 1, 0)
    assert first["source"] == "file:prices.csv"


def test_what_is_missing_is_flagged_and_the_traded_close_stands_in(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "symbol,date,open,high,low,close,adj_close,volume,ohlc_ok\n"
        "2330.TW,2026-06-26,10,11,9,10,8,100,True\n"
        "2330.TW,2026-06-27,10,,9,10,8,100,True\n"
        "2330.TW,2026-06-28,10,11,9,10,--,100,True\n"
        "2330.TW,2026-06-29,10,11,9,10,8,,True\n"
        "2330.TW,2026-06-30,12,11,9,10,8,100,False\n"
        "^TWII,2026-06-30,10,11,9,10,,100,True\n",
    )
    bars = read_bars_file(path)
    assert bars["flags"].tolist() == [
        0,
        BarFlag.CLOSE_ONLY,
        BarFlag.UNADJUSTED,
        BarFlag.NO_VOLUME,
        BarFlag.OUTSIDE_RANGE,
        0,  # an index has nothing to adjust
    ]
    assert bars.loc[1, ["open", "high", "low"]].isna().all()
    assert bars["adjusted_close"].tolist() == [8, 8, 10, 8, 8, 10]


def test_what_the_product_prints_it_reads(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "symbol,session,close,split,flags,source,fetched_at\n"
        '2330.TW,2026-06-30,10,0,"no_volume,jump",yahoo,2026-06-30T08:00:00Z\n',
    )
    bar = read_bars_file(path).iloc[0]
    expected = BarFlag.NO_VOLUME | BarFlag.JUMP | BarFlag.CLOSE_ONLY | BarFlag.UNADJUSTED
    assert bar["flags"] == expected
    assert (bar["source"], bar["split"]) == ("yahoo", 1)
    assert bar["fetched_at"] == pd.Timestamp("2026-06-30 08:00", tz="UTC")


def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    text = fault(
        csv_file(
            tmp_path,
            "symbol,date,close,flags\n"
            "2330,2026-06-31,abc,0\n"
            "\n"
            "x y,115/06/30,1,0\n"
            "2330.TW,2026-06-30,1,234.5,0\n"
            "2330.TW,2026-06-30,inf,odd\n",
        )
    )
    for expected in (
        "line 2: close is no number ('abc')",
        "line 2: no date as 2026-06-30 ('2026-06-31')",
        "line 2: symbol without its board",
        "line 4: no symbol ('x y')",
        "line 4: no date as 2026-06-30 ('115/06/30')",
        "line 5: a line has 4 cells, not 5",
        "line 6: close is no number ('inf')",
        "line 6: unknown flag ('odd')",
    ):
        assert expected in text
    assert "nothing was stored" in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "empty"),
        ("symbol,date,close\n", "no rows"),
        (
            "a,b\n1,2\n",
            r"symbol, session (or date), close (or shares, revenue, an amount of an action) is missing",
        ),
        ("date,close\n2026-06-30,1\n", "column symbol is missing"),
        ("symbol,date,session,close\nNVDA,2026-06-30,2026-06-30,1\n", "session is there twice"),
        ("代號,close\n台積電,1\n".encode("big5"), "save it as UTF-8"),
        ("symbol,date,close\n台積電,2026-06-30,1\n".encode("big5"), "save it as UTF-8"),
        (b"symbol,date,close\nNVDA,2026-06-30,1\x00\n", "close is no number"),
        ('symbol,date,close\n"NVDA,2026-06-30,1\n', "cells"),
        ("symbol,date,close\n台積電\nNVDA,2026-06-30,1\n".encode("big5"), "save it as UTF-8"),
        ('symbol,date,close,"' + "x" * 200_000, "cannot be read"),
        ("symbol,date,close\n2330.,2026-06-30,1\n", "symbol without its board"),
        ("symbol,date,close\nBRK-,2026-06-30,1\n", "no symbol"),
        ("symbol,date,close\n2330..TW,2026-06-30,1\n", "no symbol"),
        (f"symbol,date,close\n{'A' * 22},2026-06-30,1\n", "no symbol"),
        (
            "symbol,date,close,fetched_at\nNVDA,2026-06-30,1,2199-01-01T00:00:00Z\n",
            "line 2: fetched_at is in the future",
        ),
        ("symbol,date,shares\nNVDA,2026-06-30,1e30\n", "from 1 to 1,000,000,000,000,000"),
        ("symbol,date,close,shares\nNVDA,2026-06-30,1,-1\n", "line 2: no share count"),
    ],
)
def test_an_unusable_file_is_a_sentence(tmp_path: Path, content: str | bytes, what: str) -> None:
    assert what in fault(csv_file(tmp_path, content))


def test_files_that_are_none_are_sentences(tmp_path: Path) -> None:
    assert "no such file" in fault(tmp_path / "absent.csv")
    assert ".parquet" in fault(csv_file(tmp_path, "x", "prices.xlsx"))
    assert "cannot be read" in fault(csv_file(tmp_path, b"PAR1 no", "prices.parquet"))


def test_a_parquet_file_keeps_types_and_names_rows(tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    table = pa.table(
        {
            "symbol": pa.array(["NVDA", "NVDA"]).dictionary_encode(),
            "date": pa.array([20634, 20635], pa.date32()),
            "close": [150.5, 151.0],
            "volume": pa.array([None, 5], pa.int64()),
        }
    )
    pq.write_table(table, path)
    bars = read_bars_file(path)
    assert bars["session"].tolist() == [pd.Timestamp("2026-06-30"), pd.Timestamp("2026-07-01")]
    assert bars["volume"].isna().tolist() == [True, False]
    times = pa.array([pd.Timestamp("2026-06-30 13:30"), None], pa.timestamp("ns"))
    pq.write_table(table.set_column(1, "date", times), path)
    assert "row 1: no session's date" in fault(path)
    assert "row 2: no session's date" in fault(path)


@pytest.mark.parametrize("index", [["date"], ["symbol"], ["symbol", "date"]])
def test_what_pandas_had_as_its_index_is_a_column(tmp_path: Path, index: list[str]) -> None:
    path = tmp_path / "prices.parquet"
    days = pd.to_datetime(["2026-06-29", "2026-06-30"])
    frame = pd.DataFrame({"symbol": "NVDA", "date": days, "close": [150.5, 151.0]})
    frame.set_index(index).to_parquet(path)
    bars = read_bars_file(path)
    assert bars["symbol"].tolist() == ["NVDA", "NVDA"]
    assert bars["session"].tolist() == days.tolist()
    assert bars["close"].tolist() == [150.5, 151.0]


def test_a_local_time_of_fetch_ahead_of_utc_is_now(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "symbol,date,close,fetched_at\nNVDA,2026-06-30,1,2026-07-01 09:00\n")
    now = dt.datetime(2026, 7, 1, 1, tzinfo=dt.UTC)
    assert read_bars_file(path, now)["fetched_at"].tolist() == [pd.Timestamp(now)]


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.parquet"
    rows = 3_000_000
    bomb = {"symbol": "NVDA", "date": dt.date(2026, 6, 30), "close": 1.0}
    pq.write_table(pa.table({n: pa.repeat(v, rows) for n, v in bomb.items()}), path)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(tables, "MAX_BYTES", 100_000_000)
    with pytest.raises(InputError, match="split the file"):
        read_import(path)


def test_shares_are_recognised(tmp_path: Path) -> None:
    good = csv_file(tmp_path, 'symbol,date,shares,holders\n2330.TW,2026-08-21,"25,932",9\n')
    imported = read_import(good)
    assert isinstance(imported, ImportedRecords)
    assert imported.kind is SHARES_KIND
    assert imported.records["shares"].tolist() == [25932]
    with pytest.raises(InputError, match="it holds shares, no bars"):
        read_bars_file(good)
    text = fault(
        csv_file(
            tmp_path,
            "symbol,date,shares\nNVDA,2026-08-21,5\nNVDA,2026-08-21,6\nAMD,2026-08-21,-1\n"
            "AMD,2026-08-22,1.5\n",
        )
    )
    for expected in ("line 3: a second number", "line 4: no share count", "line 5: no share count"):
        assert expected in text


def test_a_folder_is_read_but_for_what_is_something_else(tmp_path: Path) -> None:
    bars = csv_file(tmp_path, "symbol,date,close\nNVDA,2026-06-30,1\n", "b.csv")
    shares = csv_file(tmp_path, "symbol,date,shares\nNVDA,2026-06-30,1\n", "s.CSV")
    other = csv_file(tmp_path, "symbol,date,turnover\nNVDA,2026-06-30,1\n", "r.csv")
    csv_file(tmp_path, "read me", "README.md")
    assert import_paths([tmp_path]) == ([bars, shares], [other])
    assert len(read_bars_file(tmp_path)) == 1
    assert isinstance(read_import(bars), ImportedBars)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no CSV or Parquet file"):
        import_paths([tmp_path / "empty"])
