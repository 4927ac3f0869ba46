"""The index page and its command show the same figures, say whose they are and what is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from dashboard.cli.main import app
from tests.app.by_hand import real_closes
from tests.app.screen import HAN, PLACEHOLDER, Screen, numbers, raw_keys
from tests.app.states import COOLING, State

AS_OF = "2026-06-30"


def line(screen: Screen, name: str, chart: int = 0) -> np.ndarray:
    """The first line of a name in a chart."""
    (*_, found) = [one for one in screen.charts[chart]["data"] if one["name"] == name][:1]
    return numbers(found["y"])


def command(state: State, *arguments: str) -> list[dict]:
    done = CliRunner().invoke(
        app, ["--data-dir", str(state.data_dir), "index", *arguments, "--format", "json"]
    )
    assert done.exit_code == 0, done.output
    rows: list[dict] = json.loads(done.stdout)
    return rows


@pytest.mark.real_data
@pytest.mark.parametrize("state", ["real"], indirect=True)
class TestReal:
    def test_a_layer_by_hand_on_page_and_command(self, state: State, real_data: Path) -> None:
        close = real_closes(real_data)[list(COOLING)].loc["2025-09-01":AS_OF]
        worth = close.iloc[0] * 0 + 100 / 3
        level = [100.0]
        for before, after in zip(close.index, close.index[1:], strict=False):
            if before.month != after.month:
                worth[:] = worth.sum() / 3
            moved = close.loc[:after].ffill().iloc[-1] / close.loc[:before].ffill().iloc[-1]
            worth = worth * moved
            level.append(worth.sum())
        screen = Screen("index", lang="en", show="cooling")
        assert line(screen, "Cooling (liquid)") == pytest.approx(level, rel=1e-9)
        (row,) = command(state, "cooling")
        assert row["level"] == pytest.approx(level[-1], rel=1e-9)
        assert (row["counted"], row["members"], row["benchmark"]) == (3, 3, "^TWII")
        table = screen.tables[0].set_index("Group")
        assert table.loc["Cooling (liquid)", "Counted/members"] == "3/3"
        assert table.loc["Cooling (liquid)", "Index"] == pytest.approx(level[-1], rel=1e-9)

    def test_a_click_opens_a_group_and_says_what_is_hindsight(self, state: State) -> None:
        screen = Screen("index", lang="zh", show="cooling")
        groups = screen.tables[0]["群組"].tolist()
        screen.click_row(groups.index("散熱（液冷）"))
        assert screen.url["pick"] == "cooling"
        assert "期初（2025-06-30）還沒有任何文件點名：2025-09-01 以前的" in screen.text
        assert not screen.failures
        bars = next(c for c in screen.charts if any(t["type"] == "bar" for t in c["data"]))
        level = line(screen, "散熱（液冷）")
        total = numbers(bars["data"][0]["x"]).sum()
        assert total == pytest.approx(level[-1] / 100 - 1, rel=1e-9)
        screen.choose("period", "6m")
        assert "都已知" in screen.text

    def test_a_layer_of_one_is_shown_as_what_it_is(self, state: State) -> None:
        screen = Screen("index", lang="en", pick="foundry")
        row = screen.tables[0].set_index("Group").loc["Foundry"]
        assert row["Counted/members"] == "1/1"
        assert pd.isna(row["Above 60"])
        assert pd.isna(row["Dispersion"])
        assert "1 only: no breadth percentages" in screen.text

    def test_caps_that_nobody_knew_are_missing_with_their_reason(self, state: State) -> None:
        screen = Screen("index", lang="en", weighting="cap")
        assert screen.tables[0]["Index"].isna().all()
        assert "no market cap is known" in screen.text

    def test_without_tsmc_its_layer_is_empty(self, state: State) -> None:
        with_it = {one["group"]: one["members"] for one in command(state)}
        without = {one["group"]: one["members"] for one in command(state, "--ex-tsmc")}
        assert with_it["foundry"] == 1
        assert without.get("foundry", 0) == 0
        assert without["map"] == with_it["map"] - 1

    def test_the_layer_page_tells_its_hindsight_and_leads_here(self, state: State) -> None:
        screen = Screen(lang="en", layer="cooling")
        assert "no document had named anybody" in screen.text
        assert "pick=cooling" in screen.links()["This layer's index"]


@pytest.mark.parametrize("state", ["simulated", "partial"], indirect=True)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_in_both_languages(state: State, lang: str) -> None:
    screen = Screen("index", lang=lang, group="stage", members="today", pick="server", log="1")
    assert not screen.failures
    assert not PLACEHOLDER.search(screen.text)
    assert not raw_keys(screen.text)
    if lang == "en":
        words = screen.text.replace("中文", "")
        assert not HAN.search(words), HAN.search(words)


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestSpan:
    @pytest.mark.parametrize(
        ("span", "days"), [("3m", True), ("6m", True), ("1y", False), ("max", False)]
    )
    def test_no_month_stands_twice_on_the_time_axis(
        self, state: State, span: str, days: bool
    ) -> None:
        screen = Screen("index", lang="en", span=span, group="stage", pick="server")
        lines, breadth = screen.charts[0]["layout"], screen.charts[2]["layout"]
        for axis in (lines["xaxis2"], breadth["xaxis2"]):
            assert axis["tickformat"] == ("%m-%d\n%Y" if days else "%Y-%m")
            assert days or axis["tickformatstops"][0]["value"] == "%m-%d\n%Y"

    @pytest.mark.parametrize(
        ("span", "told"), [("3m", "3M"), ("ytd", "YTD"), ("1y", "1Y"), ("3y", "1Y"), ("max", "1Y")]
    )
    def test_the_sentence_follows_the_span(self, state: State, span: str, told: str) -> None:
        screen = Screen("index", lang="en", span=span)
        (line,) = [one for one in screen.text.splitlines() if one.startswith("**Hindsight** ·")]
        assert re.findall(r"\b(?:\dM|\dY|YTD)\b", line) == [told]


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
@pytest.mark.parametrize("view", ["index", "clusters"])
def test_before_the_first_document_nobody_is_on_it(state: State, view: str) -> None:
    screen = Screen("index", lang="en", view=view, asof="2025-08-15")
    assert not screen.failures
    (said,) = [one.value for one in screen.app.info]
    assert "On 2025-08-15 no document was known yet" in said
    (first,) = [
        one.proto
        for one in screen.app.get("page_link")
        if "asof=2025-09-01" in one.proto.query_string
    ]
    assert first.page == "index"


@pytest.mark.real_data
@pytest.mark.parametrize("state", ["real"], indirect=True)
def test_wrong_words_are_told(state: State) -> None:
    for arguments, told in (
        (("nothing",), "no layer of this id has a known member in TW; choose from"),
        (("--market", "JP"), "none of its companies has a price"),
        (("cooling", "--contributions", "--span", "9d"), "choose from 3m, 6m"),
    ):
        done = CliRunner().invoke(app, ["--data-dir", str(state.data_dir), "index", *arguments])
        assert done.exit_code == 1
        assert told in str(done.exception)
