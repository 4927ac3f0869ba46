"""The screener's page: the URL is the state, the answer is the hand calculation."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from dashboard.accounts.screens import Screens
from dashboard.accounts.store import Accounts
from dashboard.charts.theme import ColourScheme
from dashboard.export import Form
from dashboard.i18n import Language
from dashboard.screening.asked import Request
from dashboard.screening.presets import PRESETS
from dashboard.screening.run import check
from dashboard.settings import Settings
from dashboard.supply_chain.loading import load_map
from dashboard.ui.export import table_content
from dashboard.ui.page import page_of
from dashboard.ui.screener import about, export_rows, screened, universe_of
from dashboard.ui.screener_form import CHINESE_EXAMPLE, EXAMPLES, marked
from tests.app.screen import Screen, as_read, numbers
from tests.app.states import MAP, OFF_MAP, REAL_SYMBOLS, STALE, State, made_bars

CHAIN = load_map(MAP).chain
on = pytest.mark.parametrize


@cache
def day_returns() -> dict[str, float]:
    """Each symbol's last close over the one before, bar by bar."""
    found = {symbol: closes[-1] / closes[-2] - 1 for symbol, closes in all_closes().items()}
    return {**found, **{new: found[source] for new, source in OFF_MAP.items()}}


@cache
def all_closes() -> dict[str, list[float]]:
    bars = made_bars().sort_values("session")
    return {str(symbol): own.tolist() for symbol, own in bars.groupby("symbol")["adjusted_close"]}


@cache
def last_session() -> str:
    return f"{made_bars()['session'].max():%Y-%m-%d}"


def codes(screen: Screen, table: int = -1) -> list[str]:
    """The codes of the drawn rows, from the first column."""
    return [text.split()[-1] for text in screen.tables[table].iloc[:, 0]]


def symbols_above(
    limit: float, *, listed: bool = False, stored: tuple[str, ...] = (*REAL_SYMBOLS, *OFF_MAP)
) -> set[str]:
    own = {company.symbol for company in CHAIN.companies if company.symbol}
    home = (".TW", ".TWO")
    return {
        symbol
        for symbol, value in day_returns().items()
        if symbol in stored
        and value > limit
        and (symbol.endswith(home) if listed else symbol in own)
    }


class TestMarks:
    def test_the_mark_stands_under_the_fault(self) -> None:
        assert marked("return_1m >> 5%", 10, 12).split("\n") == [
            "return_1m >> 5%",
            "          ^^",
        ]

    def test_chinese_is_two_columns_wide(self) -> None:
        line, marks = marked("報酬 > 熱", 5, 6).split("\n")
        assert line == "報酬 > 熱"
        assert marks == "\u3000\u3000   ＾"

    def test_the_end_of_the_text_can_be_the_place(self) -> None:
        assert marked("return_1m >", 11, 12) == "return_1m >\n           ^"

    def test_a_long_line_is_cut_around_the_fault(self) -> None:
        line, marks = marked("x" * 500 + "!" + "y" * 500, 500, 501).split("\n")
        assert len(line) < 140
        assert line[len(marks) - 1] == "!"

    def test_line_breaks_do_not_move_it(self) -> None:
        assert marked("a\n\tb ?", 5, 6) == "a  b ?\n     ^"


@on("text", [*EXAMPLES, CHINESE_EXAMPLE])
def test_every_example_can_be_run(text: str) -> None:
    check(text, CHAIN)


@on("state", ["market"], indirect=True)
class TestAnswer:
    def test_rows_are_those_of_the_hand_calculation(self, state: State) -> None:
        screen = Screen("screener", q="return_1d > 1%", lang="en")
        assert screen.failures == []
        expected = symbols_above(0.01)
        assert expected
        assert f"**{len(expected)}** of " in screen.text
        assert set(codes(screen)) == {one.split(".")[0] for one in expected}
        shown = screen.tables[-1]["1D"].tolist()
        assert shown == sorted(shown, reverse=True)
        assert shown == pytest.approx(sorted(day_returns()[one] for one in expected)[::-1])

    def test_the_whole_market_has_those_off_the_map(self, state: State) -> None:
        screen = Screen("screener", q="return_1d > -100%", universe="listed", lang="en")
        assert {one.split(".")[0] for one in OFF_MAP} <= set(codes(screen))
        expected = symbols_above(-1.0, listed=True)
        assert f"**{len(expected)}** of {len(expected)}" in screen.text
        assert "refresh --universe listed" not in screen.text
        own = Screen("screener", q="return_1d > -100%", lang="en")
        assert not {one.split(".")[0] for one in OFF_MAP} & set(codes(own))

    def test_a_row_opens_the_company_in_place(self, state: State) -> None:
        screen = Screen("screener", q="return_1d > 1%", lang="en")
        first = codes(screen)[0]
        screen.click_row(0, table=-1)
        assert screen.url["code"].startswith(first)
        assert screen.url["q"] == "return_1d > 1%"
        assert first in screen.app.title[0].value
        assert "Screener" in screen.links()
        assert "code=" not in screen.links()["Screener"]

    def test_columns_and_sort_come_from_the_url(self, state: State) -> None:
        screen = Screen(
            "screener",
            q="return_1d > 1%",
            columns="rsi_14,layer,nonsense",
            sort="rsi_14",
            lang="en",
        )
        table = screen.tables[-1]
        assert list(table.columns) == ["Company", "RSI", "Layer"]
        assert table["RSI"].tolist() == sorted(table["RSI"])

    @on("sort", ["-nonsense", "layer", ",", "--rsi_14"])
    def test_an_order_that_cannot_be_is_the_usual_one(self, state: State, sort: str) -> None:
        screen = Screen("screener", q="return_1d > 1%", sort=sort, lang="en")
        assert screen.failures == []
        shown = screen.tables[-1]["1D"].tolist()
        assert shown == sorted(shown, reverse=True)

    def test_columns_are_moved_added_and_removed(self, state: State) -> None:
        screen = Screen("screener", columns="rsi_14,layer", lang="en")
        screen.app.button("screener:columns:down:rsi_14").click()
        assert screen.run().url["columns"] == "layer,rsi_14"
        screen.app.button("screener:columns:remove:layer").click()
        assert screen.run().url["columns"] == "rsi_14"
        assert screen.app.button("screener:columns:remove:rsi_14").disabled
        (box,) = [one for one in screen.app.selectbox if "columns:add" in str(one.key)]
        box.set_value("return_1y")
        assert screen.run().url["columns"] == "rsi_14,return_1y"
        screen.app.button("screener:columns:reset").click()
        assert "columns" not in screen.run().url

    def test_a_preset_brings_its_columns_and_sort(self, state: State) -> None:
        screen = Screen("screener", preset="high_52w", lang="en")
        assert PRESETS["high_52w"].note.en in screen.text
        assert screen.app.text_input("screener:expression").value == PRESETS["high_52w"].expression
        screen.app.text_input("screener:expression").set_value("rsi_14 > 50")
        assert screen.run().url == {"lang": "en", "q": "rsi_14 > 50"}

    def test_a_wrong_expression_shows_where_and_no_rows(self, state: State) -> None:
        screen = Screen("screener", q="return_1m >> 5%", lang="en")
        assert screen.failures == []
        (error,) = screen.app.error
        assert "character" in error.value
        (code,) = [one for one in screen.app.code if "^" in one.value]
        assert code.value.startswith("return_1m >> 5%\n")
        assert not [one for one in screen.app.dataframe if one.key and "rows" in str(one.key)]
        assert " match " not in screen.text

    def test_nothing_found_says_what_to_do(self, state: State) -> None:
        screen = Screen("screener", q="rsi_14 > 200", lang="en")
        assert "**0** of " in screen.text
        assert "Loosen a threshold" in screen.text

    def test_where_nothing_is_known_no_threshold_is_blamed(self, state: State) -> None:
        screen = Screen("screener", preset="revenue", lang="en")
        assert re.search(r"\*\*0\*\* of (\d+) match .* · \1 unknown", screen.text)
        assert "No company has the figures" in screen.text
        assert "Loosen a threshold" not in screen.text

    def test_layers_tell_how_many_of_their_members_match(self, state: State) -> None:
        screen = Screen("screener", q="return_1d > 1%", section="layers", lang="en")
        (treemap,) = screen.treemaps
        expected = symbols_above(0.01)
        placed = {
            company.symbol: next(one.layer for one in company.memberships if one.primary)
            for company in CHAIN.companies
            if company.symbol and any(one.primary for one in company.memberships)
        }
        layer = placed[sorted(one for one in expected if one in placed)[0]]
        members = [one for one, own in placed.items() if own == layer]
        hits = [one for one in members if one in expected]
        label = treemap["labels"][treemap["ids"].index(f"L:{layer}")]
        assert f"({len(hits)}/{len(members)})" in label
        counts = screen.tables[-1].set_index("Layer").loc[CHAIN.layer_by_id[layer].name.en]
        assert (counts["Matches"], counts["Companies"]) == (len(hits), len(members))
        screen.click_tile(f"L:{layer}", chart=-1)
        assert screen.url["q"] == f"return_1d > 1% and layer == {layer}"

    def test_a_match_without_a_price_counts_in_its_layer(self, state: State) -> None:
        screen = Screen("screener", q="on_map", section="layers", lang="en")
        (treemap,) = screen.treemaps
        counts = screen.tables[-1].set_index("Layer")
        assert (counts["Matches"] == counts["Companies"]).all()
        for tile, label in zip(treemap["ids"], treemap["labels"], strict=True):
            if tile.startswith("L:"):
                own = counts.loc[CHAIN.layer_by_id[tile[2:]].name.en, "Companies"]
                assert f"({own}/{own})" in label

    def test_changes_are_the_difference_of_two_sessions(self, state: State) -> None:
        screen = Screen("screener", q="return_1d > 1%", section="changes", lang="en")
        after = symbols_above(0.01)
        stored = {company.symbol for company in CHAIN.companies} & set(REAL_SYMBOLS)
        before = {one for one in stored if all_closes()[one][-2] / all_closes()[one][-3] > 1.01}
        assert after != before
        assert f"In: {len(after - before)}" in screen.text
        assert f"Out: {len(before - after)}" in screen.text
        for one in (after ^ before) if len(after ^ before) < 20 else ():
            assert any(f"code={one}" in query for query in screen.links().values())


@on(("state", "language"), [("simulated", "zh"), ("partial", "en")], indirect=["state"])
def test_a_store_of_the_map_alone_says_how_to_get_the_market(
    state: State, language: Language
) -> None:
    screen = Screen("screener", universe="listed", lang=language)
    assert screen.failures == []
    assert "refresh --universe listed" in screen.text


@on("state", ["market"], indirect=True)
class TestBuilder:
    """Rows write the expression, and the expression is read into rows."""

    def test_a_conjunction_is_shown_as_rows(self, state: State) -> None:
        screen = Screen("screener", q="return_1m > 5% and layer == cooling and not stale")
        app = screen.app
        assert app.number_input("screener:number:0:0:return_1m").value == 5.0
        assert app.multiselect("screener:choices:1:layer").value == ["cooling"]
        assert app.selectbox("screener:operator:2:stale").value == "fails"

    def test_a_value_writes_the_expression(self, state: State) -> None:
        screen = Screen("screener", q="return_1m > 5% and rsi_14 < 70", lang="en")
        screen.app.number_input("screener:number:0:0:return_1m").set_value(-2.5)
        assert screen.run().url["q"] == "return_1m > -2.5% and rsi_14 < 70"
        assert screen.app.text_input("screener:expression").value == screen.url["q"]
        screen.app.selectbox("screener:operator:1:rsi_14").set_value("between")
        assert screen.run().url["q"].startswith("return_1m > -2.5% and between(rsi_14, 70, ")
        screen.app.number_input("screener:number:1:1:rsi_14").set_value(90.0)
        assert screen.run().url["q"] == "return_1m > -2.5% and between(rsi_14, 70, 90)"
        assert screen.failures == []

    def test_amounts_are_typed_in_millions(self, state: State) -> None:
        screen = Screen("screener", q="turnover_value > 3億", lang="en")
        box = screen.app.number_input("screener:number:0:0:turnover_value")
        assert (box.label, box.value) == ("Value (millions)", 300.0)
        box.set_value(1234.5)
        assert screen.run().url["q"] == "turnover_value > 1234.5m"

    def test_lists_days_and_texts(self, state: State) -> None:
        screen = Screen("screener", q="layer in (cooling) and last_session >= 2026-06-30")
        screen.app.multiselect("screener:choices:0:layer").set_value(["cooling", "psu"])
        assert screen.run().url["q"].startswith("layer in (cooling, psu) and ")
        screen.app.date_input("screener:day:0:1:last_session")
        screen.app.multiselect("screener:choices:0:layer").set_value([])
        assert screen.run().url["q"].startswith("layer in (cooling, psu) and ")

    def test_conditions_are_added_and_removed(self, state: State) -> None:
        screen = Screen("screener", lang="en")
        assert "No condition yet" in screen.text
        (box,) = [one for one in screen.app.selectbox if str(one.key).startswith("screener:add")]
        box.set_value("sma_60")
        assert screen.run().url["q"] == "above(sma_60)"
        (box,) = [one for one in screen.app.selectbox if str(one.key).startswith("screener:add")]
        assert box.value is None
        box.set_value("stale")
        assert screen.run().url["q"] == "above(sma_60) and stale"
        screen.app.button("screener:remove:0:sma_60").click()
        assert screen.run().url["q"] == "stale"
        screen.app.button("screener:remove:0:stale").click()
        assert screen.run().url == {"lang": "en"}

    def test_another_field_begins_anew(self, state: State) -> None:
        screen = Screen("screener", q="return_1m > 5%")
        screen.app.selectbox("screener:field:0:return_1m").set_value("limit_state")
        assert screen.run().url["q"].startswith("limit_state in (")

    def test_a_richer_expression_says_so_and_is_left_alone(self, state: State) -> None:
        screen = Screen("screener", q="rsi_14 < 30 or rsi_14 > 70", lang="en")
        assert "richer than the builder" in screen.text
        assert not [one for one in screen.app.number_input if "screener" in str(one.key)]
        screen.app.button("screener:anew").click()
        assert "q" not in screen.run().url

    def test_another_field_as_value_stays_a_text(self, state: State) -> None:
        screen = Screen("screener", q="sma_60 > sma_240")
        assert screen.app.text_input("screener:text:0:0:sma_60").value == "sma_240"

    def test_the_spread_says_how_many_pass_this_condition_alone(self, state: State) -> None:
        screen = Screen("screener", q="return_1d > 1% and rsi_14 > 200", lang="en")
        n = len(symbols_above(0.01))
        assert re.search(rf"This condition alone: {n} of \d+ pass", screen.text)
        kept = screen.charts[0]["data"][0]
        assert numbers(kept["y"]).sum() == n
        assert screen.charts[0]["layout"]["shapes"][0]["x0"] == pytest.approx(0.01)


def button(screen: Screen, label: str) -> Any:
    (found,) = [one for one in screen.app.button if one.label == label]
    return found


@on("state", ["market"], indirect=True)
class TestSaved:
    """Kept under a name, opened, changed, deleted, brought back; nothing is lost."""

    @pytest.fixture
    def screens(self, state: State) -> Iterator[Screens]:
        accounts = Accounts.open(Settings().database)
        kept = accounts.desk(accounts.local()).screens
        yield kept
        for one in kept.all():
            kept.delete(one.id)

    def test_what_is_on_the_screen_is_saved_and_opens_as_it_was(self, screens: Screens) -> None:
        query = {"q": "rsi_14 > 50", "columns": "rsi_14,layer", "sort": "rsi_14"}
        screen = Screen("screener", universe="listed", lang="en", **query)
        screen.app.text_input("screener:save:name").set_value("*Hot* <b>")
        button(screen, "Save").click()
        screen.run()
        (one,) = screens.all()
        assert (one.name, one.expression, one.universe) == ("*Hot* <b>", "rsi_14 > 50", "listed")
        assert (one.columns, one.sort) == (("rsi_14", "layer"), "rsi_14")
        other = Screen("screener", lang="en")
        (link,) = [query for name, query in other.links().items() if as_read(name) == one.name]
        assert parse_qs(link) == {
            **{name: [value] for name, value in query.items()},
            "universe": ["listed"],
            "lang": ["en"],
        }

    def test_nothing_is_saved_without_an_expression_or_a_name(self, screens: Screens) -> None:
        assert button(Screen("screener", lang="en"), "Save").disabled
        screen = Screen("screener", q="rsi_14 > 50", lang="en")
        button(screen, "Save").click()
        screen.run()
        assert "Not saved" in screen.text
        assert screens.all() == ()

    def test_renamed_overwritten_deleted_and_brought_back(self, screens: Screens) -> None:
        one = screens.create("a", "rsi_14 > 50")
        screen = Screen("screener", q="return_1m > 5%", lang="en")
        screen.app.text_input(f"screener:rename:{one.id}:1").set_value("b")
        screen.run()
        assert screens.get(one.id).name == "b"
        screen.app.button(f"screener:overwrite:{one.id}").click()
        screen.run()
        assert screens.get(one.id).expression == "return_1m > 5%"
        screen.app.button(f"screener:delete:{one.id}").click()
        screen.run()
        assert screens.all() == ()
        screen.app.button("screener:undo").click()
        screen.run()
        assert [kept.name for kept in screens.all()] == ["b"]

    @on("choice", ["keep_mine", "take_theirs"])
    def test_changed_elsewhere_shows_both_and_loses_neither(
        self, screens: Screens, choice: str
    ) -> None:
        one = screens.create("a", "rsi_14 > 50")
        screen = Screen("screener", q="return_1m > 5%", lang="en")
        screens.save(replace(one, expression="rsi_14 > 60"))
        screen.app.button(f"screener:overwrite:{one.id}").click()
        screen.run()
        assert screens.get(one.id).expression == "rsi_14 > 60"
        shown = [code.value for code in screen.app.code]
        assert "return_1m > 5%" in shown
        assert "rsi_14 > 60" in shown
        screen.app.button(f"screener.{choice}:{one.id}").click()
        screen.run()
        stays = "return_1m > 5%" if choice == "keep_mine" else "rsi_14 > 60"
        assert screens.get(one.id).expression == stays
        assert "changed elsewhere" not in screen.text


READERS = {Form.CSV: pd.read_csv, Form.PARQUET: pd.read_parquet, Form.EXCEL: pd.read_excel}


@on("state", ["market", "simulated"], indirect=True)
@on("form", list(Form))
def test_an_export_has_every_row_and_says_what_it_is(state: State, form: Form) -> None:
    page = page_of(Settings(), "en", ColourScheme.RED_UP, dark=False)
    universe = universe_of(page, "map")
    asked = Request("map", "return_1d > 0%", None, ("return_1d", "layer"), (), "-return_1d")
    found = screened(universe, asked.text)
    content = table_content(
        lambda: export_rows(universe, found, asked),
        form,
        about(universe, asked),
        simulated=state.simulated,
    )
    rows = READERS[form](io.BytesIO(content))
    stored = tuple(day_returns()) if state.simulated else REAL_SYMBOLS
    assert set(rows["symbol"]) == symbols_above(0.0, stored=stored)
    assert rows["return_1d"].tolist() == sorted(rows["return_1d"], reverse=True)
    assert rows["return_1d"].tolist() == pytest.approx(
        [day_returns()[symbol] for symbol in rows["symbol"]]
    )
    told = {"as_of": last_session(), "universe": "map", "expression": "return_1d > 0%"}
    if form is Form.CSV:
        assert {key: rows[key].iloc[0] for key in told} == told
    elif form is Form.PARQUET:
        metadata = pq.read_schema(io.BytesIO(content)).metadata
        assert {key: metadata[key.encode()].decode() for key in told} == told
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content))["about"]
        said = {row[0].value: row[1].value for row in sheet.iter_rows()}
        assert {key: said[key] for key in told} == told
        assert said["source"]
    assert ("simulated" in rows) == state.simulated
    if state.simulated:
        assert rows["simulated"].str.contains("SIMULATED PRICES").all()


@on("state", ["simulated"], indirect=True)
def test_export_is_offered_in_three_forms(state: State) -> None:
    screen = Screen("screener", q="return_1d > 0%", lang="en")
    offered = [one.label for one in screen.app.get("download_button")]
    assert offered == [
        "CSV (opens anywhere)", "Parquet (for programs)", "Excel (with a sheet about it)",
    ]  # fmt: skip


@on("state", ["stale"], indirect=True)
def test_rows_of_an_earlier_session_are_grey(state: State) -> None:
    screen = Screen("screener", q="layer == cooling", sort="rsi_14", columns="rsi_14", lang="en")
    table = screen.app.dataframe[-1]
    rows = [code in {one.split(".")[0] for one in STALE} for code in codes(screen)]
    assert set(rows) == {True, False}
    # `#T_…_row0_col0, #T_…_row0_col1 { color: …; font-style: italic }`
    grey = {int(row) for row in re.findall(r"row(\d+)_col", table.proto.arrow_data.styler.styles)}
    assert grey == {place for place, stale in enumerate(rows) if stale}
