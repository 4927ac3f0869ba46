"""The company page: candles, figures, evidence, and what cannot be trusted."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.supply_chain.loading import load_map
from tests.app.by_hand import percent, real_closes, returns
from tests.app.screen import Screen, numbers
from tests.app.states import COOLING, MAP, OFF_MAP, STALE, State, made_bars

AS_OF = "2026-06-30"
CHAIN = load_map(MAP).chain


def candles(screen: Screen) -> pd.Series:
    """Closes by session."""
    (trace,) = [one for one in screen.charts[0]["data"] if one["type"] == "candlestick"]
    return pd.Series(numbers(trace["close"]), index=trace["x"])


def marks(screen: Screen, name: str) -> list[str]:
    return [day for one in screen.charts[0]["data"] if one.get("name") == name for day in one["x"]]


@pytest.mark.real_data
@pytest.mark.parametrize("state", ["real"], indirect=True)
class TestRealPrices:
    @pytest.fixture
    def rows(self, real_data: Path) -> pd.DataFrame:
        rows = pd.read_parquet(real_data / "prices/tw_core_daily.parquet")
        rows = rows[rows["symbol"] == "2330.TW"]
        return rows.set_index(pd.to_datetime(rows["date"])).sort_index()

    @pytest.mark.parametrize(("span", "months"), [("3m", 3), ("6m", 6), ("1y", 12)])
    def test_adjusted_and_traded_candles(
        self, state: State, rows: pd.DataFrame, span: str, months: int
    ) -> None:
        start = pd.Timestamp(AS_OF) - pd.DateOffset(months=months)
        shown = rows.loc[start:AS_OF]
        adjusted = candles(Screen(code="2330.TW", span=span))
        traded = candles(Screen(code="2330.TW", span=span, unadjusted="1"))
        assert adjusted.index.tolist() == shown.index.strftime("%Y-%m-%d").tolist()
        np.testing.assert_allclose(adjusted, shown["adj_close"].fillna(shown["close"]))
        np.testing.assert_allclose(traded, shown["close"])
        if span == "1y":
            assert (adjusted != traded).any()

    def test_the_switch_is_in_the_url(self, state: State) -> None:
        screen = Screen(code="2330.TW")
        assert screen.choose("unadjusted", True).url == {"code": "2330.TW", "unadjusted": "1"}
        assert screen.choose("span", "3m").url["span"] == "3m"
        assert len(candles(screen)) < 70

    def test_axis_is_of_categories(self, state: State) -> None:
        layout = Screen(code="2330.TW").charts[0]["layout"]
        assert layout["xaxis"]["type"] == "category"

    def test_headline_and_table(self, state: State, real_data: Path) -> None:
        screen = Screen(lang="en", code="6831.TW")
        headline = {one.label: one.value for one in screen.app.metric}
        own = returns(real_closes(real_data), "6831.TW", AS_OF)
        assert headline["Close (as traded)"] == "873.00 TWD"
        assert headline["1D"] == percent(own["return_1d"])
        table = screen.tables[-1].set_index("Metric")
        day = table.loc["1-day return"]
        assert day["Value"] == percent(own["return_1d"])
        assert day["Rank in layer"] == f"1/{len(COOLING)}"
        assert table.loc["Market cap", "Value"] == "—"
        assert table.loc["Market cap", "Note"] == "no share count known by this session"

    def test_a_close_at_the_limit_is_marked(self, state: State) -> None:
        assert AS_OF in marks(Screen(lang="en", code="6831.TW"), "closed limit up")
        assert AS_OF not in marks(Screen(lang="en", code="3653.TW"), "closed limit up")

    def test_ex_dates_are_marked(self, state: State, rows: pd.DataFrame) -> None:
        factor = (rows["close"] / rows["adj_close"]).loc["2025-06-30":"2026-01-27"]
        change = factor[(factor / factor.shift() - 1).abs() > 1e-3].index
        assert len(change) >= 2
        found = marks(Screen(lang="en", code="2330.TW"), "ex-date or split")
        assert found == change.strftime("%Y-%m-%d").tolist()

    def test_traded_prices_in_place_of_adjusted_are_told(self, state: State) -> None:
        text = Screen(lang="en", code="2330.TW").text
        assert "No adjusted price since 2026-01-28" in text


@pytest.mark.parametrize("state", ["stale"], indirect=True)
def test_an_old_last_bar_is_told(state: State) -> None:
    bars = made_bars()
    own = bars[bars["symbol"] == "3653.TW"]["session"].sort_values()
    last = f"{own.iloc[-1 - STALE['3653.TW']]:%Y-%m-%d}"
    assert f"The last bar is of {last}" in Screen(lang="en", code="3653.TW").text
    assert "The last bar is of" not in Screen(lang="en", code="6831.TW").text


@pytest.mark.parametrize("state", ["partial"], indirect=True)
def test_a_company_without_bars_says_how_to_get_them(state: State) -> None:
    screen = Screen(lang="en", code="8996.TW")
    assert "No bars of 8996.TW are stored" in screen.text
    assert not screen.charts
    assert "Why it is here" in screen.text


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
@pytest.mark.parametrize("key", ["tsmc", "jentech", "nvidia", "openai"])
def test_evidence_and_relations_are_all_there(state: State, key: str) -> None:
    company = CHAIN.company_by_key[key]
    text = Screen(lang="en", code=key).text
    relations = [one for one in CHAIN.relations if key in (one.source, one.target)]
    cited = [
        *(evidence for one in company.memberships for evidence in one.evidence),
        *(evidence for one in relations for evidence in one.evidence),
        *company.mentions,
    ]
    assert cited
    for evidence in cited:
        document = CHAIN.document_by_id[evidence.document].title.en
        pattern = (
            rf"{re.escape(evidence.claim.en)}.*\n.*{re.escape(document)}.*{evidence.line_text}"
        )
        assert re.search(pattern, text), evidence


@pytest.mark.parametrize("state", ["market"], indirect=True)
class TestOffTheMap:
    """What is stored and on no document's map: prices, and no evidence."""

    @pytest.mark.parametrize("code", ["1101.TW", "1101", "1101.tw"])
    def test_prices_figures_and_a_sentence(self, state: State, code: str) -> None:
        screen = Screen(code=code, lang="en")
        assert screen.failures == []
        assert "1101.TW" in screen.app.title[0].value
        assert "No document puts this company on the map" in screen.text
        assert "Why it is here" not in screen.text
        bars = made_bars([OFF_MAP["1101.TW"]]).sort_values("session")
        assert candles(screen).iloc[-1] == pytest.approx(bars["adjusted_close"].iloc[-1])
        (table,) = screen.tables
        shown = dict(zip(table["Metric"], table["Value"], strict=True))
        assert shown["Close, as traded"] == f"{bars['close'].iloc[-1]:,.2f}"
        assert "Rank in layer" not in table

    def test_its_name_is_that_of_the_exchanges_list(self, state: State) -> None:
        assert "台泥" in Screen(code="1101.TW").app.title[0].value

    @pytest.mark.parametrize("code", ["9999", "^TWII", "../x", "2330.TWO"])
    def test_what_is_not_stored_is_one_sentence(self, state: State, code: str) -> None:
        screen = Screen(code=code, lang="en")
        assert screen.failures == []
        (error,) = screen.app.error
        assert "no price of it is stored" in error.value
        assert screen.charts == []


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
def test_simulated_prices_have_nobody_off_the_map(state: State) -> None:
    assert "no price of it is stored" in Screen(code="1101.TW", lang="en").text
