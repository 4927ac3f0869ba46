"""After the import of real prices: their last session, their numbers, no watermark."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.screen import click_tile, companies, open_at, rows, tiles, title

pytestmark = pytest.mark.real_data
COOLING = {"3653.TW": "健策", "8996.TW": "高力", "6831.TW": "邁科"}


def last_moves(real_data: Path) -> dict[str, float]:
    """Percent between the last two adjusted closes of each symbol, from the file itself."""
    bars = pd.read_parquet(real_data / "prices" / "tw_core_daily.parquet")
    bars = bars[bars["symbol"].isin(COOLING)].sort_values("date")
    price = bars["adj_close"].fillna(bars["close"])
    ratio = price.groupby(bars["symbol"]).pct_change() * 100
    return ratio.groupby(bars["symbol"]).last().to_dict()


def test_the_heatmap_shows_the_last_real_session(
    imported: str, open_tab: OpenTab, real_data: Path
) -> None:
    page = open_tab()
    open_at(page, imported)
    shown = companies(page)
    expect(page.get_by_test_id("stMain").get_by_text("2026-06-30").first).to_be_visible()
    expect(page.locator(".simulated")).to_have_count(0)
    expect(page.get_by_text("模擬")).to_have_count(0)
    for symbol, move in last_moves(real_data).items():
        tile = next(one for one in shown if symbol.removesuffix(".TW") in one.text)
        assert tile.change == pytest.approx(move, abs=0.0051), tile.text


def test_cooling_drills_into_its_companies(imported: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, imported)
    assert len(tiles(page)) > 40
    click_tile(page, "散熱")
    title(page, "散熱")
    expect(page).to_have_url(f"{imported}/?layer=cooling")
    table = page.locator('[data-testid="stDataFrame"]').first
    # The heatmap's own matrix stands there until the layer's table is drawn.
    expect(table.locator("canvas table")).to_contain_text("3653")
    members = rows(table)
    assert {row[1] for row in members[1:]} == {
        f"{name} {symbol.removesuffix('.TW')}" for symbol, name in COOLING.items()
    }
    for symbol, name in COOLING.items():
        expect(page.get_by_role("link", name=f"{name} {symbol}")).to_be_visible()
    expect(page.get_by_text("台灣 AI 供應鏈地圖").first).to_be_visible()
