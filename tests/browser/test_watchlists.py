"""A list as hands use it: typing into cells, two windows at once, a row and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.accounts.models import NewEntry
from dashboard.accounts.store import Accounts
from tests.browser.conftest import OpenTab, start
from tests.browser.screen import IDLE, ROW_HEIGHT, open_at, pick_row, rows, title

FRAME = '[data-testid="stDataFrame"]'
NOTE = 400
"""Pixels from the left edge of the editor into the column of notes."""
HOSTILE = "<img src=x onerror=alert(1)> **b** =1+1"
SYMBOLS = ("2330.TW", "3653.TW", "8996.TW")


@pytest.fixture(scope="module")
def watched(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on which the reader has one list of three companies."""
    folder = tmp_path_factory.mktemp("watched")
    database = f"sqlite:///{folder / 'accounts.sqlite3'}"
    accounts = Accounts.open(database)
    shelf = accounts.desk(accounts.local()).watchlists
    entries = [NewEntry(one, added_on=dt.date(2026, 3, 2)) for one in SYMBOLS]
    shelf.add(shelf.create(HOSTILE).id, entries)
    accounts.close()
    with start(folder, DASHBOARD_DATABASE=database) as url:
        yield url


def type_note(page: Page, position: int, text: str) -> None:
    """Type over a note and press Enter."""
    frame = page.locator(FRAME).first
    rows(frame)
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + NOTE, box["y"] + ROW_HEIGHT * (position + 1.5))
    cell = page.locator("#portal textarea")
    cell.fill(text)
    expect(cell).to_have_value(text)
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")


def test_two_windows_on_one_list_lose_nothing(watched: str, open_tab: OpenTab) -> None:
    first, second = open_tab(), open_tab(mode="dark")
    for page in (first, second):
        open_at(page, f"{watched}/watchlists?edit=1")
        expect(page.get_by_text("已儲存（第 2 版）")).to_be_visible()
    type_note(first, 0, HOSTILE)
    expect(first.get_by_text("已儲存（第 3 版）")).to_be_visible()
    type_note(second, 1, "另一個視窗寫的")
    conflict = second.get_by_text("在別處也被改過")
    expect(conflict).to_be_visible()
    assert any(HOSTILE in cell for row in rows(second.locator(FRAME).first) for cell in row)
    second.get_by_role("button", name="採用別處的").click()
    expect(conflict).to_be_hidden()
    # The cursor stays where Enter has put it, in the row below.
    type_note(first, 1, "接著寫")
    expect(first.get_by_text("已儲存（第 4 版）")).to_be_visible()
    first.reload()
    first.wait_for_selector(IDLE)
    notes = {row[1]: row[3] for row in rows(first.locator(FRAME).first)[1:]}
    assert notes == {"台積電 2330": HOSTILE, "健策 3653": "接著寫", "高力 8996": ""}


def test_a_row_opens_its_company_in_place_and_back_returns(watched: str, open_tab: OpenTab) -> None:
    page = open_tab()
    open_at(page, f"{watched}/watchlists")
    title(page, "自選清單")
    pick_row(page, page.locator(FRAME).first, 1)
    title(page, "健策")
    expect(page).to_have_url(f"{watched}/watchlists?code=3653.TW")
    page.go_back()
    title(page, "自選清單")
    expect(page.locator(FRAME).first).to_be_visible()
