"""The first page: true numbers, honest tiles, and filters that change what is counted."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.prices.simulated import read_simulated_shares
from dashboard.prices.store import PriceStore
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Company, Kind
from tests.app.by_hand import layer_returns, percent, real_closes, returns
from tests.app.screen import Screen, numbers
from tests.app.states import COOLING, MAP, STALE, State, made_bars

AS_OF = "2026-06-30"
PERIODS = ["1D", "1W", "1M", "3M", "6M", "YTD", "1Y"]
KEYS = [f"return_{period.lower()}" for period in PERIODS]
GREY = "#c9ced6"
RED, GREEN, ORANGE = "#d73027", "#1a9850", "#e08214"
CHAIN = load_map(MAP).chain


def counted(
    *, market: str = "TW", digest: bool = False, secondary: bool = False, stage: str = ""
) -> set[tuple[str, str]]:
    """(symbol, layer) of the memberships that count, straight from the map."""
    return {
        (company.symbol, one.layer)
        for company in CHAIN.companies
        if company.symbol and _is_home(company) == (market == "TW")
        for one in company.memberships
        if (digest or one.kind is Kind.CORE)
        and (secondary or one.primary)
        and (not stage or CHAIN.layer_by_id[one.layer].stage == stage)
    }


def _is_home(company: Company) -> bool:
    return str(company.symbol).endswith((".TW", ".TWO"))


def leaves(treemap: dict) -> set[tuple[str, str]]:
    return {
        tuple(one.removeprefix("S:").split("@")) for one in treemap["ids"] if one.startswith("S:")
    }


def label(treemap: dict, tile: str) -> str:
    return treemap["labels"][treemap["ids"].index(tile)]


def colour(treemap: dict, tile: str) -> str:
    return treemap["marker"]["colors"][treemap["ids"].index(tile)]


def priced(screen: Screen, line: int = 0) -> tuple[int, int]:
    """Coverage in the day's line."""
    found = re.findall(r"priced \*\*(\d+)/(\d+)\*\*", screen.text)[line]
    return int(found[0]), int(found[1])


def legend(screen: Screen) -> list[str]:
    (bar,) = [trace for trace in screen.charts[0]["data"] if trace["type"] == "scatter"]
    return bar["marker"]["colorbar"]["ticktext"]


@pytest.mark.parametrize("state", ["real"], indirect=True)
class TestRealPrices:
    pytestmark = pytest.mark.real_data

    def test_layer_row_is_the_hand_calculation(self, state: State, real_data: Path) -> None:
        screen = Screen(lang="en")
        row = screen.tables[0].loc["cooling"]
        expected = layer_returns(real_closes(real_data), list(COOLING), AS_OF)
        np.testing.assert_allclose(row[PERIODS].astype(float), expected[KEYS], rtol=1e-12)
        assert row["Priced"] == "3/3"
        cells = screen.shown()[screen.tables[0].index == "cooling"].iloc[0]
        assert cells["1D"] == percent(expected["return_1d"])
        assert cells["1Y"] == percent(expected["return_1y"])

    @pytest.mark.parametrize("key", ["return_1d", "return_1m", "return_1y"])
    def test_tiles_print_the_true_number(self, state: State, real_data: Path, key: str) -> None:
        closes = real_closes(real_data)
        (treemap,) = Screen(color=key).treemaps
        layer = layer_returns(closes, list(COOLING), AS_OF)[key]
        assert label(treemap, "L:cooling") == f"<b>散熱（液冷）</b>  {percent(layer)}  (3/3)"
        for symbol in COOLING:
            value = percent(returns(closes, symbol, AS_OF)[key])
            code = symbol.split(".")[0]
            assert re.match(
                rf"<b>.+ {code}</b><br>{re.escape(value)}(?: \S+)?$",
                label(treemap, f"S:{symbol}@cooling"),
            )

    def test_colours_are_clipped_and_never_averaged(self, state: State) -> None:
        (treemap,) = Screen().treemaps
        assert colour(treemap, "S:6831.TW@cooling") == RED
        (treemap,) = Screen(colors="green_up").treemaps
        assert colour(treemap, "S:6831.TW@cooling") == GREEN
        (treemap,) = Screen(colors="colour_blind").treemaps
        assert colour(treemap, "S:6831.TW@cooling") == ORANGE

    def test_a_close_at_the_limit_is_marked(self, state: State) -> None:
        # 794.00 × 1.1 = 873.40, on the tick of 1 below 1,000: 873.00, and it closed there.
        screen = Screen(lang="en")
        (treemap,) = screen.treemaps
        at = treemap["ids"].index("S:6831.TW@cooling")
        assert treemap["labels"][at].endswith("+9.95% limit up")
        widths = treemap["marker"]["line"]["width"]
        assert widths[at] > widths[treemap["ids"].index("S:3653.TW@cooling")]
        assert "limit up **1** · limit down **0**" in screen.text

    def test_the_day_counts_each_company_once(self, state: State, real_data: Path) -> None:
        screen = Screen(lang="en")
        closes = real_closes(real_data)
        members = {symbol for symbol, _ in counted()}
        held = members & set(CHAIN.symbols()) & _stored(state)
        change = [returns(closes, symbol, AS_OF)["return_1d"] for symbol in sorted(held)]
        assert f"advancing **{sum(x > 0 for x in change)}**" in screen.text
        assert f"declining **{sum(x < 0 for x in change)}**" in screen.text
        assert priced(screen) == (len(held), len(members))
        assert f"Close of **{AS_OF}**" in screen.text

    def test_what_is_not_stored_is_grey_and_says_so(self, state: State) -> None:
        (treemap,) = Screen(lang="en").treemaps
        missing = {one for one, _ in leaves(treemap)} - _stored(state)
        assert missing
        for symbol, layer in leaves(treemap):
            tile = f"S:{symbol}@{layer}"
            assert (colour(treemap, tile) == GREY) == (symbol in missing)
            assert label(treemap, tile).endswith("no prices") == (symbol in missing)
            shape = treemap["marker"]["pattern"]["shape"][treemap["ids"].index(tile)]
            assert (shape == "/") == (symbol in missing)

    def test_unknown_shares_fall_back_to_turnover(self, state: State) -> None:
        screen = Screen(lang="en")
        assert re.search(r"No share count of \d+ companies is known by this session", screen.text)

    def test_drivers_stand_beside_in_equal_tiles(self, state: State, real_data: Path) -> None:
        screen = Screen(lang="en", market="all")
        home, drivers = screen.treemaps
        assert leaves(home) == counted()
        assert leaves(drivers) == counted(market="abroad")
        sizes = numbers(drivers["values"])[[one.startswith("S:") for one in drivers["ids"]]]
        assert np.ptp(sizes) == 0
        closes = real_closes(real_data, "us_daily.parquet")
        value = percent(returns(closes, "NVDA", AS_OF)["return_1d"])
        assert value in label(drivers, "S:NVDA@gpu")
        assert "never added" in screen.text or "equal" in screen.text


def _stored(state: State) -> set[str]:
    return set(PriceStore(str(state.data_dir)).symbols())


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestTreemap:
    @pytest.mark.parametrize("size", ["sqrt_cap", "cap", "turnover", "equal"])
    def test_every_parent_is_the_sum_of_its_children(self, state: State, size: str) -> None:
        (treemap,) = Screen(size=size).treemaps
        frame = pd.DataFrame(
            {
                "parent": treemap["parents"],
                "value": numbers(treemap["values"]),
            },
            index=treemap["ids"],
        )
        assert frame.index.is_unique
        assert treemap["branchvalues"] == "total"
        assert set(frame["parent"]) - {""} <= set(frame.index)
        sums = frame[frame["parent"] != ""].groupby("parent")["value"].sum()
        np.testing.assert_allclose(sums, frame["value"].loc[sums.index], rtol=1e-9)
        assert (frame["value"] > 0).all()
        assert (frame["parent"] == "").sum() == len(
            {one[2:] for one in frame.index if one[0] == "G"}
        )
        own = frame["value"][frame.index.str.startswith("S:")]
        assert (own.nunique() == 1) == (size == "equal")

    @pytest.mark.parametrize(
        ("key", "ends"),
        [
            ("return_1d", "3%"), ("return_1w", "6%"), ("return_1m", "12%"), ("return_3m", "20%"),
            ("return_6m", "30%"), ("return_ytd", "30%"), ("return_1y", "50%"),
        ],
    )  # fmt: skip
    def test_the_scale_is_fixed_and_symmetric(self, state: State, key: str, ends: str) -> None:
        texts = legend(Screen(color=key))
        assert (texts[0], texts[-1]) == (f"\N{MINUS SIGN}{ends}", f"+{ends}")
        assert texts[2] == "0%"

    @pytest.mark.parametrize("key", ["volume_ratio_20", "rsi_14", "distance_high_52w"])
    def test_other_measures_colour_it_too(self, state: State, key: str) -> None:
        screen = Screen(color=key)
        assert screen.failures == []
        assert len(legend(screen)) == 5
        if key != "distance_high_52w":
            assert not {RED, GREEN} & set(screen.treemaps[0]["marker"]["colors"])

    def test_at_most_about_150_tiles(self, state: State) -> None:
        screen = Screen(digest="1", secondary="1", market="all")
        assert all(len(one["ids"]) <= 150 for one in screen.treemaps)

    def test_coverage_stands_beside_every_aggregate(self, state: State) -> None:
        (treemap,) = Screen().treemaps
        members = pd.Series([layer for _, layer in counted()]).value_counts()
        for tile, text in zip(treemap["ids"], treemap["labels"], strict=True):
            if tile.startswith("L:"):
                number = members[tile[2:]]
                assert text.endswith(f"({number}/{number})")


@pytest.mark.parametrize("state", ["partial"], indirect=True)
def test_layers_without_prices_have_no_figure(state: State) -> None:
    screen = Screen(lang="en")
    cells = screen.shown().set_index(screen.tables[0].index)
    assert cells.loc["cooling", "Priced"] == "1/3"
    assert cells.loc["grid", "Priced"] == "0/4"
    assert set(cells.loc["grid", PERIODS]) == {"—"}
    (treemap,) = screen.treemaps
    assert colour(treemap, "L:grid") == GREY
    assert label(treemap, "L:grid").endswith("(0/4)")
    assert "0.00%" not in label(treemap, "L:grid")


@pytest.fixture(scope="module")
def closes() -> pd.DataFrame:
    """Adjusted closes of the made bars."""
    return made_bars().pivot(index="session", columns="symbol", values="adjusted_close")


def _last(closes: pd.DataFrame, symbol: str) -> pd.Timestamp:
    last: pd.Timestamp = closes[symbol].dropna().index[-1 - STALE[symbol]]
    return last


@pytest.mark.parametrize("state", ["stale"], indirect=True)
class TestStale:
    def test_old_bars_are_grey_and_dated(self, state: State, closes: pd.DataFrame) -> None:
        (treemap,) = Screen(lang="en").treemaps
        for symbol in STALE:
            tile = f"S:{symbol}@cooling"
            last = _last(closes, symbol)
            assert colour(treemap, tile) == GREY
            assert f"{last:%Y-%m-%d}" in treemap["hovertext"][treemap["ids"].index(tile)]
        assert label(treemap, "S:3653.TW@cooling").endswith(f"({_last(closes, '3653.TW'):%m-%d})")
        # A month later no period ends there any more: the reason stands for the number.
        assert label(treemap, "S:8996.TW@cooling").endswith("prices out of date")

    def test_old_bars_count_in_no_figure(self, state: State, closes: pd.DataFrame) -> None:
        screen = Screen(lang="en")
        as_of = str(closes["6831.TW"].dropna().index[-1].date())
        row = screen.tables[0].loc["cooling"]
        assert row["Priced"] == "1/3"
        expected = returns(closes, "6831.TW", as_of)["return_1m"]
        assert row["1M"] == pytest.approx(expected, rel=1e-12)
        members = {symbol for symbol, _ in counted()}
        assert priced(screen) == (len(members) - len(STALE), len(members))

    def test_cap_weights_are_those_of_the_start(self, state: State, closes: pd.DataFrame) -> None:
        screen = Screen(lang="en", weighting="cap")
        members = sorted(symbol for symbol, layer in counted() if layer == "server_odm")
        as_of = closes[members[0]].dropna().index[-1]
        traded = made_bars().pivot(index="session", columns="symbol", values="close")
        start = traded[members].loc[: as_of - pd.DateOffset(months=1)].iloc[-1]
        shares = read_simulated_shares()
        shares = shares[shares["date"] <= start.name].sort_values("date")
        caps = start * shares.groupby("symbol")["shares"].last().reindex(members)
        change = pd.Series(
            {one: returns(closes, one, str(as_of.date()))["return_1m"] for one in members}
        )
        expected = (caps / caps.sum() * change).sum()
        assert screen.tables[0].loc["server_odm", "1M"] == pytest.approx(expected, rel=1e-9)
        assert expected != pytest.approx(change.mean(), rel=1e-6)


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
class TestFilters:
    @pytest.mark.parametrize(
        ("parameter", "value", "url", "members"),
        [
            ("digest", True, "1", counted(digest=True)),
            ("secondary", True, "1", counted(secondary=True)),
            ("stage", ["server"], "server", counted(stage="server")),
        ],
    )
    def test_a_filter_changes_what_is_counted(
        self, state: State, parameter: str, value: object, url: str, members: set[tuple[str, str]]
    ) -> None:
        screen = Screen(lang="en")
        assert leaves(screen.treemaps[0]) == counted()
        screen.choose(parameter, value)
        assert screen.url[parameter] == url
        assert leaves(screen.treemaps[0]) == members != counted()
        companies = {symbol for symbol, _ in members}
        assert priced(screen) == (len(companies), len(companies))
        assert set(screen.tables[0].index) == {layer for _, layer in members}
        again = Screen(lang="en", **{parameter: url})
        assert again.treemaps == screen.treemaps

    def test_a_filter_taken_back_leaves_the_url(self, state: State) -> None:
        screen = Screen(digest="1")
        screen.choose("digest", False)
        assert "digest" not in screen.url
        assert leaves(screen.treemaps[0]) == counted()

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [("color", "return_1m"), ("size", "equal"), ("market", "all"), ("weighting", "cap")],
    )
    def test_a_choice_goes_into_the_url_and_stays(
        self, state: State, parameter: str, value: str
    ) -> None:
        screen = Screen()
        before = screen.charts, screen.text
        screen.choose(parameter, value)
        assert screen.url[parameter] == value
        assert (screen.charts, screen.text) != before
        assert Screen(**{parameter: value}).charts == screen.charts

    def test_nonsense_in_the_url_is_the_default(self, state: State) -> None:
        plain = Screen()
        odd = Screen(color="x", size="y", market="z", stage="q", digest="maybe", weighting="w")
        assert odd.failures == []
        assert odd.treemaps == plain.treemaps

    def test_a_stage_without_members_says_so(self, state: State) -> None:
        screen = Screen(lang="en", stage="space")
        assert screen.failures == []
        assert "No member passes these filters" in screen.text
        assert not screen.treemaps
