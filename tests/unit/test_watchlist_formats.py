"""Watchlists in and out: our CSV, TradingView's text, Yahoo's portfolio; hostile files."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.accounts.models import Entry, NewEntry
from dashboard.errors import InputError
from dashboard.watchlists.directory import found_symbols
from dashboard.watchlists.files import MOST_BYTES, MOST_LINES, one_line
from dashboard.watchlists.formats import (
    ENTRY_COLUMNS,
    ListForm,
    Parsed,
    in_order,
    parse,
    write,
)
from dashboard.watchlists.tradingview import name_of, symbols_of
from tests.unit.watchlist_input import TODAY, directory, entry, fresh, watchlist

FORMULAS = ("=1+1", "+cmd", "-2+3", "@SUM(A1)", "＝1", "'=1+1", "''-x", "'-5", "-5", "'plain")
BOARDS = {"NVDA": "NASDAQ", "UEC": "NYSE_AMERICAN", "2330.TW": "TWSE", "8358.TWO": "TPEX"}


def read(data: str | bytes, form: ListForm | None = None) -> Parsed:
    return parse(data, directory(), TODAY, form)


def symbols(data: str | bytes) -> list[str]:
    return [one.symbol for one in read(data).entries]


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("2330.TW", "2330.TW"),
        ("2330.tw", "2330.TW"),
        ("２３３０", "2330.TW"),
        ("2330", "2330.TW"),
        ("2330 台積電", "2330.TW"),
        ("台積電", "2330.TW"),
        ("tsmc", "2330.TW"),
        ("  Taiwan  Semiconductor Manufacturing ", "2330.TW"),
        ("護國神山", "2330.TW"),
        ("TWSE:2330", "2330.TW"),
        ("TWSE : 2330", "2330.TW"),
        ("TPEX:8227", "8227.TWO"),
        ("1101", "1101.TW"),
        ("台泥", "1101.TW"),
        ("NASDAQ:NVDA", "NVDA"),
        ("NYSE:BRK.B", "BRK-B"),
        ("AMEX:UEC", "UEC"),
        ("HKEX:700", "0700.HK"),
        ("KRX:000660", "000660.KS"),
        ("TSE:8035", "8035.T"),
        ("EURONEXT:ASML", "ASML.AS"),
        ("SSE:601138", "601138.SS"),
        # The company moved: its old symbol means the new one.
        ("6669.TWO", "6669.TW"),
        ("TPEX:6669", "6669.TW"),
        ("6669", "6669.TW"),
        # Both boards list the code: it is where it was listed last.
        ("3105", "3105.TWO"),
        ("3105.TW", "3105.TWO"),
    ],
)
def test_a_share_by_any_of_its_names(text: str, symbol: str) -> None:
    assert directory().find(text) == symbol
    assert symbols(f"x\n{text}\n") == [symbol]


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("2331", "2330.TW"),
        ("TPEX:2330", "2330.TW"),
        ("NVDIA", "NVDA"),
        ("台積", None),
        ("同名", "9901.TW"),
        ("GOLD:XAU", None),
    ],
)
def test_what_is_no_share_or_two_names_the_nearest(text: str, nearest: str | None) -> None:
    if text == "台積":
        assert directory().find(text) == "2330.TW"  # an alias of the map
        return
    assert directory().find(text) is None
    near = directory().nearest(text)
    assert nearest is None or nearest in near
    if text == "同名":
        assert set(near[:2]) == {"9901.TW", "9902.TWO"}
    with pytest.raises(InputError, match="is no known share"):
        found_symbols(directory(), ["2330", text])


def test_the_text_of_the_issue() -> None:
    found = read("TWSE:2330,TPEX:8227,###AI chips,NASDAQ:NVDA,###空,")
    assert found.form is ListForm.TRADINGVIEW
    assert [(one.symbol, one.section) for one in found.entries] == [
        ("2330.TW", ""), ("8227.TWO", ""), ("NVDA", "AI chips"),
    ]  # fmt: skip
    assert found.sections == ("", "AI chips", "空")
    assert not [*found.unknown, *found.faults]
    assert {one.added_on for one in found.entries} == {TODAY}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ",", ", ", " ,\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_ends_spaces_and_bom(end: str, bom: str) -> None:
    text = bom + end.join(["TWSE:2330", "###A B", "TPEX:8227", "NASDAQ:NVDA"]) + end
    assert [(one.symbol, one.section) for one in read(text).entries] == [
        ("2330.TW", ""), ("8227.TWO", "A B"), ("NVDA", "A B"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "big5", "cp950"]
)
def test_encodings(encoding: str) -> None:
    text = "symbol,section,note\n2330.TW,晶圓代工,龍頭\n"
    (one,) = read(text.encode(encoding)).entries
    assert (one.symbol, one.section, one.note) == ("2330.TW", "晶圓代工", "龍頭")


def test_unknown_ones_are_listed_and_the_rest_is_read() -> None:
    found = read("TWSE:2330\nTWSE:2331\nGOLD:XAU\nTWSE:2331\nNVDA\nTWSE:2330\n2330\n")
    assert [one.symbol for one in found.entries] == ["2330.TW", "NVDA"]
    assert [(one.line, one.text) for one in found.unknown] == [(2, "TWSE:2331"), (3, "GOLD:XAU")]
    assert "2330.TW" in found.unknown[0].nearest
    assert [str(one) for one in found.faults] == [
        "line 6: 2330.TW is on line 1 already; the first row is kept"
    ]


def test_a_table_of_the_reader_s_own() -> None:
    """Other order, other titles, semicolons, values that are none."""
    text = (
        "備註;股票代號;目標價;停損價;加入日;加入價;tags;more\n"
        "好;2330;1,200.5;x;2026/1/5;-3;ai, 權值；ai;?\n"
        ";;;;;;;\n"
        "沒有;;;;;;;\n"
        "'=1+1;NVDA;;;;100;;\n"
    )
    found = read(text)
    assert found.form is ListForm.CSV
    day = dt.date(2026, 1, 5)
    assert found.entries == (
        NewEntry("2330.TW", "", "好", ("ai", "權值"), added_on=day, target=1200.5),
        NewEntry("NVDA", "", "=1+1", added_on=TODAY, added_price=100.0),
    )
    assert [one.line for one in found.faults] == [2, 2, 4, 5]
    said = " ".join(one.message for one in found.faults)
    for word in ("'-3'", "'x'", "no symbol", "today stands in"):
        assert word in said


YAHOO = """\
Symbol,Current Price,Date,Time,Change,Open,High,Low,Volume,Trade Date,Purchase Price,Quantity,\
Commission,High Limit,Low Limit,Comment,Transaction Type
2330.TW,2410.0,2026/06/30,13:30 CST,-5.0,2420,2430,2400,300,20250102,1065.0,10.0,,3000,900,core,BUY
NVDA,200.09,2026/06/30,16:00 EDT,1.0,199,201,198,1,20240105,49.1,5.0,,,,,BUY
NVDA,200.09,2026/06/30,16:00 EDT,1.0,199,201,198,1,20230105,14.3,5.0,,,,,BUY
NVDA,200.09,2026/06/30,16:00 EDT,1.0,199,201,198,1,20250105,140.0,5.0,,,,,SELL
8035.T,30000,2026/06/30,15:00 JST,,,,,,,,-3,,,,
$$CASH_TX,1.0,,,,,,,,20250102,,100.0,,,,,DEPOSIT
285A.T,5000,2026/06/30,15:00 JST,,,,,,,,,,,,
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_portfolio_of_yahoo(end: str) -> None:
    found = read(YAHOO.replace("\n", end))
    assert found.form is ListForm.YAHOO
    assert found.entries == (
        NewEntry(
            "2330.TW", note="core", added_on=dt.date(2025, 1, 2), added_price=1065.0,
            target=3000.0, stop=900.0,
        ),
        NewEntry("NVDA", added_on=dt.date(2023, 1, 5), added_price=14.3),
        NewEntry("285A.T", added_on=TODAY),
    )  # fmt: skip
    assert not found.unknown
    (fault,) = found.faults
    assert str(fault) == "line 4: NVDA is on line 3 already; the earliest purchase is kept"


def test_what_yahoo_gets() -> None:
    rows = [
        entry("2330.TW", added_on=dt.date(2025, 1, 2), added_price=1065.0, note="=x", target=3000.0)
    ]
    out = write(watchlist(rows), ListForm.YAHOO, BOARDS)
    (row,) = csv.DictReader(io.StringIO(out))
    assert list(row) == YAHOO.splitlines()[0].split(",")[:16]
    assert (row["Symbol"], row["Trade Date"], row["Comment"]) == ("2330.TW", "20250102", "'=x")
    assert (float(row["Purchase Price"]), float(row["High Limit"])) == (1065.0, 3000.0)
    assert row["Low Limit"] == row["Current Price"] == row["Quantity"] == ""
    assert read(out).entries == (fresh(rows[0]),)
    assert read(write(watchlist([]), ListForm.YAHOO, {})).entries == ()


def test_what_tradingview_gets() -> None:
    rows = [
        entry("NVDA", 1, section="US, big"),
        entry("2330.TW", 2),
        entry("UEC", 3, section="US, big"),
        entry("8227.TWO", 4, section="台灣"),
        entry("BRK-B", 5, section="台灣"),
        entry("0700.HK", 6),
    ]
    out = write(watchlist(rows, ("US, big", "", "台灣")), ListForm.TRADINGVIEW, BOARDS)
    assert out == ("TWSE:2330,HKEX:700,###US， big,NASDAQ:NVDA,AMEX:UEC,###台灣,TPEX:8227,BRK.B\n")
    assert write(watchlist([]), ListForm.TRADINGVIEW, BOARDS) == ""


@pytest.mark.parametrize(
    ("symbol", "board", "name"),
    [
        ("2330.TW", "TWSE", "TWSE:2330"),
        ("7853.TWO", "ESB", "TPEX:7853"),
        ("005930.KS", "KRX", "KRX:005930"),
        ("8035.T", "TSE", "TSE:8035"),
        ("601138.SS", "SSE", "SSE:601138"),
        ("SESG.PA", "EURONEXT_PARIS", "EURONEXT:SESG"),
        ("SAP.DE", None, "XETR:SAP"),
        ("000001.SZ", None, "SZSE:000001"),
        ("0700.HK", None, "HKEX:700"),
        ("^TWII", None, "TWSE:TAIEX"),
        ("BRK-B", "NYSE", "NYSE:BRK.B"),
    ],
)
def test_exchanges_as_tradingview_calls_them(symbol: str, board: str | None, name: str) -> None:
    assert name_of(symbol, board) == name
    assert symbol in symbols_of(name)


def test_every_company_of_the_map_comes_back_from_tradingview() -> None:
    known = directory()
    rows = [entry(one, place) for place, one in enumerate(sorted(set(known.symbols.values())))]
    out = write(watchlist(rows), ListForm.TRADINGVIEW, known.boards)
    assert symbols(out) == [one.symbol for one in rows]


LINES = st.text(st.characters(codec="utf-8", exclude_characters="⏎"), max_size=30).map(
    one_line
) | st.sampled_from(FORMULAS)
TAG = LINES.filter(lambda text: text and not set(text) & set(",;，；、"))
PRICES = st.none() | st.floats(1e-6, 1e12)
SYMBOLS = sorted(set(directory().symbols.values()))


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    chosen = draw(st.lists(st.sampled_from(SYMBOLS), unique=True, max_size=5))
    return [
        entry(
            symbol,
            number,
            section=draw(LINES),
            note="\n".join(draw(st.lists(LINES, max_size=2))).strip(),
            tags=tuple(draw(st.lists(TAG, max_size=3, unique=True))),
            added_on=draw(st.dates(dt.date(1, 1, 1))),
            added_price=draw(PRICES),
            target=draw(PRICES),
            stop=draw(PRICES),
        )
        for number, symbol in enumerate(chosen)
    ]


@settings(max_examples=60, deadline=None)
@given(entries())
def test_our_own_csv_comes_back_as_it_went_out(rows: list[Entry]) -> None:
    kept = watchlist(rows)
    out = write(kept, ListForm.CSV, {})
    found = read(out.encode("utf-8"))
    assert found.entries == tuple(fresh(one) for one in in_order(kept))
    assert not [*found.unknown, *found.faults]
    for cells in csv.reader(io.StringIO(out)):
        for cell in cells:
            assert not cell.lstrip().startswith(("=", "@", "＝", "＠"))
            number = cell.lstrip("+-").replace(".", "").replace("e-", "").replace("e+", "")
            assert not cell.startswith(("+", "-")) or number.replace(",", "").rstrip("%").isdigit()


@settings(max_examples=30, deadline=None)
@given(entries())
def test_symbols_and_sections_survive_tradingview(rows: list[Entry]) -> None:
    plain = [
        entry(one.symbol, one.id, section=one_line(one.section.replace(",", "").lstrip("#'")))
        for one in rows
    ]
    kept = watchlist(plain)
    out = write(kept, ListForm.TRADINGVIEW, directory().boards)
    if not out:
        return
    wanted = sorted(in_order(kept), key=lambda one: one.section != "")
    assert [(one.symbol, one.section) for one in read(out, ListForm.TRADINGVIEW).entries] == [
        (one.symbol, one.section) for one in wanted
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200)
    | st.text(st.sampled_from(',;"\n\r\t#:=2330.TWsymbol'), max_size=80).map(
        "symbol,note\n".__add__
    )
)
def test_any_file_gives_rows_or_one_sentence(data: bytes | str) -> None:
    said = ""
    found = None
    try:
        found = read(data)
    except InputError as error:
        said = str(error)
    if found is None:
        assert len(said.splitlines()) == 1
    else:
        names = [one.symbol for one in found.entries]
        assert set(names) <= set(SYMBOLS)
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x" * (MOST_BYTES + 1), "larger than"),
        ("2330\n" * (MOST_LINES + 1), "more than 20,000 lines"),
        ("2330," * (MOST_LINES + 1), "more than 20,000 symbols"),
        (b"TWSE:2330\n\x00\x01\x02", "NUL"),
        (b"\xff\xff\xff2330", "UTF-8, UTF-16 or Big5"),
        (b"\xff\xfe2330x", "UTF-8, UTF-16 or Big5"),
        ('symbol,note\n2330,"open\nNVDA,\n', "line 2: .*quotes"),
        ('symbol,note\n2330,"' + "x" * 200_000 + '"\n', "line 2"),
        ("", "names no symbol"),
        ("\n , \n", "names no symbol"),
    ],
)
def test_hostile_files_get_one_sentence(data: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        read(data)
    assert "\n" not in str(raised.value)


def test_many_unknown_ones_get_few_guesses() -> None:
    """Comparing each with every name would take minutes."""
    found = read("\n".join(f"FOO{number}" for number in range(5_000)))
    assert len(found.unknown) == 5_000
    assert not any(one.nearest for one in found.unknown[25:])


def test_the_form_can_be_told() -> None:
    with pytest.raises(InputError, match="names no column symbol"):
        read("2330,NVDA", ListForm.CSV)
    assert [one.text for one in read("symbol,2330", ListForm.TRADINGVIEW).unknown] == ["symbol"]
    (one,) = read("Symbol,Comment\n2330,x", ListForm.YAHOO).entries
    assert (one.symbol, one.note) == ("2330.TW", "x")
    assert read(",".join(ENTRY_COLUMNS)).entries == ()


def test_what_is_too_long_is_cut_and_said() -> None:
    tags = ";".join(str(number) for number in range(30))
    found = read(f"symbol,section,note,tags\n2330,{'s' * 200},{'n' * 3000},{tags}\n")
    (one,) = found.entries
    assert (len(one.section), len(one.note), len(one.tags)) == (100, 2000, 20)
    assert len(found.faults) == 3
