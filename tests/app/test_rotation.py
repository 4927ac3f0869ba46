"""The rotation page and its command: what is drawn is what is told, in every state of the data."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from dashboard.cli.main import main
from dashboard.studies import rotation as study
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Bottleneck
from dashboard.ui import state as url
from tests.app.screen import HAN, PLACEHOLDER, Screen, as_read, raw_keys
from tests.app.states import MAP, State


def rotation(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *options: str):
    """Rows of the command."""
    monkeypatch.setattr("sys.argv", ["dashboard", "rotation", "--format", "json", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    return pd.DataFrame(json.loads(capsys.readouterr().out))


@pytest.mark.real_data
@pytest.mark.parametrize("state", ["real"], indirect=True)
class TestRealPrices:
    def test_page_and_command_tell_the_same(
        self, state: State, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        screen = Screen("rotation", lang="en", group="bottleneck")
        assert not screen.failures
        table = screen.tables[0].rename_axis("group")
        told = rotation(capsys, monkeypatch, "--by", "bottleneck").set_index("group")
        for title, column in (("R", "ratio"), ("M", "momentum")):
            pd.testing.assert_series_equal(
                table[title].sort_index(), told[column].sort_index(), check_names=False
            )
        heads = {
            trace["name"]: trace["x"][0] for trace in screen.charts[0]["data"] if "name" in trace
        }
        assert heads["Cooling"] == round(told.loc["cooling", "ratio"], 2)
        assert table.loc["cooling", "Priced"] == "3/4"  # 2428 is not stored here
        # Without a foreign price there is no memory: missing, and why.
        assert table.loc["memory", "Note"] == "no prices"
        assert pd.isna(table.loc["memory", "R"])

    def test_a_pick_leads_to_layers_and_members(self, state: State) -> None:
        screen = Screen("rotation", lang="en", group="stage")
        place = screen.tables[0].index.get_loc("power")
        screen.select(screen.app.dataframe[0], cells=[[place, "Group"]])
        assert screen.url["pick"] == "power"
        assert any("layer=grid" in query for query in screen.links().values())
        drawn = [one for one in screen.charts[0]["data"] if one.get("name")]
        point = {"curve_number": 2, "point_number": 0}
        screen.select(screen.app.get("plotly_chart")[0], points=[point])
        assert drawn[0]["name"] == "Chip design"
        assert screen.url["pick"] == "chip_design"

    def test_hindsight_is_said_and_reaches_back(self, state: State) -> None:
        known = Screen("rotation", lang="en")
        today = Screen("rotation", lang="en", members="today")
        assert "begins on 2025-09-05, 43 weeks" in known.text
        (since,) = re.findall(r"taken back to (\d{4})", today.text)
        assert int(since) < 2025
        frames = [len(one.charts[0]["frames"]) for one in (known, today)]
        assert frames == [16, 53]

    def test_the_ribbon_pins_the_claims(self, state: State) -> None:
        screen = Screen("rotation", lang="en", view="ribbon", members="today")
        assert not screen.failures
        notes = [one["text"] for one in screen.charts[0]["layout"]["annotations"]]
        assert "5,8,9" in notes  # of chips, told within two weeks
        assert "10 claims on 3 dates" in screen.text
        words = Screen("rotation", lang="en", view="ribbon", asof="2025-12-31", members="known")
        assert "4 claims on 1 dates" in words.text

    def test_the_ribbon_says_what_its_groups_are(self, state: State) -> None:
        screen = Screen("rotation", lang="en", view="ribbon")
        assert "so robots count as power" in screen.text
        (told,) = [one for one in screen.texts() if one.startswith("- **Power** (")]
        chain = load_map(MAP).chain
        power = [one for one in chain.layers if one.bottleneck == "power"]
        assert all(one.name.en in as_read(told.splitlines()[0]) for one in power)
        assert len(told.splitlines()) == len(Bottleneck)

    def test_fewer_weeks_than_the_ribbons_are_said_with_the_reason(self, state: State) -> None:
        screen = Screen("rotation", lang="en", view="ribbon", asof="2026-04-24")
        told = screen.app.table[0].value.iloc[:, -1].map(as_read)
        weeks = told.str.extract(r"[;,] (\d+) weeks", expand=False).dropna().astype(int)
        assert (weeks < 13).any()
        for row, count in weeks.items():
            reason = "not the ribbon's 13: no longer history before or after the claim"
            assert (reason in told[row]) == (count < 13)


@pytest.mark.parametrize(
    ("state", "lang"), [("simulated", "zh"), ("partial", "en")], indirect=["state"]
)
@pytest.mark.parametrize(
    "asked",
    [
        {"group": "layer", "show": "cooling,nobody", "tail": "13", "benchmark": "map"},
        {"view": "ribbon", "span": "all", "lookback": "4", "members": "today"},
        {"group": "<b>", "view": "x", "tail": "-1", "pick": "<b>"},
    ],
    ids=["layers", "ribbon", "nonsense"],
)
def test_every_state_is_shown_in_words(state: State, lang: str, asked: dict[str, str]) -> None:
    screen = Screen("rotation", lang=lang, **asked)
    assert not screen.failures
    assert not raw_keys(screen.text)
    assert not PLACEHOLDER.search(screen.text)
    if lang == "en":
        own = [text for text in screen.texts() if HAN.search(text) and "中文" not in text]
        assert not own


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestCommand:
    @pytest.mark.parametrize(
        ("options", "column"),
        [(("--ribbon",), "rank"), (("--claims",), "weeks_each_side"), (("--series",), "week")],
    )
    def test_what_else_it_tells(
        self,
        state: State,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        options: tuple[str, ...],
        column: str,
    ) -> None:
        rows = rotation(capsys, monkeypatch, *options, "--members", "today")
        assert column in rows
        assert rows["simulated"].all()


def test_parameters_of_links_are_those_of_the_page() -> None:
    expected = [url.GROUP, url.BENCHMARK, url.VIEW, url.LOOKBACK]
    assert list(study._PARAMETERS.values()) == expected
