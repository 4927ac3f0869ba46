import datetime as dt
import tracemalloc
from pathlib import Path

import numpy as np
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
from dashboard.prices.providers.files.kinds import kind_of
from dashboard.prices.records import ACTIONS, REVENUES, SHARES_KIND


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
            "symbol, session (or date), close (or shares, revenue, an amount of an action)",
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


class TestActions:
    def test_columns_tell_what_a_file_holds(self) -> None:
        assert kind_of(["symbol", "session", "close", "dividend", "shares"]) == "bars"
        assert kind_of(["symbol", "session", "shares", "dividend"]) == "shares"
        assert kind_of(["symbol", "month", "revenue"]) == "revenue"
        for name in ("factor_ratio", "dividend", "split", "reduction", "reference", "rights"):
            assert kind_of(["symbol", "session", name]) == "actions"
        assert kind_of(["symbol", "session", "turnover", "subscription_price"]) is None

    def test_ratios_and_amounts_are_read(self, tmp_path: Path) -> None:
        imported = read_import(
            csv_file(
                tmp_path,
                "symbol,date,factor_ratio,Dividend,rights,subscription_price,split,reference\n"
                "2330.tw,2026/6/30,4.0,,,,,\n"
                "2330.TW,2026-06-29,,2.5,0.1,60,0,\n"
                '2330.TW,2026-06-26,--,,,,2,"1,230.5"\n',
            )
        )
        assert isinstance(imported, ImportedRecords)
        assert imported.kind is ACTIONS
        rows = imported.records
        assert list(rows.columns) == list(ACTIONS.columns)
        assert rows["session"].dt.day.tolist() == [30, 29, 26]
        assert rows["factor"].tolist()[0] == 0.25  # four shares for one: the price falls
        assert rows["factor"].isna().tolist() == [False, True, True]
        assert rows.loc[1, ["dividend", "rights", "subscription_price"]].tolist() == [2.5, 0.1, 60]
        assert rows["split"].isna().tolist() == [True, True, False]
        assert rows["reference"].tolist()[2] == 1230.5
        assert set(rows["source"]) == {"file:prices.csv"}

    def test_every_fault_is_named_with_its_line(self, tmp_path: Path) -> None:
        text = fault(
            csv_file(
                tmp_path,
                "symbol,date,factor,factor_ratio,dividend,rights,split\n"
                "2330.TW,2026-06-30,0,,,,\n"
                "2330.TW,2026-06-29,,,-1,,\n"
                "2330.TW,2026-06-28,,,,0.1,\n"
                "2330.TW,2026-06-27,,,0,,0\n"
                "2330.TW,2026-06-26,0.5,2,,,\n"
                "2330.TW,2026-06-25,,,x,,\n"
                "2330.TW,2026-06-24,,2,,,\n"
                "2330.TW,2026-06-24,,2,,,\n"
                "9999,2026-06-24,,2,,,\n"
                "2330.TW,2026-06-23,,1e13,,,\n",
            )
        )
        for expected in (
            "line 2: factor is out of range (above 0)",
            "line 3: dividend is out of range (0 or more)",
            "line 4: rights without a subscription_price",
            "line 5: no amount and no ratio of an action",
            "line 6: both factor and factor_ratio",
            "line 7: dividend is no number ('x')",
            "line 9: a second action on one day",
            "line 10: symbol without its board",
            "line 11: factor_ratio is out of range",
        ):
            assert expected in text
        assert "nothing was stored" in text
        assert "line 8" not in text

    def test_a_bare_code_is_the_company_that_is_listed_under_it(self, tmp_path: Path) -> None:
        path = csv_file(tmp_path, "symbol,date,dividend\n2330,2026-06-30,1\n6488,2026-06-30,1\n")
        imported = read_import(path)
        assert isinstance(imported, ImportedRecords)
        assert imported.records["symbol"].tolist() == ["2330.TW", "6488.TWO"]


class TestRevenue:
    def test_months_are_read_in_their_spellings(self, tmp_path: Path) -> None:
        imported = read_import(
            csv_file(
                tmp_path,
                "symbol,revenue_ym,revenue_twd,announced\n"
                "2330.TW,2026-05,300000,2026-06-10\n"
                "2330.TW,202604,-5,\n"
                "2330.TW,2026/03/01,1,--\n",
            )
        )
        assert isinstance(imported, ImportedRecords)
        assert imported.kind is REVENUES
        rows = imported.records
        assert rows["month"].dt.strftime("%Y-%m-%d").tolist() == [
            "2026-03-01", "2026-04-01", "2026-05-01",
        ]  # fmt: skip
        assert rows["revenue"].tolist() == [1, -5, 300000]
        assert rows["announced"].isna().tolist() == [True, True, False]

    def test_equal_rows_of_a_month_are_one_and_the_day_it_was_told_stays(
        self, tmp_path: Path
    ) -> None:
        path = csv_file(
            tmp_path,
            "symbol,month,revenue,announced\n"
            "2330.TW,2026-05,300000,\n"
            "2330.TW,2026-05,300000,2026-06-10\n"
            "2330.TW,2026-04,1000,\n"
            "2330.TW,2026-04,1001,\n",
        )
        imported = read_import(path)
        assert isinstance(imported, ImportedRecords)
        rows = imported.records
        assert rows["revenue"].tolist() == [1000, 1001, 300000]  # two that differ: not for us
        assert rows["announced"].notna().tolist() == [False, False, True]

    def test_every_fault_is_named_with_its_line(self, tmp_path: Path) -> None:
        text = fault(
            csv_file(
                tmp_path,
                "symbol,month,revenue,announced\n"
                "2330.TW,115/05,1,\n"
                "2330.TW,2026-13,1,\n"
                "2330.TW,2026-05,,\n"
                "2330.TW,2026-04,1e30,\n"
                "2330.TW,2026-03,1,2026-03-31\n"
                "2330.TW,2026-02,1,soon\n",
            )
        )
        for expected in (
            "line 2: no month as 2026-06 ('115/05')",
            "line 3: no month as 2026-06",
            "line 4: no revenue in TWD",
            "line 5: no revenue in TWD",
            "line 6: announced before the month was over",
            "line 7: no date as 2026-06-30 ('soon')",
        ):
            assert expected in text
        assert "revenue_ym" in fault(csv_file(tmp_path, "symbol,revenue\n2330.TW,1\n"))


class TestHostile:
    def test_formulas_and_shell_characters_are_no_symbols(self, tmp_path: Path) -> None:
        cells = ("=cmd|'/c calc'!A1", "+1", "@SUM(A1)", "$(reboot)", "../../etc", "<script>")
        text = "symbol,date,close\n" + "".join(f'"{cell}",2026-06-30,1\n' for cell in cells)
        told = fault(csv_file(tmp_path, text))
        assert told.count("no symbol") == len(cells)

    @pytest.mark.parametrize("name", ["sparse.csv", "sparse.parquet"])
    def test_ten_gigabytes_of_nothing_are_not_read(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(10_000_000_000)
        assert "10.0 GB unpacked" in fault(path)
        with pytest.raises(InputError, match="split the file"):
            import_paths([tmp_path])

    def test_a_first_line_without_an_end_is_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "line.csv"
        with path.open("wb") as file:
            file.truncate(1_900_000_000)
        tracemalloc.start()
        assert "cannot be read" in fault(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 50_000_000

    def test_a_text_said_once_and_repeated_is_not_unpacked(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.parquet"
        word = pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(200_000, np.int32)), pa.array(["A" * 1_000_000])
        )
        rows = len(word)
        table = pa.table(
            {
                "symbol": word,
                "date": pa.repeat(dt.date(2026, 6, 30), rows),
                "close": pa.repeat(1.0, rows),
            }
        )
        pq.write_table(table, path)
        assert path.stat().st_size < 2_000_000
        assert "a cell of symbol has 1,000,000 bytes" in fault(path)

    def test_a_name_with_a_path_in_it_is_a_name(self, tmp_path: Path) -> None:
        path = csv_file(tmp_path, "symbol,date,close\nNVDA,2026-06-30,1\n", "..%2f..=cmd.csv")
        assert read_bars_file(path)["source"].tolist() == ["file:..%2f..=cmd.csv"]
