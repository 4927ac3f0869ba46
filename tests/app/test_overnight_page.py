"""The overnight page, its block on the first page, and the command: one set of numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dashboard.i18n import LANGUAGES, Language
from dashboard.supply_chain.loading import load_map
from tests.app.conftest import Make
from tests.app.screen import Screen
from tests.app.states import MAP, State
from tests.app.test_cli import Result, Run, one_sentence, run
from tests.app.test_pages import sound

__all__ = ["run"]
CHAIN = load_map(MAP).chain


@pytest.mark.real_data
@pytest.mark.parametrize("state", ["real"], indirect=True)
class TestPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_complete_in_both_languages(self, state: State, language: Language) -> None:
        sound(Screen("overnight", lang=language), state, language, CHAIN)

    def test_the_morning_comes_first(self, state: State) -> None:
        text = Screen("overnight", lang="en").text
        ahead = text.index("before the opening of 2026-07-01 (America 2026-06-30; sessions: 1)")
        assert text.index("2026-06-30, usual and actual") > ahead
        assert "usually all in the gap" in text
        assert "Actual: gap +2." in text
        told = [one for one in text.splitlines() if one.startswith("- **") and "usual gap" in one]
        assert told
        for line in told:
            assert line.count("n=") == 1
            assert "windows" not in line
            assert "]: " in line  # the tag, then what it means

    def test_a_click_on_a_row_chooses_the_pair(self, state: State) -> None:
        screen = Screen("overnight", lang="en").click_row(1)
        assert screen.url | {"lang": "en"} == {
            "layer": "foundry", "driver": "TSLA", "lang": "en",
        }  # fmt: skip
        assert screen.tables[0]["Driver"].tolist() == ["Tesla TSLA"]
        assert "Tesla is a customer of TSMC" in screen.text
        scatter, slopes = screen.charts
        assert len(scatter["data"]) == 4
        assert [one["name"] for one in slopes["data"]] == ["Opening gap", "Open to close"]

    def test_unknown_values_of_the_address_are_the_defaults(self, state: State) -> None:
        plain = Screen("overnight", lang="en").tables[0]
        odd = Screen("overnight", lang="en", layer="<b>", driver="9999.TW", span="9y").tables[0]
        assert odd.equals(plain)
        longer = Screen("overnight", lang="en", members="today").tables[0]
        assert (longer["n"] > plain["n"]).any()

    def test_as_of_a_day_nothing_later_is_told(self, state: State) -> None:
        screen = Screen("overnight", lang="en", asof="2026-02-22")
        span = "America 2026-02-11 – 2026-02-20; sessions: 7"
        assert f"before the opening of 2026-02-23 ({span})" in screen.text
        assert screen.tables[0]["n"].max() < 120
        assert max(screen.charts[0]["data"][0]["text"]) == "2026-02-11"

    def test_the_first_page_has_the_strongest_lines(self, state: State) -> None:
        screen = Screen(lang="en")
        line = next(one for one in screen.texts() if "before the opening of 2026-07-01" in one)
        assert 1 <= line.count("usually all in the gap") + line.count("gives back") <= 3
        assert "Overnight: all pairs and slopes" in screen.text


@pytest.mark.parametrize("state", ["simulated", "partial"], indirect=True)
def test_in_other_states(state: State) -> None:
    sound(Screen("overnight", lang="en"), state, "en", CHAIN)


@pytest.fixture(scope="module")
def data_dir(make: Make) -> str:
    return str(make("real").data_dir)


@pytest.mark.real_data
class TestCommand:
    def answer(self, run: Run, data_dir: str, *arguments: str) -> Result:
        return run("--data-dir", data_dir, "leadlag", *arguments)

    def test_rows_are_those_of_the_page(self, run: Run, data_dir: str) -> None:
        result = self.answer(
            run, data_dir, "--layer", "foundry", "--driver", "NVDA", "--format", "csv"
        )
        (row,) = result.rows.to_dict("records")
        assert (row["layer"], row["driver"], row["link"]) == (
            "foundry", "NVDA", "customer:nvidia>tsmc",
        )  # fmt: skip
        assert row["n"] > 180
        assert 0.2 < row["gap_slope"] < 0.6
        assert "Holm's over" in result.err
        since = self.answer(run, data_dir, "--since", "2026-05-01", "--format", "csv").rows
        assert set(since["missing"]) == {"no_prices", "too_few"}

    def test_the_morning(self, run: Run, data_dir: str) -> None:
        result = self.answer(run, data_dir, "--morning", "--driver", "TSLA", "--format", "json")
        ahead, last = json.loads(result.out)
        assert (ahead["session"], ahead["happened"], ahead["gap_actual"]) == (
            "2026-07-01", False, None,
        )  # fmt: skip
        assert (last["session"], last["happened"]) == ("2026-06-30", True)
        assert np.isclose(last["gap_actual"], 0.0295, atol=1e-3)
        assert "still to open" in result.err

    def test_what_is_not_on_the_map(self, run: Run, data_dir: str) -> None:
        one_sentence(self.answer(run, data_dir, "--layer", "cool"), "--layer cool", "foundry")
        one_sentence(self.answer(run, data_dir, "--driver", "F"), "--driver F", "NVDA")
        nobody = self.answer(run, data_dir, "--layer", "cooling", "--format", "csv")
        assert (nobody.code, len(nobody.rows)) == (0, 0)
        assert "ties no such American company" in nobody.err
