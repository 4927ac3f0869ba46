"""`watchlist`: rows by hand and by file, figures, undo, lists that follow."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from dashboard.accounts.models import NewEntry, Watchlist
from dashboard.accounts.store import Accounts
from dashboard.accounts.watchlists import Watchlists
from dashboard.cli.main import app
from dashboard.errors import DashboardError
from dashboard.prices.store import PriceStore
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.rows import members
from tests.app.states import MAP
from tests.unit.price_bars import bars_of

FIRST, SECOND, LAST = "2026-06-22", "2026-06-23", "2026-06-29"


class Line:
    """The command line on one store, with accounts of its own."""

    def __init__(self, store: Path, database: Path) -> None:
        self.database = f"sqlite:///{database}"
        self._environment = {"DASHBOARD_DATABASE": self.database, "DASHBOARD_DEMO": "0"}
        self._store = store

    def __call__(self, *words: str, told: bytes | None = None) -> Result:
        return CliRunner().invoke(
            app,
            ["--data-dir", str(self._store), "watchlist", *words],
            env=self._environment,
            input=told,
        )

    def done(self, *words: str) -> Result:
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result

    def rows(self, *words: str) -> pd.DataFrame:
        return pd.read_csv(io.StringIO(self.done(*words, "--format", "csv").stdout))

    def refused(self, *words: str) -> str:
        result = self(*words)
        assert isinstance(result.exception, DashboardError)
        assert "\n" not in str(result.exception)
        return str(result.exception)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched") / "store"
    both = [bars_of(symbol, FIRST, LAST) for symbol in ("2330.TW", "1101.TW", "8227.TWO")]
    PriceStore(str(folder)).upsert(pd.concat(both, ignore_index=True))
    return folder


@pytest.fixture(autouse=True, scope="module")
def map_read_once() -> Iterator[None]:
    """Most of a command's time is the map; here it is the same for all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dashboard.cli.rows.load_map", cache(load_map))
        yield


@pytest.fixture
def line(store: Path, tmp_path: Path) -> Iterator[Line]:
    made = Line(store, tmp_path / "people.sqlite3")
    yield made
    Accounts.open(made.database).close()


@pytest.fixture
def ai(line: Line) -> Line:
    line.done("create", "AI")
    return line


def closes(symbol: str) -> dict[str, float]:
    bars = bars_of(symbol, FIRST, LAST)
    return {
        f"{day:%Y-%m-%d}": close for day, close in zip(bars["session"], bars["close"], strict=True)
    }


def test_rows_by_hand_with_their_figures(ai: Line) -> None:
    ai.done("add", "AI", "2330", "台泥", "--date", SECOND, "--target", "200", "--tag", "a;b")
    ai.done("add", "AI", "TPEX:8227", "2330", "--section", "核心", "--price", "50", "--note", "=x")
    table = ai.rows("show", "AI", "--columns", "all")
    assert list(table["symbol"]) == ["2330.TW", "1101.TW", "8227.TWO"]
    assert list(table["name_zh"]) == ["台積電", "台泥", "巨有科技"]
    first, _, third = table.to_dict("records")
    own = closes("2330.TW")
    assert (first["added_on"], first["added_price"]) == (SECOND, own[SECOND])
    assert first["return_since_added"] == pytest.approx(own[LAST] / own[SECOND] - 1)
    assert first["to_target"] == pytest.approx(200 / own[LAST] - 1)
    assert first["tags"] == "a;b"
    assert (third["section"], third["note"], third["added_on"]) == ("核心", "'=x", LAST)
    assert third["return_since_added"] == pytest.approx(closes("8227.TWO")[LAST] / 50 - 1)
    earlier = ai.rows("show", "AI", "--as-of", FIRST, "--columns", "since_reason,last_close")
    assert list(earlier.columns) == ["symbol", "since_reason", "last_close"]
    assert set(earlier["since_reason"]) == {"not_yet"}
    (row, *_) = json.loads(ai.done("show", "AI", "--format", "json", "--columns", "tags").stdout)
    assert row == {"symbol": "2330.TW", "tags": ["a", "b"]}
    (listed,) = ai.rows("list").to_dict("records")
    assert (listed["name"], listed["rows"], listed["sections"]) == ("AI", 3, "核心")


def test_names_that_are_not_there(ai: Line) -> None:
    ai.done("create", "電源")
    assert "did you mean AI? There are AI, 電源" in ai.refused("show", "Ai")
    assert "there are AI, 電源" in ai.refused("add", "zzz", "2330")
    assert "did you mean 2330.TW" in ai.refused("add", "AI", "233O")
    assert "did you mean cooling?" in ai.refused("add", "AI", "--layer", "coling")
    assert "did you mean section" in ai.refused("show", "AI", "--columns", "sektion")
    assert "named 'AI'" in ai.refused("create", "AI")
    assert "cannot be read" in ai.refused("import", "AI", "/nowhere/x.csv")
    assert ai("add", "AI").exit_code == 2
    assert "--account" not in ai.refused("list", "--account", "nobody")


def test_the_first_list_is_to_be_made(line: Line) -> None:
    assert "watchlist create NAME" in line.refused("show", "AI")
    assert line.rows("list").empty


def test_a_file_comes_in_and_goes_out(ai: Line, tmp_path: Path) -> None:
    text = "TWSE:2330,###核心,TPEX:8227,TWSE:0000,NASDAQ:NVDA"
    told = ai("import", "AI", "-", told=text.encode("utf-16"))
    assert told.exit_code == 3
    assert "line 1: 'TWSE:0000' is no known share" in told.stderr
    assert "AI: 3 added; 3 rows" in told.stderr
    assert ai.done("export", "AI", "--form", "tradingview").stdout == (
        "TWSE:2330,###核心,TPEX:8227,NASDAQ:NVDA\n"
    )
    file = tmp_path / "out.csv"
    ai.done("export", "AI", "--output", str(file))
    before = ai.rows("show", "AI", "--columns", "all")
    ai.done("delete", "AI")
    ai.done("create", "AI")
    ai.done("import", "AI", str(file), "--form", "csv")
    pd.testing.assert_frame_equal(ai.rows("show", "AI", "--columns", "all"), before)
    again = ai.done("import", "AI", str(file))
    assert "0 added; 3 were there already" in again.stderr
    assert "Purchase Price" in ai.done("export", "AI", "--form", "yahoo").stdout
    file.write_text("symbol,target\n2330,x\n")
    assert ai("import", "AI", str(file)).exit_code == 3
    file.write_text("TWSE:0000")
    assert "nothing was added" in ai.refused("import", "AI", str(file))


def test_only_the_rows_asked_for_are_told_of(ai: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    ai.done("add", "AI", "2330")
    alone = Watchlists.add

    def beside_another(shelf: Watchlists, identity: int, entries: Sequence[NewEntry]) -> Watchlist:
        day = entries[0].added_on
        alone(shelf, identity, [NewEntry("1101.TW", added_on=day)])
        return alone(shelf, identity, entries)

    monkeypatch.setattr(Watchlists, "add", beside_another)
    told = ai.done("add", "AI", "2330", "8227").stderr
    assert "AI: 1 added; 1 were there already; 3 rows" in told


def test_undo_brings_rows_and_lists_back(ai: Line) -> None:
    ai.done("add", "AI", "2330", "1101", "8227")
    before = ai.rows("show", "AI", "--columns", "all")
    told = ai("remove", "AI", "台積電", "8227.TWO", "NVDA")
    assert told.exit_code == 3
    assert "AI has no row of NVDA" in told.stderr
    assert list(ai.rows("show", "AI")["symbol"]) == ["1101.TW"]
    ai.done("undo")
    pd.testing.assert_frame_equal(ai.rows("show", "AI", "--columns", "all"), before)
    ai.done("delete", "AI")
    assert ai.rows("list").empty
    ai.done("undo")
    pd.testing.assert_frame_equal(ai.rows("show", "AI", "--columns", "all"), before)
    assert "nothing was deleted" in ai.refused("undo")
    assert ai("remove", "AI", "NVDA").exit_code == 1


def test_a_list_that_follows_a_layer(line: Line) -> None:
    line.done("create", "F", "--follow-layer", "foundry")
    line.done("add", "F", "2330", "1101", "--note", "mine")
    shown = line.rows("show", "F", "--columns", "note,left,added_on,since_reason")
    chain = load_map(MAP).chain
    counted = members(chain)
    own = list(counted.loc[counted["layer"] == "foundry", "symbol"])
    assert list(shown["symbol"]) == [*own, "1101.TW"]
    by_symbol = shown.set_index("symbol")
    assert by_symbol.loc["2330.TW", "note"] == by_symbol.loc["1101.TW", "note"] == "mine"
    assert list(by_symbol.index[by_symbol["left"]]) == ["1101.TW"]
    other = by_symbol.loc[own[0] if own[0] != "2330.TW" else own[1]]
    assert other["since_reason"] == "not_added"
    assert pd.isna(other["added_on"])
    out = pd.read_csv(io.StringIO(line.done("export", "F").stdout))
    assert list(out["symbol"]) == list(shown["symbol"])
    assert out["added_on"].notna().sum() == 2
    assert line("create", "G", "--follow-layer", "x", "--follow-screen", "y").exit_code == 2


def test_a_list_that_follows_a_screen_of_the_whole_market(line: Line) -> None:
    expression = "unadjusted_close > 100 and not on_map"
    line.done("create", "S", "--follow-screen", expression, "--universe", "listed")
    shown = line.rows("show", "S", "--columns", "last_close")
    assert shown.to_dict("records") == [
        {"symbol": "1101.TW", "last_close": pytest.approx(closes("1101.TW")[LAST])}
    ]
    assert line.rows("show", "S", "--as-of", FIRST).empty
    (listed,) = line.rows("list").to_dict("records")
    assert (listed["follows"], listed["value"]) == ("screen", expression)
    assert "at character" in line.refused("create", "T", "--follow-screen", "close >")
    assert "no such layer" in line.refused(
        "create", "T", "--follow-screen", "close > 1", "--universe", "x"
    )


def test_a_whole_layer_at_once(ai: Line) -> None:
    ai.done("add", "AI", "2330", "--note", "kept")
    ai.done("add", "AI", "--layer", "foundry", "--section", "晶圓")
    table = ai.rows("show", "AI")
    counted = members(load_map(MAP).chain)
    layer = set(counted.loc[counted["layer"] == "foundry", "symbol"])
    assert set(table["symbol"]) == layer | {"2330.TW"}
    assert list(table.loc[table["symbol"] == "2330.TW", "note"]) == ["kept"]


def test_simulated_prices_say_so_and_are_no_price_paid(tmp_path: Path) -> None:
    line = Line(tmp_path / "none", tmp_path / "people.sqlite3")
    line.done("create", "AI")
    line.done("add", "AI", "2330")
    told = line.done("show", "AI", "--columns", "added_price,return_since_added", "--format", "csv")
    assert "SIMULATED PRICES" in told.stderr
    (row,) = pd.read_csv(io.StringIO(told.stdout)).to_dict("records")
    assert row["simulated"]
    assert pd.isna(row["added_price"])
    assert row["return_since_added"] == 0
    Accounts.open(line.database).close()


def test_another_account_has_other_lists(ai: Line) -> None:
    accounts = Accounts.open(ai.database)
    accounts.signed_in("https://id.example", "1", "Chen", "chen@id.example")
    assert ai.rows("list", "--account", "chen@id.example").empty
    ai.done("create", "AI", "--account", "chen@id.example")
    ai.done("add", "AI", "2330", "--account", "chen@id.example")
    assert ai.rows("show", "AI").empty
