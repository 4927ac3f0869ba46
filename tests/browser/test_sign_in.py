"""Signing in and out as two people do it, in a real browser and through a real provider."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.guarded import House, guarded_house
from tests.browser.screen import IDLE, open_at, title

ASKS = re.compile("^(Sign in|登入)$")
SETTLE = 500
"""Milliseconds in which a typed name reaches the server."""


@pytest.fixture(scope="module")
def house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with guarded_house(tmp_path_factory.mktemp("signed-in")) as one:
        yield one


def sign_in(page: Page, person: str) -> None:
    """From the page that asks for it, over the provider's page, and back."""
    page.get_by_role("button", name=ASKS).click()
    page.get_by_role("link", name=person).click()
    expect(
        page.get_by_text(re.compile(f"(Signed in: |已登入：){person.capitalize()}"))
    ).to_be_visible()


def asked(page: Page) -> None:
    """Wait until nothing is shown but the question who one is."""
    expect(page.get_by_role("button", name=ASKS)).to_be_visible()
    expect(page.get_by_role("link")).to_have_count(1)  # "Skip to main content"


def shows_list(page: Page, name: str) -> None:
    """Wait until this list is the open one."""
    expect(page.get_by_role("combobox", name="List", exact=True)).to_have_value(name)


def make_list(page: Page, name: str) -> None:
    """On the page of someone who has no list."""
    title(page, "Watchlists")
    named = page.get_by_label("Name of the list")
    # On a slow machine the page may still be drawn anew after the sign-in, with an empty field.
    for _ in range(3):
        named.fill(name)
        named.press("Enter")
        page.wait_for_timeout(SETTLE)
        page.wait_for_selector(IDLE)
        if named.input_value() == name:
            break
    page.get_by_role("button", name="Create the list").click()
    shows_list(page, name)


def test_two_people_keep_their_own_also_in_one_browser(house: House, open_tab: OpenTab) -> None:
    pages = {}
    for person in ("amy", "ben"):
        page = pages[person] = open_tab(stranger=True)
        open_at(page, f"{house.url}/watchlists?lang=en")
        asked(page)
        sign_in(page, person)
        expect(page).to_have_url(re.compile(r"/watchlists\?lang=en"))
        make_list(page, f"list of {person}")
    (amys,) = house.desk("amy").watchlists.all()
    (bens,) = house.desk("ben").watchlists.all()
    assert (amys.name, bens.name) == ("list of amy", "list of ben")
    open_at(pages["ben"], f"{house.url}/watchlists?lang=en&list={amys.id}")
    shows_list(pages["ben"], "list of ben")

    first = pages["amy"]
    second = first.context.new_page()
    open_at(second, f"{house.url}/method?lang=en")
    expect(second.get_by_text("Signed in: Amy")).to_be_visible()
    second.get_by_role("button", name="Sign out").click()
    asked(second)
    # Nobody has touched the first tab.
    first.bring_to_front()
    asked(first)
    # The place is kept over the sign-in; what it names is not Ben's.
    sign_in(first, "ben")
    expect(first).to_have_url(re.compile(f"list={amys.id}"))
    shows_list(first, "list of ben")
