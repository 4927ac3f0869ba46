"""The as-of control: the heatmap follows it, its link reproduces it, and Back undoes it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.screen import companies, open_at, painted, title

WIDE = "market=all&secondary=1&lang=en"
BANNER = '[data-testid="stMain"] .as-of'


def test_the_control_moves_the_heatmap_its_link_too_and_back_undoes_it(
    simulated: str, open_tab: OpenTab
) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/?{WIDE}")
    latest = sorted(one.text for one in companies(page))
    assert any("Microsoft" in one for one in latest)
    expect(page.locator(BANNER)).to_have_count(0)

    # A link's day, as the control writes it.
    page.get_by_label("As of", exact=False).first.wait_for()
    link = f"{simulated}/?{WIDE}&asof=2025-12-01"
    page.goto(link)
    painted(page)
    expect(page.locator(BANNER)).to_contain_text("2 of 5 documents known")
    then = sorted(one.text for one in companies(page))
    assert not any("Microsoft" in one for one in then)

    page.get_by_role("button", name="Latest").click()
    expect(page.locator(BANNER)).to_have_count(0)
    painted(page)
    assert sorted(one.text for one in companies(page)) == latest
    assert "asof" not in page.url

    page.go_back()
    expect(page.locator(BANNER)).to_contain_text("As of 2025-12-01")
    painted(page)
    assert sorted(one.text for one in companies(page)) == then

    # The menu and a company keep the day.
    page.get_by_role("link", name="Method and sources").click()
    title(page, "Method")
    expect(page.locator(BANNER)).to_contain_text("As of 2025-12-01")
    assert "asof=2025-12-01" in page.url
