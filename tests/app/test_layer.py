"""The layer page: its figures, members and charts are those of the files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.supply_chain.loading import load_map
from tests.app.by_hand import layer_returns, percent, real_closes, returns
from tests.app.screen import Screen, numbers
from tests.app.states import COOLING, MAP, State

AS_OF = "2026-06-30"
CHAIN = load_map(MAP).chain


def chart(screen: Screen, kind: str) -> dict:
    """The first figure that has a trace of this type."""
    return next(one for one in screen.charts if any(part["type"] == kind for part in one["data"]))


def bar(screen: Screen) -> dict[str, float]:
    """Label → length of the contribution bars."""
    (trace,) = chart(screen, "bar")["data"]
    return dict(zip(trace["y"], numbers(trace["x"]), strict=True))


@pytest.mark.real_data
@pytest.mark.parametrize("state", ["real"], indirect=True)
class TestCooling:
    def test_figures_and_coverage(self, state: State, real_data: Path) -> None:
        screen = Screen(lang="en", layer="cooling")
        expected = layer_returns(real_closes(real_data), list(COOLING), AS_OF)
        shown = {one.label: (one.value, one.delta) for one in screen.app.metric}
        for period in ("1D", "1W", "1M", "3M", "6M", "YTD", "1Y"):
            value = percent(expected[f"return_{period.lower()}"])
            assert shown[period] == (value, "priced 3/3")

    @pytest.mark.parametrize("key", ["return_1d", "return_6m"])
    def test_members_stand_in_order_of_their_rank(
        self, state: State, real_data: Path, key: str
    ) -> None:
        closes = real_closes(real_data)
        screen = Screen(lang="en", layer="cooling", color=key)
        table = screen.tables[0]
        own = {one: returns(closes, one, AS_OF)[key] for one in COOLING}
        assert table.index.tolist() == sorted(own, key=lambda one: -own[one])
        title = {"return_1d": "1D", "return_6m": "6M"}[key]
        np.testing.assert_allclose(table[title], [own[one] for one in table.index], rtol=1e-12)
        assert table["Rank"].tolist() == ["1", "2", "3"]
        assert table["As of"].tolist() == [AS_OF] * 3
        for symbol, line in table["60 sessions"].items():
            np.testing.assert_allclose(line, closes[symbol].dropna().iloc[-60:])

    def test_indexed_lines_begin_at_100(self, state: State, real_data: Path) -> None:
        screen = Screen(lang="en", layer="cooling")
        traces = {
            one["name"]: numbers(one["y"]) for one in screen.charts[0]["data"] if "name" in one
        }
        closes = real_closes(real_data).loc["2025-06-30":AS_OF]
        index = pd.read_parquet(real_data / "prices/taiex_daily.parquet")
        index = index.set_index(pd.to_datetime(index["date"]))["close"].loc["2025-06-30":AS_OF]
        grown = closes[list(COOLING)].iloc[-1] / closes[list(COOLING)].iloc[0] * 100
        ends = {
            "Jentech 3653": grown["3653.TW"],
            "TAIEX": index.iloc[-1] / index.iloc[0] * 100,
            "This layer": grown.mean(),
        }
        for name, end in ends.items():
            assert traces[name][0] == pytest.approx(100)
            assert traces[name][-1] == pytest.approx(end, rel=1e-9)

    def test_contributions_sum_to_the_layer(self, state: State, real_data: Path) -> None:
        closes = real_closes(real_data)
        found = bar(Screen(lang="en", layer="cooling", color="return_1m"))
        layer = layer_returns(closes, list(COOLING), AS_OF)["return_1m"]
        assert sum(found.values()) == pytest.approx(layer, rel=1e-12)
        own = returns(closes, "3653.TW", AS_OF)["return_1m"]
        assert found["Jentech 3653"] == pytest.approx(own / 3, rel=1e-12)

    def test_correlation_is_of_the_last_60_returns(self, state: State, real_data: Path) -> None:
        screen = Screen(lang="en", layer="cooling")
        (square,) = chart(screen, "heatmap")["data"]
        moves = real_closes(real_data)[list(COOLING)].pct_change(fill_method=None).iloc[-60:]
        names = {"Jentech 3653": "3653.TW", "Kaori 8996": "8996.TW", "Microloops 6831": "6831.TW"}
        for row, label in zip(square["text"], square["y"], strict=True):
            for text, other in zip(row, square["x"], strict=True):
                expected = np.corrcoef(moves[names[label]], moves[names[other]])[0, 1]
                assert float(text) == pytest.approx(expected, abs=0.0051)

    def test_a_stage_filter_of_elsewhere_changes_nothing(self, state: State) -> None:
        plain, filtered = Screen(layer="cooling"), Screen(layer="cooling", stage="power")
        assert filtered.charts == plain.charts
        assert [one.value for one in filtered.app.metric] == [one.value for one in plain.app.metric]


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestAnyPrices:
    @pytest.mark.parametrize("layer", ["gpu", "csp"])
    def test_foreign_members_have_figures_and_contributions(self, state: State, layer: str) -> None:
        screen = Screen(lang="en", layer=layer)
        day = next(one for one in screen.app.metric if one.label == "1D")
        assert percent(sum(bar(screen).values())) == day.value

    def test_weights_by_cap_reach_the_contributions(self, state: State) -> None:
        screen = Screen(lang="en", layer="server_odm", weighting="cap")
        day = next(one for one in screen.app.metric if one.label == "1D")
        parts = bar(screen)
        assert percent(sum(parts.values())) == day.value
        assert parts != bar(Screen(lang="en", layer="server_odm"))

    def test_a_measure_that_is_no_return_has_no_contribution(self, state: State) -> None:
        screen = Screen(lang="en", layer="cooling", color="rsi_14")
        assert "Contributions need a return period" in screen.text

    def test_checks_stand_out(self, state: State) -> None:
        chain_checks = [
            one.check.en
            for company in CHAIN.companies
            for membership in company.memberships
            if membership.layer == "asic"
            for one in membership.evidence
            if one.check
        ]
        assert chain_checks
        warnings = " ".join(one.value for one in Screen(lang="en", layer="asic").app.warning)
        for text in chain_checks:
            assert text in warnings


@pytest.mark.parametrize("state", ["stale"], indirect=True)
def test_numbers_of_an_earlier_session_are_grey_and_dated(state: State) -> None:
    screen = Screen(lang="en", layer="cooling")
    table, proto = screen.tables[0], screen.app.dataframe[0].proto.arrow_data.styler
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", proto.styles)
    grey = {cell for names, style in rules if "italic" in style for cell in names.split(",")}
    rows = {int(found[1]) for cell in grey if (found := re.search(r"row(\d+)_col", cell))}
    assert {table.index[row] for row in rows} == {"3653.TW", "8996.TW"}
    assert table.loc["3653.TW", "As of"] < table.loc["6831.TW", "As of"]
