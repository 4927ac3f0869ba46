"""The squares of correlations and the contradictions, as a reader meets them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from dashboard.cli.main import app
from tests.app.screen import HAN, PLACEHOLDER, Screen, raw_keys
from tests.app.states import State


def command(state: State, *arguments: str) -> list[dict]:
    done = CliRunner().invoke(
        app, ["--data-dir", str(state.data_dir), *arguments, "--format", "json"]
    )
    assert done.exit_code == 0, done.output
    rows: list[dict] = json.loads(done.stdout)
    return rows


@pytest.mark.real_data
@pytest.mark.parametrize("state", ["real"], indirect=True)
class TestReal:
    def test_page_and_command_show_the_same_pairs(self, state: State) -> None:
        screen = Screen("index", lang="en", view="clusters", group="member", window="250")
        (table,) = screen.tables
        rows = command(state, "correlations", "--by", "member", "--window", "250")
        assert table["ρ"].tolist() == [one["correlation"] for one in rows]
        assert table["common sessions"].tolist() == [one["common"] for one in rows]
        assert f"{len(rows)} pairs" in screen.text

    def test_a_row_opens_the_two_with_links(self, state: State) -> None:
        screen = Screen("index", lang="zh", view="clusters")
        rows = command(state, "correlations")
        screen.click_row(1)
        assert screen.url["pair"] == f"{rows[1]['a']}~{rows[1]['b']}"
        assert not screen.failures
        assert f"ρ {rows[1]['correlation']:.2f}（95％ 區間" in screen.text

    def test_too_early_says_what_to_do(self, state: State) -> None:
        screen = Screen("index", lang="en", view="clusters", asof="2025-09-10", pair="<b>~")
        assert "At least two series with 60 sessions each are needed" in screen.text
        assert not screen.failures
        arguments = ["--data-dir", str(state.data_dir), "correlations"]
        done = CliRunner().invoke(app, [*arguments, "--as-of", "2025-09-10"])
        assert done.exit_code == 1
        assert "choose a longer --window" in str(done.exception)
        for wrong in (("--window", "7"), ("--together", "0.4"), ("--scope", "no")):
            assert CliRunner().invoke(app, [*arguments, *wrong]).exit_code == 1

    def test_contradictions_side_by_side(self, state: State) -> None:
        screen = Screen("chain", lang="en", view="contradictions")
        assert "line 11 has space cool for free" in screen.text
        names = screen.tables[0]["About"].tolist()
        place = names.index("Beijing discourages downgraded US chips")
        screen.click_row(place)
        assert screen.url["pick"] == "checked:ai-supply-chain-map:12"
        assert "US rules of January 2025 bind TSMC" in screen.text
        assert "of the listed companies named" in screen.text
        screen.choose("kind", "both")
        assert len(screen.tables[0]) == 2

    def test_a_figure_says_whose_price_it_is(self, state: State) -> None:
        screen = Screen(
            "chain", lang="en", view="contradictions", pick="checked:ai-supply-chain-map:19"
        )
        table = screen.tables[0]
        (row,) = table[table["About"].str.contains("Amkor")].to_dict("records")
        # Amkor is listed in America, of which no price is stored; the government is not listed.
        assert row["Whose price (priced/listed named)"] == "1/2: TSMC 2330"
        assert "TSMC 2330 +106.9%" in screen.text
        assert "(1/2 of the listed companies named are priced)" in screen.text

    def test_an_earlier_day_knows_fewer(self, state: State) -> None:
        screen = Screen(
            "chain", lang="en", view="contradictions", asof="2025-12-31", kind="opposed"
        )
        assert "All (16)" in screen.text
        assert "they are hindsight" in screen.text
        assert not screen.failures


@pytest.mark.parametrize("state", ["simulated", "partial"], indirect=True)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("page", "view"), [("index", "clusters"), ("chain", "contradictions")])
def test_in_both_languages(state: State, lang: str, page: str, view: str) -> None:
    screen = Screen(page, lang=lang, view=view, secondary="1")
    assert not screen.failures
    assert not PLACEHOLDER.search(screen.text)
    assert not raw_keys(screen.text)
    if lang == "en":
        words = screen.text.replace("中文", "").replace("Allen x R | 邏輯與洞察", "")
        assert not HAN.search(words), HAN.search(words)
