"""The page of events and its command show what the study has, and no p-value of an anecdote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from dashboard.settings import Settings
from dashboard.snapshot import load_prices, take_snapshot
from dashboard.studies.events import EVENT_COLUMNS, table_of
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Precision
from tests.app.conftest import Make
from tests.app.screen import Screen, raw_keys
from tests.app.states import MAP, State
from tests.app.test_cli import Run, one_sentence, run

__all__ = ["run"]
CHAIN = load_map(MAP).chain


def expected(state: State, **parameters: str) -> pd.DataFrame:
    prices = load_prices(Settings(str(state.data_dir), MAP), CHAIN.symbols(), CHAIN)
    return table_of(take_snapshot(CHAIN, prices, prices.settled_session), parameters)


def drawn(screen: Screen, kind: str) -> list[dict]:
    return [one for chart in screen.charts for one in chart["data"] if one["type"] == kind]


@pytest.mark.real_data
@pytest.mark.parametrize("state", ["real"], indirect=True)
class TestPage:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_it_shows_the_rows_of_the_study(self, state: State, lang: str) -> None:
        screen = Screen("events", lang=lang)
        assert not screen.app.exception
        rows = expected(state)
        shown = screen.tables[0]
        car = (rows["car"].dropna() * 100).tolist()
        assert shown["CAR"].dropna().tolist() == pytest.approx(car)
        assert not raw_keys(screen.text)
        # Every mark of the time line is an event with a date.
        dated = sum(one.date is not None for one in CHAIN.events)
        marks = [*drawn(screen, "scatter"), *drawn(screen, "bar")]
        assert sum(len(one["text"]) for one in marks) == dated

    def test_a_row_tells_how_many_members_were_learned_afterwards(self, state: State) -> None:
        rows = expected(state)
        rows = rows.assign(missing=rows["car"].isna()).sort_values("missing", kind="stable")
        late = rows["members_by_hindsight"].tolist()
        assert 0 in late
        assert max(late) > 1
        for lang, column, pattern in (
            ("zh", "註", r"事後 (\d+) 檔"),
            ("en", "Note", r"(\d+) by hindsight"),
        ):
            notes = Screen("events", lang=lang).tables[0][column]
            told = [re.search(pattern, one) for one in notes]
            assert [int(one[1]) if one else 0 for one in told] == late

    def test_the_counts_agree(self, state: State) -> None:
        screen = Screen("events", lang="zh")
        rows = expected(state)
        priced = rows.loc[rows["members_priced"] > 0, "event"].nunique()
        days = sum(one.precision is Precision.DAY for one in CHAIN.events)
        assert 0 < priced < days
        assert f"{days} 個有日期（其中 {priced} 個有台股價格）" in screen.text
        assert f"{priced} 個事件有價格可算" in screen.text
        assert f"不知道確切日期的事件（{len(CHAIN.events) - days}）" in screen.text

    def test_an_event_stands_beside_its_evidence(self, state: State) -> None:
        screen = Screen("events", lang="en", event="foxconn-teco-alliance")
        event = next(one for one in CHAIN.events if one.id == "foxconn-teco-alliance")
        assert event.evidence[0].claim.en in screen.text
        row = expected(state).set_index(["event", "group"]).loc[(event.id, "hon-hai")]
        assert f"{row['car']:+.2%}"[1:] in screen.text
        assert "An anecdote" in screen.text
        assert "learned from documents after the event" in screen.text

    def test_a_click_on_the_time_line_opens_the_event(self, state: State) -> None:
        screen = Screen("events", lang="en")
        chart = screen.app.get("plotly_chart")[0]
        screen.select(chart, points=[{"curve_number": 0, "point_number": 0}])
        opened = screen.app.query_params["event"]
        title = next(one.title.en for one in CHAIN.events if one.id == opened)
        assert title in screen.text

    def test_a_row_opens_its_layer_or_company(self, state: State) -> None:
        screen = Screen("events", lang="en", window="0:5")
        rows = expected(state, window="0:5")
        first = rows[rows["car"].notna()].iloc[0]
        screen.click_row(0)
        assert screen.app.query_params["event"] == first["event"]
        assert screen.app.query_params["group"] == f"{first['kind']}:{first['group']}"

    def test_filters_and_unknown_ids(self, state: State) -> None:
        screen = Screen("events", lang="en", layer="server_odm", direction="negative", event="no")
        rows = expected(state, layer="server_odm", direction="negative")
        assert len(screen.tables[0]) == len(rows) > 0
        assert "has no event “no”" in screen.text

    def test_an_anecdote_has_no_p_value(self, state: State) -> None:
        screen = Screen("events", lang="en", layer="foundry")
        tests = screen.tables[1][["t", "BMP", "KP", "Corrado"]]
        assert (tests == "anecdote").all(axis=None)
        assert not re.search(r"\(p 0\.", screen.text)


@pytest.mark.parametrize("state", ["simulated", "partial"], indirect=True)
def test_it_stands_other_states(state: State) -> None:
    screen = Screen("events", lang="en", event="broadcom-jumps")
    assert not screen.app.exception
    assert "Broadcom" in screen.text


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestNobody:
    def test_before_the_first_document_nobody_is_on_it(self, state: State) -> None:
        screen = Screen("events", lang="en", asof="2025-08-15")
        assert not screen.failures
        (said,) = [one.value for one in screen.app.info]
        assert "On 2025-08-15 no document was known yet" in said
        assert any("asof=2025-09-01" in one for one in screen.links().values())

    @pytest.mark.parametrize(
        "chosen",
        [
            {"document": "no"},
            {"layer": "server_odm", "direction": "mixed", "document": "no"},
            {"company": "no"},
        ],
    )
    def test_filters_may_leave_nothing(self, state: State, chosen: dict[str, str]) -> None:
        screen = Screen("events", lang="en", **chosen)
        assert not screen.failures
        assert any("loosen the filter" in one.value for one in screen.app.info)

    def test_a_map_of_no_event_has_no_rows(self, state: State) -> None:
        chain = CHAIN.model_copy(update={"events": ()})
        prices = load_prices(Settings(str(state.data_dir), MAP), chain.symbols(), chain)
        rows = table_of(take_snapshot(chain, prices, prices.settled_session), {})
        assert rows.empty
        assert tuple(rows.columns) == EVENT_COLUMNS


class TestCommand:
    @pytest.fixture
    def events(self, run: Run, make: Make) -> Run:
        folder = make("simulated").data_dir
        return lambda *arguments: run("--data-dir", folder, "events", *arguments)

    def test_path_and_summary(self, events: Run) -> None:
        path = events("--event", "broadcom-jumps", "--path", "--window", "-5:20", "--format", "csv")
        assert path.code == 0
        days = path.rows.groupby("group")["day"].agg(["min", "max"])
        assert (days["min"] == -10).all()
        assert (days["max"] == 20).all()
        assert path.rows["simulated"].all()
        summary = json.loads(events("--summary", "--layer", "foundry", "--format", "json").out)
        assert all(one["anecdote"] for one in summary)
        assert all(one["t_p"] is None and one["corrado_p"] is None for one in summary)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--layer", "nope"), "--layer nope: the map has no such layer"),
            (("--event", "nope"), "--event nope: the map has no such event"),
            (("--direction", "up"), "--direction up: the map has no such direction"),
            (("--window", "1:2"), "--window 1:2: write FIRST:LAST"),
        ],
    )
    def test_bad_input_is_one_sentence(
        self, events: Run, arguments: tuple[str, str], said: str
    ) -> None:
        result = events(*arguments)
        one_sentence(result, said)

    def test_as_of_knows_no_later_event(self, events: Run, tmp_path: Path) -> None:
        rows = events("--as-of", "2025-12-01", "--format", "csv").rows
        assert rows["session"].max() <= "2025-12-01"
        assert "spacex-merges-xai" not in set(rows["event"])
